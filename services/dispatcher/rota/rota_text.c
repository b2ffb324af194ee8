/* SPDX-License-Identifier: MIT
 *
 * What people are told. Ids, shifts and hours only: a group reads some of it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "rota_internal.h"

void say(struct said *said, const char *zh, const char *en, ...)
{
	va_list args;

	va_start(args, en);
	(void)vsnprintf(said->zh, sizeof said->zh, zh, args);
	va_end(args);
	va_start(args, en);
	(void)vsnprintf(said->en, sizeof said->en, en, args);
	va_end(args);
}

const char *duty_words(const struct rota *rota, const struct book_duty *duty, char out[DUTY_WORDS_BYTES])
{
	struct civil local = zone_to_civil(rota->config.zone, duty->from);

	snprintf(out, DUTY_WORDS_BYTES, "%02d-%02d %02d:%02d %s", local.month, local.day, local.hour, local.minute,
		duty->shift);
	return out;
}

const char *rota_bar_words(enum rota_bar bar, bool english)
{
	static const char *const words[][2] = {
		[ROTA_BAR_NONE] = {"无", "none"},
		[ROTA_BAR_TEAM] = {"不是本队队员", "not of the team"},
		[ROTA_BAR_BUSY] = {"同一时间另有班次", "another duty at that time"},
		[ROTA_BAR_REST] = {"与另一班之间休息不足", "too little rest between two duties"},
		[ROTA_BAR_RUN] = {"连续值班天数过多", "too many days in a row"},
		[ROTA_BAR_SKILL] = {"缺少该班要求的技能", "a skill that the duty needs is missing"},
		[ROTA_BAR_MONTH] = {"已达本月班次上限", "as many duties this month as were offered"},
		[ROTA_BAR_ABSENT] = {"已请假", "absent then"},
	};

	_Static_assert(sizeof words / sizeof *words == ROTA_BAR_COUNT, "words for each");
	return words[bar][english];
}

enum err rota_tell(struct rota *rota, const struct matter *m, const char *user, enum notice_kind kind,
	struct wall expires, const struct said *said, struct wall now)
{
	struct rota_effect effect = {.kind = ROTA_NOTICE,
		.to_team = kind == NOTICE_DAY || kind == NOTICE_WEEK,
		.notice = {.kind = kind, .at = now, .expires = expires}};
	struct duty_notice *notice = &effect.notice;
	char cause[ID_BYTES * 3];
	int length = snprintf(cause, sizeof cause, "%s/%s/%d", m->id, user, (int)kind);

	snprintf(notice->id, sizeof notice->id, "n-%016llx", (unsigned long long)text_hash64(cause, (size_t)length, 0));
	text_cut(notice->matter, sizeof notice->matter, m->id);
	text_cut(notice->user, sizeof notice->user, user);
	text_cut(notice->team, sizeof notice->team, m->team);
	text_cut(effect.team, sizeof effect.team, m->team);
	notice->answer = kind == NOTICE_SWAP_ASKED || kind == NOTICE_SWAP_VETO || kind == NOTICE_COVER_ASKED ||
			 kind == NOTICE_COVER_OPEN || kind == NOTICE_REACHABLE;
	text_cut(notice->text_zh, sizeof notice->text_zh, said->zh);
	text_cut(notice->text_en, sizeof notice->text_en, said->en);
	return rota_queue(rota, &effect);
}

const char *rota_kind_name(enum rota_kind kind)
{
	static const char *const names[] = {"swap", "cover", "watch", "absence"};

	_Static_assert(sizeof names / sizeof *names == ROTA_KIND_COUNT, "a name for each");
	return names[kind];
}

const char *rota_state_name(enum rota_state state)
{
	static const char *const names[] = {
		"open", "veto", "climbed", "done", "declined", "vetoed", "expired", "withdrawn", "misfit"};

	_Static_assert(sizeof names / sizeof *names == ROTA_STATE_COUNT, "a name for each");
	return names[state];
}

const char *rota_verdict_name(enum rota_verdict verdict)
{
	static const char *const names[] = {"taken", "repeated", "late", "foreign", "unknown", "barred"};

	_Static_assert(sizeof names / sizeof *names == ROTA_VERDICT_COUNT, "a name for each");
	return names[verdict];
}
