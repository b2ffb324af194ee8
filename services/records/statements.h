/* SPDX-License-Identifier: MIT
 *
 * statements: every named statement of the service, in one table an area. They are prepared on each new connection; a
 * test prepares them all on a migrated database.
 */
#ifndef CURTAIN_RECORDS_STATEMENTS_H
#define CURTAIN_RECORDS_STATEMENTS_H

struct statement {
	const char *name; /* NULL ends a table */
	const char *sql;
	int parameters;
};

extern const struct statement statements_lanes[];
extern const struct statement statements_upkeep[];
extern const struct statement statements_schema[];
extern const struct statement statements_directory[];
extern const struct statement statements_registry[];

/* What the lanes' connections need before their statements: tables of the session's own. */
extern const char statement_lanes_session[];
/* The COPY commands and what surrounds them; COPY cannot be prepared. */
extern const char statement_copy[];
extern const char statement_copy_hours[];
extern const char statement_copy_again[];

#endif
