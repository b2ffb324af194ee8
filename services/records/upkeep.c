/* SPDX-License-Identifier: MIT */
#include "records/upkeep.h"

#include <stdio.h>

#include <string.h>

#include "base/log.h"
#include "records/erasures.h"

#define AGAIN_MS 10000 /* after a failure: somebody was in the way */

void upkeep_init(struct upkeep *upkeep, const struct records_settings *settings, struct pg *pg)
{
	*upkeep = (struct upkeep){.settings = settings, .pg = pg};
}

static void prepared(void *context, const struct pg_reply *reply)
{
	struct upkeep *upkeep = context;

	upkeep->ready = reply->ok;
	if (reply->ok)
		return;
	log_error("statements_not_prepared", "sqlstate", reply->sqlstate, "error", reply->text);
	if (!reply->lost)
		pg_drop(upkeep->pg, upkeep->now);
}

void upkeep_connected(struct upkeep *upkeep)
{
	upkeep->due.us = INT64_MIN;
	upkeep->list_due = true;
	pg_prepare_all(upkeep->pg, statements_upkeep, prepared, upkeep);
}

void upkeep_lost(struct upkeep *upkeep)
{
	upkeep->ready = false;
}

static void fail(struct upkeep *upkeep, const struct pg_reply *reply)
{
	upkeep->failures++;
	if (!reply->lost)
		log_warning("upkeep_failed", "sqlstate", reply->sqlstate, "error", reply->text);
}

void upkeep_changed(struct upkeep *upkeep)
{
	upkeep->list_due = true;
}

static void cleared(void *context, const struct pg_reply *reply)
{
	struct upkeep *upkeep = context;

	if (!reply->ok || !reply->rows)
		fail(upkeep, reply);
}

/* drop_old calls what drops a kind's rows of so long ago. */
static void drop_old(
	struct upkeep *upkeep, const struct pg_reply *before, const char *what, int64_t age_ms, pg_done *done)
{
	char age[24];

	if (!before->ok) {
		fail(upkeep, before);
		return;
	}
	snprintf(age, sizeof age, "%lld", (long long)age_ms);
	pg_call(upkeep->pg, what, 1, (const char *[]){age}, done, upkeep);
}

static void answers_dropped(void *context, const struct pg_reply *reply)
{
	struct upkeep *upkeep = context;

	drop_old(upkeep, reply, "duty_upkeep", upkeep->settings->duty_age_ms, cleared);
}

static void tagged(void *context, const struct pg_reply *reply)
{
	struct upkeep *upkeep = context;

	drop_old(upkeep, reply, "errand_upkeep", upkeep->settings->answer_age_ms, answers_dropped);
}

static void erased_again(void *context, const struct pg_reply *reply)
{
	struct upkeep *upkeep = context;

	if (!reply->ok || !reply->rows) {
		fail(upkeep, reply);
		return;
	}
	for (int row = 0; row < PQntuples(reply->rows); row++)
		log_info("erased_again", "token", PQgetvalue(reply->rows, row, 0));
	pg_call(upkeep->pg, "tags_and_care", 1, (const char *[]){upkeep->settings->zone}, tagged, upkeep);
}

/* heads_told: a head in the log is what a trail whose every hash was made anew cannot agree with. */
static void heads_told(void *context, const struct pg_reply *reply)
{
	struct upkeep *upkeep = context;

	if (!reply->ok || !reply->rows) {
		fail(upkeep, reply);
		return;
	}
	for (int row = 0; row < PQntuples(reply->rows); row++)
		log_info("audit_head", "head", PQgetvalue(reply->rows, row, 0));
	pg_call(upkeep->pg, "erasure_again", 0, NULL, erased_again, upkeep);
}

static void kept(void *context, const struct pg_reply *reply)
{
	struct upkeep *upkeep = context;
	bool good = reply->ok && reply->rows;
	int64_t pause_ms = good || upkeep->settings->upkeep_ms < AGAIN_MS ? upkeep->settings->upkeep_ms : AGAIN_MS;

	upkeep->due.us = upkeep->now.us + pause_ms * 1000;
	if (!good) {
		fail(upkeep, reply);
		return;
	}
	for (int row = 0; row < PQntuples(reply->rows); row++) {
		upkeep->dropped++;
		log_info("partition_dropped", "name", PQgetvalue(reply->rows, row, 0));
	}
	upkeep->list_due = true; /* the file may have been lost */
	pg_call(upkeep->pg, "audit_heads", 0, NULL, heads_told, upkeep);
}

/* ---- the list of erasures ---- */

static void list_failed(struct upkeep *upkeep, const struct errinfo *info)
{
	upkeep->failures++;
	log_error("erasures_not_kept", "file", info->file, "error", info->text);
}

/* merged: the database has whatever the file had; the file gets what it had not. */
static void merged(void *context, const struct pg_reply *reply)
{
	struct upkeep *upkeep = context;
	const char *folder = upkeep->settings->common.data_dir, *list;
	struct errinfo info = {0};
	struct buf held;

	if (!reply->ok || !reply->rows || PQntuples(reply->rows) != 1) {
		fail(upkeep, reply);
		return;
	}
	if (strcmp(PQgetvalue(reply->rows, 0, 0), "0") != 0)
		log_warning("erased_again_after_restore", "elders", PQgetvalue(reply->rows, 0, 0));
	list = PQgetvalue(reply->rows, 0, 1);
	buf_init(&held, ERASURES_BYTES_MAX);
	if (erasures_read(folder, &held, &info) ||
		(strcmp(held.data, list) != 0 && erasures_write(folder, list, &info)))
		list_failed(upkeep, &info);
	buf_fini(&held);
}

static void merge(struct upkeep *upkeep)
{
	struct errinfo info = {0};
	struct buf held;

	upkeep->list_due = false;
	buf_init(&held, ERASURES_BYTES_MAX);
	if (erasures_read(upkeep->settings->common.data_dir, &held, &info))
		list_failed(upkeep, &info);
	else
		pg_call(upkeep->pg, "erasure_merge", 1, (const char *[]){held.data}, merged, upkeep);
	buf_fini(&held);
}

void upkeep_tick(struct upkeep *upkeep, struct mono now)
{
	const struct records_settings *s = upkeep->settings;
	char numbers[4][24];

	upkeep->now = now;
	if (!upkeep->ready || pg_state(upkeep->pg) != PG_IDLE)
		return;
	if (upkeep->list_due)
		merge(upkeep); /* first of all: nobody is served for long who was erased */
	if (pg_state(upkeep->pg) != PG_IDLE || now.us < upkeep->due.us)
		return;
	snprintf(numbers[0], sizeof numbers[0], "%lld", (long long)s->months_ahead);
	snprintf(numbers[1], sizeof numbers[1], "%lld", (long long)s->reading_age_ms);
	snprintf(numbers[2], sizeof numbers[2], "%lld", (long long)s->hour_age_ms);
	snprintf(numbers[3], sizeof numbers[3], "%lld", (long long)s->day_age_ms);
	pg_call(upkeep->pg, "reading_upkeep", 4, (const char *[]){numbers[0], numbers[1], numbers[2], numbers[3]}, kept,
		upkeep);
}

struct mono upkeep_due(const struct upkeep *upkeep)
{
	if (!upkeep->ready || pg_state(upkeep->pg) != PG_IDLE)
		return (struct mono){.us = INT64_MAX};
	return upkeep->list_due ? (struct mono){.us = INT64_MIN} : upkeep->due;
}
