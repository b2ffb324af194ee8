/* SPDX-License-Identifier: MIT
 *
 * api: the service's own questions. methods.h has the table; each function answers one method, and its file says what
 * the method takes and gives (api.c lists them). They are called with the request open and its caller admitted, and,
 * where the table says TIMED, with a clock that stands.
 */
#ifndef CURTAIN_DISPATCHER_API_H
#define CURTAIN_DISPATCHER_API_H

#include "codec/request.h"
#include "dispatcher/dispatcher.h"
#include "dispatcher/api/methods.h"

/* call: a request on its way; all of it lives as long as the function runs. */
struct call {
	const char *user; /* who asks ... */
	bool own;         /* ... for themself, not for the desk */
	struct request_args *args;
	struct buf *out; /* the result */
	struct errinfo *info;
	enum err fatal; /* a failure of the store or the core, which stops the service; else the caller is told */
};

/* api_<method> appends the result to call->out, or gives the error that the caller is told. */
#define METHOD(name, time, who, ...) enum err api_##name(struct dispatcher *d, struct call *call) ERR_MUST_CHECK;
DISPATCHER_METHODS(METHOD)
#undef METHOD

/* api_begin opens this turn's transaction for a change that the caller waits for. Its failure is fatal. */
enum err api_begin(struct dispatcher *d, struct errinfo *info) ERR_MUST_CHECK;
/* api_arg_id and api_arg_time read an argument; *out stays as it was if a not required one is missing. */
enum err api_arg_id(struct request_args *args, const char *name, bool required, char out[ID_BYTES],
	struct errinfo *info) ERR_MUST_CHECK;
enum err api_arg_time(struct request_args *args, const char *name, bool required, struct wall *out,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
