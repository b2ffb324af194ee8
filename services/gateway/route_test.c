/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "gateway/route.h"

static enum err find(const char *verb, const char *path, struct route_match *match)
{
	const char *allow;

	return route_find(verb, path, match, &allow, NULL);
}

static void a_path_gives_its_endpoint_and_parameters(void **state)
{
	struct route_match match;

	(void)state;
	assert_int_equal(find("GET", "/v1/households/h-1/habit", &match), ERR_OK);
	assert_string_equal(match.route->method, "habit");
	assert_string_equal(match.values[0], "h-1");
	assert_int_equal(find("HEAD", "/v1/households/h-1/habit", &match), ERR_OK);
	assert_int_equal(find("POST", "/v1/incidents/i-7/replies", &match), ERR_OK);
	assert_string_equal(match.values[0], "i-7");
}

static void the_rest_of_a_path_is_a_topic(void **state)
{
	struct route_match match;

	(void)state;
	assert_int_equal(find("POST", "/v1/intake/water/000000610009/up", &match), ERR_OK);
	assert_int_equal(match.route->kind, ROUTE_MESSAGE);
	assert_string_equal(match.values[0], "water/000000610009/up");
	assert_int_equal(find("POST", "/v1/intake/", &match), ERR_NOT_FOUND);
}

static void unknown_paths_and_other_verbs_are_told_apart(void **state)
{
	struct route_match match;
	const char *allow;

	(void)state;
	assert_int_equal(find("GET", "/v1/households/h-1/nothing", &match), ERR_NOT_FOUND);
	assert_int_equal(find("GET", "/v1/households//habit", &match), ERR_NOT_FOUND);
	assert_int_equal(find("GET", "/v1/households/h-1/habit/", &match), ERR_NOT_FOUND);
	assert_int_equal(find("GET", "", &match), ERR_NOT_FOUND);
	assert_int_equal(route_find("DELETE", "/v1/incidents", &match, &allow, NULL), ERR_STATE);
	assert_string_equal(allow, "GET");
	assert_int_equal(route_find("DELETE", "/v1/visits", &match, &allow, NULL), ERR_STATE);
	assert_string_equal(allow, "GET, POST");
}

static void parts_of_a_path_must_be_ids(void **state)
{
	struct route_match match;
	struct errinfo info = {0};
	const char *allow;
	char path[400] = "/v1/households/", rest[300];

	(void)state;
	assert_int_equal(route_find("GET", "/v1/households/a b/habit", &match, &allow, &info), ERR_INVALID);
	assert_string_equal(info.text, "household: must be an id");
	memset(rest, 'x', sizeof rest - 1);
	rest[sizeof rest - 1] = '\0';
	strcat(path, rest);
	strcat(path, "/habit");
	assert_int_equal(find("GET", path, &match), ERR_INVALID);
}

static void the_query_is_checked_against_the_table(void **state)
{
	struct route_match match;
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(find("GET", "/v1/households/h-1/timeline", &match), ERR_OK);
	assert_int_equal(route_query(&match, "day", "2026-03-01", NULL), ERR_OK);
	assert_int_equal(route_query(&match, "day", "2026-03-02", NULL), ERR_EXISTS);
	assert_int_equal(route_query(&match, "household", "h-2", NULL), ERR_NOT_FOUND);
	assert_int_equal(route_query(&match, "nonsense", "1", NULL), ERR_NOT_FOUND);
	assert_int_equal(find("POST", "/v1/matters/m-1/answers", &match), ERR_OK);
	assert_int_equal(route_query(&match, "user", "v-1", NULL), ERR_NOT_FOUND); /* it stands in the body */
	assert_int_equal(route_complete(&match, NULL), ERR_OK);
	assert_int_equal(find("GET", "/v1/households/h-1/timeline", &match), ERR_OK);
	assert_int_equal(route_query(&match, "day", "2026-03-01", NULL), ERR_OK);
	assert_int_equal(route_query(&match, "limit", "500", NULL), ERR_OK);
	assert_int_equal(find("GET", "/v1/households/h-1/timeline", &match), ERR_OK);
	assert_int_equal(route_query(&match, "limit", "501", &info), ERR_INVALID);
	assert_string_equal(info.text, "limit: must be a whole number from 1 to 500");
	assert_int_equal(route_query(&match, "limit", "0", NULL), ERR_INVALID);
	assert_int_equal(route_query(&match, "limit", "1e2", NULL), ERR_INVALID);
	assert_int_equal(route_query(&match, "limit", "99999999999999999999", NULL), ERR_INVALID);
	assert_int_equal(route_query(&match, "limit", "", NULL), ERR_INVALID);
	assert_int_equal(route_query(&match, "day", "2026-02-30", NULL), ERR_INVALID);
	assert_int_equal(route_query(&match, "day", "2026-3-1", NULL), ERR_INVALID);
	assert_int_equal(route_query(&match, "why", "a\nb", NULL), ERR_INVALID);
	assert_int_equal(route_complete(&match, NULL), ERR_OK);
}

/* Each pattern names its parameters, each parameter of a path stands in its pattern, paths of one kind stand together
 * for the document, and no path is hidden by one before it. */
static void the_table_is_consistent(void **state)
{
	(void)state;
	for (unsigned i = 0; route_at(i); i++) {
		const struct route *route = route_at(i);
		struct route_match match;
		unsigned places = 0, named = 0;
		char path[200] = "";
		for (const char *at = route->path; *at; at++) {
			if (*at == '{') {
				named++;
				strcat(path, "1");
				at = strchr(at, '}');
			} else {
				strncat(path, at, 1);
			}
		}
		for (unsigned p = 0; route->parameters[p].name; p++)
			places += route->parameters[p].place == ROUTE_PATH;
		assert_int_equal(named, places);
		assert_int_equal(find(route->verb, path, &match), ERR_OK);
		assert_ptr_equal(match.route, route);
		assert_int_equal(route->kind == ROUTE_SERVICE || route->kind == ROUTE_LINK || route->kind == ROUTE_FEED,
			route->service && route->method);
		assert_true(route->doc[0] && route->doc[1]);
		for (unsigned p = 0; route->parameters[p].name; p++)
			assert_true(route->parameters[p].place != ROUTE_BODY || route->body);
	}
}

/* What is asked of a service other than records is answered to anyone whom the gateway lets ask. */
static void who_asks_a_service_that_does_not_look_acts_for_the_desk(void **state)
{
	unsigned desk = 0, records = 0, volunteer = 0;

	(void)state;
	for (unsigned i = 0; route_at(i); i++) {
		const struct route *route = route_at(i);
		bool own = route->method && !strncmp(route->method, "own_", 4); /* bound to the account */
		bool asks = route->kind == ROUTE_SERVICE && strcmp(route->service, "records") != 0 && !own;
		assert_int_equal(route_needs(route) >> ROUTE_DESK & 1, asks);
		assert_int_equal(
			route_needs(route) & ~(1u << ROUTE_DESK), route->scope == ROUTE_OPEN ? 0 : 1u << route->scope);
		assert_int_equal(route->scope == ROUTE_VOLUNTEER, own);
		if (route->kind == ROUTE_SERVICE && !own)
			assert_true(route->scope == ROUTE_READ || route->scope == ROUTE_WRITE);
		desk += asks;
		records += route->kind == ROUTE_SERVICE && !asks && !own;
		volunteer += own;
	}
	assert_true(desk >= 30 && records >= 14);
	assert_int_equal(volunteer, 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_gives_its_endpoint_and_parameters),
		cmocka_unit_test(the_rest_of_a_path_is_a_topic),
		cmocka_unit_test(unknown_paths_and_other_verbs_are_told_apart),
		cmocka_unit_test(parts_of_a_path_must_be_ids),
		cmocka_unit_test(the_query_is_checked_against_the_table),
		cmocka_unit_test(the_table_is_consistent),
		cmocka_unit_test(who_asks_a_service_that_does_not_look_acts_for_the_desk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
