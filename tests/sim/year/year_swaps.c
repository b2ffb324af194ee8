/* SPDX-License-Identifier: MIT
 *
 * Volunteers who swap. One proposes to give a duty away, to have another one's, or to exchange two; the other says yes,
 * no or nothing; in every second team the captain may say no. Whether it may come about, and why it came to nothing, is
 * judged by what people said and by year_rules.c: the core refuses what a rule forbids, and nothing else.
 */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "year_internal.h"

#define AHEAD_DAYS 21 /* how far people look */

struct side {
	struct year_person *person;
	int day, shift; /* what they give; day -1 = nothing */
};

struct year_swap {
	char id[ID_BYTES];
	struct side give, back;
	bool by_other;                 /* the one who is to have the duty proposed it */
	bool yes, no, cleared, vetoed; /* what the one who is asked said, and the captain */
	bool over, told[2];
	struct wall due; /* the captain's no counts until then; WALL_NONE = nobody asked the captain */
	UT_hash_handle hh;
};

bool year_swap_veto(const void *context, const char *team)
{
	(void)context;
	return strtoul(team + 2, NULL, 10) % 2 == 0;
}

/* ---- what may be ---- */

static void got(const struct year *year, const struct side *side, struct year_person *p)
{
	if (side->day < 0)
		return;
	p->duty[side->day] = (int16_t)side->shift;
	p->said[side->day] = 1;
	p->got[side->day] = year->now;
}

static void lose(const struct side *side)
{
	if (side->day < 0)
		return;
	side->person->duty[side->day] = -1;
	side->person->said[side->day] = 0;
}

/* change_hands: both go before both come, or two of one day would wipe each other out. */
static void change_hands(const struct year *year, const struct side *give, const struct side *back)
{
	lose(give);
	lose(back);
	got(year, give, back->person);
	got(year, back, give->person);
}

/* forbidden gives the rule that stands against both duties changing hands; NULL: none. The lines stay as they are. */
static const char *forbidden(const struct year *year, struct side *give, struct side *back, char text[200])
{
	struct year_person *a = give->person, *b = back->person;
	static struct year_person was[2];
	int from = year_day(year, year->now), until = year->team[a->team].planned;
	const char *rule = NULL;

	was[0] = *a;
	was[1] = *b;
	if (b->duty[give->day] >= 0 && give->day != back->day)
		rule = "another duty that day";
	if (back->day >= 0 && a->duty[back->day] >= 0 && give->day != back->day)
		rule = "another duty that day";
	if (b->away[give->day] & YEAR_ILL_KNOWN || (back->day >= 0 && a->away[back->day] & YEAR_ILL_KNOWN))
		rule = "is ill";
	if (b->away[give->day] & YEAR_PLANNED || (back->day >= 0 && a->away[back->day] & YEAR_PLANNED))
		rule = "is away";
	change_hands(year, give, back);
	if (!rule)
		rule = year_rule_broken(year, a, from, until, text);
	if (!rule)
		rule = year_rule_broken(year, b, from, until, text);
	*a = was[0];
	*b = was[1];
	return rule;
}

static bool still_so(const struct side *side)
{
	return side->day < 0 || (side->person->duty[side->day] == side->shift && !side->person->helps[side->day]);
}

/* ---- proposals ---- */

/* pick finds the next duty of p in the own team from some day on that has not begun; false: there is none. */
static bool pick(struct year *year, struct year_person *p, struct side *out)
{
	int today = year_day(year, year->now), from = today + dice_below(&year->swap_dice, AHEAD_DAYS);

	*out = (struct side){.person = p, .day = -1};
	for (int d = from; d < year->team[p->team].planned && d < from + AHEAD_DAYS; d++)
		if (p->duty[d] >= 0 && !p->helps[d] && year_duty_from(year, d, p->duty[d]).ms > year->now.ms) {
			out->day = d;
			out->shift = p->duty[d];
			return true;
		}
	return false;
}

static struct year_swap *live_of(struct year *year, const struct side *give)
{
	struct rota_view m;

	for (struct year_swap *s = year->swaps; s; s = s->hh.next)
		if (s->give.person == give->person && s->give.day == give->day && s->give.shift == give->shift &&
			rota_view_of(year->rota, s->id, &m) && !rota_final(m.kind, m.state))
			return s;
	return NULL;
}

static enum err judge_proposal(struct year *year, struct year_swap *s, const struct rota_answer *answer, bool live)
{
	char text[200];
	const char *rule = forbidden(year, &s->give, &s->back, text);
	bool barred = answer->verdict == ROTA_BARRED, taken = answer->verdict == ROTA_TAKEN;
	struct year_swap *kept;

	year->counts.swaps[barred ? YEAR_SWAP_BARRED : YEAR_SWAP_PROPOSED] += barred || taken;
	if (live ? barred || taken : !(rule ? barred : taken))
		year_breaks(year, YEAR_SWAP_RIGHT, "%s for %s on day %d: %s (%s), %s", s->give.person->id,
			s->back.person->id, s->give.day, rota_verdict_name(answer->verdict), rota_bar_name(answer->bar),
			live   ? "asked already"
			: rule ? rule
			       : "no rule is against it");
	if (!taken)
		return ERR_OK;
	kept = malloc(sizeof *kept);
	if (!kept)
		return ERR_NOMEM;
	*kept = *s;
	text_cut(kept->id, sizeof kept->id, answer->id);
	HASH_ADD_STR(year->swaps, id, kept);
	return ERR_OK;
}

static enum err propose(struct year *year)
{
	struct dice *dice = &year->swap_dice;
	struct year_person *p = &year->person[dice_below(dice, YEAR_PEOPLE)];
	const struct year_team *t = &year->team[p->team];
	struct year_person *q = &year->person[t->first + (unsigned)dice_below(dice, (int)t->count)];
	struct year_swap s = {.due = WALL_NONE, .by_other = year_happens(dice, RATE_SWAP_ASKS_FOR)};
	bool exchange = year_happens(dice, RATE_SWAP_EXCHANGES);
	struct rota_wish wish = {0};
	struct rota_answer answer;

	s.back = (struct side){.person = q, .day = -1};
	if (p == q || !pick(year, p, &s.give) || (exchange && !pick(year, q, &s.back)))
		return ERR_OK;
	if (s.give.day == s.back.day && s.give.shift == s.back.shift)
		return ERR_OK; /* two of the same kind: nothing to exchange */
	text_cut(wish.team, sizeof wish.team, t->id);
	text_cut(wish.user, sizeof wish.user, p->id);
	text_cut(wish.to, sizeof wish.to, q->id);
	text_cut(wish.by, sizeof wish.by, s.by_other ? q->id : p->id);
	text_cut(wish.shift, sizeof wish.shift, year_shift_names[s.give.shift]);
	wish.from = year_duty_from(year, s.give.day, s.give.shift);
	if (s.back.day >= 0) {
		text_cut(wish.back_shift, sizeof wish.back_shift, year_shift_names[s.back.shift]);
		wish.back_from = year_duty_from(year, s.back.day, s.back.shift);
	}
	bool live = live_of(year, &s.give);
	enum err err = rota_swap(year->rota, &wish, year->now, &answer);
	if (!err)
		err = judge_proposal(year, &s, &answer, live);
	return err ? err : year_duties_take(year);
}

enum err year_swap_proposed(struct year *year)
{
	struct year_event next = {.kind = YEAR_SWAP_PROPOSES, .at = year->now};
	enum err err = propose(year);

	next.at = wall_plus(next.at, year_spread(&year->swap_dice, MS_PER_DAY * 2 / 3 / SWAPS_A_DAY));
	if (year_by_night(year, next.at))
		next.at = wall_plus(next.at, 8 * MS_PER_HOUR);
	return err ? err : year_later(year, &next);
}

/* ---- what is said ---- */

static struct year_swap *swap_of(const struct year *year, const char *matter)
{
	struct year_swap *s;

	HASH_FIND_STR(year->swaps, matter, s);
	return s;
}

static const struct year_person *asked_of(const struct year_swap *s)
{
	return s->by_other ? s->give.person : s->back.person;
}

bool year_swap_answers(struct year *year, const struct duty_notice *n, bool *out_yes)
{
	struct dice *dice = &year->swap_dice;
	struct year_swap *s = swap_of(year, n->matter);
	bool captain = n->kind == NOTICE_SWAP_VETO, no;

	if (!s)
		return false;
	if (captain)
		s->due = n->expires;
	no = year_happens(dice, captain ? RATE_CAPTAIN_SAYS_NO : RATE_SWAP_SAYS_NO);
	*out_yes = !no && year_happens(dice, captain ? RATE_CAPTAIN_SAYS_YES : RATE_SWAP_SAYS_YES);
	return no || *out_yes;
}

void year_swap_heard(struct year *year, const char *matter, const char *user, bool yes, enum rota_verdict verdict)
{
	struct year_swap *s = swap_of(year, matter);
	bool by_captain = !strncmp(user, "captain", 7);

	if (!s || verdict == ROTA_LATE || verdict == ROTA_REPEATED)
		return;
	if (by_captain ? verdict == ROTA_FOREIGN : strcmp(user, asked_of(s)->id) != 0)
		year_breaks(year, YEAR_SWAP_RIGHT, "%s answers and was not asked", user);
	s->yes = s->yes || (yes && !by_captain);
	s->no = s->no || (!yes && !by_captain);
	s->cleared = s->cleared || (yes && by_captain);
	s->vetoed = s->vetoed || (!yes && by_captain);
}

/* ---- what became of it ---- */

static void wrong(struct year *year, const struct year_swap *s, const char *what)
{
	year_breaks(year, YEAR_SWAP_RIGHT, "%s gives day %d to %s: %s", s->give.person->id, s->give.day,
		s->back.person->id, what);
}

/* valid: the duties change hands. */
static void valid(struct year *year, struct year_swap *s)
{
	char text[200];
	const char *rule;

	if (!still_so(&s->give) || !still_so(&s->back))
		wrong(year, s, "in force, and the duty was another's");
	if (!s->yes || s->no || s->vetoed)
		wrong(year, s, s->vetoed ? "in force against the captain's word" : "in force without a yes");
	if (year_swap_veto(NULL, year->team[s->give.person->team].id) && s->due.ms > year->now.ms && !s->cleared)
		wrong(year, s, "in force while the captain may still say no");
	rule = forbidden(year, &s->give, &s->back, text);
	if (rule)
		wrong(year, s, rule);
	change_hands(year, &s->give, &s->back);
	year->counts.swaps[YEAR_SWAP_VALID]++;
}

/* ended: it came to nothing, and the reason was one. */
static void ended(struct year *year, struct year_swap *s, enum rota_state state)
{
	char text[200];
	bool changed = !still_so(&s->give) || !still_so(&s->back);

	s->over = true;
	switch (state) {
	case ROTA_DECLINED:
		year->counts.swaps[YEAR_SWAP_DECLINED]++;
		if (!s->no)
			wrong(year, s, "declined, and nobody said no");
		break;
	case ROTA_VETOED:
		year->counts.swaps[YEAR_SWAP_VETOED]++;
		if (!s->vetoed)
			wrong(year, s, "vetoed, and the captain did not say so");
		break;
	case ROTA_EXPIRED:
		year->counts.swaps[YEAR_SWAP_EXPIRED]++;
		if (s->yes || s->no)
			wrong(year, s, "no answer, and there was one");
		break;
	case ROTA_MISFIT:
		year->counts.swaps[YEAR_SWAP_MISFIT]++;
		if (!changed && !forbidden(year, &s->give, &s->back, text))
			wrong(year, s, "a rule was said to be against it, and none is");
		break;
	default:
		year->counts.swaps[YEAR_SWAP_GONE]++;
		if (!changed)
			wrong(year, s, "called off, and the roster is as it was");
	}
}

void year_swap_told(struct year *year, const struct duty_notice *n)
{
	struct year_swap *s = swap_of(year, n->matter);
	struct rota_view m;

	if (!s || !rota_view_of(year->rota, n->matter, &m)) {
		year_breaks(year, YEAR_SWAP_RIGHT, "%s is told of a swap that nobody proposed", n->user);
		return;
	}
	if (n->kind == NOTICE_SWAP_OFF) {
		if (!s->over)
			ended(year, s, m.state);
		return;
	}
	bool second = !strcmp(n->user, s->back.person->id);
	if (s->told[second] || (!second && strcmp(n->user, s->give.person->id) != 0))
		wrong(year, s, "told twice, or to a third");
	if (!s->told[0] && !s->told[1])
		valid(year, s);
	s->told[second] = s->over = true;
}

void year_swaps_close(struct year *year)
{
	struct rota_view m;

	for (struct year_swap *s = year->swaps; s; s = s->hh.next) {
		if (s->told[0] != s->told[1])
			wrong(year, s, "in force, and one of both was not told");
		if (!s->over && (!rota_view_of(year->rota, s->id, &m) || rota_final(m.kind, m.state)))
			wrong(year, s, "over, and who proposed it was not told");
	}
}

void year_swaps_tell(const struct year *year)
{
	static const char *const names[YEAR_SWAP_COUNT] = {"barred at once", "proposed", "in force", "declined",
		"vetoed", "no answer", "a rule when it was accepted", "the roster had changed"};

	fputs("\nswaps:", year->out);
	for (unsigned i = 0; i < YEAR_SWAP_COUNT; i++)
		fprintf(year->out, "%s %s %u", i ? "," : "", names[i], year->counts.swaps[i]);
	fputs("\n", year->out);
}

void year_swaps_fini(struct year *year)
{
	struct year_swap *s, *next;

	HASH_ITER(hh, year->swaps, s, next)
	{
		HASH_DEL(year->swaps, s);
		free(s);
	}
}
