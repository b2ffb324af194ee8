/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "dispatcher/post_order.h"

#define MESSAGES 4000
#define TOPICS 6 /* of each queue */

/* What post.c's table holds, and a broker that takes few at a time in the order in which they were handed over. */
struct message {
	enum post_queue queue;
	unsigned topic;
	bool taken, settled; /* taken: by the broker, at least once */
};

static struct message messages[MESSAGES + 1];
static unsigned count;
static int64_t line[MESSAGES * 2], last_taken[POST_QUEUE_COUNT][TOPICS];
static unsigned head, tail;
static struct post_order order;

static uint64_t dice_state;

/* dice gives 0 .. sides - 1 (splitmix64). */
static unsigned dice(unsigned sides)
{
	uint64_t z = dice_state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return (unsigned)((z ^ (z >> 31)) % sides);
}

static void add(enum post_queue queue, unsigned topic)
{
	messages[++count] = (struct message){.queue = queue, .topic = topic};
	post_order_added(&order, queue);
}

static int64_t first_beyond(enum post_queue queue, int64_t after)
{
	for (int64_t n = after + 1; n <= (int64_t)count; n++)
		if (messages[n].queue == queue && !messages[n].settled)
			return n;
	return 0;
}

/* send hands over until nothing more may leave, as post_send does. */
static void send(void)
{
	enum post_queue queue;
	int64_t after;

	while (post_order_next(&order, &queue, &after)) {
		int64_t number = first_beyond(queue, after);

		if (!number) {
			post_order_empty(&order, queue);
			continue;
		}
		post_order_sent(&order, queue, number);
		line[tail++ % (MESSAGES * 2)] = number;
	}
}

static void take(bool acknowledged)
{
	int64_t number = line[head++ % (MESSAGES * 2)];
	struct message *message = &messages[number];

	if (!message->taken)
		assert_true(number > last_taken[message->queue][message->topic]);
	if (number > last_taken[message->queue][message->topic])
		last_taken[message->queue][message->topic] = number;
	message->taken = true;
	if (!acknowledged)
		return;
	message->settled = true;
	post_order_settled(&order, number);
}

static void begin(void)
{
	count = head = tail = 0;
	memset(last_taken, 0, sizeof last_taken);
	memset(messages, 0, sizeof messages);
	post_order_connected(&order);
}

static void a_page_finds_a_few_letters_before_it(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 500; i++)
		add(POST_LETTERS, i % TOPICS);
	send();
	assert_int_equal(tail, POST_LETTERS_MAX);
	add(POST_PAGES, 0);
	send();
	assert_int_equal(tail, POST_LETTERS_MAX + 1);
	assert_int_equal(line[POST_LETTERS_MAX], 501);
	for (unsigned i = 0; i < POST_LETTERS_MAX; i++) {
		take(true);
		send();
		assert_int_equal(tail - head, POST_LETTERS_MAX + 1); /* each that the broker takes makes room for one */
	}
}

static void pages_are_not_bounded_and_leave_before_letters(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 100; i++) {
		add(POST_LETTERS, 0);
		add(POST_PAGES, 0);
	}
	send();
	assert_int_equal(tail, 100 + POST_LETTERS_MAX);
	for (unsigned i = 0; i < 100; i++)
		assert_int_equal(messages[line[i]].queue, POST_PAGES);
	for (unsigned i = 100; i < tail; i++)
		assert_int_equal(messages[line[i]].queue, POST_LETTERS);
}

static void a_new_connection_begins_anew(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 2 * POST_LETTERS_MAX; i++)
		add(POST_LETTERS, 0);
	send();
	post_order_connected(&order);
	head = tail;
	post_order_settled(&order, 99); /* of the former connection: nothing of ours */
	send();
	assert_int_equal(tail - head, POST_LETTERS_MAX);
	assert_int_equal(line[head], 1);
}

static void what_the_broker_refuses_makes_room(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 2 * POST_LETTERS_MAX; i++)
		add(POST_LETTERS, 0);
	send();
	for (int64_t number = 1; number <= POST_LETTERS_MAX; number++)
		post_order_settled(&order, number);
	send();
	assert_int_equal(tail, 2 * POST_LETTERS_MAX);
}

/* Whatever comes in which order: of one topic nothing overtakes, no more letters than allowed are under way, no page
 * waits in the store, and at the end all were taken. */
static void step(void)
{
	unsigned roll = dice(100);

	if (roll < 40) {
		add(dice(5) ? POST_LETTERS : POST_PAGES, dice(TOPICS));
	} else if (roll < 99 && head < tail) {
		take(tail - head > 1 || dice(50)); /* the last one's acknowledgement may be lost */
	} else if (roll == 99) {
		post_order_connected(&order);
		head = tail; /* what was under way is sent again */
	}
	send();
}

static unsigned letters_under_way(void)
{
	unsigned letters = 0;

	for (unsigned i = head; i < tail; i++)
		letters += messages[line[i % (MESSAGES * 2)]].queue == POST_LETTERS;
	return letters;
}

static void a_walk_loses_and_reorders_nothing(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		begin();
		dice_state = seed;
		while (count < MESSAGES) {
			step();
			if (letters_under_way() > POST_LETTERS_MAX || order.more[POST_PAGES])
				fail_msg("seed %u: %u letters under way", seed, letters_under_way());
		}
		post_order_connected(&order);
		head = tail;
		for (send(); head < tail; send())
			take(true);
		for (unsigned n = 1; n <= count; n++)
			if (!messages[n].settled)
				fail_msg("seed %u: message %u was lost", seed, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_finds_a_few_letters_before_it),
		cmocka_unit_test(pages_are_not_bounded_and_leave_before_letters),
		cmocka_unit_test(a_new_connection_begins_anew),
		cmocka_unit_test(what_the_broker_refuses_makes_room),
		cmocka_unit_test(a_walk_loses_and_reorders_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
