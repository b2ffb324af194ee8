-- SPDX-License-Identifier: MIT
-- The memory of every change, and one way for all kinds of rows into the registry: a table says what a ledger may hold.

-- ---- who changed what, when, from what to what ----

create table change (
	id bigint generated always as identity primary key,
	at timestamptz not null default clock_timestamp(),
	transaction bigint not null default txid_current(),
	who text not null,
	why text not null default '',
	relation text not null,
	key text not null,
	household text not null default '', -- whose it is, where that is told by the row
	before jsonb, -- of an update the columns that changed; null: it was not there
	after jsonb -- null: it is gone
);
create index change_row on change (relation, key, id);
create index change_household on change (household, id);
create index change_transaction on change (transaction);

create function change_who() returns text language sql stable as $$
	select coalesce(nullif(current_setting('curtain.user', true), ''), session_user);
$$;

create function change_key(r jsonb, keys text) returns text language sql immutable as $$
	select string_agg(r->>part, '/' order by place) from unnest(string_to_array(keys, ',')) with ordinality k (part, place);
$$;

-- change_note notes what a statement did to a watched table; its arguments are the key's columns and the column that holds the household.
create function change_note() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
	keys text := tg_argv[0];
	home text := tg_argv[1];
	reason text := coalesce(current_setting('curtain.why', true), '');
begin
	if tg_op = 'INSERT' then
		insert into change (who, why, relation, key, household, after)
			select change_who(), reason, tg_table_name, change_key(r, keys), coalesce(r->>home, (select e.household from elder e where e.id = r->>'elder'), ''), r
			from new_rows, lateral (select to_jsonb(new_rows) as r) as_json;
	elsif tg_op = 'DELETE' then
		insert into change (who, why, relation, key, household, before)
			select change_who(), reason, tg_table_name, change_key(r, keys), coalesce(r->>home, (select e.household from elder e where e.id = r->>'elder'), ''), r
			from old_rows, lateral (select to_jsonb(old_rows) as r) as_json;
	else
		insert into change (who, why, relation, key, household, before, after)
			select change_who(), reason, tg_table_name, coalesce(o.key, n.key), coalesce(n.r->>home, o.r->>home, (select e.household from elder e where e.id = coalesce(n.r, o.r)->>'elder'), ''),
				case when n.r is null or o.r is null then o.r else (select jsonb_object_agg(name, value) from jsonb_each(o.r) e (name, value) where n.r->name is distinct from value) end,
				case when n.r is null or o.r is null then n.r else (select jsonb_object_agg(name, value) from jsonb_each(n.r) e (name, value) where o.r->name is distinct from value) end
			from (select to_jsonb(old_rows) as r, change_key(to_jsonb(old_rows), keys) as key from old_rows) o
				full join (select to_jsonb(new_rows) as r, change_key(to_jsonb(new_rows), keys) as key from new_rows) n using (key)
			where o.r is distinct from n.r;
	end if;
	return null;
end $$;

create function change_watch(relation text, keys text, home text) returns void language plpgsql as $$
begin
	execute format('create trigger change_insert after insert on %I referencing new table as new_rows for each statement execute function change_note(%L, %L)', relation, keys, home);
	execute format('create trigger change_update after update on %I referencing old table as old_rows new table as new_rows for each statement execute function change_note(%L, %L)', relation, keys, home);
	execute format('create trigger change_delete after delete on %I referencing old table as old_rows for each statement execute function change_note(%L, %L)', relation, keys, home);
end $$;

select change_watch('community', 'id', ''), change_watch('policy', 'id', ''), change_watch('team', 'id', ''), change_watch('volunteer', 'id', ''),
	change_watch('household', 'id', 'id'), change_watch('elder', 'id', 'household'), change_watch('consent', 'household', 'household'),
	change_watch('device', 'id', 'household');

-- ---- what a ledger may hold ----

-- A new kind of rows is a table, a row here, and a table of fields in services/records/ledger_row.c.
create table ledger_kind (
	kind text primary key, -- "households"
	place integer not null unique, -- a kind may name rows of those before it
	relation text not null,
	keys text[] not null,
	columns text[] not null, -- that a ledger may give, the keys among them
	directory text -- kind of directory entry that follows a row, by the first of the keys
);
insert into ledger_kind values
	('communities', 100, 'community', '{id}', '{id,name}', null),
	('policies', 200, 'policy', '{id}', '{id,accept_life_s,accept_alarm_s,accept_attention_s,arrive_s,attention_pages}', 'policy'),
	('teams', 300, 'team', '{id}', '{id,community,captain,desk,number}', 'team'),
	('volunteers', 400, 'volunteer', '{id}', '{id,team,name,phone,day,night,desk,weekdays,order}', 'volunteer'),
	('households', 500, 'household', '{id}', '{id,community,team,policy,persons,canary,address}', 'household'),
	('elders', 600, 'elder', '{id}', '{id,household,name,birth_year,phone}', null),
	('consents', 700, 'consent', '{household}', '{household,quantities,from,until}', 'consent'),
	('devices', 800, 'device', '{id}', '{id,household,place}', 'device');

-- What a row has where the ledger says nothing.
alter table policy alter column attention_pages set default false;
alter table volunteer alter column day set default false, alter column night set default false, alter column desk set default false,
	alter column weekdays set default 127, alter column "order" set default 100;
alter table household alter column policy set default 'default', alter column persons set default 1, alter column canary set default false;

-- registry_put writes rows of one kind. given: the columns that the document speaks of; null: all of the kind, so that what is not said
-- gets its preset. Rows that are so already are not touched.
create function registry_put(k ledger_kind, items jsonb, given text[]) returns jsonb language plpgsql as $$
declare
	present jsonb;
	names text;
	pieces text;
	updates text;
	differs text;
	total bigint; added bigint; changed bigint;
begin
	select coalesce(jsonb_agg(item), '[]'), count(*) into present, total from jsonb_array_elements(items) item
		where (item->>'deleted')::boolean is not true;
	if total = 0 then
		return registry_count(0, 0, 0, 0);
	end if;
	select string_agg(quote_ident(c), ', '),
		string_agg(case when preset is null then format('i.%I', c) else format('coalesce(i.%I, %s)', c, preset) end, ', '),
		string_agg(format('%1$I = excluded.%1$I', c), ', ') filter (where c <> all (k.keys) and (given is null or c = any (given))),
		string_agg(format('held.%1$I is distinct from excluded.%1$I', c), ' or ') filter (where c <> all (k.keys) and (given is null or c = any (given)))
		into names, pieces, updates, differs
		from unnest(k.columns) c
			join pg_attribute a on a.attrelid = k.relation::regclass and a.attname = c
			left join lateral (select pg_get_expr(adbin, adrelid) as preset from pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum) d on true;
	execute format('with put as (insert into %1$I as held (%2$s) select %3$s from jsonb_populate_recordset(null::%1$I, $1) i on conflict (%4$s) do %5$s returning xmax = 0 as added) '
		'select count(*) filter (where added), count(*) filter (where not added) from put', k.relation, names, pieces,
		(select string_agg(quote_ident(part), ', ') from unnest(k.keys) part),
		case when updates is null then 'nothing' else format('update set %s where %s', updates, differs) end) into added, changed using present;
	return registry_count(total, added, changed, 0);
end $$;

-- registry_touched: the directory keys that a document can change, looked up before anything is removed.
create or replace function registry_touched(doc jsonb) returns jsonb language sql stable as $$
	with row as (select k.kind, k.directory, item, item->>k.keys[1] as key from ledger_kind k, jsonb_array_elements(coalesce(doc->k.kind, '[]')) item),
	home as (select key as id, coalesce((item->>'deleted')::boolean, false) as deleted from row where kind = 'households')
	select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') from (
		select directory as kind, key from row where directory is not null
		union select 'device', 'phone-' || id from home
		union select 'device', device.id from device join home on device.household = home.id where home.deleted
		union select 'consent', id from home where deleted) t;
$$;

-- directory_lock: one import at a time.
create function directory_lock() returns void language plpgsql as $$
begin
	perform seq from directory_state for update;
end $$;

create or replace function registry_apply(doc jsonb) returns jsonb language plpgsql as $$
declare
	touched jsonb;
	head bigint;
	k ledger_kind;
	counts jsonb := '{}';
begin
	perform directory_lock();
	touched := registry_touched(doc);
	for k in select * from ledger_kind where doc ? kind order by place loop
		counts := counts || jsonb_build_object(k.kind, registry_put(k, doc->k.kind, (select array_agg(c) from jsonb_array_elements_text(doc->'@columns'->k.kind) c)));
		if k.kind = 'households' then
			insert into device (id, household, place, handset)
				select 'phone-' || id, id, 'phone', true from jsonb_to_recordset(doc->'households') as i (id text, deleted boolean) where deleted is not true
				on conflict (id) do nothing;
		end if;
	end loop;
	-- Removals come last, so that one document can move households to another team and remove the old one.
	for k in select * from ledger_kind where doc ? kind order by place desc loop
		counts := jsonb_set(counts, array[k.kind], (counts->k.kind) || registry_removed(k.relation::regclass, k.keys[1], doc->k.kind));
	end loop;
	head := directory_refresh(touched);
	return jsonb_build_object('seq', head, 'kinds', counts);
end $$;

-- registry_unknown: references to rows that neither the registry nor the document has, with the place that the document gives them.
create function registry_unknown(doc jsonb) returns jsonb language plpgsql as $$
declare
	r record;
	found jsonb;
	faults jsonb := '[]';
begin
	for r in
		select k.kind, k.keys[1] as key, a.attname::text as field, k.place, target.kind as target_kind, c.confrelid::regclass::text as target, f.attname::text as target_key
		from ledger_kind k join pg_constraint c on c.conrelid = k.relation::regclass and c.contype = 'f' and array_length(c.conkey, 1) = 1
			join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] and a.attname = any (k.columns)
			join pg_attribute f on f.attrelid = c.confrelid and f.attnum = c.confkey[1]
			left join ledger_kind target on target.relation::regclass = c.confrelid
		where doc ? k.kind order by k.place, a.attnum
	loop
		execute format($q$
			select jsonb_agg(jsonb_build_object('line', (item->'@'->>'line')::integer, 'column', coalesce(item->'@'->>%1$L, item->'@'->>'column')::integer, 'kind', %2$L::text,
				'key', item->>%3$L, 'field', %1$L::text, 'text', format('names %%s "%%s", which is not in the registry', %4$L, item->>%1$L)))
			from jsonb_array_elements($1) item
			where (item->>'deleted')::boolean is not true and item->>%1$L is not null
				and not exists (select from %4$I t where t.%5$I = item->>%1$L)
				and not exists (select from jsonb_array_elements($2) given where given->>%5$L = item->>%1$L and (given->>'deleted')::boolean is not true)
			$q$, r.field, r.kind, r.key, r.target, r.target_key) into found using doc->r.kind, coalesce(doc->r.target_kind, '[]');
		faults := faults || coalesce(found, '[]');
	end loop;
	return faults;
end $$;

-- registry_without: the document without the rows that have a fault.
create function registry_without(doc jsonb, faults jsonb) returns jsonb language sql stable as $$
	select doc || coalesce(jsonb_object_agg(kind, rows), '{}') from (
		select k.kind, coalesce(jsonb_agg(item order by i.place) filter (where f.key is null), '[]') as rows
		from ledger_kind k, jsonb_array_elements(doc->k.kind) with ordinality i (item, place)
			left join lateral (select f->>'key' as key from jsonb_array_elements(faults) f where f->>'kind' = k.kind and f->>'key' = item->>k.keys[1] limit 1) f on true
		where doc ? k.kind group by 1) kept;
$$;

-- registry_changes: what this transaction changed, for a person: most rows at most.
create function registry_changes(most integer) returns jsonb language sql stable as $$
	select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('kind', kind, 'key', key, 'before', before, 'after', after)) order by id), '[]') from (
		select c.id, coalesce(k.kind, c.relation) as kind, c.key, c.before, c.after from change c left join ledger_kind k on k.relation = c.relation
		where c.transaction = txid_current() and not (c.relation = 'device' and c.key like 'phone-%') order by c.id limit most) shown;
$$;

-- registry_import applies a checked document. dry_run counts and undoes. faults: what the check found already (rows that are not in the
-- document any more). Without report the first reference to something unknown is an error; with it all faults are answered, nothing is done
-- unless by_row, and the answer tells up to `most` rows that changed or would.
create function registry_import(doc jsonb, dry_run boolean, report boolean, by_row boolean, faults jsonb, most integer) returns jsonb language plpgsql as $$
declare
	answer jsonb;
	found jsonb;
	changes jsonb;
	refused boolean;
begin
	perform sight_require('district', 'community'); -- (0008) what row-level security hides would be passed over in silence
	if report then
		loop
			found := registry_unknown(doc);
			exit when found = '[]';
			faults := faults || found;
			doc := registry_without(doc, found); -- what named a row that goes now is found in the next round
		end loop;
	else
		found := registry_unknown(doc)->0;
		if found is not null then
			raise exception using errcode = 'UINVL', message = format('%s%s "%s".%s: %s', 'line ' || (found->>'line') || ', column ' || (found->>'column') || ': ',
				found->>'kind', found->>'key', found->>'field', found->>'text');
		end if;
	end if;
	refused := faults <> '[]' and not by_row;
	begin
		answer := registry_apply(doc);
		changes := case when report then registry_changes(most) end;
		if dry_run or refused then
			raise exception using errcode = 'UDRY1';
		end if;
		insert into api_audit (who, method, household, detail)
			select change_who(), 'import', '', coalesce(jsonb_object_agg(key, value), '{}')
			from jsonb_each(answer->'kinds') where (value->>'added')::bigint + (value->>'changed')::bigint + (value->>'removed')::bigint > 0;
	exception when sqlstate 'UDRY1' then
		null;
	end;
	answer := answer || jsonb_build_object('dry_run', dry_run);
	if report then
		answer := answer || jsonb_build_object('refused', refused, 'fault_count', jsonb_array_length(faults), 'changes', changes, 'faults',
			(select coalesce(jsonb_agg(fault order by (fault->>'line')::integer, (fault->>'column')::integer), '[]') from (
				select fault from jsonb_array_elements(faults) fault order by (fault->>'line')::integer, (fault->>'column')::integer limit most) shown));
	end if;
	return answer;
end $$;
drop function registry_import(jsonb, boolean);

-- change_read: the history of one row, or of a household, newest first.
create function change_read(wanted text, of_key text, home text, before_id bigint, most integer) returns jsonb language sql stable as $$
	select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', id, 'at', at, 'who', who, 'why', nullif(why, ''), 'kind', relation, 'key', key))
		|| jsonb_build_object('before', before, 'after', after) order by id desc), '[]'))
	from (select * from change where (wanted = '' or relation = wanted) and (of_key = '' or key = of_key) and (home = '' or household = home)
		and (before_id = 0 or id < before_id) order by id desc limit most) row;
$$;

-- reading_upkeep as before, but nothing is over before the first watermark is known: a new database that is given last year's readings would
-- have their months, just made, dropped again by the clock.
create or replace function reading_upkeep(ahead integer, reading_age interval, hour_age interval, day_age interval) returns setof text language plpgsql as $$
declare
	present timestamptz;
begin
	set local lock_timeout = '100ms';
	select case when max(at) is not null then least(now(), max(at)) end into present from lane_position where lane = 'reading'; -- null: nothing has come yet
	perform reading_month((date_trunc('month', now() at time zone 'UTC') + make_interval(months => m))::date) from generate_series(0, ahead) m;
	if reading_age > interval '0' then
		return query select partitions_over('reading', present - reading_age);
		delete from reading_other where received < present - reading_age;
	end if;
	if hour_age > interval '0' then
		return query select partitions_over('reading_hour', present - hour_age);
		delete from reading_hour_other where last < present - hour_age;
	end if;
	if day_age > interval '0' then
		return query select partitions_over('reading_day', present - day_age);
		delete from reading_day_other where last < present - day_age;
	end if;
end $$;
