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

#define REPLAY_WAITING_MAX 1000 /* messages between two ticks of the replay clock; more are taken at the old time */

enum err ingest_begin(struct ingest *ingest)
{
	struct errinfo info = {0};
	enum err err;

	ingest->dirty = true;
	if (store_in_transaction(ingest->store))
		return ERR_OK;
	err = store_begin(ingest->store, &info);
	if (err) {
		log_error("store_failed", "cause", info.text);
		service_stop(ingest->service);
	}
	return err;
}

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

static struct lane_turn *add_to(struct ingest *ingest, struct lane_turn *turns, const char *household)
{
	struct lane_turn *turn = &turns[shard_of(household, (unsigned)ingest->settings.common.shards)];

	turn->count++;
	ingest->dirty = true;
	return turn;
}

enum err ingest_effects_take(
	struct ingest *ingest, const struct ingest_effects *effects, enum ingest_reject *out_reject)
{
	enum err err = ERR_OK;

	*out_reject = INGEST_REJECT_COUNT;
	for (unsigned i = 0; i < effects->count && !err; i++) {
		const struct ingest_effect *effect = &effects->items[i];
		switch (effect->kind) {
		case INGEST_READING:
			err = codec_reading_encode(&effect->as.reading,
				&add_to(ingest, ingest->reading_turns, effect->as.reading.household)->items);
			ingest->reading_count++;
			break;
		case INGEST_ALERT:
			err = codec_alert_encode(&effect->as.alert,
				&add_to(ingest, ingest->alert_turns, effect->as.alert.household)->items);
			ingest->alert_count++;
			break;
		case INGEST_REJECT:
			*out_reject = effect->as.reject;
			break;
		}
	}
	return err;
}

/* keeps_letter says whether a refusal of the core loses content that somebody may want back. Of what nobody agreed to,
 * nothing stays. */
static bool keeps_letter(enum ingest_reject reject)
{
	return reject == INGEST_UNKNOWN_DEVICE || reject == INGEST_CLOCK || reject == INGEST_FULL;
}

struct verdict {
	const char *reason; /* of the first refusal; "" = none */
	const char *profile;
	bool forbidden; /* some part of it must not be kept */
};

static enum err feed(struct ingest *ingest, const struct map_result *result, struct verdict *verdict)
{
	struct ingest_effects effects;
	enum ingest_reject reject;
	enum err err = ingest_feed(ingest->core, &result->observation, ingest->turn.wall, &effects);

	if (!err)
		err = ingest_effects_take(ingest, &effects, &reject);
	if (err || reject == INGEST_REJECT_COUNT)
		return err;
	ingest->dirty = true;
	if (reject == INGEST_NO_CONSENT)
		verdict->forbidden = true;
	else if (keeps_letter(reject) && !*verdict->reason)
		*verdict = (struct verdict){.reason = ingest_reject_name(reject),
			.profile = result->observation.profile,
			.forbidden = verdict->forbidden};
	return ERR_OK;
}

static enum err run(struct ingest *ingest, const char *topic, const char *payload, size_t length, bool retained,
	struct verdict *verdict)
{
	struct map_results results;
	enum err err = ERR_OK;

	*verdict = (struct verdict){.reason = "", .profile = ""};
	map_run(ingest->map, topic, payload, length, retained, ingest->turn.wall, &results);
	for (unsigned i = 0; i < results.count && !err; i++) {
		const struct map_result *result = &results.items[i];
		if (result->kind == MAP_OBSERVATION) {
			err = feed(ingest, result, verdict);
			continue;
		}
		count_reason(ingest, result->reason);
		if (result->kind == MAP_REJECT && !*verdict->reason)
			*verdict = (struct verdict){.reason = result->reason,
				.profile = result->observation.profile,
				.forbidden = verdict->forbidden};
	}
	return err;
}

static enum err take(struct ingest *ingest, const struct intake_message *m)
{
	struct verdict verdict;
	struct errinfo info = {0};
	enum err err = run(ingest, m->topic, m->payload, m->length, m->retained, &verdict);

	if (err || !*verdict.reason || verdict.forbidden)
		return err;
	err = ingest_begin(ingest);
	if (!err)
		err = letters_add(ingest->letters,
			&(struct letter){.at = ingest->turn.wall,
				.reason = verdict.reason,
				.profile = verdict.profile,
				.topic = m->topic,
				.payload = m->payload,
				.length = m->length > MAP_PAYLOAD_BYTES_MAX ? 4096 : m->length},
			&info);
	if (err && info.code)
		log_error("store_failed", "cause", info.text);
	return err;
}

bool ingest_retry(struct ingest *ingest, const struct letter *letter)
{
	struct verdict verdict;

	return !run(ingest, letter->topic, letter->payload, letter->length, false, &verdict) && !*verdict.reason;
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

static enum err accept(struct ingest *ingest, const struct intake_message *m)
{
	uint64_t mark = text_hash64(m->topic, strlen(m->topic), m->id);
	enum err err = ERR_OK;

	mark = text_hash64(m->payload, m->length, mark);
	ingest->messages++;
	ingest->dirty = true;
	if (m->qos && recent_is(ingest->recent, mark))
		ingest->redelivered++; /* it is stored; its acknowledgement, or its receipt, was lost */
	else
		err = take(ingest, m);
	if (!err && m->qos)
		err = recent_mark(ingest->recent, mark);
	return err ? err : want_receipt(ingest, m);
}

static void fail(struct ingest *ingest, enum err err)
{
	if (!err)
		return;
	log_error("message_not_taken", "error", err_name(err));
	service_stop(ingest->service);
}

static void keep_waiting(struct ingest *ingest, const struct intake_message *m)
{
	size_t topic = strlen(m->topic) + 1, response = strlen(m->response_topic) + 1;
	struct waiting *waiting = malloc(sizeof *waiting + topic + response + m->length + m->correlation_length);

	if (!waiting) {
		fail(ingest, ERR_NOMEM);
		return;
	}
	char *at = waiting->bytes;
	waiting->next = NULL;
	waiting->message = *m;
	waiting->message.topic = memcpy(at, m->topic, topic);
	waiting->message.response_topic = memcpy(at += topic, m->response_topic, response);
	waiting->message.payload = memcpy(at += response, m->payload, m->length);
	at += m->length;
	if (m->correlation_length)
		memcpy(at, m->correlation, m->correlation_length);
	waiting->message.correlation = at;
	*ingest->waiting_last = waiting;
	ingest->waiting_last = &waiting->next;
	ingest->waiting_count++;
}

static void release_waiting(struct ingest *ingest)
{
	while (ingest->waiting) {
		struct waiting *waiting = ingest->waiting;
		ingest->waiting = waiting->next;
		fail(ingest, accept(ingest, &waiting->message));
		free(waiting);
	}
	ingest->waiting_last = &ingest->waiting;
	ingest->waiting_count = 0;
}

/* move_clock: what came before this tick happened up to it: it is taken at the new time. */
static void move_clock(struct ingest *ingest, const struct intake_message *m)
{
	struct wall at;
	struct errinfo info = {0};

	if (codec_clock_decode(m->payload, m->length, &at, &info)) {
		log_warning("bad_clock", "cause", info.text);
		return;
	}
	service_set_clock(ingest->service, at);
	if (at.ms > ingest->turn.wall.ms)
		ingest->turn.wall = at;
	release_waiting(ingest);
	ingest->beat = ingest->dirty = true;
}

void ingest_take(void *context, const struct intake_message *m)
{
	struct ingest *ingest = context;

	if (ingest->settings.common.clock == SERVICE_CLOCK_SYSTEM) {
		fail(ingest, accept(ingest, m));
	} else if (!strcmp(m->topic, "curtain/clock")) {
		move_clock(ingest, m);
	} else {
		keep_waiting(ingest, m);
		if (ingest->waiting_count >= REPLAY_WAITING_MAX)
			release_waiting(ingest);
	}
}
