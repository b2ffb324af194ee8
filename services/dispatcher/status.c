/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "base/text.h"
#include "dispatcher/dispatcher.h"

static void count_verdicts(struct status *out, const char *what, const struct incident_core *core,
	int64_t (*of)(const struct incident_core *, enum incident_verdict))
{
	char name[WORD_BYTES];

	for (int i = 0; i < INCIDENT_VERDICT_COUNT; i++) {
		snprintf(name, sizeof name, "%s_%s", what, incident_verdict_name((enum incident_verdict)i));
		status_count(out, name, of(core, (enum incident_verdict)i));
	}
}

void dispatcher_status(const void *state, struct status *out)
{
	const struct dispatcher *d = state;
	const struct visit_core *visits = visits_core(d->visits);
	struct outbox_stats lane = outbox_stats(d->incidents), visit_lane = outbox_stats(visits_outbox(d->visits));
	struct channels_stats calls = channels_stats(d->channels),
			      hook = channels_stats_of(d->channels, CHANNEL_WEBHOOK);
	struct wall now = dispatcher_replays(d) ? d->clock : out->at;

	if (wall_is_set(now))
		out->clock = now;
	if (!lane.oldest_ms || (visit_lane.oldest_ms && visit_lane.oldest_ms < lane.oldest_ms))
		lane.oldest_ms = visit_lane.oldest_ms;
	out->lag_ms = lane.oldest_ms && now.ms > lane.oldest_ms ? now.ms - lane.oldest_ms : 0;
	out->outbox = lane.batches + visit_lane.batches;
	status_count(out, "open", incident_open_count(d->core));
	for (int i = 0; i < INCIDENT_TALLY_COUNT; i++)
		status_count(out, incident_tally_name((enum incident_tally)i),
			incident_tally(d->core, (enum incident_tally)i));
	status_count(out, "errands_live", visit_live_count(visits));
	for (int i = 0; i < VISIT_TALLY_COUNT; i++)
		status_count(out, visit_tally_name((enum visit_tally)i), visit_tally(visits, (enum visit_tally)i));
	status_count(out, "duty_gaps", rota_gaps(d->rota));
	status_count(out, "rosters_lost", d->rosters_lost);
	status_count(out, "states_lost", d->states_lost);
	status_count(out, "notices", d->notice_count);
	status_count(out, "pages_waiting", post_waiting(d->post));
	status_count(out, "alerts", d->alert_count);
	count_verdicts(out, "alerts", d->core, incident_alerts);
	count_verdicts(out, "replies", d->core, incident_replies);
	status_count(out, "replies_bad", d->replies_bad);
	status_count(out, "replies_forged", d->replies_forged);
	status_count(out, "entries", d->entry_count);
	status_count(out, "bad_items", d->bad_items + directory_copy_bad(d->copy));
	status_count(out, "forged_batches", d->forged);
	status_count(out, "bad_acks", d->bad_acks);
	status_count(out, "resent", lane.resent);
	status_count(out, "batches_lost", lane.lost + visit_lane.lost);
	status_count(out, "webhook_sent", hook.sent);
	status_count(out, "webhook_failed_attempts", hook.failed);
	status_count(out, "webhook_given_up", hook.given_up);
	status_count(out, "webhook_waiting", hook.waiting);
	status_count(out, "channel_sent", calls.sent);
	status_count(out, "channel_failed_attempts", calls.failed);
	status_count(out, "channel_throttled", calls.throttled);
	status_count(out, "channel_moved", calls.moved);
	status_count(out, "channel_merged", calls.merged);
	status_count(out, "channel_cancelled", calls.cancelled);
	status_count(out, "channel_given_up", calls.given_up);
	status_count(out, "channel_dropped", calls.dropped);
	status_count(out, "channel_waiting", calls.waiting);
	status_count(out, "channels_not_up", calls.down);
}
