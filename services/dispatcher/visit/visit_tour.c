/* SPDX-License-Identifier: MIT
 *
 * Held and Karp's dynamic programme over sets of stops (J. SIAM 10, 1962) for an open path: best[set][last] is the
 * shortest way through a set that ends at last. A stop may join a set only when all stops of earlier parts are in it.
 */
#include "dispatcher/visit/visit_tour.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>

#define EARTH_KM 6371.0088
#define UNKNOWN_KM 1.0
#define SHORTER_KM 1e-9 /* less is rounding: the order stays */
#define PI 3.14159265358979323846

struct legs {
	unsigned count;
	double first[TOUR_STOPS_MAX]; /* from the start */
	double between[TOUR_STOPS_MAX][TOUR_STOPS_MAX];
};

static bool known(struct position p)
{
	return isfinite(p.latitude) && isfinite(p.longitude);
}

double tour_km(struct position a, struct position b)
{
	const double rad = PI / 180;
	double u, v, h;

	if (!known(a) || !known(b))
		return UNKNOWN_KM;
	u = sin((b.latitude - a.latitude) * rad / 2);
	v = sin((b.longitude - a.longitude) * rad / 2);
	h = u * u + cos(a.latitude * rad) * cos(b.latitude * rad) * v * v;
	return 2 * EARTH_KM * asin(sqrt(h < 1 ? h : 1));
}

static void measure(struct position start, const struct tour_stop *stops, unsigned count, struct legs *out)
{
	out->count = count;
	for (unsigned i = 0; i < count; i++) {
		out->first[i] = known(start) ? tour_km(start, stops[i].position) : 0;
		for (unsigned j = 0; j < count; j++)
			out->between[i][j] = i == j ? 0 : tour_km(stops[i].position, stops[j].position);
	}
}

static double length_of(const struct legs *legs, const uint8_t *order)
{
	double km = legs->count ? legs->first[order[0]] : 0;

	for (unsigned i = 1; i < legs->count; i++)
		km += legs->between[order[i - 1]][order[i]];
	return km;
}

static void order_exactly(const struct legs *legs, const struct tour_stop *stops, uint8_t *order)
{
	static const double far = 1e30;
	double best[1u << TOUR_EXACT_MAX][TOUR_EXACT_MAX];
	uint8_t before[1u << TOUR_EXACT_MAX][TOUR_EXACT_MAX];
	unsigned n = legs->count, all = (1u << n) - 1, earlier[TOUR_EXACT_MAX];

	for (unsigned i = 0; i < n; i++) {
		earlier[i] = 0;
		for (unsigned j = 0; j < n; j++)
			earlier[i] |= (unsigned)(stops[j].part < stops[i].part) << j;
	}
	for (unsigned set = 1; set <= all; set++)
		for (unsigned last = 0; last < n; last++) {
			unsigned rest = set & ~(1u << last);
			best[set][last] = far;
			before[set][last] = 0;
			if (!(set >> last & 1) || (rest & earlier[last]) != earlier[last])
				continue;
			if (!rest)
				best[set][last] = legs->first[last];
			for (unsigned from = 0; from < n; from++) {
				double km = rest >> from & 1 ? best[rest][from] + legs->between[from][last] : far;
				if (km < best[set][last] - SHORTER_KM) {
					best[set][last] = km;
					before[set][last] = (uint8_t)from;
				}
			}
		}
	unsigned last = 0;
	for (unsigned i = 1; i < n; i++)
		if (best[all][i] < best[all][last] - SHORTER_KM)
			last = i;
	for (unsigned set = all, at = n; at-- > 0;) {
		order[at] = (uint8_t)last;
		unsigned from = before[set][last];
		set &= ~(1u << last);
		last = from;
	}
}

/* begin_nearest: of those whose part of the day it is, the nearest comes next. */
static void begin_nearest(const struct legs *legs, const struct tour_stop *stops, uint8_t *order)
{
	bool taken[TOUR_STOPS_MAX] = {false};

	for (unsigned at = 0; at < legs->count; at++) {
		int next = -1;
		double next_km = 0;
		for (unsigned i = 0; i < legs->count; i++) {
			double km = at ? legs->between[order[at - 1]][i] : legs->first[i];
			if (taken[i])
				continue;
			if (next < 0 || stops[i].part < stops[next].part ||
				(stops[i].part == stops[next].part && km < next_km)) {
				next = (int)i;
				next_km = km;
			}
		}
		assert(next >= 0);
		order[at] = (uint8_t)next;
		taken[next] = true;
	}
}

static void turn_round(uint8_t *order, unsigned from, unsigned to)
{
	for (; from < to; from++, to--) {
		uint8_t kept = order[from];
		order[from] = order[to];
		order[to] = kept;
	}
}

/* improve turns pieces round within one part of the day as long as that makes the way shorter (2-opt). */
static void improve(const struct legs *legs, const struct tour_stop *stops, uint8_t *order)
{
	double km = length_of(legs, order);

	for (bool better = true; better;) {
		better = false;
		for (unsigned i = 0; i < legs->count; i++)
			for (unsigned j = i + 1; j < legs->count && stops[order[j]].part == stops[order[i]].part; j++) {
				turn_round(order, i, j);
				double turned = length_of(legs, order);
				if (turned < km - SHORTER_KM) {
					km = turned;
					better = true;
				} else {
					turn_round(order, i, j);
				}
			}
	}
}

double tour_order(struct position start, const struct tour_stop *stops, unsigned count, uint8_t order[TOUR_STOPS_MAX])
{
	struct legs legs;

	assert(count <= TOUR_STOPS_MAX);
	if (!count)
		return 0;
	measure(start, stops, count, &legs);
	if (count <= TOUR_EXACT_MAX) {
		order_exactly(&legs, stops, order);
	} else {
		begin_nearest(&legs, stops, order);
		improve(&legs, stops, order);
	}
	return length_of(&legs, order);
}
