/* SPDX-License-Identifier: MIT
 *
 * What a data set says, and what really happened: reading, closing, signs of life, scores.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backtest_read.h"
#include "backtest_score.h"
#include "base/text.h"

#define HOUR MS_PER_HOUR
#define DAY0 INT64_C(1456786800000) /* 2016-03-01 00:00 in Madrid */

static struct zone *madrid;
static struct trace_set set;
static struct reader reader;
static struct errinfo info;

static int open_zone(void **state)
{
	(void)state;
	return zone_load("Europe/Madrid", &madrid, NULL) ? -1 : 0;
}

static int close_zone(void **state)
{
	(void)state;
	zone_destroy(madrid);
	return 0;
}

static int begin(void **state)
{
	(void)state;
	set = (struct trace_set){0};
	info = (struct errinfo){0};
	read_begin(&reader, READ_DAIAD, madrid, &set);
	read_file_begin(&reader, "water.csv");
	return 0;
}

static int end(void **state)
{
	(void)state;
	read_end(&reader);
	trace_set_fini(&set);
	return 0;
}

static enum err line(const char *text)
{
	char copy[1024];

	text_cut(copy, sizeof copy, text);
	return read_line(&reader, copy, strlen(copy), &info);
}

static void take(const char *text)
{
	assert_int_equal(line(text), ERR_OK);
}

static void refuse(const char *text, int number, const char *says)
{
	char told[600];

	assert_int_equal(line(text), ERR_INVALID);
	errinfo_print(&info, told, sizeof told);
	assert_string_equal(info.file, "water.csv");
	assert_int_equal(info.line, number);
	if (!strstr(told, says))
		fail_msg("\"%s\" does not say \"%s\"", told, says);
}

static const struct trace *the_home(void)
{
	assert_int_equal(set.count, 1);
	return set.homes[0];
}

/* ---- reading ---- */

static void daiad_rows_are_totals_at_local_times(void **state)
{
	(void)state;
	take("home,local_time,reading_l,diff_l");
	take("00248e83,2016-03-01T01:53:08,36412,0");
	take("00248e83,2016-03-01T02:48:22,36415,3");
	assert_int_equal(trace_set_close(&set), ERR_OK);
	assert_int_equal(the_home()->count, 2);
	assert_int_equal(the_home()->items[0].at_ms, DAY0 + HOUR + 53 * MS_PER_MINUTE + 8000);
	assert_true(isnan(the_home()->items[0].delta));
	assert_true(the_home()->items[1].delta == 3);
	assert_int_equal(the_home()->items[1].since_ms, the_home()->items[0].at_ms);
}

static void an_hour_that_is_told_twice_is_two_hours(void **state)
{
	(void)state;
	take("home,local_time,reading_l");
	take("a,2016-10-30T01:10:00,1");
	take("a,2016-10-30T02:10:00,2");
	take("a,2016-10-30T02:10:00,3");
	take("a,2016-10-30T03:10:00,4");
	for (unsigned i = 1; i < 4; i++)
		assert_int_equal(the_home()->items[i].at_ms - the_home()->items[i - 1].at_ms, HOUR);
}

static void the_hour_that_is_missing_in_spring_is_no_hour(void **state)
{
	(void)state;
	take("home,local_time,reading_l");
	take("a,2016-03-27T01:30:00,1");
	take("a,2016-03-27T03:30:00,2");
	assert_int_equal(the_home()->items[1].at_ms - the_home()->items[0].at_ms, HOUR);
}

static void wrong_lines_are_named_with_what_to_mend(void **state)
{
	(void)state;
	take("home,local_time,reading_l");
	refuse("a,2016-10-30T01:10:00,nan", 2, "is no number");
	info = (struct errinfo){0};
	refuse("a,2016-10-30T25:10:00,1", 3, "is no time");
	info = (struct errinfo){0};
	refuse("a,2016-10-30T01:10:00", 4, "fewer fields");
	info = (struct errinfo){0};
	refuse("../etc,2016-10-30T01:10:00,1", 5, "is no home");
	info = (struct errinfo){0};
	refuse("a,2016-10-30T01:10:00,1e999", 6, "is no number");
}

static void a_heading_without_a_column_that_is_needed_is_refused(void **state)
{
	(void)state;
	refuse("home,local_time,reading_m3", 1, "is no column");
}

static void columns_are_mapped_by_name(void **state)
{
	struct read_columns columns;

	(void)state;
	assert_int_equal(
		read_columns_parse("home=id,time=ts,value=v,kind=delta,quantity=what,unit=kWh", &columns, &info),
		ERR_OK);
	read_begin(&reader, READ_CSV, madrid, &set);
	reader.columns = columns;
	read_file_begin(&reader, "any.csv");
	take("ts,id,what,v");
	take("1456786800,h-1,energy_total,0.5");
	take("1456788600,h-1,energy_total,0.25");
	assert_int_equal(trace_set_close(&set), ERR_OK);
	assert_true(the_home()->items[1].delta == 250);
	assert_int_equal(the_home()->items[1].at_ms - the_home()->items[1].since_ms, HOUR / 2);
	assert_true(the_home()->items[1].value == 750);
}

static void a_map_of_columns_that_says_too_little_is_refused(void **state)
{
	struct read_columns columns;

	(void)state;
	assert_int_equal(read_columns_parse("home=id,time=ts,value=v", &columns, NULL), ERR_INVALID);
	assert_int_equal(read_columns_parse("colour=id", &columns, NULL), ERR_INVALID);
	assert_int_equal(read_columns_parse("time=t,value=v,quantity=q,kind=sum", &columns, NULL), ERR_INVALID);
}

static void senml_packs_and_readings_give_several_channels_of_a_home(void **state)
{
	(void)state;
	read_begin(&reader, READ_SENML, madrid, &set);
	read_file_begin(&reader, "all.jsonl");
	take("[{\"bn\":\"h-1/meter/"
	     "\",\"bt\":1456786800,\"n\":\"water_total\",\"v\":7},{\"n\":\"water_total\",\"t\":3600,\"v\":9}]");
	take("{\"device\":\"door\",\"household\":\"h-1\",\"quantity\":\"contact\",\"value\":1,\"at\":"
	     "\"2016-03-01T00:00:00.000Z\",\"received\":\"2016-03-01T00:00:01.000Z\"}");
	assert_int_equal(trace_set_close(&set), ERR_OK);
	assert_int_equal(the_home()->channel_count, 2);
	assert_int_equal(the_home()->count, 3);
	assert_true(the_home()->items[2].delta == 2 || the_home()->items[1].delta == 2);
}

static void a_senml_record_without_home_or_time_is_refused(void **state)
{
	(void)state;
	read_begin(&reader, READ_SENML, madrid, &set);
	read_file_begin(&reader, "water.csv");
	refuse("[{\"n\":\"water_total\",\"t\":1456786800,\"v\":7}]", 1, "home");
	info = (struct errinfo){0};
	refuse("[{\"n\":\"h-1/m/water_total\",\"v\":7}]", 2, "time");
	info = (struct errinfo){0};
	refuse("[{\"n\":\"h-1/m/water_total\",", 3, "bad_json");
}

static void rows_out_of_order_and_twice_are_put_right(void **state)
{
	(void)state;
	take("home,local_time,reading_l");
	take("a,2016-03-01T02:00:00,12");
	take("a,2016-03-01T01:00:00,11");
	take("a,2016-03-01T01:00:00,11");
	take("a,2016-03-01T00:00:00,10");
	assert_int_equal(trace_set_close(&set), ERR_OK);
	assert_int_equal(the_home()->count, 3);
	assert_int_equal(set.duplicates, 1);
	assert_true(the_home()->items[1].delta == 1 && the_home()->items[2].delta == 1);
}

static void a_total_that_steps_back_a_little_is_passed_over_and_a_new_meter_has_no_difference(void **state)
{
	(void)state;
	take("home,local_time,reading_l");
	take("a,2016-03-01T00:00:00,1000");
	take("a,2016-03-01T01:00:00,999");
	take("a,2016-03-01T02:00:00,1002");
	take("a,2016-03-01T03:00:00,5");
	take("a,2016-03-01T04:00:00,6");
	assert_int_equal(trace_set_close(&set), ERR_OK);
	assert_int_equal(the_home()->count, 4);
	assert_int_equal(set.step_backs, 1);
	assert_true(the_home()->items[1].delta == 2);
	assert_true(isnan(the_home()->items[2].delta));
	assert_true(the_home()->items[3].delta == 1);
}

/* ---- what happened ---- */

/* hours fills a home with hourly readings of these litres, from midnight of the first day on. */
static struct trace *hours(const double *litres, unsigned count, unsigned days)
{
	struct trace *trace;
	struct trace_channel channel = {.device = "meter", .quantity = QUANTITY_WATER_TOTAL};
	struct trace_item item = {.since_ms = INT64_MIN, .delta = NAN};

	assert_int_equal(trace_set_home(&set, "h-1", &trace), ERR_OK);
	assert_int_equal(trace_channel_get(trace, &channel, &item.channel), ERR_OK);
	for (unsigned i = 0; i <= days * 24; i++) {
		item.at_ms = item.received_ms = DAY0 + i * HOUR;
		assert_int_equal(trace_add(trace, &item), ERR_OK);
		item.value += litres[i % count];
	}
	assert_int_equal(trace_set_close(&set), ERR_OK);
	return trace;
}

static void use_is_a_litre_above_what_runs_at_night(void **state)
{
	double day[24] = {0};
	struct truth truth;

	(void)state;
	for (unsigned h = 0; h < 24; h++)
		day[h] = 2; /* a leak */
	day[8] = 3;         /* just a litre more */
	day[12] = 2.9;      /* a little less */
	struct trace *trace = hours(day, 24, 10);
	assert_int_equal(truth_find(trace, madrid, &truth), ERR_OK);
	assert_int_equal(truth.count, 10);
	assert_int_equal(truth.signs_ms[0], DAY0 + 9 * HOUR);
	assert_true(truth.leak_ms == truth.metered_ms);
	struct truth_gap gap = truth_gap_at(&truth, DAY0 + 9 * HOUR);
	assert_int_equal(gap.start_ms, DAY0 + 9 * HOUR);
	assert_int_equal(gap.end_ms, DAY0 + 33 * HOUR);
	gap = truth_gap_at(&truth, DAY0 + 9 * HOUR - 1);
	assert_int_equal(gap.start_ms, DAY0);
	truth_fini(&truth);
}

static void a_loss_of_radio_without_use_proves_silence_and_with_use_starts_a_gap(void **state)
{
	struct truth truth;

	(void)state;
	take("home,local_time,reading_l");
	take("a,2016-03-01T00:00:00,10");
	take("a,2016-03-01T01:00:00,12");
	take("a,2016-03-01T09:00:00,12");
	take("a,2016-03-01T10:00:00,12");
	take("a,2016-03-01T15:00:00,13");
	take("a,2016-03-01T16:00:00,13");
	assert_int_equal(trace_set_close(&set), ERR_OK);
	assert_int_equal(truth_find(the_home(), madrid, &truth), ERR_OK);
	assert_int_equal(truth.count, 2);
	struct truth_gap gap = truth_gap_at(&truth, DAY0 + 10 * HOUR);
	assert_int_equal(gap.start_ms, DAY0 + HOUR);
	assert_int_equal(gap.end_ms, DAY0 + 15 * HOUR);
	assert_int_equal(truth.lost_ms, 13 * HOUR);
	truth_fini(&truth);
}

static void a_firing_alone_is_no_sign_and_two_sensors_are(void **state)
{
	struct truth truth;
	struct trace *trace;
	struct trace_channel a = {.device = "a", .quantity = QUANTITY_MOTION},
			     b = {.device = "b", .quantity = QUANTITY_MOTION};
	struct trace_item item = {.since_ms = INT64_MIN, .delta = NAN, .value = 1};
	const struct {
		int64_t minute;
		unsigned sensor;
	} firings[] = {{0, 0}, {60, 0}, {69, 1}, {200, 0}, {202, 0}, {205, 0}, {400, 0}, {403, 0}, {406, 0}};
	uint8_t index[2];

	(void)state;
	assert_int_equal(trace_set_home(&set, "h-1", &trace), ERR_OK);
	assert_int_equal(trace_channel_get(trace, &a, &index[0]), ERR_OK);
	assert_int_equal(trace_channel_get(trace, &b, &index[1]), ERR_OK);
	for (unsigned i = 0; i < sizeof firings / sizeof *firings; i++) {
		item.channel = index[firings[i].sensor];
		item.at_ms = item.received_ms = DAY0 + firings[i].minute * MS_PER_MINUTE;
		assert_int_equal(trace_add(trace, &item), ERR_OK);
	}
	assert_int_equal(trace_set_close(&set), ERR_OK);
	assert_int_equal(truth_find(trace, madrid, &truth), ERR_OK);
	assert_int_equal(truth.count, 2);
	assert_int_equal(truth.signs_ms[0], DAY0 + 69 * MS_PER_MINUTE);
	assert_int_equal(truth.signs_ms[1], DAY0 + 205 * MS_PER_MINUTE);
	truth_fini(&truth);
}

/* ---- scores ---- */

static void scores_weigh_homes_by_their_months_and_find_the_worst(void **state)
{
	struct trace a = {.home = "a"}, b = {.home = "b"}, c = {.home = "c"};
	struct play_delay delays[] = {{{{1, NAN}, {2, 2}}, true}, {{{9, 3}, {9, 9}}, false}, {{{5, 1}, {4, 4}}, true}};
	struct play_home homes[] = {
		{.trace = &a,
			.months = 10,
			.false_alarms = {10, 30},
			.delays = delays,
			.delay_count = 3,
			.lost_share = 0.5},
		{.trace = &b, .months = 2, .false_alarms = {5, 6}, .cold_months = {0.5, 1}, .cold_false = {2, 1}},
		{.trace = &c, .too_short = true, .months = 1, .false_alarms = {99, 99}},
	};
	struct score score;

	(void)state;
	assert_int_equal(score_of(homes, 3, (double[]){1, 4}, &score), ERR_OK);
	assert_int_equal(score.homes, 2);
	assert_int_equal(score.too_short, 1);
	assert_true(fabs(score.levels[0].false_rate - 15.0 / 12) < 1e-9);
	assert_string_equal(score.levels[0].worst, "b");
	assert_true(score.levels[0].home_worst == 2.5);
	assert_true(score.levels[0].within == 0.5);
	assert_true(score.levels[0].all.p50 == 5 && score.levels[0].all.p90 == 9 && score.levels[0].all.mean == 5);
	assert_true(score.levels[0].day.count == 2 && score.levels[0].night.mean == 9);
	assert_true(score.levels[1].all.count == 2);
	assert_true(score.levels[0].own.mean == 5 && score.levels[0].own.p50 == 4);
	assert_true(score_mean_delay(&homes[0]) == 5 && isnan(score_mean_delay(&homes[1])));
	assert_true(score.cold[0].false_rate == 4 && score.cold[1].false_rate == 1);
	assert_int_equal(score.poor.homes, 1);
}

static void of_no_delays_there_is_no_median(void **state)
{
	double one = 7;

	(void)state;
	assert_true(isnan(score_share(NULL, 0, 0.5)));
	assert_true(score_share(&one, 1, 0.9) == 7 && score_share(&one, 1, 0) == 7);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
	const struct CMUnitTest tests[] = {
		T(daiad_rows_are_totals_at_local_times),
		T(an_hour_that_is_told_twice_is_two_hours),
		T(the_hour_that_is_missing_in_spring_is_no_hour),
		T(wrong_lines_are_named_with_what_to_mend),
		T(a_heading_without_a_column_that_is_needed_is_refused),
		T(columns_are_mapped_by_name),
		T(a_map_of_columns_that_says_too_little_is_refused),
		T(senml_packs_and_readings_give_several_channels_of_a_home),
		T(a_senml_record_without_home_or_time_is_refused),
		T(rows_out_of_order_and_twice_are_put_right),
		T(a_total_that_steps_back_a_little_is_passed_over_and_a_new_meter_has_no_difference),
		T(use_is_a_litre_above_what_runs_at_night),
		T(a_loss_of_radio_without_use_proves_silence_and_with_use_starts_a_gap),
		T(a_firing_alone_is_no_sign_and_two_sensors_are),
		T(scores_weigh_homes_by_their_months_and_find_the_worst),
		T(of_no_delays_there_is_no_median),
	};

	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
