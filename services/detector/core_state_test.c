/* SPDX-License-Identifier: MIT
 *
 * States of earlier versions, and parts of a home that cannot be read. fixtures/ holds what those versions wrote.
 */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "detector/core_internal.h"
#include "detector/rig.h"

#define OLD (DAY0 + 15 * H(24)) /* what the fixture calls midnight of its last day */
#define LINES 64

/* ---- the fixture ---- */

struct cleared {
	char household[ID_BYTES], id[ID_BYTES], rule[WORD_BYTES];
	unsigned revision;
	int64_t at;
};

struct fixture {
	struct detector_state states[LINES];
	unsigned state_count;
	char homes[LINES][ID_BYTES], modes[LINES][WORD_BYTES];
	unsigned mode_count;
	struct cleared cleared[LINES];
	unsigned cleared_count;
	int64_t judged;
	unsigned open;
};

static void read_state(struct fixture *f, const char *key, const char *hex)
{
	struct detector_state *s = &f->states[f->state_count++];

	text_cut(s->key, sizeof s->key, key);
	s->length = strlen(hex) / 2;
	assert_true(s->length <= sizeof s->blob);
	for (size_t i = 0; i < s->length; i++) {
		char byte[3] = {hex[i * 2], hex[i * 2 + 1], '\0'};
		s->blob[i] = (unsigned char)strtoul(byte, NULL, 16);
	}
}

static struct fixture *fixture_read(const char *path)
{
	struct fixture *f = calloc(1, sizeof *f);
	static char line[65536], a[65536], b[65536];
	FILE *file = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(file);
	while (fgets(line, sizeof line, file)) {
		struct cleared *c = &f->cleared[f->cleared_count];
		assert_true(f->state_count < LINES && f->mode_count < LINES && f->cleared_count < LINES);
		if (sscanf(line, "state %s %s", a, b) == 2)
			read_state(f, a, b);
		else if (sscanf(line, "mode %63s %31s", f->homes[f->mode_count], f->modes[f->mode_count]) == 2)
			f->mode_count++;
		else if (sscanf(line, "cleared %63s %63s %u %" SCNd64 " %31s", c->household, c->id, &c->revision,
				 &c->at, c->rule) == 5)
			f->cleared_count++;
		else if (sscanf(line, "judged %" SCNd64, &f->judged) != 1 && sscanf(line, "open %u", &f->open) != 1)
			assert_int_equal(line[0], '#');
	}
	fclose(file);
	assert_true(f->state_count && f->mode_count && f->cleared_count && f->judged && f->open);
	return f;
}

/* ---- a core with the fixture's directory ---- */

static struct detector_core *core_new(const struct fixture *f)
{
	static const char *const rules[] = {"silence", "water_over_jingan", "door_changning"};
	struct detector_config config = rig_config();
	struct detector_core *core;

	config.homes_max = 1000;
	for (unsigned i = 0; i < 3; i++)
		rig_rule(&config, rules[i]);
	assert_int_equal(detector_create(&config, &core, NULL), ERR_OK);
	for (unsigned i = 0; i < f->mode_count; i++)
		rig_join(core, f->homes[i]);
	return core;
}

static void feed(struct detector_core *core, const char *home, const char *device, enum quantity quantity, double value,
	double delta)
{
	struct reading r = rig_reading(device, quantity, value, OLD + H(10));

	r.delta = delta;
	if (!isnan(delta))
		r.since.ms = OLD + H(9);
	text_cut(r.household, sizeof r.household, home);
	assert_int_equal(detector_feed(core, &r), ERR_OK);
}

/* tick counts, and finds each clearing of the fixture once. */
static void tick(struct detector_core *core, int64_t now, const struct fixture *f, unsigned *found)
{
	struct detector_effects out;

	do {
		assert_int_equal(detector_tick(core, (struct wall){now}, &out), ERR_OK);
		for (unsigned i = 0; i < out.count; i++)
			for (unsigned c = 0; c < f->cleared_count; c++)
				*found += out.items[i].state == ALERT_CLEARED &&
					  !strcmp(out.items[i].id, f->cleared[c].id) &&
					  !strcmp(out.items[i].household, f->cleared[c].household) &&
					  !strcmp(out.items[i].rule, f->cleared[c].rule) &&
					  out.items[i].revision >= f->cleared[c].revision &&
					  out.items[i].at.ms == f->cleared[c].at;
	} while (out.count == DETECTOR_EFFECTS_MAX);
}

static void assert_goes_on(struct detector_core *core, const struct fixture *f)
{
	uint32_t modes[DETECTOR_MODE_COUNT], open;
	unsigned found = 0;

	detector_modes(core, modes, &open);
	assert_int_equal(open, f->open);
	for (unsigned i = 0; i < f->mode_count; i++) {
		enum detector_mode mode;
		assert_int_equal(detector_mode_of(core, f->homes[i], &mode), ERR_OK);
		assert_string_equal(detector_mode_name(mode), f->modes[i]);
	}
	tick(core, f->judged, f, &found);
	tick(core, f->judged + 1, f, &found);
	feed(core, "h-water", "w-1", QUANTITY_WATER_TOTAL, 6000, 30);
	feed(core, "h-energy", "e-1", QUANTITY_ENERGY_TOTAL, 9000, 300);
	feed(core, "h-door", "d-1", QUANTITY_CONTACT, 1, NAN);
	tick(core, OLD + H(10) + 1, f, &found);
	assert_int_equal(found, f->cleared_count);
}

/* ---- versions ---- */

static void states_of_version_1_go_on_where_they_stood(void **state)
{
	struct fixture *f = fixture_read("services/detector/fixtures/states_v1.txt");
	struct detector_core *core = core_new(f);

	(void)state;
	for (unsigned i = 0; i < f->state_count; i++)
		assert_int_equal(detector_restore(core, &f->states[i]), ERR_OK);
	assert_goes_on(core, f);
	detector_destroy(core);
	free(f);
}

static void a_state_of_version_1_is_written_as_this_version(void **state)
{
	struct fixture *f = fixture_read("services/detector/fixtures/states_v1.txt");
	struct detector_core *core = core_new(f), *other = core_new(f);
	static struct detector_state part;
	unsigned parts = 0;

	(void)state;
	for (unsigned i = 0; i < f->state_count; i++)
		assert_int_equal(detector_restore(core, &f->states[i]), ERR_OK);
	for (unsigned i = 0; i < f->state_count; i++) {
		uint32_t slot = detector_slot(core, f->states[i].key);
		assert_int_not_equal(slot, DETECTOR_NO_SLOT);
		assert_int_equal(detector_refresh(core, slot), ERR_OK);
	}
	while (detector_dirty(core, &part)) {
		assert_true(part.length > 0 && part.blob[0] == STATE_VERSION);
		assert_int_equal(detector_restore(other, &part), ERR_OK);
		parts++;
	}
	assert_true(parts >= f->state_count);
	assert_goes_on(other, f);
	detector_destroy(core);
	detector_destroy(other);
	free(f);
}

static void an_unknown_version_is_refused_and_disturbs_no_other_home(void **state)
{
	struct fixture *f = fixture_read("services/detector/fixtures/states_v1.txt");
	struct detector_core *core = core_new(f);
	enum detector_mode mode;

	(void)state;
	for (unsigned i = 0; i < f->state_count; i++) {
		bool newer = !strncmp(f->states[i].key, "h-door", 6);
		if (newer)
			f->states[i].blob[0] = i % 2 ? 0 : STATE_VERSION + 1;
		assert_int_equal(detector_restore(core, &f->states[i]), newer ? ERR_VERSION : ERR_OK);
	}
	assert_int_equal(detector_mode_of(core, "h-door", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_UNWATCHED); /* as new: the next reading begins its learning */
	assert_int_equal(detector_mode_of(core, "h-water", &mode), ERR_OK);
	assert_int_equal(mode, DETECTOR_AT_HOME);
	detector_destroy(core);
	free(f);
}

static void a_bent_state_of_version_1_is_survived(void **state)
{
	struct fixture *f = fixture_read("services/detector/fixtures/states_v1.txt");

	(void)state;
	for (unsigned i = 0; i < f->state_count; i++) {
		struct detector_core *core = core_new(f);
		unsigned found = 0;
		for (unsigned j = 0; j < i; j++)
			assert_int_equal(detector_restore(core, &f->states[j]), ERR_OK);
		for (size_t bit = 8; bit < f->states[i].length * 8; bit += 5) {
			struct detector_state bent = f->states[i];
			bent.blob[bit / 8] ^= (unsigned char)(1 << bit % 8);
			enum err err = detector_restore(core, &bent);
			assert_true(err == ERR_OK || err == ERR_CORRUPT || err == ERR_NOT_FOUND);
			bent.length = bit / 8;
			err = detector_restore(core, &bent);
			assert_true(err == ERR_OK || err == ERR_CORRUPT || err == ERR_NOT_FOUND);
			tick(core, OLD + H(9) + (int64_t)bit, f, &found);
		}
		detector_destroy(core);
	}
	free(f);
}

/* ---- quantities ---- */

static void each_quantity_has_a_number_of_its_own_in_states(void **state)
{
	(void)state;
	for (unsigned i = 0; i < QUANTITY_COUNT; i++) {
		assert_true(detect_code(i) < 64); /* sets of them are 64 bits */
		assert_int_equal(detect_code_quantity(detect_code(i)), i);
	}
	assert_int_equal(detect_code(QUANTITY_COUNT), DETECT_CODE_NONE);
	assert_int_equal(detect_code_quantity(DETECT_CODE_NONE), QUANTITY_COUNT);
	assert_int_equal(detect_code(QUANTITY_WATER_TOTAL), 0); /* as stores out there have them */
	assert_int_equal(detect_code(QUANTITY_CONTACT), 28);
	assert_int_equal(detect_code(QUANTITY_CODE), 48);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states_of_version_1_go_on_where_they_stood),
		cmocka_unit_test(a_state_of_version_1_is_written_as_this_version),
		cmocka_unit_test(an_unknown_version_is_refused_and_disturbs_no_other_home),
		cmocka_unit_test(a_bent_state_of_version_1_is_survived),
		cmocka_unit_test(each_quantity_has_a_number_of_its_own_in_states),
	};

	return cmocka_run_group_tests(tests, rig_open_zone, rig_close_zone);
}
