/* SPDX-License-Identifier: MIT
 *
 * The bus is played here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "service/answer.h"

static char sent[512];
static enum err fails;

enum err bus_publish(struct bus *bus, const struct bus_publication *p)
{
	size_t used = strlen(sent);

	(void)bus;
	if (fails)
		return fails;
	snprintf(sent + used, sizeof sent - used, "%s %.*s %.*s %d\n", p->topic, (int)p->length,
		(const char *)p->payload, (int)p->correlation_length, (const char *)p->correlation, p->qos);
	return ERR_OK;
}

static void answers_leave_when_they_may_in_order_and_once(void **state)
{
	struct answers answers = {0};
	char topic[] = "curtain/api/desk/response/1", correlation[] = "c1";
	struct bus_event event = {.response_topic = topic, .correlation = correlation, .correlation_length = 2};

	(void)state;
	*sent = '\0';
	assert_false(answers_wait(&answers));
	assert_int_equal(answers_keep(&answers, &event, ERR_OK, "", "{\"n\":1}", 7), ERR_OK);
	topic[0] = correlation[1] = 'X'; /* the event is gone when they leave */
	event.correlation_length = 0;
	event.qos = 1;
	assert_int_equal(answers_keep(&answers, &event, ERR_NOT_FOUND, "there is none", NULL, 0), ERR_OK);
	event.correlation_length = 2;
	event.qos = 0;
	assert_int_equal(answers_keep_receipt(&answers, &event), ERR_OK);
	assert_string_equal(sent, "");
	answers_send(&answers, NULL);
	answers_send(&answers, NULL);
	assert_string_equal(sent,
		"curtain/api/desk/response/1 {\"ok\":true,\"result\":{\"n\":1}} c1 0\n"
		"Xurtain/api/desk/response/1 {\"ok\":false,\"error\":{\"code\":\"not_found\",\"text\":"
		"\"there is none\"}}  1\n"
		"Xurtain/api/desk/response/1 cX cX 1\n");
	answers_fini(&answers);
}

static void what_cannot_be_sent_is_forgotten_and_more_fit_than_at_first(void **state)
{
	struct answers answers = {0};
	struct bus_event event = {.response_topic = "t", .correlation = "", .correlation_length = 0};

	(void)state;
	*sent = '\0';
	for (int i = 0; i < 40; i++)
		assert_int_equal(answers_keep(&answers, &event, ERR_OK, "", "1", 1), ERR_OK);
	fails = ERR_CLOSED;
	assert_int_equal(answers_send_next(&answers, NULL), ERR_CLOSED);
	fails = ERR_OK;
	assert_int_equal(answers_send_next(&answers, NULL), ERR_OK);
	assert_string_equal(sent, "t {\"ok\":true,\"result\":1}  0\n");
	answers_fini(&answers); /* 38 that were never said */
	assert_false(answers_wait(&answers));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_leave_when_they_may_in_order_and_once),
		cmocka_unit_test(what_cannot_be_sent_is_forgotten_and_more_fit_than_at_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
