/* SPDX-License-Identifier: MIT
 *
 * mqload: a raw MQTT 3.1.1 load generator and counting subscriber over one TCP connection, so light that the broker is
 * what is measured.
 *
 *   mqload pub HOST PORT COUNT QOS HOMES RATE WINDOW [USER PASSWORD-FILE FIRST]
 *       publishes COUNT counter readings on meter/h<home>/water; RATE 0 = as fast as WINDOW unacknowledged ones allow;
 *       FIRST: readings that each home has sent in earlier runs (time and counter go on from there)
 *   mqload pack HOST PORT COUNT QOS HOMES RATE WINDOW USER PASSWORD-FILE FIRST
 *       the same readings as SenML packs of 100 on curtain/in/USER/h<home>; COUNT counts the packs
 *   mqload sub HOST PORT COUNT QOS FILTER
 *       receives COUNT messages, acknowledging them
 */
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define BATCH_BYTES 60000
#define PACK_READINGS 100
#define PACK_BYTES 8192
#define BASE_TIME 1764547200L /* 2025-12-01T00:00:00Z: the load's own time, one reading a home and minute */

/* put writes message i as a packet and gives its length. */
typedef size_t put(uint8_t *out, long i, int qos, long homes, long first);

static const char *account; /* of packs */

static size_t put_pack(uint8_t *out, long i, int qos, long homes, long first)
{
	char topic[128], payload[PACK_BYTES];
	long count = first + i / homes * PACK_READINGS;
	size_t n = (size_t)snprintf(payload, sizeof payload,
		"[{\"bt\":%ld,\"bu\":\"m3\",\"n\":\"water_total\",\"v\":%.3f}", BASE_TIME + 60 * count,
		100 + (double)count * 0.001);

	for (int k = 1; k < PACK_READINGS; k++)
		n += (size_t)snprintf(payload + n, sizeof payload - n, ",{\"n\":\"water_total\",\"v\":%.3f,\"t\":%d}",
			100 + (double)(count + k) * 0.001, 60 * k);
	payload[n++] = ']';
	snprintf(topic, sizeof topic, "curtain/in/%s/h%06ld", account, i % homes);
	return put_message(out, i, qos, topic, payload, n);
}

static size_t put_reading(uint8_t *out, long i, int qos, long homes, long first)
{
	char topic[64], payload[256], stamp[32];
	long home = i % homes, count = first + i / homes;
	struct timespec wall;
	time_t at = BASE_TIME + 60 * count;
	struct tm utc;
	gmtime_r(&at, &utc);
	strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &utc);
	clock_gettime(CLOCK_REALTIME, &wall);
	snprintf(topic, sizeof topic, "meter/h%06ld/water", home);
	int length = snprintf(payload, sizeof payload,
		"{\"id\":\"h%06ld\",\"seq\":%ld,\"ts\":\"%s\",\"total_m3\":%.3f,\"sent_us\":%ld}", home, i, stamp,
		100 + (double)count * 0.001, wall.tv_sec * 1000000L + wall.tv_nsec / 1000);
	return put_message(out, i, qos, topic, payload, (size_t)length);
}

/* take_acks reads what is there and gives the number of PUBACKs in it. */
static long take_acks(int fd)
{
	static uint8_t in[65536];
	static size_t held;
	long acked = 0;
	size_t at = 0;
	ssize_t k = read(fd, in + held, sizeof in - held);
	if (k <= 0)
		fail("the broker closed the connection");
	held += (size_t)k;
	while (held - at >= 4) {
		if ((in[at] & 0xf0) == 0x40)
			acked++;
		at += 2u + in[at + 1];
	}
	memmove(in, in + at, held - at);
	held -= at;
	return acked;
}

static void publish(int fd, put *put_one, long count, int qos, long homes, double rate, long window, long first)
{
	static uint8_t out[BATCH_BYTES + PACK_BYTES + 256];
	long sent = 0, acked = 0;
	double began = now_s();
	while (qos ? acked < count : sent < count) {
		size_t n = 0;
		long limit = count;
		if (rate > 0 && (double)limit > (now_s() - began) * rate)
			limit = (long)((now_s() - began) * rate);
		while (sent < limit && (!qos || sent - acked < window) && n < BATCH_BYTES)
			n += put_one(out + n, sent++, qos, homes, first);
		if (n)
			write_all(fd, out, n);
		if (!qos && n)
			continue;
		bool stuck = sent - acked >= window || sent >= count;
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		if (poll(&wait, 1, stuck && qos ? 1000 : n ? 0 : 1) > 0)
			acked += take_acks(fd);
	}
	printf("pub %ld in %.3f s = %.0f/s\n", count, now_s() - began, (double)count / (now_s() - began));
}

/* take_publishes walks the packets in in[0..held), puts PUBACKs into acks and gives how many bytes were whole packets.
 */
static size_t take_publishes(const uint8_t *in, size_t held, uint8_t *acks, size_t *acks_length, long *got)
{
	size_t at = 0;
	for (;;) {
		size_t length = 0, shift = 0, body = at + 1;
		bool whole = false;
		while (body < held && !whole) {
			length |= (size_t)(in[body] & 127) << shift;
			shift += 7;
			whole = !(in[body++] & 128);
		}
		if (!whole || held - body < length)
			return at;
		if ((in[at] & 0xf0) == 0x30) {
			(*got)++;
			if (in[at] >> 1 & 3) {
				size_t topic = (size_t)(in[body] << 8 | in[body + 1]);
				const uint8_t ack[] = {0x40, 2, in[body + 2 + topic], in[body + 3 + topic]};
				memcpy(acks + *acks_length, ack, sizeof ack);
				*acks_length += sizeof ack;
			}
		}
		at = body + length;
	}
}

static void subscribe(int fd, long count, int qos, const char *filter)
{
	static uint8_t in[1 << 20], acks[1 << 18];
	uint8_t packet[300] = {0x82};
	size_t held = 0, n = strlen(filter);
	long got = 0;
	double began = 0;
	packet[1] = (uint8_t)(2 + 2 + n + 1);
	packet[3] = 1;
	put_text(packet + 4, filter, n);
	packet[6 + n] = (uint8_t)qos;
	write_all(fd, packet, 7 + n);
	while (got < count) {
		ssize_t k = read(fd, in + held, sizeof in - held);
		size_t acks_length = 0;
		if (k <= 0)
			fail("the broker closed the connection");
		held += (size_t)k;
		long before = got;
		size_t used = take_publishes(in, held, acks, &acks_length, &got);
		if (!before && got)
			began = now_s();
		if (acks_length)
			write_all(fd, acks, acks_length);
		memmove(in, in + used, held - used);
		held -= used;
	}
	printf("sub %ld in %.3f s = %.0f/s\n", count, now_s() - began, (double)count / (now_s() - began));
}

int main(int argc, char **argv)
{
	char password[128] = "";
	bool packs = argc > 1 && !strcmp(argv[1], "pack"), publishing = packs || (argc > 1 && !strcmp(argv[1], "pub"));
	if (argc < (packs ? 12 : publishing ? 9 : 7)) {
		fputs("usage: mqload pub HOST PORT COUNT QOS HOMES RATE WINDOW [USER PASSWORD-FILE FIRST]\n"
		      "       mqload pack HOST PORT COUNT QOS HOMES RATE WINDOW USER PASSWORD-FILE FIRST\n"
		      "       mqload sub HOST PORT COUNT QOS FILTER\n",
			stderr);
		return 2;
	}
	if (argc > 10) {
		FILE *file = fopen(argv[10], "re");
		if (!file || !fgets(password, sizeof password, file))
			fail(argv[10]);
		password[strcspn(password, "\n")] = 0;
		fclose(file);
	}
	int fd = dial(argv[2], argv[3]);
	login(fd, argv[1], argc > 9 ? argv[9] : NULL, password);
	long count = atol(argv[4]);
	int qos = atoi(argv[5]);
	account = packs ? argv[9] : "";
	if (publishing)
		publish(fd, packs ? put_pack : put_reading, count, qos, atol(argv[6]), atof(argv[7]), atol(argv[8]),
			argc > 11 ? atol(argv[11]) : 0);
	else
		subscribe(fd, count, qos, argv[6]);
	close(fd);
	return 0;
}
