/* SPDX-License-Identifier: MIT
 *
 * Visits: what the directory says of homes and companions, and what companions, providers, captains and the desk say
 * when they are asked, go, find something, forget it.
 */
#include <string.h>

#include "base/text.h"
#include "dispatcher/visit/visit_file.h"
#include "year_internal.h"

#define LATITUDE 34.2
#define LONGITUDE 108.9
#define SERVICES 38
#define PROVIDERS 6

static struct position place(struct year *year, unsigned community)
{
	struct dice *dice = &year->visit_dice;

	return (struct position){LATITUDE + (dice_below(dice, 1600) + 2000 * (int)(community / 4)) / YEAR_METRES_NORTH,
		LONGITUDE + (dice_below(dice, 1600) + 2000 * (int)(community % 4)) / YEAR_METRES_EAST};
}

/* words draws one to three of a list, none twice. */
static uint8_t words(struct dice *dice, char out[][WORD_BYTES], const char *const *list, int count)
{
	int first = dice_below(dice, count), take = 1 + dice_below(dice, 3);

	for (int i = 0; i < take; i++)
		text_cut(out[i], WORD_BYTES, list[(first + i) % count]);
	return (uint8_t)take;
}

static const char *const languages[] = {"zh", "zh", "shaanxi", "henan"};
static const char *const interests[] = {"opera", "chess", "garden", "cooking", "history", "walking", "grandchildren"};

static enum err give(struct year *year, struct entry *entry)
{
	entry->seq = 1;
	return visit_core_entry(year->visits, entry, year->start);
}

static enum err give_care(struct year *year, struct year_home *home)
{
	struct dice *dice = &year->visit_dice;
	struct entry e = {.kind = ENTRY_CARE};
	struct care *care = &e.body.care;
	static const struct {
		const char *tag;
		int share;
	} tags[] = {{"over-90", 14}, {"lives-alone", 76}, {"bereaved", 1}, {"three-incidents", 2}, {"discharged", 1}};

	text_cut(e.key, sizeof e.key, home->id);
	text_cut(care->languages[0], WORD_BYTES, languages[dice_below(dice, 4)]);
	care->language_count = 1;
	care->interest_count = words(dice, care->interests, interests, 7);
	for (unsigned i = 0; i < sizeof tags / sizeof *tags; i++)
		if (year_happens(dice, tags[i].share))
			text_cut(care->tags[care->tag_count++], WORD_BYTES, tags[i].tag);
	care->sex = year_happens(dice, 10) ? SEX_WOMAN : SEX_NOT_SAID;
	const struct year_team *team = &year->team[home->team];
	if (year_happens(dice, 30))
		text_cut(care->wanted, ID_BYTES,
			year->person[team->first + (unsigned)dice_below(dice, (int)team->count)].id);
	care->position = home->position = place(year, home->team % YEAR_COMMUNITIES);
	return give(year, &e);
}

static enum err give_companion(struct year *year, struct year_person *p)
{
	struct dice *dice = &year->visit_dice;
	struct entry e = {.kind = ENTRY_COMPANION};
	struct companion *c = &e.body.companion;
	bool by_day = p->weekly[0] & 1;

	text_cut(e.key, sizeof e.key, p->id);
	text_cut(c->languages[0], WORD_BYTES, "zh");
	c->language_count = 1;
	if (year_happens(dice, 60))
		text_cut(c->languages[c->language_count++], WORD_BYTES, languages[2 + dice_below(dice, 2)]);
	c->interest_count = words(dice, c->interests, interests, 7);
	c->sex = year_happens(dice, 62) ? SEX_WOMAN : SEX_MAN;
	c->position = p->position = place(year, p->team % YEAR_COMMUNITIES);
	c->visits_a_week = (uint8_t)(year_happens(dice, 75) ? 2 + dice_below(dice, 4) : 0);
	c->parts = by_day ? 3 : 6; /* who serves by day: morning, afternoon; who works: afternoon off, evening */
	c->verified = year_happens(dice, 96);
	return give(year, &e);
}

static enum err give_service(struct year *year, unsigned n)
{
	static const char *const helps[] = {"meals", "bathing", "medical", "cleaning", "mobility", "urgent", "nursing"};
	struct entry e = {.kind = ENTRY_SERVICE};
	struct offering *o = &e.body.service;

	snprintf(e.key, sizeof e.key, "%s-%u", helps[n % 7], n / 7 + 1);
	text_cut(o->help, WORD_BYTES, helps[n % 7]);
	for (unsigned i = 0; i < 2; i++)
		snprintf(o->providers[o->provider_count++], ID_BYTES, "provider-%u", (n + i) % PROVIDERS);
	o->lead_days = (uint8_t)(n % 3);
	o->teams = n % 4 == 0;
	return give(year, &e);
}

enum err year_visits_open(struct year *year, struct errinfo *info)
{
	const struct year_options *o = year->options;
	struct visit_config config = {.zone = year->zone, .rules = &year->rules, .desk = "desk"};
	enum err err =
		visit_file_load(o->visits ? o->visits : "", o->checklists ? o->checklists : "", &year->rules, info);

	return err ? err : visit_core_create(&config, &year->visits, info);
}

enum err year_visits_populate(struct year *year)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < YEAR_PEOPLE && !err; i++)
		err = give_companion(year, &year->person[i]);
	for (unsigned h = 0; h < YEAR_HOMES && !err; h++)
		err = give_care(year, &year->home[h]);
	for (unsigned n = 0; n < SERVICES && !err; n++)
		err = give_service(year, n);
	return err;
}

/* ---- what people say ---- */

static enum err say(
	struct year *year, const struct errand *errand, const char *user, enum visit_action action, struct wall at)
{
	struct year_event event = {
		.kind = YEAR_VISIT_REPLY, .at = at.ms > year->now.ms ? at : year->now, .visit = action};

	text_cut(event.reply.incident, ID_BYTES, errand->id);
	text_cut(event.reply.user, ID_BYTES, user);
	return year_later(year, &event);
}

/* waking moves a time out of the night: nobody answers an offer at three. */
static struct wall waking(const struct year *year, struct wall at)
{
	return year_by_night(year, at) ? wall_plus(at, 9 * MS_PER_HOUR) : at;
}

static enum err offered(struct year *year, const struct errand *e)
{
	struct dice *dice = &year->visit_dice;
	const struct year_person *p = year_person_find(year, e->assignee);
	const char *who = *e->assignee ? e->assignee : e->provider;
	struct wall at = waking(year, wall_plus(year->now, year_spread(dice, 90 * MS_PER_MINUTE)));
	int word = dice_below(dice, 100);

	if (p && p->away[year_day(year, year->now)] & YEAR_ILL)
		return ERR_OK;
	if (word < RATE_VISIT_YES)
		return say(year, e, who, VISIT_ACCEPT, at);
	return word < RATE_VISIT_YES + RATE_VISIT_NO ? say(year, e, who, VISIT_DECLINE, at) : ERR_OK;
}

/* agreed: they go, mostly. */
static enum err agreed(struct year *year, const struct errand *e)
{
	struct dice *dice = &year->visit_dice;
	const char *who = *e->assignee ? e->assignee : e->provider;
	struct wall from = wall_plus(e->from, dice_below(dice, 10) * MS_PER_MINUTE);
	struct wall end = wall_plus(from, (25 + dice_below(dice, 30)) * MS_PER_MINUTE);
	const struct year_person *p = year_person_find(year, who);
	int day = year_day(year, from);
	enum err err = ERR_OK;

	if (e->kind == ERRAND_TASK) {
		int64_t room = e->until.ms - year->now.ms;
		if (year_happens(dice, RATE_TASK_LATE))
			return ERR_OK; /* it climbs */
		end = wall_plus(
			year->now, room > MS_PER_HOUR ? room * (20 + dice_below(dice, 75)) / 100 : MS_PER_MINUTE);
		return say(year, e, who, VISIT_FINISH, end);
	}
	if (p && day >= 0 && day < YEAR_TABLE_DAYS && p->away[day] & YEAR_ILL)
		return p->away[day] & YEAR_ILL_KNOWN
			       ? say(year, e, who, VISIT_DECLINE, wall_plus(e->from, -2 * MS_PER_HOUR))
			       : ERR_OK;
	if (year_happens(dice, RATE_VISIT_OFF))
		return say(year, e, who, VISIT_DECLINE, wall_plus(e->from, -4 * MS_PER_HOUR));
	if (year_happens(dice, RATE_VISIT_FORGOTTEN))
		return ERR_OK;
	if (year_happens(dice, RATE_NOT_MET))
		return say(year, e, who, VISIT_NOT_MET, from);
	if (year_happens(dice, 60))
		err = say(year, e, who, VISIT_START, from);
	if (err || year_happens(dice, RATE_VISIT_NO_END))
		return err;
	return say(year, e, who, VISIT_FINISH, end);
}

/* climbed: the captain or the desk sees to it. */
static enum err climbed(struct year *year, const struct errand *e)
{
	struct dice *dice = &year->visit_dice;
	char captain[ID_BYTES];
	struct wall at = waking(year, wall_plus(year->now, year_spread(dice, 3 * MS_PER_HOUR)));

	snprintf(captain, sizeof captain, "captain-%.8s", e->team + 2);
	const char *user = e->climb == 1 ? captain : "desk";
	if (e->climb == 1 && year_happens(dice, 50))
		return ERR_OK; /* leaves it to the desk */
	if (e->kind == ERRAND_TASK || e->state == ERRAND_UNDER_WAY)
		return say(year, e, user, VISIT_FINISH, at);
	if (e->state == ERRAND_OPEN)
		return say(year, e, user, VISIT_ACCEPT, at);
	return ERR_OK;
}

static enum err done(struct year *year, const struct errand *e)
{
	if (e->kind != ERRAND_SERVICE)
		return ERR_OK;
	enum visit_action word = year_happens(&year->visit_dice, 96) ? VISIT_CONFIRM : VISIT_REFUSE;

	return say(
		year, e, "desk", word, waking(year, wall_plus(year->now, year_spread(&year->visit_dice, MS_PER_DAY))));
}

static enum err act(struct year *year, const struct errand *e)
{
	switch (e->event) {
	case ERRAND_EVENT_OFFERED:
		return offered(year, e);
	case ERRAND_EVENT_AGREED:
	case ERRAND_EVENT_MOVED:
		return agreed(year, e);
	case ERRAND_EVENT_CLIMBED:
		return climbed(year, e);
	case ERRAND_EVENT_DONE:
		return done(year, e);
	case ERRAND_EVENT_OPENED:
		return e->kind == ERRAND_TASK && e->state == ERRAND_AGREED ? agreed(year, e) : ERR_OK;
	default:
		return ERR_OK;
	}
}

static enum err take(struct year *year, struct visit_effects *effects)
{
	enum err err = ERR_OK;

	for (bool more = true; more && !err;) {
		for (unsigned i = 0; i < effects->count && !err; i++) {
			err = year_errand_see(year, &effects->items[i]);
			if (!err)
				err = act(year, &effects->items[i].errand);
		}
		for (unsigned i = 0; i < effects->reader_count && !err; i++)
			err = year_day_told(year, effects->readers[i]);
		more = effects->count == VISIT_EFFECTS_MAX || effects->reader_count == VISIT_READERS_MAX;
		if (more && !err)
			err = visit_tick(year->visits, year->now, effects);
	}
	return err;
}

enum err year_visits_tick(struct year *year)
{
	struct visit_effects effects;
	enum err err = visit_tick(year->visits, year->now, &effects);

	if (!err)
		err = take(year, &effects);
	if (!err && visit_due(year->visits).ms <= year->now.ms)
		year_breaks(year, YEAR_TIMER_KEPT, "a visit's timer is due after the tick at %lld",
			(long long)year->now.ms);
	return err;
}

/* fill_answers: mostly all is well; of twenty answers one is a finding. */
static void fill_answers(struct year *year, const struct errand *e, struct visit_reply *reply)
{
	const struct checklist *list =
		*e->what && e->kind == ERRAND_VISIT ? visit_rules_list(&year->rules, e->what, e->version) : NULL;
	struct dice *dice = &year->visit_dice;

	for (unsigned i = 0; list && i < list->item_count; i++) {
		const struct check_item *item = &list->items[i];
		struct errand_answer *answer = &reply->answers[reply->answer_count++];
		text_cut(answer->item, WORD_BYTES, item->item);
		const struct check_word *word =
			item->word_count ? &item->words[dice_below(dice, item->word_count)] : NULL;
		if (!word || !word->finding || !year_happens(dice, RATE_FINDING))
			continue;
		answer->answer = ERRAND_FINDING;
		text_cut(answer->word, WORD_BYTES, word->word);
	}
}

enum err year_visit_says(struct year *year, const struct year_event *event)
{
	struct visit_reply reply = {
		.action = event->visit, .at = event->at, .from = WALL_NONE, .until = WALL_NONE, .seen = WALL_NONE};
	struct visit_effects effects;
	struct errand e;

	if (visit_find(year->visits, event->reply.incident, &e))
		return ERR_OK;
	text_cut(reply.errand, ID_BYTES, event->reply.incident);
	text_cut(reply.user, ID_BYTES, event->reply.user);
	if (reply.action == VISIT_FINISH)
		fill_answers(year, &e, &reply);
	if (reply.action == VISIT_REFUSE)
		text_cut(reply.note, sizeof reply.note, "an example");
	bool leader = !strcmp(reply.user, "desk") || !strncmp(reply.user, "captain-", 8);
	if (reply.action == VISIT_ACCEPT && leader) { /* the captain, or the desk, goes */
		text_cut(reply.to, ID_BYTES, reply.user);
		reply.from = wall_plus(year->now, MS_PER_HOUR);
		reply.until = wall_plus(year->now, 2 * MS_PER_HOUR);
	}
	bool desk = !strcmp(reply.user, "desk");
	enum err err = visit_say(year->visits, &reply, desk, year->now, &effects);
	if (err)
		return err;
	year->counts.visit_replies++;
	year->counts.visit_verdicts[effects.verdict]++;
	if (effects.verdict == VISIT_BAD && !*year->bad_reply)
		text_cut(year->bad_reply, sizeof year->bad_reply, effects.fault);
	return take(year, &effects);
}

/* year_visit_asked: a household asks for one of the services. */
enum err year_visit_asked(struct year *year)
{
	static const char *const helps[] = {"meals", "bathing", "medical", "cleaning", "mobility", "urgent", "nursing"};
	struct dice *dice = &year->visit_dice;
	struct visit_request request = {.from = WALL_NONE, .until = WALL_NONE};
	struct visit_effects effects;
	unsigned n = (unsigned)dice_below(dice, SERVICES);
	struct year_event next = {.kind = YEAR_VISIT_ASKED};

	text_cut(request.household, ID_BYTES, year->home[dice_below(dice, YEAR_HOMES)].id);
	snprintf(request.what, sizeof request.what, "%s-%u", helps[n % 7], n / 7 + 1);
	text_cut(request.user, ID_BYTES, "desk");
	enum err err = visit_ask(year->visits, &request, year->now, &effects);
	if (!err)
		err = take(year, &effects);
	int64_t mean_ms = MS_PER_DAY / RATE_SERVICES_A_DAY;
	next.at = waking(year, wall_plus(year->now, 1 + dice_below(dice, (int)(2 * mean_ms))));
	return err ? err : year_later(year, &next);
}
