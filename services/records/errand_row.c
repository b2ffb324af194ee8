/* SPDX-License-Identifier: MIT */
#include "records/errand_row.h"

#include "codec/json.h"

#define ANSWERS_BYTES_MAX 4096

static enum err put_sealed(
	const struct errand *errand, const struct seal *seal, const char *column, const char *text, struct buf *out)
{
	char sealed[SEAL_TEXT_BYTES(ANSWERS_BYTES_MAX)];
	enum err err = *text && seal ? seal_close(seal, errand->id, column, text, sealed, sizeof sealed) : ERR_OK;

	if (!err)
		json_member_text(out, column, *text && seal ? sealed : text);
	return err;
}

/* put_answers seals the array as one text; no answers are "". */
static enum err put_answers(const struct errand *errand, const struct seal *seal, struct buf *out)
{
	struct buf answers;
	enum err err;

	buf_init(&answers, ANSWERS_BYTES_MAX);
	if (errand->answer_count)
		json_open(&answers, '[');
	for (unsigned i = 0; i < errand->answer_count; i++) {
		const struct errand_answer *answer = &errand->answers[i];
		json_open(&answers, '{');
		json_member_text(&answers, "item", answer->item);
		json_member_text(&answers, "answer", errand_verdict_name(answer->answer));
		json_member_text_if(&answers, "word", answer->word);
		json_close(&answers, '}');
	}
	if (errand->answer_count)
		json_close(&answers, ']');
	err = answers.failed ? answers.failed
			     : put_sealed(errand, seal, "answers", answers.data ? answers.data : "", out);
	buf_fini(&answers);
	return err;
}

enum err errand_row(const struct errand *errand, const struct seal *seal, struct buf *out)
{
	enum err err;

	json_open(out, '{');
	json_member_text(out, "id", errand->id);
	json_member_int(out, "revision", errand->revision);
	json_member_text(out, "household", errand->household);
	json_member_text(out, "community", errand->community);
	json_member_text(out, "team", errand->team);
	json_member_text(out, "kind", errand_kind_name(errand->kind));
	json_member_text(out, "state", errand_state_name(errand->state));
	json_member_text(out, "event", errand_event_name(errand->event));
	json_member_text(out, "actor", errand->actor);
	json_member_text(out, "what", errand->what);
	json_member_int(out, "version", errand->version);
	json_member_text(out, "assignee", errand->assignee);
	json_member_text(out, "provider", errand->provider);
	json_member_text(out, "origin", errand->origin);
	json_member_wall(out, "opened", errand->opened);
	json_member_wall(out, "at", errand->at);
	json_member_wall(out, "from", errand->from);
	json_member_wall(out, "until", errand->until);
	json_member_wall_if(out, "seen", errand->seen);
	json_member_int(out, "climb", errand->climb);
	json_member_text(out, "reason_zh", errand->reason_zh);
	json_member_text(out, "reason_en", errand->reason_en);
	err = put_sealed(errand, seal, "note", errand->note, out);
	if (!err)
		err = put_answers(errand, seal, out);
	json_close(out, '}');
	return err ? err : out->failed;
}
