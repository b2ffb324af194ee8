/* SPDX-License-Identifier: MIT
 *
 * States as the store keeps them: parts of a home, a version byte in front of each and a sum behind. The hot part names
 * the shape of the cold part that it goes with; one of another shape is an older copy and is passed over.
 */
#include "core_internal.h"

#include <assert.h>
#include <string.h>

#include "base/blob.h"
#include "base/text.h"

#define NOTICE_BYTES_MAX 512

/* codes: a number of its own for each quantity, never changed and never given again: stores hold them, and the hashes
 * of sensors. A new quantity gets the next one. */
static const uint8_t codes[QUANTITY_COUNT] = {
	[QUANTITY_WATER_TOTAL] = 0,
	[QUANTITY_GAS_TOTAL] = 1,
	[QUANTITY_ENERGY_TOTAL] = 2,
	[QUANTITY_HEAT_TOTAL] = 3,
	[QUANTITY_PULSE_TOTAL] = 4,
	[QUANTITY_WATER_FLOW] = 5,
	[QUANTITY_GAS_FLOW] = 6,
	[QUANTITY_POWER] = 7,
	[QUANTITY_VOLTAGE] = 8,
	[QUANTITY_CURRENT] = 9,
	[QUANTITY_TEMPERATURE] = 10,
	[QUANTITY_HUMIDITY] = 11,
	[QUANTITY_ILLUMINANCE] = 12,
	[QUANTITY_PRESSURE] = 13,
	[QUANTITY_CO2] = 14,
	[QUANTITY_TVOC] = 15,
	[QUANTITY_PM2_5] = 16,
	[QUANTITY_PM10] = 17,
	[QUANTITY_GAS_CONCENTRATION] = 18,
	[QUANTITY_NOISE] = 19,
	[QUANTITY_DISTANCE] = 20,
	[QUANTITY_PEOPLE] = 21,
	[QUANTITY_HEART_RATE] = 22,
	[QUANTITY_COVER_POSITION] = 23,
	[QUANTITY_BATTERY] = 24,
	[QUANTITY_SIGNAL] = 25,
	[QUANTITY_LINK_QUALITY] = 26,
	[QUANTITY_LEVEL] = 27,
	[QUANTITY_CONTACT] = 28,
	[QUANTITY_MOTION] = 29,
	[QUANTITY_PRESENCE] = 30,
	[QUANTITY_BED] = 31,
	[QUANTITY_SEAT] = 32,
	[QUANTITY_SWITCH] = 33,
	[QUANTITY_VIBRATION] = 34,
	[QUANTITY_TAMPER] = 35,
	[QUANTITY_ONLINE] = 36,
	[QUANTITY_FAULT] = 37,
	[QUANTITY_LEAK] = 38,
	[QUANTITY_SMOKE] = 39,
	[QUANTITY_GAS_ALARM] = 40,
	[QUANTITY_CO_ALARM] = 41,
	[QUANTITY_SOS] = 42,
	[QUANTITY_FALL] = 43,
	[QUANTITY_BUTTON] = 44,
	[QUANTITY_PERSON_SEEN] = 45,
	[QUANTITY_DOOR_VIEWER] = 46,
	[QUANTITY_CALL] = 47,
	[QUANTITY_CODE] = 48,
};

uint8_t detect_code(unsigned quantity)
{
	return quantity < QUANTITY_COUNT ? codes[quantity] : DETECT_CODE_NONE;
}

enum quantity detect_code_quantity(unsigned code)
{
	unsigned quantity = 0;

	while (quantity < QUANTITY_COUNT && codes[quantity] != code)
		quantity++;
	return (enum quantity)quantity;
}

char detect_part_letter(enum part part)
{
	static const char letters[PART_COUNT] = {[PART_COLD] = '*', [PART_HABIT] = '~', [PART_HOT] = '/'};

	assert(part < PART_COUNT);
	return letters[part];
}

uint32_t detect_state_sum(const char *key, const unsigned char *bytes, size_t length)
{
	uint64_t sum = length ^ text_hash64(key, strlen(key), 0), word;

	for (; length >= sizeof word; length -= sizeof word, bytes += sizeof word) {
		memcpy(&word, bytes, sizeof word);
		sum = (sum ^ word) * UINT64_C(0x9fb21c651e98df25);
		sum ^= sum >> 32;
	}
	for (; length; length--)
		sum = (sum ^ *bytes++) * UINT64_C(0x100000001b3);
	/* Folding alone would cancel the high bits of the last word. */
	return (uint32_t)(sum * UINT64_C(0x9fb21c651e98df25) >> 32);
}

/* put_quantities writes a set of quantities as a set of codes. */
static void put_quantities(struct blob *b, uint64_t quantities)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < QUANTITY_COUNT; i++)
		if (quantities >> i & 1)
			set |= UINT64_C(1) << codes[i];
	blob_put(b, set, 8);
}

static void put_meter_nights(struct blob *b, const struct meter *meter)
{
	blob_put(b, meter->night_count, 1);
	blob_put(b, meter->night_next, 1);
	for (unsigned i = 0; i < meter->night_count; i++) {
		uint32_t bits;
		memcpy(&bits, &meter->nights[i], sizeof bits);
		blob_put(b, bits, 4);
		blob_put(b, meter->night_days[i], 2);
	}
}

static void put_meter(struct blob *b, const struct meter *meter, bool hours)
{
	blob_put(b, (uint64_t)meter->window_start_ms, 8);
	blob_put_number(b, meter->window_sum);
	blob_put(b, (uint64_t)meter->night_hour, 8);
	blob_put_number(b, meter->night_sum);
	blob_put(b, (uint64_t)meter->night_covered_ms, 4);
	blob_put_number(b, meter->low);
	if (meter->kind == METER_GAS) {
		blob_put(b, (uint64_t)meter->gas_day, 8);
		for (unsigned i = 0; i < METER_DAYS; i++)
			blob_put(b, meter->gas_hours[i], 3);
		blob_put(b, (uint64_t)meter->run_start_ms, 8);
		blob_put(b, (uint64_t)meter->run_at_ms, 8);
	}
	blob_put(b, hours, 1);
	if (!hours)
		return;
	blob_put(b, (uint64_t)meter->head_hour, 8);
	for (unsigned i = 0; i < METER_HOURS; i++) {
		uint32_t bits;
		memcpy(&bits, &meter->hours[i], sizeof bits);
		blob_put(b, bits, 4);
	}
}

static void put_standing(struct blob *b, const struct standing *s)
{
	blob_put(b, (uint64_t)s->level, 1);
	blob_put(b, (uint64_t)s->kind, 1);
	blob_put(b, s->revision, 4);
	blob_put_wall(b, s->onset);
	blob_put_wall(b, s->at);
	blob_put_text(b, s->rule);
}

static void put_thaw(struct blob *b, const struct thaw *thaw)
{
	blob_put(b, (uint64_t)thaw->kind, 1);
	blob_put(b, (uint64_t)thaw->source, 1);
	blob_put_wall(b, thaw->since);
	blob_put_wall(b, thaw->at);
}

static void put_notice(struct blob *b, const struct notice *n)
{
	blob_put_wall(b, n->at);
	blob_put_wall(b, n->onset);
	blob_put(b, n->revision, 4);
	blob_put(b, (uint64_t)n->state, 1);
	blob_put(b, (uint64_t)n->level, 1);
	blob_put(b, (uint64_t)n->kind, 1);
	blob_put(b, (uint64_t)n->cause, 1);
	blob_put_text(b, n->rule);
	blob_put_text(b, n->id);
	blob_put_wall(b, n->cause_at);
	blob_put(b, detect_code(n->cause_quantity), 1);
	blob_put_number(b, n->amount);
	blob_put_number(b, n->limit);
	blob_put_number(b, n->amount2);
	blob_put_number(b, n->limit2);
	for (unsigned i = 0; i < DETECTOR_PARAMS_MAX; i++)
		blob_put_number(b, n->values[i]);
	blob_put(b, (uint64_t)n->usual_ms, 8);
	blob_put_wall(b, n->wake);
	blob_put(b, n->holiday, 1);
	blob_put(b, n->learning, 1);
	put_thaw(b, &n->thaw);
	blob_put_wall(b, n->in_bed);
	blob_put_number(b, n->confidence);
	put_quantities(b, n->looked_at);
	put_quantities(b, n->blind);
	blob_put(b, n->trace_count, 1);
	for (unsigned i = 0; i < n->trace_count; i++) {
		blob_put(b, detect_code(n->traces[i].quantity), 1);
		blob_put(b, n->traces[i].device, 1);
		blob_put_number(b, n->traces[i].value);
		blob_put_wall(b, n->traces[i].at);
	}
}

static void put_absence(struct blob *b, const struct home *home)
{
	blob_put(b, (uint64_t)home->away.source, 1);
	blob_put_wall(b, home->away.since);
	blob_put_wall(b, home->away.until);
	blob_put_wall(b, home->spent.from);
	blob_put_wall(b, home->spent.until);
	blob_put_wall(b, home->counts);
	put_thaw(b, &home->thaw);
}

static void put_lessons(struct blob *b, const struct lessons *lessons)
{
	blob_put(b, lessons ? lessons->count : 0, 1);
	for (unsigned i = 0; lessons && i < lessons->count; i++) {
		const struct detector_lesson *l = &lessons->items[i];
		blob_put_text(b, l->incident);
		blob_put_wall(b, l->at);
		blob_put(b, (uint64_t)l->outcome, 1);
		blob_put(b, (uint64_t)l->found, 1);
		blob_put_number(b, (double)l->lean_before);
		blob_put_number(b, (double)l->lean);
		blob_put_number(b, (double)l->pooled_before);
		blob_put_number(b, (double)l->pooled);
		blob_put(b, detect_code(l->doubted), 1);
	}
}

static void put_cold(struct blob *b, const struct home *home)
{
	blob_put(b, home->leaving, 1);
	blob_put(b, home->shape, 4);
	blob_put(b, (uint64_t)home->mode, 1);
	blob_put_wall(b, home->since);
	put_absence(b, home);
	put_lessons(b, home->lessons);
	blob_put(b, home->device_count, 1);
	for (unsigned i = 0; i < home->device_count; i++)
		blob_put_text(b, home->devices[i].id);
	blob_put(b, home->sensor_count, 1);
	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		blob_put(b, s->name, 8);
		blob_put(b, detect_code(s->quantity), 1);
		blob_put(b, s->device, 1);
		if (s->meter)
			put_meter_nights(b, s->meter);
	}
	blob_put(b, home->standing_count, 1);
	for (unsigned i = 0; i < home->standing_count; i++)
		put_standing(b, &home->standings[i]);
	size_t past = home->anomaly ? ANOMALY_PAST_BYTES_MAX : 0;
	/* As many as there is room for: each is followed by a byte that says whether another comes. */
	for (const struct notice *n = home->notices; n && b->size - b->at > NOTICE_BYTES_MAX + past; n = n->next) {
		blob_put(b, 1, 1);
		put_notice(b, n);
	}
	blob_put(b, 0, 1);
	blob_put(b, home->anomaly != NULL, 1);
	if (home->anomaly)
		anomaly_put_past(b, home->anomaly);
}

static void put_sign(struct blob *b, const struct sign *sign)
{
	blob_put_wall(b, sign->at);
	blob_put_wall(b, sign->since);
	blob_put(b, detect_code(sign->quantity), 1);
	blob_put(b, sign->device, 1);
	blob_put_number(b, sign->value);
}

static void put_passage(struct blob *b, const struct home *home)
{
	const struct passage *p = &home->passage;

	blob_put_wall(b, home->inside);
	blob_put_wall(b, home->in_bed);
	blob_put(b, wall_is_set(p->end), 1);
	if (!wall_is_set(p->end))
		return;
	blob_put_wall(b, p->start);
	blob_put_wall(b, p->end);
	blob_put(b, (uint64_t)(p->open | p->leaving << 1 | p->unsure << 2), 1);
}

static void put_hot(struct blob *b, const struct home *home, bool hours)
{
	bool motion = wall_is_set(home->moved);

	blob_put(b, home->shape, 4);
	blob_put(b, (uint64_t)home->due_ms, 8);
	blob_put(b, home->waiting, 1);
	put_sign(b, &home->last);
	blob_put_wall(b, home->opened);
	blob_put(b, motion, 1);
	if (motion) {
		blob_put_wall(b, home->moved);
		blob_put(b, home->firing_next, 1);
		for (unsigned i = 0; i < FIRINGS; i++) {
			blob_put_wall(b, home->firings[i].at);
			blob_put(b, home->firings[i].sensor, 8);
		}
	}
	put_passage(b, home);
	blob_put(b, home->habit_count, 1);
	for (unsigned i = 0; i < home->habit_count; i++) {
		blob_put(b, home->habits[i]->set, 1);
		habit_put_run(b, &home->habits[i]->habit);
	}
	for (unsigned i = 0; i < home->device_count; i++) {
		blob_put_wall(b, home->devices[i].heard);
		blob_put(b, home->devices[i].offline, 1);
	}
	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		blob_put(b, s->known, 1);
		blob_put_number(b, s->value);
		blob_put_wall(b, s->at);
		blob_put_wall(b, s->proof);
		blob_put_wall(b, s->told);
		blob_put_wall(b, s->doubted);
		if (s->meter) {
			put_meter(b, s->meter, hours);
			continue;
		}
		blob_put(b, (uint64_t)(s->lag_ms / MS_PER_MINUTE), 4);
		blob_put(b, (uint64_t)(s->told_ms / MS_PER_MINUTE), 4);
		blob_put_wall(b, s->lag_at);
		blob_put(b, s->behind, 1);
	}
	blob_put(b, home->anomaly != NULL, 1);
	if (home->anomaly)
		anomaly_put_now(b, home->anomaly);
	detect_appointments_put(b, home);
}

/* put_habits: with the terms that the limits in force were made from. */
static void put_habits(struct blob *b, const struct habit_terms *terms, const struct home *home)
{
	blob_put(b, detect_terms_sum(terms), 4);
	blob_put(b, home->habit_count, 1);
	for (unsigned i = 0; i < home->habit_count; i++) {
		blob_put(b, home->habits[i]->set, 1);
		habit_put(b, &home->habits[i]->habit);
	}
}

static void state_write(struct detector_core *core, struct home *home, struct detector_state *out)
{
	struct blob b = blob_write(out->blob, sizeof out->blob);
	size_t length = strlen(home->id);
	enum part part = 0;

	while (part < PART_HOT && !(home->unwritten >> part & 1))
		part++;
	home->unwritten &= (uint8_t) ~(1u << part);
	core->half_written = home->unwritten ? home : NULL;
	memcpy(out->key, home->id, length);
	out->key[length] = detect_part_letter(part);
	out->key[length + 1] = '\0';
	blob_put(&b, STATE_VERSION, 1);
	if (part == PART_COLD)
		put_cold(&b, home);
	else if (part == PART_HABIT)
		put_habits(&b, detect_terms(core, home), home);
	else
		put_hot(&b, home, core->counts_hours);
	blob_put(&b, detect_state_sum(out->key, out->blob, b.at), STATE_SUM_BYTES);
	out->length = b.at;
	out->slot = home->slot * PART_COUNT + part;
}

/* population_write: what the homes have in common. */
static void population_write(struct detector_core *core, struct detector_state *out)
{
	struct blob b = blob_write(out->blob, sizeof out->blob);

	core->pooled_unwritten = false;
	memcpy(out->key, DETECT_POPULATION_KEY, sizeof DETECT_POPULATION_KEY);
	blob_put(&b, STATE_VERSION, 1);
	blob_put_number(&b, core->pooled);
	blob_put(&b, detect_state_sum(out->key, out->blob, b.at), STATE_SUM_BYTES);
	out->length = b.at;
	out->slot = 0;
}

bool detector_dirty(struct detector_core *core, struct detector_state *out_state)
{
	struct tomb *tomb = core->tombs;
	struct home *home = core->half_written;

	if (home) {
		state_write(core, home, out_state);
		return true;
	}
	if (core->pooled_unwritten) {
		population_write(core, out_state);
		return true;
	}
	if (tomb) {
		core->tombs = tomb->next;
		memcpy(out_state->key, tomb->key, sizeof out_state->key);
		out_state->length = 0;
		out_state->slot = tomb->slot;
		free(tomb);
		return true;
	}
	while (core->dirty_count) {
		home = core->slots[core->dirty[--core->dirty_count]];
		if (!home || !home->listed)
			continue;
		home->listed = false;
		if (!home->unwritten)
			continue;
		state_write(core, home, out_state);
		return true;
	}
	return false;
}
