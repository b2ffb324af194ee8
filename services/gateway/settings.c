/* SPDX-License-Identifier: MIT */
#include "gateway/settings.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "gateway/file.h"
#include "gateway/hooks.h"
#include "gateway/token.h"

#define S struct gateway_settings

/* clang-format off */
const struct config_key gateway_config[] = {
	SERVICE_CONFIG_KEYS(S, common, "gateway-1"),
	{"http.address", CONFIG_TEXT, CONFIG_FIELD(S, address), "127.0.0.1", 1, 63, NULL, "Address to listen on; 0.0.0.0 or :: for all."},
	{"http.port", CONFIG_INT, CONFIG_FIELD(S, port), "8443", 1, 65535, NULL, "Port to listen on."},
	{"http.certificate_file", CONFIG_PATH, CONFIG_FIELD(S, certificate_file), "\"\"", 0, 255, NULL, "Certificate chain (PEM); set, with http.key_file: TLS."},
	{"http.key_file", CONFIG_PATH, CONFIG_FIELD(S, key_file), "\"\"", 0, 255, NULL, "Its key (PEM)."},
	{"http.tokens_file", CONFIG_PATH, CONFIG_FIELD(S, tokens_file), "\"\"", 0, 255, NULL, "The tokens, a line each (docs/gateway.md); empty: nobody comes in. Read again on SIGHUP."},
	{"http.connections", CONFIG_INT, CONFIG_FIELD(S, connections), "500", 1, 10000, NULL, "Connections at once."},
	{"http.connections_address", CONFIG_INT, CONFIG_FIELD(S, connections_address), "100", 1, 10000, NULL, "Of these from one address."},
	{"http.idle", CONFIG_DURATION, CONFIG_FIELD(S, idle_ms), "20s", 1000, 600000, NULL, "A connection on which nothing moves for this long is closed."},
	{"http.body", CONFIG_BYTES, CONFIG_FIELD(S, body_bytes), "2MiB", 1024, 4000000, NULL, "Largest body of a request."},
	{"http.answer_within", CONFIG_DURATION, CONFIG_FIELD(S, answer_ms), "10s", 100, 120000, NULL, "Time for a service to answer."},
	{"intake.topics", CONFIG_LIST, CONFIG_FIELD(S, intake_topics), "[]", 0, CONFIG_LIST_MAX, NULL, "Topic filters that messages by HTTP may go to, as in water/#; the broker's access list is asked too."},
	{"ready.services", CONFIG_LIST, CONFIG_FIELD(S, ready_services), "[ingest, detector, dispatcher, records]", 0, CONFIG_LIST_MAX, NULL, "Services that /readyz asks for."},
	{"ready.fresh", CONFIG_DURATION, CONFIG_FIELD(S, fresh_ms), "60s", 1000, 3600000, NULL, "A service unheard for this long is not up."},
	{"watch.broker_certificate_file", CONFIG_PATH, CONFIG_FIELD(S, broker_certificate_file), "\"\"", 0, 255, NULL, "The broker's certificate (PEM): for how long it is still good stands in status and metrics (broker_certificate_left_seconds; the gateway's own: certificate_left_seconds). Empty: not watched."},
	{"bridge.file", CONFIG_PATH, CONFIG_FIELD(S, bridge_file), "\"\"", 0, 255, NULL, "Who outside is told what, and what is fetched from another platform (docs/webhooks.md); empty: neither."},
	{"bridge.producers", CONFIG_LIST, CONFIG_FIELD(S, bridge_producers), "[dispatcher-1]", 1, CONFIG_LIST_MAX, NULL, "The dispatchers whose incidents are told; each names gateway among its lanes.incident_consumers."},
	{"bridge.visits", CONFIG_BOOL, CONFIG_FIELD(S, bridge_visits), "false", 0, 0, NULL, "Visits, tasks and services are told too; then each dispatcher names gateway among the consumers of lane visit."},
	{"bridge.keep", CONFIG_DURATION, CONFIG_FIELD(S, bridge_keep_ms), "90d", 60000, 4e12, NULL, "How long dead letters of webhooks are kept for a replay."},
	{"bridge.want", CONFIG_DURATION, CONFIG_FIELD(S, bridge_want_ms), "5s", 100, 600000, NULL, "How often what is missing of lane incident is asked for."},
	{NULL, CONFIG_TEXT, 0, 0, NULL, 0, 0, NULL, NULL},
};
/* clang-format on */

enum err gateway_check(const void *settings, struct errinfo *info)
{
	const struct gateway_settings *s = settings;
	struct in6_addr address;
	enum err err;

	if (!*s->certificate_file != !*s->key_file)
		return errinfo_set(info, ERR_INVALID, "http.certificate_file and http.key_file go together");
	if (inet_pton(AF_INET, s->address, &address) != 1 && inet_pton(AF_INET6, s->address, &address) != 1)
		return errinfo_set(info, ERR_INVALID, "http.address: \"%s\" is no IPv4 or IPv6 address", s->address);
	err = hooks_check(s, info);
	if (err || !*s->tokens_file)
		return err;
	struct token_book *book = calloc(1, sizeof *book);
	if (!book)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	err = file_tokens(s->tokens_file, book, info);
	free(book);
	return err;
}
