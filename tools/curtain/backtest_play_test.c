/* SPDX-License-Identifier: MIT
 *
 * Homes played through the detector's core: no look ahead, the same bytes from any number of workers, delays that can
 * be worked out by hand.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backtest_dice.h"
#include "backtest_print.h"
#include "backtest_simulate.h"
#include "codec/codec.h"

#define HOUR MS_PER_HOUR
#define DAYS 90
#define DAY0 INT64_C(1456786800000) /* 2016-03-01 00:00 in Madrid */

static struct zone *zone;

static int open_zone(void **state)
{
	(void)state;
	return zone_load("Europe/Madrid", &zone, NULL) ? -1 : 0;
}

static int close_zone(void **state)
{
	(void)state;
	zone_destroy(zone);
	return 0;
}

/* live adds a home that uses water at some hours of the day, with the odd long gap. */
static struct trace *live(struct trace_set *set, const char *id, unsigned days, uint64_t seed)
{
	struct dice dice = dice_of(seed, id);
	struct trace_channel channel = {.device = "meter", .quantity = QUANTITY_WATER_TOTAL};
	struct trace_item item = {.since_ms = INT64_MIN, .delta = NAN, .value = 1000};
	struct trace *trace;

	assert_int_equal(trace_set_home(set, id, &trace), ERR_OK);
	assert_int_equal(trace_channel_get(trace, &channel, &item.channel), ERR_OK);
	for (unsigned h = 0; h <= days * 24; h++) {
		item.at_ms = item.received_ms = DAY0 + h * HOUR;
		assert_int_equal(trace_add(trace, &item), ERR_OK);
		bool up = h % 24 >= 7 && h % 24 < 23 && (h / 24) % 9 != 5;
		if (up && dice_share(&dice) < 0.4)
			item.value += 5 + floor(20 * dice_share(&dice));
	}
	return trace;
}

static struct run_options options(void)
{
	return (struct run_options){.zone = zone, .seed = 7, .moments = 40, .workers = 1, .target = 1, .attention = 4};
}

static void write_alert(void *context, const struct alert *alert)
{
	assert_int_equal(codec_alert_encode(alert, context), ERR_OK);
}

static void two_futures_give_the_same_alerts_up_to_where_they_part(void **state)
{
	struct trace_set sets[2] = {{0}, {0}};
	struct buf told[2];
	struct run run;
	struct run_options o = options();
	const int64_t parting = DAY0 + 75 * MS_PER_DAY;

	(void)state;
	run_habit(&run, &o, RUN_MAIN, 1);
	for (unsigned i = 0; i < 2; i++) {
		struct trace *trace = live(&sets[i], "h-1", DAYS, 3);
		for (size_t k = 0; k < trace->count; k++)
			if (trace->items[k].at_ms > parting && i == 1)
				trace->items[k].value += 3.0 * (double)k;
		assert_int_equal(trace_set_close(&sets[i]), ERR_OK);
		buf_init(&told[i], 1u << 22);
		assert_int_equal(play_alerts(&run.setup.config, trace, parting, write_alert, &told[i]), ERR_OK);
	}
	assert_true(told[0].length > 0);
	assert_int_equal(told[0].length, told[1].length);
	assert_memory_equal(told[0].data, told[1].data, told[0].length);
	for (unsigned i = 0; i < 2; i++) { /* played to the end, the two differ: the test can see a difference */
		buf_reset(&told[i]);
		assert_int_equal(
			play_alerts(&run.setup.config, sets[i].homes[0], INT64_MAX, write_alert, &told[i]), ERR_OK);
	}
	assert_true(told[0].length != told[1].length || memcmp(told[0].data, told[1].data, told[0].length) != 0);
	for (unsigned i = 0; i < 2; i++) {
		buf_fini(&told[i]);
		trace_set_fini(&sets[i]);
	}
}

struct past {
	struct buf *out;
	int64_t until_ms;
};

static void write_past(void *context, const struct alert *alert)
{
	struct past *past = context;

	if (alert->at.ms <= past->until_ms)
		assert_int_equal(codec_alert_encode(alert, past->out), ERR_OK);
}

static void what_was_raised_before_is_the_same_whatever_comes_after(void **state)
{
	struct trace_set set = {0};
	struct buf told[2];
	struct run run;
	struct run_options o = options();
	const int64_t parting = DAY0 + 70 * MS_PER_DAY;

	(void)state;
	run_habit(&run, &o, RUN_MAIN, 1);
	live(&set, "h-1", DAYS, 5);
	assert_int_equal(trace_set_close(&set), ERR_OK);
	for (unsigned i = 0; i < 2; i++) {
		buf_init(&told[i], 1u << 22);
		struct past past = {&told[i], parting};
		assert_int_equal(
			play_alerts(&run.setup.config, set.homes[0], i ? INT64_MAX : parting, write_past, &past),
			ERR_OK);
	}
	assert_true(told[0].length > 0 && told[0].length == told[1].length);
	assert_memory_equal(told[0].data, told[1].data, told[0].length);
	buf_fini(&told[0]);
	buf_fini(&told[1]);
	trace_set_fini(&set);
}

static void any_number_of_workers_gives_the_same_bytes(void **state)
{
	struct trace_set set = {0};
	struct buf told[3];
	struct run_options o = options();

	(void)state;
	for (unsigned i = 0; i < 7; i++)
		live(&set, (const char *[]){"g", "a", "f", "b", "e", "c", "d"}[i], DAYS, i);
	assert_int_equal(trace_set_close(&set), ERR_OK);
	for (unsigned i = 0; i < 3; i++) {
		struct run runs[3];
		struct report report = {.layout = "csv", .set = &set, .options = &o, .runs = runs, .count = 3};
		run_habit(&runs[0], &o, RUN_MAIN, 1);
		run_fixed(&runs[1], &o, 12);
		assert_int_equal(run_deployed(&runs[2], &o, "water_jingan", NULL), ERR_OK);
		buf_init(&told[i], 1u << 22);
		for (unsigned k = 0; k < 3; k++)
			assert_int_equal(run_do(&runs[k], &set, (const unsigned[]){1, 2, 5}[i], NULL), ERR_OK);
		assert_int_equal(print_json(&report, &told[i]), ERR_OK);
		assert_int_equal(print_figure(&report, &told[i]), ERR_OK);
		assert_int_equal(print_table(&report, &told[i]), ERR_OK);
		for (unsigned k = 0; k < 3; k++)
			run_fini(&runs[k]);
		assert_int_equal(told[i].length, told[0].length);
		assert_memory_equal(told[i].data, told[0].data, told[0].length);
	}
	for (unsigned i = 0; i < 3; i++)
		buf_fini(&told[i]);
	trace_set_fini(&set);
}

/* A home that uses water every hour: whenever it stops, a fixed limit of 12 h is 12 h later; the meter tells so at the
 * hour, and up to the hour before was used. */
static void a_fixed_limit_is_found_after_its_hours(void **state)
{
	struct trace_set set = {0};
	struct run run;
	struct run_options o = options();
	struct trace_channel channel = {.device = "meter", .quantity = QUANTITY_WATER_TOTAL};
	struct trace_item item = {.since_ms = INT64_MIN, .delta = NAN};
	struct trace *trace;

	(void)state;
	assert_int_equal(trace_set_home(&set, "h-1", &trace), ERR_OK);
	assert_int_equal(trace_channel_get(trace, &channel, &item.channel), ERR_OK);
	for (unsigned h = 0; h <= DAYS * 24; h++) {
		item.at_ms = item.received_ms = DAY0 + h * HOUR;
		assert_int_equal(trace_add(trace, &item), ERR_OK);
		item.value += h % 24 >= 1 && h % 24 < 6 ? 0 : 10; /* five hours of sleep */
	}
	assert_int_equal(trace_set_close(&set), ERR_OK);
	run_fixed(&run, &o, 12);
	assert_int_equal(run_do(&run, &set, 1, NULL), ERR_OK);
	assert_int_equal(run.score.levels[0].all.count, 40);
	assert_true(run.score.levels[0].false_rate == 0);
	assert_true(run.score.levels[0].all.p50 == 12 && run.score.levels[0].all.p90 == 12);
	assert_true(run.score.levels[0].all.mean < 12 && run.score.levels[0].all.mean > 11);
	assert_int_equal(run.score.unheard, 0);
	run_fini(&run);
	trace_set_fini(&set);
}

/* A home that uses water at 8 and 20 h each day but on every tenth day only at 20 h: a gap of 24 h less a bit. */
static void an_alarm_in_a_gap_under_a_day_is_false_and_in_a_longer_one_an_absence(void **state)
{
	struct trace_set set = {0};
	struct run run;
	struct run_options o = options();
	struct trace_channel channel = {.device = "meter", .quantity = QUANTITY_WATER_TOTAL};
	struct trace_item item = {.since_ms = INT64_MIN, .delta = NAN};
	struct trace *trace;

	(void)state;
	o.moments = 0;
	assert_int_equal(trace_set_home(&set, "h-1", &trace), ERR_OK);
	assert_int_equal(trace_channel_get(trace, &channel, &item.channel), ERR_OK);
	for (unsigned h = 0; h <= 100 * 24; h++) {
		unsigned day = h / 24, hour = h % 24;
		item.at_ms = item.received_ms = DAY0 + h * HOUR;
		assert_int_equal(trace_add(trace, &item), ERR_OK);
		bool use = hour % 4 == 0;
		if (day == 60 || day == 80) /* 20 h and 28 h without water */
			use = use && (hour == 0 || (hour == 20 && day == 60));
		item.value += use && !(day == 81 && hour == 0) ? 10 : 0;
	}
	assert_int_equal(trace_set_close(&set), ERR_OK);
	run_fixed(&run, &o, 12);
	assert_int_equal(run_do(&run, &set, 1, NULL), ERR_OK);
	assert_int_equal(run.homes[0].false_alarms[0], 1);
	assert_int_equal(run.homes[0].absence_alarms[0], 1);
	run_fini(&run);
	trace_set_fini(&set);
}

static void a_home_of_few_days_is_left_out(void **state)
{
	struct trace_set set = {0};
	struct run run;
	struct run_options o = options();

	(void)state;
	live(&set, "long", 60, 1);
	live(&set, "short", 59, 1);
	assert_int_equal(trace_set_close(&set), ERR_OK);
	run_fixed(&run, &o, 12);
	assert_int_equal(run_do(&run, &set, 1, NULL), ERR_OK);
	assert_int_equal(run.score.homes, 1);
	assert_int_equal(run.score.too_short, 1);
	run_fini(&run);
	trace_set_fini(&set);
}

static bool same(const struct trace *a, const struct trace *b)
{
	bool equal = a->count == b->count;

	for (size_t i = 0; i < a->count && equal; i++)
		equal = a->items[i].at_ms == b->items[i].at_ms && a->items[i].channel == b->items[i].channel &&
			a->items[i].value == b->items[i].value;
	return equal;
}

/* a week at home, two weeks away, a week at home. */
static void simulated_channels_are_silent_in_an_absence_but_for_the_door_and_ghosts(void **state)
{
	struct trace_set sets[2] = {{0}, {0}};
	const int64_t leave = DAY0 + 7 * MS_PER_DAY, back = DAY0 + 21 * MS_PER_DAY;
	unsigned what, doors = 0, firings = 0;

	(void)state;
	assert_int_equal(simulate_parse("door,motion,electricity", &what, NULL), ERR_OK);
	for (unsigned i = 0; i < 2; i++) {
		struct trace *trace = live(&sets[i], "h-1", 28, 3);
		for (size_t k = 1; k < trace->count; k++)
			if (trace->items[k].at_ms > leave && trace->items[k].at_ms <= back)
				trace->items[k].value = trace->items[k - 1].value;
		assert_int_equal(trace_set_close(&sets[i]), ERR_OK);
		assert_int_equal(simulate_home(&sets[i], trace, zone, what, 11), ERR_OK);
		assert_int_equal(trace->channel_count, 5);
	}
	const struct trace *trace = sets[0].homes[0];
	assert_true(same(trace, sets[1].homes[0]));
	for (size_t k = 0; k < trace->count; k++) {
		enum quantity quantity = trace->channels[trace->items[k].channel].quantity;
		bool deep = trace->items[k].at_ms > leave + MS_PER_DAY && trace->items[k].at_ms < back - MS_PER_DAY;
		doors += deep && quantity == QUANTITY_CONTACT;
		firings += deep && quantity == QUANTITY_MOTION && trace->items[k].value > 0;
	}
	assert_int_equal(doors, 0);
	assert_in_range(firings, 12, 72); /* three ghosts a day */
	assert_true(trace_is_out(trace, leave + 2 * MS_PER_DAY));
	assert_false(trace_is_out(trace, DAY0 + 2 * MS_PER_HOUR));
	for (unsigned i = 0; i < 2; i++)
		trace_set_fini(&sets[i]);
}

/* a meter that was not heard for three days, in which water was used as ever. */
static void a_loss_of_radio_with_use_is_simulated_as_an_ordinary_life(void **state)
{
	struct trace_set set = {0};
	const int64_t from = DAY0 + 8 * MS_PER_DAY, until = DAY0 + 11 * MS_PER_DAY;
	unsigned days[3] = {0}, nights[3] = {0};

	(void)state;
	struct trace *trace = live(&set, "h-1", 28, 3);
	size_t kept = 0;
	for (size_t k = 0; k < trace->count; k++)
		if (trace->items[k].at_ms <= from || trace->items[k].at_ms >= until)
			trace->items[kept++] = trace->items[k];
	trace->count = kept;
	assert_int_equal(trace_set_close(&set), ERR_OK);
	assert_int_equal(simulate_home(&set, trace, zone, SIMULATE_MOTION, 11), ERR_OK);
	for (size_t k = 0; k < trace->count; k++) {
		const struct trace_item *item = &trace->items[k];
		if (trace->channels[item->channel].quantity != QUANTITY_MOTION || item->at_ms <= from ||
			item->at_ms >= until)
			continue;
		int64_t day = (item->at_ms - from) / MS_PER_DAY, hour = (item->at_ms - from) % MS_PER_DAY / HOUR;
		days[day] += hour >= 9 && hour < 21;
		nights[day] += hour >= 1 && hour < 6;
		assert_false(trace_is_out(trace, item->at_ms));
	}
	for (unsigned i = 0; i < 3; i++)
		assert_true(days[i] > 40 && nights[i] < 20);
	trace_set_fini(&set);
}

static void another_seed_simulates_another_life_and_an_unknown_channel_is_refused(void **state)
{
	struct trace_set sets[2] = {{0}, {0}};
	unsigned what = 0;

	(void)state;
	assert_int_equal(simulate_parse("door,curtain", &what, NULL), ERR_NOT_FOUND);
	assert_int_equal(what, 0);
	for (unsigned i = 0; i < 2; i++) {
		struct trace *trace = live(&sets[i], "h-1", 28, 3);
		assert_int_equal(trace_set_close(&sets[i]), ERR_OK);
		assert_int_equal(simulate_home(&sets[i], trace, zone, SIMULATE_MOTION, i), ERR_OK);
	}
	assert_false(same(sets[0].homes[0], sets[1].homes[0]));
	for (unsigned i = 0; i < 2; i++)
		trace_set_fini(&sets[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_futures_give_the_same_alerts_up_to_where_they_part),
		cmocka_unit_test(what_was_raised_before_is_the_same_whatever_comes_after),
		cmocka_unit_test(any_number_of_workers_gives_the_same_bytes),
		cmocka_unit_test(a_fixed_limit_is_found_after_its_hours),
		cmocka_unit_test(an_alarm_in_a_gap_under_a_day_is_false_and_in_a_longer_one_an_absence),
		cmocka_unit_test(a_home_of_few_days_is_left_out),
		cmocka_unit_test(simulated_channels_are_silent_in_an_absence_but_for_the_door_and_ghosts),
		cmocka_unit_test(a_loss_of_radio_with_use_is_simulated_as_an_ordinary_life),
		cmocka_unit_test(another_seed_simulates_another_life_and_an_unknown_channel_is_refused),
	};

	return cmocka_run_group_tests(tests, open_zone, close_zone);
}
