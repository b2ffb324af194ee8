/* SPDX-License-Identifier: MIT
 *
 * channel_people: how each volunteer wishes to be reached: which channels in which order, their addresses there, their
 * language. One YAML file (docs/channels.md), readable by the service alone; who is not in it has the default order,
 * Chinese, and the telephone number of the registry.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_PEOPLE_H
#define CURTAIN_DISPATCHER_CHANNEL_PEOPLE_H

#include "dispatcher/channel/channel_file.h"

#define CHANNEL_ADDRESSES_MAX 6
#define CHANNEL_NOTICES (CHANNEL_KIND_COUNT - ALERT_KIND_COUNT) /* duty, visit, task, service */
#define CHANNEL_PEOPLE_BYTES_MAX (4u << 20)

/* channel_order: channels to a person, in the order in which they are tried. */
struct channel_order {
	bool said; /* else another one holds: the person's, the file's */
	unsigned count;
	uint8_t channels[CHANNEL_ROUTE_MAX];
};

struct channel_person {
	char user[ID_BYTES];
	enum channel_language language;
	struct channel_order order;
	struct channel_order about[CHANNEL_NOTICES]; /* of notices of each kind; alerts take order */
	unsigned address_count;
	unsigned quiet_count; /* nothing but a life or an alarm is sent then; it waits for the end */
	struct channel_quiet quiet[CHANNEL_QUIET_MAX];
	struct channel_value addresses[CHANNEL_ADDRESSES_MAX];
};

struct channel_people {
	uint32_t count;
	struct channel_person *persons; /* by user */
};

/* channel_people_load reads file ("" = nobody). ERR_DENIED if others may read it. */
enum err channel_people_load(const char *file, const struct channel_set *set, struct channel_people *out,
	struct errinfo *info) ERR_MUST_CHECK;
void channel_people_fini(struct channel_people *people);
/* channel_people_find gives a volunteer's wishes, NULL if the file has none. */
const struct channel_person *channel_people_find(const struct channel_people *people, const char *user);

#endif
