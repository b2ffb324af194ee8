/* SPDX-License-Identifier: MIT
 *
 * What needs no broker. The connection itself is tried in tests/integration.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bus/bus.h"
#include "bus/nodelay.h"
#include "bus/queue.h"

static void filters_match_as_mqtt_says(void **state)
{
	static const struct {
		const char *filter, *topic;
		bool matches;
	} cases[] = {
		{"a/b", "a/b", true},
		{"a/b", "a/c", false},
		{"a/+", "a/b", true},
		{"a/+", "a/b/c", false},
		{"a/+", "a/", true},
		{"a/#", "a", true},
		{"a/#", "a/b/c", true},
		{"a/#", "ab", false},
		{"#", "a/b", true},
		{"#", "$SYS/x", false},
		{"+/x", "$SYS/x", false},
		{"$SYS/#", "$SYS/x", true},
		{"+", "a", true},
		{"+", "/a", false},
		{"/+", "/a", true},
		{"+/+", "/a", true},
		{"a/+/c", "a/b/c", true},
		{"a/+/c", "a/b/d", false},
		{"a", "a/b", false},
		{"a/b", "a", false},
		{"$thing/up/+", "$thing/up/x", true},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (bus_topic_matches(cases[i].filter, cases[i].topic) != cases[i].matches)
			fail_msg("%s against %s", cases[i].filter, cases[i].topic);
}

static int is_nodelay(int fd)
{
	int on = 0;
	socklen_t length = sizeof on;

	assert_int_equal(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, &length), 0);
	return on;
}

static void small_packets_to_the_broker_s_port_are_not_held_back(void **state)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);
	(void)state;
	assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(listener, 1), 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &length), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&at, sizeof at), 0);
	int server = accept(listener, NULL, NULL);
	assert_int_equal(is_nodelay(client), 0);
	assert_int_equal(nodelay_set(ntohs(at.sin_port)), 1);
	assert_int_not_equal(is_nodelay(client), 0);
	assert_int_equal(is_nodelay(server), 0); /* its peer's port is another */
	close(server);
	close(client);
	close(listener);
}

static void nothing_is_published_before_the_connection(void **state)
{
	struct bus_config config = {.host = "127.0.0.1", .port = 1, .keepalive_ms = 1000, .queue_bytes = 65536};
	struct bus_event event;
	struct bus *bus;
	(void)state;
	assert_int_equal(bus_create(&config, "bus-test", "will", "x", 1, &bus, NULL), ERR_OK);
	assert_int_equal(bus_subscribe(bus, "a/#", 1), ERR_OK);
	assert_int_equal(
		bus_publish(bus, &(struct bus_publication){.topic = "a", .payload = "x", .length = 1}), ERR_CLOSED);
	assert_int_equal(bus_next(bus, &event), ERR_NOT_FOUND);
	assert_true(bus_due(bus).us == INT64_MAX);
	bus_destroy(bus);
	bus_destroy(NULL);
}

static void missing_password_file_is_named(void **state)
{
	struct bus_config config = {.host = "127.0.0.1", .port = 1, .password_file = "/nowhere/secret"};
	struct errinfo info = {0};
	struct bus *bus;
	(void)state;
	assert_int_equal(bus_create(&config, "bus-test", NULL, NULL, 0, &bus, &info), ERR_NOT_FOUND);
	assert_string_equal(info.file, "/nowhere/secret");
}

static struct bus_queue_item *item_of(size_t bytes, uint64_t token)
{
	struct bus_queue_item *item = calloc(1, sizeof *item);

	item->bytes = bytes;
	item->event.token = token;
	return item;
}

static void *push_three(void *context)
{
	for (uint64_t token = 1; token <= 3; token++)
		bus_queue_push(context, item_of(60, token));
	return NULL;
}

static void a_full_queue_holds_the_pusher_up_and_loses_nothing(void **state)
{
	struct bus_queue queue;
	pthread_t pusher;
	uint64_t wanted = 1;
	(void)state;
	assert_int_equal(bus_queue_init(&queue, 100, NULL), ERR_OK);
	assert_int_equal(pthread_create(&pusher, NULL, push_three, &queue), 0);
	while (wanted <= 3) {
		const struct bus_event *event = bus_queue_take(&queue);
		pthread_mutex_lock(&queue.lock);
		assert_true(queue.bytes <= 100);
		pthread_mutex_unlock(&queue.lock);
		if (event)
			assert_int_equal(event->token, wanted++);
	}
	pthread_join(pusher, NULL);
	assert_null(bus_queue_take(&queue));
	assert_int_equal(queue.bytes, 0);
	bus_queue_fini(&queue);
}

static void what_is_larger_than_the_queue_passes_alone(void **state)
{
	struct bus_queue queue;
	(void)state;
	assert_int_equal(bus_queue_init(&queue, 100, NULL), ERR_OK);
	bus_queue_push(&queue, item_of(1000, 1));
	bus_queue_push(&queue, item_of(0, 2)); /* an event without weight never waits */
	assert_int_equal(bus_queue_take(&queue)->token, 1);
	assert_int_equal(bus_queue_take(&queue)->token, 2);
	bus_queue_fini(&queue);
}

static void a_closed_queue_lets_go(void **state)
{
	struct bus_queue queue;
	pthread_t pusher;
	(void)state;
	assert_int_equal(bus_queue_init(&queue, 100, NULL), ERR_OK);
	bus_queue_push(&queue, item_of(100, 9));
	assert_int_equal(pthread_create(&pusher, NULL, push_three, &queue), 0);
	bus_queue_close(&queue);
	pthread_join(pusher, NULL);
	assert_int_equal(bus_queue_take(&queue)->token, 9);
	assert_null(bus_queue_take(&queue));
	bus_queue_fini(&queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters_match_as_mqtt_says),
		cmocka_unit_test(small_packets_to_the_broker_s_port_are_not_held_back),
		cmocka_unit_test(nothing_is_published_before_the_connection),
		cmocka_unit_test(missing_password_file_is_named),
		cmocka_unit_test(a_full_queue_holds_the_pusher_up_and_loses_nothing),
		cmocka_unit_test(what_is_larger_than_the_queue_passes_alone),
		cmocka_unit_test(a_closed_queue_lets_go),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
