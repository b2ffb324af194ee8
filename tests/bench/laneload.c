/* SPDX-License-Identifier: MIT
 *
 * laneload: a producer of lane "reading" for measuring its consumer. All batches are made before the clock starts; then
 * each shard has so many bytes on their way, and its next batches leave as the consumer acknowledges.
 *
 *   laneload HOST PORT READINGS HOMES KINDS SHARDS FIRST BATCH
 *       READINGS in all, spread over HOMES; each home has KINDS devices (1: a water meter alone) and sends one reading
 * of each a minute; FIRST: minutes that earlier runs have sent; BATCH: readings in one batch. Each run is an epoch of
 * its own.
 */
#include <math.h>
#include <poll.h>
#include <stdbool.h>

#include "base/text.h"
#include "codec/codec.h"
#include "wire.h"

#define CONSUMER "records"
#define IN_FLIGHT_BYTES (2 << 20) /* a shard: ingest's default */
#define BASE_MS INT64_C(1764547200000)
#define SHARDS_MAX 64

struct packet {
	char *bytes;
	size_t length;
};

struct shard {
	struct packet *packets;
	size_t count, capacity, sent, acked, in_flight;
	struct buf items;
	uint32_t item_count;
};

static struct shard shards[SHARDS_MAX];
static unsigned shard_count;
static uint64_t epoch;

static void must(bool good, const char *what)
{
	if (!good) {
		fprintf(stderr, "laneload: %s\n", what);
		_exit(1);
	}
}

static void end_batch(unsigned s)
{
	struct shard *shard = &shards[s];
	struct lane_batch head = {.lane = "reading",
		.producer = "ingest-1",
		.epoch = epoch,
		.shard = s,
		.prev = shard->count,
		.seq = shard->count + 1,
		.at = wall_now(),
		.count = shard->item_count};
	struct buf payload;
	char topic[64];

	if (!shard->item_count)
		return;
	buf_init(&payload, CODEC_BATCH_BYTES_MAX);
	must(!codec_batch_encode(&head, shard->items.data, shard->items.length, &payload), "a batch is too long");
	snprintf(topic, sizeof topic, "curtain/lane/reading/ingest-1/%u", s);
	if (shard->count == shard->capacity) {
		shard->capacity = shard->capacity ? 2 * shard->capacity : 64;
		shard->packets = reallocarray(shard->packets, shard->capacity, sizeof *shard->packets);
		must(shard->packets != NULL, "out of memory");
	}
	struct packet *packet = &shard->packets[shard->count];
	packet->bytes = malloc(payload.length + 128);
	must(packet->bytes != NULL, "out of memory");
	packet->length =
		put_message((uint8_t *)packet->bytes, (long)shard->count, 1, topic, payload.data, payload.length);
	shard->count++;
	shard->item_count = 0;
	buf_reset(&shard->items);
	buf_fini(&payload);
}

static void add_reading(long home, long kind, long minute, long batch)
{
	static const enum quantity kinds[] = {QUANTITY_WATER_TOTAL, QUANTITY_TEMPERATURE, QUANTITY_CONTACT,
		QUANTITY_ENERGY_TOTAL, QUANTITY_MOTION, QUANTITY_POWER};
	struct reading r = {.delta = NAN, .since = WALL_NONE};
	struct shard *shard;

	r.quantity = kinds[kind % (long)(sizeof kinds / sizeof *kinds)];
	r.at.ms = BASE_MS + minute * MS_PER_MINUTE + home % 60 * MS_PER_SECOND;
	r.received = wall_plus(r.at, 250);
	r.value = (double)(minute % 1000) / 10;
	snprintf(r.device, sizeof r.device, "%c%06ld", (char)('h' + kind), home);
	snprintf(r.household, sizeof r.household, "h-%05ld", home);
	if (quantity_info(r.quantity)->kind == QUANTITY_COUNTER) {
		r.value = 100000 + (double)minute;
		r.delta = 1;
		r.since = wall_plus(r.at, -MS_PER_MINUTE);
	} else if (quantity_info(r.quantity)->kind == QUANTITY_STATE) {
		r.value = (double)(minute % 2);
	}
	unsigned s = text_crc32(r.household, strlen(r.household)) % shard_count;
	shard = &shards[s];
	if (shard->item_count)
		buf_byte(&shard->items, ',');
	must(!codec_reading_encode(&r, &shard->items), "a reading that is none");
	if (++shard->item_count == batch)
		end_batch(s);
}

static void send_some(int fd)
{
	for (unsigned s = 0; s < shard_count; s++) {
		struct shard *shard = &shards[s];
		while (shard->sent < shard->count && shard->in_flight < IN_FLIGHT_BYTES) {
			const struct packet *packet = &shard->packets[shard->sent++];
			shard->in_flight += packet->length;
			write_all(fd, (const uint8_t *)packet->bytes, packet->length);
		}
	}
}

/* take_ack reads {"epoch":E,"seq":N...} of topic .../<shard>/records. */
static void take_ack(const char *topic, size_t topic_length, const char *payload, size_t length)
{
	char name[128], text[256];
	const char *at, *seq;
	unsigned s;

	snprintf(name, sizeof name, "%.*s", (int)topic_length, topic);
	snprintf(text, sizeof text, "%.*s", (int)length, payload);
	at = strstr(text, "\"epoch\":");
	seq = strstr(text, "\"seq\":");
	if (!at || !seq || strtoull(at + 8, NULL, 10) != epoch ||
		sscanf(name, "curtain/ack/reading/ingest-1/%u/", &s) != 1 || s >= shard_count)
		return;
	for (size_t n = strtoull(seq + 6, NULL, 10); shards[s].acked < n && shards[s].acked < shards[s].sent;
		shards[s].acked++)
		shards[s].in_flight -= shards[s].packets[shards[s].acked].length;
	/* Asked for what was left: from there once more. */
	if (strstr(text, "\"want\":true") && shards[s].acked < shards[s].sent) {
		shards[s].sent = shards[s].acked;
		shards[s].in_flight = 0;
	}
}

static void take(int fd)
{
	static uint8_t in[1 << 20];
	static size_t held;
	ssize_t k = read(fd, in + held, sizeof in - held);
	size_t at = 0;

	must(k > 0, "the broker closed the connection");
	held += (size_t)k;
	for (;;) {
		size_t length = 0, shift = 0, body = at + 1;
		bool whole = false;
		while (body < held && !whole) {
			length |= (size_t)(in[body] & 127) << shift;
			shift += 7;
			whole = !(in[body++] & 128);
		}
		if (!whole || held - body < length)
			break;
		if ((in[at] & 0xf0) == 0x30) {
			size_t topic = (size_t)(in[body] << 8 | in[body + 1]);
			take_ack((const char *)in + body + 2, topic, (const char *)in + body + 2 + topic,
				length - 2 - topic);
		}
		at = body + length;
	}
	memmove(in, in + at, held - at);
	held -= at;
}

static void subscribe(int fd)
{
	static const char filter[] = "curtain/ack/reading/ingest-1/+/" CONSUMER;
	uint8_t packet[128] = {0x82};

	packet[1] = (uint8_t)(2 + 2 + sizeof filter - 1 + 1);
	packet[3] = 1;
	put_text(packet + 4, filter, sizeof filter - 1);
	write_all(fd, packet, 6 + sizeof filter);
}

static bool all_acked(void)
{
	for (unsigned s = 0; s < shard_count; s++)
		if (shards[s].acked < shards[s].count)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 9) {
		fputs("usage: laneload HOST PORT READINGS HOMES KINDS SHARDS FIRST BATCH\n", stderr);
		return 2;
	}
	long readings = atol(argv[3]), homes = atol(argv[4]), kinds = atol(argv[5]), first = atol(argv[7]),
	     batch = atol(argv[8]);
	shard_count = (unsigned)atol(argv[6]);
	must(homes > 0 && kinds > 0 && batch > 0 && shard_count > 0 && shard_count <= SHARDS_MAX, "wrong numbers");
	epoch = (uint64_t)wall_now().ms;
	for (unsigned s = 0; s < shard_count; s++)
		buf_init(&shards[s].items, CODEC_BATCH_BYTES_MAX);
	for (long i = 0; i < readings; i++)
		add_reading(i / kinds % homes, i % kinds, first + i / kinds / homes, batch);
	for (unsigned s = 0; s < shard_count; s++)
		end_batch(s);
	int fd = dial(argv[1], argv[2]);
	login(fd, "lane", NULL, "");
	subscribe(fd);
	double began = now_s();
	while (!all_acked()) {
		send_some(fd);
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		if (poll(&wait, 1, 60000) <= 0)
			must(false, "no acknowledgement within a minute");
		take(fd);
	}
	printf("%.6f\n", now_s() - began);
	return 0;
}
