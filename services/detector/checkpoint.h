/* SPDX-License-Identifier: MIT
 *
 * checkpoint: the core's states in the service's store. A state that cannot be read is set aside (aside.h) and its home
 * learns again; the others go on. So is a row of the journal; homes whose newest copies may have stood there keep their
 * habits and begin a new silence.
 */
#ifndef CURTAIN_DETECTOR_CHECKPOINT_H
#define CURTAIN_DETECTOR_CHECKPOINT_H

#include <stdint.h>

#include "base/err.h"
#include "detector/core.h"
#include "lane/store.h"

/* The tables of the service, for store_open. */
#define CHECKPOINT_MIGRATIONS 3
extern const char *const checkpoint_migrations[CHECKPOINT_MIGRATIONS];

struct checkpoint;

/* checkpoint_open gives the core all states of the store; its directory stands already. Both outlive the checkpoint. */
enum err checkpoint_open(struct store *store, struct detector_core *core, struct checkpoint **out_checkpoint,
	struct errinfo *info) ERR_MUST_CHECK;
void checkpoint_close(struct checkpoint *checkpoint);
/* checkpoint_write writes what has changed; inside the caller's transaction. */
enum err checkpoint_write(struct checkpoint *checkpoint, struct errinfo *info) ERR_MUST_CHECK;
/* checkpoint_aside: how many states are kept aside. */
int64_t checkpoint_aside(const struct checkpoint *checkpoint);

#endif
