/* SPDX-License-Identifier: MIT */
#include "codec/fields.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "base/text.h"

enum err fields_no_json(const json_error_t *error, struct errinfo *info)
{
	if (!error->text[0] || json_error_code(error) == json_error_out_of_memory)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	return errinfo_at(info, ERR_INVALID, NULL, error->line, error->column, "no JSON: %s", error->text);
}

enum err fields_load(const char *json, size_t length, size_t limit, json_t **out_root, struct errinfo *info)
{
	json_error_t error;
	json_t *root;

	if (length > limit)
		return errinfo_set(info, ERR_RANGE, "%zu bytes; at most %zu are taken", length, limit);
	root = json_loadb(json, length, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return fields_no_json(&error, info);
	*out_root = root;
	return ERR_OK;
}

void fields_open(struct fields *fields, const json_t *object, const char *what, struct errinfo *info)
{
	*fields = (struct fields){.object = object, .what = what, .info = info};
	if (!json_is_object(object))
		fields->err = errinfo_set(info, ERR_INVALID, "%s: is no object", what);
}

void fields_fail(struct fields *fields, const char *key, const char *fault)
{
	if (!fields->err)
		fields->err = errinfo_set(fields->info, ERR_INVALID, "%s.%s: %s", fields->what, key, fault);
}

enum err fields_done(struct fields *fields)
{
	const char *key;
	json_t *value;

	if (fields->err || fields->present_count == json_object_size(fields->object))
		return fields->err;
	json_object_foreach((json_t *)(uintptr_t)fields->object, key, value)
	{
		bool known = false;
		for (unsigned i = 0; i < fields->taken_count && !known; i++)
			known = !strcmp(fields->taken[i], key);
		if (!known) {
			char cut[64];
			text_cut(cut, sizeof cut, key);
			fields_fail(fields, cut, "unknown key");
			break;
		}
	}
	return fields->err;
}

const json_t *fields_get(struct fields *fields, const char *key, bool required)
{
	const json_t *value;

	if (fields->err)
		return NULL;
	assert(fields->taken_count < FIELDS_MAX);
	fields->taken[fields->taken_count++] = key;
	value = json_object_get(fields->object, key);
	if (value)
		fields->present_count++;
	else if (required)
		fields_fail(fields, key, "is missing");
	return value;
}

static void take_text(struct fields *fields, const char *key, bool required, char *out, size_t size)
{
	const json_t *value = fields_get(fields, key, required);

	if (!value)
		return;
	if (!json_is_string(value))
		fields_fail(fields, key, "must be a string");
	else if (json_string_length(value) >= size)
		fields_fail(fields, key, "is too long");
	else
		memcpy(out, json_string_value(value), json_string_length(value) + 1);
}

void fields_text(struct fields *fields, const char *key, char *out, size_t size)
{
	take_text(fields, key, true, out, size);
}

void fields_text_if(struct fields *fields, const char *key, char *out, size_t size)
{
	take_text(fields, key, false, out, size);
}

static void take_int(struct fields *fields, const char *key, bool required, int64_t min, int64_t max, int64_t *out)
{
	const json_t *value = fields_get(fields, key, required);

	if (!value)
		return;
	if (!json_is_integer(value))
		fields_fail(fields, key, "must be a whole number");
	else if (json_integer_value(value) < min || json_integer_value(value) > max)
		fields_fail(fields, key, "is out of range");
	else
		*out = json_integer_value(value);
}

void fields_int(struct fields *fields, const char *key, int64_t min, int64_t max, int64_t *out)
{
	take_int(fields, key, true, min, max, out);
}

void fields_int_if(struct fields *fields, const char *key, int64_t min, int64_t max, int64_t *out)
{
	take_int(fields, key, false, min, max, out);
}

static void take_number(struct fields *fields, const char *key, bool required, double *out)
{
	const json_t *value = fields_get(fields, key, required);

	if (!value)
		return;
	if (!json_is_number(value))
		fields_fail(fields, key, "must be a number");
	else
		*out = json_number_value(value);
}

void fields_number(struct fields *fields, const char *key, double *out)
{
	take_number(fields, key, true, out);
}

void fields_number_if(struct fields *fields, const char *key, double *out)
{
	take_number(fields, key, false, out);
}

void fields_bool_if(struct fields *fields, const char *key, bool *out)
{
	const json_t *value = fields_get(fields, key, false);

	if (!value)
		return;
	if (!json_is_boolean(value))
		fields_fail(fields, key, "must be true or false");
	else
		*out = json_is_true(value);
}

enum err fields_parse_wall(const json_t *value, struct wall *out)
{
	const char *text = json_string_value(value);
	size_t length = json_string_length(value);
	struct wall t;

	/* wall_parse takes more spellings than the schema: a space or 't' as separator, 'z'. */
	if (!text || length < 20 || text[10] != 'T' || text[length - 1] == 'z' || wall_parse(text, length, &t) ||
		t.ms < 0)
		return ERR_INVALID;
	*out = t;
	return ERR_OK;
}

static void take_wall(struct fields *fields, const char *key, bool required, struct wall *out)
{
	const json_t *value = fields_get(fields, key, required);

	if (value && fields_parse_wall(value, out))
		fields_fail(fields, key, "must be a time like 2026-11-24T04:01:46.123Z");
}

void fields_wall(struct fields *fields, const char *key, struct wall *out)
{
	take_wall(fields, key, true, out);
}

void fields_wall_if(struct fields *fields, const char *key, struct wall *out)
{
	take_wall(fields, key, false, out);
}

void check_true(const char **fault, bool good, const char *otherwise)
{
	if (!*fault && !good)
		*fault = otherwise;
}

void check_id(const char **fault, const char *text, const char *otherwise)
{
	check_true(fault, text_is_id(text), otherwise);
}

void check_id_if(const char **fault, const char *text, const char *otherwise)
{
	check_true(fault, !*text || text_is_id(text), otherwise);
}

void check_label(const char **fault, const char *text, const char *otherwise)
{
	check_true(fault, text_is_label(text), otherwise);
}

void check_text_if(const char **fault, const char *text, const char *otherwise)
{
	check_true(fault, !*text || text_is_label(text), otherwise);
}

void check_wall(const char **fault, struct wall t, const char *otherwise)
{
	check_true(fault, wall_in_messages(t), otherwise);
}

void check_wall_if(const char **fault, struct wall t, const char *otherwise)
{
	if (wall_is_set(t))
		check_wall(fault, t, otherwise);
}

struct wall fields_wall_or_none(const json_t *object, const char *name)
{
	struct wall at;

	return fields_parse_wall(json_object_get(object, name), &at) ? WALL_NONE : at;
}

void fields_text_or_empty(const json_t *object, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(object, name));

	text_cut(out, size, text ? text : "");
}
