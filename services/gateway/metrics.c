/* SPDX-License-Identifier: MIT
 *
 * A family's samples stand together under one TYPE line, so the exposition is written counter by counter, not instance
 * by instance.
 */
#include "gateway/metrics.h"

#include <stdio.h>
#include <string.h>

enum err metrics_take(struct metrics *metrics, const struct status *status)
{
	unsigned i = 0;

	while (i < metrics->count && (strcmp(metrics->statuses[i].instance, status->instance) != 0 ||
					     strcmp(metrics->statuses[i].service, status->service) != 0))
		i++;
	if (i == METRICS_INSTANCES_MAX)
		return ERR_FULL;
	metrics->statuses[i] = *status;
	metrics->count += i == metrics->count;
	return ERR_OK;
}

static bool is_up(const struct status *s)
{
	return s->state != STATUS_DOWN;
}

bool metrics_is_up(const struct metrics *metrics, const char *service, struct wall now, int64_t fresh_ms)
{
	for (unsigned i = 0; i < metrics->count; i++) {
		const struct status *s = &metrics->statuses[i];
		if (!strcmp(s->service, service) && is_up(s) && now.ms - s->at.ms <= fresh_ms)
			return true;
	}
	return false;
}

static void write_instances(const struct metrics *metrics, struct wall now, struct buf *out)
{
	static const char *const heads[] = {"# HELP curtain_up 1 unless the instance said that it stops, or its last "
					    "will was sent.\n# TYPE curtain_up gauge\n",
		"# HELP curtain_lag_seconds Age of the oldest thing not yet passed on.\n# TYPE curtain_lag_seconds "
		"gauge\n",
		"# HELP curtain_outbox_batches Batches that not all consumers have acknowledged.\n# TYPE "
		"curtain_outbox_batches gauge\n",
		"# HELP curtain_status_age_seconds Since the instance last spoke.\n# TYPE curtain_status_age_seconds "
		"gauge\n"};
	static const char *const names[] = {
		"curtain_up", "curtain_lag_seconds", "curtain_outbox_batches", "curtain_status_age_seconds"};

	for (unsigned f = 0; f < sizeof names / sizeof *names && metrics->count; f++) {
		buf_text(out, heads[f]);
		for (unsigned i = 0; i < metrics->count; i++) {
			const struct status *s = &metrics->statuses[i];
			const double values[] = {is_up(s), (double)s->lag_ms / 1000, (double)s->outbox,
				(double)(now.ms - s->at.ms) / 1000};
			buf_printf(out, "%s{service=\"%s\",instance=\"%s\"} %.9g\n", names[f], s->service, s->instance,
				values[f]);
		}
	}
}

/* told_before: an instance before this one has the counter too, so its family is written already. */
static bool told_before(const struct metrics *metrics, unsigned instance, const char *counter)
{
	for (unsigned i = 0; i < instance; i++)
		for (unsigned c = 0; c < metrics->statuses[i].counter_count; c++)
			if (!strcmp(metrics->statuses[i].service, metrics->statuses[instance].service) &&
				!strcmp(metrics->statuses[i].counters[c].name, counter))
				return true;
	return false;
}

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with)
{
	size_t length = strlen(text), end = strlen(with);

	return length >= end && !strcmp(text + length - end, with);
}

/* is_gauge: a status says how much of a thing there is, or how often something happened; which of them is known by the
 * name alone. The others only grow while their process lives. */
static bool is_gauge(const char *counter)
{
	static const char *const gauges[] = {"open", "waiting", "devices", "homes", "dead_letters", "database",
		"tokens", "errands_live", "channels_not_up", "rosters_lost", "states_lost", "hooks_down", "hooks_off",
		"calendar_unknown_year"};

	for (unsigned i = 0; i < sizeof gauges / sizeof *gauges; i++)
		if (!strcmp(counter, gauges[i]))
			return true;
	return begins(counter, "homes_") || ends(counter, "_open") || ends(counter, "_waiting") ||
	       ends(counter, "_bytes") || ends(counter, "_seconds");
}

static void write_family(const struct metrics *metrics, unsigned first, const char *counter, struct buf *out)
{
	const char *service = metrics->statuses[first].service;
	bool gauge = is_gauge(counter);
	char name[2 * ID_BYTES + 32];

	snprintf(name, sizeof name, "curtain_%s_%s%s", service, counter, gauge ? "" : "_total");
	buf_printf(out, "# HELP %s %s %s %s.\n# TYPE %s %s\n", name, counter, gauge ? "of" : "since the start of",
		service, name, gauge ? "gauge" : "counter");
	for (unsigned i = first; i < metrics->count; i++) {
		const struct status *s = &metrics->statuses[i];
		for (unsigned c = 0; c < s->counter_count && !strcmp(s->service, service); c++)
			if (!strcmp(s->counters[c].name, counter))
				buf_printf(out, "%s{instance=\"%s\"} %lld\n", name, s->instance,
					(long long)s->counters[c].value);
	}
}

enum err metrics_write(const struct metrics *metrics, struct wall now, struct buf *out)
{
	write_instances(metrics, now, out);
	for (unsigned i = 0; i < metrics->count; i++)
		for (unsigned c = 0; c < metrics->statuses[i].counter_count; c++)
			if (!told_before(metrics, i, metrics->statuses[i].counters[c].name))
				write_family(metrics, i, metrics->statuses[i].counters[c].name, out);
	return out->failed;
}
