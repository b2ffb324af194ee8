/* SPDX-License-Identifier: MIT
 *
 * dispatcher: the shell of the service: lanes, replies, pages and channels around the incident core, one SQLite
 * transaction a turn.
 *
 *   alerts, directory, replies, time -> core -> states, incident batches, pages, retained topics, calls -> COMMIT ->
 *   only then pages, batches, acknowledgements and receipts leave.
 *
 * On the replay clock, alerts and replies wait in the store until the watermark of lane "alert" has reached them, and
 * are fed in order of (time, alerts first, id) between the timers, so that a fast replay gives what a slow one gives.
 */
#ifndef CURTAIN_DISPATCHER_DISPATCHER_H
#define CURTAIN_DISPATCHER_DISPATCHER_H

#include "dispatcher/channel/channels.h"
#include "dispatcher/incident/incident.h"
#include "dispatcher/lost.h"
#include "dispatcher/post.h"
#include "dispatcher/rota/rota.h"
#include "dispatcher/duty/stood.h"
#include "dispatcher/settings.h"
#include "dispatcher/visits.h"
#include "lane/directory.h"
#include "lane/lane.h"
#include "service/answer.h"
#include "service/service.h"

/* lane_turn: what this turn adds to one shard of lane "incident". */
struct lane_turn {
	struct buf items;
	uint32_t count;
};

struct dispatcher {
	struct service *service;
	struct dispatcher_settings settings;
	struct zone *zone;
	struct policies *policies;
	struct store *store;
	struct incident_core *core;
	struct rota *rota;
	struct post *post;
	struct channels *channels;
	struct outbox *incidents;
	struct visits *visits;
	struct inbox *alerts;
	struct directory *copy;  /* of the registry's directory ... */
	struct inbox *directory; /* ... and its lane's half */
	struct sqlite3_stmt *save_state, *drop_state, *wait, *waiting, *waited, *save_duty, *stood_of, *save_stood,
		*drop_stood, *stood_over, *drop_duties;
	struct sqlite3_stmt *find_handset, *set_handset;
	struct sqlite3_stmt *save_rota, *drop_rota, *save_rules;

	struct turn turn;
	int64_t clock_offset_ms; /* wall clock against the time since boot; 0 = not yet known */
	struct wall clock;       /* replay: all up to here is done */
	struct lane_turn *turns;
	struct answers answers; /* and receipts: they leave after the turn's commit */
	struct mono trim_due;
	bool eager;           /* the open transaction holds more than heartbeats */
	struct mono hold_due; /* when it is committed in any case */

	unsigned rosters_lost; /* and the desk waits for new ones */
	bool lost_untold;
	unsigned states_lost; /* rows that could not be read at the start (lost.h) */
	bool states_untold;

	int64_t alert_count, entry_count, bad_items, forged, bad_acks, replies_bad, replies_forged, notice_count;
};

enum err dispatcher_open(
	struct service *service, const void *settings, void **out_state, struct errinfo *info) ERR_MUST_CHECK;
void dispatcher_close(void *state);
enum err dispatcher_event(void *state, const struct bus_event *event, struct turn turn);
enum err dispatcher_tick(void *state, struct turn turn);
enum err dispatcher_flush(void *state, struct turn turn);
struct mono dispatcher_due(const void *state, struct turn turn);
void dispatcher_status(const void *state, struct status *out);
/* dispatcher_reload takes desk, duty, policy, policies, visits, done_after, keep, rota, webhook, channels and links;
 * everything else counts from the next start.
 */
enum err dispatcher_reload(void *state, const void *settings, struct errinfo *info);
bool dispatcher_draining(const void *state);

static inline bool dispatcher_replays(const struct dispatcher *d)
{
	return d->settings.common.clock == SERVICE_CLOCK_REPLAY;
}

/* dispatcher_ways gives how the visit core's people are told. */
static inline struct visits_ways dispatcher_ways(const struct dispatcher *d)
{
	return (struct visits_ways){.post = d->post, .channels = d->channels};
}

/* dispatcher_next gives when one of the cores (incidents, rota, visits) needs a tick next; now: of rota's day, may be
 * unset. dispatcher_tick_cores ticks those that are due, in a transaction. */
struct wall dispatcher_next(const struct dispatcher *d, struct wall now);
enum err dispatcher_tick_cores(struct dispatcher *d, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
/* dispatcher_begin opens this turn's transaction if none is open. */
enum err dispatcher_begin(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;

/* effects.c: dispatcher_effects puts what the core decided into this turn's transaction, and asks it for the rest. */
enum err dispatcher_effects(
	struct dispatcher *d, struct incident_effects *effects, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
/* dispatcher_tell_channel keeps an outage at its topic, or clears it. */
enum err dispatcher_tell_channel(
	struct dispatcher *d, const struct channels_note *note, struct errinfo *info) ERR_MUST_CHECK;
/* dispatcher_append gives the turn's incident events to the outbox. */
enum err dispatcher_append(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
/* dispatcher_keep binds and runs save (id, blob), or drop (id) where length is 0. */
enum err dispatcher_keep(struct sqlite3_stmt *save, struct sqlite3_stmt *drop, const char *id, const void *blob,
	size_t length, struct errinfo *info) ERR_MUST_CHECK;
/* dispatcher_save writes the states that changed. */
enum err dispatcher_save(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;

/* take.c: what comes in. dispatcher_open_directory gives the core our copy of the directory; dispatcher_sweep forgets
 * what a registry made anew did not give. */
enum err dispatcher_open_directory(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_sweep(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_take_batch(
	struct dispatcher *d, const struct bus_event *event, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_take_reply(
	struct dispatcher *d, const struct bus_event *event, struct errinfo *info) ERR_MUST_CHECK;
/* dispatcher_follow moves the replay clock to the watermark, feeding what waits for it. */
enum err dispatcher_follow(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;

/* duties.c: rosters in force. */
#define DUTY_TABLE                                                                                                     \
	"CREATE TABLE duty (team TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, place INTEGER NOT "    \
	"NULL, shift TEXT NOT NULL, user TEXT NOT NULL) STRICT;"                                                       \
	"CREATE INDEX duty_team ON duty (team)"
/* dispatcher_save_duties writes a team's. */
enum err dispatcher_save_duties(struct dispatcher *d, const char *team, struct errinfo *info) ERR_MUST_CHECK;

/* duties_load.c: rosters read at the start. One whose rows cannot stand in the book is set aside: the team has none
 * then, its rows stay in duty_lost for a person to look at, roster_lost has it until a new one is published
 * (dispatcher_heal_roster). dispatcher_tell_lost tells captain and desk of those that nobody was told of yet. */
#define LOST_TABLES                                                                                                    \
	"CREATE TABLE roster_lost (team TEXT PRIMARY KEY, cause TEXT NOT NULL, told INTEGER NOT NULL) STRICT, "        \
	"WITHOUT "                                                                                                     \
	"ROWID;"                                                                                                       \
	"CREATE TABLE duty_lost (team TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, place INTEGER "   \
	"NOT NULL, shift TEXT NOT NULL, user TEXT NOT NULL) STRICT"
enum err dispatcher_load_duties(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_tell_lost(struct dispatcher *d, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_heal_roster(struct dispatcher *d, const char *team, struct errinfo *info) ERR_MUST_CHECK;

/* recover.c: what could not be read at the start (lost.h). dispatcher_recover takes up open incidents that have no
 * state by their last snapshots, at the end of the start; dispatcher_tell_states tells the desk, once. */
enum err dispatcher_recover(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_tell_states(struct dispatcher *d, struct wall now, struct errinfo *info) ERR_MUST_CHECK;

/* api_stood.c: what became of duties; it stays 60 days. dispatcher_save_stood follows a change of a team's duties;
 * whole: they are a new roster. */
#define STOOD_TABLE                                                                                                    \
	"CREATE TABLE stood (team TEXT NOT NULL, starts INTEGER NOT NULL, ends INTEGER NOT NULL, place INTEGER NOT "   \
	"NULL, shift TEXT NOT NULL, planned TEXT NOT NULL, user TEXT NOT NULL, open_from INTEGER, open_until "         \
	"INTEGER, PRIMARY KEY (team, starts, shift, planned, user)) STRICT, WITHOUT ROWID;"                            \
	"CREATE INDEX stood_ends ON stood (ends);"                                                                     \
	"INSERT OR IGNORE INTO stood SELECT team, starts, ends, place, shift, user, user, NULL, NULL FROM duty"
/* dispatcher_load_stood looks at them at the start: one that no answer can hold would spoil every answer. */
enum err dispatcher_load_stood(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_save_stood(struct dispatcher *d, const char *team, bool whole, struct errinfo *info) ERR_MUST_CHECK;

/* api.c: the questions (api.h). */
enum err dispatcher_request(struct dispatcher *d, const struct bus_event *event, struct errinfo *info) ERR_MUST_CHECK;

/* api_handset.c: dispatcher_load_handsets looks at the ledger at the start, so that one row does not spoil every
 * answer. */
enum err dispatcher_load_handsets(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;

/* turn_rota.c: swaps, cover requests, reminders: from the store and back, and what they decide into this turn's
 * transaction. dispatcher_configure_rota takes new settings. */
#define ROTA_TABLES                                                                                                    \
	"CREATE TABLE rota (id TEXT PRIMARY KEY, state BLOB NOT NULL) STRICT, WITHOUT ROWID;"                          \
	"CREATE TABLE rota_rules (team TEXT PRIMARY KEY, rules TEXT NOT NULL) STRICT, WITHOUT ROWID"
#define ROTA_PREFIX "rota-" /* of a matter's id, in replies */
/* dispatcher_know_absences has a configuration ask rota, once there is one, who is absent; d is borrowed. */
void dispatcher_know_absences(const struct dispatcher *d, struct duty_config *config);
struct visits_away dispatcher_away(const struct dispatcher *d); /* the same for visits */
enum err dispatcher_open_rota(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
void dispatcher_configure_rota(struct dispatcher *d, const struct dispatcher_settings *settings);
enum err dispatcher_rota_effects(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_save_rota(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
/* dispatcher_save_rules gives a team's rules of from..until (rota_rules_put), "" = none, to rota and keeps what it has
 * of them. ERR_INVALID: nothing is changed. */
enum err dispatcher_save_rules(struct dispatcher *d, const char *team, const char *text, struct wall from,
	struct wall until, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_tick_rota(struct dispatcher *d, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
enum err dispatcher_reply_rota(
	struct dispatcher *d, const struct reply *reply, struct wall now, struct errinfo *info) ERR_MUST_CHECK;

#endif
