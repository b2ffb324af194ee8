/* SPDX-License-Identifier: MIT
 *
 * page: the web page behind an accept link (docs/channels.md): what the link is worth, and a button, because programs
 * that show previews open every link. It holds no name, no address and no reason, and loads nothing.
 */
#ifndef CURTAIN_GATEWAY_PAGE_H
#define CURTAIN_GATEWAY_PAGE_H

#include <stdbool.h>

#include "base/buf.h"

enum page_kind {
	PAGE_ASK,     /* the link is good: a button */
	PAGE_TAKEN,   /* the button was pressed, the answer counts */
	PAGE_NOTHING, /* the button was pressed, somebody else goes, or it is over */
	PAGE_USED,    /* answered before */
	PAGE_EXPIRED,
	PAGE_WRONG, /* no link of ours */
	PAGE_LATER, /* cannot be told now */
	PAGE_KIND_COUNT
};

/* page_of gives the page for the dispatcher's answer {"verdict": ..., "reply"?: ...}. */
enum page_kind page_of(const char *json);
/* page_write appends the page. */
enum err page_write(enum page_kind kind, struct buf *out);

/* page_calendar appends the calendar that the dispatcher's answer holds. ERR_INVALID: it holds none. */
enum err page_calendar(const char *json, struct buf *out) ERR_MUST_CHECK;

#endif
