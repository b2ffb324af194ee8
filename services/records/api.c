/* SPDX-License-Identifier: MIT */
#include "records/api.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "service/answer.h"

/* method_of finds the method of curtain/api/<user>/records/<method>; NULL: the request is for another service. */
static const char *method_of(const char *name)
{
	static const char service[] = "/records/";

	return strncmp(name - (sizeof service - 1), service, sizeof service - 1) == 0 ? name : NULL;
}

enum err api_open(const struct bus_event *event, struct api_request **out_request, struct errinfo *info)
{
	char user[ID_BYTES];
	const char *name;
	struct api_request *request;
	enum err err = answer_caller(event, user, &name);

	if (err == ERR_NOT_FOUND || (!err && !method_of(name)))
		return ERR_NOT_FOUND;
	if (err || strlen(event->response_topic) >= sizeof request->response_topic ||
		event->correlation_length > sizeof request->correlation)
		return errinfo_set(info, ERR_DENIED,
			"the response topic must be below curtain/api/, the caller's own name, /response/");
	request = calloc(1, sizeof *request + (event->length <= REQUEST_BYTES_MAX ? event->length : 0));
	if (!request)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	text_cut(request->method, sizeof request->method, name);
	text_cut(request->user, sizeof request->user, user);
	text_cut(request->response_topic, sizeof request->response_topic, event->response_topic);
	request->qos = event->qos;
	request->correlation_length = event->correlation_length;
	if (event->correlation_length)
		memcpy(request->correlation, event->correlation, event->correlation_length);
	request->length = event->length; /* a longer one is refused by request_open before it looks */
	if (event->length && event->length <= REQUEST_BYTES_MAX)
		memcpy(request->payload, event->payload, event->length);
	*out_request = request;
	return ERR_OK;
}

static void publish(struct bus *bus, const struct api_request *request, const struct buf *text)
{
	enum err err = text->failed;

	if (!err)
		err = bus_publish(bus, &(struct bus_publication){.topic = request->response_topic,
					       .payload = text->data,
					       .length = text->length,
					       .qos = request->qos,
					       .correlation = request->correlation,
					       .correlation_length = request->correlation_length});
	if (err)
		log_warning("response_not_sent", "user", request->user, "error", err_name(err));
}

void api_respond(struct bus *bus, const struct api_request *request, const char *result, size_t length)
{
	struct buf text;

	buf_init(&text, REQUEST_BYTES_MAX);
	if (response_encode(result, length, &text) == ERR_FULL) {
		buf_reset(&text);
		response_encode_error(ERR_FULL, "the answer is too long: ask for less", &text);
	}
	publish(bus, request, &text);
	buf_fini(&text);
}

void api_respond_error(struct bus *bus, const struct api_request *request, enum err code, const char *why)
{
	struct buf text;

	buf_init(&text, REQUEST_BYTES_MAX);
	response_encode_error(code, why, &text);
	publish(bus, request, &text);
	buf_fini(&text);
}
