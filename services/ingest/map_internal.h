/* SPDX-License-Identifier: MIT
 *
 * map_internal: one message on its way, for map.c (the way) and map_emit.c (what comes of it).
 */
#ifndef CURTAIN_INGEST_MAP_INTERNAL_H
#define CURTAIN_INGEST_MAP_INTERNAL_H

#include "jq/json_tree.h"
#include "ingest/map.h"
#include "ingest/profile.h"

struct map {
	struct profiles profiles;
	struct topic_index *index;
	const char *filters[MAP_FILTERS_MAX];
	unsigned filter_count;
	/* Of the last run: */
	struct json_tree tree;
	uint32_t *matches;
	unsigned count, dropped;
	struct map_result *items;
};

struct run {
	struct map *map;
	const char *topic_text, *payload;
	size_t length;
	bool retained;
	struct wall now;
	struct topic topic;
	struct expr_source json, plain, *source; /* source: the entry's */
	bool parsed;                             /* the JSON was looked at; json_reason: and is not fine */
	char json_reason[MAP_REASON_BYTES];
	const struct map_entry *entry;
	char device[DEVICE_BYTES];            /* of the entry; "" = not known */
	bool emitted;                         /* an observation was made */
	const struct map_entry *ignore_entry; /* the first that passes the message over */
	const struct map_entry *soft_entry;   /* the first that could not read it, and why */
	char soft_reason[MAP_REASON_BYTES];
	char program_ignore[PROFILE_IGNORE_BYTES]; /* of a program's {ignore: "..."} */
};

/* map_make_filters finds the fewest filters that cover all topics. ERR_FULL: too many. */
enum err map_make_filters(struct map *map, struct errinfo *info) ERR_MUST_CHECK;

/* run_add adds a result that names the entry; NULL: there are too many. run_refuse adds a MAP_REJECT. */
struct map_result *run_add(struct run *run, enum map_kind kind);
void run_refuse(struct run *run, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* run_take_device checks a device's name; false: it was refused. */
bool run_take_device(struct run *run, const struct map_value *value, char out_device[DEVICE_BYTES]);

void run_emit(struct run *run, const struct emit *emit);
void run_program(struct run *run);
void run_senml(struct run *run);

#endif
