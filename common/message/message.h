/* SPDX-License-Identifier: MIT
 *
 * message: the closed set of messages as plain values. Fixed arrays, no pointers, copied by `=`, no ownership.
 * Strings are NUL-ended UTF-8. A zeroed struct is not a valid message; codec.h says what each needs.
 * The JSON form of each is schemas/json/<name>.schema.json.
 */
#ifndef CURTAIN_MESSAGE_MESSAGE_H
#define CURTAIN_MESSAGE_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/day.h"
#include "message/quantity.h"

#define ID_BYTES 64      /* household, community, team, user, incident, alert, page ... (text_is_id) */
#define DEVICE_BYTES 96  /* device names as vendors use them (text_is_label) */
#define CHANNEL_BYTES 48 /* a part of a device: probe, relay, phase; "" = the device itself */
#define WORD_BYTES 32    /* short words: vendor texts, rule names, profile names */
#define REASON_BYTES 400 /* one line for a person, per language */
#define NOTE_BYTES 400
#define PHONE_BYTES 32
#define EVIDENCE_MAX 8
#define CHANNELS_MAX 12
#define INCIDENT_ALERTS_MAX 16
#define ONCALL_USERS_MAX 16
#define ONCALL_GAPS_MAX 8
#define COUNTERS_MAX 96 /* the dispatcher has some 60; status_count tells when they do not fit */
#define ERRAND_ANSWERS_MAX 24

/* reading: one value of one device. (device, channel, quantity, at) names it for ever. */
struct reading {
	char device[DEVICE_BYTES];
	char channel[CHANNEL_BYTES];
	char household[ID_BYTES];
	enum quantity quantity;
	double value;          /* canonical unit, finite */
	double delta;          /* counters: increase since the reading at `since`, >= 0; NAN = unknown */
	struct wall since;     /* counters with delta: time of the earlier reading; else WALL_NONE */
	struct wall at;        /* the device's own time where it has one, else arrival */
	struct wall received;  /* when ingest took it */
	bool retained;         /* the broker replayed a stored state: no fresh sign of anything */
	bool late;             /* older than an earlier reading of the same (device, channel, quantity) */
	char text[WORD_BYTES]; /* vendor's word ("DRY", "single"); "" = none */
};

enum alert_kind {
	ALERT_SOS,
	ALERT_FALL,
	ALERT_GAS,
	ALERT_SMOKE,
	ALERT_CO,
	ALERT_LEAK,    /* a device's own alarm */
	ALERT_SILENCE, /* no sign of life for too long */
	ALERT_RULE,    /* another named rule of the detector */
	ALERT_DEVICE,  /* a device needs care: maintenance, never a page at night */
	ALERT_KIND_COUNT
};

enum alert_level { ALERT_LIFE, ALERT_ALARM, ALERT_ATTENTION, ALERT_MAINTENANCE, ALERT_LEVEL_COUNT };
enum alert_state { ALERT_RAISED, ALERT_UPDATED, ALERT_CLEARED, ALERT_STATE_COUNT };

/* evidence: a reading that an alert rests on. */
struct evidence {
	enum quantity quantity;
	char device[DEVICE_BYTES];
	double value;
	struct wall at;
};

/* alert: somebody may need attention. id is a function of household, rule (or device and quantity) and onset, so a
 * replay after a crash raises nothing twice. Updates and the clear carry the same id and a higher revision. */
struct alert {
	char id[ID_BYTES];
	uint32_t revision; /* from 1 */
	char household[ID_BYTES];
	enum alert_kind kind;
	enum alert_level level;
	enum alert_state state;
	char rule[WORD_BYTES];
	struct wall onset; /* when it began (last sign of life, moment of the press) */
	struct wall at;    /* when it was raised, updated or cleared */
	char reason_zh[REASON_BYTES];
	char reason_en[REASON_BYTES];
	double confidence; /* 0..1 */
	uint8_t evidence_count;
	struct evidence evidence[EVIDENCE_MAX];
	uint64_t looked_at; /* bit mask of enum quantity: channels that were judged ... */
	uint64_t blind;     /* ... and those that were offline */
};

enum incident_state {
	INCIDENT_RAISED,    /* known, nobody asked yet */
	INCIDENT_PAGING,    /* somebody is being asked */
	INCIDENT_ACCEPTED,  /* somebody is on the way */
	INCIDENT_ON_SITE,   /* somebody is at the door */
	INCIDENT_ESCALATED, /* nobody left to ask: the desk has it */
	INCIDENT_RESOLVED,  /* over, with an outcome */
	INCIDENT_CANCELLED, /* over by itself before anybody accepted; or merged into another */
	INCIDENT_HELD,      /* nobody is asked until an end: silenced by the desk */
	INCIDENT_STATE_COUNT
};

enum incident_event {
	INCIDENT_EVENT_RAISED,
	INCIDENT_EVENT_ALERT_JOINED,
	INCIDENT_EVENT_ALERT_CLEARED,
	INCIDENT_EVENT_PAGED,
	INCIDENT_EVENT_DECLINED,
	INCIDENT_EVENT_TIMED_OUT,
	INCIDENT_EVENT_ACCEPTED,
	INCIDENT_EVENT_ARRIVED,
	INCIDENT_EVENT_ESCALATED,
	INCIDENT_EVENT_RESOLVED,
	INCIDENT_EVENT_CANCELLED,
	INCIDENT_EVENT_ON_THE_WAY,    /* the responder says when they will be there */
	INCIDENT_EVENT_NOTED,         /* somebody wrote a note */
	INCIDENT_EVENT_HANDING_OVER,  /* another is asked to take it over from the responder */
	INCIDENT_EVENT_TAKEN_OVER,    /* ... and does */
	INCIDENT_EVENT_REFUSED,       /* who was asked beside the responder cannot */
	INCIDENT_EVENT_SECOND_COMING, /* a second person, or one with a key, comes too */
	INCIDENT_EVENT_HELD,          /* silenced until an end */
	INCIDENT_EVENT_RELEASED,      /* the silence is over */
	INCIDENT_EVENT_REOPENED,      /* it was not over after all */
	INCIDENT_EVENT_MERGED,        /* it goes on as another incident */
	INCIDENT_EVENT_COUNT
};

enum outcome { OUTCOME_NONE, OUTCOME_FALSE_ALARM, OUTCOME_HELPED, OUTCOME_AMBULANCE, OUTCOME_AWAY, OUTCOME_COUNT };

/* found: why it came to that, as those who went there found it. */
enum found {
	FOUND_NONE, /* not said */
	FOUND_OTHER,
	FOUND_WAS_AWAY,     /* not at home */
	FOUND_SLEPT_IN,     /* well, and quiet for longer than usual */
	FOUND_SENSOR_FAULT, /* lived as ever; a device did not tell, or told what was not */
	FOUND_VISITOR,      /* somebody else's doing */
	FOUND_FALLEN,
	FOUND_ILL,
	FOUND_DIED,
	FOUND_COUNT
};

/* incident: a snapshot after one event of one emergency's life. revision counts the events from 1. */
struct incident {
	char id[ID_BYTES];
	uint32_t revision;
	char household[ID_BYTES], community[ID_BYTES], team[ID_BYTES];
	enum incident_state state;
	enum incident_event event;
	char actor[ID_BYTES]; /* the user of this event; "" = the system */
	enum alert_kind kind;
	enum alert_level level;
	struct wall opened;
	struct wall at;           /* of this event */
	char responder[ID_BYTES]; /* who accepted; "" = nobody */
	enum outcome outcome;
	enum found found; /* outcome_takes */
	uint32_t step;    /* how far the ladder of people was climbed, from 0 */
	char reason_zh[REASON_BYTES];
	char reason_en[REASON_BYTES];
	char note[NOTE_BYTES];
	struct wall expected;  /* when the responder said that they would be there; WALL_NONE = not said */
	struct wall until;     /* held: the end of the silence; else WALL_NONE */
	char second[ID_BYTES]; /* who comes too; "" = nobody */
	char into[ID_BYTES];   /* merged: the incident as which it goes on; else "" */
	uint8_t alert_count;   /* further alerts than INCIDENT_ALERTS_MAX are counted in note */
	char alerts[INCIDENT_ALERTS_MAX][ID_BYTES];
};

enum errand_kind {
	ERRAND_VISIT,   /* companionship ("chat") or a checklist */
	ERRAND_TASK,    /* what a finding asks for */
	ERRAND_SERVICE, /* one of the 38 of "six helps and one care" */
	ERRAND_KIND_COUNT
};

enum errand_state {
	ERRAND_OPEN,      /* wanted, nobody has it */
	ERRAND_OFFERED,   /* somebody was asked */
	ERRAND_AGREED,    /* who and when are fixed */
	ERRAND_UNDER_WAY, /* somebody is there, or at it */
	ERRAND_DONE,      /* by the word of who did it */
	ERRAND_CONFIRMED, /* ... and the elder says so too */
	ERRAND_REFUSED,   /* by the elder; note has the reason */
	ERRAND_MISSED,    /* its window is over */
	ERRAND_CANCELLED,
	ERRAND_STATE_COUNT
};

enum errand_event {
	ERRAND_EVENT_OPENED,
	ERRAND_EVENT_OFFERED,
	ERRAND_EVENT_DECLINED, /* who was asked says no, or nothing in time */
	ERRAND_EVENT_AGREED,
	ERRAND_EVENT_STARTED,
	ERRAND_EVENT_ANSWERED, /* a checklist was filled in */
	ERRAND_EVENT_DONE,
	ERRAND_EVENT_CONFIRMED,
	ERRAND_EVENT_REFUSED,
	ERRAND_EVENT_MISSED,
	ERRAND_EVENT_CLIMBED, /* overdue: the next level knows */
	ERRAND_EVENT_MOVED,   /* another time or person */
	ERRAND_EVENT_NOTED,
	ERRAND_EVENT_CANCELLED,
	ERRAND_EVENT_COUNT
};

/* What the visitor found for one item of a checklist. */
enum errand_verdict { ERRAND_OK, ERRAND_FINDING, ERRAND_NOT_ASKED, ERRAND_VERDICT_COUNT };

struct errand_answer {
	char item[WORD_BYTES];
	enum errand_verdict answer;
	char word[WORD_BYTES]; /* the value chosen; "" = none */
};

#define ERRAND_CLIMB_MAX 2

/* errand: a snapshot after one event of the life of one thing that somebody does for a household by a time: a visit, a
 * task, a service. revision counts the events from 1. */
struct errand {
	char id[ID_BYTES];
	uint32_t revision;
	char household[ID_BYTES], community[ID_BYTES], team[ID_BYTES];
	enum errand_kind kind;
	enum errand_state state;
	enum errand_event event;
	char actor[ID_BYTES];    /* the user of this event; "" = the system */
	char what[WORD_BYTES];   /* visit: the checklist, or "chat"; task: the finding; service: its id */
	uint32_t version;        /* of the checklist; 0 = none */
	char assignee[ID_BYTES]; /* a user; "" = nobody */
	char provider[ID_BYTES]; /* "" = none */
	char origin[ID_BYTES];   /* the errand from which it came; "" = none */
	struct wall opened;
	struct wall at;          /* of this event */
	struct wall from, until; /* the window; of a task until it is due. from <= until */
	struct wall seen;        /* when the elder was seen or spoken to; WALL_NONE = not */
	uint8_t climb;           /* overdue: nobody was told 0, the captain 1, the desk 2 */
	char reason_zh[REASON_BYTES];
	char reason_en[REASON_BYTES];
	char note[NOTE_BYTES];
	uint8_t answer_count;
	struct errand_answer answers[ERRAND_ANSWERS_MAX]; /* the producer sends each item once */
};

enum page_role {
	PAGE_PRIMARY,
	PAGE_BACKUP,
	PAGE_CAPTAIN,
	PAGE_DESK,
	PAGE_SECOND,    /* beside the responder: a second person at the door */
	PAGE_KEY,       /* beside the responder: with the key */
	PAGE_RELIEF,    /* to take over from the responder */
	PAGE_CONTACT,   /* of the family */
	PAGE_NEIGHBOUR, /* within reach and willing */
	/* No pages: notices on their way over a channel; never on the topic page. */
	PAGE_DUTY,    /* a duty_notice */
	PAGE_VISIT,   /* about an errand ... */
	PAGE_TASK,    /* ... of each ... */
	PAGE_SERVICE, /* ... of its kinds */
	PAGE_ROLE_COUNT
};

/* page: "please go". Sent to one user; the id is a function of incident, user and step. */
struct page {
	char id[ID_BYTES];
	char incident[ID_BYTES];
	char user[ID_BYTES];
	char household[ID_BYTES];
	enum page_role role;
	enum alert_kind kind;
	enum alert_level level;
	struct wall at;
	struct wall expires; /* then the next one is asked; WALL_NONE = the desk, never */
	char reason_zh[REASON_BYTES];
	char reason_en[REASON_BYTES];
	bool withdrawn;        /* another has accepted, or it is over: no need to go */
	char note[NOTE_BYTES]; /* what else to know: who asks, how it stands; "" = nothing */
};

/* oncall: who answers for a team during one shift; the same shift and directory give the same bytes. */
enum oncall_shift { ONCALL_DAY, ONCALL_NIGHT, ONCALL_SHIFT_COUNT };

struct oncall_gap {
	struct wall from, until;
};

struct oncall {
	char team[ID_BYTES], community[ID_BYTES];
	enum oncall_shift shift;
	struct wall from, until;
	uint8_t user_count; /* on duty, in the order in which they are asked; at most so many are told */
	char users[ONCALL_USERS_MAX][ID_BYTES];
	char captain[ID_BYTES], desk[ID_BYTES]; /* asked after them; "" = none */
	char number[PHONE_BYTES];               /* for the "1" key; "" = none is known */
	uint8_t gap_count;                      /* shifts ahead that nobody serves; at most so many are told */
	struct oncall_gap gaps[ONCALL_GAPS_MAX];
};

/* outage: a channel to people does not work as it should; stands for as long as that is so. */
enum outage_state { OUTAGE_THROTTLED, OUTAGE_DOWN, OUTAGE_STATE_COUNT };

struct outage {
	char channel[WORD_BYTES]; /* its name in the dispatcher's file of channels */
	char instance[ID_BYTES];  /* of the dispatcher */
	enum outage_state state;
	struct wall since;
	char cause[WORD_BYTES * 5]; /* the last failure: a status, a code; "" = none was given */
	char reason_zh[REASON_BYTES], reason_en[REASON_BYTES];
};

/* notice: what somebody is told or asked about duties, which homes they visit today and when, and what the desk is told
 * of rows that cannot be read (by id); never what a household is like. A reply to it names the matter as its incident:
 * accept or decline. */
enum notice_kind {
	NOTICE_SWAP_ASKED,  /* take, or exchange, a duty? */
	NOTICE_SWAP_VETO,   /* to the captain: say no by expires, or it is valid */
	NOTICE_SWAP_VALID,  /* it is agreed and in force */
	NOTICE_SWAP_OFF,    /* it comes to nothing; the text says why */
	NOTICE_COVER_ASKED, /* a duty is open: take it? The first yes has it */
	NOTICE_COVER_YOURS, /* it is yours now */
	NOTICE_COVER_OVER,  /* somebody has it, or it is not needed any more */
	NOTICE_COVER_OPEN,  /* to the captain, then the desk: nobody takes it */
	NOTICE_MOVED,       /* your next duty is another one than before */
	NOTICE_TOMORROW,    /* your duty begins in a day ... */
	NOTICE_SOON,        /* ... in an hour */
	NOTICE_REACHABLE,   /* your duty begins: are you reachable? */
	NOTICE_UNREACHABLE, /* to the backup and the captain: somebody on duty does not answer */
	NOTICE_HANDOVER,    /* to who begins: what is open, what happened */
	NOTICE_DAY,         /* for the team: who now, who next, gaps */
	NOTICE_WEEK,
	NOTICE_ROSTER_LOST, /* to captain and desk: the team's roster cannot be read and counts as none */
	NOTICE_VISITS,      /* to a companion: today's stops, in the order to walk */
	NOTICE_STATE_LOST,  /* to the desk: something in the dispatcher's store cannot be read; team "none" */
	NOTICE_KIND_COUNT
};

#define NOTICE_BYTES 1600

struct duty_notice {
	char id[ID_BYTES], matter[ID_BYTES];
	char user[ID_BYTES], team[ID_BYTES];
	enum notice_kind kind;
	struct wall at;
	struct wall expires; /* an answer counts until then; WALL_NONE: none is asked for, or it always counts */
	bool answer;         /* accept or decline is asked for */
	char text_zh[NOTICE_BYTES], text_en[NOTICE_BYTES]; /* one line; ids, hours and shifts, no names */
};

enum reply_action {
	REPLY_ACCEPT,
	REPLY_DECLINE,
	REPLY_ARRIVED,
	REPLY_DONE,
	REPLY_ON_THE_WAY, /* with minutes */
	REPLY_HAND_OVER,  /* to a user */
	REPLY_SECOND,     /* a second person is needed */
	REPLY_KEY,        /* somebody with the key is needed */
	REPLY_NOTE,
	REPLY_REOPEN,
	REPLY_SILENCE, /* for minutes; the desk alone */
	REPLY_RELEASE, /* the end of a silence; the desk alone */
	REPLY_MERGE,   /* to an incident; the desk alone */
	REPLY_ACTION_COUNT
};

#define REPLY_MINUTES_MAX 1440

struct reply {
	char page[ID_BYTES];     /* may be "": then incident and user say which */
	char incident[ID_BYTES]; /* or the matter of a notice */
	char user[ID_BYTES];     /* filled in from the topic, which the access list makes true */
	enum reply_action action;
	enum outcome outcome; /* with REPLY_DONE */
	enum found found;     /* outcome_takes */
	struct wall at;
	char note[NOTE_BYTES];
	uint32_t minutes;  /* until they are there, or of the silence; 0 = not said */
	char to[ID_BYTES]; /* with hand_over a user, with merge an incident; else "" */
};

enum entry_kind {
	ENTRY_DEVICE,
	ENTRY_HOUSEHOLD,
	ENTRY_CONSENT,
	ENTRY_TEAM,
	ENTRY_VOLUNTEER,
	ENTRY_POLICY,
	ENTRY_APPOINTMENT,
	ENTRY_CIRCLE,
	ENTRY_CARE,
	ENTRY_COMPANION,
	ENTRY_SERVICE,
	ENTRY_KIND_COUNT
};

/* What a home has agreed to let us see. */
enum appointment_sign {
	APPOINTMENT_CURTAIN, /* the curtain opened */
	APPOINTMENT_CALL,    /* a telephone call answered or made */
	APPOINTMENT_BUTTON,  /* the "all is well" button or tap */
	APPOINTMENT_DOOR,    /* the door */
	APPOINTMENT_ANY,     /* any sign of life */
	APPOINTMENT_VISIT,   /* somebody who looks in */
	APPOINTMENT_SIGN_COUNT
};

/* By the calendar: public holidays are no workdays, weekends that are worked are. */
enum appointment_days { APPOINTMENT_EVERY_DAY, APPOINTMENT_WORKDAYS, APPOINTMENT_DAYS_OFF, APPOINTMENT_DAYS_COUNT };

#define APPOINTMENT_OPENS (4 * 60) /* where nothing else is said: a morning */
#define APPOINTMENT_GRACE 30       /* the same */
#define APPOINTMENT_GRACE_MAX (12 * 60)

/* appointment: a sign that is agreed for the days that days and weekdays both have, between opens_min and by_min of the
 * local clock. Dates are local and both ends belong to it; DAY_NONE = open. */
struct appointment {
	enum appointment_sign sign;
	enum appointment_days days;
	uint8_t weekdays;                  /* bit 0 = Monday */
	bool pause_holidays;               /* not asked for on public holidays */
	uint16_t opens_min, by_min;        /* minutes since midnight; opens_min < by_min */
	uint16_t grace_min;                /* after by_min, until its missing may become an alarm */
	int32_t from, until;               /* in force */
	int32_t paused_from, paused_until; /* both or none */
};

#define CIRCLE_MAX 8 /* of each part */

/* circle: who stands around a household, each part in the order in which they are asked. Parts may be empty. */
enum circle_part { CIRCLE_CONTACTS, CIRCLE_KEYS, CIRCLE_NEIGHBOURS, CIRCLE_PARTS };

struct circle {
	uint8_t count[CIRCLE_PARTS];
	char users[CIRCLE_PARTS][CIRCLE_MAX][ID_BYTES];
};

/* sex: of a companion, or wanted of one. */
enum sex { SEX_NOT_SAID, SEX_WOMAN, SEX_MAN, SEX_COUNT };

enum day_part { PART_MORNING, PART_AFTERNOON, PART_EVENING, DAY_PART_COUNT };
#define DAY_PARTS_ALL ((1u << DAY_PART_COUNT) - 1)

/* position: WGS 84, degrees; both NAN = unknown. */
struct position {
	double latitude, longitude;
};

#define LANGUAGES_MAX 4
#define INTERESTS_MAX 8
#define CARE_TAGS_MAX 16
#define UNWANTED_MAX 4
#define PROVIDERS_MAX 8
#define SERVICE_NAME_BYTES 200
#define VISITS_EVERY_DAYS_MAX 366
#define VISITS_A_WEEK_MAX 21
#define SERVICE_LEAD_DAYS_MAX 60

/* care: what whoever visits a household goes by. */
struct care {
	uint8_t language_count, interest_count, tag_count, unwanted_count;
	char languages[LANGUAGES_MAX][WORD_BYTES]; /* that are spoken there */
	char interests[INTERESTS_MAX][WORD_BYTES];
	char tags[CARE_TAGS_MAX][WORD_BYTES]; /* valid today */
	char wanted[ID_BYTES];                /* the user who should come; "" = nobody in particular */
	char unwanted[UNWANTED_MAX][ID_BYTES];
	enum sex sex; /* wanted; not said = any */
	struct position position;
	uint16_t visits_every_days; /* 0 = by tags */
};

/* companion: what a volunteer offers to visits. */
struct companion {
	uint8_t language_count, interest_count;
	char languages[LANGUAGES_MAX][WORD_BYTES];
	char interests[INTERESTS_MAX][WORD_BYTES];
	enum sex sex;
	struct position position;
	uint8_t visits_a_week; /* how many are offered at most; 0 = none */
	uint8_t parts;         /* bit mask of enum day_part, never 0 */
	bool verified;         /* identity and training were seen */
};

/* offering: a service, one of the "six helps and one care". */
struct offering {
	char help[WORD_BYTES]; /* meals, bathing, medical, cleaning, mobility, urgent, nursing */
	char name_zh[SERVICE_NAME_BYTES], name_en[SERVICE_NAME_BYTES]; /* "" = none is known */
	uint8_t provider_count;
	char providers[PROVIDERS_MAX][ID_BYTES];
	uint8_t lead_days; /* from the asking to the first day on which it can be; 0 = the same day */
	bool teams;        /* the teams do it themselves */
};

/* entry: one row of the directory, the latest of its key; deleted = tombstone (body not set). */
struct entry {
	enum entry_kind kind;
	char key[DEVICE_BYTES]; /* device, household, household (consent), team, user, policy, appointment, household
				   (circle, care), user (companion), service */
	uint64_t seq;           /* commit order at records, from 1 */
	bool deleted;
	union {
		struct {
			char household[ID_BYTES];
			char place[WORD_BYTES]; /* "kitchen", "front_door" */
		} device;
		struct {
			char community[ID_BYTES], team[ID_BYTES], policy[ID_BYTES];
			uint8_t persons;
			bool canary; /* a household that exists to be missed; its incidents go to the desk only */
			/* Its people said that they are away: away_from may be WALL_NONE (since ever), away_until too
			 * (they did not say). Both WALL_NONE or zero: nothing was said. */
			struct wall away_from, away_until;
		} household;
		struct {
			uint64_t quantities;     /* bit mask of enum quantity that may be processed */
			struct wall from, until; /* WALL_NONE = open */
		} consent;
		struct {
			char community[ID_BYTES], captain[ID_BYTES], desk[ID_BYTES];
			char number[PHONE_BYTES]; /* fall-back for the "1" key */
		} team;
		struct {
			char team[ID_BYTES];
			char phone[PHONE_BYTES];
			bool day, night, desk; /* what this person does */
			uint8_t weekdays;      /* bit 0 = Monday */
			uint8_t order;         /* lower is asked earlier */
		} volunteer;
		struct {
			uint32_t accept_life_s, accept_alarm_s,
				accept_attention_s; /* time to answer before the next is asked */
			uint32_t arrive_s;          /* from accept to arrival before the desk is told */
			bool attention_pages;       /* false: attentions wait on the desk's tile */
		} policy;
		struct {
			char household[ID_BYTES];
			struct appointment terms;
		} appointment;
		struct circle circle;
		struct care care;
		struct companion companion;
		struct offering service;
	} body;
};

enum status_state { STATUS_STARTING, STATUS_READY, STATUS_DEGRADED, STATUS_STOPPING, STATUS_DOWN, STATUS_STATE_COUNT };

struct status_counter {
	char name[WORD_BYTES];
	int64_t value;
};

struct status {
	char service[WORD_BYTES];
	char instance[ID_BYTES];
	char version[WORD_BYTES];
	enum status_state state;
	struct wall at;
	struct wall started;
	struct wall clock; /* the time this service has worked up to (replay clock, or its judging time) */
	int64_t lag_ms;    /* oldest thing not yet passed on */
	int64_t outbox;    /* batches not yet acknowledged by all */
	uint8_t counter_count;
	struct status_counter counters[COUNTERS_MAX];
	bool counters_left_out; /* not sent: the sender says so itself */
};

/* status_count adds a counter. Beyond COUNTERS_MAX it is left out, which counters_left_out says: the service then is
 * degraded and its log names the limit. */
void status_count(struct status *status, const char *name, int64_t value);

/* reply_misfit says what a reply of this action lacks or has too much, minutes, to and note, as a constant text; NULL =
 * nothing. */
const char *reply_misfit(const struct reply *reply);

/* shard_of gives the shard of a household: CRC-32 of its id modulo shards (1..256). */
unsigned shard_of(const char *household, unsigned shards);

/* outcome_takes says whether an outcome goes with what was found: a false alarm with was_away, slept_in, sensor_fault,
 * visitor, other; help and ambulance with fallen, ill, died, other; away with was_away; each with none. */
bool outcome_takes(enum outcome outcome, enum found found);

/* Names as on the wire; *_find gives ERR_NOT_FOUND for unknown words. */
const char *alert_kind_name(enum alert_kind v);
const char *alert_level_name(enum alert_level v);
const char *alert_state_name(enum alert_state v);
const char *incident_state_name(enum incident_state v);
const char *incident_event_name(enum incident_event v);
const char *outcome_name(enum outcome v);
const char *found_name(enum found v);
const char *errand_kind_name(enum errand_kind v);
const char *errand_state_name(enum errand_state v);
const char *errand_event_name(enum errand_event v);
const char *errand_verdict_name(enum errand_verdict v);
const char *page_role_name(enum page_role v);
const char *oncall_shift_name(enum oncall_shift v);
const char *outage_state_name(enum outage_state v);
const char *notice_kind_name(enum notice_kind v);
const char *circle_part_name(enum circle_part v);
const char *reply_action_name(enum reply_action v);
const char *entry_kind_name(enum entry_kind v);
const char *sex_name(enum sex v);
const char *day_part_name(enum day_part v);
const char *appointment_sign_name(enum appointment_sign v);
const char *appointment_days_name(enum appointment_days v);
const char *status_state_name(enum status_state v);
enum err alert_kind_find(const char *name, enum alert_kind *out) ERR_MUST_CHECK;
enum err alert_level_find(const char *name, enum alert_level *out) ERR_MUST_CHECK;
enum err alert_state_find(const char *name, enum alert_state *out) ERR_MUST_CHECK;
enum err incident_state_find(const char *name, enum incident_state *out) ERR_MUST_CHECK;
enum err incident_event_find(const char *name, enum incident_event *out) ERR_MUST_CHECK;
enum err outcome_find(const char *name, enum outcome *out) ERR_MUST_CHECK;
enum err found_find(const char *name, enum found *out) ERR_MUST_CHECK;
enum err errand_kind_find(const char *name, enum errand_kind *out) ERR_MUST_CHECK;
enum err errand_state_find(const char *name, enum errand_state *out) ERR_MUST_CHECK;
enum err errand_event_find(const char *name, enum errand_event *out) ERR_MUST_CHECK;
enum err errand_verdict_find(const char *name, enum errand_verdict *out) ERR_MUST_CHECK;
enum err page_role_find(const char *name, enum page_role *out) ERR_MUST_CHECK;
enum err oncall_shift_find(const char *name, enum oncall_shift *out) ERR_MUST_CHECK;
enum err outage_state_find(const char *name, enum outage_state *out) ERR_MUST_CHECK;
enum err notice_kind_find(const char *name, enum notice_kind *out) ERR_MUST_CHECK;
enum err circle_part_find(const char *name, enum circle_part *out) ERR_MUST_CHECK;
enum err reply_action_find(const char *name, enum reply_action *out) ERR_MUST_CHECK;
enum err entry_kind_find(const char *name, enum entry_kind *out) ERR_MUST_CHECK;
enum err sex_find(const char *name, enum sex *out) ERR_MUST_CHECK;
enum err day_part_find(const char *name, enum day_part *out) ERR_MUST_CHECK;
enum err appointment_sign_find(const char *name, enum appointment_sign *out) ERR_MUST_CHECK;
enum err appointment_days_find(const char *name, enum appointment_days *out) ERR_MUST_CHECK;
enum err status_state_find(const char *name, enum status_state *out) ERR_MUST_CHECK;

_Static_assert(QUANTITY_COUNT <= 64, "quantity sets are 64-bit masks");

#endif
