/* SPDX-License-Identifier: MIT
 *
 * hook_file: bridge.yaml (docs/webhooks.md, docs/bridge.md): who outside is told what, when the day's figures are made,
 * and what is fetched from another platform. A fault names file, line, column and key; jq programs are compiled here,
 * so a fault in one is known at the start.
 */
#ifndef CURTAIN_GATEWAY_HOOK_FILE_H
#define CURTAIN_GATEWAY_HOOK_FILE_H

#include "base/err.h"
#include "gateway/hook.h"
#include "jq/program.h"
#include "message/message.h"
#include "web/compose.h"

#define HOOK_FILE_BYTES_MAX 262144
#define HOOK_URL_BYTES 512
#define HOOK_VALUES_MAX 8
#define HOOK_VALUE_BYTES 256
#define HOOK_TYPES_MAX 16
#define HOOK_TYPE_BYTES 64
#define HOOK_COMMUNITIES_MAX 64
#define HOOK_PULLS_MAX 8
#define HOOK_NO_PROGRAM UINT32_MAX

enum hook_sign { HOOK_UNSIGNED, HOOK_STANDARD_WEBHOOKS, HOOK_HMAC_SHA256 };

enum hook_program {
	HOOK_JQ_BODY,      /* of the event: what is sent */
	HOOK_JQ_SIGN_TEXT, /* of the call: the text that hmac-sha256 signs */
	HOOK_JQ_QUERY,     /* of the call: parameters of the address, an object */
	HOOK_JQ_HEADERS,   /* of the call: an object */
	HOOK_JQ_SUCCESS,   /* of the answer {status, body}: true or not; without it 200 to 299 */
	HOOK_JQ_ROWS,      /* of the answer {status, body, page}: {kind: [row...]} as a ledger has them */
	HOOK_JQ_NEXT,      /* of the same: what the next page is asked for with; null = this was the last */
	HOOK_JQ_COUNT
};

struct hook_value {
	char name[WORD_BYTES];
	char value[HOOK_VALUE_BYTES];
};

/* hook_target: where calls go and how they are made. */
struct hook_target {
	char name[WORD_BYTES];
	char url[HOOK_URL_BYTES], method[8];
	enum web_format format;
	enum hook_sign sign;
	bool base64; /* hmac-sha256 as base64, not hex */
	int64_t timeout_ms;
	uint32_t programs[HOOK_JQ_COUNT];
	unsigned secret_count, var_count;
	struct hook_value secrets[HOOK_VALUES_MAX], vars[HOOK_VALUES_MAX];
};

struct hook_subscriber {
	struct hook_target target;
	struct hook_rule rule;
	unsigned type_count, community_count;
	char types[HOOK_TYPES_MAX][HOOK_TYPE_BYTES]; /* with a star at the end: all that begin so */
	char communities[HOOK_COMMUNITIES_MAX][ID_BYTES];
	uint8_t levels; /* bit mask of enum alert_level */
};

/* hook_hour: each day at a time of a zone, or every so often. */
struct hook_hour {
	bool wanted;
	int32_t at_min;   /* after local midnight; -1: every_ms */
	int64_t every_ms; /* at least a minute */
	char zone[64];
	struct zone *place; /* of zone */
};

struct hook_pull {
	struct hook_target target;
	struct hook_hour hour;
	char account[ID_BYTES]; /* in whose name rows are imported */
	bool by_row;            /* good rows come in where others are wrong */
	bool take_conflicts;    /* the platform's row wins over a change made here */
	int64_t pages_max;
};

struct hook_set {
	unsigned subscriber_count, pull_count;
	struct hook_subscriber *subscribers; /* HOOK_SUBSCRIBERS_MAX */
	struct hook_pull *pulls;             /* HOOK_PULLS_MAX */
	struct hook_hour statistics;
	char statistics_account[ID_BYTES];
	struct program *program;
};

/* hook_set_load reads file. with_secrets false: each secret is "SECRET-" and its name. hook_set_fini after success;
 * after a failure too it is harmless. */
enum err hook_set_load(const char *file, bool with_secrets, struct hook_set *out, struct errinfo *info) ERR_MUST_CHECK;
void hook_set_fini(struct hook_set *set);
/* hook_value_find gives the value of a name, "" if there is none. */
const char *hook_value_find(const struct hook_value *values, unsigned count, const char *name);
/* hook_wants says whether the subscriber takes an event. community "" and level ALERT_LEVEL_COUNT: the event has none;
 * then these filters do not count. */
bool hook_wants(
	const struct hook_subscriber *subscriber, const char *type, const char *community, enum alert_level level);
/* hook_hour_next gives the first time after `after` at which it is time. */
struct wall hook_hour_next(const struct hook_hour *hour, struct wall after);

#endif
