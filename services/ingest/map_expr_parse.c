/* SPDX-License-Identifier: MIT
 *
 * The part of jq's grammar that is read without jq. What is in doubt is left to jq: this parser never says that an
 * expression is wrong, only that it is not its own.
 */
#include <stdlib.h>
#include <string.h>

#include "ingest/map_expr.h"

struct parse {
	const char *p;
	char *bytes; /* room for what keys and texts unescape to */
};

static bool is_key_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_key(char c)
{
	return is_key_start(c) || (c >= '0' && c <= '9');
}

static void skip_space(struct parse *s)
{
	s->p += strspn(s->p, " \t\r\n");
}

/* read_text reads "..." with the simple escapes; \u and interpolations are jq's. */
static bool read_text(struct parse *s, const char **out, uint32_t *out_length)
{
	static const char names[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char *to = s->bytes;

	for (s->p++; *s->p != '"'; s->p++) {
		if (!*s->p)
			return false;
		if (*s->p != '\\') {
			*to++ = *s->p;
			continue;
		}
		const char *name = *++s->p ? strchr(names, *s->p) : NULL;
		if (!name)
			return false;
		*to++ = bytes[name - names];
	}
	s->p++;
	*out = s->bytes;
	*out_length = (uint32_t)(to - s->bytes);
	s->bytes = to;
	return true;
}

static bool read_plain_key(struct parse *s, struct expr_step *out)
{
	const char *begin = s->p;

	while (is_key(*s->p))
		s->p++;
	if (*s->p == ':')
		return false;
	out->key = s->bytes;
	out->length = (uint32_t)(s->p - begin);
	memcpy(s->bytes, begin, out->length);
	s->bytes += out->length;
	return true;
}

/* read_bracket reads ["key"] or [3]. */
static bool read_bracket(struct parse *s, struct expr_step *out)
{
	char *end;

	s->p++;
	skip_space(s);
	if (*s->p == '"') {
		if (!read_text(s, &out->key, &out->length))
			return false;
	} else {
		if (!(*s->p >= '0' && *s->p <= '9') && *s->p != '-')
			return false;
		long index = strtol(s->p, &end, 10);
		if (end == s->p || index > 1000000 || index < -1000000)
			return false;
		out->index = (int32_t)index;
		s->p = end;
	}
	skip_space(s);
	return *s->p++ == ']';
}

static bool read_step(struct parse *s, struct expr_path *path)
{
	struct expr_step *step = &path->steps[path->count];
	bool fine;

	if (path->count == EXPR_STEPS_MAX)
		return false;
	if (*s->p == '.' && s->p[1] == '[')
		s->p++;
	if (*s->p == '[')
		fine = read_bracket(s, step);
	else if (*s->p++ != '.')
		fine = false;
	else if (*s->p == '"')
		fine = read_text(s, &step->key, &step->length);
	else
		fine = is_key_start(*s->p) && read_plain_key(s, step);
	if (!fine)
		return false;
	for (; *s->p == '?'; s->p++)
		step->optional = true;
	path->count++;
	return true;
}

static bool read_path(struct parse *s, struct expr_path *out)
{
	if (!strncmp(s->p, "$topic", 6) && !is_key(s->p[6])) {
		out->topic = true;
		s->p += 6;
	} else if (*s->p != '.') {
		return false;
	} else if (!is_key_start(s->p[1]) && s->p[1] != '"' && s->p[1] != '[') {
		s->p++; /* `.` alone */
		return *s->p != '.';
	}
	while (*s->p == '.' || *s->p == '[')
		if (!read_step(s, out))
			return false;
	if (!out->topic)
		return true;
	/* $topic alone, and paths into levels of which jq would complain, are jq's. */
	bool levels =
		out->count && out->steps[0].length == 6 && out->steps[0].key && !memcmp(out->steps[0].key, "levels", 6);
	return levels ? out->count == 2 && !out->steps[1].key : out->count == 1 && out->steps[0].key;
}

static bool read_word(struct parse *s, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(s->p, word, length) != 0 || is_key(s->p[length]))
		return false;
	s->p += length;
	return true;
}

static bool read_constant(struct parse *s, struct map_value *out)
{
	const char *text;
	uint32_t length;
	double number;

	if (*s->p == '"') {
		if (!read_text(s, &text, &length) || length >= VALUE_TEXT_BYTES)
			return false;
		value_of_text(out, text, length);
		return true;
	}
	if (read_word(s, "null"))
		out->kind = VALUE_NULL;
	else if (read_word(s, "true"))
		out->kind = VALUE_TRUE;
	else if (read_word(s, "false"))
		out->kind = VALUE_FALSE;
	else {
		size_t used = json_number_read(s->p, strlen(s->p), &number);
		if (!used || is_key(s->p[used]) || s->p[used] == '.')
			return false;
		value_of_number(out, number);
		s->p += used;
	}
	return true;
}

/* read_comparison reads what follows a path: == or != and a constant. */
static bool read_comparison(struct parse *s, struct expr_term *out)
{
	if ((s->p[0] != '=' && s->p[0] != '!') || s->p[1] != '=')
		return false;
	out->not_equal = s->p[0] == '!';
	s->p += 2;
	skip_space(s);
	if (!read_constant(s, &out->constant))
		return false;
	skip_space(s);
	return true;
}

static bool read_expr(struct parse *s, struct expr *out)
{
	skip_space(s);
	out->term_count = 1;
	if (*s->p != '.' && *s->p != '$') {
		out->kind = EXPR_CONSTANT;
		bool fine = read_constant(s, &out->terms[0].constant);
		skip_space(s);
		return fine && !*s->p;
	}
	out->kind = EXPR_PATH;
	if (!read_path(s, &out->terms[0].path))
		return false;
	skip_space(s);
	if (!*s->p)
		return true;
	out->kind = EXPR_COMPARE;
	if (!read_comparison(s, &out->terms[0]))
		return false;
	while (*s->p && out->term_count < EXPR_TERMS_MAX) {
		struct expr_term *term = &out->terms[out->term_count];
		if (!read_word(s, "and"))
			return false;
		skip_space(s);
		if (!read_path(s, &term->path))
			return false;
		skip_space(s);
		if (!read_comparison(s, term))
			return false;
		out->term_count++;
	}
	return !*s->p;
}

bool expr_parse(const char *text, struct expr *out)
{
	struct expr expr = {.terms = calloc(EXPR_TERMS_MAX, sizeof *expr.terms), .bytes = malloc(strlen(text) + 1)};
	struct parse s = {.p = text, .bytes = expr.bytes};

	/* Without memory it is left to jq, which says so. */
	if (!expr.terms || !expr.bytes || !read_expr(&s, &expr)) {
		expr_fini(&expr);
		return false;
	}
	*out = expr;
	return true;
}

enum err expr_constant(const char *text, struct expr *out)
{
	struct expr expr = {.kind = EXPR_CONSTANT, .terms = calloc(1, sizeof *expr.terms), .term_count = 1};

	if (!expr.terms)
		return ERR_NOMEM;
	value_of_text(&expr.terms[0].constant, text, strlen(text));
	*out = expr;
	return ERR_OK;
}

void expr_fini(struct expr *expr)
{
	free(expr->terms);
	free(expr->bytes);
	*expr = (struct expr){0};
}
