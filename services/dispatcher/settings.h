/* SPDX-License-Identifier: MIT
 *
 * settings: what dispatcher.yaml may say.
 */
#ifndef CURTAIN_DISPATCHER_SETTINGS_H
#define CURTAIN_DISPATCHER_SETTINGS_H

#include "config/config.h"
#include "dispatcher/channel/channels.h"
#include "dispatcher/incident/incident.h"
#include "dispatcher/rota/rota.h"
#include "service/service.h"

struct dispatcher_settings {
	struct service_common common;
	char desk[ID_BYTES];
	char zone[64];
	int32_t day_from_min, night_from_min;
	int64_t accept_life_ms, accept_alarm_ms, accept_attention_ms, arrive_ms, done_ms, keep_ms;
	bool attention_pages;
	char policies[256];
	int64_t ahead_ms, storm_homes, storm_window_ms, storm_hold_ms, storm_linger_ms;
	char visits_file[256], checklists_file[256];
	struct config_list alert_producers, incident_consumers, visit_consumers;
	char directory_producer[ID_BYTES];
	int64_t in_flight_bytes, memory_bytes, resend_ms, want_ms, directory_quiet_ms;
	char webhook_url[512], webhook_secret_file[256];
	int64_t webhook_timeout_ms;
	char channels_file[256], channels_presets[256], channels_people_file[256];
	int64_t channels_waiting, channels_keep_ms;
	char links_base_url[256], links_secret_file[256];
	int64_t links_valid_ms;
	struct config_list rota_veto, rota_neighbours;
	int64_t rota_frozen_ms, rota_swap_ms, rota_veto_ms, rota_ask_ms, rota_ask_count, rota_reachable_ms;
	bool rota_remind, rota_summaries;
	int32_t rota_summary_min;
	int64_t ballast_bytes;
};

extern const struct config_key dispatcher_config[];

/* dispatcher_check refuses what the table cannot: an unknown zone, two shifts that begin together, a bad address or
 * secret of the webhook. */
enum err dispatcher_check(const void *settings, struct errinfo *info) ERR_MUST_CHECK;
/* dispatcher_core_config gives the core's part; zone is borrowed. */
struct incident_config dispatcher_core_config(const struct dispatcher_settings *settings, const struct zone *zone);
/* dispatcher_policies reads the file that the settings name; without one *out is what holds then. */
enum err dispatcher_policies(
	const struct dispatcher_settings *settings, struct policies *out, struct errinfo *info) ERR_MUST_CHECK;

/* dispatcher_rota_config gives the part of swaps, cover requests and reminders; zone is borrowed. */
struct rota_config dispatcher_rota_config(const struct dispatcher_settings *settings, const struct zone *zone);
/* dispatcher_channels_config gives the channels' part; texts and zone are borrowed. */
struct channels_config dispatcher_channels_config(const struct dispatcher_settings *settings, const struct zone *zone);

#endif
