/* SPDX-License-Identifier: MIT
 *
 * sim: the whole suite in one process and in virtual time. The cores of ingest, detector and dispatcher run as they
 * are; between them lies the lane protocol (lane/sender.h, lane/receiver.h) with real encoded batches over a network
 * that loses, doubles, delays and reorders. A node's memory is lost when it crashes; what it had committed is not.
 *
 * Around them stand-ins: the broker's session in front of ingest and the repeated replies in front of the dispatcher
 * keep a message until it is committed; records gives the directory and stores what the three lanes bring, each item
 * checked to come once.
 *
 * Everything follows from the seed: the same seed gives the same log, byte for byte.
 */
#ifndef CURTAIN_TESTS_SIM_H
#define CURTAIN_TESTS_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "detector/core.h"
#include "dispatcher/incident/incident.h"
#include "ingest/core.h"
#include "lane/receiver.h"
#include "lane/sender.h"

#define SIM_SHARDS 2
#define SIM_CONSUMERS 2
#define SECOND_US INT64_C(1000000)
#define HOUR_US (3600 * SECOND_US)

enum sim_part { SIM_RECORDS, SIM_INGEST, SIM_DETECTOR, SIM_DISPATCHER, SIM_PARTS };

enum sim_way { /* a lane from one producer */
	WAY_READING,
	WAY_ALARM, /* lane "alert" of ingest */
	WAY_ALERT, /* lane "alert" of the detector */
	WAY_INCIDENT,
	WAY_TO_INGEST, /* the directory */
	WAY_TO_DETECTOR,
	WAY_TO_DISPATCHER,
	WAY_COUNT
};

struct sim_faults {
	unsigned loss, doubling, lateness; /* percent of packets */
	unsigned crashes;                  /* per 100,000 turns, of each node */
	unsigned steps;                    /* clock steps per 100,000 turns */
	int64_t down_ms, late_ms;          /* at most */
};

/* sim_list: a growing array of values of one size. safe: of tables and batches, rows beyond it are lost in a crash of
 * their owner; of messages and answers, all before it are done. */
struct sim_list {
	unsigned char *rows;
	size_t size, count, safe, capacity;
};

struct sim_out {
	struct sender sender;
	struct sim_list batches;       /* of struct sim_bytes; batch n at n - 1 */
	uint64_t acked[SIM_CONSUMERS]; /* on disk */
	struct buf items;              /* of this turn */
	uint32_t count;
};

struct sim_in {
	struct receiver receiver; /* its safe_ members are on disk */
};

struct sim_bytes {
	char *data;
	size_t length;
};

struct sim_node {
	bool up;
	int64_t up_us;     /* when it starts again */
	int64_t offset_ms; /* its wall clock against the world's */
	int64_t beat_us, judged_ms;
	bool beat;
	unsigned restarts;
	struct sim_list entries; /* its copy of the directory */
	struct sim_list states;  /* of struct sim_state, oldest first */
};

struct sim_message { /* from a device: kept by the broker until it is committed */
	int64_t at_us;
	struct observation observation;
	bool taken, done;
};

struct sim_answer { /* from a volunteer: sent again until it is committed */
	int64_t at_us;
	struct reply reply;
	bool taken, done;
};

struct sim_page {
	struct page page;
	int64_t at_us; /* reached the volunteer */
};

struct sim {
	uint64_t seed, random;
	int64_t now_us, epoch_ms; /* wall = epoch + now */
	int64_t beat_ms;
	struct sim_faults faults;
	struct zone *zone;
	struct ingest_core *ingest;
	struct detector_core *detector;
	struct incident_core *dispatcher;
	struct ingest_core_config ingest_config;
	struct detector_config detector_config;
	struct incident_config dispatcher_config;
	struct sim_node nodes[SIM_PARTS];
	struct sim_out outs[WAY_COUNT][SIM_SHARDS];
	struct sim_in ins[WAY_COUNT][SIM_CONSUMERS][SIM_SHARDS];
	struct sim_list packets; /* the network: a heap */
	uint64_t packet_order;
	struct sim_list messages; /* of struct sim_message */
	struct sim_list answers;  /* of struct sim_answer */
	struct sim_list letters;  /* of struct page: the dispatcher's, committed and not sent */
	struct sim_list oncalls;  /* of struct oncall: the latest of each team */
	/* What the world sees. */
	struct sim_list pages;     /* of struct sim_page */
	struct sim_list readings;  /* what records has stored */
	struct sim_list alerts;    /* of struct alert */
	struct sim_list incidents; /* of struct incident */
	void (*on_page)(struct sim *sim, const struct page *page);
	void *context;
	struct buf log;
};

/* sim_open starts four nodes with an empty directory at start; beat_ms is the heartbeat of ingest's lanes. */
void sim_open(struct sim *sim, uint64_t seed, struct wall start, int64_t beat_ms, const struct sim_faults *faults);
void sim_close(struct sim *sim);
/* sim_run lets the world go on until `until_us`. */
void sim_run(struct sim *sim, int64_t until_us);
struct wall sim_now(const struct sim *sim);
int64_t sim_us(const struct sim *sim, struct wall at);
/* sim_entry: records commits a directory entry. */
void sim_entry(struct sim *sim, struct entry entry);
/* sim_device: a device's message reaches the broker at `at`. sim_reply: a volunteer's reply reaches it. */
void sim_device(struct sim *sim, struct wall at, const struct observation *observation);
void sim_reply(struct sim *sim, struct wall at, const struct reply *reply);
/* sim_crash: kill -9; it is started again after down_ms. */
void sim_crash(struct sim *sim, enum sim_part part, int64_t down_ms);
/* sim_settled: nothing is on its way: every lane is acknowledged, every message and letter done. */
bool sim_settled(const struct sim *sim);

/* sim_dice gives 0..sides-1 from the seed. */
uint64_t sim_dice(struct sim *sim, uint64_t sides);
/* sim_fail prints the seed, the time and the end of the log, and aborts. */
_Noreturn void sim_fail(const struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

void sim_list_init(struct sim_list *list, size_t size);
void sim_list_cut(struct sim_list *list, size_t count);
void sim_list_free(struct sim_list *list);
void *sim_add(struct sim_list *list, const void *row);
void *sim_row(const struct sim_list *list, size_t index);

#endif
