/* SPDX-License-Identifier: MIT
 *
 * Our copy of the directory (common/lane/directory.h): households, devices and consents, and the core that reads them.
 */
#include "ingest/ingest.h"

#include "base/log.h"
#include "service/carrier.h"

static enum err apply(void *context, const struct entry *entry)
{
	return ingest_core_entry(context, entry);
}

enum err directory_open(struct ingest *ingest, struct errinfo *info)
{
	struct directory_config config = {.lane = "directory-ingest",
		.consumer = "ingest",
		.producer = ingest->settings.directory_producer,
		.want_ms = ingest->settings.want_ms,
		.quiet_ms = ingest->settings.directory_quiet_ms,
		.kinds = 1u << ENTRY_DEVICE | 1u << ENTRY_CONSENT | 1u << ENTRY_HOUSEHOLD,
		.apply = apply,
		.context = ingest->core};
	enum err err = directory_copy_open(ingest->store, &config, &ingest->copy, info);

	if (!err)
		ingest->directory = directory_copy_inbox(ingest->copy);
	return err;
}

void directory_take(struct ingest *ingest, const struct bus_event *event)
{
	struct codec_batch *batch;
	struct lane_batch head;
	struct errinfo info = {0};
	enum err err = carrier_open_batch(ingest->directory, event, &batch, &head, &info);

	if (err) {
		ingest->forged++;
		log_warning("batch_refused", "cause", info.text);
		return;
	}
	err = ingest_begin(ingest);
	if (!err)
		ingest_fail(ingest, directory_copy_take(ingest->copy, batch, &head, ingest->turn.mono, &info),
			"directory_not_taken", &info);
	codec_batch_close(batch);
}

void directory_sweep(struct ingest *ingest)
{
	struct errinfo info = {0};
	int64_t entries;

	if (ingest_begin(ingest))
		return;
	enum err err = directory_copy_sweep(ingest->copy, &entries, &info);
	if (!err)
		log_warning("directory_swept", "entries", log_number(entries));
	ingest_fail(ingest, err, "directory_not_swept", &info);
}
