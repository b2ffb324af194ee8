/* SPDX-License-Identifier: MIT
 *
 * A random walk through rosters, swaps, requests, absences, answers, outages and restarts, and what must hold after
 * each step (docs/roster.md). ROTA_WALK_STEPS=1000000 ROTA_WALK_SEED=7 walk longer and elsewhere.
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
#include "dispatcher/rota/rota.h"
#include "dispatcher/table.h"

#define OWN 9     /* of the team, of whom the last is the captain */
#define PEOPLE 12 /* with those of a team near it, who help */
#define SLOTS_MAX 200
#define TEAM "t-1"
#define NEAR "t-2"

struct seen {
	UT_hash_handle hh;
	char id[ID_BYTES];
};

struct slot {
	char shift[ID_BYTES];
	struct wall from, until;
};

static struct zone *zone;
static struct duty *duty;
static struct rota *rota;
static struct rota_config config;
static struct seen *seen;
static struct slot slots[SLOTS_MAX];
static unsigned slot_count;
static struct wall now;
static uint64_t dice;
static char people[PEOPLE][ID_BYTES], absent[ID_BYTES];
static struct book_duty next_before[PEOPLE];
static struct rota_span planned[OWN]; /* when they are away by the latest roster's task; until 0: never */
static bool told[PEOPLE];
static unsigned long tallies[NOTICE_KIND_COUNT];

static unsigned roll(unsigned sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (unsigned)(dice >> 11) % sides;
}

static bool veto(const void *context, const char *team)
{
	(void)context;
	(void)team;
	return dice & 1;
}

static bool helps(const void *context, const char *team)
{
	(void)context;
	(void)team;
	return true;
}

static bool busy(const void *context, const char *user)
{
	(void)context;
	return user[2] == '3';
}

static void happened(const void *context, const char *team, struct wall since, bool english, struct buf *out)
{
	(void)context;
	(void)team;
	(void)since;
	assert_int_equal(buf_text(out, english ? "nothing" : "无"), ERR_OK);
}

static unsigned person_of(const char *user)
{
	unsigned i = 0;

	while (i < PEOPLE && strcmp(people[i], user) != 0)
		i++;
	return i;
}

static struct book_duty next_of(unsigned person)
{
	const struct book_duty *d;

	for (unsigned i = 0; (d = book_get(duty_rosters(duty), TEAM, i)); i++)
		if (d->until.ms > now.ms && !strcmp(d->user, people[person]))
			return *d;
	return (struct book_duty){.from = WALL_NONE};
}

static bool moved(unsigned person)
{
	struct book_duty after = next_of(person);

	return after.from.ms != next_before[person].from.ms || strcmp(after.shift, next_before[person].shift) != 0;
}

static bool view_of(const char *id, struct rota_view *out)
{
	for (unsigned i = 0; rota_walk(rota, i, out); i++)
		if (!strcmp(out->id, id))
			return true;
	return false;
}

static bool planned_away(unsigned person, const struct book_duty *duty_then)
{
	return person < OWN && planned[person].from.ms < duty_then->until.ms &&
	       duty_then->from.ms < planned[person].until.ms;
}

/* concerned: is this notice for them? */
static void concerned(const struct duty_notice *n)
{
	struct rota_view m;
	unsigned person = person_of(n->user);
	bool known = view_of(n->matter, &m);

	switch (n->kind) {
	case NOTICE_SWAP_ASKED:
	case NOTICE_SWAP_VALID:
	case NOTICE_SWAP_OFF:
		assert_true(!known || !strcmp(n->user, m.user) || !strcmp(n->user, m.other)); /* forgotten at once */
		break;
	case NOTICE_STATE_LOST:
		fail(); /* nothing is lost in the walk */
		break;
	case NOTICE_ROSTER_LOST:
		assert_true(!strcmp(n->user, people[OWN - 1]) || !strcmp(n->user, "desk"));
		break;
	case NOTICE_SWAP_VETO:
		assert_string_equal(n->user, people[OWN - 1]);
		break;
	case NOTICE_COVER_OPEN:
		assert_true(!strcmp(n->user, people[OWN - 1]) || !strcmp(n->user, "desk"));
		break;
	case NOTICE_COVER_ASKED:
		assert_true(known && person < PEOPLE && strcmp(n->user, m.user) != 0 && strcmp(n->user, m.other) != 0);
		assert_false(planned_away(person, &m.duty));
		break;
	case NOTICE_MOVED:
		assert_true(person < PEOPLE && moved(person));
		break;
	case NOTICE_TOMORROW:
	case NOTICE_SOON:
	case NOTICE_REACHABLE:
	case NOTICE_HANDOVER:
		assert_true(known && !strcmp(n->user, m.user));
		break;
	default:
		break;
	}
}

static void take_effects(void)
{
	static struct rota_effect effect;

	while (rota_next(rota, &effect)) {
		struct seen *old;
		if (effect.kind != ROTA_NOTICE)
			continue;
		HASH_FIND_STR(seen, effect.notice.id, old);
		if (old)
			print_message("twice: %s to %s: %s\n", notice_kind_name(effect.notice.kind), effect.notice.user,
				effect.notice.text_en);
		assert_null(old);
		old = calloc(1, sizeof *old);
		assert_non_null(old);
		text_cut(old->id, sizeof old->id, effect.notice.id);
		HASH_ADD_STR(seen, id, old);
		concerned(&effect.notice);
		tallies[effect.notice.kind]++;
		if (person_of(effect.notice.user) < PEOPLE)
			told[person_of(effect.notice.user)] = true;
	}
}

static unsigned holders(const struct slot *slot)
{
	const struct book_duty *d;
	unsigned count = 0;

	for (unsigned i = 0; (d = book_get(duty_rosters(duty), TEAM, i)); i++)
		count += d->from.ms == slot->from.ms && !strcmp(d->shift, slot->shift);
	return count;
}

static unsigned gaps(const struct slot *slot)
{
	struct rota_view m;
	unsigned count = 0;

	for (unsigned i = 0; rota_walk(rota, i, &m); i++)
		count += m.kind == ROTA_COVER && !rota_final(m.kind, m.state) && !*m.user &&
			 m.duty.from.ms == slot->from.ms && !strcmp(m.duty.shift, slot->shift);
	return count;
}

static bool on_duty(unsigned person)
{
	const struct book_duty *d;

	for (unsigned i = 0; (d = book_get(duty_rosters(duty), TEAM, i)); i++)
		if (d->from.ms <= now.ms && now.ms < d->until.ms && !strcmp(d->user, people[person]))
			return true;
	return false;
}

static void check(void)
{
	const struct book_duty *a, *b;

	for (unsigned s = 0; s < slot_count; s++)
		if (slots[s].until.ms > now.ms)
			assert_int_equal(holders(&slots[s]) + gaps(&slots[s]), 1);
	for (unsigned i = 0; (a = book_get(duty_rosters(duty), TEAM, i)); i++)
		for (unsigned k = 0; k < i && (b = book_get(duty_rosters(duty), TEAM, k)); k++)
			assert_false(!strcmp(a->user, b->user) && a->from.ms < b->until.ms && b->from.ms < a->until.ms);
	for (unsigned p = 0; p < PEOPLE; p++)
		assert_true(!moved(p) || told[p] || !strcmp(people[p], absent));
	for (unsigned p = 0; p < OWN; p++) {
		struct book_duty moment = {.from = now, .until = {now.ms + 1}};
		assert_true(!planned_away(p, &moment) || rota_away(rota, people[p], now) || on_duty(p));
	}
}

/* ---- steps ---- */

static const struct book_duty *any_duty(void)
{
	unsigned count = 0;

	while (book_get(duty_rosters(duty), TEAM, count))
		count++;
	return count ? book_get(duty_rosters(duty), TEAM, roll(count)) : NULL;
}

static void remember_slots(void)
{
	const struct book_duty *d;
	struct rota_view m;

	slot_count = 0;
	for (unsigned i = 0; (d = book_get(duty_rosters(duty), TEAM, i)); i++) {
		slots[slot_count] = (struct slot){.from = d->from, .until = d->until};
		text_cut(slots[slot_count++].shift, ID_BYTES, d->shift);
	}
	for (unsigned i = 0; rota_walk(rota, i, &m); i++) {
		if (m.kind != ROTA_COVER || rota_final(m.kind, m.state) || *m.user)
			continue;
		slots[slot_count] = (struct slot){.from = m.duty.from, .until = m.duty.until};
		text_cut(slots[slot_count++].shift, ID_BYTES, m.duty.shift);
	}
	assert_true(slot_count < SLOTS_MAX);
}

/* plan_aways: the task of the new roster has some of them away. */
static void plan_aways(void)
{
	struct rota_span spans[OWN];
	unsigned count = 0;

	memset(planned, 0, sizeof planned);
	for (unsigned p = 0; p < OWN; p++) {
		if (roll(3))
			continue;
		text_cut(planned[p].user, ID_BYTES, people[p]);
		planned[p].from = wall_plus(now, (int64_t)roll(72) * MS_PER_HOUR);
		planned[p].until = wall_plus(planned[p].from, (int64_t)(1 + roll(4)) * 12 * MS_PER_HOUR);
		spans[count++] = planned[p];
	}
	assert_int_equal(rota_aways_put(rota, TEAM, spans, count, WALL_NONE, WALL_NONE, now), ERR_OK);
}

/* publish: some days of a primary and a backup each half day, among people drawn */
static void publish(void)
{
	static const char *const shifts[] = {"primary", "backup"};
	struct book_duty duties[64];
	unsigned count = 0, bad, days = roll(8);
	struct wall day = {now.ms - now.ms % MS_PER_DAY + 7 * MS_PER_HOUR};

	for (unsigned half = 0; half < days * 2; half++) {
		unsigned first = roll(OWN), second = (first + 1 + roll(OWN - 1)) % OWN;
		for (unsigned place = 0; place < 2 && roll(10); place++) {
			struct book_duty *d = &duties[count++];
			*d = (struct book_duty){.from = wall_plus(day, half * 12 * MS_PER_HOUR),
				.until = wall_plus(day, (half + 1) * 12 * MS_PER_HOUR),
				.place = (int32_t)place};
			text_cut(d->shift, ID_BYTES, shifts[place]);
			text_cut(d->user, ID_BYTES, people[place ? second : first]);
		}
	}
	assert_int_equal(rota_before(rota, TEAM, now), ERR_OK);
	assert_int_equal(book_put(duty_book(duty), TEAM, duties, count, now, &bad), ERR_OK);
	plan_aways();
	assert_int_equal(rota_changed(rota, TEAM, true, now), ERR_OK);
	remember_slots();
}

static void swap(void)
{
	const struct book_duty *one = any_duty(), *two = any_duty();
	struct rota_wish wish = {.from = WALL_NONE, .back_from = WALL_NONE};
	struct rota_answer answer;

	if (!one)
		return;
	text_cut(wish.team, ID_BYTES, TEAM);
	text_cut(wish.shift, ID_BYTES, one->shift);
	text_cut(wish.user, ID_BYTES, one->user);
	wish.from = one->from;
	text_cut(wish.to, ID_BYTES, people[roll(PEOPLE)]);
	if (roll(2)) {
		text_cut(wish.to, ID_BYTES, two->user);
		text_cut(wish.back_shift, ID_BYTES, two->shift);
		wish.back_from = two->from;
	}
	text_cut(wish.by, ID_BYTES, roll(2) ? wish.user : wish.to);
	assert_int_equal(rota_swap(rota, &wish, now, &answer), ERR_OK);
}

static void answer_one(void)
{
	struct rota_view m;
	struct rota_answer answer;
	unsigned count = 0;
	char id[ID_BYTES], user[ID_BYTES];

	while (rota_walk(rota, count, &m))
		count++;
	if (!count)
		return;
	assert_true(rota_walk(rota, roll(count), &m));
	enum rota_kind kind = m.kind;
	enum rota_state before = m.state;
	bool final = rota_final(kind, before);
	text_cut(id, sizeof id, m.id);
	text_cut(user, sizeof user, roll(4) ? people[roll(PEOPLE)] : roll(2) ? m.other : m.user);
	for (unsigned p = 0; !roll(3) && p < PEOPLE; p++) /* whoever is asked */
		assert_int_equal(rota_reply(rota, id, people[p], true, now, &answer), ERR_OK);
	if (roll(12))
		assert_int_equal(rota_reply(rota, id, user, roll(2), now, &answer), ERR_OK);
	else
		assert_int_equal(rota_withdraw(rota, id, now, &answer), ERR_OK);
	assert_true(view_of(id, &m));
	assert_true(!final || m.state == before);
}

static void be_absent(void)
{
	unsigned person = roll(PEOPLE), opened;
	struct wall from = wall_plus(now, (int64_t)roll(48) * MS_PER_HOUR),
		    until = wall_plus(from, (int64_t)roll(3) * 20 * MS_PER_HOUR);

	text_cut(absent, sizeof absent, people[person]);
	assert_int_equal(
		rota_absent(rota, person < OWN ? TEAM : NEAR, people[person], from, until, now, &opened), ERR_OK);
	if (person < OWN && until.ms == from.ms && planned[person].from.ms <= now.ms) /* is back */
		planned[person] = (struct rota_span){.from = {0}};
}

static void seek_or_give(void)
{
	const struct book_duty *found = any_duty();
	struct rota_answer answer;

	if (!found)
		return;
	struct book_duty d = *found;
	if (roll(2)) {
		assert_int_equal(rota_cover(rota, TEAM, d.shift, d.from, d.user, now, &answer), ERR_OK);
		return;
	}
	assert_int_equal(rota_before(rota, TEAM, now), ERR_OK);
	if (!book_give(duty_book(duty), TEAM, d.shift, d.from, d.user, people[roll(PEOPLE)], now))
		assert_int_equal(rota_changed(rota, TEAM, false, now), ERR_OK);
}

static void restart(void)
{
	static struct rota_blob kept[2000];
	static unsigned kept_count;
	static struct rota_blob blob;
	struct rota *fresh;

	while (rota_dirty(rota, &blob)) { /* as the store would */
		unsigned i = 0;
		while (i < kept_count && strcmp(kept[i].id, blob.id) != 0)
			i++;
		assert_true(i < 2000);
		if (blob.length) {
			kept[i] = blob;
			kept_count += i == kept_count;
		} else if (i < kept_count) {
			kept[i] = kept[--kept_count];
		}
	}
	assert_int_equal(rota_create(&config, duty, duty_book(duty), &fresh), ERR_OK);
	for (unsigned i = 0; i < kept_count; i++)
		assert_int_equal(rota_restore(fresh, kept[i].id, kept[i].blob, kept[i].length), ERR_OK);
	rota_destroy(rota);
	rota = fresh;
}

/* lose: the next start cannot read the duties. Captain and desk know; the others hear with the next roster. */
static void lose(void)
{
	unsigned bad;

	restart();
	assert_int_equal(book_put(duty_book(duty), TEAM, NULL, 0, WALL_NONE, &bad), ERR_OK);
	assert_int_equal(rota_lost(rota, TEAM, now), ERR_OK);
	remember_slots();
	assert_int_equal(slot_count, 0);
	for (unsigned p = 0; p < PEOPLE; p++)
		told[p] = true;
}

static void pass_time(void)
{
	now.ms += (int64_t)(roll(40) ? roll(90) : roll(3000)) * MS_PER_MINUTE; /* now and then an outage of days */
}

static void tick(void)
{
	for (unsigned turn = 0; rota_due(rota, now).ms <= now.ms; turn++) {
		assert_true(turn < 50);
		assert_int_equal(rota_tick(rota, now), ERR_OK);
		take_effects();
	}
}

static void step(void)
{
	unsigned what = roll(40);

	absent[0] = '\0';
	pass_time();
	for (unsigned p = 0; p < PEOPLE; p++) {
		next_before[p] = next_of(p);
		told[p] = false;
	}
	if (what == 0)
		publish();
	else if (what < 8)
		swap();
	else if (what < 24)
		answer_one();
	else if (what < 26)
		be_absent();
	else if (what < 28)
		seek_or_give();
	else if (what < 30)
		roll(30) ? restart() : lose();
	else
		tick();
	take_effects();
	check();
}

static void whatever_happens_each_duty_has_one_holder_or_one_named_gap(void **state)
{
	const char *steps = getenv("ROTA_WALK_STEPS"), *seed = getenv("ROTA_WALK_SEED");
	unsigned long count = steps ? strtoul(steps, NULL, 10) : 20000;

	(void)state;
	dice = (seed ? strtoull(seed, NULL, 10) : 1) * UINT64_C(0x9e3779b97f4a7c15) + 1;
	now = (struct wall){20000 * MS_PER_DAY};
	for (unsigned long i = 0; i < count; i++)
		step();
	for (int kind = 0; kind < NOTICE_KIND_COUNT; kind++) {
		print_message("%-12s %lu\n", notice_kind_name((enum notice_kind)kind), tallies[kind]);
		/* the walk has been everywhere */
		assert_true((tallies[kind] > 0) == (kind != NOTICE_VISITS && kind != NOTICE_STATE_LOST));
	}
}

static void give_entry(struct entry *e)
{
	assert_int_equal(duty_entry(duty, e), ERR_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_happens_each_duty_has_one_holder_or_one_named_gap)};
	struct duty_config duties = {.day_from_min = 7 * 60, .night_from_min = 19 * 60, .desk = "desk"};
	struct entry team = {.kind = ENTRY_TEAM, .seq = 1, .key = TEAM},
		     near = {.kind = ENTRY_TEAM, .seq = 1, .key = NEAR};
	struct seen *one, *next;
	int failed;

	if (zone_load("UTC", &zone, NULL))
		return 1;
	duties.zone = zone;
	if (duty_create(&duties, &duty, NULL))
		return 1;
	for (unsigned i = 0; i < PEOPLE; i++) {
		struct entry e = {.kind = ENTRY_VOLUNTEER, .seq = 1};
		snprintf(people[i], ID_BYTES, "v-%u", i);
		text_cut(e.key, sizeof e.key, people[i]);
		text_cut(e.body.volunteer.team, ID_BYTES, i < OWN ? TEAM : NEAR);
		e.body.volunteer.day = e.body.volunteer.night = true;
		e.body.volunteer.weekdays = 127;
		give_entry(&e);
	}
	text_cut(team.body.team.captain, ID_BYTES, people[OWN - 1]);
	text_cut(team.body.team.community, ID_BYTES, "c-1");
	give_entry(&team);
	text_cut(near.body.team.community, ID_BYTES, "c-1");
	give_entry(&near);
	config = (struct rota_config){.zone = zone,
		.veto = veto,
		.busy = busy,
		.helps = helps,
		.happened = happened,
		.swap_ms = 24 * MS_PER_HOUR,
		.veto_ms = 12 * MS_PER_HOUR,
		.ask_ms = 30 * MS_PER_MINUTE,
		.ask_count = 2,
		.reachable_ms = 10 * MS_PER_MINUTE,
		.remind = true,
		.summary_min = 450};
	if (rota_create(&config, duty, duty_book(duty), &rota))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rota_destroy(rota);
	duty_destroy(duty);
	zone_destroy(zone);
	HASH_ITER(hh, seen, one, next)
	{
		HASH_DEL(seen, one);
		free(one);
	}
	return failed;
}
