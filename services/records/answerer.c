/* SPDX-License-Identifier: MIT */
#include "records/answerer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "records/methods.h"
#include "records/seal.h"

#define WAITING_BYTES_MAX (32u << 20)
#define JOIN_MAX 8 /* requests in one transaction */

/* task: a request at work. */
struct task {
	struct api_request *request;
	struct request_args *args;
	struct method_call call;
	const char *caller[3]; /* of "request_begin" */
	PGresult *rows;
};

struct answerer {
	struct answerer_config config;
	bool ready; /* the statements are prepared */
	struct task tasks[JOIN_MAX];
	unsigned count; /* of tasks, while a transaction runs */
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

static void put_back(struct questions *questions, struct api_request *request)
{
	request->next = questions->first;
	questions->first = request;
	if (!questions->last)
		questions->last = request;
	questions->waiting++;
	questions->bytes += request->length;
	questions->running--;
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
	*out_answerer = answerer;
	return ERR_OK;
}

static void task_fini(struct task *task)
{
	free(task->request);
	request_close(task->args);
	method_call_fini(&task->call);
	PQclear(task->rows);
	*task = (struct task){0};
}

void answerer_destroy(struct answerer *answerer)
{
	if (!answerer)
		return;
	for (unsigned i = 0; i < answerer->count; i++)
		task_fini(&answerer->tasks[i]);
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

/* ---- requests ---- */

/* code_of: 23503 is a foreign key (it names what is not there, or is still needed); U.... are our own functions'. A
 * database that cannot do it now is no fault of the request, and *out_text then says so in words of ours. */
static enum err code_of(const struct pg_reply *reply, const char **out_text)
{
	static const char gone[] = "the database went away while it worked on this; ask again";
	static const char full[] = "the database's disk is full: whoever runs it has to make room; ask again later";
	static const char read_only[] =
		"the database takes no changes at present, and who reads has to be noted; ask again later";
	static const struct {
		char sqlstate[6];
		enum err code;
		const char *text;
	} codes[] = {{"23503", ERR_INVALID, NULL}, {"UINVL", ERR_INVALID, NULL}, {"UNONE", ERR_NOT_FOUND, NULL},
		{"UDENY", ERR_DENIED, NULL}, {"42501", ERR_DENIED, NULL}, {"57014", ERR_AGAIN, NULL},
		{"55P03", ERR_AGAIN, NULL}, {"25006", ERR_AGAIN, read_only}, {"53100", ERR_AGAIN, full}};

	*out_text = reply->lost ? gone : reply->text;
	if (reply->lost)
		return ERR_CLOSED;
	for (unsigned i = 0; i < sizeof codes / sizeof *codes; i++) {
		if (strcmp(reply->sqlstate, codes[i].sqlstate) != 0)
			continue;
		if (codes[i].text)
			*out_text = codes[i].text;
		return codes[i].code;
	}
	return ERR_IO;
}

/* give_open answers with the elder's sealed values opened. */
static void give_open(const struct answerer *answerer, const struct task *task, const char *answer)
{
	struct bus *bus = answerer->config.questions->bus;
	struct buf opened;

	buf_init(&opened, REQUEST_BYTES_MAX);
	if (method_open(answerer->config.seal, task->call.opens, answer, &opened))
		api_respond_error(bus, task->request, ERR_FULL, "the answer is too long");
	else
		api_respond(bus, task->request, opened.data, opened.length);
	buf_fini(&opened);
}

/* give answers a request whose transaction was committed. */
static void give(const struct answerer *answerer, const struct task *task)
{
	struct questions *questions = answerer->config.questions;

	if (!task->rows || PQntuples(task->rows) != 1) {
		log_warning("request_without_answer", "user", task->request->user, "method", task->request->method);
		api_respond_error(questions->bus, task->request, ERR_IO, "the database gave no answer");
	} else if (task->call.opens) {
		give_open(answerer, task, PQgetvalue(task->rows, 0, 0));
	} else {
		api_respond(questions->bus, task->request, PQgetvalue(task->rows, 0, 0),
			(size_t)PQgetlength(task->rows, 0, 0));
		if (task->call.changes) {
			questions->imports++;
			answerer->config.changed(answerer->config.context); /* tell the others at once */
		}
	}
}

static void give_failure(const struct answerer *answerer, const struct task *task, const struct pg_reply *reply)
{
	const char *text;
	enum err code = code_of(reply, &text);

	log_warning("request_failed", "user", task->request->user, "sqlstate", reply->sqlstate, "error", reply->text);
	api_respond_error(answerer->config.questions->bus, task->request, code, text);
}

/* apart puts the requests of a failed transaction back, to be answered one by one: which of them failed is not said. */
static void apart(struct answerer *answerer)
{
	for (unsigned i = answerer->count; i-- > 0;) {
		struct api_request *request = answerer->tasks[i].request;
		answerer->tasks[i].request = NULL;
		if (request) {
			request->alone = true;
			put_back(answerer->config.questions, request);
		}
	}
}

static void took(void *context, unsigned call, PGresult *rows)
{
	struct answerer *answerer = context;

	/* Two calls a request; what "request_begin" gives is of no interest. */
	if (call % 2 && call / 2 < answerer->count && !answerer->tasks[call / 2].rows)
		answerer->tasks[call / 2].rows = rows;
	else
		PQclear(rows);
}

static void answered(void *context, const struct pg_reply *reply)
{
	struct answerer *answerer = context;

	if (!reply->ok && !reply->lost && answerer->count > 1)
		apart(answerer);
	for (unsigned i = 0; i < answerer->count; i++) {
		struct task *task = &answerer->tasks[i];
		if (task->request) {
			if (reply->ok)
				give(answerer, task);
			else
				give_failure(answerer, task, reply);
			answerer->config.questions->running--;
		}
		task_fini(task); /* imports are rare and large: nothing is kept between requests */
	}
	answerer->count = 0;
}

static void refuse(const struct answerer *answerer, struct task *task, enum err err, const struct errinfo *info)
{
	char text[ERR_TEXT_BYTES + 32];

	if (info->line)
		snprintf(text, sizeof text, "line %d, column %d: %s", info->line, info->column, info->text);
	else
		snprintf(text, sizeof text, "%s", info->text);
	answerer->config.questions->refused++;
	answerer->config.questions->running--;
	api_respond_error(answerer->config.questions->bus, task->request, err, text);
	task_fini(task);
}

/* prepare takes the next request apart; on an error it has been answered. */
static enum err prepare(const struct answerer *answerer, struct task *task)
{
	const struct records_settings *settings = answerer->config.settings;
	struct api_request *request = take(answerer->config.questions);
	const struct method_context context = {
		.settings = settings, .seal = answerer->config.seal, .now = answerer->turn.wall};
	struct errinfo info = {0};
	const char *why = "";
	enum err err;

	*task = (struct task){.request = request};
	method_call_init(&task->call);
	err = request_open(request->payload, request->length, &task->args, &info);
	if (!err)
		err = method_why(task->args, &why, &info);
	if (!err)
		err = method_prepare(request->method, request->user, task->args, &context, &task->call, &info);
	if (err) {
		refuse(answerer, task, err, &info);
		return err;
	}
	task->caller[0] = request->user;
	task->caller[1] = why;
	task->caller[2] = settings->unlisted ? "district" : "none";
	log_debug("request", "user", request->user, "method", request->method);
	return ERR_OK;
}

static bool joins(const struct api_request *request)
{
	return request && !request->alone && method_joins(request->method);
}

/* gather takes what one transaction is to answer: one request, or quick reads, and of those that wait no more than this
 * connection's part. */
static void gather(struct answerer *answerer)
{
	const struct questions *questions = answerer->config.questions;
	unsigned most = 1 + (questions->waiting - 1) / questions->ready;
	bool together = true;

	while (questions->first && together && answerer->count < most && answerer->count < JOIN_MAX) {
		together = joins(questions->first);
		if (!together && answerer->count)
			break;
		answerer->count += prepare(answerer, &answerer->tasks[answerer->count]) == ERR_OK;
	}
}

void answerer_tick(struct answerer *answerer, struct turn turn)
{
	struct pg_call calls[2 * JOIN_MAX];

	answerer->turn = turn;
	/* All of those taken may have been refused. */
	while (answerer->ready && !answerer->count && answerer->config.questions->first &&
		pg_state(answerer->config.pg) == PG_IDLE) {
		gather(answerer);
		for (unsigned i = 0; i < answerer->count; i++) {
			const struct task *task = &answerer->tasks[i];
			calls[2 * i] = (struct pg_call){"request_begin", 3, task->caller};
			calls[2 * i + 1] =
				(struct pg_call){task->call.statement, (int)task->call.count, task->call.values};
		}
		if (answerer->count)
			pg_calls(answerer->config.pg, calls, 2 * answerer->count, took, answered, answerer);
	}
}

struct mono answerer_due(const struct answerer *answerer)
{
	bool can = answerer->ready && !answerer->count && answerer->config.questions->first;

	return (struct mono){can ? INT64_MIN : INT64_MAX};
}
