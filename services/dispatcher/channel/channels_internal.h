/* SPDX-License-Identifier: MIT
 *
 * channels_internal: what channels.c (files, routes, pages), channels_run.c (calls) and channels_store.c (SQL) share.
 */
#ifndef CURTAIN_DISPATCHER_CHANNELS_INTERNAL_H
#define CURTAIN_DISPATCHER_CHANNELS_INTERNAL_H

#include <uthash.h>

#include "dispatcher/channel/channel.h"
#include "dispatcher/channel/channel_http.h"
#include "dispatcher/channel/channel_people.h"
#include "dispatcher/channel/channels.h"

/* volunteer: what the directory says of one. */
struct volunteer {
	char user[ID_BYTES], team[ID_BYTES], phone[PHONE_BYTES];
	UT_hash_handle hh;
};

struct result {
	uint32_t call;
	enum channel_result result;
	char text[CHANNEL_RECEIPT_BYTES];
};

/* unreached: a person whose channels all failed, for the dispatcher to go on. */
#define UNREACHED_MAX 256 /* further ones wait for their time-out */
struct unreached {
	char incident[ID_BYTES], user[ID_BYTES];
};

struct channels {
	struct store *store;
	const struct zone *zone;
	int64_t waiting_max, keep_ms, link_valid_ms;
	char link_base[256];
	struct accept_key key;
	struct channel_set set;
	struct channel_people people;
	struct channel_core *core;
	struct web_client *http;
	struct volunteer *volunteers;
	struct wall now; /* the true time of the last run */

	struct channel_effect *ended; /* not in the store yet */
	size_t ended_count, ended_capacity;
	struct result *results; /* known without a call, not told to the core yet */
	size_t result_count, result_capacity;
	struct unreached unreached[UNREACHED_MAX];
	unsigned unreached_count;
	bool changed[CHANNEL_COUNT_MAX];
	int64_t dropped, cancelled, given_up;
	struct sqlite3_stmt *add, *progress, *end, *prune, *health;
};

/* channels_store.c */
enum err channels_store_prepare(struct channels *channels, struct errinfo *info) ERR_MUST_CHECK;
void channels_store_fini(struct channels *channels);
enum err channels_store_load(struct channels *channels, struct errinfo *info) ERR_MUST_CHECK;
uint64_t channels_store_next(struct store *store);
enum err channels_store_add(
	struct channels *channels, const struct page *page, uint64_t number, struct errinfo *info) ERR_MUST_CHECK;

/* channels_run.c: channels_take takes what the core decided. */
void channels_take(struct channels *channels, const struct channel_effects *effects);

#endif
