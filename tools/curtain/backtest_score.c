/* SPDX-License-Identifier: MIT */
#include "backtest_score.h"

#include <math.h>
#include <stdlib.h>

double score_rate(const struct play_home *home, unsigned level)
{
	return home->months > 0 ? home->false_alarms[level] / home->months : 0;
}

bool score_is_poor(const struct play_home *home)
{
	return home->lost_share >= SCORE_LOST_SHARE || home->leak_share >= SCORE_LEAK_SHARE;
}

double score_share(const double *sorted, size_t count, double share)
{
	if (!count)
		return NAN;
	size_t rank = (size_t)ceil(share * (double)count);
	return sorted[rank ? rank - 1 : 0];
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double score_mean_delay(const struct play_home *home)
{
	double sum = 0;
	unsigned count = 0;

	for (unsigned i = 0; i < home->delay_count; i++) {
		double hours = (double)home->delays[i].hours[PLAY_STEADY][0];
		if (isnan(hours))
			continue;
		sum += hours;
		count++;
	}
	return count ? sum / count : NAN;
}

enum part { PART_ALL, PART_DAY, PART_NIGHT, PART_OWN };

static struct score_delay delays_of(
	const struct play_home *homes, size_t count, unsigned level, enum part part, double *spare)
{
	struct score_delay out = {0};
	double sum = 0;

	for (size_t i = 0; i < count; i++) {
		for (unsigned k = 0; k < homes[i].delay_count; k++) {
			const struct play_delay *d = &homes[i].delays[k];
			double hours = (double)d->hours[part == PART_OWN ? PLAY_OWN : PLAY_STEADY][level];
			bool other = (part == PART_DAY && !d->day) || (part == PART_NIGHT && d->day);
			if (isnan(hours) || other)
				continue;
			spare[out.count++] = hours;
			sum += hours;
		}
	}
	qsort(spare, out.count, sizeof *spare, by_value);
	out.p50 = score_share(spare, out.count, 0.5);
	out.p90 = score_share(spare, out.count, 0.9);
	out.mean = out.count ? sum / out.count : NAN;
	return out;
}

static struct score_level level_of(
	const struct play_home *homes, size_t count, unsigned level, double target, double *spare)
{
	struct score_level out = {.target = target, .home_worst = -1};
	double months = 0, within = 0, bad = 0, absences = 0;
	size_t counted = 0;

	for (size_t i = 0; i < count; i++) {
		const struct play_home *h = &homes[i];
		if (h->too_short)
			continue;
		double rate = score_rate(h, level);
		months += h->months;
		bad += h->false_alarms[level];
		absences += h->absence_alarms[level];
		within += rate <= 2 * target;
		spare[counted++] = rate;
		if (rate > out.home_worst) {
			out.home_worst = rate;
			out.worst = h->trace->home;
		}
	}
	if (!counted)
		return (struct score_level){.target = target};
	qsort(spare, counted, sizeof *spare, by_value);
	out.false_rate = bad / months;
	out.absence_rate = absences / months;
	out.home_median = score_share(spare, counted, 0.5);
	out.home_p90 = score_share(spare, counted, 0.9);
	out.within = within / (double)counted;
	out.all = delays_of(homes, count, level, PART_ALL, spare);
	out.day = delays_of(homes, count, level, PART_DAY, spare);
	out.night = delays_of(homes, count, level, PART_NIGHT, spare);
	out.own = delays_of(homes, count, level, PART_OWN, spare);
	return out;
}

static void group_add(struct score_group *group, double months, unsigned bad)
{
	group->homes++;
	group->months += months;
	group->false_rate += bad; /* a sum until group_end */
}

static void group_end(struct score_group *group)
{
	group->false_rate = group->months > 0 ? group->false_rate / group->months : 0;
}

enum err score_of(const struct play_home *homes, size_t count, const double targets[PLAY_LEVELS], struct score *out)
{
	struct score score = {0};
	size_t most = count + 1;

	for (size_t i = 0; i < count; i++) {
		const struct play_home *h = &homes[i];
		most += h->delay_count;
		score.moments += h->delay_count;
		score.unheard += h->unheard;
		score.homes += !h->too_short;
		score.too_short += h->too_short;
		if (h->too_short)
			continue;
		score.months += h->months;
		group_add(score_is_poor(h) ? &score.poor : &score.good, h->months, h->false_alarms[0]);
		for (unsigned k = 0; k < 2; k++)
			group_add(&score.cold[k], h->cold_months[k], h->cold_false[k]);
	}
	group_end(&score.poor);
	group_end(&score.good);
	group_end(&score.cold[0]);
	group_end(&score.cold[1]);
	double *spare = malloc(most * sizeof *spare);
	if (!spare)
		return ERR_NOMEM;
	for (unsigned level = 0; level < PLAY_LEVELS; level++)
		score.levels[level] = level_of(homes, count, level, targets[level], spare);
	free(spare);
	*out = score;
	return ERR_OK;
}
