/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gateway/hook_store.h"

static char folder[] = "/tmp/curtain-hook-store-XXXXXX";
static char path[128];
static struct store *store;
static struct hook_store *hooks;
static struct hook_event event;
static struct errinfo info;

static const struct wall NOW = {INT64_C(1772323200000)};

static void reopen(void)
{
	hook_store_close(hooks);
	store_close(store);
	assert_int_equal(store_open(path, hook_migrations, hook_migration_count, 0, &store, &info), ERR_OK);
	assert_int_equal(hook_store_open(store, &hooks, &info), ERR_OK);
}

static int set_up(void **state)
{
	(void)state;
	hook_event_init(&event);
	if (!mkdtemp(folder) || hook_event_test("gateway-1", 1, NOW, &event))
		return -1;
	snprintf(path, sizeof path, "%s/hooks.db", folder);
	reopen();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	hook_store_close(hooks);
	store_close(store);
	hook_event_fini(&event);
	unlink(path);
	return rmdir(folder);
}

static uint64_t add(const char *subscriber)
{
	uint64_t number = 0;

	assert_int_equal(hook_store_add(hooks, subscriber, &event, NOW, &number, &info), ERR_OK);
	return number;
}

struct taken {
	unsigned count;
	uint64_t numbers[8];
};

static enum err take(void *context, const char *subscriber, struct hook_item *item)
{
	struct taken *taken = context;

	(void)subscriber;
	if (taken->count == 8)
		return ERR_FULL;
	taken->numbers[taken->count++] = item->number;
	return ERR_OK;
}

static int64_t figure(const char *subscriber, const char *name)
{
	struct buf out;
	char wanted[40];

	buf_init(&out, 4096);
	assert_int_equal(buf_byte(&out, '{'), ERR_OK);
	assert_int_equal(hook_store_figures(hooks, subscriber, &out, &info), ERR_OK);
	snprintf(wanted, sizeof wanted, "\"%s\":", name);
	const char *found = strstr(out.data, wanted);
	int64_t value = found ? strtoll(found + strlen(wanted), NULL, 10) : -1;
	buf_fini(&out);
	return value;
}

static void what_waits_outlives_a_restart_in_order(void **state)
{
	struct taken taken = {0};
	char id[HOOK_EVENT_ID_BYTES], type[HOOK_EVENT_TYPE_BYTES];
	struct buf body;
	uint64_t first, second;

	(void)state;
	first = add("a");
	second = add("b");
	assert_int_equal(hook_store_again(hooks, first, 2, (struct wall){NOW.ms + 5}, "HTTP 500", &info), ERR_OK);
	reopen();
	assert_int_equal(hook_store_load(hooks, take, &taken, &info), ERR_OK);
	assert_int_equal(taken.count, 2);
	assert_true(taken.numbers[0] == first && taken.numbers[1] == second);
	buf_init(&body, HOOK_EVENT_BYTES_MAX);
	assert_int_equal(hook_store_read(hooks, first, id, type, &body, &info), ERR_OK);
	assert_string_equal(id, event.id);
	assert_int_equal(body.length, event.body.length);
	assert_int_equal(hook_store_sent(hooks, first, NOW, &info), ERR_OK);
	assert_int_equal(hook_store_sent(hooks, second, NOW, &info), ERR_OK);
	assert_int_equal(hook_store_read(hooks, first, id, type, &body, &info), ERR_NOT_FOUND);
	assert_int_equal(figure("a", "sent"), 1);
	struct hook_health health = {.since = NOW};
	assert_int_equal(hook_store_restore(hooks, "a", &health, &info), ERR_OK);
	assert_true(health.state == HOOK_UP && !wall_is_set(health.since) && !wall_is_set(health.rest_until));
	buf_fini(&body);
}

static void a_dead_letter_comes_back_with_its_number(void **state)
{
	struct taken taken = {0};
	unsigned count = 0;
	int64_t left = 0;
	bool kept = false;
	uint64_t number = add("c");

	(void)state;
	assert_int_equal(hook_store_dead(hooks, number, 4, "HTTP 500", NOW, &kept, &info), ERR_OK);
	assert_true(kept);
	assert_int_equal(hook_store_bury(hooks, "c", &event, "its queue was full", NOW, &kept, &info), ERR_OK);
	assert_int_equal(figure("c", "dead"), 2);
	assert_int_equal(hook_store_replay(hooks, "c", number, 10, NOW, take, &taken, &count, &left, &info), ERR_OK);
	assert_true(count == 1 && left == 1 && taken.numbers[0] == number);
	assert_int_equal(hook_store_replay(hooks, "c", 0, 10, NOW, take, &taken, &count, &left, &info), ERR_OK);
	assert_true(count == 1 && left == 0 && taken.numbers[1] > number);
	assert_int_equal(hook_store_sent(hooks, number, NOW, &info), ERR_OK);
	assert_int_equal(hook_store_sent(hooks, taken.numbers[1], NOW, &info), ERR_OK);
}

static void beyond_the_last_dead_letter_losses_are_counted_with_their_time(void **state)
{
	bool kept = true;
	int64_t expired = 0;

	(void)state;
	assert_int_equal(store_begin(store, &info), ERR_OK);
	for (int i = 0; i < HOOK_DEAD_MAX; i++)
		assert_int_equal(hook_store_bury(hooks, "d", &event, "full", NOW, &kept, &info), ERR_OK);
	assert_true(kept);
	assert_int_equal(hook_store_bury(hooks, "d", &event, "full", NOW, &kept, &info), ERR_OK);
	assert_false(kept);
	assert_int_equal(hook_store_dead(hooks, add("d"), 1, "HTTP 500", NOW, &kept, &info), ERR_OK);
	assert_false(kept);
	assert_int_equal(store_commit(store, &info), ERR_OK);
	assert_int_equal(figure("d", "lost"), 2);
	assert_int_equal(figure("d", "dead"), HOOK_DEAD_MAX);
	assert_int_equal(
		hook_store_trim(hooks, (struct wall){NOW.ms + MS_PER_DAY}, MS_PER_HOUR, &expired, &info), ERR_OK);
	assert_int_equal(expired, HOOK_DEAD_MAX);
}

static void an_outage_is_news_once(void **state)
{
	struct buf before;
	bool changed = false;

	(void)state;
	buf_init(&before, 256);
	assert_int_equal(hook_store_outage(hooks, "t", "{1}", 3, &changed, &before, &info), ERR_OK);
	assert_true(changed);
	assert_int_equal(hook_store_outage(hooks, "t", "{1}", 3, &changed, &before, &info), ERR_OK);
	assert_false(changed);
	buf_reset(&before);
	assert_int_equal(hook_store_outage(hooks, "t", NULL, 0, &changed, &before, &info), ERR_OK);
	assert_true(changed && before.length == 3);
	buf_reset(&before);
	assert_int_equal(hook_store_outage(hooks, "t", NULL, 0, &changed, &before, &info), ERR_OK);
	assert_false(changed);
	buf_fini(&before);
}

static void a_subscriber_s_health_and_a_job_are_remembered(void **state)
{
	struct hook_health health = {.state = HOOK_OFF, .since = NOW, .rest_until = WALL_NONE, .failures = 3},
			   got = {0};
	struct hook_job job = {.due = NOW, .done = WALL_NONE, .mark = "2026-03-01"}, again = {0};

	(void)state;
	assert_int_equal(hook_store_health(hooks, "e", &health, "HTTP 410", &info), ERR_OK);
	assert_int_equal(hook_store_job_save(hooks, "statistics", &job, "{}", &info), ERR_OK);
	reopen();
	assert_int_equal(hook_store_restore(hooks, "e", &got, &info), ERR_OK);
	assert_true(got.state == HOOK_OFF && got.failures == 3 && !wall_is_set(got.rest_until));
	assert_int_equal(hook_store_job(hooks, "statistics", &again, &info), ERR_OK);
	assert_string_equal(again.mark, "2026-03-01");
	assert_true(again.due.ms == NOW.ms && !wall_is_set(again.done));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_waits_outlives_a_restart_in_order),
		cmocka_unit_test(a_dead_letter_comes_back_with_its_number),
		cmocka_unit_test(beyond_the_last_dead_letter_losses_are_counted_with_their_time),
		cmocka_unit_test(an_outage_is_news_once),
		cmocka_unit_test(a_subscriber_s_health_and_a_job_are_remembered),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
