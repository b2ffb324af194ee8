/* SPDX-License-Identifier: MIT */
#include "gateway/negotiate.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"

/* ---- If-None-Match ---- */

bool negotiate_same(const char *list, const char *tag)
{
	size_t length = strlen(tag);

	if (!list)
		return false;
	list += strspn(list, BLANKS ",");
	if (*list == '*')
		return !list[1 + strspn(list + 1, BLANKS)];
	while (*list) {
		if (!strncmp(list, "W/", 2)) /* compared weakly: 13.1.2 */
			list += 2;
		const char *end = *list == '"' ? strchr(list + 1, '"') : NULL; /* a tag may hold commas */
		if (!end)
			return false;
		if ((size_t)(end + 1 - list) == length && !memcmp(list, tag, length))
			return true;
		list = end + 1;
		list += strspn(list, BLANKS ",");
	}
	return false;
}

/* ---- types ---- */

/* type_length gives the length of the type at text, without parameters and blanks. */
static size_t type_length(const char *text)
{
	return strcspn(text, BLANKS ";,");
}

/* fit says how well a range of Accept fits: 0 not at all, 1 any type, 2 any subtype, 3 the type itself. */
static int fit(const char *range, size_t length, const char *type)
{
	size_t slash = strcspn(type, "/");

	if (length == strlen(type) && !strncasecmp(range, type, length))
		return 3;
	if (length == slash + 2 && range[slash + 1] == '*' && !strncasecmp(range, type, slash + 1))
		return 2;
	return length == 3 && !strncmp(range, "*/*", 3);
}

/* quality gives the weight among the parameters that begin at text; 1 where there is none. */
static double quality(const char *text)
{
	while (*(text += strcspn(text, ";,")) == ';') {
		text += 1 + strspn(text + 1, BLANKS);
		if (!strncasecmp(text, "q=", 2))
			return strtod(text + 2, NULL);
	}
	return 1;
}

bool negotiate_accepts(const char *accept, const char *type)
{
	int best = 0;
	bool allowed = false, any = false;

	for (; accept && *(accept += strspn(accept, BLANKS ",")); accept += strcspn(accept, ",")) {
		size_t length = type_length(accept);
		int fits = fit(accept, length, type);
		any = true;
		if (fits > best) {
			best = fits;
			allowed = quality(accept + length) > 0;
		}
	}
	return allowed || !any;
}

bool negotiate_is_json(const char *content_type)
{
	static const char json[] = "application/json", suffix[] = "+json";
	const char *type = content_type + strspn(content_type, BLANKS);
	size_t length = type_length(type), end = strlen(suffix);

	return (length == strlen(json) && !strncasecmp(type, json, length)) ||
	       (length > end && memchr(type, '/', length) && !strncasecmp(type + length - end, suffix, end));
}
