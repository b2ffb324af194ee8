/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channel_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "dispatcher/channel/channel_entry.h"

const char *channel_value_find(const struct channel_value *values, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(values[i].name, name))
			return values[i].value;
	return "";
}

unsigned channel_set_find(const struct channel_set *set, const char *name)
{
	unsigned i = 0;

	while (i < set->count && strcmp(set->definitions[i].name, name) != 0)
		i++;
	return i;
}

static enum err read_one(
	struct channel_set *set, struct yaml_in *in, const yaml_node_t *entry, const char *folder, bool with_secrets)
{
	struct channel_sources from = {.own = in, .entry = entry, .with_secrets = with_secrets};
	struct yaml_in preset_in;
	char path[600];
	const char *preset = "";
	enum err err = channel_entry_preset(in, entry, &preset);

	if (!err && *preset) {
		const yaml_node_t *node = yaml_in_get(in, entry, "preset");
		struct errinfo why = {0};
		snprintf(path, sizeof path, "%s/%s.yaml", folder, preset);
		err = yaml_in_load(&preset_in, path, CHANNEL_FILE_BYTES_MAX, &why);
		if (err == ERR_NOT_FOUND)
			return yaml_in_fail(in, node, 0, "preset: there is no %s", path);
		if (err) {
			*in->info = why;
			return err;
		}
		preset_in.info = in->info;
		from.preset = &preset_in;
		from.base = yaml_document_get_root_node(&preset_in.document);
		if (!from.base)
			err = errinfo_at(in->info, ERR_INVALID, path, 1, 1, "is empty");
	}
	if (!err)
		err = channel_entry_read(&from, set->program, &set->definitions[set->count], &set->rules[set->count]);
	text_cut(set->definitions[set->count].preset, WORD_BYTES, preset);
	if (from.preset)
		yaml_in_fini(&preset_in);
	if (!err && channel_set_find(set, set->definitions[set->count].name) < set->count)
		err = yaml_in_fail(in, entry, 0, "name: another channel has the name \"%s\" already",
			set->definitions[set->count].name);
	set->count++; /* also a half-read one, which is to be freed */
	return err;
}

static enum err read_order(struct channel_set *set, struct yaml_in *in, const yaml_node_t *list)
{
	const char *name = NULL;
	enum err err = ERR_OK;

	if (list->type != YAML_SEQUENCE_NODE || yaml_in_count(list) > CHANNEL_ROUTE_MAX)
		return yaml_in_fail(in, list, 0, "order: a list of at most %d channels", CHANNEL_ROUTE_MAX);
	for (size_t i = 0; i < yaml_in_count(list) && !err; i++) {
		const yaml_node_t *item = yaml_in_item(in, list, i);
		err = yaml_in_text(in, item, "order", WORD_BYTES - 1, &name);
		unsigned c = err ? 0 : channel_set_find(set, name);
		if (!err && (c == set->count || set->definitions[c].audience != CHANNEL_PERSON))
			err = yaml_in_fail(in, item, 0, "order: \"%s\" is no channel to a person", name);
		if (!err)
			set->order[set->order_count++] = (uint8_t)c;
	}
	return err;
}

static enum err resolve_fallbacks(struct channel_set *set, struct yaml_in *in, const yaml_node_t *list)
{
	for (unsigned c = 0; c < set->count; c++) {
		const struct channel_definition *d = &set->definitions[c];
		for (unsigned i = 0; i < d->fallback_count; i++) {
			unsigned other = channel_set_find(set, d->fallback[i]);
			const yaml_node_t *entry = yaml_in_item(in, list, c);
			if (other == set->count || other == c)
				return yaml_in_fail(
					in, entry, 0, "fallback: \"%s\" is no other channel", d->fallback[i]);
			/* What is meant for a program or a person must not end in front of a group, nor the reverse. */
			if (set->definitions[other].audience != d->audience)
				return yaml_in_fail(in, entry, 0,
					"fallback: \"%s\" is for another audience than \"%s\"", d->fallback[i],
					d->name);
			set->fallback[c][i] = (uint8_t)other;
		}
	}
	return ERR_OK;
}

static enum err read_root(struct channel_set *set, struct yaml_in *in, const char *folder, bool with_secrets)
{
	static const char *const known[] = {"version", "channels", "order", NULL};
	const yaml_node_t *root = yaml_document_get_root_node(&in->document), *list, *order;
	enum err err;

	if (!root)
		return errinfo_at(
			in->info, ERR_INVALID, in->file, 1, 1, "is empty; channels: [] says that there are none");
	err = yaml_in_map(in, root, "the channels", known);
	list = err ? NULL : yaml_in_get(in, root, "channels");
	if (err)
		return err;
	if (!list || list->type != YAML_SEQUENCE_NODE || yaml_in_count(list) > CHANNEL_COUNT_MAX)
		return yaml_in_fail(
			in, list ? list : root, 0, "channels: a list of at most %d is expected", CHANNEL_COUNT_MAX);
	for (size_t i = 0; i < yaml_in_count(list) && !err; i++)
		err = read_one(set, in, yaml_in_item(in, list, i), folder, with_secrets);
	if (!err)
		err = resolve_fallbacks(set, in, list);
	order = yaml_in_get(in, root, "order");
	if (!err && order)
		err = read_order(set, in, order);
	return err;
}

/* add_webhook makes the channel of the settings webhook.*; what it sends is what the preset of that name sends. */
static enum err add_webhook(struct channel_set *set, const struct channel_files *files, struct errinfo *info)
{
	static const char body[] =
		"{type: (if .withdrawn then \"page.withdrawn\" else \"page.sent\" end), timestamp: .at, "
		"data: (.pages[0] | {id, incident, user, household, role, kind, level} + (if .expires then "
		"{expires} else {} end))}";
	static const char gone[] = ".status == 410";
	struct channel_definition *d = &set->definitions[set->count];
	struct channel_rule *rule = &set->rules[set->count];
	enum err err;

	*d = (struct channel_definition){.name = CHANNEL_WEBHOOK,
		.audience = CHANNEL_SYSTEM,
		.method = "POST",
		.timeout_ms = files->webhook_timeout_ms,
		.levels = 0xff,
		.about = CHANNEL_ALERTS};
	*rule = (struct channel_rule){.name = CHANNEL_WEBHOOK,
		.audience = CHANNEL_SYSTEM,
		.withdrawals = true,
		.rest_ms = MS_PER_MINUTE,
		.retry_count = 4,
		.retry_ms = {0, 5000, 15000, 30000},
		.running_max = 8,
		.expire_ms = MS_PER_HOUR};
	if (channel_set_find(set, CHANNEL_WEBHOOK) < set->count)
		return errinfo_set(info, ERR_INVALID,
			"webhook.url and a channel named webhook: name one of them otherwise, or leave webhook.url "
			"empty");
	for (int i = 0; i < CHANNEL_JQ_COUNT; i++)
		d->programs[i] = CHANNEL_NO_PROGRAM;
	text_cut(d->url, sizeof d->url, files->webhook_url);
	d->sign = CHANNEL_STANDARD_WEBHOOKS;
	if (*files->webhook_secret_file) {
		d->secret_count = 1;
		text_cut(d->secrets[0].name, sizeof d->secrets[0].name, "sign");
		text_cut(d->secrets[0].value, sizeof d->secrets[0].value, "SECRET-sign");
	}
	err = program_open(set->program, CHANNEL_WEBHOOK, info);
	if (!err)
		err = program_add(set->program, body, (struct text_place){.line = 1, .column = 1},
			&d->programs[CHANNEL_JQ_BODY], info);
	if (!err)
		err = program_add(set->program, gone, (struct text_place){.line = 1, .column = 1},
			&d->programs[CHANNEL_JQ_REFUSED], info);
	if (!err && files->with_secrets && d->secret_count)
		err = config_secret(files->webhook_secret_file, d->secrets[0].value, sizeof d->secrets[0].value, info);
	set->count++;
	return err;
}

/* folder_of gives the folder of presets: the one named, or channels/ beside the file. */
static void folder_of(const struct channel_files *files, char *out, size_t size)
{
	const char *slash = strrchr(files->file, '/');

	if (*files->presets)
		snprintf(out, size, "%s", files->presets);
	else
		snprintf(out, size, "%.*schannels", slash ? (int)(slash + 1 - files->file) : 0, files->file);
}

enum err channel_set_load(const struct channel_files *files, struct channel_set *out, struct errinfo *info)
{
	struct channel_set set = {.program = program_create("vars")};
	struct errinfo own = {0};
	struct yaml_in in;
	enum err err = ERR_OK;

	set.definitions = calloc(CHANNEL_COUNT_MAX + 1, sizeof *set.definitions);
	set.rules = calloc(CHANNEL_COUNT_MAX + 1, sizeof *set.rules);
	if (!info)
		info = &own;
	if (!set.program || !set.definitions || !set.rules)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err && *files->file) {
		char folder[512];
		folder_of(files, folder, sizeof folder);
		err = yaml_in_load(&in, files->file, CHANNEL_FILE_BYTES_MAX, info);
		if (!err)
			err = read_root(&set, &in, folder, files->with_secrets);
		yaml_in_fini(&in);
	}
	if (!err && *files->webhook_url && set.count == CHANNEL_COUNT_MAX)
		err = errinfo_set(info, ERR_INVALID, "webhook.url: there are %d channels already", CHANNEL_COUNT_MAX);
	if (!err && *files->webhook_url)
		err = add_webhook(&set, files, info);
	if (!err)
		err = program_compile(set.program, info);
	if (err)
		channel_set_fini(&set);
	else
		*out = set;
	return err;
}

void channel_set_fini(struct channel_set *set)
{
	for (unsigned i = 0; set->definitions && i < set->count; i++) {
		free(set->definitions[i].teams);
		explicit_bzero(set->definitions[i].secrets, sizeof set->definitions[i].secrets);
	}
	free(set->definitions);
	free(set->rules);
	program_destroy(set->program);
	*set = (struct channel_set){0};
}
