-- SPDX-License-Identifier: MIT
-- Changes of the registry and the directory entries that follow from them, all or nothing in one transaction.

-- directory_now: what the directory should say of each key.
create view directory_now as
	select 'device' as kind, id as key, jsonb_strip_nulls(jsonb_build_object('household', household, 'place', nullif(place, ''))) as body
	from device
	union all
	select 'household', id, jsonb_build_object('community', community, 'team', team, 'policy', policy, 'persons', persons)
		|| case when canary then '{"canary": true}'::jsonb else '{}'::jsonb end
	from household
	union all
	select 'consent', household, jsonb_strip_nulls(jsonb_build_object('quantities', quantities,
		'from', to_char("from" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
		'until', to_char(until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
	from consent
	union all
	select 'team', id, jsonb_strip_nulls(jsonb_build_object('community', community, 'captain', nullif(captain, ''),
		'desk', nullif(desk, ''), 'number', nullif(number, '')))
	from team
	union all
	select 'volunteer', id, jsonb_strip_nulls(jsonb_build_object('team', team, 'phone', nullif(phone, ''), 'day', day, 'night', night,
		'desk', desk, 'weekdays', weekdays, 'order', "order"))
	from volunteer
	union all
	select 'policy', id, jsonb_build_object('accept_life_s', accept_life_s, 'accept_alarm_s', accept_alarm_s,
		'accept_attention_s', accept_attention_s, 'arrive_s', arrive_s, 'attention_pages', attention_pages)
	from policy;

-- directory_refresh gives the next numbers to those of the touched keys ([{"kind", "key"}]) whose entry is no longer true.
create function directory_refresh(touched jsonb) returns bigint language plpgsql as $$
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

create function registry_count(present bigint, added bigint, changed bigint, removed bigint) returns jsonb language sql immutable as $$
	select jsonb_build_object('added', added, 'changed', changed, 'unchanged', present - added - changed, 'removed', removed);
$$;

-- registry_touched: the directory keys that a document can change, looked up before anything is removed.
create function registry_touched(doc jsonb) returns jsonb language sql stable as $$
	with row as (select r.kind, item from (values ('communities'), ('policies'), ('teams'), ('volunteers'), ('households'), ('consents'), ('devices')) r (kind),
		jsonb_array_elements(coalesce(doc->r.kind, '[]')) item),
	home as (select item->>'id' as id, coalesce((item->>'deleted')::boolean, false) as deleted from row where kind = 'households')
	select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') from (
		select 'policy' as kind, item->>'id' as key from row where kind = 'policies'
		union all select 'team', item->>'id' from row where kind = 'teams'
		union all select 'volunteer', item->>'id' from row where kind = 'volunteers'
		union all select 'household', id from home
		union all select 'device', 'phone-' || id from home
		union all select 'device', device.id from device join home on device.household = home.id where home.deleted
		union all select 'consent', id from home where deleted
		union all select 'consent', item->>'household' from row where kind = 'consents'
		union all select 'device', item->>'id' from row where kind = 'devices') t;
$$;

create function registry_apply(doc jsonb) returns jsonb language plpgsql as $$
declare
	touched jsonb;
	head bigint;
	n record;
	community_count jsonb; policy_count jsonb; team_count jsonb; volunteer_count jsonb;
	household_count jsonb; elder_count jsonb; consent_count jsonb; device_count jsonb;
begin
	perform seq from directory_state for update; -- one import at a time
	touched := registry_touched(doc);

	with incoming as (select * from jsonb_to_recordset(doc->'communities') as i (id text, name text, deleted boolean)),
	put as (
		insert into community as held (id, name) select id, coalesce(name, '') from incoming where deleted is not true
		on conflict (id) do update set name = excluded.name where held.name <> excluded.name returning xmax = 0 as added)
	select (select count(*) from incoming where deleted is not true) as present, count(*) filter (where added) as added, count(*) filter (where not added) as changed into n from put;
	community_count := registry_count(n.present, n.added, n.changed, 0);

	with incoming as (select * from jsonb_to_recordset(doc->'policies') as i (id text, accept_life_s integer, accept_alarm_s integer,
		accept_attention_s integer, arrive_s integer, attention_pages boolean, deleted boolean)),
	put as (
		insert into policy as held (id, accept_life_s, accept_alarm_s, accept_attention_s, arrive_s, attention_pages)
		select id, accept_life_s, accept_alarm_s, accept_attention_s, arrive_s, coalesce(attention_pages, false) from incoming where deleted is not true
		on conflict (id) do update set accept_life_s = excluded.accept_life_s, accept_alarm_s = excluded.accept_alarm_s,
			accept_attention_s = excluded.accept_attention_s, arrive_s = excluded.arrive_s, attention_pages = excluded.attention_pages
		where held.* is distinct from excluded.* returning xmax = 0 as added)
	select (select count(*) from incoming where deleted is not true) as present, count(*) filter (where added) as added, count(*) filter (where not added) as changed into n from put;
	policy_count := registry_count(n.present, n.added, n.changed, 0);

	with incoming as (select * from jsonb_to_recordset(doc->'teams') as i (id text, community text, captain text, desk text, number text, deleted boolean)),
	put as (
		insert into team as held (id, community, captain, desk, number)
		select id, community, coalesce(captain, ''), coalesce(desk, ''), coalesce(number, '') from incoming where deleted is not true
		on conflict (id) do update set community = excluded.community, captain = excluded.captain, desk = excluded.desk, number = excluded.number
		where held.* is distinct from excluded.* returning xmax = 0 as added)
	select (select count(*) from incoming where deleted is not true) as present, count(*) filter (where added) as added, count(*) filter (where not added) as changed into n from put;
	team_count := registry_count(n.present, n.added, n.changed, 0);

	with incoming as (select * from jsonb_to_recordset(doc->'volunteers') as i (id text, team text, name text, phone text, day boolean, night boolean,
		desk boolean, weekdays smallint, "order" smallint, deleted boolean)),
	put as (
		insert into volunteer as held (id, team, name, phone, day, night, desk, weekdays, "order")
		select id, team, coalesce(name, ''), coalesce(phone, ''), coalesce(day, false), coalesce(night, false), coalesce(desk, false),
			coalesce(weekdays, 127), coalesce("order", 100) from incoming where deleted is not true
		on conflict (id) do update set team = excluded.team, name = excluded.name, phone = excluded.phone, day = excluded.day, night = excluded.night,
			desk = excluded.desk, weekdays = excluded.weekdays, "order" = excluded."order"
		where held.* is distinct from excluded.* returning xmax = 0 as added)
	select (select count(*) from incoming where deleted is not true) as present, count(*) filter (where added) as added, count(*) filter (where not added) as changed into n from put;
	volunteer_count := registry_count(n.present, n.added, n.changed, 0);

	with incoming as (select * from jsonb_to_recordset(doc->'households') as i (id text, community text, team text, policy text, persons smallint,
		canary boolean, address text, deleted boolean)),
	put as (
		insert into household as held (id, community, team, policy, persons, canary, address)
		select id, community, team, coalesce(policy, 'default'), coalesce(persons, 1), coalesce(canary, false), coalesce(address, '')
		from incoming where deleted is not true
		on conflict (id) do update set community = excluded.community, team = excluded.team, policy = excluded.policy, persons = excluded.persons,
			canary = excluded.canary, address = excluded.address
		where held.* is distinct from excluded.* returning xmax = 0 as added)
	select (select count(*) from incoming where deleted is not true) as present, count(*) filter (where added) as added, count(*) filter (where not added) as changed into n from put;
	household_count := registry_count(n.present, n.added, n.changed, 0);
	insert into device (id, household, place, handset)
		select 'phone-' || id, id, 'phone', true from jsonb_to_recordset(doc->'households') as i (id text, deleted boolean) where deleted is not true
		on conflict (id) do nothing;

	with incoming as (select * from jsonb_to_recordset(doc->'elders') as i (id text, household text, name text, birth_year smallint, phone text, deleted boolean)),
	put as (
		insert into elder as held (id, household, name, birth_year, phone)
		select id, household, coalesce(name, ''), birth_year, coalesce(phone, '') from incoming where deleted is not true
		on conflict (id) do update set household = excluded.household, name = excluded.name, birth_year = excluded.birth_year, phone = excluded.phone
		where held.* is distinct from excluded.* returning xmax = 0 as added)
	select (select count(*) from incoming where deleted is not true) as present, count(*) filter (where added) as added, count(*) filter (where not added) as changed into n from put;
	elder_count := registry_count(n.present, n.added, n.changed, 0);

	with incoming as (select * from jsonb_to_recordset(doc->'consents') as i (household text, quantities text[], "from" timestamptz, until timestamptz, deleted boolean)),
	put as (
		insert into consent as held (household, quantities, "from", until)
		select household, quantities, "from", until from incoming where deleted is not true
		on conflict (household) do update set quantities = excluded.quantities, "from" = excluded."from", until = excluded.until
		where held.* is distinct from excluded.* returning xmax = 0 as added)
	select (select count(*) from incoming where deleted is not true) as present, count(*) filter (where added) as added, count(*) filter (where not added) as changed into n from put;
	consent_count := registry_count(n.present, n.added, n.changed, 0);

	with incoming as (select * from jsonb_to_recordset(doc->'devices') as i (id text, household text, place text, deleted boolean)),
	put as (
		insert into device as held (id, household, place)
		select id, household, coalesce(place, '') from incoming where deleted is not true
		on conflict (id) do update set household = excluded.household, place = excluded.place
		where held.household <> excluded.household or held.place <> excluded.place returning xmax = 0 as added)
	select (select count(*) from incoming where deleted is not true) as present, count(*) filter (where added) as added, count(*) filter (where not added) as changed into n from put;
	device_count := registry_count(n.present, n.added, n.changed, 0);

	-- Removals come last, so that one document can move households to another team and remove the old one.
	device_count := device_count || registry_removed('device', 'id', doc->'devices');
	consent_count := consent_count || registry_removed('consent', 'household', doc->'consents');
	elder_count := elder_count || registry_removed('elder', 'id', doc->'elders');
	household_count := household_count || registry_removed('household', 'id', doc->'households');
	volunteer_count := volunteer_count || registry_removed('volunteer', 'id', doc->'volunteers');
	team_count := team_count || registry_removed('team', 'id', doc->'teams');
	policy_count := policy_count || registry_removed('policy', 'id', doc->'policies');
	community_count := community_count || registry_removed('community', 'id', doc->'communities');

	head := directory_refresh(touched);
	return jsonb_build_object('seq', head, 'kinds', jsonb_build_object('communities', community_count, 'policies', policy_count,
		'teams', team_count, 'volunteers', volunteer_count, 'households', household_count, 'elders', elder_count,
		'consents', consent_count, 'devices', device_count));
end $$;

create function registry_removed(relation regclass, key text, items jsonb) returns jsonb language plpgsql as $$
declare
	gone bigint;
begin
	execute format('delete from %s where %I in (select item->>%L from jsonb_array_elements(coalesce($1, ''[]'')) item where (item->>''deleted'')::boolean)',
		relation, key, key) using items;
	get diagnostics gone = row_count;
	return jsonb_build_object('removed', gone);
end $$;

-- registry_import applies a checked document; dry_run counts and undoes.
create function registry_import(doc jsonb, dry_run boolean) returns jsonb language plpgsql as $$
declare
	answer jsonb;
begin
	begin
		answer := registry_apply(doc);
		if dry_run then
			raise exception using errcode = 'UDRY1';
		end if;
	exception when sqlstate 'UDRY1' then
		null;
	end;
	return answer || jsonb_build_object('dry_run', dry_run);
end $$;

insert into policy (id, accept_life_s, accept_alarm_s, accept_attention_s, arrive_s, attention_pages) values ('default', 60, 120, 600, 1200, false);
do $$ begin perform directory_refresh('[{"kind": "policy", "key": "default"}]'); end $$;
