/* SPDX-License-Identifier: MIT */
#include "jq/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "jq/json_jv.h"
#include "jq/program_internal.h"

#define JSON_DEPTH_MAX 32 /* of fromjson */

struct program *program_create(const char *beside)
{
	struct program *program = calloc(1, sizeof *program);

	if (!program)
		return NULL;
	program->beside = beside;
	json_tree_init(&program->tree);
	program->value = jv_invalid();
	return program;
}

void program_take_text(void *context, jv text)
{
	struct program *program = context;
	char reason[PROGRAM_REASON_BYTES];

	jv_free(program->value);
	/* The tree points into the text, which has to outlive it. */
	if (json_tree_parse(&program->tree, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)),
		    JSON_DEPTH_MAX, reason, sizeof reason))
		program->value = jv_invalid_with_msg(jv_string_fmt("fromjson: %s", reason));
	else
		program->value = json_jv(&program->tree, &program->tree.nodes[0]);
	jv_free(text);
}

jv program_give_value(jq_state *jq, void *context)
{
	struct program *program = context;
	jv value = program->value;

	(void)jq;
	program->value = jv_invalid();
	return value;
}

static void group_fini(struct group *group)
{
	for (uint32_t i = 0; i < group->part_count; i++) {
		free(group->parts[i].file);
		free(group->parts[i].text);
	}
	free(group->parts);
	free(group->file);
}

void program_destroy(struct program *program)
{
	if (!program)
		return;
	watchdog_destroy(program->watchdog);
	if (program->jq)
		jq_teardown(&program->jq);
	jv_free(program->value);
	json_tree_fini(&program->tree);
	for (uint32_t i = 0; i < program->count; i++)
		free(program->expressions[i].text);
	for (uint32_t i = 0; i < program->group_count; i++)
		group_fini(&program->groups[i]);
	free(program->expressions);
	free(program->groups);
	free(program);
}

/* ---- places ---- */

enum err program_fail(
	const char *file, struct text_place place, int line, int column, const char *text, struct errinfo *info)
{
	if (place.block)
		return errinfo_at(info, ERR_INVALID, file, place.line + line, column, "%s", text);
	return errinfo_at(info, ERR_INVALID, file, place.line + line - 1,
		line == 1 ? place.column + column - 1 : column, "%s", text);
}

static enum err scan(const char *file, const char *text, struct text_place place, struct errinfo *info)
{
	char fault[ERR_TEXT_BYTES];
	size_t offset;
	int line = 1, column = 1;

	if (program_scan(text, &offset, fault, sizeof fault))
		return ERR_OK;
	for (size_t i = 0; i < offset; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	return program_fail(file, place, line, column, fault, info);
}

enum err program_open(struct program *program, const char *file, struct errinfo *info)
{
	struct group *more = realloc(program->groups, (program->group_count + 1) * sizeof *more);
	char *name = more ? strdup(file) : NULL;

	if (more)
		program->groups = more;
	if (!name)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	more[program->group_count++] = (struct group){.file = name, .first = program->count, .end = program->count};
	return ERR_OK;
}

enum err program_define(
	struct program *program, const char *file, const char *text, struct text_place place, struct errinfo *info)
{
	struct group *group = &program->groups[program->group_count - 1];
	struct part part = {.place = place};
	enum err err = scan(file, text, place, info);

	if (err)
		return err;
	struct part *more = realloc(group->parts, (group->part_count + 1) * sizeof *more);
	if (more)
		group->parts = more;
	part.file = strdup(file);
	part.text = strdup(text);
	if (!more || !part.file || !part.text) {
		free(part.file);
		free(part.text);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	more[group->part_count++] = part;
	return ERR_OK;
}

enum err program_add(
	struct program *program, const char *text, struct text_place place, uint32_t *out_number, struct errinfo *info)
{
	struct group *group = &program->groups[program->group_count - 1];
	enum err err = scan(group->file, text, place, info);

	if (err)
		return err;
	struct expression *more = realloc(program->expressions, (program->count + 1) * sizeof *more);
	char *copy = more ? strdup(text) : NULL;
	if (more)
		program->expressions = more;
	if (!copy)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	more[program->count] = (struct expression){.text = copy, .place = place};
	*out_number = program->count++;
	group->end = program->count;
	return ERR_OK;
}

/* ---- runs ---- */

void program_start(struct program *program, uint32_t number, jv payload, jv beside)
{
	jv input = jv_array_sized(3);

	input = jv_array_append(input, jv_number(program->expressions[number].slot));
	input = jv_array_append(input, beside);
	input = jv_array_append(input, payload);
	program->halted = false;
	watchdog_begin(program->watchdog, program->jq);
	jq_start(program->jq, input, 0);
}

/* reset drops what the interpreter still holds of the run. */
static void reset(struct program *program)
{
	program->halted = watchdog_end(program->watchdog);
	jq_start(program->jq, jv_null(), 0);
}

static void write_failure(jv message, char out_reason[PROGRAM_REASON_BYTES])
{
	char text[PROGRAM_REASON_BYTES - 4];

	if (jv_get_kind(message) != JV_KIND_STRING)
		message = jv_dump_string(message, 0);
	text_cut(text, sizeof text, jv_string_value(message));
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	snprintf(out_reason, PROGRAM_REASON_BYTES, "jq: %s", text);
	jv_free(message);
}

enum program_step program_next(struct program *program, jv *out_value, char out_reason[PROGRAM_REASON_BYTES])
{
	jv value = jq_next(program->jq);

	if (jv_is_valid(value)) {
		*out_value = value;
		return PROGRAM_OUTPUT;
	}
	reset(program);
	if (program->halted) {
		jv_free(value);
		snprintf(out_reason, PROGRAM_REASON_BYTES, "jq_timeout: stopped after %d ms", PROGRAM_RUN_MS);
		return PROGRAM_FAILED;
	}
	if (!jv_invalid_has_msg(jv_copy(value))) {
		jv_free(value);
		return PROGRAM_END;
	}
	write_failure(jv_invalid_get_msg(value), out_reason);
	return PROGRAM_FAILED;
}

void program_stop(struct program *program)
{
	reset(program);
}
