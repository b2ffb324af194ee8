-- SPDX-License-Identifier: MIT
-- An elder's data out of the registry: all of it for the elder to take along, or gone for good with a certificate.

-- erasure: what was erased, by whom and why. It holds no data of the person; the ids serve to erase again after an older backup was restored.
create table erasure (
	id bigint generated always as identity primary key,
	at timestamptz not null default clock_timestamp(),
	who text not null,
	why text not null,
	elder text not null,
	household text not null, -- '' when others still live in it
	token text not null, -- what stands in the household's place in alerts and incidents, for statistics
	devices text[] not null,
	counts jsonb not null
);
alter table erasure enable row level security;
create policy sight_read on erasure for select to curtain_service using ((select sight_level(current_user::text)) in ('district', 'auditor'));
create policy audit_all on erasure for select to curtain_auditor using (true);
grant select on erasure to curtain_service, curtain_auditor;

-- erase_rows deletes and counts.
create function erase_rows(counts jsonb, relation text, condition text, of text) returns jsonb language plpgsql as $$
declare
	n bigint;
begin
	execute format('delete from %I where %s', relation, condition) using of;
	get diagnostics n = row_count;
	return counts || jsonb_build_object(relation, n + coalesce((counts->>relation)::bigint, 0));
end $$;

-- erase_household: the home's signals and habits go; its alerts and incidents stay under a token, without what was said in them.
create function erase_household(home text, token text, counts jsonb) returns jsonb language plpgsql as $$
declare
	n bigint;
begin
	counts := erase_rows(counts, 'reading', 'household = $1', home);
	counts := erase_rows(counts, 'reading_hour', 'household = $1', home);
	counts := erase_rows(counts, 'reading_day', 'household = $1', home);
	update alert_event e set body = jsonb_build_object('id', e.alert, 'household', token, 'state', e.state) from alert a where a.id = e.alert and a.household = home;
	update alert set household = token, reason_zh = '', reason_en = '', body = jsonb_build_object('id', id, 'household', token, 'kind', kind, 'level', level, 'state', state,
		'rule', rule, 'onset', onset, 'at', at) where household = home;
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('alert_kept_without_person', n);
	update incident_event e set body = jsonb_build_object('id', e.incident, 'household', token, 'event', e.event, 'state', e.state) from incident i where i.id = e.incident and i.household = home;
	update incident set household = token, reason_zh = '', reason_en = '', body = jsonb_build_object('id', id, 'household', token, 'community', community, 'team', team, 'kind', kind,
		'level', level, 'state', state, 'outcome', outcome, 'opened', opened, 'at', at) where household = home;
	get diagnostics n = row_count;
	counts := counts || jsonb_build_object('incident_kept_without_person', n);
	counts := erase_rows(counts, 'device', 'household = $1', home);
	counts := erase_rows(counts, 'device_stay', 'household = $1', home);
	counts := erase_rows(counts, 'consent', 'household = $1', home);
	counts := erase_rows(counts, 'appointment', 'household = $1', home);
	counts := erase_rows(counts, 'household', 'id = $1', home);
	return erase_rows(counts, 'change', 'household = $1', home); -- last: the deletions above are noted there too
end $$;

-- erase_elder_do is the owner's part of elder_erase.
create function erase_elder_do(wanted text, asker text, reason text) returns jsonb language plpgsql security definer set search_path = public, pg_temp as $$
declare
	home text;
	last boolean;
	token text := 'erased-' || substr(encode(sha256(convert_to(random()::text || clock_timestamp()::text || wanted, 'UTF8')), 'hex'), 1, 16);
	counts jsonb := '{}';
	touched jsonb := '[]';
	apparatus text[] := '{}';
	written erasure;
begin
	perform seq from directory_state for update;
	select household into home from elder where id = wanted for update;
	last := not exists (select from elder where household = home and id <> wanted);
	if last then
		apparatus := array(select id from device where household = home order by id);
		select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') into touched from (
			select 'household' as kind, home as key union all select 'consent', home union all select 'device', id from device where household = home
			union all select 'appointment', id from appointment where household = home) gone;
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
	insert into erasure (who, why, elder, household, token, devices, counts) values (asker, reason, wanted, case when last then home else '' end, case when last then token else '' end, apparatus, counts)
		returning * into written;
	return jsonb_build_object('erasure', written.id, 'at', written.at, 'who', asker, 'why', reason, 'elder', wanted, 'household', written.household, 'token', written.token,
		'devices', to_jsonb(apparatus), 'counts', counts);
end $$;

-- elder_erase erases one elder, and the household if nobody else lives in it. The trail of who looked stays: it holds ids only.
create function elder_erase(wanted text, reason text) returns jsonb language plpgsql as $$
begin
	perform sight_require('district');
	perform from elder where id = wanted;
	if not found then
		raise exception using errcode = 'UNONE', message = 'args.elder: no such elder in the registry';
	end if;
	insert into api_audit (who, method, household, why, detail) select change_who(), 'erase', household, reason, jsonb_build_object('elder', wanted) from elder where id = wanted;
	return erase_elder_do(wanted, change_who(), reason);
end $$;

-- elder_export: everything that is kept of an elder, for the elder.
create function elder_export(wanted text) returns jsonb language plpgsql as $$
declare
	home text;
begin
	perform sight_require('district', 'community');
	select household into home from elder where id = wanted;
	if home is null then
		raise exception using errcode = 'UNONE', message = 'args.elder: no such elder in the registry';
	end if;
	insert into api_audit (who, method, household, detail) values (change_who(), 'elder_export', home, jsonb_build_object('elder', wanted));
	return jsonb_build_object(
		'elder', (select to_jsonb(e) from elder e where id = wanted),
		'household', (select to_jsonb(h) from household h where id = home),
		'contacts', (select coalesce(jsonb_agg(to_jsonb(c) order by rank, id), '[]') from contact c where elder = wanted),
		'medicines', (select coalesce(jsonb_agg(to_jsonb(m) order by id), '[]') from medicine m where elder = wanted),
		'tags', (select coalesce(jsonb_agg(to_jsonb(t) order by id), '[]') from tag t where elder = wanted),
		'consent', (select to_jsonb(c) from consent c where household = home),
		'appointments', (select coalesce(jsonb_agg(to_jsonb(a) order by id), '[]') from appointment a where household = home),
		'devices', (select coalesce(jsonb_agg(to_jsonb(d) order by id), '[]') from device d where household = home),
		'device_stays', (select coalesce(jsonb_agg(to_jsonb(s) order by "from"), '[]') from device_stay s where household = home),
		'days', (select coalesce(jsonb_agg(jsonb_build_object('day', day, 'quantity', quantity, 'device', device, 'readings', readings, 'delta', delta, 'low', low, 'high', high)
			order by day, quantity, device), '[]') from reading_day where household = home),
		'readings', (select count(*) from reading where household = home),
		'alerts', (select coalesce(jsonb_agg(body order by at), '[]') from alert where household = home),
		'incidents', (select coalesce(jsonb_agg(body || jsonb_build_object('events', (select jsonb_agg(e.body order by e.revision) from incident_event e where e.incident = i.id)) order by opened), '[]')
			from incident i where household = home),
		'changes', (select coalesce(jsonb_agg(jsonb_build_object('at', at, 'who', who, 'why', why, 'kind', relation, 'key', key, 'before', before, 'after', after) order by id), '[]')
			from change where household = home),
		'looked', (select coalesce(jsonb_agg(jsonb_build_object('at', at, 'who', who, 'method', method, 'why', why) order by id), '[]') from api_audit where household = home));
end $$;

do $$
declare
	f text;
begin
	for f in select oid::regprocedure::text from pg_proc where pronamespace = current_schema()::regnamespace and proname in ('erase_rows', 'erase_household') loop
		execute format('revoke execute on function %s from curtain_service', f);
	end loop;
end $$;

-- registry_fingerprint: rows and a hash of each table's content, whatever order they lie in: what a restored database is compared by.
create function registry_fingerprint() returns table (relation text, rows bigint, hash text) language plpgsql stable as $$
declare
	name text;
begin
	for name in select c.relname::text from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1 loop
		return query execute format($q$select %1$L::text, count(*), encode(sha256(convert_to(coalesce(sum(('x' || substr(digest, 1, 15))::bit(60)::bigint)::text, '0') || '/' ||
			coalesce(sum(('x' || substr(digest, 17, 15))::bit(60)::bigint)::text, '0'), 'UTF8')), 'hex') from (select md5(t::text) as digest from %1$I t) row$q$, name);
	end loop;
end $$;
revoke execute on function registry_fingerprint() from curtain_service;

-- erasure_again: what outboxes still held of an erased household and brought afterwards goes too. A household that was entered anew is let be.
create function erasure_again() returns setof text language plpgsql as $$
declare
	e erasure;
begin
	for e in select * from erasure where household <> '' and not exists (select from household h where h.id = erasure.household) loop
		if exists (select from reading where household = e.household) or exists (select from reading_hour where household = e.household)
			or exists (select from alert where household = e.household) or exists (select from incident where household = e.household) then
			perform erase_household(e.household, e.token, '{}');
			return next e.token;
		end if;
	end loop;
end $$;
revoke execute on function erasure_again() from curtain_service;
