-- SPDX-License-Identifier: MIT
-- What the API answers.

-- api_timeline notes who asked and tells what is known of a household, newest first: days with readings, alerts, incidents.
create function api_timeline(who text, home text, zone text, most integer) returns jsonb language plpgsql as $$
declare
	newest timestamptz;
	answer jsonb;
begin
	insert into api_audit (who, method, household) values (who, 'timeline', home);
	select max(at) into newest from reading where household = home;
	with per_quantity as (
		select date_trunc('day', at at time zone zone) as day, quantity, count(*) as readings, sum(delta) as delta, min(at) as oldest, max(at) as latest
		from reading
		where household = home and at > newest - make_interval(days => least(most, 366)) and at <= newest
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

create function api_summary() returns jsonb language sql stable as $$
	select jsonb_build_object('communities', (select count(*) from community), 'teams', (select count(*) from team),
		'volunteers', (select count(*) from volunteer), 'households', (select count(*) from household),
		'elders', (select count(*) from elder), 'consents', (select count(*) from consent),
		'devices', (select count(*) from device where not handset), 'handsets', (select count(*) from device where handset),
		'incidents_open', (select count(*) from incident where state not in ('resolved', 'cancelled')));
$$;
