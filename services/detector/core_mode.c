/* SPDX-License-Identifier: MIT
 *
 * The modes of a home: what moves it from one to another. docs/detector.md, "What a home is to the detector", has the
 * picture and the reasons.
 *
 * A door tells that somebody went through it, not which way. Who was seen inside before it may have left by it; who was
 * not (the home was away, or nobody stirred since the door before) has come back: then the silence counts, so that
 * somebody who fell behind the door is found. In doubt it counts.
 */
#include "core_internal.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

#define PASSAGE_MS MS_PER_MINUTE       /* a door that moves again within is the same going */
#define GRACE_MS MS_PER_MINUTE         /* a sensor in the hall tells of who leaves a little after the door */
#define UNDECIDED_MS (3 * MS_PER_HOUR) /* what could not be told by then is not told any more */
#define BIT(quantity) (UINT64_C(1) << (quantity))
/* They tell of anybody who is up and about; a meter tells much less of half an hour. */
#define TELLING (BIT(QUANTITY_MOTION) | BIT(QUANTITY_PRESENCE) | BIT(QUANTITY_SEAT) | BIT(QUANTITY_PERSON_SEEN))
/* While their value is above zero somebody is there. */
#define HOLDING (BIT(QUANTITY_PRESENCE) | BIT(QUANTITY_BED) | BIT(QUANTITY_SEAT) | BIT(QUANTITY_PEOPLE))
/* Their fall to zero is somebody's leaving, minutes later. */
#define LEAVING (BIT(QUANTITY_PRESENCE) | BIT(QUANTITY_PEOPLE) | BIT(QUANTITY_HEART_RATE))

static const bool moves[DETECTOR_MODE_COUNT][DETECTOR_MODE_COUNT] = {
	[DETECTOR_UNWATCHED] = {[DETECTOR_LEARNING] = true},
	[DETECTOR_LEARNING] = {[DETECTOR_UNWATCHED] = true,
		[DETECTOR_AT_HOME] = true,
		[DETECTOR_ASLEEP] = true,
		[DETECTOR_AWAY] = true,
		[DETECTOR_BLIND] = true},
	[DETECTOR_AT_HOME] = {[DETECTOR_UNWATCHED] = true,
		[DETECTOR_LEARNING] = true,
		[DETECTOR_ASLEEP] = true,
		[DETECTOR_AWAY] = true,
		[DETECTOR_BLIND] = true},
	[DETECTOR_AWAY] = {[DETECTOR_UNWATCHED] = true,
		[DETECTOR_LEARNING] = true,
		[DETECTOR_AT_HOME] = true,
		[DETECTOR_ASLEEP] = true,
		[DETECTOR_BLIND] = true},
	[DETECTOR_ASLEEP] = {[DETECTOR_UNWATCHED] = true,
		[DETECTOR_LEARNING] = true,
		[DETECTOR_AT_HOME] = true,
		[DETECTOR_AWAY] = true,
		[DETECTOR_BLIND] = true},
	[DETECTOR_BLIND] = {[DETECTOR_UNWATCHED] = true,
		[DETECTOR_LEARNING] = true,
		[DETECTOR_AT_HOME] = true,
		[DETECTOR_ASLEEP] = true,
		[DETECTOR_AWAY] = true},
};

bool detector_mode_may(enum detector_mode from, enum detector_mode to)
{
	return moves[from][to];
}

const char *detector_mode_name(enum detector_mode mode)
{
	static const char *const names[DETECTOR_MODE_COUNT] = {[DETECTOR_UNWATCHED] = "unwatched",
		[DETECTOR_LEARNING] = "learning",
		[DETECTOR_AT_HOME] = "at_home",
		[DETECTOR_AWAY] = "away",
		[DETECTOR_ASLEEP] = "asleep",
		[DETECTOR_BLIND] = "blind"};

	return names[mode];
}

const char *detector_away_name(enum detector_away away)
{
	static const char *const names[DETECTOR_AWAY_COUNT] = {
		"not", "family", "desk", "visitor", "hospital", "viewer", "inferred"};

	return names[away];
}

struct detector_absence detector_absence_default(void)
{
	return (struct detector_absence){.quiet_ms = 30 * MS_PER_MINUTE,
		.inferred_most_ms = 24 * MS_PER_HOUR,
		.one_person_most_ms = 16 * MS_PER_HOUR,
		.out_most_ms = MS_PER_DAY,
		.said_most_ms = 2 * MS_PER_DAY,
		.declared_most_ms = 14 * MS_PER_DAY,
		.leaving_ms = 6 * MS_PER_HOUR};
}

bool detector_is_entrance(const char *place)
{
	static const char *const words[] = {"front", "entrance", "main", "hall", "gate", "apartment", "入户", "大门",
		"进户", "前门", "正门", "防盗门", "门厅", "门口", "玄关"};

	if (!*place || !strcmp(place, "door") || !strcmp(place, "门"))
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcasestr(place, words[i]))
			return anomaly_place_of(place) == ANOMALY_ROOM;
	return false;
}

/* ---- moves ---- */

void detect_mode(struct detector_core *core, struct home *home, enum detector_mode mode)
{
	if (home->mode == mode)
		return;
	assert(moves[home->mode][mode]);
	core->modes[home->mode]--;
	core->modes[mode]++;
	home->mode = mode;
	home->unwritten |= 1u << PART_COLD; /* with the next mark: who came back must not be away after a restart */
	if (mode == DETECTOR_AWAY) {
		detect_habits_spoil(home);
		detect_anomaly_spoil(home);
	}
}

/* observed: the away is by what was seen, not by somebody's word. */
static bool observed(enum detector_away source)
{
	return source == DETECTOR_AWAY_VIEWER || source == DETECTOR_AWAY_INFERRED;
}

bool detect_mode_rests(const struct home *home, const struct detector_rule *rule)
{
	/* Who went out at night is looked for by these. */
	bool of_night = rule->kind == DETECTOR_RULE_LEFT || rule->kind == DETECTOR_RULE_BED;

	/* It has to know what it did not ask for, and is asked for in a home that was never heard too. */
	if (rule->kind == DETECTOR_RULE_APPOINTMENT)
		return false;
	if (home->mode == DETECTOR_UNWATCHED)
		return true;
	return home->mode == DETECTOR_AWAY && rules_is_of_person(rule) && !(of_night && observed(home->away.source));
}

enum err detect_mode_away(struct detector_core *core, struct home *home, const struct absence *away, struct wall at)
{
	struct clearing clearing = {.cause = CAUSE_AWAY, .at = at, .cause_at = away->since};
	enum err err = ERR_OK;

	detect_mode(core, home, DETECTOR_AWAY);
	home->away = *away;
	home->passage.leaving = false;
	for (unsigned i = 0; i < core->config.rule_count && !err; i++)
		if (detect_mode_rests(home, &core->config.rules[i]) ||
			(core->config.rules[i].kind == DETECTOR_RULE_APPOINTMENT && detect_appointment_rests(home)))
			err = detect_clear(core, home, detect_standing(home, core->config.rules[i].name), &clearing);
	return err ? err : detect_mark(core, home, true);
}

void detect_mode_back(struct detector_core *core, struct home *home, enum thaw_kind kind, struct wall at)
{
	bool ended = kind == THAW_OVERDUE && wall_is_set(home->away.until);

	home->thaw = (struct thaw){.kind = kind, .source = home->away.source, .since = home->away.since, .at = at};
	if (home->away.source == DETECTOR_AWAY_FAMILY)
		home->spent = home->said;
	if (ended || kind == THAW_NONE) /* somebody said so: before it, nobody was to be expected */
		home->counts = at;
	else if (kind == THAW_OVERDUE) /* what was silent before may have had its alert */
		home->counts = home->away.since;
	home->away = (struct absence){.since = WALL_NONE, .until = WALL_NONE};
	home->waiting = true;
	detect_mode(core, home, detect_mode_new(core, home, at) ? DETECTOR_LEARNING : DETECTOR_AT_HOME);
}

/* ---- what is seen ---- */

static bool leaves_view(const struct sign *sign)
{
	return sign->quantity < QUANTITY_COUNT && (LEAVING >> sign->quantity & 1) && sign->value <= 0;
}

/* of_inside: it is somebody in the home who gave the sign. A telephone may be anywhere; a door and its viewer are told
 * apart by passages. */
static bool of_inside(const struct sign *sign)
{
	return sign->quantity != QUANTITY_CONTACT && sign->quantity != QUANTITY_DOOR_VIEWER &&
	       sign->quantity != QUANTITY_CALL && !leaves_view(sign);
}

/* ends: the sign says that somebody is at home again. */
static bool ends(const struct detector_core *core, const struct home *home, const struct sign *sign)
{
	const struct absence *away = &home->away;
	int64_t after = sign->since.ms - away->since.ms;

	if (leaves_view(sign) || after < 0)
		return false;
	switch (away->source) {
	case DETECTOR_AWAY_FAMILY:
	case DETECTOR_AWAY_DESK:
		return sign->quantity == QUANTITY_COUNT || after >= core->config.absence.leaving_ms;
	case DETECTOR_AWAY_VIEWER:
	case DETECTOR_AWAY_INFERRED:
		if (sign->quantity == QUANTITY_DOOR_VIEWER)
			return sign->value == 2;
		return sign->quantity != QUANTITY_CALL && after > GRACE_MS;
	case DETECTOR_AWAY_VISITOR:
	case DETECTOR_AWAY_HOSPITAL:
	case DETECTOR_AWAY_NOT:
	case DETECTOR_AWAY_COUNT:
		break;
	}
	return true;
}

/* stay: what the sign says of who went through the door last. */
static void stay(struct home *home, const struct sign *sign)
{
	struct passage *p = &home->passage;

	if (!of_inside(sign))
		return;
	if (sign->since.ms > home->inside.ms)
		home->inside = sign->since;
	if (!p->leaving)
		return;
	if (sign->since.ms > p->end.ms + GRACE_MS)
		p->leaving = false;
	else if (sign->since.ms < p->end.ms && sign->at.ms > p->end.ms)
		p->unsure = true;
}

bool detect_mode_sign(struct detector_core *core, struct home *home, const struct sign *sign)
{
	bool came = sign->quantity == QUANTITY_DOOR_VIEWER && sign->value == 2;

	stay(home, sign);
	/* The door by which somebody came back is closed, too. */
	if (sign->at.ms > home->thaw.at.ms + (sign->quantity == QUANTITY_CONTACT ? PASSAGE_MS : 0))
		home->thaw.kind = THAW_NONE;
	if (came && sign->at.ms >= home->passage.start.ms)
		home->passage.leaving = false;
	if (home->mode != DETECTOR_AWAY || !ends(core, home, sign))
		return false;
	detect_mode_back(core, home, THAW_SIGN, sign->at);
	return true;
}

static bool is_entrance(const struct detector_core *core, const char *device)
{
	uint64_t hash = text_hash64(device, strlen(device), 0);
	const struct owner *owner;

	HASH_FIND(hh, core->owners, &hash, sizeof hash, owner);
	return !owner || owner->entrance;
}

/* detect_mode_door comes before the door's own sign of life is taken: whether the home was away decides which way
 * somebody went. */
void detect_mode_door(struct detector_core *core, struct home *home, const char *device, bool open, struct wall at)
{
	struct passage *p = &home->passage;

	if (!is_entrance(core, device) || (wall_is_set(p->end) && at.ms < p->end.ms))
		return;
	bool same = wall_is_set(p->end) && (p->open || at.ms - p->end.ms <= PASSAGE_MS);
	bool seen = wall_is_set(home->inside) && (!wall_is_set(p->end) || home->inside.ms > p->end.ms);
	if (!same) {
		p->leaving = home->mode != DETECTOR_AWAY && home->mode != DETECTOR_UNWATCHED && seen && !p->leaving;
		p->unsure = false;
		p->start = at;
	}
	p->end = at;
	p->open = open;
}

enum err detect_mode_viewer(struct detector_core *core, struct home *home, struct wall at)
{
	struct absence away = {.source = DETECTOR_AWAY_VIEWER, .since = at, .until = WALL_NONE};

	if (home->mode == DETECTOR_UNWATCHED)
		return ERR_OK;
	/* Somebody's word says more, and for longer. */
	if (home->mode == DETECTOR_AWAY && !observed(home->away.source))
		return ERR_OK;
	if (home->mode == DETECTOR_AWAY && at.ms < home->away.since.ms)
		return ERR_OK;
	return detect_mode_away(core, home, &away, at);
}

/* holds: somebody is there, by a channel that would tell of their going. */
static bool holds(const struct detector_core *core, const struct home *home, struct wall t)
{
	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		if ((HOLDING >> s->quantity & 1) && s->known && s->value > 0 && !detect_sensor_blind(core, home, s, t))
			return true;
	}
	return false;
}

struct wall detect_mode_in_bed(const struct detector_core *core, const struct home *home, struct wall t)
{
	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		if (s->quantity == QUANTITY_BED && s->known && s->value > 0 && !detect_sensor_blind(core, home, s, t))
			return home->in_bed;
	}
	return WALL_NONE;
}

/* told: somebody inside would have been seen, from the passage on. A meter tells of it if no use of its may have been
 * after the passage. */
static bool told(const struct detector_core *core, const struct home *home, struct wall t)
{
	const struct passage *p = &home->passage;

	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		bool proven = !s->meter ? (TELLING >> s->quantity & 1) != 0
					: !p->unsure && detect_sign_proves(core, (enum quantity)s->quantity) &&
						  s->at.ms >= p->end.ms + core->config.absence.quiet_ms;
		if (proven && detect_sensor_usable(core, s) && s->proof.ms <= p->end.ms &&
			!detect_sensor_blind(core, home, s, t))
			return true;
	}
	return false;
}

/* left: somebody went through the door and nobody is inside. *out_next: when that is to be asked. */
static bool left(struct detector_core *core, struct home *home, struct wall t, int64_t *out_next)
{
	struct passage *p = &home->passage;
	int64_t quiet_ms = core->config.absence.quiet_ms;

	if (!quiet_ms || !p->leaving || p->open)
		return false;
	if (t.ms < p->end.ms + quiet_ms) {
		*out_next = p->end.ms + quiet_ms;
		return false;
	}
	if (t.ms > p->end.ms + quiet_ms + UNDECIDED_MS) {
		p->leaving = false;
		return false;
	}
	home->waiting = true; /* a meter may have yet to say, or a presence to fall */
	return !holds(core, home, t) && told(core, home, t);
}

/* ---- time ---- */

bool detect_mode_new(const struct detector_core *core, const struct home *home, struct wall t)
{
	return wall_is_set(home->since) && t.ms - home->since.ms < core->config.limits.learning_ms;
}

struct wall detect_mode_until(const struct detector_core *core, const struct home *home)
{
	const struct detector_absence *most = &core->config.absence;
	const struct absence *away = &home->away;
	int64_t inferred = home->persons == 1 ? most->one_person_most_ms : most->inferred_most_ms;
	int64_t ceiling = core->config.budget.ceiling_ms;
	int64_t begin =
		wall_is_set(home->last.at) && home->last.at.ms > away->since.ms ? home->last.at.ms : away->since.ms;

	if (wall_is_set(away->until))
		return away->until;
	switch (away->source) {
	case DETECTOR_AWAY_FAMILY:
	case DETECTOR_AWAY_DESK:
	case DETECTOR_AWAY_HOSPITAL:
		return (struct wall){away->since.ms + most->declared_most_ms};
	case DETECTOR_AWAY_VISITOR:
		return (struct wall){away->since.ms + most->said_most_ms};
	case DETECTOR_AWAY_VIEWER:
		return (struct wall){begin + most->out_most_ms};
	case DETECTOR_AWAY_INFERRED:
		return (struct wall){begin + (inferred < ceiling ? inferred : ceiling)};
	case DETECTOR_AWAY_NOT:
	case DETECTOR_AWAY_COUNT:
		break;
	}
	return WALL_NONE;
}

/* declared: the directory has an absence that is in force. */
static bool declared(const struct home *home, struct wall t)
{
	const struct span *said = &home->said;
	bool any = wall_is_set(said->from) || wall_is_set(said->until);
	bool spent = said->from.ms == home->spent.from.ms && said->until.ms == home->spent.until.ms;

	return any && !spent && (!wall_is_set(said->from) || said->from.ms <= t.ms) &&
	       (!wall_is_set(said->until) || t.ms < said->until.ms);
}

/* stays: the door viewer saw somebody leave, and yet somebody is there. *out_next: when that is to be asked. */
static bool stays(const struct detector_core *core, const struct home *home, struct wall t, int64_t *out_next)
{
	int64_t from = home->away.since.ms + core->config.absence.quiet_ms;

	if (home->mode != DETECTOR_AWAY || home->away.source != DETECTOR_AWAY_VIEWER)
		return false;
	if (t.ms < from)
		*out_next = from;
	return t.ms >= from && holds(core, home, t);
}

/* away_settle ends an absence that is over and begins one that is due. */
static enum err away_settle(struct detector_core *core, struct home *home, struct wall t, int64_t *out_next)
{
	bool family = home->mode == DETECTOR_AWAY && home->away.source == DETECTOR_AWAY_FAMILY;
	struct wall until = detect_mode_until(core, home);

	if (home->mode == DETECTOR_AWAY && t.ms >= until.ms)
		detect_mode_back(core, home, THAW_OVERDUE, until);
	else if (family && !declared(home, t)) /* it was taken back */
		detect_mode_back(core, home, THAW_NONE, t);
	else if (family)
		home->away.until = home->said.until;
	else if (stays(core, home, t, out_next)) /* somebody else left */
		detect_mode_back(core, home, THAW_SIGN, t);
	bool known = home->mode == DETECTOR_AWAY && !observed(home->away.source);
	if (!known && declared(home, t)) {
		struct absence away = {.source = DETECTOR_AWAY_FAMILY, .since = t, .until = home->said.until};
		return detect_mode_away(core, home, &away, t);
	}
	if (home->mode != DETECTOR_AWAY && left(core, home, t, out_next)) {
		struct absence away = {
			.source = DETECTOR_AWAY_INFERRED, .since = home->passage.end, .until = WALL_NONE};
		return detect_mode_away(core, home, &away, t);
	}
	return ERR_OK;
}

/* present: what the home is while it is watched and somebody may be there. */
static enum detector_mode present(
	const struct detector_core *core, const struct home *home, const struct view *view, struct wall t)
{
	if (!view->proves && view->blind)
		return DETECTOR_BLIND;
	if (detect_mode_new(core, home, t))
		return DETECTOR_LEARNING;
	return wall_is_set(detect_mode_in_bed(core, home, t)) ? DETECTOR_ASLEEP : DETECTOR_AT_HOME;
}

static void sooner(int64_t *next, int64_t candidate, struct wall t)
{
	if (candidate > t.ms && candidate < *next)
		*next = candidate;
}

enum err detect_mode_settle(struct detector_core *core, struct home *home, struct wall t, int64_t *out_next)
{
	enum detector_mode before = home->mode;
	enum err err;

	*out_next = INT64_MAX;
	if (!detect_home_watched(home, t) || !wall_is_set(home->since)) {
		detect_mode(core, home, DETECTOR_UNWATCHED);
		return ERR_OK;
	}
	if (home->mode == DETECTOR_UNWATCHED)
		detect_mode(core, home, DETECTOR_LEARNING);
	err = away_settle(core, home, t, out_next);
	if (err)
		return err;
	struct view view = detect_view(core, home, t);
	if (home->mode != DETECTOR_AWAY)
		detect_mode(core, home, present(core, home, &view, t));
	home->waiting = home->waiting || home->mode == DETECTOR_BLIND;
	sooner(out_next, view.dark_ms, t);
	sooner(out_next, home->since.ms + core->config.limits.learning_ms, t);
	if (home->mode == DETECTOR_AWAY)
		sooner(out_next, detect_mode_until(core, home).ms, t);
	else if (wall_is_set(home->said.from))
		sooner(out_next, home->said.from.ms, t);
	return before == home->mode ? ERR_OK : detect_mark(core, home, true);
}

/* ---- words of people ---- */

static enum err watched(struct detector_core *core, const char *household, struct home **out_home)
{
	*out_home = detect_home_find(core, household);
	if (!*out_home || !(*out_home)->present)
		return ERR_NOT_FOUND;
	return (*out_home)->mode == DETECTOR_UNWATCHED ? ERR_STATE : ERR_OK;
}

enum err detector_declare(struct detector_core *core, const char *household, struct wall at, struct wall until)
{
	struct absence away = {.source = DETECTOR_AWAY_DESK, .since = at, .until = until};
	struct home *home;
	enum err err = watched(core, household, &home);

	if (!err)
		err = detect_mode_away(core, home, &away, at);
	return err ? err : detect_look(core, home, core->now);
}

enum err detector_return(struct detector_core *core, const char *household, struct wall at)
{
	struct home *home;
	enum err err = watched(core, household, &home);

	if (err)
		return err;
	if (home->mode == DETECTOR_AWAY)
		detect_mode_back(core, home, THAW_NONE, at);
	err = detect_mark(core, home, true);
	return err ? err : detect_look(core, home, core->now);
}
