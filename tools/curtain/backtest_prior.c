/* SPDX-License-Identifier: MIT
 *
 * Habits are looked at when the data end: gaps of the last months, as they have faded.
 */
#include "backtest_prior.h"

#include <math.h>
#include <stdlib.h>

#include "backtest_play.h"
#include "detector/habit.h"

#define RATE_LEAST 0.002 /* false alarms a month: a level that raised none is not known to raise none */

static long scaled(double sum, double days, double by)
{
	double value = days > 0 ? sum / days * by : 0;

	return lround(value < 65535 ? value : 65535);
}

static void write_row(const struct habit_population *p, unsigned class, unsigned hour, struct buf *out)
{
	double days = p->days[class][hour];

	buf_printf(out, "\t\t{%ld, {", scaled(p->hours[class][hour], days, 1000));
	for (unsigned i = 0; i < HABIT_LENGTHS; i++)
		buf_printf(out, "%s%ld", i ? ", " : "", scaled(p->longer[class][hour][i], days, 10000));
	buf_text(out, "}},\n");
}

static void write_source(const struct habit_population *p, struct buf *out)
{
	double rate, before = INFINITY;

	buf_text(out,
		"/* SPDX-License-Identifier: MIT */\n#include \"detector/habit_prior.h\"\n\n/* clang-format off */\n"
		"const struct habit_prior habit_prior[HABIT_CLASSES][HABIT_HOURS] = {\n");
	for (unsigned class = 0; class < HABIT_CLASSES; class ++) {
		buf_text(out, "\t{\n");
		for (unsigned hour = 0; hour < HABIT_HOURS; hour++)
			write_row(p, class, hour, out);
		buf_text(out, "\t},\n");
	}
	buf_text(out, "};\n\nconst float habit_prior_rate[HABIT_LEVELS] = {");
	for (unsigned level = 0; level < HABIT_LEVELS; level++, before = rate) {
		rate = p->months > 0 ? p->false_alarms[level] / p->months : 0;
		rate = fmin(fmax(rate, RATE_LEAST), before); /* no level raises more than the one before */
		buf_printf(out, "%s%.4ff", level ? ", " : "", rate);
	}
	buf_text(out, "};\n/* clang-format on */\n");
}

enum err print_prior(const struct report *report, struct buf *out)
{
	struct habit_population *population = calloc(1, sizeof *population);
	enum err err = population ? ERR_OK : ERR_NOMEM;

	for (size_t i = 0; i < report->set->count && !err; i++)
		err = play_population(&report->runs[0].setup.config, report->set->homes[i], population);
	if (!err)
		write_source(population, out);
	free(population);
	return err ? err : out->failed;
}
