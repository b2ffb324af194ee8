/* SPDX-License-Identifier: MIT
 *
 * A pull: page after page of the platform's list, then one trial import that tells what would change, then the import.
 * Two ledgers disagree where a row comes as it came last time, and the registry has something else by now: somebody
 * changed it here. Such a row is named in the report, and ours stays unless the file says `conflicts: take`.
 * Reports hold ids, fields and places, no values: those are in the registry's own log of changes.
 */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "codec/json.h"
#include "gateway/bridge.h"
#include "jq/json_jv.h"
#include "jq/json_tree.h"

#define ROWS_MAX 50000
#define CHANGES_MAX 2000
#define JSON_DEPTH_MAX 32
#define TEXT_BYTES_MAX (REQUEST_BYTES_MAX - 65536)
#define REPORT_BYTES_MAX (1u << 20)

/* ---- pages ---- */

static enum err fetch(struct hooks *hooks, struct bridge_job *job, struct errinfo *info)
{
	struct hook_request request = {0};
	struct errinfo why = {0};
	char id[WORD_BYTES + 64];
	enum err err;

	snprintf(id, sizeof id, "%s.%lld.%lld", job->name, (long long)hooks->turn.wall.ms, (long long)job->page);
	err = hook_render(hooks->set.program, &job->pull->target,
		&(struct hook_call){.id = id,
			.type = "pull",
			.page = job->page,
			.next = job->next.data ? job->next.data : "",
			.now = hooks->turn.wall},
		&request, &why);
	if (!err)
		err = web_client_start(hooks->client, HOOKS_CALL_PULL | (uint32_t)(job - hooks->jobs),
			&(struct web_request){.method = job->pull->target.method,
				.url = request.url.data,
				.headers = request.headers.data ? request.headers.data : "",
				.body = "",
				.timeout_ms = job->pull->target.timeout_ms,
				.answer_bytes_max = HOOKS_ANSWER_BYTES_MAX});
	hook_request_fini(&request);
	if (err)
		return bridge_failed(hooks, job, *why.text ? why.text : err_name(err), info);
	job->state = BRIDGE_FETCHES;
	return ERR_OK;
}

enum err bridge_pull_begin(struct hooks *hooks, struct bridge_job *job, struct errinfo *info)
{
	bridge_forget(job);
	job->rows = jv_object();
	job->page = 1;
	return fetch(hooks, job, info);
}

/* merge adds the rows of a page to those that came before; NULL, or what is wrong with them. Consumes page. */
static const char *merge(struct bridge_job *job, jv page)
{
	const char *wrong = NULL;

	jv_object_foreach(page, kind, rows)
	{
		if (!wrong && (jv_get_kind(rows) != JV_KIND_ARRAY || !text_is_id(jv_string_value(kind))))
			wrong = "rows: must give {kind: [rows]}";
		int count = wrong ? 0 : jv_array_length(jv_copy(rows));
		jv all = jv_object_get(jv_copy(job->rows), jv_copy(kind));
		if (jv_get_kind(all) != JV_KIND_ARRAY) {
			jv_free(all);
			all = jv_array();
		}
		for (int i = 0; i < count && !wrong; i++) {
			jv row = jv_array_get(jv_copy(rows), i);
			if (jv_get_kind(row) != JV_KIND_OBJECT)
				wrong = "rows: a row is no object";
			else if (++job->row_count > ROWS_MAX)
				wrong = "there are more rows than one import takes; narrow the query";
			all = jv_array_append(all, row);
		}
		if (wrong)
			jv_free(all);
		else
			job->rows = jv_object_set(job->rows, jv_copy(kind), all);
		jv_free(kind);
		jv_free(rows);
	}
	jv_free(page);
	return wrong;
}

/* ---- the import ---- */

static void write_rows(jv rows, struct buf *out)
{
	bool first = true;

	buf_byte(out, '{');
	jv_object_foreach(rows, kind, list)
	{
		int count = jv_array_length(jv_copy(list));
		buf_printf(out, "%s\"%s\": [", first ? "" : ",\n", jv_string_value(kind));
		for (int i = 0; i < count; i++) { /* a line each, so that a fault's line says which */
			jv text = jv_dump_string(jv_array_get(jv_copy(list), i), JV_PRINT_SORTED);
			buf_text(out, i ? ",\n" : "\n");
			buf_text(out, jv_string_value(text));
			jv_free(text);
		}
		buf_byte(out, ']');
		first = false;
		jv_free(kind);
		jv_free(list);
	}
	buf_byte(out, '}');
}

static enum err ask_import(struct hooks *hooks, struct bridge_job *job, bool trial, struct errinfo *info)
{
	char why[WORD_BYTES + 32];
	struct buf text, args;
	enum err err;

	buf_init(&text, TEXT_BYTES_MAX);
	buf_init(&args, TEXT_BYTES_MAX);
	write_rows(job->rows, &text);
	json_open(&args, '{');
	json_member_text(&args, "kind", "ledger");
	json_member_text(&args, "format", "yaml");
	json_member_text(&args, "text", text.data ? text.data : "");
	json_member_bool(&args, "dry_run", trial);
	json_member_bool(&args, "report", true);
	json_member_bool(&args, "by_row", job->pull->by_row);
	json_member_text(&args, "erased", "skip"); /* who was erased here may stand in the platform's list for ever */
	json_member_int(&args, "limit", CHANGES_MAX);
	snprintf(why, sizeof why, "bridge %s", job->name);
	json_member_text(&args, "why", why);
	json_close(&args, '}');
	if (text.failed || args.failed)
		err = bridge_failed(hooks, job, "the rows are larger than one import takes (4 MiB)", info);
	else
		err = bridge_ask(
			hooks, job, job->pull->account, "import", &args, trial ? BRIDGE_TRIES : BRIDGE_IMPORTS, info);
	buf_fini(&text);
	buf_fini(&args);
	return err;
}

enum err bridge_page(struct hooks *hooks, const struct web_answer *answer, struct errinfo *info)
{
	struct bridge_job *job = &hooks->jobs[answer->call & ~HOOKS_CALL_PULL];
	const struct hook_target *target = &job->pull->target;
	char reason[HOOK_REASON_BYTES];
	struct errinfo why = {0};
	const char *wrong = NULL;
	struct buf next;
	jv page = jv_invalid();
	enum err err;

	if (hook_judge(hooks->set.program, target, answer->status, answer->body, answer->length, answer->text,
		    reason) != HOOK_TAKEN)
		return bridge_failed(hooks, job, reason, info);
	if (answer->cut)
		return bridge_failed(hooks, job, "a page is larger than 3 MiB; ask for smaller ones", info);
	buf_init(&next, HOOK_EVENT_BYTES_MAX);
	err = hook_rows(hooks->set.program, target, answer->status, answer->body, answer->length, job->page, &page,
		&next, &why);
	if (err) {
		jv_free(page);
		wrong = *why.text ? why.text : err_name(err);
	} else {
		wrong = merge(job, page);
	}
	if (!wrong && next.length && job->page >= job->pull->pages_max)
		wrong = "there are more pages than `pages` allows";
	if (!wrong && next.length && job->next.length == next.length && !memcmp(job->next.data, next.data, next.length))
		wrong = "next: gives the same for two pages";
	bool more = !wrong && next.length;
	buf_reset(&job->next);
	if (more && buf_append(&job->next, next.data, next.length))
		wrong = "out of memory";
	buf_fini(&next);
	if (wrong)
		return bridge_failed(hooks, job, wrong, info);
	if (!more)
		return ask_import(hooks, job, true, info);
	job->page++;
	return fetch(hooks, job, info);
}

/* ---- what records answered ---- */

static jv parse(const char *json)
{
	char reason[PROGRAM_REASON_BYTES];
	struct json_tree tree;
	jv value = jv_invalid();

	json_tree_init(&tree);
	if (!json_tree_parse(&tree, json, strlen(json), JSON_DEPTH_MAX, reason, sizeof reason))
		value = json_jv(&tree, &tree.nodes[0]);
	json_tree_fini(&tree);
	return value;
}

static jv member(jv object, const char *name)
{
	return jv_object_get(jv_copy(object), jv_string(name));
}

static int64_t number(jv object, const char *name)
{
	jv value = member(object, name);
	int64_t found = jv_get_kind(value) == JV_KIND_NUMBER ? (int64_t)jv_number_value(value) : 0;

	jv_free(value);
	return found;
}

/* differing gives the names of the fields in which two rows differ, as an array. */
static jv differing(jv before, jv after)
{
	jv names = jv_array();

	jv_object_foreach(after, name, value)
	{
		jv other = jv_object_get(jv_copy(before), jv_copy(name));
		if (!jv_is_valid(other)) {
			jv_free(other);
			other = jv_null();
		}
		if (!jv_equal(other, value))
			names = jv_array_append(names, name);
		else
			jv_free(name);
	}
	return names;
}

/* changed_rows gives {"kind/key": [fields]} of the rows that would be changed, not added. */
static jv changed_rows(jv result, int64_t *out_changes)
{
	jv changes = member(result, "changes"), found = jv_object();
	int count = jv_get_kind(changes) == JV_KIND_ARRAY ? jv_array_length(jv_copy(changes)) : 0;

	*out_changes = count;
	for (int i = 0; i < count; i++) {
		jv change = jv_array_get(jv_copy(changes), i), before = member(change, "before"),
		   after = member(change, "after"), kind = member(change, "kind"), key = member(change, "key");
		if (jv_get_kind(before) == JV_KIND_OBJECT && jv_get_kind(after) == JV_KIND_OBJECT &&
			jv_get_kind(kind) == JV_KIND_STRING && jv_get_kind(key) == JV_KIND_STRING) {
			jv name = jv_string_fmt("%s/%s", jv_string_value(kind), jv_string_value(key));
			found = jv_object_set(found, name, differing(before, after));
		}
		jv_free(before);
		jv_free(after);
		jv_free(kind);
		jv_free(key);
		jv_free(change);
	}
	jv_free(changes);
	return found;
}

/* row_key gives what a row goes by in the registry; invalid: it has nothing of the kind. */
static jv row_key(jv row)
{
	static const char *const names[] = {"id", "household", "name"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		jv value = member(row, names[i]);
		if (jv_get_kind(value) == JV_KIND_STRING)
			return value;
		jv_free(value);
	}
	return jv_invalid();
}

static uint64_t row_hash(jv row)
{
	jv text = jv_dump_string(jv_copy(row), JV_PRINT_SORTED);
	uint64_t hash = text_hash64(jv_string_value(text), (size_t)jv_string_length_bytes(jv_copy(text)), 0);

	jv_free(text);
	return hash;
}

static void note_conflict(struct bridge_job *job, const char *kind, const char *key, jv fields)
{
	if (job->conflict_count++ >= CHANGES_MAX)
		return;
	jv text = jv_dump_string(jv_copy(fields), 0);
	if (job->conflicts.length)
		buf_byte(&job->conflicts, ',');
	json_open(&job->conflicts, '{');
	json_member_text(&job->conflicts, "kind", kind);
	json_member_text(&job->conflicts, "key", key);
	json_key(&job->conflicts, "fields");
	buf_text(&job->conflicts, jv_string_value(text));
	json_close(&job->conflicts, '}');
	jv_free(text);
}

/* look_at compares one row with what the registry has: *out_stays says whether it is to be imported. */
static enum err look_at(struct hooks *hooks, struct bridge_job *job, const char *kind, jv row, jv changed,
	bool *out_stays, struct errinfo *info)
{
	jv key = row_key(row), fields = jv_invalid();
	bool same = false;
	enum err err = ERR_OK;

	*out_stays = true;
	if (jv_get_kind(key) == JV_KIND_STRING)
		fields = jv_object_get(jv_copy(changed), jv_string_fmt("%s/%s", kind, jv_string_value(key)));
	if (jv_get_kind(fields) == JV_KIND_ARRAY) {
		err = hook_store_row(
			hooks->kept, job->pull->target.name, kind, jv_string_value(key), row_hash(row), &same, info);
		if (!err && same) {
			note_conflict(job, kind, jv_string_value(key), fields);
			*out_stays = job->pull->take_conflicts;
		}
	}
	jv_free(key);
	jv_free(fields);
	return err;
}

/* sift takes the rows out whose change here is newer. */
static enum err sift(struct hooks *hooks, struct bridge_job *job, jv changed, struct errinfo *info)
{
	jv kept = jv_object();
	enum err err = ERR_OK;

	jv_object_foreach(job->rows, kind, rows)
	{
		int count = jv_array_length(jv_copy(rows));
		jv stay = jv_array();
		for (int i = 0; i < count && !err; i++) {
			jv row = jv_array_get(jv_copy(rows), i);
			bool stays;
			err = look_at(hooks, job, jv_string_value(kind), row, changed, &stays, info);
			if (!err && stays)
				stay = jv_array_append(stay, row);
			else
				jv_free(row);
		}
		kept = jv_object_set(kept, kind, stay);
		jv_free(rows);
	}
	jv_free(job->rows);
	job->rows = kept;
	return err;
}

/* erased_rows gives {"kind/key": true} of the rows that records left out, because they would bring back who was erased.
 */
static jv erased_rows(jv result)
{
	jv rows = member(result, "erased"), found = jv_object();
	int count = jv_get_kind(rows) == JV_KIND_ARRAY ? jv_array_length(jv_copy(rows)) : 0;

	for (int i = 0; i < count; i++) {
		jv row = jv_array_get(jv_copy(rows), i), kind = member(row, "kind"), key = member(row, "key");
		if (jv_get_kind(kind) == JV_KIND_STRING && jv_get_kind(key) == JV_KIND_STRING)
			found = jv_object_set(
				found, jv_string_fmt("%s/%s", jv_string_value(kind), jv_string_value(key)), jv_true());
		jv_free(kind);
		jv_free(key);
		jv_free(row);
	}
	jv_free(rows);
	return found;
}

static enum err remember_row(
	struct hooks *hooks, struct bridge_job *job, const char *kind, jv row, jv erased, struct errinfo *info)
{
	jv key = row_key(row);
	enum err err = ERR_OK;

	if (jv_get_kind(key) == JV_KIND_STRING) {
		jv mark = jv_object_get(jv_copy(erased), jv_string_fmt("%s/%s", kind, jv_string_value(key)));
		if (jv_is_valid(mark)) /* not even a hash of it is kept */
			err = hook_store_row_forget(
				hooks->kept, job->pull->target.name, kind, jv_string_value(key), info);
		else
			err = hook_store_row_save(
				hooks->kept, job->pull->target.name, kind, jv_string_value(key), row_hash(row), info);
		jv_free(mark);
	}
	jv_free(key);
	return err;
}

/* remember notes what came, so that the next pull knows it again. */
static enum err remember(struct hooks *hooks, struct bridge_job *job, jv result, struct errinfo *info)
{
	enum err err = hooks_begin(hooks, info);
	jv erased = erased_rows(result);

	jv_object_foreach(job->rows, kind, rows)
	{
		int count = jv_array_length(jv_copy(rows));
		for (int i = 0; i < count && !err; i++) {
			jv row = jv_array_get(jv_copy(rows), i);
			err = remember_row(hooks, job, jv_string_value(kind), row, erased, info);
			jv_free(row);
		}
		jv_free(kind);
		jv_free(rows);
	}
	jv_free(erased);
	return err;
}

static void put_member(jv result, const char *name, struct buf *out)
{
	jv value = member(result, name);

	if (jv_is_valid(value)) {
		jv text = jv_dump_string(jv_copy(value), 0);
		json_key(out, name);
		buf_text(out, jv_string_value(text));
		jv_free(text);
	}
	jv_free(value);
}

static enum err finish(struct hooks *hooks, struct bridge_job *job, const char *state, jv result, struct errinfo *info)
{
	struct buf report;
	enum err err;

	buf_init(&report, REPORT_BYTES_MAX);
	json_open(&report, '{');
	json_member_text(&report, "state", state);
	json_member_wall(&report, "at", hooks->turn.wall);
	json_member_int(&report, "pages", job->page);
	json_member_int(&report, "rows", job->row_count);
	put_member(result, "kinds", &report);
	json_member_int(&report, "fault_count", number(result, "fault_count"));
	put_member(result, "faults", &report);
	json_member_int(&report, "erased_count", number(result, "erased_count"));
	put_member(result, "erased", &report);
	json_member_int(&report, "merged_count", number(result, "merged_count"));
	put_member(result, "merged", &report);
	json_member_int(&report, "conflict_count", job->conflict_count);
	json_key(&report, "conflicts");
	buf_printf(&report, "[%s]", job->conflicts.data ? job->conflicts.data : "");
	json_close(&report, '}');
	log_info("bridge_pulled", "job", job->name, "state", state, "rows", log_number(job->row_count), "faults",
		log_number(number(result, "fault_count")), "conflicts", log_number(job->conflict_count));
	job->kept.due = hook_hour_next(job->hour, hooks->turn.wall);
	err = report.failed ? bridge_failed(hooks, job, "the report is larger than 1 MiB", info)
			    : bridge_over(hooks, job, report.data, info);
	bridge_forget(job);
	buf_fini(&report);
	return err;
}

static enum err tried(struct hooks *hooks, struct bridge_job *job, jv result, struct errinfo *info)
{
	int64_t changes = 0;
	jv changed;
	enum err err;

	if (number(result, "fault_count") && !job->pull->by_row)
		return finish(hooks, job, "refused", result, info);
	changed = changed_rows(result, &changes);
	err = sift(hooks, job, changed, info);
	jv_free(changed);
	if (err)
		return err;
	if (changes > (job->pull->take_conflicts ? 0 : job->conflict_count))
		return ask_import(hooks, job, false, info);
	err = remember(hooks, job, result, info);
	return err ? err : finish(hooks, job, "unchanged", result, info);
}

enum err bridge_pull_answered(struct hooks *hooks, struct bridge_job *job, const char *text, struct errinfo *info)
{
	jv result = parse(text);
	enum err err;

	if (jv_get_kind(result) != JV_KIND_OBJECT) {
		err = bridge_failed(hooks, job, "the answer of records is not understood", info);
	} else if (job->state == BRIDGE_TRIES) {
		err = tried(hooks, job, result, info);
	} else {
		err = remember(hooks, job, result, info);
		if (!err)
			err = finish(hooks, job, "imported", result, info);
	}
	jv_free(result);
	return err;
}
