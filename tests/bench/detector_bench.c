/* SPDX-License-Identifier: MIT
 *
 * detector_bench: what the detector's core costs: readings a second on one core, a refit of a habit, bytes a home.
 * detector_bench [HOMES] [DAYS]   (10000 homes, 70 days of hourly water, of which the last 14 are measured)
 *
 * All homes are in one core, as in the service; their meters tell in turn through the hour, and the watermark moves on
 * each minute. Making the readings is not in the time.
 */
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "detector/core.h"
#include "detector/habit.h"

#define DAY0 INT64_C(1772380800000) /* a Monday, midnight in Shanghai */
#define DAYS_MEASURED 14
#define HABITS 200
#define HABIT_DAYS 180

static void must(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "detector_bench: %s\n", what);
	exit(1);
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double resident(void)
{
	unsigned long size, all, shared;
	FILE *file = fopen("/proc/self/statm", "re");

	must(file && fscanf(file, "%lu %lu %lu", &size, &all, &shared) == 3, "/proc/self/statm");
	fclose(file);
	return (double)all * (double)sysconf(_SC_PAGESIZE);
}

static uint64_t dice = 1;

static double roll(void)
{
	dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (double)(dice >> 11) * 0x1p-53;
}

/* used gives the litres of an hour of a day: people sleep, and are at home for some of the rest. */
static double used(unsigned hour)
{
	double often = hour < 6 ? 0.06 : hour < 9 ? 0.6 : hour < 17 ? 0.35 : 0.5;

	return roll() < often ? 2 + floor(30 * roll()) : 0;
}

static struct detector_core *core_new(const struct zone *zone, unsigned homes)
{
	struct detector_config config = {.zone = zone,
		.budget = {.attention_per_month = 4,
			.alarm_per_month = 1,
			.floor_ms = 3 * MS_PER_HOUR,
			.ceiling_ms = 24 * MS_PER_HOUR},
		.limits = {.learning_ms = 14 * MS_PER_DAY},
		.meter_fresh_ms = 135 * MS_PER_MINUTE,
		.device_quiet_ms = 48 * MS_PER_HOUR,
		.ordered = true,
		.homes_max = homes};
	struct detector_rule rule;
	struct detector_core *core;

	must(!rules_preset("silence", &rule, NULL) && !rules_add(config.rules, &config.rule_count, &rule, NULL),
		"rule");
	must(!detector_create(&config, &core, NULL), "core");
	for (unsigned i = 0; i < homes; i++) {
		struct entry household = {.kind = ENTRY_HOUSEHOLD, .seq = 1, .body.household.persons = 1};
		struct entry consent = {.kind = ENTRY_CONSENT, .seq = 1, .body.consent.quantities = UINT64_MAX};
		consent.body.consent.from = consent.body.consent.until = WALL_NONE;
		snprintf(household.key, sizeof household.key, "household-%06u", i);
		text_cut(consent.key, sizeof consent.key, household.key);
		must(!detector_entry(core, &household) && !detector_entry(core, &consent), "entry");
	}
	return core;
}

static void tick(struct detector_core *core, int64_t now_ms, uint64_t *alerts)
{
	struct detector_effects out;

	do {
		must(!detector_tick(core, (struct wall){now_ms}, &out), "tick");
		*alerts += out.count;
	} while (out.count == DETECTOR_EFFECTS_MAX);
}

/* hour_make fills in what each meter tells in an hour. */
static void hour_make(struct reading *readings, unsigned homes, int64_t start_ms, unsigned hour, unsigned day)
{
	for (unsigned i = 0; i < homes; i++) {
		struct reading *r = &readings[i];
		bool away = (i * 7 + day) % 23 == 0;
		double litres = away ? 0 : used(hour);
		r->at.ms = r->received.ms = start_ms + (int64_t)((double)MS_PER_HOUR * i / homes);
		r->since.ms = r->at.ms - MS_PER_HOUR;
		r->delta = litres;
		r->value += litres;
	}
}

struct result {
	double rate, refit_s, refit_longest_s, resident, state;
	uint64_t readings, alerts;
};

static void feed_all(struct detector_core *core, const struct reading *readings, unsigned homes, struct result *out)
{
	int64_t minute = 0;

	for (unsigned i = 0; i < homes; i++) {
		if (readings[i].received.ms / MS_PER_MINUTE != minute) {
			minute = readings[i].received.ms / MS_PER_MINUTE;
			tick(core, minute * MS_PER_MINUTE, &out->alerts);
		}
		must(!detector_feed(core, &readings[i]), "feed");
	}
}

/* state_bytes gives what the store holds of a home, and takes it as the service does. */
static double state_bytes(struct detector_core *core, unsigned homes)
{
	static struct detector_state state;
	double bytes = 0;

	while (detector_dirty(core, &state))
		bytes += (double)state.length;
	return bytes / homes;
}

static void throughput(const struct zone *zone, unsigned homes, unsigned days, struct result *out)
{
	double before = resident(), spent = 0;
	struct detector_core *core = core_new(zone, homes);
	struct reading *readings = calloc(homes, sizeof *readings);

	must(readings, "out of memory");
	before += (double)homes * (double)sizeof *readings;
	for (unsigned i = 0; i < homes; i++) {
		readings[i].quantity = QUANTITY_WATER_TOTAL;
		snprintf(readings[i].household, sizeof readings[i].household, "household-%06u", i);
		snprintf(readings[i].device, sizeof readings[i].device, "meter-%06u", i);
	}
	for (unsigned h = 0; h < days * 24; h++) {
		hour_make(readings, homes, DAY0 + h * MS_PER_HOUR, h % 24, h / 24);
		double start = cpu_s();
		feed_all(core, readings, homes, out);
		if (h >= (days - DAYS_MEASURED) * 24) {
			spent += cpu_s() - start;
			out->readings += homes;
		}
	}
	out->rate = (double)out->readings / spent;
	out->resident = (resident() - before) / homes;
	out->state = state_bytes(core, homes);
	free(readings);
	detector_destroy(core);
}

/* refits: the longest call of each week is the one that makes the limits anew. */
static void refits(struct result *out)
{
	struct habit_terms terms = {
		.per_month = {4, 1}, .floor_ms = 3 * MS_PER_HOUR, .ceiling_ms = 24 * MS_PER_HOUR, .pooled = 1};
	unsigned weeks = 0;
	double sum = 0;

	for (unsigned n = 0; n < HABITS; n++) {
		struct habit habit;
		double longest = 0;
		habit_init(&habit, &terms);
		for (int h = 0; h < HABIT_DAYS * 24; h++) {
			if (used((unsigned)h % 24) <= 0)
				continue;
			int64_t at = DAY0 + h * MS_PER_HOUR;
			struct habit_moment moment = {.since = {at - MS_PER_HOUR},
				.at = {at},
				.day = h / 24,
				.hour = (float)(h % 24),
				.kind = h / 24 % 7 > 4 ? HABIT_HOLIDAY : HABIT_WORKDAY};
			double start = cpu_s();
			habit_sign(&habit, &terms, &moment);
			double spent = cpu_s() - start;
			longest = spent > longest ? spent : longest;
			if (h % (7 * 24) < 7 * 24 - 2)
				continue;
			sum += longest;
			weeks++;
			out->refit_longest_s = longest > out->refit_longest_s ? longest : out->refit_longest_s;
			longest = 0;
		}
	}
	out->refit_s = weeks ? sum / weeks : 0;
}

static void row(const char *what, double value, int digits, const char *must_be, const char *wanted)
{
	printf("  %-52s %12.*f  %10s  %10s\n", what, digits, value, must_be, wanted);
}

int main(int argc, char **argv)
{
	unsigned homes = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 10000;
	unsigned days = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 70;
	struct result result = {0};
	struct zone *zone;

	must(homes > 0 && days > DAYS_MEASURED, "usage: detector_bench [HOMES] [DAYS, more than 14]");
	must(!zone_load("Asia/Shanghai", &zone, NULL), "zone");
	throughput(zone, homes, days, &result);
	refits(&result);
	printf("detector: %u homes, hourly water for %u days, %" PRIu64 " readings measured, %" PRIu64 " alerts\n",
		homes, days, result.readings, result.alerts);
	printf("  %-52s %12s  %10s  %10s\n", "", "measured", "must", "wanted");
	row("readings/s on one core (feed and tick)", result.rate, 0, ">= 1000000", "3000000");
	row("a refit, mean (ms)", result.refit_s * 1e3, 3, "< 5", "");
	row("a refit, longest (ms)", result.refit_longest_s * 1e3, 3, "< 5", "");
	row("resident a home (bytes)", result.resident, 0, "< 16384", "");
	row("state a home (bytes)", result.state, 0, "< 16384", "");
	zone_destroy(zone);
	return result.rate < 1e6 || result.refit_longest_s > 0.005 || result.resident > 16384 || result.state > 16384;
}
