/* SPDX-License-Identifier: MIT */
#include "ingest/map_fixture.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1795507200000) /* 2026-11-24T08:00:00Z */

void fixture_init(struct map_fixture *fixture)
{
	*fixture = (struct map_fixture){.folder = "/tmp/map_test.XXXXXX"};
	assert_non_null(mkdtemp(fixture->folder));
}

void fixture_file(struct map_fixture *fixture, const char *name, const char *content)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", fixture->folder, name);
	FILE *file = fopen(path, "wbe");
	assert_non_null(file);
	assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
	assert_int_equal(fclose(file), 0);
}

void fixture_fini(struct map_fixture *fixture)
{
	DIR *folder = opendir(fixture->folder);
	const struct dirent *entry;
	char path[512];

	map_destroy(fixture->map);
	fixture->map = NULL;
	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		snprintf(path, sizeof path, "%s/%s", fixture->folder, entry->d_name);
		if (entry->d_name[0] != '.')
			unlink(path);
	}
	closedir(folder);
	rmdir(fixture->folder);
}

void fixture_load(struct map_fixture *fixture)
{
	struct errinfo info = {0};
	char text[ERR_TEXT_BYTES + ERR_FILE_BYTES];

	if (!map_load(fixture->folder, &fixture->map, &info))
		return;
	errinfo_print(&info, text, sizeof text);
	fail_msg("%s", text);
}

const char *fixture_fault(struct map_fixture *fixture)
{
	static char text[ERR_TEXT_BYTES + ERR_FILE_BYTES];
	struct errinfo info = {0};
	size_t length = strlen(fixture->folder);

	assert_int_not_equal(map_load(fixture->folder, &fixture->map, &info), ERR_OK);
	assert_null(fixture->map);
	errinfo_print(&info, text, sizeof text);
	if (strncmp(text, fixture->folder, length) != 0)
		return text;
	return text + length + (text[length] == '/');
}

struct map_fixture fixture_map(const char *entries)
{
	struct map_fixture fixture;
	char content[16384];

	snprintf(content, sizeof content, "profile: p\nversion: 1\nentries:\n%s", entries);
	fixture_init(&fixture);
	fixture_file(&fixture, "p.yaml", content);
	fixture_load(&fixture);
	return fixture;
}

static int write_observation(const struct map_result *r, char *out, size_t size)
{
	const struct observation *o = &r->observation;
	char at[WALL_TEXT_BYTES] = "";

	if (wall_is_set(o->at))
		wall_format(o->at, at);
	return snprintf(out, size, "%s%s%s %s %.15g%s%s%s%s%s%s%s%s", o->device, *o->channel ? "/" : "", o->channel,
		quantity_info(o->quantity)->name, o->value, *at ? " @" : "", at, *o->text ? " \"" : "", o->text,
		*o->text ? "\"" : "", *r->reason ? " (" : "", r->reason, *r->reason ? ")" : "");
}

const char *fixture_run_bytes(struct map_fixture *fixture, const char *topic, const char *payload, size_t length)
{
	static char out[65536];
	struct map_results results;
	size_t used = 0;

	map_run(fixture->map, topic, payload, length, false, (struct wall){.ms = NOW_MS}, &results);
	assert_true(results.count > 0);
	out[0] = '\0';
	for (unsigned i = 0; i < results.count && used < sizeof out - 600; i++) {
		const struct map_result *r = &results.items[i];
		if (used)
			out[used++] = '\n';
		if (r->kind == MAP_OBSERVATION)
			used += (size_t)write_observation(r, out + used, sizeof out - used);
		else
			used += (size_t)snprintf(out + used, sizeof out - used, "%s%s%s: %s",
				r->kind == MAP_IGNORE ? "ignore" : "reject", *r->observation.device ? " " : "",
				r->observation.device, r->reason);
	}
	return out;
}

const char *fixture_run(struct map_fixture *fixture, const char *topic, const char *payload)
{
	return fixture_run_bytes(fixture, topic, payload, strlen(payload));
}
