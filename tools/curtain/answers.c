/* SPDX-License-Identifier: MIT */
#include "answers.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/fields.h"
#include "row.h"

#define PAYLOAD_COLUMNS 60
#define TOPIC_COLUMNS 48
#define ANSWER_BYTES_MAX (8u << 20)
#define CHANGE_COLUMNS 40

static enum err load(const char *json, json_t **out_root, struct errinfo *info)
{
	return fields_load(json, strlen(json), ANSWER_BYTES_MAX, out_root, info);
}

static int64_t count_of(const json_t *counts, const char *name)
{
	return json_integer_value(json_object_get(counts, name));
}

/* as a district is built up; a kind of a later version comes after them */
static const struct row_word kinds_in_order[] = {{"districts", "区"}, {"streets", "街道"}, {"communities", "社区"},
	{"estates", "小区"}, {"buildings", "楼栋"}, {"policies", "策略"}, {"teams", "队"}, {"volunteers", "志愿者"},
	{"accounts", "账号"}, {"households", "住户"}, {"elders", "老人"}, {"contacts", "联系人"}, {"medicines", "用药"},
	{"tag_kinds", "标签种类"}, {"tags", "标签"}, {"consents", "同意书"}, {"devices", "设备"},
	{"appointments", "约定"}, {"circles", "亲邻圈"}, {"cares", "探访意愿"}, {"services", "服务"},
	{"providers", "服务机构"}, {NULL, NULL}};

/* import_row leaves out kinds that the document did not name. */
static void import_row(const char *kind, const json_t *counts, struct table *table)
{
	static const char *const columns[] = {"added", "changed", "unchanged", "removed"};
	const char *zh = row_word_text(kinds_in_order, kind);
	char text[80];
	int64_t sum = 0;

	for (unsigned i = 0; i < 4; i++)
		sum += count_of(counts, columns[i]);
	if (!sum)
		return;
	snprintf(text, sizeof text, "%s %s", zh ? zh : "", kind);
	table_cell(table, zh ? text : kind);
	for (unsigned i = 0; i < 4; i++)
		table_number(table, count_of(counts, columns[i]));
}

enum err answers_import(const char *json, struct buf *out, struct errinfo *info)
{
	static const char *const headings[] = {
		"类别 kind", ">新增 added", ">更改 changed", ">未变 unchanged", ">删除 removed"};
	struct table *table;
	const char *kind;
	json_t *root, *kinds, *counts;
	enum err err = load(json, &root, info);

	if (err)
		return err;
	kinds = json_object_get(root, "kinds");
	table = table_create(headings, 5);
	if (!table)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	else if (!json_is_object(kinds))
		err = errinfo_set(info, ERR_INVALID, "the answer has no \"kinds\"");
	if (!err) {
		for (const struct row_word *known = kinds_in_order; known->word; known++)
			import_row(known->word, json_object_get(kinds, known->word), table);
		json_object_foreach(kinds, kind, counts)
		{
			if (!row_word_text(kinds_in_order, kind))
				import_row(kind, counts, table);
		}
		err = table_print(table, out);
		if (json_is_true(json_object_get(root, "dry_run")))
			buf_text(out, "试运行，未写入 (dry run: nothing was changed)\n");
	}
	table_destroy(table);
	json_decref(root);
	return err ? err : out->failed;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* fault_line writes "FILE:LINE:COLUMN: CELL HEADING: text", as editors and people find it. */
static void fault_line(const json_t *fault, const char *file, struct buf *out)
{
	buf_printf(out, "%s:%" JSON_INTEGER_FORMAT ":%" JSON_INTEGER_FORMAT ": ", file,
		json_integer_value(json_object_get(fault, "line")),
		json_integer_value(json_object_get(fault, "column")));
	if (*text_of(fault, "cell") || *text_of(fault, "heading")) {
		show_clean(out, text_of(fault, "cell"), 0);
		if (*text_of(fault, "heading")) {
			buf_text(out, *text_of(fault, "cell") ? " “" : "“");
			show_clean(out, text_of(fault, "heading"), CHANGE_COLUMNS);
			buf_text(out, "”");
		}
		buf_text(out, ": ");
	}
	show_clean(out, text_of(fault, "kind"), 0);
	if (*text_of(fault, "key")) {
		buf_text(out, " ");
		show_clean(out, text_of(fault, "key"), 0);
	}
	if (*text_of(fault, "field")) {
		buf_text(out, ".");
		show_clean(out, text_of(fault, "field"), 0);
	}
	buf_text(out, ": ");
	show_clean(out, text_of(fault, "text"), 0);
	buf_byte(out, '\n');
}

enum err answers_faults(const char *json, const char *file, struct buf *out, bool *out_clean, struct errinfo *info)
{
	json_t *root, *fault;
	size_t i, shown;
	int64_t count;
	enum err err = load(json, &root, info);

	if (err)
		return err;
	count = count_of(root, "fault_count");
	shown = json_array_size(json_object_get(root, "faults"));
	json_array_foreach(json_object_get(root, "faults"), i, fault) fault_line(fault, file, out);
	if ((int64_t)shown < count)
		buf_printf(out, "… %zu of %" PRId64 " shown; more: --most\n", shown, count);
	if (count)
		buf_printf(out,
			json_is_true(json_object_get(root, "refused"))
				? "%" PRId64 " 处错误，未写入任何一行 (faults; nothing was changed)\n"
				: "%" PRId64 " 处错误，这些行未写入 (faults; the rows with a fault were left out)\n",
			count);
	*out_clean = !count;
	json_decref(root);
	return out->failed;
}

static void change_value(const json_t *object, const char *name, struct buf *out)
{
	const json_t *value = json_object_get(object, name);
	char *text = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;

	show_clean(out, text ? text : "-", CHANGE_COLUMNS);
	free(text);
}

static void change_line(const json_t *change, struct buf *out)
{
	const json_t *before = json_object_get(change, "before"), *after = json_object_get(change, "after");
	const json_t *whole = before ? before : after;
	const char *name;
	json_t *value;

	buf_text(out, before && after ? "改 ~ " : after ? "增 + " : "删 - ");
	show_clean(out, text_of(change, "kind"), 0);
	buf_text(out, " ");
	show_clean(out, text_of(change, "key"), 0);
	if (before && after) {
		json_object_foreach((json_t *)(uintptr_t)whole, name, value)
		{
			buf_printf(out, "  %s: ", name);
			change_value(before, name, out);
			buf_text(out, " → ");
			change_value(after, name, out);
		}
	}
	buf_byte(out, '\n');
}

/* merged_line: a row that tells of an elder who was merged: whom it is counted to now, or that it was left out. */
static void merged_line(const json_t *row, struct buf *out)
{
	const json_t *name;
	size_t i;

	buf_printf(out, "并 & %s ", text_of(row, "kind"));
	show_clean(out, text_of(row, "key"), 0);
	buf_printf(out, " → %s  合并 merging: %" PRId64,
		*text_of(row, "into") ? text_of(row, "into") : "辖区外，未写入 (of another jurisdiction; left out)",
		count_of(row, "merging"));
	if (json_is_integer(json_object_get(row, "line")))
		buf_printf(out, "  行 line: %" PRId64, count_of(row, "line"));
	json_array_foreach(json_object_get(row, "differs"), i, name)
		buf_printf(out, "%s%s", i ? ", " : "  与合并时不同，未写入 differs, not taken over: ",
			json_is_string(name) ? json_string_value(name) : "?");
	buf_byte(out, '\n');
}

enum err answers_merged(const char *json, struct buf *out, struct errinfo *info)
{
	json_t *root, *row;
	size_t i, shown;
	enum err err = load(json, &root, info);

	if (err)
		return err;
	shown = json_array_size(json_object_get(root, "merged"));
	json_array_foreach(json_object_get(root, "merged"), i, row) merged_line(row, out);
	if ((int64_t)shown < count_of(root, "merged_count"))
		buf_printf(out, "… %zu of %" PRId64 " shown; more: --most\n", shown, count_of(root, "merged_count"));
	json_decref(root);
	return out->failed;
}

enum err answers_changes(const char *json, struct buf *out, struct errinfo *info)
{
	json_t *root, *change;
	size_t i;
	enum err err = load(json, &root, info);

	if (err)
		return err;
	json_array_foreach(json_object_get(root, "changes"), i, change) change_line(change, out);
	json_decref(root);
	return out->failed;
}

static void cut_cell(struct table *table, const char *text, size_t columns)
{
	struct buf cut;

	buf_init(&cut, 4096);
	show_clean(&cut, text, columns);
	table_cell(table, cut.data ? cut.data : "");
	buf_fini(&cut);
}

static void letter_row(const json_t *letter, struct wall now, struct table *table)
{
	char age[SHOW_DURATION_BYTES] = "?";
	struct wall at;

	if (!fields_parse_wall(json_object_get(letter, "at"), &at))
		show_duration(now.ms - at.ms, age);
	table_number(table, count_of(letter, "id"));
	table_cell(table, age);
	table_cell(table, text_of(letter, "reason"));
	table_cell(table, *text_of(letter, "profile") ? text_of(letter, "profile") : "-");
	cut_cell(table, text_of(letter, "topic"), TOPIC_COLUMNS);
	cut_cell(table, text_of(letter, "payload"), PAYLOAD_COLUMNS);
}

static enum err letter_line(const json_t *letter, struct buf *lines)
{
	char *line = json_dumps(letter, JSON_COMPACT);

	if (!line)
		return ERR_NOMEM;
	buf_text(lines, line);
	free(line);
	return buf_byte(lines, '\n');
}

enum err answers_letters(const char *json, struct wall now, struct table *table, struct buf *json_lines,
	struct letters_page *out_page, struct errinfo *info)
{
	struct letters_page page = {0};
	json_t *root, *items;
	enum err err = load(json, &root, info);

	if (err)
		return err;
	items = json_object_get(root, "items");
	page.count = count_of(root, "count");
	page.items = (int64_t)json_array_size(items);
	if (!json_is_array(items))
		err = errinfo_set(info, ERR_INVALID, "the answer has no \"items\"");
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *letter = json_array_get(items, i);
		page.last = count_of(letter, "id");
		if (json_lines && !err)
			err = letter_line(letter, json_lines);
		else if (!err)
			letter_row(letter, now, table);
	}
	if (!err)
		*out_page = page;
	json_decref(root);
	return err;
}

enum err answers_replay(const char *json, struct replay_result *out, struct errinfo *info)
{
	struct replay_result result = {0};
	struct fields fields;
	json_t *root;
	enum err err = load(json, &root, info);

	if (err)
		return err;
	fields_open(&fields, root, "replay", info);
	fields_int(&fields, "passed", 0, INT64_MAX, &result.passed);
	fields_int(&fields, "refused", 0, INT64_MAX, &result.refused);
	fields_int(&fields, "after", 0, INT64_MAX, &result.after);
	fields_bool_if(&fields, "more", &result.more);
	err = fields_done(&fields);
	if (!err)
		*out = result;
	json_decref(root);
	return err;
}
