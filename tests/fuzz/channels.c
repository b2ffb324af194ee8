/* SPDX-License-Identifier: MIT
 *
 * Channels as people write them: a file that is taken renders a page over each of its channels or says why not, and
 * judges any answer; one that is not has a cause.
 */
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "dispatcher/channel/channel_render.h"
#include "fuzz.h"

static char path[64];

static void remove_file(void)
{
	unlink(path);
}

static void try_channel(const struct channel_set *set, unsigned c, const struct zone *zone)
{
	static const char *const answers[] = {"", "{\"errcode\":0}", "{\"code\":[{}]}", "<html>"};
	struct page page = {.kind = ALERT_SOS, .level = ALERT_LIFE, .at = {1795507200000}, .expires = WALL_NONE};
	struct channel_message message = {.channel = c, .count = 1, .pages = {&page}, .phone = "1", .zone = zone};
	struct channel_request request = {0};
	struct errinfo info = {0};
	char text[CHANNEL_RECEIPT_BYTES];

	text_cut(page.id, sizeof page.id, "p-1");
	text_cut(page.incident, sizeof page.incident, "i-1");
	text_cut(page.user, sizeof page.user, "v-1");
	text_cut(page.household, sizeof page.household, "h-1");
	text_cut(page.reason_zh, sizeof page.reason_zh, "-");
	text_cut(page.reason_en, sizeof page.reason_en, "-");
	if (channel_render(set, &message, &request, &info))
		FUZZ_CHECK(info.text[0]);
	channel_request_fini(&request);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		channel_judge(set, c, 200, answers[i], strlen(answers[i]), "", text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct zone *zone;
	struct channel_files files = {.file = path,
		.presets = FUZZ_CHANNELS,
		.webhook_url = "",
		.webhook_secret_file = "",
		.with_secrets = false};
	struct errinfo info = {0};
	struct channel_set set;

	if (!*path) {
		snprintf(path, sizeof path, "%s/fuzz_channels.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
		int fd = mkstemp(path);
		FUZZ_CHECK(fd >= 0);
		close(fd);
		atexit(remove_file);
		FUZZ_CHECK(!zone_load("UTC", &zone, NULL));
	}
	FILE *file = fopen(path, "wb");
	FUZZ_CHECK(file && fwrite(data, 1, size, file) == size);
	fclose(file);
	if (channel_set_load(&files, &set, &info)) {
		FUZZ_CHECK(info.text[0]);
		return 0;
	}
	for (unsigned c = 0; c < set.count; c++)
		try_channel(&set, c, zone);
	channel_set_fini(&set);
	return 0;
}
