/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "records/rows.h"

static struct reading plain(void)
{
	struct reading r = {.device = "d-1",
		.household = "h-0001",
		.quantity = QUANTITY_WATER_TOTAL,
		.value = 1.5,
		.delta = NAN,
		.since = WALL_NONE,
		.at = {INT64_C(946684800000)},
		.received = {INT64_C(946684800001)}};
	return r;
}

static void a_row_has_the_bytes_of_the_manual(void **state)
{
	static const unsigned char wanted[] = {'P', 'G', 'C', 'O', 'P', 'Y', '\n', 0xff, '\r', '\n', 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 12, 0, 0, 0, 3, 'd', '-', '1', 0, 0, 0, 0, 0, 0, 0, 11, 'w', 'a', 't', 'e', 'r', '_', 't',
		'o', 't', 'a', 'l', 0, 0, 0, 8, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 3, 0xe8, 0, 0, 0, 6, 'h', '-',
		'0', '0', '0', '1', 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct reading r = plain();
	struct rows rows;

	(void)state;
	rows_init(&rows, 4096);
	assert_int_equal(rows_append(&rows, &r), ERR_OK);
	assert_int_equal(rows_end(&rows), ERR_OK);
	assert_int_equal(rows.stream.length, sizeof wanted);
	assert_memory_equal(rows.stream.data, wanted, sizeof wanted);
	assert_int_equal(rows.count, 1);
	rows_fini(&rows);
}

static void the_longest_row_fits(void **state)
{
	struct reading r = plain();
	struct rows rows;

	(void)state;
	memset(r.device, 'd', sizeof r.device - 1);
	memset(r.channel, 'c', sizeof r.channel - 1);
	memset(r.household, 'h', sizeof r.household - 1);
	memset(r.text, 't', sizeof r.text - 1);
	r.quantity = QUANTITY_GAS_CONCENTRATION;
	r.delta = 1;
	r.since = r.at;
	rows_init(&rows, 4096);
	assert_int_equal(rows_append(&rows, &r), ERR_OK);
	rows_fini(&rows);
}

static void a_full_stream_says_so(void **state)
{
	struct reading r = plain();
	struct rows rows;

	(void)state;
	rows_init(&rows, 64);
	assert_int_equal(rows_append(&rows, &r), ERR_FULL);
	rows_reset(&rows);
	assert_int_equal(rows.count, 0);
	rows_fini(&rows);
}

static void check_month(const char *at, int wanted)
{
	struct wall t;

	assert_int_equal(wall_parse(at, strlen(at), &t), ERR_OK);
	assert_int_equal(rows_month(t), wanted);
}

static void months_begin_and_end_where_the_calendar_says(void **state)
{
	char text[16];

	(void)state;
	check_month("1999-12-31T23:59:59.999Z", -1);
	check_month("2000-01-01T00:00:00Z", 0);
	check_month("2000-02-29T23:59:59Z", 1);
	check_month("2000-03-01T00:00:00Z", 2);
	check_month("2026-02-28T23:59:59.999Z", 26 * 12 + 1);
	check_month("2026-03-01T00:00:00Z", 26 * 12 + 2);
	check_month("2099-12-31T23:59:59.999Z", ROWS_MONTHS - 1);
	check_month("2100-01-01T00:00:00Z", -1);
	check_month("1970-01-01T00:00:00Z", -1);
	rows_month_text(26 * 12 + 2, text);
	assert_string_equal(text, "2026-03-01");
}

static void rows_note_their_months(void **state)
{
	struct reading r = plain();
	struct rows rows;

	(void)state;
	rows_init(&rows, 4096);
	assert_int_equal(rows_append(&rows, &r), ERR_OK);
	r.at.ms += 31 * MS_PER_DAY;
	assert_int_equal(rows_append(&rows, &r), ERR_OK);
	assert_int_equal(rows.months[0], 3);
	r.at.ms = 0; /* 1970: of another century */
	assert_int_equal(rows_append(&rows, &r), ERR_OK);
	assert_int_equal(rows.months[0], 3);
	rows_reset(&rows);
	assert_int_equal(rows.months[0], 0);
	rows_fini(&rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_has_the_bytes_of_the_manual),
		cmocka_unit_test(the_longest_row_fits),
		cmocka_unit_test(a_full_stream_says_so),
		cmocka_unit_test(months_begin_and_end_where_the_calendar_says),
		cmocka_unit_test(rows_note_their_months),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
