/* SPDX-License-Identifier: MIT
 *
 * text_rig: the zone and the buffer of the tests of what commands say. In the header, since each program of tests has
 * its own.
 */
#ifndef CURTAIN_TOOL_TEXT_RIG_H
#define CURTAIN_TOOL_TEXT_RIG_H

#include "base/buf.h"
#include "base/clock.h"

static struct zone *zone;
static struct buf out;

static inline int open_zone(void **state)
{
	(void)state;
	buf_init(&out, 1 << 20);
	return zone_load("Asia/Shanghai", &zone, NULL) != ERR_OK;
}

static inline int close_zone(void **state)
{
	(void)state;
	buf_fini(&out);
	zone_destroy(zone);
	return 0;
}

static inline struct wall at(const char *text)
{
	struct wall t;

	assert_int_equal(wall_parse(text, strlen(text), &t), ERR_OK);
	return t;
}

#endif
