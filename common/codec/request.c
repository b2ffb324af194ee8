/* SPDX-License-Identifier: MIT */
#include "codec/request.h"

#include <assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/fields.h"
#include "codec/json.h"

#define ARGS_MAX 16
#define ERROR_TEXT_BYTES 4096

struct request_args {
	json_t *root;
	json_t *args;
	const char *taken[ARGS_MAX];
	unsigned taken_count;
};

static enum err load(const char *json, size_t length, json_t **out_root, struct errinfo *info)
{
	json_error_t error;
	json_t *root;

	if (length > REQUEST_BYTES_MAX)
		return errinfo_set(info, ERR_RANGE, "longer than %u bytes", REQUEST_BYTES_MAX);
	root = json_loadb(json, length, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return fields_no_json(&error, info);
	if (!json_is_object(root)) {
		json_decref(root);
		return errinfo_set(info, ERR_INVALID, "must be a JSON object");
	}
	*out_root = root;
	return ERR_OK;
}

enum err request_open(const char *json, size_t length, struct request_args **out_args, struct errinfo *info)
{
	struct request_args *args = calloc(1, sizeof *args);
	enum err err;

	if (!args)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	err = load(json, length, &args->root, info);
	if (err)
		goto fail;
	args->args = json_object_get(args->root, "args");
	if (!json_is_object(args->args) || json_object_size(args->root) != 1) {
		err = errinfo_set(info, ERR_INVALID, "request: must be {\"args\": {...}}");
		goto fail;
	}
	if (json_object_size(args->args) > ARGS_MAX) {
		err = errinfo_set(info, ERR_INVALID, "request: more than %d arguments", ARGS_MAX);
		goto fail;
	}
	*out_args = args;
	return ERR_OK;
fail:
	request_close(args);
	return err;
}

void request_close(struct request_args *args)
{
	if (!args)
		return;
	json_decref(args->root);
	free(args);
}

/* take gives the member and notes its name; *out NULL: it is not there and need not be. */
static enum err take(
	struct request_args *args, const char *name, bool required, const json_t **out, struct errinfo *info)
{
	const json_t *value = json_object_get(args->args, name);

	assert(args->taken_count < ARGS_MAX);
	args->taken[args->taken_count++] = name;
	if (!value && required)
		return errinfo_set(info, ERR_INVALID, "args.%s: is missing", name);
	*out = value;
	return ERR_OK;
}

enum err request_text(
	struct request_args *args, const char *name, bool required, const char **out, struct errinfo *info)
{
	const json_t *value = NULL;
	enum err err = take(args, name, required, &value, info);

	if (err || !value)
		return err;
	if (!json_is_string(value))
		return errinfo_set(info, ERR_INVALID, "args.%s: must be a text", name);
	*out = json_string_value(value);
	return ERR_OK;
}

enum err request_int(struct request_args *args, const char *name, bool required, int64_t min, int64_t max, int64_t *out,
	struct errinfo *info)
{
	const json_t *value = NULL;
	enum err err = take(args, name, required, &value, info);

	if (err || !value)
		return err;
	if (!json_is_integer(value))
		return errinfo_set(info, ERR_INVALID, "args.%s: must be a whole number", name);
	if (json_integer_value(value) < min || json_integer_value(value) > max)
		return errinfo_set(
			info, ERR_RANGE, "args.%s: must be %lld to %lld", name, (long long)min, (long long)max);
	*out = json_integer_value(value);
	return ERR_OK;
}

enum err request_bool(struct request_args *args, const char *name, bool required, bool *out, struct errinfo *info)
{
	const json_t *value = NULL;
	enum err err = take(args, name, required, &value, info);

	if (err || !value)
		return err;
	if (!json_is_boolean(value))
		return errinfo_set(info, ERR_INVALID, "args.%s: must be true or false", name);
	*out = json_is_true(value);
	return ERR_OK;
}

enum err request_default(struct request_args *args, const char *name, const char *value, struct errinfo *info)
{
	const json_t *before = json_object_get(args->args, name);

	if (before && (!json_is_string(before) || *json_string_value(before)))
		return ERR_OK;
	return json_object_set_new(args->args, name, json_string(value)) ? errinfo_set(info, ERR_NOMEM, "out of memory")
									 : ERR_OK;
}

enum err request_done(const struct request_args *args, struct errinfo *info)
{
	const char *key;
	json_t *value;

	json_object_foreach(args->args, key, value)
	{
		unsigned i = 0;
		while (i < args->taken_count && strcmp(args->taken[i], key) != 0)
			i++;
		if (i == args->taken_count)
			return errinfo_set(info, ERR_INVALID, "args.%.40s: is no argument of this method", key);
	}
	return ERR_OK;
}

enum err request_encode(const char *args, size_t length, struct buf *out)
{
	json_open(out, '{');
	json_key(out, "args");
	if (length)
		buf_append(out, args, length);
	else
		buf_text(out, "{}");
	json_close(out, '}');
	return out->failed;
}

enum err response_encode(const char *result, size_t length, struct buf *out)
{
	json_open(out, '{');
	json_member_bool(out, "ok", true);
	json_key(out, "result");
	buf_append(out, result, length);
	json_close(out, '}');
	return out->failed;
}

enum err response_encode_error(enum err code, const char *text, struct buf *out)
{
	char cut[ERROR_TEXT_BYTES];

	assert(code != ERR_OK);
	text_cut(cut, sizeof cut, text);
	if (!text_is_utf8(cut, strlen(cut)))
		text_cut(cut, sizeof cut, "unreadable");
	json_open(out, '{');
	json_member_bool(out, "ok", false);
	json_key(out, "error");
	json_open(out, '{');
	json_member_text(out, "code", err_name(code));
	json_member_text(out, "text", cut);
	json_close(out, '}');
	json_close(out, '}');
	return out->failed;
}

static bool is_error_code(const char *code)
{
	for (int i = ERR_OK + 1; i < ERR_COUNT; i++)
		if (!strcmp(code, err_name((enum err)i)))
			return true;
	return false;
}

static enum err decode_error(const json_t *error, struct response *out, struct errinfo *info)
{
	const char *code = json_string_value(json_object_get(error, "code"));
	const char *text = json_string_value(json_object_get(error, "text"));

	if (!code || !text || json_object_size(error) != 2 || !is_error_code(code))
		return errinfo_set(info, ERR_INVALID, "response.error: must hold a known code and a text");
	text_cut(out->code, sizeof out->code, code);
	out->text = strdup(text);
	return out->text ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");
}

bool response_result(const char *json, size_t length, const char **out_result, size_t *out_length)
{
	static const char head[] = "{\"ok\":true,\"result\":";

	if (length <= sizeof head || memcmp(json, head, sizeof head - 1) != 0 || json[length - 1] != '}')
		return false;
	*out_result = json + sizeof head - 1;
	*out_length = length - sizeof head;
	return true;
}

enum err response_decode(const char *json, size_t length, struct response *out, struct errinfo *info)
{
	json_t *root = NULL;
	const json_t *ok, *result, *error;
	enum err err;

	memset(out, 0, sizeof *out);
	err = load(json, length, &root, info);
	if (err)
		return err;
	ok = json_object_get(root, "ok");
	result = json_object_get(root, "result");
	error = json_object_get(root, "error");
	if (!json_is_boolean(ok) || json_object_size(root) != 2 || !(json_is_true(ok) ? result : error)) {
		err = errinfo_set(info, ERR_INVALID, "response: must hold ok and either result or error");
	} else if (json_is_true(ok)) {
		out->ok = true;
		out->result = json_dumps(result, JSON_COMPACT | JSON_ENCODE_ANY);
		err = out->result ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");
	} else {
		err = decode_error(error, out, info);
	}
	json_decref(root);
	return err;
}

void response_fini(struct response *response)
{
	if (!response)
		return;
	free(response->result);
	free(response->text);
	memset(response, 0, sizeof *response);
}
