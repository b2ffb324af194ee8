/* SPDX-License-Identifier: MIT
 *
 * Nobody has answered and only the desk is left: the desk is told once to call 120, and all who could still go are
 * asked again and again until somebody does. The interval stays the same at first: whoever sleeps through one call is
 * woken by a later one or not at all, and a longer wait helps nobody on the floor. After AGAIN_QUICK times it is
 * AGAIN_SLOWER times as long, so that a night nobody answers does not use up what the channels let through for other
 * homes; it never ends by itself. What was missed in an outage is asked once.
 */
#include <string.h>

#include "incident_internal.h"

#define AGAIN_QUICK 20 /* an hour, at three minutes */
#define AGAIN_SLOWER 10

int64_t again_ms(const struct incident_core *core, const struct emergency *e)
{
	uint32_t seconds = ladder_of(core, e)->again_s;

	if (!seconds && e->now.level == ALERT_LIFE)
		seconds = POLICY_AGAIN_LIFE_S;
	if (duty_home_of(core->duty, e->now.household).canary) /* it tries the way, it does not wake anybody */
		return 0;
	return seconds * MS_PER_SECOND * (e->again < AGAIN_QUICK ? 1 : AGAIN_SLOWER);
}

static void wait_again(const struct incident_core *core, struct emergency *e, struct wall now)
{
	int64_t ms = again_ms(core, e);

	e->again_due = ms ? wall_plus(now, ms) : WALL_NEVER;
}

void again_begin(const struct incident_core *core, struct emergency *e, struct wall now)
{
	uint32_t hint_s = ladder_of(core, e)->hint_s;

	e->hint_due = hint_s ? wall_plus(now, hint_s * MS_PER_SECOND) : WALL_NEVER;
	e->again = 0;
	wait_again(core, e, now);
}

/* ask_again: of those who were asked, who did not say no and is free. Their page stands from now on, as the desk's. */
static enum err ask_again(struct incident_core *core, struct emergency *e, const char *user, struct wall now)
{
	static const char note[] = "仍无人应答，请尽快回应 (nobody has answered yet: please answer)";
	struct asked *asked = asked_find(e, user);
	enum err err;

	if (!asked || asked->state == ASKED_DECLINED || asked->role == PAGE_DESK || asked->step == e->now.step ||
		ladder_elsewhere(core, e, user) || core_absent(core, user, now))
		return ERR_OK;
	err = ladder_ask(core, e, user, role_is_beside(asked->role) ? PAGE_BACKUP : asked->role, WALL_NEVER, note, now);
	asked->state = ASKED_EXPIRED; /* not waited for: an invitation */
	return err;
}

static enum err all_again(struct incident_core *core, struct emergency *e, const char *desk_note, struct wall now)
{
	struct duty_people people;
	enum err err;

	duty_people_at(core->duty, e->now.team, now, &people);
	err = ladder_page_desk(core, e, people.desk, desk_note, now);
	for (unsigned i = 0; i < people.count && !err; i++)
		err = ask_again(core, e, people.users[i], now);
	if (!err)
		err = ask_again(core, e, people.captain, now);
	return err ? err : case_event(core, e, INCIDENT_EVENT_ESCALATED, people.desk, now);
}

static enum err hint_120(struct incident_core *core, struct emergency *e, const char *note, struct wall now)
{
	struct duty_people people;
	enum err err;

	duty_people_at(core->duty, e->now.team, now, &people);
	err = ladder_page_desk(core, e, people.desk, note, now);
	return err ? err : case_event(core, e, INCIDENT_EVENT_ESCALATED, people.desk, now);
}

enum err again_tick(struct incident_core *core, struct emergency *e, struct wall now)
{
	static const char call_120[] = "仍无人应答，请拨打 120 (nobody has answered yet: call 120)";
	static const char nobody[] = "仍无人应答 (nobody has answered yet)";
	bool hint = e->hint_due.ms <= now.ms;

	if (hint)
		e->hint_due = WALL_NEVER;
	if (e->again_due.ms > now.ms)
		return hint ? hint_120(core, e, call_120, now) : ERR_OK;
	e->again++;
	wait_again(core, e, now);
	return all_again(core, e, ladder_of(core, e)->hint_s ? call_120 : nobody, now);
}
