/* SPDX-License-Identifier: MIT
 *
 * map_bench: microseconds of CPU that the map takes a message. map_bench [FOLDER of profiles] [MESSAGES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "ingest/map.h"

struct sample {
	const char *name, *topic, *payload;
	unsigned parts; /* what a time is given for: messages or records in one */
};

static double cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void measure(struct map *map, const struct sample *sample, unsigned count)
{
	struct wall now = wall_now();
	struct map_results results;
	unsigned long values = 0;
	size_t length = strlen(sample->payload);

	count /= sample->parts;
	double start = cpu_us();
	for (unsigned i = 0; i < count; i++) {
		map_run(map, sample->topic, sample->payload, length, false, now, &results);
		for (unsigned k = 0; k < results.count; k++)
			values += results.items[k].kind == MAP_OBSERVATION;
	}
	double us = (cpu_us() - start) / count;
	printf("%-34s %8.2f us a message %8.2f us a part %6.1f values a message\n", sample->name, us,
		us / sample->parts, (double)values / count);
}

static void write_pack(struct buf *out)
{
	buf_text(out, "[{\"bn\":\"urn:dev:mac:0024befffe804ff1:\",\"bt\":1793000000,\"n\":\"temperature\",\"u\":"
		      "\"Cel\",\"v\":21.5}");
	for (int i = 1; i < 100; i++)
		buf_printf(out, ",{\"n\":\"%s\",\"t\":%d,\"v\":%d.%d}", i % 2 ? "humidity" : "temperature", -i,
			20 + i % 7, i % 10);
	buf_byte(out, ']');
}

int main(int argc, char **argv)
{
	unsigned count = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 200000;
	struct errinfo info = {0};
	struct map *map = NULL;
	struct buf pack;

	buf_init(&pack, 65536);
	write_pack(&pack);
	const struct sample samples[] = {
		{"flat JSON, plain paths (mqload)", "meter/h000123/water",
			"{\"id\":\"h000123-w\",\"seq\":123456,\"ts\":\"2026-11-01T01:02:03Z\",\"total_m3\":100.123,"
			"\"sent_us\":1793000000123456}",
			1},
		{"zigbee2mqtt door", "zigbee2mqtt/front_door",
			"{\"battery\":97,\"contact\":false,\"device_temperature\":21,\"last_seen\":\"2026-11-01T09:02:"
			"03+08:00\","
			"\"linkquality\":112,\"power_outage_count\":4,\"voltage\":3015}",
			1},
		{"SenML pack of 100", "curtain/in/gateway-1/node7", pack.data, 100},
		{"no profile", "nobody/knows/this", "{\"a\":1}", 1},
	};
	double start = cpu_us();
	if (map_load(argc > 1 ? argv[1] : "deploy/config/profiles", &map, &info)) {
		fprintf(stderr, "map_bench: %s:%d:%d: %s\n", info.file, info.line, info.column, info.text);
		return 1;
	}
	printf("%-34s %8.0f ms\n", "loading the profiles", (cpu_us() - start) / 1e3);
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		measure(map, &samples[i], count);
	map_destroy(map);
	buf_fini(&pack);
	return 0;
}
