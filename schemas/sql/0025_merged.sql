-- SPDX-License-Identifier: MIT
-- Who was merged stays merged: the next import of the same sheet finds the elder that was kept, and what was sealed for the one that went moves
-- along, is in the copy for the elder, and is erased with it.

create index merging_gone on merging (gone) where undone is null;
create index merging_kept on merging (kept) where undone is null;
-- Who was taken apart again is told by his own row; the copy of then was kept beside it.
update merging set gone_row = '{}', filled = '{}', moved = '{}' where undone is not null;

-- ---- who is whom ----

-- merged_into: the elder that another one, who is no longer there, went into, and by which merging; one that went on into a third is followed.
create function merged_into(wanted text, out into_elder text, out by_merging bigint) language sql stable security definer set search_path = public, pg_temp as $$
	with recursive way as (
		select kept, id, 1 as step from merging where gone = wanted and undone is null
		union all
		select m.kept, m.id, way.step + 1 from way join merging m on m.gone = way.kept and m.undone is null where way.step < 100)
	select kept, id from way where exists (select from elder where id = kept) order by step desc, id desc limit 1;
$$;

-- merged_rows: the rows of a document that tell of elders who were merged and are not in the registry any more, with their place: whom they are now,
-- and, of the elder's own row, which fields say something that it did not say when it was merged.
create function merged_rows(doc jsonb) returns jsonb language plpgsql stable security definer set search_path = public, pg_temp set jit = off as $$
declare
	away text[] := array(select distinct m.gone from merging m where m.undone is null and not exists (select from elder e where e.id = m.gone));
begin
	if away = '{}' then
		return '[]';
	end if;
	return (with row as materialized (
		select k.kind, k.keys[1] as field, item->>k.keys[1] as key, item, case when k.kind = 'elders' then item->>'id' else item->>'elder' end as of
		from ledger_kind k, jsonb_array_elements(coalesce(doc->k.kind, '[]')) item where (k.kind = 'elders' or item ? 'elder') and (item->>'deleted')::boolean is not true),
	person as materialized (
		select d.of, m.into_elder, m.by_merging from (select distinct of from row where of in (select unnest(away))) d, lateral merged_into(d.of) m where m.into_elder is not null)
	select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('line', (item->'@'->>'line')::integer, 'kind', kind, 'key', key, 'merged', r.of, 'into', p.into_elder, 'merging', p.by_merging,
		'differs', case when kind = 'elders' then (select jsonb_agg(n.name order by n.name) from jsonb_each(item - '@') n (name, value), merging m,
			lateral (select to_jsonb(jsonb_populate_record(null::elder, item - '@'))->n.name as now) given
			where m.id = (select max(id) from merging where gone = r.of and undone is null) and n.value not in ('null', '""', '[]') and given.now is not null and given.now is distinct from m.gone_row->n.name) end))
		order by (item->'@'->>'line')::integer, kind, key), '[]')
	from row r join person p using (of));
end $$;

-- registry_merged: the document as it is to be applied. The row of an elder who was merged is left out, and what hangs on him hangs on the one he went
-- into; where the caller may not see that one, it is left out too. What the one that was kept took over stays where the sheet says nothing, as it did
-- before.
create function registry_merged(doc jsonb, merged jsonb) returns jsonb language plpgsql stable as $$
declare
	k ledger_kind;
begin
	doc := registry_without(doc, (select coalesce(jsonb_agg(m), '[]') from jsonb_array_elements(merged) m
		where m->>'kind' = 'elders' or not exists (select from elder where id = m->>'into')));
	for k in select * from ledger_kind where doc ? kind and kind in (select m->>'kind' from jsonb_array_elements(merged) m where m->>'kind' <> 'elders') loop
		doc := jsonb_set(doc, array[k.kind], coalesce((select jsonb_agg(coalesce(item || jsonb_build_object('elder', m.whose), item) order by place)
			from jsonb_array_elements(doc->k.kind) with ordinality i (item, place)
				left join (select m->>'key' as key, m->>'into' as whose from jsonb_array_elements(merged) m where m->>'kind' = k.kind) m on m.key = item->>k.keys[1]), '[]'));
	end loop;
	if doc ? 'elders' and exists (select from merging where undone is null) then
		doc := jsonb_set(doc, '{elders}', coalesce((select jsonb_agg(coalesce(item || f.filled, item) order by place) from jsonb_array_elements(doc->'elders') with ordinality i (item, place)
			left join lateral (select jsonb_object_agg(n.name, to_jsonb(e)->n.name) as filled from merging m join elder e on e.id = m.kept, jsonb_object_keys(m.filled) n (name)
				where m.kept = item->>'id' and m.undone is null and coalesce(item->n.name, 'null') in ('null', '""', '[]')) f on true), '[]'));
	end if;
	return doc;
end $$;

-- registry_unknown as before, and values that are sealed for another row: only an elder who has one by a merging may be given it again, so that no
-- value is read by way of a row that it was copied to.
alter function registry_unknown(jsonb) rename to registry_unknown_rows;
create function registry_unknown(doc jsonb) returns jsonb language plpgsql as $$
begin
	return registry_unknown_rows(doc) || (select coalesce(jsonb_agg(jsonb_build_object('line', (item->'@'->>'line')::integer, 'column', coalesce(item->'@'->>part, item->'@'->>'column')::integer,
		'kind', 'elders', 'key', item->>'id', 'field', part, 'text', 'is sealed for another row; leave the column out, or give the value itself')), '[]')
		from jsonb_array_elements(coalesce(doc->'elders', '[]')) item, unnest(array['id_number', 'medical_notes']) p (part)
		where item->>part like 's1@%' and not exists (select from elder e where e.id = item->>'id' and to_jsonb(e)->>part = item->>part));
end $$;

-- registry_import as before; rows of elders who were merged are theirs whom they went into, and the answer names them.
create or replace function registry_import(doc jsonb, dry_run boolean, report boolean, by_row boolean, faults jsonb, most integer, erased text) returns jsonb language plpgsql as $$
declare
	answer jsonb;
	found jsonb;
	gone jsonb := '[]';
	merged jsonb;
	changes jsonb;
	refused boolean;
begin
	perform sight_require('district', 'community'); -- (0008) what row-level security hides would be passed over in silence
	merged := merged_rows(doc);
	doc := registry_merged(doc, merged);
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
	answer := answer || jsonb_build_object('dry_run', dry_run, 'merged_count', jsonb_array_length(merged), 'merged', (select coalesce(jsonb_agg(case when exists (select from elder where id = row->>'into')
		then row else row - 'into' end), '[]') from (select row from jsonb_array_elements(merged) row limit most) shown));
	if report then
		answer := answer || jsonb_build_object('refused', refused, 'fault_count', jsonb_array_length(faults), 'changes', changes, 'faults',
			(select coalesce(jsonb_agg(fault order by (fault->>'line')::integer, (fault->>'column')::integer), '[]') from (
				select fault from jsonb_array_elements(faults) fault order by (fault->>'line')::integer, (fault->>'column')::integer limit most) shown),
			'erased_count', jsonb_array_length(gone), 'erased', (select coalesce(jsonb_agg(jsonb_build_object('line', row->'line', 'kind', row->'kind', 'key', row->'key', 'erasure', row->'erased')), '[]') from (
				select row from jsonb_array_elements(gone) row limit most) shown));
	end if;
	return answer;
end $$;

-- ---- merging, and its undoing ----

-- elder_merge_rows as before; what was sealed for the one that goes moves along, under its row's name.
create or replace function elder_merge_rows(keep text, gone text) returns jsonb language plpgsql as $$
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
	select coalesce(jsonb_object_agg(name, value), '{}') into fill from jsonb_each(merged_row(gone_row)) g (name, value)
		where name not in ('id', 'household') and coalesce(kept_row->name, 'null') in ('null', '""', '[]') and value not in ('null', '""', '[]');
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

-- merged_row: an elder's row for whoever looks at it as another's: sealed values say whose they are.
create function merged_row(person jsonb) returns jsonb language sql immutable as $$
	select person || jsonb_build_object('id_number', errand_sealed(person->>'id', person->>'id_number'), 'medical_notes', errand_sealed(person->>'id', person->>'medical_notes'));
$$;

-- elder_unmerge_rows as before; one under another is not taken apart before that, and of what is undone no copy is kept.
create or replace function elder_unmerge_rows(number bigint) returns jsonb language plpgsql as $$
declare
	m merging;
	relation text;
	later record;
begin
	perform sight_require('district', 'community');
	select * into m from merging where id = number and undone is null for update;
	if not found then
		raise exception using errcode = 'UNONE', message = 'args.merging: no such merging, or it was undone already';
	end if;
	select * into later from merged_into(m.kept);
	if later.by_merging is not null and not exists (select from elder where id = m.kept) then
		raise exception using errcode = 'UINVL', message = format('args.merging: "%s" was itself merged later; undo merging %s first', m.kept,
			(select max(id) from merging where gone = m.kept and undone is null));
	elsif exists (select from elder where id = m.gone) then
		raise exception using errcode = 'UINVL', message = format('args.merging: "%s" is in the registry again already', m.gone);
	elsif not exists (select from household where id = m.gone_row->>'household') then
		raise exception using errcode = 'UINVL', message = format('args.merging: the household "%s" is no longer in the registry; import it first', m.gone_row->>'household');
	end if;
	insert into elder select * from jsonb_populate_record(null::elder, m.gone_row);
	foreach relation in array array['contact', 'medicine', 'tag'] loop
		execute format('update %I set elder = $1 where elder = $2 and id in (select jsonb_array_elements_text($3))', relation) using m.gone, m.kept, m.moved->relation;
	end loop;
	-- what was filled in goes again, unless somebody has changed it since
	perform elder_set(m.kept, (select coalesce(jsonb_object_agg(f.name, f.value), '{}') from jsonb_each(m.filled) f (name, value), elder e
		where e.id = m.kept and to_jsonb(e)->f.name is not distinct from merged_row(m.gone_row)->f.name));
	update merging set undone = clock_timestamp(), gone_row = '{}', filled = '{}', moved = '{}' where id = number;
	insert into api_audit (who, method, household, detail) values (change_who(), 'unmerge', m.gone_row->>'household', jsonb_build_object('merging', number, 'kept', m.kept, 'gone', m.gone));
	return jsonb_build_object('merging', number, 'kept', m.kept, 'gone', m.gone);
end $$;

-- merging_list: those that stand, the newest first.
create function merging_list(before_id bigint, most integer) returns jsonb language plpgsql as $$
declare
	answer jsonb;
begin
	perform sight_require('district', 'community');
	select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_build_object('id', id, 'at', wire_time(at), 'who', who, 'kept', kept, 'gone', gone) order by id desc), '[]')) into answer
		from (select * from merging where undone is null and (before_id = 0 or id < before_id) order by id desc limit most) shown;
	insert into api_audit (who, method, household) values (change_who(), 'mergings', '');
	return answer;
end $$;

-- ---- an elder's rights ----

-- elder_there: who is asked for under an id that was merged is told the other one.
create function elder_there(wanted text) returns void language plpgsql stable as $$
declare
	whose text := (select into_elder from merged_into(wanted));
begin
	if not exists (select from elder where id = wanted) and exists (select from elder where id = whose) then
		raise exception using errcode = 'UNONE', message = format('args.elder: "%s" was merged into "%s"; ask for that one', wanted, whose);
	end if;
end $$;

alter function elder_export(text) rename to elder_export_alone;
create function elder_export(wanted text) returns jsonb language plpgsql as $$
declare
	answer jsonb;
begin
	perform elder_there(wanted);
	answer := elder_export_alone(wanted);
	return answer || jsonb_build_object('merged', (with recursive below as (
			select * from merging where kept = wanted and undone is null
			union all
			select m.* from below join merging m on m.kept = below.gone and m.undone is null)
		select coalesce(jsonb_agg(jsonb_build_object('merging', id, 'merged_at', wire_time(at), 'merged_by', who) || merged_row(gone_row) order by id), '[]') from below));
end $$;

-- elder_erase as before. Who was merged into the elder is erased with it, each with a certificate of its own, so that a sheet or a backup that still
-- has them apart brings nobody back.
alter function elder_erase(text, text) rename to elder_erase_and_care;
create function elder_erase(wanted text, reason text) returns jsonb language plpgsql as $$
begin
	perform elder_there(wanted);
	return elder_erase_and_care(wanted, reason);
end $$;

-- erase_elder_do as before (erase_elder_row), after those who were merged into the elder: each stands again as it was, for the moment of its erasure. A
-- certificate that the list of a restore has brought already is made again as it was.
alter function erase_elder_do(text, text, text, text, timestamptz) rename to erase_elder_row;
create function erase_elder_do(wanted text, asker text, reason text, known_token text default '', known_at timestamptz default null) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
	m merging;
	known erasure;
	answer jsonb;
	part jsonb;
	parts jsonb := '[]';
	devices jsonb;
begin
	perform seq from directory_state for update;
	for m in select * from merging where kept = wanted and undone is null order by id loop
		update merging set undone = clock_timestamp() where id = m.id;
		continue when exists (select from elder where id = m.gone); -- registered anew since, and so somebody of its own
		insert into elder select g.* from elder e, jsonb_populate_record(e, m.gone_row || jsonb_build_object('household', -- what its row did not have yet is the other's
			coalesce((select id from household where id = m.gone_row->>'household'), e.household))) g where e.id = wanted;
		known := null;
		delete from erasure where elder = m.gone and lifted is null returning * into known;
		part := erase_elder_do(m.gone, asker, reason, coalesce(known.token, ''), known.at);
		parts := parts || jsonb_build_array(part - 'merged') || (part->'merged');
	end loop;
	delete from merging where kept = wanted; -- undone: who was apart again keeps his history, and leaves no mark
	answer := erase_elder_row(wanted, asker, reason, known_token, known_at);
	select coalesce(jsonb_agg(distinct d), '[]') into devices from jsonb_array_elements(jsonb_build_array(answer) || parts) one, jsonb_array_elements(one->'devices') d;
	return answer || jsonb_build_object('devices', devices, 'merged', parts);
end $$;

do $$
declare
	f text;
begin
	for f in select oid::regprocedure::text from pg_proc where pronamespace = current_schema()::regnamespace and proname = 'erase_elder_row' loop
		execute format('revoke execute on function %s from curtain_service', f);
	end loop;
end $$;
