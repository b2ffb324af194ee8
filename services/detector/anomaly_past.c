/* SPDX-License-Identifier: MIT
 *
 * One number a day, and what is usual of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "detector/anomaly.h"

/* last_of: how many of the newest days are no past. */
static unsigned last_of(enum anomaly_past past)
{
	return past == ANOMALY_NIGHT ? 8 : 1;
}

void anomaly_settle_ring(struct anomaly_ring *ring)
{
	uint16_t values[ANOMALY_DAYS];
	unsigned count = 0;

	for (unsigned back = last_of(ring->past); back < ANOMALY_DAYS && ring->newest >= (int64_t)back; back++) {
		uint16_t v = ring->days[(ring->newest - back) % ANOMALY_DAYS];
		unsigned k = count;
		if (v == ANOMALY_UNKNOWN)
			continue;
		for (; k && values[k - 1] > v; k--)
			values[k] = values[k - 1];
		values[k] = v;
		count++;
	}
	ring->known = (uint8_t)count;
	if (!count)
		return;
	double share = 0.95;
	if (ring->past == ANOMALY_DRIP || ring->past == ANOMALY_RUN || ring->past == ANOMALY_BASE)
		share = 1;
	else if (ring->past == ANOMALY_NIGHT)
		share = 0.9;
	else if (ring->past == ANOMALY_LOW)
		share = 2 / (double)(count > 2 ? count - 1 : 2);
	double place = share * (count - 1);
	unsigned below = (unsigned)place;
	ring->usual = values[below];
	if (below + 1 < count)
		ring->usual += (float)((place - below) * (double)(values[below + 1] - values[below]));
}

struct anomaly_ring *anomaly_ring_of(const struct anomaly_rings *rings, enum anomaly_past past)
{
	for (unsigned i = 0; i < rings->count; i++)
		if (rings->items[i].past == past)
			return &rings->items[i];
	return NULL;
}

double anomaly_usual(const struct anomaly_rings *rings, enum anomaly_past past)
{
	const struct anomaly_ring *ring = anomaly_ring_of(rings, past);

	return ring && ring->known >= ANOMALY_LEARNT ? (double)ring->usual : (double)NAN;
}

enum err anomaly_ring_add(struct anomaly_rings *rings, enum anomaly_past past, struct anomaly_ring **out)
{
	struct anomaly_ring *more = realloc(rings->items, (rings->count + 1U) * sizeof *more);

	if (!more)
		return ERR_NOMEM;
	rings->items = more;
	more = &more[rings->count++];
	*more = (struct anomaly_ring){.past = past, .newest = -1};
	memset(more->days, 0xff, sizeof more->days);
	*out = more;
	return ERR_OK;
}

enum err anomaly_learn(struct anomaly_rings *rings, enum anomaly_past past, int64_t day, double value, bool *out_learnt)
{
	struct anomaly_ring *ring = anomaly_ring_of(rings, past);
	uint16_t v = (uint16_t)(value < 0 ? 0 : value >= ANOMALY_UNKNOWN ? ANOMALY_UNKNOWN - 1 : round(value));
	enum err err = ring ? ERR_OK : anomaly_ring_add(rings, past, &ring);

	if (err || day < ring->newest || day < 0)
		return err;
	if (day > ring->newest) {
		int64_t first = day - ring->newest >= ANOMALY_DAYS ? day - ANOMALY_DAYS + 1 : ring->newest + 1;
		for (int64_t d = first < 0 ? 0 : first; d <= day; d++)
			ring->days[d % ANOMALY_DAYS] = ANOMALY_UNKNOWN;
		ring->newest = day;
		anomaly_settle_ring(ring);
		*out_learnt = true;
	}
	uint16_t *slot = &ring->days[day % ANOMALY_DAYS];
	if (*slot == ANOMALY_UNKNOWN || (past == ANOMALY_LOW ? v < *slot : v > *slot)) {
		*slot = v;
		*out_learnt = true;
	}
	return ERR_OK;
}
