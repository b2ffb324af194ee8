/* SPDX-License-Identifier: MIT */
#include "backtest_read.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "backtest_internal.h"
#include "base/text.h"
#include "codec/codec.h"

enum err read_layout_find(const char *name, enum read_layout *out)
{
	static const char *const names[] = {"daiad", "sgsc10", "senml", "csv"};

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		if (!strcmp(names[i], name)) {
			*out = (enum read_layout)i;
			return ERR_OK;
		}
	}
	return ERR_NOT_FOUND;
}

const char *read_zone_of(enum read_layout layout)
{
	return layout == READ_DAIAD ? "Europe/Madrid" : layout == READ_SGSC10 ? "Australia/Sydney" : NULL;
}

void read_begin(struct reader *reader, enum read_layout layout, const struct zone *zone, struct trace_set *set)
{
	static const struct read_columns daiad = {
		.home = "home", .time = "local_time", .value = "reading_l", .quantity = "water_total"};
	static const struct read_columns sgsc10 = {.home = "home",
		.time = "local_time",
		.value = "kwh",
		.quantity = "energy_total",
		.unit = "kWh",
		.delta = true};

	*reader = (struct reader){.layout = layout, .zone = zone, .quantities = UINT64_MAX, .set = set};
	if (layout == READ_DAIAD || layout == READ_SGSC10)
		reader->columns = layout == READ_DAIAD ? daiad : sgsc10;
	json_tree_init(&reader->tree);
}

void read_end(struct reader *reader)
{
	json_tree_fini(&reader->tree);
}

void read_file_begin(struct reader *reader, const char *file)
{
	reader->file = file;
	reader->line = 0;
}

/* ---- the column map ---- */

static enum err column_set(struct read_columns *columns, const char *key, const char *value, struct errinfo *info)
{
	const struct {
		const char *key;
		char *value;
		size_t size;
	} places[] = {
		{"home", columns->home, sizeof columns->home},
		{"time", columns->time, sizeof columns->time},
		{"value", columns->value, sizeof columns->value},
		{"device", columns->device, sizeof columns->device},
		{"persons", columns->persons, sizeof columns->persons},
		{"quantity", columns->quantity, sizeof columns->quantity},
		{"unit", columns->unit, sizeof columns->unit},
	};

	if (!strcmp(key, "kind")) {
		columns->delta = !strcmp(value, "delta");
		if (!columns->delta && strcmp(value, "counter") != 0)
			return errinfo_set(info, ERR_INVALID,
				"--columns: kind is \"%.40s\"; it is counter (a total) or delta (since the row before)",
				value);
		return ERR_OK;
	}
	for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
		if (!strcmp(places[i].key, key))
			return text_copy(places[i].value, places[i].size, value)
				       ? errinfo_set(info, ERR_RANGE, "--columns: \"%.40s\" is too long", value)
				       : ERR_OK;
	return errinfo_set(info, ERR_INVALID,
		"--columns: no \"%.40s\"; there are home, time, value, kind, quantity, unit, device, persons", key);
}

enum err read_columns_parse(const char *text, struct read_columns *out, struct errinfo *info)
{
	struct read_columns columns = {0};
	char copy[640], *rest = copy, *part;
	enum err err = ERR_OK;

	if (text_copy(copy, sizeof copy, text))
		return errinfo_set(info, ERR_RANGE, "--columns is too long");
	while ((part = strsep(&rest, ",")) && !err) {
		char *equals = strchr(part, '=');
		if (!equals || !equals[1])
			return errinfo_set(info, ERR_INVALID,
				"--columns: \"%.40s\": write home=COLUMN,time=COLUMN,value=COLUMN,quantity=NAME", part);
		*equals = '\0';
		err = column_set(&columns, part, equals + 1, info);
	}
	if (!err && (!*columns.time || !*columns.value || !*columns.quantity))
		err = errinfo_set(info, ERR_INVALID, "--columns must name time, value and quantity");
	if (!err)
		*out = columns;
	return err;
}

/* ---- CSV ---- */

static enum err fault(const struct reader *reader, struct errinfo *info, const char *what, const char *word)
{
	return errinfo_at(info, ERR_INVALID, reader->file, reader->line, 0, "\"%.60s\" %s", word, what);
}

/* split cuts a row at its commas; quoted fields lose their quotes. */
static int split(char *line, char *fields[READ_COLUMNS_MAX])
{
	char *out = line, *in = line;
	int count = 0;

	while (count < READ_COLUMNS_MAX) {
		bool quoted = *in == '"';
		fields[count++] = out;
		in += quoted;
		while (*in && (quoted || *in != ',')) {
			if (quoted && *in == '"') {
				quoted = in[1] == '"';
				in += 1;
				if (!quoted)
					continue;
			}
			*out++ = *in++;
		}
		bool more = *in == ',';
		in += more;
		*out++ = '\0';
		if (!more)
			break;
	}
	return count;
}

static int column_of(char *const fields[], int count, const char *name)
{
	for (int i = 0; i < count && *name; i++)
		if (!strcmp(fields[i], name))
			return i;
	return -1;
}

static enum err read_heading(struct reader *reader, char *line, struct errinfo *info)
{
	const struct read_columns *c = &reader->columns;
	char *fields[READ_COLUMNS_MAX];

	if (!strncmp(line, "\xef\xbb\xbf", 3))
		line += 3;
	int count = split(line, fields);
	const struct {
		const char *name;
		int *at;
	} places[] = {{c->home, &reader->at_home}, {c->time, &reader->at_time}, {c->value, &reader->at_value},
		{c->device, &reader->at_device}, {c->persons, &reader->at_persons}};

	for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
		*places[i].at = column_of(fields, count, places[i].name);
		if (*places[i].name && *places[i].at < 0)
			return fault(reader, info, "is no column of the heading line", places[i].name);
	}
	reader->at_quantity = -1;
	if (quantity_find(c->quantity, &reader->quantity)) {
		reader->at_quantity = column_of(fields, count, c->quantity);
		if (reader->at_quantity < 0)
			return fault(reader, info,
				"is neither a quantity (curtain quantities) nor a column of the heading line",
				c->quantity);
	}
	return ERR_OK;
}

static bool number_of(const char *text, double *out)
{
	char *end;

	errno = 0;
	*out = strtod(text, &end);
	return *text && !*end && isfinite(*out);
}

/* local_of reads "2016-10-30T02:10:00" or "2016-10-30 02:10" as a wall clock's time. */
static bool local_of(const char *text, struct civil *out)
{
	int used = 0;

	*out = (struct civil){0};
	if (sscanf(text, "%4d-%2d-%2d%*1[T ]%2d:%2d%n", &out->year, &out->month, &out->day, &out->hour, &out->minute,
		    &used) != 5 ||
		!used)
		return false;
	if (text[used] == ':') {
		int more = 0;
		if (sscanf(text + used, ":%2d%n", &out->second, &more) != 1 || !more)
			return false;
		used += more;
		if (text[used] == '.')
			used += 1 + (int)strspn(text + used + 1, "0123456789");
	}
	return !text[used] && out->year >= 1970 && out->year < 10000 && out->month >= 1 && out->month <= 12 &&
	       out->day >= 1 && out->day <= 31 && out->hour >= 0 && out->hour <= 23 && out->minute >= 0 &&
	       out->minute <= 59 && out->second >= 0 && out->second <= 60;
}

int64_t read_instant(const struct zone *zone, struct civil local, int64_t before_ms)
{
	struct wall t = zone_from_civil(zone, local), later = {t.ms + MS_PER_HOUR};

	if (before_ms != INT64_MIN && t.ms <= before_ms) {
		struct civil again = zone_to_civil(zone, later);
		if (again.hour == local.hour && again.minute == local.minute && again.day == local.day)
			return later.ms;
	}
	return t.ms;
}

static bool time_of(const struct reader *reader, const char *text, int64_t before_ms, int64_t *out_ms)
{
	struct civil local;
	struct wall t;
	double number;

	if (!wall_parse(text, strlen(text), &t)) {
		*out_ms = t.ms;
		return true;
	}
	if (local_of(text, &local)) {
		*out_ms = read_instant(reader->zone, local, before_ms);
		return true;
	}
	if (!number_of(text, &number) || number < 0 || number > 2.5e14)
		return false;
	*out_ms = (int64_t)(number < 1e11 ? number * 1000 : number); /* seconds, or already ms */
	return true;
}

static enum err read_row(struct reader *reader, char *line, struct errinfo *info)
{
	char *fields[READ_COLUMNS_MAX];
	int count = split(line, fields);
	const int need[] = {reader->at_home, reader->at_time, reader->at_value, reader->at_device, reader->at_persons,
		reader->at_quantity};
	struct trace_channel channel = {
		.device = "meter", .quantity = reader->quantity, .steps = reader->columns.delta};
	struct trace_item item = {.since_ms = INT64_MIN, .delta = NAN};
	struct trace *trace;
	double persons;

	for (unsigned i = 0; i < sizeof need / sizeof *need; i++)
		if (need[i] >= count)
			return fault(reader, info, "has fewer fields than the heading line", line);
	const char *home = reader->at_home < 0 ? "home" : fields[reader->at_home];
	const char *value = fields[reader->at_value];
	if (!text_is_id(home))
		return fault(reader, info, "is no home: 1 to 63 of A-Z a-z 0-9 . _ -", home);
	if (reader->at_quantity >= 0 && quantity_find(fields[reader->at_quantity], &channel.quantity))
		return fault(reader, info, "is no quantity (curtain quantities)", fields[reader->at_quantity]);
	if (reader->at_device >= 0 &&
		(!text_is_label(fields[reader->at_device]) ||
			text_copy(channel.device, sizeof channel.device, fields[reader->at_device])))
		return fault(reader, info, "is no name of a device", fields[reader->at_device]);
	if (!number_of(value, &item.value))
		return fault(reader, info, "is no number; leave the line out where nothing is known", value);
	if (quantity_convert(channel.quantity, reader->columns.unit, item.value, &item.value))
		return fault(reader, info, "is no unit of this quantity (curtain quantities)", reader->columns.unit);
	if (!(reader->quantities >> channel.quantity & 1))
		return ERR_OK;
	if (trace_set_home(reader->set, home, &trace))
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	if (trace_channel_get(trace, &channel, &item.channel))
		return fault(reader, info, "has more channels than fit (24)", home);
	int64_t before = trace->count ? trace->items[trace->count - 1].at_ms : INT64_MIN;
	if (!time_of(reader, fields[reader->at_time], before, &item.at_ms))
		return fault(reader, info, "is no time; write 2026-11-24T08:00:00 or seconds since 1970",
			fields[reader->at_time]);
	item.received_ms = item.at_ms;
	if (reader->at_persons >= 0 && number_of(fields[reader->at_persons], &persons) && persons >= 1 && persons < 255)
		trace->persons = (uint8_t)persons;
	return trace_add(trace, &item) ? errinfo_set(info, ERR_NOMEM, "out of memory") : ERR_OK;
}

enum err read_line(struct reader *reader, char *line, size_t length, struct errinfo *info)
{
	reader->line++;
	while (length && isspace((unsigned char)line[length - 1]))
		line[--length] = '\0';
	if (strlen(line) != length)
		return errinfo_at(info, ERR_INVALID, reader->file, reader->line, 0, "the line holds a NUL byte");
	if (reader->layout == READ_SENML)
		return length ? read_json(reader, line, length, info) : ERR_OK;
	if (reader->line == 1)
		return read_heading(reader, line, info);
	return length ? read_row(reader, line, info) : ERR_OK;
}

/* ---- files ---- */

static enum err read_lines(struct reader *reader, gzFile file, char *line, struct errinfo *info)
{
	enum err err = ERR_OK;
	int code;

	while (!err && gzgets(file, line, READ_LINE_BYTES_MAX)) {
		size_t length = strlen(line);
		if (length + 1 == READ_LINE_BYTES_MAX)
			return errinfo_at(info, ERR_RANGE, reader->file, reader->line + 1, 0,
				"the line is longer than %u bytes", READ_LINE_BYTES_MAX);
		err = read_line(reader, line, length, info);
	}
	const char *text = gzerror(file, &code);
	if (!err && code != Z_OK && code != Z_STREAM_END)
		err = errinfo_at(info, ERR_IO, reader->file, reader->line + 1, 0, "cannot be read on: %s",
			code == Z_ERRNO ? strerror(errno) : text);
	if (!err && !reader->line)
		err = errinfo_at(info, ERR_INVALID, reader->file, 0, 0, "is empty");
	return err;
}

enum err read_file(struct reader *reader, const char *path, struct errinfo *info)
{
	bool standard = !strcmp(path, "-");
	char *line = malloc(READ_LINE_BYTES_MAX);
	gzFile file;
	enum err err;

	if (!line)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	errno = 0;
	file = standard ? gzdopen(0, "rb") : gzopen(path, "rb");
	if (!file) {
		err = errinfo_at(info, ERR_NOT_FOUND, path, 0, 0, "cannot be read: %s",
			errno ? strerror(errno) : "out of memory");
	} else {
		read_file_begin(reader, standard ? "standard input" : path);
		err = read_lines(reader, file, line, info);
		gzclose(file);
	}
	free(line);
	return err;
}
