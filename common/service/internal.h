/* SPDX-License-Identifier: MIT
 *
 * internal: what the files of this module share. Nothing else includes it.
 */
#ifndef CURTAIN_SERVICE_INTERNAL_H
#define CURTAIN_SERVICE_INTERNAL_H

#include "service/command.h"
#include "service/service.h"

#define SERVICE_WATCHES_MAX 64
#define STATUS_TOPIC_BYTES (ID_BYTES * 3)

struct watch {
	int fd; /* -1 = free */
	enum err (*ready)(void *state, bool readable, bool writable, struct turn turn);
};

struct service {
	const struct service_definition *definition;
	const struct command *command;
	void *settings;
	const struct service_common *common;
	void *state;
	struct bus *bus;
	int epoll, signals;
	struct watch watches[SERVICE_WATCHES_MAX];
	struct wall started, replay_clock;
	struct mono status_due, stop_by;
	bool stopping, publish_status, reload, connected;
	char refused[96];             /* why the last attempt to connect failed; "" = it did not */
	enum status_state last_state; /* that was logged */
};

/* status_fill gives the status as it is now, the service's own part included. */
void status_fill(const struct service *service, struct status *out, struct wall now);
void status_topic(const struct service *service, char out[STATUS_TOPIC_BYTES]);
/* status_send publishes it and leaves it for --healthcheck. */
void status_send(struct service *service, struct wall now);
/* status_say_down publishes the last word: a clean disconnect sends no will. */
void status_say_down(const struct service *service);
/* status_check_health reads what the running service left: fresh, connected and not on its way out. Gives the exit
 * status. */
int status_check_health(const struct service_common *common);

#endif
