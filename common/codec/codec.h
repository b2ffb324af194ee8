/* SPDX-License-Identifier: MIT
 *
 * codec: the JSON form of every message (schemas/json). Decoding is strict: unknown key, wrong type, missing key,
 * value outside its limits, bad UTF-8, duplicate key and trailing bytes are errors that name the key in info->text.
 * One file a message; jansson stays behind this header. No function keeps a pointer to its input.
 * Where memory runs out inside jansson it may call that a fault of the text: ERR_INVALID instead of ERR_NOMEM.
 *
 * Encoders append one compact JSON object to out, members in schema order, so equal messages give equal bytes.
 * Times are RFC 3339 UTC with ms; optional members that are not set are left out; numbers print as the shortest text
 * that reads back to the same double. They return out->failed, or ERR_INVALID for a value that the schema forbids.
 */
#ifndef CURTAIN_CODEC_CODEC_H
#define CURTAIN_CODEC_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "message/message.h"

#define CODEC_BATCH_BYTES_MAX (4u << 20) /* a lane batch on the wire */
#define CODEC_BATCH_ITEMS_MAX 4096u
#define CODEC_MESSAGE_BYTES_MAX (64u << 10)

enum err codec_reading_encode(const struct reading *message, struct buf *out);
enum err codec_alert_encode(const struct alert *message, struct buf *out);
enum err codec_incident_encode(const struct incident *message, struct buf *out);
enum err codec_errand_encode(const struct errand *message, struct buf *out);
enum err codec_page_encode(const struct page *message, struct buf *out);
enum err codec_oncall_encode(const struct oncall *message, struct buf *out);
enum err codec_outage_encode(const struct outage *message, struct buf *out);
enum err codec_duty_notice_encode(const struct duty_notice *message, struct buf *out);
enum err codec_reply_encode(const struct reply *message, struct buf *out);
enum err codec_entry_encode(const struct entry *message, struct buf *out);
enum err codec_status_encode(const struct status *message, struct buf *out);

enum err codec_reading_decode(
	const char *json, size_t length, struct reading *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_alert_decode(const char *json, size_t length, struct alert *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_incident_decode(
	const char *json, size_t length, struct incident *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_errand_decode(const char *json, size_t length, struct errand *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_page_decode(const char *json, size_t length, struct page *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_oncall_decode(const char *json, size_t length, struct oncall *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_outage_decode(const char *json, size_t length, struct outage *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_duty_notice_decode(
	const char *json, size_t length, struct duty_notice *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_reply_decode(const char *json, size_t length, struct reply *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_entry_decode(const char *json, size_t length, struct entry *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_status_decode(const char *json, size_t length, struct status *out, struct errinfo *info) ERR_MUST_CHECK;

/* codec_appointment appends the members that say what was agreed to an open object. */
void codec_appointment(const struct appointment *terms, struct buf *out);

/* lane_batch: the head of a batch. A batch follows `prev`: prev = seq - 1 on an ordinary lane; on the compacted lane
 * "directory" a batch holds the latest entries with prev < entry.seq <= seq. Times in `at` are the producer's clock:
 * everything that the producer knew up to `at` is in this batch or before it (the watermark of DESIGN.md "Time"). */
struct lane_batch {
	char lane[WORD_BYTES];
	char producer[ID_BYTES];
	uint64_t epoch; /* creation of the producer's store, ms since 1970; a new store has a higher one */
	uint32_t shard;
	uint64_t prev, seq;
	struct wall at;
	uint32_t count; /* items */
};

/* codec_batch_encode appends {"lane","producer","epoch","shard","prev","seq","at","items":[ITEMS]}, where items is
 * count encoded objects joined by commas (as the encoders above append them), items_length bytes. */
enum err codec_batch_encode(const struct lane_batch *head, const char *items, size_t items_length, struct buf *out);

/* codec_batch: a decoded batch; items are read one by one in order. Owned by the caller, release with close. */
struct codec_batch;
enum err codec_batch_open(const char *json, size_t length, struct codec_batch **out_batch, struct lane_batch *out_head,
	struct errinfo *info) ERR_MUST_CHECK;
/* codec_batch_next_* decode the next item. ERR_NOT_FOUND after the last one; ERR_INVALID for a bad item, which is
 * passed over, so that the caller can count it and go on. */
enum err codec_batch_next_reading(struct codec_batch *batch, struct reading *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_batch_next_alert(struct codec_batch *batch, struct alert *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_batch_next_incident(
	struct codec_batch *batch, struct incident *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_batch_next_errand(struct codec_batch *batch, struct errand *out, struct errinfo *info) ERR_MUST_CHECK;
enum err codec_batch_next_entry(struct codec_batch *batch, struct entry *out, struct errinfo *info) ERR_MUST_CHECK;
void codec_batch_close(struct codec_batch *batch);

/* lane_ack: what a consumer has durably applied; want = it saw a gap (or just arrived) and asks for all after seq. */
struct lane_ack {
	uint64_t epoch, seq;
	bool want;
};
enum err codec_ack_encode(const struct lane_ack *ack, struct buf *out);
enum err codec_ack_decode(const char *json, size_t length, struct lane_ack *out, struct errinfo *info) ERR_MUST_CHECK;

/* clock message on curtain/clock: {"at": RFC 3339}. */
enum err codec_clock_encode(struct wall at, struct buf *out);
enum err codec_clock_decode(const char *json, size_t length, struct wall *out, struct errinfo *info) ERR_MUST_CHECK;

#endif
