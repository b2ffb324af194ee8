/* SPDX-License-Identifier: MIT
 *
 * aside: states that this program cannot read, kept in the store as they were found, for whoever looks into why. The
 * home learns again meanwhile. The newest of each key is kept, and at most ASIDE_MAX in all.
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

#endif
