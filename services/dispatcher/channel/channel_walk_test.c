/* SPDX-License-Identifier: MIT
 *
 * Random steps through the channels' core: pages, withdrawals, results, time, clock steps, restarts. After each of
 * them:
 *  - a delivery ends once, and is never called again after its end, nor twice at a time;
 *  - no channel has more calls under way than it may, nor more in its window than its rate;
 *  - no channel is called in its quiet hours, but for a life where that is allowed;
 *  - a page is only called along its route, and a message to a person holds only that person's pages;
 *  - tick asks for a later time, or has something to do.
 * In the end, with channels that answer, everything has ended.
 * CHANNEL_WALK_SEED and CHANNEL_WALK_STEPS set another walk.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dispatcher/channel/channel.h"

#define CHANNELS 5
#define PAGES_MAX 400000
#define RUNNING_MAX 256

enum fate { UNKNOWN, OPEN, CALLED, ENDED };

static struct channel_rule rules[CHANNELS] = {
	{.name = "push", .audience = CHANNEL_PERSON, .merge = true, .withdrawals = true, .running_max = 4},
	{.name = "sms", .audience = CHANNEL_PERSON, .rate_count = 10, .rate_window_ms = 60000, .running_max = 2},
	{.name = "call",
		.audience = CHANNEL_PERSON,
		.quiet_count = 1,
		.quiet = {{21 * 60, 8 * 60}},
		.quiet_for_life = true,
		.running_max = 3},
	{.name = "robot",
		.audience = CHANNEL_GROUP,
		.merge = true,
		.withdrawals = true,
		.rate_count = 20,
		.rate_window_ms = 60000,
		.running_max = 4},
	{.name = "hook",
		.audience = CHANNEL_SYSTEM,
		.withdrawals = true,
		.quiet_count = 1,
		.quiet = {{12 * 60, 13 * 60}},
		.running_max = 8},
};
static const struct channel_route routes[] = {
	{.way = CHANNEL_WAY_PERSON, .count = 3, .hops = {0, 2, 1}},
	{.way = CHANNEL_WAY_PERSON, .count = 1, .hops = {1}},
	{.way = CHANNEL_WAY_PERSON, .count = 2, .hops = {2, 0}},
	{.way = 3, .count = 2, .hops = {3, 4}},
	{.way = 4, .count = 1, .hops = {4}},
};

struct known {
	enum fate fate;
	uint8_t route;
};

static struct channel_core *core;
static struct zone *zone;
static struct wall now = {1772400000000};
static struct known *known;
static uint64_t highest;
static uint64_t dice_state;
static struct {
	uint32_t call;
	struct channel_effect effect;
} running[RUNNING_MAX];
static unsigned running_count;
static int64_t calls_ms[CHANNELS][512]; /* the last calls of each, of any age */
static unsigned calls_count[CHANNELS];
static uint64_t page_number;

static uint32_t dice(uint32_t sides)
{
	dice_state ^= dice_state << 13;
	dice_state ^= dice_state >> 7;
	dice_state ^= dice_state << 17;
	return (uint32_t)(dice_state % sides);
}

static void open_core(void)
{
	struct channel_config config = {
		.zone = zone, .count = CHANNELS, .rules = rules, .waiting_max = 200, .first_number = highest + 1};

	assert_int_equal(channel_core_create(&config, &core, NULL), ERR_OK);
}

static bool on_route(const struct known *one, uint8_t channel)
{
	return memchr(routes[one->route].hops, channel, routes[one->route].count);
}

static void check_rate(uint8_t c)
{
	unsigned inside = 0;

	if (!rules[c].rate_count)
		return;
	calls_ms[c][calls_count[c]++ % 512] = now.ms;
	for (unsigned i = 0; i < calls_count[c] && i < 512; i++)
		inside += calls_ms[c][i] > now.ms - rules[c].rate_window_ms;
	assert_true(inside <= rules[c].rate_count);
}

static void check_quiet(const struct channel_rule *rule, bool life)
{
	struct civil local = zone_to_civil(zone, now);
	int32_t minute = local.hour * 60 + local.minute;

	for (unsigned i = 0; i < rule->quiet_count && (!life || rule->quiet_for_life); i++) {
		const struct channel_quiet *quiet = &rule->quiet[i];
		bool over = quiet->from_min > quiet->until_min;
		assert_false(over ? minute >= quiet->from_min || minute < quiet->until_min
				  : minute >= quiet->from_min && minute < quiet->until_min);
	}
}

static void check_call(const struct channel_effect *effect)
{
	const struct channel_rule *rule = &rules[effect->channel];
	const struct page *first = channel_find(core, effect->deliveries[0]);

	assert_true(effect->count >= 1 && effect->count <= (rule->merge ? CHANNEL_MERGE_MAX : 1));
	for (unsigned i = 0; i < effect->count; i++) {
		struct known *one = &known[effect->deliveries[i]];
		const struct page *page = channel_find(core, effect->deliveries[i]);
		assert_non_null(page);
		assert_int_equal(one->fate, OPEN);
		assert_true(on_route(one, effect->channel));
		assert_true(rule->withdrawals || !page->withdrawn);
		assert_true(rule->audience != CHANNEL_PERSON || !strcmp(page->user, first->user));
		assert_true(page->level >= first->level);
		one->fate = CALLED;
	}
	check_rate(effect->channel);
	check_quiet(rule, first->level == ALERT_LIFE);
	assert_true(channel_health(core, effect->channel)->running <= rule->running_max);
	running[running_count].call = effect->call;
	running[running_count++].effect = *effect;
}

static void take(const struct channel_effects *out)
{
	for (unsigned i = 0; i < out->count; i++) {
		const struct channel_effect *effect = &out->items[i];
		if (effect->kind == CHANNEL_CALL)
			check_call(effect);
		if (effect->kind != CHANNEL_ENDED)
			continue;
		assert_true(known[effect->deliveries[0]].fate == OPEN);
		known[effect->deliveries[0]].fate = ENDED;
	}
}

static void tick(void)
{
	struct channel_effects out;

	do {
		channel_tick(core, now, &out);
		take(&out);
	} while (out.count == CHANNEL_EFFECTS_MAX);
	assert_true(channel_due(core).ms > now.ms);
}

static void give_page(bool withdrawn)
{
	uint8_t route = (uint8_t)dice(sizeof routes / sizeof *routes);
	struct page page = {.level = (enum alert_level)dice(ALERT_LEVEL_COUNT),
		.at = now,
		.expires = WALL_NONE,
		.withdrawn = withdrawn};
	struct channel_effects out;
	uint64_t number = 0;
	uint64_t id = withdrawn && page_number ? page_number - dice(page_number < 20 ? (uint32_t)page_number : 20)
					       : ++page_number;

	snprintf(page.id, sizeof page.id, "p-%llu", (unsigned long long)id);
	snprintf(page.user, sizeof page.user, "v-%u", (unsigned)(id % 7));
	snprintf(page.incident, sizeof page.incident, "i-%llu", (unsigned long long)(id / 3));
	enum err err = channel_page(core, &page, &routes[route], now, &number, &out);
	assert_true(err == ERR_OK || err == ERR_FULL);
	take(&out);
	if (err || !number)
		return;
	assert_true(number > highest && number < PAGES_MAX);
	highest = number;
	known[number] = (struct known){.fate = OPEN, .route = route};
}

static void answer(unsigned which, enum channel_result result)
{
	struct channel_effects out;
	struct channel_effect effect = running[which].effect;
	uint32_t call = running[which].call;

	running[which] = running[--running_count];
	for (unsigned i = 0; i < effect.count; i++)
		known[effect.deliveries[i]].fate = OPEN;
	channel_result(core, call, result, "x", now, &out);
	take(&out);
}

/* restart gives a new core what the store would hold. */
static void restart(void)
{
	static struct page pages[201];
	static struct channel_progress saved[201];
	struct channel_health health[CHANNELS];
	unsigned count = 0;

	for (uint64_t number = 1; number <= highest; number++) {
		if (known[number].fate != OPEN && known[number].fate != CALLED)
			continue;
		assert_true(channel_progress(core, number, &saved[count]));
		pages[count++] = *channel_find(core, number);
		known[number].fate = OPEN;
	}
	assert_int_equal(count, channel_waiting(core));
	for (unsigned c = 0; c < CHANNELS; c++)
		health[c] = *channel_health(core, c);
	channel_core_destroy(core);
	open_core();
	for (unsigned c = 0; c < CHANNELS; c++)
		channel_restore_health(core, c, &health[c]);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(channel_restore(core, &pages[i], &saved[i]), ERR_OK);
	running_count = 0;
}

static void set_clock_back(void)
{
	int64_t back = 3000 + (int64_t)dice(3600000);

	now.ms -= back;
	for (unsigned c = 0; c < CHANNELS; c++)
		for (unsigned i = 0; i < 512; i++)
			calls_ms[c][i] -= back;
}

static void step(void)
{
	uint32_t what = dice(1000);

	if (what < 250)
		give_page(false);
	else if (what < 330)
		give_page(true);
	else if (what < 800 && running_count)
		answer(dice(running_count), dice(3) ? CHANNEL_OK : (enum channel_result)(1 + dice(3)));
	else if (what < 990)
		now.ms += dice(4) ? dice(2000)
			  : channel_due(core).ms == WALL_NEVER.ms || channel_due(core).ms < now.ms
				  ? 0
				  : (channel_due(core).ms - now.ms) % MS_PER_HOUR;
	else if (what < 997)
		set_clock_back();
	else
		restart();
	tick();
}

static void everything_ends_once_and_within_its_bounds(void **state)
{
	const char *seed = getenv("CHANNEL_WALK_SEED"), *steps = getenv("CHANNEL_WALK_STEPS");
	uint64_t count = steps ? strtoull(steps, NULL, 10) : 200000;

	(void)state;
	dice_state = seed ? strtoull(seed, NULL, 10) : 20260301;
	print_message("CHANNEL_WALK_SEED=%llu\n", (unsigned long long)dice_state);
	for (unsigned c = 0; c < CHANNELS; c++) {
		rules[c].retry_count = 4;
		memcpy(rules[c].retry_ms, (const int64_t[]){0, 5000, 15000, 30000}, 4 * sizeof(int64_t));
		rules[c].rest_ms = 600000;
		rules[c].expire_ms = MS_PER_HOUR;
	}
	known = calloc(PAGES_MAX, sizeof *known);
	assert_non_null(known);
	open_core();
	for (uint64_t i = 0; i < count && highest < PAGES_MAX - 2; i++)
		step();
	for (unsigned i = 0; channel_waiting(core); i++) {
		assert_true(i < 100000);
		while (running_count)
			answer(0, CHANNEL_OK);
		if (channel_due(core).ms > now.ms && channel_due(core).ms != WALL_NEVER.ms)
			now = channel_due(core);
		tick();
	}
	for (uint64_t number = 1; number <= highest; number++)
		assert_int_equal(known[number].fate, ENDED);
	assert_true(highest > count / 10);
	channel_core_destroy(core);
	free(known);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(everything_ends_once_and_within_its_bounds)};

	if (zone_load("+08:00", &zone, NULL))
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	zone_destroy(zone);
	return failed;
}
