/* SPDX-License-Identifier: MIT
 *
 * core_internal: the tables that the core's files share. Nothing outside core*.c includes this.
 *
 *   home 1 --- n device 1 --- n part      (part: one channel and quantity of a device)
 *
 * Devices and parts are "nodes": each has a slot, by which the store and the timers name it, and a dirty mark.
 */
#ifndef CURTAIN_INGEST_CORE_INTERNAL_H
#define CURTAIN_INGEST_CORE_INTERNAL_H

#include <stdlib.h>

#define uthash_fatal(message) abort() /* out of memory in a table: nothing sane is left to do */
#include <uthash.h>

#include "base/timerq.h"
#include "ingest/core.h"

#define CORE_SEEN_STEP_MS MS_PER_MINUTE /* "last heard" moves in steps: not every message is worth a write */

/* ailment: what can be wrong with a device; each is one maintenance alert while it lasts. */
enum ailment { AILMENT_SILENT, AILMENT_OFFLINE, AILMENT_BATTERY, AILMENT_CLOCK, AILMENT_FAULT, AILMENT_COUNT };

enum node_kind { NODE_DEVICE, NODE_PART };

struct node {
	enum node_kind kind;
	uint32_t slot;
	bool dirty;
};

struct home {
	UT_hash_handle hh;
	char id[ID_BYTES];
	bool agreed; /* a consent entry is there; quantities, from, until say to what */
	uint64_t quantities;
	struct wall from, until;
	uint32_t devices;
};

struct device {
	struct node node;
	UT_hash_handle hh;
	char id[DEVICE_BYTES];
	char place[WORD_BYTES];
	struct home *home;
	struct part *parts;
	struct device *next_leaving;
	struct wall since;                /* known from then on; WALL_NONE until the first tick */
	struct wall seen;                 /* within CORE_SEEN_STEP_MS */
	double battery, signal;           /* NAN = never said */
	struct wall onset[AILMENT_COUNT]; /* WALL_NONE = well */
};

struct part_key {
	uint32_t device; /* slot */
	uint32_t quantity;
	char channel[CHANNEL_BYTES]; /* zero-filled: the key is compared as bytes */
};

struct part {
	struct node node;
	UT_hash_handle hh;
	struct part_key key;
	struct device *device;
	struct part *next;
	bool known;     /* value, text, at hold the last one in order of time */
	bool alarming;  /* an alert with this onset is open (states) or was the last (events) */
	uint8_t faults; /* counters: small steps back in a row */
	uint32_t text;  /* CRC-32 of the vendor's word */
	double value;
	struct wall at;
	double base;         /* counters: what deltas are counted from */
	struct wall base_at; /* WALL_NONE: no baseline */
	struct wall onset;
};

/* tomb: key and slot of a forgotten state, until the store has heard of it. */
struct tomb {
	struct tomb *next;
	uint32_t slot;
	char key[sizeof(((struct ingest_state *)0)->key)];
};

struct ingest_core {
	struct ingest_core_config config;
	struct home *homes;
	struct device *devices;
	struct part *parts;
	struct device *leaving; /* gone from the directory, with maintenance alerts to clear */
	struct tomb *tombs;
	struct node **slots;
	uint32_t *free_slots;
	uint32_t slot_count, slot_capacity, free_count;
	uint32_t *dirty;
	uint32_t dirty_count, dirty_capacity;
	uint32_t part_count;
	struct timerq silence; /* by device slot */
	struct wall first_now;
	int64_t rejects[INGEST_REJECT_COUNT];
	int64_t tallies[INGEST_TALLY_COUNT];
};

/* core.c */
bool core_home_agrees(const struct home *home, struct wall t);
struct part *core_part_find(
	const struct ingest_core *core, const struct device *device, const char *channel, enum quantity quantity);
/* core_part_add gives a new part, ERR_FULL beyond devices_max. */
enum err core_part_add(struct ingest_core *core, struct device *device, const char *channel, enum quantity quantity,
	struct part **out_part) ERR_MUST_CHECK;
void core_part_drop(struct ingest_core *core, struct part *part);
enum err core_dirty(struct ingest_core *core, struct node *node) ERR_MUST_CHECK;
void core_device_free(struct ingest_core *core, struct device *device);
void core_see_now(struct ingest_core *core, struct wall now);

/* core_state.c */
void core_state_key(const struct device *device, const struct part *part, char *out, size_t size);

/* core_alert.c: each pushes one effect. */
void core_push_reading(struct ingest_effects *out, const struct reading *reading);
void core_push_reject(struct ingest_core *core, struct ingest_effects *out, enum ingest_reject reject);
/* An alarm of the device itself; part->onset is its onset. */
void core_push_alarm(struct ingest_effects *out, const struct part *part, const struct reading *reading,
	enum alert_state state, struct wall now);
/* A device's ailment; value is what the reasons quote (percent, hours). */
void core_push_ailment(struct ingest_effects *out, const struct device *device, enum ailment ailment,
	enum alert_state state, double value, struct wall now);

/* core_health.c */
/* core_health_set raises or clears an ailment if that is a change. */
enum err core_health_set(struct ingest_core *core, struct device *device, enum ailment ailment, bool ill, double value,
	struct wall onset, struct wall now, struct ingest_effects *out) ERR_MUST_CHECK;
/* core_health_heard notes that the device spoke. */
enum err core_health_heard(
	struct ingest_core *core, struct device *device, struct wall now, struct ingest_effects *out) ERR_MUST_CHECK;
/* core_health_judge looks at battery, signal, online and fault readings. */
enum err core_health_judge(struct ingest_core *core, struct device *device, const struct reading *reading,
	struct wall now, struct ingest_effects *out) ERR_MUST_CHECK;
enum err core_health_arm(struct ingest_core *core, struct device *device, struct wall due) ERR_MUST_CHECK;

#endif
