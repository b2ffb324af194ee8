-- SPDX-License-Identifier: MIT
-- Away: a household's people say from when until when nobody is at home; the detector rests meanwhile.

alter table household add column away_from timestamptz, add column away_until timestamptz;
update ledger_kind set columns = columns || '{away_from,away_until}' where kind = 'households';

create function household_away_check() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
	if new.away_from >= new.away_until then
		raise exception using errcode = 'UINVL', message = format('households "%s": away_until must be after away_from', new.id);
	end if;
	return new;
end $$;
create trigger household_away_check before insert or update on household for each row execute function household_away_check();

create or replace view directory_now as
	select 'device' as kind, id as key, jsonb_strip_nulls(jsonb_build_object('household', household, 'place', nullif(place, ''))) as body
	from device
	union all
	select 'household', id, jsonb_build_object('community', community, 'team', team, 'policy', policy, 'persons', persons)
		|| case when canary then '{"canary": true}'::jsonb else '{}'::jsonb end
		|| jsonb_strip_nulls(jsonb_build_object('away_from', to_char(away_from at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
			'away_until', to_char(away_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
	from household
	union all
	select 'consent', household, jsonb_strip_nulls(jsonb_build_object('quantities', quantities,
		'from', to_char("from" at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
		'until', to_char(until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')))
	from consent where withdrawn is null
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
