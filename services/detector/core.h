/* SPDX-License-Identifier: MIT
 *
 * core: notices that a home has stopped leaving its usual traces. Pure: readings, directory entries, incidents and
 * visits in, alerts out. Device families are ingest's business, volunteers the dispatcher's.
 *
 * Time. A reading carries `at` (the device's time) and `received` (when ingest took it). The core judges at the time up
 * to which everything is known: the watermark of lane "reading", given to detector_tick; it never reads a clock. What a
 * home did is found from `at`; what was known when follows from `received`. A reading that comes late never raises an
 * alert about the past; it may end one, with the reason.
 *
 * Order. Alerts leave detector_tick in order of (at, id, revision), each only when the watermark is beyond its `at`:
 * the same input gives the same bytes however it was cut into batches and however often tick was called.
 *
 * Cost: O(1) a reading (O(log homes) when a timer moves); at most DETECTOR_SENSORS_MAX channels a home, the rest is
 * counted.
 */
#ifndef CURTAIN_DETECTOR_CORE_H
#define CURTAIN_DETECTOR_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "detector/calendar.h"
#include "detector/feedback.h"
#include "detector/habit.h"
#include "detector/mode.h"
#include "detector/rules.h"
#include "detector/signs.h"
#include "message/message.h"

#define DETECTOR_DEVICES_MAX 16     /* of one home */
#define DETECTOR_SENSORS_MAX 24     /* (device, channel, quantity) of one home that say something of its life */
#define DETECTOR_METERS_MAX 8       /* of those, metered */
#define DETECTOR_HABITS_MAX 3       /* of one home */
#define DETECTOR_APPOINTMENTS_MAX 8 /* of one home */
#define DETECTOR_EFFECTS_MAX 8      /* of one tick */
#define DETECTOR_COMMUNITIES_MAX 32 /* with a budget of their own */

/* detector_community: a budget that holds for the homes of one community. */
struct detector_community {
	char id[ID_BYTES];
	struct detector_budget budget;
};

struct detector_config {
	const struct zone *zone;         /* of the words and of "night"; owned by the caller, outlives the core */
	const struct calendar *calendar; /* as the zone; NULL = weekdays only */
	unsigned rule_count;
	struct detector_rule rules[DETECTOR_RULES_MAX];
	struct detector_budget budget; /* of the rule "silence" */
	unsigned community_count;      /* those that have another one */
	struct detector_community communities[DETECTOR_COMMUNITIES_MAX];
	struct detector_limits limits;     /* of "silence_fixed", and of "silence" while a home is new */
	struct detector_signs signs;       /* signs.prove 0 = as shipped */
	struct detector_absence absence;   /* declared_most_ms 0 = as shipped */
	struct detector_feedback feedback; /* step 0 = as shipped */
	int64_t meter_fresh_ms;            /* a meter's last reading older than this: the channel is blind */
	int64_t device_quiet_ms;           /* a device of events unheard for this long: its channels are blind */
	bool ordered;                      /* readings of a home come in order of `received` (one instance of ingest) */
	uint32_t homes_max;
};

struct detector_effects {
	unsigned count;
	struct alert items[DETECTOR_EFFECTS_MAX];
};

struct detector_core;

enum err detector_create(
	const struct detector_config *config, struct detector_core **out_core, struct errinfo *info) ERR_MUST_CHECK;
void detector_destroy(struct detector_core *core);
/* detector_configure puts new rules and limits in force; habits and open alerts stay, those of a rule that is gone are
 * cleared. ERR_NOMEM leaves some homes to the next judgement. */
enum err detector_configure(struct detector_core *core, const struct detector_config *config) ERR_MUST_CHECK;

/* detector_entry takes a directory entry: household, consent, device, appointment; others are passed over. A home is
 * watched while it has a household and a consent in force. The tombstone of either, or of a device, forgets what was
 * known of it; open alerts are cleared. ERR_FULL beyond homes_max or DETECTOR_APPOINTMENTS_MAX, ERR_NOMEM. */
enum err detector_entry(struct detector_core *core, const struct entry *entry) ERR_MUST_CHECK;
/* detector_feed takes one reading. Readings of unknown homes or without consent, NaN, late ones and those of a home
 * that has too many channels are counted, never an error. ERR_NOMEM is its only failure. */
enum err detector_feed(struct detector_core *core, const struct reading *reading) ERR_MUST_CHECK;
/* detector_feed_incident takes an incident of the dispatcher. Resolved with `away`, with `ambulance`, or with
 * `false_alarm` because of was_away: the home is away from then on and its silence alerts are cleared; the first sign
 * of life after it ends that. Resolved with `helped` or another `false_alarm`: somebody saw the person then, which is a
 * sign of life. Others change nothing. */
enum err detector_feed_incident(struct detector_core *core, const struct incident *incident) ERR_MUST_CHECK;
/* detector_feed_errand takes an errand of the dispatcher: a visit or a service in which somebody saw or spoke to the
 * person is a sign of life at errand->seen, like a reading that came at errand->at. The same one again changes nothing;
 * others change nothing. */
enum err detector_feed_errand(struct detector_core *core, const struct errand *errand) ERR_MUST_CHECK;
/* detector_declare: somebody told the desk, at `at`, that nobody is at home until `until` (WALL_NONE = not said).
 * detector_return: that somebody is at home (again). ERR_NOT_FOUND for a home that is not known, ERR_STATE for one that
 * is not watched, ERR_NOMEM. */
enum err detector_declare(
	struct detector_core *core, const char *household, struct wall at, struct wall until) ERR_MUST_CHECK;
enum err detector_return(struct detector_core *core, const char *household, struct wall at) ERR_MUST_CHECK;
/* detector_tick judges everything that was due before now; every reading received before now has been fed. Call again
 * with the same now while out->count == DETECTOR_EFFECTS_MAX. */
enum err detector_tick(struct detector_core *core, struct wall now, struct detector_effects *out) ERR_MUST_CHECK;
/* detector_due: the earliest now at which detector_tick has something to do; WALL_NEVER = nothing. */
struct wall detector_due(const struct detector_core *core);

/* State for the store. detector_dirty gives each part of a home changed since the last call as (key, blob); length 0 =
 * forgotten. detector_restore takes one back, after the directory, in the order in which they were given, older copies
 * included: ERR_VERSION for a blob of another version, ERR_CORRUPT for a broken one (either leaves the home as new: it
 * learns again), ERR_NOT_FOUND when the home is not in the directory, ERR_NOMEM; length 0 forgets. */
#define DETECTOR_STATE_BYTES_MAX 61440 /* room for a hundred alerts of a home that are not said yet */
#define DETECTOR_KEY_BYTES (ID_BYTES + 2)
#define DETECTOR_NO_SLOT UINT32_MAX
struct detector_state {
	char key[DETECTOR_KEY_BYTES];
	size_t length;
	unsigned char blob[DETECTOR_STATE_BYTES_MAX];
	uint32_t slot; /* a small number of this part while it lives */
};
bool detector_dirty(struct detector_core *core, struct detector_state *out_state);
enum err detector_restore(struct detector_core *core, const struct detector_state *state) ERR_MUST_CHECK;
/* detector_is_fleeting: the part is of what changes with each reading. */
bool detector_is_fleeting(const char *key);
/* detector_slot finds a part by its key; detector_refresh marks it dirty, so that the store can copy it forward. */
uint32_t detector_slot(const struct detector_core *core, const char *key);
enum err detector_refresh(struct detector_core *core, uint32_t slot) ERR_MUST_CHECK;

/* Learning a home's habit from its history.
 * detector_home walks over the households of the directory: start with *place = 0; NULL at the end.
 * detector_has_habit: something was learnt of it.
 * detector_learner makes a core with this home alone, under the same configuration, to be fed with its history;
 * ERR_NOT_FOUND if it is not watched, ERR_NOMEM. Release with detector_destroy before the zone of the configuration.
 * detector_adopt takes over the learner's habits; open alerts, the silence that runs, what people found and modes stay,
 * but for a home that was only learning because it was not known for long enough. */
const char *detector_home(const struct detector_core *core, uint32_t *place);
bool detector_has_habit(const struct detector_core *core, const char *household);
enum err detector_learner(
	const struct detector_core *core, const char *household, struct detector_core **out_learner) ERR_MUST_CHECK;
enum err detector_adopt(
	struct detector_core *core, const struct detector_core *learner, const char *household) ERR_MUST_CHECK;

/* What is worth counting. */
enum detector_tally {
	DETECTOR_READINGS,
	DETECTOR_SIGNS,
	DETECTOR_LATE,
	DETECTOR_UNKNOWN_HOME,
	DETECTOR_NO_CONSENT,
	DETECTOR_TOO_MANY,
	DETECTOR_NO_DELTA,
	DETECTOR_CLOCK_ASTRAY,
	DETECTOR_RAISED,
	DETECTOR_UPDATED,
	DETECTOR_CLEARED,
	DETECTOR_TALLY_COUNT
};
const char *detector_tally_name(enum detector_tally tally);
int64_t detector_tally(const struct detector_core *core, enum detector_tally tally);
/* detector_modes counts the homes in each mode and the open alerts. */
void detector_modes(
	const struct detector_core *core, uint32_t out_homes[DETECTOR_MODE_COUNT], uint32_t *out_open_alerts);
/* detector_mode_of: ERR_NOT_FOUND if unknown. */
enum err detector_mode_of(
	const struct detector_core *core, const char *household, enum detector_mode *out_mode) ERR_MUST_CHECK;

/* What is known of a home's silences, for those who ask why. Each set of channels that was seen together has a habit of
 * its own. */
struct detector_habit_set {
	uint64_t quantities;        /* mask of enum quantity: the home's channels of the set */
	bool in_force;              /* by it the silence that runs is judged */
	double months;              /* heard, and faded: what the rates are counted over */
	uint32_t gaps;              /* of two hours and more that are remembered */
	int32_t first_day, day;     /* local days since 1970; INT32_MIN = none yet */
	float levels[HABIT_STAGES]; /* 0 = shortest limits .. HABIT_LEVELS - 1 */
	float rates[HABIT_LEVELS];  /* false alarms a month that each level would raise here */
	double lean;                /* the budget is this many times the configured one, after what people found */
	uint32_t false_alarms[HABIT_STAGES];    /* raised and ended by themselves within a day, ever */
	uint32_t outcomes[HABIT_OUTCOME_COUNT]; /* what people found, ever */
	int64_t limits_ms[HABIT_KINDS][HABIT_HOURS][HABIT_STAGES]; /* by the hour at which a silence begins */
	int64_t usual_ms[HABIT_KINDS][HABIT_HOURS];                /* longest usual silence; 0 = too few were seen */
	float wake[HABIT_KINDS]; /* usual hour of the morning by which there is a sign; < 0 = not known */
	float longer[HABIT_HOURS][HABIT_HOURS]; /* [h][n]: part of the silences over two hours from hour h on, on
						   workdays, that last over n hours */
};
struct detector_habit_view {
	enum detector_mode mode;
	enum detector_away away;            /* how it became known; while away */
	struct wall away_since, away_until; /* it is believed for so long; WALL_NONE = not away */
	struct wall heard_since;            /* first reading; WALL_NONE = none */
	struct wall last_sign;              /* WALL_NONE = none */
	struct wall silent_since;           /* of the silence that runs; WALL_NONE = not judged */
	float silent_hour;                  /* local hour of that */
	enum habit_kind silent_kind;
	struct wall attention_at,
		alarm_at;    /* when the silence that runs will be too long; WALL_NONE = not judged (away, blind) */
	struct wall wake_at; /* a sign is to be expected by then, after the last one; WALL_NONE = not known */
	uint64_t looked_at, blind;
	unsigned lesson_count;
	struct detector_lesson lessons[DETECTOR_LESSONS_MAX]; /* oldest first */
	double pooled;                 /* the population's false alarms are so many times the prior's */
	struct detector_budget budget; /* that holds here */
	char community[ID_BYTES];      /* whose own it is; "" = the district's */
	bool population;               /* no habit fits what is seen: the population's limits hold */
	unsigned set_count;
	struct detector_habit_set sets[DETECTOR_HABITS_MAX];
};
/* What was agreed with a home, and how it stands, by id. */
struct detector_appointment_view {
	char id[ID_BYTES];
	struct appointment terms;
	struct wall opens, due, alarm; /* of the window that is waited for; WALL_NONE = none */
	struct wall last;              /* when the sign was given last; WALL_NONE = never */
	struct wall missed;            /* the hour that was missed and not made up for; WALL_NONE = none */
	bool blind;                    /* and the sign could not have been heard */
	bool rests;                    /* the home is away: it is not asked for */
};
/* detector_appointments shows them as of the last tick. ERR_NOT_FOUND. */
enum err detector_appointments(const struct detector_core *core, const char *household,
	struct detector_appointment_view out[DETECTOR_APPOINTMENTS_MAX], unsigned *out_count) ERR_MUST_CHECK;
/* detector_population adds the habits of all homes up, for the prior of another population. */
void detector_population(const struct detector_core *core, struct habit_population *out);
/* detector_habit shows what is known of a home as of the last tick. ERR_NOT_FOUND. */
enum err detector_habit(
	struct detector_core *core, const char *household, struct detector_habit_view *out_view) ERR_MUST_CHECK;

#endif
