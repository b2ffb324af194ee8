/* SPDX-License-Identifier: MIT
 *
 * One message: map, core, and where each result goes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "ingest/ingest.h"

#define LETTER_HEAD_BYTES 4096 /* what is kept of a payload that is too large */

/* count_reason counts the word before the colon. */
static void count_reason(struct ingest *ingest, const char *reason)
{
	char word[WORD_BYTES];
	size_t length = strcspn(reason, ": ");
	int i = 0;

	text_cut(word, length + 1 < sizeof word ? length + 1 : sizeof word, reason);
	/* The last row takes what finds no place. */
	while (i < INGEST_REASONS_MAX - 1 && ingest->reasons[i].word[0] && strcmp(ingest->reasons[i].word, word) != 0)
		i++;
	if (!ingest->reasons[i].word[0])
		text_cut(ingest->reasons[i].word, sizeof ingest->reasons[i].word,
			i == INGEST_REASONS_MAX - 1 ? "other" : word);
	ingest->reasons[i].count++;
}

/* put_reading and put_alert encode one item into this turn's batch of its shard. What the codec refuses is counted: one
 * strange word of a device must not stop the others. */
static enum err put_reading(struct ingest *ingest, const struct reading *reading)
{
	struct buf *items;
	enum err err = lane_add(ingest, &ingest->readings, reading->household, &items);

	if (!err && (err = codec_reading_encode(reading, items)))
		lane_undo(ingest, &ingest->readings, reading->household);
	return err;
}

static enum err put_alert(struct ingest *ingest, const struct alert *alert)
{
	struct buf *items;
	enum err err = lane_add(ingest, &ingest->alerts, alert->household, &items);

	if (!err && (err = codec_alert_encode(alert, items)))
		lane_undo(ingest, &ingest->alerts, alert->household);
	return err;
}

enum err ingest_effects_take(
	struct ingest *ingest, const struct ingest_effects *effects, enum ingest_reject *out_reject)
{
	*out_reject = INGEST_REJECT_COUNT;
	for (unsigned i = 0; i < effects->count; i++) {
		const struct ingest_effect *effect = &effects->items[i];
		enum err err = ERR_OK;
		if (effect->kind == INGEST_READING)
			err = put_reading(ingest, &effect->as.reading);
		else if (effect->kind == INGEST_ALERT)
			err = put_alert(ingest, &effect->as.alert);
		else
			*out_reject = effect->as.reject;
		if (err == ERR_INVALID)
			ingest->unencodable++;
		else if (err)
			return err;
	}
	return ERR_OK;
}

/* keeps_letter says whether a refusal of the core loses content that somebody may want back. Of what nobody agreed to,
 * nothing stays. */
static bool keeps_letter(enum ingest_reject reject)
{
	return reject == INGEST_UNKNOWN_DEVICE || reject == INGEST_CLOCK || reject == INGEST_FULL;
}

/* job: one message on its way, and what is to be said of it. */
struct job {
	const char *topic, *payload;
	size_t length;
	bool retained;
	struct wall arrived;
	bool dated;         /* values without a time of their own get the time of arrival: a dead letter comes late */
	const char *reason; /* of the first refusal; "" = none */
	const char *profile;
	bool forbidden; /* some part of it must not be kept */
};

static void refuse(struct job *job, const char *reason, const char *profile)
{
	if (*job->reason)
		return;
	job->reason = reason;
	job->profile = profile;
}

static enum err feed(struct ingest *ingest, struct job *job, struct observation *observation)
{
	struct ingest_effects effects;
	enum ingest_reject reject;

	if (job->dated && !wall_is_set(observation->at))
		observation->at = job->arrived;
	int64_t unencodable = ingest->unencodable;
	enum err err = ingest_feed(ingest->core, observation, ingest->turn.wall, &effects);
	if (!err)
		err = ingest_effects_take(ingest, &effects, &reject);
	if (err)
		return err;
	if (reject == INGEST_NO_CONSENT)
		job->forbidden = true;
	else if (keeps_letter(reject))
		refuse(job, ingest_reject_name(reject), observation->profile);
	else if (ingest->unencodable != unencodable)
		refuse(job, "unencodable", observation->profile);
	return ERR_OK;
}

static enum err run(struct ingest *ingest, struct job *job)
{
	struct map_results results;
	enum err err = ERR_OK;

	if (ingest->turn.wall.ms <= 0) { /* replay: not before the first tick */
		count_reason(ingest, "no_clock");
		refuse(job, "no_clock: it came before the first message on curtain/clock", "");
		return ERR_OK;
	}
	map_run(ingest->map, job->topic, job->payload, job->length, job->retained, job->arrived, &results);
	for (unsigned i = 0; i < results.count && !err; i++) {
		struct map_result *result = &results.items[i];
		if (result->kind == MAP_OBSERVATION) {
			err = feed(ingest, job, &result->observation);
			continue;
		}
		count_reason(ingest, result->reason);
		if (result->kind == MAP_REJECT)
			refuse(job, result->reason, result->observation.profile);
	}
	return err;
}

static enum err take(struct ingest *ingest, const struct intake_message *m, struct errinfo *info)
{
	struct job job = {.topic = m->topic,
		.payload = m->payload,
		.length = m->length,
		.retained = m->retained,
		.arrived = ingest->turn.wall,
		.reason = "",
		.profile = ""};
	enum err err = run(ingest, &job);

	if (err || !*job.reason || job.forbidden)
		return err;
	err = ingest_begin(ingest);
	if (!err)
		err = letters_add(ingest->letters,
			&(struct letter){.at = job.arrived,
				.reason = job.reason,
				.profile = job.profile,
				.topic = m->topic,
				.payload = m->payload,
				.length = m->length > MAP_PAYLOAD_BYTES_MAX ? LETTER_HEAD_BYTES : m->length},
			info);
	return err;
}

bool ingest_retry(struct ingest *ingest, const struct letter *letter)
{
	struct job job = {.topic = letter->topic,
		.payload = letter->payload,
		.length = letter->length,
		.arrived = letter->at.ms > 0 ? letter->at : ingest->turn.wall,
		.dated = true,
		.reason = "",
		.profile = ""};
	enum err err = run(ingest, &job);

	ingest_fail(ingest, err, "dead_letter_not_taken", NULL);
	return !err && !*job.reason;
}

/* ---- receipts ---- */

static enum err want_receipt(struct ingest *ingest, const struct intake_message *m)
{
	static const char prefix[] = "curtain/receipt/";

	if (!*m->response_topic)
		return ERR_OK;
	if (strncmp(m->response_topic, prefix, sizeof prefix - 1) != 0 ||
		!text_is_id(m->response_topic + sizeof prefix - 1) || m->correlation_length > INGEST_RECEIPT_BYTES) {
		ingest->bad_receipts++;
		return ERR_OK;
	}
	if (ingest->receipt_count == ingest->receipt_capacity) {
		uint32_t capacity = ingest->receipt_capacity ? ingest->receipt_capacity * 2 : 256;
		struct receipt *more = realloc(ingest->receipts, capacity * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		ingest->receipts = more;
		ingest->receipt_capacity = capacity;
	}
	struct receipt *receipt = &ingest->receipts[ingest->receipt_count++];
	text_cut(receipt->topic, sizeof receipt->topic, m->response_topic);
	if (m->correlation_length)
		memcpy(receipt->correlation, m->correlation, m->correlation_length);
	receipt->length = m->correlation_length;
	return ERR_OK;
}

/* ---- from the intake ---- */

static enum err accept_message(struct ingest *ingest, const struct intake_message *m, struct errinfo *info)
{
	uint64_t mark = text_hash64(m->topic, strlen(m->topic), m->id);
	enum err err = ERR_OK;

	mark = text_hash64(m->payload, m->length, mark);
	if (m->qos && recent_is(ingest->recent, mark))
		ingest->redelivered++; /* it is stored; its acknowledgement, or its receipt, was lost */
	else
		err = take(ingest, m, info);
	if (!err && m->qos)
		err = recent_mark(ingest->recent, mark);
	return err ? err : want_receipt(ingest, m);
}

bool ingest_accept(struct ingest *ingest, const struct intake_message *m)
{
	struct errinfo info = {0};

	ingest->messages++;
	ingest->dirty = true;
	session_settle_later(ingest);
	ingest_fail(ingest, accept_message(ingest, m, &info), "message_not_taken", &info);
	return !ingest->failed && ingest->turn_items < INGEST_TURN_ITEMS_MAX;
}

bool ingest_take(void *context, const struct intake_message *m)
{
	struct ingest *ingest = context;

	if (ingest_is_live(ingest))
		return ingest_accept(ingest, m);
	if (strcmp(m->topic, "curtain/clock") != 0)
		replay_keep(ingest, m);
	else
		replay_move(ingest, m);
	return !ingest->failed;
}
