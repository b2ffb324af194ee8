/* SPDX-License-Identifier: MIT
 *
 * Each sentence of core.h's contract, then a long random walk that is killed and restored again and again.
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

#include "base/text.h"
#include "codec/codec.h"
#include "ingest/core.h"

#define NOON INT64_C(1772000000000) /* 2026-02-25 */
#define ALL_QUANTITIES (~UINT64_C(0))

static const struct ingest_core_config usual = {.future_ms = 5 * MS_PER_MINUTE,
	.past_ms = 400 * MS_PER_DAY,
	.alarm_past_ms = 24 * MS_PER_HOUR,
	.event_window_ms = 30 * MS_PER_SECOND,
	.silent_ms = 48 * MS_PER_HOUR,
	.battery_low = 15,
	.devices_max = 1000};

struct world {
	struct ingest_core *core;
	struct wall now;
	struct ingest_effects effects;
};

static void give(struct world *w, const struct entry *entry)
{
	assert_int_equal(ingest_core_entry(w->core, entry), ERR_OK);
}

static struct entry device_entry(const char *device, const char *household)
{
	struct entry entry = {.kind = ENTRY_DEVICE, .seq = 1};

	text_cut(entry.key, sizeof entry.key, device);
	text_cut(entry.body.device.household, sizeof entry.body.device.household, household);
	text_cut(entry.body.device.place, sizeof entry.body.device.place, "kitchen");
	return entry;
}

static struct entry consent_entry(const char *household, uint64_t quantities, struct wall from, struct wall until)
{
	struct entry entry = {.kind = ENTRY_CONSENT,
		.seq = 1,
		.body.consent = {.quantities = quantities, .from = from, .until = until}};

	text_cut(entry.key, sizeof entry.key, household);
	return entry;
}

static struct entry tombstone(enum entry_kind kind, const char *key)
{
	struct entry entry = {.kind = kind, .seq = 2, .deleted = true};

	text_cut(entry.key, sizeof entry.key, key);
	return entry;
}

static void agree(struct world *w, uint64_t quantities)
{
	struct entry entry = consent_entry("h-1", quantities, WALL_NONE, WALL_NONE);

	give(w, &entry);
}

static struct world open_with(const struct ingest_core_config *config)
{
	struct world w = {.now = {NOON}};
	struct entry device = device_entry("d-1", "h-1");

	assert_int_equal(ingest_core_create(config, &w.core, NULL), ERR_OK);
	give(&w, &device);
	agree(&w, ALL_QUANTITIES);
	return w;
}

static struct world open_world(void)
{
	return open_with(&usual);
}

static struct observation observe(enum quantity quantity, double value)
{
	return (struct observation){
		.profile = "p", .device = "d-1", .quantity = quantity, .value = value, .at = WALL_NONE};
}

static struct observation observe_at(enum quantity quantity, double value, int64_t ms)
{
	struct observation o = observe(quantity, value);

	o.at.ms = ms;
	return o;
}

static void feed(struct world *w, struct observation o)
{
	assert_int_equal(ingest_feed(w->core, &o, w->now, &w->effects), ERR_OK);
}

static void tick(struct world *w)
{
	assert_int_equal(ingest_tick(w->core, w->now, &w->effects), ERR_OK);
}

static const struct reading *reading_of(const struct world *w)
{
	for (unsigned i = 0; i < w->effects.count; i++)
		if (w->effects.items[i].kind == INGEST_READING)
			return &w->effects.items[i].as.reading;
	return NULL;
}

static const struct alert *alert_of(const struct world *w)
{
	for (unsigned i = 0; i < w->effects.count; i++)
		if (w->effects.items[i].kind == INGEST_ALERT)
			return &w->effects.items[i].as.alert;
	return NULL;
}

/* the_reading: there is exactly one effect that is a reading. */
static const struct reading *the_reading(const struct world *w)
{
	assert_int_equal(w->effects.count, 1);
	assert_int_equal(w->effects.items[0].kind, INGEST_READING);
	return &w->effects.items[0].as.reading;
}

static void assert_rejected(const struct world *w, enum ingest_reject reject)
{
	unsigned found = 0;

	for (unsigned i = 0; i < w->effects.count; i++)
		found += w->effects.items[i].kind == INGEST_REJECT && w->effects.items[i].as.reject == reject;
	assert_int_equal(found, 1);
	assert_null(reading_of(w));
}

static const struct alert *assert_alert(const struct world *w, const char *rule, enum alert_state state)
{
	const struct alert *alert = alert_of(w);

	assert_non_null(alert);
	assert_string_equal(alert->rule, rule);
	assert_int_equal(alert->state, state);
	assert_int_equal(alert->revision, state == ALERT_RAISED ? 1 : 2);
	return alert;
}

/* ---- whose, and whether ---- */

static void a_reading_carries_household_and_times(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_TEMPERATURE, 21.5, NOON - 2000);

	(void)state;
	memcpy(o.channel, "probe", 6);
	memcpy(o.text, "ok", 3);
	feed(&w, o);
	const struct reading *r = the_reading(&w);
	assert_string_equal(r->household, "h-1");
	assert_string_equal(r->device, "d-1");
	assert_string_equal(r->channel, "probe");
	assert_string_equal(r->text, "ok");
	assert_true(r->value == 21.5 && r->at.ms == NOON - 2000 && r->received.ms == NOON);
	assert_true(isnan(r->delta) && !wall_is_set(r->since) && !r->late && !r->retained);
	feed(&w, observe(QUANTITY_HUMIDITY, 40));
	assert_int_equal(the_reading(&w)->at.ms, NOON);
	ingest_core_destroy(w.core);
}

static void an_unknown_device_is_refused(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_SOS, 1);

	(void)state;
	memcpy(o.device, "d-9", 4);
	feed(&w, o);
	assert_rejected(&w, INGEST_UNKNOWN_DEVICE);
	assert_int_equal(ingest_count(w.core, INGEST_UNKNOWN_DEVICE), 1);
	ingest_core_destroy(w.core);
}

static void without_consent_nothing_is_processed_calls_for_help_included(void **state)
{
	struct world w = open_world();
	struct entry gone = tombstone(ENTRY_CONSENT, "h-1");

	(void)state;
	give(&w, &gone);
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	assert_int_equal(w.effects.count, 1);
	agree(&w, UINT64_C(1) << QUANTITY_SOS);
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_alert(&w, "sos", ALERT_RAISED);
	assert_int_equal(ingest_count(w.core, INGEST_NO_CONSENT), 2);
	ingest_core_destroy(w.core);
}

static void the_tombstone_of_a_household_ends_its_consent(void **state)
{
	struct world w = open_world();
	struct entry gone = tombstone(ENTRY_HOUSEHOLD, "h-1");

	(void)state;
	give(&w, &gone);
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	ingest_core_destroy(w.core);
}

static void consent_holds_from_its_first_to_before_its_last_moment(void **state)
{
	struct world w = open_world();
	struct entry consent = consent_entry("h-1", ALL_QUANTITIES, (struct wall){NOON}, (struct wall){NOON + 1000});

	(void)state;
	give(&w, &consent);
	w.now.ms = NOON - 1;
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	w.now.ms = NOON;
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_non_null(reading_of(&w));
	w.now.ms = NOON + 999;
	feed(&w, observe(QUANTITY_MOTION, 0));
	assert_non_null(reading_of(&w));
	w.now.ms = NOON + 1000;
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	ingest_core_destroy(w.core);
}

static void consent_must_have_held_at_the_time_of_the_reading_too(void **state)
{
	struct world w = open_world();
	struct entry consent = consent_entry("h-1", ALL_QUANTITIES, (struct wall){NOON}, WALL_NONE);

	(void)state;
	give(&w, &consent);
	w.now.ms = NOON + MS_PER_HOUR;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 5, NOON - 1));
	assert_rejected(&w, INGEST_NO_CONSENT);
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 5, NOON));
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void a_device_that_moves_says_nothing_of_its_former_home(void **state)
{
	struct world w = open_world();
	struct entry moved = device_entry("d-1", "h-2"),
		     consent = consent_entry("h-2", ALL_QUANTITIES, WALL_NONE, WALL_NONE);
	struct ingest_state forgotten;
	unsigned tombs = 0;

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 100));
	feed(&w, observe(QUANTITY_BATTERY, 5));
	assert_alert(&w, "battery", ALERT_RAISED);
	while (ingest_dirty(w.core, &forgotten))
		assert_true(forgotten.length > 0);
	give(&w, &moved);
	give(&w, &consent);
	tick(&w);
	const struct alert *alert = assert_alert(&w, "battery", ALERT_CLEARED);
	assert_string_equal(alert->household, "h-1");
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 101));
	const struct reading *r = the_reading(&w);
	assert_string_equal(r->household, "h-2");
	assert_true(isnan(r->delta));
	while (ingest_dirty(w.core, &forgotten))
		tombs += forgotten.length == 0;
	assert_int_equal(tombs, 3); /* the device, water, battery */
	ingest_core_destroy(w.core);
}

static void a_device_in_the_same_home_keeps_its_states(void **state)
{
	struct world w = open_world();
	struct entry again = device_entry("d-1", "h-1");

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 100));
	memcpy(again.body.device.place, "bathroom", 9);
	give(&w, &again);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 101));
	assert_true(the_reading(&w)->delta == 1);
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_non_null(strstr(alert_of(&w)->reason_en, "bathroom"));
	ingest_core_destroy(w.core);
}

static void a_device_that_left_the_directory_is_unknown(void **state)
{
	struct world w = open_world();
	struct entry gone = tombstone(ENTRY_DEVICE, "d-1");
	uint32_t devices, states;

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 100));
	give(&w, &gone);
	give(&w, &gone);
	feed(&w, observe(QUANTITY_WATER_TOTAL, 101));
	assert_rejected(&w, INGEST_UNKNOWN_DEVICE);
	ingest_sizes(w.core, &devices, &states);
	assert_int_equal(devices, 0);
	assert_int_equal(states, 0);
	ingest_core_destroy(w.core);
}

/* ---- clocks ---- */

static void a_time_too_far_ahead_gives_way_to_arrival_and_names_the_device_once(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_TEMPERATURE, 20, NOON + usual.future_ms));
	assert_int_equal(the_reading(&w)->at.ms, NOON + usual.future_ms);
	feed(&w, observe_at(QUANTITY_HUMIDITY, 20, NOON + usual.future_ms + 1));
	assert_alert(&w, "clock", ALERT_RAISED);
	assert_int_equal(alert_of(&w)->kind, ALERT_DEVICE);
	assert_int_equal(alert_of(&w)->level, ALERT_MAINTENANCE);
	assert_int_equal(reading_of(&w)->at.ms, NOON);
	w.now.ms += 1000;
	feed(&w, observe_at(QUANTITY_HUMIDITY, 21, NOON + 3 * MS_PER_DAY));
	assert_int_equal(the_reading(&w)->at.ms, NOON + 1000);
	assert_int_equal(ingest_tally(w.core, INGEST_CLOCK_WRONG), 2);
	w.now.ms += 1000;
	feed(&w, observe_at(QUANTITY_HUMIDITY, 22, NOON + 2000));
	assert_alert(&w, "clock", ALERT_CLEARED);
	assert_int_equal(reading_of(&w)->at.ms, NOON + 2000);
	ingest_core_destroy(w.core);
}

static void a_time_years_back_is_refused_and_names_the_device(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, NOON - usual.past_ms));
	assert_non_null(the_reading(&w));
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, NOON - usual.past_ms - 1));
	assert_rejected(&w, INGEST_CLOCK);
	assert_alert(&w, "clock", ALERT_RAISED);
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, -1));
	assert_rejected(&w, INGEST_CLOCK);
	assert_null(alert_of(&w));
	ingest_core_destroy(w.core);
}

static void times_before_1970_are_refused_however_long_past_is(void **state)
{
	struct ingest_core_config config = usual;
	struct world w;

	(void)state;
	config.past_ms = INT64_C(4000000000000);
	w = open_with(&config);
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, -1));
	assert_rejected(&w, INGEST_CLOCK);
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 1, 0));
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void a_device_that_lost_its_clock_can_still_call_for_help(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_SOS, 1, 5000)); /* 1970 */
	assert_non_null(reading_of(&w));
	assert_int_equal(reading_of(&w)->at.ms, NOON);
	assert_int_equal(w.effects.count, 3);
	assert_string_equal(w.effects.items[0].as.alert.rule, "clock");
	assert_string_equal(w.effects.items[2].as.alert.rule, "sos");
	assert_int_equal(w.effects.items[2].as.alert.onset.ms, NOON);
	/* A meter in the same state has no such right, and neither has a call of a year that was honest once. */
	feed(&w, observe_at(QUANTITY_MOTION, 1, 5000));
	assert_rejected(&w, INGEST_CLOCK);
	feed(&w, observe_at(QUANTITY_FALL, 1, INT64_C(1577836800000)));
	assert_rejected(&w, INGEST_CLOCK);
	ingest_core_destroy(w.core);
}

static void an_old_retained_value_is_no_fault_of_the_clock(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_CONTACT, 1, NOON - usual.past_ms - 1);

	(void)state;
	o.retained = true;
	feed(&w, o);
	assert_rejected(&w, INGEST_RETAINED);
	assert_int_equal(w.effects.count, 1);
	ingest_core_destroy(w.core);
}

static void a_service_clock_that_was_ahead_does_not_make_all_that_follows_late(void **state)
{
	struct world w = open_world();

	(void)state;
	w.now.ms = NOON + 300 * MS_PER_DAY;
	feed(&w, observe(QUANTITY_SMOKE, 0));
	w.now.ms = NOON;
	feed(&w, observe(QUANTITY_SMOKE, 1));
	assert_alert(&w, "smoke", ALERT_RAISED);
	assert_false(reading_of(&w)->late);
	ingest_core_destroy(w.core);
}

/* ---- names and order ---- */

static void the_same_name_and_value_is_a_duplicate(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 7, NOON - 1000));
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 7, NOON - 1000));
	assert_rejected(&w, INGEST_DUPLICATE);
	assert_int_equal(ingest_count(w.core, INGEST_DUPLICATE), 1);
	ingest_core_destroy(w.core);
}

static void another_value_at_the_same_time_gets_the_next_free_ms(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_MOTION, 1, NOON));
	feed(&w, observe_at(QUANTITY_MOTION, 0, NOON));
	assert_int_equal(the_reading(&w)->at.ms, NOON + 1);
	assert_false(the_reading(&w)->late);
	/* The same word in another text is another value. */
	struct observation o = observe_at(QUANTITY_MOTION, 0, NOON + 1);
	memcpy(o.text, "clear", 6);
	feed(&w, o);
	assert_int_equal(the_reading(&w)->at.ms, NOON + 2);
	ingest_core_destroy(w.core);
}

static void two_arrivals_in_one_turn_are_two_readings(void **state)
{
	struct world w = open_world();

	(void)state;
	for (int i = 0; i < 3; i++) {
		feed(&w, observe(QUANTITY_BUTTON, 1));
		assert_int_equal(the_reading(&w)->at.ms, NOON + i);
	}
	w.now.ms -= 1000; /* our clock was set back a little */
	feed(&w, observe(QUANTITY_BUTTON, 1));
	assert_int_equal(the_reading(&w)->at.ms, NOON + 3);
	assert_false(the_reading(&w)->late);
	ingest_core_destroy(w.core);
}

static void a_late_reading_changes_nothing_that_is_known(void **state)
{
	struct world w = open_world();
	struct observation o;

	(void)state;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 100, NOON - 1000));
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 90, NOON - 5000));
	assert_true(the_reading(&w)->late && isnan(the_reading(&w)->delta));
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 103, NOON));
	assert_true(the_reading(&w)->delta == 3);
	assert_int_equal(ingest_tally(w.core, INGEST_LATE), 1);
	/* No edge either: what is equal to the newest value may have been news in its time. */
	feed(&w, observe_at(QUANTITY_CONTACT, 1, NOON));
	o = observe_at(QUANTITY_CONTACT, 1, NOON - 9000);
	o.edge = EDGE_CHANGE;
	feed(&w, o);
	assert_true(the_reading(&w)->late);
	ingest_core_destroy(w.core);
}

static void a_late_state_neither_raises_nor_clears(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_LEAK, 0, NOON));
	feed(&w, observe_at(QUANTITY_LEAK, 1, NOON - 60000));
	assert_true(the_reading(&w)->late);
	feed(&w, observe_at(QUANTITY_LEAK, 1, NOON + 1000));
	assert_alert(&w, "leak", ALERT_RAISED);
	feed(&w, observe_at(QUANTITY_LEAK, 0, NOON + 500));
	assert_true(the_reading(&w)->late);
	ingest_core_destroy(w.core);
}

static void edge_change_passes_only_changes_and_remembers_when(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_CONTACT, 1, NOON);

	(void)state;
	o.edge = EDGE_CHANGE;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	o.at.ms += 10000;
	feed(&w, o);
	assert_rejected(&w, INGEST_UNCHANGED);
	assert_int_equal(ingest_count(w.core, INGEST_UNCHANGED), 1);
	o.at.ms -= 5000; /* older than the last time that it said so */
	o.value = 0;
	feed(&w, o);
	assert_true(the_reading(&w)->late);
	o.at.ms += 6000;
	feed(&w, o);
	assert_false(the_reading(&w)->late);
	memcpy(o.text, "closed", 7);
	o.at.ms += 1000;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void the_same_value_within_the_window_is_one_message(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_BUTTON, 1);

	(void)state;
	o.dedupe_ms = 2000;
	feed(&w, o);
	w.now.ms = NOON + 1999;
	feed(&w, o);
	assert_rejected(&w, INGEST_DUPLICATE);
	o.value = 2;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	w.now.ms += 2000;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void channels_and_quantities_are_told_apart(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_SWITCH, 1, NOON);
	uint32_t devices, states;

	(void)state;
	feed(&w, o);
	memcpy(o.channel, "relay1", 7);
	feed(&w, o);
	assert_non_null(reading_of(&w));
	o.quantity = QUANTITY_MOTION;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	ingest_sizes(w.core, &devices, &states);
	assert_int_equal(devices, 1);
	assert_int_equal(states, 3);
	ingest_core_destroy(w.core);
}

/* ---- counters ---- */

/* count_to feeds the next value a minute later and gives the delta. */
static double count_to(struct world *w, double value)
{
	w->now.ms += MS_PER_MINUTE;
	feed(w, observe(QUANTITY_WATER_TOTAL, value));
	const struct reading *r = the_reading(w);
	assert_true(r->value == value);
	assert_int_equal(isnan(r->delta), !wall_is_set(r->since));
	return r->delta;
}

static void a_counter_gives_the_increase_since_its_last_reading(void **state)
{
	struct world w = open_world();

	(void)state;
	assert_true(isnan(count_to(&w, 10.2)));
	assert_true(count_to(&w, 10.3) == 0.1);
	assert_int_equal(the_reading(&w)->since.ms, NOON + MS_PER_MINUTE);
	assert_true(count_to(&w, 10.3) == 0);
	assert_true(count_to(&w, 4e9) == 4e9 - 10.3);
	ingest_core_destroy(w.core);
}

static void a_counter_rolls_over_at_a_power_of_ten_and_at_2_to_the_32(void **state)
{
	const double word = 4294967296.0;
	static const double powers[] = {100, 1e5, 1e10};

	(void)state;
	for (size_t i = 0; i < sizeof powers / sizeof *powers; i++) {
		struct world w = open_world();
		count_to(&w, powers[i] - 1);
		assert_true(count_to(&w, 1) == 2);
		assert_int_equal(ingest_tally(w.core, INGEST_ROLLED_OVER), 1);
		assert_true(count_to(&w, 5) == 4);
		ingest_core_destroy(w.core);
	}
	struct world w = open_world();
	count_to(&w, word - 3);
	assert_true(count_to(&w, 4) == 7);
	assert_int_equal(ingest_tally(w.core, INGEST_ROLLED_OVER), 1);
	ingest_core_destroy(w.core);
}

static void a_roll_over_needs_both_ends_within_a_hundredth(void **state)
{
	struct world w = open_world();

	(void)state;
	count_to(&w, 98999); /* just below 99% of 1e5 */
	assert_true(isnan(count_to(&w, 10)));
	assert_int_equal(ingest_tally(w.core, INGEST_REPLACED), 1);
	count_to(&w, 99000);
	assert_true(isnan(count_to(&w, 1000.5))); /* just above 1% */
	assert_int_equal(ingest_tally(w.core, INGEST_REPLACED), 2);
	count_to(&w, 99000);
	assert_true(count_to(&w, 1000) == 2000);
	assert_int_equal(ingest_tally(w.core, INGEST_ROLLED_OVER), 1);
	ingest_core_destroy(w.core);
}

static void a_replaced_meter_starts_a_new_baseline(void **state)
{
	struct world w = open_world();

	(void)state;
	count_to(&w, 5000);
	assert_true(isnan(count_to(&w, 3)));
	assert_true(count_to(&w, 4) == 1);
	assert_int_equal(ingest_tally(w.core, INGEST_REPLACED), 1);
	ingest_core_destroy(w.core);
}

static void a_small_step_back_keeps_the_baseline_and_the_third_in_a_row_replaces_it(void **state)
{
	struct world w = open_world();

	(void)state;
	count_to(&w, 1000);
	assert_true(isnan(count_to(&w, 995)));
	assert_true(count_to(&w, 1002) == 2); /* counted from 1000: the fault is gone */
	assert_true(isnan(count_to(&w, 902)));
	assert_true(isnan(count_to(&w, 990)));
	assert_int_equal(ingest_tally(w.core, INGEST_STEP_BACK), 3);
	assert_true(isnan(count_to(&w, 991)));
	assert_int_equal(ingest_tally(w.core, INGEST_REPLACED), 1);
	assert_true(count_to(&w, 993) == 2);
	ingest_core_destroy(w.core);
}

static void a_retained_count_has_no_delta_and_the_next_fresh_one_gets_it_all(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_WATER_TOTAL, 50, NOON - MS_PER_HOUR);

	(void)state;
	o.retained = true;
	feed(&w, o); /* nothing is known yet: its own time makes it a baseline */
	assert_true(isnan(the_reading(&w)->delta) && the_reading(&w)->retained);
	assert_true(count_to(&w, 53) == 3);
	assert_int_equal(the_reading(&w)->since.ms, NOON - MS_PER_HOUR);
	o = observe(QUANTITY_WATER_TOTAL, 60);
	o.retained = true;
	w.now.ms += 1000;
	feed(&w, o);
	assert_true(isnan(the_reading(&w)->delta));
	assert_true(count_to(&w, 61) == 8);
	ingest_core_destroy(w.core);
}

static void a_retained_count_without_a_time_is_no_baseline(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_WATER_TOTAL, 50);

	(void)state;
	o.retained = true;
	feed(&w, o);
	assert_true(isnan(count_to(&w, 53)));
	assert_true(count_to(&w, 54) == 1);
	ingest_core_destroy(w.core);
}

/* ---- alarms ---- */

static void an_alarm_state_raises_once_and_false_clears_it(void **state)
{
	struct world w = open_world();
	char id[ID_BYTES];

	(void)state;
	feed(&w, observe(QUANTITY_GAS_ALARM, 1)); /* the first word of a device may be an alarm */
	const struct alert *alert = assert_alert(&w, "gas_alarm", ALERT_RAISED);
	assert_int_equal(alert->kind, ALERT_GAS);
	assert_int_equal(alert->level, ALERT_LIFE);
	assert_int_equal(alert->onset.ms, NOON);
	assert_string_equal(alert->household, "h-1");
	assert_string_equal(alert->evidence[0].device, "d-1");
	assert_non_null(strstr(alert->reason_zh, "燃气"));
	memcpy(id, alert->id, sizeof id);
	w.now.ms += 60000;
	feed(&w, observe(QUANTITY_GAS_ALARM, 1));
	assert_null(alert_of(&w));
	w.now.ms += 60000;
	feed(&w, observe(QUANTITY_GAS_ALARM, 0));
	alert = assert_alert(&w, "gas_alarm", ALERT_CLEARED);
	assert_string_equal(alert->id, id);
	assert_int_equal(alert->onset.ms, NOON);
	assert_int_equal(alert->at.ms, NOON + 120000);
	w.now.ms += 60000;
	feed(&w, observe(QUANTITY_GAS_ALARM, 0));
	assert_null(alert_of(&w));
	w.now.ms += 60000;
	feed(&w, observe(QUANTITY_GAS_ALARM, 1));
	assert_string_not_equal(assert_alert(&w, "gas_alarm", ALERT_RAISED)->id, id);
	ingest_core_destroy(w.core);
}

static void each_alarm_quantity_has_its_kind(void **state)
{
	static const struct {
		enum quantity quantity;
		enum alert_kind kind;
		enum alert_level level;
	} rows[] = {{QUANTITY_SOS, ALERT_SOS, ALERT_LIFE}, {QUANTITY_FALL, ALERT_FALL, ALERT_LIFE},
		{QUANTITY_GAS_ALARM, ALERT_GAS, ALERT_LIFE}, {QUANTITY_SMOKE, ALERT_SMOKE, ALERT_LIFE},
		{QUANTITY_CO_ALARM, ALERT_CO, ALERT_LIFE}, {QUANTITY_LEAK, ALERT_LEAK, ALERT_ALARM}};
	struct world w = open_world();
	unsigned alarms = 0;

	(void)state;
	for (int q = 0; q < QUANTITY_COUNT; q++)
		alarms += quantity_info((enum quantity)q)->alarm;
	assert_int_equal(alarms, sizeof rows / sizeof *rows);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		feed(&w, observe(rows[i].quantity, 1));
		assert_int_equal(alert_of(&w)->kind, rows[i].kind);
		assert_int_equal(alert_of(&w)->level, rows[i].level);
	}
	ingest_core_destroy(w.core);
}

static void a_retained_alarm_raises_only_against_a_known_false(void **state)
{
	struct world w = open_world();
	struct observation stored = observe(QUANTITY_SMOKE, 1);

	(void)state;
	stored.retained = true;
	feed(&w, stored);
	assert_null(alert_of(&w));
	assert_true(the_reading(&w)->retained);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_SMOKE, 1)); /* freshly reported, and no alert of it is open */
	assert_alert(&w, "smoke", ALERT_RAISED);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_SMOKE, 0));
	w.now.ms += 1000;
	feed(&w, stored); /* it became true while we were away */
	assert_alert(&w, "smoke", ALERT_RAISED);
	stored.quantity = QUANTITY_SOS;
	feed(&w, stored);
	assert_null(alert_of(&w));
	ingest_core_destroy(w.core);
}

static void what_is_reason_for_an_alert_is_never_a_duplicate(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_LEAK, 1, NOON - 1000);

	(void)state;
	o.dedupe_ms = 60000;
	o.edge = EDGE_CHANGE;
	o.retained = true;
	feed(&w, o);
	assert_null(alert_of(&w));
	o.retained = false;
	feed(&w, o); /* the same report, now from the device itself */
	assert_alert(&w, "leak", ALERT_RAISED);
	feed(&w, o);
	assert_rejected(&w, INGEST_DUPLICATE);
	struct observation press = observe(QUANTITY_SOS, 1);
	press.dedupe_ms = 60000;
	press.retained = true;
	feed(&w, press);
	press.retained = false;
	feed(&w, press);
	assert_alert(&w, "sos", ALERT_RAISED);
	ingest_core_destroy(w.core);
}

static void a_retained_value_may_be_passed_over(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_CONTACT, 1);

	(void)state;
	o.retained = true;
	o.retained_as = RETAINED_IGNORE;
	feed(&w, o);
	assert_rejected(&w, INGEST_RETAINED);
	o.retained = false;
	feed(&w, o);
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

static void a_second_press_within_the_window_joins_the_first(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_SOS, 1);

	(void)state;
	o.edge = EDGE_CHANGE; /* does not silence calls for help */
	feed(&w, o);
	assert_alert(&w, "sos", ALERT_RAISED);
	w.now.ms = NOON + usual.event_window_ms - 1;
	feed(&w, o);
	assert_non_null(the_reading(&w));
	assert_int_equal(ingest_tally(w.core, INGEST_JOINED), 1);
	w.now.ms = NOON + usual.event_window_ms;
	feed(&w, o);
	assert_int_equal(assert_alert(&w, "sos", ALERT_RAISED)->onset.ms, NOON + usual.event_window_ms);
	ingest_core_destroy(w.core);
}

static void a_longer_dedupe_of_the_profile_widens_the_window(void **state)
{
	struct world w = open_world();
	struct observation o = observe(QUANTITY_FALL, 1);

	(void)state;
	o.dedupe_ms = 2 * usual.event_window_ms;
	feed(&w, o);
	assert_alert(&w, "fall", ALERT_RAISED);
	w.now.ms = NOON + 2 * usual.event_window_ms - 1;
	feed(&w, o);
	assert_rejected(&w, INGEST_DUPLICATE);
	w.now.ms++;
	feed(&w, o);
	assert_alert(&w, "fall", ALERT_RAISED);
	ingest_core_destroy(w.core);
}

static void a_late_press_calls_too_and_keeps_the_newer_onset(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe_at(QUANTITY_SOS, 1, NOON));
	feed(&w, observe_at(QUANTITY_SOS, 1, NOON - MS_PER_HOUR));
	assert_int_equal(assert_alert(&w, "sos", ALERT_RAISED)->onset.ms, NOON - MS_PER_HOUR);
	assert_true(reading_of(&w)->late);
	feed(&w, observe_at(QUANTITY_SOS, 1, NOON + 1000)); /* joins the newer one */
	assert_null(alert_of(&w));
	ingest_core_destroy(w.core);
}

static void an_alarm_of_the_past_is_a_record(void **state)
{
	struct world w = open_world();
	struct observation o = observe_at(QUANTITY_SOS, 1, NOON - usual.alarm_past_ms - 1);

	(void)state;
	feed(&w, o);
	assert_non_null(the_reading(&w));
	assert_int_equal(ingest_tally(w.core, INGEST_ALARM_PAST), 1);
	o.at.ms = NOON - usual.alarm_past_ms;
	feed(&w, o);
	assert_alert(&w, "sos", ALERT_RAISED);
	o = observe_at(QUANTITY_FALL, 1, NOON - 60001);
	o.expires_ms = 60000;
	feed(&w, o);
	assert_null(alert_of(&w));
	o.at.ms = NOON - 60000;
	feed(&w, o);
	assert_alert(&w, "fall", ALERT_RAISED);
	ingest_core_destroy(w.core);
}

static void a_press_of_value_zero_calls_nobody(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe(QUANTITY_SOS, 0));
	assert_non_null(the_reading(&w));
	ingest_core_destroy(w.core);
}

static void a_full_table_refuses_readings_and_never_alarms(void **state)
{
	struct ingest_core_config config = usual;
	struct world w;

	(void)state;
	config.devices_max = 1;
	w = open_with(&config);
	feed(&w, observe(QUANTITY_MOTION, 1));
	assert_non_null(the_reading(&w));
	feed(&w, observe(QUANTITY_CONTACT, 1));
	assert_rejected(&w, INGEST_FULL);
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_alert(&w, "sos", ALERT_RAISED);
	assert_non_null(reading_of(&w));
	ingest_core_destroy(w.core);
}

/* ---- health ---- */

static void a_low_battery_is_one_task_until_it_is_changed(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe(QUANTITY_BATTERY, usual.battery_low));
	assert_null(alert_of(&w));
	w.now.ms++;
	feed(&w, observe(QUANTITY_BATTERY, usual.battery_low - 1));
	const struct alert *alert = assert_alert(&w, "battery", ALERT_RAISED);
	assert_non_null(strstr(alert->reason_en, "14%"));
	assert_true(alert->evidence[0].value == usual.battery_low - 1);
	w.now.ms++;
	feed(&w, observe(QUANTITY_BATTERY, 3));
	assert_null(alert_of(&w));
	w.now.ms++;
	feed(&w, observe(QUANTITY_BATTERY, usual.battery_low + 9));
	assert_null(alert_of(&w));
	w.now.ms++;
	feed(&w, observe(QUANTITY_BATTERY, usual.battery_low + 10));
	assert_alert(&w, "battery", ALERT_CLEARED);
	ingest_core_destroy(w.core);
}

static void offline_and_fault_are_tasks_while_they_last(void **state)
{
	struct world w = open_world();

	(void)state;
	feed(&w, observe(QUANTITY_ONLINE, 0));
	assert_alert(&w, "offline", ALERT_RAISED);
	w.now.ms++;
	feed(&w, observe(QUANTITY_ONLINE, 1));
	assert_alert(&w, "offline", ALERT_CLEARED);
	feed(&w, observe(QUANTITY_FAULT, 1));
	assert_alert(&w, "fault", ALERT_RAISED);
	w.now.ms++;
	feed(&w, observe_at(QUANTITY_FAULT, 0, NOON - 1000)); /* late: says nothing about now */
	assert_null(alert_of(&w));
	w.now.ms++;
	feed(&w, observe(QUANTITY_FAULT, 0));
	assert_alert(&w, "fault", ALERT_CLEARED);
	ingest_core_destroy(w.core);
}

static void an_unheard_device_is_a_task_until_it_speaks(void **state)
{
	struct world w = open_world();

	(void)state;
	assert_true(ingest_due(w.core).ms <= w.now.ms);
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	w.now.ms += MS_PER_HOUR;
	feed(&w, observe(QUANTITY_MOTION, 1));
	w.now.ms = NOON + usual.silent_ms;
	assert_int_equal(ingest_due(w.core).ms, w.now.ms);
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	w.now.ms = NOON + MS_PER_HOUR + usual.silent_ms;
	assert_int_equal(ingest_due(w.core).ms, w.now.ms);
	tick(&w);
	const struct alert *alert = assert_alert(&w, "silent", ALERT_RAISED);
	assert_int_equal(alert->onset.ms, NOON + MS_PER_HOUR);
	assert_non_null(strstr(alert->reason_en, "48 h"));
	assert_int_equal(ingest_due(w.core).ms, INT64_MAX);
	w.now.ms += MS_PER_HOUR;
	struct observation stored = observe(QUANTITY_CONTACT, 1);
	stored.retained = true;
	feed(&w, stored); /* the broker spoke, not the device */
	assert_null(alert_of(&w));
	feed(&w, observe(QUANTITY_MOTION, 0));
	assert_alert(&w, "silent", ALERT_CLEARED);
	assert_int_equal(ingest_due(w.core).ms, w.now.ms + usual.silent_ms);
	ingest_core_destroy(w.core);
}

static void silence_counts_from_consent_and_any_consent_lets_it_be_heard(void **state)
{
	struct world w = open_world();
	struct entry gone = tombstone(ENTRY_CONSENT, "h-1");

	(void)state;
	give(&w, &gone);
	tick(&w);
	w.now.ms += usual.silent_ms;
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	agree(&w, UINT64_C(1) << QUANTITY_SOS);
	w.now.ms += usual.silent_ms - 1000;
	feed(&w, observe(QUANTITY_MOTION, 1)); /* not agreed to; but it lives */
	assert_rejected(&w, INGEST_NO_CONSENT);
	w.now.ms += 1000;
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	w.now.ms += usual.silent_ms;
	tick(&w);
	assert_alert(&w, "silent", ALERT_RAISED);
	ingest_core_destroy(w.core);
}

static void silence_can_be_off(void **state)
{
	struct ingest_core_config config = usual;
	struct world w;

	(void)state;
	config.silent_ms = 0;
	w = open_with(&config);
	assert_int_equal(ingest_due(w.core).ms, INT64_MAX);
	w.now.ms += 1000 * MS_PER_DAY;
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	ingest_core_destroy(w.core);
}

static void the_handset_of_a_home_may_be_silent_for_ever(void **state)
{
	struct world w = open_world();
	struct entry handset = device_entry("phone-h-1", "h-1"), other = device_entry("d-1", "h-1");

	(void)state;
	text_cut(handset.body.device.place, sizeof handset.body.device.place, "phone");
	give(&w, &handset);
	other.deleted = true;
	give(&w, &other);
	tick(&w);
	w.now.ms += 1000 * MS_PER_DAY;
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	ingest_core_destroy(w.core);
}

static void many_silences_come_in_several_ticks(void **state)
{
	struct world w = open_world();
	unsigned alerts = 0;

	(void)state;
	for (int i = 2; i <= 20; i++) {
		char name[16];
		snprintf(name, sizeof name, "d-%d", i);
		struct entry entry = device_entry(name, "h-1");
		give(&w, &entry);
	}
	tick(&w);
	w.now.ms += usual.silent_ms;
	do {
		tick(&w);
		alerts += w.effects.count;
	} while (w.effects.count == INGEST_EFFECTS_MAX);
	assert_int_equal(alerts, 20);
	ingest_core_destroy(w.core);
}

/* ---- states in the store ---- */

#define SHELF_MAX 256

/* shelf: a store in memory. */
struct shelf {
	struct ingest_state states[SHELF_MAX];
	unsigned count;
};

static struct ingest_state *shelf_find(struct shelf *shelf, const char *key)
{
	for (unsigned i = 0; i < shelf->count; i++)
		if (!strcmp(shelf->states[i].key, key))
			return &shelf->states[i];
	return NULL;
}

static void shelf_take(struct shelf *shelf, struct ingest_core *core)
{
	struct ingest_state state;

	while (ingest_dirty(core, &state)) {
		struct ingest_state *place = shelf_find(shelf, state.key);
		if (!place) {
			assert_true(shelf->count < SHELF_MAX);
			place = &shelf->states[shelf->count++];
		}
		*place = state;
		assert_true(state.length == 0 || ingest_slot(core, state.key) == state.slot);
	}
}

static void shelf_give(const struct shelf *shelf, struct ingest_core *core)
{
	for (unsigned i = 0; i < shelf->count; i++) {
		enum err err = ingest_restore(core, &shelf->states[i]);
		assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
	}
}

/* restart: what a kill and a start do to the world. */
static void restart(struct world *w, const struct ingest_core_config *config)
{
	static struct shelf shelf;
	struct world fresh;

	shelf.count = 0;
	shelf_take(&shelf, w->core);
	ingest_core_destroy(w->core);
	fresh = open_with(config);
	shelf_give(&shelf, fresh.core);
	w->core = fresh.core;
}

static void what_was_known_is_known_after_a_restart(void **state)
{
	struct world w = open_world();

	(void)state;
	tick(&w);
	feed(&w, observe(QUANTITY_WATER_TOTAL, 10));
	feed(&w, observe(QUANTITY_SMOKE, 1));
	feed(&w, observe(QUANTITY_SOS, 1));
	feed(&w, observe(QUANTITY_BATTERY, 3));
	restart(&w, &usual);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 12));
	assert_true(the_reading(&w)->delta == 2);
	feed(&w, observe(QUANTITY_SMOKE, 1));
	assert_null(alert_of(&w));
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_null(alert_of(&w));
	feed(&w, observe(QUANTITY_BATTERY, 2));
	assert_null(alert_of(&w));
	feed(&w, observe(QUANTITY_SMOKE, 0));
	assert_int_equal(assert_alert(&w, "smoke", ALERT_CLEARED)->onset.ms, NOON);
	w.now.ms = NOON + usual.silent_ms;
	tick(&w);
	assert_int_equal(assert_alert(&w, "silent", ALERT_RAISED)->onset.ms, NOON);
	restart(&w, &usual);
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	feed(&w, observe(QUANTITY_MOTION, 0));
	assert_alert(&w, "silent", ALERT_CLEARED);
	ingest_core_destroy(w.core);
}

static void after_a_start_silence_waits_until_what_was_kept_is_read(void **state)
{
	struct world w = open_world();

	(void)state;
	tick(&w);
	feed(&w, observe(QUANTITY_MOTION, 1));
	w.now.ms += 2 * usual.silent_ms;
	restart(&w, &usual);
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	w.now.ms += 15 * MS_PER_MINUTE;
	tick(&w);
	assert_int_equal(assert_alert(&w, "silent", ALERT_RAISED)->onset.ms, NOON);
	ingest_core_destroy(w.core);
}

static void a_state_that_cannot_be_read_is_named(void **state)
{
	struct world w = open_world();
	struct ingest_state good, bad;

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 10));
	assert_true(ingest_dirty(w.core, &good));
	assert_int_equal(ingest_restore(w.core, &good), ERR_OK);
	bad = good;
	bad.blob[0] = 9;
	assert_int_equal(ingest_restore(w.core, &bad), ERR_VERSION);
	bad = good;
	bad.length--;
	assert_int_equal(ingest_restore(w.core, &bad), ERR_CORRUPT);
	bad = good;
	bad.length++;
	assert_int_equal(ingest_restore(w.core, &bad), ERR_CORRUPT);
	bad = good;
	bad.key[0] = 'x';
	assert_int_equal(ingest_restore(w.core, &bad), ERR_NOT_FOUND);
	bad = good;
	memcpy(bad.key, "no separators", 14);
	assert_int_equal(ingest_restore(w.core, &bad), ERR_CORRUPT);
	assert_int_equal(ingest_slot(w.core, "no separators"), INGEST_NO_SLOT);
	ingest_core_destroy(w.core);
}

static void restoring_ends_at_the_bound(void **state)
{
	struct ingest_core_config config = usual;
	struct world w = open_world();
	static struct shelf shelf;

	(void)state;
	feed(&w, observe(QUANTITY_MOTION, 1));
	feed(&w, observe(QUANTITY_CONTACT, 1));
	shelf.count = 0;
	shelf_take(&shelf, w.core);
	ingest_core_destroy(w.core);
	config.devices_max = 1;
	w = open_with(&config);
	unsigned full = 0;
	for (unsigned i = 0; i < shelf.count; i++)
		full += ingest_restore(w.core, &shelf.states[i]) == ERR_FULL;
	assert_int_equal(full, 1);
	ingest_core_destroy(w.core);
}

static void a_forgotten_state_is_restored_as_forgotten(void **state)
{
	struct world w = open_world();
	struct ingest_state gone = {.length = 0};
	uint32_t devices, states;

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 10));
	snprintf(gone.key, sizeof gone.key, "d-1\x1f\x1fwater_total");
	assert_int_equal(ingest_restore(w.core, &gone), ERR_OK);
	assert_int_equal(ingest_restore(w.core, &gone), ERR_OK);
	ingest_sizes(w.core, &devices, &states);
	assert_int_equal(states, 0);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 11));
	assert_true(isnan(the_reading(&w)->delta));
	ingest_core_destroy(w.core);
}

static void a_refreshed_state_is_given_again(void **state)
{
	struct world w = open_world();
	struct ingest_state first, again;

	(void)state;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 10, NOON));
	while (ingest_dirty(w.core, &first))
		;
	assert_int_equal(ingest_refresh(w.core, first.slot), ERR_OK);
	assert_int_equal(ingest_refresh(w.core, first.slot), ERR_OK);
	assert_true(ingest_dirty(w.core, &again));
	assert_string_equal(again.key, first.key);
	assert_memory_equal(again.blob, first.blob, first.length);
	assert_false(ingest_dirty(w.core, &again));
	ingest_core_destroy(w.core);
}

/* ---- the walk ---- */

#define WALK_STEPS 20000
#define WALK_DEVICES 6
#define WALK_HOMES 3

struct walk {
	uint64_t random;
	struct wall now;
	struct entry entries[WALK_DEVICES + 2 * WALK_HOMES];
	bool given[WALK_DEVICES + 2 * WALK_HOMES];
};

static unsigned dice(struct walk *walk, unsigned sides)
{
	walk->random ^= walk->random << 13;
	walk->random ^= walk->random >> 7;
	walk->random ^= walk->random << 17;
	return (unsigned)(walk->random >> 33) % sides;
}

static struct observation walk_observation(struct walk *walk)
{
	static const enum quantity quantities[] = {QUANTITY_WATER_TOTAL, QUANTITY_ENERGY_TOTAL, QUANTITY_CONTACT,
		QUANTITY_MOTION, QUANTITY_SOS, QUANTITY_FALL, QUANTITY_LEAK, QUANTITY_SMOKE, QUANTITY_BATTERY,
		QUANTITY_ONLINE, QUANTITY_FAULT, QUANTITY_SIGNAL, QUANTITY_BUTTON};
	static const double counts[] = {0, 1, 95, 99, 99.5, 990, 995, 999, 1000, 4294967290.0};
	struct observation o = observe(quantities[dice(walk, sizeof quantities / sizeof *quantities)], dice(walk, 2));

	if (quantity_info(o.quantity)->kind == QUANTITY_COUNTER)
		o.value = counts[dice(walk, 10)] + dice(walk, 4);
	if (o.quantity == QUANTITY_BATTERY)
		o.value = dice(walk, 40);
	snprintf(o.device, sizeof o.device, "d-%u", dice(walk, WALK_DEVICES + 1));
	if (dice(walk, 3) == 0)
		memcpy(o.channel, "b", 2);
	if (dice(walk, 4) == 0)
		memcpy(o.text, dice(walk, 2) ? "x" : "y", 2);
	if (dice(walk, 2))
		o.at.ms = walk->now.ms - dice(walk, 60) * MS_PER_SECOND;
	if (dice(walk, 20) == 0)
		o.at.ms = walk->now.ms + ((int64_t)dice(walk, 2000) - 1000) * MS_PER_DAY;
	if (dice(walk, 100) == 0)
		o.at.ms = dice(walk, 100000);
	o.retained = dice(walk, 10) == 0;
	o.edge = dice(walk, 2) ? EDGE_CHANGE : EDGE_EVERY;
	o.retained_as = dice(walk, 4) ? RETAINED_STATE : RETAINED_IGNORE;
	o.dedupe_ms = dice(walk, 3) ? 0 : (int64_t)dice(walk, 60000);
	o.expires_ms = dice(walk, 5) ? 0 : (int64_t)dice(walk, 60000);
	return o;
}

/* walk_entry changes the directory somewhere. */
static const struct entry *walk_entry(struct walk *walk)
{
	unsigned row = dice(walk, WALK_DEVICES + 2 * WALK_HOMES), home = dice(walk, WALK_HOMES);
	char name[16], house[16];

	snprintf(name, sizeof name, "d-%u", row);
	snprintf(house, sizeof house, "h-%u", row < WALK_DEVICES ? home : (row - WALK_DEVICES) % WALK_HOMES);
	if (row >= WALK_DEVICES + WALK_HOMES)
		walk->entries[row] = tombstone(ENTRY_HOUSEHOLD, house);
	else if (row >= WALK_DEVICES)
		walk->entries[row] = dice(walk, 4) ? consent_entry(house, dice(walk, 4) ? ALL_QUANTITIES : 0xf0f0f0f0ff,
							     WALL_NONE, WALL_NONE)
						   : tombstone(ENTRY_CONSENT, house);
	else
		walk->entries[row] = dice(walk, 3) ? device_entry(name, house) : tombstone(ENTRY_DEVICE, name);
	walk->given[row] = row < WALK_DEVICES + WALK_HOMES;
	if (walk->entries[row].kind == ENTRY_HOUSEHOLD && walk->entries[row].deleted) /* its consent is over with it */
		walk->given[row - WALK_HOMES] = false;
	return &walk->entries[row];
}

static void print_effects(const struct ingest_effects *effects, struct buf *out)
{
	for (unsigned i = 0; i < effects->count; i++) {
		const struct ingest_effect *effect = &effects->items[i];
		if (effect->kind == INGEST_READING)
			assert_int_equal(codec_reading_encode(&effect->as.reading, out), ERR_OK);
		else if (effect->kind == INGEST_ALERT)
			assert_int_equal(codec_alert_encode(&effect->as.alert, out), ERR_OK);
		else
			buf_printf(out, "%s\n", ingest_reject_name(effect->as.reject));
	}
}

/* walk_on makes the walk of this seed; with kills each step is stored, and now and then all but the store is lost. */
static void walk_on(uint64_t seed, unsigned kills, struct buf *out)
{
	struct ingest_core_config config = usual;
	struct walk walk = {.random = seed * UINT64_C(0x9e3779b97f4a7c15), .now = {NOON}};
	struct walk chance = {.random = seed + 77}; /* the kills do not change the walk */
	struct world w = {0};
	static struct shelf shelf;

	config.silent_ms = 0; /* a start gives silence a delay: see after_a_start_silence_waits... */
	config.devices_max = 40;
	shelf.count = 0;
	assert_int_equal(ingest_core_create(&config, &w.core, NULL), ERR_OK);
	for (int step = 0; step < WALK_STEPS; step++) {
		walk.now.ms += dice(&walk, 5) ? dice(&walk, 20000) : 0;
		w.now = walk.now;
		if (dice(&walk, 40) == 0 || step < 30) {
			give(&w, walk_entry(&walk));
		} else {
			feed(&w, walk_observation(&walk));
			print_effects(&w.effects, out);
		}
		tick(&w);
		print_effects(&w.effects, out);
		if (!kills)
			continue;
		shelf_take(&shelf, w.core);
		if (dice(&chance, kills))
			continue;
		ingest_core_destroy(w.core);
		assert_int_equal(ingest_core_create(&config, &w.core, NULL), ERR_OK);
		for (unsigned row = 0; row < sizeof walk.given / sizeof *walk.given; row++)
			if (walk.given[row])
				give(&w, &walk.entries[row]);
		shelf_give(&shelf, w.core);
	}
	ingest_core_destroy(w.core);
}

static void a_walk_with_kills_says_the_same_byte_for_byte(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct buf calm, killed;
		buf_init(&calm, 64u << 20);
		buf_init(&killed, 64u << 20);
		walk_on(seed, 0, &calm);
		walk_on(seed, seed % 2 ? 1 : 20, &killed);
		assert_true(!calm.failed && calm.length > WALK_STEPS);
		if (calm.length != killed.length || memcmp(calm.data, killed.data, calm.length)) {
			size_t at = 0;
			while (calm.data[at] == killed.data[at])
				at++;
			at = at > 200 ? at - 200 : 0;
			fail_msg("seed %d: calm: %.700s\nkilled: %.700s", (int)seed, calm.data + at, killed.data + at);
		}
		buf_fini(&calm);
		buf_fini(&killed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reading_carries_household_and_times),
		cmocka_unit_test(an_unknown_device_is_refused),
		cmocka_unit_test(without_consent_nothing_is_processed_calls_for_help_included),
		cmocka_unit_test(the_tombstone_of_a_household_ends_its_consent),
		cmocka_unit_test(consent_holds_from_its_first_to_before_its_last_moment),
		cmocka_unit_test(consent_must_have_held_at_the_time_of_the_reading_too),
		cmocka_unit_test(a_device_that_moves_says_nothing_of_its_former_home),
		cmocka_unit_test(a_device_in_the_same_home_keeps_its_states),
		cmocka_unit_test(a_device_that_left_the_directory_is_unknown),
		cmocka_unit_test(a_time_too_far_ahead_gives_way_to_arrival_and_names_the_device_once),
		cmocka_unit_test(a_time_years_back_is_refused_and_names_the_device),
		cmocka_unit_test(times_before_1970_are_refused_however_long_past_is),
		cmocka_unit_test(a_device_that_lost_its_clock_can_still_call_for_help),
		cmocka_unit_test(an_old_retained_value_is_no_fault_of_the_clock),
		cmocka_unit_test(a_service_clock_that_was_ahead_does_not_make_all_that_follows_late),
		cmocka_unit_test(the_same_name_and_value_is_a_duplicate),
		cmocka_unit_test(another_value_at_the_same_time_gets_the_next_free_ms),
		cmocka_unit_test(two_arrivals_in_one_turn_are_two_readings),
		cmocka_unit_test(a_late_reading_changes_nothing_that_is_known),
		cmocka_unit_test(a_late_state_neither_raises_nor_clears),
		cmocka_unit_test(edge_change_passes_only_changes_and_remembers_when),
		cmocka_unit_test(the_same_value_within_the_window_is_one_message),
		cmocka_unit_test(channels_and_quantities_are_told_apart),
		cmocka_unit_test(a_counter_gives_the_increase_since_its_last_reading),
		cmocka_unit_test(a_counter_rolls_over_at_a_power_of_ten_and_at_2_to_the_32),
		cmocka_unit_test(a_roll_over_needs_both_ends_within_a_hundredth),
		cmocka_unit_test(a_replaced_meter_starts_a_new_baseline),
		cmocka_unit_test(a_small_step_back_keeps_the_baseline_and_the_third_in_a_row_replaces_it),
		cmocka_unit_test(a_retained_count_has_no_delta_and_the_next_fresh_one_gets_it_all),
		cmocka_unit_test(a_retained_count_without_a_time_is_no_baseline),
		cmocka_unit_test(an_alarm_state_raises_once_and_false_clears_it),
		cmocka_unit_test(each_alarm_quantity_has_its_kind),
		cmocka_unit_test(a_retained_alarm_raises_only_against_a_known_false),
		cmocka_unit_test(what_is_reason_for_an_alert_is_never_a_duplicate),
		cmocka_unit_test(a_retained_value_may_be_passed_over),
		cmocka_unit_test(a_second_press_within_the_window_joins_the_first),
		cmocka_unit_test(a_longer_dedupe_of_the_profile_widens_the_window),
		cmocka_unit_test(a_late_press_calls_too_and_keeps_the_newer_onset),
		cmocka_unit_test(an_alarm_of_the_past_is_a_record),
		cmocka_unit_test(a_press_of_value_zero_calls_nobody),
		cmocka_unit_test(a_full_table_refuses_readings_and_never_alarms),
		cmocka_unit_test(a_low_battery_is_one_task_until_it_is_changed),
		cmocka_unit_test(offline_and_fault_are_tasks_while_they_last),
		cmocka_unit_test(an_unheard_device_is_a_task_until_it_speaks),
		cmocka_unit_test(silence_counts_from_consent_and_any_consent_lets_it_be_heard),
		cmocka_unit_test(silence_can_be_off),
		cmocka_unit_test(the_handset_of_a_home_may_be_silent_for_ever),
		cmocka_unit_test(many_silences_come_in_several_ticks),
		cmocka_unit_test(what_was_known_is_known_after_a_restart),
		cmocka_unit_test(after_a_start_silence_waits_until_what_was_kept_is_read),
		cmocka_unit_test(a_state_that_cannot_be_read_is_named),
		cmocka_unit_test(restoring_ends_at_the_bound),
		cmocka_unit_test(a_forgotten_state_is_restored_as_forgotten),
		cmocka_unit_test(a_refreshed_state_is_given_again),
		cmocka_unit_test(a_walk_with_kills_says_the_same_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
