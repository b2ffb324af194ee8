/* SPDX-License-Identifier: MIT
 *
 * settings: what ingest.yaml may say.
 */
#ifndef CURTAIN_INGEST_SETTINGS_H
#define CURTAIN_INGEST_SETTINGS_H

#include "config/config.h"
#include "service/service.h"

struct ingest_settings {
	struct service_common common;
	char profiles[256];
	char share[64];
	int64_t receive_maximum, turn_messages, session_expiry_ms;
	struct config_list reading_consumers, alert_consumers;
	char directory_producer[ID_BYTES];
	int64_t in_flight_bytes, memory_bytes, resend_ms, want_ms, directory_quiet_ms, heartbeat_ms;
	int64_t dead_letters, dead_letter_bytes;
	int64_t future_ms, past_ms, alarm_past_ms, event_window_ms, silent_ms, devices_max;
	double battery_low;
	int64_t ballast_bytes;
};

extern const struct config_key ingest_config[];

/* ingest_check loads the profiles, so that --check and every start refuse broken ones with their place. */
enum err ingest_check(const void *settings, struct errinfo *info) ERR_MUST_CHECK;

#endif
