/* SPDX-License-Identifier: MIT
 *
 * channel_render: from pages to what is sent, and from an answer to what it means. The page object that the jq programs
 * see (docs/channels.md) is made for its audience: for a group or a program it has ids and urgency, and neither the
 * alert's reason nor a link nor anything of the volunteer but the account, so that no preset can let them out.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_RENDER_H
#define CURTAIN_DISPATCHER_CHANNEL_RENDER_H

#include "base/buf.h"
#include "dispatcher/channel/channel_people.h"

#define CHANNEL_REQUEST_BYTES_MAX 65536
#define CHANNEL_ANSWER_BYTES_MAX 16384
#define CHANNEL_ID_BYTES (ID_BYTES + 16)
#define CHANNEL_LINK_BYTES 1024

/* channel_message: pages that leave together over one channel. */
struct channel_message {
	unsigned channel;
	unsigned count;
	const struct page *pages[CHANNEL_MERGE_MAX]; /* the most urgent first */
	const char *links[CHANNEL_MERGE_MAX];        /* to a person: where to accept; NULL = none ... */
	const char *declines[CHANNEL_MERGE_MAX];     /* ... and to decline */
	enum channel_language language;
	const struct channel_person *person; /* NULL: nothing is known of their wishes */
	const char *phone;                   /* the registry's number; "" = none */
	unsigned mention_count;
	const char *mentions[CHANNEL_MERGE_MAX]; /* telephone numbers, for groups that are given them */
	const struct zone *zone;
	struct wall now; /* true time, for signatures */
};

struct channel_request {
	char id[CHANNEL_ID_BYTES];     /* the same for the same pages: receivers know a repetition by it */
	struct buf url, headers, body; /* headers: lines "Name: value\n"; e-mail: body is the whole message */
	char to[CHANNEL_VAR_BYTES];    /* e-mail */
};

/* channel_address gives a person's address of a kind: their own, else the registry's telephone number; "" = none. */
const char *channel_address(const struct channel_person *person, const char *phone, const char *kind);
/* channel_message_id writes the id of what leaves. */
void channel_message_id(const struct channel_message *message, char out[CHANNEL_ID_BYTES]);
/* channel_object appends the page object. */
enum err channel_object(
	const struct channel_set *set, const struct channel_message *message, struct buf *out) ERR_MUST_CHECK;
/* channel_render fills out, which channel_request_fini frees, also after a failure. ERR_INVALID: a program fails or
 * gives what cannot be sent; info says which key of which channel. */
enum err channel_render(const struct channel_set *set, const struct channel_message *message,
	struct channel_request *out, struct errinfo *info) ERR_MUST_CHECK;
void channel_request_fini(struct channel_request *request);

/* channel_judge says what an answer means: status (0: there was none, then text says why) and the bytes of its body.
 * out_text gets the receipt, or a word about the failure. */
enum channel_result channel_judge(const struct channel_set *set, unsigned channel, long status, const char *body,
	size_t length, const char *text, char out_text[CHANNEL_RECEIPT_BYTES]);

#endif
