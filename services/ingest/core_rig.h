/* SPDX-License-Identifier: MIT
 *
 * core_rig: a core of ingest with the device d-1 of home h-1, its clock and the effects of its last call. All of it
 * asserts (cmocka). In the header, since each program of tests has its own.
 */
#ifndef CURTAIN_INGEST_CORE_RIG_H
#define CURTAIN_INGEST_CORE_RIG_H

#include "base/text.h"
#include "ingest/core.h"

#define NOON INT64_C(1772000000000) /* 2026-02-25 */
#define ALL_QUANTITIES (~UINT64_C(0))

static const struct ingest_core_config usual = {.future_ms = 5 * MS_PER_MINUTE,
	.past_ms = 400 * MS_PER_DAY,
	.alarm_past_ms = 24 * MS_PER_HOUR,
	.event_window_ms = 30 * MS_PER_SECOND,
	.silent_ms = 48 * MS_PER_HOUR,
	.battery_low = 15,
	.devices_max = 1000};

struct world {
	struct ingest_core *core;
	struct wall now;
	struct ingest_effects effects;
};

static inline void give(struct world *w, const struct entry *entry)
{
	assert_int_equal(ingest_core_entry(w->core, entry), ERR_OK);
}

static inline struct entry device_entry(const char *device, const char *household)
{
	struct entry entry = {.kind = ENTRY_DEVICE, .seq = 1};

	text_cut(entry.key, sizeof entry.key, device);
	text_cut(entry.body.device.household, sizeof entry.body.device.household, household);
	text_cut(entry.body.device.place, sizeof entry.body.device.place, "kitchen");
	return entry;
}

static inline struct entry consent_entry(
	const char *household, uint64_t quantities, struct wall from, struct wall until)
{
	struct entry entry = {.kind = ENTRY_CONSENT,
		.seq = 1,
		.body.consent = {.quantities = quantities, .from = from, .until = until}};

	text_cut(entry.key, sizeof entry.key, household);
	return entry;
}

static inline struct entry tombstone(enum entry_kind kind, const char *key)
{
	struct entry entry = {.kind = kind, .seq = 2, .deleted = true};

	text_cut(entry.key, sizeof entry.key, key);
	return entry;
}

static inline void agree(struct world *w, uint64_t quantities)
{
	struct entry entry = consent_entry("h-1", quantities, WALL_NONE, WALL_NONE);

	give(w, &entry);
}

static inline struct world open_with(const struct ingest_core_config *config)
{
	struct world w = {.now = {NOON}};
	struct entry device = device_entry("d-1", "h-1");

	assert_int_equal(ingest_core_create(config, &w.core, NULL), ERR_OK);
	give(&w, &device);
	agree(&w, ALL_QUANTITIES);
	return w;
}

static inline struct world open_world(void)
{
	return open_with(&usual);
}

static inline struct observation observe(enum quantity quantity, double value)
{
	return (struct observation){
		.profile = "p", .device = "d-1", .quantity = quantity, .value = value, .at = WALL_NONE};
}

static inline struct observation observe_at(enum quantity quantity, double value, int64_t ms)
{
	struct observation o = observe(quantity, value);

	o.at.ms = ms;
	return o;
}

static inline void feed(struct world *w, struct observation o)
{
	assert_int_equal(ingest_feed(w->core, &o, w->now, &w->effects), ERR_OK);
}

static inline void tick(struct world *w)
{
	assert_int_equal(ingest_tick(w->core, w->now, &w->effects), ERR_OK);
}

static inline const struct reading *reading_of(const struct world *w)
{
	for (unsigned i = 0; i < w->effects.count; i++)
		if (w->effects.items[i].kind == INGEST_READING)
			return &w->effects.items[i].as.reading;
	return NULL;
}

static inline const struct alert *alert_of(const struct world *w)
{
	for (unsigned i = 0; i < w->effects.count; i++)
		if (w->effects.items[i].kind == INGEST_ALERT)
			return &w->effects.items[i].as.alert;
	return NULL;
}

/* the_reading: there is exactly one effect that is a reading. */
static inline const struct reading *the_reading(const struct world *w)
{
	assert_int_equal(w->effects.count, 1);
	assert_int_equal(w->effects.items[0].kind, INGEST_READING);
	return &w->effects.items[0].as.reading;
}

static inline void assert_rejected(const struct world *w, enum ingest_reject reject)
{
	unsigned found = 0;

	for (unsigned i = 0; i < w->effects.count; i++)
		found += w->effects.items[i].kind == INGEST_REJECT && w->effects.items[i].as.reject == reject;
	assert_int_equal(found, 1);
	assert_null(reading_of(w));
}

static inline const struct alert *assert_alert(const struct world *w, const char *rule, enum alert_state state)
{
	const struct alert *alert = alert_of(w);

	assert_non_null(alert);
	assert_string_equal(alert->rule, rule);
	assert_int_equal(alert->state, state);
	assert_int_equal(alert->revision, state == ALERT_RAISED ? 1 : 2);
	return alert;
}

#endif
