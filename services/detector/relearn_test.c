/* SPDX-License-Identifier: MIT
 *
 * A home learns anew from pages of its history; records is played by the test.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "codec/codec.h"
#include "codec/history.h"
#include "detector/checkpoint.h"
#include "detector/relearn.h"
#include "detector/rig.h"

#define DAYS 40
#define NOW ((struct wall){DAY0 + DAYS * MS_PER_DAY})
#define SECOND INT64_C(1000000)

struct world {
	char path[64];
	struct zone *zone;
	struct store *store;
	struct detector_core *core;
	struct relearn *relearn;
	struct mono clock;
	char household[ID_BYTES], after[40], correlation[32]; /* of the last question */
};

static void world_open(struct world *w)
{
	struct detector_config config = rig_config();
	const struct relearn_config how = {.history_ms = 200 * MS_PER_DAY, .pace = 10000, .patience_ms = 20000};

	config.zone = w->zone;
	config.limits = (struct detector_limits){.learning_ms = 14 * MS_PER_DAY};
	rig_rule(&config, "silence");
	assert_int_equal(detector_create(&config, &w->core, NULL), ERR_OK);
	rig_join(w->core, "h-1");
	rig_join(w->core, "h-2");
	assert_int_equal(store_open(w->path, checkpoint_migrations, CHECKPOINT_MIGRATIONS, 0, &w->store, NULL), ERR_OK);
	assert_int_equal(relearn_open(w->store, w->core, &how, &w->relearn, NULL), ERR_OK);
}

static void world_close(struct world *w)
{
	relearn_close(w->relearn);
	detector_destroy(w->core);
	store_close(w->store);
}

static struct world *world_new(void)
{
	struct world *w = calloc(1, sizeof *w);

	assert_non_null(w);
	snprintf(w->path, sizeof w->path, "/tmp/curtain_relearn_test.XXXXXX");
	assert_non_null(mkdtemp(w->path));
	text_cut(w->path + strlen(w->path), 12, "/test.db");
	assert_int_equal(zone_load("+08:00", &w->zone, NULL), ERR_OK);
	world_open(w);
	return w;
}

static void world_end(struct world *w)
{
	static const char *const ends[] = {"", "-wal", "-shm", ".lock"};
	char path[96];

	world_close(w);
	for (unsigned i = 0; i < sizeof ends / sizeof *ends; i++) {
		snprintf(path, sizeof path, "%s%s", w->path, ends[i]);
		unlink(path);
	}
	*strrchr(w->path, '/') = '\0';
	rmdir(w->path);
	zone_destroy(w->zone);
	free(w);
}

/* asks: the relearner has a question now; it is kept in the world. */
static bool asks(struct world *w)
{
	struct request_args *args;
	const char *correlation, *text = "";
	struct buf json, request;
	struct errinfo info = {0};
	bool asked;

	buf_init(&json, 10000);
	buf_init(&request, 10000);
	asked = relearn_ask(w->relearn, NOW, w->clock, &json, &correlation, &info);
	if (asked) {
		int64_t limit = 0;
		text_cut(w->correlation, sizeof w->correlation, correlation);
		assert_int_equal(request_encode(json.data, json.length, &request), ERR_OK);
		assert_int_equal(request_open(request.data, request.length, &args, &info), ERR_OK);
		assert_int_equal(request_text(args, "household", true, &text, &info), ERR_OK);
		text_cut(w->household, sizeof w->household, text);
		assert_int_equal(request_text(args, "after", true, &text, &info), ERR_OK);
		text_cut(w->after, sizeof w->after, text);
		assert_int_equal(request_int(args, "limit", true, 1, 2000, &limit, &info), ERR_OK);
		assert_int_equal(request_done(args, &info), ERR_OK);
		request_close(args);
	}
	buf_fini(&json);
	buf_fini(&request);
	return asked;
}

static bool answers(struct world *w, const struct buf *response)
{
	bool learnt = false;

	assert_int_equal(relearn_answer(w->relearn, w->correlation, strlen(w->correlation), response->data,
				 response->length, w->clock, &learnt),
		ERR_OK);
	if (learnt) {
		assert_int_equal(store_begin(w->store, NULL), ERR_OK);
		assert_int_equal(relearn_take(w->relearn, NOW, NULL), ERR_OK);
		assert_int_equal(store_commit(w->store, NULL), ERR_OK);
	}
	return learnt;
}

static void refuses(struct world *w, enum err code)
{
	struct buf response;

	buf_init(&response, 10000);
	assert_int_equal(response_encode_error(code, "no", &response), ERR_OK);
	assert_false(answers(w, &response));
	buf_fini(&response);
}

/* tells answers with at most `most` hourly readings of the household after the time that was asked for: up at `up` each
 * day, silent from 22. True: it was the last page, and it is learnt. */
static bool tells(struct world *w, int up, uint32_t most)
{
	struct history_head head = {.last = WALL_NONE};
	struct buf items, result, response;
	struct wall after;

	buf_init(&items, 4u << 20);
	buf_init(&result, 4u << 20);
	buf_init(&response, 4u << 20);
	assert_int_equal(wall_parse(w->after, strlen(w->after), &after), ERR_OK);
	text_cut(head.household, sizeof head.household, w->household);
	for (int h = 1; h <= DAYS * 24 && !head.more; h++) {
		struct reading r = {.quantity = QUANTITY_WATER_TOTAL,
			.value = h * 10,
			.delta = h % 24 > up && h % 24 <= 22 ? 12 : 0,
			.since = {DAY0 + (h - 1) * MS_PER_HOUR},
			.at = {DAY0 + h * MS_PER_HOUR},
			.received = {DAY0 + DAYS * MS_PER_DAY}};
		if (r.at.ms <= after.ms)
			continue;
		text_cut(r.household, sizeof r.household, w->household);
		text_cut(r.device, sizeof r.device, "w-1");
		assert_int_equal(codec_reading_encode(&r, &items), ERR_OK);
		head.last = r.at;
		head.more = ++head.count == most;
	}
	assert_int_equal(history_encode(&head, items.data ? items.data : "", items.length, &result), ERR_OK);
	assert_int_equal(response_encode(result.data, result.length, &response), ERR_OK);
	bool learnt = answers(w, &response);
	buf_fini(&items);
	buf_fini(&result);
	buf_fini(&response);
	return learnt;
}

static void note(struct world *w, const char *household, bool again)
{
	assert_int_equal(store_begin(w->store, NULL), ERR_OK);
	assert_int_equal((again ? relearn_again : relearn_wants)(w->relearn, household, NOW, NULL), ERR_OK);
	assert_int_equal(store_commit(w->store, NULL), ERR_OK);
}

static double month_of(struct world *w, const char *household)
{
	static struct detector_habit_view view;

	assert_int_equal(detector_habit(w->core, household, &view), ERR_OK);
	return view.set_count ? view.sets[0].months : 0;
}

static void pages_make_a_habit_and_nothing_else(void **state)
{
	struct world *w = world_new();
	static struct detector_habit_view view;
	uint32_t modes[DETECTOR_MODE_COUNT], open;
	unsigned pages = 0;

	(void)state;
	assert_false(asks(w));
	note(w, "h-1", false);
	while (asks(w)) {
		assert_string_equal(w->household, "h-1");
		pages++;
		if (tells(w, 7, 300))
			break;
		w->clock.us += SECOND;
	}
	assert_int_equal(pages, 4); /* 960 readings */
	assert_int_equal(detector_habit(w->core, "h-1", &view), ERR_OK);
	assert_true(view.set_count == 1 && view.sets[0].months > 1.0 && view.sets[0].gaps > 30);
	assert_true(view.sets[0].wake[HABIT_WORKDAY] >= 7 && view.sets[0].wake[HABIT_WORKDAY] <= 9);
	assert_false(wall_is_set(view.last_sign)); /* the past is no sign of life of now */
	detector_modes(w->core, modes, &open);
	assert_int_equal(open, 0);
	assert_int_equal(modes[DETECTOR_UNWATCHED], 2);
	assert_true(month_of(w, "h-2") == 0);
	w->clock.us += 3600 * SECOND;
	assert_false(asks(w)); /* done is done */
	note(w, "h-1", false);
	assert_false(asks(w));
	assert_int_equal(relearn_stats(w->relearn).waiting, 0);
	world_end(w);
}

static void pages_come_no_faster_than_the_pace(void **state)
{
	struct world *w = world_new();

	(void)state;
	note(w, "h-1", false);
	assert_true(asks(w));
	assert_false(tells(w, 7, 300)); /* 300 readings at 10,000 a second: 30 ms */
	assert_false(asks(w));
	w->clock.us += 29000;
	assert_false(asks(w));
	w->clock.us += 1000;
	assert_true(asks(w));
	world_end(w);
}

static void what_is_asked_for_again_is_learnt_from_the_beginning_after_a_restart(void **state)
{
	struct world *w = world_new();

	(void)state;
	note(w, "h-1", false);
	assert_true(asks(w));
	assert_false(tells(w, 7, 300));
	world_close(w);
	w->clock = (struct mono){0};
	world_open(w);
	assert_int_equal(relearn_stats(w->relearn).waiting, 1);
	assert_true(asks(w));
	assert_true(tells(w, 7, 5000));
	assert_true(month_of(w, "h-1") > 1.0);
	note(w, "h-1", true); /* somebody asks for it */
	assert_true(asks(w));
	assert_true(tells(w, 10, 5000));
	static struct detector_habit_view view;
	assert_int_equal(detector_habit(w->core, "h-1", &view), ERR_OK);
	assert_true(view.sets[0].wake[HABIT_WORKDAY] >= 10); /* the new history counts, not both */
	assert_true(view.sets[0].months < 1.5);
	world_end(w);
}

static void records_away_is_asked_again_later_and_later(void **state)
{
	struct world *w = world_new();
	int64_t waits[] = {1, 2, 4, 8, 16, 32, 60, 60};

	(void)state;
	note(w, "h-1", false);
	for (unsigned i = 0; i < sizeof waits / sizeof *waits; i++) {
		assert_true(asks(w));
		if (i % 2) { /* no answer at all */
			w->clock.us += 20 * SECOND;
			assert_false(asks(w));
		} else {
			refuses(w, ERR_AGAIN);
		}
		w->clock.us += waits[i] * SECOND - 1;
		assert_false(asks(w));
		w->clock.us += 1;
	}
	assert_true(asks(w));
	assert_true(tells(w, 7, 5000));
	assert_int_equal(relearn_stats(w->relearn).learnt, 1);
	world_end(w);
}

static void a_home_that_is_refused_lets_the_others_go_first(void **state)
{
	struct world *w = world_new();

	(void)state;
	note(w, "h-1", false);
	w->clock.us += 1;
	assert_true(asks(w));
	note(w, "h-2", true);
	refuses(w, ERR_INVALID);
	w->clock.us += 2 * SECOND;
	assert_true(asks(w));
	assert_string_equal(w->household, "h-2");
	assert_true(tells(w, 7, 5000));
	assert_true(asks(w));
	assert_string_equal(w->household, "h-1");
	world_end(w);
}

static void a_home_that_is_gone_is_passed_over(void **state)
{
	struct world *w = world_new();
	struct entry gone = {.kind = ENTRY_HOUSEHOLD, .key = "h-1", .seq = 2, .deleted = true};

	(void)state;
	note(w, "h-1", false);
	note(w, "h-2", false);
	assert_true(asks(w));
	assert_int_equal(detector_entry(w->core, &gone), ERR_OK);
	assert_true(tells(w, 7, 5000)); /* nobody is there to take it */
	assert_true(asks(w));
	assert_string_equal(w->household, "h-2");
	note(w, "h-1", true);
	assert_true(tells(w, 7, 5000));
	assert_false(asks(w));
	assert_int_equal(relearn_stats(w->relearn).waiting, 0);
	assert_int_equal(relearn_stats(w->relearn).learnt, 1);
	world_end(w);
}

static void an_answer_that_nobody_waits_for_changes_nothing(void **state)
{
	struct world *w = world_new();

	(void)state;
	note(w, "h-1", false);
	assert_true(asks(w));
	text_cut(w->correlation, sizeof w->correlation, "h999");
	assert_false(tells(w, 7, 5000));
	assert_true(month_of(w, "h-1") == 0);
	world_end(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_make_a_habit_and_nothing_else),
		cmocka_unit_test(pages_come_no_faster_than_the_pace),
		cmocka_unit_test(what_is_asked_for_again_is_learnt_from_the_beginning_after_a_restart),
		cmocka_unit_test(records_away_is_asked_again_later_and_later),
		cmocka_unit_test(a_home_that_is_refused_lets_the_others_go_first),
		cmocka_unit_test(a_home_that_is_gone_is_passed_over),
		cmocka_unit_test(an_answer_that_nobody_waits_for_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
