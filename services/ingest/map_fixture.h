/* SPDX-License-Identifier: MIT
 *
 * map_fixture: profiles written into a folder of their own, and results as one line of text, for the map's tests.
 */
#ifndef CURTAIN_INGEST_MAP_FIXTURE_H
#define CURTAIN_INGEST_MAP_FIXTURE_H

#include "ingest/map.h"

struct map_fixture {
	char folder[64];
	struct map *map;
};

/* fixture_init makes an empty folder; fixture_file writes a file into it. fixture_fini removes both and the map. */
void fixture_init(struct map_fixture *fixture);
void fixture_file(struct map_fixture *fixture, const char *name, const char *content);
void fixture_fini(struct map_fixture *fixture);

/* fixture_load loads the folder and asserts that it went well; fixture_fault asserts that it did not, and gives the
 * error without the folder: "a.yaml:3:9: ...". Valid until the next call. */
void fixture_load(struct map_fixture *fixture);
const char *fixture_fault(struct map_fixture *fixture);

/* fixture_map gives a map of one file with entries (indented by two, behind "entries:"). */
struct map_fixture fixture_map(const char *entries);

/* fixture_run maps a message at 2026-11-24T08:00:00Z and gives the results, one a line:
 * "device[/channel] quantity value[ @time][ "text"][ (note)]", "ignore: reason", "reject[ device]: reason". */
const char *fixture_run(struct map_fixture *fixture, const char *topic, const char *payload);
const char *fixture_run_bytes(struct map_fixture *fixture, const char *topic, const char *payload, size_t length);

#endif
