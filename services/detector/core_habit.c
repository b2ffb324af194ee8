/* SPDX-License-Identifier: MIT
 *
 * Habits of a home: one for each set of channel groups that was seen together (at most DETECTOR_HABITS_MAX), so that a
 * home whose motion sensor died is judged by what its water alone is used to. A gap is learnt by the habit of a set
 * only if each group of it was seen all along.
 */
#include "core_internal.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define EVENING 18 /* a silence from this hour on is of tomorrow's kind of day: its end is tomorrow's morning */

enum group { GROUP_WATER = 1, GROUP_POWER = 2, GROUP_GAS = 4, GROUP_EVENTS = 8, GROUP_ALL = 15 };

static uint8_t group_of(unsigned quantity)
{
	switch (quantity) {
	case QUANTITY_WATER_TOTAL:
	case QUANTITY_WATER_FLOW:
		return GROUP_WATER;
	case QUANTITY_ENERGY_TOTAL:
	case QUANTITY_POWER:
		return GROUP_POWER;
	case QUANTITY_GAS_TOTAL:
	case QUANTITY_GAS_FLOW:
		return GROUP_GAS;
	case QUANTITY_CONTACT:
	case QUANTITY_MOTION:
	case QUANTITY_PRESENCE:
	case QUANTITY_BED:
	case QUANTITY_SEAT:
	case QUANTITY_PEOPLE:
	case QUANTITY_HEART_RATE:
	case QUANTITY_SWITCH:
	case QUANTITY_VIBRATION:
	case QUANTITY_PERSON_SEEN:
	case QUANTITY_DOOR_VIEWER:
	case QUANTITY_BUTTON:
	case QUANTITY_CALL:
	case QUANTITY_COVER_POSITION:
		return GROUP_EVENTS;
	default:
		return 0;
	}
}

/* seen_since gives the groups of which some channel told all of its life from `start` to t. */
static uint8_t seen_since(const struct detector_core *core, const struct home *home, int64_t start_ms, struct wall t)
{
	uint8_t seen = 0;

	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		uint8_t group = group_of(s->quantity);
		if (!(seen & group) && detect_sensor_usable(core, s) && s->proof.ms <= start_ms &&
			!detect_sensor_doubted(core, s, t) && !detect_sensor_blind(core, home, s, t))
			seen |= group;
	}
	return seen;
}

static unsigned size_of(uint8_t set)
{
	return (unsigned)__builtin_popcount(set);
}

/* is_young: the habit is too new to be relied upon. */
static bool is_young(const struct detector_core *core, const struct habit *habit)
{
	return habit->first_day == INT32_MIN ||
	       (int64_t)(habit->day - habit->first_day) * MS_PER_DAY < core->config.limits.learning_ms;
}

/* habit_for gives the habit of the largest set within `seen`, a known one before a young one: what the water alone is
 * used to says more of this home than a population does of all its channels. NULL = none. */
static struct home_habit *habit_for(const struct detector_core *core, const struct home *home, uint8_t seen)
{
	struct home_habit *found = NULL;
	unsigned best = 0;

	for (unsigned i = 0; i < home->habit_count; i++) {
		struct home_habit *h = home->habits[i];
		unsigned worth = size_of(h->set) + (is_young(core, &h->habit) ? 0 : 8);
		if (!(h->set & ~seen) && worth > best) {
			found = h;
			best = worth;
		}
	}
	return found;
}

/* floors gives what no limit is shorter than: while little is known of this home, what is safe for most. */
static void floors(const struct detector_core *core, const struct home *home, const struct habit *habit,
	int64_t out_ms[HABIT_STAGES])
{
	const struct detector_limits *fixed = &core->config.limits;
	bool alone = home->persons == 1, young = is_young(core, habit);
	int64_t ceiling_ms = detect_terms(core, home)->ceiling_ms;

	out_ms[HABIT_ATTENTION] = alone ? fixed->one_person_attention_ms : fixed->attention_ms;
	out_ms[HABIT_ALARM] = alone ? fixed->one_person_alarm_ms : fixed->alarm_ms;
	for (unsigned stage = 0; stage < HABIT_STAGES; stage++)
		if (!young)
			out_ms[stage] = 0;
		else if (out_ms[stage] > ceiling_ms)
			out_ms[stage] = ceiling_ms;
}

struct home_habit *detect_habit_of(const struct home *home, uint8_t set)
{
	for (unsigned i = 0; i < home->habit_count; i++)
		if (home->habits[i]->set == set)
			return home->habits[i];
	return NULL;
}

enum err detect_habit_add(
	const struct detector_core *core, struct home *home, uint8_t set, struct home_habit **out_habit)
{
	if (!set || set > GROUP_ALL || home->habit_count == DETECTOR_HABITS_MAX)
		return ERR_FULL;
	struct home_habit *h = malloc(sizeof *h);
	if (!h)
		return ERR_NOMEM;
	*h = *detect_newcomer(core, home);
	h->set = set;
	if (home->habit_count) { /* people spoke of the home, not of its channels */
		h->habit.lean = home->habits[0]->habit.lean;
		habit_settle(&h->habit, detect_terms(core, home));
	}
	home->habits[home->habit_count++] = h;
	*out_habit = h;
	return ERR_OK;
}

void detect_habits_free(struct home *home)
{
	while (home->habit_count)
		free(home->habits[--home->habit_count]);
}

void detect_habits_spoil(struct home *home)
{
	for (unsigned i = 0; i < home->habit_count; i++)
		habit_spoil(&home->habits[i]->habit);
}

void detect_habits_settle(struct detector_core *core, struct home *home)
{
	for (unsigned i = 0; i < home->habit_count; i++)
		habit_settle(&home->habits[i]->habit, detect_terms(core, home));
	home->unwritten |= 1 << PART_HABIT;
}

static enum habit_kind kind_of(const struct detector_core *core, int32_t day, float hour)
{
	int64_t of = (int64_t)day + (hour >= EVENING);

	return calendar_kind(core->config.calendar, of) == DAY_WORKDAY ? HABIT_WORKDAY : HABIT_HOLIDAY;
}

static struct habit_moment moment_of(struct detector_core *core, struct wall since, struct wall at)
{
	int32_t day = (int32_t)(detect_local_hour(core, at) / 24);
	float hour = (float)(at.ms - core->day_start_ms) / (float)MS_PER_HOUR;

	hour = hour < 0 ? 0 : hour < 23.99f ? hour : 23.99f;
	return (struct habit_moment){
		.since = since, .at = at, .day = day, .hour = hour, .kind = kind_of(core, day, hour)};
}

enum err detect_habit_sign(struct detector_core *core, struct home *home, const struct sign *sign, struct wall heard)
{
	struct habit_moment moment = moment_of(core, sign->since, sign->at);
	bool visit = sign->quantity == QUANTITY_COUNT, lost = sign->at.ms - sign->since.ms > METER_STEP_MS;
	uint8_t group = visit ? GROUP_ALL : group_of(sign->quantity);
	uint8_t seen = seen_since(core, home, sign->at.ms, heard);
	struct home_habit *fresh;
	enum err err = ERR_OK;

	if (seen && !detect_habit_of(home, seen) && home->habit_count < DETECTOR_HABITS_MAX) {
		err = detect_habit_add(core, home, seen, &fresh);
		home->unwritten |= 1 << PART_HABIT;
	}
	for (unsigned i = 0; i < home->habit_count && !err; i++) {
		struct home_habit *h = home->habits[i];
		struct habit *habit = &h->habit;
		if (!(h->set & group))
			continue;
		floors(core, home, habit, moment.floors_ms);
		moment.unseen = lost;
		/* A gap of which not all of the set was seen was judged by another habit. */
		if (habit->start_ms != INT64_MIN && sign->at.ms - habit->start_ms >= HABIT_LEAST_MS &&
			h->set & ~seen_since(core, home, habit->start_ms, heard))
			habit_spoil(habit);
		if (habit_sign(habit, detect_terms(core, home), &moment))
			home->unwritten |= 1 << PART_HABIT;
	}
	if (home->mode == DETECTOR_AWAY)
		detect_habits_spoil(home);
	return err;
}

void detect_habit_outcome(struct detector_core *core, struct home *home, const struct incident *incident,
	enum habit_outcome found, double steps)
{
	double factor = pow(1 - core->config.feedback.step, -steps);

	for (unsigned i = 0; i < home->habit_count; i++) {
		struct habit *habit = &home->habits[i]->habit;
		habit_outcome(habit, detect_terms(core, home), found, factor);
		if (found != HABIT_FALSE && habit->start_ms <= incident->opened.ms)
			habit_spoil(habit);
	}
	home->unwritten |= 1 << PART_HABIT;
}

/* habit_seen gives the habit by which a silence on these channels is judged; NULL = the population's. */
static struct home_habit *habit_seen(struct detector_core *core, const struct home *home, uint64_t looked_at)
{
	uint8_t seen = 0;

	for (unsigned q = 0; q < QUANTITY_COUNT; q++)
		if (looked_at >> q & 1)
			seen |= group_of(q);
	return habit_for(core, home, seen);
}

/* limits gives those of the gap that runs: worked out once for a gap, as nothing is learnt before it closes. */
static const int64_t *limits(struct home_habit *h, const struct habit_terms *terms)
{
	const struct habit *habit = &h->habit;

	if (h->known.start_ms == habit->start_ms && h->known.day == habit->day &&
		h->known.floor_ms == terms->floor_ms && h->known.ceiling_ms == terms->ceiling_ms &&
		!memcmp(h->known.levels, habit->levels, sizeof h->known.levels))
		return h->known.limits_ms;
	h->known.start_ms = habit->start_ms;
	h->known.day = habit->day;
	h->known.floor_ms = terms->floor_ms;
	h->known.ceiling_ms = terms->ceiling_ms;
	memcpy(h->known.levels, habit->levels, sizeof h->known.levels);
	habit_limits(habit, terms, &habit->start, h->known.limits_ms);
	return h->known.limits_ms;
}

void detect_habit_judge(struct detector_core *core, const struct home *home, uint64_t looked_at, struct wall since,
	struct habit_judgement *out)
{
	struct home_habit *own = habit_seen(core, home, looked_at);
	const struct habit *habit = own ? &own->habit : &detect_newcomer(core, home)->habit;
	const struct habit_terms *terms = detect_terms(core, home);
	int64_t floors_ms[HABIT_STAGES];

	*out = (struct habit_judgement){.habit = habit, .start = habit->start};
	if (own && since.ms == habit->start_ms) {
		memcpy(out->limits_ms, limits(own, terms), sizeof out->limits_ms);
	} else {
		struct habit_moment m = moment_of(core, since, since);
		out->start = (struct habit_start){.hour = m.hour, .class = (uint8_t)m.kind};
		habit_limits(habit, terms, &out->start, out->limits_ms);
	}
	floors(core, home, habit, floors_ms);
	for (unsigned stage = 0; stage < HABIT_STAGES; stage++)
		if (out->limits_ms[stage] < floors_ms[stage])
			out->limits_ms[stage] = floors_ms[stage];
}

struct wall detect_habit_wake(const struct habit_judgement *judgement, struct wall since)
{
	float wake = habit_wake(judgement->habit, habit_kind(&judgement->start)), hours, hour = judgement->start.hour;

	if (wake < 0 || (hour >= wake && hour < EVENING))
		return WALL_NONE;
	hours = wake - hour + (hour >= EVENING ? 24 : 0);
	return (struct wall){since.ms + (int64_t)(hours * 60 + 0.5f) * MS_PER_MINUTE};
}

/* ---- for those who ask ---- */

static void show_set(const struct detector_core *core, const struct home *home, const struct home_habit *h,
	struct detector_habit_set *out)
{
	const struct habit *habit = &h->habit;

	*out = (struct detector_habit_set){.months = (double)habit->months,
		.gaps = habit->gap_count,
		.first_day = habit->first_day,
		.day = habit->day,
		.lean = (double)habit->lean};
	for (unsigned i = 0; i < home->sensor_count; i++)
		if (group_of(home->sensors[i].quantity) & h->set)
			out->quantities |= UINT64_C(1) << home->sensors[i].quantity;
	habit_rates(habit, detect_terms(core, home), out->rates);
	memcpy(out->levels, habit->levels, sizeof out->levels);
	memcpy(out->false_alarms, habit->tallies, sizeof out->false_alarms);
	memcpy(out->outcomes, habit->outcomes, sizeof out->outcomes);
	for (enum habit_kind kind = 0; kind < HABIT_KINDS; kind++) {
		out->wake[kind] = habit_wake(habit, kind);
		for (unsigned hour = 0; hour < HABIT_HOURS; hour++) {
			out->usual_ms[kind][hour] = habit_usual(habit, (float)hour, kind);
			habit_limits(habit, detect_terms(core, home),
				&(struct habit_start){.hour = (float)hour, .class = (uint8_t)kind},
				out->limits_ms[kind][hour]);
		}
	}
	for (unsigned hour = 0; hour < HABIT_HOURS; hour++)
		for (unsigned n = 0; n < HABIT_HOURS; n++)
			out->longer[hour][n] = (float)habit_share(
				habit, &(struct habit_start){.hour = (float)hour}, (int64_t)n * MS_PER_HOUR);
}

void detector_population(const struct detector_core *core, struct habit_population *out)
{
	for (uint32_t place = 0; place < core->slot_count; place++) {
		const struct home *home = core->slots[place];
		for (unsigned i = 0; home && home->present && i < home->habit_count; i++)
			habit_population_add(out, &home->habits[i]->habit);
	}
}

enum err detector_habit(struct detector_core *core, const char *household, struct detector_habit_view *out)
{
	const struct home *home = detect_home_find(core, household);

	if (!home)
		return ERR_NOT_FOUND;
	/* Before the first tick after a start nothing is late yet. */
	struct view view = detect_view(core, home, wall_is_set(core->now) ? core->now : (struct wall){0});
	bool away = home->mode == DETECTOR_AWAY;
	*out = (struct detector_habit_view){.mode = home->mode,
		.away = home->away.source,
		.away_since = away ? home->away.since : WALL_NONE,
		.away_until = away ? detect_mode_until(core, home) : WALL_NONE,
		.heard_since = home->since,
		.last_sign = home->last.at,
		.silent_since = WALL_NONE,
		.attention_at = WALL_NONE,
		.alarm_at = WALL_NONE,
		.wake_at = WALL_NONE,
		.looked_at = view.looked_at,
		.blind = view.blind,
		.pooled = core->pooled,
		.lesson_count = home->lessons ? home->lessons->count : 0,
		.set_count = home->habit_count};
	if (home->lessons)
		memcpy(out->lessons, home->lessons->items, sizeof out->lessons);
	const struct habit_terms *terms = detect_terms(core, home);
	out->budget = (struct detector_budget){.attention_per_month = terms->per_month[HABIT_ATTENTION],
		.alarm_per_month = terms->per_month[HABIT_ALARM],
		.floor_ms = terms->floor_ms,
		.ceiling_ms = terms->ceiling_ms};
	if (home->community && home->community->own)
		text_cut(out->community, sizeof out->community, home->community->id);
	for (unsigned i = 0; i < home->habit_count; i++)
		show_set(core, home, home->habits[i], &out->sets[i]);
	if (!view.proves || home->mode == DETECTOR_AWAY || home->mode == DETECTOR_UNWATCHED)
		return ERR_OK;
	struct wall since = detect_silent_since(home, &view);
	struct habit_judgement j;
	detect_habit_judge(core, home, view.looked_at, since, &j);
	out->population = j.habit == &detect_newcomer(core, home)->habit;
	for (unsigned i = 0; i < home->habit_count; i++)
		out->sets[i].in_force = j.habit == &home->habits[i]->habit;
	out->silent_since = since;
	out->silent_hour = j.start.hour;
	out->silent_kind = habit_kind(&j.start);
	out->attention_at.ms = since.ms + j.limits_ms[HABIT_ATTENTION];
	out->alarm_at.ms = since.ms + j.limits_ms[HABIT_ALARM];
	out->wake_at = detect_habit_wake(&j, since);
	return ERR_OK;
}
