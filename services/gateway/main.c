/* SPDX-License-Identifier: MIT */
#include "gateway/gateway.h"

static const struct service_definition definition = {
	.name = "gateway",
	.summary = "The HTTP edge: the services' methods as REST, messages by HTTP, metrics, for those who do not "
		   "speak MQTT.",
	.config = gateway_config,
	.settings_size = sizeof(struct gateway_settings),
	.check = gateway_check,
	.open = gateway_open,
	.event = gateway_event,
	.tick = gateway_tick,
	.flush = gateway_flush,
	.due = gateway_due,
	.status = gateway_status,
	.reload = gateway_reload,
	.draining = gateway_draining,
	.close = gateway_close,
};

int main(int argc, char **argv)
{
	return service_run(&definition, argc, argv);
}
