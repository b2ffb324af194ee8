/* SPDX-License-Identifier: MIT */
#include "detector/rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* What districts are known to run; docs/detector.md says where each is from. */
static const struct detector_rule presets[] = {
	{"water_changning", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, {10, 12}},
	{"water_longgang", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, {10, 12}},
	{"water_jingan", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, {10, 24}},
	{"water_taicang", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, {10, 24}},
	{"water_haishu", DETECTOR_RULE_WATER_UP_TO, ALERT_ALARM, {8, 24}},
	{"water_liaocheng", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, {10, 24}},
	{"water_over_jingan", DETECTOR_RULE_WATER_OVER, ALERT_ATTENTION, {2000, 24}},
	{"water_over_liaocheng", DETECTOR_RULE_WATER_OVER, ALERT_ATTENTION, {1000, 24}},
	{"door_changning", DETECTOR_RULE_DOOR, ALERT_ALARM, {24}},
	{"motion_changning", DETECTOR_RULE_MOTION, ALERT_ALARM, {24}},
};

static bool kind_of(const char *word, enum detector_rule_kind *out)
{
	for (int i = 0; i < DETECTOR_RULE_KIND_COUNT; i++) {
		if (!strcmp(rules_kind((enum detector_rule_kind)i)->name, word)) {
			*out = (enum detector_rule_kind)i;
			return true;
		}
	}
	return false;
}

int64_t rules_ms(const struct detector_rule *rule, unsigned param)
{
	bool minutes = !strcmp(rules_kind(rule->kind)->params[param].unit, "min");

	return (int64_t)(rule->values[param] * (double)(minutes ? MS_PER_MINUTE : MS_PER_HOUR));
}

/* standard_of gives a kind's rule with its standard values; false if some must be given. */
static bool standard_of(enum detector_rule_kind kind, struct detector_rule *out_rule)
{
	const struct detector_kind *k = rules_kind(kind);
	bool complete = true;

	*out_rule = (struct detector_rule){.kind = kind, .level = k->level};
	text_cut(out_rule->name, sizeof out_rule->name, k->name);
	for (unsigned i = 0; k->params[i].name; i++) {
		out_rule->values[i] = k->params[i].standard;
		complete = complete && !isnan(k->params[i].standard);
	}
	return complete;
}

/* closest keeps the name that is closest to what was written; none that is three quarters other letters. */
struct closest {
	const char *written, *name;
	unsigned distance;
};

static void closest_look(struct closest *closest, const char *name)
{
	unsigned distance = text_distance(closest->written, name);

	if (distance < closest->distance && distance * 4 < strlen(closest->written) * 3) {
		closest->distance = distance;
		closest->name = name;
	}
}

/* preset_only: the kind has two levels of its own and is not written as a rule. */
static bool preset_only(enum detector_rule_kind kind)
{
	return rules_ends_by_life(kind) || kind == DETECTOR_RULE_APPOINTMENT || kind == DETECTOR_RULE_FAULT;
}

static const char *closest_rule(const char *written)
{
	struct closest closest = {.written = written, .distance = 5};

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
		closest_look(&closest, presets[i].name);
	for (int i = 0; i < DETECTOR_RULE_KIND_COUNT; i++)
		closest_look(&closest, rules_kind((enum detector_rule_kind)i)->name);
	return closest.name;
}

static enum err fail_preset(const char *name, struct errinfo *info)
{
	const char *closest = closest_rule(name);
	enum detector_rule_kind kind;

	if (kind_of(name, &kind))
		return errinfo_set(info, ERR_NOT_FOUND,
			"\"%.40s\" has no standard values: write a rule of your own under rules.own, as in \"my_%.40s "
			"%.40s "
			"%s alarm\"",
			name, name, name, rules_kind(kind)->params[1].name ? "15 24" : "36");
	if (closest)
		return errinfo_set(info, ERR_NOT_FOUND,
			"there is no rule \"%.40s\"; did you mean \"%s\"? --check prints all", name, closest);
	return errinfo_set(info, ERR_NOT_FOUND, "there is no rule \"%.40s\"; --check prints all", name);
}

const char *rules_preset_name(unsigned index)
{
	return index < sizeof presets / sizeof *presets ? presets[index].name : NULL;
}

enum err rules_preset(const char *name, struct detector_rule *out_rule, struct errinfo *info)
{
	enum detector_rule_kind kind;
	struct detector_rule rule;

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
		if (!strcmp(presets[i].name, name)) {
			*out_rule = presets[i];
			return ERR_OK;
		}
	}
	if (!kind_of(name, &kind) || !standard_of(kind, &rule))
		return fail_preset(name, info);
	*out_rule = rule;
	return ERR_OK;
}

/* number_of reads a whole word as a number. */
static bool number_of(const char *word, double *out)
{
	char *end;

	*out = strtod(word, &end);
	return *word && !*end && isfinite(*out);
}

#define RULES_RANGES_BYTES 160

/* ranges_of writes a kind's parameters as they stand in a rule. */
static void ranges_of(const struct detector_kind *kind, char *out, size_t size)
{
	size_t at = 0;

	*out = '\0';
	for (unsigned i = 0; kind->params[i].name && at < size; i++) {
		const struct detector_param *p = &kind->params[i];
		at += (size_t)snprintf(out + at, size - at, "%s%s=%g..%g%s%s", i ? " " : "", p->name, p->least, p->most,
			*p->unit ? " " : "", p->unit);
	}
}

static enum err fail_param(const char *text, const char *name, const struct detector_kind *kind, struct errinfo *info)
{
	struct closest closest = {.written = name, .distance = 5};
	char ranges[RULES_RANGES_BYTES];

	for (unsigned i = 0; kind->params[i].name; i++)
		closest_look(&closest, kind->params[i].name);
	ranges_of(kind, ranges, sizeof ranges);
	if (closest.name)
		return errinfo_set(info, ERR_INVALID,
			"rule \"%.60s\": %s has no parameter \"%.20s\"; did you mean \"%s\"?", text, kind->name, name,
			closest.name);
	return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": %s has no parameter \"%.20s\"; it takes %s", text,
		kind->name, name, *ranges ? ranges : "none");
}

/* param_of finds which parameter a word is for, "PARAMETER=VALUE" or a value alone for the one at *next, and the
 * value's text. */
static enum err param_of(const char *text, const char *word, const struct detector_kind *kind, unsigned *next,
	unsigned *out_param, const char **out_value, struct errinfo *info)
{
	const char *equals = strchr(word, '=');
	char name[64];

	*out_value = equals ? equals + 1 : word;
	if (!equals) {
		*out_param = (*next)++;
		if (*out_param < DETECTOR_PARAMS_MAX && kind->params[*out_param].name)
			return ERR_OK;
		return fail_param(text, word, kind, info);
	}
	text_cut(name, sizeof name, word);
	name[equals - word] = '\0';
	*next = DETECTOR_PARAMS_MAX; /* none alone after a named one */
	*out_param = 0;
	while (kind->params[*out_param].name && strcmp(kind->params[*out_param].name, name) != 0)
		++*out_param;
	return kind->params[*out_param].name ? ERR_OK : fail_param(text, name, kind, info);
}

static enum err value_take(
	const char *text, const char *word, struct detector_rule *rule, unsigned *next, struct errinfo *info)
{
	const struct detector_kind *kind = rules_kind(rule->kind);
	const char *written = "";
	unsigned param = 0;
	double value;
	enum err err = param_of(text, word, kind, next, &param, &written, info);

	if (err)
		return err;
	const struct detector_param *p = &kind->params[param];
	if (!number_of(written, &value) || value < p->least || value > p->most || (p->whole && value != floor(value)))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": %s must be %s from %g to %g%s%s, not \"%.20s\"",
			text, p->name, p->whole ? "a whole number" : "a number", p->least, p->most, *p->unit ? " " : "",
			p->unit, written);
	rule->values[param] = value;
	return ERR_OK;
}

/* level_take: silence has two levels of its own and can't be written as a rule; a weekly note pages nobody. */
static bool level_take(const char *word, struct detector_rule *rule)
{
	if (rule->kind == DETECTOR_RULE_DECLINE)
		return !alert_level_find(word, &rule->level) && rule->level == ALERT_MAINTENANCE;
	return !alert_level_find(word, &rule->level) && (rule->level == ALERT_ALARM || rule->level == ALERT_ATTENTION);
}

static enum err fail_kind(const char *text, const char *word, struct errinfo *info)
{
	struct closest closest = {.written = word, .distance = 5};
	enum detector_rule_kind kind;

	if (kind_of(word, &kind))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": %s has %s; name it under rules.use", text, word,
			kind == DETECTOR_RULE_APPOINTMENT ? "what the registry says was agreed"
			: kind == DETECTOR_RULE_FAULT     ? "settings of its own (feedback.*)"
							  : "settings of its own (silence.*)");
	for (int i = 0; i < DETECTOR_RULE_KIND_COUNT; i++)
		if (!preset_only((enum detector_rule_kind)i))
			closest_look(&closest, rules_kind((enum detector_rule_kind)i)->name);
	if (closest.name)
		return errinfo_set(info, ERR_INVALID,
			"rule \"%.60s\": there is no kind \"%.40s\"; did you mean \"%s\"?", text, word, closest.name);
	return errinfo_set(
		info, ERR_INVALID, "rule \"%.60s\": there is no kind \"%.40s\"; --check prints all", text, word);
}

/* complete: the parameters that have no standard value were given. */
static enum err complete(const char *text, const struct detector_rule *rule, struct errinfo *info)
{
	const struct detector_kind *kind = rules_kind(rule->kind);
	char ranges[RULES_RANGES_BYTES];

	ranges_of(kind, ranges, sizeof ranges);
	for (unsigned i = 0; kind->params[i].name; i++)
		if (isnan(rule->values[i]))
			return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": %s is missing; it takes %s", text,
				kind->params[i].name, ranges);
	return ERR_OK;
}

enum err rules_parse(const char *text, struct detector_rule *out_rule, struct errinfo *info)
{
	struct detector_rule rule = {0};
	enum detector_rule_kind kind;
	char words[DETECTOR_PARAMS_MAX + 4][64];
	unsigned next = 0;
	enum err err = ERR_OK;
	int count = sscanf(text, " %63s %63s %63s %63s %63s %63s %63s", words[0], words[1], words[2], words[3],
		words[4], words[5], words[6]);

	_Static_assert(DETECTOR_PARAMS_MAX == 3, "as many words as a rule may have, and one");
	if (count < 3)
		return errinfo_set(info, ERR_INVALID,
			"rule \"%.60s\": write NAME KIND [PARAMETER=VALUE ...] alarm|attention, as in "
			"\"low water_under litres=10 hours=12 alarm\"",
			text);
	if (!kind_of(words[1], &kind) || preset_only(kind))
		return fail_kind(text, words[1], info);
	(void)standard_of(kind, &rule);
	if (!text_is_id(words[0]) || text_copy(rule.name, sizeof rule.name, words[0]))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": the name must be 1 to %d of A-Z a-z 0-9 . _ -",
			text, WORD_BYTES - 1);
	if (count == DETECTOR_PARAMS_MAX + 4 || !level_take(words[count - 1], &rule))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": it ends with %s", text,
			kind == DETECTOR_RULE_DECLINE ? "maintenance" : "alarm or attention");
	for (int i = 2; i < count - 1 && !err; i++)
		err = value_take(text, words[i], &rule, &next, info);
	if (!err)
		err = complete(text, &rule, info);
	if (!err)
		*out_rule = rule;
	return err;
}

enum err rules_add(struct detector_rule *rules, unsigned *count, const struct detector_rule *rule, struct errinfo *info)
{
	for (unsigned i = 0; i < *count; i++)
		if (!strcmp(rules[i].name, rule->name))
			return errinfo_set(info, ERR_EXISTS, "rule \"%s\" is there twice", rule->name);
	if (*count == DETECTOR_RULES_MAX)
		return errinfo_set(info, ERR_FULL, "at most %d rules may be on", DETECTOR_RULES_MAX);
	rules[(*count)++] = *rule;
	return ERR_OK;
}

bool rules_ends_by_life(enum detector_rule_kind kind)
{
	return kind == DETECTOR_RULE_SILENCE || kind == DETECTOR_RULE_SILENCE_FIXED;
}

bool rules_is_of_person(const struct detector_rule *rule)
{
	return rules_kind(rule->kind)->person;
}
