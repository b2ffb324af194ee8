/* SPDX-License-Identifier: MIT
 *
 * route: the REST endpoints as one table: from it requests are matched, arguments checked and the OpenAPI document
 * written, so that the three cannot differ. An endpoint is a method of a service
 * (curtain/api/<user>/<service>/<method>) or something that the gateway does itself. Pure.
 */
#ifndef CURTAIN_GATEWAY_ROUTE_H
#define CURTAIN_GATEWAY_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define ROUTE_PARAMETERS_MAX 11 /* one more than any route has */
#define ROUTE_VALUE_BYTES 400

/* What a token must be good for. ROUTE_OPEN: nothing is asked. */
enum route_scope {
	ROUTE_OPEN,
	ROUTE_READ,
	ROUTE_WRITE,
	ROUTE_INTAKE,
	ROUTE_METRICS,
	ROUTE_CALENDAR,
	ROUTE_VOLUNTEER, /* asks the dispatcher for its own account alone: own_ methods */
	ROUTE_DESK,      /* acts for the desk: may ask services that do not look at who asks */
	ROUTE_SCOPE_COUNT
};

enum route_kind {
	ROUTE_SERVICE,  /* asks a service */
	ROUTE_LINK,     /* asks it too, for a page that needs no token but its own */
	ROUTE_FEED,     /* asks for the duties of the token in its path: who reads calendars sends no header */
	ROUTE_MESSAGE,  /* the body goes to ingest as a device's message on the rest of the path */
	ROUTE_HEALTH,   /* the process answers */
	ROUTE_READY,    /* the broker is connected and the services are up */
	ROUTE_EXPOSE,   /* metrics */
	ROUTE_DOCUMENT, /* the OpenAPI document */
};

enum route_type { ROUTE_ID, ROUTE_LABEL, ROUTE_DAY, ROUTE_TIME, ROUTE_INT, ROUTE_BOOL };
enum route_place { ROUTE_PATH, ROUTE_QUERY, ROUTE_BODY };

/* route_parameter: of the path or the query, or a member of the body, which the document alone names: the service
 * checks it. min and max bound an int, max the bytes of a label (of the body: 0 = no bound of its own). */
struct route_parameter {
	const char *name;
	enum route_place place;
	enum route_type type;
	bool required;
	int64_t min, max;
	const char *doc;
};

struct route {
	const char *verb; /* "GET" (HEAD too) or "POST" */
	const char *path; /* "/v1/households/{household}/habit"; a last part {name...} takes all that follows */
	enum route_kind kind;
	enum route_scope scope;
	const char *service, *method; /* ROUTE_SERVICE, ROUTE_LINK, ROUTE_FEED */
	bool body;                    /* a JSON object whose members are arguments too */
	const char *doc[2];           /* Chinese, English */
	struct route_parameter parameters[ROUTE_PARAMETERS_MAX];
};

/* route_match: which endpoint, and its parameters as text, "" = not given, in the order of the table. */
struct route_match {
	const struct route *route;
	char values[ROUTE_PARAMETERS_MAX][ROUTE_VALUE_BYTES];
};

/* route_at gives the endpoints one by one; NULL after the last. */
const struct route *route_at(unsigned index);
/* route_page gives the parameter that says where a page of a list begins, "before" or "after"; NULL: it has no pages.
 */
const struct route_parameter *route_page(const struct route *route);
/* route_needs gives the scopes that a token must all have, a bit each; 0: nothing is asked. Beside the route's own one
 * that is `desk` where a service answers that does not look at who asks: over MQTT the broker lets only the desk ask
 * it, and the gateway asks as anyone. Records judges by the account's jurisdiction; the dispatcher binds own_ methods
 * to the account, which then needs `volunteer` alone. */
unsigned route_needs(const struct route *route);
const char *route_scope_name(enum route_scope scope);
enum err route_scope_find(const char *name, enum route_scope *out) ERR_MUST_CHECK;
const char *route_type_name(enum route_type type);

/* route_find matches verb and path (percent-decoded; HEAD counts as GET) and fills the parameters of the path.
 * ERR_NOT_FOUND: no such path. ERR_STATE: the path takes another verb, which out_allow names. ERR_INVALID: a part of
 * the path is not what it must be. */
enum err route_find(const char *verb, const char *path, struct route_match *out_match, const char **out_allow,
	struct errinfo *info) ERR_MUST_CHECK;
/* route_query takes one parameter of the query. ERR_NOT_FOUND names one that the endpoint does not have, ERR_EXISTS one
 * that stands twice, ERR_INVALID a wrong value. */
enum err route_query(
	struct route_match *match, const char *name, const char *value, struct errinfo *info) ERR_MUST_CHECK;
/* route_complete: ERR_INVALID names a required parameter that is missing. */
enum err route_complete(const struct route_match *match, struct errinfo *info) ERR_MUST_CHECK;

#endif
