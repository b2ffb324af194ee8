/* SPDX-License-Identifier: MIT */
#include "dispatcher/settings.h"

#include "base/text.h"
#include "dispatcher/incident/policy_file.h"
#include "dispatcher/visit/visit_file.h"
#include "web/webhook.h"

#define S struct dispatcher_settings

/* clang-format off */
const struct config_key dispatcher_config[] = {
	SERVICE_CONFIG_KEYS(S, common, "dispatcher-1"),
	{"desk", CONFIG_ID, CONFIG_FIELD(S, desk), "desk", 1, 63, NULL, "Account of the desk for households and teams that name none."},
	{"duty.zone", CONFIG_TEXT, CONFIG_FIELD(S, zone), "Asia/Shanghai", 1, 63, NULL, "Time zone of the shifts (IANA name)."},
	{"duty.day_from", CONFIG_TIME, CONFIG_FIELD(S, day_from_min), "07:00", 0, 0, NULL, "When the day shift begins."},
	{"duty.night_from", CONFIG_TIME, CONFIG_FIELD(S, night_from_min), "19:00", 0, 0, NULL, "When the night shift begins."},
	{"duty.ahead", CONFIG_DURATION, CONFIG_FIELD(S, ahead_ms), "48h", 0, 345600000, NULL, "How far ahead shifts that nobody serves are looked for; 0s: not."},
	{"policy.accept_life", CONFIG_DURATION, CONFIG_FIELD(S, accept_life_ms), "60s", 1000, 86400000, NULL, "Time to answer a page about a life before the next is asked, where the household has no policy."},
	{"policy.accept_alarm", CONFIG_DURATION, CONFIG_FIELD(S, accept_alarm_ms), "2m", 1000, 86400000, NULL, "The same for an alarm."},
	{"policy.accept_attention", CONFIG_DURATION, CONFIG_FIELD(S, accept_attention_ms), "10m", 1000, 86400000, NULL, "The same for an attention, if it pages."},
	{"policy.arrive", CONFIG_DURATION, CONFIG_FIELD(S, arrive_ms), "20m", 1000, 86400000, NULL, "From accept to arrival before the desk is told."},
	{"policy.attention_pages", CONFIG_BOOL, CONFIG_FIELD(S, attention_pages), "false", 0, 0, NULL, "An attention pages; else it waits on the desk's tile."},
	{"policies", CONFIG_PATH, CONFIG_FIELD(S, policies), "\"\"", 0, 255, NULL, "File that says whom an incident asks, by community, kind and level (policies.yaml); empty: on duty, captain, desk."},
	{"visits.file", CONFIG_PATH, CONFIG_FIELD(S, visits_file), "\"\"", 0, 255, NULL, "How often homes are visited and how visits are offered (docs/visit.md); empty: only as often as the registry says of a home."},
	{"visits.checklists", CONFIG_PATH, CONFIG_FIELD(S, checklists_file), "\"\"", 0, 255, NULL, "What is looked at and asked at a visit; empty: nothing."},
	{"storm.homes", CONFIG_INT, CONFIG_FIELD(S, storm_homes), "8", 0, 100000, NULL, "So many homes of a community that fall silent within the window are one event for the desk; 0: never."},
	{"storm.window", CONFIG_DURATION, CONFIG_FIELD(S, storm_window_ms), "10m", 1000, 86400000, NULL, "See storm.homes."},
	{"storm.hold", CONFIG_DURATION, CONFIG_FIELD(S, storm_hold_ms), "30m", 60000, 86400000, NULL, "Without the desk's word, they are released after this time."},
	{"storm.linger", CONFIG_DURATION, CONFIG_FIELD(S, storm_linger_ms), "30s", 0, 600000, NULL, "A silence (or another rule's alarm), which took hours to be one, waits so long before anybody is asked: it may be one of many; 0s: not."},
	{"done_after", CONFIG_DURATION, CONFIG_FIELD(S, done_ms), "2h", 0, 604800000, NULL, "From arrival to an outcome before the desk is reminded; 0s: never."},
	{"keep", CONFIG_DURATION, CONFIG_FIELD(S, keep_ms), "7d", 60000, 4e12, NULL, "How long an incident that is over is remembered, for late replies and repeated alerts."},
	{"lanes.alert_producers", CONFIG_LIST, CONFIG_FIELD(S, alert_producers), "[ingest-1, detector-1]", 1, 32, NULL, "Instances whose alerts are taken."},
	{"lanes.directory_producer", CONFIG_ID, CONFIG_FIELD(S, directory_producer), "records-1", 1, 63, NULL, "Instance of records that gives the directory."},
	{"lanes.incident_consumers", CONFIG_LIST, CONFIG_FIELD(S, incident_consumers), "[records, detector]", 1, 8, NULL, "Who must have each event of an incident before it is forgotten here."},
	{"lanes.visit_consumers", CONFIG_LIST, CONFIG_FIELD(S, visit_consumers), "[records, detector]", 1, 8, NULL, "Who must have each event of a visit, task or service before it is forgotten here."},
	{"lanes.in_flight", CONFIG_BYTES, CONFIG_FIELD(S, in_flight_bytes), "4MiB", 65536, 1073741824, NULL, "Sent and not yet acknowledged, a shard."},
	{"lanes.memory", CONFIG_BYTES, CONFIG_FIELD(S, memory_bytes), "16MiB", 0, 4294967296, NULL, "Batches held in memory for their first way."},
	{"lanes.resend", CONFIG_DURATION, CONFIG_FIELD(S, resend_ms), "2s", 50, 600000, NULL, "Silence after which a batch is sent again."},
	{"lanes.want", CONFIG_DURATION, CONFIG_FIELD(S, want_ms), "1s", 50, 600000, NULL, "How often a missing batch is asked for."},
	{"lanes.directory_quiet", CONFIG_DURATION, CONFIG_FIELD(S, directory_quiet_ms), "5m", 100, 86400000, NULL, "A registry made anew that gave nothing for this long has given all; what it did not give goes."},
	{"webhook.url", CONFIG_TEXT, CONFIG_FIELD(S, webhook_url), "\"\"", 0, 511, NULL, "Where each page is also posted (docs/webhook.md); empty: nowhere."},
	{"webhook.secret_file", CONFIG_PATH, CONFIG_FIELD(S, webhook_secret_file), "\"\"", 0, 255, NULL, "File with the secret that signs the posts (Standard Webhooks); empty: unsigned."},
	{"webhook.timeout", CONFIG_DURATION, CONFIG_FIELD(S, webhook_timeout_ms), "5s", 100, 60000, NULL, "Time for one attempt."},
	{"channels.file", CONFIG_PATH, CONFIG_FIELD(S, channels_file), "\"\"", 0, 255, NULL, "The channels by which pages leave beside MQTT (docs/channels.md); empty: none."},
	{"channels.presets", CONFIG_PATH, CONFIG_FIELD(S, channels_presets), "\"\"", 0, 255, NULL, "Folder of the presets that channels.file names; empty: channels/ beside it."},
	{"channels.people_file", CONFIG_PATH, CONFIG_FIELD(S, channels_people_file), "\"\"", 0, 255, NULL, "How volunteers wish to be reached, and their addresses; mode 0600; empty: as channels.file says."},
	{"channels.waiting", CONFIG_INT, CONFIG_FIELD(S, channels_waiting), "5000", 10, 100000, NULL, "Pages that may wait for channels; further ones are counted and not noted, what is more urgent displaces the least urgent."},
	{"channels.keep", CONFIG_DURATION, CONFIG_FIELD(S, channels_keep_ms), "30d", 60000, 4e12, NULL, "How long it is kept what became of each page over each channel."},
	{"links.base_url", CONFIG_TEXT, CONFIG_FIELD(S, links_base_url), "\"\"", 0, 255, NULL, "Where links that accept or decline lead (https://host); empty: pages carry none."},
	{"links.secret_file", CONFIG_PATH, CONFIG_FIELD(S, links_secret_file), "\"\"", 0, 255, NULL, "File with the key that signs these links."},
	{"links.valid", CONFIG_DURATION, CONFIG_FIELD(S, links_valid_ms), "15m", 60000, 86400000, NULL, "How long the links of a page are good, from the page on."},
	{"rota.frozen", CONFIG_DURATION, CONFIG_FIELD(S, rota_frozen_ms), "48h", 0, 1209600000, NULL, "A new roster changes duties that begin within this time only with a yes to it (`curtain roster publish --yes`); 0s: never asked."},
	{"rota.veto", CONFIG_LIST, CONFIG_FIELD(S, rota_veto), "[]", 0, 32, NULL, "Teams whose captain may say no to a swap that both sides want; all: every team."},
	{"rota.neighbours", CONFIG_LIST, CONFIG_FIELD(S, rota_neighbours), "[all]", 0, 32, NULL, "Teams that help each other within a community: when nobody of the own team takes an open duty, their volunteers are asked; all: every team; []: none."},
	{"rota.swap", CONFIG_DURATION, CONFIG_FIELD(S, rota_swap_ms), "24h", 60000, 1209600000, NULL, "Time to answer the question for a swap."},
	{"rota.veto_time", CONFIG_DURATION, CONFIG_FIELD(S, rota_veto_ms), "12h", 60000, 1209600000, NULL, "Time for the captain's no; then the swap is in force. Before a duty that is near it is shorter."},
	{"rota.ask", CONFIG_DURATION, CONFIG_FIELD(S, rota_ask_ms), "30m", 120000, 86400000, NULL, "How long the people asked to take an open duty have before the next are asked; the nearer the duty, the shorter."},
	{"rota.ask_at_once", CONFIG_INT, CONFIG_FIELD(S, rota_ask_count), "3", 1, 20, NULL, "How many are asked at a time to take an open duty."},
	{"rota.reachable", CONFIG_DURATION, CONFIG_FIELD(S, rota_reachable_ms), "10m", 0, 7200000, NULL, "Time to answer are-you-reachable at the begin of a duty before backup and captain are told and somebody else is sought; 0s: not asked."},
	{"rota.remind", CONFIG_BOOL, CONFIG_FIELD(S, rota_remind), "true", 0, 0, NULL, "Duties are recalled a day and an hour before."},
	{"rota.summaries", CONFIG_BOOL, CONFIG_FIELD(S, rota_summaries), "true", 0, 0, NULL, "A team is told each morning who is on duty and what is open, on Mondays for the week."},
	{"rota.summary", CONFIG_TIME, CONFIG_FIELD(S, rota_summary_min), "07:30", 0, 0, NULL, "When that is."},
	{"disk.ballast", CONFIG_BYTES, CONFIG_FIELD(S, ballast_bytes), "16MiB", 0, 1e12, NULL, "Disk space held back for the day when the disk is full."},
	{NULL, CONFIG_TEXT, 0, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

struct incident_config dispatcher_core_config(const struct dispatcher_settings *s, const struct zone *zone)
{
	struct incident_config config = {
		.duty = {.zone = zone,
			.day_from_min = s->day_from_min,
			.night_from_min = s->night_from_min,
			.accept_life_s = (uint32_t)(s->accept_life_ms / MS_PER_SECOND),
			.accept_alarm_s = (uint32_t)(s->accept_alarm_ms / MS_PER_SECOND),
			.accept_attention_s = (uint32_t)(s->accept_attention_ms / MS_PER_SECOND),
			.arrive_s = (uint32_t)(s->arrive_ms / MS_PER_SECOND),
			.attention_pages = s->attention_pages,
			.ahead_ms = s->ahead_ms},
		.storm_homes = (uint32_t)s->storm_homes,
		.storm_window_ms = s->storm_window_ms,
		.storm_hold_ms = s->storm_hold_ms,
		.storm_linger_ms = s->storm_linger_ms,
		.done_ms = s->done_ms,
		.keep_ms = s->keep_ms};

	text_cut(config.duty.desk, sizeof config.duty.desk, s->desk);
	return config;
}

struct rota_config dispatcher_rota_config(const struct dispatcher_settings *s, const struct zone *zone)
{
	return (struct rota_config){.zone = zone,
		.swap_ms = s->rota_swap_ms,
		.veto_ms = s->rota_veto_ms,
		.ask_ms = s->rota_ask_ms,
		.ask_count = (unsigned)s->rota_ask_count,
		.reachable_ms = s->rota_reachable_ms,
		.remind = s->rota_remind,
		.summary_min = s->rota_summaries ? s->rota_summary_min : -1};
}

enum err dispatcher_policies(const struct dispatcher_settings *s, struct policies *out, struct errinfo *info)
{
	if (*s->policies)
		return policy_file_load(s->policies, out, info);
	*out = *policies_preset();
	return ERR_OK;
}

enum err dispatcher_check(const void *values, struct errinfo *info)
{
	const struct dispatcher_settings *settings = values;
	struct webhook_secret secret;
	struct zone *zone = NULL;
	enum err err = zone_load(settings->zone, &zone, info);

	zone_destroy(zone);
	if (!err && settings->day_from_min == settings->night_from_min)
		err = errinfo_set(info, ERR_INVALID,
			"duty.day_from and duty.night_from are the same; one shift must begin after the other");
	if (!err) {
		static struct policies policies;
		err = dispatcher_policies(settings, &policies, info);
	}
	if (!err) {
		static struct visit_rules rules;
		err = visit_file_load(settings->visits_file, settings->checklists_file, &rules, info);
	}
	if (!err)
		err = webhook_check(settings->webhook_url, info);
	if (!err)
		err = webhook_secret_load(settings->webhook_secret_file, &secret, info);
	if (!err && *settings->links_base_url && !*settings->links_secret_file)
		err = errinfo_set(info, ERR_INVALID,
			"links.base_url needs links.secret_file, the key that signs links (openssl rand -hex 32)");
	if (!err && webhook_check(settings->links_base_url, NULL))
		err = errinfo_set(info, ERR_INVALID, "links.base_url must be an address like https://host, not \"%s\"",
			settings->links_base_url);
	if (!err) {
		struct channels_config channels = dispatcher_channels_config(settings, NULL);
		err = channels_check(&channels, info);
	}
	return err;
}

struct channels_config dispatcher_channels_config(const struct dispatcher_settings *s, const struct zone *zone)
{
	return (struct channels_config){.files = {.file = s->channels_file,
						.presets = s->channels_presets,
						.webhook_url = s->webhook_url,
						.webhook_secret_file = s->webhook_secret_file,
						.webhook_timeout_ms = s->webhook_timeout_ms,
						.with_secrets = true},
		.people_file = s->channels_people_file,
		.zone = zone,
		.waiting_max = s->channels_waiting,
		.keep_ms = s->channels_keep_ms,
		.link_base = s->links_base_url,
		.link_key_file = s->links_secret_file,
		.link_valid_ms = s->links_valid_ms};
}
