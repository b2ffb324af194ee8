/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/blob.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/day.h"
#include "base/err.h"
#include "base/log.h"
#include "base/text.h"
#include "base/timerq.h"

static void first_cause_wins(void **state)
{
	struct errinfo info = {0};
	char text[400];
	(void)state;
	assert_int_equal(errinfo_at(&info, ERR_RANGE, "a.yaml", 3, 7, "port %d is too high", 70000), ERR_RANGE);
	assert_int_equal(errinfo_set(&info, ERR_IO, "later"), ERR_IO);
	errinfo_print(&info, text, sizeof text);
	assert_string_equal(text, "a.yaml:3:7: port 70000 is too high");
	assert_int_equal(errinfo_set(NULL, ERR_IO, "nobody asks"), ERR_IO);
}

static void long_error_text_is_cut_at_a_character(void **state)
{
	struct errinfo info = {0};
	char text[600];
	(void)state;
	for (size_t i = 0; i + 3 < sizeof text; i += 3)
		memcpy(text + i, "窗", 3);
	text[597] = '\0';
	errinfo_set(&info, ERR_INVALID, "%s", text);
	assert_true(text_is_utf8(info.text, strlen(info.text)));
	assert_int_equal(strlen(info.text), (ERR_TEXT_BYTES - 1) / 3 * 3);
}

static void buffer_keeps_its_limit(void **state)
{
	struct buf buf;
	(void)state;
	buf_init(&buf, 10);
	assert_int_equal(buf_text(&buf, "0123456789"), ERR_OK);
	assert_int_equal(buf_byte(&buf, 'x'), ERR_FULL);
	assert_int_equal(buf_append(&buf, "", 0), ERR_FULL);
	assert_string_equal(buf.data, "0123456789");
	buf_reset(&buf);
	assert_int_equal(buf_printf(&buf, "%s-%d", "a", 42), ERR_OK);
	assert_string_equal(buf.data, "a-42");
	buf_fini(&buf);
	buf_init(&buf, 1000);
	assert_int_equal(buf_printf(&buf, "%300d|", 7), ERR_OK);
	assert_int_equal(buf.length, 301);
	buf_fini(&buf);
}

static void utf8_knows_its_forbidden_forms(void **state)
{
	(void)state;
	assert_true(text_is_utf8("窗帘 \xf4\x8f\xbf\xbf", 11));
	assert_false(text_is_utf8("\xc0\x80", 2));
	assert_false(text_is_utf8("\xed\xa0\x80", 3));
	assert_false(text_is_utf8("\xf4\x90\x80\x80", 4));
	assert_false(text_is_utf8("\xe7\xaa", 2));
	assert_false(text_is_utf8("a\x80", 2));
}

static void ids_and_labels(void **state)
{
	char long_id[70];
	(void)state;
	memset(long_id, 'a', sizeof long_id);
	long_id[63] = '\0';
	assert_true(text_is_id(long_id));
	long_id[63] = 'a';
	long_id[64] = '\0';
	assert_false(text_is_id(long_id));
	assert_true(text_is_id("h-0042"));
	assert_false(text_is_id(""));
	assert_false(text_is_id("-x"));
	assert_false(text_is_id(".."));
	assert_false(text_is_id("a/b"));
	assert_true(text_is_label("客厅/门 1"));
	assert_false(text_is_label("a\nb"));
	assert_false(text_is_label("\xc2\x85"));
	assert_false(text_is_label(""));
}

static void checks_and_distances(void **state)
{
	(void)state;
	assert_int_equal(text_crc32("123456789", 9), 0xcbf43926);
	assert_true(text_hash64("a", 1, 0) == UINT64_C(0xaf63dc4c8601ec8c)); /* FNV-1a test vector */
	assert_int_equal(text_distance("water_total", "water_totla"), 1);
	assert_int_equal(text_distance("", "abc"), 3);
	assert_int_equal(text_distance("abc", "abc"), 0);
	assert_int_equal(text_distance("kitten", "sitting"), 3);
}

static void cut_and_copy(void **state)
{
	char out[6] = "old";
	(void)state;
	assert_int_equal(text_copy(out, sizeof out, "123456"), ERR_FULL);
	assert_string_equal(out, "old");
	assert_int_equal(text_copy(out, sizeof out, "12345"), ERR_OK);
	text_cut(out, sizeof out, "窗帘");
	assert_string_equal(out, "窗");
}

static int64_t parsed(const char *text)
{
	struct wall t = {.ms = -1};
	return wall_parse(text, strlen(text), &t) ? -1 : t.ms;
}

static void times_read_and_print(void **state)
{
	char text[WALL_TEXT_BYTES];
	(void)state;
	assert_int_equal(parsed("1970-01-01T00:00:00Z"), 0);
	assert_int_equal(parsed("2026-11-24T12:01:46.1239+08:00"), parsed("2026-11-24T04:01:46.123Z"));
	assert_int_equal(parsed("2024-02-29 00:00:00z"), parsed("2024-02-28T23:00:00-01:00"));
	wall_format((struct wall){.ms = parsed("2026-11-24T04:01:46.123Z")}, text);
	assert_string_equal(text, "2026-11-24T04:01:46.123Z");
	const char *bad[] = {"2023-02-29T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T04:01:46",
		"2026-11-24T04:01:46.Z", "2026-11-24T04:01:46Zx", "2026-13-01T00:00:00Z",
		"2026-11-24T04:01:46.1234567890Z", "26-11-24T04:01:46Z", ""};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(parsed(bad[i]), -1);
}

static void zones_know_summer_time(void **state)
{
	struct zone *berlin = NULL, *shanghai = NULL, *fixed = NULL;
	(void)state;
	assert_int_equal(zone_load("Europe/Berlin", &berlin, NULL), ERR_OK);
	assert_int_equal(zone_load("Asia/Shanghai", &shanghai, NULL), ERR_OK);
	assert_int_equal(zone_load("+08:00", &fixed, NULL), ERR_OK);
	struct civil c = zone_to_civil(berlin, (struct wall){.ms = parsed("2037-07-01T10:00:00Z")});
	assert_int_equal(c.hour, 12);
	c = zone_to_civil(
		berlin, (struct wall){.ms = parsed("2060-01-01T10:00:00Z")}); /* beyond the table: the footer's rule */
	assert_int_equal(c.hour, 11);
	assert_int_equal(c.weekday, 3);
	/* 2026-10-25 02:30 comes twice: the earlier one; 2026-03-29 02:30 never: read with the offset before. */
	struct wall t =
		zone_from_civil(berlin, (struct civil){.year = 2026, .month = 10, .day = 25, .hour = 2, .minute = 30});
	assert_int_equal(t.ms, parsed("2026-10-25T00:30:00Z"));
	t = zone_from_civil(berlin, (struct civil){.year = 2026, .month = 3, .day = 29, .hour = 2, .minute = 30});
	assert_int_equal(t.ms, parsed("2026-03-29T01:30:00Z"));
	t = zone_from_civil(shanghai, (struct civil){.year = 2026, .month = 14, .day = 0, .hour = 7});
	assert_int_equal(t.ms, parsed("2027-01-31T07:00:00+08:00"));
	assert_int_equal(zone_to_civil(fixed, (struct wall){.ms = 0}).hour, 8);
	zone_destroy(berlin);
	zone_destroy(shanghai);
	zone_destroy(fixed);
}

static void days_and_times_of_day_come_back_as_written(void **state)
{
	static const char *const bad_days[] = {"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "1969-12-31",
		"2026-3-01", "2026-03-011", "2026-03-0x", "2026/03/01", "+026-03-01", "2026-03-00"};
	static const char *const bad_times[] = {
		"", "24:00", "07:60", "7:30", "07:3", "07:300", "07.30", "-7:30", "0730"};
	char text[DAY_TEXT_BYTES];
	uint16_t minute = 0;
	int32_t day = 0;

	(void)state;
	assert_int_equal(day_parse("1970-01-01", &day), ERR_OK);
	assert_int_equal(day, 0);
	assert_int_equal(day_parse("1969-12-31", &day), ERR_INVALID);
	assert_int_equal(day_parse_ever("1969-12-31", &day), ERR_OK);
	assert_int_equal(day, -1);
	assert_int_equal(day_parse_ever("0000-01-01", &day), ERR_INVALID);
	assert_int_equal(day_parse("2028-02-29", &day), ERR_OK);
	day_format(day, text);
	assert_string_equal(text, "2028-02-29");
	assert_int_equal(day_parse("9999-12-31", &day), ERR_OK);
	day_format(day, text);
	assert_string_equal(text, "9999-12-31");
	for (size_t i = 0; i < sizeof bad_days / sizeof *bad_days; i++)
		assert_int_equal(day_parse(bad_days[i], &day), ERR_INVALID);
	assert_int_equal(minute_parse("00:00", &minute), ERR_OK);
	assert_int_equal(minute, 0);
	assert_int_equal(minute_parse("23:59", &minute), ERR_OK);
	assert_int_equal(minute, 1439);
	minute_format(minute, text);
	assert_string_equal(text, "23:59");
	for (size_t i = 0; i < sizeof bad_times / sizeof *bad_times; i++)
		assert_int_equal(minute_parse(bad_times[i], &minute), ERR_INVALID);
}

static void bad_zones_are_refused(void **state)
{
	const char *bad[] = {"", "../etc/passwd", "/etc/passwd", "Mars/Olympus", "+25:00", "zone.tab"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct zone *zone = NULL;
		struct errinfo info = {0};
		assert_int_not_equal(zone_load(bad[i], &zone, &info), ERR_OK);
		assert_null(zone);
		assert_string_not_equal(info.text, "");
	}
}

static void timers_pop_in_order(void **state)
{
	struct timerq queue;
	uint32_t id, seed = 7;
	int64_t last = INT64_MIN;
	(void)state;
	timerq_init(&queue);
	for (uint32_t i = 0; i < 1000; i++) {
		seed = seed * 1103515245u + 12345u;
		assert_int_equal(timerq_set(&queue, i % 500, (struct wall){.ms = seed % 1000}), ERR_OK);
		if (i % 7 == 0)
			timerq_remove(&queue, seed % 500);
	}
	int64_t due[500];
	for (int i = 0; i < 500; i++)
		due[i] = queue.place[i] ? queue.heap[queue.place[i] - 1].due_ms : -1;
	uint32_t length = queue.length, popped = 0;
	while (timerq_pop(&queue, (struct wall){.ms = 2000}, &id)) {
		assert_true(due[id] >= last);
		last = due[id];
		popped++;
	}
	assert_int_equal(length, popped);
	assert_true(timerq_due(&queue).ms == INT64_MAX);
	assert_int_equal(timerq_set(&queue, 3, (struct wall){.ms = 10}), ERR_OK);
	assert_int_equal(timerq_set(&queue, 1, (struct wall){.ms = 10}), ERR_OK);
	assert_false(timerq_pop(&queue, (struct wall){.ms = 9}, &id));
	assert_true(timerq_pop(&queue, (struct wall){.ms = 10}, &id));
	assert_int_equal(id, 1);
	assert_int_equal(timerq_set(&queue, 3, WALL_NEVER), ERR_OK);
	assert_int_equal(queue.length, 0);
	timerq_fini(&queue);
}

static void log_lines_escape_values(void **state)
{
	int ends[2], old = dup(STDERR_FILENO);
	char text[4096] = "";
	(void)state;
	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	log_open("test", LOG_INFO);
	log_info("hello", "plain", "a-1", "odd", "x \"y\"\n=", "none", (const char *)NULL);
	log_debug("unseen");
	dup2(old, STDERR_FILENO);
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof text - 1) > 0);
	assert_non_null(strstr(text, "level=info service=test msg=hello plain=a-1 odd=\"x \\\"y\\\"\\n=\" none=-\n"));
	assert_null(strstr(text, "unseen"));
	close(ends[0]);
	close(old);
}

static void blobs_come_back_and_stumps_are_bad(void **state)
{
	unsigned char bytes[64];
	struct blob out = blob_write(bytes, sizeof bytes), in, full;
	char text[8];

	(void)state;
	blob_put(&out, 0x1234, 2);
	blob_put_wall(&out, WALL_NONE);
	blob_put_wall(&out, (struct wall){1772000000000});
	blob_put_number(&out, -2.5);
	blob_put_text(&out, "seven67");
	assert_false(out.bad);
	in = blob_read(bytes, out.at);
	assert_int_equal(blob_get(&in, 2), 0x1234);
	assert_false(wall_is_set(blob_get_wall(&in)));
	assert_int_equal(blob_get_wall(&in).ms, 1772000000000);
	assert_true(blob_get_number(&in) == -2.5);
	blob_get_text(&in, text, sizeof text);
	assert_string_equal(text, "seven67");
	assert_true(!in.bad && in.at == in.size);
	in.at -= 9;
	blob_get_text(&in, text, sizeof text - 1); /* no room for the NUL */
	assert_true(in.bad);
	in = blob_read(bytes, 9);
	(void)blob_get(&in, 2);
	assert_false(in.bad);
	(void)blob_get_wall(&in);
	assert_true(in.bad);
	out = blob_write(bytes, 11);
	blob_put(&out, 0x123456, 3);
	blob_put_sum(&out);
	assert_false(out.bad);
	for (unsigned i = 0; i < 11; i++) { /* any byte of it, and any end */
		bytes[i] ^= 4;
		in = blob_read(bytes, 11);
		blob_take_sum(&in);
		assert_true(in.bad);
		bytes[i] ^= 4;
		in = blob_read(bytes, i);
		blob_take_sum(&in);
		assert_true(in.bad);
	}
	in = blob_read(bytes, 11);
	assert_int_equal(blob_get(&in, 1), 0x56);
	blob_take_sum(&in); /* wherever it stands */
	assert_int_equal(blob_get(&in, 2), 0x1234);
	assert_true(!in.bad && in.at == in.size);
	out = blob_write(bytes, 10);
	blob_put(&out, 0x123456, 3);
	blob_put_sum(&out);
	assert_true(out.bad);
	full = blob_write(bytes, 3);
	blob_put(&full, 1, 4);
	assert_true(full.bad && full.at == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_cause_wins),
		cmocka_unit_test(long_error_text_is_cut_at_a_character),
		cmocka_unit_test(buffer_keeps_its_limit),
		cmocka_unit_test(utf8_knows_its_forbidden_forms),
		cmocka_unit_test(ids_and_labels),
		cmocka_unit_test(checks_and_distances),
		cmocka_unit_test(cut_and_copy),
		cmocka_unit_test(times_read_and_print),
		cmocka_unit_test(zones_know_summer_time),
		cmocka_unit_test(days_and_times_of_day_come_back_as_written),
		cmocka_unit_test(bad_zones_are_refused),
		cmocka_unit_test(timers_pop_in_order),
		cmocka_unit_test(log_lines_escape_values),
		cmocka_unit_test(blobs_come_back_and_stumps_are_bad),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
