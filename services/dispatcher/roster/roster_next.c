/* SPDX-License-Identifier: MIT
 *
 * The task of the weeks after a roster: the same people and rules, with what they served as memory. Dates of the old
 * weeks (away, wishes, fixed, holidays, what was in force) are left out.
 */
#include <stdlib.h>

#include "base/civil.h"
#include "codec/fields.h"
#include "dispatcher/roster/roster_json.h"

#define BYTES_MAX (4u << 20)
#define CARRIED_MAX 1000
#define SERVED_MAX 31
#define RUN_MAX 31

struct memory {
	int32_t duties, nights, weekends; /* carried, and these weeks' */
};

static struct memory memory_of(const struct team *team, const struct roster_plan *plan, int volunteer)
{
	const struct team_volunteer *v = &team->volunteer[volunteer];
	struct memory all = {v->duties, v->nights, v->weekends};

	for (int d = 0; d < team->days; d++) {
		int shift = roster_plan_line(plan, volunteer)[d] - 1;
		if (shift < 0)
			continue;
		all.duties++;
		all.nights += team->part[team->shift[shift].part].night;
		all.weekends += team_shared(team, d);
	}
	return all;
}

static int32_t less(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

/* least_of gives what everybody has: only what is above it says who has done more, and squares of large numbers would
 * make an open duty the cheaper. */
static struct memory least_of(const struct team *team, const struct roster_plan *plan)
{
	struct memory least = memory_of(team, plan, 0);

	for (int v = 1; v < team->volunteers; v++) {
		struct memory one = memory_of(team, plan, v);
		least = (struct memory){less(least.duties, one.duties), less(least.nights, one.nights),
			less(least.weekends, one.weekends)};
	}
	return least;
}

static int64_t month_at(const struct team *team, int day)
{
	struct civil c;

	civil_from_ms((team->first + day) * MS_PER_DAY, &c);
	return (int64_t)c.year * 12 + c.month;
}

/* served_of counts duties in the calendar month in which the next weeks begin. */
static int served_of(const struct team *team, const struct roster_plan *plan, int volunteer)
{
	int64_t month = month_at(team, team->days);
	int count = month_at(team, 0) == month ? team->volunteer[volunteer].served : 0;

	for (int d = 0; d < team->days; d++)
		count += roster_plan_line(plan, volunteer)[d] && month_at(team, d) == month;
	return less(count, SERVED_MAX);
}

/* put_last says what was on the days before the next first. */
static int put_last(const struct team *team, const struct roster_plan *plan, int volunteer, json_t *out)
{
	const struct team_volunteer *v = &team->volunteer[volunteer];
	const uint8_t *line = roster_plan_line(plan, volunteer);
	int run = 0;

	json_object_del(out, "last");
	while (run < team->days && line[team->days - 1 - run])
		run++;
	if (!run)
		return 0;
	if (run == team->days && v->last >= 0)
		run += v->last_days > 0 ? v->last_days : 1;
	return json_object_set_new(out, "last",
		json_pack("{s:s, s:i}", "shift", team->shift[line[team->days - 1] - 1].id, "days", less(run, RUN_MAX)));
}

static int put_person(
	const struct team *team, const struct roster_plan *plan, int volunteer, const struct memory *least, json_t *out)
{
	struct memory all = memory_of(team, plan, volunteer);
	int bad = json_object_set_new(out, "carried",
		json_pack("{s:i, s:i, s:i}", "duties", less(all.duties - least->duties, CARRIED_MAX), "nights",
			less(all.nights - least->nights, CARRIED_MAX), "weekends",
			less(all.weekends - least->weekends, CARRIED_MAX)));

	bad |= json_object_set_new(out, "served", json_integer(served_of(team, plan, volunteer)));
	json_object_del(out, "away");
	return bad | put_last(team, plan, volunteer, out);
}

enum err roster_json_next(const char *task, size_t length, const struct team *team, const struct roster_plan *plan,
	int days, struct buf *out, struct errinfo *info)
{
	static const char *const dated[] = {"revision", "holidays", "wishes", "fixed", "previous", "frozen_until"};
	struct memory least = least_of(team, plan);
	char from[16];
	json_t *root;
	enum err err = fields_load(task, length, BYTES_MAX, &root, info);

	if (err)
		return err;
	for (size_t i = 0; i < sizeof dated / sizeof *dated; i++)
		json_object_del(root, dated[i]);
	roster_json_date(team, team->days, from);
	int bad = json_object_set_new(root, "from", json_string(from));
	bad |= json_object_set_new(root, "days", json_integer(days));
	json_t *people = json_object_get(root, "volunteers");
	for (int v = 0; v < team->volunteers; v++)
		bad |= put_person(team, plan, v, &least, json_array_get(people, (size_t)v));
	char *text = bad ? NULL : json_dumps(root, JSON_INDENT(1));
	json_decref(root);
	err = text ? buf_text(out, text) : ERR_NOMEM;
	free(text);
	return err ? errinfo_set(info, err, "no memory") : buf_byte(out, '\n');
}
