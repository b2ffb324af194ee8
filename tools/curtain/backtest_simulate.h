/* SPDX-License-Identifier: MIT
 *
 * backtest_simulate: adds channels that a home never had to its real water trace, so that the detector can be tried
 * with several channels. A simulation: docs/detection.md states each of its assumptions, and its figures are to be read
 * in its own terms. Seeded: of the seed and the home's id alone.
 *
 * Each gap between two real uses of water gets a story: at home and awake, asleep, or out. A gap of a day or more is an
 * absence. Motion comes in bursts while somebody is at home and awake, now and then at night, and as single ghosts at
 * any time; current rises while somebody is awake; the door opens on leaving and on coming back.
 */
#ifndef CURTAIN_TOOL_BACKTEST_SIMULATE_H
#define CURTAIN_TOOL_BACKTEST_SIMULATE_H

#include "backtest_trace.h"
#include "base/clock.h"

#define SIMULATE_DOOR 1u
#define SIMULATE_MOTION 2u
#define SIMULATE_ELECTRICITY 4u

/* simulate_parse reads "door,motion,electricity" into a mask. */
enum err simulate_parse(const char *text, unsigned *out_what, struct errinfo *info) ERR_MUST_CHECK;
/* simulate_home adds what the mask says to a closed trace with a water meter, and closes it again. A trace without one
 * stays as it is. */
enum err simulate_home(struct trace_set *set, struct trace *trace, const struct zone *zone, unsigned what,
	uint64_t seed) ERR_MUST_CHECK;

#endif
