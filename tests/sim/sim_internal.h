/* SPDX-License-Identifier: MIT
 *
 * sim_internal: between the simulator's files. ways.c moves batches, parts.c is what the services do, sim.c the world.
 */
#ifndef CURTAIN_TESTS_SIM_INTERNAL_H
#define CURTAIN_TESTS_SIM_INTERNAL_H

#include "codec/codec.h"
#include "sim.h"

struct sim_way_info {
	const char *lane;
	enum sim_part producer;
	unsigned consumer_count;
	enum sim_part consumers[SIM_CONSUMERS];
};
extern const struct sim_way_info sim_ways[WAY_COUNT];
extern const char *const sim_part_names[SIM_PARTS];

struct sim_packet {
	int64_t due_us;
	uint64_t order;
	enum sim_way way;
	unsigned shard, consumer;
	bool is_ack;
	struct lane_ack ack;
	struct sim_bytes batch; /* a copy */
};

struct sim_state {
	char key[256];
	size_t length;
	unsigned char *blob;
};

struct wall sim_wall(const struct sim *sim, enum sim_part part);

/* ways.c */
void ways_init(struct sim *sim);
void ways_free(struct sim *sim);
/* ways_put adds an encoded item to this turn; ways_append closes the turn's batches of a producer (every shard if
 * beat). */
struct buf *ways_put(struct sim *sim, enum sim_way way, unsigned shard);
void ways_append(struct sim *sim, enum sim_way way, struct wall at, bool beat);
void ways_commit(struct sim *sim, enum sim_part part);
void ways_crash(struct sim *sim, enum sim_part part);
void ways_start(struct sim *sim, enum sim_part part);
/* ways_send gives the network what is due of a part; ways_due: when it has something again. */
void ways_send(struct sim *sim, enum sim_part part);
int64_t ways_due(const struct sim *sim, enum sim_part part);
bool ways_packet(struct sim *sim, struct sim_packet *out);
int64_t ways_next(const struct sim *sim);
/* ways_arrive hands a packet to its node; apply (see parts.c) is called for a batch that is the next. */
void ways_arrive(struct sim *sim, struct sim_packet *packet);
bool ways_settled(const struct sim *sim);
struct wall ways_watermark(const struct sim *sim);

/* parts.c */
void parts_apply(struct sim *sim, enum sim_part part, enum sim_way way, struct codec_batch *batch);
void parts_start(struct sim *sim, enum sim_part part);
void parts_stop(struct sim *sim, enum sim_part part);
void parts_work(struct sim *sim, enum sim_part part);   /* what is due and what has come in, before the commit */
void parts_commit(struct sim *sim, enum sim_part part); /* states and rows become safe */
void parts_crash(struct sim *sim, enum sim_part part);
void parts_send(struct sim *sim, enum sim_part part); /* after the commit */
int64_t parts_due(const struct sim *sim, enum sim_part part);

/* records.c: what records stores, each row checked to be new. */
void records_take(struct sim *sim, enum sim_way way, struct codec_batch *batch);
void records_commit(struct sim *sim);
void records_crash(struct sim *sim);

#endif
