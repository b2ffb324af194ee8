/* SPDX-License-Identifier: MIT
 *
 * post: messages that must reach the broker. Written in the caller's transaction, published after its commit, kept
 * until the broker has acknowledged them; after a restart or a new connection they are sent again, in order. Pages and
 * letters go once and are forgotten; a kept message is the retained one of its key and stands here as long as it is to
 * stand at the broker, which may lose it. Pages overtake all else (post_order.h). Decides nothing.
 */
#ifndef CURTAIN_DISPATCHER_POST_H
#define CURTAIN_DISPATCHER_POST_H

#include "base/buf.h"
#include "bus/bus.h"
#include "lane/store.h"

#define POST_TABLE                                                                                                     \
	"CREATE TABLE post (number INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, topic TEXT NOT NULL, "        \
	"payload "                                                                                                     \
	"BLOB NOT NULL, retain INTEGER NOT NULL) STRICT; CREATE INDEX post_key ON post (key) WHERE key <> ''"

/* Pages have had a queue of their own since; what waited before the change goes into the right one. */
#define POST_QUEUES                                                                                                    \
	"ALTER TABLE post ADD COLUMN queue INTEGER NOT NULL DEFAULT 0;"                                                \
	"UPDATE post SET queue = 1 WHERE topic GLOB 'curtain/volunteer/*/page';"                                       \
	"CREATE INDEX post_queue ON post (queue, number)"

struct post;

/* post_open sets aside what the broker would break the connection for (lost.h): the rest would wait behind it for ever.
 */
enum err post_open(struct store *store, struct post **out_post, struct errinfo *info) ERR_MUST_CHECK;
void post_close(struct post *post);
/* post_page adds a message that goes once and waits for nothing, post_letter one that goes once and can wait; within
 * the caller's transaction, as the next two. All of one topic are the one or the other. */
enum err post_page(
	struct post *post, const char *topic, const void *payload, size_t length, struct errinfo *info) ERR_MUST_CHECK;
enum err post_letter(
	struct post *post, const char *topic, const void *payload, size_t length, struct errinfo *info) ERR_MUST_CHECK;
/* post_keep makes payload the retained message of key, on topic. The same once more changes nothing; another topic than
 * before clears the old one. */
enum err post_keep(struct post *post, const char *key, const char *topic, const void *payload, size_t length,
	struct errinfo *info) ERR_MUST_CHECK;
/* post_drop clears the retained message of key, if there is one. */
enum err post_drop(struct post *post, const char *key, struct errinfo *info) ERR_MUST_CHECK;
/* post_next_kept gives the next retained message whose key begins with prefix: *at 0 begins, ERR_NOT_FOUND after the
 * last. One that is longer than payload may grow comes as an empty one. What is kept anew meanwhile comes again. */
#define POST_KEY_BYTES 128
enum err post_next_kept(struct post *post, const char *prefix, int64_t *at, char key[POST_KEY_BYTES],
	struct buf *payload, struct errinfo *info) ERR_MUST_CHECK;
/* post_settle deletes what the broker has acknowledged; post_settles says whether there is something. Without a
 * transaction of the caller's it makes its own. */
bool post_settles(const struct post *post);
enum err post_settle(struct post *post, struct errinfo *info) ERR_MUST_CHECK;
/* post_send publishes what is committed, was not sent on this connection and may leave now. */
enum err post_send(struct post *post, struct bus *bus, struct errinfo *info) ERR_MUST_CHECK;
/* post_delivered takes the token of a BUS_DELIVERED; post_refused that of a BUS_REFUSED, which stays and is sent again
 * on the next connection; post_reconnected: all is to be sent again. */
void post_delivered(struct post *post, uint64_t token);
void post_refused(struct post *post, uint64_t token);
void post_reconnected(struct post *post);
/* post_pending: something waits that may leave, the bus was full. */
bool post_pending(const struct post *post);
/* post_waiting: messages that the broker has not acknowledged yet. */
int64_t post_waiting(const struct post *post);

#endif
