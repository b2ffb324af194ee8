/* SPDX-License-Identifier: MIT */
#include "records/ledger_row.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "records/ledger_check.h"
#include "records/ledger_value.h"

#define FAULT_BYTES_MAX (2u << 20)
#define SLOT_FREE ((size_t)-1)

/* ---- faults ---- */

void ledger_faults_init(struct ledger_faults *faults)
{
	memset(faults, 0, sizeof *faults);
	buf_init(&faults->json, FAULT_BYTES_MAX);
	json_open(&faults->json, '[');
}

void ledger_faults_fini(struct ledger_faults *faults)
{
	if (faults)
		buf_fini(&faults->json);
}

enum err ledger_faults_end(struct ledger_faults *faults)
{
	json_close(&faults->json, ']');
	return faults->json.failed;
}

/* cell_name writes "E12", as spreadsheets call it. */
static void cell_name(struct ledger_place place, char out[24])
{
	char letters[8];
	int n = 0;

	for (int field = place.field; field > 0 && n < 7; field = (field - 1) / 26)
		letters[n++] = (char)('A' + (field - 1) % 26);
	for (int i = 0; i < n; i++)
		out[i] = letters[n - 1 - i];
	snprintf(out + n, 24 - (size_t)n, "%d", place.record);
}

static void note(struct buf *out, const char *kind, const char *key, const char *field, struct ledger_place place,
	const char *text)
{
	char cell[24];

	json_open(out, '{');
	json_member_int(out, "line", place.line);
	json_member_int(out, "column", place.column);
	if (place.field) {
		cell_name(place, cell);
		json_member_text(out, "cell", cell);
	}
	json_member_text(out, "kind", kind);
	json_member_text_if(out, "key", key);
	json_member_text_if(out, "field", field);
	json_member_text_if(out, "heading", place.heading ? place.heading : "");
	json_member_text(out, "text", text);
	json_close(out, '}');
}

enum err ledger_fault(struct ledger_faults *faults, const char *kind, const char *key, const char *field,
	struct ledger_place place, enum err code, const char *text, struct errinfo *info)
{
	if (!faults)
		return errinfo_at(info, code, NULL, place.line, place.column, "%s%s%s%s%s%s: %s", kind,
			*key ? " \"" : "", *key ? key : "", *key ? "\"" : "", *field ? "." : "", field, text);
	if (faults->count++ < LEDGER_FAULTS_MAX)
		note(&faults->json, kind, text_is_id(key) ? key : "", field, place, text);
	return ERR_OK;
}

enum err ledger_fault_double(struct ledger_faults *faults, const char *kind, const char *heading,
	struct ledger_place place, struct ledger_place first, struct errinfo *info)
{
	char cell[24], text[192];

	cell_name(first, cell);
	snprintf(text, sizeof text,
		"表头重复，%s 也是：改名或删去一列 (this heading stands in %s too: rename or remove one)", cell, cell);
	place.heading = heading;
	return ledger_fault(faults, kind, "", "", place, ERR_INVALID, text, info);
}

enum err ledger_row_fault(struct ledger_rows *rows, struct ledger_place place, const char *field, enum err code,
	const char *what, struct errinfo *info)
{
	char name[80];

	rows->row_faults++;
	if (rows->faults)
		return ledger_fault(rows->faults, rows->kind->name,
			rows->cells[0].present && rows->cells[0].count ? rows->texts[rows->cells[0].first] : "", field,
			place, code, what, info);
	snprintf(name, sizeof name, "%s[%zu]", rows->kind->name, rows->row_count);
	return ledger_fault(NULL, name, "", field, place, code, what, info);
}

/* ---- keys ---- */

static size_t slot_of(const struct ledger_rows *rows, const char *text)
{
	size_t size = rows->key_capacity * 2, slot = text_hash64(text, strlen(text), 1) % size;

	while (rows->slots[slot] != SLOT_FREE && strcmp(rows->keys[rows->slots[slot]].text, text) != 0)
		slot = (slot + 1) % size;
	return slot;
}

static enum err keys_grow(struct ledger_rows *rows, struct errinfo *info)
{
	size_t capacity = rows->key_capacity ? rows->key_capacity * 2 : 64;
	struct ledger_key *keys = reallocarray(rows->keys, capacity, sizeof *keys);
	size_t *slots;

	if (keys)
		rows->keys = keys;
	slots = reallocarray(rows->slots, capacity * 2, sizeof *slots);
	if (slots)
		rows->slots = slots;
	if (!keys || !slots)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	rows->key_capacity = capacity;
	for (size_t i = 0; i < capacity * 2; i++)
		slots[i] = SLOT_FREE;
	for (size_t i = 0; i < rows->key_count; i++)
		slots[slot_of(rows, keys[i].text)] = i;
	return ERR_OK;
}

/* key_keep notes the row's key. *out_again: the row is there already, in the same words. */
static enum err key_keep(struct ledger_rows *rows, size_t start, bool *out_again, struct errinfo *info)
{
	struct ledger_key key = {.text = rows->texts[rows->cells[0].first],
		.place = rows->cells[0].place,
		.start = start,
		.length = rows->out->length - start};
	const struct ledger_key *held;
	char text[64];
	size_t slot;
	enum err err = rows->key_count == rows->key_capacity ? keys_grow(rows, info) : ERR_OK;

	*out_again = false;
	if (err)
		return err;
	slot = slot_of(rows, key.text);
	if (rows->slots[slot] == SLOT_FREE) {
		rows->slots[slot] = rows->key_count;
		rows->keys[rows->key_count++] = key;
		return ERR_OK;
	}
	held = &rows->keys[rows->slots[slot]];
	*out_again = rows->repeatable && held->length == key.length && !rows->out->failed &&
		     !memcmp(rows->out->data + held->start, rows->out->data + start, key.length);
	if (*out_again)
		return ERR_OK;
	rows->row_faults++;
	if (!rows->faults)
		return errinfo_at(info, ERR_INVALID, NULL, key.place.line, key.place.column,
			"%s: \"%s\" stands twice (also in line %d)", rows->kind->name, key.text, held->place.line);
	snprintf(text, sizeof text, "%s (also in line %d)",
		rows->repeatable ? "与前面的行不一致 (differs)" : "重复 (stands twice)", held->place.line);
	return ledger_fault(rows->faults, rows->kind->name, key.text, rows->kind->fields[0].name, key.place,
		ERR_INVALID, text, info);
}

/* ---- rows ---- */

void ledger_rows_begin(struct ledger_rows *rows, const struct ledger_kind *kind, const struct ledger_source *source,
	struct ledger_faults *faults, struct buf *out)
{
	memset(rows, 0, sizeof *rows);
	rows->kind = kind;
	rows->source = source;
	rows->faults = faults;
	rows->out = out;
	json_key(out, kind->name);
	json_open(out, '[');
}

enum err ledger_rows_end(struct ledger_rows *rows, struct errinfo *info)
{
	json_close(rows->out, ']');
	return rows->out->failed ? errinfo_set(info, rows->out->failed, "the document is too long") : ERR_OK;
}

void ledger_rows_fini(struct ledger_rows *rows)
{
	if (!rows)
		return;
	free(rows->keys);
	free(rows->slots);
	rows->keys = NULL;
	rows->slots = NULL;
}

struct ledger_mark ledger_rows_mark(const struct ledger_rows *rows)
{
	return (struct ledger_mark){.length = rows->out->length, .key_count = rows->key_count};
}

void ledger_rows_back(struct ledger_rows *rows, struct ledger_mark mark)
{
	while (rows->key_count > mark.key_count) /* the newest first: no probe went past it */
		rows->slots[slot_of(rows, rows->keys[--rows->key_count].text)] = SLOT_FREE;
	if (!rows->out->failed) {
		rows->out->length = mark.length;
		rows->out->data[mark.length] = '\0';
	}
}

void ledger_row_begin(struct ledger_rows *rows, struct ledger_place place)
{
	rows->place = place;
	rows->text_count = 0;
	rows->row_faults = 0;
	rows->cell = NULL;
	memset(rows->cells, 0, sizeof rows->cells);
}

enum err ledger_row_cell(
	struct ledger_rows *rows, const char *name, bool list, struct ledger_place place, struct errinfo *info)
{
	int i = ledger_field_find(rows->kind, name);
	char text[80];

	rows->cell = NULL;
	if (i < 0) {
		snprintf(text, sizeof text, "没有这个字段 (unknown key \"%.40s\")", name);
		return ledger_row_fault(rows, place, "", ERR_INVALID, text, info);
	}
	if (rows->cells[i].present)
		return ledger_row_fault(rows, place, name, ERR_INVALID, "重复 (stands twice)", info);
	rows->cells[i] = (struct ledger_cell){.present = true, .list = list, .place = place, .first = rows->text_count};
	rows->cell = &rows->cells[i];
	return ERR_OK;
}

enum err ledger_row_text(struct ledger_rows *rows, const char *text, struct errinfo *info)
{
	if (!rows->cell)
		return ERR_OK;
	if (rows->text_count == LEDGER_TEXTS_MAX)
		return ledger_row_fault(rows, rows->place, "", ERR_RANGE, "值太多 (too many values)", info);
	rows->texts[rows->text_count++] = text;
	rows->cell->count++;
	return ERR_OK;
}

/* put_cell appends one checked member, or notes what is wrong with it. */
static enum err put_cell(struct ledger_rows *rows, int index, struct errinfo *info)
{
	const struct ledger_field *field = ledger_field(rows->kind, index);
	const struct ledger_cell *cell = &rows->cells[index];
	bool list = field->type >= LEDGER_WORDS;
	const char *wrong, *key = rows->cells[0].present ? rows->texts[rows->cells[0].first] : "";

	if (cell->told)
		return ERR_OK;
	if (list != cell->list)
		wrong = list ? "要填一组值 (must be a list)" : "只填一个值 (must be one value)";
	else if (!list && !cell->count)
		wrong = "只填一个值 (must be one value)";
	else
		wrong = ledger_value_put(rows, field, key, rows->texts + cell->first, cell->count, rows->out);
	return wrong ? ledger_row_fault(rows, cell->place, field->name, ERR_INVALID, wrong, info) : ERR_OK;
}

/* put_places appends where the row and what it refers to stand: what the database finds wrong is told there. */
static void put_places(struct ledger_rows *rows)
{
	json_key(rows->out, "@");
	json_open(rows->out, '{');
	json_member_int(rows->out, "line", rows->place.line);
	json_member_int(rows->out, "column", rows->place.column);
	for (int i = 1; rows->kind->fields[i].name; i++)
		if (rows->cells[i].present &&
			(rows->kind->fields[i].type == LEDGER_ID || rows->kind->fields[i].type == LEDGER_IDS))
			json_member_int(rows->out, rows->kind->fields[i].name, rows->cells[i].place.column);
	json_close(rows->out, '}');
}

static bool is_deleted(const struct ledger_rows *rows, int last)
{
	return rows->cells[last].count && strcmp(rows->texts[rows->cells[last].first], "true") == 0;
}

static enum err put_cells(struct ledger_rows *rows, struct errinfo *info)
{
	const struct ledger_field *fields = rows->kind->fields;
	int last = ledger_field_find(rows->kind, "deleted");
	bool deleted = is_deleted(rows, last);
	enum err err = rows->cells[last].present ? put_cell(rows, last, info) : ERR_OK;

	for (int i = 0; fields[i].name && !err && !(deleted && i > 0); i++) { /* deleted: only the key counts */
		if (rows->cells[i].present)
			err = put_cell(rows, i, info);
		else if (fields[i].required)
			err = ledger_row_fault(
				rows, rows->place, fields[i].name, ERR_INVALID, "没有填 (is missing)", info);
	}
	return err || deleted ? err : ledger_check_row(rows, info);
}

enum err ledger_row_end(struct ledger_rows *rows, struct errinfo *info)
{
	struct buf *out = rows->out;
	size_t mark = out->length, start;
	bool again = false;
	enum err err;

	json_open(out, '{');
	start = out->length;
	err = put_cells(rows, info);
	if (!err && rows->cells[0].count)
		err = key_keep(rows, start, &again, info);
	if (err)
		return err;
	if (rows->row_faults || again) {
		if (!out->failed) {
			out->length = mark;
			out->data[mark] = '\0';
		}
	} else {
		if (rows->faults)
			put_places(rows);
		json_close(out, '}');
	}
	rows->row_count++;
	return ERR_OK;
}
