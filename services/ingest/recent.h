/* SPDX-License-Identifier: MIT
 *
 * recent: tells a message that comes again from one that is new. libmosquitto does not show the DUP flag, so marks
 * (hash of id, topic, payload) of the QoS 1 messages that were taken last are kept with the turn that took them.
 *
 * After a reconnection the broker first gives again, in order, what was not acknowledged: those that are stored here,
 * then those that are not, then new ones. So a mark counts only until the first message that has none: two equal
 * messages, one of them new, are two messages, even though ids are used again.
 */
#ifndef CURTAIN_INGEST_RECENT_H
#define CURTAIN_INGEST_RECENT_H

#include <stdbool.h>
#include <stdint.h>

#include "lane/store.h"

#define RECENT_TABLE "CREATE TABLE recent (id INTEGER PRIMARY KEY, marks BLOB NOT NULL) STRICT"

/* So many are kept, and the whole of the newest turn: more than a broker has on its way, and fewer than ids, so that no
 * id is in use twice among them. */
#define RECENT_MARKS 32768

struct recent;

enum err recent_open(struct store *store, struct recent **out_recent, struct errinfo *info) ERR_MUST_CHECK;
void recent_close(struct recent *recent);
/* recent_mark notes a message of this turn; recent_write stores this turn's marks, inside the caller's transaction. */
enum err recent_mark(struct recent *recent, uint64_t mark) ERR_MUST_CHECK;
enum err recent_write(struct recent *recent, struct errinfo *info) ERR_MUST_CHECK;
/* recent_expect: a session goes on: what is marked may come again. recent_forget: it will not. */
enum err recent_expect(struct recent *recent, struct errinfo *info) ERR_MUST_CHECK;
void recent_forget(struct recent *recent);
/* recent_is says whether this message is one of those, and strikes it off; the first that is not ends the expectation.
 */
bool recent_is(struct recent *recent, uint64_t mark);
/* recent_settle: the broker has every acknowledgement: drops all stored marks, inside the caller's transaction.
 * recent_count: how many are stored. */
enum err recent_settle(struct recent *recent, struct errinfo *info) ERR_MUST_CHECK;
int64_t recent_count(const struct recent *recent);

#endif
