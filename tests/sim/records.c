/* SPDX-License-Identifier: MIT
 *
 * What records stores. Each row is checked as it comes: nothing twice, revisions in order, no illegal step of an
 * incident's life.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sim_internal.h"

static void log_line(struct sim *sim, const char *kind, const char *json)
{
	char at[WALL_TEXT_BYTES];

	wall_format(sim_now(sim), at);
	buf_printf(&sim->log, "%s %s ", at, kind);
	buf_text(&sim->log, json);
	buf_byte(&sim->log, '\n');
}

static void take_reading(struct sim *sim, const struct reading *r)
{
	char name[DEVICE_BYTES + CHANNEL_BYTES + 64];
	int length = snprintf(
		name, sizeof name, "%s|%s|%d|%lld", r->device, r->channel, (int)r->quantity, (long long)r->at.ms);
	uint64_t hash = text_hash64(name, (size_t)length, 0);

	sim_add(&sim->readings, &hash); /* sim_test sorts them and looks for twins */
}

static void take_alert(struct sim *sim, const struct alert *alert)
{
	uint32_t newest = 0;
	struct buf json;

	for (size_t i = 0; i < sim->alerts.count; i++) {
		const struct alert *other = sim_row(&sim->alerts, i);
		if (strcmp(other->id, alert->id) != 0)
			continue;
		if (other->revision == alert->revision)
			sim_fail(sim, "alert %s revision %u is stored twice", alert->id, alert->revision);
		newest = other->revision > newest ? other->revision : newest;
	}
	if (alert->revision != newest + 1 || (alert->state == ALERT_RAISED) != (newest == 0))
		sim_fail(sim, "alert %s: revision %u (%s) after %u", alert->id, alert->revision,
			alert_state_name(alert->state), newest);
	sim_add(&sim->alerts, alert);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	(void)codec_alert_encode(alert, &json);
	log_line(sim, "alert", json.data);
	buf_fini(&json);
}

static void take_incident(struct sim *sim, const struct incident *incident)
{
	const struct incident *last = NULL;
	struct buf json;

	for (size_t i = 0; i < sim->incidents.count; i++) {
		const struct incident *other = sim_row(&sim->incidents, i);
		if (!strcmp(other->id, incident->id))
			last = other;
	}
	if (incident->revision != (last ? last->revision + 1 : 1))
		sim_fail(sim, "incident %s: revision %u after %u", incident->id, incident->revision,
			last ? last->revision : 0);
	if (last && incident_next_state(last->state, incident->event) != incident->state)
		sim_fail(sim, "incident %s: %s from %s to %s", incident->id, incident_event_name(incident->event),
			incident_state_name(last->state), incident_state_name(incident->state));
	if (!last && incident->event != INCIDENT_EVENT_RAISED)
		sim_fail(sim, "incident %s begins with %s", incident->id, incident_event_name(incident->event));
	sim_add(&sim->incidents, incident);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	(void)codec_incident_encode(incident, &json);
	log_line(sim, "incident", json.data);
	buf_fini(&json);
}

void records_take(struct sim *sim, enum sim_way way, struct codec_batch *batch)
{
	struct reading reading;
	struct alert alert;
	struct incident incident;
	enum err err = ERR_OK;

	while (!err) {
		if (way == WAY_READING && !(err = codec_batch_next_reading(batch, &reading, NULL)))
			take_reading(sim, &reading);
		else if ((way == WAY_ALARM || way == WAY_ALERT) && !(err = codec_batch_next_alert(batch, &alert, NULL)))
			take_alert(sim, &alert);
		else if (way == WAY_INCIDENT && !(err = codec_batch_next_incident(batch, &incident, NULL)))
			take_incident(sim, &incident);
	}
	if (err != ERR_NOT_FOUND)
		sim_fail(sim, "an item of lane %s cannot be read", sim_ways[way].lane);
}

static struct sim_list *tables(struct sim *sim, int i)
{
	struct sim_list *all[] = {&sim->readings, &sim->alerts, &sim->incidents};

	return all[i];
}

void records_commit(struct sim *sim)
{
	for (int i = 0; i < 3; i++)
		tables(sim, i)->safe = tables(sim, i)->count;
}

void records_crash(struct sim *sim)
{
	for (int i = 0; i < 3; i++)
		sim_list_cut(tables(sim, i), tables(sim, i)->safe);
}
