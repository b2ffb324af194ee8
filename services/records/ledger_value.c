/* SPDX-License-Identifier: MIT */
#include "records/ledger_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"
#include "codec/json.h"
#include "message/message.h"
#include "records/ledger_list.h"
#include "records/ledger_number.h"
#include "records/ledger_rule.h"
#include "records/seal.h"

#define SERIAL_MAX 80000     /* a spreadsheet's day number: 2119 */
#define SERIAL_OF_1970 25569 /* days from 1899-12-30 */

/* ---- as spreadsheets have it ---- */

size_t ledger_blank(const char *p)
{
	static const char *const blanks[] = {" ", "\t", "\xe3\x80\x80", "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf"};

	for (unsigned i = 0; i < sizeof blanks / sizeof *blanks; i++)
		if (strncmp(p, blanks[i], strlen(blanks[i])) == 0)
			return strlen(blanks[i]);
	return 0;
}

bool ledger_plain(const char *text, bool narrow, char out[LEDGER_VALUE_BYTES])
{
	size_t n = 0, kept = 0, blank;

	while ((blank = ledger_blank(text)))
		text += blank;
	for (const char *p = text; *p;) {
		const unsigned char *u = (const unsigned char *)p;
		if (n + 4 >= LEDGER_VALUE_BYTES)
			return false;
		blank = ledger_blank(p);
		if (narrow && u[0] == 0xef && (u[1] == 0xbc || u[1] == 0xbd)) { /* U+FF01..U+FF5E */
			unsigned code = (unsigned)(u[1] - 0xbc) * 64 + (u[2] - 0x80u);
			out[n++] = (char)(code + 0x20);
			p += 3;
		} else {
			out[n++] = *p++;
			for (size_t i = 1; i < blank; i++)
				out[n++] = *p++;
		}
		if (!blank)
			kept = n;
	}
	out[kept] = '\0';
	return true;
}

static const char *wrong_of_spreadsheet(const char *text)
{
	static const char *const errors[] = {
		"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "####"};

	for (unsigned i = 0; i < sizeof errors / sizeof *errors; i++)
		if (strncmp(text, errors[i], strlen(errors[i])) == 0)
			return "是电子表格的错误值 (is an error of the spreadsheet, not a value)";
	if (strstr(text, "\xef\xbf\xbd") || strstr(text, "锟斤拷") || strstr(text, "烫烫"))
		return "是乱码，请用正确的编码另存 (was spoilt by a wrong encoding; save the file anew)";
	if (*text == '=' || *text == '@')
		return "是公式，请粘贴为数值 (is a formula; paste it as a value)";
	return NULL;
}

/* ---- dates ---- */

static bool is_day(int year, int month, int day, char out[11])
{
	char text[48];
	struct wall midnight;

	if (year < 1850 || year > 2200 || month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	snprintf(text, sizeof text, "%04d-%02d-%02dT00:00:00Z", year, month, day);
	if (wall_parse(text, strlen(text), &midnight))
		return false;
	memcpy(out, text, 10);
	out[10] = '\0';
	return true;
}

static bool serial_day(long serial, char out[11])
{
	struct civil civil;

	civil_from_ms((serial - SERIAL_OF_1970) * MS_PER_DAY, &civil);
	return serial > 0 && is_day((int)civil.year, civil.month, civil.day, out);
}

/* plain_day takes from a date what people and spreadsheets put around it: blanks, a midnight, 号 for 日. */
static void plain_day(const char *text, char out[32])
{
	static const char *const midnights[] = {"T00:00:00", "00:00:00", "0:00:00", "00:00", "0:00"};
	size_t n = 0;

	for (; *text && n + 4 < 32; text++) {
		if (strncmp(text, "号", 3) == 0) {
			n += (size_t)snprintf(out + n, 4, "日");
			text += 2;
		} else if (*text != ' ') {
			out[n++] = *text;
		}
	}
	out[n] = '\0';
	for (unsigned i = 0; i < sizeof midnights / sizeof *midnights; i++) {
		size_t length = strlen(midnights[i]);
		if (n > length + 7 && strcmp(out + n - length, midnights[i]) == 0) {
			out[n - length] = '\0';
			return;
		}
	}
}

bool ledger_date(const char *text, bool lenient, char out[11])
{
	int year, month, day, end = 0;
	char plain[32];

	if (lenient && strlen(text) < sizeof plain - 4) {
		plain_day(text, plain);
		text = plain;
	}
	size_t digits = strspn(text, "0123456789"), length = strlen(text);
	if (sscanf(text, "%4d-%2d-%2d%n", &year, &month, &day, &end) == 3 && !text[end] && digits == 4 &&
		(lenient || length == 10))
		return is_day(year, month, day, out);
	if (!lenient)
		return false;
	if (digits == 8 && length == 8 && sscanf(text, "%4d%2d%2d", &year, &month, &day) == 3)
		return is_day(year, month, day, out);
	if (digits == length && length == 5 && strtol(text, NULL, 10) <= SERIAL_MAX)
		return serial_day(strtol(text, NULL, 10), out);
	if (digits != 4)
		return false;
	if ((sscanf(text, "%4d/%2d/%2d%n", &year, &month, &day, &end) == 3 && !text[end]) ||
		(sscanf(text, "%4d.%2d.%2d%n", &year, &month, &day, &end) == 3 && !text[end]))
		return is_day(year, month, day, out);
	end = 0;
	if (sscanf(text, "%4d年%2d月%2d日%n", &year, &month, &day, &end) == 3 && end && !text[end])
		return is_day(year, month, day, out);
	return false;
}

static const char *put_date(
	const struct ledger_rows *rows, const struct ledger_field *field, const char *text, struct buf *out)
{
	char date[11], today[WALL_TEXT_BYTES];

	if (!ledger_date(text, rows->lenient, date))
		return rows->lenient
			       ? "不是日期 (is no date such as 2026-03-01, 2026/3/1, 2026.3.1, 2026年3月1日, 20260301)"
			       : "不是日期 (must be a date such as 2026-03-01)";
	if (field->max == 1 && rows->source->now.ms != WALL_NONE.ms) {
		wall_format((struct wall){.ms = rows->source->now.ms + MS_PER_DAY}, today); /* zones east of UTC */
		if (strncmp(date, today, 10) > 0)
			return "在将来 (lies in the future)";
	}
	json_member_text(out, field->name, date);
	return NULL;
}

bool ledger_time(const char *text, bool lenient, struct wall *out)
{
	char date[11], whole[48];

	if (lenient && ledger_date(text, true, date)) {
		snprintf(whole, sizeof whole, "%sT00:00:00+08:00", date);
		text = whole;
	}
	return !wall_parse(text, strlen(text), out) && out->ms >= 0;
}

static const char *put_time(
	const struct ledger_rows *rows, const struct ledger_field *field, const char *text, struct buf *out)
{
	struct wall t;

	if (!ledger_time(text, rows->lenient, &t))
		return "不是带时区的时间 (must be a time with an offset, such as 2026-03-01T00:00:00+08:00)";
	json_member_wall(out, field->name, t);
	return NULL;
}

/* put_clock: spreadsheets write 7:30. */
static const char *put_clock(const struct ledger_field *field, const char *text, struct buf *out)
{
	char whole[MINUTE_TEXT_BYTES];
	uint16_t minute;

	if (strlen(text) > 5 || strlen(text) < 4)
		return "不是钟点 (must be a time of day such as 07:30)";
	snprintf(whole, sizeof whole, "%s%.5s", strlen(text) == 4 ? "0" : "", text);
	if (minute_parse(whole, &minute))
		return "不是钟点 (must be a time of day such as 07:30)";
	json_member_text(out, field->name, whole);
	return NULL;
}

/* ---- numbers, words, texts ---- */

static const char *put_int(
	const struct ledger_rows *rows, const struct ledger_field *field, const char *text, struct buf *out)
{
	char *end;
	long v;

	errno = 0;
	v = strtol(text, &end, 10);
	if (rows->lenient && strcmp(end, ".0") == 0)
		end += 2;
	if (errno || end == text || *end || v < field->min || v > field->max)
		return "不是范围内的整数 (is no whole number in its range)";
	json_member_int(out, field->name, v);
	return NULL;
}

static const char *put_degrees(const struct ledger_field *field, const char *text, struct buf *out)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || text[strspn(text, "+-.0123456789")] || v < (double)field->min ||
		v > (double)field->max)
		return "不是范围内的度数 (is no number of degrees in its range, such as 31.2304)";
	json_member_number(out, field->name, v);
	return NULL;
}

static const char *put_bool(
	const struct ledger_rows *rows, const struct ledger_field *field, const char *text, struct buf *out)
{
	static const char *const yes[] = {"true", "是", "有", "√", "对", "TRUE", "True", "yes", "Y", "y", "1"};
	static const char *const no[] = {"false", "否", "无", "×", "错", "FALSE", "False", "no", "N", "n", "0"};
	unsigned known = rows->lenient ? sizeof yes / sizeof *yes : 1;

	for (unsigned i = 0; i < known; i++) {
		if (strcmp(text, yes[i]) != 0 && strcmp(text, no[i]) != 0)
			continue;
		json_member_bool(out, field->name, strcmp(text, yes[i]) == 0);
		return NULL;
	}
	return rows->lenient ? "要填是或否 (must be yes or no)" : "要填 true 或 false (must be true or false)";
}

static const char *put_word(const struct ledger_field *field, const char *text, struct buf *out)
{
	if (!ledger_one_of(text, field->words))
		return ledger_none_of(field->words);
	json_member_text(out, field->name, text);
	return NULL;
}

static const char *put_rule(const struct ledger_field *field, const char *text, struct buf *out)
{
	const char *wrong = ledger_rule_wrong(text);

	if (!wrong)
		json_member_text(out, field->name, text);
	return wrong;
}

static const char *put_phone(const struct ledger_field *field, const char *text, struct buf *out)
{
	char number[PHONE_BYTES];
	const char *wrong = ledger_phone(text, number);

	if (!wrong)
		json_member_text(out, field->name, number);
	return wrong;
}

static const char *put_sealed(const struct ledger_rows *rows, const struct ledger_field *field, const char *key,
	const char *text, struct buf *out)
{
	char sealed[SEAL_TEXT_BYTES(LEDGER_VALUE_BYTES)], opened[LEDGER_VALUE_BYTES];
	char card[LEDGER_CARD_BYTES];
	const char *wrong = field->type == LEDGER_CARD ? ledger_card(text, card) : NULL;
	bool merged =
		!strncmp(text, "s1@", strlen("s1@")); /* of another row: the database says whether this one has it */

	if (merged ||
		(rows->source->seal && !seal_open(rows->source->seal, key, field->name, text, opened, sizeof opened))) {
		json_member_text(out, field->name, text); /* from an export, as it is */
		return NULL;
	}
	if (wrong)
		return wrong;
	if (field->type == LEDGER_CARD)
		text = card;
	if (field->type == LEDGER_SECRET && strlen(text) > (size_t)field->max)
		return "太长 (is too long)";
	if (!rows->source->seal)
		return "要加密保存，但没有密钥 (is kept sealed, and there is no key: records' setting seal.key_file)";
	if (seal_close(rows->source->seal, key, field->name, text, sealed, sizeof sealed))
		return "无法加密 (cannot be sealed)";
	json_member_text(out, field->name, sealed);
	return NULL;
}

static const char *put_text(const struct ledger_field *field, const char *text, struct buf *out)
{
	switch (field->type) {
	case LEDGER_ID:
		if (!text_is_id(text))
			return "不是编号 (must be an id: 1 to 63 of letters, digits, '.', '_', '-')";
		break;
	case LEDGER_DEVICE:
		if (!text_is_label(text) || strlen(text) >= DEVICE_BYTES)
			return "不是设备名 (must be a device's name of at most 95 bytes without control characters)";
		if (strncmp(text, LEDGER_HANDSET_PREFIX, strlen(LEDGER_HANDSET_PREFIX)) == 0)
			return "phone- 开头的呼叫器由系统给每户自动建立 (\"phone-...\" are the handsets that every "
			       "household gets by itself)";
		break;
	default:
		if (!text_is_label(text) || strlen(text) > (size_t)field->max)
			return "太长或有控制字符 (is too long or holds control characters)";
	}
	json_member_text(out, field->name, text);
	return NULL;
}

const char *ledger_value_put(const struct ledger_rows *rows, const struct ledger_field *field, const char *key,
	const char *const *texts, unsigned count, struct buf *out)
{
	char plain[LEDGER_VALUE_BYTES];
	const char *text, *wrong;

	if (field->type >= LEDGER_WORDS)
		return ledger_list_put(field, texts, count, out);
	text = texts[0];
	wrong = rows->lenient ? wrong_of_spreadsheet(text) : NULL;
	if (wrong)
		return wrong;
	if (rows->lenient || field->type == LEDGER_PHONE || field->type == LEDGER_CARD) {
		if (!ledger_plain(text, field->type != LEDGER_LINE && field->type != LEDGER_SECRET, plain))
			return "太长 (is too long)";
		text = plain;
	}
	if (!*text && field->type != LEDGER_ID && field->type != LEDGER_DEVICE)
		return NULL; /* as if it were not there */
	switch (field->type) {
	case LEDGER_PHONE:
		return put_phone(field, text, out);
	case LEDGER_INT:
		return put_int(rows, field, text, out);
	case LEDGER_DEGREES:
		return put_degrees(field, text, out);
	case LEDGER_BOOL:
		return put_bool(rows, field, text, out);
	case LEDGER_DATE:
		return put_date(rows, field, text, out);
	case LEDGER_TIME:
		return put_time(rows, field, text, out);
	case LEDGER_CLOCK:
		return put_clock(field, text, out);
	case LEDGER_WORD:
		return put_word(field, text, out);
	case LEDGER_RULE:
		return put_rule(field, text, out);
	case LEDGER_LANGUAGE:
		return ledger_language_put(field, text, out);
	case LEDGER_CARD:
	case LEDGER_SECRET:
		return put_sealed(rows, field, key, text, out);
	default:
		return put_text(field, text, out);
	}
}
