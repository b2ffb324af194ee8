/* SPDX-License-Identifier: MIT */
#include "gateway/arguments.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "codec/json.h"
#include "codec/request.h"

static json_t *value_of(const struct route_parameter *p, const char *text)
{
	switch (p->type) {
	case ROUTE_INT:
		return json_integer(strtoll(text, NULL, 10));
	case ROUTE_BOOL:
		return json_boolean(!strcmp(text, "true"));
	default:
		return json_string(text);
	}
}

static enum err add_values(const struct route_match *match, json_t *args, struct errinfo *info)
{
	if (match->route->kind == ROUTE_LINK && match->route->verb[0] == 'P' &&
		json_object_set_new(args, "confirm", json_true()))
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	for (unsigned i = 0; match->route->parameters[i].name; i++) {
		const struct route_parameter *p = &match->route->parameters[i];
		if (!*match->values[i])
			continue;
		if (json_object_get(args, p->name))
			return errinfo_set(
				info, ERR_INVALID, "%s: stands in the path or query and in the body", p->name);
		if (json_object_set_new(args, p->name, value_of(p, match->values[i])))
			return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	return ERR_OK;
}

enum err arguments_write(
	const struct route_match *match, const char *body, size_t length, struct buf *out, struct errinfo *info)
{
	json_error_t why;
	json_t *args = length ? json_loadb(body, length, JSON_REJECT_DUPLICATES, &why) : json_object();
	enum err err = ERR_OK;
	char *text = NULL;

	if (!args && length)
		return errinfo_set(info, ERR_INVALID, "body, line %d column %d: %s", why.line, why.column, why.text);
	if (!args)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	if (!json_is_object(args))
		err = errinfo_set(info, ERR_INVALID, "body: must be a JSON object");
	if (!err)
		err = add_values(match, args, info);
	if (!err) {
		text = json_dumps(args, JSON_COMPACT);
		err = text ? request_encode(text, strlen(text), out) : ERR_NOMEM;
	}
	free(text);
	json_decref(args);
	return err;
}

/* ---- problems ---- */

static const struct {
	const char *code;
	unsigned status;
	const char *title;
} problems[] = {
	{"invalid", 400, "The request is not right"},
	{"range", 400, "A value is out of its range"},
	{"unauthorized", 401, "A valid token is needed"},
	{"denied", 403, "Not allowed"},
	{"not_found", 404, "There is no such thing"},
	{"method_not_allowed", 405, "The path takes another method"},
	{"not_acceptable", 406, "There is no such answer"},
	{"exists", 409, "It exists already"},
	{"state", 409, "Not in this state"},
	{"too_large", 413, "The body is too large"},
	{"uri_too_long", 414, "The address is too long"},
	{"unsupported", 415, "A body of this type is not taken"},
	{"key_reused", 422, "The Idempotency-Key belongs to another request"},
	{"too_fast", 429, "Too many requests"},
	{"head_too_large", 431, "The headers are too large"},
	{"again", 503, "Not now"},
	{"closed", 503, "A part that this needs is not there"},
	{"full", 503, "There is no room"},
	{"timeout", 504, "A service did not answer in time"},
};

unsigned problem_status(const char *code)
{
	for (unsigned i = 0; i < sizeof problems / sizeof *problems; i++)
		if (!strcmp(code, problems[i].code))
			return problems[i].status;
	return 500;
}

enum err problem_write(unsigned status, const char *code, const char *text, struct buf *out)
{
	const char *title = "Something failed here";

	for (unsigned i = 0; i < sizeof problems / sizeof *problems; i++)
		if (!strcmp(code, problems[i].code))
			title = problems[i].title;
	json_open(out, '{');
	json_member_text(out, "type", "about:blank");
	json_member_text(out, "title", title);
	json_member_int(out, "status", status);
	json_member_text(out, "code", code);
	json_member_text(out, "detail", text);
	json_close(out, '}');
	return out->failed;
}
