/* SPDX-License-Identifier: MIT
 *
 * visit_tour: in which order to walk a day's stops. Pure. Distances are great circles (haversine formula, R. W.
 * Sinnott, Sky and Telescope 68, 1984) on a sphere of 6371.0088 km (IUGG mean radius); an unknown position is one km
 * from everything. The way begins at start and ends at the last stop.
 */
#ifndef CURTAIN_DISPATCHER_VISIT_TOUR_H
#define CURTAIN_DISPATCHER_VISIT_TOUR_H

#include <stdint.h>

#include "message/message.h"

#define TOUR_STOPS_MAX 32
#define TOUR_EXACT_MAX                                                                                                 \
	10 /* up to here the shortest way is found, beyond it 2-opt improves the nearest-neighbour one                 \
	    */

struct tour_stop {
	struct position position;
	uint8_t part; /* stops of an earlier part of the day come first */
};

/* tour_km gives the distance of two positions in km. */
double tour_km(struct position a, struct position b);
/* tour_order puts the order into order[count] (indices of stops) and gives the length in km. Ties go to the lower
 * index. O(2^n n^2) up to TOUR_EXACT_MAX stops, O(n^3) beyond; count at most TOUR_STOPS_MAX. */
double tour_order(struct position start, const struct tour_stop *stops, unsigned count, uint8_t order[TOUR_STOPS_MAX]);

#endif
