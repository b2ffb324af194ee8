/* SPDX-License-Identifier: MIT
 *
 * report_words: what a paper calls its figures, reasons, places and states: Chinese, with English beside it.
 */
#ifndef CURTAIN_TOOL_REPORT_WORDS_H
#define CURTAIN_TOOL_REPORT_WORDS_H

#include "base/buf.h"

struct report_word {
	const char *id, *zh, *en;
};

/* report_figure_label appends the name of a figure in Chinese; the name itself where none is known. */
void report_figure_label(const char *name, struct buf *out);
/* Each gives the Chinese word, or the word itself where none is known. */
const char *report_reason(const char *word);
const char *report_estate(const char *kind);
const char *report_help(const char *help);
const char *report_rule(const char *rule);
const char *report_decision_state(const char *state);
const char *report_kind(const char *kind);
const char *report_level(const char *level);
const char *report_state(const char *state);
const char *report_outcome(const char *outcome);

/* What a visit or finding is about, and where a device stands; NULL where no word is known. */
const char *report_errand(const char *what);
const char *report_room(const char *place);

#endif
