/* SPDX-License-Identifier: MIT
 *
 * ingest: the shell of the service: intake and lanes around map and core, one SQLite transaction a turn.
 *
 *   read what the broker has handed over -> map -> core -> batches, states, dead letters, marks -> COMMIT ->
 *   only then acknowledgements, receipts and lane packets leave.
 */
#ifndef CURTAIN_INGEST_INGEST_H
#define CURTAIN_INGEST_INGEST_H

#include "ingest/core.h"
#include "ingest/intake.h"
#include "ingest/journal.h"
#include "ingest/letters.h"
#include "ingest/map.h"
#include "ingest/recent.h"
#include "ingest/settings.h"
#include "lane/lane.h"
#include "service/service.h"

#define INGEST_REASONS_MAX 24
#define INGEST_RECEIPT_BYTES 256

/* lane_turn: what this turn adds to one shard of a lane. */
struct lane_turn {
	struct buf items;
	uint32_t count;
	struct mono last; /* when this shard last carried a batch */
};

/* waiting: replay only: a message that waits for the clock to reach it. */
struct waiting {
	struct waiting *next;
	struct intake_message message;
	char bytes[];
};

struct receipt {
	char topic[INGEST_RECEIPT_BYTES];
	unsigned char correlation[INGEST_RECEIPT_BYTES];
	size_t length;
};

struct reason_count {
	char word[WORD_BYTES];
	int64_t count;
};

struct ingest {
	struct service *service;
	struct ingest_settings settings;
	struct store *store;
	struct ingest_core *core;
	struct map *map;
	struct intake *intake;
	struct journal *journal;
	struct letters *letters;
	struct recent *recent;
	struct outbox *readings, *alerts;
	struct inbox *directory;
	struct sqlite3_stmt *save_entry;

	struct turn turn;
	struct lane_turn *reading_turns, *alert_turns; /* by shard */
	struct receipt *receipts;
	uint32_t receipt_count, receipt_capacity;
	bool dirty;         /* this turn has something to store */
	bool beat;          /* each shard of both lanes gets a batch, be it empty */
	bool write_waiting; /* the intake's socket was full */
	bool intake_up;
	int watched_fd;
	bool watched_write;
	struct mono misc_due, beat_due, connect_due, trim_due;
	struct waiting *waiting, **waiting_last;
	unsigned waiting_count;

	struct reason_count reasons[INGEST_REASONS_MAX]; /* why messages were refused or passed over */
	int64_t messages, reading_count, alert_count, redelivered, bad_acks, forged, bad_entries, bad_receipts;
};

enum err ingest_open(
	struct service *service, const void *settings, void **out_state, struct errinfo *info) ERR_MUST_CHECK;
void ingest_close(void *state);
enum err ingest_event(void *state, const struct bus_event *event, struct turn turn);
enum err ingest_service_tick(void *state, struct turn turn);
enum err ingest_flush(void *state, struct turn turn);
struct mono ingest_service_due(const void *state, struct turn turn);
void ingest_status(const void *state, struct status *out);
enum err ingest_reload(void *state, const void *settings, struct errinfo *info);
bool ingest_draining(const void *state);

/* take.c: messages. ingest_take takes one from the intake; ingest_retry one from the dead letters: true when it left no
 * dead letter again. */
void ingest_take(void *context, const struct intake_message *message);
bool ingest_retry(struct ingest *ingest, const struct letter *letter);
/* ingest_begin opens this turn's transaction if none is open; stops the service on failure. */
enum err ingest_begin(struct ingest *ingest) ERR_MUST_CHECK;
/* ingest_effects_take puts what the core decided into this turn's batches; *out_reject: what it refused
 * (INGEST_REJECT_COUNT: nothing). */
enum err ingest_effects_take(
	struct ingest *ingest, const struct ingest_effects *effects, enum ingest_reject *out_reject) ERR_MUST_CHECK;

/* api.c */
void ingest_request(struct ingest *ingest, const struct bus_event *event);

#endif
