/* SPDX-License-Identifier: MIT */
#include "backtest_trace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define STEP_BACKS_MAX 24 /* readings of a total below the one before, until that is believed */

void trace_set_fini(struct trace_set *set)
{
	HASH_CLEAR(hh, set->by_id);
	for (size_t i = 0; i < set->count; i++) {
		free(set->homes[i]->items);
		free(set->homes[i]->outs);
		free(set->homes[i]);
	}
	free(set->homes);
	*set = (struct trace_set){0};
}

struct trace *trace_set_find(const struct trace_set *set, const char *home)
{
	struct trace *found;

	HASH_FIND_STR(set->by_id, home, found);
	return found;
}

static enum err grow(void **array, size_t *capacity, size_t item)
{
	size_t wanted = *capacity ? *capacity * 2 : 64;
	void *more = realloc(*array, wanted * item);

	if (!more)
		return ERR_NOMEM;
	*array = more;
	*capacity = wanted;
	return ERR_OK;
}

enum err trace_set_home(struct trace_set *set, const char *home, struct trace **out_trace)
{
	struct trace *trace = trace_set_find(set, home);

	if (!trace) {
		if (set->count == set->capacity && grow((void **)&set->homes, &set->capacity, sizeof(struct trace *)))
			return ERR_NOMEM;
		trace = calloc(1, sizeof *trace);
		if (!trace)
			return ERR_NOMEM;
		text_cut(trace->home, sizeof trace->home, home);
		set->homes[set->count++] = trace;
		HASH_ADD_STR(set->by_id, home, trace);
	}
	*out_trace = trace;
	return ERR_OK;
}

enum err trace_channel_get(struct trace *trace, const struct trace_channel *channel, uint8_t *out_index)
{
	for (unsigned i = 0; i < trace->channel_count; i++) {
		const struct trace_channel *c = &trace->channels[i];
		if (c->quantity == channel->quantity && !strcmp(c->device, channel->device) &&
			!strcmp(c->channel, channel->channel)) {
			*out_index = (uint8_t)i;
			return ERR_OK;
		}
	}
	if (trace->channel_count == TRACE_CHANNELS_MAX)
		return ERR_FULL;
	trace->channels[trace->channel_count] = *channel;
	*out_index = (uint8_t)trace->channel_count++;
	return ERR_OK;
}

enum err trace_add(struct trace *trace, const struct trace_item *item)
{
	if (trace->count == trace->capacity && grow((void **)&trace->items, &trace->capacity, sizeof *item))
		return ERR_NOMEM;
	trace->items[trace->count++] = *item;
	return ERR_OK;
}

enum err trace_out(struct trace *trace, int64_t from_ms, int64_t until_ms)
{
	struct trace_out out = {from_ms, until_ms};

	if (trace->out_count == trace->out_capacity &&
		grow((void **)&trace->outs, &trace->out_capacity, sizeof *trace->outs))
		return ERR_NOMEM;
	trace->outs[trace->out_count++] = out;
	return ERR_OK;
}

bool trace_is_out(const struct trace *trace, int64_t at_ms)
{
	size_t low = 0, high = trace->out_count; /* the first that ends after at_ms */

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (trace->outs[middle].until_ms <= at_ms)
			low = middle + 1;
		else
			high = middle;
	}
	return low < trace->out_count && trace->outs[low].from_ms <= at_ms;
}

void trace_move(struct trace *to, struct trace *from)
{
	free(to->items);
	to->persons = from->persons;
	to->channel_count = from->channel_count;
	memcpy(to->channels, from->channels, sizeof to->channels);
	to->items = from->items;
	to->count = from->count;
	to->capacity = from->capacity;
	from->items = NULL;
	from->count = from->capacity = 0;
}

bool trace_is_counter(enum quantity quantity)
{
	return quantity == QUANTITY_WATER_TOTAL || quantity == QUANTITY_ENERGY_TOTAL || quantity == QUANTITY_GAS_TOTAL;
}

bool trace_is_meter(enum quantity quantity)
{
	return trace_is_counter(quantity) || quantity == QUANTITY_WATER_FLOW || quantity == QUANTITY_POWER ||
	       quantity == QUANTITY_GAS_FLOW;
}

/* ---- closing ---- */

/* merge_sort keeps the order of equal readings, which qsort does not promise. */
static void merge_sort(struct trace_item *items, struct trace_item *spare, size_t count)
{
	size_t half = count / 2, a = 0, b = half, n = 0;

	if (count < 2)
		return;
	merge_sort(items, spare, half);
	merge_sort(items + half, spare, count - half);
	if (items[half - 1].received_ms <= items[half].received_ms)
		return;
	while (a < half || b < count)
		spare[n++] = b == count || (a < half && items[a].received_ms <= items[b].received_ms) ? items[a++]
												      : items[b++];
	memcpy(items, spare, count * sizeof *items);
}

/* base: where a channel's counter stood last. */
struct base {
	bool known;
	int64_t at_ms;
	double value;
	unsigned faults;
	int64_t step_ms; /* of channels that tell steps */
};

static bool add_up(struct trace_item *item, struct base *base)
{
	double step = item->value;
	int64_t since = base->known ? base->at_ms : item->at_ms - base->step_ms;

	if (step < 0 || (base->known && item->at_ms <= base->at_ms))
		return false;
	/* A row tells of its own step alone: what was used in a hole before it nobody knows. */
	if (item->at_ms - since > base->step_ms + base->step_ms / 2)
		since = item->at_ms - base->step_ms;
	*base = (struct base){true, item->at_ms, base->value + step, 0, base->step_ms};
	item->value = base->value;
	item->delta = step;
	item->since_ms = since;
	return true;
}

/* difference_of gives a total its increase. false: the reading tells nothing. */
static bool difference_of(struct trace_item *item, struct base *base)
{
	if (base->known && item->at_ms < base->at_ms) {
		item->late = true;
		return true;
	}
	if (base->known && item->value < base->value && item->value >= base->value * 0.9 &&
		++base->faults < STEP_BACKS_MAX)
		return false;
	if (base->known && item->value >= base->value) {
		item->delta = item->value - base->value;
		item->since_ms = base->at_ms;
	}
	*base = (struct base){.known = true, .at_ms = item->at_ms, .value = item->value};
	return true;
}

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int64_t trace_step(const struct trace *trace, unsigned channel)
{
	int64_t *steps = malloc((trace->count + 1) * sizeof *steps), last = INT64_MIN, median = MS_PER_HOUR / 2;
	size_t count = 0;

	if (!steps)
		return median;
	for (size_t i = 0; i < trace->count; i++) {
		if (trace->items[i].channel != channel)
			continue;
		if (last != INT64_MIN && trace->items[i].at_ms > last)
			steps[count++] = trace->items[i].at_ms - last;
		last = trace->items[i].at_ms;
	}
	if (count) {
		qsort(steps, count, sizeof *steps, by_size);
		median = steps[count / 2];
	}
	free(steps);
	return median;
}

enum err trace_close(struct trace_set *set, struct trace *trace)
{
	struct base bases[TRACE_CHANNELS_MAX] = {0};
	struct trace_item *spare = malloc((trace->count + 1) * sizeof *spare);
	int64_t last[TRACE_CHANNELS_MAX];
	size_t kept = 0;

	if (!spare)
		return ERR_NOMEM;
	merge_sort(trace->items, spare, trace->count);
	free(spare);
	for (unsigned c = 0; c < TRACE_CHANNELS_MAX; c++)
		last[c] = INT64_MIN;
	for (unsigned c = 0; c < trace->channel_count; c++)
		bases[c].step_ms = trace->channels[c].steps ? trace_step(trace, c) : 0;
	for (size_t i = 0; i < trace->count; i++) {
		struct trace_item item = trace->items[i];
		const struct trace_channel *channel = &trace->channels[item.channel];
		bool counter = trace_is_counter(channel->quantity), told = true;
		if (trace_is_meter(channel->quantity) && item.at_ms == last[item.channel]) {
			set->duplicates++;
			continue;
		}
		item.late = item.late || item.at_ms < last[item.channel];
		if (counter && !item.given)
			told = channel->steps ? add_up(&item, &bases[item.channel])
					      : difference_of(&item, &bases[item.channel]);
		set->step_backs += !told;
		if (!told)
			item.delta = NAN;
		item.given = true;
		if (item.at_ms > last[item.channel])
			last[item.channel] = item.at_ms;
		if (told)
			trace->items[kept++] = item;
	}
	trace->count = kept;
	return ERR_OK;
}

int64_t trace_set_readings(const struct trace_set *set)
{
	int64_t count = 0;

	for (size_t i = 0; i < set->count; i++)
		count += (int64_t)set->homes[i]->count;
	return count;
}

static int by_home(const void *a, const void *b)
{
	return strcmp((*(struct trace *const *)a)->home, (*(struct trace *const *)b)->home);
}

enum err trace_set_close(struct trace_set *set)
{
	enum err err = ERR_OK;

	for (size_t i = 0; i < set->count && !err; i++)
		err = trace_close(set, set->homes[i]);
	if (set->count)
		qsort(set->homes, set->count, sizeof(struct trace *), by_home);
	return err;
}
