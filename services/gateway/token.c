/* SPDX-License-Identifier: MIT
 *
 * Looking a token up by its hash needs no constant time: who can choose the hash's first bytes has no use for them.
 */
#include "gateway/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/day.h"
#include "base/text.h"

#define FIELDS 6
#define LINE_BYTES 512
#define RATE_MAX 10000
#define PEER_FAILURES 20.0
#define PEER_RATE (1.0 / 3)

static double refilled(double spare, struct mono since, struct mono now, double rate, double most)
{
	double more = now.us > since.us ? (double)(now.us - since.us) / 1e6 * rate : 0;

	return spare + more < most ? spare + more : most;
}

/* ---- the file ---- */

static enum err read_hash(const char *text, unsigned char out[TOKEN_HASH_BYTES])
{
	if (strlen(text) != 2 * TOKEN_HASH_BYTES || strspn(text, "0123456789abcdef") != 2 * TOKEN_HASH_BYTES)
		return ERR_INVALID;
	for (unsigned i = 0; i < TOKEN_HASH_BYTES; i++) {
		char pair[3] = {text[2 * i], text[2 * i + 1], '\0'};
		out[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	return ERR_OK;
}

static enum err read_scopes(char *text, unsigned *out)
{
	char *rest = NULL;
	unsigned scopes = 0;

	for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
		enum route_scope scope;
		if (route_scope_find(word, &scope))
			return ERR_NOT_FOUND;
		scopes |= 1u << scope;
	}
	*out = scopes;
	return scopes ? ERR_OK : ERR_NOT_FOUND;
}

static enum err read_until(const char *text, struct wall *out)
{
	int32_t day;

	*out = WALL_NEVER;
	if (!strcmp(text, "never"))
		return ERR_OK;
	if (day_parse_ever(text, &day))
		return ERR_INVALID;
	*out = (struct wall){day * MS_PER_DAY};
	return ERR_OK;
}

static enum err read_token(char *fields[FIELDS], struct token *out, struct errinfo *info, const char *file, int line)
{
	char *end;

	*out = (struct token){0};
	if (!text_is_id(fields[0]) || text_copy(out->id, sizeof out->id, fields[0]))
		return errinfo_at(info, ERR_INVALID, file, line, 0, "\"%.40s\" is no id for a token", fields[0]);
	if (read_hash(fields[1], out->hash))
		return errinfo_at(info, ERR_INVALID, file, line, 0,
			"the second field must be the token's SHA-256, 64 hexadecimal digits: printf %%s TOKEN | "
			"sha256sum");
	if (!text_is_id(fields[2]) || text_copy(out->account, sizeof out->account, fields[2]))
		return errinfo_at(info, ERR_INVALID, file, line, 0, "\"%.40s\" is no account", fields[2]);
	if (read_scopes(fields[3], &out->scopes))
		return errinfo_at(info, ERR_INVALID, file, line, 0,
			"the fourth field must be scopes: read, write, intake, metrics, calendar, volunteer, desk, "
			"with commas "
			"between them");
	if (read_until(fields[4], &out->until))
		return errinfo_at(info, ERR_INVALID, file, line, 0,
			"the fifth field must be the day on which the token ends, as in 2027-01-01, or never");
	out->rate = strtod(fields[5], &end);
	if (*end || !(out->rate > 0 && out->rate <= RATE_MAX))
		return errinfo_at(info, ERR_INVALID, file, line, 0,
			"the sixth field must be requests a second, above 0 and at most %d", RATE_MAX);
	out->spare = 2 * out->rate;
	return ERR_OK;
}

/* known gives the token of the book with this id, NULL if there is none. */
static const struct token *known(const struct token *tokens, unsigned count, const char *id)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(tokens[i].id, id))
			return &tokens[i];
	return NULL;
}

static enum err read_line(const struct token_book *old, struct token *tokens, unsigned *count, char *text,
	const char *file, int line, struct errinfo *info)
{
	char *fields[FIELDS + 1] = {0}, *rest = NULL;
	unsigned found = 0;

	text[strcspn(text, "#")] = '\0';
	for (char *word = strtok_r(text, " \t\r", &rest); word && found <= FIELDS;
		word = strtok_r(NULL, " \t\r", &rest))
		fields[found++] = word;
	if (!found)
		return ERR_OK;
	if (found != FIELDS)
		return errinfo_at(info, ERR_INVALID, file, line, 0,
			"a token has 6 fields: id, SHA-256, account, scopes, until, rate; here are %u%s", found,
			found > FIELDS ? " or more" : "");
	if (*count == TOKENS_MAX)
		return errinfo_at(info, ERR_FULL, file, line, 0, "there may be %d tokens", TOKENS_MAX);
	struct token *token = &tokens[*count];
	enum err err = read_token(fields, token, info, file, line);
	if (err)
		return err;
	if (known(tokens, *count, token->id))
		return errinfo_at(info, ERR_EXISTS, file, line, 0, "token %s stands twice", token->id);
	const struct token *before = known(old->tokens, old->count, token->id);
	if (before && before->rate == token->rate) {
		token->spare = before->spare;
		token->filled = before->filled;
	}
	++*count;
	return ERR_OK;
}

enum err token_book_read(struct token_book *book, const char *text, const char *file, struct errinfo *info)
{
	struct token *tokens = calloc(TOKENS_MAX, sizeof *tokens);
	unsigned count = 0;
	enum err err = tokens ? ERR_OK : ERR_NOMEM;

	for (int line = 1; !err && *text; line++) {
		char copy[LINE_BYTES];
		size_t length = strcspn(text, "\n");
		if (length >= sizeof copy) {
			err = errinfo_at(info, ERR_INVALID, file, line, 0, "the line is too long");
			break;
		}
		memcpy(copy, text, length);
		copy[length] = '\0';
		text += length + (text[length] == '\n');
		err = read_line(book, tokens, &count, copy, file, line, info);
	}
	if (!err) {
		memcpy(book->tokens, tokens, sizeof book->tokens);
		book->count = count;
	}
	free(tokens);
	return err;
}

/* ---- who comes in ---- */

enum err token_admit(struct token_book *book, const unsigned char hash[TOKEN_HASH_BYTES], unsigned scopes,
	struct wall now, struct mono clock, const struct token **out_token, unsigned *out_wait_s)
{
	struct token *token = book->tokens, *end = token + book->count;

	*out_token = NULL;
	while (token < end && memcmp(token->hash, hash, TOKEN_HASH_BYTES) != 0)
		token++;
	if (token == end || now.ms >= token->until.ms)
		return ERR_DENIED;
	*out_token = token;
	if ((token->scopes & scopes) != scopes)
		return ERR_DENIED;
	token->spare =
		refilled(token->spare, token->filled, clock, token->rate, 2 * token->rate > 1 ? 2 * token->rate : 1);
	token->filled = clock;
	if (token->spare < 1) {
		*out_wait_s = (unsigned)((1 - token->spare) / token->rate) + 1;
		return ERR_AGAIN;
	}
	token->spare--;
	return ERR_OK;
}

static unsigned place_of(uint64_t address)
{
	return (unsigned)(text_hash64(&address, sizeof address, 0) % TOKEN_PEERS);
}

void token_peer_failed(struct token_book *book, uint64_t address, struct mono clock)
{
	struct peer *peer = &book->peers[place_of(address)];

	if (peer->address != address)
		*peer = (struct peer){.address = address, .spare = PEER_FAILURES, .filled = clock};
	peer->spare = refilled(peer->spare, peer->filled, clock, PEER_RATE, PEER_FAILURES);
	peer->filled = clock;
	if (peer->spare >= 1)
		peer->spare--;
}

bool token_peer_may(const struct token_book *book, uint64_t address, struct mono clock)
{
	const struct peer *peer = &book->peers[place_of(address)];

	return peer->address != address || refilled(peer->spare, peer->filled, clock, PEER_RATE, PEER_FAILURES) >= 1;
}
