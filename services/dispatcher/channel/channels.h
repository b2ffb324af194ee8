/* SPDX-License-Identifier: MIT
 *
 * channels: how pages leave beside MQTT (docs/channels.md): the files, the pure core (channel.h), what stands in the
 * store and the calls. A page is noted in the caller's transaction and called after its commit; a delivery stands in
 * the store until it was sent or given up, so that a kill repeats a call with the same id and never loses one. What is
 * over stays for a while as a receipt, without the page's text.
 */
#ifndef CURTAIN_DISPATCHER_CHANNELS_H
#define CURTAIN_DISPATCHER_CHANNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "dispatcher/channel/accept_link.h"
#include "dispatcher/channel/channel_file.h"
#include "lane/store.h"
#include "message/message.h"

/* Where calls stood before there were channels; channels_open takes over what is left there. */
#define WEBHOOK_TABLE                                                                                                  \
	"CREATE TABLE webhook (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, body BLOB NOT NULL, "       \
	"attempts "                                                                                                    \
	"INTEGER NOT NULL) STRICT"

#define CHANNELS_TABLES                                                                                                \
	"CREATE TABLE delivery (number INTEGER PRIMARY KEY, id TEXT NOT NULL, incident TEXT NOT NULL, user TEXT NOT "  \
	"NULL, withdrawal INTEGER NOT NULL, page BLOB NOT NULL, way TEXT NOT NULL, route TEXT NOT NULL, skips "        \
	"INTEGER "                                                                                                     \
	"NOT NULL, attempts INTEGER NOT NULL, withdrawn INTEGER NOT NULL, raised INTEGER NOT NULL, first INTEGER, "    \
	"due "                                                                                                         \
	"INTEGER NOT NULL, state TEXT NOT NULL, channel TEXT NOT NULL, receipt TEXT NOT NULL, ended INTEGER) STRICT;"  \
	"CREATE INDEX delivery_open ON delivery (number) WHERE ended IS NULL;"                                         \
	"CREATE INDEX delivery_ended ON delivery (ended) WHERE ended IS NOT NULL;"                                     \
	"CREATE INDEX delivery_incident ON delivery (incident);"                                                       \
	"CREATE TABLE channel (name TEXT PRIMARY KEY, state INTEGER NOT NULL, since INTEGER, blocked_until INTEGER, "  \
	"failures INTEGER NOT NULL, cause TEXT NOT NULL, recent BLOB NOT NULL) STRICT, WITHOUT "                       \
	"ROWID;" ACCEPT_LINK_TABLE

struct channels_config {
	struct channel_files files;
	const char *people_file;
	const struct zone *zone; /* borrowed */
	int64_t waiting_max, keep_ms;
	const char *link_base, *link_key_file; /* base "": no links */
	int64_t link_valid_ms;
};

struct channels_stats {
	int64_t sent, failed, given_up, cancelled, dropped, throttled, merged, moved, waiting, down;
};

/* channels_note: the state of one channel, to be told. */
struct channels_note {
	const char *name, *cause;
	enum channel_state state;
	struct wall since;
};

struct channels;

/* channels_check reads the files as channels_open does, and forgets them. */
enum err channels_check(const struct channels_config *config, struct errinfo *info) ERR_MUST_CHECK;
/* channels_open takes up what the store holds; what was on its way over a channel that is gone is given up. */
enum err channels_open(struct store *store, const struct channels_config *config, struct channels **out_channels,
	struct errinfo *info) ERR_MUST_CHECK;
void channels_close(struct channels *channels);
/* channels_inherit takes over what the directory has said to the channels before (NULL = there were none). */
enum err channels_inherit(struct channels *channels, const struct channels *before) ERR_MUST_CHECK;
/* channels_entry takes a volunteer's team and telephone number out of the directory; others are passed over. */
enum err channels_entry(struct channels *channels, const struct entry *entry) ERR_MUST_CHECK;
/* channels_page notes a page for every channel that is to have it, in the caller's transaction. */
enum err channels_page(
	struct channels *channels, const struct page *page, struct wall now, struct errinfo *info) ERR_MUST_CHECK;
/* channels_errand notes what is told of one event of an errand of team (visit_pages), likewise: each page for its
 * person, the first for the groups and programs that take such. */
enum err channels_errand(struct channels *channels, const struct page *pages, unsigned count, const char *team,
	struct wall now, struct errinfo *info) ERR_MUST_CHECK;
/* channels_notice notes what is told about duties, likewise; to_team: for the team's group channels, too. */
enum err channels_notice(struct channels *channels, const struct duty_notice *notice, bool to_team, struct wall now,
	struct errinfo *info) ERR_MUST_CHECK;
/* channels_unreached gives whose page of which incident was given up on the last of their channels, each once; false
 * after the last. What the store has of it is written with the next settle. */
bool channels_unreached(struct channels *channels, char incident[ID_BYTES], char user[ID_BYTES]);
/* channels_fd is readable when channels_run has something to do; channels_due: at the latest then. */
int channels_fd(const struct channels *channels);
struct mono channels_due(const struct channels *channels, struct wall wall, struct mono now);
/* channels_run moves what is under way and, when no transaction is open, starts what is due; never blocks. wall is the
 * true time. */
void channels_run(struct channels *channels, struct wall wall, struct mono now);
/* channels_settles: results wait for the store; channels_settle writes them in the caller's transaction, or its own. */
bool channels_settles(const struct channels *channels);
enum err channels_settle(struct channels *channels, struct errinfo *info) ERR_MUST_CHECK;
/* channels_link_key gives the key of accept links; NULL if there are none. */
const struct accept_key *channels_link_key(const struct channels *channels);
/* channels_changed gives the channels whose state has changed since the last call; false after the last. */
bool channels_changed(struct channels *channels, struct channels_note *out);
struct channels_stats channels_stats(const struct channels *channels);
/* channels_stats_of gives those of one channel; zeros if there is none of that name. */
struct channels_stats channels_stats_of(const struct channels *channels, const char *name);
/* channels_list appends the state of every channel as a JSON array, channels_receipts what became of the pages of an
 * incident ("" = the latest ones, at most limit). */
void channels_list(const struct channels *channels, struct buf *out);
enum err channels_receipts(const struct channels *channels, const char *incident, unsigned limit, struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
