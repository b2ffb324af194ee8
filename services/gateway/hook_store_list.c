/* SPDX-License-Identifier: MIT
 *
 * What is told of deliveries, what the bridge remembers, and what is tidied.
 */
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "gateway/hook_store_internal.h"

static bool is_time(const char *name)
{
	static const char *const times[] = {
		"at", "queued", "due", "ended", "died", "done", "oldest", "lost_from", "lost_until"};

	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (!strcmp(name, times[i]))
			return true;
	return false;
}

static void write_members(sqlite3_stmt *row, struct buf *out)
{
	for (int i = 0; i < sqlite3_column_count(row); i++) {
		const char *name = sqlite3_column_name(row, i);
		int64_t value = sqlite3_column_int64(row, i);
		int type = sqlite3_column_type(row, i);
		if (type == SQLITE_INTEGER && is_time(name)) {
			if (value > 0)
				json_member_wall(out, name, (struct wall){value});
		} else if (type == SQLITE_INTEGER) {
			json_member_int(out, name, value);
		} else if (type == SQLITE_TEXT && !strcmp(name, "report")) {
			json_key(out, name);
			buf_text(out, *hook_store_column(row, i) ? hook_store_column(row, i) : "null");
		} else if (type == SQLITE_TEXT) {
			json_member_text_if(out, name, hook_store_column(row, i));
		}
	}
}

static enum err list(struct hook_store *hooks, sqlite3_stmt *row, struct buf *out, struct errinfo *info)
{
	enum err err = ERR_OK;

	json_open(out, '[');
	while (hook_store_step(hooks, row, &err, info)) {
		json_open(out, '{');
		write_members(row, out);
		json_close(out, '}');
	}
	json_close(out, ']');
	return err ? err : out->failed;
}

enum err hook_store_list_waiting(struct hook_store *hooks, const char *subscriber, int64_t after, int64_t limit,
	struct buf *out, struct errinfo *info)
{
	return list(hooks, hook_store_bind(hooks, SQL_LIST_WAITING, "sii", subscriber, after, limit), out, info);
}

enum err hook_store_list_sent(
	struct hook_store *hooks, const char *subscriber, int64_t limit, struct buf *out, struct errinfo *info)
{
	return list(hooks, hook_store_bind(hooks, SQL_LIST_SENT, "si", subscriber, limit), out, info);
}

enum err hook_store_list_dead(struct hook_store *hooks, const char *subscriber, int64_t after, int64_t limit,
	struct buf *out, struct errinfo *info)
{
	return list(hooks, hook_store_bind(hooks, SQL_LIST_DEAD, "sii", subscriber, after, limit), out, info);
}

enum err hook_store_figures(struct hook_store *hooks, const char *subscriber, struct buf *out, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_FIGURES, "s", subscriber);
	enum err err = ERR_OK;

	while (hook_store_step(hooks, row, &err, info))
		write_members(row, out);
	return err;
}

enum err hook_store_trim(
	struct hook_store *hooks, struct wall now, int64_t keep_ms, int64_t *out_expired, struct errinfo *info)
{
	enum err err = sql_run(
		hook_store_bind(hooks, SQL_TRIM_SENT, "ii", now.ms - 7 * MS_PER_DAY, (int64_t)HOOK_SENT_MAX), info);

	if (!err)
		err = sql_run(hook_store_bind(hooks, SQL_TRIM_DEAD, "i", now.ms - keep_ms), info);
	*out_expired = err ? 0 : sqlite3_changes64(store_db(hooks->store));
	return err;
}

/* ---- the bridge's jobs, and outages ---- */

enum err hook_store_job(struct hook_store *hooks, const char *name, struct hook_job *out, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_JOB, "s", name);
	enum err err = ERR_OK;

	if (hook_store_step(hooks, row, &err, info)) {
		out->due.ms = sqlite3_column_int64(row, 0);
		out->done.ms = sqlite3_column_int64(row, 1);
		text_cut(out->mark, sizeof out->mark, hook_store_column(row, 2));
	}
	sqlite3_reset(row);
	return err;
}

enum err hook_store_job_save(struct hook_store *hooks, const char *name, const struct hook_job *job, const char *report,
	struct errinfo *info)
{
	return sql_run(
		hook_store_bind(hooks, SQL_JOB_SAVE, "siiss", name, job->due.ms, job->done.ms, job->mark, report),
		info);
}

enum err hook_store_list_jobs(
	struct hook_store *hooks, const char *name, bool with_report, struct buf *out, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_LIST_JOBS, "s", name);
	enum err err = ERR_OK;

	if (with_report)
		return list(hooks, row, out, info);
	json_open(out, '[');
	while (hook_store_step(hooks, row, &err, info)) {
		json_open(out, '{');
		json_member_text(out, "name", hook_store_column(row, 0));
		json_member_wall(out, "due", (struct wall){sqlite3_column_int64(row, 1)});
		if (sqlite3_column_int64(row, 2) > 0)
			json_member_wall(out, "done", (struct wall){sqlite3_column_int64(row, 2)});
		json_close(out, '}');
	}
	json_close(out, ']');
	return err ? err : out->failed;
}

enum err hook_store_outage(struct hook_store *hooks, const char *topic, const char *body, size_t length,
	bool *out_changed, struct buf *out_before, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_OUTAGE, "s", topic);
	enum err err = ERR_OK;
	bool known = hook_store_step(hooks, row, &err, info);

	if (known)
		err = buf_append(out_before, sqlite3_column_blob(row, 0), (size_t)sqlite3_column_bytes(row, 0));
	sqlite3_reset(row);
	*out_changed =
		body ? !known || out_before->length != length || memcmp(out_before->data, body, length) != 0 : known;
	if (err || !*out_changed)
		return err;
	return sql_run(body ? hook_store_bind(hooks, SQL_OUTAGE_SAVE, "sb", topic, body, length)
			    : hook_store_bind(hooks, SQL_OUTAGE_OVER, "s", topic),
		info);
}

enum err hook_store_row(struct hook_store *hooks, const char *pull, const char *kind, const char *key, uint64_t hash,
	bool *out_same, struct errinfo *info)
{
	sqlite3_stmt *row = hook_store_bind(hooks, SQL_ROW, "sss", pull, kind, key);
	enum err err = ERR_OK;

	*out_same = hook_store_step(hooks, row, &err, info) && (uint64_t)sqlite3_column_int64(row, 0) == hash;
	sqlite3_reset(row);
	return err;
}

enum err hook_store_row_save(struct hook_store *hooks, const char *pull, const char *kind, const char *key,
	uint64_t hash, struct errinfo *info)
{
	return sql_run(hook_store_bind(hooks, SQL_ROW_SAVE, "sssi", pull, kind, key, (int64_t)hash), info);
}

enum err hook_store_row_forget(
	struct hook_store *hooks, const char *pull, const char *kind, const char *key, struct errinfo *info)
{
	return sql_run(hook_store_bind(hooks, SQL_ROW_FORGET, "sss", pull, kind, key), info);
}
