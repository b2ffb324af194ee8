/* SPDX-License-Identifier: MIT
 *
 * words: Chinese for the closed sets of message.h and the quantities that a timeline names. Never NULL.
 */
#ifndef CURTAIN_TOOL_WORDS_H
#define CURTAIN_TOOL_WORDS_H

#include "message/message.h"

const char *words_level(enum alert_level level);
const char *words_kind(enum alert_kind kind);
const char *words_alert_state(enum alert_state state);
const char *words_incident_state(enum incident_state state);
const char *words_outcome(enum outcome outcome);
const char *words_status(enum status_state state);
/* words_quantity gives the wire's own name where there is no Chinese word. */
const char *words_quantity(enum quantity quantity);
/* By the wire's name, which they give where there is no such kind or state. */
const char *words_errand_kind(const char *name);
const char *words_errand_state(const char *name);

#endif
