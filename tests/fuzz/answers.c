/* SPDX-License-Identifier: MIT
 *
 * What the services answer, as the command line shows it: whatever they say, what reaches the terminal is text without
 * control characters. What is for programs is JSON.
 */
#include <string.h>

#include "answers.h"
#include "base/text.h"
#include "duty_text.h"
#include "fuzz.h"
#include "row.h"

static void is_lines(const struct buf *out)
{
	FUZZ_CHECK(!out->length || text_is_utf8(out->data, out->length));
	for (size_t i = 0; i < out->length; i++)
		FUZZ_CHECK(out->data[i] == '\n' || (unsigned char)out->data[i] >= 0x20);
}

static void is_harmless(const struct buf *out)
{
	is_lines(out);
	for (size_t i = 0; i < out->length; i++) {
		unsigned char c = (unsigned char)out->data[i];
		FUZZ_CHECK(c != 0x7f);
		FUZZ_CHECK(c != 0xc2 || (unsigned char)out->data[i + 1] >= 0xa0); /* C1 */
	}
}

static void show_letters(const char *json, struct buf *out)
{
	static const char *const headings[] = {">id", ">age", "reason", "profile", "topic", "payload"};
	struct table *table = table_create(headings, 6);
	struct letters_page page;

	/* A cell that is too long is told instead of shown. */
	if (table && !answers_letters(json, (struct wall){0}, table, NULL, &page, NULL) && !table_print(table, out))
		is_harmless(out);
	table_destroy(table);
}

/* show_rows: a list of any columns, and what became of a duty, in every method's form. */
static void show_rows(const char *json, const struct zone *zone, struct buf *out)
{
	static const char *const methods[] = {"duties", "cover", "matters", "swap"};
	static const struct row_word words[] = {{"up", "正常"}, {NULL, NULL}};
	static const struct row_column columns[] = {{"名称 name", "name", ROW_PLAIN, NULL},
		{"状态 state", "state", ROW_WORD, words}, {">自 at", "at", ROW_TIME, NULL}};
	static const struct row_form form = {ROW_COLUMNS(columns), "没有 (none)\n"};

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		buf_reset(out);
		if (!duty_text(methods[i], json, zone, out, NULL))
			is_harmless(out);
	}
	buf_reset(out);
	if (!row_list(json, &form, zone, false, out, NULL))
		is_harmless(out);
	buf_reset(out);
	if (!row_list(json, &form, zone, true, out, NULL))
		is_lines(out);
	duty_text_refused(json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *json = fuzz_text(data, size);
	struct zone *zone = NULL;
	struct replay_result replay;
	struct letters_page page;
	struct buf out;
	bool known;

	if (!json || zone_load("+08:00", &zone, NULL)) {
		free(json);
		return 0;
	}
	buf_init(&out, 16u << 20);
	if (!answers_timeline(json, zone, &out, &known, NULL))
		is_harmless(&out);
	buf_reset(&out);
	if (!answers_import(json, &out, NULL))
		is_harmless(&out);
	buf_reset(&out);
	show_letters(json, &out);
	buf_reset(&out);
	if (!answers_letters(json, WALL_NONE, NULL, &out, &page, NULL))
		is_lines(&out); /* JSON, for programs: it leaves DEL and C1 as they are */
	show_rows(json, zone, &out);
	if (!answers_replay(json, &replay, NULL))
		FUZZ_CHECK(replay.passed >= 0 && replay.refused >= 0 && replay.after >= 0);
	buf_fini(&out);
	zone_destroy(zone);
	free(json);
	return 0;
}
