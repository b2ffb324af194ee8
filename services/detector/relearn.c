/* SPDX-License-Identifier: MIT */
#include "detector/relearn.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/history.h"
#include "codec/json.h"
#include "lane/sql.h"

#define WAIT_LEAST_MS 1000
#define WAIT_MOST_MS 60000

enum relearn_state {
	RELEARN_IDLE,    /* no home is under way; the next one may be asked for at `due` */
	RELEARN_PAUSING, /* between two pages, or after a want of answer: go on at `due` */
	RELEARN_WAITING, /* for an answer, until `due` */
	RELEARN_LEARNT   /* relearn_take has to be called */
};

struct relearn {
	struct store *store;
	struct detector_core *core;
	struct relearn_config config;
	enum relearn_state state;
	struct mono due;
	int64_t wait_ms; /* after the next want of an answer */
	bool unfit;      /* the home was refused, not the question put off */
	uint64_t question;
	char correlation[32];
	char household[ID_BYTES];
	struct wall after;
	struct detector_core *learner;
	struct relearn_stats stats;
	sqlite3_stmt *wants, *again, *forget, *last, *next, *done, *count;
};

static enum err prepare(struct relearn *relearn, struct errinfo *info)
{
	sqlite3 *db = store_db(relearn->store);
	enum err err = sql_prepare(
		db, "INSERT OR IGNORE INTO relearn (household, asked) VALUES (?, ?)", &relearn->wants, info);

	if (!err)
		err = sql_prepare(db,
			"INSERT INTO relearn (household, asked) VALUES (?, ?) ON CONFLICT DO UPDATE SET asked = "
			"excluded.asked, done = NULL",
			&relearn->again, info);
	if (!err)
		err = sql_prepare(db, "DELETE FROM relearn WHERE household = ?", &relearn->forget, info);
	if (!err) /* others go first */
		err = sql_prepare(db,
			"UPDATE relearn SET asked = (SELECT max(asked) + 1 FROM relearn) WHERE household = ?",
			&relearn->last, info);
	if (!err)
		err = sql_prepare(db,
			"SELECT household FROM relearn WHERE done IS NULL ORDER BY asked, household LIMIT 1",
			&relearn->next, info);
	if (!err)
		err = sql_prepare(db, "UPDATE relearn SET done = ? WHERE household = ?", &relearn->done, info);
	if (!err)
		err = sql_prepare(db, "SELECT count(*) FROM relearn WHERE done IS NULL", &relearn->count, info);
	return err;
}

enum err relearn_open(struct store *store, struct detector_core *core, const struct relearn_config *config,
	struct relearn **out_relearn, struct errinfo *info)
{
	struct relearn *relearn = calloc(1, sizeof *relearn);

	if (!relearn)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	relearn->store = store;
	relearn->core = core;
	relearn->config = *config;
	relearn->wait_ms = WAIT_LEAST_MS;
	enum err err = prepare(relearn, info);
	if (err)
		relearn_close(relearn);
	else
		*out_relearn = relearn;
	return err;
}

void relearn_close(struct relearn *relearn)
{
	if (!relearn)
		return;
	relearn_drop(relearn);
	sqlite3_finalize(relearn->wants);
	sqlite3_finalize(relearn->again);
	sqlite3_finalize(relearn->forget);
	sqlite3_finalize(relearn->last);
	sqlite3_finalize(relearn->next);
	sqlite3_finalize(relearn->done);
	sqlite3_finalize(relearn->count);
	free(relearn);
}

/* ---- who ---- */

static enum err note(struct relearn *relearn, sqlite3_stmt *statement, const char *household, struct errinfo *info)
{
	sqlite3_bind_text(statement, 1, household, -1, SQLITE_TRANSIENT);
	enum err err = sql_run(statement, info);
	if (relearn->state == RELEARN_IDLE)
		relearn->due = (struct mono){0};
	return err;
}

enum err relearn_wants(struct relearn *relearn, const char *household, struct wall now, struct errinfo *info)
{
	if (!relearn->config.history_ms)
		return ERR_OK;
	sqlite3_bind_int64(relearn->wants, 2, now.ms);
	return note(relearn, relearn->wants, household, info);
}

enum err relearn_again(struct relearn *relearn, const char *household, struct wall now, struct errinfo *info)
{
	sqlite3_bind_int64(relearn->again, 2, now.ms);
	return note(relearn, relearn->again, household, info);
}

enum err relearn_forget(struct relearn *relearn, const char *household, struct errinfo *info)
{
	enum err err = note(relearn, relearn->forget, household, info);

	if (!strcmp(household, relearn->household))
		relearn_drop(relearn);
	return err;
}

void relearn_configure(struct relearn *relearn, int64_t history_ms, int64_t pace)
{
	relearn->config.history_ms = history_ms;
	relearn->config.pace = pace;
}

void relearn_drop(struct relearn *relearn)
{
	detector_destroy(relearn->learner);
	relearn->learner = NULL;
	relearn->household[0] = '\0';
	relearn->unfit = false;
	relearn->state = RELEARN_IDLE;
	relearn->due = (struct mono){0};
}

/* ---- asking ---- */

struct mono relearn_due(const struct relearn *relearn)
{
	return relearn->due;
}

/* begin takes the next home that the core knows; ERR_NOT_FOUND: there is none. */
static enum err begin(struct relearn *relearn, struct wall judged, struct errinfo *info)
{
	enum err err = ERR_NOT_FOUND;
	int code;

	while (err == ERR_NOT_FOUND && (code = sqlite3_step(relearn->next)) == SQLITE_ROW) {
		text_cut(relearn->household, sizeof relearn->household,
			(const char *)sqlite3_column_text(relearn->next, 0));
		sqlite3_reset(relearn->next);
		err = detector_learner(relearn->core, relearn->household, &relearn->learner);
		if (err == ERR_NOT_FOUND && relearn_forget(relearn, relearn->household, info))
			err = ERR_IO;
	}
	sqlite3_reset(relearn->next);
	relearn->after =
		(struct wall){judged.ms > relearn->config.history_ms ? judged.ms - relearn->config.history_ms : 1};
	return err;
}

static void wait_longer(struct relearn *relearn, struct mono now)
{
	relearn->stats.asked_again++;
	relearn->state = RELEARN_PAUSING;
	relearn->due.us = now.us + relearn->wait_ms * 1000;
	relearn->wait_ms = relearn->wait_ms * 2 < WAIT_MOST_MS ? relearn->wait_ms * 2 : WAIT_MOST_MS;
}

bool relearn_ask(struct relearn *relearn, struct wall judged, struct mono now, struct buf *out_args,
	const char **out_correlation, struct errinfo *info)
{
	if (relearn->due.us > now.us || !wall_is_set(judged) || relearn->state == RELEARN_LEARNT)
		return false;
	if (relearn->state == RELEARN_WAITING) {
		wait_longer(relearn, now);
		return false;
	}
	if (relearn->unfit) {
		if (note(relearn, relearn->last, relearn->household, info))
			log_error("relearn_not_put_off", "cause", info->text);
		relearn_drop(relearn);
	}
	if (relearn->state == RELEARN_IDLE) {
		enum err err = begin(relearn, judged, info);
		if (err) {
			relearn_drop(relearn);
			relearn->due.us = err == ERR_NOT_FOUND ? INT64_MAX : now.us + WAIT_MOST_MS * 1000;
			return false;
		}
	}
	snprintf(relearn->correlation, sizeof relearn->correlation, "h%" PRIu64, ++relearn->question);
	json_open(out_args, '{');
	json_member_text(out_args, "household", relearn->household);
	json_member_wall(out_args, "after", relearn->after);
	json_member_int(out_args, "limit", RELEARN_PAGE);
	json_close(out_args, '}');
	*out_correlation = relearn->correlation;
	relearn->state = RELEARN_WAITING;
	relearn->due.us = now.us + relearn->config.patience_ms * 1000;
	return true;
}

/* ---- learning ---- */

/* feed gives a page to the learner. A reading counts as told when it happened: what came late is known in time now. */
static enum err feed(struct relearn *relearn, struct history *history)
{
	struct detector_effects unheard;
	struct reading reading;
	enum err item, err = ERR_OK;

	while (!err && (item = history_next(history, &reading, NULL)) != ERR_NOT_FOUND) {
		if (item)
			continue;
		reading.received = reading.at;
		reading.late = false;
		relearn->stats.readings++;
		err = detector_feed(relearn->learner, &reading);
		do {
			if (!err)
				err = detector_tick(relearn->learner, reading.at, &unheard);
		} while (!err && unheard.count == DETECTOR_EFFECTS_MAX);
	}
	return err;
}

static enum err take_page(struct relearn *relearn, const char *result, struct mono now, bool *out_learnt)
{
	struct history *history = NULL;
	struct history_head head;
	struct errinfo info = {0};
	enum err err = history_open(result, strlen(result), &history, &head, &info);

	if (!err &&
		(strcmp(head.household, relearn->household) != 0 || (head.more && head.last.ms <= relearn->after.ms)))
		err = errinfo_set(&info, ERR_INVALID, "it is of another home, or does not get on");
	if (!err)
		err = feed(relearn, history);
	if (!err && head.more) {
		relearn->after = head.last;
		relearn->state = RELEARN_PAUSING;
		relearn->due.us = now.us + head.count * INT64_C(1000000) / relearn->config.pace;
	} else if (!err) {
		relearn->state = RELEARN_LEARNT;
		relearn->due = (struct mono){INT64_MAX};
		*out_learnt = true;
	} else if (err != ERR_NOMEM) {
		log_warning("history_not_read", "household", relearn->household, "error", info.text);
		relearn->unfit = true;
		wait_longer(relearn, now);
		err = ERR_OK;
	}
	history_close(history);
	return err;
}

/* is_put_off: the same question may be answered later. */
static bool is_put_off(const char *code)
{
	return !strcmp(code, err_name(ERR_AGAIN)) || !strcmp(code, err_name(ERR_CLOSED)) ||
	       !strcmp(code, err_name(ERR_IO));
}

enum err relearn_answer(struct relearn *relearn, const char *correlation, size_t correlation_length, const char *json,
	size_t length, struct mono now, bool *out_learnt)
{
	struct errinfo info = {0};
	struct response response;
	enum err err;

	*out_learnt = false;
	if (relearn->state != RELEARN_WAITING || strlen(relearn->correlation) != correlation_length ||
		memcmp(relearn->correlation, correlation, correlation_length) != 0)
		return ERR_OK;
	err = response_decode(json, length, &response, &info);
	if (err || !response.ok) {
		log_warning(
			"history_refused", "household", relearn->household, "error", err ? info.text : response.text);
		relearn->unfit = !is_put_off(response.code);
		wait_longer(relearn, now);
		err = err == ERR_NOMEM ? err : ERR_OK;
	} else {
		relearn->wait_ms = WAIT_LEAST_MS;
		err = take_page(relearn, response.result, now, out_learnt);
	}
	response_fini(&response);
	return err;
}

enum err relearn_take(struct relearn *relearn, struct wall now, struct errinfo *info)
{
	char household[ID_BYTES];
	enum err err = detector_adopt(relearn->core, relearn->learner, relearn->household);

	memcpy(household, relearn->household, sizeof household);
	relearn_drop(relearn);
	if (err && err != ERR_NOT_FOUND)
		return errinfo_set(info, err, "out of memory");
	relearn->stats.learnt += !err;
	sqlite3_bind_int64(relearn->done, 1, now.ms);
	sqlite3_bind_text(relearn->done, 2, household, -1, SQLITE_STATIC);
	return sql_run(relearn->done, info);
}

struct relearn_stats relearn_stats(struct relearn *relearn)
{
	struct relearn_stats stats = relearn->stats;

	if (sqlite3_step(relearn->count) == SQLITE_ROW)
		stats.waiting = sqlite3_column_int64(relearn->count, 0);
	sqlite3_reset(relearn->count);
	return stats;
}
