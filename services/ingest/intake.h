/* SPDX-License-Identifier: MIT
 *
 * intake: the connection to the devices, and only it, by libmosquitto in an external loop: messages are read and given
 * away, but no acknowledgement leaves before intake_write, which the caller calls after its commit. (paho acknowledges
 * when it likes.)
 *
 * The session is kept by the broker: what arrives while we are away waits there. A reconnection gives again what was
 * not acknowledged; the messages that come again carry their old ids.
 */
#ifndef CURTAIN_INGEST_INTAKE_H
#define CURTAIN_INGEST_INTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "bus/bus.h"

struct intake_message {
	const char *topic, *payload; /* valid during the call */
	size_t length;
	bool retained;
	int qos;
	uint16_t id;                /* of QoS 1 messages */
	const char *response_topic; /* "" = none */
	const void *correlation;
	size_t correlation_length;
};

struct intake_config {
	const struct bus_config *bus; /* server and credentials, as for the bus */
	const char *client_id;
	int64_t session_expiry_ms;
	int receive_maximum;
	/* message: false ends intake_read early. */
	bool (*message)(void *context, const struct intake_message *message);
	/* connected: present says whether the broker still had our session; if not, nothing will be redelivered. */
	void (*connected)(void *context, bool present);
	void (*disconnected)(void *context, const char *reason);
	void *context;
};

struct intake;

enum err intake_create(
	const struct intake_config *config, struct intake **out_intake, struct errinfo *info) ERR_MUST_CHECK;
/* intake_destroy closes the connection; what was not written is not acknowledged. NULL is fine. */
void intake_destroy(struct intake *intake);
/* intake_connect makes the connection; blocks while the TCP connection is made: call it when the broker is known to
 * answer. */
enum err intake_connect(struct intake *intake, struct errinfo *info) ERR_MUST_CHECK;
/* intake_fd: -1 while there is no connection; another one after each intake_connect. */
int intake_fd(const struct intake *intake);
/* intake_read gives at most max_messages to config.message; true: it stopped before all that is waiting was read. */
bool intake_read(struct intake *intake, unsigned max_messages);
/* intake_write lets acknowledgements, receipts and all else out; true: more is waiting for the socket. */
bool intake_write(struct intake *intake);
/* intake_misc keeps the connection alive; about once a second. */
void intake_misc(struct intake *intake);
void intake_subscribe(struct intake *intake, const char *filter);
void intake_unsubscribe(struct intake *intake, const char *filter);
/* intake_receipt queues a receipt; it leaves with the next intake_write. */
enum err intake_receipt(
	struct intake *intake, const char *topic, const void *correlation, size_t length) ERR_MUST_CHECK;

#endif
