/* SPDX-License-Identifier: MIT
 *
 * backtest_dice: seeded numbers (splitmix64; Steele, Lea, Flood, OOPSLA 2014) that are the same on every machine.
 */
#ifndef CURTAIN_TOOL_BACKTEST_DICE_H
#define CURTAIN_TOOL_BACKTEST_DICE_H

#include <stdint.h>
#include <string.h>

#include "base/text.h"

struct dice {
	uint64_t state;
};

/* dice_of gives dice for a home: of the seed and the home's id alone. */
static inline struct dice dice_of(uint64_t seed, const char *home)
{
	return (struct dice){text_hash64(home, strlen(home), seed * UINT64_C(0x9e3779b97f4a7c15) + 1)};
}

static inline uint64_t dice_next(struct dice *dice)
{
	uint64_t z = dice->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* dice_share gives 0 <= x < 1. */
static inline double dice_share(struct dice *dice)
{
	return (double)(dice_next(dice) >> 11) * 0x1p-53;
}

#endif
