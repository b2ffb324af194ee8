/* SPDX-License-Identifier: MIT */
#include "gateway/hook_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "config/yaml_in.h"
#include "gateway/hook_target.h"
#include "web/webhook.h"

static const char *const level_words[] = {"life", "alarm", "attention", "maintenance", NULL};

/* ---- what several entries have ---- */

static enum err read_clock(struct yaml_in *in, const yaml_node_t *node, int32_t *out)
{
	const char *text = NULL;
	enum err err = yaml_in_text(in, node, "at", 5, &text);

	if (err)
		return err;
	/* Two digits, a colon, two digits. */
	bool good = strlen(text) == 5 && text[2] == ':' && strspn(text, "0123456789") == 2 &&
		    strspn(text + 3, "0123456789") == 2;
	int32_t hour = good ? (text[0] - '0') * 10 + text[1] - '0' : 24;
	int32_t minute = good ? (text[3] - '0') * 10 + text[4] - '0' : 60;
	if (hour > 23 || minute > 59)
		return yaml_in_fail(in, node, 0, "at: must be an hour like \"06:30\", in quotes");
	*out = hour * 60 + minute;
	return ERR_OK;
}

/* read_hour takes at, every and zone of a mapping. */
static enum err read_hour(struct yaml_in *in, const yaml_node_t *map, struct hook_hour *out)
{
	const yaml_node_t *at = yaml_in_get(in, map, "at"), *every = yaml_in_get(in, map, "every"),
			  *zone = yaml_in_get(in, map, "zone");
	const char *name = "Asia/Shanghai";
	struct errinfo why = {0};
	enum err err = ERR_OK;

	out->wanted = true;
	out->at_min = -1;
	if (!at == !every)
		return yaml_in_fail(in, map, 0, "say when: either at: \"06:30\" or every: 6h");
	if (at)
		err = read_clock(in, at, &out->at_min);
	else
		err = yaml_in_duration(in, every, "every", &out->every_ms);
	if (!err && every && out->every_ms < MS_PER_MINUTE)
		err = yaml_in_fail(in, every, 0, "every: must be at least 1m");
	if (!err && zone)
		err = yaml_in_text(in, zone, "zone", sizeof out->zone - 1, &name);
	if (!err && zone_load(name, &out->place, &why))
		err = yaml_in_fail(in, zone ? zone : map, 0, "zone: %s", why.text);
	if (!err)
		text_cut(out->zone, sizeof out->zone, name);
	return err;
}

static enum err read_account(struct yaml_in *in, const yaml_node_t *map, char out[ID_BYTES])
{
	const yaml_node_t *node = yaml_in_get(in, map, "account");
	const char *text = "desk";
	enum err err = node ? yaml_in_text(in, node, "account", ID_BYTES - 1, &text) : ERR_OK;

	if (!err && !text_is_id(text))
		err = yaml_in_fail(in, node ? node : map, 0, "account: must be an account of the registry");
	if (!err)
		text_cut(out, ID_BYTES, text);
	return err;
}

/* ---- a subscriber ---- */

static bool is_type(const char *text)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz_.");

	return (length && !text[length]) || (text[length] == '*' && !text[length + 1]);
}

static enum err read_types(struct yaml_in *in, const yaml_node_t *list, struct hook_subscriber *out)
{
	const char *text = NULL;
	enum err err = hook_target_list(in, list, "types", HOOK_TYPES_MAX);

	for (size_t i = 0; !err && i < yaml_in_count(list); i++) {
		const yaml_node_t *item = yaml_in_item(in, list, i);
		err = yaml_in_text(in, item, "types", HOOK_TYPE_BYTES - 1, &text);
		if (!err && !is_type(text))
			err = yaml_in_fail(in, item, 0,
				"types: \"%s\" must be a type like incident.raised, or its beginning and a star: "
				"\"incident.*\"",
				text);
		if (!err)
			text_cut(out->types[out->type_count++], HOOK_TYPE_BYTES, text);
	}
	return err;
}

static enum err read_filters(struct yaml_in *in, const yaml_node_t *entry, struct hook_subscriber *out)
{
	const yaml_node_t *types = yaml_in_get(in, entry, "types"), *levels = yaml_in_get(in, entry, "levels"),
			  *communities = yaml_in_get(in, entry, "communities");
	const char *text = NULL;
	int level = 0;
	enum err err = types ? read_types(in, types, out) : ERR_OK;

	if (!types)
		text_cut(out->types[out->type_count++], HOOK_TYPE_BYTES, "incident.*");
	out->levels = levels ? 0 : 0xff;
	if (!err && levels)
		err = hook_target_list(in, levels, "levels", ALERT_LEVEL_COUNT);
	for (size_t i = 0; !err && levels && i < yaml_in_count(levels); i++) {
		err = yaml_in_word(in, yaml_in_item(in, levels, i), "levels", level_words, &level);
		out->levels |= (uint8_t)(1u << level);
	}
	if (!err && communities)
		err = hook_target_list(in, communities, "communities", HOOK_COMMUNITIES_MAX);
	for (size_t i = 0; !err && communities && i < yaml_in_count(communities); i++) {
		const yaml_node_t *item = yaml_in_item(in, communities, i);
		err = yaml_in_text(in, item, "communities", ID_BYTES - 1, &text);
		if (!err && !text_is_id(text))
			err = yaml_in_fail(in, item, 0, "communities: \"%s\" is no id", text);
		if (!err)
			text_cut(out->communities[out->community_count++], ID_BYTES, text);
	}
	return err;
}

static enum err read_retry(struct yaml_in *in, const yaml_node_t *list, struct hook_rule *rule)
{
	enum err err = list ? hook_target_list(in, list, "retry", HOOK_RETRY_MAX) : ERR_OK;

	if (!list) { /* as Standard Webhooks proposes: about three days */
		static const int64_t preset_s[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
		rule->retry_count = sizeof preset_s / sizeof *preset_s;
		for (unsigned i = 0; i < rule->retry_count; i++)
			rule->retry_ms[i] = preset_s[i] * MS_PER_SECOND;
	}
	for (size_t i = 0; !err && list && i < yaml_in_count(list); i++) {
		const yaml_node_t *item = yaml_in_item(in, list, i);
		err = yaml_in_duration(in, item, "retry", &rule->retry_ms[i]);
		if (!err && (rule->retry_ms[i] < 100 || rule->retry_ms[i] > 7 * MS_PER_DAY))
			err = yaml_in_fail(
				in, item, 0, "retry: each wait is 100ms to 7d, counted from the attempt before");
		rule->retry_count++;
	}
	return err;
}

static enum err read_rule(struct yaml_in *in, const yaml_node_t *entry, struct hook_rule *rule)
{
	const yaml_node_t *expire = yaml_in_get(in, entry, "expire");
	int64_t running = 4, waiting = 10000;
	enum err err = read_retry(in, yaml_in_get(in, entry, "retry"), rule);

	rule->expire_ms = 4 * MS_PER_DAY;
	if (!err && expire)
		err = yaml_in_duration(in, expire, "expire", &rule->expire_ms);
	if (!err && rule->expire_ms < MS_PER_SECOND)
		err = yaml_in_fail(in, expire, 0, "expire: must be at least 1s");
	if (!err)
		err = hook_target_number(in, entry, "concurrent", 1, 16, &running);
	if (!err)
		err = hook_target_number(in, entry, "waiting", 1, 100000, &waiting);
	rule->running_max = (unsigned)running;
	rule->waiting_max = (uint32_t)waiting;
	return err;
}

static enum err read_subscriber(struct yaml_in *in, const yaml_node_t *entry, bool with_secrets, struct hook_set *set)
{
	static const char *const known[] = {"name", "url", "method", "format", "sign", "sign_text", "sign_as",
		"secrets", "vars", "query", "headers", "body", "success", "timeout", "types", "levels", "communities",
		"retry", "expire", "concurrent", "waiting", NULL};
	struct hook_subscriber *subscriber = &set->subscribers[set->subscriber_count];
	enum err err = yaml_in_map(in, entry, "a subscriber", known);

	if (!err)
		err = hook_target_read(in, entry, with_secrets, set->program, &subscriber->target);
	if (!err)
		err = read_filters(in, entry, subscriber);
	if (!err)
		err = read_rule(in, entry, &subscriber->rule);
	for (unsigned s = 0; !err && s < set->subscriber_count; s++)
		if (!strcmp(set->subscribers[s].target.name, subscriber->target.name))
			err = yaml_in_fail(in, entry, 0, "name: another subscriber has the name \"%s\" already",
				subscriber->target.name);
	set->subscriber_count++;
	return err;
}

/* ---- a pull ---- */

static enum err read_pull(struct yaml_in *in, const yaml_node_t *entry, bool with_secrets, struct hook_set *set)
{
	static const char *const known[] = {"name", "url", "method", "format", "sign", "sign_text", "sign_as",
		"secrets", "vars", "query", "headers", "body", "success", "timeout", "rows", "next", "at", "every",
		"zone", "account", "by_row", "pages", "conflicts", NULL};
	static const char *const conflict_words[] = {"keep", "take", NULL};
	struct hook_pull *pull = &set->pulls[set->pull_count];
	const yaml_node_t *by_row, *conflicts;
	int conflict_word = 0;
	enum err err = yaml_in_map(in, entry, "a pull", known);

	set->pull_count++; /* a half-read one is to be freed, too */
	text_cut(pull->target.method, sizeof pull->target.method, "GET");
	if (!err)
		err = hook_target_read(in, entry, with_secrets, set->program, &pull->target);
	if (!err && pull->target.programs[HOOK_JQ_ROWS] == HOOK_NO_PROGRAM)
		err = yaml_in_fail(in, entry, 0, "rows: is needed: what of an answer are rows of the ledger");
	if (!err)
		err = read_hour(in, entry, &pull->hour);
	if (!err)
		err = read_account(in, entry, pull->account);
	by_row = err ? NULL : yaml_in_get(in, entry, "by_row");
	conflicts = err ? NULL : yaml_in_get(in, entry, "conflicts");
	if (!err && conflicts)
		err = yaml_in_word(in, conflicts, "conflicts", conflict_words, &conflict_word);
	pull->take_conflicts = conflict_word == 1;
	if (!err && by_row)
		err = yaml_in_bool(in, by_row, "by_row", &pull->by_row);
	pull->pages_max = 1000;
	if (!err)
		err = hook_target_number(in, entry, "pages", 1, 100000, &pull->pages_max);
	for (unsigned p = 0; !err && p + 1 < set->pull_count; p++)
		if (!strcmp(set->pulls[p].target.name, pull->target.name))
			err = yaml_in_fail(
				in, entry, 0, "name: another pull has the name \"%s\" already", pull->target.name);
	return err;
}

/* ---- the file ---- */

static enum err read_root(struct hook_set *set, struct yaml_in *in, bool with_secrets)
{
	static const char *const known[] = {"version", "subscribers", "statistics", "pulls", NULL};
	static const char *const statistics_known[] = {"at", "every", "zone", "account", NULL};
	const yaml_node_t *root = yaml_document_get_root_node(&in->document), *subscribers, *pulls, *statistics;
	enum err err;

	if (!root)
		return errinfo_at(in->info, ERR_INVALID, in->file, 1, 1,
			"is empty; subscribers: [] says that nobody is told anything");
	err = yaml_in_map(in, root, "the bridge", known);
	if (err)
		return err;
	subscribers = yaml_in_get(in, root, "subscribers");
	pulls = yaml_in_get(in, root, "pulls");
	statistics = yaml_in_get(in, root, "statistics");
	if (subscribers)
		err = hook_target_list(in, subscribers, "subscribers", HOOK_SUBSCRIBERS_MAX);
	for (size_t i = 0; !err && subscribers && i < yaml_in_count(subscribers); i++)
		err = read_subscriber(in, yaml_in_item(in, subscribers, i), with_secrets, set);
	if (!err && pulls)
		err = hook_target_list(in, pulls, "pulls", HOOK_PULLS_MAX);
	for (size_t i = 0; !err && pulls && i < yaml_in_count(pulls); i++)
		err = read_pull(in, yaml_in_item(in, pulls, i), with_secrets, set);
	if (!err && statistics) {
		err = yaml_in_map(in, statistics, "statistics", statistics_known);
		if (!err)
			err = read_hour(in, statistics, &set->statistics);
		if (!err && set->statistics.at_min < 0)
			err = yaml_in_fail(in, statistics, 0, "statistics: needs an hour: at: \"06:30\"");
		if (!err)
			err = read_account(in, statistics, set->statistics_account);
	}
	return err;
}

enum err hook_set_load(const char *file, bool with_secrets, struct hook_set *out, struct errinfo *info)
{
	struct hook_set set = {.program = program_create("vars")};
	struct errinfo own = {0};
	struct yaml_in in;
	enum err err = ERR_OK;

	if (!info)
		info = &own;
	set.subscribers = calloc(HOOK_SUBSCRIBERS_MAX, sizeof *set.subscribers);
	set.pulls = calloc(HOOK_PULLS_MAX, sizeof *set.pulls);
	if (!set.program || !set.subscribers || !set.pulls)
		err = errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!err) {
		err = yaml_in_load(&in, file, HOOK_FILE_BYTES_MAX, info);
		if (!err)
			err = program_open(set.program, file, info);
		if (!err)
			err = read_root(&set, &in, with_secrets);
		yaml_in_fini(&in);
	}
	if (!err)
		err = program_compile(set.program, info);
	if (err)
		hook_set_fini(&set);
	else
		*out = set;
	return err;
}

void hook_set_fini(struct hook_set *set)
{
	for (unsigned s = 0; set->subscribers && s < set->subscriber_count; s++)
		explicit_bzero(set->subscribers[s].target.secrets, sizeof set->subscribers[s].target.secrets);
	for (unsigned p = 0; set->pulls && p < set->pull_count; p++) {
		explicit_bzero(set->pulls[p].target.secrets, sizeof set->pulls[p].target.secrets);
		zone_destroy(set->pulls[p].hour.place);
	}
	zone_destroy(set->statistics.place);
	free(set->subscribers);
	free(set->pulls);
	program_destroy(set->program);
	*set = (struct hook_set){0};
}

/* ---- what follows from it ---- */

static bool type_fits(const char *pattern, const char *type)
{
	size_t length = strlen(pattern);

	if (length && pattern[length - 1] == '*')
		return strncmp(pattern, type, length - 1) == 0;
	return strcmp(pattern, type) == 0;
}

bool hook_wants(
	const struct hook_subscriber *subscriber, const char *type, const char *community, enum alert_level level)
{
	bool fits = false, here = !subscriber->community_count || !*community;

	for (unsigned i = 0; i < subscriber->type_count; i++)
		fits = fits || type_fits(subscriber->types[i], type);
	for (unsigned i = 0; i < subscriber->community_count; i++)
		here = here || strcmp(subscriber->communities[i], community) == 0;
	return fits && here && (level == ALERT_LEVEL_COUNT || (subscriber->levels >> level & 1) != 0);
}

struct wall hook_hour_next(const struct hook_hour *hour, struct wall after)
{
	struct civil local;
	struct wall next;

	if (hour->at_min < 0)
		return (struct wall){(after.ms / hour->every_ms + 1) * hour->every_ms};
	local = zone_to_civil(hour->place, after);
	local.hour = hour->at_min / 60;
	local.minute = hour->at_min % 60;
	local.second = local.millisecond = 0;
	next = zone_from_civil(hour->place, local);
	if (next.ms <= after.ms) {
		local.day++; /* carries over */
		next = zone_from_civil(hour->place, local);
	}
	return next;
}
