/* SPDX-License-Identifier: MIT
 *
 * hook_event: what outsiders are told, as CloudEvents 1.0 in structured JSON (schemas/json/event.schema.json). Ids,
 * kinds and times; never a name, an address, a telephone number, a note or the reason of an alert, which tells of
 * somebody's life. The same cause gives the same id and the same bytes.
 */
#ifndef CURTAIN_GATEWAY_HOOK_EVENT_H
#define CURTAIN_GATEWAY_HOOK_EVENT_H

#include "base/buf.h"
#include "message/message.h"

#define HOOK_EVENT_ID_BYTES 192
#define HOOK_EVENT_TYPE_BYTES 64
#define HOOK_EVENT_BYTES_MAX 65536

struct hook_event {
	char id[HOOK_EVENT_ID_BYTES];
	char type[HOOK_EVENT_TYPE_BYTES];
	char key[ID_BYTES]; /* what it is about, a household or a channel: events of one key go in order; "" = stands in
			       none */
	char community[ID_BYTES]; /* "" = of none */
	enum alert_level level;   /* ALERT_LEVEL_COUNT: has none */
	struct wall at;
	struct buf body; /* the CloudEvent */
};

void hook_event_init(struct hook_event *event);
void hook_event_fini(struct hook_event *event);

/* Each fills an event that was initialised; its body's failure, if any, is the result. */

/* hook_event_incident: incident.raised, incident.accepted ...; producer is the dispatcher. */
enum err hook_event_incident(
	const struct incident *incident, const char *producer, struct hook_event *out) ERR_MUST_CHECK;
/* hook_event_errand: visit.opened, task.done, service.agreed ...; without the answers of a checklist and the finding
 * behind a task, which tell of somebody's life. */
enum err hook_event_errand(const struct errand *errand, const char *producer, struct hook_event *out) ERR_MUST_CHECK;
/* hook_event_outage: outage.down, outage.throttled, outage.over (then over is set, and outage says which is over). */
enum err hook_event_outage(
	const struct outage *outage, bool over, struct wall at, struct hook_event *out) ERR_MUST_CHECK;
/* hook_event_statistics: statistics.daily; day is "2026-03-01", figures the JSON that records gave. */
enum err hook_event_statistics(const char *instance, const char *day, const char *figures, struct wall at,
	struct hook_event *out) ERR_MUST_CHECK;
/* hook_event_test: webhook.test; number tells trials apart. */
enum err hook_event_test(const char *instance, uint64_t number, struct wall at, struct hook_event *out) ERR_MUST_CHECK;

#endif
