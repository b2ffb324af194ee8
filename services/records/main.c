/* SPDX-License-Identifier: MIT
 *
 * records: stores what the lanes bring in PostgreSQL, owns the registry, gives each service its directory, answers
 * questions. Two connections: one for the lanes (which also brings the schema up to date), one for the registry, so
 * that a long import does not hold up readings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "records/intake.h"
#include "records/migrate.h"
#include "records/registry.h"
#include "records/settings.h"
#include "service/service.h"

struct records {
	struct service *service;
	struct records_settings settings;
	struct pg *lanes_pg, *registry_pg;
	struct intake *intake;
	struct registry *registry;
	struct migrate migrate;
	bool migrated;
	enum err fatal; /* a database that this program must not touch */
	struct mono now;
	char told[240]; /* the trouble that was logged last */
};

static void migrated(void *context, enum err err, const char *text)
{
	struct records *records = context;

	if (err == ERR_OK) {
		records->migrated = true;
		log_info("database_ready", "schema", log_number(migrations_count()));
		intake_connected(records->intake);
		service_publish_status(records->service);
		return;
	}
	log_error("migration_failed", "error", text);
	if (err == ERR_VERSION)
		records->fatal = err;
	else if (err != ERR_CLOSED)
		pg_drop(records->lanes_pg, records->now);
}

static void lanes_up(void *context)
{
	struct records *records = context;

	records->migrated = false;
	migrate_start(&records->migrate, records->lanes_pg, migrated, records);
}

static void lanes_down(void *context)
{
	struct records *records = context;

	log_warning("database_away", "connection", "lanes", "error", pg_error(records->lanes_pg));
	intake_lost(records->intake);
	service_publish_status(records->service);
}

static void registry_up(void *context)
{
	struct records *records = context;

	registry_connected(records->registry);
	service_publish_status(records->service);
}

static void registry_down(void *context)
{
	struct records *records = context;

	log_warning("database_away", "connection", "registry", "error", pg_error(records->registry_pg));
	registry_lost(records->registry);
}

static enum err lanes_ready(void *state, bool readable, bool writable, struct turn turn)
{
	struct records *records = state;

	(void)readable, (void)writable;
	records->now = turn.mono;
	pg_descriptor(records->lanes_pg, turn.mono);
	return ERR_OK;
}

static enum err registry_ready(void *state, bool readable, bool writable, struct turn turn)
{
	struct records *records = state;

	(void)readable, (void)writable;
	pg_descriptor(records->registry_pg, turn.mono);
	return ERR_OK;
}

static void records_close(void *state)
{
	struct records *records = state;

	if (!records)
		return;
	pg_destroy(records->lanes_pg);
	pg_destroy(records->registry_pg);
	intake_destroy(records->intake);
	registry_destroy(records->registry);
	free(records->migrate.script);
	free(records);
}

static enum err records_open(struct service *service, const void *settings, void **out_state, struct errinfo *info)
{
	struct records *records = calloc(1, sizeof *records);
	char conninfo[512], name[ID_BYTES + 16];
	struct pg_config config = {.conninfo = conninfo, .name = name, .context = records};
	enum err err;

	if (!records)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	records->service = service;
	memcpy(&records->settings, settings, sizeof records->settings);
	err = records_conninfo(&records->settings, conninfo, info);
	config.ready = lanes_ready, config.up = lanes_up, config.down = lanes_down;
	snprintf(name, sizeof name, "%s lanes", records->settings.common.instance);
	if (!err)
		err = pg_create(service, &config, &records->lanes_pg, info);
	config.ready = registry_ready, config.up = registry_up, config.down = registry_down;
	snprintf(name, sizeof name, "%s registry", records->settings.common.instance);
	if (!err)
		err = pg_create(service, &config, &records->registry_pg, info);
	if (!err)
		err = intake_create(
			&records->settings, service_bus(service), records->lanes_pg, &records->intake, info);
	if (!err)
		err = registry_create(
			&records->settings, service_bus(service), records->registry_pg, &records->registry, info);
	explicit_bzero(conninfo, sizeof conninfo);
	if (err)
		records_close(records);
	else
		*out_state = records;
	return err;
}

static enum err records_event(void *state, const struct bus_event *event, struct turn turn)
{
	struct records *records = state;

	records->now = turn.mono;
	if (!intake_event(records->intake, event, turn.mono))
		registry_event(records->registry, event, turn);
	return ERR_OK;
}

/* tell_trouble logs why there is no connection, once for each reason. */
static void tell_trouble(struct records *records)
{
	const char *error = pg_error(records->lanes_pg);

	if (pg_state(records->lanes_pg) == PG_CONNECTING || strcmp(error, records->told) == 0)
		return;
	snprintf(records->told, sizeof records->told, "%s", error);
	if (*error)
		log_warning("database_unreachable", "error", error);
}

static enum err records_tick(void *state, struct turn turn)
{
	struct records *records = state;

	records->now = turn.mono;
	pg_tick(records->lanes_pg, turn.mono);
	/* The registry's connection waits for the schema. */
	if (records->migrated || pg_state(records->registry_pg) != PG_AWAY)
		pg_tick(records->registry_pg, turn.mono);
	tell_trouble(records);
	if (records->fatal)
		return records->fatal;
	intake_tick(records->intake, turn.mono);
	registry_tick(records->registry, turn);
	return ERR_OK;
}

static enum err records_flush(void *state, struct turn turn)
{
	struct records *records = state;

	intake_flush(records->intake, turn.mono);
	return ERR_OK;
}

static struct mono earlier(struct mono a, struct mono b)
{
	return a.us < b.us ? a : b;
}

static struct mono records_due(const void *state, struct turn turn)
{
	const struct records *records = state;
	struct mono due = earlier(intake_due(records->intake), registry_due(records->registry));

	(void)turn;
	due = earlier(due, pg_due(records->lanes_pg));
	if (records->migrated || pg_state(records->registry_pg) != PG_AWAY)
		due = earlier(due, pg_due(records->registry_pg));
	return due;
}

static void records_status(const void *state, struct status *out)
{
	const struct records *records = state;
	struct intake_stats in = intake_stats(records->intake, records->now);
	struct registry_stats registry = registry_stats(records->registry);
	bool away = !records->migrated || *pg_error(records->lanes_pg) || *pg_error(records->registry_pg);

	if (away)
		out->state = STATUS_DEGRADED;
	out->lag_ms = in.lag_ms;
	out->outbox = registry.directory_waiting;
	status_count(out, "database", !away);
	status_count(out, "readings", in.readings);
	status_count(out, "alerts", in.alerts);
	status_count(out, "incidents", in.incidents);
	status_count(out, "transactions", in.transactions);
	status_count(out, "copies_again", in.copies_again);
	status_count(out, "batches", in.batches);
	status_count(out, "batches_duplicate", in.duplicates);
	status_count(out, "batches_gap", in.gaps);
	status_count(out, "batches_stale", in.stale);
	status_count(out, "batches_refused", in.refused);
	status_count(out, "batches_left", in.left);
	status_count(out, "items_refused", in.items_refused);
	status_count(out, "queue_bytes", in.queue_bytes);
	status_count(out, "requests", registry.requests);
	status_count(out, "requests_refused", registry.refused);
	status_count(out, "requests_waiting", registry.waiting);
	status_count(out, "imports", registry.imports);
	status_count(out, "directory_batches", registry.directory_batches);
	status_count(out, "directory_entries", registry.directory_entries);
	status_count(out, "directory_refused", registry.directory_refused);
}

static bool records_draining(const void *state)
{
	const struct records *records = state;

	return intake_busy(records->intake) || registry_busy(records->registry);
}

int main(int argc, char **argv)
{
	static const struct service_definition definition = {
		.name = "records",
		.summary = "stores what the lanes bring in PostgreSQL, owns the registry, answers questions",
		.config = records_config,
		.settings_size = sizeof(struct records_settings),
		.check = records_check,
		.open = records_open,
		.event = records_event,
		.tick = records_tick,
		.flush = records_flush,
		.due = records_due,
		.status = records_status,
		.draining = records_draining,
		.close = records_close,
	};

	return service_run(&definition, argc, argv);
}
