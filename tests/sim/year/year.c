/* SPDX-License-Identifier: MIT
 *
 * The year's clock: a heap of what will happen beside the core's own timers; whichever is earlier is next. What the
 * core gives is judged and hashed here before anybody acts on it.
 */
#include "year_internal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "dispatcher/incident/policy_file.h"

/* ---- what will happen ---- */

static bool earlier(const struct year_event *a, const struct year_event *b)
{
	return a->at.ms != b->at.ms ? a->at.ms < b->at.ms : a->order < b->order;
}

enum err year_later(struct year *year, const struct year_event *event)
{
	if (year->heap_count == year->heap_room) {
		unsigned room = year->heap_room ? year->heap_room * 2 : 1024;
		struct year_event *more = realloc(year->heap, room * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		year->heap = more;
		year->heap_room = room;
	}
	unsigned i = year->heap_count++;
	struct year_event new = *event;
	new.order = year->order++;
	for (; i && earlier(&new, &year->heap[(i - 1) / 2]); i = (i - 1) / 2)
		year->heap[i] = year->heap[(i - 1) / 2];
	year->heap[i] = new;
	return ERR_OK;
}

static void take_next(struct year *year, struct year_event *out)
{
	struct year_event last = year->heap[--year->heap_count];
	unsigned i = 0;

	*out = year->heap[0];
	for (unsigned child; (child = 2 * i + 1) < year->heap_count; i = child) {
		if (child + 1 < year->heap_count && earlier(&year->heap[child + 1], &year->heap[child]))
			child++;
		if (!earlier(&year->heap[child], &last))
			break;
		year->heap[i] = year->heap[child];
	}
	year->heap[i] = last;
}

int64_t year_spread(struct dice *dice, int64_t median)
{
	static const int quantiles[] = RATE_SPREAD;
	int at = dice_below(dice, 1000), low = quantiles[at / 100], high = quantiles[at / 100 + 1];

	return median * (low * 100 + (high - low) * (at % 100)) / 10000;
}

/* ---- promises ---- */

static const char *const promises[YEAR_PROMISE_COUNT] = {
	"about a life and neither person nor desk had it in 10 min",
	"pages that left twice",
	"timers overdue after a tick, or late",
	"incidents without an end",
	"strangers who were heard",
	"hard rules of rosters broken",
	"duties of the next 48 h moved without a word",
	"duties in force that were not planned, or two at a time",
	"duties lost that somebody could and would have taken",
	"swaps without the word of all, or refused without a rule",
	"reminders missing, twice, or of another's duty",
	"homes forgotten; visits missed and not noticed that day",
	"asked twice for the same visit",
	"errands agreed that nobody has",
	"errands without an end, or an event missing",
	"called or asked while away, and not on duty",
	"not asked at the start, or silence not known in time",
	"day's plans missing, twice, of other stops, or a detour",
};

const char *year_promise_name(enum year_promise promise)
{
	return promises[promise];
}

void year_breaks(struct year *year, enum year_promise promise, const char *format, ...)
{
	va_list arguments;

	if (year->outcome->broken[promise]++)
		return;
	va_start(arguments, format);
	vsnprintf(year->broken[promise], sizeof year->broken[promise], format, arguments);
	va_end(arguments);
}

enum err year_fault_find(const char *name, enum year_fault *out)
{
	static const char *const names[YEAR_FAULT_COUNT] = {"none", "page_lost", "page_twice", "timer_missed",
		"roster_bent", "book_apart", "errand_lost", "swap_forced", "notice_lost", "cover_unasked"};

	for (unsigned i = 0; i < YEAR_FAULT_COUNT; i++)
		if (!strcmp(names[i], name)) {
			*out = (enum year_fault)i;
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

/* ---- effects ---- */

static void hash_in(struct year *year, const char *text, int64_t number)
{
	year->hash = text_hash64(text, strlen(text) + 1, year->hash ^ (uint64_t)number);
}

static enum err see_page(struct year *year, const struct page *page)
{
	struct year_page *known;

	hash_in(year, page->id, page->withdrawn);
	if (page->withdrawn) {
		year->counts.withdrawn++;
		return ERR_OK;
	}
	year->counts.pages++;
	HASH_FIND_STR(year->pages, page->id, known);
	if (known)
		year_breaks(year, YEAR_PAGE_ONCE, "page %s to %s of %s", page->id, page->user, page->incident);
	if (!known) {
		known = calloc(1, sizeof *known);
		if (!known)
			return ERR_NOMEM;
		text_cut(known->id, sizeof known->id, page->id);
		HASH_ADD_STR(year->pages, id, known);
	}
	return year_paged(year, page);
}

static enum err see(struct year *year, const struct incident_effect *effect)
{
	const struct incident *s = &effect->as.snapshot;
	enum err err = ERR_OK;

	switch (effect->kind) {
	case INCIDENT_PAGE:
		err = see_page(year, &effect->as.page);
		if (!err && year->options->fault == YEAR_FAULT_PAGE_TWICE && ++year->faults % 100 == 0)
			err = see_page(year, &effect->as.page);
		break;
	case INCIDENT_SNAPSHOT:
		hash_in(year, s->id, s->at.ms * 64 + s->event);
		err = year_log_event(year, s);
		if (!err && s->event == INCIDENT_EVENT_RAISED && s->level == ALERT_ATTENTION)
			err = year_tile(year, s);
		break;
	case INCIDENT_ONCALL:
		hash_in(year, effect->as.oncall.team, effect->as.oncall.from.ms + effect->as.oncall.user_count);
		break;
	case INCIDENT_ONCALL_GONE:
		hash_in(year, effect->as.team, 0);
		break;
	}
	return err;
}

enum err year_take(struct year *year, struct incident_effects *effects)
{
	enum err err = ERR_OK;

	for (bool more = true; more && !err;) {
		for (unsigned i = 0; i < effects->count && !err; i++)
			err = see(year, &effects->items[i]);
		more = effects->count == INCIDENT_EFFECTS_MAX;
		if (more && !err)
			err = incident_tick(year->core, year->now, effects);
	}
	return err;
}

/* tick lets one of the three cores do what is due: at once, or at its moment. */
static enum err tick(struct year *year, struct wall due, bool calls, bool duties)
{
	struct incident_effects effects;
	bool at_once = due.ms <= 0;

	if (calls && !at_once && due.ms < year->now.ms) /* a visit's timer in the past means at once */
		year_breaks(year, YEAR_TIMER_KEPT, "a timer of %lld is late at %lld", (long long)due.ms,
			(long long)year->now.ms);
	if (!at_once && due.ms > year->now.ms)
		year->now = due;
	if (duties)
		return year_duties_tick(year);
	if (!calls)
		return year_visits_tick(year);
	enum err err = incident_tick(year->core, year->now, &effects);
	if (!err)
		err = year_take(year, &effects);
	if (!err && incident_due(year->core).ms <= year->now.ms)
		year_breaks(year, YEAR_TIMER_KEPT, "something is due after the tick at %lld", (long long)year->now.ms);
	return err;
}

/* ---- time ---- */

static enum err happen(struct year *year, const struct year_event *event, struct errinfo *info)
{
	switch (event->kind) {
	case YEAR_CALL:
		return year_call(year);
	case YEAR_ALERT:
		return year_alert(year, event);
	case YEAR_STORM:
		return year_storm(year);
	case YEAR_STORM_DECIDED:
		return year_storm_decided(year, event);
	case YEAR_REPLY:
		return year_says(year, event);
	case YEAR_DESK:
		return year_desk(year, event);
	case YEAR_PLAN:
		return year_plan_all(year, info);
	case YEAR_FALLS_ILL:
		return year_falls_ill(year, event->who, info);
	case YEAR_DUTY_REPLY:
		return year_duty_says(year, event);
	case YEAR_COVER_BEGINS:
		year_cover_begins(year, event->number);
		return ERR_OK;
	case YEAR_COVER_OVER:
		year_cover_over(year, event->number);
		return ERR_OK;
	case YEAR_SWAP_PROPOSES:
		return year_swap_proposed(year);
	case YEAR_REMINDERS_LOOK:
		return year_reminders_look(year);
	case YEAR_VISIT_REPLY:
		return year_visit_says(year, event);
	case YEAR_VISIT_ASKED:
		return year_visit_asked(year);
	case YEAR_VISITS_LOOK:
		return year_visits_look(year);
	case YEAR_MORNING_LOOK:
		return year_mornings_look(year);
	case YEAR_START_LOOK:
		year_start_look(year, event);
		return ERR_OK;
	}
	return ERR_STATE;
}

/* begin puts what is known of the whole time on the heap. */
static enum err begin(struct year *year)
{
	struct year_event event = {.kind = YEAR_PLAN, .at = year->start};
	enum err err = year_later(year, &event);

	event = (struct year_event){.kind = YEAR_CALL, .at = wall_plus(year->start, MS_PER_MINUTE)};
	if (!err)
		err = year_later(year, &event);
	event = (struct year_event){.kind = YEAR_VISIT_ASKED, .at = year_at(year, 0, 8)};
	if (!err)
		err = year_later(year, &event);
	event = (struct year_event){.kind = YEAR_VISITS_LOOK, .at = year_at(year, 0, 12)};
	if (!err && year->options->visits)
		err = year_later(year, &event);
	if (!err)
		err = year_mornings_begin(year);
	event = (struct year_event){.kind = YEAR_SWAP_PROPOSES, .at = year_at(year, 1, 9)};
	if (!err)
		err = year_later(year, &event);
	event = (struct year_event){.kind = YEAR_REMINDERS_LOOK, .at = year_at(year, 2, 0)};
	if (!err)
		err = year_later(year, &event);
	for (int day = 0; day < (int)year->options->days && !err; day++) {
		if (day % STORM_EVERY_DAYS == STORM_EVERY_DAYS / 6) {
			event = (struct year_event){.kind = YEAR_STORM, .at = year_at(year, day, 9 + day % 10)};
			err = year_later(year, &event);
		}
		for (unsigned i = 0; i < YEAR_PEOPLE && !err && day; i++) {
			if (dice_below(&year->people_dice, 1000) >= RATE_ILL_PERMILLE_A_DAY)
				continue;
			event = (struct year_event){.kind = YEAR_FALLS_ILL, .who = i, .at = year_at(year, day, 5)};
			event.at = wall_plus(event.at, dice_below(&year->people_dice, 90) * MS_PER_MINUTE);
			err = year_later(year, &event);
		}
	}
	return err;
}

/* play goes on until the end: then nothing new happens in homes, and what is open may end. */
static enum err play(struct year *year, struct errinfo *info)
{
	struct wall end = year_at(year, (int)year->options->days, 0), last = wall_plus(end, 2 * MS_PER_DAY);
	struct year_event event;
	unsigned missed = 0;
	enum err err = begin(year);

	while (!err) {
		struct wall visits = visit_due(year->visits);
		struct wall calls = incident_due(year->core), due = calls.ms <= visits.ms ? calls : visits;
		bool duties = year->rota_due.ms < due.ms;
		due = duties ? year->rota_due : due;
		struct wall next = year->heap_count ? year->heap[0].at : WALL_NEVER;
		if (due.ms > last.ms && next.ms > last.ms)
			break;
		bool forget = year->options->fault == YEAR_FAULT_TIMER_MISSED && due.ms > 0 && due.ms < next.ms &&
			      next.ms <= last.ms && ++missed % 20 == 0;
		if (due.ms <= next.ms && !forget) {
			err = tick(year, due, calls.ms <= visits.ms, duties);
			continue;
		}
		take_next(year, &event);
		if (event.at.ms >= end.ms &&
			(event.kind == YEAR_CALL || event.kind == YEAR_FALLS_ILL || event.kind == YEAR_VISIT_ASKED ||
				event.kind == YEAR_SWAP_PROPOSES || event.kind == YEAR_REMINDERS_LOOK))
			continue;
		year->now = event.at;
		err = happen(year, &event, info);
	}
	return err;
}

/* ---- from start to end ---- */

static bool absent(const void *context, const char *user, struct wall at)
{
	const struct year *year = context;

	return year->rota && rota_away(year->rota, user, at);
}

static struct wall absence_edge(const void *context, struct wall after)
{
	const struct year *year = context;

	return year->rota ? rota_away_edge(year->rota, after) : WALL_NEVER;
}

static enum err open_year(struct year *year, struct errinfo *info)
{
	const struct year_options *options = year->options;
	struct incident_config config = {.duty = {.day_from_min = 7 * 60,
						 .night_from_min = 19 * 60,
						 .accept_life_s = 60,
						 .accept_alarm_s = 120,
						 .accept_attention_s = 600,
						 .arrive_s = 1200,
						 .ahead_ms = 2 * MS_PER_DAY,
						 .desk = "desk",
						 .absent = absent,
						 .absence_edge = absence_edge,
						 .context = year},
		.storm_homes = 8,
		.storm_window_ms = 10 * MS_PER_MINUTE,
		.storm_hold_ms = 30 * MS_PER_MINUTE,
		.storm_linger_ms = 30 * MS_PER_SECOND,
		.done_ms = 2 * MS_PER_HOUR,
		.keep_ms = 7 * MS_PER_DAY};
	enum err err = zone_load("Asia/Shanghai", &year->zone, info);

	if (!err)
		err = wall_parse("2026-11-30T00:00:00+08:00", 25, &year->start);
	year->policies = calloc(1, sizeof *year->policies);
	if (!year->policies)
		return ERR_NOMEM;
	if (!err && options->policies)
		err = policy_file_load(options->policies, year->policies, info);
	if (!err && options->log) {
		year->log = fopen(options->log, "w");
		if (!year->log)
			return errinfo_set(info, ERR_IO, "%s cannot be written", options->log);
	}
	config.duty.zone = year->zone;
	config.policies = options->policies ? year->policies : NULL;
	year->now = year->start;
	struct dice *dice[] = {&year->people_dice, &year->call_dice, &year->answer_dice, &year->plan_dice,
		&year->visit_dice, &year->swap_dice};
	for (unsigned i = 0; i < sizeof dice / sizeof *dice; i++)
		dice[i]->state = text_hash64(&i, sizeof i, options->seed * UINT64_C(0x9e3779b97f4a7c15) + i);
	if (!err)
		err = incident_core_create(&config, &year->core, info);
	if (!err)
		err = year_duties_open(year);
	if (!err)
		err = year_visits_open(year, info);
	if (!err)
		err = year_populate(year);
	return err ? err : year_visits_populate(year);
}

static void tell(struct year *year)
{
	const struct year_counts *c = &year->counts;
	FILE *out = year->out;

	fprintf(out, "rosters: %u planned, %u after an illness; duties %u, open %u, of these somebody could take %u\n",
		c->rosters, c->again, c->duties, c->open, c->coverable);
	fprintf(out, "ill: %u, told %u; others moved %u; days away by the task %u\n", c->ill, c->ill_told, c->moved,
		c->days_away);
	fprintf(out, "asked at the start of a duty: %u, silent %u; others told %u\n", c->starts, c->silent, c->climbed);
	fprintf(out, "incidents: %u, about a life %u; alerts %u, joined %u; storms %u; pages %u, withdrawn %u\n",
		year->outcome->incidents, year->outcome->about_life, c->alerts, c->joined, c->storms, c->pages,
		c->withdrawn);
	fprintf(out, "replies: %u", c->replies);
	for (unsigned v = 0; v < INCIDENT_VERDICT_COUNT; v++)
		fprintf(out, "%s%s %u", v ? ", " : ": ", incident_verdict_name((enum incident_verdict)v),
			c->verdicts[v]);
	fprintf(out, "; strangers %u\n", c->strangers);
}

static void tell_promises(struct year *year)
{
	fprintf(year->out, "\n%-58s %6s\n", "promise broken", "times");
	for (unsigned p = 0; p < YEAR_PROMISE_COUNT; p++) {
		fprintf(year->out, "%-58s %6u\n", promises[p], year->outcome->broken[p]);
		if (year->outcome->broken[p])
			fprintf(year->out, "  VIOLATED first: %s\n", year->broken[p]);
	}
	fprintf(year->out, "hash %016llx\n", (unsigned long long)year->hash);
}

/* judge_all: every line of the year once more as a whole, and what each person has had. */
static void judge_all(struct year *year)
{
	for (unsigned i = 0; i < YEAR_PEOPLE; i++) {
		struct year_person *p = &year->person[i];
		for (int d = 0; d < (int)year->options->days; d++) {
			p->duties += p->duty[d] >= 0;
			p->nights += p->duty[d] >= 2;
			p->shared += p->duty[d] >= 0 && (d % 7 >= 5 || year_holiday(d));
			year->hash ^= (uint64_t)(p->duty[d] + 2) * (i + 1) * 1000003 + (uint64_t)d;
		}
	}
}

enum err year_run(const struct year_options *options, FILE *out, struct year_outcome *out_outcome, struct errinfo *info)
{
	struct year *year;
	enum err err;

	*out_outcome = (struct year_outcome){0};
	if (options->days < 1 || options->days > YEAR_DAYS_MAX || !options->incidents_a_day)
		return errinfo_set(info, ERR_RANGE, "1 to %d days, at least one incident a day", YEAR_DAYS_MAX);
	year = calloc(1, sizeof *year);
	if (!year)
		return ERR_NOMEM;
	year->options = options;
	year->outcome = out_outcome;
	year->out = out;
	err = open_year(year, info);
	if (!err)
		err = play(year, info);
	if (!err) {
		fprintf(out, "seed %llu: %u days, %u teams, %u volunteers, %u homes\n",
			(unsigned long long)options->seed, options->days, YEAR_TEAMS, YEAR_PEOPLE, YEAR_HOMES);
		year_close(year);
		year_errands_close(year);
		year_swaps_close(year);
		judge_all(year);
		tell(year);
		err = year_tell(year);
		if (!err)
			err = year_errands_tell(year);
		year_mornings_tell(year);
		year_covers_tell(year);
		year_swaps_tell(year);
		tell_promises(year);
	}
	rota_destroy(year->rota);
	incident_core_destroy(year->core);
	visit_core_destroy(year->visits);
	zone_destroy(year->zone);
	if (year->log && fclose(year->log) && !err)
		err = errinfo_set(info, ERR_IO, "%s could not be written", options->log);
	year_log_fini(year);
	year_errands_fini(year);
	year_swaps_fini(year);
	free(year->policies);
	free(year->covers);
	free(year->stops);
	free(year->person);
	free(year->home);
	free(year->heap);
	free(year);
	return err;
}
