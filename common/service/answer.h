/* SPDX-License-Identifier: MIT
 *
 * answer: the last hop of a request on curtain/api/<user>/<service>/<method> (codec/request.h has its JSON).
 */
#ifndef CURTAIN_SERVICE_ANSWER_H
#define CURTAIN_SERVICE_ANSWER_H

#include <stdbool.h>

#include "bus/bus.h"
#include "message/message.h"

/* answer_caller takes a request's topic apart. ERR_NOT_FOUND: it is none. ERR_DENIED: its response topic is not the
 * caller's own (curtain/api/<user>/response/...), so that nobody can be answered. The method points into the topic. */
enum err answer_caller(const struct bus_event *event, char out_user[ID_BYTES], const char **out_method) ERR_MUST_CHECK;
/* answer_send publishes the good answer around result (one JSON value), or, if err, the bad one with text; with the
 * request's QoS. */
enum err answer_send(struct bus *bus, const struct bus_event *event, enum err err, const char *text, const char *result,
	size_t length) ERR_MUST_CHECK;

#endif
