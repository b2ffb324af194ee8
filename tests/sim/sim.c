/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim_internal.h"

#define LOG_BYTES_MAX (64u << 20)
#define LOG_TAIL_BYTES 6000

const char *const sim_part_names[SIM_PARTS] = {"records-1", "ingest-1", "detector-1", "dispatcher-1"};

/* ---- lists ---- */

void sim_list_init(struct sim_list *list, size_t size)
{
	*list = (struct sim_list){.size = size};
}

void *sim_row(const struct sim_list *list, size_t index)
{
	return list->rows + index * list->size;
}

void *sim_add(struct sim_list *list, const void *row)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		unsigned char *rows = realloc(list->rows, capacity * list->size);
		if (!rows)
			abort();
		list->rows = rows;
		list->capacity = capacity;
	}
	memcpy(sim_row(list, list->count), row, list->size);
	return sim_row(list, list->count++);
}

void sim_list_cut(struct sim_list *list, size_t count)
{
	list->count = count;
	list->safe = list->safe < count ? list->safe : count;
}

void sim_list_free(struct sim_list *list)
{
	free(list->rows);
	*list = (struct sim_list){.size = list->size};
}

/* ---- time, chance, failure ---- */

struct wall sim_now(const struct sim *sim)
{
	return (struct wall){sim->epoch_ms + sim->now_us / 1000};
}

int64_t sim_us(const struct sim *sim, struct wall at)
{
	return (at.ms - sim->epoch_ms) * 1000;
}

struct wall sim_wall(const struct sim *sim, enum sim_part part)
{
	return wall_plus(sim_now(sim), sim->nodes[part].offset_ms);
}

uint64_t sim_dice(struct sim *sim, uint64_t sides)
{
	/* splitmix64 (Steele, Lea, Flood 2014) */
	uint64_t z = sim->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return sides ? (z ^ (z >> 31)) % sides : 0;
}

void sim_fail(const struct sim *sim, const char *format, ...)
{
	char at[WALL_TEXT_BYTES];
	va_list arguments;
	size_t tail = sim->log.length > LOG_TAIL_BYTES ? sim->log.length - LOG_TAIL_BYTES : 0;

	wall_format(sim_now(sim), at);
	fprintf(stderr, "%s\nsim: seed %llu, %s: ", sim->log.data ? sim->log.data + tail : "",
		(unsigned long long)sim->seed, at);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fprintf(stderr, "\n(run it again with SIM_SEED=%llu)\n", (unsigned long long)sim->seed);
	abort();
}

/* ---- the district's settings: what deploy/config says ---- */

static void configure(struct sim *sim)
{
	struct detector_rule silence, appointment;

	sim->ingest_config = (struct ingest_core_config){.future_ms = 5 * MS_PER_MINUTE,
		.past_ms = 400 * MS_PER_DAY,
		.alarm_past_ms = 24 * MS_PER_HOUR,
		.event_window_ms = 30 * MS_PER_SECOND,
		.silent_ms = 48 * MS_PER_HOUR,
		.battery_low = 15,
		.devices_max = 10000};
	sim->detector_config = (struct detector_config){.zone = sim->zone,
		.budget = {.attention_per_month = 4,
			.alarm_per_month = 1,
			.floor_ms = 3 * MS_PER_HOUR,
			.ceiling_ms = 24 * MS_PER_HOUR},
		.limits = {.attention_ms = 10 * MS_PER_HOUR,
			.alarm_ms = 12 * MS_PER_HOUR,
			.one_person_attention_ms = 12 * MS_PER_HOUR,
			.one_person_alarm_ms = 14 * MS_PER_HOUR,
			.learning_ms = 14 * MS_PER_DAY,
			.learning_extra_ms = 2 * MS_PER_HOUR},
		.meter_fresh_ms = 135 * MS_PER_MINUTE,
		.device_quiet_ms = 48 * MS_PER_HOUR,
		.ordered = true,
		.homes_max = 10000};
	if (rules_preset("silence_fixed", &silence, NULL) ||
		rules_add(sim->detector_config.rules, &sim->detector_config.rule_count, &silence, NULL) ||
		rules_preset("appointment", &appointment, NULL) ||
		rules_add(sim->detector_config.rules, &sim->detector_config.rule_count, &appointment, NULL))
		abort();
	sim->dispatcher_config = (struct incident_config){.duty = {.zone = sim->zone,
								  .day_from_min = 7 * 60,
								  .night_from_min = 19 * 60,
								  .accept_life_s = 60,
								  .accept_alarm_s = 120,
								  .accept_attention_s = 600,
								  .arrive_s = 1200,
								  .desk = "desk"},
		.done_ms = 2 * MS_PER_HOUR,
		.keep_ms = 7 * MS_PER_DAY};
}

/* ---- life and death ---- */

static void start(struct sim *sim, enum sim_part part)
{
	sim->nodes[part].up = true;
	ways_start(sim, part);
	parts_start(sim, part);
}

void sim_open(struct sim *sim, uint64_t seed, struct wall start_at, int64_t beat_ms, const struct sim_faults *faults)
{
	*sim = (struct sim){
		.seed = seed, .random = seed, .epoch_ms = start_at.ms, .beat_ms = beat_ms, .faults = *faults};
	if (zone_load("Asia/Shanghai", &sim->zone, NULL))
		abort();
	configure(sim);
	sim_list_init(&sim->messages, sizeof(struct sim_message));
	sim_list_init(&sim->answers, sizeof(struct sim_answer));
	sim_list_init(&sim->letters, sizeof(struct page));
	sim_list_init(&sim->oncalls, sizeof(struct oncall));
	sim_list_init(&sim->pages, sizeof(struct sim_page));
	sim_list_init(&sim->readings, sizeof(uint64_t));
	sim_list_init(&sim->alerts, sizeof(struct alert));
	sim_list_init(&sim->incidents, sizeof(struct incident));
	buf_init(&sim->log, LOG_BYTES_MAX);
	ways_init(sim);
	for (int part = 0; part < SIM_PARTS; part++) {
		sim_list_init(&sim->nodes[part].entries, sizeof(struct entry));
		sim_list_init(&sim->nodes[part].states, sizeof(struct sim_state));
		start(sim, (enum sim_part)part);
	}
}

void sim_close(struct sim *sim)
{
	struct sim_list *lists[] = {&sim->messages, &sim->answers, &sim->letters, &sim->oncalls, &sim->pages,
		&sim->readings, &sim->alerts, &sim->incidents};

	for (int part = 0; part < SIM_PARTS; part++) {
		struct sim_list *states = &sim->nodes[part].states;
		parts_stop(sim, (enum sim_part)part);
		for (size_t i = 0; i < states->count; i++)
			free(((struct sim_state *)sim_row(states, i))->blob);
		sim_list_free(states);
		sim_list_free(&sim->nodes[part].entries);
	}
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		sim_list_free(lists[i]);
	ways_free(sim);
	buf_fini(&sim->log);
	zone_destroy(sim->zone);
}

void sim_crash(struct sim *sim, enum sim_part part, int64_t down_ms)
{
	struct sim_node *node = &sim->nodes[part];

	if (!node->up)
		return;
	node->up = false;
	node->up_us = sim->now_us + down_ms * 1000;
	node->restarts++;
	ways_crash(sim, part);
	parts_crash(sim, part);
	parts_stop(sim, part);
}

/* ---- a turn ---- */

static bool chance(struct sim *sim, unsigned per_100000)
{
	return per_100000 && sim_dice(sim, 100000) < per_100000;
}

static void crash(struct sim *sim, enum sim_part part)
{
	sim_crash(sim, part, 100 + (int64_t)sim_dice(sim, (uint64_t)sim->faults.down_ms));
}

/* turn: after what came in, the rest of a service's turn. The plug may be pulled before or after the commit. */
static void turn(struct sim *sim, enum sim_part part)
{
	parts_work(sim, part);
	if (chance(sim, sim->faults.crashes)) {
		crash(sim, part);
		return;
	}
	parts_commit(sim, part);
	ways_commit(sim, part);
	if (chance(sim, sim->faults.crashes)) {
		crash(sim, part);
		return;
	}
	parts_send(sim, part);
	ways_send(sim, part);
	if (chance(sim, sim->faults.steps)) { /* now and then a clock is set */
		int64_t far = sim_dice(sim, 10) ? 3 * MS_PER_SECOND : 3 * MS_PER_MINUTE;
		sim->nodes[part].offset_ms = (int64_t)sim_dice(sim, 2 * (uint64_t)far) - far;
	}
}

/* ---- the world ---- */

static int64_t first_waiting(const struct sim *sim, enum sim_part part)
{
	int64_t due = INT64_MAX;

	for (size_t i = sim->messages.safe; part == SIM_INGEST && i < sim->messages.count; i++) {
		const struct sim_message *message = sim_row(&sim->messages, i);
		if (!message->done && message->at_us < due)
			due = message->at_us;
	}
	for (size_t i = sim->answers.safe; part == SIM_DISPATCHER && i < sim->answers.count; i++) {
		const struct sim_answer *answer = sim_row(&sim->answers, i);
		if (!answer->done && answer->at_us < due)
			due = answer->at_us;
	}
	return due;
}

static int64_t node_due(const struct sim *sim, enum sim_part part)
{
	int64_t due, one;

	if (!sim->nodes[part].up)
		return sim->nodes[part].up_us;
	due = ways_due(sim, part);
	one = parts_due(sim, part);
	due = one < due ? one : due;
	one = first_waiting(sim, part);
	return one < due ? one : due;
}

static void wake(struct sim *sim, enum sim_part part)
{
	if (!sim->nodes[part].up)
		start(sim, part);
	turn(sim, part);
}

void sim_run(struct sim *sim, int64_t until_us)
{
	struct sim_packet packet;

	for (;;) {
		int64_t due = ways_next(sim);
		int who = -1;
		for (int part = 0; part < SIM_PARTS; part++) {
			int64_t one = node_due(sim, (enum sim_part)part);
			if (one < due) {
				due = one;
				who = part;
			}
		}
		if (due > until_us)
			break;
		sim->now_us = due > sim->now_us ? due : sim->now_us;
		if (who >= 0) {
			wake(sim, (enum sim_part)who);
			continue;
		}
		if (!ways_packet(sim, &packet))
			continue;
		enum sim_part part =
			packet.is_ack ? sim_ways[packet.way].producer : sim_ways[packet.way].consumers[packet.consumer];
		if (sim->nodes[part].up) {
			ways_arrive(sim, &packet);
			turn(sim, part);
		}
		free(packet.batch.data);
	}
	sim->now_us = until_us;
}

/* ---- what the world does ---- */

void sim_entry(struct sim *sim, struct entry entry)
{
	static const enum sim_way ways[] = {WAY_TO_INGEST, WAY_TO_DETECTOR, WAY_TO_DISPATCHER};

	entry.seq = sim->nodes[SIM_RECORDS].entries.count + 1;
	sim_add(&sim->nodes[SIM_RECORDS].entries, &entry);
	for (int i = 0; i < 3; i++)
		if (codec_entry_encode(&entry, ways_put(sim, ways[i], 0)))
			sim_fail(sim, "entry %s is not valid", entry.key);
	for (int i = 0; i < 3; i++)
		ways_append(sim, ways[i], sim_now(sim), false);
	ways_commit(sim, SIM_RECORDS);
	parts_commit(sim, SIM_RECORDS);
	if (sim->nodes[SIM_RECORDS].up)
		ways_send(sim, SIM_RECORDS);
}

void sim_device(struct sim *sim, struct wall at, const struct observation *observation)
{
	sim_add(&sim->messages, &(struct sim_message){.at_us = sim_us(sim, at), .observation = *observation});
}

void sim_reply(struct sim *sim, struct wall at, const struct reply *reply)
{
	sim_add(&sim->answers, &(struct sim_answer){.at_us = sim_us(sim, at), .reply = *reply});
}

bool sim_settled(const struct sim *sim)
{
	for (int part = 0; part < SIM_PARTS; part++)
		if (!sim->nodes[part].up)
			return false;
	return ways_settled(sim) && first_waiting(sim, SIM_INGEST) == INT64_MAX &&
	       first_waiting(sim, SIM_DISPATCHER) == INT64_MAX && !sim->letters.count;
}
