/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "config/config.h"

struct settings {
	char name[16];
	char id[ERR_FILE_BYTES];
	char path[256];
	int64_t port, wait_ms, room_bytes;
	double ratio;
	bool loud;
	int32_t from, colour;
	struct config_list list;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct config_key table[] = {
	{"name", CONFIG_TEXT, CONFIG_FIELD(struct settings, name), "curtain", 1, 15, NULL, "A name."},
	{"id", CONFIG_ID, CONFIG_FIELD(struct settings, id), NULL, 1, 63, NULL, "An id."},
	{"net.path", CONFIG_PATH, CONFIG_FIELD(struct settings, path), "\"\"", 0, 0, NULL, "A path."},
	{"net.port", CONFIG_INT, CONFIG_FIELD(struct settings, port), "1883", 1, 65535, NULL, "A port."},
	{"net.wait", CONFIG_DURATION, CONFIG_FIELD(struct settings, wait_ms), "1500ms", 1, 86400000, NULL, "A wait."},
	{"net.room", CONFIG_BYTES, CONFIG_FIELD(struct settings, room_bytes), "64KiB", 1, 1e9, NULL, "Room."},
	{"ratio", CONFIG_NUMBER, CONFIG_FIELD(struct settings, ratio), "0.5", 0, 1, NULL, "A ratio."},
	{"loud", CONFIG_BOOL, CONFIG_FIELD(struct settings, loud), "false", 0, 0, NULL, "Loud."},
	{"from", CONFIG_TIME, CONFIG_FIELD(struct settings, from), "07:00", 0, 0, NULL, "From."},
	{"colour", CONFIG_WORD, CONFIG_FIELD(struct settings, colour), "red", 0, 0, colours, "Colour."},
	{"list", CONFIG_LIST, CONFIG_FIELD(struct settings, list), "[a, b]", 1, 3, NULL, "A list."},
	{NULL, CONFIG_TEXT, 0, 0, NULL, 0, 0, NULL, NULL},
};

static enum err load_text(const char *text, struct settings *out, struct errinfo *info)
{
	char path[] = "/tmp/config_test.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	enum err err = config_load(table, path, NULL, out, sizeof *out, info);
	unlink(path);
	return err;
}

static void presets_files_and_overrides(void **state)
{
	const char *overrides[] = {"net.port=2", "list=[x]", "net.path=/a/b", NULL};
	struct settings s;
	struct errinfo info = {0};
	(void)state;
	assert_int_equal(
		load_text("id: h-1\nnet: {port: 70, wait: 5m}\nlist: [one, \"two words\"]\n", &s, &info), ERR_OK);
	assert_string_equal(s.name, "curtain");
	assert_int_equal(s.port, 70);
	assert_int_equal(s.wait_ms, 300000);
	assert_int_equal(s.room_bytes, 65536);
	assert_int_equal(s.from, 420);
	assert_int_equal(s.list.count, 2);
	assert_string_equal(s.list.text[1], "two words");
	const char *with_id[] = {"id=x", overrides[0], overrides[1], overrides[2], NULL};
	assert_int_equal(config_load(table, NULL, with_id, &s, sizeof s, &info), ERR_OK);
	assert_int_equal(s.port, 2);
	assert_int_equal(s.list.count, 1);
	assert_string_equal(s.path, "/a/b");
	assert_int_equal(config_load(table, NULL, overrides, &s, sizeof s, &info), ERR_INVALID);
	assert_non_null(strstr(info.text, "id is missing"));
}

static void each_fault_names_its_place_and_the_fix(void **state)
{
	static const struct {
		const char *yaml;
		int line, column;
		const char *says;
	} cases[] = {
		{"id: x\nnet:\n  prot: 3\n", 3, 3, "did you mean \"net.port\""},
		{"id: x\nport: 3\n", 2, 1, "did you mean \"net.port\""},
		{"id: x\nzzzzzzzzzzzz: 3\n", 2, 1, "unknown key"},
		{"id: x\nnet: {port: 70000}\n", 2, 13, "out of range, 1 to 65535"},
		{"id: x\nnet: {port: abc}\n", 2, 13, "no whole number"},
		{"id: x\nnet: 7\n", 2, 6, "keys with values"},
		{"id: x\nnet: {wait: 5}\n", 2, 13, "30s"},
		{"id: x\nnet: {room: 5kB}\n", 2, 13, "64KiB"},
		{"id: x\nloud: yes\n", 2, 7, "true or false"},
		{"id: x\nfrom: 25:00\n", 2, 7, "07:00"},
		{"id: x\ncolour: blue\n", 2, 9, "red, green"},
		{"id: x\nlist: a\n", 2, 7, "must be a list"},
		{"id: x\nlist: [a, b, c, d]\n", 2, 7, "1 to 3"},
		{"id: x\nid: y\n", 2, 1, "second time"},
		{"id: a/b\n", 1, 5, "letters, digits"},
		{"id: x\nname: \"a\\nb\"\n", 2, 7, "one line"},
		{"id: x\nlist: [a, \"b\\tc\"]\n", 2, 11, "one line"},
		{"id: [x]\n", 1, 5, "single value"},
		{"- x\n", 1, 1, "keys with values"},
		{"id: x\n\tname: y\n", 2, 1, "no YAML"},
		{"name: y\n", 0, 0, "id is missing"},
		{"id: x\nname: 1234567890123456\n", 2, 7, "1 to 15"},
	};
	struct settings s;
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct errinfo info = {0};
		if (!load_text(cases[i].yaml, &s, &info))
			fail_msg("passes: %s", cases[i].yaml);
		if (!strstr(info.text, cases[i].says))
			fail_msg("%s\nsays: %s", cases[i].yaml, info.text);
		assert_int_equal(info.line, cases[i].line);
		assert_int_equal(info.column, cases[i].column);
		assert_int_equal(s.port, 0);
	}
}

static void printed_settings_read_back(void **state)
{
	struct settings s, again;
	char *text = NULL;
	size_t length = 0;
	(void)state;
	assert_int_equal(
		load_text("id: x\nname: 'a \"b\"'\nratio: 0.25\nnet: {room: 3MiB, wait: 90s}\nlist: []\n", &s, NULL),
		ERR_RANGE);
	assert_int_equal(
		load_text("id: x\nname: 'a \"b\"'\nratio: 0.25\nnet: {room: 3MiB, wait: 90s, path: /p}\n", &s, NULL),
		ERR_OK);
	FILE *stream = open_memstream(&text, &length);
	config_print(table, &s, stream);
	fclose(stream);
	assert_non_null(strstr(text, "  wait: 90s  # A wait.\n"));
	assert_int_equal(load_text(text, &again, NULL), ERR_OK);
	assert_memory_equal(&s, &again, sizeof s);
	free(text);
	stream = open_memstream(&text, &length);
	config_document(table, stream);
	fclose(stream);
	assert_non_null(strstr(text, "| `id` | id | required | An id. |\n"));
	free(text);
}

static void relative_paths_start_at_the_file(void **state)
{
	struct settings s;
	(void)state;
	assert_int_equal(load_text("id: x\nnet: {path: secrets/key}\n", &s, NULL), ERR_OK);
	assert_string_equal(s.path, "/tmp/secrets/key");
}

static void secrets_are_for_the_owner_alone(void **state)
{
	char path[] = "/tmp/config_secret.XXXXXX", secret[16] = "old";
	int fd = mkstemp(path);
	(void)state;
	assert_int_equal(write(fd, "hush\nmore\n", 10), 10);
	assert_int_equal(config_secret(path, secret, sizeof secret, NULL), ERR_OK);
	assert_string_equal(secret, "hush");
	assert_int_equal(config_secret(path, secret, 4, NULL), ERR_INVALID);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(config_secret(path, secret, sizeof secret, NULL), ERR_DENIED);
	unlink(path);
	close(fd);
	assert_int_equal(config_secret(path, secret, sizeof secret, NULL), ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets_files_and_overrides),
		cmocka_unit_test(each_fault_names_its_place_and_the_fix),
		cmocka_unit_test(printed_settings_read_back),
		cmocka_unit_test(relative_paths_start_at_the_file),
		cmocka_unit_test(secrets_are_for_the_owner_alone),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
