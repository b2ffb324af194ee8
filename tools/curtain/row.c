/* SPDX-License-Identifier: MIT */
#include "row.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/fields.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define CELL_BYTES 160

const char *row_text(const json_t *row, const char *name)
{
	const char *text = json_string_value(json_object_get(row, name));

	return text && *text ? text : "-";
}

void row_time_cell(struct table *table, const json_t *row, const char *name, const struct zone *zone)
{
	char shown[SHOW_TIME_BYTES];

	show_time(zone, fields_wall_or_none(row, name), shown);
	table_cell(table, shown);
}

const char *row_word_text(const struct row_word *words, const char *word)
{
	for (; words->word; words++)
		if (!strcmp(words->word, word))
			return words->zh;
	return NULL;
}

void row_word_cell(struct table *table, const json_t *row, const char *name, const struct row_word *words)
{
	const char *word = row_text(row, name), *zh = row_word_text(words, word);
	char shown[CELL_BYTES];

	snprintf(shown, sizeof shown, "%s %s", zh ? zh : "", word);
	table_cell(table, zh ? shown : word);
}

static void plain_cell(struct table *table, const json_t *row, const char *name)
{
	const json_t *value = json_object_get(row, name);

	if (json_is_integer(value))
		table_number(table, json_integer_value(value));
	else if (json_is_boolean(value))
		table_cell(table, json_is_true(value) ? "是 yes" : "否 no");
	else
		table_cell(table, row_text(row, name));
}

static void put_row(struct table *table, const json_t *row, const struct row_column *columns, unsigned count,
	const struct zone *zone)
{
	for (unsigned i = 0; i < count; i++) {
		if (columns[i].kind == ROW_TIME)
			row_time_cell(table, row, columns[i].member, zone);
		else if (columns[i].kind == ROW_WORD)
			row_word_cell(table, row, columns[i].member, columns[i].words);
		else
			plain_cell(table, row, columns[i].member);
	}
}

enum err row_table(const json_t *items, const struct row_form *form, const struct zone *zone, struct buf *out)
{
	const char *headings[TABLE_COLUMNS_MAX];
	struct table *table;
	const json_t *row;
	size_t i;
	enum err err;

	assert(form->count <= TABLE_COLUMNS_MAX);
	if (!json_array_size(items))
		return buf_text(out, form->none);
	for (unsigned c = 0; c < form->count; c++)
		headings[c] = form->columns[c].heading;
	table = table_create(headings, form->count);
	if (!table)
		return ERR_NOMEM;
	json_array_foreach(items, i, row) put_row(table, row, form->columns, form->count, zone);
	err = table_print(table, out);
	table_destroy(table);
	return err;
}

static enum err put_lines(const json_t *items, struct buf *out)
{
	const json_t *row;
	size_t i;

	json_array_foreach(items, i, row)
	{
		char *line = json_dumps(row, JSON_COMPACT);
		if (!line)
			return ERR_NOMEM;
		buf_text(out, line);
		buf_byte(out, '\n');
		free(line);
	}
	return out->failed;
}

enum err row_list(const char *json, const struct row_form *form, const struct zone *zone, bool lines, struct buf *out,
	struct errinfo *info)
{
	json_t *root, *items;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	items = json_object_get(root, "items");
	if (!json_is_array(items))
		err = errinfo_set(info, ERR_INVALID, "the answer has no \"items\"");
	else
		err = lines ? put_lines(items, out) : row_table(items, form, zone, out);
	json_decref(root);
	return err;
}
