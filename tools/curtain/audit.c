/* SPDX-License-Identifier: MIT */
#include "audit.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "codec/fields.h"
#include "show.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define DETAIL_COLUMNS 60

static const struct {
	const char *name, *text;
} faults[] = {
	{"edited", "被改动 (edited: the row is not what was written)"},
	{"removed", "被删除 (removed: a row is missing)"},
	{"reordered", "顺序被改 (reordered: the row does not follow the one before)"},
	{"twice", "重复 (the number stands twice)"},
	{"head", "链头被改 (the chain's head is not its last row)"},
	{"anchor", "与外部记录的链头不符 (the head that was noted elsewhere is not in the trail)"},
};

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static const char *fault_text(const char *name)
{
	for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
		if (strcmp(faults[i].name, name) == 0)
			return faults[i].text;
	return name;
}

enum err audit_show_verify(const char *json, struct buf *out, bool *out_whole, struct errinfo *info)
{
	json_t *root, *item;
	size_t i;
	int64_t count;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	count = json_integer_value(json_object_get(root, "fault_count"));
	if (!json_is_integer(json_object_get(root, "fault_count")))
		err = errinfo_set(info, ERR_INVALID, "the answer has no \"fault_count\"");
	json_array_foreach(json_object_get(root, "faults"), i, item)
		buf_printf(out, "链 chain %" JSON_INTEGER_FORMAT "，第 %" JSON_INTEGER_FORMAT " 行 row: %s\n",
			json_integer_value(json_object_get(item, "chain")),
			json_integer_value(json_object_get(item, "number")), fault_text(text_of(item, "fault")));
	json_array_foreach(json_object_get(root, "heads"), i, item)
		buf_printf(out, "链头 head %s\n", json_is_string(item) ? json_string_value(item) : "?");
	if (count)
		buf_printf(out, "审计链有 %" PRId64 " 处不符 (the trail was tampered with in so many places)\n", count);
	else
		buf_printf(out, "审计链完整：%" JSON_INTEGER_FORMAT " 行 (the trail is whole)\n",
			json_integer_value(json_object_get(root, "rows")));
	*out_whole = !count;
	json_decref(root);
	return err ? err : out->failed;
}

static void put_row(const json_t *row, const struct zone *zone, struct table *table)
{
	char time[SHOW_TIME_BYTES];
	struct wall at = WALL_NONE;
	char *detail = json_dumps(json_object_get(row, "detail"), JSON_COMPACT);
	struct buf cut;

	buf_init(&cut, 4096);
	if (fields_parse_wall(json_object_get(row, "at"), &at))
		at = WALL_NONE;
	show_time(zone, at, time);
	table_number(table, json_integer_value(json_object_get(row, "id")));
	table_cell(table, time);
	table_cell(table, text_of(row, "who"));
	table_cell(table, text_of(row, "method"));
	table_cell(table, *text_of(row, "household") ? text_of(row, "household") : "-");
	table_cell(table, *text_of(row, "why") ? text_of(row, "why") : "-");
	show_clean(&cut, detail ? detail : "", DETAIL_COLUMNS);
	table_cell(table, cut.data ? cut.data : "");
	buf_fini(&cut);
	free(detail);
}

enum err audit_show_rows(const char *json, const struct zone *zone, struct buf *out, struct errinfo *info)
{
	static const char *const headings[] = {
		">序号 id", "时间 at", "何人 who", "做了什么 what", "涉及住户 of whom", "缘由 why", "细节 detail"};
	struct table *table;
	json_t *root, *row;
	size_t i;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	table = table_create(headings, sizeof headings / sizeof *headings);
	if (!table)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	json_array_foreach(json_object_get(root, "items"), i, row) if (!err) put_row(row, zone, table);
	if (!err)
		err = table_print(table, out);
	table_destroy(table);
	json_decref(root);
	return err;
}
