/* SPDX-License-Identifier: MIT
 *
 * What the files of hooks share.
 */
#ifndef CURTAIN_GATEWAY_HOOKS_INTERNAL_H
#define CURTAIN_GATEWAY_HOOKS_INTERNAL_H

#include "codec/request.h"
#include "gateway/hook_file.h"
#include "gateway/hook_render.h"
#include "gateway/hook_store.h"
#include "gateway/hooks.h"
#include "lane/lane.h"
#include "web/client.h"

#define HOOKS_TOPIC_BYTES 512
#define HOOKS_CALL_PULL 0x80000000u /* calls of pulls: this and the pull's index */
#define HOOKS_ANSWER_BYTES_MAX (3u << 20)

/* bridge_job: the statistics of a day, or a pull, on its way. One question at a time. */
enum bridge_state {
	BRIDGE_RESTS,   /* until due */
	BRIDGE_FETCHES, /* a page of the platform's */
	BRIDGE_ASKS,    /* records: the day's figures */
	BRIDGE_TRIES,   /* records: what the rows would change */
	BRIDGE_IMPORTS  /* records: the rows */
};

struct bridge_job {
	char name[WORD_BYTES + 16]; /* "statistics", "pull.NAME" */
	const struct hook_hour *hour;
	struct hook_pull *pull; /* NULL: the statistics */
	enum bridge_state state;
	struct hook_job kept;
	struct mono not_before; /* after a failure */
	unsigned failures;
	uint64_t question; /* whose answer is awaited */
	struct mono until;
	bool run_now;
	/* a pull's */
	int64_t page;
	struct buf next; /* JSON */
	jv rows;         /* {kind: [row...]}; what was fetched so far */
	struct buf conflicts;
	int64_t conflict_count, row_count;
};

struct hooks {
	struct service *service;
	const struct gateway_settings *settings; /* borrowed */
	char user[ID_BYTES];
	struct hook_set set;
	struct store *store;
	struct hook_store *kept;
	unsigned lane_count;
	struct inbox *lanes[2]; /* "incident", and "visit" where errands are told */
	struct hook_core *core;
	struct web_client *client;
	struct turn turn;
	bool open;         /* a transaction is */
	struct mono mends; /* the store failed: it is tried again then; 0 = it works */
	struct mono trims; /* when the store is tidied next */
	char reasons[HOOK_SUBSCRIBERS_MAX][HOOK_REASON_BYTES]; /* of the last failure */
	unsigned job_count;
	struct bridge_job jobs[HOOK_PULLS_MAX + 1];
	uint64_t questions, trials;
	int64_t events, sent, failed, dead, lost, forged, bad_items, expired, gaps[2];
};

/* hooks_fail undoes the transaction and lets all rest for a while. */
void hooks_fail(struct hooks *hooks, const char *doing, const struct errinfo *info);
enum err hooks_begin(struct hooks *hooks, struct errinfo *info) ERR_MUST_CHECK;
enum err hooks_commit(struct hooks *hooks, struct errinfo *info) ERR_MUST_CHECK;
/* hooks_load makes the core from the set and the store. */
enum err hooks_load(struct hooks *hooks, struct errinfo *info) ERR_MUST_CHECK;
/* hooks_take puts a delivery of the store into the core; context is struct hooks. */
enum err hooks_take(void *context, const char *subscriber, struct hook_item *item) ERR_MUST_CHECK;
/* hooks_offer notes an event for each subscriber that wants it, or for the one at `only` (-1: each). */
enum err hooks_offer(
	struct hooks *hooks, const struct hook_event *event, int only, struct errinfo *info) ERR_MUST_CHECK;
/* hooks_subscriber gives the index of a name; subscriber_count if there is none. */
unsigned hooks_subscriber(const struct hooks *hooks, const char *name);
/* hooks_effects does what the core decided. */
enum err hooks_effects(struct hooks *hooks, const struct hook_effects *effects, const char *reason,
	struct errinfo *info) ERR_MUST_CHECK;
enum err hooks_take_batch(struct hooks *hooks, const struct bus_event *event, struct errinfo *info) ERR_MUST_CHECK;
enum err hooks_take_outage(struct hooks *hooks, const struct bus_event *event, struct errinfo *info) ERR_MUST_CHECK;
enum err hooks_run(struct hooks *hooks, struct errinfo *info) ERR_MUST_CHECK;
/* hooks_answer answers a request on curtain/api/<user>/gateway/<method>. */
void hooks_answer(struct hooks *hooks, const struct bus_event *event);

/* bridge.c */
enum err bridge_open(struct hooks *hooks, struct errinfo *info) ERR_MUST_CHECK;
void bridge_close(struct hooks *hooks);
/* bridge_tick begins what is due and ends what was not answered. */
enum err bridge_tick(struct hooks *hooks, struct errinfo *info) ERR_MUST_CHECK;
struct mono bridge_due(const struct hooks *hooks, struct turn turn);
/* bridge_response takes the answer of records; false: it is none of ours. */
bool bridge_response(struct hooks *hooks, const struct bus_event *event, enum err *err, struct errinfo *info);
/* bridge_page takes the platform's answer. */
enum err bridge_page(struct hooks *hooks, const struct web_answer *answer, struct errinfo *info) ERR_MUST_CHECK;

#endif
