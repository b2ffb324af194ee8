/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "ingest/map_internal.h"
#include "ingest/senml.h"

/* draft: a value before it has been checked, from an emit, a program's output or a SenML record. */
struct draft {
	enum quantity quantity;
	struct map_value value, at;
	const struct map_value *device, *channel, *text; /* NULL or VALUE_NULL: none */
	const char *unit;
	bool has_time; /* at is meant, null included */
	bool invert;
	const struct emit *words;
};

static bool is_given(const struct map_value *value)
{
	return value && value->kind != VALUE_NULL;
}

/* translate looks a text up among the emit's words. */
static bool translate(const struct emit *emit, const struct map_value *value, double *out)
{
	char text[WORD_BYTES];

	if (value->kind == VALUE_TRUE || value->kind == VALUE_FALSE)
		text_cut(text, sizeof text, value->kind == VALUE_TRUE ? "true" : "false");
	else if (value_to_text(value, text, sizeof text))
		return false;
	for (uint32_t i = 0; i < emit->word_count; i++) {
		if (!strcmp(emit->words[i].text, text)) {
			*out = emit->words[i].value;
			return true;
		}
	}
	return false;
}

static bool take_number(struct run *run, const struct draft *draft, double *out)
{
	const struct quantity_info *info = quantity_info(draft->quantity);
	char shown[48];
	double number = 0;

	if (!(draft->words && translate(draft->words, &draft->value, &number)) &&
		!value_to_number(&draft->value, &number)) {
		value_describe(&draft->value, shown, sizeof shown);
		run_refuse(run, "not_a_number: %s %s", info->name, shown);
		return false;
	}
	if (isnan(number))
		return false; /* a word for "unknown" */
	if (quantity_convert(draft->quantity, draft->unit, number, out)) {
		run_refuse(run, "unknown_unit: %s %s", info->name, draft->unit);
		return false;
	}
	if (draft->invert)
		*out = 1 - *out;
	if (!(*out >= info->min && *out <= info->max)) {
		run_refuse(run, "range: %s %.15g %s, not %.15g to %.15g", info->name, *out, info->unit, info->min,
			info->max);
		return false;
	}
	return true;
}

/* take_time: a time that cannot be read does not cost the value, unless the profile wants it so; it is noted. */
static bool take_time(struct run *run, const struct draft *draft, struct wall *out, char note[MAP_REASON_BYTES])
{
	const struct map_entry *entry = run->entry;
	char shown[48];

	*out = WALL_NONE;
	note[0] = '\0';
	if (!draft->has_time || entry->time_format == TIME_ARRIVAL)
		return true;
	if (draft->at.kind == VALUE_NULL && !entry->time_required)
		return true;
	if (draft->at.kind != VALUE_NULL && !time_read(entry->time_format, entry->zone, &draft->at, out))
		return true;
	*out = WALL_NONE;
	value_describe(&draft->at, shown, sizeof shown);
	if (entry->time_required) {
		run_refuse(run, "bad_time: %s", shown);
		return false;
	}
	snprintf(note, MAP_REASON_BYTES, "bad_time: %s", shown);
	return true;
}

/* take_label copies a channel or text, cut to its room; false: it is neither text, number nor boolean. */
static bool take_label(struct run *run, const struct map_value *value, const char *what, char *out, size_t size)
{
	char shown[48], number[32];

	out[0] = '\0';
	if (!is_given(value))
		return true;
	if (value->kind == VALUE_TEXT) {
		text_cut(out, size, value->text);
	} else if (value->kind == VALUE_OTHER) {
		value_describe(value, shown, sizeof shown);
		run_refuse(run, "bad_%s: %s", what, shown);
		return false;
	} else {
		value_describe(value, number, sizeof number);
		text_cut(out, size, number);
	}
	for (char *p = out; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
	return true;
}

/* finish checks a draft and makes an observation, a refusal, or (no value) nothing of it. */
static void finish(struct run *run, const struct draft *draft)
{
	char device[DEVICE_BYTES], channel[CHANNEL_BYTES], text[WORD_BYTES], note[MAP_REASON_BYTES];
	struct wall at;
	double number;

	if (draft->value.kind == VALUE_NULL)
		return;
	memcpy(device, run->device, sizeof device);
	if (is_given(draft->device) && !run_take_device(run, draft->device, device))
		return;
	if (!device[0]) {
		run_refuse(run, "bad_device: none is given");
		return;
	}
	if (!take_number(run, draft, &number) || !take_time(run, draft, &at, note) ||
		!take_label(run, draft->channel, "channel", channel, sizeof channel) ||
		!take_label(run, draft->text, "text", text, sizeof text))
		return;
	struct map_result *result = run_add(run, MAP_OBSERVATION);
	if (!result)
		return;
	struct observation *o = &result->observation;
	memcpy(o->device, device, sizeof device);
	memcpy(o->channel, channel, sizeof channel);
	memcpy(o->text, text, sizeof text);
	memcpy(result->reason, note, sizeof note);
	o->quantity = draft->quantity;
	o->value = number;
	o->at = at;
}

/* ---- emit ---- */

static bool eval(struct run *run, const struct expr *expr, struct map_value *out)
{
	char reason[PROGRAM_REASON_BYTES];

	if (expr_eval(expr, run->source, out, reason))
		return true;
	run_refuse(run, "%s", reason);
	return false;
}

/* find_quantity: false: refused; *out_none: null, nothing is meant. */
static bool find_quantity(struct run *run, const struct map_value *name, enum quantity *out, bool *out_none)
{
	char shown[48];

	*out_none = name->kind == VALUE_NULL;
	if (*out_none || (name->kind == VALUE_TEXT && !quantity_find(name->text, out)))
		return true;
	value_describe(name, shown, sizeof shown);
	run_refuse(run, "unknown_quantity: %s", shown);
	return false;
}

static bool emit_quantity(struct run *run, const struct emit *emit, struct draft *draft)
{
	struct map_value name;
	bool none;

	draft->quantity = emit->quantity;
	if (emit->quantity_expr.kind == EXPR_NONE)
		return true;
	return eval(run, &emit->quantity_expr, &name) && find_quantity(run, &name, &draft->quantity, &none) && !none;
}

static bool emit_unit(struct run *run, const struct emit *emit, struct draft *draft, char unit[PROFILE_UNIT_BYTES])
{
	struct map_value value;

	draft->unit = emit->unit;
	if (emit->unit_expr.kind == EXPR_NONE)
		return true;
	if (!eval(run, &emit->unit_expr, &value))
		return false;
	draft->unit = unit;
	unit[0] = '\0';
	if (value.kind == VALUE_TEXT)
		text_cut(unit, PROFILE_UNIT_BYTES, value.text);
	return true;
}

void run_emit(struct run *run, const struct emit *emit)
{
	struct draft draft = {.words = emit->word_count ? emit : NULL, .invert = emit->invert};
	struct map_value device, channel, text;
	const struct expr *time = emit->at.kind != EXPR_NONE ? &emit->at : &run->entry->time;
	char unit[PROFILE_UNIT_BYTES];

	if (!emit_quantity(run, emit, &draft) || !eval(run, &emit->value, &draft.value) ||
		draft.value.kind == VALUE_NULL)
		return;
	draft.has_time = time->kind != EXPR_NONE;
	if (!emit_unit(run, emit, &draft, unit) || (draft.has_time && !eval(run, time, &draft.at)))
		return;
	if (emit->device.kind != EXPR_NONE && !eval(run, &emit->device, &device))
		return;
	if (emit->channel.kind != EXPR_NONE && !eval(run, &emit->channel, &channel))
		return;
	if (emit->text.kind != EXPR_NONE && !eval(run, &emit->text, &text))
		return;
	draft.device = emit->device.kind != EXPR_NONE ? &device : NULL;
	draft.channel = emit->channel.kind != EXPR_NONE ? &channel : NULL;
	draft.text = emit->text.kind != EXPR_NONE ? &text : NULL;
	finish(run, &draft);
}

/* ---- program ---- */

enum output_key { QUANTITY, VALUE, UNIT, DEVICE, CHANNEL, TEXT, AT, IGNORE, KEY_COUNT };

static const char *const output_names[KEY_COUNT] = {
	"quantity", "value", "unit", "device", "channel", "text", "at", "ignore"};

/* read_output takes an output apart; consumed. false: refused. */
static bool read_output(struct run *run, jv output, struct map_value values[KEY_COUNT], bool present[KEY_COUNT])
{
	bool fine = true;

	if (jv_get_kind(output) != JV_KIND_OBJECT) {
		jv_free(output);
		run_refuse(run, "program: an output is no object; {quantity: ..., value: ...} is wanted");
		return false;
	}
	jv_object_foreach(output, key, value)
	{
		const char *name = jv_string_value(key);
		int k = 0;
		while (k < KEY_COUNT && strcmp(output_names[k], name) != 0)
			k++;
		if (k < KEY_COUNT) {
			present[k] = true;
			value_of_jv(&values[k], value);
		} else {
			if (fine)
				run_refuse(run, "program: unknown key \"%.40s\" in an output", name);
			fine = false;
			jv_free(value);
		}
		jv_free(key);
	}
	jv_free(output);
	return fine;
}

static void take_output(struct run *run, jv output)
{
	struct map_value values[KEY_COUNT];
	bool present[KEY_COUNT] = {0}, none;
	struct draft draft = {.unit = ""};

	for (int k = 0; k < KEY_COUNT; k++)
		values[k].kind = VALUE_NULL;
	if (!read_output(run, output, values, present))
		return;
	if (values[IGNORE].kind == VALUE_TEXT) {
		if (!run->program_ignore[0])
			text_cut(run->program_ignore, sizeof run->program_ignore, values[IGNORE].text);
		return;
	}
	if (!find_quantity(run, &values[QUANTITY], &draft.quantity, &none) || none)
		return;
	if (values[UNIT].kind == VALUE_TEXT)
		draft.unit = values[UNIT].text;
	draft.value = values[VALUE];
	draft.device = &values[DEVICE];
	draft.channel = &values[CHANNEL];
	draft.text = &values[TEXT];
	draft.has_time = present[AT] || run->entry->time.kind != EXPR_NONE;
	draft.at = values[AT];
	if (!present[AT] && draft.has_time && !eval(run, &run->entry->time, &draft.at))
		return;
	finish(run, &draft);
}

/* run_program collects the outputs first: `time` of the entry may itself be jq's, and one state runs one at a time. */
void run_program(struct run *run)
{
	struct program *program = run->source->program;
	char reason[PROGRAM_REASON_BYTES];
	jv outputs = jv_array(), value;
	enum program_step step;

	program_start(program, run->entry->program, expr_source_jv(run->source), expr_source_topic(run->source));
	while ((step = program_next(program, &value, reason)) == PROGRAM_OUTPUT) {
		outputs = jv_array_append(outputs, value);
		if (jv_array_length(jv_copy(outputs)) > (int)MAP_RESULTS_MAX) {
			program_stop(program);
			break;
		}
	}
	jv_array_foreach(outputs, i, output) take_output(run, output);
	jv_free(outputs);
	if (step == PROGRAM_FAILED)
		run_refuse(run, "%s", reason);
}

/* ---- senml ---- */

static void take_record(struct run *run, struct senml_record *record, const char *from_topic)
{
	char device[DEVICE_BYTES], channel[CHANNEL_BYTES], reason[SENML_REASON_BYTES];
	struct draft draft = {.unit = record->unit, .value = record->value};
	struct map_value device_value, channel_value, text;

	if (!senml_meaning(record, from_topic, &draft.quantity, device, channel, reason)) {
		run_refuse(run, "%s", reason);
		return;
	}
	value_of_text(&device_value, device, strlen(device));
	value_of_text(&channel_value, channel, strlen(channel));
	draft.device = &device_value;
	draft.channel = &channel_value;
	/* A word is what an event says, not how large it is. */
	double number;
	if (record->value.kind == VALUE_TEXT && !value_to_number(&record->value, &number) &&
		quantity_info(draft.quantity)->kind == QUANTITY_EVENT) {
		text = record->value;
		draft.text = &text;
		value_of_number(&draft.value, 1);
	}
	unsigned before = run->map->count;
	finish(run, &draft);
	if (run->map->count > before && run->map->items[before].kind == MAP_OBSERVATION)
		run->map->items[before].observation.at = record->at;
}

void run_senml(struct run *run)
{
	struct senml senml;
	struct senml_record record;
	char reason[SENML_REASON_BYTES];
	enum senml_step step = SENML_FAILED;

	if (!senml_begin(&senml, &run->map->tree, run->now, reason)) {
		run_refuse(run, "%s", reason);
		return;
	}
	/* A pack of several devices cannot be all of the one that the topic names. */
	bool by_name = !run->device[0] || (senml.several && run->entry->device.kind == EXPR_NONE);
	const char *from_topic = by_name ? NULL : run->device;
	while ((step = senml_next(&senml, &record, reason)) != SENML_END) {
		if (step == SENML_FAILED)
			run_refuse(run, "%s", reason);
		else
			take_record(run, &record, from_topic);
	}
}
