/* SPDX-License-Identifier: MIT
 *
 * rules: the named rules of the detector and their parameters. A district switches presets on by name and writes rules
 * of its own in one line each.
 */
#ifndef CURTAIN_DETECTOR_RULES_H
#define CURTAIN_DETECTOR_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "message/message.h"

#define DETECTOR_RULES_MAX 32

enum detector_rule_kind {
	DETECTOR_RULE_SILENCE,       /* no sign of life at all, for longer than the home's habit allows */
	DETECTOR_RULE_WATER_UNDER,   /* less than `litres` in `window_ms` */
	DETECTOR_RULE_WATER_UP_TO,   /* at most `litres` in `window_ms` */
	DETECTOR_RULE_WATER_OVER,    /* more than `litres` in `window_ms` */
	DETECTOR_RULE_DOOR,          /* no door opened in `window_ms` */
	DETECTOR_RULE_MOTION,        /* no motion in `window_ms` */
	DETECTOR_RULE_SILENCE_FIXED, /* no sign of life at all; limits in struct detector_limits */
	DETECTOR_RULE_KIND_COUNT
};

struct detector_rule {
	char name[WORD_BYTES];
	enum detector_rule_kind kind;
	enum alert_level level; /* not of silence, which has two */
	double litres;          /* water rules */
	int64_t window_ms;      /* all but silence; whole hours, 1..48 */
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

/* rules_preset looks a rule in use somewhere up by name: "silence", "water_changning" (< 10 l in 12 h),
 * "water_haishu" (<= 8 l in 24 h), ... ERR_NOT_FOUND names what there is. */
enum err rules_preset(const char *name, struct detector_rule *out_rule, struct errinfo *info) ERR_MUST_CHECK;
/* rules_parse reads "NAME water_under|water_up_to|water_over LITRES HOURS LEVEL" or "NAME door|motion HOURS LEVEL", as
 * in "low_water water_under 15 24 attention". ERR_INVALID says what is wrong and how to write it. */
enum err rules_parse(const char *text, struct detector_rule *out_rule, struct errinfo *info) ERR_MUST_CHECK;
/* rules_add appends a rule; ERR_EXISTS if its name is taken, ERR_FULL beyond DETECTOR_RULES_MAX. */
enum err rules_add(struct detector_rule *rules, unsigned *count, const struct detector_rule *rule,
	struct errinfo *info) ERR_MUST_CHECK;
/* rules_ends_by_life: any sign of life ends what the rule has raised. */
bool rules_ends_by_life(enum detector_rule_kind kind);
/* rules_is_silence: the rule tells of a person who may be in need; it rests while the home is away. */
bool rules_is_silence(const struct detector_rule *rule);

#endif
