/* SPDX-License-Identifier: MIT
 *
 * backup and restore drive PostgreSQL's own programs. A backup is a dump (pg_dump, custom format) and beside it a
 * manifest: size and hash of the dump, rows and hash of each table, taken in the very snapshot that is dumped (psql
 * exports it and holds it open). A restore looks at the dump by the manifest before it touches the database, and the
 * restored database must give the same tables. Passwords reach the programs by the environment, never by an
 * argument.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "cmd.h"
#include "config/config.h"
#include "manifest.h"
#include "options.h"
#include "output.h"

#define LINE_BYTES 1024
#define MANIFEST_BYTES_MAX (1u << 20)
#define PATH_BYTES 512

struct backup_command {
	const char *file, *conninfo, *uri_file, *stamp;
	bool verify, without_manifest;
	char uri[512];
	char manifest[PATH_BYTES];
};

/* session: a psql that is spoken to line by line. */
struct session {
	pid_t pid;
	FILE *to, *from;
};

static const char fingerprint[] =
	"select 'table ' || relation || ' ' || rows || ' ' || hash from registry_fingerprint(); select 'end';\n";

static const char roles[] =
	"do $$ declare r text; begin foreach r in array array['curtain_service', 'curtain_reader', 'curtain_auditor'] "
	"loop "
	"if not exists (select from pg_roles where rolname = r) then execute format('create role %I nologin', r); end "
	"if; "
	"if not pg_has_role(current_user, r, 'member') then execute format('grant %I to %I', r, current_user); end if; "
	"end loop; end $$;\n";

/* ---- programs ---- */

static enum err spawn(const char *const *argv, int in, int out, pid_t *out_pid, struct errinfo *info)
{
	posix_spawn_file_actions_t actions;
	int failed;

	posix_spawn_file_actions_init(&actions);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	failed = posix_spawnp(out_pid, argv[0], &actions, NULL, (char *const *)(uintptr_t)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (failed)
		return errinfo_set(
			info, ERR_IO, "%s cannot be run (%s); install postgresql-client", argv[0], strerror(failed));
	return ERR_OK;
}

static enum err await(pid_t pid, const char *name, struct errinfo *info)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errinfo_set(info, ERR_IO, "%s is not to be waited for (%s)", name, strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return errinfo_set(info, ERR_IO, "%s failed; what it says stands above", name);
	return ERR_OK;
}

static enum err run(const char *const *argv, struct errinfo *info)
{
	pid_t pid;
	enum err err = spawn(argv, -1, -1, &pid, info);

	return err ? err : await(pid, argv[0], info);
}

static enum err session_open(const char *conninfo, struct session *s, struct errinfo *info)
{
	char option[] = "ON_ERROR_STOP=1";
	const char *argv[] = {"psql", "-X", "-q", "-A", "-t", "-w", "-v", option, "-d", conninfo, NULL};
	int to[2], from[2];
	enum err err;

	if (pipe2(to, O_CLOEXEC))
		return errinfo_set(info, ERR_IO, "no pipe (%s)", strerror(errno));
	if (pipe2(from, O_CLOEXEC)) {
		close(to[0]);
		close(to[1]);
		return errinfo_set(info, ERR_IO, "no pipe (%s)", strerror(errno));
	}
	err = spawn(argv, to[0], from[1], &s->pid, info);
	close(to[0]);
	close(from[1]);
	if (err) {
		close(to[1]);
		close(from[0]);
		return err;
	}
	s->to = fdopen(to[1], "w");
	s->from = fdopen(from[0], "r");
	return s->to && s->from ? ERR_OK : errinfo_set(info, ERR_NOMEM, "out of memory");
}

static enum err session_close(struct session *s, struct errinfo *info)
{
	if (s->to)
		fclose(s->to);
	if (s->from)
		fclose(s->from);
	return await(s->pid, "psql", info);
}

static enum err session_say(struct session *s, const char *sql, struct errinfo *info)
{
	if (fputs(sql, s->to) < 0 || fflush(s->to))
		return errinfo_set(info, ERR_CLOSED, "psql has ended; what it says stands above");
	return ERR_OK;
}

static enum err session_line(struct session *s, char line[LINE_BYTES], struct errinfo *info)
{
	if (!fgets(line, LINE_BYTES, s->from))
		return errinfo_set(info, ERR_CLOSED, "psql has ended; what it says stands above");
	line[strcspn(line, "\n")] = '\0';
	return ERR_OK;
}

/* read_fingerprint appends the manifest's lines. */
static enum err read_fingerprint(struct session *s, struct buf *out, struct errinfo *info)
{
	char line[LINE_BYTES] = "";
	enum err err = session_say(s, fingerprint, info);

	while (!err && strcmp(line, "end") != 0) {
		err = session_line(s, line, info);
		if (!err && strncmp(line, "table ", 6) == 0)
			buf_printf(out, "%s\n", line);
	}
	return err ? err : out->failed;
}

/* ---- where the database is ---- */

/* take_password moves the password of a URI into the environment. */
static void take_password(char *uri)
{
	char *user = strstr(uri, "://"), *colon, *at;

	if (!user || !(at = strrchr(user + 3, '@')))
		return;
	colon = strchr(user + 3, ':');
	if (!colon || colon > at)
		return;
	*at = '\0';
	setenv("PGPASSWORD", colon + 1, 1);
	memmove(colon + 1, at + 1, strlen(at + 1) + 1);
	*colon = '@';
}

static enum err prepare(struct backup_command *command, struct errinfo *info)
{
	int length = snprintf(command->manifest, sizeof command->manifest, "%s.manifest", command->file);
	enum err err = ERR_OK;

	if (length < 0 || (size_t)length >= sizeof command->manifest)
		return errinfo_set(info, ERR_RANGE, "the file's name is too long");
	if (command->uri_file) {
		err = config_secret(command->uri_file, command->uri, sizeof command->uri, info);
		take_password(command->uri);
		command->conninfo = command->uri;
	}
	if (!err && !command->conninfo)
		err = errinfo_set(info, ERR_INVALID, "which database? --conninfo TEXT or --uri-file FILE");
	/* the texts that are hashed must not depend on anybody's settings */
	setenv("PGOPTIONS",
		"-c timezone=UTC -c datestyle=ISO -c intervalstyle=postgres -c bytea_output=hex -c "
		"extra_float_digits=1",
		1);
	return err;
}

/* ---- backup ---- */

static enum err dump(const struct backup_command *command, const char *snapshot, struct errinfo *info)
{
	char option[LINE_BYTES + 16];
	const char *argv[] = {"pg_dump", "--format=custom", "--no-owner", "--no-password", option, "--file",
		command->file, "--dbname", command->conninfo, NULL};

	snprintf(option, sizeof option, "--snapshot=%s", snapshot);
	return run(argv, info);
}

static enum err write_manifest(const struct backup_command *command, const struct buf *tables, struct errinfo *info)
{
	char sha256[HASH_TEXT_BYTES];
	uint64_t bytes;
	enum err err = manifest_weigh(command->file, &bytes, sha256, info);
	struct buf text;
	FILE *file;
	bool written;

	if (err)
		return err;
	buf_init(&text, MANIFEST_BYTES_MAX);
	manifest_put(&text, bytes, sha256, tables->data);
	file = text.failed ? NULL : fopen(command->manifest, "we");
	written = file && fwrite(text.data, 1, text.length, file) == text.length;
	if (file && fclose(file))
		written = false;
	if (!written)
		err = errinfo_at(info, ERR_IO, command->manifest, 0, 0, "cannot be written: %s",
			text.failed ? "it is too long" : strerror(errno));
	buf_fini(&text);
	return err;
}

/* stamp notes when the backup was begun, for records' backup.stamp_file; in place at once, readable by the service. */
static enum err stamp(const char *path, struct wall begun, struct errinfo *info)
{
	char text[WALL_TEXT_BYTES], made[PATH_BYTES];
	FILE *file = NULL;
	bool written;

	wall_format(begun, text);
	if (snprintf(made, sizeof made, "%s.new", path) < (int)sizeof made)
		file = fopen(made, "we");
	if (!file)
		return errinfo_at(info, ERR_IO, path, 0, 0, "the backup is made, its stamp cannot be written: %s",
			strerror(errno));
	written = fprintf(file, "%s\n", text) > 0 && !fchmod(fileno(file), 0644);
	if (fclose(file) || !written || rename(made, path))
		return errinfo_at(info, ERR_IO, path, 0, 0, "the backup is made, its stamp cannot be written: %s",
			strerror(errno));
	return ERR_OK;
}

static enum err back_up(
	const struct backup_command *command, struct session *s, struct buf *manifest, struct errinfo *info)
{
	char snapshot[LINE_BYTES];
	enum err err =
		session_say(s, "begin isolation level repeatable read read only; select pg_export_snapshot();\n", info);

	if (!err)
		err = session_line(s, snapshot, info);
	if (!err)
		err = dump(command, snapshot, info);
	if (!err)
		err = read_fingerprint(s, manifest, info);
	return err ? err : session_say(s, "commit;\n", info);
}

int cmd_backup(int argc, char **argv)
{
	static struct backup_command command;
	const struct option_row rows[] = {
		{"conninfo", OPTION_TEXT, &command.conninfo, 0, 0, "TEXT",
			"the database, as records' postgres.conninfo"},
		{"uri-file", OPTION_TEXT, &command.uri_file, 0, 0, "FILE", "or a file with its URI, password included"},
		{"stamp", OPTION_TEXT, &command.stamp, 0, 0, "FILE",
			"note there when a good backup was made (records' backup.stamp_file)"},
	};
	const struct options options = {"backup",
		"Writes the whole database of records to FILE, and to FILE.manifest its size and hash, and rows and "
		"hash of "
		"each table.",
		OPTIONS_ROWS(rows), NULL, "FILE", &command.file,
		"Services go on meanwhile; what is written is one moment of the database. It needs pg_dump and psql.\n"
		"FILE holds personal data, sealed columns sealed: keep it where nobody else reads, and the seal's key "
		"elsewhere.\n"
		"Exit status: 0 done, 2 not.\n\n"
		"example:\n  curtain backup /srv/backup/curtain.dump --uri-file /etc/curtain/postgres-uri --stamp "
		"/var/lib/curtain/records-1/backup.stamp\n"};
	struct errinfo info = {0};
	struct session session = {0};
	struct buf manifest;
	int status = options_parse(&options, argc, argv);
	enum err err;

	if (status >= 0)
		return status;
	const struct wall begun = wall_now();
	umask(077);
	buf_init(&manifest, MANIFEST_BYTES_MAX);
	err = prepare(&command, &info);
	if (!err)
		err = session_open(command.conninfo, &session, &info);
	if (!err) {
		err = back_up(&command, &session, &manifest, &info);
		if (session_close(&session, err ? &(struct errinfo){0} : &info) && !err)
			err = info.code;
	}
	if (!err)
		err = write_manifest(&command, &manifest, &info);
	if (!err && command.stamp)
		err = stamp(command.stamp, begun, &info);
	if (!err)
		printf("备份完成 (backup): %s, %s\n", command.file, command.manifest);
	buf_fini(&manifest);
	return err ? options_fail("backup", &info) : 0;
}

/* ---- restore ---- */

static enum err must_be_empty(struct session *s, struct errinfo *info)
{
	char line[LINE_BYTES];
	enum err err = session_say(s,
		"select count(*) from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', "
		"'p');\n",
		info);

	if (!err)
		err = session_line(s, line, info);
	if (!err && strcmp(line, "0") != 0)
		err = errinfo_set(
			info, ERR_EXISTS, "the database holds %s tables: restore into an empty one (createdb)", line);
	return err ? err : session_say(s, roles, info);
}

static enum err load(const struct backup_command *command, struct errinfo *info)
{
	const char *argv[] = {"pg_restore", "--no-owner", "--no-password", "--exit-on-error", "--single-transaction",
		"--dbname", command->conninfo, command->file, NULL};

	return run(argv, info);
}

/* read_manifest reads the manifest's text and what it says of itself. */
static enum err read_manifest(
	const struct backup_command *command, struct buf *text, struct manifest *out, struct errinfo *info)
{
	char block[4096];
	size_t got;
	FILE *file = fopen(command->manifest, "re");

	if (!file)
		return errinfo_at(info, ERR_IO, command->manifest, 0, 0,
			"清单不可读 (cannot be read: %s): put it beside the dump; without it %s", strerror(errno),
			command->verify ? "nothing can be verified (restore --without-manifest, not verified)"
					: "restore only --without-manifest");
	while ((got = fread(block, 1, sizeof block, file)) > 0)
		buf_append(text, block, got);
	fclose(file);
	if (text->failed)
		return errinfo_at(info, ERR_INVALID, command->manifest, 0, 0, "is too long for a manifest");
	return manifest_read(text->data ? text->data : "", text->length, command->manifest, out, info);
}

/* must_be_whole: the dump and its manifest, before anything is touched. *wanted: the manifest's lines of tables. */
static enum err must_be_whole(const struct backup_command *command, struct buf *wanted, struct errinfo *info)
{
	struct manifest manifest = {.version = 1};
	struct buf text;
	enum err err = ERR_OK;

	buf_init(&text, MANIFEST_BYTES_MAX);
	if (!command->without_manifest)
		err = read_manifest(command, &text, &manifest, info);
	if (!err)
		err = manifest_agrees(&manifest, command->file, info);
	if (!err && !command->without_manifest && manifest.version == 1)
		fprintf(stderr,
			"curtain restore: %s: 旧版清单，不含备份文件的哈希 (an old manifest, which has no hash "
			"of the dump)\n",
			command->manifest);
	if (!err && manifest.tables_length)
		err = buf_append(wanted, text.data + manifest.tables_at, manifest.tables_length);
	buf_fini(&text);
	return err;
}

/* compare prints a line a table; false: they differ. Both are in the order of names. */
static bool compare(const char *wanted, const char *got)
{
	bool equal = strcmp(wanted, got) == 0;
	char line[LINE_BYTES];

	for (const char *p = wanted; *p;) {
		size_t length = strcspn(p, "\n"), whole = length + (p[length] == '\n');
		size_t kept = whole < sizeof line ? whole : sizeof line - 1;
		memcpy(line, p, kept);
		line[kept] = '\0';
		printf("%s  ", strstr(got, line) ? "相同 equal  " : "不同 DIFFERS");
		fwrite(p, 1, length, stdout);
		putchar('\n');
		p += whole;
	}
	printf("%s\n", equal ? "恢复验证通过：行数与哈希全部一致 (verified: rows and hashes of all tables are equal)"
			     : "恢复验证失败 (the restored database is not what was backed up)");
	return equal;
}

/* verify: the wanted tables, and an audit trail that is whole. */
static enum err verify(const struct buf *wanted, struct session *s, bool *out_equal, struct errinfo *info)
{
	struct buf got;
	char line[LINE_BYTES] = "";
	enum err err;

	buf_init(&got, MANIFEST_BYTES_MAX);
	err = read_fingerprint(s, &got, info);
	if (!err)
		err = session_say(s, "select count(*) from audit_faults();\n", info);
	if (!err)
		err = session_line(s, line, info);
	if (!err) {
		*out_equal = compare(wanted->data, got.data) && strcmp(line, "0") == 0;
		printf("审计链 (audit trail): %s\n", strcmp(line, "0") ? "不完整 NOT whole" : "完整 whole");
	}
	buf_fini(&got);
	return err;
}

static enum err restore(
	const struct backup_command *command, const struct buf *wanted, bool *out_equal, struct errinfo *info)
{
	struct session s = {0};
	enum err err = session_open(command->conninfo, &s, info), closed;

	if (err)
		return err;
	err = must_be_empty(&s, info);
	closed = session_close(&s, err ? &(struct errinfo){0} : info);
	if (!err)
		err = closed;
	if (!err)
		err = load(command, info);
	if (err || !command->verify)
		return err;
	s = (struct session){0};
	err = session_open(command->conninfo, &s, info);
	if (err)
		return err;
	err = verify(wanted, &s, out_equal, info);
	closed = session_close(&s, err ? &(struct errinfo){0} : info);
	return err ? err : closed;
}

int cmd_restore(int argc, char **argv)
{
	static struct backup_command command;
	const struct option_row rows[] = {
		{"conninfo", OPTION_TEXT, &command.conninfo, 0, 0, "TEXT", "an empty database"},
		{"uri-file", OPTION_TEXT, &command.uri_file, 0, 0, "FILE", "or a file with its URI, password included"},
		{"verify", OPTION_FLAG, &command.verify, 0, 0, NULL,
			"compare each table with FILE.manifest, and the audit trail"},
		{"without-manifest", OPTION_FLAG, &command.without_manifest, 0, 0, NULL,
			"restore a dump that has lost its manifest, unchecked"},
	};
	const struct options options = {"restore", "Restores a backup of records' database into an empty one.",
		OPTIONS_ROWS(rows), NULL, "FILE", &command.file,
		"All or nothing, and only if FILE is what FILE.manifest says. Then point records at it and start it: "
		"it serves the other services' directories "
		"anew.\n"
		"Whoever was erased since the backup was made is in it again, until records starts: it erases them "
		"again by\n"
		"the list in its data_dir (erasures.json; docs/privacy.md).\n"
		"Exit status: 0 done (and verified), 1 it is not what was backed up, 2 not done.\n\n"
		"example:\n  createdb drill && curtain restore /srv/backup/curtain.dump --conninfo dbname=drill "
		"--verify\n"};
	struct errinfo info = {0};
	struct buf wanted;
	bool equal = true;
	int status = options_parse(&options, argc, argv);
	enum err err;

	if (status >= 0)
		return status;
	buf_init(&wanted, MANIFEST_BYTES_MAX);
	err = prepare(&command, &info);
	if (!err && command.verify && command.without_manifest)
		err = errinfo_set(
			&info, ERR_INVALID, "--verify compares with the manifest: without it, leave --verify out");
	if (!err)
		err = must_be_whole(&command, &wanted, &info);
	if (!err)
		err = restore(&command, &wanted, &equal, &info);
	if (!err && !command.verify)
		printf("已恢复，未验证 (restored; not verified)\n");
	buf_fini(&wanted);
	return err ? options_fail("restore", &info) : equal ? 0 : 1;
}
