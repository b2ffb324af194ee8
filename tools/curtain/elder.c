/* SPDX-License-Identifier: MIT */
#include "elder.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/fields.h"
#include "row.h"
#include "show.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define SHARED_BYTES 160

static const struct {
	const char *name, *title;
} sections[] = {
	{"elder", "本人 (the elder)"},
	{"household", "住户 (the household)"},
	{"contacts", "联系人 (whom to call)"},
	{"medicines", "药品 (medicines)"},
	{"tags", "标签 (tags)"},
	{"consent", "同意书 (consent)"},
	{"appointments", "约定 (agreed signs)"},
	{"devices", "设备 (devices)"},
	{"device_stays", "设备去向 (where devices were)"},
	{"days", "每日读数 (readings by day)"},
	{"readings", "原始读数条数 (single readings)"},
	{"alerts", "警报 (alerts)"},
	{"incidents", "事件 (incidents)"},
	{"circle", "身边的人 (people around)"},
	{"care", "探访意愿 (wishes for visits)"},
	{"errands", "探访、待办与服务 (visits, tasks, services)"},
	{"decisions", "会议决定 (decisions of meetings)"},
	{"merged", "并入的登记 (entries merged into this one)"},
	{"changes", "变更历史 (changes)"},
	{"looked", "谁查看过 (who looked)"},
};

static void put_members(const json_t *object, struct buf *out)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		char *text = json_is_string(value) ? strdup(json_string_value(value))
						   : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		if (!json_is_null(value) && text && *text) {
			buf_printf(out, "  %s: ", name);
			show_clean(out, text, 0);
			buf_byte(out, '\n');
		}
		free(text);
	}
}

static void put_section(const char *title, const json_t *value, struct buf *out)
{
	size_t i;
	json_t *item;

	buf_printf(out, "\n%s\n", title);
	if (json_is_integer(value))
		buf_printf(out, "  %" JSON_INTEGER_FORMAT "\n", json_integer_value(value));
	else if (json_is_object(value))
		put_members(value, out);
	else if (!json_array_size(value))
		buf_text(out, "  -\n");
	json_array_foreach(value, i, item)
	{
		buf_printf(out, "  [%zu]\n", i + 1);
		put_members(item, out);
	}
}

enum err elder_show_export(const char *json, struct buf *out, struct errinfo *info)
{
	json_t *root;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	buf_text(out, "个人信息副本 (copy of everything that is kept of a person)\n");
	for (unsigned i = 0; i < sizeof sections / sizeof *sections; i++)
		put_section(sections[i].title, json_object_get(root, sections[i].name), out);
	json_decref(root);
	return out->failed;
}

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* put_merged names the certificates of who was merged into the elder. */
static void put_merged(const json_t *merged, struct buf *out)
{
	const json_t *one;
	size_t i;

	json_array_foreach(merged, i, one)
	{
		buf_printf(out, "  并入的登记 merged: %s，证明 certificate no. %" JSON_INTEGER_FORMAT,
			text_of(one, "elder"), json_integer_value(json_object_get(one, "erasure")));
		if (*text_of(one, "household"))
			buf_printf(out, "，住户 household: %s（%s）", text_of(one, "household"), text_of(one, "token"));
		buf_byte(out, '\n');
	}
}

enum err elder_show_certificate(
	const char *json, int64_t letters, const struct zone *zone, struct buf *out, struct errinfo *info)
{
	char at[SHOW_TIME_BYTES];
	json_t *root;
	const char *name;
	json_t *count;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	buf_printf(out, "删除证明 (certificate of erasure) no. %" JSON_INTEGER_FORMAT "\n",
		json_integer_value(json_object_get(root, "erasure")));
	show_time(zone, fields_wall_or_none(root, "at"), at);
	buf_printf(out, "  时间 at: %s\n  经办 by: %s\n  原因 why: ", at, text_of(root, "who"));
	show_clean(out, text_of(root, "why"), 0);
	buf_printf(out, "\n  老人 elder: %s\n", text_of(root, "elder"));
	if (json_is_true(json_object_get(root, "removed")))
		buf_text(out,
			"  登记中此前已移除，遗留的历史等已删除 (the registry no longer had the elder; what was left "
			"of it is deleted)\n");
	if (*text_of(root, "household"))
		buf_printf(out, "  住户 household: %s，今后只以 %s 计入统计 (from now on only this, in statistics)\n",
			text_of(root, "household"), text_of(root, "token"));
	else
		buf_text(out,
			"  住户仍有他人居住，保留；或此前已删除 (others live in the household, and it stays; or it was "
			"erased before)\n");
	put_merged(json_object_get(root, "merged"), out);
	buf_text(out, "  已删除 (deleted):\n");
	json_object_foreach(json_object_get(root, "counts"), name, count)
		buf_printf(out, "    %-30s %" JSON_INTEGER_FORMAT "\n", name, json_integer_value(count));
	buf_printf(out, "    %-30s %" PRId64 "\n", "dead_letter (ingest)", letters);
	buf_text(out, "  仍保留 (what remains):\n"
		      "    审计链中的编号，不含个人信息 (ids in the audit trail, no personal data)\n"
		      "    警报与事件的统计行，无住户、无文字 (alerts and incidents as statistics, without household "
		      "and words)\n"
		      "    用于防止再次登记的密钥摘要 (keyed digests, so that no old file or platform brings the "
		      "person back)\n"
		      "    此前的备份，至其保留期满；恢复后自动再次删除 (backups made before, until their time is "
		      "over; after a "
		      "restore records erases again)\n"
		      "    各服务随目录删除其副本 (services drop their copies as the directory tells them, within "
		      "seconds)\n");
	json_decref(root);
	return out->failed;
}

/* shared_text writes what two have in common: "姓名 name，电话 phone". */
static void shared_text(const json_t *shared, char *out, size_t size)
{
	static const struct row_word words[] = {
		{"name", "姓名"}, {"birth_date", "出生日期"}, {"phone", "电话"}, {"address", "住址"}, {NULL, NULL}};
	const json_t *one;
	size_t i, length = 0;

	*out = '\0';
	json_array_foreach(shared, i, one)
	{
		const char *word = json_is_string(one) ? json_string_value(one) : "", *zh = row_word_text(words, word);
		if (length < size)
			length += (size_t)snprintf(out + length, size - length, "%s%s%s%s", i ? "，" : "", zh ? zh : "",
				zh ? " " : "", word);
	}
}

enum err elder_show_duplicates(const char *json, struct buf *out, struct errinfo *info)
{
	static const char *const headings[] = {"一 a", "二 b", "相同 shared"};
	struct table *table = table_create(headings, sizeof headings / sizeof *headings);
	const json_t *items, *row;
	json_t *root = NULL;
	char shared[SHARED_BYTES];
	size_t i;
	enum err err = table ? fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info) : ERR_NOMEM;

	items = json_object_get(root, "items");
	json_array_foreach(items, i, row)
	{
		shared_text(json_object_get(row, "shared"), shared, sizeof shared);
		table_cell(table, row_text(row, "a"));
		table_cell(table, row_text(row, "b"));
		table_cell(table, shared);
	}
	if (!err && !json_array_size(items))
		err = buf_text(out, "没有发现重复登记 (nobody seems to stand in the registry twice)\n");
	else if (!err)
		err = table_print(table, out);
	if (!err && json_array_size(items))
		buf_printf(out,
			"共 %" JSON_INTEGER_FORMAT " 对，显示 %zu (pairs, shown); curtain elder merge KEEP GONE\n",
			json_integer_value(json_object_get(root, "count")), json_array_size(items));
	table_destroy(table);
	json_decref(root);
	return err ? err : out->failed;
}

enum err elder_show_merging(const char *json, bool undone, struct buf *out, struct errinfo *info)
{
	const json_t *one;
	json_t *root;
	const char *name;
	size_t i;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	int64_t number = json_integer_value(json_object_get(root, "merging"));
	if (undone) {
		buf_printf(out,
			"合并 %" PRId64 " 已撤销：%s 与 %s 重新各自登记 (undone: both are in the registry again)\n",
			number, row_text(root, "kept"), row_text(root, "gone"));
	} else {
		buf_printf(out,
			"%s 已并入 %s，合并编号 %" PRId64 " (merged; \"curtain elder unmerge %" PRId64
			"\" takes it apart)\n",
			row_text(root, "gone"), row_text(root, "kept"), number, number);
		json_array_foreach(json_object_get(root, "filled"), i, one) buf_printf(out, "%s%s",
			i ? ", " : "  补入 filled in: ", json_is_string(one) ? json_string_value(one) : "-");
		if (json_array_size(json_object_get(root, "filled")))
			buf_byte(out, '\n');
		json_object_foreach(json_object_get(root, "moved"), name, one) if (json_array_size(one))
			buf_printf(out, "  移来 moved: %s %zu\n", name, json_array_size(one));
	}
	json_decref(root);
	return out->failed;
}

enum err elder_devices(const char *json, enum err (*each)(void *context, const char *device, struct errinfo *info),
	void *context, struct errinfo *info)
{
	json_t *root, *device;
	size_t i;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	json_array_foreach(json_object_get(root, "devices"), i, device) if (!err && json_is_string(device)) err =
		each(context, json_string_value(device), info);
	json_decref(root);
	return err;
}
