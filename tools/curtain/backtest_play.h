/* SPDX-License-Identifier: MIT
 *
 * backtest_play: plays one home through the service's own core (detector/core.h) and counts by the protocol of
 * docs/detection.md. Everything of a home is a function of its trace, the rule, the seed and the home's id: homes may
 * be played in any order, by any number of threads.
 *
 * A home is played twice: once for its alerts, by which the moments are chosen (nobody faints while an alarm stands),
 * and once more to take the home's state at each moment. From that state a fresh core goes on with readings that say
 * that all use has stopped.
 */
#ifndef CURTAIN_TOOL_BACKTEST_PLAY_H
#define CURTAIN_TOOL_BACKTEST_PLAY_H

#include "backtest_trace.h"
#include "backtest_truth.h"
#include "detector/core.h"

#define PLAY_WARM_MS (56 * MS_PER_DAY)
#define PLAY_CEILING_MS (96 * MS_PER_HOUR) /* a delay is not followed further */
#define PLAY_AWAY_MS (24 * MS_PER_HOUR)    /* a gap of this length is an absence */
#define PLAY_MONTH_MS ((double)MS_PER_DAY * 30.44)
#define PLAY_LEVELS 2 /* 0 alarm, 1 attention (an alarm counts as one) */

struct play_setup {
	struct detector_config config; /* rules[0] is what is measured */
	uint64_t seed;
	unsigned moments;
};

/* play_after: how the meters go on after a moment. */
enum play_after {
	PLAY_STEADY, /* each at its usual step: what the detector is worth */
	PLAY_OWN,    /* as they did in reality, with their own losses of radio */
	PLAY_AFTER_COUNT
};

struct play_delay {
	float hours[PLAY_AFTER_COUNT][PLAY_LEVELS]; /* NAN: that level stood already at the moment */
	bool day;                                   /* 07 to 19 h */
};

struct play_home {
	const struct trace *trace;
	bool too_short; /* fewer than 60 days: nothing is counted */
	double months;  /* after the warm-up */
	unsigned false_alarms[PLAY_LEVELS], absence_alarms[PLAY_LEVELS];
	double cold_months[2]; /* days 0 to 14, 15 to 55 */
	unsigned cold_false[2];
	unsigned signs, unheard; /* unheard: no alarm within the ceiling, PLAY_OWN */
	double lost_share, leak_share;
	struct play_delay *delays; /* owned */
	unsigned delay_count;
};

/* play_home plays a home; release out with play_home_fini. */
enum err play_home(const struct play_setup *setup, const struct trace *trace, struct play_home *out) ERR_MUST_CHECK;
void play_home_fini(struct play_home *home);

/* play_population plays all readings of a home and adds what it has learnt. */
enum err play_population(const struct detector_config *config, const struct trace *trace,
	struct habit_population *population) ERR_MUST_CHECK;

/* play_alerts plays the readings received up to until_ms and gives all alerts in order of their time, each to `take`.
 */
enum err play_alerts(const struct detector_config *config, const struct trace *trace, int64_t until_ms,
	void (*take)(void *context, const struct alert *alert), void *context) ERR_MUST_CHECK;

#endif
