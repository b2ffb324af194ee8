/* SPDX-License-Identifier: MIT
 *
 * What the head of a request says beside its path: how large it is, of what type its body is, what it takes for an
 * answer. A head that does not fit into a connection's memory at all never comes here: libmicrohttpd refuses it itself.
 */
#include <string.h>

#include "gateway/gateway.h"
#include "gateway/negotiate.h"

#define ADDRESS_BYTES_MAX 8192
#define HEADERS_BYTES_MAX 16384

static enum MHD_Result add(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	size_t *bytes = context;

	(void)kind;
	*bytes += strlen(name) + (value ? strlen(value) : 0) + 2;
	return MHD_YES;
}

static size_t bytes_of(struct exchange *x, enum MHD_ValueKind kind)
{
	size_t bytes = 0;

	MHD_get_connection_values(x->connection, kind, add, &bytes);
	return bytes;
}

void head_measure(struct exchange *x, const char *url)
{
	if (strlen(url) + bytes_of(x, MHD_GET_ARGUMENT_KIND) > ADDRESS_BYTES_MAX)
		exchange_fail(x, "uri_too_long",
			"path and query have more than 8192 bytes; send the rest in a body, or ask for less");
	else if (bytes_of(x, MHD_HEADER_KIND) > HEADERS_BYTES_MAX)
		exchange_fail(x, "head_too_large", "the headers have more than 16384 bytes; leave some out");
}

/* given: the type of a good answer, where the request may say that it takes another; NULL: people's programs ask here,
 * and are better served with what there is. */
static const char *given(const struct route *route)
{
	switch (route->kind) {
	case ROUTE_SERVICE:
	case ROUTE_MESSAGE:
	case ROUTE_DOCUMENT:
		return EXCHANGE_JSON;
	case ROUTE_EXPOSE:
		return "text/plain";
	default:
		return NULL;
	}
}

void head_negotiate(struct exchange *x)
{
	const struct route *route = x->match.route;
	const char *accept = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT);
	const char *body = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
	const char *type = given(route);

	if (type && !negotiate_accepts(accept, type))
		exchange_fail(x, "not_acceptable",
			!strcmp(type, EXCHANGE_JSON)
				? "Accept: does not allow application/json, and there is nothing else"
				: "Accept: does not allow text/plain, and there is nothing else");
	else if (route->body && body && !negotiate_is_json(body))
		exchange_fail(x, "unsupported", "Content-Type: the body must be application/json");
}
