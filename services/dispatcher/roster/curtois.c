/* SPDX-License-Identifier: MIT */
#include "dispatcher/roster/curtois.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 512
#define LINE_BYTES 8192

enum section {
	SECTION_NONE,
	SECTION_HORIZON,
	SECTION_SHIFTS,
	SECTION_STAFF,
	SECTION_DAYS_OFF,
	SECTION_ON,
	SECTION_OFF,
	SECTION_COVER
};

static const char *const section_names[] = {
	[SECTION_HORIZON] = "SECTION_HORIZON",
	[SECTION_SHIFTS] = "SECTION_SHIFTS",
	[SECTION_STAFF] = "SECTION_STAFF",
	[SECTION_DAYS_OFF] = "SECTION_DAYS_OFF",
	[SECTION_ON] = "SECTION_SHIFT_ON_REQUESTS",
	[SECTION_OFF] = "SECTION_SHIFT_OFF_REQUESTS",
	[SECTION_COVER] = "SECTION_COVER",
};

struct reader {
	const char *file;
	int line;
	struct errinfo *info;
	enum section section;
	int days, kinds, people; /* as counted by the first pass */
	int at_kind, at_person;
	struct roster_model *model; /* NULL in the first pass */
	int minutes, weekends;      /* measures */
	int kind_measure[ROSTER_OPTIONS_MAX];
	char bars[ROSTER_OPTIONS_MAX][512]; /* the third column, read once all kinds are known */
};

struct row {
	char *field[FIELDS_MAX];
	int fields;
};

#define WRONG(reader, ...) errinfo_at((reader)->info, ERR_INVALID, (reader)->file, (reader)->line, 0, __VA_ARGS__)

/* split cuts text at every separator, in place. */
static int split(char *text, char separator, char **out, int room)
{
	int count = 0;

	for (char *at = text; at && count < room; count++) {
		char *end = strchr(at, separator);
		if (end)
			*end++ = '\0';
		out[count] = at;
		at = end;
	}
	return count;
}

static enum err number(struct reader *r, const char *text, long lo, long hi, int *out)
{
	char *end;
	long value = strtol(text, &end, 10);

	if (end == text || *end || value < lo || value > hi)
		return WRONG(r, "\"%s\" is not a whole number from %ld to %ld", text, lo, hi);
	*out = (int)value;
	return ERR_OK;
}

static enum err find_kind(struct reader *r, const char *id, int *out)
{
	for (int k = 1; k <= r->at_kind; k++)
		if (!strcmp(r->model->kind[k].id, id)) {
			*out = k;
			return ERR_OK;
		}
	return WRONG(r, "no shift \"%s\"", id);
}

static enum err find_person(struct reader *r, const char *id, int *out)
{
	for (int p = 0; p < r->at_person; p++)
		if (!strcmp(r->model->person[p].id, id)) {
			*out = p;
			return ERR_OK;
		}
	return WRONG(r, "no staff member \"%s\"", id);
}

static enum err need(struct reader *r, const struct row *row, int fields)
{
	return row->fields < fields ? WRONG(r, "%d fields where %d are needed", row->fields, fields) : ERR_OK;
}

static enum err copy_id(struct reader *r, const char *id, char out[ROSTER_ID_BYTES])
{
	if (!*id || strlen(id) >= ROSTER_ID_BYTES)
		return WRONG(r, "\"%s\": an id has 1 to %d bytes", id, ROSTER_ID_BYTES - 1);
	memcpy(out, id, strlen(id) + 1);
	return ERR_OK;
}

static enum err read_shift(struct reader *r, struct row *row)
{
	enum err err = need(r, row, 2);
	struct roster_kind *kind = &r->model->kind[r->at_kind + 1];
	struct roster_measure measure = {.kinds = (uint64_t)1 << (r->at_kind + 1)};

	if (!err)
		err = copy_id(r, row->field[0], kind->id);
	if (!err)
		err = number(r, row->field[1], 1, 100000, &kind->minutes);
	if (err)
		return err;
	snprintf(r->bars[++r->at_kind], sizeof r->bars[0], "%s", row->fields > 2 ? row->field[2] : "");
	memcpy(measure.id, kind->id, sizeof measure.id);
	return roster_model_measure(r->model, &measure, &r->kind_measure[r->at_kind]);
}

/* apply_bars gives person the kinds that may not follow each kind. */
static enum err apply_bars(struct reader *r, struct roster_person *person)
{
	for (int k = 1; k <= r->kinds; k++) {
		char text[sizeof r->bars[0]], *ids[ROSTER_OPTIONS_MAX];
		memcpy(text, r->bars[k], sizeof text);
		int count = split(text, '|', ids, ROSTER_OPTIONS_MAX);
		for (int i = 0; i < count; i++) {
			int barred = 0;
			if (!*ids[i])
				continue;
			if (find_kind(r, ids[i], &barred))
				return ERR_INVALID;
			person->bars[k] |= (uint64_t)1 << barred;
		}
	}
	return ERR_OK;
}

/* read_most takes "E=14|D=28": the most shifts of each kind. 0 forbids the kind. */
static enum err read_most(struct reader *r, int person, char *text)
{
	char *items[ROSTER_OPTIONS_MAX];
	int count = split(text, '|', items, ROSTER_OPTIONS_MAX);

	for (int i = 0; i < count; i++) {
		char *equal = strchr(items[i], '=');
		int kind = 0, most = 0;
		if (!equal)
			return WRONG(r, "\"%s\" is not SHIFT=NUMBER", items[i]);
		*equal = '\0';
		if (find_kind(r, items[i], &kind) || number(r, equal + 1, 0, 1000000, &most))
			return ERR_INVALID;
		for (int d = 0; !most && d < r->days; d++)
			*roster_may(r->model, person, d) &= ~((uint64_t)1 << kind);
		enum err err = roster_model_limit(
			r->model, person, &(struct roster_limit){.measure = r->kind_measure[kind], .hi = most});
		if (err)
			return WRONG(r, "too many limits");
	}
	return ERR_OK;
}

static enum err read_staff(struct reader *r, struct row *row)
{
	int number_of[6], at = r->at_person;
	struct roster_person *person = &r->model->person[at];
	enum err err = need(r, row, 8);

	if (!err)
		err = copy_id(r, row->field[0], person->id);
	for (int i = 0; i < 6 && !err; i++)
		err = number(r, row->field[i + 2], 0, 10000000, &number_of[i]);
	if (!err)
		err = apply_bars(r, person);
	if (err)
		return err;
	r->at_person++;
	person->max_run = number_of[2];
	person->min_run = number_of[3] ? number_of[3] : 1;
	person->min_rest = number_of[4] ? number_of[4] : 1;
	struct roster_limit minutes = {.measure = r->minutes, .lo = number_of[1], .hi = number_of[0]};
	struct roster_limit weekends = {.measure = r->weekends, .hi = number_of[5]};
	if (roster_model_limit(r->model, at, &minutes) || roster_model_limit(r->model, at, &weekends))
		return WRONG(r, "too many limits");
	return read_most(r, at, row->field[1]);
}

static enum err read_days_off(struct reader *r, struct row *row)
{
	int person = 0, day = 0;

	if (find_person(r, row->field[0], &person))
		return ERR_INVALID;
	for (int i = 1; i < row->fields; i++) {
		if (number(r, row->field[i], 0, r->days - 1, &day))
			return ERR_INVALID;
		*roster_may(r->model, person, day) = 1;
	}
	return ERR_OK;
}

static enum err read_request(struct reader *r, struct row *row, bool on)
{
	int person = 0, day = 0, kind = 0, weight = 0;

	if (need(r, row, 4) || find_person(r, row->field[0], &person) ||
		number(r, row->field[1], 0, r->days - 1, &day) || find_kind(r, row->field[2], &kind) ||
		number(r, row->field[3], 0, ROSTER_COST_MAX, &weight))
		return ERR_INVALID;
	int32_t *cost = roster_cost(r->model, person, day);
	for (int k = 0; k <= r->kinds; k++)
		cost[k] += on == (k != kind) ? weight : 0;
	return ERR_OK;
}

static enum err read_cover(struct reader *r, struct row *row)
{
	struct roster_demand demand = {.group = -1};
	int kind = 0;

	if (need(r, row, 5) || number(r, row->field[0], 0, r->days - 1, &demand.day) ||
		find_kind(r, row->field[1], &kind) || number(r, row->field[2], 0, ROSTER_PEOPLE_MAX, &demand.lo) ||
		number(r, row->field[3], 0, ROSTER_COST_MAX, &demand.under) ||
		number(r, row->field[4], 0, ROSTER_COST_MAX, &demand.over))
		return ERR_INVALID;
	demand.hi = demand.lo;
	demand.kinds = (uint64_t)1 << kind;
	return roster_model_demand(r->model, &demand);
}

static enum err read_row(struct reader *r, struct row *row)
{
	if (!r->model) { /* first pass: sizes */
		r->kinds += r->section == SECTION_SHIFTS;
		r->people += r->section == SECTION_STAFF;
		return r->section == SECTION_HORIZON ? number(r, row->field[0], 1, ROSTER_DAYS_MAX, &r->days) : ERR_OK;
	}
	switch (r->section) {
	case SECTION_SHIFTS:
		return read_shift(r, row);
	case SECTION_STAFF:
		return read_staff(r, row);
	case SECTION_DAYS_OFF:
		return read_days_off(r, row);
	case SECTION_ON:
	case SECTION_OFF:
		return read_request(r, row, r->section == SECTION_ON);
	case SECTION_COVER:
		return read_cover(r, row);
	case SECTION_NONE:
		return WRONG(r, "a row before the first section");
	case SECTION_HORIZON:
		break;
	}
	return ERR_OK;
}

static enum err read_line(struct reader *r, char *text)
{
	struct row row;
	size_t length = strlen(text);

	while (length && (text[length - 1] == '\r' || text[length - 1] == ' '))
		text[--length] = '\0';
	if (!length || *text == '#')
		return ERR_OK;
	if (!strncmp(text, "SECTION_", 8)) {
		for (unsigned i = SECTION_HORIZON; i < sizeof section_names / sizeof *section_names; i++)
			if (!strcmp(text, section_names[i])) {
				r->section = (enum section)i;
				return ERR_OK;
			}
		return WRONG(r, "no section \"%s\" is known", text);
	}
	row.fields = split(text, ',', row.field, FIELDS_MAX);
	return read_row(r, &row);
}

static enum err pass(struct reader *r, const char *text, size_t length)
{
	char line[LINE_BYTES];

	r->line = 0;
	r->section = SECTION_NONE;
	for (size_t at = 0; at < length;) {
		const char *end = memchr(text + at, '\n', length - at);
		size_t bytes = end ? (size_t)(end - text) - at : length - at;
		r->line++;
		if (bytes >= sizeof line || memchr(text + at, '\0', bytes))
			return WRONG(r, "not a line of text of up to %d bytes", LINE_BYTES - 1);
		memcpy(line, text + at, bytes);
		line[bytes] = '\0';
		enum err err = read_line(r, line);
		if (err)
			return err;
		at += bytes + 1;
	}
	return ERR_OK;
}

static enum err prepare(struct reader *r)
{
	struct roster_measure minutes = {.id = "minutes", .minutes = true},
			      weekends = {.id = "weekends", .weekends = true};
	enum err err = roster_model_create(r->days, r->people, r->kinds, 0, 0, &r->model, r->info);

	if (err)
		return err;
	minutes.kinds = weekends.kinds = ((uint64_t)2 << r->kinds) - 2;
	for (int d = 0; d < r->days; d++)
		r->model->weekend[d] = d % 7 >= 5 ? d / 7 : -1;
	err = roster_model_measure(r->model, &minutes, &r->minutes);
	return err ? err : roster_model_measure(r->model, &weekends, &r->weekends);
}

enum err curtois_read(
	const char *text, size_t length, const char *file, struct roster_model **out_model, struct errinfo *info)
{
	struct reader *r = calloc(1, sizeof *r);

	if (!r)
		return errinfo_set(info, ERR_NOMEM, "no memory");
	r->file = file;
	r->info = info;
	enum err err = pass(r, text, length);
	r->line = 0;
	if (!err && (!r->days || !r->kinds || !r->people))
		err = WRONG(r, "no horizon, no shifts or no staff");
	if (!err)
		err = prepare(r);
	if (!err)
		err = pass(r, text, length);
	if (!err)
		err = roster_model_ready(r->model, info);
	if (err)
		roster_model_destroy(r->model);
	else
		*out_model = r->model;
	free(r);
	return err ? errinfo_set(info, err, "cannot be read") : ERR_OK;
}
