/* SPDX-License-Identifier: MIT
 *
 * jq's tokens, as far as needed to tell a function's name from a field (.input), a key ({now: 1}) and a text, and to
 * see that brackets are balanced: expressions are joined into one program, so each has to be whole.
 *
 * Refused are input and output (input, debug, env, import ...), the clock (a replay must give the same again), and what
 * would assign to an array's index out of sight of the prelude (fromstream).
 */
#include <stdio.h>
#include <string.h>

#include "jq/program.h"

#define SCAN_DEPTH_MAX 64

struct scan {
	const char *start, *p;
	char closers[SCAN_DEPTH_MAX]; /* what ends the brackets that are open; '"' = back into a text */
	int depth;
	char *fault;
	size_t fault_size;
};

struct refused {
	const char *name, *why;
};

static const struct refused refused[] = {
	{"input", "an expression sees one message, which is ."},
	{"inputs", "an expression sees one message, which is ."},
	{"debug", "try it with curtain map or curtain channel instead"},
	{"stderr", "try it with curtain map or curtain channel instead"},
	{"input_filename", "there is no file here"},
	{"input_line_number", "there is no file here"},
	{"env", "the environment is nobody's business"},
	{"halt", "select or empty leave an expression"},
	{"halt_error", "error(\"...\") refuses a message"},
	{"now", "a replay must give the same again; leave the time out and arrival counts"},
	{"localtime", "write the time's zone under time: {zone: ...}"},
	{"strflocaltime", "write the time's zone under time: {zone: ...}"},
	{"fromstream", "build a new object instead: {a: .b}"},
	{"import", "write functions under definitions:, which may begin with include \"name\";"},
	{"include", "it stands at the head of definitions: include \"name\";"},
	{"modulemeta", "there are no modules here"},
	{"get_search_list", "there are no modules here"},
};

static bool is_name_start(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_name(char c)
{
	return is_name_start(c) || (c >= '0' && c <= '9') || c == ':';
}

static bool open_bracket(struct scan *s, char closer)
{
	if (s->depth == SCAN_DEPTH_MAX) {
		snprintf(s->fault, s->fault_size, "brackets nest more than %d deep", SCAN_DEPTH_MAX);
		return false;
	}
	s->closers[s->depth++] = closer;
	return true;
}

/* scan_text steps over a text up to its end or to the begin of an interpolation, \( ... ). */
static bool scan_text(struct scan *s)
{
	const char *begin = s->p;

	for (; *s->p; s->p++) {
		if (*s->p == '"') {
			s->p++;
			return true;
		}
		if (*s->p != '\\')
			continue;
		s->p++;
		if (*s->p == '(') {
			s->p++;
			return open_bracket(s, '"') && open_bracket(s, ')');
		}
		if (!*s->p)
			break;
	}
	s->p = begin;
	snprintf(s->fault, s->fault_size, "a text has no end; a \" is missing");
	return false;
}

static bool scan_close(struct scan *s)
{
	if (!s->depth || s->closers[s->depth - 1] != *s->p) {
		snprintf(s->fault, s->fault_size, "\"%c\" closes nothing", *s->p);
		return false;
	}
	s->depth--;
	s->p++;
	if (s->depth && s->closers[s->depth - 1] == '"') {
		s->depth--;
		return scan_text(s);
	}
	return true;
}

/* is_function says whether the name that ends at `after` stands where jq looks for a function. */
static bool is_function(const struct scan *s, const char *begin, const char *after)
{
	if (begin > s->start && (begin[-1] == '.' || begin[-1] == '$' || begin[-1] == '@'))
		return false;
	while (*after == ' ' || *after == '\t' || *after == '\n')
		after++;
	return *after != ':';
}

static bool scan_name(struct scan *s)
{
	const char *begin = s->p;

	while (is_name(*s->p) && !(*s->p == ':' && s->p[1] != ':' && s->p[-1] != ':'))
		s->p++;
	size_t length = (size_t)(s->p - begin);
	if (begin > s->start && begin[-1] == '$' && length == 3 && !memcmp(begin, "ENV", 3)) {
		s->p = begin;
		snprintf(s->fault, s->fault_size, "$ENV: the environment is nobody's business");
		return false;
	}
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		if (strlen(refused[i].name) != length || memcmp(refused[i].name, begin, length) != 0 ||
			!is_function(s, begin, s->p))
			continue;
		s->p = begin;
		snprintf(s->fault, s->fault_size, "\"%s\" has no place in an expression: %s", refused[i].name,
			refused[i].why);
		return false;
	}
	return true;
}

static bool scan_token(struct scan *s)
{
	switch (*s->p) {
	case '"':
		s->p++;
		return scan_text(s);
	case '#':
		s->p += strcspn(s->p, "\n");
		return true;
	case '(':
	case '[':
	case '{':
		if (!open_bracket(s, *s->p == '(' ? ')' : *s->p == '[' ? ']' : '}'))
			return false;
		s->p++;
		return true;
	case ')':
	case ']':
	case '}':
		return scan_close(s);
	default:
		if (is_name_start(*s->p))
			return scan_name(s);
		s->p++;
		return true;
	}
}

bool program_scan(const char *text, size_t *out_offset, char *fault, size_t fault_size)
{
	struct scan s = {.start = text, .p = text, .fault = fault, .fault_size = fault_size};
	bool fine = true;

	while (fine && *s.p)
		fine = scan_token(&s);
	if (fine && s.depth) {
		snprintf(fault, fault_size, "\"%c\" is missing at the end", s.closers[s.depth - 1]);
		fine = false;
	}
	*out_offset = (size_t)(s.p - text);
	return fine;
}
