/* SPDX-License-Identifier: MIT */
#include "lane/directory.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "lane/sql.h"

#define NEVER_US INT64_MAX

struct directory {
	struct store *store;
	struct directory_config config;
	struct inbox *inbox;
	uint64_t epoch; /* of the newest entry */
	struct mono sweep_due;
	int64_t bad;
	bool known;
	sqlite3_stmt *save, *drop;
};

/* load gives the stored entries to the core. */
static enum err load(struct directory *directory, struct errinfo *info)
{
	sqlite3 *db = store_db(directory->store);
	sqlite3_stmt *entries;
	int64_t lowest = INT64_MAX;
	int code = SQLITE_DONE;
	enum err err = sql_prepare(db, "SELECT entry, epoch FROM directory_copy ORDER BY kind, key", &entries, info);

	if (err)
		return err;
	while (!err && (code = sqlite3_step(entries)) == SQLITE_ROW) {
		struct entry entry;
		int64_t epoch = sqlite3_column_int64(entries, 1);
		lowest = epoch < lowest ? epoch : lowest;
		if ((uint64_t)epoch > directory->epoch)
			directory->epoch = (uint64_t)epoch;
		directory->known = true;
		if (codec_entry_decode(
			    sqlite3_column_blob(entries, 0), (size_t)sqlite3_column_bytes(entries, 0), &entry, NULL)) {
			directory->bad++; /* a newer version's, or bent: the others are known all the same */
			continue;
		}
		err = directory->config.apply(directory->config.context, &entry);
	}
	if (!err && code != SQLITE_DONE)
		err = sql_fail(db, info, "the directory");
	sqlite3_finalize(entries);
	if (lowest < (int64_t)directory->epoch)
		directory->sweep_due = (struct mono){mono_now().us + directory->config.quiet_ms * 1000};
	return err;
}

enum err directory_copy_open(struct store *store, const struct directory_config *config,
	struct directory **out_directory, struct errinfo *info)
{
	struct directory *directory = calloc(1, sizeof *directory);
	const char *producers[] = {config->producer};
	struct inbox_config in = {.lane = config->lane,
		.consumer = config->consumer,
		.producers = producers,
		.producer_count = 1,
		.shards = 1,
		.compacted = true,
		.want_ms = config->want_ms};

	if (!directory)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	directory->store = store;
	directory->config = *config;
	directory->sweep_due = (struct mono){NEVER_US};
	enum err err = load(directory, info);
	if (!err)
		err = inbox_open(store, &in, &directory->inbox, info);
	if (!err)
		err = sql_prepare(store_db(store),
			"INSERT INTO directory_copy VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET epoch = "
			"excluded.epoch, entry = excluded.entry",
			&directory->save, info);
	if (!err)
		err = sql_prepare(store_db(store), "DELETE FROM directory_copy WHERE kind = ? AND key = ?",
			&directory->drop, info);
	if (err)
		directory_copy_close(directory);
	else
		*out_directory = directory;
	return err;
}

void directory_copy_close(struct directory *directory)
{
	if (!directory)
		return;
	inbox_close(directory->inbox);
	sqlite3_finalize(directory->save);
	sqlite3_finalize(directory->drop);
	free(directory);
}

struct inbox *directory_copy_inbox(const struct directory *directory)
{
	return directory->inbox;
}

bool directory_copy_known(const struct directory *directory)
{
	return directory->known;
}

static enum err save(struct directory *directory, const struct entry *entry, struct errinfo *info)
{
	sqlite3_stmt *s = directory->save;
	struct buf json;

	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	enum err err = codec_entry_encode(entry, &json);
	if (!err) {
		sqlite3_bind_int(s, 1, (int)entry->kind);
		sqlite3_bind_text(s, 2, entry->key, -1, SQLITE_STATIC);
		sqlite3_bind_int64(s, 3, (int64_t)directory->epoch);
		sqlite3_bind_blob64(s, 4, json.data, json.length, SQLITE_STATIC);
		err = sql_run(s, info);
		sqlite3_clear_bindings(s);
	}
	buf_fini(&json);
	return err;
}

static enum err drop(struct directory *directory, enum entry_kind kind, const char *key, struct errinfo *info)
{
	sqlite3_bind_int(directory->drop, 1, (int)kind);
	sqlite3_bind_text(directory->drop, 2, key, -1, SQLITE_TRANSIENT);
	return sql_run(directory->drop, info);
}

static enum err take_entry(struct directory *directory, const struct entry *entry, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (!(directory->config.kinds >> entry->kind & 1))
		return ERR_OK;
	if (entry->deleted)
		err = drop(directory, entry->kind, entry->key, info);
	else
		err = save(directory, entry, info);
	if (!err && entry->deleted && entry->kind == ENTRY_HOUSEHOLD) /* its consent ends with it */
		err = drop(directory, ENTRY_CONSENT, entry->key, info);
	if (!err)
		err = directory->config.apply(directory->config.context, entry);
	return err ? errinfo_set(info, err, "entry %s %s cannot be taken (%s)", entry_kind_name(entry->kind),
			     entry->key, err_name(err))
		   : ERR_OK;
}

enum err directory_copy_take(struct directory *directory, struct codec_batch *batch, const struct lane_batch *head,
	struct mono now, struct errinfo *info)
{
	struct entry entry;
	enum err item, err = ERR_OK;

	if (inbox_offer(directory->inbox, head, now) != INBOX_APPLY)
		return ERR_OK;
	assert(store_in_transaction(directory->store));
	if (head->epoch != directory->epoch && directory->epoch)
		directory->sweep_due = (struct mono){0};
	directory->epoch = head->epoch;
	if (directory->sweep_due.us != NEVER_US)
		directory->sweep_due = (struct mono){now.us + directory->config.quiet_ms * 1000};
	directory->known = true;
	while (!err && (item = codec_batch_next_entry(batch, &entry, NULL)) != ERR_NOT_FOUND) {
		directory->bad += item != ERR_OK;
		if (!item)
			err = take_entry(directory, &entry, info);
	}
	return err ? err : inbox_applied(directory->inbox, head, info);
}

struct mono directory_copy_due(const struct directory *directory)
{
	return directory->sweep_due;
}

enum err directory_copy_sweep(struct directory *directory, int64_t *out_entries, struct errinfo *info)
{
	sqlite3 *db = store_db(directory->store);
	sqlite3_stmt *old = NULL;
	int code = SQLITE_DONE;
	enum err err = sql_prepare(db, "SELECT kind, key FROM directory_copy WHERE epoch < ?", &old, info);

	directory->sweep_due = (struct mono){NEVER_US};
	if (err)
		return err;
	sqlite3_bind_int64(old, 1, (int64_t)directory->epoch);
	while (!err && (code = sqlite3_step(old)) == SQLITE_ROW) {
		struct entry entry = {.kind = (enum entry_kind)sqlite3_column_int(old, 0), .deleted = true};
		text_cut(entry.key, sizeof entry.key, (const char *)sqlite3_column_text(old, 1));
		err = directory->config.apply(directory->config.context, &entry);
	}
	if (!err && code != SQLITE_DONE)
		err = sql_fail(db, info, "the directory");
	sqlite3_finalize(old);
	if (!err)
		err = sql_prepare(db, "DELETE FROM directory_copy WHERE epoch < ?", &old, info);
	if (err)
		return err;
	sqlite3_bind_int64(old, 1, (int64_t)directory->epoch);
	err = sql_run(old, info);
	*out_entries = sqlite3_changes64(db);
	sqlite3_finalize(old);
	return err;
}

int64_t directory_copy_bad(const struct directory *directory)
{
	return directory->bad;
}
