/* SPDX-License-Identifier: MIT */
#include "records/statements.h"

#include <stddef.h>

/* In the order of rows.c. */
#define READING_COLUMNS "household, device, channel, quantity, value, delta, since, at, received, retained, late, text"
#define HOUR_COLUMNS "household, device, channel, quantity, hour, readings, delta, low, high, total, first, last"

/* WIRE_TIME gives a time as messages have it; READING_JSON a row of readings. */
#define WIRE_TIME(time) "to_char(" time " at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
/* clang-format off */
#define READING_JSON                                                                                                   \
	"json_build_object('device', device, 'channel', nullif(channel, ''), 'household', household, "                 \
	"'quantity', quantity, 'value', value, 'delta', delta, "                                                       \
	"'since', " WIRE_TIME("since") ", 'at', " WIRE_TIME("at") ", 'received', " WIRE_TIME("received") ", "          \
	"'retained', nullif(retained, false), 'late', nullif(late, false), 'text', nullif(text, ''))"
/* clang-format on */

const struct statement statements_lanes[] = {
	{"lane_positions", "select lane, producer, shard, epoch, seq from lane_position", 0},
	{"reading_month", "select reading_month($1::date)", 1},
	{"reading_hours", "select reading_hours($1)", 1},
	{"records_take", "select records_take($1::jsonb, $2::jsonb, $3::jsonb, $4::jsonb, $5)", 5},
	{NULL, NULL, 0},
};

const struct statement statements_schema[] = {
	{"reading_zone_set", "select reading_zone_set($1)", 1},
	{NULL, NULL, 0},
};

const struct statement statements_upkeep[] = {
	{"reading_upkeep",
		"select reading_upkeep($1::integer, $2::bigint * interval '1 ms', $3::bigint * interval '1 ms', "
		"$4::bigint * interval '1 ms')",
		4},
	/* What the log keeps of the audit trail, out of reach of whoever can write the database. */
	{"audit_heads", "select format('%s:%s:%s', chain, number, encode(hash, 'hex')) from audit_head order by chain",
		0},
	{"tags_and_care", "select tags_and_care((now() at time zone $1)::date)", 1},
	{"errand_upkeep", "select errand_upkeep($1::bigint * interval '1 ms')", 1},
	{"duty_upkeep", "select duty_upkeep($1::bigint * interval '1 ms')", 1},
	{"erasure_again", "select erasure_again()", 0},
	{"duty_after", "select duty_after()", 0},
	{"duty_take", "select duty_take($1::jsonb)", 1},
	{"erasure_merge", "select applied, list from erasure_merge($1::jsonb)", 1},
	{NULL, NULL, 0},
};

/* Which kinds of entries a lane holds is said by the caller: array literals such as {device,household,consent}. */
const struct statement statements_directory[] = {
	{"directory_heads", "select * from directory_heads($1::text[], $2::text[], $3::text[])", 3},
	{"directory_page", "select * from directory_page($1::text[], $2::bigint, $3::integer)", 3},
	{"directory_renew", "select directory_renew()", 0},
	{NULL, NULL, 0},
};

const struct statement statements_registry[] = {
	/* For whom the next statement is, and why: what triggers, policies and the audit trail go by. */
	{"request_begin",
		"select set_config('curtain.user', $1, false), set_config('curtain.why', $2, false), "
		"set_config('curtain.unlisted', $3, false)",
		3},
	{"registry_import",
		"select registry_import($1::jsonb, $2::boolean, $3::boolean, $4::boolean, $5::jsonb, $6::integer, $7)",
		7},
	{"registry_export", "select registry_export($1, $2, $3::integer)", 3},
	{"registry_duplicates", "select registry_duplicates($1::integer)", 1},
	{"elder_merge", "select elder_merge($1, $2)", 2},
	{"elder_unmerge", "select elder_unmerge($1::bigint)", 1},
	{"merging_list", "select merging_list($1::bigint, $2::integer)", 2},
	{"elder_export", "select elder_export($1)", 1},
	{"elder_erase", "select elder_erase($1, $2)", 2},
	{"consent_withdraw", "select consent_withdraw($1, $2)", 2},
	{"tags_by_rule", "select tags_by_rule($1::date)", 1},
	{"change_read", "select change_read($1, $2, $3, $4::bigint, $5::integer)", 5},
	{"api_timeline", "select api_timeline($1, $2, $3, $4::integer)", 4},
	{"api_day", "select api_day($1, $2, $3, $4::date)", 4},
	{"api_summary", "select api_summary()", 0},
	{"api_kpi", "select api_kpi($1, $2)", 2},
	{"api_errands", "select api_errands($1, $2, $3, $4, $5::boolean, $6, $7::integer)", 7},
	{"api_errand", "select api_errand($1)", 1},
	{"api_report", "select api_report($1, $2, $3, $4::boolean, $5, $6)", 6},
	{"api_report_day", "select api_report_day($1, $2, $3)", 3},
	{"decision_put", "select decision_put($1, $2, $3, $4, $5, $6, $7)", 7},
	{"decision_set", "select decision_set($1::bigint, $2, $3, $4)", 4},
	{"decision_list", "select decision_list($1, $2::boolean)", 2},
	{"audit_verify", "select audit_verify($1, $2::integer)", 2},
	{"audit_read", "select audit_read($1, $2, $3::bigint, $4::integer)", 4},
	/* A page holds all readings of its last time. What a device with a clock ahead says of the future is no
	 * history. Who begins to read is noted, each further page is not. */
	{"api_history",
		"with page as materialized (select * from reading where household = $2 "
		"and at > coalesce(nullif($3, '')::timestamptz, '-infinity') "
		"and at <= received + interval '15 minutes' order by at fetch first ($4::integer) rows with ties), "
		"noted as (insert into api_audit (who, method, household) select $1, 'history', $2 where $3 = '') "
		"select json_strip_nulls(json_build_object('household', $2, "
		"'items', coalesce((select json_agg(" READING_JSON
		" order by at, received, device, channel, quantity) from page), '[]'), "
		"'more', (select count(*) from page) >= $4::integer, "
		"'last', (select " WIRE_TIME("max(at)") " from page)))",
		4},
	{NULL, NULL, 0},
};

const char statement_lanes_session[] = "create temporary table incoming (like reading) on commit delete rows; "
				       "create temporary table incoming_hour (like reading_hour) on commit delete rows";

const char statement_copy[] = "begin; copy reading (" READING_COLUMNS ") from stdin (format binary)";

const char statement_copy_hours[] = "copy incoming_hour (" HOUR_COLUMNS ") from stdin (format binary)";

/* After a duplicate key: through a table without keys; "reading_hours" then passes over what is there already. */
const char statement_copy_again[] = "begin; copy incoming (" READING_COLUMNS ") from stdin (format binary)";
