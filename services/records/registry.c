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
#include "records/ledger.h"

#define IMPORT_BYTES_MAX (16u << 20) /* a checked document; JSON is longer than YAML or CSV */
#define HISTORY_PAGE 500             /* readings, where the caller names no limit */
#define HISTORY_PAGE_MAX 2000        /* and what shares the last one's time */
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
	struct buf document;
	struct turn turn; /* the newest, for what happens in done functions */
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
	buf_init(&registry->document, IMPORT_BYTES_MAX);
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
	buf_fini(&registry->document);
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

void registry_connected(struct registry *registry)
{
	registry->state = REGISTRY_PREPARING;
	pg_prepare_all(registry->pg, statements_registry, prepared, registry);
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
	if (registry->state == REGISTRY_REQUEST)
		registry->state = REGISTRY_IDLE;
}

static enum err code_of(const struct pg_reply *reply)
{
	if (reply->lost)
		return ERR_CLOSED;
	if (strcmp(reply->sqlstate, "23503") == 0) /* a foreign key: it names what is not there, or is still needed */
		return ERR_INVALID;
	if (strcmp(reply->sqlstate, "57014") == 0 || strcmp(reply->sqlstate, "55P03") == 0)
		return ERR_AGAIN;
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
		if (request->method == API_IMPORT) {
			registry->stats.imports++;
			registry->poll.us = INT64_MIN; /* tell the others at once */
		}
	}
	request_over(registry);
}

static enum err start_import(struct registry *registry, struct request_args *args, struct errinfo *info)
{
	const char *kind = "ledger", *format = "yaml", *text = "";
	bool dry_run = false;
	struct buf *document = &registry->document;
	enum err err = request_text(args, "kind", false, &kind, info);

	if (!err)
		err = request_text(args, "format", false, &format, info);
	if (!err)
		err = request_text(args, "text", true, &text, info);
	if (!err)
		err = request_bool(args, "dry_run", false, &dry_run, info);
	if (!err)
		err = request_done(args, info);
	buf_fini(document); /* imports are rare and large: nothing is kept between them */
	if (!err)
		err = ledger_check(kind, format, text, strlen(text), document, info);
	if (err)
		return err;
	log_info("import", "user", registry->running->user, "kind", kind, "dry_run", dry_run ? "true" : "false");
	pg_call(registry->pg, "registry_import", 2, (const char *[]){document->data, dry_run ? "true" : "false"},
		answered, registry);
	return ERR_OK;
}

/* check_day: "2026-03-01", a day that there is. */
static enum err check_day(const char *day, struct errinfo *info)
{
	char text[32];
	struct wall midnight;

	if (strlen(day) == 10) {
		snprintf(text, sizeof text, "%.10sT00:00:00Z", day);
		if (!wall_parse(text, strlen(text), &midnight))
			return ERR_OK;
	}
	return errinfo_set(info, ERR_INVALID, "args.day: must be a day such as 2026-03-01");
}

static enum err start_timeline(struct registry *registry, struct request_args *args, struct errinfo *info)
{
	const char *household = "", *day = "";
	int64_t limit = registry->settings->timeline_items;
	char most[24];
	enum err err = request_text(args, "household", true, &household, info);

	if (!err)
		err = request_int(args, "limit", false, 1, 500, &limit, info);
	if (!err)
		err = request_text(args, "day", false, &day, info);
	if (!err)
		err = request_done(args, info);
	if (!err && !text_is_id(household))
		err = errinfo_set(info, ERR_INVALID, "args.household: must be an id");
	if (!err && *day)
		err = check_day(day, info);
	if (err)
		return err;
	snprintf(most, sizeof most, "%lld", (long long)limit);
	log_info("timeline", "user", registry->running->user, "household", household);
	pg_call(registry->pg, *day ? "api_day" : "api_timeline", 4,
		(const char *[]){registry->running->user, household, registry->settings->zone, *day ? day : most},
		answered, registry);
	return ERR_OK;
}

/* start_history: {household, after?, limit?}; after is a time in RFC 3339. */
static enum err start_history(struct registry *registry, struct request_args *args, struct errinfo *info)
{
	const char *household = "", *after = "";
	int64_t limit = HISTORY_PAGE;
	char most[24];
	struct wall at;
	enum err err = request_text(args, "household", true, &household, info);

	if (!err)
		err = request_text(args, "after", false, &after, info);
	if (!err)
		err = request_int(args, "limit", false, 1, HISTORY_PAGE_MAX, &limit, info);
	if (!err)
		err = request_done(args, info);
	if (!err && !text_is_id(household))
		err = errinfo_set(info, ERR_INVALID, "args.household: must be an id");
	if (!err && *after && wall_parse(after, strlen(after), &at))
		err = errinfo_set(info, ERR_INVALID, "args.after: must be a time as in 2026-03-01T07:00:00Z");
	if (err)
		return err;
	snprintf(most, sizeof most, "%lld", (long long)limit);
	pg_call(registry->pg, "api_history", 4, (const char *[]){registry->running->user, household, after, most},
		answered, registry);
	return ERR_OK;
}

static enum err start_method(struct registry *registry, struct request_args *args, struct errinfo *info)
{
	enum err err;

	switch (registry->running->method) {
	case API_IMPORT:
		return start_import(registry, args, info);
	case API_TIMELINE:
		return start_timeline(registry, args, info);
	case API_HISTORY:
		return start_history(registry, args, info);
	case API_SUMMARY:
		err = request_done(args, info);
		if (!err)
			pg_call(registry->pg, "api_summary", 0, NULL, answered, registry);
		return err;
	default:
		return errinfo_set(info, ERR_NOT_FOUND, "no such method; there are import, timeline, summary, history");
	}
}

static void start_request(struct registry *registry)
{
	struct api_request *request = registry->first;
	struct request_args *args = NULL;
	struct errinfo info = {0};
	enum err err;

	registry->first = request->next;
	if (!registry->first)
		registry->last = NULL;
	registry->waiting--;
	registry->waiting_bytes -= request->length;
	registry->running = request;
	registry->state = REGISTRY_REQUEST;
	err = request_open(request->payload, request->length, &args, &info);
	if (!err)
		err = start_method(registry, args, &info);
	request_close(args);
	if (err) {
		char text[ERR_TEXT_BYTES + 32];
		if (info.line)
			snprintf(text, sizeof text, "line %d, column %d: %s", info.line, info.column, info.text);
		else
			snprintf(text, sizeof text, "%s", info.text);
		registry->stats.refused++;
		api_respond_error(registry->bus, request, err, text);
		request_over(registry);
	}
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
