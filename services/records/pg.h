/* SPDX-License-Identifier: MIT
 *
 * pg: one connection to PostgreSQL inside the service's loop; never blocks it. One command at a time: send it, its done
 * function is called when all of its answer is there, or with reply->lost when the connection broke (whether it took
 * effect is then unknown). The connection is made again with jittered back-off; up() is called on each new one.
 *
 *   PG_AWAY -> PG_CONNECTING -> PG_IDLE <-> PG_BUSY; any of them -> PG_AWAY
 */
#ifndef CURTAIN_RECORDS_PG_H
#define CURTAIN_RECORDS_PG_H

#include <libpq-fe.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/clock.h"
#include "base/err.h"
#include "records/statements.h"
#include "service/service.h"

enum pg_state { PG_AWAY, PG_CONNECTING, PG_IDLE, PG_BUSY };

/* pg_reply: the outcome of one command; valid during the done function. rows is the last result with rows, or NULL. */
struct pg_reply {
	bool ok, lost;
	char sqlstate[6];
	char command[32]; /* tag of the last result: "COMMIT" */
	char text[240];   /* the error; for foreign keys with its detail (ids only), else without (it may hold personal
			     data) */
	const PGresult *rows;
};

typedef void pg_done(void *context, const struct pg_reply *reply);
typedef void pg_take(void *context, unsigned call, PGresult *rows);
typedef void pg_event(void *context);
typedef enum err pg_ready(void *state, bool readable, bool writable, struct turn turn);

struct pg_config {
	const char *conninfo;
	const char *name;    /* application_name */
	pg_ready *ready;     /* calls pg_descriptor: service_watch knows the service's state only */
	pg_event *up, *down; /* the connection is made (send something then) or was lost */
	void *context;
};

/* pg_call: a prepared statement and its parameters as text. */
struct pg_call {
	const char *name;
	int parameters;
	const char *const *values;
};

struct pg;

enum err pg_create(struct service *service, const struct pg_config *config, struct pg **out_pg,
	struct errinfo *info) ERR_MUST_CHECK;
void pg_destroy(struct pg *pg);
enum pg_state pg_state(const struct pg *pg);
/* pg_descriptor: the connection's descriptor is ready, or that of another one is: it looks itself. */
void pg_descriptor(struct pg *pg, struct mono now);
/* pg_tick connects when that is due, and gives up on a command that takes too long. */
void pg_tick(struct pg *pg, struct mono now);
struct mono pg_due(const struct pg *pg);
/* pg_drop closes the connection; it is made again after the back-off. The running command is lost. */
void pg_drop(struct pg *pg, struct mono now);
/* pg_error: why the connection is not there; "" when it is. */
const char *pg_error(const struct pg *pg);
/* pg_patience: how long the commands of this connection may take from now on; 0: 3 min, as at the beginning and after
 * the connection was lost. */
void pg_patience(struct pg *pg, int64_t ms);

/* Commands, in state PG_IDLE only (asserted). A failure to send is told through done like any other loss, never at once
 * but from pg_tick. pg_query runs one or several statements; pg_call a prepared one; pg_prepare_all prepares a table.
 */
void pg_query(struct pg *pg, const char *sql, pg_done *done, void *context);
void pg_call(struct pg *pg, const char *name, int parameters, const char *const *values, pg_done *done, void *context);
/* pg_calls runs prepared statements in one transaction and one way there and back (libpq's pipeline mode). take owns
 * the rows of each as they come; whether they count is known with done, which says what became of the transaction (and
 * has no rows). */
void pg_calls(struct pg *pg, const struct pg_call *calls, unsigned count, pg_take *take, pg_done *done, void *context);
/* pg_copy runs sql, which holds one COPY FROM STDIN, and feeds it data, which must stay until done. */
void pg_copy(struct pg *pg, const char *sql, const char *data, size_t length, pg_done *done, void *context);
void pg_prepare_all(struct pg *pg, const struct statement *table, pg_done *done, void *context);

#endif
