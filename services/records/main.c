/* SPDX-License-Identifier: MIT
 *
 * records: stores what the lanes bring in PostgreSQL, owns the registry, gives each service its directory, answers
 * questions. Connections: some for the lanes (the first one also brings the schema up to date), one for the directory,
 * some for answers, so that a long import holds up neither readings nor questions, one for the upkeep of partitions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "records/answerer.h"
#include "records/intake.h"
#include "records/migrate.h"
#include "records/registry.h"
#include "records/roster.h"
#include "records/seal.h"
#include "records/settings.h"
#include "records/stamp.h"
#include "records/upkeep.h"
#include "service/service.h"

/* lanes: one part of the lanes' shards, on a connection of its own. */
struct lanes {
	struct records *records;
	struct pg *pg;
	struct intake *intake;
};

struct answers {
	struct records *records;
	struct pg *pg;
	struct answerer *answerer;
};

struct records {
	struct service *service;
	struct records_settings settings;
	struct lanes lanes[RECORDS_CONNECTIONS_MAX];
	struct answers answers[RECORDS_ANSWERERS_MAX];
	struct questions questions;
	unsigned ready_told; /* of the answerers, in the last status */
	struct seal *seal;   /* NULL: no key was given */
	struct pg *registry_pg, *upkeep_pg;
	struct registry *registry;
	struct upkeep upkeep;
	struct roster roster; /* on the upkeep's connection */
	struct migrate migrate;
	bool migrated;  /* the other connections wait until the first one has looked at the schema */
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
		intake_connected(records->lanes[0].intake);
		service_publish_status(records->service);
		return;
	}
	log_error("migration_failed", "error", text);
	if (err == ERR_VERSION)
		records->fatal = err;
	else if (err != ERR_CLOSED)
		pg_drop(records->lanes[0].pg, records->now);
}

static void lanes_up(void *context)
{
	struct lanes *lanes = context;
	struct records *records = lanes->records;

	if (lanes == records->lanes)
		migrate_start(&records->migrate, lanes->pg, records->settings.zone, migrated, records);
	else
		intake_connected(lanes->intake);
}

static void lanes_down(void *context)
{
	struct lanes *lanes = context;

	log_warning("database_away", "connection", "lanes", "part", log_number(lanes - lanes->records->lanes), "error",
		pg_error(lanes->pg));
	intake_lost(lanes->intake);
	service_publish_status(lanes->records->service);
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

static void answers_up(void *context)
{
	struct answers *answers = context;

	answerer_connected(answers->answerer);
}

static void answers_down(void *context)
{
	struct answers *answers = context;

	log_warning("database_away", "connection", "answers", "part", log_number(answers - answers->records->answers),
		"error", pg_error(answers->pg));
	answerer_lost(answers->answerer);
}

static void registry_was_changed(void *context)
{
	struct records *records = context;

	registry_changed(records->registry);
	upkeep_changed(&records->upkeep);
}

static void upkeep_up(void *context)
{
	struct records *records = context;

	upkeep_connected(&records->upkeep);
}

static void upkeep_down(void *context)
{
	struct records *records = context;

	log_warning("database_away", "connection", "upkeep", "error", pg_error(records->upkeep_pg));
	upkeep_lost(&records->upkeep);
	roster_lost(&records->roster);
}

static unsigned parts(const struct records *records)
{
	return (unsigned)records->settings.connections;
}

static unsigned answerers(const struct records *records)
{
	return (unsigned)records->settings.answerers;
}

static enum err database_ready(void *state, bool readable, bool writable, struct turn turn)
{
	struct records *records = state;

	(void)readable, (void)writable;
	records->now = turn.mono;
	for (unsigned i = 0; i < parts(records); i++)
		pg_descriptor(records->lanes[i].pg, turn.mono);
	for (unsigned i = 0; i < answerers(records); i++)
		pg_descriptor(records->answers[i].pg, turn.mono);
	pg_descriptor(records->registry_pg, turn.mono);
	pg_descriptor(records->upkeep_pg, turn.mono);
	return ERR_OK;
}

static void records_close(void *state)
{
	struct records *records = state;

	if (!records)
		return;
	for (unsigned i = 0; i < RECORDS_CONNECTIONS_MAX; i++) {
		pg_destroy(records->lanes[i].pg);
		intake_destroy(records->lanes[i].intake);
	}
	for (unsigned i = 0; i < RECORDS_ANSWERERS_MAX; i++) {
		pg_destroy(records->answers[i].pg);
		answerer_destroy(records->answers[i].answerer);
	}
	questions_fini(&records->questions);
	seal_destroy(records->seal);
	pg_destroy(records->registry_pg);
	pg_destroy(records->upkeep_pg);
	roster_fini(&records->roster);
	registry_destroy(records->registry);
	free(records->migrate.script);
	free(records);
}

static enum err open_lanes(struct records *records, unsigned part, const char *conninfo, struct errinfo *info)
{
	struct lanes *lanes = &records->lanes[part];
	char name[ID_BYTES + 24];
	struct pg_config config = {.conninfo = conninfo,
		.name = name,
		.ready = database_ready,
		.up = lanes_up,
		.down = lanes_down,
		.context = lanes};
	enum err err;

	lanes->records = records;
	snprintf(name, sizeof name, "%s lanes %u", records->settings.common.instance, part);
	err = pg_create(records->service, &config, &lanes->pg, info);
	if (!err)
		err = intake_create(&records->settings, service_bus(records->service), lanes->pg, records->seal, part,
			&lanes->intake, info);
	return err;
}

static enum err open_registry(struct records *records, const char *conninfo, struct errinfo *info)
{
	char name[ID_BYTES + 24];
	struct pg_config config = {.conninfo = conninfo,
		.name = name,
		.ready = database_ready,
		.up = registry_up,
		.down = registry_down,
		.context = records};
	enum err err;

	snprintf(name, sizeof name, "%s registry", records->settings.common.instance);
	err = pg_create(records->service, &config, &records->registry_pg, info);
	if (!err)
		err = registry_create(&records->settings, service_bus(records->service), records->registry_pg,
			&records->registry, info);
	return err;
}

static enum err open_answers(struct records *records, unsigned part, const char *conninfo, struct errinfo *info)
{
	struct answers *answers = &records->answers[part];
	char name[ID_BYTES + 24];
	struct pg_config config = {.conninfo = conninfo,
		.name = name,
		.ready = database_ready,
		.up = answers_up,
		.down = answers_down,
		.context = answers};
	enum err err;

	answers->records = records;
	snprintf(name, sizeof name, "%s answers %u", records->settings.common.instance, part);
	err = pg_create(records->service, &config, &answers->pg, info);
	if (err)
		return err;
	return answerer_create(&(struct answerer_config){.settings = &records->settings,
				       .questions = &records->questions,
				       .pg = answers->pg,
				       .seal = records->seal,
				       .chain = part,
				       .changed = registry_was_changed,
				       .context = records},
		&answers->answerer, info);
}

static enum err open_questions(struct records *records, const char *conninfo, struct errinfo *info)
{
	enum err err = questions_init(&records->questions, &records->settings, service_bus(records->service), info);

	for (unsigned i = 0; i < answerers(records) && !err; i++)
		err = open_answers(records, i, conninfo, info);
	return err;
}

static enum err open_upkeep(struct records *records, const char *conninfo, struct errinfo *info)
{
	char name[ID_BYTES + 24];
	struct pg_config config = {.conninfo = conninfo,
		.name = name,
		.ready = database_ready,
		.up = upkeep_up,
		.down = upkeep_down,
		.context = records};
	enum err err;

	snprintf(name, sizeof name, "%s upkeep", records->settings.common.instance);
	err = pg_create(records->service, &config, &records->upkeep_pg, info);
	upkeep_init(&records->upkeep, &records->settings, records->upkeep_pg);
	return err ? err
		   : roster_init(&records->roster, &records->settings, service_bus(records->service),
			     records->upkeep_pg, info);
}

static enum err records_open(struct service *service, const void *settings, void **out_state, struct errinfo *info)
{
	struct records *records = calloc(1, sizeof *records);
	char conninfo[512];
	enum err err;

	if (!records)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	records->service = service;
	memcpy(&records->settings, settings, sizeof records->settings);
	err = records_conninfo(&records->settings, conninfo, info);
	if (!err && *records->settings.seal_key_file)
		err = seal_create(records->settings.seal_key_file, &records->seal, info);
	else if (!err && records->settings.visit_producers.count)
		log_warning("seal_key_missing", "setting", "seal.key_file", "kept_unsealed",
			"what is noted and answered at visits");
	for (unsigned i = 0; i < parts(records) && !err; i++)
		err = open_lanes(records, i, conninfo, info);
	if (!err)
		err = open_registry(records, conninfo, info);
	if (!err)
		err = open_questions(records, conninfo, info);
	if (!err)
		err = open_upkeep(records, conninfo, info);
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
	for (unsigned i = 0; i < parts(records); i++)
		if (intake_event(records->lanes[i].intake, event, turn.mono))
			return ERR_OK;
	if (!registry_event(records->registry, event, turn) && !roster_event(&records->roster, event))
		questions_event(&records->questions, event);
	return ERR_OK;
}

/* tell_trouble logs why there is no connection, once for each reason. */
static void tell_trouble(struct records *records)
{
	const char *error = pg_error(records->lanes[0].pg);

	if (pg_state(records->lanes[0].pg) == PG_CONNECTING || strcmp(error, records->told) == 0)
		return;
	snprintf(records->told, sizeof records->told, "%s", error);
	if (*error)
		log_warning("database_unreachable", "error", error);
}

/* ticks: the connection may be made, or is there: those beside the first one wait for the schema. */
static bool ticks(const struct records *records, const struct pg *pg)
{
	return pg == records->lanes[0].pg || records->migrated || pg_state(pg) != PG_AWAY;
}

static enum err records_tick(void *state, struct turn turn)
{
	struct records *records = state;

	records->now = turn.mono;
	for (unsigned i = 0; i < parts(records); i++)
		if (ticks(records, records->lanes[i].pg))
			pg_tick(records->lanes[i].pg, turn.mono);
	for (unsigned i = 0; i < answerers(records); i++)
		if (ticks(records, records->answers[i].pg))
			pg_tick(records->answers[i].pg, turn.mono);
	if (ticks(records, records->registry_pg))
		pg_tick(records->registry_pg, turn.mono);
	if (ticks(records, records->upkeep_pg))
		pg_tick(records->upkeep_pg, turn.mono);
	tell_trouble(records);
	if (records->fatal)
		return records->fatal;
	for (unsigned i = 0; i < parts(records); i++)
		intake_tick(records->lanes[i].intake, turn.mono);
	for (unsigned i = 0; i < answerers(records); i++)
		answerer_tick(records->answers[i].answerer, turn);
	if (records->questions.ready != records->ready_told)
		service_publish_status(records->service);
	records->ready_told = records->questions.ready;
	registry_tick(records->registry, turn);
	upkeep_tick(&records->upkeep, turn.mono);
	roster_tick(&records->roster, records->upkeep.ready, turn.mono);
	return ERR_OK;
}

static enum err records_flush(void *state, struct turn turn)
{
	struct records *records = state;

	for (unsigned i = 0; i < parts(records); i++)
		intake_flush(records->lanes[i].intake, turn.mono);
	return ERR_OK;
}

static struct mono earlier(struct mono a, struct mono b)
{
	return a.us < b.us ? a : b;
}

static struct mono records_due(const void *state, struct turn turn)
{
	const struct records *records = state;
	struct mono due = earlier(registry_due(records->registry), upkeep_due(&records->upkeep));

	(void)turn;
	due = earlier(due, roster_due(&records->roster, records->upkeep.ready));
	for (unsigned i = 0; i < parts(records); i++) {
		due = earlier(due, intake_due(records->lanes[i].intake));
		if (ticks(records, records->lanes[i].pg))
			due = earlier(due, pg_due(records->lanes[i].pg));
	}
	for (unsigned i = 0; i < answerers(records); i++) {
		due = earlier(due, answerer_due(records->answers[i].answerer));
		if (ticks(records, records->answers[i].pg))
			due = earlier(due, pg_due(records->answers[i].pg));
	}
	if (ticks(records, records->registry_pg))
		due = earlier(due, pg_due(records->registry_pg));
	if (ticks(records, records->upkeep_pg))
		due = earlier(due, pg_due(records->upkeep_pg));
	return due;
}

static void records_status(const void *state, struct status *out)
{
	const struct records *records = state;
	struct intake_stats in = {0};
	struct registry_stats registry = registry_stats(records->registry);
	bool away =
		!records->migrated || *pg_error(records->registry_pg) || records->questions.ready < answerers(records);

	for (unsigned i = 0; i < parts(records); i++) {
		intake_stats(records->lanes[i].intake, records->now, &in);
		away |= *pg_error(records->lanes[i].pg) != '\0';
	}

	if (away)
		out->state = STATUS_DEGRADED;
	out->lag_ms = in.lag_ms;
	out->outbox = registry.directory_waiting;
	status_count(out, "database", !away);
	status_count(out, "sealed", records->seal != NULL);
	status_count(out, "readings", in.readings);
	status_count(out, "alerts", in.alerts);
	status_count(out, "incidents", in.incidents);
	status_count(out, "errands", in.errands);
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
	status_count(out, "partitions_dropped", records->upkeep.dropped);
	status_count(out, "upkeep_failures", records->upkeep.failures);
	status_count(out, "duty_pages", records->roster.pages);
	status_count(out, "duty_failures", records->roster.failures);
	status_count(out, "requests", records->questions.requests);
	status_count(out, "requests_refused", records->questions.refused);
	status_count(out, "requests_waiting", records->questions.waiting + records->questions.running);
	status_count(out, "imports", records->questions.imports);
	status_count(out, "directory_batches", registry.directory_batches);
	status_count(out, "directory_entries", registry.directory_entries);
	status_count(out, "directory_refused", registry.directory_refused);
	if (*records->settings.stamp_file)
		status_count(out, "backup_age_seconds", stamp_age_s(records->settings.stamp_file, wall_now()));
}

static bool records_draining(const void *state)
{
	const struct records *records = state;

	for (unsigned i = 0; i < parts(records); i++)
		if (intake_busy(records->lanes[i].intake))
			return true;
	return records->questions.running > 0;
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
