/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "dispatcher/channel/accept_link.h"

#define NOW ((struct wall){1772400000000})

static const struct accept_key key = {.length = 32, .bytes = "0123456789abcdef0123456789abcdef"};

static struct accept_link sample(void)
{
	struct accept_link link = {.action = REPLY_ACCEPT, .expires = {1772400900000}};

	text_cut(link.incident, sizeof link.incident, "i-1");
	text_cut(link.user, sizeof link.user, "v-1");
	text_cut(link.nonce, sizeof link.nonce, "p-1");
	return link;
}

static enum accept_verdict check(const char *token, const char *user, const char *incident, struct wall now)
{
	struct accept_link out;

	return accept_link_check(&key, token, user, incident, now, &out);
}

static void link_says_what_was_put_into_it(void **state)
{
	struct accept_link link = sample(), out;
	char token[ACCEPT_TOKEN_BYTES], again[ACCEPT_TOKEN_BYTES];

	(void)state;
	assert_int_equal(accept_link_make(&key, &link, token), ERR_OK);
	assert_int_equal(accept_link_make(&key, &link, again), ERR_OK);
	assert_string_equal(token, again); /* a page that is sent again has the same link */
	assert_int_equal(
		strspn(token, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~"), strlen(token));
	assert_int_equal(accept_link_check(&key, token, "v-1", "i-1", NOW, &out), ACCEPT_GOOD);
	assert_string_equal(out.user, "v-1");
	assert_string_equal(out.incident, "i-1");
	assert_string_equal(out.nonce, "p-1");
	assert_int_equal(out.action, REPLY_ACCEPT);
	assert_int_equal(out.expires.ms, link.expires.ms);
	assert_int_equal(check(token, "", "", NOW), ACCEPT_GOOD);
}

static void signature_is_that_of_another_program(void **state)
{
	struct accept_link link = sample();
	char token[ACCEPT_TOKEN_BYTES];

	(void)state;
	assert_int_equal(accept_link_make(&key, &link, token), ERR_OK);
	assert_string_equal(token, "1~accept~i-1~v-1~1772400900~p-1~CGglEqwJjchG9caSuRbB0YqelUIrtzmna3wydWW5dgA");
}

static void every_changed_byte_is_a_forgery(void **state)
{
	struct accept_link link = sample();
	char token[ACCEPT_TOKEN_BYTES], forged[ACCEPT_TOKEN_BYTES + 1];

	(void)state;
	assert_int_equal(accept_link_make(&key, &link, token), ERR_OK);
	for (size_t i = 0; token[i]; i++) {
		for (int bit = 0; bit < 7; bit++) {
			text_cut(forged, sizeof forged, token);
			forged[i] = (char)(forged[i] ^ 1 << bit);
			if (forged[i])
				assert_int_not_equal(check(forged, "", "", NOW), ACCEPT_GOOD);
		}
		text_cut(forged, sizeof forged, token);
		forged[i] = '\0';
		assert_int_not_equal(check(forged, "", "", NOW), ACCEPT_GOOD);
	}
	snprintf(forged, sizeof forged, "%sA", token);
	assert_int_not_equal(check(forged, "", "", NOW), ACCEPT_GOOD);
	assert_int_equal(
		check("1~accept~i-1~v-1~9999999999~p-1~AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "", "", NOW),
		ACCEPT_FORGED);
	assert_int_equal(check("", "", "", NOW), ACCEPT_MALFORMED);
}

static void other_key_makes_no_link_of_ours(void **state)
{
	const struct accept_key other = {.length = 32, .bytes = "0123456789abcdef0123456789abcdeg"};
	struct accept_link link = sample();
	char token[ACCEPT_TOKEN_BYTES];

	(void)state;
	assert_int_equal(accept_link_make(&other, &link, token), ERR_OK);
	assert_int_equal(check(token, "", "", NOW), ACCEPT_FORGED);
}

static void link_ends_at_its_second(void **state)
{
	struct accept_link link = sample();
	char token[ACCEPT_TOKEN_BYTES];

	(void)state;
	assert_int_equal(accept_link_make(&key, &link, token), ERR_OK);
	assert_int_equal(check(token, "v-1", "i-1", (struct wall){link.expires.ms - 1}), ACCEPT_GOOD);
	assert_int_equal(check(token, "v-1", "i-1", link.expires), ACCEPT_EXPIRED);
}

static void link_of_another_volunteer_or_incident_is_refused(void **state)
{
	struct accept_link link = sample();
	char token[ACCEPT_TOKEN_BYTES];

	(void)state;
	assert_int_equal(accept_link_make(&key, &link, token), ERR_OK);
	assert_int_equal(check(token, "v-2", "i-1", NOW), ACCEPT_FOREIGN);
	assert_int_equal(check(token, "v-1", "i-2", NOW), ACCEPT_FOREIGN);
	assert_int_equal(check(token, "v-2", "i-1", link.expires), ACCEPT_FOREIGN);
}

static void only_ids_stand_in_a_link(void **state)
{
	struct accept_link link = sample();
	char token[ACCEPT_TOKEN_BYTES] = "untouched";

	(void)state;
	text_cut(link.user, sizeof link.user, "v~1");
	assert_int_equal(accept_link_make(&key, &link, token), ERR_INVALID);
	text_cut(link.user, sizeof link.user, "");
	assert_int_equal(accept_link_make(&key, &link, token), ERR_INVALID);
	assert_string_equal(token, "untouched");
	memset(link.user, 'u', ID_BYTES - 1);
	memset(link.incident, 'i', ID_BYTES - 1);
	memset(link.nonce, 'n', ID_BYTES - 1);
	link.action = REPLY_DECLINE;
	assert_int_equal(accept_link_make(&key, &link, token), ERR_OK);
	assert_int_equal(check(token, "", "", NOW), ACCEPT_GOOD);
}

static void a_link_declines_or_accepts_and_nothing_else(void **state)
{
	struct accept_link link = sample(), out;
	char token[ACCEPT_TOKEN_BYTES], forged[ACCEPT_TOKEN_BYTES];

	(void)state;
	link.action = REPLY_DECLINE;
	assert_int_equal(accept_link_make(&key, &link, token), ERR_OK);
	assert_string_equal(token, "1~decline~i-1~v-1~1772400900~p-1~D3t8rzribSZqrSpPe6sYKEpVQzYFz61CrpFfLqp2ypc");
	assert_int_equal(accept_link_check(&key, token, "v-1", "i-1", NOW, &out), ACCEPT_GOOD);
	assert_int_equal(out.action, REPLY_DECLINE);
	/* the one is not made into the other */
	snprintf(forged, sizeof forged, "1~accept%s", token + strlen("1~decline"));
	assert_int_equal(check(forged, "", "", NOW), ACCEPT_FORGED);
	assert_int_equal(check(token, "", "", link.expires), ACCEPT_EXPIRED);
	for (int action = 0; action < REPLY_ACTION_COUNT; action++) {
		link.action = (enum reply_action)action;
		assert_int_equal(accept_link_make(&key, &link, token),
			action == REPLY_ACCEPT || action == REPLY_DECLINE ? ERR_OK : ERR_INVALID);
	}
	/* signed with the key, but no answer: by another program that has it */
	assert_int_equal(
		check("1~done~i-1~v-1~1772400900~p-1~36E7quSg53fVqZB4hn6E9KYeTggO0nx9Ci5bJbCPXWA", "", "", NOW),
		ACCEPT_MALFORMED);
}

static void link_works_once_also_after_a_restart(void **state)
{
	static const char *const migrations[] = {ACCEPT_LINK_TABLE};
	char folder[] = "/tmp/curtain-link-XXXXXX", path[64];
	struct accept_link link = sample(), decline = sample();
	struct store *store;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/x.db", folder);
	decline.action = REPLY_DECLINE;
	for (int start = 0; start < 2; start++) {
		assert_int_equal(store_open(path, migrations, 1, 0, &store, NULL), ERR_OK);
		assert_int_equal(store_begin(store, NULL), ERR_OK);
		assert_int_equal(accept_link_use(store, &link, NOW, NULL), start ? ERR_EXISTS : ERR_OK);
		assert_int_equal(accept_link_use(store, &link, NOW, NULL), ERR_EXISTS);
		assert_int_equal(accept_link_use(store, &decline, NOW, NULL), start ? ERR_EXISTS : ERR_OK);
		assert_int_equal(store_commit(store, NULL), ERR_OK);
		store_close(store);
	}
	for (const char *const *end = (const char *const[]){"", "-wal", "-shm", ".lock", NULL}; *end; end++) {
		snprintf(path, sizeof path, "%s/x.db%s", folder, *end);
		unlink(path);
	}
	assert_int_equal(rmdir(folder), 0);
}

static void key_is_long_enough_and_private(void **state)
{
	char path[] = "/tmp/curtain-key-XXXXXX";
	struct accept_key loaded = {0};
	struct errinfo info = {0};
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "0123456789abcde\n", 16), 16);
	assert_int_equal(accept_key_load(path, &loaded, &info), ERR_INVALID);
	assert_non_null(strstr(info.text, "openssl rand"));
	assert_int_equal(pwrite(fd, "0123456789abcdef\n", 17, 0), 17);
	assert_int_equal(accept_key_load(path, &loaded, NULL), ERR_OK);
	assert_int_equal(loaded.length, 16);
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_int_equal(accept_key_load(path, &loaded, NULL), ERR_DENIED);
	close(fd);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_says_what_was_put_into_it),
		cmocka_unit_test(signature_is_that_of_another_program),
		cmocka_unit_test(every_changed_byte_is_a_forgery),
		cmocka_unit_test(other_key_makes_no_link_of_ours),
		cmocka_unit_test(link_ends_at_its_second),
		cmocka_unit_test(link_of_another_volunteer_or_incident_is_refused),
		cmocka_unit_test(only_ids_stand_in_a_link),
		cmocka_unit_test(a_link_declines_or_accepts_and_nothing_else),
		cmocka_unit_test(link_works_once_also_after_a_restart),
		cmocka_unit_test(key_is_long_enough_and_private),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
