/* SPDX-License-Identifier: MIT
 *
 * bridge.yaml as people write it: a file that is taken renders a call for each subscriber and pull or says why not, and
 * judges any answer; one that is not has a cause with its place.
 */
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "gateway/hook_event.h"
#include "gateway/hook_render.h"

static char path[64];

static void remove_file(void)
{
	unlink(path);
}

static void try_target(struct program *program, const struct hook_target *target, const struct hook_event *event)
{
	static const char *const answers[] = {"", "{\"code\":0}", "{\"data\":[{}]}", "<html>"};
	struct hook_request request = {0};
	struct errinfo info = {0};
	char reason[HOOK_REASON_BYTES];

	if (hook_render(program, target,
		    &(struct hook_call){.id = "i-1.1",
			    .type = "incident.raised",
			    .event = event ? event->body.data : NULL,
			    .event_length = event ? event->body.length : 0,
			    .page = 1,
			    .next = "2",
			    .now = {INT64_C(1795507200000)}},
		    &request, &info))
		FUZZ_CHECK(info.text[0]);
	hook_request_fini(&request);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++)
		if (hook_judge(program, target, 200, answers[i], strlen(answers[i]), "", reason) != HOOK_TAKEN)
			FUZZ_CHECK(*reason);
}

static void try_pull(struct program *program, const struct hook_pull *pull)
{
	static const char answer[] = "{\"code\":0,\"data\":{\"list\":[{\"elderCode\":\"1\"}],\"total\":1}}";
	struct errinfo info = {0};
	struct buf next;
	jv rows;

	try_target(program, &pull->target, NULL);
	buf_init(&next, 65536);
	if (hook_rows(program, &pull->target, 200, answer, sizeof answer - 1, 1, &rows, &next, &info))
		FUZZ_CHECK(info.text[0] || next.failed);
	jv_free(rows);
	buf_fini(&next);
	FUZZ_CHECK(hook_hour_next(&pull->hour, (struct wall){INT64_C(1795507200000)}).ms > INT64_C(1795507200000));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct hook_event event;
	struct errinfo info = {0};
	struct hook_set set;

	if (!*path) {
		snprintf(path, sizeof path, "%s/fuzz_bridge.XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
		int fd = mkstemp(path);
		FUZZ_CHECK(fd >= 0);
		close(fd);
		atexit(remove_file);
		hook_event_init(&event);
		FUZZ_CHECK(!hook_event_test("gateway-1", 1, (struct wall){INT64_C(1795507200000)}, &event));
	}
	FILE *file = fopen(path, "wb");
	FUZZ_CHECK(file && fwrite(data, 1, size, file) == size);
	fclose(file);
	if (hook_set_load(path, false, &set, &info)) {
		FUZZ_CHECK(info.text[0]);
		return 0;
	}
	for (unsigned s = 0; s < set.subscriber_count; s++) {
		try_target(set.program, &set.subscribers[s].target, &event);
		FUZZ_CHECK(set.subscribers[s].rule.running_max && set.subscribers[s].rule.waiting_max);
	}
	for (unsigned p = 0; p < set.pull_count; p++)
		try_pull(set.program, &set.pulls[p]);
	hook_set_fini(&set);
	return 0;
}
