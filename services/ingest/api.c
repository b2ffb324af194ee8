/* SPDX-License-Identifier: MIT
 *
 * The service's own questions: curtain/api/<user>/ingest/<method>.
 *
 *   dead_letters {after, limit}   what was refused: {"items": [{"id","at","reason","profile","topic","payload"}...],
 *                                 "count"}
 *   replay {}                     each dead letter once more through the present profiles; what passes is deleted
 *   forget {device}               dead letters that name the device are deleted: {"forgotten"}
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/json.h"
#include "codec/request.h"
#include "ingest/ingest.h"
#include "service/answer.h"

#define API_LETTERS_MAX 200
#define API_PAYLOAD_BYTES 400 /* shown of a payload */
#define API_REPLAY_MAX 1000   /* in one turn; the caller asks again */

static void show_payload(struct buf *out, const struct letter *letter)
{
	char text[API_PAYLOAD_BYTES + 1];
	size_t length = letter->length > API_PAYLOAD_BYTES ? API_PAYLOAD_BYTES : letter->length;

	for (size_t i = 0; i < length; i++) {
		char c = ((const char *)letter->payload)[i];
		text[i] = c ? c : ' ';
	}
	text[length] = '\0';
	while (length && !text_is_utf8(text, length)) { /* cut in the middle of a character, or no text at all */
		if (letter->length - length > 4) {
			snprintf(text, sizeof text, "(%zu bytes that are no text)", letter->length);
			break;
		}
		text[--length] = '\0';
	}
	json_member_text(out, "payload", text);
}

static enum err list(struct ingest *ingest, struct request_args *args, struct buf *out, struct errinfo *info)
{
	int64_t after = 0, limit = 50;
	struct letter letter;
	enum err err = request_int(args, "after", false, 0, INT64_MAX, &after, info);

	if (!err)
		err = request_int(args, "limit", false, 1, API_LETTERS_MAX, &limit, info);
	if (!err)
		err = request_done(args, info);
	if (err)
		return err;
	json_open(out, '{');
	json_member_int(out, "count", letters_count(ingest->letters));
	json_key(out, "items");
	json_open(out, '[');
	for (; limit-- > 0 && !(err = letters_next(ingest->letters, after, &letter, info)); after = letter.id) {
		json_open(out, '{');
		json_member_int(out, "id", letter.id);
		json_member_wall(out, "at", letter.at);
		json_member_text(out, "reason", letter.reason);
		json_member_text_if(out, "profile", letter.profile);
		json_member_text(out, "topic", letter.topic);
		show_payload(out, &letter);
		json_close(out, '}');
	}
	json_close(out, ']');
	json_close(out, '}');
	return err == ERR_NOT_FOUND || !err ? out->failed : err;
}

static enum err replay(struct ingest *ingest, struct request_args *args, struct buf *out, struct errinfo *info)
{
	int64_t after = 0, passed = 0, refused = 0;
	struct letter letter;
	enum err err = request_int(args, "after", false, 0, INT64_MAX, &after, info);

	if (!err)
		err = request_done(args, info);
	if (!err)
		err = ingest_begin(ingest);
	while (!err && passed + refused < API_REPLAY_MAX &&
		!(err = letters_next(ingest->letters, after, &letter, info))) {
		after = letter.id;
		if (ingest_retry(ingest, &letter)) {
			passed++;
			err = letters_delete(ingest->letters, letter.id, info);
		} else {
			refused++;
		}
	}
	if (err && err != ERR_NOT_FOUND)
		return err;
	json_open(out, '{');
	json_member_int(out, "passed", passed);
	json_member_int(out, "refused", refused);
	json_member_int(out, "after", after);
	json_member_bool(out, "more", err == ERR_OK);
	json_close(out, '}');
	return out->failed;
}

/* holds says whether a letter speaks of a device: its name stands in the topic or in the payload. */
static bool holds(const struct letter *letter, const char *device)
{
	return strstr(letter->topic, device) || memmem(letter->payload, letter->length, device, strlen(device));
}

static enum err forget(struct ingest *ingest, struct request_args *args, struct buf *out, struct errinfo *info)
{
	const char *device = "";
	int64_t after = 0, forgotten = 0;
	struct letter letter;
	enum err err = request_text(args, "device", true, &device, info);

	if (!err)
		err = request_done(args, info);
	if (!err && (!text_is_label(device) || strlen(device) < 3))
		err = errinfo_set(info, ERR_INVALID, "args.device: must be a device's name of at least 3 bytes");
	if (!err)
		err = ingest_begin(ingest);
	while (!err && !(err = letters_next(ingest->letters, after, &letter, info))) {
		after = letter.id;
		if (!holds(&letter, device))
			continue;
		forgotten++;
		err = letters_delete(ingest->letters, letter.id, info);
	}
	if (err && err != ERR_NOT_FOUND)
		return err;
	json_open(out, '{');
	json_member_int(out, "forgotten", forgotten);
	json_close(out, '}');
	return out->failed;
}

static enum err answer(
	struct ingest *ingest, const struct bus_event *event, const char *method, struct buf *out, struct errinfo *info)
{
	struct request_args *args = NULL;
	enum err err = request_open(event->payload, event->length, &args, info);

	if (!err && !strcmp(method, "dead_letters"))
		err = list(ingest, args, out, info);
	else if (!err && !strcmp(method, "replay"))
		err = replay(ingest, args, out, info);
	else if (!err && !strcmp(method, "forget"))
		err = forget(ingest, args, out, info);
	else if (!err)
		err = errinfo_set(info, ERR_NOT_FOUND,
			"ingest has no method \"%s\"; it has dead_letters, replay and forget", method);
	request_close(args);
	return err;
}

void ingest_request(struct ingest *ingest, const struct bus_event *event)
{
	char user[ID_BYTES];
	const char *method;
	struct buf result;
	struct errinfo info = {0};
	enum err err;

	if (answer_caller(event, user, &method)) {
		log_warning("request_without_answer_topic", "topic", event->topic);
		return;
	}
	buf_init(&result, REQUEST_BYTES_MAX - 4096);
	err = answer(ingest, event, method, &result, &info);
	err = answers_keep(&ingest->answers, event, err, info.text, result.data, result.length);
	if (err)
		log_warning("answer_not_sent", "error", err_name(err));
	buf_fini(&result);
}
