/* SPDX-License-Identifier: MIT */
#include "ingest/ingest.h"
#include "ingest/settings.h"

static const struct service_definition definition = {
	.name = "ingest",
	.summary = "Takes any device's messages, turns them into readings and alerts, and gives them on, none lost and "
		   "none twice.",
	.config = ingest_config,
	.settings_size = sizeof(struct ingest_settings),
	.check = ingest_check,
	.open = ingest_open,
	.event = ingest_event,
	.tick = ingest_service_tick,
	.flush = ingest_flush,
	.due = ingest_service_due,
	.status = ingest_status,
	.reload = ingest_reload,
	.draining = ingest_draining,
	.close = ingest_close,
};

int main(int argc, char **argv)
{
	return service_run(&definition, argc, argv);
}
