/* SPDX-License-Identifier: MIT
 *
 * The lanes: senders and receivers as they are, batches as real bytes, the network a heap of packets by time.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim_internal.h"

#define WINDOW_BYTES 20000
#define RESEND_US (2 * SECOND_US)
#define WANT_US SECOND_US

const struct sim_way_info sim_ways[WAY_COUNT] = {
	[WAY_READING] = {"reading", SIM_INGEST, 2, {SIM_DETECTOR, SIM_RECORDS}},
	[WAY_ALARM] = {"alert", SIM_INGEST, 2, {SIM_DISPATCHER, SIM_RECORDS}},
	[WAY_ALERT] = {"alert", SIM_DETECTOR, 2, {SIM_DISPATCHER, SIM_RECORDS}},
	[WAY_INCIDENT] = {"incident", SIM_DISPATCHER, 2, {SIM_DETECTOR, SIM_RECORDS}},
	[WAY_TO_INGEST] = {"directory-ingest", SIM_RECORDS, 1, {SIM_INGEST}},
	[WAY_TO_DETECTOR] = {"directory-detector", SIM_RECORDS, 1, {SIM_DETECTOR}},
	[WAY_TO_DISPATCHER] = {"directory-dispatcher", SIM_RECORDS, 1, {SIM_DISPATCHER}},
};

static uint64_t epoch_of(enum sim_part part)
{
	return 1000 + (uint64_t)part;
}

static struct mono mono_of(const struct sim *sim)
{
	return (struct mono){sim->now_us};
}

/* ---- the network ---- */

static bool earlier(const struct sim_packet *a, const struct sim_packet *b)
{
	return a->due_us < b->due_us || (a->due_us == b->due_us && a->order < b->order);
}

static void packet_push(struct sim *sim, const struct sim_packet *packet)
{
	sim_add(&sim->packets, packet);
	struct sim_packet *heap = sim_row(&sim->packets, 0);
	size_t i = sim->packets.count - 1;
	for (; i > 0 && earlier(packet, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = *packet;
}

bool ways_packet(struct sim *sim, struct sim_packet *out)
{
	struct sim_packet *heap = (struct sim_packet *)(void *)sim->packets.rows;

	if (!sim->packets.count || heap[0].due_us > sim->now_us)
		return false;
	*out = heap[0];
	struct sim_packet last = heap[--sim->packets.count];
	size_t count = sim->packets.count, i = 0;
	for (size_t child; (child = 2 * i + 1) < count; i = child) {
		if (child + 1 < count && earlier(&heap[child + 1], &heap[child]))
			child++;
		if (!earlier(&heap[child], &last))
			break;
		heap[i] = heap[child];
	}
	if (count)
		heap[i] = last;
	return true;
}

int64_t ways_next(const struct sim *sim)
{
	return sim->packets.count ? ((const struct sim_packet *)sim_row(&sim->packets, 0))->due_us : INT64_MAX;
}

/* transmit sends one packet on its way, or loses it, or sends it twice, or much later. */
static void transmit(struct sim *sim, struct sim_packet packet)
{
	struct sim_bytes from = packet.batch;

	if (sim_dice(sim, 100) < sim->faults.loss)
		return;
	unsigned copies = sim_dice(sim, 100) < sim->faults.doubling ? 2 : 1;
	while (copies--) {
		packet.due_us = sim->now_us + 1000 + (int64_t)sim_dice(sim, 4000);
		if (sim_dice(sim, 100) < sim->faults.lateness)
			packet.due_us += (int64_t)sim_dice(sim, (uint64_t)sim->faults.late_ms * 1000);
		packet.order = sim->packet_order++;
		if (!packet.is_ack) {
			packet.batch.data = from.length ? malloc(from.length) : NULL;
			if (!packet.batch.data || !from.data)
				abort();
			memcpy(packet.batch.data, from.data, from.length);
		}
		packet_push(sim, &packet);
	}
}

/* ---- producing ---- */

void ways_init(struct sim *sim)
{
	sim_list_init(&sim->packets, sizeof(struct sim_packet));
	for (int way = 0; way < WAY_COUNT; way++)
		for (unsigned shard = 0; shard < SIM_SHARDS; shard++) {
			struct sim_out *out = &sim->outs[way][shard];
			sim_list_init(&out->batches, sizeof(struct sim_bytes));
			buf_init(&out->items, CODEC_BATCH_BYTES_MAX);
			for (unsigned c = 0; c < SIM_CONSUMERS; c++)
				sim->ins[way][c][shard].receiver =
					(struct receiver){.at = WALL_NONE, .safe_at = WALL_NONE};
		}
}

static void batches_cut(struct sim_list *batches, size_t count)
{
	for (size_t i = count; i < batches->count; i++)
		free(((struct sim_bytes *)sim_row(batches, i))->data);
	sim_list_cut(batches, count);
}

void ways_free(struct sim *sim)
{
	for (size_t i = 0; i < sim->packets.count; i++)
		free(((struct sim_packet *)sim_row(&sim->packets, i))->batch.data);
	sim_list_free(&sim->packets);
	for (int way = 0; way < WAY_COUNT; way++)
		for (unsigned shard = 0; shard < SIM_SHARDS; shard++) {
			struct sim_out *out = &sim->outs[way][shard];
			batches_cut(&out->batches, 0);
			sim_list_free(&out->batches);
			buf_fini(&out->items);
		}
}

struct buf *ways_put(struct sim *sim, enum sim_way way, unsigned shard)
{
	struct sim_out *out = &sim->outs[way][shard];

	if (out->count++)
		buf_byte(&out->items, ',');
	return &out->items;
}

static void append(struct sim *sim, enum sim_way way, unsigned shard, struct wall at)
{
	struct sim_out *out = &sim->outs[way][shard];
	struct lane_batch head = {.epoch = epoch_of(sim_ways[way].producer),
		.shard = shard,
		.prev = out->batches.count,
		.seq = out->batches.count + 1,
		.at = at,
		.count = out->count};
	struct buf bytes;

	text_cut(head.lane, sizeof head.lane, sim_ways[way].lane);
	text_cut(head.producer, sizeof head.producer, sim_part_names[sim_ways[way].producer]);
	buf_init(&bytes, CODEC_BATCH_BYTES_MAX);
	if (codec_batch_encode(&head, out->items.data ? out->items.data : "", out->items.length, &bytes))
		sim_fail(sim, "a batch of lane %s cannot be encoded", head.lane);
	sim_add(&out->batches, &(struct sim_bytes){bytes.data, bytes.length});
	buf_reset(&out->items);
	out->count = 0;
}

void ways_append(struct sim *sim, enum sim_way way, struct wall at, bool beat)
{
	for (unsigned shard = 0; shard < SIM_SHARDS; shard++)
		if (beat || sim->outs[way][shard].count)
			append(sim, way, shard, at);
}

/* ---- a node's commit, crash and start ---- */

static int consumer_of(enum sim_way way, enum sim_part part)
{
	for (unsigned c = 0; c < sim_ways[way].consumer_count; c++)
		if (sim_ways[way].consumers[c] == part)
			return (int)c;
	return -1;
}

void ways_commit(struct sim *sim, enum sim_part part)
{
	for (int way = 0; way < WAY_COUNT; way++)
		for (unsigned shard = 0; shard < SIM_SHARDS; shard++) {
			struct sim_out *out = &sim->outs[way][shard];
			int c = consumer_of((enum sim_way)way, part);
			if (c >= 0)
				receiver_committed(&sim->ins[way][c][shard].receiver);
			if (sim_ways[way].producer != part)
				continue;
			out->batches.safe = out->batches.count;
			sender_committed(&out->sender, out->batches.safe);
			for (unsigned i = 0; i < sim_ways[way].consumer_count; i++)
				out->acked[i] = out->sender.consumers[i].acked;
		}
}

void ways_crash(struct sim *sim, enum sim_part part)
{
	for (int way = 0; way < WAY_COUNT; way++)
		for (unsigned shard = 0; shard < SIM_SHARDS; shard++) {
			struct sim_out *out = &sim->outs[way][shard];
			if (sim_ways[way].producer != part)
				continue;
			batches_cut(&out->batches, out->batches.safe);
			buf_reset(&out->items);
			out->count = 0;
		}
}

void ways_start(struct sim *sim, enum sim_part part)
{
	for (int way = 0; way < WAY_COUNT; way++)
		for (unsigned shard = 0; shard < SIM_SHARDS; shard++) {
			struct sim_out *out = &sim->outs[way][shard];
			int c = consumer_of((enum sim_way)way, part);
			if (c >= 0) {
				struct receiver *r = &sim->ins[way][c][shard].receiver;
				*r = (struct receiver){.epoch = r->safe_epoch,
					.seq = r->safe_seq,
					.at = r->safe_at,
					.safe_epoch = r->safe_epoch,
					.safe_seq = r->safe_seq,
					.safe_at = r->safe_at,
					.ask = true};
			}
			if (sim_ways[way].producer != part)
				continue;
			sender_init(
				&out->sender, sim_ways[way].consumer_count, WINDOW_BYTES, RESEND_US, out->batches.safe);
			for (unsigned i = 0; i < sim_ways[way].consumer_count; i++)
				sender_restore(&out->sender, i, out->acked[i]);
		}
}

/* ---- sending and arriving ---- */

static void send_batches(struct sim *sim, enum sim_way way, unsigned shard)
{
	struct sim_out *out = &sim->outs[way][shard];
	uint64_t seq;

	while (sender_next(&out->sender, mono_of(sim), &seq)) {
		const struct sim_bytes *bytes = sim_row(&out->batches, seq - 1);
		for (unsigned c = 0; c < sim_ways[way].consumer_count; c++)
			transmit(sim, (struct sim_packet){.way = way, .shard = shard, .consumer = c, .batch = *bytes});
		sender_sent(&out->sender, seq, (int64_t)bytes->length, mono_of(sim));
	}
}

static void send_ack(struct sim *sim, enum sim_way way, unsigned consumer, unsigned shard)
{
	struct receiver *r = &sim->ins[way][consumer][shard].receiver;
	bool asks = r->ask || (r->gap && r->asks.us <= sim->now_us);

	if (!r->tell && !asks)
		return;
	transmit(sim, (struct sim_packet){.way = way,
			      .shard = shard,
			      .consumer = consumer,
			      .is_ack = true,
			      .ack = {.epoch = r->safe_epoch, .seq = r->safe_seq, .want = asks}});
	r->tell = r->ask = false;
	if (asks)
		r->asks = (struct mono){sim->now_us + WANT_US};
}

void ways_send(struct sim *sim, enum sim_part part)
{
	for (int way = 0; way < WAY_COUNT; way++)
		for (unsigned shard = 0; shard < SIM_SHARDS; shard++) {
			int c = consumer_of((enum sim_way)way, part);
			if (sim_ways[way].producer == part)
				send_batches(sim, (enum sim_way)way, shard);
			if (c >= 0)
				send_ack(sim, (enum sim_way)way, (unsigned)c, shard);
		}
}

int64_t ways_due(const struct sim *sim, enum sim_part part)
{
	int64_t due = INT64_MAX;

	for (int way = 0; way < WAY_COUNT; way++)
		for (unsigned shard = 0; shard < SIM_SHARDS; shard++) {
			int c = consumer_of((enum sim_way)way, part);
			int64_t one = INT64_MAX;
			if (sim_ways[way].producer == part)
				one = sender_due(&sim->outs[way][shard].sender).us;
			if (one < due)
				due = one;
			if (c >= 0 && sim->ins[way][c][shard].receiver.gap &&
				sim->ins[way][c][shard].receiver.asks.us < due)
				due = sim->ins[way][c][shard].receiver.asks.us;
		}
	return due;
}

static void arrive_ack(struct sim *sim, const struct sim_packet *packet)
{
	struct sim_out *out = &sim->outs[packet->way][packet->shard];
	bool known = packet->ack.epoch == epoch_of(sim_ways[packet->way].producer);

	if (sender_ack(&out->sender, packet->consumer, known ? packet->ack.seq : 0, !known || packet->ack.want,
		    mono_of(sim)))
		sim_fail(sim, "lane %s: acknowledged beyond what was committed", sim_ways[packet->way].lane);
}

static void arrive_batch(struct sim *sim, const struct sim_packet *packet)
{
	enum sim_part part = sim_ways[packet->way].consumers[packet->consumer];
	struct receiver *receiver = &sim->ins[packet->way][packet->consumer][packet->shard].receiver;
	struct codec_batch *batch;
	struct lane_batch head;
	struct errinfo info = {0};

	if (codec_batch_open(packet->batch.data, packet->batch.length, &batch, &head, &info))
		sim_fail(sim, "lane %s: %s", sim_ways[packet->way].lane, info.text);
	if (receiver_offer(receiver, &head) == INBOX_APPLY) {
		parts_apply(sim, part, packet->way, batch);
		receiver_applied(receiver, &head);
	}
	codec_batch_close(batch);
}

void ways_arrive(struct sim *sim, struct sim_packet *packet)
{
	if (packet->is_ack)
		arrive_ack(sim, packet);
	else
		arrive_batch(sim, packet);
}

bool ways_settled(const struct sim *sim)
{
	for (int way = 0; way < WAY_COUNT; way++)
		for (unsigned shard = 0; shard < SIM_SHARDS; shard++)
			if (sender_done(&sim->outs[way][shard].sender) != sim->outs[way][shard].batches.count)
				return false;
	return true;
}

struct wall ways_watermark(const struct sim *sim)
{
	struct wall mark = WALL_NEVER;

	for (unsigned shard = 0; shard < SIM_SHARDS; shard++)
		if (sim->ins[WAY_READING][0][shard].receiver.at.ms < mark.ms)
			mark = sim->ins[WAY_READING][0][shard].receiver.at;
	return mark;
}
