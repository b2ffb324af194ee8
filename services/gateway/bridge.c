/* SPDX-License-Identifier: MIT
 *
 * The bridge's jobs: the figures of each day, asked of records and told to those who want "statistics.daily", and the
 * pulls: pages of another platform's list become rows of the ledger, tried first and then imported in one request. A
 * job that fails says so in its report and is tried again, later each time; one that was due while we were away runs
 * at once. Days are made up for one by one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/json.h"
#include "gateway/bridge.h"

#define ANSWER_US INT64_C(60000000)
#define RETRY_US_MAX INT64_C(3600000000)
#define DAYS_MADE_UP 31

/* ---- reports ---- */

enum err bridge_over(struct hooks *hooks, struct bridge_job *job, const char *report, struct errinfo *info)
{
	enum err err = hooks_begin(hooks, info);

	job->state = BRIDGE_RESTS;
	job->failures = 0;
	job->run_now = false;
	job->not_before = (struct mono){0};
	job->kept.done = hooks->turn.wall;
	return err ? err : hook_store_job_save(hooks->kept, job->name, &job->kept, report, info);
}

enum err bridge_failed(struct hooks *hooks, struct bridge_job *job, const char *why, struct errinfo *info)
{
	int64_t wait_us = INT64_C(60000000) << (job->failures < 6 ? job->failures : 6);
	struct buf report;
	enum err err = hooks_begin(hooks, info);

	job->failures++;
	job->state = BRIDGE_RESTS;
	job->not_before = (struct mono){hooks->turn.mono.us + (wait_us < RETRY_US_MAX ? wait_us : RETRY_US_MAX)};
	job->run_now = true;
	log_warning("bridge_failed", "job", job->name, "cause", why);
	buf_init(&report, HOOK_EVENT_BYTES_MAX);
	json_open(&report, '{');
	json_member_text(&report, "state", "failed");
	json_member_text(&report, "cause", why);
	json_member_wall(&report, "at", hooks->turn.wall);
	json_member_int(&report, "attempts", job->failures);
	json_close(&report, '}');
	if (!err)
		err = report.failed ? report.failed
				    : hook_store_job_save(hooks->kept, job->name, &job->kept, report.data, info);
	buf_fini(&report);
	return err;
}

/* ---- questions to records ---- */

enum err bridge_ask(struct hooks *hooks, struct bridge_job *job, const char *account, const char *method,
	const struct buf *args, enum bridge_state state, struct errinfo *info)
{
	char topic[HOOKS_TOPIC_BYTES], answers[HOOKS_TOPIC_BYTES], correlation[40];
	struct buf request;
	enum err err;

	buf_init(&request, REQUEST_BYTES_MAX);
	err = request_encode(args->data, args->length, &request);
	snprintf(topic, sizeof topic, "curtain/api/%s/records/%s", account, method);
	snprintf(answers, sizeof answers, "curtain/api/%s/response/%s", account, hooks->settings->common.instance);
	job->question = ++hooks->questions;
	snprintf(correlation, sizeof correlation, "bridge.%llu", (unsigned long long)job->question);
	if (!err)
		err = bus_publish(service_bus(hooks->service), &(struct bus_publication){.topic = topic,
								       .payload = request.data,
								       .length = request.length,
								       .qos = 1,
								       .response_topic = answers,
								       .correlation = correlation,
								       .correlation_length = strlen(correlation)});
	buf_fini(&request);
	if (err)
		return bridge_failed(hooks, job,
			err == ERR_CLOSED ? "no connection to the broker" : "the question is too large for one request",
			info);
	job->state = state;
	job->until = (struct mono){hooks->turn.mono.us + ANSWER_US};
	return ERR_OK;
}

/* ---- the figures of a day ---- */

/* day_of gives the local day that ends before a due time: the figures are of the day before. */
static void day_of(
	const struct bridge_job *job, struct wall due, struct wall *out_from, struct wall *out_to, char text[16])
{
	struct civil local = zone_to_civil(job->hour->place, due);

	local.hour = local.minute = local.second = local.millisecond = 0;
	*out_to = zone_from_civil(job->hour->place, local);
	local.day--;
	*out_from = zone_from_civil(job->hour->place, local);
	local = zone_to_civil(job->hour->place, *out_from);
	snprintf(text, 16, "%04d-%02d-%02d", local.year, local.month, local.day);
}

static enum err ask_figures(struct hooks *hooks, struct bridge_job *job, struct errinfo *info)
{
	struct wall from, to;
	char day[16];
	struct buf args;
	enum err err;

	day_of(job, job->kept.due, &from, &to, day);
	buf_init(&args, 1024);
	json_open(&args, '{');
	json_member_wall(&args, "from", from);
	json_member_wall(&args, "to", to);
	json_member_text(&args, "why", "the day's figures");
	json_close(&args, '}');
	err = bridge_ask(hooks, job, hooks->set.statistics_account, "kpi", &args, BRIDGE_ASKS, info);
	buf_fini(&args);
	return err;
}

static enum err tell_figures(struct hooks *hooks, struct bridge_job *job, const char *figures, struct errinfo *info)
{
	struct hook_event event;
	struct wall from, to;
	char day[16], report[96];
	enum err err;

	day_of(job, job->kept.due, &from, &to, day);
	hook_event_init(&event);
	err = hook_event_statistics(hooks->settings->common.instance, day, figures, hooks->turn.wall, &event);
	if (!err)
		err = hooks_offer(hooks, &event, -1, info);
	hook_event_fini(&event);
	snprintf(report, sizeof report, "{\"state\":\"told\",\"day\":\"%s\"}", day);
	text_cut(job->kept.mark, sizeof job->kept.mark, day);
	job->kept.due = hook_hour_next(job->hour, job->kept.due); /* a day that was missed has its turn next */
	return err ? err : bridge_over(hooks, job, report, info);
}

/* ---- life ---- */

static enum err add_job(struct hooks *hooks, const char *prefix, const char *name, const struct hook_hour *hour,
	struct hook_pull *pull, struct errinfo *info)
{
	struct bridge_job *job = &hooks->jobs[hooks->job_count++];
	enum err err;

	*job = (struct bridge_job){.hour = hour, .pull = pull, .kept = {.due = WALL_NONE, .done = WALL_NONE}};
	job->rows = jv_invalid();
	buf_init(&job->next, HOOK_EVENT_BYTES_MAX);
	buf_init(&job->conflicts, HOOK_EVENT_BYTES_MAX);
	snprintf(job->name, sizeof job->name, "%s%s", prefix, name);
	err = hook_store_job(hooks->kept, job->name, &job->kept, info);
	if (err)
		return err;
	bool new = !wall_is_set(job->kept.due);
	/* Another hour in the file counts from now on; one that was missed does not get lost by it. */
	struct wall latest = hook_hour_next(hour, hooks->turn.wall);
	if (new || job->kept.due.ms > latest.ms)
		job->kept.due = latest;
	if (!pull && hooks->turn.wall.ms - job->kept.due.ms > DAYS_MADE_UP * MS_PER_DAY)
		job->kept.due = hook_hour_next(hour, wall_plus(hooks->turn.wall, -DAYS_MADE_UP * MS_PER_DAY));
	err = hooks_begin(hooks, info);
	return err ? err : hook_store_job_save(hooks->kept, job->name, &job->kept, NULL, info);
}

enum err bridge_open(struct hooks *hooks, struct errinfo *info)
{
	enum err err = ERR_OK;

	hooks->job_count = 0;
	if (hooks->set.statistics.wanted)
		err = add_job(hooks, "statistics", "", &hooks->set.statistics, NULL, info);
	for (unsigned p = 0; p < hooks->set.pull_count && !err; p++)
		err = add_job(hooks, "pull.", hooks->set.pulls[p].target.name, &hooks->set.pulls[p].hour,
			&hooks->set.pulls[p], info);
	return err ? err : hooks_commit(hooks, info);
}

void bridge_forget(struct bridge_job *job)
{
	jv_free(job->rows);
	job->rows = jv_invalid();
	buf_reset(&job->next);
	buf_reset(&job->conflicts);
	job->page = job->conflict_count = job->row_count = 0;
}

void bridge_close(struct hooks *hooks)
{
	for (unsigned i = 0; i < hooks->job_count; i++) {
		bridge_forget(&hooks->jobs[i]);
		buf_fini(&hooks->jobs[i].next);
		buf_fini(&hooks->jobs[i].conflicts);
	}
	hooks->job_count = 0;
}

/* ---- a turn ---- */

static bool is_due(const struct hooks *hooks, const struct bridge_job *job)
{
	return job->state == BRIDGE_RESTS && hooks->turn.mono.us >= job->not_before.us &&
	       (job->run_now || job->kept.due.ms <= hooks->turn.wall.ms);
}

enum err bridge_tick(struct hooks *hooks, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < hooks->job_count && !err; i++) {
		struct bridge_job *job = &hooks->jobs[i];
		bool asks = job->state != BRIDGE_RESTS && job->state != BRIDGE_FETCHES;
		if (asks && hooks->turn.mono.us >= job->until.us)
			err = bridge_failed(hooks, job, "records does not answer", info);
		else if (is_due(hooks, job) && !bus_is_connected(service_bus(hooks->service)))
			job->not_before = (struct mono){hooks->turn.mono.us + 1000000};
		else if (is_due(hooks, job))
			err = job->pull ? bridge_pull_begin(hooks, job, info) : ask_figures(hooks, job, info);
	}
	return err;
}

struct mono bridge_due(const struct hooks *hooks, struct turn turn)
{
	struct mono due = {INT64_MAX};

	for (unsigned i = 0; i < hooks->job_count; i++) {
		const struct bridge_job *job = &hooks->jobs[i];
		struct mono own = {INT64_MAX};
		if (job->state == BRIDGE_RESTS) {
			int64_t wait_ms =
				job->run_now || job->kept.due.ms <= turn.wall.ms ? 0 : job->kept.due.ms - turn.wall.ms;
			own.us = turn.mono.us + (wait_ms < 60000 ? wait_ms : 60000) * 1000;
			own.us = own.us < job->not_before.us ? job->not_before.us : own.us;
		} else if (job->state != BRIDGE_FETCHES) {
			own = job->until;
		}
		due = own.us < due.us ? own : due;
	}
	return due;
}

bool bridge_response(struct hooks *hooks, const struct bus_event *event, enum err *err, struct errinfo *info)
{
	struct bridge_job *job = NULL;
	struct response response;
	struct errinfo why = {0};
	char wanted[40];

	if (event->correlation_length < 7 || memcmp(event->correlation, "bridge.", 7) != 0)
		return false;
	for (unsigned i = 0; i < hooks->job_count && !job; i++) {
		snprintf(wanted, sizeof wanted, "bridge.%llu", (unsigned long long)hooks->jobs[i].question);
		if (hooks->jobs[i].state >= BRIDGE_ASKS && strlen(wanted) == event->correlation_length &&
			!memcmp(wanted, event->correlation, event->correlation_length))
			job = &hooks->jobs[i];
	}
	if (!job)
		return true; /* after its time */
	*err = response_decode(event->payload, event->length, &response, &why);
	if (*err)
		*err = bridge_failed(hooks, job, "the answer of records is not understood", info);
	else if (!response.ok)
		*err = bridge_failed(hooks, job, response.text, info);
	else if (job->state == BRIDGE_ASKS)
		*err = tell_figures(hooks, job, response.result, info);
	else
		*err = bridge_pull_answered(hooks, job, response.result, info);
	response_fini(&response);
	return true;
}
