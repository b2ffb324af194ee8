/* SPDX-License-Identifier: MIT */
#include "ingest/senml.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define SENML_VERSION_MAX 10
#define RELATIVE_TIME_MAX 268435456.0 /* 2^28, section 4.5.3 */
#define TIME_MAX_S 253402300800.0     /* year 10000 */

enum field { BN, BT, BU, BV, BS, BVER, N, U, V, VS, VB, VD, S, T, UT, FIELD_COUNT };

static const char *const field_names[FIELD_COUNT] = {
	"bn", "bt", "bu", "bv", "bs", "bver", "n", "u", "v", "vs", "vb", "vd", "s", "t", "ut"};

/* has_several says whether base names change within the pack. */
static bool has_several(const struct json_tree *tree)
{
	const struct json_node *first = NULL;

	for (uint32_t i = tree->nodes[0].first; i; i = tree->nodes[i].next) {
		const struct json_node *name = tree->nodes[i].kind == JSON_TREE_OBJECT
						       ? json_tree_member(tree, &tree->nodes[i], "bn", 2)
						       : NULL;
		if (!name || name->kind != JSON_TREE_TEXT)
			continue;
		if (first && (first->length != name->length || memcmp(first->text, name->text, name->length) != 0))
			return true;
		first = name;
	}
	return false;
}

bool senml_begin(
	struct senml *senml, const struct json_tree *tree, struct wall now, char out_reason[SENML_REASON_BYTES])
{
	const struct json_node *root = &tree->nodes[0];

	*senml = (struct senml){.tree = tree, .now = now, .next = root->first};
	if (root->kind == JSON_TREE_ARRAY) {
		senml->several = has_several(tree);
		return true;
	}
	snprintf(out_reason, SENML_REASON_BYTES, "senml: a pack is an array of records");
	return false;
}

static bool fail(const struct senml *senml, char out_reason[SENML_REASON_BYTES], const char *word, const char *what)
{
	snprintf(out_reason, SENML_REASON_BYTES, "%s: record %u: %s", word, senml->number, what);
	return false;
}

/* find_fields: labels that end in _ must be understood (section 4.4); others that are unknown are passed over. */
static bool find_fields(const struct senml *senml, const struct json_node *record,
	const struct json_node *fields[FIELD_COUNT], char out_reason[SENML_REASON_BYTES])
{
	for (uint32_t i = record->first; i; i = senml->tree->nodes[i].next) {
		const struct json_node *node = &senml->tree->nodes[i];
		int f = 0;
		while (f < FIELD_COUNT && (strlen(field_names[f]) != node->key_length ||
						  memcmp(field_names[f], node->key, node->key_length) != 0))
			f++;
		if (f < FIELD_COUNT)
			fields[f] = node;
		else if (node->key_length && node->key[node->key_length - 1] == '_')
			return fail(senml, out_reason, "senml", "has a label that ends in _ and is not known here");
	}
	return true;
}

static bool read_text(const struct json_node *node, char *out, size_t size, size_t *out_length)
{
	if (node->kind != JSON_TREE_TEXT || node->length >= size)
		return false;
	memcpy(out, node->text ? node->text : "", node->length);
	out[node->length] = '\0';
	*out_length = strlen(out);
	return *out_length == node->length;
}

static bool read_number(const struct json_node *node, double *out)
{
	if (!node)
		return true;
	if (node->kind != JSON_TREE_NUMBER)
		return false;
	*out = node->number;
	return true;
}

static bool take_base(
	struct senml *senml, const struct json_node *const fields[FIELD_COUNT], char out_reason[SENML_REASON_BYTES])
{
	size_t length;

	if (fields[BVER] && (fields[BVER]->kind != JSON_TREE_NUMBER || fields[BVER]->number > SENML_VERSION_MAX))
		return fail(senml, out_reason, "senml", "bver is newer than version 10");
	if (fields[BN] && !read_text(fields[BN], senml->base_name, sizeof senml->base_name, &length))
		return fail(senml, out_reason, "senml", "bn must be a text of up to 159 bytes");
	if (fields[BU] && !read_text(fields[BU], senml->base_unit, sizeof senml->base_unit, &length))
		return fail(senml, out_reason, "senml", "bu must be a short text");
	if (!read_number(fields[BT], &senml->base_time) || !read_number(fields[BV], &senml->base_value) ||
		!read_number(fields[BS], &senml->base_sum))
		return fail(senml, out_reason, "senml", "bt, bv and bs must be numbers");
	return true;
}

/* take_value: v, else vb, else vs; a sum alone is the value of a counter. */
static bool take_value(const struct senml *senml, const struct json_node *const fields[FIELD_COUNT],
	struct senml_record *out, char out_reason[SENML_REASON_BYTES])
{
	double v = 0, s = 0;

	if (!read_number(fields[V], &v) || !read_number(fields[S], &s))
		return fail(senml, out_reason, "not_a_number", "v and s must be numbers");
	if (fields[V])
		value_of_number(&out->value, senml->base_value + v);
	else if (fields[VB] && (fields[VB]->kind == JSON_TREE_TRUE || fields[VB]->kind == JSON_TREE_FALSE))
		out->value.kind = fields[VB]->kind == JSON_TREE_TRUE ? VALUE_TRUE : VALUE_FALSE;
	else if (fields[VB])
		return fail(senml, out_reason, "senml", "vb must be true or false");
	else if (fields[VS] && fields[VS]->kind == JSON_TREE_TEXT)
		value_of_node(&out->value, fields[VS]);
	else if (fields[VS])
		return fail(senml, out_reason, "senml", "vs must be a text");
	else if (fields[VD])
		return fail(senml, out_reason, "not_a_number", "vd carries bytes, not a value");
	else
		value_of_number(&out->value, senml->base_sum + s);
	return true;
}

static bool take_time(const struct senml *senml, const struct json_node *const fields[FIELD_COUNT],
	struct senml_record *out, char out_reason[SENML_REASON_BYTES])
{
	double t = 0;

	if (!read_number(fields[T], &t))
		return fail(senml, out_reason, "bad_time", "t must be a number");
	t += senml->base_time;
	out->at = WALL_NONE;
	if (t == 0)
		return true;
	if (t <= -RELATIVE_TIME_MAX || t >= TIME_MAX_S)
		return fail(senml, out_reason, "bad_time", "no time between 1970 and 9999");
	out->at.ms = (t < RELATIVE_TIME_MAX ? senml->now.ms : 0) + llround(t * 1000);
	return true;
}

static bool take_name(const struct senml *senml, const struct json_node *const fields[FIELD_COUNT],
	struct senml_record *out, char out_reason[SENML_REASON_BYTES])
{
	size_t length = 0, own = strlen(senml->base_name);

	memcpy(out->name, senml->base_name, own + 1);
	out->own = own;
	if (fields[N] && !read_text(fields[N], out->name + own, sizeof out->name - own, &length))
		return fail(senml, out_reason, "senml", "bn and n together must be a text of up to 159 bytes");
	if (!own && !length)
		return fail(senml, out_reason, "senml", "has no name (n or bn)");
	if (!fields[U])
		memcpy(out->unit, senml->base_unit, sizeof out->unit);
	else if (!read_text(fields[U], out->unit, sizeof out->unit, &length))
		return fail(senml, out_reason, "unknown_unit", "u must be a short text");
	return true;
}

enum senml_step senml_next(struct senml *senml, struct senml_record *out, char out_reason[SENML_REASON_BYTES])
{
	while (senml->next) {
		const struct json_node *fields[FIELD_COUNT] = {0};
		const struct json_node *record = &senml->tree->nodes[senml->next];
		senml->next = record->next;
		senml->number++;
		if (record->kind != JSON_TREE_OBJECT) {
			fail(senml, out_reason, "senml", "is no object");
			return SENML_FAILED;
		}
		if (!find_fields(senml, record, fields, out_reason) || !take_base(senml, fields, out_reason))
			return SENML_FAILED;
		if (!fields[V] && !fields[VB] && !fields[VS] && !fields[VD] && !fields[S])
			continue; /* it carries base values alone */
		return take_name(senml, fields, out, out_reason) && take_value(senml, fields, out, out_reason) &&
				       take_time(senml, fields, out, out_reason)
			       ? SENML_RECORD
			       : SENML_FAILED;
	}
	return SENML_END;
}

/* ---- meaning ---- */

static bool quantity_of_unit(const char *unit, enum quantity *out)
{
	static const struct {
		const char *unit;
		enum quantity quantity;
	} table[] = {
		{"Cel", QUANTITY_TEMPERATURE},
		{"%RH", QUANTITY_HUMIDITY},
		{"lx", QUANTITY_ILLUMINANCE},
		{"V", QUANTITY_VOLTAGE},
		{"A", QUANTITY_CURRENT},
		{"W", QUANTITY_POWER},
		{"Wh", QUANTITY_ENERGY_TOTAL},
		{"kWh", QUANTITY_ENERGY_TOTAL},
		{"J", QUANTITY_ENERGY_TOTAL},
		{"hPa", QUANTITY_PRESSURE},
		{"Pa", QUANTITY_PRESSURE},
		{"%EL", QUANTITY_BATTERY},
		{"dBm", QUANTITY_SIGNAL},
		{"dBW", QUANTITY_SIGNAL},
		{"beat/min", QUANTITY_HEART_RATE},
		{"dB", QUANTITY_NOISE},
		{"/", QUANTITY_LEVEL},
		{"1", QUANTITY_LEVEL},
	};

	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (!strcmp(table[i].unit, unit)) {
			*out = table[i].quantity;
			return true;
		}
	}
	return false;
}

/* quantity_of_name takes a quantity's own name, or a short word that gateways use for it. */
static bool quantity_of_name(const char *name, enum quantity *out)
{
	static const struct {
		const char *name;
		enum quantity quantity;
	} table[] = {
		{"temp", QUANTITY_TEMPERATURE},
		{"hum", QUANTITY_HUMIDITY},
		{"door", QUANTITY_CONTACT},
		{"open", QUANTITY_CONTACT},
		{"window", QUANTITY_CONTACT},
		{"pir", QUANTITY_MOTION},
		{"occupancy", QUANTITY_PRESENCE},
		{"water", QUANTITY_WATER_TOTAL},
		{"energy", QUANTITY_ENERGY_TOTAL},
		{"light", QUANTITY_ILLUMINANCE},
		{"water_leak", QUANTITY_LEAK},
		{"carbon_monoxide", QUANTITY_CO_ALARM},
		{"panic", QUANTITY_SOS},
		{"emergency", QUANTITY_SOS},
		{"rssi", QUANTITY_SIGNAL},
	};

	if (!quantity_find(name, out))
		return true;
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		if (!strcmp(table[i].name, name)) {
			*out = table[i].quantity;
			return true;
		}
	}
	return false;
}

static size_t last_part(const char *name)
{
	size_t at = strlen(name);

	while (at > 0 && name[at - 1] != '/' && name[at - 1] != ':')
		at--;
	return at;
}

/* copy_trimmed copies name[from..to) without separators at its ends. */
static bool copy_trimmed(const char *name, size_t from, size_t to, char *out, size_t size)
{
	while (from < to && (name[from] == '/' || name[from] == ':'))
		from++;
	while (to > from && (name[to - 1] == '/' || name[to - 1] == ':'))
		to--;
	if (to - from >= size)
		return false;
	memcpy(out, name + from, to - from);
	out[to - from] = '\0';
	return true;
}

bool senml_meaning(const struct senml_record *record, const char *from_topic, enum quantity *out_quantity,
	char out_device[DEVICE_BYTES], char out_channel[CHANNEL_BYTES], char out_reason[SENML_REASON_BYTES])
{
	const char *name = record->name;
	size_t length = strlen(name), last = last_part(name), end = last;

	out_channel[0] = '\0';
	if (!quantity_of_name(name + last, out_quantity)) {
		if (!quantity_of_unit(record->unit, out_quantity)) {
			char shown[48];
			text_cut(shown, sizeof shown, name + last);
			snprintf(out_reason, SENML_REASON_BYTES, "unknown_quantity: %s",
				*shown ? shown : "without a name");
			return false;
		}
		end = length; /* the name is all device, or channel */
	}
	if (from_topic) {
		size_t own = record->own < end ? record->own : end;
		if (copy_trimmed(name, own, end, out_channel, CHANNEL_BYTES) &&
			!text_copy(out_device, DEVICE_BYTES, from_topic))
			return true;
		snprintf(out_reason, SENML_REASON_BYTES, "bad_device: the name is too long");
		return false;
	}
	if (copy_trimmed(name, 0, end, out_device, DEVICE_BYTES) && *out_device)
		return true;
	snprintf(out_reason, SENML_REASON_BYTES, "bad_device: %s",
		*out_device ? "the name is too long" : "bn or n must name the device");
	return false;
}
