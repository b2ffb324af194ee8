/* SPDX-License-Identifier: MIT
 *
 * accept_link: the links with which a volunteer accepts or declines without an app (docs/channels.md): a page, a
 * question about duties, an errand. A token says which of the two, of whom, to which incident or matter, until when,
 * and is signed with HMAC-SHA256: nobody can make one, and one cannot be used for anything else, nor the one for the
 * other. It is a key: whoever holds it can answer, so it goes to one person, for as long as the question stands, and
 * works once. Making and checking are pure; that it works once is the store's part, in the caller's transaction.
 *
 * The page behind a link has to ask once more (a button): programs that show previews open every link.
 */
#ifndef CURTAIN_DISPATCHER_ACCEPT_LINK_H
#define CURTAIN_DISPATCHER_ACCEPT_LINK_H

#include "base/clock.h"
#include "base/err.h"
#include "lane/store.h"
#include "message/message.h"

#define ACCEPT_LINK_TABLE                                                                                              \
	"CREATE TABLE link_used (nonce TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID"
#define ACCEPT_KEY_BYTES_MIN 16
#define ACCEPT_KEY_BYTES_MAX 128
#define ACCEPT_TOKEN_BYTES 320

struct accept_key {
	size_t length;
	unsigned char bytes[ACCEPT_KEY_BYTES_MAX];
};

struct accept_link {
	enum reply_action action; /* REPLY_ACCEPT or REPLY_DECLINE */
	char incident[ID_BYTES], user[ID_BYTES];
	char nonce[ID_BYTES]; /* the page's id: the same page gives the same link, however often it is sent */
	struct wall expires;  /* to the second */
};

enum accept_verdict {
	ACCEPT_GOOD,
	ACCEPT_MALFORMED, /* no token of ours */
	ACCEPT_FORGED,    /* its signature is not ours */
	ACCEPT_EXPIRED,
	ACCEPT_FOREIGN, /* it is another volunteer's, or of another incident */
	ACCEPT_USED,
	ACCEPT_VERDICT_COUNT
};

/* accept_key_load reads the key's file: its first line, ACCEPT_KEY_BYTES_MIN bytes at least. */
enum err accept_key_load(const char *path, struct accept_key *out, struct errinfo *info) ERR_MUST_CHECK;
/* accept_link_make writes the token of a link whose texts are ids; ERR_INVALID: they are not, or it is no such action.
 */
enum err accept_link_make(const struct accept_key *key, const struct accept_link *link,
	char out_token[ACCEPT_TOKEN_BYTES]) ERR_MUST_CHECK;
/* accept_link_check says what a token is worth at now; out is filled if it is good. user and incident: whose and which
 * it has to be, "" = any. The signature is compared in constant time and before anything else is believed. */
enum accept_verdict accept_link_check(const struct accept_key *key, const char *token, const char *user,
	const char *incident, struct wall now, struct accept_link *out);
/* accept_link_use notes a good link's use, in the caller's transaction: ERR_EXISTS if it was used before. What has
 * expired is forgotten. */
enum err accept_link_use(
	struct store *store, const struct accept_link *link, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
const char *accept_verdict_name(enum accept_verdict verdict);

#endif
