/* SPDX-License-Identifier: MIT
 *
 * settings: what gateway.yaml may say.
 */
#ifndef CURTAIN_GATEWAY_SETTINGS_H
#define CURTAIN_GATEWAY_SETTINGS_H

#include "service/service.h"

struct gateway_settings {
	struct service_common common;
	char address[64];
	int64_t port;
	char certificate_file[256], key_file[256]; /* both or none */
	char tokens_file[256];
	int64_t connections, connections_address, idle_ms, body_bytes, answer_ms, fresh_ms;
	struct config_list intake_topics, ready_services;
	char broker_certificate_file[256]; /* "" = not watched */
	char bridge_file[256];             /* "" = no webhooks, no bridge */
	struct config_list bridge_producers;
	int64_t bridge_keep_ms, bridge_want_ms;
	bool bridge_visits;
};

extern const struct config_key gateway_config[];

/* gateway_check reads tokens and certificate, so that --check and every start refuse wrong ones with their place. */
enum err gateway_check(const void *settings, struct errinfo *info) ERR_MUST_CHECK;

#endif
