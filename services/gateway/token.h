/* SPDX-License-Identifier: MIT
 *
 * token: who may come in. Tokens are kept as SHA-256 only; each acts for an account of the broker, so that a service
 * answers it as it would answer that account. A token has scopes, an end, and a rate. Pure: hashing is the caller's.
 *
 * The file has a line a token, fields separated by blanks, "#" begins a comment:
 *   ID  SHA256 (64 hex digits)  ACCOUNT  SCOPES ("read,desk")  UNTIL ("2027-01-01" or "never")  RATE (requests a
 * second)
 */
#ifndef CURTAIN_GATEWAY_TOKEN_H
#define CURTAIN_GATEWAY_TOKEN_H

#include "base/clock.h"
#include "base/err.h"
#include "gateway/route.h"
#include "message/message.h"

#define TOKENS_MAX 2000 /* each volunteer may have a calendar */
#define TOKEN_HASH_BYTES 32
#define TOKEN_PEERS 1024 /* addresses whose failures are remembered */

struct token {
	char id[ID_BYTES], account[ID_BYTES];
	unsigned char hash[TOKEN_HASH_BYTES];
	unsigned scopes; /* bit of enum route_scope */
	struct wall until;
	double rate;  /* requests a second; twice as many at once */
	double spare; /* of the bucket */
	struct mono filled;
};

struct peer {
	uint64_t address;
	double spare;
	struct mono filled;
};

/* token_book: all tokens of a file. A value of the caller's, 0 = empty. */
struct token_book {
	unsigned count;
	struct token tokens[TOKENS_MAX];
	struct peer peers[TOKEN_PEERS];
};

/* token_book_read fills the book from the text of a file; the old tokens' buckets go on. On an error, which names line
 * and mend, the book stays as it was. */
enum err token_book_read(
	struct token_book *book, const char *text, const char *file, struct errinfo *info) ERR_MUST_CHECK;

/* token_admit finds the token with this hash, checks end and scopes (bits, all of them) and takes one request from its
 * bucket. ERR_DENIED: not known or over (out_token NULL), or it has not the scopes; ERR_AGAIN: too fast, out_wait_s
 * says how long to wait.
 */
enum err token_admit(struct token_book *book, const unsigned char hash[TOKEN_HASH_BYTES], unsigned scopes,
	struct wall now, struct mono clock, const struct token **out_token, unsigned *out_wait_s) ERR_MUST_CHECK;

/* token_peer_failed notes a failure of an address (any hash of it); token_peer_may says whether it may try again: 20
 * failures at once, then one in 3 s. */
void token_peer_failed(struct token_book *book, uint64_t address, struct mono clock);
bool token_peer_may(const struct token_book *book, uint64_t address, struct mono clock);

#endif
