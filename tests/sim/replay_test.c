/* SPDX-License-Identifier: MIT
 *
 * A month of a district at any speed: the same readings come to the detector in batches cut anywhere, again and out of
 * turn, one shard ahead of the other, judged rarely or all the time, with the process killed in between. What it gives
 * has to be the same, byte for byte. Habits, other rules, blind channels and clocks that are wrong are all in it.
 * REPLAY_SEED=n tries one way of cutting alone.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sim_internal.h"

#define START INT64_C(1772380800000) /* a Monday, midnight in Shanghai */
#define DAYS 30
#define HOMES 48
#define SHARDS 3
#define READINGS_MAX 200000

/* ---- a month of readings ---- */

struct month {
	struct reading *readings[SHARDS];
	size_t count[SHARDS];
	uint64_t random;
};

static uint64_t dice(uint64_t *random, uint64_t sides)
{
	/* splitmix64 (Steele, Lea, Flood 2014) */
	uint64_t z = *random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % sides;
}

static void says(struct month *m, unsigned home, const char *device, enum quantity quantity, double value, double delta,
	int64_t at, int64_t received)
{
	char id[ID_BYTES];

	snprintf(id, sizeof id, "h-%u", home);
	unsigned shard = shard_of(id, SHARDS);
	assert_true(m->count[shard] < READINGS_MAX);
	struct reading *r = &m->readings[shard][m->count[shard]++];
	*r = (struct reading){.quantity = quantity,
		.value = value,
		.delta = delta,
		.since = {isnan(delta) ? WALL_NONE.ms : at - MS_PER_HOUR},
		.at = {at},
		.received = {received}};
	text_cut(r->household, sizeof r->household, id);
	snprintf(r->device, sizeof r->device, "%s-%u", device, home);
}

/* an_hour: up from seven or later, now and then a day of silence, a lost reading, a counter that was replaced; each
 * fifth home has a clock that is three hours behind. */
static void an_hour(struct month *m, unsigned home, int64_t hour, int64_t received)
{
	int64_t at = START + hour * MS_PER_HOUR, day = hour / 24;
	bool silent = (day + home) % 11 == 7, up = !silent && hour % 24 >= (int64_t)(7 + (home + (uint64_t)day) % 3);
	uint64_t luck = dice(&m->random, 100);
	int64_t behind = home % 5 ? 0 : 3 * MS_PER_HOUR;

	up = up && hour % 24 <= 22 && luck % 4;
	if (luck != 1)
		says(m, home, "w", QUANTITY_WATER_TOTAL, (double)hour * 20,
			luck == 2 ? NAN
			: up      ? 5 + (double)luck
				  : 0,
			at, received);
	for (int i = 0; home % 3 == 0 && up && i < 4; i++)
		says(m, home, "m", QUANTITY_MOTION, 1, NAN, at - behind - 60000 + i * 15000, received + i);
	if (up && luck % 9 == 0)
		says(m, home, "d", QUANTITY_CONTACT, (double)(hour % 2), NAN, at - (int64_t)luck * MS_PER_MINUTE,
			received + 5);
	if (home % 7 == 0)
		says(m, home, "t", QUANTITY_TEMPERATURE, day % 9 == 4 ? 7 : 19, NAN, at, received + 6);
}

static struct month *month_new(void)
{
	struct month *m = calloc(1, sizeof *m);

	assert_non_null(m);
	m->random = 11;
	for (unsigned i = 0; i < SHARDS; i++) {
		m->readings[i] = calloc(READINGS_MAX, sizeof **m->readings);
		assert_non_null(m->readings[i]);
	}
	for (int64_t hour = 1; hour <= DAYS * 24; hour++)
		for (unsigned home = 0; home < HOMES; home++)
			an_hour(m, home, hour, START + hour * MS_PER_HOUR + home * 50);
	return m;
}

static void month_free(struct month *m)
{
	for (unsigned i = 0; i < SHARDS; i++)
		free(m->readings[i]);
	free(m);
}

/* ---- a detector that reads it ---- */

struct player {
	const struct month *month;
	struct zone *zone;
	struct detector_core *core;
	struct receiver receivers[SHARDS];
	size_t given[SHARDS][READINGS_MAX / 8]; /* by seq: where the batch ends in the month */
	uint64_t last[SHARDS];                  /* batches that there are */
	struct sim_list states;                 /* committed */
	struct buf said, saying, line;          /* alerts: committed, and since */
	uint64_t random;
	unsigned restarts, duplicates, gaps;
};

static void join(struct player *p, unsigned home)
{
	struct entry entry = {.kind = ENTRY_HOUSEHOLD, .seq = 1, .body.household.persons = (uint8_t)(1 + home % 2)};

	snprintf(entry.key, sizeof entry.key, "h-%u", home);
	assert_int_equal(detector_entry(p->core, &entry), ERR_OK);
	entry.kind = ENTRY_CONSENT;
	entry.body.consent.quantities = UINT64_MAX;
	entry.body.consent.from = entry.body.consent.until = WALL_NONE;
	assert_int_equal(detector_entry(p->core, &entry), ERR_OK);
}

static void start(struct player *p)
{
	static const char *const presets[] = {"silence", "water_changning", "water_open_tap", "water_drip",
		"water_nightly", "door_open_long", "room_cold"};
	static struct detector_state state;
	struct detector_config config = {.zone = p->zone,
		.budget = {.attention_per_month = 4,
			.alarm_per_month = 1,
			.floor_ms = 3 * MS_PER_HOUR,
			.ceiling_ms = 24 * MS_PER_HOUR},
		.limits = {.attention_ms = 10 * MS_PER_HOUR,
			.alarm_ms = 12 * MS_PER_HOUR,
			.one_person_attention_ms = 12 * MS_PER_HOUR,
			.one_person_alarm_ms = 14 * MS_PER_HOUR,
			.learning_ms = 7 * MS_PER_DAY},
		.meter_fresh_ms = 135 * MS_PER_MINUTE,
		.device_quiet_ms = 48 * MS_PER_HOUR,
		.ordered = true,
		.homes_max = HOMES};

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
		struct detector_rule rule;
		assert_int_equal(rules_preset(presets[i], &rule, NULL), ERR_OK);
		assert_int_equal(rules_add(config.rules, &config.rule_count, &rule, NULL), ERR_OK);
	}
	assert_int_equal(detector_create(&config, &p->core, NULL), ERR_OK);
	for (unsigned home = 0; home < HOMES; home++)
		join(p, home);
	for (size_t i = 0; i < p->states.count; i++) {
		const struct sim_state *row = sim_row(&p->states, i);
		text_cut(state.key, sizeof state.key, row->key);
		memcpy(state.blob, row->blob, state.length = row->length);
		assert_int_equal(detector_restore(p->core, &state), ERR_OK);
	}
}

/* keep puts the newest copy of a state last, as the journal of the store does. */
static void keep(struct sim_list *states, const struct detector_state *state)
{
	struct sim_state fresh = {.length = state->length, .blob = malloc(state->length + 1)};
	size_t to = 0;

	assert_non_null(fresh.blob);
	for (size_t i = 0; i < states->count; i++) {
		struct sim_state *row = sim_row(states, i);
		if (!strcmp(row->key, state->key))
			free(row->blob);
		else if (to++ != i)
			memcpy(sim_row(states, to - 1), row, sizeof *row);
	}
	sim_list_cut(states, to);
	memcpy(fresh.blob, state->blob, state->length);
	text_cut(fresh.key, sizeof fresh.key, state->key);
	sim_add(states, &fresh);
}

static void commit(struct player *p)
{
	static struct detector_state state;

	while (detector_dirty(p->core, &state))
		keep(&p->states, &state);
	buf_append(&p->said, p->saying.data ? p->saying.data : "", p->saying.length);
	buf_reset(&p->saying);
	for (unsigned i = 0; i < SHARDS; i++)
		receiver_committed(&p->receivers[i]);
}

static void kill_nine(struct player *p)
{
	detector_destroy(p->core);
	buf_reset(&p->saying);
	for (unsigned i = 0; i < SHARDS; i++)
		receiver_rolled_back(&p->receivers[i]);
	p->restarts++;
	start(p);
}

/* judge: up to where all shards are known. */
static void judge(struct player *p)
{
	struct detector_effects out;
	struct wall mark = {INT64_MAX};

	for (unsigned i = 0; i < SHARDS; i++)
		mark.ms = p->receivers[i].at.ms < mark.ms ? p->receivers[i].at.ms : mark.ms;
	if (!wall_is_set(mark))
		return;
	do {
		assert_int_equal(detector_tick(p->core, mark, &out), ERR_OK);
		for (unsigned i = 0; i < out.count; i++) {
			buf_reset(&p->line);
			assert_int_equal(codec_alert_encode(&out.items[i], &p->line), ERR_OK);
			buf_append(&p->saying, p->line.data, p->line.length);
			buf_byte(&p->saying, '\n');
		}
	} while (out.count == DETECTOR_EFFECTS_MAX);
}

/* batch_of encodes a batch as ingest does; its `at` is that of the last reading of the shard before the border. */
static void batch_of(struct player *p, unsigned shard, uint64_t seq, struct buf *out)
{
	size_t from = seq > 1 ? p->given[shard][seq - 1] : 0, to = p->given[shard][seq];
	const struct reading *readings = p->month->readings[shard];
	struct lane_batch head = {
		.epoch = 1, .shard = shard, .prev = seq - 1, .seq = seq, .at = readings[to - 1].received, .count = 0};
	struct buf items;

	buf_init(&items, CODEC_BATCH_BYTES_MAX);
	for (size_t i = from; i < to; i++, head.count++)
		assert_int_equal(codec_reading_encode(&readings[i], &items), ERR_OK);
	text_cut(head.lane, sizeof head.lane, "reading");
	text_cut(head.producer, sizeof head.producer, "ingest-1");
	buf_reset(out);
	assert_int_equal(codec_batch_encode(&head, items.data, items.length, out), ERR_OK);
	buf_fini(&items);
}

static void take(struct player *p, unsigned shard, uint64_t seq)
{
	struct codec_batch *batch;
	struct lane_batch head;
	struct reading reading;
	struct buf packet;

	buf_init(&packet, CODEC_BATCH_BYTES_MAX);
	batch_of(p, shard, seq, &packet);
	assert_int_equal(codec_batch_open(packet.data, packet.length, &batch, &head, NULL), ERR_OK);
	enum inbox_verdict verdict = receiver_offer(&p->receivers[shard], &head);
	p->duplicates += verdict == INBOX_DUPLICATE;
	p->gaps += verdict == INBOX_GAP;
	if (verdict == INBOX_APPLY) {
		while (!codec_batch_next_reading(batch, &reading, NULL))
			assert_int_equal(detector_feed(p->core, &reading), ERR_OK);
		receiver_applied(&p->receivers[shard], &head);
	}
	codec_batch_close(batch);
	buf_fini(&packet);
}

/* cut borders: at most `most` readings a batch. */
static void cut(struct player *p, uint64_t most)
{
	for (unsigned shard = 0; shard < SHARDS; shard++) {
		size_t end = 0;
		while (end < p->month->count[shard]) {
			end += 1 + dice(&p->random, most);
			end = end < p->month->count[shard] ? end : p->month->count[shard];
			p->given[shard][++p->last[shard]] = end;
			assert_true(p->last[shard] + 1 < READINGS_MAX / 8);
		}
	}
}

/* is_far_ahead: the shard has run ahead of what is judged by days; ingest's others would have spoken by then. */
static bool is_far_ahead(const struct player *p, unsigned shard)
{
	int64_t least = INT64_MAX;

	for (unsigned i = 0; i < SHARDS; i++) {
		int64_t at = wall_is_set(p->receivers[i].at) ? p->receivers[i].at.ms : START;
		least = at < least && p->receivers[i].seq < p->last[i] ? at : least;
	}
	return wall_is_set(p->receivers[shard].at) && p->receivers[shard].at.ms - 3 * MS_PER_DAY > least;
}

static bool all_taken(const struct player *p)
{
	for (unsigned i = 0; i < SHARDS; i++)
		if (p->receivers[i].seq < p->last[i])
			return false;
	return true;
}

static struct player *player_new(const struct month *month, uint64_t seed)
{
	struct player *p = calloc(1, sizeof *p);

	assert_non_null(p);
	p->month = month;
	p->random = seed;
	assert_int_equal(zone_load("Asia/Shanghai", &p->zone, NULL), ERR_OK);
	sim_list_init(&p->states, sizeof(struct sim_state));
	buf_init(&p->said, 64u << 20);
	buf_init(&p->saying, 64u << 20);
	buf_init(&p->line, CODEC_MESSAGE_BYTES_MAX);
	for (unsigned i = 0; i < SHARDS; i++)
		p->receivers[i] = (struct receiver){.at = WALL_NONE, .safe_at = WALL_NONE};
	start(p);
	return p;
}

/* play: faulty: packets come again and out of turn, the process is killed. */
static struct player *play(const struct month *month, uint64_t seed, uint64_t most, bool faulty)
{
	struct player *p = player_new(month, seed);

	cut(p, most);
	while (!all_taken(p)) {
		unsigned shard = (unsigned)dice(&p->random, SHARDS);
		uint64_t next = p->receivers[shard].seq + 1, luck = faulty ? dice(&p->random, 100) : 99;
		if (luck < 8 && next > 1)
			take(p, shard, next - 1 - dice(&p->random, next - 1 < 5 ? next - 1 : 5));
		else if (luck < 12 && next < p->last[shard])
			take(p, shard, next + 1);
		else if (luck < 13)
			kill_nine(p);
		else if (next <= p->last[shard] && !is_far_ahead(p, shard))
			take(p, shard, next);
		if (!faulty || dice(&p->random, 3) == 0)
			judge(p);
		if (!faulty || dice(&p->random, 6) == 0)
			commit(p);
	}
	judge(p);
	commit(p);
	return p;
}

static void player_free(struct player *p)
{
	detector_destroy(p->core);
	zone_destroy(p->zone);
	for (size_t i = 0; i < p->states.count; i++)
		free(((struct sim_state *)sim_row(&p->states, i))->blob);
	sim_list_free(&p->states);
	buf_fini(&p->said);
	buf_fini(&p->saying);
	buf_fini(&p->line);
	free(p);
}

static void a_month_at_any_speed_gives_the_same_bytes(void **state)
{
	const char *one = getenv("REPLAY_SEED");
	uint64_t first = one ? strtoull(one, NULL, 10) : 1, runs = one ? 1 : 4;
	struct month *month = month_new();
	struct player *slow = play(month, 0, 20, false);
	unsigned lines = 0, kinds = 0;

	(void)state;
	for (size_t i = 0; i < slow->said.length; i++)
		lines += slow->said.data[i] == '\n';
	kinds += strstr(slow->said.data, "\"rule\":\"silence\"") &&
		 strstr(slow->said.data, "usually the longest quiet time");
	kinds += strstr(slow->said.data, "\"rule\":\"room_cold\"") != NULL;
	kinds += strstr(slow->said.data, "\"rule\":\"water_changning\"") != NULL;
	kinds += strstr(slow->said.data, "\"state\":\"cleared\"") != NULL;
	assert_true(lines > 300 && kinds == 4);
	for (uint64_t seed = first; seed < first + runs; seed++) {
		struct player *fast = play(month, seed, 10 + seed * seed * 20, true);
		print_message("seed %llu: %u lines, %u restarts, %u duplicates, %u out of turn\n",
			(unsigned long long)seed, lines, fast->restarts, fast->duplicates, fast->gaps);
		assert_true(fast->restarts && fast->duplicates && fast->gaps);
		assert_int_equal(fast->said.length, slow->said.length);
		assert_memory_equal(fast->said.data, slow->said.data, slow->said.length);
		player_free(fast);
	}
	player_free(slow);
	month_free(month);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_month_at_any_speed_gives_the_same_bytes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
