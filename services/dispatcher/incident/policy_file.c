/* SPDX-License-Identifier: MIT */
#include "dispatcher/incident/policy_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "config/yaml_in.h"

#define FILE_BYTES_MAX (256u << 10)
#define WAIT_MS_MAX MS_PER_DAY

static const char *const attentions[] = {"registered", "tile", "pages", NULL};

/* Lists of words that end with NULL, made of the closed sets. */
static const char *who_words[RUNG_WHO_COUNT + 1], *kind_words[ALERT_KIND_COUNT + 1],
	*level_words[ALERT_LEVEL_COUNT + 1];

static void fill_words(void)
{
	for (int i = 0; i < RUNG_WHO_COUNT; i++)
		who_words[i] = rung_who_name((enum rung_who)i);
	for (int i = 0; i < ALERT_KIND_COUNT; i++)
		kind_words[i] = alert_kind_name((enum alert_kind)i);
	for (int i = 0; i < ALERT_LEVEL_COUNT; i++)
		level_words[i] = alert_level_name((enum alert_level)i);
}

static bool is_list(const yaml_node_t *node)
{
	return node && node->type == YAML_SEQUENCE_NODE && yaml_in_count(node) > 0;
}

/* read_seconds: a duration of whole seconds up to a day; 0 where the key is left out. */
static enum err read_seconds(struct yaml_in *in, const yaml_node_t *map, const char *key, uint32_t *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);
	int64_t ms = 0;
	enum err err = node ? yaml_in_duration(in, node, key, &ms) : ERR_OK;

	if (!err && node && (ms < MS_PER_SECOND || ms > WAIT_MS_MAX || ms % MS_PER_SECOND))
		return yaml_in_fail(in, node, 0, "%s: must be 1s to 1d, in whole seconds", key);
	*out = (uint32_t)(ms / MS_PER_SECOND);
	return err;
}

static enum err read_rung(struct yaml_in *in, const yaml_node_t *node, struct rung *out)
{
	static const char *const known[] = {"who", "wait", NULL};
	const yaml_node_t *who_node = node;
	int who = 0;
	enum err err;

	if (node->type == YAML_MAPPING_NODE) {
		err = yaml_in_map(in, node, "a step", known);
		if (!err)
			err = read_seconds(in, node, "wait", &out->wait_s);
		if (err)
			return err;
		who_node = yaml_in_get(in, node, "who");
		if (!who_node)
			return yaml_in_fail(in, node, 0, "who is missing: whom this step asks");
	}
	if (who_node->type == YAML_SCALAR_NODE && !strcmp((const char *)who_node->data.scalar.value, "desk"))
		return yaml_in_fail(in, who_node, 0, "who: the desk is always the last and is not named");
	err = yaml_in_word(in, who_node, "who", who_words, &who);
	out->who = (enum rung_who)who;
	return err;
}

static enum err read_rungs(struct yaml_in *in, const yaml_node_t *map, struct policy_ladder *out)
{
	const yaml_node_t *list = yaml_in_get(in, map, "ask");
	enum err err = ERR_OK;

	if (!is_list(list) || yaml_in_count(list) > POLICY_RUNGS_MAX)
		return yaml_in_fail(in, list ? list : map, 0,
			"ask: a list of 1 to %d steps is needed, as in [on_duty, captain]", POLICY_RUNGS_MAX);
	for (size_t i = 0; !err && i < yaml_in_count(list); i++)
		err = read_rung(in, yaml_in_item(in, list, i), &out->rungs[out->rung_count++]);
	return err;
}

static enum err read_at_once(struct yaml_in *in, const yaml_node_t *map, struct policy_ladder *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, "at_once");
	int64_t value = 1;
	enum err err = node ? yaml_in_int(in, node, "at_once", 1, POLICY_AT_ONCE_MAX, &value) : ERR_OK;

	out->at_once = (uint8_t)value;
	return err;
}

static enum err read_again(struct yaml_in *in, const yaml_node_t *map, struct policy_ladder *out)
{
	enum err err = read_seconds(in, map, "repeat", &out->again_s);

	if (!err && out->again_s && out->again_s < POLICY_AGAIN_LEAST_S)
		return yaml_in_fail(in, yaml_in_get(in, map, "repeat"), 0,
			"repeat: must be %ds or more: sooner it wakes nobody, and channels are throttled",
			POLICY_AGAIN_LEAST_S);
	return err;
}

static enum err read_ladder(struct yaml_in *in, const yaml_node_t *map, struct policy_ladder *out)
{
	static const char *const known[] = {
		"ask", "at_once", "attention", "arrive", "hint_120", "repeat", "second_person", "key_holder", NULL};
	const yaml_node_t *attention, *second, *key;
	int word = 0;
	enum err err = yaml_in_map(in, map, "a policy", known);

	if (err)
		return err;
	attention = yaml_in_get(in, map, "attention");
	second = yaml_in_get(in, map, "second_person");
	key = yaml_in_get(in, map, "key_holder");
	err = read_rungs(in, map, out);
	if (!err)
		err = read_at_once(in, map, out);
	if (!err && attention)
		err = yaml_in_word(in, attention, "attention", attentions, &word);
	out->attention = (enum policy_attention)word;
	if (!err)
		err = read_seconds(in, map, "arrive", &out->arrive_s);
	if (!err)
		err = read_seconds(in, map, "hint_120", &out->hint_s);
	if (!err)
		err = read_again(in, map, out);
	if (!err && second)
		err = yaml_in_bool(in, second, "second_person", &out->second);
	if (!err && key)
		err = yaml_in_bool(in, key, "key_holder", &out->key);
	return err;
}

static enum err read_ladders(struct yaml_in *in, const yaml_node_t *root, struct policies *out)
{
	const yaml_node_t *map = yaml_in_get(in, root, "policies");
	enum err err;

	if (!map)
		return yaml_in_fail(in, root, 0, "policies is missing: what each policy asks, by its name");
	err = yaml_in_map(in, map, "policies", NULL);
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; !err && pair < map->data.mapping.pairs.top;
		pair++) {
		const yaml_node_t *key = yaml_document_get_node(&in->document, pair->key);
		struct policy_ladder *ladder = &out->ladders[out->ladder_count];
		if (out->ladder_count == POLICIES_MAX)
			return yaml_in_fail(in, key, 0, "policies: are too many; %d fit", POLICIES_MAX);
		if (!text_is_id((const char *)key->data.scalar.value) ||
			text_copy(ladder->name, sizeof ladder->name, (const char *)key->data.scalar.value))
			return yaml_in_fail(
				in, key, 0, "policies: a name must be a word of at most %d bytes", WORD_BYTES - 1);
		out->ladder_count++;
		err = read_ladder(in, yaml_document_get_node(&in->document, pair->value), ladder);
	}
	return err;
}

/* read_mask: a word or a list of words as a bit mask; all bits where the key is left out. */
static enum err read_mask(struct yaml_in *in, const yaml_node_t *map, const char *key, const char *const *words,
	unsigned all, unsigned *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);
	bool list = node && node->type == YAML_SEQUENCE_NODE;
	enum err err = ERR_OK;
	int word = 0;

	*out = node ? 0 : all;
	if (list && !yaml_in_count(node))
		return yaml_in_fail(in, node, 0, "%s: an empty list matches nothing", key);
	for (size_t i = 0; node && !err && i < (list ? yaml_in_count(node) : 1); i++) {
		err = yaml_in_word(in, list ? yaml_in_item(in, node, i) : node, key, words, &word);
		*out |= 1u << word;
	}
	return err;
}

static enum err read_policy_of_rule(
	struct yaml_in *in, const yaml_node_t *map, const struct policies *policies, uint8_t *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, "policy");
	const char *names[POLICIES_MAX + 1] = {NULL};
	int word = 0;
	enum err err;

	if (!node)
		return yaml_in_fail(in, map, 0, "policy is missing: the name of one under policies");
	for (unsigned i = 0; i < policies->ladder_count; i++)
		names[i] = policies->ladders[i].name;
	err = yaml_in_word(in, node, "policy", names, &word);
	*out = (uint8_t)word;
	return err;
}

static enum err read_rule(struct yaml_in *in, const yaml_node_t *map, struct policies *out)
{
	static const char *const known[] = {"community", "kinds", "levels", "policy", NULL};
	struct policy_rule *rule = &out->rules[out->rule_count++];
	const yaml_node_t *community;
	const char *text = "";
	unsigned kinds, levels;
	enum err err = yaml_in_map(in, map, "a rule", known);

	if (err)
		return err;
	community = yaml_in_get(in, map, "community");
	err = community ? yaml_in_text(in, community, "community", ID_BYTES - 1, &text) : ERR_OK;
	if (!err && *text && !text_is_id(text))
		return yaml_in_fail(in, community, 0, "community: \"%s\" is no id", text);
	text_cut(rule->community, sizeof rule->community, text);
	if (!err)
		err = read_mask(in, map, "kinds", kind_words, (1u << ALERT_KIND_COUNT) - 1, &kinds);
	if (!err)
		err = read_mask(in, map, "levels", level_words, (1u << ALERT_LEVEL_COUNT) - 1, &levels);
	if (err)
		return err;
	rule->kinds = (uint16_t)kinds;
	rule->levels = (uint8_t)levels;
	return read_policy_of_rule(in, map, out, &rule->ladder);
}

static enum err read_rules(struct yaml_in *in, const yaml_node_t *root, struct policies *out)
{
	const yaml_node_t *list = yaml_in_get(in, root, "rules");
	enum err err = ERR_OK;

	if (!is_list(list) || yaml_in_count(list) > POLICY_RULES_MAX)
		return yaml_in_fail(in, list ? list : root, 0,
			"rules: a list of 1 to %d is needed, as in [{policy: standard}]", POLICY_RULES_MAX);
	for (size_t i = 0; !err && i < yaml_in_count(list); i++)
		err = read_rule(in, yaml_in_item(in, list, i), out);
	return err;
}

/* read_priority: each kind once, the most urgent first. */
static enum err read_priority(struct yaml_in *in, const yaml_node_t *root, struct policies *out)
{
	const yaml_node_t *list = yaml_in_get(in, root, "priority");
	unsigned seen = 0;
	enum err err = ERR_OK;
	int word = 0;

	memcpy(out->rank, policies_preset()->rank, sizeof out->rank);
	if (!list)
		return ERR_OK;
	if (!is_list(list) || yaml_in_count(list) != ALERT_KIND_COUNT)
		return yaml_in_fail(in, list, 0, "priority: names each of the %d kinds once, the most urgent first",
			ALERT_KIND_COUNT);
	for (size_t i = 0; !err && i < yaml_in_count(list); i++) {
		const yaml_node_t *item = yaml_in_item(in, list, i);
		err = yaml_in_word(in, item, "priority", kind_words, &word);
		if (!err && seen >> word & 1)
			return yaml_in_fail(
				in, item, 0, "priority: \"%s\" stands here a second time", kind_words[word]);
		seen |= 1u << word;
		out->rank[word] = (uint8_t)i;
	}
	return err;
}

static enum err read_all(struct yaml_in *in, struct policies *out)
{
	static const char *const known[] = {"policies", "rules", "priority", NULL};
	const yaml_node_t *root = yaml_document_get_root_node(&in->document);
	enum err err;

	if (!root)
		return errinfo_at(in->info, ERR_INVALID, in->file, 1, 1, "is empty; policies and rules are needed");
	err = yaml_in_map(in, root, "the policies", known);
	if (!err)
		err = read_ladders(in, root, out);
	if (!err)
		err = read_rules(in, root, out);
	return err ? err : read_priority(in, root, out);
}

enum err policy_file_load(const char *file, struct policies *out, struct errinfo *info)
{
	struct yaml_in in;
	struct policies *fresh = calloc(1, sizeof *fresh);
	const char *fault;
	enum err err;

	if (!fresh)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	fill_words();
	err = yaml_in_load(&in, file, FILE_BYTES_MAX, info);
	if (!err)
		err = read_all(&in, fresh);
	yaml_in_fini(&in);
	fault = err ? NULL : policies_fault(fresh);
	if (fault)
		err = errinfo_set(info, ERR_INVALID, "%s: %s", file, fault);
	if (!err)
		*out = *fresh;
	free(fresh);
	return err;
}
