/* SPDX-License-Identifier: MIT
 *
 * notice: how a notice leaves: at its reader's topic, curtain/volunteer/<user>/notice, and over channels as they wish.
 */
#ifndef CURTAIN_DISPATCHER_NOTICE_H
#define CURTAIN_DISPATCHER_NOTICE_H

#include <stdbool.h>

#include "dispatcher/channel/channels.h"
#include "dispatcher/post.h"

/* notice_tell puts it into the caller's transaction; to_team: for the team's group channels, too. */
enum err notice_tell(struct post *post, struct channels *channels, const struct duty_notice *notice, bool to_team,
	struct errinfo *info) ERR_MUST_CHECK;

#endif
