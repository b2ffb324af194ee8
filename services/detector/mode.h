/* SPDX-License-Identifier: MIT
 *
 * mode: what a household is to the detector at a time, one state of a few; docs/detector.md has the picture, the table
 * of what may follow what, and why an absence is believed for so long and no longer.
 */
#ifndef CURTAIN_DETECTOR_MODE_H
#define CURTAIN_DETECTOR_MODE_H

#include <stdbool.h>
#include <stdint.h>

enum detector_mode {
	DETECTOR_UNWATCHED, /* no consent in force, or nothing heard yet */
	DETECTOR_LEARNING,  /* heard for less than limits.learning_ms */
	DETECTOR_AT_HOME,
	DETECTOR_AWAY,   /* the silence does not count */
	DETECTOR_ASLEEP, /* in bed by a bed's word; the silence counts */
	DETECTOR_BLIND,  /* what could prove a silence is offline */
	DETECTOR_MODE_COUNT
};

/* detector_away: how it became known that nobody is at home. The first sign of life inside ends any. */
enum detector_away {
	DETECTOR_AWAY_NOT,
	DETECTOR_AWAY_FAMILY,   /* the directory has it */
	DETECTOR_AWAY_DESK,     /* said to the desk */
	DETECTOR_AWAY_VISITOR,  /* said at the door: an incident's outcome */
	DETECTOR_AWAY_HOSPITAL, /* the same */
	DETECTOR_AWAY_VIEWER,   /* the door viewer saw somebody leave */
	DETECTOR_AWAY_INFERRED, /* a door, and no sign of life inside since */
	DETECTOR_AWAY_COUNT
};

/* detector_absence: how an absence is inferred, and for how long each kind is believed. */
struct detector_absence {
	int64_t quiet_ms;           /* without a sign of life inside after a door: away is inferred; 0 = never */
	int64_t inferred_most_ms;   /* after the last sign of life; never longer than budget.ceiling_ms ... */
	int64_t one_person_most_ms; /* ... the same where one lives alone */
	int64_t out_most_ms;        /* after the door viewer's word */
	int64_t said_most_ms;       /* after the visit */
	int64_t declared_most_ms;   /* where no end was said */
	int64_t leaving_ms; /* so long after a declared absence began, signs of life are of those who leave late */
};

/* detector_absence_default gives what is shipped. */
struct detector_absence detector_absence_default(void);
/* detector_mode_may says whether a home may go from one mode to another. */
bool detector_mode_may(enum detector_mode from, enum detector_mode to);
/* detector_mode_name gives "unwatched", "learning", "at_home", "away", "asleep", "blind". */
const char *detector_mode_name(enum detector_mode mode);
/* detector_away_name gives "not", "family", "desk", "visitor", "hospital", "viewer", "inferred". */
const char *detector_away_name(enum detector_away away);
/* detector_is_entrance: by the place of the directory, its door leads out of the home: none is named, or one of those
 * that are called so. */
bool detector_is_entrance(const char *place);

#endif
