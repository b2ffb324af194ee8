/* SPDX-License-Identifier: MIT
 *
 * Recorded time: messages come first, then the clock that they happened up to. They wait for it in memory, and as long
 * as one waits nothing is acknowledged (a kill then loses nothing). A clock that does not come, or a broker that lets
 * fewer messages be on their way than come between two ticks, ends the wait: they are taken at the old time.
 */
#include "ingest/ingest.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "codec/codec.h"

#define REPLAY_WAITING_MAX 1000
#define REPLAY_WAIT_US 8000000 /* well within the keep-alive, whose pings wait as well */

void replay_keep(struct ingest *ingest, const struct intake_message *m)
{
	size_t topic = strlen(m->topic) + 1, response = strlen(m->response_topic) + 1;
	struct waiting *waiting = malloc(sizeof *waiting + topic + response + m->length + m->correlation_length);

	if (!waiting) {
		ingest_fail(ingest, ERR_NOMEM, "message_not_kept", NULL);
		return;
	}
	char *at = waiting->bytes;
	waiting->next = NULL;
	waiting->message = *m;
	waiting->message.topic = memcpy(at, m->topic, topic);
	waiting->message.response_topic = memcpy(at += topic, m->response_topic, response);
	waiting->message.payload = memcpy(at += response, m->payload, m->length);
	at += m->length;
	if (m->correlation_length)
		memcpy(at, m->correlation, m->correlation_length);
	waiting->message.correlation = at;
	if (!ingest->waiting)
		ingest->waiting_since = ingest->turn.mono;
	*ingest->waiting_last = waiting;
	ingest->waiting_last = &waiting->next;
	ingest->waiting_count++;
}

/* take_out gives the first that waits; the caller frees it. */
static struct waiting *take_out(struct ingest *ingest)
{
	struct waiting *waiting = ingest->waiting;

	if (!waiting)
		return NULL;
	ingest->waiting = waiting->next;
	ingest->waiting_count--;
	if (!ingest->waiting)
		ingest->waiting_last = &ingest->waiting;
	return waiting;
}

static void release(struct ingest *ingest)
{
	struct waiting *waiting;

	while ((waiting = take_out(ingest))) {
		(void)ingest_accept(ingest, &waiting->message); /* a failure is noted there */
		free(waiting);
	}
}

/* replay_move: what came before this tick happened up to it: it is taken at the new time. */
void replay_move(struct ingest *ingest, const struct intake_message *m)
{
	struct errinfo info = {0};
	struct wall at;

	if (codec_clock_decode(m->payload, m->length, &at, &info)) {
		log_warning("bad_clock", "cause", info.text);
		return;
	}
	service_set_clock(ingest->service, at);
	if (at.ms > ingest->turn.wall.ms)
		ingest->turn.wall = at;
	release(ingest);
	ingest->beat = ingest->dirty = true;
}

void replay_tick(struct ingest *ingest)
{
	if (!ingest->waiting || (ingest->waiting_count < REPLAY_WAITING_MAX &&
					ingest->turn.mono.us - ingest->waiting_since.us < REPLAY_WAIT_US))
		return;
	log_warning("replay_clock_is_late", "waiting", log_number(ingest->waiting_count));
	release(ingest);
}

/* replay_disconnected: what was not acknowledged comes again. */
void replay_disconnected(struct ingest *ingest)
{
	struct waiting *all = ingest->waiting;

	ingest->waiting = NULL;
	ingest->waiting_last = &ingest->waiting;
	ingest->waiting_count = 0;
	while (all) {
		struct waiting *waiting = all;
		all = all->next;
		if (waiting->message.qos) {
			free(waiting);
			continue;
		}
		waiting->next = NULL;
		*ingest->waiting_last = waiting;
		ingest->waiting_last = &waiting->next;
		ingest->waiting_count++;
	}
}

void replay_close(struct ingest *ingest)
{
	struct waiting *waiting;

	while ((waiting = take_out(ingest)))
		free(waiting);
}
