/* SPDX-License-Identifier: MIT
 *
 * Time zone files. The reader is reached from inside its file: by name only the system's own files are read.
 */
#include "../../common/base/zone.c" // NOLINT(bugprone-suspicious-include)

#include "fuzz.h"

static void read_name(const uint8_t *data, size_t size)
{
	struct zone *zone = NULL;
	char *name = fuzz_text(data, size);

	if (size < 80 && !zone_load(name, &zone, NULL))
		zone_destroy(zone);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t moments[] = {0, INT64_C(1772380800000), INT64_C(1793498400000), INT64_C(-2208988800000),
		INT64_C(253402300799000), INT64_C(4102444800000)};
	struct zone *zone = calloc(1, sizeof *zone);

	read_name(data, size);
	FUZZ_CHECK(zone);
	if (!zone_read(zone, data, size)) {
		for (size_t i = 0; i < sizeof moments / sizeof *moments; i++) {
			struct civil civil = zone_to_civil(zone, (struct wall){moments[i]});
			FUZZ_CHECK(civil.month >= 1 && civil.month <= 12 && civil.day >= 1 && civil.day <= 31 &&
				   civil.hour >= 0 && civil.hour <= 23);
			(void)zone_from_civil(zone, civil);
		}
	}
	zone_destroy(zone);
	return 0;
}
