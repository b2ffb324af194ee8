/* SPDX-License-Identifier: MIT
 *
 * What is said to others: effects, and the words of alerts. No names, no addresses: the place of the device is all a
 * reason tells.
 */
#include "core_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

struct alarm_words {
	enum quantity quantity;
	enum alert_kind kind;
	enum alert_level level;
	const char *zh, *en;
};

static const struct alarm_words alarm_table[] = {
	{QUANTITY_SOS, ALERT_SOS, ALERT_LIFE, "按下呼叫键", "call for help"},
	{QUANTITY_FALL, ALERT_FALL, ALERT_LIFE, "检测到跌倒", "fall seen"},
	{QUANTITY_GAS_ALARM, ALERT_GAS, ALERT_LIFE, "燃气报警", "gas alarm"},
	{QUANTITY_SMOKE, ALERT_SMOKE, ALERT_LIFE, "烟雾报警", "smoke alarm"},
	{QUANTITY_CO_ALARM, ALERT_CO, ALERT_LIFE, "一氧化碳报警", "carbon monoxide alarm"},
	{QUANTITY_LEAK, ALERT_LEAK, ALERT_ALARM, "漏水报警", "water leak"},
};

/* The number (percent, hours) stands between the two halves; where there is none the second half is NULL. */
struct ailment_words {
	const char *rule;
	enum quantity quantity; /* of the evidence */
	const char *zh[2], *en[2];
};

static const struct ailment_words ailment_table[AILMENT_COUNT] = {
	[AILMENT_SILENT] = {"silent", QUANTITY_ONLINE, {"设备已 ", " 小时没有消息"}, {"device silent for ", " h"}},
	[AILMENT_OFFLINE] = {"offline", QUANTITY_ONLINE, {"设备离线", NULL}, {"device offline", NULL}},
	[AILMENT_BATTERY] = {"battery", QUANTITY_BATTERY, {"设备电量低：", "%"}, {"device battery low: ", "%"}},
	[AILMENT_CLOCK] = {"clock", QUANTITY_FAULT, {"设备时钟不准", NULL}, {"device clock is wrong", NULL}},
	[AILMENT_FAULT] = {"fault", QUANTITY_FAULT, {"设备自报故障", NULL}, {"device reports a fault", NULL}},
};

static const char *const ailment_over[AILMENT_COUNT][2] = {
	[AILMENT_SILENT] = {"设备已恢复消息", "device is heard again"},
	[AILMENT_OFFLINE] = {"设备已上线", "device is online again"},
	[AILMENT_BATTERY] = {"设备电量已恢复", "device battery is good again"},
	[AILMENT_CLOCK] = {"设备时钟已准", "device clock is right again"},
	[AILMENT_FAULT] = {"设备故障已消除", "device fault is over"},
};

static const char *const reject_names[INGEST_REJECT_COUNT] = {
	[INGEST_UNKNOWN_DEVICE] = "unknown_device",
	[INGEST_NO_CONSENT] = "no_consent",
	[INGEST_DUPLICATE] = "duplicate",
	[INGEST_UNCHANGED] = "unchanged",
	[INGEST_RETAINED] = "retained",
	[INGEST_CLOCK] = "clock",
	[INGEST_FULL] = "full",
};

static const char *const tally_names[INGEST_TALLY_COUNT] = {
	[INGEST_LATE] = "late",
	[INGEST_ROLLED_OVER] = "rolled_over",
	[INGEST_REPLACED] = "replaced",
	[INGEST_STEP_BACK] = "step_back",
	[INGEST_JOINED] = "alarm_joined",
	[INGEST_ALARM_PAST] = "alarm_past",
	[INGEST_CLOCK_WRONG] = "clock_wrong",
};

const char *ingest_reject_name(enum ingest_reject reject)
{
	return reject_names[reject];
}

const char *ingest_tally_name(enum ingest_tally tally)
{
	return tally_names[tally];
}

static struct ingest_effect *push(struct ingest_effects *out, enum ingest_effect_kind kind)
{
	assert(out->count < INGEST_EFFECTS_MAX);
	struct ingest_effect *effect = &out->items[out->count++];
	effect->kind = kind;
	return effect;
}

void core_push_reading(struct ingest_effects *out, const struct reading *reading)
{
	push(out, INGEST_READING)->as.reading = *reading;
}

void core_push_reject(struct ingest_core *core, struct ingest_effects *out, enum ingest_reject reject)
{
	core->rejects[reject]++;
	push(out, INGEST_REJECT)->as.reject = reject;
}

/* alert_name makes the id: the same cause gives the same id on every run. */
static void alert_name(struct alert *alert, const struct device *device, const char *channel, const char *rule)
{
	char onset[24];
	const char *const parts[] = {device->home->id, device->id, channel, rule, onset};
	uint64_t hash = 0;

	snprintf(onset, sizeof onset, "%" PRId64, alert->onset.ms);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		hash = text_hash64(parts[i], strlen(parts[i]) + 1, hash);
	snprintf(alert->id, sizeof alert->id, "a-%016" PRIx64, hash);
}

static void alert_init(struct alert *alert, const struct device *device, const char *channel, const char *rule,
	enum alert_state state, struct wall onset, struct wall now)
{
	memset(alert, 0, sizeof *alert);
	alert->state = state;
	alert->revision = state == ALERT_RAISED ? 1 : 2;
	alert->onset = onset;
	alert->at = now.ms > onset.ms ? now : onset;
	alert->confidence = 1;
	alert->evidence_count = 1;
	text_cut(alert->rule, sizeof alert->rule, rule);
	text_cut(alert->household, sizeof alert->household, device->home->id);
	text_cut(alert->evidence[0].device, sizeof alert->evidence[0].device, device->id);
	alert_name(alert, device, channel, rule);
}

static void reason_fill(struct alert *alert, const char *zh, const char *en, const char *place)
{
	bool has_place = place[0] != '\0';

	snprintf(alert->reason_zh, sizeof alert->reason_zh, "%s%s%s%s", zh, has_place ? "（" : "", place,
		has_place ? "）" : "");
	snprintf(alert->reason_en, sizeof alert->reason_en, "%s%s%s%s", en, has_place ? " (" : "", place,
		has_place ? ")" : "");
}

static const struct alarm_words *alarm_words_of(enum quantity quantity)
{
	for (size_t i = 0; i < sizeof alarm_table / sizeof *alarm_table; i++)
		if (alarm_table[i].quantity == quantity)
			return &alarm_table[i];
	/* An alarm quantity that this table does not know is still somebody's alarm. */
	static const struct alarm_words other = {QUANTITY_COUNT, ALERT_RULE, ALERT_ALARM, "设备报警", "device alarm"};
	return &other;
}

void core_push_alarm(struct ingest_effects *out, const struct part *part, const struct reading *reading,
	enum alert_state state, struct wall now)
{
	struct alert *alert = &push(out, INGEST_ALERT)->as.alert;
	const struct alarm_words *words = alarm_words_of(reading->quantity);
	bool over = state == ALERT_CLEARED;
	char zh[96], en[96];

	alert_init(
		alert, part->device, reading->channel, quantity_info(reading->quantity)->name, state, part->onset, now);
	alert->kind = words->kind;
	alert->level = words->level;
	alert->evidence[0].quantity = reading->quantity;
	alert->evidence[0].value = reading->value;
	alert->evidence[0].at = reading->at;
	alert->looked_at = UINT64_C(1) << reading->quantity;
	snprintf(zh, sizeof zh, "%s%s", words->zh, over ? "已解除" : "");
	snprintf(en, sizeof en, "%s%s", words->en, over ? " is over" : "");
	reason_fill(alert, zh, en, part->device->place);
}

static void ailment_phrase(const char *const halves[2], double value, char *out, size_t size)
{
	if (halves[1])
		snprintf(out, size, "%s%.0f%s", halves[0], value, halves[1]);
	else
		text_cut(out, size, halves[0]);
}

void core_push_ailment(struct ingest_effects *out, const struct device *device, enum ailment ailment,
	enum alert_state state, double value, struct wall now)
{
	struct alert *alert = &push(out, INGEST_ALERT)->as.alert;
	const struct ailment_words *words = &ailment_table[ailment];
	char zh[96], en[96];

	alert_init(alert, device, "", words->rule, state, device->onset[ailment], now);
	alert->kind = ALERT_DEVICE;
	alert->level = ALERT_MAINTENANCE;
	alert->evidence[0].quantity = words->quantity;
	alert->evidence[0].value = ailment == AILMENT_BATTERY && isfinite(value)
					   ? value
					   : (state == ALERT_RAISED) == (words->quantity == QUANTITY_FAULT);
	alert->evidence[0].at = state == ALERT_RAISED ? alert->onset : now;
	alert->looked_at = UINT64_C(1) << words->quantity;
	if (state != ALERT_RAISED) {
		reason_fill(alert, ailment_over[ailment][0], ailment_over[ailment][1], device->place);
		return;
	}
	ailment_phrase(words->zh, value, zh, sizeof zh);
	ailment_phrase(words->en, value, en, sizeof en);
	reason_fill(alert, zh, en, device->place);
}
