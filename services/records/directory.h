/* SPDX-License-Identifier: MIT
 *
 * directory: the three compacted lanes that carry the registry to ingest, detector and dispatcher, each with only the
 * kinds that it needs. What to send is publisher.h's; this part makes the batches. The database's side is called by
 * registry.c.
 */
#ifndef CURTAIN_RECORDS_DIRECTORY_H
#define CURTAIN_RECORDS_DIRECTORY_H

#include <libpq-fe.h>
#include <stdbool.h>

#include "base/clock.h"
#include "base/err.h"
#include "bus/bus.h"
#include "records/publisher.h"
#include "service/service.h"

#define DIRECTORY_LANES 3

struct directory_lane {
	const char *name;  /* "directory-ingest" */
	const char *kinds; /* array literal for the statements */
	struct publisher publisher;
};

struct directory {
	const char *instance;
	struct bus *bus;
	bool known;       /* heads were loaded: acknowledgements can be judged */
	bool behind;      /* the database was set back: it needs a new epoch */
	struct mono wait; /* the broker takes nothing before */
	struct directory_lane lanes[DIRECTORY_LANES];
	int64_t batches, entries, refused;
};

void directory_init(struct directory *directory, const char *instance, struct bus *bus);
/* directory_heads takes the row of statement directory_heads; subscribes to acknowledgements the first time. */
enum err directory_heads(struct directory *directory, const PGresult *row) ERR_MUST_CHECK;
/* directory_event takes a bus event; true if it was an acknowledgement. */
bool directory_event(struct directory *directory, const struct bus_event *event, struct mono now);
/* directory_next says what to read from the database now: lane, consumer, after; false: nothing. */
bool directory_next(
	struct directory *directory, struct mono now, unsigned *out_lane, unsigned *out_consumer, uint64_t *out_after);
/* directory_publish sends the page that was read for directory_next's answer. */
void directory_publish(struct directory *directory, unsigned lane, unsigned consumer, uint64_t after,
	const PGresult *page, struct turn turn);
struct mono directory_due(const struct directory *directory);
/* directory_waiting counts consumers that are not up to date. */
unsigned directory_waiting(const struct directory *directory);

#endif
