/* SPDX-License-Identifier: MIT */
#include "gateway/hooks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "gateway/hooks_internal.h"
#include "service/carrier.h"

#define MEND_US INT64_C(10000000)
#define TRIM_US INT64_C(600000000)

/* ---- transactions ---- */

enum err hooks_begin(struct hooks *hooks, struct errinfo *info)
{
	enum err err = hooks->open ? ERR_OK : store_begin(hooks->store, info);

	hooks->open = hooks->open || !err;
	return err;
}

enum err hooks_commit(struct hooks *hooks, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (!hooks->open)
		return ERR_OK;
	err = store_commit(hooks->store, info);
	hooks->open = false;
	for (unsigned l = 0; l < hooks->lane_count && !err; l++)
		inbox_committed(hooks->lanes[l]);
	return err;
}

void hooks_fail(struct hooks *hooks, const char *doing, const struct errinfo *info)
{
	log_error("webhooks_rest", "doing", doing, "cause", info->text, "again_in", "10s");
	if (hooks->open || store_in_transaction(hooks->store))
		store_rollback(hooks->store);
	hooks->open = false;
	for (unsigned l = 0; l < hooks->lane_count; l++)
		inbox_rolled_back(hooks->lanes[l]);
	hooks->mends = (struct mono){hooks->turn.mono.us + MEND_US};
}

/* ---- from the store ---- */

unsigned hooks_subscriber(const struct hooks *hooks, const char *name)
{
	unsigned s = 0;

	while (s < hooks->set.subscriber_count && strcmp(hooks->set.subscribers[s].target.name, name) != 0)
		s++;
	return s;
}

enum err hooks_take(void *context, const char *subscriber, struct hook_item *item)
{
	struct hooks *hooks = context;
	enum err err;

	item->subscriber = hooks_subscriber(hooks, subscriber);
	if (item->subscriber == hooks->set.subscriber_count)
		return ERR_OK; /* not in the file now: it waits in the store */
	err = hook_add(hooks->core, item);
	if (err == ERR_FULL) /* the file allows fewer now: the rest waits in the store for the next start */
		return ERR_OK;
	return err;
}

enum err hooks_load(struct hooks *hooks, struct errinfo *info)
{
	struct hook_rule rules[HOOK_SUBSCRIBERS_MAX];
	enum err err = ERR_OK;

	for (unsigned s = 0; s < hooks->set.subscriber_count; s++)
		rules[s] = hooks->set.subscribers[s].rule;
	hook_core_destroy(hooks->core);
	hooks->core = hook_core_create(rules, hooks->set.subscriber_count);
	if (!hooks->core)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	for (unsigned s = 0; s < hooks->set.subscriber_count && !err; s++) {
		struct hook_health health = {.since = WALL_NONE, .rest_until = WALL_NONE};
		err = hook_store_restore(hooks->kept, hooks->set.subscribers[s].target.name, &health, info);
		hook_restore(hooks->core, s, &health);
	}
	return err ? err : hook_store_load(hooks->kept, hooks_take, hooks, info);
}

static enum err readable(void *state, bool can_read, bool can_write, struct turn turn)
{
	(void)state; /* hooks_tick runs the client in every turn */
	(void)can_read;
	(void)can_write;
	(void)turn;
	return ERR_OK;
}

static void stop_calls(struct hooks *hooks)
{
	if (!hooks->client)
		return;
	service_unwatch(hooks->service, web_client_fd(hooks->client));
	web_client_close(hooks->client);
	hooks->client = NULL;
}

/* start_calls makes the client anew: what was under way is broken off and called again. */
static enum err start_calls(struct hooks *hooks, struct errinfo *info)
{
	enum err err;

	stop_calls(hooks);
	err = web_client_open(&hooks->client, info);
	if (!err && service_watch(hooks->service, web_client_fd(hooks->client), false, readable))
		err = errinfo_set(info, ERR_IO, "the web client has no descriptor for the loop");
	return err;
}

static void reconnected(struct hooks *hooks)
{
	for (unsigned l = 0; l < hooks->lane_count; l++)
		inbox_reconnected(hooks->lanes[l]);
}

/* mend takes all up again after the store had failed. */
static void mend(struct hooks *hooks)
{
	struct errinfo info = {0};
	enum err err = start_calls(hooks, &info);

	bridge_close(hooks);
	if (!err)
		err = hooks_load(hooks, &info);
	if (!err)
		err = bridge_open(hooks, &info);
	if (err) {
		hooks_fail(hooks, "mend", &info);
		return;
	}
	hooks->mends = (struct mono){0};
	reconnected(hooks);
	log_info("webhooks_go_on");
}

/* ---- life ---- */

enum err hooks_check(const struct gateway_settings *settings, struct errinfo *info)
{
	struct hook_set set = {0};
	enum err err = *settings->bridge_file ? hook_set_load(settings->bridge_file, true, &set, info) : ERR_OK;

	hook_set_fini(&set);
	return err;
}

static enum err open_store(struct hooks *hooks, struct errinfo *info)
{
	const char *producers[CONFIG_LIST_MAX];
	const struct config_list *list = &hooks->settings->bridge_producers;
	struct inbox_config config = {.consumer = "gateway",
		.producers = producers,
		.producer_count = list->count,
		.shards = (unsigned)hooks->settings->common.shards,
		.want_ms = hooks->settings->bridge_want_ms};
	char path[400];
	enum err err;

	for (unsigned i = 0; i < list->count; i++)
		producers[i] = list->text[i];
	snprintf(path, sizeof path, "%s/hooks.db", hooks->settings->common.data_dir);
	err = store_open(path, hook_migrations, hook_migration_count, 0, &hooks->store, info);
	if (!err)
		err = hook_store_open(hooks->store, &hooks->kept, info);
	for (unsigned l = 0; l < (hooks->settings->bridge_visits ? 2U : 1U) && !err; l++) {
		config.lane = l ? "visit" : "incident";
		err = inbox_open(hooks->store, &config, &hooks->lanes[l], info);
		hooks->lane_count += !err;
	}
	return err;
}

static enum err subscribe(struct hooks *hooks, struct errinfo *info)
{
	struct bus *bus = service_bus(hooks->service);

	for (unsigned l = 0; l < hooks->lane_count; l++)
		if (carrier_subscribe_inbox(bus, hooks->lanes[l]))
			return errinfo_set(info, ERR_FULL, "too many subscriptions");
	if (bus_subscribe(bus, "curtain/outage/+/+", 1) || bus_subscribe(bus, "curtain/api/+/gateway/+", 1))
		return errinfo_set(info, ERR_FULL, "too many subscriptions");
	return ERR_OK;
}

enum err hooks_open(
	struct service *service, const struct gateway_settings *settings, struct hooks **out, struct errinfo *info)
{
	struct hooks *hooks;
	enum err err;

	if (!*settings->bridge_file)
		return ERR_OK;
	hooks = calloc(1, sizeof *hooks);
	if (!hooks)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	hooks->service = service;
	hooks->settings = settings;
	hooks->turn = (struct turn){.wall = wall_now(), .mono = mono_now()};
	text_cut(hooks->user, sizeof hooks->user,
		*settings->common.bus.user ? settings->common.bus.user : settings->common.instance);
	err = hook_set_load(settings->bridge_file, true, &hooks->set, info);
	if (!err)
		err = open_store(hooks, info);
	if (!err)
		err = start_calls(hooks, info);
	if (!err)
		err = hooks_load(hooks, info);
	if (!err)
		err = bridge_open(hooks, info);
	if (!err)
		err = subscribe(hooks, info);
	if (err)
		hooks_close(hooks);
	else
		*out = hooks;
	return err;
}

void hooks_close(struct hooks *hooks)
{
	if (!hooks)
		return;
	bridge_close(hooks);
	stop_calls(hooks);
	if (hooks->open)
		store_rollback(hooks->store);
	hook_core_destroy(hooks->core);
	for (unsigned l = 0; l < hooks->lane_count; l++)
		inbox_close(hooks->lanes[l]);
	hook_store_close(hooks->kept);
	store_close(hooks->store);
	hook_set_fini(&hooks->set);
	free(hooks);
}

enum err hooks_reload(struct hooks *hooks, const struct gateway_settings *settings, struct errinfo *info)
{
	struct hook_set set;
	enum err err;

	if (!hooks)
		return *settings->bridge_file
			       ? errinfo_set(info, ERR_STATE, "bridge.file needs a restart of the gateway")
			       : ERR_OK;
	if (!*settings->bridge_file)
		return errinfo_set(info, ERR_STATE, "without bridge.file the gateway needs a restart");
	err = hook_set_load(settings->bridge_file, true, &set, info);
	if (err)
		return err;
	bridge_close(hooks);
	hook_set_fini(&hooks->set);
	hooks->set = set;
	mend(hooks);
	return ERR_OK;
}

/* ---- a turn ---- */

static bool is_under(const char *topic, const char *prefix)
{
	return strncmp(topic, prefix, strlen(prefix)) == 0;
}

/* is_request: curtain/api/<user>/gateway/<method>. */
static bool is_request(const char *topic)
{
	const char *service = is_under(topic, "curtain/api/") ? strchr(topic + 12, '/') : NULL;

	return service && is_under(service, "/gateway/");
}

static enum err take(struct hooks *hooks, const struct bus_event *event, bool *out_taken, struct errinfo *info)
{
	enum err err = ERR_OK;

	*out_taken = true;
	if (is_under(event->topic, "curtain/lane/"))
		return hooks_take_batch(hooks, event, info);
	if (is_under(event->topic, "curtain/outage/"))
		return hooks_take_outage(hooks, event, info);
	*out_taken = bridge_response(hooks, event, &err, info);
	return err;
}

bool hooks_event(struct hooks *hooks, const struct bus_event *event, struct turn turn)
{
	struct errinfo info = {0};
	bool taken = false;
	enum err err;

	if (!hooks)
		return false;
	hooks->turn = turn;
	if (event->kind == BUS_CONNECTED)
		reconnected(hooks);
	if (event->kind != BUS_MESSAGE)
		return false;
	if (is_request(event->topic)) {
		hooks_answer(hooks, event);
		return true;
	}
	if (hooks->mends.us) /* lanes send again, outages are asked for by the next connection */
		return is_under(event->topic, "curtain/lane/") || is_under(event->topic, "curtain/outage/");
	err = take(hooks, event, &taken, &info);
	if (err)
		hooks_fail(hooks, "event", &info);
	return taken;
}

static enum err trim(struct hooks *hooks, struct errinfo *info)
{
	int64_t expired = 0;
	enum err err;

	if (hooks->turn.mono.us < hooks->trims.us)
		return ERR_OK;
	hooks->trims = (struct mono){hooks->turn.mono.us + TRIM_US};
	err = hooks_begin(hooks, info);
	if (!err)
		err = hook_store_trim(hooks->kept, hooks->turn.wall, hooks->settings->bridge_keep_ms, &expired, info);
	if (expired)
		log_warning(
			"dead_letters_expired", "count", log_number(expired), "fix", "bridge.keep keeps them longer");
	hooks->expired += expired;
	return err;
}

void hooks_tick(struct hooks *hooks, struct turn turn)
{
	struct errinfo info = {0};
	enum err err;

	if (!hooks)
		return;
	hooks->turn = turn;
	if (hooks->mends.us && turn.mono.us >= hooks->mends.us)
		mend(hooks);
	if (hooks->mends.us)
		return;
	err = trim(hooks, &info);
	if (!err)
		err = hooks_run(hooks, &info);
	if (!err)
		err = bridge_tick(hooks, &info);
	if (err)
		hooks_fail(hooks, "turn", &info);
}

void hooks_flush(struct hooks *hooks, struct turn turn)
{
	struct hook_effects effects;
	struct errinfo info = {0};
	enum err err;

	if (!hooks || hooks->mends.us)
		return;
	hooks->turn = turn;
	err = hooks_commit(hooks, &info);
	for (unsigned l = 0; l < hooks->lane_count && !err; l++)
		if (carrier_send_acks(service_bus(hooks->service), hooks->lanes[l], turn.mono))
			log_error("acknowledgement_not_sent");
	do { /* only what is committed is called */
		effects.count = 0;
		if (!err)
			hook_tick(hooks->core, turn.wall, &effects);
		if (!err)
			err = hooks_effects(hooks, &effects, "older than expire", &info);
	} while (!err && effects.count == HOOK_EFFECTS_MAX);
	if (!err)
		err = hooks_commit(hooks, &info);
	if (err)
		hooks_fail(hooks, "flush", &info);
}

struct mono hooks_due(const struct hooks *hooks, struct turn turn)
{
	struct mono due = {INT64_MAX}, other;
	struct wall core;

	if (!hooks)
		return due;
	if (hooks->mends.us)
		return hooks->mends;
	due = web_client_due(hooks->client);
	core = hook_due(hooks->core);
	if (core.ms != WALL_NEVER.ms) {
		int64_t wait_ms = core.ms > turn.wall.ms ? core.ms - turn.wall.ms : 0;
		other = (struct mono){turn.mono.us + (wait_ms < 60000 ? wait_ms : 60000) * 1000};
		due = other.us < due.us ? other : due;
	}
	other = bridge_due(hooks, turn);
	due = other.us < due.us ? other : due;
	for (unsigned l = 0; l < hooks->lane_count; l++) {
		other = inbox_due(hooks->lanes[l]);
		due = other.us < due.us ? other : due;
	}
	return hooks->trims.us < due.us ? hooks->trims : due;
}

void hooks_status(const struct hooks *hooks, struct status *out)
{
	int64_t waiting = 0, off = 0, down = 0;

	if (!hooks)
		return;
	for (unsigned s = 0; hooks->core && s < hooks->set.subscriber_count; s++) {
		waiting += hook_waiting(hooks->core, s);
		off += hook_health(hooks->core, s)->state == HOOK_OFF;
		down += hook_health(hooks->core, s)->state == HOOK_DOWN;
	}
	status_count(out, "hook_events", hooks->events);
	status_count(out, "hook_waiting", waiting);
	status_count(out, "hook_sent", hooks->sent);
	status_count(out, "hook_failed", hooks->failed);
	status_count(out, "hook_dead", hooks->dead);
	status_count(out, "hook_lost", hooks->lost);
	status_count(out, "hooks_down", down);
	status_count(out, "hooks_off", off);
	if (off || hooks->mends.us || hooks->lost)
		out->state = STATUS_DEGRADED;
}
