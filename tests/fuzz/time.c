/* SPDX-License-Identifier: MIT
 *
 * Times as text: what is taken is written and read again to the same instant.
 */
#include <string.h>

#include "base/clock.h"
#include "codec/codec.h"
#include "fuzz.h"

static void read_clock(const char *json, size_t size)
{
	struct wall at, again;
	struct buf out;

	if (codec_clock_decode(json, size, &at, NULL))
		return;
	buf_init(&out, 1000);
	FUZZ_CHECK(codec_clock_encode(at, &out) == ERR_OK);
	FUZZ_CHECK(codec_clock_decode(out.data, out.length, &again, NULL) == ERR_OK && again.ms == at.ms);
	buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[WALL_TEXT_BYTES];
	struct wall at, again;

	read_clock((const char *)data, size);
	if (wall_parse((const char *)data, size, &at))
		return 0;
	if (at.ms < 0 || at.ms > INT64_C(253402300799999)) /* wall_format: years 1970..9999 */
		return 0;
	wall_format(at, text);
	FUZZ_CHECK(strlen(text) == 24);
	FUZZ_CHECK(wall_parse(text, strlen(text), &again) == ERR_OK && again.ms == at.ms);
	return 0;
}
