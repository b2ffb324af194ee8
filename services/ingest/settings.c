/* SPDX-License-Identifier: MIT */
#include "ingest/settings.h"

#include "ingest/map.h"

#define S struct ingest_settings

/* clang-format off */
const struct config_key ingest_config[] = {
	SERVICE_CONFIG_KEYS(S, common, "ingest-1"),
	{"profiles", CONFIG_PATH, CONFIG_FIELD(S, profiles), "/etc/curtain/profiles", 1, 255, NULL, "Folder of the device profiles (docs/profiles.md)."},
	{"intake.share", CONFIG_TEXT, CONFIG_FIELD(S, share), "\"\"", 0, 63, NULL, "Name of the shared subscription when several instances share the intake; empty: this one alone."},
	{"intake.receive_maximum", CONFIG_INT, CONFIG_FIELD(S, receive_maximum), "2000", 10, 65535, NULL, "Messages that the broker may have on their way to us unacknowledged."},
	{"intake.turn_messages", CONFIG_INT, CONFIG_FIELD(S, turn_messages), "1500", 1, 20000, NULL, "Messages in one transaction at most."},
	{"intake.session_expiry", CONFIG_DURATION, CONFIG_FIELD(S, session_expiry_ms), "7d", 1000, 4e12, NULL, "How long the broker keeps messages for us while we are away."},
	{"lanes.reading_consumers", CONFIG_LIST, CONFIG_FIELD(S, reading_consumers), "[detector, records]", 1, 8, NULL, "Who must have each reading before it is forgotten here."},
	{"lanes.alert_consumers", CONFIG_LIST, CONFIG_FIELD(S, alert_consumers), "[dispatcher, records]", 1, 8, NULL, "Who must have each alert before it is forgotten here."},
	{"lanes.directory_producer", CONFIG_ID, CONFIG_FIELD(S, directory_producer), "records-1", 1, 63, NULL, "Instance of records that gives the directory."},
	{"lanes.in_flight", CONFIG_BYTES, CONFIG_FIELD(S, in_flight_bytes), "2MiB", 65536, 1073741824, NULL, "Sent and not yet acknowledged, a shard; times the shards less than the queues of those who read it."},
	{"lanes.memory", CONFIG_BYTES, CONFIG_FIELD(S, memory_bytes), "64MiB", 0, 4294967296, NULL, "Batches held in memory for their first way."},
	{"lanes.resend", CONFIG_DURATION, CONFIG_FIELD(S, resend_ms), "2s", 50, 600000, NULL, "Silence after which a batch is sent again."},
	{"lanes.want", CONFIG_DURATION, CONFIG_FIELD(S, want_ms), "1s", 50, 600000, NULL, "How often a missing batch of the directory is asked for."},
	{"lanes.directory_quiet", CONFIG_DURATION, CONFIG_FIELD(S, directory_quiet_ms), "5m", 100, 86400000, NULL, "A registry that was made anew has given all when it is quiet for this long; what else is known here is then forgotten."},
	{"lanes.heartbeat", CONFIG_DURATION, CONFIG_FIELD(S, heartbeat_ms), "10s", 100, 600000, NULL, "How often a lane on which nothing happens says so."},
	{"dead_letters.messages", CONFIG_INT, CONFIG_FIELD(S, dead_letters), "100000", 1, 1e8, NULL, "Refused messages that are kept; the oldest make room."},
	{"dead_letters.bytes", CONFIG_BYTES, CONFIG_FIELD(S, dead_letter_bytes), "256MiB", 65536, 1e12, NULL, "Room for them."},
	{"devices.future", CONFIG_DURATION, CONFIG_FIELD(S, future_ms), "5m", 0, 86400000, NULL, "A device's time further ahead than this is wrong: arrival counts and the device is named."},
	{"devices.past", CONFIG_DURATION, CONFIG_FIELD(S, past_ms), "400d", 3600000, 4e12, NULL, "A device's time older than this is wrong: the reading is refused."},
	{"devices.alarm_past", CONFIG_DURATION, CONFIG_FIELD(S, alarm_past_ms), "24h", 60000, 4e12, NULL, "An alarm older than this is a record, not a call for help."},
	{"devices.event_window", CONFIG_DURATION, CONFIG_FIELD(S, event_window_ms), "30s", 0, 3600000, NULL, "The same call for help again within this time is one."},
	{"devices.silent", CONFIG_DURATION, CONFIG_FIELD(S, silent_ms), "48h", 0, 4e12, NULL, "A device unheard for this long is a task for maintenance; 0s: never."},
	{"devices.battery_low", CONFIG_NUMBER, CONFIG_FIELD(S, battery_low), "15", 0, 100, NULL, "Percent; below: a task for maintenance."},
	{"devices.max", CONFIG_INT, CONFIG_FIELD(S, devices_max), "2000000", 1, 1e8, NULL, "Bound on tracked states (device, channel, quantity)."},
	{"disk.ballast", CONFIG_BYTES, CONFIG_FIELD(S, ballast_bytes), "16MiB", 0, 1e12, NULL, "Disk space held back for alerts when the disk is full."},
	{NULL, CONFIG_TEXT, 0, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

enum err ingest_check(const void *values, struct errinfo *info)
{
	const struct ingest_settings *settings = values;
	struct map *map = NULL;
	enum err err = map_load(settings->profiles, &map, info);

	map_destroy(map);
	return err;
}
