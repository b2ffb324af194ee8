/* SPDX-License-Identifier: MIT */
#include "web/compose.h"

#include <string.h>

#include "base/text.h"

const char *const web_format_words[] = {"json", "form", "text", NULL};

void web_percent(const char *text, struct buf *out)
{
	for (const unsigned char *p = (const unsigned char *)text; *p; p++) {
		if ((*p >= 'A' && *p <= 'Z') || (*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
			strchr("-_.~", *p))
			buf_byte(out, (char)*p);
		else
			buf_printf(out, "%%%02X", *p);
	}
}

/* value_text gives a text for a scalar: a number or a word as JSON, a text as it is. */
static jv value_text(jv value)
{
	if (jv_get_kind(value) == JV_KIND_STRING)
		return value;
	return jv_dump_string(value, 0);
}

enum err web_form(jv object, struct buf *out)
{
	jv names = jv_keys(object); /* sorted */
	int count = jv_array_length(jv_copy(names));
	bool first = true;

	for (int i = 0; i < count; i++) {
		jv name = jv_array_get(jv_copy(names), i);
		jv value = value_text(jv_object_get(jv_copy(object), jv_copy(name)));
		if (!first)
			buf_byte(out, '&');
		web_percent(jv_string_value(name), out);
		buf_byte(out, '=');
		web_percent(jv_string_value(value), out);
		first = false;
		jv_free(name);
		jv_free(value);
	}
	jv_free(names);
	return out->failed;
}

static enum err must(const char **out_must, const char *text)
{
	*out_must = text;
	return ERR_INVALID;
}

enum err web_url(const char *url, jv query, struct buf *out, const char **out_must)
{
	buf_text(out, url);
	if (jv_get_kind(query) != JV_KIND_OBJECT)
		return must(out_must, "an object");
	if (!jv_object_length(jv_copy(query)))
		return out->failed;
	buf_byte(out, strchr(url, '?') ? '&' : '?');
	return web_form(jv_copy(query), out);
}

enum err web_headers(jv headers, struct buf *out, const char **out_must)
{
	if (jv_get_kind(headers) != JV_KIND_OBJECT)
		return must(out_must, "an object");
	jv_object_foreach(headers, name, value)
	{
		bool good = jv_get_kind(value) == JV_KIND_STRING && text_is_label(jv_string_value(value)) &&
			    text_is_id(jv_string_value(name));
		if (good)
			buf_printf(out, "%s: %s\n", jv_string_value(name), jv_string_value(value));
		jv_free(name);
		jv_free(value);
		if (!good)
			return must(out_must, "one line of text for each name");
	}
	return out->failed;
}

const char *web_type(enum web_format format)
{
	static const char *const types[] = {
		"application/json; charset=utf-8", "application/x-www-form-urlencoded", "text/plain; charset=utf-8"};

	return types[format];
}

enum err web_body(enum web_format format, jv body, struct buf *out, const char **out_must)
{
	if (format == WEB_FORM)
		return jv_get_kind(body) == JV_KIND_OBJECT ? web_form(jv_copy(body), out) : must(out_must, "an object");
	if (format == WEB_PLAIN && jv_get_kind(body) != JV_KIND_STRING)
		return must(out_must, "a text");
	if (!jv_is_valid(body))
		return must(out_must, "something to send");
	jv text = format == WEB_PLAIN ? jv_copy(body) : jv_dump_string(jv_copy(body), 0);
	buf_append(out, jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)));
	jv_free(text);
	return out->failed;
}
