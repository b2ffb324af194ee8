/* SPDX-License-Identifier: MIT
 *
 * fuzz: what the fuzz targets share. Each target is one file with LLVMFuzzerTestOneInput. Built with clang (preset
 * fuzz) it is driven by libFuzzer; in every other build replay.c drives it over its seeds, as a unit test.
 */
#ifndef CURTAIN_TESTS_FUZZ_H
#define CURTAIN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* FUZZ_CHECK: a property that holds for every input. */
#define FUZZ_CHECK(condition)                                                                                          \
	do {                                                                                                           \
		if (!(condition)) {                                                                                    \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                 \
			abort();                                                                                       \
		}                                                                                                      \
	} while (0)

/* fuzz_text copies the input into a NUL-ended text of its own; the caller frees it. A byte 0 ends it early, as it would
 * any C text. */
char *fuzz_text(const uint8_t *data, size_t size);

#endif
