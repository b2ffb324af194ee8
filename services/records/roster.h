/* SPDX-License-Identifier: MIT
 *
 * roster: what became of duties, asked of the dispatcher (its method "stood") after the newest end that the database
 * has, page by page, and kept. An answer that does not come or cannot be kept is asked for again; what is told twice is
 * one row. It shares the upkeep's connection: neither has to be quick.
 */
#ifndef CURTAIN_RECORDS_ROSTER_H
#define CURTAIN_RECORDS_ROSTER_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "bus/bus.h"
#include "records/pg.h"
#include "records/settings.h"

#define ROSTER_TOPIC_BYTES 200

enum roster_state { ROSTER_RESTS, ROSTER_LOOKS, ROSTER_ASKS, ROSTER_HAS, ROSTER_KEEPS };

struct roster {
	const struct records_settings *settings;
	struct bus *bus;
	struct pg *pg;
	enum roster_state state;
	struct mono due;   /* RESTS: when to begin; ASKS: when the answer is too late */
	struct mono now;   /* of the last tick */
	uint64_t question; /* number of the last one */
	struct buf answer; /* HAS: what is to be kept */
	char topic[ROSTER_TOPIC_BYTES], answers[ROSTER_TOPIC_BYTES];
	bool told; /* the log knows that it fails */
	int64_t pages, failures;
};

/* roster_init subscribes to the answers; settings, bus and pg outlive it. */
enum err roster_init(struct roster *roster, const struct records_settings *settings, struct bus *bus, struct pg *pg,
	struct errinfo *info) ERR_MUST_CHECK;
void roster_fini(struct roster *roster);
/* roster_lost: the connection to the database is gone; what ran begins anew. */
void roster_lost(struct roster *roster);
/* roster_event takes an answer; false: the event is nobody's here. */
bool roster_event(struct roster *roster, const struct bus_event *event);
/* roster_tick: ready says that the statements are prepared. */
void roster_tick(struct roster *roster, bool ready, struct mono now);
struct mono roster_due(const struct roster *roster, bool ready);

#endif
