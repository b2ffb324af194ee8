/* SPDX-License-Identifier: MIT
 *
 * manifest: what stands beside a backup's dump, so that a restore knows before it begins whether the two are whole:
 *
 *   curtain-backup 2
 *   dump BYTES SHA256
 *   table NAME ROWS HASH      (in the order of names)
 *   end TABLES
 *
 * Version 1 has the tables' lines alone: they are compared after the restore, the dump cannot be.
 */
#ifndef CURTAIN_TOOL_MANIFEST_H
#define CURTAIN_TOOL_MANIFEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

struct manifest {
	int version;
	uint64_t bytes;               /* of the dump; version 1: 0 */
	char sha256[HASH_TEXT_BYTES]; /* version 1: "" */
	size_t tables_at, tables_length;
};

/* manifest_put appends a manifest of the newest version; tables: lines as above. */
void manifest_put(struct buf *out, uint64_t bytes, const char *sha256, const char *tables);
/* manifest_read reads text of length bytes; name stands in errors. tables_at and tables_length say where in text the
 * tables' lines stand. ERR_INVALID with the line: it is none, cut off, changed, or of a newer version. */
enum err manifest_read(
	const char *text, size_t length, const char *name, struct manifest *out, struct errinfo *info) ERR_MUST_CHECK;
/* manifest_weigh gives a dump's size and hash. */
enum err manifest_weigh(
	const char *dump, uint64_t *out_bytes, char out[HASH_TEXT_BYTES], struct errinfo *info) ERR_MUST_CHECK;
/* manifest_agrees: the dump is the one that the manifest is of (of version 1: it is there and not empty). */
enum err manifest_agrees(const struct manifest *manifest, const char *dump, struct errinfo *info) ERR_MUST_CHECK;

#endif
