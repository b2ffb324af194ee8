/* SPDX-License-Identifier: MIT
 *
 * The state of anomalies in the store. Nothing is believed that would be read beyond its bounds.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector/anomaly.h"

#define FORM 1 /* of what is written here */

static void put_float(struct blob *b, float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	blob_put(b, bits, 4);
}

static float get_float(struct blob *b)
{
	uint32_t bits = (uint32_t)blob_get(b, 4);
	float value;

	memcpy(&value, &bits, sizeof value);
	if (isfinite((double)value))
		return value;
	b->bad = true;
	return 0;
}

static int64_t get_day(struct blob *b)
{
	int64_t day = (int64_t)blob_get(b, 4) - 1;

	if (day > 10000000)
		b->bad = true;
	return b->bad ? -1 : day;
}

static int64_t get_ms(struct blob *b)
{
	int64_t ms = (int64_t)blob_get(b, 8);

	if (ms != ANOMALY_NEVER && (ms < -(INT64_C(1) << 53) || ms > INT64_C(1) << 53)) {
		b->bad = true;
		return ANOMALY_NEVER;
	}
	return ms;
}

static void put_rings(struct blob *b, const struct anomaly_rings *rings)
{
	blob_put(b, rings->count, 1);
	for (unsigned i = 0; i < rings->count; i++) {
		const struct anomaly_ring *r = &rings->items[i];
		blob_put(b, r->past, 1);
		blob_put(b, (uint64_t)(r->newest + 1), 4);
		for (unsigned d = 0; d < ANOMALY_DAYS; d++)
			blob_put(b, r->days[d], 2);
	}
}

static enum err get_rings(struct blob *b, struct anomaly_rings *rings)
{
	unsigned count = (unsigned)blob_get(b, 1);

	b->bad = b->bad || count > ANOMALY_PAST_COUNT;
	for (unsigned i = 0; i < count && !b->bad; i++) {
		struct anomaly_ring *ring;
		unsigned past = (unsigned)blob_get(b, 1);
		int64_t newest = get_day(b);
		if (past >= ANOMALY_PAST_COUNT || anomaly_ring_of(rings, (enum anomaly_past)past)) {
			b->bad = true;
			return ERR_OK;
		}
		if (anomaly_ring_add(rings, (enum anomaly_past)past, &ring))
			return ERR_NOMEM;
		ring->newest = newest;
		for (unsigned d = 0; d < ANOMALY_DAYS; d++)
			ring->days[d] = (uint16_t)blob_get(b, 2);
		anomaly_settle_ring(ring);
	}
	return ERR_OK;
}

void anomaly_put_past(struct blob *b, const struct anomaly *a)
{
	blob_put(b, FORM, 1);
	put_rings(b, &a->rings);
	blob_put(b, a->count, 1);
	for (unsigned i = 0; i < a->count; i++) {
		const struct anomaly_track *t = &a->tracks[i];
		blob_put(b, t->name, 8);
		put_rings(b, &t->rings);
	}
}

enum err anomaly_get_past(struct blob *b, struct anomaly *a)
{
	b->bad = b->bad || blob_get(b, 1) != FORM;
	enum err err = get_rings(b, &a->rings);
	unsigned count = (unsigned)blob_get(b, 1);

	b->bad = b->bad || count > ANOMALY_TRACKS_MAX;
	for (unsigned i = 0; i < count && !b->bad && !err; i++) {
		struct anomaly_track *t;
		unsigned before = a->count;
		err = anomaly_track_of(a, blob_get(b, 8), QUANTITY_LEVEL, UINT8_MAX, &t);
		b->bad = b->bad || err || a->count == before;
		if (!b->bad)
			err = get_rings(b, &t->rings);
	}
	return err;
}

static void put_flow(struct blob *b, const struct anomaly_flow *f)
{
	blob_put(b, f != NULL, 1);
	if (!f)
		return;
	blob_put(b, (uint64_t)f->start_ms, 8);
	blob_put_number(b, f->sum);
	blob_put(b, (uint64_t)f->run_ms, 8);
	blob_put(b, (uint64_t)(f->night + 1), 4);
	put_float(b, f->night_sum);
	put_float(b, f->night_least);
	put_float(b, f->night_hours);
	blob_put(b, f->count, 1);
	for (unsigned i = f->count; i > 0; i--)
		put_float(b, f->rates[(f->next + ANOMALY_SLICES - i) % ANOMALY_SLICES]);
}

static enum err get_flow(struct blob *b, struct anomaly_track *t)
{
	struct anomaly_flow *f;

	if (blob_get(b, 1) != 1)
		return ERR_OK;
	f = t->flow ? t->flow : calloc(1, sizeof *f);
	if (!f)
		return ERR_NOMEM;
	t->flow = f;
	f->start_ms = get_ms(b);
	f->sum = blob_get_number(b);
	f->run_ms = get_ms(b);
	f->night = get_day(b);
	f->night_sum = get_float(b);
	f->night_least = get_float(b);
	f->night_hours = get_float(b);
	unsigned count = (unsigned)blob_get(b, 1);
	b->bad = b->bad || count > ANOMALY_SLICES || !isfinite(f->sum);
	f->count = (uint8_t)(b->bad ? 0 : count);
	f->next = f->count % ANOMALY_SLICES;
	for (unsigned i = 0; i < f->count; i++)
		f->rates[i] = get_float(b);
	return ERR_OK;
}

static void put_warmth(struct blob *b, const struct anomaly_warmth *w)
{
	blob_put(b, w != NULL, 1);
	if (!w)
		return;
	blob_put(b, (uint64_t)w->hour, 8);
	blob_put(b, w->count, 1);
	for (unsigned i = 0; i < ANOMALY_SLICES; i++) {
		put_float(b, w->high[i]);
		put_float(b, w->low[i]);
	}
}

static enum err get_warmth(struct blob *b, struct anomaly_track *t)
{
	struct anomaly_warmth *w;

	if (blob_get(b, 1) != 1)
		return ERR_OK;
	w = t->warmth ? t->warmth : calloc(1, sizeof *w);
	if (!w)
		return ERR_NOMEM;
	t->warmth = w;
	w->hour = get_ms(b);
	w->count = (uint8_t)blob_get(b, 1);
	if (w->count > ANOMALY_SLICES || w->hour < 0) {
		w->count = 0;
		w->hour = 0;
		b->bad = true;
	}
	for (unsigned i = 0; i < ANOMALY_SLICES; i++) {
		w->high[i] = get_float(b);
		w->low[i] = get_float(b);
	}
	return ERR_OK;
}

void anomaly_put_now(struct blob *b, const struct anomaly *a)
{
	blob_put(b, FORM, 1);
	blob_put(b, (uint64_t)a->door_ms, 8);
	blob_put(b, (uint64_t)a->inside_ms, 8);
	blob_put(b, (uint64_t)a->bath_ms, 8);
	blob_put(b, (uint64_t)a->bath_last_ms, 8);
	blob_put(b, (uint64_t)(a->today + 1), 4);
	blob_put(b, a->hours, 4);
	blob_put(b, a->count, 1);
	for (unsigned i = 0; i < a->count; i++) {
		const struct anomaly_track *t = &a->tracks[i];
		blob_put(b, t->name, 8);
		blob_put_text(b, quantity_info((enum quantity)t->quantity)->name);
		blob_put(b, t->device, 1);
		blob_put(b, t->place, 1);
		blob_put(b, t->known, 1);
		blob_put_number(b, t->value);
		blob_put(b, (uint64_t)t->since_ms, 8);
		blob_put(b, (uint64_t)t->at_ms, 8);
		put_flow(b, t->flow);
		put_warmth(b, t->warmth);
	}
}

static enum err get_track(struct blob *b, struct anomaly *a)
{
	struct anomaly_track *t;
	enum err err = anomaly_track_of(a, blob_get(b, 8), QUANTITY_LEVEL, UINT8_MAX, &t);

	if (err)
		return err;
	char name[WORD_BYTES];
	enum quantity quantity = QUANTITY_LEVEL;
	blob_get_text(b, name, sizeof name);
	b->bad = b->bad || quantity_find(name, &quantity); /* by name: their numbers change with the table */
	t->quantity = (uint8_t)quantity;
	t->device = (uint8_t)blob_get(b, 1);
	unsigned place = (unsigned)blob_get(b, 1);
	b->bad = b->bad || place > ANOMALY_CURTAIN;
	if (b->bad)
		return ERR_OK;
	t->place = (enum anomaly_place)place;
	t->known = blob_get(b, 1) != 0;
	t->value = blob_get_number(b);
	t->since_ms = get_ms(b);
	t->at_ms = get_ms(b);
	b->bad = b->bad || !isfinite(t->value);
	err = get_flow(b, t);
	return err ? err : get_warmth(b, t);
}

enum err anomaly_get_now(struct blob *b, struct anomaly *a)
{
	enum err err = ERR_OK;

	b->bad = b->bad || blob_get(b, 1) != FORM;
	a->door_ms = get_ms(b);
	a->inside_ms = get_ms(b);
	a->bath_ms = get_ms(b);
	a->bath_last_ms = get_ms(b);
	a->today = get_day(b);
	a->hours = (uint32_t)blob_get(b, 4);
	unsigned count = (unsigned)blob_get(b, 1);
	b->bad = b->bad || count > ANOMALY_TRACKS_MAX;
	for (unsigned i = 0; i < count && !b->bad && !err; i++)
		err = get_track(b, a);
	if (err == ERR_FULL) {
		b->bad = true;
		err = ERR_OK;
	}
	return err;
}
