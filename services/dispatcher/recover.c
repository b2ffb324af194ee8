/* SPDX-License-Identifier: MIT
 *
 * After a start that could not read all of the store. An incident whose state is gone is known by its last snapshot,
 * which stands in the store as the retained message of its topic for as long as it is open: a snapshot without a state
 * is a call for help that nobody answers, and is taken up again before anything else happens.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/codec.h"
#include "dispatcher/dispatcher.h"

#define SNAPSHOT_PREFIX "incident/" /* of a kept message's key (effects.c) */

static enum err take_up(struct dispatcher *d, const struct incident *last, struct errinfo *info)
{
	struct wall now = !dispatcher_replays(d) ? wall_now() : wall_is_set(d->clock) ? d->clock : last->at;
	struct incident_effects effects;
	enum err err = dispatcher_begin(d, info);

	d->turn.wall = now;
	d->eager = true;
	if (!err)
		err = incident_recover(d->core, last, now, &effects);
	if (!err)
		err = dispatcher_effects(d, &effects, now, info);
	log_warning("incident_recovered", "id", last->id, "household", last->household);
	return err;
}

/* give_up: neither its state nor what was last told of it can be read. */
static enum err give_up(
	struct dispatcher *d, const char *id, const char *key, const struct errinfo *fault, struct errinfo *info)
{
	enum err err = dispatcher_begin(d, info);

	d->eager = true;
	if (!err)
		err = lost_take_id(d->store, LOST_SNAPSHOT, id, fault->text, info);
	return err ? err : post_drop(d->post, key, info);
}

enum err dispatcher_recover(struct dispatcher *d, struct errinfo *info)
{
	char key[POST_KEY_BYTES];
	int64_t at = 0;
	struct incident last, known;
	struct buf json;
	enum err err;

	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	while (!(err = post_next_kept(d->post, SNAPSHOT_PREFIX, &at, key, &json, info))) {
		const char *id = key + sizeof SNAPSHOT_PREFIX - 1;
		struct errinfo fault = {0};
		if (!incident_find(d->core, id, &known))
			continue;
		err = codec_incident_decode(json.data, json.length, &last, &fault);
		if (err == ERR_NOMEM)
			break;
		if (!err && (strcmp(last.id, id) != 0 || incident_over(last.state)))
			err = errinfo_set(&fault, ERR_INVALID, "it is no snapshot of an open incident of that id");
		err = err ? give_up(d, id, key, &fault, info) : take_up(d, &last, info);
		if (err)
			break;
	}
	buf_fini(&json);
	if (err != ERR_NOT_FOUND)
		return err;
	return lost_count(d->store, &d->states_lost, &d->states_untold, info);
}

/* ---- saying so ---- */

static const struct {
	const char *what_zh, *what_en, *do_zh, *do_en;
} words[LOST_KIND_COUNT] = {
	[LOST_INCIDENT] = {"求助的状态", "states of incidents",
		"未结的已按最后一次快照恢复，并已重新派单，请逐一核对。",
		"those that were open go on from their last snapshots, and people are asked anew: please look at "
		"each."},
	[LOST_SNAPSHOT] = {"未结求助（状态和快照都没有了）", "open incidents without state and snapshot",
		"系统不知道是哪一户，无法派单：请立即在档案中查到住户并打电话。",
		"their homes are not known here and nobody can be asked: find them in records and call there at once."},
	[LOST_MATTER] = {"换班、找人顶班、请假或提醒", "swaps, cover requests, absences or reminders",
		"请看缺口，仍需要的请重新提出。", "please look at the gaps, and ask again for what is still needed."},
	[LOST_RULES] = {"随排班发布的规则", "teams' rules published with their rosters",
		"排班照常有效，换班和顶班暂时只按休息时间判断：请重新发布这些队的排班。",
		"the rosters stand, swaps and cover are judged by rest alone for now: please publish them anew."},
	[LOST_HOME] = {"住户的探访记录", "homes' records of visits", "下次探访按新住户安排，请核对。",
		"the next visit is planned as for a new home: please look at it."},
	[LOST_ERRAND] = {"探访、任务或服务", "visits, tasks or services", "请在档案中查看，没有办完的请重新登记。",
		"please look them up in records, and ask again for what was not done."},
	[LOST_MORNING] = {"当天探访安排的通知进度", "marks of how far the day's visits were told",
		"当天的安排可能再通知一次，不必处理。",
		"companions may be told of today's visits once more: nothing is to be done."},
	[LOST_PAGE] = {"待发的通知", "pages on their way", "求助照常按时限推进，请核对谁没有收到。",
		"their incidents go on by their timers: please look at who was not reached."},
	[LOST_POST] = {"待发到消息服务器的消息", "messages for the broker",
		"其中的状态会随下次变化重新发布；求助照常按时限推进。",
		"what stood in them is told anew with its next change; incidents go on by their timers."},
	[LOST_HANDSET] = {"“1”键的登记", "records of \"1\" keys", "请重新登记这些手机“1”键的号码。",
		"please say again which numbers these keys are set to."},
	[LOST_STOOD] = {"值班结果记录", "records of what became of duties",
		"相应时段的报表会缺这一条，不影响值班和派单。",
		"papers and figures of that time lack them; duties and pages do not."},
};

static enum err tell(struct dispatcher *d, enum lost_kind kind, struct wall now, struct errinfo *info)
{
	char ids[LOST_WORDS_BYTES], zh[NOTICE_BYTES], en[NOTICE_BYTES];
	unsigned count = 0;
	enum err err = lost_untold(d->store, kind, &count, ids, info);

	if (err || !count)
		return err;
	snprintf(zh, sizeof zh, "库中有 %u 条记录读不出，是%s（%s）：%s原记录保留在 state_lost 表中。", count,
		words[kind].what_zh, ids, words[kind].do_zh);
	snprintf(en, sizeof en, "%u rows of the store cannot be read, %s (%s): %s The rows stay in table state_lost.",
		count, words[kind].what_en, ids, words[kind].do_en);
	return rota_state_lost(d->rota, lost_kind_name(kind), zh, en, now);
}

enum err dispatcher_tell_states(struct dispatcher *d, struct wall now, struct errinfo *info)
{
	enum err err = ERR_OK;

	if (!d->states_untold)
		return ERR_OK;
	d->states_untold = false;
	d->eager = true;
	for (int kind = 0; kind < LOST_KIND_COUNT && !err; kind++)
		err = tell(d, (enum lost_kind)kind, now, info);
	return err ? err : lost_told(d->store, info);
}
