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
	{"silence", DETECTOR_RULE_SILENCE, ALERT_ALARM, 0, 0},
	{"silence_fixed", DETECTOR_RULE_SILENCE_FIXED, ALERT_ALARM, 0, 0},
	{"water_changning", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, 10, 12 * MS_PER_HOUR},
	{"water_longgang", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, 10, 12 * MS_PER_HOUR},
	{"water_jingan", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, 10, 24 * MS_PER_HOUR},
	{"water_taicang", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, 10, 24 * MS_PER_HOUR},
	{"water_haishu", DETECTOR_RULE_WATER_UP_TO, ALERT_ALARM, 8, 24 * MS_PER_HOUR},
	{"water_liaocheng", DETECTOR_RULE_WATER_UNDER, ALERT_ALARM, 10, 24 * MS_PER_HOUR},
	{"water_over_jingan", DETECTOR_RULE_WATER_OVER, ALERT_ATTENTION, 2000, 24 * MS_PER_HOUR},
	{"water_over_liaocheng", DETECTOR_RULE_WATER_OVER, ALERT_ATTENTION, 1000, 24 * MS_PER_HOUR},
	{"door_changning", DETECTOR_RULE_DOOR, ALERT_ALARM, 0, 24 * MS_PER_HOUR},
	{"motion_changning", DETECTOR_RULE_MOTION, ALERT_ALARM, 0, 24 * MS_PER_HOUR},
};

static const char *const kind_words[DETECTOR_RULE_KIND_COUNT] = {
	[DETECTOR_RULE_SILENCE] = "silence",
	[DETECTOR_RULE_WATER_UNDER] = "water_under",
	[DETECTOR_RULE_WATER_UP_TO] = "water_up_to",
	[DETECTOR_RULE_WATER_OVER] = "water_over",
	[DETECTOR_RULE_DOOR] = "door",
	[DETECTOR_RULE_MOTION] = "motion",
	[DETECTOR_RULE_SILENCE_FIXED] = "silence_fixed",
};

enum err rules_preset(const char *name, struct detector_rule *out_rule, struct errinfo *info)
{
	char known[ERR_TEXT_BYTES - 80] = "";
	size_t at = 0;

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
		if (!strcmp(presets[i].name, name)) {
			*out_rule = presets[i];
			return ERR_OK;
		}
		at += (size_t)snprintf(known + at, sizeof known - at, " %s", presets[i].name);
		assert(at < sizeof known);
	}
	return errinfo_set(info, ERR_NOT_FOUND, "no preset \"%.32s\"; there are:%s", name, known);
}

/* number_of reads a whole word as a number. */
static bool number_of(const char *word, double *out)
{
	char *end;

	*out = strtod(word, &end);
	return *word && !*end && isfinite(*out);
}

static bool kind_of(const char *word, enum detector_rule_kind *out)
{
	for (int i = DETECTOR_RULE_WATER_UNDER; i < DETECTOR_RULE_KIND_COUNT; i++) {
		if (i != DETECTOR_RULE_SILENCE_FIXED && !strcmp(kind_words[i], word)) {
			*out = (enum detector_rule_kind)i;
			return true;
		}
	}
	return false;
}

enum err rules_parse(const char *text, struct detector_rule *out_rule, struct errinfo *info)
{
	struct detector_rule rule = {0};
	char name[64], kind[24], words[3][24], rest[2];
	double litres = 0, hours;
	int count = sscanf(text, " %63s %23s %23s %23s %23s %1s", name, kind, words[0], words[1], words[2], rest);
	int next = 0;
	bool water;

	if (count < 4 || !kind_of(kind, &rule.kind))
		return errinfo_set(info, ERR_INVALID,
			"rule \"%.60s\": write NAME water_under|water_up_to|water_over LITRES HOURS alarm|attention, "
			"or NAME door|motion HOURS alarm|attention",
			text);
	water = rule.kind != DETECTOR_RULE_DOOR && rule.kind != DETECTOR_RULE_MOTION;
	if (count != (water ? 5 : 4))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": %s takes %s", text, kind,
			water ? "LITRES HOURS LEVEL" : "HOURS LEVEL");
	if (!text_is_id(name) || text_copy(rule.name, sizeof rule.name, name))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": the name must be 1 to %d of A-Z a-z 0-9 . _ -",
			text, WORD_BYTES - 1);
	if (water && (!number_of(words[next++], &litres) || litres < 0 || litres > 1e6))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": litres must be a number, 0 to 1000000", text);
	if (!number_of(words[next++], &hours) || hours < 1 || hours > 48 || hours != floor(hours))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": hours must be whole, 1 to 48", text);
	if (alert_level_find(words[next], &rule.level) || (rule.level != ALERT_ALARM && rule.level != ALERT_ATTENTION))
		return errinfo_set(info, ERR_INVALID, "rule \"%.60s\": the level is alarm or attention", text);
	rule.litres = litres;
	rule.window_ms = (int64_t)hours * MS_PER_HOUR;
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

bool rules_is_silence(const struct detector_rule *rule)
{
	return rule->kind != DETECTOR_RULE_WATER_OVER;
}
