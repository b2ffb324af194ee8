/* SPDX-License-Identifier: MIT
 *
 * What the log amounts to. The figures are those of `curtain kpi` by the definitions of docs/incident.md, counted anew
 * here; tests/integration/test_kpi.py lets PostgreSQL count the same log.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "year_internal.h"

struct times {
	int64_t *ms;
	unsigned count;
};

struct load {
	char user[ID_BYTES];
	unsigned pages, accepted, declined, silent;
	UT_hash_handle hh;
};

struct rule {
	char name[WORD_BYTES];
	unsigned ended, falsely;
};

struct life { /* of one incident, as its rows tell it */
	const struct year_incident *incident;
	struct wall asked, answered, arrived, ended;
	uint32_t paged, escalated; /* revisions; UINT32_MAX = never */
};

struct kpi {
	unsigned levels[ALERT_LEVEL_COUNT], asked, nobody, ended, rule_count;
	struct times answered, on_site;
	struct rule rules[ALERT_KIND_COUNT];
	struct load *load;
	struct life *lives;
	int64_t *room; /* for as many times as there are incidents */
};

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void times_add(struct times *times, int64_t ms)
{
	times->ms[times->count++] = ms;
}

static double at_share(const struct times *times, unsigned percent)
{
	unsigned rank = (times->count * percent + 99) / 100;

	return times->count ? (double)times->ms[rank ? rank - 1 : 0] / 1000 : 0;
}

static unsigned within(const struct times *times, int64_t seconds)
{
	unsigned count = 0;

	while (count < times->count && times->ms[count] <= seconds * 1000)
		count++;
	return count;
}

static double share(unsigned part, unsigned whole)
{
	return whole ? 100.0 * part / whole : 0;
}

static struct load *load_of(struct kpi *kpi, const char *user)
{
	struct load *load;

	HASH_FIND_STR(kpi->load, user, load);
	if (load)
		return load;
	load = calloc(1, sizeof *load);
	if (!load)
		return NULL;
	text_cut(load->user, sizeof load->user, user);
	HASH_ADD_STR(kpi->load, user, load);
	return load;
}

static enum err count_load(struct kpi *kpi, const struct year_row *row)
{
	enum incident_event e = row->event;
	bool accepted =
		e == INCIDENT_EVENT_ACCEPTED || e == INCIDENT_EVENT_TAKEN_OVER || e == INCIDENT_EVENT_SECOND_COMING;
	bool declined = e == INCIDENT_EVENT_DECLINED || e == INCIDENT_EVENT_REFUSED;

	if (!*row->actor || !(accepted || declined || e == INCIDENT_EVENT_PAGED || e == INCIDENT_EVENT_TIMED_OUT))
		return ERR_OK;
	struct load *load = load_of(kpi, row->actor);
	if (!load)
		return ERR_NOMEM;
	load->pages += e == INCIDENT_EVENT_PAGED;
	load->accepted += accepted;
	load->declined += declined;
	load->silent += e == INCIDENT_EVENT_TIMED_OUT;
	return ERR_OK;
}

static void earliest(struct wall *moment, struct wall at)
{
	if (!wall_is_set(*moment) || at.ms < moment->ms)
		*moment = at;
}

static enum err read_row(struct kpi *kpi, const struct year_row *row)
{
	struct life *l = &kpi->lives[row->incident];

	switch (row->event) {
	case INCIDENT_EVENT_PAGED:
		earliest(&l->asked, row->at);
		l->paged = row->revision < l->paged ? row->revision : l->paged;
		break;
	case INCIDENT_EVENT_ESCALATED:
		earliest(&l->asked, row->at);
		l->escalated = row->revision < l->escalated ? row->revision : l->escalated;
		break;
	case INCIDENT_EVENT_ACCEPTED:
		earliest(&l->answered, row->at);
		break;
	case INCIDENT_EVENT_ARRIVED:
		earliest(&l->arrived, row->at);
		break;
	case INCIDENT_EVENT_RESOLVED:
		earliest(&l->ended, row->at);
		break;
	default:
		break;
	}
	return count_load(kpi, row);
}

static void count_rule(struct kpi *kpi, const struct year_incident *i)
{
	unsigned r = 0;

	while (r < kpi->rule_count && strcmp(kpi->rules[r].name, i->rule) != 0)
		r++;
	if (r == kpi->rule_count)
		text_cut(kpi->rules[kpi->rule_count++].name, WORD_BYTES, i->rule);
	kpi->rules[r].ended++;
	kpi->rules[r].falsely += i->outcome == OUTCOME_FALSE_ALARM;
}

static void read_life(struct kpi *kpi, const struct life *l)
{
	kpi->levels[l->incident->level]++;
	kpi->ended += wall_is_set(l->ended);
	if (l->incident->outcome != OUTCOME_NONE)
		count_rule(kpi, l->incident);
	if (wall_is_set(l->arrived))
		times_add(&kpi->on_site, l->arrived.ms - l->incident->opened.ms);
	if (!wall_is_set(l->asked))
		return;
	kpi->asked++;
	kpi->nobody += l->escalated < l->paged;
	if (wall_is_set(l->answered) && l->answered.ms >= l->asked.ms)
		times_add(&kpi->answered, l->answered.ms - l->asked.ms);
}

static int by_pages(const struct load *a, const struct load *b)
{
	if (a->pages != b->pages)
		return a->pages < b->pages ? 1 : -1;
	return strcmp(a->user, b->user);
}

static int by_ended(const void *a, const void *b)
{
	const struct rule *x = a, *y = b;

	if (x->ended != y->ended)
		return x->ended < y->ended ? 1 : -1;
	return strcmp(x->name, y->name);
}

static enum err count(const struct year *year, struct kpi *kpi)
{
	unsigned incidents = year->outcome->incidents;
	enum err err = ERR_OK;

	kpi->lives = calloc(incidents + 1, sizeof *kpi->lives);
	kpi->answered.ms = calloc(incidents + 1, sizeof *kpi->answered.ms);
	kpi->on_site.ms = calloc(incidents + 1, sizeof *kpi->on_site.ms);
	kpi->room = calloc(incidents + 1, sizeof *kpi->room);
	if (!kpi->lives || !kpi->answered.ms || !kpi->on_site.ms || !kpi->room)
		return ERR_NOMEM;
	for (const struct year_incident *i = year->incidents; i; i = i->hh.next)
		kpi->lives[i->number] = (struct life){.incident = i,
			.asked = WALL_NONE,
			.answered = WALL_NONE,
			.arrived = WALL_NONE,
			.ended = WALL_NONE,
			.paged = UINT32_MAX,
			.escalated = UINT32_MAX};
	for (unsigned r = 0; r < year->row_count && !err; r++)
		err = read_row(kpi, &year->rows[r]);
	for (unsigned i = 0; i < incidents && !err; i++)
		read_life(kpi, &kpi->lives[i]);
	qsort(kpi->answered.ms, kpi->answered.count, sizeof *kpi->answered.ms, by_value);
	qsort(kpi->on_site.ms, kpi->on_site.count, sizeof *kpi->on_site.ms, by_value);
	qsort(kpi->rules, kpi->rule_count, sizeof *kpi->rules, by_ended);
	HASH_SORT(kpi->load, by_pages);
	return err;
}

/* ---- the tables ---- */

static void tell_kpi(const struct year *year, const struct kpi *kpi)
{
	const struct times *a = &kpi->answered, *s = &kpi->on_site;
	FILE *out = year->out;

	fprintf(out, "\n%-34s %9s  %s\n", "figure (curtain kpi)", "measured", "aim");
	fprintf(out, "%-34s %9u\n", "incidents", year->outcome->incidents);
	for (unsigned l = 0; l < ALERT_MAINTENANCE; l++)
		fprintf(out, "  level %-26s %9u\n", alert_level_name((enum alert_level)l), kpi->levels[l]);
	fprintf(out, "%-34s %9u\n", "asked somebody", kpi->asked);
	fprintf(out, "%-34s %8.1f%%  97.5%%\n", "answered within 60 s", share(within(a, 60), kpi->asked));
	fprintf(out, "%-34s %8.1f%%  99%%\n", "answered within 180 s", share(within(a, 180), kpi->asked));
	fprintf(out, "%-34s %9.0f\n", "answered p50, s", at_share(a, 50));
	fprintf(out, "%-34s %9.0f\n", "answered p90, s", at_share(a, 90));
	fprintf(out, "%-34s %9.0f\n", "answered p99, s", at_share(a, 99));
	fprintf(out, "%-34s %8.1f%%  90%%\n", "on site within 45 min", share(within(s, 2700), s->count));
	fprintf(out, "%-34s %8.1f%%  all\n", "on site within 60 min", share(within(s, 3600), s->count));
	fprintf(out, "%-34s %8.1f%%\n", "somebody on duty", 100 - share(kpi->nobody, kpi->asked));
	for (unsigned r = 0; r < kpi->rule_count; r++)
		fprintf(out, "  false alarms, %-18s %8.1f%%  of %u\n", kpi->rules[r].name,
			share(kpi->rules[r].falsely, kpi->rules[r].ended), kpi->rules[r].ended);
}

static void tell_accepts(const struct year *year, int64_t *room)
{
	fprintf(year->out, "\n%-10s %-6s %9s %8s %6s %6s %6s %7s\n", "accepted", "", "incidents", "by desk", "p50 s",
		"p90 s", "p99 s", "most s");
	for (unsigned level = 0; level < ALERT_MAINTENANCE; level++)
		for (int night = 0; night < 2; night++) {
			struct times times = {.ms = room};
			unsigned desk = 0;
			for (const struct year_incident *i = year->incidents; i; i = i->hh.next)
				if (i->level == (enum alert_level)level && !i->going && wall_is_set(i->accepted) &&
					year_by_night(year, i->since) == (night == 1)) {
					times_add(&times, i->accepted.ms - i->since.ms);
					desk += i->by_desk;
				}
			qsort(times.ms, times.count, sizeof *times.ms, by_value);
			fprintf(year->out, "%-10s %-6s %9u %7.1f%% %6.0f %6.0f %6.0f %7.0f\n",
				alert_level_name((enum alert_level)level), night ? "night" : "day", times.count,
				share(desk, times.count), at_share(&times, 50), at_share(&times, 90),
				at_share(&times, 99), at_share(&times, 100));
		}
}

static int by_unsigned(const void *a, const void *b)
{
	unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

	return (x > y) - (x < y);
}

static void tell_load(const struct year *year)
{
	static const char *const names[] = {"pages", "accepts", "duties", "nights", "weekends and holidays"};
	unsigned values[YEAR_PEOPLE];

	fprintf(year->out, "\n%-24s %6s %6s %6s\n", "of one volunteer", "least", "median", "most");
	for (unsigned k = 0; k < sizeof names / sizeof *names; k++) {
		for (unsigned i = 0; i < YEAR_PEOPLE; i++) {
			const struct year_person *p = &year->person[i];
			const unsigned of[] = {p->pages, p->accepts, p->duties, p->nights, p->shared};
			values[i] = of[k];
		}
		qsort(values, YEAR_PEOPLE, sizeof *values, by_unsigned);
		fprintf(year->out, "%-24s %6u %6u %6u\n", names[k], values[0], values[YEAR_PEOPLE / 2],
			values[YEAR_PEOPLE - 1]);
	}
}

/* ---- the same for a program ---- */

static void write_times(FILE *out, const char *name, const struct times *t, unsigned one, unsigned two)
{
	fprintf(out, "\"%s\":{\"count\":%u,\"within\":{\"%u\":%u,\"%u\":%u},\"p50\":%.3f,\"p90\":%.3f,\"p99\":%.3f},",
		name, t->count, one, within(t, one), two, within(t, two), at_share(t, 50), at_share(t, 90),
		at_share(t, 99));
}

static void write_kpi(const struct year *year, const struct kpi *kpi)
{
	FILE *out = year->log;
	unsigned l, r;

	fprintf(out, "{\"lane\":\"kpi\",\"item\":{\"incidents\":%u,\"asked\":%u,\"ended\":%u,\"levels\":{",
		year->outcome->incidents, kpi->asked, kpi->ended);
	for (l = 0, r = 0; l < ALERT_LEVEL_COUNT; l++)
		if (kpi->levels[l])
			fprintf(out, "%s\"%s\":%u", r++ ? "," : "", alert_level_name((enum alert_level)l),
				kpi->levels[l]);
	fputs("},", out);
	write_times(out, "answered", &kpi->answered, 60, 180);
	write_times(out, "on_site", &kpi->on_site, 2700, 3600);
	fputs("\"rules\":[", out);
	for (r = 0; r < kpi->rule_count; r++)
		fprintf(out, "%s{\"rule\":\"%s\",\"ended\":%u,\"false_alarms\":%u}", r ? "," : "", kpi->rules[r].name,
			kpi->rules[r].ended, kpi->rules[r].falsely);
	fputs("],\"load\":[", out);
	for (const struct load *load = kpi->load; load; load = load->hh.next)
		fprintf(out, "%s{\"user\":\"%s\",\"pages\":%u,\"accepted\":%u,\"declined\":%u,\"silent\":%u}",
			load == kpi->load ? "" : ",", load->user, load->pages, load->accepted, load->declined,
			load->silent);
	fprintf(out, "],\"coverage\":{\"asked\":%u,\"nobody_on_duty\":%u}}}\n", kpi->asked, kpi->nobody);
}

enum err year_tell(struct year *year)
{
	struct kpi kpi = {0};
	struct load *load, *next;
	enum err err = count(year, &kpi);

	if (!err) {
		tell_accepts(year, kpi.room);
		tell_load(year);
	}
	if (!err && year->log)
		write_kpi(year, &kpi);
	if (!err)
		tell_kpi(year, &kpi);
	HASH_ITER(hh, kpi.load, load, next)
	{
		HASH_DEL(kpi.load, load);
		free(load);
	}
	free(kpi.lives);
	free(kpi.room);
	free(kpi.answered.ms);
	free(kpi.on_site.ms);
	return err;
}
