/* SPDX-License-Identifier: MIT
 *
 * The map, with entries of each format: whatever arrives, there is a result, each is whole, and the same message again
 * gives the same. The input is a topic, a line end, and a payload.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "ingest/map.h"

static void check(const struct map_result *r)
{
	const struct observation *o = &r->observation;

	FUZZ_CHECK(text_is_utf8(r->reason, strlen(r->reason)));
	if (r->kind != MAP_OBSERVATION) {
		FUZZ_CHECK(*r->reason);
		return;
	}
	const struct quantity_info *info = quantity_info(o->quantity);
	FUZZ_CHECK(isfinite(o->value) && o->value >= info->min && o->value <= info->max);
	FUZZ_CHECK(text_is_label(o->device));
	FUZZ_CHECK(text_is_utf8(o->channel, strlen(o->channel)) && text_is_utf8(o->text, strlen(o->text)));
	FUZZ_CHECK(!wall_is_set(o->at) || o->at.ms > 0);
}

static struct map *map;

/* jq keeps only a pointer to the end of its stack: what is not freed at the end looks lost. */
static void release(void)
{
	map_destroy(map);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errinfo info = {0};
	struct map_results results;
	const uint8_t *line = memchr(data, '\n', size);
	size_t head = line ? (size_t)(line - data) : 0;
	size_t length = line ? size - head - 1 : 0;

	if (!map) {
		if (map_load(FUZZ_PROFILES, &map, &info)) {
			fprintf(stderr, "%s:%d: %s\n", info.file, info.line, info.text);
			abort();
		}
		atexit(release);
	}
	char *topic = fuzz_text(data, head);
	char *payload = malloc(length + 1); /* of its own size, so that a byte too far is seen */
	FUZZ_CHECK(payload);
	if (length)
		memcpy(payload, line + 1, length);
	map_run(map, topic, payload, length, false, (struct wall){.ms = 1795507200000}, &results);
	FUZZ_CHECK(results.count > 0 && results.count <= MAP_RESULTS_MAX);
	for (unsigned i = 0; i < results.count; i++)
		check(&results.items[i]);
	free(payload);
	free(topic);
	return 0;
}
