/* SPDX-License-Identifier: MIT
 *
 * map_expr: one expression of a profile. Plain paths (`.a.b`, `."x y"`, `.a[0]`, `.a?`, `$topic.device`), constants
 * (`1`, `"x"`, `true`) and comparisons of a path with a constant (`.a == "x"`, `.a != null`), also joined by `and`, are
 * read here, in well under a microsecond and with jq's meaning; all else is jq's.
 */
#ifndef CURTAIN_INGEST_MAP_EXPR_H
#define CURTAIN_INGEST_MAP_EXPR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "jq/json_tree.h"
#include "ingest/map_topic.h"
#include "ingest/map_value.h"
#include "jq/program.h"

#define EXPR_STEPS_MAX 12
#define EXPR_TERMS_MAX 8

struct expr_step {
	const char *key; /* NULL: index */
	uint32_t length;
	int32_t index;
	bool optional; /* `?`: what is no object or array gives nothing, not an error */
};

struct expr_path {
	bool topic; /* begins at $topic, else at the payload */
	uint8_t count;
	struct expr_step steps[EXPR_STEPS_MAX];
};

struct expr_term {
	struct expr_path path;
	bool not_equal;
	struct map_value constant;
};

enum expr_kind { EXPR_NONE, EXPR_CONSTANT, EXPR_PATH, EXPR_COMPARE, EXPR_PROGRAM };

struct expr {
	enum expr_kind kind;
	uint32_t number;         /* EXPR_PROGRAM: in the map's program */
	uint8_t term_count;      /* EXPR_COMPARE */
	struct expr_term *terms; /* EXPR_PATH and EXPR_CONSTANT use the first */
	char *bytes;             /* the keys, unescaped */
};

/* expr_source: what expressions are evaluated over. */
struct expr_source {
	struct program *program;
	const struct json_tree *tree; /* NULL: the payload is `root` */
	struct map_value root;        /* format text or number */
	const char *root_text;        /* of a root that is a text, whole */
	const struct topic *topic;
	const struct topic_pattern *pattern;
	jv payload, topic_object; /* made when jq first needs them; invalid before */
};

/* expr_parse reads text into out; false: it is for jq, out is untouched. */
bool expr_parse(const char *text, struct expr *out);
/* expr_constant makes an expression of a fixed text. ERR_NOMEM. */
enum err expr_constant(const char *text, struct expr *out) ERR_MUST_CHECK;
void expr_fini(struct expr *expr);

/* expr_source_jv gives the payload as jq's value, expr_source_topic $topic; the caller's to free. */
jv expr_source_jv(struct expr_source *source);
jv expr_source_topic(struct expr_source *source);
/* expr_source_next_pattern forgets what depends on the pattern; expr_source_fini frees all. */
void expr_source_next_pattern(struct expr_source *source, const struct topic_pattern *pattern);
void expr_source_fini(struct expr_source *source);

/* expr_eval gives the first output of expr; none is null. false: it failed, out_reason begins with "jq". */
bool expr_eval(const struct expr *expr, struct expr_source *source, struct map_value *out,
	char out_reason[PROGRAM_REASON_BYTES]);
/* expr_true gives whether expr's first output is neither null nor false. false: it failed. */
bool expr_true(const struct expr *expr, struct expr_source *source, bool *out, char out_reason[PROGRAM_REASON_BYTES]);

#endif
