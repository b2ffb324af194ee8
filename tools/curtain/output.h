/* SPDX-License-Identifier: MIT
 *
 * output: what commands share when they print: the zone of their times, colours, and writing to the end or saying why
 * not.
 */
#ifndef CURTAIN_TOOL_OUTPUT_H
#define CURTAIN_TOOL_OUTPUT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"

#define OUTPUT_BYTES_MAX (64u << 20)

/* OUTPUT_ZONE_ROW: the row of option --zone; value is a const char **. */
#define OUTPUT_ZONE_ROW(value)                                                                                         \
	{                                                                                                              \
		"zone", OPTION_TEXT, (value), 0, 0, "NAME", "zone of the times shown (CURTAIN_ZONE; Asia/Shanghai)"    \
	}

/* output_zone loads the zone called name, of CURTAIN_ZONE if name is NULL, else Asia/Shanghai. */
enum err output_zone(const char *name, struct zone **out_zone, struct errinfo *info) ERR_MUST_CHECK;
/* output_colour: stdout is a terminal and NO_COLOR is not set (https://no-color.org). */
bool output_colour(void);
/* output_write writes text to stdout at once, unless err says that text is not whole. */
enum err output_write(const struct buf *text, enum err err, struct errinfo *info) ERR_MUST_CHECK;
/* output_file writes text into a file, unless text has failed. */
enum err output_file(const char *path, const struct buf *text, struct errinfo *info) ERR_MUST_CHECK;
/* output_line writes text and a newline. */
enum err output_line(const char *text, struct errinfo *info) ERR_MUST_CHECK;

#endif
