/* SPDX-License-Identifier: MIT */
#include "ingest/intake.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/text.h"

struct intake {
	struct mosquitto *client;
	struct intake_config config;
	char password[512];
	unsigned taken;
	bool enough; /* said config.message */
	bool up;
};

static void on_connect(
	struct mosquitto *client, void *object, int code, int flags, const mosquitto_property *properties)
{
	struct intake *intake = object;

	(void)client;
	(void)properties;
	if (code) {
		intake->config.disconnected(intake->config.context, mosquitto_reason_string(code));
		return;
	}
	intake->up = true;
	intake->config.connected(intake->config.context, flags & 1);
}

static void on_disconnect(struct mosquitto *client, void *object, int code, const mosquitto_property *properties)
{
	struct intake *intake = object;

	(void)client;
	(void)properties;
	intake->up = false;
	intake->config.disconnected(intake->config.context, mosquitto_strerror(code));
}

static void on_message(
	struct mosquitto *client, void *object, const struct mosquitto_message *m, const mosquitto_property *properties)
{
	struct intake *intake = object;
	char *response = NULL;
	void *correlation = NULL;
	uint16_t length = 0;

	(void)client;
	mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &response, false);
	mosquitto_property_read_binary(properties, MQTT_PROP_CORRELATION_DATA, &correlation, &length, false);
	intake->taken++;
	intake->enough =
		!intake->config.message(intake->config.context, &(struct intake_message){.topic = m->topic,
									.payload = m->payload ? m->payload : "",
									.length = (size_t)m->payloadlen,
									.retained = m->retain,
									.qos = m->qos,
									.id = (uint16_t)m->mid,
									.response_topic = response ? response : "",
									.correlation = correlation,
									.correlation_length = length});
	free(response);
	free(correlation);
}

static enum err set_credentials(struct intake *intake, struct errinfo *info)
{
	const struct bus_config *bus = intake->config.bus;
	enum err err = ERR_OK;

	if (bus->password_file[0])
		err = config_secret(bus->password_file, intake->password, sizeof intake->password, info);
	if (!err && bus->user[0] &&
		mosquitto_username_pw_set(intake->client, bus->user, intake->password[0] ? intake->password : NULL))
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err && bus->ca_file[0]) {
		int code = mosquitto_tls_set(intake->client, bus->ca_file, NULL,
			bus->certificate_file[0] ? bus->certificate_file : NULL,
			bus->key_file[0] ? bus->key_file : NULL, NULL);
		if (code)
			err = errinfo_set(info, ERR_INVALID, "TLS with %s: %s", bus->ca_file, mosquitto_strerror(code));
	}
	return err;
}

static pthread_once_t library_once = PTHREAD_ONCE_INIT;

static void library_init(void)
{
	mosquitto_lib_init();
}

enum err intake_create(const struct intake_config *config, struct intake **out_intake, struct errinfo *info)
{
	struct intake *intake = calloc(1, sizeof *intake);
	enum err err = ERR_OK;

	if (!intake)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	pthread_once(&library_once, library_init);
	intake->config = *config;
	intake->client = mosquitto_new(config->client_id, false, intake);
	if (!intake->client)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err)
		err = set_credentials(intake, info);
	if (err) {
		intake_destroy(intake);
		return err;
	}
	mosquitto_int_option(intake->client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
	mosquitto_int_option(intake->client, MOSQ_OPT_RECEIVE_MAXIMUM, config->receive_maximum);
	mosquitto_int_option(intake->client, MOSQ_OPT_SEND_MAXIMUM, 65535);
	mosquitto_int_option(intake->client, MOSQ_OPT_TCP_NODELAY, 1);
	/* With threads claimed, the library queues each packet instead of writing it where it arises: acknowledgements
	 * then wait for intake_write. This is what the whole intake rests on (tests/integration/test_intake.py traces
	 * it). */
	mosquitto_threaded_set(intake->client, true);
	mosquitto_connect_v5_callback_set(intake->client, on_connect);
	mosquitto_disconnect_v5_callback_set(intake->client, on_disconnect);
	mosquitto_message_v5_callback_set(intake->client, on_message);
	*out_intake = intake;
	return ERR_OK;
}

void intake_destroy(struct intake *intake)
{
	if (!intake)
		return;
	/* No MQTT DISCONNECT: it would queue behind acknowledgements that must not leave. The session stays at the
	 * broker. */
	if (intake->client)
		mosquitto_destroy(intake->client);
	explicit_bzero(intake->password, sizeof intake->password);
	free(intake);
}

enum err intake_connect(struct intake *intake, struct errinfo *info)
{
	mosquitto_property *properties = NULL;
	int64_t expiry = intake->config.session_expiry_ms / 1000;
	int code = mosquitto_property_add_int32(
		&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, expiry > UINT32_MAX ? UINT32_MAX : (uint32_t)expiry);

	/* mosquitto_reconnect() forgets the properties, and with them the session's expiry. */
	if (!code)
		code = mosquitto_connect_bind_v5(intake->client, intake->config.bus->host,
			(int)intake->config.bus->port, (int)((intake->config.bus->keepalive_ms + 999) / 1000), NULL,
			properties);
	mosquitto_property_free_all(&properties);
	if (code)
		return errinfo_set(
			info, ERR_IO, "%s", code == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(code));
	return ERR_OK;
}

int intake_fd(const struct intake *intake)
{
	return mosquitto_socket(intake->client);
}

bool intake_read(struct intake *intake, unsigned max_messages)
{
	intake->taken = 0;
	intake->enough = false;
	while (intake->taken < max_messages && !intake->enough) {
		unsigned before = intake->taken;
		errno = 0;
		if (mosquitto_loop_read(intake->client, 1))
			return false;
		/* Each acknowledgement that it queues makes the library write to a wake-up pipe of its own, which
		 * nobody reads: only without a message errno speaks of the socket. */
		if (intake->taken == before && (errno == EAGAIN || errno == EWOULDBLOCK))
			return false;
	}
	return true;
}

/* cork holds small packets back until they fill a segment: a turn's acknowledgements are four bytes each, and the
 * library writes each on its own. Taking the cork out sends what is left. */
static void cork(int fd, int on)
{
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

bool intake_write(struct intake *intake)
{
	int fd = intake_fd(intake);

	if (fd < 0 || !mosquitto_want_write(intake->client))
		return false;
	cork(fd, 1);
	while (intake_fd(intake) >= 0 && mosquitto_want_write(intake->client)) {
		errno = 0;
		if (mosquitto_loop_write(intake->client, 1) || errno == EAGAIN || errno == EWOULDBLOCK)
			break;
	}
	if (intake_fd(intake) < 0)
		return false;
	cork(fd, 0);
	return mosquitto_want_write(intake->client);
}

void intake_misc(struct intake *intake)
{
	mosquitto_loop_misc(intake->client);
}

void intake_subscribe(struct intake *intake, const char *filter)
{
	/* Stored messages only for a subscription that the broker does not have yet. */
	mosquitto_subscribe_v5(intake->client, NULL, filter, 1, MQTT_SUB_OPT_SEND_RETAIN_NEW, NULL);
}

void intake_unsubscribe(struct intake *intake, const char *filter)
{
	mosquitto_unsubscribe(intake->client, NULL, filter);
}

enum err intake_receipt(struct intake *intake, const char *topic, const void *correlation, size_t length)
{
	mosquitto_property *properties = NULL;
	int code = MOSQ_ERR_SUCCESS;

	if (length > UINT16_MAX)
		return ERR_RANGE;
	if (length)
		code = mosquitto_property_add_binary(
			&properties, MQTT_PROP_CORRELATION_DATA, correlation, (uint16_t)length);
	if (!code)
		code = mosquitto_publish_v5(
			intake->client, NULL, topic, (int)length, correlation, 1, false, properties);
	mosquitto_property_free_all(&properties);
	return code ? ERR_IO : ERR_OK;
}
