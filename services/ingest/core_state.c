/* SPDX-License-Identifier: MIT
 *
 * States as the store keeps them: little-endian, one version byte in front, the key says of what.
 *
 *   key      device US channel US quantity; a device's own state has an empty quantity (US = 0x1f, which no label
 * holds) device   version, since, seen, battery, signal, onset of each ailment part     version, flags, faults, text,
 * value, at, base, base_at, onset
 *
 * The version counts for both; a field that is added makes a new one, and the reader of the old one stays for one
 * release.
 */
#include "core_internal.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/blob.h"
#include "base/text.h"

#define STATE_VERSION 1
#define STATE_SEPARATOR '\x1f'

enum part_flag { PART_KNOWN = 1, PART_ALARMING = 2 };

#define WALL_SANE_MS (INT64_C(1) << 53) /* differences of such times never overflow */

static struct wall get_wall(struct blob *blob)
{
	struct wall t = blob_get_wall(blob);

	if (wall_is_set(t) && (t.ms < -WALL_SANE_MS || t.ms > WALL_SANE_MS)) {
		blob->bad = true;
		return WALL_NONE;
	}
	return t;
}

static void put_number(struct blob *blob, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof bits);
	blob_put(blob, bits, sizeof bits);
}

static double get_number(struct blob *blob)
{
	uint64_t bits = blob_get(blob, sizeof bits);
	double value;

	memcpy(&value, &bits, sizeof value);
	return value;
}

void core_state_key(const struct device *device, const struct part *part, char *out, size_t size)
{
	snprintf(out, size, "%s%c%s%c%s", device->id, STATE_SEPARATOR, part ? part->key.channel : "", STATE_SEPARATOR,
		part ? quantity_info((enum quantity)part->key.quantity)->name : "");
}

static void device_write(const struct device *device, struct blob *c)
{
	blob_put_wall(c, device->since);
	blob_put_wall(c, device->seen);
	put_number(c, device->battery);
	put_number(c, device->signal);
	for (int i = 0; i < AILMENT_COUNT; i++)
		blob_put_wall(c, device->onset[i]);
}

static void part_write(const struct part *part, struct blob *c)
{
	blob_put(c, (part->known ? PART_KNOWN : 0u) | (part->alarming ? PART_ALARMING : 0u), 1);
	blob_put(c, part->faults, 1);
	blob_put(c, part->text, 4);
	put_number(c, part->value);
	blob_put_wall(c, part->at);
	put_number(c, part->base);
	blob_put_wall(c, part->base_at);
	blob_put_wall(c, part->onset);
}

static void state_write(const struct node *node, struct ingest_state *out)
{
	struct blob c = blob_write(out->blob, sizeof out->blob);

	blob_put(&c, STATE_VERSION, 1);
	if (node->kind == NODE_DEVICE) {
		const struct device *device = (const struct device *)node;
		core_state_key(device, NULL, out->key, sizeof out->key);
		device_write(device, &c);
	} else {
		const struct part *part = (const struct part *)node;
		core_state_key(part->device, part, out->key, sizeof out->key);
		part_write(part, &c);
	}
	assert(!c.bad);
	out->length = c.at;
	out->slot = node->slot;
}

bool ingest_dirty(struct ingest_core *core, struct ingest_state *out_state)
{
	struct tomb *tomb = core->tombs;

	if (tomb) {
		core->tombs = tomb->next;
		memcpy(out_state->key, tomb->key, sizeof out_state->key);
		out_state->length = 0;
		out_state->slot = tomb->slot;
		free(tomb);
		return true;
	}
	while (core->dirty_count) {
		struct node *node = core->slots[core->dirty[--core->dirty_count]];
		if (!node || !node->dirty)
			continue;
		node->dirty = false;
		state_write(node, out_state);
		return true;
	}
	return false;
}

/* state_name: a key taken apart. */
struct state_name {
	char device[DEVICE_BYTES];
	char channel[CHANNEL_BYTES];
	bool whole; /* the device's own state */
	enum quantity quantity;
};

static enum err name_take(const char **at, char *out, size_t size, char end)
{
	const char *stop = strchr(*at, end);

	if (!stop || (size_t)(stop - *at) >= size)
		return ERR_CORRUPT;
	memcpy(out, *at, (size_t)(stop - *at));
	out[stop - *at] = '\0';
	*at = stop + 1;
	return ERR_OK;
}

static enum err name_parse(const char *key, struct state_name *out)
{
	if (name_take(&key, out->device, sizeof out->device, STATE_SEPARATOR) ||
		name_take(&key, out->channel, sizeof out->channel, STATE_SEPARATOR))
		return ERR_CORRUPT;
	out->whole = *key == '\0';
	return out->whole || !quantity_find(key, &out->quantity) ? ERR_OK : ERR_CORRUPT;
}

static enum err whole(const struct blob *c)
{
	return c->bad || c->at != c->size ? ERR_CORRUPT : ERR_OK;
}

/* device_read and part_read change nothing if the blob is broken. */
static enum err device_read(struct ingest_core *core, struct device *device, struct blob *c)
{
	struct wall since = get_wall(c), seen = get_wall(c), onset[AILMENT_COUNT];
	double battery = get_number(c), signal = get_number(c);

	for (int i = 0; i < AILMENT_COUNT; i++)
		onset[i] = get_wall(c);
	if (whole(c))
		return ERR_CORRUPT;
	device->since = since;
	device->seen = seen;
	device->battery = battery;
	device->signal = signal;
	memcpy(device->onset, onset, sizeof onset);
	if (!wall_is_set(device->onset[AILMENT_SILENT]))
		return core_health_arm(core, device, (struct wall){.ms = 0});
	return core_health_arm(core, device, WALL_NEVER); /* until it is heard */
}

static enum err part_read(struct part *out, struct blob *c)
{
	uint64_t flags = blob_get(c, 1);
	struct part part = *out;

	part.known = flags & PART_KNOWN;
	part.alarming = flags & PART_ALARMING;
	part.faults = (uint8_t)blob_get(c, 1);
	part.text = (uint32_t)blob_get(c, 4);
	part.value = get_number(c);
	part.at = get_wall(c);
	part.base = get_number(c);
	part.base_at = get_wall(c);
	part.onset = get_wall(c);
	if (whole(c) || (part.known && !wall_is_set(part.at)) || (part.alarming && !wall_is_set(part.onset)))
		return ERR_CORRUPT;
	*out = part;
	return ERR_OK;
}

static struct device *device_find(const struct ingest_core *core, const char *id)
{
	struct device *device;

	HASH_FIND_STR(core->devices, id, device);
	return device;
}

static enum err part_restore(
	struct ingest_core *core, struct device *device, const struct state_name *name, struct blob *c)
{
	struct part *part = core_part_find(core, device, name->channel, name->quantity), sound = {0};
	struct blob first = *c;
	enum err err = part_read(&sound, &first);

	if (!err && !part)
		err = core_part_add(core, device, name->channel, name->quantity, &part);
	return err ? err : part_read(part, c);
}

/* blank_restore takes back that a state was forgotten: its device is in the directory again, under another roof. */
static enum err blank_restore(struct ingest_core *core, struct device *device, const struct state_name *name)
{
	unsigned char bytes[INGEST_STATE_BYTES_MAX];
	struct blob to = blob_write(bytes, sizeof bytes);

	if (!name->whole) {
		struct part *part = core_part_find(core, device, name->channel, name->quantity);
		if (part)
			core_part_drop(core, part);
		return ERR_OK;
	}
	const struct device fresh = {.since = WALL_NONE,
		.seen = WALL_NONE,
		.battery = NAN,
		.signal = NAN,
		.onset = {WALL_NONE, WALL_NONE, WALL_NONE, WALL_NONE, WALL_NONE}};
	device_write(&fresh, &to);
	struct blob from = blob_read(bytes, to.at);
	return device_read(core, device, &from);
}

enum err ingest_restore(struct ingest_core *core, const struct ingest_state *state)
{
	struct blob c = blob_read(state->blob, state->length);
	struct state_name name;

	if (!memchr(state->key, '\0', sizeof state->key) || state->length > sizeof state->blob)
		return ERR_CORRUPT;
	enum err err = name_parse(state->key, &name);
	if (err)
		return err;
	struct device *device = device_find(core, name.device);
	if (!device)
		return ERR_NOT_FOUND;
	if (state->length == 0)
		return blank_restore(core, device, &name);
	if (blob_get(&c, 1) != STATE_VERSION)
		return ERR_VERSION;
	if (!name.whole)
		return part_restore(core, device, &name, &c);
	return device_read(core, device, &c);
}

uint32_t ingest_slot(const struct ingest_core *core, const char *key)
{
	struct state_name name;
	const struct device *device;

	if (name_parse(key, &name))
		return INGEST_NO_SLOT;
	device = device_find(core, name.device);
	if (!device || name.whole)
		return device ? device->node.slot : INGEST_NO_SLOT;
	const struct part *part = core_part_find(core, device, name.channel, name.quantity);
	return part ? part->node.slot : INGEST_NO_SLOT;
}

enum err ingest_refresh(struct ingest_core *core, uint32_t slot)
{
	assert(slot < core->slot_count && core->slots[slot]);
	return core_dirty(core, core->slots[slot]);
}
