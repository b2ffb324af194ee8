/* SPDX-License-Identifier: MIT
 *
 * Homes, their devices and sensors: as the directory has them, and as readings fill them.
 */
#include "core_internal.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

static enum err slot_take(struct detector_core *core, struct home *home)
{
	if (core->free_count) {
		home->slot = core->free_slots[--core->free_count];
	} else {
		if (core->slot_count == core->slot_capacity) {
			uint32_t capacity = core->slot_capacity;
			/* The free list can hold every slot, so giving one back never fails. */
			if (detect_grow((void **)&core->free_slots, &capacity, sizeof *core->free_slots) ||
				detect_grow((void **)&core->slots, &core->slot_capacity, sizeof(struct home *)))
				return ERR_NOMEM;
		}
		home->slot = core->slot_count++;
	}
	core->slots[home->slot] = home;
	return ERR_OK;
}

static void sensors_free(struct home *home)
{
	for (unsigned i = 0; i < home->sensor_count; i++)
		free(home->sensors[i].meter);
	free(home->sensors);
	free(home->devices);
	home->sensors = NULL;
	home->devices = NULL;
	home->sensor_count = home->sensor_capacity = home->device_count = home->device_capacity = 0;
}

static void standings_free(struct home *home)
{
	free(home->standings);
	home->standings = NULL;
	home->standing_count = home->standing_capacity = 0;
}

void detect_home_unsay(struct home *home)
{
	while (home->notices) {
		struct notice *notice = home->notices;
		home->notices = notice->next;
		free(notice);
	}
	home->notices_last = &home->notices;
}

static void lessons_free(struct home *home)
{
	free(home->lessons);
	home->lessons = NULL;
}

void detect_home_free(struct home *home)
{
	detect_home_unsay(home);
	standings_free(home);
	sensors_free(home);
	detect_habits_free(home);
	detect_anomaly_free(home);
	lessons_free(home);
	detect_appointments_free(home);
	free(home);
}

/* ---- homes ---- */

struct home *detect_home_find(const struct detector_core *core, const char *id)
{
	struct home *home;

	HASH_FIND_STR(core->homes, id, home);
	return home;
}

bool detect_home_watched(const struct home *home, struct wall t)
{
	return home->present && home->agreed && (!wall_is_set(home->from) || t.ms >= home->from.ms) &&
	       (!wall_is_set(home->until) || t.ms < home->until.ms);
}

void detect_home_blank(struct detector_core *core, struct home *home)
{
	sensors_free(home);
	detect_habits_free(home);
	detect_anomaly_free(home);
	lessons_free(home);
	detect_appointments_blank(home);
	home->shape++;
	home->since = home->opened = home->moved = home->inside = home->in_bed = home->counts = WALL_NONE;
	home->away = (struct absence){.since = WALL_NONE, .until = WALL_NONE};
	home->spent = (struct span){.from = WALL_NONE, .until = WALL_NONE};
	home->passage = (struct passage){.start = WALL_NONE, .end = WALL_NONE};
	home->thaw = (struct thaw){.since = WALL_NONE, .at = WALL_NONE};
	home->last = (struct sign){.at = WALL_NONE, .quantity = QUANTITY_COUNT};
	for (unsigned i = 0; i < FIRINGS; i++)
		home->firings[i].at = WALL_NONE;
	core->open_alerts -= home->standing_count;
	standings_free(home);
	detect_mode(core, home, DETECTOR_UNWATCHED);
}

enum err detect_home_get(struct detector_core *core, const char *id, struct home **out_home)
{
	struct home *home = detect_home_find(core, id);

	if (!home) {
		if (HASH_COUNT(core->homes) >= core->config.homes_max)
			return ERR_FULL;
		home = calloc(1, sizeof *home);
		if (!home || slot_take(core, home)) {
			free(home);
			return ERR_NOMEM;
		}
		text_cut(home->id, sizeof home->id, id);
		home->notices_last = &home->notices;
		home->from = home->until = WALL_NONE;
		home->said = (struct span){.from = WALL_NONE, .until = WALL_NONE};
		home->due_ms = INT64_MAX;
		core->modes[DETECTOR_UNWATCHED]++;
		detect_home_blank(core, home);
		HASH_ADD_STR(core->homes, id, home);
	}
	*out_home = home;
	return ERR_OK;
}

static enum err tomb_raise(struct detector_core *core, const struct home *home, enum part part)
{
	struct tomb *tomb = calloc(1, sizeof *tomb);

	if (!tomb)
		return ERR_NOMEM;
	size_t length = strlen(home->id);
	memcpy(tomb->key, home->id, length);
	tomb->key[length] = detect_part_letter(part);
	tomb->slot = home->slot * PART_COUNT + part;
	tomb->next = core->tombs;
	core->tombs = tomb;
	return ERR_OK;
}

static void home_remove(struct detector_core *core, struct home *home)
{
	timerq_remove(&core->timers, home->slot);
	core->slots[home->slot] = NULL;
	core->free_slots[core->free_count++] = home->slot;
	if (core->half_written == home)
		core->half_written = NULL;
	core->modes[home->mode]--;
	HASH_DEL(core->homes, home);
	detect_home_free(home);
}

static enum err home_end(struct detector_core *core, struct home *home)
{
	for (enum part part = 0; part < PART_COUNT; part++)
		if (tomb_raise(core, home, part))
			return ERR_NOMEM;
	home_remove(core, home);
	return ERR_OK;
}

void detect_home_restore_end(struct detector_core *core, struct home *home)
{
	core->queue_stale = true;
	detect_home_unsay(home);
	if (home->present || home->agreed)
		detect_home_blank(core, home);
	else
		home_remove(core, home);
}

enum err detect_home_said(struct detector_core *core, struct home *home)
{
	return home->leaving && !home->notices ? home_end(core, home) : detect_mark(core, home, true);
}

enum err detect_home_forget(struct detector_core *core, struct home *home, struct wall t)
{
	enum err err =
		detect_clear_all(core, home, &(struct clearing){.cause = CAUSE_FORGOTTEN, .at = t, .cause_at = t});

	if (err)
		return err;
	detect_home_blank(core, home);
	err = detect_arm(core, home, INT64_MAX);
	return err ? err : detect_mark(core, home, true);
}

/* ---- devices and sensors ---- */

static void sensor_drop(struct home *home, unsigned index)
{
	free(home->sensors[index].meter);
	memmove(&home->sensors[index], &home->sensors[index + 1],
		(home->sensor_count - index - 1) * sizeof *home->sensors);
	home->sensor_count--;
	home->shape++;
}

/* device_forget takes a device and its sensors out of the home. */
static enum err device_forget(struct detector_core *core, struct home *home, const char *id)
{
	unsigned index = 0;

	while (index < home->device_count && strcmp(home->devices[index].id, id) != 0)
		index++;
	if (index == home->device_count)
		return ERR_OK;
	for (unsigned i = home->sensor_count; i-- > 0;)
		if (home->sensors[i].device == index)
			sensor_drop(home, i);
	if (home->anomaly)
		anomaly_forget(home->anomaly, (uint8_t)index, UINT64_MAX);
	/* The place stays, without a name, so that the others keep their numbers; a new device takes it. */
	memset(&home->devices[index], 0, sizeof home->devices[index]);
	home->shape++;
	return detect_mark(core, home, true);
}

enum err detect_home_device(struct detector_core *core, struct home *home, const char *id, uint8_t *out_index)
{
	unsigned index = 0, unnamed = home->device_count;

	for (; index < home->device_count && strcmp(home->devices[index].id, id) != 0; index++)
		if (!home->devices[index].id[0])
			unnamed = index;
	if (index == home->device_count) {
		index = unnamed;
		if (index == DETECTOR_DEVICES_MAX)
			return ERR_FULL;
		if (index == home->device_capacity) {
			uint8_t capacity = (uint8_t)(home->device_capacity ? home->device_capacity * 2 : 2);
			struct device *more = realloc(home->devices, capacity * sizeof *more);
			if (!more)
				return ERR_NOMEM;
			home->devices = more;
			home->device_capacity = capacity;
		}
		home->devices[index] = (struct device){.heard = WALL_NONE};
		text_cut(home->devices[index].id, sizeof home->devices[index].id, id);
		if (index == home->device_count)
			home->device_count++;
		home->shape++;
		enum err err = detect_mark(core, home, true);
		if (err)
			return err;
	}
	*out_index = (uint8_t)index;
	return ERR_OK;
}

enum err detect_home_sensor(struct detector_core *core, struct home *home, uint64_t name, uint8_t device,
	enum quantity quantity, struct sensor **out_sensor)
{
	struct sensor *sensor;
	unsigned meters = 0;

	for (unsigned i = 0; i < home->sensor_count; i++) {
		if (home->sensors[i].name == name) {
			*out_sensor = &home->sensors[i];
			return ERR_OK;
		}
		meters += home->sensors[i].meter != NULL;
	}
	if (home->sensor_count == DETECTOR_SENSORS_MAX || meters == DETECTOR_METERS_MAX)
		return ERR_FULL;
	if (home->sensor_count == home->sensor_capacity) {
		uint8_t capacity = (uint8_t)(home->sensor_capacity ? home->sensor_capacity * 2 : 2);
		struct sensor *more = realloc(home->sensors, capacity * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		home->sensors = more;
		home->sensor_capacity = capacity;
	}
	sensor = &home->sensors[home->sensor_count];
	*sensor = (struct sensor){.name = name,
		.quantity = (uint8_t)quantity,
		.device = device,
		.at = WALL_NONE,
		.proof = WALL_NONE,
		.told = WALL_NONE,
		.doubted = WALL_NONE,
		.lag_at = WALL_NONE};
	enum err err = detect_sign_meter(sensor);
	if (err)
		return err;
	home->sensor_count++;
	home->shape++;
	*out_sensor = sensor;
	return detect_mark(core, home, true);
}

/* ---- the directory ---- */

static enum err home_entry(struct detector_core *core, const struct entry *entry)
{
	struct home *home = detect_home_find(core, entry->key);
	enum err err;

	if (entry->deleted) {
		if (!home)
			return ERR_OK;
		err = detect_home_forget(core, home, core->now);
		if (err)
			return err;
		home->present = home->agreed = false;
		home->leaving = true;
		return detect_home_said(core, home);
	}
	err = detect_home_get(core, entry->key, &home);
	if (err)
		return err;
	home->present = true;
	home->leaving = false;
	home->persons = entry->body.household.persons;
	home->said = (struct span){entry->body.household.away_from, entry->body.household.away_until};
	if (!home->said.from.ms && !home->said.until.ms) /* nothing was said, by a zeroed entry */
		home->said = (struct span){.from = WALL_NONE, .until = WALL_NONE};
	err = detect_terms_join(core, home, entry->body.household.community);
	if (err)
		return err;
	/* The limits hang on the number of persons: look again. */
	return detect_arm(core, home, 0);
}

static enum err consent_entry(struct detector_core *core, const struct entry *entry)
{
	struct home *home = detect_home_find(core, entry->key);
	enum err err;

	if (entry->deleted) {
		if (!home)
			return ERR_OK;
		home->agreed = false;
		return detect_home_forget(core, home, core->now);
	}
	err = detect_home_get(core, entry->key, &home);
	if (err)
		return err;
	home->agreed = true;
	home->quantities = entry->body.consent.quantities;
	home->from = entry->body.consent.from;
	home->until = entry->body.consent.until;
	if (home->anomaly)
		anomaly_forget(home->anomaly, UINT8_MAX, ~home->quantities);
	for (unsigned i = home->sensor_count; i-- > 0;) {
		if (home->quantities >> home->sensors[i].quantity & 1)
			continue;
		sensor_drop(home, i);
		err = detect_mark(core, home, true);
		if (err)
			return err;
	}
	return detect_arm(core, home, 0);
}

static void owner_place(struct owner *owner, const char *place)
{
	owner->place = anomaly_place_of(place);
	owner->entrance = detector_is_entrance(place);
}

static enum err device_entry(struct detector_core *core, const struct entry *entry)
{
	uint64_t hash = text_hash64(entry->key, strlen(entry->key), 0);
	struct owner *owner;
	enum err err = ERR_OK;

	HASH_FIND(hh, core->owners, &hash, sizeof hash, owner);
	if (owner && (entry->deleted || strcmp(owner->household, entry->body.device.household) != 0)) {
		struct home *former = detect_home_find(core, owner->household);
		if (former)
			err = device_forget(core, former, entry->key);
		HASH_DEL(core->owners, owner);
		free(owner);
		owner = NULL;
	}
	if (!err && owner)
		owner_place(owner, entry->body.device.place);
	if (err || entry->deleted || owner)
		return err;
	owner = calloc(1, sizeof *owner);
	if (!owner)
		return ERR_NOMEM;
	owner->device = hash;
	owner_place(owner, entry->body.device.place);
	text_cut(owner->household, sizeof owner->household, entry->body.device.household);
	HASH_ADD(hh, core->owners, device, sizeof owner->device, owner);
	return ERR_OK;
}

enum err detector_entry(struct detector_core *core, const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_HOUSEHOLD:
		return home_entry(core, entry);
	case ENTRY_CONSENT:
		return consent_entry(core, entry);
	case ENTRY_DEVICE:
		return device_entry(core, entry);
	case ENTRY_APPOINTMENT:
		return detect_appointment_entry(core, entry);
	case ENTRY_TEAM:
	case ENTRY_VOLUNTEER:
	case ENTRY_POLICY:
	case ENTRY_CIRCLE:
	case ENTRY_CARE:
	case ENTRY_COMPANION:
	case ENTRY_SERVICE:
	case ENTRY_KIND_COUNT:
		break;
	}
	return ERR_OK;
}
