/* SPDX-License-Identifier: MIT */
#include "records/statements.h"

#include <stddef.h>

#define READING_COLUMNS "device, channel, quantity, value, delta, since, at, received, household, retained, late, text"

const struct statement statements_lanes[] = {
	{"lane_positions", "select lane, producer, shard, epoch, seq from lane_position", 0},
	{"reading_month", "select reading_month($1::date)", 1},
	{"records_take", "select records_take($1::jsonb, $2::jsonb, $3::jsonb)", 3},
	{NULL, NULL, 0},
};

/* Which kinds of entries a lane holds is said by the caller: array literals such as {device,household,consent}. */
const struct statement statements_registry[] = {
	{"directory_heads",
		"select epoch, "
		"(select coalesce(max(seq), 0) from unnest($1::text[]) k, lateral (select max(seq) as seq from "
		"directory_entry where kind = k) m), "
		"(select coalesce(max(seq), 0) from unnest($2::text[]) k, lateral (select max(seq) as seq from "
		"directory_entry where kind = k) m), "
		"(select coalesce(max(seq), 0) from unnest($3::text[]) k, lateral (select max(seq) as seq from "
		"directory_entry where kind = k) m) "
		"from directory_state",
		3},
	{"directory_page",
		"select seq, jsonb_build_object('kind', kind, 'key', key, 'seq', seq) || "
		"case when deleted then '{\"deleted\": true}' else body end "
		"from directory_entry where kind = any ($1::text[]) and seq > $2::bigint order by seq limit "
		"$3::integer",
		3},
	{"directory_renew",
		"update directory_state set epoch = greatest(epoch + 1, (extract(epoch from clock_timestamp()) * "
		"1000)::bigint)",
		0},
	{"registry_import", "select registry_import($1::jsonb, $2::boolean)", 2},
	{"api_timeline", "select api_timeline($1, $2, $3, $4::integer)", 4},
	{"api_summary", "select api_summary()", 0},
	{NULL, NULL, 0},
};

const char statement_copy[] = "begin; copy reading (" READING_COLUMNS ") from stdin (format binary)";

/* After a duplicate key: through a table without keys, passing over what is there already. */
const char statement_copy_again[] =
	"begin; "
	"create temporary table if not exists incoming (like reading) on commit delete rows; "
	"copy incoming (" READING_COLUMNS ") from stdin (format binary); "
	"insert into reading select * from incoming on conflict do nothing";
