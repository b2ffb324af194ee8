-- SPDX-License-Identifier: MIT
-- An elder whom an import has removed can have a copy of what is still kept, as it can be erased (0029).

-- elder_export_before (the first of elder_export's parts) as before, for those whom the registry no longer has, too: their newest row, what the history
-- holds of them, and what is left of their home, unless others live there.
create or replace function elder_export_before(wanted text) returns jsonb language plpgsql as $$
declare
	there boolean := exists (select from elder where id = wanted);
	whose text := (select kept from merging where gone = wanted and undone is null order by id desc limit 1);
	person jsonb := elder_known(wanted);
	home text := coalesce(person->>'household', '');
begin
	perform sight_require('district', 'community');
	if not there then
		if current_user in ('curtain_service', 'curtain_reader') and sight_level(current_user::text) <> 'district' then -- whose they were no jurisdiction tells
			raise exception using errcode = 'UNONE', message = 'args.elder: no such elder in the registry';
		elsif whose is not null then
			raise exception using errcode = 'UNONE', message = format('args.elder: "%s" was merged into "%s"; ask for that one', wanted, whose);
		elsif person is null then
			raise exception using errcode = 'UNONE', message = 'args.elder: no such elder in the registry or its history';
		elsif exists (select from elder where household = home) then
			home := ''; -- theirs who live there now
		end if;
	end if;
	insert into api_audit (who, method, household, detail) values (change_who(), 'elder_export', home, jsonb_build_object('elder', wanted));
	return jsonb_build_object(
		'elder', person,
		'household', coalesce((select to_jsonb(h) from household h where id = home),
			(select before from change where relation = 'household' and key = home and after is null order by id desc limit 1)),
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
			from change
			where household = home and home <> '' or not there and ((relation = 'elder' and key = wanted)
				or (relation in ('contact', 'medicine', 'tag') and wanted in (after->>'elder', before->>'elder')))),
		'looked', (select coalesce(jsonb_agg(jsonb_build_object('at', at, 'who', who, 'method', method, 'why', why) order by id), '[]') from api_audit where household = home and home <> '' or not there and detail->>'elder' = wanted));
end $$;
