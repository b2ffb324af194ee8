/* SPDX-License-Identifier: MIT */
#include "detector/rig.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"

struct zone *rig_zone;

int rig_open_zone(void **state)
{
	(void)state;
	return zone_load("+08:00", &rig_zone, NULL) ? -1 : 0;
}

int rig_close_zone(void **state)
{
	(void)state;
	zone_destroy(rig_zone);
	return 0;
}

/* ---- the configuration ---- */

struct detector_config rig_config(void)
{
	return (struct detector_config){.zone = rig_zone,
		.budget = {.attention_per_month = 4, .alarm_per_month = 1, .floor_ms = H(3), .ceiling_ms = H(24)},
		.limits = {.attention_ms = H(10),
			.alarm_ms = H(12),
			.one_person_attention_ms = H(10),
			.one_person_alarm_ms = H(14),
			.learning_ms = 14 * H(24),
			.learning_extra_ms = H(2)},
		.meter_fresh_ms = H(2.25),
		.device_quiet_ms = H(48),
		.ordered = true,
		.homes_max = 10};
}

void rig_rule(struct detector_config *config, const char *line)
{
	struct detector_rule rule;

	assert_int_equal(strchr(line, ' ') ? rules_parse(line, &rule, NULL) : rules_preset(line, &rule, NULL), ERR_OK);
	assert_int_equal(rules_add(config->rules, &config->rule_count, &rule, NULL), ERR_OK);
}

/* ---- the directory ---- */

struct entry rig_household(const char *id, bool deleted)
{
	struct entry entry = {.kind = ENTRY_HOUSEHOLD,
		.seq = 1,
		.deleted = deleted,
		.body.household = {.persons = 1, .away_from = WALL_NONE, .away_until = WALL_NONE}};

	text_cut(entry.key, sizeof entry.key, id);
	return entry;
}

struct entry rig_consent(const char *id, bool deleted, uint64_t quantities)
{
	struct entry entry = {.kind = ENTRY_CONSENT,
		.seq = 1,
		.deleted = deleted,
		.body.consent = {.quantities = quantities, .from = WALL_NONE, .until = WALL_NONE}};

	text_cut(entry.key, sizeof entry.key, id);
	return entry;
}

void rig_enter(struct detector_core *core, const struct entry *entry)
{
	assert_int_equal(detector_entry(core, entry), ERR_OK);
}

void rig_join(struct detector_core *core, const char *id)
{
	struct entry household = rig_household(id, false), consent = rig_consent(id, false, UINT64_MAX);

	rig_enter(core, &household);
	rig_enter(core, &consent);
}

void rig_device(struct detector_core *core, const char *id, const char *place)
{
	struct entry entry = {.kind = ENTRY_DEVICE, .seq = 1, .body.device.household = "h-1"};

	text_cut(entry.key, sizeof entry.key, id);
	text_cut(entry.body.device.place, sizeof entry.body.device.place, place);
	rig_enter(core, &entry);
}

/* ---- the core ---- */

struct rig *rig_open(const struct detector_config *config)
{
	struct rig *rig = calloc(1, sizeof *rig);

	assert_non_null(rig);
	rig->config = *config;
	assert_int_equal(detector_create(config, &rig->core, NULL), ERR_OK);
	rig_join(rig->core, "h-1");
	rig->total = 1000;
	rig->meter_ms = DAY0;
	return rig;
}

void rig_free(struct rig *rig)
{
	detector_destroy(rig->core);
	free(rig);
}

void rig_save(struct detector_core *from, struct detector_core *to)
{
	struct detector_state part;

	while (detector_dirty(from, &part))
		assert_int_equal(detector_restore(to, &part), ERR_OK);
}

void rig_gather(struct detector_core *core, int64_t now, struct alert *alerts, unsigned room, unsigned *count)
{
	struct detector_effects out;

	do {
		assert_int_equal(detector_tick(core, (struct wall){now}, &out), ERR_OK);
		for (unsigned i = 0; i < out.count; i++) {
			assert_true(*count < room);
			alerts[(*count)++] = out.items[i];
		}
	} while (out.count == DETECTOR_EFFECTS_MAX);
}

void rig_tick(struct rig *rig, int64_t now)
{
	rig_gather(rig->core, now, rig->alerts, RIG_ALERTS, &rig->count);
}

const struct alert *rig_last(const struct rig *rig)
{
	assert_true(rig->count > 0);
	return &rig->alerts[rig->count - 1];
}

/* ---- readings ---- */

struct reading rig_reading(const char *device, enum quantity quantity, double value, int64_t at)
{
	struct reading r = {.quantity = quantity,
		.value = value,
		.delta = NAN,
		.since = WALL_NONE,
		.at = {at},
		.received = {at},
		.household = "h-1"};

	text_cut(r.device, sizeof r.device, device);
	return r;
}

void rig_feed(struct rig *rig, const struct reading *r)
{
	if (rig->ticks)
		rig_tick(rig, r->at.ms);
	assert_int_equal(detector_feed(rig->core, r), ERR_OK);
}

void rig_event(struct rig *rig, const char *device, enum quantity quantity, double value, int64_t at)
{
	struct reading r = rig_reading(device, quantity, value, at);

	rig_feed(rig, &r);
}

struct reading rig_water_of(struct rig *rig, double litres, int64_t at)
{
	struct reading r = rig_reading("w-1", QUANTITY_WATER_TOTAL, rig->total += litres, at);

	r.delta = litres;
	r.since.ms = rig->meter_ms;
	rig->meter_ms = at;
	return r;
}

void rig_water(struct rig *rig, double litres, int64_t at)
{
	struct reading r = rig_water_of(rig, litres, at);

	rig_feed(rig, &r);
}

void rig_hours(struct rig *rig, double litres, int64_t until)
{
	while (rig->meter_ms + H(1) <= until)
		rig_water(rig, litres, rig->meter_ms + H(1));
}

struct detector_config rig_config_of(const char *preset)
{
	struct detector_config config = rig_config();

	config.homes_max = 1000;
	rig_rule(&config, preset);
	return config;
}

void rig_live_long(struct rig *rig)
{
	for (int day = 0; day < 15; day++) {
		rig_hours(rig, 0, DAY0 + day * H(24) + H(7));
		rig_hours(rig, 20, DAY0 + day * H(24) + H(22));
		rig_hours(rig, 0, DAY0 + (day + 1) * H(24));
	}
	rig_tick(rig, rig->meter_ms);
	assert_int_equal(rig->count, 0);
}
