/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "records/publisher.h"

#define EPOCH 1000

static struct mono at_ms(int64_t ms)
{
	return (struct mono){.us = ms * 1000};
}

static struct publisher fresh(uint64_t head)
{
	struct publisher p;

	memset(&p, 0, sizeof p);
	publisher_reset(&p, EPOCH);
	publisher_head(&p, head);
	return p;
}

static void ack(struct publisher *p, uint64_t epoch, uint64_t seq, bool want, int64_t ms)
{
	assert_int_equal(publisher_ack(p, "ingest", epoch, seq, want, at_ms(ms)), ERR_OK);
}

/* next_after gives where the next batch begins; -1: there is none. */
static int64_t next_after(struct publisher *p, int64_t ms)
{
	unsigned consumer;
	uint64_t after;

	return publisher_next(p, at_ms(ms), &consumer, &after) ? (int64_t)after : -1;
}

static void nothing_is_sent_to_nobody(void **state)
{
	struct publisher p = fresh(10);

	(void)state;
	assert_int_equal(next_after(&p, 0), -1);
	assert_true(publisher_due(&p).us == INT64_MAX);
}

static void a_new_consumer_is_served_from_0(void **state)
{
	struct publisher p = fresh(10);

	(void)state;
	ack(&p, 0, 0, true, 1);
	assert_int_equal(next_after(&p, 1), 0);
	publisher_sent(&p, 0, 10, at_ms(1));
	assert_int_equal(next_after(&p, 2), -1);
	ack(&p, EPOCH, 10, false, 3);
	assert_int_equal(next_after(&p, 100000), -1);
	assert_int_equal(publisher_waiting(&p), 0);
}

static void a_consumer_that_has_all_gets_the_next_commit_at_once(void **state)
{
	struct publisher p = fresh(10);

	(void)state;
	ack(&p, EPOCH, 10, false, 1);
	assert_int_equal(next_after(&p, 1), -1);
	publisher_head(&p, 12);
	assert_true(publisher_due(&p).us == INT64_MIN);
	assert_int_equal(next_after(&p, 2), 10);
}

static void no_more_than_the_window_is_in_flight(void **state)
{
	struct publisher p = fresh(100);

	(void)state;
	ack(&p, EPOCH, 0, true, 1);
	for (unsigned i = 1; i <= PUBLISHER_WINDOW; i++) {
		assert_int_equal(next_after(&p, 1), 10 * (i - 1));
		publisher_sent(&p, 0, 10 * i, at_ms(1));
	}
	assert_int_equal(next_after(&p, 2), -1);
	ack(&p, EPOCH, 10, false, 3);
	assert_int_equal(next_after(&p, 3), 10 * PUBLISHER_WINDOW);
}

static void silence_sends_again_from_the_position_and_ever_slower(void **state)
{
	struct publisher p = fresh(10);

	(void)state;
	ack(&p, EPOCH, 4, false, 0);
	publisher_sent(&p, 0, 10, at_ms(0));
	assert_int_equal(next_after(&p, PUBLISHER_RESEND_MS - 1), -1);
	assert_true(publisher_due(&p).us == PUBLISHER_RESEND_MS * 1000);
	assert_int_equal(next_after(&p, PUBLISHER_RESEND_MS), 4);
	publisher_sent(&p, 0, 10, at_ms(PUBLISHER_RESEND_MS));
	assert_int_equal(next_after(&p, 3 * PUBLISHER_RESEND_MS - 1), -1);
	assert_int_equal(next_after(&p, 3 * PUBLISHER_RESEND_MS), 4);
}

static void a_question_is_answered_at_once_but_not_faster_than_its_pace(void **state)
{
	struct publisher p = fresh(10);

	(void)state;
	ack(&p, EPOCH, 4, true, 1000);
	publisher_sent(&p, 0, 10, at_ms(1000));
	ack(&p, EPOCH, 4, true, 1000 + PUBLISHER_WANT_MS - 1);
	assert_int_equal(next_after(&p, 1000 + PUBLISHER_WANT_MS - 1), -1);
	ack(&p, EPOCH, 4, true, 1000 + PUBLISHER_WANT_MS);
	assert_int_equal(next_after(&p, 1000 + PUBLISHER_WANT_MS), 4);
}

static void another_epoch_means_all_from_0(void **state)
{
	struct publisher p = fresh(10);

	(void)state;
	ack(&p, EPOCH - 1, 900, false, 1);
	assert_int_equal(next_after(&p, 1), 0);
	assert_false(publisher_is_behind(&p));
}

static void a_consumer_ahead_of_us_asks_for_a_new_epoch(void **state)
{
	struct publisher p = fresh(10);

	(void)state;
	ack(&p, EPOCH, 11, false, 1);
	assert_true(publisher_is_behind(&p));
	assert_int_equal(next_after(&p, 1), -1);
	publisher_reset(&p, EPOCH + 1);
	publisher_head(&p, 10);
	assert_false(publisher_is_behind(&p));
	assert_int_equal(next_after(&p, 1), 0);
}

static void two_consumers_are_served_each_from_its_own_position(void **state)
{
	struct publisher p = fresh(10);
	unsigned consumer;
	uint64_t after;

	(void)state;
	ack(&p, EPOCH, 10, false, 1);
	assert_int_equal(publisher_ack(&p, "second", EPOCH, 3, false, at_ms(1)), ERR_OK);
	assert_true(publisher_next(&p, at_ms(1), &consumer, &after));
	assert_int_equal(consumer, 1);
	assert_int_equal(after, 3);
}

static void consumers_are_bounded(void **state)
{
	struct publisher p = fresh(10);
	char name[16];

	(void)state;
	for (int i = 0; i < PUBLISHER_CONSUMERS_MAX; i++) {
		snprintf(name, sizeof name, "c-%d", i);
		assert_int_equal(publisher_ack(&p, name, EPOCH, 1, false, at_ms(1)), ERR_OK);
	}
	assert_int_equal(publisher_ack(&p, "one-more", EPOCH, 1, false, at_ms(1)), ERR_FULL);
	assert_int_equal(publisher_ack(&p, "c-0", EPOCH, 2, false, at_ms(1)), ERR_OK);
}

/* Whatever is lost, the consumer ends at the head: a lossy channel, driven by a seeded generator. */
static void every_loss_is_made_good(void **state)
{
	struct publisher p = fresh(0);
	uint32_t dice = 7;
	uint64_t position = 0, head = 0;
	int64_t ms = 0;

	(void)state;
	ack(&p, 0, 0, true, 0);
	for (int step = 0; step < 20000; step++) {
		unsigned consumer;
		uint64_t after;
		dice = dice * 1664525u + 1013904223u;
		ms += dice >> 24;
		if (step < 15000 && dice % 7 == 0)
			publisher_head(&p, head += 1 + dice % 5);
		while (publisher_next(&p, at_ms(ms), &consumer, &after)) {
			uint64_t end = after + 3 < head ? after + 3 : head;
			publisher_sent(&p, consumer, end, at_ms(ms));
			dice = dice * 1664525u + 1013904223u;
			if (dice >> 30 && after <= position && position < end)
				position = end;
		}
		if (dice >> 29 & 1)
			ack(&p, position ? EPOCH : 0, position, dice >> 28 & 1, ms);
	}
	assert_int_equal(position, head);
	assert_int_equal(publisher_waiting(&p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_sent_to_nobody),
		cmocka_unit_test(a_new_consumer_is_served_from_0),
		cmocka_unit_test(a_consumer_that_has_all_gets_the_next_commit_at_once),
		cmocka_unit_test(no_more_than_the_window_is_in_flight),
		cmocka_unit_test(silence_sends_again_from_the_position_and_ever_slower),
		cmocka_unit_test(a_question_is_answered_at_once_but_not_faster_than_its_pace),
		cmocka_unit_test(another_epoch_means_all_from_0),
		cmocka_unit_test(a_consumer_ahead_of_us_asks_for_a_new_epoch),
		cmocka_unit_test(two_consumers_are_served_each_from_its_own_position),
		cmocka_unit_test(consumers_are_bounded),
		cmocka_unit_test(every_loss_is_made_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
