/* SPDX-License-Identifier: MIT
 *
 * Runs from the root of the source tree: schemas/examples are the cases. The same files are judged by an independent
 * validator in tests/contract/check_schemas.py; the two must agree on each.
 */
#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "codec/codec.h"
#include "codec/history.h"
#include "codec/items.h"
#include "codec/json.h"

#define MESSAGE(type)                                                                                                  \
	static enum err round_##type(const char *json, size_t length, struct buf *out, struct errinfo *info)           \
	{                                                                                                              \
		struct type message;                                                                                   \
		enum err err = codec_##type##_decode(json, length, &message, info);                                    \
		return err ? err : codec_##type##_encode(&message, out);                                               \
	}

MESSAGE(reading)
MESSAGE(alert)
MESSAGE(incident)
MESSAGE(errand)
MESSAGE(page)
MESSAGE(oncall)
MESSAGE(outage)
MESSAGE(duty_notice)
MESSAGE(reply)
MESSAGE(entry)
MESSAGE(status)

static enum err round_lane_ack(const char *json, size_t length, struct buf *out, struct errinfo *info)
{
	struct lane_ack ack;
	enum err err = codec_ack_decode(json, length, &ack, info);
	return err ? err : codec_ack_encode(&ack, out);
}

static enum err round_clock(const char *json, size_t length, struct buf *out, struct errinfo *info)
{
	struct wall at;
	enum err err = codec_clock_decode(json, length, &at, info);
	return err ? err : codec_clock_encode(at, out);
}

static enum err batch_items(
	struct codec_batch *batch, const struct lane_batch *head, struct buf *items, struct errinfo *info)
{
	struct reading reading;
	struct entry entry;
	enum err err;

	if (!strcmp(head->lane, "reading"))
		while (!(err = codec_batch_next_reading(batch, &reading, info)) &&
			!(err = codec_reading_encode(&reading, items)))
			;
	else
		while (!(err = codec_batch_next_entry(batch, &entry, info)) &&
			!(err = codec_entry_encode(&entry, items)))
			;
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

static enum err round_lane_batch(const char *json, size_t length, struct buf *out, struct errinfo *info)
{
	struct codec_batch *batch = NULL;
	struct lane_batch head;
	struct buf items;
	enum err err = codec_batch_open(json, length, &batch, &head, info);

	buf_init(&items, CODEC_BATCH_BYTES_MAX);
	if (!err)
		err = batch_items(batch, &head, &items, info);
	if (!err)
		err = codec_batch_encode(&head, items.data ? items.data : "", items.length, out);
	codec_batch_close(batch);
	buf_fini(&items);
	return err;
}

static enum err round_history(const char *json, size_t length, struct buf *out, struct errinfo *info)
{
	struct history *history = NULL;
	struct history_head head;
	struct reading reading;
	struct buf items;
	enum err err = history_open(json, length, &history, &head, info);

	buf_init(&items, CODEC_BATCH_BYTES_MAX);
	while (!err && !(err = history_next(history, &reading, info)))
		err = codec_reading_encode(&reading, &items);
	if (err == ERR_NOT_FOUND)
		err = history_encode(&head, items.data ? items.data : "", items.length, out);
	history_close(history);
	buf_fini(&items);
	return err;
}

typedef enum err round_function(const char *json, size_t length, struct buf *out, struct errinfo *info);

static round_function *round_of(const char *file)
{
	static const struct {
		const char *prefix;
		round_function *round;
	} rounds[] = {{"reading.", round_reading}, {"alert.", round_alert}, {"incident.", round_incident},
		{"errand.", round_errand}, {"page.", round_page}, {"oncall.", round_oncall}, {"outage.", round_outage},
		{"duty_notice.", round_duty_notice}, {"reply.", round_reply}, {"entry.", round_entry},
		{"status.", round_status}, {"lane_batch.", round_lane_batch}, {"lane_ack.", round_lane_ack},
		{"clock.", round_clock}, {"history.", round_history}};

	for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++)
		if (!strncmp(file, rounds[i].prefix, strlen(rounds[i].prefix)))
			return rounds[i].round;
	return NULL;
}

static size_t slurp(const char *folder, const char *name, char *out, size_t size)
{
	char path[600];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	assert_non_null(file);
	size_t length = fread(out, 1, size, file);
	fclose(file);
	return length;
}

/* each_example calls check for each example of folder that this codec knows (request and response are tested beside
 * them). */
static unsigned each_example(
	const char *folder, void (*check)(const char *name, round_function *round, const char *json, size_t length))
{
	static char json[65536];
	DIR *dir = opendir(folder);
	unsigned count = 0;
	assert_non_null(dir);
	for (struct dirent *d; (d = readdir(dir));) {
		round_function *round = round_of(d->d_name);
		if (round) {
			check(d->d_name, round, json, slurp(folder, d->d_name, json, sizeof json));
			count++;
		}
	}
	closedir(dir);
	return count;
}

static void check_valid(const char *name, round_function *round, const char *json, size_t length)
{
	struct errinfo info = {0};
	struct buf once, twice;

	buf_init(&once, CODEC_BATCH_BYTES_MAX);
	buf_init(&twice, CODEC_BATCH_BYTES_MAX);
	if (round(json, length, &once, &info) || round(once.data, once.length, &twice, &info))
		fail_msg("%s: %s", name, info.text);
	assert_string_equal(once.data, twice.data);
	buf_fini(&once);
	buf_fini(&twice);
}

static void check_invalid(const char *name, round_function *round, const char *json, size_t length)
{
	struct errinfo info = {0};
	struct buf out;

	buf_init(&out, CODEC_BATCH_BYTES_MAX);
	if (!round(json, length, &out, &info))
		fail_msg("%s passes", name);
	if (!info.text[0])
		fail_msg("%s: no cause is given", name);
	buf_fini(&out);
}

static void valid_examples_survive_a_round_trip(void **state)
{
	(void)state;
	assert_true(each_example("schemas/examples/valid", check_valid) >= 20);
}

static void invalid_examples_are_refused_with_a_cause(void **state)
{
	(void)state;
	assert_true(each_example("schemas/examples/invalid", check_invalid) >= 40);
}

static long allocations_left;

static void *scarce_malloc(size_t size)
{
	return allocations_left-- > 0 ? malloc(size) : NULL;
}

static void an_appointment_that_cannot_be_kept_is_refused(void **state)
{
	static const char *const faults[][2] = {{"\"opens\":\"07:30\",\"by\":\"07:30\"", "before by"},
		{"\"by\":\"03:59\"", "before by"},
		{"\"by\":\"08:00\",\"from\":\"2026-03-02\",\"until\":\"2026-03-01\"", "not before from"},
		{"\"by\":\"08:00\",\"paused_from\":\"2026-03-02\",\"paused_until\":\"2026-03-01\"", "paused_from"},
		{"\"by\":\"08:00\",\"paused_until\":\"2026-03-01\"", "paused_from"},
		{"\"by\":\"08:00\",\"until\":\"2026-02-29\"", "a date"}};
	char json[400];
	struct entry entry;

	(void)state;
	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
		struct errinfo info = {0};
		snprintf(json, sizeof json,
			"{\"kind\":\"appointment\",\"key\":\"a-1\",\"seq\":1,\"household\":\"h-1\",\"sign\":\"any\",%"
			"s}",
			faults[i][0]);
		assert_int_equal(codec_entry_decode(json, strlen(json), &entry, &info), ERR_INVALID);
		assert_non_null(strstr(info.text, faults[i][1]));
	}
	snprintf(json, sizeof json,
		"{\"kind\":\"appointment\",\"key\":\"a-1\",\"seq\":1,\"household\":\"h-1\",\"sign\":\"any\",\"by\":"
		"\"04:01\","
		"\"from\":\"2026-03-01\",\"until\":\"2026-03-01\"}");
	assert_int_equal(codec_entry_decode(json, strlen(json), &entry, NULL), ERR_OK);
	assert_int_equal(entry.body.appointment.terms.weekdays, 127);
	assert_int_equal(entry.body.appointment.terms.opens_min, APPOINTMENT_OPENS);
	assert_int_equal(entry.body.appointment.terms.grace_min, APPOINTMENT_GRACE);
}

static void check_scarce(const char *name, round_function *round, const char *json, size_t length)
{
	struct buf out;

	buf_init(&out, CODEC_BATCH_BYTES_MAX);
	for (long allowed = 0;; allowed++) {
		struct errinfo info = {0};
		allocations_left = allowed;
		json_set_alloc_funcs(scarce_malloc, free);
		enum err err = round(json, length, &out, &info);
		json_set_alloc_funcs(malloc, free);
		buf_reset(&out);
		if (!err)
			break;
		if (allowed > 100000)
			fail_msg("%s never passes", name);
	}
	buf_fini(&out);
}

static void each_failing_allocation_is_an_error_and_leaks_nothing(void **state)
{
	(void)state;
	each_example("schemas/examples/valid", check_scarce);
}

static void numbers_print_as_short_as_they_read_back(void **state)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {{0, "{\"n\":0}"}, {-0.5, "{\"n\":-0.5}"}, {-12.25, "{\"n\":-12.25}"}, {0.1, "{\"n\":0.1}"},
		{1234.567, "{\"n\":1234.567}"}, {0.0001, "{\"n\":0.0001}"}, {1e15, "{\"n\":1e+15}"},
		{0.1 + 0.2, "{\"n\":0.30000000000000004}"}, {100, "{\"n\":100}"}, {-0.001, "{\"n\":-0.001}"}};
	struct buf out;
	(void)state;
	buf_init(&out, 1000);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		buf_reset(&out);
		json_open(&out, '{');
		json_member_number(&out, "n", cases[i].value);
		json_close(&out, '}');
		assert_string_equal(out.data, cases[i].text);
	}
	buf_reset(&out);
	json_member_number(&out, "n", NAN);
	assert_int_equal(out.failed, ERR_INVALID);
	buf_reset(&out);
	json_member_text(&out, "t", "a\"b\\\n窗");
	assert_string_equal(out.data, "\"t\":\"a\\\"b\\\\\\u000a窗\"");
	buf_reset(&out);
	json_text(&out, "\xff");
	assert_int_equal(out.failed, ERR_INVALID);
	buf_fini(&out);
}

static void fault_names_message_and_key(void **state)
{
	struct errinfo info = {0};
	struct lane_ack ack = {.seq = 42};
	(void)state;
	assert_int_equal(codec_ack_decode("{\"epoch\":1,\"seq\":2,\"wnat\":true}", 31, &ack, &info), ERR_INVALID);
	assert_string_equal(info.text, "ack.wnat: unknown key");
	assert_int_equal(ack.seq, 42);
}

static void bad_item_is_passed_over(void **state)
{
	const char *json = "{\"lane\":\"reading\",\"producer\":\"ingest-1\",\"epoch\":1,\"shard\":0,\"prev\":0,\"seq\":"
			   "1,\"at\":\"2026-11-24T04:01:46Z\",\"items\":[5,"
			   "{\"device\":\"d\",\"household\":\"h\",\"quantity\":\"motion\",\"value\":1,\"at\":\"2026-11-"
			   "24T04:01:46Z\",\"received\":\"2026-11-24T04:01:46Z\"}]}";
	struct codec_batch *batch;
	struct lane_batch head;
	struct reading reading;
	(void)state;
	assert_int_equal(codec_batch_open(json, strlen(json), &batch, &head, NULL), ERR_OK);
	assert_int_equal(head.count, 2);
	assert_int_equal(codec_batch_next_reading(batch, &reading, NULL), ERR_INVALID);
	assert_int_equal(codec_batch_next_reading(batch, &reading, NULL), ERR_OK);
	assert_int_equal(reading.quantity, QUANTITY_MOTION);
	assert_int_equal(codec_batch_next_reading(batch, &reading, NULL), ERR_NOT_FOUND);
	codec_batch_close(batch);
}

static void encode_sample_batch(struct buf *out)
{
	struct lane_batch head = {.lane = "reading",
		.producer = "ingest-1",
		.epoch = 7,
		.shard = 3,
		.prev = 8,
		.seq = 9,
		.at = {1795492906123}};
	struct reading r = {.device = "water-1",
		.household = "h-0001",
		.quantity = QUANTITY_WATER_TOTAL,
		.value = 1234.5,
		.delta = 0.125,
		.since = {1795489306000},
		.at = {1795492906000},
		.received = {1795492906123}};
	struct buf items;

	buf_init(&items, CODEC_BATCH_BYTES_MAX);
	assert_int_equal(codec_reading_encode(&r, &items), ERR_OK);
	r = (struct reading){.device = "\xe9\x97\xa8",
		.channel = "a b",
		.household = "h",
		.quantity = QUANTITY_CONTACT,
		.value = -0.0,
		.delta = NAN,
		.since = WALL_NONE,
		.at = {0},
		.received = {1},
		.retained = true,
		.late = true,
		.text = "DRY"};
	assert_int_equal(codec_reading_encode(&r, &items), ERR_OK);
	r.value = 1.0 / 3;
	r.late = false;
	assert_int_equal(codec_reading_encode(&r, &items), ERR_OK);
	head.count = 3;
	assert_int_equal(codec_batch_encode(&head, items.data, items.length, out), ERR_OK);
	buf_fini(&items);
}

/* tell writes all that a reader of a batch can see of it. */
static enum err tell(const char *json, size_t length, struct buf *out)
{
	struct codec_batch *batch;
	struct lane_batch head;
	struct reading reading;
	enum err err = codec_batch_open(json, length, &batch, &head, NULL), item;

	if (err)
		return err;
	buf_printf(out, "%s %s %llu %u %llu %llu %lld %u", head.lane, head.producer, (unsigned long long)head.epoch,
		head.shard, (unsigned long long)head.prev, (unsigned long long)head.seq, (long long)head.at.ms,
		head.count);
	while ((item = codec_batch_next_reading(batch, &reading, NULL)) != ERR_NOT_FOUND) {
		buf_printf(out, "\n%s ", err_name(item));
		if (!item)
			assert_int_equal(codec_reading_encode(&reading, out), ERR_OK);
	}
	codec_batch_close(batch);
	return out->failed;
}

/* A space in front sends the same batch to the strict decoder. */
static void assert_both_decoders_agree(const char *json, size_t length)
{
	struct buf plain, strict, spaced;

	buf_init(&plain, CODEC_BATCH_BYTES_MAX);
	buf_init(&strict, CODEC_BATCH_BYTES_MAX);
	buf_init(&spaced, CODEC_BATCH_BYTES_MAX);
	buf_byte(&spaced, ' ');
	buf_append(&spaced, json, length);
	if (tell(json, length, &plain) != tell(spaced.data, spaced.length, &strict) || plain.length != strict.length ||
		(plain.data && memcmp(plain.data, strict.data, plain.length) != 0))
		fail_msg("on %.*s\nplain:  %s\nstrict: %s", (int)length, json, plain.data ? plain.data : "",
			strict.data ? strict.data : "");
	buf_fini(&plain);
	buf_fini(&strict);
	buf_fini(&spaced);
}

static void plain_batches_are_read_as_the_strict_decoder_reads_them(void **state)
{
	static const char bytes[] = "\"\\{}[],:0123456789.-+eE tfnul\x01\x80";
	struct reading *readings;
	struct lane_batch head;
	struct buf sample;
	unsigned seed = 20261124;
	(void)state;
	buf_init(&sample, CODEC_BATCH_BYTES_MAX);
	encode_sample_batch(&sample);
	assert_true(plain_readings(sample.data, sample.length, &head, &readings));
	assert_int_equal(head.count, 3);
	assert_true(readings[0].delta == 0.125);
	free(readings);
	assert_both_decoders_agree(sample.data, sample.length);
	for (int i = 0; i < 20000; i++) {
		size_t at = (size_t)rand_r(&seed) % sample.length,
		       cut = (size_t)rand_r(&seed) % 64 ? sample.length : at;
		char was = sample.data[at];
		sample.data[at] = bytes[(size_t)rand_r(&seed) % (sizeof bytes - 1)];
		assert_both_decoders_agree(sample.data, cut);
		sample.data[at] = was;
	}
	buf_fini(&sample);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(valid_examples_survive_a_round_trip),
		cmocka_unit_test(invalid_examples_are_refused_with_a_cause),
		cmocka_unit_test(an_appointment_that_cannot_be_kept_is_refused),
		cmocka_unit_test(each_failing_allocation_is_an_error_and_leaks_nothing),
		cmocka_unit_test(numbers_print_as_short_as_they_read_back),
		cmocka_unit_test(fault_names_message_and_key),
		cmocka_unit_test(bad_item_is_passed_over),
		cmocka_unit_test(plain_batches_are_read_as_the_strict_decoder_reads_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
