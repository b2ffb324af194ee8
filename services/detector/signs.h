/* SPDX-License-Identifier: MIT
 *
 * signs: which quantities tell that somebody lives, which of them prove silence, and how strict each one's filter is.
 */
#ifndef CURTAIN_DETECTOR_SIGNS_H
#define CURTAIN_DETECTOR_SIGNS_H

#include <stdint.h>

#include "detector/meter.h"

#define SIGNS_FIRINGS_MAX 6 /* of motion, remembered: a burst is no larger */

struct detector_signs {
	uint64_t use;   /* bits of enum quantity: what the filter lets through is a sign of life */
	uint64_t prove; /* of those: hours without any mean something. 0 = all of this as signs_default has it */
	struct meter_filter meter;
	int64_t motion_burst; /* firings within motion_burst_ms: one alone is a ghost now and then. 1 = each counts */
	int64_t motion_burst_ms, motion_pair_ms; /* two sensors within motion_pair_ms are a sign too */
	double cover_opened;                     /* percent: a curtain that moved by less was not opened */
	double person_score;                     /* a camera that is less sure saw nobody */
};

/* signs_default gives what is shipped; docs/detector.md has the table. */
struct detector_signs signs_default(void);
/* signs_possible gives the quantities for which there is a filter. */
uint64_t signs_possible(void);

#endif
