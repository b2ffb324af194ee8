/* SPDX-License-Identifier: MIT
 *
 * channel_internal: what channel.c (deliveries), channel_tick.c (what leaves now) and channel_result.c share.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_INTERNAL_H
#define CURTAIN_DISPATCHER_CHANNEL_INTERNAL_H

#include "dispatcher/channel/channel.h"

#define CHANNEL_CALLS_MAX 256
#define CHANNEL_DOWN_AFTER 3
#define CHANNEL_PROBE_MS (30 * MS_PER_SECOND)

struct delivery {
	struct channel_progress progress;
	struct page page;
	bool calling, dirty;
};

struct call {
	uint8_t channel;
	unsigned count; /* 0 = free */
	bool life;
	uint64_t deliveries[CHANNEL_MERGE_MAX];
};

struct channel {
	struct channel_health health;
	struct wall probe;      /* down: when the next one tries it again */
	uint32_t running_other; /* of running, those that are about no life */
	bool dirty, stale;      /* must be stored; is to be stored with the next that must */
};

struct channel_core {
	struct channel_config config;
	struct channel channels[CHANNEL_COUNT_MAX];
	struct delivery **deliveries; /* in order of their numbers */
	uint32_t count, capacity;
	struct call calls[CHANNEL_CALLS_MAX];
	uint64_t next_number;
	struct wall last, due; /* the last now; when tick has something to do */
};

/* channel_see notes now and takes all times along when the clock was set back. */
void channel_see(struct channel_core *core, struct wall now);
struct channel_effect *channel_push(struct channel_effects *out, enum channel_effect_kind kind, uint8_t channel);
/* channel_room: there is room for so many effects more. */
bool channel_room(const struct channel_effects *out, unsigned wanted);
/* channel_over ends a delivery and frees it; there must be room. */
void channel_over(struct channel_core *core, struct delivery *delivery, enum channel_end end, const char *receipt,
	struct channel_effects *out);
struct delivery *channel_delivery(const struct channel_core *core, uint64_t number);
/* channel_move goes on to the next channel of the route; false: there is none. */
bool channel_move(struct channel_core *core, struct delivery *delivery, struct wall now);
/* channel_turn changes a channel's state, and tells it. */
void channel_turn(struct channel_core *core, unsigned channel, enum channel_state state, struct wall now,
	struct channel_effects *out);

static inline bool delivery_is_life(const struct delivery *delivery)
{
	return delivery->page.level == ALERT_LIFE;
}

static inline uint8_t delivery_channel(const struct delivery *delivery)
{
	return delivery->progress.route.hops[0];
}

#endif
