/* SPDX-License-Identifier: MIT
 *
 * core_internal: the tables that the core's files share. Nothing outside core*.c and meter.c includes this.
 *
 *   home 1 --- n device 1 --- n sensor      (sensor: one channel and quantity; a metered one has a meter)
 *   home 1 --- n standing                   (by rule: is an alert open?)
 *   home 1 --- n notice                     (what is decided and not yet said)
 *
 * A home has one slot, by which the store and the timer name it. Its state is stored in parts: hot (changes with each
 * reading) and cold (names, nights, alerts). Writing another part always writes the hot part after it, so that of the
 * copies in the store's order the last of each fit together.
 */
#ifndef CURTAIN_DETECTOR_CORE_INTERNAL_H
#define CURTAIN_DETECTOR_CORE_INTERNAL_H

#include <stdlib.h>

#define uthash_fatal(message) abort() /* out of memory in a table: nothing sane is left to do */
#include <uthash.h>

#include "base/timerq.h"
#include "detector/anomaly.h"
#include "detector/appointment.h"
#include "detector/core.h"
#include "detector/habit.h"
#include "detector/meter.h"

#define STATE_VERSION 2 /* of a home's parts in the store */
#define FIRINGS SIGNS_FIRINGS_MAX
#define DETECT_WALL_SANE_MS (INT64_C(1) << 53) /* differences of such times never overflow */

/* part: of a home's state in the store, in the order in which they are written. */
enum part { PART_COLD, PART_HABIT, PART_HOT, PART_COUNT };

/* cause: why a notice is given; it chooses the words. */
enum cause {
	CAUSE_RULE,      /* the rule's own finding: raised, updated */
	CAUSE_SIGN,      /* a sign of life came */
	CAUSE_LATE,      /* a sign of life that was there before the alert became known afterwards */
	CAUSE_VISIT,     /* somebody saw the person */
	CAUSE_AWAY,      /* the person is away */
	CAUSE_OVER,      /* a limit is kept again */
	CAUSE_DROPPED,   /* the rule is switched off */
	CAUSE_FORGOTTEN, /* household gone or consent withdrawn */
	CAUSE_ENDED,     /* the appointment is paused, changed or ended */
	CAUSE_COUNT
};

struct sensor {
	uint64_t name; /* hash of device, channel, quantity */
	uint8_t quantity;
	uint8_t device;
	bool known;          /* value holds the last state */
	double value;        /* as it was told last */
	struct wall at;      /* known up to here; WALL_NONE = never heard */
	struct wall proof;   /* silence on this channel is proven from here on; WALL_NONE = not at all */
	struct wall told;    /* its last sign of life */
	struct wall doubted; /* people say since then that it is at fault; WALL_NONE = not */
	int64_t lag_ms;      /* of a channel of events: how late it has told, as of lag_at */
	int64_t told_ms;     /* how late it told its newest one */
	bool behind;         /* its device's clock is behind by that */
	struct wall lag_at;  /* WALL_NONE = never */
	struct meter *meter; /* NULL = not metered */
};

struct device {
	char id[DEVICE_BYTES];
	struct wall heard; /* when it last spoke (received) */
	bool offline;      /* it said so itself */
};

struct firing {
	struct wall at;
	uint64_t sensor;
};

/* home_habit: the habit of the silences on one set of channel groups (core_habit.c). */
struct home_habit {
	uint8_t set;
	struct habit habit;
	/* The limits of the gap that runs, as they were worked out last, and all that they may change with; not stored.
	 */
	struct {
		int64_t start_ms, floor_ms, ceiling_ms;
		int32_t day;
		float levels[HABIT_STAGES];
		int64_t limits_ms[HABIT_STAGES];
	} known;
};

/* sign: something that only a living person does. quantity QUANTITY_COUNT = none yet, or seen by a visitor. */
struct sign {
	struct wall at, since; /* somewhen in between */
	uint8_t quantity;
	uint8_t device;
	double value;
};

/* standing: an open alert of one rule. */
struct standing {
	enum alert_level level;
	enum detector_rule_kind kind;
	uint32_t revision;
	struct wall onset, at; /* at: when it was raised or last updated */
	char rule[WORD_BYTES];
};

/* absence: while the home is away. */
struct absence {
	enum detector_away source;
	struct wall since, until; /* until: where it was said; else WALL_NONE */
};

/* span: of an absence that the directory has; both WALL_NONE = none. */
struct span {
	struct wall from, until;
};

/* passage: the last time that somebody went through the door, as one: doors are opened twice for a bag. */
struct passage {
	struct wall start, end; /* WALL_NONE = never */
	bool open;              /* the door stands open */
	bool leaving;           /* somebody may have left by it: nobody was seen inside since */
	bool unsure;            /* a meter's use may have been before or after it */
};

/* thaw: what ended the last absence, for the words of what is raised after it. */
enum thaw_kind { THAW_NONE, THAW_SIGN, THAW_OVERDUE };
struct thaw {
	enum thaw_kind kind;
	enum detector_away source;
	struct wall since, at; /* of the absence: its beginning and end */
};

/* lessons: what people found, and what that moved. */
struct lessons {
	uint8_t count;
	struct detector_lesson items[DETECTOR_LESSONS_MAX]; /* oldest first */
};

struct trace {
	uint8_t quantity, device;
	double value;
	struct wall at;
};

/* notice: an alert as decided, before it is put into words. */
struct notice {
	struct notice *next; /* of the same home, oldest first */
	struct home *home;
	struct wall at, onset;
	uint32_t revision;
	enum alert_state state;
	enum alert_level level;
	enum detector_rule_kind kind;
	enum cause cause;
	char rule[WORD_BYTES];
	char id[ID_BYTES];
	struct wall cause_at; /* of the sign, the visit */
	uint8_t cause_quantity;
	double amount, amount2;             /* found */
	double limit, limit2;               /* allowed */
	double values[DETECTOR_PARAMS_MAX]; /* of the rule */
	int64_t usual_ms;                   /* longest usual silence; 0 = not known */
	struct wall wake;                   /* a sign of life was expected by then; WALL_NONE = not */
	bool holiday;                       /* on such a day */
	bool learning;
	struct thaw thaw;   /* an absence that ended within what was found; THAW_NONE = none */
	struct wall in_bed; /* since then; WALL_NONE = not */
	double confidence;
	uint64_t looked_at, blind;
	unsigned trace_count;
	struct trace traces[EVIDENCE_MAX];
};

/* appointed: one appointment of a home, and how it stands. */
struct appointed {
	char id[ID_BYTES];
	struct appointment terms;
	struct wall asked;  /* the hour that is waited for; WALL_NONE = not reckoned, or none within reach */
	struct wall missed; /* the hour that was missed and is not made up for; WALL_NONE = none */
	bool blind;         /* and the sign could not have been heard */
};

struct home_appointments {
	uint8_t count, capacity;
	struct appointed *items;                  /* by id */
	struct wall seen[APPOINTMENT_SIGN_COUNT]; /* when each kind of sign began last; WALL_NONE = never */
};

/* own_terms: of a community that has a budget of its own. */
struct own_terms {
	struct habit_terms terms;
	struct home_habit newcomer;
};

/* community: named by the directory; kept while the core lives. */
struct community {
	UT_hash_handle hh;
	char id[ID_BYTES];
	struct own_terms *own; /* NULL = the district's budget holds */
};

struct home {
	UT_hash_handle hh;
	char id[ID_BYTES];
	uint32_t slot;
	uint32_t shape;    /* changes with its devices and sensors */
	uint8_t unwritten; /* a bit a part */
	bool listed;       /* its slot stands in core->dirty */
	bool waiting;      /* the next reading may settle what is open */
	bool present;      /* the directory has the household */
	bool agreed;       /* and a consent */
	bool leaving;      /* gone from the directory; stays until its notices are said */
	uint8_t persons;
	uint64_t quantities;
	struct wall from, until;
	struct community *community; /* NULL = not known */

	enum detector_mode mode;
	struct wall since; /* first heard; WALL_NONE = never */
	struct absence away;
	struct span said;  /* as the directory has it: not forgotten with what the home did */
	struct span spent; /* of the directory's, the one that is over */
	struct passage passage;
	struct wall inside; /* a sign of life inside, not before this */
	struct wall in_bed; /* a bed is taken since then, as it said last */
	struct wall counts; /* no silence counts before */
	struct thaw thaw;
	struct sign last;
	struct wall opened, moved; /* a door opened, motion fired; WALL_NONE = never */
	struct firing firings[FIRINGS];
	uint8_t firing_next;

	struct device *devices;
	struct sensor *sensors;
	uint8_t device_count, device_capacity, sensor_count, sensor_capacity;
	struct standing *standings; /* the open alerts, found by the rule's name */
	uint8_t standing_count, standing_capacity;
	struct home_habit *habits[DETECTOR_HABITS_MAX];
	uint8_t habit_count;
	struct anomaly *anomaly;                /* NULL = no rule has needed it */
	struct lessons *lessons;                /* NULL = none */
	struct home_appointments *appointments; /* NULL = it never had one */
	struct notice *notices, **notices_last;
	int64_t due_ms; /* as set in the timer queue; INT64_MAX = not */
};

/* owner: which home a device of the directory belongs to. */
struct owner {
	UT_hash_handle hh;
	uint64_t device; /* hash of its id */
	enum anomaly_place place;
	bool entrance;
	char household[ID_BYTES];
};

/* promise: which home an appointment of the directory belongs to. */
struct promise {
	UT_hash_handle hh;
	uint64_t appointment; /* hash of its id */
	char household[ID_BYTES];
};

/* tomb: the key of a forgotten part, until the store has heard of it. */
struct tomb {
	struct tomb *next;
	uint32_t slot;
	char key[DETECTOR_KEY_BYTES];
};

struct detector_core {
	struct detector_config config;
	bool counts_hours;        /* some rule needs the litres of each hour */
	struct anomaly_uses uses; /* what the other rules need */
	struct habit_terms terms; /* of the budget */
	double pooled;            /* of the terms, as people's findings have it */
	bool pooled_unwritten;
	struct home_habit newcomer; /* what holds for a home of which nothing is known */
	struct community *communities;
	struct home *homes;
	struct owner *owners;
	struct promise *promises;
	struct tomb *tombs;
	struct home **slots;
	uint32_t *free_slots;
	uint32_t slot_count, slot_capacity, free_count;
	uint32_t *dirty;
	uint32_t dirty_count, dirty_capacity;
	struct home *half_written; /* some of its parts were given, others follow */
	struct timerq timers;
	struct notice **queue; /* binary heap by (at, id, revision) */
	uint32_t queue_count, queue_capacity;
	bool queue_stale; /* states were restored: to be built anew from the homes' notices */
	struct wall now;
	int64_t day_start_ms, day_end_ms; /* of the local day that was asked for last */
	int64_t tallies[DETECTOR_TALLY_COUNT];
	uint32_t modes[DETECTOR_MODE_COUNT]; /* homes in each */
	uint32_t open_alerts;
};

/* core.c */
enum err detect_config_take(struct detector_core *core, const struct detector_config *config) ERR_MUST_CHECK;
enum err detect_grow(void **array, uint32_t *capacity, size_t item) ERR_MUST_CHECK;
/* detect_mark puts the home on the dirty list: its hot part, or that and the cold one. */
enum err detect_mark(struct detector_core *core, struct home *home, bool cold) ERR_MUST_CHECK;
enum err detect_arm(struct detector_core *core, struct home *home, int64_t due_ms) ERR_MUST_CHECK;
/* detect_local_hour gives hours since 1970 of the local clock, day x 24 + hour. */
int64_t detect_local_hour(struct detector_core *core, struct wall t);

/* core_mode.c */
/* detect_mode moves the home to another mode; asserts that the move is legal. detect_mode_settle does so as time,
 * consent, what was declared and what is seen have it; *out_next: when to look again, INT64_MAX = only after a reading.
 * ERR_NOMEM. */
void detect_mode(struct detector_core *core, struct home *home, enum detector_mode mode);
enum err detect_mode_settle(
	struct detector_core *core, struct home *home, struct wall t, int64_t *out_next) ERR_MUST_CHECK;
/* detect_mode_away begins an absence and clears what rests meanwhile. ERR_NOMEM. */
enum err detect_mode_away(
	struct detector_core *core, struct home *home, const struct absence *away, struct wall at) ERR_MUST_CHECK;
/* detect_mode_back ends it. */
void detect_mode_back(struct detector_core *core, struct home *home, enum thaw_kind kind, struct wall at);
/* detect_mode_sign takes a sign of life. True: it ended an absence, and the home is at home or learning. */
bool detect_mode_sign(struct detector_core *core, struct home *home, const struct sign *sign);
/* detect_mode_door: a door was opened or closed, now. detect_mode_viewer: somebody went out. */
void detect_mode_door(struct detector_core *core, struct home *home, const char *device, bool open, struct wall at);
enum err detect_mode_viewer(struct detector_core *core, struct home *home, struct wall at) ERR_MUST_CHECK;
/* detect_mode_rests: the rule says nothing while the home is as it is. */
bool detect_mode_rests(const struct home *home, const struct detector_rule *rule);
/* detect_mode_until: how long the absence is believed; WALL_NONE = the home is not away. */
struct wall detect_mode_until(const struct detector_core *core, const struct home *home);
/* detect_mode_new: so little is known of the home that its alerts are marked. */
bool detect_mode_new(const struct detector_core *core, const struct home *home, struct wall t);
/* detect_mode_in_bed: since when, by a bed's word; WALL_NONE = not. */
struct wall detect_mode_in_bed(const struct detector_core *core, const struct home *home, struct wall t);

/* core_feedback.c */
/* detect_feedback_take takes what those found who went there, before the sign of life that it may be. ERR_NOMEM. */
enum err detect_feedback_take(
	struct detector_core *core, struct home *home, const struct incident *incident) ERR_MUST_CHECK;
/* detect_sensor_doubted: people say that it is at fault, lately. */
bool detect_sensor_doubted(const struct detector_core *core, const struct sensor *sensor, struct wall t);
enum err detect_judge_fault(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next) ERR_MUST_CHECK;

/* core_state.c */
/* detect_code gives the number by which states and names keep a quantity, whatever its place in enum quantity;
 * DETECT_CODE_NONE for QUANTITY_COUNT. detect_code_quantity gives it back, QUANTITY_COUNT for a number that is none.
 * detect_part_letter ends a part's key; no id holds it. */
#define DETECT_CODE_NONE 0xff
#define DETECT_POPULATION_KEY "*" /* of the part that is no home's; slot 0 */
uint8_t detect_code(unsigned quantity);
enum quantity detect_code_quantity(unsigned code);
char detect_part_letter(enum part part);
/* detect_state_sum: what the last STATE_SUM_BYTES of a state must be, by its key and the bytes before them. A bent
 * state that still reads as one would raise alerts for nothing, or none. */
#define STATE_SUM_BYTES 4
uint32_t detect_state_sum(const char *key, const unsigned char *bytes, size_t length);

/* core_home.c */
struct home *detect_home_find(const struct detector_core *core, const char *id);
enum err detect_home_get(struct detector_core *core, const char *id, struct home **out_home) ERR_MUST_CHECK;
void detect_home_free(struct home *home);
/* detect_home_unsay drops what is not said yet; detect_home_restore_end takes back a home whose state was forgotten. */
void detect_home_unsay(struct home *home);
void detect_home_restore_end(struct detector_core *core, struct home *home);
bool detect_home_watched(const struct home *home, struct wall t);
/* detect_home_blank forgets what the home did, not who it is; its notices stay. detect_home_forget also clears its
 * alerts.
 */
void detect_home_blank(struct detector_core *core, struct home *home);
enum err detect_home_forget(struct detector_core *core, struct home *home, struct wall t) ERR_MUST_CHECK;
/* detect_home_said is called when the home's last notice is out; a leaving home ends there. */
enum err detect_home_said(struct detector_core *core, struct home *home) ERR_MUST_CHECK;
enum err detect_home_device(
	struct detector_core *core, struct home *home, const char *id, uint8_t *out_index) ERR_MUST_CHECK;
enum err detect_home_sensor(struct detector_core *core, struct home *home, uint64_t name, uint8_t device,
	enum quantity quantity, struct sensor **out_sensor) ERR_MUST_CHECK;
/* core_sign.c */
/* detect_sign_take applies a reading to its sensor and says whether it is a sign of life, and when. out_sign is set for
 * a quantity that is not in use too; its quantity is QUANTITY_COUNT where there is none. */
enum err detect_sign_take(struct detector_core *core, struct home *home, const struct reading *reading, struct wall at,
	struct wall heard, struct sign *out_sign, bool *out_is) ERR_MUST_CHECK;
/* detect_sensor_name: a hash of device, channel and quantity. */
uint64_t detect_sensor_name(const struct reading *reading);
/* detect_sign_meter gives a new sensor its meter, if its quantity is metered. */
enum err detect_sign_meter(struct sensor *sensor) ERR_MUST_CHECK;
/* detect_sensor_lag: up to so long before t a channel of events may still have something to tell; what is
 * DETECT_LAG_MOST_MS late is not looked at. */
#define DETECT_LAG_MOST_MS (2 * MS_PER_HOUR)
int64_t detect_sensor_lag(const struct sensor *sensor, struct wall t);
/* detect_sign_used: the quantity may be a sign of life. detect_sign_proves: and its silence for hours means something.
 */
bool detect_sign_used(const struct detector_core *core, enum quantity quantity);
bool detect_sign_proves(const struct detector_core *core, enum quantity quantity);
bool detect_sensor_blind(
	const struct detector_core *core, const struct home *home, const struct sensor *sensor, struct wall t);
/* detect_sensor_usable: it is in use, and can tell use from rest by now (a current meter needs some nights). */
bool detect_sensor_usable(const struct detector_core *core, const struct sensor *sensor);

/* core_habit.c */
/* detect_habit_sign gives a sign of life to the habits. ERR_NOMEM. */
enum err detect_habit_sign(
	struct detector_core *core, struct home *home, const struct sign *sign, struct wall heard) ERR_MUST_CHECK;
/* detect_habit_outcome takes what was found by those who went there; the home's budget grows by so many steps. */
void detect_habit_outcome(struct detector_core *core, struct home *home, const struct incident *incident,
	enum habit_outcome found, double steps);
/* detect_habits_spoil: the running gaps are no habit. detect_habits_settle puts new terms in force. */
void detect_habits_spoil(struct home *home);
void detect_habits_settle(struct detector_core *core, struct home *home);
void detect_habits_free(struct home *home);
/* detect_habit_of finds the habit of a set; NULL = none. detect_habit_add begins it: ERR_FULL, ERR_NOMEM. */
struct home_habit *detect_habit_of(const struct home *home, uint8_t set);
enum err detect_habit_add(
	const struct detector_core *core, struct home *home, uint8_t set, struct home_habit **out_habit) ERR_MUST_CHECK;
/* detect_habit_judge gives the limits of a silence since then on these channels, and the habit that they are from. */
struct habit_judgement {
	const struct habit *habit;
	struct habit_start start;
	int64_t limits_ms[HABIT_STAGES];
};
void detect_habit_judge(struct detector_core *core, const struct home *home, uint64_t looked_at, struct wall since,
	struct habit_judgement *out);
/* detect_habit_wake: when, after since, a sign of life was to be expected in the morning; WALL_NONE = not known. */
struct wall detect_habit_wake(const struct habit_judgement *judgement, struct wall since);

/* core_appointment.c */
enum err detect_appointment_entry(struct detector_core *core, const struct entry *entry) ERR_MUST_CHECK;
/* detect_appointments_blank forgets how they stand, not what was agreed. */
void detect_appointments_blank(struct home *home);
void detect_appointments_free(struct home *home);
void detect_appointments_put(struct blob *b, const struct home *home);
/* detect_appointments_get takes back how those stand that the home still has. */
void detect_appointments_get(struct blob *b, struct home *home);
/* core_appointment_judge.c */
/* detect_appointment_rests: the home is away, by somebody's word or seen to go. */
bool detect_appointment_rests(const struct home *home);
/* detect_appointment_sign takes a sign, of life or (life false) of a quantity that is not in use as such. */
enum err detect_appointment_sign(struct detector_core *core, struct home *home, const struct sign *sign, bool life,
	enum cause cause, struct wall heard) ERR_MUST_CHECK;
enum err detect_judge_appointments(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next) ERR_MUST_CHECK;

/* core_terms.c */
/* detect_terms gives what holds for the home; detect_newcomer what holds while nothing is known of it. */
const struct habit_terms *detect_terms(const struct detector_core *core, const struct home *home);
const struct home_habit *detect_newcomer(const struct detector_core *core, const struct home *home);
/* detect_terms_settle puts the population's factor into force, for homes as they change. */
void detect_terms_settle(struct detector_core *core);
/* detect_terms_take puts the configuration's budgets in force; detect_terms_join a home into its community. ERR_NOMEM:
 * the district's budget holds there. detect_terms_sum tells terms apart. */
enum err detect_terms_take(struct detector_core *core) ERR_MUST_CHECK;
enum err detect_terms_join(struct detector_core *core, struct home *home, const char *id) ERR_MUST_CHECK;
void detect_terms_free(struct detector_core *core);
uint32_t detect_terms_sum(const struct habit_terms *terms);

/* core_anomaly.c */
/* detect_place_of gives a device's place as the directory has it. */
enum anomaly_place detect_place_of(const struct detector_core *core, const char *device);
/* detect_anomaly_take gives a reading to the rules other than silence, a sign of life to those on persons. ERR_NOMEM.
 */
enum err detect_anomaly_take(
	struct detector_core *core, struct home *home, const struct reading *reading, struct wall at) ERR_MUST_CHECK;
enum err detect_anomaly_sign(struct detector_core *core, struct home *home, const struct sign *sign) ERR_MUST_CHECK;
/* detect_anomaly_spoil: of the day that runs nothing is learnt of the person. */
void detect_anomaly_spoil(struct home *home);
enum err detect_anomaly_get(struct home *home) ERR_MUST_CHECK;
void detect_anomaly_free(struct home *home);
enum err detect_judge_anomaly(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next) ERR_MUST_CHECK;

/* core_judge.c */
/* view: what a home's channels can prove at a time. */
struct view {
	uint64_t looked_at, blind;
	int64_t start_ms; /* from then on some channel would have told ... */
	int64_t end_ms;   /* ... up to here; none that looks may know less of the end */
	int64_t stale_ms; /* then the next meter is blind */
	int64_t dark_ms;  /* then all that prove are, if nothing is heard; INT64_MAX = they are */
	bool proves;
};
struct view detect_view(const struct detector_core *core, const struct home *home, struct wall t);
/* detect_silent_since: when the silence began that is seen so; its last sign of life, or when proof began. */
struct wall detect_silent_since(const struct home *home, const struct view *view);
/* detect_judge looks at all rules of the home as of t, and sets the next time. */
enum err detect_judge(struct detector_core *core, struct home *home, struct wall t) ERR_MUST_CHECK;
/* detect_judge_until judges whatever is due before t, each at its own time. */
enum err detect_judge_until(struct detector_core *core, struct home *home, struct wall t) ERR_MUST_CHECK;
/* detect_look has the home judged at t, or when it is due anyway. */
enum err detect_look(struct detector_core *core, struct home *home, struct wall t) ERR_MUST_CHECK;

/* core_alert.c */
/* detect_standing gives the rule's open alert, which the next raise or clear may move; NULL = none. */
struct standing *detect_standing(const struct home *home, const char *rule);
/* detect_standing_add opens an alert of a rule that has none. ERR_NOMEM. */
enum err detect_standing_add(
	struct detector_core *core, struct home *home, const struct standing *standing) ERR_MUST_CHECK;
/* detect_ruled: the alert's rule is in force. */
bool detect_ruled(const struct detector_config *config, const struct standing *standing);
/* finding: what a rule found; raises the alert, or updates it when the level has risen. */
struct finding {
	enum alert_level level;
	struct wall at, onset;
	double amount, amount2, limit, limit2;
	uint64_t looked_at, blind;
	bool grown;        /* told again though the level is the same */
	double confidence; /* 0 = as the level has it */
	int64_t usual_ms;
	struct wall wake; /* WALL_NONE = none */
	bool holiday;
};
enum err detect_raise(
	struct detector_core *core, struct home *home, unsigned rule, const struct finding *finding) ERR_MUST_CHECK;
struct clearing {
	enum cause cause;
	struct wall at;       /* when it became known */
	struct wall cause_at; /* when it happened */
	uint8_t quantity, device;
	uint8_t agreed; /* of an appointment: the kind of sign that ends it; APPOINTMENT_SIGN_COUNT = none that was
			   agreed */
	double value;
};
/* detect_clear ends an open alert; NULL = there is none. */
enum err detect_clear(struct detector_core *core, struct home *home, struct standing *standing,
	const struct clearing *clearing) ERR_MUST_CHECK;
enum err detect_clear_all(
	struct detector_core *core, struct home *home, const struct clearing *clearing) ERR_MUST_CHECK;
/* detect_notice_push queues a copy of the notice; detect_notice_pop takes the first one out and puts it into words. */
enum err detect_notice_push(struct detector_core *core, struct home *home, const struct notice *notice) ERR_MUST_CHECK;
/* detect_queue_ready builds the queue anew after a restore. */
enum err detect_queue_ready(struct detector_core *core) ERR_MUST_CHECK;
enum err detect_notice_pop(struct detector_core *core, struct alert *out) ERR_MUST_CHECK;

/* core_say.c */
enum language { ZH, EN, LANGUAGES };
#define SAY_WHEN_BYTES 48
/* detect_say_when writes t as seen from now: today, yesterday, or with its date. detect_say_names lists what the set's
 * channels tell, each word once. detect_say_noun: NULL = has none. detect_say_add appends to both reasons. */
void detect_say_when(const struct zone *zone, struct wall t, struct wall now, char out[LANGUAGES][SAY_WHEN_BYTES]);
void detect_say_names(uint64_t set, enum language language, char *out, size_t size);
const char *detect_say_noun(unsigned quantity, enum language language);
void detect_say_add(struct alert *out, const char *zh, const char *en);
/* core_say_appointment.c */
void detect_say_appointment(const struct detector_core *core, const struct notice *notice, struct alert *out);
/* detect_say_kept: the words for a sign that ends one; NULL = the quantity's own will do. */
const char *detect_say_kept(const struct notice *notice, enum language language);

void detect_say(const struct detector_core *core, const struct notice *notice, struct alert *out);

#endif
