/* SPDX-License-Identifier: MIT
 *
 * ask: one question to one service and its answer, for commands that do no more than that.
 */
#ifndef CURTAIN_TOOL_ASK_H
#define CURTAIN_TOOL_ASK_H

#include "base/buf.h"
#include "base/err.h"
#include "options.h"

/* ASK_OWN_ROW: the row of option --own, for commands whose question may be asked for oneself; value is a bool *. */
#define ASK_OWN_ROW(value)                                                                                             \
	{                                                                                                              \
		"own", OPTION_FLAG, (value), 0, 0, NULL, "for oneself, under a volunteer's own account (--user)"       \
	}

/* ask_begin opens the arguments; members are put between it and ask_service, which closes them. */
void ask_begin(struct buf *args);
/* ask_service asks service/method and gives the answer (JSON, to free()); args is released. Otherwise what went wrong;
 * *out_refused: it was the service's own answer. */
enum err ask_service(const struct connection *connection, const char *service, const char *method, struct buf *args,
	char **out_answer, bool *out_refused, struct errinfo *info) ERR_MUST_CHECK;

#endif
