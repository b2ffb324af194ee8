/* SPDX-License-Identifier: MIT
 *
 * The program is `. as [$number, $beside, $payload] | $payload | ...` over a balanced tree of comparisons of $number,
 * so that 400 expressions cost nine comparisons (under 2 us) a run. Each file's branch stands in brackets with its
 * definitions. When the whole does not compile, the parts are compiled one by one to find the guilty one.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "jq/program_internal.h"

#define SOURCE_BYTES_MAX (8u << 20)

/* fromjson is ours, because libjq's loses memory on texts that are no JSON: debug hands the text over (take_text),
 * input asks for what it holds (give_value). tonumber has the same parser, and goes without brackets and quotes.
 *
 * jq looks a * b, setpath, = and |= up as functions of these names, so that a definition of ours takes their place. The
 * last two are jq's own definitions, repeated so that they find our setpath. */
static const char prelude[] =
	"def __times(a; b): a * b; def _multiply(a; b): b as $__b | a as $__a | if ($__a|type) == \"string\" or "
	"($__b|type) == \"string\" then error(\"a text cannot be multiplied; use tonumber\") else __times($__a; $__b) "
	"end; "
	"def __set(p; v): setpath(p; v); def setpath(p; v): p as $__p | v as $__v | if any($__p[]; type == \"number\" "
	"and . "
	">= 100000) then error(\"an index of 100000 or more cannot be assigned\") else __set($__p; $__v) end; "
	"def _assign(paths; $__v): reduce path(paths) as $__p (.; setpath($__p; $__v)); "
	"def _modify(paths; update): reduce path(paths) as $__p (.; . as $__x | label $__out | (setpath($__p; $__x | "
	"getpath($__p) | update) | ., break $__out), delpaths([$__p])); "
	"def fromjson: if type == \"string\" then (debug | input) else error(\"fromjson takes a text\") end; "
	"def __tonumber: tonumber; def tonumber: if type == \"string\" and (contains(\"{\") or contains(\"[\") or "
	"contains(\"\\\"\")) then "
	"error(\"\\(.[:40]) is no number\") else __tonumber end; "
	". as [$__number, $%s, $__payload] | $__payload | ";

static void take_error(void *context, jv message)
{
	struct program *program = context;

	if (jv_get_kind(message) == JV_KIND_STRING && !program->error[0])
		text_cut(program->error, sizeof program->error, jv_string_value(message));
	jv_free(message);
}

static enum err compile(struct program *program, const char *source, jq_state **out_jq)
{
	jq_state *jq = jq_init();

	if (!jq)
		return ERR_NOMEM;
	program->error[0] = '\0';
	jq_set_error_cb(jq, take_error, program);
	if (!jq_compile(jq, source)) {
		jq_teardown(&jq);
		return ERR_INVALID;
	}
	*out_jq = jq;
	return ERR_OK;
}

static void write_prelude(const struct program *program, struct buf *out)
{
	const char *mark = strstr(prelude, "%s");

	buf_append(out, prelude, (size_t)(mark - prelude));
	buf_text(out, program->beside);
	buf_text(out, mark + 2);
}

static void write_branch(const struct program *program, uint32_t first, uint32_t end, struct buf *out)
{
	if (end - first == 1) {
		buf_printf(out, "(%s\n)", program->expressions[first].text);
		return;
	}
	uint32_t middle = first + (end - first) / 2;
	buf_printf(out, "if $__number < %u then ", program->expressions[middle].slot);
	write_branch(program, first, middle, out);
	buf_text(out, " else ");
	write_branch(program, middle, end, out);
	buf_text(out, " end");
}

static void write_parts(const struct group *group, uint32_t first, uint32_t end, struct buf *out)
{
	for (uint32_t i = first; i < end; i++) {
		buf_text(out, group->parts[i].text);
		buf_byte(out, '\n');
	}
}

/* same_part says whether both groups have the same definitions at a place: the same file's. */
static bool same_part(const struct group *a, const struct group *b, uint32_t depth)
{
	return depth < a->part_count && depth < b->part_count && !strcmp(a->parts[depth].file, b->parts[depth].file);
}

/* write_groups writes the groups first..end of order, which have the same definitions up to depth. What all of them
 * have at depth is written once; else they are parted where it changes, near the middle. */
static void write_groups(const struct program *program, const struct group *const *order, uint32_t count,
	uint32_t depth, struct buf *out)
{
	if (count == 1) {
		buf_byte(out, '(');
		write_parts(order[0], depth, order[0]->part_count, out);
		write_branch(program, order[0]->first, order[0]->end, out);
		buf_byte(out, ')');
		return;
	}
	if (same_part(order[0], order[count - 1], depth)) { /* they are sorted: then all are the same */
		buf_byte(out, '(');
		write_parts(order[0], depth, depth + 1, out);
		write_groups(program, order, count, depth + 1, out);
		buf_byte(out, ')');
		return;
	}
	uint32_t middle = count / 2;
	while (middle < count && same_part(order[middle - 1], order[middle], depth))
		middle++;
	for (; middle == count || same_part(order[middle - 1], order[middle], depth);)
		middle--;
	buf_printf(out, "if $__number < %u then ", program->expressions[order[middle]->first].slot);
	write_groups(program, order, middle, depth, out);
	buf_text(out, " else ");
	write_groups(program, order + middle, count - middle, depth, out);
	buf_text(out, " end");
}

static int by_parts(const void *a, const void *b)
{
	const struct group *x = *(const struct group *const *)a, *y = *(const struct group *const *)b;

	for (uint32_t i = 0; i < x->part_count && i < y->part_count; i++) {
		int order = strcmp(x->parts[i].file, y->parts[i].file);
		if (order)
			return order;
	}
	return x->part_count < y->part_count ? -1 : x->part_count > y->part_count;
}

/* write_source writes the whole program: groups that share libraries stand together, so that a list of words that a
 * dozen profiles use is compiled once. Slots number the expressions in that order. */
static enum err write_source(struct program *program, struct buf *out)
{
	const struct group **order = calloc(program->group_count + 1, sizeof(struct group *));
	uint32_t count = 0, slot = 0;

	if (!order)
		return ERR_NOMEM;
	for (uint32_t g = 0; g < program->group_count; g++)
		if (program->groups[g].first < program->groups[g].end)
			order[count++] = &program->groups[g];
	qsort(order, count, sizeof(struct group *), by_parts);
	for (uint32_t g = 0; g < count; g++)
		for (uint32_t i = order[g]->first; i < order[g]->end; i++)
			program->expressions[i].slot = slot++;
	write_prelude(program, out);
	if (count)
		write_groups(program, order, count, 0, out);
	else
		buf_byte(out, '.');
	free(order);
	return out->failed;
}

/* clean_error keeps of "syntax error, unexpected '}' (...) at <top-level>, line 3:\n..." what helps, and gives the
 * line. */
static int clean_error(char *error)
{
	char *at = strstr(error, " at <top-level>, line "), *lead = strstr(error, "jq: error: ");
	int line = at ? atoi(at + strlen(" at <top-level>, line ")) : 1;

	if (at)
		*at = '\0';
	error[strcspn(error, "\n")] = '\0';
	char *shell = strstr(error, " (Unix shell quoting issues?)");
	if (shell)
		*shell = '\0';
	if (lead == error)
		memmove(error, error + strlen("jq: error: "), strlen(error + strlen("jq: error: ")) + 1);
	return line;
}

/* blame compiles text alone, behind the first parts of its group's definitions; if it does not compile, its place goes
 * to info. */
static enum err blame(struct program *program, const struct group *group, uint32_t parts, const struct part *text,
	struct errinfo *info)
{
	struct buf source;
	jq_state *jq = NULL;
	enum err err = ERR_NOMEM;
	int before = 0;

	buf_init(&source, SOURCE_BYTES_MAX);
	write_prelude(program, &source);
	write_parts(group, 0, parts, &source);
	for (size_t i = 0; i < source.length; i++)
		before += source.data[i] == '\n';
	if (!buf_printf(&source, "%s\n%s", text->text, parts < group->part_count ? "." : ""))
		err = compile(program, source.data, &jq);
	if (jq)
		jq_teardown(&jq);
	buf_fini(&source);
	if (err == ERR_INVALID) {
		char fault[ERR_TEXT_BYTES + 16];
		int line = clean_error(program->error) - before;
		snprintf(fault, sizeof fault, "jq: %s", program->error);
		return program_fail(text->file, text->place, line < 1 ? 1 : line, 1, fault, info);
	}
	return err ? errinfo_set(info, err, "out of memory") : ERR_OK;
}

static enum err find_guilty(struct program *program, struct errinfo *info)
{
	char whole[ERR_TEXT_BYTES];
	enum err err = ERR_OK;

	text_cut(whole, sizeof whole, program->error);
	for (uint32_t g = 0; g < program->group_count && !err; g++) {
		const struct group *group = &program->groups[g];
		for (uint32_t i = 0; i < group->part_count && !err; i++)
			err = blame(program, group, i, &group->parts[i], info);
		for (uint32_t i = group->first; i < group->end && !err; i++) {
			const struct part expression = {.file = group->file,
				.text = program->expressions[i].text,
				.place = program->expressions[i].place};
			err = blame(program, group, group->part_count, &expression, info);
		}
	}
	/* Each alone is fine, all together are not: too many of them for one program. */
	return err ? err : errinfo_set(info, ERR_INVALID, "the expressions do not compile together: %s", whole);
}

/* try_all runs each expression on null: what does not end there would not end on a message either. */
static enum err try_all(struct program *program, struct errinfo *info)
{
	char reason[PROGRAM_REASON_BYTES];
	jv value;

	for (uint32_t g = 0; g < program->group_count; g++) {
		for (uint32_t i = program->groups[g].first; i < program->groups[g].end; i++) {
			enum program_step step;
			unsigned outputs = 0;
			program_start(program, i, jv_null(), jv_object());
			while ((step = program_next(program, &value, reason)) == PROGRAM_OUTPUT && outputs++ < 10000)
				jv_free(value);
			if (step == PROGRAM_OUTPUT) {
				jv_free(value);
				program_stop(program);
			}
			if (program->halted || step == PROGRAM_OUTPUT)
				return program_fail(program->groups[g].file, program->expressions[i].place, 1, 1,
					"jq: runs for ever when the payload is null", info);
		}
	}
	return ERR_OK;
}

enum err program_compile(struct program *program, struct errinfo *info)
{
	struct buf source;
	enum err err;

	if (!program->count && !program->group_count)
		return ERR_OK;
	buf_init(&source, SOURCE_BYTES_MAX);
	err = write_source(program, &source);
	if (!err)
		err = compile(program, source.data, &program->jq);
	if (!err) {
		jq_set_debug_cb(program->jq, program_take_text, program);
		jq_set_input_cb(program->jq, program_give_value, program);
	}
	buf_fini(&source);
	if (err == ERR_INVALID)
		return find_guilty(program, info);
	if (!err && program->count)
		err = watchdog_create(PROGRAM_RUN_MS, &program->watchdog);
	if (err)
		return errinfo_set(info, err, "the expressions do not fit: %s", err_name(err));
	return try_all(program, info);
}
