/* SPDX-License-Identifier: MIT
 *
 * habit_prior: the silences of a population, for homes whose own are not known yet. From hourly water meters of the
 * DAIAD project's 46 homes (www.daiad.eu, CC BY-SA 4.0), by the class of a gap and the hour at which it begins.
 */
#ifndef CURTAIN_DETECTOR_HABIT_PRIOR_H
#define CURTAIN_DETECTOR_HABIT_PRIOR_H

#include <stdint.h>

#include "detector/habit.h"

struct habit_prior {
	uint16_t hours;                 /* thousandths of an hour a day, of gaps that begin about then */
	uint16_t longer[HABIT_LENGTHS]; /* of them in 10,000 days: as long as 2 h, 2.5 h, ... 24 h */
};

extern const struct habit_prior habit_prior[HABIT_CLASSES][HABIT_HOURS];
/* habit_prior_rate: false alarms a month that each level raised over the population. */
extern const float habit_prior_rate[HABIT_LEVELS];

#endif
