/* SPDX-License-Identifier: MIT
 *
 * channel_file: channels.yaml and its presets read into what the other channel files need (docs/channels.md). A channel
 * takes each key from its own entry, else from its preset. A fault names file, line, column and key; jq programs are
 * compiled here, so a fault in one is known at the start.
 */
#ifndef CURTAIN_DISPATCHER_CHANNEL_FILE_H
#define CURTAIN_DISPATCHER_CHANNEL_FILE_H

#include "base/err.h"
#include "dispatcher/channel/channel.h"
#include "dispatcher/channel/channel_text.h"
#include "jq/program.h"
#include "web/compose.h"

#define CHANNEL_FILE_BYTES_MAX 262144
#define CHANNEL_SECRETS_MAX 4
#define CHANNEL_SECRET_BYTES 256
#define CHANNEL_VARS_MAX 16
#define CHANNEL_VAR_BYTES 256
#define CHANNEL_URL_BYTES 512
#define CHANNEL_TEAMS_MAX 128
#define CHANNEL_NO_PROGRAM UINT32_MAX

enum channel_kind { CHANNEL_HTTP, CHANNEL_SMTP, CHANNEL_MQTT };
enum channel_sign { CHANNEL_UNSIGNED, CHANNEL_DINGTALK, CHANNEL_FEISHU, CHANNEL_STANDARD_WEBHOOKS, CHANNEL_ALIYUN };
enum channel_program {
	CHANNEL_JQ_QUERY,     /* the object of the address's parameters */
	CHANNEL_JQ_HEADERS,   /* an object */
	CHANNEL_JQ_BODY,      /* what is sent; e-mail: {to, subject, text} */
	CHANNEL_JQ_SUCCESS,   /* of the answer {status, body}: true or not */
	CHANNEL_JQ_THROTTLED, /* it says that it is too much */
	CHANNEL_JQ_REFUSED,   /* it would fail again */
	CHANNEL_JQ_RECEIPT,   /* the channel's name for the message */
	CHANNEL_JQ_CAUSE,     /* a word about a failure: a code, nothing of a person */
	CHANNEL_JQ_COUNT
};

struct channel_value {
	char name[WORD_BYTES];
	char value[CHANNEL_VAR_BYTES];
};

struct channel_definition {
	char name[WORD_BYTES], preset[WORD_BYTES];
	enum channel_kind kind;
	enum channel_audience audience;
	enum web_format format;
	enum channel_sign sign;
	enum channel_language language; /* of groups and systems; a volunteer has their own */
	char url[CHANNEL_URL_BYTES];
	char method[8];
	char from[128];           /* e-mail */
	bool tls;                 /* e-mail: refuse to go without */
	char address[WORD_BYTES]; /* to a person: which of their addresses it takes */
	int64_t timeout_ms;
	uint32_t programs[CHANNEL_JQ_COUNT];
	unsigned secret_count, var_count, team_count, fallback_count;
	struct channel_value secrets[CHANNEL_SECRETS_MAX], vars[CHANNEL_VARS_MAX];
	char (*teams)[ID_BYTES]; /* whose pages it takes; none = all */
	char fallback[CHANNEL_ROUTE_MAX][WORD_BYTES];
	uint8_t levels; /* bit mask of enum alert_level */
	uint32_t about; /* bit mask of channel_kind_of */
	bool reserve;   /* only as another's fall-back */
	bool mentions;  /* the group is given the telephone numbers of those who are asked, to call them by name */
};

struct channel_set {
	unsigned count, order_count;
	struct channel_definition *definitions;
	struct channel_rule *rules;       /* beside them, for the core */
	uint8_t order[CHANNEL_ROUTE_MAX]; /* how volunteers are reached who do not say otherwise */
	uint8_t fallback[CHANNEL_COUNT_MAX][CHANNEL_ROUTE_MAX];
	struct program *program;
};

#define CHANNEL_WEBHOOK "webhook"

/* channel_files: what is read. The settings webhook.* are a channel of that name, beside those of the file. */
struct channel_files {
	const char *file, *presets;                    /* "" = no channels; "" = channels/ beside it */
	const char *webhook_url, *webhook_secret_file; /* "" = none, unsigned */
	int64_t webhook_timeout_ms;
	bool with_secrets; /* false: each secret is "SECRET-" and its name, to show what would be sent */
};

enum err channel_set_load(
	const struct channel_files *files, struct channel_set *out, struct errinfo *info) ERR_MUST_CHECK;
void channel_set_fini(struct channel_set *set);
/* channel_set_find gives a channel's index; set->count if there is none. */
unsigned channel_set_find(const struct channel_set *set, const char *name);
/* channel_value_find gives the value of a name, "" if there is none. */
const char *channel_value_find(const struct channel_value *values, unsigned count, const char *name);

#endif
