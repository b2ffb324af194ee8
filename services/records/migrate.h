/* SPDX-License-Identifier: MIT
 *
 * migrate: brings the database to this program's schema: schemas/sql/NNNN_*.sql, built into the program, each in a
 * transaction of its own under an advisory lock, recorded in schema_version. A newer database is refused (ERR_VERSION).
 * Under the same lock hours and days of the readings are made for the configured zone, if they are not yet.
 */
#ifndef CURTAIN_RECORDS_MIGRATE_H
#define CURTAIN_RECORDS_MIGRATE_H

#include "base/err.h"
#include "records/pg.h"

struct migration {
	const char *name; /* "0001_registry" */
	const char *sql;
};

/* migrations are numbered from 1 without gaps; ended by name NULL (migrations.c, made by the build). */
extern const struct migration migrations[];
unsigned migrations_count(void);

typedef void migrate_done(void *context, enum err err, const char *text);

/* migrate: one run over a connection. Owned by the caller; must stay until done was called. */
struct migrate {
	struct pg *pg;
	const char *zone;
	migrate_done *done;
	void *context;
	unsigned version; /* reached */
	char *script;
};

/* migrate_start (zone must stay until done) works on an idle pg and calls done with ERR_OK, ERR_VERSION, ERR_IO (text
 * says which statement failed) or ERR_CLOSED (the connection was lost). */
void migrate_start(struct migrate *migrate, struct pg *pg, const char *zone, migrate_done *done, void *context);

#endif
