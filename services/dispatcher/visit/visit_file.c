/* SPDX-License-Identifier: MIT */
#include "dispatcher/visit/visit_file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/yaml_in.h"

#define FILE_BYTES_MAX (256u << 10)
#define EVERY_DAYS_MAX 366

static enum err read_number(
	struct yaml_in *in, const yaml_node_t *map, const char *key, double min, double max, double *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);
	const char *text = "";
	enum err err;
	char *end;

	if (!node)
		return ERR_OK;
	err = yaml_in_text(in, node, key, 20, &text);
	if (err)
		return err;
	errno = 0;
	double value = strtod(text, &end);
	if (errno || end == text || *end || !isfinite(value) || value < min || value > max)
		return yaml_in_fail(in, node, 0, "%s: must be a number from %g to %g", key, min, max);
	*out = value;
	return ERR_OK;
}

static enum err read_whole(
	struct yaml_in *in, const yaml_node_t *map, const char *key, uint16_t min, uint16_t max, uint16_t *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);
	int64_t value = *out;
	enum err err = node ? yaml_in_int(in, node, key, min, max, &value) : ERR_OK;

	*out = (uint16_t)value;
	return err;
}

/* read_wait: a duration; read_days: one of whole days. What is left out stays as it is. */
static enum err read_wait(
	struct yaml_in *in, const yaml_node_t *map, const char *key, int64_t min, int64_t max, int64_t *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);
	int64_t ms = *out;
	enum err err = node ? yaml_in_duration(in, node, key, &ms) : ERR_OK;

	if (!err && (ms < min || ms > max))
		return yaml_in_fail(in, node, 0, "%s: must be %lldm to %lldd", key, (long long)(min / MS_PER_MINUTE),
			(long long)(max / MS_PER_DAY));
	*out = ms;
	return err;
}

static enum err days_of(struct yaml_in *in, const yaml_node_t *node, const char *key, unsigned min, uint16_t *out)
{
	int64_t ms = 0;
	enum err err = yaml_in_duration(in, node, key, &ms);

	if (!err && (ms % MS_PER_DAY || ms < min * MS_PER_DAY || ms > EVERY_DAYS_MAX * MS_PER_DAY))
		return yaml_in_fail(in, node, 0, "%s: must be %ud to %dd, in whole days", key, min, EVERY_DAYS_MAX);
	if (!err)
		*out = (uint16_t)(ms / MS_PER_DAY);
	return err;
}

static enum err read_days(struct yaml_in *in, const yaml_node_t *map, const char *key, unsigned min, uint16_t *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);

	return node ? days_of(in, node, key, min, out) : ERR_OK;
}

static enum err read_minute(struct yaml_in *in, const yaml_node_t *map, const char *key, uint16_t *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);
	const char *text = "";
	enum err err = node ? yaml_in_text(in, node, key, 5, &text) : ERR_OK;

	if (!err && node && minute_parse(text, out))
		return yaml_in_fail(in, node, 0, "%s: must be a time of day, as in \"08:00\"", key);
	return err;
}

/* read_day_plan: a time of day, or that nobody is told. */
static enum err read_day_plan(struct yaml_in *in, const yaml_node_t *map, struct visit_rules *out)
{
	static const char key[] = "day_plan_at";
	const yaml_node_t *node = yaml_in_get(in, map, key);
	const char *text = "";
	enum err err = node ? yaml_in_text(in, node, key, 5, &text) : ERR_OK;

	if (err || !node)
		return err;
	if (!strcmp(text, "off"))
		out->day_plan_min = VISIT_DAY_PLAN_OFF;
	else if (minute_parse(text, &out->day_plan_min))
		return yaml_in_fail(in, node, 0, "%s: must be a time of day, as in \"07:00\", or off", key);
	return ERR_OK;
}

static enum err read_part(struct yaml_in *in, const yaml_node_t *map, enum day_part part, struct visit_rules *out)
{
	const char *key = day_part_name(part), *text = "";
	const yaml_node_t *node = yaml_in_get(in, map, key);
	enum err err = node ? yaml_in_text(in, node, key, 11, &text) : ERR_OK;
	char from[6] = "", until[6] = "";

	if (err || !node)
		return err;
	if (strlen(text) == 11 && text[5] == '-') {
		memcpy(from, text, 5);
		memcpy(until, text + 6, 5);
	}
	if (minute_parse(from, &out->parts[part].from_min) || minute_parse(until, &out->parts[part].until_min))
		return yaml_in_fail(in, node, 0, "%s: must be two times of day, as in \"09:00-12:00\"", key);
	return ERR_OK;
}

static enum err read_tags(struct yaml_in *in, const yaml_node_t *root, struct visit_rules *out)
{
	const yaml_node_t *map = yaml_in_get(in, root, "tags");
	enum err err = map ? yaml_in_map(in, map, "tags", NULL) : ERR_OK;

	if (!map || err)
		return err;
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; !err && pair < map->data.mapping.pairs.top;
		pair++) {
		const yaml_node_t *key = yaml_document_get_node(&in->document, pair->key);
		const char *tag = (const char *)key->data.scalar.value;
		if (out->tag_count == VISIT_TAGS_MAX)
			return yaml_in_fail(in, key, 0, "tags: are too many; %d fit", VISIT_TAGS_MAX);
		if (!text_is_label(tag) || text_copy(out->tags[out->tag_count].tag, WORD_BYTES, tag))
			return yaml_in_fail(in, key, 0, "tags: must be words of at most %d bytes", WORD_BYTES - 1);
		err = days_of(in, yaml_document_get_node(&in->document, pair->value), tag, 1,
			&out->tags[out->tag_count++].every_days);
	}
	return err;
}

static enum err read_weights(struct yaml_in *in, const yaml_node_t *root, struct visit_rules *out)
{
	const yaml_node_t *map = yaml_in_get(in, root, "weights");
	const char *known[VISIT_COST_COUNT + 1] = {NULL};
	enum err err;

	if (!map)
		return ERR_OK;
	for (int i = 0; i < VISIT_COST_COUNT; i++)
		known[i] = visit_cost_name((enum visit_cost)i);
	err = yaml_in_map(in, map, "weights", known);
	for (int i = 0; i < VISIT_COST_COUNT && !err; i++)
		err = read_number(in, map, known[i], 0, 1000, &out->weights[i]);
	return err;
}

static enum err read_waits(struct yaml_in *in, const yaml_node_t *root, struct visit_rules *out)
{
	static const int64_t min = MS_PER_MINUTE, max = 30 * MS_PER_DAY;
	enum err err = read_wait(in, root, "answer", min, max, &out->answer_ms);

	if (!err)
		err = read_wait(in, root, "provider_answer", min, max, &out->provider_ms);
	if (!err)
		err = read_wait(in, root, "grace", min, max, &out->grace_ms);
	if (!err)
		err = read_wait(in, root, "climb", min, max, &out->climb_ms);
	return err ? err : read_wait(in, root, "keep", 28 * MS_PER_DAY, 400 * MS_PER_DAY, &out->keep_ms);
}

static enum err read_visits(struct yaml_in *in, const yaml_node_t *root, struct visit_rules *out)
{
	static const char *const known[] = {"every", "tags", "ahead", "slack", "morning", "afternoon", "evening",
		"minutes", "a_day", "walk_kmh", "reach_km", "plan_at", "day_plan_at", "answer", "provider_answer",
		"grace", "climb", "keep", "weights", NULL};
	uint16_t a_day = out->day_max;
	enum err err = yaml_in_map(in, root, "the rules of visits", known);

	if (!err)
		err = read_days(in, root, "every", 0, &out->every_days);
	if (!err)
		err = read_tags(in, root, out);
	if (!err)
		err = read_days(in, root, "ahead", 1, &out->ahead_days);
	if (!err)
		err = read_days(in, root, "slack", 0, &out->slack_days);
	for (int part = 0; part < DAY_PART_COUNT && !err; part++)
		err = read_part(in, root, (enum day_part)part, out);
	if (!err)
		err = read_whole(in, root, "minutes", 5, 480, &out->minutes);
	if (!err)
		err = read_whole(in, root, "a_day", 1, 32, &a_day);
	out->day_max = (uint8_t)a_day;
	if (!err)
		err = read_number(in, root, "walk_kmh", 0.5, 60, &out->walk_kmh);
	if (!err)
		err = read_number(in, root, "reach_km", 0.1, 1000, &out->reach_km);
	if (!err)
		err = read_minute(in, root, "plan_at", &out->plan_min);
	if (!err)
		err = read_day_plan(in, root, out);
	if (!err)
		err = read_waits(in, root, out);
	return err ? err : read_weights(in, root, out);
}

/* ---- the checklists ---- */

static enum err need(struct yaml_in *in, const yaml_node_t *map, const char *key, size_t size, char *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);
	const char *text = "";
	enum err err;

	if (!node)
		return yaml_in_fail(in, map, 0, "%s is missing", key);
	err = yaml_in_text(in, node, key, size - 1, &text);
	if (!err && !text_is_label(text))
		return yaml_in_fail(in, node, 0, "%s: must be a line of text", key);
	text_cut(out, size, text);
	return err;
}

static enum err need_word(struct yaml_in *in, const yaml_node_t *map, const char *key, char out[WORD_BYTES])
{
	enum err err = need(in, map, key, WORD_BYTES, out);

	if (!err && !text_is_id(out))
		return yaml_in_fail(
			in, yaml_in_get(in, map, key), 0, "%s: must be a word of letters, digits, _ . and -", key);
	return err;
}

static enum err read_owner(struct yaml_in *in, const yaml_node_t *map, struct check_word *out)
{
	const yaml_node_t *owner = yaml_in_get(in, map, "owner"), *service = yaml_in_get(in, map, "service"),
			  *days = yaml_in_get(in, map, "days");
	const char *words[CHECK_OWNER_COUNT + 1] = {NULL};
	int word = 0;
	enum err err;

	if (!owner)
		return days || service ? yaml_in_fail(in, map, 0,
						 "owner is missing: days and service go with it (who has the task)")
				       : ERR_OK;
	for (int i = 0; i < CHECK_OWNER_COUNT; i++)
		words[i] = check_owner_name((enum check_owner)i);
	err = yaml_in_word(in, owner, "owner", words, &word);
	out->owner = (enum check_owner)word;
	out->finding = true;
	if (!err && (out->owner == CHECK_PROVIDER) != (service != NULL))
		return yaml_in_fail(
			in, service ? service : owner, 0, "service: goes with owner provider, and only with it");
	if (!err && service)
		err = need_word(in, map, "service", out->service);
	if (!err && !days)
		return yaml_in_fail(in, map, 0, "days is missing: until the task is due");
	return err ? err : read_whole(in, map, "days", 0, EVERY_DAYS_MAX, &out->days);
}

static enum err read_word(struct yaml_in *in, const yaml_node_t *map, struct check_word *out)
{
	static const char *const known[] = {"word", "zh", "en", "owner", "service", "days", NULL};
	enum err err = yaml_in_map(in, map, "a word", known);

	if (!err)
		err = need_word(in, map, "word", out->word);
	if (!err)
		err = need(in, map, "zh", sizeof out->zh, out->zh);
	if (!err)
		err = need(in, map, "en", sizeof out->en, out->en);
	return err ? err : read_owner(in, map, out);
}

static enum err read_item(struct yaml_in *in, const yaml_node_t *map, struct checklist *list)
{
	static const char *const known[] = {"item", "zh", "en", "words", NULL};
	struct check_item *out = &list->items[list->item_count];
	const yaml_node_t *words;
	enum err err = yaml_in_map(in, map, "an item", known);

	if (!err)
		err = need_word(in, map, "item", out->item);
	for (unsigned i = 0; i < list->item_count && !err; i++)
		if (!strcmp(list->items[i].item, out->item))
			return yaml_in_fail(in, map, 0, "item: \"%s\" stands here a second time", out->item);
	if (!err)
		err = need(in, map, "zh", sizeof out->zh, out->zh);
	if (!err)
		err = need(in, map, "en", sizeof out->en, out->en);
	words = yaml_in_get(in, map, "words");
	if (!err && words && (words->type != YAML_SEQUENCE_NODE || yaml_in_count(words) > CHECK_WORDS_MAX))
		return yaml_in_fail(in, words, 0, "words: a list of at most %d is needed", CHECK_WORDS_MAX);
	for (size_t i = 0; !err && words && i < yaml_in_count(words); i++)
		err = read_word(in, yaml_in_item(in, words, i), &out->words[out->word_count++]);
	list->item_count++;
	return err;
}

static enum err read_list(struct yaml_in *in, const yaml_node_t *map, struct checklist *out)
{
	static const char *const known[] = {"name", "version", "zh", "en", "every", "items", NULL};
	const yaml_node_t *items;
	uint16_t version = 0;
	enum err err = yaml_in_map(in, map, "a checklist", known);

	if (!err)
		err = need_word(in, map, "name", out->name);
	if (!err && !yaml_in_get(in, map, "version"))
		return yaml_in_fail(in, map, 0, "version is missing: 1 for the first, one more with each change");
	if (!err)
		err = read_whole(in, map, "version", 1, 65535, &version);
	out->version = version;
	if (!err)
		err = need(in, map, "zh", sizeof out->zh, out->zh);
	if (!err)
		err = need(in, map, "en", sizeof out->en, out->en);
	if (!err)
		err = read_days(in, map, "every", 1, &out->every_days);
	items = err ? NULL : yaml_in_get(in, map, "items");
	if (!err && (!items || items->type != YAML_SEQUENCE_NODE || !yaml_in_count(items) ||
			    yaml_in_count(items) > ERRAND_ANSWERS_MAX))
		return yaml_in_fail(
			in, items ? items : map, 0, "items: a list of 1 to %d is needed", ERRAND_ANSWERS_MAX);
	for (size_t i = 0; !err && i < yaml_in_count(items); i++)
		err = read_item(in, yaml_in_item(in, items, i), out);
	return err;
}

static enum err read_lists(struct yaml_in *in, const yaml_node_t *root, struct visit_rules *out)
{
	static const char *const known[] = {"checklists", NULL};
	const yaml_node_t *lists;
	enum err err = yaml_in_map(in, root, "the checklists", known);

	if (err)
		return err;
	lists = yaml_in_get(in, root, "checklists");
	if (!lists || lists->type != YAML_SEQUENCE_NODE || yaml_in_count(lists) > CHECKLISTS_MAX)
		return yaml_in_fail(in, lists ? lists : root, 0, "checklists: a list of at most %d versions is needed",
			CHECKLISTS_MAX);
	for (size_t i = 0; !err && i < yaml_in_count(lists); i++)
		err = read_list(in, yaml_in_item(in, lists, i), &out->lists[out->list_count++]);
	return err;
}

static enum err read_file(const char *file, struct visit_rules *out,
	enum err (*read)(struct yaml_in *in, const yaml_node_t *root, struct visit_rules *out), struct errinfo *info)
{
	struct yaml_in in;
	const yaml_node_t *root;
	const char *fault;
	enum err err = *file ? yaml_in_load(&in, file, FILE_BYTES_MAX, info) : ERR_OK;

	if (!*file || err)
		return err;
	root = yaml_document_get_root_node(&in.document);
	err = root ? read(&in, root, out) : errinfo_at(info, ERR_INVALID, file, 1, 1, "is empty");
	yaml_in_fini(&in);
	fault = err ? NULL : visit_rules_fault(out);
	return fault ? errinfo_set(info, ERR_INVALID, "%s: %s", file, fault) : err;
}

enum err visit_file_load(const char *visits, const char *checklists, struct visit_rules *out, struct errinfo *info)
{
	struct visit_rules *fresh = malloc(sizeof *fresh);
	enum err err;

	if (!fresh)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	*fresh = *visit_rules_preset();
	err = read_file(visits, fresh, read_visits, info);
	if (!err)
		err = read_file(checklists, fresh, read_lists, info);
	if (!err)
		*out = *fresh;
	free(fresh);
	return err;
}
