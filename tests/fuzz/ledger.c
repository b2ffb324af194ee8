/* SPDX-License-Identifier: MIT
 *
 * Import documents. The first byte says as what the rest is read: 0 a YAML ledger, 1..9 CSV and a..i YAML of one kind.
 */
#include <string.h>

#include "fuzz.h"
#include "records/ledger.h"

static const char *const kinds[] = {"communities", "policies", "teams", "volunteers", "households", "elders",
	"consents", "devices", "appointments"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct errinfo info = {0};
	const char *kind = "ledger", *format = "yaml";
	struct buf out;

	if (!size)
		return 0;
	if (data[0] >= '1' && data[0] <= '9') {
		kind = kinds[data[0] - '1'];
		format = "csv";
	} else if (data[0] >= 'a' && data[0] <= 'i') {
		kind = kinds[data[0] - 'a'];
	} else if (data[0] != '0') {
		return 0;
	}
	buf_init(&out, 4u << 20);
	if (ledger_check(kind, format, (const char *)data + 1, size - 1, &out, &info))
		FUZZ_CHECK(info.text[0]);
	else
		FUZZ_CHECK(out.length >= 2 && out.data[0] == '{' && out.data[out.length - 1] == '}');
	buf_fini(&out);
	return 0;
}
