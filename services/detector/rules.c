/* SPDX-License-Identifier: MIT */
#include "detector/rules.h"

#include <assert.h>
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

enum err rules_preset(const char *name, struct detector_rule *out_rule, struct errinfo *info)
{
	char known[ERR_TEXT_BYTES - 80] = "";
	size_t at = 0;
	enum detector_rule_kind kind;
	struct detector_rule rule;

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
		if (!strcmp(presets[i].name, name)) {
			*out_rule = presets[i];
			return ERR_OK;
		}
		at += (size_t)snprintf(known + at, sizeof known - at, " %s", presets[i].name);
		assert(at < sizeof known);
	}
	if (kind_of(name, &kind) && standard_of(kind, &rule)) {
		*out_rule = rule;
		return ERR_OK;
	}
	return errinfo_set(
		info, ERR_NOT_FOUND, "no preset \"%.32s\"; there are silence and others, and:%s", name, known);
}

/* number_of reads a whole word as a number. */
static bool number_of(const char *word, double *out)
{
	char *end;

	*out = strtod(word, &end);
	return *word && !*end && isfinite(*out);
}

/* how writes a kind's parameters as they stand in a rule. */
static void how(const struct detector_kind *kind, char *out, size_t size)
{
	size_t at = 0;

	*out = '\0';
	for (unsigned i = 0; kind->params[i].name && at < size; i++) {
		const struct detector_param *p = &kind->params[i];
		at += (size_t)snprintf(out + at, size - at, " %s=%g..%g", p->name, p->least, p->most);
	}
}

/* value_take reads "PARAMETER=VALUE", or a value alone for the parameter at *next. */
static bool value_take(const char *word, struct detector_rule *rule, unsigned *next)
{
	const struct detector_kind *kind = rules_kind(rule->kind);
	const char *equals = strchr(word, '=');
	unsigned i = 0;
	double value;

	if (equals) {
		size_t length = (size_t)(equals - word);
		while (kind->params[i].name &&
			(strlen(kind->params[i].name) != length || strncmp(kind->params[i].name, word, length) != 0))
			i++;
		*next = DETECTOR_PARAMS_MAX; /* none alone after a named one */
	} else {
		i = (*next)++;
	}
	if (i >= DETECTOR_PARAMS_MAX || !kind->params[i].name || !number_of(equals ? equals + 1 : word, &value))
		return false;
	if (value < kind->params[i].least || value > kind->params[i].most ||
		(kind->params[i].whole && value != floor(value)))
		return false;
	rule->values[i] = value;
	return true;
}

/* level_take: silence has two levels of its own and can't be written as a rule; a weekly note pages nobody. */
static bool level_take(const char *word, struct detector_rule *rule)
{
	if (rule->kind == DETECTOR_RULE_DECLINE)
		return !alert_level_find(word, &rule->level) && rule->level == ALERT_MAINTENANCE;
	return !alert_level_find(word, &rule->level) && (rule->level == ALERT_ALARM || rule->level == ALERT_ATTENTION);
}

enum err rules_parse(const char *text, struct detector_rule *out_rule, struct errinfo *info)
{
	struct detector_rule rule = {0};
	enum detector_rule_kind kind;
	char words[DETECTOR_PARAMS_MAX + 4][64], usage[160];
	unsigned next = 0;
	int count = sscanf(text, " %63s %63s %63s %63s %63s %63s %63s", words[0], words[1], words[2], words[3],
		words[4], words[5], words[6]);

	_Static_assert(DETECTOR_PARAMS_MAX == 3, "as many words as a rule may have, and one");
	if (count < 3 || !kind_of(words[1], &kind) || rules_ends_by_life(kind))
		return errinfo_set(info, ERR_INVALID,
			"rule \"%.60s\": write NAME KIND [PARAMETER=VALUE ...] alarm|attention, as in "
			"\"low water_under litres=10 hours=12 alarm\"",
			text);
	(void)standard_of(kind, &rule);
	how(rules_kind(kind), usage, sizeof usage);
	if (!text_is_id(words[0]) || text_copy(rule.name, sizeof rule.name, words[0]))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": the name must be 1 to %d of A-Z a-z 0-9 . _ -",
			text, WORD_BYTES - 1);
	if (count == DETECTOR_PARAMS_MAX + 4 || !level_take(words[count - 1], &rule))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": it ends with %s", text,
			kind == DETECTOR_RULE_DECLINE ? "maintenance" : "alarm or attention");
	for (int i = 2; i < count - 1; i++)
		if (!value_take(words[i], &rule, &next))
			return errinfo_set(
				info, ERR_INVALID, "rule \"%.60s\": \"%.20s\" is none of%s", text, words[i], usage);
	for (unsigned i = 0; rules_kind(kind)->params[i].name; i++)
		if (isnan(rule.values[i]))
			return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": %s is missing; it takes%s", text,
				rules_kind(kind)->params[i].name, usage);
	*out_rule = rule;
	return ERR_OK;
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
