/* SPDX-License-Identifier: MIT
 *
 * channel_http: a channel's rendered request as one of the web client's.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_HTTP_H
#define CURTAIN_DISPATCHER_CHANNEL_HTTP_H

#include "dispatcher/channel/channel_render.h"
#include "web/client.h"

/* channel_http_start sends a request; its answer comes with the number of the call. ERR_IO: libcurl takes none. */
enum err channel_http_start(struct web_client *client, uint32_t call, const struct channel_definition *definition,
	const struct channel_request *request) ERR_MUST_CHECK;

#endif
