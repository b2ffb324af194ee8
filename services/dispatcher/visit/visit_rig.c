/* SPDX-License-Identifier: MIT */
#include "visit_rig.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define LATITUDE 34.2
#define LONGITUDE 108.9
#define DEGREES_A_KM (1 / (111.195 * 0.82708)) /* of longitude at 34.2 degrees north */

static void put_list(struct visit_rules *rules)
{
	static const struct checklist list = {.name = "three",
		.version = 1,
		.zh = "三查",
		.en = "Three checks",
		.every_days = 30,
		.item_count = 3,
		.items = {{.item = "doors", .zh = "门窗", .en = "doors"},
			{.item = "gas",
				.zh = "燃气",
				.en = "gas",
				.word_count = 2,
				.words = {{.word = "hose_old",
						  .zh = "更换软管",
						  .en = "change the hose",
						  .finding = true,
						  .owner = CHECK_CAPTAIN,
						  .days = 7},
					{.word = "electric", .zh = "用电", .en = "electric stove"}}},
			{.item = "medicine",
				.zh = "药品",
				.en = "medicine",
				.word_count = 1,
				.words = {{.word = "medicine_low",
					.zh = "补药",
					.en = "get medicine",
					.finding = true,
					.owner = CHECK_PROVIDER,
					.service = "medical-2",
					.days = 3}}}}};

	rules->list_count = 1;
	rules->lists[0] = list;
}

static bool is_away(const void *context, const char *user, struct wall from, struct wall until)
{
	const struct rig *rig = context;

	return rig->away && !strcmp(rig->away, user) && rig->away_from.ms < until.ms && from.ms < rig->away_until.ms;
}

void rig_open(struct rig *rig)
{
	struct visit_config config;
	struct entry team = {.kind = ENTRY_TEAM, .key = "t-1", .seq = 1};
	enum err err;

	memset(rig, 0, sizeof *rig);
	err = zone_load("Asia/Shanghai", &rig->zone, NULL);
	assert(!err);
	rig->rules = *visit_rules_preset();
	put_list(&rig->rules);
	assert(!visit_rules_fault(&rig->rules));
	config = (struct visit_config){
		.zone = rig->zone, .rules = &rig->rules, .desk = "desk", .away = is_away, .context = rig};
	err = visit_core_create(&config, &rig->core, NULL);
	assert(!err);
	text_cut(team.body.team.community, ID_BYTES, "c-1");
	text_cut(team.body.team.captain, ID_BYTES, "cap");
	rig_entry(rig, &team, (struct wall){0});
}

void rig_close(struct rig *rig)
{
	visit_core_destroy(rig->core);
	zone_destroy(rig->zone);
	memset(rig, 0, sizeof *rig);
}

struct wall rig_at(const char *local)
{
	char text[40];
	struct wall at;
	enum err err;

	snprintf(text, sizeof text, "%s+08:00", local);
	err = wall_parse(text, strlen(text), &at);
	assert(!err);
	return at;
}

void rig_entry(struct rig *rig, const struct entry *entry, struct wall now)
{
	enum err err = visit_core_entry(rig->core, entry, now);

	assert(!err);
	rig->now = now;
}

static struct position place(double km)
{
	return (struct position){LATITUDE, LONGITUDE + km * DEGREES_A_KM};
}

struct entry rig_care(const char *household, double km, uint16_t every)
{
	struct entry entry = {.kind = ENTRY_CARE, .seq = 1};

	text_cut(entry.key, sizeof entry.key, household);
	entry.body.care.position = place(km);
	entry.body.care.visits_every_days = every;
	return entry;
}

void rig_home(struct rig *rig, const char *household, double km, uint16_t every, struct wall now)
{
	struct entry entry = {.kind = ENTRY_HOUSEHOLD, .seq = 1}, care = rig_care(household, km, every);

	text_cut(entry.key, sizeof entry.key, household);
	text_cut(entry.body.household.community, ID_BYTES, "c-1");
	text_cut(entry.body.household.team, ID_BYTES, "t-1");
	entry.body.household.away_from = entry.body.household.away_until = WALL_NONE;
	rig_entry(rig, &entry, now);
	rig_entry(rig, &care, now);
}

struct entry rig_companion(const char *user, double km, uint8_t a_week)
{
	struct entry entry = {.kind = ENTRY_COMPANION, .seq = 1};

	text_cut(entry.key, sizeof entry.key, user);
	entry.body.companion.position = place(km);
	entry.body.companion.visits_a_week = a_week;
	entry.body.companion.parts = DAY_PARTS_ALL;
	entry.body.companion.verified = true;
	return entry;
}

void rig_person(struct rig *rig, const char *user, double km, uint8_t a_week, struct wall now)
{
	struct entry person = {.kind = ENTRY_VOLUNTEER, .seq = 1}, offer = rig_companion(user, km, a_week);

	text_cut(person.key, sizeof person.key, user);
	text_cut(person.body.volunteer.team, ID_BYTES, "t-1");
	rig_entry(rig, &person, now);
	rig_entry(rig, &offer, now);
}

void rig_service(struct rig *rig, const char *id, const char *provider, const char *other, uint8_t lead_days,
	bool teams, struct wall now)
{
	struct entry entry = {.kind = ENTRY_SERVICE, .seq = 1};
	struct offering *offering = &entry.body.service;

	text_cut(entry.key, sizeof entry.key, id);
	text_cut(offering->help, sizeof offering->help, "meals");
	offering->lead_days = lead_days;
	offering->teams = teams;
	if (provider)
		text_cut(offering->providers[offering->provider_count++], ID_BYTES, provider);
	if (other)
		text_cut(offering->providers[offering->provider_count++], ID_BYTES, other);
	rig_entry(rig, &entry, now);
}

static void note_effect(struct rig *rig, const struct visit_effect *effect, struct wall now)
{
	const struct errand *e = &effect->errand;
	size_t length = strlen(rig->trace);

	if (length > sizeof rig->trace - 400) /* long runs are watched, not read */
		length = 0;
	length += (size_t)snprintf(rig->trace + length, sizeof rig->trace - length, "%s%s.%s%s%s", length ? " " : "",
		errand_kind_name(e->kind), errand_event_name(e->event), *e->actor ? ":" : "", e->actor);
	for (unsigned i = 0; i < effect->tell_count && length < sizeof rig->trace; i++)
		length += (size_t)snprintf(rig->trace + length, sizeof rig->trace - length, ">%s", effect->tell[i]);
	rig->last = *e;
	*(e->kind == ERRAND_VISIT ? &rig->visit : e->kind == ERRAND_TASK ? &rig->task : &rig->service) = *e;
	if (rig->watch)
		rig->watch(rig, effect, now);
}

static void note_reader(struct rig *rig, const char *user, struct wall now)
{
	size_t length = strlen(rig->told);

	if (length > sizeof rig->told - 2 * ID_BYTES)
		length = 0;
	snprintf(rig->told + length, sizeof rig->told - length, "%s%s", length ? " " : "", user);
	if (rig->read)
		rig->read(rig, user, now);
}

/* drain takes all effects, in as many calls as it needs. */
static void drain(struct rig *rig, struct visit_effects *out, struct wall now)
{
	bool full = true;

	rig->now = now;
	rig->verdict = out->verdict;
	text_cut(rig->fault, sizeof rig->fault, out->fault);
	text_cut(rig->id, sizeof rig->id, out->id);
	while (full) {
		full = out->count == VISIT_EFFECTS_MAX || out->reader_count == VISIT_READERS_MAX;
		for (unsigned i = 0; i < out->count; i++)
			note_effect(rig, &out->items[i], now);
		for (unsigned i = 0; i < out->reader_count; i++)
			note_reader(rig, out->readers[i], now);
		if (full) {
			enum err err = visit_tick(rig->core, now, out);
			assert(!err);
		}
	}
}

static void tick(struct rig *rig, struct wall now)
{
	static struct visit_effects out;
	enum err err = visit_tick(rig->core, now, &out);

	assert(!err);
	drain(rig, &out, now);
}

void rig_tick(struct rig *rig, struct wall now)
{
	*rig->trace = *rig->told = '\0';
	tick(rig, now);
}

void rig_run(struct rig *rig, struct wall until)
{
	*rig->trace = *rig->told = '\0';
	for (struct wall due; (due = visit_due(rig->core)).ms <= until.ms;)
		tick(rig, due.ms > rig->now.ms ? due : rig->now);
	rig->now = until;
}

struct visit_reply rig_words(const char *user, enum visit_action action, const char *errand, struct wall now)
{
	struct visit_reply reply = {
		.action = action, .at = now, .from = WALL_NONE, .until = WALL_NONE, .seen = WALL_NONE};

	text_cut(reply.errand, sizeof reply.errand, errand);
	text_cut(reply.user, sizeof reply.user, user);
	return reply;
}

void rig_reply(struct rig *rig, const struct visit_reply *reply, bool desk, struct wall now)
{
	static struct visit_effects out;
	enum err err = visit_say(rig->core, reply, desk, now, &out);

	assert(!err);
	*rig->trace = *rig->told = '\0';
	drain(rig, &out, now);
}

void rig_say(struct rig *rig, const char *user, enum visit_action action, const char *errand, struct wall now)
{
	struct visit_reply reply = rig_words(user, action, errand, now);

	rig_reply(rig, &reply, false, now);
}

void rig_absent(struct rig *rig, const char *user, struct wall from, struct wall until, struct wall now)
{
	static struct visit_effects out;
	enum err err;

	rig->away = user;
	rig->away_from = from;
	rig->away_until = until;
	err = visit_absent(rig->core, user, from, until, now, &out);
	assert(!err);
	*rig->trace = *rig->told = '\0';
	drain(rig, &out, now);
}

void rig_ask(struct rig *rig, const struct visit_request *request, struct wall now)
{
	static struct visit_effects out;
	enum err err = visit_ask(rig->core, request, now, &out);

	assert(!err);
	*rig->trace = *rig->told = '\0';
	drain(rig, &out, now);
}

void rig_copy(struct rig *rig, struct rig *copy, void (*teach)(struct rig *rig, struct wall now), struct wall now)
{
	static struct visit_blob blob;

	rig_open(copy);
	copy->rules = rig->rules;
	while (visit_dirty(rig->core, &blob)) {
		enum err err = blob.length ? visit_restore(copy->core, &blob) : ERR_OK;
		assert(!err);
	}
	teach(copy, now);
}
