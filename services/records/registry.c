/* SPDX-License-Identifier: MIT */
#include "records/registry.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "records/api.h"
#include "records/directory.h"
#include "records/methods.h"
#include "records/seal.h"

#define WAITING_BYTES_MAX (32u << 20)

enum registry_state {
	REGISTRY_AWAY,
	REGISTRY_PREPARING,
	REGISTRY_IDLE,
	REGISTRY_HEADS,
	REGISTRY_PAGE,
	REGISTRY_RENEW,
	REGISTRY_REQUEST
};

struct registry {
	const struct records_settings *settings;
	struct bus *bus;
	struct pg *pg;
	enum registry_state state;
	struct directory directory;
	struct mono poll;  /* when to look at the heads again */
	bool request_next; /* pages and requests take turns */
	struct api_request *first, *last, *running;
	unsigned waiting;
	size_t waiting_bytes;
	struct request_args *args; /* of the running one */
	struct method_call call;
	struct seal *seal; /* NULL: no key was given */
	struct turn turn;  /* the newest, for what happens in done functions */
	/* the page being read */
	unsigned lane, consumer;
	uint64_t after;
	struct registry_stats stats;
};

enum err registry_create(const struct records_settings *settings, struct bus *bus, struct pg *pg,
	struct registry **out_registry, struct errinfo *info)
{
	struct registry *registry = calloc(1, sizeof *registry);

	if (!registry)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	registry->settings = settings;
	registry->bus = bus;
	registry->pg = pg;
	method_call_init(&registry->call);
	if (*settings->seal_key_file && seal_create(settings->seal_key_file, &registry->seal, info)) {
		registry_destroy(registry);
		return info->code;
	}
	directory_init(&registry->directory, settings->common.instance, bus);
	if (bus_subscribe(bus, "curtain/api/+/records/+", 1)) {
		registry_destroy(registry);
		return errinfo_set(info, ERR_IO, "no subscription to requests");
	}
	*out_registry = registry;
	return ERR_OK;
}

void registry_destroy(struct registry *registry)
{
	if (!registry)
		return;
	while (registry->first) {
		struct api_request *next = registry->first->next;
		free(registry->first);
		registry->first = next;
	}
	free(registry->running);
	request_close(registry->args);
	method_call_fini(&registry->call);
	seal_destroy(registry->seal);
	free(registry);
}

/* ---- connection ---- */

static void fail(struct registry *registry, const char *msg, const struct pg_reply *reply)
{
	log_error(msg, "sqlstate", reply->sqlstate, "error", reply->text);
	if (!reply->lost)
		pg_drop(registry->pg, registry->turn.mono);
}

static void prepared(void *context, const struct pg_reply *reply)
{
	struct registry *registry = context;

	if (!reply->ok) {
		fail(registry, "statements_not_prepared", reply);
		return;
	}
	registry->poll.us = INT64_MIN;
	registry->state = REGISTRY_IDLE;
}

static void in_role(void *context, const struct pg_reply *reply)
{
	struct registry *registry = context;

	if (reply->ok)
		pg_prepare_all(registry->pg, statements_registry, prepared, registry);
	else
		fail(registry, "role_not_taken", reply);
}

void registry_connected(struct registry *registry)
{
	registry->state = REGISTRY_PREPARING;
	pg_query(registry->pg, statement_registry_session, in_role, registry);
}

void registry_lost(struct registry *registry)
{
	registry->state = REGISTRY_AWAY;
}

/* ---- directory ---- */

static void heads_known(void *context, const struct pg_reply *reply)
{
	struct registry *registry = context;

	if (!reply->ok || !reply->rows || directory_heads(&registry->directory, reply->rows)) {
		fail(registry, "directory_heads_failed", reply);
		return;
	}
	registry->poll.us = registry->turn.mono.us + registry->settings->directory_poll_ms * 1000;
	registry->state = REGISTRY_IDLE;
}

static void read_heads(struct registry *registry)
{
	const char *values[DIRECTORY_LANES];

	for (unsigned i = 0; i < DIRECTORY_LANES; i++)
		values[i] = registry->directory.lanes[i].kinds;
	registry->state = REGISTRY_HEADS;
	pg_call(registry->pg, "directory_heads", DIRECTORY_LANES, values, heads_known, registry);
}

static void page_read(void *context, const struct pg_reply *reply)
{
	struct registry *registry = context;

	if (!reply->ok || !reply->rows) {
		fail(registry, "directory_page_failed", reply);
		return;
	}
	directory_publish(
		&registry->directory, registry->lane, registry->consumer, registry->after, reply->rows, registry->turn);
	registry->state = REGISTRY_IDLE;
}

static void read_page(struct registry *registry)
{
	char after[24], limit[24];
	const char *values[3] = {registry->directory.lanes[registry->lane].kinds, after, limit};

	snprintf(after, sizeof after, "%llu", (unsigned long long)registry->after);
	snprintf(limit, sizeof limit, "%lld", (long long)registry->settings->directory_page);
	registry->state = REGISTRY_PAGE;
	pg_call(registry->pg, "directory_page", 3, values, page_read, registry);
}

static void renewed(void *context, const struct pg_reply *reply)
{
	struct registry *registry = context;

	if (!reply->ok) {
		fail(registry, "directory_renew_failed", reply);
		return;
	}
	registry->poll.us = INT64_MIN;
	registry->state = REGISTRY_IDLE;
}

/* A database that was restored from an older copy gives numbers a second time: only a new epoch tells the consumers. */
static void renew(struct registry *registry)
{
	log_warning("directory_renewed", "reason", "a consumer knows more than the database: it was set back");
	registry->state = REGISTRY_RENEW;
	pg_call(registry->pg, "directory_renew", 0, NULL, renewed, registry);
}

/* ---- requests ---- */

static void request_over(struct registry *registry)
{
	free(registry->running);
	registry->running = NULL;
	request_close(registry->args);
	registry->args = NULL;
	method_call_fini(&registry->call); /* imports are rare and large: nothing is kept between requests */
	if (registry->state == REGISTRY_REQUEST)
		registry->state = REGISTRY_IDLE;
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

static void answered(void *context, const struct pg_reply *reply)
{
	struct registry *registry = context;
	const struct api_request *request = registry->running;

	if (!reply->ok || !reply->rows || PQntuples(reply->rows) != 1) {
		log_warning("request_failed", "user", request->user, "sqlstate", reply->sqlstate, "error", reply->text);
		api_respond_error(registry->bus, request, reply->lost || !reply->ok ? code_of(reply) : ERR_IO,
			reply->lost ? "the database went away while it worked on this; ask again" : reply->text);
	} else {
		api_respond(
			registry->bus, request, PQgetvalue(reply->rows, 0, 0), (size_t)PQgetlength(reply->rows, 0, 0));
		if (registry->call.changes) {
			registry->stats.imports++;
			registry->poll.us = INT64_MIN; /* tell the others at once */
		}
	}
	request_over(registry);
}

static void refuse(struct registry *registry, enum err err, const struct errinfo *info)
{
	char text[ERR_TEXT_BYTES + 32];

	if (info->line)
		snprintf(text, sizeof text, "line %d, column %d: %s", info->line, info->column, info->text);
	else
		snprintf(text, sizeof text, "%s", info->text);
	registry->stats.refused++;
	api_respond_error(registry->bus, registry->running, err, text);
	request_over(registry);
}

/* begun: the session now acts for the caller. */
static void begun(void *context, const struct pg_reply *reply)
{
	struct registry *registry = context;

	if (reply->ok)
		pg_call(registry->pg, registry->call.statement, registry->call.count, registry->call.values, answered,
			registry);
	else
		answered(context, reply);
}

static enum err start_method(struct registry *registry, struct errinfo *info)
{
	const struct api_request *request = registry->running;
	const struct method_context context = {
		.settings = registry->settings, .seal = registry->seal, .now = registry->turn.wall};
	const char *why = "";
	enum err err = request_open(request->payload, request->length, &registry->args, info);

	if (!err)
		err = method_why(registry->args, &why, info);
	if (!err)
		err = method_prepare(request->method, request->user, registry->args, &context, &registry->call, info);
	if (err)
		return err;
	log_info("request", "user", request->user, "method", request->method);
	pg_call(registry->pg, "request_begin", 3,
		(const char *[]){request->user, why, registry->settings->unlisted ? "district" : "none"}, begun,
		registry);
	return ERR_OK;
}

static void start_request(struct registry *registry)
{
	struct api_request *request = registry->first;
	struct errinfo info = {0};
	enum err err;

	registry->first = request->next;
	if (!registry->first)
		registry->last = NULL;
	registry->waiting--;
	registry->waiting_bytes -= request->length;
	registry->running = request;
	registry->state = REGISTRY_REQUEST;
	method_call_init(&registry->call);
	err = start_method(registry, &info);
	if (err)
		refuse(registry, err, &info);
}

static void take_request(struct registry *registry, struct api_request *request)
{
	const char *away = NULL;

	registry->stats.requests++;
	if (registry->state == REGISTRY_AWAY)
		away = "the database is away; ask again later";
	else if (registry->waiting >= (unsigned)registry->settings->requests ||
		 (registry->waiting && registry->waiting_bytes + request->length > WAITING_BYTES_MAX))
		away = "too many requests wait; ask again later";
	if (away || request->length > REQUEST_BYTES_MAX) {
		registry->stats.refused++;
		api_respond_error(
			registry->bus, request, away ? ERR_AGAIN : ERR_RANGE, away ? away : "longer than 4 MiB");
		free(request);
		return;
	}
	if (registry->last)
		registry->last->next = request;
	else
		registry->first = request;
	registry->last = request;
	registry->waiting++;
	registry->waiting_bytes += request->length;
}

/* ---- the loop's side ---- */

bool registry_event(struct registry *registry, const struct bus_event *event, struct turn turn)
{
	struct api_request *request = NULL;
	struct errinfo info = {0};
	enum err err;

	registry->turn = turn;
	if (directory_event(&registry->directory, event, turn.mono))
		return true;
	if (event->kind != BUS_MESSAGE)
		return false;
	err = api_open(event, &request, &info);
	if (err == ERR_NOT_FOUND)
		return false;
	if (err) {
		registry->stats.refused++;
		log_warning("request_refused", "error", info.text);
	} else {
		take_request(registry, request);
	}
	return true;
}

static bool start_page(struct registry *registry)
{
	if (!directory_next(
		    &registry->directory, registry->turn.mono, &registry->lane, &registry->consumer, &registry->after))
		return false;
	read_page(registry);
	return true;
}

void registry_tick(struct registry *registry, struct turn turn)
{
	registry->turn = turn;
	/* Several requests may be refused in one turn; what needs the database ends the loop. */
	while (registry->state == REGISTRY_IDLE && pg_state(registry->pg) == PG_IDLE) {
		if (turn.mono.us >= registry->poll.us) {
			read_heads(registry);
		} else if (registry->directory.behind) {
			renew(registry);
		} else if ((!registry->first || !registry->request_next) && start_page(registry)) {
			registry->request_next = true;
		} else if (registry->first) {
			registry->request_next = false;
			start_request(registry);
		} else {
			break;
		}
	}
}

struct mono registry_due(const struct registry *registry)
{
	struct mono due;

	if (registry->state != REGISTRY_IDLE)
		return (struct mono){.us = INT64_MAX};
	if (registry->first)
		return (struct mono){.us = INT64_MIN};
	due = directory_due(&registry->directory);
	return due.us < registry->poll.us ? due : registry->poll;
}

struct registry_stats registry_stats(const struct registry *registry)
{
	struct registry_stats stats = registry->stats;

	stats.directory_batches = registry->directory.batches;
	stats.directory_entries = registry->directory.entries;
	stats.directory_refused = registry->directory.refused;
	stats.directory_waiting = directory_waiting(&registry->directory);
	stats.waiting = registry->waiting + (registry->running != NULL);
	return stats;
}

bool registry_busy(const struct registry *registry)
{
	return registry->running != NULL;
}
