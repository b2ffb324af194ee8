/* SPDX-License-Identifier: MIT
 *
 * A habit as bytes of a home's state.
 */
#include "detector/habit.h"

#include <string.h>

#define VERSION 1
#define HOUR_MOST 23.9999f
#define SANE_MS (INT64_C(1) << 53)
#define LEAN_SANE_LEAST 0.05f /* whatever is configured */
#define LEAN_SANE_MOST 20.0f
#define STARTS 120  /* a gap's start, by fifths of an hour */
#define LENGTHS 240 /* ... and its length, by tenths, at most */

static void put_float(struct blob *b, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	blob_put(b, bits, 4);
}

/* get_float is bad unless the number is within 0 and most. */
static float get_float(struct blob *b, float most)
{
	uint32_t bits = (uint32_t)blob_get(b, 4);
	float value;

	memcpy(&value, &bits, sizeof value);
	if (value >= 0 && value <= most)
		return value;
	b->bad = true;
	return 0;
}

static unsigned get_below(struct blob *b, unsigned bytes, unsigned limit)
{
	uint64_t value = blob_get(b, bytes);

	if (value < limit)
		return (unsigned)value;
	b->bad = true;
	return 0;
}

void habit_put(struct blob *b, const struct habit *h)
{
	blob_put(b, VERSION, 1);
	blob_put(b, h->gap_count, 2);
	blob_put(b, h->gap_next, 2);
	for (unsigned i = 0; i < h->gap_count; i++)
		blob_put(b, h->gaps[i], 4);
	blob_put(b, (uint32_t)h->first_day, 4);
	blob_put(b, (uint32_t)h->day, 4);
	for (unsigned i = 0; i < HABIT_CLASSES * HABIT_HOURS; i++)
		put_float(b, h->hours[i / HABIT_HOURS][i % HABIT_HOURS]);
	for (unsigned i = 0; i < HABIT_LEVELS; i++)
		put_float(b, h->false_alarms[i]);
	put_float(b, h->months);
	put_float(b, h->lean);
	for (unsigned i = 0; i < HABIT_STAGES; i++) {
		put_float(b, h->levels[i]);
		put_float(b, h->came[i]);
		blob_put(b, h->tallies[i], 4);
	}
	for (unsigned i = 0; i < HABIT_OUTCOME_COUNT; i++)
		blob_put(b, h->outcomes[i], 4);
}

void habit_get(struct blob *b, struct habit *h)
{
	b->bad = b->bad || blob_get(b, 1) != VERSION;
	h->gap_count = (uint16_t)get_below(b, 2, HABIT_GAPS + 1);
	h->gap_next = (uint16_t)get_below(b, 2, HABIT_GAPS);
	for (unsigned i = 0; i < h->gap_count; i++) {
		h->gaps[i] = (uint32_t)blob_get(b, 4);
		b->bad = b->bad || (h->gaps[i] & 127) >= STARTS || (h->gaps[i] >> 7 & 255) > LENGTHS;
	}
	if (b->bad)
		h->gap_count = h->gap_next = 0;
	h->first_day = (int32_t)(uint32_t)blob_get(b, 4);
	h->day = (int32_t)(uint32_t)blob_get(b, 4);
	for (unsigned i = 0; i < HABIT_CLASSES * HABIT_HOURS; i++)
		h->hours[i / HABIT_HOURS][i % HABIT_HOURS] = get_float(b, 1e6f);
	for (unsigned i = 0; i < HABIT_LEVELS; i++)
		h->false_alarms[i] = get_float(b, 1e6f);
	h->months = get_float(b, 1e6f);
	h->lean = get_float(b, LEAN_SANE_MOST);
	b->bad = b->bad || h->lean < LEAN_SANE_LEAST;
	for (unsigned i = 0; i < HABIT_STAGES; i++) {
		h->levels[i] = get_float(b, HABIT_LEVELS - 1);
		h->came[i] = get_float(b, 1e6f);
		h->tallies[i] = (uint32_t)blob_get(b, 4);
	}
	for (unsigned i = 0; i < HABIT_OUTCOME_COUNT; i++)
		h->outcomes[i] = (uint32_t)blob_get(b, 4);
}

void habit_put_run(struct blob *b, const struct habit *h)
{
	blob_put(b, (uint64_t)h->start_ms, 8);
	blob_put(b, (uint64_t)h->out_ms, 8);
	put_float(b, h->start.hour);
	blob_put(b, h->start.class, 1);
	blob_put(b, h->spoilt, 1);
	blob_put(b, h->short_hour, 1);
	blob_put(b, h->short_class, 1);
	put_float(b, h->short_hours);
}

/* get_ms: a time; differences of such never overflow. */
static int64_t get_ms(struct blob *b)
{
	struct wall t = blob_get_wall(b);

	if (wall_is_set(t) && (t.ms < -SANE_MS || t.ms > SANE_MS)) {
		b->bad = true;
		return INT64_MIN;
	}
	return t.ms;
}

void habit_get_run(struct blob *b, struct habit *h)
{
	h->start_ms = get_ms(b);
	h->out_ms = get_ms(b);
	h->start.hour = get_float(b, HOUR_MOST);
	h->start.class = (uint8_t)get_below(b, 1, HABIT_CLASSES);
	h->spoilt = get_below(b, 1, 2);
	h->short_hour = (uint8_t)get_below(b, 1, HABIT_HOURS);
	h->short_class = (uint8_t)get_below(b, 1, HABIT_CLASSES);
	h->short_hours = get_float(b, 1e6f);
}
