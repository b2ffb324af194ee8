/* SPDX-License-Identifier: MIT */
#include "codec/entry_visit.h"

#include <math.h>

#include "base/text.h"
#include "codec/json.h"

/* ---- lists of texts: rows of `size` bytes, one after the other ---- */

static void check_texts(const char **fault, const char *texts, size_t size, unsigned count, unsigned most,
	bool (*good)(const char *), const char *otherwise)
{
	check_true(fault, count <= most, otherwise);
	for (unsigned i = 0; !*fault && i < count; i++)
		check_true(fault, good(texts + i * size), otherwise);
}

static void texts_encode(struct buf *out, const char *key, const char *texts, size_t size, unsigned count)
{
	if (!count)
		return;
	json_key(out, key);
	json_open(out, '[');
	for (unsigned i = 0; i < count; i++)
		json_text(out, texts + i * size);
	json_close(out, ']');
}

static void texts_decode(struct fields *f, const char *key, char *texts, size_t size, unsigned most, uint8_t *out_count)
{
	const json_t *list = fields_get(f, key, false);
	size_t count = json_array_size(list);

	if (list && (!json_is_array(list) || !count || count > most)) {
		fields_fail(f, key, "must be an array that is neither empty nor too long");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const json_t *text = json_array_get(list, i);
		if (!json_is_string(text) || json_string_length(text) >= size) {
			fields_fail(f, key, "must be of texts that are not too long");
			return;
		}
		text_cut(texts + i * size, size, json_string_value(text));
	}
	*out_count = (uint8_t)count;
}

/* ---- sex, position ---- */

static void sex_encode(struct buf *out, enum sex sex)
{
	if (sex != SEX_NOT_SAID)
		json_member_text(out, "sex", sex_name(sex));
}

static void check_position(const char **fault, struct position p)
{
	bool known = !isnan(p.latitude) && !isnan(p.longitude);

	check_true(fault, known || (isnan(p.latitude) && isnan(p.longitude)), "latitude: goes with longitude");
	check_true(fault, !known || (fabs(p.latitude) <= 90 && fabs(p.longitude) <= 180),
		"latitude: is -90 to 90, longitude -180 to 180");
}

static void position_encode(struct buf *out, struct position p)
{
	if (isnan(p.latitude))
		return;
	json_member_number(out, "latitude", p.latitude);
	json_member_number(out, "longitude", p.longitude);
}

static void position_decode(struct fields *f, struct position *out)
{
	*out = (struct position){NAN, NAN};
	fields_number_if(f, "latitude", &out->latitude);
	fields_number_if(f, "longitude", &out->longitude);
}

/* ---- care ---- */

void check_care(const char **fault, const struct care *c)
{
	check_texts(fault, *c->languages, WORD_BYTES, c->language_count, LANGUAGES_MAX, text_is_label,
		"languages: are at most 4 labels");
	check_texts(fault, *c->interests, WORD_BYTES, c->interest_count, INTERESTS_MAX, text_is_label,
		"interests: are at most 8 labels");
	check_texts(
		fault, *c->tags, WORD_BYTES, c->tag_count, CARE_TAGS_MAX, text_is_label, "tags: are at most 16 labels");
	check_id_if(fault, c->wanted, "wanted: must be an id");
	check_texts(fault, *c->unwanted, ID_BYTES, c->unwanted_count, UNWANTED_MAX, text_is_id,
		"unwanted: are at most 4 ids");
	check_true(fault, (unsigned)c->sex < SEX_COUNT, "sex: is none");
	check_position(fault, c->position);
	check_true(fault, c->visits_every_days <= VISITS_EVERY_DAYS_MAX, "visits_every_days: is at most 366");
}

void care_encode(const struct care *c, struct buf *out)
{
	texts_encode(out, "languages", *c->languages, WORD_BYTES, c->language_count);
	texts_encode(out, "interests", *c->interests, WORD_BYTES, c->interest_count);
	texts_encode(out, "tags", *c->tags, WORD_BYTES, c->tag_count);
	json_member_text_if(out, "wanted", c->wanted);
	texts_encode(out, "unwanted", *c->unwanted, ID_BYTES, c->unwanted_count);
	sex_encode(out, c->sex);
	position_encode(out, c->position);
	if (c->visits_every_days)
		json_member_int(out, "visits_every_days", c->visits_every_days);
}

void care_decode(struct fields *f, struct care *c)
{
	int64_t days = 0;

	texts_decode(f, "languages", *c->languages, WORD_BYTES, LANGUAGES_MAX, &c->language_count);
	texts_decode(f, "interests", *c->interests, WORD_BYTES, INTERESTS_MAX, &c->interest_count);
	texts_decode(f, "tags", *c->tags, WORD_BYTES, CARE_TAGS_MAX, &c->tag_count);
	fields_text_if(f, "wanted", c->wanted, sizeof c->wanted);
	texts_decode(f, "unwanted", *c->unwanted, ID_BYTES, UNWANTED_MAX, &c->unwanted_count);
	FIELDS_WORD_IF(f, "sex", sex, &c->sex);
	position_decode(f, &c->position);
	fields_int_if(f, "visits_every_days", 0, VISITS_EVERY_DAYS_MAX, &days);
	c->visits_every_days = (uint16_t)days;
}

/* ---- companion ---- */

void check_companion(const char **fault, const struct companion *c)
{
	check_texts(fault, *c->languages, WORD_BYTES, c->language_count, LANGUAGES_MAX, text_is_label,
		"languages: are at most 4 labels");
	check_texts(fault, *c->interests, WORD_BYTES, c->interest_count, INTERESTS_MAX, text_is_label,
		"interests: are at most 8 labels");
	check_true(fault, (unsigned)c->sex < SEX_COUNT, "sex: is none");
	check_position(fault, c->position);
	check_true(fault, c->visits_a_week <= VISITS_A_WEEK_MAX, "visits_a_week: is at most 21");
	check_true(fault, c->parts && c->parts <= DAY_PARTS_ALL, "parts: are one to three of the day");
}

void companion_encode(const struct companion *c, struct buf *out)
{
	texts_encode(out, "languages", *c->languages, WORD_BYTES, c->language_count);
	texts_encode(out, "interests", *c->interests, WORD_BYTES, c->interest_count);
	sex_encode(out, c->sex);
	position_encode(out, c->position);
	json_member_int(out, "visits_a_week", c->visits_a_week);
	json_key(out, "parts");
	json_open(out, '[');
	for (int part = 0; part < DAY_PART_COUNT; part++)
		if (c->parts >> part & 1)
			json_text(out, day_part_name((enum day_part)part));
	json_close(out, ']');
	json_member_bool(out, "verified", c->verified);
}

static void parts_decode(struct fields *f, uint8_t *out)
{
	const json_t *list = fields_get(f, "parts", false);
	unsigned set = 0;

	*out = DAY_PARTS_ALL;
	if (!list)
		return;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *name = json_string_value(json_array_get(list, i));
		enum day_part part;
		if (!name || day_part_find(name, &part) || (set >> part & 1)) {
			fields_fail(f, "parts", "must be morning, afternoon, evening, each once");
			return;
		}
		set |= 1u << part;
	}
	if (!set)
		fields_fail(f, "parts", "must be an array of one to three parts of the day");
	*out = (uint8_t)set;
}

void companion_decode(struct fields *f, struct companion *c)
{
	int64_t visits = 0;

	texts_decode(f, "languages", *c->languages, WORD_BYTES, LANGUAGES_MAX, &c->language_count);
	texts_decode(f, "interests", *c->interests, WORD_BYTES, INTERESTS_MAX, &c->interest_count);
	FIELDS_WORD_IF(f, "sex", sex, &c->sex);
	position_decode(f, &c->position);
	fields_int_if(f, "visits_a_week", 0, VISITS_A_WEEK_MAX, &visits);
	c->visits_a_week = (uint8_t)visits;
	parts_decode(f, &c->parts);
	fields_bool_if(f, "verified", &c->verified);
}

/* ---- service ---- */

void check_offering(const char **fault, const struct offering *s)
{
	check_label(fault, s->help, "help: must be a label");
	check_text_if(fault, s->name_zh, "name_zh: must be a line");
	check_text_if(fault, s->name_en, "name_en: must be a line");
	check_texts(fault, *s->providers, ID_BYTES, s->provider_count, PROVIDERS_MAX, text_is_id,
		"providers: are at most 8 ids");
	check_true(fault, s->lead_days <= SERVICE_LEAD_DAYS_MAX, "lead_days: is at most 60");
}

void offering_encode(const struct offering *s, struct buf *out)
{
	json_member_text(out, "help", s->help);
	json_member_text_if(out, "name_zh", s->name_zh);
	json_member_text_if(out, "name_en", s->name_en);
	texts_encode(out, "providers", *s->providers, ID_BYTES, s->provider_count);
	json_member_int(out, "lead_days", s->lead_days);
	json_member_bool(out, "teams", s->teams);
}

void offering_decode(struct fields *f, struct offering *s)
{
	int64_t days = 0;

	fields_text(f, "help", s->help, sizeof s->help);
	fields_text_if(f, "name_zh", s->name_zh, sizeof s->name_zh);
	fields_text_if(f, "name_en", s->name_en, sizeof s->name_en);
	texts_decode(f, "providers", *s->providers, ID_BYTES, PROVIDERS_MAX, &s->provider_count);
	fields_int_if(f, "lead_days", 0, SERVICE_LEAD_DAYS_MAX, &days);
	s->lead_days = (uint8_t)days;
	fields_bool_if(f, "teams", &s->teams);
}
