/* SPDX-License-Identifier: MIT */
#include "records/ledger_list.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "message/message.h"

bool ledger_one_of(const char *text, const char *words)
{
	size_t length = strlen(text);

	for (const char *word = words; length && word; word = strchr(word, '|')) {
		word += *word == '|';
		if (strncmp(word, text, length) == 0 && (word[length] == '|' || !word[length]))
			return true;
	}
	return false;
}

const char *ledger_none_of(const char *words)
{
	static _Thread_local char wrong[200];

	snprintf(wrong, sizeof wrong, "只能是 (must be one of %s)", words);
	return wrong;
}

static const char *put_quantities(const char *name, const char *const *texts, unsigned count, struct buf *out)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < count; i++) {
		enum quantity q;
		if (quantity_find(texts[i], &q))
			return "有不认识的量 (names an unknown quantity; curtain quantities lists them)";
		set |= UINT64_C(1) << q;
	}
	json_key(out, name);
	json_open(out, '[');
	for (unsigned q = 0; q < QUANTITY_COUNT; q++)
		if (set >> q & 1)
			json_text(out, quantity_info((enum quantity)q)->name);
	json_close(out, ']');
	return NULL;
}

static const char *put_weekdays(const char *name, const char *const *texts, unsigned count, struct buf *out)
{
	static const char *const days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
	unsigned set = 0;

	for (unsigned i = 0; i < count; i++) {
		unsigned d = 0;
		while (d < 7 && strcmp(days[d], texts[i]) != 0)
			d++;
		if (d == 7)
			return "只能是 mon tue wed thu fri sat sun (must be a list of these)";
		set |= 1u << d;
	}
	json_member_int(out, name, set);
	return NULL;
}

/* too_many says that a list is longer than the field may be. */
static const char *too_many(const struct ledger_field *field)
{
	static _Thread_local char wrong[96];

	snprintf(wrong, sizeof wrong, "太多，最多 %ld 个 (too many: at most %ld)", field->max, field->max);
	return wrong;
}

/* wrong_word_length: where words have a limit, it is the directory's. */
static const char *wrong_word_length(const struct ledger_field *field, size_t length)
{
	if (length > (size_t)(field->min ? field->min : ID_BYTES - 1))
		return field->min ? "有词超过 31 字节（10 个汉字）(holds a word longer than 31 bytes, 10 Chinese "
				    "characters)"
				  : "有词太长 (holds a word that is too long)";
	return NULL;
}

static const char *put_words(
	const struct ledger_field *field, const char *const *texts, unsigned count, struct buf *out)
{
	if (field->max && count > (unsigned)field->max)
		return too_many(field);
	for (unsigned i = 0; i < count; i++) {
		const char *wrong = wrong_word_length(field, strlen(texts[i]));
		if (wrong)
			return wrong;
		if (!text_is_label(texts[i]) || strpbrk(texts[i], " ;"))
			return "有词里有空格或分号 (holds a word with a blank or semicolon in it)";
		if (field->words && !ledger_one_of(texts[i], field->words))
			return ledger_none_of(field->words);
	}
	json_key(out, field->name);
	json_open(out, '[');
	for (unsigned i = 0; i < count; i++)
		json_text(out, texts[i]);
	json_close(out, ']');
	return NULL;
}

static const char *put_ids(const struct ledger_field *field, const char *const *texts, unsigned count, struct buf *out)
{
	for (unsigned i = 0; i < count; i++) {
		if (!text_is_id(texts[i]))
			return "要填编号，如 v-0001 (must be ids such as v-0001)";
		for (unsigned k = 0; k < i; k++)
			if (strcmp(texts[k], texts[i]) == 0)
				return "同一个编号出现两次 (holds an id twice)";
	}
	return put_words(field, texts, count, out);
}

const char *ledger_language_put(const struct ledger_field *field, const char *text, struct buf *out)
{
	static const char *const separators[] = {",", ";", "/", "\\", "、", "，", "；"};
	size_t length = 0;
	long words = 0;

	for (const char *p = text;;) {
		size_t step = 0;
		for (unsigned i = 0; i < sizeof separators / sizeof *separators && !step; i++)
			step = strncmp(p, separators[i], strlen(separators[i])) ? 0 : strlen(separators[i]);
		if (!step && *p) {
			length++;
			p++;
			continue;
		}
		words += length > 0;
		if (wrong_word_length(field, length))
			return wrong_word_length(field, length);
		if (words > field->max)
			return too_many(field);
		if (!*p)
			break;
		length = 0;
		p += step;
	}
	if (!text_is_label(text))
		return "有控制字符 (holds control characters)";
	json_member_text(out, field->name, text);
	return NULL;
}

const char *ledger_list_put(const struct ledger_field *field, const char *const *texts, unsigned count, struct buf *out)
{
	switch (field->type) {
	case LEDGER_QUANTITIES:
		return put_quantities(field->name, texts, count, out);
	case LEDGER_WEEKDAYS:
		return put_weekdays(field->name, texts, count, out);
	case LEDGER_IDS:
		return put_ids(field, texts, count, out);
	default:
		return put_words(field, texts, count, out);
	}
}
