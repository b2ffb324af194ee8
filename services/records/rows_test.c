/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "records/rows.h"

static struct zone *utc, *shanghai, *kolkata;

static int load_zones(void **state)
{
	(void)state;
	return zone_load("UTC", &utc, NULL) || zone_load("+08:00", &shanghai, NULL) ||
	       zone_load("+05:30", &kolkata, NULL);
}

static int drop_zones(void **state)
{
	(void)state;
	zone_destroy(utc);
	zone_destroy(shanghai);
	zone_destroy(kolkata);
	return 0;
}

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
		0, 0, 0, 0, 12, 0, 0, 0, 6, 'h', '-', '0', '0', '0', '1', 0, 0, 0, 3, 'd', '-', '1', 0, 0, 0, 0, 0, 0,
		0, 11, 'w', 'a', 't', 'e', 'r', '_', 't', 'o', 't', 'a', 'l', 0, 0, 0, 8, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0,
		0, 0, 0, 3, 0xe8, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct reading r = plain();
	struct rows rows;

	(void)state;
	rows_init(&rows, 4096);
	assert_int_equal(rows_append(&rows, &r), ERR_OK);
	assert_int_equal(rows_end(&rows, utc), ERR_OK);
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

/* A reader of the binary format, for what the tests look at. */
struct reader {
	const unsigned char *at, *end;
};

static uint64_t number(struct reader *reader, unsigned bytes)
{
	uint64_t v = 0;

	assert_true(reader->end - reader->at >= (ptrdiff_t)bytes);
	while (bytes--)
		v = v << 8 | *reader->at++;
	return v;
}

static void text(struct reader *reader, char out[64])
{
	size_t length = number(reader, 4);

	assert_true(length < 64 && reader->end - reader->at >= (ptrdiff_t)length);
	memcpy(out, reader->at, length);
	out[length] = '\0';
	reader->at += length;
}

static int64_t eight(struct reader *reader) /* INT64_MIN: null */
{
	uint32_t length = (uint32_t)number(reader, 4);

	assert_true(length == 8 || length == UINT32_MAX);
	return length == 8 ? (int64_t)number(reader, 8) : INT64_MIN;
}

static double real(struct reader *reader)
{
	int64_t bits = eight(reader);
	double v;

	memcpy(&v, &bits, sizeof v);
	return bits == INT64_MIN ? NAN : v;
}

struct hour_row {
	char household[64], device[64], channel[64], quantity[64];
	int64_t start_s, readings, first_s, last_s; /* seconds since 2000 */
	double delta, low, high, total;
};

static struct reader hours_of(const struct rows *rows)
{
	const unsigned char *bytes = (const unsigned char *)rows->hours.data;

	assert_true(rows->hours.length > 21);
	assert_memory_equal(bytes + rows->hours.length - 2, "\377\377", 2);
	return (struct reader){.at = bytes + 19, .end = bytes + rows->hours.length - 2};
}

static struct hour_row next_hour(struct reader *reader)
{
	struct hour_row row;

	assert_int_equal(number(reader, 2), 12);
	text(reader, row.household);
	text(reader, row.device);
	text(reader, row.channel);
	text(reader, row.quantity);
	row.start_s = eight(reader) / 1000000;
	row.readings = eight(reader);
	row.delta = real(reader);
	row.low = real(reader);
	row.high = real(reader);
	row.total = real(reader);
	row.first_s = eight(reader) / 1000000;
	row.last_s = eight(reader) / 1000000;
	return row;
}

static void add(
	struct rows *rows, const char *household, const char *device, int64_t second, double value, double delta)
{
	struct reading r = plain();

	snprintf(r.household, sizeof r.household, "%s", household);
	snprintf(r.device, sizeof r.device, "%s", device);
	r.at.ms += second * 1000;
	r.value = value;
	r.delta = delta;
	r.since = isnan(delta) ? WALL_NONE : r.at;
	assert_int_equal(rows_append(rows, &r), ERR_OK);
}

static void an_hour_of_a_device_is_one_row_however_its_readings_come(void **state)
{
	struct rows rows;
	struct reader reader;
	struct hour_row row;

	(void)state;
	rows_init(&rows, 1 << 16);
	add(&rows, "h-2", "d", 3599, 4, 0.5);
	add(&rows, "h-1-with-a-long-name", "d", 10, 7, NAN);
	add(&rows, "h-2", "d", 0, 2, NAN);
	add(&rows, "h-2", "d", 3600, 5, 1); /* the next hour */
	add(&rows, "h-2", "d", 60, 3, 0.25);
	add(&rows, "h-1-with-a-long-nose", "d", 10, 8, NAN);
	add(&rows, "h-2", "dd", 60, 3, NAN); /* another device */
	assert_int_equal(rows_end(&rows, utc), ERR_OK);
	assert_int_equal(rows.hour_count, 5);
	reader = hours_of(&rows);
	row = next_hour(&reader);
	assert_string_equal(row.household, "h-1-with-a-long-name");
	assert_int_equal(row.readings, 1);
	assert_true(isnan(row.delta));
	row = next_hour(&reader);
	assert_string_equal(row.household, "h-1-with-a-long-nose");
	row = next_hour(&reader);
	assert_string_equal(row.household, "h-2");
	assert_string_equal(row.device, "d");
	assert_string_equal(row.channel, "");
	assert_string_equal(row.quantity, "water_total");
	assert_int_equal(row.start_s, 0);
	assert_int_equal(row.readings, 3);
	assert_true(row.delta == 0.75 && row.low == 2 && row.high == 4 && row.total == 9);
	assert_int_equal(row.first_s, 0);
	assert_int_equal(row.last_s, 3599);
	row = next_hour(&reader);
	assert_int_equal(row.start_s, 3600);
	assert_int_equal(row.readings, 1);
	row = next_hour(&reader);
	assert_string_equal(row.device, "dd");
	assert_ptr_equal(reader.at, reader.end);
	rows_fini(&rows);
}

static void hours_begin_where_the_zones_clocks_say(void **state)
{
	struct rows rows;
	struct reader reader;

	(void)state;
	rows_init(&rows, 1 << 16);
	add(&rows, "h", "d", 1799, 1, NAN);
	add(&rows, "h", "d", 1800, 1, NAN);
	assert_int_equal(rows_end(&rows, shanghai), ERR_OK);
	assert_int_equal(rows.hour_count, 1);
	rows_reset(&rows);
	add(&rows, "h", "d", 1799, 1, NAN);
	add(&rows, "h", "d", 1800, 1, NAN);
	assert_int_equal(rows_end(&rows, kolkata), ERR_OK);
	assert_int_equal(rows.hour_count, 2);
	reader = hours_of(&rows);
	assert_int_equal(next_hour(&reader).start_s, -1800);
	assert_int_equal(next_hour(&reader).start_s, 1800);
	rows_fini(&rows);
}

static void what_was_retained_is_stored_but_not_counted(void **state)
{
	struct reading r = plain();
	struct rows rows;

	(void)state;
	r.retained = true;
	rows_init(&rows, 1 << 16);
	assert_int_equal(rows_append(&rows, &r), ERR_OK);
	assert_int_equal(rows_end(&rows, utc), ERR_OK);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.hour_count, 0);
	assert_int_equal(rows.hours.length, 0);
	rows_fini(&rows);
}

static void rows_leave_in_the_order_of_the_index(void **state)
{
	static const char *const wanted[] = {"a", "b", "b"};
	char household[64];
	struct rows rows;

	(void)state;
	rows_init(&rows, 1 << 16);
	add(&rows, "b", "d", 2, 1, NAN);
	add(&rows, "a", "d", 3, 1, NAN);
	add(&rows, "b", "d", 1, 1, NAN);
	assert_int_equal(rows_end(&rows, utc), ERR_OK);
	struct reader reader = {.at = (const unsigned char *)rows.stream.data + 19,
		.end = (const unsigned char *)rows.stream.data + rows.stream.length - 2};
	for (int i = 0; i < 3; i++) {
		const unsigned char *start = reader.at;
		assert_int_equal(number(&reader, 2), 12);
		text(&reader, household);
		assert_string_equal(household, wanted[i]);
		reader.at = start + rows.row[i].length;
	}
	assert_ptr_equal(reader.at, reader.end);
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
		cmocka_unit_test(an_hour_of_a_device_is_one_row_however_its_readings_come),
		cmocka_unit_test(hours_begin_where_the_zones_clocks_say),
		cmocka_unit_test(what_was_retained_is_stored_but_not_counted),
		cmocka_unit_test(rows_leave_in_the_order_of_the_index),
	};

	return cmocka_run_group_tests(tests, load_zones, drop_zones);
}
