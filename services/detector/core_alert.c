/* SPDX-License-Identifier: MIT
 *
 * Open alerts, and the queue of what is decided and not yet said: a heap by (at, id, revision). A notice also hangs on
 * its home, which stores it, so that what was decided before a crash is still said after it.
 */
#include "core_internal.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

#define CONFIDENCE_ALARM 0.8
#define CONFIDENCE_ATTENTION 0.6
#define CONFIDENCE_MOST 0.99
#define CONFIDENCE_LEARNING 0.2 /* less while the home is new ... */
#define CONFIDENCE_BLIND 0.1    /* ... and while a channel is blind */

static void alert_name(char out[ID_BYTES], const char *household, const char *rule, struct wall onset)
{
	char text[24];
	uint64_t hash;

	snprintf(text, sizeof text, "%" PRId64, onset.ms);
	hash = text_hash64(household, strlen(household) + 1, 0);
	hash = text_hash64(rule, strlen(rule) + 1, hash);
	hash = text_hash64(text, strlen(text) + 1, hash);
	snprintf(out, ID_BYTES, "h-%016" PRIx64, hash);
}

/* ---- the queue ---- */

static bool before(const struct notice *a, const struct notice *b)
{
	int order = strcmp(a->id, b->id);

	if (a->at.ms != b->at.ms)
		return a->at.ms < b->at.ms;
	return order ? order < 0 : a->revision < b->revision;
}

static enum err queue_add(struct detector_core *core, struct notice *notice)
{
	uint32_t i;

	if (core->queue_count == core->queue_capacity &&
		detect_grow((void **)&core->queue, &core->queue_capacity, sizeof(struct notice *)))
		return ERR_NOMEM;
	for (i = core->queue_count++; i && before(notice, core->queue[(i - 1) / 2]); i = (i - 1) / 2)
		core->queue[i] = core->queue[(i - 1) / 2];
	core->queue[i] = notice;
	return ERR_OK;
}

enum err detect_queue_ready(struct detector_core *core)
{
	struct home *home, *next;
	enum err err = ERR_OK;

	if (!core->queue_stale)
		return ERR_OK;
	core->queue_count = 0;
	HASH_ITER(hh, core->homes, home, next)
	{
		for (struct notice *notice = home->notices; notice && !err; notice = notice->next)
			err = queue_add(core, notice);
	}
	core->queue_stale = err != ERR_OK;
	return err;
}

enum err detect_notice_push(struct detector_core *core, struct home *home, const struct notice *notice)
{
	enum err err = detect_queue_ready(core);
	struct notice *copy = malloc(sizeof *copy);

	if (err || !copy) {
		free(copy);
		return ERR_NOMEM;
	}
	*copy = *notice;
	copy->home = home;
	copy->next = NULL;
	if (queue_add(core, copy)) {
		free(copy);
		return ERR_NOMEM;
	}
	*home->notices_last = copy;
	home->notices_last = &copy->next;
	return detect_mark(core, home, true);
}

static struct notice *queue_take(struct detector_core *core)
{
	struct notice *first = core->queue[0], *last = core->queue[--core->queue_count];
	uint32_t i = 0;

	for (;;) {
		uint32_t child = 2 * i + 1;
		if (child >= core->queue_count)
			break;
		if (child + 1 < core->queue_count && before(core->queue[child + 1], core->queue[child]))
			child++;
		if (!before(core->queue[child], last))
			break;
		core->queue[i] = core->queue[child];
		i = child;
	}
	if (core->queue_count)
		core->queue[i] = last;
	return first;
}

enum err detect_notice_pop(struct detector_core *core, struct alert *out)
{
	static const enum detector_tally tallies[ALERT_STATE_COUNT] = {[ALERT_RAISED] = DETECTOR_RAISED,
		[ALERT_UPDATED] = DETECTOR_UPDATED,
		[ALERT_CLEARED] = DETECTOR_CLEARED};
	struct notice *notice = queue_take(core), **link;
	struct home *home = notice->home;

	detect_say(core, notice, out);
	core->tallies[tallies[notice->state]]++;
	for (link = &home->notices; *link != notice; link = &(*link)->next)
		;
	*link = notice->next;
	if (!notice->next)
		home->notices_last = link;
	free(notice);
	return detect_home_said(core, home);
}

/* ---- raising and clearing ---- */

struct standing *detect_standing(const struct home *home, const char *rule)
{
	for (unsigned i = 0; i < home->standing_count; i++)
		if (!strcmp(home->standings[i].rule, rule))
			return &home->standings[i];
	return NULL;
}

enum err detect_standing_add(struct detector_core *core, struct home *home, const struct standing *standing)
{
	assert(home->standing_count < 2 * DETECTOR_RULES_MAX); /* one a rule, and as many restored of rules gone */
	if (home->standing_count == home->standing_capacity) {
		uint8_t capacity = (uint8_t)(home->standing_capacity ? home->standing_capacity * 2 : 2);
		struct standing *more = realloc(home->standings, capacity * sizeof *more);
		if (!more)
			return ERR_NOMEM;
		home->standings = more;
		home->standing_capacity = capacity;
	}
	home->standings[home->standing_count++] = *standing;
	core->open_alerts++;
	return ERR_OK;
}

static void standing_drop(struct detector_core *core, struct home *home, struct standing *standing)
{
	size_t index = (size_t)(standing - home->standings);

	memmove(standing, standing + 1, (home->standing_count - index - 1) * sizeof *standing);
	home->standing_count--;
	core->open_alerts--;
}

/* rule_of: NULL = no such rule is in force. */
static const struct detector_rule *rule_of(const struct detector_config *config, const char *name)
{
	for (unsigned i = 0; i < config->rule_count; i++)
		if (!strcmp(config->rules[i].name, name))
			return &config->rules[i];
	return NULL;
}

bool detect_ruled(const struct detector_config *config, const struct standing *standing)
{
	const struct detector_rule *rule = rule_of(config, standing->rule);

	return rule && rule->kind == standing->kind;
}

static void notice_fill(struct notice *notice, const struct detector_core *core, const struct home *home,
	struct standing *standing, struct wall at)
{
	const struct detector_rule *r = rule_of(&core->config, standing->rule);

	*notice = (struct notice){.at = at.ms > standing->at.ms ? at : standing->at,
		.onset = standing->onset,
		.revision = ++standing->revision,
		.level = standing->level,
		.kind = standing->kind,
		.cause_quantity = QUANTITY_COUNT,
		.wake = WALL_NONE,
		/* What was agreed has not to be learnt. */
		.learning = detect_mode_new(core, home, at) && standing->kind != DETECTOR_RULE_APPOINTMENT,
		.thaw = {.since = WALL_NONE, .at = WALL_NONE},
		.in_bed = WALL_NONE};
	if (r)
		memcpy(notice->values, r->values, sizeof notice->values);
	standing->at = notice->at;
	memcpy(notice->rule, standing->rule, sizeof notice->rule);
	alert_name(notice->id, home->id, standing->rule, standing->onset);
}

static void trace_add(struct notice *notice, uint8_t quantity, uint8_t device, double value, struct wall at)
{
	if (notice->trace_count == EVIDENCE_MAX || !wall_is_set(at))
		return;
	for (unsigned i = 0; i < notice->trace_count; i++) {
		const struct trace *t = &notice->traces[i];
		if (t->quantity == quantity && t->device == device && t->at.ms == at.ms)
			return;
	}
	notice->traces[notice->trace_count++] =
		(struct trace){.quantity = quantity, .device = device, .value = value, .at = at};
}

/* trace_all: the last sign of life, then the last word of each channel that was looked at. */
static void trace_all(struct notice *notice, const struct home *home)
{
	if (home->last.quantity < QUANTITY_COUNT && notice->looked_at >> home->last.quantity & 1)
		trace_add(notice, home->last.quantity, home->last.device, home->last.value, home->last.at);
	for (unsigned i = 0; i < home->sensor_count; i++) {
		const struct sensor *s = &home->sensors[i];
		if (notice->looked_at >> s->quantity & 1)
			trace_add(notice, s->quantity, s->device, s->value, s->at);
	}
}

enum err detect_raise(struct detector_core *core, struct home *home, unsigned rule, const struct finding *finding)
{
	const struct detector_rule *r = &core->config.rules[rule];
	struct standing *standing = detect_standing(home, r->name);
	struct notice notice;
	bool open = standing != NULL;

	if (open && standing->level == finding->level && !finding->grown)
		return ERR_OK;
	if (!open) {
		struct standing fresh = {.kind = r->kind, .onset = finding->onset, .at = finding->at};
		memcpy(fresh.rule, r->name, sizeof fresh.rule);
		enum err err = detect_standing_add(core, home, &fresh);
		if (err)
			return err;
		standing = &home->standings[home->standing_count - 1];
	}
	standing->level = finding->level;
	notice_fill(&notice, core, home, standing, finding->at);
	notice.state = open ? ALERT_UPDATED : ALERT_RAISED;
	notice.cause = CAUSE_RULE;
	notice.amount = finding->amount;
	notice.amount2 = finding->amount2;
	notice.limit = finding->limit;
	notice.limit2 = finding->limit2;
	notice.looked_at = finding->looked_at;
	notice.blind = finding->blind;
	notice.usual_ms = finding->usual_ms;
	notice.wake = finding->wake;
	notice.holiday = finding->holiday;
	if (r->kind == DETECTOR_RULE_APPOINTMENT) {
		notice.cause_at = home->last.at;
		notice.cause_quantity = home->last.quantity;
	}
	if (rules_ends_by_life(r->kind)) {
		notice.in_bed = detect_mode_in_bed(core, home, finding->at);
		notice.thaw = home->thaw;
	}
	double sure = finding->level == ALERT_ALARM ? CONFIDENCE_ALARM : CONFIDENCE_ATTENTION;
	if (finding->confidence > 0)
		sure = finding->confidence < CONFIDENCE_MOST ? finding->confidence : CONFIDENCE_MOST;
	sure -= (notice.learning ? CONFIDENCE_LEARNING : 0) + (finding->blind ? CONFIDENCE_BLIND : 0);
	notice.confidence = sure > 0 ? sure : 0;
	trace_all(&notice, home);
	return detect_notice_push(core, home, &notice);
}

enum err detect_clear(
	struct detector_core *core, struct home *home, struct standing *standing, const struct clearing *clearing)
{
	struct notice notice;

	if (!standing)
		return ERR_OK;
	bool known_late = clearing->cause == CAUSE_SIGN && clearing->cause_at.ms <= standing->at.ms;
	notice_fill(&notice, core, home, standing, clearing->at);
	notice.state = ALERT_CLEARED;
	notice.cause = known_late ? CAUSE_LATE : clearing->cause;
	notice.cause_at = clearing->cause_at;
	notice.cause_quantity = clearing->quantity;
	notice.amount = clearing->value;
	notice.amount2 = clearing->agreed;
	notice.confidence = 1;
	if (clearing->cause == CAUSE_SIGN) {
		notice.looked_at = UINT64_C(1) << clearing->quantity;
		trace_add(&notice, clearing->quantity, clearing->device, clearing->value, clearing->cause_at);
	}
	standing_drop(core, home, standing);
	return detect_notice_push(core, home, &notice);
}

enum err detect_clear_all(struct detector_core *core, struct home *home, const struct clearing *clearing)
{
	enum err err = ERR_OK;

	for (unsigned i = home->standing_count; i-- > 0 && !err;)
		err = detect_clear(core, home, &home->standings[i], clearing);
	return err;
}
