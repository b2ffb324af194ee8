/* SPDX-License-Identifier: MIT
 *
 * The channels' core in virtual time. A test names its calls by channel and pages: "robot:p1+p2".
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

#define START INT64_C(1772400000000) /* 2026-03-01T21:20:00Z: 05:20 at +08:00 */

enum { PUSH, SMS, ROBOT, HOOK, CHANNELS };

static struct channel_rule rules[CHANNELS];
static struct channel_core *core;
static struct zone *zone;
static struct wall now;
static char seen[4096]; /* calls, ends and changes of health since the last look */
static struct {
	uint32_t call;
	uint8_t channel;
} running[64];
static unsigned running_count;

static struct channel_rule rule_of(const char *name, enum channel_audience audience)
{
	struct channel_rule rule = {.audience = audience,
		.merge = true,
		.withdrawals = true,
		.rest_ms = 600000,
		.retry_count = 4,
		.retry_ms = {0, 5000, 15000, 30000},
		.running_max = 4,
		.expire_ms = 3600000};

	text_cut(rule.name, sizeof rule.name, name);
	return rule;
}

static void open_core(void)
{
	struct channel_config config = {.zone = zone, .count = CHANNELS, .rules = rules, .waiting_max = 50};

	channel_core_destroy(core);
	assert_int_equal(channel_core_create(&config, &core, NULL), ERR_OK);
	*seen = '\0';
	running_count = 0;
}

static int set_up(void **state)
{
	(void)state;
	now = (struct wall){START};
	if (!zone)
		assert_int_equal(zone_load("+08:00", &zone, NULL), ERR_OK);
	rules[PUSH] = rule_of("push", CHANNEL_PERSON);
	rules[SMS] = rule_of("sms", CHANNEL_PERSON);
	rules[ROBOT] = rule_of("robot", CHANNEL_GROUP);
	rules[HOOK] = rule_of("hook", CHANNEL_SYSTEM);
	rules[HOOK].merge = false;
	open_core();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	channel_core_destroy(core);
	core = NULL;
	return 0;
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
	size_t length = strlen(seen);
	va_list arguments;

	va_start(arguments, format);
	if (length && length + 1 < sizeof seen)
		seen[length++] = ' ';
	vsnprintf(seen + length, sizeof seen - length, format, arguments);
	va_end(arguments);
}

static void take(const struct channel_effects *out)
{
	for (unsigned i = 0; i < out->count; i++) {
		const struct channel_effect *e = &out->items[i];
		char text[400] = "";
		if (e->kind == CHANNEL_HEALTH) {
			note("%s=%s", rules[e->channel].name,
				channel_state_name(channel_health(core, e->channel)->state));
			continue;
		}
		if (e->kind == CHANNEL_ENDED) {
			note("%s#%d", channel_end_name(e->end), (int)e->deliveries[0]);
			continue;
		}
		for (unsigned k = 0; k < e->count; k++) {
			const struct page *page = channel_find(core, e->deliveries[k]);
			assert_non_null(page);
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s%s", k ? "+" : "", page->id,
				page->withdrawn ? "!" : "");
		}
		running[running_count].call = e->call;
		running[running_count++].channel = e->channel;
		note("%s:%s", rules[e->channel].name, text);
	}
}

static void tick(void)
{
	struct channel_effects out;

	do {
		channel_tick(core, now, &out);
		take(&out);
	} while (out.count == CHANNEL_EFFECTS_MAX);
}

static const char *look(void)
{
	static char text[sizeof seen];

	memcpy(text, seen, sizeof text);
	*seen = '\0';
	return text;
}

static void send_page(const char *id, const char *user, enum alert_level level, bool withdrawn, uint8_t way,
	const uint8_t *hops, unsigned count, enum err expected)
{
	struct page page = {.level = level, .at = now, .expires = WALL_NONE, .withdrawn = withdrawn};
	struct channel_route route = {.way = way, .count = count};
	struct channel_effects out;
	uint64_t number;

	text_cut(page.id, sizeof page.id, id);
	text_cut(page.user, sizeof page.user, user);
	snprintf(page.incident, sizeof page.incident, "i-%s", id);
	memcpy(route.hops, hops, count);
	assert_int_equal(channel_page(core, &page, &route, now, &number, &out), expected);
	take(&out);
}

#define PAGE(id, user, level, ...)                                                                                     \
	send_page(id, user, level, false, CHANNEL_WAY_PERSON, (const uint8_t[]){__VA_ARGS__},                          \
		sizeof(uint8_t[]){__VA_ARGS__}, ERR_OK)
#define WITHDRAW(id, user, level, ...)                                                                                 \
	send_page(id, user, level, true, CHANNEL_WAY_PERSON, (const uint8_t[]){__VA_ARGS__},                           \
		sizeof(uint8_t[]){__VA_ARGS__}, ERR_OK)

/* answer gives the oldest running call its result. */
static void answer(enum channel_result result)
{
	struct channel_effects out;
	uint32_t call = running[0].call;

	assert_true(running_count > 0);
	memmove(running, running + 1, --running_count * sizeof *running);
	channel_result(core, call, result, result == CHANNEL_OK ? "r" : "why", now, &out);
	take(&out);
	tick();
}

/* run_until lets time pass up to an instant after START, answering each call at once. */
static void run_until(int64_t ms, enum channel_result result)
{
	for (unsigned rounds = 0; channel_due(core).ms <= START + ms; rounds++) {
		assert_true(rounds < 5000);
		if (channel_due(core).ms > now.ms)
			now = channel_due(core);
		tick();
		while (running_count)
			answer(result);
	}
	now = (struct wall){START + ms};
}

static void page_is_sent_and_forgotten(void **state)
{
	(void)state;
	PAGE("p1", "v-1", ALERT_LIFE, PUSH);
	tick();
	assert_string_equal(look(), "push:p1");
	answer(CHANNEL_OK);
	assert_string_equal(look(), "sent#1");
	assert_int_equal(channel_waiting(core), 0);
	assert_int_equal(channel_due(core).ms, WALL_NEVER.ms);
}

static void failed_call_is_tried_again_at_0_5_15_30_s_then_the_next_channel(void **state)
{
	static const int64_t at[] = {0, 5000, 15000, 30000};

	(void)state;
	PAGE("p1", "v-1", ALERT_LIFE, PUSH, SMS);
	tick();
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(now.ms - START, at[i]);
		assert_string_equal(look(), "push:p1");
		answer(CHANNEL_FAILED);
		if (i == 3)
			break;
		if (i == 2)
			assert_string_equal(look(), "push=down");
		now.ms = START + at[i + 1] - 1;
		tick();
		assert_string_equal(look(), "");
		now.ms++;
		tick();
	}
	assert_string_equal(look(), "sms:p1"); /* at once */
	answer(CHANNEL_OK);
	assert_string_equal(look(), "sent#1");
}

static void refused_call_goes_on_at_once_and_the_last_one_gives_up(void **state)
{
	(void)state;
	PAGE("p1", "v-1", ALERT_ALARM, PUSH, SMS);
	tick();
	answer(CHANNEL_REFUSED);
	assert_string_equal(look(), "push:p1 sms:p1");
	answer(CHANNEL_REFUSED);
	assert_string_equal(look(), "given_up#1");
	assert_int_equal(channel_health(core, SMS)->given_up, 1);
	assert_int_equal(channel_health(core, PUSH)->moved, 1);
}

static void rate_is_kept_and_what_waits_leaves_as_one(void **state)
{
	(void)state;
	rules[ROBOT].rate_count = 5;
	rules[ROBOT].rate_window_ms = 60000;
	for (int i = 1; i <= 8; i++) {
		char id[8];
		snprintf(id, sizeof id, "p%d", i);
		PAGE(id, "v-1", ALERT_ALARM, ROBOT);
		tick();
		while (running_count)
			answer(CHANNEL_OK);
	}
	assert_string_equal(look(), "robot:p1 sent#1 robot:p2 sent#2 robot:p3 sent#3 robot:p4 sent#4"); /* 1 is kept */
	run_until(59999, CHANNEL_OK);
	assert_string_equal(look(), "");
	run_until(60000, CHANNEL_OK);
	assert_string_equal(look(), "robot:p5+p6+p7+p8 sent#5 sent#6 sent#7 sent#8");
	assert_int_equal(channel_health(core, ROBOT)->merged, 3);
}

static void life_uses_what_is_kept_of_the_rate(void **state)
{
	(void)state;
	rules[ROBOT].rate_count = 2;
	rules[ROBOT].rate_window_ms = 60000;
	PAGE("p1", "v-1", ALERT_ALARM, ROBOT);
	tick();
	answer(CHANNEL_OK);
	PAGE("p2", "v-1", ALERT_ALARM, ROBOT);
	tick();
	assert_string_equal(look(), "robot:p1 sent#1");
	PAGE("p3", "v-1", ALERT_LIFE, ROBOT);
	tick();
	assert_string_equal(look(), "robot:p3+p2"); /* the life first; what waits for the rate goes along */
}

static void storm_to_one_person_is_one_message_with_the_life_first(void **state)
{
	(void)state;
	PAGE("p1", "v-1", ALERT_ALARM, PUSH);
	PAGE("p2", "v-2", ALERT_ALARM, PUSH);
	PAGE("p3", "v-1", ALERT_ATTENTION, PUSH);
	PAGE("p4", "v-1", ALERT_LIFE, PUSH);
	tick();
	assert_string_equal(look(), "push:p4+p1+p3 push:p2");
}

static void message_holds_ten_pages_at_most(void **state)
{
	(void)state;
	for (int i = 10; i < 22; i++) {
		char id[8];
		snprintf(id, sizeof id, "p%d", i);
		PAGE(id, "v-1", ALERT_ALARM, PUSH);
	}
	tick();
	assert_string_equal(look(), "push:p10+p11+p12+p13+p14+p15+p16+p17+p18+p19 push:p20+p21");
}

static void throttled_channel_rests_and_a_life_goes_elsewhere(void **state)
{
	(void)state;
	PAGE("p1", "v-1", ALERT_LIFE, ROBOT, HOOK);
	tick();
	answer(CHANNEL_TOO_MUCH);
	assert_string_equal(look(), "robot:p1 robot=throttled hook:p1");
	answer(CHANNEL_OK);
	PAGE("p2", "v-1", ALERT_ALARM, ROBOT); /* nowhere else: it waits for ten minutes */
	run_until(599999, CHANNEL_OK);
	assert_string_equal(look(), "sent#1");
	run_until(600000, CHANNEL_OK);
	assert_string_equal(look(), "robot:p2 robot=up sent#2");
}

static void channel_turned_away_from_is_tried_last_before_giving_up(void **state)
{
	(void)state;
	PAGE("p1", "v-1", ALERT_ALARM, ROBOT);
	tick();
	answer(CHANNEL_TOO_MUCH);
	PAGE("p2", "v-2", ALERT_LIFE, ROBOT, HOOK);
	tick();
	answer(CHANNEL_REFUSED); /* the hook; now the robot is all that is left */
	look();
	run_until(600000, CHANNEL_OK);
	assert_string_equal(look(), "robot:p2+p1 robot=up sent#2 sent#1");
}

static void quiet_hours_send_to_the_next_channel_or_wait(void **state)
{
	(void)state;
	rules[SMS].quiet_count = 2;
	rules[SMS].quiet[0] = (struct channel_quiet){21 * 60, 8 * 60};
	rules[SMS].quiet[1] = (struct channel_quiet){8 * 60, 8 * 60 + 30};
	PAGE("p1", "v-1", ALERT_ALARM, SMS, PUSH);
	PAGE("p2", "v-2", ALERT_ALARM, SMS);
	PAGE("p3", "v-3", ALERT_LIFE, SMS);
	tick();
	assert_string_equal(look(), "push:p1 sms:p3");
	rules[SMS].expire_ms = 24 * MS_PER_HOUR;
	while (running_count)
		answer(CHANNEL_OK);
	look();
	run_until((3 * 60 + 10) * MS_PER_MINUTE - 1, CHANNEL_OK); /* 08:30 - 05:20 */
	assert_string_equal(look(), "");
	run_until((3 * 60 + 10) * MS_PER_MINUTE, CHANNEL_OK);
	assert_string_equal(look(), "sms:p2 sent#2");
}

static void quiet_that_the_provider_wants_holds_for_a_life_too(void **state)
{
	(void)state;
	rules[SMS].quiet_count = 1;
	rules[SMS].quiet[0] = (struct channel_quiet){21 * 60, 8 * 60};
	rules[SMS].quiet_for_life = true;
	PAGE("p1", "v-1", ALERT_LIFE, SMS, PUSH);
	tick();
	assert_string_equal(look(), "push:p1");
}

static void channel_that_hangs_delays_no_other_and_no_life(void **state)
{
	(void)state;
	for (int i = 0; i < 10; i++) {
		char id[8], user[8];
		snprintf(id, sizeof id, "p%d", i);
		snprintf(user, sizeof user, "v-%d", i);
		PAGE(id, user, ALERT_ALARM, PUSH);
	}
	tick();
	assert_string_equal(look(), "push:p0 push:p1 push:p2"); /* they hang; one call is kept for a life */
	PAGE("q", "v-1", ALERT_LIFE, PUSH, SMS);
	PAGE("r", "v-2", ALERT_ALARM, SMS);
	tick();
	assert_string_equal(look(), "push:q sms:r");
}

static void life_behind_calls_that_hang_goes_to_the_next_channel(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++) {
		char id[8], user[8];
		snprintf(id, sizeof id, "p%d", i);
		snprintf(user, sizeof user, "v-%d", i);
		PAGE(id, user, ALERT_LIFE, PUSH, SMS);
	}
	tick();
	assert_string_equal(look(), "push:p0 push:p1 push:p2 push:p3");
	now.ms += 4999;
	tick();
	assert_string_equal(look(), "");
	now.ms++;
	tick();
	assert_string_equal(look(), "sms:p4");
}

static void channel_that_is_down_is_probed_and_comes_back(void **state)
{
	(void)state;
	rules[HOOK].retry_count = 1;
	for (int i = 0; i < 3; i++) {
		PAGE("p", "v-1", ALERT_ALARM, HOOK);
		tick();
		answer(CHANNEL_FAILED);
	}
	assert_string_equal(look(), "hook:p given_up#1 hook:p given_up#2 hook:p hook=down given_up#3");
	PAGE("q", "v-1", ALERT_ALARM, HOOK);
	PAGE("r", "v-1", ALERT_LIFE, HOOK);
	tick();
	assert_string_equal(look(), "hook:r"); /* a life is always tried */
	answer(CHANNEL_FAILED);
	look();
	run_until(29999, CHANNEL_OK);
	assert_string_equal(look(), "");
	run_until(30000, CHANNEL_OK);
	assert_string_equal(look(), "hook:q hook=up sent#4");
}

static void withdrawal_ends_what_has_not_left(void **state)
{
	(void)state;
	PAGE("p1", "v-1", ALERT_ALARM, PUSH);
	WITHDRAW("p1", "v-1", ALERT_ALARM, PUSH);
	tick();
	assert_string_equal(look(), "cancelled#1"); /* nobody was told, nobody needs to be */
	PAGE("p2", "v-1", ALERT_ALARM, PUSH);
	tick();
	WITHDRAW("p2", "v-1", ALERT_ALARM, PUSH); /* is being called: may arrive */
	answer(CHANNEL_FAILED);
	assert_string_equal(look(), "push:p2 cancelled#2 push:p2!");
	answer(CHANNEL_OK);
	PAGE("p3", "v-1", ALERT_ALARM, PUSH);
	tick();
	answer(CHANNEL_OK);
	look();
	WITHDRAW("p3", "v-1", ALERT_ALARM, PUSH);
	tick();
	assert_string_equal(look(), "push:p3!");
}

static void withdrawal_skips_channels_that_tell_none(void **state)
{
	(void)state;
	rules[SMS].withdrawals = false;
	WITHDRAW("p1", "v-1", ALERT_ALARM, SMS, PUSH);
	WITHDRAW("p2", "v-2", ALERT_ALARM, SMS);
	tick();
	assert_string_equal(look(), "push:p1!");
}

static void too_many_are_refused_but_the_least_urgent_is_displaced(void **state)
{
	(void)state;
	for (int i = 0; i < 50; i++)
		PAGE("p", "v-1", i == 20 ? ALERT_ATTENTION : ALERT_ALARM, PUSH);
	send_page("w", "v-2", ALERT_ATTENTION, false, CHANNEL_WAY_PERSON, (const uint8_t[]){PUSH}, 1, ERR_FULL);
	PAGE("x", "v-2", ALERT_ALARM, PUSH);
	assert_string_equal(look(), "given_up#21");
	send_page("x2", "v-2", ALERT_ALARM, false, CHANNEL_WAY_PERSON, (const uint8_t[]){PUSH}, 1, ERR_FULL);
	PAGE("y", "v-2", ALERT_LIFE, PUSH);
	assert_string_equal(look(), "given_up#51");
	assert_int_equal(channel_waiting(core), 50);
}

static void page_that_never_leaves_is_given_up_in_the_end(void **state)
{
	(void)state;
	PAGE("p1", "v-1", ALERT_ALARM, HOOK);
	tick();
	answer(CHANNEL_TOO_MUCH);
	rules[HOOK].rest_ms = 7200000;
	run_until(600000, CHANNEL_TOO_MUCH);
	look();
	run_until(3599999, CHANNEL_TOO_MUCH);
	assert_string_equal(look(), "");
	run_until(3600000, CHANNEL_TOO_MUCH);
	assert_string_equal(look(), "given_up#1");
}

static void clock_set_back_takes_the_retries_along(void **state)
{
	(void)state;
	PAGE("p1", "v-1", ALERT_LIFE, PUSH);
	tick();
	answer(CHANNEL_FAILED);
	look();
	now.ms -= MS_PER_DAY;
	tick();
	assert_int_equal(channel_due(core).ms, now.ms + 5000);
	now.ms += 5000;
	tick();
	assert_string_equal(look(), "push:p1");
}

static void restart_goes_on_where_it_stood(void **state)
{
	struct channel_progress progress;
	struct channel_health health;
	struct page page;
	unsigned c = 99;

	(void)state;
	rules[ROBOT].rate_count = 3;
	rules[ROBOT].rate_window_ms = 60000;
	PAGE("p1", "v-1", ALERT_ALARM, ROBOT, PUSH);
	assert_true(channel_progress(core, 1, &progress));
	assert_int_equal(progress.route.count, 2);
	assert_false(channel_progress(core, 2, &progress));
	assert_false(channel_dirty(core, &progress));
	tick();
	answer(CHANNEL_FAILED);
	assert_true(channel_dirty(core, &progress));
	assert_int_equal(progress.attempts, 1);
	assert_true(channel_dirty_health(core, &c));
	assert_int_equal(c, ROBOT);
	assert_false(channel_dirty_health(core, &c));
	health = *channel_health(core, ROBOT);
	page = *channel_find(core, progress.number);
	open_core();
	channel_restore_health(core, ROBOT, &health);
	assert_int_equal(channel_restore(core, &page, &progress), ERR_OK);
	assert_int_equal(channel_restore(core, &page, &progress), ERR_CORRUPT);
	PAGE("p2", "v-1", ALERT_ALARM, ROBOT);
	tick();
	assert_string_equal(look(), "robot:p2"); /* the second call of the window; p1 waits for its 5 s */
	PAGE("p3", "v-1", ALERT_ALARM, ROBOT);
	now.ms += 5000;
	tick();
	assert_string_equal(look(), ""); /* the third is kept for a life */
	progress.number = 7;
	progress.route.hops[0] = CHANNELS;
	assert_int_equal(channel_restore(core, &page, &progress), ERR_CORRUPT);
}

#define VIRTUAL(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void what_is_to_wait_for_a_person_s_quiet_hours_leaves_at_their_end(void **state)
{
	struct page page = {.level = ALERT_ATTENTION, .at = now, .expires = WALL_NONE, .id = "a", .user = "v-1"};
	struct channel_route route = {.way = CHANNEL_WAY_PERSON, .count = 1, .hops = {PUSH}};
	struct channel_quiet nights = {22 * 60, 7 * 60};
	struct channel_effects out;
	struct wall evening = zone_from_civil(zone, (struct civil){.year = 2026, .month = 3, .day = 2, .hour = 23});
	uint64_t number;

	(void)state;
	now = evening;
	route.from = channel_after_quiet(zone, &nights, 1, now);
	assert_int_equal(route.from.ms, evening.ms + 8 * MS_PER_HOUR);
	assert_int_equal(channel_after_quiet(zone, &nights, 1, route.from).ms, route.from.ms);
	assert_int_equal(channel_page(core, &page, &route, now, &number, &out), ERR_OK);
	now.ms += 8 * MS_PER_HOUR - 1;
	tick();
	assert_string_equal(look(), "");
	now.ms++;
	tick();
	assert_string_equal(look(), "push:a");
}

static void the_last_failure_says_who_was_not_reached(void **state)
{
	struct channel_effects out = {0};

	(void)state;
	PAGE("a", "v-1", ALERT_ALARM, PUSH);
	tick();
	for (unsigned i = 0; i < 20 && running_count; i++) {
		channel_result(core, running[0].call, CHANNEL_REFUSED, "no such number", now, &out);
		running_count = 0;
	}
	assert_int_equal(out.items[0].kind, CHANNEL_ENDED);
	assert_true(out.items[0].unreached);
	assert_string_equal(out.items[0].user, "v-1");
	assert_string_equal(out.items[0].incident, "i-a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		VIRTUAL(page_is_sent_and_forgotten),
		VIRTUAL(failed_call_is_tried_again_at_0_5_15_30_s_then_the_next_channel),
		VIRTUAL(refused_call_goes_on_at_once_and_the_last_one_gives_up),
		VIRTUAL(rate_is_kept_and_what_waits_leaves_as_one),
		VIRTUAL(life_uses_what_is_kept_of_the_rate),
		VIRTUAL(storm_to_one_person_is_one_message_with_the_life_first),
		VIRTUAL(message_holds_ten_pages_at_most),
		VIRTUAL(throttled_channel_rests_and_a_life_goes_elsewhere),
		VIRTUAL(channel_turned_away_from_is_tried_last_before_giving_up),
		VIRTUAL(quiet_hours_send_to_the_next_channel_or_wait),
		VIRTUAL(quiet_that_the_provider_wants_holds_for_a_life_too),
		VIRTUAL(channel_that_hangs_delays_no_other_and_no_life),
		VIRTUAL(life_behind_calls_that_hang_goes_to_the_next_channel),
		VIRTUAL(channel_that_is_down_is_probed_and_comes_back),
		VIRTUAL(withdrawal_ends_what_has_not_left),
		VIRTUAL(withdrawal_skips_channels_that_tell_none),
		VIRTUAL(too_many_are_refused_but_the_least_urgent_is_displaced),
		VIRTUAL(page_that_never_leaves_is_given_up_in_the_end),
		VIRTUAL(clock_set_back_takes_the_retries_along),
		VIRTUAL(restart_goes_on_where_it_stood),
		VIRTUAL(what_is_to_wait_for_a_person_s_quiet_hours_leaves_at_their_end),
		VIRTUAL(the_last_failure_says_who_was_not_reached),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	zone_destroy(zone);
	return failed;
}
