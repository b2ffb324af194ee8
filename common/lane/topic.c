/* SPDX-License-Identifier: MIT */
#include "lane/topic.h"

#include <string.h>

#include "base/text.h"

/* take copies the level at *at, an id, and moves behind its slash; false if it is none or the wrong one is last. */
static bool take(const char **at, char out[ID_BYTES], bool last)
{
	size_t length = strcspn(*at, "/");

	if (length >= ID_BYTES || ((*at)[length] == '\0') != last)
		return false;
	memcpy(out, *at, length);
	out[length] = '\0';
	*at += length + !last;
	return text_is_id(out);
}

enum err lane_topic_split(const char *topic, const char *prefix, const char *lane, char out_producer[ID_BYTES],
	unsigned *out_shard, char *out_consumer)
{
	char name[ID_BYTES], producer[ID_BYTES], shard[ID_BYTES], consumer[ID_BYTES];
	size_t skip = strlen(prefix);
	unsigned number = 0;

	if (strncmp(topic, prefix, skip) != 0)
		return ERR_NOT_FOUND;
	topic += skip;
	if (!take(&topic, name, false) || strcmp(name, lane) != 0 || !take(&topic, producer, false) ||
		!take(&topic, shard, !out_consumer) || (out_consumer && !take(&topic, consumer, true)))
		return ERR_NOT_FOUND;
	for (const char *p = shard; *p; p++) {
		if (*p < '0' || *p > '9' || number > 255)
			return ERR_NOT_FOUND;
		number = number * 10 + (unsigned)(*p - '0');
	}
	memcpy(out_producer, producer, sizeof producer);
	*out_shard = number;
	if (out_consumer)
		memcpy(out_consumer, consumer, sizeof consumer);
	return ERR_OK;
}
