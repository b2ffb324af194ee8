/* SPDX-License-Identifier: MIT
 *
 * backtest_run: all homes of a set under one rule after the other, on several threads. Results stand in the order of
 * the homes, whatever the number of threads.
 */
#ifndef CURTAIN_TOOL_BACKTEST_RUN_H
#define CURTAIN_TOOL_BACKTEST_RUN_H

#include "backtest_play.h"
#include "backtest_score.h"

#define RUN_WORKERS_MAX 256
#define RUNS_MAX 24
#define RUN_OFTEN 6000 /* readings: the published figures are of homes that have more */

enum run_kind { RUN_MAIN, RUN_SWEEP, RUN_FIXED, RUN_DEPLOYED };

/* run: a rule and what came of it. */
struct run {
	enum run_kind kind;
	char name_zh[64], name_en[64];
	char label[24]; /* of its mark in the figure, in no language */
	double target;  /* RUN_MAIN, RUN_SWEEP */
	int64_t hours;  /* RUN_FIXED, RUN_DEPLOYED */
	struct play_setup setup;
	struct score score;
	struct score often;      /* of the homes with more than RUN_OFTEN readings */
	struct play_home *homes; /* owned; count as in the set */
	size_t count;
};

struct run_options {
	const struct zone *zone;
	uint64_t seed;
	unsigned moments, workers;
	double target, attention;
};

/* run_habit, run_fixed, run_deployed set a run up: the product's rule at a target; the fixed limit of so many hours for
 * every home; a preset of rules.h. */
void run_habit(struct run *run, const struct run_options *options, enum run_kind kind, double target);
void run_fixed(struct run *run, const struct run_options *options, int64_t hours);
enum err run_deployed(
	struct run *run, const struct run_options *options, const char *preset, struct errinfo *info) ERR_MUST_CHECK;
/* run_do plays all homes of the set. */
enum err run_do(struct run *run, const struct trace_set *set, unsigned workers, struct errinfo *info) ERR_MUST_CHECK;
void run_fini(struct run *run);

/* run_published: what others, or earlier work, have printed for the same question. */
struct run_published {
	const char *name_zh, *name_en, *label;
	double false_rate, p50, p90, mean; /* NAN = not told */
};
extern const struct run_published run_published[];
extern const unsigned run_published_count;
/* run_published_of gives the published row that a run repeats; NULL = none. */
const struct run_published *run_published_of(const struct run *run);

#endif
