/* SPDX-License-Identifier: MIT
 *
 * hooks: webhooks out and the bridge, beside the rest of the gateway. With bridge.file set the gateway is a consumer of
 * lane "incident": each event becomes a delivery for each subscriber that wants it, in one transaction with the lane's
 * position, and is acknowledged after the commit. Calls are made after it, too. What fails here (a full disk, a damaged
 * store) never touches REST: the transaction is undone and all is taken up again from the store 10 s later.
 */
#ifndef CURTAIN_GATEWAY_HOOKS_H
#define CURTAIN_GATEWAY_HOOKS_H

#include "gateway/settings.h"

struct hooks;

/* hooks_check reads bridge.file as hooks_open does, and forgets it. */
enum err hooks_check(const struct gateway_settings *settings, struct errinfo *info) ERR_MUST_CHECK;
/* hooks_open: *out stays NULL without bridge.file; every function here takes that NULL. */
enum err hooks_open(struct service *service, const struct gateway_settings *settings, struct hooks **out,
	struct errinfo *info) ERR_MUST_CHECK;
void hooks_close(struct hooks *hooks);
/* hooks_reload takes a new bridge.file: subscribers that are gone keep their deliveries until one of their name is
 * there again. All or nothing. */
enum err hooks_reload(
	struct hooks *hooks, const struct gateway_settings *settings, struct errinfo *info) ERR_MUST_CHECK;

/* hooks_event takes a bus event; false: it is not for us (a connection is for everybody). */
bool hooks_event(struct hooks *hooks, const struct bus_event *event, struct turn turn);
void hooks_tick(struct hooks *hooks, struct turn turn);
void hooks_flush(struct hooks *hooks, struct turn turn);
struct mono hooks_due(const struct hooks *hooks, struct turn turn);
void hooks_status(const struct hooks *hooks, struct status *out);

#endif
