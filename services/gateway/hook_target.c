/* SPDX-License-Identifier: MIT */
#include "gateway/hook_target.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "config/config.h"
#include "web/webhook.h"

static const char *const program_keys[HOOK_JQ_COUNT] = {
	"body", "sign_text", "query", "headers", "success", "rows", "next"};

enum err hook_target_list(struct yaml_in *in, const yaml_node_t *node, const char *what, size_t max)
{
	if (node->type != YAML_SEQUENCE_NODE || yaml_in_count(node) > max)
		return yaml_in_fail(in, node, 0, "%s: a list of at most %zu is expected here", what, max);
	return ERR_OK;
}

enum err hook_target_number(
	struct yaml_in *in, const yaml_node_t *map, const char *key, int64_t least, int64_t most, int64_t *out)
{
	const yaml_node_t *node = yaml_in_get(in, map, key);

	return node ? yaml_in_int(in, node, key, least, most, out) : ERR_OK;
}

/* ---- names and values ---- */

/* open_secret replaces the path of a secret by what the file holds. */
static enum err open_secret(struct yaml_in *in, const yaml_node_t *node, bool with_secrets, struct hook_value *secret)
{
	const char *slash = strrchr(in->file, '/');
	char path[HOOK_VALUE_BYTES + 300], text[HOOK_VALUE_BYTES];
	struct errinfo why = {0};
	enum err err;

	if (!with_secrets) {
		snprintf(secret->value, sizeof secret->value, "SECRET-%s", secret->name);
		return ERR_OK;
	}
	if (*secret->value == '/' || !slash)
		snprintf(path, sizeof path, "%s", secret->value);
	else
		snprintf(path, sizeof path, "%.*s/%s", (int)(slash - in->file), in->file, secret->value);
	err = config_secret(path, text, sizeof text, &why);
	if (err)
		err = yaml_in_fail(in, node, 0, "secrets.%s: %s", secret->name, why.text);
	else
		text_cut(secret->value, sizeof secret->value, text);
	explicit_bzero(text, sizeof text);
	return err;
}

static enum err read_values(
	struct yaml_in *in, const yaml_node_t *entry, const char *key, struct hook_value *out, unsigned *count)
{
	const yaml_node_t *map = yaml_in_get(in, entry, key);
	enum err err = map ? yaml_in_map(in, map, key, NULL) : ERR_OK;

	if (err || !map)
		return err;
	for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top && !err;
		pair++) {
		if (*count == HOOK_VALUES_MAX)
			return yaml_in_fail(in, map, 0, "%s: at most %d are possible", key, HOOK_VALUES_MAX);
		err = yaml_in_pair(
			in, pair, key, out[*count].name, sizeof out->name, out[*count].value, sizeof out->value);
		if (!err)
			(*count)++;
	}
	return err;
}

static enum err read_secrets(struct yaml_in *in, const yaml_node_t *entry, bool with_secrets, struct hook_target *out)
{
	const yaml_node_t *map = yaml_in_get(in, entry, "secrets");
	enum err err = read_values(in, entry, "secrets", out->secrets, &out->secret_count);

	for (unsigned i = 0; i < out->secret_count && !err; i++) {
		const yaml_node_t *node = yaml_in_get(in, map, out->secrets[i].name);
		err = open_secret(in, node ? node : map, with_secrets, &out->secrets[i]);
	}
	return err;
}

/* ---- the call ---- */

static enum err read_programs(
	struct yaml_in *in, const yaml_node_t *entry, struct program *program, struct hook_target *out)
{
	enum err err = ERR_OK;

	for (int i = 0; i < HOOK_JQ_COUNT && !err; i++) {
		const yaml_node_t *node = yaml_in_get(in, entry, program_keys[i]);
		const char *text = NULL;
		out->programs[i] = HOOK_NO_PROGRAM;
		if (!node)
			continue;
		err = yaml_in_text(in, node, program_keys[i], PROGRAM_BYTES_MAX - 1, &text);
		if (!err)
			err = program_add(program, text, yaml_in_place(node), &out->programs[i], in->info);
	}
	return err;
}

/* check_sign: each signature has what it needs, and a key of Standard Webhooks is one. */
static enum err check_sign(
	struct yaml_in *in, const yaml_node_t *entry, bool with_secrets, const struct hook_target *target)
{
	const char *sign = hook_value_find(target->secrets, target->secret_count, "sign"),
		   *old = hook_value_find(target->secrets, target->secret_count, "sign_old");
	const yaml_node_t *node = yaml_in_get(in, entry, "secrets");
	struct webhook_secret secret = {0};
	enum err err = ERR_OK;

	if (target->sign == HOOK_UNSIGNED)
		return ERR_OK;
	if (!*sign)
		return yaml_in_fail(in, node ? node : entry, 0, "secrets: the signature needs {sign: FILE}");
	if (target->sign == HOOK_HMAC_SHA256 && target->programs[HOOK_JQ_SIGN_TEXT] == HOOK_NO_PROGRAM)
		return yaml_in_fail(in, entry, 0, "sign_text: hmac-sha256 needs it: which text is signed");
	if (target->sign == HOOK_STANDARD_WEBHOOKS && with_secrets &&
		(webhook_secret_parse(sign, &secret) || (*old && webhook_secret_parse(old, &secret))))
		err = yaml_in_fail(in, node, 0, "secrets: whsec_ must be followed by base64");
	explicit_bzero(&secret, sizeof secret);
	return err;
}

static enum err read_way(struct yaml_in *in, const yaml_node_t *entry, struct hook_target *out)
{
	static const char *const methods[] = {"POST", "PUT", "GET", NULL};
	static const char *const signs[] = {"none", "standard-webhooks", "hmac-sha256", NULL};
	static const char *const forms[] = {"hex", "base64", NULL};
	const yaml_node_t *method = yaml_in_get(in, entry, "method"), *format = yaml_in_get(in, entry, "format"),
			  *sign = yaml_in_get(in, entry, "sign"), *form = yaml_in_get(in, entry, "sign_as"),
			  *timeout = yaml_in_get(in, entry, "timeout");
	int method_word = !strcmp(out->method, "GET") ? 2 : 0, format_word = WEB_JSON, sign_word = 0, form_word = 0;
	enum err err = method ? yaml_in_word(in, method, "method", methods, &method_word) : ERR_OK;

	if (!err && format)
		err = yaml_in_word(in, format, "format", web_format_words, &format_word);
	if (!err && sign)
		err = yaml_in_word(in, sign, "sign", signs, &sign_word);
	if (!err && form)
		err = yaml_in_word(in, form, "sign_as", forms, &form_word);
	out->timeout_ms = 10 * MS_PER_SECOND;
	if (!err && timeout)
		err = yaml_in_duration(in, timeout, "timeout", &out->timeout_ms);
	if (!err && (out->timeout_ms < 100 || out->timeout_ms > 2 * MS_PER_MINUTE))
		err = yaml_in_fail(in, timeout, 0, "timeout: must be 100ms to 2m");
	text_cut(out->method, sizeof out->method, methods[method_word]);
	out->format = (enum web_format)format_word;
	out->sign = (enum hook_sign)sign_word;
	out->base64 = form_word == 1;
	return err;
}

enum err hook_target_read(struct yaml_in *in, const yaml_node_t *entry, bool with_secrets, struct program *program,
	struct hook_target *out)
{
	const yaml_node_t *name = yaml_in_get(in, entry, "name"), *url = yaml_in_get(in, entry, "url");
	const char *text = NULL;
	enum err err;

	if (!name || !url)
		return yaml_in_fail(in, entry, 0, "name and url are needed");
	err = yaml_in_text(in, name, "name", sizeof out->name - 1, &text);
	if (!err && !text_is_id(text))
		err = yaml_in_fail(in, name, 0, "name: must be an id: letters, digits, \".\", \"_\", \"-\"");
	if (!err)
		text_cut(out->name, sizeof out->name, text);
	if (!err)
		err = yaml_in_text(in, url, "url", sizeof out->url - 1, &text);
	if (!err && (!*text || webhook_check(text, NULL)))
		err = yaml_in_fail(in, url, 0, "url: must be an address like https://host/path");
	if (!err)
		text_cut(out->url, sizeof out->url, text);
	if (!err)
		err = read_way(in, entry, out);
	if (!err)
		err = read_values(in, entry, "vars", out->vars, &out->var_count);
	if (!err)
		err = read_secrets(in, entry, with_secrets, out);
	if (!err)
		err = read_programs(in, entry, program, out);
	return err ? err : check_sign(in, entry, with_secrets, out);
}

const char *hook_value_find(const struct hook_value *values, unsigned count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (!strcmp(values[i].name, name))
			return values[i].value;
	return "";
}
