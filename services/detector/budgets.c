/* SPDX-License-Identifier: MIT */
#include "detector/budgets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct key {
	const char *name;
	bool duration;
	double least, most; /* of a duration: hours */
	size_t offset;
};

/* As silence.* in settings.c. */
static const struct key keys[] = {
	{"attention_per_month", false, 0.05, 30, offsetof(struct detector_budget, attention_per_month)},
	{"alarm_per_month", false, 0.05, 30, offsetof(struct detector_budget, alarm_per_month)},
	{"floor", true, 1, 24, offsetof(struct detector_budget, floor_ms)},
	{"ceiling", true, 1, 96, offsetof(struct detector_budget, ceiling_ms)},
};

#define KEYS (sizeof keys / sizeof *keys)

static enum err fail_key(const char *community, const char *word, struct errinfo *info)
{
	const char *closest = NULL;
	unsigned best = 3;

	for (size_t i = 0; i < KEYS; i++) {
		unsigned distance = text_distance(word, keys[i].name);
		closest = distance < best ? keys[i].name : closest;
		best = distance < best ? distance : best;
	}
	if (closest)
		return errinfo_set(info, ERR_INVALID, "community %s: unknown key \"%.40s\"; did you mean \"%s\"?",
			community, word, closest);
	return errinfo_set(info, ERR_INVALID,
		"community %s: unknown key \"%.40s\"; there are attention_per_month, alarm_per_month, floor, ceiling",
		community, word);
}

/* value_of reads a number, or a duration in minutes, hours or days, as hours. */
static bool value_of(const struct key *key, const char *text, double *out)
{
	char *end;
	double value = strtod(text, &end);
	double unit = !strcmp(end, "m") ? 1.0 / 60 : !strcmp(end, "h") ? 1 : !strcmp(end, "d") ? 24 : 0;

	if (end == text || strspn(text, "0123456789.") != (size_t)(end - text))
		return false;
	*out = key->duration ? value * unit : value;
	return key->duration ? unit > 0 : !*end;
}

static enum err take(const char *word, struct detector_community *out, struct errinfo *info)
{
	const char *equals = strchr(word, '=');
	char name[64];
	size_t i = 0;
	double value;

	snprintf(name, sizeof name, "%.*s", equals ? (int)(equals - word) : (int)strlen(word), word);
	while (i < KEYS && strcmp(keys[i].name, name) != 0)
		i++;
	if (i == KEYS || !equals)
		return fail_key(out->id, name, info);
	if (!value_of(&keys[i], equals + 1, &value) || value < keys[i].least || value > keys[i].most)
		return errinfo_set(info, ERR_RANGE, "community %s: %s must be %s from %g%s to %g%s, not \"%.20s\"",
			out->id, name, keys[i].duration ? "a duration" : "a number", keys[i].least,
			keys[i].duration ? "h" : "", keys[i].most, keys[i].duration ? "h" : "", equals + 1);
	char *field = (char *)&out->budget + keys[i].offset;
	if (keys[i].duration)
		memcpy(field, &(int64_t){(int64_t)(value * (double)MS_PER_HOUR + 0.5)}, sizeof(int64_t));
	else
		memcpy(field, &value, sizeof value);
	return ERR_OK;
}

enum err budgets_check(const struct detector_budget *budget, const char *of, struct errinfo *info)
{
	if (budget->attention_per_month < budget->alarm_per_month)
		return errinfo_set(
			info, ERR_RANGE, "%sattention_per_month must not be less than %salarm_per_month", of, of);
	if (budget->floor_ms > budget->ceiling_ms)
		return errinfo_set(info, ERR_RANGE, "%sfloor must not be longer than %sceiling", of, of);
	return ERR_OK;
}

enum err budgets_parse(
	const char *text, const struct detector_budget *standard, struct detector_community *out, struct errinfo *info)
{
	struct detector_community community = {.budget = *standard};
	char line[256], of[ID_BYTES + 16], *rest = NULL, *word;
	enum err err = ERR_OK;

	if (text_copy(line, sizeof line, text))
		return errinfo_set(info, ERR_INVALID, "\"%.40s...\" is too long", text);
	word = strtok_r(line, " ", &rest);
	if (!word || !text_is_id(word) || text_copy(community.id, sizeof community.id, word))
		return errinfo_set(info, ERR_INVALID,
			"\"%.60s\": write COMMUNITY KEY=VALUE ..., as in \"c-west alarm_per_month=0.5 ceiling=20h\"",
			text);
	word = strtok_r(NULL, " ", &rest);
	if (!word)
		return errinfo_set(info, ERR_INVALID,
			"community %s: what is its budget? write attention_per_month=, alarm_per_month=, floor= or "
			"ceiling=",
			community.id);
	for (; word && !err; word = strtok_r(NULL, " ", &rest))
		err = take(word, &community, info);
	snprintf(of, sizeof of, "community %s: ", community.id);
	if (!err)
		err = budgets_check(&community.budget, of, info);
	if (!err)
		*out = community;
	return err;
}

enum err budgets_add(struct detector_config *config, const struct detector_community *community, struct errinfo *info)
{
	for (unsigned i = 0; i < config->community_count; i++)
		if (!strcmp(config->communities[i].id, community->id))
			return errinfo_set(info, ERR_EXISTS, "community %s is there twice", community->id);
	if (config->community_count == DETECTOR_COMMUNITIES_MAX)
		return errinfo_set(info, ERR_FULL, "at most %d communities may have a budget of their own",
			DETECTOR_COMMUNITIES_MAX);
	config->communities[config->community_count++] = *community;
	return ERR_OK;
}
