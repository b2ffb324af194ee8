/* SPDX-License-Identifier: MIT */
#include "ingest/profile.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/yaml_in.h"

static const char *const profile_keys[] = {"profile", "version", "description", "zone", "definitions", "entries", NULL};

static void emit_fini(struct emit *emit)
{
	expr_fini(&emit->quantity_expr);
	expr_fini(&emit->value);
	expr_fini(&emit->unit_expr);
	expr_fini(&emit->channel);
	expr_fini(&emit->text);
	expr_fini(&emit->device);
	expr_fini(&emit->at);
	free(emit->words);
}

static void entry_fini(struct map_entry *entry)
{
	expr_fini(&entry->when);
	expr_fini(&entry->device);
	expr_fini(&entry->time);
	for (uint32_t i = 0; i < entry->emit_count; i++)
		emit_fini(&entry->emits[i]);
	free(entry->emits);
}

void profiles_fini(struct profiles *profiles)
{
	for (uint32_t i = 0; i < profiles->entry_count; i++)
		entry_fini(&profiles->entries[i]);
	for (uint32_t i = 0; i < profiles->pattern_count; i++)
		free(profiles->patterns[i]);
	for (uint32_t i = 0; i < profiles->zone_count; i++)
		zone_destroy(profiles->zones[i].zone);
	program_destroy(profiles->program);
	free(profiles->entries);
	free(profiles->patterns);
	free(profiles->pattern_entries);
	free(profiles->zones);
	*profiles = (struct profiles){0};
}

static enum err zone_named(struct profiles *profiles, const char *name, const struct zone **out, struct errinfo *info)
{
	struct zone *zone = NULL;
	enum err err;

	for (uint32_t i = 0; i < profiles->zone_count; i++) {
		if (!strcmp(profiles->zones[i].name, name)) {
			*out = profiles->zones[i].zone;
			return ERR_OK;
		}
	}
	struct profile_zone *more = realloc(profiles->zones, (profiles->zone_count + 1) * sizeof *more);
	if (!more)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	profiles->zones = more;
	err = zone_load(name, &zone, info);
	if (err)
		return err;
	text_cut(more[profiles->zone_count].name, sizeof more->name, name);
	more[profiles->zone_count++].zone = zone;
	*out = zone;
	return ERR_OK;
}

enum err profiles_zone(struct profiles *profiles, struct yaml_in *in, const void *node, const struct zone **out)
{
	struct errinfo cause = {0};
	const char *name = "Asia/Shanghai";
	enum err err = node ? yaml_in_text(in, node, "zone", 60, &name) : ERR_OK;

	if (err)
		return err;
	err = zone_named(profiles, name, out, &cause);
	if (err && node)
		return yaml_in_fail(in, node, 0, "zone: %s", cause.text);
	return err ? errinfo_set(in->info, err, "%s", cause.text) : ERR_OK;
}

/* read_name reads the profile's name, which no other file may have. */
static enum err read_name(struct profiles *profiles, struct yaml_in *in, const yaml_node_t *root, const char **out)
{
	const yaml_node_t *node = yaml_in_get(in, root, "profile");
	enum err err;

	if (!node)
		return yaml_in_fail(in, root, 0, "profile is missing: a short name, shown in every result");
	err = yaml_in_text(in, node, "profile", WORD_BYTES - 1, out);
	if (err)
		return err;
	if (!text_is_id(*out))
		return yaml_in_fail(in, node, 0, "profile: \"%s\" must be letters, digits, \".\", \"_\", \"-\"", *out);
	for (uint32_t i = 0; i < profiles->entry_count; i++)
		if (!strcmp(profiles->entries[i].base.profile, *out))
			return yaml_in_fail(in, node, 0, "profile: another file has the name \"%s\" already", *out);
	return ERR_OK;
}

static enum err read_version(struct yaml_in *in, const yaml_node_t *root)
{
	const yaml_node_t *node = yaml_in_get(in, root, "version");
	const char *text;
	enum err err = node ? yaml_in_text(in, node, "version", 20, &text) : ERR_OK;

	if (err || !node)
		return err;
	if (strcmp(text, "1") != 0)
		return yaml_in_fail(
			in, node, 0, "version: \"%s\" is not known here; this ingest reads version 1", text);
	return ERR_OK;
}

static enum err read_root(struct profiles *profiles, struct yaml_in *in, const yaml_node_t *root)
{
	const struct zone *zone = NULL;
	const char *name = NULL;
	enum err err = yaml_in_map(in, root, "a profile", profile_keys);

	if (!err)
		err = read_name(profiles, in, root, &name);
	if (!err)
		err = read_version(in, root);
	if (!err)
		err = profiles_zone(profiles, in, yaml_in_get(in, root, "zone"), &zone);
	if (!err)
		err = profile_definitions(profiles, in, yaml_in_get(in, root, "definitions"));
	if (err)
		return err;
	const yaml_node_t *entries = yaml_in_get(in, root, "entries");
	if (!entries || entries->type != YAML_SEQUENCE_NODE || !yaml_in_count(entries))
		return yaml_in_fail(in, entries ? entries : root, 0,
			"entries: a list is needed (- name: ...), with one entry at least");
	for (size_t i = 0; i < yaml_in_count(entries) && !err; i++)
		err = profile_entry_read(profiles, in, yaml_in_item(in, entries, i), name, zone);
	return err;
}

static enum err read_file(struct profiles *profiles, const char *file, struct errinfo *info)
{
	struct yaml_in in;
	enum err err = yaml_in_load(&in, file, PROFILE_FILE_BYTES_MAX, info);

	if (!err) {
		const yaml_node_t *root = yaml_document_get_root_node(&in.document);
		err = root ? read_root(profiles, &in, root)
			   : errinfo_at(info, ERR_INVALID, file, 1, 1, "is empty; a profile is needed");
	}
	yaml_in_fini(&in);
	return err;
}

static int is_profile(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return entry->d_name[0] != '.' && length > 5 && !strcmp(entry->d_name + length - 5, ".yaml");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static enum err read_folder(struct profiles *profiles, const char *folder, struct errinfo *info)
{
	struct dirent **names = NULL;
	enum err err = ERR_OK;
	int count = scandir(folder, &names, is_profile, by_name);

	if (count < 0)
		return errinfo_at(info, ERR_NOT_FOUND, folder, 0, 0,
			"cannot be read: %s; it must be the folder of the device profiles (*.yaml)", strerror(errno));
	if (!count)
		err = errinfo_at(info, ERR_NOT_FOUND, folder, 0, 0, "holds no device profile (*.yaml)");
	for (int i = 0; i < count; i++) {
		char file[512];
		if (!err && snprintf(file, sizeof file, "%s/%s", folder, names[i]->d_name) >= (int)sizeof file)
			err = errinfo_at(info, ERR_RANGE, folder, 0, 0, "the path is too long");
		if (!err)
			err = read_file(profiles, file, info);
		free(names[i]);
	}
	free(names);
	return err;
}

enum err profiles_load(const char *folder, struct profiles *out, struct errinfo *info)
{
	struct profiles profiles = {.program = program_create("topic")};
	enum err err = ERR_OK;

	if (!profiles.program)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err)
		err = read_folder(&profiles, folder, info);
	if (!err)
		err = program_compile(profiles.program, info);
	if (err)
		profiles_fini(&profiles);
	*out = profiles;
	return err;
}
