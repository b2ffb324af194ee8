/* SPDX-License-Identifier: MIT
 *
 * client: the tool's connection to the broker: connect, ask a service, wait for messages, each with an end in time.
 * One thread, one poll() loop inside client_next; the connection comes back by itself when it is lost.
 */
#ifndef CURTAIN_TOOL_CLIENT_H
#define CURTAIN_TOOL_CLIENT_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "bus/bus.h"
#include "codec/request.h"
#include "options.h"

struct client;

/* client_open connects; patience_ms > 0: an absent broker is tried again for so long. *connection must outlive it.
 * ERR_CLOSED: nobody there; ERR_DENIED: the broker refuses the account; info says what to check. */
enum err client_open(const struct connection *connection, int64_t patience_ms, struct client **out_client,
	struct errinfo *info) ERR_MUST_CHECK;
void client_close(struct client *client);
/* client_id is unique among all clients of the broker. */
const char *client_id(const struct client *client);
bool client_is_connected(const struct client *client);

/* client_deadline is now + ms; ms < 0 = never. */
struct mono client_deadline(int64_t ms);
/* client_next waits for the next event; ERR_AGAIN when the deadline has come. BUS_DISCONNECTED is an event like
 * another; BUS_CONNECTED after it says that the subscriptions stand again. */
enum err client_next(struct client *client, struct mono deadline, struct bus_event *out_event) ERR_MUST_CHECK;
enum err client_subscribe(struct client *client, const char *filter, struct errinfo *info) ERR_MUST_CHECK;
enum err client_publish(
	struct client *client, const struct bus_publication *publication, struct errinfo *info) ERR_MUST_CHECK;
/* client_mark sends a message to the client itself: when it comes back (client_is_mark), the broker has handed over all
 * retained messages of the subscriptions made before. */
enum err client_mark(struct client *client, struct errinfo *info) ERR_MUST_CHECK;
bool client_is_mark(const struct client *client, const struct bus_event *event);

/* client_request asks curtain/api/<user>/<service>/<method> with args (one JSON object) and waits for the answer, for
 * the connection's timeout. Good answer: *out_result (compact JSON) to free(). ERR_AGAIN: nobody answered, info names
 * the service and what its status says. Otherwise the service's own refusal. */
enum err client_request(struct client *client, const char *service, const char *method, const struct buf *args,
	char **out_result, struct errinfo *info) ERR_MUST_CHECK;
/* client_refused says whether an error of client_request was the service's answer, not a want of one. */
bool client_refused(const struct client *client);

#endif
