/* SPDX-License-Identifier: MIT */
#include "ingest/journal.h"

#include <string.h>

_Static_assert(INGEST_STATE_BYTES_MAX <= JOURNAL_STATE_BYTES_MAX, "a state fits a journal's row");
_Static_assert(sizeof(((struct ingest_state *)0)->key) <= JOURNAL_KEY_BYTES_MAX + 1, "a key fits a journal's row");
_Static_assert(INGEST_NO_SLOT == JOURNAL_NO_SLOT, "no slot is no slot");

static bool dirty(void *context, struct journal_state *out)
{
	static struct ingest_state state;

	if (!ingest_dirty(context, &state))
		return false;
	*out = (struct journal_state){.key = state.key, .blob = state.blob, .length = state.length, .slot = state.slot};
	return true;
}

static enum err restore(void *context, const struct journal_state *from, struct errinfo *info)
{
	struct ingest_state state = {.length = from->length};
	size_t key = strlen(from->key);

	if (key >= sizeof state.key || from->length > sizeof state.blob)
		return errinfo_set(info, ERR_CORRUPT, "the state of a device is too long");
	memcpy(state.key, from->key, key);
	if (from->length)
		memcpy(state.blob, from->blob, from->length);
	enum err err = ingest_restore(context, &state);
	/* A device that left the directory while we were down takes its states with it. */
	return err && err != ERR_NOT_FOUND
		       ? errinfo_set(info, err, "the state of a device cannot be read (%s)", err_name(err))
		       : err;
}

static uint32_t slot_of(void *context, const char *key)
{
	return ingest_slot(context, key);
}

static enum err refresh(void *context, uint32_t slot)
{
	return ingest_refresh(context, slot);
}

enum err ingest_journal_open(
	struct store *store, struct ingest_core *core, struct journal **out_journal, struct errinfo *info)
{
	const struct journal_source source = {
		.context = core, .dirty = dirty, .restore = restore, .slot = slot_of, .refresh = refresh};

	return journal_open(store, &source, out_journal, info);
}
