/* SPDX-License-Identifier: MIT
 *
 * program_internal: what program.c (expressions and runs) and program_compile.c (one program of them all) share.
 */
#ifndef CURTAIN_JQ_PROGRAM_INTERNAL_H
#define CURTAIN_JQ_PROGRAM_INTERNAL_H

#include <jq.h>

#include "jq/json_tree.h"
#include "jq/program.h"
#include "jq/watchdog.h"

struct part {
	char *file, *text;
	struct text_place place;
};

struct group {
	char *file;
	struct part *parts; /* the definitions */
	uint32_t part_count;
	uint32_t first, end; /* its expressions */
};

struct expression {
	char *text;
	struct text_place place;
	uint32_t slot; /* its $__number */
};

struct program {
	const char *beside; /* the name of a run's second value */
	jq_state *jq;
	struct watchdog *watchdog;
	struct group *groups;
	uint32_t group_count;
	struct expression *expressions;
	uint32_t count;
	char error[ERR_TEXT_BYTES]; /* jq's first complaint while compiling */
	bool halted;
	struct json_tree tree; /* of fromjson */
	jv value;              /* what its text holds, or the error; invalid without a message: none is waiting */
};

/* program_fail reports at line and column (from 1) of the text that begins at place. */
enum err program_fail(
	const char *file, struct text_place place, int line, int column, const char *text, struct errinfo *info);

/* program_take_text is jq's debug, program_give_value its input: the two halves of fromjson. */
void program_take_text(void *context, jv text);
jv program_give_value(jq_state *jq, void *context);

#endif
