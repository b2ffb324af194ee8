/* SPDX-License-Identifier: MIT
 *
 * Bounded text and units: a cut keeps UTF-8 whole, a distance is symmetric, a converted value is a number.
 */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "message/quantity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), cut[24];
	size_t length = strlen(text);
	double value = 0;
	enum quantity quantity;

	memset(cut, 'x', sizeof cut);
	text_cut(cut, sizeof cut, text);
	FUZZ_CHECK(memchr(cut, '\0', sizeof cut) && !strncmp(cut, text, strlen(cut)));
	if (text_is_utf8(text, length))
		FUZZ_CHECK(text_is_utf8(cut, strlen(cut)) && (length < sizeof cut || strlen(cut) >= sizeof cut - 4));
	if (text_is_id(text))
		FUZZ_CHECK(text_is_label(text) && length < 64 && !strpbrk(text, "/+# \"'"));
	if (length >= 2) {
		char *half = fuzz_text(data, length / 2);
		unsigned far = text_distance(text, half);
		FUZZ_CHECK(
			far == text_distance(half, text) && text_distance(half, half) == (length / 2 > 64 ? 65u : 0u));
		free(half);
	}
	for (quantity = 0; quantity < QUANTITY_COUNT; quantity++)
		if (!quantity_convert(quantity, text, 21.5, &value))
			FUZZ_CHECK(isfinite(value));
	if (!quantity_find(text, &quantity))
		FUZZ_CHECK(!strcmp(quantity_info(quantity)->name, text));
	free(text);
	return 0;
}
