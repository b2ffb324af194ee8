/* SPDX-License-Identifier: MIT
 *
 * What happens in homes: alerts of all kinds over the hours of the day, what joins them, what ends by itself, and the
 * day on which the water is cut.
 */
#include <string.h>

#include "base/text.h"
#include "year_internal.h"

static const struct {
	int share;
	enum alert_kind kind;
	enum alert_level level;
	const char *rule;
	bool by_day; /* comes when people are up; the others at any hour */
} kinds[] = {
	{14, ALERT_SOS, ALERT_LIFE, "sos", false},
	{10, ALERT_FALL, ALERT_LIFE, "fall", false},
	{2, ALERT_SMOKE, ALERT_LIFE, "smoke", true},
	{3, ALERT_GAS, ALERT_LIFE, "gas", true},
	{34, ALERT_SILENCE, ALERT_ALARM, "silence", true},
	{8, ALERT_LEAK, ALERT_ALARM, "leak", false},
	{21, ALERT_SILENCE, ALERT_ATTENTION, "silence", true},
	{8, ALERT_RULE, ALERT_ATTENTION, "night_restless", true},
};

static enum err feed(struct year *year, struct year_event *event)
{
	struct alert alert = {.revision = event->revision,
		.kind = event->alert,
		.level = event->level,
		.state = event->state,
		.onset = event->at,
		.at = event->at,
		.confidence = 1};
	struct incident_effects effects;

	snprintf(alert.id, sizeof alert.id, "a-%06u", event->number);
	text_cut(alert.household, sizeof alert.household, year->home[event->who].id);
	for (unsigned i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].kind == event->alert)
			text_cut(alert.rule, sizeof alert.rule, kinds[i].rule);
	text_cut(alert.reason_zh, sizeof alert.reason_zh, "示例");
	text_cut(alert.reason_en, sizeof alert.reason_en, "an example");
	year->counts.alerts++;
	enum err err = year_log_alert(year, &alert);
	if (!err)
		err = incident_feed(year->core, &alert, event->at, &effects);
	return err ? err : year_take(year, &effects);
}

/* follow: what comes of an alert later: it becomes more urgent, ends by itself, or another one joins it. */
static enum err follow(struct year *year, const struct year_event *first)
{
	struct dice *dice = &year->call_dice;
	struct year_event next = *first;
	enum err err = ERR_OK;

	next.kind = YEAR_ALERT;
	next.revision++;
	if (first->level != ALERT_LIFE && year_happens(dice, RATE_CLEARS)) {
		next.state = ALERT_CLEARED;
		next.at = wall_plus(first->at, (2 + dice_below(dice, 58)) * MS_PER_MINUTE);
		err = year_later(year, &next);
	} else if (first->level == ALERT_ATTENTION && year_happens(dice, 20)) {
		next.state = ALERT_UPDATED;
		next.level = ALERT_ALARM;
		next.at = wall_plus(first->at, (20 + dice_below(dice, 100)) * MS_PER_MINUTE);
		err = year_later(year, &next);
	}
	if (err || !year_happens(dice, RATE_JOINS))
		return err;
	next = *first;
	next.kind = YEAR_ALERT;
	next.number = ++year->alert_count;
	next.at = wall_plus(first->at, (5 + dice_below(dice, 20 * 60)) * MS_PER_SECOND);
	if (year_happens(dice, 40)) { /* he or she presses the button after all */
		next.alert = ALERT_SOS;
		next.level = ALERT_LIFE;
	}
	return year_later(year, &next);
}

static enum err next_call(struct year *year)
{
	uint32_t mean_s = 24 * 3600 / year->options->incidents_a_day;
	struct year_event event = {.kind = YEAR_CALL};

	event.at = wall_plus(year->now, 1 + (int64_t)dice_below(&year->call_dice, (int)(2000 * mean_s)));
	return year_later(year, &event);
}

enum err year_call(struct year *year)
{
	struct dice *dice = &year->call_dice;
	unsigned kind = 0;
	int hour = year_hour(year, year->now);

	for (int at = dice_below(dice, 100); at >= kinds[kind].share; kind++)
		at -= kinds[kind].share;
	struct year_event first = {.at = year->now,
		.who = (unsigned)dice_below(dice, YEAR_HOMES),
		.revision = 1,
		.alert = kinds[kind].kind,
		.level = kinds[kind].level};
	if (kinds[kind].by_day && (hour < 6 || hour >= 22)) /* what needs people who are up comes in the morning */
		first.at =
			wall_plus(first.at, (6 + (hour >= 22 ? 24 - hour : -hour) + dice_below(dice, 5)) * MS_PER_HOUR);
	first.number = ++year->alert_count;
	first.kind = YEAR_ALERT;
	enum err err = year_later(year, &first);
	if (!err)
		err = follow(year, &first);
	return err ? err : next_call(year);
}

enum err year_alert(struct year *year, const struct year_event *event)
{
	struct year_event now = *event;

	return feed(year, &now);
}

/* ---- many homes at once ---- */

enum err year_storm(struct year *year)
{
	struct dice *dice = &year->call_dice;
	unsigned community = (unsigned)dice_below(dice, YEAR_COMMUNITIES), homes = 0;
	unsigned at = (unsigned)dice_below(dice, YEAR_HOMES);
	enum err err = ERR_OK;

	year->counts.storms++;
	for (unsigned n = 0; n < YEAR_HOMES && homes < STORM_HOMES && !err; n++, at = (at + 1) % YEAR_HOMES) {
		if (year->home[at].team % YEAR_COMMUNITIES != community)
			continue;
		struct year_event silent = {.kind = YEAR_ALERT,
			.at = wall_plus(year->now, dice_below(dice, 8 * 60) * MS_PER_SECOND),
			.who = at,
			.number = ++year->alert_count,
			.revision = 1,
			.alert = ALERT_SILENCE,
			.level = ALERT_ALARM};
		err = year_later(year, &silent);
		silent.revision = 2;
		silent.state = ALERT_CLEARED;
		silent.at = wall_plus(year->now, (180 + dice_below(dice, 20)) * MS_PER_MINUTE);
		if (!err)
			err = year_later(year, &silent);
		if (!err && homes++ % 10 == 3) { /* and somebody does need help */
			silent = (struct year_event){.kind = YEAR_ALERT,
				.at = wall_plus(year->now, (4 + dice_below(dice, 60)) * MS_PER_MINUTE),
				.who = at,
				.number = ++year->alert_count,
				.revision = 1,
				.alert = ALERT_SOS,
				.level = ALERT_LIFE};
			err = year_later(year, &silent);
		}
	}
	struct year_event decided = {.kind = YEAR_STORM_DECIDED, .who = community};
	decided.at = wall_plus(year->now, (10 + dice_below(dice, 8)) * MS_PER_MINUTE);
	return err ? err : year_later(year, &decided);
}

enum err year_storm_decided(struct year *year, const struct year_event *event)
{
	struct storm_decision decision = {.kind = ALERT_SILENCE, .minutes = 240};
	struct incident_effects effects;
	unsigned homes;

	snprintf(decision.community, sizeof decision.community, "c-%u", event->who);
	text_cut(decision.user, sizeof decision.user, "desk");
	enum err err = incident_storm(year->core, &decision, event->at, &homes, &effects);
	return err ? err : year_take(year, &effects);
}
