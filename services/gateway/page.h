/* SPDX-License-Identifier: MIT
 *
 * page: the web page behind a link that accepts or declines (docs/channels.md): what the link is worth and about, and a
 * button, because programs that show previews open every link. It holds ids and hours, no name, no address and no
 * reason, and loads nothing.
 */
#ifndef CURTAIN_GATEWAY_PAGE_H
#define CURTAIN_GATEWAY_PAGE_H

#include <stdbool.h>

#include "base/buf.h"

enum page_kind {
	PAGE_ASK,      /* the link is good: a button that accepts an emergency ... */
	PAGE_ASK_HELP, /* ... a duty, a visit, a task, a service ... */
	PAGE_ASK_NO,   /* ... that declines any of them */
	PAGE_TAKEN,    /* the button was pressed, the answer counts */
	PAGE_TAKEN_NO, /* so it does, and another is asked */
	PAGE_NOTHING,  /* the button was pressed, somebody else goes, or it is over */
	PAGE_USED,     /* answered before */
	PAGE_EXPIRED,
	PAGE_WRONG, /* no link of ours */
	PAGE_LATER, /* cannot be told now */
	PAGE_KIND_COUNT
};

#define PAGE_ABOUT_BYTES 320

struct page_link {
	enum page_kind kind;
	char zh[PAGE_ABOUT_BYTES], en[PAGE_ABOUT_BYTES]; /* what it is about; "" = not said */
};

/* page_of gives the page for the dispatcher's answer {"verdict": ..., "action"?, "kind"?, "about"?, "reply"?: ...}. */
struct page_link page_of(const char *json);
/* page_write appends the page. */
enum err page_write(const struct page_link *link, struct buf *out);

/* page_calendar appends the calendar that the dispatcher's answer holds. ERR_INVALID: it holds none. */
enum err page_calendar(const char *json, struct buf *out) ERR_MUST_CHECK;

#endif
