/* SPDX-License-Identifier: MIT */
#include "gateway/openapi.h"

#include <stdio.h>
#include <string.h>

#include "codec/json.h"
#include "gateway/route.h"

/* key appends a key that may need escapes. */
static void key(struct buf *out, const char *text)
{
	json_text(out, text);
	buf_byte(out, ':');
}

/* doc: NULL, or what stands in the schema itself. */
static void write_schema(const struct route_parameter *p, const char *name, const char *doc, struct buf *out)
{
	json_key(out, name);
	json_open(out, '{');
	if (doc)
		json_member_text(out, "description", doc);
	switch (p->type) {
	case ROUTE_INT:
		json_member_text(out, "type", "integer");
		json_member_int(out, "minimum", p->min);
		if (p->max < INT64_MAX)
			json_member_int(out, "maximum", p->max);
		break;
	case ROUTE_BOOL:
		json_member_text(out, "type", "boolean");
		break;
	default:
		json_member_text(out, "type", "string");
		if (p->type == ROUTE_ID)
			json_member_text(out, "pattern", "^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$");
		if (p->type == ROUTE_DAY)
			json_member_text(out, "format", "date");
		if (p->type == ROUTE_TIME)
			json_member_text(out, "format", "date-time");
		if (p->type == ROUTE_LABEL && p->max)
			json_member_int(out, "maxLength", p->max);
	}
	json_close(out, '}');
}

static void write_parameter(const struct route_parameter *p, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "name", p->name);
	json_member_text(out, "in", p->place == ROUTE_PATH ? "path" : "query");
	json_member_bool(out, "required", p->required);
	json_member_text(out, "description", p->doc);
	write_schema(p, "schema", NULL, out);
	json_close(out, '}');
}

static void write_answer(
	const char *status, const char *description, const char *type, const char *schema, struct buf *out)
{
	json_key(out, status);
	json_open(out, '{');
	json_member_text(out, "description", description);
	json_key(out, "content");
	json_open(out, '{');
	key(out, type);
	json_open(out, '{');
	json_key(out, "schema");
	json_open(out, '{');
	json_member_text(out, *schema == '#' ? "$ref" : "type", schema);
	json_close(out, '}');
	json_close(out, '}');
	json_close(out, '}');
	json_close(out, '}');
}

/* People read what a link gives, so failures are pages too. */
static void write_pages(const struct route *route, struct buf *out)
{
	static const char *const pages[][2] = {{"400", "No link of ours."}, {"404", "No link of ours."},
		{"409", "There are no links here."}, {"410", "The link is used, or its time is over."},
		{"429", "Too many wrong links came from this address."}, {"500", "Something failed."},
		{"503", "A part that this needs is not there."}, {"504", "The dispatcher did not answer in time."}};

	json_key(out, "responses");
	json_open(out, '{');
	write_answer("200", route->doc[1], "text/html", "string", out);
	for (unsigned i = 0; i < sizeof pages / sizeof *pages; i++)
		write_answer(pages[i][0], pages[i][1], "text/html", "string", out);
	write_answer("414", "The link is too long.", "application/problem+json", "#/components/schemas/Problem", out);
	write_answer(
		"431", "The headers are too large.", "application/problem+json", "#/components/schemas/Problem", out);
	json_close(out, '}');
}

/* may_be: a problem of this status may be answered; token: where a token is asked for. */
static bool may_be(const struct route *route, const char *status, bool token)
{
	if (!strcmp(status, "422"))
		return route->verb[0] == 'P' && route->scope != ROUTE_OPEN;
	if (!strcmp(status, "406"))
		return route->kind == ROUTE_SERVICE || route->kind == ROUTE_MESSAGE || route->kind == ROUTE_DOCUMENT ||
		       route->kind == ROUTE_EXPOSE;
	if (!strcmp(status, "415"))
		return route->body;
	return !token || route->scope != ROUTE_OPEN;
}

static void write_answers(const struct route *route, struct buf *out)
{
	static const struct {
		const char *status, *description;
		bool token;
	} problems[] = {{"400", "The request is not right; detail names the place and the mend.", false},
		{"414", "Path and query are too long.", false}, {"431", "The headers are too large.", false},
		{"406", "Accept does not allow the one type that there is.", true},
		{"415", "The body is not JSON.", true}, {"401", "No valid token.", true},
		{"403", "The token has not the scopes, or its account may not.", true},
		{"404", "There is no such thing in the account's jurisdiction.", true},
		{"409", "It does not fit the state that the thing is in.", true},
		{"422", "The Idempotency-Key belongs to another request.", true},
		{"413", "The body is too large.", true}, {"429", "Too many requests; Retry-After says when.", true},
		{"500", "Something failed.", true}, {"503", "A part that this needs is not there.", true},
		{"504", "A service did not answer in time.", true}};
	bool text = route->kind == ROUTE_EXPOSE || route->kind == ROUTE_FEED;
	const char *type = route->kind == ROUTE_EXPOSE ? "text/plain" : text ? "text/calendar" : "application/json";

	json_key(out, "responses");
	json_open(out, '{');
	write_answer("200", route->doc[1], type, text ? "string" : "object", out);
	if (route->kind == ROUTE_READY)
		write_answer("503", "Not ready; the body names what is missing.", "application/json", "object", out);
	for (unsigned i = 0; i < sizeof problems / sizeof *problems; i++)
		if (may_be(route, problems[i].status, problems[i].token))
			write_answer(problems[i].status, problems[i].description, "application/problem+json",
				"#/components/schemas/Problem", out);
	json_close(out, '}');
}

static void write_members(const struct route *route, struct buf *out)
{
	bool required = false;

	json_key(out, "properties");
	json_open(out, '{');
	for (const struct route_parameter *p = route->parameters; p->name; p++) {
		if (p->place == ROUTE_BODY)
			write_schema(p, p->name, p->doc, out);
		required = required || (p->place == ROUTE_BODY && p->required);
	}
	json_close(out, '}');
	if (!required)
		return;
	json_key(out, "required");
	json_open(out, '[');
	for (const struct route_parameter *p = route->parameters; p->name; p++)
		if (p->place == ROUTE_BODY && p->required)
			json_text(out, p->name);
	json_close(out, ']');
}

static void write_body(const struct route *route, struct buf *out)
{
	if (!route->body && route->kind != ROUTE_MESSAGE)
		return;
	json_key(out, "requestBody");
	json_open(out, '{');
	json_member_bool(out, "required", true);
	json_key(out, "content");
	json_open(out, '{');
	key(out, route->body ? "application/json" : "*/*");
	json_open(out, '{');
	json_key(out, "schema");
	json_open(out, '{');
	if (route->body) {
		json_member_text(out, "type", "object");
		write_members(route, out);
	}
	json_close(out, '}');
	json_close(out, '}');
	json_close(out, '}');
	json_close(out, '}');
}

static void write_route(const struct route *route, struct buf *out)
{
	char id[128];
	bool first = true;

	json_key(out, route->verb[0] == 'G' ? "get" : "post");
	json_open(out, '{');
	snprintf(id, sizeof id, "%s%s%s%s",
		route->kind == ROUTE_FEED                            ? "feed."
		: route->kind == ROUTE_LINK && route->verb[0] == 'P' ? "confirm."
								     : "",
		route->service ? route->service : route->path + 1, route->method ? "." : "",
		route->method ? route->method : "");
	json_member_text(out, "operationId", id);
	json_member_text(out, "summary", route->doc[0]);
	json_member_text(out, "description", route->doc[1]);
	json_key(out, "security");
	json_open(out, '[');
	if (route->scope != ROUTE_OPEN && route->kind != ROUTE_FEED) {
		json_open(out, '{');
		json_key(out, "token");
		json_open(out, '[');
		for (unsigned scope = 0; scope < ROUTE_SCOPE_COUNT; scope++)
			if (route_needs(route) >> scope & 1)
				json_text(out, route_scope_name((enum route_scope)scope));
		json_close(out, ']');
		json_close(out, '}');
	}
	json_close(out, ']');
	json_key(out, "parameters");
	json_open(out, '[');
	for (const struct route_parameter *p = route->parameters; p->name; p++) {
		if (p->place != ROUTE_BODY)
			write_parameter(p, out);
		first = first && p->place == ROUTE_BODY;
	}
	if (route_page(route))
		buf_text(out,
			",{\"name\":\"cursor\",\"in\":\"query\",\"required\":false,\"description\":\"Where the page "
			"begins: from the Link header (rel=next) of the page before, with the same filters.\","
			"\"schema\":{\"type\":\"string\"}}");
	if (route->verb[0] == 'P' && route->scope != ROUTE_OPEN)
		buf_printf(out,
			"%s{\"name\":\"Idempotency-Key\",\"in\":\"header\",\"required\":false,\"description\":\"The "
			"same key "
			"and the same request: the same answer, without doing it twice, for 24 h.\",\"schema\":{"
			"\"type\":\"string\",\"minLength\":1,\"maxLength\":255}}",
			first ? "" : ",");
	json_close(out, ']');
	write_body(route, out);
	if (route->kind == ROUTE_LINK)
		write_pages(route, out);
	else
		write_answers(route, out);
	json_close(out, '}');
}

static void write_paths(struct buf *out)
{
	const char *last = "";

	json_key(out, "paths");
	json_open(out, '{');
	for (unsigned i = 0; route_at(i); i++) {
		const struct route *route = route_at(i);
		char path[128] = "";
		if (!strcmp(route->path, last)) { /* another verb of the same path */
			write_route(route, out);
			continue;
		}
		if (*last)
			json_close(out, '}');
		const char *dots = strstr(route->path, "...");
		snprintf(path, sizeof path, "%.*s%s", dots ? (int)(dots - route->path) : (int)strlen(route->path),
			route->path, dots ? "}" : "");
		key(out, path);
		json_open(out, '{');
		write_route(route, out);
		last = route->path;
	}
	json_close(out, '}');
	json_close(out, '}');
}

enum err openapi_write(const char *version, struct buf *out)
{
	json_open(out, '{');
	json_member_text(out, "openapi", "3.1.0");
	json_key(out, "info");
	json_open(out, '{');
	json_member_text(out, "title", "窗帘之约 Curtain");
	json_member_text(out, "version", version);
	json_member_text(out, "description",
		"The suite's methods for those who do not speak MQTT. A token acts for an account of the broker, and "
		"is answered as "
		"that account would be. Errors are problem details (RFC 9457) with a code.");
	json_key(out, "license");
	buf_text(out, "{\"name\":\"MIT\",\"identifier\":\"MIT\"}");
	json_close(out, '}');
	json_key(out, "servers");
	buf_text(out, "[{\"url\":\"/\"}]");
	write_paths(out);
	json_key(out, "components");
	buf_text(out, "{\"securitySchemes\":{\"token\":{\"type\":\"http\",\"scheme\":\"bearer\","
		      "\"description\":\"A token needs every scope that stands at the path. desk: it acts for the "
		      "desk, and may ask services that do not look at who asks; records judges by the account's "
		      "jurisdiction, so its paths do not need it. volunteer: it asks for its own account alone.\"}},"
		      "\"schemas\":{\"Problem\":{\"type\":\"object\",\"required\":[\"type\",\"title\",\"status\","
		      "\"code\",\"detail\"],"
		      "\"properties\":{\"type\":{\"type\":\"string\"},\"title\":{\"type\":\"string\"},\"status\":{"
		      "\"type\":\"integer\"},"
		      "\"code\":{\"type\":\"string\"},\"detail\":{\"type\":\"string\"}}}}}");
	json_close(out, '}');
	return out->failed;
}
