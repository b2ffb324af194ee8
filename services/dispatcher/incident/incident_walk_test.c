/* SPDX-License-Identifier: MIT
 *
 * A seeded random walk: alerts, replies, shifts, changes of the directory, restarts, in any order, with these promises
 * looked at after every step:
 *
 *   1  a household has at most one open incident; what is over stays over, unless a person reopens it
 *   2  revisions count by one, and each event is legal from the state before it
 *   3  somebody has it: accepted and on site name one responder, the other states none; only they have a second one
 *   4  an open incident about a life has an answer, or a page that has not expired, or the desk's page
 *   5  a page is sent once; only what was sent is withdrawn; an accept leaves no other page standing, but of those who
 *      are asked to come too or to take over. The note to the desk about many homes stands for all of them
 *   6  a canary's pages go to the desk alone
 *   7  no timer is overdue after a tick, and none is lost: the next one is not after any open page's end
 *   8  a restart changes nothing
 *   9  cancelled is never about a life, unless it goes on as another that is as urgent; resolved has an outcome
 *  10  a silence has an end, is never about a life, and is over when its end has come
 *  11  everybody who comes was asked, or speaks for the desk
 *  12  what nobody has answered and only the desk has is asked about again if it is about a life: not before the time,
 *      not twice, and until somebody answers
 *
 * docs/incident.md has them for people. CURTAIN_SEED and CURTAIN_STEPS change the walk; the seed is printed when it
 * fails.
 */
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
#include "incident_world.h"
#include "dispatcher/table.h"

#define LIVE_PAGES_MAX 64
#define AGAIN_LATEST_MS (10 * POLICY_AGAIN_LIFE_S * MS_PER_SECOND)
#define HOUSEHOLDS 6
#define ALERTS_MAX 8

struct live_page {
	struct page page;
	bool declined;
};

struct tracked {
	UT_hash_handle hh;
	char id[ID_BYTES];
	struct incident last;
	struct wall left; /* when it went to the desk, or all were asked again */
	struct live_page pages[LIVE_PAGES_MAX];
	unsigned page_count;
};

struct page_seen {
	UT_hash_handle hh;
	char id[ID_BYTES];
};

static struct world w;
static uint64_t dice_state;
static unsigned long seed, step_number;
static struct tracked *tracked;
static struct page_seen *seen;
static const char *const households[HOUSEHOLDS] = {"h-1", "h-2", "h-canary", "h-3", "h-4", "h-unknown"};
static const char *const people[] = {"v-1", "v-2", "v-3", "cap", "desk", "fallback", "eve"};
static struct alert alerts[HOUSEHOLDS][ALERTS_MAX];
static unsigned alert_number;
static unsigned long again_count;
static unsigned long events[INCIDENT_EVENT_COUNT];

#define PROMISE(number, condition)                                                                                     \
	do {                                                                                                           \
		if (!(condition))                                                                                      \
			fail_msg("promise %d broken at step %lu, CURTAIN_SEED=%lu: %s", number, step_number, seed,     \
				#condition);                                                                           \
	} while (0)

static uint32_t dice(uint32_t sides) /* xorshift64* (Vigna 2016) */
{
	dice_state ^= dice_state >> 12;
	dice_state ^= dice_state << 25;
	dice_state ^= dice_state >> 27;
	return (uint32_t)((dice_state * UINT64_C(2685821657736338717)) >> 33) % sides;
}

/* ---- what the effects say ---- */

static struct tracked *track(const struct incident *i)
{
	struct tracked *t;

	HASH_FIND_STR(tracked, i->id, t);
	if (t)
		return t;
	for (struct tracked *other = tracked; other; other = other->hh.next)
		PROMISE(1, incident_over(other->last.state) || strcmp(other->last.household, i->household) != 0);
	PROMISE(2, i->revision == 1 && i->event == INCIDENT_EVENT_RAISED && i->state == INCIDENT_RAISED);
	t = calloc(1, sizeof *t);
	assert_non_null(t);
	text_cut(t->id, sizeof t->id, i->id);
	HASH_ADD_STR(tracked, id, t);
	return t;
}

static bool has_responder(enum incident_state state)
{
	return state == INCIDENT_ACCEPTED || state == INCIDENT_ON_SITE || state == INCIDENT_RESOLVED;
}

static bool was_asked(const struct tracked *t, const char *user)
{
	for (unsigned n = 0; n < t->page_count; n++)
		if (!strcmp(t->pages[n].page.user, user))
			return true;
	return false;
}

static void drop_page(struct tracked *t, const char *user)
{
	for (unsigned n = 0; n < t->page_count; n++)
		if (!strcmp(t->pages[n].page.user, user))
			t->pages[n] = t->pages[--t->page_count];
}

static void see_snapshot(const struct incident *i)
{
	struct tracked *t = track(i);

	if (i->revision > 1) {
		PROMISE(2, i->revision == t->last.revision + 1);
		PROMISE(2, incident_next_state(t->last.state, i->event) == i->state);
	}
	PROMISE(1, i->revision == 1 || !incident_over(t->last.state) || i->event == INCIDENT_EVENT_REOPENED ||
			   i->event == INCIDENT_EVENT_NOTED);
	PROMISE(3, !i->second[0] || has_responder(i->state));
	PROMISE(3, !i->second[0] || strcmp(i->second, i->responder) != 0);
	PROMISE(3, has_responder(i->state) == (i->responder[0] != '\0'));
	PROMISE(9, i->state != INCIDENT_CANCELLED || i->level != ALERT_LIFE || i->into[0]);
	PROMISE(9, (i->event == INCIDENT_EVENT_MERGED || i->event == INCIDENT_EVENT_NOTED) || !i->into[0]);
	PROMISE(10, (i->state == INCIDENT_HELD) == wall_is_set(i->until));
	PROMISE(10, i->event != INCIDENT_EVENT_HELD || i->until.ms > i->at.ms);
	PROMISE(11, i->event != INCIDENT_EVENT_SECOND_COMING || was_asked(t, i->actor));
	PROMISE(9, (i->state == INCIDENT_RESOLVED) == (i->outcome != OUTCOME_NONE));
	t->last = *i;
	if (i->event == INCIDENT_EVENT_ESCALATED)
		t->left = i->at;
	events[i->event]++;
	if (i->event == INCIDENT_EVENT_RESOLVED) { /* theirs has served */
		drop_page(t, i->responder);
		drop_page(t, i->second);
	}
	if (i->event == INCIDENT_EVENT_DECLINED || i->event == INCIDENT_EVENT_REFUSED)
		for (unsigned n = 0; n < t->page_count; n++)
			if (!strcmp(t->pages[n].page.user, i->actor))
				t->pages[n].declined = true;
}

static void see_page(const struct page *page)
{
	struct page_seen *one;
	struct tracked *t;
	unsigned n = 0;

	HASH_FIND_STR(tracked, page->incident, t);
	PROMISE(5, t != NULL);
	PROMISE(6, strcmp(page->household, "h-canary") != 0 || page->role == PAGE_DESK);
	HASH_FIND_STR(seen, page->id, one);
	while (n < t->page_count && strcmp(t->pages[n].page.user, page->user) != 0)
		n++;
	if (page->withdrawn) {
		PROMISE(5, one != NULL);
		if (n < t->page_count && !strcmp(t->pages[n].page.id, page->id))
			t->pages[n] = t->pages[--t->page_count];
		return;
	}
	PROMISE(5, one == NULL);
	if (page->note[0] && strstr(page->note, "nobody has answered yet")) {
		PROMISE(12, t->last.state == INCIDENT_ESCALATED && t->last.level == ALERT_LIFE);
		PROMISE(12, page->at.ms - t->left.ms >= POLICY_AGAIN_LIFE_S * MS_PER_SECOND);
		PROMISE(12, n == t->page_count || t->pages[n].page.at.ms < page->at.ms);
		/* the desk, which takes it from somebody or hands it back, is still the last */
		PROMISE(12, n == t->page_count || !t->pages[n].declined || page->role == PAGE_DESK);
		again_count++;
	}
	one = calloc(1, sizeof *one);
	assert_non_null(one);
	text_cut(one->id, sizeof one->id, page->id);
	HASH_ADD_STR(seen, id, one);
	if (page->role == PAGE_DESK && t->last.event == INCIDENT_EVENT_HELD)
		return; /* the note */
	assert_true(n < LIVE_PAGES_MAX);
	t->page_count += n == t->page_count;
	t->pages[n] = (struct live_page){.page = *page};
}

static void see(const struct incident_effect *effect, struct wall now)
{
	(void)now;
	if (effect->kind == INCIDENT_SNAPSHOT)
		see_snapshot(&effect->as.snapshot);
	else if (effect->kind == INCIDENT_PAGE)
		see_page(&effect->as.page);
}

/* ---- the promises ---- */

static bool going(enum incident_state state)
{
	return state == INCIDENT_ACCEPTED || state == INCIDENT_ON_SITE;
}

static bool beside_role(enum page_role role)
{
	return role == PAGE_SECOND || role == PAGE_KEY || role == PAGE_RELIEF;
}

static bool stands(const struct live_page *p, struct wall now)
{
	return !p->declined && (!wall_is_set(p->page.expires) || p->page.expires.ms > now.ms);
}

static void check_one(const struct tracked *t, struct wall now, struct wall due)
{
	const struct incident *i = &t->last;
	bool anybody = has_responder(i->state);

	for (unsigned n = 0; n < t->page_count; n++) {
		const struct live_page *p = &t->pages[n];
		anybody = anybody || stands(p, now);
		bool comes = !strcmp(p->page.user, i->responder) || !strcmp(p->page.user, i->second);
		bool beside = beside_role(p->page.role);
		if (stands(p, now) && wall_is_set(p->page.expires) &&
			(i->state == INCIDENT_PAGING || (going(i->state) && beside && !comes)))
			PROMISE(7, due.ms <= p->page.expires.ms);
		if (has_responder(i->state) && p->page.role != PAGE_DESK && !p->declined && !beside)
			PROMISE(5, comes);
		if (incident_over(i->state) && !p->declined && !comes)
			PROMISE(5, !stands(p, now));
	}
	if (i->state == INCIDENT_ESCALATED && i->level == ALERT_LIFE && strcmp(i->household, "h-canary") != 0)
		PROMISE(12, due.ms <= t->left.ms + AGAIN_LATEST_MS);
	if (i->state == INCIDENT_HELD)
		PROMISE(10, i->level != ALERT_LIFE && due.ms <= i->until.ms && i->until.ms > now.ms);
	if (!incident_over(i->state) && i->level == ALERT_LIFE)
		PROMISE(4, anybody);
}

static void check(struct wall now)
{
	struct wall due = incident_due(w.core);
	struct tracked *t, *next;
	uint32_t open = 0;

	PROMISE(7, due.ms > now.ms);
	HASH_ITER(hh, tracked, t, next)
	{
		check_one(t, now, due);
		open += !incident_over(t->last.state);
		if (incident_over(t->last.state) && now.ms - t->last.at.ms > w.config.keep_ms) {
			HASH_DEL(tracked, t);
			free(t);
		}
	}
	assert_int_equal(incident_open_count(w.core), open);
}

static bool same(const struct incident *a, const struct incident *b)
{
	struct buf one, two;

	buf_init(&one, CODEC_MESSAGE_BYTES_MAX);
	buf_init(&two, CODEC_MESSAGE_BYTES_MAX);
	assert_int_equal(codec_incident_encode(a, &one), ERR_OK);
	assert_int_equal(codec_incident_encode(b, &two), ERR_OK);
	bool equal = !strcmp(one.data, two.data);
	buf_fini(&one);
	buf_fini(&two);
	return equal;
}

static void restart(struct wall now)
{
	static struct incident before[HOUSEHOLDS + 2];
	char id[ID_BYTES] = "";
	struct incident after;
	unsigned count = 0;
	struct wall due = incident_due(w.core);

	while (incident_walk(w.core, id, &before[count]))
		count++;
	world_restart(&w, now);
	world_tick(&w, now); /* on-call is told again; nothing else may happen */
	PROMISE(8, !*w.trace);
	PROMISE(8, incident_due(w.core).ms == due.ms);
	*id = '\0';
	for (unsigned n = 0; n < count; n++) {
		PROMISE(8, incident_walk(w.core, id, &after));
		PROMISE(8, same(&after, &before[n]));
	}
	PROMISE(8, !incident_walk(w.core, id, &after));
}

/* ---- the steps ---- */

static void step_alert(struct wall now)
{
	unsigned h = dice(HOUSEHOLDS);
	struct alert *alert = &alerts[h][dice(ALERTS_MAX)];
	char id[ID_BYTES];

	if (!alert->id[0] || !dice(4)) {
		static const enum alert_level levels[] = {
			ALERT_LIFE, ALERT_ALARM, ALERT_ALARM, ALERT_ATTENTION, ALERT_ATTENTION, ALERT_MAINTENANCE};
		snprintf(id, sizeof id, "a-%u", alert_number++);
		*alert = world_alert(id, households[h], levels[dice(6)]);
	} else if (dice(5) || now.ms - alert->at.ms >= w.config.keep_ms) {
		alert->revision += 1;
		alert->state = dice(3) ? ALERT_CLEARED : ALERT_UPDATED;
		if (!dice(4) && alert->level > ALERT_LIFE)
			alert->level--;
	} else {
		world_feed(&w, alert,
			now); /* once more, as long as it is remembered: lanes deliver once, but producers may err */
		return;
	}
	alert->at = now;
	world_feed(&w, alert, now);
}

/* beside_answers: somebody who was asked to come too, or to take over, says yes or no, where there is such a one. */
static bool beside_answers(struct wall now)
{
	for (const struct tracked *t = tracked; t; t = t->hh.next) {
		for (unsigned n = 0; n < t->page_count && going(t->last.state); n++) {
			const struct page *page = &t->pages[n].page;
			if (!beside_role(page->role) || !stands(&t->pages[n], now) ||
				!strcmp(t->last.second, page->user))
				continue;
			struct reply reply = {.action = dice(2) ? REPLY_ACCEPT : REPLY_DECLINE, .at = now};
			text_cut(reply.incident, sizeof reply.incident, t->id);
			text_cut(reply.user, sizeof reply.user, page->user);
			world_reply_as(&w, &reply, false, now);
			return true;
		}
	}
	return false;
}

/* aim picks an incident in a state in which the reply makes sense, if there is one. */
static void aim(struct reply *reply)
{
	enum incident_state state = INCIDENT_ACCEPTED;

	if (reply->action < REPLY_ON_THE_WAY || reply->action == REPLY_NOTE)
		return;
	if (reply->action == REPLY_RELEASE)
		state = INCIDENT_HELD;
	if (reply->action == REPLY_MERGE || reply->action == REPLY_SILENCE)
		state = INCIDENT_PAGING;
	if (reply->action == REPLY_REOPEN)
		state = INCIDENT_RESOLVED;
	for (const struct tracked *t = tracked; t; t = t->hh.next) {
		if (t->last.state != state)
			continue;
		text_cut(reply->incident, sizeof reply->incident, t->id);
		*reply->page = '\0';
		if (state == INCIDENT_ACCEPTED)
			text_cut(reply->user, sizeof reply->user, t->last.responder);
	}
}

static void step_reply(struct wall now)
{
	struct reply reply = {.action = (enum reply_action)(dice(2)   ? dice(4)
							    : dice(8) ? dice(REPLY_ACTION_COUNT)
								      : REPLY_HAND_OVER),
		.at = now};
	struct tracked *t = tracked, *other = tracked;

	if (dice(3) == 1 && beside_answers(now))
		return;
	for (uint32_t skip = dice(HASH_COUNT(tracked) + 1); skip && t; skip--)
		t = t->hh.next;
	text_cut(reply.incident, sizeof reply.incident, t ? t->id : "i-none");
	text_cut(reply.user, sizeof reply.user, people[dice(sizeof people / sizeof *people)]);
	if (t && t->page_count && dice(2)) { /* somebody who was really asked */
		const struct page *page = &t->pages[dice(t->page_count)].page;
		text_cut(reply.user, sizeof reply.user, page->user);
		if (dice(2))
			text_cut(reply.page, sizeof reply.page, page->id);
	}
	if (!dice(10))
		text_cut(reply.page, sizeof reply.page, "p-forged");
	if (reply.action == REPLY_DONE)
		reply.outcome = (enum outcome)(1 + dice(OUTCOME_COUNT - 1));
	for (uint32_t skip = dice(HASH_COUNT(tracked) + 1); skip && other; skip--)
		other = other->hh.next;
	if (reply.action == REPLY_ON_THE_WAY || reply.action == REPLY_SILENCE || (!dice(3) && !reply.action))
		reply.minutes = 1 + dice(40);
	aim(&reply);
	if (reply.action == REPLY_HAND_OVER)
		text_cut(reply.to, sizeof reply.to, people[dice(sizeof people / sizeof *people)]);
	if (reply.action == REPLY_MERGE)
		text_cut(reply.to, sizeof reply.to, other ? other->id : "i-none");
	if (reply.action == REPLY_NOTE)
		text_cut(reply.note, sizeof reply.note, "a note");
	assert_null(reply_misfit(&reply));
	world_reply_as(&w, &reply, reply.action < REPLY_ON_THE_WAY ? !dice(20) : dice(2), now);
}

static void step_directory(struct wall now)
{
	const char *user = people[dice(3)];

	switch (dice(6)) {
	case 0:
		world_forget(&w, ENTRY_VOLUNTEER, user, now);
		break;
	case 1:
		world_team(&w, dice(2) ? "cap" : "", dice(3) ? "desk" : "", now);
		break;
	case 2:
		world_policy(&w, "h-3", dice(2), now);
		break;
	case 3:
		if (dice(3))
			world_household(&w, "h-4", "", false, now);
		else
			world_forget(&w, ENTRY_HOUSEHOLD, "h-4", now);
		break;
	default:
		world_person(&w, user, dice(3) > 0, dice(3) > 0, (uint8_t)dice(3), now);
	}
	world_tick(&w, now);
}

static struct wall step_time(struct wall now)
{
	struct wall due = incident_due(w.core);

	switch (dice(8)) {
	case 0: /* an outage: much is overdue */
		now = wall_plus(now, (int64_t)dice(7200) * MS_PER_SECOND);
		break;
	case 1:
	case 2:
	case 3:
		now = wall_plus(now, dice(90000));
		break;
	default:
		if (due.ms != WALL_NEVER.ms && due.ms > now.ms && due.ms - now.ms < MS_PER_DAY)
			now = wall_plus(due, dice(2) ? 0 : -1);
	}
	world_tick(&w, now);
	return now;
}

static void random_walk_keeps_the_promises(void **state)
{
	const char *given = getenv("CURTAIN_SEED"), *steps = getenv("CURTAIN_STEPS");
	unsigned long count = steps ? strtoul(steps, NULL, 10) : 100000;
	struct wall now = world_at("2026-03-02T12:00:00");
	struct tracked *t, *next;
	struct page_seen *one, *after;

	(void)state;
	seed = given ? strtoul(given, NULL, 10) : 20260302;
	dice_state = seed * 2 + 1;
	world_open(&w);
	w.watch = see;
	w.config.storm_homes = 3;
	w.config.storm_window_ms = 10 * MS_PER_MINUTE;
	w.config.storm_hold_ms = 30 * MS_PER_MINUTE;
	w.config.storm_linger_ms = 30 * MS_PER_SECOND;
	incident_core_configure(w.core, &w.config);
	world_tick(&w, now);
	for (step_number = 0; step_number < count; step_number++) {
		uint32_t what = dice(100);
		if (what < 30)
			step_alert(now);
		else if (what < 65)
			step_reply(now);
		else if (what < 70)
			step_directory(now);
		else
			now = step_time(now);
		check(now);
		if (!dice(200))
			restart(now);
	}
	print_message("%lu steps, seed %lu: %u alerts, %u pages;", count, seed, alert_number, HASH_COUNT(seen));
	for (int i = 0; i < INCIDENT_EVENT_COUNT; i++) {
		print_message(" %s %lu", incident_event_name((enum incident_event)i), events[i]);
		assert_true(events[i] > count / 2000); /* the walk comes by everything */
	}
	print_message("\n");
	print_message("asked again %lu\n", again_count);
	assert_true(again_count > count / 2000);
	assert_true(HASH_COUNT(seen) > count / 10); /* the walk goes somewhere */
	HASH_ITER(hh, tracked, t, next)
	{
		HASH_DEL(tracked, t);
		free(t);
	}
	HASH_ITER(hh, seen, one, after)
	{
		HASH_DEL(seen, one);
		free(one);
	}
	world_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(random_walk_keeps_the_promises)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
