/* SPDX-License-Identifier: MIT
 *
 * backtest_trace: what the homes of a data set told, in memory: for each home its channels and its readings in the
 * order in which they became known. The set owns everything; filled by a reader, then closed once, then only looked at,
 * so that threads may share it.
 */
#ifndef CURTAIN_TOOL_BACKTEST_TRACE_H
#define CURTAIN_TOOL_BACKTEST_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "base/err.h"
#include "message/message.h"

#define TRACE_CHANNELS_MAX 24
#define TRACE_LOSS_MS (96 * MS_PER_MINUTE) /* a longer step of a meter is a loss of radio */

struct trace_channel {
	char device[DEVICE_BYTES];
	char channel[CHANNEL_BYTES];
	enum quantity quantity;
	bool steps; /* its values are the increase since the reading before, not a total */
};

struct trace_item {
	int64_t at_ms, received_ms;
	int64_t since_ms; /* of delta; INT64_MIN = none */
	double value;
	double delta; /* counters: NAN = unknown */
	uint8_t channel;
	bool late, given; /* given: delta came with the data */
};

struct trace_out {
	int64_t from_ms, until_ms;
};

struct trace {
	UT_hash_handle hh;
	char home[ID_BYTES];
	uint8_t persons; /* 0 = not known */
	unsigned channel_count;
	struct trace_channel channels[TRACE_CHANNELS_MAX];
	struct trace_item *items;
	size_t count, capacity;
	struct trace_out *outs; /* times at which nobody was in, where that is known; by time */
	size_t out_count, out_capacity;
};

struct trace_set {
	struct trace **homes; /* after close in order of their ids */
	size_t count, capacity;
	struct trace *by_id;
	int64_t duplicates, step_backs; /* counted by close */
};

void trace_set_fini(struct trace_set *set);
/* trace_set_home finds or adds a home. */
enum err trace_set_home(struct trace_set *set, const char *home, struct trace **out_trace) ERR_MUST_CHECK;
/* trace_set_find gives a home, NULL = not there. */
struct trace *trace_set_find(const struct trace_set *set, const char *home);
/* trace_channel_get finds or adds a channel; ERR_FULL beyond TRACE_CHANNELS_MAX. */
enum err trace_channel_get(struct trace *trace, const struct trace_channel *channel, uint8_t *out_index) ERR_MUST_CHECK;
enum err trace_add(struct trace *trace, const struct trace_item *item) ERR_MUST_CHECK;
/* trace_out says that nobody was in from then until then, later than what was said before. */
enum err trace_out(struct trace *trace, int64_t from_ms, int64_t until_ms) ERR_MUST_CHECK;
bool trace_is_out(const struct trace *trace, int64_t at_ms);
/* trace_move gives all that `from` holds to `to`, which is empty, except the id. */
void trace_move(struct trace *to, struct trace *from);
/* trace_close puts a home's readings in order of arrival (of equal ones the first given stays first), drops those that
 * repeat a channel's time, and gives counters their increase as ingest does: none after a step back of a tenth or more,
 * or once a smaller one has held for a day's readings. */
enum err trace_close(struct trace_set *set, struct trace *trace) ERR_MUST_CHECK;
/* trace_set_close closes all homes and sorts them. */
enum err trace_set_close(struct trace_set *set) ERR_MUST_CHECK;
/* trace_set_readings counts the readings of all homes. */
int64_t trace_set_readings(const struct trace_set *set);
/* trace_step gives the median distance of a channel's readings, half an hour if it has too few. */
int64_t trace_step(const struct trace *trace, unsigned channel);
/* trace_is_counter: totals whose increase is use (water, energy, gas). */
bool trace_is_counter(enum quantity quantity);
/* trace_is_meter: trace_is_counter, or a flow or power. */
bool trace_is_meter(enum quantity quantity);

#endif
