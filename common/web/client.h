/* SPDX-License-Identifier: MIT
 *
 * client: requests under way, by HTTP or SMTP, in the service's loop (libcurl's multi interface in an epoll of its
 * own). Each has its own time-out; none waits for another; redirections are not followed. Decides nothing.
 */
#ifndef CURTAIN_WEB_CLIENT_H
#define CURTAIN_WEB_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"

struct web_mail {
	const char *from, *to, *user, *password; /* user "": the server asks for none */
	bool tls;                                /* refuse to go without */
};

/* web_request: all is copied by web_client_start. */
struct web_request {
	const char *method, *url;
	const char *headers; /* lines "Name: value\n" */
	const char *body;    /* length bytes; e-mail: the whole message */
	size_t length;
	int64_t timeout_ms;
	size_t answer_bytes_max;     /* of the answer's body; the rest is dropped */
	const struct web_mail *mail; /* NULL: HTTP */
};

struct web_client;

struct web_answer {
	uint32_t call;
	long status;      /* 0: no answer came, text says why */
	int64_t wait_ms;  /* Retry-After; 0 = not said */
	const char *body; /* valid until the next call of any function here */
	size_t length;
	bool cut; /* there was more than answer_bytes_max */
	const char *text;
};

enum err web_client_open(struct web_client **out_client, struct errinfo *info) ERR_MUST_CHECK;
/* web_client_close breaks off what is under way. */
void web_client_close(struct web_client *client);
/* web_client_fd is readable when web_client_run has something to do; web_client_due: at the latest then. */
int web_client_fd(const struct web_client *client);
struct mono web_client_due(const struct web_client *client);
/* web_client_start sends a request; its answer comes with the number of the call. ERR_IO: libcurl takes none. */
enum err web_client_start(struct web_client *client, uint32_t call, const struct web_request *request) ERR_MUST_CHECK;
/* web_client_run moves what is under way; never blocks. web_client_next gives the answers that have come; false after
 * the last. */
void web_client_run(struct web_client *client, struct mono now);
bool web_client_next(struct web_client *client, struct web_answer *out);

#endif
