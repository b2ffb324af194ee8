/* SPDX-License-Identifier: MIT
 *
 * disk_test: a store in a folder of its own, for the tests of what stands on ingest's disk. disk_kill goes on with what
 * a kill -9 at this moment leaves: copies of the files as they are, while the store is open.
 */
#ifndef CURTAIN_INGEST_DISK_TEST_H
#define CURTAIN_INGEST_DISK_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lane/sql.h"
#include "lane/store.h"

struct disk {
	char folder[32];
	unsigned number; /* of the present copy */
	const char *tables;
	struct store *store;
};

static void disk_path(const struct disk *disk, unsigned number, const char *suffix, char out[80])
{
	snprintf(out, 80, "%s/%u.db%s", disk->folder, number, suffix);
}

static void disk_open(struct disk *disk)
{
	struct errinfo info = {0};
	char path[80];

	disk_path(disk, disk->number, "", path);
	if (store_open(path, &disk->tables, 1, 0, &disk->store, &info))
		fail_msg("%s", info.text);
}

static void disk_make(struct disk *disk, const char *tables)
{
	*disk = (struct disk){.folder = "/tmp/ingest-disk-XXXXXX", .tables = tables};
	assert_non_null(mkdtemp(disk->folder));
	disk_open(disk);
}

static void disk_copy(const char *from, const char *to)
{
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
	char bytes[8192];
	size_t n;

	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(bytes, 1, sizeof bytes, in)) > 0)
		assert_int_equal(fwrite(bytes, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* disk_kill: the caller closes what it has open on `out_dead` and then that store. */
static void disk_kill(struct disk *disk, struct store **out_dead)
{
	char from[80], to[80];

	for (int i = 0; i < 2; i++) {
		disk_path(disk, disk->number, i ? "-wal" : "", from);
		disk_path(disk, disk->number + 1, i ? "-wal" : "", to);
		disk_copy(from, to);
	}
	*out_dead = disk->store;
	disk->number++;
	disk_open(disk);
}

static int64_t disk_number(const struct disk *disk, const char *sql)
{
	sqlite3_stmt *statement;

	assert_int_equal(sql_prepare(store_db(disk->store), sql, &statement, NULL), ERR_OK);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	int64_t value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

static void disk_remove(struct disk *disk)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".ballast"};
	char path[80];

	store_close(disk->store);
	for (unsigned n = 0; n <= disk->number; n++)
		for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
			disk_path(disk, n, suffixes[i], path);
			unlink(path);
		}
	assert_int_equal(rmdir(disk->folder), 0);
}

#endif
