/* SPDX-License-Identifier: MIT
 *
 * observation: what a profile made of a vendor's message: one value of one device, before ingest's core has compared it
 * with what that device said earlier. A plain value; the boundary between map (knows JSON and jq) and core (knows
 * neither).
 */
#ifndef CURTAIN_INGEST_OBSERVATION_H
#define CURTAIN_INGEST_OBSERVATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "message/message.h"

/* How often a state counts: on each message, or only when the value differs from the last one of this device. */
enum observation_edge { EDGE_EVERY, EDGE_CHANGE };

/* What a retained message (a stored state that the broker replays) may be taken for. */
enum observation_retained {
	RETAINED_STATE, /* it sets the known state and is a reading marked retained, never an event or alarm */
	RETAINED_IGNORE /* it is passed over */
};

struct observation {
	char profile[WORD_BYTES]; /* profile and entry name, for people */
	char entry[WORD_BYTES];
	char device[DEVICE_BYTES];
	char channel[CHANNEL_BYTES];
	enum quantity quantity;
	double value; /* canonical unit, finite, within the quantity's range */
	char text[WORD_BYTES];
	struct wall at; /* WALL_NONE: no time of its own, arrival counts */
	bool retained;  /* the broker said so */
	enum observation_edge edge;
	enum observation_retained retained_as;
	int64_t dedupe_ms;  /* the same value again within this time is one message; 0 = off */
	int64_t expires_ms; /* older than this on arrival: a record of the past, never an alarm; 0 = the core's default
			     */
};

#endif
