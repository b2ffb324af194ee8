/* SPDX-License-Identifier: MIT */
#include "records/ledger_row.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "codec/json.h"
#include "message/message.h"
#include "records/ledger.h"

#define SECONDS_MAX 86400

static const struct ledger_field communities[] = {
	{"id", LEDGER_ID, true, 0, 0, NULL}, {"name", LEDGER_LINE, false, 0, 199, NULL}, {0}};

static const struct ledger_field policies[] = {{"id", LEDGER_ID, true, 0, 0, NULL},
	{"accept_life_s", LEDGER_INT, true, 1, SECONDS_MAX, NULL},
	{"accept_alarm_s", LEDGER_INT, true, 1, SECONDS_MAX, NULL},
	{"accept_attention_s", LEDGER_INT, true, 1, SECONDS_MAX, NULL},
	{"arrive_s", LEDGER_INT, true, 1, SECONDS_MAX, NULL}, {"attention_pages", LEDGER_BOOL, false, 0, 0, NULL}, {0}};

static const struct ledger_field teams[] = {{"id", LEDGER_ID, true, 0, 0, NULL},
	{"community", LEDGER_ID, true, 0, 0, NULL}, {"captain", LEDGER_ID, false, 0, 0, NULL},
	{"desk", LEDGER_ID, false, 0, 0, NULL}, {"number", LEDGER_LINE, false, 0, PHONE_BYTES - 1, NULL}, {0}};

static const struct ledger_field volunteers[] = {{"id", LEDGER_ID, true, 0, 0, NULL},
	{"team", LEDGER_ID, true, 0, 0, NULL}, {"name", LEDGER_LINE, false, 0, 199, NULL},
	{"phone", LEDGER_LINE, false, 0, PHONE_BYTES - 1, NULL}, {"day", LEDGER_BOOL, false, 0, 0, NULL},
	{"night", LEDGER_BOOL, false, 0, 0, NULL}, {"desk", LEDGER_BOOL, false, 0, 0, NULL},
	{"weekdays", LEDGER_WEEKDAYS, false, 0, 0, NULL}, {"order", LEDGER_INT, false, 0, 255, NULL}, {0}};

static const struct ledger_field accounts[] = {{"name", LEDGER_ID, true, 0, 0, NULL},
	{"level", LEDGER_LEVEL, true, 0, 0, NULL}, {"community", LEDGER_ID, false, 0, 0, NULL},
	{"volunteer", LEDGER_ID, false, 0, 0, NULL}, {0}};

static const struct ledger_field households[] = {{"id", LEDGER_ID, true, 0, 0, NULL},
	{"community", LEDGER_ID, true, 0, 0, NULL}, {"team", LEDGER_ID, true, 0, 0, NULL},
	{"policy", LEDGER_ID, false, 0, 0, NULL}, {"persons", LEDGER_INT, false, 0, 255, NULL},
	{"canary", LEDGER_BOOL, false, 0, 0, NULL}, {"address", LEDGER_LINE, false, 0, 399, NULL}, {0}};

static const struct ledger_field elders[] = {{"id", LEDGER_ID, true, 0, 0, NULL},
	{"household", LEDGER_ID, true, 0, 0, NULL}, {"name", LEDGER_LINE, false, 0, 199, NULL},
	{"birth_year", LEDGER_INT, false, 1880, 2100, NULL}, {"phone", LEDGER_LINE, false, 0, PHONE_BYTES - 1, NULL},
	{0}};

static const struct ledger_field consents[] = {{"household", LEDGER_ID, true, 0, 0, NULL},
	{"quantities", LEDGER_QUANTITIES, true, 0, 0, NULL}, {"from", LEDGER_TIME, false, 0, 0, NULL},
	{"until", LEDGER_TIME, false, 0, 0, NULL}, {0}};

static const struct ledger_field devices[] = {{"id", LEDGER_DEVICE, true, 0, 0, NULL},
	{"household", LEDGER_ID, true, 0, 0, NULL}, {"place", LEDGER_LINE, false, 0, WORD_BYTES - 1, NULL}, {0}};

static const struct ledger_field appointments[] = {{.name = "id", .type = LEDGER_ID, .required = true},
	{.name = "household", .type = LEDGER_ID, .required = true},
	{.name = "sign", .type = LEDGER_WORD, .required = true, .words = "curtain|call|button|door|any|visit"},
	{.name = "opens", .type = LEDGER_CLOCK}, {.name = "by", .type = LEDGER_CLOCK, .required = true},
	{.name = "grace_min", .type = LEDGER_INT, .max = APPOINTMENT_GRACE_MAX},
	{.name = "days", .type = LEDGER_WORD, .words = "every|workdays|days_off"},
	{.name = "weekdays", .type = LEDGER_WEEKDAYS}, {.name = "pause_holidays", .type = LEDGER_BOOL},
	{.name = "paused_from", .type = LEDGER_DATE}, {.name = "paused_until", .type = LEDGER_DATE},
	{.name = "from", .type = LEDGER_DATE}, {.name = "until", .type = LEDGER_DATE}, {0}};

static const struct ledger_field deleted_field = {"deleted", LEDGER_BOOL, false, 0, 0, NULL};

/* In the order in which one kind may name another. */
const struct ledger_kind ledger_kinds[LEDGER_KINDS] = {{"communities", communities}, {"policies", policies},
	{"teams", teams}, {"volunteers", volunteers}, {"accounts", accounts}, {"households", households},
	{"elders", elders}, {"consents", consents}, {"devices", devices}, {"appointments", appointments}};

const struct ledger_kind *ledger_kind_find(const char *name)
{
	for (unsigned i = 0; i < LEDGER_KINDS; i++)
		if (strcmp(ledger_kinds[i].name, name) == 0)
			return &ledger_kinds[i];
	return NULL;
}

static enum err fault(const struct ledger_rows *rows, struct ledger_place place, const char *field, enum err code,
	const char *what, struct errinfo *info)
{
	return errinfo_at(info, code, NULL, place.line, place.column, "%s[%zu].%s: %s", rows->kind->name,
		rows->key_count, field, what);
}

/* index_of gives the cell of a field's name; the cell after the last field is "deleted"; -1: no such field. */
static int index_of(const struct ledger_kind *kind, const char *name)
{
	int i = 0;

	for (; kind->fields[i].name; i++)
		if (strcmp(kind->fields[i].name, name) == 0)
			return i;
	return strcmp(name, deleted_field.name) == 0 ? i : -1;
}

void ledger_rows_begin(struct ledger_rows *rows, const struct ledger_kind *kind, struct buf *out)
{
	memset(rows, 0, sizeof *rows);
	rows->kind = kind;
	rows->out = out;
	json_key(out, kind->name);
	json_open(out, '[');
}

static int key_compare(const void *a, const void *b)
{
	const struct ledger_key *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	return order ? order : (left->place.line > right->place.line) - (left->place.line < right->place.line);
}

enum err ledger_rows_end(struct ledger_rows *rows, struct errinfo *info)
{
	json_close(rows->out, ']');
	if (rows->key_count)
		qsort(rows->keys, rows->key_count, sizeof *rows->keys, key_compare);
	for (size_t i = 1; i < rows->key_count; i++)
		if (strcmp(rows->keys[i - 1].text, rows->keys[i].text) == 0)
			return errinfo_at(info, ERR_INVALID, NULL, rows->keys[i].place.line, rows->keys[i].place.column,
				"%s: \"%s\" stands twice (also in line %d)", rows->kind->name, rows->keys[i].text,
				rows->keys[i - 1].place.line);
	return rows->out->failed ? errinfo_set(info, rows->out->failed, "the document is too long") : ERR_OK;
}

void ledger_rows_fini(struct ledger_rows *rows)
{
	if (!rows)
		return;
	free(rows->keys);
	rows->keys = NULL;
}

void ledger_row_begin(struct ledger_rows *rows, struct ledger_place place)
{
	rows->place = place;
	rows->text_count = 0;
	memset(rows->cells, 0, sizeof rows->cells);
}

enum err ledger_row_cell(
	struct ledger_rows *rows, const char *name, bool list, struct ledger_place place, struct errinfo *info)
{
	int i = index_of(rows->kind, name);

	if (i < 0)
		return errinfo_at(info, ERR_INVALID, NULL, place.line, place.column, "%s[%zu]: unknown key \"%.40s\"",
			rows->kind->name, rows->key_count, name);
	if (rows->cells[i].present)
		return fault(rows, place, name, ERR_INVALID, "stands twice", info);
	rows->cells[i] = (struct ledger_cell){.present = true, .list = list, .place = place, .first = rows->text_count};
	rows->cell = &rows->cells[i];
	return ERR_OK;
}

enum err ledger_row_text(struct ledger_rows *rows, const char *text, struct errinfo *info)
{
	if (rows->text_count == LEDGER_TEXTS_MAX)
		return fault(rows, rows->place, "", ERR_RANGE, "too many values", info);
	rows->texts[rows->text_count++] = text;
	rows->cell->count++;
	return ERR_OK;
}

static const char *put_int(const struct ledger_field *field, const char *text, struct buf *out)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (errno || end == text || *end || v < field->min || v > field->max)
		return "is no whole number in its range";
	json_member_int(out, field->name, v);
	return NULL;
}

static const char *put_time(const struct ledger_field *field, const char *text, struct buf *out)
{
	struct wall t;

	if (wall_parse(text, strlen(text), &t) || t.ms < 0)
		return "must be a time with an offset, such as 2026-03-01T00:00:00+08:00";
	json_member_wall(out, field->name, t);
	return NULL;
}

static const char *put_quantities(const char *name, const char *const *texts, unsigned count, struct buf *out)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < count; i++) {
		enum quantity q;
		if (quantity_find(texts[i], &q))
			return "names an unknown quantity (curtain quantities lists them)";
		set |= UINT64_C(1) << q;
	}
	json_key(out, name);
	json_open(out, '[');
	for (unsigned q = 0; q < QUANTITY_COUNT; q++)
		if (set >> q & 1)
			json_text(out, quantity_info((enum quantity)q)->name);
	json_close(out, ']');
	return NULL;
}

static const char *put_weekdays(const char *name, const char *const *texts, unsigned count, struct buf *out)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	unsigned set = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned d = 0;
		while (d < 7 && strcmp(days[d], texts[i]) != 0)
			d++;
		if (d == 7)
			return "must be a list of mon tue wed thu fri sat sun";
		set |= 1u << d;
	}
	json_member_int(out, name, set);
	return NULL;
}

static const char *put_text(const struct ledger_field *field, const char *text, struct buf *out)
{
	switch (field->type) {
	case LEDGER_ID:
		if (!text_is_id(text))
			return "must be an id: 1 to 63 of letters, digits, '.', '_', '-'";
		break;
	case LEDGER_DEVICE:
		if (!text_is_label(text) || strlen(text) >= DEVICE_BYTES)
			return "must be a device's name of at most 95 bytes without control characters";
		if (strncmp(text, LEDGER_HANDSET_PREFIX, strlen(LEDGER_HANDSET_PREFIX)) == 0)
			return "\"phone-...\" are the handsets that every household gets by itself";
		break;
	default:
		if (!*text)
			return NULL; /* as if it were not there */
		if (!text_is_label(text) || strlen(text) > (size_t)field->max)
			return "is too long or holds control characters";
	}
	json_member_text(out, field->name, text);
	return NULL;
}

static const char *put_level(const struct ledger_field *field, const char *text, struct buf *out)
{
	static const char *const levels[] = {"district", "community", "volunteer", "auditor", "none"};

	for (unsigned i = 0; i < sizeof levels / sizeof *levels; i++) {
		if (strcmp(levels[i], text) != 0)
			continue;
		json_member_text(out, field->name, text);
		return NULL;
	}
	return "must be district, community, volunteer, auditor or none";
}

static const char *put_date(const struct ledger_field *field, const char *text, struct buf *out)
{
	int32_t day;

	if (day_parse(text, &day))
		return "must be a date such as 2026-03-01";
	json_member_text(out, field->name, text);
	return NULL;
}

/* put_clock: spreadsheets write 7:30. */
static const char *put_clock(const struct ledger_field *field, const char *text, struct buf *out)
{
	char whole[MINUTE_TEXT_BYTES];
	uint16_t minute;

	snprintf(whole, sizeof whole, "%s%s", strlen(text) == 4 ? "0" : "", text);
	if (strlen(text) > 5 || minute_parse(whole, &minute))
		return "must be a time of day such as 07:30";
	json_member_text(out, field->name, whole);
	return NULL;
}

static const char *put_word(const struct ledger_field *field, const char *text, struct buf *out)
{
	static char wrong[120];
	size_t length = strlen(text);

	for (const char *word = field->words; word; word = strchr(word, '|')) {
		word += *word == '|';
		if (strncmp(word, text, length) != 0 || !length || (word[length] && word[length] != '|'))
			continue;
		json_member_text(out, field->name, text);
		return NULL;
	}
	snprintf(wrong, sizeof wrong, "must be one of %s", field->words);
	return wrong;
}

static const char *put_bool(const struct ledger_field *field, const char *text, struct buf *out)
{
	if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
		return "must be true or false";
	json_member_bool(out, field->name, *text == 't');
	return NULL;
}

/* put_cell appends one checked member; NULL or what is wrong with it. */
static const char *put_cell(
	const struct ledger_rows *rows, const struct ledger_field *field, const struct ledger_cell *cell)
{
	const char *const *texts = rows->texts + cell->first;
	bool is_list = field->type == LEDGER_QUANTITIES || field->type == LEDGER_WEEKDAYS;

	if (is_list != cell->list)
		return is_list ? "must be a list" : "must be one value";
	switch (field->type) {
	case LEDGER_QUANTITIES:
		return put_quantities(field->name, texts, cell->count, rows->out);
	case LEDGER_WEEKDAYS:
		return put_weekdays(field->name, texts, cell->count, rows->out);
	case LEDGER_INT:
		return put_int(field, texts[0], rows->out);
	case LEDGER_BOOL:
		return put_bool(field, texts[0], rows->out);
	case LEDGER_TIME:
		return put_time(field, texts[0], rows->out);
	case LEDGER_DATE:
		return put_date(field, texts[0], rows->out);
	case LEDGER_CLOCK:
		return put_clock(field, texts[0], rows->out);
	case LEDGER_WORD:
		return put_word(field, texts[0], rows->out);
	case LEDGER_LEVEL:
		return put_level(field, texts[0], rows->out);
	default:
		return put_text(field, texts[0], rows->out);
	}
}

static enum err key_keep(struct ledger_rows *rows, struct errinfo *info)
{
	const struct ledger_cell *cell = &rows->cells[0];

	if (rows->key_count == rows->key_capacity) {
		size_t capacity = rows->key_capacity ? rows->key_capacity * 2 : 64;
		struct ledger_key *keys = reallocarray(rows->keys, capacity, sizeof *keys);
		if (!keys)
			return errinfo_set(info, ERR_NOMEM, "out of memory");
		rows->keys = keys;
		rows->key_capacity = capacity;
	}
	rows->keys[rows->key_count++] = (struct ledger_key){.text = rows->texts[cell->first], .place = cell->place};
	return ERR_OK;
}

/* row_is_deleted appends "deleted": true where that is asked for. */
static const char *row_deleted(const struct ledger_rows *rows, int index, bool *out_deleted)
{
	const struct ledger_cell *cell = &rows->cells[index];
	const char *wrong;

	*out_deleted = false;
	if (!cell->present)
		return NULL;
	wrong = put_cell(rows, &deleted_field, cell);
	*out_deleted = !wrong && *rows->texts[cell->first] == 't';
	return wrong;
}

enum err ledger_row_end(struct ledger_rows *rows, struct errinfo *info)
{
	const struct ledger_field *fields = rows->kind->fields;
	int last = index_of(rows->kind, deleted_field.name);
	const char *wrong;
	bool deleted;

	json_open(rows->out, '{');
	wrong = row_deleted(rows, last, &deleted);
	if (wrong)
		return fault(rows, rows->cells[last].place, deleted_field.name, ERR_INVALID, wrong, info);
	for (int i = 0; fields[i].name; i++) {
		const struct ledger_cell *cell = &rows->cells[i];
		if (deleted && i > 0)
			break; /* only the key counts */
		if (!cell->present && fields[i].required)
			return fault(rows, rows->place, fields[i].name, ERR_INVALID, "is missing", info);
		if (!cell->present)
			continue;
		wrong = put_cell(rows, &fields[i], cell);
		if (wrong)
			return fault(rows, cell->place, fields[i].name, ERR_INVALID, wrong, info);
	}
	json_close(rows->out, '}');
	return key_keep(rows, info);
}
