/* SPDX-License-Identifier: MIT
 *
 * group: what goes into one transaction: rows of readings, alerts and incidents as JSON arrays, lane positions.
 */
#ifndef CURTAIN_RECORDS_GROUP_H
#define CURTAIN_RECORDS_GROUP_H

#include "base/buf.h"
#include "base/err.h"
#include "codec/codec.h"
#include "records/rows.h"

/* group_position: one shard of one producer moves from prev to seq. */
struct group_position {
	struct lane_batch first, last; /* heads of the first and the newest batch in this group */
};

struct group {
	struct rows rows;
	const struct seal *seal;               /* borrowed; NULL: what errands tell in words is kept as it is */
	struct buf alerts, incidents, errands; /* "[{...},{...}" until group_end */
	struct buf positions;                  /* made by group_end */
	struct group_position *position;
	size_t position_count, position_capacity;
	int64_t alert_count, incident_count, errand_count, items_refused;
	struct errinfo refused; /* the first refused item */
};

void group_init(struct group *group, size_t limit_bytes, const struct seal *seal);
void group_fini(struct group *group);
void group_reset(struct group *group);
/* group_add adds the items and the position of a batch that is to be applied. Items that break the schema are counted
 * and passed over. An error other than ERR_OK means that the group must not be stored. */
enum err group_add(struct group *group, const struct lane_batch *head, struct codec_batch *batch) ERR_MUST_CHECK;
/* group_end completes the COPY streams (hours are those of zone) and the arrays. */
enum err group_end(struct group *group, const struct zone *zone) ERR_MUST_CHECK;
/* group_bytes: how much it holds. */
size_t group_bytes(const struct group *group);

#endif
