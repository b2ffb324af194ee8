/* SPDX-License-Identifier: MIT
 *
 * The devices' health: what ails one is one maintenance alert while it lasts. Nothing here pages anybody at night.
 *
 * Silence is watched with one timer a device that is not moved when the device speaks; when it fires, the time last
 * heard says whether it was right. So a message costs nothing here.
 */
#include "core_internal.h"

#include <math.h>
#include <string.h>

/* After a start the first silences wait this long: what the broker kept for us has to be read first. */
#define CORE_GRACE_MS (15 * MS_PER_MINUTE)
/* A household's "1" key (records gives each home one): a telephone speaks when it is used, and not before. */
#define CORE_PLACE_HANDSET "phone"
#define CORE_BATTERY_GOOD 10.0 /* this much above battery_low: changed, not just warmer */

enum err core_health_arm(struct ingest_core *core, struct device *device, struct wall due)
{
	if (core->config.silent_ms <= 0 || !strcmp(device->place, CORE_PLACE_HANDSET))
		return ERR_OK;
	return timerq_set(&core->silence, device->node.slot, due);
}

enum err core_health_set(struct ingest_core *core, struct device *device, enum ailment ailment, bool ill, double value,
	struct wall onset, struct wall now, struct ingest_effects *out)
{
	if (ill == wall_is_set(device->onset[ailment]))
		return ERR_OK;
	if (ill)
		device->onset[ailment] = onset;
	core_push_ailment(out, device, ailment, ill ? ALERT_RAISED : ALERT_CLEARED, value, now);
	if (!ill)
		device->onset[ailment] = WALL_NONE;
	return core_dirty(core, &device->node);
}

enum err core_health_heard(struct ingest_core *core, struct device *device, struct wall now, struct ingest_effects *out)
{
	bool silent = wall_is_set(device->onset[AILMENT_SILENT]);

	/* The subtraction of WALL_NONE would overflow. */
	if (!silent && wall_is_set(device->seen) && llabs(now.ms - device->seen.ms) < CORE_SEEN_STEP_MS)
		return ERR_OK;
	bool back = now.ms < device->seen.ms; /* our own clock had been ahead */
	device->seen = now;
	enum err err = core_dirty(core, &device->node);
	if (!err && silent)
		err = core_health_set(core, device, AILMENT_SILENT, false, NAN, now, now, out);
	if (!err && (silent || back))
		err = core_health_arm(core, device, wall_plus(now, core->config.silent_ms));
	return err;
}

static enum err battery_judge(struct ingest_core *core, struct device *device, const struct reading *reading,
	struct wall now, struct ingest_effects *out)
{
	device->battery = reading->value;
	if (reading->value < core->config.battery_low)
		return core_health_set(core, device, AILMENT_BATTERY, true, reading->value, reading->at, now, out);
	if (reading->value >= core->config.battery_low + CORE_BATTERY_GOOD)
		return core_health_set(core, device, AILMENT_BATTERY, false, reading->value, reading->at, now, out);
	return ERR_OK;
}

enum err core_health_judge(struct ingest_core *core, struct device *device, const struct reading *reading,
	struct wall now, struct ingest_effects *out)
{
	if (reading->quantity == QUANTITY_BATTERY)
		return battery_judge(core, device, reading, now, out);
	if (reading->quantity == QUANTITY_ONLINE)
		return core_health_set(
			core, device, AILMENT_OFFLINE, reading->value == 0, reading->value, reading->at, now, out);
	if (reading->quantity == QUANTITY_FAULT)
		return core_health_set(
			core, device, AILMENT_FAULT, reading->value != 0, reading->value, reading->at, now, out);
	if (reading->quantity == QUANTITY_SIGNAL)
		device->signal = reading->value;
	return ERR_OK;
}

/* silence_judge: the device's timer has come. */
static enum err silence_judge(
	struct ingest_core *core, struct device *device, struct wall now, struct ingest_effects *out)
{
	int64_t silent_ms = core->config.silent_ms;
	struct wall heard = device->seen.ms > device->since.ms ? device->seen : device->since;

	if (!wall_is_set(heard) || !core_home_agrees(device->home, now)) { /* counts from now, or from the consent */
		device->since = now;
		enum err err = core_dirty(core, &device->node);
		return err ? err : core_health_arm(core, device, wall_plus(now, silent_ms));
	}
	struct wall due = wall_plus(heard, silent_ms);
	struct wall settled = wall_plus(core->first_now, silent_ms < CORE_GRACE_MS ? silent_ms : CORE_GRACE_MS);
	if (due.ms < settled.ms)
		due = settled;
	if (due.ms > now.ms)
		return core_health_arm(core, device, due);
	double hours = (double)(now.ms - heard.ms) / (double)MS_PER_HOUR;
	return core_health_set(core, device, AILMENT_SILENT, true, hours, heard, now, out);
}

static void leaving_clear(struct ingest_core *core, struct wall now, struct ingest_effects *out)
{
	while (core->leaving) {
		struct device *device = core->leaving;
		for (int i = 0; i < AILMENT_COUNT; i++) {
			if (!wall_is_set(device->onset[i]))
				continue;
			if (out->count == INGEST_EFFECTS_MAX)
				return;
			core_push_ailment(out, device, (enum ailment)i, ALERT_CLEARED, NAN, now);
			device->onset[i] = WALL_NONE;
		}
		core->leaving = device->next_leaving;
		core_device_free(core, device);
	}
}

enum err ingest_tick(struct ingest_core *core, struct wall now, struct ingest_effects *out)
{
	uint32_t slot;

	out->count = 0;
	core_see_now(core, now);
	leaving_clear(core, now, out);
	while (out->count < INGEST_EFFECTS_MAX && timerq_pop(&core->silence, now, &slot)) {
		enum err err = silence_judge(core, (struct device *)core->slots[slot], now, out);
		if (err)
			return err;
	}
	return ERR_OK;
}

struct wall ingest_due(const struct ingest_core *core)
{
	return core->leaving ? (struct wall){.ms = 0} : timerq_due(&core->silence);
}
