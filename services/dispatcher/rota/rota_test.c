/* SPDX-License-Identifier: MIT
 *
 * Swaps: who is told and who may say no, and the rules that bar one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "rota_rig.h"

static void a_swap_is_valid_when_both_want_it_and_only_those_concerned_are_told(void **state)
{
	struct rota_answer made;

	(void)state;
	put_two();
	made = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(1, 0));
	assert_int_equal(made.verdict, ROTA_TAKEN);
	assert_int_equal(notice_count, 1);
	assert_non_null(told("v-5", NOTICE_SWAP_ASKED));
	assert_true(told("v-5", NOTICE_SWAP_ASKED)->answer);
	assert_int_equal(reply(made.id, "v-6", true, at(2, 0)).verdict, ROTA_FOREIGN);
	assert_int_equal(reply(made.id, "v-1", true, at(2, 0)).verdict, ROTA_FOREIGN);
	assert_true(has("v-1", "day", at(55, 0)));
	restart();
	assert_int_equal(reply(made.id, "v-5", true, at(2, 0)).verdict, ROTA_TAKEN);
	assert_true(has("v-5", "day", at(55, 0)) && !has("v-1", "day", at(55, 0)));
	assert_int_equal(notice_count, 3);
	assert_non_null(told("v-1", NOTICE_SWAP_VALID));
	assert_non_null(told("v-5", NOTICE_SWAP_VALID));
	assert_int_equal(reply(made.id, "v-5", true, at(2, 1)).verdict, ROTA_REPEATED);
	assert_int_equal(reply(made.id, "v-5", false, at(2, 1)).verdict, ROTA_LATE);
	assert_int_equal(notice_count, 3);
}

static void two_duties_change_hands_at_one_moment(void **state)
{
	struct rota_answer made;

	(void)state;
	put_two();
	made = swap("v-2", "night", at(67, 0), "v-3", "v-3", "backup", at(67, 0), at(1, 0)); /* the same hours */
	assert_non_null(told("v-2", NOTICE_SWAP_ASKED));
	assert_int_equal(reply(made.id, "v-2", true, at(2, 0)).verdict, ROTA_TAKEN);
	assert_true(has("v-3", "night", at(67, 0)) && has("v-2", "backup", at(67, 0)));
}

static void a_no_a_recall_and_silence_leave_all_as_it_was(void **state)
{
	struct rota_answer made, again;

	(void)state;
	put_two();
	made = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(1, 0));
	again = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(1, 0));
	assert_int_equal(again.verdict, ROTA_REPEATED);
	assert_int_equal(swap("v-1", "day", at(55, 0), "v-6", "v-1", "", WALL_NONE, at(1, 0)).verdict, ROTA_LATE);
	assert_int_equal(reply(made.id, "v-5", false, at(2, 0)).state, ROTA_DECLINED);
	assert_non_null(told("v-1", NOTICE_SWAP_OFF));
	made = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(3, 0));
	assert_int_equal(rota_withdraw(rota, made.id, at(3, 1), &again), ERR_OK);
	take_effects();
	assert_int_equal(again.state, ROTA_WITHDRAWN);
	made = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(4, 0));
	tick(at(27, 59));
	assert_int_equal(reply(made.id, "v-7", true, at(27, 59)).state, ROTA_OPEN);
	tick(at(28, 0));
	assert_int_equal(reply(made.id, "v-5", true, at(28, 1)).verdict, ROTA_LATE);
	assert_true(has("v-1", "day", at(55, 0)));
}

static void the_captain_may_say_no_and_silence_is_a_yes(void **state)
{
	struct rota_answer made;

	(void)state;
	put_two();
	captain_decides = true;
	made = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(1, 0));
	assert_int_equal(reply(made.id, "v-5", true, at(2, 0)).state, ROTA_VETO);
	assert_non_null(told("cap", NOTICE_SWAP_VETO));
	restart();
	assert_int_equal(reply(made.id, "cap", false, at(3, 0)).state, ROTA_VETOED);
	assert_true(has("v-1", "day", at(55, 0)));
	made = swap("v-1", "day", at(55, 0), "v-6", "v-1", "", WALL_NONE, at(4, 0));
	assert_int_equal(reply(made.id, "v-6", true, at(5, 0)).state, ROTA_VETO);
	tick(at(16, 59));
	assert_true(has("v-1", "day", at(55, 0)));
	tick(at(17, 0));
	assert_true(has("v-6", "day", at(55, 0)));
}

/* concerned lists those of a few people whom a matter concerns. */
static const char *concerned(const char *id)
{
	static const char *const people[] = {"v-1", "v-2", "v-5", "v-6", "cap", "cap-2"};
	static char out[80];

	*out = '\0';
	for (unsigned i = 0; i < sizeof people / sizeof *people; i++)
		if (rota_concerns(rota, id, people[i]))
			snprintf(out + strlen(out), sizeof out - strlen(out), "%s ", people[i]);
	return out;
}

static void a_matter_concerns_both_whoever_is_asked_and_the_captain_while_a_veto_waits(void **state)
{
	struct entry team = {.kind = ENTRY_TEAM, .seq = 1, .key = "t-2"};
	struct rota_answer made;

	(void)state;
	text_cut(team.body.team.captain, ID_BYTES, "cap-2");
	assert_int_equal(duty_entry(duty, &team), ERR_OK);
	put_two();
	captain_decides = true;
	made = swap("v-1", "day", at(55, 0), "v-5", "v-5", "", WALL_NONE, at(1, 0));
	assert_string_equal(concerned(made.id), "v-1 v-5 ");
	assert_string_equal(rota_began(rota, made.id), "v-5");
	assert_int_equal(reply(made.id, "v-1", true, at(2, 0)).state, ROTA_VETO);
	assert_string_equal(concerned(made.id), "v-1 v-5 cap ");
	assert_int_equal(reply(made.id, "cap-2", false, at(3, 0)).verdict, ROTA_FOREIGN);
	assert_int_equal(reply(made.id, "cap", false, at(3, 0)).state, ROTA_VETOED);
	assert_string_equal(concerned(made.id), "v-1 v-5 ");
	assert_int_equal(rota_cover(rota, "t-1", "day", at(55, 0), "v-1", at(4, 0), &made), ERR_OK);
	take_effects();
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_string_equal(concerned(made.id), "v-1 v-5 v-6 ");
	assert_string_equal(rota_began(rota, made.id), "v-1");
	assert_string_equal(concerned("rota-0"), "");
	assert_string_equal(rota_began(rota, "rota-0"), "");
}

static void hard_rules_are_asked_when_it_is_proposed_and_when_it_is_accepted(void **state)
{
	static struct rota_rules rules;
	struct rota_answer made;

	(void)state;
	put_two();
	made = swap(
		"v-1", "day", at(55, 0), "v-2", "v-1", "", WALL_NONE, at(1, 0)); /* the night begins as the day ends */
	assert_int_equal(made.verdict, ROTA_BARRED);
	assert_int_equal(made.bar, ROTA_BAR_REST);
	for (unsigned i = 0; i < 20; i++) /* somebody who insists fills no table */
		assert_int_equal(
			swap("v-1", "day", at(55, 0), "stranger", "v-1", "", WALL_NONE, at(1, 0)).bar, ROTA_BAR_TEAM);
	assert_false(rota_walk(rota, 0, &(struct rota_view){0}));
	assert_int_equal(swap("v-2", "night", at(67, 0), "v-3", "v-2", "", WALL_NONE, at(1, 0)).bar, ROTA_BAR_BUSY);
	made = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(1, 0));
	assert_int_equal(made.verdict, ROTA_TAKEN);
	assert_int_equal(rota_rules_read("month,1970-01\nrun,3\nshift,day,0,0,1\nperson,v-5,0,-1,0,0\n"
					 "person,v-6,1,2,1,0\nperson,v-7,1,1,1,0\n",
				 &rules, NULL),
		ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-1", &rules, WALL_NONE, WALL_NONE, at(0, 0)), ERR_OK);
	assert_int_equal(reply(made.id, "v-5", true, at(2, 0)).bar, ROTA_BAR_SKILL);
	assert_non_null(told("v-1", NOTICE_SWAP_OFF));
	assert_int_equal(swap("v-1", "day", at(55, 0), "v-7", "v-1", "", WALL_NONE, at(3, 0)).bar, ROTA_BAR_MONTH);
	made = swap("v-1", "day", at(55, 0), "v-6", "v-1", "", WALL_NONE, at(3, 0));
	assert_int_equal(reply(made.id, "v-6", true, at(4, 0)).state, ROTA_DONE);
}

static void rules_that_cannot_be_read_are_named_by_their_line(void **state)
{
	static struct rota_rules rules;
	static const char *const bad[] = {"run,3\nrun,x\n", "run,3\nperson,v-1,0,0\n", "run,3\nshift,a b,0,0,0\n",
		"run,3\nmonth,2026-13\n", "run,3\nwhat,1\n", "run,3\nshift,day,0,0,1,9\n"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct errinfo info = {0};
		assert_int_equal(rota_rules_read(bad[i], &rules, &info), ERR_INVALID);
		assert_non_null(strstr(info.text, "line 2"));
	}
}

static void publish(const char *text, int64_t from, int64_t until, int64_t now)
{
	static struct rota_rules rules;

	assert_int_equal(rota_rules_read(text, &rules, NULL), ERR_OK);
	assert_int_equal(
		rota_rules_put(rota, "t-1", *text ? &rules : NULL, at(from, 0), at(until, 0), at(now, 0)), ERR_OK);
}

/* bar: whether v-5 may have the day that begins at an hour */
static enum rota_bar bar(int64_t hour)
{
	struct book_duty day = {.from = at(hour, 0), .until = at(hour + 12, 0), .shift = "day"};

	return rota_bar_of(rota, "t-1", &day, "v-5", NULL);
}

static unsigned spans(struct buf *out)
{
	unsigned count = 0;

	buf_reset(out);
	assert_int_equal(rota_rules_write(rota, "t-1", out), ERR_OK);
	for (const char *at = out->data; at && (at = strstr(at, "from,")); at++)
		count++;
	return count;
}

/* restore: another core out of what the store holds */
static void restore(const char *text)
{
	rota_destroy(rota);
	assert_int_equal(rota_create(&config, duty, duty_book(duty), &rota), ERR_OK);
	assert_int_equal(rota_rules_restore(rota, "t-1", text, NULL), ERR_OK);
}

#define WEEK 168
#define SKILLED "tag,0,keys\nshift,day,0,3,1\nperson,v-5,0,-1,0,1\n"
#define FULL "month,1970-01-12\nrun,3\nshift,day,0,0,0\nperson,v-5,1,2,2,0\n"

static void rules_hold_for_the_days_of_their_roster(void **state)
{
	struct buf text, again;

	(void)state;
	buf_init(&text, ROTA_RULES_BYTES_MAX);
	buf_init(&again, ROTA_RULES_BYTES_MAX);
	publish(SKILLED, 0, WEEK, 0);
	assert_int_equal(bar(WEEK + 7), ROTA_BAR_SKILL); /* no roster there yet: as in the last one */
	publish(FULL, WEEK, 2 * WEEK, 0);
	assert_int_equal(bar(55), ROTA_BAR_SKILL);
	assert_int_equal(bar(WEEK - 1), ROTA_BAR_SKILL);
	assert_int_equal(bar(WEEK), ROTA_BAR_MONTH);
	assert_int_equal(bar(2 * WEEK + 7), ROTA_BAR_MONTH);
	publish("", 48, 72, 1); /* a roster of one day, with no rules */
	assert_int_equal(bar(47), ROTA_BAR_SKILL);
	assert_int_equal(bar(48), ROTA_BAR_NONE);
	assert_int_equal(bar(72), ROTA_BAR_SKILL);
	assert_int_equal(bar(2 * WEEK + 7), ROTA_BAR_MONTH);
	assert_int_equal(spans(&text), 3);
	restore(text.data);
	assert_int_equal(spans(&again), 3);
	assert_string_equal(again.data, text.data);
	assert_int_equal(bar(47), ROTA_BAR_SKILL);
	assert_int_equal(bar(48), ROTA_BAR_NONE);
	assert_int_equal(bar(72), ROTA_BAR_SKILL);
	assert_int_equal(bar(WEEK), ROTA_BAR_MONTH);
	publish(FULL, 24, WEEK, 24); /* the rest of the week anew */
	assert_int_equal(bar(23), ROTA_BAR_SKILL);
	assert_int_equal(bar(48), ROTA_BAR_MONTH);
	assert_int_equal(spans(&text), 3);
	publish(SKILLED, WEEK, 2 * WEEK, 71); /* the first day's last duty may run for a day */
	assert_int_equal(bar(23), ROTA_BAR_SKILL);
	assert_int_equal(bar(WEEK), ROTA_BAR_SKILL);
	assert_int_equal(spans(&text), 3);
	publish(FULL, WEEK, 2 * WEEK, 72);
	assert_int_equal(spans(&text), 2);
	for (int day = 0; day < ROTA_RULE_SPANS + 5; day++)
		publish(SKILLED, 3 * WEEK + 2 * day, 3 * WEEK + 2 * day + 1, 72);
	assert_int_equal(spans(&text), ROTA_RULE_SPANS);
	assert_int_equal(rota_rules_put(rota, "t-1", NULL, WALL_NONE, WALL_NONE, at(72, 0)), ERR_OK);
	assert_int_equal(spans(&text), 0);
	assert_int_equal(bar(WEEK), ROTA_BAR_NONE);
	buf_fini(&text);
	buf_fini(&again);
}

static void rules_that_were_kept_without_days_hold_until_the_next_roster_begins(void **state)
{
	struct buf text;

	(void)state;
	buf_init(&text, ROTA_RULES_BYTES_MAX);
	restore(SKILLED);
	assert_int_equal(bar(7), ROTA_BAR_SKILL);
	assert_int_equal(bar(3 * WEEK), ROTA_BAR_SKILL);
	publish(FULL, WEEK, 2 * WEEK, 0);
	assert_int_equal(bar(7), ROTA_BAR_SKILL);
	assert_int_equal(bar(WEEK), ROTA_BAR_MONTH);
	assert_int_equal(bar(3 * WEEK), ROTA_BAR_MONTH);
	assert_int_equal(spans(&text), 2);
	restore(text.data);
	assert_int_equal(bar(7), ROTA_BAR_SKILL);
	assert_int_equal(bar(3 * WEEK), ROTA_BAR_MONTH);
	buf_fini(&text);
}

static void kept_rules_that_cannot_be_read_are_named_by_their_line_and_none_is_taken(void **state)
{
	static const char *const bad[] = {SKILLED "from,5,5\n", SKILLED "from,5\n", SKILLED "from,5,6,7\n",
		SKILLED "from,5,x\n", "from,5,9\nrun,3\nfrom,1,5\nwhat,1\n"};
	static struct rota_rules rules;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct errinfo info = {0};
		restore(SKILLED);
		assert_int_equal(rota_rules_restore(rota, "t-1", bad[i], &info), ERR_INVALID);
		assert_non_null(strstr(info.text, "line 4"));
		assert_int_equal(bar(7), ROTA_BAR_NONE);
	}
	assert_int_equal(rota_rules_read("from,5,9\nrun,3\n", &rules, NULL), ERR_INVALID); /* days are not the task's */
}

static void who_is_busy_is_not_asked(void **state)
{
	(void)state;
	put_two();
	is_busy = true;
	assert_int_equal(swap("v-1", "day", at(55, 0), "v-5", "v-5", "", WALL_NONE, at(56, 0)).state, ROTA_DONE);
	assert_true(has("v-5", "day", at(55, 0)));
}

static void the_table_has_no_way_out_of_an_end(void **state)
{
	static const enum rota_state ends[] = {ROTA_DONE, ROTA_DECLINED, ROTA_VETOED, ROTA_WITHDRAWN, ROTA_MISFIT};

	(void)state;
	for (int kind = 0; kind < ROTA_KIND_COUNT; kind++)
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
			for (int event = 0; event < ROTA_EVENT_COUNT; event++)
				assert_int_equal(rota_next_state((enum rota_kind)kind, ends[i], (enum rota_event)event),
					ROTA_STATE_COUNT);
}

static void a_matter_that_nobody_could_be_told_of_is_refused(void **state)
{
	struct rota_answer asked;
	static struct rota_blob blob;
	unsigned char *team;

	(void)state;
	put_two();
	asked = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(1, 0));
	do
		assert_true(rota_dirty(rota, &blob));
	while (strcmp(blob.id, asked.id) != 0);
	rota_destroy(rota);
	assert_int_equal(rota_create(&config, duty, duty_book(duty), &rota), ERR_OK);
	assert_int_equal(rota_restore(rota, "no id", blob.blob, blob.length), ERR_CORRUPT);
	for (size_t length = 0; length < blob.length; length++)
		assert_int_equal(rota_restore(rota, blob.id, blob.blob, length), ERR_CORRUPT);
	blob.length -= 8; /* the checksum, which version 1 did not have */
	blob.blob[0] = 1;
	team = memmem(blob.blob, blob.length, "t-1", 3);
	assert_non_null(team);
	*team = 0xff; /* no text: a notice that names it could not be written */
	assert_int_equal(rota_restore(rota, blob.id, blob.blob, blob.length), ERR_CORRUPT);
	*team = 't';
	assert_int_equal(rota_restore(rota, blob.id, blob.blob, blob.length), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		T(a_swap_is_valid_when_both_want_it_and_only_those_concerned_are_told),
		T(two_duties_change_hands_at_one_moment),
		T(a_no_a_recall_and_silence_leave_all_as_it_was),
		T(the_captain_may_say_no_and_silence_is_a_yes),
		T(a_matter_concerns_both_whoever_is_asked_and_the_captain_while_a_veto_waits),
		T(hard_rules_are_asked_when_it_is_proposed_and_when_it_is_accepted),
		T(rules_that_cannot_be_read_are_named_by_their_line),
		T(rules_hold_for_the_days_of_their_roster),
		T(rules_that_were_kept_without_days_hold_until_the_next_roster_begins),
		T(kept_rules_that_cannot_be_read_are_named_by_their_line_and_none_is_taken),
		T(who_is_busy_is_not_asked),
		T(a_matter_that_nobody_could_be_told_of_is_refused),
		T(the_table_has_no_way_out_of_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
