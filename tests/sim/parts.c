/* SPDX-License-Identifier: MIT
 *
 * What the services do around their cores, as services/<name> do it: take, decide, commit, and only then send.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim_internal.h"

static void must(struct sim *sim, enum err err, const char *what)
{
	if (err)
		sim_fail(sim, "%s: %s", what, err_name(err));
}

static struct sim_node *node_of(struct sim *sim, enum sim_part part)
{
	return &sim->nodes[part];
}

/* ---- the directory ---- */

static void core_entry(struct sim *sim, enum sim_part part, const struct entry *entry)
{
	struct incident_effects effects;

	if (part == SIM_INGEST)
		must(sim, ingest_core_entry(sim->ingest, entry), "ingest_core_entry");
	else if (part == SIM_DETECTOR)
		must(sim, detector_entry(sim->detector, entry), "detector_entry");
	else if (part == SIM_DISPATCHER)
		must(sim, incident_core_entry(sim->dispatcher, entry, sim_wall(sim, part), &effects),
			"incident_core_entry");
}

/* The latest entry of each key stands in the copy; a tombstone takes the key out, a household's its consent with it. */
static void entry_keep(struct sim_list *entries, const struct entry *entry)
{
	size_t to = 0;

	for (size_t i = 0; i < entries->count; i++) {
		struct entry *row = sim_row(entries, i);
		bool same = row->kind == entry->kind ||
			    (entry->deleted && entry->kind == ENTRY_HOUSEHOLD && row->kind == ENTRY_CONSENT);
		if (same && !strcmp(row->key, entry->key))
			continue;
		if (to != i)
			memcpy(sim_row(entries, to), row, sizeof *row);
		to++;
	}
	sim_list_cut(entries, to);
	if (!entry->deleted)
		sim_add(entries, entry);
}

/* ---- states on disk ---- */

static void state_put(struct sim_list *states, const char *key, const void *blob, size_t length)
{
	size_t to = 0;

	for (size_t i = 0; i < states->count; i++) {
		struct sim_state *row = sim_row(states, i);
		if (!strcmp(row->key, key))
			free(row->blob);
		else if (to++ != i)
			memcpy(sim_row(states, to - 1), row, sizeof *row);
	}
	sim_list_cut(states, to);
	if (!length)
		return;
	struct sim_state state = {.length = length, .blob = malloc(length)};
	if (!state.blob)
		abort();
	memcpy(state.blob, blob, length);
	text_cut(state.key, sizeof state.key, key);
	sim_add(states, &state);
}

static void states_save(struct sim *sim, enum sim_part part)
{
	struct sim_list *states = &node_of(sim, part)->states;
	static union {
		struct ingest_state ingest;
		struct detector_state detector;
		struct incident_state_blob incident;
	} s;

	if (part == SIM_INGEST)
		while (ingest_dirty(sim->ingest, &s.ingest))
			state_put(states, s.ingest.key, s.ingest.blob, s.ingest.length);
	if (part == SIM_DETECTOR)
		while (detector_dirty(sim->detector, &s.detector))
			state_put(states, s.detector.key, s.detector.blob, s.detector.length);
	if (part == SIM_DISPATCHER)
		while (incident_dirty(sim->dispatcher, &s.incident))
			state_put(states, s.incident.id, s.incident.blob, s.incident.length);
}

static void state_restore(struct sim *sim, enum sim_part part, const struct sim_state *row)
{
	static union {
		struct ingest_state ingest;
		struct detector_state detector;
		struct incident_state_blob incident;
	} s;
	enum err err = ERR_OK;

	memset(&s, 0, sizeof s);
	if (part == SIM_INGEST) {
		text_cut(s.ingest.key, sizeof s.ingest.key, row->key);
		memcpy(s.ingest.blob, row->blob, s.ingest.length = row->length);
		err = ingest_restore(sim->ingest, &s.ingest);
	} else if (part == SIM_DETECTOR) {
		text_cut(s.detector.key, sizeof s.detector.key, row->key);
		memcpy(s.detector.blob, row->blob, s.detector.length = row->length);
		err = detector_restore(sim->detector, &s.detector);
	} else if (part == SIM_DISPATCHER) {
		text_cut(s.incident.id, sizeof s.incident.id, row->key);
		memcpy(s.incident.blob, row->blob, s.incident.length = row->length);
		err = incident_restore(sim->dispatcher, &s.incident);
	}
	if (err && err != ERR_NOT_FOUND) /* not found: its device or home has left the directory */
		sim_fail(sim, "state %s of %s cannot be restored: %s", row->key, sim_part_names[part], err_name(err));
}

/* ---- start and stop ---- */

void parts_start(struct sim *sim, enum sim_part part)
{
	struct sim_node *node = node_of(sim, part);

	if (part == SIM_INGEST)
		must(sim, ingest_core_create(&sim->ingest_config, &sim->ingest, NULL), "ingest_core_create");
	else if (part == SIM_DETECTOR)
		must(sim, detector_create(&sim->detector_config, &sim->detector, NULL), "detector_create");
	else if (part == SIM_DISPATCHER)
		must(sim, incident_core_create(&sim->dispatcher_config, &sim->dispatcher, NULL),
			"incident_core_create");
	for (size_t i = 0; i < node->entries.count; i++)
		core_entry(sim, part, sim_row(&node->entries, i));
	for (size_t i = 0; i < node->states.count; i++)
		state_restore(sim, part, sim_row(&node->states, i));
	node->beat_us = sim->now_us;
	node->judged_ms = INT64_MIN;
}

void parts_stop(struct sim *sim, enum sim_part part)
{
	if (part == SIM_INGEST) {
		ingest_core_destroy(sim->ingest);
		sim->ingest = NULL;
	} else if (part == SIM_DETECTOR) {
		detector_destroy(sim->detector);
		sim->detector = NULL;
	} else if (part == SIM_DISPATCHER) {
		incident_core_destroy(sim->dispatcher);
		sim->dispatcher = NULL;
	}
}

/* ---- ingest ---- */

static void ingest_effects(struct sim *sim, const struct ingest_effects *effects)
{
	for (unsigned i = 0; i < effects->count; i++) {
		const struct ingest_effect *effect = &effects->items[i];
		enum err err = ERR_OK;
		if (effect->kind == INGEST_READING)
			err = codec_reading_encode(&effect->as.reading,
				ways_put(sim, WAY_READING, shard_of(effect->as.reading.household, SIM_SHARDS)));
		else if (effect->kind == INGEST_ALERT)
			err = codec_alert_encode(&effect->as.alert,
				ways_put(sim, WAY_ALARM, shard_of(effect->as.alert.household, SIM_SHARDS)));
		must(sim, err, "ingest's effect");
	}
}

static void ingest_work(struct sim *sim)
{
	struct sim_node *node = node_of(sim, SIM_INGEST);
	struct wall now = sim_wall(sim, SIM_INGEST);
	struct ingest_effects effects;

	for (size_t i = sim->messages.safe; i < sim->messages.count; i++) {
		struct sim_message *message = sim_row(&sim->messages, i);
		if (message->done || message->taken || message->at_us > sim->now_us)
			continue;
		must(sim, ingest_feed(sim->ingest, &message->observation, now, &effects), "ingest_feed");
		ingest_effects(sim, &effects);
		message->taken = true;
	}
	do {
		must(sim, ingest_tick(sim->ingest, now, &effects), "ingest_tick");
		ingest_effects(sim, &effects);
	} while (effects.count == INGEST_EFFECTS_MAX);
	bool beat = node->beat_us <= sim->now_us;
	if (beat)
		node->beat_us = sim->now_us + sim->beat_ms * 1000;
	ways_append(sim, WAY_ALARM, now, beat);
	ways_append(sim, WAY_READING, now, beat);
}

/* ---- detector ---- */

static void detector_work(struct sim *sim)
{
	struct sim_node *node = node_of(sim, SIM_DETECTOR);
	struct wall mark = ways_watermark(sim);
	struct detector_effects effects;

	if (!wall_is_set(mark) || mark.ms <= node->judged_ms)
		return;
	node->judged_ms = mark.ms;
	do {
		must(sim, detector_tick(sim->detector, mark, &effects), "detector_tick");
		for (unsigned i = 0; i < effects.count; i++)
			must(sim,
				codec_alert_encode(&effects.items[i],
					ways_put(sim, WAY_ALERT, shard_of(effects.items[i].household, SIM_SHARDS))),
				"an alert");
	} while (effects.count == DETECTOR_EFFECTS_MAX);
	ways_append(sim, WAY_ALERT, mark, node->beat_us <= sim->now_us);
	if (node->beat_us <= sim->now_us)
		node->beat_us = sim->now_us + sim->beat_ms * 1000;
}

/* ---- dispatcher ---- */

static void oncall_keep(struct sim *sim, const struct oncall *oncall)
{
	for (size_t i = 0; i < sim->oncalls.count; i++) {
		struct oncall *row = sim_row(&sim->oncalls, i);
		if (!strcmp(row->team, oncall->team)) {
			*row = *oncall;
			return;
		}
	}
	sim_add(&sim->oncalls, oncall);
}

static void dispatcher_effects(struct sim *sim, struct incident_effects *effects, struct wall now)
{
	bool more = true;

	while (more) {
		for (unsigned i = 0; i < effects->count; i++) {
			const struct incident_effect *effect = &effects->items[i];
			if (effect->kind == INCIDENT_SNAPSHOT)
				must(sim,
					codec_incident_encode(&effect->as.snapshot,
						ways_put(sim, WAY_INCIDENT,
							shard_of(effect->as.snapshot.household, SIM_SHARDS))),
					"a snapshot");
			else if (effect->kind == INCIDENT_PAGE)
				sim_add(&sim->letters, &effect->as.page);
			else if (effect->kind == INCIDENT_ONCALL)
				oncall_keep(sim, &effect->as.oncall);
		}
		more = effects->count == INCIDENT_EFFECTS_MAX;
		if (more)
			must(sim, incident_tick(sim->dispatcher, now, effects), "incident_tick");
	}
}

static void dispatcher_work(struct sim *sim)
{
	struct wall now = sim_wall(sim, SIM_DISPATCHER);
	struct incident_effects effects;

	for (size_t i = sim->answers.safe; i < sim->answers.count; i++) {
		struct sim_answer *answer = sim_row(&sim->answers, i);
		if (answer->done || answer->taken || answer->at_us > sim->now_us)
			continue;
		must(sim, incident_reply(sim->dispatcher, &answer->reply, false, now, &effects), "incident_reply");
		dispatcher_effects(sim, &effects, now);
		answer->taken = true;
	}
	must(sim, incident_tick(sim->dispatcher, now, &effects), "incident_tick");
	dispatcher_effects(sim, &effects, now);
	ways_append(sim, WAY_INCIDENT, now, false);
}

/* ---- what they share ---- */

void parts_apply(struct sim *sim, enum sim_part part, enum sim_way way, struct codec_batch *batch)
{
	struct incident_effects effects;
	struct wall now = sim_wall(sim, part);
	struct reading reading;
	struct alert alert;
	struct incident incident;
	struct entry entry;
	enum err err = ERR_OK;

	if (part == SIM_RECORDS) {
		records_take(sim, way, batch);
		return;
	}
	while (!err) {
		if (way == WAY_READING && !(err = codec_batch_next_reading(batch, &reading, NULL))) {
			must(sim, detector_feed(sim->detector, &reading), "detector_feed");
		} else if ((way == WAY_ALARM || way == WAY_ALERT) &&
			   !(err = codec_batch_next_alert(batch, &alert, NULL))) {
			must(sim, incident_feed(sim->dispatcher, &alert, now, &effects), "incident_feed");
			dispatcher_effects(sim, &effects, now);
		} else if (way == WAY_INCIDENT && !(err = codec_batch_next_incident(batch, &incident, NULL))) {
			must(sim, detector_feed_incident(sim->detector, &incident), "detector_feed_incident");
		} else if (way >= WAY_TO_INGEST && !(err = codec_batch_next_entry(batch, &entry, NULL))) {
			core_entry(sim, part, &entry);
			entry_keep(&node_of(sim, part)->entries, &entry);
		}
	}
	if (err != ERR_NOT_FOUND)
		sim_fail(sim, "an item of lane %s cannot be read", sim_ways[way].lane);
}

void parts_work(struct sim *sim, enum sim_part part)
{
	if (part == SIM_INGEST)
		ingest_work(sim);
	else if (part == SIM_DETECTOR)
		detector_work(sim);
	else if (part == SIM_DISPATCHER)
		dispatcher_work(sim);
}

void parts_commit(struct sim *sim, enum sim_part part)
{
	states_save(sim, part);
	if (part == SIM_RECORDS)
		records_commit(sim);
	for (size_t i = sim->messages.safe; part == SIM_INGEST && i < sim->messages.count; i++) {
		struct sim_message *message = sim_row(&sim->messages, i);
		message->done |= message->taken;
		if (message->done && i == sim->messages.safe)
			sim->messages.safe++;
	}
	for (size_t i = sim->answers.safe; part == SIM_DISPATCHER && i < sim->answers.count; i++) {
		struct sim_answer *answer = sim_row(&sim->answers, i);
		answer->done |= answer->taken;
		if (answer->done && i == sim->answers.safe)
			sim->answers.safe++;
	}
	if (part == SIM_DISPATCHER)
		sim->letters.safe = sim->letters.count;
}

void parts_crash(struct sim *sim, enum sim_part part)
{
	if (part == SIM_RECORDS)
		records_crash(sim);
	for (size_t i = sim->messages.safe; part == SIM_INGEST && i < sim->messages.count; i++) {
		struct sim_message *message = sim_row(&sim->messages, i);
		message->taken = message->done;
	}
	for (size_t i = sim->answers.safe; part == SIM_DISPATCHER && i < sim->answers.count; i++) {
		struct sim_answer *answer = sim_row(&sim->answers, i);
		answer->taken = answer->done;
	}
	if (part == SIM_DISPATCHER)
		sim_list_cut(&sim->letters, sim->letters.safe);
}

void parts_send(struct sim *sim, enum sim_part part)
{
	if (part != SIM_DISPATCHER || !sim->letters.count)
		return;
	for (size_t i = 0; i < sim->letters.count; i++) {
		struct sim_page sent = {.page = *(struct page *)sim_row(&sim->letters, i), .at_us = sim->now_us};
		sim_add(&sim->pages, &sent);
		if (sim->on_page)
			sim->on_page(sim, &sent.page);
	}
	/* Struck off with the next commit; a crash before it sends them once more. */
	if (sim_dice(sim, 100000) >= sim->faults.crashes)
		sim_list_cut(&sim->letters, 0);
	sim->letters.safe = sim->letters.count;
}

static int64_t wall_due(const struct sim *sim, enum sim_part part, struct wall due)
{
	return due.ms == WALL_NEVER.ms ? INT64_MAX : sim_us(sim, due) - sim->nodes[part].offset_ms * 1000;
}

int64_t parts_due(const struct sim *sim, enum sim_part part)
{
	int64_t due = INT64_MAX, one;

	if (part == SIM_INGEST) {
		due = sim->nodes[part].beat_us;
		one = wall_due(sim, part, ingest_due(sim->ingest));
		due = one < due ? one : due;
	}
	if (part == SIM_DISPATCHER)
		due = wall_due(sim, part, incident_due(sim->dispatcher));
	return due;
}
