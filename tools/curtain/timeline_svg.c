/* SPDX-License-Identifier: MIT */
#include "timeline_svg.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/day.h"
#include "codec/fields.h"
#include "timeline_chart.h"
#include "words.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define TAIL_DAYS 7 /* what is agreed for later stands so far behind the last day with readings */

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

static double day_of(const struct zone *zone, struct wall at)
{
	struct civil c = zone_to_civil(zone, at);

	return (double)civil_days(c.year, (unsigned)c.month, (unsigned)c.day) +
	       (double)(c.hour * 60 + c.minute) / (double)(24 * 60);
}

/* ---- days and signals ---- */

static struct chart_row *row_of(struct chart *chart, const char *name)
{
	enum quantity quantity;

	for (unsigned i = 0; i < chart->row_count; i++)
		if (!strcmp(quantity_info(chart->rows[i].quantity)->name, name))
			return &chart->rows[i];
	if (quantity_find(name, &quantity) || chart->row_count == QUANTITY_COUNT)
		return NULL;
	struct chart_row *row = &chart->rows[chart->row_count++];
	row->quantity = quantity;
	for (unsigned d = 0; d < TIMELINE_SVG_DAYS_MAX; d++)
		row->values[d] = NAN;
	return row;
}

static void take_day(struct chart *chart, const json_t *item)
{
	const char *name;
	json_t *counts;
	int32_t day;

	if (day_parse(text_of(item, "day"), &day) || day < chart->first || day >= chart->first + (int32_t)chart->days)
		return;
	json_object_foreach(json_object_get(item, "quantities"), name, counts)
	{
		const json_t *delta = json_object_get(counts, "delta");
		struct chart_row *row = row_of(chart, name);
		if (!row)
			continue;
		row->metered |= json_is_number(delta);
		row->values[day - chart->first] =
			json_number_value(json_is_number(delta) ? delta : json_object_get(counts, "readings"));
	}
}

/* ---- marks ---- */

static enum chart_fill fill_of_errand(const json_t *item)
{
	const char *state = text_of(item, "state");

	if (!strcmp(state, "confirmed"))
		return CHART_RINGED;
	if (!strcmp(state, "done"))
		return CHART_FULL;
	if (!strcmp(state, "missed"))
		return CHART_CROSSED;
	if (!strcmp(state, "refused"))
		return CHART_STRUCK;
	return json_is_true(json_object_get(item, "overdue")) ? CHART_CROSSED : CHART_HOLLOW;
}

static bool mark_of_errand(const json_t *item, const struct zone *zone, struct chart_mark *mark)
{
	const char *kind = text_of(item, "kind");

	if (!strcmp(text_of(item, "state"), "cancelled"))
		return false;
	mark->lane = !strcmp(kind, "task") ? CHART_TASKS : !strcmp(kind, "service") ? CHART_SERVICES : CHART_VISITS;
	mark->fill = fill_of_errand(item);
	mark->until = mark->lane == CHART_TASKS ? day_of(zone, fields_wall_or_none(item, "until")) : mark->at;
	return true;
}

static void mark_of_alert(const json_t *item, struct chart_mark *mark)
{
	enum alert_level level = ALERT_ATTENTION;

	mark->lane = CHART_ALERTS;
	if (!alert_level_find(text_of(item, "level"), &level) && level <= ALERT_ALARM)
		mark->fill = level == ALERT_LIFE ? CHART_RINGED : CHART_FULL;
	else
		mark->fill = level == ALERT_MAINTENANCE ? CHART_STRUCK : CHART_HOLLOW;
}

static void mark_of_incident(const json_t *item, struct chart_mark *mark)
{
	const char *outcome = text_of(item, "outcome"), *state = text_of(item, "state");

	mark->lane = CHART_INCIDENTS;
	if (!strcmp(outcome, "helped") || !strcmp(outcome, "ambulance"))
		mark->fill = CHART_FULL;
	else if (!strcmp(outcome, "false_alarm") || !strcmp(outcome, "away") || !strcmp(state, "cancelled"))
		mark->fill = CHART_HOLLOW;
	else
		mark->fill = strcmp(state, "resolved") != 0 ? CHART_CROSSED : CHART_FULL;
}

/* mark_of tells what an item is in the picture; false: nothing of it. */
static bool mark_of(const json_t *item, const struct zone *zone, struct chart_mark *mark)
{
	const char *what = text_of(item, "what");
	struct wall at = fields_wall_or_none(item, "at");

	if (!wall_is_set(at))
		return false;
	*mark = (struct chart_mark){.at = day_of(zone, at)};
	mark->until = mark->at;
	snprintf(mark->title, sizeof mark->title, "%s %s%s%s [%s]", text_of(item, "kind"), text_of(item, "subject"),
		*text_of(item, "subject") ? " " : "", text_of(item, "state"), text_of(item, "id"));
	if (!strcmp(what, "alert"))
		mark_of_alert(item, mark);
	else if (!strcmp(what, "incident"))
		mark_of_incident(item, mark);
	else if (!strcmp(what, "errand"))
		return mark_of_errand(item, zone, mark);
	else
		return false;
	return true;
}

/* last_day: the newest day of which something is known, and up to TAIL_DAYS that have only what is ahead. */
static int32_t last_day(const json_t *items, const struct zone *zone)
{
	int32_t known = INT32_MIN, ahead = INT32_MIN, day;
	struct chart_mark mark;

	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		if (!strcmp(text_of(item, "what"), "day") && !day_parse(text_of(item, "day"), &day))
			known = day > known ? day : known;
		else if (mark_of(item, zone, &mark) && mark.at > ahead)
			ahead = (int32_t)mark.at;
	}
	if (known == INT32_MIN)
		return ahead;
	return ahead > known + TAIL_DAYS ? known + TAIL_DAYS : ahead > known ? ahead : known;
}

static void take_items(struct chart *chart, const json_t *items, const struct zone *zone)
{
	for (size_t i = json_array_size(items); i-- > 0;) { /* the oldest first */
		const json_t *item = json_array_get(items, i);
		struct chart_mark mark;
		if (!strcmp(text_of(item, "what"), "day"))
			take_day(chart, item);
		else if (mark_of(item, zone, &mark) && mark.at >= chart->first &&
			 mark.at < chart->first + (double)chart->days && chart->mark_count < CHART_MARKS_MAX)
			chart->marks[chart->mark_count++] = mark;
	}
}

enum err timeline_svg(const char *json, const struct zone *zone, unsigned days, struct buf *out, bool *out_known,
	struct errinfo *info)
{
	static struct chart chart; /* large, and a tool draws one at a time */
	json_t *root, *items;
	int32_t last;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	items = json_object_get(root, "items");
	if (!json_is_array(items)) {
		json_decref(root);
		return errinfo_set(info, ERR_INVALID, "the answer has no \"items\"");
	}
	last = last_day(items, zone);
	memset(&chart, 0, sizeof chart);
	chart.days = days < 7 ? 7 : days > TIMELINE_SVG_DAYS_MAX ? TIMELINE_SVG_DAYS_MAX : days;
	chart.first = last == INT32_MIN ? 0 : last - (int32_t)chart.days + 1;
	snprintf(chart.household, sizeof chart.household, "%s", text_of(root, "household"));
	take_items(&chart, items, zone);
	*out_known = json_is_true(json_object_get(root, "known")) || json_array_size(items);
	json_decref(root);
	chart_draw(&chart, out);
	return out->failed;
}
