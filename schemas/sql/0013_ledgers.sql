-- SPDX-License-Identifier: MIT
-- Ledgers out, and elders that stand in the registry twice: found, merged by hand, and taken apart again.

-- csv_cell gives a value as the ledger reads it: lists with semicolons, days of the week by name, quoted where it has to be.
create function csv_cell(name text, value jsonb) returns text language sql immutable as $$
	select case when raw ~ '[",;\r\n\t]' or raw ~ '^[ ]|[ ]$' then '"' || replace(raw, '"', '""') || '"' else raw end from (select case
		when value is null or value = 'null' then ''
		when jsonb_typeof(value) = 'array' then (select coalesce(string_agg(item, ';'), '') from jsonb_array_elements_text(value) item)
		when name = 'weekdays' then (select coalesce(string_agg(day, ';' order by bit), '') from unnest(array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']) with ordinality d (day, bit)
			where ((value #>> '{}')::integer >> (bit::integer - 1)) & 1 = 1)
		when name in ('opens', 'by') then left(value #>> '{}', 5)
		else value #>> '{}' end as raw) cell;
$$;

-- registry_export: rows of a kind as CSV after the key `after`, at most `most`. Sealed values stay sealed, and come in again as they are.
create function registry_export(wanted text, after text, most integer) returns jsonb language plpgsql as $$
declare
	k ledger_kind;
	answer jsonb;
begin
	perform sight_require('district', 'community');
	select * into k from ledger_kind where kind = wanted;
	if not found then
		raise exception using errcode = 'UINVL', message = format('args.kind: "%s" is none; there are %s', left(wanted, 40), (select string_agg(kind, ', ' order by place) from ledger_kind));
	end if;
	execute format($q$
		with page as (
			select t.%2$I as key, to_jsonb(t) as r from %1$I t where t.%2$I > $1 %3$s order by t.%2$I limit $2)
		select jsonb_build_object('csv', case when $1 = '' then (select string_agg(c, ',' order by n) from unnest($3::text[]) with ordinality u (c, n)) || E'\n' else '' end
			|| coalesce(string_agg((select string_agg(csv_cell(c, r->c), ',' order by n) from unnest($3::text[]) with ordinality u (c, n)) || E'\n', '' order by key), ''),
			'rows', count(*), 'last', coalesce(max(key), ''), 'more', count(*) >= $2) from page
		$q$, k.relation, k.keys[1], case when k.relation = 'device' then 'and not t.handset' else '' end) into answer using after, most, k.columns;
	insert into api_audit (who, method, household, detail) values (change_who(), 'export', '', jsonb_build_object(wanted, answer->'rows'));
	return answer;
end $$;

-- ---- twice in the registry ----

-- Names and addresses as they are written: full and half width, blanks, dots between names; (lane, number, building, unit, room) by whichever word.
create function plain_name(name text) returns text language sql immutable as $$
	select lower(regexp_replace(normalize(name, NFKC), U&'[\0020\3000\00B7\2022.\200B]', '', 'g'));
$$;
create function plain_phone(phone text) returns text language sql immutable as $$
	select regexp_replace(regexp_replace(normalize(phone, NFKC), '[^0-9]', '', 'g'), '^(0086|86)(?=1[0-9]{10}$)', '');
$$;
create function plain_address(address text) returns text language sql immutable as $$
	select trim(both '-' from regexp_replace(regexp_replace(regexp_replace(
		translate(lower(normalize(address, NFKC)), U&'\3007\4E00\4E8C\4E09\56DB\4E94\516D\4E03\516B\4E5D', '0123456789'),
		U&'[\0020\3000,\FF0C]', '', 'g'),
		U&'\53F7\697C|\5E62|\680B|\5EA7|\697C|\5355\5143|\5F04|\53F7|\5BA4|\6237|#|\2014|_', '-', 'g'), '-+', '-', 'g'));
$$;

-- registry_duplicates: pairs of elders that may be one person, with what they share, the likeliest first.
create function registry_duplicates(most integer) returns jsonb language sql stable as $$
	with person as (
		select e.id, e.household, nullif(plain_name(e.name), '') as name, e.birth_date, nullif(plain_phone(e.phone), '') as phone, nullif(plain_address(h.address || h.unit || '-' || h.room), '') as address
		from elder e join household h on h.id = e.household),
	pair as (
		select a.id as a, b.id as b, a.name = b.name as name, a.birth_date = b.birth_date as birth, a.phone = b.phone as phone, a.address = b.address as address
		from person a join person b on a.id < b.id and a.name = b.name and (a.birth_date = b.birth_date or a.phone = b.phone or a.address = b.address)
		union
		select a.id, b.id, a.name = b.name, true, true, a.address = b.address from person a join person b on a.id < b.id and a.phone = b.phone and a.birth_date = b.birth_date),
	scored as (
		select a, b, array_remove(array[case when name then 'name' end, case when birth then 'birth_date' end, case when phone then 'phone' end, case when address then 'address' end], null) as shared
		from pair)
	select jsonb_build_object('count', (select count(*) from scored), 'items', coalesce(jsonb_agg(jsonb_build_object('a', a, 'b', b, 'shared', shared)
		order by cardinality(shared) desc, a, b), '[]')) from (select * from scored order by cardinality(shared) desc, a, b limit most) shown;
$$;

create table merging (
	id bigint generated always as identity primary key,
	at timestamptz not null default clock_timestamp(),
	who text not null default change_who(),
	kept text not null,
	gone text not null,
	gone_row jsonb not null, -- as it was
	filled jsonb not null, -- what the kept one had where it was given something
	moved jsonb not null, -- {relation: [id]}
	undone timestamptz
);
select sight_guard('merging', sight_all() || ' or exists (select from elder seen where seen.id = merging.kept)');

-- elder_merge: the row `gone` goes; what hung on it hangs on `keep`, and where that one knew nothing it takes over what was known.
create function elder_merge(keep text, gone text) returns jsonb language plpgsql as $$
declare
	kept_row jsonb;
	gone_row jsonb;
	fill jsonb;
	moved jsonb := '{}';
	ids jsonb;
	relation text;
	number bigint;
begin
	perform sight_require('district', 'community');
	select to_jsonb(e) into kept_row from elder e where e.id = keep for update;
	select to_jsonb(e) into gone_row from elder e where e.id = gone for update;
	if kept_row is null or gone_row is null or keep = gone then
		raise exception using errcode = 'UNONE', message = 'args: keep and gone must be two elders of the registry';
	end if;
	select coalesce(jsonb_object_agg(name, value), '{}') into fill from jsonb_each(gone_row) g (name, value)
		where name not in ('id', 'household', 'id_number', 'medical_notes') -- sealed for their own row
			and coalesce(kept_row->name, 'null') in ('null', '""', '[]') and value not in ('null', '""', '[]');
	foreach relation in array array['contact', 'medicine', 'tag'] loop
		execute format('with put as (update %I set elder = $1 where elder = $2 returning id) select coalesce(jsonb_agg(id), ''[]'') from put', relation) into ids using keep, gone;
		moved := moved || jsonb_build_object(relation, ids);
	end loop;
	insert into merging (kept, gone, gone_row, filled, moved) values (keep, gone, gone_row,
		(select coalesce(jsonb_object_agg(name, kept_row->name), '{}') from jsonb_object_keys(fill) name), moved) returning id into number;
	delete from elder where id = gone;
	perform elder_set(keep, fill);
	insert into api_audit (who, method, household, detail) values (change_who(), 'merge', kept_row->>'household', jsonb_build_object('merging', number, 'kept', keep, 'gone', gone));
	return jsonb_build_object('merging', number, 'kept', keep, 'gone', gone, 'filled', (select coalesce(jsonb_agg(name), '[]') from jsonb_object_keys(fill) name), 'moved', moved);
end $$;

create function elder_set(of text, members jsonb) returns void language plpgsql as $$
begin
	if members <> '{}' then
		execute (select format('update elder e set (%1$s) = (select %1$s from jsonb_populate_record(e, $1)) where id = $2', string_agg(quote_ident(name), ', ') || ', id')
			from jsonb_object_keys(members) name) using members, of;
	end if;
end $$;

create function elder_unmerge(number bigint) returns jsonb language plpgsql as $$
declare
	m merging;
	relation text;
begin
	perform sight_require('district', 'community');
	select * into m from merging where id = number and undone is null for update;
	if not found then
		raise exception using errcode = 'UNONE', message = 'args.merging: no such merging, or it was undone already';
	end if;
	insert into elder select * from jsonb_populate_record(null::elder, m.gone_row);
	foreach relation in array array['contact', 'medicine', 'tag'] loop
		execute format('update %I set elder = $1 where elder = $2 and id in (select jsonb_array_elements_text($3))', relation) using m.gone, m.kept, m.moved->relation;
	end loop;
	-- what was filled in goes again, unless somebody has changed it since
	perform elder_set(m.kept, (select coalesce(jsonb_object_agg(f.name, f.value), '{}') from jsonb_each(m.filled) f (name, value), elder e
		where e.id = m.kept and to_jsonb(e)->f.name is not distinct from m.gone_row->f.name));
	update merging set undone = clock_timestamp() where id = number;
	insert into api_audit (who, method, household, detail) values (change_who(), 'unmerge', m.gone_row->>'household', jsonb_build_object('merging', number, 'kept', m.kept, 'gone', m.gone));
	return jsonb_build_object('merging', number, 'kept', m.kept, 'gone', m.gone);
end $$;

-- registry_removed as before, with the keys first: under row-level security the planner looked for each row through all of the document.
create or replace function registry_removed(relation regclass, key text, items jsonb) returns jsonb language plpgsql as $$
declare
	keys text[] := array(select item->>key from jsonb_array_elements(coalesce(items, '[]')) item where (item->>'deleted')::boolean);
	gone bigint := 0;
begin
	if keys <> '{}' then
		execute format('delete from %s where %I = any ($1)', relation, key) using keys;
		get diagnostics gone = row_count;
	end if;
	return jsonb_build_object('removed', gone);
end $$;
