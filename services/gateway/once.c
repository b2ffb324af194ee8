/* SPDX-License-Identifier: MIT */
#include "gateway/once.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "crypto/cipher.h"
#include "lane/sql.h"
#include "lane/store.h"

static const char *const migrations[] = {
	"CREATE TABLE asked (account TEXT NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL, "
	"waiting TEXT, status INTEGER, answer BLOB, PRIMARY KEY (account, key)) WITHOUT ROWID;"
	"CREATE INDEX asked_at ON asked (at);"
	"CREATE UNIQUE INDEX asked_waiting ON asked (waiting) WHERE waiting IS NOT NULL;",
};

/* The secrets of what waits, in memory alone: on disk they would lie beside what they seal. */
static const char beginning[] =
	"PRAGMA temp_store = MEMORY; CREATE TEMP TABLE secret (waiting TEXT PRIMARY KEY, at INTEGER NOT "
	"NULL, bytes BLOB NOT NULL) WITHOUT ROWID; UPDATE asked SET waiting = NULL";

enum { FORGET, FORGET_SECRETS, FIND, NOTE, NOTE_SECRET, SECRET, END, UNDO, STATEMENTS };

/* seal: what is made of an Idempotency-Key. name stands for it in the file; answer seals the answer; hash is that of
 * the request, keyed. Whoever has the file alone can read, and try, nothing. */
struct seal {
	char name[CIPHER_KEY_BYTES * 2];
	unsigned char answer[CIPHER_KEY_BYTES], hash[ONCE_HASH_BYTES];
};

struct once {
	struct store *store;
	sqlite3_stmt *statements[STATEMENTS];
};

/* Rows with ?4, the key itself, and ?5 are of releases that sealed nothing; they are gone a day later. */
static const char find_text[] = "SELECT hash = CASE key WHEN ?2 THEN ?3 ELSE ?5 END, status, answer, key = ?2 "
				"FROM asked WHERE account = ?1 AND key IN (?2, ?4)";

enum err once_open(const char *path, struct once **out_once, struct errinfo *info)
{
	static const char *const texts[STATEMENTS] = {
		[FORGET] = "DELETE FROM asked WHERE at < ?1",
		[FORGET_SECRETS] = "DELETE FROM secret WHERE at < ?1",
		[FIND] = find_text,
		[NOTE] = "INSERT INTO asked (account, key, hash, at, waiting) VALUES (?1, ?2, ?3, ?4, ?5)",
		[NOTE_SECRET] = "INSERT INTO secret (waiting, at, bytes) VALUES (?1, ?2, ?3)",
		[SECRET] = "SELECT bytes FROM secret WHERE waiting = ?1",
		[END] = "UPDATE asked SET waiting = NULL, status = ?3, answer = ?4 WHERE account = ?1 AND waiting = ?2",
		[UNDO] = "DELETE FROM asked WHERE account = ?1 AND waiting = ?2",
	};
	struct once *once = calloc(1, sizeof *once);
	enum err err = once ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");

	if (!err)
		err = store_open(path, migrations, sizeof migrations / sizeof *migrations, 0, &once->store, info);
	if (!err && sqlite3_exec(store_db(once->store), beginning, NULL, NULL, NULL))
		err = sql_fail(store_db(once->store), info, "what was cut off");
	for (unsigned i = 0; i < STATEMENTS && !err; i++)
		err = sql_prepare(store_db(once->store), texts[i], &once->statements[i], info);
	if (err)
		once_close(once);
	else
		*out_once = once;
	return err;
}

void once_close(struct once *once)
{
	if (!once)
		return;
	for (unsigned i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(once->statements[i]);
	store_close(once->store);
	free(once);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
	sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* run steps a statement inside a transaction of its own. */
static enum err run(struct once *once, sqlite3_stmt *statement, struct errinfo *info)
{
	enum err err = store_begin(once->store, info);

	if (err)
		return err;
	err = sql_run(statement, info);
	if (!err)
		return store_commit(once->store, info);
	store_rollback(once->store);
	return err;
}

/* seal_of: HMAC of the key over a word each, so that none of them tells another. */
static enum err seal_of(const struct once_request *request, struct seal *out, struct errinfo *info)
{
	unsigned char key[CIPHER_KEY_BYTES] = {0}, name[CIPHER_KEY_BYTES];
	bool made = cipher_mac(key, request->key, strlen(request->key), key) && cipher_mac(key, "name", 4, name) &&
		    cipher_mac(key, "answer", 6, out->answer) &&
		    cipher_mac(key, request->hash, ONCE_HASH_BYTES, out->hash);

	if (!made)
		return errinfo_set(info, ERR_IO, "libcrypto makes no HMAC");
	cipher_encode(name, sizeof name, out->name);
	return ERR_OK;
}

/* close_answer writes nonce, sealed bytes and tag. */
static enum err close_answer(const unsigned char secret[CIPHER_KEY_BYTES], const char *answer, size_t length,
	struct buf *out, struct errinfo *info)
{
	unsigned char nonce[CIPHER_NONCE_BYTES];
	size_t room = sizeof nonce + length + CIPHER_TAG_BYTES;
	unsigned char *sealed = malloc(room);
	enum err err = sealed ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");

	if (!err && (getrandom(nonce, sizeof nonce, 0) != sizeof nonce ||
			    !cipher_close(secret, nonce, "", 0, answer, length, sealed + sizeof nonce)))
		err = errinfo_set(info, ERR_IO, "an answer cannot be sealed");
	if (!err) {
		memcpy(sealed, nonce, sizeof nonce);
		err = buf_append(out, sealed, room);
	}
	free(sealed);
	return err;
}

/* open_answer gives ERR_CORRUPT for what close_answer did not write with this secret. */
static enum err open_answer(
	const unsigned char secret[CIPHER_KEY_BYTES], const unsigned char *sealed, size_t length, struct buf *out)
{
	size_t beside = CIPHER_NONCE_BYTES + CIPHER_TAG_BYTES;
	unsigned char *text = malloc(length + 1);
	enum err err = text ? ERR_CORRUPT : ERR_NOMEM;

	if (text && length >= beside &&
		cipher_open(secret, sealed, "", 0, sealed + CIPHER_NONCE_BYTES, length - beside, text))
		err = buf_append(out, text, length - beside);
	free(text);
	return err;
}

static enum err find(struct once *once, const struct once_request *request, const struct seal *seal,
	enum once_state *out_state, unsigned *out_status, struct buf *out_answer, struct errinfo *info)
{
	sqlite3_stmt *row = once->statements[FIND];
	enum err err = ERR_OK;

	bind_text(row, 1, request->account);
	bind_text(row, 2, seal->name);
	sqlite3_bind_blob(row, 3, seal->hash, ONCE_HASH_BYTES, SQLITE_STATIC);
	bind_text(row, 4, request->key);
	sqlite3_bind_blob(row, 5, request->hash, ONCE_HASH_BYTES, SQLITE_STATIC);
	int stepped = sqlite3_step(row);
	if (stepped == SQLITE_DONE) {
		*out_state = ONCE_NEW;
	} else if (stepped != SQLITE_ROW) {
		err = sql_fail(store_db(once->store), info, "looking for an Idempotency-Key");
	} else if (!sqlite3_column_int(row, 0)) {
		*out_state = ONCE_OTHER;
	} else if (sqlite3_column_type(row, 1) == SQLITE_NULL) {
		*out_state = ONCE_UNKNOWN;
	} else {
		const void *answer = sqlite3_column_blob(row, 2);
		size_t length = (size_t)sqlite3_column_bytes(row, 2);
		*out_state = ONCE_SAME;
		*out_status = (unsigned)sqlite3_column_int(row, 1);
		if (sqlite3_column_int(row, 3))
			err = open_answer(seal->answer, answer, length, out_answer);
		else if (answer)
			err = buf_append(out_answer, answer, length);
		if (err == ERR_CORRUPT) {
			*out_state = ONCE_UNKNOWN;
			err = ERR_OK;
		}
	}
	sqlite3_reset(row);
	return err;
}

/* forget_old drops what is older than a day. What is in memory needs no transaction. */
static enum err forget_old(struct once *once, struct wall now, struct errinfo *info)
{
	sqlite3_bind_int64(once->statements[FORGET], 1, now.ms - ONCE_KEEP_MS);
	sqlite3_bind_int64(once->statements[FORGET_SECRETS], 1, now.ms - ONCE_KEEP_MS);
	enum err err = run(once, once->statements[FORGET], info);
	return err ? err : sql_run(once->statements[FORGET_SECRETS], info);
}

enum err once_begin(struct once *once, const struct once_request *request, enum once_state *out_state,
	unsigned *out_status, struct buf *out_answer, struct errinfo *info)
{
	sqlite3_stmt *note = once->statements[NOTE], *secret = once->statements[NOTE_SECRET];
	struct seal seal;
	enum err err = seal_of(request, &seal, info);

	if (!err)
		err = forget_old(once, request->now, info);
	if (!err)
		err = find(once, request, &seal, out_state, out_status, out_answer, info);
	if (err || *out_state != ONCE_NEW)
		return err;
	bind_text(secret, 1, request->waiting);
	sqlite3_bind_int64(secret, 2, request->now.ms);
	sqlite3_bind_blob(secret, 3, seal.answer, sizeof seal.answer, SQLITE_STATIC);
	bind_text(note, 1, request->account);
	bind_text(note, 2, seal.name);
	sqlite3_bind_blob(note, 3, seal.hash, ONCE_HASH_BYTES, SQLITE_STATIC);
	sqlite3_bind_int64(note, 4, request->now.ms);
	bind_text(note, 5, request->waiting);
	err = sql_run(secret, info);
	return err ? err : run(once, note, info);
}

enum err once_end(struct once *once, const char *account, const char *waiting, unsigned status, const char *answer,
	size_t length, struct errinfo *info)
{
	sqlite3_stmt *secret = once->statements[SECRET], *end = once->statements[END];
	struct buf sealed;
	enum err err = ERR_NOT_FOUND;

	buf_init(&sealed, CIPHER_NONCE_BYTES + length + CIPHER_TAG_BYTES + 1);
	bind_text(secret, 1, waiting);
	if (sqlite3_step(secret) == SQLITE_ROW)
		err = close_answer(sqlite3_column_blob(secret, 0), answer, length, &sealed, info);
	sqlite3_reset(secret);
	bind_text(end, 1, account);
	bind_text(end, 2, waiting);
	sqlite3_bind_int(end, 3, (int)status);
	sqlite3_bind_blob64(end, 4, sealed.data, sealed.length, SQLITE_STATIC);
	if (!err)
		err = run(once, end, info);
	buf_fini(&sealed);
	return err ? err : sqlite3_changes(store_db(once->store)) ? ERR_OK : ERR_NOT_FOUND;
}

enum err once_undo(struct once *once, const char *account, const char *waiting, struct errinfo *info)
{
	bind_text(once->statements[UNDO], 1, account);
	bind_text(once->statements[UNDO], 2, waiting);
	return run(once, once->statements[UNDO], info);
}
