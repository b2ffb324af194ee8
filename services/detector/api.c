/* SPDX-License-Identifier: MIT
 *
 * The service's own questions: curtain/api/<user>/detector/<method>. The broker's access list lets only the desk ask.
 *
 *   habit {household}           what is known of a home's silences, and what was agreed with it
 *   explain {alert, household?} every revision of an alert, and the habit of its home
 *   modes {mode?, limit?}       how many homes are in each mode; with a mode, which
 *   relearn {household | all}   learn a home, or all, anew from records' history
 *   away {household, until?, back?}  nobody is at home, until then; or somebody is again
 *
 * Of several instances the one that has the household answers; of an alert that none has kept, the one with shard 0.
 */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "codec/json.h"
#include "codec/request.h"
#include "detector/detector.h"
#include "service/answer.h"

#define HOMES_LISTED_MAX 10000
#define AWAY_MOST_MS (366 * MS_PER_DAY)

/* ---- habit ---- */

static void put_quantities(struct buf *out, const char *key, uint64_t set)
{
	json_key(out, key);
	json_open(out, '[');
	for (unsigned q = 0; q < QUANTITY_COUNT; q++)
		if (set >> q & 1)
			json_text(out, quantity_info((enum quantity)q)->name);
	json_close(out, ']');
}

/* put_tenth appends an element with one digit behind the point. */
static void put_tenth(struct buf *out, double value)
{
	if (out->length && out->data[out->length - 1] != '[')
		buf_byte(out, ',');
	buf_printf(out, "%.1f", value);
}

static void put_hours(struct buf *out, const char *key, const int64_t (*ms)[HABIT_STAGES], unsigned stage)
{
	json_key(out, key);
	json_open(out, '[');
	for (unsigned hour = 0; hour < HABIT_HOURS; hour++)
		put_tenth(out, (double)ms[hour][stage] / MS_PER_HOUR);
	json_close(out, ']');
}

static void put_day(struct buf *out, const char *key, const struct detector_habit_set *set, enum habit_kind kind)
{
	json_key(out, key);
	json_open(out, '{');
	put_hours(out, "attention_h", set->limits_ms[kind], HABIT_ATTENTION);
	put_hours(out, "alarm_h", set->limits_ms[kind], HABIT_ALARM);
	json_key(out, "usual_h");
	json_open(out, '[');
	for (unsigned hour = 0; hour < HABIT_HOURS; hour++)
		put_tenth(out, (double)set->usual_ms[kind][hour] / MS_PER_HOUR);
	json_close(out, ']');
	if (set->wake[kind] >= 0)
		json_member_number(out, "up_by_h", floor((double)set->wake[kind] * 10 + 0.5) / 10);
	json_close(out, '}');
}

static void put_stage(struct buf *out, const char *key, const struct detector_habit_set *set, enum habit_stage stage)
{
	float level = set->levels[stage];
	unsigned nearest = level > 0 ? (unsigned)(level + 0.5f) : 0;

	json_key(out, key);
	json_open(out, '{');
	json_member_number(out, "level", floor((double)level * 100 + 0.5) / 100);
	json_member_number(out, "false_alarms_a_month",
		floor((double)set->rates[nearest < HABIT_LEVELS ? nearest : HABIT_LEVELS - 1] * 1000 + 0.5) / 1000);
	json_member_int(out, "false_alarms", set->false_alarms[stage]);
	json_close(out, '}');
}

static void put_set(struct buf *out, const struct detector_habit_set *set)
{
	static const char *const outcomes[HABIT_OUTCOME_COUNT] = {
		[HABIT_FALSE] = "false", [HABIT_REAL] = "real", [HABIT_VOID] = "void"};

	json_open(out, '{');
	put_quantities(out, "channels", set->quantities);
	json_member_bool(out, "in_force", set->in_force);
	json_member_number(out, "months", floor(set->months * 100 + 0.5) / 100);
	json_member_int(out, "silences", set->gaps);
	json_member_number(out, "lean", floor(set->lean * 1000 + 0.5) / 1000);
	put_stage(out, "attention", set, HABIT_ATTENTION);
	put_stage(out, "alarm", set, HABIT_ALARM);
	json_key(out, "outcomes");
	json_open(out, '{');
	for (unsigned i = 0; i < HABIT_OUTCOME_COUNT; i++)
		json_member_int(out, outcomes[i], set->outcomes[i]);
	json_close(out, '}');
	put_day(out, "workday", set, HABIT_WORKDAY);
	put_day(out, "holiday", set, HABIT_HOLIDAY);
	json_close(out, '}');
}

static void put_appointment(struct buf *out, const struct detector_appointment_view *a)
{
	json_open(out, '{');
	json_member_text(out, "id", a->id);
	codec_appointment(&a->terms, out);
	if (wall_is_set(a->due)) {
		json_key(out, "window");
		json_open(out, '{');
		json_member_wall(out, "opens", a->opens);
		json_member_wall(out, "due", a->due);
		json_member_wall(out, "alarm", a->alarm);
		json_close(out, '}');
	}
	json_member_wall_if(out, "last", a->last);
	json_member_wall_if(out, "missed", a->missed);
	json_member_bool(out, "blind", a->blind);
	json_member_bool(out, "rests", a->rests);
	json_close(out, '}');
}

static enum err put_appointments(struct detector *detector, const char *household, struct buf *out)
{
	struct detector_appointment_view all[DETECTOR_APPOINTMENTS_MAX];
	unsigned count;
	enum err err = detector_appointments(detector->core, household, all, &count);

	if (err)
		return err;
	json_key(out, "appointments");
	json_open(out, '[');
	for (unsigned i = 0; i < count; i++)
		put_appointment(out, &all[i]);
	json_close(out, ']');
	return ERR_OK;
}

static void put_away(struct buf *out, const struct detector_habit_view *view)
{
	json_key(out, "away");
	json_open(out, '{');
	json_member_text(out, "source", detector_away_name(view->away));
	json_member_wall_if(out, "since", view->away_since);
	json_member_wall_if(out, "until", view->away_until);
	json_close(out, '}');
}

static void put_rounded(struct buf *out, const char *key, double value)
{
	json_member_number(out, key, floor(value * 1000 + 0.5) / 1000);
}

/* put_lessons: what people found, newest last, and what it moved. */
static void put_lessons(struct buf *out, const struct detector_habit_view *view)
{
	put_rounded(out, "pooled", view->pooled);
	json_key(out, "lessons");
	json_open(out, '[');
	for (unsigned i = 0; i < view->lesson_count; i++) {
		const struct detector_lesson *l = &view->lessons[i];
		json_open(out, '{');
		json_member_text(out, "incident", l->incident);
		json_member_wall(out, "at", l->at);
		json_member_text(out, "outcome", outcome_name(l->outcome));
		if (l->found != FOUND_NONE)
			json_member_text(out, "found", found_name(l->found));
		put_rounded(out, "lean_before", (double)l->lean_before);
		put_rounded(out, "lean", (double)l->lean);
		json_member_number(out, "pooled_before", (double)l->pooled_before);
		json_member_number(out, "pooled", (double)l->pooled);
		if (l->doubted < QUANTITY_COUNT)
			json_member_text(out, "doubted", quantity_info((enum quantity)l->doubted)->name);
		json_close(out, '}');
	}
	json_close(out, ']');
}

static enum err put_habit(struct detector *detector, const char *household, struct buf *out)
{
	static struct detector_habit_view view; /* the loop has one thread */
	enum err err = detector_habit(detector->core, household, &view);

	if (err)
		return err;
	json_open(out, '{');
	json_member_text(out, "household", household);
	json_member_text(out, "mode", detector_mode_name(view.mode));
	json_member_wall_if(out, "judged", detector->judged);
	json_member_wall_if(out, "heard_since", view.heard_since);
	json_member_wall_if(out, "last_sign", view.last_sign);
	if (view.mode == DETECTOR_AWAY)
		put_away(out, &view);
	if (wall_is_set(view.silent_since)) {
		json_key(out, "silence");
		json_open(out, '{');
		json_member_wall(out, "since", view.silent_since);
		json_member_number(out, "hour", floor((double)view.silent_hour * 100) / 100);
		json_member_text(out, "day", view.silent_kind == HABIT_WORKDAY ? "workday" : "holiday");
		json_close(out, '}');
	}
	json_member_wall_if(out, "expected_by", view.wake_at);
	json_member_wall_if(out, "attention_at", view.attention_at);
	json_member_wall_if(out, "alarm_at", view.alarm_at);
	put_quantities(out, "looked_at", view.looked_at);
	put_quantities(out, "blind", view.blind);
	json_member_bool(out, "population", view.population);
	json_key(out, "budget");
	json_open(out, '{');
	json_member_text_if(out, "community", view.community);
	json_member_number(out, "attention_a_month", view.budget.attention_per_month);
	json_member_number(out, "alarm_a_month", view.budget.alarm_per_month);
	json_member_number(out, "floor_h", (double)view.budget.floor_ms / MS_PER_HOUR);
	json_member_number(out, "ceiling_h", (double)view.budget.ceiling_ms / MS_PER_HOUR);
	json_close(out, '}');
	put_lessons(out, &view);
	json_key(out, "habits");
	json_open(out, '[');
	for (unsigned i = 0; i < view.set_count; i++)
		put_set(out, &view.sets[i]);
	json_close(out, ']');
	err = put_appointments(detector, household, out);
	json_close(out, '}');
	return err ? err : out->failed;
}

/* ---- the methods ---- */

/* A request is taken apart, then answered into out. ERR_NOT_FOUND with nothing in info->text: it is another instance's
 * to answer. */
typedef enum err method(struct detector *detector, struct request_args *args, struct buf *out, struct errinfo *info);

static enum err take_id(
	struct request_args *args, const char *name, bool required, const char **out, struct errinfo *info)
{
	enum err err = request_text(args, name, required, out, info);

	if (!err && (required || **out) && !text_is_id(*out))
		err = errinfo_set(info, ERR_INVALID, "args.%s: must be an id", name);
	return err;
}

static enum err habit(struct detector *detector, struct request_args *args, struct buf *out, struct errinfo *info)
{
	const char *household = "";
	enum err err = take_id(args, "household", true, &household, info);

	if (!err)
		err = request_done(args, info);
	if (err || !detector_owns(detector, household))
		return err ? err : ERR_NOT_FOUND;
	err = put_habit(detector, household, out);
	return err == ERR_NOT_FOUND ? errinfo_set(info, err, "household %s is not known here", household) : err;
}

static enum err explain(struct detector *detector, struct request_args *args, struct buf *out, struct errinfo *info)
{
	char household[ID_BYTES];
	const char *alert = "", *of = "";
	enum detector_mode mode;
	enum err err = take_id(args, "alert", true, &alert, info);

	if (!err)
		err = take_id(args, "household", false, &of, info);
	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	json_open(out, '{');
	json_member_text(out, "alert", alert);
	json_key(out, "revisions");
	json_open(out, '[');
	err = told_find(detector->told_alerts, alert, household, out, info);
	if (err == ERR_NOT_FOUND && (*of ? detector_owns(detector, of) : detector_has_shard(detector, 0)))
		return errinfo_set(info, err, "alert %s is not kept here (any more)", alert);
	if (err)
		return err;
	json_close(out, ']');
	json_member_text(out, "household", household);
	if (!detector_mode_of(detector->core, household, &mode)) {
		json_key(out, "habit");
		err = put_habit(detector, household, out);
	}
	json_close(out, '}');
	return err ? err : out->failed;
}

static void put_homes(struct detector *detector, enum detector_mode mode, int64_t limit, struct buf *out)
{
	enum detector_mode its;
	uint32_t place = 0;

	json_key(out, "households");
	json_open(out, '[');
	for (const char *home; limit > 0 && (home = detector_home(detector->core, &place));)
		if (!detector_mode_of(detector->core, home, &its) && its == mode) {
			json_text(out, home);
			limit--;
		}
	json_close(out, ']');
}

static enum err modes(struct detector *detector, struct request_args *args, struct buf *out, struct errinfo *info)
{
	uint32_t counts[DETECTOR_MODE_COUNT], open;
	const char *wanted = "";
	int64_t limit = 100;
	unsigned mode = 0;
	enum err err = request_text(args, "mode", false, &wanted, info);

	if (!err)
		err = request_int(args, "limit", false, 1, HOMES_LISTED_MAX, &limit, info);
	if (!err)
		err = request_done(args, info);
	while (mode < DETECTOR_MODE_COUNT && strcmp(wanted, detector_mode_name((enum detector_mode)mode)) != 0)
		mode++;
	if (!err && *wanted && mode == DETECTOR_MODE_COUNT)
		err = errinfo_set(info, ERR_INVALID, "args.mode: is none of the modes");
	if (err)
		return err;
	detector_modes(detector->core, counts, &open);
	json_open(out, '{');
	json_member_text(out, "instance", detector->settings.common.instance);
	json_member_wall_if(out, "judged", detector->judged);
	json_key(out, "homes");
	json_open(out, '{');
	for (unsigned i = 0; i < DETECTOR_MODE_COUNT; i++)
		json_member_int(out, detector_mode_name((enum detector_mode)i), counts[i]);
	json_close(out, '}');
	json_member_int(out, "alerts_open", open);
	if (*wanted)
		put_homes(detector, (enum detector_mode)mode, limit, out);
	json_close(out, '}');
	return out->failed;
}

static enum err relearn(struct detector *detector, struct request_args *args, struct buf *out, struct errinfo *info)
{
	const char *household = "";
	bool all = false;
	enum detector_mode mode;
	uint32_t place = 0, asked = 0;
	enum err err = take_id(args, "household", false, &household, info);

	if (!err)
		err = request_bool(args, "all", false, &all, info);
	if (!err)
		err = request_done(args, info);
	if (!err && all == (*household != '\0'))
		err = errinfo_set(info, ERR_INVALID, "args: either household or all");
	if (!err && !detector->settings.history_ms)
		err = errinfo_set(info, ERR_STATE, "relearn.history is 0: nothing is learnt from records here");
	if (!err && !all && !detector_owns(detector, household))
		return ERR_NOT_FOUND;
	if (!err && !all && detector_mode_of(detector->core, household, &mode))
		err = errinfo_set(info, ERR_NOT_FOUND, "household %s is not known here", household);
	if (err)
		return err;
	detector->fatal = detector_begin(detector, info);
	detector->urgent = true;
	if (!detector->fatal && !all) {
		detector->fatal = relearn_again(detector->relearn, household, wall_now(), info);
		asked++;
	}
	for (const char *home; all && !detector->fatal && (home = detector_home(detector->core, &place)); asked++)
		detector->fatal = relearn_again(detector->relearn, home, wall_now(), info);
	json_open(out, '{');
	json_member_int(out, "asked", asked);
	json_member_int(out, "waiting", relearn_stats(detector->relearn).waiting);
	json_close(out, '}');
	return out->failed;
}

static enum err take_until(struct request_args *args, struct wall now, struct wall *out, struct errinfo *info)
{
	const char *until = "";
	enum err err = request_text(args, "until", false, &until, info);

	*out = WALL_NONE;
	if (err || !*until)
		return err;
	if (wall_parse(until, strlen(until), out))
		return errinfo_set(info, ERR_INVALID, "args.until: must be a time as in 2026-03-01T07:00:00Z");
	if (out->ms <= now.ms || out->ms - now.ms > AWAY_MOST_MS)
		return errinfo_set(info, ERR_RANGE, "args.until: must be within a year from now");
	return ERR_OK;
}

static enum err away(struct detector *detector, struct request_args *args, struct buf *out, struct errinfo *info)
{
	static struct detector_habit_view view; /* the loop has one thread */
	struct wall now = wall_is_set(detector->judged) ? detector->judged : wall_now(), until;
	const char *household = "";
	bool back = false;
	enum err err = take_id(args, "household", true, &household, info);

	if (!err)
		err = request_bool(args, "back", false, &back, info);
	if (!err)
		err = take_until(args, now, &until, info);
	if (!err)
		err = request_done(args, info);
	if (!err && back && wall_is_set(until))
		err = errinfo_set(info, ERR_INVALID, "args: either until or back");
	if (err || !detector_owns(detector, household))
		return err ? err : ERR_NOT_FOUND;
	detector->fatal = detector_begin(detector, info);
	if (detector->fatal)
		return detector->fatal;
	detector->urgent = true;
	err = back ? detector_return(detector->core, household, now)
		   : detector_declare(detector->core, household, now, until);
	if (err == ERR_NOMEM)
		detector->fatal = err;
	else if (err)
		return errinfo_set(info, err, "household %s is not watched here", household);
	if (err || detector_habit(detector->core, household, &view))
		return err ? err : ERR_NOT_FOUND;
	json_open(out, '{');
	json_member_text(out, "household", household);
	json_member_text(out, "mode", detector_mode_name(view.mode));
	if (view.mode == DETECTOR_AWAY)
		put_away(out, &view);
	json_close(out, '}');
	return out->failed;
}

enum err detector_request(struct detector *detector, const struct bus_event *event, struct errinfo *info)
{
	static const struct {
		const char *name;
		method *answer;
	} methods[] = {{"habit", habit}, {"explain", explain}, {"modes", modes}, {"relearn", relearn}, {"away", away}};
	const unsigned count = sizeof methods / sizeof *methods;
	char user[ID_BYTES];
	const char *name;
	struct request_args *args = NULL;
	struct errinfo why = {0};
	struct buf result;
	unsigned m = 0;
	enum err err = answer_caller(event, user, &name);

	detector->requests++;
	if (err) {
		log_warning("request_without_answer_topic", "topic", event->topic);
		return ERR_OK;
	}
	buf_init(&result, REQUEST_BYTES_MAX - 4096);
	detector->fatal = ERR_OK;
	err = request_open(event->payload, event->length, &args, &why);
	while (m < count && strcmp(name, methods[m].name) != 0)
		m++;
	if (!err)
		err = m < count ? methods[m].answer(detector, args, &result, &why)
				: errinfo_set(&why, ERR_NOT_FOUND,
					  "detector has no method \"%s\"; it has habit, explain, modes, relearn, away",
					  name);
	bool others = err == ERR_NOT_FOUND && !*why.text;
	if (detector->fatal)
		*info = why;
	else if (!others)
		detector->fatal = answers_keep(&detector->said, event, err, why.text, result.data, result.length);
	buf_fini(&result);
	request_close(args);
	return detector->fatal;
}
