/* SPDX-License-Identifier: MIT
 *
 * The session with the devices' broker: connection, subscriptions, the socket in the service's loop.
 */
#include "ingest/ingest.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "lane/sql.h"

#define CONNECT_RETRY_US 100000
#define FILTER_BYTES 400
#define SETTLE_US 5000000
#define GATHER_US 8000
#define GATHER_MESSAGES 24 /* more than brokers with small bounds have on their way: those must not be slowed down */

/* ---- subscriptions ---- */

static void filter_of(const struct ingest *ingest, const char *topic, char out[FILTER_BYTES])
{
	if (ingest->settings.share[0])
		snprintf(out, FILTER_BYTES, "$share/%s/%s", ingest->settings.share, topic);
	else
		snprintf(out, FILTER_BYTES, "%s", topic);
}

static bool is_wanted(const struct ingest *ingest, const char *filter)
{
	const char *filters[MAP_FILTERS_MAX];
	unsigned count = map_filters(ingest->map, filters);
	char one[FILTER_BYTES];

	for (unsigned i = 0; i < count; i++) {
		filter_of(ingest, filters[i], one);
		if (!strcmp(one, filter))
			return true;
	}
	return false;
}

/* give_up_old ends the subscriptions that earlier profiles asked for. */
static enum err give_up_old(struct ingest *ingest, struct errinfo *info)
{
	sqlite3 *db = store_db(ingest->store);
	sqlite3_stmt *old = NULL, *drop = NULL;
	enum err err = sql_prepare(db, "SELECT filter FROM subscription", &old, info);
	int code = SQLITE_DONE;

	if (!err)
		err = sql_prepare(db, "DELETE FROM subscription WHERE filter = ?", &drop, info);
	while (!err && (code = sqlite3_step(old)) == SQLITE_ROW) {
		const char *name = (const char *)sqlite3_column_text(old, 0);
		if (is_wanted(ingest, name))
			continue;
		intake_unsubscribe(ingest->intake, name);
		sqlite3_bind_text(drop, 1, name, -1, SQLITE_TRANSIENT);
		err = sql_run(drop, info);
	}
	if (!err && code != SQLITE_DONE)
		err = sql_fail(db, info, "subscriptions");
	sqlite3_finalize(old);
	sqlite3_finalize(drop);
	return err;
}

static enum err ask_for_new(struct ingest *ingest, struct errinfo *info)
{
	const char *filters[MAP_FILTERS_MAX];
	unsigned count = map_filters(ingest->map, filters);
	sqlite3_stmt *add = NULL;
	char filter[FILTER_BYTES];
	enum err err =
		sql_prepare(store_db(ingest->store), "INSERT OR IGNORE INTO subscription VALUES (?)", &add, info);

	for (unsigned i = 0; i < count && !err; i++) {
		filter_of(ingest, filters[i], filter);
		intake_subscribe(ingest->intake, filter);
		sqlite3_bind_text(add, 1, filter, -1, SQLITE_TRANSIENT);
		err = sql_run(add, info);
	}
	sqlite3_finalize(add);
	return err;
}

void session_subscribe(struct ingest *ingest)
{
	struct errinfo info = {0};
	enum err err = ingest_begin(ingest);

	if (err)
		return;
	err = give_up_old(ingest, &info);
	if (!err)
		err = ask_for_new(ingest, &info);
	if (!ingest_is_live(ingest))
		intake_subscribe(ingest->intake, "curtain/clock");
	ingest_fail(ingest, err, "subscriptions_not_stored", &info);
}

/* ---- the connection ---- */

void session_settle_later(struct ingest *ingest)
{
	ingest->settle_due =
		(struct mono){ingest->turn.mono.us + 2000 * ingest->settings.common.bus.keepalive_ms + SETTLE_US};
}

static void on_connected(void *context, bool present)
{
	struct ingest *ingest = context;
	struct errinfo info = {0};

	ingest->intake_up = true;
	ingest->refused[0] = '\0';
	session_settle_later(ingest);
	log_info("intake_connected", "session", present ? "kept" : "new");
	if (present)
		ingest_fail(ingest, recent_expect(ingest->recent, &info), "recent_messages_not_read", &info);
	else
		recent_forget(ingest->recent);
	session_subscribe(ingest);
	service_publish_status(ingest->service);
}

static void tell_refused(struct ingest *ingest, const char *reason)
{
	if (strncmp(ingest->refused, reason, sizeof ingest->refused - 1) != 0)
		log_warning("intake_refused", "reason", reason);
	text_cut(ingest->refused, sizeof ingest->refused, reason);
}

static void on_disconnected(void *context, const char *reason)
{
	struct ingest *ingest = context;

	/* Attempts follow one another quickly: each reason is named once. */
	if (ingest->intake_up)
		log_warning("intake_disconnected", "reason", reason);
	else
		tell_refused(ingest, reason);
	ingest->intake_up = false;
	ingest->settle_due = (struct mono){INT64_MAX}; /* who knows which acknowledgements arrived */
	ingest->connect_due = (struct mono){ingest->turn.mono.us + CONNECT_RETRY_US};
	replay_disconnected(ingest);
	service_publish_status(ingest->service);
}

enum err session_open(struct ingest *ingest, struct errinfo *info)
{
	char client_id[ID_BYTES + 8];
	struct intake_config config = {.bus = &ingest->settings.common.bus,
		.client_id = client_id,
		.session_expiry_ms = ingest->settings.session_expiry_ms,
		.receive_maximum = (int)ingest->settings.receive_maximum,
		.message = ingest_take,
		.connected = on_connected,
		.disconnected = on_disconnected,
		.context = ingest};

	ingest->settle_due = (struct mono){INT64_MAX};
	snprintf(client_id, sizeof client_id, "%s-intake", ingest->settings.common.instance);
	return intake_create(&config, &ingest->intake, info);
}

static void unwatch(struct ingest *ingest)
{
	if (ingest->watched_fd >= 0)
		service_unwatch(ingest->service, ingest->watched_fd);
	ingest->watched_fd = -1;
}

void session_connect(struct ingest *ingest)
{
	struct errinfo info = {0};

	/* The bus goes first: where it is answered, connecting does not block for long. */
	if (intake_fd(ingest->intake) >= 0 || !bus_is_connected(service_bus(ingest->service)) ||
		ingest->turn.mono.us < ingest->connect_due.us)
		return;
	ingest->connect_due = (struct mono){ingest->turn.mono.us + 10 * CONNECT_RETRY_US};
	unwatch(ingest); /* the new socket may have the old one's number */
	if (intake_connect(ingest->intake, &info))
		tell_refused(ingest, info.text);
}

void session_read(struct ingest *ingest)
{
	int64_t before = ingest->messages;

	/* What lies decrypted in the library does not wake the loop: after a full turn the next one looks again. */
	ingest->read_more = intake_read(ingest->intake, (unsigned)ingest->settings.turn_messages);
	/* A turn has a price of its own (a sync, a batch a shard). Under load, but not yet enough of it to fill turns,
	 * a short rest lets messages gather; at rest a call for help does not wait. */
	if (!ingest->read_more && ingest->messages - before >= GATHER_MESSAGES)
		ingest->rest_until = (struct mono){ingest->turn.mono.us + GATHER_US};
}

static enum err ready(void *state, bool readable, bool writable, struct turn turn)
{
	struct ingest *ingest = state;

	(void)writable; /* tick reads; flush writes, after the commit */
	(void)turn;
	ingest->read_more = ingest->read_more || readable;
	return ERR_OK;
}

enum err session_follow(struct ingest *ingest)
{
	int fd = intake_fd(ingest->intake);
	enum err err = ERR_OK;

	if (ingest->write_waiting)
		ingest->rest_until = (struct mono){0};
	if (fd != ingest->watched_fd || ingest->rest_until.us)
		unwatch(ingest);
	if (ingest->rest_until.us)
		return ERR_OK;
	if (fd >= 0 && ingest->watched_fd < 0) {
		err = service_watch(ingest->service, fd, ingest->write_waiting, ready);
		ingest->watched_fd = err ? -1 : fd;
		ingest->watched_write = ingest->write_waiting;
	} else if (fd >= 0 && ingest->watched_write != ingest->write_waiting) {
		err = service_rewatch(ingest->service, fd, ingest->write_waiting);
		ingest->watched_write = ingest->write_waiting;
	}
	return err;
}
