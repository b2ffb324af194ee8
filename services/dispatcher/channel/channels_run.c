/* SPDX-License-Identifier: MIT
 *
 * Calls: rendered when they leave, so that a signature is fresh and an address the present one.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "dispatcher/channel/channels_internal.h"
#include "dispatcher/instant.h"

/* ---- what the core decided ---- */

static void note_result(struct channels *channels, uint32_t call, enum channel_result result, const char *text)
{
	if (channels->result_count == channels->result_capacity) {
		size_t capacity = channels->result_capacity ? channels->result_capacity * 2 : 64;
		struct result *more = realloc(channels->results, capacity * sizeof *more);
		if (!more)
			return; /* the call stays open until the next start */
		channels->results = more;
		channels->result_capacity = capacity;
	}
	struct result *noted = &channels->results[channels->result_count++];
	noted->call = call;
	noted->result = result;
	text_cut(noted->text, sizeof noted->text, text);
}

static void note_end(struct channels *channels, const struct channel_effect *effect)
{
	const char *name = channels->set.definitions[effect->channel].name;

	channels->cancelled += effect->end == CHANNEL_CANCELLED;
	if (effect->end == CHANNEL_GIVEN_UP)
		log_warning("page_given_up", "delivery", log_number((long long)effect->deliveries[0]), "channel", name,
			"cause", effect->receipt);
	if (effect->unreached && channels->unreached_count < UNREACHED_MAX) {
		struct unreached *one = &channels->unreached[channels->unreached_count++];
		text_cut(one->incident, sizeof one->incident, effect->incident);
		text_cut(one->user, sizeof one->user, effect->user);
	}
	if (channels->ended_count == channels->ended_capacity) {
		size_t capacity = channels->ended_capacity ? channels->ended_capacity * 2 : 64;
		struct channel_effect *more = realloc(channels->ended, capacity * sizeof *more);
		if (!more)
			return; /* it is called once more after the next start */
		channels->ended = more;
		channels->ended_capacity = capacity;
	}
	channels->ended[channels->ended_count++] = *effect;
}

static void note_health(struct channels *channels, unsigned c)
{
	const struct channel_health *health = channel_health(channels->core, c);
	const char *name = channels->set.definitions[c].name;

	channels->changed[c] = true;
	if (health->state == CHANNEL_UP)
		log_info("channel_up", "channel", name);
	else
		log_warning(health->state == CHANNEL_DOWN ? "channel_down" : "channel_throttled", "channel", name,
			"cause", health->cause);
}

/* ---- calls ---- */

/* answerable: until when a page can be answered by a link; WALL_NONE: it cannot. */
static struct wall answerable(const struct channels *channels, const struct page *page)
{
	if (page->withdrawn || !*channels->link_base)
		return WALL_NONE;
	return page->role < PAGE_DUTY ? wall_plus(page->at, channels->link_valid_ms) : page->expires;
}

/* link_of writes the link that answers a page; NULL: it has none. */
static const char *link_of(const struct channels *channels, const struct page *page, enum reply_action action,
	char out[CHANNEL_LINK_BYTES])
{
	struct accept_link link = {.action = action, .expires = answerable(channels, page)};
	char token[ACCEPT_TOKEN_BYTES];

	text_cut(link.incident, sizeof link.incident, page->incident);
	text_cut(link.user, sizeof link.user, page->user);
	text_cut(link.nonce, sizeof link.nonce, page->id);
	if (!wall_is_set(link.expires) || accept_link_make(&channels->key, &link, token))
		return NULL;
	snprintf(out, CHANNEL_LINK_BYTES, "%s/a/%s", channels->link_base, token);
	return out;
}

/* links_of makes the links of a message to a person; texts holds them. The desk is the last that is asked: it has none
 * to pass a page on to. */
static void links_of(
	const struct channels *channels, struct channel_message *message, char (*texts)[2][CHANNEL_LINK_BYTES])
{
	for (unsigned i = 0; i < message->count; i++) {
		const struct page *page = message->pages[i];
		message->links[i] = link_of(channels, page, REPLY_ACCEPT, texts[i][0]);
		if (page->role != PAGE_DESK)
			message->declines[i] = link_of(channels, page, REPLY_DECLINE, texts[i][1]);
	}
}

static const char *phone_of(const struct channels *channels, const char *user)
{
	struct volunteer *volunteer = NULL;

	assert(user);
	HASH_FIND_STR(channels->volunteers, user, volunteer);
	return volunteer ? volunteer->phone : "";
}

static void mention_all(const struct channels *channels, struct channel_message *message)
{
	for (unsigned i = 0; i < message->count; i++) {
		const char *phone = phone_of(channels, message->pages[i]->user);
		bool new = *phone != '\0';
		for (unsigned k = 0; k < message->mention_count; k++)
			new = new &&strcmp(message->mentions[k], phone) != 0;
		if (new)
			message->mentions[message->mention_count++] = phone;
	}
}

static void call(struct channels *channels, const struct channel_effect *effect)
{
	static char links[CHANNEL_MERGE_MAX][2][CHANNEL_LINK_BYTES];
	const struct channel_definition *definition = &channels->set.definitions[effect->channel];
	struct channel_message message = {.channel = effect->channel,
		.count = effect->count,
		.language = definition->language,
		.phone = "",
		.zone = channels->zone,
		.now = channels->now};
	struct channel_request request = {0};
	struct errinfo info = {0};
	enum err err;

	for (unsigned i = 0; i < effect->count; i++) {
		message.pages[i] = channel_find(channels->core, effect->deliveries[i]);
		assert(message.pages[i]);
	}
	if (definition->audience == CHANNEL_PERSON) {
		message.person = channel_people_find(&channels->people, message.pages[0]->user);
		message.phone = phone_of(channels, message.pages[0]->user);
		message.language = message.person ? message.person->language : CHANNEL_ZH;
		links_of(channels, &message, links);
	} else if (definition->mentions) {
		mention_all(channels, &message);
	}
	if (definition->kind == CHANNEL_MQTT) { /* it has left already */
		note_result(channels, effect->call, CHANNEL_OK, "");
		return;
	}
	INSTANT("before-call");
	err = channel_render(&channels->set, &message, &request, &info);
	if (!err)
		err = channel_http_start(channels->http, effect->call, definition, &request);
	if (err)
		note_result(channels, effect->call, err == ERR_INVALID ? CHANNEL_REFUSED : CHANNEL_FAILED,
			info.text[0] ? info.text : err_name(err));
	channel_request_fini(&request);
}

void channels_take(struct channels *channels, const struct channel_effects *effects)
{
	for (unsigned i = 0; i < effects->count; i++) {
		const struct channel_effect *effect = &effects->items[i];
		switch (effect->kind) {
		case CHANNEL_CALL:
			call(channels, effect);
			break;
		case CHANNEL_ENDED:
			note_end(channels, effect);
			break;
		case CHANNEL_HEALTH:
			note_health(channels, effect->channel);
			break;
		}
	}
}

/* ---- a turn ---- */

static bool give_results(struct channels *channels)
{
	struct channel_effects effects;
	size_t count = channels->result_count;

	for (size_t i = 0; i < count; i++) {
		struct result result = channels->results[i];
		channel_result(channels->core, result.call, result.result, result.text, channels->now, &effects);
		channels_take(channels, &effects);
	}
	/* Results that came up meanwhile stand behind those. */
	channels->result_count -= count;
	if (count)
		memmove(channels->results, channels->results + count,
			channels->result_count * sizeof *channels->results);
	return count > 0;
}

static void take_answers(struct channels *channels)
{
	struct web_answer answer;
	char text[CHANNEL_RECEIPT_BYTES];

	while (web_client_next(channels->http, &answer)) {
		unsigned c = channel_call_channel(channels->core, answer.call);
		enum channel_result result =
			channel_judge(&channels->set, c, answer.status, answer.body, answer.length, answer.text, text);
		note_result(channels, answer.call, result, text);
		INSTANT("answer-heard");
	}
}

static void start_due(struct channels *channels)
{
	struct channel_effects effects;

	do {
		channel_tick(channels->core, channels->now, &effects);
		channels_take(channels, &effects);
	} while (effects.count == CHANNEL_EFFECTS_MAX);
}

void channels_run(struct channels *channels, struct wall wall, struct mono now)
{
	channels->now = wall;
	web_client_run(channels->http, now);
	take_answers(channels);
	give_results(channels);
	if (store_in_transaction(channels->store))
		return; /* what is not committed must not be seen */
	do
		start_due(channels);
	while (give_results(channels));
	web_client_run(channels->http, now);
	INSTANT("after-call");
}

int channels_fd(const struct channels *channels)
{
	return web_client_fd(channels->http);
}

struct mono channels_due(const struct channels *channels, struct wall wall, struct mono now)
{
	struct mono due = web_client_due(channels->http);
	struct wall core = channel_due(channels->core);

	if (channels_settles(channels) || channels->result_count)
		return (struct mono){0};
	if (core.ms != WALL_NEVER.ms) {
		int64_t wait_ms = core.ms > wall.ms ? core.ms - wall.ms : 0;
		if (now.us + wait_ms * 1000 < due.us)
			due = (struct mono){now.us + wait_ms * 1000};
	}
	return due;
}
