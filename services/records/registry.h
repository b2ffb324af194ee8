/* SPDX-License-Identifier: MIT
 *
 * registry: feeds the directory lanes from the registry, over one connection to PostgreSQL, one page at a time.
 */
#ifndef CURTAIN_RECORDS_REGISTRY_H
#define CURTAIN_RECORDS_REGISTRY_H

#include "base/clock.h"
#include "base/err.h"
#include "bus/bus.h"
#include "records/pg.h"
#include "records/settings.h"

struct registry_stats {
	int64_t directory_batches, directory_entries, directory_refused;
	unsigned directory_waiting; /* consumers that are not up to date */
};

struct registry;

/* registry_create: settings must outlive it; pg is its alone. */
enum err registry_create(const struct records_settings *settings, struct bus *bus, struct pg *pg,
	struct registry **out_registry, struct errinfo *info) ERR_MUST_CHECK;
void registry_destroy(struct registry *registry);
/* registry_connected: pg is connected, the database migrated. registry_lost: it is not there any more. */
void registry_connected(struct registry *registry);
void registry_lost(struct registry *registry);
bool registry_event(struct registry *registry, const struct bus_event *event, struct turn turn);
/* registry_changed: something was changed just now; the consumers hear of it at once. */
void registry_changed(struct registry *registry);
/* registry_tick starts the next thing to do. */
void registry_tick(struct registry *registry, struct turn turn);
struct mono registry_due(const struct registry *registry);
struct registry_stats registry_stats(const struct registry *registry);

#endif
