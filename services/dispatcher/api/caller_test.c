/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dispatcher/api/caller.h"

static const char *const desks_alone[] = {"incidents", "reply", "storms", "storm", "answers", "handsets", "handset",
	"channels", "deliveries", "link", "roster", "give", "cover", "gaps", "visit_due", "visit_show", "visit_explain",
	"visit_request", "", "own", "OWN_swap"};

/* Those with an own_ form, the member that names the person and what stands in their place where it is missing. */
static const struct {
	const char *own, *method, *member, *beside;
} bound[] = {
	{"own_swap", "swap", "by", "user"},
	{"own_seek", "seek", "user", NULL},
	{"own_absent", "absent", "user", NULL},
	{"own_answer", "answer", "user", NULL},
	{"own_recall", "recall", NULL, NULL},
	{"own_duties", "duties", "user", NULL},
	{"own_matters", "matters", "user", NULL},
	{"own_calendar", "calendar", "user", NULL},
	{"own_visit_plan", "visit_plan", "assignee", NULL},
	{"own_visit_day", "visit_day", "user", NULL},
	{"own_visit_answer", "visit_answer", NULL, NULL},
};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static struct errinfo info;

static enum err may(const char *user, bool volunteer, const char *method, const char *named)
{
	info = (struct errinfo){0};
	return caller_may(user, volunteer, method, named, &info);
}

/* class of caller x method x own or foreign */
static void the_table_of_callers_methods_and_people(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bound); i++)
		for (int volunteer = 0; volunteer < 2; volunteer++) {
			assert_int_equal(may("v-1", volunteer, bound[i].own, ""), ERR_OK);
			assert_int_equal(may("v-1", volunteer, bound[i].own, "v-1"), ERR_OK);
			assert_int_equal(may("v-1", volunteer, bound[i].own, "v-2"), ERR_DENIED);
			assert_int_equal(may("v-1", volunteer, bound[i].own, "v-10"), ERR_DENIED);
			/* without the prefix: the desk for anybody, a volunteer not even for themself */
			for (int foreign = 0; foreign < 2; foreign++)
				assert_int_equal(may("v-1", volunteer, bound[i].method, foreign ? "v-2" : "v-1"),
					volunteer ? ERR_DENIED : ERR_OK);
		}
	for (size_t i = 0; i < COUNT(desks_alone); i++)
		for (int volunteer = 0; volunteer < 2; volunteer++) {
			assert_int_equal(may("v-1", volunteer, desks_alone[i], ""), volunteer ? ERR_DENIED : ERR_OK);
			assert_null(caller_own_of(desks_alone[i]));
		}
}

static void what_is_bound_knows_which_member_is_the_person(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(bound); i++) {
		const struct caller_own *own = caller_own_of(bound[i].own);
		assert_non_null(own);
		assert_string_equal(own->method, bound[i].method);
		if (bound[i].member)
			assert_string_equal(own->members[0], bound[i].member);
		else
			assert_null(own->members[0]);
		if (bound[i].beside)
			assert_string_equal(own->members[1], bound[i].beside);
		assert_int_equal(own->who == CALLER_OWN_MATTER, !strcmp(bound[i].method, "recall"));
	}
}

static void no_other_method_has_an_own_form(void **state)
{
	static const char *const none[] = {
		"own_", "own_own_swap", "own_give", "own_roster", "own_reply", "own_cover", "own_gaps", "own_link"};

	(void)state;
	for (size_t i = 0; i < COUNT(none); i++)
		for (int volunteer = 0; volunteer < 2; volunteer++) {
			assert_int_equal(may("v-1", volunteer, none[i], ""), ERR_NOT_FOUND);
			assert_non_null(strstr(info.text, "own_swap"));
		}
}

static void a_refusal_names_the_member_and_what_to_ask_instead(void **state)
{
	(void)state;
	assert_int_equal(may("v-1", true, "own_swap", "v-2"), ERR_DENIED);
	assert_string_equal(info.text, "args.by: is v-2's, and v-1 speaks for nobody else");
	assert_int_equal(may("v-1", true, "own_recall", "v-2"), ERR_DENIED);
	assert_string_equal(info.text, "args.matter: is v-2's, and v-1 speaks for nobody else");
	assert_int_equal(may("v-1", true, "absent", "v-1"), ERR_DENIED);
	assert_non_null(strstr(info.text, "ask own_absent"));
	assert_int_equal(may("v-1", true, "give", "v-1"), ERR_DENIED);
	assert_non_null(strstr(info.text, "give is the desk's"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_table_of_callers_methods_and_people),
		cmocka_unit_test(what_is_bound_knows_which_member_is_the_person),
		cmocka_unit_test(no_other_method_has_an_own_form),
		cmocka_unit_test(a_refusal_names_the_member_and_what_to_ask_instead),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
