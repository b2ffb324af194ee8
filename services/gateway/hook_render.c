/* SPDX-License-Identifier: MIT */
#include "gateway/hook_render.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "jq/json_jv.h"
#include "jq/json_tree.h"
#include "web/hmac.h"
#include "web/webhook.h"

#define JSON_DEPTH_MAX 32

static const char *const program_names[HOOK_JQ_COUNT] = {
	"body", "sign_text", "query", "headers", "success", "rows", "next"};

static jv vars_of(const struct hook_target *target)
{
	jv vars = jv_object();

	for (unsigned i = 0; i < target->var_count; i++)
		vars = jv_object_set(vars, jv_string(target->vars[i].name), jv_string(target->vars[i].value));
	for (unsigned i = 0; i < target->secret_count; i++)
		vars = jv_object_set(vars, jv_string(target->secrets[i].name), jv_string(target->secrets[i].value));
	return vars;
}

/* run gives the first output of a program; invalid where there is none, or it gives none. Consumes input. */
static enum err run(struct program *program, const struct hook_target *target, enum hook_program which, jv input,
	jv *out, struct errinfo *info)
{
	char reason[PROGRAM_REASON_BYTES];
	jv value;

	*out = jv_invalid();
	if (target->programs[which] == HOOK_NO_PROGRAM) {
		jv_free(input);
		return ERR_OK;
	}
	program_start(program, target->programs[which], input, vars_of(target));
	switch (program_next(program, &value, reason)) {
	case PROGRAM_OUTPUT:
		program_stop(program);
		*out = value;
		return ERR_OK;
	case PROGRAM_END:
		return ERR_OK;
	case PROGRAM_FAILED:
		break;
	}
	return errinfo_set(info, ERR_INVALID, "%s: %s: %s", target->name, program_names[which], reason);
}

/* parse gives JSON as jq's value; invalid if it is none. */
static jv parse(const char *json, size_t length)
{
	char reason[PROGRAM_REASON_BYTES];
	struct json_tree tree;
	jv value = jv_invalid();

	json_tree_init(&tree);
	if (length && !json_tree_parse(&tree, json, length, JSON_DEPTH_MAX, reason, sizeof reason))
		value = json_jv(&tree, &tree.nodes[0]);
	json_tree_fini(&tree);
	return value;
}

static enum err wrong(const struct hook_target *target, enum hook_program which, const char *must, struct errinfo *info)
{
	return errinfo_set(info, ERR_INVALID, "%s: %s: must give %s", target->name, program_names[which], must);
}

/* ---- a call ---- */

static jv call_object(const struct hook_target *target, const struct hook_call *call, const struct buf *body)
{
	int64_t seconds = call->now.ms / MS_PER_SECOND;
	jv object = jv_object(), next = call->next && *call->next ? parse(call->next, strlen(call->next)) : jv_null();

	object = jv_object_set(object, jv_string("id"), jv_string(call->id));
	object = jv_object_set(object, jv_string("type"), jv_string(call->type));
	object = jv_object_set(object, jv_string("timestamp"), jv_number((double)seconds));
	object = jv_object_set(object, jv_string("timestamp_ms"), jv_number((double)call->now.ms));
	object = jv_object_set(object, jv_string("method"), jv_string(target->method));
	object = jv_object_set(object, jv_string("url"), jv_string(target->url));
	object = jv_object_set(
		object, jv_string("body"), body->data ? jv_string_sized(body->data, (int)body->length) : jv_string(""));
	object = jv_object_set(object, jv_string("page"), jv_number((double)call->page));
	return jv_object_set(object, jv_string("next"), next);
}

static enum err write_body(struct program *program, const struct hook_target *target, const struct hook_call *call,
	struct hook_request *out, struct errinfo *info)
{
	const char *must = NULL;
	jv body;
	enum err err;

	if (!call->event)
		return ERR_OK;
	if (target->programs[HOOK_JQ_BODY] == HOOK_NO_PROGRAM) {
		buf_text(&out->headers, "Content-Type: application/cloudevents+json; charset=utf-8\n");
		return buf_append(&out->body, call->event, call->event_length);
	}
	buf_printf(&out->headers, "Content-Type: %s\n", web_type(target->format));
	err = run(program, target, HOOK_JQ_BODY, parse(call->event, call->event_length), &body, info);
	if (!err)
		err = web_body(target->format, body, &out->body, &must);
	jv_free(body);
	return must ? wrong(target, HOOK_JQ_BODY, must, info) : err;
}

/* add_signature puts hmac-sha256 over what sign_text gives into the call's object. Consumes object. */
static enum err add_signature(
	struct program *program, const struct hook_target *target, jv object, jv *out, struct errinfo *info)
{
	const char *secret = hook_value_find(target->secrets, target->secret_count, "sign");
	unsigned char digest[HMAC_SHA256_BYTES];
	char text[HMAC_SHA256_BYTES * 2 + 8];
	jv signed_text;
	enum err err = run(program, target, HOOK_JQ_SIGN_TEXT, jv_copy(object), &signed_text, info);

	*out = object;
	if (!err && jv_get_kind(signed_text) != JV_KIND_STRING)
		err = wrong(target, HOOK_JQ_SIGN_TEXT, "a text", info);
	if (!err && !hmac_sha256_raw((const unsigned char *)secret, strlen(secret), jv_string_value(signed_text),
			    (size_t)jv_string_length_bytes(jv_copy(signed_text)), digest))
		err = errinfo_set(info, ERR_IO, "%s: the signature cannot be made", target->name);
	jv_free(signed_text);
	if (err)
		return err;
	if (target->base64)
		hmac_encode(digest, sizeof digest, text, sizeof text);
	for (unsigned i = 0; !target->base64 && i < sizeof digest; i++)
		snprintf(text + (size_t)i * 2, 3, "%02x", digest[i]);
	*out = jv_object_set(object, jv_string("signature"), jv_string(text));
	return ERR_OK;
}

static enum err standard_webhooks(
	const struct hook_target *target, const struct hook_call *call, struct hook_request *out, struct errinfo *info)
{
	const char *secrets[2] = {hook_value_find(target->secrets, target->secret_count, "sign"),
		hook_value_find(target->secrets, target->secret_count, "sign_old")};
	unsigned count = !*secrets[0] || target->sign != HOOK_STANDARD_WEBHOOKS ? 0 : *secrets[1] ? 2 : 1;

	if (target->sign == HOOK_HMAC_SHA256 || !call->event)
		return ERR_OK;
	if (webhook_headers(secrets, count, call->id, call->now.ms / MS_PER_SECOND, &out->body, &out->headers))
		return errinfo_set(info, ERR_INVALID, "%s: sign: the body is too long, or memory is out", target->name);
	return ERR_OK;
}

static enum err write_around(struct program *program, const struct hook_target *target, jv object,
	struct hook_request *out, struct errinfo *info)
{
	enum hook_program which = HOOK_JQ_QUERY;
	const char *must = NULL;
	jv query = jv_invalid(), headers = jv_invalid();
	enum err err = run(program, target, HOOK_JQ_QUERY, jv_copy(object), &query, info);

	if (target->programs[HOOK_JQ_QUERY] == HOOK_NO_PROGRAM)
		query = jv_object();
	if (!err)
		err = web_url(target->url, query, &out->url, &must);
	if (!err) {
		which = HOOK_JQ_HEADERS;
		err = run(program, target, HOOK_JQ_HEADERS, jv_copy(object), &headers, info);
	}
	if (!err && target->programs[HOOK_JQ_HEADERS] != HOOK_NO_PROGRAM)
		err = web_headers(headers, &out->headers, &must);
	jv_free(query);
	jv_free(headers);
	return must ? wrong(target, which, must, info) : err;
}

enum err hook_render(struct program *program, const struct hook_target *target, const struct hook_call *call,
	struct hook_request *out, struct errinfo *info)
{
	jv object = jv_null();
	enum err err;

	buf_init(&out->url, HOOK_REQUEST_BYTES_MAX);
	buf_init(&out->headers, HOOK_REQUEST_BYTES_MAX);
	buf_init(&out->body, HOOK_REQUEST_BYTES_MAX);
	err = write_body(program, target, call, out, info);
	if (!err) {
		object = call_object(target, call, &out->body);
		if (target->sign == HOOK_HMAC_SHA256)
			err = add_signature(program, target, object, &object, info);
	}
	if (!err)
		err = write_around(program, target, object, out, info);
	if (!err)
		err = standard_webhooks(target, call, out, info);
	jv_free(object);
	if (!err && (out->url.failed || out->headers.failed || out->body.failed))
		err = ERR_FULL;
	return err ? errinfo_set(info, err, "%s: %s", target->name, err_name(err)) : ERR_OK;
}

void hook_request_fini(struct hook_request *request)
{
	buf_fini(&request->url);
	buf_fini(&request->headers);
	buf_fini(&request->body);
}

/* ---- an answer ---- */

static jv answer_object(long status, const char *body, size_t length, int64_t page)
{
	jv object = jv_object(), json = parse(body, length);

	if (!jv_is_valid(json)) {
		jv_free(json);
		json = text_is_utf8(body, length) && length < 4096 ? jv_string_sized(body, (int)length) : jv_null();
	}
	object = jv_object_set(object, jv_string("status"), jv_number((double)status));
	object = jv_object_set(object, jv_string("page"), jv_number((double)page));
	return jv_object_set(object, jv_string("body"), json);
}

enum hook_result hook_judge(struct program *program, const struct hook_target *target, long status, const char *body,
	size_t length, const char *text, char out_reason[HOOK_REASON_BYTES])
{
	struct errinfo info = {0};
	jv verdict;

	*out_reason = '\0';
	if (!status) {
		snprintf(out_reason, HOOK_REASON_BYTES, "%s", text);
		return HOOK_FAILED;
	}
	snprintf(out_reason, HOOK_REASON_BYTES, "HTTP %ld", status);
	if (status == 410)
		return HOOK_GONE;
	if (status == 429)
		return HOOK_TOO_MUCH;
	if (status < 200 || status > 299)
		return status == 400 || status == 413 || status == 415 || status == 422 ? HOOK_REFUSED : HOOK_FAILED;
	if (target->programs[HOOK_JQ_SUCCESS] == HOOK_NO_PROGRAM)
		return HOOK_TAKEN;
	if (run(program, target, HOOK_JQ_SUCCESS, answer_object(status, body, length, 0), &verdict, &info)) {
		snprintf(out_reason, HOOK_REASON_BYTES, "%.150s", info.text);
		return HOOK_FAILED;
	}
	bool good = jv_get_kind(verdict) == JV_KIND_TRUE;
	jv_free(verdict);
	if (!good)
		snprintf(out_reason, HOOK_REASON_BYTES, "HTTP %ld, but success says no", status);
	return good ? HOOK_TAKEN : HOOK_FAILED;
}

enum err hook_rows(struct program *program, const struct hook_target *target, long status, const char *body,
	size_t length, int64_t page, jv *rows, struct buf *out_next, struct errinfo *info)
{
	jv answer = answer_object(status, body, length, page), next = jv_invalid();
	enum err err = run(program, target, HOOK_JQ_ROWS, jv_copy(answer), rows, info);

	if (!err && jv_get_kind(*rows) != JV_KIND_OBJECT)
		err = wrong(target, HOOK_JQ_ROWS, "an object {kind: [rows]}", info);
	if (!err)
		err = run(program, target, HOOK_JQ_NEXT, jv_copy(answer), &next, info);
	if (!err && jv_is_valid(next) && jv_get_kind(next) != JV_KIND_NULL && jv_get_kind(next) != JV_KIND_FALSE) {
		jv text = jv_dump_string(jv_copy(next), 0);
		err = buf_text(out_next, jv_string_value(text));
		jv_free(text);
	}
	jv_free(next);
	jv_free(answer);
	return err;
}
