/* SPDX-License-Identifier: MIT
 *
 * What ingest and the dispatcher read back from their stores. The input patches a real state: the first byte says
 * whose ('i', 'd'), then each three bytes are an offset (little-endian) and the byte that stands there instead. What is
 * taken is lived with: the core goes on, and its state is written and read once more.
 */
#include <string.h>

#include "dispatcher/incident/incident.h"
#include "fuzz.h"
#include "ingest/core.h"

#define NOON INT64_C(1772424000000)

static size_t patch(unsigned char *blob, size_t length, const uint8_t *data, size_t size)
{
	for (; size >= 3; data += 3, size -= 3) {
		size_t offset = (size_t)data[0] | (size_t)data[1] << 8;
		if (offset < length)
			blob[offset] = data[2];
		else if (offset == 0xffff && data[2] < length) /* a state that ends early */
			length = data[2];
	}
	return length;
}

/* ---- ingest ---- */

static struct ingest_core *ingest_new(void)
{
	static const struct ingest_core_config config = {.future_ms = 5 * MS_PER_MINUTE,
		.past_ms = 400 * MS_PER_DAY,
		.alarm_past_ms = MS_PER_DAY,
		.event_window_ms = 30 * MS_PER_SECOND,
		.silent_ms = 48 * MS_PER_HOUR,
		.battery_low = 15,
		.devices_max = 100};
	struct entry device = {.kind = ENTRY_DEVICE, .key = "d-1", .seq = 1, .body.device.household = "h-1"};
	struct entry consent = {.kind = ENTRY_CONSENT, .key = "h-1", .seq = 2};
	struct ingest_core *core;

	consent.body.consent.quantities = UINT64_MAX;
	consent.body.consent.from = consent.body.consent.until = WALL_NONE;
	FUZZ_CHECK(!ingest_core_create(&config, &core, NULL));
	FUZZ_CHECK(!ingest_core_entry(core, &device) && !ingest_core_entry(core, &consent));
	return core;
}

static void ingest_live(struct ingest_core *core, int64_t from)
{
	static const enum quantity quantities[] = {
		QUANTITY_WATER_TOTAL, QUANTITY_SMOKE, QUANTITY_SOS, QUANTITY_BATTERY};
	struct ingest_effects out;

	for (int i = 0; i < 12; i++) {
		struct observation o = {
			.device = "d-1", .quantity = quantities[i % 4], .value = i % 3, .at = WALL_NONE};
		FUZZ_CHECK(!ingest_feed(core, &o, (struct wall){from + i * MS_PER_HOUR}, &out));
		FUZZ_CHECK(!ingest_tick(core, (struct wall){from + i * MS_PER_HOUR + 1}, &out));
	}
}

static void ingest_states(const uint8_t *data, size_t size)
{
	struct ingest_core *first = ingest_new(), *second = ingest_new(), *third = ingest_new();
	static struct ingest_state state;

	ingest_live(first, NOON);
	while (ingest_dirty(first, &state)) {
		state.length = patch(state.blob, state.length, data, size);
		enum err err = ingest_restore(second, &state);
		FUZZ_CHECK(!err || err == ERR_CORRUPT || err == ERR_VERSION || err == ERR_NOT_FOUND || err == ERR_FULL);
	}
	ingest_live(second, NOON + MS_PER_DAY);
	while (ingest_dirty(second, &state))
		if (state.length)
			FUZZ_CHECK(!ingest_restore(third, &state));
	ingest_core_destroy(first);
	ingest_core_destroy(second);
	ingest_core_destroy(third);
}

/* ---- the dispatcher ---- */

static struct zone *zone;

static struct incident_core *incident_new(void)
{
	struct incident_config config = {.duty = {.zone = zone,
						 .day_from_min = 420,
						 .night_from_min = 1140,
						 .accept_life_s = 60,
						 .accept_alarm_s = 120,
						 .accept_attention_s = 600,
						 .arrive_s = 1200,
						 .desk = "desk"},
		.done_ms = 2 * MS_PER_HOUR,
		.keep_ms = 7 * MS_PER_DAY};
	struct entry entries[] = {
		{.kind = ENTRY_TEAM, .key = "t-1", .seq = 1, .body.team = {.captain = "cap", .desk = "desk-1"}},
		{.kind = ENTRY_VOLUNTEER,
			.key = "v-1",
			.seq = 2,
			.body.volunteer = {.team = "t-1", .day = true, .night = true, .weekdays = 127}},
		{.kind = ENTRY_HOUSEHOLD, .key = "h-1", .seq = 3, .body.household = {.team = "t-1", .persons = 1}}};
	struct incident_core *core;
	static struct incident_effects out;

	FUZZ_CHECK(!incident_core_create(&config, &core, NULL));
	for (size_t i = 0; i < sizeof entries / sizeof *entries; i++)
		FUZZ_CHECK(!incident_core_entry(core, &entries[i], (struct wall){NOON}, &out));
	return core;
}

static void incident_live(struct incident_core *core, const char *alert, int64_t from)
{
	struct alert sos = {.revision = 1,
		.household = "h-1",
		.kind = ALERT_SOS,
		.level = ALERT_LIFE,
		.state = ALERT_RAISED,
		.rule = "sos",
		.onset = {from},
		.at = {from},
		.confidence = 1};
	static struct incident_effects out;

	snprintf(sos.id, sizeof sos.id, "%s", alert);
	FUZZ_CHECK(!incident_feed(core, &sos, (struct wall){from}, &out));
	for (int i = 0; i < 400; i++) /* each call may leave some effects for the next */
		FUZZ_CHECK(!incident_tick(core, (struct wall){from + i * MS_PER_MINUTE}, &out));
}

static void incident_states(const uint8_t *data, size_t size)
{
	struct incident_core *first = incident_new(), *second = incident_new(), *third = incident_new();
	static struct incident_state_blob state;

	incident_live(first, "a-1", NOON);
	while (incident_dirty(first, &state)) {
		if (state.length >
			8) { /* as of the version before, whose end is no checksum, or a patch is only refused */
			state.length -= 8;
			state.blob[0] = 3;
		}
		state.length = patch(state.blob, state.length, data, size);
		enum err err = incident_restore(second, &state);
		FUZZ_CHECK(!err || err == ERR_CORRUPT || err == ERR_VERSION);
	}
	incident_live(second, "a-2", NOON + 8 * MS_PER_HOUR);
	while (incident_dirty(second, &state))
		if (state.length)
			FUZZ_CHECK(!incident_restore(third, &state));
	incident_core_destroy(first);
	incident_core_destroy(second);
	incident_core_destroy(third);
}

static void release(void)
{
	zone_destroy(zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!zone) {
		FUZZ_CHECK(!zone_load("+08:00", &zone, NULL));
		atexit(release);
	}
	if (size && data[0] == 'i')
		ingest_states(data + 1, size - 1);
	if (size && data[0] == 'd')
		incident_states(data + 1, size - 1);
	return 0;
}
