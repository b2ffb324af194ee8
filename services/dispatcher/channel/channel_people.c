/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channel_people.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "config/yaml_in.h"
#include "dispatcher/channel/channel_entry.h"

static enum err read_order(struct yaml_in *in, const yaml_node_t *list, const char *what, const struct channel_set *set,
	struct channel_order *out)
{
	const char *name = NULL;
	enum err err = ERR_OK;

	if (list->type != YAML_SEQUENCE_NODE || yaml_in_count(list) > CHANNEL_ROUTE_MAX)
		return yaml_in_fail(in, list, 0, "%s: a list of at most %d channels", what, CHANNEL_ROUTE_MAX);
	out->said = true;
	for (size_t i = 0; i < yaml_in_count(list) && !err; i++) {
		const yaml_node_t *item = yaml_in_item(in, list, i);
		err = yaml_in_text(in, item, what, WORD_BYTES - 1, &name);
		unsigned c = err ? 0 : channel_set_find(set, name);
		if (!err && (c == set->count || set->definitions[c].audience != CHANNEL_PERSON))
			err = yaml_in_fail(in, item, 0, "%s: \"%s\" is no channel to a person", what, name);
		if (!err)
			out->channels[out->count++] = (uint8_t)c;
	}
	return err;
}

/* read_about: an emergency goes by `order` and nothing else. */
static enum err read_about(
	struct yaml_in *in, const yaml_node_t *map, const struct channel_set *set, struct channel_person *out)
{
	const char *known[CHANNEL_NOTICES + 1] = {0};
	enum err err;

	for (unsigned i = 0; i < CHANNEL_NOTICES; i++)
		known[i] = channel_kind_name(ALERT_KIND_COUNT + i);
	err = yaml_in_map(in, map, "about", known);
	for (unsigned i = 0; i < CHANNEL_NOTICES && !err; i++) {
		const yaml_node_t *list = yaml_in_get(in, map, known[i]);
		if (list)
			err = read_order(in, list, known[i], set, &out->about[i]);
	}
	return err;
}

static enum err read_addresses(struct yaml_in *in, const yaml_node_t *map, struct channel_person *out)
{
	enum err err = yaml_in_map(in, map, "at", NULL);

	if (err)
		return err;
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top && !err;
		pair++) {
		const yaml_node_t *key = yaml_document_get_node(&in->document, pair->key);
		struct channel_value *value = &out->addresses[out->address_count];
		const char *text = NULL;
		if (out->address_count == CHANNEL_ADDRESSES_MAX)
			return yaml_in_fail(in, map, 0, "at: at most %d addresses", CHANNEL_ADDRESSES_MAX);
		err = yaml_in_text(in, key, "at", WORD_BYTES - 1, &text);
		if (!err && !text_is_id(text))
			err = yaml_in_fail(in, key, 0, "at: \"%s\" must be letters, digits, \".\", \"_\", \"-\"", text);
		if (!err)
			text_cut(value->name, sizeof value->name, text);
		if (!err)
			err = yaml_in_text(in, yaml_document_get_node(&in->document, pair->value), value->name,
				sizeof value->value - 1, &text);
		if (!err && !text_is_label(text))
			err = yaml_in_fail(in, key, 0, "%s: must be one line", value->name);
		if (!err) {
			text_cut(value->value, sizeof value->value, text);
			out->address_count++;
		}
	}
	return err;
}

static enum err read_quiet(struct yaml_in *in, const yaml_node_t *list, struct channel_person *out)
{
	const char *text = NULL;
	enum err err = ERR_OK;

	if (list->type != YAML_SEQUENCE_NODE || yaml_in_count(list) > CHANNEL_QUIET_MAX)
		return yaml_in_fail(in, list, 0, "quiet: a list of at most %d windows", CHANNEL_QUIET_MAX);
	for (size_t i = 0; i < yaml_in_count(list) && !err; i++) {
		err = yaml_in_text(in, yaml_in_item(in, list, i), "quiet", 16, &text);
		if (!err && !channel_read_hours(text, &out->quiet[out->quiet_count++]))
			err = yaml_in_fail(in, yaml_in_item(in, list, i), 0,
				"quiet: \"%s\" must be hours like \"21:00-08:00\", in quotes", text);
	}
	return err;
}

static enum err read_person(struct yaml_in *in, const yaml_node_t *key, const yaml_node_t *node,
	const struct channel_set *set, struct channel_person *out)
{
	static const char *const known[] = {"order", "about", "language", "quiet", "at", NULL};
	static const char *const languages[] = {"zh", "en", NULL};
	const char *user = NULL;
	const yaml_node_t *value;
	int language = CHANNEL_ZH;
	enum err err = yaml_in_text(in, key, "people", ID_BYTES - 1, &user);

	if (!err && !text_is_id(user))
		err = yaml_in_fail(in, key, 0, "people: \"%s\" is no account of a volunteer", user);
	if (!err)
		err = yaml_in_map(in, node, "a volunteer", known);
	if (err)
		return err;
	text_cut(out->user, sizeof out->user, user);
	value = yaml_in_get(in, node, "order");
	if (value)
		err = read_order(in, value, "order", set, &out->order);
	value = yaml_in_get(in, node, "about");
	if (!err && value)
		err = read_about(in, value, set, out);
	value = yaml_in_get(in, node, "language");
	if (!err && value)
		err = yaml_in_word(in, value, "language", languages, &language);
	out->language = (enum channel_language)language;
	value = yaml_in_get(in, node, "quiet");
	if (!err && value)
		err = read_quiet(in, value, out);
	value = yaml_in_get(in, node, "at");
	return err || !value ? err : read_addresses(in, value, out);
}

static int by_user(const void *a, const void *b)
{
	return strcmp(((const struct channel_person *)a)->user, ((const struct channel_person *)b)->user);
}

static enum err read_root(struct yaml_in *in, const struct channel_set *set, struct channel_people *out)
{
	static const char *const known[] = {"version", "people", NULL};
	const yaml_node_t *root = yaml_document_get_root_node(&in->document), *map;
	enum err err;

	if (!root)
		return errinfo_at(
			in->info, ERR_INVALID, in->file, 1, 1, "is empty; people: {} says that there is nobody");
	err = yaml_in_map(in, root, "the file of people", known);
	map = err ? NULL : yaml_in_get(in, root, "people");
	if (err)
		return err;
	if (!map)
		return yaml_in_fail(in, root, 0, "people is missing: {account: {order: [...], at: {...}}}");
	err = yaml_in_map(in, map, "people", NULL);
	if (err)
		return err;
	out->persons =
		calloc((size_t)(map->data.mapping.pairs.top - map->data.mapping.pairs.start) + 1, sizeof *out->persons);
	if (!out->persons)
		return errinfo_set(in->info, ERR_NOMEM, "out of memory");
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top && !err; pair++)
		err = read_person(in, yaml_document_get_node(&in->document, pair->key),
			yaml_document_get_node(&in->document, pair->value), set, &out->persons[out->count++]);
	qsort(out->persons, out->count, sizeof *out->persons, by_user);
	return err;
}

enum err channel_people_load(
	const char *file, const struct channel_set *set, struct channel_people *out, struct errinfo *info)
{
	struct channel_people people = {0};
	struct errinfo own = {0};
	struct yaml_in in;
	struct stat status;
	enum err err;

	if (!info)
		info = &own;
	if (!*file) {
		*out = people;
		return ERR_OK;
	}
	if (!stat(file, &status) && (status.st_mode & 077))
		return errinfo_at(info, ERR_DENIED, file, 0, 0,
			"holds addresses of volunteers; others may read it: chmod 600 it");
	err = yaml_in_load(&in, file, CHANNEL_PEOPLE_BYTES_MAX, info);
	if (!err)
		err = read_root(&in, set, &people);
	yaml_in_fini(&in);
	if (err)
		channel_people_fini(&people);
	else
		*out = people;
	return err;
}

void channel_people_fini(struct channel_people *people)
{
	free(people->persons);
	*people = (struct channel_people){0};
}

const struct channel_person *channel_people_find(const struct channel_people *people, const char *user)
{
	struct channel_person key = {0};

	if (!people->count)
		return NULL;
	text_cut(key.user, sizeof key.user, user);
	return bsearch(&key, people->persons, people->count, sizeof key, by_user);
}
