/* SPDX-License-Identifier: MIT */
#include "backtest_run.h"

#include <assert.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first nine are of the same protocol over 81 homes of DAIAD, of which the public extract has 46. */
const struct run_published run_published[] = {
	{"12小时少于10升", "< 10 l in 12 h", "10 l / 12 h", 4.18, 10, 12, 9.4},
	{"24小时少于10升", "< 10 l in 24 h", "10 l / 24 h", 0.37, 22, 24, 20.9},
	{"固定10小时", "fixed 10 h", "10 h", 2.32, 11, 11, 9.4},
	{"固定12小时", "fixed 12 h", "12 h", 1.08, 13, 13, 11.3},
	{"固定14小时", "fixed 14 h", "14 h", 0.62, 15, 15, 13.2},
	{"固定16小时", "fixed 16 h", "16 h", 0.44, 16, 17, 15.2},
	{"固定18小时", "fixed 18 h", "18 h", 0.31, 18, 19, 17.2},
	{"反馈预算2", "fed-back budget 2", "2", 1.82, 7, 12, 7.8},
	{"反馈预算1", "fed-back budget 1", "1", 0.995, 9, 15, 9.4},
	{"反馈预算0.5", "fed-back budget 0.5", "0.5", 0.57, 10, 18, 11.2},
	{"反馈预算0.25", "fed-back budget 0.25", "0.25", 0.29, 13, 22, 13.7},
	/* doi 10.3390/s24206583; other homes, motion and water */
	{"Wilhelm和Wahl 2024", "Wilhelm & Wahl 2024", "W & W 2024", 2.7, NAN, NAN, 5.38},
};
const unsigned run_published_count = sizeof run_published / sizeof *run_published;

const struct run_published *run_published_of(const struct run *run)
{
	char name[64];

	switch (run->kind) {
	case RUN_DEPLOYED:
		snprintf(name, sizeof name, "< 10 l in %d h", (int)run->hours);
		break;
	case RUN_FIXED:
		snprintf(name, sizeof name, "fixed %d h", (int)run->hours);
		break;
	case RUN_MAIN:
	case RUN_SWEEP:
		snprintf(name, sizeof name, "fed-back budget %g", run->target);
		break;
	}
	for (unsigned i = 0; i < run_published_count; i++)
		if (!strcmp(run_published[i].name_en, name))
			return &run_published[i];
	return NULL;
}

/* ---- setting up ---- */

static void set_up(struct run *run, const struct run_options *options, const char *preset)
{
	struct detector_config *config = &run->setup.config;
	struct detector_rule rule;

	run->setup.seed = options->seed;
	run->setup.moments = options->moments;
	*config = (struct detector_config){.zone = options->zone,
		.budget = {.attention_per_month = fmax(options->attention, options->target),
			.alarm_per_month = options->target,
			.floor_ms = 3 * MS_PER_HOUR,
			.ceiling_ms = 24 * MS_PER_HOUR},
		.limits = {.attention_ms = 10 * MS_PER_HOUR,
			.alarm_ms = 12 * MS_PER_HOUR,
			.one_person_attention_ms = 12 * MS_PER_HOUR,
			.one_person_alarm_ms = 14 * MS_PER_HOUR,
			.learning_ms = 14 * MS_PER_DAY,
			.learning_extra_ms = 2 * MS_PER_HOUR},
		.meter_fresh_ms = 135 * MS_PER_MINUTE,
		.device_quiet_ms = 48 * MS_PER_HOUR,
		.ordered = true,
		.homes_max = 4};
	enum err err = rules_preset(preset, &rule, NULL);
	if (!err)
		err = rules_add(config->rules, &config->rule_count, &rule, NULL);
	assert(!err); /* presets of ours */
}

void run_habit(struct run *run, const struct run_options *options, enum run_kind kind, double target)
{
	struct run_options own = *options;

	own.target = target;
	*run = (struct run){.kind = kind, .target = target};
	snprintf(run->name_zh, sizeof run->name_zh, "习惯 目标%g", target);
	snprintf(run->name_en, sizeof run->name_en, "habit, target %g", target);
	snprintf(run->label, sizeof run->label, "%g", target);
	set_up(run, &own, "silence");
}

void run_fixed(struct run *run, const struct run_options *options, int64_t hours)
{
	struct detector_limits *limits = &run->setup.config.limits;
	int64_t ms = hours * MS_PER_HOUR;

	*run = (struct run){.kind = RUN_FIXED, .hours = hours};
	snprintf(run->name_zh, sizeof run->name_zh, "固定%d小时", (int)hours);
	snprintf(run->name_en, sizeof run->name_en, "fixed %d h", (int)hours);
	snprintf(run->label, sizeof run->label, "%d h", (int)hours);
	set_up(run, options, "silence_fixed");
	*limits = (struct detector_limits){.attention_ms = ms,
		.alarm_ms = ms,
		.one_person_attention_ms = ms,
		.one_person_alarm_ms = ms,
		.learning_ms = limits->learning_ms};
}

enum err run_deployed(struct run *run, const struct run_options *options, const char *preset, struct errinfo *info)
{
	struct detector_rule rule;
	enum err err = rules_preset(preset, &rule, info);

	if (err)
		return err;
	*run = (struct run){.kind = RUN_DEPLOYED, .hours = (int64_t)rule.values[1]};
	snprintf(run->name_zh, sizeof run->name_zh, "%d小时少于%g升", (int)run->hours, rule.values[0]);
	snprintf(run->name_en, sizeof run->name_en, "< %g l in %d h", rule.values[0], (int)run->hours);
	snprintf(run->label, sizeof run->label, "%g l / %d h", rule.values[0], (int)run->hours);
	set_up(run, options, preset);
	return ERR_OK;
}

void run_fini(struct run *run)
{
	for (size_t i = 0; i < run->count; i++)
		play_home_fini(&run->homes[i]);
	free(run->homes);
	run->homes = NULL;
	run->count = 0;
}

/* ---- doing ---- */

struct crew {
	struct run *run;
	const struct trace_set *set;
	atomic_size_t next;
	atomic_int failed; /* enum err */
};

static void *work(void *context)
{
	struct crew *crew = context;

	for (;;) {
		size_t i = atomic_fetch_add(&crew->next, 1);
		if (i >= crew->set->count || atomic_load(&crew->failed))
			return NULL;
		enum err err = play_home(&crew->run->setup, crew->set->homes[i], &crew->run->homes[i]);
		if (err)
			atomic_store(&crew->failed, (int)err);
	}
}

/* score_run counts all homes, and those that are often heard. */
static enum err score_run(struct run *run)
{
	const double targets[PLAY_LEVELS] = {
		run->setup.config.budget.alarm_per_month, run->setup.config.budget.attention_per_month};
	struct play_home *often = malloc((run->count + 1) * sizeof *often);
	size_t count = 0;
	enum err err = often ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; i < run->count && !err; i++)
		if (run->homes[i].trace->count > RUN_OFTEN)
			often[count++] = run->homes[i];
	if (!err)
		err = score_of(run->homes, run->count, targets, &run->score);
	if (!err)
		err = score_of(often, count, targets, &run->often);
	free(often);
	return err;
}

enum err run_do(struct run *run, const struct trace_set *set, unsigned workers, struct errinfo *info)
{
	struct crew crew = {.run = run, .set = set};
	pthread_t threads[RUN_WORKERS_MAX];
	unsigned started = 0;

	run->homes = calloc(set->count + 1, sizeof *run->homes);
	if (!run->homes)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	run->count = set->count;
	while (started + 1 < workers && !pthread_create(&threads[started], NULL, work, &crew))
		started++;
	work(&crew); /* with fewer threads than wanted it takes longer, no more */
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	enum err err = (enum err)atomic_load(&crew.failed);
	if (!err)
		err = score_run(run);
	return err ? errinfo_set(info, err, "the homes cannot be played: %s", err_name(err)) : ERR_OK;
}
