/* SPDX-License-Identifier: MIT
 *
 * A time of the district through the incident core alone, in virtual time: teams of volunteers who answer, sleep,
 * decline and hand back by seeded dice, incidents by a Poisson-like process. Printed: how long until somebody had it,
 * and the promises: every call about a life reached a person or the desk, nobody twice, no timer forgotten. The last
 * line is a hash of all effects: the same seed gives the same line.
 *
 * incident_month [DAYS (30)] [INCIDENTS A DAY (20)] [SEED (1)]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dispatcher/incident.h"

#define TEAMS 77
#define PEOPLE 10 /* of a team, half by day and half by night */
#define HOMES_OF_TEAM 20
#define PENDING_MAX 4096

struct pending { /* what somebody will say, and when */
	struct wall at;
	struct reply reply;
};

struct seen_page {
	char id[ID_BYTES];
};

static struct incident_core *core;
static struct zone *zone;
static uint64_t dice_state, hash;
static struct pending pending[PENDING_MAX];
static unsigned pending_count, opened, life, life_unreached, resolved, twice, overdue;
static struct seen_page *pages;
static unsigned page_count, page_capacity;
static double *accepts;
static unsigned accept_count, accept_capacity;
static unsigned loads[TEAMS * PEOPLE];

static uint32_t dice(uint32_t sides) /* xorshift64* (Vigna 2016) */
{
	dice_state ^= dice_state >> 12;
	dice_state ^= dice_state << 25;
	dice_state ^= dice_state >> 27;
	return (uint32_t)((dice_state * UINT64_C(2685821657736338717)) >> 33) % sides;
}

static void must(enum err err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", what, err_name(err));
	exit(1);
}

static void *grow(void *rows, unsigned count, unsigned *capacity, size_t size)
{
	if (count < *capacity)
		return rows;
	*capacity = *capacity ? *capacity * 2 : 1024;
	void *more = calloc(*capacity, size);
	if (!more)
		exit(1);
	if (count)
		memcpy(more, rows, count * size);
	free(rows);
	return more;
}

static void say_later(const struct page *page, enum reply_action action, int64_t ms)
{
	struct pending *p;

	if (pending_count == PENDING_MAX)
		return; /* somebody who forgets to answer */
	p = &pending[pending_count++];
	*p = (struct pending){.at = wall_plus(page->at, ms), .reply = {.action = action}};
	p->reply.at = p->at;
	text_cut(p->reply.incident, sizeof p->reply.incident, page->incident);
	text_cut(p->reply.user, sizeof p->reply.user, page->user);
	if (action == REPLY_DONE)
		p->reply.outcome = dice(3) ? OUTCOME_HELPED : OUTCOME_FALSE_ALARM;
}

/* answer: by night more sleep; the desk always answers within minutes. */
static void answer(const struct page *page)
{
	struct civil local = zone_to_civil(zone, page->at);
	bool night = local.hour < 7 || local.hour >= 19;
	uint32_t what = dice(100), sleeps = night ? 35 : 15;
	int64_t wait_ms = 5000 + dice(night ? 90000 : 40000);

	if (page->role == PAGE_DESK) {
		say_later(page, REPLY_ACCEPT, 20000 + dice(120000));
		say_later(page, REPLY_DONE, (int64_t)(20 + dice(60)) * MS_PER_MINUTE);
		return;
	}
	if (what < sleeps)
		return;
	if (what < sleeps + 15) {
		say_later(page, REPLY_DECLINE, wait_ms);
		return;
	}
	say_later(page, REPLY_ACCEPT, wait_ms);
	if (dice(100) < 3) {
		say_later(page, REPLY_DECLINE, wait_ms + 300000); /* cannot come after all */
		return;
	}
	say_later(page, REPLY_ARRIVED, wait_ms + (int64_t)(4 + dice(14)) * MS_PER_MINUTE);
	say_later(page, REPLY_DONE, wait_ms + (int64_t)(20 + dice(50)) * MS_PER_MINUTE);
}

static void see_page(const struct page *page)
{
	unsigned team, person;

	if (page->withdrawn)
		return;
	pages = grow(pages, page_count, &page_capacity, sizeof *pages);
	text_cut(pages[page_count++].id, ID_BYTES, page->id);
	if (sscanf(page->user, "v-%u-%u", &team, &person) == 2)
		loads[team * PEOPLE + person]++;
	answer(page);
}

/* since_life gives when an incident became one about a life: at its begin, or when a call for help joined it. */
static struct wall since_life(const struct incident *i, bool over)
{
	static struct {
		char id[ID_BYTES];
		struct wall at;
	} open[512];
	static unsigned count;
	struct wall at = i->at;

	for (unsigned n = 0; n < count; n++) {
		if (strcmp(open[n].id, i->id) != 0)
			continue;
		at = open[n].at;
		if (over)
			open[n] = open[--count];
		return at;
	}
	if (!over && count < sizeof open / sizeof *open) {
		text_cut(open[count].id, ID_BYTES, i->id);
		open[count++].at = at;
	}
	return at;
}

/* see_tile: an attention waits at the desk, which telephones in the course of the day. */
static void see_tile(const struct incident *i)
{
	struct page tile = {.role = PAGE_DESK, .at = i->at};

	text_cut(tile.incident, sizeof tile.incident, i->id);
	text_cut(tile.user, sizeof tile.user, "desk");
	say_later(&tile, REPLY_DONE, (int64_t)(30 + dice(450)) * MS_PER_MINUTE);
}

static void see_snapshot(const struct incident *i)
{
	struct wall since;

	opened += i->event == INCIDENT_EVENT_RAISED;
	resolved += i->event == INCIDENT_EVENT_RESOLVED;
	if (i->event == INCIDENT_EVENT_RAISED && i->level == ALERT_ATTENTION)
		see_tile(i);
	if (i->level != ALERT_LIFE)
		return;
	since = since_life(i, incident_over(i->state));
	life += since.ms == i->at.ms && (i->event == INCIDENT_EVENT_RAISED || i->event == INCIDENT_EVENT_ALERT_JOINED);
	if (i->event != INCIDENT_EVENT_ACCEPTED)
		return;
	accepts = grow(accepts, accept_count, &accept_capacity, sizeof *accepts);
	accepts[accept_count++] = (double)(i->at.ms - since.ms) / 1000;
}

static void take(struct incident_effects *effects, struct wall now)
{
	for (bool more = true; more;) {
		for (unsigned i = 0; i < effects->count; i++) {
			const struct incident_effect *effect = &effects->items[i];
			if (effect->kind == INCIDENT_PAGE) {
				const struct page *page = &effect->as.page;
				hash = text_hash64(page->id, strlen(page->id) + 1, hash + page->withdrawn);
				see_page(page);
			} else if (effect->kind == INCIDENT_SNAPSHOT) {
				const struct incident *s = &effect->as.snapshot;
				hash = text_hash64(s->id, strlen(s->id) + 1, hash + s->event + (uint64_t)s->at.ms);
				see_snapshot(s);
			}
		}
		more = effects->count == INCIDENT_EFFECTS_MAX;
		if (more)
			must(incident_tick(core, now, effects), "tick");
	}
}

static void give(struct entry e)
{
	struct incident_effects effects;

	e.seq = 1;
	must(incident_core_entry(core, &e, (struct wall){0}, &effects), "entry");
}

static void fill_directory(void)
{
	for (unsigned t = 0; t < TEAMS; t++) {
		struct entry team = {.kind = ENTRY_TEAM};
		snprintf(team.key, sizeof team.key, "t-%u", t);
		snprintf(team.body.team.community, ID_BYTES, "c-%u", t / 8);
		snprintf(team.body.team.captain, ID_BYTES, "cap-%u", t);
		snprintf(team.body.team.desk, ID_BYTES, "desk");
		give(team);
		for (unsigned p = 0; p < PEOPLE; p++) {
			struct entry person = {.kind = ENTRY_VOLUNTEER};
			snprintf(person.key, sizeof person.key, "v-%u-%u", t, p);
			snprintf(person.body.volunteer.team, ID_BYTES, "t-%u", t);
			person.body.volunteer.day = p < PEOPLE / 2;
			person.body.volunteer.night = p >= PEOPLE / 2;
			person.body.volunteer.weekdays = (uint8_t)(1 + dice(127)); /* gaps are real */
			person.body.volunteer.order = (uint8_t)p;
			give(person);
		}
		for (unsigned h = 0; h < HOMES_OF_TEAM; h++) {
			struct entry home = {.kind = ENTRY_HOUSEHOLD};
			snprintf(home.key, sizeof home.key, "h-%u-%u", t, h);
			snprintf(home.body.household.community, ID_BYTES, "c-%u", t / 8);
			snprintf(home.body.household.team, ID_BYTES, "t-%u", t);
			give(home);
		}
	}
}

/* ---- time ---- */

static unsigned next_said(void)
{
	unsigned best = 0;

	for (unsigned i = 1; i < pending_count; i++)
		if (pending[i].at.ms < pending[best].at.ms)
			best = i;
	return best;
}

/* until lets time go on to then: timers and answers, each at its moment. */
static void until(struct wall then)
{
	struct incident_effects effects;

	for (;;) {
		struct wall due = incident_due(core);
		unsigned next = next_said();
		struct wall said = pending_count ? pending[next].at : WALL_NEVER;
		if (due.ms > then.ms && said.ms > then.ms)
			return;
		if (due.ms <= said.ms) {
			struct wall now = due.ms < 1000 ? then : due; /* "at once" */
			must(incident_tick(core, now, &effects), "tick");
			take(&effects, now);
			overdue += incident_due(core).ms <= now.ms;
			continue;
		}
		struct reply reply = pending[next].reply;
		pending[next] = pending[--pending_count];
		must(incident_reply(core, &reply, !strcmp(reply.user, "desk"), said, &effects), "reply");
		take(&effects, said);
	}
}

static void call_for(unsigned n, struct wall now)
{
	static const enum alert_level levels[] = {ALERT_LIFE, ALERT_LIFE, ALERT_ALARM, ALERT_ALARM, ALERT_ATTENTION};
	struct alert alert = {.revision = 1,
		.level = levels[dice(5)],
		.state = ALERT_RAISED,
		.onset = now,
		.at = now,
		.confidence = 1};
	struct incident_effects effects;

	snprintf(alert.id, sizeof alert.id, "a-%u", n);
	snprintf(alert.household, sizeof alert.household, "h-%u-%u", dice(TEAMS), dice(HOMES_OF_TEAM));
	alert.kind = alert.level == ALERT_LIFE ? ALERT_SOS : dice(2) ? ALERT_SILENCE : ALERT_LEAK;
	snprintf(alert.reason_zh, sizeof alert.reason_zh, "示例");
	snprintf(alert.reason_en, sizeof alert.reason_en, "an example");
	must(incident_feed(core, &alert, now, &effects), "feed");
	take(&effects, now);
}

/* ---- what came of it ---- */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int by_id(const void *a, const void *b)
{
	return strcmp(a, b);
}

static double quantile(double p)
{
	return accept_count ? accepts[(unsigned)(p * (accept_count - 1))] : 0;
}

static unsigned within(double seconds)
{
	unsigned count = 0;

	while (count < accept_count && accepts[count] <= seconds)
		count++;
	return count;
}

static unsigned still_open(void)
{
	char id[ID_BYTES] = "";
	struct incident incident;
	unsigned count = 0;

	while (incident_walk(core, id, &incident)) {
		count++;
		life_unreached += incident.level == ALERT_LIFE && incident.state == INCIDENT_RAISED;
	}
	return count;
}

static int tell(unsigned days)
{
	unsigned forgotten = still_open(), most = 0;

	qsort(accepts, accept_count, sizeof *accepts, by_value);
	qsort(pages, page_count, sizeof *pages, by_id);
	for (unsigned i = 1; i < page_count; i++)
		twice += !strcmp(pages[i].id, pages[i - 1].id);
	for (unsigned i = 0; i < TEAMS * PEOPLE; i++)
		most = loads[i] > most ? loads[i] : most;
	printf("%u days, %u incidents, %u about a life, %u resolved, %u pages\n", days, opened, life, resolved,
		page_count);
	printf("life: accepted after p50 %.0f s, p90 %.0f s, p99 %.0f s; within 60 s %.1f%%, 180 s %.1f%%\n",
		quantile(0.5), quantile(0.9), quantile(0.99), 100.0 * within(60) / (accept_count ? accept_count : 1),
		100.0 * within(180) / (accept_count ? accept_count : 1));
	printf("most pages of one volunteer: %u\n", most);
	printf("about a life and nobody asked: %u; sent twice: %u; timers overdue after a tick: %u; open at the end "
	       "without an "
	       "end in sight: %u\n",
		life_unreached, twice, overdue, forgotten);
	printf("hash %016llx\n", (unsigned long long)hash);
	return life_unreached || twice || overdue || forgotten;
}

int main(int argc, char **argv)
{
	unsigned days = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 30;
	unsigned a_day = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20;
	struct incident_config config = {.duty = {.day_from_min = 7 * 60,
						 .night_from_min = 19 * 60,
						 .accept_life_s = 60,
						 .accept_alarm_s = 120,
						 .accept_attention_s = 600,
						 .arrive_s = 1200,
						 .ahead_ms = 2 * MS_PER_DAY,
						 .desk = "desk"},
		.storm_homes = 8,
		.storm_window_ms = 10 * MS_PER_MINUTE,
		.storm_hold_ms = 30 * MS_PER_MINUTE,
		.storm_linger_ms = 30 * MS_PER_SECOND,
		.done_ms = 2 * MS_PER_HOUR,
		.keep_ms = 7 * MS_PER_DAY};
	struct wall now;
	unsigned n = 0;
	int status;

	dice_state = (argc > 3 ? strtoul(argv[3], NULL, 10) : 1) * 2 + 1;
	must(zone_load("Asia/Shanghai", &zone, NULL), "zone");
	must(wall_parse("2026-03-01T00:00:00+08:00", 25, &now), "start");
	config.duty.zone = zone;
	must(incident_core_create(&config, &core, NULL), "core");
	fill_directory();
	until(now);
	for (struct wall end = wall_plus(now, days * MS_PER_DAY); now.ms < end.ms;) {
		now = wall_plus(now, 1000 + (int64_t)dice((uint32_t)(2 * MS_PER_DAY / a_day)));
		until(now);
		call_for(n++, now);
	}
	until(wall_plus(now, MS_PER_DAY));
	status = tell(days);
	incident_core_destroy(core);
	zone_destroy(zone);
	free(pages);
	free(accepts);
	return status;
}
