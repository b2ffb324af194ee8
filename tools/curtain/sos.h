/* SPDX-License-Identifier: MIT
 *
 * sos: a call for help like one of the household's own "1" key: its handset (records gives every household one) as
 * SenML on the native intake, with a receipt. The call is sent again after each new connection until the receipt has
 * come. The incident is found by its retained snapshot; what else happens to an incident that was open before is told
 * apart by its alerts.
 */
#ifndef CURTAIN_TOOL_SOS_H
#define CURTAIN_TOOL_SOS_H

#include <stdbool.h>

#include "client.h"
#include "message/message.h"

#define SOS_OPEN_MAX 16 /* incidents of one household that are open already; there should be one at most */

/* sos: the pointers belong to the caller. */
struct sos {
	const char *household;
	int64_t timeout_ms; /* for the receipt, and again for the incident */
	char device[DEVICE_BYTES], topic[256], receipts[160];
	struct incident open[SOS_OPEN_MAX]; /* before the call */
	unsigned open_count;
	bool called;
	bool sees; /* the account may read incidents */
	struct mono sent;
	struct wall sent_at;
	int64_t receipt_us, incident_us; /* after sent; below 0: did not come */
	struct incident incident;        /* that the call opened or joined */
};

/* sos_init: ERR_INVALID for what is no household's id. */
enum err sos_init(struct sos *sos, const char *household, const struct connection *connection,
	struct errinfo *info) ERR_MUST_CHECK;
/* sos_run calls and waits; ERR_OK also when receipt or incident did not come in time. */
enum err sos_run(struct sos *sos, struct client *client, struct errinfo *info) ERR_MUST_CHECK;

#endif
