-- SPDX-License-Identifier: MIT
-- Who was erased stays erased: a platform's list or an old file that still has them is refused, row by row, until the desk registers them anew.
--
-- An erasure leaves marks of what its rows would be known by again: their ids, and what duplicates are found by (0013). A mark is a keyed digest,
-- HMAC-SHA-256 with a secret of this district, because a plain hash would keep the person: names, dates of birth and telephone numbers are so few
-- that all of them can be tried in an hour. The secret is the owner's alone, like the marks; neither is in any answer. It stands in the database
-- and not in a file of its own, so that a restored backup still knows its marks; whoever holds a backup could try names, and reads
-- the living in it anyway.

create table erased_key (
	one boolean primary key default true check (one),
	inside bytea not null, -- the key as RFC 2104 uses it, padded to a block
	outside bytea not null
);
do $$
declare
	secret bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())); -- strong random bytes, 366 bits
	inside bytea := decode(repeat('36', 64), 'hex');
	outside bytea := decode(repeat('5c', 64), 'hex');
begin
	for n in 0 .. 31 loop
		inside := set_byte(inside, n, get_byte(inside, n) # get_byte(secret, n));
		outside := set_byte(outside, n, get_byte(outside, n) # get_byte(secret, n));
	end loop;
	insert into erased_key (inside, outside) values (inside, outside);
end $$;

create table erased_mark (
	mark bytea not null,
	erasure bigint not null references erasure on delete cascade,
	of text not null, -- which fields the mark is of; 'household': of a home's id
	primary key (mark, erasure)
);
create index erased_mark_erasure on erased_mark (erasure);
alter table erased_key enable row level security;
alter table erased_mark enable row level security;
-- An erasure of somebody whom the desk has registered anew since is not applied again.
alter table erasure add column lifted timestamptz, add column lifted_by text not null default '';

-- One expression, so that it is inlined where thousands are made.
create function erased_hmac(k erased_key, word text) returns bytea language sql immutable as $$
	select sha256((k).outside || sha256((k).inside || convert_to(word, 'UTF8')));
$$;

-- erased_words: what a row of an elder is known by again; address is the household's.
create function erased_words(person jsonb, address text) returns table (of text, word text) language sql immutable as $$
	select v.of, v.of || ':' || v.word from (
		select nullif(plain_name(person->>'name'), '') as name, nullif(person->>'birth_date', '') as birth, nullif(plain_phone(person->>'phone'), '') as phone,
			nullif(plain_address(address), '') as place) p,
		lateral (values ('id', person->>'id'), ('name, birth_date', name || '/' || birth), ('name, phone', name || '/' || phone), ('name, address', name || '/' || place),
			('birth_date, phone', birth || '/' || phone)) v (of, word)
	where v.word is not null
$$;

-- erased_marks: those of an elder of the registry, of rows that were merged into it, and of the household's id if that goes too.
create function erased_marks(wanted text, home text) returns table (mark bytea, of text) language sql stable as $$
	with person as (
		select to_jsonb(e) as r from elder e where id = wanted
		union all
		select gone_row from merging where kept = wanted),
	word as (
		select w.* from person left join household h on h.id = r->>'household', lateral erased_words(r, h.address || h.unit || '-' || h.room) w
		union
		select 'household', 'household:' || home where home <> '')
	select distinct erased_hmac(k, word), of from word, erased_key k
$$;

-- Of erasures of before only the ids are known.
insert into erased_mark
	select erased_hmac(k, 'id:' || elder), id, 'id' from erasure, erased_key k
	union all
	select erased_hmac(k, 'household:' || household), id, 'household' from erasure, erased_key k where household <> '';

-- erased_rows: the rows of a document that would bring back who was erased, with their place: elders that are not in the registry and have a mark;
-- homes that are not there and have one, if nobody else lives in them by the document; and what hangs on either.
create function erased_rows(doc jsonb) returns jsonb language plpgsql stable security definer set search_path = public, pg_temp set jit = off as $$
begin
	if not exists (select from erased_mark) then
		return '[]';
	end if;
	return (with row as materialized (
		select k.kind, k.keys[1] as field, item->>k.keys[1] as key, item from ledger_kind k, jsonb_array_elements(coalesce(doc->k.kind, '[]')) item
		where (item->>'deleted')::boolean is not true),
	home_row as (
		select * from row where kind = 'households'),
	elder_row as (
		select * from row where kind = 'elders'),
	person as materialized ( -- new, and known again
		select r.key, m.erasure, min(m.of) as of from erased_key k, elder_row r left join home_row h on h.key = r.item->>'household' left join household held on held.id = r.item->>'household',
			lateral erased_words(r.item, coalesce(h.item->>'address', held.address, '') || coalesce(h.item->>'unit', held.unit, '') || '-' || coalesce(h.item->>'room', held.room, '')) w,
			erased_mark m
		where m.mark = erased_hmac(k, w.word) and not exists (select from elder e where e.id = r.key)
		group by r.key, m.erasure),
	lived_in as materialized (
		select item->>'household' as key from elder_row where key not in (select key from person)),
	absent as ( -- what other rows name, which neither the registry nor the document has
		select 'elder' as what, 'id' as of, item->>'elder' as key from row where item->>'elder' is not null and kind not in ('elders', 'households')
			and item->>'elder' not in (select key from elder_row) and not exists (select from elder e where e.id = item->>'elder')
		union
		select 'household', 'household', key from home_row where key not in (select key from lived_in) and not exists (select from household h where h.id = key)
		union
		select 'household', 'household', item->>'household' from row where item->>'household' is not null and kind not in ('elders', 'households')
			and item->>'household' not in (select key from home_row) and not exists (select from household h where h.id = item->>'household')),
	gone as materialized (
		select 'elder' as what, key, erasure, of from person
		union
		select a.what, a.key, m.erasure, a.of from absent a, erased_key k, erased_mark m where m.mark = erased_hmac(k, a.of || ':' || a.key)),
	found as (
		select distinct on (r.kind, r.key) r.kind, r.key, r.field, r.item, g.erasure, g.of from row r join gone g
			on case when r.kind = 'elders' then g.what = 'elder' and g.key = r.key
				when r.kind = 'households' then g.what = 'household' and g.key = r.key
				else (g.what = 'elder' and g.key = r.item->>'elder') or (g.what = 'household' and g.key = r.item->>'household') end
		order by r.kind, r.key, g.erasure desc)
	select coalesce(jsonb_agg(jsonb_build_object('line', (item->'@'->>'line')::integer, 'column', coalesce(item->'@'->>field, item->'@'->>'column')::integer, 'kind', kind, 'key', key,
		'field', field, 'erased', erasure, 'text', format('was erased (certificate %s of %s, known by %s): leave the row out; or, if the person wants to be registered anew or is somebody else, import with --again',
			erasure, to_char(e.at, 'YYYY-MM-DD'), of)) order by (item->'@'->>'line')::integer, kind, key), '[]')
	from found join erasure e on e.id = found.erasure);
end $$;

-- erasure_lift: the desk has registered anew whom these rows tell of; their marks go, so that they are not refused the next time.
create function erasure_lift(rows jsonb, asker text) returns void language plpgsql security definer set search_path = public, pg_temp as $$
declare
	r record;
begin
	for r in select row->>'kind' as kind, row->>'key' as key, (row->>'erased')::bigint as erasure from jsonb_array_elements(rows) row where row->>'kind' in ('elders', 'households') loop
		delete from erased_mark where erasure = r.erasure and (of = 'household') = (r.kind = 'households');
		if r.kind = 'elders' then
			update erasure set lifted = clock_timestamp(), lifted_by = asker where id = r.erasure;
		end if;
		insert into api_audit (who, method, household, why, detail) values (asker, 'register_again', case when r.kind = 'households' then r.key else coalesce((select household from elder where id = r.key), '') end,
			coalesce(current_setting('curtain.why', true), ''), jsonb_build_object('kind', r.kind, 'key', r.key, 'erasure', r.erasure));
	end loop;
end $$;

-- registry_import as before. erased says what becomes of rows that would bring back who was erased: refuse (they are faults), skip (they are left
-- out and named), again (they come in; the district's right).
drop function registry_import(jsonb, boolean, boolean, boolean, jsonb, integer);
create function registry_import(doc jsonb, dry_run boolean, report boolean, by_row boolean, faults jsonb, most integer, erased text) returns jsonb language plpgsql as $$
declare
	answer jsonb;
	found jsonb;
	gone jsonb := '[]';
	changes jsonb;
	refused boolean;
begin
	perform sight_require('district', 'community'); -- (0008) what row-level security hides would be passed over in silence
	if erased = 'again' then
		perform sight_require('district');
	else
		gone := erased_rows(doc);
		if gone <> '[]' and erased = 'refuse' and not report then
			raise exception using errcode = 'UINVL', message = format('line %s, column %s: %s "%s": %s', gone->0->>'line', gone->0->>'column', gone->0->>'kind', gone->0->>'key', gone->0->>'text');
		end if;
		faults := faults || case when erased = 'refuse' then gone else '[]' end;
		doc := registry_without(doc, gone);
	end if;
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
	if erased = 'again' then
		gone := erased_rows(doc);
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
		if erased = 'again' then
			perform erasure_lift(gone, change_who());
		end if;
	exception when sqlstate 'UDRY1' then
		null;
	end;
	answer := answer || jsonb_build_object('dry_run', dry_run);
	if report then
		answer := answer || jsonb_build_object('refused', refused, 'fault_count', jsonb_array_length(faults), 'changes', changes, 'faults',
			(select coalesce(jsonb_agg(fault order by (fault->>'line')::integer, (fault->>'column')::integer), '[]') from (
				select fault from jsonb_array_elements(faults) fault order by (fault->>'line')::integer, (fault->>'column')::integer limit most) shown),
			'erased_count', jsonb_array_length(gone), 'erased', (select coalesce(jsonb_agg(jsonb_build_object('line', row->'line', 'kind', row->'kind', 'key', row->'key', 'erasure', row->'erased')), '[]') from (
				select row from jsonb_array_elements(gone) row limit most) shown));
	end if;
	return answer;
end $$;

-- erase_elder_do as before, with marks; token and moment are given where an erasure is applied again.
drop function erase_elder_do(text, text, text);
create function erase_elder_do(wanted text, asker text, reason text, known_token text default '', known_at timestamptz default null) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
	home text;
	last boolean;
	token text := coalesce(nullif(known_token, ''), 'erased-' || substr(encode(sha256(convert_to(random()::text || clock_timestamp()::text || wanted, 'UTF8')), 'hex'), 1, 16));
	counts jsonb := '{}';
	touched jsonb := '[]';
	apparatus text[] := '{}';
	marks erased_mark[];
	written erasure;
begin
	perform seq from directory_state for update;
	select household into home from elder where id = wanted for update;
	last := not exists (select from elder where household = home and id <> wanted);
	marks := array(select row(m.mark, 0, m.of)::erased_mark from erased_marks(wanted, case when last then home else '' end) m);
	if last then
		apparatus := array(select id from device where household = home order by id);
		select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') into touched from directory_entry
			where not deleted and (key = home or body->>'household' = home);
	end if;
	-- the history of what hangs on the elder, while it can still be told by the ids
	counts := erase_rows(counts, 'change', $q$relation in ('contact', 'medicine', 'tag') and key in (
		select key from change c where c.relation in ('contact', 'medicine', 'tag') and $1 in (c.after->>'elder', c.before->>'elder'))$q$, wanted);
	counts := erase_rows(counts, 'contact', 'elder = $1', wanted);
	counts := erase_rows(counts, 'medicine', 'elder = $1', wanted);
	counts := erase_rows(counts, 'tag', 'elder = $1', wanted);
	counts := erase_rows(counts, 'change', $q$relation in ('elder', 'merging') and key in (select gone from merging where kept = $1)$q$, wanted);
	counts := erase_rows(counts, 'merging', 'kept = $1 or gone = $1', wanted);
	counts := erase_rows(counts, 'elder', 'id = $1', wanted);
	counts := erase_rows(counts, 'change', $q$(relation = 'elder' and key = $1) or (relation in ('contact', 'medicine', 'tag') and $1 in (after->>'elder', before->>'elder'))$q$, wanted);
	if last then
		counts := erase_household(home, token, counts);
	end if;
	perform directory_refresh(touched);
	insert into erasure (at, who, why, elder, household, token, devices, counts) values (coalesce(known_at, clock_timestamp()), asker, reason, wanted, case when last then home else '' end,
		case when last then token else '' end, apparatus, counts) returning * into written;
	insert into erased_mark select m.mark, written.id, m.of from unnest(marks) m;
	return jsonb_build_object('erasure', written.id, 'at', written.at, 'who', asker, 'why', reason, 'elder', wanted, 'household', written.household, 'token', written.token,
		'devices', to_jsonb(apparatus), 'counts', counts);
end $$;

-- ---- after a backup was restored ----

-- erasure_list: all certificates with their marks, as records keeps them in a file beside the database. An erasure is told by its elder and moment:
-- a database that was set back gives numbers a second time.
create function erasure_list() returns jsonb language sql stable as $$
	select coalesce(jsonb_agg(to_jsonb(e) - 'id' || jsonb_build_object('marks', (select coalesce(jsonb_agg(jsonb_build_object('mark', encode(m.mark, 'hex'), 'of', m.of) order by m.of, m.mark), '[]')
		from erased_mark m where m.erasure = e.id)) order by e.at, e.elder), '[]') from erasure e
$$;

-- erasure_merge applies what the given list has and the database has not: it was set back to before. It gives how many, and the list of all there are.
create function erasure_merge(given jsonb, out applied bigint, out list jsonb) language plpgsql as $$
declare
	one record;
	number bigint;
	elders text[] := '{}';
	touched jsonb;
begin
	for one in select e.*, item->'marks' as marks from jsonb_array_elements(given) item, jsonb_populate_record(null::erasure, item) e order by e.at loop
		select id into number from erasure where elder = one.elder and at = one.at;
		if number is not null then
			if one.lifted is not null then
				update erasure set lifted = one.lifted, lifted_by = one.lifted_by where id = number and lifted is null;
				delete from erased_mark where erasure = number and of <> 'household';
			end if;
			continue;
		end if;
		if one.lifted is null and exists (select from elder where id = one.elder) then
			number := (erase_elder_do(one.elder, one.who, one.why, one.token, one.at)->>'erasure')::bigint;
		else
			insert into erasure (at, who, why, elder, household, token, devices, counts, lifted, lifted_by)
				values (one.at, one.who, one.why, one.elder, one.household, one.token, one.devices, one.counts, one.lifted, one.lifted_by) returning id into number;
			if one.household <> '' and exists (select from household where id = one.household) and not exists (select from elder where household = one.household) then
				perform seq from directory_state for update;
				select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') into touched from directory_entry
					where not deleted and (key = one.household or body->>'household' = one.household);
				perform erase_household(one.household, one.token, '{}');
				perform directory_refresh(touched);
			end if;
		end if;
		insert into erased_mark select decode(m->>'mark', 'hex'), number, m->>'of' from jsonb_array_elements(one.marks) m on conflict do nothing;
		elders := elders || one.elder;
	end loop;
	if elders <> '{}' then
		insert into api_audit (who, method, household, detail) values (change_who(), 'erase_again', '', jsonb_build_object('elders', to_jsonb(elders)));
	end if;
	applied := cardinality(elders);
	list := erasure_list();
end $$;

do $$
declare
	f text;
begin
	for f in select oid::regprocedure::text from pg_proc where pronamespace = current_schema()::regnamespace and proname in ('erased_marks', 'erased_words', 'erased_hmac', 'erasure_list', 'erasure_merge') loop
		execute format('revoke execute on function %s from curtain_service', f);
	end loop;
end $$;
