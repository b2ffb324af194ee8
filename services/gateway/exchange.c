/* SPDX-License-Identifier: MIT
 *
 * A request's way over the bus and back. The correlation data name the slot of those that wait and the request's own
 * number, so that an answer that comes after its time finds nobody.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/request.h"
#include "gateway/arguments.h"
#include "gateway/gateway.h"
#include "gateway/openapi.h"
#include "gateway/page.h"

#define CALENDAR "text/calendar; charset=utf-8"
#define HTML "text/html; charset=utf-8"
#define EXPOSITION "text/plain; version=0.0.4; charset=utf-8"

void exchange_fail(struct exchange *x, const char *code, const char *text)
{
	x->state = EXCHANGE_READY;
	x->undone = !strcmp(code, "again") || !strcmp(code, "full");
	x->status = problem_status(code);
	x->type = EXCHANGE_PROBLEM;
	buf_reset(&x->answer);
	if (x->match.route && x->match.route->kind == ROUTE_LINK) { /* people read it */
		x->type = HTML;
		if (page_write(&(struct page_link){.kind = PAGE_LATER}, &x->answer))
			buf_reset(&x->answer);
		return;
	}
	if (problem_write(x->status, code, text, &x->answer))
		buf_reset(&x->answer);
}

static void answer(struct exchange *x, unsigned status, const char *type)
{
	x->state = EXCHANGE_READY;
	x->status = status;
	x->type = type;
	if (x->answer.failed)
		exchange_fail(x, err_name(x->answer.failed), "the answer is too large, or memory is out");
}

/* ---- those that wait ---- */

static enum err enter(struct gateway *gateway, struct exchange *x)
{
	unsigned slot = 0;

	while (slot < gateway->waits_end && gateway->waiting[slot])
		slot++;
	if (slot == EXCHANGES_MAX)
		return ERR_FULL;
	if (slot == gateway->waits_end)
		gateway->waits_end++;
	gateway->waiting[slot] = x;
	gateway->waits++;
	x->slot = slot;
	x->number = ++gateway->numbers;
	x->until = (struct mono){gateway->turn.mono.us + gateway->settings.answer_ms * 1000};
	x->state = EXCHANGE_WAITING;
	snprintf(x->correlation, sizeof x->correlation, "%u.%llu", slot, (unsigned long long)x->number);
	return ERR_OK;
}

void exchange_leave(struct gateway *gateway, struct exchange *x)
{
	if (x->slot >= gateway->waits_end || gateway->waiting[x->slot] != x)
		return;
	gateway->waiting[x->slot] = NULL;
	gateway->waits--;
	while (gateway->waits_end && !gateway->waiting[gateway->waits_end - 1])
		gateway->waits_end--;
}

/* resume lets libmicrohttpd go on with a connection whose exchange is ready. */
static void resume(struct gateway *gateway, struct exchange *x)
{
	exchange_leave(gateway, x);
	MHD_resume_connection(x->connection);
	gateway->run = true;
}

void exchange_expire(struct gateway *gateway, struct mono now)
{
	for (unsigned i = 0; i < gateway->waits_end; i++) {
		struct exchange *x = gateway->waiting[i];
		if (!x || now.us < x->until.us)
			continue;
		gateway->timeouts++;
		exchange_fail(x, "timeout",
			x->match.route->kind == ROUTE_MESSAGE
				? "ingest did not say in time that the message is on its disk; send it again"
				: "the service did not answer in time; ask again");
		resume(gateway, x);
	}
}

static struct exchange *awaited(const struct gateway *gateway, const struct bus_event *event)
{
	char text[40];
	unsigned slot;
	unsigned long long number;
	int end = 0;

	if (event->correlation_length >= sizeof text)
		return NULL;
	memcpy(text, event->correlation, event->correlation_length);
	text[event->correlation_length] = '\0';
	if (sscanf(text, "%9u.%19llu%n", &slot, &number, &end) != 2 || text[end] || slot >= gateway->waits_end)
		return NULL;
	struct exchange *x = gateway->waiting[slot];
	return x && x->number == number ? x : NULL;
}

/* ---- to the bus ---- */

static void publish(struct gateway *gateway, struct exchange *x, const struct bus_publication *publication)
{
	enum err err = *x->key ? repeat_begin(gateway, x) : ERR_OK;

	if (err) {
		exchange_leave(gateway, x);
		return;
	}
	err = bus_publish(service_bus(gateway->service), publication);
	if (!err)
		return;
	exchange_leave(gateway, x);
	exchange_fail(x, err == ERR_CLOSED ? "closed" : "again",
		err == ERR_CLOSED ? "there is no connection to the broker now" : "too much is on its way; try again");
	x->undone = true;
	if (*x->key)
		repeat_end(gateway, x);
}

static enum err write_request(const struct exchange *x, struct buf *out, struct errinfo *info)
{
	char user[ID_BYTES + 16];
	size_t length = x->match.route->body ? x->body.length : 0;

	if (x->match.route->kind != ROUTE_FEED)
		return arguments_write(&x->match, length ? x->body.data : "", length, out, info);
	snprintf(user, sizeof user, "{\"user\":\"%s\"}", x->user); /* an id needs no escapes */
	return request_encode(user, strlen(user), out);
}

static void ask(struct gateway *gateway, struct exchange *x)
{
	const struct route *route = x->match.route;
	char topic[GATEWAY_TOPIC_BYTES], answers[GATEWAY_TOPIC_BYTES];
	struct errinfo info = {0};
	struct buf request;

	buf_init(&request, REQUEST_BYTES_MAX);
	if (write_request(x, &request, &info)) {
		exchange_fail(
			x, info.code ? err_name(info.code) : "range", *info.text ? info.text : "the body is too large");
	} else if (enter(gateway, x)) {
		exchange_fail(x, "again", "too many requests wait; try again");
	} else {
		snprintf(topic, sizeof topic, "curtain/api/%s/%s/%s", x->account, route->service, route->method);
		snprintf(answers, sizeof answers, "curtain/api/%s/response/%s", x->account,
			gateway->settings.common.instance);
		publish(gateway, x,
			&(struct bus_publication){.topic = topic,
				.payload = request.data,
				.length = request.length,
				.qos = route->verb[0] == 'G' ? 0 : 1, /* a lost read is asked again */
				.response_topic = answers,
				.correlation = x->correlation,
				.correlation_length = strlen(x->correlation)});
	}
	buf_fini(&request);
}

static bool may_publish(const struct gateway *gateway, const char *topic)
{
	const struct config_list *filters = &gateway->settings.intake_topics;

	if (strpbrk(topic, "+#") || !strncmp(topic, "curtain/", 8) || topic[0] == '$')
		return false;
	for (uint32_t i = 0; i < filters->count; i++)
		if (bus_topic_matches(filters->text[i], topic))
			return true;
	return false;
}

static void pass_on(struct gateway *gateway, struct exchange *x)
{
	const char *topic = x->match.values[0];

	if (!may_publish(gateway, topic))
		exchange_fail(x, "denied", "the topic is not among intake.topics");
	else if (!x->body.length)
		exchange_fail(x, "invalid", "body: is empty");
	else if (enter(gateway, x))
		exchange_fail(x, "again", "too many requests wait; try again");
	else
		publish(gateway, x,
			&(struct bus_publication){.topic = topic,
				.payload = x->body.data,
				.length = x->body.length,
				.qos = 1,
				.response_topic = gateway->receipts,
				.correlation = x->correlation,
				.correlation_length = strlen(x->correlation)});
}

/* ---- what the gateway answers itself ---- */

static void ready(struct gateway *gateway, struct exchange *x)
{
	const struct config_list *services = &gateway->settings.ready_services;
	struct wall now = gateway->turn.wall;
	bool connected = bus_is_connected(service_bus(gateway->service)), all = connected;

	buf_printf(&x->answer, "{\"broker\":%s,\"services\":{", connected ? "true" : "false");
	for (uint32_t i = 0; i < services->count; i++) {
		bool up = metrics_is_up(&gateway->metrics, services->text[i], now, gateway->settings.fresh_ms);
		buf_printf(&x->answer, "%s\"%s\":%s", i ? "," : "", services->text[i], up ? "true" : "false");
		all = all && up;
	}
	buf_text(&x->answer, "}}");
	answer(x, all ? 200 : 503, EXCHANGE_JSON);
}

void exchange_begin(struct gateway *gateway, struct exchange *x)
{
	switch (x->match.route->kind) {
	case ROUTE_FEED:
		text_cut(x->user, sizeof x->user, x->account);
		text_cut(x->account, sizeof x->account, gateway->user);
		ask(gateway, x);
		break;
	case ROUTE_LINK:
		text_cut(x->account, sizeof x->account, gateway->user);
		ask(gateway, x);
		break;
	case ROUTE_SERVICE:
		ask(gateway, x);
		break;
	case ROUTE_MESSAGE:
		pass_on(gateway, x);
		break;
	case ROUTE_READY:
		ready(gateway, x);
		break;
	case ROUTE_EXPOSE:
		if (metrics_write(&gateway->metrics, gateway->turn.wall, &x->answer))
			x->answer.failed = ERR_NOMEM;
		answer(x, 200, EXPOSITION);
		break;
	case ROUTE_DOCUMENT:
		if (openapi_write(service_version, &x->answer))
			x->answer.failed = ERR_NOMEM;
		answer(x, 200, EXCHANGE_JSON);
		break;
	default:
		buf_text(&x->answer, "{\"ok\":true}");
		answer(x, 200, EXCHANGE_JSON);
	}
}

/* ---- from the bus ---- */

static bool is_of(const struct gateway *gateway, const struct exchange *x, const char *topic)
{
	char expected[GATEWAY_TOPIC_BYTES];

	if (x->match.route->kind == ROUTE_MESSAGE)
		return !strcmp(topic, gateway->receipts);
	snprintf(
		expected, sizeof expected, "curtain/api/%s/response/%s", x->account, gateway->settings.common.instance);
	return !strcmp(topic, expected);
}

/* show answers with the page for what the dispatcher says of a link. Whoever sends forged ones is slowed down. */
static void show(struct gateway *gateway, struct exchange *x, const char *result)
{
	const struct page_link link = page_of(result);
	enum page_kind kind = link.kind;

	if (kind == PAGE_WRONG)
		token_peer_failed(gateway->book, x->peer, gateway->turn.mono);
	if (page_write(&link, &x->answer))
		x->answer.failed = ERR_NOMEM;
	answer(x, kind == PAGE_WRONG ? 404 : kind == PAGE_EXPIRED || kind == PAGE_USED ? 410 : 200, HTML);
}

/* link_next names the page after this one. */
static void link_next(const struct gateway *gateway, struct exchange *x)
{
	char value[CURSOR_VALUE_BYTES];

	if (cursor_value(x->answer.data, x->answer.length, value))
		return;
	buf_byte(&x->link, '<');
	if (cursor_link(gateway->cursor_key, x->account, &x->match, value, &x->link) ||
		buf_text(&x->link, ">; rel=\"next\"")) {
		log_error("next_page_not_told");
		buf_reset(&x->link);
	}
}

static void take_response(struct gateway *gateway, struct exchange *x, const struct bus_event *event)
{
	struct response response;
	struct errinfo info = {0};
	const char *result;
	size_t length;
	enum err err;

	if (x->match.route->kind == ROUTE_SERVICE && response_result(event->payload, event->length, &result, &length)) {
		buf_append(&x->answer, result, length);
		answer(x, 200, EXCHANGE_JSON);
		if (route_page(x->match.route) && x->status == 200)
			link_next(gateway, x);
		return;
	}
	err = response_decode(event->payload, event->length, &response, &info);
	if (err) {
		log_warning("response_not_understood", "topic", event->topic, "cause", info.text);
		exchange_fail(x, "io", "the service's answer is not understood");
	} else if (response.ok && x->match.route->kind == ROUTE_LINK) {
		show(gateway, x, response.result);
	} else if (response.ok && x->match.route->kind == ROUTE_FEED) {
		if (page_calendar(response.result, &x->answer))
			exchange_fail(x, "io", "the dispatcher's answer holds no calendar");
		else
			answer(x, 200, CALENDAR);
	} else if (response.ok) {
		buf_text(&x->answer, response.result);
		answer(x, 200, EXCHANGE_JSON);
	} else {
		exchange_fail(x, response.code, response.text);
	}
	response_fini(&response);
}

bool exchange_answer(struct gateway *gateway, const struct bus_event *event)
{
	if (strncmp(event->topic, "curtain/api/", 12) != 0 && strcmp(event->topic, gateway->receipts) != 0)
		return false;
	struct exchange *x = awaited(gateway, event);
	if (!x || !is_of(gateway, x, event->topic)) {
		gateway->unasked++; /* after its time, or by several instances */
		repeat_late(gateway, event);
		return true;
	}
	if (x->match.route->kind == ROUTE_MESSAGE) {
		buf_text(&x->answer, "{\"stored\":true}");
		answer(x, 200, EXCHANGE_JSON);
	} else {
		take_response(gateway, x, event);
	}
	if (*x->key)
		repeat_end(gateway, x);
	resume(gateway, x);
	return true;
}
