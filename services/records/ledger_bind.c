/* SPDX-License-Identifier: MIT
 *
 * A column map in use: its headings found in a file's header line, its templates filled with cells.
 */
#include <stdio.h>
#include <string.h>

#include "records/ledger_map.h"
#include "records/ledger_value.h"

/* same_heading: blanks around a heading of the file say nothing. */
static bool same_heading(const char *theirs, const char *heading)
{
	char plain[LEDGER_VALUE_BYTES];

	return ledger_plain(theirs, false, plain) && strcmp(plain, heading) == 0;
}

static int column_of(const char *heading, char *const *headings, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (same_heading(headings[i], heading))
			return (int)i;
	return -1;
}

/* template_of gives the templates of a target one after the other: what it is made of, then its condition. */
static struct ledger_template *template_of(struct ledger_target *target, unsigned i)
{
	return i < target->field_count ? &target->fields[i] : i == target->field_count ? &target->when : NULL;
}

static bool template_names(const struct ledger_template *of, const char *heading)
{
	for (unsigned i = 0; i < of->count; i++)
		if (of->segments[i].is_heading && same_heading(heading, of->segments[i].text))
			return true;
	return false;
}

bool ledger_map_names(const struct ledger_map *map, const char *heading)
{
	for (unsigned t = 0; t < map->target_count; t++)
		for (unsigned i = 0; i <= map->targets[t].field_count; i++)
			if (template_names(template_of(&map->targets[t], i), heading))
				return true;
	return false;
}

/* binding: a header line while the map's headings are looked for in it. */
struct binding {
	struct ledger_map *map;
	char *const *headings;
	const struct ledger_place *places;
	unsigned count, missing_count;
	const char *missing[LEDGER_FIELDS_MAX]; /* told already */
	struct ledger_faults *faults;
	struct errinfo *info;
};

static enum err tell_missing(struct binding *b, const char *kind, const char *field, const char *heading)
{
	struct ledger_place place = b->places[0];

	for (unsigned i = 0; i < b->missing_count; i++)
		if (strcmp(b->missing[i], heading) == 0)
			return ERR_OK;
	if (b->missing_count < LEDGER_FIELDS_MAX)
		b->missing[b->missing_count++] = heading;
	place.heading = heading;
	place.field = 0;
	return ledger_fault(b->faults, kind, "", field, place, ERR_INVALID,
		"表头缺少这一列 (the header line has no such column)", b->info);
}

static enum err bind_template(struct binding *b, const char *kind, struct ledger_template *of)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < of->count && !err; i++) {
		struct ledger_segment *segment = &of->segments[i];
		if (!segment->is_heading)
			continue;
		segment->column = column_of(segment->text, b->headings, b->count);
		if (segment->column < 0 && !segment->optional)
			err = tell_missing(b, kind, of->field, segment->text);
	}
	return err;
}

/* tell_doubles: of two columns with one heading nobody can say which is meant. Those that the map does not name may be
 * as many as they like. */
static enum err tell_doubles(struct binding *b)
{
	char plain[LEDGER_VALUE_BYTES];
	enum err err = ERR_OK;

	for (unsigned i = 1; i < b->count && !err; i++) {
		if (!ledger_plain(b->headings[i], false, plain) || !ledger_map_names(b->map, plain))
			continue;
		int first = column_of(plain, b->headings, i);
		if (first < 0)
			continue;
		err = ledger_fault_double(b->faults, b->map->targets[0].kind->name, b->headings[i], b->places[i],
			b->places[first], b->info);
	}
	return err;
}

enum err ledger_map_bind(struct ledger_map *map, char *const *headings, const struct ledger_place *places,
	unsigned count, struct ledger_faults *faults, struct errinfo *info)
{
	struct binding b = {
		.map = map, .headings = headings, .places = places, .count = count, .faults = faults, .info = info};
	enum err err = ERR_OK;

	for (unsigned t = 0; t < map->target_count; t++)
		for (unsigned i = 0; i <= map->targets[t].field_count && !err; i++)
			err = bind_template(&b, map->targets[t].kind->name, template_of(&map->targets[t], i));
	return err ? err : tell_doubles(&b);
}

enum err ledger_map_text(const struct ledger_map *map, const struct ledger_template *of, char *const *fields,
	const struct ledger_place *places, unsigned count, const char **out_text, struct ledger_place *out_place,
	struct errinfo *info)
{
	char whole[LEDGER_VALUE_BYTES * 2], plain[LEDGER_VALUE_BYTES];
	size_t length = 0;
	bool any = false, placed = false, headings = false;

	*out_text = NULL;
	for (unsigned i = 0; i < of->count; i++) {
		const struct ledger_segment *segment = &of->segments[i];
		const char *part = segment->text;
		if (segment->is_heading) {
			headings = true;
			part = segment->column >= 0 && (unsigned)segment->column < count ? fields[segment->column] : "";
			if (map->lenient && of->count > 1 && ledger_plain(part, true, plain))
				part = plain; /* part of an id, say: without blanks */
			if (!placed && segment->column >= 0 && (unsigned)segment->column < count) {
				*out_place = places[segment->column];
				placed = true;
			}
			any = any || *part;
		}
		if (length + strlen(part) >= sizeof whole)
			return errinfo_at(
				info, ERR_RANGE, NULL, out_place->line, out_place->column, "the cell is too long");
		memcpy(whole + length, part, strlen(part));
		length += strlen(part);
	}
	if (headings && !any)
		return ERR_OK;
	if (of->count == 1 && headings) {
		*out_text = fields[of->segments[0].column];
		return ERR_OK;
	}
	*out_text = ledger_memory_keep(map->memory, whole, length);
	return *out_text ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");
}

const char *ledger_map_word(const struct ledger_map *map, const char *field, const char *theirs)
{
	char plain[LEDGER_VALUE_BYTES];

	if (!map->word_count || !ledger_plain(theirs, false, plain))
		return theirs;
	for (size_t i = 0; i < map->word_count; i++)
		if (strcmp(map->words[i].field, field) == 0 && strcmp(map->words[i].theirs, plain) == 0)
			return map->words[i].ours;
	return theirs;
}

bool ledger_map_knows(const struct ledger_map *map, const char *field, const char *theirs, char *out_words, size_t size)
{
	char plain[LEDGER_VALUE_BYTES];
	size_t length = 0;

	*out_words = '\0';
	if (!ledger_plain(theirs, false, plain))
		return true; /* told as too long */
	for (size_t i = 0; i < map->word_count; i++) {
		const struct ledger_word *word = &map->words[i];
		if (strcmp(word->field, field) != 0)
			continue;
		if (strcmp(word->theirs, plain) == 0 || strcmp(word->ours, plain) == 0 ||
			strcmp(word->theirs, "*") == 0)
			return true;
		if (length + strlen(word->theirs) + strlen("、") < size)
			length += (size_t)snprintf(
				out_words + length, size - length, "%s%s", length ? "、" : "", word->theirs);
	}
	return !length;
}
