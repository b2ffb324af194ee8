/* SPDX-License-Identifier: MIT
 *
 * The rules, judged for one home as of a time. A silence counts as far as it is proven: on a metered channel up to its
 * last reading, on a channel of events up to now. Channels that are blind are left out; a home whose proving channels
 * are all blind is not judged.
 */
#include "core_internal.h"

#define GROWS_MS (6 * MS_PER_HOUR)          /* an alert that stands is told again so often ... */
#define GROWS_SLOWLY_MS (2 * MS_PER_DAY)    /* ... for so long, then once a day */
#define METER_JITTER_MS (5 * MS_PER_MINUTE) /* an hourly meter is early by some seconds: no reason to wait an hour */

/* view_of leaves out what people say is at fault, or (trusting) takes it for what it tells. */
static struct view view_of(
	const struct detector_core *core, const struct home *home, struct wall t, bool trusting, bool *out_doubts)
{
	struct view view = {.start_ms = INT64_MAX, .end_ms = t.ms, .stale_ms = INT64_MAX, .dark_ms = INT64_MIN};

	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		uint64_t bit = UINT64_C(1) << s->quantity;
		bool proves = detect_sign_proves(core, (enum quantity)s->quantity);
		if (!detect_sensor_usable(core, s))
			continue;
		bool doubted = detect_sensor_doubted(core, s, t);
		*out_doubts = *out_doubts || doubted;
		if (detect_sensor_blind(core, home, s, t) || (doubted && !trusting)) {
			view.blind |= bit;
			continue;
		}
		view.looked_at |= bit;
		view.proves = view.proves || proves;
		int64_t dark = s->meter ? s->at.ms + core->config.meter_fresh_ms
					: home->devices[s->device].heard.ms + core->config.device_quiet_ms;
		if (proves && dark >= view.dark_ms)
			view.dark_ms = dark + 1;
		if (proves && s->proof.ms < view.start_ms)
			view.start_ms = s->proof.ms;
		if (!s->meter) {
			int64_t end_ms = t.ms - detect_sensor_lag(s, t);
			view.end_ms = end_ms < view.end_ms ? end_ms : view.end_ms;
			continue;
		}
		if (s->at.ms + METER_JITTER_MS < view.end_ms)
			view.end_ms = s->at.ms + METER_JITTER_MS;
		if (s->at.ms + core->config.meter_fresh_ms < view.stale_ms)
			view.stale_ms = s->at.ms + core->config.meter_fresh_ms + 1;
	}
	if (!view.proves)
		view.dark_ms = INT64_MAX;
	return view;
}

struct view detect_view(const struct detector_core *core, const struct home *home, struct wall t)
{
	bool doubts = false;
	struct view view = view_of(core, home, t, false, &doubts);

	/* No finding of people silences a home. */
	return doubts && !view.proves ? view_of(core, home, t, true, &doubts) : view;
}

struct wall detect_silent_since(const struct home *home, const struct view *view)
{
	int64_t last = wall_is_set(home->last.at) ? home->last.at.ms : home->since.ms;

	last = last > home->counts.ms ? last : home->counts.ms;
	return (struct wall){view->start_ms > last ? view->start_ms : last};
}

/* fixed_limits: the same for every home. */
static void fixed_limits(
	const struct detector_core *core, const struct home *home, struct wall t, int64_t out_ms[HABIT_STAGES])
{
	const struct detector_limits *limits = &core->config.limits;
	int64_t extra = detect_mode_new(core, home, t) ? limits->learning_extra_ms : 0;

	out_ms[HABIT_ATTENTION] = extra + (home->persons == 1 ? limits->one_person_attention_ms : limits->attention_ms);
	out_ms[HABIT_ALARM] = extra + (home->persons == 1 ? limits->one_person_alarm_ms : limits->alarm_ms);
}

/* grows_at: when an alert that stands is told again with its new numbers. */
static int64_t grows_at(struct wall onset, struct wall told)
{
	return told.ms + (told.ms - onset.ms < GROWS_SLOWLY_MS ? GROWS_MS : MS_PER_DAY);
}

/* habit_words puts what is usual into the finding. */
static void habit_words(const struct habit_judgement *j, int64_t silent_ms, struct finding *finding)
{
	struct wall wake = detect_habit_wake(j, finding->onset);

	finding->usual_ms = habit_usual(j->habit, j->start.hour, habit_kind(&j->start));
	finding->wake = wall_is_set(wake) && wake.ms <= finding->at.ms ? wake : WALL_NONE;
	finding->holiday = habit_kind(&j->start) == HABIT_HOLIDAY;
	finding->confidence = 1 - habit_share(j->habit, &j->start, silent_ms);
}

/* judge_silence gives when it has to look again. */
static enum err judge_silence(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next)
{
	bool fixed = core->config.rules[rule].kind == DETECTOR_RULE_SILENCE_FIXED;
	const struct standing *standing = detect_standing(home, core->config.rules[rule].name);
	struct view view = detect_view(core, home, t);
	int64_t start = detect_silent_since(home, &view).ms;
	int64_t silent = view.end_ms - start;
	int64_t floor_ms = detect_terms(core, home)->floor_ms;
	struct habit_judgement j = {0};

	*out_next = INT64_MAX;
	home->waiting = home->waiting || !view.proves;
	if (!view.proves || (fixed && standing && standing->level == ALERT_ALARM))
		return ERR_OK;
	if (fixed)
		fixed_limits(core, home, t, j.limits_ms);
	else if (!standing && t.ms - start < floor_ms)
		j.limits_ms[HABIT_ATTENTION] = j.limits_ms[HABIT_ALARM] = floor_ms; /* ask then */
	else
		detect_habit_judge(core, home, view.looked_at, (struct wall){start}, &j);
	int64_t attention = j.limits_ms[HABIT_ATTENTION], alarm = j.limits_ms[HABIT_ALARM];
	bool is_alarm = silent >= alarm || (standing && standing->level == ALERT_ALARM);
	int64_t target = start + (silent >= attention || standing ? alarm : attention);
	if (!is_alarm && target > t.ms) {
		*out_next = target;
	} else if (!is_alarm) { /* it is time, but a meter has yet to say so */
		*out_next = view.stale_ms;
		home->waiting = true;
	}
	struct finding finding = {.level = is_alarm ? ALERT_ALARM : ALERT_ATTENTION,
		.at = t,
		.onset = standing ? standing->onset : (struct wall){start},
		.looked_at = view.looked_at,
		.blind = view.blind,
		.wake = WALL_NONE};
	if (!standing && silent < attention)
		return ERR_OK;
	if (standing && standing->level == finding.level) {
		int64_t grows = fixed ? INT64_MAX : grows_at(standing->onset, standing->at);
		if (grows > t.ms) {
			*out_next = grows < *out_next ? grows : *out_next;
			return ERR_OK;
		}
		finding.grown = true;
	}
	if (!fixed) {
		int64_t grows = grows_at(finding.onset, t);
		habit_words(&j, silent, &finding);
		*out_next = grows < *out_next ? grows : *out_next;
	}
	return detect_raise(core, home, rule, &finding);
}

/* judge_water looks at all water meters together: each must have seen the whole window for too little to be said. */
static enum err judge_water(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next)
{
	const struct detector_rule *r = &core->config.rules[rule];
	double litres = r->values[0];
	int64_t window_ms = rules_ms(r, 1);
	bool over = r->kind == DETECTOR_RULE_WATER_OVER, complete = true;
	const struct sensor *newest = NULL;
	double sum = 0;

	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		if (s->quantity != QUANTITY_WATER_TOTAL)
			continue;
		if (!wall_is_set(s->at)) {
			complete = false;
			continue;
		}
		complete = complete && !detect_sensor_blind(core, home, s, t) && s->proof.ms <= s->at.ms - window_ms;
		sum += meter_sum(s->meter, s->at, over ? window_ms - MS_PER_HOUR : window_ms);
		newest = !newest || s->at.ms > newest->at.ms ? s : newest;
	}
	*out_next = INT64_MAX;
	if (!newest)
		return ERR_OK;
	bool found =
		over ? sum > litres : complete && (r->kind == DETECTOR_RULE_WATER_UNDER ? sum < litres : sum <= litres);
	bool ended = over ? sum <= litres : r->kind == DETECTOR_RULE_WATER_UNDER ? sum >= litres : sum > litres;
	if (ended)
		return detect_clear(core, home, detect_standing(home, r->name),
			&(struct clearing){.cause = over ? CAUSE_OVER : CAUSE_SIGN,
				.at = t,
				.cause_at = newest->at,
				.quantity = QUANTITY_WATER_TOTAL,
				.device = newest->device,
				.value = newest->value});
	if (!found)
		return ERR_OK;
	return detect_raise(core, home, rule,
		&(struct finding){.level = r->level,
			.at = t,
			.onset = {newest->at.ms - window_ms},
			.amount = sum,
			.wake = WALL_NONE,
			.looked_at = UINT64_C(1) << QUANTITY_WATER_TOTAL});
}

/* judge_events: no door opened, no motion, for the whole window. */
static enum err judge_events(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next)
{
	const struct detector_rule *r = &core->config.rules[rule];
	int64_t window_ms = rules_ms(r, 0);
	bool door = r->kind == DETECTOR_RULE_DOOR, looks = false;
	enum quantity quantity = door ? QUANTITY_CONTACT : QUANTITY_MOTION;
	int64_t start = door ? home->opened.ms : home->moved.ms;
	uint64_t bit = UINT64_C(1) << quantity, blind = 0;

	*out_next = INT64_MAX;
	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		if (s->quantity != quantity)
			continue;
		if (detect_sensor_blind(core, home, s, t)) {
			blind = bit;
			continue;
		}
		looks = true;
		start = s->proof.ms > start ? s->proof.ms : start;
	}
	home->waiting = home->waiting || !looks;
	if (!looks || detect_standing(home, r->name))
		return ERR_OK;
	if (t.ms - start < window_ms) {
		*out_next = start + window_ms;
		return ERR_OK;
	}
	return detect_raise(core, home, rule,
		&(struct finding){.level = r->level,
			.at = t,
			.onset = {start},
			.looked_at = bit,
			.blind = blind,
			.wake = WALL_NONE});
}

typedef enum err judge_kind(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next);

static judge_kind *const judges[DETECTOR_RULE_KIND_COUNT] = {
	[DETECTOR_RULE_SILENCE] = judge_silence,
	[DETECTOR_RULE_SILENCE_FIXED] = judge_silence,
	[DETECTOR_RULE_WATER_UNDER] = judge_water,
	[DETECTOR_RULE_WATER_UP_TO] = judge_water,
	[DETECTOR_RULE_WATER_OVER] = judge_water,
	[DETECTOR_RULE_DOOR] = judge_events,
	[DETECTOR_RULE_MOTION] = judge_events,
	[DETECTOR_RULE_FAULT] = detect_judge_fault,
	[DETECTOR_RULE_APPOINTMENT] = detect_judge_appointments,
};

static enum err judge_rule(
	struct detector_core *core, struct home *home, unsigned rule, struct wall t, int64_t *out_next)
{
	judge_kind *judge = judges[core->config.rules[rule].kind];

	return (judge ? judge : detect_judge_anomaly)(core, home, rule, t, out_next);
}

static void sooner(int64_t *next, int64_t candidate, struct wall t)
{
	if (candidate > t.ms && candidate < *next)
		*next = candidate;
}

enum err detect_judge(struct detector_core *core, struct home *home, struct wall t)
{
	int64_t next = INT64_MAX, one;
	enum err err = ERR_OK;

	home->waiting = false;
	if (!detect_home_watched(home, t)) {
		if (wall_is_set(home->since) || home->standing_count)
			err = detect_home_forget(core, home, t); /* the consent has ended by itself */
		if (home->present && home->agreed && wall_is_set(home->from))
			sooner(&next, home->from.ms, t);
		return err ? err : detect_arm(core, home, next);
	}
	err = detect_mode_settle(core, home, t, &one);
	sooner(&next, one, t);
	if (wall_is_set(home->until))
		sooner(&next, home->until.ms, t);
	for (unsigned i = 0; i < core->config.rule_count && !err; i++) {
		if (detect_mode_rests(home, &core->config.rules[i]))
			continue;
		err = judge_rule(core, home, i, t, &one);
		sooner(&next, one, t);
	}
	for (unsigned i = home->standing_count; i-- > 0 && !err;) /* restored, without a rule */
		if (!detect_ruled(&core->config, &home->standings[i]))
			err = detect_clear(core, home, &home->standings[i],
				&(struct clearing){.cause = CAUSE_DROPPED, .at = t, .cause_at = t});
	return err ? err : detect_arm(core, home, next);
}

enum err detect_judge_until(struct detector_core *core, struct home *home, struct wall t)
{
	enum err err = ERR_OK;

	while (!err && home->due_ms < t.ms) {
		int64_t as_of = home->due_ms > core->now.ms ? home->due_ms : core->now.ms;
		if (as_of <= 0) /* to be looked at once, and nothing was judged yet */
			as_of = t.ms - 1;
		err = detect_judge(core, home, (struct wall){as_of});
	}
	return err;
}

enum err detect_look(struct detector_core *core, struct home *home, struct wall t)
{
	return t.ms < home->due_ms ? detect_arm(core, home, t.ms) : ERR_OK;
}
