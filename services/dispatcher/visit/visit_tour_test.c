/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "dispatcher/visit/visit_tour.h"

static uint64_t dice_state;

static double dice(void)
{
	dice_state = dice_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(dice_state >> 40) / (double)(1 << 24);
}

static struct tour_stop stop_at(double latitude, double longitude, uint8_t part)
{
	return (struct tour_stop){.position = {latitude, longitude}, .part = part};
}

static void distances_are_those_of_the_globe(void **state)
{
	(void)state;
	/* Xi'an to Beijing, city centres: about 913 km. */
	double km = tour_km((struct position){34.2658, 108.9541}, (struct position){39.9042, 116.4074});
	assert_true(km > 905 && km < 920);
	assert_true(fabs(tour_km((struct position){0, 0}, (struct position){0, 180}) - 6371.0088 * 3.14159265358979) <
		    1e-6);
	assert_true(tour_km((struct position){1, 2}, (struct position){1, 2}) == 0);
	assert_true(tour_km((struct position){NAN, NAN}, (struct position){1, 2}) == 1.0);
}

static double walk(struct position start, const struct tour_stop *stops, const uint8_t *order, unsigned count)
{
	double km = 0;

	for (unsigned i = 0; i < count; i++)
		km += tour_km(i ? stops[order[i - 1]].position : start, stops[order[i]].position);
	return km;
}

/* shortest tries every order that keeps the parts of the day. */
static double shortest(
	struct position start, const struct tour_stop *stops, unsigned count, uint8_t *order, unsigned at)
{
	double best = 1e30;

	if (at == count) {
		for (unsigned i = 1; i < count; i++)
			if (stops[order[i]].part < stops[order[i - 1]].part)
				return best;
		return walk(start, stops, order, count);
	}
	for (unsigned i = at; i < count; i++) {
		uint8_t kept = order[at];
		order[at] = order[i];
		order[i] = kept;
		double km = shortest(start, stops, count, order, at + 1);
		best = km < best ? km : best;
		order[i] = order[at];
		order[at] = kept;
	}
	return best;
}

static void few_stops_are_walked_in_the_shortest_order(void **state)
{
	(void)state;
	dice_state = 7;
	for (unsigned round = 0; round < 60; round++) {
		unsigned count = 1 + round % 7;
		struct position start = {34.2 + dice() / 50, 108.9 + dice() / 50};
		struct tour_stop stops[8];
		uint8_t order[TOUR_STOPS_MAX], all[8] = {0, 1, 2, 3, 4, 5, 6, 7};
		for (unsigned i = 0; i < count; i++)
			stops[i] = stop_at(34.2 + dice() / 50, 108.9 + dice() / 50, (uint8_t)(dice() * 3));
		double km = tour_order(start, stops, count, order);
		assert_true(fabs(km - walk(start, stops, order, count)) < 1e-9);
		assert_true(fabs(km - shortest(start, stops, count, all, 0)) < 1e-9);
		for (unsigned i = 1; i < count; i++)
			assert_true(stops[order[i - 1]].part <= stops[order[i]].part);
	}
}

static void many_stops_are_each_walked_once_and_no_worse_than_nearest_first(void **state)
{
	(void)state;
	dice_state = 11;
	for (unsigned round = 0; round < 20; round++) {
		unsigned count = TOUR_EXACT_MAX + 1 + round % (TOUR_STOPS_MAX - TOUR_EXACT_MAX);
		struct position start = {34.2, 108.9};
		struct tour_stop stops[TOUR_STOPS_MAX];
		uint8_t order[TOUR_STOPS_MAX];
		uint64_t seen = 0;
		for (unsigned i = 0; i < count; i++)
			stops[i] = stop_at(34.2 + dice() / 50, 108.9 + dice() / 50, (uint8_t)(dice() * 3));
		double km = tour_order(start, stops, count, order);
		for (unsigned i = 0; i < count; i++) {
			seen |= UINT64_C(1) << order[i];
			assert_true(!i || stops[order[i - 1]].part <= stops[order[i]].part);
		}
		assert_int_equal(seen, (UINT64_C(1) << count) - 1);
		/* No piece within a part is shorter the other way round. */
		for (unsigned i = 0; i < count; i++)
			for (unsigned j = i + 1; j < count && stops[order[j]].part == stops[order[i]].part; j++) {
				uint8_t turned[TOUR_STOPS_MAX];
				for (unsigned k = 0; k < count; k++)
					turned[k] = order[k < i || k > j ? k : i + j - k];
				assert_true(walk(start, stops, turned, count) > km - 1e-6);
			}
	}
}

static void stops_without_a_place_are_walked_too(void **state)
{
	(void)state;
	struct tour_stop stops[] = {stop_at(NAN, NAN, 1), stop_at(34.2, 108.9, 0)};
	uint8_t order[TOUR_STOPS_MAX];
	double km = tour_order((struct position){NAN, NAN}, stops, 2, order);

	assert_int_equal(order[0], 1);
	assert_int_equal(order[1], 0);
	assert_true(km == 1.0);
	assert_true(tour_order((struct position){NAN, NAN}, stops, 0, order) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances_are_those_of_the_globe),
		cmocka_unit_test(few_stops_are_walked_in_the_shortest_order),
		cmocka_unit_test(many_stops_are_each_walked_once_and_no_worse_than_nearest_first),
		cmocka_unit_test(stops_without_a_place_are_walked_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
