/* SPDX-License-Identifier: MIT */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "dispatcher/dispatcher.h"
#include "lane/sql.h"

#define BATCH_ITEMS_MAX 500

static enum err append_shard(struct dispatcher *d, unsigned shard, struct errinfo *info)
{
	struct lane_turn *turn = &d->turns[shard];
	enum err err;

	if (!turn->count)
		return ERR_OK;
	err = outbox_append(d->incidents, shard, d->turn.wall, turn->items.data, turn->items.length, turn->count, info);
	buf_reset(&turn->items);
	turn->count = 0;
	return err;
}

enum err dispatcher_append(struct dispatcher *d, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned shard = 0; shard < (unsigned)d->settings.common.shards && !err; shard++)
		err = append_shard(d, shard, info);
	return err;
}

/* keep_snapshot: retained while the incident is open. */
static enum err keep_snapshot(struct dispatcher *d, const struct incident *incident, struct errinfo *info)
{
	char key[ID_BYTES + 16], topic[ID_BYTES * 3];
	struct buf json;
	enum err err;

	snprintf(key, sizeof key, "incident/%s", incident->id);
	if (incident_over(incident->state))
		return post_drop(d->post, key, info);
	snprintf(topic, sizeof topic, "curtain/incident/%s/%s", *incident->community ? incident->community : "none",
		incident->id);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_incident_encode(incident, &json);
	if (!err)
		err = post_keep(d->post, key, topic, json.data, json.length, info);
	buf_fini(&json);
	return err;
}

static enum err take_snapshot(struct dispatcher *d, const struct incident *incident, struct errinfo *info)
{
	unsigned shard = shard_of(incident->household, (unsigned)d->settings.common.shards);
	struct lane_turn *turn = &d->turns[shard];
	enum err err = turn->count ? buf_byte(&turn->items, ',') : ERR_OK;

	if (!err)
		err = codec_incident_encode(incident, &turn->items);
	if (err)
		return errinfo_set(info, err, "incident %s cannot be written", incident->id);
	log_info("incident", "id", incident->id, "event", incident_event_name(incident->event), "state",
		incident_state_name(incident->state), "level", alert_level_name(incident->level), "actor",
		incident->actor);
	if (++turn->count >= BATCH_ITEMS_MAX)
		err = append_shard(d, shard, info);
	return err ? err : keep_snapshot(d, incident, info);
}

static enum err take_page(struct dispatcher *d, const struct page *page, struct errinfo *info)
{
	char topic[ID_BYTES * 2];
	struct buf json;
	enum err err;

	snprintf(topic, sizeof topic, "curtain/volunteer/%s/page", page->user);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_page_encode(page, &json);
	if (!err)
		err = post_page(d->post, topic, json.data, json.length, info);
	if (!err)
		err = channels_page(d->channels, page, wall_now(), info);
	buf_fini(&json);
	return err;
}

static enum err take_oncall(struct dispatcher *d, const struct incident_effect *effect, struct errinfo *info)
{
	const char *team = effect->kind == INCIDENT_ONCALL ? effect->as.oncall.team : effect->as.team;
	char key[ID_BYTES + 16], topic[ID_BYTES * 2];
	struct buf json;
	enum err err;

	snprintf(key, sizeof key, "oncall/%s", team);
	if (effect->kind == INCIDENT_ONCALL_GONE)
		return post_drop(d->post, key, info);
	for (unsigned i = 0; i < effect->as.oncall.gap_count; i++) {
		char from[WALL_TEXT_BYTES];
		wall_format(effect->as.oncall.gaps[i].from, from);
		log_warning("nobody_on_duty", "team", team, "from", from);
	}
	snprintf(topic, sizeof topic, "curtain/oncall/%s", team);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_oncall_encode(&effect->as.oncall, &json);
	if (!err)
		err = post_keep(d->post, key, topic, json.data, json.length, info);
	buf_fini(&json);
	return err;
}

static struct outage outage_of(const struct dispatcher *d, const struct channels_note *note)
{
	bool down = note->state == CHANNEL_DOWN;
	struct outage outage = {.state = down ? OUTAGE_DOWN : OUTAGE_THROTTLED, .since = note->since};

	text_cut(outage.channel, sizeof outage.channel, note->name);
	text_cut(outage.instance, sizeof outage.instance, d->settings.common.instance);
	text_cut(outage.cause, sizeof outage.cause, note->cause);
	snprintf(outage.reason_zh, sizeof outage.reason_zh,
		down ? "渠道 %s 连续三次发送失败，请检查；有后备渠道的通知改走后备渠道。"
		     : "渠道 %s 被对方限流，暂停发送；紧急通知改走后备渠道，其余合并后补发。",
		note->name);
	snprintf(outage.reason_en, sizeof outage.reason_en,
		down ? "Channel %s failed three times in a row: please look. Pages take their fall-back where they "
		       "have one."
		     : "Channel %s is throttled by its provider and rests: urgent pages take their fall-back, others "
		       "wait.",
		note->name);
	return outage;
}

enum err dispatcher_tell_channel(struct dispatcher *d, const struct channels_note *note, struct errinfo *info)
{
	char key[WORD_BYTES + 16], topic[ID_BYTES * 3];
	struct outage outage;
	struct buf json;
	enum err err;

	snprintf(key, sizeof key, "outage/%s", note->name);
	if (note->state == CHANNEL_UP)
		return post_drop(d->post, key, info);
	outage = outage_of(d, note);
	snprintf(topic, sizeof topic, "curtain/outage/%s/%s", outage.instance, outage.channel);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_outage_encode(&outage, &json);
	if (!err)
		err = post_keep(d->post, key, topic, json.data, json.length, info);
	buf_fini(&json);
	return err ? errinfo_set(info, err, "the outage of %s cannot be told", note->name) : ERR_OK;
}

static enum err take(struct dispatcher *d, const struct incident_effect *effect, struct errinfo *info)
{
	switch (effect->kind) {
	case INCIDENT_SNAPSHOT:
		return take_snapshot(d, &effect->as.snapshot, info);
	case INCIDENT_PAGE:
		return take_page(d, &effect->as.page, info);
	case INCIDENT_ONCALL:
	case INCIDENT_ONCALL_GONE:
		return take_oncall(d, effect, info);
	}
	return ERR_OK;
}

enum err dispatcher_effects(
	struct dispatcher *d, struct incident_effects *effects, struct wall now, struct errinfo *info)
{
	enum incident_verdict verdict = effects->verdict;
	enum err err = ERR_OK;
	bool more = true;

	while (!err && more) {
		for (unsigned i = 0; i < effects->count && !err; i++)
			err = take(d, &effects->items[i], info);
		more = effects->count == INCIDENT_EFFECTS_MAX;
		if (!err && more)
			err = incident_tick(d->core, now, effects);
	}
	effects->verdict = verdict;
	return err;
}

enum err dispatcher_keep(
	sqlite3_stmt *save, sqlite3_stmt *drop, const char *id, const void *blob, size_t length, struct errinfo *info)
{
	sqlite3_stmt *statement = length ? save : drop;

	sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
	if (length)
		sqlite3_bind_blob64(statement, 2, blob, length, SQLITE_STATIC);
	enum err err = sql_run(statement, info);
	sqlite3_clear_bindings(statement);
	return err;
}

enum err dispatcher_save(struct dispatcher *d, struct errinfo *info)
{
	struct incident_state_blob state;
	enum err err = ERR_OK;

	while (!err && incident_dirty(d->core, &state))
		err = dispatcher_keep(d->save_state, d->drop_state, state.id, state.blob, state.length, info);
	return err;
}
