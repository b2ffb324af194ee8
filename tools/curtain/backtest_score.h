/* SPDX-License-Identifier: MIT
 *
 * backtest_score: what many homes come to: rates a home-month, delays, the worst home, the homes apart that have losses
 * of radio or leaks. Pure.
 */
#ifndef CURTAIN_TOOL_BACKTEST_SCORE_H
#define CURTAIN_TOOL_BACKTEST_SCORE_H

#include "backtest_play.h"

#define SCORE_LOST_SHARE 0.10 /* of its time in steps over 2 h: a home with losses of radio */
#define SCORE_LEAK_SHARE 0.10 /* of its time with a litre an hour at night: a home with a leak */

struct score_delay {
	unsigned count;
	double p50, p90, mean; /* hours; NAN where count is 0 */
};

/* score_group: homes counted together. */
struct score_group {
	unsigned homes;
	double months, false_rate; /* a home-month */
};

struct score_level {
	double target;
	double false_rate, absence_rate;          /* a home-month, over all homes */
	double home_median, home_p90, home_worst; /* false alarms a home-month, by home */
	const char *worst;                        /* the id of that home */
	double within;                            /* share of homes within twice the target */
	struct score_delay all, day, night;       /* PLAY_STEADY */
	struct score_delay own;                   /* PLAY_OWN */
};

struct score {
	unsigned homes, too_short;
	double months;
	struct score_level levels[PLAY_LEVELS];
	struct score_group cold[2]; /* days 0 to 14, 15 to 55 */
	struct score_group poor, good;
	unsigned moments, unheard;
};

/* score_of counts; targets are the false alarms a home-month that alarm and attention were meant to have (0 = none).
 * ERR_NOMEM. */
enum err score_of(const struct play_home *homes, size_t count, const double targets[PLAY_LEVELS],
	struct score *out) ERR_MUST_CHECK;
/* score_rate gives a home's false alarms a month. */
double score_rate(const struct play_home *home, unsigned level);
/* score_mean_delay gives a home's mean delay to the alarm, in hours; NAN = none was measured. */
double score_mean_delay(const struct play_home *home);
/* score_is_poor: losses of radio or a leak. */
bool score_is_poor(const struct play_home *home);
/* score_share gives the value below which a share of the sorted values lies (nearest rank); NAN of none. */
double score_share(const double *sorted, size_t count, double share);

#endif
