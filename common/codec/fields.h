/* SPDX-License-Identifier: MIT
 *
 * fields: strict reading of one JSON object, shared by the decoders. Each getter takes one member; fields_done finds
 * what nobody took. The first fault is kept, later getters do nothing, so a decoder checks once at its end.
 * Getters named _if leave *out as it was when the member is missing.
 */
#ifndef CURTAIN_CODEC_FIELDS_H
#define CURTAIN_CODEC_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

#define FIELDS_MAX 32

struct fields {
	const json_t *object;
	struct errinfo *info;
	const char *what; /* the message's name, for errors */
	const char *taken[FIELDS_MAX];
	unsigned taken_count, present_count;
	enum err err;
};

/* fields_load parses length bytes (at most limit) as one JSON object without duplicate keys; release with json_decref.
 */
enum err fields_load(
	const char *json, size_t length, size_t limit, json_t **out_root, struct errinfo *info) ERR_MUST_CHECK;
/* fields_no_json turns jansson's complaint into ours: ERR_INVALID with the place, ERR_NOMEM (of which jansson says
 * nothing). */
enum err fields_no_json(const json_error_t *error, struct errinfo *info);
void fields_open(struct fields *fields, const json_t *object, const char *what, struct errinfo *info);
/* fields_done gives the first fault, unknown members included. */
enum err fields_done(struct fields *fields) ERR_MUST_CHECK;
void fields_fail(struct fields *fields, const char *key, const char *fault);

const json_t *fields_get(struct fields *fields, const char *key, bool required);
void fields_text(struct fields *fields, const char *key, char *out, size_t size);
void fields_text_if(struct fields *fields, const char *key, char *out, size_t size);
void fields_int(struct fields *fields, const char *key, int64_t min, int64_t max, int64_t *out);
void fields_int_if(struct fields *fields, const char *key, int64_t min, int64_t max, int64_t *out);
void fields_number(struct fields *fields, const char *key, double *out);
void fields_number_if(struct fields *fields, const char *key, double *out);
void fields_bool_if(struct fields *fields, const char *key, bool *out);
void fields_wall(struct fields *fields, const char *key, struct wall *out);
void fields_wall_if(struct fields *fields, const char *key, struct wall *out);
/* fields_parse_wall reads RFC 3339 with a 'T' from 1970 on. */
enum err fields_parse_wall(const json_t *value, struct wall *out) ERR_MUST_CHECK;

/* FIELDS_WORD(fields, "kind", alert_kind, &out->kind): an enum by its *_find function; FIELDS_WORD_IF: optional. */
#define FIELDS_WORD(fields, key, type, out) FIELDS_WORD_GET(fields, key, type, out, fields_text)
#define FIELDS_WORD_IF(fields, key, type, out) FIELDS_WORD_GET(fields, key, type, out, fields_text_if)
#define FIELDS_WORD_GET(fields, key, type, out, get)                                                                   \
	do {                                                                                                           \
		char word_[32] = "";                                                                                   \
		get(fields, key, word_, sizeof word_);                                                                 \
		if (*word_ && type##_find(word_, out))                                                                 \
			fields_fail(fields, key, "is none of its words");                                              \
		else if (!*word_ && get == fields_text)                                                                \
			fields_fail(fields, key, "is empty");                                                          \
	} while (0)

/* Checks that encoders and decoders share: each sets *fault to a constant text if it is NULL and the value is bad. */
void check_id(const char **fault, const char *text, const char *otherwise);
void check_id_if(const char **fault, const char *text, const char *otherwise);
void check_label(const char **fault, const char *text, const char *otherwise);
void check_text_if(const char **fault, const char *text, const char *otherwise); /* "" or a label */
void check_wall(const char **fault, struct wall t, const char *otherwise);
void check_wall_if(const char **fault, struct wall t, const char *otherwise);
void check_true(const char **fault, bool good, const char *otherwise);

/* For tools that show what a service answered: a time, WALL_NONE where there is none; a text, cut, "" where there is
 * none. */
struct wall fields_wall_or_none(const json_t *object, const char *name);
void fields_text_or_empty(const json_t *object, const char *name, char *out, size_t size);

#endif
