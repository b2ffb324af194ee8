/* SPDX-License-Identifier: MIT
 *
 * visit_answer and visit_request (api_visit.c has their arguments).
 */
#include <string.h>

#include "base/text.h"
#include "codec/json.h"
#include "dispatcher/api/api.h"

static enum err read_time(struct request_args *args, const char *name, struct wall *out, struct errinfo *info)
{
	const char *text = "";
	enum err err = request_text(args, name, false, &text, info);

	*out = WALL_NONE;
	if (!err && *text && wall_parse(text, strlen(text), out))
		err = errinfo_set(info, ERR_INVALID, "%s: must be a time, as in 2026-03-01T09:00:00+08:00", name);
	return err;
}

static enum err read_line(struct request_args *args, const char *name, bool required, char *out, size_t size, bool id,
	struct errinfo *info)
{
	const char *text = "";
	enum err err = request_text(args, name, required, &text, info);

	if (!err && *text && (!(id ? text_is_id(text) : text_is_label(text)) || text_copy(out, size, text)))
		err = errinfo_set(info, ERR_INVALID, "%s: must be %s of at most %zu bytes", name,
			id ? "an id" : "a line", size - 1);
	if (!err && required && !*text)
		err = errinfo_set(info, ERR_INVALID, "%s: is empty", name);
	return err;
}

/* read_answer reads "gas=hose_old"; whether a word is a finding, the checklist says. */
static enum err read_answer(struct visit_reply *reply, const char *text, size_t length, struct errinfo *info)
{
	struct errand_answer *answer = &reply->answers[reply->answer_count];
	const char *equals = memchr(text, '=', length);
	char item[WORD_BYTES] = "", word[WORD_BYTES] = "";
	size_t item_length = equals ? (size_t)(equals - text) : 0, word_length = equals ? length - item_length - 1 : 0;

	if (reply->answer_count == ERRAND_ANSWERS_MAX)
		return errinfo_set(info, ERR_INVALID, "answers: are too many");
	if (item_length < sizeof item && word_length < sizeof word && equals) {
		memcpy(item, text, item_length);
		memcpy(word, equals + 1, word_length);
	}
	if (!text_is_id(item) || !text_is_id(word))
		return errinfo_set(
			info, ERR_INVALID, "answers: must be like \"doors=ok gas=hose_old medicine=not_asked\"");
	text_cut(answer->item, sizeof answer->item, item);
	if (errand_verdict_find(word, &answer->answer) || answer->answer == ERRAND_FINDING) {
		answer->answer = ERRAND_FINDING;
		text_cut(answer->word, sizeof answer->word, word);
	}
	reply->answer_count++;
	return ERR_OK;
}

static enum err read_answers(struct request_args *args, struct visit_reply *reply, struct errinfo *info)
{
	const char *text = "";
	enum err err = request_text(args, "answers", false, &text, info);

	while (!err && *(text += strspn(text, " "))) {
		size_t length = strcspn(text, " ");
		err = read_answer(reply, text, length, info);
		text += length;
	}
	return err;
}

static enum err read_reply(struct request_args *args, struct visit_reply *reply, struct errinfo *info)
{
	const char *action = "";
	enum err err = read_line(args, "errand", true, reply->errand, sizeof reply->errand, true, info);

	if (!err)
		err = request_text(args, "action", true, &action, info);
	if (!err && visit_action_find(action, &reply->action))
		err = errinfo_set(info, ERR_INVALID,
			"action: must be accept, decline, start, answer, done, not_met, confirm, refuse, move, note or "
			"cancel");
	if (!err)
		err = read_line(args, "to", false, reply->to, sizeof reply->to, true, info);
	if (!err)
		err = read_line(args, "note", false, reply->note, sizeof reply->note, false, info);
	if (!err)
		err = read_time(args, "from", &reply->from, info);
	if (!err)
		err = read_time(args, "until", &reply->until, info);
	if (!err)
		err = read_time(args, "seen", &reply->seen, info);
	if (!err)
		err = read_answers(args, reply, info);
	return err ? err : request_done(args, info);
}

/* give puts what the core decided into the turn and answers with the errand as it is then. own: who asks, where they
 * speak for themself (NULL: for the desk): of an errand that is not theirs they learn nothing, of one no more theirs
 * the verdict alone. */
static enum err give(struct dispatcher *d, struct visit_effects *effects, const char *own, struct call *call)
{
	struct buf *out = call->out;
	enum visit_verdict verdict = effects->verdict;
	char id[ID_BYTES], fault[VISIT_FAULT_BYTES];
	bool theirs = !own || visit_is_of(visits_core(d->visits), effects->id, own);
	struct errand errand;
	enum err err = ERR_OK;

	text_cut(id, sizeof id, effects->id);
	text_cut(fault, sizeof fault, effects->fault);
	call->fatal = visits_take(d->visits, dispatcher_ways(d), effects, d->turn.wall, call->info);
	if (call->fatal)
		return call->fatal;
	if (theirs && verdict == VISIT_BAD)
		return errinfo_set(call->info, ERR_INVALID, "%s", fault);
	if (visit_find(visits_core(d->visits), id, &errand) ||
		(!theirs && (verdict == VISIT_FOREIGN || verdict == VISIT_BAD)))
		return errinfo_set(call->info, ERR_NOT_FOUND,
			own ? "there is no such errand of yours" : "there is no such errand");
	json_open(out, '{');
	json_member_text(out, "verdict", visit_verdict_name(verdict));
	if (theirs) {
		json_key(out, "errand");
		err = codec_errand_encode(&errand, out);
	}
	json_close(out, '}');
	return err ? err : out->failed;
}

enum err api_visit_answer(struct dispatcher *d, struct call *call)
{
	static struct visit_effects effects;
	struct visit_reply reply = {.at = d->turn.wall};
	enum err err = read_reply(call->args, &reply, call->info);

	if (err)
		return err;
	text_cut(reply.user, sizeof reply.user, call->user);
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = visit_say(visits_core(d->visits), &reply, !call->own, d->turn.wall, &effects);
	return call->fatal ? call->fatal : give(d, &effects, call->own ? call->user : NULL, call);
}

enum err api_visit_request(struct dispatcher *d, struct call *call)
{
	static struct visit_effects effects;
	struct visit_request request = {0};
	enum err err =
		read_line(call->args, "household", true, request.household, sizeof request.household, true, call->info);

	if (!err)
		err = read_line(call->args, "what", true, request.what, sizeof request.what, true, call->info);
	if (!err)
		err = read_line(call->args, "note", false, request.note, sizeof request.note, false, call->info);
	if (!err)
		err = read_time(call->args, "from", &request.from, call->info);
	if (!err)
		err = read_time(call->args, "until", &request.until, call->info);
	if (!err)
		err = request_done(call->args, call->info);
	if (err)
		return err;
	text_cut(request.user, sizeof request.user, call->user);
	call->fatal = api_begin(d, call->info);
	if (!call->fatal)
		call->fatal = visit_ask(visits_core(d->visits), &request, d->turn.wall, &effects);
	return call->fatal ? call->fatal : give(d, &effects, NULL, call);
}
