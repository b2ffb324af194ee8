/* SPDX-License-Identifier: MIT
 *
 * The district: as in tests/bench/roster.py, for a year.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "year_internal.h"

#define DAY 1
#define NIGHT 2

static const struct {
	int share;
	uint8_t weekly[7];
	int at_most;
} patterns[] = {
	{22, {1, 1, 1, 1, 1, 1, 1}, 15}, /* retired, any day */
	{26, {2, 2, 2, 2, 2, 2, 2}, 13}, /* young, any night */
	{10, {3, 3, 3, 3, 3, 3, 3}, 12}, /* property manager */
	{10, {1, 1, 1, 1, 1, 0, 0}, 12}, /* retired, not at the weekend */
	{16, {2, 2, 0, 0, 2, 2, 2}, 11}, /* working, some nights */
	{16, {2, 2, 2, 0, 0, 3, 3}, 12}, /* working, all of the weekend */
};

bool year_holiday(int day)
{
	/* Days after Monday 2026-11-30: New Year, spring festival, Qingming, May, dragon boat, mid-autumn, October. */
	static const int spans[][2] = {{32, 34}, {67, 74}, {125, 127}, {152, 156}, {191, 193}, {289, 291}, {305, 311}};

	for (unsigned i = 0; i < sizeof spans / sizeof *spans; i++)
		if (day >= spans[i][0] && day <= spans[i][1])
			return true;
	return false;
}

static void draw_away(struct year *year, struct year_person *p)
{
	static const int spells[] = {0, 1, 1, 2, 3}, lengths[] = {1, 1, 2, 4};
	struct dice *dice = &year->people_dice;

	for (int begin = 0; begin < YEAR_TABLE_DAYS; begin += YEAR_PERIOD) {
		for (int n = spells[dice_below(dice, 5)]; n > 0; n--) {
			int day = begin + dice_below(dice, YEAR_PERIOD), length = lengths[dice_below(dice, 4)];
			for (int d = day; d < day + length && d < YEAR_TABLE_DAYS; d++)
				p->away[d] |= YEAR_PLANNED;
		}
	}
}

static unsigned draw_pattern(struct dice *dice, unsigned index)
{
	unsigned n = 0;

	if (index < 6) /* every team has some who can do each part */
		return index % 3;
	for (int at = dice_below(dice, 100); n + 1 < sizeof patterns / sizeof *patterns; n++) {
		at -= patterns[n].share;
		if (at < 0)
			break;
	}
	return n;
}

static void draw_person(struct year *year, unsigned team, unsigned index, struct year_person *p)
{
	struct dice *dice = &year->people_dice;
	unsigned pattern = draw_pattern(dice, index);

	*p = (struct year_person){.team = team, .at_most = patterns[pattern].at_most};
	memset(p->duty, -1, sizeof p->duty);
	snprintf(p->id, sizeof p->id, "v-%02u%02u", team + 1, index);
	memcpy(p->weekly, patterns[pattern].weekly, sizeof p->weekly);
	p->experienced = index < 6 || year_happens(dice, 60);
	p->first_aid = year_happens(dice, 40);
	p->key_holder = year_happens(dice, 30);
	p->nights_in_row = year_happens(dice, 10);
	p->metres = 200 + dice_below(dice, 3800);
	draw_away(year, p);
}

static enum err give(struct year *year, struct entry *entry)
{
	struct incident_effects effects;

	entry->seq = 1;
	enum err err = incident_core_entry(year->core, entry, year->start, &effects);
	return err ? err : visit_core_entry(year->visits, entry, year->start);
}

static enum err give_person(struct year *year, const struct year_person *p, unsigned index)
{
	struct entry e = {.kind = ENTRY_VOLUNTEER};

	text_cut(e.key, sizeof e.key, p->id);
	text_cut(e.body.volunteer.team, ID_BYTES, year->team[p->team].id);
	for (unsigned d = 0; d < 7; d++) {
		e.body.volunteer.weekdays |= (uint8_t)(p->weekly[d] ? 1u << d : 0);
		e.body.volunteer.day = e.body.volunteer.day || (p->weekly[d] & DAY);
		e.body.volunteer.night = e.body.volunteer.night || (p->weekly[d] & NIGHT);
	}
	e.body.volunteer.order = (uint8_t)index;
	return give(year, &e);
}

static enum err make_team(struct year *year, unsigned t, unsigned first, unsigned count)
{
	struct year_team *team = &year->team[t];
	struct entry e = {.kind = ENTRY_TEAM};
	enum err err;

	*team = (struct year_team){.first = first, .count = count};
	snprintf(team->id, sizeof team->id, "t-%02u", t + 1);
	text_cut(e.key, sizeof e.key, team->id);
	snprintf(e.body.team.community, ID_BYTES, "c-%u", t % YEAR_COMMUNITIES);
	snprintf(e.body.team.captain, ID_BYTES, "captain-%02u", t + 1);
	snprintf(e.body.team.desk, ID_BYTES, "desk");
	err = give(year, &e);
	for (unsigned i = 0; i < count && !err; i++) {
		draw_person(year, t, i, &year->person[first + i]);
		err = give_person(year, &year->person[first + i], i);
	}
	for (unsigned i = 0; i < 2; i++) {
		unsigned a = (unsigned)dice_below(&year->people_dice, (int)count);
		unsigned b = (a + 1 + (unsigned)dice_below(&year->people_dice, (int)count - 1)) % count;
		team->pair[i] = (struct year_pair){a, b, year_happens(&year->people_dice, 70)};
	}
	return err;
}

/* add_user puts one into a part of a circle unless already there. */
static void add_user(struct circle *circle, enum circle_part part, const char *user)
{
	for (unsigned i = 0; i < circle->count[part]; i++)
		if (!strcmp(circle->users[part][i], user))
			return;
	if (circle->count[part] < CIRCLE_MAX)
		text_cut(circle->users[part][circle->count[part]++], ID_BYTES, user);
}

/* make_home: most have family, two of five a key with somebody of the team, and neighbours of whom some are volunteers.
 */
static enum err make_home(struct year *year, unsigned h)
{
	struct year_home *home = &year->home[h];
	struct dice *dice = &year->people_dice;
	struct entry e = {.kind = ENTRY_HOUSEHOLD}, around = {.kind = ENTRY_CIRCLE};
	struct circle *circle = &around.body.circle;
	char user[ID_BYTES];

	home->team = h % YEAR_TEAMS;
	snprintf(home->id, sizeof home->id, "h-%04u", h + 1);
	const struct year_team *team = &year->team[home->team];
	text_cut(e.key, sizeof e.key, home->id);
	text_cut(around.key, sizeof around.key, home->id);
	snprintf(e.body.household.community, ID_BYTES, "c-%u", home->team % YEAR_COMMUNITIES);
	text_cut(e.body.household.team, ID_BYTES, team->id);
	e.body.household.away_from = e.body.household.away_until = WALL_NONE;
	e.body.household.persons = year_happens(dice, 72) ? 1 : 2;
	if (year_happens(dice, 80)) {
		snprintf(user, sizeof user, "kin-%04u", h + 1);
		add_user(circle, CIRCLE_CONTACTS, user);
	}
	for (unsigned i = 0; i < team->count; i++) {
		const struct year_person *p = &year->person[team->first + i];
		if (p->key_holder && year_happens(dice, 25))
			add_user(circle, CIRCLE_KEYS, p->id);
		if (p->metres < 1000 && year_happens(dice, 30))
			add_user(circle, CIRCLE_NEIGHBOURS, p->id);
	}
	if (year_happens(dice, 40)) {
		snprintf(user, sizeof user, "next-%04u", h + 1);
		add_user(circle, CIRCLE_NEIGHBOURS, user);
	}
	enum err err = give(year, &e);
	return err ? err : give(year, &around);
}

enum err year_populate(struct year *year)
{
	unsigned first = 0;
	enum err err = ERR_OK;

	year->person = calloc(YEAR_PEOPLE, sizeof *year->person);
	year->home = calloc(YEAR_HOMES, sizeof *year->home);
	if (!year->person || !year->home)
		return ERR_NOMEM;
	for (unsigned t = 0; t < YEAR_TEAMS && !err; t++) {
		unsigned count = YEAR_PEOPLE / YEAR_TEAMS + (t < YEAR_PEOPLE % YEAR_TEAMS);
		err = make_team(year, t, first, count);
		first += count;
	}
	for (unsigned h = 0; h < YEAR_HOMES && !err; h++)
		err = make_home(year, h);
	return err;
}

struct year_person *year_person_find(const struct year *year, const char *user)
{
	unsigned number, team, index;

	if (strncmp(user, "v-", 2) != 0 || strlen(user) != 6)
		return NULL;
	number = (unsigned)strtoul(user + 2, NULL, 10);
	team = number / 100 - 1;
	index = number % 100;
	if (team >= YEAR_TEAMS || index >= year->team[team].count)
		return NULL;
	return &year->person[year->team[team].first + index];
}
