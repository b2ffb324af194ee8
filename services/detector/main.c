/* SPDX-License-Identifier: MIT */
#include "detector/detector.h"

static const struct service_definition definition = {
	.name = "detector",
	.summary = "Notices that a home has stopped leaving its usual traces, and says why.",
	.config = detector_config_table,
	.settings_size = sizeof(struct detector_settings),
	.check = detector_check,
	.describe = detector_describe,
	.open = detector_open,
	.event = detector_event,
	.tick = detector_service_tick,
	.flush = detector_flush,
	.due = detector_service_due,
	.status = detector_status,
	.reload = detector_reload,
	.draining = detector_draining,
	.close = detector_close,
};

int main(int argc, char **argv)
{
	return service_run(&definition, argc, argv);
}
