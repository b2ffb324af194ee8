/* SPDX-License-Identifier: MIT */
#include "service/answer.h"

#include <string.h>

#include "base/text.h"
#include "codec/request.h"

static const char prefix[] = "curtain/api/";

enum err answer_caller(const struct bus_event *event, char out_user[ID_BYTES], const char **out_method)
{
	size_t head = sizeof prefix - 1, user;
	const char *method = strrchr(event->topic, '/');
	char name[ID_BYTES];

	if (strncmp(event->topic, prefix, head) != 0)
		return ERR_NOT_FOUND;
	user = strcspn(event->topic + head, "/");
	if (user >= sizeof name || event->topic + head + user >= method)
		return ERR_NOT_FOUND;
	memcpy(name, event->topic + head, user);
	name[user] = '\0';
	if (!text_is_id(name))
		return ERR_NOT_FOUND;
	if (strncmp(event->response_topic, event->topic, head + user) != 0 ||
		strncmp(event->response_topic + head + user, "/response/", 10) != 0 ||
		!event->response_topic[head + user + 10] || strpbrk(event->response_topic, "+#"))
		return ERR_DENIED;
	memcpy(out_user, name, user + 1);
	*out_method = method + 1;
	return ERR_OK;
}

enum err answer_send(struct bus *bus, const struct bus_event *event, enum err err, const char *text, const char *result,
	size_t length)
{
	struct buf response;
	enum err sent;

	buf_init(&response, REQUEST_BYTES_MAX);
	if (err)
		sent = response_encode_error(err, *text ? text : err_name(err), &response);
	else
		sent = response_encode(result, length, &response);
	if (!sent)
		sent = bus_publish(bus, &(struct bus_publication){.topic = event->response_topic,
						.payload = response.data,
						.length = response.length,
						.qos = event->qos,
						.correlation = event->correlation,
						.correlation_length = event->correlation_length});
	buf_fini(&response);
	return sent;
}
