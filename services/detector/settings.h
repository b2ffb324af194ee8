/* SPDX-License-Identifier: MIT
 *
 * settings: what detector.yaml may say.
 */
#ifndef CURTAIN_DETECTOR_SETTINGS_H
#define CURTAIN_DETECTOR_SETTINGS_H

#include "config/config.h"
#include "detector/core.h"
#include "service/service.h"

struct detector_settings {
	struct service_common common;
	char zone[64];
	struct config_list reading_producers, incident_producers, visit_producers, alert_consumers;
	char directory_producer[ID_BYTES];
	int64_t in_flight_bytes, memory_bytes, resend_ms, want_ms, directory_quiet_ms, heartbeat_ms, group_ms;
	struct config_list use, own;
	double attention_per_month, alarm_per_month;
	int64_t floor_ms, ceiling_ms;
	struct config_list communities;
	int64_t attention_ms, alarm_ms, one_person_attention_ms, one_person_alarm_ms, learning_ms, learning_extra_ms;
	int64_t meter_fresh_ms, device_quiet_ms, homes_max;
	struct detector_absence absence;
	struct detector_feedback feedback;
	struct config_list signs_use, signs_prove;
	struct detector_signs signs; /* but for use and prove */
	int64_t ballast_bytes;
	int64_t history_ms, pace;
	char shard_range[16];
	char calendar_file[256];
};

extern const struct config_key detector_config_table[];

/* detector_check loads zone, holidays and rules, so that --check and every start refuse wrong ones with their place. */
enum err detector_check(const void *settings, struct errinfo *info) ERR_MUST_CHECK;
/* detector_describe writes the rules, and what their parameters may be, below the settings of --check. */
void detector_describe(const void *settings, FILE *to);
/* detector_settings_shards gives the shards of this instance as a set, 0 = all. ERR_INVALID, ERR_RANGE. */
enum err detector_settings_shards(
	const struct detector_settings *settings, uint64_t *out_set, struct errinfo *info) ERR_MUST_CHECK;
/* detector_settings_core makes the core's configuration; zone and calendar are the caller's. */
enum err detector_settings_core(const struct detector_settings *settings, const struct zone *zone,
	const struct calendar *calendar, struct detector_config *out_config, struct errinfo *info) ERR_MUST_CHECK;

#endif
