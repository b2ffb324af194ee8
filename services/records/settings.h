/* SPDX-License-Identifier: MIT
 *
 * settings: what deploy/config/records.yaml may say.
 */
#ifndef CURTAIN_RECORDS_SETTINGS_H
#define CURTAIN_RECORDS_SETTINGS_H

#include "config/config.h"
#include "service/service.h"

#define RECORDS_CONNECTIONS_MAX 8
#define RECORDS_ANSWERERS_MAX 16

struct records_settings {
	struct service_common common; /* first */
	char conninfo[512];
	char uri_file[256];
	char zone[64];
	struct config_list reading_producers, alert_producers, incident_producers, visit_producers;
	int64_t connections, queue_bytes, group_readings, rest_ms, want_ms;
	int64_t months_ahead, reading_age_ms, hour_age_ms, day_age_ms, answer_age_ms, upkeep_ms;
	int64_t duty_age_ms, duties_ms;
	int64_t directory_page, directory_poll_ms;
	int64_t requests, answerers, timeline_items;
	bool unlisted;
	char fortnight_begins[16];
	char seal_key_file[256];
	char stamp_file[256]; /* "" = backups are not watched */
};

extern const struct config_key records_config[];

/* records_conninfo writes the connection text, from postgres.uri_file if that is set. */
enum err records_conninfo(const struct records_settings *settings, char out[512], struct errinfo *info) ERR_MUST_CHECK;
/* records_check: what the table cannot say: the secret file, the time zone. */
enum err records_check(const void *settings, struct errinfo *info) ERR_MUST_CHECK;

#endif
