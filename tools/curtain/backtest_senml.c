/* SPDX-License-Identifier: MIT
 *
 * JSON lines: `reading` objects, SenML packs.
 */
#include "backtest_internal.h"

#include <math.h>
#include <string.h>

#include "base/text.h"
#include "codec/codec.h"
#include "ingest/senml.h"

#define DEPTH_MAX 32
#define RELATIVE_MS_MAX (INT64_C(268435456) * MS_PER_SECOND) /* RFC 8428 section 4.5.3: times below are relative */

static enum err fault(const struct reader *reader, struct errinfo *info, const char *reason)
{
	return errinfo_at(info, ERR_INVALID, reader->file, reader->line, 0, "%s", reason);
}

static enum err keep(struct reader *reader, const char *home, const struct trace_channel *channel,
	struct trace_item *item, struct errinfo *info)
{
	struct trace *trace;

	if (!(reader->quantities >> channel->quantity & 1))
		return ERR_OK;
	if (trace_set_home(reader->set, home, &trace))
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	if (trace_channel_get(trace, channel, &item->channel))
		return fault(reader, info, "the home has more channels than fit (24)");
	return trace_add(trace, item) ? errinfo_set(info, ERR_NOMEM, "out of memory") : ERR_OK;
}

static enum err read_reading(struct reader *reader, const char *line, size_t length, struct errinfo *info)
{
	struct trace_channel channel = {0};
	struct errinfo cause = {0};
	struct reading r;

	if (codec_reading_decode(line, length, &r, &cause))
		return fault(reader, info, cause.text);
	if (r.retained) /* no fresh sign of anything */
		return ERR_OK;
	channel.quantity = r.quantity;
	memcpy(channel.device, r.device, sizeof channel.device);
	memcpy(channel.channel, r.channel, sizeof channel.channel);
	struct trace_item item = {.at_ms = r.at.ms,
		.received_ms = r.received.ms,
		.since_ms = r.since.ms,
		.value = r.value,
		.delta = r.delta,
		.late = r.late,
		.given = true};
	return keep(reader, r.household, &channel, &item, info);
}

/* read_record: the name begins with the home, up to the first slash; the rest says device and quantity. */
static enum err read_record(struct reader *reader, struct senml_record *record, struct errinfo *info)
{
	struct trace_channel channel = {0};
	struct trace_item item = {
		.at_ms = record->at.ms, .received_ms = record->at.ms, .since_ms = INT64_MIN, .delta = NAN};
	char reason[SENML_REASON_BYTES], home[ID_BYTES], *slash = strchr(record->name, '/');

	if (!slash || (size_t)(slash - record->name) >= sizeof home)
		return fault(reader, info, "a SenML name begins with the home: \"h-1/meter/water_total\"");
	*slash = '\0';
	text_cut(home, sizeof home, record->name);
	size_t gone = (size_t)(slash + 1 - record->name);
	memmove(record->name, slash + 1, strlen(slash + 1) + 1);
	record->own = record->own > gone ? record->own - gone : 0;
	if (!text_is_id(home))
		return fault(
			reader, info, "a SenML name begins with the home: 1 to 63 of A-Z a-z 0-9 . _ -, and a slash");
	if (!wall_is_set(record->at) || record->at.ms < RELATIVE_MS_MAX)
		return fault(reader, info, "a record without a time (t, bt): nobody knows when that was");
	if (!senml_meaning(record, NULL, &channel.quantity, channel.device, channel.channel, reason))
		return fault(reader, info, reason);
	if (!value_to_number(&record->value, &item.value)) {
		if (quantity_info(channel.quantity)->kind != QUANTITY_EVENT)
			return fault(reader, info, "the value is no number");
		item.value = 1; /* the message is the event */
	}
	if (quantity_convert(channel.quantity, record->unit, item.value, &item.value))
		return fault(reader, info, "the unit is none of the quantity's (curtain quantities)");
	return keep(reader, home, &channel, &item, info);
}

static enum err read_pack(struct reader *reader, const char *line, size_t length, struct errinfo *info)
{
	struct senml senml;
	struct senml_record record;
	char reason[SENML_REASON_BYTES];
	enum senml_step step;
	enum err err = ERR_OK;

	if (json_tree_parse(&reader->tree, line, length, DEPTH_MAX, reason, sizeof reason) ||
		!senml_begin(&senml, &reader->tree, (struct wall){0}, reason))
		return fault(reader, info, reason);
	while (!err && (step = senml_next(&senml, &record, reason)) != SENML_END)
		err = step == SENML_FAILED ? fault(reader, info, reason) : read_record(reader, &record, info);
	return err;
}

enum err read_json(struct reader *reader, const char *line, size_t length, struct errinfo *info)
{
	return *line == '[' ? read_pack(reader, line, length, info) : read_reading(reader, line, length, info);
}
