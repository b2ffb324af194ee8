/* SPDX-License-Identifier: MIT */
#include "records/ledger_check.h"

#include <stdio.h>
#include <string.h>

#include "records/ledger_number.h"
#include "records/ledger_value.h"

/* cell_of gives what stands in a field of the row, plain; NULL: nothing, or the kind has no such field. */
static const struct ledger_cell *cell_of(
	const struct ledger_rows *rows, const char *field, char plain[LEDGER_VALUE_BYTES])
{
	int i = ledger_field_find(rows->kind, field);

	if (i < 0 || !rows->cells[i].count || !ledger_plain(rows->texts[rows->cells[i].first], true, plain) || !*plain)
		return NULL;
	return &rows->cells[i];
}

/* birth_agrees: a resident's number holds the date of birth, and that its year. */
static enum err birth_agrees(struct ledger_rows *rows, struct errinfo *info)
{
	char plain[LEDGER_VALUE_BYTES], number[LEDGER_CARD_BYTES], date[11], digits[9];
	const struct ledger_cell *cell = cell_of(rows, "birth_date", plain);
	enum err err = ERR_OK;

	if (!cell || !ledger_date(plain, rows->lenient, date))
		return ERR_OK;
	snprintf(digits, sizeof digits, "%.4s%.2s%.2s", date, date + 5, date + 8);
	cell = cell_of(rows, "birth_year", plain);
	if (cell && strncmp(plain, digits, 4) != 0)
		err = ledger_row_fault(rows, cell->place, "birth_year", ERR_INVALID,
			"与出生日期不符 (does not go with the date of birth)", info);
	cell = cell_of(rows, "id_number", plain);
	if (err || !cell || ledger_card(plain, number) || strncmp(number + 6, digits, 8) == 0)
		return err; /* a sealed one is no number */
	return ledger_row_fault(rows, cell->place, "id_number", ERR_INVALID,
		"与出生日期不符 (does not go with the date of birth)", info);
}

/* span_end gives a time of day, a date or a time so that later ones compare greater; NULL: it is not given, or is none.
 */
static const struct ledger_cell *span_end(
	const struct ledger_rows *rows, const char *field, char out[LEDGER_VALUE_BYTES])
{
	char plain[LEDGER_VALUE_BYTES];
	const struct ledger_cell *cell = cell_of(rows, field, plain);
	struct wall at;

	if (!cell)
		return NULL;
	switch (rows->kind->fields[ledger_field_find(rows->kind, field)].type) {
	case LEDGER_DATE:
		return ledger_date(plain, rows->lenient, out) ? cell : NULL;
	case LEDGER_TIME:
		if (!ledger_time(plain, rows->lenient, &at))
			return NULL;
		wall_format(at, out);
		return cell;
	default:                                                                                   /* LEDGER_CLOCK */
		snprintf(out, LEDGER_VALUE_BYTES, "%s%.5s", strlen(plain) == 4 ? "0" : "", plain); /* 7:30 */
		return cell;
	}
}

static enum err spans_run_forwards(struct ledger_rows *rows, struct errinfo *info)
{
	static const char *const spans[][3] = {{"appointments", "opens", "by"},
		{"appointments", "paused_from", "paused_until"}, {"appointments", "from", "until"},
		{"households", "away_from", "away_until"}, {"consents", "from", "until"}, {"tags", "from", "until"}};
	char first[LEDGER_VALUE_BYTES], second[LEDGER_VALUE_BYTES], text[96];
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof spans / sizeof *spans && !err; i++) {
		const struct ledger_cell *from, *to;
		if (strcmp(rows->kind->name, spans[i][0]) != 0)
			continue;
		from = span_end(rows, spans[i][1], first);
		to = span_end(rows, spans[i][2], second);
		int order = from && to ? strcmp(first, second) : -1;
		if (order < 0 || (order == 0 && rows->kind->fields[ledger_field_find(rows->kind, spans[i][2])].type ==
							LEDGER_DATE))
			continue;
		snprintf(text, sizeof text, "不晚于%s (is not after %s)", spans[i][1], spans[i][1]);
		err = ledger_row_fault(rows, to->place, spans[i][2], ERR_INVALID, text, info);
	}
	return err;
}

static enum err position_is_whole(struct ledger_rows *rows, struct errinfo *info)
{
	char plain[LEDGER_VALUE_BYTES];
	const struct ledger_cell *latitude = cell_of(rows, "latitude", plain),
				 *longitude = cell_of(rows, "longitude", plain);

	const char *words = "纬度和经度要一起填 (latitude and longitude stand together)";

	if (latitude && !longitude)
		return ledger_row_fault(rows, latitude->place, "longitude", ERR_INVALID, words, info);
	if (longitude && !latitude)
		return ledger_row_fault(rows, longitude->place, "latitude", ERR_INVALID, words, info);
	return ERR_OK;
}

/* account_goes_with_level: an account of a community names it, one of a volunteer him, and no other does. */
static enum err account_goes_with_level(struct ledger_rows *rows, struct errinfo *info)
{
	static const char *const names[] = {"community", "volunteer"};
	char level[LEDGER_VALUE_BYTES], plain[LEDGER_VALUE_BYTES], text[160];
	enum err err = ERR_OK;

	if (strcmp(rows->kind->name, "accounts") != 0 || !cell_of(rows, "level", level))
		return ERR_OK;
	for (size_t i = 0; i < sizeof names / sizeof *names && !err; i++) {
		const struct ledger_cell *cell = cell_of(rows, names[i], plain);
		if (!cell == (strcmp(level, names[i]) != 0))
			continue;
		snprintf(text, sizeof text, "级别为 %s 时要填，别的级别不填 (goes with level %s, and with no other)",
			names[i], names[i]);
		err = ledger_row_fault(rows, cell ? cell->place : rows->place, names[i], ERR_INVALID, text, info);
	}
	return err;
}

enum err ledger_check_row(struct ledger_rows *rows, struct errinfo *info)
{
	static enum err (*const checks[])(struct ledger_rows *, struct errinfo *) = {
		birth_agrees, spans_run_forwards, position_is_whole, account_goes_with_level};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof checks / sizeof *checks && !err && !rows->row_faults; i++)
		err = checks[i](rows, info);
	return err;
}
