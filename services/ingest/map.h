/* SPDX-License-Identifier: MIT
 *
 * map: profiles (YAML files, docs/profiles.md) compiled into programs that turn a vendor's message into observations.
 * libjq and jansson-free callers: nothing of jq appears here. One map per thread; a map is immutable after load.
 */
#ifndef CURTAIN_INGEST_MAP_H
#define CURTAIN_INGEST_MAP_H

#include <stddef.h>

#include "base/err.h"
#include "ingest/observation.h"

#define MAP_PAYLOAD_BYTES_MAX (256u << 10) /* larger payloads are rejected before they are parsed */
#define MAP_DEPTH_MAX 32u
#define MAP_RESULTS_MAX 512u
#define MAP_FILTERS_MAX 256u
#define MAP_REASON_BYTES 160

enum map_kind { MAP_OBSERVATION, MAP_IGNORE, MAP_REJECT };

/* map_result: reason is a stable word, then optionally ": " and detail ("bad_json: line 3 column 9", "no_profile",
 * "not_a_number: value", "range: 250 Cel", "unknown_quantity: watre", "unknown_unit: gal", "too_large", "too_deep",
 * "bad_utf8", "jq: ..."). */
struct map_result {
	enum map_kind kind;
	struct observation observation; /* MAP_OBSERVATION; for the others profile, entry and device where known */
	char reason[MAP_REASON_BYTES];
};

struct map_results {
	unsigned count;
	unsigned dropped;         /* beyond MAP_RESULTS_MAX: the message is rejected with reason too_many */
	struct map_result *items; /* owned by the map, valid until the next map_run */
};

struct map;

/* map_load compiles each *.yaml of folder (in name order). All or nothing; info gives file, line and column of the
 * fault. */
enum err map_load(const char *folder, struct map **out_map, struct errinfo *info) ERR_MUST_CHECK;
void map_destroy(struct map *map);

/* map_filters gives the fewest MQTT filters that cover every entry's topic (none covered by another). */
unsigned map_filters(const struct map *map, const char *out_filters[MAP_FILTERS_MAX]);

/* map_run maps one message. Never fails: what cannot be mapped is a MAP_REJECT, what is understood and carries nothing
 * of use a MAP_IGNORE; there is always at least one result. retained marks observations; now serves relative times
 * (SenML). */
void map_run(struct map *map, const char *topic, const char *payload, size_t length, bool retained, struct wall now,
	struct map_results *out_results);

#endif
