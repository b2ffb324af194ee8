/* SPDX-License-Identifier: MIT */
#include "dispatcher/dispatcher.h"
#include "dispatcher/settings.h"

static const struct service_definition definition = {
	.name = "dispatcher",
	.summary = "Brings a person to the door: opens an incident for each emergency, asks who is on duty, and stays "
		   "with it "
		   "until somebody says that it is over.",
	.config = dispatcher_config,
	.settings_size = sizeof(struct dispatcher_settings),
	.check = dispatcher_check,
	.open = dispatcher_open,
	.event = dispatcher_event,
	.tick = dispatcher_tick,
	.flush = dispatcher_flush,
	.due = dispatcher_due,
	.status = dispatcher_status,
	.reload = dispatcher_reload,
	.draining = dispatcher_draining,
	.close = dispatcher_close,
};

int main(int argc, char **argv)
{
	return service_run(&definition, argc, argv);
}
