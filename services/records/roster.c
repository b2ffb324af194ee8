/* SPDX-License-Identifier: MIT */
#include "records/roster.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "codec/json.h"
#include "codec/request.h"

#define ANSWER_US INT64_C(30000000)
#define AGAIN_US INT64_C(60000000) /* after a failure, or the usual time if that is shorter */
#define PAGE 1000

enum err roster_init(struct roster *roster, const struct records_settings *settings, struct bus *bus, struct pg *pg,
	struct errinfo *info)
{
	const struct service_common *common = &settings->common;
	const char *user = *common->bus.user ? common->bus.user : common->instance;

	*roster = (struct roster){.settings = settings, .bus = bus, .pg = pg};
	buf_init(&roster->answer, REQUEST_BYTES_MAX);
	snprintf(roster->topic, sizeof roster->topic, "curtain/api/%s/dispatcher/stood", user);
	snprintf(roster->answers, sizeof roster->answers, "curtain/api/%s/response/%s", user, common->instance);
	return bus_subscribe(bus, roster->answers, 1)
		       ? errinfo_set(info, ERR_FULL, "no subscription to what the dispatcher answers")
		       : ERR_OK;
}

void roster_fini(struct roster *roster)
{
	buf_fini(&roster->answer);
}

static void rest(struct roster *roster, int64_t wait_us)
{
	roster->state = ROSTER_RESTS;
	roster->due.us = roster->now.us + wait_us;
}

static void fail(struct roster *roster, const char *why)
{
	int64_t usual_us = roster->settings->duties_ms * 1000;

	roster->failures++;
	if (!roster->told)
		log_warning("duties_not_kept", "cause", why);
	roster->told = true;
	rest(roster, usual_us < AGAIN_US ? usual_us : AGAIN_US);
}

void roster_lost(struct roster *roster)
{
	if (roster->state == ROSTER_LOOKS || roster->state == ROSTER_KEEPS)
		rest(roster, 0);
}

/* ---- the question ---- */

static void ask(struct roster *roster, const char *after)
{
	char correlation[32];
	struct buf args, request;
	enum err err;

	buf_init(&args, 256);
	buf_init(&request, 512);
	json_open(&args, '{');
	json_member_text_if(&args, "after", after);
	json_member_int(&args, "limit", PAGE);
	json_close(&args, '}');
	snprintf(correlation, sizeof correlation, "%llu", (unsigned long long)++roster->question);
	err = request_encode(args.data, args.length, &request);
	if (!err)
		err = bus_publish(roster->bus, &(struct bus_publication){.topic = roster->topic,
						       .payload = request.data,
						       .length = request.length,
						       .qos = 1,
						       .response_topic = roster->answers,
						       .correlation = correlation,
						       .correlation_length = strlen(correlation)});
	buf_fini(&args);
	buf_fini(&request);
	roster->state = ROSTER_ASKS;
	roster->due.us = roster->now.us + ANSWER_US;
	if (err)
		fail(roster, err_name(err));
}

static void looked(void *context, const struct pg_reply *reply)
{
	struct roster *roster = context;

	if (roster->state != ROSTER_LOOKS)
		return; /* the connection was lost meanwhile */
	if (!reply->ok || !reply->rows || PQntuples(reply->rows) != 1)
		fail(roster, reply->text);
	else
		ask(roster, PQgetvalue(reply->rows, 0, 0));
}

bool roster_event(struct roster *roster, const struct bus_event *event)
{
	struct response response;
	char correlation[32];
	enum err err;

	if (event->kind != BUS_MESSAGE || strcmp(event->topic, roster->answers) != 0)
		return false;
	snprintf(correlation, sizeof correlation, "%llu", (unsigned long long)roster->question);
	if (roster->state != ROSTER_ASKS || event->correlation_length != strlen(correlation) ||
		memcmp(event->correlation, correlation, event->correlation_length) != 0)
		return true; /* after its time */
	err = response_decode(event->payload, event->length, &response, &(struct errinfo){0});
	buf_reset(&roster->answer);
	if (err)
		fail(roster, "the answer of the dispatcher is not understood");
	else if (!response.ok)
		fail(roster, response.text);
	else if (buf_text(&roster->answer, response.result))
		fail(roster, "the answer of the dispatcher is too long");
	else
		roster->state = ROSTER_HAS;
	response_fini(&response);
	return true;
}

static void kept(void *context, const struct pg_reply *reply)
{
	struct roster *roster = context;

	if (roster->state != ROSTER_KEEPS)
		return;
	if (!reply->ok || !reply->rows || PQntuples(reply->rows) != 1) {
		fail(roster, reply->text);
		return;
	}
	roster->pages++;
	roster->told = false;
	rest(roster, *PQgetvalue(reply->rows, 0, 0) == 't' ? 0 : roster->settings->duties_ms * 1000);
}

void roster_tick(struct roster *roster, bool ready, struct mono now)
{
	roster->now = now;
	if (roster->state == ROSTER_ASKS && now.us >= roster->due.us)
		fail(roster, "the dispatcher does not answer");
	if (!ready || pg_state(roster->pg) != PG_IDLE)
		return;
	if (roster->state == ROSTER_RESTS && now.us >= roster->due.us && bus_is_connected(roster->bus)) {
		roster->state = ROSTER_LOOKS;
		pg_call(roster->pg, "duty_after", 0, NULL, looked, roster);
	} else if (roster->state == ROSTER_HAS) {
		roster->state = ROSTER_KEEPS;
		pg_call(roster->pg, "duty_take", 1, (const char *[]){roster->answer.data}, kept, roster);
	}
}

struct mono roster_due(const struct roster *roster, bool ready)
{
	struct mono never = {.us = INT64_MAX};

	if (roster->state == ROSTER_ASKS)
		return roster->due;
	if (!ready || pg_state(roster->pg) != PG_IDLE || roster->state == ROSTER_LOOKS || roster->state == ROSTER_KEEPS)
		return never;
	if (roster->state == ROSTER_HAS)
		return (struct mono){.us = INT64_MIN};
	if (!bus_is_connected(roster->bus) && roster->due.us < roster->now.us + 1000000)
		return (struct mono){.us = roster->now.us + 1000000};
	return roster->due;
}
