/* SPDX-License-Identifier: MIT
 *
 * Appointments, joined to the homes: each is asked for at its hour, and what is missing then is an attention at once.
 * It becomes an alarm when the grace is over and there was no sign of life since the window began: that is what was
 * agreed, the same for a home that is new, and everybody can reckon it; how long a home is usually quiet is the rule
 * silence's business. Where the sign could not have been heard it stays an attention: a dead battery is no emergency.
 * So it does where the home is taken to be away by its door alone: what was agreed is asked for all the same, and
 * nobody is sent.
 */
#include "core_internal.h"

#include <string.h>

#define BIT(sign) (1u << (sign))
#define JITTER_MS (5 * MS_PER_MINUTE)   /* the clocks of meters */
#define LOOK_AGAIN_MS (30 * MS_PER_DAY) /* at what is not asked for within reach */

/* ---- signs ---- */

/* contact_kind: of a door, or of a curtain that has a contact; windows and cupboards are neither. */
static unsigned contact_kind(const struct detector_core *core, const char *device)
{
	switch (detect_place_of(core, device)) {
	case ANOMALY_CURTAIN:
		return BIT(APPOINTMENT_CURTAIN);
	case ANOMALY_WINDOW:
		return 0;
	default:
		return BIT(APPOINTMENT_DOOR);
	}
}

/* kinds_of gives the kinds of agreed signs that a sign is, a bit each. */
static unsigned kinds_of(const struct detector_core *core, const struct home *home, const struct sign *sign, bool life)
{
	unsigned any = life ? BIT(APPOINTMENT_ANY) : 0;

	switch (sign->quantity) {
	case QUANTITY_COUNT: /* somebody saw the person */
	case QUANTITY_PERSON_SEEN:
		return any | BIT(APPOINTMENT_VISIT);
	case QUANTITY_COVER_POSITION:
		return any | BIT(APPOINTMENT_CURTAIN);
	case QUANTITY_DOOR_VIEWER:
		return any | BIT(APPOINTMENT_DOOR);
	case QUANTITY_CALL:
		return any | BIT(APPOINTMENT_CALL);
	case QUANTITY_BUTTON:
		return any | BIT(APPOINTMENT_BUTTON);
	case QUANTITY_CONTACT:
		return any | contact_kind(core, home->devices[sign->device].id);
	default:
		return any;
	}
}

/* window_of gives the window whose hour is at; false if the appointment has none, or not any more. */
static bool window_of(
	const struct detector_core *core, const struct appointed *item, struct wall at, struct appointment_window *out)
{
	if (!wall_is_set(at))
		return false;
	int32_t day = appointment_day(core->config.zone, at);
	*out = appointment_window(&item->terms, core->config.zone, day);
	return out->due.ms == at.ms && appointment_asked(&item->terms, core->config.calendar, day);
}

/* began: a meter's step that begins minutes before the window counts as of it. */
static struct wall began(const struct sign *sign)
{
	return sign->at.ms - sign->since.ms < JITTER_MS ? sign->at : wall_plus(sign->since, JITTER_MS);
}

static bool since_begin(struct wall seen, const struct appointment_window *w)
{
	return seen.ms >= w->opens.ms;
}

/* makes_up: the sign came after the begin of a window that was missed. */
static bool makes_up(const struct detector_core *core, const struct home *home, const struct sign *sign)
{
	struct appointment_window w;

	for (unsigned i = 0; i < home->appointments->count; i++)
		if (window_of(core, &home->appointments->items[i], home->appointments->items[i].missed, &w) &&
			since_begin(began(sign), &w))
			return true;
	return false;
}

/* agreed_of gives the kind by which one of the home's appointments is kept; APPOINTMENT_SIGN_COUNT = none is. Whoever
 * saw the person knows more than any sign. */
static unsigned agreed_of(const struct home *home, unsigned kinds)
{
	if (kinds >> APPOINTMENT_VISIT & 1)
		return APPOINTMENT_VISIT;
	for (unsigned i = 0; i < home->appointments->count; i++)
		if (kinds >> home->appointments->items[i].terms.sign & 1)
			return home->appointments->items[i].terms.sign;
	return APPOINTMENT_SIGN_COUNT;
}

enum err detect_appointment_sign(struct detector_core *core, struct home *home, const struct sign *sign, bool life,
	enum cause cause, struct wall heard)
{
	struct home_appointments *all = home->appointments;

	if (!all)
		return ERR_OK;
	struct standing *standing = detect_standing(home, rules_kind(DETECTOR_RULE_APPOINTMENT)->name);
	unsigned kinds = kinds_of(core, home, sign, life), agreed = agreed_of(home, kinds);
	for (unsigned i = 0; i < APPOINTMENT_SIGN_COUNT; i++)
		if (kinds >> i & 1 && began(sign).ms > all->seen[i].ms)
			all->seen[i] = began(sign);
	/* What made it an alarm is over with any sign of life. */
	bool ends = agreed < APPOINTMENT_SIGN_COUNT || (standing && life && standing->level == ALERT_ALARM);
	if (!standing || !ends || !makes_up(core, home, sign))
		return ERR_OK;
	for (unsigned i = 0; i < all->count; i++)
		all->items[i].missed = WALL_NONE;
	return detect_clear(core, home, standing,
		&(struct clearing){.cause = cause,
			.at = heard,
			.cause_at = sign->at,
			.quantity = sign->quantity,
			.device = sign->device,
			.value = sign->value,
			.agreed = (uint8_t)agreed});
}

/* ---- the hour ---- */

/* channel: what can be heard of the sign that was agreed. */
struct channel {
	uint64_t quantities;
	bool blind;
};

/* unheard: the device says itself that it is offline, or it should have spoken and did not: neither of late nor since
 * it was asked for the last time. */
static bool unheard(const struct detector_core *core, const struct appointed *item, const struct device *device,
	struct wall t, int32_t day)
{
	struct appointment_window before;

	if (device->offline || appointment_speaks_when_used(item->terms.sign))
		return device->offline;
	if (!wall_is_set(device->heard))
		return true;
	return t.ms - device->heard.ms > core->config.device_quiet_ms &&
	       !(appointment_before(&item->terms, core->config.zone, core->config.calendar, day, &before) &&
		       device->heard.ms >= before.opens.ms);
}

static struct channel channel_of(const struct detector_core *core, const struct home *home,
	const struct appointed *item, const struct view *view, struct wall t)
{
	enum appointment_sign sign = item->terms.sign;
	uint64_t quantities = appointment_channels(sign);
	int32_t day = appointment_day(core->config.zone, t);
	struct channel c = {.blind = true};

	if (sign == APPOINTMENT_ANY)
		return (struct channel){.quantities = view->looked_at, .blind = !view->looked_at};
	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		const struct device *device = &home->devices[s->device];
		if (!(quantities >> s->quantity & 1))
			continue;
		if (s->quantity == QUANTITY_CONTACT && !(contact_kind(core, device->id) & BIT(sign)))
			continue;
		c.quantities |= UINT64_C(1) << s->quantity;
		c.blind = c.blind && unheard(core, item, device, t, day);
	}
	if (!c.quantities) { /* never heard of */
		c.quantities = quantities;
		c.blind = !appointment_speaks_when_used(sign);
	}
	return c;
}

/* tell raises the alert, or says the new to the one that stands. */
static enum err tell(struct detector_core *core, struct home *home, unsigned rule, const struct appointed *item,
	const struct appointment_window *w, struct wall t, enum alert_level level)
{
	const struct standing *standing = detect_standing(home, core->config.rules[rule].name);
	struct view view = detect_view(core, home, t);
	struct channel c = channel_of(core, home, item, &view, t);

	return detect_raise(core, home, rule,
		&(struct finding){.level = standing && standing->level < level ? standing->level : level,
			.at = t,
			.onset = standing ? standing->onset : w->due,
			.grown = true,
			.amount = item->terms.sign,
			.amount2 = item->blind,
			.limit = home->mode == DETECTOR_AWAY,
			.limit2 = since_begin(home->appointments->seen[APPOINTMENT_ANY], w),
			.wake = w->due,
			.confidence = item->blind ? 0.4 : 0,
			.looked_at = item->blind ? view.looked_at & ~c.quantities : view.looked_at | c.quantities,
			.blind = item->blind ? view.blind | c.quantities : view.blind & ~c.quantities});
}

/* judge_hour looks whether the sign was given. Where it is any sign of life and a meter has yet to tell of the last
 * minutes before the hour, *out_waits: it is given the grace for that. */
static enum err judge_hour(struct detector_core *core, struct home *home, unsigned rule, struct appointed *item,
	const struct appointment_window *w, struct wall t, int64_t *out_next, bool *out_waits)
{
	const struct wall *seen = home->appointments->seen;

	if (since_begin(seen[item->terms.sign], w) || since_begin(seen[APPOINTMENT_VISIT], w))
		return ERR_OK;
	struct view view = detect_view(core, home, t);
	if (item->terms.sign == APPOINTMENT_ANY && view.looked_at && view.end_ms < w->due.ms && t.ms < w->alarm.ms) {
		home->waiting = *out_waits = true;
		*out_next = view.stale_ms < w->alarm.ms ? view.stale_ms : w->alarm.ms;
		return ERR_OK;
	}
	item->missed = w->due;
	item->blind = channel_of(core, home, item, &view, t).blind;
	return tell(core, home, rule, item, w, t, ALERT_ATTENTION);
}

/* judge_missed looks whether nobody was heard of at all. Meters are given until they know of the hour, or are blind. */
static enum err judge_missed(struct detector_core *core, struct home *home, unsigned rule, struct appointed *item,
	struct wall t, int64_t *out_next)
{
	const struct standing *standing = detect_standing(home, core->config.rules[rule].name);
	struct appointment_window w;

	if (!window_of(core, item, item->missed, &w) || item->blind || (standing && standing->level == ALERT_ALARM) ||
		since_begin(home->appointments->seen[APPOINTMENT_ANY], &w))
		return ERR_OK;
	*out_next = w.alarm.ms;
	if (t.ms < w.alarm.ms)
		return ERR_OK;
	*out_next = INT64_MAX;
	if (home->mode == DETECTOR_AWAY) /* the end of that is looked at again */
		return ERR_OK;
	struct view view = detect_view(core, home, t);
	if (view.looked_at && view.end_ms < w.due.ms) {
		home->waiting = true;
		*out_next = view.stale_ms;
		return ERR_OK;
	}
	item->blind = channel_of(core, home, item, &view, t).blind;
	return item->blind ? ERR_OK : tell(core, home, rule, item, &w, t, ALERT_ALARM);
}

bool detect_appointment_rests(const struct home *home)
{
	return home->mode == DETECTOR_AWAY && home->away.source != DETECTOR_AWAY_INFERRED;
}

static void sooner(int64_t *next, int64_t candidate, struct wall t)
{
	if (candidate > t.ms && candidate < *next)
		*next = candidate;
}

static enum err judge_one(struct detector_core *core, struct home *home, unsigned rule, struct appointed *item,
	struct wall t, int64_t *out_next)
{
	struct appointment_window w;
	int64_t next = INT64_MAX;
	bool waits = false, reckoned = window_of(core, item, item->asked, &w);
	enum err err = ERR_OK;

	if (reckoned && t.ms >= item->asked.ms && !detect_appointment_rests(home))
		err = judge_hour(core, home, rule, item, &w, t, &next, &waits);
	sooner(out_next, next, t);
	if (!waits && (!reckoned || t.ms >= item->asked.ms))
		item->asked = appointment_next(&item->terms, core->config.zone, core->config.calendar, t, &w)
				      ? w.due
				      : WALL_NONE;
	sooner(out_next, wall_is_set(item->asked) ? item->asked.ms : t.ms + LOOK_AGAIN_MS, t);
	next = INT64_MAX;
	if (!err)
		err = judge_missed(core, home, rule, item, t, &next);
	sooner(out_next, next, t);
	return err;
}

enum err detect_judge_appointments(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next)
{
	const char *name = core->config.rules[rule].name;
	struct home_appointments *all = home->appointments;
	bool open = detect_standing(home, name) != NULL, missed = false;
	struct appointment_window w;
	enum err err = ERR_OK;

	*out_next = INT64_MAX;
	for (unsigned i = 0; all && i < all->count && !err; i++) {
		struct appointed *item = &all->items[i], before = *item;
		if (!open || !window_of(core, item, item->missed, &w))
			item->missed = WALL_NONE; /* it was ended, paused or changed meanwhile */
		err = judge_one(core, home, rule, item, t, out_next);
		missed = missed || wall_is_set(item->missed);
		if (!err && (item->asked.ms != before.asked.ms || item->missed.ms != before.missed.ms ||
				    item->blind != before.blind))
			err = detect_mark(core, home, false);
	}
	if (err || missed)
		return err;
	return detect_clear(core, home, detect_standing(home, name),
		&(struct clearing){.cause = CAUSE_ENDED, .at = t, .cause_at = t, .quantity = QUANTITY_COUNT});
}

/* ---- for those who ask ---- */

enum err detector_appointments(const struct detector_core *core, const char *household,
	struct detector_appointment_view out[DETECTOR_APPOINTMENTS_MAX], unsigned *out_count)
{
	const struct home *home = detect_home_find(core, household);

	if (!home)
		return ERR_NOT_FOUND;
	*out_count = home->appointments ? home->appointments->count : 0;
	for (unsigned i = 0; i < *out_count; i++) {
		const struct appointed *item = &home->appointments->items[i];
		struct appointment_window w;
		bool reckoned = window_of(core, item, item->asked, &w);
		out[i] = (struct detector_appointment_view){.terms = item->terms,
			.opens = reckoned ? w.opens : WALL_NONE,
			.due = reckoned ? w.due : WALL_NONE,
			.alarm = reckoned ? w.alarm : WALL_NONE,
			.last = home->appointments->seen[item->terms.sign],
			.missed = item->missed,
			.blind = wall_is_set(item->missed) && item->blind,
			.rests = detect_appointment_rests(home)};
		memcpy(out[i].id, item->id, sizeof out[i].id);
	}
	return ERR_OK;
}
