/* SPDX-License-Identifier: MIT
 *
 * policy: whom an incident asks, in which order, how many at a time and how long each. Pure values: what a file says
 * (policy_file.h) or what holds without one. The desk is always the last and never named; the household's own registry
 * policy gives the times that a rung leaves open.
 */
#ifndef CURTAIN_DISPATCHER_POLICY_H
#define CURTAIN_DISPATCHER_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "message/message.h"

#define POLICIES_MAX 32
#define POLICY_RULES_MAX 64
#define POLICY_RUNGS_MAX 12
#define POLICY_AT_ONCE_MAX 8
#define POLICY_AGAIN_LIFE_S 180
#define POLICY_AGAIN_LEAST_S 30

enum rung_who {
	RUNG_CONTACT,   /* of the family, each */
	RUNG_PRIMARY,   /* the first on duty */
	RUNG_BACKUP,    /* the second on duty */
	RUNG_ON_DUTY,   /* everybody on duty, in order */
	RUNG_NEIGHBOUR, /* each */
	RUNG_KEY,       /* each who has a key */
	RUNG_CAPTAIN,
	RUNG_WHO_COUNT
};

struct rung {
	enum rung_who who;
	uint32_t wait_s; /* to answer before the next is asked; 0 = as the household's registry policy says */
};

enum policy_attention { POLICY_AS_REGISTERED, POLICY_TILE, POLICY_PAGES };

struct policy_ladder {
	char name[WORD_BYTES];
	uint8_t rung_count;
	struct rung rungs[POLICY_RUNGS_MAX];
	uint8_t at_once;                 /* pages that are kept open; 1 or more */
	enum policy_attention attention; /* whether an attention pages or waits on the desk's tile */
	uint32_t arrive_s;               /* 0 = as the household's registry policy says */
	uint32_t hint_s;  /* the desk, which has not accepted for so long, is told to call 120; 0 = never */
	uint32_t again_s; /* nobody has answered for so long: asked again; 0 = POLICY_AGAIN_LIFE_S for a life, else
			     never */
	bool second, key; /* asked for as soon as somebody accepts: two at the door, one with the key */
};

/* policy_rule: the first whose members all match counts. */
struct policy_rule {
	char community[ID_BYTES]; /* "" = any */
	uint16_t kinds;           /* bit mask of enum alert_kind */
	uint8_t levels;           /* bit mask of enum alert_level */
	uint8_t ladder;
};

struct policies {
	uint8_t ladder_count, rule_count;
	struct policy_ladder ladders[POLICIES_MAX];
	struct policy_rule rules[POLICY_RULES_MAX];
	uint8_t rank[ALERT_KIND_COUNT]; /* lower is more urgent among alerts of one level */
};

/* policies_preset is what holds without a file: everybody on duty, the captain, the desk; two at once for a life. */
const struct policies *policies_preset(void);
/* policies_find gives the ladder of an incident: that of the first rule that matches, the preset's if none does. */
const struct policy_ladder *policies_find(
	const struct policies *policies, const char *community, enum alert_kind kind, enum alert_level level);

const char *rung_who_name(enum rung_who who);
/* policies_fault names what does not fit together (a rule beyond the ladders, an empty ladder ...); NULL = nothing. */
const char *policies_fault(const struct policies *policies);

#endif
