/* SPDX-License-Identifier: MIT
 *
 * hook_render: a target and an event as the call that is made, and what an answer means. Rendered when it leaves, so
 * that a signature is fresh. The programs query, headers and sign_text see the call: {id, type, timestamp,
 * timestamp_ms, method, url, body, page, next, signature}.
 */
#ifndef CURTAIN_GATEWAY_HOOK_RENDER_H
#define CURTAIN_GATEWAY_HOOK_RENDER_H

#include "base/buf.h"
#include "base/clock.h"
#include "gateway/hook_file.h"

#define HOOK_REQUEST_BYTES_MAX 131072
#define HOOK_REASON_BYTES 160

/* hook_call: what is to be rendered. event is a CloudEvent (JSON), NULL for a pull; next is what the program of that
 * name gave for the page before (JSON), "" = nothing. */
struct hook_call {
	const char *id, *type, *event;
	size_t event_length;
	int64_t page;
	const char *next;
	struct wall now;
};

struct hook_request {
	struct buf url, headers, body;
};

/* hook_render fills out, which hook_request_fini frees, also after a failure. ERR_INVALID: a program fails or gives
 * what cannot be sent; info says which key of which entry. */
enum err hook_render(struct program *program, const struct hook_target *target, const struct hook_call *call,
	struct hook_request *out, struct errinfo *info) ERR_MUST_CHECK;
void hook_request_fini(struct hook_request *request);

/* hook_judge says what an answer means: status (0: there was none; text says why) and the bytes of its body. out_reason
 * gets a word about a failure: a status, a cause of the network; nothing of the body. */
enum hook_result hook_judge(struct program *program, const struct hook_target *target, long status, const char *body,
	size_t length, const char *text, char out_reason[HOOK_REASON_BYTES]);

/* hook_rows takes the answer of a pull apart: appends {kind: [rows]} to out_rows (one row a line) and what the next
 * page is asked for with to out_next; nothing: this was the last. */
enum err hook_rows(struct program *program, const struct hook_target *target, long status, const char *body,
	size_t length, int64_t page, jv *rows, struct buf *out_next, struct errinfo *info) ERR_MUST_CHECK;

#endif
