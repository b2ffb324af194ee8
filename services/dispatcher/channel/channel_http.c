/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channel_http.h"

static const char *text_of(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

enum err channel_http_start(struct web_client *client, uint32_t call, const struct channel_definition *d,
	const struct channel_request *request)
{
	struct web_mail mail = {.from = d->from,
		.to = request->to,
		.user = channel_value_find(d->vars, d->var_count, "user"),
		.password = channel_value_find(d->secrets, d->secret_count, "password"),
		.tls = d->tls};

	return web_client_start(client, call,
		&(struct web_request){.method = d->method,
			.url = text_of(&request->url),
			.headers = text_of(&request->headers),
			.body = text_of(&request->body),
			.length = request->body.length,
			.timeout_ms = d->timeout_ms,
			.answer_bytes_max = CHANNEL_ANSWER_BYTES_MAX,
			.mail = d->kind == CHANNEL_SMTP ? &mail : NULL});
}
