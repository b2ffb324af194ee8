/* SPDX-License-Identifier: MIT */
#include <sqlite3.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/instant.h"
#include "lane/sql.h"
#include "service/carrier.h"

#define RECEIPT_BYTES 256 /* of a correlation */

enum waiting_kind { WAITING_ALERT, WAITING_REPLY };

/* ---- the directory ---- */

/* apply gives the core an entry: at the start out of our own copy, later in the turn's transaction. */
static enum err apply(void *context, const struct entry *entry)
{
	struct dispatcher *d = context;
	struct incident_effects effects;
	struct errinfo info = {0};
	enum err err = incident_core_entry(d->core, entry, d->turn.wall, &effects);

	d->entry_count++;
	if (!err)
		err = channels_entry(d->channels, entry);
	if (!err)
		err = visit_core_entry(visits_core(d->visits), entry, d->turn.wall);
	if (!err && effects.count)
		err = dispatcher_effects(d, &effects, d->turn.wall, &info);
	if (info.text[0])
		log_error("entry_not_taken", "cause", info.text);
	return err;
}

enum err dispatcher_open_directory(struct dispatcher *d, struct errinfo *info)
{
	struct directory_config config = {.lane = "directory-dispatcher",
		.consumer = "dispatcher",
		.producer = d->settings.directory_producer,
		.want_ms = d->settings.want_ms,
		.quiet_ms = d->settings.directory_quiet_ms,
		.kinds = 1u << ENTRY_HOUSEHOLD | 1u << ENTRY_TEAM | 1u << ENTRY_VOLUNTEER | 1u << ENTRY_POLICY |
			 1u << ENTRY_CIRCLE | 1u << ENTRY_CARE | 1u << ENTRY_COMPANION | 1u << ENTRY_SERVICE,
		.apply = apply,
		.context = d};
	enum err err = directory_copy_open(d->store, &config, &d->copy, info);

	if (!err)
		d->directory = directory_copy_inbox(d->copy);
	return err;
}

enum err dispatcher_sweep(struct dispatcher *d, struct errinfo *info)
{
	int64_t entries = 0;
	enum err err = dispatcher_begin(d, info);

	if (!err)
		err = directory_copy_sweep(d->copy, &entries, info);
	d->eager = true;
	if (!err)
		log_warning("directory_swept", "entries", log_number(entries));
	return err;
}

/* ---- alerts ---- */

static enum err feed_alert(struct dispatcher *d, const struct alert *alert, struct wall now, struct errinfo *info)
{
	struct incident_effects effects;
	enum err err = incident_feed(d->core, alert, now, &effects);

	return err ? err : dispatcher_effects(d, &effects, now, info);
}

/* let_wait keeps an alert or a reply until the replay clock reaches it. */
static enum err let_wait(struct dispatcher *d, enum waiting_kind kind, struct wall at, const char *id,
	const struct buf *json, struct errinfo *info)
{
	enum err err;

	sqlite3_bind_int64(d->wait, 1, at.ms);
	sqlite3_bind_int(d->wait, 2, kind);
	sqlite3_bind_text(d->wait, 3, id, -1, SQLITE_STATIC);
	sqlite3_bind_blob64(d->wait, 4, json->data, json->length, SQLITE_STATIC);
	err = sql_run(d->wait, info);
	sqlite3_clear_bindings(d->wait);
	return err;
}

static enum err take_alert(struct dispatcher *d, const struct alert *alert, struct errinfo *info)
{
	struct buf json;
	enum err err;

	d->alert_count++;
	if (!dispatcher_replays(d))
		return feed_alert(d, alert, d->turn.wall, info);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_alert_encode(alert, &json);
	if (!err)
		err = let_wait(d, WAITING_ALERT, alert->at, alert->id, &json, info);
	buf_fini(&json);
	return err;
}

/* ---- batches ---- */

static enum err take_alerts(struct dispatcher *d, struct codec_batch *batch, struct errinfo *info)
{
	struct errinfo fault;
	struct alert alert;
	enum err err = ERR_OK, item;

	while (!err) {
		fault = (struct errinfo){0};
		item = codec_batch_next_alert(batch, &alert, &fault);
		if (item == ERR_NOT_FOUND)
			break;
		if (item) { /* lanes carry what our own services have checked: a fault here is one of ours */
			d->bad_items++;
			log_error("item_passed_over", "cause", fault.text);
			continue;
		}
		err = take_alert(d, &alert, info);
		INSTANT("alert-taken");
	}
	return err;
}

static enum err take_opened(struct dispatcher *d, struct inbox *inbox, struct codec_batch *batch,
	const struct lane_batch *head, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (inbox == d->directory) {
		err = dispatcher_begin(d, info);
		d->eager = true;
		return err ? err : directory_copy_take(d->copy, batch, head, d->turn.mono, info);
	}
	if (inbox_offer(inbox, head, d->turn.mono) != INBOX_APPLY)
		return ERR_OK;
	err = dispatcher_begin(d, info);
	d->eager = d->eager || head->count > 0;
	if (!err)
		err = take_alerts(d, batch, info);
	return err ? err : inbox_applied(inbox, head, info);
}

static enum err take_from(
	struct dispatcher *d, struct inbox *inbox, const struct bus_event *event, struct errinfo *info)
{
	struct codec_batch *batch;
	struct lane_batch head;
	struct errinfo fault = {0};
	enum err err = carrier_open_batch(inbox, event, &batch, &head, &fault);

	if (err == ERR_NOT_FOUND)
		return ERR_NOT_FOUND;
	if (err) {
		d->forged++;
		log_warning("batch_refused", "cause", fault.text);
		return ERR_OK;
	}
	err = take_opened(d, inbox, batch, &head, info);
	codec_batch_close(batch);
	return err;
}

enum err dispatcher_take_batch(struct dispatcher *d, const struct bus_event *event, struct errinfo *info)
{
	enum err err = take_from(d, d->alerts, event, info);

	if (err == ERR_NOT_FOUND)
		err = take_from(d, d->directory, event, info);
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

/* ---- replies ---- */

static enum err want_receipt(struct dispatcher *d, const struct bus_event *event)
{
	static const char prefix[] = "curtain/receipt/";

	if (!*event->response_topic)
		return ERR_OK;
	if (strncmp(event->response_topic, prefix, sizeof prefix - 1) != 0 ||
		!text_is_id(event->response_topic + sizeof prefix - 1) || event->correlation_length > RECEIPT_BYTES) {
		d->replies_bad++;
		return ERR_OK;
	}
	return answers_keep_receipt(&d->answers, event);
}

static enum err reply_incident(struct dispatcher *d, const struct reply *reply, struct wall now, struct errinfo *info)
{
	struct incident_effects effects;
	enum err err = incident_reply(d->core, reply, false, now, &effects);

	if (!err && effects.verdict != INCIDENT_TAKEN)
		log_info("reply_without_effect", "incident", reply->incident, "user", reply->user, "action",
			reply_action_name(reply->action), "verdict", incident_verdict_name(effects.verdict));
	return err ? err : dispatcher_effects(d, &effects, now, info);
}

static enum err feed_reply(struct dispatcher *d, const struct reply *reply, struct wall now, struct errinfo *info)
{
	enum visit_verdict verdict;
	enum err err;

	if (!strncmp(reply->incident, ROTA_PREFIX, sizeof ROTA_PREFIX - 1))
		err = dispatcher_reply_rota(d, reply, now, info);
	else if (!strncmp(reply->incident, VISITS_PREFIX, sizeof VISITS_PREFIX - 1))
		err = visits_reply(d->visits, dispatcher_ways(d), reply, now, &verdict, info);
	else
		err = reply_incident(d, reply, now, info);
	INSTANT("reply-taken");
	return err;
}

/* reply_user takes curtain/volunteer/<user>/reply apart. */
static enum err reply_user(const char *topic, char out[ID_BYTES])
{
	static const char prefix[] = "curtain/volunteer/";
	const char *user = topic + sizeof prefix - 1;
	size_t length = strncmp(topic, prefix, sizeof prefix - 1) ? 0 : strcspn(user, "/");

	if (!length || length >= ID_BYTES || strcmp(user + length, "/reply") != 0)
		return ERR_NOT_FOUND;
	memcpy(out, user, length);
	out[length] = '\0';
	return text_is_id(out) ? ERR_OK : ERR_NOT_FOUND;
}

enum err dispatcher_take_reply(struct dispatcher *d, const struct bus_event *event, struct errinfo *info)
{
	char user[ID_BYTES];
	struct errinfo fault = {0};
	struct reply reply;
	struct buf json;
	enum err err = reply_user(event->topic, user);

	if (err)
		return ERR_OK; /* no topic of ours */
	if (event->retained || codec_reply_decode(event->payload, event->length, &reply, &fault)) {
		d->replies_bad++;
		log_warning("reply_refused", "user", user, "cause",
			event->retained ? "it is retained: it says nothing about now" : fault.text);
		return ERR_OK;
	}
	if (*reply.user && strcmp(reply.user, user) != 0) {
		d->replies_forged++;
		log_warning("reply_forged", "user", user);
		return ERR_OK;
	}
	text_cut(reply.user, sizeof reply.user, user);
	err = dispatcher_begin(d, info);
	d->eager = true;
	if (!err)
		err = want_receipt(d, event);
	if (err || !dispatcher_replays(d))
		return err ? err : feed_reply(d, &reply, d->turn.wall, info);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_reply_encode(&reply, &json);
	if (!err)
		err = let_wait(d, WAITING_REPLY, reply.at, reply.incident, &json, info);
	buf_fini(&json);
	return err;
}

/* ---- the replay clock ---- */

/* next_waiting reads the first one that waits up to mark: ERR_NOT_FOUND if there is none. */
static enum err next_waiting(struct dispatcher *d, struct wall mark, int64_t *out_number, struct wall *out_at,
	enum waiting_kind *out_kind, struct alert *alert, struct reply *reply, struct errinfo *info)
{
	enum err err = ERR_NOT_FOUND;

	sqlite3_bind_int64(d->waiting, 1, mark.ms);
	if (sqlite3_step(d->waiting) == SQLITE_ROW) {
		const char *json = sqlite3_column_blob(d->waiting, 3);
		size_t length = (size_t)sqlite3_column_bytes(d->waiting, 3);
		*out_number = sqlite3_column_int64(d->waiting, 0);
		*out_at = (struct wall){sqlite3_column_int64(d->waiting, 1)};
		*out_kind = sqlite3_column_int(d->waiting, 2) ? WAITING_REPLY : WAITING_ALERT;
		err = *out_kind == WAITING_ALERT ? codec_alert_decode(json, length, alert, info)
						 : codec_reply_decode(json, length, reply, info);
	}
	sqlite3_reset(d->waiting);
	return err;
}

static struct wall later(struct wall a, struct wall b)
{
	return a.ms > b.ms ? a : b;
}

/* step does the next thing up to mark: an input, or, before it, what is due. ERR_NOT_FOUND: nothing is left. */
static enum err step(struct dispatcher *d, struct wall mark, struct errinfo *info)
{
	struct wall due = dispatcher_next(d, d->clock), at = WALL_NEVER;
	enum waiting_kind kind = WAITING_ALERT;
	struct alert alert;
	struct reply reply;
	int64_t number = 0;
	enum err err = next_waiting(d, mark, &number, &at, &kind, &alert, &reply, info);

	if (err && err != ERR_NOT_FOUND)
		return err;
	if (err && due.ms > mark.ms)
		return ERR_NOT_FOUND;
	if (!wall_is_set(d->clock)) /* nothing happened before the first that we know */
		d->clock = at.ms < mark.ms ? at : mark;
	if (err || due.ms < later(at, d->clock).ms) {
		d->turn.wall = d->clock = later(due, d->clock);
		return dispatcher_tick_cores(d, d->clock, info);
	}
	d->turn.wall = d->clock = later(at, d->clock);
	sqlite3_bind_int64(d->waited, 1, number);
	err = sql_run(d->waited, info);
	if (!err)
		err = kind == WAITING_ALERT ? feed_alert(d, &alert, d->clock, info)
					    : feed_reply(d, &reply, d->clock, info);
	return err;
}

enum err dispatcher_follow(struct dispatcher *d, struct errinfo *info)
{
	struct wall mark = inbox_watermark(d->alerts), before = d->clock;
	enum err err;

	if (!wall_is_set(mark) || mark.ms == WALL_NEVER.ms)
		return ERR_OK;
	if (wall_is_set(d->clock) && mark.ms <= d->clock.ms)
		mark = d->clock; /* an alert or a reply may still have come for what is past */
	err = dispatcher_begin(d, info);
	while (!err)
		err = step(d, mark, info);
	if (err != ERR_NOT_FOUND)
		return err;
	d->eager = d->eager || mark.ms > before.ms;
	d->turn.wall = d->clock = mark;
	return ERR_OK;
}
