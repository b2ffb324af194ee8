/* SPDX-License-Identifier: MIT
 *
 * What the detector reads back from its store, and its rules in words. The first byte says which: 'c', 'b', 'h' the
 * cold part of a home, its habits, its hot part; 'C', 'B', 'H' patches of the same part of a home that has lived two
 * weeks (three bytes each: an offset, little-endian, and the byte that stands there instead; offset 65535 cuts it to as
 * many bytes); 'r' a rule; 'u' a community's budget. Sums are made to fit, so that what is behind them is reached.
 * Whatever comes back is lived with for a day, written and read once more.
 */
#include <math.h>
#include <string.h>

#include "detector/budgets.h"
#include "detector/core.h"
#include "detector/core_internal.h"
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
		"water_drip", "gas_long", "door_open_night", "left_at_night", "room_cold", "decline", "appointment"};
	struct entry household = {.kind = ENTRY_HOUSEHOLD, .key = "h-1", .seq = 1};
	struct entry consent = {.kind = ENTRY_CONSENT, .key = "h-1", .seq = 1};
	struct entry appointment = {
		.kind = ENTRY_APPOINTMENT, .key = "a-1", .seq = 1, .body.appointment = {.household = "h-1"}};
	struct detector_core *core;
	struct detector_rule rule;

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
		FUZZ_CHECK(!rules_preset(presets[i], &rule, NULL) &&
			   !rules_add(config.rules, &config.rule_count, &rule, NULL));
	consent.body.consent.quantities = UINT64_MAX;
	consent.body.consent.from = consent.body.consent.until = WALL_NONE;
	FUZZ_CHECK(!detector_create(&config, &core, NULL));
	FUZZ_CHECK(!detector_entry(core, &household) && !detector_entry(core, &consent));
	appointment.body.appointment.terms = (struct appointment){.sign = APPOINTMENT_CALL,
		.weekdays = 127,
		.by_min = 450,
		.grace_min = 30,
		.from = DAY_NONE,
		.until = DAY_NONE,
		.paused_from = DAY_NONE,
		.paused_until = DAY_NONE};
	FUZZ_CHECK(!detector_entry(core, &appointment));
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

static void hear(
	struct detector_core *core, const char *device, enum quantity quantity, double value, double delta, int64_t at)
{
	struct reading r = {.household = "h-1",
		.quantity = quantity,
		.value = value,
		.delta = delta,
		.since = {isnan(delta) ? WALL_NONE.ms : at - MS_PER_HOUR},
		.at = {at},
		.received = {at}};

	snprintf(r.device, sizeof r.device, "%s", device);
	FUZZ_CHECK(!detector_feed(core, &r));
}

/* live lets a day pass. */
static void live(struct detector_core *core, int64_t from)
{
	for (int hour = 1; hour <= 24; hour++) {
		int64_t at = from + hour * MS_PER_HOUR;
		bool water = hour % 5;
		hear(core, "w-1", water ? QUANTITY_WATER_TOTAL : QUANTITY_CONTACT, hour, hour % 7 ? 1 : NAN, at);
		tick(core, at);
	}
	tick(core, from + 3 * MS_PER_DAY);
}

/* live_long: two weeks with all that is metered, doors and motion; on the last evening all falls silent. */
static void live_long(struct detector_core *core)
{
	for (int hour = -14 * 24; hour < -6; hour++) {
		int64_t at = NOON + hour * MS_PER_HOUR;
		bool up = (hour + 24 * 20) % 24 > 6;
		hear(core, "w-1", QUANTITY_WATER_TOTAL, 5000 + hour, up ? 15 : 0, at);
		hear(core, "g-1", QUANTITY_GAS_TOTAL, 5000 + hour, hour % 6 ? 0 : 40, at);
		hear(core, "e-1", QUANTITY_ENERGY_TOTAL, 9000 + hour, up ? 300 : 50, at);
		hear(core, "t-1", QUANTITY_TEMPERATURE, 19, NAN, at);
		for (int i = 0; i < 3 && up; i++)
			hear(core, "m-1", QUANTITY_MOTION, 1, NAN, at + i * MS_PER_MINUTE);
		hear(core, "d-1", QUANTITY_CONTACT, hour % 2, NAN, at + 4 * MS_PER_MINUTE);
		tick(core, at + 5 * MS_PER_MINUTE);
	}
}

static void patch(struct detector_state *state, const uint8_t *data, size_t size)
{
	for (; size >= 3; data += 3, size -= 3) {
		size_t offset = (size_t)data[0] | (size_t)data[1] << 8;
		if (offset < state->length)
			state->blob[offset] = data[2];
		else if (offset == 0xffff && data[2] >= 5 && data[2] < state->length)
			state->length = data[2];
	}
}

static void sum(struct detector_state *state)
{
	size_t length = state->length - STATE_SUM_BYTES;
	uint32_t fits = detect_state_sum(state->key, state->blob, length);

	for (unsigned i = 0; i < STATE_SUM_BYTES; i++)
		state->blob[length + i] = (unsigned char)(fits >> 8 * i);
}

/* take restores a part that may be anything. */
static void take(struct detector_core *core, const struct detector_state *state)
{
	enum err err = detector_restore(core, state);

	FUZZ_CHECK(!err || err == ERR_CORRUPT || err == ERR_VERSION);
}

/* change makes the input of a part as it was written; the first byte of the input says how. */
static void change(struct detector_state *state, const uint8_t *data, size_t size)
{
	/* What is no patch keeps its version, and the shape that a hot part goes with. */
	size_t from = data[0] == 'h' && size > 6 ? 5 : 0;

	if (data[0] < 'a') {
		patch(state, data + 1, size - 1);
	} else {
		memcpy(state->blob + from, data + 1 + from, size - 1 - from);
		state->length = size - 1;
	}
	if (state->length > STATE_SUM_BYTES + 1 && state->blob[0] != 1)
		sum(state);
}

/* lived gives the parts of a home that has lived; NULL after the last one. */
static const struct detector_state *lived(unsigned i)
{
	static struct detector_state parts[4];
	static unsigned count;

	if (!count) {
		struct detector_core *model = core_new();
		live_long(model);
		while (count < 4 && detector_dirty(model, &parts[count]))
			count++;
		FUZZ_CHECK(count == 3);
		detector_destroy(model);
	}
	return i < count ? &parts[i] : NULL;
}

/* restore gives core the parts of a home that has lived, one of them changed. */
static void restore(struct detector_core *core, char letter, const uint8_t *data, size_t size)
{
	static struct detector_state part;
	const struct detector_state *one;

	for (unsigned i = 0; (one = lived(i)); i++) {
		part = *one;
		if (part.key[strlen(part.key) - 1] == letter)
			change(&part, data, size);
		take(core, &part);
	}
}

static void restore_and_live(const uint8_t *data, size_t size)
{
	static struct detector_state part;
	struct detector_core *core = core_new(), *other = core_new();
	char kind = (char)(data[0] | 0x20);

	restore(core, kind == 'h' ? '/' : kind == 'b' ? '~' : '*', data, size);
	live(core, NOON);
	while (detector_dirty(core, &part))
		FUZZ_CHECK(!detector_restore(other, &part));
	live(other, NOON + 3 * MS_PER_DAY);
	detector_destroy(core);
	detector_destroy(other);
}

static void read_budget(const char *text)
{
	const struct detector_budget standard = {
		.attention_per_month = 4, .alarm_per_month = 1, .floor_ms = MS_PER_HOUR, .ceiling_ms = MS_PER_DAY};
	struct detector_community c;
	struct errinfo info = {0};

	if (budgets_parse(text, &standard, &c, &info)) {
		FUZZ_CHECK(info.text[0]);
		return;
	}
	FUZZ_CHECK(c.id[0] && c.budget.alarm_per_month >= 0.05 && c.budget.attention_per_month <= 30);
	FUZZ_CHECK(c.budget.attention_per_month >= c.budget.alarm_per_month);
	FUZZ_CHECK(c.budget.floor_ms >= MS_PER_HOUR && c.budget.floor_ms <= c.budget.ceiling_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct detector_rule rule;

	if (!zone)
		FUZZ_CHECK(!zone_load("+08:00", &zone, NULL));
	if (size < 2 || size > DETECTOR_STATE_BYTES_MAX)
		return 0;
	if (data[0] == 'r') {
		char *text = fuzz_text(data + 1, size - 1);
		if (!rules_parse(text, &rule, NULL))
			FUZZ_CHECK(rule.name[0] && rule.kind < DETECTOR_RULE_KIND_COUNT);
		free(text);
		return 0;
	}
	if (data[0] == 'u') {
		char *text = fuzz_text(data + 1, size - 1);
		read_budget(text);
		free(text);
		return 0;
	}
	if (strchr("cbhCBH", data[0]))
		restore_and_live(data, size);
	return 0;
}
