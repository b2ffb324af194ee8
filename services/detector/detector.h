/* SPDX-License-Identifier: MIT
 *
 * detector: the shell of the service: lanes around the core, one SQLite transaction a group of turns.
 *
 *   batches of readings, incidents, errands, entries -> core -> alerts, states, positions -> COMMIT -> only then
 *   acknowledgements and alerts leave.
 *
 * Readings are taken together for a moment (lanes.group) before they are stored; whatever gives an alert, or lets the
 * judged time be told, is stored at once. The judged time is the watermark of lane "reading". A failure ends the
 * service before anything of its transaction is acknowledged; the lanes give it again after the restart.
 */
#ifndef CURTAIN_DETECTOR_DETECTOR_H
#define CURTAIN_DETECTOR_DETECTOR_H

#include "detector/checkpoint.h"
#include "detector/core.h"
#include "detector/outgoing.h"
#include "detector/relearn.h"
#include "detector/settings.h"
#include "detector/told.h"
#include "lane/directory.h"
#include "lane/lane.h"
#include "service/answer.h"
#include "service/service.h"

struct detector {
	struct service *service;
	struct detector_settings settings;
	uint64_t only; /* a bit a shard of this instance; 0 = all */
	struct zone *zone;
	struct calendar *calendar;
	char path[300]; /* of the store */
	struct store *store;
	struct detector_core *core;
	struct checkpoint *checkpoint;
	struct relearn *relearn;
	struct told *told_alerts;
	char answers[200]; /* topic of what records answers */
	struct directory *directory;
	struct inbox *readings, *incidents, *visits;
	struct outbox *alerts;
	struct outgoing *outgoing;

	struct turn turn;
	struct answers said;   /* answers to requests: they leave after a commit */
	enum err fatal;        /* of the request that is answered: the service cannot go on */
	struct wall judged;    /* up to here everything was judged */
	struct wall told;      /* and this was told by heartbeats */
	bool urgent;           /* commit at the end of this turn */
	bool beat;             /* with a batch for each shard, be it empty */
	struct mono group_due; /* commit by then; valid in a transaction */
	unsigned batches;      /* applied in this transaction */
	struct mono beat_due, trim_due;
	int year; /* of the calendar, when it was looked at last */
	int64_t taken, forged, bad_items, bad_acks, waited_for_directory, requests;
};

/* open.c */
enum err detector_open(
	struct service *service, const void *settings, void **out_state, struct errinfo *info) ERR_MUST_CHECK;
void detector_close(void *state);
/* detector_ended_by gives err back, by which the service ends. A store that contradicts itself is kept under another
 * name, so that the next start begins a new one instead of failing again. */
enum err detector_ended_by(const struct detector *detector, enum err err) ERR_MUST_CHECK;
unsigned detector_shards(const struct detector *detector);
/* detector_has_shard, detector_owns: this instance has the shard, the household's shard. */
bool detector_has_shard(const struct detector *detector, unsigned shard);
bool detector_owns(const struct detector *detector, const char *household);

/* detector.c */
/* detector_is_live: time is that of the world, not a replay's. */
bool detector_is_live(const struct detector *detector);
/* detector_load reads the time zone and the holidays that the settings name; both are the caller's. */
enum err detector_load(const struct detector_settings *settings, struct zone **out_zone, struct calendar **out_calendar,
	struct errinfo *info) ERR_MUST_CHECK;
enum err detector_event(void *state, const struct bus_event *event, struct turn turn);
enum err detector_service_tick(void *state, struct turn turn);
struct mono detector_service_due(const void *state, struct turn turn);
enum err detector_reload(void *state, const void *settings, struct errinfo *info);
bool detector_draining(const void *state);
void detector_status(const void *state, struct status *out);

/* api.c: detector_request answers a request on curtain/api/...; a failure of the store is returned. */
enum err detector_request(
	struct detector *detector, const struct bus_event *event, struct errinfo *info) ERR_MUST_CHECK;

/* turn.c: detector_begin opens the transaction if none is open. */
enum err detector_begin(struct detector *detector, struct errinfo *info) ERR_MUST_CHECK;
/* detector_judge lets the core judge up to now, and takes its alerts. */
enum err detector_judge(struct detector *detector, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
enum err detector_flush(void *state, struct turn turn);

#endif
