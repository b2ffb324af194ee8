/* SPDX-License-Identifier: MIT
 *
 * What is known after a restart; a long random walk that is killed and restored again and again.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "core_rig.h"

/* ---- states in the store ---- */

#define SHELF_MAX 256

/* shelf: a store in memory. */
struct shelf {
	struct ingest_state states[SHELF_MAX];
	unsigned count;
};

static struct ingest_state *shelf_find(struct shelf *shelf, const char *key)
{
	for (unsigned i = 0; i < shelf->count; i++)
		if (!strcmp(shelf->states[i].key, key))
			return &shelf->states[i];
	return NULL;
}

static void shelf_take(struct shelf *shelf, struct ingest_core *core)
{
	struct ingest_state state;

	while (ingest_dirty(core, &state)) {
		struct ingest_state *place = shelf_find(shelf, state.key);
		if (!place) {
			assert_true(shelf->count < SHELF_MAX);
			place = &shelf->states[shelf->count++];
		}
		*place = state;
		assert_true(state.length == 0 || ingest_slot(core, state.key) == state.slot);
	}
}

static void shelf_give(const struct shelf *shelf, struct ingest_core *core)
{
	for (unsigned i = 0; i < shelf->count; i++) {
		enum err err = ingest_restore(core, &shelf->states[i]);
		assert_true(err == ERR_OK || err == ERR_NOT_FOUND);
	}
}

/* restart: what a kill and a start do to the world. */
static void restart(struct world *w, const struct ingest_core_config *config)
{
	static struct shelf shelf;
	struct world fresh;

	shelf.count = 0;
	shelf_take(&shelf, w->core);
	ingest_core_destroy(w->core);
	fresh = open_with(config);
	shelf_give(&shelf, fresh.core);
	w->core = fresh.core;
}

static void what_was_known_is_known_after_a_restart(void **state)
{
	struct world w = open_world();

	(void)state;
	tick(&w);
	feed(&w, observe(QUANTITY_WATER_TOTAL, 10));
	feed(&w, observe(QUANTITY_SMOKE, 1));
	feed(&w, observe(QUANTITY_SOS, 1));
	feed(&w, observe(QUANTITY_BATTERY, 3));
	restart(&w, &usual);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 12));
	assert_true(the_reading(&w)->delta == 2);
	feed(&w, observe(QUANTITY_SMOKE, 1));
	assert_null(alert_of(&w));
	feed(&w, observe(QUANTITY_SOS, 1));
	assert_null(alert_of(&w));
	feed(&w, observe(QUANTITY_BATTERY, 2));
	assert_null(alert_of(&w));
	feed(&w, observe(QUANTITY_SMOKE, 0));
	assert_int_equal(assert_alert(&w, "smoke", ALERT_CLEARED)->onset.ms, NOON);
	w.now.ms = NOON + usual.silent_ms;
	tick(&w);
	assert_int_equal(assert_alert(&w, "silent", ALERT_RAISED)->onset.ms, NOON);
	restart(&w, &usual);
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	feed(&w, observe(QUANTITY_MOTION, 0));
	assert_alert(&w, "silent", ALERT_CLEARED);
	ingest_core_destroy(w.core);
}

static void after_a_start_silence_waits_until_what_was_kept_is_read(void **state)
{
	struct world w = open_world();

	(void)state;
	tick(&w);
	feed(&w, observe(QUANTITY_MOTION, 1));
	w.now.ms += 2 * usual.silent_ms;
	restart(&w, &usual);
	tick(&w);
	assert_int_equal(w.effects.count, 0);
	w.now.ms += 15 * MS_PER_MINUTE;
	tick(&w);
	assert_int_equal(assert_alert(&w, "silent", ALERT_RAISED)->onset.ms, NOON);
	ingest_core_destroy(w.core);
}

static void a_state_that_cannot_be_read_is_named(void **state)
{
	struct world w = open_world();
	struct ingest_state good, bad;

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 10));
	assert_true(ingest_dirty(w.core, &good));
	assert_int_equal(ingest_restore(w.core, &good), ERR_OK);
	bad = good;
	bad.blob[0] = 9;
	assert_int_equal(ingest_restore(w.core, &bad), ERR_VERSION);
	bad = good;
	bad.length--;
	assert_int_equal(ingest_restore(w.core, &bad), ERR_CORRUPT);
	bad = good;
	bad.length++;
	assert_int_equal(ingest_restore(w.core, &bad), ERR_CORRUPT);
	bad = good;
	bad.key[0] = 'x';
	assert_int_equal(ingest_restore(w.core, &bad), ERR_NOT_FOUND);
	bad = good;
	memcpy(bad.key, "no separators", 14);
	assert_int_equal(ingest_restore(w.core, &bad), ERR_CORRUPT);
	assert_int_equal(ingest_slot(w.core, "no separators"), INGEST_NO_SLOT);
	ingest_core_destroy(w.core);
}

static void restoring_ends_at_the_bound(void **state)
{
	struct ingest_core_config config = usual;
	struct world w = open_world();
	static struct shelf shelf;

	(void)state;
	feed(&w, observe(QUANTITY_MOTION, 1));
	feed(&w, observe(QUANTITY_CONTACT, 1));
	shelf.count = 0;
	shelf_take(&shelf, w.core);
	ingest_core_destroy(w.core);
	config.devices_max = 1;
	w = open_with(&config);
	unsigned full = 0;
	for (unsigned i = 0; i < shelf.count; i++)
		full += ingest_restore(w.core, &shelf.states[i]) == ERR_FULL;
	assert_int_equal(full, 1);
	ingest_core_destroy(w.core);
}

static void a_forgotten_state_is_restored_as_forgotten(void **state)
{
	struct world w = open_world();
	struct ingest_state gone = {.length = 0};
	uint32_t devices, states;

	(void)state;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 10));
	snprintf(gone.key, sizeof gone.key, "d-1\x1f\x1fwater_total");
	assert_int_equal(ingest_restore(w.core, &gone), ERR_OK);
	assert_int_equal(ingest_restore(w.core, &gone), ERR_OK);
	ingest_sizes(w.core, &devices, &states);
	assert_int_equal(states, 0);
	w.now.ms += 1000;
	feed(&w, observe(QUANTITY_WATER_TOTAL, 11));
	assert_true(isnan(the_reading(&w)->delta));
	ingest_core_destroy(w.core);
}

static void a_refreshed_state_is_given_again(void **state)
{
	struct world w = open_world();
	struct ingest_state first, again;

	(void)state;
	feed(&w, observe_at(QUANTITY_WATER_TOTAL, 10, NOON));
	while (ingest_dirty(w.core, &first))
		;
	assert_int_equal(ingest_refresh(w.core, first.slot), ERR_OK);
	assert_int_equal(ingest_refresh(w.core, first.slot), ERR_OK);
	assert_true(ingest_dirty(w.core, &again));
	assert_string_equal(again.key, first.key);
	assert_memory_equal(again.blob, first.blob, first.length);
	assert_false(ingest_dirty(w.core, &again));
	ingest_core_destroy(w.core);
}

/* ---- the walk ---- */

#define WALK_STEPS 20000
#define WALK_DEVICES 6
#define WALK_HOMES 3

struct walk {
	uint64_t random;
	struct wall now;
	struct entry entries[WALK_DEVICES + 2 * WALK_HOMES];
	bool given[WALK_DEVICES + 2 * WALK_HOMES];
};

static unsigned dice(struct walk *walk, unsigned sides)
{
	walk->random ^= walk->random << 13;
	walk->random ^= walk->random >> 7;
	walk->random ^= walk->random << 17;
	return (unsigned)(walk->random >> 33) % sides;
}

static struct observation walk_observation(struct walk *walk)
{
	static const enum quantity quantities[] = {QUANTITY_WATER_TOTAL, QUANTITY_ENERGY_TOTAL, QUANTITY_CONTACT,
		QUANTITY_MOTION, QUANTITY_SOS, QUANTITY_FALL, QUANTITY_LEAK, QUANTITY_SMOKE, QUANTITY_BATTERY,
		QUANTITY_ONLINE, QUANTITY_FAULT, QUANTITY_SIGNAL, QUANTITY_BUTTON};
	static const double counts[] = {0, 1, 95, 99, 99.5, 990, 995, 999, 1000, 4294967290.0};
	struct observation o = observe(quantities[dice(walk, sizeof quantities / sizeof *quantities)], dice(walk, 2));

	if (quantity_info(o.quantity)->kind == QUANTITY_COUNTER)
		o.value = counts[dice(walk, 10)] + dice(walk, 4);
	if (o.quantity == QUANTITY_BATTERY)
		o.value = dice(walk, 40);
	snprintf(o.device, sizeof o.device, "d-%u", dice(walk, WALK_DEVICES + 1));
	if (dice(walk, 3) == 0)
		memcpy(o.channel, "b", 2);
	if (dice(walk, 4) == 0)
		memcpy(o.text, dice(walk, 2) ? "x" : "y", 2);
	if (dice(walk, 2))
		o.at.ms = walk->now.ms - dice(walk, 60) * MS_PER_SECOND;
	if (dice(walk, 20) == 0)
		o.at.ms = walk->now.ms + ((int64_t)dice(walk, 2000) - 1000) * MS_PER_DAY;
	if (dice(walk, 100) == 0)
		o.at.ms = dice(walk, 100000);
	o.retained = dice(walk, 10) == 0;
	o.edge = dice(walk, 2) ? EDGE_CHANGE : EDGE_EVERY;
	o.retained_as = dice(walk, 4) ? RETAINED_STATE : RETAINED_IGNORE;
	o.dedupe_ms = dice(walk, 3) ? 0 : (int64_t)dice(walk, 60000);
	o.expires_ms = dice(walk, 5) ? 0 : (int64_t)dice(walk, 60000);
	return o;
}

/* walk_entry changes the directory somewhere. */
static const struct entry *walk_entry(struct walk *walk)
{
	unsigned row = dice(walk, WALK_DEVICES + 2 * WALK_HOMES), home = dice(walk, WALK_HOMES);
	char name[16], house[16];

	snprintf(name, sizeof name, "d-%u", row);
	snprintf(house, sizeof house, "h-%u", row < WALK_DEVICES ? home : (row - WALK_DEVICES) % WALK_HOMES);
	if (row >= WALK_DEVICES + WALK_HOMES)
		walk->entries[row] = tombstone(ENTRY_HOUSEHOLD, house);
	else if (row >= WALK_DEVICES)
		walk->entries[row] = dice(walk, 4) ? consent_entry(house, dice(walk, 4) ? ALL_QUANTITIES : 0xf0f0f0f0ff,
							     WALL_NONE, WALL_NONE)
						   : tombstone(ENTRY_CONSENT, house);
	else
		walk->entries[row] = dice(walk, 3) ? device_entry(name, house) : tombstone(ENTRY_DEVICE, name);
	walk->given[row] = row < WALK_DEVICES + WALK_HOMES;
	if (walk->entries[row].kind == ENTRY_HOUSEHOLD && walk->entries[row].deleted) /* its consent is over with it */
		walk->given[row - WALK_HOMES] = false;
	return &walk->entries[row];
}

static void print_effects(const struct ingest_effects *effects, struct buf *out)
{
	for (unsigned i = 0; i < effects->count; i++) {
		const struct ingest_effect *effect = &effects->items[i];
		if (effect->kind == INGEST_READING)
			assert_int_equal(codec_reading_encode(&effect->as.reading, out), ERR_OK);
		else if (effect->kind == INGEST_ALERT)
			assert_int_equal(codec_alert_encode(&effect->as.alert, out), ERR_OK);
		else
			buf_printf(out, "%s\n", ingest_reject_name(effect->as.reject));
	}
}

/* walk_on makes the walk of this seed; with kills each step is stored, and now and then all but the store is lost. */
static void walk_on(uint64_t seed, unsigned kills, struct buf *out)
{
	struct ingest_core_config config = usual;
	struct walk walk = {.random = seed * UINT64_C(0x9e3779b97f4a7c15), .now = {NOON}};
	struct walk chance = {.random = seed + 77}; /* the kills do not change the walk */
	struct world w = {0};
	static struct shelf shelf;

	config.silent_ms = 0; /* a start gives silence a delay: see after_a_start_silence_waits... */
	config.devices_max = 40;
	shelf.count = 0;
	assert_int_equal(ingest_core_create(&config, &w.core, NULL), ERR_OK);
	for (int step = 0; step < WALK_STEPS; step++) {
		walk.now.ms += dice(&walk, 5) ? dice(&walk, 20000) : 0;
		w.now = walk.now;
		if (dice(&walk, 40) == 0 || step < 30) {
			give(&w, walk_entry(&walk));
		} else {
			feed(&w, walk_observation(&walk));
			print_effects(&w.effects, out);
		}
		tick(&w);
		print_effects(&w.effects, out);
		if (!kills)
			continue;
		shelf_take(&shelf, w.core);
		if (dice(&chance, kills))
			continue;
		ingest_core_destroy(w.core);
		assert_int_equal(ingest_core_create(&config, &w.core, NULL), ERR_OK);
		for (unsigned row = 0; row < sizeof walk.given / sizeof *walk.given; row++)
			if (walk.given[row])
				give(&w, &walk.entries[row]);
		shelf_give(&shelf, w.core);
	}
	ingest_core_destroy(w.core);
}

static void a_walk_with_kills_says_the_same_byte_for_byte(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 6; seed++) {
		struct buf calm, killed;
		buf_init(&calm, 64u << 20);
		buf_init(&killed, 64u << 20);
		walk_on(seed, 0, &calm);
		walk_on(seed, seed % 2 ? 1 : 20, &killed);
		assert_true(!calm.failed && calm.length > WALK_STEPS);
		if (calm.length != killed.length || memcmp(calm.data, killed.data, calm.length)) {
			size_t at = 0;
			while (calm.data[at] == killed.data[at])
				at++;
			at = at > 200 ? at - 200 : 0;
			fail_msg("seed %d: calm: %.700s\nkilled: %.700s", (int)seed, calm.data + at, killed.data + at);
		}
		buf_fini(&calm);
		buf_fini(&killed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_known_is_known_after_a_restart),
		cmocka_unit_test(after_a_start_silence_waits_until_what_was_kept_is_read),
		cmocka_unit_test(a_state_that_cannot_be_read_is_named),
		cmocka_unit_test(restoring_ends_at_the_bound),
		cmocka_unit_test(a_forgotten_state_is_restored_as_forgotten),
		cmocka_unit_test(a_refreshed_state_is_given_again),
		cmocka_unit_test(a_walk_with_kills_says_the_same_byte_for_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
