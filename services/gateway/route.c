/* SPDX-License-Identifier: MIT */
#include "gateway/route.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"

static const char *const scopes[ROUTE_SCOPE_COUNT] = {
	"open", "read", "write", "intake", "metrics", "calendar", "volunteer", "desk"};

const struct route_parameter *route_page(const struct route *route)
{
	for (const struct route_parameter *p = route->parameters; p->name; p++)
		if (p->place == ROUTE_QUERY && (!strcmp(p->name, "before") || !strcmp(p->name, "after")))
			return p;
	return NULL;
}

unsigned route_needs(const struct route *route)
{
	bool looks =
		route->kind != ROUTE_SERVICE || route->scope == ROUTE_VOLUNTEER || !strcmp(route->service, "records");

	return route->scope == ROUTE_OPEN ? 0 : 1u << route->scope | (looks ? 0 : 1u << ROUTE_DESK);
}

const char *route_scope_name(enum route_scope scope)
{
	return scopes[scope];
}

enum err route_scope_find(const char *name, enum route_scope *out)
{
	for (unsigned i = ROUTE_READ; i < ROUTE_SCOPE_COUNT; i++)
		if (!strcmp(name, scopes[i])) {
			*out = (enum route_scope)i;
			return ERR_OK;
		}
	return ERR_NOT_FOUND;
}

const char *route_type_name(enum route_type type)
{
	static const char *const names[] = {"an id", "a line of text", "a day such as 2026-03-01",
		"a time such as 2026-03-01T07:00:00Z", "a whole number", "true or false"};

	return names[type];
}

/* ---- values ---- */

static bool is_int(const char *text, int64_t min, int64_t max)
{
	char *end;

	if (strspn(text, "-0123456789") != strlen(text) || !*text)
		return false;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	return !errno && !*end && value >= min && value <= max;
}

static bool fits(const struct route_parameter *p, const char *text)
{
	struct wall at;
	int32_t day;

	switch (p->type) {
	case ROUTE_ID:
		return text_is_id(text);
	case ROUTE_LABEL:
		return text_is_label(text) && strlen(text) <= (size_t)p->max;
	case ROUTE_DAY:
		return !day_parse_ever(text, &day);
	case ROUTE_TIME:
		return !wall_parse(text, strlen(text), &at);
	case ROUTE_INT:
		return is_int(text, p->min, p->max);
	default:
		return !strcmp(text, "true") || !strcmp(text, "false");
	}
}

static enum err take(struct route_match *match, unsigned index, const char *text, struct errinfo *info)
{
	const struct route_parameter *p = &match->route->parameters[index];

	if (fits(p, text) && !text_copy(match->values[index], sizeof match->values[index], text))
		return ERR_OK;
	if (p->type == ROUTE_INT)
		return errinfo_set(info, ERR_INVALID, "%s: must be a whole number from %lld to %lld", p->name,
			(long long)p->min, (long long)p->max);
	if (p->type == ROUTE_LABEL)
		return errinfo_set(info, ERR_INVALID,
			"%s: must be text of at most %lld bytes without control characters", p->name,
			(long long)p->max);
	return errinfo_set(info, ERR_INVALID, "%s: must be %s", p->name, route_type_name(p->type));
}

/* ---- paths ---- */

/* named gives the parameter that a part of a pattern, "{name}" or "{name...}", stands for. */
static unsigned named(const struct route *route, const char *part, size_t length)
{
	unsigned i = 0;

	while (route->parameters[i].name &&
		(strlen(route->parameters[i].name) != length || strncmp(route->parameters[i].name, part, length) != 0))
		i++;
	return i;
}

/* shape_matches compares the fixed parts; out_parts gets where each named part of path begins and how long it is. */
struct part {
	unsigned index;
	const char *text;
	size_t length;
};

static bool shape_matches(
	const struct route *route, const char *path, struct part parts[ROUTE_PARAMETERS_MAX], unsigned *out_count)
{
	const char *pattern = route->path;
	unsigned count = 0;

	while (*pattern && *path) {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return false;
			continue;
		}
		size_t name = strcspn(pattern + 1, ".}");
		bool rest = pattern[1 + name] == '.';
		size_t length = rest ? strlen(path) : strcspn(path, "/");
		if (!length || count == ROUTE_PARAMETERS_MAX)
			return false;
		parts[count++] = (struct part){named(route, pattern + 1, name), path, length};
		path += length;
		pattern = strchr(pattern, '}') + 1;
	}
	*out_count = count;
	return !*pattern && !*path;
}

static enum err take_parts(struct route_match *match, const struct part *parts, unsigned count, struct errinfo *info)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < count && !err; i++) {
		char text[ROUTE_VALUE_BYTES];
		if (parts[i].length >= sizeof text)
			return errinfo_set(
				info, ERR_INVALID, "%s: is too long", match->route->parameters[parts[i].index].name);
		memcpy(text, parts[i].text, parts[i].length);
		text[parts[i].length] = '\0';
		err = take(match, parts[i].index, text, info);
	}
	return err;
}

enum err route_find(
	const char *verb, const char *path, struct route_match *out_match, const char **out_allow, struct errinfo *info)
{
	struct part parts[ROUTE_PARAMETERS_MAX];
	const struct route *route;
	unsigned count = 0;

	*out_allow = NULL;
	if (!strcmp(verb, "HEAD"))
		verb = "GET";
	for (unsigned i = 0; (route = route_at(i)); i++) {
		if (!shape_matches(route, path, parts, &count))
			continue;
		if (strcmp(verb, route->verb) != 0) {
			*out_allow = *out_allow ? "GET, POST" : route->verb;
			continue;
		}
		*out_match = (struct route_match){.route = route};
		return take_parts(out_match, parts, count, info);
	}
	if (*out_allow)
		return errinfo_set(info, ERR_STATE, "this path takes %s", *out_allow);
	return errinfo_set(info, ERR_NOT_FOUND, "there is no such path; /v1/openapi.json has them all");
}

enum err route_query(struct route_match *match, const char *name, const char *value, struct errinfo *info)
{
	const struct route_parameter *parameters = match->route->parameters;
	unsigned i = named(match->route, name, strlen(name));

	if (!parameters[i].name || parameters[i].place != ROUTE_QUERY)
		return errinfo_set(info, ERR_NOT_FOUND, "%.40s: this path has no such parameter", name);
	if (*match->values[i])
		return errinfo_set(info, ERR_EXISTS, "%s: stands twice", parameters[i].name);
	return take(match, i, value, info);
}

enum err route_complete(const struct route_match *match, struct errinfo *info)
{
	for (unsigned i = 0; match->route->parameters[i].name; i++)
		if (match->route->parameters[i].place != ROUTE_BODY && match->route->parameters[i].required &&
			!*match->values[i])
			return errinfo_set(info, ERR_INVALID, "%s: is missing", match->route->parameters[i].name);
	return ERR_OK;
}
