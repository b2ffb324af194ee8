/* SPDX-License-Identifier: MIT
 *
 * Judging, and the transaction around it.
 */
#include "base/log.h"
#include "detector/detector.h"
#include "service/carrier.h"

#define GROUP_BATCHES 256 /* lane batches in one transaction */
#define TRIM_US 500000

enum err detector_begin(struct detector *detector, struct errinfo *info)
{
	if (store_in_transaction(detector->store))
		return ERR_OK;
	detector->group_due = (struct mono){detector->turn.mono.us + detector->settings.group_ms * 1000};
	return store_begin(detector->store, info);
}

static enum err take_alert(struct detector *detector, const struct alert *alert, struct errinfo *info)
{
	bool taken;
	enum err err = outgoing_take(detector->outgoing, alert, detector->judged, &taken, info);

	detector->urgent = detector->urgent || taken;
	return err;
}

enum err detector_judge(struct detector *detector, struct wall now, struct errinfo *info)
{
	struct detector_effects effects;
	enum err err = ERR_OK;

	if (!wall_is_set(now) || now.ms <= detector->judged.ms)
		return ERR_OK;
	if (detector_due(detector->core).ms <= now.ms)
		err = detector_begin(detector, info);
	detector->judged = now;
	if (err)
		return err;
	do {
		err = detector_tick(detector->core, now, &effects);
		for (unsigned i = 0; i < effects.count && !err; i++)
			err = take_alert(detector, &effects.items[i], info);
	} while (!err && effects.count == DETECTOR_EFFECTS_MAX);
	return err;
}

static enum err store_all(struct detector *detector, struct errinfo *info)
{
	enum err err = detector_begin(detector, info);

	if (!err)
		err = outgoing_append(detector->outgoing, detector->judged, detector->beat, info);
	if (!err)
		err = checkpoint_write(detector->checkpoint, info);
	if (!err)
		err = outbox_trim(detector->alerts, info);
	if (!err)
		err = store_commit(detector->store, info);
	return err;
}

static enum err commit(struct detector *detector)
{
	struct errinfo info = {0};
	enum err err = store_all(detector, &info);

	if (err) {
		log_error("commit_failed", "error", err_name(err), "cause", info.text);
		if (err == ERR_FULL && store_release_ballast(detector->store))
			log_warning("disk_full", "ballast", "given up");
		return err; /* nothing of it is acknowledged */
	}
	outbox_committed(detector->alerts);
	inbox_committed(detector->readings);
	inbox_committed(detector->incidents);
	inbox_committed(detector->visits);
	inbox_committed(directory_copy_inbox(detector->directory));
	if (detector->beat)
		detector->told = detector->judged;
	detector->urgent = detector->beat = false;
	detector->batches = 0;
	return ERR_OK;
}

static enum err trim(struct detector *detector)
{
	struct errinfo info = {0};

	detector->trim_due = (struct mono){detector->turn.mono.us + TRIM_US};
	enum err err = outbox_trim(detector->alerts, &info);
	if (err)
		log_error("outbox_not_trimmed", "cause", info.text);
	return err;
}

enum err detector_flush(void *state, struct turn turn)
{
	struct detector *detector = state;
	struct bus *bus = service_bus(detector->service);
	bool open = store_in_transaction(detector->store);
	enum err err = ERR_OK;

	if (detector->urgent || detector->beat ||
		(open && (detector->batches >= GROUP_BATCHES || detector->group_due.us <= turn.mono.us)))
		err = commit(detector);
	else if (!open && detector->trim_due.us <= turn.mono.us)
		err = trim(detector);
	if (!err && !store_in_transaction(detector->store))
		answers_send(&detector->said, bus);
	if (!err)
		err = carrier_send_outbox(bus, detector->alerts, turn.mono);
	if (!err)
		err = carrier_send_acks(bus, detector->readings, turn.mono);
	if (!err)
		err = carrier_send_acks(bus, detector->incidents, turn.mono);
	if (!err)
		err = carrier_send_acks(bus, detector->visits, turn.mono);
	if (!err)
		err = carrier_send_acks(bus, directory_copy_inbox(detector->directory), turn.mono);
	return detector_ended_by(detector, err);
}
