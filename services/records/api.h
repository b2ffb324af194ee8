/* SPDX-License-Identifier: MIT
 *
 * api: requests on curtain/api/<user>/records/<method> as they wait for their turn, with where their answers go.
 */
#ifndef CURTAIN_RECORDS_API_H
#define CURTAIN_RECORDS_API_H

#include "base/err.h"
#include "bus/bus.h"
#include "codec/request.h"
#include "message/message.h"

struct api_request {
	struct api_request *next;
	char method[32]; /* cut: a longer one is none of ours */
	char user[ID_BYTES];
	char response_topic[256];
	int qos; /* the answer's too */
	char correlation[256];
	size_t correlation_length;
	bool alone; /* not with others in a transaction any more: one of them failed */
	size_t length;
	char payload[];
};

/* api_open takes a message apart. ERR_NOT_FOUND: its topic is no request for records. ERR_DENIED: its response topic is
 * not the user's own, or missing: nobody can be answered. Release with free(). */
enum err api_open(const struct bus_event *event, struct api_request **out_request, struct errinfo *info) ERR_MUST_CHECK;
/* api_respond publishes an answer around result (JSON); an answer that the broker does not take now is lost, and the
 * caller asks again. */
void api_respond(struct bus *bus, const struct api_request *request, const char *result, size_t length);
void api_respond_error(struct bus *bus, const struct api_request *request, enum err code, const char *text);

#endif
