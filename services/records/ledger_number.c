/* SPDX-License-Identifier: MIT */
#include "records/ledger_number.h"

#include <ctype.h>
#include <string.h>

#include "records/ledger_value.h"

#define CARD_DIGITS (LEDGER_CARD_BYTES - 1)
#define SWITCHBOARD_DIGITS 5 /* the shortest number that has extensions */

/* is_scientific: "1.38E+10", what spreadsheets make of long numbers. */
static bool is_scientific(const char *text)
{
	size_t digits = strspn(text, "0123456789.");

	return digits && (text[digits] == 'E' || text[digits] == 'e') && strspn(text + digits + 1, "+-0123456789") > 1;
}

/* wrong_number: what would ring nobody, or somebody else: a mobile number of China with a digit too few or too many,
 * two numbers that ran into one. What follows a comma is dialled after the answer. */
static const char *wrong_number(const char *number)
{
	size_t digits = strcspn(number, ","), most = 12;
	const char *home = number;

	if (strncmp(number, "+86", 3) == 0 || strncmp(number, "0086", 4) == 0)
		home += *number == '+' ? 3 : 4;
	else if (*number == '+' || strncmp(number, "00", 2) == 0)
		most = 17;
	digits -= (size_t)(home - number);
	if (strlen(number) < 3)
		return "号码太短 (is too short for a telephone number)";
	if (home[digits] && digits < SWITCHBOARD_DIGITS)
		return "逗号前不足 5 位：像一个带逗号的数，不像电话 (fewer than 5 digits before the comma: this looks "
		       "like a "
		       "figure, not like a telephone number with an extension)";
	if (digits >= 7 && home[0] == '1' && home[1] >= '3' && home[1] <= '9' && digits != 11)
		return digits < 16 ? "手机号应为 11 位 (a mobile number has 11 digits)"
				   : "有两个号码，请一格填一个 (two numbers: write one in a cell)";
	if (strncmp(home, "86", 2) == 0)
		most = 14;
	if (digits > most)
		return "号码太长，或有两个号码，一格填一个；分机写在逗号后 (is too long for a telephone number, or "
		       "two: one in a "
		       "cell; an extension stands behind a comma)";
	return NULL;
}

const char *ledger_phone(const char *text, char out[PHONE_BYTES])
{
	size_t n = 0;

	if (is_scientific(text))
		return "号码被电子表格变成了科学计数，请把该列设为文本 (the spreadsheet made a power of ten of it; "
		       "format the column as text)";
	for (; *text && strcmp(text, ".0") != 0; text++) { /* ".0": a spreadsheet's number */
		size_t blank = ledger_blank(text);
		if (blank) {
			text += blank - 1;
			continue;
		}
		if (strchr("-().", *text))
			continue;
		if (!isdigit((unsigned char)*text) && !strchr("+*#,", *text))
			return "不是电话号码，一格填一个 (is no telephone number: one in a cell)";
		if (n + 1 == PHONE_BYTES)
			return "号码太长 (is too long for a telephone number)";
		out[n++] = *text;
	}
	out[n] = '\0';
	return wrong_number(out);
}

/* wrong_card: GB 11643-1999, 17 digits and a check by ISO 7064 MOD 11-2. */
static const char *wrong_card(const char *text)
{
	static const int weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	int sum = 0;

	if (strlen(text) != CARD_DIGITS || strspn(text, "0123456789") < CARD_DIGITS - 1)
		return "不是 18 位证件号 (is no identity number of 18 places)";
	for (int i = 0; i < CARD_DIGITS - 1; i++)
		sum += (text[i] - '0') * weights[i];
	if (text[CARD_DIGITS - 1] != "10X98765432"[sum % 11])
		return "证件号校验位不对 (the identity number's check digit is wrong)";
	return NULL;
}

const char *ledger_card(const char *text, char out[LEDGER_CARD_BYTES])
{
	size_t n = 0;

	if (is_scientific(text))
		return "证件号被电子表格变成了科学计数，请把该列设为文本 (the spreadsheet made a power of ten of it; "
		       "format the column as text)";
	for (; *text; text++) {
		size_t blank = ledger_blank(text);
		if (blank || *text == '-') {
			text += blank ? blank - 1 : 0;
			continue;
		}
		if (n == CARD_DIGITS)
			return "不是 18 位证件号 (is no identity number of 18 places)";
		out[n++] = *text == 'x' ? 'X' : *text;
	}
	out[n] = '\0';
	return wrong_card(out);
}
