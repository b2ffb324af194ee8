/* SPDX-License-Identifier: MIT
 *
 * channel_mail: an e-mail as it goes over the wire (RFC 5322): UTF-8 text in base64, the subject in encoded words.
 * Pure.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_MAIL_H
#define CURTAIN_DISPATCHER_CHANNEL_MAIL_H

#include "base/buf.h"
#include "base/clock.h"

struct channel_mail {
	const char *from, *to, *subject, *text;
	const char *id; /* for Message-ID and, the same at each attempt, for whoever has it already */
	struct wall now;
};

/* channel_mail_write appends the message. ERR_INVALID: an address is none, or a line break stands where none may. */
enum err channel_mail_write(const struct channel_mail *mail, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* channel_mail_address says whether text is one address like name@host, and nothing else. */
bool channel_mail_address(const char *text);

#endif
