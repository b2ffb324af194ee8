/* SPDX-License-Identifier: MIT
 *
 * Our copy of the directory: devices and consents, as records gave them last. What is gone there is gone here.
 *
 * A new epoch is a registry that was restored or made anew: it gives all that it has, and no tombstones for what it
 * does not know. Entries of the earlier epoch hold until the new one has been quiet for a while; then they are swept.
 */
#include "ingest/ingest.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "lane/sql.h"
#include "service/carrier.h"

/* load gives the stored entries to the core. */
static enum err load(struct ingest *ingest, bool *out_mixed, struct errinfo *info)
{
	sqlite3 *db = store_db(ingest->store);
	sqlite3_stmt *entries;
	int64_t lowest = INT64_MAX;
	int code = SQLITE_DONE;
	enum err err = sql_prepare(db, "SELECT entry, epoch FROM directory", &entries, info);

	if (err)
		return err;
	while (!err && (code = sqlite3_step(entries)) == SQLITE_ROW) {
		struct entry entry;
		int64_t epoch = sqlite3_column_int64(entries, 1);
		lowest = epoch < lowest ? epoch : lowest;
		if ((uint64_t)epoch > ingest->directory_epoch)
			ingest->directory_epoch = (uint64_t)epoch;
		err = codec_entry_decode(
			sqlite3_column_blob(entries, 0), (size_t)sqlite3_column_bytes(entries, 0), &entry, info);
		if (!err)
			err = ingest_core_entry(ingest->core, &entry);
	}
	if (!err && code != SQLITE_DONE)
		err = sql_fail(db, info, "the directory");
	sqlite3_finalize(entries);
	*out_mixed = lowest < (int64_t)ingest->directory_epoch;
	return err;
}

enum err directory_open(struct ingest *ingest, struct errinfo *info)
{
	sqlite3 *db = store_db(ingest->store);
	bool mixed = false;
	enum err err = load(ingest, &mixed, info);

	if (mixed)
		ingest->sweep_due = (struct mono){mono_now().us + 1000 * ingest->settings.directory_quiet_ms};
	if (!err)
		err = sql_prepare(db,
			"INSERT INTO directory VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET epoch = excluded.epoch, "
			"entry = excluded.entry",
			&ingest->save_entry, info);
	if (!err)
		err = sql_prepare(db, "DELETE FROM directory WHERE kind = ? AND key = ?", &ingest->drop_entry, info);
	return err;
}

static enum err save(struct ingest *ingest, const struct entry *entry, struct errinfo *info)
{
	sqlite3_stmt *s = ingest->save_entry;
	struct buf json;

	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	enum err err = codec_entry_encode(entry, &json);
	if (!err) {
		sqlite3_bind_int(s, 1, (int)entry->kind);
		sqlite3_bind_text(s, 2, entry->key, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 3, (int64_t)ingest->directory_epoch);
		sqlite3_bind_blob64(s, 4, json.data, json.length, SQLITE_STATIC);
		err = sql_run(s, info);
		sqlite3_clear_bindings(s);
	}
	buf_fini(&json);
	return err;
}

static enum err drop(struct ingest *ingest, enum entry_kind kind, const char *key, struct errinfo *info)
{
	sqlite3_bind_int(ingest->drop_entry, 1, (int)kind);
	sqlite3_bind_text(ingest->drop_entry, 2, key, -1, SQLITE_TRANSIENT);
	return sql_run(ingest->drop_entry, info);
}

static enum err take_entry(struct ingest *ingest, const struct entry *entry, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (entry->deleted && entry->kind == ENTRY_HOUSEHOLD) /* its consent ends with it */
		err = drop(ingest, ENTRY_CONSENT, entry->key, info);
	else if (entry->deleted)
		err = drop(ingest, entry->kind, entry->key, info);
	else if (entry->kind == ENTRY_DEVICE || entry->kind == ENTRY_CONSENT)
		err = save(ingest, entry, info);
	return err ? err : ingest_core_entry(ingest->core, entry);
}

static enum err take_entries(
	struct ingest *ingest, struct codec_batch *batch, const struct lane_batch *head, struct errinfo *info)
{
	struct entry entry;
	enum err item, err = ingest_begin(ingest);

	if (head->epoch != ingest->directory_epoch && ingest->directory_epoch) {
		log_warning("directory_made_anew", "producer", head->producer);
		ingest->sweep_due = (struct mono){1};
	}
	ingest->directory_epoch = head->epoch;
	if (ingest->sweep_due.us)
		ingest->sweep_due = (struct mono){ingest->turn.mono.us + 1000 * ingest->settings.directory_quiet_ms};
	while (!err && (item = codec_batch_next_entry(batch, &entry, NULL)) != ERR_NOT_FOUND) {
		ingest->bad_entries += item != ERR_OK;
		if (!item)
			err = take_entry(ingest, &entry, info);
	}
	return err ? err : inbox_applied(ingest->directory, head, info);
}

void directory_take(struct ingest *ingest, const struct bus_event *event)
{
	struct codec_batch *batch;
	struct lane_batch head;
	struct errinfo info = {0};
	enum err err = carrier_open_batch(ingest->directory, event, &batch, &head, &info);

	if (err) {
		ingest->forged++;
		log_warning("batch_refused", "cause", info.text);
		return;
	}
	if (inbox_offer(ingest->directory, &head, ingest->turn.mono) == INBOX_APPLY)
		ingest_fail(ingest, take_entries(ingest, batch, &head, &info), "directory_not_taken", &info);
	codec_batch_close(batch);
}

/* sweep_core tells the core of each entry that is swept. */
static enum err sweep_core(struct ingest *ingest, struct errinfo *info)
{
	sqlite3 *db = store_db(ingest->store);
	sqlite3_stmt *old;
	int code = SQLITE_DONE;
	enum err err = sql_prepare(db, "SELECT kind, key FROM directory WHERE epoch < ?", &old, info);

	if (err)
		return err;
	sqlite3_bind_int64(old, 1, (int64_t)ingest->directory_epoch);
	while (!err && (code = sqlite3_step(old)) == SQLITE_ROW) {
		struct entry entry = {.kind = (enum entry_kind)sqlite3_column_int(old, 0), .deleted = true};
		text_cut(entry.key, sizeof entry.key, (const char *)sqlite3_column_text(old, 1));
		err = ingest_core_entry(ingest->core, &entry);
	}
	if (!err && code != SQLITE_DONE)
		err = sql_fail(db, info, "the directory");
	sqlite3_finalize(old);
	return err;
}

void directory_sweep(struct ingest *ingest)
{
	struct errinfo info = {0};
	sqlite3_stmt *drop_old = NULL;

	ingest->sweep_due = (struct mono){0};
	enum err err = ingest_begin(ingest);
	if (err)
		return;
	err = sweep_core(ingest, &info);
	if (!err)
		err = sql_prepare(store_db(ingest->store), "DELETE FROM directory WHERE epoch < ?", &drop_old, &info);
	if (!err) {
		sqlite3_bind_int64(drop_old, 1, (int64_t)ingest->directory_epoch);
		err = sql_run(drop_old, &info);
	}
	log_warning("directory_swept", "entries", log_number(sqlite3_changes(store_db(ingest->store))));
	sqlite3_finalize(drop_old);
	ingest_fail(ingest, err, "directory_not_swept", &info);
}
