/* SPDX-License-Identifier: MIT
 *
 * hook_store: what the gateway keeps on disk for webhooks and the bridge: deliveries that wait, what was sent lately,
 * dead letters with their reason, each subscriber's health, and when the bridge's jobs were done. Everything that
 * changes does so in the caller's transaction. Bounds: a subscriber's `waiting`, HOOK_DEAD_MAX dead letters a
 * subscriber, HOOK_SENT_MAX rows of what was sent; what finds no room among the dead letters any more is counted with
 * the time of the first and the last (lost), never forgotten.
 */
#ifndef CURTAIN_GATEWAY_HOOK_STORE_H
#define CURTAIN_GATEWAY_HOOK_STORE_H

#include "gateway/hook.h"
#include "gateway/hook_event.h"
#include "lane/store.h"

#define HOOK_DEAD_MAX 10000
#define HOOK_SENT_MAX 20000
#define HOOK_LIST_MAX 500

extern const char *const hook_migrations[];
extern const unsigned hook_migration_count;

struct hook_store;

enum err hook_store_open(struct store *store, struct hook_store **out, struct errinfo *info) ERR_MUST_CHECK;
void hook_store_close(struct hook_store *hooks);

/* hook_store_add notes a delivery and gives its number. hook_store_bury notes an event as a dead letter at once, or
 * counts it as lost; *out_kept says which. */
enum err hook_store_add(struct hook_store *hooks, const char *subscriber, const struct hook_event *event,
	struct wall now, uint64_t *out_number, struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_bury(struct hook_store *hooks, const char *subscriber, const struct hook_event *event,
	const char *reason, struct wall now, bool *out_kept, struct errinfo *info) ERR_MUST_CHECK;
/* hook_store_again, _sent and _dead note what became of a delivery; _dead as _bury. */
enum err hook_store_again(struct hook_store *hooks, uint64_t number, uint32_t attempts, struct wall due,
	const char *reason, struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_sent(
	struct hook_store *hooks, uint64_t number, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_dead(struct hook_store *hooks, uint64_t number, uint32_t attempts, const char *reason,
	struct wall now, bool *out_kept, struct errinfo *info) ERR_MUST_CHECK;

/* hook_store_read gives what is to be sent of a delivery. ERR_NOT_FOUND. */
enum err hook_store_read(struct hook_store *hooks, uint64_t number, char id[HOOK_EVENT_ID_BYTES],
	char type[HOOK_EVENT_TYPE_BYTES], struct buf *out_body, struct errinfo *info) ERR_MUST_CHECK;

/* hook_store_load gives each waiting delivery in order; item.subscriber is not set. take returns an error to stop. */
enum err hook_store_load(struct hook_store *hooks,
	enum err (*take)(void *context, const char *subscriber, struct hook_item *item), void *context,
	struct errinfo *info) ERR_MUST_CHECK;
uint64_t hook_store_key(const char *key);

/* hook_store_replay makes dead letters waiting deliveries again: of a subscriber, one (number) or all (0), at most
 * most; *out_left says how many are left. What was replayed is loaded by the caller with `take`. */
enum err hook_store_replay(struct hook_store *hooks, const char *subscriber, uint64_t number, unsigned most,
	struct wall now, enum err (*take)(void *context, const char *subscriber, struct hook_item *item), void *context,
	unsigned *out_count, int64_t *out_left, struct errinfo *info) ERR_MUST_CHECK;

/* hook_store_health saves a subscriber's; hook_store_restore reads it (untouched where there is none). */
enum err hook_store_health(struct hook_store *hooks, const char *subscriber, const struct hook_health *health,
	const char *reason, struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_restore(
	struct hook_store *hooks, const char *subscriber, struct hook_health *out, struct errinfo *info) ERR_MUST_CHECK;

/* Lists append a JSON array. subscriber "" = all; after: numbers beyond it. */
enum err hook_store_list_waiting(struct hook_store *hooks, const char *subscriber, int64_t after, int64_t limit,
	struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_list_sent(struct hook_store *hooks, const char *subscriber, int64_t limit, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_list_dead(struct hook_store *hooks, const char *subscriber, int64_t after, int64_t limit,
	struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* hook_store_figures appends members of a subscriber to an open object: waiting, oldest, sent, dead, lost ... */
enum err hook_store_figures(
	struct hook_store *hooks, const char *subscriber, struct buf *out, struct errinfo *info) ERR_MUST_CHECK;
/* hook_store_trim drops what was sent more than a week ago, or is beyond HOOK_SENT_MAX, and dead letters that are older
 * than keep_ms; *out_expired counts these. */
enum err hook_store_trim(struct hook_store *hooks, struct wall now, int64_t keep_ms, int64_t *out_expired,
	struct errinfo *info) ERR_MUST_CHECK;

/* The bridge's jobs: `mark` is what the job remembers ("2026-03-01", a hash), report the JSON of the last run. */
struct hook_job {
	struct wall due, done; /* WALL_NONE: never */
	char mark[96];
};
enum err hook_store_job(
	struct hook_store *hooks, const char *name, struct hook_job *out, struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_job_save(struct hook_store *hooks, const char *name, const struct hook_job *job, const char *report,
	struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_list_jobs(struct hook_store *hooks, const char *name, bool with_report, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;

/* The rows that a pull brought last, by hash: hook_store_row says whether this one was the same then. */
enum err hook_store_row(struct hook_store *hooks, const char *pull, const char *kind, const char *key, uint64_t hash,
	bool *out_same, struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_row_save(struct hook_store *hooks, const char *pull, const char *kind, const char *key,
	uint64_t hash, struct errinfo *info) ERR_MUST_CHECK;
enum err hook_store_row_forget(struct hook_store *hooks, const char *pull, const char *kind, const char *key,
	struct errinfo *info) ERR_MUST_CHECK;

/* hook_store_outage remembers an outage that stands; body NULL: it is over. *out_changed: that is news; out_before gets
 * what was remembered. */
enum err hook_store_outage(struct hook_store *hooks, const char *topic, const char *body, size_t length,
	bool *out_changed, struct buf *out_before, struct errinfo *info) ERR_MUST_CHECK;

#endif
