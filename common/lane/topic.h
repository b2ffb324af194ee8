/* SPDX-License-Identifier: MIT
 *
 * topic: the two topic forms of a lane, put together and taken apart.
 */
#ifndef CURTAIN_LANE_TOPIC_H
#define CURTAIN_LANE_TOPIC_H

#include "lane/lane.h"

/* lane_topic_split takes prefix/<lane>/<producer>/<shard>[/<consumer>] apart; out_consumer NULL: there must be none. */
enum err lane_topic_split(const char *topic, const char *prefix, const char *lane, char out_producer[ID_BYTES],
	unsigned *out_shard, char *out_consumer) ERR_MUST_CHECK;

#endif
