/* SPDX-License-Identifier: MIT */
#include "records/migrate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"

/* "Curt": one number for all programs that change this schema. */
#define LOCK "1131774580"
#define SCRIPT_BYTES_MAX (1u << 20)
#define PATIENCE_MS (24 * MS_PER_HOUR) /* hundreds of millions of readings may get another index, or their hours */

unsigned migrations_count(void)
{
	unsigned n = 0;

	while (migrations[n].name)
		n++;
	return n;
}

static void finish(struct migrate *m, enum err err, const char *text)
{
	free(m->script);
	m->script = NULL;
	pg_patience(m->pg, 0);
	m->done(m->context, err, text);
}

static void unlocked(void *context, const struct pg_reply *reply)
{
	finish(context, reply->ok ? ERR_OK : ERR_CLOSED, reply->text);
}

static void zone_set(void *context, const struct pg_reply *reply)
{
	struct migrate *m = context;

	if (reply->ok)
		pg_query(m->pg, "select pg_advisory_unlock(" LOCK ")", unlocked, m);
	else
		finish(m, reply->lost ? ERR_CLOSED : ERR_IO, reply->text);
}

static void zone_prepared(void *context, const struct pg_reply *reply)
{
	struct migrate *m = context;

	if (reply->ok)
		pg_call(m->pg, "reading_zone_set", 1, &m->zone, zone_set, m);
	else
		finish(m, reply->lost ? ERR_CLOSED : ERR_IO, reply->text);
}

static void step(struct migrate *m);

static void applied(void *context, const struct pg_reply *reply)
{
	struct migrate *m = context;
	char text[320];

	if (!reply->ok) {
		snprintf(text, sizeof text, "migration %s: %s", migrations[m->version].name, reply->text);
		finish(m, reply->lost ? ERR_CLOSED : ERR_IO, text);
		return;
	}
	m->version++;
	step(m);
}

static void step(struct migrate *m)
{
	struct buf script;

	if (m->version == migrations_count()) {
		pg_prepare_all(m->pg, statements_schema, zone_prepared, m);
		return;
	}
	buf_init(&script, SCRIPT_BYTES_MAX);
	buf_text(&script, "begin; ");
	buf_text(&script, migrations[m->version].sql);
	buf_printf(&script, "; insert into schema_version (version, name) values (%u, '%s'); commit", m->version + 1,
		migrations[m->version].name);
	if (script.failed) {
		buf_fini(&script);
		finish(m, ERR_NOMEM, "out of memory");
		return;
	}
	free(m->script);
	m->script = script.data;
	pg_query(m->pg, m->script, applied, m);
}

static void looked(void *context, const struct pg_reply *reply)
{
	struct migrate *m = context;
	unsigned long version;
	char text[160];

	if (!reply->ok || !reply->rows || PQntuples(reply->rows) != 1) {
		finish(m, reply->lost ? ERR_CLOSED : ERR_IO, reply->text);
		return;
	}
	version = strtoul(PQgetvalue(reply->rows, 0, 0), NULL, 10);
	if (version > migrations_count()) {
		snprintf(text, sizeof text,
			"the database has schema version %lu, this program knows %u: install the newer one", version,
			migrations_count());
		finish(m, ERR_VERSION, text);
		return;
	}
	m->version = (unsigned)version;
	step(m);
}

static void locked(void *context, const struct pg_reply *reply)
{
	struct migrate *m = context;

	if (!reply->ok) {
		finish(m, reply->lost ? ERR_CLOSED : ERR_IO, reply->text);
		return;
	}
	pg_query(m->pg,
		"create table if not exists schema_version (version integer primary key, name text not null, "
		"applied timestamptz not null default now()); "
		"select coalesce(max(version), 0) from schema_version",
		looked, m);
}

void migrate_start(struct migrate *m, struct pg *pg, const char *zone, migrate_done *done, void *context)
{
	*m = (struct migrate){.pg = pg, .zone = zone, .done = done, .context = context};
	pg_patience(pg, PATIENCE_MS);
	pg_query(pg, "select pg_advisory_lock(" LOCK ")", locked, m);
}
