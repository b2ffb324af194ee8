/* SPDX-License-Identifier: MIT
 *
 * feedback: what people found at the door, and what it moves: the home's own level, the population's, the trust in a
 * channel. docs/detector.md, "Feedback", has the table. What moved is kept, the last DETECTOR_LESSONS_MAX a home.
 */
#ifndef CURTAIN_DETECTOR_FEEDBACK_H
#define CURTAIN_DETECTOR_FEEDBACK_H

#include <stdint.h>

#include "message/message.h"

#define DETECTOR_LESSONS_MAX 8

/* detector_feedback: how much one outcome moves, and how far all of them may. */
struct detector_feedback {
	double step;        /* share of a home's budget that one false alarm takes; 0 = all of this as shipped */
	double least, most; /* of the configured budget, that a home's may become */
	double pooled_step; /* one outcome in each home moves the population by this share */
	double pooled_least, pooled_most;
	int64_t doubt_ms; /* a channel that is said to be at fault is left out for so long */
};

/* detector_lesson: one outcome, and what it moved. */
struct detector_lesson {
	char incident[ID_BYTES];
	struct wall at;
	enum outcome outcome;
	enum found found;
	float lean_before, lean;     /* the home's budget is so many times the configured one */
	float pooled_before, pooled; /* the population's false alarms are so many times the prior's */
	uint8_t doubted;             /* enum quantity of the channel; QUANTITY_COUNT = none */
};

struct detector_feedback detector_feedback_default(void);

#endif
