/* SPDX-License-Identifier: MIT
 *
 * The file of public holidays. What is taken holds each date once, in order, and gives each the kind that was said;
 * what is refused says why.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "detector/holidays.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct calendar calendar;
	struct errinfo info = {0};
	char path[64];
	int fd = memfd_create("holidays", 0);

	FUZZ_CHECK(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	enum err err = holidays_load(path, &calendar, &info);
	close(fd);
	if (err) {
		FUZZ_CHECK(info.text[0] && info.file[0]);
		return 0;
	}
	FUZZ_CHECK(calendar.count <= CALENDAR_DAYS_MAX);
	for (unsigned i = 0; i < calendar.count; i++) {
		const struct calendar_day *day = &calendar.days[i];
		FUZZ_CHECK(!i || day[-1].day < day->day);
		FUZZ_CHECK(day->kind < DAY_KIND_COUNT && calendar_kind(&calendar, day->day) == day->kind);
	}
	return 0;
}
