-- SPDX-License-Identifier: MIT
-- Appointments: the sign that a household has agreed to give by an hour of the day, and when it is not asked for.

create table appointment (
	id text primary key,
	household text not null references household on delete cascade,
	sign text not null check (sign in ('curtain', 'call', 'button', 'door', 'any', 'visit')),
	opens time not null default '04:00', -- local times of day, both in whole minutes
	"by" time not null,
	grace_min integer not null default 30,
	days text not null default 'every' check (days in ('every', 'workdays', 'days_off')),
	weekdays smallint not null default 127, -- bit 0 = Monday
	pause_holidays boolean not null default false,
	paused_from date, -- local dates, both ends included
	paused_until date,
	"from" date,
	until date
);
create index appointment_household on appointment (household);
select change_watch('appointment', 'id', 'household');
select sight_guard('appointment', sight_of_home('appointment', 'household'));
insert into ledger_kind values ('appointments', 850, 'appointment', '{id}',
	'{id,household,sign,opens,by,grace_min,days,weekdays,pause_holidays,paused_from,paused_until,from,until}', 'appointment');

-- appointment_check: what one column alone does not tell, in words for whoever wrote the ledger.
create function appointment_check() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
	fault text;
begin
	fault := case
		when new.opens >= new."by" then format('opens (%s) must be before by (%s)', to_char(new.opens, 'HH24:MI'), to_char(new."by", 'HH24:MI'))
		when new.weekdays not between 1 and 127 then 'weekdays must name a day'
		when new."from" > new.until then format('until (%s) lies before from (%s)', new.until, new."from")
		when (new.paused_from is null) <> (new.paused_until is null) then 'paused_from and paused_until stand together'
		when new.paused_from > new.paused_until then format('paused_until (%s) lies before paused_from (%s)', new.paused_until, new.paused_from)
		when (select count(*) from appointment other where other.household = new.household and other.id <> new.id) >= 8
			then format('household "%s" has 8 appointments already', new.household) end;
	if fault is not null then
		raise exception using errcode = 'UINVL', message = format('appointments "%s": %s', new.id, fault);
	end if;
	return new;
end $$;
create trigger appointment_check before insert or update on appointment for each row execute function appointment_check();

create or replace view directory_now as
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
	from policy
	union all
	select 'appointment', id, jsonb_strip_nulls(jsonb_build_object('household', household, 'sign', sign, 'opens', to_char(opens, 'HH24:MI'),
		'by', to_char("by", 'HH24:MI'), 'grace_min', grace_min, 'days', days, 'weekdays', weekdays, 'pause_holidays', pause_holidays,
		'paused_from', to_char(paused_from, 'YYYY-MM-DD'), 'paused_until', to_char(paused_until, 'YYYY-MM-DD'),
		'from', to_char("from", 'YYYY-MM-DD'), 'until', to_char(until, 'YYYY-MM-DD')))
	from appointment;

-- registry_touched as before; a household takes its appointments with it.
create or replace function registry_touched(doc jsonb) returns jsonb language sql stable as $$
	with row as (select k.kind, k.directory, item, item->>k.keys[1] as key from ledger_kind k, jsonb_array_elements(coalesce(doc->k.kind, '[]')) item),
	home as (select key as id, coalesce((item->>'deleted')::boolean, false) as deleted from row where kind = 'households')
	select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') from (
		select directory as kind, key from row where directory is not null
		union select 'device', 'phone-' || id from home
		union select 'device', device.id from device join home on device.household = home.id where home.deleted
		union select 'appointment', appointment.id from appointment join home on appointment.household = home.id where home.deleted
		union select 'consent', id from home where deleted) t;
$$;
revoke execute on function appointment_check() from curtain_service;
