/* SPDX-License-Identifier: MIT
 *
 * The words of missed appointments: what was agreed, that it is missing, and what else was seen or not.
 */
#include "core_internal.h"

#include <stdio.h>

#include "base/text.h"

#define LINE_BYTES 240

static const struct {
	const char *agreed[LANGUAGES]; /* what was to happen: zh before the comma, en before "by" */
	const char *missing[LANGUAGES];
	const char *deaf[LANGUAGES]; /* which channel can't be heard */
	const char *kept[LANGUAGES]; /* what ends it; NULL: the quantity's own word will do */
} words[APPOINTMENT_SIGN_COUNT] = {
	[APPOINTMENT_CURTAIN] = {{"拉开窗帘", "the curtain was to be opened"}, {"仍未拉开", "not opened"},
		{"窗帘的信号", "the curtain"}, {"拉开了窗帘", "curtain opened"}},
	[APPOINTMENT_CALL] = {{"通电话", "a telephone call was agreed"}, {"仍未通话", "no call"},
		{"电话", "the telephone"}, {"通了电话", "telephone call"}},
	[APPOINTMENT_BUTTON] = {{"按钮报平安", "the button was to be pressed"}, {"仍未按", "not pressed"},
		{"按钮", "the button"}, {"按了报平安的按钮", "button pressed"}},
	[APPOINTMENT_DOOR] = {{"开门", "the door was to be opened"}, {"仍未开门", "not opened"},
		{"门的信号", "the door"}, {"开关了门", "door opened or closed"}},
	[APPOINTMENT_ANY] = {{"有动静", "a sign of life was agreed"}, {"仍没有动静", "none"},
		{"所有信号", "every channel of the home"}, {NULL, NULL}},
	[APPOINTMENT_VISIT] = {{"有人看望", "somebody was to look in"}, {"仍没有人见到本人", "nobody has"},
		{"看望的消息", "word of visits"}, {NULL, NULL}},
};

const char *detect_say_kept(const struct notice *n, enum language language)
{
	unsigned sign = (unsigned)n->amount2;

	if (n->kind != DETECTOR_RULE_APPOINTMENT || (n->cause != CAUSE_SIGN && n->cause != CAUSE_LATE) ||
		sign >= APPOINTMENT_SIGN_COUNT)
		return NULL;
	return words[sign].kept[language];
}

/* say_others adds what the other channels say of the time since the window began. */
static void say_others(const struct detector_core *core, const struct notice *n, uint64_t others, struct alert *out)
{
	char last[LANGUAGES][SAY_WHEN_BYTES] = {"", ""}, zh[LINE_BYTES], en[LINE_BYTES], names[LANGUAGES][96];
	const char *noun[LANGUAGES] = {detect_say_noun(n->cause_quantity, ZH), detect_say_noun(n->cause_quantity, EN)};

	if (wall_is_set(n->cause_at))
		detect_say_when(core->config.zone, n->cause_at, n->at, last);
	detect_say_names(others, ZH, names[ZH], sizeof names[ZH]);
	detect_say_names(others, EN, names[EN], sizeof names[EN]);
	if (n->limit2 != 0) {
		snprintf(zh, sizeof zh, "；不过%s有%s", last[ZH], noun[ZH] ? noun[ZH] : "人见到本人");
		snprintf(en, sizeof en, "; but %s at %s", noun[EN] ? noun[EN] : "somebody saw the person", last[EN]);
	} else if (others && *last[ZH]) {
		snprintf(zh, sizeof zh, "；%s起也没有%s", last[ZH], names[ZH]);
		snprintf(en, sizeof en, "; no %s since %s either", names[EN], last[EN]);
	} else if (others) {
		snprintf(zh, sizeof zh, "；也没有%s", names[ZH]);
		snprintf(en, sizeof en, "; no %s either", names[EN]);
	} else if (*last[ZH]) {
		snprintf(zh, sizeof zh, "；最近一次动静是%s", last[ZH]);
		snprintf(en, sizeof en, "; the last sign of life was at %s", last[EN]);
	} else {
		snprintf(zh, sizeof zh, "；也没有别的消息");
		snprintf(en, sizeof en, "; nothing else is known");
	}
	detect_say_add(out, zh, en);
}

void detect_say_appointment(const struct detector_core *core, const struct notice *n, struct alert *out)
{
	unsigned sign = n->amount >= 0 && n->amount < APPOINTMENT_SIGN_COUNT ? (unsigned)n->amount : APPOINTMENT_ANY;
	struct civil due = zone_to_civil(core->config.zone, wall_is_set(n->wake) ? n->wake : n->at);
	char now[LANGUAGES][SAY_WHEN_BYTES], since[LANGUAGES][SAY_WHEN_BYTES], zh[LINE_BYTES], en[LINE_BYTES];

	detect_say_when(core->config.zone, n->at, n->at, now);
	if (n->amount2 != 0) {
		snprintf(zh, sizeof zh, "约定%02d:%02d前%s，但%s收不到，无法知道", due.hour, due.minute,
			words[sign].agreed[ZH], words[sign].deaf[ZH]);
		snprintf(en, sizeof en, "%s by %02d:%02d, but %s cannot be heard: it is not known",
			words[sign].agreed[EN], due.hour, due.minute, words[sign].deaf[EN]);
	} else {
		snprintf(zh, sizeof zh, "约定%02d:%02d前%s，到%s%s", due.hour, due.minute, words[sign].agreed[ZH],
			now[ZH], words[sign].missing[ZH]);
		snprintf(en, sizeof en, "%s by %02d:%02d: %s by %s", words[sign].agreed[EN], due.hour, due.minute,
			words[sign].missing[EN], now[EN]);
	}
	detect_say_add(out, zh, en);
	say_others(core, n, n->looked_at & ~appointment_channels((enum appointment_sign)sign), out);
	if (n->limit != 0)
		detect_say_add(out, "；看门的动静像是外出了", "; by its door the home may be away");
	if (n->onset.ms >= n->wake.ms)
		return;
	detect_say_when(core->config.zone, n->onset, n->at, since);
	snprintf(zh, sizeof zh, "；自%s起就没有等到约定的信号", since[ZH]);
	snprintf(en, sizeof en, "; no agreed sign since %s", since[EN]);
	detect_say_add(out, zh, en);
}
