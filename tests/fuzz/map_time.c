/* SPDX-License-Identifier: MIT
 *
 * Devices' times in every form that a profile may name. The first byte chooses the form; what is read lies between 1970
 * and 9999.
 */
#include "fuzz.h"
#include "ingest/map_time.h"

static struct zone *zone;

static void release(void)
{
	zone_destroy(zone);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct map_value value;
	struct wall at;
	double number;

	if (!zone) {
		FUZZ_CHECK(!zone_load("Europe/Berlin", &zone, NULL));
		atexit(release);
	}
	if (!size)
		return 0;
	enum time_format format = (enum time_format)((unsigned)data[0] % (TIME_ARRIVAL + 1));
	value_of_text(&value, (const char *)data + 1, size - 1);
	if (!time_read(format, zone, &value, &at))
		FUZZ_CHECK(at.ms >= 0 && at.ms <= INT64_C(253402300799999));
	if (value_to_number(&value, &number)) {
		value_of_number(&value, number);
		if (!time_read(format, zone, &value, &at))
			FUZZ_CHECK(at.ms >= 0 && at.ms <= INT64_C(253402300799999));
	}
	return 0;
}
