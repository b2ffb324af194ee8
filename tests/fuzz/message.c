/* SPDX-License-Identifier: MIT
 *
 * One decoder (MESSAGE names it, STRUCT its value): what it takes is encoded again to something that it takes, and that
 * gives the same bytes.
 */
#include <string.h>

#include "codec/codec.h"
#include "fuzz.h"

#define NAME_(message, verb) codec_##message##verb
#define NAME(message, verb) NAME_(message, verb)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	STRUCT message, again;
	struct errinfo info = {0};
	struct buf once, twice;

	if (NAME(MESSAGE, _decode)((const char *)data, size, &message, &info)) {
		FUZZ_CHECK(info.text[0]); /* a refusal names its cause */
		return 0;
	}
	buf_init(&once, CODEC_BATCH_BYTES_MAX);
	buf_init(&twice, CODEC_BATCH_BYTES_MAX);
	FUZZ_CHECK(NAME(MESSAGE, _encode)(&message, &once) == ERR_OK);
	FUZZ_CHECK(NAME(MESSAGE, _decode)(once.data, once.length, &again, &info) == ERR_OK);
	FUZZ_CHECK(NAME(MESSAGE, _encode)(&again, &twice) == ERR_OK);
	FUZZ_CHECK(once.length == twice.length && !memcmp(once.data, twice.data, once.length));
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
