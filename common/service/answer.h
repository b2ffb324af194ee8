/* SPDX-License-Identifier: MIT
 *
 * answer: the last hop of a request on curtain/api/<user>/<service>/<method> (codec/request.h has its JSON).
 */
#ifndef CURTAIN_SERVICE_ANSWER_H
#define CURTAIN_SERVICE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "bus/bus.h"
#include "message/message.h"

/* answer_caller takes a request's topic apart. ERR_NOT_FOUND: it is none. ERR_DENIED: its response topic is not the
 * caller's own (curtain/api/<user>/response/...), so that nobody can be answered. The method points into the topic. */
enum err answer_caller(const struct bus_event *event, char out_user[ID_BYTES], const char **out_method) ERR_MUST_CHECK;
/* answer_send publishes the good answer around result (one JSON value), or, if err, the bad one with text; with the
 * request's QoS. */
enum err answer_send(struct bus *bus, const struct bus_event *event, enum err err, const char *text, const char *result,
	size_t length) ERR_MUST_CHECK;

/* answers: what may be said only when the turn that did it is on disk. Who was told "done" and then finds nothing after
 * a crash has been lied to; who heard nothing asks again. Begins as {0}. */
struct answers {
	struct answer_kept *kept;
	uint32_t head, count, capacity;
};
/* answers_keep keeps what answer_send would send; ERR_NOMEM. */
enum err answers_keep(struct answers *answers, const struct bus_event *event, enum err err, const char *text,
	const char *result, size_t length) ERR_MUST_CHECK;
/* answers_keep_receipt keeps the receipt of a message that asks for one: its correlation data, back to its sender. */
enum err answers_keep_receipt(struct answers *answers, const struct bus_event *event) ERR_MUST_CHECK;
static inline bool answers_wait(const struct answers *answers)
{
	return answers->head < answers->count;
}
/* answers_send_next sends the oldest and forgets it, sent or not: who asked asks again. One must wait. */
enum err answers_send_next(struct answers *answers, struct bus *bus) ERR_MUST_CHECK;
/* answers_send sends all and logs what was not sent. */
void answers_send(struct answers *answers, struct bus *bus);
void answers_fini(struct answers *answers);

#endif
