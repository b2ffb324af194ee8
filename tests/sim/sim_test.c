/* SPDX-License-Identifier: MIT
 *
 * Two and a half days of a small district under faults, for several seeds. SIM_SEED=n runs one seed alone, SIM_RUNS=n
 * that many.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sim.h"

#define HOMES 10
#define HOURS 60
#define CALLS 12
#define START INT64_C(1772380800000) /* a Monday, midnight in Shanghai */
#define QUIET_HOMES 2
#define QUIET_FROM_H 20 /* from 20:00 of the first day nothing is heard of them any more */

struct district {
	struct sim sim;
	double litres[HOMES];
	int64_t last_use_ms[HOMES];
	unsigned calls[HOMES];
	struct sim_list expected; /* hashes of the readings that must be stored */
};

static struct wall wall_of(int64_t ms_after_start)
{
	return (struct wall){START + ms_after_start};
}

/* ---- the directory ---- */

static struct entry entry_of(enum entry_kind kind, const char *name, int number)
{
	struct entry entry = {.kind = kind};

	snprintf(entry.key, sizeof entry.key, "%s-%d", name, number);
	return entry;
}

static void add_home(struct sim *sim, int home)
{
	struct entry household = entry_of(ENTRY_HOUSEHOLD, "h", home);
	struct entry consent = entry_of(ENTRY_CONSENT, "h", home);
	const char *const devices[] = {"water", "sos", "door"};

	text_cut(household.body.household.community, ID_BYTES, "c-1");
	text_cut(household.body.household.team, ID_BYTES, "t-1");
	household.body.household.persons = 1;
	sim_entry(sim, household);
	consent.body.consent.quantities = (UINT64_C(1) << QUANTITY_COUNT) - 1;
	consent.body.consent.from = consent.body.consent.until = WALL_NONE;
	sim_entry(sim, consent);
	for (int i = 0; i < 3; i++) {
		struct entry device = entry_of(ENTRY_DEVICE, devices[i], home);
		snprintf(device.body.device.household, ID_BYTES, "h-%d", home);
		sim_entry(sim, device);
	}
}

static void add_people(struct sim *sim)
{
	struct entry team = entry_of(ENTRY_TEAM, "t", 1);

	text_cut(team.body.team.community, ID_BYTES, "c-1");
	text_cut(team.body.team.captain, ID_BYTES, "captain-1");
	text_cut(team.body.team.desk, ID_BYTES, "desk-1");
	sim_entry(sim, team);
	for (int i = 0; i < 8; i++) {
		struct entry person = entry_of(ENTRY_VOLUNTEER, "v", i);
		text_cut(person.body.volunteer.team, ID_BYTES, "t-1");
		person.body.volunteer.day = i < 4;
		person.body.volunteer.night = i >= 4;
		person.body.volunteer.weekdays = 127;
		person.body.volunteer.order = (uint8_t)i;
		sim_entry(sim, person);
	}
}

/* ---- people ---- */

static void answers(struct sim *sim, const struct page *page, int64_t after_s, enum reply_action action)
{
	struct reply reply = {.action = action, .outcome = OUTCOME_NONE};

	if (action == REPLY_DONE)
		reply.outcome = sim_dice(sim, 4) ? OUTCOME_HELPED : OUTCOME_FALSE_ALARM;
	text_cut(reply.page, sizeof reply.page, page->id);
	text_cut(reply.incident, sizeof reply.incident, page->incident);
	text_cut(reply.user, sizeof reply.user, page->user);
	reply.at = wall_plus(sim_now(sim), after_s * 1000);
	sim_reply(sim, reply.at, &reply);
}

/* on_page: some go, some cannot, some sleep; the desk sees to it in the end, once it is asked. */
static void on_page(struct sim *sim, const struct page *page)
{
	uint64_t mood = sim_dice(sim, 100);
	bool desk = page->role == PAGE_DESK;
	int64_t go = desk ? 120 + (int64_t)sim_dice(sim, 300) : 5 + (int64_t)sim_dice(sim, 100);

	if (page->withdrawn)
		return;
	if (desk || mood < 50) {
		answers(sim, page, go, REPLY_ACCEPT);
		if (!desk && mood < 45)
			answers(sim, page, go + 300, REPLY_ARRIVED);
		if (desk || mood < 40)
			answers(sim, page, go + 900 + (int64_t)sim_dice(sim, 1800), REPLY_DONE);
	} else if (mood < 75) {
		answers(sim, page, go, REPLY_DECLINE);
	}
}

/* ---- devices ---- */

static void expect(struct district *d, const struct observation *o)
{
	char name[DEVICE_BYTES + CHANNEL_BYTES + 64];
	int length = snprintf(
		name, sizeof name, "%s|%s|%d|%lld", o->device, o->channel, (int)o->quantity, (long long)o->at.ms);
	uint64_t hash = text_hash64(name, (size_t)length, 0);

	sim_add(&d->expected, &hash);
}

static void says(struct district *d, const char *device, int home, enum quantity quantity, double value, struct wall at)
{
	struct observation o = {.quantity = quantity, .value = value, .at = at};

	snprintf(o.device, sizeof o.device, "%s-%d", device, home);
	text_cut(o.profile, sizeof o.profile, "sim");
	expect(d, &o);
	if (sim_dice(&d->sim, 20) == 0) /* a gateway that sends twice */
		sim_device(&d->sim, wall_plus(at, 700), &o);
	sim_device(&d->sim, wall_plus(at, 20 + (int64_t)sim_dice(&d->sim, 500)), &o);
}

static bool is_quiet(int home, int hour)
{
	return home < QUIET_HOMES && hour >= QUIET_FROM_H;
}

/* an_hour: every meter tells its total; by day somebody uses water and opens the door. */
static void an_hour(struct district *d, int hour)
{
	for (int home = 0; home < HOMES; home++) {
		int64_t at = hour * MS_PER_HOUR + home * 61000;
		bool awake = hour % 24 >= 7 && hour % 24 <= 21 && !is_quiet(home, hour);
		if (awake) {
			d->litres[home] += 3 + (double)sim_dice(&d->sim, 30);
			d->last_use_ms[home] = at;
		}
		says(d, "water", home, QUANTITY_WATER_TOTAL, d->litres[home], wall_of(at));
		/* Whose last act is a door has left. */
		if (awake && !is_quiet(home, hour + 1) && sim_dice(&d->sim, 3) == 0) {
			says(d, "door", home, QUANTITY_CONTACT, 1, wall_of(at + 5000));
			says(d, "door", home, QUANTITY_CONTACT, 0, wall_of(at + 9000));
		}
	}
}

/* calls: somebody presses the button, at times three times. */
static void call(struct district *d, int home, int64_t at)
{
	unsigned presses = sim_dice(&d->sim, 3) ? 1 : 3;

	d->calls[home]++;
	for (unsigned i = 0; i < presses; i++)
		says(d, "sos", home, QUANTITY_SOS, 1, wall_of(at + i * 4000));
}

/* ---- what has to hold ---- */

static const struct incident *latest(const struct sim *sim, const char *id)
{
	const struct incident *last = NULL;

	for (size_t i = 0; i < sim->incidents.count; i++) {
		const struct incident *row = sim_row(&sim->incidents, i);
		if (!strcmp(row->id, id))
			last = row;
	}
	return last;
}

static bool holds(const struct incident *incident, const char *alert)
{
	for (unsigned i = 0; i < incident->alert_count; i++)
		if (!strcmp(incident->alerts[i], alert))
			return true;
	return false;
}

static bool somebody_was_asked(const struct sim *sim, const char *incident)
{
	for (size_t i = 0; i < sim->pages.count; i++) {
		const struct sim_page *sent = sim_row(&sim->pages, i);
		if (!strcmp(sent->page.incident, incident) && !sent->page.withdrawn)
			return true;
	}
	return false;
}

/* every_call: each call for help is one alert, in exactly one incident, and reached somebody. */
static void every_call(const struct district *d)
{
	unsigned alerts[HOMES] = {0};

	for (size_t i = 0; i < d->sim.alerts.count; i++) {
		const struct alert *alert = sim_row(&d->sim.alerts, i);
		unsigned in = 0;
		if (alert->kind != ALERT_SOS || alert->state != ALERT_RAISED)
			continue;
		alerts[strtoul(alert->household + 2, NULL, 10)]++;
		for (size_t n = 0; n < d->sim.incidents.count; n++) {
			const struct incident *row = sim_row(&d->sim.incidents, n);
			if (row->event != INCIDENT_EVENT_RAISED || !holds(latest(&d->sim, row->id), alert->id))
				continue;
			in++;
			if (!somebody_was_asked(&d->sim, row->id))
				sim_fail(&d->sim, "nobody was asked to go for %s", row->id);
		}
		if (in != 1)
			sim_fail(&d->sim, "call %s stands in %u incidents", alert->id, in);
	}
	for (int home = 0; home < HOMES; home++)
		if (alerts[home] != d->calls[home])
			sim_fail(&d->sim, "h-%d called %u times, alerts: %u", home, d->calls[home], alerts[home]);
}

static void no_incident_is_forgotten(const struct district *d)
{
	for (size_t i = 0; i < d->sim.incidents.count; i++) {
		const struct incident *row = sim_row(&d->sim.incidents, i);
		if (!incident_over(latest(&d->sim, row->id)->state))
			sim_fail(&d->sim, "incident %s is still %s", row->id,
				incident_state_name(latest(&d->sim, row->id)->state));
	}
	if (incident_open_count(d->sim.dispatcher))
		sim_fail(&d->sim, "the dispatcher has open incidents that nobody knows");
}

/* silence_is_told: the quiet homes, within their limit (12 h, and 2 h while learning) and what the meter's hour, its
 * place in the hour and set clocks add; nobody else. */
static void silence_is_told(const struct district *d)
{
	bool told[HOMES] = {false};

	for (size_t i = 0; i < d->sim.alerts.count; i++) {
		const struct alert *alert = sim_row(&d->sim.alerts, i);
		unsigned home = (unsigned)strtoul(alert->household + 2, NULL, 10);
		if (alert->kind != ALERT_SILENCE || alert->state != ALERT_RAISED)
			continue;
		int64_t silent_ms = alert->at.ms - (START + d->last_use_ms[home]);
		if (home >= QUIET_HOMES)
			sim_fail(&d->sim, "h-%u is not silent: %s", home, alert->reason_en);
		if (!told[home] && (silent_ms < 12 * MS_PER_HOUR || silent_ms > 15 * MS_PER_HOUR + 10 * MS_PER_MINUTE))
			sim_fail(
				&d->sim, "the silence of h-%u is told after %.1f h", home, (double)silent_ms / 3600000);
		told[home] = true;
	}
	for (unsigned home = 0; home < QUIET_HOMES; home++)
		if (!told[home])
			sim_fail(&d->sim, "h-%u is silent and nobody was told", home);
}

static int by_hash(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void each_reading_is_stored_once(struct district *d)
{
	struct sim_list *got = &d->sim.readings, *want = &d->expected;

	qsort(got->rows, got->count, sizeof(uint64_t), by_hash);
	qsort(want->rows, want->count, sizeof(uint64_t), by_hash);
	for (size_t i = 1; i < got->count; i++)
		if (*(uint64_t *)sim_row(got, i) == *(uint64_t *)sim_row(got, i - 1))
			sim_fail(&d->sim, "a reading is stored twice");
	if (got->count != want->count || memcmp(got->rows, want->rows, want->count * sizeof(uint64_t)) != 0)
		sim_fail(&d->sim, "%zu readings were sent, %zu are stored", want->count, got->count);
}

/* ---- a run ---- */

static void settle(struct district *d)
{
	struct sim_faults none = {0};

	d->sim.faults = none;
	for (int part = 0; part < SIM_PARTS; part++)
		d->sim.nodes[part].offset_ms = 0;
	for (int i = 0; i < 24 * 12; i++) {
		sim_run(&d->sim, d->sim.now_us + 300 * SECOND_US);
		if (sim_settled(&d->sim) && !incident_open_count(d->sim.dispatcher))
			return;
	}
	sim_fail(&d->sim, "not settled after a day without faults");
}

static void live(struct district *d, uint64_t seed)
{
	struct sim_faults faults = {.loss = 5,
		.doubling = 5,
		.lateness = 5,
		.crashes = 300,
		.steps = 20,
		.down_ms = 240000,
		.late_ms = 20000};
	int64_t calls[CALLS];
	int homes[CALLS];

	sim_open(&d->sim, seed, (struct wall){START}, 2 * MS_PER_MINUTE, &faults);
	d->sim.on_page = on_page;
	sim_list_init(&d->expected, sizeof(uint64_t));
	for (int home = 0; home < HOMES; home++)
		add_home(&d->sim, home);
	add_people(&d->sim);
	sim_run(&d->sim, 1200 * SECOND_US); /* the directory is known before the day begins */
	for (int i = 0; i < CALLS; i++) {
		calls[i] = (i * (HOURS - 2) / CALLS + 1) * MS_PER_HOUR + (int64_t)sim_dice(&d->sim, 1800000);
		homes[i] = QUIET_HOMES + (int)sim_dice(&d->sim, HOMES - QUIET_HOMES);
	}
	for (int hour = 1; hour < HOURS; hour++) {
		sim_run(&d->sim, hour * HOUR_US - SECOND_US);
		an_hour(d, hour);
		for (int i = 0; i < CALLS; i++)
			if (calls[i] / MS_PER_HOUR == hour)
				call(d, homes[i], calls[i]);
	}
	sim_run(&d->sim, HOURS * HOUR_US);
	settle(d);
}

static void end(struct district *d)
{
	sim_list_free(&d->expected);
	sim_close(&d->sim);
	free(d);
}

static struct district *run(uint64_t seed)
{
	struct district *d = calloc(1, sizeof *d);

	assert_non_null(d);
	live(d, seed);
	every_call(d);
	no_incident_is_forgotten(d);
	silence_is_told(d);
	each_reading_is_stored_once(d);
	return d;
}

static uint64_t number_of(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static void whatever_fails_nobody_is_forgotten_and_nothing_is_doubled(void **state)
{
	uint64_t first = number_of("SIM_SEED", 1), runs = number_of("SIM_RUNS", getenv("SIM_SEED") ? 1 : 6);
	unsigned restarts = 0;

	(void)state;
	for (uint64_t seed = first; seed < first + runs; seed++) {
		struct district *d = run(seed);
		for (int part = 0; part < SIM_PARTS; part++)
			restarts += d->sim.nodes[part].restarts;
		print_message(
			"seed %llu: %zu readings, %zu alerts, %zu incident events, %zu pages, restarts so far %u\n",
			(unsigned long long)seed, d->sim.readings.count, d->sim.alerts.count, d->sim.incidents.count,
			d->sim.pages.count, restarts);
		end(d);
	}
	assert_true(restarts > runs); /* the faults are real */
}

static void same_seed_gives_the_same_log(void **state)
{
	struct district *one = run(42), *two = run(42), *other = run(43);

	(void)state;
	assert_true(one->sim.log.length > 1000 && !one->sim.log.failed);
	assert_int_equal(one->sim.log.length, two->sim.log.length);
	assert_memory_equal(one->sim.log.data, two->sim.log.data, one->sim.log.length);
	assert_string_not_equal(one->sim.log.data, other->sim.log.data);
	end(one);
	end(two);
	end(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_fails_nobody_is_forgotten_and_nothing_is_doubled),
		cmocka_unit_test(same_seed_gives_the_same_log),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
