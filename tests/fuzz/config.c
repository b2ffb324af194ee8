/* SPDX-License-Identifier: MIT
 *
 * Settings in YAML with a key of every type: what is taken prints to what is taken again, with the same values; what is
 * refused leaves nothing behind.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/config.h"
#include "fuzz.h"

struct settings {
	char name[16], id[64], path[256];
	int64_t port, wait_ms, room_bytes;
	double ratio;
	bool loud;
	int32_t from, colour;
	struct config_list list;
};

static const char *const colours[] = {"red", "green", NULL};

static const struct config_key table[] = {
	{"name", CONFIG_TEXT, CONFIG_FIELD(struct settings, name), "curtain", 1, 15, NULL, "A name."},
	{"id", CONFIG_ID, CONFIG_FIELD(struct settings, id), "x", 1, 63, NULL, "An id."},
	{"net.path", CONFIG_PATH, CONFIG_FIELD(struct settings, path), "\"\"", 0, 0, NULL, "A path."},
	{"net.port", CONFIG_INT, CONFIG_FIELD(struct settings, port), "1883", 1, 65535, NULL, "A port."},
	{"net.wait", CONFIG_DURATION, CONFIG_FIELD(struct settings, wait_ms), "1500ms", 1, 86400000, NULL, "A wait."},
	{"net.room", CONFIG_BYTES, CONFIG_FIELD(struct settings, room_bytes), "64KiB", 1, 1e9, NULL, "Room."},
	{"ratio", CONFIG_NUMBER, CONFIG_FIELD(struct settings, ratio), "0.5", 0, 1, NULL, "A ratio."},
	{"loud", CONFIG_BOOL, CONFIG_FIELD(struct settings, loud), "false", 0, 0, NULL, "Loud."},
	{"from", CONFIG_TIME, CONFIG_FIELD(struct settings, from), "07:00", 0, 0, NULL, "From."},
	{"colour", CONFIG_WORD, CONFIG_FIELD(struct settings, colour), "red", 0, 0, colours, "Colour."},
	{"list", CONFIG_LIST, CONFIG_FIELD(struct settings, list), "[a, b]", 1, 3, NULL, "A list."},
	{NULL, CONFIG_TEXT, 0, 0, NULL, 0, 0, NULL, NULL},
};

static enum err load(const void *bytes, size_t size, struct settings *out, struct errinfo *info)
{
	char path[64];
	int fd = memfd_create("settings", 0);

	FUZZ_CHECK(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	enum err err = config_load(table, path, NULL, out, sizeof *out, info);
	close(fd);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct settings nothing;
	struct settings one, two;
	struct errinfo info = {0};
	char *text = NULL;
	size_t length = 0;

	if (load(data, size, &one, &info)) {
		FUZZ_CHECK(info.text[0] && !memcmp(&one, &nothing, sizeof one));
		return 0;
	}
	FUZZ_CHECK(one.port >= 1 && one.port <= 65535 && one.ratio >= 0 && one.ratio <= 1 && one.list.count >= 1 &&
		   one.list.count <= 3 && strlen(one.name) < sizeof one.name);
	if (one.path[0] && one.path[0] != '/')
		FUZZ_CHECK(false);
	FILE *stream = open_memstream(&text, &length);
	FUZZ_CHECK(stream);
	config_print(table, &one, stream);
	fclose(stream);
	if (load(text, length, &two, &info)) {
		fprintf(stderr, "%s\n%s\n", text, info.text);
		abort();
	}
	FUZZ_CHECK(!memcmp(&one, &two, sizeof one));
	free(text);
	return 0;
}
