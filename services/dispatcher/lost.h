/* SPDX-License-Identifier: MIT
 *
 * lost: rows of the store that cannot be read at the start. One of them must not keep the service from answering calls
 * for help: it is moved to a table of its own as it is, named in the log, counted, and the desk is told (recover.c).
 */
#ifndef CURTAIN_DISPATCHER_LOST_H
#define CURTAIN_DISPATCHER_LOST_H

#include <stdbool.h>

#include "base/err.h"
#include "lane/store.h"

/* told: the desk was; standing: of this start, or rules that nobody has published anew since. */
#define STATE_LOST_TABLE                                                                                               \
	"CREATE TABLE state_lost (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, state ANY NOT "    \
	"NULL, cause TEXT NOT NULL, told INTEGER NOT NULL, standing INTEGER NOT NULL) STRICT"

enum lost_kind {
	LOST_INCIDENT, /* its state; the last snapshot may still say what it was about */
	LOST_SNAPSHOT, /* of an incident whose state is not there: nothing is known of it but its id */
	LOST_MATTER,   /* a swap, a cover request, a reminder, an absence */
	LOST_RULES,    /* published with a team's roster; the id is the team's */
	LOST_HOME,     /* when somebody was there, and who */
	LOST_ERRAND,   /* a visit, a task, a service */
	LOST_MORNING,  /* how far the day's plans are told */
	LOST_PAGE,     /* on its way over a channel */
	LOST_POST,     /* a message for the broker that it would not take */
	LOST_HANDSET,  /* of the ledger of handsets; the id is the household's */
	LOST_STOOD,    /* what became of a duty that is over, or will */
	LOST_KIND_COUNT
};

/* STOOD_KEY names a row of table stood by one column. */
#define STOOD_KEY "team || '/' || starts || '/' || shift || '/' || planned || '/' || user"

struct sqlite3_stmt;

const char *lost_kind_name(enum lost_kind kind);
/* lost_begin: a new start; what an earlier one has set aside stays, but is no news. Before the first lost_take. */
enum err lost_begin(struct store *store, struct errinfo *info) ERR_MUST_CHECK;
/* lost_take sets aside the row whose id is in a column of the row that `row` stands on, and logs it with the cause; in
 * the caller's transaction, or its own. */
enum err lost_take(struct store *store, enum lost_kind kind, struct sqlite3_stmt *row, int column, const char *cause,
	struct errinfo *info) ERR_MUST_CHECK;
/* lost_take_id does it by an id that no row of the caller's holds. */
enum err lost_take_id(struct store *store, enum lost_kind kind, const char *id, const char *cause,
	struct errinfo *info) ERR_MUST_CHECK;
/* lost_heal: what was lost under id is there again. */
enum err lost_heal(struct store *store, enum lost_kind kind, const char *id, struct errinfo *info) ERR_MUST_CHECK;
/* lost_count: those that stand, and whether the desk is to be told of some. */
enum err lost_count(struct store *store, unsigned *out_standing, bool *out_untold, struct errinfo *info) ERR_MUST_CHECK;
/* lost_untold gives how many of a kind the desk is to be told of, and the ids of the first few, as a list in words.
 * lost_told notes that it was, of all kinds. */
#define LOST_WORDS_BYTES 600
enum err lost_untold(struct store *store, enum lost_kind kind, unsigned *out_count, char out_ids[LOST_WORDS_BYTES],
	struct errinfo *info) ERR_MUST_CHECK;
enum err lost_told(struct store *store, struct errinfo *info) ERR_MUST_CHECK;

#endif
