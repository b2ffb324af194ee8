/* SPDX-License-Identifier: MIT
 *
 * Signs of life: what of a reading only a living person can have caused. Each kind of channel has its own filter.
 */
#include "core_internal.h"

#include <math.h>
#include <string.h>

#include "base/text.h"

#define LAG_LEAST_MS (15 * MS_PER_MINUTE) /* below, it was told as it happened */
#define LAG_KEPT_MS MS_PER_DAY
#define LAG_FADES 2                          /* hours of it in an hour */
#define BEHIND_LEAST_MS MS_PER_HOUR          /* a clock that is so far behind ... */
#define BEHIND_JITTER_MS (2 * MS_PER_MINUTE) /* ... by the same each time */
#define MOTION_REPEAT_MS (5 * MS_PER_SECOND) /* the same firing told again */

/* life: how a quantity tells of life. */
enum life {
	LIFE_NONE,
	LIFE_COUNTER, /* a total: its increase */
	LIFE_RATE,    /* a flow or power: it holds until the next reading */
	LIFE_CHANGE,  /* a state: its change */
	LIFE_RADAR,   /* a number whose coming and going is a change: a pulse that goes on is no news */
	LIFE_MOTION,
	LIFE_EVENT,   /* the message itself */
	LIFE_OPENING, /* a curtain */
	LIFE_ONLINE   /* of the device, not of the person */
};

static const enum life lives[QUANTITY_COUNT] = {
	[QUANTITY_WATER_TOTAL] = LIFE_COUNTER,
	[QUANTITY_ENERGY_TOTAL] = LIFE_COUNTER,
	[QUANTITY_GAS_TOTAL] = LIFE_COUNTER,
	[QUANTITY_WATER_FLOW] = LIFE_RATE,
	[QUANTITY_POWER] = LIFE_RATE,
	[QUANTITY_GAS_FLOW] = LIFE_RATE,
	[QUANTITY_CONTACT] = LIFE_CHANGE,
	[QUANTITY_PRESENCE] = LIFE_CHANGE,
	[QUANTITY_BED] = LIFE_CHANGE,
	[QUANTITY_SEAT] = LIFE_CHANGE,
	[QUANTITY_PEOPLE] = LIFE_CHANGE,
	[QUANTITY_SWITCH] = LIFE_CHANGE,
	[QUANTITY_HEART_RATE] = LIFE_RADAR,
	[QUANTITY_MOTION] = LIFE_MOTION,
	[QUANTITY_VIBRATION] = LIFE_MOTION,
	[QUANTITY_BUTTON] = LIFE_EVENT,
	[QUANTITY_SOS] = LIFE_EVENT,
	[QUANTITY_PERSON_SEEN] = LIFE_EVENT,
	[QUANTITY_DOOR_VIEWER] = LIFE_EVENT,
	[QUANTITY_CALL] = LIFE_EVENT,
	[QUANTITY_COVER_POSITION] = LIFE_OPENING,
	[QUANTITY_ONLINE] = LIFE_ONLINE,
};

#define BIT(quantity) (UINT64_C(1) << (quantity))

uint64_t signs_possible(void)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < QUANTITY_COUNT; i++)
		if (lives[i] != LIFE_NONE && lives[i] != LIFE_ONLINE)
			set |= BIT(i);
	return set;
}

struct detector_signs signs_default(void)
{
	/* Lights and valves are switched by programmes too, and lorries shake walls. */
	uint64_t unsure = BIT(QUANTITY_SWITCH) | BIT(QUANTITY_VIBRATION);

	return (struct detector_signs){.use = signs_possible() & ~unsure,
		/* A door, a button, a call, a cooker: a day without them is an ordinary day. */
		.prove = BIT(QUANTITY_WATER_TOTAL) | BIT(QUANTITY_WATER_FLOW) | BIT(QUANTITY_ENERGY_TOTAL) |
			 BIT(QUANTITY_POWER) | BIT(QUANTITY_MOTION) | BIT(QUANTITY_PRESENCE) | BIT(QUANTITY_BED) |
			 BIT(QUANTITY_PERSON_SEEN),
		.meter = meter_filter_default(),
		.motion_burst = 3,
		.motion_burst_ms = 5 * MS_PER_MINUTE,
		.motion_pair_ms = 10 * MS_PER_MINUTE,
		.cover_opened = 10,
		.person_score = 0.5};
}

bool detect_sign_used(const struct detector_core *core, enum quantity quantity)
{
	return core->config.signs.use >> quantity & 1;
}

bool detect_sign_proves(const struct detector_core *core, enum quantity quantity)
{
	return core->config.signs.use >> quantity & core->config.signs.prove >> quantity & 1;
}

int64_t detect_sensor_lag(const struct sensor *sensor, struct wall t)
{
	int64_t passed_ms = wall_is_set(sensor->lag_at) && t.ms > sensor->lag_at.ms ? t.ms - sensor->lag_at.ms : 0;

	if (passed_ms >= LAG_KEPT_MS / LAG_FADES || sensor->lag_ms <= passed_ms * LAG_FADES)
		return 0;
	return sensor->lag_ms - passed_ms * LAG_FADES;
}

bool detect_sensor_blind(
	const struct detector_core *core, const struct home *home, const struct sensor *sensor, struct wall t)
{
	const struct device *device = &home->devices[sensor->device];

	if (device->offline || !wall_is_set(sensor->proof) || detect_sensor_lag(sensor, t) >= DETECT_LAG_MOST_MS)
		return true;
	return sensor->meter ? t.ms - sensor->at.ms > core->config.meter_fresh_ms
			     : t.ms - device->heard.ms > core->config.device_quiet_ms;
}

bool detect_sensor_usable(const struct detector_core *core, const struct sensor *sensor)
{
	return detect_sign_used(core, (enum quantity)sensor->quantity) &&
	       (!sensor->meter || meter_knows(sensor->meter, &core->config.signs.meter));
}

static enum meter_kind meter_kind_of(unsigned quantity)
{
	if (quantity == QUANTITY_WATER_TOTAL || quantity == QUANTITY_WATER_FLOW)
		return METER_WATER;
	return quantity == QUANTITY_GAS_TOTAL || quantity == QUANTITY_GAS_FLOW ? METER_GAS : METER_ENERGY;
}

enum err detect_sign_meter(struct sensor *sensor)
{
	enum life life = lives[sensor->quantity];

	if (life != LIFE_COUNTER && life != LIFE_RATE)
		return ERR_OK;
	sensor->meter = malloc(sizeof *sensor->meter);
	if (!sensor->meter)
		return ERR_NOMEM;
	meter_init(sensor->meter, meter_kind_of(sensor->quantity));
	return ERR_OK;
}

/* taking: one reading on its way through. */
struct taking {
	struct detector_core *core;
	struct home *home;
	struct sensor *sensor;
	const struct reading *reading;
	struct wall at, heard;
	bool late;
	struct sign *sign;
	bool is;
};

static void is_sign(struct taking *t, struct wall since, double value)
{
	*t->sign = (struct sign){.at = t->at,
		.since = since,
		.quantity = t->sensor->quantity,
		.device = t->sensor->device,
		.value = value};
	if (t->at.ms > t->sensor->told.ms)
		t->sensor->told = t->at;
	if (wall_is_set(t->sensor->doubted) && since.ms >= t->sensor->doubted.ms) { /* it tells */
		t->sensor->doubted = WALL_NONE;
		t->home->waiting = true;
	}
	t->is = true;
}

static enum err metered(struct taking *t, struct wall since, double amount)
{
	struct sensor *sensor = t->sensor;
	int64_t middle = since.ms + (t->at.ms - since.ms) / 2;
	bool nights;

	/* Between what was known and this step nobody looked: what is proven begins here. */
	if (!wall_is_set(sensor->proof) || since.ms > sensor->at.ms)
		sensor->proof = since;
	sensor->at = t->at;
	if (meter_take(sensor->meter, &t->core->config.signs.meter, since, t->at, amount,
		    detect_local_hour(t->core, (struct wall){middle}), &nights))
		is_sign(t, since, t->reading->value);
	return nights ? detect_mark(t->core, t->home, true) : ERR_OK;
}

static enum err take_counter(struct taking *t)
{
	const struct reading *r = t->reading;
	struct sensor *sensor = t->sensor;

	if (r->late || r->retained || (wall_is_set(sensor->at) && t->at.ms <= sensor->at.ms))
		return ERR_OK;
	sensor->value = r->value;
	if (!isfinite(r->delta) || r->delta < 0 || !wall_is_set(r->since) || r->since.ms >= t->at.ms) {
		/* The counter was replaced, or is new: what was used meanwhile nobody knows. */
		t->core->tallies[DETECTOR_NO_DELTA]++;
		sensor->at = t->at;
		sensor->proof = WALL_NONE;
		return ERR_OK;
	}
	return metered(t, r->since, r->delta);
}

static enum err take_rate(struct taking *t)
{
	struct sensor *sensor = t->sensor;
	double before = sensor->value;
	bool known = sensor->known && t->at.ms - sensor->at.ms <= METER_STEP_MS;
	struct wall since = sensor->at;

	if (t->reading->late || t->reading->retained || (wall_is_set(since) && t->at.ms <= since.ms))
		return ERR_OK;
	sensor->value = t->reading->value;
	sensor->known = true;
	if (known)
		return metered(t, since, fmax(before, 0) * (double)(t->at.ms - since.ms) / (double)MS_PER_HOUR);
	sensor->at = t->at;
	sensor->proof = t->at;
	return ERR_OK;
}

static void seen(struct taking *t)
{
	if (!wall_is_set(t->sensor->proof))
		t->sensor->proof = t->at;
	if (t->at.ms > t->sensor->at.ms)
		t->sensor->at = t->at;
}

static void take_change(struct taking *t)
{
	const struct reading *r = t->reading;
	struct sensor *sensor = t->sensor;
	bool late = t->late || (wall_is_set(sensor->at) && t->at.ms < sensor->at.ms);
	bool changed = late || (sensor->known && sensor->value != r->value);

	if (r->quantity == QUANTITY_CONTACT && changed && r->value > 0 && !r->retained && t->at.ms > t->home->opened.ms)
		t->home->opened = t->at;
	if (r->quantity == QUANTITY_BED && !late && (changed || !sensor->known)) {
		t->home->in_bed = r->value > 0 ? t->at : WALL_NONE;
		t->home->waiting = true;
	}
	if (!late) {
		sensor->value = r->value;
		sensor->known = true;
	}
	if (r->retained)
		return;
	seen(t);
	if (changed)
		is_sign(t, t->at, r->value);
}

static void take_radar(struct taking *t)
{
	struct sensor *sensor = t->sensor;
	bool late = t->late || (wall_is_set(sensor->at) && t->at.ms < sensor->at.ms);
	bool changed = !late && sensor->known && (sensor->value > 0) != (t->reading->value > 0);

	if (!late) {
		sensor->value = t->reading->value;
		sensor->known = true;
	}
	if (t->reading->retained)
		return;
	seen(t);
	if (changed)
		is_sign(t, t->at, t->reading->value);
}

/* take_motion: a burst, or two sensors; a firing alone only moves `moved`. */
static void take_motion(struct taking *t)
{
	const struct detector_signs *signs = &t->core->config.signs;
	struct home *home = t->home;
	int64_t near = 0;
	bool pair = false;

	if (t->reading->retained)
		return;
	seen(t);
	t->sensor->value = t->reading->value;
	if (t->reading->value <= 0)
		return;
	for (unsigned i = 0; i < FIRINGS; i++) {
		const struct firing *f = &home->firings[i];
		int64_t apart = llabs(t->at.ms - (wall_is_set(f->at) ? f->at.ms : t->at.ms - MS_PER_DAY));
		if (f->sensor == t->sensor->name && apart < MOTION_REPEAT_MS)
			return;
		near += apart <= signs->motion_burst_ms;
		pair = pair || (f->sensor != t->sensor->name && apart <= signs->motion_pair_ms);
	}
	home->firings[home->firing_next] = (struct firing){.at = t->at, .sensor = t->sensor->name};
	home->firing_next = (uint8_t)((home->firing_next + 1) % FIRINGS);
	if (t->sensor->quantity == QUANTITY_MOTION && t->at.ms > home->moved.ms)
		home->moved = t->at;
	if (near + 1 >= signs->motion_burst || pair)
		is_sign(t, t->at, t->reading->value);
}

static void take_event(struct taking *t)
{
	double value = t->reading->value;
	bool person = value > 0;

	if (t->reading->retained)
		return;
	seen(t);
	t->sensor->value = value;
	if (t->reading->quantity == QUANTITY_DOOR_VIEWER)
		person = value == 1 || value == 2; /* the bell is somebody else's */
	else if (t->reading->quantity == QUANTITY_CALL)
		person = value == 1 || value == 3;
	else if (t->reading->quantity == QUANTITY_PERSON_SEEN)
		person = value >= t->core->config.signs.person_score;
	if (person)
		is_sign(t, t->at, value);
}

static void take_opening(struct taking *t)
{
	struct sensor *sensor = t->sensor;
	double value = t->reading->value;
	bool late = t->late || (wall_is_set(sensor->at) && t->at.ms < sensor->at.ms);
	bool opened = sensor->known && !late && value >= sensor->value + t->core->config.signs.cover_opened;

	if (!late) {
		sensor->value = value;
		sensor->known = true;
	}
	if (t->reading->retained)
		return;
	seen(t);
	if (opened)
		is_sign(t, t->at, value);
}

/* back: the device can be heard again; what happened meanwhile its event channels did not tell. */
static void back(struct home *home, uint8_t device, struct wall heard)
{
	for (unsigned i = 0; i < home->sensor_count; i++)
		if (home->sensors[i].device == device && !home->sensors[i].meter)
			home->sensors[i].proof = heard;
}

static void hear(struct detector_core *core, struct home *home, uint8_t index, bool offline, struct wall heard)
{
	struct device *device = &home->devices[index];
	bool quiet = wall_is_set(device->heard) && heard.ms - device->heard.ms > core->config.device_quiet_ms;

	if (!offline && (device->offline || quiet))
		back(home, index, heard);
	device->offline = offline;
	if (!wall_is_set(device->heard) || heard.ms > device->heard.ms)
		device->heard = heard;
}

/* clock_take looks at how late an event is told. By the same hours each time: the device's clock is behind, and it
 * happened now. By whatever: its channel is known up to as long ago only, for a while. */
static void clock_take(struct taking *t)
{
	struct sensor *sensor = t->sensor;
	struct wall told = t->reading->received;
	int64_t late_ms = told.ms > t->at.ms ? told.ms - t->at.ms : 0;
	bool apart = wall_is_set(sensor->lag_at) && told.ms - sensor->lag_at.ms >= MS_PER_MINUTE;
	bool same = late_ms >= BEHIND_LEAST_MS && llabs(late_ms - sensor->told_ms) <= BEHIND_JITTER_MS;
	int64_t was_ms = detect_sensor_lag(sensor, told);

	sensor->behind = same && (apart || sensor->behind);
	if (sensor->behind) {
		t->at = t->heard;
		t->late = false;
	} else if (late_ms >= LAG_LEAST_MS && late_ms > was_ms) {
		was_ms = late_ms < LAG_KEPT_MS ? late_ms : LAG_KEPT_MS;
	}
	sensor->lag_ms = was_ms;
	t->core->tallies[DETECTOR_CLOCK_ASTRAY] += late_ms >= DETECT_LAG_MOST_MS;
	sensor->told_ms = late_ms - late_ms % MS_PER_MINUTE;
	sensor->lag_at = told;
}

uint64_t detect_sensor_name(const struct reading *reading)
{
	uint64_t hash = text_hash64(reading->device, strlen(reading->device) + 1, 0);

	hash = text_hash64(reading->channel, strlen(reading->channel) + 1, hash);
	return text_hash64(&(uint8_t){detect_code(reading->quantity)}, 1, hash);
}

static enum err take_sensor(struct taking *t, enum life life)
{
	switch (life) {
	case LIFE_COUNTER:
		return take_counter(t);
	case LIFE_RATE:
		return take_rate(t);
	case LIFE_CHANGE:
		take_change(t);
		break;
	case LIFE_RADAR:
		take_radar(t);
		break;
	case LIFE_MOTION:
		take_motion(t);
		break;
	case LIFE_EVENT:
		take_event(t);
		break;
	case LIFE_OPENING:
		take_opening(t);
		break;
	case LIFE_NONE:
	case LIFE_ONLINE:
		break;
	}
	return ERR_OK;
}

enum err detect_sign_take(struct detector_core *core, struct home *home, const struct reading *reading, struct wall at,
	struct wall heard, struct sign *out_sign, bool *out_is)
{
	enum life life = lives[reading->quantity];
	struct taking t = {.core = core,
		.home = home,
		.reading = reading,
		.at = at,
		.heard = heard,
		.late = reading->late,
		.sign = out_sign};
	uint8_t device;
	enum err err;

	*out_is = false;
	out_sign->quantity = QUANTITY_COUNT;
	if (!isfinite(reading->value) || (life == LIFE_ONLINE && (reading->retained || reading->late)))
		return ERR_OK;
	err = detect_home_device(core, home, reading->device, &device);
	if (err)
		return err;
	if (!reading->retained)
		hear(core, home, device, life == LIFE_ONLINE && reading->value == 0, heard);
	if (life == LIFE_NONE || life == LIFE_ONLINE)
		return ERR_OK;
	if (!detect_sign_used(core, reading->quantity) && !(signs_default().use >> reading->quantity & 1))
		return ERR_OK; /* nobody asks for it: it takes no place */
	err = detect_home_sensor(core, home, detect_sensor_name(reading), device, reading->quantity, &t.sensor);
	if (err)
		return err;
	if (heard.ms - at.ms < DETECT_LAG_MOST_MS && (!wall_is_set(home->since) || at.ms < home->since.ms))
		home->since = at; /* a clock of last year does not make the home known for a year */
	else if (!wall_is_set(home->since))
		home->since = heard;
	if (life != LIFE_COUNTER && life != LIFE_RATE && !reading->retained)
		clock_take(&t);
	err = take_sensor(&t, life);
	*out_is = t.is && detect_sign_used(core, reading->quantity);
	return err;
}
