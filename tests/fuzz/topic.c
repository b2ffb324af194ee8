/* SPDX-License-Identifier: MIT
 *
 * Topics: lane topics are taken apart to what they are made of; a filter matches as MQTT says. The input is one topic,
 * or a filter and a topic with a space between them.
 */
#include <string.h>

#include "base/text.h"
#include "bus/bus.h"
#include "fuzz.h"
#include "lane/topic.h"

static void split(const char *topic)
{
	char producer[ID_BYTES], consumer[ID_BYTES], again[LANE_TOPIC_BYTES];
	unsigned shard;

	if (!lane_topic_split(topic, "curtain/lane/", "reading", producer, &shard, NULL)) {
		FUZZ_CHECK(text_is_id(producer) && shard < 10000);
		snprintf(again, sizeof again, "curtain/lane/reading/%s/", producer);
		FUZZ_CHECK(!strncmp(topic, again, strlen(again)));
	}
	if (!lane_topic_split(topic, "curtain/ack/", "reading", producer, &shard, consumer)) {
		size_t tail = strlen(consumer);
		FUZZ_CHECK(text_is_id(producer) && text_is_id(consumer));
		FUZZ_CHECK(strlen(topic) > tail && !strcmp(topic + strlen(topic) - tail, consumer));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	char *space = strchr(text, ' ');

	split(text);
	if (*text && !strpbrk(text, "+#")) /* a topic matches itself and its neighbourhood */
		FUZZ_CHECK(bus_topic_matches(text, text));
	if (*text && *text != '$')
		FUZZ_CHECK(bus_topic_matches("#", text));
	if (space) {
		*space = '\0';
		if (bus_topic_matches(text, space + 1) && !strpbrk(text, "+#"))
			FUZZ_CHECK(!strcmp(text, space + 1));
	}
	free(text);
	return 0;
}
