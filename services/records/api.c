/* SPDX-License-Identifier: MIT */
#include "records/api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"

static const char *const method_names[API_METHOD_COUNT] = {"import", "timeline", "summary"};

/* split_topic gives user and method of curtain/api/<user>/records/<method>. */
static enum err split_topic(const char *topic, char user[ID_BYTES], enum api_method *out_method)
{
	static const char prefix[] = "curtain/api/", service[] = "/records/";
	const char *begin = topic + sizeof prefix - 1, *slash;
	unsigned method = 0;

	if (strncmp(topic, prefix, sizeof prefix - 1) != 0)
		return ERR_NOT_FOUND;
	slash = strchr(begin, '/');
	if (!slash || slash - begin >= ID_BYTES || strncmp(slash, service, sizeof service - 1) != 0)
		return ERR_NOT_FOUND;
	memcpy(user, begin, (size_t)(slash - begin));
	user[slash - begin] = '\0';
	if (!text_is_id(user))
		return ERR_NOT_FOUND;
	while (method < API_METHOD_COUNT && strcmp(slash + sizeof service - 1, method_names[method]) != 0)
		method++;
	*out_method = (enum api_method)method;
	return ERR_OK;
}

/* is_own: only below curtain/api/<user>/response/, so that nobody has answers sent to somebody else. */
static bool is_own(const char *topic, const char *user)
{
	char prefix[ID_BYTES + 32];
	int length = snprintf(prefix, sizeof prefix, "curtain/api/%s/response/", user);

	return strncmp(topic, prefix, (size_t)length) == 0 && topic[length] && !strpbrk(topic, "+#");
}

enum err api_open(const struct bus_event *event, struct api_request **out_request, struct errinfo *info)
{
	char user[ID_BYTES];
	enum api_method method;
	struct api_request *request;

	if (split_topic(event->topic, user, &method))
		return ERR_NOT_FOUND;
	if (!is_own(event->response_topic, user) || strlen(event->response_topic) >= sizeof request->response_topic ||
		event->correlation_length > sizeof request->correlation)
		return errinfo_set(info, ERR_DENIED, "the response topic must be below curtain/api/%s/response/", user);
	request = calloc(1, sizeof *request + (event->length <= REQUEST_BYTES_MAX ? event->length : 0));
	if (!request)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	request->method = method;
	text_cut(request->user, sizeof request->user, user);
	text_cut(request->response_topic, sizeof request->response_topic, event->response_topic);
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
					       .qos = 1,
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
