/* SPDX-License-Identifier: MIT */
#include "sos.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"

enum err sos_init(struct sos *sos, const char *household, const struct connection *connection, struct errinfo *info)
{
	*sos = (struct sos){
		.household = household, .timeout_ms = connection->timeout_ms, .receipt_us = -1, .incident_us = -1};
	if (!text_is_id(household))
		return errinfo_set(
			info, ERR_INVALID, "\"%.60s\" is no household's id (letters, digits, . _ -)", household);
	snprintf(sos->device, sizeof sos->device, "phone-%s", household);
	snprintf(sos->topic, sizeof sos->topic, "curtain/in/%.63s/%s", connection->user, sos->device);
	snprintf(sos->receipts, sizeof sos->receipts, "curtain/receipt/%.63s", connection->user);
	return ERR_OK;
}

/* call sends, or leaves it to the next connection. The client's id tells this call's receipt from those of others. */
static enum err call(struct sos *sos, struct client *client, struct errinfo *info)
{
	static const char senml[] = "[{\"n\":\"sos\",\"v\":1}]";

	if (!sos->called) {
		sos->sent = mono_now();
		sos->sent_at = wall_now();
		sos->called = true;
	}
	if (!client_is_connected(client))
		return ERR_OK;
	return client_publish(client,
		&(struct bus_publication){.topic = sos->topic,
			.payload = senml,
			.length = sizeof senml - 1,
			.qos = 1,
			.response_topic = sos->receipts,
			.correlation = client_id(client),
			.correlation_length = strlen(client_id(client))},
		info);
}

/* is_ours says whether this snapshot tells of our call: an incident that was not open before, or a further alert. */
static bool is_ours(const struct sos *sos, const struct incident *incident)
{
	for (unsigned i = 0; i < sos->open_count; i++) {
		const struct incident *old = &sos->open[i];
		if (!strcmp(old->id, incident->id))
			return incident->revision > old->revision && (incident->event == INCIDENT_EVENT_ALERT_JOINED ||
									     incident->alert_count > old->alert_count);
	}
	return true;
}

static void note_open(struct sos *sos, const struct incident *incident)
{
	unsigned i = 0;

	while (i < sos->open_count && strcmp(sos->open[i].id, incident->id) != 0)
		i++;
	if (i < SOS_OPEN_MAX) {
		sos->open[i] = *incident;
		sos->open_count += i == sos->open_count;
	}
}

static void take_incident(struct sos *sos, const struct bus_event *event)
{
	struct incident incident;

	if (!event->length || codec_incident_decode(event->payload, event->length, &incident, NULL) ||
		strcmp(incident.household, sos->household) != 0)
		return;
	if (!sos->called) {
		note_open(sos, &incident);
	} else if (sos->incident_us < 0 && is_ours(sos, &incident)) {
		sos->incident = incident;
		sos->incident_us = mono_now().us - sos->sent.us;
	}
}

static enum err take(struct sos *sos, struct client *client, const struct bus_event *event, struct errinfo *info)
{
	if (event->kind == BUS_CONNECTED && sos->called && sos->receipt_us < 0)
		return call(sos, client, info);
	if (event->kind != BUS_MESSAGE)
		return ERR_OK;
	if (bus_topic_matches("curtain/incident/+/+", event->topic))
		take_incident(sos, event);
	else if (!strcmp(event->topic, sos->receipts) && sos->receipt_us < 0 && sos->called &&
		 event->correlation_length == strlen(client_id(client)) &&
		 !memcmp(event->correlation, client_id(client), event->correlation_length))
		sos->receipt_us = mono_now().us - sos->sent.us;
	return ERR_OK;
}

/* await handles events until *done is no longer below 0; ERR_AGAIN after ms. */
static enum err await(struct sos *sos, struct client *client, const int64_t *done, struct errinfo *info)
{
	struct mono deadline = client_deadline(sos->timeout_ms);
	struct bus_event event;
	enum err err = ERR_OK;

	while (!err && *done < 0) {
		err = client_next(client, deadline, &event);
		if (!err)
			err = take(sos, client, &event, info);
	}
	return err;
}

static enum err learn_open(struct sos *sos, struct client *client, struct errinfo *info)
{
	struct mono deadline = client_deadline(sos->timeout_ms);
	struct bus_event event;
	enum err err = client_subscribe(client, sos->receipts, info);

	if (!err)
		err = client_subscribe(client, "curtain/incident/+/+", info);
	if (!err)
		err = client_mark(client, info);
	while (!err && !sos->sees && !(err = client_next(client, deadline, &event))) {
		if (event.kind == BUS_DISCONNECTED) /* help first; what is open is then not known */
			break;
		sos->sees = client_is_mark(client, &event);
		err = take(sos, client, &event, info);
	}
	return err == ERR_AGAIN ? ERR_OK : err; /* a call for help goes out all the same */
}

enum err sos_run(struct sos *sos, struct client *client, struct errinfo *info)
{
	enum err err = learn_open(sos, client, info);

	if (!err)
		err = call(sos, client, info);
	if (!err)
		err = await(sos, client, &sos->receipt_us, info);
	if (!err)
		err = await(sos, client, &sos->incident_us, info);
	return err == ERR_AGAIN ? ERR_OK : err;
}
