/* SPDX-License-Identifier: MIT
 *
 * What ingest says of itself.
 */
#include "ingest/ingest.h"

#include <stdio.h>

#include "base/text.h"

static void count_core(const struct ingest *ingest, struct status *out)
{
	uint32_t devices, states;
	char name[WORD_BYTES];

	ingest_sizes(ingest->core, &devices, &states);
	status_count(out, "devices", devices);
	status_count(out, "states", states);
	for (int i = 0; i < INGEST_REJECT_COUNT; i++) {
		snprintf(name, sizeof name, "device_%s", ingest_reject_name((enum ingest_reject)i));
		status_count(out, name, ingest_count(ingest->core, (enum ingest_reject)i));
	}
	for (int i = 0; i < INGEST_TALLY_COUNT; i++)
		status_count(
			out, ingest_tally_name((enum ingest_tally)i), ingest_tally(ingest->core, (enum ingest_tally)i));
}

static void count_reasons(const struct ingest *ingest, struct status *out)
{
	char name[WORD_BYTES];

	for (int i = 0; i < INGEST_REASONS_MAX && ingest->reasons[i].word[0]; i++) {
		snprintf(name, sizeof name, "map_%.20s", ingest->reasons[i].word);
		if (text_is_id(name))
			status_count(out, name, ingest->reasons[i].count);
	}
}

void ingest_status(const void *state, struct status *out)
{
	const struct ingest *ingest = state;
	struct outbox_stats readings = outbox_stats(ingest->readings.outbox),
			    alerts = outbox_stats(ingest->alerts.outbox);
	int64_t oldest = !readings.oldest_ms || (alerts.oldest_ms && alerts.oldest_ms < readings.oldest_ms)
				 ? alerts.oldest_ms
				 : readings.oldest_ms;

	if (ingest->turn.wall.ms > 0)
		out->clock = ingest->turn.wall;
	out->lag_ms = oldest && ingest->turn.wall.ms > oldest ? ingest->turn.wall.ms - oldest : 0;
	out->outbox = readings.batches + alerts.batches;
	if (out->state == STATUS_READY && !ingest->intake_up)
		out->state = STATUS_STARTING;
	status_count(out, "messages", ingest->messages);
	status_count(out, "readings", ingest->readings.count);
	status_count(out, "alerts", ingest->alerts.count);
	status_count(out, "redelivered", ingest->redelivered);
	status_count(out, "resent", readings.resent + alerts.resent);
	status_count(out, "batches_lost", readings.lost + alerts.lost);
	status_count(out, "outbox_bytes", readings.bytes + alerts.bytes);
	status_count(out, "dead_letters", letters_count(ingest->letters));
	status_count(out, "dead_letters_dropped", letters_dropped(ingest->letters));
	status_count(out, "bad_acks", ingest->bad_acks);
	status_count(out, "forged_batches", ingest->forged);
	status_count(out, "stale_batches", inbox_stats(ingest->directory).stale);
	status_count(out, "bad_entries", directory_copy_bad(ingest->copy));
	status_count(out, "bad_receipts", ingest->bad_receipts);
	status_count(out, "unencodable", ingest->unencodable);
	count_core(ingest, out);
	count_reasons(ingest, out);
}
