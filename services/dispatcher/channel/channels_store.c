/* SPDX-License-Identifier: MIT
 *
 * Routes stand in the store by the names of their channels, which outlive a change of the file; a name that is gone is
 * left out.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "codec/json.h"
#include "dispatcher/channel/channels_internal.h"
#include "dispatcher/lost.h"
#include "jq/json_tree.h"
#include "lane/sql.h"

#define ROUTE_BYTES (CHANNEL_ROUTE_MAX * WORD_BYTES)

enum err channels_store_prepare(struct channels *channels, struct errinfo *info)
{
	struct {
		const char *text;
		sqlite3_stmt **out;
	} rows[] = {
		{"INSERT INTO delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'open', '', '', NULL)",
			&channels->add},
		{"UPDATE delivery SET route = ?, skips = ?, attempts = ?, withdrawn = ?, raised = ?, first = ?, due = "
		 "? "
		 "WHERE number = ?",
			&channels->progress},
		{"UPDATE delivery SET state = ?, channel = ?, receipt = ?, ended = ?, page = x'' WHERE number = ?",
			&channels->end},
		{"DELETE FROM delivery WHERE ended < ?", &channels->prune},
		{"INSERT INTO channel VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET state = excluded.state, "
		 "since = excluded.since, blocked_until = excluded.blocked_until, failures = excluded.failures, cause "
		 "= "
		 "excluded.cause, recent = excluded.recent",
			&channels->health},
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof rows / sizeof *rows && !err; i++)
		err = sql_prepare(store_db(channels->store), rows[i].text, rows[i].out, info);
	return err;
}

void channels_store_fini(struct channels *channels)
{
	sqlite3_finalize(channels->add);
	sqlite3_finalize(channels->progress);
	sqlite3_finalize(channels->end);
	sqlite3_finalize(channels->prune);
	sqlite3_finalize(channels->health);
}

uint64_t channels_store_next(struct store *store)
{
	sqlite3_stmt *statement = NULL;
	uint64_t next = 1;

	if (sql_prepare(store_db(store), "SELECT coalesce(max(number), 0) + 1 FROM delivery", &statement, NULL))
		return next;
	if (sqlite3_step(statement) == SQLITE_ROW)
		next = (uint64_t)sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return next;
}

/* ---- routes by name ---- */

static void write_route(const struct channels *channels, const struct channel_route *route, char out[ROUTE_BYTES])
{
	size_t length = 0;

	*out = '\0';
	for (unsigned i = 0; i < route->count; i++)
		length += (size_t)snprintf(out + length, ROUTE_BYTES - length, "%s%s", i ? "," : "",
			channels->set.definitions[route->hops[i]].name);
}

static struct channel_route read_route(const struct channels *channels, const char *text, const char *way)
{
	struct channel_route route = {.way = CHANNEL_WAY_PERSON};
	char name[WORD_BYTES];

	if (*way)
		route.way = (uint8_t)channel_set_find(&channels->set, way);
	while (*text && route.count < CHANNEL_ROUTE_MAX) {
		size_t length = strcspn(text, ",");
		snprintf(name, sizeof name, "%.*s", (int)length, text);
		unsigned c = channel_set_find(&channels->set, name);
		if (c < channels->set.count)
			route.hops[route.count++] = (uint8_t)c;
		text += length + (text[length] == ',');
	}
	return route;
}

/* ---- writing ---- */

static void bind_progress(sqlite3_stmt *statement, int column, const struct channel_progress *progress)
{
	sqlite3_bind_int64(statement, column, progress->skips);
	sqlite3_bind_int64(statement, column + 1, progress->attempts);
	sqlite3_bind_int(statement, column + 2, progress->withdrawn);
	sqlite3_bind_int64(statement, column + 3, progress->raised.ms);
	sql_bind_wall(statement, column + 4, progress->first);
	sqlite3_bind_int64(statement, column + 5, progress->due.ms);
}

enum err channels_store_add(struct channels *channels, const struct page *page, uint64_t number, struct errinfo *info)
{
	struct channel_progress progress;
	char route[ROUTE_BYTES];
	struct buf json;
	enum err err;

	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = channel_progress(channels->core, number, &progress) ? codec_page_encode(page, &json) : ERR_STATE;
	if (!err) {
		bool person = progress.route.way == CHANNEL_WAY_PERSON;
		write_route(channels, &progress.route, route);
		sqlite3_bind_int64(channels->add, 1, (int64_t)number);
		sqlite3_bind_text(channels->add, 2, page->id, -1, SQLITE_STATIC);
		sqlite3_bind_text(channels->add, 3, page->incident, -1, SQLITE_STATIC);
		sqlite3_bind_text(channels->add, 4, page->user, -1, SQLITE_STATIC);
		sqlite3_bind_int(channels->add, 5, page->withdrawn);
		sqlite3_bind_blob64(channels->add, 6, json.data, json.length, SQLITE_STATIC);
		sqlite3_bind_text(channels->add, 7, person ? "" : channels->set.definitions[progress.route.way].name,
			-1, SQLITE_STATIC);
		sqlite3_bind_text(channels->add, 8, route, -1, SQLITE_STATIC);
		bind_progress(channels->add, 9, &progress);
		err = sql_run(channels->add, info);
		sqlite3_clear_bindings(channels->add);
	}
	buf_fini(&json);
	return err ? errinfo_set(info, err, "page %s cannot be noted: %s", page->id, err_name(err)) : ERR_OK;
}

static enum err write_progress(struct channels *channels, const struct channel_progress *progress, struct errinfo *info)
{
	char route[ROUTE_BYTES];

	write_route(channels, &progress->route, route);
	sqlite3_bind_text(channels->progress, 1, route, -1, SQLITE_STATIC);
	bind_progress(channels->progress, 2, progress);
	sqlite3_bind_int64(channels->progress, 8, (int64_t)progress->number);
	enum err err = sql_run(channels->progress, info);
	sqlite3_clear_bindings(channels->progress);
	return err;
}

static enum err write_end(struct channels *channels, uint64_t number, enum channel_end end, const char *channel,
	const char *receipt, struct wall now, struct errinfo *info)
{
	sqlite3_bind_text(channels->end, 1, channel_end_name(end), -1, SQLITE_STATIC);
	sqlite3_bind_text(channels->end, 2, channel, -1, SQLITE_STATIC);
	sqlite3_bind_text(channels->end, 3, receipt, -1, SQLITE_STATIC);
	sqlite3_bind_int64(channels->end, 4, wall_is_set(now) ? now.ms : 0);
	sqlite3_bind_int64(channels->end, 5, (int64_t)number);
	enum err err = sql_run(channels->end, info);
	sqlite3_clear_bindings(channels->end);
	return err;
}

static enum err write_health(struct channels *channels, unsigned c, struct errinfo *info)
{
	const struct channel_health *health = channel_health(channels->core, c);

	sqlite3_bind_text(channels->health, 1, channels->set.definitions[c].name, -1, SQLITE_STATIC);
	sqlite3_bind_int(channels->health, 2, (int)health->state);
	sql_bind_wall(channels->health, 3, health->since);
	sql_bind_wall(channels->health, 4, health->blocked_until);
	sqlite3_bind_int64(channels->health, 5, health->failures);
	sqlite3_bind_text(channels->health, 6, health->cause, -1, SQLITE_STATIC);
	sqlite3_bind_blob(channels->health, 7, health->recent_ms,
		(int)(health->recent_count * sizeof *health->recent_ms), SQLITE_STATIC);
	enum err err = sql_run(channels->health, info);
	sqlite3_clear_bindings(channels->health);
	return err;
}

bool channels_settles(const struct channels *channels)
{
	return channels->ended_count || channel_is_dirty(channels->core);
}

static enum err settle(struct channels *channels, struct errinfo *info)
{
	struct channel_progress progress;
	unsigned c;
	enum err err = ERR_OK;

	for (size_t i = 0; i < channels->ended_count && !err; i++) {
		const struct channel_effect *end = &channels->ended[i];
		err = write_end(channels, end->deliveries[0], end->end, channels->set.definitions[end->channel].name,
			end->receipt, channels->now, info);
	}
	while (!err && channel_dirty(channels->core, &progress))
		err = write_progress(channels, &progress, info);
	while (!err && channel_dirty_health(channels->core, &c))
		err = write_health(channels, c, info);
	return err;
}

enum err channels_settle(struct channels *channels, struct errinfo *info)
{
	bool own = !store_in_transaction(channels->store);
	enum err err;

	if (!channels_settles(channels))
		return ERR_OK;
	err = own ? store_begin(channels->store, info) : ERR_OK;
	if (!err)
		err = settle(channels, info);
	if (own && !err)
		err = store_commit(channels->store, info);
	if (!err)
		channels->ended_count = 0;
	return err;
}

/* ---- reading ---- */

static enum err load_health(struct channels *channels, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	enum err err = sql_prepare(store_db(channels->store),
		"SELECT name, state, since, blocked_until, failures, cause, recent FROM channel", &rows, info);

	while (!err && sqlite3_step(rows) == SQLITE_ROW) {
		unsigned c = channel_set_find(&channels->set, (const char *)sqlite3_column_text(rows, 0));
		int state = sqlite3_column_int(rows, 1);
		size_t bytes = (size_t)sqlite3_column_bytes(rows, 6);
		struct channel_health health = {.since = sql_column_wall(rows, 2),
			.blocked_until = sql_column_wall(rows, 3),
			.failures = (uint32_t)sqlite3_column_int(rows, 4)};
		if (c == channels->set.count || state < 0 || state >= CHANNEL_STATE_COUNT ||
			bytes > sizeof health.recent_ms)
			continue; /* the channel is gone; or nothing that has to be believed */
		health.state = (enum channel_state)state;
		text_cut(health.cause, sizeof health.cause, (const char *)sqlite3_column_text(rows, 5));
		health.recent_count = (unsigned)(bytes / sizeof *health.recent_ms);
		if (bytes)
			memcpy(health.recent_ms, sqlite3_column_blob(rows, 6), bytes);
		channel_restore_health(channels->core, c, &health);
	}
	sqlite3_finalize(rows);
	return err;
}

/* restore_row gives the core a delivery back. ERR_NOT_FOUND: none of its channels is there any more. */
static enum err restore_row(struct channels *channels, sqlite3_stmt *rows, struct errinfo *info)
{
	struct channel_progress progress = {.number = (uint64_t)sqlite3_column_int64(rows, 0),
		.route = read_route(channels, (const char *)sqlite3_column_text(rows, 3),
			(const char *)sqlite3_column_text(rows, 2)),
		.skips = (unsigned)sqlite3_column_int(rows, 4),
		.attempts = (unsigned)sqlite3_column_int(rows, 5),
		.withdrawn = sqlite3_column_int(rows, 6) != 0,
		.raised = sql_column_wall(rows, 7),
		.first = sql_column_wall(rows, 8),
		.due = sql_column_wall(rows, 9)};
	struct page page;
	enum err err =
		codec_page_decode(sqlite3_column_blob(rows, 1), (size_t)sqlite3_column_bytes(rows, 1), &page, info);

	if (err)
		return err;
	if (!progress.route.count || progress.route.way == channels->set.count)
		return ERR_NOT_FOUND;
	return channel_restore(channels->core, &page, &progress);
}

static enum err load_deliveries(struct channels *channels, struct errinfo *info)
{
	sqlite3 *db = store_db(channels->store);
	sqlite3_stmt *rows = NULL;
	int64_t gone = 0;
	int code = SQLITE_DONE;
	enum err err = sql_prepare(db,
		"SELECT number, page, way, route, skips, attempts, withdrawn, raised, first, due FROM delivery WHERE "
		"ended IS NULL ORDER BY number",
		&rows, info);

	while (!err && (code = sqlite3_step(rows)) == SQLITE_ROW) {
		struct errinfo fault = {0};
		enum err row = restore_row(channels, rows, &fault);
		if (!row)
			continue;
		if (row == ERR_NOT_FOUND) {
			gone++;
			err = write_end(channels, (uint64_t)sqlite3_column_int64(rows, 0), CHANNEL_GIVEN_UP, "",
				"its channels are gone", wall_now(), info);
		} else {
			err = row == ERR_NOMEM ? errinfo_set(info, row, "out of memory")
					       : lost_take(channels->store, LOST_PAGE, rows, 0,
							 fault.text[0] ? fault.text : err_name(row), info);
		}
	}
	if (!err && code != SQLITE_DONE)
		err = sql_fail(db, info, "deliveries that wait");
	sqlite3_finalize(rows);
	channels->given_up += gone;
	if (gone)
		log_warning("pages_given_up", "count", log_number(gone), "cause", "their channels are gone");
	return err;
}

/* ---- calls of the webhook that an earlier version noted ---- */

static const char *member(
	const struct json_tree *tree, const struct json_node *object, const char *name, char *out, size_t size)
{
	const struct json_node *node = object ? json_tree_member(tree, object, name, strlen(name)) : NULL;

	*out = '\0';
	if (node && node->kind == JSON_TREE_TEXT && node->length < size)
		snprintf(out, size, "%.*s", (int)node->length, node->text);
	return out;
}

static enum err page_of_body(const char *body, size_t length, struct page *out)
{
	char reason[120], word[WALL_TEXT_BYTES + 8];
	struct json_tree tree;
	struct page page = {.expires = WALL_NONE, .reason_zh = "-", .reason_en = "-"};
	enum err err;

	json_tree_init(&tree);
	err = json_tree_parse(&tree, body, length, 8, reason, sizeof reason);
	if (!err) {
		const struct json_node *root = &tree.nodes[0], *data = json_tree_member(&tree, root, "data", 4);
		page.withdrawn = !strcmp(member(&tree, root, "type", word, sizeof word), "page.withdrawn");
		member(&tree, root, "timestamp", word, sizeof word);
		err = wall_parse(word, strlen(word), &page.at);
		member(&tree, data, "id", page.id, sizeof page.id);
		member(&tree, data, "incident", page.incident, sizeof page.incident);
		member(&tree, data, "user", page.user, sizeof page.user);
		member(&tree, data, "household", page.household, sizeof page.household);
		if (!err)
			err = page_role_find(member(&tree, data, "role", word, sizeof word), &page.role);
		if (!err)
			err = alert_kind_find(member(&tree, data, "kind", word, sizeof word), &page.kind);
		if (!err)
			err = alert_level_find(member(&tree, data, "level", word, sizeof word), &page.level);
		if (!err && *member(&tree, data, "expires", word, sizeof word))
			err = wall_parse(word, strlen(word), &page.expires);
	}
	json_tree_fini(&tree);
	if (!err)
		*out = page;
	return err;
}

/* take_over moves what an earlier version's webhook had to call into the deliveries of the channel of that name. */
static enum err take_over(struct channels *channels, struct errinfo *info)
{
	sqlite3 *db = store_db(channels->store);
	uint8_t c = (uint8_t)channel_set_find(&channels->set, CHANNEL_WEBHOOK);
	const struct channel_route route = {.way = c, .count = 1, .hops = {c}};
	struct channel_effects effects;
	sqlite3_stmt *rows = NULL;
	uint64_t number = 0;
	int64_t lost = 0;
	enum err err = sql_prepare(db, "SELECT body FROM webhook ORDER BY number", &rows, info);

	while (!err && sqlite3_step(rows) == SQLITE_ROW) {
		struct page page;
		if (c == channels->set.count ||
			page_of_body(sqlite3_column_blob(rows, 0), (size_t)sqlite3_column_bytes(rows, 0), &page) ||
			channel_page(channels->core, &page, &route, wall_now(), &number, &effects)) {
			lost++;
			continue;
		}
		channels_take(channels, &effects);
		err = number ? channels_store_add(channels, &page, number, info) : ERR_OK;
	}
	sqlite3_finalize(rows);
	if (!err && sqlite3_exec(db, "DELETE FROM webhook", NULL, NULL, NULL))
		err = sql_fail(db, info, "calls of an earlier version");
	if (lost)
		log_warning("calls_given_up", "count", log_number(lost), "cause",
			c == channels->set.count ? "the webhook is switched off" : "they cannot be read");
	return err;
}

enum err channels_store_load(struct channels *channels, struct errinfo *info)
{
	bool own = !store_in_transaction(channels->store);
	enum err err = own ? store_begin(channels->store, info) : ERR_OK;

	if (err)
		return err;
	sqlite3_bind_int64(channels->prune, 1, wall_now().ms - channels->keep_ms);
	err = sql_run(channels->prune, info);
	if (!err)
		err = load_health(channels, info);
	if (!err)
		err = load_deliveries(channels, info);
	if (!err)
		err = take_over(channels, info);
	if (own && !err)
		err = store_commit(channels->store, info);
	else if (own)
		store_rollback(channels->store);
	return err;
}

/* ---- receipts ---- */

static void write_receipt(sqlite3_stmt *rows, struct buf *out)
{
	const char *state = (const char *)sqlite3_column_text(rows, 4);

	json_open(out, '{');
	json_member_text(out, "page", (const char *)sqlite3_column_text(rows, 0));
	json_member_text(out, "incident", (const char *)sqlite3_column_text(rows, 1));
	json_member_text(out, "user", (const char *)sqlite3_column_text(rows, 2));
	if (sqlite3_column_int(rows, 3))
		json_member_bool(out, "withdrawn", true);
	json_member_text(out, "state", state);
	json_member_text(out, "channel", (const char *)sqlite3_column_text(rows, 5));
	json_member_text_if(
		out, strcmp(state, "sent") ? "cause" : "receipt", (const char *)sqlite3_column_text(rows, 6));
	json_member_wall(out, "raised", sql_column_wall(rows, 7));
	json_member_wall_if(out, "ended", sql_column_wall(rows, 8));
	json_close(out, '}');
}

enum err channels_receipts(
	const struct channels *channels, const char *incident, unsigned limit, struct buf *out, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	enum err err = sql_prepare(store_db(channels->store),
		"SELECT id, incident, user, withdrawal, state, iif(ended IS NULL, route, channel), receipt, raised, "
		"ended "
		"FROM delivery WHERE ?1 = '' OR incident = ?1 ORDER BY number DESC LIMIT ?2",
		&rows, info);

	if (err)
		return err;
	sqlite3_bind_text(rows, 1, incident, -1, SQLITE_STATIC);
	sqlite3_bind_int64(rows, 2, limit);
	json_open(out, '[');
	while (sqlite3_step(rows) == SQLITE_ROW)
		write_receipt(rows, out);
	json_close(out, ']');
	sqlite3_finalize(rows);
	return out->failed;
}
