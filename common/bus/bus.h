/* SPDX-License-Identifier: MIT
 *
 * bus: one MQTT 5 connection to the broker (paho.mqtt.c async behind it; no paho type appears here).
 *
 * paho's threads only copy a message into a bounded queue and wake the loop; everything else happens on the caller's
 * thread in bus_next(). A full queue blocks paho's reader (back-pressure on the socket), it never drops.
 * The connection is kept alive by the module: first attempt at once, then with jittered back-off 100 ms .. 10 s.
 * Subscriptions given to bus_subscribe are remembered and made again on every new connection.
 * Sessions are clean: what must not be lost goes through lanes (lane.h) or is sent again by its owner.
 */
#ifndef CURTAIN_BUS_BUS_H
#define CURTAIN_BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "config/config.h"

struct bus_config {
	char host[128];
	int64_t port;
	char user[64];
	char password_file[256];                   /* "" = none */
	char ca_file[256];                         /* "" = no TLS */
	char certificate_file[256], key_file[256]; /* client certificate; "" = none */
	int64_t keepalive_ms;
	int64_t queue_bytes; /* received, not yet taken by bus_next */
};

/* BUS_CONFIG_KEYS(type, member): the config rows of a struct bus_config inside a service's struct. */
#define BUS_CONFIG_KEYS(type, member)                                                                                  \
	{"bus.host", CONFIG_TEXT, CONFIG_FIELD(type, member.host), "127.0.0.1", 1, 127, NULL,                          \
		"Broker host name or address."},                                                                       \
		{"bus.port", CONFIG_INT, CONFIG_FIELD(type, member.port), "1883", 1, 65535, NULL, "Broker port."},     \
		{"bus.user", CONFIG_TEXT, CONFIG_FIELD(type, member.user), "\"\"", 0, 63, NULL,                        \
			"Broker account; empty: anonymous."},                                                          \
		{"bus.password_file", CONFIG_PATH, CONFIG_FIELD(type, member.password_file), "\"\"", 0, 0, NULL,       \
			"File with the account's password."},                                                          \
		{"bus.ca_file", CONFIG_PATH, CONFIG_FIELD(type, member.ca_file), "\"\"", 0, 0, NULL,                   \
			"CA certificate; set: TLS is used and the broker verified."},                                  \
		{"bus.certificate_file", CONFIG_PATH, CONFIG_FIELD(type, member.certificate_file), "\"\"", 0, 0, NULL, \
			"Client certificate, if the broker wants one."},                                               \
		{"bus.key_file", CONFIG_PATH, CONFIG_FIELD(type, member.key_file), "\"\"", 0, 0, NULL,                 \
			"Key of the client certificate."},                                                             \
		{"bus.keepalive", CONFIG_DURATION, CONFIG_FIELD(type, member.keepalive_ms), "20s", 1000, 3600000,      \
			NULL, "MQTT keep-alive."},                                                                     \
	{                                                                                                              \
		"bus.queue_bytes", CONFIG_BYTES, CONFIG_FIELD(type, member.queue_bytes), "32MiB", 65536, 1073741824,   \
			NULL, "Bound of the queue between the network and the loop."                                   \
	}

enum bus_event_kind { BUS_CONNECTED, BUS_DISCONNECTED, BUS_MESSAGE, BUS_DELIVERED, BUS_REFUSED };

/* bus_event: payload, topic, response_topic and correlation stay valid until the next bus_next() on this bus. */
struct bus_event {
	enum bus_event_kind kind;
	const char *topic; /* BUS_MESSAGE */
	const char *payload;
	size_t length;
	bool retained;
	int qos;                    /* as it was delivered */
	const char *response_topic; /* "" = none */
	const char *correlation;
	size_t correlation_length;
	uint64_t token; /* BUS_DELIVERED: the token of a QoS 1 publish that the broker has acknowledged; BUS_REFUSED:
			   that it has refused, or did not get */
	const char *reason; /* BUS_DISCONNECTED: for the log */
	int refusal;        /* BUS_DISCONNECTED: the MQTT 5 reason code with which the broker refused (134 bad user or
			       password, 135 not authorized); 0: the network failed */
};

struct bus_publication {
	const char *topic;
	const void *payload;
	size_t length;
	int qos; /* 0 or 1 */
	bool retain;
	uint64_t token;             /* 0: neither BUS_DELIVERED nor BUS_REFUSED wanted */
	const char *response_topic; /* NULL = none */
	const void *correlation;
	size_t correlation_length;
};

struct bus;

/* bus_create makes an unconnected bus. client_id must be unique at the broker. will_* (retained, QoS 1) may be NULL/0.
 */
enum err bus_create(const struct bus_config *config, const char *client_id, const char *will_topic,
	const void *will_payload, size_t will_length, struct bus **out_bus, struct errinfo *info) ERR_MUST_CHECK;
/* bus_destroy disconnects cleanly (the will is not sent), waiting at most 1 s. NULL is fine. */
void bus_destroy(struct bus *bus);
/* bus_start begins connecting; never blocks. */
enum err bus_start(struct bus *bus, struct errinfo *info) ERR_MUST_CHECK;
/* bus_fd is readable when bus_next() has something; for the service's epoll. */
int bus_fd(const struct bus *bus);
/* bus_next takes the next event; ERR_NOT_FOUND when there is none now. */
enum err bus_next(struct bus *bus, struct bus_event *out_event) ERR_MUST_CHECK;
enum err bus_subscribe(struct bus *bus, const char *filter, int qos) ERR_MUST_CHECK;
/* bus_publish hands a message over; ERR_CLOSED while not connected (nothing is queued then: the owner sends again after
 * BUS_CONNECTED), ERR_FULL when too much is in flight. */
enum err bus_publish(struct bus *bus, const struct bus_publication *publication) ERR_MUST_CHECK;
bool bus_is_connected(const struct bus *bus);
/* bus_due gives when the loop must call bus_next() again for a reconnect attempt; INT64_MAX us = not at all. */
struct mono bus_due(const struct bus *bus);
/* bus_tick makes a due reconnect attempt. */
void bus_tick(struct bus *bus, struct mono now);

/* bus_topic_matches says whether topic matches an MQTT filter (+, #, and $-topics as in MQTT 5 section 4.7.2). */
bool bus_topic_matches(const char *filter, const char *topic);

#endif
