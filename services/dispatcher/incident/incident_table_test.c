/* SPDX-License-Identifier: MIT
 *
 * The table of states and events, and its picture in docs/incident.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "dispatcher/incident/incident.h"

static void next_cell(char **at, char out[32])
{
	while (**at == ' ' || **at == '|')
		++*at;
	size_t length = strcspn(*at, " |\n");
	assert_true(length < 32);
	memcpy(out, *at, length);
	out[length] = '\0';
	*at += length;
}

static void table_of_the_document_is_the_table_of_the_code(void **state)
{
	FILE *file = fopen("docs/incident.md", "r");
	char line[1000], cell[32];
	unsigned rows = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		char *at = line;
		enum incident_state from, to;
		if (line[0] != '|')
			continue;
		next_cell(&at, cell);
		for (int event = 0; !strcmp(cell, "state") && event < INCIDENT_EVENT_COUNT; event++) {
			char head[32];
			next_cell(&at, head);
			assert_string_equal(head, incident_event_name((enum incident_event)event));
		}
		if (incident_state_find(cell, &from))
			continue;
		rows++;
		for (int event = 0; event < INCIDENT_EVENT_COUNT; event++) {
			next_cell(&at, cell);
			if (!strcmp(cell, "-"))
				to = INCIDENT_STATE_COUNT;
			else
				assert_int_equal(incident_state_find(cell, &to), ERR_OK);
			assert_int_equal(incident_next_state(from, (enum incident_event)event), to);
		}
	}
	fclose(file);
	assert_int_equal(rows, INCIDENT_STATE_COUNT);
}

/* may_lead: the events that may bring an incident into a state from another one. */
static bool may_lead(enum incident_state to, enum incident_event event)
{
	switch (to) {
	case INCIDENT_RAISED:
		return event == INCIDENT_EVENT_RELEASED || event == INCIDENT_EVENT_REOPENED;
	case INCIDENT_PAGING:
		return event == INCIDENT_EVENT_PAGED || event == INCIDENT_EVENT_DECLINED;
	case INCIDENT_ACCEPTED:
		return event == INCIDENT_EVENT_ACCEPTED || event == INCIDENT_EVENT_TAKEN_OVER;
	case INCIDENT_ON_SITE:
		return event == INCIDENT_EVENT_ARRIVED;
	case INCIDENT_ESCALATED:
		return event == INCIDENT_EVENT_ESCALATED;
	case INCIDENT_RESOLVED:
		return event == INCIDENT_EVENT_RESOLVED;
	case INCIDENT_CANCELLED:
		return event == INCIDENT_EVENT_CANCELLED || event == INCIDENT_EVENT_MERGED;
	case INCIDENT_HELD:
		return event == INCIDENT_EVENT_HELD;
	case INCIDENT_STATE_COUNT:
		break;
	}
	return false;
}

static bool going(enum incident_state state)
{
	return state == INCIDENT_ACCEPTED || state == INCIDENT_ON_SITE;
}

static void every_pair_of_state_and_event_keeps_the_promises(void **state)
{
	(void)state;
	for (int s = 0; s < INCIDENT_STATE_COUNT; s++) {
		for (int v = 0; v < INCIDENT_EVENT_COUNT; v++) {
			enum incident_state from = (enum incident_state)s;
			enum incident_event event = (enum incident_event)v;
			enum incident_state to = incident_next_state(from, event);
			bool legal = to != INCIDENT_STATE_COUNT;
			if (event == INCIDENT_EVENT_RAISED)
				assert_false(legal); /* nobody is born twice */
			if (incident_over(from))     /* what is over is noted or reopened, nothing else */
				assert_int_equal(
					legal, event == INCIDENT_EVENT_NOTED || event == INCIDENT_EVENT_REOPENED);
			if (event == INCIDENT_EVENT_CANCELLED || event == INCIDENT_EVENT_MERGED)
				assert_int_equal(legal, !going(from) && !incident_over(from));
			if (event == INCIDENT_EVENT_RESOLVED || event == INCIDENT_EVENT_HANDING_OVER)
				assert_int_equal(legal, going(from));
			if (event == INCIDENT_EVENT_NOTED)
				assert_int_equal(to, from);
			if (legal && to != from)
				assert_true(may_lead(to, event));
			if (!incident_over(from) &&
				(event == INCIDENT_EVENT_ALERT_JOINED || event == INCIDENT_EVENT_ALERT_CLEARED))
				assert_int_equal(to, from); /* an alert alone moves nobody */
		}
	}
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_of_the_document_is_the_table_of_the_code),
		cmocka_unit_test(every_pair_of_state_and_event_keeps_the_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
