/* SPDX-License-Identifier: MIT
 *
 * habit: what the detector answers to "habit" and "explain", for a person: text in both languages, a drawing.
 * ERR_INVALID: the answer is not of that form (another version of Curtain).
 */
#ifndef CURTAIN_TOOL_HABIT_H
#define CURTAIN_TOOL_HABIT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "habit_appointment.h"
#include "habit_lesson.h"

#define HABIT_SETS_MAX 8
#define HABIT_DAY_HOURS 24

/* By the hour at which a silence begins, in hours. */
struct habit_day {
	double attention[HABIT_DAY_HOURS], alarm[HABIT_DAY_HOURS], usual[HABIT_DAY_HOURS];
	double up_by; /* hour; < 0 = not known */
};

struct habit_channels {
	bool in_force;
	char channels[200]; /* words, joined */
	double months, attention_rate, alarm_rate;
	long long silences, attention_false, alarm_false;
	struct habit_day days[2]; /* workday, day off */
};

struct habit_answer {
	char household[64], mode[32], looked_at[200], blind[200];
	struct wall judged, last_sign, silent_since, expected_by, attention_at, alarm_at;
	double silent_hour;
	unsigned silent_day; /* of days[] */
	bool population;
	char community[64]; /* whose own budget; "" = the district's */
	double attention_budget, alarm_budget;
	unsigned count;
	struct habit_channels habits[HABIT_SETS_MAX];
	struct habit_appointments appointments;
	struct habit_lessons lessons;
};

/* habit_mode_word gives the Chinese word of a home's mode, "" for one that is not known. */
const char *habit_mode_word(const char *mode);
enum err habit_parse(const char *json, struct habit_answer *out, struct errinfo *info) ERR_MUST_CHECK;
/* habit_text appends the model in words and a small table of limits over the day. */
void habit_text(const struct habit_answer *answer, const struct zone *zone, struct buf *out);
/* habit_svg appends a drawing: the limits over 24 hours for workdays and days off, the running silence on it. */
void habit_svg(const struct habit_answer *answer, struct buf *out);
/* explain_text appends how an alert grew, what was looked at, and the limits at that hour. */
enum err explain_text(const char *json, const struct zone *zone, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
