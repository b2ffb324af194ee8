/* SPDX-License-Identifier: MIT
 *
 * libpq in non-blocking mode. Whatever fails ends in lose(): the connection is closed, the running command hears of it,
 * and the next attempt waits. A done function may send the next command, so the running one is cleared before it is
 * called.
 */
#include "records/pg.h"

#include <assert.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define CONNECT_MS 10000
#define COMMAND_MS 180000
#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 5000
#define STEADY_MS 5000 /* a connection that lasted this long starts the back-off anew */
#define COPY_CHUNK_BYTES (128u << 10)

struct pg {
	struct service *service;
	struct pg_config config;
	char *conninfo, *name;
	PGconn *conn;
	enum pg_state state;
	int fd;         /* watched; -1 = none */
	bool fd_writes; /* watched for writing too */
	bool broken;    /* sending failed: told by the next tick */
	struct mono next, deadline, connected;
	int64_t backoff_ms, patience_ms;
	uint32_t dice;
	char error[240];
	/* the running command */
	pg_done *done;
	void *done_context;
	PGresult *failed, *rows;
	char command[32];
	const char *copy_data;
	size_t copy_length, copy_at;
	bool copying, copied;
	bool pipelined; /* several statements are on their way */
	pg_take *take;
	unsigned told; /* how many of their answers are complete */
	/* preparing a table */
	const struct statement *preparing;
	pg_done *prepared;
};

static const char *const pg_defaults[][2] = {
	{"client_encoding", "UTF8"},
	{"keepalives_idle", "20"},
	{"keepalives_interval", "5"},
	{"tcp_user_timeout", "20000"},
	{"options", "-c timezone=UTC -c datestyle=ISO -c synchronous_commit=on -c lock_timeout=60s -c "
		    "client_min_messages=warning "
		    "-c idle_in_transaction_session_timeout=120s"},
};

enum err pg_create(struct service *service, const struct pg_config *config, struct pg **out_pg, struct errinfo *info)
{
	struct pg *pg = calloc(1, sizeof *pg);

	if (!pg)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	pg->service = service;
	pg->config = *config;
	pg->fd = -1;
	pg->backoff_ms = BACKOFF_MIN_MS;
	pg->patience_ms = COMMAND_MS;
	pg->dice = (uint32_t)getpid() * 2654435761u ^ (uint32_t)mono_now().us;
	pg->conninfo = strdup(config->conninfo);
	pg->name = strdup(config->name);
	if (!pg->conninfo || !pg->name) {
		pg_destroy(pg);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	text_cut(pg->error, sizeof pg->error, "not connected yet");
	*out_pg = pg;
	return ERR_OK;
}

static void unwatch(struct pg *pg)
{
	if (pg->fd >= 0)
		service_unwatch(pg->service, pg->fd);
	pg->fd = -1;
}

static void clear_command(struct pg *pg)
{
	PQclear(pg->failed);
	PQclear(pg->rows);
	pg->failed = pg->rows = NULL;
	pg->done = pg->prepared = NULL;
	pg->preparing = NULL;
	pg->copy_data = NULL;
	pg->copying = pg->copied = false;
	pg->pipelined = false;
	pg->take = NULL;
	pg->told = 0;
	pg->command[0] = '\0';
}

void pg_destroy(struct pg *pg)
{
	if (!pg)
		return;
	unwatch(pg);
	clear_command(pg);
	PQfinish(pg->conn);
	free(pg->conninfo);
	free(pg->name);
	free(pg);
}

enum pg_state pg_state(const struct pg *pg)
{
	return pg->state;
}

const char *pg_error(const struct pg *pg)
{
	return pg->state == PG_IDLE || pg->state == PG_BUSY ? "" : pg->error;
}

void pg_patience(struct pg *pg, int64_t ms)
{
	pg->patience_ms = ms ? ms : COMMAND_MS;
}

/* first_line: messages of libpq have several; the first one says it. */
static void first_line(char *out, size_t size, const char *text)
{
	text_cut(out, size, text ? text : "");
	out[strcspn(out, "\r\n")] = '\0';
}

static void lose(struct pg *pg, const char *why, struct mono now)
{
	bool was_up = pg->state == PG_IDLE || pg->state == PG_BUSY;
	pg_done *done = pg->prepared ? pg->prepared : pg->done;
	void *context = pg->done_context;
	struct pg_reply reply = {.lost = true};

	first_line(pg->error, sizeof pg->error, why && *why ? why : "the connection was lost");
	unwatch(pg);
	clear_command(pg);
	PQfinish(pg->conn);
	pg->conn = NULL;
	pg->state = PG_AWAY;
	pg->patience_ms = COMMAND_MS;
	pg->broken = false;
	if (was_up && now.us - pg->connected.us >= STEADY_MS * 1000)
		pg->backoff_ms = BACKOFF_MIN_MS;
	pg->dice = pg->dice * 1664525u + 1013904223u;
	pg->next.us = now.us + pg->backoff_ms * 500 + (int64_t)(pg->dice >> 8) % (pg->backoff_ms * 500 + 1);
	pg->backoff_ms = pg->backoff_ms * 2 < BACKOFF_MAX_MS ? pg->backoff_ms * 2 : BACKOFF_MAX_MS;
	text_cut(reply.text, sizeof reply.text, pg->error);
	if (done)
		done(context, &reply);
	if (was_up)
		pg->config.down(pg->config.context);
}

void pg_drop(struct pg *pg, struct mono now)
{
	if (pg->state != PG_AWAY)
		lose(pg, "closed after an error", now);
}

/* watch (again): the descriptor may change with each step of connecting. */
static bool watch(struct pg *pg, bool want_write)
{
	unwatch(pg);
	pg->fd_writes = want_write;
	if (service_watch(pg->service, PQsocket(pg->conn), want_write, pg->config.ready))
		return false;
	pg->fd = PQsocket(pg->conn);
	return true;
}

static void connect_start(struct pg *pg, struct mono now)
{
	enum { DEFAULTS = sizeof pg_defaults / sizeof *pg_defaults };
	const char *keys[DEFAULTS + 3] = {0}, *values[DEFAULTS + 3] = {0};
	size_t n = 0;

	for (; n < DEFAULTS; n++) {
		keys[n] = pg_defaults[n][0];
		values[n] = pg_defaults[n][1];
	}
	keys[n] = "application_name";
	values[n++] = pg->name;
	keys[n] = "dbname"; /* last: its own parameters win; expanded from a URI or key=value text */
	values[n] = pg->conninfo;
	pg->conn = PQconnectStartParams(keys, values, 1);
	pg->state = PG_CONNECTING;
	pg->deadline.us = now.us + CONNECT_MS * 1000;
	if (!pg->conn || PQstatus(pg->conn) == CONNECTION_BAD)
		lose(pg, pg->conn ? PQerrorMessage(pg->conn) : "out of memory", now);
	else if (!watch(pg, true))
		lose(pg, "the loop takes no descriptor", now);
}

static void connect_step(struct pg *pg, struct mono now)
{
	PostgresPollingStatusType poll;

	unwatch(pg); /* before libpq may close it */
	poll = PQconnectPoll(pg->conn);
	if (poll == PGRES_POLLING_FAILED) {
		lose(pg, PQerrorMessage(pg->conn), now);
		return;
	}
	if (!watch(pg, poll == PGRES_POLLING_WRITING)) {
		lose(pg, "the loop takes no descriptor", now);
		return;
	}
	if (poll != PGRES_POLLING_OK)
		return;
	if (PQsetnonblocking(pg->conn, 1)) {
		lose(pg, PQerrorMessage(pg->conn), now);
		return;
	}
	pg->state = PG_IDLE;
	pg->connected = now;
	pg->error[0] = '\0';
	pg->config.up(pg->config.context);
}

/* push sends what libpq holds and, in a COPY, more; false: the connection is lost. */
static bool push(struct pg *pg)
{
	int left = PQflush(pg->conn);

	while (left == 0 && pg->copying && !pg->copied) {
		size_t rest = pg->copy_length - pg->copy_at, part = rest < COPY_CHUNK_BYTES ? rest : COPY_CHUNK_BYTES;
		int put = part ? PQputCopyData(pg->conn, pg->copy_data + pg->copy_at, (int)part)
			       : PQputCopyEnd(pg->conn, NULL);
		if (put < 0)
			return false;
		if (put > 0) {
			pg->copy_at += part;
			pg->copied = part == 0;
		}
		left = PQflush(pg->conn);
	}
	if (left < 0)
		return false;
	if ((left > 0) != pg->fd_writes) {
		pg->fd_writes = left > 0;
		return service_rewatch(pg->service, pg->fd, pg->fd_writes) == ERR_OK;
	}
	return true;
}

static void keep(struct pg *pg, PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	text_cut(pg->command, sizeof pg->command, PQcmdStatus(result));
	if (status == PGRES_TUPLES_OK && !pg->rows) {
		pg->rows = result;
	} else if (status != PGRES_PIPELINE_ABORTED && status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK &&
		   status != PGRES_EMPTY_QUERY && !pg->failed) {
		pg->failed = result;
	} else {
		PQclear(result);
	}
}

static void reply_fill(struct pg_reply *reply, const struct pg *pg)
{
	const char *state = pg->failed ? PQresultErrorField(pg->failed, PG_DIAG_SQLSTATE) : NULL;
	const char *primary = pg->failed ? PQresultErrorField(pg->failed, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	const char *detail = pg->failed ? PQresultErrorField(pg->failed, PG_DIAG_MESSAGE_DETAIL) : NULL;
	char text[480];

	memset(reply, 0, sizeof *reply);
	reply->ok = !pg->failed;
	reply->rows = pg->rows;
	text_cut(reply->command, sizeof reply->command, pg->command);
	text_cut(reply->sqlstate, sizeof reply->sqlstate, state ? state : "");
	if (!pg->failed)
		return;
	if (strcmp(reply->sqlstate, "23503") == 0 && detail)
		snprintf(text, sizeof text, "%s", detail);
	else
		snprintf(text, sizeof text, "%s", primary ? primary : PQresultErrorMessage(pg->failed));
	first_line(reply->text, sizeof reply->text, text);
}

static void prepare_next(struct pg *pg);

/* finish: all of the answer is there. */
static void finish(struct pg *pg)
{
	struct pg_reply reply;
	PGresult *failed, *rows;
	pg_done *done = pg->done;
	void *context = pg->done_context;

	if (pg->preparing && !pg->failed && pg->preparing->name) {
		prepare_next(pg);
		return;
	}
	if (pg->preparing)
		done = pg->prepared;
	reply_fill(&reply, pg);
	failed = pg->failed;
	rows = pg->rows;
	pg->failed = pg->rows = NULL;
	clear_command(pg);
	pg->state = PG_IDLE;
	done(context, &reply);
	PQclear(failed);
	PQclear(rows);
}

/* pipeline_step takes a result in pipeline mode: the end of a statement's answer is NULL, that of all is a sync. false:
 * the connection cannot leave the mode. */
static bool pipeline_step(struct pg *pg, PGresult *result)
{
	if (!result) {
		PGresult *rows = pg->rows;
		pg->rows = NULL;
		if (rows)
			pg->take(pg->done_context, pg->told, rows);
		pg->told++;
		return true;
	}
	if (PQresultStatus(result) != PGRES_PIPELINE_SYNC) {
		keep(pg, result);
		return true;
	}
	PQclear(result);
	if (!PQexitPipelineMode(pg->conn))
		return false;
	finish(pg);
	return true;
}

static void command_step(struct pg *pg, struct mono now)
{
	if (!PQconsumeInput(pg->conn) || !push(pg)) {
		lose(pg, PQerrorMessage(pg->conn), now);
		return;
	}
	while (pg->state == PG_BUSY && !PQisBusy(pg->conn)) {
		PGresult *result;
		if (pg->copying && !pg->copied)
			break; /* the COPY still takes data; its answer comes after that */
		result = PQgetResult(pg->conn);
		if (pg->pipelined) {
			if (pipeline_step(pg, result))
				continue;
			lose(pg, PQerrorMessage(pg->conn), now);
			return;
		}
		if (!result) {
			finish(pg);
			continue;
		}
		if (PQresultStatus(result) == PGRES_COPY_IN && pg->copy_data && !pg->copying) {
			PQclear(result);
			pg->copying = true;
			if (push(pg))
				continue;
			lose(pg, PQerrorMessage(pg->conn), now);
			return;
		}
		keep(pg, result);
	}
	if (pg->conn && PQstatus(pg->conn) == CONNECTION_BAD)
		lose(pg, PQerrorMessage(pg->conn), now);
}

/* awaited: what PQconnectPoll waits for is there; it must not be called earlier. */
static bool awaited(const struct pg *pg)
{
	struct pollfd look = {.fd = pg->fd, .events = pg->fd_writes ? POLLOUT : POLLIN};

	return poll(&look, 1, 0) > 0;
}

void pg_descriptor(struct pg *pg, struct mono now)
{
	if (pg->state == PG_CONNECTING && awaited(pg))
		connect_step(pg, now);
	else if (pg->state == PG_BUSY || pg->state == PG_IDLE)
		command_step(pg, now); /* idle: the server says goodbye */
}

void pg_tick(struct pg *pg, struct mono now)
{
	if (pg->state == PG_AWAY && now.us >= pg->next.us)
		connect_start(pg, now);
	else if (pg->broken)
		lose(pg, PQerrorMessage(pg->conn), now);
	else if (pg->state == PG_CONNECTING && now.us >= pg->deadline.us)
		lose(pg, "no connection within 10 s", now);
	else if (pg->state == PG_BUSY && pg->deadline.us == INT64_MIN)
		pg->deadline.us = now.us + INT64_C(1000) * pg->patience_ms;
	else if (pg->state == PG_BUSY && now.us >= pg->deadline.us)
		lose(pg, "no answer in the time that the command may take", now);
}

struct mono pg_due(const struct pg *pg)
{
	if (pg->broken || (pg->state == PG_BUSY && pg->deadline.us == INT64_MIN))
		return (struct mono){.us = INT64_MIN};
	return pg->state == PG_AWAY ? pg->next : pg->state == PG_IDLE ? (struct mono){.us = INT64_MAX} : pg->deadline;
}

static void begin(struct pg *pg, pg_done *done, void *context)
{
	assert(pg->state == PG_IDLE);
	pg->state = PG_BUSY;
	pg->deadline.us = INT64_MIN; /* the next tick knows the time */
	pg->done = done;
	pg->done_context = context;
}

static void sent(struct pg *pg, int good)
{
	if (!good || !push(pg))
		pg->broken = true;
}

void pg_query(struct pg *pg, const char *sql, pg_done *done, void *context)
{
	begin(pg, done, context);
	sent(pg, PQsendQuery(pg->conn, sql));
}

void pg_call(struct pg *pg, const char *name, int parameters, const char *const *values, pg_done *done, void *context)
{
	begin(pg, done, context);
	sent(pg, PQsendQueryPrepared(pg->conn, name, parameters, values, NULL, NULL, 0));
}

void pg_calls(struct pg *pg, const struct pg_call *calls, unsigned count, pg_take *take, pg_done *done, void *context)
{
	bool good;

	begin(pg, done, context);
	pg->pipelined = true;
	pg->take = take;
	good = PQenterPipelineMode(pg->conn);
	for (unsigned i = 0; i < count && good; i++)
		good = PQsendQueryPrepared(
			pg->conn, calls[i].name, calls[i].parameters, calls[i].values, NULL, NULL, 0);
	sent(pg, good && PQpipelineSync(pg->conn));
}

void pg_copy(struct pg *pg, const char *sql, const char *data, size_t length, pg_done *done, void *context)
{
	begin(pg, done, context);
	pg->copy_data = data;
	pg->copy_length = length;
	pg->copy_at = 0;
	sent(pg, PQsendQuery(pg->conn, sql));
}

static void prepare_next(struct pg *pg)
{
	const struct statement *s = pg->preparing++;

	sent(pg, PQsendPrepare(pg->conn, s->name, s->sql, 0, NULL));
}

void pg_prepare_all(struct pg *pg, const struct statement *table, pg_done *done, void *context)
{
	begin(pg, done, context);
	pg->prepared = done;
	pg->preparing = table;
	prepare_next(pg);
}
