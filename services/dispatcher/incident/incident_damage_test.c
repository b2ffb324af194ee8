/* SPDX-License-Identifier: MIT
 *
 * A stored incident of which any one byte is another is refused. One of a version without a checksum is refused, or all
 * that is told of it from then on can be written; else the first event of it would stop the service, and the next start
 * would bring it back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "incident_rig.h"

static struct buf json;

static void can_be_written(const struct incident_effect *effect, struct wall now)
{
	enum err err = ERR_OK;

	(void)now;
	buf_reset(&json);
	if (effect->kind == INCIDENT_SNAPSHOT)
		err = codec_incident_encode(&effect->as.snapshot, &json);
	else if (effect->kind == INCIDENT_PAGE)
		err = codec_page_encode(&effect->as.page, &json);
	if (err)
		print_error("%s\n", effect->kind == INCIDENT_PAGE ? effect->as.page.user : "a snapshot");
	assert_int_equal(err, ERR_OK);
}

/* taken does what the service does with a row. */
static bool taken(const struct incident_state_blob *blob, struct incident *out)
{
	if (incident_restore(w.core, blob))
		return false;
	assert_int_equal(incident_find(w.core, blob->id, out), ERR_OK);
	buf_reset(&json);
	if (!codec_incident_encode(out, &json))
		return true;
	incident_unrestore(w.core, blob->id);
	return false;
}

/* serve lets happen to it what may, until it is forgotten. */
static void serve(const struct incident *restored)
{
	w.last = *restored;
	tick(400);
	says("v-1", REPLY_ACCEPT, 410);
	w.last = *restored;
	sends("desk", REPLY_NOTE, 0, "", true, 420);
	tick(7200);
	w.last = *restored;
	says("v-2", REPLY_ACCEPT, 7210);
	tick(90000);
	w.last = *restored;
	world_reply_as(&w,
		&(struct reply){.action = REPLY_ACCEPT, .at = after_s(90010), .incident = "-", .user = "desk"}, true,
		after_s(90010));
	tick(200000);
}

static void any_byte(struct incident_state_blob *blob)
{
	static const unsigned char others[] = {0x01, 0x80, 0xff, 0x20};
	struct incident restored;
	unsigned kept = 0;

	w.watch = can_be_written;
	buf_init(&json, CODEC_MESSAGE_BYTES_MAX);
	for (size_t i = 0; i < blob->length; i++) {
		world_forget_states(&w, after_s(300));
		blob->blob[i] ^= 0x10;
		assert_int_not_equal(incident_restore(w.core, blob), ERR_OK); /* its checksum is another one */
		blob->blob[i] ^= 0x10;
	}
	blob->length -= 8; /* version 3 had none */
	blob->blob[0] = 3;
	for (size_t i = 1; i < blob->length; i++) {
		for (size_t o = 0; o < sizeof others; o++) {
			unsigned char was = blob->blob[i];
			world_forget_states(&w, after_s(300));
			blob->blob[i] ^= others[o];
			if (taken(blob, &restored)) {
				kept++;
				serve(&restored);
			}
			blob->blob[i] = was;
		}
	}
	buf_fini(&json);
	assert_true(kept > 0);
}

static void stored(struct incident_state_blob *out)
{
	struct incident_state_blob state;

	while (incident_dirty(w.core, &state))
		*out = state;
}

static void one_that_asks(void **state)
{
	static struct incident_state_blob blob;

	(void)state;
	feed("a-1", "h-1", ALERT_LIFE, 0);
	stored(&blob);
	any_byte(&blob);
}

static void one_that_somebody_has(void **state)
{
	static struct incident_state_blob blob;

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	sends("v-1", REPLY_ACCEPT, 10, "", false, 5);
	sends("v-1", REPLY_SECOND, 0, "", false, 6);
	says("v-2", REPLY_ACCEPT, 7);
	sends("v-1", REPLY_NOTE, 0, "", false, 8);
	stored(&blob);
	any_byte(&blob);
}

static void one_that_the_desk_has(void **state)
{
	static struct incident_state_blob blob;

	(void)state;
	feed("a-1", "h-9", ALERT_LIFE, 0);
	stored(&blob);
	any_byte(&blob);
}

static void one_that_is_silenced(void **state)
{
	static struct incident_state_blob blob;

	(void)state;
	feed("a-1", "h-1", ALERT_ALARM, 0);
	sends("desk", REPLY_SILENCE, 30, "", true, 5);
	stored(&blob);
	any_byte(&blob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(one_that_asks),
		WITH_WORLD(one_that_somebody_has),
		WITH_WORLD(one_that_the_desk_has),
		WITH_WORLD(one_that_is_silenced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
