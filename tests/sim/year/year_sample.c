/* SPDX-License-Identifier: MIT
 *
 * A planning task as docs/roster.md has it, and its roster, side by side in a folder: TASK.task.json, TASK.roster.json.
 */
#include <string.h>

#include "dispatcher/roster/roster_json.h"
#include "year_internal.h"

static void date(const struct team *team, const char *name, int day, struct buf *out)
{
	char text[16];

	roster_json_date(team, day, text);
	buf_printf(out, "\"%s\":\"%s\"", name, text);
}

static void tags(const struct team *team, uint32_t set, struct buf *out)
{
	const char *comma = "";

	buf_byte(out, '[');
	for (int t = 0; t < team->tags; t++)
		if (set >> t & 1) {
			buf_printf(out, "%s\"%s\"", comma, team->tag[t]);
			comma = ",";
		}
	buf_byte(out, ']');
}

static void dates(const struct team *team, const uint8_t *days, struct buf *out)
{
	char text[16];
	const char *comma = "";

	buf_byte(out, '[');
	for (int d = 0; d < team->days; d++) {
		if (!days[d])
			continue;
		roster_json_date(team, d, text);
		buf_printf(out, "%s\"%s\"", comma, text);
		comma = ",";
	}
	buf_byte(out, ']');
}

static void volunteer(const struct team *team, const struct team_volunteer *v, struct buf *out)
{
	static const char *const parts[] = {"[]", "[\"day\"]", "[\"night\"]", "[\"day\",\"night\"]"};

	buf_printf(out, "{\"id\":\"%s\",\"tags\":", v->id);
	tags(team, v->tags, out);
	buf_text(out, ",\"weekly\":[");
	for (int d = 0; d < 7; d++)
		buf_printf(out, "%s%s", d ? "," : "", parts[v->weekly[d] & 3]);
	buf_text(out, "],\"away\":");
	dates(team, v->away, out);
	buf_printf(out,
		",\"at_most\":%d,\"served\":%d,\"km\":%d.%03d,\"nights_in_row\":%s,"
		"\"carried\":{\"duties\":%d,\"nights\":%d,\"weekends\":%d}",
		v->at_most, v->served, v->metres / 1000, v->metres % 1000, v->nights_in_row ? "true" : "false",
		v->duties, v->nights, v->weekends);
	if (v->last >= 0)
		buf_printf(out, ",\"last\":{\"shift\":\"%s\",\"days\":%d}", year_shift_names[v->last], v->last_days);
	buf_byte(out, '}');
}

static void previous(const struct team *team, struct buf *out)
{
	buf_text(out, ",\"previous\":{");
	for (int v = 0; v < team->volunteers; v++) {
		buf_printf(out, "%s\"%s\":[", v ? "," : "", team->volunteer[v].id);
		for (int d = 0; d < team->days; d++) {
			const int8_t *shift = &team->previous[v * team->days + d];
			buf_printf(out, *shift < 0 ? "%snull" : "%s\"%s\"", d ? "," : "",
				*shift < 0 ? "" : year_shift_names[*shift]);
		}
		buf_byte(out, ']');
	}
	char text[16];
	roster_json_date(team, team->frozen_day, text);
	buf_printf(out, "},\"frozen_until\":\"%sT%02d:%02d\"", text, team->frozen_min / 60, team->frozen_min % 60);
}

/* fixed: what people took by their own word. */
static void fixed(const struct team *team, struct buf *out)
{
	const char *comma = "";

	buf_text(out, ",\"fixed\":[");
	for (int v = 0; v < team->volunteers; v++)
		for (int d = 0; d < team->days; d++) {
			const int8_t *shift = &team->fixed[v * team->days + d];
			if (*shift < 0)
				continue;
			buf_printf(out, "%s{\"volunteer\":\"%s\",", comma, team->volunteer[v].id);
			date(team, "date", d, out);
			buf_printf(out, ",\"shift\":\"%s\"}", year_shift_names[*shift]);
			comma = ",";
		}
	buf_byte(out, ']');
}

static void task(const struct team *team, struct buf *out)
{
	buf_printf(out, "{\"team\":\"%s\",", team->id);
	date(team, "from", 0, out);
	buf_printf(out, ",\"days\":%d,\"holidays\":", team->days);
	dates(team, team->holiday, out);
	buf_text(out, ",\"shifts\":[");
	for (int s = 0; s < team->shifts; s++) {
		const struct team_shift *shift = &team->shift[s];
		buf_printf(out,
			"%s{\"id\":\"%s\",\"part\":\"%s\",\"weight\":%d,\"need\":%d,\"need_holiday\":%d,\"requires\":",
			s ? "," : "", shift->id, team->part[shift->part].id, shift->weight, shift->need,
			shift->need_holiday);
		tags(team, shift->requires, out);
		buf_byte(out, '}');
	}
	buf_printf(out,
		"],\"beside\":[{\"part\":\"night\",\"tags\":[\"first_aid\"],\"weight\":%d}],\"rules\":"
		"{\"max_run\":%d},\"volunteers\":[",
		team->beside[0].weight, team->max_run);
	for (int v = 0; v < team->volunteers; v++) {
		if (v)
			buf_byte(out, ',');
		volunteer(team, &team->volunteer[v], out);
	}
	buf_text(out, "],\"pairs\":[");
	for (int i = 0; i < team->pairs; i++)
		buf_printf(out, "%s{\"a\":\"%s\",\"b\":\"%s\",\"weight\":%d,\"together\":%s}", i ? "," : "",
			team->volunteer[team->pair[i].a].id, team->volunteer[team->pair[i].b].id, team->pair[i].weight,
			team->pair[i].together ? "true" : "false");
	buf_text(out, "],\"wishes\":[");
	for (int i = 0; i < team->wishes; i++) {
		buf_printf(out, "%s{\"volunteer\":\"%s\",", i ? "," : "", team->volunteer[team->wish[i].volunteer].id);
		date(team, "date", team->wish[i].day, out);
		buf_printf(out, ",\"want\":%s,\"weight\":%d}", team->wish[i].want ? "true" : "false",
			team->wish[i].weight);
	}
	buf_byte(out, ']');
	fixed(team, out);
	if (team->has_previous)
		previous(team, out);
	buf_byte(out, '}');
}

static enum err save(const struct year *year, const char *kind, const struct buf *text)
{
	char path[600];

	snprintf(path, sizeof path, "%s/%04u.%s.json", year->options->samples, year->outcome->rosters, kind);
	FILE *file = text->failed ? NULL : fopen(path, "w");
	if (!file)
		return text->failed ? text->failed : ERR_IO;
	bool whole = fwrite(text->data, 1, text->length, file) == text->length;
	return !fclose(file) && whole ? ERR_OK : ERR_IO;
}

enum err year_sample(struct year *year, const struct team *team, const struct roster_plan *plan)
{
	struct buf text;
	enum err err;

	if (!year->options->samples)
		return ERR_OK;
	buf_init(&text, 1 << 20);
	task(team, &text);
	err = save(year, "task", &text);
	buf_reset(&text);
	if (!err)
		err = roster_json_write(team, plan, INT64_MIN, &text);
	if (!err)
		err = save(year, "roster", &text);
	buf_fini(&text);
	return err;
}
