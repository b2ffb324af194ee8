/* SPDX-License-Identifier: MIT
 *
 * dice: the search's own random numbers (splitmix64, Steele et al. 2014): the same seed gives the same run.
 */
#ifndef CURTAIN_DISPATCHER_ROSTER_DICE_H
#define CURTAIN_DISPATCHER_ROSTER_DICE_H

#include <stdint.h>

struct dice {
	uint64_t state;
};

static inline uint64_t dice_next(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* dice_below gives 0..count-1. */
static inline int dice_below(struct dice *dice, int count)
{
	return (int)((dice_next(dice) >> 32) * (uint64_t)count >> 32);
}

/* dice_share gives 0 <= x < 1. */
static inline double dice_share(struct dice *dice)
{
	return (double)(dice_next(dice) >> 11) * 0x1p-53;
}

#endif
