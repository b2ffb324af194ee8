/* SPDX-License-Identifier: MIT */
#include "dispatcher/channel/channel_render.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "dispatcher/channel/channel_mail.h"
#include "dispatcher/channel/channel_sign.h"
#include "jq/json_jv.h"
#include "jq/json_tree.h"
#include "web/compose.h"

#define JSON_DEPTH_MAX 24

static const char *const program_names[CHANNEL_JQ_COUNT] = {
	"query", "headers", "body", "success", "throttled", "refused", "receipt", "cause"};

static jv vars_of(const struct channel_definition *d)
{
	jv vars = jv_object();

	for (unsigned i = 0; i < d->var_count; i++)
		vars = jv_object_set(vars, jv_string(d->vars[i].name), jv_string(d->vars[i].value));
	for (unsigned i = 0; i < d->secret_count; i++)
		vars = jv_object_set(vars, jv_string(d->secrets[i].name), jv_string(d->secrets[i].value));
	return vars;
}

/* run gives the first output of a program of a channel; invalid where the channel has none, or it gives none. Consumes
 * input. */
static enum err run(const struct channel_set *set, const struct channel_definition *d, enum channel_program which,
	jv input, jv *out, struct errinfo *info)
{
	char reason[PROGRAM_REASON_BYTES];
	jv value;

	*out = jv_invalid();
	if (d->programs[which] == CHANNEL_NO_PROGRAM) {
		jv_free(input);
		return ERR_OK;
	}
	program_start(set->program, d->programs[which], input, vars_of(d));
	switch (program_next(set->program, &value, reason)) {
	case PROGRAM_OUTPUT:
		program_stop(set->program);
		*out = value;
		return ERR_OK;
	case PROGRAM_END:
		return ERR_OK;
	case PROGRAM_FAILED:
		break;
	}
	return errinfo_set(info, ERR_INVALID, "channel %s: %s: %s", d->name, program_names[which], reason);
}

static enum err object_of(const struct channel_set *set, const struct channel_message *message, jv *out)
{
	char reason[PROGRAM_REASON_BYTES];
	struct json_tree tree;
	struct buf json;
	enum err err;

	buf_init(&json, CHANNEL_REQUEST_BYTES_MAX);
	json_tree_init(&tree);
	err = channel_object(set, message, &json);
	if (!err)
		err = json_tree_parse(&tree, json.data, json.length, JSON_DEPTH_MAX, reason, sizeof reason);
	if (!err)
		*out = json_jv(&tree, &tree.nodes[0]);
	json_tree_fini(&tree);
	buf_fini(&json);
	return err;
}

/* ---- writing a request ---- */

static enum err wrong(
	const struct channel_definition *d, enum channel_program which, const char *must, struct errinfo *info)
{
	return errinfo_set(info, ERR_INVALID, "channel %s: %s: must give %s", d->name, program_names[which], must);
}

static enum err write_parts(const struct channel_definition *d, const struct channel_parts *parts,
	struct channel_request *out, struct errinfo *info)
{
	const char *must = NULL;
	enum channel_program which = CHANNEL_JQ_QUERY;
	enum err err = web_url(d->url, parts->query, &out->url, &must);

	if (!err) {
		which = CHANNEL_JQ_HEADERS;
		buf_printf(&out->headers, "Content-Type: %s\n", web_type(d->format));
		err = web_headers(parts->headers, &out->headers, &must);
	}
	if (!err) {
		which = CHANNEL_JQ_BODY;
		err = web_body(d->format, parts->body, &out->body, &must);
	}
	return must ? wrong(d, which, must, info) : err;
}

static enum err write_http(const struct channel_definition *d, struct channel_parts *parts, struct channel_request *out,
	struct errinfo *info)
{
	enum err err = channel_sign(d, parts, info);

	if (!err)
		err = write_parts(d, parts, out, info);
	if (!err)
		err = channel_sign_headers(d, out->id, parts->now, &out->body, &out->headers, info);
	return err;
}

static const char *member_text(jv object, const char *name, jv *hold)
{
	jv_free(*hold);
	*hold = jv_get_kind(object) == JV_KIND_OBJECT ? jv_object_get(jv_copy(object), jv_string(name)) : jv_invalid();
	return jv_get_kind(*hold) == JV_KIND_STRING ? jv_string_value(*hold) : "";
}

static enum err write_mail(const struct channel_definition *d, const struct channel_parts *parts,
	struct channel_request *out, struct errinfo *info)
{
	jv to = jv_invalid(), subject = jv_invalid(), text = jv_invalid();
	struct channel_mail mail = {.from = d->from,
		.to = member_text(parts->body, "to", &to),
		.subject = member_text(parts->body, "subject", &subject),
		.text = member_text(parts->body, "text", &text),
		.id = parts->id,
		.now = parts->now};
	enum err err = ERR_OK;

	if (!*mail.to || !*mail.subject || !*mail.text)
		err = wrong(d, CHANNEL_JQ_BODY, "{to, subject, text}", info);
	if (!err)
		err = channel_mail_write(&mail, &out->body, info);
	text_cut(out->to, sizeof out->to, mail.to);
	buf_text(&out->url, d->url);
	jv_free(to);
	jv_free(subject);
	jv_free(text);
	return err;
}

static enum err run_parts(const struct channel_set *set, const struct channel_definition *d, jv object,
	struct channel_parts *parts, struct errinfo *info)
{
	enum err err = run(set, d, CHANNEL_JQ_BODY, jv_copy(object), &parts->body, info);

	if (!err)
		err = run(set, d, CHANNEL_JQ_QUERY, jv_copy(object), &parts->query, info);
	if (!err)
		err = run(set, d, CHANNEL_JQ_HEADERS, jv_copy(object), &parts->headers, info);
	if (d->programs[CHANNEL_JQ_QUERY] == CHANNEL_NO_PROGRAM)
		parts->query = jv_object();
	if (d->programs[CHANNEL_JQ_HEADERS] == CHANNEL_NO_PROGRAM)
		parts->headers = jv_object();
	return err;
}

enum err channel_render(const struct channel_set *set, const struct channel_message *message,
	struct channel_request *out, struct errinfo *info)
{
	const struct channel_definition *d = &set->definitions[message->channel];
	struct channel_parts parts = {.query = jv_invalid(),
		.headers = jv_invalid(),
		.body = jv_invalid(),
		.id = out->id,
		.now = message->now};
	jv object = jv_invalid();
	enum err err;

	*out->to = '\0';
	buf_init(&out->url, 8192);
	buf_init(&out->headers, 8192);
	buf_init(&out->body, CHANNEL_REQUEST_BYTES_MAX);
	channel_message_id(message, out->id);
	err = object_of(set, message, &object);
	if (!err)
		err = run_parts(set, d, object, &parts, info);
	if (!err)
		err = d->kind == CHANNEL_SMTP ? write_mail(d, &parts, out, info) : write_http(d, &parts, out, info);
	jv_free(object);
	jv_free(parts.query);
	jv_free(parts.headers);
	jv_free(parts.body);
	return err ? errinfo_set(info, err, "channel %s: cannot be written: %s", d->name, err_name(err)) : ERR_OK;
}

void channel_request_fini(struct channel_request *request)
{
	buf_fini(&request->url);
	buf_fini(&request->headers);
	buf_fini(&request->body);
}

/* ---- judging an answer ---- */

static jv answer_of(long status, const char *body, size_t length)
{
	char reason[PROGRAM_REASON_BYTES];
	struct json_tree tree;
	jv value;

	json_tree_init(&tree);
	if (length && !json_tree_parse(&tree, body, length, JSON_DEPTH_MAX, reason, sizeof reason))
		value = json_jv(&tree, &tree.nodes[0]);
	else
		value = text_is_utf8(body, length) ? jv_string_sized(body, (int)length) : jv_null();
	json_tree_fini(&tree);
	return jv_object_set(
		jv_object_set(jv_object(), jv_string("status"), jv_number((double)status)), jv_string("body"), value);
}

static bool says(
	const struct channel_set *set, const struct channel_definition *d, enum channel_program which, jv answer)
{
	jv value;
	bool yes = !run(set, d, which, jv_copy(answer), &value, NULL) && jv_get_kind(value) == JV_KIND_TRUE;

	jv_free(value);
	return yes;
}

static void say(const struct channel_set *set, const struct channel_definition *d, enum channel_program which,
	jv answer, char out[CHANNEL_RECEIPT_BYTES])
{
	jv value;

	if (run(set, d, which, jv_copy(answer), &value, NULL))
		return;
	if (jv_is_valid(value) && jv_get_kind(value) != JV_KIND_STRING && jv_get_kind(value) != JV_KIND_NULL)
		value = jv_dump_string(value, 0);
	if (jv_get_kind(value) == JV_KIND_STRING && text_is_label(jv_string_value(value)))
		text_cut(out, CHANNEL_RECEIPT_BYTES, jv_string_value(value));
	jv_free(value);
}

static bool refuses(const struct channel_definition *d, long status)
{
	if (d->kind == CHANNEL_SMTP)
		return status >= 500 && status < 600; /* 4xx: try again later */
	return status >= 400 && status < 500 && status != 408 && status != 425 && status != 429;
}

static enum channel_result judge(
	const struct channel_set *set, const struct channel_definition *d, long status, jv answer)
{
	bool success = d->programs[CHANNEL_JQ_SUCCESS] == CHANNEL_NO_PROGRAM ? status >= 200 && status < 300
									     : says(set, d, CHANNEL_JQ_SUCCESS, answer);

	if (success)
		return CHANNEL_OK;
	if (says(set, d, CHANNEL_JQ_THROTTLED, answer) || (d->kind == CHANNEL_HTTP && status == 429))
		return CHANNEL_TOO_MUCH;
	bool refused = d->programs[CHANNEL_JQ_REFUSED] == CHANNEL_NO_PROGRAM ? refuses(d, status)
									     : says(set, d, CHANNEL_JQ_REFUSED, answer);
	return refused ? CHANNEL_REFUSED : CHANNEL_FAILED;
}

enum channel_result channel_judge(const struct channel_set *set, unsigned channel, long status, const char *body,
	size_t length, const char *text, char out_text[CHANNEL_RECEIPT_BYTES])
{
	const struct channel_definition *d = &set->definitions[channel];
	char cause[CHANNEL_RECEIPT_BYTES] = "";
	enum channel_result result;

	*out_text = '\0';
	if (!status) {
		text_cut(out_text, CHANNEL_RECEIPT_BYTES, text);
		return CHANNEL_FAILED;
	}
	jv answer = answer_of(status, body, length);
	result = judge(set, d, status, answer);
	if (result == CHANNEL_OK)
		say(set, d, CHANNEL_JQ_RECEIPT, answer, out_text);
	else
		say(set, d, CHANNEL_JQ_CAUSE, answer, cause);
	if (result != CHANNEL_OK)
		snprintf(out_text, CHANNEL_RECEIPT_BYTES, "status %ld%s%.60s", status, *cause ? ": " : "", cause);
	jv_free(answer);
	return result;
}
