/* SPDX-License-Identifier: MIT
 *
 * One decoder (MESSAGE names it, STRUCT its value): what it takes is encoded again to something that it takes, and that
 * gives the same bytes.
 */
#include <string.h>

#include "codec/codec.h"
#include "fuzz.h"

#define JOIN_(a, b, c) a##b##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define DECODE JOIN(codec_, MESSAGE, _decode)
#define ENCODE JOIN(codec_, MESSAGE, _encode)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	STRUCT message, again;
	struct errinfo info = {0};
	struct buf once, twice;

	if (DECODE((const char *)data, size, &message, &info)) {
		FUZZ_CHECK(info.text[0]); /* a refusal names its cause */
		return 0;
	}
	buf_init(&once, CODEC_BATCH_BYTES_MAX);
	buf_init(&twice, CODEC_BATCH_BYTES_MAX);
	FUZZ_CHECK(ENCODE(&message, &once) == ERR_OK);
	FUZZ_CHECK(DECODE(once.data, once.length, &again, &info) == ERR_OK);
	FUZZ_CHECK(ENCODE(&again, &twice) == ERR_OK);
	FUZZ_CHECK(once.length == twice.length && !memcmp(once.data, twice.data, once.length));
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
