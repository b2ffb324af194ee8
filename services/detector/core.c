/* SPDX-License-Identifier: MIT
 *
 * The core as a whole: its life, the dirty list, the timers.
 */
#include "core_internal.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"

/* ---- life ---- */

enum err detect_config_take(struct detector_core *core, const struct detector_config *config)
{
	core->config = *config;
	if (!core->config.feedback.step)
		core->config.feedback = detector_feedback_default();
	if (!core->config.signs.prove)
		core->config.signs = signs_default();
	if (!core->config.absence.declared_most_ms)
		core->config.absence = detector_absence_default();
	core->uses = anomaly_uses(config->rules, config->rule_count);
	core->counts_hours = false;
	for (unsigned i = 0; i < config->rule_count; i++)
		core->counts_hours = core->counts_hours || config->rules[i].kind == DETECTOR_RULE_WATER_UNDER ||
				     config->rules[i].kind == DETECTOR_RULE_WATER_UP_TO ||
				     config->rules[i].kind == DETECTOR_RULE_WATER_OVER;
	return detect_terms_take(core);
}

enum err detector_create(const struct detector_config *config, struct detector_core **out_core, struct errinfo *info)
{
	struct detector_core *core = calloc(1, sizeof *core);

	if (!core)
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	assert(config->rule_count <= DETECTOR_RULES_MAX && config->zone);
	core->pooled = 1;
	if (detect_config_take(core, config)) {
		free(core);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	core->now = WALL_NONE;
	timerq_init(&core->timers);
	uint32_t capacity = core->slot_capacity;
	if (detect_grow((void **)&core->free_slots, &capacity, sizeof *core->free_slots) ||
		detect_grow((void **)&core->slots, &core->slot_capacity, sizeof(struct home *))) {
		detector_destroy(core);
		return errinfo_set(info, ERR_NOMEM, "out of memory");
	}
	core->slots[core->slot_count++] = NULL; /* the population's */
	*out_core = core;
	return ERR_OK;
}

enum err detect_grow(void **array, uint32_t *capacity, size_t item)
{
	uint32_t wanted = *capacity ? *capacity * 2 : 256;
	void *more = realloc(*array, wanted * item);

	if (!more)
		return ERR_NOMEM;
	*array = more;
	*capacity = wanted;
	return ERR_OK;
}

void detector_destroy(struct detector_core *core)
{
	struct home *home, *next_home;
	struct owner *owner, *next_owner;

	if (!core)
		return;
	HASH_ITER(hh, core->homes, home, next_home)
	{
		HASH_DEL(core->homes, home);
		detect_home_free(home);
	}
	HASH_ITER(hh, core->owners, owner, next_owner)
	{
		HASH_DEL(core->owners, owner);
		free(owner);
	}
	struct promise *promise, *next_promise;
	HASH_ITER(hh, core->promises, promise, next_promise)
	{
		HASH_DEL(core->promises, promise);
		free(promise);
	}
	while (core->tombs) {
		struct tomb *tomb = core->tombs;
		core->tombs = tomb->next;
		free(tomb);
	}
	detect_terms_free(core);
	timerq_fini(&core->timers);
	free(core->queue);
	free(core->dirty);
	free(core->free_slots);
	free(core->slots);
	free(core);
}

/* ---- marks and timers ---- */

enum err detect_mark(struct detector_core *core, struct home *home, bool cold)
{
	home->unwritten |= (uint8_t)(1u << PART_HOT | (cold ? 1u << PART_COLD : 0));
	if (home->listed)
		return ERR_OK;
	if (core->dirty_count == core->dirty_capacity &&
		detect_grow((void **)&core->dirty, &core->dirty_capacity, sizeof *core->dirty))
		return ERR_NOMEM;
	core->dirty[core->dirty_count++] = home->slot;
	home->listed = true;
	return ERR_OK;
}

enum err detect_arm(struct detector_core *core, struct home *home, int64_t due_ms)
{
	if (home->due_ms == due_ms)
		return ERR_OK;
	enum err err = timerq_set(&core->timers, home->slot, (struct wall){due_ms});
	if (!err)
		home->due_ms = due_ms;
	return err;
}

int64_t detect_local_hour(struct detector_core *core, struct wall t)
{
	if (t.ms < core->day_start_ms || t.ms >= core->day_end_ms) {
		struct civil day = zone_to_civil(core->config.zone, t);
		day.hour = day.minute = day.second = day.millisecond = 0;
		core->day_start_ms = zone_from_civil(core->config.zone, day).ms;
		day.day++;
		core->day_end_ms = zone_from_civil(core->config.zone, day).ms;
		if (t.ms < core->day_start_ms || t.ms >= core->day_end_ms) /* a day without a midnight */
			core->day_start_ms = t.ms;
	}
	/* Days are numbered by their noon, which no change of the clock moves to another date. */
	int64_t day = (core->day_start_ms + 12 * MS_PER_HOUR) / MS_PER_DAY;
	int64_t hour = (t.ms - core->day_start_ms) / MS_PER_HOUR;
	return day * 24 + (hour < 24 ? hour : 23);
}

/* ---- counters ---- */

const char *detector_tally_name(enum detector_tally tally)
{
	static const char *const names[DETECTOR_TALLY_COUNT] = {
		[DETECTOR_READINGS] = "readings",
		[DETECTOR_SIGNS] = "signs_of_life",
		[DETECTOR_LATE] = "readings_late",
		[DETECTOR_UNKNOWN_HOME] = "readings_unknown_home",
		[DETECTOR_NO_CONSENT] = "readings_no_consent",
		[DETECTOR_TOO_MANY] = "readings_too_many_channels",
		[DETECTOR_NO_DELTA] = "readings_without_delta",
		[DETECTOR_CLOCK_ASTRAY] = "readings_clock_astray",
		[DETECTOR_RAISED] = "alerts_raised",
		[DETECTOR_UPDATED] = "alerts_updated",
		[DETECTOR_CLEARED] = "alerts_cleared",
	};

	return names[tally];
}

int64_t detector_tally(const struct detector_core *core, enum detector_tally tally)
{
	return core->tallies[tally];
}

void detector_modes(
	const struct detector_core *core, uint32_t out_homes[DETECTOR_MODE_COUNT], uint32_t *out_open_alerts)
{
	memcpy(out_homes, core->modes, sizeof core->modes);
	*out_open_alerts = core->open_alerts;
}

enum err detector_mode_of(const struct detector_core *core, const char *household, enum detector_mode *out_mode)
{
	const struct home *home = detect_home_find(core, household);

	if (!home)
		return ERR_NOT_FOUND;
	*out_mode = home->mode;
	return ERR_OK;
}
