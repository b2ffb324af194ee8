/* SPDX-License-Identifier: MIT
 *
 * duty_text: what the dispatcher answers about duties in force, as text for people, Chinese first: lists as tables,
 * what became of a request as a line.
 */
#ifndef CURTAIN_TOOL_DUTY_TEXT_H
#define CURTAIN_TOOL_DUTY_TEXT_H

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"

/* duty_text appends the answer (JSON) of the dispatcher's method (duties, cover, matters, gaps, roster, give, absent,
 * swap, seek, answer, recall, own_duties, own_matters and the others for oneself), times in zone. ERR_INVALID: it is
 * not of that method's form. */
enum err duty_text(const char *method, const char *answer, const struct zone *zone, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;
/* duty_text_refused says whether the answer is a verdict that changed nothing. */
bool duty_text_refused(const char *answer);

#endif
