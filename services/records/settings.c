/* SPDX-License-Identifier: MIT */
#include "records/settings.h"

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"

#define S struct records_settings

/* clang-format off */
const struct config_key records_config[] = {
	SERVICE_CONFIG_KEYS(S, common, "records-1"),
	{"postgres.conninfo", CONFIG_TEXT, CONFIG_FIELD(S, conninfo), "\"dbname=curtain\"", 0, 511, NULL, "libpq connection text, without a password."},
	{"postgres.uri_file", CONFIG_PATH, CONFIG_FIELD(S, uri_file), "\"\"", 0, 255, NULL, "File with the whole connection URI, password included; set: used instead of postgres.conninfo."},
	{"lanes.reading_producers", CONFIG_LIST, CONFIG_FIELD(S, reading_producers), "[ingest-1]", 0, 32, NULL, "Instances whose readings are stored."},
	{"lanes.alert_producers", CONFIG_LIST, CONFIG_FIELD(S, alert_producers), "[ingest-1, detector-1]", 0, 32, NULL, "Instances whose alerts are stored."},
	{"lanes.incident_producers", CONFIG_LIST, CONFIG_FIELD(S, incident_producers), "[dispatcher-1]", 0, 32, NULL, "Instances whose incidents are stored."},
	{"lanes.visit_producers", CONFIG_LIST, CONFIG_FIELD(S, visit_producers), "[dispatcher-1]", 0, 32, NULL, "Instances whose visits, tasks and services are stored."},
	{"lanes.connections", CONFIG_INT, CONFIG_FIELD(S, connections), "2", 1, RECORDS_CONNECTIONS_MAX, NULL, "Connections to PostgreSQL that the shards of the lanes are spread over: while one waits for the disk, another works."},
	{"lanes.queue_bytes", CONFIG_BYTES, CONFIG_FIELD(S, queue_bytes), "64MiB", 8388608, 1073741824, NULL, "Batches held while a transaction runs or PostgreSQL is away; more are left to their producers, which keep them."},
	{"lanes.group_readings", CONFIG_INT, CONFIG_FIELD(S, group_readings), "20000", 1, 200000, NULL, "Readings that may share one transaction."},
	{"lanes.rest", CONFIG_DURATION, CONFIG_FIELD(S, rest_ms), "250ms", 0, 10000, NULL, "Under load, from one transaction to the next: a household's readings that gather share an update of its hour. Nothing else waits."},
	{"lanes.want", CONFIG_DURATION, CONFIG_FIELD(S, want_ms), "1s", 50, 60000, NULL, "How often a missing batch is asked for."},
	{"keep.readings", CONFIG_DURATION, CONFIG_FIELD(S, reading_age_ms), "400d", 0, 3.2e12, NULL, "Readings whose month ended so long ago are dropped; 0s: never."},
	{"keep.hours", CONFIG_DURATION, CONFIG_FIELD(S, hour_age_ms), "1100d", 0, 3.2e12, NULL, "The same of what readings come to in an hour of a device."},
	{"keep.days", CONFIG_DURATION, CONFIG_FIELD(S, day_age_ms), "3700d", 0, 3.2e12, NULL, "The same of days, by the year that they lie in."},
	{"keep.answers", CONFIG_DURATION, CONFIG_FIELD(S, answer_age_ms), "400d", 0, 3.2e12, NULL, "What was noted and answered at visits so long ago is dropped; the visits stay for the figures. 0s: never."},
	{"keep.duties", CONFIG_DURATION, CONFIG_FIELD(S, duty_age_ms), "400d", 0, 3.2e12, NULL, "What became of duties that ended so long ago is dropped. 0s: never."},
	{"keep.months_ahead", CONFIG_INT, CONFIG_FIELD(S, months_ahead), "2", 0, 24, NULL, "Partitions made ahead of their month, so that no reading waits for one."},
	{"keep.every", CONFIG_DURATION, CONFIG_FIELD(S, upkeep_ms), "1h", 100, 86400000, NULL, "How often that is looked at."},
	{"duties.every", CONFIG_DURATION, CONFIG_FIELD(S, duties_ms), "10m", 100, 86400000, NULL, "How often the dispatcher is asked which duties are over, and what became of them."},
	{"backup.stamp_file", CONFIG_PATH, CONFIG_FIELD(S, stamp_file), "\"\"", 0, 255, NULL, "File that `curtain backup --stamp FILE` writes: the last backup's age stands in status and metrics (backup_age_seconds). Empty: not watched."},
	{"directory.page", CONFIG_INT, CONFIG_FIELD(S, directory_page), "500", 1, 2000, NULL, "Entries in one batch of a directory lane."},
	{"directory.poll", CONFIG_DURATION, CONFIG_FIELD(S, directory_poll_ms), "10s", 100, 600000, NULL, "How often changes that others made in the database are looked for."},
	{"api.requests", CONFIG_INT, CONFIG_FIELD(S, requests), "256", 1, 10000, NULL, "Requests that may wait; further ones are told to come again."},
	{"api.connections", CONFIG_INT, CONFIG_FIELD(S, answerers), "2", 1, RECORDS_ANSWERERS_MAX, NULL, "Connections to PostgreSQL that answer requests: while one waits for the disk, another works. About as many as PostgreSQL has cores: with more, fewer reads share a transaction."},
	{"api.timeline_items", CONFIG_INT, CONFIG_FIELD(S, timeline_items), "50", 1, 500, NULL, "Items of a timeline when the caller names no limit."},
	{"api.unlisted", CONFIG_BOOL, CONFIG_FIELD(S, unlisted), "true", 0, 0, NULL, "An account that the registry does not list sees the whole district, as the desk of a new installation has to; false: it sees nothing. Set it to false once the accounts are in the registry (docs/privacy.md)."},
	{"seal.key_file", CONFIG_PATH, CONFIG_FIELD(S, seal_key_file), "\"\"", 0, 255, NULL, "File with the key (64 hexadecimal digits: openssl rand -hex 32) that seals identity numbers, medical notes, and what is noted and answered at visits; empty: the first two are refused, the last are kept unsealed. Keep a copy where the database's backups are not."},
	{"zone", CONFIG_TEXT, CONFIG_FIELD(S, zone), "Asia/Shanghai", 1, 63, NULL, "Time zone of hours and days (IANA name); with another one than before, days are made anew at the start."},
	{"report.fortnight_begins", CONFIG_TEXT, CONFIG_FIELD(S, fortnight_begins), "2026-01-05", 10, 10, NULL, "A day on which a fortnight of the dispatch meeting begins (docs/report.md); all others follow from it, before it too."},
	{NULL, CONFIG_TEXT, 0, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

enum err records_conninfo(const struct records_settings *settings, char out[512], struct errinfo *info)
{
	if (*settings->uri_file)
		return config_secret(settings->uri_file, out, 512, info);
	return text_copy(out, 512, settings->conninfo);
}

enum err records_check(const void *values, struct errinfo *info)
{
	const struct records_settings *settings = values;
	struct zone *zone = NULL;
	char conninfo[512];
	int32_t day;
	enum err err = records_conninfo(settings, conninfo, info);

	if (!err && day_parse(settings->fortnight_begins, &day))
		err = errinfo_set(info, ERR_INVALID, "report.fortnight_begins: must be a day such as 2026-01-05");
	if (err)
		return err;
	err = zone_load(settings->zone, &zone, info);
	zone_destroy(zone);
	return err;
}
