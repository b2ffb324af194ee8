/* SPDX-License-Identifier: MIT
 *
 * items: the decoders of messages that travel inside lane batches. For batch.c alone.
 */
#ifndef CURTAIN_CODEC_ITEMS_H
#define CURTAIN_CODEC_ITEMS_H

#include <jansson.h>

#include "codec/codec.h"

enum err reading_from_json(const json_t *json, struct reading *out, struct errinfo *info) ERR_MUST_CHECK;
enum err alert_from_json(const json_t *json, struct alert *out, struct errinfo *info) ERR_MUST_CHECK;
enum err incident_from_json(const json_t *json, struct incident *out, struct errinfo *info) ERR_MUST_CHECK;
enum err errand_from_json(const json_t *json, struct errand *out, struct errinfo *info) ERR_MUST_CHECK;
enum err entry_from_json(const json_t *json, struct entry *out, struct errinfo *info) ERR_MUST_CHECK;

/* plain_readings reads a whole batch of readings that stands exactly as the encoders write it; *out_readings
 * (out_head->count of them) is the caller's, to be freed. false: it does not, or memory ran out; ask the strict
 * decoder. */
bool plain_readings(const char *json, size_t length, struct lane_batch *out_head, struct reading **out_readings);

/* CODEC_DECODE defines codec_X_decode by X_from_json. */
#define CODEC_DECODE(type)                                                                                             \
	enum err codec_##type##_decode(const char *json, size_t length, struct type *out, struct errinfo *info)        \
	{                                                                                                              \
		json_t *root;                                                                                          \
		enum err err = fields_load(json, length, CODEC_MESSAGE_BYTES_MAX, &root, info);                        \
		if (err)                                                                                               \
			return err;                                                                                    \
		err = type##_from_json(root, out, info);                                                               \
		json_decref(root);                                                                                     \
		return err;                                                                                            \
	}

/* quantities_to_json and back: sets of quantities as arrays of names. */
struct buf;
struct fields;
void quantities_to_json(struct buf *out, const char *key, uint64_t set);
void quantities_from_json(struct fields *fields, const char *key, bool required, uint64_t *out);

#endif
