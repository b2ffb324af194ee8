/* SPDX-License-Identifier: MIT
 *
 * libmicrohttpd calls handle() once when a request's head is there, for each piece of its body, once at the end of the
 * body, and again after a resumption. The body of a request that is refused at its head is read and dropped, within
 * bounds: many clients look at an answer only once they have sent everything.
 */
#include <arpa/inet.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/request.h"
#include "gateway/arguments.h"
#include "gateway/digest.h"
#include "gateway/file.h"
#include "gateway/gateway.h"
#include "gateway/negotiate.h"

#define SWALLOW_TIMES 4 /* of a refused body so many times the bound is read, then the connection is closed */
#define ETAG_BYTES 40
#define NO_CALENDAR "there is no such calendar, or no longer"
#define MEMORY_BYTES 32768 /* of a connection: its head must fit */

/* ---- the head ---- */

static uint64_t address_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);

	if (!info || !info->client_addr)
		return 1;
	if (info->client_addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)info->client_addr;
		return text_hash64(&in6->sin6_addr, 8, 6); /* the network: an address is cheap there */
	}
	const struct sockaddr_in *in = (const void *)info->client_addr;
	return text_hash64(&in->sin_addr, sizeof in->sin_addr, 4);
}

/* token_of gives the request's token: of its header, or of its path, where it stands as TOKEN.ics. NULL: none. */
static const char *token_of(struct exchange *x, size_t *out_length)
{
	static const char bearer[] = "Bearer ", ending[] = ".ics";
	const char *text = x->match.values[0];

	if (x->match.route->kind == ROUTE_FEED) {
		size_t length = strlen(text), end = sizeof ending - 1;
		*out_length = length - end;
		return length > end && !strcmp(text + length - end, ending) ? text : NULL;
	}
	text = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_AUTHORIZATION);
	if (!text || strncmp(text, bearer, sizeof bearer - 1) != 0)
		return NULL;
	text += sizeof bearer - 1;
	*out_length = strlen(text);
	return text;
}

/* deny names a scope that the route needs and the token has not. */
static void deny(struct exchange *x, unsigned missing)
{
	enum route_scope scope = ROUTE_READ;
	char text[160];

	while (!(missing >> scope & 1))
		scope++;
	snprintf(text, sizeof text, "this path asks for a token of scope %s, which this one has not%s",
		route_scope_name(scope),
		scope == ROUTE_DESK
			? ": what is asked here is answered to whoever acts for the desk, and to nobody else"
			: "");
	exchange_fail(x, "denied", text);
}

static void admit(struct gateway *gateway, struct exchange *x)
{
	unsigned needs = route_needs(x->match.route);
	unsigned char hash[DIGEST_BYTES];
	const struct token *token = NULL;
	const char *text;
	size_t length = 0;
	enum err err = ERR_DENIED;

	x->peer = address_of(x->connection);
	if (!needs && x->match.route->kind != ROUTE_LINK)
		return;
	if (!token_peer_may(gateway->book, x->peer, gateway->turn.mono)) {
		gateway->too_fast++;
		x->wait_s = 3;
		exchange_fail(x, "too_fast", "too many requests without a valid token came from this address");
		return;
	}
	if (!needs)
		return;
	text = token_of(x, &length);
	if (!text && x->match.route->kind == ROUTE_FEED) {
		exchange_fail(x, "not_found", NO_CALENDAR);
		return;
	}
	if (text && digest_sha256(text, length, hash))
		err = token_admit(
			gateway->book, hash, needs, gateway->turn.wall, gateway->turn.mono, &token, &x->wait_s);
	if (!err) {
		text_cut(x->account, sizeof x->account, token->account);
	} else if (err == ERR_AGAIN) {
		gateway->too_fast++;
		exchange_fail(x, "too_fast", "the token's rate is used up");
	} else if (token) {
		gateway->refused++;
		deny(x, needs & ~token->scopes);
	} else {
		gateway->refused++;
		token_peer_failed(gateway->book, x->peer, gateway->turn.mono);
		if (x->match.route->kind == ROUTE_FEED)
			exchange_fail(x, "not_found", NO_CALENDAR);
		else
			exchange_fail(x, "unauthorized",
				"send the header Authorization: Bearer TOKEN with a token that is valid now");
	}
}

struct query {
	struct route_match *match;
	const char *cursor;
	struct errinfo info;
	enum err err;
};

static enum MHD_Result take_query(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct query *query = context;

	(void)kind;
	if (route_page(query->match->route) && !query->cursor && !strcmp(name, "cursor")) {
		query->cursor = value ? value : ""; /* it holds for these filters, so it is looked at after them */
		return MHD_YES;
	}
	query->err = route_query(query->match, name, value ? value : "", &query->info);
	return query->err ? MHD_NO : MHD_YES;
}

/* declared gives how long the body says that it is; 0: it does not say. */
static long long declared(struct MHD_Connection *connection)
{
	const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_LENGTH);

	return length ? strtoll(length, NULL, 10) : 0;
}

static enum err take_key(struct exchange *x, struct errinfo *info)
{
	const char *key = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, "Idempotency-Key");

	if (key && (!*key || !text_is_label(key) || text_copy(x->key, sizeof x->key, key)))
		return errinfo_set(info, ERR_INVALID,
			"Idempotency-Key: must have 1 to %d bytes without control characters", ONCE_KEY_BYTES - 1);
	return ERR_OK;
}

static void take_arguments(struct gateway *gateway, struct exchange *x)
{
	struct query query = {.match = &x->match};

	MHD_get_connection_values(x->connection, MHD_GET_ARGUMENT_KIND, take_query, &query);
	if (!query.err)
		query.err = route_complete(&x->match, &query.info);
	if (!query.err && query.cursor)
		query.err = cursor_open(gateway->cursor_key, x->account, query.cursor, &x->match, &query.info);
	if (!query.err && x->match.route->verb[0] == 'P' && x->match.route->scope != ROUTE_OPEN)
		query.err = take_key(x, &query.info);
	if (query.err)
		exchange_fail(x, "invalid", query.info.text);
	else if (declared(x->connection) > gateway->settings.body_bytes)
		exchange_fail(x, "too_large", "the body is larger than http.body");
}

static struct exchange *begin(
	struct gateway *gateway, struct MHD_Connection *connection, const char *url, const char *verb)
{
	struct exchange *x = calloc(1, sizeof *x);
	struct errinfo info = {0};

	if (!x)
		return NULL;
	gateway->requests++;
	x->connection = connection;
	x->slot = EXCHANGES_MAX;
	buf_init(&x->body, (size_t)gateway->settings.body_bytes);
	buf_init(&x->answer, REQUEST_BYTES_MAX);
	buf_init(&x->link, 4096);
	head_measure(x, url);
	if (x->state == EXCHANGE_READY)
		return x;
	enum err err = route_find(verb, url, &x->match, &x->allow, &info);
	if (err)
		exchange_fail(x, err == ERR_STATE ? "method_not_allowed" : err_name(err), info.text);
	else
		admit(gateway, x);
	if (x->state == EXCHANGE_READING)
		head_negotiate(x);
	if (x->state == EXCHANGE_READING)
		take_arguments(gateway, x);
	return x;
}

/* ---- the answer ---- */

/* tag gives the entity tag of an answer: of its bytes, so that it is the same as long as the answer is. */
static bool tag(const struct exchange *x, char out[ETAG_BYTES])
{
	unsigned char hash[DIGEST_BYTES];
	size_t at = 0;

	if (!digest_sha256(x->answer.data, x->answer.length, hash))
		return false;
	out[at++] = '"';
	for (unsigned i = 0; i < 16; i++)
		at += (size_t)snprintf(out + at, ETAG_BYTES - at, "%02x", hash[i]);
	snprintf(out + at, ETAG_BYTES - at, "\"");
	return true;
}

static void add_headers(const struct exchange *x, struct MHD_Response *response, const char *etag)
{
	char wait[16];

	MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, x->type);
	MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "private, no-cache");
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
	MHD_add_response_header(response, "Content-Security-Policy",
		"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'");
	if (*etag)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, etag);
	if (x->status == 401)
		MHD_add_response_header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
	if (x->status == 405)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, x->allow);
	if (x->status == 415)
		MHD_add_response_header(response, MHD_HTTP_HEADER_ACCEPT, EXCHANGE_JSON);
	if (x->replayed)
		MHD_add_response_header(response, "Idempotency-Replayed", "true");
	if (x->link.length)
		MHD_add_response_header(response, MHD_HTTP_HEADER_LINK, x->link.data);
	if (x->wait_s) {
		snprintf(wait, sizeof wait, "%u", x->wait_s);
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, wait);
	}
}

static enum MHD_Result queue(struct gateway *gateway, struct exchange *x)
{
	const char *known = MHD_lookup_connection_value(x->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_IF_NONE_MATCH);
	char etag[ETAG_BYTES] = "";
	bool same = x->status == 200 && x->match.route->verb[0] == 'G' && tag(x, etag) && negotiate_same(known, etag);
	struct MHD_Response *response =
		same ? MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT)
		     : MHD_create_response_from_buffer(x->answer.length, x->answer.data, MHD_RESPMEM_MUST_FREE);
	enum MHD_Result result = MHD_NO;

	if (x->status >= 500)
		gateway->failed++;
	if (response) {
		if (!same)
			buf_init(&x->answer, 0); /* the bytes are the response's now */
		add_headers(x, response, etag);
		result = MHD_queue_response(x->connection, same ? 304 : x->status, response);
		MHD_destroy_response(response);
	}
	return result;
}

/* ---- libmicrohttpd's calls ---- */

static enum MHD_Result take_body(struct exchange *x, const char *bytes, size_t *length, size_t bound)
{
	x->number += *length; /* while it is read: how much came */
	if (x->number > bound * SWALLOW_TIMES)
		return MHD_NO;
	if (x->state == EXCHANGE_READING && buf_append(&x->body, bytes, *length))
		exchange_fail(
			x, x->body.failed == ERR_FULL ? "too_large" : "full", "the body is larger than http.body");
	*length = 0;
	return MHD_YES;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *verb,
	const char *version, const char *bytes, size_t *length, void **own)
{
	struct gateway *gateway = context;
	struct exchange *x = *own;

	(void)version;
	if (!x) {
		*own = x = begin(gateway, connection, url, verb);
		if (!x)
			return MHD_NO;
		bool endless = declared(connection) > gateway->settings.body_bytes * SWALLOW_TIMES;
		return x->state == EXCHANGE_READY && endless ? queue(gateway, x) : MHD_YES;
	}
	if (*length)
		return take_body(x, bytes, length, (size_t)gateway->settings.body_bytes);
	if (x->state == EXCHANGE_READING)
		exchange_begin(gateway, x);
	if (x->state == EXCHANGE_READY)
		return queue(gateway, x);
	MHD_suspend_connection(connection);
	return MHD_YES;
}

static void completed(void *context, struct MHD_Connection *connection, void **own, enum MHD_RequestTerminationCode how)
{
	struct exchange *x = *own;

	(void)connection;
	(void)how;
	if (!x)
		return;
	exchange_leave(context, x);
	buf_fini(&x->body);
	buf_fini(&x->answer);
	buf_fini(&x->link);
	free(x);
	*own = NULL;
}

static void say(void *context, const char *format, va_list values) __attribute__((format(printf, 2, 0)));
static void say(void *context, const char *format, va_list values)
{
	char text[256];

	(void)context;
	vsnprintf(text, sizeof text, format, values);
	text[strcspn(text, "\n")] = '\0';
	log_debug("http", "text", text);
}

/* ---- opening ---- */

union address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static bool address_read(const struct gateway_settings *s, union address *out)
{
	in_port_t port = htons((uint16_t)s->port);

	*out = (union address){.in6 = {.sin6_family = AF_INET6, .sin6_port = port}};
	if (inet_pton(AF_INET6, s->address, &out->in6.sin6_addr) == 1)
		return true;
	*out = (union address){.in = {.sin_family = AF_INET, .sin_port = port}};
	inet_pton(AF_INET, s->address, &out->in.sin_addr);
	return false;
}

static enum err read_certificate(struct gateway *gateway, struct errinfo *info)
{
	const struct gateway_settings *s = &gateway->settings;
	enum err err = file_read(s->certificate_file, &gateway->certificate, info);

	return err ? err : file_read(s->key_file, &gateway->key, info);
}

enum err http_open(struct gateway *gateway, struct errinfo *info)
{
	const struct gateway_settings *s = &gateway->settings;
	union address address;
	bool six = address_read(s, &address), tls = *s->certificate_file;
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | (six ? MHD_USE_IPv6 : 0) |
			 (tls ? MHD_USE_TLS : 0);
	enum err err = tls ? read_certificate(gateway, info) : ERR_OK;

	if (err)
		return err;
	struct MHD_OptionItem secure[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, gateway->certificate.data},
		{MHD_OPTION_HTTPS_MEM_KEY, 0, gateway->key.data}, {MHD_OPTION_END, 0, NULL}};
	gateway->daemon = MHD_start_daemon(flags, (uint16_t)s->port, NULL, NULL, handle, gateway,
		MHD_OPTION_EXTERNAL_LOGGER, say, NULL, MHD_OPTION_SOCK_ADDR, &address.any, MHD_OPTION_NOTIFY_COMPLETED,
		completed, gateway, MHD_OPTION_CONNECTION_LIMIT, (unsigned)s->connections,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)s->connections_address, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)(s->idle_ms / 1000), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_BYTES,
		MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u, MHD_OPTION_ARRAY, tls ? secure : secure + 2, MHD_OPTION_END);
	if (!gateway->daemon)
		return errinfo_set(info, ERR_IO, "cannot listen on %s port %lld%s", s->address, (long long)s->port,
			tls ? "; is the port free, and do certificate and key fit each other?" : "; is the port free?");
	return ERR_OK;
}

void http_close(struct gateway *gateway)
{
	if (!gateway->daemon)
		return;
	for (unsigned i = 0; i < gateway->waits_end; i++)
		if (gateway->waiting[i])
			gateway->waiting[i]->until = (struct mono){0};
	exchange_expire(gateway, (struct mono){1}); /* none may be suspended when it stops */
	MHD_run(gateway->daemon);
	MHD_stop_daemon(gateway->daemon);
	gateway->daemon = NULL;
}
