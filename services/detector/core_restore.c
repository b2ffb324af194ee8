/* SPDX-License-Identifier: MIT
 *
 * States taken back from the store. A bent one is refused, never believed: names and numbers that others will read are
 * checked here.
 *
 * Versions. 1: kinds, causes and quantities by their places in the enumerations of that time, an alert without its
 * rule's kind. 2: as core_state.c writes it. Older ones are read for ever; what they lack is made up here.
 */
#include "core_internal.h"

#include <math.h>
#include <string.h>

#include "base/blob.h"
#include "base/text.h"

#define V1_QUANTITIES 49 /* their number then, which said "none" */
#define V1_MODES 4       /* their number then */

static struct wall get_wall(struct blob *b)
{
	struct wall t = blob_get_wall(b);

	if (wall_is_set(t) && (t.ms < -DETECT_WALL_SANE_MS || t.ms > DETECT_WALL_SANE_MS)) {
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

static void get_meter_nights(struct blob *b, const struct meter_filter *filter, struct meter *meter)
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
	meter_settle(meter, filter);
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
	if (meter->kind == METER_GAS) {
		meter->gas_day = get_wall(b).ms;
		for (unsigned i = 0; i < METER_DAYS; i++)
			meter->gas_hours[i] = (uint32_t)blob_get(b, 3);
		meter->run_start_ms = get_wall(b).ms;
		meter->run_at_ms = get_wall(b).ms;
	}
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

/* get_quantity; QUANTITY_COUNT = none, or seen by a visitor. */
static uint8_t get_quantity(struct blob *b, unsigned version)
{
	unsigned code = (unsigned)blob_get(b, 1);
	enum quantity quantity = detect_code_quantity(version == 1 && code >= V1_QUANTITIES ? DETECT_CODE_NONE : code);

	b->bad = b->bad || (quantity == QUANTITY_COUNT && code != (version == 1 ? V1_QUANTITIES : DETECT_CODE_NONE));
	return (uint8_t)quantity;
}

/* get_some_quantity: there must be one. */
static uint8_t get_some_quantity(struct blob *b, unsigned version)
{
	uint8_t quantity = get_quantity(b, version);

	b->bad = b->bad || quantity == QUANTITY_COUNT;
	return b->bad ? 0 : quantity;
}

static uint64_t get_quantities(struct blob *b)
{
	uint64_t set = blob_get(b, 8), quantities = 0;

	for (unsigned i = 0; i < QUANTITY_COUNT; i++)
		if (set >> detect_code(i) & 1)
			quantities |= UINT64_C(1) << i;
	return quantities;
}

static enum detector_rule_kind get_kind(struct blob *b, unsigned version)
{
	static const enum detector_rule_kind first[] = {DETECTOR_RULE_SILENCE, DETECTOR_RULE_WATER_UNDER,
		DETECTOR_RULE_WATER_UP_TO, DETECTOR_RULE_WATER_OVER, DETECTOR_RULE_DOOR, DETECTOR_RULE_MOTION};

	if (version == 1)
		return first[get_below(b, sizeof first / sizeof *first)];
	return (enum detector_rule_kind)get_below(b, DETECTOR_RULE_KIND_COUNT);
}

static enum cause get_cause(struct blob *b, unsigned version)
{
	static const enum cause first[] = {CAUSE_RULE, CAUSE_SIGN, CAUSE_LATE, CAUSE_VISIT, CAUSE_AWAY, CAUSE_OVER,
		CAUSE_DROPPED, CAUSE_FORGOTTEN};

	if (version == 1)
		return first[get_below(b, sizeof first / sizeof *first)];
	return (enum cause)get_below(b, CAUSE_COUNT);
}

static void get_thaw(struct blob *b, struct thaw *thaw)
{
	thaw->kind = (enum thaw_kind)get_below(b, THAW_OVERDUE + 1);
	thaw->source = (enum detector_away)get_below(b, DETECTOR_AWAY_COUNT);
	thaw->since = get_wall(b);
	thaw->at = get_wall(b);
}

static enum err get_notice(struct blob *b, unsigned version, struct home *home)
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
	n->kind = get_kind(b, version);
	n->cause = get_cause(b, version);
	blob_get_text(b, n->rule, sizeof n->rule);
	blob_get_text(b, n->id, sizeof n->id);
	n->cause_at = get_wall(b);
	n->cause_quantity = get_quantity(b, version);
	n->amount = get_finite(b);
	n->limit = get_finite(b);
	if (version == 1) {
		n->values[0] = n->limit;
		int64_t hours = (int64_t)blob_get(b, 8) / MS_PER_HOUR;
		n->values[1] = (double)hours;
	} else {
		n->amount2 = get_finite(b);
		n->limit2 = get_finite(b);
		for (unsigned i = 0; i < DETECTOR_PARAMS_MAX; i++)
			n->values[i] = get_finite(b);
	}
	n->wake = WALL_NONE;
	if (version >= 2) {
		n->usual_ms = (int64_t)blob_get(b, 8);
		n->wake = get_wall(b);
		n->holiday = blob_get(b, 1) != 0;
		b->bad = b->bad || n->usual_ms < 0 || n->usual_ms > HABIT_MOST_MS;
	}
	n->learning = blob_get(b, 1) != 0;
	n->thaw = (struct thaw){.since = WALL_NONE, .at = WALL_NONE};
	n->in_bed = WALL_NONE;
	if (version >= 2) {
		get_thaw(b, &n->thaw);
		n->in_bed = get_wall(b);
	}
	n->confidence = blob_get_number(b);
	n->looked_at = get_quantities(b);
	n->blind = get_quantities(b);
	n->trace_count = get_below(b, EVIDENCE_MAX + 1);
	for (unsigned i = 0; i < n->trace_count; i++) {
		n->traces[i].quantity = get_some_quantity(b, version);
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

/* kind_of finds the kind of a rule by its name; one that is gone counts as of silence until its alert is cleared. */
static enum detector_rule_kind kind_of(const struct detector_config *config, const char *rule)
{
	for (unsigned i = 0; i < config->rule_count; i++)
		if (!strcmp(config->rules[i].name, rule))
			return config->rules[i].kind;
	return DETECTOR_RULE_SILENCE;
}

/* get_standing: an open alert whose rule is gone is cleared by the first look at the home. */
static enum err get_standing(struct detector_core *core, struct blob *b, unsigned version, struct home *home)
{
	struct standing s = {0};

	s.level = (enum alert_level)get_below(b, ALERT_LEVEL_COUNT);
	if (version > 1)
		s.kind = get_kind(b, version);
	s.revision = (uint32_t)blob_get(b, 4);
	s.onset = get_wall(b);
	s.at = get_wall(b);
	blob_get_text(b, s.rule, sizeof s.rule);
	if (version == 1)
		s.kind = kind_of(&core->config, s.rule);
	b->bad = b->bad || !text_is_id(s.rule) || !wall_is_set(s.onset) || !wall_is_set(s.at) ||
		 detect_standing(home, s.rule);
	return b->bad ? ERR_OK : detect_standing_add(core, home, &s);
}

static enum err get_sensor(struct detector_core *core, struct blob *b, unsigned version, struct home *home)
{
	struct sensor *s = &home->sensors[home->sensor_count];

	*s = (struct sensor){.name = blob_get(b, 8),
		.at = WALL_NONE,
		.proof = WALL_NONE,
		.told = WALL_NONE,
		.doubted = WALL_NONE,
		.lag_at = WALL_NONE};
	s->quantity = get_some_quantity(b, version);
	s->device = (uint8_t)get_below(b, home->device_count);
	if (b->bad)
		return ERR_OK;
	enum err err = detect_sign_meter(s);
	if (err)
		return err;
	home->sensor_count++;
	if (s->meter)
		get_meter_nights(b, &core->config.signs.meter, s->meter);
	return ERR_OK;
}

static enum err get_lists(struct detector_core *core, struct blob *b, unsigned version, struct home *home)
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
		err = get_sensor(core, b, version, home);
	count = get_below(b, DETECTOR_RULES_MAX + 1);
	for (unsigned i = 0; i < count && !err && !b->bad; i++)
		err = get_standing(core, b, version, home);
	while (!err && !b->bad && blob_get(b, 1) == 1)
		err = get_notice(b, version, home);
	return err;
}

/* get_habits: what is bent is learnt anew. */
static enum err get_habits(struct detector_core *core, struct blob *b, struct home *home)
{
	bool other = (uint32_t)blob_get(b, 4) != detect_terms_sum(detect_terms(core, home));
	unsigned count = get_below(b, DETECTOR_HABITS_MAX + 1);
	struct home_habit *habit;
	enum err err = ERR_OK;

	detect_habits_free(home);
	for (unsigned i = 0; i < count && !err && !b->bad; i++) {
		uint8_t set = (uint8_t)blob_get(b, 1);
		b->bad = b->bad || detect_habit_of(home, set);
		err = detect_habit_add(core, home, set, &habit);
		if (!err)
			habit_get(b, &habit->habit);
	}
	if (!err && (b->bad || b->at != b->size))
		err = ERR_CORRUPT;
	if (err)
		detect_habits_free(home);
	else if (other) /* the budget was changed while the service was down */
		detect_habits_settle(core, home);
	return err == ERR_FULL ? ERR_CORRUPT : err;
}

/* get_runs gives the gaps that run to their habits; an older copy may name others, which are passed over. */
static void get_runs(struct blob *b, struct home *home)
{
	unsigned count = get_below(b, DETECTOR_HABITS_MAX + 1);
	struct habit other;

	for (unsigned i = 0; i < count && !b->bad; i++) {
		struct home_habit *habit = detect_habit_of(home, (uint8_t)blob_get(b, 1));
		habit_get_run(b, habit ? &habit->habit : &other);
	}
}

/* blank forgets the home but for its habits: they are a part of their own, which may have come before. */
static void blank(struct detector_core *core, struct home *home)
{
	struct home_habit *habits[DETECTOR_HABITS_MAX];
	uint8_t habit_count = home->habit_count;

	memcpy(habits, home->habits, sizeof habits);
	home->habit_count = 0;
	detect_home_blank(core, home);
	memcpy(home->habits, habits, sizeof habits);
	home->habit_count = habit_count;
}

static void get_absence(struct blob *b, unsigned version, struct home *home)
{
	struct absence *away = &home->away;

	if (version == 1) { /* there was one kind, without an end: none of them ends by the change of version alone */
		away->since = get_wall(b);
		away->source = wall_is_set(away->since) ? DETECTOR_AWAY_DESK : DETECTOR_AWAY_NOT;
		return;
	}
	away->source = (enum detector_away)get_below(b, DETECTOR_AWAY_COUNT);
	away->since = get_wall(b);
	away->until = get_wall(b);
	home->spent.from = get_wall(b);
	home->spent.until = get_wall(b);
	home->counts = get_wall(b);
	get_thaw(b, &home->thaw);
}

static enum err get_lessons(struct blob *b, struct home *home)
{
	unsigned count = get_below(b, DETECTOR_LESSONS_MAX + 1);

	if (!count)
		return ERR_OK;
	home->lessons = calloc(1, sizeof *home->lessons);
	if (!home->lessons)
		return ERR_NOMEM;
	home->lessons->count = (uint8_t)count;
	for (unsigned i = 0; i < count; i++) {
		struct detector_lesson *l = &home->lessons->items[i];
		blob_get_text(b, l->incident, sizeof l->incident);
		l->at = get_wall(b);
		l->outcome = (enum outcome)get_below(b, OUTCOME_COUNT);
		l->found = (enum found)get_below(b, FOUND_COUNT);
		l->lean_before = (float)get_finite(b);
		l->lean = (float)get_finite(b);
		l->pooled_before = (float)get_finite(b);
		l->pooled = (float)get_finite(b);
		l->doubted = get_quantity(b, 2);
		b->bad = b->bad || (*l->incident && !text_is_id(l->incident));
	}
	return ERR_OK;
}

static enum err get_cold(struct detector_core *core, struct blob *b, unsigned version, struct home *home)
{
	blank(core, home);
	detect_home_unsay(home);
	core->queue_stale = true;
	home->leaving = blob_get(b, 1) != 0 && !home->present;
	home->shape = (uint32_t)blob_get(b, 4);
	unsigned mode = get_below(b, version == 1 ? V1_MODES : DETECTOR_MODE_COUNT);
	home->since = get_wall(b);
	get_absence(b, version, home);
	enum err err = version == 1 ? ERR_OK : get_lessons(b, home);
	if (err)
		return err;
	core->modes[home->mode]--;
	home->mode = (enum detector_mode)mode;
	core->modes[home->mode]++;
	b->bad = b->bad || (home->mode == DETECTOR_AWAY) != (home->away.source != DETECTOR_AWAY_NOT) ||
		 (home->mode == DETECTOR_AWAY && !wall_is_set(home->away.since));
	err = get_lists(core, b, version, home);
	if (version == 1 || err || b->bad || !blob_get(b, 1))
		return err;
	err = detect_anomaly_get(home);
	return err ? err : anomaly_get_past(b, home->anomaly);
}

static void get_sign(struct blob *b, unsigned version, struct sign *sign)
{
	sign->at = get_wall(b);
	sign->since = get_wall(b);
	sign->quantity = get_quantity(b, version);
	sign->device = (uint8_t)blob_get(b, 1);
	sign->value = get_finite(b);
}

static void get_passage(struct blob *b, struct home *home)
{
	struct passage *p = &home->passage;

	home->inside = get_wall(b);
	home->in_bed = get_wall(b);
	if (!get_below(b, 2))
		return;
	p->start = get_wall(b);
	p->end = get_wall(b);
	unsigned flags = get_below(b, 8);
	p->open = flags & 1;
	p->leaving = flags >> 1 & 1;
	p->unsure = flags >> 2 & 1;
	b->bad = b->bad || !wall_is_set(p->end);
}

static void get_hot(struct blob *b, unsigned version, struct home *home, int64_t *out_due_ms)
{
	uint64_t due = blob_get(b, 8);

	*out_due_ms = due > INT64_MAX ? 0 : (int64_t)due;
	home->waiting = blob_get(b, 1) != 0;
	get_sign(b, version, &home->last);
	home->opened = get_wall(b);
	if (blob_get(b, 1)) {
		home->moved = get_wall(b);
		home->firing_next = (uint8_t)get_below(b, FIRINGS);
		for (unsigned i = 0; i < FIRINGS; i++) {
			home->firings[i].at = get_wall(b);
			home->firings[i].sensor = blob_get(b, 8);
		}
	}
	if (version >= 2) {
		get_passage(b, home);
		get_runs(b, home);
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
		if (version >= 2) {
			s->told = get_wall(b);
			s->doubted = get_wall(b);
		}
		if (s->meter) {
			get_meter(b, s->meter);
		} else if (version != 1) {
			s->lag_ms = (int64_t)blob_get(b, 4) * MS_PER_MINUTE;
			s->told_ms = (int64_t)blob_get(b, 4) * MS_PER_MINUTE;
			s->lag_at = get_wall(b);
			s->behind = blob_get(b, 1) != 0;
		}
	}
}

/* part_of takes a key apart and finds its home; *out_part = PART_COUNT for what is no key. */
static struct home *part_of(const struct detector_core *core, const char *key, char id[ID_BYTES], enum part *out_part)
{
	size_t length = strlen(key);

	*out_part = PART_COUNT;
	if (length < 2 || length > ID_BYTES)
		return NULL;
	*out_part = 0;
	while (*out_part < PART_COUNT && key[length - 1] != detect_part_letter(*out_part))
		(*out_part)++;
	memcpy(id, key, length - 1);
	id[length - 1] = '\0';
	return *out_part == PART_COUNT ? NULL : detect_home_find(core, id);
}

static bool is_readable(unsigned version)
{
	return version >= 1 && version <= STATE_VERSION;
}

/* is_whole takes the sum off a state and says whether it fits. Version 1 had none. */
static bool is_whole(const char *key, struct blob *b, unsigned version)
{
	if (version == 1)
		return true;
	if (b->size < 1 + STATE_SUM_BYTES)
		return false;
	b->size -= STATE_SUM_BYTES;
	struct blob sum = blob_read(b->from + b->size, STATE_SUM_BYTES);
	return blob_get(&sum, STATE_SUM_BYTES) == detect_state_sum(key, b->from, b->size);
}

static bool leaves(const struct detector_state *state)
{
	return state->length > 1 && is_readable(state->blob[0]) && state->blob[1];
}

/* give_up leaves the home as new, or without habits. What it still had to say goes only with the part that holds it. */
static enum err give_up(struct detector_core *core, struct home *home, enum part part, enum err err)
{
	if (part == PART_HABIT) {
		detect_habits_free(home);
		return err;
	}
	if (part == PART_COLD) {
		detect_home_unsay(home);
		core->queue_stale = true;
	}
	blank(core, home);
	home->shape += 1u << 16; /* no hot part of the given-up one fits */
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

static enum err population_restore(struct detector_core *core, const struct detector_state *state)
{
	struct blob b = blob_read(state->blob, state->length);
	unsigned version = (unsigned)blob_get(&b, 1);

	if (!state->length)
		return ERR_OK;
	if (version < 2 || !is_readable(version))
		return ERR_VERSION;
	if (!is_whole(state->key, &b, version))
		return ERR_CORRUPT;
	double pooled = get_finite(&b);
	if (b.bad || b.at != b.size || pooled <= 0)
		return ERR_CORRUPT;
	core->pooled = pooled;
	detect_terms_settle(core);
	return ERR_OK;
}

enum err detector_restore(struct detector_core *core, const struct detector_state *state)
{
	struct blob b = blob_read(state->blob, state->length);
	char id[ID_BYTES];
	enum part part;
	int64_t due = 0;
	enum err err = ERR_OK;

	if (!memchr(state->key, '\0', sizeof state->key) || state->length > sizeof state->blob)
		return ERR_CORRUPT;
	if (!strcmp(state->key, DETECT_POPULATION_KEY))
		return population_restore(core, state);
	struct home *home = part_of(core, state->key, id, &part);
	if (part == PART_COUNT)
		return ERR_CORRUPT;
	if (!state->length)
		return restore_end(core, home);
	if (!home && part == PART_COLD && leaves(state))
		err = detect_home_get(core, id, &home);
	unsigned version = (unsigned)blob_get(&b, 1);
	bool whole = is_readable(version) && is_whole(state->key, &b, version);
	if (!err && !home && version > 1 && is_readable(version) && !whole)
		err = ERR_CORRUPT; /* its key may be the one byte that is bent */
	if (err || !home)
		return err ? err : ERR_NOT_FOUND;
	if (!is_readable(version))
		return give_up(core, home, part, ERR_VERSION);
	if (!whole)
		return give_up(core, home, part, ERR_CORRUPT);
	if (part == PART_HABIT)
		return get_habits(core, &b, home);
	if (part == PART_COLD) {
		err = get_cold(core, &b, version, home);
	} else {
		if ((uint32_t)blob_get(&b, 4) != home->shape)
			return ERR_OK;
		get_hot(&b, version, home, &due);
		if (version != 1 && !b.bad && blob_get(&b, 1)) {
			err = detect_anomaly_get(home);
			if (!err)
				err = anomaly_get_now(&b, home->anomaly);
		}
		if (version != 1 && !err && !b.bad)
			detect_appointments_get(&b, home);
	}
	if (!err && (b.bad || b.at != b.size))
		err = ERR_CORRUPT;
	if (err)
		return give_up(core, home, part, err);
	return detect_arm(core, home, orphaned(core, home) ? 0 : due);
}

bool detector_is_fleeting(const char *key)
{
	size_t length = strlen(key);

	return length && key[length - 1] == detect_part_letter(PART_HOT);
}

uint32_t detector_slot(const struct detector_core *core, const char *key)
{
	char id[ID_BYTES];
	enum part part;
	const struct home *home = part_of(core, key, id, &part);

	if (!strcmp(key, DETECT_POPULATION_KEY))
		return 0;
	return home ? home->slot * PART_COUNT + part : DETECTOR_NO_SLOT;
}

enum err detector_refresh(struct detector_core *core, uint32_t slot)
{
	struct home *home = core->slots[slot / PART_COUNT];

	if (!home) {
		core->pooled_unwritten = true;
		return ERR_OK;
	}
	home->unwritten |= (uint8_t)(1u << slot % PART_COUNT);
	return detect_mark(core, home, false);
}
