/* SPDX-License-Identifier: MIT */
#include "detector/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "detector/aside.h"
#include "detector/relearn.h"
#include "detector/told.h"
#include "lane/directory.h"
#include "lane/journal.h"

const char *const checkpoint_migrations[CHECKPOINT_MIGRATIONS] = {
	JOURNAL_TABLE ";" DIRECTORY_COPY_TABLE, ASIDE_TABLE, RELEARN_TABLE ";" TOLD_TABLE};

_Static_assert(DETECTOR_STATE_BYTES_MAX <= JOURNAL_STATE_BYTES_MAX, "a state fits a journal's row");
_Static_assert(DETECTOR_NO_SLOT == JOURNAL_NO_SLOT, "no slot is no slot");

struct checkpoint {
	struct store *store;
	struct detector_core *core;
	struct journal *journal;
	struct detector_state state; /* that goes in or out just now */
	int64_t aside;
};

static bool dirty(void *context, struct journal_state *out)
{
	struct checkpoint *checkpoint = context;
	const struct detector_state *state = &checkpoint->state;

	if (!detector_dirty(checkpoint->core, &checkpoint->state))
		return false;
	*out = (struct journal_state){
		.key = state->key, .blob = state->blob, .length = state->length, .slot = state->slot};
	return true;
}

/* broken: a row of the journal is set aside as a whole. */
static enum err broken(void *context, int64_t row, const void *bytes, size_t length, struct errinfo *info)
{
	struct checkpoint *checkpoint = context;
	char key[32];

	snprintf(key, sizeof key, "journal.%" PRId64, row);
	log_warning("state_set_aside", "state", key, "error", err_name(ERR_CORRUPT));
	return aside_put(checkpoint->store, key, bytes, length, ERR_CORRUPT, wall_now(), info);
}

/* restore: a home beyond homes.max has nothing wrong with its state, which is passed over. Of a doubtful state only
 * what changes slowly is taken: by an old copy of the rest a home would seem silent that was heard since. */
static enum err restore(void *context, const struct journal_state *from, struct errinfo *info)
{
	struct checkpoint *checkpoint = context;
	struct detector_state *state = &checkpoint->state;
	size_t key = strlen(from->key);
	enum err err = ERR_CORRUPT;

	if (key < sizeof state->key && from->length <= sizeof state->blob) {
		memcpy(state->key, from->key, key + 1);
		state->length = from->length;
		if (from->length)
			memcpy(state->blob, from->blob, from->length);
		if (from->doubtful && from->length && detector_is_fleeting(state->key))
			return ERR_NOT_FOUND;
		err = detector_restore(checkpoint->core, state);
	}
	if (err == ERR_CORRUPT || err == ERR_VERSION) {
		log_warning("state_set_aside", "state", from->key, "error", err_name(err));
		return aside_put(checkpoint->store, from->key, from->blob, from->length, err, wall_now(), info);
	}
	if (err == ERR_FULL)
		return ERR_NOT_FOUND;
	return err && err != ERR_NOT_FOUND ? errinfo_set(info, err, "states: %s", err_name(err)) : err;
}

static uint32_t slot_of(void *context, const char *key)
{
	return detector_slot(((struct checkpoint *)context)->core, key);
}

static enum err refresh(void *context, uint32_t slot)
{
	return detector_refresh(((struct checkpoint *)context)->core, slot);
}

enum err checkpoint_open(
	struct store *store, struct detector_core *core, struct checkpoint **out_checkpoint, struct errinfo *info)
{
	struct checkpoint *checkpoint = calloc(1, sizeof *checkpoint);
	const struct journal_source source = {.context = checkpoint,
		.dirty = dirty,
		.restore = restore,
		.slot = slot_of,
		.refresh = refresh,
		.broken = broken};

	if (!checkpoint)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	checkpoint->store = store;
	checkpoint->core = core;
	enum err err = store_begin(store, info); /* for what is set aside */
	if (!err)
		err = journal_open(store, &source, &checkpoint->journal, info);
	if (!err)
		err = aside_count(store, &checkpoint->aside, info);
	if (!err)
		err = store_commit(store, info);
	else if (store_in_transaction(store))
		store_rollback(store);
	if (err)
		checkpoint_close(checkpoint);
	else
		*out_checkpoint = checkpoint;
	return err;
}

void checkpoint_close(struct checkpoint *checkpoint)
{
	if (!checkpoint)
		return;
	journal_close(checkpoint->journal);
	free(checkpoint);
}

enum err checkpoint_write(struct checkpoint *checkpoint, struct errinfo *info)
{
	return journal_write(checkpoint->journal, info);
}

int64_t checkpoint_aside(const struct checkpoint *checkpoint)
{
	return checkpoint->aside;
}
