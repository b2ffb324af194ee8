/* SPDX-License-Identifier: MIT */
#include "message/message.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

unsigned shard_of(const char *household, unsigned shards)
{
	assert(shards >= 1 && shards <= 256);
	return text_crc32(household, strlen(household)) % shards;
}

static enum err word_find(const char *const *words, int count, const char *name, int *out)
{
	for (int i = 0; i < count; i++) {
		if (!strcmp(words[i], name)) {
			*out = i;
			return ERR_OK;
		}
	}
	return ERR_NOT_FOUND;
}

/* WORDS defines the table of an enum and the two functions that message.h declares for it. */
#define WORDS(type, count, ...)                                                                                        \
	static const char *const type##_words[] = {__VA_ARGS__};                                                       \
	_Static_assert(sizeof type##_words / sizeof *type##_words == (count), "a word for each " #type);               \
	const char *type##_name(enum type v)                                                                           \
	{                                                                                                              \
		assert((unsigned)v < (count));                                                                         \
		return type##_words[v];                                                                                \
	}                                                                                                              \
	enum err type##_find(const char *name, enum type *out)                                                         \
	{                                                                                                              \
		int found;                                                                                             \
		enum err err = word_find(type##_words, (count), name, &found);                                         \
		if (!err)                                                                                              \
			*out = (enum type)found;                                                                       \
		return err;                                                                                            \
	}

WORDS(alert_kind, ALERT_KIND_COUNT, "sos", "fall", "gas", "smoke", "co", "leak", "silence", "rule", "device")
WORDS(alert_level, ALERT_LEVEL_COUNT, "life", "alarm", "attention", "maintenance")
WORDS(alert_state, ALERT_STATE_COUNT, "raised", "updated", "cleared")
WORDS(incident_state, INCIDENT_STATE_COUNT, "raised", "paging", "accepted", "on_site", "escalated", "resolved",
	"cancelled", "held")
WORDS(incident_event, INCIDENT_EVENT_COUNT, "raised", "alert_joined", "alert_cleared", "paged", "declined", "timed_out",
	"accepted", "arrived", "escalated", "resolved", "cancelled", "on_the_way", "noted", "handing_over",
	"taken_over", "refused", "second_coming", "held", "released", "reopened", "merged")
WORDS(outcome, OUTCOME_COUNT, "none", "false_alarm", "helped", "ambulance", "away")
WORDS(found, FOUND_COUNT, "none", "other", "was_away", "slept_in", "sensor_fault", "visitor", "fallen", "ill", "died")
WORDS(errand_kind, ERRAND_KIND_COUNT, "visit", "task", "service")
WORDS(errand_state, ERRAND_STATE_COUNT, "open", "offered", "agreed", "under_way", "done", "confirmed", "refused",
	"missed", "cancelled")
WORDS(errand_event, ERRAND_EVENT_COUNT, "opened", "offered", "declined", "agreed", "started", "answered", "done",
	"confirmed", "refused", "missed", "climbed", "moved", "noted", "cancelled")
WORDS(errand_verdict, ERRAND_VERDICT_COUNT, "ok", "finding", "not_asked")
WORDS(page_role, PAGE_ROLE_COUNT, "primary", "backup", "captain", "desk", "second", "key", "relief", "contact",
	"neighbour", "duty", "visit", "task", "service")
WORDS(circle_part, CIRCLE_PARTS, "contacts", "keys", "neighbours")
WORDS(oncall_shift, ONCALL_SHIFT_COUNT, "day", "night")
WORDS(notice_kind, NOTICE_KIND_COUNT, "swap_asked", "swap_veto", "swap_valid", "swap_off", "cover_asked", "cover_yours",
	"cover_over", "cover_open", "moved", "tomorrow", "soon", "reachable", "unreachable", "handover", "day", "week",
	"roster_lost", "visits", "state_lost")
WORDS(outage_state, OUTAGE_STATE_COUNT, "throttled", "down")
WORDS(reply_action, REPLY_ACTION_COUNT, "accept", "decline", "arrived", "done", "on_the_way", "hand_over", "second",
	"key", "note", "reopen", "silence", "release", "merge")
WORDS(entry_kind, ENTRY_KIND_COUNT, "device", "household", "consent", "team", "volunteer", "policy", "appointment",
	"circle", "care", "companion", "service")
WORDS(sex, SEX_COUNT, "not_said", "woman", "man")
WORDS(day_part, DAY_PART_COUNT, "morning", "afternoon", "evening")
WORDS(appointment_sign, APPOINTMENT_SIGN_COUNT, "curtain", "call", "button", "door", "any", "visit")
WORDS(appointment_days, APPOINTMENT_DAYS_COUNT, "every", "workdays", "days_off")
WORDS(status_state, STATUS_STATE_COUNT, "starting", "ready", "degraded", "stopping", "down")

bool outcome_takes(enum outcome outcome, enum found found)
{
#define ONE(f) (1u << FOUND_##f)
	static const unsigned takes[OUTCOME_COUNT] = {
		[OUTCOME_NONE] = ONE(NONE),
		[OUTCOME_FALSE_ALARM] =
			ONE(NONE) | ONE(OTHER) | ONE(WAS_AWAY) | ONE(SLEPT_IN) | ONE(SENSOR_FAULT) | ONE(VISITOR),
		[OUTCOME_HELPED] = ONE(NONE) | ONE(OTHER) | ONE(FALLEN) | ONE(ILL) | ONE(DIED),
		[OUTCOME_AMBULANCE] = ONE(NONE) | ONE(OTHER) | ONE(FALLEN) | ONE(ILL) | ONE(DIED),
		[OUTCOME_AWAY] = ONE(NONE) | ONE(WAS_AWAY),
	};
#undef ONE

	return takes[outcome] >> found & 1;
}

const char *reply_misfit(const struct reply *reply)
{
	enum reply_action action = reply->action;
	bool needs = action == REPLY_ON_THE_WAY || action == REPLY_SILENCE;

	if (reply->minutes ? !needs && action != REPLY_ACCEPT : needs)
		return "minutes: go with on_the_way and silence, may go with accept, and with nothing else";
	if (reply->minutes > REPLY_MINUTES_MAX)
		return "minutes: must be 1 to 1440";
	if ((reply->to[0] != '\0') != (action == REPLY_HAND_OVER || action == REPLY_MERGE))
		return "to: goes with hand_over (a user) and merge (an incident), and only with them";
	return action == REPLY_NOTE && !reply->note[0] ? "note: is missing" : NULL;
}

void status_count(struct status *status, const char *name, int64_t value)
{
	if (status->counter_count == COUNTERS_MAX) {
		status->counters_left_out = true;
		return;
	}
	struct status_counter *counter = &status->counters[status->counter_count++];
	text_cut(counter->name, sizeof counter->name, name);
	counter->value = value;
}
