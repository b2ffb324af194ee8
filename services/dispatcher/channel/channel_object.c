/* SPDX-License-Identifier: MIT
 *
 * The page object, written as JSON.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/channel/channel_render.h"

const char *channel_address(const struct channel_person *person, const char *phone, const char *kind)
{
	const char *own = person ? channel_value_find(person->addresses, person->address_count, kind) : "";

	return *own || strcmp(kind, "phone") != 0 ? own : phone;
}

void channel_message_id(const struct channel_message *message, char out[CHANNEL_ID_BYTES])
{
	const char *end = message->pages[0]->withdrawn ? ".withdrawn" : "";
	uint64_t hash = 0;

	if (message->count == 1) {
		snprintf(out, CHANNEL_ID_BYTES, "%s%s", message->pages[0]->id, end);
		return;
	}
	for (unsigned i = 0; i < message->count; i++)
		hash = text_hash64(message->pages[i]->id, strlen(message->pages[i]->id) + 1, hash);
	snprintf(out, CHANNEL_ID_BYTES, "m-%016llx%s", (unsigned long long)hash, end);
}

static void write_page(const struct channel_message *message, unsigned i, bool person, struct buf *out)
{
	const struct page *page = message->pages[i];

	json_open(out, '{');
	json_member_text(out, "id", page->id);
	json_member_text(out, "incident", page->incident);
	json_member_text(out, "user", page->user);
	json_member_text(out, "household", page->household);
	json_member_text(out, "role", page_role_name(page->role));
	json_member_text(out, "kind", channel_kind_name(channel_kind_of(page)));
	json_member_text(out, "level", alert_level_name(page->level));
	json_member_wall(out, "at", page->at);
	json_member_wall_if(out, "expires", page->expires);
	if (person)
		json_member_text(out, "reason", message->language == CHANNEL_EN ? page->reason_en : page->reason_zh);
	if (person)
		json_member_text_if(out, "note", page->note);
	if (person && message->links[i])
		json_member_text(out, "link", message->links[i]);
	if (person && message->declines[i])
		json_member_text(out, "decline", message->declines[i]);
	json_close(out, '}');
}

static void write_texts(const struct channel_message *message, bool person, struct buf *out)
{
	char title[CHANNEL_TITLE_BYTES], line[CHANNEL_LINE_BYTES];
	struct buf text;

	channel_title(message->language, message->pages[0], message->count, title);
	json_member_text(out, "title", title);
	buf_init(&text, CHANNEL_REQUEST_BYTES_MAX / 2);
	json_key(out, "lines");
	json_open(out, '[');
	for (unsigned i = 0; i < message->count; i++) {
		channel_line(message->language, message->pages[i], person, message->zone, line);
		json_text(out, line);
		buf_printf(&text, "%s%s", i ? "\n" : "", line);
	}
	json_close(out, ']');
	if (!text.failed && text.data)
		json_member_text(out, "text", text.data);
	buf_fini(&text);
}

static void write_person(const struct channel_message *message, struct buf *out)
{
	json_key(out, "to");
	json_open(out, '{');
	json_member_text(out, "user", message->pages[0]->user);
	json_member_text_if(out, "phone", channel_address(message->person, message->phone, "phone"));
	for (unsigned i = 0; message->person && i < message->person->address_count; i++)
		if (strcmp(message->person->addresses[i].name, "phone") != 0 &&
			strcmp(message->person->addresses[i].name, "user") != 0)
			json_member_text(out, message->person->addresses[i].name, message->person->addresses[i].value);
	json_close(out, '}');
}

static void write_mentions(const struct channel_message *message, struct buf *out)
{
	json_key(out, "mention");
	json_open(out, '[');
	for (unsigned i = 0; i < message->mention_count; i++)
		json_text(out, message->mentions[i]);
	json_close(out, ']');
}

enum err channel_object(const struct channel_set *set, const struct channel_message *message, struct buf *out)
{
	const struct channel_definition *definition = &set->definitions[message->channel];
	bool person = definition->audience == CHANNEL_PERSON;
	const struct page *first = message->pages[0];
	char id[CHANNEL_ID_BYTES];

	channel_message_id(message, id);
	json_open(out, '{');
	json_member_text(out, "id", id);
	json_member_text(out, "channel", definition->name);
	json_member_text(out, "language", channel_language_name(message->language));
	json_member_text(out, "kind", channel_kind_name(channel_kind_of(first)));
	json_member_text(out, "level", alert_level_name(first->level));
	json_member_text(out, "kind_text", channel_kind_text(message->language, first));
	json_member_text(out, "level_text", channel_level_text(message->language, first->level));
	json_member_bool(out, "life", first->level == ALERT_LIFE);
	json_member_bool(out, "withdrawn", first->withdrawn);
	json_member_int(out, "count", message->count);
	json_member_wall(out, "at", first->at);
	json_member_int(out, "now", message->now.ms / MS_PER_SECOND);
	write_texts(message, person, out);
	json_key(out, "pages");
	json_open(out, '[');
	for (unsigned i = 0; i < message->count; i++)
		write_page(message, i, person, out);
	json_close(out, ']');
	if (person)
		write_person(message, out);
	else
		write_mentions(message, out);
	json_close(out, '}');
	return out->failed;
}
