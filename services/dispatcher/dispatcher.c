/* SPDX-License-Identifier: MIT */
#include "dispatcher/dispatcher.h"

#include <string.h>
#include <time.h>

#include "base/log.h"
#include "dispatcher/instant.h"
#include "service/carrier.h"

#define TRIM_US 500000
#define CLOCK_STEP_MS 3000 /* less is the clock's own correction */
#define HOLD_US 20000
#define FULL_RETRY_US 50000 /* the bus takes no more for now */

enum err dispatcher_begin(struct dispatcher *d, struct errinfo *info)
{
	if (store_in_transaction(d->store))
		return ERR_OK;
	d->eager = false;
	d->hold_due = (struct mono){d->turn.mono.us + HOLD_US};
	return store_begin(d->store, info);
}

/* watch_clock: the wall clock was set while we run, by an operator or a time server: what waits for an answer keeps the
 * time that it has left. The time since boot goes on while the machine sleeps, so sleep is no step: what came due is
 * due. */
static enum err watch_clock(struct dispatcher *d)
{
	struct timespec boot;
	int64_t offset_ms, step_ms;

	if (clock_gettime(CLOCK_BOOTTIME, &boot))
		return ERR_OK;
	offset_ms = wall_now().ms - (boot.tv_sec * MS_PER_SECOND + boot.tv_nsec / 1000000);
	step_ms = d->clock_offset_ms ? offset_ms - d->clock_offset_ms : 0;
	d->clock_offset_ms = offset_ms;
	if (step_ms < CLOCK_STEP_MS && step_ms > -CLOCK_STEP_MS)
		return ERR_OK;
	log_warning("clock_stepped", "ms", log_number(step_ms));
	rota_clock_step(d->rota, step_ms);
	return incident_clock_step(d->core, step_ms);
}

static enum err see(struct dispatcher *d, struct turn turn)
{
	d->turn = turn;
	if (!dispatcher_replays(d))
		return watch_clock(d);
	d->turn.wall = d->clock;
	return ERR_OK;
}

static enum err take_message(struct dispatcher *d, const struct bus_event *event, struct errinfo *info)
{
	if (!strncmp(event->topic, "curtain/api/", 12))
		return dispatcher_request(d, event, info);
	if (!strncmp(event->topic, "curtain/lane/", 13))
		return dispatcher_take_batch(d, event, info);
	if (!strncmp(event->topic, "curtain/volunteer/", 18))
		return dispatcher_take_reply(d, event, info);
	if (!carrier_take_ack(d->incidents, event, d->turn.mono, &d->bad_acks))
		(void)carrier_take_ack(visits_outbox(d->visits), event, d->turn.mono, &d->bad_acks);
	return ERR_OK;
}

static enum err told(enum err err, const char *doing, const struct errinfo *info)
{
	if (err)
		log_error(doing, "cause", info->text[0] ? info->text : err_name(err));
	return err;
}

enum err dispatcher_event(void *state, const struct bus_event *event, struct turn turn)
{
	struct dispatcher *d = state;
	struct errinfo info = {0};

	if (see(d, turn))
		return ERR_NOMEM;
	switch (event->kind) {
	case BUS_CONNECTED:
		outbox_reconnected(d->incidents);
		outbox_reconnected(visits_outbox(d->visits));
		inbox_reconnected(d->alerts);
		inbox_reconnected(d->directory);
		post_reconnected(d->post);
		break;
	case BUS_MESSAGE:
		return told(take_message(d, event, &info), "message_not_taken", &info);
	case BUS_DELIVERED:
		INSTANT("page-acknowledged");
		post_delivered(d->post, event->token);
		break;
	case BUS_REFUSED:
		post_refused(d->post, event->token);
		break;
	case BUS_DISCONNECTED:
		break;
	}
	return ERR_OK;
}

struct wall dispatcher_next(const struct dispatcher *d, struct wall now)
{
	struct wall due = incident_due(d->core), visit = visit_due(visits_core(d->visits)),
		    rota = wall_is_set(now) ? rota_due(d->rota, now) : WALL_NEVER;

	due = visit.ms < due.ms ? visit : due;
	return rota.ms < due.ms ? rota : due;
}

static enum err tick_incidents(struct dispatcher *d, struct wall now, struct errinfo *info)
{
	struct incident_effects effects;
	enum err err;

	if (incident_due(d->core).ms > now.ms)
		return ERR_OK;
	err = dispatcher_begin(d, info);
	if (!err)
		err = incident_tick(d->core, now, &effects);
	if (!err)
		err = dispatcher_effects(d, &effects, now, info);
	INSTANT("timer-fired");
	return err;
}

static enum err tick_visits(struct dispatcher *d, struct wall now, struct errinfo *info)
{
	enum err err;

	if (visit_due(visits_core(d->visits)).ms > now.ms)
		return ERR_OK;
	err = dispatcher_begin(d, info);
	if (!err)
		err = visits_tick(d->visits, dispatcher_ways(d), now, info);
	INSTANT("visits-ticked");
	return err;
}

enum err dispatcher_tick_cores(struct dispatcher *d, struct wall now, struct errinfo *info)
{
	enum err err = dispatcher_tick_rota(d, now, info); /* first: who is on duty may change */

	if (!err)
		err = tick_incidents(d, now, info);
	return err ? err : tick_visits(d, now, info);
}

enum err dispatcher_tick(void *state, struct turn turn)
{
	struct dispatcher *d = state;
	struct errinfo info = {0};
	enum err err = see(d, turn);

	if (!err && directory_copy_due(d->copy).us <= turn.mono.us)
		err = told(dispatcher_sweep(d, &info), "sweep_failed", &info);
	if (err)
		return err;
	if (!dispatcher_replays(d))
		return told(dispatcher_tick_cores(d, d->turn.wall, &info), "tick_failed", &info);
	/* Whatever moves the watermark, waits or changes the directory has opened a transaction. */
	if (!store_in_transaction(d->store))
		return ERR_OK;
	return told(dispatcher_follow(d, &info), "replay_failed", &info);
}

static enum err store_turn(struct dispatcher *d, struct errinfo *info)
{
	enum err err = dispatcher_append(d, info);

	if (!err)
		err = dispatcher_save(d, info);
	if (!err)
		err = dispatcher_save_rota(d, info);
	if (!err)
		err = visits_save(d->visits, d->turn.wall, info);
	if (!err)
		err = post_settle(d->post, info);
	if (!err)
		err = channels_settle(d->channels, info);
	if (!err)
		err = outbox_trim(d->incidents, info);
	if (!err)
		err = outbox_trim(visits_outbox(d->visits), info);
	INSTANT("before-commit");
	return err ? err : store_commit(d->store, info);
}

/* give_answers: and receipts. One that is lost is asked for again. */
static void give_answers(struct dispatcher *d)
{
	if (store_in_transaction(d->store))
		return;
	while (answers_wait(&d->answers)) {
		INSTANT("before-answer");
		if (answers_send_next(&d->answers, service_bus(d->service)))
			log_warning("answer_not_sent");
		INSTANT("after-answer");
	}
}

static enum err commit_turn(struct dispatcher *d, struct errinfo *info)
{
	enum err err = store_turn(d, info);

	if (err) { /* nothing of this turn was seen by anybody; the next start does it again */
		if (err == ERR_FULL && store_release_ballast(d->store))
			log_warning("disk_full_ballast_given_up");
		return err;
	}
	INSTANT("after-commit");
	outbox_committed(d->incidents);
	outbox_committed(visits_outbox(d->visits));
	inbox_committed(d->alerts);
	inbox_committed(d->directory);
	if (dispatcher_replays(d) && wall_is_set(d->clock))
		service_set_clock(d->service, d->clock);
	return ERR_OK;
}

static enum err send(struct dispatcher *d, struct errinfo *info)
{
	struct bus *bus = service_bus(d->service);
	enum err err = post_send(d->post, bus, info); /* pages first */

	give_answers(d);
	INSTANT("before-batch");
	if (!err)
		err = carrier_send_outbox(bus, d->incidents, d->turn.mono);
	if (!err)
		err = carrier_send_outbox(bus, visits_outbox(d->visits), d->turn.mono);
	INSTANT("before-ack");
	if (!err)
		err = carrier_send_acks(bus, d->alerts, d->turn.mono);
	INSTANT("after-ack");
	return err ? err : carrier_send_acks(bus, d->directory, d->turn.mono);
}

/* tell_channels keeps the state of each channel that has changed at its topic. */
static enum err tell_channels(struct dispatcher *d, struct errinfo *info)
{
	struct channels_note note;
	enum err err = ERR_OK;

	while (!err && channels_changed(d->channels, &note))
		err = dispatcher_tell_channel(d, &note, info);
	return err;
}

/* skip_unreached: who was not reached on any channel is not waited for. It goes into the transaction of the next turn.
 */
static enum err skip_unreached(struct dispatcher *d, struct errinfo *info)
{
	char incident[ID_BYTES], user[ID_BYTES];
	enum err err = ERR_OK;

	while (!err && channels_unreached(d->channels, incident, user)) {
		log_warning("unreached", "incident", incident, "user", user);
		err = dispatcher_begin(d, info);
		d->eager = true;
		if (!err && wall_is_set(d->turn.wall))
			err = incident_unreached(d->core, incident, user, d->turn.wall);
	}
	return err;
}

/* call moves the channels; its results are stored at once, so that a call that succeeded is not made again. */
static enum err call(struct dispatcher *d, struct errinfo *info)
{
	bool own;
	enum err err;

	channels_run(d->channels, wall_now(), d->turn.mono);
	err = skip_unreached(d, info);
	if (err)
		return err;
	own = !store_in_transaction(d->store);
	if (!channels_settles(d->channels))
		return ERR_OK;
	err = own ? store_begin(d->store, info) : ERR_OK;
	if (!err)
		err = channels_settle(d->channels, info);
	if (!err)
		err = tell_channels(d, info);
	INSTANT("answer-noted");
	if (!err && own)
		err = store_commit(d->store, info);
	INSTANT("answer-stored");
	return err;
}

/* holds: on the replay clock each step brings a heartbeat of every producer and shard; they share a commit. */
static bool holds(const struct dispatcher *d)
{
	return dispatcher_replays(d) && !d->eager && d->turn.mono.us < d->hold_due.us;
}

enum err dispatcher_flush(void *state, struct turn turn)
{
	struct dispatcher *d = state;
	struct errinfo info = {0};
	enum err err = ERR_OK;

	if (store_in_transaction(d->store) && !holds(d))
		err = commit_turn(d, &info);
	if (!err)
		err = send(d, &info);
	if (!err)
		err = call(d, &info);
	if (!err && d->trim_due.us <= turn.mono.us) {
		d->trim_due = (struct mono){turn.mono.us + TRIM_US};
		err = post_settle(d->post, &info);
		if (!err)
			err = outbox_trim(d->incidents, &info);
		if (!err)
			err = outbox_trim(visits_outbox(d->visits), &info);
	}
	return told(err, "turn_failed", &info);
}

static void earlier(struct mono *due, struct mono other)
{
	if (other.us < due->us)
		*due = other;
}

struct mono dispatcher_due(const void *state, struct turn turn)
{
	const struct dispatcher *d = state;
	struct mono due = channels_due(d->channels, wall_now(), turn.mono);
	struct wall core = dispatcher_next(d, turn.wall);

	earlier(&due, directory_copy_due(d->copy));
	if (store_in_transaction(d->store))
		earlier(&due, d->hold_due);
	if (post_settles(d->post))
		earlier(&due, d->trim_due);
	if (bus_is_connected(service_bus(d->service))) {
		earlier(&due, outbox_due(d->incidents));
		earlier(&due, outbox_due(visits_outbox(d->visits)));
		earlier(&due, inbox_due(d->alerts));
		earlier(&due, inbox_due(d->directory));
		if (post_pending(d->post))
			earlier(&due, (struct mono){turn.mono.us + FULL_RETRY_US});
	}
	if (!dispatcher_replays(d) && core.ms != WALL_NEVER.ms)
		earlier(&due,
			(struct mono){turn.mono.us + (core.ms > turn.wall.ms ? core.ms - turn.wall.ms : 0) * 1000});
	return due;
}

bool dispatcher_draining(const void *state)
{
	const struct dispatcher *d = state;

	/* All is on disk after each turn; a page may still be on its way to the broker. */
	return bus_is_connected(service_bus(d->service)) && post_waiting(d->post) > 0;
}
