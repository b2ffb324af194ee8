/* SPDX-License-Identifier: MIT
 *
 * aside: what this program cannot read, kept as it was found, for whoever looks into why: single states in a table of
 * the store (the newest of each key, at most ASIDE_MAX in all), or a whole store under another name. Its homes learn
 * again meanwhile.
 */
#ifndef CURTAIN_DETECTOR_ASIDE_H
#define CURTAIN_DETECTOR_ASIDE_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "lane/store.h"

#define ASIDE_TABLE                                                                                                    \
	"CREATE TABLE state_aside (id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, at INTEGER NOT "    \
	"NULL, error TEXT NOT NULL, state BLOB NOT NULL) STRICT"
#define ASIDE_MAX 10000

/* aside_put keeps a state; inside the caller's transaction, or in one of its own. */
enum err aside_put(struct store *store, const char *key, const void *state, size_t length, enum err why, struct wall at,
	struct errinfo *info) ERR_MUST_CHECK;
/* aside_count counts what is kept. */
enum err aside_count(struct store *store, int64_t *out_count, struct errinfo *info) ERR_MUST_CHECK;

/* aside_store renames the file of a store that is closed, or is about to be, with what belongs to it; out_path says
 * under which name it is kept. ERR_IO: it could not be renamed. */
#define ASIDE_PATH_BYTES 400
enum err aside_store(
	const char *path, struct wall at, char out_path[ASIDE_PATH_BYTES], struct errinfo *info) ERR_MUST_CHECK;

#endif
