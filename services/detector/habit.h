/* SPDX-License-Identifier: MIT
 *
 * habit: how long one home is used to be silent, on one set of channels. Pure, no heap: the caller owns the struct and
 * gives local hours and days. It learns the gaps between signs of life for ever in the same few kilobytes (old ones
 * fade over months) and turns them into two limits for each hour of the day and kind of day: one for an attention, one
 * for an alarm.
 *
 * The limit of one level minimises, for a silence that begins at this hour, (such gaps a day that last longer) + price
 * x (time at risk) x limit, from the home's own gaps and, as if they were some days more, those of a population
 * (habit_prior). Gaps are weighed by how near their hour is, by kind of day, by whether a long silence was just before
 * (has got up, has come home) and by whether the person was out for long these days. Sixteen levels have sixteen
 * prices. For each the false alarms are counted that it would have raised; the fastest level that keeps to the budget
 * is in force, and who had more or fewer than that has less or more to spend. So the budget holds whatever the model
 * gets wrong.
 *
 * A gap is as long as it was proven: from one sign of life to the last moment at which there still was none.
 */
#ifndef CURTAIN_DETECTOR_HABIT_H
#define CURTAIN_DETECTOR_HABIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/clock.h"
#include "base/err.h"

#define HABIT_HOURS 24
#define HABIT_LEVELS 16                  /* 0 = the shortest limits */
#define HABIT_GAPS 256                   /* long ones, remembered one by one: half a year of most homes */
#define HABIT_LENGTHS 45                 /* limits that are weighed: 2 h to 24 h by half hours */
#define HABIT_LEAST_MS (2 * MS_PER_HOUR) /* no limit is shorter, and shorter gaps are only added up */
#define HABIT_MOST_MS (24 * MS_PER_HOUR) /* a gap as long is an absence: never learnt, never a false alarm */

#define HABIT_CLASSES 8 /* kind of day + 2 if a long silence was just before + 4 if out for long these days */

enum habit_stage { HABIT_ATTENTION, HABIT_ALARM, HABIT_STAGES };
enum habit_kind { HABIT_WORKDAY, HABIT_HOLIDAY, HABIT_KINDS }; /* of the day in which the gap's morning lies */

/* terms: what the district asks for. */
struct habit_terms {
	double per_month[HABIT_STAGES]; /* false alarms in 30.44 days, > 0 */
	int64_t floor_ms, ceiling_ms;   /* of every limit */
	double pooled;                  /* the population's false alarms are this many times those of the prior; 1 */
	double lean_least, lean_most;   /* bounds of the home's own budget; 0 = half, twice */
};

/* moment: a sign of life. */
struct habit_moment {
	struct wall since, at;           /* it is somewhen in between; all was silent up to since */
	int32_t day;                     /* local day of at, since 1970 */
	float hour;                      /* local hour of at, 0 <= hour < 24 */
	enum habit_kind kind;            /* of a gap that begins here */
	bool unseen;                     /* between the last sign and this not all was seen: the gap is not learnt */
	int64_t floors_ms[HABIT_STAGES]; /* the limits in force were no shorter; 0 = but for the terms */
};

/* outcome: what somebody found who went there. */
enum habit_outcome {
	HABIT_FALSE, /* the person was well and at home */
	HABIT_REAL,  /* help was needed: no habit */
	HABIT_VOID,  /* not at home, a fault of a device: says nothing of the habit */
	HABIT_OUTCOME_COUNT
};

/* habit_start: what is known of a silence when it begins. */
struct habit_start {
	float hour;
	uint8_t class; /* below HABIT_CLASSES; its lowest bit is the kind of day */
};

/* habit_kind gives the kind of day of a class. */
static inline enum habit_kind habit_kind(const struct habit_start *start)
{
	return (enum habit_kind)(start->class & 1);
}

struct habit {
	/* The gap that runs; changes with each sign. */
	int64_t start_ms; /* INT64_MIN = none */
	int64_t out_ms;   /* end of the last long silence that began by day; INT64_MIN = none */
	struct habit_start start;

	bool spoilt; /* it is not to be learnt, nor counted */
	uint8_t short_hour, short_class;
	float short_hours; /* of short gaps that began in short_hour, not yet in hours */

	/* What is learnt. */
	uint16_t gap_count, gap_next;
	int32_t first_day, day;                  /* INT32_MIN = never */
	float hours[HABIT_CLASSES][HABIT_HOURS]; /* of all gaps, by when they began; fading */
	float false_alarms[HABIT_LEVELS];        /* that each level would have raised; fading */
	float months;                            /* in which; fading alike */
	float lean;                              /* the budget is leant on by what people found; 0.05 to 20 */
	float came[HABIT_STAGES];                /* false alarms of the limits in force; fading alike */
	uint32_t tallies[HABIT_STAGES];          /* ... and ever */
	uint32_t outcomes[HABIT_OUTCOME_COUNT];  /* what people found, ever */
	uint32_t gaps[HABIT_GAPS];

	float levels[HABIT_STAGES]; /* in force; made from the above and the terms at the last change */
};
_Static_assert(sizeof(struct habit) < 2304, "three of them and a home's rest stay under 16 KiB");

/* habit_init: nothing is known, the population's limits hold. */
void habit_init(struct habit *habit, const struct habit_terms *terms);
/* habit_sign takes a sign of life: the running gap closes, is learnt and counted, and the next one begins. A sign from
 * before the gap began changes nothing. True when the learnt part changed (at most once an hour, and with each gap of
 * two hours, which takes some microseconds). */
bool habit_sign(struct habit *habit, const struct habit_terms *terms, const struct habit_moment *moment);
/* habit_spoil: the running gap is of an absence, or not all of it can be seen. */
void habit_spoil(struct habit *habit);
/* habit_outcome takes what was found: the home's budget becomes so many times what it was, within the bounds of the
 * terms. The learnt part changes. */
void habit_outcome(struct habit *habit, const struct habit_terms *terms, enum habit_outcome outcome, double factor);
/* habit_settle puts other terms in force. */
void habit_settle(struct habit *habit, const struct habit_terms *terms);
/* habit_limits gives how long a silence may last that began so: floor_ms to ceiling_ms, for each stage. O(HABIT_GAPS),
 * some microseconds: to be asked when a silence has lasted for floor_ms. */
void habit_limits(const struct habit *habit, const struct habit_terms *terms, const struct habit_start *start,
	int64_t out_ms[HABIT_STAGES]);

/* habit_rates gives the false alarms a month that each level would raise. */
void habit_rates(const struct habit *habit, const struct habit_terms *terms, float out_rates[HABIT_LEVELS]);
/* habit_usual gives the longest silence that is usual (p95 of those over two hours) from about this hour on; 0 = too
 * few were seen. */
int64_t habit_usual(const struct habit *habit, float hour, enum habit_kind kind);
/* habit_wake gives the hour by which there has been a sign of life in the morning (p95 of such days); < 0 = too few. */
float habit_wake(const struct habit *habit, enum habit_kind kind);
/* habit_share gives what part of the silences over two hours that begin so last so long, 0 to 1. */
double habit_share(const struct habit *habit, const struct habit_start *start, int64_t length_ms);

/* habit_population: what the habits of several homes say together: the stuff of habit_prior.c, in days of the homes.
 * 0 = nothing yet. */
struct habit_population {
	double days[HABIT_CLASSES][HABIT_HOURS];                  /* like one of a class that begins at an hour */
	double hours[HABIT_CLASSES][HABIT_HOURS];                 /* in the gaps that begin about then */
	double longer[HABIT_CLASSES][HABIT_HOURS][HABIT_LENGTHS]; /* gaps as long as 2 h, 2.5 h, ... */
	double false_alarms[HABIT_LEVELS], months;
};
/* habit_population_add adds a home's own habit, without what the population in force lends it. */
void habit_population_add(struct habit_population *population, const struct habit *habit);

/* habit_put lays down the learnt part, habit_put_run the running gap; the getters take them back: bad when bent. */
#define HABIT_BYTES_MAX 2304
void habit_put(struct blob *blob, const struct habit *habit);
void habit_put_run(struct blob *blob, const struct habit *habit);
void habit_get(struct blob *blob, struct habit *out_habit);
void habit_get_run(struct blob *blob, struct habit *out_habit);

#endif
