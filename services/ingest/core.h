/* SPDX-License-Identifier: MIT
 *
 * core: what ingest knows about devices: whose they are, what may be processed, what they said last. Pure: observations
 * and directory entries in, readings, alerts and rejects out. Household habits are the detector's business.
 */
#ifndef CURTAIN_INGEST_CORE_H
#define CURTAIN_INGEST_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "ingest/observation.h"
#include "message/message.h"

struct ingest_core_config {
	int64_t future_ms;     /* device time further ahead of now than this: wrong clock; arrival time is used, device
				  named */
	int64_t past_ms;       /* older than this: wrong clock, rejected with reason "clock" */
	int64_t alarm_past_ms; /* an alarm older than this is a record, not a call for help (default 24 h) */
	int64_t event_window_ms; /* the same SOS or fall of one device again within this time joins the first alert
				    (default 30 s) */
	int64_t silent_ms;       /* a device unheard for this long is a maintenance task; 0 = off.
				  * Never one in place "phone": it speaks when it is used */
	double battery_low;      /* percent; below: maintenance task, again above battery_low + 10: cleared */
	uint32_t devices_max;    /* bound on tracked (device, channel, quantity) states; registered devices only */
};

enum ingest_reject {
	INGEST_UNKNOWN_DEVICE, /* not in the directory */
	INGEST_NO_CONSENT,     /* the household has not agreed to this quantity */
	INGEST_DUPLICATE, /* within the de-duplication window, or the same (device, channel, quantity, at): counted, not
			     kept */
	INGEST_UNCHANGED, /* edge: change, and nothing changed: counted, not kept */
	INGEST_RETAINED,  /* retained_as ignore: counted, not kept */
	INGEST_CLOCK,     /* the device's clock is years off */
	INGEST_FULL,      /* devices_max reached */
	INGEST_REJECT_COUNT
};

enum ingest_effect_kind { INGEST_READING, INGEST_ALERT, INGEST_REJECT };

struct ingest_effect {
	enum ingest_effect_kind kind;
	union {
		struct reading reading;
		struct alert alert;
		enum ingest_reject reject;
	} as;
};

#define INGEST_EFFECTS_MAX 8 /* of one observation */

struct ingest_effects {
	unsigned count;
	struct ingest_effect items[INGEST_EFFECTS_MAX];
};

struct ingest_core;

enum err ingest_core_create(
	const struct ingest_core_config *config, struct ingest_core **out_core, struct errinfo *info) ERR_MUST_CHECK;
void ingest_core_destroy(struct ingest_core *core);
/* ingest_core_entry takes a directory entry (device, household, consent; others are passed over). A tombstone forgets,
 * its device states included; so does the move of a device to another household: what it said is the former home's. The
 * tombstone of a household ends its consent. */
enum err ingest_core_entry(struct ingest_core *core, const struct entry *entry) ERR_MUST_CHECK;
/* ingest_feed takes one observation at now; ERR_NOMEM is its only failure. What it decides, in this order:
 *
 * Consent: in force now and at the reading's own time, for its quantity; else nothing is processed, calls for help
 *   included. That a device spoke at all is noted as soon as the household has any consent.
 * Clock: a time ahead by more than future_ms is replaced by arrival; one older than past_ms (or before 1970) is
 *   rejected. Either names the device once (maintenance alert, rule "clock"), until a right time clears it. A call for
 *   help whose time is too old AND before 2020 comes from a device that lost its clock (battery changed): arrival
 *   counts, and help is called. A retained value that is too old is INGEST_RETAINED and no fault of the clock.
 * Names: (device, channel, quantity, at) names a reading for ever. The name and value of the last one again is
 *   INGEST_DUPLICATE; another value at the same time (devices with a resolution of a second), or a second arrival in
 *   one turn, gets the next free ms.
 * Order: a reading older than the last one is late: no delta, no edge, no change of the known state.
 * Counters: delta and since come from the last reading of the same (device, channel, quantity). A step back is a
 *   roll-over (the last value stood within 1% below a power of ten from 100 on or 2^32, the new one is within 1% of it
 *   above zero: delta goes across), a fault (less than a tenth back: delta unknown, the baseline stays; the third in a
 *   row is a replacement) or a replacement (anything lower: a new baseline, delta unknown). A retained value has no
 *   delta; the next fresh one gets it all.
 * Alarms (quantity_info.alarm): a state that becomes true, or is freshly reported true while no alert of it is open,
 *   raises an alert; false clears it. A retained one raises only against a known false. SOS and FALL raise on each
 *   message, late ones too, except within event_window (or the profile's dedupe, if that is longer) of the last alert's
 *   onset; EDGE_CHANGE does not silence them. What is reason for an alert is never a duplicate. Past alarms (older than
 *   expires_ms, else alarm_past_ms) are readings. A full table rejects readings, never alarms. */
enum err ingest_feed(struct ingest_core *core, const struct observation *observation, struct wall now,
	struct ingest_effects *out) ERR_MUST_CHECK;
/* ingest_tick raises and clears maintenance alerts that time brings, and clears those of devices that left: to be
 * called after directory entries and before the state is stored, again while out->count == INGEST_EFFECTS_MAX. */
enum err ingest_tick(struct ingest_core *core, struct wall now, struct ingest_effects *out) ERR_MUST_CHECK;
struct wall ingest_due(const struct ingest_core *core);

/* State for the store: ingest_dirty gives each state changed since the last call as (key, blob); length 0 = forgotten.
 * ingest_restore takes one back, after the directory: ERR_VERSION for a blob of another version, ERR_CORRUPT for a
 * broken one, ERR_NOT_FOUND when its device is not (or no longer) in the directory, ERR_FULL beyond devices_max; length
 * 0 forgets. */
#define INGEST_STATE_BYTES_MAX 256
struct ingest_state {
	char key[DEVICE_BYTES + CHANNEL_BYTES + WORD_BYTES];
	size_t length;
	unsigned char blob[INGEST_STATE_BYTES_MAX];
	uint32_t slot; /* set by ingest_dirty: a small number of this state while it lives; of a forgotten one, the
			  number that it had and that another may have taken since */
};
#define INGEST_NO_SLOT UINT32_MAX
bool ingest_dirty(struct ingest_core *core, struct ingest_state *out_state);
enum err ingest_restore(struct ingest_core *core, const struct ingest_state *state) ERR_MUST_CHECK;
/* ingest_slot finds a state by its key, INGEST_NO_SLOT if there is none; ingest_refresh marks it dirty (ERR_NOMEM), so
 * that the store can copy it forward before it drops an old copy. */
uint32_t ingest_slot(const struct ingest_core *core, const char *key);
enum err ingest_refresh(struct ingest_core *core, uint32_t slot) ERR_MUST_CHECK;

const char *ingest_reject_name(enum ingest_reject reject);
int64_t ingest_count(const struct ingest_core *core, enum ingest_reject reject);

/* What else is worth counting. */
enum ingest_tally {
	INGEST_LATE,
	INGEST_ROLLED_OVER,
	INGEST_REPLACED,
	INGEST_STEP_BACK,
	INGEST_JOINED,
	INGEST_ALARM_PAST,
	INGEST_CLOCK_WRONG,
	INGEST_TALLY_COUNT
};
const char *ingest_tally_name(enum ingest_tally tally);
int64_t ingest_tally(const struct ingest_core *core, enum ingest_tally tally);

/* ingest_sizes gives how many devices the directory names and how many states are tracked. */
void ingest_sizes(const struct ingest_core *core, uint32_t *out_devices, uint32_t *out_states);

#endif
