/* SPDX-License-Identifier: MIT */
#include "ingest/recent.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "lane/sql.h"

struct recent {
	struct store *store;
	sqlite3_stmt *insert, *oldest, *all, *delete, *clear;
	struct buf turn;    /* marks of this turn */
	uint64_t *expected; /* open addressing by mark; 0 = empty, 1 = struck off */
	uint64_t slots;     /* a power of two, at least twice the marks */
	int64_t expected_count, count;
};

static enum err measure(struct recent *recent, struct errinfo *info)
{
	sqlite3 *db = store_db(recent->store);
	sqlite3_stmt *statement;
	enum err err = sql_prepare(db, "SELECT CAST(total(length(marks)) AS INTEGER) FROM recent", &statement, info);

	if (err)
		return err;
	if (sqlite3_step(statement) == SQLITE_ROW)
		recent->count = sqlite3_column_int64(statement, 0) / (int64_t)sizeof(uint64_t);
	else
		err = sql_fail(db, info, "recent messages");
	sqlite3_finalize(statement);
	return err;
}

enum err recent_open(struct store *store, struct recent **out_recent, struct errinfo *info)
{
	struct recent *recent = calloc(1, sizeof *recent);
	enum err err;

	if (!recent)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	struct {
		const char *text;
		sqlite3_stmt **out;
	} rows[] = {
		{"INSERT INTO recent (marks) VALUES (?)", &recent->insert},
		{"SELECT id, length(marks) FROM recent ORDER BY id LIMIT 1", &recent->oldest},
		{"SELECT marks FROM recent ORDER BY id", &recent->all},
		{"DELETE FROM recent WHERE id = ?", &recent->delete},
		{"DELETE FROM recent", &recent->clear},
	};
	recent->store = store;
	buf_init(&recent->turn, 16u << 20);
	err = measure(recent, info);
	for (size_t i = 0; i < sizeof rows / sizeof *rows && !err; i++)
		err = sql_prepare(store_db(store), rows[i].text, rows[i].out, info);
	if (err)
		recent_close(recent);
	else
		*out_recent = recent;
	return err;
}

void recent_close(struct recent *recent)
{
	if (!recent)
		return;
	sqlite3_finalize(recent->insert);
	sqlite3_finalize(recent->oldest);
	sqlite3_finalize(recent->all);
	sqlite3_finalize(recent->delete);
	sqlite3_finalize(recent->clear);
	buf_fini(&recent->turn);
	free(recent->expected);
	free(recent);
}

enum err recent_mark(struct recent *recent, uint64_t mark)
{
	return buf_append(&recent->turn, &mark, sizeof mark);
}

/* drop_oldest deletes the oldest row if enough remain without it. */
static enum err drop_oldest(struct recent *recent, bool *out_dropped, struct errinfo *info)
{
	int64_t row = -1, marks = 0;

	if (sqlite3_step(recent->oldest) == SQLITE_ROW) {
		row = sqlite3_column_int64(recent->oldest, 0);
		marks = sqlite3_column_int64(recent->oldest, 1) / (int64_t)sizeof(uint64_t);
	}
	sqlite3_reset(recent->oldest);
	*out_dropped = row >= 0 && recent->count - marks >= RECENT_MARKS;
	if (!*out_dropped)
		return ERR_OK;
	recent->count -= marks;
	sqlite3_bind_int64(recent->delete, 1, row);
	return sql_run(recent->delete, info);
}

enum err recent_write(struct recent *recent, struct errinfo *info)
{
	enum err err;
	bool more = true;

	if (!recent->turn.length)
		return ERR_OK;
	sqlite3_bind_blob64(recent->insert, 1, recent->turn.data, recent->turn.length, SQLITE_STATIC);
	err = sql_run(recent->insert, info);
	sqlite3_clear_bindings(recent->insert);
	recent->count += (int64_t)(recent->turn.length / sizeof(uint64_t));
	buf_reset(&recent->turn);
	while (!err && more && recent->count > RECENT_MARKS)
		err = drop_oldest(recent, &more, info);
	return err;
}

static uint64_t entry_of(uint64_t mark)
{
	return mark < 2 ? mark + 2 : mark; /* 0 and 1 have a meaning of their own */
}

static void expect(struct recent *recent, uint64_t mark)
{
	uint64_t slot = mark;

	while (recent->expected[slot &= recent->slots - 1] != 0)
		slot++;
	recent->expected[slot] = entry_of(mark);
	recent->expected_count++;
}

static enum err make_table(struct recent *recent)
{
	recent_forget(recent);
	recent->slots = 1024;
	while (recent->slots < 2 * (uint64_t)recent->count)
		recent->slots *= 2;
	recent->expected = calloc(recent->slots, sizeof *recent->expected);
	return recent->expected ? ERR_OK : ERR_NOMEM;
}

enum err recent_expect(struct recent *recent, struct errinfo *info)
{
	enum err err = ERR_OK;
	int code;

	if (make_table(recent))
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	while ((code = sqlite3_step(recent->all)) == SQLITE_ROW) {
		const unsigned char *bytes = sqlite3_column_blob(recent->all, 0);
		size_t length = (size_t)sqlite3_column_bytes(recent->all, 0);
		for (size_t i = 0; i + sizeof(uint64_t) <= length && recent->expected_count < recent->count;
			i += sizeof(uint64_t)) {
			uint64_t mark;
			memcpy(&mark, bytes + i, sizeof mark);
			expect(recent, mark);
		}
	}
	if (code != SQLITE_DONE)
		err = sql_fail(store_db(recent->store), info, "recent messages");
	sqlite3_reset(recent->all);
	return err;
}

void recent_forget(struct recent *recent)
{
	free(recent->expected);
	recent->expected = NULL;
	recent->expected_count = 0;
}

bool recent_is(struct recent *recent, uint64_t mark)
{
	if (!recent->expected)
		return false;
	for (uint64_t slot = mark; recent->expected[slot &= recent->slots - 1] != 0; slot++) {
		if (recent->expected[slot] == entry_of(mark)) {
			recent->expected[slot] = 1;
			return true;
		}
	}
	recent_forget(recent);
	return false;
}

enum err recent_settle(struct recent *recent, struct errinfo *info)
{
	recent_forget(recent);
	recent->count = 0;
	return sql_run(recent->clear, info);
}

int64_t recent_count(const struct recent *recent)
{
	return recent->count;
}
