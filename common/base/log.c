/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define LOG_LINE_BYTES 2048

static const char *log_service = "curtain";
static enum log_level log_max = LOG_INFO;

void log_open(const char *service, enum log_level level)
{
	log_service = service;
	log_max = level;
}

struct line {
	char text[LOG_LINE_BYTES];
	size_t length;
};

static void line_add(struct line *line, const char *bytes, size_t length)
{
	size_t room = sizeof line->text - 1 - line->length; /* one byte stays for the newline */

	if (length > room)
		length = room;
	memcpy(line->text + line->length, bytes, length);
	line->length += length;
}

static void line_value(struct line *line, const char *value)
{
	bool quote = !*value;

	for (const char *p = value; *p && !quote; p++)
		quote = (unsigned char)*p <= ' ' || *p == '"' || *p == '=' || *p == '\\' || *p == 0x7f;
	if (!quote) {
		line_add(line, value, strlen(value));
		return;
	}
	line_add(line, "\"", 1);
	for (const char *p = value; *p; p++) {
		unsigned char c = (unsigned char)*p;
		char escaped[8];
		if (c == '"' || c == '\\') {
			line_add(line, (char[]){'\\', *p}, 2);
		} else if (c == '\n') {
			line_add(line, "\\n", 2);
		} else if (c < ' ' || c == 0x7f) {
			int length = snprintf(escaped, sizeof escaped, "\\x%02x", c);
			line_add(line, escaped, (size_t)length);
		} else {
			line_add(line, p, 1);
		}
	}
	line_add(line, "\"", 1);
}

void log_line(enum log_level level, const char *msg, ...)
{
	static const char *const names[] = {"error", "warning", "info", "debug"};
	struct line line;
	char now[WALL_TEXT_BYTES];
	va_list pairs;

	if (level > log_max)
		return;
	wall_format(wall_now(), now);
	line.length = (size_t)snprintf(
		line.text, sizeof line.text, "%s level=%s service=%s msg=%s", now, names[level], log_service, msg);
	va_start(pairs, msg);
	for (const char *key; (key = va_arg(pairs, const char *));) {
		const char *value = va_arg(pairs, const char *);
		line_add(&line, " ", 1);
		line_add(&line, key, strlen(key));
		line_add(&line, "=", 1);
		line_value(&line, value ? value : "-");
	}
	va_end(pairs);
	line.text[line.length++] = '\n';
	/* One write a line, so that lines of several threads or processes do not mix. Nobody is left to tell if it
	 * fails. */
	ssize_t written = write(STDERR_FILENO, line.text, line.length);
	(void)written;
}

const char *log_number(long long n)
{
	static _Thread_local char numbers[8][24];
	static _Thread_local unsigned next;
	char *out = numbers[next++ % 8];

	snprintf(out, sizeof numbers[0], "%lld", n);
	return out;
}
