/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "service/internal.h"

#define SERVICE_HEALTH_FILE "health"

void status_fill(const struct service *service, struct status *out, struct wall now)
{
	*out = (struct status){.state = service->stopping ? STATUS_STOPPING : STATUS_READY,
		.at = now,
		.started = service->started,
		.clock = service->common->clock == SERVICE_CLOCK_REPLAY ? service->replay_clock : now};
	text_cut(out->service, sizeof out->service, service->definition->name);
	text_cut(out->instance, sizeof out->instance, service->common->instance);
	text_cut(out->version, sizeof out->version, service_version);
	if (service->state && service->definition->status)
		service->definition->status(service->state, out);
	if (out->counters_left_out && out->state == STATUS_READY)
		out->state = STATUS_DEGRADED;
}

void status_topic(const struct service *service, char out[STATUS_TOPIC_BYTES])
{
	snprintf(out, STATUS_TOPIC_BYTES, "curtain/status/%s/%s", service->definition->name, service->common->instance);
}

static void health_path(const struct service_common *common, char out[300])
{
	snprintf(out, 300, "%s/" SERVICE_HEALTH_FILE, common->data_dir);
}

/* write_health leaves the time and state for --healthcheck, which must not need the broker. */
static void write_health(const struct service *service, const struct status *status)
{
	char path[300], part[310];
	FILE *file;

	health_path(service->common, path);
	snprintf(part, sizeof part, "%s.part", path);
	file = fopen(part, "we");
	if (!file)
		return; /* no room: the check then finds an old time, which is the truth */
	fprintf(file, "%lld %s %d\n", (long long)mono_now().us, status_state_name(status->state), service->connected);
	if (fclose(file) || rename(part, path))
		unlink(part);
}

static void publish(const struct service *service, const struct status *status)
{
	char topic[STATUS_TOPIC_BYTES];
	struct buf json;

	status_topic(service, topic);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	if (codec_status_encode(status, &json))
		log_error("status_not_encoded");
	else
		/* Not connected or full: the next one comes soon. */
		(void)!bus_publish(service->bus,
			&(struct bus_publication){
				.topic = topic, .payload = json.data, .length = json.length, .qos = 1, .retain = true});
	buf_fini(&json);
}

void status_send(struct service *service, struct wall now)
{
	struct status status;

	status_fill(service, &status, now);
	write_health(service, &status);
	if (status.state != service->last_state)
		log_info("state", "state", status_state_name(status.state));
	if (status.counters_left_out && status.state != service->last_state)
		log_error("counters_left_out", "at_most", log_number(COUNTERS_MAX));
	service->last_state = status.state;
	publish(service, &status);
}

void status_say_down(const struct service *service)
{
	struct status status;

	status_fill(service, &status, wall_now());
	status.state = STATUS_DOWN;
	write_health(service, &status);
	publish(service, &status);
}

int status_check_health(const struct service_common *common)
{
	char path[300], state[16] = "";
	long long at = 0;
	int connected = 0;
	FILE *file;

	health_path(common, path);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%lld %15s %d", &at, state, &connected) != 3) {
		printf("unhealthy: %s tells nothing\n", path);
		at = -1;
	}
	if (file)
		fclose(file);
	if (at < 0)
		return 1;
	int64_t age_ms = (mono_now().us - at) / 1000;
	bool good = age_ms < 3 * common->status_ms + 2000 && age_ms >= 0 && connected &&
		    (!strcmp(state, "ready") || !strcmp(state, "degraded"));
	printf("%s: %s, %s, %lld ms ago\n", good ? "healthy" : "unhealthy", state,
		connected ? "connected" : "not connected", (long long)age_ms);
	return good ? 0 : 1;
}
