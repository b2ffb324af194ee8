/* SPDX-License-Identifier: MIT */
#include "report_roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "codec/fields.h"
#include "codec/request.h"
#include "report_cover.h"
#include "report_model.h"

#define GAPS_OF_A_TEAM 64

struct report_roster {
	int days;
	struct wall edge[COVER_DAYS_MAX + 1]; /* midnights */
	char label[COVER_DAYS_MAX][DAY_TEXT_BYTES];
	int64_t covered[COVER_DAYS_MAX], whole[COVER_DAYS_MAX];
	json_int_t teams, rostered, gap_count;
	json_t *gaps, *duties;
};

enum err report_roster_create(const struct zone *zone, const char *first, int after, int days,
	struct report_roster **out_roster, struct errinfo *info)
{
	struct report_roster *roster;
	int32_t day;

	if (day_parse(first, &day) || days < 1 || days > COVER_DAYS_MAX)
		return errinfo_set(info, ERR_INVALID, "\"%.20s\" and %d days are no time for a roster", first, days);
	roster = calloc(1, sizeof *roster);
	if (!roster || !(roster->gaps = json_array()) || !(roster->duties = json_array())) {
		report_roster_destroy(roster);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	roster->days = days;
	for (int d = 0; d <= days; d++) {
		struct civil local = {
			.year = atoi(first), .month = atoi(first + 5), .day = atoi(first + 8) + after + d};
		roster->edge[d] = zone_from_civil(zone, local);
		if (d < days)
			day_format(day + after + d, roster->label[d]);
	}
	*out_roster = roster;
	return ERR_OK;
}

void report_roster_destroy(struct report_roster *roster)
{
	if (!roster)
		return;
	json_decref(roster->gaps);
	json_decref(roster->duties);
	free(roster);
}

/* put_wall sets a member to a time as on the wire. */
static void put_wall(json_t *object, const char *name, struct wall at)
{
	char text[WALL_TEXT_BYTES];

	wall_format(at, text);
	json_object_set_new(object, name, json_string(text));
}

static void put_place(json_t *object, const char *team, const char *community)
{
	json_object_set_new(object, "team", json_string(team));
	json_object_set_new(object, "community", json_string(community));
}

static void put_duty(struct report_roster *roster, const char *team, const char *community, const json_t *item)
{
	json_t *duty = json_object();

	put_place(duty, team, community);
	json_object_set_new(duty, "shift", json_string(report_text(item, "shift")));
	json_object_set_new(duty, "user", json_string(report_text(item, "user")));
	put_wall(duty, "from", fields_wall_or_none(item, "from"));
	put_wall(duty, "until", fields_wall_or_none(item, "until"));
	json_array_append_new(roster->duties, duty);
}

static void count_team(
	struct report_roster *roster, const char *team, const char *community, struct cover_span *spans, size_t count)
{
	struct cover_span gaps[GAPS_OF_A_TEAM];
	size_t found = cover_gaps(spans, count, roster->edge[0], roster->edge[roster->days], gaps, GAPS_OF_A_TEAM);

	roster->rostered++;
	roster->gap_count += (json_int_t)found;
	for (size_t i = 0; i < found && i < GAPS_OF_A_TEAM; i++) {
		json_t *gap = json_object();
		put_place(gap, team, community);
		put_wall(gap, "from", gaps[i].from);
		put_wall(gap, "until", gaps[i].until);
		json_array_append_new(roster->gaps, gap);
	}
	for (int d = 0; d < roster->days; d++) {
		roster->covered[d] += cover_ms(spans, count, roster->edge[d], roster->edge[d + 1]);
		roster->whole[d] += roster->edge[d + 1].ms - roster->edge[d].ms;
	}
}

enum err report_roster_add(
	struct report_roster *roster, const char *team, const char *community, const char *answer, struct errinfo *info)
{
	json_t *root;
	struct cover_span *spans;
	size_t count = 0;
	enum err err = fields_load(answer, strlen(answer), REQUEST_BYTES_MAX, &root, info);

	if (err)
		return err;
	const json_t *items = json_object_get(root, "items");
	spans = calloc(json_array_size(items) + 1, sizeof *spans);
	if (!spans) {
		json_decref(root);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		struct cover_span span = {fields_wall_or_none(item, "from"), fields_wall_or_none(item, "until")};
		if (!*report_text(item, "user") || !wall_is_set(span.from) ||
			span.from.ms >= roster->edge[roster->days].ms || span.until.ms <= roster->edge[0].ms)
			continue;
		spans[count++] = span;
		if (roster->days == 1)
			put_duty(roster, team, community, item);
	}
	roster->teams++;
	if (count)
		count_team(roster, team, community, spans, count);
	free(spans);
	json_decref(root);
	return ERR_OK;
}

static int by_begin(const void *a, const void *b)
{
	const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
	int order = strcmp(report_text(one, "from"), report_text(other, "from"));

	return order ? order : strcmp(report_text(one, "team"), report_text(other, "team"));
}

/* sorted gives up to most of the array's objects in order of their begin. */
static json_t *sorted(const json_t *array, size_t most)
{
	size_t count = json_array_size(array);
	json_t **rows = calloc(count + 1, sizeof(json_t *)), *made = json_array();

	for (size_t i = 0; rows && i < count; i++)
		rows[i] = json_array_get(array, i);
	if (rows && count)
		qsort(rows, count, sizeof *rows, by_begin);
	for (size_t i = 0; rows && i < count && i < most; i++)
		json_array_append(made, rows[i]);
	free(rows);
	return made;
}

json_t *report_roster_json(const struct report_roster *roster)
{
	json_t *made = json_object(), *days = json_array();

	for (int d = 0; d < roster->days; d++) {
		json_t *day = json_object();
		json_object_set_new(day, "day", json_string(roster->label[d]));
		json_object_set_new(day, "minutes", json_integer(roster->covered[d] / MS_PER_MINUTE));
		json_object_set_new(day, "whole", json_integer(roster->whole[d] / MS_PER_MINUTE));
		json_array_append_new(days, day);
	}
	json_object_set_new(made, "from", json_string(roster->label[0]));
	json_object_set_new(made, "until", json_string(roster->label[roster->days - 1]));
	json_object_set_new(made, "teams", json_integer(roster->teams));
	json_object_set_new(made, "rostered", json_integer(roster->rostered));
	json_object_set_new(made, "days", days);
	json_object_set_new(made, "gap_count", json_integer(roster->gap_count));
	json_object_set_new(made, "gaps", sorted(roster->gaps, ROSTER_GAPS_TOLD));
	if (roster->days == 1)
		json_object_set_new(made, "duties", sorted(roster->duties, SIZE_MAX));
	return made;
}

json_t *report_roster_missing(const char *why)
{
	json_t *made = json_object();

	json_object_set_new(made, "missing", json_string(why));
	return made;
}
