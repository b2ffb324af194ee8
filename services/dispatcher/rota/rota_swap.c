/* SPDX-License-Identifier: MIT
 *
 * Swaps: one proposes, the other is asked, the captain may say no where the team wants it; then, if no hard rule stands
 * against it, both duties change hands at one moment.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rota_internal.h"

static bool exchanges(const struct matter *m)
{
	return *m->back.shift != '\0';
}

/* asked_of: the one of both who did not propose it. */
static const char *asked_of(const struct matter *m)
{
	return !strcmp(m->by, m->other) ? m->duty.user : m->other;
}

static enum rota_bar bar_of(struct rota *rota, const struct matter *m, const char **out_who)
{
	enum rota_bar bar = rota_bar_of(rota, m->team, &m->duty, m->other, exchanges(m) ? &m->back : NULL);

	*out_who = m->other;
	if (!bar && exchanges(m)) {
		*out_who = m->duty.user;
		bar = rota_bar_of(rota, m->team, &m->back, m->duty.user, &m->duty);
	}
	return bar;
}

static bool still_held(struct rota *rota, const struct matter *m)
{
	const struct book *book = rota->book;

	return book_find(book, m->team, m->duty.shift, m->duty.from, m->duty.user) &&
	       (!exchanges(m) || book_find(book, m->team, m->back.shift, m->back.from, m->back.user));
}

static void describe(const struct rota *rota, const struct matter *m, const char *zh, const char *en, struct said *out)
{
	char one[DUTY_WORDS_BYTES], two[DUTY_WORDS_BYTES];

	duty_words(rota, &m->duty, one);
	duty_words(rota, exchanges(m) ? &m->back : &m->duty, two);
	if (exchanges(m)) {
		snprintf(out->zh, sizeof out->zh, "%s（%s）与 %s（%s）互换：%s", one, m->duty.user, two, m->other, zh);
		snprintf(out->en, sizeof out->en, "%s (%s) for %s (%s): %s", one, m->duty.user, two, m->other, en);
	} else {
		snprintf(out->zh, sizeof out->zh, "%s（%s）由 %s 接替：%s", one, m->duty.user, m->other, zh);
		snprintf(out->en, sizeof out->en, "%s (%s) goes to %s: %s", one, m->duty.user, m->other, en);
	}
}

enum err swap_off(struct rota *rota, struct matter *m, enum rota_event event, const char *why_zh, const char *why_en,
	struct wall now)
{
	struct said said;
	enum err err;

	matter_move(m, event, now);
	describe(rota, m, why_zh, why_en, &said);
	err = rota_tell(rota, m, m->by, NOTICE_SWAP_OFF, WALL_NONE, &said, now);
	/* who said no knows; of a time that ran out, or a rule, both learn */
	return err || event == ROTA_REFUSED ? err
					    : rota_tell(rota, m, asked_of(m), NOTICE_SWAP_OFF, WALL_NONE, &said, now);
}

static enum err hand_over(struct rota *rota, const struct matter *m)
{
	struct book *book = rota->book;
	struct book_duty one = *book_find(book, m->team, m->duty.shift, m->duty.from, m->duty.user), two = {0};
	enum err err = book_drop(book, m->team, one.shift, one.from, one.user);

	if (!err && exchanges(m)) {
		two = *book_find(book, m->team, m->back.shift, m->back.from, m->back.user);
		err = book_drop(book, m->team, two.shift, two.from, two.user);
		text_cut(two.user, sizeof two.user, m->duty.user);
	}
	text_cut(one.user, sizeof one.user, m->other);
	if (!err)
		err = book_add(book, m->team, &one);
	return err || !exchanges(m) ? err : book_add(book, m->team, &two);
}

static enum err make_valid(struct rota *rota, struct matter *m, struct wall now)
{
	struct said said;
	enum err err = rota_before(rota, m->team, now);

	if (!err)
		err = hand_over(rota, m);
	if (err)
		return err;
	matter_move(m, ROTA_VALID, now);
	describe(rota, m, "已生效。", "it is in force.", &said);
	err = rota_tell(rota, m, m->duty.user, NOTICE_SWAP_VALID, WALL_NONE, &said, now);
	if (!err)
		err = rota_tell(rota, m, m->other, NOTICE_SWAP_VALID, WALL_NONE, &said, now);
	rota_told(rota, m->duty.user);
	rota_told(rota, m->other);
	return err ? err : rota_settle(rota, m->team, now);
}

/* agree: both want it. */
static enum err agree(struct rota *rota, struct matter *m, struct wall now, struct rota_answer *out)
{
	const char *who, *captain;
	struct duty_people people;
	struct said said;
	enum rota_bar bar = bar_of(rota, m, &who);

	if (bar) {
		out->verdict = ROTA_BARRED;
		out->bar = bar;
		return swap_off(rota, m, ROTA_BROKE, rota_bar_words(bar, false), rota_bar_words(bar, true), now);
	}
	captain = rota_captain(rota, m->team, &people);
	if (m->state == ROTA_VETO || !rota->config.veto(rota->config.context, m->team) || m->duty.from.ms <= now.ms ||
		!strcmp(captain, m->duty.user) || !strcmp(captain, m->other))
		return make_valid(rota, m, now);
	matter_move(m, ROTA_AGREED, now);
	m->due = wall_plus(now, rota->config.veto_ms);
	if (m->due.ms > m->duty.from.ms - MS_PER_HOUR) /* never into the duty */
		m->due = (struct wall){now.ms + (m->duty.from.ms - now.ms) / 2};
	describe(rota, m, "双方已同意；到期不反对即生效。", "both agree; without a no it is in force then.", &said);
	return rota_tell(rota, m, captain, NOTICE_SWAP_VETO, m->due, &said, now);
}

static enum err ask(struct rota *rota, struct matter *m, struct wall now)
{
	const char *asked = asked_of(m);
	struct said said;

	m->due = wall_plus(now, rota->config.swap_ms);
	if (m->due.ms > m->duty.until.ms)
		m->due = m->duty.until;
	describe(rota, m, "您同意吗？", "do you agree?", &said);
	return rota_tell(rota, m, asked, NOTICE_SWAP_ASKED, m->due, &said, now);
}

enum err swap_reply(
	struct rota *rota, struct matter *m, const char *user, bool yes, struct wall now, struct rota_answer *out)
{
	struct duty_people people;
	bool vetoes = m->state == ROTA_VETO && !strcmp(user, rota_captain(rota, m->team, &people));

	out->verdict = ROTA_TAKEN;
	if (!vetoes && strcmp(user, asked_of(m)) != 0) {
		out->verdict = ROTA_FOREIGN;
		return ERR_OK;
	}
	if (rota_final(m->kind, m->state) || (m->state == ROTA_VETO && !vetoes)) {
		bool agreed = m->state == ROTA_DONE || m->state == ROTA_VETO;
		out->verdict = (agreed && yes) || (m->state == ROTA_DECLINED && !yes) ? ROTA_REPEATED : ROTA_LATE;
		return ERR_OK;
	}
	if (yes)
		return agree(rota, m, now, out);
	return swap_off(rota, m, ROTA_REFUSED, vetoes ? "队长不同意。" : "对方不方便。",
		vetoes ? "the captain says no." : "the other cannot.", now);
}

enum err swap_tick(struct rota *rota, struct matter *m, struct wall now)
{
	struct rota_answer answer;

	if (m->state == ROTA_VETO)
		return agree(rota, m, now, &answer);
	return swap_off(rota, m, ROTA_TIMED_OUT, "没有回复，未换。", "no answer came, so all stays as it was.", now);
}

enum err swap_check(struct rota *rota, struct matter *m, struct wall now)
{
	if (still_held(rota, m))
		return ERR_OK;
	return swap_off(rota, m, ROTA_ENDED, "排班已变，不再适用。", "the roster has changed meanwhile.", now);
}

/* held fills *out with the duty that somebody has; false: they have none, or it is over. */
static bool held(struct rota *rota, const char *team, const char *shift, struct wall from, const char *user,
	struct wall now, struct book_duty *out)
{
	const struct book_duty *duty = book_find(rota->book, team, shift, from, user);

	if (duty)
		*out = *duty;
	return duty && duty->until.ms > now.ms;
}

enum err rota_swap(struct rota *rota, const struct rota_wish *wish, struct wall now, struct rota_answer *out)
{
	struct book_duty duty, back = {0};
	struct matter *m, *old;
	const char *who;
	enum err err;

	*out = (struct rota_answer){.verdict = ROTA_UNKNOWN};
	if (!held(rota, wish->team, wish->shift, wish->from, wish->user, now, &duty) ||
		(*wish->back_shift && !held(rota, wish->team, wish->back_shift, wish->back_from, wish->to, now, &back)))
		return ERR_OK;
	if (!strcmp(wish->user, wish->to) || (strcmp(wish->by, wish->user) != 0 && strcmp(wish->by, wish->to) != 0)) {
		out->verdict = ROTA_FOREIGN;
		return ERR_OK;
	}
	old = matter_live(rota, ROTA_SWAP, wish->team, &duty, wish->user);
	if (old) { /* one at a time; the same once more is the same */
		out->verdict = strcmp(old->other, wish->to) ? ROTA_LATE : ROTA_REPEATED;
		text_cut(out->id, sizeof out->id, old->id);
		out->state = old->state;
		return ERR_OK;
	}
	struct matter wanted = {.kind = ROTA_SWAP, .duty = duty, .back = back};
	text_cut(wanted.team, sizeof wanted.team, wish->team);
	text_cut(wanted.other, sizeof wanted.other, wish->to);
	out->bar = bar_of(rota, &wanted, &who);
	if (out->bar) { /* nothing is kept of it: it may be tried as often as somebody likes */
		out->verdict = ROTA_BARRED;
		return ERR_OK;
	}
	err = matter_make(rota, ROTA_SWAP, wish->team, &duty, wish->to, now, &m);
	if (err)
		return err;
	m->back = back;
	text_cut(m->by, sizeof m->by, wish->by);
	text_cut(out->id, sizeof out->id, m->id);
	out->verdict = ROTA_TAKEN;
	bool free_to_take = !strcmp(wish->by, wish->to) && (rota->config.busy(rota->config.context, wish->user) ||
								   rota_is_absent(rota, wish->user, &duty));
	err = free_to_take ? make_valid(rota, m, now) : ask(rota, m, now);
	out->state = m->state;
	return err;
}
