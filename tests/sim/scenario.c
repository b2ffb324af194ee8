/* SPDX-License-Identifier: MIT
 *
 * scenario FILE...: runs scripts (tests/scenario, README there) in the simulator, without faults but for those that a
 * script asks for. tests/scenario/run_live.py runs the same files against real services.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sim.h"

#define WORDS_MAX 24
#define STEP_US 200000

struct script {
	struct sim sim;
	const char *path;
	int line;
	bool open, setting_up;
	struct wall start; /* a Monday, midnight */
	int64_t mark_us;   /* of the last action: expectations look from here on */
	char words[WORDS_MAX][64];
	unsigned count;
};

_Noreturn static void complain(const struct script *s, const char *what)
{
	char at[WALL_TEXT_BYTES];

	wall_format(s->open ? sim_now(&s->sim) : s->start, at);
	fprintf(stderr, "%s:%d: %s (it is %s)\n", s->path, s->line, what, at);
	if (s->open)
		fprintf(stderr, "%s", s->sim.log.data ? s->sim.log.data : "");
	exit(1);
}

static const char *word(const struct script *s, unsigned i)
{
	return i < s->count ? s->words[i] : "";
}

static bool is(const struct script *s, unsigned i, const char *text)
{
	return !strcmp(word(s, i), text);
}

static void need(const struct script *s, unsigned count)
{
	if (s->count < count)
		complain(s, "words are missing");
}

/* ---- times ---- */

static int64_t duration(const struct script *s, const char *text)
{
	char *end;
	double number = strtod(text, &end);
	double unit = !strcmp(end, "s")   ? 1
		      : !strcmp(end, "m") ? 60
		      : !strcmp(end, "h") ? 3600
		      : !strcmp(end, "d") ? 86400
					  : 0;

	if (end == text || unit == 0)
		complain(s, "no duration; write e.g. 5s, 2m, 14h, 1d");
	return llround(number * unit * 1000);
}

/* moment reads "tue 03:12" or "tue 03:12:05" from words i, i + 1; tue2 is of the second week. */
static struct wall moment(const struct script *s, unsigned i)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	const char *clock = word(s, i + 1);
	int64_t h = strtol(clock, NULL, 10), m = 0, second = 0;
	const char *colon = strchr(clock, ':');

	if (colon) {
		m = strtol(colon + 1, NULL, 10);
		colon = strchr(colon + 1, ':');
		second = colon ? strtol(colon + 1, NULL, 10) : 0;
	}
	for (int day = 0; day < 7; day++)
		if (!strncmp(word(s, i), days[day], 3)) {
			int64_t week = word(s, i)[3] ? strtol(word(s, i) + 3, NULL, 10) - 1 : 0;
			return wall_plus(s->start, (week * 7 + day) * MS_PER_DAY + h * MS_PER_HOUR + m * MS_PER_MINUTE +
							   second * MS_PER_SECOND);
		}
	complain(s, "no day; write e.g. mon 03:12");
}

static void go(struct script *s, struct wall at)
{
	if (sim_us(&s->sim, at) < s->sim.now_us)
		complain(s, "this time is over");
	sim_run(&s->sim, sim_us(&s->sim, at));
	s->mark_us = s->sim.now_us;
}

/* ---- the directory ---- */

static void begin(struct script *s)
{
	struct sim_faults none = {0};
	struct zone *zone;
	struct civil civil = {0};

	need(s, 2);
	if (sscanf(word(s, 1), "%d-%d-%d", &civil.year, &civil.month, &civil.day) != 3 ||
		zone_load("Asia/Shanghai", &zone, NULL))
		complain(s, "no date");
	s->start = zone_from_civil(zone, civil);
	if (zone_to_civil(zone, s->start).weekday != 0)
		complain(s, "the start must be a Monday");
	zone_destroy(zone);
	sim_open(&s->sim, 1, s->start, 10 * MS_PER_SECOND, &none);
	s->open = true;
}

static struct entry entry_of(const struct script *s, enum entry_kind kind)
{
	struct entry entry = {.kind = kind};

	text_cut(entry.key, sizeof entry.key, word(s, 1));
	return entry;
}

static void team(struct script *s)
{
	struct entry entry = entry_of(s, ENTRY_TEAM);

	need(s, 4);
	text_cut(entry.body.team.community, ID_BYTES, "c-1");
	text_cut(entry.body.team.captain, ID_BYTES, word(s, 2));
	text_cut(entry.body.team.desk, ID_BYTES, word(s, 3));
	sim_entry(&s->sim, entry);
}

static void volunteer(struct script *s)
{
	struct entry entry = entry_of(s, ENTRY_VOLUNTEER);

	need(s, 5);
	text_cut(entry.body.volunteer.team, ID_BYTES, word(s, 2));
	entry.body.volunteer.day = is(s, 3, "day") || is(s, 3, "both");
	entry.body.volunteer.night = is(s, 3, "night") || is(s, 3, "both");
	entry.body.volunteer.weekdays = 127;
	entry.body.volunteer.order = (uint8_t)strtoul(word(s, 4), NULL, 10);
	sim_entry(&s->sim, entry);
}

static void household(struct script *s)
{
	struct entry entry = entry_of(s, ENTRY_HOUSEHOLD);

	need(s, 3);
	text_cut(entry.body.household.community, ID_BYTES, "c-1");
	text_cut(entry.body.household.team, ID_BYTES, word(s, 2));
	entry.body.household.persons = 1;
	entry.body.household.canary = is(s, 3, "canary");
	sim_entry(&s->sim, entry);
}

static void consent(struct script *s)
{
	struct entry entry = entry_of(s, ENTRY_CONSENT);

	entry.body.consent.from = entry.body.consent.until = WALL_NONE;
	for (unsigned i = 2; i < s->count; i++) {
		enum quantity quantity;
		if (quantity_find(word(s, i), &quantity))
			complain(s, "no quantity");
		entry.body.consent.quantities |= UINT64_C(1) << quantity;
	}
	entry.deleted = s->count == 2;
	sim_entry(&s->sim, entry);
}

static void device(struct script *s)
{
	struct entry entry = entry_of(s, ENTRY_DEVICE);

	need(s, 3);
	text_cut(entry.body.device.household, ID_BYTES, word(s, 2));
	sim_entry(&s->sim, entry);
}

/* appointment ID HOUSEHOLD SIGN OPENS BY [GRACE]: every day; times as 07:30, the grace in minutes. */
static void appointment(struct script *s)
{
	struct entry entry = entry_of(s, ENTRY_APPOINTMENT);
	struct appointment *terms = &entry.body.appointment.terms;

	need(s, 6);
	*terms = (struct appointment){.weekdays = 127,
		.grace_min = s->count > 6 ? (uint16_t)strtoul(word(s, 6), NULL, 10) : APPOINTMENT_GRACE,
		.from = DAY_NONE,
		.until = DAY_NONE,
		.paused_from = DAY_NONE,
		.paused_until = DAY_NONE};
	text_cut(entry.body.appointment.household, ID_BYTES, word(s, 2));
	if (appointment_sign_find(word(s, 3), &terms->sign) || minute_parse(word(s, 4), &terms->opens_min) ||
		minute_parse(word(s, 5), &terms->by_min) || terms->opens_min >= terms->by_min)
		complain(s, "no sign, or no times of day");
	sim_entry(&s->sim, entry);
}

/* ---- what happens ---- */

static void observe(
	struct script *s, const char *device, const char *quantity, double value, struct wall own, struct wall arrives)
{
	struct observation o = {.value = value, .at = own};

	text_cut(o.device, sizeof o.device, device);
	text_cut(o.profile, sizeof o.profile, "senml");
	if (quantity_find(quantity, &o.quantity))
		complain(s, "no quantity");
	sim_device(&s->sim, arrives, &o);
}

/* says DEVICE QUANTITY VALUE [time DAY CLOCK | time RFC3339] */
static void says(struct script *s)
{
	struct wall own = WALL_NONE;

	need(s, 4);
	if (is(s, 4, "time") && strlen(word(s, 5)) > 6) {
		if (wall_parse(word(s, 5), strlen(word(s, 5)), &own))
			complain(s, "no time");
	} else if (is(s, 4, "time")) {
		own = moment(s, 5);
	}
	observe(s, word(s, 1), word(s, 2), strtod(word(s, 3), NULL), own, sim_now(&s->sim));
	s->mark_us = s->sim.now_us;
}

/* meter DEVICE LITRES DAY CLOCK DAY CLOCK: uses so many litres an hour between, and tells its total each hour. Several
 * lines of one device follow each other. */
static void meter(struct script *s)
{
	static char name[64];
	static double total;

	need(s, 7);
	if (strcmp(name, word(s, 1)) != 0) {
		text_cut(name, sizeof name, word(s, 1));
		total = 1000;
	}
	for (struct wall at = moment(s, 3); at.ms <= moment(s, 5).ms; at.ms += MS_PER_HOUR) {
		total += strtod(word(s, 2), NULL);
		observe(s, name, "water_total", total, at, at);
	}
}

/* answer USER accept|decline|arrived|done [OUTCOME [FOUND]]: to the newest page of this user. */
static void answer(struct script *s)
{
	struct reply reply = {.at = sim_now(&s->sim)};

	need(s, 3);
	if (reply_action_find(word(s, 2), &reply.action) || (s->count > 3 && outcome_find(word(s, 3), &reply.outcome)))
		complain(s, "no action, or no outcome");
	if (s->count > 4 && (found_find(word(s, 4), &reply.found) || !outcome_takes(reply.outcome, reply.found)))
		complain(s, "that was not found, or does not go with the outcome");
	text_cut(reply.user, sizeof reply.user, word(s, 1));
	for (size_t i = 0; i < s->sim.pages.count; i++) {
		const struct sim_page *sent = sim_row(&s->sim.pages, i);
		if (strcmp(sent->page.user, reply.user) != 0)
			continue;
		text_cut(reply.page, sizeof reply.page, sent->page.id);
		text_cut(reply.incident, sizeof reply.incident, sent->page.incident);
	}
	if (!*reply.page)
		complain(s, "nobody asked this user");
	sim_reply(&s->sim, reply.at, &reply);
	s->mark_us = s->sim.now_us;
}

static void crash(struct script *s)
{
	static const char *const names[SIM_PARTS] = {"records", "ingest", "detector", "dispatcher"};

	for (int part = 0; part < SIM_PARTS; part++)
		if (is(s, 1, names[part])) {
			sim_crash(&s->sim, (enum sim_part)part, 1000);
			return;
		}
	complain(s, "no service");
}

/* ---- what is expected ---- */

static bool page_seen(const struct script *s, bool withdrawn)
{
	for (size_t i = 0; i < s->sim.pages.count; i++) {
		const struct sim_page *sent = sim_row(&s->sim.pages, i);
		if (sent->at_us >= s->mark_us && sent->page.withdrawn == withdrawn &&
			!strcmp(sent->page.user, word(s, 2)))
			return true;
	}
	return false;
}

static bool since(const struct script *s, struct wall at)
{
	return sim_us(&s->sim, at) >= s->mark_us;
}

/* incident HOUSEHOLD EVENT [ACTOR] */
static bool event_seen(const struct script *s)
{
	for (size_t i = 0; i < s->sim.incidents.count; i++) {
		const struct incident *row = sim_row(&s->sim.incidents, i);
		if (since(s, row->at) && !strcmp(row->household, word(s, 2)) &&
			!strcmp(incident_event_name(row->event), word(s, 3)) &&
			(is(s, 4, "within") || !strcmp(row->actor, word(s, 4))))
			return true;
	}
	return false;
}

/* alert HOUSEHOLD RULE STATE [LEVEL] */
static bool alert_seen(const struct script *s)
{
	for (size_t i = 0; i < s->sim.alerts.count; i++) {
		const struct alert *row = sim_row(&s->sim.alerts, i);
		if (since(s, row->at) && !strcmp(row->household, word(s, 2)) && !strcmp(row->rule, word(s, 3)) &&
			!strcmp(alert_state_name(row->state), word(s, 4)) &&
			(is(s, 5, "within") || !strcmp(alert_level_name(row->level), word(s, 5))))
			return true;
	}
	return false;
}

/* oncall TEAM USER: the first of those who answer now. */
static bool oncall_seen(const struct script *s)
{
	for (size_t i = 0; i < s->sim.oncalls.count; i++) {
		const struct oncall *row = sim_row(&s->sim.oncalls, i);
		if (!strcmp(row->team, word(s, 2)) && row->user_count && !strcmp(row->users[0], word(s, 3)))
			return true;
	}
	return false;
}

static bool seen(const struct script *s)
{
	if (is(s, 1, "page"))
		return page_seen(s, false);
	if (is(s, 1, "withdrawn"))
		return page_seen(s, true);
	if (is(s, 1, "incident"))
		return event_seen(s);
	if (is(s, 1, "alert"))
		return alert_seen(s);
	if (is(s, 1, "oncall"))
		return oncall_seen(s);
	complain(s, "no such expectation");
}

/* nothing HOUSEHOLD for D: no page about it, and no event of an incident. */
static void expect_nothing(struct script *s)
{
	int64_t from = s->sim.now_us;

	sim_run(&s->sim, from + duration(s, word(s, 4)) * 1000);
	for (size_t i = 0; i < s->sim.pages.count; i++) {
		const struct sim_page *sent = sim_row(&s->sim.pages, i);
		if (sent->at_us > from && !strcmp(sent->page.household, word(s, 2)))
			complain(s, "somebody was asked to go");
	}
	for (size_t i = 0; i < s->sim.incidents.count; i++) {
		const struct incident *row = sim_row(&s->sim.incidents, i);
		if (sim_us(&s->sim, row->at) > from && !strcmp(row->household, word(s, 2)))
			complain(s, "something happened");
	}
}

static void expect(struct script *s)
{
	int64_t until;

	need(s, 4);
	if (is(s, 1, "nothing")) {
		expect_nothing(s);
		return;
	}
	if (strcmp(word(s, s->count - 2), "within") != 0)
		complain(s, "an expectation ends with: within DURATION");
	until = s->mark_us + duration(s, word(s, s->count - 1)) * 1000;
	while (!seen(s)) {
		if (s->sim.now_us >= until)
			complain(s, "it did not happen");
		sim_run(&s->sim, s->sim.now_us + STEP_US);
	}
}

/* ---- reading ---- */

static void at(struct script *s)
{
	go(s, moment(s, 1));
}

static void after(struct script *s)
{
	go(s, wall_plus(sim_now(&s->sim), duration(s, word(s, 1))));
}

static const struct {
	const char *word;
	void (*act)(struct script *s);
} verbs[] = {{"start", begin}, {"team", team}, {"volunteer", volunteer}, {"household", household}, {"consent", consent},
	{"device", device}, {"appointment", appointment}, {"meter", meter}, {"at", at}, {"after", after},
	{"says", says}, {"answer", answer}, {"crash", crash}, {"expect", expect}};

static void run_file(struct script *s, const char *path);

static void run_line(struct script *s, char *line)
{
	char *rest = line, *token;

	line[strcspn(line, "#\n")] = '\0';
	s->count = 0;
	while ((token = strsep(&rest, " \t")) && s->count < WORDS_MAX)
		if (*token)
			text_cut(s->words[s->count++], sizeof s->words[0], token);
	if (!s->count)
		return;
	if (is(s, 0, "include")) {
		char path[600];
		const char *slash = strrchr(s->path, '/');
		snprintf(path, sizeof path, "%.*s%s", slash ? (int)(slash - s->path + 1) : 0, s->path, word(s, 1));
		run_file(s, path);
		return;
	}
	if (!s->open && !is(s, 0, "start"))
		complain(s, "a script begins with: start YEAR-MONTH-DAY");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (is(s, 0, verbs[i].word)) {
			verbs[i].act(s);
			return;
		}
	complain(s, "no such word");
}

static void run_file(struct script *s, const char *path)
{
	const char *outer = s->path;
	int outer_line = s->line;
	char line[512];
	FILE *file = fopen(path, "r");

	s->path = path;
	s->line = 0;
	if (!file)
		complain(s, "cannot be read");
	while (fgets(line, sizeof line, file)) {
		s->line++;
		run_line(s, line);
	}
	fclose(file);
	if (outer) {
		s->path = outer;
		s->line = outer_line;
	}
}

int main(int argc, char **argv)
{
	struct script *s = malloc(sizeof *s);

	if (!s || argc < 2)
		return 2;
	for (int i = 1; i < argc; i++) {
		memset(s, 0, sizeof *s);
		run_file(s, argv[i]);
		if (!s->open)
			complain(s, "nothing happens in it");
		printf("ok %s\n", argv[i]);
		sim_close(&s->sim);
	}
	free(s);
	return 0;
}
