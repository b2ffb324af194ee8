/* SPDX-License-Identifier: MIT
 *
 * answers_timeline. An item says in "what" of which kind it is; a kind of a later version is shown with its name alone.
 */
#include <jansson.h>
#include <string.h>

#include "answers.h"
#include "codec/fields.h"
#include "incident_text.h"
#include "show.h"
#include "words.h"

#define ANSWER_BYTES_MAX (8u << 20)
#define DATE_LENGTH 10

static const char *text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text ? text : "";
}

/* level_word and the like give the wire's word where it is not known here. */
static const char *level_word(const json_t *item)
{
	enum alert_level level;

	return alert_level_find(text_of(item, "level"), &level) ? text_of(item, "level") : words_level(level);
}

static void head(const json_t *item, const char *what, const struct zone *zone, struct buf *out)
{
	char time[SHOW_TIME_BYTES];

	show_time(zone, fields_wall_or_none(item, "at"), time);
	buf_printf(out, "%s  %s  ", time, what);
	show_clean(out, level_word(item), 0);
	buf_byte(out, ' ');
	show_clean(out, text_of(item, "reason_zh"), 0);
	buf_text(out, "  ");
}

static void tail(const json_t *item, struct buf *out)
{
	buf_text(out, "  [");
	show_clean(out, text_of(item, "id"), 0);
	buf_byte(out, ' ');
	show_clean(out, text_of(item, "kind"), 0);
	buf_byte(out, ' ');
	show_clean(out, text_of(item, "state"), 0);
	buf_text(out, "] ");
	show_clean(out, text_of(item, "reason_en"), 0);
	buf_byte(out, '\n');
}

/* event_line shows the date only where it is another one than the incident's. */
static void event_line(
	const json_t *event, enum outcome outcome, const char *opened, const struct zone *zone, struct buf *out)
{
	enum incident_event kind;
	char time[SHOW_TIME_BYTES];

	show_time(zone, fields_wall_or_none(event, "at"), time);
	buf_printf(out, "    %s  ",
		strncmp(time, opened, DATE_LENGTH) != 0 || strlen(time) <= DATE_LENGTH ? time : time + DATE_LENGTH + 1);
	if (incident_event_find(text_of(event, "event"), &kind))
		show_clean(out, text_of(event, "event"), 0);
	else
		incident_text_event(kind, text_of(event, "actor"), outcome, text_of(event, "note"), out);
	buf_byte(out, '\n');
}

static void incident_item(const json_t *item, const struct zone *zone, struct buf *out)
{
	enum incident_state state;
	enum outcome outcome = OUTCOME_NONE;
	const json_t *events = json_object_get(item, "events");
	char opened[SHOW_TIME_BYTES];

	head(item, "事件", zone, out);
	show_clean(out,
		incident_state_find(text_of(item, "state"), &state) ? text_of(item, "state")
								    : words_incident_state(state),
		0);
	if (!outcome_find(text_of(item, "outcome"), &outcome) && outcome != OUTCOME_NONE)
		buf_printf(out, "：%s", words_outcome(outcome));
	tail(item, out);
	show_time(zone, fields_wall_or_none(item, "at"), opened);
	for (size_t i = 0; i < json_array_size(events); i++)
		event_line(json_array_get(events, i), outcome, opened, zone, out);
}

static void alert_item(const json_t *item, const struct zone *zone, struct buf *out)
{
	enum alert_state state;

	head(item, "警报", zone, out);
	show_clean(out,
		alert_state_find(text_of(item, "state"), &state) ? text_of(item, "state") : words_alert_state(state),
		0);
	tail(item, out);
}

static void quantity_part(const char *name, const json_t *counts, struct buf *out)
{
	const json_t *delta = json_object_get(counts, "delta");
	enum quantity quantity;
	bool known = !quantity_find(name, &quantity);

	show_clean(out, known ? words_quantity(quantity) : name, 0);
	if (json_is_number(delta))
		buf_printf(out, " +%.4g %s", json_number_value(delta), known ? quantity_info(quantity)->unit : "");
	else
		buf_printf(out, " %lld 条", (long long)json_integer_value(json_object_get(counts, "readings")));
}

static void day_item(const json_t *item, const struct zone *zone, struct buf *out)
{
	const json_t *quantities = json_object_get(item, "quantities"), *counts;
	char first[SHOW_TIME_BYTES], last[SHOW_TIME_BYTES];
	const char *name, *between = "  ";

	show_clock(zone, fields_wall_or_none(item, "first"), first);
	show_clock(zone, fields_wall_or_none(item, "last"), last);
	show_clean(out, text_of(item, "day"), 0);
	buf_printf(out, "           日计  %lld 条读数 %s–%s",
		(long long)json_integer_value(json_object_get(item, "readings")), first, last);
	json_object_foreach((json_t *)(uintptr_t)quantities, name, counts)
	{
		buf_text(out, between);
		quantity_part(name, counts, out);
		between = "，";
	}
	buf_byte(out, '\n');
}

static void errand_item(const json_t *item, const struct zone *zone, struct buf *out)
{
	char time[SHOW_TIME_BYTES];

	show_time(zone, fields_wall_or_none(item, "at"), time);
	buf_printf(out, "%s  ", time);
	show_clean(out, words_errand_kind(text_of(item, "kind")), 0);
	buf_text(out, "  ");
	show_clean(out, text_of(item, "subject"), 0);
	buf_byte(out, ' ');
	show_clean(out, text_of(item, "reason_zh"), 0);
	buf_text(out, "  ");
	show_clean(out, words_errand_state(text_of(item, "state")), 0);
	if (json_is_true(json_object_get(item, "overdue")))
		buf_text(out, "，已逾期 (overdue)");
	if (*text_of(item, "assignee")) {
		buf_text(out, "，");
		show_clean(out, text_of(item, "assignee"), 0);
	}
	tail(item, out);
}

static void item_text(const json_t *item, const struct zone *zone, struct buf *out)
{
	const char *what = text_of(item, "what");

	if (!strcmp(what, "incident")) {
		incident_item(item, zone, out);
	} else if (!strcmp(what, "alert")) {
		alert_item(item, zone, out);
	} else if (!strcmp(what, "day")) {
		day_item(item, zone, out);
	} else if (!strcmp(what, "errand")) {
		errand_item(item, zone, out);
	} else {
		head(item, "?", zone, out);
		show_clean(out, what, 0);
		buf_byte(out, '\n');
	}
}

enum err answers_timeline(
	const char *json, const struct zone *zone, struct buf *out, bool *out_known, struct errinfo *info)
{
	json_t *root, *items;
	enum err err = fields_load(json, strlen(json), ANSWER_BYTES_MAX, &root, info);

	if (err)
		return err;
	items = json_object_get(root, "items");
	if (json_is_array(items)) {
		bool known = json_is_true(json_object_get(root, "known"));
		buf_text(out, "住户 ");
		show_clean(out, text_of(root, "household"), 0);
		if (json_array_size(items))
			buf_printf(out, "：%zu 条，最新在前 (newest first)%s\n\n", json_array_size(items),
				known ? "" : "；已不在册 (no longer in the registry)");
		else
			buf_text(out,
				known ? "：还没有记录 (nothing is known yet)\n" : "：不在册 (not in the registry)\n");
		for (size_t i = 0; i < json_array_size(items); i++)
			item_text(json_array_get(items, i), zone, out);
		*out_known = known || json_array_size(items);
		err = out->failed;
	} else {
		err = errinfo_set(info, ERR_INVALID, "the answer has no \"items\"");
	}
	json_decref(root);
	return err;
}
