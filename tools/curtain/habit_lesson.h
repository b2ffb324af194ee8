/* SPDX-License-Identifier: MIT
 *
 * habit_lesson: whether a home is away and by whose word, what people found there lately and what that moved, out of
 * the detector's answer. What is not understood is left out: another version may say more.
 */
#ifndef CURTAIN_TOOL_HABIT_LESSON_H
#define CURTAIN_TOOL_HABIT_LESSON_H

#include <jansson.h>

#include "base/buf.h"
#include "base/clock.h"

#define HABIT_LESSONS_MAX 8

struct habit_lesson {
	char incident[64], outcome[16], found[16], doubted[32];
	struct wall at;
	double lean_before, lean; /* of the home's budget */
};

struct habit_lessons {
	char away[16]; /* "" = not away */
	struct wall away_since, away_until;
	unsigned count;
	struct habit_lesson items[HABIT_LESSONS_MAX]; /* oldest first */
};

/* habit_lessons_read takes them out of the answer to "habit". */
void habit_lessons_read(const json_t *root, struct habit_lessons *out);
void habit_lessons_text(const struct habit_lessons *all, const struct zone *zone, struct buf *out);
/* habit_away_text appends the answer to "away": a line about the home's mode now, and by whose word it is away.
 * habit_relearn_text appends that to "relearn"; zone is not looked at. ERR_INVALID: the answer is of another form. */
enum err habit_away_text(
	const char *json, const struct zone *zone, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
enum err habit_relearn_text(
	const char *json, const struct zone *zone, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
