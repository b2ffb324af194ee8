/* SPDX-License-Identifier: MIT */
#include "codec/history.h"

#include <stdlib.h>
#include <string.h>

#include "codec/fields.h"
#include "codec/items.h"
#include "codec/json.h"
#include "codec/request.h"

struct history {
	json_t *root;
	const json_t *items;
	size_t next;
	char household[ID_BYTES];
};

static const char *head_fault(const struct history_head *head)
{
	const char *fault = NULL;

	check_id(&fault, head->household, "household: must be an id");
	check_wall_if(&fault, head->last, "last: must be a time from 1970 on");
	check_true(&fault, head->count <= HISTORY_ITEMS_MAX, "items: must be an array of at most 4096");
	check_true(&fault, !head->more || wall_is_set(head->last), "last: goes with more");
	return fault;
}

static enum err head_from_json(
	const json_t *root, struct history_head *out, const json_t **out_items, struct errinfo *info)
{
	struct history_head head = {.last = WALL_NONE};
	struct fields f;

	fields_open(&f, root, "history", info);
	fields_text(&f, "household", head.household, sizeof head.household);
	const json_t *items = fields_get(&f, "items", true);
	if (items && (!json_is_array(items) || json_array_size(items) > HISTORY_ITEMS_MAX))
		fields_fail(&f, "items", "must be an array of at most 4096");
	fields_bool_if(&f, "more", &head.more);
	fields_wall_if(&f, "last", &head.last);
	if (fields_done(&f))
		return f.err;
	head.count = (uint32_t)json_array_size(items);
	const char *fault = head_fault(&head);
	if (fault)
		return errinfo_set(info, ERR_INVALID, "history.%s", fault);
	*out = head;
	*out_items = items;
	return ERR_OK;
}

enum err history_open(const char *json, size_t length, struct history **out_history, struct history_head *out_head,
	struct errinfo *info)
{
	struct history *history = calloc(1, sizeof *history);

	if (!history)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	enum err err = fields_load(json, length, REQUEST_BYTES_MAX, &history->root, info);
	if (!err)
		err = head_from_json(history->root, out_head, &history->items, info);
	if (err) {
		history_close(history);
		return err;
	}
	memcpy(history->household, out_head->household, sizeof history->household);
	*out_history = history;
	return ERR_OK;
}

enum err history_next(struct history *history, struct reading *out, struct errinfo *info)
{
	struct reading reading;

	if (history->next >= json_array_size(history->items))
		return ERR_NOT_FOUND;
	enum err err = reading_from_json(json_array_get(history->items, history->next++), &reading, info);
	if (err)
		return err;
	if (strcmp(reading.household, history->household) != 0)
		return errinfo_set(info, ERR_INVALID, "reading.household: is not that of the page");
	*out = reading;
	return ERR_OK;
}

void history_close(struct history *history)
{
	if (!history)
		return;
	json_decref(history->root);
	free(history);
}

enum err history_encode(const struct history_head *head, const char *items, size_t items_length, struct buf *out)
{
	if (head_fault(head))
		return ERR_INVALID;
	json_open(out, '{');
	json_member_text(out, "household", head->household);
	json_key(out, "items");
	json_open(out, '[');
	buf_append(out, items, items_length);
	json_close(out, ']');
	if (head->more)
		json_member_bool(out, "more", true);
	if (wall_is_set(head->last))
		json_member_wall(out, "last", head->last);
	json_close(out, '}');
	return out->failed;
}
