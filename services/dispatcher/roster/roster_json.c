/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/roster_json.h"

#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "codec/fields.h"

#define BYTES_MAX (4u << 20)
#define REVISION_MAX 1000000000

struct reader {
	struct team *team;
	struct errinfo *info;
};

static enum err wrong(struct reader *r, const char *what, const char *word)
{
	return errinfo_set(r->info, ERR_INVALID, "%s: \"%.60s\" is not known or not valid", what, word);
}

/* unfit tells a cause in words. */
static enum err unfit(struct reader *r, const char *what, const char *why)
{
	return errinfo_set(r->info, ERR_INVALID, "%s: %s", what, why);
}

/* ---- words ---- */

static bool read_date(const char *text, int64_t *out_days, char *rest, size_t size)
{
	char stamp[32];
	int length = snprintf(stamp, sizeof stamp, "%.10sT00:00:00Z", text);
	struct wall at;

	if (strlen(text) < 10 || wall_parse(stamp, (size_t)length, &at) || at.ms < 0)
		return false;
	*out_days = at.ms / MS_PER_DAY;
	text_cut(rest, size, text + 10);
	return true;
}

/* no_day tells why a date is none of the task's. */
static enum err no_day(struct reader *r, const char *what, const char *word)
{
	char rest[16];
	int64_t days;

	if (!read_date(word, &days, rest, sizeof rest) || *rest)
		return errinfo_set(r->info, ERR_INVALID, "%s: \"%.60s\" is no date of the calendar", what, word);
	return errinfo_set(r->info, ERR_INVALID, "%s: %s is not among the days of the task", what, word);
}

int roster_json_day(const struct team *team, const char *date)
{
	char rest[16];
	int64_t days;

	if (!read_date(date, &days, rest, sizeof rest) || *rest || days < team->first ||
		days >= team->first + team->days)
		return -1;
	return (int)(days - team->first);
}

void roster_json_date(const struct team *team, int day, char out[16])
{
	struct civil c;

	civil_from_ms((team->first + day) * MS_PER_DAY, &c);
	snprintf(out, 16, "%04u-%02u-%02u", (unsigned)c.year % 10000, (unsigned)c.month % 100, (unsigned)c.day % 100);
}

static int find_part(const struct team *t, const char *id)
{
	for (int i = 0; i < t->parts; i++)
		if (!strcmp(t->part[i].id, id))
			return i;
	return -1;
}

static int find_shift(const struct team *t, const char *id)
{
	for (int i = 0; i < t->shifts; i++)
		if (!strcmp(t->shift[i].id, id))
			return i;
	return -1;
}

static int find_volunteer(const struct team *t, const char *id)
{
	for (int i = 0; i < t->volunteers; i++)
		if (!strcmp(t->volunteer[i].id, id))
			return i;
	return -1;
}

static int find_tag(struct team *t, const char *id)
{
	for (int i = 0; i < t->tags; i++)
		if (!strcmp(t->tag[i], id))
			return i;
	if (t->tags == TEAM_TAGS_MAX || strlen(id) >= ROSTER_ID_BYTES)
		return -1;
	snprintf(t->tag[t->tags], ROSTER_ID_BYTES, "%s", id);
	return t->tags++;
}

typedef int finder(const struct team *team, const char *id);

static int find_tag_const(const struct team *team, const char *id)
{
	return find_tag((struct team *)(uintptr_t)team, id);
}

/* new_id says that an id must stand once in its list. */
static void new_id(struct fields *f, const struct team *team, finder *find, const char *id, int index)
{
	if (!f->err && find(team, id) != index)
		fields_fail(f, "id", "stands twice");
}

/* read_set turns a list of words into bits. */
static enum err read_set(struct reader *r, const json_t *list, finder *find, const char *what, uint32_t *out)
{
	size_t i;
	json_t *word;

	if (list && !json_is_array(list))
		return unfit(r, what, "is not a list");
	json_array_foreach((json_t *)(uintptr_t)list, i, word)
	{
		const char *text = json_string_value(word);
		int index = text ? find(r->team, text) : -1;
		if (index < 0)
			return wrong(r, what, text ? text : "not a text");
		*out |= (uint32_t)1 << index;
	}
	return ERR_OK;
}

static enum err read_index(struct reader *r, struct fields *f, const char *key, finder *find, int *out)
{
	char id[ROSTER_ID_BYTES] = "";

	fields_text(f, key, id, sizeof id);
	*out = find(r->team, id);
	return f->err ? f->err : *out < 0 ? wrong(r, key, id) : ERR_OK;
}

static enum err read_day(struct reader *r, struct fields *f, const char *key, int *out)
{
	char date[16] = "";

	fields_text(f, key, date, sizeof date);
	*out = roster_json_day(r->team, date);
	return f->err ? f->err : *out < 0 ? no_day(r, key, date) : ERR_OK;
}

static void read_int(struct fields *f, const char *key, int64_t lo, int64_t hi, int32_t *out)
{
	int64_t value = *out;

	fields_int_if(f, key, lo, hi, &value);
	*out = (int32_t)value;
}

/* each calls read for every element of a list. */
typedef enum err element(struct reader *r, const json_t *value, int index);

/* name_place puts which element of a list it was before the cause. */
static enum err name_place(struct reader *r, const char *list, size_t index, enum err err)
{
	if (!r->info)
		return err;
	struct errinfo cause = *r->info;
	*r->info = (struct errinfo){0};
	return errinfo_set(r->info, err, "%s[%zu]: %s", list, index, cause.text);
}

static enum err each(struct reader *r, const json_t *list, const char *what, int most, element *read)
{
	size_t i;
	json_t *value;

	if (!list)
		return ERR_OK;
	if (!json_is_array(list) || json_array_size(list) > (size_t)most)
		return errinfo_set(r->info, ERR_INVALID, "%s: is no list of at most %d", what, most);
	json_array_foreach((json_t *)(uintptr_t)list, i, value)
	{
		enum err err = read(r, value, (int)i);
		if (err)
			return name_place(r, what, i, err);
	}
	return ERR_OK;
}

/* ---- what the task consists of ---- */

static bool read_clock(const char *text, int32_t *out)
{
	int hour, minute, used = 0;

	if (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2 || text[used] || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59)
		return false;
	*out = hour * 60 + minute;
	return true;
}

static enum err read_part(struct reader *r, const json_t *value, int index)
{
	struct team_part *part = &r->team->part[index];
	char from[8] = "";
	struct fields f;

	*part = (struct team_part){0};
	fields_open(&f, value, "part", r->info);
	fields_text(&f, "id", part->id, sizeof part->id);
	fields_text(&f, "from", from, sizeof from);
	fields_bool_if(&f, "night", &part->night);
	fields_get(&f, "bars", false); /* read once all parts are known */
	if (!f.err && !read_clock(from, &part->from_min))
		fields_fail(&f, "from", "no time like 07:00");
	r->team->parts = index + 1;
	new_id(&f, r->team, find_part, part->id, index);
	return fields_done(&f);
}

static enum err read_bars(struct reader *r, const json_t *value, int index)
{
	return read_set(r, json_object_get(value, "bars"), find_part, "bars", &r->team->part[index].bars);
}

static enum err read_shift(struct reader *r, const json_t *value, int index)
{
	struct team_shift *s = &r->team->shift[index];
	struct fields f;

	*s = (struct team_shift){.need = 1, .weight = 4000};
	fields_open(&f, value, "shift", r->info);
	fields_text(&f, "id", s->id, sizeof s->id);
	enum err err = read_index(r, &f, "part", find_part, &s->part);
	read_int(&f, "need", 0, TEAM_PEOPLE_MAX, &s->need);
	s->need_holiday = s->need;
	read_int(&f, "need_holiday", 0, TEAM_PEOPLE_MAX, &s->need_holiday);
	read_int(&f, "weight", 1, 10000, &s->weight);
	if (!err)
		err = read_set(r, fields_get(&f, "requires", false), find_tag_const, "requires", &s->requires);
	r->team->shifts = index + 1;
	new_id(&f, r->team, find_shift, s->id, index);
	return err ? err : fields_done(&f);
}

static enum err read_beside(struct reader *r, const json_t *value, int index)
{
	struct team_beside *b = &r->team->beside[index];
	struct fields f;

	*b = (struct team_beside){.need = 1, .weight = 100};
	fields_open(&f, value, "beside", r->info);
	enum err err = read_index(r, &f, "part", find_part, &b->part);
	read_int(&f, "need", 1, TEAM_PEOPLE_MAX, &b->need);
	read_int(&f, "weight", 1, 4000, &b->weight);
	if (!err)
		err = read_set(r, fields_get(&f, "tags", true), find_tag_const, "tags", &b->tags);
	r->team->besides = index + 1;
	return err ? err : fields_done(&f);
}

static enum err read_holiday(struct reader *r, const json_t *value, int index)
{
	const char *text = json_string_value(value);
	int day = text ? roster_json_day(r->team, text) : -1;

	(void)index;
	if (day >= 0)
		r->team->holiday[day] = 1;
	return day >= 0 ? ERR_OK : no_day(r, "date", text ? text : "");
}

static enum err read_rules(struct reader *r, const json_t *value)
{
	struct team_weights *w = &r->team->weights;
	struct fields f, g;

	if (!value)
		return ERR_OK;
	fields_open(&f, value, "rules", r->info);
	int32_t run = r->team->max_run;
	read_int(&f, "max_run", 1, 31, &run);
	r->team->max_run = run;
	const json_t *weights = fields_get(&f, "weights", false);
	enum err err = fields_done(&f);
	if (err || !weights)
		return err;
	fields_open(&g, weights, "weights", r->info);
	read_int(&g, "duties", 0, 50, &w->duties);
	read_int(&g, "nights", 0, 50, &w->nights);
	read_int(&g, "weekends", 0, 50, &w->weekends);
	read_int(&g, "km", 0, 50, &w->km);
	read_int(&g, "moved", 0, 2000, &w->moved);
	return fields_done(&g);
}

/* ---- volunteers ---- */

static enum err read_away_part(struct reader *r, const json_t *value, int *out_day, int *out_part)
{
	struct fields f;

	fields_open(&f, value, "away", r->info);
	enum err err = read_day(r, &f, "date", out_day);
	if (!err && fields_get(&f, "part", false))
		err = read_index(r, &f, "part", find_part, out_part);
	return err ? err : fields_done(&f);
}

static enum err read_away(struct reader *r, const json_t *list, struct team_volunteer *v)
{
	size_t i;
	json_t *one;

	if (list && !json_is_array(list))
		return unfit(r, "away", "is not a list");
	json_array_foreach((json_t *)(uintptr_t)list, i, one)
	{
		const char *text = json_string_value(one);
		int day = text ? roster_json_day(r->team, text) : -1, part = -1;
		enum err err = text && day < 0 ? no_day(r, "away", text) : ERR_OK;
		if (!text)
			err = read_away_part(r, one, &day, &part);
		if (err)
			return err;
		v->away[day] |= (uint8_t)(part >= 0 ? 1 << part : 0xff);
	}
	return ERR_OK;
}

static enum err read_weekly(struct reader *r, const json_t *list, struct team_volunteer *v)
{
	if (!list)
		return ERR_OK;
	if (json_array_size(list) != 7)
		return unfit(r, "weekly", "is not a list of seven lists of parts, Monday first");
	for (size_t i = 0; i < 7; i++) {
		uint32_t parts = 0;
		enum err err = read_set(r, json_array_get(list, i), find_part, "weekly", &parts);
		if (err)
			return err;
		v->weekly[i] = (uint8_t)parts;
	}
	return ERR_OK;
}

static enum err read_carried(struct reader *r, const json_t *value, struct team_volunteer *v)
{
	struct fields f;

	if (!value)
		return ERR_OK;
	fields_open(&f, value, "carried", r->info);
	read_int(&f, "duties", 0, 1000, &v->duties);
	read_int(&f, "nights", 0, 1000, &v->nights);
	read_int(&f, "weekends", 0, 1000, &v->weekends);
	return fields_done(&f);
}

static enum err read_last(struct reader *r, const json_t *value, struct team_volunteer *v)
{
	struct fields f;

	if (!value)
		return ERR_OK;
	fields_open(&f, value, "last", r->info);
	enum err err = read_index(r, &f, "shift", find_shift, &v->last);
	int32_t days = 1;
	read_int(&f, "days", 1, 31, &days);
	v->last_days = days;
	return err ? err : fields_done(&f);
}

static enum err read_volunteer(struct reader *r, const json_t *value, int index)
{
	struct team_volunteer *v = &r->team->volunteer[index];
	double km = 0;
	struct fields f;

	fields_open(&f, value, "volunteer", r->info);
	fields_text(&f, "id", v->id, sizeof v->id);
	new_id(&f, r->team, find_volunteer, v->id, index);
	fields_text_if(&f, "label", v->label, sizeof v->label);
	read_int(&f, "at_most", 0, 31, &v->at_most);
	read_int(&f, "served", 0, 31, &v->served);
	fields_number_if(&f, "km", &km);
	if (!f.err && !(km >= 0 && km <= 1000))
		fields_fail(&f, "km", "is not 0 to 1000");
	v->metres = f.err ? 0 : (int32_t)(km * 1000);
	fields_bool_if(&f, "nights_in_row", &v->nights_in_row);
	enum err err = f.err ? f.err : read_set(r, fields_get(&f, "tags", false), find_tag_const, "tags", &v->tags);
	if (!err)
		err = read_weekly(r, fields_get(&f, "weekly", false), v);
	if (!err)
		err = read_away(r, fields_get(&f, "away", false), v);
	if (!err)
		err = read_carried(r, fields_get(&f, "carried", false), v);
	if (!err)
		err = read_last(r, fields_get(&f, "last", false), v);
	return err ? err : fields_done(&f);
}

static enum err read_wish(struct reader *r, const json_t *value, int index)
{
	struct team_wish *w = &r->team->wish[index];
	struct fields f;

	*w = (struct team_wish){.weight = 5, .want = true};
	fields_open(&f, value, "wish", r->info);
	enum err err = read_index(r, &f, "volunteer", find_volunteer, &w->volunteer);
	if (!err)
		err = read_day(r, &f, "date", &w->day);
	if (!err)
		err = read_set(r, fields_get(&f, "shifts", false), find_shift, "shifts", &w->shifts);
	if (!w->shifts)
		w->shifts = UINT32_MAX;
	read_int(&f, "weight", 1, 500, &w->weight);
	fields_bool_if(&f, "want", &w->want);
	return err ? err : fields_done(&f);
}

static enum err read_pair(struct reader *r, const json_t *value, int index)
{
	struct team_pair *p = &r->team->pair[index];
	struct fields f;

	*p = (struct team_pair){.weight = 5, .together = true};
	fields_open(&f, value, "pair", r->info);
	enum err err = read_index(r, &f, "a", find_volunteer, &p->a);
	if (!err)
		err = read_index(r, &f, "b", find_volunteer, &p->b);
	if (!err && p->a == p->b)
		err = unfit(r, "pair", "a and b are the same");
	read_int(&f, "weight", 1, 500, &p->weight);
	fields_bool_if(&f, "together", &p->together);
	return err ? err : fields_done(&f);
}

static enum err read_fixed(struct reader *r, const json_t *value, int index)
{
	int volunteer, day, shift;
	struct fields f;

	(void)index;
	fields_open(&f, value, "fixed", r->info);
	if (read_index(r, &f, "volunteer", find_volunteer, &volunteer) || read_day(r, &f, "date", &day) ||
		read_index(r, &f, "shift", find_shift, &shift))
		return ERR_INVALID;
	int8_t *fixed = &r->team->fixed[volunteer * r->team->days + day];
	if (*fixed >= 0 && *fixed != shift)
		r->team->twice[volunteer * r->team->days + day] = (int8_t)shift;
	else
		*fixed = (int8_t)shift;
	return fields_done(&f);
}

/* ---- rosters ---- */

/* read_lines calls for each volunteer's list; out: volunteer, day: shift or -1. In the roster before there may be
 * people who have left the team since: they are passed over. */
static enum err read_lines(struct reader *r, const json_t *object, bool before, int8_t *out)
{
	const char *what = before ? "previous" : "assignments", *id;
	struct team *t = r->team;
	json_t *line;

	if (!json_is_object(object))
		return unfit(r, what, "is not an object of volunteers' lists");
	json_object_foreach((json_t *)(uintptr_t)object, id, line)
	{
		int v = find_volunteer(t, id);
		if (v < 0 && before)
			continue;
		if (v < 0)
			return wrong(r, what, id);
		if (json_array_size(line) != (size_t)t->days)
			return errinfo_set(r->info, ERR_INVALID, "%s.%s: is no list of %d days", what, id, t->days);
		for (int d = 0; d < t->days; d++) {
			const json_t *one = json_array_get(line, (size_t)d);
			int shift = json_is_string(one) ? find_shift(t, json_string_value(one)) : -1;
			if (shift < 0 && !json_is_null(one))
				return wrong(r, id, json_is_string(one) ? json_string_value(one) : "not a shift");
			out[v * t->days + d] = (int8_t)shift;
		}
	}
	return ERR_OK;
}

static enum err read_previous(struct reader *r, const json_t *previous, const char *frozen)
{
	char rest[16];
	int64_t days;

	if (!previous)
		return *frozen ? unfit(r, "frozen_until", "goes with a previous roster only") : ERR_OK;
	r->team->has_previous = true;
	if (*frozen) {
		if (!read_date(frozen, &days, rest, sizeof rest) || *rest != 'T' ||
			!read_clock(rest + 1, &r->team->frozen_min) || days - r->team->first > TEAM_DAYS_MAX)
			return wrong(r, "frozen_until", frozen);
		r->team->frozen_day = days < r->team->first ? -1 : (int)(days - r->team->first);
	}
	return read_lines(r, previous, true, r->team->previous);
}

static enum err read_frame(struct reader *r, struct fields *f)
{
	struct team *t = r->team;
	const json_t *parts = fields_get(f, "parts", false), *shifts = fields_get(f, "shifts", false);

	if (!parts != !shifts)
		return unfit(r, "parts", "goes with shifts only, and shifts with parts");
	enum err err = each(r, parts, "parts", TEAM_PARTS_MAX, read_part);
	if (!err)
		err = each(r, parts, "parts", TEAM_PARTS_MAX, read_bars);
	if (!err)
		err = each(r, shifts, "shifts", TEAM_SHIFTS_MAX, read_shift);
	if (!err)
		err = each(r, fields_get(f, "beside", false), "beside", TEAM_SHIFTS_MAX, read_beside);
	if (!err)
		err = each(r, fields_get(f, "holidays", false), "holidays", t->days, read_holiday);
	return err ? err : read_rules(r, fields_get(f, "rules", false));
}

static enum err read_task(struct reader *r, struct fields *f)
{
	struct team *t = r->team;
	char from[16] = "", frozen[32] = "", rest[16] = "";
	int64_t days;

	fields_text(f, "team", t->id, sizeof t->id);
	fields_text(f, "from", from, sizeof from);
	fields_text_if(f, "frozen_until", frozen, sizeof frozen);
	fields_int(f, "days", 1, TEAM_DAYS_MAX, &days);
	fields_int_if(f, "revision", 0, REVISION_MAX, &t->revision);
	if (!f->err && (!read_date(from, &t->first, rest, sizeof rest) || *rest))
		fields_fail(f, "from", "no date like 2026-12-07");
	enum err err = f->err ? f->err : read_frame(r, f);
	if (!err)
		err = each(r, fields_get(f, "volunteers", true), "volunteers", t->volunteers, read_volunteer);
	if (!err)
		err = each(r, fields_get(f, "wishes", false), "wishes", t->wishes, read_wish);
	if (!err)
		err = each(r, fields_get(f, "pairs", false), "pairs", t->pairs, read_pair);
	if (!err)
		err = each(r, fields_get(f, "fixed", false), "fixed", TEAM_ITEMS_MAX, read_fixed);
	if (!err)
		err = read_previous(r, fields_get(f, "previous", false), frozen);
	return err ? err : fields_done(f);
}

static int length_of(const json_t *root, const char *key)
{
	size_t length = json_array_size(json_object_get(root, key));

	return length > TEAM_ITEMS_MAX ? TEAM_ITEMS_MAX + 1 : (int)length;
}

enum err roster_json_task(const char *json, size_t length, struct team **out_team, struct errinfo *info)
{
	struct reader r = {.info = info};
	struct fields f;
	json_t *root;
	enum err err = fields_load(json, length, BYTES_MAX, &root, info);

	if (err)
		return err;
	int64_t days = json_integer_value(json_object_get(root, "days"));
	err = team_create(days < 1 || days > TEAM_DAYS_MAX ? 1 : (int)days, length_of(root, "volunteers"),
		length_of(root, "wishes"), length_of(root, "pairs"), &r.team, info);
	if (!err) {
		fields_open(&f, root, "task", info);
		err = f.err ? f.err : read_task(&r, &f);
	}
	json_decref(root);
	if (err)
		team_destroy(r.team);
	else
		*out_team = r.team;
	return err;
}

enum err roster_json_plan(
	const char *json, size_t length, const struct team *team, struct roster_plan *plan, struct errinfo *info)
{
	struct reader r = {.team = (struct team *)(uintptr_t)team, .info = info};
	int8_t cells[TEAM_PEOPLE_MAX * TEAM_DAYS_MAX];
	json_t *root;
	enum err err = fields_load(json, length, BYTES_MAX, &root, info);

	if (err)
		return err;
	memset(cells, -1, sizeof cells);
	err = read_lines(&r, json_object_get(root, "assignments"), false, cells);
	for (int v = 0; v < team->volunteers && !err; v++) {
		uint8_t line[TEAM_DAYS_MAX];
		for (int d = 0; d < team->days; d++)
			line[d] = (uint8_t)(cells[v * team->days + d] + 1);
		roster_plan_set(plan, v, line);
	}
	json_decref(root);
	return err;
}
