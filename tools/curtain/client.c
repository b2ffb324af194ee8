/* SPDX-License-Identifier: MIT */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"
#include "codec/codec.h"

#define CLIENT_TOPIC_BYTES 256
#define CLIENT_WAIT_MS_MAX 60000
#define CLIENT_STATUS_MS 1000 /* to learn what a silent service last said */

struct client {
	const struct connection *connection;
	struct bus *bus;
	char id[ID_BYTES];
	char answers[CLIENT_TOPIC_BYTES]; /* own response topic */
	unsigned sequence;                /* of marks and requests */
	char mark[32], question[32];      /* correlation of the latest */
	bool refused;
};

struct mono client_deadline(int64_t ms)
{
	return ms < 0 ? (struct mono){INT64_MAX} : (struct mono){mono_now().us + ms * 1000};
}

/* ---- connecting ---- */

static enum err explain_refusal(const struct client *client, const struct bus_event *event, struct errinfo *info)
{
	const struct connection *c = client->connection;

	if (event->refusal)
		return errinfo_set(info, ERR_DENIED,
			"the broker %s:%lld refuses the account \"%s\" (%s, MQTT code %d); check --user and "
			"--password-file",
			c->host, (long long)c->port, c->user,
			event->refusal == 134   ? "bad user name or password"
			: event->refusal == 135 ? "not authorized"
						: "no entry",
			event->refusal);
	return errinfo_set(info, ERR_CLOSED,
		"no connection to the broker %s:%lld (%s); is it up? check --host and --port%s", c->host,
		(long long)c->port, event->reason,
		*c->ca_file ? ", and --ca-file against the broker's certificate" : ", and --ca-file if it wants TLS");
}

static enum err await_connection(struct client *client, int64_t patience_ms, struct errinfo *info)
{
	int64_t first_ms = client->connection->timeout_ms;
	struct mono patience = client_deadline(patience_ms);
	struct mono deadline = client_deadline(patience_ms > first_ms ? patience_ms : first_ms);
	struct bus_event event;
	enum err err;

	while (!(err = client_next(client, deadline, &event))) {
		if (event.kind == BUS_CONNECTED)
			return ERR_OK;
		if (event.kind == BUS_DISCONNECTED && (event.refusal || mono_now().us >= patience.us))
			return explain_refusal(client, &event, info);
	}
	if (err != ERR_AGAIN)
		return errinfo_set(info, err, "waiting for the broker fails: %s", strerror(errno));
	return errinfo_set(info, ERR_CLOSED, "the broker %s:%lld does not answer; check --host, --port and --ca-file",
		client->connection->host, (long long)client->connection->port);
}

static enum err fill_config(const struct connection *connection, struct bus_config *out, struct errinfo *info)
{
	*out = (struct bus_config){.port = connection->port, .keepalive_ms = 20000, .queue_bytes = 32 << 20};
	if (!text_is_id(connection->user))
		return errinfo_set(
			info, ERR_INVALID, "\"%.60s\" is no account name (letters, digits, . _ -)", connection->user);
	if (text_copy(out->host, sizeof out->host, connection->host) ||
		text_copy(out->user, sizeof out->user, connection->user) ||
		text_copy(out->password_file, sizeof out->password_file, connection->password_file) ||
		text_copy(out->ca_file, sizeof out->ca_file, connection->ca_file))
		return errinfo_set(info, ERR_RANGE, "--host, --password-file or --ca-file is too long");
	return ERR_OK;
}

enum err client_open(
	const struct connection *connection, int64_t patience_ms, struct client **out_client, struct errinfo *info)
{
	struct client *client = calloc(1, sizeof *client);
	struct bus_config config;
	unsigned long long random = 0;
	enum err err;

	if (!client)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	client->connection = connection;
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		err = errinfo_set(info, ERR_IO, "no randomness: %s", strerror(errno));
	else
		err = fill_config(connection, &config, info);
	snprintf(client->id, sizeof client->id, "curtain-%016llx", random);
	snprintf(client->answers, sizeof client->answers, "curtain/api/%s/response/%s", connection->user, client->id);
	if (!err)
		err = bus_create(&config, client->id, NULL, NULL, 0, &client->bus, info);
	if (!err)
		err = client_subscribe(client, client->answers, info);
	if (!err)
		err = bus_start(client->bus, info);
	if (!err)
		err = await_connection(client, patience_ms, info);
	if (err)
		client_close(client);
	else
		*out_client = client;
	return err;
}

void client_close(struct client *client)
{
	if (!client)
		return;
	bus_destroy(client->bus);
	free(client);
}

const char *client_id(const struct client *client)
{
	return client->id;
}

bool client_is_connected(const struct client *client)
{
	return bus_is_connected(client->bus);
}

/* ---- the loop ---- */

static int wait_ms(struct mono now, struct mono until)
{
	int64_t ms = until.us == INT64_MAX ? CLIENT_WAIT_MS_MAX : (until.us - now.us + 999) / 1000;

	return ms < 0 ? 0 : ms > CLIENT_WAIT_MS_MAX ? CLIENT_WAIT_MS_MAX : (int)ms;
}

enum err client_next(struct client *client, struct mono deadline, struct bus_event *out_event)
{
	struct pollfd fd = {.fd = bus_fd(client->bus), .events = POLLIN};

	for (;;) {
		struct mono now = mono_now(), due = bus_due(client->bus);
		while (!bus_next(client->bus, out_event))
			if (out_event->kind != BUS_DELIVERED)
				return ERR_OK;
		if (now.us >= deadline.us)
			return ERR_AGAIN;
		bus_tick(client->bus, now);
		if (poll(&fd, 1, wait_ms(now, due.us < deadline.us ? due : deadline)) < 0 && errno != EINTR)
			return ERR_IO;
	}
}

enum err client_subscribe(struct client *client, const char *filter, struct errinfo *info)
{
	return bus_subscribe(client->bus, filter, 1) ? errinfo_set(info, ERR_IO, "no subscription to %s", filter)
						     : ERR_OK;
}

enum err client_publish(struct client *client, const struct bus_publication *publication, struct errinfo *info)
{
	enum err err = bus_publish(client->bus, publication);

	return err ? errinfo_set(info, err, "nothing could be sent to the broker (%s)", err_name(err)) : ERR_OK;
}

/* ---- marks ---- */

static bool correlates(const struct client *client, const struct bus_event *event, const char *correlation)
{
	return event->kind == BUS_MESSAGE && !strcmp(event->topic, client->answers) &&
	       event->correlation_length == strlen(correlation) && event->correlation_length &&
	       !memcmp(event->correlation, correlation, event->correlation_length);
}

enum err client_mark(struct client *client, struct errinfo *info)
{
	/* On the own response topic, where an answer is what everybody expects to see. */
	static const char answer[] = "{\"ok\":true,\"result\":null}";

	snprintf(client->mark, sizeof client->mark, "mark-%u", ++client->sequence);
	return client_publish(client,
		&(struct bus_publication){.topic = client->answers,
			.payload = answer,
			.length = sizeof answer - 1,
			.qos = 1,
			.correlation = client->mark,
			.correlation_length = strlen(client->mark)},
		info);
}

bool client_is_mark(const struct client *client, const struct bus_event *event)
{
	return correlates(client, event, client->mark);
}

/* ---- asking ---- */

static enum err send_request(
	struct client *client, const char *service, const char *method, const struct buf *args, struct errinfo *info)
{
	char topic[CLIENT_TOPIC_BYTES];
	struct buf body;
	enum err err;

	snprintf(topic, sizeof topic, "curtain/api/%s/%s/%s", client->connection->user, service, method);
	snprintf(client->question, sizeof client->question, "ask-%u", ++client->sequence);
	buf_init(&body, REQUEST_BYTES_MAX);
	err = request_encode(args->data ? args->data : "", args->length, &body);
	if (err == ERR_FULL)
		err = errinfo_set(info, ERR_RANGE, "the request would be longer than %u MiB; give it in parts",
			REQUEST_BYTES_MAX >> 20);
	else if (err)
		err = errinfo_set(info, err, "out of memory");
	if (!err)
		err = client_publish(client,
			&(struct bus_publication){.topic = topic,
				.payload = body.data,
				.length = body.length,
				.qos = 1,
				.response_topic = client->answers,
				.correlation = client->question,
				.correlation_length = strlen(client->question)},
			info);
	buf_fini(&body);
	return err;
}

/* explain_silence looks for what the service's status says. */
static enum err explain_silence(struct client *client, const char *service, struct errinfo *info)
{
	struct mono deadline = client_deadline(CLIENT_STATUS_MS);
	char filter[CLIENT_TOPIC_BYTES], told[160] = "has never shown a status here: is it up, and on this broker?";
	struct bus_event event;
	struct status status;
	bool marked = false;

	snprintf(filter, sizeof filter, "curtain/status/%s/+", service);
	if (client_subscribe(client, filter, NULL) || client_mark(client, NULL))
		deadline = client_deadline(0);
	while (!marked && !client_next(client, deadline, &event)) {
		marked = client_is_mark(client, &event);
		if (event.kind != BUS_MESSAGE || !bus_topic_matches(filter, event.topic) ||
			codec_status_decode(event.payload, event.length, &status, NULL))
			continue;
		snprintf(told, sizeof told, "(%s) says \"%s\" in its status%s", status.instance,
			status_state_name(status.state),
			status.state == STATUS_DOWN || status.state == STATUS_STOPPING
				? ": start it"
				: "; it may be busy: see \"curtain status\", or wait longer with --timeout");
	}
	if (!marked)
		return errinfo_set(info, ERR_AGAIN,
			"no answer within %g s; the broker hands over nothing: is the account \"%s\" of class desk?",
			(double)client->connection->timeout_ms / 1000, client->connection->user);
	return errinfo_set(info, ERR_AGAIN, "%s does not answer within %g s; it %s", service,
		(double)client->connection->timeout_ms / 1000, told);
}

static enum err take_answer(struct client *client, const char *service, const struct bus_event *event,
	char **out_result, struct errinfo *info)
{
	struct response response;
	struct errinfo bad = {0};
	enum err err = response_decode(event->payload, event->length, &response, &bad);

	if (err) {
		err = errinfo_set(info, err, "%s answers in a way that is not understood: %s", service, bad.text);
	} else if (!response.ok) {
		client->refused = true;
		err = errinfo_set(info, ERR_INVALID, "%s", response.text);
	} else {
		*out_result = response.result;
		response.result = NULL;
	}
	response_fini(&response);
	return err;
}

enum err client_request(struct client *client, const char *service, const char *method, const struct buf *args,
	char **out_result, struct errinfo *info)
{
	struct mono deadline = client_deadline(client->connection->timeout_ms);
	struct bus_event event;
	enum err err = send_request(client, service, method, args, info);

	client->refused = false;
	if (err)
		return err;
	while (!(err = client_next(client, deadline, &event))) {
		if (correlates(client, &event, client->question))
			return take_answer(client, service, &event, out_result, info);
		if (event.kind == BUS_DISCONNECTED)
			/* What a broker does not let an account send also ends the connection: paho 1.3 closes it. */
			return errinfo_set(info, ERR_CLOSED,
				"the connection ended before %s answered (%s): did the broker go away, or is the "
				"account "
				"\"%s\" not of class desk? What was asked may have been done",
				service, event.reason, client->connection->user);
	}
	if (err != ERR_AGAIN)
		return errinfo_set(info, err, "waiting for %s fails: %s", service, strerror(errno));
	return explain_silence(client, service, info);
}

bool client_refused(const struct client *client)
{
	return client->refused;
}
