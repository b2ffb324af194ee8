/* SPDX-License-Identifier: MIT
 *
 * erasures: the list of who was erased (erasure_list of the database: ids, counts and keyed digests, nothing of the
 * persons) in a file beside the database. A database that is restored from a backup made before an erasure has the
 * person again and knows nothing of it; this file does, and records applies it anew.
 */
#ifndef CURTAIN_RECORDS_ERASURES_H
#define CURTAIN_RECORDS_ERASURES_H

#include "base/buf.h"
#include "base/err.h"

#define ERASURES_BYTES_MAX (16u << 20)

/* erasures_read appends the list to out; "[]" where there is no file yet. ERR_IO, ERR_FULL (longer than out takes):
 * info names the file. */
enum err erasures_read(const char *folder, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* erasures_write puts list (text) in the file's place; on disk when it returns ERR_OK, untouched after ERR_IO. */
enum err erasures_write(const char *folder, const char *list, struct errinfo *info) ERR_MUST_CHECK;

#endif
