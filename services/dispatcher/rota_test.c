/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dispatcher/rota.h"

#define HOUR MS_PER_HOUR
#define MINUTE MS_PER_MINUTE
#define NOTICES_MAX 400

static struct zone *zone;
static struct duty *duty;
static struct rota *rota;
static struct rota_config config;
static bool captain_decides, is_busy;
static struct duty_notice notices[NOTICES_MAX];
static unsigned notice_count, book_changes;

static struct wall at(int64_t hours, int64_t minutes)
{
	return (struct wall){4 * MS_PER_DAY + hours * HOUR + minutes * MINUTE}; /* from Monday, 1970-01-05 */
}

static bool veto(const void *context, const char *team)
{
	(void)context;
	(void)team;
	return captain_decides;
}

static bool busy(const void *context, const char *user)
{
	(void)context;
	(void)user;
	return is_busy;
}

static void happened(const void *context, const char *team, struct wall since, bool english, struct buf *out)
{
	(void)context;
	(void)team;
	(void)since;
	assert_int_equal(buf_text(out, english ? "1 open" : "未结 1 件"), ERR_OK);
}

static bool helps(const void *context, const char *team)
{
	(void)context;
	return strcmp(team, "t-3") != 0;
}

static void give_person(const char *user, const char *team, uint8_t order)
{
	struct entry e = {.kind = ENTRY_VOLUNTEER, .seq = 1};

	text_cut(e.key, sizeof e.key, user);
	text_cut(e.body.volunteer.team, ID_BYTES, team);
	e.body.volunteer.day = e.body.volunteer.night = true;
	e.body.volunteer.weekdays = 127;
	e.body.volunteer.order = order;
	assert_int_equal(duty_entry(duty, &e), ERR_OK);
}

static void take_effects(void)
{
	struct rota_effect effect;

	while (rota_next(rota, &effect)) {
		book_changes += effect.kind == ROTA_BOOK;
		if (effect.kind != ROTA_NOTICE)
			continue;
		for (unsigned i = 0; i < notice_count; i++) /* the same is never told twice */
			assert_string_not_equal(notices[i].id, effect.notice.id);
		assert_true(notice_count < NOTICES_MAX);
		notices[notice_count++] = effect.notice;
	}
}

static const struct duty_notice *told(const char *user, enum notice_kind kind)
{
	for (unsigned i = notice_count; i-- > 0;)
		if (!strcmp(notices[i].user, user) && notices[i].kind == kind)
			return &notices[i];
	return NULL;
}

static void tick(struct wall now)
{
	for (unsigned turn = 0; rota_due(rota, now).ms <= now.ms; turn++) {
		assert_true(turn < 100); /* what is due is done once */
		assert_int_equal(rota_tick(rota, now), ERR_OK);
		take_effects();
	}
}

static int set_up(void **state)
{
	struct duty_config duties = {.day_from_min = 7 * 60, .night_from_min = 19 * 60, .desk = "desk"};
	struct entry team = {.kind = ENTRY_TEAM, .seq = 1, .key = "t-1"};

	(void)state;
	assert_int_equal(zone_load("UTC", &zone, NULL), ERR_OK);
	duties.zone = zone;
	assert_int_equal(duty_create(&duties, &duty, NULL), ERR_OK);
	text_cut(team.body.team.captain, ID_BYTES, "cap");
	text_cut(team.body.team.community, ID_BYTES, "c-1");
	assert_int_equal(duty_entry(duty, &team), ERR_OK);
	for (unsigned i = 1; i <= 8; i++) {
		char user[ID_BYTES];
		snprintf(user, sizeof user, "v-%u", i);
		give_person(user, "t-1", (uint8_t)i);
	}
	config = (struct rota_config){.zone = zone,
		.veto = veto,
		.busy = busy,
		.happened = happened,
		.swap_ms = 24 * HOUR,
		.veto_ms = 12 * HOUR,
		.ask_ms = 30 * MINUTE,
		.ask_count = 2,
		.reachable_ms = 10 * MINUTE,
		.remind = true,
		.summary_min = -1};
	captain_decides = is_busy = false;
	notice_count = book_changes = 0;
	assert_int_equal(rota_create(&config, duty, duty_book(duty), &rota), ERR_OK);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rota_destroy(rota);
	duty_destroy(duty);
	zone_destroy(zone);
	return 0;
}

/* put_two: v-1 has a day and v-2 a night of Wednesday, v-3 the backup of that night, v-4 a day of Friday. */
static void put_two(void)
{
	struct book_duty duties[] = {
		{at(55, 0), at(67, 0), 0, "day", "v-1"},
		{at(67, 0), at(79, 0), 0, "night", "v-2"},
		{at(67, 0), at(79, 0), 1, "backup", "v-3"},
		{at(103, 0), at(115, 0), 0, "day", "v-4"},
	};
	unsigned bad;

	assert_int_equal(rota_before(rota, "t-1", at(0, 0)), ERR_OK);
	assert_int_equal(book_put(duty_book(duty), "t-1", duties, 4, at(0, 0), &bad), ERR_OK);
	assert_int_equal(rota_changed(rota, "t-1", true, at(0, 0)), ERR_OK);
	take_effects();
	for (unsigned i = 1; i <= 4; i++) {
		char user[ID_BYTES];
		snprintf(user, sizeof user, "v-%u", i);
		assert_non_null(told(user, NOTICE_MOVED));
	}
	assert_int_equal(notice_count, 4); /* and nobody else */
	notice_count = 0;
}

static bool has(const char *user, const char *shift, struct wall from)
{
	return book_find(duty_rosters(duty), "t-1", shift, from, user) != NULL;
}

/* restart: another core out of what the store holds */
static void restart(void)
{
	static struct rota_blob blobs[200];
	struct rota *fresh;
	unsigned count = 0;

	while (rota_dirty(rota, &blobs[count])) {
		if (!blobs[count].length)
			continue;
		assert_true(++count < 200);
	}
	assert_int_equal(rota_create(&config, duty, duty_book(duty), &fresh), ERR_OK);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(rota_restore(fresh, blobs[i].id, blobs[i].blob, blobs[i].length), ERR_OK);
	rota_destroy(rota);
	rota = fresh;
}

static struct rota_answer swap(const char *user, const char *shift, struct wall from, const char *to, const char *by,
	const char *back_shift, struct wall back_from, struct wall now)
{
	struct rota_wish wish = {.from = from, .back_from = back_from};
	struct rota_answer answer;

	text_cut(wish.team, ID_BYTES, "t-1");
	text_cut(wish.user, ID_BYTES, user);
	text_cut(wish.shift, ID_BYTES, shift);
	text_cut(wish.to, ID_BYTES, to);
	text_cut(wish.by, ID_BYTES, by);
	text_cut(wish.back_shift, ID_BYTES, back_shift);
	assert_int_equal(rota_swap(rota, &wish, now, &answer), ERR_OK);
	take_effects();
	return answer;
}

static struct rota_answer reply(const char *id, const char *user, bool yes, struct wall now)
{
	struct rota_answer answer;

	assert_int_equal(rota_reply(rota, id, user, yes, now, &answer), ERR_OK);
	take_effects();
	return answer;
}

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
	assert_int_equal(rota_rules_put(rota, "t-1", &rules), ERR_OK);
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

static void who_is_busy_is_not_asked(void **state)
{
	(void)state;
	put_two();
	is_busy = true;
	assert_int_equal(swap("v-1", "day", at(55, 0), "v-5", "v-5", "", WALL_NONE, at(56, 0)).state, ROTA_DONE);
	assert_true(has("v-5", "day", at(55, 0)));
}

static void an_absence_opens_duties_and_the_first_yes_has_them(void **state)
{
	struct rota_view view;
	unsigned opened;
	char id[ID_BYTES] = "";

	(void)state;
	put_two();
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(48, 0), at(96, 0), at(48, 0), &opened), ERR_OK);
	take_effects();
	assert_int_equal(opened, 1);
	assert_false(has("v-2", "night", at(67, 0)));
	assert_int_equal(notice_count, 2); /* two at a time, in fair order; v-1 would have no rest */
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_non_null(told("v-6", NOTICE_COVER_ASKED));
	for (unsigned i = 0; rota_walk(rota, i, &view); i++)
		if (view.kind == ROTA_COVER)
			text_cut(id, sizeof id, view.id);
	assert_int_equal(reply(id, "v-7", true, at(48, 1)).verdict, ROTA_FOREIGN);
	assert_int_equal(reply(id, "v-5", false, at(48, 1)).verdict, ROTA_TAKEN);
	assert_int_equal(notice_count, 2);
	assert_int_equal(
		reply(id, "v-6", false, at(48, 2)).verdict, ROTA_TAKEN); /* all have said no: the next at once */
	assert_non_null(told("v-7", NOTICE_COVER_ASKED));
	restart();
	tick(at(48, 30)); /* after a while the next, v-7 may still say yes */
	assert_null(told("cap", NOTICE_COVER_OPEN));
	assert_int_equal(reply(id, "v-7", true, at(48, 31)).verdict, ROTA_TAKEN);
	assert_true(has("v-7", "night", at(67, 0)));
	assert_non_null(told("v-7", NOTICE_COVER_YOURS));
	assert_non_null(told("v-2", NOTICE_COVER_OVER));
	assert_non_null(told("v-8", NOTICE_COVER_OVER));
	assert_null(told("v-5", NOTICE_COVER_OVER));
	assert_int_equal(reply(id, "v-8", true, at(48, 32)).verdict, ROTA_LATE);
	assert_int_equal(swap("v-7", "night", at(67, 0), "v-2", "v-7", "", WALL_NONE, at(49, 0)).bar, ROTA_BAR_ABSENT);
}

static void when_nobody_takes_it_captain_and_desk_know_and_the_gap_has_a_name(void **state)
{
	struct rota_view view;
	unsigned opened;
	bool named = false;

	(void)state;
	put_two();
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(60, 0), at(96, 0), at(60, 0), &opened), ERR_OK);
	take_effects();
	for (int minute = 0; minute < 420; minute++)
		tick(at(60, minute));
	assert_non_null(told("cap", NOTICE_COVER_OPEN));
	assert_non_null(told("desk", NOTICE_COVER_OPEN));
	for (unsigned i = 0; rota_walk(rota, i, &view); i++)
		named = named || (view.kind == ROTA_COVER && view.state == ROTA_CLIMBED && !*view.user);
	assert_true(named);
	tick(at(79, 0));
	tick(at(79, 1));
	for (unsigned i = 0; rota_walk(rota, i, &view); i++)
		assert_false(view.kind == ROTA_COVER);
}

/* gap opens v-2's night by an absence at a time, and gives the request's id. */
static void gap(struct wall now, char id[ID_BYTES])
{
	struct rota_view view;
	unsigned opened;

	put_two();
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(48, 0), at(96, 0), now, &opened), ERR_OK);
	assert_int_equal(opened, 1);
	take_effects();
	for (unsigned i = 0; rota_walk(rota, i, &view); i++)
		if (view.kind == ROTA_COVER)
			text_cut(id, ID_BYTES, view.id);
}

/* give_teams: t-2 and t-3 stand near t-1, t-4 does not; each has one volunteer, w-2 to w-4. */
static void give_teams(void)
{
	for (unsigned t = 2; t <= 4; t++) {
		struct entry team = {.kind = ENTRY_TEAM, .seq = 1};
		char user[ID_BYTES];
		snprintf(team.key, sizeof team.key, "t-%u", t);
		snprintf(user, sizeof user, "w-%u", t);
		text_cut(team.body.team.community, ID_BYTES, t == 4 ? "c-2" : "c-1");
		assert_int_equal(duty_entry(duty, &team), ERR_OK);
		give_person(user, team.key, 1);
	}
	config.helps = helps;
	rota_configure(rota, &config);
}

static void say_no_in_the_team(const char *id, struct wall now)
{
	for (unsigned round = 0; round < 4; round++)
		for (unsigned i = 1; i <= 8; i++) {
			char user[ID_BYTES];
			snprintf(user, sizeof user, "v-%u", i);
			(void)reply(id, user, false, now);
		}
}

static void when_nobody_of_the_team_is_left_teams_near_it_are_asked_and_the_captain_knows_why(void **state)
{
	struct rota_why why;
	char id[ID_BYTES];
	unsigned opened;

	(void)state;
	give_teams();
	gap(at(48, 0), id);
	assert_null(told("w-2", NOTICE_COVER_ASKED));
	say_no_in_the_team(id, at(48, 5));
	assert_non_null(told("w-2", NOTICE_COVER_ASKED)); /* all of the team who may have said no */
	assert_null(told("w-3", NOTICE_COVER_ASKED));     /* their team does not help */
	assert_null(told("w-4", NOTICE_COVER_ASKED));     /* of another community */
	assert_non_null(strstr(told("cap", NOTICE_COVER_OPEN)->text_en, "v-1 (too little rest between two duties)"));
	assert_non_null(strstr(told("cap", NOTICE_COVER_OPEN)->text_en, "could still: w-2"));
	assert_null(told("desk", NOTICE_COVER_OPEN));
	assert_true(rota_why(rota, id, &why));
	assert_int_equal(why.refused, 5);
	assert_int_equal(why.silent, 1);
	assert_int_equal(why.bars[ROTA_BAR_REST], 1);
	assert_int_equal(why.bars[ROTA_BAR_BUSY], 1);
	assert_int_equal(reply(id, "w-2", true, at(50, 0)).verdict, ROTA_TAKEN);
	assert_true(has("w-2", "night", at(67, 0)));
	tick(at(66, 0)); /* they are of the duty: it is not open because they are of another team */
	assert_true(has("w-2", "night", at(67, 0)));
	assert_non_null(told("w-2", NOTICE_SOON));
	assert_int_equal(rota_absent(rota, "t-2", "w-2", at(66, 0), at(90, 0), at(66, 1), &opened), ERR_OK);
	assert_int_equal(opened, 1); /* and an absence opens it like one of their own */
	take_effects();
	assert_false(has("w-2", "night", at(67, 0)));
}

static void another_team_s_skills_are_known_by_their_names(void **state)
{
	static struct rota_rules rules;
	const struct book_duty night = {.from = at(67, 0), .until = at(79, 0), .shift = "night"};

	(void)state;
	give_teams();
	assert_int_equal(rota_rules_read("tag,0,lift\ntag,1,keys\nshift,night,1,3,2\n", &rules, NULL), ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-1", &rules), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &night, "w-2", NULL), ROTA_BAR_SKILL);
	assert_int_equal(rota_rules_read("tag,0,keys\nshift,night,1,3,0\nperson,w-2,1,1,0,0\n", &rules, NULL), ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-2", &rules), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &night, "w-2", NULL), ROTA_BAR_NONE);
	struct book_duty own = {.from = at(31, 0), .until = at(43, 0), .shift = "day", .user = "w-2"};
	assert_int_equal(book_add(duty_book(duty), "t-2", &own), ERR_OK); /* as many a month as offered, in all teams */
	assert_int_equal(rota_bar_of(rota, "t-1", &night, "w-2", NULL), ROTA_BAR_MONTH);
	assert_int_equal(rota_bar_of(rota, "t-1", &night, "w-4", NULL), ROTA_BAR_TEAM);
}

static void the_captain_knows_at_half_time_and_the_desk_when_it_begins(void **state)
{
	char id[ID_BYTES];

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		char user[ID_BYTES];
		snprintf(user, sizeof user, "x-%u", i);
		give_person(user, "t-1", 99);
	}
	config.ask_count = 1;
	rota_configure(rota, &config);
	gap(at(65, 0), id); /* two hours; nobody answers, and there are more to ask than time */
	for (int minute = 0; minute < 58; minute++)
		tick(at(65, minute));
	assert_null(told("cap", NOTICE_COVER_OPEN));
	for (int minute = 58; minute < 75; minute++)
		tick(at(65, minute));
	assert_non_null(told("cap", NOTICE_COVER_OPEN));
	for (int minute = 75; minute < 125; minute++)
		tick(at(65, minute));
	assert_non_null(told("desk", NOTICE_COVER_OPEN));
}

static void a_night_that_is_over_still_counts_after_a_new_roster(void **state)
{
	static struct rota_rules rules;
	struct book_duty tonight = {at(91, 0), at(103, 0), 0, "night", "v-5"},
			 planned = {at(127, 0), at(139, 0), 0, "day", "v-6"};
	unsigned bad;

	(void)state;
	put_two(); /* v-2 has the night of Wednesday */
	assert_int_equal(
		rota_rules_read("month,1970-01-05\nrun,3\nshift,day,0,0,0\nshift,night,1,3,0\nperson,v-2,0,2,1,0\n",
			&rules, NULL),
		ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-1", &rules), ERR_OK);
	assert_int_equal(book_put(duty_book(duty), "t-1", &planned, 1, at(80, 0), &bad), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &tonight, "v-2", NULL), ROTA_BAR_REST);
	tonight.from.ms += 24 * HOUR;
	tonight.until.ms += 24 * HOUR;
	assert_int_equal(rota_bar_of(rota, "t-1", &tonight, "v-2", NULL), ROTA_BAR_MONTH); /* one before, one since */
	assert_int_equal(
		rota_rules_read("month,1970-01-09\nshift,night,1,3,0\nperson,v-2,0,2,1,0\n", &rules, NULL), ERR_OK);
	assert_int_equal(rota_rules_put(rota, "t-1", &rules), ERR_OK);
	assert_int_equal(rota_bar_of(rota, "t-1", &tonight, "v-2", NULL), ROTA_BAR_NONE); /* counted as served, once */
}

static void a_new_roster_fills_as_many_gaps_as_it_has_people(void **state)
{
	struct book_duty duties[] = {{at(55, 0), at(67, 0), 0, "day", "v-1"}, {at(55, 0), at(67, 0), 0, "day", "v-2"},
		{at(55, 0), at(67, 0), 0, "day", "v-3"}};
	unsigned bad, opened;

	(void)state;
	assert_int_equal(book_put(duty_book(duty), "t-1", duties, 3, at(0, 0), &bad), ERR_OK);
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(48, 0), at(96, 0), at(48, 0), &opened), ERR_OK);
	assert_int_equal(rota_absent(rota, "t-1", "v-3", at(48, 0), at(96, 0), at(48, 0), &opened), ERR_OK);
	assert_int_equal(rota_gaps(rota), 2);
	text_cut(duties[1].user, ID_BYTES, "v-4");
	for (unsigned count = 1; count < 4; count++) {
		if (count == 3)
			text_cut(duties[2].user, ID_BYTES, "v-5");
		assert_int_equal(rota_before(rota, "t-1", at(49, 0)), ERR_OK);
		assert_int_equal(book_put(duty_book(duty), "t-1", duties, count, at(49, 0), &bad), ERR_OK);
		assert_int_equal(rota_changed(rota, "t-1", true, at(49, 0)), ERR_OK);
		assert_int_equal(rota_gaps(rota), 3 - count);
	}
	take_effects();
}

static void duties_are_recalled_and_who_does_not_answer_is_stood_in_for(void **state)
{
	const struct duty_notice *asked;

	(void)state;
	put_two();
	tick(at(42, 59));
	assert_null(told("v-2", NOTICE_TOMORROW));
	tick(at(43, 0));
	assert_non_null(told("v-2", NOTICE_TOMORROW));
	assert_non_null(told("v-3", NOTICE_TOMORROW));
	tick(at(66, 0));
	assert_non_null(told("v-2", NOTICE_SOON));
	restart();
	tick(at(67, 0));
	asked = told("v-2", NOTICE_REACHABLE);
	assert_non_null(asked);
	assert_non_null(told("v-2", NOTICE_HANDOVER));
	assert_int_equal(reply(told("v-3", NOTICE_REACHABLE)->matter, "v-3", true, at(67, 1)).verdict, ROTA_TAKEN);
	tick(at(67, 9));
	assert_null(told("v-3", NOTICE_UNREACHABLE));
	tick(at(67, 10));
	assert_non_null(told("v-3", NOTICE_UNREACHABLE));
	assert_non_null(told("cap", NOTICE_UNREACHABLE));
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_int_equal(reply(asked->matter, "v-2", true, at(67, 11)).verdict, ROTA_TAKEN); /* there after all */
	assert_non_null(told("v-5", NOTICE_COVER_OVER));
	assert_true(has("v-2", "night", at(67, 0)));
}

static void who_cannot_come_and_keeps_the_duty_is_asked_again_when_it_begins(void **state)
{
	const struct duty_notice *recalled;

	(void)state;
	put_two();
	tick(at(43, 0));
	recalled = told("v-2", NOTICE_TOMORROW);
	assert_int_equal(reply(recalled->matter, "v-2", false, at(44, 0)).verdict, ROTA_TAKEN);
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_int_equal(reply(recalled->matter, "v-2", true, at(44, 5)).verdict, ROTA_TAKEN); /* can after all */
	assert_non_null(told("v-5", NOTICE_COVER_OVER));
	assert_int_equal(reply(recalled->matter, "v-2", false, at(44, 10)).verdict, ROTA_TAKEN);
	for (int64_t hour = 45; hour <= 67; hour++) /* and nobody takes it */
		tick(at(hour, 0));
	assert_true(has("v-2", "night", at(67, 0)));
	assert_non_null(told("v-2", NOTICE_HANDOVER));
	assert_non_null(told("v-2", NOTICE_REACHABLE));
	tick(at(67, 10));
	assert_non_null(told("v-3", NOTICE_UNREACHABLE));
}

static void what_was_due_in_an_outage_is_told_once_and_the_nearest_alone(void **state)
{
	(void)state;
	put_two();
	restart();
	tick(at(66, 30)); /* silent since Monday */
	assert_non_null(told("v-2", NOTICE_SOON));
	assert_null(told("v-2", NOTICE_TOMORROW));
	assert_null(told("v-1", NOTICE_SOON)); /* that duty is under way: is v-1 there? */
	assert_non_null(told("v-1", NOTICE_REACHABLE));
	unsigned before = notice_count;
	restart();
	tick(at(66, 31));
	assert_int_equal(notice_count, before);
}

static void the_team_is_told_each_morning_and_each_week(void **state)
{
	(void)state;
	config.summary_min = 7 * 60 + 30;
	rota_configure(rota, &config);
	put_two();
	tick(at(6, 0));
	tick(at(7, 29));
	assert_null(told("cap", NOTICE_DAY));
	tick(at(7, 30));
	assert_non_null(told("cap", NOTICE_DAY));
	assert_non_null(told("cap", NOTICE_WEEK)); /* a Monday */
	assert_non_null(strstr(told("cap", NOTICE_WEEK)->text_en, "01-07 19:00 night v-2"));
	unsigned before = notice_count;
	restart();
	tick(at(8, 0));
	assert_int_equal(notice_count, before);
	tick(at(32, 0));                            /* late on Tuesday: once */
	assert_int_equal(notice_count, before + 2); /* and a reminder of v-1's duty */
}

static void a_new_roster_tells_those_whose_next_duty_moved_and_no_one_else(void **state)
{
	struct book_duty duties[] = {
		{at(55, 0), at(67, 0), 0, "day", "v-1"},
		{at(67, 0), at(79, 0), 0, "night", "v-5"},
		{at(67, 0), at(79, 0), 1, "backup", "v-3"},
		{at(103, 0), at(115, 0), 0, "day", "v-2"},
	};
	struct rota_answer made;
	unsigned bad;

	(void)state;
	put_two();
	made = swap("v-4", "day", at(103, 0), "v-6", "v-4", "", WALL_NONE, at(1, 0));
	assert_int_equal(rota_before(rota, "t-1", at(2, 0)), ERR_OK);
	assert_int_equal(book_put(duty_book(duty), "t-1", duties, 4, at(2, 0), &bad), ERR_OK);
	assert_int_equal(rota_changed(rota, "t-1", true, at(2, 0)), ERR_OK);
	take_effects();
	assert_non_null(told("v-2", NOTICE_MOVED));
	assert_non_null(told("v-4", NOTICE_MOVED));
	assert_non_null(told("v-5", NOTICE_MOVED));
	assert_null(told("v-1", NOTICE_MOVED));
	assert_null(told("v-3", NOTICE_MOVED));
	assert_non_null(told("v-6", NOTICE_SWAP_OFF)); /* what was agreed on has gone */
	assert_int_equal(reply(made.id, "v-6", true, at(3, 0)).verdict, ROTA_LATE);
}

static void a_duty_of_somebody_who_has_left_is_open_a_day_ahead(void **state)
{
	struct entry left = {.kind = ENTRY_VOLUNTEER, .seq = 9, .key = "v-2", .deleted = true};

	(void)state;
	put_two();
	assert_int_equal(duty_entry(duty, &left), ERR_OK);
	tick(at(42, 59));
	assert_null(told("v-5", NOTICE_COVER_ASKED));
	tick(at(43, 0));
	assert_non_null(told("v-5", NOTICE_COVER_ASKED));
	assert_null(told("v-2", NOTICE_TOMORROW));
	assert_false(has("v-2", "night", at(67, 0)));
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

static void who_has_said_so_is_away_but_for_a_duty_that_is_theirs_all_the_same(void **state)
{
	unsigned opened;

	(void)state;
	put_two();
	assert_int_equal(rota_absent(rota, "t-1", "v-1", at(50, 0), at(90, 0), at(1, 0), &opened), ERR_OK);
	take_effects();
	restart();
	assert_false(rota_away(rota, "v-1", at(49, 59)));
	assert_true(rota_away(rota, "v-1", at(50, 0)));
	assert_false(rota_away(rota, "v-1", at(90, 0)));
	assert_false(rota_away(rota, "v-2", at(60, 0)));
	assert_int_equal(book_give(duty_book(duty), "t-1", "night", at(67, 0), "v-2", "v-1", at(1, 0)),
		ERR_OK); /* the captain */
	assert_false(rota_away(rota, "v-1", at(70, 0)));
	assert_true(rota_away(rota, "v-1", at(80, 0)));
}

/* plan puts the times at which people are away by the task of a roster. */
static void plan(const struct rota_span *spans, unsigned count, struct wall from, struct wall until, struct wall now)
{
	assert_int_equal(rota_aways_put(rota, "t-1", spans, count, from, until, now), ERR_OK);
}

static void who_is_away_by_the_task_is_not_asked_and_a_restart_knows_it(void **state)
{
	const struct rota_span spans[] = {{"v-5", at(67, 0), at(79, 0)}};
	unsigned opened;

	(void)state;
	put_two();
	plan(spans, 1, WALL_NONE, WALL_NONE, at(1, 0));
	restart();
	assert_false(rota_away(rota, "v-5", at(66, 59)));
	assert_true(rota_away(rota, "v-5", at(67, 0)));
	assert_false(rota_away(rota, "v-5", at(79, 0)));
	assert_false(rota_away(rota, "v-6", at(70, 0)));
	assert_int_equal(swap("v-2", "night", at(67, 0), "v-5", "v-2", "", WALL_NONE, at(2, 0)).bar, ROTA_BAR_ABSENT);
	assert_int_equal(rota_absent(rota, "t-1", "v-2", at(48, 0), at(96, 0), at(48, 0), &opened), ERR_OK);
	take_effects();
	assert_null(told("v-5", NOTICE_COVER_ASKED)); /* would have been first */
	assert_non_null(told("v-6", NOTICE_COVER_ASKED));
	assert_non_null(told("v-7", NOTICE_COVER_ASKED));
}

static void a_duty_at_a_time_of_the_task_is_kept_and_nobody_takes_it_unasked(void **state)
{
	const struct rota_span spans[] = {{"v-1", at(48, 0), at(96, 0)}};

	(void)state;
	put_two(); /* the captain has set v-1 on duty */
	plan(spans, 1, WALL_NONE, WALL_NONE, at(1, 0));
	assert_int_equal(rota_before(rota, "t-1", at(1, 0)), ERR_OK);
	assert_int_equal(rota_changed(rota, "t-1", true, at(1, 0)), ERR_OK);
	take_effects();
	assert_true(has("v-1", "day", at(55, 0)));
	assert_false(rota_away(rota, "v-1", at(60, 0))); /* on duty */
	assert_true(rota_away(rota, "v-1", at(80, 0)));
	assert_int_equal(swap("v-1", "day", at(55, 0), "v-6", "v-6", "", WALL_NONE, at(2, 0)).state, ROTA_OPEN);
	assert_true(has("v-1", "day", at(55, 0)));
}

static void a_new_task_speaks_for_its_own_days_and_who_is_back_is_asked_again(void **state)
{
	const struct rota_span old[] = {{"v-3", at(10, 0), at(20, 0)}, {"v-3", at(30, 0), at(40, 0)},
		{"v-4", at(30, 0), at(40, 0)}},
			       fresh[] = {{"v-4", at(40, 0), at(50, 0)}, {"v-4", at(60, 0), at(70, 0)}};
	struct rota_blob blob;
	unsigned opened, gone = 0;

	(void)state;
	plan(old, 3, WALL_NONE, WALL_NONE, at(1, 0));
	plan(fresh, 2, at(30, 0), at(90, 0), at(1, 0));
	restart();
	assert_true(rota_away(rota, "v-3", at(15, 0))); /* of other days */
	assert_false(rota_away(rota, "v-3", at(35, 0)));
	assert_false(rota_away(rota, "v-4", at(35, 0)));
	assert_true(rota_away(rota, "v-4", at(45, 0)));
	assert_int_equal(rota_absent(rota, "t-1", "v-4", at(45, 0), at(45, 0), at(45, 0), &opened), ERR_OK);
	assert_false(rota_away(rota, "v-4", at(46, 0)));
	assert_true(rota_away(rota, "v-4", at(65, 0))); /* that has not begun */
	plan(NULL, 0, WALL_NONE, WALL_NONE, at(46, 0)); /* the roster is withdrawn */
	assert_false(rota_away(rota, "v-4", at(65, 0)));
	while (rota_dirty(rota, &blob)) {
		assert_int_equal(blob.length, 0);
		gone++;
	}
	assert_int_equal(gone, 3); /* what was over, too */
}

static void a_damaged_row_of_the_task_is_refused(void **state)
{
	const struct rota_span span = {"v-3", at(10, 0), at(20, 0)};
	struct rota_blob blob;

	(void)state;
	plan(&span, 1, WALL_NONE, WALL_NONE, at(1, 0));
	assert_true(rota_dirty(rota, &blob));
	assert_false(rota_dirty(rota, &(struct rota_blob){.length = 0}));
	for (size_t length = 0; length < blob.length; length++)
		assert_int_equal(rota_restore(rota, blob.id, blob.blob, length), ERR_CORRUPT);
	blob.blob[0]++;
	assert_int_equal(rota_restore(rota, blob.id, blob.blob, blob.length), ERR_VERSION);
}

static void a_roster_that_is_lost_ends_what_ran_about_it_and_captain_and_desk_know(void **state)
{
	struct rota_answer asked, wanted;
	struct duty_people people;
	unsigned bad;

	(void)state;
	put_two();
	asked = swap("v-1", "day", at(55, 0), "v-5", "v-1", "", WALL_NONE, at(1, 0));
	assert_int_equal(rota_cover(rota, "t-1", "night", at(67, 0), "v-2", at(1, 0), &wanted), ERR_OK);
	tick(at(50, 0)); /* v-1 has been reminded: the duty is watched */
	assert_non_null(told("v-1", NOTICE_TOMORROW));
	const char *helper = told("v-4", NOTICE_COVER_ASKED) ? "v-4" : "v-5";

	assert_int_equal(book_put(duty_book(duty), "t-1", NULL, 0, at(51, 0), &bad), ERR_OK);
	restart(); /* its duties are not in the book of the next start */
	notice_count = 0;
	assert_int_equal(rota_lost(rota, "t-1", at(51, 0)), ERR_OK);
	take_effects();
	assert_non_null(told("cap", NOTICE_ROSTER_LOST));
	assert_non_null(told("desk", NOTICE_ROSTER_LOST));
	assert_int_equal(reply(asked.id, "v-5", true, at(51, 1)).verdict, ROTA_LATE);
	assert_int_equal(reply(wanted.id, helper, true, at(51, 1)).verdict, ROTA_LATE);
	tick(at(60, 0)); /* nobody is asked whether they are reachable for a duty that is not in force */
	assert_null(told("v-1", NOTICE_REACHABLE));
	assert_int_equal(rota_gaps(rota), 0);
	duty_people_at(duty, "t-1", at(60, 0), &people);
	assert_int_equal(people.count, 8); /* as without a roster */
	notice_count = 0;
	put_two();
	assert_true(has("v-1", "day", at(55, 0)));
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
	team = memmem(blob.blob, blob.length, "t-1", 3);
	assert_non_null(team);
	*team = 0xff; /* no text: a notice that names it could not be written */
	assert_int_equal(rota_restore(rota, blob.id, blob.blob, blob.length), ERR_CORRUPT);
	*team = 't';
	assert_int_equal(rota_restore(rota, blob.id, blob.blob, blob.length), ERR_OK);
}

static void the_desk_is_told_of_what_cannot_be_read_each_thing_once(void **state)
{
	(void)state;
	assert_int_equal(rota_state_lost(rota, "incident", "一", "one", at(1, 0)), ERR_OK);
	assert_int_equal(rota_state_lost(rota, "errand", "二", "two", at(1, 0)), ERR_OK);
	take_effects(); /* which holds that no two have one id */
	assert_int_equal(notice_count, 2);
	assert_string_equal(told("desk", NOTICE_STATE_LOST)->text_en, "two");
	assert_string_equal(told("desk", NOTICE_STATE_LOST)->team, "none");
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
		T(who_is_busy_is_not_asked),
		T(an_absence_opens_duties_and_the_first_yes_has_them),
		T(when_nobody_takes_it_captain_and_desk_know_and_the_gap_has_a_name),
		T(when_nobody_of_the_team_is_left_teams_near_it_are_asked_and_the_captain_knows_why),
		T(another_team_s_skills_are_known_by_their_names),
		T(the_captain_knows_at_half_time_and_the_desk_when_it_begins),
		T(a_night_that_is_over_still_counts_after_a_new_roster),
		T(a_new_roster_fills_as_many_gaps_as_it_has_people),
		T(duties_are_recalled_and_who_does_not_answer_is_stood_in_for),
		T(who_cannot_come_and_keeps_the_duty_is_asked_again_when_it_begins),
		T(what_was_due_in_an_outage_is_told_once_and_the_nearest_alone),
		T(the_team_is_told_each_morning_and_each_week),
		T(a_new_roster_tells_those_whose_next_duty_moved_and_no_one_else),
		T(a_duty_of_somebody_who_has_left_is_open_a_day_ahead),
		T(who_has_said_so_is_away_but_for_a_duty_that_is_theirs_all_the_same),
		T(who_is_away_by_the_task_is_not_asked_and_a_restart_knows_it),
		T(a_duty_at_a_time_of_the_task_is_kept_and_nobody_takes_it_unasked),
		T(a_new_task_speaks_for_its_own_days_and_who_is_back_is_asked_again),
		T(a_damaged_row_of_the_task_is_refused),
		T(a_roster_that_is_lost_ends_what_ran_about_it_and_captain_and_desk_know),
		T(a_matter_that_nobody_could_be_told_of_is_refused),
		T(the_desk_is_told_of_what_cannot_be_read_each_thing_once),
		T(the_table_has_no_way_out_of_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
