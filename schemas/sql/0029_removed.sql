-- SPDX-License-Identifier: MIT
-- An elder whom an import has removed can be erased: the history, merged entries and the home's readings still hold what is personal.

-- Copies that mergings keep have the columns that came after them, with their presets: else they cannot be taken apart.
update merging set gone_row = '{"interests": []}'::jsonb || gone_row where undone is null;

-- elder_known: an elder's newest row, as the registry, a merging or the history has it; its id alone where only what hung on it is left; null: nothing
-- is known of it.
create function elder_known(wanted text) returns jsonb language sql stable as $$
	select coalesce(
		(select to_jsonb(e) from elder e where e.id = wanted),
		(select gone_row from merging where gone = wanted and undone is null order by id desc limit 1),
		(select before from change where relation = 'elder' and key = wanted and after is null order by id desc limit 1),
		(select jsonb_build_object('id', wanted) where exists (select from merging where kept = wanted)
			or exists (select from change where relation = 'elder' and key = wanted)
			or exists (select from change where relation in ('contact', 'medicine', 'tag') and wanted in (before->>'elder', after->>'elder'))))
$$;

-- erased_marks as before, of the newest row and home that are known.
create or replace function erased_marks(wanted text, home text) returns table (mark bytea, of text) language sql stable as $$
	with person as (
		select elder_known(wanted) as r
		union all
		select gone_row from merging where kept = wanted),
	word as (
		select w.* from person, lateral (select coalesce((select to_jsonb(h) from household h where h.id = r->>'household'),
				(select before from change where relation = 'household' and key = r->>'household' and after is null order by id desc limit 1)) as h) place,
			lateral erased_words(r, (h->>'address') || (h->>'unit') || '-' || (h->>'room')) w
		union
		select 'household', 'household:' || home where home <> '')
	select distinct erased_hmac(k, word), of from word, erased_key k
$$;

-- elder_erase in one, for the elders of the registry and those it no longer has.
create or replace function elder_erase(wanted text, reason text) returns jsonb language plpgsql as $$
declare
	there boolean := exists (select from elder where id = wanted);
	home text;
	whose text := (select kept from merging where gone = wanted and undone is null order by id desc limit 1);
	person jsonb;
	last erasure;
	answer jsonb;
begin
	perform sight_require('district');
	perform elder_there(wanted);
	if not there and whose is not null then -- and that one was removed
		raise exception using errcode = 'UNONE', message = format('args.elder: "%s" was merged into "%s"; ask for that one', wanted, whose);
	end if;
	person := elder_known(wanted);
	if person is null then
		select * into last from erasure where elder = wanted and lifted is null order by id desc limit 1;
		raise exception using errcode = 'UNONE', message = case when last.id is null then 'args.elder: no such elder in the registry or its history'
			else format('args.elder: "%s" was erased already (certificate %s of %s)', wanted, last.id, to_char(last.at, 'YYYY-MM-DD')) end;
	end if;
	home := coalesce(person->>'household', '');
	insert into api_audit (who, method, household, why, detail) values (change_who(), 'erase', home, reason, jsonb_build_object('elder', wanted));
	answer := erase_elder_do(wanted, change_who(), reason);
	if answer->>'household' = '' and home <> '' then
		perform care_touch(home); -- somebody still lives there
	end if;
	return answer || jsonb_build_object('removed', not there);
end $$;
drop function elder_erase_and_care(text, text);
drop function elder_erase_alone(text, text);

-- erase_elder_do as before: who was merged into the elder goes first, each with a certificate of its own.
create or replace function erase_elder_do(wanted text, asker text, reason text, known_token text default '', known_at timestamptz default null) returns jsonb
language plpgsql security definer set search_path = public, pg_temp as $$
declare
	m merging;
	answer jsonb;
	part jsonb;
	parts jsonb := '[]';
	devices jsonb;
begin
	perform seq from directory_state for update;
	for m in select * from merging where kept = wanted and undone is null order by id loop
		continue when exists (select from elder where id = m.gone); -- registered anew since, and so somebody of its own
		part := erase_elder_do(m.gone, asker, reason);
		parts := parts || jsonb_build_array(part - 'merged') || (part->'merged');
	end loop;
	delete from merging where kept = wanted; -- undone: who was apart again keeps his history, and leaves no mark
	answer := erase_elder_row(wanted, asker, reason, known_token, known_at);
	select coalesce(jsonb_agg(distinct d), '[]') into devices from jsonb_array_elements(jsonb_build_array(answer) || parts) one, jsonb_array_elements(one->'devices') d;
	return answer || jsonb_build_object('devices', devices, 'merged', parts);
end $$;

-- erase_household as before (0018); what moved out of the home keeps its history, which told of the home.
create or replace function erase_household(home text, token text, counts jsonb) returns jsonb language plpgsql as $$
declare
	n bigint;
begin
	update errand_event v set note = '' from errand e where e.id = v.errand and e.household = home;
	update errand set household = token, reason_zh = '', reason_en = '', note = '', answers = '' where household = home;
	get diagnostics n = row_count;
	counts := erase_rows(counts || jsonb_build_object('errand_kept_without_person', n), 'home_care', 'household = $1', home);
	update change set before = jsonb_build_object('household', token) where before->>'household' = home and household <> home;
	return erase_household_before(home, token, counts);
end $$;

-- erase_elder_row as before. Of a home that the registry no longer has, the readings and the history go, and its devices are those that it had, unless
-- they are another's now.
create or replace function erase_elder_row(wanted text, asker text, reason text, known_token text default '', known_at timestamptz default null) returns jsonb
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
	perform from elder where id = wanted for update;
	home := coalesce(elder_known(wanted)->>'household', '');
	last := home <> '' and not exists (select from elder where household = home and id <> wanted)
		and not exists (select from merging where gone = wanted and undone is null and elder_known(kept)->>'household' = home); -- it goes with that one
	marks := array(select row(m.mark, 0, m.of)::erased_mark from erased_marks(wanted, case when last then home else '' end) m);
	if last then
		apparatus := array(select id from (select id from device where household = home union select device from device_stay where household = home
			union select key from change where relation = 'device' and household = home) had (id)
			where not exists (select from device d where d.id = had.id and d.household <> home) order by id);
		select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') into touched from directory_entry
			where not deleted and (key = home or body->>'household' = home);
	end if;
	-- the history of what hangs on the elder, while it can still be told by the ids
	counts := erase_rows(counts, 'change', $q$relation in ('contact', 'medicine', 'tag') and key in (
		select key from change c where c.relation in ('contact', 'medicine', 'tag') and $1 in (c.after->>'elder', c.before->>'elder'))$q$, wanted);
	counts := erase_rows(counts, 'contact', 'elder = $1', wanted);
	counts := erase_rows(counts, 'medicine', 'elder = $1', wanted);
	counts := erase_rows(counts, 'tag', 'elder = $1', wanted);
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

-- erasure_merge as before; a backup may have somebody in its history alone.
create or replace function erasure_merge(given jsonb, out applied bigint, out list jsonb) language plpgsql as $$
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
		if one.lifted is null and elder_known(one.elder) is not null then
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
