/* SPDX-License-Identifier: MIT */
#include "hook_text.h"

#include <stdlib.h>
#include <string.h>

#include "answers.h"
#include "codec/fields.h"

#define ANSWER_BYTES_MAX (8u << 20)

const struct row_word hook_states[] = {
	{"up", "正常"}, {"resting", "稍后再试"}, {"down", "不通"}, {"off", "已停用"}, {NULL, NULL}};

static const struct row_word job_states[] = {{"imported", "已写入"}, {"unchanged", "没有变化"}, {"refused", "被拒绝"},
	{"failed", "没有做成"}, {"told", "已推送"}, {NULL, NULL}};

/* count_of: a count of the answer; fault is set where it has none. */
static long long count_of(const json_t *of, const char *name, bool *fault)
{
	const json_t *value = json_object_get(of, name);

	*fault = *fault || !json_is_integer(value);
	return (long long)json_integer_value(value);
}

/* put_word appends a word of the wire with its Chinese one before it. */
static void put_word(const struct row_word *words, const char *word, struct buf *out)
{
	const char *zh = row_word_text(words, word);

	if (zh)
		buf_printf(out, "%s ", zh);
	show_clean(out, word, 0);
}

/* ---- the last run of a job ---- */

static void put_conflicts(const json_t *report, struct buf *out)
{
	const json_t *row, *field;
	size_t i, f;

	if (!json_array_size(json_object_get(report, "conflicts")))
		return;
	buf_text(out, "两边不一致 (conflicts: changed here since; docs/bridge.md)：\n");
	json_array_foreach(json_object_get(report, "conflicts"), i, row)
	{
		buf_text(out, "  ");
		show_clean(out, row_text(row, "kind"), 0);
		buf_byte(out, ' ');
		show_clean(out, row_text(row, "key"), 0);
		json_array_foreach(json_object_get(row, "fields"), f, field)
		{
			buf_text(out, f ? ", " : ": ");
			show_clean(out, json_is_string(field) ? json_string_value(field) : "?", 0);
		}
		buf_byte(out, '\n');
	}
}

/* put_left_out names the rows of a list of the report, if there are any. */
static void put_left_out(const json_t *report, const char *list, const char *heading, struct buf *out)
{
	const json_t *row;
	size_t i;

	if (json_array_size(json_object_get(report, list)))
		buf_printf(out, "%s：\n", heading);
	json_array_foreach(json_object_get(report, list), i, row)
	{
		buf_text(out, "  ");
		show_clean(out, row_text(row, "kind"), 0);
		buf_byte(out, ' ');
		show_clean(out, row_text(row, "key"), 0);
		buf_byte(out, '\n');
	}
}

/* put_rows appends what an import of the run counted and refused. */
static enum err put_rows(json_t *report, const char *name, struct buf *out, struct errinfo *info)
{
	bool clean;
	char *text;
	enum err err;

	if (!json_object_get(report, "kinds"))
		return ERR_OK;
	if (json_object_set_new(report, "refused", json_boolean(!strcmp(row_text(report, "state"), "refused"))))
		return ERR_NOMEM;
	text = json_dumps(report, JSON_COMPACT);
	if (!text)
		return ERR_NOMEM;
	err = answers_import(text, out, info);
	if (!err)
		err = answers_faults(text, name, out, &clean, info);
	free(text);
	return err;
}

/* put_state appends when the job ran last, and how that went. */
static void put_state(const json_t *job, const json_t *report, const struct zone *zone, struct buf *out)
{
	struct wall at = fields_wall_or_none(report, "at");
	char time[SHOW_TIME_BYTES];

	show_time(zone, wall_is_set(at) ? at : fields_wall_or_none(job, "done"), time);
	buf_text(out, "：");
	put_word(job_states, row_text(report, "state"), out);
	buf_printf(out, "，%s", time);
	if (json_object_get(report, "day")) {
		buf_text(out, "，统计日 (day) ");
		show_clean(out, row_text(report, "day"), 0);
	}
	if (json_object_get(report, "pages"))
		buf_printf(out, "，%lld 页 %lld 行 (pages, rows)",
			(long long)json_integer_value(json_object_get(report, "pages")),
			(long long)json_integer_value(json_object_get(report, "rows")));
	if (json_object_get(report, "cause")) {
		buf_text(out, "：");
		show_clean(out, row_text(report, "cause"), 0);
	}
	buf_byte(out, '\n');
}

static enum err put_report(
	json_t *root, const char *name, const struct zone *zone, struct buf *out, struct errinfo *info)
{
	json_t *job = json_array_get(json_object_get(root, "items"), 0), *report = json_object_get(job, "report");
	enum err err;

	if (!json_is_object(job))
		return errinfo_set(info, ERR_INVALID, "the answer has no \"items\"");
	show_clean(out, name, 0);
	if (!json_is_object(report))
		return buf_text(out, "：还没有运行过 (has not run yet)\n");
	put_state(job, report, zone, out);
	err = put_rows(report, name, out, info);
	put_conflicts(report, out);
	put_left_out(report, "erased", "已注销的人，未写入 (were erased here, left out)", out);
	put_left_out(report, "merged", "已并入他人的登记 (were merged here, are rows of whom they went into)", out);
	return err;
}

/* ---- lines ---- */

static enum err put_line(const char *method, const json_t *root, struct buf *out)
{
	bool fault = false;

	if (!strcmp(method, "webhook_replay")) {
		long long replayed = count_of(root, "replayed", &fault), left = count_of(root, "left", &fault);
		buf_printf(out, "：%lld 封死信已重新排队，还剩 %lld 封 (dead letters queued again, left)\n", replayed,
			left);
	} else if (!strcmp(method, "webhook_test")) {
		fault = !json_is_string(json_object_get(root, "event"));
		buf_text(out, "：试验事件已排队 (a trial event is queued) ");
		show_clean(out, row_text(root, "event"), 0);
		buf_text(out, "；是否送达看 (what became of it) curtain webhook deliveries\n");
	} else if (!strcmp(method, "webhook_switch")) {
		fault = !json_is_string(json_object_get(root, "state"));
		buf_text(out, "：");
		put_word(hook_states, row_text(root, "state"), out);
		buf_byte(out, '\n');
	} else {
		fault = !json_is_string(json_object_get(root, "name"));
		buf_text(out, "：马上运行，结果看 (runs now; what it did) curtain bridge report\n");
	}
	return fault ? ERR_INVALID : ERR_OK;
}

enum err hook_text(const char *method, const char *name, const char *json, const struct zone *zone, struct buf *out,
	struct errinfo *info)
{
	json_t *root;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	if (!strcmp(method, "bridge")) {
		err = put_report(root, name, zone, out, info);
	} else {
		show_clean(out, name, 0);
		err = put_line(method, root, out);
		if (err)
			errinfo_set(info, err, "the answer to %s is of another form", method);
	}
	json_decref(root);
	return err ? err : out->failed;
}
