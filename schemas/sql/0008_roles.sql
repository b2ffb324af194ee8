-- SPDX-License-Identifier: MIT
-- Who may see and write what, in the database itself: four roles, and row-level security by jurisdiction.
--
--   the owner         runs migrations, stores what the lanes bring, feeds the directory; not bound by row-level security
--   curtain_service   what answers requests: acts for the account in the setting curtain.user, which the service sets for each request
--   curtain_reader    for logins of people and programs that read: acts for the account of the login's own name
--   curtain_auditor   for logins that check: the audit trail, and who changed what when, without what it held
--
-- Row-level security guards against a query that forgets where its caller's business ends. Whoever can send statements of his own as
-- curtain_service can set curtain.user; a curtain_reader cannot, since his name is that of the login.

do $$
declare
	wanted text;
begin
	foreach wanted in array array['curtain_service', 'curtain_reader', 'curtain_auditor'] loop
		begin
			if not exists (select from pg_roles where rolname = wanted) then
				execute format('create role %I nologin', wanted);
			end if;
			if not pg_has_role(current_user, wanted, 'member') then
				execute format('grant %I to %I', wanted, current_user);
			end if;
		exception
			when duplicate_object or unique_violation then null; -- another database of this cluster was quicker
			when insufficient_privilege then
				raise exception using errcode = 'insufficient_privilege', message = format('role %s is missing and %s may not make it; as superuser: alter role %I createrole',
					wanted, current_user, current_user);
		end;
	end loop;
end $$;

-- An account of the broker, or a login of curtain_reader, and its jurisdiction. A volunteer needs no row: his account has his id.
create table account (
	name text primary key,
	level text not null check (level in ('district', 'community', 'volunteer', 'auditor', 'none')),
	community text references community on delete cascade,
	volunteer text references volunteer on delete cascade,
	check ((level = 'community') = (community is not null)),
	check ((level = 'volunteer') = (volunteer is not null))
);
select change_watch('account', 'name', '');
insert into ledger_kind values ('accounts', 450, 'account', '{name}', '{name,level,community,volunteer}', null);

-- sight_*: what the caller may see. role is current_user, given by the policy: inside it would be the owner.
create function sight_name(role text) returns text language sql stable as $$
	select case role when 'curtain_service' then coalesce(current_setting('curtain.user', true), '') else session_user end;
$$;

create function sight_level(role text) returns text language sql stable security definer set search_path = public, pg_temp as $$
	select coalesce((select level from account where name = sight_name(role)),
		(select 'volunteer' from volunteer where id = sight_name(role)),
		case when role = 'curtain_service' then nullif(current_setting('curtain.unlisted', true), '') end, 'none');
$$;

create function sight_community(role text) returns text language sql stable security definer set search_path = public, pg_temp as $$
	select coalesce((select community from account where name = sight_name(role)), '');
$$;

create function sight_volunteer(role text) returns text language sql stable security definer set search_path = public, pg_temp as $$
	select coalesce((select volunteer from account where name = sight_name(role)), (select id from volunteer where id = sight_name(role)), '');
$$;

-- sight_served: the households that a volunteer serves now: those of open incidents that he has accepted.
create function sight_served(role text) returns setof text language sql stable security definer set search_path = public, pg_temp as $$
	select household from incident where responder <> '' and responder = sight_volunteer(role) and state not in ('resolved', 'cancelled');
$$;

-- sight_require: for what only some levels may ask.
create function sight_require(variadic levels text[]) returns void language plpgsql stable as $$
begin
	if current_user in ('curtain_service', 'curtain_reader') and not sight_level(current_user::text) = any (levels) then
		raise exception using errcode = 'UDENY', message = 'this account''s jurisdiction does not reach so far';
	end if;
end $$;

-- sight_guard: rows of relation are seen where `seen` holds and written by district and community where it holds.
create function sight_guard(relation text, seen text) returns void language plpgsql as $$
declare
	writes constant text := '(select sight_level(current_user::text)) in (''district'', ''community'')';
begin
	execute format('alter table %I enable row level security', relation);
	execute format('drop policy if exists sight_read on %I', relation);
	execute format('drop policy if exists sight_insert on %I', relation);
	execute format('drop policy if exists sight_update on %I', relation);
	execute format('drop policy if exists sight_delete on %I', relation);
	execute format('create policy sight_read on %I for select to curtain_service, curtain_reader using (%s)', relation, seen);
	execute format('create policy sight_insert on %I for insert to curtain_service with check (%s and (%s))', relation, writes, seen);
	execute format('create policy sight_update on %I for update to curtain_service using (%s and (%s))', relation, writes, seen);
	execute format('create policy sight_delete on %I for delete to curtain_service using (%s and (%s))', relation, writes, seen);
	execute format('grant select, insert, update, delete on %I to curtain_service', relation);
	execute format('grant select on %I to curtain_reader', relation);
end $$;

-- The words of the policies.
create function sight_all() returns text language sql immutable as $$
	select $q$(select sight_level(current_user::text)) = 'district'$q$;
$$;
create function sight_of_community(col text) returns text language sql immutable as $$
	select format($q$%s or ((select sight_level(current_user::text)) = 'community' and %s = (select sight_community(current_user::text)))$q$, sight_all(), col);
$$;
create function sight_of_home(relation text, col text) returns text language sql immutable as $$
	select format($q$%s or exists (select from household sighted where sighted.id = %I.%I)$q$, sight_all(), relation, col);
$$;

select sight_guard('household', sight_of_community('community')
	|| $q$ or ((select sight_level(current_user::text)) = 'volunteer' and id in (select sight_served(current_user::text)))$q$);
select sight_guard(relation, sight_of_home(relation, 'household')) from unnest(array['elder', 'consent', 'device']) relation;
select sight_guard('volunteer', sight_all() || $q$ or ((select sight_level(current_user::text)) = 'community' and exists (select from team own where own.id = volunteer.team))
	or id = (select sight_volunteer(current_user::text))$q$);
-- The policy of volunteer looks at team, so that of team finds the volunteer's by a function, or they would go round in a circle.
create function sight_team(role text) returns text language sql stable security definer set search_path = public, pg_temp as $$
	select coalesce((select team from volunteer where id = sight_volunteer(role)), '');
$$;
select sight_guard('team', sight_of_community('community') || $q$ or id = (select sight_team(current_user::text))$q$);
-- Names of communities and times of policies are no secret; who has no level sees nothing at all.
select sight_guard(relation, $q$(select sight_level(current_user::text)) <> 'none'$q$) from unnest(array['community', 'policy', 'ledger_kind']) relation;
select sight_guard('account', sight_all() || $q$ or name = (select sight_name(current_user::text))$q$);
-- Rights, communities and policies are the district's to give.
do $$
declare
	relation text;
begin
	foreach relation in array array['account', 'community', 'policy'] loop
		execute format('drop policy if exists sight_insert on %1$I', relation);
		execute format('drop policy if exists sight_update on %1$I', relation);
		execute format('drop policy if exists sight_delete on %1$I', relation);
		execute format('create policy sight_write on %I for all to curtain_service using (%s)', relation, sight_all());
	end loop;
end $$;
revoke insert, update, delete on ledger_kind from curtain_service;

-- What the lanes bring: read by jurisdiction, written by the owner alone.
create function sight_guard_read(relation text, seen text) returns void language plpgsql as $$
begin
	execute format('alter table %I enable row level security', relation);
	execute format('drop policy if exists sight_read on %I', relation);
	execute format('create policy sight_read on %I for select to curtain_service, curtain_reader using (%s)', relation, seen);
	execute format('grant select on %I to curtain_service, curtain_reader', relation);
end $$;
select sight_guard_read(relation, sight_of_home(relation, 'household'))
	from unnest(array['reading', 'reading_hour', 'reading_day', 'alert', 'incident']) relation;
select sight_guard_read('alert_event', sight_all() || ' or exists (select from alert seen where seen.id = alert_event.alert)');
select sight_guard_read('incident_event', sight_all() || ' or exists (select from incident seen where seen.id = incident_event.incident)');

-- The trail and the history. Everybody's acts are added; the district and auditors read the trail.
alter table api_audit enable row level security;
create policy audit_add on api_audit for insert to curtain_service with check (who = sight_name(current_user::text));
create policy audit_see on api_audit for select to curtain_service using ((select sight_level(current_user::text)) in ('district', 'auditor'));
create policy audit_all on api_audit for select to curtain_auditor using (true);
grant select, insert on api_audit to curtain_service;
grant select on api_audit, audit_head to curtain_auditor;
alter table audit_head enable row level security;
create policy audit_see on audit_head for select to curtain_service using ((select sight_level(current_user::text)) in ('district', 'auditor'));
create policy audit_all on audit_head for select to curtain_auditor using (true);
grant select on audit_head to curtain_service;
select sight_guard_read('change', sight_all() || $q$ or (household <> '' and exists (select from household seen where seen.id = change.household))$q$);
revoke all on change from curtain_reader;
grant select (id, at, transaction, who, why, relation, key, household) on change to curtain_auditor;
create policy change_all on change for select to curtain_auditor using (true);

-- The owner's business behind functions. The service asks for pages of the directory with nobody's request at hand.
create or replace function directory_refresh(touched jsonb) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
	base bigint;
begin
	select seq into strict base from directory_state for update;
	with key as (
		select distinct kind, key from jsonb_to_recordset(touched) as t (kind text, key text)),
	changed as (
		select kind, key, now.body, row_number() over (order by kind, key) as number
		from key left join directory_now now using (kind, key) left join directory_entry held using (kind, key)
		where case when now.body is null then held.key is not null and not held.deleted
			else held.key is null or held.deleted or held.body <> now.body end)
	insert into directory_entry as held (kind, key, seq, deleted, body)
		select kind, key, base + number, body is null, body from changed
		on conflict (kind, key) do update set seq = excluded.seq, deleted = excluded.deleted, body = excluded.body;
	update directory_state set seq = (select coalesce(max(seq), 0) from directory_entry) returning seq into base;
	return base;
end $$;
create or replace function directory_lock() returns void language plpgsql security definer set search_path = public, pg_temp as $$
begin
	perform seq from directory_state for update;
end $$;
create function directory_heads(first text[], second text[], third text[]) returns table (epoch bigint, a bigint, b bigint, c bigint)
language sql stable security definer set search_path = public, pg_temp as $$
	select state.epoch,
		(select coalesce(max(seq), 0) from unnest(first) k, lateral (select max(seq) as seq from directory_entry where kind = k) m),
		(select coalesce(max(seq), 0) from unnest(second) k, lateral (select max(seq) as seq from directory_entry where kind = k) m),
		(select coalesce(max(seq), 0) from unnest(third) k, lateral (select max(seq) as seq from directory_entry where kind = k) m)
	from directory_state state;
$$;
create function directory_page(kinds text[], after bigint, most integer) returns table (number bigint, entry jsonb)
language sql stable security definer set search_path = public, pg_temp as $$
	select seq, jsonb_build_object('kind', kind, 'key', key, 'seq', seq) || case when deleted then '{"deleted": true}' else body end
	from directory_entry where kind = any (kinds) and seq > after order by seq limit most;
$$;
create function directory_renew() returns void language sql security definer set search_path = public, pg_temp as $$
	update directory_state set epoch = greatest(epoch + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint);
$$;

-- audit_read and audit_verify look at all of the trail or none of it.
create or replace function audit_read(home text, asker text, before_id bigint, most integer) returns jsonb language plpgsql stable as $$
begin
	perform sight_require('district', 'auditor');
	return (select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', id, 'at', at, 'who', who, 'method', method,
		'household', nullif(household, ''), 'why', nullif(why, ''), 'detail', detail)) order by id desc), '[]'))
	from (select * from api_audit where (home = '' or household = home) and (asker = '' or who = asker) and (before_id = 0 or id < before_id)
		order by id desc limit most) row);
end $$;
create or replace function audit_verify(anchor text, most integer) returns jsonb language plpgsql stable as $$
declare
	part text[] := string_to_array(nullif(anchor, ''), ':');
	faults jsonb;
	total bigint;
begin
	perform sight_require('district', 'auditor');
	if part is not null and (anchor !~ '^\d{1,4}:\d{1,18}:[0-9a-f]{64}$') then
		raise exception using errcode = 'UINVL', message = 'args.anchor: must be chain:number:hash, as records logs it';
	end if;
	with found as (
		select * from audit_faults()
		union all
		select part[1]::smallint, part[2]::bigint, 'anchor' where part is not null and not exists (
			select from api_audit a where a.chain = part[1]::smallint and a.number = part[2]::bigint and encode(a.hash, 'hex') = part[3])),
	shown as (
		select * from found order by 1, 2, 3 limit most)
	select (select count(*) from found), coalesce((select jsonb_agg(jsonb_build_object('chain', chain, 'number', number, 'fault', fault)
		order by chain, number, fault) from shown), '[]') into total, faults;
	return jsonb_build_object('rows', (select count(*) from api_audit), 'heads', coalesce((select jsonb_agg(format('%s:%s:%s', chain, number,
		encode(hash, 'hex')) order by chain) from audit_head), '[]'), 'faults', faults, 'fault_count', total);
end $$;

-- api_summary counts what the caller may see; who has no level is refused rather than told zeros.
create or replace function api_summary() returns jsonb language plpgsql stable as $$
begin
	perform sight_require('district', 'community', 'volunteer', 'auditor');
	return jsonb_build_object('communities', (select count(*) from community), 'teams', (select count(*) from team),
		'volunteers', (select count(*) from volunteer), 'households', (select count(*) from household),
		'elders', (select count(*) from elder), 'consents', (select count(*) from consent),
		'devices', (select count(*) from device where not handset), 'handsets', (select count(*) from device where handset),
		'incidents_open', (select count(*) from incident where state not in ('resolved', 'cancelled')));
end $$;

-- Functions are not for everybody who can connect.
do $$
begin
	execute format('grant usage on schema %I to curtain_service, curtain_reader, curtain_auditor', current_schema());
	execute format('revoke execute on all functions in schema %I from public', current_schema());
	execute format('grant execute on all functions in schema %I to curtain_service', current_schema());
	execute format('alter default privileges in schema %I revoke execute on functions from public', current_schema());
	execute format('alter default privileges in schema %I grant execute on functions to curtain_service', current_schema());
end $$;
grant execute on function sight_name(text), sight_level(text), sight_community(text), sight_volunteer(text), sight_served(text), sight_team(text) to curtain_reader, curtain_auditor;
grant execute on function audit_faults(), audit_digest(smallint, bigint, timestamptz, text, text, text, text, jsonb, bytea) to curtain_auditor;
-- The lanes and the schema are the owner's.
do $$
declare
	f text;
begin
	for f in select oid::regprocedure::text from pg_proc where pronamespace = current_schema()::regnamespace and proname in ('records_take', 'lane_advance', 'reading_month', 'reading_hours',
		'hours_add', 'reading_upkeep', 'reading_zone_set', 'days_make', 'partitions_over', 'partition_make', 'sight_guard', 'sight_guard_read', 'change_watch', 'alert_apply', 'incident_apply') loop
		execute format('revoke execute on function %s from curtain_service', f);
	end loop;
end $$;
