/* SPDX-License-Identifier: MIT
 *
 * Files of channels and of people: what is refused, and what of them is shown.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "channel_rig.h"

static void refuse(const char *text, const char *words)
{
	struct errinfo info = {0};
	char told[600];

	assert_int_not_equal(load(text, true, &info), ERR_OK);
	errinfo_print(&info, told, sizeof told);
	if (!strstr(told, words))
		fail_msg("\"%s\" lacks \"%s\"", told, words);
}

static void fault_in_a_file_has_its_place_and_its_mend(void **state)
{
	(void)state;
	refuse("channels: x\n", "c.yaml:1:11: channels: a list");
	refuse("channel: []\n", "c.yaml:1:1: unknown key \"channel\" of the channels; did you mean \"channels\"?");
	refuse("channels:\n  - {preset: bark}\n", "c.yaml:2:5: name is missing");
	refuse("channels:\n  - {name: a, preset: brak}\n", "c.yaml:2:23: preset: there is no " PRESETS "/brak.yaml");
	refuse("channels:\n  - {name: a, preset: ../x}\n", "c.yaml:2:23: preset: \"../x\" must be the name");
	refuse("channels:\n  - {name: a, preset: bark}\n  - {name: a, preset: bark}\n",
		"c.yaml:3:5: name: another channel");
	refuse("channels:\n  - {name: a, preset: bark, timout: 3s}\n", "did you mean \"timeout\"?");
	refuse("channels:\n  - {name: a, preset: bark, timeout: 3}\n", "c.yaml:2:38: timeout:");
	refuse("channels:\n  - {name: a, preset: bark, url: 'ftp://x/'}\n", "c.yaml:2:34: url: must be like https://");
	refuse("channels:\n  - {name: a, preset: bark, body: '{a: }'}\n", "c.yaml:2:36: jq: syntax error");
	refuse("channels:\n  - {name: a, preset: bark, body: 'env'}\n", "\"env\" has no place in an expression");
	refuse("channels:\n  - {name: a, preset: bark, retry: [1s]}\n", "retry: must begin with 0s");
	refuse("channels:\n  - {name: a, preset: bark, quiet: ['9-10']}\n", "\"21:00-08:00\"");
	refuse("channels:\n  - {name: a, preset: bark, rate: {calls: 201, window: 1s}}\n", "from 1 to 200");
	refuse("channels:\n  - {name: a, preset: bark, levels: [lief]}\n", "levels");
	refuse("channels:\n  - {name: a, preset: bark, fallback: [b]}\n", "fallback: \"b\" is no other channel");
	refuse("channels:\n  - {name: a, preset: bark, fallback: [b]}\n  - {name: b, preset: webhook, secrets: {sign: "
	       "s}}\n",
		"is for another audience");
	refuse("channels:\n  - {name: a, preset: dingtalk, secrets: {token: s}}\n", "needs the file of secret sign");
	refuse("channels:\n  - {name: a, preset: bark, secrets: {x: nowhere}}\n", "c.yaml:2:42: secrets.x: ");
	refuse("channels:\n  - {name: a, audience: group, url: 'http://x/'}\n", "body is missing");
	refuse("channels:\n  - {name: a, url: 'http://x/', body: .}\n", "audience is missing");
	refuse("channels:\n  - {name: a, preset: bark}\norder: [b]\n", "c.yaml:3:9: order: \"b\" is no channel");
	refuse("channels:\n  - [a\n", "is no YAML");
}

static void own_key_wins_over_that_of_the_preset(void **state)
{
	struct errinfo info = {0};

	(void)state;
	assert_int_equal(
		load("channels:\n  - {name: a, preset: dingtalk, secrets: {token: s, sign: s}, rate: {calls: 2, "
		     "window: 1s}, timeout: 9s, url: 'http://127.0.0.1:1/x', language: en}\n",
			true, &info),
		ERR_OK);
	assert_int_equal(set.rules[0].rate_count, 2);
	assert_int_equal(set.rules[0].rest_ms, 60000);
	assert_int_equal(set.definitions[0].timeout_ms, 9000);
	assert_int_equal(set.definitions[0].language, CHANNEL_EN);
	assert_string_equal(set.definitions[0].url, "http://127.0.0.1:1/x");
	assert_int_equal(set.definitions[0].sign, CHANNEL_DINGTALK);
}

static void secrets_are_masked_where_they_are_only_shown(void **state)
{
	struct channel_request request;
	struct page page = sample_page();
	struct channel_message message;

	(void)state;
	assert_int_equal(load(all_presets, false, NULL), ERR_OK);
	for (unsigned c = 0; c < set.count; c++) {
		if (set.definitions[c].kind != CHANNEL_HTTP)
			continue;
		message = message_of(c, &page);
		assert_int_equal(channel_render(&set, &message, &request, NULL), ERR_OK);
		assert_false(holds(&request, "SECsecret"));
		channel_request_fini(&request);
	}
}

static void program_that_fails_is_named(void **state)
{
	struct errinfo info = {0};
	struct channel_request request;
	struct page page = sample_page();
	struct channel_message message;

	(void)state;
	assert_int_equal(load("channels:\n  - {name: a, preset: bark, body: 'if . then error(\"no\") else 1 end'}\n",
				 true, NULL),
		ERR_OK);
	message = message_of(0, &page);
	assert_int_equal(channel_render(&set, &message, &request, &info), ERR_INVALID);
	assert_string_equal(info.text, "channel a: body: jq: no");
	channel_request_fini(&request);
}

static void header_with_a_line_break_is_refused(void **state)
{
	struct errinfo info = {0};
	struct channel_request request;
	struct page page = sample_page();
	struct channel_message message;

	(void)state;
	assert_int_equal(
		load("channels:\n  - {name: a, preset: bark, headers: '{x: \"a\\nb: c\"}'}\n", true, NULL), ERR_OK);
	message = message_of(0, &page);
	assert_int_equal(channel_render(&set, &message, &request, &info), ERR_INVALID);
	assert_non_null(strstr(info.text, "headers: must give one line"));
	channel_request_fini(&request);
}

static void file_of_people_is_checked_and_private(void **state)
{
	static const struct {
		const char *text, *words;
	} faults[] = {{"people: {v-1: {ordr: []}}\n", "did you mean \"order\"?"},
		{"people: {v-1: {about: {visit: [hook]}}}\n", "visit: \"hook\" is no channel to a person"},
		{"people: {v-1: {about: {sos: [email]}}}\n", "unknown key \"sos\" of about"},
		{"people: {v-1: {order: [hook]}}\n", "p.yaml:1:24: order: \"hook\" is no channel to a person"},
		{"people: {'a b': {}}\n", "is no account"}, {"people: {v-1: {language: fr}}\n", "language"},
		{"people: {v-1: {quiet: ['22-7']}}\n", "must be hours like"},
		{"people: {v-1: {at: {'x y': z}}}\n", "must be letters"}, {"pepole: {}\n", "did you mean \"people\"?"}};
	struct errinfo info;
	char path[128], told[600];

	(void)state;
	load_all();
	path_of("p.yaml", path);
	assert_int_equal(people.count, 1);
	assert_int_equal(people.persons[0].language, CHANNEL_EN);
	assert_string_equal(channel_address(&people.persons[0], PHONE, "phone"), PHONE);
	assert_string_equal(channel_address(NULL, PHONE, "ntfy"), "");
	channel_people_fini(&people);
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		info = (struct errinfo){0};
		put_file("p.yaml", faults[i].text);
		assert_int_equal(channel_people_load(path, &set, &people, &info), ERR_INVALID);
		errinfo_print(&info, told, sizeof told);
		if (!strstr(told, faults[i].words))
			fail_msg("\"%s\" lacks \"%s\"", told, faults[i].words);
	}
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(channel_people_load(path, &set, &people, NULL), ERR_DENIED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FILES(fault_in_a_file_has_its_place_and_its_mend),
		WITH_FILES(own_key_wins_over_that_of_the_preset),
		WITH_FILES(secrets_are_masked_where_they_are_only_shown),
		WITH_FILES(program_that_fails_is_named),
		WITH_FILES(header_with_a_line_break_is_refused),
		WITH_FILES(file_of_people_is_checked_and_private),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	zone_destroy(zone);
	return failed;
}
