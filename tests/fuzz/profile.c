/* SPDX-License-Identifier: MIT
 *
 * Profiles as people write them: a folder with one file. It is taken, or refused with a cause and the file's name.
 */
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "ingest/map.h"

static char folder[64], path[96];

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errinfo info = {0};
	struct map *map = NULL;

	if (!*folder) {
		snprintf(folder, sizeof folder, "%s/fuzz_profile.XXXXXX",
			access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
		FUZZ_CHECK(mkdtemp(folder));
		snprintf(path, sizeof path, "%s/one.yaml", folder);
		atexit(remove_folder);
	}
	FILE *file = fopen(path, "wb");
	FUZZ_CHECK(file && fwrite(data, 1, size, file) == size);
	fclose(file);
	if (map_load(folder, &map, &info)) {
		FUZZ_CHECK(info.text[0]);
		return 0;
	}
	struct map_results results;
	map_run(map, "meter/x/water", "{\"v\":1}", 7, false, (struct wall){.ms = 1795507200000}, &results);
	FUZZ_CHECK(results.count >= 1);
	map_destroy(map);
	return 0;
}
