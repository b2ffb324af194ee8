/* SPDX-License-Identifier: MIT */
#include "backtest_play.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "backtest_dice.h"
#include "base/text.h"

#define PARTS_MAX 8    /* of one home's state */
#define TRIES 40       /* for each moment */
#define BASE_DAYS 28   /* whose nights tell the load of an empty home */
#define BASE_STEPS 256 /* of those, at most */

/* ---- a core with one home ---- */

static enum err core_open(const struct detector_config *config, const struct trace *trace, struct detector_core **out)
{
	struct entry household = {.kind = ENTRY_HOUSEHOLD, .seq = 1}, consent = {.kind = ENTRY_CONSENT, .seq = 2};
	enum err err = detector_create(config, out, NULL);

	if (err)
		return err;
	text_cut(household.key, sizeof household.key, trace->home);
	text_cut(consent.key, sizeof consent.key, trace->home);
	household.body.household.persons = trace->persons;
	consent.body.consent.quantities = UINT64_MAX;
	consent.body.consent.from = consent.body.consent.until = WALL_NONE;
	err = detector_entry(*out, &household);
	return err ? err : detector_entry(*out, &consent);
}

/* voice: the readings of a home as they go to the core; names are written once a channel. */
struct voice {
	struct reading channels[TRACE_CHANNELS_MAX];
};

static void voice_init(struct voice *voice, const struct trace *trace)
{
	for (unsigned i = 0; i < trace->channel_count; i++) {
		struct reading *r = &voice->channels[i];
		*r = (struct reading){.quantity = trace->channels[i].quantity};
		memcpy(r->device, trace->channels[i].device, sizeof r->device);
		memcpy(r->channel, trace->channels[i].channel, sizeof r->channel);
		memcpy(r->household, trace->home, sizeof r->household);
	}
}

static enum err say(struct detector_core *core, struct voice *voice, const struct trace_item *item)
{
	struct reading *r = &voice->channels[item->channel];

	r->value = item->value;
	r->delta = item->delta;
	r->since = isnan(item->delta) ? WALL_NONE : (struct wall){item->since_ms};
	r->at = (struct wall){item->at_ms};
	r->received = (struct wall){item->received_ms};
	r->late = item->late;
	return detector_feed(core, r);
}

typedef void take_fn(void *context, const struct alert *alert);

static enum err tick(struct detector_core *core, int64_t now_ms, take_fn *take, void *context)
{
	struct detector_effects out;
	enum err err;

	do {
		err = detector_tick(core, (struct wall){now_ms}, &out);
		for (unsigned i = 0; i < out.count && !err; i++)
			take(context, &out.items[i]);
	} while (!err && out.count == DETECTOR_EFFECTS_MAX);
	return err;
}

/* play_through plays the readings received up to until_ms. */
static enum err play_through(
	struct detector_core *core, const struct trace *trace, int64_t until_ms, take_fn *take, void *context)
{
	struct voice voice;
	int64_t now = 0;
	enum err err = ERR_OK;

	voice_init(&voice, trace);
	for (size_t i = 0; i < trace->count && !err && trace->items[i].received_ms <= until_ms; i++) {
		now = trace->items[i].received_ms;
		err = tick(core, now, take, context);
		if (!err)
			err = say(core, &voice, &trace->items[i]);
	}
	return err ? err : tick(core, now + 1, take, context);
}

enum err play_alerts(
	const struct detector_config *config, const struct trace *trace, int64_t until_ms, take_fn *take, void *context)
{
	struct detector_core *core = NULL;
	enum err err = core_open(config, trace, &core);

	if (!err)
		err = play_through(core, trace, until_ms, take, context);
	detector_destroy(core);
	return err;
}

static void ignore(void *context, const struct alert *alert)
{
	(void)context;
	(void)alert;
}

enum err play_population(
	const struct detector_config *config, const struct trace *trace, struct habit_population *population)
{
	struct detector_core *core = NULL;
	enum err err = core_open(config, trace, &core);

	if (!err)
		err = play_through(core, trace, INT64_MAX, ignore, NULL);
	if (!err)
		detector_population(core, population);
	detector_destroy(core);
	return err;
}

/* ---- the rule's state over time ---- */

/* stand: from at_ms on the rule's alert is of this level; ALERT_LEVEL_COUNT = none is open. */
struct stand {
	int64_t at_ms;
	enum alert_level level;
};

struct stands {
	const char *rule;
	struct stand *items;
	size_t count, capacity;
	enum err failed;
};

static void stand_take(void *context, const struct alert *alert)
{
	struct stands *stands = context;

	if (strcmp(alert->rule, stands->rule) != 0)
		return;
	if (stands->count == stands->capacity) {
		size_t wanted = stands->capacity ? stands->capacity * 2 : 128;
		void *more = realloc(stands->items, wanted * sizeof *stands->items);
		if (!more) {
			stands->failed = ERR_NOMEM;
			return;
		}
		stands->items = more;
		stands->capacity = wanted;
	}
	stands->items[stands->count++] =
		(struct stand){alert->at.ms, alert->state == ALERT_CLEARED ? ALERT_LEVEL_COUNT : alert->level};
}

/* stand_at gives the level that stands at a time. */
static enum alert_level stand_at(const struct stands *stands, int64_t at_ms)
{
	enum alert_level level = ALERT_LEVEL_COUNT;

	for (size_t low = 0, high = stands->count; low < high;) {
		size_t middle = (low + high) / 2;
		if (stands->items[middle].at_ms <= at_ms) {
			level = stands->items[middle].level;
			low = middle + 1;
		} else {
			high = middle;
		}
	}
	return level;
}

static bool reaches(enum alert_level level, unsigned which)
{
	return level <= (which == 0 ? ALERT_ALARM : ALERT_ATTENTION);
}

/* ---- false alarms ---- */

static void count_one(
	struct play_home *home, const struct truth *truth, unsigned which, int64_t at_ms, struct truth_gap gap)
{
	int64_t age = at_ms - truth->first_ms;
	bool absence = gap.end_ms - gap.start_ms >= PLAY_AWAY_MS;

	if (age >= PLAY_WARM_MS) {
		home->false_alarms[which] += !absence;
		home->absence_alarms[which] += absence;
	} else if (which == 0 && !absence) {
		home->cold_false[age >= 15 * MS_PER_DAY]++;
	}
}

static void count_alarms(struct play_home *home, const struct truth *truth, const struct stands *stands)
{
	for (unsigned which = 0; which < PLAY_LEVELS; which++) {
		enum alert_level before = ALERT_LEVEL_COUNT;
		int64_t counted = INT64_MIN; /* the gap that has had its alarm */
		for (size_t i = 0; i < stands->count; i++) {
			const struct stand *s = &stands->items[i];
			struct truth_gap gap = truth_gap_at(truth, s->at_ms);
			bool fresh = reaches(s->level, which) && !reaches(before, which);
			before = s->level;
			if (!fresh || gap.start_ms == counted)
				continue;
			counted = gap.start_ms;
			count_one(home, truth, which, s->at_ms, gap);
		}
	}
}

/* ---- moments ---- */

/* choosing: where a moment may lie. */
struct choosing {
	const struct trace *trace;
	const struct truth *truth;
	const struct stands *stands;
	size_t *stamps; /* readings of meters in the test; none: any time */
	size_t stamp_count;
};

static int64_t first_moment(const struct truth *truth)
{
	return truth->first_ms + PLAY_WARM_MS;
}

static int64_t last_moment(const struct truth *truth)
{
	return truth->last_ms - PLAY_CEILING_MS;
}

/* stamps_find: a moment is when a meter has just told what was used, so that nothing of it is unknown. */
static enum err stamps_find(struct choosing *c)
{
	const struct trace *trace = c->trace;

	c->stamps = malloc((trace->count + 1) * sizeof *c->stamps);
	if (!c->stamps)
		return ERR_NOMEM;
	for (size_t i = 0; i < trace->count; i++)
		if (trace_is_meter(trace->channels[trace->items[i].channel].quantity) && !trace->items[i].late &&
			trace->items[i].received_ms >= first_moment(c->truth) &&
			trace->items[i].received_ms < last_moment(c->truth))
			c->stamps[c->stamp_count++] = i;
	return ERR_OK;
}

/* moment_of draws a moment. false: nobody was at home then, or an alarm stood. */
static bool moment_of(const struct choosing *c, double share, int64_t *out_ms)
{
	int64_t from = first_moment(c->truth), until = last_moment(c->truth);
	int64_t at = c->stamp_count ? c->trace->items[c->stamps[(size_t)(share * (double)c->stamp_count)]].received_ms
				    : from + (int64_t)(share * (double)(until - from));
	struct truth_gap gap = truth_gap_at(c->truth, at);

	*out_ms = at;
	return gap.end_ms - gap.start_ms < PLAY_AWAY_MS && !trace_is_out(c->trace, at) &&
	       !reaches(stand_at(c->stands, at), 0);
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static unsigned choose(const struct choosing *c, const struct play_setup *setup, int64_t *out_moments)
{
	struct dice dice = dice_of(setup->seed, c->trace->home);
	unsigned count = 0;

	for (unsigned i = 0; i < setup->moments * TRIES && count < setup->moments; i++)
		count += moment_of(c, dice_share(&dice), &out_moments[count]);
	qsort(out_moments, count, sizeof *out_moments, by_size);
	return count;
}

/* ---- incapacity ---- */

/* copy: a home's state as the store would hold it. */
struct copy {
	unsigned count;
	struct detector_state *parts[PARTS_MAX]; /* in the order in which they were given last */
};

/* rest: how a home goes on where nobody uses anything. */
struct rest {
	double values[TRACE_CHANNELS_MAX];           /* each meter as it stood ... */
	int64_t at_ms[TRACE_CHANNELS_MAX];           /* ... and when; INT64_MIN = not heard yet */
	double base[TRACE_CHANNELS_MAX][BASE_STEPS]; /* load an hour of an empty home, step by step */
	unsigned base_count[TRACE_CHANNELS_MAX], base_next[TRACE_CHANNELS_MAX];
};

struct player {
	const struct play_setup *setup;
	const struct trace *trace;
	struct voice voice;
	struct detector_core *core;
	struct copy copy;
	struct rest rest;
	struct detector_state spare;
	int64_t steps_ms[TRACE_CHANNELS_MAX];
};

static enum err copy_part(struct copy *copy, const struct detector_state *state)
{
	struct detector_state *part = NULL;
	unsigned i = 0;

	while (i < copy->count && strcmp(copy->parts[i]->key, state->key) != 0)
		i++;
	if (i == copy->count) {
		assert(copy->count < PARTS_MAX);
		part = malloc(sizeof *part);
		if (!part)
			return ERR_NOMEM;
		copy->count++;
	} else {
		part = copy->parts[i];
		memmove(&copy->parts[i], &copy->parts[i + 1], (copy->count - 1 - i) * sizeof(struct detector_state *));
	}
	memcpy(part->key, state->key, sizeof part->key);
	memcpy(part->blob, state->blob, state->length);
	part->length = state->length;
	part->slot = state->slot;
	copy->parts[copy->count - 1] = part;
	return ERR_OK;
}

static enum err copy_take(struct player *p)
{
	enum err err = ERR_OK;

	while (!err && detector_dirty(p->core, &p->spare))
		err = copy_part(&p->copy, &p->spare);
	return err;
}

/* base_take gathers the load of the nights before a time, at or below their P75: what runs by itself. */
static void base_take(struct player *p, size_t until, unsigned channel)
{
	struct rest *rest = &p->rest;
	double *base = rest->base[channel], sorted[BASE_STEPS];
	int64_t oldest = p->trace->items[until].at_ms - BASE_DAYS * MS_PER_DAY;
	bool counter = trace_is_counter(p->trace->channels[channel].quantity);
	unsigned count = 0, kept = 0;

	for (size_t i = until + 1; i > 0 && count < BASE_STEPS && p->trace->items[i - 1].at_ms >= oldest; i--) {
		const struct trace_item *item = &p->trace->items[i - 1];
		if (item->channel != channel || item->late || (counter && isnan(item->delta)))
			continue;
		int hour = zone_to_civil(p->setup->config.zone, (struct wall){item->at_ms - 1}).hour;
		if (hour < 2 || hour >= 5)
			continue;
		base[count++] = counter ? item->delta * (double)MS_PER_HOUR / (double)(item->at_ms - item->since_ms)
					: item->value;
	}
	memcpy(sorted, base, count * sizeof *base);
	double most = truth_floor(sorted, count, 0.75, 1);
	for (unsigned i = 0; i < count; i++)
		if (base[i] <= most)
			base[kept++] = base[i];
	rest->base_count[channel] = kept;
	rest->base_next[channel] = 0;
}

static void rest_begin(struct player *p, size_t until)
{
	for (unsigned c = 0; c < p->trace->channel_count; c++) {
		enum quantity quantity = p->trace->channels[c].quantity;
		p->rest.base_count[c] = 0;
		if (quantity == QUANTITY_ENERGY_TOTAL || quantity == QUANTITY_POWER)
			base_take(p, until, c);
		p->rest.values[c] = 0;
		p->rest.at_ms[c] = INT64_MIN;
	}
	unsigned left = p->trace->channel_count;
	for (size_t i = until + 1; i > 0 && left; i--) {
		const struct trace_item *item = &p->trace->items[i - 1];
		if (p->rest.at_ms[item->channel] != INT64_MIN)
			continue;
		left--;
		p->rest.at_ms[item->channel] = item->at_ms;
		p->rest.values[item->channel] = item->value;
	}
}

/* rest_item makes of a reading of the real future what it would say had nobody done anything. false: nobody would
 * have caused it. */
static bool rest_item(
	struct rest *rest, const struct trace *trace, const struct trace_item *real, struct trace_item *out)
{
	unsigned c = real->channel;
	enum quantity quantity = trace->channels[c].quantity;
	double load = 0;

	*out = *real;
	if (!trace_is_meter(quantity)) {
		enum quantity_kind kind = quantity_info(quantity)->kind;
		return quantity == QUANTITY_ONLINE || (kind == QUANTITY_GAUGE && quantity != QUANTITY_COVER_POSITION);
	}
	if (rest->base_count[c])
		load = rest->base[c][rest->base_next[c]++ % rest->base_count[c]];
	if (!trace_is_counter(quantity)) {
		out->value = load;
		return true;
	}
	if (isfinite(real->delta)) {
		out->delta = load * (double)(real->at_ms - real->since_ms) / (double)MS_PER_HOUR;
		rest->values[c] += out->delta;
	}
	out->value = rest->values[c];
	return true;
}

/* waiting: until the alerts that are waited for have come. */
struct waiting {
	const char *rule;
	int64_t at_ms[PLAY_LEVELS]; /* INT64_MAX = not yet */
};

static void waiting_take(void *context, const struct alert *alert)
{
	struct waiting *w = context;

	if (strcmp(alert->rule, w->rule) != 0 || alert->state == ALERT_CLEARED)
		return;
	for (unsigned which = 0; which < PLAY_LEVELS; which++)
		if (reaches(alert->level, which) && alert->at.ms < w->at_ms[which])
			w->at_ms[which] = alert->at.ms;
}

static enum err core_again(struct player *p, struct detector_core **out)
{
	enum err err = core_open(&p->setup->config, p->trace, out);

	for (unsigned i = 0; i < p->copy.count && !err; i++)
		err = detector_restore(*out, p->copy.parts[i]);
	return err;
}

/* again: the home goes on from its copied state. */
struct again {
	struct detector_core *core;
	struct waiting waiting;
	int64_t until_ms;
};

static enum err hear(struct player *p, struct again *a, const struct trace_item *item)
{
	enum err err = tick(a->core, item->received_ms, waiting_take, &a->waiting);

	return err ? err : say(a->core, &p->voice, item);
}

static enum err faint_own(struct player *p, size_t until, struct again *a)
{
	struct trace_item item;
	enum err err = ERR_OK;

	for (size_t i = until + 1; i < p->trace->count && !err && a->waiting.at_ms[0] == INT64_MAX &&
				   p->trace->items[i].received_ms <= a->until_ms;
		i++)
		if (rest_item(&p->rest, p->trace, &p->trace->items[i], &item))
			err = hear(p, a, &item);
	return err;
}

/* next_stamp gives the channel whose meter tells next, and when; TRACE_CHANNELS_MAX = none. */
static unsigned next_stamp(const struct player *p, int64_t at_ms, int64_t *out_ms)
{
	unsigned next = TRACE_CHANNELS_MAX;

	*out_ms = INT64_MAX;
	for (unsigned c = 0; c < p->trace->channel_count; c++) {
		int64_t last = p->rest.at_ms[c], step = p->steps_ms[c];
		if (!trace_is_meter(p->trace->channels[c].quantity) || last == INT64_MIN)
			continue;
		int64_t stamp = last + (at_ms - last >= step ? (at_ms - last) / step + 1 : 1) * step;
		if (stamp < *out_ms) {
			*out_ms = stamp;
			next = c;
		}
	}
	return next;
}

/* faint_steady: each meter goes on at its usual step, from its own last reading. */
static enum err faint_steady(struct player *p, int64_t at_ms, struct again *a)
{
	struct trace_item item;
	int64_t stamp;
	enum err err = ERR_OK;

	while (!err && a->waiting.at_ms[0] == INT64_MAX) {
		unsigned c = next_stamp(p, at_ms, &stamp);
		if (stamp > a->until_ms)
			break;
		struct trace_item real = {
			.at_ms = stamp, .received_ms = stamp, .since_ms = p->rest.at_ms[c], .channel = (uint8_t)c};
		if (rest_item(&p->rest, p->trace, &real, &item))
			err = hear(p, a, &item);
		p->rest.at_ms[c] = stamp;
	}
	return err;
}

/* faint: from items[until] on nobody does anything. */
static enum err faint(
	struct player *p, size_t until, int64_t at_ms, enum play_after after, int64_t out_at_ms[PLAY_LEVELS])
{
	struct again a = {.waiting = {.rule = p->setup->config.rules[0].name, .at_ms = {INT64_MAX, INT64_MAX}},
		.until_ms = at_ms + PLAY_CEILING_MS};
	enum err err = core_again(p, &a.core);

	rest_begin(p, until);
	if (!err)
		err = after == PLAY_OWN ? faint_own(p, until, &a) : faint_steady(p, at_ms, &a);
	if (!err && a.waiting.at_ms[0] == INT64_MAX)
		err = tick(a.core, a.until_ms + 1, waiting_take, &a.waiting);
	detector_destroy(a.core);
	memcpy(out_at_ms, a.waiting.at_ms, sizeof a.waiting.at_ms);
	return err;
}

static enum err measure(
	struct player *p, size_t until, int64_t at_ms, enum alert_level standing, struct play_home *home)
{
	struct civil local = zone_to_civil(p->setup->config.zone, (struct wall){at_ms});
	struct play_delay *delay = &home->delays[home->delay_count];
	int64_t heard_ms[PLAY_LEVELS];
	enum err err = copy_take(p);

	for (unsigned after = 0; after < PLAY_AFTER_COUNT && !err; after++) {
		err = faint(p, until, at_ms, (enum play_after)after, heard_ms);
		for (unsigned which = 0; which < PLAY_LEVELS; which++) {
			bool heard = heard_ms[which] <= at_ms + PLAY_CEILING_MS;
			int64_t ms = heard ? heard_ms[which] - at_ms : PLAY_CEILING_MS;
			delay->hours[after][which] = reaches(standing, which) ? NAN : (float)ms / (float)MS_PER_HOUR;
			home->unheard += after == PLAY_OWN && which == 0 && !heard;
		}
	}
	delay->day = local.hour >= 7 && local.hour < 19;
	home->delay_count += !err;
	return err;
}

/* play_moments plays the home again and lets it faint at each moment. */
static enum err play_moments(
	struct player *p, const int64_t *moments, unsigned count, const struct stands *stands, struct play_home *home)
{
	const struct trace *trace = p->trace;
	unsigned next = 0;
	enum err err = core_open(&p->setup->config, trace, &p->core);

	for (size_t i = 0; i < trace->count && !err && next < count; i++) {
		err = tick(p->core, trace->items[i].received_ms, ignore, NULL);
		if (!err)
			err = say(p->core, &p->voice, &trace->items[i]);
		while (!err && next < count &&
			(i + 1 == trace->count || trace->items[i + 1].received_ms > moments[next])) {
			err = measure(p, i, moments[next], stand_at(stands, moments[next]), home);
			next++;
		}
	}
	detector_destroy(p->core);
	return err;
}

static enum err play_delays(const struct play_setup *setup, const struct choosing *choosing, struct play_home *home)
{
	int64_t *moments = calloc(setup->moments + 1, sizeof *moments);
	struct player *p = calloc(1, sizeof *p);
	enum err err = ERR_NOMEM;

	home->delays = calloc(setup->moments + 1, sizeof *home->delays);
	if (moments && p && home->delays) {
		unsigned count = choose(choosing, setup, moments);
		p->setup = setup;
		p->trace = choosing->trace;
		voice_init(&p->voice, p->trace);
		for (unsigned c = 0; c < p->trace->channel_count; c++)
			p->steps_ms[c] = trace_step(p->trace, c);
		err = play_moments(p, moments, count, choosing->stands, home);
		for (unsigned i = 0; i < p->copy.count; i++)
			free(p->copy.parts[i]);
	}
	free(p);
	free(moments);
	return err;
}

/* ---- a home ---- */

static double months_between(int64_t from_ms, int64_t until_ms)
{
	return until_ms > from_ms ? (double)(until_ms - from_ms) / PLAY_MONTH_MS : 0;
}

static void measure_time(struct play_home *home, const struct truth *truth)
{
	int64_t first = truth->first_ms, last = truth->last_ms, day15 = first + 15 * MS_PER_DAY;

	home->signs = (unsigned)truth->count;
	home->too_short = !home->trace->count || last - first < PLAY_WARM_MS + PLAY_CEILING_MS;
	home->months = months_between(first + PLAY_WARM_MS, last);
	home->cold_months[0] = months_between(first, last < day15 ? last : day15);
	home->cold_months[1] = months_between(day15, last < first + PLAY_WARM_MS ? last : first + PLAY_WARM_MS);
	home->lost_share = last > first ? (double)truth->lost_ms / (double)(last - first) : 0;
	home->leak_share = truth->metered_ms ? (double)truth->leak_ms / (double)truth->metered_ms : 0;
}

enum err play_home(const struct play_setup *setup, const struct trace *trace, struct play_home *out)
{
	struct play_home home = {.trace = trace};
	struct stands stands = {.rule = setup->config.rules[0].name};
	struct truth truth = {0};
	enum err err = truth_find(trace, setup->config.zone, &truth);

	if (!err)
		measure_time(&home, &truth);
	if (!err && !home.too_short) {
		struct choosing choosing = {.trace = trace, .truth = &truth, .stands = &stands};
		err = play_alerts(&setup->config, trace, INT64_MAX, stand_take, &stands);
		err = err ? err : stands.failed;
		if (!err)
			count_alarms(&home, &truth, &stands);
		if (!err && setup->moments)
			err = stamps_find(&choosing);
		if (!err && setup->moments)
			err = play_delays(setup, &choosing, &home);
		free(choosing.stamps);
	}
	truth_fini(&truth);
	free(stands.items);
	if (err)
		play_home_fini(&home);
	else
		*out = home;
	return err;
}

void play_home_fini(struct play_home *home)
{
	free(home->delays);
	home->delays = NULL;
}
