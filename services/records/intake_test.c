/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "records/group.h"
#include "records/queue.h"

static void put(struct queue *queue, unsigned lane, size_t length, enum err wanted)
{
	static const char payload[4096];
	struct queue_item head = {.lane = lane};

	assert_int_equal(queue_put(queue, &head, payload, length), wanted);
}

static void a_queue_is_bounded_but_takes_one_of_any_size(void **state)
{
	struct queue queue;

	(void)state;
	queue_init(&queue, 1000);
	put(&queue, 1, 4096, ERR_OK);
	put(&queue, 2, 1, ERR_FULL);
	assert_int_equal(queue_take(&queue)->lane, 1);
	put(&queue, 2, 1, ERR_FULL); /* taken, not done: still there */
	queue_done(&queue);
	assert_int_equal(queue.bytes, 0);
	put(&queue, 3, 100, ERR_OK);
	queue_fini(&queue);
}

static void what_was_taken_comes_again_until_it_is_done(void **state)
{
	struct queue queue;

	(void)state;
	queue_init(&queue, 1 << 20);
	put(&queue, 1, 10, ERR_OK);
	put(&queue, 2, 10, ERR_OK);
	assert_int_equal(queue_take(&queue)->lane, 1);
	queue_again(&queue);
	assert_int_equal(queue_take(&queue)->lane, 1);
	queue_done(&queue);
	put(&queue, 3, 10, ERR_OK);
	assert_int_equal(queue_take(&queue)->lane, 2);
	assert_int_equal(queue_take(&queue)->lane, 3);
	assert_null(queue_take(&queue));
	queue_done(&queue);
	assert_int_equal(queue.bytes, 0);
	assert_null(queue_take(&queue));
	put(&queue, 4, 10, ERR_OK);
	assert_int_equal(queue_take(&queue)->lane, 4);
	queue_fini(&queue);
}

static void add(struct group *group, struct lane_batch head, const char *items)
{
	struct errinfo info = {0};
	struct codec_batch *batch = NULL;
	struct buf text;

	buf_init(&text, 1 << 20);
	assert_int_equal(codec_batch_encode(&head, items, strlen(items), &text), ERR_OK);
	assert_int_equal(codec_batch_open(text.data, text.length, &batch, &head, &info), ERR_OK);
	assert_int_equal(group_add(group, &head, batch), ERR_OK);
	codec_batch_close(batch);
	buf_fini(&text);
}

static void a_group_holds_rows_and_positions_and_passes_bad_items_over(void **state)
{
	static const char reading[] = "{\"device\":\"d\",\"household\":\"h\",\"quantity\":\"sos\",\"value\":1,"
				      "\"at\":\"2026-03-01T00:00:00.000Z\",\"received\":\"2026-03-01T00:00:00.000Z\"}";
	struct lane_batch head = {.lane = "reading",
		.producer = "ingest-1",
		.epoch = 5,
		.shard = 2,
		.prev = 6,
		.seq = 7,
		.at = {0},
		.count = 1};
	struct group group;
	struct zone *zone;
	char two[512];

	(void)state;
	assert_int_equal(zone_load("+08:00", &zone, NULL), ERR_OK);
	group_init(&group, 1 << 20, NULL);
	add(&group, head, reading);
	head.prev = 7, head.seq = 8, head.count = 2;
	snprintf(two, sizeof two, "{\"device\":\"d\"},%s", reading);
	add(&group, head, two);
	assert_int_equal(group_end(&group, zone), ERR_OK);
	assert_int_equal(group.rows.count, 2);
	assert_int_equal(group.items_refused, 1);
	assert_int_equal(group.refused.code, ERR_INVALID);
	assert_string_equal(group.positions.data,
		"[{\"lane\":\"reading\",\"producer\":\"ingest-1\",\"shard\":2,\"epoch\":5,\"prev\":6,\"seq\":8,"
		"\"at\":\"1970-01-01T00:00:00.000Z\"}]");
	group_reset(&group);
	assert_int_equal(group_bytes(&group), 0);
	group_fini(&group);
	zone_destroy(zone);
}

static void a_heartbeat_moves_the_position_alone(void **state)
{
	struct lane_batch head = {
		.lane = "incident", .producer = "dispatcher-1", .epoch = 5, .prev = 0, .seq = 1, .at = {0}};
	struct group group;

	(void)state;
	group_init(&group, 1 << 20, NULL);
	add(&group, head, "");
	assert_int_equal(group_end(&group, NULL), ERR_OK); /* no reading, no hour */
	assert_int_equal(group.incident_count, 0);
	assert_int_equal(group_bytes(&group), 0);
	assert_int_equal(group.position_count, 1);
	group_fini(&group);
}

static void errands_are_rows_of_their_own(void **state)
{
	static const char errand[] =
		"{\"id\":\"r-1\",\"revision\":2,\"household\":\"h\",\"kind\":\"visit\",\"state\":\"done\",\"event\":"
		"\"done\","
		"\"what\":\"chat\",\"opened\":\"2026-03-01T00:00:00.000Z\",\"at\":\"2026-03-01T01:00:00.000Z\","
		"\"from\":\"2026-03-01T00:00:00.000Z\",\"until\":\"2026-03-01T02:00:00.000Z\","
		"\"seen\":\"2026-03-01T01:00:00.000Z\",\"reason_zh\":\"x\",\"reason_en\":\"x\",\"note\":\"n\","
		"\"answers\":[{\"item\":\"gas\",\"answer\":\"finding\",\"word\":\"old\"},{\"item\":\"door\",\"answer\":"
		"\"ok\"}]}";
	struct lane_batch head = {
		.lane = "visit", .producer = "dispatcher-1", .epoch = 5, .prev = 0, .seq = 1, .at = {0}, .count = 2};
	struct group group;
	char two[sizeof errand + 32];

	(void)state;
	group_init(&group, 1 << 20, NULL);
	snprintf(two, sizeof two, "%s,{\"id\":\"r-2\"}", errand);
	add(&group, head, two);
	assert_int_equal(group_end(&group, NULL), ERR_OK);
	assert_int_equal(group.errand_count, 1);
	assert_int_equal(group.items_refused, 1);
	assert_non_null(strstr(group.errands.data, "\"note\":\"n\""));
	assert_non_null(strstr(group.errands.data, "\"seen\":\"2026-03-01T01:00:00.000Z\""));
	assert_non_null(strstr(group.errands.data, "\"answers\":\"[{\\\"item\\\":\\\"gas\\\",\\\"answer\\\":"
						   "\\\"finding\\\",\\\"word\\\":\\\"old\\\"},{\\\"item\\\":"
						   "\\\"door\\\",\\\"answer\\\":\\\"ok\\\"}]\"}]"));
	group_reset(&group);
	assert_int_equal(group_bytes(&group), 0);
	group_fini(&group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_queue_is_bounded_but_takes_one_of_any_size),
		cmocka_unit_test(what_was_taken_comes_again_until_it_is_done),
		cmocka_unit_test(a_group_holds_rows_and_positions_and_passes_bad_items_over),
		cmocka_unit_test(a_heartbeat_moves_the_position_alone),
		cmocka_unit_test(errands_are_rows_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
