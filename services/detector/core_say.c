/* SPDX-License-Identifier: MIT
 *
 * The words of alerts: one line, for a volunteer, in the local time of the district. No names, no addresses.
 */
#include "core_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define NAMED_MAX 4 /* channels in one line */

static const char *const nouns[QUANTITY_COUNT][LANGUAGES] = {
	[QUANTITY_WATER_TOTAL] = {"用水", "water"},
	[QUANTITY_WATER_FLOW] = {"用水", "water"},
	[QUANTITY_ENERGY_TOTAL] = {"用电", "electricity"},
	[QUANTITY_POWER] = {"用电", "electricity"},
	[QUANTITY_GAS_TOTAL] = {"用燃气", "gas"},
	[QUANTITY_GAS_FLOW] = {"用燃气", "gas"},
	[QUANTITY_MOTION] = {"走动", "motion"},
	[QUANTITY_VIBRATION] = {"走动", "motion"},
	[QUANTITY_PEOPLE] = {"人数变化", "people counted"},
	[QUANTITY_HEART_RATE] = {"心率感应", "heart rate"},
	[QUANTITY_SWITCH] = {"开关", "switch"},
	[QUANTITY_PRESENCE] = {"人体感应", "presence"},
	[QUANTITY_BED] = {"上下床", "bed"},
	[QUANTITY_SEAT] = {"起坐", "seat"},
	[QUANTITY_PERSON_SEEN] = {"露面", "person seen"},
	[QUANTITY_CONTACT] = {"开关门", "door"},
	[QUANTITY_DOOR_VIEWER] = {"进出门", "door viewer"},
	[QUANTITY_BUTTON] = {"按键", "button"},
	[QUANTITY_SOS] = {"呼叫", "call for help"},
	[QUANTITY_CALL] = {"通话", "telephone"},
	[QUANTITY_COVER_POSITION] = {"拉窗帘", "curtain"},
	[QUANTITY_TEMPERATURE] = {"室温", "temperature"},
};

/* Which channels a line names first. */
static const enum quantity order[] = {QUANTITY_WATER_TOTAL, QUANTITY_WATER_FLOW, QUANTITY_MOTION, QUANTITY_PRESENCE,
	QUANTITY_BED, QUANTITY_SEAT, QUANTITY_PERSON_SEEN, QUANTITY_CONTACT, QUANTITY_DOOR_VIEWER,
	QUANTITY_COVER_POSITION, QUANTITY_ENERGY_TOTAL, QUANTITY_POWER, QUANTITY_GAS_TOTAL, QUANTITY_GAS_FLOW,
	QUANTITY_PEOPLE, QUANTITY_HEART_RATE, QUANTITY_SWITCH, QUANTITY_VIBRATION, QUANTITY_CALL, QUANTITY_BUTTON,
	QUANTITY_SOS};

const char *detect_say_noun(unsigned quantity, enum language language)
{
	return quantity < QUANTITY_COUNT ? nouns[quantity][language] : NULL;
}

void detect_say_names(uint64_t set, enum language language, char *out, size_t size)
{
	unsigned named = 0;
	size_t at = 0;

	*out = '\0';
	for (size_t i = 0; i < sizeof order / sizeof *order && named < NAMED_MAX; i++) {
		const char *noun = nouns[order[i]][language];
		if (!(set >> order[i] & 1) || strstr(out, noun))
			continue;
		at += (size_t)snprintf(
			out + at, size - at, "%s%s", named++ ? (language == ZH ? "、" : ", ") : "", noun);
		if (at >= size)
			return;
	}
}

void detect_say_when(const struct zone *zone, struct wall t, struct wall now, char out[LANGUAGES][SAY_WHEN_BYTES])
{
	static const char *const months[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct civil c = zone_to_civil(zone, t), today = zone_to_civil(zone, now);
	struct civil yesterday = zone_to_civil(zone,
		zone_from_civil(zone,
			(struct civil){.year = today.year, .month = today.month, .day = today.day - 1, .hour = 12}));

	if (c.day == today.day && c.month == today.month && c.year == today.year) {
		snprintf(out[ZH], sizeof out[ZH], "今天%02d:%02d", c.hour, c.minute);
		snprintf(out[EN], sizeof out[EN], "%02d:%02d", c.hour, c.minute);
	} else if (c.day == yesterday.day && c.month == yesterday.month && c.year == yesterday.year) {
		snprintf(out[ZH], sizeof out[ZH], "昨天%02d:%02d", c.hour, c.minute);
		snprintf(out[EN], sizeof out[EN], "%02d:%02d yesterday", c.hour, c.minute);
	} else {
		snprintf(out[ZH], sizeof out[ZH], "%d月%d日%02d:%02d", c.month, c.day, c.hour, c.minute);
		snprintf(out[EN], sizeof out[EN], "%02d:%02d on %d %s", c.hour, c.minute, c.day,
			months[c.month >= 1 && c.month <= 12 ? c.month - 1 : 0]);
	}
}

static void how_long(int64_t ms, char out[LANGUAGES][SAY_WHEN_BYTES])
{
	int64_t minutes = ms / MS_PER_MINUTE;

	if (minutes % 60) {
		snprintf(out[ZH], sizeof out[ZH], "%" PRId64 "小时%" PRId64 "分", minutes / 60, minutes % 60);
		snprintf(out[EN], sizeof out[EN], "%" PRId64 " h %" PRId64 " min", minutes / 60, minutes % 60);
	} else {
		snprintf(out[ZH], sizeof out[ZH], "%" PRId64 "小时", minutes / 60);
		snprintf(out[EN], sizeof out[EN], "%" PRId64 " h", minutes / 60);
	}
}

static void append(char *text, size_t size, const char *more)
{
	size_t length = strlen(text);

	text_cut(text + length, size - length, more);
}

void detect_say_add(struct alert *out, const char *zh, const char *en)
{
	append(out->reason_zh, sizeof out->reason_zh, zh);
	append(out->reason_en, sizeof out->reason_en, en);
}

/* say_usual adds what was to be expected: by when, and for how long it is quiet at most. */
static void say_usual(const struct detector_core *core, const struct notice *n, struct alert *out)
{
	char length[LANGUAGES][SAY_WHEN_BYTES], text[160];

	if (wall_is_set(n->wake)) {
		struct civil c = zone_to_civil(core->config.zone, n->wake);
		snprintf(text, sizeof text, "；%s通常%02d:%02d前已有动静", n->holiday ? "休息日" : "工作日", c.hour,
			c.minute);
		append(out->reason_zh, sizeof out->reason_zh, text);
		snprintf(text, sizeof text, "; on %s there is usually a sign by %02d:%02d",
			n->holiday ? "days off" : "workdays", c.hour, c.minute);
		append(out->reason_en, sizeof out->reason_en, text);
	}
	if (n->usual_ms) {
		how_long(n->usual_ms, length);
		snprintf(text, sizeof text, "；此时最长安静通常%s", length[ZH]);
		append(out->reason_zh, sizeof out->reason_zh, text);
		snprintf(text, sizeof text, "; usually the longest quiet time at this hour is %s", length[EN]);
		append(out->reason_en, sizeof out->reason_en, text);
	}
}

static void number(double value, char *out, size_t size)
{
	snprintf(out, size, "%g", round(value * 10) / 10);
}

/* word writes what stands for a name in a line of the table of kinds (detector/rules.h). */
static void word(const struct detector_core *core, const struct notice *n, const char *name, enum language language,
	char *out, size_t size)
{
	static const char *const numbers[] = {"amount", "amount2", "limit", "limit2", "param", "param2"};
	double values[] = {n->amount, n->amount2, n->limit, n->limit2, n->values[0], n->values[1]};
	char text[LANGUAGES][SAY_WHEN_BYTES] = {"", ""};

	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		if (!strcmp(numbers[i], name))
			number(values[i], text[language], sizeof text[language]);
	if (!strcmp(name, "since"))
		detect_say_when(core->config.zone, n->onset, n->at, text);
	else if (!strcmp(name, "at"))
		detect_say_when(core->config.zone, wall_is_set(n->cause_at) ? n->cause_at : n->at, n->at, text);
	else if (!strcmp(name, "length"))
		how_long(n->at.ms - n->onset.ms, text);
	else if (!strcmp(name, "channels"))
		detect_say_names(n->looked_at, language, text[language], sizeof text[language]);
	snprintf(out, size, "%s", text[language]);
}

static void fill_in(const struct detector_core *core, const struct notice *n, const char *line, enum language language,
	char *out, size_t size)
{
	size_t at = 0;

	while (*line && at + 1 < size) {
		char name[16];
		size_t length = strcspn(line + 1, "}");
		if (*line != '{' || length >= sizeof name) {
			out[at++] = *line++;
			continue;
		}
		memcpy(name, line + 1, length);
		name[length] = '\0';
		word(core, n, name, language, out + at, size - at);
		at += strlen(out + at);
		line += length + 2;
	}
	out[at] = '\0';
}

static void say_line(
	const struct detector_core *core, const struct notice *n, const char *const line[LANGUAGES], struct alert *out)
{
	fill_in(core, n, line[ZH], ZH, out->reason_zh, sizeof out->reason_zh);
	fill_in(core, n, line[EN], EN, out->reason_en, sizeof out->reason_en);
}

/* say_more adds a clause with one time in it. */
static void say_more(const struct detector_core *core, const struct notice *n, const char *const line[LANGUAGES],
	struct wall at, struct alert *out)
{
	struct notice of = *n;
	char text[160];

	of.cause_at = at;
	fill_in(core, &of, line[ZH], ZH, text, sizeof text);
	append(out->reason_zh, sizeof out->reason_zh, text);
	fill_in(core, &of, line[EN], EN, text, sizeof text);
	append(out->reason_en, sizeof out->reason_en, text);
}

/* say_thaw adds that somebody was away before, and who says so. */
static void say_thaw(const struct detector_core *core, const struct notice *n, struct alert *out)
{
	static const char *const overdue[DETECTOR_AWAY_COUNT][LANGUAGES] = {
		[DETECTOR_AWAY_FAMILY] = {"；家人说外出到{at}为止", "; away until {at}, by the family's word"},
		[DETECTOR_AWAY_DESK] = {"；值班台得知外出到{at}为止", "; away until {at}, as the desk was told"},
		[DETECTOR_AWAY_VISITOR] = {"；{at}上门得知不在家，此后一直没有动静",
			"; said to be away at {at}, and no sign since"},
		[DETECTOR_AWAY_HOSPITAL] = {"；{at}送医，此后一直没有动静",
			"; taken to hospital at {at}, and no sign since"},
		[DETECTOR_AWAY_VIEWER] = {"；门镜{at}见人外出，至今未回",
			"; the door viewer saw somebody leave at {at}, not back"},
		[DETECTOR_AWAY_INFERRED] = {"；{at}门关上后视为外出，已太久",
			"; taken as out since the door at {at}, for too long"},
	};
	static const char *const back[LANGUAGES] = {"；此前外出，{at}回来", "; was away, back at {at}"};
	bool ended = n->thaw.source == DETECTOR_AWAY_FAMILY || n->thaw.source == DETECTOR_AWAY_DESK;
	bool sign = n->thaw.kind == THAW_SIGN;
	const char *const *line = sign ? back : overdue[n->thaw.source];

	if (n->thaw.kind != THAW_NONE && line[ZH])
		say_more(core, n, line, sign || ended ? n->thaw.at : n->thaw.since, out);
}

static void say_in_bed(const struct detector_core *core, const struct notice *n, struct alert *out)
{
	static const char *const line[LANGUAGES] = {"；{at}起在床上", "; in bed since {at}"};

	if (wall_is_set(n->in_bed))
		say_more(core, n, line, n->in_bed, out);
}

static void say_silence(const struct detector_core *core, const struct notice *n, struct alert *out)
{
	char since[LANGUAGES][SAY_WHEN_BYTES], length[LANGUAGES][SAY_WHEN_BYTES], zh[160], en[160], text[80];

	detect_say_when(core->config.zone, n->onset, n->at, since);
	how_long(n->at.ms - n->onset.ms, length);
	detect_say_names(n->looked_at, ZH, zh, sizeof zh);
	detect_say_names(n->looked_at, EN, en, sizeof en);
	snprintf(out->reason_zh, sizeof out->reason_zh, "自%s起没有%s", since[ZH], zh);
	snprintf(out->reason_en, sizeof out->reason_en, "no %s since %s", en, since[EN]);
	say_thaw(core, n, out);
	say_in_bed(core, n, out);
	say_usual(core, n, out);
	snprintf(text, sizeof text, "；已静默%s", length[ZH]);
	append(out->reason_zh, sizeof out->reason_zh, text);
	snprintf(text, sizeof text, "; silent for %s", length[EN]);
	append(out->reason_en, sizeof out->reason_en, text);
}

/* say_marks adds what makes the finding less sure. */
static void say_marks(const struct notice *n, struct alert *out)
{
	char zh[160], en[160], mark[200];

	if (n->learning) {
		append(out->reason_zh, sizeof out->reason_zh, "（学习期）");
		append(out->reason_en, sizeof out->reason_en, " (still learning)");
	}
	if (!n->blind)
		return;
	detect_say_names(n->blind, ZH, zh, sizeof zh);
	detect_say_names(n->blind, EN, en, sizeof en);
	snprintf(mark, sizeof mark, "；看不到：%s", zh);
	append(out->reason_zh, sizeof out->reason_zh, mark);
	snprintf(mark, sizeof mark, "; blind: %s", en);
	append(out->reason_en, sizeof out->reason_en, mark);
}

static void say_end(const struct detector_core *core, const struct notice *n, struct alert *out)
{
	char at[LANGUAGES][SAY_WHEN_BYTES];
	const char *zh = "生活迹象", *en = "sign of life", *has = "有";

	if (n->cause_quantity < QUANTITY_COUNT && nouns[n->cause_quantity][ZH]) {
		zh = nouns[n->cause_quantity][ZH];
		en = nouns[n->cause_quantity][EN];
	}
	detect_say_when(core->config.zone, wall_is_set(n->cause_at) ? n->cause_at : n->at, n->at, at);
	if (detect_say_kept(n, ZH)) {
		has = "";
		zh = detect_say_kept(n, ZH);
		en = detect_say_kept(n, EN);
	}
	switch (n->cause) {
	case CAUSE_SIGN:
		snprintf(out->reason_zh, sizeof out->reason_zh, "%s%s%s", at[ZH], has, zh);
		snprintf(out->reason_en, sizeof out->reason_en, "%s at %s", en, at[EN]);
		break;
	case CAUSE_LATE:
		snprintf(out->reason_zh, sizeof out->reason_zh, "其实%s%s%s", at[ZH], has, zh);
		snprintf(out->reason_en, sizeof out->reason_en, "%s at %s after all", en, at[EN]);
		break;
	case CAUSE_VISIT:
		snprintf(out->reason_zh, sizeof out->reason_zh, "%s有人见到本人", at[ZH]);
		snprintf(out->reason_en, sizeof out->reason_en, "seen by somebody at %s", at[EN]);
		break;
	case CAUSE_AWAY:
		snprintf(out->reason_zh, sizeof out->reason_zh, "%s得知不在家", at[ZH]);
		snprintf(out->reason_en, sizeof out->reason_en, "not at home, known since %s", at[EN]);
		break;
	case CAUSE_OVER:
		if (rules_kind(n->kind)->over[ZH]) {
			say_line(core, n, rules_kind(n->kind)->over, out);
			break;
		}
		text_cut(out->reason_zh, sizeof out->reason_zh, "已回到限度内");
		text_cut(out->reason_en, sizeof out->reason_en, "within the limit again");
		break;
	case CAUSE_DROPPED:
		text_cut(out->reason_zh, sizeof out->reason_zh, "规则已停用");
		text_cut(out->reason_en, sizeof out->reason_en, "the rule is switched off");
		break;
	case CAUSE_ENDED:
		text_cut(out->reason_zh, sizeof out->reason_zh, "约定已暂停、更改或取消");
		text_cut(out->reason_en, sizeof out->reason_en, "the appointment is paused, changed or ended");
		break;
	case CAUSE_RULE:
	case CAUSE_COUNT:
	case CAUSE_FORGOTTEN:
		text_cut(out->reason_zh, sizeof out->reason_zh, "该户不再看护");
		text_cut(out->reason_en, sizeof out->reason_en, "the household is no longer watched");
		break;
	}
}

static void evidence_fill(const struct notice *n, struct alert *out)
{
	for (unsigned i = 0; i < n->trace_count; i++) {
		const struct trace *t = &n->traces[i];
		/* A device that was taken out meanwhile has no name any more. */
		if (t->device >= n->home->device_count || !n->home->devices[t->device].id[0])
			continue;
		struct evidence *e = &out->evidence[out->evidence_count++];
		e->quantity = (enum quantity)t->quantity;
		e->value = t->value;
		e->at = t->at;
		memcpy(e->device, n->home->devices[t->device].id, sizeof e->device);
	}
}

void detect_say(const struct detector_core *core, const struct notice *n, struct alert *out)
{
	memset(out, 0, sizeof *out);
	memcpy(out->id, n->id, sizeof out->id);
	memcpy(out->household, n->home->id, sizeof out->household);
	memcpy(out->rule, n->rule, sizeof out->rule);
	out->revision = n->revision;
	out->kind = rules_kind(n->kind)->alert;
	out->level = n->level;
	out->state = n->state;
	out->onset = n->onset;
	out->at = n->at;
	out->confidence = round(n->confidence * 100) / 100;
	out->looked_at = n->looked_at;
	out->blind = n->blind;
	evidence_fill(n, out);
	if (n->state == ALERT_CLEARED) {
		say_end(core, n, out);
		return;
	}
	if (n->kind == DETECTOR_RULE_APPOINTMENT)
		detect_say_appointment(core, n, out);
	else if (rules_kind(n->kind)->found[ZH])
		say_line(core, n, rules_kind(n->kind)->found, out);
	else
		say_silence(core, n, out);
	say_marks(n, out);
}
