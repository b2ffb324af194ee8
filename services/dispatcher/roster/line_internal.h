/* SPDX-License-Identifier: MIT
 *
 * line_internal: what the files of the line solver share.
 *
 * States: 0..rests-1 are days off (state r: r + 1 days in a row, the last: that or more), rests + class * runs + (n -
 * 1) is a shift of a class after n days of work in a row. A class holds kinds that bar and are barred alike and add the
 * same amount to the first limit.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_LINE_INTERNAL_H
#define CURTAIN_DISPATCHER_ROSTER_LINE_INTERNAL_H

#include "dispatcher/roster/line.h"

#define LINE_FAR (1 << 30)          /* no way to the end */
#define LINE_TOO_FAR (LINE_FAR / 2) /* anything from here on is no way */
#define LINE_EXTRAS_MAX ROSTER_LIMITS_MAX
#define LINE_TABLE_MAX (48 << 20)   /* cells of the table of backward costs */
#define LINE_TABLE_WANTED (3 << 20) /* further limits come into the table up to here */
#define LINE_OTHERS_MAX 2048
#define LINE_DIGITS_MAX 8
#define LINE_CHAINS (1 << 14)
#define LINE_TWINS_MAX 4

/* line_extra: a limit other than the first. Hard ones wait until a line breaks them: most never bind. Those at work
 * count as a digit of the table's index `other`, as far as there is room; the others are left to A*. */
struct line_extra {
	const struct roster_limit *limit;
	const struct roster_measure *measure;
	int32_t room, used; /* hi less what stands outside the window; and that amount */
	bool waits;
	int digit;  /* -1 = not in the table */
	int stride; /* of its digit */
};

struct line_shape {
	const struct line_task *task;
	const struct roster_person *person;
	const uint64_t *may;
	int rests, runs, states, classes;
	int class_of[ROSTER_OPTIONS_MAX];
	int class_kind[ROSTER_OPTIONS_MAX];      /* a kind of the class */
	int32_t class_units[ROSTER_OPTIONS_MAX]; /* of the first limit */
	int start;                               /* state before the window */
	int32_t unit;                            /* minutes or shifts a step of the table; 0 = first limit not in it */
	int32_t units;                           /* 0..units in the table */
	int32_t width;                           /* of a row of units: more are always no way */
	int32_t outside;                         /* what of the first limit stands outside the window */
	const struct roster_limit *first;        /* NULL = not in the table */
	int twins;                               /* limits that count what the first counts */
	const struct roster_limit *twin[LINE_TWINS_MAX];
	int32_t twin_outside[LINE_TWINS_MAX];
	int others; /* values of the index of the digits; each has one more than may be, always no way */
	int digits;
	int digit_extra[LINE_DIGITS_MAX];
	int16_t reach[LINE_DIGITS_MAX][ROSTER_DAYS_MAX + 1]; /* the most of a digit before a step */
	int extras, starred;                                 /* those that A* has to keep */
	struct line_extra extra[LINE_EXTRAS_MAX];
};

struct line_label {
	int64_t cost;
	int32_t before; /* label; -1 = the start */
	int16_t day;    /* days decided, from the window's start */
	uint16_t state, units, other;
	uint8_t option;
};

struct line_queue_slot {
	int64_t promise;
	int32_t label;
	int32_t day;
};

struct line_solver {
	const struct roster_model *model;
	int32_t *table; /* day, state, other, units */
	int32_t *lid;   /* other, units: 0, or LINE_FAR beyond the most of a digit or of the units */
	uint8_t *full;  /* digit, other: the digit is at its most */
	int64_t table_room, lid_room;
	uint8_t *work; /* the line under way */
	struct line_shape shape;
	struct line_label *label;
	uint16_t *extra; /* label, extra: amounts in the window */
	int labels, label_room;
	bool deep; /* out of effort: the longest first */
	struct line_queue_slot *queue;
	int queued, queue_room;
	int32_t *chain; /* hash of closed labels: first label */
	int32_t *next;  /* label -> next of its chain */
};

/* line_next gives the state after option on day in a state, or -1 where a rule of runs and rests forbids it. */
int line_next(const struct line_shape *shape, int state, int day, int option);
/* line_weekend says whether working on day after state begins a weekend that was not worked yet. */
bool line_weekend(const struct roster_model *model, const struct line_shape *shape, int state, int day);
/* line_shape_make fills the shape of a task; false: what stands outside the window breaks a rule by itself. */
bool line_shape_make(const struct roster_model *model, const struct line_task *task, struct line_shape *shape);
/* line_shape_arrange divides the limits at work between table and A*; false = even the least table is too large. */
bool line_shape_arrange(const struct roster_model *model, struct line_shape *shape);
/* line_shape_wake sets the waiting limits to work that line breaks; false = it breaks none. */
bool line_shape_wake(const struct roster_model *model, struct line_shape *shape, const uint8_t *line);
/* line_more gives what option on day adds to an extra limit: 0 or 1. */
int line_more(const struct roster_model *model, const struct line_shape *shape, const struct line_extra *extra,
	int state, int day, int option);
/* line_other gives the index after an option, -1 where a digit is full. */
int line_other(const struct line_solver *solver, int other, int state, int day, int option);
/* line_units gives the table's units of option on day. */
int32_t line_units(const struct roster_model *model, const struct line_shape *shape, int day, int option);
/* line_ending says whether the days after the window may follow state. */
bool line_ending(const struct roster_model *model, const struct line_shape *shape, int state);
/* line_first_cost: what units of the first limit cost at the end, scaled; LINE_FAR outside its limits. */
int32_t line_first_cost(const struct line_shape *shape, int32_t units);

static inline int32_t *line_cell(const struct line_solver *solver, int step, int state, int other, int32_t units)
{
	const struct line_shape *s = &solver->shape;

	return solver->table + ((((int64_t)step * s->states + state) * s->others + other) * s->width + units);
}

/* line_star finishes a task by A*. */
enum err line_star(struct line_solver *solver, uint8_t *out_line, struct line_answer *out_answer) ERR_MUST_CHECK;

#endif
