/* SPDX-License-Identifier: MIT
 *
 * replay FILE...: runs a fuzz target over its seeds, each whole and cut short at several places; also the way to run a
 * crash file again under a debugger. @FILE names a file that holds one path a line.
 */
#include <string.h>

#include "fuzz.h"

#define REPLAY_BYTES_MAX (1u << 20)

static unsigned runs;

static void run_file(const char *path)
{
	uint8_t *bytes = malloc(REPLAY_BYTES_MAX);
	FILE *file = fopen(path, "rb");

	if (!file || !bytes) {
		fprintf(stderr, "%s cannot be read\n", path);
		exit(1);
	}
	size_t length = fread(bytes, 1, REPLAY_BYTES_MAX, file);
	fclose(file);
	size_t step = length / 64 + 1;
	for (size_t cut = 0; cut < length; cut += step) {
		uint8_t *exact = malloc(cut + 1); /* so that a sanitizer sees one byte too many */
		FUZZ_CHECK(exact);
		memcpy(exact, bytes, cut);
		LLVMFuzzerTestOneInput(exact, cut);
		free(exact);
		runs++;
	}
	LLVMFuzzerTestOneInput(bytes, length);
	runs++;
	free(bytes);
}

int main(int argc, char **argv)
{
	char path[1024];

	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '@') {
			run_file(argv[i]);
			continue;
		}
		FILE *list = fopen(argv[i] + 1, "r");
		while (list && fgets(path, sizeof path, list)) {
			path[strcspn(path, "\n")] = '\0';
			run_file(path);
		}
		if (list)
			fclose(list);
	}
	printf("%u runs\n", runs);
	return runs ? 0 : 1;
}
