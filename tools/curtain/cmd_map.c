/* SPDX-License-Identifier: MIT
 *
 * curtain map: what the profiles make of payloads, one JSON object a result, without a broker.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd.h"
#include "codec/json.h"
#include "ingest/map.h"
#include "options.h"

#ifndef CURTAIN_SOURCE_PROFILES
#define CURTAIN_SOURCE_PROFILES ""
#endif
#define INSTALLED_PROFILES "/etc/curtain/profiles"
#define FILE_BYTES_MAX (16u << 20)

struct map_options {
	const char *profiles, *file, *topic, *now_text;
	bool retained, filters;
	struct wall now;
};

static const char ending[] =
	"input: lines of topic<TAB>payload on standard input, or one --file for one --topic (- is standard input).\n"
	"output: one JSON object a result. kind is \"reading\", \"alarm\" (takes lane alert at once), \"ignore\" or "
	"\"reject\" (these\ntwo with a reason). A reading's \"note\" says what was odd; at is missing where the "
	"arrival "
	"counts.\n"
	"exit status: 0 done, whatever the results; 2 wrong usage, or a profile with a fault.\n"
	"Without --profiles: $CURTAIN_PROFILES, those beside the source, or " INSTALLED_PROFILES ".\n"
	"examples:\n"
	"  printf 'meter/w1/water\\t{\"ts\":\"2026-11-24T08:00:00Z\",\"total_m3\":1.5}\\n' | curtain map\n"
	"  curtain map --profiles ./profiles --topic zigbee2mqtt/door --file door.json\n"
	"  mosquitto_sub -t 'zigbee2mqtt/#' -F '%t\\t%p' | curtain map\n";

static bool is_folder(const char *path)
{
	struct stat status;

	return *path && !stat(path, &status) && S_ISDIR(status.st_mode);
}

static const char *default_profiles(void)
{
	const char *own = getenv("CURTAIN_PROFILES");

	if (own && *own)
		return own;
	return is_folder(CURTAIN_SOURCE_PROFILES) ? CURTAIN_SOURCE_PROFILES : INSTALLED_PROFILES;
}

/* read_options: -1 = go on, else the exit status. */
static int read_options(int argc, char **argv, struct map_options *out)
{
	bool json = false; /* as other commands have it; the output is JSON anyway */
	const struct option_row rows[] = {
		{"profiles", OPTION_TEXT, &out->profiles, 0, 0, "FOLDER", "the device profiles (*.yaml)"},
		{"topic", OPTION_TEXT, &out->topic, 0, 0, "TOPIC", "topic of the payload in --file"},
		{"file", OPTION_TEXT, &out->file, 0, 0, "FILE", "a payload: the whole file"},
		{"retained", OPTION_FLAG, &out->retained, 0, 0, NULL, "as if the broker replayed a stored message"},
		{"now", OPTION_TEXT, &out->now_text, 0, 0, "TIME",
			"RFC 3339; what SenML's relative times count from (preset: now)"},
		{"filters", OPTION_FLAG, &out->filters, 0, 0, NULL, "print what ingest subscribes to, one a line"},
		{"json", OPTION_FLAG, &json, 0, 0, NULL, "accepted; the output is always JSON"},
	};
	const struct options options = {.command = "map",
		.summary = "Shows what the device profiles make of payloads. Needs no broker.",
		.rows = rows,
		.row_count = sizeof rows / sizeof *rows,
		.ending = ending};
	struct errinfo info = {0};

	*out = (struct map_options){.profiles = default_profiles(), .now = wall_now()};
	int status = options_parse(&options, argc, argv);
	if (status >= 0)
		return status;
	if (out->now_text && wall_parse(out->now_text, strlen(out->now_text), &out->now))
		errinfo_set(&info, ERR_INVALID, "--now \"%s\": write a time like 2026-11-24T08:00:00Z", out->now_text);
	if (!out->file != !out->topic)
		errinfo_set(&info, ERR_INVALID, "--file and --topic go together");
	return info.code ? options_fail("map", &info) : -1;
}

/* ---- output ---- */

static const char *kind_name(const struct map_result *result)
{
	const struct quantity_info *info;

	if (result->kind == MAP_IGNORE)
		return "ignore";
	if (result->kind == MAP_REJECT)
		return "reject";
	info = quantity_info(result->observation.quantity);
	return info->alarm && result->observation.value > 0 ? "alarm" : "reading";
}

static void write_result(const struct map_result *result, FILE *to)
{
	const struct observation *o = &result->observation;
	struct buf out;

	buf_init(&out, 16384);
	json_open(&out, '{');
	json_member_text(&out, "kind", kind_name(result));
	json_member_text_if(&out, "device", o->device);
	if (result->kind == MAP_OBSERVATION) {
		json_member_text_if(&out, "channel", o->channel);
		json_member_text(&out, "quantity", quantity_info(o->quantity)->name);
		json_member_number(&out, "value", o->value);
		json_member_text(&out, "unit", quantity_info(o->quantity)->unit);
		json_member_wall_if(&out, "at", o->at);
		json_member_text_if(&out, "text", o->text);
		if (o->retained)
			json_member_bool(&out, "retained", true);
	}
	json_member_text_if(&out, "profile", o->profile);
	json_member_text_if(&out, "entry", o->entry);
	json_member_text_if(&out, result->kind == MAP_OBSERVATION ? "note" : "reason", result->reason);
	json_close(&out, '}');
	fprintf(to, "%s\n", out.failed ? "{\"kind\":\"reject\",\"reason\":\"not_printable\"}" : out.data);
	buf_fini(&out);
}

static void map_one(
	struct map *map, const struct map_options *options, const char *topic, const char *payload, size_t length)
{
	struct map_results results;

	map_run(map, topic, payload, length, options->retained, options->now, &results);
	for (unsigned i = 0; i < results.count; i++)
		write_result(&results.items[i], stdout);
}

/* ---- input ---- */

static int map_lines(struct map *map, const struct map_options *options)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t length;

	while ((length = getline(&line, &size, stdin)) >= 0) {
		if (length && line[length - 1] == '\n')
			line[--length] = '\0';
		char *tab = memchr(line, '\t', (size_t)length);
		if (!length)
			continue;
		char *payload = tab ? tab + 1 : line + length;
		if (tab)
			*tab = '\0';
		map_one(map, options, line, payload, (size_t)(line + length - payload));
		fflush(stdout);
	}
	free(line);
	return 0;
}

/* read_payload reads a whole file; "-" is standard input. */
static enum err read_payload(const char *path, struct buf *out, struct errinfo *info)
{
	bool standard = !strcmp(path, "-");
	FILE *file = standard ? stdin : fopen(path, "rbe");
	char part[16384];
	size_t got;

	if (!file)
		return errinfo_at(info, ERR_NOT_FOUND, path, 0, 0, "cannot be read: %s", strerror(errno));
	while ((got = fread(part, 1, sizeof part, file)) > 0 && !out->failed)
		buf_append(out, part, got);
	bool failed = ferror(file) || out->failed;
	if (!standard)
		fclose(file);
	if (failed)
		return errinfo_at(
			info, ERR_IO, path, 0, 0, "cannot be read, or is larger than %u bytes", FILE_BYTES_MAX);
	return ERR_OK;
}

static int map_file(struct map *map, const struct map_options *options)
{
	struct errinfo info = {0};
	struct buf content;
	int status = 0;

	buf_init(&content, FILE_BYTES_MAX);
	if (read_payload(options->file, &content, &info))
		status = options_fail("map", &info);
	else
		map_one(map, options, options->topic, content.data ? content.data : "", content.length);
	buf_fini(&content);
	return status;
}

static int print_filters(const struct map *map)
{
	const char *filters[MAP_FILTERS_MAX];
	unsigned count = map_filters(map, filters);

	for (unsigned i = 0; i < count; i++)
		puts(filters[i]);
	return 0;
}

int cmd_map(int argc, char **argv)
{
	struct map_options options;
	struct errinfo info = {0};
	struct map *map = NULL;
	int status = read_options(argc, argv, &options);

	if (status >= 0)
		return status;
	if (map_load(options.profiles, &map, &info))
		return options_fail("map", &info);
	status = options.filters ? print_filters(map)
		 : options.file  ? map_file(map, &options)
				 : map_lines(map, &options);
	map_destroy(map);
	return status;
}
