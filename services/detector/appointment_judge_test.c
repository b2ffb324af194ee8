/* SPDX-License-Identifier: MIT
 *
 * What is raised when it is not said, at which level, and what ends it; devices that are offline or never spoke.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "detector/appointment_rig.h"

/* ---- a home ---- */

static void a_curtain_that_stays_shut_is_attention_then_alarm_then_cleared_by_the_curtain(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7.5));
	assert_int_equal(rig->count, 0); /* a reading of this very moment may still come */
	rig_tick(rig, AT(1, 7.5) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->rule, "appointment");
	assert_int_equal(rig_last(rig)->kind, ALERT_RULE);
	assert_int_equal(rig_last(rig)->at.ms, AT(1, 7.5));
	assert_int_equal(rig_last(rig)->onset.ms, AT(1, 7.5));
	assert_string_equal(
		rig_last(rig)->reason_zh, "约定07:30前拉开窗帘，到今天07:30仍未拉开；昨天21:00起也没有用水");
	assert_string_equal(rig_last(rig)->reason_en,
		"the curtain was to be opened by 07:30: not opened by 07:30; no water since 21:00 yesterday either");
	assert_true(rig_last(rig)->looked_at >> QUANTITY_COVER_POSITION & 1);
	rig_hours(rig, 0, AT(1, 8));
	rig_tick(rig, AT(1, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->at.ms, AT(1, 8));
	assert_int_equal(rig_last(rig)->revision, 2);
	assert_string_equal(rig_last(rig)->id, rig->alerts[0].id);
	assert_string_equal(
		rig_last(rig)->reason_zh, "约定07:30前拉开窗帘，到今天08:00仍未拉开；昨天21:00起也没有用水");
	rig_hours(rig, 0, AT(1, 9));
	open_curtain(rig, AT(1, 9) + M(20));
	rig_tick(rig, AT(1, 9.5));
	told(rig, 3, ALERT_CLEARED, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->at.ms, AT(1, 9) + M(20));
	assert_string_equal(rig_last(rig)->reason_zh, "今天09:20拉开了窗帘");
	assert_string_equal(rig_last(rig)->reason_en, "curtain opened at 09:20");
	assert_int_equal(rig_last(rig)->evidence_count, 1);
	rig_hours(rig, 0, AT(1, 22));
	rig_tick(rig, AT(1, 23));
	assert_int_equal(rig->count, 3);
	rig_free(rig);
}

static void the_window_holds_both_of_its_ends_and_nothing_else(void **state)
{
	const struct {
		int64_t at;
		unsigned alerts;
	} cases[] = {{AT(1, 5) - 1, 1}, {AT(1, 5), 0}, {AT(1, 7.5), 0}, {AT(1, 7.5) + 1, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig *rig = evening();
		open_curtain(rig, cases[i].at);
		rig_tick(rig, AT(1, 7.5) + 2);
		assert_int_equal(rig->count, cases[i].alerts);
		rig_free(rig);
	}
}

static void where_life_was_seen_it_stays_an_attention(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 6));
	rig_hours(rig, 20, AT(1, 7)); /* used between six and seven */
	rig_hours(rig, 0, AT(1, 12));
	rig_tick(rig, AT(1, 12) + 1);
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh, "约定07:30前拉开窗帘，到今天07:30仍未拉开；不过今天07:00有用水");
	assert_string_equal(rig_last(rig)->reason_en,
		"the curtain was to be opened by 07:30: not opened by 07:30; but water at 07:00");
	rig_hours(rig, 20, AT(1, 13)); /* water is not what was agreed */
	rig_tick(rig, AT(1, 13) + 1);
	assert_int_equal(rig->count, 1);
	open_curtain(rig, AT(1, 14));
	rig_tick(rig, AT(1, 14) + 1);
	told(rig, 2, ALERT_CLEARED, ALERT_ATTENTION);
	rig_free(rig);
}

static void life_before_the_window_does_not_count(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 2));
	rig_hours(rig, 20, AT(1, 3)); /* up once at night */
	rig_hours(rig, 0, AT(1, 8));
	rig_tick(rig, AT(1, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	assert_non_null(strstr(rig_last(rig)->reason_en, "no water since 03:00 either"));
	rig_free(rig);
}

static void any_sign_of_life_ends_what_was_an_alarm(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 8));
	rig_tick(rig, AT(1, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	rig_water(rig, 20, AT(1, 9));
	rig_tick(rig, AT(1, 9) + 1);
	told(rig, 3, ALERT_CLEARED, ALERT_ALARM);
	assert_string_equal(rig_last(rig)->reason_zh, "今天09:00有用水");
	assert_string_equal(rig_last(rig)->reason_en, "water at 09:00");
	rig_free(rig);
}

static void an_alarm_waits_until_the_meter_knows_of_the_hour(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 8) + M(20));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION); /* the reading of eight o'clock is late */
	rig_water(rig, 20, AT(1, 8) + M(20));
	rig_tick(rig, AT(1, 12));
	assert_int_equal(rig->count, 1);
	rig_free(rig);
	rig = evening();
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 12)); /* it never comes: the meter is blind after two hours and a quarter */
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	assert_int_equal(rig_last(rig)->at.ms, AT(1, 9.25) + 1);
	assert_true(rig_last(rig)->blind >> QUANTITY_WATER_TOTAL & 1);
	assert_non_null(strstr(rig_last(rig)->reason_en, "blind: water"));
	rig_free(rig);
}

static void a_device_that_is_offline_is_said_and_never_an_alarm(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_event(rig, "c-1", QUANTITY_ONLINE, 0, AT(1, 3));
	rig_hours(rig, 0, AT(1, 12));
	rig_tick(rig, AT(1, 12));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh,
		"约定07:30前拉开窗帘，但窗帘的信号收不到，无法知道；昨天21:00起也没有用水；看不到：拉窗帘");
	assert_string_equal(rig_last(rig)->reason_en,
		"the curtain was to be opened by 07:30, but the curtain cannot be heard: it is not known; "
		"no water since 21:00 yesterday either; blind: curtain");
	assert_true(rig_last(rig)->blind >> QUANTITY_COVER_POSITION & 1);
	assert_false(rig_last(rig)->looked_at >> QUANTITY_COVER_POSITION & 1);
	assert_true(rig_last(rig)->confidence < 0.5);
	rig_event(rig, "c-1", QUANTITY_ONLINE, 1, AT(1, 12.5)); /* it is back, and nobody knows what it missed */
	rig_hours(rig, 0, AT(1, 14));
	rig_tick(rig, AT(1, 14));
	assert_int_equal(rig->count, 1);
	open_curtain(rig, AT(1, 15));
	rig_tick(rig, AT(1, 16));
	told(rig, 2, ALERT_CLEARED, ALERT_ATTENTION);
	rig_free(rig);
}

static void a_device_that_went_offline_after_the_hour_makes_no_alarm(void **state)
{
	struct rig *rig = evening();

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7.5) + 1);
	rig_event(rig, "c-1", QUANTITY_ONLINE, 0, AT(1, 7.75));
	rig_hours(rig, 0, AT(1, 12));
	rig_tick(rig, AT(1, 12));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

static void a_device_that_was_never_heard_is_said(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 450)); /* nothing at all was heard of this home */
	rig_tick(rig, AT(0, 1));
	rig_tick(rig, AT(0, 12));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh,
		"约定07:30前拉开窗帘，但窗帘的信号收不到，无法知道；也没有别的消息；看不到：开关门、拉窗帘");
	rig_tick(rig, AT(1, 12)); /* the next day again, of the same alert */
	told(rig, 2, ALERT_UPDATED, ALERT_ATTENTION);
	assert_non_null(strstr(rig_last(rig)->reason_zh, "自昨天07:30起就没有等到约定的信号"));
	assert_non_null(strstr(rig_last(rig)->reason_en, "no agreed sign since 07:30 yesterday"));
	assert_string_equal(rig_last(rig)->id, rig->alerts[0].id);
	struct entry consent = {.kind = ENTRY_CONSENT, .key = "h-1", .deleted = true};
	give(rig, consent);
	rig_tick(rig, AT(1, 13));
	told(rig, 3, ALERT_CLEARED, ALERT_ATTENTION);
	rig_tick(rig, AT(5, 13));
	assert_int_equal(rig->count, 3); /* not agreed: not asked for */
	rig_free(rig);
}

static void a_button_that_nobody_ever_pressed_is_no_blind_one(void **state)
{
	struct rig *rig = rig_new();
	struct incident incident = {.id = "i-1",
		.household = "h-1",
		.state = INCIDENT_RESOLVED,
		.event = INCIDENT_EVENT_RESOLVED,
		.kind = ALERT_RULE,
		.outcome = OUTCOME_HELPED};

	(void)state;
	agree(rig, "a-1", terms_of(APPOINTMENT_BUTTON, 300, 450));
	rig_tick(rig, AT(0, 1));
	rig_tick(rig, AT(0, 8) + 1);
	told(rig, 2, ALERT_UPDATED, ALERT_ALARM);
	assert_string_equal(rig_last(rig)->reason_zh, "约定07:30前按钮报平安，到今天08:00仍未按；也没有别的消息");
	incident.at.ms = AT(0, 9);
	assert_int_equal(detector_feed_incident(rig->core, &incident), ERR_OK);
	rig_tick(rig, AT(0, 9) + 1);
	told(rig, 3, ALERT_CLEARED, ALERT_ALARM);
	assert_string_equal(rig_last(rig)->reason_en, "seen by somebody at 09:00");
	rig_event(rig, "b-1", QUANTITY_BUTTON, 1, AT(1, 7));
	rig_event(rig, "b-1", QUANTITY_ONLINE, 0, AT(1, 7) + 1);
	rig_tick(rig, AT(2, 8) + 1);
	told(rig, 4, ALERT_RAISED, ALERT_ATTENTION); /* it said itself that it is offline */
	assert_non_null(strstr(rig_last(rig)->reason_zh, "但按钮收不到"));
	assert_string_not_equal(rig_last(rig)->id, rig->alerts[0].id);
	rig_free(rig);
}

static void a_curtain_that_was_heard_when_it_was_asked_last_is_not_blind_after_a_long_weekend(void **state)
{
	struct appointment terms = terms_of(APPOINTMENT_CURTAIN, 300, 450);

	(void)state;
	for (int heard = 3; heard <= 4; heard++) { /* Thursday, or Friday as agreed */
		struct rig *rig = rig_new();
		terms.days = APPOINTMENT_WORKDAYS;
		agree(rig, "a-1", terms);
		for (int day = 0; day <= heard; day++) {
			rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(day, 0.1));
			open_curtain(rig, AT(day, 7));
		}
		rig_tick(rig, AT(7, 0));
		unsigned before = rig->count;
		rig_tick(rig, AT(7, 8) + 1); /* Monday */
		assert_int_equal(rig_last(rig)->state, ALERT_UPDATED);
		assert_int_equal(rig_last(rig)->level, ALERT_ALARM);
		assert_int_equal(
			rig_last(rig)->blind != 0, heard == 3); /* it was silent on Friday, when it was asked */
		assert_int_equal(rig->count - before, heard == 4 ? 2 : 1);
		rig_free(rig);
	}
}

static void a_curtain_unheard_for_days_is_blind(void **state)
{
	struct rig *rig = rig_new();

	(void)state;
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(0, 0.1));
	rig_tick(rig, AT(6, 12));
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 450));
	rig_tick(rig, AT(7, 12));
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	assert_true(rig_last(rig)->blind >> QUANTITY_COVER_POSITION & 1);
	rig_free(rig);
}

static void a_reading_that_comes_late_clears_it_after_all(void **state)
{
	struct rig *rig = evening();
	struct reading late = rig_reading("c-1", QUANTITY_COVER_POSITION, 100, AT(1, 7) + M(10));

	(void)state;
	rig_hours(rig, 0, AT(1, 7));
	rig_tick(rig, AT(1, 7.5) + 1);
	assert_int_equal(rig->count, 1);
	late.received.ms = AT(1, 7) + M(40);
	assert_int_equal(detector_feed(rig->core, &late), ERR_OK);
	rig_tick(rig, AT(1, 7.75));
	told(rig, 2, ALERT_CLEARED, ALERT_ATTENTION);
	assert_string_equal(rig_last(rig)->reason_zh, "其实今天07:10拉开了窗帘");
	assert_string_equal(rig_last(rig)->reason_en, "curtain opened at 07:10 after all");
	rig_hours(rig, 0, AT(1, 12));
	rig_tick(rig, AT(1, 12));
	assert_int_equal(rig->count, 2);
	rig_free(rig);
}

static void any_sign_of_life_waits_for_the_meter_within_the_grace(void **state)
{
	(void)state;
	for (int used = 0; used < 2; used++) {
		struct rig *rig = rig_new();
		agree(rig, "a-1", terms_of(APPOINTMENT_ANY, 300, 450));
		rig_hours(rig, 0, AT(0, 7));
		rig_tick(rig, AT(0, 7.5) + 1);
		assert_int_equal(rig->count, 0); /* from seven on nobody knows yet */
		rig_hours(rig, used ? 20 : 0, AT(0, 8));
		rig_tick(rig, AT(0, 8) + 1);
		if (used) {
			assert_int_equal(rig->count, 0);
		} else {
			told(rig, 2, ALERT_UPDATED, ALERT_ALARM); /* and the grace is over as well */
			assert_string_equal(
				rig_last(rig)->reason_zh, "约定07:30前有动静，到今天08:00仍没有动静；也没有用水");
		}
		rig_free(rig);
	}
	struct rig *rig = rig_new();
	agree(rig, "a-1", terms_of(APPOINTMENT_ANY, 300, 450));
	rig_hours(rig, 0, AT(0, 7));
	rig_tick(rig, AT(0, 8) + 1); /* the reading does not come within the grace */
	told(rig, 1, ALERT_RAISED, ALERT_ATTENTION);
	rig_free(rig);
}

static void contacts_are_of_doors_or_curtains_by_their_place(void **state)
{
	static const char *const places[] = {"front_door", "卧室窗帘", "bedroom window"};
	const unsigned door[] = {0, 2, 2}, curtain[] = {2, 0, 2};

	(void)state;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		for (int is_door = 0; is_door < 2; is_door++) {
			struct rig *rig = rig_new();
			rig_device(rig->core, "x-1", places[i]);
			agree(rig, "a-1", terms_of(is_door ? APPOINTMENT_DOOR : APPOINTMENT_CURTAIN, 300, 450));
			rig_event(rig, "x-1", QUANTITY_CONTACT, 0, AT(0, 0.5));
			rig_event(rig, "x-1", QUANTITY_CONTACT, 1, AT(0, 6));
			rig_tick(rig, AT(0, 12));
			/* what never gave the sign cannot be heard: attention alone; life was seen */
			assert_int_equal(rig->count > 0, (is_door ? door[i] : curtain[i]) > 0);
			rig_free(rig);
		}
	}
}

static void a_sign_that_is_no_sign_of_life_here_is_still_the_one_that_was_agreed(void **state)
{
	struct detector_config config = config_of(rig_zone);

	(void)state;
	config.signs = signs_default();
	config.signs.use &= ~(UINT64_C(1) << QUANTITY_COVER_POSITION);
	struct rig *rig = rig_open(&config);
	agree(rig, "a-1", terms_of(APPOINTMENT_CURTAIN, 300, 450));
	rig_event(rig, "c-1", QUANTITY_COVER_POSITION, 0, AT(0, 0.1));
	open_curtain(rig, AT(0, 7));
	rig_tick(rig, AT(0, 12));
	assert_int_equal(rig->count, 0);
	rig_free(rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_curtain_that_stays_shut_is_attention_then_alarm_then_cleared_by_the_curtain),
		cmocka_unit_test(the_window_holds_both_of_its_ends_and_nothing_else),
		cmocka_unit_test(where_life_was_seen_it_stays_an_attention),
		cmocka_unit_test(life_before_the_window_does_not_count),
		cmocka_unit_test(any_sign_of_life_ends_what_was_an_alarm),
		cmocka_unit_test(an_alarm_waits_until_the_meter_knows_of_the_hour),
		cmocka_unit_test(a_device_that_is_offline_is_said_and_never_an_alarm),
		cmocka_unit_test(a_device_that_went_offline_after_the_hour_makes_no_alarm),
		cmocka_unit_test(a_device_that_was_never_heard_is_said),
		cmocka_unit_test(a_button_that_nobody_ever_pressed_is_no_blind_one),
		cmocka_unit_test(a_curtain_that_was_heard_when_it_was_asked_last_is_not_blind_after_a_long_weekend),
		cmocka_unit_test(a_curtain_unheard_for_days_is_blind),
		cmocka_unit_test(a_reading_that_comes_late_clears_it_after_all),
		cmocka_unit_test(any_sign_of_life_waits_for_the_meter_within_the_grace),
		cmocka_unit_test(contacts_are_of_doors_or_curtains_by_their_place),
		cmocka_unit_test(a_sign_that_is_no_sign_of_life_here_is_still_the_one_that_was_agreed),
	};

	return cmocka_run_group_tests(tests, open_zones, close_zones);
}
