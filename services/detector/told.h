/* SPDX-License-Identifier: MIT
 *
 * told: the alerts that the service has given, as it gave them, for whoever asks why: every revision of the newest ones
 * (TOLD_MAX rows), until their household is forgotten. What is older is in records' timeline.
 */
#ifndef CURTAIN_DETECTOR_TOLD_H
#define CURTAIN_DETECTOR_TOLD_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "lane/store.h"
#include "message/message.h"

#define TOLD_TABLE                                                                                                     \
	"CREATE TABLE told (id INTEGER PRIMARY KEY AUTOINCREMENT, alert TEXT NOT NULL, revision INTEGER NOT NULL, "    \
	"household TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (alert, revision)) STRICT;"                               \
	"CREATE INDEX told_household ON told (household)"
#define TOLD_MAX 50000

struct told;

enum err told_open(struct store *store, struct told **out_told, struct errinfo *info) ERR_MUST_CHECK;
void told_close(struct told *told);
/* told_put keeps one revision (body: its JSON); told_forget drops a household's. Inside the caller's transaction. */
enum err told_put(struct told *told, const char *alert, uint32_t revision, const char *household, const char *body,
	size_t length, struct errinfo *info) ERR_MUST_CHECK;
enum err told_forget(struct told *told, const char *household, struct errinfo *info) ERR_MUST_CHECK;
/* told_find appends the revisions of an alert as elements of a JSON array, oldest first, and tells whose it is;
 * ERR_NOT_FOUND: none is kept. */
enum err told_find(struct told *told, const char *alert, char out_household[ID_BYTES], struct buf *out,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
