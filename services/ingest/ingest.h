/* SPDX-License-Identifier: MIT
 *
 * ingest: the shell of the service: intake and lanes around map and core, one SQLite transaction a turn.
 *
 *   read what the broker has handed over -> map -> core -> batches, states, dead letters, marks -> COMMIT ->
 *   only then acknowledgements, receipts and lane packets leave.
 *
 * A failure in the middle of a turn is noted (ingest_fail) and ends the service at the end of that turn, before
 * anything is acknowledged: what was not committed is given again by the broker after the restart.
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
#include "lane/directory.h"
#include "lane/lane.h"
#include "service/answer.h"
#include "service/service.h"

#define INGEST_REASONS_MAX 24
#define INGEST_RECEIPT_BYTES 256
#define INGEST_TURN_ITEMS_MAX 20000u /* readings and alerts after which a turn reads no further */

/* lane_turn: what this turn adds to one shard of a lane. */
struct lane_turn {
	struct buf items;
	uint32_t count;
	struct mono last; /* when this shard last carried a batch */
};

/* lane_out: a lane of ours. */
struct lane_out {
	struct outbox *outbox;
	struct lane_turn *turns; /* by shard */
	int64_t count;           /* items since start */
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
	struct lane_out readings, alerts;
	struct inbox *directory;
	struct directory *copy; /* of the directory; its inbox is `directory` */

	struct turn turn;
	unsigned turn_items;
	struct receipt *receipts;
	uint32_t receipt_count, receipt_capacity;
	struct answers answers; /* they leave after the turn's commit */
	enum err failed;        /* the first failure */
	bool dirty;             /* this turn has something to store */
	bool beat;              /* each shard of both lanes gets a batch, be it empty */
	bool read_more;         /* the last turn read as much as it may */
	bool write_waiting;
	bool intake_up;
	char refused[96]; /* why the last attempt to connect failed; "" = it did not */
	int watched_fd;
	bool watched_write;
	struct mono rest_until; /* the intake is not looked at until then; 0 = it is */
	struct mono misc_due, beat_due, connect_due, trim_due;
	struct mono settle_due; /* by then the broker has all acknowledgements */
	struct waiting *waiting, **waiting_last;
	unsigned waiting_count;
	struct mono waiting_since;

	struct reason_count reasons[INGEST_REASONS_MAX]; /* why messages were refused or passed over */
	int64_t messages, redelivered, bad_acks, forged, bad_receipts, unencodable;
};

/* ingest.c */
enum err ingest_event(void *state, const struct bus_event *event, struct turn turn);
enum err ingest_service_tick(void *state, struct turn turn);
struct mono ingest_service_due(const void *state, struct turn turn);
enum err ingest_reload(void *state, const void *settings, struct errinfo *info);
bool ingest_draining(const void *state);
/* ingest_is_live says whether the service runs on the system clock. */
bool ingest_is_live(const struct ingest *ingest);
void ingest_fail(struct ingest *ingest, enum err err, const char *doing, const struct errinfo *info);

/* open.c */
enum err ingest_open(
	struct service *service, const void *settings, void **out_state, struct errinfo *info) ERR_MUST_CHECK;
void ingest_close(void *state);
unsigned ingest_shards(const struct ingest *ingest);

/* session.c: the session with the devices' broker. session_follow keeps the loop's watch on the present socket. */
enum err session_open(struct ingest *ingest, struct errinfo *info) ERR_MUST_CHECK;
void session_connect(struct ingest *ingest);
void session_subscribe(struct ingest *ingest);
enum err session_follow(struct ingest *ingest) ERR_MUST_CHECK;
void session_read(struct ingest *ingest);
/* session_settle_later: two keep-alives from now, if the connection holds, the broker has all acknowledgements. */
void session_settle_later(struct ingest *ingest);

/* directory.c: our copy of devices and consents. */
enum err directory_open(struct ingest *ingest, struct errinfo *info) ERR_MUST_CHECK;
void directory_take(struct ingest *ingest, const struct bus_event *event);
/* directory_sweep drops what a new epoch of the registry has not given again. */
void directory_sweep(struct ingest *ingest);

/* take.c: messages. ingest_take takes one from the intake and says whether this turn has room for more; ingest_retry
 * takes one from the dead letters: true when it would leave none again. */
bool ingest_take(void *context, const struct intake_message *message);
bool ingest_accept(struct ingest *ingest, const struct intake_message *message);
bool ingest_retry(struct ingest *ingest, const struct letter *letter);
/* ingest_effects_take puts what the core decided into this turn's batches; *out_reject: what it refused
 * (INGEST_REJECT_COUNT: nothing). */
enum err ingest_effects_take(
	struct ingest *ingest, const struct ingest_effects *effects, enum ingest_reject *out_reject) ERR_MUST_CHECK;

/* replay.c: the clock of recorded time. */
void replay_keep(struct ingest *ingest, const struct intake_message *message);
void replay_move(struct ingest *ingest, const struct intake_message *message);
void replay_tick(struct ingest *ingest);
void replay_disconnected(struct ingest *ingest);
void replay_close(struct ingest *ingest);

/* turn.c. ingest_begin opens this turn's transaction if none is open. */
enum err ingest_begin(struct ingest *ingest) ERR_MUST_CHECK;
/* lane_add gives the buffer for one more item of household, and counts it; a full batch is closed first. */
enum err lane_add(
	struct ingest *ingest, struct lane_out *lane, const char *household, struct buf **out_items) ERR_MUST_CHECK;
/* lane_undo: the item was not written after all. */
void lane_undo(struct ingest *ingest, struct lane_out *lane, const char *household);
enum err ingest_flush(void *state, struct turn turn);

/* status.c */
void ingest_status(const void *state, struct status *out);

/* api.c */
void ingest_request(struct ingest *ingest, const struct bus_event *event);

#endif
