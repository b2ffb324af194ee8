/* SPDX-License-Identifier: MIT
 *
 * hook: which delivery goes to which subscriber when (docs/webhooks.md). Pure: deliveries, results and time in; calls
 * and ends out. What is delivered, and to whom, stands in the store (hook_store.h).
 *
 * A delivery is one event for one subscriber. Deliveries with the same key (a household, a channel) go to a subscriber
 * one after the other, in the order in which they were added: a later one waits until the earlier one is sent or dead.
 * Each subscriber has its own few calls at a time and its own queue, so one that is slow or dead delays nobody else.
 *
 *            3 failures in a row               410
 *     UP ----------------------------> DOWN -------> OFF (until somebody switches it on)
 *      ^ \        429                    |             ^
 *      |  `-----------------> RESTING    |             |
 *      `--------- success ------'--------'    410 -----'
 *
 * DOWN and RESTING: one call at a time, after a rest; a success lets everything that waits go at once. Times are wall
 * times, because they outlive a restart; a clock that is set back takes them along.
 */
#ifndef CURTAIN_GATEWAY_HOOK_H
#define CURTAIN_GATEWAY_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

#define HOOK_SUBSCRIBERS_MAX 32
#define HOOK_RETRY_MAX 16
#define HOOK_DOWN_AFTER 3
#define HOOK_REST_MS_MAX (10 * MS_PER_MINUTE) /* of one that is down */
#define HOOK_WAIT_MS_MAX MS_PER_DAY           /* that a receiver may ask for */

struct hook_rule {
	unsigned retry_count;
	int64_t retry_ms[HOOK_RETRY_MAX]; /* the wait before the second attempt, the third ... */
	int64_t expire_ms;                /* a delivery older than this is dead when it would be tried */
	unsigned running_max;             /* calls at a time */
	uint32_t waiting_max;             /* deliveries */
};

enum hook_state { HOOK_UP, HOOK_RESTING, HOOK_DOWN, HOOK_OFF, HOOK_STATE_COUNT };

enum hook_result {
	HOOK_TAKEN,
	HOOK_FAILED,   /* may work later */
	HOOK_TOO_MUCH, /* it asks to be left alone for a while; no attempt */
	HOOK_REFUSED,  /* this one would fail again */
	HOOK_GONE      /* it wants nothing any more */
};

struct hook_health {
	enum hook_state state;
	struct wall since, rest_until; /* WALL_NONE: no rest */
	uint32_t failures;             /* in a row */
};

/* hook_item: a delivery. number is the store's. */
struct hook_item {
	unsigned subscriber;
	uint64_t number, key; /* key 0: stands in no order */
	uint32_t attempts;    /* that failed */
	struct wall queued, due;
};

enum hook_effect_kind {
	HOOK_CALL,  /* to be made; its result comes by hook_result */
	HOOK_SENT,  /* over */
	HOOK_AGAIN, /* attempts and due have changed */
	HOOK_DEAD,  /* over; expired tells its cause apart */
	HOOK_TURNED /* hook_health of the subscriber has changed */
};

struct hook_effect {
	enum hook_effect_kind kind;
	uint32_t call;
	struct hook_item item; /* but for TURNED, which has subscriber alone */
	bool expired;
};

#define HOOK_EFFECTS_MAX 64

struct hook_effects {
	unsigned count;
	struct hook_effect items[HOOK_EFFECTS_MAX];
};

struct hook_core;

/* hook_core_create: rules (count of them, copied), one a subscriber. NULL: out of memory. */
struct hook_core *hook_core_create(const struct hook_rule *rules, unsigned count);
void hook_core_destroy(struct hook_core *core);

/* hook_add takes a delivery; at the start those of the store, in the order of their numbers. ERR_FULL: as many as its
 * rule allows wait for the subscriber already. */
enum err hook_add(struct hook_core *core, const struct hook_item *item) ERR_MUST_CHECK;
/* hook_result takes what became of a call; wait_ms is what the receiver asked for, 0 = nothing. */
void hook_result(struct hook_core *core, uint32_t call, enum hook_result result, int64_t wait_ms, struct wall now,
	struct hook_effects *out);
unsigned hook_call_subscriber(const struct hook_core *core, uint32_t call);
/* hook_tick gives what is due at now. A full list: again with the same now. hook_due is when it is next needed;
 * WALL_NEVER. */
void hook_tick(struct hook_core *core, struct wall now, struct hook_effects *out);
struct wall hook_due(const struct hook_core *core);

/* hook_switch_on ends OFF, DOWN and RESTING: everything that waits goes at once. hook_switch_off stops a subscriber. */
void hook_switch_on(struct hook_core *core, unsigned subscriber, struct wall now);
void hook_switch_off(struct hook_core *core, unsigned subscriber, struct wall now);
/* hook_restore puts a subscriber's health back at the start. */
void hook_restore(struct hook_core *core, unsigned subscriber, const struct hook_health *health);
const struct hook_health *hook_health(const struct hook_core *core, unsigned subscriber);
uint32_t hook_waiting(const struct hook_core *core, unsigned subscriber);
const char *hook_state_name(enum hook_state state);

#endif
