/* SPDX-License-Identifier: MIT
 *
 * The tables: homes, devices and parts, the slots that name them, the dirty list.
 *
 * A slot is reused after its owner is gone. Whoever holds a slot number across that (the dirty list, the store's notes)
 * finds another owner or none; each checks, and at worst writes a state once more than needed.
 */
#include "core_internal.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum err ingest_core_create(
	const struct ingest_core_config *config, struct ingest_core **out_core, struct errinfo *info)
{
	struct ingest_core *core = calloc(1, sizeof *core);

	if (!core)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	core->config = *config;
	core->first_now = WALL_NONE;
	timerq_init(&core->silence);
	*out_core = core;
	return ERR_OK;
}

static enum err grow(void **array, uint32_t *capacity, size_t item)
{
	uint32_t wanted = *capacity ? *capacity * 2 : 256;
	void *more = realloc(*array, wanted * item);

	if (!more)
		return ERR_NOMEM;
	*array = more;
	*capacity = wanted;
	return ERR_OK;
}

static enum err slot_take(struct ingest_core *core, struct node *node, enum node_kind kind)
{
	node->kind = kind;
	if (core->free_count) {
		node->slot = core->free_slots[--core->free_count];
		core->slots[node->slot] = node;
		return ERR_OK;
	}
	if (core->slot_count == core->slot_capacity) {
		uint32_t capacity = core->slot_capacity;
		/* The free list can hold every slot, so giving one back never fails. */
		if (grow((void **)&core->free_slots, &capacity, sizeof *core->free_slots) ||
			grow((void **)&core->slots, &core->slot_capacity, sizeof(struct node *)))
			return ERR_NOMEM;
	}
	node->slot = core->slot_count++;
	core->slots[node->slot] = node;
	return ERR_OK;
}

static void slot_give(struct ingest_core *core, const struct node *node)
{
	core->slots[node->slot] = NULL;
	core->free_slots[core->free_count++] = node->slot;
}

enum err core_dirty(struct ingest_core *core, struct node *node)
{
	if (node->dirty)
		return ERR_OK;
	if (core->dirty_count == core->dirty_capacity &&
		grow((void **)&core->dirty, &core->dirty_capacity, sizeof *core->dirty))
		return ERR_NOMEM;
	core->dirty[core->dirty_count++] = node->slot;
	node->dirty = true;
	return ERR_OK;
}

void core_see_now(struct ingest_core *core, struct wall now)
{
	if (!wall_is_set(core->first_now))
		core->first_now = now;
}

bool core_home_agrees(const struct home *home, struct wall t)
{
	return home->agreed && (!wall_is_set(home->from) || t.ms >= home->from.ms) &&
	       (!wall_is_set(home->until) || t.ms < home->until.ms);
}

/* ---- homes ---- */

static struct home *home_find(const struct ingest_core *core, const char *id)
{
	struct home *home;

	HASH_FIND_STR(core->homes, id, home);
	return home;
}

static enum err home_get(struct ingest_core *core, const char *id, struct home **out_home)
{
	struct home *home = home_find(core, id);

	if (!home) {
		home = calloc(1, sizeof *home);
		if (!home)
			return ERR_NOMEM;
		text_cut(home->id, sizeof home->id, id);
		HASH_ADD_STR(core->homes, id, home);
	}
	*out_home = home;
	return ERR_OK;
}

static void home_release(struct ingest_core *core, struct home *home)
{
	if (home->devices || home->agreed)
		return;
	HASH_DEL(core->homes, home);
	free(home);
}

static enum err home_consent(struct ingest_core *core, const struct entry *entry)
{
	struct home *home;

	if (entry->deleted) {
		home = home_find(core, entry->key);
		if (home) {
			home->agreed = false;
			home_release(core, home);
		}
		return ERR_OK;
	}
	enum err err = home_get(core, entry->key, &home);
	if (err)
		return err;
	home->agreed = true;
	home->quantities = entry->body.consent.quantities;
	home->from = entry->body.consent.from;
	home->until = entry->body.consent.until;
	return ERR_OK;
}

/* ---- parts ---- */

static void part_key_fill(
	struct part_key *key, const struct device *device, const char *channel, enum quantity quantity)
{
	memset(key, 0, sizeof *key);
	key->device = device->node.slot;
	key->quantity = (uint32_t)quantity;
	text_cut(key->channel, sizeof key->channel, channel);
}

struct part *core_part_find(
	const struct ingest_core *core, const struct device *device, const char *channel, enum quantity quantity)
{
	struct part_key key;
	struct part *part;

	part_key_fill(&key, device, channel, quantity);
	HASH_FIND(hh, core->parts, &key, sizeof key, part);
	return part;
}

enum err core_part_add(struct ingest_core *core, struct device *device, const char *channel, enum quantity quantity,
	struct part **out_part)
{
	struct part *part;

	if (core->part_count >= core->config.devices_max)
		return ERR_FULL;
	part = calloc(1, sizeof *part);
	if (!part || slot_take(core, &part->node, NODE_PART)) {
		free(part);
		return ERR_NOMEM;
	}
	part_key_fill(&part->key, device, channel, quantity);
	part->device = device;
	part->at = part->base_at = part->onset = WALL_NONE;
	part->next = device->parts;
	device->parts = part;
	HASH_ADD(hh, core->parts, key, sizeof part->key, part);
	core->part_count++;
	*out_part = part;
	return ERR_OK;
}

void core_part_drop(struct ingest_core *core, struct part *part)
{
	struct part **link = &part->device->parts;

	while (*link != part)
		link = &(*link)->next;
	*link = part->next;
	HASH_DELETE(hh, core->parts, part);
	slot_give(core, &part->node);
	core->part_count--;
	free(part);
}

/* ---- devices ---- */

static void tomb_raise(
	struct ingest_core *core, struct tomb *tomb, const struct device *device, const struct part *part)
{
	core_state_key(device, part, tomb->key, sizeof tomb->key);
	tomb->slot = part ? part->node.slot : device->node.slot;
	tomb->next = core->tombs;
	core->tombs = tomb;
}

void core_device_free(struct ingest_core *core, struct device *device)
{
	device->home->devices--;
	home_release(core, device->home);
	free(device);
}

static void tombs_free(struct tomb *tombs)
{
	while (tombs) {
		struct tomb *next = tombs->next;
		free(tombs);
		tombs = next;
	}
}

/* device_bury raises a tomb for the device and for each of its parts: all or none. */
static enum err device_bury(struct ingest_core *core, const struct device *device)
{
	struct tomb *tombs = NULL;
	size_t needed = 1;

	for (const struct part *part = device->parts; part; part = part->next)
		needed++;
	while (needed--) {
		struct tomb *tomb = malloc(sizeof *tomb);
		if (!tomb) {
			tombs_free(tombs);
			return ERR_NOMEM;
		}
		tomb->next = tombs;
		tombs = tomb;
	}
	for (const struct part *part = device->parts;; part = part->next) {
		struct tomb *tomb = tombs;
		assert(tomb); /* one a part and one for the device were made above */
		tombs = tomb->next;
		tomb_raise(core, tomb, device, part);
		if (!part)
			return ERR_OK;
	}
}

/* device_forget takes the device out of the tables; it lingers among the leaving until its open alerts are cleared. */
static enum err device_forget(struct ingest_core *core, struct device *device)
{
	bool ill = false;
	enum err err = device_bury(core, device);

	if (err)
		return err;
	HASH_DEL(core->devices, device);
	while (device->parts)
		core_part_drop(core, device->parts);
	timerq_remove(&core->silence, device->node.slot);
	slot_give(core, &device->node);
	for (int i = 0; i < AILMENT_COUNT; i++)
		ill = ill || wall_is_set(device->onset[i]);
	if (ill) {
		device->next_leaving = core->leaving;
		core->leaving = device;
	} else {
		core_device_free(core, device);
	}
	return ERR_OK;
}

static enum err device_add(struct ingest_core *core, const struct entry *entry)
{
	struct device *device = calloc(1, sizeof *device);
	struct home *home;

	if (!device || slot_take(core, &device->node, NODE_DEVICE)) {
		free(device);
		return ERR_NOMEM;
	}
	if (home_get(core, entry->body.device.household, &home)) {
		slot_give(core, &device->node);
		free(device);
		return ERR_NOMEM;
	}
	home->devices++;
	device->home = home;
	text_cut(device->id, sizeof device->id, entry->key);
	text_cut(device->place, sizeof device->place, entry->body.device.place);
	device->since = device->seen = WALL_NONE;
	device->battery = device->signal = NAN;
	for (int i = 0; i < AILMENT_COUNT; i++)
		device->onset[i] = WALL_NONE;
	HASH_ADD_STR(core->devices, id, device);
	/* Due at once: the first tick says from when its silence counts. */
	return core_health_arm(core, device, (struct wall){.ms = 0});
}

static enum err device_entry(struct ingest_core *core, const struct entry *entry)
{
	struct device *device;

	HASH_FIND_STR(core->devices, entry->key, device);
	if (device && (entry->deleted || strcmp(device->home->id, entry->body.device.household) != 0)) {
		enum err err = device_forget(core, device);
		if (err)
			return err;
		device = NULL;
	}
	if (entry->deleted)
		return ERR_OK;
	if (!device)
		return device_add(core, entry);
	text_cut(device->place, sizeof device->place, entry->body.device.place);
	return ERR_OK;
}

enum err ingest_core_entry(struct ingest_core *core, const struct entry *entry)
{
	switch (entry->kind) {
	case ENTRY_DEVICE:
		return device_entry(core, entry);
	case ENTRY_CONSENT:
		return home_consent(core, entry);
	case ENTRY_HOUSEHOLD:
		return entry->deleted ? home_consent(core, entry) : ERR_OK;
	case ENTRY_TEAM:
	case ENTRY_VOLUNTEER:
	case ENTRY_POLICY:
	case ENTRY_CIRCLE:
	case ENTRY_CARE:
	case ENTRY_COMPANION:
	case ENTRY_SERVICE:
	case ENTRY_APPOINTMENT:
	case ENTRY_KIND_COUNT:
		break;
	}
	return ERR_OK;
}

void ingest_core_destroy(struct ingest_core *core)
{
	if (!core)
		return;
	struct device *device, *next_device;
	struct home *home, *next_home;
	HASH_ITER(hh, core->devices, device, next_device)
	{
		HASH_DEL(core->devices, device);
		while (device->parts)
			core_part_drop(core, device->parts);
		free(device);
	}
	while (core->leaving) {
		device = core->leaving;
		core->leaving = device->next_leaving;
		free(device);
	}
	HASH_ITER(hh, core->homes, home, next_home)
	{
		HASH_DEL(core->homes, home);
		free(home);
	}
	tombs_free(core->tombs);
	timerq_fini(&core->silence);
	free(core->dirty);
	free(core->free_slots);
	free(core->slots);
	free(core);
}

int64_t ingest_count(const struct ingest_core *core, enum ingest_reject reject)
{
	return core->rejects[reject];
}

int64_t ingest_tally(const struct ingest_core *core, enum ingest_tally tally)
{
	return core->tallies[tally];
}

void ingest_sizes(const struct ingest_core *core, uint32_t *out_devices, uint32_t *out_states)
{
	*out_devices = HASH_COUNT(core->devices);
	*out_states = core->part_count;
}
