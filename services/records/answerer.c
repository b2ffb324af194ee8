/* SPDX-License-Identifier: MIT */
#include "records/answerer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "records/methods.h"
#include "records/seal.h"

#define WAITING_BYTES_MAX (32u << 20)

struct answerer {
	struct answerer_config config;
	bool ready; /* the statements are prepared */
	struct api_request *running;
	struct request_args *args; /* of the running one */
	struct method_call call;
	struct turn turn;
};

/* ---- those that wait ---- */

enum err questions_init(
	struct questions *questions, const struct records_settings *settings, struct bus *bus, struct errinfo *info)
{
	*questions = (struct questions){.bus = bus, .most = (unsigned)settings->requests};
	return bus_subscribe(bus, "curtain/api/+/records/+", 1)
		       ? errinfo_set(info, ERR_IO, "no subscription to requests")
		       : ERR_OK;
}

void questions_fini(struct questions *questions)
{
	while (questions->first) {
		struct api_request *next = questions->first->next;
		free(questions->first);
		questions->first = next;
	}
}

static void put(struct questions *questions, struct api_request *request)
{
	const char *away = NULL;

	questions->requests++;
	if (!questions->ready)
		away = "the database is away; ask again later";
	else if (questions->waiting >= questions->most ||
		 (questions->waiting && questions->bytes + request->length > WAITING_BYTES_MAX))
		away = "too many requests wait; ask again later";
	if (away || request->length > REQUEST_BYTES_MAX) {
		questions->refused++;
		api_respond_error(
			questions->bus, request, away ? ERR_AGAIN : ERR_RANGE, away ? away : "longer than 4 MiB");
		free(request);
		return;
	}
	if (questions->last)
		questions->last->next = request;
	else
		questions->first = request;
	questions->last = request;
	questions->waiting++;
	questions->bytes += request->length;
}

static struct api_request *take(struct questions *questions)
{
	struct api_request *request = questions->first;

	questions->first = request->next;
	if (!questions->first)
		questions->last = NULL;
	questions->waiting--;
	questions->bytes -= request->length;
	questions->running++;
	return request;
}

bool questions_event(struct questions *questions, const struct bus_event *event)
{
	struct api_request *request = NULL;
	struct errinfo info = {0};
	enum err err;

	if (event->kind != BUS_MESSAGE)
		return false;
	err = api_open(event, &request, &info);
	if (err == ERR_NOT_FOUND)
		return false;
	if (err) {
		questions->refused++;
		log_warning("request_refused", "error", info.text);
	} else {
		put(questions, request);
	}
	return true;
}

/* ---- connection ---- */

enum err answerer_create(const struct answerer_config *config, struct answerer **out_answerer, struct errinfo *info)
{
	struct answerer *answerer = calloc(1, sizeof *answerer);

	if (!answerer)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	answerer->config = *config;
	method_call_init(&answerer->call);
	*out_answerer = answerer;
	return ERR_OK;
}

void answerer_destroy(struct answerer *answerer)
{
	if (!answerer)
		return;
	free(answerer->running);
	request_close(answerer->args);
	method_call_fini(&answerer->call);
	free(answerer);
}

static void fail(struct answerer *answerer, const char *msg, const struct pg_reply *reply)
{
	log_error(msg, "sqlstate", reply->sqlstate, "error", reply->text);
	if (!reply->lost)
		pg_drop(answerer->config.pg, answerer->turn.mono);
}

static void prepared(void *context, const struct pg_reply *reply)
{
	struct answerer *answerer = context;

	if (!reply->ok) {
		fail(answerer, "statements_not_prepared", reply);
		return;
	}
	answerer->ready = true;
	answerer->config.questions->ready++;
}

static void in_role(void *context, const struct pg_reply *reply)
{
	struct answerer *answerer = context;

	if (reply->ok)
		pg_prepare_all(answerer->config.pg, statements_registry, prepared, answerer);
	else
		fail(answerer, "role_not_taken", reply);
}

void answerer_connected(struct answerer *answerer)
{
	char session[sizeof "set role curtain_service; set curtain.chain = ''" + 12];

	snprintf(session, sizeof session, "set role curtain_service; set curtain.chain = '%u'", answerer->config.chain);
	pg_query(answerer->config.pg, session, in_role, answerer);
}

void answerer_lost(struct answerer *answerer)
{
	answerer->config.questions->ready -= answerer->ready;
	answerer->ready = false;
}

/* ---- a request ---- */

static void request_over(struct answerer *answerer)
{
	free(answerer->running);
	answerer->running = NULL;
	answerer->config.questions->running--;
	request_close(answerer->args);
	answerer->args = NULL;
	method_call_fini(&answerer->call); /* imports are rare and large: nothing is kept between requests */
}

/* code_of: 23503 is a foreign key (it names what is not there, or is still needed); U.... are our own functions'. */
static enum err code_of(const struct pg_reply *reply)
{
	static const struct {
		char sqlstate[6];
		enum err code;
	} codes[] = {{"23503", ERR_INVALID}, {"UINVL", ERR_INVALID}, {"UNONE", ERR_NOT_FOUND}, {"UDENY", ERR_DENIED},
		{"42501", ERR_DENIED}, {"57014", ERR_AGAIN}, {"55P03", ERR_AGAIN}};

	if (reply->lost)
		return ERR_CLOSED;
	for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strcmp(reply->sqlstate, codes[i].sqlstate) == 0)
			return codes[i].code;
	return ERR_IO;
}

/* give_open answers with the elder's sealed values opened. */
static void give_open(struct answerer *answerer, const char *answer)
{
	struct bus *bus = answerer->config.questions->bus;
	struct buf opened;

	buf_init(&opened, REQUEST_BYTES_MAX);
	if (method_open(answerer->config.seal, answerer->call.opens, answer, &opened))
		api_respond_error(bus, answerer->running, ERR_FULL, "the answer is too long");
	else
		api_respond(bus, answerer->running, opened.data, opened.length);
	buf_fini(&opened);
}

static void answered(void *context, const struct pg_reply *reply)
{
	struct answerer *answerer = context;
	struct questions *questions = answerer->config.questions;
	const struct api_request *request = answerer->running;

	if (!reply->ok || !reply->rows || PQntuples(reply->rows) != 1) {
		log_warning("request_failed", "user", request->user, "sqlstate", reply->sqlstate, "error", reply->text);
		api_respond_error(questions->bus, request, reply->lost || !reply->ok ? code_of(reply) : ERR_IO,
			reply->lost ? "the database went away while it worked on this; ask again" : reply->text);
	} else if (answerer->call.opens) {
		give_open(answerer, PQgetvalue(reply->rows, 0, 0));
	} else {
		api_respond(
			questions->bus, request, PQgetvalue(reply->rows, 0, 0), (size_t)PQgetlength(reply->rows, 0, 0));
		if (answerer->call.changes) {
			questions->imports++;
			answerer->config.changed(answerer->config.context); /* tell the others at once */
		}
	}
	request_over(answerer);
}

static void refuse(struct answerer *answerer, enum err err, const struct errinfo *info)
{
	char text[ERR_TEXT_BYTES + 32];

	if (info->line)
		snprintf(text, sizeof text, "line %d, column %d: %s", info->line, info->column, info->text);
	else
		snprintf(text, sizeof text, "%s", info->text);
	answerer->config.questions->refused++;
	api_respond_error(answerer->config.questions->bus, answerer->running, err, text);
	request_over(answerer);
}

static enum err start(struct answerer *answerer, struct errinfo *info)
{
	const struct records_settings *settings = answerer->config.settings;
	const struct api_request *request = answerer->running;
	const struct method_context context = {
		.settings = settings, .seal = answerer->config.seal, .now = answerer->turn.wall};
	const char *why = "";
	enum err err = request_open(request->payload, request->length, &answerer->args, info);

	if (!err)
		err = method_why(answerer->args, &why, info);
	if (!err)
		err = method_prepare(request->method, request->user, answerer->args, &context, &answerer->call, info);
	if (err)
		return err;
	log_debug("request", "user", request->user, "method", request->method);
	const char *const caller[] = {request->user, why, settings->unlisted ? "district" : "none"};
	pg_call_after(answerer->config.pg, &(struct pg_call){"request_begin", 3, caller},
		&(struct pg_call){answerer->call.statement, (int)answerer->call.count, answerer->call.values}, answered,
		answerer);
	return ERR_OK;
}

void answerer_tick(struct answerer *answerer, struct turn turn)
{
	struct questions *questions = answerer->config.questions;

	answerer->turn = turn;
	/* Several requests may be refused in one turn; one that needs the database ends the loop. */
	while (answerer->ready && !answerer->running && questions->first && pg_state(answerer->config.pg) == PG_IDLE) {
		struct errinfo info = {0};
		answerer->running = take(questions);
		method_call_init(&answerer->call);
		enum err err = start(answerer, &info);
		if (err)
			refuse(answerer, err, &info);
	}
}

struct mono answerer_due(const struct answerer *answerer)
{
	bool can = answerer->ready && !answerer->running && answerer->config.questions->first;

	return (struct mono){can ? INT64_MIN : INT64_MAX};
}
