/* SPDX-License-Identifier: MIT
 *
 * channel_http: requests under way, by HTTP or SMTP, in the service's loop (libcurl's multi interface in an epoll of
 * its own). Each has its own time-out; none waits for another. Decides nothing.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_HTTP_H
#define CURTAIN_DISPATCHER_CHANNEL_HTTP_H

#include "base/clock.h"
#include "dispatcher/channel_render.h"

struct channel_http;

struct channel_answer {
	uint32_t call;
	long status;      /* 0: no answer came, text says why */
	const char *body; /* at most CHANNEL_ANSWER_BYTES_MAX; valid until the next call of any function here */
	size_t length;
	const char *text;
};

enum err channel_http_open(struct channel_http **out_http, struct errinfo *info) ERR_MUST_CHECK;
/* channel_http_close breaks off what is under way. */
void channel_http_close(struct channel_http *http);
/* channel_http_fd is readable when channel_http_run has something to do; channel_http_due: at the latest then. */
int channel_http_fd(const struct channel_http *http);
struct mono channel_http_due(const struct channel_http *http);
/* channel_http_start sends a request; its answer comes with the number of the call. ERR_IO: libcurl takes none. */
enum err channel_http_start(struct channel_http *http, uint32_t call, const struct channel_definition *definition,
	const struct channel_request *request) ERR_MUST_CHECK;
/* channel_http_run moves what is under way; never blocks. channel_http_next gives the answers that have come; false
 * after the last. */
void channel_http_run(struct channel_http *http, struct mono now);
bool channel_http_next(struct channel_http *http, struct channel_answer *out);

#endif
