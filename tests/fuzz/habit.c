/* SPDX-License-Identifier: MIT
 *
 * What the detector answers to "habit" and "explain", as the command line shows it: text without control characters,
 * and a drawing that is well-formed however odd the names and numbers are.
 */
#include <stdbool.h>
#include <string.h>

#include "base/text.h"
#include "fuzz.h"
#include "habit.h"

static struct zone *zone;

static void release(void)
{
	zone_destroy(zone);
}

static void is_text(const struct buf *out)
{
	FUZZ_CHECK(out->failed || text_is_utf8(out->data, out->length));
	for (size_t i = 0; i < out->length; i++)
		FUZZ_CHECK(out->data[i] == '\n' || (unsigned char)out->data[i] >= 0x20);
}

/* is_markup: each tag is closed before the next begins. */
static void is_markup(const struct buf *out)
{
	bool open = false;

	FUZZ_CHECK(!out->failed);
	is_text(out);
	for (size_t i = 0; i < out->length; i++) {
		FUZZ_CHECK(out->data[i] != '<' || !open);
		open = out->data[i] == '<' || (open && out->data[i] != '>');
	}
	FUZZ_CHECK(!open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct habit_answer habit;
	char *json = fuzz_text(data, size);
	struct buf out;

	if (!zone) {
		FUZZ_CHECK(!zone_load("+08:00", &zone, NULL));
		atexit(release);
	}
	buf_init(&out, 16u << 20);
	if (!habit_parse(json, &habit, NULL)) {
		habit_text(&habit, zone, &out);
		is_text(&out);
		buf_reset(&out);
		habit_svg(&habit, &out);
		is_markup(&out);
		buf_reset(&out);
	}
	if (!explain_text(json, zone, &out, NULL))
		is_text(&out);
	buf_fini(&out);
	free(json);
	return 0;
}
