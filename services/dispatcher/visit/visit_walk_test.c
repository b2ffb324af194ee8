/* SPDX-License-Identifier: MIT
 *
 * A random walk of the visit core: entries, replies, requests, time and restarts, held after every step against the
 * invariants of docs/visit.md. A second core is restarted from its store again and again and must say the same.
 *
 * visit_walk_test [SEED [STEPS]]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/day.h"
#include "base/text.h"
#include "visit_rig.h"

#define HOMES 7
#define PEOPLE 6
#define STORE_MAX 6000
#define KNOWN_MAX 6000

static uint64_t seed = 20260302;
static unsigned steps = 12000;
static uint64_t dice_state;

static unsigned dice(unsigned sides)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(dice_state >> 33) % sides;
}

/* ---- the directory of both cores ---- */

struct directory {
	struct entry homes[HOMES], cares[HOMES], people[PEOPLE], offers[PEOPLE], services[2];
};
static struct directory directory;

static struct entry random_care(unsigned i)
{
	static const char *const languages[] = {"mandarin", "shaanxi"};
	char household[ID_BYTES];
	struct entry entry;

	snprintf(household, sizeof household, "h-%u", i);
	entry = rig_care(household, dice(30) / 10.0, (uint16_t)(1 + dice(6)));
	entry.body.care.language_count = (uint8_t)dice(2);
	text_cut(entry.body.care.languages[0], WORD_BYTES, languages[dice(2)]);
	entry.body.care.sex = dice(4) ? SEX_NOT_SAID : SEX_WOMAN;
	if (!dice(4))
		text_cut(entry.body.care.wanted, ID_BYTES, "v-1");
	if (!dice(4))
		snprintf(entry.body.care.unwanted[entry.body.care.unwanted_count++], ID_BYTES, "v-%u", dice(PEOPLE));
	return entry;
}

static struct entry random_offer(unsigned i)
{
	char user[ID_BYTES];
	struct entry entry;

	snprintf(user, sizeof user, "v-%u", i);
	entry = rig_companion(user, dice(30) / 10.0, (uint8_t)(2 + dice(5)));
	entry.body.companion.language_count = 2;
	text_cut(entry.body.companion.languages[0], WORD_BYTES, "mandarin");
	text_cut(entry.body.companion.languages[1], WORD_BYTES, i % 2 ? "shaanxi" : "english");
	entry.body.companion.sex = i % 3 ? SEX_WOMAN : SEX_MAN;
	entry.body.companion.parts = (uint8_t)(1 + dice(DAY_PARTS_ALL));
	return entry;
}

static struct entry home_entry(unsigned i)
{
	struct entry entry = {.kind = ENTRY_HOUSEHOLD, .seq = 1};

	snprintf(entry.key, sizeof entry.key, "h-%u", i);
	text_cut(entry.body.household.community, ID_BYTES, "c-1");
	text_cut(entry.body.household.team, ID_BYTES, "t-1");
	entry.body.household.away_from = entry.body.household.away_until = WALL_NONE;
	return entry;
}

static void make_directory(void)
{
	for (unsigned i = 0; i < HOMES; i++) {
		directory.homes[i] = home_entry(i);
		directory.cares[i] = random_care(i);
	}
	for (unsigned i = 0; i < PEOPLE; i++) {
		directory.people[i] = (struct entry){.kind = ENTRY_VOLUNTEER, .seq = 1};
		snprintf(directory.people[i].key, DEVICE_BYTES, "v-%u", i);
		text_cut(directory.people[i].body.volunteer.team, ID_BYTES, "t-1");
		directory.offers[i] = random_offer(i);
	}
	for (unsigned i = 0; i < 2; i++) {
		struct entry *service = &directory.services[i];
		*service = (struct entry){.kind = ENTRY_SERVICE, .seq = 1};
		text_cut(service->key, sizeof service->key, i ? "medical-2" : "meals-2");
		service->body.service.provider_count = (uint8_t)(2 - i);
		text_cut(service->body.service.providers[0], ID_BYTES, "p-1");
		text_cut(service->body.service.providers[1], ID_BYTES, "p-2");
		service->body.service.teams = !i;
	}
}

static void teach(struct rig *rig, struct wall now)
{
	for (unsigned i = 0; i < 2; i++)
		rig_entry(rig, &directory.services[i], now);
	for (unsigned i = PEOPLE; i-- > 0;) {
		rig_entry(rig, &directory.offers[i], now);
		rig_entry(rig, &directory.people[i], now);
	}
	for (unsigned i = HOMES; i-- > 0;) {
		rig_entry(rig, &directory.cares[i], now);
		rig_entry(rig, &directory.homes[i], now);
	}
}

/* ---- what is watched of each effect ---- */

struct known {
	char id[ID_BYTES];
	uint32_t revision;
	enum errand_state state;
	uint8_t climb;
};
static struct known known[KNOWN_MAX];
static unsigned known_count, offers_made, misses, tasks_made, restarts;

static struct known *known_of(const char *id)
{
	for (unsigned i = known_count; i-- > 0;)
		if (!strcmp(known[i].id, id))
			return &known[i];
	assert_true(known_count < KNOWN_MAX);
	text_cut(known[known_count].id, ID_BYTES, id);
	return &known[known_count++];
}

static void watch(struct rig *rig, const struct visit_effect *effect, struct wall now)
{
	const struct errand *e = &effect->errand;
	struct known *was = known_of(e->id);

	assert_int_equal(e->revision, was->revision + 1);
	if (e->revision == 1)
		assert_int_equal(e->event, ERRAND_EVENT_OPENED);
	else
		assert_int_equal(e->state, visit_next_state(was->state, e->event));
	assert_true(e->kind != ERRAND_TASK || (e->state != ERRAND_MISSED && e->state != ERRAND_OFFERED));
	assert_true(e->from.ms <= e->until.ms);
	assert_int_equal(e->at.ms, now.ms);
	assert_true(e->climb >= was->climb || e->event == ERRAND_EVENT_MOVED || e->event == ERRAND_EVENT_STARTED);
	assert_true(e->event != ERRAND_EVENT_CLIMBED || e->climb > was->climb);
	assert_true(e->state != ERRAND_REFUSED || *e->note);
	assert_true(e->state != ERRAND_OPEN || !(*e->assignee || *e->provider));
	assert_true(e->state < ERRAND_OFFERED || e->state > ERRAND_UNDER_WAY || *e->assignee || *e->provider);
	if (e->event == ERRAND_EVENT_OFFERED && *e->assignee) {
		assert_true(e->from.ms >= now.ms + MS_PER_HOUR);
		offers_made++;
	}
	misses += e->event == ERRAND_EVENT_MISSED;
	tasks_made += e->kind == ERRAND_TASK && e->event == ERRAND_EVENT_OPENED;
	was->revision = e->revision;
	was->state = e->state;
	was->climb = e->climb;
	(void)rig;
}

/* ---- the second core's store ---- */

static struct visit_blob *store;
static unsigned store_count;

static void save(struct rig *rig)
{
	static struct visit_blob blob;

	while (visit_dirty(rig->core, &blob)) {
		unsigned i = 0;
		while (i < store_count && (store[i].row != blob.row || strcmp(store[i].id, blob.id) != 0))
			i++;
		if (!blob.length && i < store_count)
			store[i] = store[--store_count];
		else if (blob.length && i == store_count)
			assert_true(++store_count <= STORE_MAX);
		if (blob.length)
			store[i] = blob;
	}
}

static void restart(struct rig *rig)
{
	struct wall now = rig->now;
	enum visit_verdict verdict = rig->verdict;

	save(rig);
	rig_close(rig);
	rig_open(rig);
	teach(rig, (struct wall){0}); /* as the shell does, before its clock is known */
	for (unsigned i = store_count; i-- > 0;)
		assert_int_equal(visit_restore(rig->core, &store[i]), ERR_OK);
	rig->now = now;
	rig->verdict = verdict;
	restarts++;
}

/* ---- one step, the same for both ---- */

static struct rig one, two;
static struct wall clock_now;

static int by_id(const void *left, const void *right)
{
	return strcmp((*(const struct errand *const *)left)->id, (*(const struct errand *const *)right)->id);
}

/* pick_errand gives one at random, live ones more often. */
static const struct errand *pick_errand(void)
{
	static const struct errand *list[KNOWN_MAX];
	const struct errand *e;
	unsigned count = 0;
	uint32_t at = 0;

	while ((e = visit_walk(one.core, &at)))
		if (e->state < ERRAND_DONE || e->at.ms > clock_now.ms - 2 * MS_PER_DAY)
			list[count++] = e;
	if (!count)
		return NULL;
	qsort(list, count, sizeof *list, by_id);
	return list[dice(count)];
}

static void say(void)
{
	static const char *const others[] = {"cap", "desk", "v-0", "v-1", "p-1"};
	const struct errand *e = pick_errand();
	struct visit_reply reply;

	if (!e)
		return;
	reply = rig_words(dice(4) ? (*e->assignee          ? e->assignee
					    : *e->provider ? e->provider
							   : "cap")
				  : others[dice(5)],
		(enum visit_action)dice(VISIT_ACTION_COUNT), e->id, clock_now);
	if (e->state == ERRAND_OFFERED && dice(2))
		reply.action = VISIT_ACCEPT;
	if (dice(2))
		text_cut(reply.note, sizeof reply.note, "备注");
	if (reply.action == VISIT_MOVE || !dice(6)) {
		reply.from = wall_plus(clock_now, (int64_t)dice(72) * MS_PER_HOUR);
		reply.until = wall_plus(reply.from, (int64_t)(dice(5) + 1) * MS_PER_HOUR - MS_PER_HOUR * 1);
	}
	if (reply.action == VISIT_ACCEPT && !dice(4))
		snprintf(reply.to, sizeof reply.to, "v-%u", dice(PEOPLE + 1));
	if (reply.action == VISIT_ANSWER || (reply.action == VISIT_FINISH && dice(2))) {
		reply.answer_count = 2;
		reply.answers[0] = (struct errand_answer){"gas", dice(2) ? ERRAND_FINDING : ERRAND_OK, ""};
		if (reply.answers[0].answer == ERRAND_FINDING)
			text_cut(reply.answers[0].word, WORD_BYTES, "hose_old");
		reply.answers[1] = (struct errand_answer){"medicine", dice(3) ? ERRAND_OK : ERRAND_NOT_ASKED, ""};
	}
	rig_reply(&one, &reply, false, clock_now);
	rig_reply(&two, &reply, false, clock_now);
}

static void ask(void)
{
	static const char *const whats[] = {"meals-2", "medical-2", "chat", "three"};
	struct visit_request request = {.from = WALL_NONE, .until = WALL_NONE};

	snprintf(request.household, sizeof request.household, "h-%u", dice(HOMES));
	text_cut(request.what, sizeof request.what, whats[dice(4)]);
	text_cut(request.user, sizeof request.user, "desk");
	rig_ask(&one, &request, clock_now);
	rig_ask(&two, &request, clock_now);
}

static void change_directory(void)
{
	unsigned i = dice(HOMES), p = dice(PEOPLE);
	struct entry *changed = dice(2) ? &directory.cares[i] : dice(2) ? &directory.offers[p] : &directory.homes[i];

	if (!dice(4)) /* somebody leaves, or comes back */
		changed = dice(2) ? &directory.people[p] : &directory.homes[i];
	if (changed == &directory.people[p] || (changed == &directory.homes[i] && (changed->deleted || !dice(3))))
		changed->deleted = !changed->deleted;
	else if (changed == &directory.cares[i])
		*changed = random_care(i);
	else if (changed == &directory.offers[p])
		*changed = random_offer(p);
	else if (wall_is_set(changed->body.household.away_until))
		*changed = home_entry(i);
	else
		changed->body.household.away_until = wall_plus(clock_now, (int64_t)dice(10) * MS_PER_DAY + 1);
	rig_entry(&one, changed, clock_now);
	rig_entry(&two, changed, clock_now);
	*one.trace = *two.trace = *one.told = *two.told = '\0';
}

/* ---- the morning ---- */

static int32_t told_days[PEOPLE + 1], looked_day; /* of people: the captain is the last */
static unsigned days_told;

static int32_t *told_day_of(const char *user)
{
	return &told_days[!strcmp(user, "cap") ? PEOPLE : (unsigned)(user[2] - '0')];
}

/* read: once a day, and nobody without stops. */
static void read_day(struct rig *rig, const char *user, struct wall now)
{
	static struct duty_notice notice;
	int32_t day = visit_day_of(rig->core, now), *told = told_day_of(user);

	assert_true(zone_to_civil(rig->zone, now).hour >= 7);
	assert_true(day > *told);
	assert_true(visit_day_notice(rig->core, user, now, &notice));
	assert_string_equal(notice.user, user);
	*told = day;
	days_told++;
}

/* morning_told: after the first tick of a day whose morning has come everybody who has stops knows them. */
static void morning_told(void)
{
	int32_t day = visit_day_of(one.core, clock_now);
	struct visit_stop stops[1];
	double km;

	if (day == looked_day || zone_to_civil(one.zone, clock_now).hour < 7)
		return;
	looked_day = day;
	for (unsigned i = 0; i <= PEOPLE; i++) {
		char user[ID_BYTES];
		snprintf(user, sizeof user, i < PEOPLE ? "v-%u" : "cap", i);
		assert_true(!visit_day(one.core, user, day, stops, 1, &km) || told_days[i] == day);
	}
}

static void pass_time(void)
{
	struct wall due = visit_due(one.core);

	if (dice(3) && due.ms != WALL_NEVER.ms)
		clock_now = due.ms > clock_now.ms ? due : clock_now;
	else
		clock_now = wall_plus(clock_now, (int64_t)dice(600) * MS_PER_MINUTE);
	rig_tick(&one, clock_now);
	rig_tick(&two, clock_now);
	assert_true(visit_due(one.core).ms > clock_now.ms);
	morning_told();
}

static void hold_invariants(void)
{
	unsigned live_visits[HOMES] = {0}, day_count[PEOPLE] = {0};
	int32_t day = visit_day_of(one.core, clock_now) + 1 + (int32_t)dice(4);
	const struct errand *e;
	uint32_t at = 0;

	while ((e = visit_walk(one.core, &at))) {
		if (e->kind == ERRAND_VISIT && e->state < ERRAND_DONE)
			assert_int_equal(++live_visits[e->household[2] - '0'], 1);
		if (e->state == ERRAND_OFFERED && *e->assignee && visit_day_of(one.core, e->from) == day)
			day_count[e->assignee[2] - '0']++;
	}
	for (unsigned i = 0; i < PEOPLE; i++)
		assert_true(day_count[i] <= one.rules.day_max);
}

static void all_invariants_hold_at_every_step(void **state)
{
	(void)state;
	dice_state = seed;
	store = calloc(STORE_MAX, sizeof *store);
	assert_non_null(store);
	clock_now = rig_at("2026-03-02T07:00:00");
	make_directory();
	rig_open(&one);
	rig_open(&two);
	one.watch = watch;
	one.read = read_day;
	teach(&one, clock_now);
	teach(&two, clock_now);
	for (unsigned step = 0; step < steps; step++) {
		unsigned what = dice(100);
		if (what < 55)
			say();
		else if (what < 60)
			ask();
		else if (what < 64)
			change_directory();
		else
			pass_time();
		if (strcmp(one.trace, two.trace) != 0)
			fail_msg("seed %llu step %u: \"%s\" after restarts, else \"%s\"", (unsigned long long)seed,
				step, two.trace, one.trace);
		assert_string_equal(one.told, two.told);
		assert_int_equal(one.verdict, two.verdict);
		hold_invariants();
		if (!dice(20))
			restart(&two);
	}
	rig_tick(&one, clock_now);
	assert_true(visit_due(one.core).ms > clock_now.ms);
	printf("seed %llu: %u steps, %u errands, %u offers, %u missed, %u tasks, %u days told, %u restarts\n",
		(unsigned long long)seed, steps, known_count, offers_made, misses, tasks_made, days_told, restarts);
	assert_true(offers_made > steps / 100 && misses > 10 && tasks_made > 5 && days_told > 50);
	rig_close(&one);
	rig_close(&two);
	free(store);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(all_invariants_hold_at_every_step)};

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		steps = (unsigned)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
