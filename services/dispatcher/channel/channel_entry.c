/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channel_entry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"

static const char *const keys[] = {"name", "preset", "channel", "version", "kind", "audience", "language", "url",
	"method", "format", "sign", "query", "headers", "body", "success", "throttled", "refused", "receipt", "cause",
	"from", "tls", "address", "secrets", "vars", "timeout", "rate", "retry", "quiet", "quiet_for_life", "merge",
	"withdrawals", "concurrent", "expire", "teams", "levels", "about", "fallback", "reserve", "mentions", NULL};
static const char *const program_keys[CHANNEL_JQ_COUNT] = {
	"query", "headers", "body", "success", "throttled", "refused", "receipt", "cause"};
static const char *const kinds[] = {"http", "smtp", "mqtt", NULL};
static const char *const audiences[] = {"person", "group", "system", NULL};
static const char *const signs[] = {"none", "dingtalk", "feishu", "standard-webhooks", "aliyun", NULL};
static const char *const languages[] = {"zh", "en", NULL};
static const char *const methods[] = {"POST", "PUT", "GET", NULL};
static const char *const level_words[] = {"life", "alarm", "attention", "maintenance", NULL};

/* by channel_kind_of, then what stands for all alerts */
static const char *const about_words[] = {"sos", "fall", "gas", "smoke", "co", "leak", "silence", "rule", "device",
	"duty", "visit", "task", "service", "alerts", NULL};
_Static_assert(sizeof about_words / sizeof *about_words == CHANNEL_KIND_COUNT + 2, "a word for each kind");

/* find gives a key's value and the document in which it stands; NULL if neither has it. */
static const yaml_node_t *find(const struct channel_sources *from, const char *key, struct yaml_in **out_in)
{
	const yaml_node_t *node = yaml_in_get(from->own, from->entry, key);

	*out_in = from->own;
	if (!node && from->preset) {
		*out_in = from->preset;
		node = yaml_in_get(from->preset, from->base, key);
	}
	return node;
}

static enum err read_text(const struct channel_sources *from, const char *key, char *out, size_t size)
{
	struct yaml_in *in;
	const yaml_node_t *node = find(from, key, &in);
	const char *text = NULL;
	enum err err = node ? yaml_in_text(in, node, key, size - 1, &text) : ERR_OK;

	if (!err && text)
		text_cut(out, size, text);
	return err;
}

static enum err read_word(const struct channel_sources *from, const char *key, const char *const *words, int *out)
{
	struct yaml_in *in;
	const yaml_node_t *node = find(from, key, &in);

	return node ? yaml_in_word(in, node, key, words, out) : ERR_OK;
}

static enum err read_bool(const struct channel_sources *from, const char *key, bool *out)
{
	struct yaml_in *in;
	const yaml_node_t *node = find(from, key, &in);

	return node ? yaml_in_bool(in, node, key, out) : ERR_OK;
}

static enum err read_duration(const struct channel_sources *from, const char *key, int64_t least, int64_t *out)
{
	struct yaml_in *in;
	const yaml_node_t *node = find(from, key, &in);
	enum err err = node ? yaml_in_duration(in, node, key, out) : ERR_OK;

	if (!err && node && *out < least)
		err = yaml_in_fail(in, node, 0, "%s: must be at least %lld ms", key, (long long)least);
	return err;
}

/* list_of gives a sequence's node; a missing one has no items. */
static enum err list_of(const struct channel_sources *from, const char *key, size_t max, struct yaml_in **out_in,
	const yaml_node_t **out_list)
{
	*out_list = find(from, key, out_in);
	if (!*out_list)
		return ERR_OK;
	if ((*out_list)->type != YAML_SEQUENCE_NODE)
		return yaml_in_fail(*out_in, *out_list, 0, "%s: a list is expected here ([a, b])", key);
	if (yaml_in_count(*out_list) > max)
		return yaml_in_fail(*out_in, *out_list, 0, "%s: at most %zu are possible", key, max);
	return ERR_OK;
}

/* ---- what a rule is made of ---- */

static enum err read_rate(const struct channel_sources *from, struct channel_rule *rule)
{
	static const char *const known[] = {"calls", "window", "rest", NULL};
	struct yaml_in *in;
	const yaml_node_t *map = find(from, "rate", &in), *node;
	int64_t calls = 0;
	enum err err = map ? yaml_in_map(in, map, "rate", known) : ERR_OK;

	if (err || !map)
		return err;
	node = yaml_in_get(in, map, "calls");
	if (!node || !yaml_in_get(in, map, "window"))
		return yaml_in_fail(in, map, 0, "rate: calls and window are needed ({calls: 20, window: 60s})");
	err = yaml_in_int(in, node, "rate.calls", 1, CHANNEL_RATE_MAX, &calls);
	rule->rate_count = (uint32_t)calls;
	if (!err)
		err = yaml_in_duration(in, yaml_in_get(in, map, "window"), "rate.window", &rule->rate_window_ms);
	node = yaml_in_get(in, map, "rest");
	return err || !node ? err : yaml_in_duration(in, node, "rate.rest", &rule->rest_ms);
}

static enum err read_retry(const struct channel_sources *from, struct channel_rule *rule)
{
	static const int64_t preset[] = {0, 5000, 15000, 30000};
	struct yaml_in *in;
	const yaml_node_t *list;
	enum err err = list_of(from, "retry", CHANNEL_RETRY_MAX, &in, &list);

	rule->retry_count = 4;
	memcpy(rule->retry_ms, preset, sizeof preset);
	if (err || !list)
		return err;
	rule->retry_count = (unsigned)yaml_in_count(list);
	for (unsigned i = 0; i < rule->retry_count && !err; i++) {
		const yaml_node_t *item = yaml_in_item(in, list, i);
		err = yaml_in_duration(in, item, "retry", &rule->retry_ms[i]);
		if (!err && (i ? rule->retry_ms[i] <= rule->retry_ms[i - 1] : rule->retry_ms[0] != 0))
			err = yaml_in_fail(
				in, item, 0, "retry: must begin with 0s and grow; each counts from the first attempt");
	}
	if (!err && !rule->retry_count)
		err = yaml_in_fail(in, list, 0, "retry: needs at least [0s]");
	return err;
}

bool channel_read_hours(const char *text, struct channel_quiet *out)
{
	int from_hour, from_minute, until_hour, until_minute, length = 0;

	if (sscanf(text, "%2d:%2d-%2d:%2d%n", &from_hour, &from_minute, &until_hour, &until_minute, &length) != 4 ||
		text[length] || from_hour < 0 || from_hour > 23 || until_hour < 0 || until_hour > 23 ||
		from_minute < 0 || from_minute > 59 || until_minute < 0 || until_minute > 59)
		return false;
	*out = (struct channel_quiet){from_hour * 60 + from_minute, until_hour * 60 + until_minute};
	return out->from_min != out->until_min;
}

static enum err read_quiet(const struct channel_sources *from, struct channel_rule *rule)
{
	struct yaml_in *in;
	const yaml_node_t *list;
	const char *text = NULL;
	enum err err = list_of(from, "quiet", CHANNEL_QUIET_MAX, &in, &list);

	for (unsigned i = 0; list && !err && i < yaml_in_count(list); i++) {
		err = yaml_in_text(in, yaml_in_item(in, list, i), "quiet", 16, &text);
		if (!err && !channel_read_hours(text, &rule->quiet[rule->quiet_count++]))
			err = yaml_in_fail(in, yaml_in_item(in, list, i), 0,
				"quiet: \"%s\" must be hours like \"21:00-08:00\", in quotes", text);
	}
	return err ? err : read_bool(from, "quiet_for_life", &rule->quiet_for_life);
}

static enum err read_rule(const struct channel_sources *from, struct channel_rule *rule)
{
	struct yaml_in *in;
	const yaml_node_t *node = find(from, "concurrent", &in);
	int64_t running = 4;
	enum err err = read_rate(from, rule);

	rule->merge = rule->withdrawals = true;
	rule->expire_ms = MS_PER_HOUR;
	if (!rule->rest_ms)
		rule->rest_ms = MS_PER_MINUTE;
	if (!err)
		err = read_retry(from, rule);
	if (!err)
		err = read_quiet(from, rule);
	if (!err)
		err = read_bool(from, "merge", &rule->merge);
	if (!err)
		err = read_bool(from, "withdrawals", &rule->withdrawals);
	if (!err && node)
		err = yaml_in_int(in, node, "concurrent", 2, 16, &running);
	rule->running_max = (unsigned)running;
	return err ? err : read_duration(from, "expire", MS_PER_MINUTE, &rule->expire_ms);
}

/* ---- what a definition is made of ---- */

static void put_value(struct channel_value *values, unsigned *count, const struct channel_value *value)
{
	for (unsigned i = 0; i < *count; i++) {
		if (!strcmp(values[i].name, value->name)) {
			values[i] = *value;
			return;
		}
	}
	values[(*count)++] = *value;
}

/* read_values joins a mapping of names to texts of both sources; the entry's own win. */
static enum err read_values(
	const struct channel_sources *from, const char *key, struct channel_value *out, unsigned max, unsigned *count)
{
	struct yaml_in *ins[] = {from->preset, from->own};
	const yaml_node_t *bases[] = {from->base, from->entry};
	enum err err = ERR_OK;

	for (int s = 0; s < 2 && !err; s++) {
		const yaml_node_t *map = ins[s] ? yaml_in_get(ins[s], bases[s], key) : NULL;
		if (!map)
			continue;
		err = yaml_in_map(ins[s], map, key, NULL);
		if (err)
			break;
		for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top && !err;
			pair++) {
			struct channel_value value;
			if (*count == max)
				return yaml_in_fail(ins[s], map, 0, "%s: at most %u are possible", key, max);
			err = yaml_in_pair(
				ins[s], pair, key, value.name, sizeof value.name, value.value, sizeof value.value);
			if (!err)
				put_value(out, count, &value);
		}
	}
	return err;
}

static void path_beside(const char *file, const char *path, char *out, size_t size)
{
	const char *slash = strrchr(file, '/');

	if (*path == '/' || !slash)
		snprintf(out, size, "%s", path);
	else
		snprintf(out, size, "%.*s/%s", (int)(slash - file), file, path);
}

static enum err read_secrets(const struct channel_sources *from, struct channel_definition *d)
{
	char path[CHANNEL_VAR_BYTES + 300], text[CHANNEL_SECRET_BYTES];
	struct yaml_in *in;
	const yaml_node_t *map = find(from, "secrets", &in), *node;
	enum err err = read_values(from, "secrets", d->secrets, CHANNEL_SECRETS_MAX, &d->secret_count);

	for (unsigned i = 0; i < d->secret_count && !err; i++) {
		struct errinfo why = {0};
		if (!from->with_secrets) {
			snprintf(text, sizeof text, "SECRET-%s", d->secrets[i].name);
		} else {
			path_beside(from->own->file, d->secrets[i].value, path, sizeof path);
			err = config_secret(path, text, sizeof text, &why);
		}
		if (err) {
			node = yaml_in_get(in, map, d->secrets[i].name);
			errinfo_at(from->own->info, err, in->file, (int)(node ? node : map)->start_mark.line + 1,
				(int)(node ? node : map)->start_mark.column + 1, "secrets.%s: %s", d->secrets[i].name,
				why.text);
		}
		text_cut(d->secrets[i].value, sizeof d->secrets[i].value, text);
	}
	explicit_bzero(text, sizeof text);
	return err;
}

static enum err read_programs(const struct channel_sources *from, struct program *program, struct channel_definition *d)
{
	struct yaml_in *sources[] = {from->preset, from->own};
	enum err err = ERR_OK;

	for (int i = 0; i < CHANNEL_JQ_COUNT; i++)
		d->programs[i] = CHANNEL_NO_PROGRAM;
	for (int s = 0; s < 2 && !err; s++) {
		if (sources[s])
			err = program_open(program, sources[s]->file, from->own->info);
		for (int i = 0; i < CHANNEL_JQ_COUNT && !err && sources[s]; i++) {
			struct yaml_in *in;
			const yaml_node_t *node = find(from, program_keys[i], &in);
			const char *text = NULL;
			if (!node || in != sources[s])
				continue;
			err = yaml_in_text(in, node, program_keys[i], PROGRAM_BYTES_MAX, &text);
			if (!err)
				err = program_add(program, text, yaml_in_place(node), &d->programs[i], from->own->info);
		}
	}
	return err;
}

static enum err read_teams(const struct channel_sources *from, struct channel_definition *d)
{
	struct yaml_in *in;
	const yaml_node_t *list;
	const char *text = NULL;
	enum err err = list_of(from, "teams", CHANNEL_TEAMS_MAX, &in, &list);

	if (err || !list || !yaml_in_count(list))
		return err;
	d->teams = calloc(yaml_in_count(list), sizeof *d->teams);
	if (!d->teams)
		return errinfo_set(from->own->info, ERR_NOMEM, "out of memory");
	for (size_t i = 0; i < yaml_in_count(list) && !err; i++) {
		err = yaml_in_text(in, yaml_in_item(in, list, i), "teams", ID_BYTES - 1, &text);
		if (!err)
			text_cut(d->teams[d->team_count++], ID_BYTES, text);
	}
	return err;
}

static enum err read_levels(const struct channel_sources *from, struct channel_definition *d)
{
	struct yaml_in *in;
	const yaml_node_t *list;
	enum err err = list_of(from, "levels", ALERT_LEVEL_COUNT, &in, &list);
	int level = 0;

	d->levels = list ? 0 : 0xff;
	for (size_t i = 0; list && !err && i < yaml_in_count(list); i++) {
		err = yaml_in_word(in, yaml_in_item(in, list, i), "levels", level_words, &level);
		d->levels |= (uint8_t)(1u << level);
	}
	return err;
}

/* read_about: a person is told of all, a group of nothing that concerns one volunteer alone, unless the file says so.
 */
static enum err read_about(const struct channel_sources *from, struct channel_definition *d)
{
	static const uint32_t else_about[] = {[CHANNEL_PERSON] = UINT32_MAX,
		[CHANNEL_GROUP] = CHANNEL_ALERTS | 1u << ALERT_KIND_COUNT,
		[CHANNEL_SYSTEM] = CHANNEL_ALERTS};
	struct yaml_in *in;
	const yaml_node_t *list;
	enum err err = list_of(from, "about", CHANNEL_KIND_COUNT + 1, &in, &list);
	int kind = 0;

	d->about = list ? 0 : else_about[d->audience];
	for (size_t i = 0; list && !err && i < yaml_in_count(list); i++) {
		err = yaml_in_word(in, yaml_in_item(in, list, i), "about", about_words, &kind);
		d->about |= kind == CHANNEL_KIND_COUNT ? CHANNEL_ALERTS : 1u << kind;
	}
	return err;
}

static enum err read_fallback(const struct channel_sources *from, struct channel_definition *d)
{
	struct yaml_in *in;
	const yaml_node_t *list;
	const char *text = NULL;
	enum err err = list_of(from, "fallback", CHANNEL_ROUTE_MAX - 1, &in, &list);

	for (size_t i = 0; list && !err && i < yaml_in_count(list); i++) {
		err = yaml_in_text(in, yaml_in_item(in, list, i), "fallback", WORD_BYTES - 1, &text);
		if (!err)
			text_cut(d->fallback[d->fallback_count++], WORD_BYTES, text);
	}
	return err;
}

static enum err read_words(const struct channel_sources *from, struct channel_definition *d)
{
	int kind = CHANNEL_HTTP, audience = -1, format = WEB_JSON, sign = CHANNEL_UNSIGNED, language = CHANNEL_ZH,
	    method = 0;
	enum err err = read_word(from, "kind", kinds, &kind);

	if (!err)
		err = read_word(from, "audience", audiences, &audience);
	if (!err && audience < 0)
		err = yaml_in_fail(from->own, from->entry, 0, "audience is missing: person, group or system");
	if (!err)
		err = read_word(from, "format", web_format_words, &format);
	if (!err)
		err = read_word(from, "sign", signs, &sign);
	if (!err)
		err = read_word(from, "language", languages, &language);
	if (!err)
		err = read_word(from, "method", methods, &method);
	if (err)
		return err;
	d->kind = (enum channel_kind)kind;
	d->audience = (enum channel_audience)audience;
	d->format = (enum web_format)format;
	d->sign = (enum channel_sign)sign;
	d->language = (enum channel_language)language;
	text_cut(d->method, sizeof d->method, methods[method]);
	return ERR_OK;
}

static enum err read_plain(const struct channel_sources *from, struct channel_definition *d)
{
	enum err err = read_words(from, d);

	d->tls = true;
	d->timeout_ms = 5000;
	if (!err)
		err = read_text(from, "url", d->url, sizeof d->url);
	if (!err)
		err = read_text(from, "from", d->from, sizeof d->from);
	if (!err)
		err = read_text(from, "address", d->address, sizeof d->address);
	if (!err)
		err = read_bool(from, "tls", &d->tls);
	if (!err)
		err = read_bool(from, "reserve", &d->reserve);
	if (!err)
		err = read_bool(from, "mentions", &d->mentions);
	return err ? err : read_duration(from, "timeout", 100, &d->timeout_ms);
}

/* ---- what must fit together ---- */

static enum err check_secrets(const struct channel_sources *from, const struct channel_definition *d)
{
	static const char *const needed[][2] = {[CHANNEL_DINGTALK] = {"sign", NULL},
		[CHANNEL_FEISHU] = {"sign", NULL},
		[CHANNEL_STANDARD_WEBHOOKS] = {"sign", NULL},
		[CHANNEL_ALIYUN] = {"key_id", "key"}};

	for (int i = 0; i < 2; i++) {
		const char *name = d->sign < sizeof needed / sizeof *needed ? needed[d->sign][i] : NULL;
		if (name && !*channel_value_find(d->secrets, d->secret_count, name))
			return yaml_in_fail(from->own, from->entry, 0,
				"secrets: \"sign: %s\" needs the file of secret %s (secrets: {%s: /path})",
				signs[d->sign], name, name);
	}
	return ERR_OK;
}

static bool good_url(const struct channel_definition *d)
{
	const char *scheme_end = strstr(d->url, "://");
	size_t length = scheme_end ? (size_t)(scheme_end - d->url) : 0;
	bool mail = d->kind == CHANNEL_SMTP;

	if (!scheme_end || !scheme_end[3] || strpbrk(d->url, " \t\"<>"))
		return false;
	if (mail)
		return (length == 4 && !strncmp(d->url, "smtp", 4)) || (length == 5 && !strncmp(d->url, "smtps", 5));
	return (length == 4 && !strncmp(d->url, "http", 4)) || (length == 5 && !strncmp(d->url, "https", 5));
}

static enum err check(const struct channel_sources *from, const struct channel_definition *d)
{
	struct yaml_in *in;
	const yaml_node_t *node = find(from, "url", &in);

	if (d->kind == CHANNEL_MQTT)
		return d->audience == CHANNEL_PERSON ? ERR_OK
						     : yaml_in_fail(from->own, from->entry, 0,
							       "kind: mqtt reaches a person (audience: person)");
	if (!node)
		return yaml_in_fail(from->own, from->entry, 0, "url is missing: where %s is to be sent", d->name);
	if (!good_url(d))
		return yaml_in_fail(in, node, 0, "url: must be like %s",
			d->kind == CHANNEL_SMTP ? "smtp://host:587 or smtps://host:465" : "https://host/path");
	if (d->programs[CHANNEL_JQ_BODY] == CHANNEL_NO_PROGRAM)
		return yaml_in_fail(from->own, from->entry, 0, "body is missing: a jq program over the page");
	if (d->audience == CHANNEL_PERSON && !*d->address)
		return yaml_in_fail(from->own, from->entry, 0,
			"address is missing: which of a volunteer's addresses it takes (address: phone)");
	if (d->kind == CHANNEL_SMTP && !*d->from)
		return yaml_in_fail(from->own, from->entry, 0, "from is missing: the sender's e-mail address");
	return check_secrets(from, d);
}

enum err channel_entry_preset(struct yaml_in *in, const yaml_node_t *entry, const char **out)
{
	enum err err = yaml_in_map(in, entry, "a channel", keys);
	const yaml_node_t *node = err ? NULL : yaml_in_get(in, entry, "preset");

	*out = "";
	err = err || !node ? err : yaml_in_text(in, node, "preset", WORD_BYTES - 1, out);
	if (!err && node && !text_is_id(*out))
		err = yaml_in_fail(
			in, node, 0, "preset: \"%s\" must be the name of a file in the folder of presets", *out);
	return err;
}

enum err channel_entry_read(
	struct channel_sources *from, struct program *program, struct channel_definition *d, struct channel_rule *rule)
{
	const yaml_node_t *node = yaml_in_get(from->own, from->entry, "name");
	enum err err = from->preset ? yaml_in_map(from->preset, from->base, "a preset", keys) : ERR_OK;

	if (!err && !node)
		err = yaml_in_fail(from->own, from->entry, 0, "name is missing: a short name of this channel");
	if (!err)
		err = read_text(from, "name", d->name, sizeof d->name);
	if (!err && !text_is_id(d->name))
		err = yaml_in_fail(
			from->own, node, 0, "name: \"%s\" must be letters, digits, \".\", \"_\", \"-\"", d->name);
	if (!err)
		err = read_plain(from, d);
	if (!err)
		err = read_values(from, "vars", d->vars, CHANNEL_VARS_MAX, &d->var_count);
	if (!err)
		err = read_secrets(from, d);
	if (!err)
		err = read_programs(from, program, d);
	if (!err)
		err = read_teams(from, d);
	if (!err)
		err = read_levels(from, d);
	if (!err)
		err = read_about(from, d);
	if (!err)
		err = read_fallback(from, d);
	if (!err)
		err = read_rule(from, rule);
	if (!err)
		err = check(from, d);
	text_cut(rule->name, sizeof rule->name, d->name);
	rule->audience = d->audience;
	return err;
}
