/* SPDX-License-Identifier: MIT
 *
 * rules: the named rules of the detector, the kinds that there are, and their parameters. A district switches presets
 * on by name and writes rules of its own in one line each.
 */
#ifndef CURTAIN_DETECTOR_RULES_H
#define CURTAIN_DETECTOR_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "message/message.h"

#define DETECTOR_RULES_MAX 32
#define DETECTOR_PARAMS_MAX 3

enum detector_rule_kind {
	DETECTOR_RULE_SILENCE,       /* no sign of life at all, for longer than the home's habit allows */
	DETECTOR_RULE_WATER_UNDER,   /* less water in a window */
	DETECTOR_RULE_WATER_UP_TO,   /* not more water in a window */
	DETECTOR_RULE_WATER_OVER,    /* more water in a window */
	DETECTOR_RULE_DOOR,          /* no door opened in a window */
	DETECTOR_RULE_MOTION,        /* no motion in a window */
	DETECTOR_RULE_SILENCE_FIXED, /* no sign of life at all; limits in struct detector_limits */
	DETECTOR_RULE_OPEN_TAP,      /* much water hour after hour */
	DETECTOR_RULE_DRIP,          /* some water in every hour */
	DETECTOR_RULE_NIGHTLY,       /* more water than ever, night after night */
	DETECTOR_RULE_GAS_LONG,      /* gas without a pause */
	DETECTOR_RULE_BASE_JUMP,     /* current that is never off has grown */
	DETECTOR_RULE_DEAD,          /* current that is never off is off */
	DETECTOR_RULE_DOOR_LONG,     /* a door stands open */
	DETECTOR_RULE_DOOR_NIGHT,    /* the same at night */
	DETECTOR_RULE_LEFT,          /* a door at night, and nobody inside since */
	DETECTOR_RULE_BATHROOM,      /* in the bathroom for long */
	DETECTOR_RULE_BED,           /* out of bed at night, and nothing since */
	DETECTOR_RULE_COLD,          /* a room is cold */
	DETECTOR_RULE_HOT,           /* a room is hot */
	DETECTOR_RULE_DECLINE,       /* less movement, more nights up, over weeks */
	DETECTOR_RULE_APPOINTMENT,   /* an agreed sign is missing at its hour */
	DETECTOR_RULE_FAULT,         /* people say that a channel is at fault */
	DETECTOR_RULE_KIND_COUNT
};

struct detector_rule {
	char name[WORD_BYTES];
	enum detector_rule_kind kind;
	enum alert_level level;             /* not of silence, which has two */
	double values[DETECTOR_PARAMS_MAX]; /* in the order of its kind's parameters */
};

/* detector_param: one parameter of a kind. */
struct detector_param {
	const char *name, *unit; /* as in "hours", "l/h"; name NULL ends the list */
	double standard;         /* NAN: it must be given */
	double least, most;
	bool whole;
};

/* detector_kind: what a kind of rule is. The words are one line each, where {since}, {at} are times, {length} how long
 * since then, {amount} what was found, {limit} what was allowed, {param} the first parameter. */
struct detector_kind {
	const char *name;
	enum alert_level level; /* of the preset of this name */
	enum alert_kind alert;
	bool person;         /* tells of a person who may be in need: it rests while the home is away */
	uint64_t quantities; /* that it looks at; 0 = whatever is a sign of life */
	struct detector_param params[DETECTOR_PARAMS_MAX + 1];
	const char *found[2], *over[2]; /* Chinese, English; NULL: core_say.c has more than a line to say */
};

/* detector_budget: how often a silence may be called too long, though it ends by itself, at a home in 30.44 days. The
 * limits that keep to it come from the home's habit; none is shorter than floor_ms nor longer than ceiling_ms. */
struct detector_budget {
	double attention_per_month, alarm_per_month; /* > 0; attention at least as often as alarm */
	int64_t floor_ms, ceiling_ms;
};

/* detector_limits: how long without a sign of life is too long, by the fixed rule: the same for every home. */
struct detector_limits {
	int64_t attention_ms, alarm_ms; /* two or more persons */
	int64_t one_person_attention_ms, one_person_alarm_ms;
	int64_t learning_ms;       /* a home is new for this long ... */
	int64_t learning_extra_ms; /* ... and its limits are longer by this */
};

/* rules_kind gives the table's row of a kind. */
const struct detector_kind *rules_kind(enum detector_rule_kind kind);
/* rules_ms gives a parameter, by its place, that is in hours or minutes. */
int64_t rules_ms(const struct detector_rule *rule, unsigned param);
/* rules_preset looks a rule up by name: a kind's own name gives it with its standard values ("silence",
 * "water_open_tap"), others are rules in use somewhere: "water_changning" (< 10 l in 12 h), ... ERR_NOT_FOUND names
 * the closest one. */
enum err rules_preset(const char *name, struct detector_rule *out_rule, struct errinfo *info) ERR_MUST_CHECK;
/* rules_preset_name gives the presets that are no kind's name, one by one; NULL after the last. */
const char *rules_preset_name(unsigned index);
/* rules_parse reads "NAME KIND [VALUE ...] [PARAMETER=VALUE ...] LEVEL": values alone stand in the order of the kind's
 * parameters, as in "low_water water_under 15 24 attention" or "tap water_open_tap litres_h=90 alarm". ERR_INVALID says
 * what is wrong and how to write it. */
enum err rules_parse(const char *text, struct detector_rule *out_rule, struct errinfo *info) ERR_MUST_CHECK;
/* rules_add appends a rule; ERR_EXISTS if its name is taken, ERR_FULL beyond DETECTOR_RULES_MAX. */
enum err rules_add(struct detector_rule *rules, unsigned *count, const struct detector_rule *rule,
	struct errinfo *info) ERR_MUST_CHECK;
/* rules_ends_by_life: any sign of life ends what the rule has raised. */
bool rules_ends_by_life(enum detector_rule_kind kind);
/* rules_is_of_person: the rule tells of a person who may be in need; it rests while the home is away. */
bool rules_is_of_person(const struct detector_rule *rule);

#endif
