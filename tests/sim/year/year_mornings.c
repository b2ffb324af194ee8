/* SPDX-License-Identifier: MIT
 *
 * Plans of the day, judged by the log of errands: at the minute of the rules whoever has stops that day is told of
 * these and no others, once, in an order that no other one makes shorter; who has none is told nothing. What is told is
 * read off the words that people get, and ways are measured on a flat map.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "year_internal.h"

#define STOPS_MAX 32
#define TRIED_MAX 7     /* up to here all orders are tried; beyond, the one by part of the day and home */
#define ROUND_METRES 5  /* a flat map against a round earth: this much, and */
#define ROUND_SHARE 500 /* a 500th of the way */

struct way { /* of one person's day */
	const struct year_stop *stops;
	unsigned count;
	const struct position *start; /* NULL = unknown: the way begins at the first stop */
};

/* ---- who has which stops ---- */

static uint8_t part_of(const struct year *year, struct wall from)
{
	int64_t minute = (from.ms - year->start.ms) / MS_PER_MINUTE % (24 * 60);
	uint8_t part = DAY_PART_COUNT - 1;

	while (part && minute < year->rules.parts[part].from_min)
		part--;
	return part;
}

static bool is_stop(const struct year *year, const struct year_errand *k, int day)
{
	return k->kind != ERRAND_TASK && *k->holder && (k->state == ERRAND_AGREED || k->state == ERRAND_UNDER_WAY) &&
	       year_day(year, k->from) == day;
}

/* by_holder: and of one, as they are walked without a plan. */
static int by_holder(const void *a, const void *b)
{
	const struct year_stop *x = a, *y = b;
	int order = strcmp(x->holder, y->holder);

	if (!order)
		order = (x->part > y->part) - (x->part < y->part);
	return order ? order : (x->home > y->home) - (x->home < y->home);
}

/* note_stops keeps the stops of today as they are when the first one is told, or else looked for. */
static enum err note_stops(struct year *year)
{
	int today = year_day(year, year->now);

	if (year->stops_of == today + 1)
		return ERR_OK;
	year->stops_of = today + 1;
	year->stop_count = 0;
	for (const struct year_errand *k = year->errands; k; k = k->hh.next) {
		if (!is_stop(year, k, today))
			continue;
		if (year->stop_count == year->stop_room) {
			unsigned room = year->stop_room ? year->stop_room * 2 : 256;
			struct year_stop *more = realloc(year->stops, room * sizeof *more);
			if (!more)
				return ERR_NOMEM;
			year->stops = more;
			year->stop_room = room;
		}
		struct year_stop *stop = &year->stops[year->stop_count++];
		*stop = (struct year_stop){
			.home = k->home, .part = part_of(year, k->from), .from = k->from, .until = k->until};
		text_cut(stop->holder, sizeof stop->holder, k->holder);
	}
	if (year->stop_count)
		qsort(year->stops, year->stop_count, sizeof *year->stops, by_holder);
	return ERR_OK;
}

static struct year_stop *stops_of(const struct year *year, const char *user, unsigned *out_count)
{
	unsigned first = 0;

	*out_count = 0;
	while (first < year->stop_count && strcmp(year->stops[first].holder, user) != 0)
		first++;
	while (first + *out_count < year->stop_count && !strcmp(year->stops[first + *out_count].holder, user))
		++*out_count;
	return *out_count ? &year->stops[first] : NULL;
}

/* ---- ways ---- */

static double metres(const struct position *a, const struct position *b)
{
	return hypot((a->latitude - b->latitude) * YEAR_METRES_NORTH, (a->longitude - b->longitude) * YEAR_METRES_EAST);
}

static double leg(const struct year *year, const struct way *way, int from, unsigned to)
{
	const struct position *a = from < 0 ? way->start : &year->home[way->stops[from].home].position;

	return a ? metres(a, &year->home[way->stops[to].home].position) : 0;
}

/* length_of gives the way in an order; NULL: as the stops stand. */
static double length_of(const struct year *year, const struct way *way, const unsigned *order)
{
	double sum = 0;

	for (unsigned i = 0; i < way->count; i++)
		sum += order ? leg(year, way, i ? (int)order[i - 1] : -1, order[i]) : leg(year, way, (int)i - 1, i);
	return sum;
}

/* shortest tries all orders that go part by part. left: the stops to come, bit by bit. */
static double shortest(const struct year *year, const struct way *way, int at, unsigned left)
{
	double best = left ? INFINITY : 0;
	unsigned first = 0;

	while (left && !(left >> first & 1))
		first++; /* they stand in order of their parts */
	for (unsigned i = first; i < way->count && way->stops[i].part == way->stops[first].part; i++)
		if (left >> i & 1) {
			double length = leg(year, way, at, i) + shortest(year, way, (int)i, left & ~(1u << i));
			best = length < best ? length : best;
		}
	return best;
}

static void judge_way(struct year *year, const struct way *way, const unsigned *order)
{
	double told = length_of(year, way, order), plain = length_of(year, way, NULL);
	double best = way->count <= TRIED_MAX ? shortest(year, way, -1, (1u << way->count) - 1) : plain;

	for (unsigned i = 1; i < way->count; i++)
		if (way->stops[order[i]].part < way->stops[order[i - 1]].part)
			year_breaks(year, YEAR_DAY_TOLD, "%s goes to a later part of day %d first", way->stops->holder,
				year_day(year, year->now));
	if (told > best + best / ROUND_SHARE + ROUND_METRES)
		year_breaks(year, YEAR_DAY_TOLD, "%s walks %.0f m on day %d, and %.0f are enough", way->stops->holder,
			told, year_day(year, year->now), best);
	year->counts.day_metres[0] += told;
	year->counts.day_metres[1] += plain;
}

/* ---- what is told ---- */

/* read_stops finds who is named with which hours; -1: somebody or something that is none of the stops. */
static int read_stops(const struct year *year, const struct way *way, const char *text, bool english, unsigned *order)
{
	const char *marker = english ? "home " : "住户 ";
	bool named[STOPS_MAX] = {false};
	int count = 0;

	for (const char *at = text; (at = strstr(at, marker)); at += strlen(marker)) {
		unsigned i = 0;
		for (; i < way->count; i++) {
			const struct year_stop *s = &way->stops[i];
			char wanted[100];
			snprintf(wanted, sizeof wanted, "%s%s %02d:%02d%s%02d:%02d", marker, year->home[s->home].id,
				year_hour(year, s->from), (int)(s->from.ms / MS_PER_MINUTE % 60), english ? "-" : "–",
				year_hour(year, s->until), (int)(s->until.ms / MS_PER_MINUTE % 60));
			if (!named[i] && !strncmp(at, wanted, strlen(wanted)))
				break;
		}
		if (i == way->count)
			return -1;
		named[i] = true;
		order[count++] = i;
	}
	return count;
}

/* judge_words: both languages say the same. */
static void judge_words(struct year *year, const struct way *way, const struct duty_notice *n)
{
	unsigned order[STOPS_MAX], zh[STOPS_MAX];
	struct civil today;
	char begin[100];

	civil_from_ms(year_at(year, year_day(year, year->now), 12).ms, &today);
	snprintf(begin, sizeof begin, "Today (%02d-%02d) you visit %u, ", today.month, today.day, way->count);
	bool right = !strncmp(n->text_en, begin, strlen(begin)) &&
		     read_stops(year, way, n->text_en, true, order) == (int)way->count &&
		     read_stops(year, way, n->text_zh, false, zh) == (int)way->count &&
		     !memcmp(order, zh, way->count * sizeof *order);
	if (right)
		judge_way(year, way, order);
	else
		year_breaks(year, YEAR_DAY_TOLD, "%s has %u stops on day %d: %.100s", n->user, way->count,
			year_day(year, year->now), n->text_en);
}

enum err year_day_told(struct year *year, const char *user)
{
	const struct year_person *p = year_person_find(year, user);
	static struct duty_notice notice;
	unsigned count;

	if (year->options->fault == YEAR_FAULT_NOTICE_LOST && ++year->faults % 20 == 0)
		return ERR_OK;
	enum err err = note_stops(year);
	if (err)
		return err;
	struct year_stop *own = stops_of(year, user, &count);
	int day = year_day(year, year->now);
	if (!own || count > STOPS_MAX || !visit_day_notice(year->visits, user, year->now, &notice) ||
		strcmp(notice.user, user) != 0) {
		year_breaks(year, YEAR_DAY_TOLD, "%s is told of day %d and has %u stops", user, day, count);
		return ERR_OK;
	}
	year->hash = text_hash64(notice.id, strlen(notice.id), year->hash);
	if (own->told || year->now.ms != year_at(year, day, 0).ms + year->rules.day_plan_min * MS_PER_MINUTE)
		year_breaks(year, YEAR_DAY_TOLD, "%s is told of day %d twice, or at another time", user, day);
	own->told = true;
	struct way way = {.stops = own, .count = count, .start = p ? &p->position : NULL};
	judge_words(year, &way, &notice);
	year->counts.days_told[count > 1]++;
	year->counts.stops_told += count;
	return ERR_OK;
}

enum err year_mornings_begin(struct year *year)
{
	struct year_event look = {
		.kind = YEAR_MORNING_LOOK, .at = wall_plus(year->start, year->rules.day_plan_min * MS_PER_MINUTE)};

	return year->rules.day_plan_min == VISIT_DAY_PLAN_OFF ? ERR_OK : year_later(year, &look);
}

/* year_mornings_look: what was due at this moment has happened. */
enum err year_mornings_look(struct year *year)
{
	struct year_event next = {.kind = YEAR_MORNING_LOOK, .at = wall_plus(year->now, MS_PER_DAY)};
	enum err err = note_stops(year);
	unsigned count;

	for (unsigned i = 0; !err && i < year->stop_count; i += count) {
		const struct year_stop *own = stops_of(year, year->stops[i].holder, &count);
		if (own && !own->told)
			year_breaks(year, YEAR_DAY_TOLD, "%s has %u stops on day %d and is not told",
				year->stops[i].holder, count, year_day(year, year->now));
	}
	return err ? err : year_later(year, &next);
}

void year_mornings_tell(const struct year *year)
{
	const struct year_counts *c = &year->counts;

	fprintf(year->out,
		"plans of the day: %u of one stop, %u of several, %u stops; %.0f km in the order told, %.0f by home "
		"number\n",
		c->days_told[0], c->days_told[1], c->stops_told, c->day_metres[0] / 1000, c->day_metres[1] / 1000);
}
