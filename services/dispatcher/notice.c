/* SPDX-License-Identifier: MIT */
#include "dispatcher/notice.h"

#include <stdio.h>

#include "base/log.h"
#include "codec/codec.h"

enum err notice_tell(struct post *post, struct channels *channels, const struct duty_notice *notice, bool to_team,
	struct errinfo *info)
{
	char topic[ID_BYTES * 2];
	struct buf json;
	enum err err;

	snprintf(topic, sizeof topic, "curtain/volunteer/%s/notice", notice->user);
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	err = codec_duty_notice_encode(notice, &json);
	if (!err)
		err = post_letter(post, topic, json.data, json.length, info);
	if (!err)
		err = channels_notice(channels, notice, to_team, wall_now(), info);
	buf_fini(&json);
	log_info("notice", "id", notice->id, "kind", notice_kind_name(notice->kind), "user", notice->user, "matter",
		notice->matter);
	return err ? errinfo_set(info, err, "notice %s of %s cannot be told", notice->id, notice->matter) : ERR_OK;
}
