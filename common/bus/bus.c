/* SPDX-License-Identifier: MIT
 *
 * paho's threads meet the loop in one place, the queue (queue.h).
 *
 * State belongs to the loop's thread: it changes only when the loop takes the event that says so.
 */
#include "bus/bus.h"

#include <MQTTAsync.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "bus/nodelay.h"
#include "bus/queue.h"

#define BUS_SUBSCRIPTIONS_MAX 160 /* a service of every shard of two lanes, and what else it reads */
#define BUS_FILTER_BYTES 256
#define BUS_PENDING_MAX 4096 /* publications handed over and not yet acknowledged */
#define BUS_BACKOFF_MIN_US 100000
#define BUS_BACKOFF_MAX_US 10000000
#define BUS_CONNECT_TIMEOUT_S 5

enum bus_state { BUS_STATE_IDLE, BUS_STATE_CONNECTING, BUS_STATE_CONNECTED };

struct subscription {
	char filter[BUS_FILTER_BYTES];
	int qos;
};

struct bus {
	MQTTAsync client;
	struct bus_config config;
	char password[512];
	char will_topic[BUS_FILTER_BYTES];
	char *will_payload;
	int will_length;
	struct subscription subscriptions[BUS_SUBSCRIPTIONS_MAX];
	unsigned subscription_count;
	enum bus_state state;
	bool started;
	struct mono due;
	int64_t backoff_us;
	unsigned seed;
	struct bus_queue queue;

	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t goodbye;
	bool said_goodbye;
	int pending;
	unsigned connection; /* counts them; what an earlier one left unsettled is no longer pending */
};

/* delivery: the context of one publication. */
struct delivery {
	struct bus *bus;
	uint64_t token;
	unsigned connection;
};

/* ---- on paho's threads ---- */

static void push_plain(struct bus *bus, enum bus_event_kind kind, uint64_t token, const char *reason, int refusal)
{
	size_t length = strlen(reason) + 1;
	struct bus_queue_item *item = malloc(sizeof *item + length);

	if (!item)
		abort(); /* an event that the loop waits for would be lost: a restart from the store is the honest way
			    out */
	*item = (struct bus_queue_item){.event = {.kind = kind,
						.token = token,
						.response_topic = "",
						.reason = (const char *)(item + 1),
						.refusal = refusal}};
	memcpy(item + 1, reason, length);
	bus_queue_push(&bus->queue, item);
}

static const char *place(char **at, const void *bytes, size_t length)
{
	char *start = *at;

	if (length)
		memcpy(start, bytes, length);
	start[length] = '\0';
	*at = start + length + 1;
	return start;
}

static int on_message(void *context, char *topic, int topic_length, MQTTAsync_message *message)
{
	struct bus *bus = context;
	size_t name = topic_length ? (size_t)topic_length : strlen(topic), payload = (size_t)message->payloadlen;
	const MQTTProperty *answer = MQTTProperties_getProperty(&message->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
	const MQTTProperty *correlation =
		MQTTProperties_getProperty(&message->properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
	size_t answer_length = answer ? (size_t)answer->value.data.len : 0,
	       correlation_length = correlation ? (size_t)correlation->value.data.len : 0;
	size_t bytes = sizeof(struct bus_queue_item) + name + payload + answer_length + correlation_length + 4;
	struct bus_queue_item *item = malloc(bytes);

	if (!item)
		abort();
	char *at = (char *)(item + 1);
	*item = (struct bus_queue_item){.bytes = bytes,
		.event = {.kind = BUS_MESSAGE,
			.length = payload,
			.retained = message->retained,
			.qos = message->qos,
			.correlation_length = correlation_length}};
	item->event.topic = place(&at, topic, name);
	item->event.payload = place(&at, message->payload, payload);
	item->event.response_topic = place(&at, answer ? answer->value.data.data : "", answer_length);
	item->event.correlation = place(&at, correlation ? correlation->value.data.data : "", correlation_length);
	bus_queue_push(&bus->queue, item);
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

static void on_lost(void *context, char *cause)
{
	push_plain(context, BUS_DISCONNECTED, 0, cause && *cause ? cause : "connection lost", 0);
}

static void on_connected(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	push_plain(context, BUS_CONNECTED, 0, "", 0);
}

static void on_refused(void *context, MQTTAsync_failureData5 *data)
{
	/* paho gives the CONNACK's reason code as its error; from 128 on (MQTT 5 section 2.4) these are refusals. */
	int code = data ? data->code : -1, refusal = code >= 128 ? code : data ? (int)data->reasonCode : 0;
	char reason[160];

	snprintf(reason, sizeof reason, "%s (reason code %d, error %d)",
		data && data->message ? data->message : "refused", data ? (int)data->reasonCode : -1, code);
	push_plain(context, BUS_DISCONNECTED, 0, reason, refusal >= 128 ? refusal : 0);
}

/* settle gives the token of a publication that is no longer pending, and frees it. */
static uint64_t settle(struct delivery *delivery)
{
	struct bus *bus = delivery->bus;
	uint64_t token = delivery->token;

	pthread_mutex_lock(&bus->lock);
	if (delivery->connection == bus->connection)
		bus->pending--;
	pthread_mutex_unlock(&bus->lock);
	free(delivery);
	return token;
}

static void settle_as(struct delivery *delivery, enum bus_event_kind kind)
{
	struct bus *bus = delivery->bus;
	uint64_t token = settle(delivery);

	if (token)
		push_plain(bus, kind, token, "", 0);
}

static void on_delivered(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	settle_as(context, BUS_DELIVERED);
}

static void on_undelivered(void *context, MQTTAsync_failureData5 *data)
{
	(void)data;
	settle_as(context, BUS_REFUSED);
}

static void say_goodbye(struct bus *bus)
{
	pthread_mutex_lock(&bus->lock);
	bus->said_goodbye = true;
	pthread_cond_broadcast(&bus->goodbye);
	pthread_mutex_unlock(&bus->lock);
}

static void on_goodbye(void *context, MQTTAsync_successData5 *data)
{
	(void)data;
	say_goodbye(context);
}

static void on_no_goodbye(void *context, MQTTAsync_failureData5 *data)
{
	(void)data;
	say_goodbye(context);
}

/* ---- life cycle ---- */

static enum err bus_open_client(struct bus *bus, const char *client_id, struct errinfo *info)
{
	MQTTAsync_createOptions options = MQTTAsync_createOptions_initializer5;
	char uri[200];

	snprintf(uri, sizeof uri, "%s://%s:%lld", bus->config.ca_file[0] ? "ssl" : "tcp", bus->config.host,
		(long long)bus->config.port);
	options.sendWhileDisconnected = 0;
	options.maxBufferedMessages = BUS_PENDING_MAX;
	if (MQTTAsync_createWithOptions(&bus->client, uri, client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &options) !=
		MQTTASYNC_SUCCESS)
		return errinfo_set(info, ERR_INVALID, "the MQTT client refuses %s as \"%s\"", uri, client_id);
	if (MQTTAsync_setCallbacks(bus->client, bus, on_lost, on_message, NULL) != MQTTASYNC_SUCCESS)
		return errinfo_set(info, ERR_IO, "the MQTT client takes no callbacks");
	return ERR_OK;
}

enum err bus_create(const struct bus_config *config, const char *client_id, const char *will_topic,
	const void *will_payload, size_t will_length, struct bus **out_bus, struct errinfo *info)
{
	struct bus *bus = calloc(1, sizeof *bus);
	enum err err;

	if (!bus)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	bus->config = *config;
	bus->due = (struct mono){INT64_MAX};
	bus->backoff_us = BUS_BACKOFF_MIN_US;
	pthread_mutex_init(&bus->lock, NULL);
	pthread_cond_init(&bus->goodbye, NULL);
	if (getrandom(&bus->seed, sizeof bus->seed, 0) != sizeof bus->seed)
		bus->seed = (unsigned)getpid();
	err = bus_queue_init(&bus->queue, (size_t)config->queue_bytes, info);
	if (!err && config->password_file[0])
		err = config_secret(config->password_file, bus->password, sizeof bus->password, info);
	if (!err && will_topic) {
		bus->will_payload = malloc(will_length ? will_length : 1);
		if (!bus->will_payload || text_copy(bus->will_topic, sizeof bus->will_topic, will_topic))
			err = errinfo_set(info, ERR_NOMEM, "out of memory");
		else if (will_length)
			memcpy(bus->will_payload, will_payload, will_length);
		bus->will_length = (int)will_length;
	}
	if (!err)
		err = bus_open_client(bus, client_id, info);
	if (err)
		bus_destroy(bus);
	else
		*out_bus = bus;
	return err;
}

static void bus_leave(struct bus *bus)
{
	MQTTAsync_disconnectOptions options = MQTTAsync_disconnectOptions_initializer5;
	struct timespec limit;

	options.onSuccess5 = on_goodbye;
	options.onFailure5 = on_no_goodbye;
	options.context = bus;
	options.timeout = 1000;
	if (MQTTAsync_disconnect(bus->client, &options) != MQTTASYNC_SUCCESS)
		return;
	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 1;
	pthread_mutex_lock(&bus->lock);
	while (!bus->said_goodbye && !pthread_cond_timedwait(&bus->goodbye, &bus->lock, &limit))
		;
	pthread_mutex_unlock(&bus->lock);
}

void bus_destroy(struct bus *bus)
{
	if (!bus)
		return;
	bus_queue_close(&bus->queue);
	if (bus->client) {
		if (bus->state == BUS_STATE_CONNECTED)
			bus_leave(bus);
		MQTTAsync_destroy(&bus->client);
	}
	bus_queue_fini(&bus->queue);
	free(bus->will_payload);
	pthread_cond_destroy(&bus->goodbye);
	pthread_mutex_destroy(&bus->lock);
	explicit_bzero(bus->password, sizeof bus->password);
	free(bus);
}

/* ---- connecting ---- */

static void schedule(struct bus *bus, struct mono now)
{
	/* Half of the wait is random, so that a district of services does not knock in step after the broker's restart.
	 */
	int64_t half = bus->backoff_us / 2;

	bus->due = (struct mono){now.us + half + rand_r(&bus->seed) % (half + 1)};
	bus->backoff_us = bus->backoff_us * 2 > BUS_BACKOFF_MAX_US ? BUS_BACKOFF_MAX_US : bus->backoff_us * 2;
}

static enum err attempt(struct bus *bus, struct errinfo *info)
{
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer5;
	MQTTAsync_willOptions will = MQTTAsync_willOptions_initializer;
	MQTTAsync_SSLOptions tls = MQTTAsync_SSLOptions_initializer;

	options.cleanstart = 1;
	options.keepAliveInterval = (int)((bus->config.keepalive_ms + 999) / 1000);
	options.connectTimeout = BUS_CONNECT_TIMEOUT_S;
	options.maxInflight = BUS_PENDING_MAX;
	options.onSuccess5 = on_connected;
	options.onFailure5 = on_refused;
	options.context = bus;
	if (bus->config.user[0])
		options.username = bus->config.user;
	if (bus->password[0])
		options.password = bus->password;
	if (bus->will_topic[0]) {
		will.topicName = bus->will_topic;
		will.payload.data = bus->will_payload;
		will.payload.len = bus->will_length;
		will.message = NULL;
		will.qos = 1;
		will.retained = 1;
		options.will = &will;
	}
	if (bus->config.ca_file[0]) {
		tls.trustStore = bus->config.ca_file;
		tls.keyStore = bus->config.certificate_file[0] ? bus->config.certificate_file : NULL;
		tls.privateKey = bus->config.key_file[0] ? bus->config.key_file : NULL;
		tls.enableServerCertAuth = 1;
		tls.verify = 1;
		options.ssl = &tls;
	}
	int code = MQTTAsync_connect(bus->client, &options);
	if (code != MQTTASYNC_SUCCESS)
		return errinfo_set(info, ERR_IO, "connecting fails: %s",
			MQTTAsync_strerror(code) ? MQTTAsync_strerror(code) : "unknown");
	bus->state = BUS_STATE_CONNECTING;
	bus->due = (struct mono){INT64_MAX};
	return ERR_OK;
}

enum err bus_start(struct bus *bus, struct errinfo *info)
{
	bus->started = true;
	return attempt(bus, info);
}

int bus_fd(const struct bus *bus)
{
	return bus->queue.wake;
}

static void subscribe_now(struct bus *bus, const struct subscription *subscription)
{
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;

	/* What the broker's access list refuses does not come; the services' silence checks and the status show it. */
	MQTTAsync_subscribe(bus->client, subscription->filter, subscription->qos, &options);
}

enum err bus_subscribe(struct bus *bus, const char *filter, int qos)
{
	struct subscription *subscription = &bus->subscriptions[bus->subscription_count];

	if (bus->subscription_count == BUS_SUBSCRIPTIONS_MAX ||
		text_copy(subscription->filter, sizeof subscription->filter, filter))
		return ERR_FULL;
	subscription->qos = qos;
	bus->subscription_count++;
	if (bus->state == BUS_STATE_CONNECTED)
		subscribe_now(bus, subscription);
	return ERR_OK;
}

bool bus_is_connected(const struct bus *bus)
{
	return bus->state == BUS_STATE_CONNECTED;
}

struct mono bus_due(const struct bus *bus)
{
	return bus->due;
}

void bus_tick(struct bus *bus, struct mono now)
{
	if (!bus->started || bus->state != BUS_STATE_IDLE || now.us < bus->due.us)
		return;
	if (attempt(bus, NULL))
		schedule(bus, now);
}

/* ---- the loop takes ---- */

/* follow keeps the state in step with the events. */
static void follow(struct bus *bus, enum bus_event_kind kind)
{
	if (kind == BUS_CONNECTED) {
		bus->state = BUS_STATE_CONNECTED;
		bus->backoff_us = BUS_BACKOFF_MIN_US;
		bus->due = (struct mono){INT64_MAX};
		nodelay_set(bus->config.port);
		for (unsigned i = 0; i < bus->subscription_count; i++)
			subscribe_now(bus, &bus->subscriptions[i]);
	} else if (kind == BUS_DISCONNECTED) {
		bus->state = BUS_STATE_IDLE;
		pthread_mutex_lock(&bus->lock);
		bus->connection++;
		bus->pending = 0;
		pthread_mutex_unlock(&bus->lock);
		schedule(bus, mono_now());
	}
}

enum err bus_next(struct bus *bus, struct bus_event *out_event)
{
	const struct bus_event *event = bus_queue_take(&bus->queue);

	if (!event)
		return ERR_NOT_FOUND;
	follow(bus, event->kind);
	*out_event = *event;
	return ERR_OK;
}

/* ---- publishing ---- */

static enum err add_properties(MQTTProperties *properties, const struct bus_publication *p)
{
	MQTTProperty property = {.identifier = MQTTPROPERTY_CODE_RESPONSE_TOPIC};
	int failed = 0;

	if (p->response_topic) {
		property.value.data.data = (char *)(uintptr_t)p->response_topic;
		property.value.data.len = (int)strlen(p->response_topic);
		failed |= MQTTProperties_add(properties, &property);
	}
	if (p->correlation_length) {
		property.identifier = MQTTPROPERTY_CODE_CORRELATION_DATA;
		property.value.data.data = (char *)(uintptr_t)p->correlation;
		property.value.data.len = (int)p->correlation_length;
		failed |= MQTTProperties_add(properties, &property);
	}
	return failed ? ERR_NOMEM : ERR_OK;
}

static enum err send(struct bus *bus, const struct bus_publication *p, const MQTTAsync_message *message)
{
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
	struct delivery *delivery = malloc(sizeof *delivery);

	if (!delivery)
		return ERR_NOMEM;
	*delivery = (struct delivery){.bus = bus, .token = p->token};
	options.onSuccess5 = on_delivered;
	options.onFailure5 = on_undelivered;
	options.context = delivery;
	pthread_mutex_lock(&bus->lock);
	bus->pending++;
	delivery->connection = bus->connection;
	pthread_mutex_unlock(&bus->lock);
	int code = MQTTAsync_sendMessage(bus->client, p->topic, message, &options);
	if (code == MQTTASYNC_SUCCESS)
		return ERR_OK;
	(void)settle(delivery);
	return code == MQTTASYNC_MAX_BUFFERED_MESSAGES ? ERR_FULL : ERR_CLOSED;
}

enum err bus_publish(struct bus *bus, const struct bus_publication *p)
{
	MQTTAsync_message message = MQTTAsync_message_initializer;
	enum err err;

	if (bus->state != BUS_STATE_CONNECTED)
		return ERR_CLOSED;
	pthread_mutex_lock(&bus->lock);
	bool full = bus->pending >= BUS_PENDING_MAX;
	pthread_mutex_unlock(&bus->lock);
	if (full)
		return ERR_FULL;
	message.payload = (void *)(uintptr_t)p->payload;
	message.payloadlen = (int)p->length;
	message.qos = p->qos;
	message.retained = p->retain;
	err = add_properties(&message.properties, p);
	if (!err)
		err = send(bus, p, &message);
	MQTTProperties_free(&message.properties);
	return err;
}
