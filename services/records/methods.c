/* SPDX-License-Identifier: MIT
 *
 * Most methods are a row of the table: the names and types of their arguments in the order of the statement's
 * parameters. Those that the table cannot say have a function.
 */
#include "records/methods.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/day.h"
#include "base/text.h"
#include "codec/json.h"
#include "records/seal.h"

#define IMPORT_BYTES_MAX (16u << 20) /* a checked document; JSON is longer than YAML or CSV */
#define HISTORY_PAGE 500             /* readings, where the caller names no limit */
#define HISTORY_PAGE_MAX 2000        /* and what shares the last one's time */
#define IMPORT_SHOWN 200             /* faults and changes that an import tells */
#define OPENED_BYTES_MAX 4096
#define PARAMETERS_MAX 7

/* PARAMETER_CONFIRM says the first parameter once more, and is not the statement's. The last two are no arguments: what
 * the statement gets from the settings. */
enum parameter_type {
	PARAMETER_ID,
	PARAMETER_LABEL,
	PARAMETER_DAY,
	PARAMETER_TIME,
	PARAMETER_INT,
	PARAMETER_BOOL,
	PARAMETER_CONFIRM,
	PARAMETER_OUR_ZONE,
	PARAMETER_OUR_FORTNIGHT
};

struct parameter {
	const char *name;
	enum parameter_type type;
	bool required;
	int64_t min, max, preset; /* PARAMETER_INT; PARAMETER_LABEL: max bytes */
};

struct method {
	const char *name;
	const char *statement;
	bool changes;
	struct parameter parameters[PARAMETERS_MAX];
};

static const struct method methods[] = {
	{"summary", "api_summary", false, {{0}}},
	{"kpi", "api_kpi", false, {{"from", PARAMETER_TIME, false, 0, 0, 0}, {"to", PARAMETER_TIME, false, 0, 0, 0}}},
	{"errands", "api_errands", false,
		{{"household", PARAMETER_ID, false, 0, 0, 0}, {"community", PARAMETER_ID, false, 0, 0, 0},
			{"kind", PARAMETER_ID, false, 0, 0, 0}, {"state", PARAMETER_ID, false, 0, 0, 0},
			{"overdue", PARAMETER_BOOL, false, 0, 0, 0}, {"after", PARAMETER_ID, false, 0, 0, 0},
			{"limit", PARAMETER_INT, false, 1, 500, 100}}},
	{"errand", "api_errand", false, {{"errand", PARAMETER_ID, true, 0, 0, 0}}},
	{"audit_verify", "audit_verify", false,
		{{"anchor", PARAMETER_LABEL, false, 0, 100, 0}, {"limit", PARAMETER_INT, false, 1, 1000, 100}}},
	{"audit", "audit_read", false,
		{{"household", PARAMETER_ID, false, 0, 0, 0}, {"who", PARAMETER_ID, false, 0, 0, 0},
			{"before", PARAMETER_INT, false, 0, INT64_MAX, 0},
			{"limit", PARAMETER_INT, false, 1, 500, 50}}},
	{"export", "registry_export", false,
		{{"kind", PARAMETER_ID, true, 0, 0, 0}, {"after", PARAMETER_LABEL, false, 0, 200, 0},
			{"limit", PARAMETER_INT, false, 1, 5000, 2000}}},
	{"duplicates", "registry_duplicates", false, {{"limit", PARAMETER_INT, false, 1, 1000, 100}}},
	{"merge", "elder_merge", true, {{"keep", PARAMETER_ID, true, 0, 0, 0}, {"gone", PARAMETER_ID, true, 0, 0, 0}}},
	{"unmerge", "elder_unmerge", true, {{"merging", PARAMETER_INT, true, 1, INT64_MAX, 0}}},
	{"mergings", "merging_list", false,
		{{"before", PARAMETER_INT, false, 0, INT64_MAX, 0}, {"limit", PARAMETER_INT, false, 1, 1000, 100}}},
	{"elder_export", "elder_export", false, {{"elder", PARAMETER_ID, true, 0, 0, 0}}},
	{"erase", "elder_erase", true,
		{{"elder", PARAMETER_ID, true, 0, 0, 0}, {"reason", PARAMETER_LABEL, true, 0, 300, 0},
			{"confirm", PARAMETER_CONFIRM, true, 0, 0, 0}}},
	{"withdraw", "consent_withdraw", true,
		{{"household", PARAMETER_ID, true, 0, 0, 0}, {"reason", PARAMETER_LABEL, false, 0, 300, 0}}},
	{"tags", "tags_by_rule", false, {{"day", PARAMETER_DAY, true, 0, 0, 0}}},
	{"report", "api_report", false,
		{{"from", PARAMETER_DAY, false, 0, 0, 0}, {"until", PARAMETER_DAY, false, 0, 0, 0},
			{"community", PARAMETER_ID, false, 0, 0, 0}, {"names", PARAMETER_BOOL, false, 0, 0, 0},
			{"", PARAMETER_OUR_ZONE, false, 0, 0, 0}, {"", PARAMETER_OUR_FORTNIGHT, false, 0, 0, 0}}},
	{"report_day", "api_report_day", false,
		{{"day", PARAMETER_DAY, false, 0, 0, 0}, {"community", PARAMETER_ID, false, 0, 0, 0},
			{"", PARAMETER_OUR_ZONE, false, 0, 0, 0}}},
	{"decide", "decision_put", false,
		{{"community", PARAMETER_ID, false, 0, 0, 0}, {"household", PARAMETER_ID, false, 0, 0, 0},
			{"meeting", PARAMETER_DAY, false, 0, 0, 0}, {"what", PARAMETER_LABEL, true, 0, 600, 0},
			{"owner", PARAMETER_ID, true, 0, 0, 0}, {"due", PARAMETER_DAY, false, 0, 0, 0},
			{"", PARAMETER_OUR_ZONE, false, 0, 0, 0}}},
	{"decision", "decision_set", false,
		{{"id", PARAMETER_INT, true, 1, INT64_MAX, 0}, {"state", PARAMETER_ID, false, 0, 0, 0},
			{"note", PARAMETER_LABEL, false, 0, 600, 0}, {"due", PARAMETER_DAY, false, 0, 0, 0}}},
	{"decisions", "decision_list", false,
		{{"community", PARAMETER_ID, false, 0, 0, 0}, {"open", PARAMETER_BOOL, false, 0, 0, 0}}},
	{"changes", "change_read", false,
		{{"kind", PARAMETER_ID, false, 0, 0, 0}, {"key", PARAMETER_LABEL, false, 0, 200, 0},
			{"household", PARAMETER_ID, false, 0, 0, 0}, {"before", PARAMETER_INT, false, 0, INT64_MAX, 0},
			{"limit", PARAMETER_INT, false, 1, 500, 50}}},
};

void method_call_init(struct method_call *call)
{
	memset(call, 0, sizeof *call);
	buf_init(&call->document, IMPORT_BYTES_MAX);
	ledger_faults_init(&call->faults);
}

void method_call_fini(struct method_call *call)
{
	if (!call)
		return;
	buf_fini(&call->document);
	ledger_faults_fini(&call->faults);
}

bool method_joins(const char *method)
{
	static const char *const quick[] = {"timeline", "history", "summary", "changes", "audit"};

	for (unsigned i = 0; i < sizeof quick / sizeof *quick; i++)
		if (strcmp(method, quick[i]) == 0)
			return true;
	return false;
}

/* ---- one argument ---- */

static const char *wrong_text(const struct parameter *p, const char *text)
{
	struct wall at;
	int32_t day;

	switch (p->type) {
	case PARAMETER_ID:
		return text_is_id(text) ? NULL : "must be an id";
	case PARAMETER_DAY:
		return !day_parse_ever(text, &day) ? NULL : "must be a day such as 2026-03-01";
	case PARAMETER_TIME:
		return wall_parse(text, strlen(text), &at) ? "must be a time as in 2026-03-01T07:00:00Z" : NULL;
	default:
		return text_is_label(text) && strlen(text) <= (size_t)p->max
			       ? NULL
			       : "is too long or holds control characters";
	}
}

static enum err add_text(
	struct method_call *call, const struct parameter *p, struct request_args *args, struct errinfo *info)
{
	const char *text = "", *wrong = NULL;
	enum err err = request_text(args, p->name, p->required, &text, info);

	if (!err && (*text || p->required))
		wrong = wrong_text(p, text);
	if (wrong)
		err = errinfo_set(info, ERR_INVALID, "args.%s: %s", p->name, wrong);
	call->values[call->count++] = text;
	return err;
}

static void add_number(struct method_call *call, int64_t value)
{
	snprintf(call->numbers[call->count], sizeof call->numbers[0], "%lld", (long long)value);
	call->values[call->count] = call->numbers[call->count];
	call->count++;
}

static enum err confirm(
	const struct method_call *call, const struct parameter *p, struct request_args *args, struct errinfo *info)
{
	const char *text = "";
	enum err err = request_text(args, p->name, p->required, &text, info);

	if (!err && strcmp(text, call->values[0]) != 0)
		err = errinfo_set(info, ERR_INVALID,
			"args.%s: must be the same id once more; this cannot be undone, so nothing was done", p->name);
	return err;
}

static enum err add(
	struct method_call *call, const struct parameter *p, struct request_args *args, struct errinfo *info)
{
	int64_t number = p->preset;
	bool yes = p->preset;
	enum err err;

	assert(call->count < METHOD_VALUES_MAX);
	switch (p->type) {
	case PARAMETER_INT:
		err = request_int(args, p->name, p->required, p->min, p->max, &number, info);
		add_number(call, number);
		return err;
	case PARAMETER_BOOL:
		err = request_bool(args, p->name, p->required, &yes, info);
		call->values[call->count++] = yes ? "true" : "false";
		return err;
	case PARAMETER_CONFIRM:
		return confirm(call, p, args, info);
	default:
		return add_text(call, p, args, info);
	}
}

/* ---- methods with a function ---- */

/* prepare_import: with `report` all faults are told, in the answer; without it the first one is the error. */
static enum err prepare_import(
	struct request_args *args, const struct method_context *context, struct method_call *call, struct errinfo *info)
{
	struct ledger_source source = {
		.kind = "ledger", .format = "yaml", .text = "", .map = "", .now = context->now, .seal = context->seal};
	const char *erased = "refuse";
	bool dry_run = false, report = false, by_row = false;
	int64_t most = IMPORT_SHOWN;
	enum err err = request_text(args, "kind", false, &source.kind, info);

	if (!err)
		err = request_text(args, "format", false, &source.format, info);
	if (!err)
		err = request_text(args, "text", true, &source.text, info);
	if (!err)
		err = request_text(args, "map", false, &source.map, info);
	if (!err)
		err = request_bool(args, "dry_run", false, &dry_run, info);
	if (!err)
		err = request_bool(args, "report", false, &report, info);
	if (!err)
		err = request_bool(args, "by_row", false, &by_row, info);
	if (!err)
		err = request_int(args, "limit", false, 1, LEDGER_FAULTS_MAX, &most, info);
	if (!err)
		err = request_text(args, "erased", false, &erased, info);
	if (!err && strcmp(erased, "refuse") != 0 && strcmp(erased, "skip") != 0 && strcmp(erased, "again") != 0)
		err = errinfo_set(info, ERR_INVALID, "args.erased: must be refuse, skip or again");
	if (!err)
		err = request_done(args, info);
	source.length = strlen(source.text);
	if (!err)
		err = ledger_read(&source, report ? &call->faults : NULL, &call->document, info);
	if (!err)
		err = ledger_faults_end(&call->faults);
	if (err)
		return err;
	call->statement = "registry_import";
	call->changes = true;
	call->values[call->count++] = call->document.data;
	call->values[call->count++] = dry_run ? "true" : "false";
	call->values[call->count++] = report ? "true" : "false";
	call->values[call->count++] = report && by_row ? "true" : "false";
	call->values[call->count++] = call->faults.json.data;
	add_number(call, most);
	call->values[call->count++] = erased;
	return ERR_OK;
}

static enum err prepare_timeline(const char *user, struct request_args *args, const struct records_settings *settings,
	struct method_call *call, struct errinfo *info)
{
	static const struct parameter household = {"household", PARAMETER_ID, true, 0, 0, 0};
	static const struct parameter day = {"day", PARAMETER_DAY, false, 0, 0, 0};
	const struct parameter limit = {"limit", PARAMETER_INT, false, 1, 500, settings->timeline_items};
	enum err err;

	call->values[call->count++] = user;
	err = add(call, &household, args, info);
	call->values[call->count++] = settings->zone;
	if (!err)
		err = add(call, &day, args, info);
	if (!err && !*call->values[3])
		call->count--; /* the last days instead: in its place, how many items */
	call->statement = call->count == 4 ? "api_day" : "api_timeline";
	if (!err && call->count < 4)
		return add(call, &limit, args, info);
	if (!err) {
		struct method_call unused = {0}; /* a limit is allowed beside a day, and says nothing */
		err = add(&unused, &limit, args, info);
	}
	return err;
}

/* prepare_history: {household, after?, limit?}; after is a time in RFC 3339. */
static enum err prepare_history(
	const char *user, struct request_args *args, struct method_call *call, struct errinfo *info)
{
	static const struct parameter parameters[] = {{"household", PARAMETER_ID, true, 0, 0, 0},
		{"after", PARAMETER_TIME, false, 0, 0, 0},
		{"limit", PARAMETER_INT, false, 1, HISTORY_PAGE_MAX, HISTORY_PAGE}};
	enum err err = ERR_OK;

	call->statement = "api_history";
	call->values[call->count++] = user;
	for (unsigned i = 0; i < sizeof parameters / sizeof *parameters && !err; i++)
		err = add(call, &parameters[i], args, info);
	return err;
}

static enum err no_method(struct errinfo *info)
{
	char names[ERR_TEXT_BYTES] = "import, timeline, history";

	for (unsigned i = 0; i < sizeof methods / sizeof *methods; i++) {
		size_t length = strlen(names);
		snprintf(names + length, sizeof names - length, ", %s", methods[i].name);
	}
	return errinfo_set(info, ERR_NOT_FOUND, "no such method; there are %s", names);
}

/* add_ours puts a setting in a parameter's place; false: it is an argument. */
static bool add_ours(struct method_call *call, const struct parameter *p, const struct records_settings *settings)
{
	if (p->type == PARAMETER_OUR_ZONE)
		call->values[call->count++] = settings->zone;
	else if (p->type == PARAMETER_OUR_FORTNIGHT)
		call->values[call->count++] = settings->fortnight_begins;
	else
		return false;
	return true;
}

static enum err prepare_row(const char *name, struct request_args *args, const struct records_settings *settings,
	struct method_call *call, struct errinfo *info)
{
	const struct method *method = methods;
	enum err err = ERR_OK;

	while (method < methods + sizeof methods / sizeof *methods && strcmp(method->name, name) != 0)
		method++;
	if (method == methods + sizeof methods / sizeof *methods)
		return no_method(info);
	call->statement = method->statement;
	call->changes = method->changes;
	for (unsigned i = 0; i < PARAMETERS_MAX && method->parameters[i].name && !err; i++)
		if (!add_ours(call, &method->parameters[i], settings))
			err = add(call, &method->parameters[i], args, info);
	if (!err && strcmp(name, "elder_export") == 0)
		call->opens = call->values[0];
	else if (!err && strncmp(name, "errand", strlen("errand")) == 0)
		call->opens = ""; /* each sealed value says whose it is */
	return err;
}

/* ---- sealed values of an answer ---- */

struct sealed_column {
	const char *name;
	bool is_json; /* the text is JSON itself */
};

/* column_before gives the sealed column whose colon stands at `colon`; NULL: another one's. */
static const struct sealed_column *column_before(const char *answer, const char *colon)
{
	static const struct sealed_column columns[] = {
		{"id_number", false}, {"medical_notes", false}, {"note", false}, {"answers", true}};

	for (unsigned i = 0; i < sizeof columns / sizeof *columns; i++) {
		char key[32];
		size_t length = (size_t)snprintf(key, sizeof key, "\"%s\"", columns[i].name);
		if ((size_t)(colon - answer) >= length && !memcmp(colon - length, key, length))
			return &columns[i];
	}
	return NULL;
}

/* open_one appends the opened value; false: it does not open. A sealed text of a row that the caller does not know is
 * "s1@" row ":" base64. */
static bool open_one(const struct seal *seal, const char *row, const struct sealed_column *column, const char *sealed,
	size_t length, struct buf *out)
{
	char text[SEAL_TEXT_BYTES(OPENED_BYTES_MAX)], opened[OPENED_BYTES_MAX], named[ID_BYTES];
	const char *end = memchr(sealed, ':', length);

	if (length >= sizeof text || !end)
		return false;
	if (sealed[2] == '@') {
		size_t name = (size_t)(end - sealed) - strlen("s1@");
		if (name >= sizeof named)
			return false;
		memcpy(named, sealed + strlen("s1@"), name);
		named[name] = '\0';
		row = named;
	}
	snprintf(text, sizeof text, "s1%.*s", (int)(length - (size_t)(end - sealed)), end);
	if (seal_open(seal, row, column->name, text, opened, sizeof opened))
		return false;
	if (column->is_json)
		buf_text(out, opened);
	else
		json_text(out, opened);
	return true;
}

enum err method_open(const struct seal *seal, const char *row, const char *answer, struct buf *out)
{
	static const char value[] = ": \"s1"; /* as jsonb is written */
	const char *colon, *from = answer;

	while (seal && (colon = strstr(from, value))) {
		const char *sealed = colon + 3, *end = strchr(sealed, '"');
		const struct sealed_column *column = column_before(answer, colon);
		buf_append(out, from, (size_t)(colon + 1 - from));
		from = colon + 1;
		if (column && end && open_one(seal, row, column, sealed, (size_t)(end - sealed), out))
			from = end + 1;
	}
	buf_text(out, from);
	return out->failed;
}

enum err method_why(struct request_args *args, const char **out_why, struct errinfo *info)
{
	const char *why = "";
	enum err err = request_text(args, "why", false, &why, info);

	if (!err && *why && (!text_is_label(why) || strlen(why) > METHOD_WHY_BYTES_MAX))
		err = errinfo_set(info, ERR_INVALID, "args.why: is longer than %d bytes or holds control characters",
			METHOD_WHY_BYTES_MAX);
	if (!err)
		*out_why = why;
	return err;
}

enum err method_prepare(const char *method, const char *user, struct request_args *args,
	const struct method_context *context, struct method_call *call, struct errinfo *info)
{
	enum err err;

	if (strcmp(method, "import") == 0)
		err = prepare_import(args, context, call, info);
	else if (strcmp(method, "timeline") == 0)
		err = prepare_timeline(user, args, context->settings, call, info);
	else if (strcmp(method, "history") == 0)
		err = prepare_history(user, args, call, info);
	else
		err = prepare_row(method, args, context->settings, call, info);
	return err ? err : request_done(args, info);
}
