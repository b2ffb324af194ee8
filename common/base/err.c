/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

const char *err_name(enum err code)
{
	static const char *const names[ERR_COUNT] = {
		[ERR_OK] = "ok",
		[ERR_NOMEM] = "nomem",
		[ERR_INVALID] = "invalid",
		[ERR_RANGE] = "range",
		[ERR_FULL] = "full",
		[ERR_NOT_FOUND] = "not_found",
		[ERR_EXISTS] = "exists",
		[ERR_IO] = "io",
		[ERR_AGAIN] = "again",
		[ERR_CLOSED] = "closed",
		[ERR_DENIED] = "denied",
		[ERR_CORRUPT] = "corrupt",
		[ERR_VERSION] = "version",
		[ERR_STATE] = "state",
	};

	return (unsigned)code < ERR_COUNT ? names[code] : "unknown";
}

static void errinfo_fill(struct errinfo *info, enum err code, const char *format, va_list arguments)
{
	char text[4 * ERR_TEXT_BYTES];

	vsnprintf(text, sizeof text, format, arguments);
	text_cut(info->text, sizeof info->text, text);
	info->code = code;
}

enum err(errinfo_set)(struct errinfo *info, enum err code, const char *format, ...)
{
	va_list arguments;

	if (!info || info->code)
		return code;
	va_start(arguments, format);
	errinfo_fill(info, code, format, arguments);
	va_end(arguments);
	return code;
}

enum err(errinfo_at)(
	struct errinfo *info, enum err code, const char *file, int line, int column, const char *format, ...)
{
	va_list arguments;

	if (!info || info->code)
		return code;
	va_start(arguments, format);
	errinfo_fill(info, code, format, arguments);
	va_end(arguments);
	text_cut(info->file, sizeof info->file, file ? file : "");
	info->line = line;
	info->column = column;
	return code;
}

void errinfo_print(const struct errinfo *info, char *out, unsigned long size)
{
	char place[ERR_FILE_BYTES + 32] = "";

	if (info->file[0] && info->line && info->column)
		snprintf(place, sizeof place, "%s:%d:%d: ", info->file, info->line, info->column);
	else if (info->file[0] && info->line)
		snprintf(place, sizeof place, "%s:%d: ", info->file, info->line);
	else if (info->file[0])
		snprintf(place, sizeof place, "%s: ", info->file);
	snprintf(out, size, "%s%s", place, info->text[0] ? info->text : err_name(info->code));
}
