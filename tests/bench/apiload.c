/* SPDX-License-Identifier: MIT
 *
 * apiload: the reads of tests/bench/api/load.cjs over MQTT, by one client of the broker.
 *
 *   apiload PORT USER PASSWORD_FILE HOMES SECONDS RATE WINDOW
 *       RATE requests a second (0: as fast as they come), at most WINDOW on their way. Prints one JSON object.
 */
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "bus/bus.h"

#define REQUESTS_MAX 1000000
#define WINDOW_MAX 256

static int64_t begun[REQUESTS_MAX];
static int32_t took[REQUESTS_MAX];
static unsigned asked, answered, bad, window;
static char answers[128], user[64];

static void must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "apiload: %s\n", what);
		exit(1);
	}
}

static void ask(struct bus *bus, unsigned homes)
{
	static const struct {
		const char *service, *method, *more;
	} kinds[] = {{"records", "timeline", ",\"limit\":20"}, {"records", "timeline", ",\"day\":\"2025-12-01\""},
		{"records", "history", ",\"limit\":50"}, {"detector", "habit", ""}, {"dispatcher", "incidents", NULL}};
	unsigned kind = asked % (sizeof kinds / sizeof *kinds);
	char topic[160], payload[160], number[16];

	snprintf(topic, sizeof topic, "curtain/api/%s/%s/%s", user, kinds[kind].service, kinds[kind].method);
	snprintf(number, sizeof number, "%u", asked);
	if (kinds[kind].more)
		snprintf(payload, sizeof payload, "{\"args\":{\"household\":\"h-%05u\"%s}}", asked % homes,
			kinds[kind].more);
	else
		text_cut(payload, sizeof payload, "{\"args\":{}}");
	must(!bus_publish(bus, &(struct bus_publication){.topic = topic,
				       .payload = payload,
				       .length = strlen(payload),
				       .response_topic = answers,
				       .correlation = number,
				       .correlation_length = strlen(number)}),
		"the broker takes no request");
	begun[asked++] = mono_now().us;
}

static void take(const struct bus_event *event)
{
	static const char good[] = "{\"ok\":true,";
	char number[16] = "";
	unsigned which;

	must(event->correlation_length && event->correlation_length < sizeof number, "an answer without its number");
	memcpy(number, event->correlation, event->correlation_length);
	which = (unsigned)strtoul(number, NULL, 10);
	must(which < asked, "an answer to nothing");
	took[answered++] = (int32_t)(mono_now().us - begun[which]);
	bad += event->length < sizeof good || memcmp(event->payload, good, sizeof good - 1) != 0;
}

/* turn waits at most 1 ms for answers and takes those that are there; true: the connection came up. */
static bool turn(struct bus *bus)
{
	struct pollfd fd = {.fd = bus_fd(bus), .events = POLLIN};
	struct bus_event event;
	bool connected = false;

	poll(&fd, 1, 1);
	bus_tick(bus, mono_now());
	while (!bus_next(bus, &event)) {
		must(event.kind != BUS_DISCONNECTED, "the broker is away, or refuses");
		connected |= event.kind == BUS_CONNECTED;
		if (event.kind == BUS_MESSAGE)
			take(&event);
	}
	return connected;
}

static int order(const void *a, const void *b)
{
	int32_t one = *(const int32_t *)a, other = *(const int32_t *)b;

	return one < other ? -1 : one > other;
}

static double part(unsigned thousandths)
{
	uint64_t place = answered ? (uint64_t)(answered - 1) * thousandths / 1000 : 0;

	return answered ? took[place] / 1000.0 : 0;
}

int main(int argc, char **argv)
{
	struct bus_config config = {.host = "127.0.0.1", .keepalive_ms = 20000, .queue_bytes = 64 << 20};
	struct bus *bus;

	must(argc == 8, "PORT USER PASSWORD_FILE HOMES SECONDS RATE WINDOW");
	config.port = atol(argv[1]);
	text_cut(user, sizeof user, argv[2]);
	text_cut(config.user, sizeof config.user, argv[2]);
	text_cut(config.password_file, sizeof config.password_file, argv[3]);
	unsigned homes = (unsigned)atoi(argv[4]), rate = (unsigned)atoi(argv[6]);
	double seconds = atof(argv[5]);
	window = (unsigned)atoi(argv[7]);
	must(homes && window && window <= WINDOW_MAX && seconds * rate < REQUESTS_MAX, "a value is out of range");
	snprintf(answers, sizeof answers, "curtain/api/%s/response/apiload", user);
	must(!bus_create(&config, "apiload", NULL, NULL, 0, &bus, NULL) && !bus_subscribe(bus, answers, 0) &&
			!bus_start(bus, NULL),
		"no connection");
	while (!turn(bus))
		;
	int64_t start = mono_now().us, end = start + (int64_t)(seconds * 1e6);
	for (int64_t now = start; now < end; now = mono_now().us) {
		unsigned due = rate ? (unsigned)((double)(now - start) / 1e6 * rate) + 1 : REQUESTS_MAX;
		while (asked < due && asked < REQUESTS_MAX && asked - answered < window)
			ask(bus, homes);
		turn(bus);
	}
	double measured = (double)(mono_now().us - start) / 1e6;
	unsigned in_time = answered;
	for (int64_t late = mono_now().us + 5000000; answered < asked && mono_now().us < late;)
		turn(bus);
	qsort(took, answered, sizeof *took, order);
	printf("{\"rate\":%.1f,\"count\":%u,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f,\"errors\":%u,"
	       "\"timeouts\":%u,"
	       "\"non2xx\":%u}\n",
		in_time / measured, answered, part(500), part(900), part(990), part(1000), 0u, asked - answered, bad);
	bus_destroy(bus);
	return 0;
}
