/* SPDX-License-Identifier: MIT
 *
 * Payloads that are bare words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
/* cmocka.h needs those before it. */
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ingest/map.h"

static char folder[] = "/tmp/map_plain_testXXXXXX";

static void put(const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void drop(const char *name)
{
	char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	unlink(path);
}

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/map_plain_testXXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	drop("one.yaml");
	return rmdir(folder);
}

static const struct map_result *first(struct map *map, const char *topic, const char *payload)
{
	struct map_results results;

	map_run(map, topic, payload, strlen(payload), false, (struct wall){.ms = 0}, &results);
	assert_int_equal(results.count, 1);
	return &results.items[0];
}

static void space_around_a_word_is_no_part_of_it(void **state)
{
	struct map *map;

	(void)state;
	put("one.yaml", "profile: one\nentries:\n  - name: e\n    topic: \"one/{device}\"\n    format: text\n"
			"    emit:\n      - {quantity: switch, value: ., words: {\"ON\": 1, \"half on\": 0}}\n");
	assert_int_equal(map_load(folder, &map, NULL), ERR_OK);
	assert_true(first(map, "one/d", " ON\r\n")->observation.value == 1);
	assert_true(first(map, "one/d", "half on")->observation.value == 0);
	assert_int_equal(first(map, "one/d", "\n")->kind, MAP_REJECT);
	map_destroy(map);
}

/* Under the leak sanitizer this fails if libjq's own tonumber is reached. */
static void text_that_is_json_is_no_number(void **state)
{
	struct map *map;

	(void)state;
	put("one.yaml",
		"profile: one\nentries:\n  - name: e\n    topic: \"one/{device}\"\n    format: text\n    program: |\n"
		"      {quantity: \"level\", value: (try tonumber catch -1)}\n");
	assert_int_equal(map_load(folder, &map, NULL), ERR_OK);
	assert_true(first(map, "one/d", "[1,2,3]")->observation.value == -1);
	assert_true(first(map, "one/d", "\"12\"")->observation.value == -1);
	assert_true(first(map, "one/d", "-12.5e1")->observation.value == -125);
	assert_true(first(map, "one/d", ".5")->observation.value == 0.5);
	map_destroy(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_that_is_json_is_no_number, make_folder, drop_folder),
		cmocka_unit_test_setup_teardown(space_around_a_word_is_no_part_of_it, make_folder, drop_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
