/* SPDX-License-Identifier: MIT
 *
 * relearn: homes that have to learn their habit anew from what records has stored: those whose state could not be read,
 * those of a store made anew, those that somebody asked for. One home at a time, page by page; each page is fed to a
 * core of its own (a learner), which raises alerts that nobody hears and moves no mode. Its habit is taken over at the
 * end, in one transaction with the note that this home is done. A restart begins the home that ran again.
 *
 * It asks no more than `pace` readings a second, so that live readings are not held up. Where records is away, or too
 * busy, it waits twice as long each time, up to a minute.
 */
#ifndef CURTAIN_DETECTOR_RELEARN_H
#define CURTAIN_DETECTOR_RELEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/err.h"
#include "codec/request.h"
#include "detector/core.h"
#include "lane/store.h"

#define RELEARN_TABLE                                                                                                  \
	"CREATE TABLE relearn (household TEXT PRIMARY KEY, asked INTEGER NOT NULL, done INTEGER) STRICT;"              \
	"CREATE INDEX relearn_open ON relearn (asked, household) WHERE done IS NULL"
#define RELEARN_PAGE 1000 /* readings asked for at once */

struct relearn_config {
	int64_t history_ms; /* how far back; 0 = nothing is learnt anew */
	int64_t pace;       /* readings a second */
	int64_t patience_ms;
};

struct relearn_stats {
	int64_t waiting;                       /* homes */
	int64_t learnt, readings, asked_again; /* since start */
};

struct relearn;

enum err relearn_open(struct store *store, struct detector_core *core, const struct relearn_config *config,
	struct relearn **out_relearn, struct errinfo *info) ERR_MUST_CHECK;
void relearn_close(struct relearn *relearn);
/* relearn_wants notes a home that was never learnt from records; one that was, or is noted, stays as it is.
 * relearn_again notes it in any case; relearn_forget forgets the note. All inside the caller's transaction. */
enum err relearn_wants(
	struct relearn *relearn, const char *household, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
enum err relearn_again(
	struct relearn *relearn, const char *household, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
enum err relearn_forget(struct relearn *relearn, const char *household, struct errinfo *info) ERR_MUST_CHECK;
/* relearn_configure: how far back, and how many readings a second, from the next question on. */
void relearn_configure(struct relearn *relearn, int64_t history_ms, int64_t pace);
/* relearn_drop gives up the learner: its configuration is out of date. The home begins again. */
void relearn_drop(struct relearn *relearn);

/* relearn_due: when relearn_ask has something to do. */
struct mono relearn_due(const struct relearn *relearn);
/* relearn_ask gives the next request to records: its arguments (one JSON object) and its correlation. `judged` is the
 * time up to which all is known. false: nothing to ask now. */
bool relearn_ask(struct relearn *relearn, struct wall judged, struct mono now, struct buf *out_args,
	const char **out_correlation, struct errinfo *info);
/* relearn_answer takes an answer; one that nobody waits for is passed over. *out_learnt: the home is through, call
 * relearn_take inside a transaction. ERR_NOMEM is its only failure. */
enum err relearn_answer(struct relearn *relearn, const char *correlation, size_t correlation_length, const char *json,
	size_t length, struct mono now, bool *out_learnt) ERR_MUST_CHECK;
enum err relearn_take(struct relearn *relearn, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
struct relearn_stats relearn_stats(struct relearn *relearn);

#endif
