/* SPDX-License-Identifier: MIT
 *
 * Lane batches: head and items of each lane; the good items of a batch make a batch with the same items.
 */
#include <string.h>

#include "codec/codec.h"
#include "fuzz.h"

#define TAKE(type)                                                                                                     \
	static enum err take_##type(struct codec_batch *batch, struct buf *items)                                      \
	{                                                                                                              \
		struct type item;                                                                                      \
		enum err err = codec_batch_next_##type(batch, &item, NULL);                                            \
		if (!err)                                                                                              \
			FUZZ_CHECK(codec_##type##_encode(&item, items) == ERR_OK);                                     \
		return err;                                                                                            \
	}

TAKE(reading)
TAKE(alert)
TAKE(incident)
TAKE(errand)
TAKE(entry)

/* items_of encodes the good items of a batch again and counts them; every item is either taken or refused. */
static uint32_t items_of(struct codec_batch *batch, const struct lane_batch *head, struct buf *items)
{
	enum err (*take)(struct codec_batch * batch, struct buf * items) = !strcmp(head->lane, "reading") ? take_reading
									   : !strcmp(head->lane, "alert") ? take_alert
									   : !strcmp(head->lane, "incident")
										   ? take_incident
									   : !strcmp(head->lane, "visit") ? take_errand
													  : take_entry;
	uint32_t good = 0, bad = 0;

	for (enum err err; (err = take(batch, items)) != ERR_NOT_FOUND;) {
		good += !err;
		bad += err != ERR_OK;
	}
	FUZZ_CHECK(good + bad == head->count);
	return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct codec_batch *batch;
	struct lane_batch head, same;
	struct buf items, again, whole;

	if (codec_batch_open((const char *)data, size, &batch, &head, NULL))
		return 0;
	buf_init(&items, CODEC_BATCH_BYTES_MAX);
	buf_init(&again, CODEC_BATCH_BYTES_MAX);
	buf_init(&whole, CODEC_BATCH_BYTES_MAX + 4096);
	head.count = items_of(batch, &head, &items);
	codec_batch_close(batch);
	FUZZ_CHECK(codec_batch_encode(&head, items.data ? items.data : "", items.length, &whole) == ERR_OK);
	if (whole.length <= CODEC_BATCH_BYTES_MAX) {
		FUZZ_CHECK(codec_batch_open(whole.data, whole.length, &batch, &same, NULL) == ERR_OK);
		FUZZ_CHECK(same.count == head.count && same.seq == head.seq && same.epoch == head.epoch &&
			   same.at.ms == head.at.ms && same.shard == head.shard && same.prev == head.prev);
		FUZZ_CHECK(items_of(batch, &same, &again) == head.count);
		FUZZ_CHECK(
			items.length == again.length && (!items.data || !memcmp(items.data, again.data, items.length)));
		codec_batch_close(batch);
	}
	buf_fini(&items);
	buf_fini(&again);
	buf_fini(&whole);
	return 0;
}
