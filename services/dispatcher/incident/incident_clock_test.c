/* SPDX-License-Identifier: MIT
 *
 * What happens when nobody does anything, and when the clock is set.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "incident_rig.h"

/* ---- time ---- */

static void no_arrival_in_time_tells_the_desk_beside(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ACCEPT, 10);
	tick(1209);
	TRACE("");
	tick(1210);
	TRACE("timed_out:v-1 +desk paged:desk");
	STATE("accepted");
	assert_string_equal(w.last.responder, "v-1");
	says("v-1", REPLY_ARRIVED, 1300);
	TRACE("arrived:v-1 -desk");
}

static void no_outcome_in_time_reminds_the_desk(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	says("v-1", REPLY_ARRIVED, 10);
	tick(7210);
	TRACE("timed_out:v-1 +desk paged:desk");
	STATE("on_site");
	says("desk", REPLY_DONE, 7300);
	TRACE("resolved:desk -desk");
}

static void desk_that_has_it_is_reminded_again_and_again(void **state)
{
	(void)state;
	feed("a-1", "h-canary", ALERT_LIFE, 0);
	says("desk", REPLY_ACCEPT, 10);
	TRACE("accepted:desk");
	tick(7210);
	TRACE("timed_out:desk +desk paged:desk");
	tick(14410);
	TRACE("timed_out:desk +desk paged:desk");
}

/* ---- clocks ---- */

static void clock_that_is_set_leaves_everybody_the_time_that_they_had(void **state)
{
	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	tick(60);
	assert_int_equal(incident_clock_step(w.core, -3600 * MS_PER_SECOND), ERR_OK);
	tick(-3600 + 119);
	TRACE("");
	tick(-3600 + 120);
	TRACE("timed_out:v-1 +v-2 paged:v-2");
	says("v-2", REPLY_ACCEPT, -3600 + 130);
	assert_int_equal(incident_clock_step(w.core, 7200 * MS_PER_SECOND), ERR_OK);
	tick(3600 + 130);
	TRACE("");
	tick(3600 + 1330);
	TRACE("timed_out:v-2 +desk paged:desk");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(no_arrival_in_time_tells_the_desk_beside),
		WITH_WORLD(no_outcome_in_time_reminds_the_desk),
		WITH_WORLD(desk_that_has_it_is_reminded_again_and_again),
		WITH_WORLD(clock_that_is_set_leaves_everybody_the_time_that_they_had),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
