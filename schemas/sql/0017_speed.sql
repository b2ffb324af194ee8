-- SPDX-License-Identifier: MIT
-- The same answers with less work a request. PostgreSQL 15 parses and plans the body of a function in SQL anew for each statement that
-- calls it, unless the planner can dissolve it; those of the policies it cannot. In PL/pgSQL their plans are kept by the session.

create or replace function sight_level(role text) returns text language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
	caller constant text := sight_name(role);
	unlisted constant text := case when role = 'curtain_service' then nullif(current_setting('curtain.unlisted', true), '') end;
	held text;
	at_desk boolean;
begin
	select level into held from account where name = caller;
	if held is not null then
		return held;
	end if;
	select desk into at_desk from volunteer where id = caller;
	if at_desk and unlisted <> 'none' then
		return unlisted; -- the desk of a new installation stays the district's though a volunteer of its name answers for it
	end if;
	return case when at_desk is not null then 'volunteer' else coalesce(unlisted, 'none') end;
end $$;

create or replace function sight_community(role text) returns text language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
	return coalesce((select community from account where name = sight_name(role)), '');
end $$;

create or replace function sight_volunteer(role text) returns text language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
	return coalesce((select volunteer from account where name = sight_name(role)), (select id from volunteer where id = sight_name(role)), '');
end $$;

create or replace function sight_served(role text) returns setof text language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
	return query select household from incident
		where responder <> '' and responder = sight_volunteer(role) and state not in ('resolved', 'cancelled');
end $$;

create or replace function sight_team(role text) returns text language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
	return coalesce((select team from volunteer where id = sight_volunteer(role)), '');
end $$;

create or replace function audit_digest(chain smallint, number bigint, at timestamptz, who text, method text, household text, why text, detail jsonb, prev bytea)
returns bytea language plpgsql immutable as $$
begin
	return sha256(prev || convert_to(jsonb_build_array(chain, number, (extract(epoch from at) * 1000000)::bigint, who, method, household, why, detail)::text, 'UTF8'));
end $$;

-- audit_link as before, the head read, locked and written by one statement: it keeps the hash before its own.
alter table audit_head add column prev bytea not null default '';
create or replace function audit_link() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
	new.chain := coalesce(nullif(current_setting('curtain.chain', true), ''), '0')::smallint;
	new.why := coalesce(nullif(new.why, ''), current_setting('curtain.why', true), '');
	loop
		new.at := clock_timestamp();
		update audit_head head set number = head.number + 1, prev = head.hash,
			hash = audit_digest(new.chain, head.number + 1, new.at, new.who, new.method, new.household, new.why, new.detail, head.hash)
			where head.chain = new.chain returning head.number, head.prev, head.hash into new.number, new.prev, new.hash;
		exit when found;
		insert into audit_head (chain, number, hash) values (new.chain, 0, '') on conflict do nothing;
	end loop;
	return new;
end $$;

-- api_timeline as before; the newest day is looked for once.
create or replace function api_timeline(who text, home text, zone text, most integer) returns jsonb language plpgsql as $$
declare
	newest date;
	answer jsonb;
begin
	insert into api_audit (who, method, household) values (who, 'timeline', home);
	select day into newest from reading_day where household = home order by day desc limit 1;
	with per_quantity as (
		select day, quantity, sum(readings) as readings, sum(delta) as delta, min(first) as oldest, max(last) as latest
		from reading_day
		where household = home and day > newest - least(most, 366) and day <= newest
		group by 1, 2),
	day as (
		select max(latest) as at, jsonb_build_object('what', 'day', 'at', max(latest), 'day', to_char(day, 'YYYY-MM-DD'), 'readings', sum(readings), 'first', min(oldest),
			'last', max(latest), 'quantities', jsonb_object_agg(quantity, jsonb_strip_nulls(jsonb_build_object('readings', readings, 'delta', delta)))) as item
		from per_quantity group by day),
	recent_alert as (
		select at, body - 'evidence' || jsonb_build_object('what', 'alert') as item from alert where household = home order by at desc limit most),
	recent_incident as (
		select opened as at, body - 'event' - 'actor' || jsonb_build_object('what', 'incident', 'at', opened, 'events',
			(select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('revision', revision, 'at', e.at, 'event', e.event, 'state', e.state,
				'actor', nullif(e.actor, ''), 'note', e.body->'note')) order by revision) from incident_event e where e.incident = incident.id)) as item
		from incident where household = home order by opened desc limit most),
	item as (
		select * from (select * from day union all select * from recent_alert union all select * from recent_incident) every
		order by at desc, item->>'what' desc limit most)
	select jsonb_build_object('household', home, 'known', exists (select from household where id = home),
		'items', coalesce(jsonb_agg(item order by at desc, item->>'what' desc), '[]')) into answer from item;
	return answer;
end $$;

-- api_day as before, but json: its many hours are written at once, not made into a value first.
drop function api_day(text, text, text, date);
create function api_day(who text, home text, zone text, wanted date) returns json language plpgsql as $$
declare
	begins timestamptz := wanted::timestamp at time zone zone;
	ends timestamptz := (wanted + 1)::timestamp at time zone zone;
	hours json;
	alerts jsonb;
	incidents jsonb;
begin
	insert into api_audit (who, method, household) values (who, 'day', home);
	select coalesce(json_strip_nulls(json_agg(row_to_json(told))), '[]') into hours from (
		select hour, quantity, device, nullif(channel, '') as channel, readings, delta, low, total / readings as mean, high, first, last
		from reading_hour where household = home and hour >= begins and hour < ends order by hour, quantity, device, reading_hour.channel) told;
	select coalesce(jsonb_agg(body - 'evidence' order by alert.at), '[]') into alerts from alert where household = home and alert.at >= begins and alert.at < ends;
	select coalesce(jsonb_agg(body - 'event' - 'actor' order by opened), '[]') into incidents from incident where household = home and opened >= begins and opened < ends;
	return json_build_object('household', home, 'known', exists (select from household where id = home), 'day', to_char(wanted, 'YYYY-MM-DD'),
		'hours', hours, 'alerts', alerts, 'incidents', incidents);
end $$;
