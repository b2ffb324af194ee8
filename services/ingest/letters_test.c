/* SPDX-License-Identifier: MIT
 *
 * Dead letters, and the ring of recent messages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ingest/disk_test.h"
#include "ingest/letters.h"
#include "ingest/recent.h"

static void begin(struct disk *disk)
{
	assert_int_equal(store_begin(disk->store, NULL), ERR_OK);
}

static void commit(struct disk *disk)
{
	assert_int_equal(store_commit(disk->store, NULL), ERR_OK);
}

/* ---- dead letters ---- */

static struct letters *open_letters(struct disk *disk, int64_t count_max, int64_t bytes_max)
{
	struct letters *letters = NULL;

	assert_int_equal(letters_open(disk->store, count_max, bytes_max, &letters, NULL), ERR_OK);
	return letters;
}

static void add(struct disk *disk, struct letters *letters, const char *topic, const void *payload, size_t length)
{
	struct letter letter = {.at = {1000},
		.reason = "bad_json: line 1",
		.profile = "zigbee",
		.topic = topic,
		.payload = payload,
		.length = length};

	begin(disk);
	assert_int_equal(letters_add(letters, &letter, NULL), ERR_OK);
	commit(disk);
}

static void a_letter_is_given_as_it_came(void **state)
{
	struct disk disk;
	struct letter letter;

	(void)state;
	disk_make(&disk, LETTERS_TABLE);
	struct letters *letters = open_letters(&disk, 10, 1000);
	assert_int_equal(letters_next(letters, 0, &letter, NULL), ERR_NOT_FOUND);
	add(&disk, letters, "a/门", "x\0y", 3);
	add(&disk, letters, "b", NULL, 0);
	assert_int_equal(letters_next(letters, 0, &letter, NULL), ERR_OK);
	assert_int_equal(letter.id, 1);
	assert_int_equal(letter.at.ms, 1000);
	assert_string_equal(letter.reason, "bad_json: line 1");
	assert_string_equal(letter.profile, "zigbee");
	assert_string_equal(letter.topic, "a/门");
	assert_int_equal(letter.length, 3);
	assert_memory_equal(letter.payload, "x\0y", 3);
	/* What letters_next gave stays while another is deleted and added. */
	begin(&disk);
	assert_int_equal(letters_delete(letters, letter.id, NULL), ERR_OK);
	commit(&disk);
	assert_string_equal(letter.topic, "a/门");
	assert_int_equal(letters_next(letters, 1, &letter, NULL), ERR_OK);
	assert_int_equal(letter.length, 0);
	assert_int_equal(letters_next(letters, 2, &letter, NULL), ERR_NOT_FOUND);
	assert_int_equal(letters_count(letters), 1);
	letters_close(letters);
	disk_remove(&disk);
}

static void the_oldest_make_room_by_number(void **state)
{
	struct disk disk;
	struct letter letter;

	(void)state;
	disk_make(&disk, LETTERS_TABLE);
	struct letters *letters = open_letters(&disk, 3, 1000);
	for (int i = 0; i < 5; i++)
		add(&disk, letters, "t", "12345", 5);
	assert_int_equal(letters_count(letters), 3);
	assert_int_equal(letters_dropped(letters), 2);
	assert_int_equal(letters_next(letters, 0, &letter, NULL), ERR_OK);
	assert_int_equal(letter.id, 3);
	letters_close(letters);
	disk_remove(&disk);
}

static void the_oldest_make_room_by_bytes(void **state)
{
	struct disk disk;

	(void)state;
	disk_make(&disk, LETTERS_TABLE);
	struct letters *letters = open_letters(&disk, 100, 24);
	for (int i = 0; i < 4; i++)
		add(&disk, letters, "\xe9\x97\xa8", "12345", 5);        /* three bytes, one character */
	assert_int_equal(letters_count(letters), 3);                    /* just at the bound */
	add(&disk, letters, "t", "123456789012345678901234567890", 30); /* alone beyond it: still kept */
	assert_int_equal(letters_count(letters), 1);
	add(&disk, letters, "t", "1", 1);
	assert_int_equal(letters_count(letters), 1);
	assert_int_equal(letters_dropped(letters), 5);
	letters_close(letters);
	disk_remove(&disk);
}

static void the_bounds_hold_after_a_kill(void **state)
{
	struct disk disk;
	struct store *dead;

	(void)state;
	disk_make(&disk, LETTERS_TABLE);
	struct letters *letters = open_letters(&disk, 3, 1000), *killed = letters;
	for (int i = 0; i < 3; i++)
		add(&disk, letters, "t", "12345", 5);
	disk_kill(&disk, &dead);
	letters_close(killed);
	store_close(dead);
	letters = open_letters(&disk, 3, 1000);
	assert_int_equal(letters_count(letters), 3);
	add(&disk, letters, "t", "12345", 5);
	assert_int_equal(letters_count(letters), 3);
	letters_close(letters);
	letters = open_letters(&disk, 100, 17); /* a smaller room takes effect with the next letter */
	add(&disk, letters, "t", "12345", 5);
	assert_int_equal(letters_count(letters), 2);
	letters_close(letters);
	disk_remove(&disk);
}

/* ---- recent messages ---- */

static struct recent *open_recent(struct disk *disk)
{
	struct recent *recent = NULL;

	assert_int_equal(recent_open(disk->store, &recent, NULL), ERR_OK);
	return recent;
}

static void take_turn(struct disk *disk, struct recent *recent, uint64_t from, uint64_t to)
{
	for (uint64_t mark = from; mark < to; mark++)
		assert_int_equal(recent_mark(recent, mark), ERR_OK);
	begin(disk);
	assert_int_equal(recent_write(recent, NULL), ERR_OK);
	commit(disk);
}

static void what_comes_again_after_a_kill_is_told_from_what_is_new(void **state)
{
	struct disk disk;
	struct store *dead;

	(void)state;
	disk_make(&disk, RECENT_TABLE);
	struct recent *recent = open_recent(&disk), *killed = recent;
	take_turn(&disk, recent, 0, 10);
	take_turn(&disk, recent, 10, 20);
	assert_false(recent_is(recent, 15));               /* no interruption: the same again is a new message */
	assert_int_equal(recent_mark(recent, 20), ERR_OK); /* of a turn that is not committed */
	disk_kill(&disk, &dead);
	recent_close(killed);
	store_close(dead);
	recent = open_recent(&disk);
	assert_int_equal(recent_count(recent), 20);
	assert_false(recent_is(recent, 19)); /* not before the session is known to go on */
	assert_int_equal(recent_expect(recent, NULL), ERR_OK);
	for (uint64_t mark = 15; mark < 20; mark++)
		assert_true(recent_is(recent, mark));
	assert_false(recent_is(recent, 20));
	recent_close(recent);
	disk_remove(&disk);
}

static void the_first_new_message_ends_the_expectation(void **state)
{
	struct disk disk;

	(void)state;
	disk_make(&disk, RECENT_TABLE);
	struct recent *recent = open_recent(&disk);
	take_turn(&disk, recent, 0, 10);
	assert_int_equal(recent_expect(recent, NULL), ERR_OK);
	assert_true(recent_is(recent, 8));
	assert_false(recent_is(recent, 8)); /* struck off, and with it all others */
	assert_false(recent_is(recent, 9));
	assert_int_equal(recent_expect(recent, NULL), ERR_OK);
	recent_forget(recent); /* the session is a new one */
	assert_false(recent_is(recent, 9));
	recent_close(recent);
	disk_remove(&disk);
}

static void a_message_that_comes_a_third_time_is_known_too(void **state)
{
	struct disk disk;

	(void)state;
	disk_make(&disk, RECENT_TABLE);
	struct recent *recent = open_recent(&disk);
	take_turn(&disk, recent, 0, 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(recent_expect(recent, NULL), ERR_OK);
		for (uint64_t mark = 0; mark < 4; mark++)
			assert_true(recent_is(recent, mark));
		take_turn(&disk, recent, 0, 4); /* marked again as it is taken again */
	}
	recent_close(recent);
	disk_remove(&disk);
}

static void settled_marks_are_gone(void **state)
{
	struct disk disk;

	(void)state;
	disk_make(&disk, RECENT_TABLE);
	struct recent *recent = open_recent(&disk);
	take_turn(&disk, recent, 0, 4);
	begin(&disk);
	assert_int_equal(recent_settle(recent, NULL), ERR_OK);
	commit(&disk);
	assert_int_equal(recent_count(recent), 0);
	assert_int_equal(disk_number(&disk, "SELECT count(*) FROM recent"), 0);
	assert_int_equal(recent_expect(recent, NULL), ERR_OK);
	assert_false(recent_is(recent, 3));
	recent_close(recent);
	disk_remove(&disk);
}

static void the_ring_is_bounded_and_keeps_the_newest_turn_whole(void **state)
{
	struct disk disk;

	(void)state;
	disk_make(&disk, RECENT_TABLE);
	struct recent *recent = open_recent(&disk);
	uint64_t last = 0;
	for (int turn = 0; turn < 10; turn++, last += 10000)
		take_turn(&disk, recent, last, last + 10000);
	assert_true(recent_count(recent) >= RECENT_MARKS && recent_count(recent) < RECENT_MARKS + 10000);
	assert_int_equal(recent_count(recent) * 8, disk_number(&disk, "SELECT sum(length(marks)) FROM recent"));
	assert_int_equal(recent_expect(recent, NULL), ERR_OK);
	for (uint64_t mark = last - RECENT_MARKS; mark < last; mark++)
		assert_true(recent_is(recent, mark));
	take_turn(&disk, recent, last, last + 2 * RECENT_MARKS);
	assert_int_equal(recent_count(recent), 2 * RECENT_MARKS);
	assert_int_equal(recent_expect(recent, NULL), ERR_OK);
	assert_true(recent_is(recent, last));
	recent_close(recent);
	disk_remove(&disk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_letter_is_given_as_it_came),
		cmocka_unit_test(the_oldest_make_room_by_number),
		cmocka_unit_test(the_oldest_make_room_by_bytes),
		cmocka_unit_test(the_bounds_hold_after_a_kill),
		cmocka_unit_test(what_comes_again_after_a_kill_is_told_from_what_is_new),
		cmocka_unit_test(the_first_new_message_ends_the_expectation),
		cmocka_unit_test(a_message_that_comes_a_third_time_is_known_too),
		cmocka_unit_test(settled_marks_are_gone),
		cmocka_unit_test(the_ring_is_bounded_and_keeps_the_newest_turn_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
