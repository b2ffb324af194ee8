/* SPDX-License-Identifier: MIT
 *
 * request: the JSON form of API requests and responses (MQTT 5, topics curtain/api/...;
 * schemas/json/{request,response}). request   {"args": {...}} response  {"ok": true, "result": {...}}  or  {"ok":
 * false, "error": {"code": "invalid", "text": "line 12: ..."}} Codes are err_name() words. As strict as codec.h; no
 * function keeps a pointer to its input.
 */
#ifndef CURTAIN_CODEC_REQUEST_H
#define CURTAIN_CODEC_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define REQUEST_BYTES_MAX (4u << 20) /* either way, on the wire */

/* request_args: the decoded arguments of one request. Owned by the caller, release with request_close (NULL is fine).
 */
struct request_args;
enum err request_open(
	const char *json, size_t length, struct request_args **out_args, struct errinfo *info) ERR_MUST_CHECK;
void request_close(struct request_args *args);
/* request_text gives a text argument; it lives as long as args. *out stays as it was if a not required one is missing.
 */
enum err request_text(struct request_args *args, const char *name, bool required, const char **out,
	struct errinfo *info) ERR_MUST_CHECK;
/* request_int and request_bool likewise; ERR_RANGE outside min..max. */
enum err request_int(struct request_args *args, const char *name, bool required, int64_t min, int64_t max, int64_t *out,
	struct errinfo *info) ERR_MUST_CHECK;
enum err request_bool(
	struct request_args *args, const char *name, bool required, bool *out, struct errinfo *info) ERR_MUST_CHECK;
/* request_default gives a missing or empty argument this text. */
enum err request_default(
	struct request_args *args, const char *name, const char *value, struct errinfo *info) ERR_MUST_CHECK;
/* request_done: ERR_INVALID names an argument that nobody asked for. */
enum err request_done(const struct request_args *args, struct errinfo *info) ERR_MUST_CHECK;

/* request_encode appends {"args": ARGS}; args is one JSON object, length bytes, "" = {}. */
enum err request_encode(const char *args, size_t length, struct buf *out);

/* response_encode appends the good answer around result, one JSON value. response_encode_error appends the bad one;
 * code must not be ERR_OK (asserted), text is cut at 4 KiB. */
enum err response_encode(const char *result, size_t length, struct buf *out);
enum err response_encode_error(enum err code, const char *text, struct buf *out);

/* response_result finds the result of a good answer in the form that response_encode writes, without decoding it: what
 * only passes it on need not. false: the answer has another form, or is a bad one. */
bool response_result(const char *json, size_t length, const char **out_result, size_t *out_length);

/* response: a decoded response. result (compact JSON) is NULL when not ok; code and text are "" when ok.
 * Owned by the caller, release with response_fini, also after a failed decode. */
struct response {
	bool ok;
	char *result;
	char code[32];
	char *text;
};
enum err response_decode(const char *json, size_t length, struct response *out, struct errinfo *info) ERR_MUST_CHECK;
void response_fini(struct response *response);

#endif
