/* SPDX-License-Identifier: MIT
 *
 * The end of a turn: one transaction holds all that it changed; only then anything is acknowledged or sent.
 */
#include "ingest/ingest.h"

#include "base/log.h"
#include "service/carrier.h"

#define BATCH_ITEM_BYTES (1u << 20) /* of one batch; the rest of the turn goes into the next */
#define TRIM_US 500000

enum err ingest_begin(struct ingest *ingest)
{
	struct errinfo info = {0};

	ingest->dirty = true;
	if (store_in_transaction(ingest->store))
		return ERR_OK;
	enum err err = store_begin(ingest->store, &info);
	ingest_fail(ingest, err, "store_failed", &info);
	return err;
}

/* ---- batches ---- */

static enum err append(struct ingest *ingest, struct lane_out *lane, unsigned shard, struct errinfo *info)
{
	struct lane_turn *turn = &lane->turns[shard];
	enum err err = outbox_append(lane->outbox, shard, ingest->turn.wall, turn->items.data ? turn->items.data : "",
		turn->items.length, turn->count, info);

	turn->last = ingest->turn.mono;
	return err;
}

static void empty(struct lane_turn *turn)
{
	buf_reset(&turn->items);
	turn->count = 0;
}

/* close_batch makes room within a turn: what does not fit one batch goes into several. */
static enum err close_batch(struct ingest *ingest, struct lane_out *lane, unsigned shard)
{
	struct errinfo info = {0};
	enum err err = ingest_begin(ingest);

	if (err)
		return err;
	err = append(ingest, lane, shard, &info);
	empty(&lane->turns[shard]);
	ingest_fail(ingest, err, "batch_not_stored", &info);
	return err;
}

enum err lane_add(struct ingest *ingest, struct lane_out *lane, const char *household, struct buf **out_items)
{
	unsigned shard = shard_of(household, ingest_shards(ingest));
	struct lane_turn *turn = &lane->turns[shard];
	enum err err = ERR_OK;

	if (turn->count >= CODEC_BATCH_ITEMS_MAX || turn->items.length >= BATCH_ITEM_BYTES)
		err = close_batch(ingest, lane, shard);
	if (err)
		return err;
	turn->count++;
	lane->count++;
	ingest->turn_items++;
	ingest->dirty = true;
	*out_items = &turn->items;
	return ERR_OK;
}

void lane_undo(struct ingest *ingest, struct lane_out *lane, const char *household)
{
	lane->turns[shard_of(household, ingest_shards(ingest))].count--;
	lane->count--;
	ingest->turn_items--;
}

/* append_lane gives each shard's turn to the outbox. Live, a shard that spoke lately needs no heartbeat. */
static enum err append_lane(struct ingest *ingest, struct lane_out *lane, struct errinfo *info)
{
	int64_t quiet_us = ingest_is_live(ingest) ? ingest->settings.heartbeat_ms * 500 : 0;
	enum err err = ERR_OK;

	for (unsigned shard = 0; shard < ingest_shards(ingest) && !err; shard++) {
		const struct lane_turn *turn = &lane->turns[shard];
		if (turn->count || (ingest->beat && ingest->turn.mono.us - turn->last.us >= quiet_us))
			err = append(ingest, lane, shard, info);
	}
	return err;
}

static void clear_turns(struct ingest *ingest)
{
	for (unsigned shard = 0; shard < ingest_shards(ingest); shard++) {
		empty(&ingest->readings.turns[shard]);
		empty(&ingest->alerts.turns[shard]);
	}
	ingest->turn_items = 0;
	ingest->beat = ingest->dirty = false;
}

/* ---- the transaction ---- */

static enum err store_turn(struct ingest *ingest, struct errinfo *info)
{
	enum err err = ingest_begin(ingest);

	if (!err)
		err = append_lane(ingest, &ingest->alerts, info);
	if (!err)
		err = append_lane(ingest, &ingest->readings, info);
	if (!err)
		err = journal_write(ingest->journal, info);
	if (!err)
		err = recent_write(ingest->recent, info);
	if (!err)
		err = outbox_trim(ingest->readings.outbox, info);
	if (!err)
		err = outbox_trim(ingest->alerts.outbox, info);
	if (!err)
		err = store_commit(ingest->store, info);
	return err;
}

/* save_alerts: the disk is full. What calls for help gets the space that was held back; everything else stays at the
 * broker, which gives it again after the restart that follows. */
static void save_alerts(struct ingest *ingest)
{
	struct errinfo info = {0};

	if (store_in_transaction(ingest->store))
		store_rollback(ingest->store);
	outbox_rolled_back(ingest->readings.outbox);
	outbox_rolled_back(ingest->alerts.outbox);
	bool released = store_release_ballast(ingest->store);
	ingest->beat = false;
	enum err err = store_begin(ingest->store, &info);
	if (!err)
		err = append_lane(ingest, &ingest->alerts, &info);
	if (!err)
		err = store_commit(ingest->store, &info);
	if (err) {
		log_error("disk_full_alerts_not_stored", "cause", info.text);
		return;
	}
	outbox_committed(ingest->alerts.outbox);
	err = carrier_send_outbox(service_bus(ingest->service), ingest->alerts.outbox, ingest->turn.mono);
	log_warning("disk_full_alerts_stored", "ballast", released ? "used" : "none", "sent", err_name(err));
}

static void send_receipts(struct ingest *ingest)
{
	for (uint32_t i = 0; i < ingest->receipt_count; i++) {
		const struct receipt *receipt = &ingest->receipts[i];
		if (intake_receipt(ingest->intake, receipt->topic, receipt->correlation, receipt->length))
			ingest->bad_receipts++;
	}
	ingest->receipt_count = 0;
}

static void commit_turn(struct ingest *ingest)
{
	struct errinfo info = {0};
	enum err err = store_turn(ingest, &info);

	ingest_fail(ingest, err, "commit_failed", &info);
	if (err)
		return;
	outbox_committed(ingest->readings.outbox);
	outbox_committed(ingest->alerts.outbox);
	inbox_committed(ingest->directory);
	send_receipts(ingest);
	clear_turns(ingest);
}

static enum err send_lanes(struct ingest *ingest)
{
	struct bus *bus = service_bus(ingest->service);
	enum err err = carrier_send_outbox(bus, ingest->alerts.outbox, ingest->turn.mono);

	if (!err)
		err = carrier_send_outbox(bus, ingest->readings.outbox, ingest->turn.mono);
	if (!err)
		err = carrier_send_acks(bus, ingest->directory, ingest->turn.mono);
	return err;
}

static void trim(struct ingest *ingest)
{
	struct errinfo info = {0};

	ingest->trim_due = (struct mono){ingest->turn.mono.us + TRIM_US};
	enum err err = outbox_trim(ingest->readings.outbox, &info);
	if (!err)
		err = outbox_trim(ingest->alerts.outbox, &info);
	ingest_fail(ingest, err, "outbox_not_trimmed", &info);
}

enum err ingest_flush(void *state, struct turn turn)
{
	struct ingest *ingest = state;

	(void)turn;
	if (!ingest->failed && ingest->dirty)
		commit_turn(ingest);
	if (!ingest->failed && ingest->trim_due.us <= ingest->turn.mono.us)
		trim(ingest);
	if (ingest->failed == ERR_FULL)
		save_alerts(ingest);
	if (ingest->failed)
		return ingest->failed; /* nothing of this turn is acknowledged */
	answers_send(&ingest->answers, service_bus(ingest->service));
	enum err err = send_lanes(ingest);
	if (err)
		return err;
	/* Only what is committed may be acknowledged; a message that waits for the replay clock is not. */
	if (!ingest->waiting)
		ingest->write_waiting = intake_write(ingest->intake);
	return session_follow(ingest);
}
