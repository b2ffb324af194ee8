/* SPDX-License-Identifier: MIT
 *
 * metrics: what the services say of themselves on curtain/status, and the gateway of itself, in the text exposition
 * format of Prometheus (version 0.0.4). Pure.
 */
#ifndef CURTAIN_GATEWAY_METRICS_H
#define CURTAIN_GATEWAY_METRICS_H

#include "base/buf.h"
#include "message/message.h"

#define METRICS_INSTANCES_MAX 64

/* metrics: the latest status of each instance. */
struct metrics {
	unsigned count;
	struct status statuses[METRICS_INSTANCES_MAX];
};

/* metrics_take keeps a status; ERR_FULL beyond METRICS_INSTANCES_MAX instances. */
enum err metrics_take(struct metrics *metrics, const struct status *status) ERR_MUST_CHECK;
/* metrics_is_up: an instance of this service was heard within fresh_ms and is not down. */
bool metrics_is_up(const struct metrics *metrics, const char *service, struct wall now, int64_t fresh_ms);
/* metrics_write appends the exposition: for each service curtain_<service>_<counter>_total of what only grows and
 * curtain_<service>_<counter> of what goes up and down, and for each instance curtain_up, curtain_lag_seconds,
 * curtain_outbox_batches, curtain_status_age_seconds. */
enum err metrics_write(const struct metrics *metrics, struct wall now, struct buf *out);

#endif
