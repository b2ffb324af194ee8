/* SPDX-License-Identifier: MIT
 *
 * Pages of a home's history, as records gives them and a learner takes them: what is read is written and read again the
 * same, and no page, whatever it says, makes a learner raise anything about the past or leave its bounds.
 */
#include <string.h>

#include "codec/codec.h"
#include "codec/history.h"
#include "detector/core.h"
#include "fuzz.h"

static struct zone *zone;

static void release(void)
{
	zone_destroy(zone);
}

/* read_page gives the items of a page, encoded and joined, and their number; NULL: it is no page. */
static char *read_page(const char *json, size_t length, struct history_head *head, unsigned *out_count)
{
	struct history *history;
	struct reading reading;
	struct buf items;
	enum err err;

	if (history_open(json, length, &history, head, NULL))
		return NULL;
	FUZZ_CHECK(head->household[0] && head->count <= HISTORY_ITEMS_MAX);
	FUZZ_CHECK(!head->more || wall_is_set(head->last));
	buf_init(&items, 64u << 20);
	FUZZ_CHECK(!buf_text(&items, ""));
	*out_count = 0;
	while ((err = history_next(history, &reading, NULL)) != ERR_NOT_FOUND) {
		if (err)
			continue;
		FUZZ_CHECK(!strcmp(reading.household, head->household));
		FUZZ_CHECK(!codec_reading_encode(&reading, &items));
		++*out_count;
	}
	history_close(history);
	return items.data;
}

static struct detector_core *core_new(const char *household)
{
	struct detector_config config = {.zone = zone,
		.budget = {.attention_per_month = 4,
			.alarm_per_month = 1,
			.floor_ms = 3 * MS_PER_HOUR,
			.ceiling_ms = 24 * MS_PER_HOUR},
		.meter_fresh_ms = 2 * MS_PER_HOUR,
		.device_quiet_ms = MS_PER_DAY,
		.ordered = true,
		.homes_max = 2};
	struct entry entry = {.kind = ENTRY_HOUSEHOLD, .seq = 1, .body.household.persons = 1};
	struct detector_core *core;

	FUZZ_CHECK(!rules_preset("silence", &config.rules[config.rule_count++], NULL));
	FUZZ_CHECK(!detector_create(&config, &core, NULL));
	snprintf(entry.key, sizeof entry.key, "%s", household);
	FUZZ_CHECK(!detector_entry(core, &entry));
	entry.kind = ENTRY_CONSENT;
	entry.body.consent.quantities = UINT64_MAX;
	entry.body.consent.from = entry.body.consent.until = WALL_NONE;
	FUZZ_CHECK(!detector_entry(core, &entry));
	return core;
}

static void learn(const char *json, size_t length)
{
	struct history *history;
	struct history_head head;
	struct reading reading;
	struct detector_effects unheard;
	static struct detector_habit_view view;
	struct detector_core *core, *learner;
	enum err err;

	FUZZ_CHECK(!history_open(json, length, &history, &head, NULL));
	core = core_new(head.household);
	FUZZ_CHECK(!detector_learner(core, head.household, &learner));
	while ((err = history_next(history, &reading, NULL)) != ERR_NOT_FOUND) {
		if (err)
			continue;
		reading.received = reading.at;
		FUZZ_CHECK(!detector_feed(learner, &reading));
		do
			FUZZ_CHECK(!detector_tick(learner, reading.at, &unheard));
		while (unheard.count == DETECTOR_EFFECTS_MAX);
	}
	FUZZ_CHECK(!detector_adopt(core, learner, head.household));
	FUZZ_CHECK(!detector_habit(core, head.household, &view));
	FUZZ_CHECK(!detector_tick(core, (struct wall){INT64_C(1772380800000)}, &unheard) && !unheard.count);
	history_close(history);
	detector_destroy(learner);
	detector_destroy(core);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history_head head, again_head;
	unsigned count, again_count;
	struct buf page;

	if (!zone) {
		FUZZ_CHECK(!zone_load("+08:00", &zone, NULL));
		atexit(release);
	}
	char *items = read_page((const char *)data, size, &head, &count);
	if (!items)
		return 0;
	head.count = count;
	buf_init(&page, 64u << 20);
	FUZZ_CHECK(!history_encode(&head, items, strlen(items), &page));
	char *again = read_page(page.data, page.length, &again_head, &again_count);
	FUZZ_CHECK(again && again_count == count && !strcmp(again, items));
	FUZZ_CHECK(again_head.more == head.more && again_head.last.ms == head.last.ms);
	learn((const char *)data, size);
	buf_fini(&page);
	free(again);
	free(items);
	return 0;
}
