/* SPDX-License-Identifier: MIT
 *
 * rota_rig: a team of eight with a captain and a desk for each test of the rota, and short words for what happens in
 * it. Times count from a Monday; all of it asserts (cmocka). In the header, since each program of tests has its own.
 */
#ifndef CURTAIN_DISPATCHER_ROTA_RIG_H
#define CURTAIN_DISPATCHER_ROTA_RIG_H

#include <stdio.h>

#include "base/text.h"
#include "dispatcher/rota/rota.h"

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

static inline struct wall at(int64_t hours, int64_t minutes)
{
	return (struct wall){4 * MS_PER_DAY + hours * HOUR + minutes * MINUTE}; /* from Monday, 1970-01-05 */
}

static inline bool veto(const void *context, const char *team)
{
	(void)context;
	(void)team;
	return captain_decides;
}

static inline bool busy(const void *context, const char *user)
{
	(void)context;
	(void)user;
	return is_busy;
}

static inline void happened(const void *context, const char *team, struct wall since, bool english, struct buf *out)
{
	(void)context;
	(void)team;
	(void)since;
	assert_int_equal(buf_text(out, english ? "1 open" : "未结 1 件"), ERR_OK);
}

static inline void give_person(const char *user, const char *team, uint8_t order)
{
	struct entry e = {.kind = ENTRY_VOLUNTEER, .seq = 1};

	text_cut(e.key, sizeof e.key, user);
	text_cut(e.body.volunteer.team, ID_BYTES, team);
	e.body.volunteer.day = e.body.volunteer.night = true;
	e.body.volunteer.weekdays = 127;
	e.body.volunteer.order = order;
	assert_int_equal(duty_entry(duty, &e), ERR_OK);
}

static inline void take_effects(void)
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

static inline const struct duty_notice *told(const char *user, enum notice_kind kind)
{
	for (unsigned i = notice_count; i-- > 0;)
		if (!strcmp(notices[i].user, user) && notices[i].kind == kind)
			return &notices[i];
	return NULL;
}

static inline void tick(struct wall now)
{
	for (unsigned turn = 0; rota_due(rota, now).ms <= now.ms; turn++) {
		assert_true(turn < 100); /* what is due is done once */
		assert_int_equal(rota_tick(rota, now), ERR_OK);
		take_effects();
	}
}

static inline int set_up(void **state)
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

static inline int tear_down(void **state)
{
	(void)state;
	rota_destroy(rota);
	duty_destroy(duty);
	zone_destroy(zone);
	return 0;
}

/* put_two: v-1 has a day and v-2 a night of Wednesday, v-3 the backup of that night, v-4 a day of Friday. */
static inline void put_two(void)
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

static inline bool has(const char *user, const char *shift, struct wall from)
{
	return book_find(duty_rosters(duty), "t-1", shift, from, user) != NULL;
}

/* restart: another core out of what the store holds */
static inline void restart(void)
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

static inline struct rota_answer swap(const char *user, const char *shift, struct wall from, const char *to,
	const char *by, const char *back_shift, struct wall back_from, struct wall now)
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

static inline struct rota_answer reply(const char *id, const char *user, bool yes, struct wall now)
{
	struct rota_answer answer;

	assert_int_equal(rota_reply(rota, id, user, yes, now, &answer), ERR_OK);
	take_effects();
	return answer;
}

#endif
