/* SPDX-License-Identifier: MIT
 *
 * channel: what leaves over which channel when (docs/channels.md). Pure: pages with a route, results of calls and time
 * in; calls to make, ends and changes of health out. The shell makes the calls (channels.h).
 *
 * A delivery is one page on its way along a route of channels. It tries a channel at 0, 5, 15, 30 s (or as its rule
 * says), then goes on to the next; a channel that is throttled, quiet or down for longer than the page's patience (a
 * life: 5 s, else 60 s) is put behind the others. Each channel has its own few calls at a time, some of them and a
 * fifth of its rate kept for a life: one that hangs or is flooded delays nothing but itself. What waits for the same
 * person, or for a group whose rate is used up, leaves as one message. Times are wall times, because they outlive a
 * restart; a clock that is set back takes them along.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_H
#define CURTAIN_DISPATCHER_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "message/message.h"

#define CHANNEL_COUNT_MAX 64
#define CHANNEL_ROUTE_MAX 6
#define CHANNEL_RETRY_MAX 8
#define CHANNEL_QUIET_MAX 4
#define CHANNEL_MERGE_MAX 10
#define CHANNEL_RATE_MAX 200
#define CHANNEL_CAUSE_BYTES 160
#define CHANNEL_RECEIPT_BYTES 96

enum channel_audience {
	CHANNEL_PERSON, /* one volunteer, at an address of theirs */
	CHANNEL_GROUP,  /* many people and a vendor read it: ids and urgency only */
	CHANNEL_SYSTEM  /* a program: ids and urgency only */
};

struct channel_quiet {
	int32_t from_min, until_min; /* minutes after local midnight; until may be earlier: over midnight */
};

/* channel_rule: what a channel may do. */
struct channel_rule {
	char name[WORD_BYTES];
	enum channel_audience audience;
	uint32_t rate_count; /* calls a window, at most CHANNEL_RATE_MAX; 0 = as many as there are */
	int64_t rate_window_ms;
	int64_t rest_ms;  /* left alone for so long after it said that it is too much */
	bool merge;       /* several pages in one message */
	bool withdrawals; /* "no need to go" is told, too */
	unsigned retry_count;
	int64_t retry_ms[CHANNEL_RETRY_MAX]; /* of each attempt, after the first; ascending from 0 */
	unsigned quiet_count;
	struct channel_quiet quiet[CHANNEL_QUIET_MAX];
	bool quiet_for_life;  /* not even for a life: the provider forbids it */
	unsigned running_max; /* calls at a time, at least 2 */
	int64_t expire_ms;    /* a page that has not left after so long is given up */
};

struct channel_config {
	const struct zone *zone; /* borrowed; of the quiet windows */
	unsigned count;
	const struct channel_rule *rules; /* borrowed until the next configure */
	uint32_t waiting_max;
	uint64_t first_number; /* deliveries are numbered from here */
};

#define CHANNEL_WAY_PERSON 255

/* channel_route: the channels to try, as indices of rules, in order. way tells a page's routes apart: the one to the
 * volunteer in person, or the group's or system's own channel. */
struct channel_route {
	uint8_t way;
	struct wall from; /* not before; a time that is past, or 0: at once */
	unsigned count;
	uint8_t hops[CHANNEL_ROUTE_MAX];
};

enum channel_state {
	CHANNEL_UP,
	CHANNEL_THROTTLED, /* it said that it is too much */
	CHANNEL_DOWN,      /* three calls in a row failed */
	CHANNEL_STATE_COUNT
};
enum channel_end { CHANNEL_SENT, CHANNEL_GIVEN_UP, CHANNEL_CANCELLED, CHANNEL_END_COUNT };
enum channel_result {
	CHANNEL_OK,
	CHANNEL_FAILED,   /* may work later */
	CHANNEL_TOO_MUCH, /* the channel is to be left alone */
	CHANNEL_REFUSED   /* would fail again */
};

enum channel_effect_kind {
	CHANNEL_CALL,  /* to be made; its result comes by channel_result */
	CHANNEL_ENDED, /* a delivery is over and forgotten */
	CHANNEL_HEALTH /* channel_health of it has changed */
};

struct channel_effect {
	enum channel_effect_kind kind;
	uint8_t channel;
	uint32_t call;                          /* CALL */
	unsigned count;                         /* CALL: pages in it, the most urgent first */
	uint64_t deliveries[CHANNEL_MERGE_MAX]; /* CALL; ENDED: the first */
	enum channel_end end;
	bool unreached; /* ENDED: given up on the last of a person's channels: they do not know of the page ... */
	char incident[ID_BYTES], user[ID_BYTES]; /* ... of this incident */
	char receipt[CHANNEL_RECEIPT_BYTES]; /* ENDED, sent: the channel's name for it, if it gave one; else the cause
					      */
};

#define CHANNEL_EFFECTS_MAX 32

/* A full list: call channel_tick with the same now for the rest, until it is not full. */
struct channel_effects {
	unsigned count;
	struct channel_effect items[CHANNEL_EFFECTS_MAX];
};

struct channel_health {
	enum channel_state state;
	struct wall since, blocked_until; /* WALL_NONE: not throttled */
	char cause[CHANNEL_CAUSE_BYTES];  /* of the last failure; "" = none */
	uint32_t failures;                /* in a row */
	int64_t calls, sent, failed, throttled, given_up, merged,
		moved; /* moved: deliveries that went on to the next */
	uint32_t running;
	unsigned recent_count;               /* calls inside the rate's window ... */
	int64_t recent_ms[CHANNEL_RATE_MAX]; /* ... when, ascending */
};

struct channel_core;

enum err channel_core_create(
	const struct channel_config *config, struct channel_core **out_core, struct errinfo *info) ERR_MUST_CHECK;
void channel_core_destroy(struct channel_core *core);

/* channel_after_quiet gives the first moment from at on that lies in none of the windows. */
struct wall channel_after_quiet(
	const struct zone *zone, const struct channel_quiet *quiet, unsigned count, struct wall at);

/* channel_page takes a page and its route (not empty). A withdrawal ends what has not left yet; where nothing had left,
 * or no channel of the route tells such, nothing is sent. *out_number is 0 where there is nothing to keep. ERR_FULL:
 * too many wait (the least urgent is displaced by what is more urgent). */
enum err channel_page(struct channel_core *core, const struct page *page, const struct channel_route *route,
	struct wall now, uint64_t *out_number, struct channel_effects *out) ERR_MUST_CHECK;
/* channel_result takes what became of a call; receipt is the channel's name for it or the cause of the failure. */
void channel_result(struct channel_core *core, uint32_t call, enum channel_result result, const char *receipt,
	struct wall now, struct channel_effects *out);
/* channel_tick makes what is due at now; channel_due is when it is next needed, WALL_NEVER if nothing waits. */
void channel_tick(struct channel_core *core, struct wall now, struct channel_effects *out);
struct wall channel_due(const struct channel_core *core);

/* channel_find gives the page of a delivery that is not over; NULL if there is none. */
const struct page *channel_find(const struct channel_core *core, uint64_t number);
const struct channel_health *channel_health(const struct channel_core *core, unsigned channel);
uint32_t channel_waiting(const struct channel_core *core);
/* channel_waiting_at counts those whose present channel it is; channel_call_channel gives the channel of a call. */
uint32_t channel_waiting_at(const struct channel_core *core, unsigned channel);
unsigned channel_call_channel(const struct channel_core *core, uint32_t call);

/* State for the store. A new delivery is as channel_progress gives it; channel_dirty gives each whose progress changed
 * since the last call, channel_dirty_health each channel; false after the last. channel_restore takes one back: what
 * was being called is called again, at once. */
struct channel_progress {
	uint64_t number;
	struct channel_route route; /* what is left of it; the first is the present one */
	unsigned skips, attempts;
	bool withdrawn;
	struct wall raised, first, due;
};
bool channel_progress(const struct channel_core *core, uint64_t number, struct channel_progress *out);
bool channel_is_dirty(const struct channel_core *core); /* there is something that must be stored now */
bool channel_dirty(struct channel_core *core, struct channel_progress *out);
bool channel_dirty_health(struct channel_core *core, unsigned *out_channel);
enum err channel_restore(
	struct channel_core *core, const struct page *page, const struct channel_progress *progress) ERR_MUST_CHECK;
void channel_restore_health(struct channel_core *core, unsigned channel, const struct channel_health *health);

const char *channel_state_name(enum channel_state state);
const char *channel_end_name(enum channel_end end);

#endif
