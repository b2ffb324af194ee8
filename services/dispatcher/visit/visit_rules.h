/* SPDX-License-Identifier: MIT
 *
 * visit_rules: how often homes are visited, who is asked how, what is looked at there and what follows from it. Pure
 * values: what two files say (visit_file.h), or visit_rules_preset, which plans nothing for a home whose registry entry
 * does not say how often.
 */
#ifndef CURTAIN_DISPATCHER_VISIT_RULES_H
#define CURTAIN_DISPATCHER_VISIT_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "message/message.h"

#define VISIT_TAGS_MAX 32
#define CHECKLISTS_MAX 6
#define CHECK_WORDS_MAX 6
#define CHECK_TEXT_BYTES 160
#define VISIT_DAY_PLAN_OFF UINT16_MAX /* nobody is told in the morning */
#define VISIT_CHAT "chat"             /* a visit for company alone */

/* Who has a task. */
enum check_owner {
	CHECK_VISITOR, /* who made the visit */
	CHECK_CAPTAIN,
	CHECK_DESK,
	CHECK_PROVIDER, /* who delivers the service that the word names; the captain sees to it */
	CHECK_OWNER_COUNT
};

/* check_word: what can be answered beside "nothing to say": a finding, which becomes a task, or a plain answer. */
struct check_word {
	char word[WORD_BYTES];
	char zh[CHECK_TEXT_BYTES], en[CHECK_TEXT_BYTES]; /* of a finding: what is to be done */
	bool finding;
	enum check_owner owner;
	char service[WORD_BYTES]; /* CHECK_PROVIDER */
	uint16_t days;            /* until it is due */
};

struct check_item {
	char item[WORD_BYTES];
	char zh[CHECK_TEXT_BYTES], en[CHECK_TEXT_BYTES];

	uint8_t word_count;
	struct check_word words[CHECK_WORDS_MAX];
};

/* checklist: one version of one list. A version stays in the file until no visit with it is under way. */
struct checklist {
	char name[WORD_BYTES];
	uint32_t version; /* from 1; the highest is used for new visits */
	char zh[CHECK_TEXT_BYTES], en[CHECK_TEXT_BYTES];
	uint16_t every_days; /* 0 = only when it is asked for */
	uint8_t item_count;
	struct check_item items[ERRAND_ANSWERS_MAX];
};

/* Why one companion costs more than another (visit_match.c): points, the fewer the better. */
enum visit_cost {
	VISIT_COST_WISH,      /* the elder's wish for this person, unless fulfilled */
	VISIT_COST_SYMPATHY,  /* how earlier visits of the two went */
	VISIT_COST_LANGUAGE,  /* a common language, but not the elder's first */
	VISIT_COST_INTERESTS, /* nothing in common to talk about */
	VISIT_COST_DISTANCE,  /* a kilometre as the crow flies */
	VISIT_COST_LOAD,      /* visits of four weeks against those offered */
	VISIT_COST_DAY,       /* a day off the day it is due */
	VISIT_COST_WAY, /* a kilometre from the nearest other stop of that part of the day; none: there and back */
	VISIT_COST_COUNT
};

struct visit_rules {
	uint16_t every_days; /* where neither registry nor tags say; 0 = no visits by themselves */
	uint8_t tag_count;
	struct {
		char tag[WORD_BYTES];
		uint16_t every_days;
	} tags[VISIT_TAGS_MAX]; /* the most frequent of a home's tags counts */
	uint16_t ahead_days;    /* so long before it is due a visit is opened and offered */
	uint16_t slack_days;    /* it may be so long before or after the day */
	struct {
		uint16_t from_min, until_min;
	} parts[DAY_PART_COUNT]; /* of the local day, in order, without overlap */
	uint16_t minutes;        /* of one visit */
	uint8_t day_max;         /* visits of one companion in a day */
	double walk_kmh, reach_km;
	uint16_t plan_min;     /* minute of the local day at which visits are opened, and asked for again */
	uint16_t day_plan_min; /* ... at which people are told their stops of the day; VISIT_DAY_PLAN_OFF */
	int64_t answer_ms;     /* time to answer an offer */
	int64_t provider_ms;   /* the same for the provider of a service */
	int64_t grace_ms;      /* after its end a visit is missed */
	int64_t climb_ms;      /* from the captain to the desk */
	int64_t keep_ms;       /* what is over is remembered so long; at least 28 days, for the load to be fair */
	double weights[VISIT_COST_COUNT];
	uint8_t list_count;
	struct checklist lists[CHECKLISTS_MAX];
};

const struct visit_rules *visit_rules_preset(void);
/* visit_rules_list gives a version of a checklist, version 0 = the newest; NULL if there is none. */
const struct checklist *visit_rules_list(const struct visit_rules *rules, const char *name, uint32_t version);
/* visit_rules_fault names what does not fit together; NULL = nothing. */
const char *visit_rules_fault(const struct visit_rules *rules);
const char *check_owner_name(enum check_owner owner);
const char *visit_cost_name(enum visit_cost cost);

#endif
