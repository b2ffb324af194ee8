/* SPDX-License-Identifier: MIT
 *
 * A message's number only grows (AUTOINCREMENT), so that "sent on this connection" is one number of each queue; it is
 * the message's token, too.
 */
#include "dispatcher/post.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dispatcher/instant.h"
#include "dispatcher/lost.h"
#include "dispatcher/post_order.h"
#include "lane/sql.h"
#include "message/message.h"

struct post {
	struct store *store;
	sqlite3_stmt *add, *find, *drop, *next, *settle, *waiting;
	struct post_order order;
	uint64_t *delivered;
	size_t delivered_count, delivered_capacity;
};

#define TOPIC_PARTS 4

/* split takes a topic apart: 0 where a part is no id, or there are too many. */
static unsigned split(const char *topic, char parts[TOPIC_PARTS][ID_BYTES])
{
	for (unsigned count = 0; count < TOPIC_PARTS; count++) {
		size_t length = strcspn(topic, "/");
		if (length >= ID_BYTES)
			return 0;
		memcpy(parts[count], topic, length);
		parts[count][length] = '\0';
		if (!text_is_id(parts[count]))
			return 0;
		if (!topic[length])
			return count + 1;
		topic += length + 1;
	}
	return 0;
}

/* may_leave: a topic that the access list lets us publish to, in a queue that is emptied. The broker breaks the
 * connection for any other one, and would again after each start. */
static bool may_leave(const char *topic, int64_t queue)
{
	char parts[TOPIC_PARTS][ID_BYTES];
	unsigned count = split(topic, parts);

	if (queue < 0 || queue >= POST_QUEUE_COUNT || !count || strcmp(parts[0], "curtain") != 0)
		return false;
	if (count == 3)
		return !strcmp(parts[1], "oncall");
	if (count != 4)
		return false;
	if (!strcmp(parts[1], "volunteer"))
		return !strcmp(parts[3], "page") || !strcmp(parts[3], "notice") || !strcmp(parts[3], "errand");
	return !strcmp(parts[1], "incident") || !strcmp(parts[1], "outage");
}

static enum err check(struct store *store, struct errinfo *info)
{
	sqlite3_stmt *rows = NULL;
	int step = SQLITE_DONE;
	enum err err = sql_prepare(store_db(store), "SELECT number, topic, queue FROM post", &rows, info);

	while (!err && (step = sqlite3_step(rows)) == SQLITE_ROW)
		if (!may_leave((const char *)sqlite3_column_text(rows, 1), sqlite3_column_int64(rows, 2)))
			err = lost_take(store, LOST_POST, rows, 0, "it has no topic that a message can have", info);
	if (!err && step != SQLITE_DONE)
		err = sql_fail(store_db(store), info, "messages to send");
	sqlite3_finalize(rows);
	return err;
}

enum err post_open(struct store *store, struct post **out_post, struct errinfo *info)
{
	struct post *post = calloc(1, sizeof *post);
	enum err err = ERR_OK;

	if (!post)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	post->store = store;
	post_order_connected(&post->order);
	err = check(store, info);
	struct {
		const char *text;
		sqlite3_stmt **out;
	} rows[] = {
		{"INSERT INTO post (key, topic, payload, retain, queue) VALUES (?, ?, ?, ?, ?)", &post->add},
		{"SELECT number, topic, payload FROM post WHERE key = ? AND key <> ''", &post->find},
		{"DELETE FROM post WHERE number = ?", &post->drop},
		{"SELECT number, topic, payload, retain FROM post WHERE queue = ? AND number > ? ORDER BY number LIMIT "
		 "1",
			&post->next},
		{"DELETE FROM post WHERE number = ? AND key = ''", &post->settle},
		{"SELECT count(*) FROM post WHERE key = ''", &post->waiting},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows && !err; i++)
		err = sql_prepare(store_db(store), rows[i].text, rows[i].out, info);
	if (err)
		post_close(post);
	else
		*out_post = post;
	return err;
}

void post_close(struct post *post)
{
	if (!post)
		return;
	sqlite3_finalize(post->add);
	sqlite3_finalize(post->find);
	sqlite3_finalize(post->drop);
	sqlite3_finalize(post->next);
	sqlite3_finalize(post->settle);
	sqlite3_finalize(post->waiting);
	free(post->delivered);
	free(post);
}

static enum err add(struct post *post, enum post_queue queue, const char *key, const char *topic, const void *payload,
	size_t length, bool retain, struct errinfo *info)
{
	enum err err;

	sqlite3_bind_text(post->add, 1, key, -1, SQLITE_STATIC);
	sqlite3_bind_text(post->add, 2, topic, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(post->add, 3, length ? payload : "", length, SQLITE_STATIC);
	sqlite3_bind_int(post->add, 4, retain);
	sqlite3_bind_int(post->add, 5, queue);
	err = sql_run(post->add, info);
	sqlite3_clear_bindings(post->add);
	post_order_added(&post->order, queue);
	return err;
}

enum err post_page(struct post *post, const char *topic, const void *payload, size_t length, struct errinfo *info)
{
	return add(post, POST_PAGES, "", topic, payload, length, false, info);
}

enum err post_letter(struct post *post, const char *topic, const void *payload, size_t length, struct errinfo *info)
{
	return add(post, POST_LETTERS, "", topic, payload, length, false, info);
}

/* remove_old takes the row of key away. *out_same: it says the same as topic and payload, and stays. Its topic is
 * cleared at the broker unless the new message goes there. */
static enum err remove_old(struct post *post, const char *key, const char *topic, const void *payload, size_t length,
	bool *out_same, struct errinfo *info)
{
	char old[512] = "";
	int64_t number = 0;
	enum err err = ERR_OK;

	sqlite3_bind_text(post->find, 1, key, -1, SQLITE_STATIC);
	if (sqlite3_step(post->find) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(post->find, 1);
		number = sqlite3_column_int64(post->find, 0);
		*out_same = topic && !strcmp(text, topic) && (size_t)sqlite3_column_bytes(post->find, 2) == length &&
			    !memcmp(sqlite3_column_blob(post->find, 2), payload, length);
		sqlite3_snprintf((int)sizeof old, old, "%s", text);
	}
	sqlite3_reset(post->find);
	if (!number || *out_same)
		return ERR_OK;
	sqlite3_bind_int64(post->drop, 1, number);
	err = sql_run(post->drop, info);
	if (!err && (!topic || strcmp(old, topic) != 0))
		err = add(post, POST_LETTERS, "", old, "", 0, true, info);
	return err;
}

enum err post_keep(
	struct post *post, const char *key, const char *topic, const void *payload, size_t length, struct errinfo *info)
{
	bool same = false;
	enum err err = remove_old(post, key, topic, payload, length, &same, info);

	return err || same ? err : add(post, POST_LETTERS, key, topic, payload, length, true, info);
}

enum err post_drop(struct post *post, const char *key, struct errinfo *info)
{
	bool same = false;

	return remove_old(post, key, NULL, NULL, 0, &same, info);
}

enum err post_next_kept(struct post *post, const char *prefix, int64_t *at, char key[POST_KEY_BYTES],
	struct buf *payload, struct errinfo *info)
{
	sqlite3_stmt *row = NULL;
	int code;
	enum err err = sql_prepare(store_db(post->store),
		"SELECT number, key, payload FROM post WHERE number > ?1 AND key <> '' AND substr(key, 1, length(?2)) "
		"= ?2 ORDER BY number LIMIT 1",
		&row, info);

	if (err)
		return err;
	sqlite3_bind_int64(row, 1, *at);
	sqlite3_bind_text(row, 2, prefix, -1, SQLITE_STATIC);
	code = sqlite3_step(row);
	if (code == SQLITE_ROW) {
		*at = sqlite3_column_int64(row, 0);
		sqlite3_snprintf(POST_KEY_BYTES, key, "%s", (const char *)sqlite3_column_text(row, 1));
		buf_reset(payload);
		err = buf_append(payload, sqlite3_column_blob(row, 2), (size_t)sqlite3_column_bytes(row, 2));
		if (err == ERR_FULL) {
			buf_reset(payload);
			err = ERR_OK;
		}
	} else {
		err = code == SQLITE_DONE ? ERR_NOT_FOUND : sql_fail(store_db(post->store), info, "what is kept");
	}
	sqlite3_finalize(row);
	return err;
}

/* ---- sending ---- */

/* publish hands the row of post->next over; false: the bus is full, or the connection is gone. */
static bool publish(struct post *post, struct bus *bus)
{
	const struct bus_publication message = {.topic = (const char *)sqlite3_column_text(post->next, 1),
		.payload = sqlite3_column_blob(post->next, 2),
		.length = (size_t)sqlite3_column_bytes(post->next, 2),
		.qos = 1,
		.retain = sqlite3_column_int(post->next, 3) != 0,
		.token = (uint64_t)sqlite3_column_int64(post->next, 0)};
	enum err err;

	INSTANT(message.retain ? "before-kept" : "before-page");
	err = bus_publish(bus, &message);
	INSTANT(message.retain ? "after-kept" : "after-page");
	return !err;
}

enum err post_send(struct post *post, struct bus *bus, struct errinfo *info)
{
	enum post_queue queue;
	int64_t after;
	bool room = bus_is_connected(bus);

	while (room && post_order_next(&post->order, &queue, &after)) {
		sqlite3_bind_int(post->next, 1, queue);
		sqlite3_bind_int64(post->next, 2, after);
		int code = sqlite3_step(post->next);
		if (code == SQLITE_DONE)
			post_order_empty(&post->order, queue);
		else if (code == SQLITE_ROW && (room = publish(post, bus)))
			post_order_sent(&post->order, queue, sqlite3_column_int64(post->next, 0));
		sqlite3_reset(post->next);
		if (code != SQLITE_DONE && code != SQLITE_ROW)
			return sql_fail(store_db(post->store), info, "messages to send");
	}
	return ERR_OK;
}

void post_delivered(struct post *post, uint64_t token)
{
	post_order_settled(&post->order, (int64_t)token);
	if (post->delivered_count == post->delivered_capacity) {
		size_t capacity = post->delivered_capacity ? post->delivered_capacity * 2 : 64;
		uint64_t *more = realloc(post->delivered, capacity * sizeof *more);
		if (!more)
			return; /* it is sent once more after the next restart */
		post->delivered = more;
		post->delivered_capacity = capacity;
	}
	post->delivered[post->delivered_count++] = token;
}

void post_refused(struct post *post, uint64_t token)
{
	post_order_settled(&post->order, (int64_t)token);
}

bool post_settles(const struct post *post)
{
	return post->delivered_count > 0;
}

enum err post_settle(struct post *post, struct errinfo *info)
{
	bool own = post->delivered_count && !store_in_transaction(post->store);
	enum err err = own ? store_begin(post->store, info) : ERR_OK;

	for (size_t i = 0; i < post->delivered_count && !err; i++) {
		sqlite3_bind_int64(post->settle, 1, (int64_t)post->delivered[i]);
		err = sql_run(post->settle, info);
	}
	if (own && !err)
		err = store_commit(post->store, info);
	if (post->delivered_count)
		INSTANT("page-settled");
	if (!err)
		post->delivered_count = 0;
	return err;
}

void post_reconnected(struct post *post)
{
	post_order_connected(&post->order);
}

bool post_pending(const struct post *post)
{
	enum post_queue queue;
	int64_t after;

	return post_order_next(&post->order, &queue, &after);
}

int64_t post_waiting(const struct post *post)
{
	int64_t count = sqlite3_step(post->waiting) == SQLITE_ROW ? sqlite3_column_int64(post->waiting, 0) : 0;

	sqlite3_reset(post->waiting);
	return count;
}
