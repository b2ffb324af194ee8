/* SPDX-License-Identifier: MIT
 *
 * Who is asked: bars, costs, how many, and the order to walk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "visit_first.h"

/* ---- who is asked ---- */

static enum visit_bar bar_of_only(struct rig *rig, const struct entry *care, const struct entry *offer)
{
	struct visit_explanation x;

	rig_entry(rig, care, monday("07:00"));
	rig_entry(rig, offer, monday("07:00"));
	assert_int_equal(visit_explain(rig->core, rig->visit.id, monday("09:00"), &x), ERR_OK);
	for (int bar = 0; bar < VISIT_BAR_COUNT; bar++)
		if (x.bars[bar])
			return (enum visit_bar)bar;
	return VISIT_BAR_COUNT;
}

static void each_bar_keeps_somebody_off(void **state)
{
	struct rig rig;
	struct entry care, offer;

	(void)state;
	(void)offered(&rig);
	care = rig_care("h-1", 0, 1);
	offer = rig_companion("v-1", 0.5, 7);
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_FREE);
	offer.body.companion.verified = false;
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_UNVERIFIED);
	offer = rig_companion("v-1", 0.5, 0);
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_NO_OFFER);
	offer = rig_companion("v-1", 6, 7);
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_AREA);
	offer = rig_companion("v-1", 4.9, 7);
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_FREE);
	text_cut(care.body.care.unwanted[care.body.care.unwanted_count++], ID_BYTES, "v-1");
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_UNWANTED);
	care.body.care.unwanted_count = 0;
	care.body.care.sex = SEX_WOMAN;
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_SEX);
	offer.body.companion.sex = SEX_WOMAN;
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_FREE);
	text_cut(care.body.care.languages[care.body.care.language_count++], WORD_BYTES, "shaanxi");
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_BAR_LANGUAGE);
	text_cut(offer.body.companion.languages[offer.body.companion.language_count++], WORD_BYTES, "shaanxi");
	assert_int_equal(bar_of_only(&rig, &care, &offer), VISIT_FREE);
	rig_close(&rig);
}

static void who_is_away_is_asked_for_another_part_of_a_day_or_not_at_all(void **state)
{
	struct rig rig;
	struct visit_explanation x;

	(void)state;
	(void)offered(&rig); /* for Tuesday, 2026-03-03 */
	rig.away = "v-1";
	rig.away_from = rig_at("2026-03-03T11:00:00"); /* an hour of the morning that costs least */
	rig.away_until = rig_at("2026-03-03T12:00:00");
	assert_int_equal(visit_explain(rig.core, rig.visit.id, monday("09:00"), &x), ERR_OK);
	assert_int_equal(x.bars[VISIT_FREE], 1);
	assert_true(x.best[0].from.ms >= rig.away_until.ms);
	rig.away_until = rig_at("2026-03-10T00:00:00");
	rig.away_from = rig_at("2026-03-03T00:00:00");
	assert_int_equal(visit_explain(rig.core, rig.visit.id, monday("09:00"), &x), ERR_OK);
	assert_int_equal(x.bars[VISIT_FREE], 0);
	assert_int_equal(x.bars[VISIT_BAR_ABSENT], 1);
	rig.away_from = rig_at("2026-03-04T00:00:00"); /* after it */
	assert_int_equal(visit_explain(rig.core, rig.visit.id, monday("09:00"), &x), ERR_OK);
	assert_int_equal(x.bars[VISIT_FREE], 1);
	rig_close(&rig);
}

static void each_part_of_the_cost_decides_between_two_who_are_else_alike(void **state)
{
	static const struct {
		const char *what;
		enum visit_cost part;
	} cases[] = {{"wish", VISIT_COST_WISH}, {"language", VISIT_COST_LANGUAGE}, {"interests", VISIT_COST_INTERESTS},
		{"distance", VISIT_COST_DISTANCE}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rig rig;
		struct visit_explanation x;
		struct wall now = offered(&rig);
		struct entry care = rig_care("h-1", 0, 1),
			     far = rig_companion("v-1", cases[i].part == VISIT_COST_DISTANCE ? 2 : 0.5, 7),
			     near = rig_companion("v-2", 0.5, 7);
		if (cases[i].part == VISIT_COST_WISH)
			text_cut(care.body.care.wanted, ID_BYTES, "v-2");
		care.body.care.language_count = 2;
		text_cut(care.body.care.languages[0], WORD_BYTES, "shaanxi");
		text_cut(care.body.care.languages[1], WORD_BYTES, "mandarin");
		far.body.companion.language_count = near.body.companion.language_count = 1;
		text_cut(near.body.companion.languages[0], WORD_BYTES, "shaanxi");
		text_cut(far.body.companion.languages[0], WORD_BYTES,
			cases[i].part == VISIT_COST_LANGUAGE ? "mandarin" : "shaanxi");
		care.body.care.interest_count = near.body.companion.interest_count = 1;
		text_cut(care.body.care.interests[0], WORD_BYTES, "chess");
		text_cut(near.body.companion.interests[0], WORD_BYTES, "chess");
		far.body.companion.interest_count = 1;
		text_cut(far.body.companion.interests[0], WORD_BYTES,
			cases[i].part == VISIT_COST_INTERESTS ? "opera" : "chess");
		rig_person(&rig, "v-2", 0.5, 7, now);
		rig_entry(&rig, &care, now);
		rig_entry(&rig, &far, now);
		rig_entry(&rig, &near, now);
		assert_int_equal(visit_explain(rig.core, rig.visit.id, now, &x), ERR_OK);
		assert_int_equal(x.count, 2);
		assert_string_equal(x.best[0].user, "v-2");
		for (unsigned part = 0; part < VISIT_COST_DAY; part++)
			if (part == cases[i].part)
				assert_true(x.best[1].cost[part] > x.best[0].cost[part]);
			else
				assert_true(!(x.best[1].cost[part] > x.best[0].cost[part]) &&
					    !(x.best[1].cost[part] < x.best[0].cost[part]));
		rig_close(&rig);
	}
}

static void accept_all(struct rig *rig)
{
	uint32_t at = 0;

	for (const struct errand *e; (e = visit_walk(rig->core, &at));)
		if (e->state == ERRAND_OFFERED)
			rig_say(rig, e->assignee, VISIT_ACCEPT, e->id, rig->now);
}

static void nobody_gets_more_visits_than_they_offered(void **state)
{
	struct wall now = monday("07:00"), end = rig_at("2026-03-30T07:00:00");
	struct rig rig;
	unsigned week[8] = {0}, day[40] = {0};
	uint32_t at = 0;

	(void)state;
	rig_open(&rig);
	rig.rules.list_count = 0;
	rig_person(&rig, "v-1", 0, 3, now);
	for (int i = 0; i < 12; i++) {
		char household[ID_BYTES];
		snprintf(household, sizeof household, "h-%d", i);
		rig_home(&rig, household, i / 10.0, 5, now);
	}
	for (struct wall due; (due = visit_due(rig.core)).ms < end.ms;) {
		rig_tick(&rig, due.ms > now.ms ? due : now);
		accept_all(&rig);
	}
	for (const struct errand *e; (e = visit_walk(rig.core, &at));)
		if (*e->assignee) {
			int32_t d = visit_day_of(rig.core, e->from) - visit_day_of(rig.core, now);
			day[d]++;
			week[d / 7]++;
		}
	assert_int_equal(week[1], 3);
	for (unsigned i = 0; i < 8; i++)
		assert_true(week[i] <= 3);
	for (unsigned i = 0; i < 40; i++)
		assert_true(day[i] <= rig.rules.day_max);
	rig_close(&rig);
}

static void a_day_is_walked_in_a_short_order(void **state)
{
	struct wall now = monday("07:00");
	struct rig rig;
	struct visit_stop stops[8];
	double km = 0;
	static const double places[] = {1, 0.5, 0.8};

	(void)state;
	rig_open(&rig);
	rig.rules.list_count = 0;
	rig.rules.ahead_days = 2;
	rig.rules.slack_days = 0;
	rig_person(&rig, "v-1", 0, 7, now);
	for (int i = 0; i < 3; i++) {
		char household[ID_BYTES];
		snprintf(household, sizeof household, "h-%d", i);
		rig_home(&rig, household, places[i], 1, now);
	}
	rig_run(&rig, monday("08:00"));
	accept_all(&rig);
	assert_int_equal(visit_day(rig.core, "v-9", 0, stops, 8, &km), 0);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_bar_keeps_somebody_off),
		cmocka_unit_test(who_is_away_is_asked_for_another_part_of_a_day_or_not_at_all),
		cmocka_unit_test(each_part_of_the_cost_decides_between_two_who_are_else_alike),
		cmocka_unit_test(nobody_gets_more_visits_than_they_offered),
		cmocka_unit_test(a_day_is_walked_in_a_short_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
