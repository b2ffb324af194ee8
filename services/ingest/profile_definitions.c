/* SPDX-License-Identifier: MIT
 *
 * `include "words";` at the head of definitions puts the functions of words.jq, which stands beside the profile, before
 * them; that file may include others in turn. jq's own include would look elsewhere, and only at a program's head.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "ingest/profile.h"
#include "config/yaml_in.h"

#define LIBRARY_BYTES_MAX (256u << 10)
#define LIBRARIES_MAX 16

struct include {
	struct profiles *profiles;
	struct errinfo *info;
	const char *profile; /* file of the profile */
	unsigned count;      /* libraries that it has already */
	char names[LIBRARIES_MAX][ID_BYTES];
};

/* text_place gives line and column of an offset. */
static void text_place(const char *text, size_t offset, struct text_place begin, int *out_line, int *out_column)
{
	int line = 0, column = 1;

	for (size_t i = 0; i < offset; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	*out_line = begin.line + line + begin.block;
	*out_column = line || begin.block ? column : begin.column + column - 1;
}

static enum err read_library(const char *file, struct buf *out, struct errinfo *cause)
{
	FILE *stream = fopen(file, "rbe");
	char part[4096];
	size_t got;

	if (!stream)
		return errinfo_set(cause, ERR_NOT_FOUND, "%s cannot be read: %s", file, strerror(errno));
	while ((got = fread(part, 1, sizeof part, stream)) > 0)
		buf_append(out, part, got);
	bool failed = ferror(stream);
	fclose(stream);
	if (failed || out->failed)
		return errinfo_set(
			cause, ERR_RANGE, "%s cannot be read, or is larger than %u bytes", file, LIBRARY_BYTES_MAX);
	if (out->length && (strlen(out->data) != out->length || !text_is_utf8(out->data, out->length)))
		return errinfo_set(cause, ERR_INVALID, "%s is no UTF-8 text", file);
	return ERR_OK;
}

static enum err define(struct include *include, const char *file, char *text, struct text_place place);

/* take_library defines what the library `name` holds, once a profile. */
static enum err take_library(struct include *include, const char *name, struct errinfo *cause)
{
	const char *slash = strrchr(include->profile, '/');
	char file[1024];
	struct buf text;
	enum err err;

	for (unsigned i = 0; i < include->count; i++)
		if (!strcmp(include->names[i], name))
			return ERR_OK;
	if (!text_is_id(name) || include->count == LIBRARIES_MAX)
		return errinfo_set(cause, ERR_INVALID,
			"include \"%s\": the name of a .jq file beside the profile, at most %d of them", name,
			LIBRARIES_MAX);
	text_cut(include->names[include->count++], ID_BYTES, name);
	snprintf(file, sizeof file, "%.*s%s.jq", slash ? (int)(slash - include->profile + 1) : 0, include->profile,
		name);
	buf_init(&text, LIBRARY_BYTES_MAX);
	err = read_library(file, &text, cause);
	if (!err && text.data)
		err = define(include, file, text.data, (struct text_place){.line = 1, .column = 1});
	buf_fini(&text);
	return err;
}

/* skip_blank steps over space and comments. */
static char *skip_blank(char *p)
{
	for (;;) {
		p += strspn(p, " \t\r\n");
		if (*p != '#')
			return p;
		p += strcspn(p, "\n");
	}
}

/* define takes the includes off the head of text (they become spaces, so that places stay true) and defines the rest.
 */
static enum err define(struct include *include, const char *file, char *text, struct text_place place)
{
	for (char *p = skip_blank(text); !strncmp(p, "include", 7) && strchr(" \t\"", p[7]) && p[7];
		p = skip_blank(p)) {
		char name[ID_BYTES] = "";
		struct errinfo cause = {0};
		int used = 0, line, column;
		sscanf(p, "include \"%63[^\"]\" ;%n", name, &used);
		if (!used)
			errinfo_set(&cause, ERR_INVALID, "write include \"name\";");
		else if (!take_library(include, name, &cause)) {
			memset(p, ' ', (size_t)used);
			continue;
		}
		text_place(text, (size_t)(p - text), place, &line, &column);
		return errinfo_at(
			include->info, cause.code ? cause.code : ERR_INVALID, file, line, column, "%s", cause.text);
	}
	return program_define(include->profiles->program, file, text, place, include->info);
}

enum err profile_definitions(struct profiles *profiles, struct yaml_in *in, const void *node)
{
	struct include include = {.profiles = profiles, .info = in->info, .profile = in->file};
	const char *text;
	uint32_t unused;
	enum err err = program_open(profiles->program, in->file, in->info);

	if (err || !node)
		return err;
	err = yaml_in_text(in, node, "definitions", LIBRARY_BYTES_MAX, &text);
	if (err)
		return err;
	char *copy = strdup(text);
	if (!copy)
		return errinfo_set(in->info, ERR_NOMEM, "out of memory");
	err = define(&include, in->file, copy, yaml_in_place(node));
	free(copy);
	/* So that definitions which no entry uses are compiled, too, and their faults seen. */
	return err ? err : program_add(profiles->program, "null", yaml_in_place(node), &unused, in->info);
}
