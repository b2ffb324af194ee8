/* SPDX-License-Identifier: MIT
 *
 * States taken back from the store. A bent one is refused, never believed: names and numbers that others will read are
 * checked here.
 */
#include "core_internal.h"

#include <math.h>
#include <string.h>

#include "base/blob.h"
#include "base/text.h"

#define WALL_SANE_MS (INT64_C(1) << 53) /* differences of such times never overflow */

static struct wall get_wall(struct blob *b)
{
	struct wall t = blob_get_wall(b);

	if (wall_is_set(t) && (t.ms < -WALL_SANE_MS || t.ms > WALL_SANE_MS)) {
		b->bad = true;
		return WALL_NONE;
	}
	return t;
}

/* get_finite: what is told to others as a number must be one. */
static double get_finite(struct blob *b)
{
	double value = blob_get_number(b);

	if (!isfinite(value)) {
		b->bad = true;
		return 0;
	}
	return value;
}

static void get_meter_nights(struct blob *b, struct meter *meter)
{
	meter->night_count = (uint8_t)blob_get(b, 1);
	meter->night_next = (uint8_t)blob_get(b, 1);
	if (meter->night_count > METER_NIGHT_HOURS || meter->night_next >= METER_NIGHT_HOURS) {
		meter->night_count = meter->night_next = 0;
		b->bad = true;
	}
	for (unsigned i = 0; i < meter->night_count; i++) {
		uint32_t bits = (uint32_t)blob_get(b, 4);
		memcpy(&meter->nights[i], &bits, sizeof bits);
		meter->night_days[i] = (uint16_t)blob_get(b, 2);
		b->bad = b->bad || !isfinite((double)meter->nights[i]);
	}
	meter_settle(meter);
}

static void get_meter(struct blob *b, struct meter *meter)
{
	meter->window_start_ms = get_wall(b).ms;
	meter->window_sum = get_finite(b);
	meter->night_hour = get_wall(b).ms;
	meter->night_sum = get_finite(b);
	meter->night_covered_ms = (int64_t)blob_get(b, 4);
	meter->low = blob_get_number(b);
	b->bad = b->bad || isnan(meter->low);
	if (!blob_get(b, 1))
		return;
	meter->head_hour = get_wall(b).ms;
	for (unsigned i = 0; i < METER_HOURS; i++) {
		uint32_t bits = (uint32_t)blob_get(b, 4);
		memcpy(&meter->hours[i], &bits, sizeof bits);
		b->bad = b->bad || !isfinite((double)meter->hours[i]);
	}
}

static unsigned get_below(struct blob *b, unsigned limit)
{
	unsigned value = (unsigned)blob_get(b, 1);

	b->bad = b->bad || value >= limit;
	return b->bad ? 0 : value;
}

static enum err get_notice(struct blob *b, struct home *home)
{
	struct notice *n = calloc(1, sizeof *n);

	if (!n)
		return ERR_NOMEM;
	n->home = home;
	n->at = get_wall(b);
	n->onset = get_wall(b);
	n->revision = (uint32_t)blob_get(b, 4);
	n->state = (enum alert_state)get_below(b, ALERT_STATE_COUNT);
	n->level = (enum alert_level)get_below(b, ALERT_LEVEL_COUNT);
	n->kind = (enum detector_rule_kind)get_below(b, DETECTOR_RULE_KIND_COUNT);
	n->cause = (enum cause)get_below(b, CAUSE_FORGOTTEN + 1);
	blob_get_text(b, n->rule, sizeof n->rule);
	blob_get_text(b, n->id, sizeof n->id);
	n->cause_at = get_wall(b);
	n->cause_quantity = (uint8_t)get_below(b, QUANTITY_COUNT + 1);
	n->amount = get_finite(b);
	n->limit = get_finite(b);
	n->window_ms = (int64_t)blob_get(b, 8);
	n->learning = blob_get(b, 1) != 0;
	n->confidence = blob_get_number(b);
	n->looked_at = blob_get(b, 8);
	n->blind = blob_get(b, 8);
	n->trace_count = get_below(b, EVIDENCE_MAX + 1);
	for (unsigned i = 0; i < n->trace_count; i++) {
		n->traces[i].quantity = (uint8_t)get_below(b, QUANTITY_COUNT);
		n->traces[i].device = (uint8_t)get_below(b, DETECTOR_DEVICES_MAX + 1);
		n->traces[i].value = get_finite(b);
		n->traces[i].at = get_wall(b);
	}
	b->bad = b->bad || !text_is_id(n->id) || !text_is_id(n->rule) || !n->revision || !wall_is_set(n->at) ||
		 !(n->confidence >= 0 && n->confidence <= 1);
	*home->notices_last = n;
	home->notices_last = &n->next;
	return ERR_OK;
}

/* get_standing: an open alert whose rule is gone is cleared by the first look at the home. */
static enum err get_standing(struct detector_core *core, struct blob *b, struct home *home)
{
	struct standing s = {0};

	s.level = (enum alert_level)get_below(b, ALERT_LEVEL_COUNT);
	s.kind = (enum detector_rule_kind)get_below(b, DETECTOR_RULE_KIND_COUNT);
	s.revision = (uint32_t)blob_get(b, 4);
	s.onset = get_wall(b);
	s.at = get_wall(b);
	blob_get_text(b, s.rule, sizeof s.rule);
	b->bad = b->bad || !text_is_id(s.rule) || !wall_is_set(s.onset) || !wall_is_set(s.at) ||
		 detect_standing(home, s.rule);
	return b->bad ? ERR_OK : detect_standing_add(core, home, &s);
}

static enum err get_sensor(struct blob *b, struct home *home)
{
	struct sensor *s = &home->sensors[home->sensor_count];

	*s = (struct sensor){.name = blob_get(b, 8), .at = WALL_NONE, .proof = WALL_NONE};
	s->quantity = (uint8_t)get_below(b, QUANTITY_COUNT);
	s->device = (uint8_t)get_below(b, home->device_count);
	if (b->bad)
		return ERR_OK;
	enum err err = detect_sign_meter(s);
	if (err)
		return err;
	home->sensor_count++;
	if (s->meter)
		get_meter_nights(b, s->meter);
	return ERR_OK;
}

static enum err get_lists(struct detector_core *core, struct blob *b, struct home *home)
{
	unsigned count = get_below(b, DETECTOR_DEVICES_MAX + 1);
	enum err err = ERR_OK;

	home->devices = calloc(count + 1, sizeof *home->devices);
	if (!home->devices)
		return ERR_NOMEM;
	home->device_count = home->device_capacity = (uint8_t)count;
	for (unsigned i = 0; i < count; i++) {
		home->devices[i].heard = WALL_NONE;
		blob_get_text(b, home->devices[i].id, sizeof home->devices[i].id);
		b->bad = b->bad || (home->devices[i].id[0] && !text_is_label(home->devices[i].id));
	}
	count = get_below(b, DETECTOR_SENSORS_MAX + 1);
	home->sensors = calloc(count + 1, sizeof *home->sensors);
	if (!home->sensors)
		return ERR_NOMEM;
	home->sensor_capacity = (uint8_t)count;
	for (unsigned i = 0; i < count && !err && !b->bad; i++)
		err = get_sensor(b, home);
	count = get_below(b, DETECTOR_RULES_MAX + 1);
	for (unsigned i = 0; i < count && !err && !b->bad; i++)
		err = get_standing(core, b, home);
	while (!err && !b->bad && blob_get(b, 1) == 1)
		err = get_notice(b, home);
	return err;
}

static enum err get_cold(struct detector_core *core, struct blob *b, struct home *home)
{
	detect_home_blank(core, home);
	detect_home_unsay(home);
	core->queue_stale = true;
	home->leaving = blob_get(b, 1) != 0 && !home->present;
	home->shape = (uint32_t)blob_get(b, 4);
	unsigned mode = get_below(b, DETECTOR_MODE_COUNT);
	home->since = get_wall(b);
	home->away_since = get_wall(b);
	core->modes[home->mode]--;
	home->mode = (enum detector_mode)mode;
	core->modes[home->mode]++;
	return get_lists(core, b, home);
}

static void get_sign(struct blob *b, struct sign *sign)
{
	sign->at = get_wall(b);
	sign->since = get_wall(b);
	sign->quantity = (uint8_t)get_below(b, QUANTITY_COUNT + 1);
	sign->device = (uint8_t)blob_get(b, 1);
	sign->value = get_finite(b);
}

static void get_hot(struct blob *b, struct home *home, int64_t *out_due_ms)
{
	uint64_t due = blob_get(b, 8);

	*out_due_ms = due > INT64_MAX ? 0 : (int64_t)due;
	home->waiting = blob_get(b, 1) != 0;
	get_sign(b, &home->last);
	home->opened = get_wall(b);
	if (blob_get(b, 1)) {
		home->moved = get_wall(b);
		home->firing_next = (uint8_t)get_below(b, FIRINGS);
		for (unsigned i = 0; i < FIRINGS; i++) {
			home->firings[i].at = get_wall(b);
			home->firings[i].sensor = blob_get(b, 8);
		}
	}
	for (unsigned i = 0; i < home->device_count; i++) {
		home->devices[i].heard = get_wall(b);
		home->devices[i].offline = blob_get(b, 1) != 0;
	}
	for (unsigned i = 0; i < home->sensor_count; i++) {
		struct sensor *s = &home->sensors[i];
		s->known = blob_get(b, 1) != 0;
		s->value = get_finite(b);
		s->at = get_wall(b);
		s->proof = get_wall(b);
		if (s->meter)
			get_meter(b, s->meter);
	}
}

/* part_of takes a key apart and finds its home. */
static struct home *part_of(const struct detector_core *core, const char *key, char id[ID_BYTES], char *out_part)
{
	size_t length = strlen(key);

	*out_part = '\0';
	if (length < 2 || length > ID_BYTES || (key[length - 1] != KEY_COLD && key[length - 1] != KEY_HOT))
		return NULL;
	*out_part = key[length - 1];
	memcpy(id, key, length - 1);
	id[length - 1] = '\0';
	return detect_home_find(core, id);
}

static bool leaves(const struct detector_state *state)
{
	return state->length > 1 && state->blob[0] == STATE_VERSION && state->blob[1];
}

/* give_up leaves the home as new. What it still had to say goes only with the part that holds it. */
static enum err give_up(struct detector_core *core, struct home *home, char part, enum err err)
{
	if (part == KEY_COLD) {
		detect_home_unsay(home);
		core->queue_stale = true;
	}
	detect_home_blank(core, home);
	home->shape++; /* no hot part of the given-up one fits */
	return err;
}

/* orphaned: an open alert has no rule any more. */
static bool orphaned(const struct detector_core *core, const struct home *home)
{
	for (unsigned i = 0; i < home->standing_count; i++)
		if (!detect_ruled(&core->config, &home->standings[i]))
			return true;
	return false;
}

static enum err restore_end(struct detector_core *core, struct home *home)
{
	if (home)
		detect_home_restore_end(core, home);
	return ERR_OK;
}

enum err detector_restore(struct detector_core *core, const struct detector_state *state)
{
	struct blob b = blob_read(state->blob, state->length);
	char id[ID_BYTES], part;
	int64_t due = 0;
	enum err err = ERR_OK;

	if (!memchr(state->key, '\0', sizeof state->key) || state->length > sizeof state->blob)
		return ERR_CORRUPT;
	struct home *home = part_of(core, state->key, id, &part);
	if (!part)
		return ERR_CORRUPT;
	if (!state->length)
		return restore_end(core, home);
	if (!home && part == KEY_COLD && leaves(state))
		err = detect_home_get(core, id, &home);
	if (err || !home)
		return err ? err : ERR_NOT_FOUND;
	if (blob_get(&b, 1) != STATE_VERSION)
		return give_up(core, home, part, ERR_VERSION);
	if (part == KEY_COLD) {
		err = get_cold(core, &b, home);
	} else {
		if ((uint32_t)blob_get(&b, 4) != home->shape)
			return ERR_OK;
		get_hot(&b, home, &due);
	}
	if (!err && (b.bad || b.at != b.size))
		err = ERR_CORRUPT;
	if (err)
		return give_up(core, home, part, err);
	return detect_arm(core, home, orphaned(core, home) ? 0 : due);
}

uint32_t detector_slot(const struct detector_core *core, const char *key)
{
	char id[ID_BYTES], part;
	const struct home *home = part_of(core, key, id, &part);

	return home ? home->slot * 2 + (part == KEY_HOT) : DETECTOR_NO_SLOT;
}

enum err detector_refresh(struct detector_core *core, uint32_t slot)
{
	return detect_mark(core, core->slots[slot / 2], slot % 2 == 0);
}
