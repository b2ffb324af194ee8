/* SPDX-License-Identifier: MIT */
#include "config/value.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}, {NULL, 0}};
static const struct unit sizes[] = {{"", 1}, {"KiB", 1024}, {"MiB", 1048576}, {"GiB", 1073741824}, {NULL, 0}};

static bool read_with_unit(const char *text, const struct unit *units, int64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	long long number = strtoll(text, &end, 10);
	for (; units->name; units++)
		if (!strcmp(end, units->name))
			return !errno && !__builtin_mul_overflow((int64_t)number, units->factor, out);
	return number == 0 && !*end && ((void)(*out = 0), true);
}

static enum err fail_range(const struct config_key *key, double value, const char *unit, char *fault, size_t size)
{
	snprintf(fault, size, "%.15g%s is out of range, %.15g to %.15g%s", value, unit, key->min, key->max, unit);
	return ERR_RANGE;
}

static bool in_range(const struct config_key *key, double value)
{
	return (key->min == 0 && key->max == 0) || (value >= key->min && value <= key->max);
}

static enum err set_path(
	const struct config_key *key, const char *file, const char *text, char *out, char *fault, size_t size)
{
	const char *slash = file ? strrchr(file, '/') : NULL;
	char path[1024];

	if (*text && *text != '/' && slash)
		snprintf(path, sizeof path, "%.*s/%s", (int)(slash - file), file, text);
	else
		snprintf(path, sizeof path, "%s", text);
	if ((key->min > 0 && !*text) || strlen(path) >= key->size) {
		snprintf(fault, size, *text ? "\"%s\" is too long" : "a path is needed%s", *text ? text : "");
		return ERR_INVALID;
	}
	return text_copy(out, key->size, path);
}

static enum err set_text_value(const struct config_key *key, const char *text, char *out, char *fault, size_t size)
{
	size_t length = strlen(text);

	if (length >= key->size || (key->max > 0 && ((double)length < key->min || (double)length > key->max))) {
		snprintf(fault, size, "\"%s\" has %zu bytes; %g to %g are allowed", text, length, key->min,
			key->max > 0 ? key->max : (double)key->size - 1);
		return ERR_RANGE;
	}
	if (*text && !text_is_label(text)) {
		snprintf(fault, size, "must be one line of text in UTF-8, without control characters");
		return ERR_INVALID;
	}
	if (key->type == CONFIG_ID && !text_is_id(text)) {
		snprintf(fault, size, "\"%s\" must be 1 to 63 of letters, digits, \".\", \"_\", \"-\"", text);
		return ERR_INVALID;
	}
	return text_copy(out, key->size, text);
}

static enum err set_number(const struct config_key *key, const char *text, void *out, char *fault, size_t size)
{
	char *end;
	double value;

	errno = 0;
	value = key->type == CONFIG_INT ? (double)strtoll(text, &end, 10) : strtod(text, &end);
	if (end == text || *end || errno || !isfinite(value)) {
		snprintf(fault, size, "\"%s\" is no %s", text, key->type == CONFIG_INT ? "whole number" : "number");
		return ERR_INVALID;
	}
	if (!in_range(key, value))
		return fail_range(key, value, "", fault, size);
	if (key->type == CONFIG_INT)
		*(int64_t *)out = strtoll(text, NULL, 10);
	else
		*(double *)out = value;
	return ERR_OK;
}

static enum err set_measure(const struct config_key *key, const char *text, int64_t *out, char *fault, size_t size)
{
	bool duration = key->type == CONFIG_DURATION;
	int64_t value;

	if (!read_with_unit(text, duration ? durations : sizes, &value)) {
		snprintf(fault, size,
			duration ? "\"%s\" is no duration; write e.g. 250ms, 30s, 5m, 12h or 7d"
				 : "\"%s\" is no size; write e.g. 4096, 64KiB, 16MiB or 2GiB",
			text);
		return ERR_INVALID;
	}
	if (!in_range(key, (double)value))
		return fail_range(key, (double)value, duration ? " ms" : " bytes", fault, size);
	*out = value;
	return ERR_OK;
}

static enum err set_time(const char *text, int32_t *out, char *fault, size_t size)
{
	int hour, minute, used = 0;

	if (sscanf(text, "%2d:%2d%n", &hour, &minute, &used) != 2 || used != 5 || text[used] || hour < 0 || hour > 23 ||
		minute < 0 || minute > 59) {
		snprintf(fault, size, "\"%s\" is no time of day; write e.g. \"07:00\"", text);
		return ERR_INVALID;
	}
	*out = hour * 60 + minute;
	return ERR_OK;
}

static enum err set_word(const struct config_key *key, const char *text, int32_t *out, char *fault, size_t size)
{
	size_t length = 0;

	for (int32_t i = 0; key->words[i]; i++) {
		if (!strcmp(key->words[i], text)) {
			*out = i;
			return ERR_OK;
		}
	}
	length = (size_t)snprintf(fault, size, "\"%s\" is none of", text);
	for (int32_t i = 0; key->words[i] && length < size; i++)
		length += (size_t)snprintf(fault + length, size - length, "%s %s", i ? "," : "", key->words[i]);
	return ERR_INVALID;
}

static enum err set_bool(const char *text, bool quoted, bool *out, char *fault, size_t size)
{
	if (quoted || (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)) {
		snprintf(fault, size, "\"%s\" must be true or false", text);
		return ERR_INVALID;
	}
	*out = text[0] == 't';
	return ERR_OK;
}

enum err config_value_set(const struct config_key *key, const char *file, const char *text, bool quoted, void *out,
	char *fault, size_t fault_size)
{
	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_ID:
		return set_text_value(key, text, out, fault, fault_size);
	case CONFIG_PATH:
		return set_path(key, file, text, out, fault, fault_size);
	case CONFIG_INT:
	case CONFIG_NUMBER:
		return set_number(key, text, out, fault, fault_size);
	case CONFIG_BOOL:
		return set_bool(text, quoted, out, fault, fault_size);
	case CONFIG_DURATION:
	case CONFIG_BYTES:
		return set_measure(key, text, out, fault, fault_size);
	case CONFIG_TIME:
		return set_time(text, out, fault, fault_size);
	case CONFIG_WORD:
		return set_word(key, text, out, fault, fault_size);
	case CONFIG_LIST:
		break;
	}
	snprintf(fault, fault_size, "must be a list");
	return ERR_INVALID;
}

/* ---- printing ---- */

/* print_text: YAML folds the line ends of Unicode too, so they are written as escapes. */
static void print_text(const char *text, FILE *to)
{
	static const struct {
		const char *bytes, *escape;
	} ends[] = {{"\xc2\x85", "\\N"}, {"\xe2\x80\xa8", "\\L"}, {"\xe2\x80\xa9", "\\P"}, {"\xef\xbb\xbf", "\\uFEFF"}};

	fputc('"', to);
	while (*text) {
		size_t i = 0;
		while (i < sizeof ends / sizeof *ends && strncmp(text, ends[i].bytes, strlen(ends[i].bytes)) != 0)
			i++;
		if (i < sizeof ends / sizeof *ends) {
			fputs(ends[i].escape, to);
			text += strlen(ends[i].bytes);
			continue;
		}
		if (*text == '"' || *text == '\\')
			fputc('\\', to);
		fputc(*text++, to);
	}
	fputc('"', to);
}

/* print_number writes as few digits as read back to the same number. */
static void print_number(double value, FILE *to)
{
	char text[32];

	snprintf(text, sizeof text, "%.15g", value);
	if (strtod(text, NULL) != value)
		snprintf(text, sizeof text, "%.17g", value);
	fputs(text, to);
}

static void print_measure(int64_t value, const struct unit *units, FILE *to)
{
	const struct unit *best = units;

	for (const struct unit *unit = units; unit->name; unit++)
		if (value && value % unit->factor == 0)
			best = unit;
	fprintf(to, "%lld%s", (long long)(value / best->factor), best->name);
}

void config_value_print(const struct config_key *key, const void *value, FILE *to)
{
	const struct config_list *list = value;

	switch (key->type) {
	case CONFIG_TEXT:
	case CONFIG_ID:
	case CONFIG_PATH:
		print_text(value, to);
		break;
	case CONFIG_INT:
		fprintf(to, "%lld", (long long)*(const int64_t *)value);
		break;
	case CONFIG_NUMBER:
		print_number(*(const double *)value, to);
		break;
	case CONFIG_BOOL:
		fputs(*(const bool *)value ? "true" : "false", to);
		break;
	case CONFIG_DURATION:
		print_measure(*(const int64_t *)value, durations, to);
		break;
	case CONFIG_BYTES:
		print_measure(*(const int64_t *)value, sizes, to);
		break;
	case CONFIG_TIME:
		fprintf(to, "\"%02d:%02d\"", *(const int32_t *)value / 60, *(const int32_t *)value % 60);
		break;
	case CONFIG_WORD:
		fputs(key->words[*(const int32_t *)value], to);
		break;
	case CONFIG_LIST:
		fputc('[', to);
		for (uint32_t i = 0; i < list->count; i++) {
			fputs(i ? ", " : "", to);
			print_text(list->text[i], to);
		}
		fputc(']', to);
		break;
	}
}
