/* SPDX-License-Identifier: MIT
 *
 * What comes in at the HTTP edge. The first byte says as what the rest is read: a request ("VERB PATH?QUERY\nBODY"), a
 * file of tokens, a token of an accept link. A path that is matched has values of their types and makes arguments or a
 * cause; a book that is taken has as many tokens as lines; a changed token is never good.
 */
#include <string.h>

#include "base/text.h"
#include "dispatcher/channel/accept_link.h"
#include "fuzz.h"
#include "gateway/arguments.h"
#include "gateway/token.h"

static void try_query(struct route_match *match, char *query)
{
	struct errinfo info = {0};
	char *rest = query;

	for (char *part; (part = strsep(&rest, "&"));) {
		char *value = strchr(part, '=');
		if (value)
			*value++ = '\0';
		info = (struct errinfo){0};
		if (route_query(match, part, value ? value : "", &info))
			FUZZ_CHECK(info.text[0]);
	}
	info = (struct errinfo){0};
	if (route_complete(match, &info))
		FUZZ_CHECK(info.text[0]);
}

static void try_request(char *text)
{
	char *body = strchr(text, '\n'), *path = strchr(text, ' '), *query;
	struct errinfo info = {0};
	struct route_match match;
	const char *allow = NULL;
	struct buf out;

	if (!path || (body && path > body))
		return;
	if (body)
		*body++ = '\0';
	*path++ = '\0';
	query = strchr(path, '?');
	if (query)
		*query++ = '\0';
	switch (route_find(text, path, &match, &allow, &info)) {
	case ERR_OK:
		break;
	case ERR_STATE:
		FUZZ_CHECK(allow && *allow);
		return;
	case ERR_INVALID:
		FUZZ_CHECK(info.text[0]);
		return;
	default:
		return;
	}
	FUZZ_CHECK(match.route);
	for (unsigned i = 0; i < ROUTE_PARAMETERS_MAX && match.route->parameters[i].name; i++)
		if (match.route->parameters[i].place == ROUTE_PATH && match.route->parameters[i].type == ROUTE_ID)
			FUZZ_CHECK(text_is_id(match.values[i]));
	if (query)
		try_query(&match, query);
	buf_init(&out, 1u << 20);
	info = (struct errinfo){0};
	if (match.route->service && arguments_write(&match, body ? body : "", body ? strlen(body) : 0, &out, &info))
		FUZZ_CHECK(info.text[0] || out.failed);
	buf_fini(&out);
}

static void try_tokens(const char *text)
{
	static struct token_book book;
	struct errinfo info = {0};
	const struct token *token = NULL;
	unsigned wait_s = 0, lines = 1;

	memset(&book, 0, sizeof book);
	for (const char *p = text; *p; p++)
		lines += *p == '\n';
	if (token_book_read(&book, text, "tokens", &info)) {
		FUZZ_CHECK(info.text[0] && info.line >= 1 && !book.count);
		return;
	}
	FUZZ_CHECK(book.count <= lines);
	for (unsigned i = 0; i < book.count; i++) {
		struct wall now = {0};
		FUZZ_CHECK(text_is_id(book.tokens[i].id) && text_is_id(book.tokens[i].account));
		if (!token_admit(&book, book.tokens[i].hash, 1u << ROUTE_READ, now, (struct mono){0}, &token, &wait_s))
			FUZZ_CHECK(token && token->scopes >> ROUTE_READ & 1);
	}
}

static void try_link(const char *text)
{
	static const struct accept_key key = {.length = 32, .bytes = "0123456789abcdef0123456789abcdef"};
	struct accept_link link = {
		.action = REPLY_ACCEPT, .incident = "i-1", .user = "v-1", .nonce = "p-1", .expires = {2000}};
	struct wall now = {1000};
	char good[ACCEPT_TOKEN_BYTES], no[ACCEPT_TOKEN_BYTES];
	struct accept_link got;

	FUZZ_CHECK(!accept_link_make(&key, &link, good));
	link.action = REPLY_DECLINE;
	FUZZ_CHECK(!accept_link_make(&key, &link, no));
	FUZZ_CHECK(accept_link_check(&key, no, "", "", now, &got) == ACCEPT_GOOD && got.action == REPLY_DECLINE);
	if (strcmp(text, good) != 0 && strcmp(text, no) != 0)
		FUZZ_CHECK(accept_link_check(&key, text, "", "", now, &got) != ACCEPT_GOOD);
	/* The good one with one byte changed. */
	size_t at = *text ? (unsigned char)*text % strlen(good) : 0;
	char byte = *text && text[1] && text[1] != good[at] ? text[1] : good[at] == 'A' ? 'B' : 'A';
	good[at] = byte;
	FUZZ_CHECK(accept_link_check(&key, good, "", "", now, &got) != ACCEPT_GOOD);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = size ? fuzz_text(data + 1, size - 1) : NULL;

	if (!text)
		return 0;
	switch (data[0]) {
	case 't':
		try_tokens(text);
		break;
	case 'l':
		try_link(text);
		break;
	default:
		try_request(text);
	}
	free(text);
	return 0;
}
