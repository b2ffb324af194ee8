/* SPDX-License-Identifier: MIT
 *
 * The checklist with its tasks, and services.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "visit_first.h"

/* ---- the checklist and its tasks ---- */

/* checking: a visit with the checklist, agreed; the reply has both findings. */
static struct visit_reply checking(struct rig *rig, struct wall *now)
{
	struct visit_reply reply;

	rig_open(rig);
	rig->rules.ahead_days = 2;
	rig->rules.slack_days = 0;
	rig->rules.lists[0].every_days = 1;
	rig_person(rig, "v-1", 0.5, 7, monday("07:00"));
	rig_service(rig, "medical-2", "p-1", NULL, 0, false, monday("07:00"));
	rig_home(rig, "h-1", 0, 1, monday("07:00"));
	rig_run(rig, monday("08:00"));
	assert_string_equal(rig->visit.what, "three");
	assert_int_equal(rig->visit.version, 1);
	rig_say(rig, "v-1", VISIT_ACCEPT, rig->visit.id, monday("09:00"));
	*now = rig_at("2026-03-03T10:00:00");
	reply = rig_words("v-1", VISIT_ANSWER, rig->visit.id, *now);
	reply.answer_count = 2;
	reply.answers[0] = (struct errand_answer){.item = "medicine", .answer = ERRAND_FINDING, .word = "medicine_low"};
	reply.answers[1] = (struct errand_answer){.item = "gas", .answer = ERRAND_FINDING, .word = "hose_old"};
	return reply;
}

static void findings_become_tasks_with_owner_and_date(void **state)
{
	struct rig rig;
	struct wall now;
	struct visit_reply reply = checking(&rig, &now);

	(void)state;
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(
		rig.trace, "visit.answered:v-1 task.opened:v-1 task.agreed>cap task.opened:v-1 task.agreed>cap>p-1");
	assert_int_equal(rig.visit.answer_count, 3);
	assert_string_equal(rig.visit.answers[0].item, "doors");
	assert_int_equal(rig.visit.answers[0].answer, ERRAND_NOT_ASKED);
	assert_string_equal(rig.visit.answers[1].word, "hose_old");
	assert_true(wall_is_set(rig.visit.seen));
	assert_string_equal(rig.task.what, "medicine_low");
	assert_string_equal(rig.task.provider, "p-1");
	assert_string_equal(rig.task.origin, rig.visit.id);
	assert_int_equal(rig.task.until.ms, rig_at("2026-03-07T00:00:00").ms);
	reply.action = VISIT_FINISH; /* the same findings again make no second tasks */
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.trace, "visit.answered:v-1 visit.done:v-1");
	rig_close(&rig);
}

static void overdue_tasks_climb_to_captain_and_desk_and_stay_until_done(void **state)
{
	struct rig rig;
	struct wall now;
	struct visit_reply reply = checking(&rig, &now);
	char task[ID_BYTES];

	(void)state;
	reply.action = VISIT_FINISH;
	rig_reply(&rig, &reply, false, now);
	text_cut(task, sizeof task, rig.task.id);
	rig.rules.lists[0].every_days = 0;
	rig_tick(&rig, now);
	rig_say(&rig, "cap", VISIT_CANCEL, rig.visit.id, now);
	for (int i = 0; i < 30 && strcmp(rig.last.id, task) != 0; i++)
		rig_tick(&rig, visit_due(rig.core));
	assert_string_equal(rig.last.id, task);
	assert_int_equal(rig.task.event, ERRAND_EVENT_CLIMBED);
	assert_int_equal(rig.task.climb, 1);
	assert_int_equal(rig.task.at.ms, rig_at("2026-03-07T00:00:00").ms);
	rig_say(&rig, "cap", VISIT_DECLINE, task, rig.task.at); /* the captain cannot: the desk has it */
	assert_string_equal(rig.trace, "task.declined:cap>cap task.agreed>desk");
	rig_say(&rig, "desk", VISIT_DECLINE, task, rig.task.at);
	assert_int_equal(rig.verdict, VISIT_BAD);
	rig_say(&rig, "desk", VISIT_FINISH, task, rig.task.at);
	assert_string_equal(rig.trace, "task.done:desk");
	rig_close(&rig);
}

static void answers_that_do_not_fit_the_checklist_are_named(void **state)
{
	static const struct {
		struct errand_answer answer;
		const char *fault;
	} cases[] = {
		{{"roof", ERRAND_OK, ""}, "roof: checklist three version 1 has no such item"},
		{{"gas", ERRAND_FINDING, ""}, "gas: a finding needs one of the item's words that are findings"},
		{{"gas", ERRAND_FINDING, "electric"}, "gas: a finding needs one of the item's words that are findings"},
		{{"gas", ERRAND_OK, "hose_old"}, "gas: \"hose_old\" does not go with ok"},
		{{"gas", ERRAND_NOT_ASKED, "electric"}, "gas: \"electric\" does not go with not_asked"},
		{{"doors", ERRAND_OK, "blue"}, "doors: has no word \"blue\" in checklist three version 1"},
		{{"medicine", ERRAND_OK, ""}, "medicine: is answered twice"},
	};
	struct rig rig;
	struct wall now;
	struct visit_reply reply = checking(&rig, &now);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		reply.answers[0] = (struct errand_answer){.item = "medicine", .answer = ERRAND_OK};
		reply.answers[1] = cases[i].answer;
		rig_reply(&rig, &reply, false, now);
		assert_int_equal(rig.verdict, VISIT_BAD);
		assert_string_equal(rig.fault, cases[i].fault);
	}
	reply.answers[1] = (struct errand_answer){"gas", ERRAND_OK, "electric"};
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.trace, "visit.answered:v-1");
	rig.rules.lists[0].version = 2; /* while a visit of version 1 is under way */
	reply.action = VISIT_FINISH;
	rig_reply(&rig, &reply, false, now);
	assert_string_equal(rig.fault,
		"answers: checklist three version 1 is no longer in the file; put it back until its visits are over");
	rig_close(&rig);
}

/* ---- services ---- */

static void a_service_given_to_a_companion_is_not_the_providers_any_more(void **state)
{
	struct rig rig;
	struct wall now = monday("10:00");
	struct visit_request request = {
		.household = "h-1", .what = "meals-2", .user = "desk", .from = WALL_NONE, .until = WALL_NONE};
	struct visit_reply reply;

	(void)state;
	alone(&rig, 0);
	rig_service(&rig, "meals-2", "p-1", NULL, 0, true, now);
	rig_ask(&rig, &request, now);
	reply = rig_words("desk", VISIT_ACCEPT, rig.service.id, now);
	text_cut(reply.to, ID_BYTES, "v-1");
	rig_reply(&rig, &reply, true, now);
	assert_string_equal(rig.trace, "service.agreed:desk>p-1>v-1");
	assert_string_equal(rig.service.provider, "");
	rig_say(&rig, "p-1", VISIT_DECLINE, rig.service.id, now);
	assert_int_equal(rig.verdict, VISIT_FOREIGN);
	rig_close(&rig);
}

static void a_service_goes_from_provider_to_provider_then_to_the_team(void **state)
{
	struct rig rig;
	struct wall now = monday("10:00");
	struct visit_request request = {
		.household = "h-1", .what = "meals-2", .user = "desk", .from = WALL_NONE, .until = WALL_NONE};
	struct visit_reply reply;

	(void)state;
	alone(&rig, 0);
	rig_service(&rig, "meals-2", "p-2", "p-1", 1, true, now);
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.trace, "service.opened:desk service.offered>p-1>desk");
	assert_int_equal(rig.service.from.ms, rig_at("2026-03-03T00:00:00").ms);
	rig_ask(&rig, &request, now);
	assert_int_equal(rig.verdict, VISIT_REPEATED);
	assert_string_equal(rig.id, rig.service.id);
	rig_say(&rig, "p-1", VISIT_DECLINE, rig.service.id, now);
	assert_string_equal(rig.trace, "service.declined:p-1 service.offered>p-2>desk");
	rig_run(&rig, wall_plus(now, 24 * MS_PER_HOUR));
	assert_string_equal(rig.trace, "service.declined>p-2 service.offered>v-1");
	rig_say(&rig, "v-1", VISIT_ACCEPT, rig.service.id, wall_plus(now, 24 * MS_PER_HOUR));
	rig_say(&rig, "v-1", VISIT_FINISH, rig.service.id, wall_plus(now, 48 * MS_PER_HOUR));
	assert_string_equal(rig.trace, "service.done:v-1");
	assert_false(wall_is_set(rig.service.seen));
	reply = rig_words("desk", VISIT_REFUSE, rig.service.id, wall_plus(now, 49 * MS_PER_HOUR));
	text_cut(reply.note, sizeof reply.note, "饭是凉的");
	rig_reply(&rig, &reply, true, wall_plus(now, 49 * MS_PER_HOUR));
	assert_string_equal(rig.trace, "service.refused:desk>v-1>cap");
	rig_close(&rig);
}

static void a_request_that_cannot_be_is_refused_with_the_reason(void **state)
{
	struct rig rig;
	struct wall now = monday("10:00");
	struct visit_request request = {
		.household = "h-9", .what = "meals-2", .user = "desk", .from = WALL_NONE, .until = WALL_NONE};

	(void)state;
	alone(&rig, 0);
	rig_service(&rig, "meals-2", "p-1", NULL, 2, false, now);
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "household: there is no h-9 in the directory");
	text_cut(request.household, ID_BYTES, "h-1");
	request.from = rig_at("2026-03-03T10:00:00");
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "from: this service has to be asked for earlier; it can be from 2026-03-04 on");
	request.from = rig_at("2026-03-04T10:00:00");
	request.until = request.from;
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "until: must be after from");
	request.from = rig_at("2026-03-01T10:00:00");
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.fault, "from: is over");
	text_cut(request.what, WORD_BYTES, "dancing");
	request.from = request.until = WALL_NONE;
	rig_ask(&rig, &request, now);
	assert_string_equal(
		rig.fault, "what: \"dancing\" is neither a service of the catalogue, nor chat, nor a checklist");
	text_cut(request.what, WORD_BYTES, "chat");
	rig_ask(&rig, &request, now);
	assert_string_equal(rig.trace, "visit.opened:desk visit.offered>v-1");
	rig_ask(&rig, &request, now); /* its answer may have been lost */
	assert_int_equal(rig.verdict, VISIT_REPEATED);
	assert_string_equal(rig.id, rig.visit.id);
	assert_string_equal(rig.trace, "");
	text_cut(request.what, WORD_BYTES, "three");
	rig_ask(&rig, &request, now);
	assert_int_equal(rig.verdict, VISIT_BAD);
	rig_close(&rig);
}

static void what_is_over_is_forgotten_after_a_while(void **state)
{
	struct rig rig;
	struct wall now = agreed(&rig);
	struct visit_blob blob;
	struct errand gone;
	char id[ID_BYTES];
	bool buried = false;

	(void)state;
	rig_say(&rig, "v-1", VISIT_FINISH, rig.visit.id, now);
	text_cut(id, sizeof id, rig.visit.id);
	while (visit_dirty(rig.core, &blob))
		assert_true(blob.length > 0);
	rig_run(&rig, wall_plus(now, 35 * MS_PER_DAY - 1));
	assert_int_equal(visit_find(rig.core, id, &gone), ERR_OK);
	rig_run(&rig, wall_plus(now, 35 * MS_PER_DAY));
	assert_int_equal(visit_find(rig.core, id, &gone), ERR_NOT_FOUND);
	while (visit_dirty(rig.core, &blob))
		buried = buried || (!blob.length && !strcmp(blob.id, id));
	assert_true(buried);
	rig_close(&rig);
}

/* refused: a row that cannot be read; what it is about is free for a row that can. */
static void refused(struct visit_core *core, struct visit_blob *blob)
{
	size_t length = blob->length;
	unsigned char version = blob->blob[0];
	uint32_t live = visit_live_count(core);

	for (blob->length = 0; blob->length < length; blob->length++)
		assert_int_equal(visit_restore(core, blob), ERR_CORRUPT);
	blob->blob[0] = 99;
	assert_int_equal(visit_restore(core, blob), ERR_VERSION);
	blob->blob[0] = version;
	assert_int_equal(visit_live_count(core), live);
}

static void a_row_that_cannot_be_read_leaves_nothing_behind(void **state)
{
	static struct visit_blob blob;
	struct rig rig, copy;
	struct errand found;
	struct wall now = agreed(&rig);
	unsigned homes = 0, jobs = 0;

	(void)state;
	(void)now;
	rig_open(&copy);
	while (visit_dirty(rig.core, &blob)) {
		refused(copy.core, &blob);
		assert_int_equal(visit_find(copy.core, rig.visit.id, &found), ERR_NOT_FOUND);
		homes += blob.row == VISIT_ROW_HOME;
		jobs += blob.row == VISIT_ROW_ERRAND;
		blob.blob[blob.length / 2] ^= 1;
		assert_int_equal(visit_restore(copy.core, &blob), ERR_CORRUPT);
		blob.blob[blob.length / 2] ^= 1;
		if (blob.row == VISIT_ROW_ERRAND) { /* as version 1 had it, without a checksum */
			blob.length -= 8;
			blob.blob[0] = 1;
		}
		assert_int_equal(visit_restore(copy.core, &blob), ERR_OK);
	}
	assert_true(homes > 0 && jobs == 1);
	assert_int_equal(visit_find(copy.core, rig.visit.id, &found), ERR_OK);
	assert_string_equal(found.assignee, "v-1");
	assert_int_equal(visit_live_count(copy.core), 1);
	visit_unrestore(copy.core, rig.visit.id);
	visit_unrestore(copy.core, rig.visit.id);
	assert_int_equal(visit_find(copy.core, rig.visit.id, &found), ERR_NOT_FOUND);
	assert_int_equal(visit_live_count(copy.core), 0);
	assert_false(visit_dirty(copy.core, &blob)); /* the store keeps its row */
	rig_close(&copy);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_service_given_to_a_companion_is_not_the_providers_any_more),
		cmocka_unit_test(findings_become_tasks_with_owner_and_date),
		cmocka_unit_test(overdue_tasks_climb_to_captain_and_desk_and_stay_until_done),
		cmocka_unit_test(answers_that_do_not_fit_the_checklist_are_named),
		cmocka_unit_test(a_service_goes_from_provider_to_provider_then_to_the_team),
		cmocka_unit_test(a_request_that_cannot_be_is_refused_with_the_reason),
		cmocka_unit_test(what_is_over_is_forgotten_after_a_while),
		cmocka_unit_test(a_row_that_cannot_be_read_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
