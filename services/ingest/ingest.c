/* SPDX-License-Identifier: MIT
 *
 * What the service's loop calls: events of the bus, the tick, when it is due.
 */
#include "ingest/ingest.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "service/carrier.h"

#define MISC_US 1000000

bool ingest_is_live(const struct ingest *ingest)
{
	return ingest->settings.common.clock == SERVICE_CLOCK_SYSTEM;
}

void ingest_fail(struct ingest *ingest, enum err err, const char *doing, const struct errinfo *info)
{
	if (!err || ingest->failed)
		return;
	ingest->failed = err;
	log_error(doing, "error", err_name(err), "cause", info && info->text[0] ? info->text : "-");
}

/* set_turn takes the turn's clocks. The replay clock may have moved on within the turn, and never goes back. */
static void set_turn(struct ingest *ingest, struct turn turn)
{
	struct wall wall = ingest->turn.wall;

	ingest->turn = turn;
	if (!ingest_is_live(ingest) && wall.ms > turn.wall.ms)
		ingest->turn.wall = wall;
}

enum err ingest_event(void *state, const struct bus_event *event, struct turn turn)
{
	struct ingest *ingest = state;

	set_turn(ingest, turn);
	switch (event->kind) {
	case BUS_CONNECTED:
		outbox_reconnected(ingest->readings.outbox);
		outbox_reconnected(ingest->alerts.outbox);
		inbox_reconnected(ingest->directory);
		break;
	case BUS_MESSAGE:
		if (!strncmp(event->topic, "curtain/api/", 12))
			ingest_request(ingest, event);
		else if (!strncmp(event->topic, "curtain/lane/", 13))
			directory_take(ingest, event);
		else if (!carrier_take_ack(ingest->alerts.outbox, event, turn.mono, &ingest->bad_acks))
			(void)carrier_take_ack(ingest->readings.outbox, event, turn.mono, &ingest->bad_acks);
		break;
	case BUS_DISCONNECTED:
	case BUS_DELIVERED:
	case BUS_REFUSED:
		break;
	}
	return ERR_OK;
}

/* settle forgets the marks of messages whose acknowledgements the broker must have by now: nothing came for two
 * keep-alives, and the connection held. Else an equal message, years later, might be taken for one of them. */
static void settle(struct ingest *ingest)
{
	struct errinfo info = {0};

	ingest->settle_due = (struct mono){INT64_MAX};
	if (!recent_count(ingest->recent) || ingest_begin(ingest))
		return;
	ingest_fail(ingest, recent_settle(ingest->recent, &info), "recent_messages_not_forgotten", &info);
}

/* tick_core lets time pass in the core; not before there is a time. */
static void tick_core(struct ingest *ingest)
{
	struct ingest_effects effects;
	enum ingest_reject reject;
	enum err err;

	if (ingest->turn.wall.ms <= 0 || ingest_due(ingest->core).ms > ingest->turn.wall.ms)
		return;
	do {
		err = ingest_tick(ingest->core, ingest->turn.wall, &effects);
		if (!err)
			err = ingest_effects_take(ingest, &effects, &reject);
	} while (!err && effects.count == INGEST_EFFECTS_MAX);
	ingest->dirty = true;
	ingest_fail(ingest, err, "tick_failed", NULL);
}

enum err ingest_service_tick(void *state, struct turn turn)
{
	struct ingest *ingest = state;

	set_turn(ingest, turn);
	session_connect(ingest);
	if (ingest->misc_due.us <= turn.mono.us) {
		ingest->misc_due = (struct mono){turn.mono.us + MISC_US};
		intake_misc(ingest->intake);
	}
	if (ingest->rest_until.us && ingest->rest_until.us <= turn.mono.us) {
		ingest->rest_until = (struct mono){0};
		ingest->read_more = true;
	}
	if (ingest->read_more)
		session_read(ingest);
	if (!ingest_is_live(ingest))
		replay_tick(ingest);
	if (ingest_is_live(ingest) && ingest->beat_due.us <= turn.mono.us) {
		ingest->beat_due = (struct mono){turn.mono.us + ingest->settings.heartbeat_ms * 1000};
		ingest->beat = ingest->dirty = true;
	}
	if (ingest->settle_due.us <= turn.mono.us)
		settle(ingest);
	if (directory_copy_due(ingest->copy).us <= turn.mono.us)
		directory_sweep(ingest);
	tick_core(ingest);
	return ERR_OK;
}

static void earlier(struct mono *due, struct mono other)
{
	if (other.us < due->us)
		*due = other;
}

struct mono ingest_service_due(const void *state, struct turn turn)
{
	const struct ingest *ingest = state;
	struct mono due = ingest->misc_due;
	struct wall core = ingest_due(ingest->core);

	if (ingest->read_more)
		return (struct mono){0};
	if (ingest->rest_until.us)
		earlier(&due, ingest->rest_until);
	if (bus_is_connected(service_bus(ingest->service))) {
		earlier(&due, outbox_due(ingest->readings.outbox));
		earlier(&due, outbox_due(ingest->alerts.outbox));
		earlier(&due, inbox_due(ingest->directory));
		if (intake_fd(ingest->intake) < 0)
			earlier(&due, ingest->connect_due);
	}
	if (!ingest_is_live(ingest))
		return due;
	earlier(&due, ingest->beat_due);
	if (core.ms != INT64_MAX)
		earlier(&due,
			(struct mono){turn.mono.us + (core.ms > turn.wall.ms ? core.ms - turn.wall.ms : 0) * 1000});
	return due;
}

bool ingest_draining(const void *state)
{
	const struct ingest *ingest = state;

	/* Everything is on disk after each turn; a receipt or acknowledgement may still be on its way out. */
	return ingest->write_waiting && ingest->intake_up;
}

enum err ingest_reload(void *state, const void *settings, struct errinfo *info)
{
	struct ingest *ingest = state;
	const struct ingest_settings *fresh = settings;
	struct map *map = NULL;
	enum err err = map_load(fresh->profiles, &map, info);

	if (err)
		return err;
	map_destroy(ingest->map);
	ingest->map = map;
	text_cut(ingest->settings.profiles, sizeof ingest->settings.profiles, fresh->profiles);
	if (ingest->intake_up)
		session_subscribe(ingest);
	return ERR_OK;
}
