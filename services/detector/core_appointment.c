/* SPDX-License-Identifier: MIT
 *
 * The appointments of homes: as the directory has them, and as the store keeps how they stand.
 */
#include "core_internal.h"

#include <string.h>

#include "base/text.h"

void detect_appointments_free(struct home *home)
{
	if (home->appointments)
		free(home->appointments->items);
	free(home->appointments);
	home->appointments = NULL;
}

void detect_appointments_blank(struct home *home)
{
	if (!home->appointments)
		return;
	for (unsigned i = 0; i < home->appointments->count; i++) {
		struct appointed *item = &home->appointments->items[i];
		item->asked = item->missed = WALL_NONE;
		item->blind = false;
	}
	for (unsigned i = 0; i < APPOINTMENT_SIGN_COUNT; i++)
		home->appointments->seen[i] = WALL_NONE;
}

/* ---- the directory ---- */

static enum err room_for_one(struct home *home)
{
	if (!home->appointments) {
		home->appointments = calloc(1, sizeof *home->appointments);
		if (!home->appointments)
			return ERR_NOMEM;
		detect_appointments_blank(home);
	}
	struct home_appointments *all = home->appointments;
	if (all->count == DETECTOR_APPOINTMENTS_MAX)
		return ERR_FULL;
	if (all->count == all->capacity) {
		uint8_t capacity = (uint8_t)(all->capacity ? all->capacity * 2 : 2);
		struct appointed *more = realloc(all->items, capacity * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		all->items = more;
		all->capacity = capacity;
	}
	return ERR_OK;
}

/* place_of gives where the appointment stands, or would stand: they are in the order of their ids. */
static unsigned place_of(const struct home *home, const char *id)
{
	unsigned i = 0;

	while (home->appointments && i < home->appointments->count && strcmp(home->appointments->items[i].id, id) < 0)
		i++;
	return i;
}

static bool stands_at(const struct home *home, unsigned place, const char *id)
{
	return home->appointments && place < home->appointments->count &&
	       !strcmp(home->appointments->items[place].id, id);
}

/* settle has the home looked at. While the store is read nothing is known that could be written. */
static enum err settle(struct detector_core *core, struct home *home)
{
	enum err err = wall_is_set(core->now) ? detect_mark(core, home, false) : ERR_OK;

	return err ? err : detect_arm(core, home, 0);
}

static enum err take_out(struct detector_core *core, struct promise *promise, const char *id)
{
	struct home *home = detect_home_find(core, promise->household);
	unsigned place = home ? place_of(home, id) : 0;
	enum err err = ERR_OK;

	if (home && stands_at(home, place, id)) {
		struct home_appointments *all = home->appointments;
		memmove(&all->items[place], &all->items[place + 1], (all->count - place - 1) * sizeof *all->items);
		all->count--;
		err = settle(core, home);
	}
	HASH_DEL(core->promises, promise);
	free(promise);
	return err;
}

static enum err promise_add(struct detector_core *core, uint64_t hash, const char *household)
{
	struct promise *promise = calloc(1, sizeof *promise);

	if (!promise)
		return ERR_NOMEM;
	promise->appointment = hash;
	text_cut(promise->household, sizeof promise->household, household);
	HASH_ADD(hh, core->promises, appointment, sizeof promise->appointment, promise);
	return ERR_OK;
}

static enum err put_in(struct detector_core *core, struct home *home, const struct entry *entry)
{
	unsigned place = place_of(home, entry->key);

	if (!stands_at(home, place, entry->key)) {
		enum err err = room_for_one(home);
		if (err)
			return err;
		struct home_appointments *all = home->appointments;
		memmove(&all->items[place + 1], &all->items[place], (all->count - place) * sizeof *all->items);
		all->count++;
		all->items[place] = (struct appointed){.asked = WALL_NONE, .missed = WALL_NONE};
		text_cut(all->items[place].id, sizeof all->items[place].id, entry->key);
	}
	home->appointments->items[place].terms = entry->body.appointment.terms;
	return settle(core, home);
}

enum err detect_appointment_entry(struct detector_core *core, const struct entry *entry)
{
	uint64_t hash = text_hash64(entry->key, strlen(entry->key), 0);
	struct promise *promise;
	struct home *home;
	enum err err = ERR_OK;

	HASH_FIND(hh, core->promises, &hash, sizeof hash, promise);
	if (promise && (entry->deleted || strcmp(promise->household, entry->body.appointment.household) != 0)) {
		err = take_out(core, promise, entry->key);
		promise = NULL;
	}
	if (err || entry->deleted)
		return err;
	err = detect_home_get(core, entry->body.appointment.household, &home);
	if (!err)
		err = put_in(core, home, entry);
	return err || promise ? err : promise_add(core, hash, home->id);
}

/* ---- the store ---- */

void detect_appointments_put(struct blob *b, const struct home *home)
{
	const struct home_appointments *all = home->appointments;

	blob_put(b, all ? all->count : 0, 1);
	for (unsigned i = 0; all && i < all->count; i++) {
		blob_put(b, text_hash64(all->items[i].id, strlen(all->items[i].id), 0), 8);
		blob_put_wall(b, all->items[i].asked);
		blob_put_wall(b, all->items[i].missed);
		blob_put(b, all->items[i].blind, 1);
	}
	for (unsigned i = 0; all && all->count && i < APPOINTMENT_SIGN_COUNT; i++)
		blob_put_wall(b, all->seen[i]);
}

static struct wall get_wall(struct blob *b)
{
	struct wall t = blob_get_wall(b);

	if (wall_is_set(t) && (t.ms < 0 || t.ms > DETECT_WALL_SANE_MS)) {
		b->bad = true;
		return WALL_NONE;
	}
	return t;
}

void detect_appointments_get(struct blob *b, struct home *home)
{
	struct home_appointments none = {0}, *all = home->appointments ? home->appointments : &none;
	unsigned count = (unsigned)blob_get(b, 1);

	b->bad = b->bad || count > DETECTOR_APPOINTMENTS_MAX;
	for (unsigned i = 0; i < count && !b->bad; i++) {
		uint64_t name = blob_get(b, 8);
		struct appointed other, *item = &other;
		for (unsigned k = 0; k < all->count; k++)
			if (text_hash64(all->items[k].id, strlen(all->items[k].id), 0) == name)
				item = &all->items[k];
		item->asked = get_wall(b);
		item->missed = get_wall(b);
		item->blind = blob_get(b, 1) != 0;
	}
	for (unsigned i = 0; i < APPOINTMENT_SIGN_COUNT && count && !b->bad; i++)
		all->seen[i] = get_wall(b);
}
