/* SPDX-License-Identifier: MIT */
#include "records/group.h"

#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "records/errand_row.h"

void group_init(struct group *group, size_t limit_bytes, const struct seal *seal)
{
	memset(group, 0, sizeof *group);
	group->seal = seal;
	rows_init(&group->rows, limit_bytes);
	buf_init(&group->alerts, limit_bytes);
	buf_init(&group->incidents, limit_bytes);
	buf_init(&group->errands, limit_bytes);
	buf_init(&group->positions, limit_bytes);
}

void group_fini(struct group *group)
{
	if (!group)
		return;
	rows_fini(&group->rows);
	buf_fini(&group->alerts);
	buf_fini(&group->incidents);
	buf_fini(&group->errands);
	buf_fini(&group->positions);
	free(group->position);
	group->position = NULL;
}

void group_reset(struct group *group)
{
	rows_reset(&group->rows);
	buf_reset(&group->alerts);
	buf_reset(&group->incidents);
	buf_reset(&group->errands);
	buf_reset(&group->positions);
	group->position_count = 0;
	group->alert_count = group->incident_count = group->errand_count = group->items_refused = 0;
	memset(&group->refused, 0, sizeof group->refused);
}

static enum err keep_position(struct group *group, const struct lane_batch *head)
{
	for (size_t i = 0; i < group->position_count; i++) {
		struct group_position *p = &group->position[i];
		if (p->last.shard == head->shard && p->last.epoch == head->epoch &&
			strcmp(p->last.producer, head->producer) == 0 && strcmp(p->last.lane, head->lane) == 0) {
			p->last = *head;
			return ERR_OK;
		}
	}
	if (group->position_count == group->position_capacity) {
		size_t capacity = group->position_capacity ? group->position_capacity * 2 : 32;
		struct group_position *position = reallocarray(group->position, capacity, sizeof *position);
		if (!position)
			return ERR_NOMEM;
		group->position = position;
		group->position_capacity = capacity;
	}
	group->position[group->position_count++] = (struct group_position){.first = *head, .last = *head};
	return ERR_OK;
}

static enum err next_reading(struct group *group, struct codec_batch *batch, struct errinfo *info)
{
	struct reading reading;
	enum err err = codec_batch_next_reading(batch, &reading, info);

	return err ? err : rows_append(&group->rows, &reading);
}

static enum err next_alert(struct group *group, struct codec_batch *batch, struct errinfo *info)
{
	struct alert alert;
	enum err err = codec_batch_next_alert(batch, &alert, info);

	if (err)
		return err;
	if (!group->alert_count++)
		json_open(&group->alerts, '[');
	return codec_alert_encode(&alert, &group->alerts);
}

static enum err next_incident(struct group *group, struct codec_batch *batch, struct errinfo *info)
{
	struct incident incident;
	enum err err = codec_batch_next_incident(batch, &incident, info);

	if (err)
		return err;
	if (!group->incident_count++)
		json_open(&group->incidents, '[');
	return codec_incident_encode(&incident, &group->incidents);
}

static enum err next_errand(struct group *group, struct codec_batch *batch, struct errinfo *info)
{
	struct errand errand;
	enum err err = codec_batch_next_errand(batch, &errand, info);

	if (err)
		return err;
	if (!group->errand_count++)
		json_open(&group->errands, '[');
	return errand_row(&errand, group->seal, &group->errands);
}

enum err group_add(struct group *group, const struct lane_batch *head, struct codec_batch *batch)
{
	for (;;) {
		struct errinfo info = {0};
		enum err err = strcmp(head->lane, "reading") == 0 ? next_reading(group, batch, &info)
			       : strcmp(head->lane, "alert") == 0 ? next_alert(group, batch, &info)
			       : strcmp(head->lane, "visit") == 0 ? next_errand(group, batch, &info)
								  : next_incident(group, batch, &info);
		if (err == ERR_NOT_FOUND)
			break;
		if (err == ERR_INVALID) {
			group->items_refused++;
			if (!group->refused.code)
				group->refused = info;
		} else if (err) {
			return err;
		}
	}
	return keep_position(group, head);
}

enum err group_end(struct group *group, const struct zone *zone)
{
	struct buf *out = &group->positions;
	enum err err = group->rows.count ? rows_end(&group->rows, zone) : ERR_OK;

	if (group->alert_count)
		json_close(&group->alerts, ']');
	if (group->incident_count)
		json_close(&group->incidents, ']');
	if (group->errand_count)
		json_close(&group->errands, ']');
	json_open(out, '[');
	for (size_t i = 0; i < group->position_count; i++) {
		const struct lane_batch *head = &group->position[i].last;
		json_open(out, '{');
		json_member_text(out, "lane", head->lane);
		json_member_text(out, "producer", head->producer);
		json_member_int(out, "shard", head->shard);
		json_member_int(out, "epoch", (int64_t)head->epoch);
		json_member_int(out, "prev", (int64_t)group->position[i].first.prev);
		json_member_int(out, "seq", (int64_t)head->seq);
		json_member_wall(out, "at", head->at);
		json_close(out, '}');
	}
	json_close(out, ']');
	if (group->alerts.failed || group->incidents.failed || group->errands.failed)
		return ERR_FULL;
	return err ? err : out->failed;
}

size_t group_bytes(const struct group *group)
{
	return group->rows.bytes.length + group->alerts.length + group->incidents.length + group->errands.length;
}
