/* SPDX-License-Identifier: MIT */
#include "service/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
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

static enum err encode(enum err err, const char *text, const char *result, size_t length, struct buf *out)
{
	return err ? response_encode_error(err, *text ? text : err_name(err), out)
		   : response_encode(result, length, out);
}

enum err answer_send(struct bus *bus, const struct bus_event *event, enum err err, const char *text, const char *result,
	size_t length)
{
	struct buf response;
	enum err sent;

	buf_init(&response, REQUEST_BYTES_MAX);
	sent = encode(err, text, result, length, &response);
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

/* ---- those that wait for the disk ---- */

struct answer_kept {
	char *topic;
	unsigned char *correlation;
	size_t correlation_length;
	struct buf payload;
	int qos;
};

static void drop(struct answer_kept *kept)
{
	free(kept->topic);
	free(kept->correlation);
	buf_fini(&kept->payload);
}

static enum err grow(struct answers *answers)
{
	uint32_t capacity = answers->capacity ? answers->capacity * 2 : 16;
	struct answer_kept *more;

	if (answers->count < answers->capacity)
		return ERR_OK;
	more = realloc(answers->kept, capacity * sizeof *more);
	if (!more)
		return ERR_NOMEM;
	answers->kept = more;
	answers->capacity = capacity;
	return ERR_OK;
}

/* add takes payload over, in any case. */
static enum err add(struct answers *answers, const struct bus_event *event, int qos, struct buf *payload)
{
	struct answer_kept kept = {.topic = strdup(event->response_topic),
		.correlation = malloc(event->correlation_length + 1),
		.correlation_length = event->correlation_length,
		.payload = *payload,
		.qos = qos};

	if (!kept.topic || !kept.correlation || grow(answers)) {
		drop(&kept);
		return ERR_NOMEM;
	}
	if (event->correlation_length)
		memcpy(kept.correlation, event->correlation, event->correlation_length);
	answers->kept[answers->count++] = kept;
	return ERR_OK;
}

enum err answers_keep(struct answers *answers, const struct bus_event *event, enum err err, const char *text,
	const char *result, size_t length)
{
	struct buf payload;
	enum err encoded;

	buf_init(&payload, REQUEST_BYTES_MAX);
	encoded = encode(err, text, result, length, &payload);
	if (encoded) {
		buf_fini(&payload);
		return encoded;
	}
	return add(answers, event, event->qos, &payload);
}

enum err answers_keep_receipt(struct answers *answers, const struct bus_event *event)
{
	struct buf payload;
	enum err err;

	buf_init(&payload, event->correlation_length + 1);
	err = buf_append(&payload, event->correlation, event->correlation_length);
	if (err) {
		buf_fini(&payload);
		return err;
	}
	return add(answers, event, 1, &payload);
}

enum err answers_send_next(struct answers *answers, struct bus *bus)
{
	struct answer_kept *kept = &answers->kept[answers->head++];
	enum err err = bus_publish(bus, &(struct bus_publication){.topic = kept->topic,
						.payload = kept->payload.data,
						.length = kept->payload.length,
						.qos = kept->qos,
						.correlation = kept->correlation,
						.correlation_length = kept->correlation_length});

	drop(kept);
	if (!answers_wait(answers))
		answers->head = answers->count = 0;
	return err;
}

void answers_send(struct answers *answers, struct bus *bus)
{
	while (answers_wait(answers)) {
		enum err err = answers_send_next(answers, bus);
		if (err)
			log_warning("answer_not_sent", "error", err_name(err));
	}
}

void answers_fini(struct answers *answers)
{
	while (answers_wait(answers))
		drop(&answers->kept[answers->head++]);
	free(answers->kept);
	*answers = (struct answers){0};
}
