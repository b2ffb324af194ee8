/* SPDX-License-Identifier: MIT */
#include "detector/settings.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "detector/budgets.h"
#include "detector/holidays.h"

#define S struct detector_settings

/* clang-format off */
const struct config_key detector_config_table[] = {
	SERVICE_CONFIG_KEYS(S, common, "detector-1"),
	{"zone", CONFIG_TEXT, CONFIG_FIELD(S, zone), "Asia/Shanghai", 1, 63, NULL, "Time zone of the times in alerts, and of what is night."},
	{"lanes.reading_producers", CONFIG_LIST, CONFIG_FIELD(S, reading_producers), "[ingest-1]", 1, 16, NULL, "Instances of ingest; judged is up to where all of them have spoken."},
	{"lanes.incident_producers", CONFIG_LIST, CONFIG_FIELD(S, incident_producers), "[dispatcher-1]", 1, 16, NULL, "Instances of dispatcher."},
	{"lanes.visit_producers", CONFIG_LIST, CONFIG_FIELD(S, visit_producers), "[dispatcher-1]", 1, 16, NULL, "Instances of dispatcher whose visits are signs of life."},
	{"lanes.directory_producer", CONFIG_ID, CONFIG_FIELD(S, directory_producer), "records-1", 1, 63, NULL, "Instance of records that gives the directory."},
	{"lanes.alert_consumers", CONFIG_LIST, CONFIG_FIELD(S, alert_consumers), "[dispatcher, records]", 1, 8, NULL, "Who must have each alert before it is forgotten here."},
	{"lanes.in_flight", CONFIG_BYTES, CONFIG_FIELD(S, in_flight_bytes), "4MiB", 65536, 1073741824, NULL, "Sent and not yet acknowledged, a shard."},
	{"lanes.memory", CONFIG_BYTES, CONFIG_FIELD(S, memory_bytes), "16MiB", 0, 4294967296, NULL, "Batches held in memory for their first way."},
	{"lanes.resend", CONFIG_DURATION, CONFIG_FIELD(S, resend_ms), "2s", 50, 600000, NULL, "Silence after which a batch is sent again."},
	{"lanes.want", CONFIG_DURATION, CONFIG_FIELD(S, want_ms), "1s", 50, 600000, NULL, "How often a missing batch is asked for."},
	{"lanes.directory_quiet", CONFIG_DURATION, CONFIG_FIELD(S, directory_quiet_ms), "5m", 100, 86400000, NULL, "A registry made anew that gave nothing for this long has given all; what it did not give goes."},
	{"lanes.shards", CONFIG_TEXT, CONFIG_FIELD(S, shard_range), "all", 1, 15, NULL, "Shards of this instance: all, or a range as in 0-3; another instance has the others."},
	{"lanes.heartbeat", CONFIG_DURATION, CONFIG_FIELD(S, heartbeat_ms), "10s", 100, 600000, NULL, "How often lane alert says up to when was judged."},
	{"lanes.group", CONFIG_DURATION, CONFIG_FIELD(S, group_ms), "100ms", 0, 5000, NULL, "Readings are stored together for at most this long; alerts at once."},
	{"calendar.file", CONFIG_PATH, CONFIG_FIELD(S, calendar_file), "\"\"", 0, 255, NULL, "Public holidays and worked weekends (deploy/config/holidays.yaml); empty: weekdays only."},
	{"rules.use", CONFIG_LIST, CONFIG_FIELD(S, use), "[silence, appointment, channel_fault]", 0, DETECTOR_RULES_MAX, NULL, "Presets that are on (docs/detector.md)."},
	{"rules.own", CONFIG_LIST, CONFIG_FIELD(S, own), "[]", 0, DETECTOR_RULES_MAX, NULL, "Rules of your own, a line each: NAME KIND [PARAMETER=VALUE ...] LEVEL (docs/detector.md)."},
	{"silence.attention_per_month", CONFIG_NUMBER, CONFIG_FIELD(S, attention_per_month), "4", 0.05, 30, NULL, "Attentions for nothing that a home may raise in a month; its limits come from its habit and this."},
	{"silence.alarm_per_month", CONFIG_NUMBER, CONFIG_FIELD(S, alarm_per_month), "1", 0.05, 30, NULL, "Alarms for nothing that a home may raise in a month."},
	{"silence.floor", CONFIG_DURATION, CONFIG_FIELD(S, floor_ms), "3h", 3600000, 86400000, NULL, "No habit makes a limit shorter than this ..."},
	{"silence.ceiling", CONFIG_DURATION, CONFIG_FIELD(S, ceiling_ms), "24h", 3600000, 345600000, NULL, "... nor longer than this."},
	{"silence.communities", CONFIG_LIST, CONFIG_FIELD(S, communities), "[]", 0, DETECTOR_COMMUNITIES_MAX, NULL, "Communities with a budget of their own, a line each: COMMUNITY [attention_per_month=N] [alarm_per_month=N] [floor=DURATION] [ceiling=DURATION]; the rest is as above."},
	{"silence.attention", CONFIG_DURATION, CONFIG_FIELD(S, attention_ms), "10h", 3600000, 345600000, NULL, "Two or more persons: no sign of life for this long is an attention, by rule silence_fixed; by rule silence not before, while a home is new."},
	{"silence.alarm", CONFIG_DURATION, CONFIG_FIELD(S, alarm_ms), "12h", 3600000, 345600000, NULL, "... and for this long an alarm."},
	{"silence.one_person_attention", CONFIG_DURATION, CONFIG_FIELD(S, one_person_attention_ms), "12h", 3600000, 345600000, NULL, "The same for one person."},
	{"silence.one_person_alarm", CONFIG_DURATION, CONFIG_FIELD(S, one_person_alarm_ms), "14h", 3600000, 345600000, NULL, "The same for one person."},
	{"signs.use", CONFIG_LIST, CONFIG_FIELD(S, signs_use), "[water_total, water_flow, energy_total, power, gas_total, gas_flow, contact, motion, presence, people, bed, seat, heart_rate, sos, button, person_seen, door_viewer, call, cover_position]", 1, 32, NULL, "Quantities whose use is a sign of life; switch and vibration are possible too."},
	{"signs.prove", CONFIG_LIST, CONFIG_FIELD(S, signs_prove), "[water_total, water_flow, energy_total, power, motion, presence, bed, person_seen]", 1, 32, NULL, "Of those: hours without any mean something; without one of them a home is never silent."},
	{"signs.water_floor", CONFIG_NUMBER, CONFIG_FIELD(S, signs.meter.water_floor), "0.6", 0, 1, NULL, "This share of the hours from 02 to 05 of 28 days is no use of water but a leak ..."},
	{"signs.water_margin", CONFIG_NUMBER, CONFIG_FIELD(S, signs.meter.water_margin), "1", 0.01, 1000, NULL, "... and a use has so many litres an hour more."},
	{"signs.energy_floor", CONFIG_NUMBER, CONFIG_FIELD(S, signs.meter.energy_floor), "0.9", 0, 1, NULL, "The same for electricity: fridge, router ..."},
	{"signs.energy_margin", CONFIG_NUMBER, CONFIG_FIELD(S, signs.meter.energy_margin), "50", 1, 10000, NULL, "... and a use has so many Wh an hour more ..."},
	{"signs.energy_share", CONFIG_NUMBER, CONFIG_FIELD(S, signs.meter.energy_share), "0.25", 0, 10, NULL, "... and this share of the floor."},
	{"signs.gas_min", CONFIG_NUMBER, CONFIG_FIELD(S, signs.meter.gas_min), "5", 0.1, 1000, NULL, "A step with fewer litres of gas is a pilot light."},
	{"signs.gas_run", CONFIG_DURATION, CONFIG_FIELD(S, signs.meter.gas_run_ms), "2h", 60000, 86400000, NULL, "So much of a run of the cooker's beginning is a sign; a pot that is left on is none."},
	{"signs.gas_days", CONFIG_INT, CONFIG_FIELD(S, signs.meter.gas_days), "5", 1, 7, NULL, "A cooker's meter runs on so many of the last seven days at least ..."},
	{"signs.gas_hours", CONFIG_INT, CONFIG_FIELD(S, signs.meter.gas_hours), "8", 1, 24, NULL, "... in so many hours of a day at most ..."},
	{"signs.gas_nights", CONFIG_INT, CONFIG_FIELD(S, signs.meter.gas_nights), "1", 0, 28, NULL, "... and in so many of the last 28 nights at most; others heat."},
	{"signs.motion_burst", CONFIG_INT, CONFIG_FIELD(S, signs.motion_burst), "3", 1, 6, NULL, "So many firings of motion within motion_within are a sign; single ones are ghosts."},
	{"signs.motion_within", CONFIG_DURATION, CONFIG_FIELD(S, signs.motion_burst_ms), "5m", 1000, 3600000, NULL, "See motion_burst."},
	{"signs.motion_pair", CONFIG_DURATION, CONFIG_FIELD(S, signs.motion_pair_ms), "10m", 0, 3600000, NULL, "Two sensors of motion within this are a sign."},
	{"signs.cover_opened", CONFIG_NUMBER, CONFIG_FIELD(S, signs.cover_opened), "10", 0.1, 100, NULL, "A curtain that opened by so many percent."},
	{"signs.person_score", CONFIG_NUMBER, CONFIG_FIELD(S, signs.person_score), "0.5", 0.01, 1, NULL, "A camera that is less sure saw nobody."},
	{"learning.period", CONFIG_DURATION, CONFIG_FIELD(S, learning_ms), "14d", 0, 31536000000, NULL, "A home is new for this long; its alerts are marked."},
	{"learning.extra", CONFIG_DURATION, CONFIG_FIELD(S, learning_extra_ms), "2h", 0, 172800000, NULL, "Meanwhile the limits of rule silence_fixed are longer by this."},
	{"channels.meter_fresh", CONFIG_DURATION, CONFIG_FIELD(S, meter_fresh_ms), "135m", 60000, 345600000, NULL, "A meter whose last reading is older is blind."},
	{"channels.device_quiet", CONFIG_DURATION, CONFIG_FIELD(S, device_quiet_ms), "48h", 60000, 31536000000, NULL, "A device of events that is unheard for this long is blind."},
	{"away.quiet", CONFIG_DURATION, CONFIG_FIELD(S, absence.quiet_ms), "30m", 0, 86400000, NULL, "No sign of life inside for so long after a door: away; 0s: never."},
	{"away.inferred_most", CONFIG_DURATION, CONFIG_FIELD(S, absence.inferred_most_ms), "24h", 3600000, 345600000, NULL, "Away by a door is believed for so long after the last sign of life, never longer than silence.ceiling ..."},
	{"away.one_person_most", CONFIG_DURATION, CONFIG_FIELD(S, absence.one_person_most_ms), "16h", 3600000, 345600000, NULL, "... and so long where one lives alone."},
	{"away.out_most", CONFIG_DURATION, CONFIG_FIELD(S, absence.out_most_ms), "24h", 3600000, 604800000, NULL, "Away by the door viewer is believed for so long after the last sign of life."},
	{"away.said_most", CONFIG_DURATION, CONFIG_FIELD(S, absence.said_most_ms), "2d", 3600000, 604800000, NULL, "Away as said at the door is believed for so long."},
	{"away.declared_most", CONFIG_DURATION, CONFIG_FIELD(S, absence.declared_most_ms), "14d", 86400000, 7776000000, NULL, "Away as declared without an end, or in hospital, is believed for so long."},
	{"away.leaving", CONFIG_DURATION, CONFIG_FIELD(S, absence.leaving_ms), "6h", 0, 86400000, NULL, "Signs of life so soon after a declared absence began do not end it: people leave late."},
	{"feedback.step", CONFIG_NUMBER, CONFIG_FIELD(S, feedback.step), "0.125", 0.001, 0.5, NULL, "Share of a home's budget that one false alarm takes, or a real one gives."},
	{"feedback.least", CONFIG_NUMBER, CONFIG_FIELD(S, feedback.least), "0.5", 0.1, 1, NULL, "What people find makes a home's budget no smaller than this times the configured one ..."},
	{"feedback.most", CONFIG_NUMBER, CONFIG_FIELD(S, feedback.most), "2", 1, 10, NULL, "... nor larger than this."},
	{"feedback.pooled_step", CONFIG_NUMBER, CONFIG_FIELD(S, feedback.pooled_step), "0.05", 0, 0.5, NULL, "As many outcomes as there are homes move the population by this share."},
	{"feedback.pooled_least", CONFIG_NUMBER, CONFIG_FIELD(S, feedback.pooled_least), "0.8", 0.1, 1, NULL, "Bounds of the population's factor."},
	{"feedback.pooled_most", CONFIG_NUMBER, CONFIG_FIELD(S, feedback.pooled_most), "1.25", 1, 10, NULL, "See pooled_least."},
	{"feedback.doubt", CONFIG_DURATION, CONFIG_FIELD(S, feedback.doubt_ms), "7d", 0, 7776000000, NULL, "A channel that people say is at fault is left out for so long, while another tells."},
	{"relearn.history", CONFIG_DURATION, CONFIG_FIELD(S, history_ms), "200d", 0, 315576000000, NULL, "A home whose habit is not known learns it from as much of records' history; 0: it begins anew."},
	{"relearn.pace", CONFIG_INT, CONFIG_FIELD(S, pace), "20000", 10, 10000000, NULL, "Readings a second that are asked of records for that."},
	{"homes.max", CONFIG_INT, CONFIG_FIELD(S, homes_max), "200000", 1, 10000000, NULL, "Bound on the households of this instance."},
	{"disk.ballast", CONFIG_BYTES, CONFIG_FIELD(S, ballast_bytes), "16MiB", 0, 1e12, NULL, "Disk space held back for the restart on a full disk."},
	{NULL, CONFIG_TEXT, 0, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

static enum err fail_quantity(const char *written, const char *key, uint64_t possible, struct errinfo *info)
{
	const char *closest = "";
	unsigned best = 5;

	for (unsigned q = 0; q < QUANTITY_COUNT; q++) {
		const char *name = quantity_info((enum quantity)q)->name;
		unsigned distance = text_distance(written, name);
		if ((possible >> q & 1) && distance < best) {
			best = distance;
			closest = name;
		}
	}
	return errinfo_set(info, ERR_INVALID, "%s: \"%.40s\" is no quantity that it may hold%s%s%s", key, written,
		*closest ? "; did you mean \"" : "", closest, *closest ? "\"?" : "");
}

/* quantities_of reads a list of quantities; each must be one of `possible`. */
static enum err quantities_of(
	const struct config_list *list, const char *key, uint64_t possible, uint64_t *out_set, struct errinfo *info)
{
	uint64_t set = 0;

	for (uint32_t i = 0; i < list->count; i++) {
		enum quantity quantity;
		if (quantity_find(list->text[i], &quantity) || !(possible >> quantity & 1))
			return fail_quantity(list->text[i], key, possible, info);
		set |= UINT64_C(1) << quantity;
	}
	*out_set = set;
	return ERR_OK;
}

static enum err signs_of(const struct detector_settings *s, struct detector_signs *out_signs, struct errinfo *info)
{
	struct detector_signs signs = s->signs;
	enum err err = quantities_of(&s->signs_use, "signs.use", signs_possible(), &signs.use, info);

	if (!err)
		err = quantities_of(&s->signs_prove, "signs.prove", signs.use, &signs.prove, info);
	if (!err)
		*out_signs = signs;
	return err;
}

static enum err rules_of(const struct detector_settings *settings, struct detector_config *config, struct errinfo *info)
{
	struct detector_rule rule;
	struct errinfo why = {0};
	enum err err;

	for (uint32_t i = 0; i < settings->use.count; i++) {
		err = rules_preset(settings->use.text[i], &rule, &why);
		if (!err)
			err = rules_add(config->rules, &config->rule_count, &rule, &why);
		if (err)
			return errinfo_set(info, err, "rules.use: %s", why.text);
	}
	for (uint32_t i = 0; i < settings->own.count; i++) {
		err = rules_parse(settings->own.text[i], &rule, &why);
		if (!err)
			err = rules_add(config->rules, &config->rule_count, &rule, &why);
		if (err)
			return errinfo_set(info, err, "rules.own: %s", why.text);
	}
	return ERR_OK;
}

static enum err budgets_of(
	const struct detector_settings *settings, struct detector_config *config, struct errinfo *info)
{
	struct detector_community community;
	struct errinfo why = {0};
	enum err err = budgets_check(&config->budget, "silence.", info);

	for (uint32_t i = 0; i < settings->communities.count && !err; i++) {
		err = budgets_parse(settings->communities.text[i], &config->budget, &community, &why);
		if (!err)
			err = budgets_add(config, &community, &why);
		if (err)
			errinfo_set(info, err, "silence.communities: %s", why.text);
	}
	return err;
}

enum err detector_settings_core(const struct detector_settings *s, const struct zone *zone,
	const struct calendar *calendar, struct detector_config *out_config, struct errinfo *info)
{
	*out_config = (struct detector_config){.zone = zone,
		.calendar = calendar,
		.budget = {.attention_per_month = s->attention_per_month,
			.alarm_per_month = s->alarm_per_month,
			.floor_ms = s->floor_ms,
			.ceiling_ms = s->ceiling_ms},
		.limits = {.attention_ms = s->attention_ms,
			.alarm_ms = s->alarm_ms,
			.one_person_attention_ms = s->one_person_attention_ms,
			.one_person_alarm_ms = s->one_person_alarm_ms,
			.learning_ms = s->learning_ms,
			.learning_extra_ms = s->learning_extra_ms},
		.absence = s->absence,
		.feedback = s->feedback,
		.meter_fresh_ms = s->meter_fresh_ms,
		.device_quiet_ms = s->device_quiet_ms,
		.ordered = s->reading_producers.count == 1,
		.homes_max = (uint32_t)s->homes_max};
	if (s->attention_ms > s->alarm_ms)
		return errinfo_set(info, ERR_RANGE, "silence.attention must not be longer than silence.alarm");
	if (s->one_person_attention_ms > s->one_person_alarm_ms)
		return errinfo_set(info, ERR_RANGE,
			"silence.one_person_attention must not be longer than silence.one_person_alarm");
	enum err err = budgets_of(s, out_config, info);
	if (!err)
		err = signs_of(s, &out_config->signs, info);
	return err ? err : rules_of(s, out_config, info);
}

enum err detector_settings_shards(const struct detector_settings *settings, uint64_t *out_set, struct errinfo *info)
{
	const char *text = settings->shard_range;
	unsigned from, to;
	int end = 0;

	*out_set = 0;
	if (!strcmp(text, "all"))
		return ERR_OK;
	if (strspn(text, "0123456789-") != strlen(text) || sscanf(text, "%3u-%3u%n", &from, &to, &end) != 2 ||
		text[end])
		return errinfo_set(
			info, ERR_INVALID, "lanes.shards: \"%s\" is neither \"all\" nor a range as in \"0-3\"", text);
	if (from > to || to >= (unsigned)settings->common.shards)
		return errinfo_set(info, ERR_RANGE, "lanes.shards: \"%s\" is no range of the district's shards, 0-%d",
			text, (int)settings->common.shards - 1);
	for (unsigned shard = from; shard <= to; shard++)
		*out_set |= UINT64_C(1) << shard;
	return ERR_OK;
}

enum err detector_check(const void *values, struct errinfo *info)
{
	const struct detector_settings *settings = values;
	struct detector_config config;
	struct calendar calendar;
	struct zone *zone = NULL;
	uint64_t shards;
	enum err err = detector_settings_shards(settings, &shards, info);

	if (!err)
		err = zone_load(settings->zone, &zone, info);
	if (!err)
		err = holidays_load(settings->calendar_file, &calendar, info);
	if (!err)
		err = detector_settings_core(settings, zone, &calendar, &config, info);
	zone_destroy(zone);
	return err;
}

/* ---- --check ---- */

static void print_rule(const struct detector_rule *rule, FILE *to)
{
	const struct detector_kind *kind = rules_kind(rule->kind);

	fprintf(to, "#   %s %s", rule->name, kind->name);
	for (unsigned p = 0; kind->params[p].name; p++)
		fprintf(to, " %s=%g", kind->params[p].name, rule->values[p]);
	fprintf(to, " %s\n", rules_ends_by_life(rule->kind) ? "attention, alarm" : alert_level_name(rule->level));
}

static void print_kind(const struct detector_kind *kind, FILE *to)
{
	fprintf(to, "#   %s", kind->name);
	for (unsigned p = 0; kind->params[p].name; p++) {
		const struct detector_param *param = &kind->params[p];
		fprintf(to, "%s %s %g..%g%s%s", p ? "," : "", param->name, param->least, param->most,
			*param->unit ? " " : "", param->unit);
		if (!isnan(param->standard))
			fprintf(to, " (%g)", param->standard);
	}
	fputc('\n', to);
}

void detector_describe(const void *values, FILE *to)
{
	static struct detector_config config;
	const char *preset;

	config.rule_count = 0;
	if (rules_of(values, &config, NULL))
		return; /* --check has refused it before */
	fputs("# Rules in force: NAME KIND PARAMETERS LEVEL\n", to);
	for (unsigned i = 0; i < config.rule_count; i++)
		print_rule(&config.rules[i], to);
	fputs("# Kinds: their parameters, least..most unit (standard). Where all have a standard, the kind's name is a "
	      "preset of rules.use.\n",
		to);
	for (int kind = 0; kind < DETECTOR_RULE_KIND_COUNT; kind++)
		print_kind(rules_kind((enum detector_rule_kind)kind), to);
	fputs("# Other presets:", to);
	for (unsigned i = 0; (preset = rules_preset_name(i)); i++)
		fprintf(to, " %s", preset);
	fputc('\n', to);
}
