/* SPDX-License-Identifier: MIT
 *
 * year: a year of the district in virtual time. The incident core, the rosters' engine and the book of duties are the
 * real ones; what people, homes and the desk do is dice (year_rates.h). Every promise is checked while it runs, by code
 * that shares nothing with what it checks. The same options print the same bytes.
 */
#ifndef CURTAIN_SIM_YEAR_H
#define CURTAIN_SIM_YEAR_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* year_fault: something done wrong on purpose, once in a while, to see that the checks see it. */
enum year_fault {
	YEAR_FAULT_NONE,
	YEAR_FAULT_PAGE_LOST,     /* the desk never gets a page about a life */
	YEAR_FAULT_PAGE_TWICE,    /* some pages leave twice */
	YEAR_FAULT_TIMER_MISSED,  /* a tick does not happen when it is due */
	YEAR_FAULT_ROSTER_BENT,   /* a night is moved to who has had a day before it, or may not have it */
	YEAR_FAULT_BOOK_APART,    /* what is published is not what was planned, nor who is away */
	YEAR_FAULT_ERRAND_LOST,   /* some visits are made and nobody hears of it */
	YEAR_FAULT_SWAP_FORCED,   /* who says no to a swap is heard as saying yes */
	YEAR_FAULT_NOTICE_LOST,   /* some are not reminded of a duty, or told of their day */
	YEAR_FAULT_COVER_UNASKED, /* some are asked to take a duty and never hear of it */
	YEAR_FAULT_COUNT
};

enum year_promise {
	YEAR_LIFE_REACHED,   /* an incident about a life: a person or the desk had it within 10 minutes */
	YEAR_PAGE_ONCE,      /* no page leaves twice */
	YEAR_TIMER_KEPT,     /* after a tick nothing is due; no tick is later than its moment */
	YEAR_INCIDENT_ENDED, /* none is left open */
	YEAR_STRANGER_HEARD, /* a reply of somebody who was not asked changes nothing */
	YEAR_ROSTER_RULES,   /* every hard rule of every roster, person by person */
	YEAR_ROSTER_STABLE,  /* what begins within 48 h changes with the word of those concerned only */
	YEAR_BOOK_TRUE,      /* what is in force is what was planned, and nobody has two duties at a time */
	YEAR_COVERED,        /* a lost duty that somebody may take and would take is covered */
	YEAR_SWAP_RIGHT,     /* in force by the word of both and not against the captain's; refused by a rule alone */
	YEAR_REMINDED,       /* a day and an hour before a duty, once, and nobody else */
	YEAR_VISIT_NOTICED,  /* no home is forgotten, and what was missed is told to somebody the same day */
	YEAR_ASKED_ONCE,     /* nobody is asked twice for the same visit */
	YEAR_ERRAND_OWNED,   /* what is agreed has somebody who does it */
	YEAR_ERRAND_ENDED,   /* event after event to an end; tasks that are late are known to the desk */
	YEAR_AWAY_LEFT,      /* who is away by the task is neither called nor asked, unless on duty */
	YEAR_REACHED, /* at the start of a duty: asked once, and silence is known to others in time, and nothing else */
	YEAR_DAY_TOLD, /* who has stops is told of these in the morning, once, by the shortest way */
	YEAR_PROMISE_COUNT
};

struct year_options {
	uint64_t seed;
	unsigned days;            /* 1..YEAR_DAYS_MAX */
	unsigned incidents_a_day; /* on average, storms not counted */
	unsigned plan_steps;      /* small changes of a new roster, from an empty one; 0 = as a good one needs */
	enum year_fault fault;
	const char *policies;            /* file; NULL = the preset */
	const char *visits, *checklists; /* files; NULL = the preset, in which nobody is visited by itself */
	const char *samples; /* folder for some planning tasks and rosters, for tests/roster_check.py; NULL = none */
	const char *log;     /* file for all alerts and events of incidents, one JSON object a line; NULL = none */
};

#define YEAR_DAYS_MAX 371

struct year_outcome {
	unsigned broken[YEAR_PROMISE_COUNT]; /* how often each promise was broken */
	unsigned incidents, about_life, rosters;
};

/* year_run plays it and prints the tables to out. ERR_OK says that it ran, not that all promises were kept. */
enum err year_run(const struct year_options *options, FILE *out, struct year_outcome *out_outcome,
	struct errinfo *info) ERR_MUST_CHECK;
const char *year_promise_name(enum year_promise promise);
/* year_fault_find gives ERR_NOT_FOUND for an unknown word. */
enum err year_fault_find(const char *name, enum year_fault *out) ERR_MUST_CHECK;

#endif
