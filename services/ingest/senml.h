/* SPDX-License-Identifier: MIT
 *
 * senml: RFC 8428 packs resolved record by record (section 4.6), and what their names and units mean here.
 */
#ifndef CURTAIN_INGEST_SENML_H
#define CURTAIN_INGEST_SENML_H

#include "base/clock.h"
#include "jq/json_tree.h"
#include "ingest/map_value.h"
#include "message/message.h"

#define SENML_NAME_BYTES 160
#define SENML_UNIT_BYTES 24
#define SENML_REASON_BYTES 120

/* senml: a reader over one pack. now is what relative times count from. */
struct senml {
	const struct json_tree *tree;
	uint32_t next; /* index of the record to come; 0 = none */
	unsigned number;
	bool several; /* the pack has several base names: each is a device */
	struct wall now;
	char base_name[SENML_NAME_BYTES], base_unit[SENML_UNIT_BYTES];
	double base_time, base_value, base_sum;
};

struct senml_record {
	char name[SENML_NAME_BYTES]; /* bn + n */
	size_t own;                  /* where n begins in name */
	char unit[SENML_UNIT_BYTES];
	struct map_value value; /* v (with bv), vb, vs, or s (with bs) if there is no other */
	struct wall at;         /* WALL_NONE: no time was said, arrival counts */
};

enum senml_step { SENML_RECORD, SENML_END, SENML_FAILED };

/* senml_begin begins a pack. false: it is no array of objects, or of a newer version than 10. */
bool senml_begin(
	struct senml *senml, const struct json_tree *tree, struct wall now, char out_reason[SENML_REASON_BYTES]);

/* senml_next gives the next record that has a value. A record that is wrong is SENML_FAILED with its reason; the next
 * call goes on behind it. A time under 2^28 is relative to now, as the RFC has it. */
enum senml_step senml_next(struct senml *senml, struct senml_record *out, char out_reason[SENML_REASON_BYTES]);

/* senml_meaning says what a record tells. The last part of its name (after / or :) is the quantity if it is one's name;
 * else the unit tells where it leaves no doubt (Cel, %RH, lx, V, A, W, Wh, J, hPa, Pa, %EL, dBm, dBW, beat/min, dB; "/"
 * and 1: level). device: from_topic if that is given, with the parts of n before the quantity as channel; else the name
 * before the quantity (all of it, if the unit told). false: out_reason says "unknown_quantity: ..." or "bad_device:
 * ...". */
bool senml_meaning(const struct senml_record *record, const char *from_topic, enum quantity *out_quantity,
	char out_device[DEVICE_BYTES], char out_channel[CHANNEL_BYTES], char out_reason[SENML_REASON_BYTES]);

#endif
