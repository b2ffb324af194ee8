/* SPDX-License-Identifier: MIT
 *
 * The table of the kinds of rules. docs/detector.md "Rules" says where the standard values are from; a test holds the
 * two together. Kinds are found in stored states by their number: new ones go to the end.
 */
#include <math.h>
#include <stddef.h>

#include "detector/rules.h"

#define Q(quantity) (UINT64_C(1) << QUANTITY_##quantity)
#define WATER (Q(WATER_TOTAL) | Q(WATER_FLOW))
#define GAS (Q(GAS_TOTAL) | Q(GAS_FLOW))
#define CURRENT (Q(ENERGY_TOTAL) | Q(POWER))

#define HOURS(standard, least, most)                                                                                   \
	{                                                                                                              \
		"hours", "h", standard, least, most, true                                                              \
	}
#define MINUTES(standard)                                                                                              \
	{                                                                                                              \
		"minutes", "min", standard, 5, 1440, true                                                              \
	}
#define FACTOR(standard)                                                                                               \
	{                                                                                                              \
		"factor", "", standard, 1, 10, false                                                                   \
	}
#define FROM                                                                                                           \
	{                                                                                                              \
		"from", "o'clock", 22, 18, 23, true                                                                    \
	}
#define TO(standard)                                                                                                   \
	{                                                                                                              \
		"to", "o'clock", standard, 3, 8, true                                                                  \
	}
#define WINDOW                                                                                                         \
	{                                                                                                              \
		{"litres", "l", NAN, 0, 1e6, false}, HOURS(NAN, 1, 48)                                                 \
	}

/* clang-format off */
static const struct detector_kind kinds[DETECTOR_RULE_KIND_COUNT] = {
	[DETECTOR_RULE_SILENCE] = {"silence", ALERT_ALARM, ALERT_SILENCE, true, 0, {{0}}, {0}, {0}},
	[DETECTOR_RULE_SILENCE_FIXED] = {"silence_fixed", ALERT_ALARM, ALERT_SILENCE, true, 0, {{0}}, {0}, {0}},
	[DETECTOR_RULE_WATER_UNDER] = {"water_under", ALERT_ALARM, ALERT_SILENCE, true, Q(WATER_TOTAL), WINDOW,
		{"{param2}小时内用水少于{param}升（{amount}升）", "less than {param} l of water in {param2} h ({amount} l)"}, {0}},
	[DETECTOR_RULE_WATER_UP_TO] = {"water_up_to", ALERT_ALARM, ALERT_SILENCE, true, Q(WATER_TOTAL), WINDOW,
		{"{param2}小时内用水不超过{param}升（{amount}升）", "not more than {param} l of water in {param2} h ({amount} l)"}, {0}},
	[DETECTOR_RULE_WATER_OVER] = {"water_over", ALERT_ATTENTION, ALERT_RULE, false, Q(WATER_TOTAL), WINDOW,
		{"{param2}小时内用水超过{param}升（{amount}升）", "more than {param} l of water in {param2} h ({amount} l)"},
		{"用水已回到限度内", "water is within the limit again"}},
	[DETECTOR_RULE_DOOR] = {"door", ALERT_ALARM, ALERT_SILENCE, true, Q(CONTACT), {HOURS(NAN, 1, 48)}, {0}, {0}},
	[DETECTOR_RULE_MOTION] = {"motion", ALERT_ALARM, ALERT_SILENCE, true, Q(MOTION), {HOURS(NAN, 1, 48)}, {0}, {0}},
	[DETECTOR_RULE_OPEN_TAP] = {"water_open_tap", ALERT_ALARM, ALERT_RULE, false, WATER,
		{HOURS(3, 2, 4), {"litres_h", "l/h", 60, 10, 5000, false}, FACTOR(1.5)},
		{"自{since}起每小时用水不少于{amount}升，平时不超过{limit}升；可能水龙头未关", "at least {amount} l of water in every hour since {since}, more than the {limit} l allowed by this home's past; a tap may be open"},
		{"水已停止（{at}）", "the water has stopped, known at {at}"}},
	[DETECTOR_RULE_DRIP] = {"water_drip", ALERT_ATTENTION, ALERT_RULE, false, WATER,
		{HOURS(12, 6, 72), FACTOR(1.2)},
		{"自{since}起一直有水流，已{length}，此户限度{limit}小时；可能漏水", "water has not stood still since {since}, for {length}; this home's limit is {limit} h; something may drip"},
		{"水已停止（{at}）", "the water has stopped, known at {at}"}},
	[DETECTOR_RULE_NIGHTLY] = {"water_nightly", ALERT_ATTENTION, ALERT_RULE, true, WATER,
		{{"nights", "nights", 3, 2, 7, true}, {"litres", "l", 30, 5, 5000, false}, FACTOR(1.5)},
		{"连续{param}夜0点至5点用水不少于{amount}升，平时不超过{limit}升", "at least {amount} l of water from 0 to 5 o'clock in each of {param} nights, more than the {limit} l allowed by this home's past"},
		{"夜间用水恢复平常（{at}）", "the nights are as usual again, known at {at}"}},
	[DETECTOR_RULE_GAS_LONG] = {"gas_long", ALERT_ALARM, ALERT_RULE, false, GAS,
		{HOURS(3, 1, 24), {"litres_h", "l/h", 20, 1, 5000, false}, FACTOR(1.5)},
		{"自{since}起燃气一直在用，已{length}，此户限度{limit}小时；可能忘关火", "gas has flowed without a pause since {since}, for {length}; this home's limit is {limit} h; a flame may be left on"},
		{"燃气已停止（{at}）", "the gas has stopped, known at {at}"}},
	[DETECTOR_RULE_BASE_JUMP] = {"energy_base_jump", ALERT_ATTENTION, ALERT_RULE, false, CURRENT,
		{{"watts", "W", 100, 20, 5000, false}, FACTOR(1.5)},
		{"一整天用电从未低于{amount}瓦，平时底数不超过{limit}瓦", "never less than {amount} W for a whole day; the limit from this home's past is {limit} W"},
		{"用电底数恢复平常（{at}）", "what is never off is as usual again, known at {at}"}},
	[DETECTOR_RULE_DEAD] = {"energy_dead", ALERT_ATTENTION, ALERT_RULE, false, CURRENT,
		{HOURS(6, 3, 24), {"watts", "W", 10, 2, 500, false}},
		{"自{since}起几乎不用电（{amount}瓦），平时从不低于{limit}瓦；可能停电或冰箱停转", "almost no current since {since} ({amount} W), never less than {limit} W before; a power cut, or the fridge has stopped"},
		{"用电已恢复（{at}）", "there is current again, known at {at}"}},
	[DETECTOR_RULE_DOOR_LONG] = {"door_open_long", ALERT_ATTENTION, ALERT_RULE, false, Q(CONTACT),
		{MINUTES(120), FACTOR(1.2)},
		{"门自{since}起一直开着，已{length}", "a door has stood open since {since}, for {length}"},
		{"门已关上（{at}）", "the door was closed at {at}"}},
	[DETECTOR_RULE_DOOR_NIGHT] = {"door_open_night", ALERT_ATTENTION, ALERT_RULE, false, Q(CONTACT),
		{MINUTES(20), FROM, TO(6)},
		{"夜里门开着：自{since}起，已{length}", "a door stands open at night: since {since}, for {length}"},
		{"门已关上（{at}）", "the door was closed at {at}"}},
	[DETECTOR_RULE_LEFT] = {"left_at_night", ALERT_ALARM, ALERT_RULE, true,
		Q(CONTACT) | Q(DOOR_VIEWER) | Q(MOTION) | Q(PRESENCE) | Q(BED) | Q(PERSON_SEEN),
		{MINUTES(60), FROM, TO(5)},
		{"夜里{since}开门，此后{length}屋内没有动静", "the door at {since}, at night, and no sign of life inside for {length} since"},
		{"{at}屋内有动静", "a sign of life inside at {at}"}},
	[DETECTOR_RULE_BATHROOM] = {"bathroom_stay", ALERT_ALARM, ALERT_RULE, true, Q(PRESENCE) | Q(MOTION),
		{MINUTES(60), FACTOR(1.5)},
		{"自{since}起一直在卫生间，已{length}", "in the bathroom since {since}, for {length}"},
		{"{at}已离开卫生间", "left the bathroom at {at}"}},
	[DETECTOR_RULE_BED] = {"bed_not_back", ALERT_ALARM, ALERT_RULE, true,
		Q(BED) | Q(MOTION) | Q(PRESENCE) | Q(PERSON_SEEN),
		{MINUTES(60), FROM, TO(5)},
		{"夜里{since}离床后没有回来，已{length}没有动静", "out of bed at {since}, at night, and no sign of life for {length}"},
		{"{at}有动静", "a sign of life at {at}"}},
	[DETECTOR_RULE_COLD] = {"room_cold", ALERT_ATTENTION, ALERT_RULE, false, Q(TEMPERATURE),
		{{"celsius", "°C", 10, -10, 25, false}, HOURS(3, 1, 20)},
		{"室温已{param2}小时低于{param}度（{amount}度）", "a room has been colder than {param} degrees for {param2} h ({amount})"},
		{"室温恢复到{amount}度（{at}）", "the room is at {amount} degrees again, at {at}"}},
	[DETECTOR_RULE_HOT] = {"room_hot", ALERT_ATTENTION, ALERT_RULE, true, Q(TEMPERATURE),
		{{"celsius", "°C", 35, 20, 60, false}, HOURS(3, 1, 20)},
		{"室温已{param2}小时高于{param}度（{amount}度）", "a room has been hotter than {param} degrees for {param2} h ({amount})"},
		{"室温恢复到{amount}度（{at}）", "the room is at {amount} degrees again, at {at}"}},
	[DETECTOR_RULE_DECLINE] = {"decline", ALERT_MAINTENANCE, ALERT_RULE, true, 0,
		{{"percent", "%", 25, 10, 90, false}, {"ups", "h", 1, 0.25, 5, false}},
		{"近两周与此前十周相比：一天有动静{amount}小时，此前{limit}小时；夜里起来{amount2}小时，此前{limit2}小时", "the last two weeks against the ten before: {amount} h of a day with a sign of life, {limit} h before; {amount2} h of a night up, {limit2} h before"},
		{"近两周恢复平常", "the last two weeks are as before"}},
	[DETECTOR_RULE_FAULT] = {"channel_fault", ALERT_MAINTENANCE, ALERT_DEVICE, false, 0, {{0}},
		{"上门得知{channels}传感不可靠（{since}），暂不采信，请检修", "{channels} is said to be at fault since {since}; it is left out while another channel tells; mend it"},
		{"恢复采信（{at}）", "trusted again since {at}"}},
	[DETECTOR_RULE_APPOINTMENT] = {"appointment", ALERT_ATTENTION, ALERT_RULE, true, 0, {{0}}, {0}, {0}},
};
/* clang-format on */

const struct detector_kind *rules_kind(enum detector_rule_kind kind)
{
	return &kinds[kind];
}
