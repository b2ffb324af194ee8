/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channels.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/channel/channels_internal.h"

/* ---- opening ---- */

static enum err load_files(struct channels *channels, const struct channels_config *config, struct errinfo *info)
{
	enum err err = channel_set_load(&config->files, &channels->set, info);

	if (!err)
		err = channel_people_load(config->people_file, &channels->set, &channels->people, info);
	if (!err && *config->link_base)
		err = accept_key_load(config->link_key_file, &channels->key, info);
	text_cut(channels->link_base, sizeof channels->link_base, config->link_base);
	channels->link_valid_ms = config->link_valid_ms;
	return err;
}

static void free_files(struct channels *channels)
{
	channel_people_fini(&channels->people);
	channel_set_fini(&channels->set);
	explicit_bzero(&channels->key, sizeof channels->key);
}

enum err channels_check(const struct channels_config *config, struct errinfo *info)
{
	struct channels *channels = calloc(1, sizeof *channels);
	enum err err = channels ? load_files(channels, config, info) : errinfo_set(info, ERR_NOMEM, "out of memory");

	if (channels)
		free_files(channels);
	free(channels);
	return err;
}

static enum err open_core(struct channels *channels, struct errinfo *info)
{
	struct channel_config config = {.zone = channels->zone,
		.count = channels->set.count,
		.rules = channels->set.rules,
		.waiting_max = (uint32_t)channels->waiting_max,
		.first_number = channels_store_next(channels->store)};

	return channel_core_create(&config, &channels->core, info);
}

enum err channels_open(
	struct store *store, const struct channels_config *config, struct channels **out_channels, struct errinfo *info)
{
	struct channels *channels = calloc(1, sizeof *channels);
	enum err err;

	if (!channels)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	channels->store = store;
	channels->zone = config->zone;
	channels->waiting_max = config->waiting_max;
	channels->keep_ms = config->keep_ms;
	channels->now = WALL_NONE;
	err = load_files(channels, config, info);
	if (!err)
		err = open_core(channels, info);
	if (!err)
		err = web_client_open(&channels->http, info);
	if (!err)
		err = channels_store_prepare(channels, info);
	if (!err)
		err = channels_store_load(channels, info);
	if (err)
		channels_close(channels);
	else
		*out_channels = channels;
	return err;
}

void channels_close(struct channels *channels)
{
	struct volunteer *volunteer, *next;

	if (!channels)
		return;
	web_client_close(channels->http);
	channel_core_destroy(channels->core);
	channels_store_fini(channels);
	free_files(channels);
	HASH_ITER(hh, channels->volunteers, volunteer, next)
	{
		HASH_DEL(channels->volunteers, volunteer);
		free(volunteer);
	}
	free(channels->ended);
	free(channels->results);
	free(channels);
}

enum err channels_inherit(struct channels *channels, const struct channels *before)
{
	for (const struct volunteer *old = before ? before->volunteers : NULL; old; old = old->hh.next) {
		struct volunteer *volunteer = calloc(1, sizeof *volunteer);
		if (!volunteer)
			return ERR_NOMEM;
		*volunteer = *old;
		HASH_ADD_STR(channels->volunteers, user, volunteer);
	}
	return ERR_OK;
}

enum err channels_entry(struct channels *channels, const struct entry *entry)
{
	struct volunteer *volunteer;

	if (entry->kind != ENTRY_VOLUNTEER)
		return ERR_OK;
	HASH_FIND_STR(channels->volunteers, entry->key, volunteer);
	if (entry->deleted) {
		if (volunteer)
			HASH_DEL(channels->volunteers, volunteer);
		free(volunteer);
		return ERR_OK;
	}
	if (!volunteer) {
		volunteer = calloc(1, sizeof *volunteer);
		if (!volunteer)
			return ERR_NOMEM;
		text_cut(volunteer->user, sizeof volunteer->user, entry->key);
		HASH_ADD_STR(channels->volunteers, user, volunteer);
	}
	text_cut(volunteer->team, sizeof volunteer->team, entry->body.volunteer.team);
	text_cut(volunteer->phone, sizeof volunteer->phone, entry->body.volunteer.phone);
	return ERR_OK;
}

/* ---- routes ---- */

static bool takes_level(const struct channel_definition *definition, enum alert_level level)
{
	return (definition->levels >> level & 1) != 0;
}

static bool takes(const struct channel_definition *definition, const struct page *page)
{
	return takes_level(definition, page->level) && (definition->about >> channel_kind_of(page) & 1) != 0;
}

static bool takes_team(const struct channel_definition *definition, const char *team)
{
	for (unsigned i = 0; i < definition->team_count; i++)
		if (!strcmp(definition->teams[i], team))
			return true;
	return !definition->team_count;
}

/* order_of: as the volunteer wishes for such pages, else at all, else as the file says. */
static struct channel_order order_of(
	const struct channels *channels, const struct channel_person *person, const struct page *page)
{
	struct channel_order order = {.count = channels->set.order_count};

	if (person && page->role >= PAGE_DUTY && person->about[page->role - PAGE_DUTY].said)
		return person->about[page->role - PAGE_DUTY];
	if (person && person->order.said)
		return person->order;
	memcpy(order.channels, channels->set.order, sizeof order.channels);
	return order;
}

/* person_route: as far as there is an address. Where the app comes first, it is enough. */
static struct channel_route person_route(
	const struct channels *channels, const struct page *page, const char *phone, struct wall now)
{
	const struct channel_person *person = channel_people_find(&channels->people, page->user);
	struct channel_order order = order_of(channels, person, page);
	struct channel_route route = {.way = CHANNEL_WAY_PERSON};

	for (unsigned i = 0; i < order.count; i++) {
		const struct channel_definition *definition = &channels->set.definitions[order.channels[i]];
		if (definition->kind == CHANNEL_MQTT && !route.count)
			break;
		if (takes(definition, page) &&
			(definition->kind == CHANNEL_MQTT || *channel_address(person, phone, definition->address)))
			route.hops[route.count++] = order.channels[i];
	}
	if (person && page->level > ALERT_ALARM)
		route.from = channel_after_quiet(channels->zone, person->quiet, person->quiet_count, now);
	return route;
}

static struct channel_route shared_route(const struct channels *channels, unsigned c)
{
	const struct channel_definition *definition = &channels->set.definitions[c];
	struct channel_route route = {.way = (uint8_t)c, .count = 1, .hops = {(uint8_t)c}};

	for (unsigned i = 0; i < definition->fallback_count; i++)
		route.hops[route.count++] = channels->set.fallback[c][i];
	return route;
}

static enum err send_along(struct channels *channels, const struct page *page, const struct channel_route *route,
	struct wall now, struct errinfo *info)
{
	struct channel_effects effects;
	uint64_t number = 0;
	enum err err;

	if (!route->count)
		return ERR_OK;
	err = channel_page(channels->core, page, route, now, &number, &effects);
	if (err == ERR_FULL) {
		channels->dropped++;
		log_warning("page_not_noted", "page", page->id, "channel",
			channels->set.definitions[route->hops[0]].name, "cause", "too many wait");
		return ERR_OK;
	}
	if (err)
		return errinfo_set(info, err, "page %s: %s", page->id, err_name(err));
	channels_take(channels, &effects);
	return number ? channels_store_add(channels, page, number, info) : ERR_OK;
}

static enum err send_to_person(
	struct channels *channels, const struct page *page, struct wall now, struct errinfo *info)
{
	struct volunteer *volunteer = NULL;
	struct channel_route route;

	HASH_FIND_STR(channels->volunteers, page->user, volunteer);
	route = person_route(channels, page, volunteer ? volunteer->phone : "", now);
	return send_along(channels, page, &route, now, info);
}

/* send_to_shared sends it to the groups and programs that take such pages of the team. */
static enum err send_to_shared(
	struct channels *channels, const struct page *page, const char *team, struct wall now, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned c = 0; c < channels->set.count && !err; c++) {
		const struct channel_definition *definition = &channels->set.definitions[c];
		struct channel_route route;
		if (definition->audience == CHANNEL_PERSON || definition->reserve || !takes(definition, page) ||
			!takes_team(definition, team))
			continue;
		route = shared_route(channels, c);
		err = send_along(channels, page, &route, now, info);
	}
	return err;
}

enum err channels_page(struct channels *channels, const struct page *page, struct wall now, struct errinfo *info)
{
	struct volunteer *volunteer = NULL;
	enum err err = send_to_person(channels, page, now, info);

	HASH_FIND_STR(channels->volunteers, page->user, volunteer);
	return err ? err : send_to_shared(channels, page, volunteer ? volunteer->team : "", now, info);
}

enum err channels_errand(struct channels *channels, const struct page *pages, unsigned count, const char *team,
	struct wall now, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < count && !err; i++)
		err = send_to_person(channels, &pages[i], now, info);
	return err || !count ? err : send_to_shared(channels, &pages[0], team, now, info);
}

/* page_of puts a notice into the form in which channels carry things; what is too long for it stands on the topic. */
static struct page page_of(const struct duty_notice *notice)
{
	bool soon = notice->answer && notice->expires.ms - notice->at.ms <= MS_PER_HOUR;
	struct page page = {.role = notice->kind == NOTICE_VISITS ? PAGE_VISIT : PAGE_DUTY,
		.kind = ALERT_DEVICE,
		.level = soon ? ALERT_ALARM : ALERT_ATTENTION,
		.at = notice->at,
		.expires = notice->expires};

	text_cut(page.id, sizeof page.id, notice->id);
	text_cut(page.incident, sizeof page.incident, notice->matter);
	text_cut(page.user, sizeof page.user, notice->user);
	text_cut(page.household, sizeof page.household, notice->team);
	text_cut(page.reason_zh, sizeof page.reason_zh, notice->text_zh);
	text_cut(page.reason_en, sizeof page.reason_en, notice->text_en);
	return page;
}

enum err channels_notice(struct channels *channels, const struct duty_notice *notice, bool to_team, struct wall now,
	struct errinfo *info)
{
	struct page page = page_of(notice);
	enum err err = send_to_person(channels, &page, now, info);

	return err || !to_team ? err : send_to_shared(channels, &page, notice->team, now, info);
}

bool channels_unreached(struct channels *channels, char incident[ID_BYTES], char user[ID_BYTES])
{
	if (!channels->unreached_count)
		return false;
	channels->unreached_count--;
	text_cut(incident, ID_BYTES, channels->unreached[channels->unreached_count].incident);
	text_cut(user, ID_BYTES, channels->unreached[channels->unreached_count].user);
	return true;
}

const struct accept_key *channels_link_key(const struct channels *channels)
{
	return *channels->link_base ? &channels->key : NULL;
}

/* ---- what it is like ---- */

bool channels_changed(struct channels *channels, struct channels_note *out)
{
	for (unsigned c = 0; c < channels->set.count; c++) {
		const struct channel_health *health = channel_health(channels->core, c);
		if (!channels->changed[c])
			continue;
		channels->changed[c] = false;
		*out = (struct channels_note){.name = channels->set.definitions[c].name,
			.cause = health->cause,
			.state = health->state,
			.since = health->since};
		return true;
	}
	return false;
}

static void add_stats(const struct channels *channels, unsigned c, struct channels_stats *out)
{
	const struct channel_health *health = channel_health(channels->core, c);

	out->sent += health->sent;
	out->failed += health->failed;
	out->throttled += health->throttled;
	out->given_up += health->given_up;
	out->merged += health->merged;
	out->moved += health->moved;
	out->waiting += channel_waiting_at(channels->core, c);
	out->down += health->state != CHANNEL_UP;
}

struct channels_stats channels_stats(const struct channels *channels)
{
	struct channels_stats stats = {.dropped = channels->dropped, .cancelled = channels->cancelled};

	for (unsigned c = 0; c < channels->set.count; c++)
		add_stats(channels, c, &stats);
	return stats;
}

struct channels_stats channels_stats_of(const struct channels *channels, const char *name)
{
	struct channels_stats stats = {0};
	unsigned c = channel_set_find(&channels->set, name);

	if (c < channels->set.count)
		add_stats(channels, c, &stats);
	return stats;
}

void channels_list(const struct channels *channels, struct buf *out)
{
	static const char *const audiences[] = {"person", "group", "system"};

	json_open(out, '[');
	for (unsigned c = 0; c < channels->set.count; c++) {
		const struct channel_health *health = channel_health(channels->core, c);
		const struct channel_definition *definition = &channels->set.definitions[c];
		json_open(out, '{');
		json_member_text(out, "name", definition->name);
		json_member_text_if(out, "preset", definition->preset);
		json_member_text(out, "audience", audiences[definition->audience]);
		json_member_text(out, "state", channel_state_name(health->state));
		json_member_wall_if(out, "since", health->since);
		json_member_text_if(out, "cause", health->cause);
		json_member_int(out, "waiting", channel_waiting_at(channels->core, c));
		json_member_int(out, "calls", health->calls);
		json_member_int(out, "sent", health->sent);
		json_member_int(out, "failed", health->failed);
		json_member_int(out, "throttled", health->throttled);
		json_member_int(out, "given_up", health->given_up);
		json_member_int(out, "merged", health->merged);
		json_member_int(out, "moved", health->moved);
		json_close(out, '}');
	}
	json_close(out, ']');
}
