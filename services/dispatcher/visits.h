/* SPDX-License-Identifier: MIT
 *
 * visits: the visit core in the dispatcher's turn: its states and lane "visit" in the turn's transaction, its snapshots
 * at the topics of those who are told of them (curtain/volunteer/<user>/errand) and over their channels, and each
 * morning a notice of the day's stops. Decides nothing.
 */
#ifndef CURTAIN_DISPATCHER_VISITS_H
#define CURTAIN_DISPATCHER_VISITS_H

#include "base/buf.h"
#include "dispatcher/channel/channels.h"
#include "dispatcher/post.h"
#include "dispatcher/settings.h"
#include "dispatcher/visit/visit.h"
#include "lane/lane.h"
#include "lane/store.h"

/* home: what the row is of, an enum visit_row */
#define VISITS_TABLE                                                                                                   \
	"CREATE TABLE visit_state (home INTEGER NOT NULL, id TEXT NOT NULL, state BLOB NOT NULL, PRIMARY KEY (home, "  \
	"id)) STRICT, WITHOUT ROWID"

struct visits;

/* visits_ways: how people are told; borrowed for a call. */
struct visits_ways {
	struct post *post;
	struct channels *channels;
};

/* visits_away answers whether somebody is away at some time of from..until (visit_config). */
struct visits_away {
	bool (*away)(const void *context, const char *user, struct wall from, struct wall until);
	const void *context;
};

/* visits_create makes the core by the rules that the settings name; zone is borrowed. Then come the directory's
 * entries, then visits_open takes up what the store holds; what cannot be read is set aside (lost.h). */
enum err visits_create(const struct dispatcher_settings *settings, const struct zone *zone, struct visits_away away,
	struct visits **out_visits, struct errinfo *info) ERR_MUST_CHECK;
enum err visits_open(struct visits *visits, struct store *store, const struct dispatcher_settings *settings,
	struct errinfo *info) ERR_MUST_CHECK;
void visits_close(struct visits *visits);
/* visits_reload takes other rules, whole or not at all. */
enum err visits_reload(struct visits *visits, const struct dispatcher_settings *settings, const struct zone *zone,
	struct errinfo *info) ERR_MUST_CHECK;
struct visit_core *visits_core(struct visits *visits);
struct outbox *visits_outbox(struct visits *visits);
/* visits_take puts what the core decided into the caller's transaction, and asks it for the rest. */
enum err visits_take(struct visits *visits, struct visits_ways ways, struct visit_effects *effects, struct wall now,
	struct errinfo *info) ERR_MUST_CHECK;
/* visits_tick does what is due at now; a transaction is open. */
enum err visits_tick(
	struct visits *visits, struct visits_ways ways, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
/* visits_absent: user's absence has just been noted (visit_absent); a transaction is open. */
enum err visits_absent(struct visits *visits, struct visits_ways ways, const char *user, struct wall from,
	struct wall until, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
/* visits_reply takes a volunteer's reply that names an errand (VISITS_PREFIX) as its incident: accept, decline,
 * arrived, done (outcome away: nobody opened), hand_over (to whoever is next) and note; *out_verdict says what came of
 * it. */
#define VISITS_PREFIX "e-"
enum err visits_reply(struct visits *visits, struct visits_ways ways, const struct reply *reply, struct wall now,
	enum visit_verdict *out_verdict, struct errinfo *info) ERR_MUST_CHECK;
/* visits_save appends the turn's batches and writes the states that changed; at the end of the transaction. */
enum err visits_save(struct visits *visits, struct wall now, struct errinfo *info) ERR_MUST_CHECK;

#endif
