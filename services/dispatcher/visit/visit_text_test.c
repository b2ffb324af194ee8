/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "visit_rig.h"

static struct rig rig;
static struct page pages[VISIT_PAGES_MAX];
static unsigned count;
static struct page question, withdrawal; /* the latest */

/* watch keeps the pages of the latest effect that has some. */
static void watch(struct rig *one, const struct visit_effect *effect, struct wall now)
{
	struct page made[VISIT_PAGES_MAX];
	unsigned n = visit_pages(effect, one->zone, made);

	(void)now;
	if (!n)
		return;
	memcpy(pages, made, sizeof made);
	count = n;
	for (unsigned i = 0; i < n; i++)
		if (wall_is_set(made[i].expires))
			question = made[i];
		else if (made[i].withdrawn)
			withdrawal = made[i];
}

static int set_up(void **state)
{
	(void)state;
	memset(&question, 0, sizeof question);
	memset(&withdrawal, 0, sizeof withdrawal);
	rig_open(&rig);
	rig.watch = watch;
	rig_home(&rig, "h-1", 0, 7, rig_at("2026-03-01T12:00:00"));
	rig_person(&rig, "v-1", 1, 7, rig_at("2026-03-01T12:00:00"));
	while (!*question.user) /* its first day is a matter of a hash */
		rig_run(&rig, visit_due(rig.core));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	rig_close(&rig);
	return 0;
}

static const struct page *page_to(const char *user)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(pages[i].user, user))
			return &pages[i];
	return NULL;
}

static void an_offer_is_a_question_that_expires(void **state)
{
	(void)state;
	assert_string_equal(question.user, "v-1");
	assert_string_equal(question.incident, rig.visit.id);
	assert_int_equal(question.role, PAGE_VISIT);
	assert_int_equal(question.level, ALERT_ATTENTION);
	assert_true(question.expires.ms > question.at.ms && question.expires.ms <= rig.visit.from.ms);
	assert_false(question.withdrawn);
	assert_non_null(strstr(question.reason_zh, "住户 h-1，"));
	assert_non_null(strstr(question.reason_zh, "您能去吗？请在 "));
	assert_non_null(strstr(question.reason_en, "Can you go? Please answer by "));
	assert_true(text_is_id(question.id));
}

static void who_answers_is_told_nothing_more(void **state)
{
	(void)state;
	count = 0;
	rig_say(&rig, "v-1", VISIT_ACCEPT, rig.visit.id, rig.now);
	assert_int_equal(rig.verdict, VISIT_TAKEN);
	assert_int_equal(count, 0);
}

static void a_question_that_nobody_answers_is_withdrawn_by_its_id(void **state)
{
	(void)state;
	rig_run(&rig, question.expires);
	assert_string_equal(withdrawal.user, "v-1");
	assert_string_equal(withdrawal.id, question.id);
	assert_non_null(page_to("cap")); /* is told next that nobody else can be asked */
}

static void a_question_is_withdrawn_by_its_id_when_it_is_cancelled(void **state)
{
	(void)state;
	struct visit_reply cancel = rig_words("desk", VISIT_CANCEL, rig.visit.id, rig.now);

	rig_reply(&rig, &cancel, true, rig.now);
	const struct page *page = page_to("v-1");
	assert_non_null(page);
	assert_true(page->withdrawn && !wall_is_set(page->expires));
	assert_string_equal(page->id, question.id);
	assert_non_null(strstr(page->reason_zh, "已取消，无需前往。"));
}

static void what_is_given_to_who_was_asked_is_no_withdrawal(void **state)
{
	(void)state;
	struct visit_reply give = rig_words("cap", VISIT_ACCEPT, rig.visit.id, rig.now);

	rig_reply(&rig, &give, true, rig.now);
	const struct page *page = page_to("v-1");
	assert_non_null(page);
	assert_false(page->withdrawn);
	assert_true(strcmp(page->id, question.id) != 0);
	assert_non_null(strstr(page->reason_zh, "请您负责。"));
}

static void what_is_given_to_another_withdraws_the_question(void **state)
{
	(void)state;
	struct visit_reply give = rig_words("desk", VISIT_ACCEPT, rig.visit.id, rig.now);

	text_cut(give.to, sizeof give.to, "cap");
	rig_reply(&rig, &give, true, rig.now);
	assert_int_equal(count, 2);
	assert_true(page_to("v-1")->withdrawn);
	assert_string_equal(page_to("v-1")->id, question.id);
	assert_non_null(strstr(page_to("cap")->reason_zh, "请您负责。"));
	assert_false(page_to("cap")->withdrawn);
}

static void nobody_opened_is_urgent_and_what_was_written_stays_out(void **state)
{
	(void)state;
	rig_say(&rig, "v-1", VISIT_ACCEPT, rig.visit.id, rig.now);
	struct visit_reply closed = rig_words("v-1", VISIT_NOT_MET, rig.visit.id, rig.visit.from);
	text_cut(closed.note, sizeof closed.note, "邻居说在住院");
	rig_reply(&rig, &closed, false, rig.visit.from);
	const struct page *page = page_to("desk");
	assert_non_null(page);
	assert_int_equal(page->level, ALERT_ALARM);
	assert_non_null(page_to("cap"));
	assert_null(strstr(page->reason_zh, "住院"));
	assert_null(page_to("v-1"));
}

static void a_task_has_a_last_day(void **state)
{
	(void)state;
	struct visit_effect effect = {.errand = {.kind = ERRAND_TASK,
					      .state = ERRAND_AGREED,
					      .event = ERRAND_EVENT_CLIMBED,
					      .revision = 3,
					      .at = rig.now,
					      .from = rig_at("2026-03-02T12:00:00"),
					      .until = rig_at("2026-03-06T00:00:00")},
		.tell_count = 1,
		.tell = {"cap"}};

	text_cut(effect.errand.id, sizeof effect.errand.id, "e-1");
	text_cut(effect.errand.household, sizeof effect.errand.household, "h-1");
	text_cut(effect.errand.reason_zh, sizeof effect.errand.reason_zh, "燃气软管老化");
	text_cut(effect.errand.reason_en, sizeof effect.errand.reason_en, "gas hose old");
	text_cut(effect.errand.note, sizeof effect.errand.note, "已逾期 / overdue");
	assert_int_equal(visit_pages(&effect, rig.zone, pages), 1);
	assert_int_equal(pages[0].role, PAGE_TASK);
	assert_string_equal(
		pages[0].reason_zh, "住户 h-1，3月5日前：至今无人办理，请您过问。燃气软管老化 已逾期 / overdue");
	assert_string_equal(pages[0].reason_en,
		"Home h-1, by 03-05: Nobody has it in hand: please see to it. gas hose old 已逾期 / overdue");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_offer_is_a_question_that_expires, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_answers_is_told_nothing_more, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_question_that_nobody_answers_is_withdrawn_by_its_id, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_question_is_withdrawn_by_its_id_when_it_is_cancelled, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_given_to_who_was_asked_is_no_withdrawal, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_given_to_another_withdraws_the_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			nobody_opened_is_urgent_and_what_was_written_stays_out, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_task_has_a_last_day, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
