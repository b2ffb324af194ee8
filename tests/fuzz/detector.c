/* SPDX-License-Identifier: MIT
 *
 * What the detector reads back from its store, and its rules in words. The first byte says which: 'c' and 'h' the cold
 * and the hot part of a home, 'r' a rule. Whatever comes back is lived with for a day, written and read once more.
 */
#include <math.h>
#include <string.h>

#include "detector/core.h"
#include "fuzz.h"

#define NOON INT64_C(1772380800000)

static struct zone *zone;

static struct detector_core *core_new(void)
{
	struct detector_config config = {.zone = zone,
		.budget = {.attention_per_month = 4,
			.alarm_per_month = 1,
			.floor_ms = 3 * MS_PER_HOUR,
			.ceiling_ms = 24 * MS_PER_HOUR},
		.limits = {.attention_ms = 10 * MS_PER_HOUR,
			.alarm_ms = 12 * MS_PER_HOUR,
			.one_person_attention_ms = 10 * MS_PER_HOUR,
			.one_person_alarm_ms = 12 * MS_PER_HOUR},
		.meter_fresh_ms = 2 * MS_PER_HOUR,
		.device_quiet_ms = MS_PER_DAY,
		.ordered = true,
		.homes_max = 10};
	static const char *const presets[] = {"silence", "water_changning", "door_changning", "water_open_tap",
		"water_drip", "gas_long", "door_open_night", "left_at_night", "room_cold", "decline"};
	struct entry household = {.kind = ENTRY_HOUSEHOLD, .key = "h-1", .seq = 1};
	struct entry consent = {.kind = ENTRY_CONSENT, .key = "h-1", .seq = 1};
	struct detector_core *core;
	struct detector_rule rule;

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
		FUZZ_CHECK(!rules_preset(presets[i], &rule, NULL) &&
			   !rules_add(config.rules, &config.rule_count, &rule, NULL));
	consent.body.consent.quantities = UINT64_MAX;
	consent.body.consent.from = consent.body.consent.until = WALL_NONE;
	FUZZ_CHECK(!detector_create(&config, &core, NULL));
	FUZZ_CHECK(!detector_entry(core, &household) && !detector_entry(core, &consent));
	return core;
}

static void tick(struct detector_core *core, int64_t now)
{
	struct detector_effects out;

	do {
		FUZZ_CHECK(!detector_tick(core, (struct wall){now}, &out));
		for (unsigned i = 0; i < out.count; i++)
			FUZZ_CHECK(out.items[i].id[0] && out.items[i].household[0] && out.items[i].reason_zh[0]);
	} while (out.count == DETECTOR_EFFECTS_MAX);
}

/* live lets a day pass. */
static void live(struct detector_core *core)
{
	for (int hour = 1; hour <= 24; hour++) {
		struct reading r = {.device = "w-1",
			.household = "h-1",
			.quantity = hour % 5 ? QUANTITY_WATER_TOTAL : QUANTITY_CONTACT,
			.value = hour,
			.delta = hour % 7 ? 1 : NAN,
			.since = {NOON + (hour - 1) * MS_PER_HOUR},
			.at = {NOON + hour * MS_PER_HOUR},
			.received = {NOON + hour * MS_PER_HOUR}};
		FUZZ_CHECK(!detector_feed(core, &r));
		tick(core, r.at.ms);
	}
	tick(core, NOON + 3 * MS_PER_DAY);
}

/* fit makes the input the hot part of a home that has lived a day in core. */
static void fit(struct detector_core *core, struct detector_state *state)
{
	static struct detector_state part;
	struct detector_core *model = core_new();

	live(model);
	while (detector_dirty(model, &part)) {
		if (strchr(part.key, '*'))
			FUZZ_CHECK(!detector_restore(core, &part));
		else if (state->length >= 5) /* its version and shape */
			memcpy(state->blob, part.blob, 5);
	}
	detector_destroy(model);
}

static void restore(struct detector_state *state)
{
	static struct detector_state part;
	struct detector_core *core = core_new(), *other = core_new();

	if (strchr(state->key, '/'))
		fit(core, state);
	enum err err = detector_restore(core, state);
	FUZZ_CHECK(!err || err == ERR_CORRUPT || err == ERR_VERSION);
	live(core);
	while (detector_dirty(core, &part))
		FUZZ_CHECK(!detector_restore(other, &part));
	live(other);
	detector_destroy(core);
	detector_destroy(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct detector_state state;
	struct detector_rule rule;

	if (!zone)
		FUZZ_CHECK(!zone_load("+08:00", &zone, NULL));
	if (size < 2 || size > sizeof state.blob)
		return 0;
	if (data[0] == 'r') {
		char *text = fuzz_text(data + 1, size - 1);
		if (!rules_parse(text, &rule, NULL))
			FUZZ_CHECK(rule.name[0] && rule.kind < DETECTOR_RULE_KIND_COUNT);
		free(text);
		return 0;
	}
	snprintf(state.key, sizeof state.key, "h-1%c", data[0] == 'c' ? '*' : '/');
	state.length = size - 1;
	memcpy(state.blob, data + 1, size - 1);
	restore(&state);
	return 0;
}
