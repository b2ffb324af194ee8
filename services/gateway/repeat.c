/* SPDX-License-Identifier: MIT
 *
 * Requests with an Idempotency-Key (once.h), between the exchange and the bus.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "codec/request.h"
#include "gateway/arguments.h"
#include "gateway/digest.h"
#include "gateway/gateway.h"

enum err repeat_begin(struct gateway *gateway, struct exchange *x)
{
	const struct route_match *match = &x->match;
	unsigned char hash[DIGEST_BYTES];
	enum once_state state = ONCE_UNKNOWN;
	struct errinfo info = {0};
	struct buf asked;
	enum err err;

	buf_init(&asked, x->body.limit + sizeof match->values + 1024);
	buf_printf(&asked, "%s %s\n", match->route->verb, match->route->path);
	for (unsigned i = 0; match->route->parameters[i].name; i++)
		buf_printf(&asked, "%s\n", match->values[i]);
	buf_append(&asked, x->body.length ? x->body.data : "", x->body.length);
	err = asked.failed ? asked.failed : digest_sha256(asked.data, asked.length, hash) ? ERR_OK : ERR_IO;
	buf_fini(&asked);
	if (!err)
		err = once_begin(gateway->once,
			&(struct once_request){x->account, x->key, hash, x->correlation, gateway->turn.wall}, &state,
			&x->status, &x->answer, &info);
	if (err) {
		log_error("key_not_noted", "error", *info.text ? info.text : err_name(err));
		exchange_fail(x, "full", "the Idempotency-Key cannot be noted now, so nothing was done; try again");
	} else if (state == ONCE_OTHER) {
		exchange_fail(x, "key_reused", "Idempotency-Key: was sent with another request; take a new one");
	} else if (state == ONCE_UNKNOWN) {
		exchange_fail(x, "state",
			"Idempotency-Key: the request is at work, or was cut off, and nobody knows whether it was "
			"done; look, and take a new key");
	} else if (state == ONCE_SAME) {
		gateway->replayed++;
		x->replayed = true;
		x->state = EXCHANGE_READY;
		x->type = x->status < 400 ? EXCHANGE_JSON : EXCHANGE_PROBLEM;
	}
	return x->state == EXCHANGE_READY ? ERR_EXISTS : ERR_OK;
}

void repeat_end(struct gateway *gateway, struct exchange *x)
{
	struct errinfo info = {0};
	enum err err = ERR_OK;

	if (x->undone)
		err = once_undo(gateway->once, x->account, x->correlation, &info);
	else if (x->status < 500)
		err = once_end(
			gateway->once, x->account, x->correlation, x->status, x->answer.data, x->answer.length, &info);
	if (!err)
		return;
	log_error("answer_not_kept", "error", *info.text ? info.text : err_name(err));
	exchange_fail(x, "io", "it was done, but the answer cannot be kept under the Idempotency-Key");
}

void repeat_late(struct gateway *gateway, const struct bus_event *event)
{
	char account[ID_BYTES] = "", waiting[ONCE_WAITING_BYTES];
	struct response response = {0};
	struct buf problem;
	struct errinfo info = {0};
	enum err err = ERR_OK;

	if (event->correlation_length >= sizeof waiting || sscanf(event->topic, "curtain/api/%63[^/]/", account) != 1)
		return;
	memcpy(waiting, event->correlation, event->correlation_length);
	waiting[event->correlation_length] = '\0';
	if (response_decode(event->payload, event->length, &response, NULL))
		return;
	buf_init(&problem, REQUEST_BYTES_MAX);
	unsigned status = response.ok ? 200 : problem_status(response.code);
	if (response.ok)
		err = once_end(
			gateway->once, account, waiting, status, response.result, strlen(response.result), &info);
	else if (!strcmp(response.code, "again") || !strcmp(response.code, "full"))
		err = once_undo(gateway->once, account, waiting, &info);
	else if (status < 500 && !problem_write(status, response.code, response.text, &problem))
		err = once_end(gateway->once, account, waiting, status, problem.data, problem.length, &info);
	if (err && err != ERR_NOT_FOUND)
		log_error("late_answer_not_kept", "error", info.text);
	buf_fini(&problem);
	response_fini(&response);
}
