/* SPDX-License-Identifier: MIT
 *
 * anomaly: what the rules other than silence have to know of one home: flows in slices of about an hour, how long a
 * state has lasted, temperatures by the hour, and for each of them the home's own last 84 days, one number a day. Pure;
 * the caller gives times in ms and local hours (day x 24 + hour). Owns its lists; bounded: ANOMALY_TRACKS_MAX channels.
 *
 * Past. A day's number is the day's highest (of LOW the lowest). What is usual is their P95 (P90 of nights, of runs and
 * of the base load the highest, of LOW the third lowest), known after ANOMALY_LEARNT days; the day that runs does not
 * count, of nights and of signs the last week and fortnight do not either, since they are what is compared.
 *
 * Blind. A step over METER_STEP_MS, a counter that went back, a gap between two steps breaks a flow: windows and runs
 * begin anew after it, nothing is concluded across it.
 */
#ifndef CURTAIN_DETECTOR_ANOMALY_H
#define CURTAIN_DETECTOR_ANOMALY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "detector/rules.h"

#define ANOMALY_TRACKS_MAX 16
#define ANOMALY_DAYS 84
#define ANOMALY_LEARNT 14
#define ANOMALY_SLICES 24
#define ANOMALY_PAST_BYTES_MAX 16384 /* of what anomaly_put_past writes */
#define ANOMALY_NEVER INT64_MIN
#define ANOMALY_UNKNOWN UINT16_MAX /* a day of which nothing is known */

enum anomaly_past {
	ANOMALY_TAP2, /* l/h: the lowest of so many slices together, at its highest */
	ANOMALY_TAP3,
	ANOMALY_TAP4,
	ANOMALY_DRIP,  /* h of water without a stop */
	ANOMALY_NIGHT, /* l from 0 to 5 o'clock above what always runs */
	ANOMALY_RUN,   /* min of gas without a pause */
	ANOMALY_BASE,  /* W never gone below for 24 slices */
	ANOMALY_LOW,   /* W, the lowest of three slices together */
	ANOMALY_OPEN,  /* min that a door stood open */
	ANOMALY_STAY,  /* min in the bathroom */
	ANOMALY_HOURS, /* h of a day with a sign of life */
	ANOMALY_UPS,   /* h of a night with one */
	ANOMALY_PAST_COUNT
};

struct anomaly_ring {
	enum anomaly_past past;
	int64_t newest; /* local day of days[newest % ANOMALY_DAYS] */
	uint16_t days[ANOMALY_DAYS];
	uint8_t known; /* days that usual is from */
	float usual;
};

struct anomaly_rings {
	struct anomaly_ring *items;
	uint8_t count;
};

enum anomaly_place { ANOMALY_ROOM, ANOMALY_BATHROOM, ANOMALY_OUTSIDE, ANOMALY_WINDOW, ANOMALY_CURTAIN };

struct anomaly_flow {
	int64_t start_ms; /* of the slice that is added up; ANOMALY_NEVER = none */
	double sum;
	uint8_t count, next;
	float rates[ANOMALY_SLICES]; /* an hour */
	int64_t run_ms;              /* it has not stood still since; ANOMALY_NEVER = it stands, or not known */
	int64_t night;               /* local day whose night is added up */
	float night_sum, night_least, night_hours;
};

struct anomaly_warmth {
	int64_t hour; /* (UTC) of the newest */
	uint8_t count;
	float high[ANOMALY_SLICES], low[ANOMALY_SLICES]; /* by hour modulo ANOMALY_SLICES */
};

struct anomaly_track {
	uint64_t name; /* hash of device, channel, quantity */
	uint8_t quantity, device;
	enum anomaly_place place;
	bool known; /* value holds */
	double value;
	int64_t since_ms; /* it holds since then */
	int64_t at_ms;    /* known up to here; ANOMALY_NEVER = not at all */
	struct anomaly_flow *flow;
	struct anomaly_warmth *warmth;
	struct anomaly_rings rings;
};

struct anomaly {
	struct anomaly_track *tracks;
	uint8_t count;
	struct anomaly_rings rings;    /* of the home as a whole */
	int64_t door_ms, inside_ms;    /* last door, last sign of life inside */
	int64_t bath_ms, bath_last_ms; /* in the bathroom since, last motion there; ANOMALY_NEVER = elsewhere */
	int64_t today;                 /* local day that is added up */
	uint32_t hours;                /* a bit an hour with a sign of life */
};

/* anomaly_uses says what the rules in force have to know: a bit a kind, and of open taps a bit a number of hours. */
struct anomaly_uses {
	uint32_t kinds;
	uint8_t tap_hours;
	double gas_flow; /* l/h that counts as flowing */
	uint64_t quantities;
};
struct anomaly_uses anomaly_uses(const struct detector_rule *rules, unsigned count);

/* anomaly_place_of reads the place of the directory, Chinese or English. */
enum anomaly_place anomaly_place_of(const char *place);

void anomaly_init(struct anomaly *anomaly);
void anomaly_fini(struct anomaly *anomaly);
/* anomaly_track_of finds or begins a channel. ERR_FULL, ERR_NOMEM. */
enum err anomaly_track_of(struct anomaly *anomaly, uint64_t name, uint8_t quantity, uint8_t device,
	struct anomaly_track **out_track) ERR_MUST_CHECK;
/* anomaly_forget drops the channels of a device (UINT8_MAX = of all) whose quantity is in the set. */
void anomaly_forget(struct anomaly *anomaly, uint8_t device, uint64_t quantities);

/* anomaly_step takes an amount (l, Wh) used from since to at; not finite or negative = not known. local_hour is that of
 * at. *out_learnt: a day's number has changed for good. ERR_NOMEM. */
enum err anomaly_step(struct anomaly_track *track, const struct anomaly_uses *uses, int64_t since_ms, int64_t at_ms,
	double amount, int64_t local_hour, bool *out_learnt) ERR_MUST_CHECK;
/* anomaly_state takes a state (door, bed, presence); fresh_ms: heard no later than so long before, it held meanwhile.
 */
enum err anomaly_state(struct anomaly_track *track, double value, int64_t at_ms, int64_t fresh_ms, int64_t local_hour,
	bool *out_learnt) ERR_MUST_CHECK;
/* anomaly_warmth takes a temperature. ERR_NOMEM. */
enum err anomaly_warmth(struct anomaly_track *track, double celsius, int64_t at_ms) ERR_MUST_CHECK;
/* anomaly_door: a door was used. anomaly_inside: a sign of life inside, certainly after since. */
void anomaly_door(struct anomaly *anomaly, int64_t at_ms);
void anomaly_inside(struct anomaly *anomaly, int64_t since_ms);
/* anomaly_motion: something moved in the bathroom, or elsewhere. ERR_NOMEM. */
enum err anomaly_motion(
	struct anomaly *anomaly, bool bathroom, int64_t at_ms, int64_t local_hour, bool *out_learnt) ERR_MUST_CHECK;
/* anomaly_sign: a sign of life at a local hour. anomaly_spoil: of the day that runs nothing is learnt. ERR_NOMEM. */
enum err anomaly_sign(struct anomaly *anomaly, int64_t local_hour, bool *out_learnt) ERR_MUST_CHECK;
void anomaly_spoil(struct anomaly *anomaly);

/* A verdict of a rule, over one channel or over the home. */
enum anomaly_finding { ANOMALY_SILENT /* nothing is known */, ANOMALY_RESTS /* all is well */, ANOMALY_FOUND };
struct anomaly_now {
	int64_t ms, local_hour, hour_start_ms; /* local_hour began then */
};
struct anomaly_verdict {
	enum anomaly_finding finding;
	int64_t onset_ms, over_ms;
	int64_t next_ms; /* to be asked again; INT64_MAX = after the next reading */
	double amount[2], limit[2];
};
/* anomaly_concerns: the rule looks at this channel, by its quantity and place. */
bool anomaly_concerns(const struct anomaly_track *track, const struct detector_rule *rule);
/* anomaly_judge_track and anomaly_judge_home give what a rule finds as of now. */
struct anomaly_verdict anomaly_judge_track(
	const struct anomaly_track *track, const struct detector_rule *rule, struct anomaly_now now);
struct anomaly_verdict anomaly_judge_home(
	const struct anomaly *anomaly, const struct detector_rule *rule, struct anomaly_now now);
/* anomaly_usual gives what is usual of one past; NAN = not known yet. */
double anomaly_usual(const struct anomaly_rings *rings, enum anomaly_past past);

/* anomaly_put_past and anomaly_put_now write the pasts (seldom changed) and the rest. anomaly_get_past and
 * anomaly_get_now take them back, the past first, into an initialised one: blob->bad if they are bent, ERR_NOMEM. */
void anomaly_put_past(struct blob *blob, const struct anomaly *anomaly);
void anomaly_put_now(struct blob *blob, const struct anomaly *anomaly);
enum err anomaly_get_past(struct blob *blob, struct anomaly *anomaly) ERR_MUST_CHECK;
enum err anomaly_get_now(struct blob *blob, struct anomaly *anomaly) ERR_MUST_CHECK;
/* anomaly_learn puts a day's number into its ring; a day before the newest is too late. *out_learnt: it changed. */
enum err anomaly_learn(struct anomaly_rings *rings, enum anomaly_past past, int64_t day, double value,
	bool *out_learnt) ERR_MUST_CHECK;
struct anomaly_ring *anomaly_ring_of(const struct anomaly_rings *rings, enum anomaly_past past);
/* anomaly_ring_add begins a ring. anomaly_settle_ring computes what is usual; for restored ones. */
enum err anomaly_ring_add(
	struct anomaly_rings *rings, enum anomaly_past past, struct anomaly_ring **out_ring) ERR_MUST_CHECK;
void anomaly_settle_ring(struct anomaly_ring *ring);

#endif
