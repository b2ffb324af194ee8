/* SPDX-License-Identifier: MIT
 *
 * backtest_truth: what really happened at a home, as far as its readings tell: the signs of life, and so the gaps
 * between them. A second, simple reading of the protocol's rule of activity, which shares no code with the detector, so
 * that the detector is not measured by its own yardstick.
 *
 * Water: litres of the last hour (of longer steps, an hour's mean) >= 1 + P60 of the same home's litres an hour from 02
 * to 05 of the 28 days before; in the first 28 days, of those 28 days. Electricity: an hour's Wh above P90 of the same
 * hours and above the lowest hour since the last use, both by 50 Wh and by a quarter. A meter's step of more than 1.6 h
 * is a loss of radio: a difference of zero proves that nobody was active, a positive one starts a new gap at its end.
 * Motion: three firings in 5 min, or two sensors in 10 min. Contact, bed, seat, presence: a change. Button, call,
 * camera, door viewer, curtain: as docs/detector.md has them.
 */
#ifndef CURTAIN_TOOL_BACKTEST_TRUTH_H
#define CURTAIN_TOOL_BACKTEST_TRUTH_H

#include "backtest_trace.h"
#include "base/clock.h"

struct truth {
	int64_t *signs_ms; /* ascending; owned */
	size_t count, capacity;
	int64_t first_ms, last_ms; /* of the readings */
	int64_t lost_ms;           /* total of the meters' steps over 2 h */
	int64_t leak_ms,
		metered_ms; /* time with a night floor of a litre an hour or more, of all time of water meters */
};

/* truth_gap: the gap that holds a moment, from the last sign (or the first reading) to the next one. */
struct truth_gap {
	int64_t start_ms, end_ms;
	bool open; /* the data end in it */
};

enum err truth_find(const struct trace *trace, const struct zone *zone, struct truth *out) ERR_MUST_CHECK;
void truth_fini(struct truth *truth);
struct truth_gap truth_gap_at(const struct truth *truth, int64_t at_ms);

/* truth_floor: the share (0..1) of the values, which it sorts; 0 if there are fewer than few. */
double truth_floor(double *values, size_t count, double share, size_t few);

#endif
