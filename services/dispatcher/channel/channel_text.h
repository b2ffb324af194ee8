/* SPDX-License-Identifier: MIT
 *
 * channel_text: what a message says, by catalogue, in Chinese or English. Pure. Nothing here knows a name, an address
 * or a telephone number; the alert's reason, which tells of somebody's life, is put in for a volunteer in person only.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_TEXT_H
#define CURTAIN_DISPATCHER_CHANNEL_TEXT_H

#include "base/clock.h"
#include "message/message.h"

enum channel_language { CHANNEL_ZH, CHANNEL_EN, CHANNEL_LANGUAGE_COUNT };

#define CHANNEL_TITLE_BYTES 160
#define CHANNEL_LINE_BYTES 768

/* channel_title names the most urgent of count pages in a few words. */
void channel_title(
	enum channel_language language, const struct page *first, unsigned count, char out[CHANNEL_TITLE_BYTES]);
/* channel_line tells of one page: ids, the hour, who is asked; with the reason if person, or of duties, of which there
 * is nothing that a group may not read. zone is that of the hour. */
void channel_line(enum channel_language language, const struct page *page, bool person, const struct zone *zone,
	char out[CHANNEL_LINE_BYTES]);
/* What a page is about: an alert's kind, or a notice about duties, visits, tasks, services. channel_kind_name gives the
 * word of files and of the page object, channel_kind_text and channel_level_text the catalogue's. */
#define CHANNEL_KIND_COUNT (ALERT_KIND_COUNT + 4)
#define CHANNEL_ALERTS ((1u << ALERT_KIND_COUNT) - 1)
unsigned channel_kind_of(const struct page *page);
const char *channel_kind_name(unsigned kind);
const char *channel_kind_text(enum channel_language language, const struct page *page);
const char *channel_level_text(enum channel_language language, enum alert_level level);
const char *channel_language_name(enum channel_language language);

#endif
