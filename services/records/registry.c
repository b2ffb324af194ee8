/* SPDX-License-Identifier: MIT */
#include "records/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "records/directory.h"

enum registry_state { REGISTRY_AWAY, REGISTRY_PREPARING, REGISTRY_IDLE, REGISTRY_HEADS, REGISTRY_PAGE, REGISTRY_RENEW };

struct registry {
	const struct records_settings *settings;
	struct pg *pg;
	enum registry_state state;
	struct directory directory;
	struct mono poll; /* when to look at the heads again */
	struct turn turn; /* the newest, for what happens in done functions */
	/* the page being read */
	unsigned lane, consumer;
	uint64_t after;
};

enum err registry_create(const struct records_settings *settings, struct bus *bus, struct pg *pg,
	struct registry **out_registry, struct errinfo *info)
{
	struct registry *registry = calloc(1, sizeof *registry);

	if (!registry)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	registry->settings = settings;
	registry->pg = pg;
	directory_init(&registry->directory, settings->common.instance, bus);
	*out_registry = registry;
	return ERR_OK;
}

void registry_destroy(struct registry *registry)
{
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
	pg_prepare_all(registry->pg, statements_directory, prepared, registry);
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

/* ---- the loop's side ---- */

bool registry_event(struct registry *registry, const struct bus_event *event, struct turn turn)
{
	registry->turn = turn;
	return directory_event(&registry->directory, event, turn.mono);
}

void registry_changed(struct registry *registry)
{
	registry->poll.us = INT64_MIN;
}

static void start_page(struct registry *registry)
{
	if (directory_next(
		    &registry->directory, registry->turn.mono, &registry->lane, &registry->consumer, &registry->after))
		read_page(registry);
}

void registry_tick(struct registry *registry, struct turn turn)
{
	registry->turn = turn;
	if (registry->state != REGISTRY_IDLE || pg_state(registry->pg) != PG_IDLE)
		return;
	if (turn.mono.us >= registry->poll.us)
		read_heads(registry);
	else if (registry->directory.behind)
		renew(registry);
	else
		start_page(registry);
}

struct mono registry_due(const struct registry *registry)
{
	struct mono due;

	if (registry->state != REGISTRY_IDLE)
		return (struct mono){.us = INT64_MAX};
	due = directory_due(&registry->directory);
	return due.us < registry->poll.us ? due : registry->poll;
}

struct registry_stats registry_stats(const struct registry *registry)
{
	return (struct registry_stats){.directory_batches = registry->directory.batches,
		.directory_entries = registry->directory.entries,
		.directory_refused = registry->directory.refused,
		.directory_waiting = directory_waiting(&registry->directory)};
}
