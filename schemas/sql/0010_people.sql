-- SPDX-License-Identifier: MIT
-- The registry as a district keeps it: places down to the room, the elders' base ledger, consent with its purposes and its end, tags with
-- rules, where a device was when, what helpers can do, and the services of the six helps and one care.

-- ---- places ----

create table district (
	id text primary key,
	name text not null default ''
);
create table street (
	id text primary key,
	district text not null references district,
	name text not null default ''
);
create index street_district on street (district);
alter table community add column street text references street;

-- An estate's kind decides much of how it is looked after: resettlement (huiqian), commercial (shangzhu), work_unit (danwei).
create table estate (
	id text primary key,
	community text not null references community,
	kind text not null check (kind in ('resettlement', 'commercial', 'work_unit')),
	name text not null default '',
	brand text not null default '' -- the name that its help goes by
);
create index estate_community on estate (community);
create table building (
	id text primary key,
	estate text not null references estate,
	name text not null default '',
	floors smallint,
	lift boolean not null default false
);
create index building_estate on building (estate);
alter table household
	add column building text references building,
	add column unit text not null default '',
	add column room text not null default '';
create index household_building on household (building);
alter table team
	add column estate text references estate,
	add column name text not null default '';

-- ---- elders ----

alter table elder
	add column birth_date date,
	add column gender text not null default '' check (gender in ('', 'female', 'male')),
	add column living text not null default '' check (living in ('', 'alone', 'couple', 'with_family', 'with_carer', 'elders_together')),
	add column health text not null default '' check (health in ('', 'able', 'partly', 'unable')), -- to see to oneself
	add column mobility text not null default '' check (mobility in ('', 'free', 'stick', 'wheelchair', 'bedridden')),
	add column categories text[] not null default '{}', -- what the district's lists know: low_income, bereaved, veteran, ...
	add column language text not null default '', -- that a helper has to speak
	add column key_holder text not null default '',
	add column doctor text not null default '',
	add column surveyed date, -- visited and asked, whether enrolled or not
	add column enrolled date, -- looked after since
	add column ended date, -- and no longer
	add column id_number text not null default '', -- sealed (docs/privacy.md)
	add column medical_notes text not null default ''; -- sealed

-- Whoever gives the date of birth gives the year.
create function elder_year() returns trigger language plpgsql as $$
begin
	if new.birth_date is not null then
		new.birth_year := extract(year from new.birth_date);
	end if;
	return new;
end $$;
create trigger elder_year before insert or update on elder for each row execute function elder_year();

create table contact (
	id text primary key,
	elder text not null references elder on delete cascade,
	rank smallint not null default 1, -- who is called first
	name text not null default '',
	relation text not null default '',
	phone text not null default ''
);
create index contact_elder on contact (elder, rank);

create table medicine (
	id text primary key,
	elder text not null references elder on delete cascade,
	name text not null default '',
	dose text not null default '',
	lasts_until date
);
create index medicine_elder on medicine (elder);

-- ---- consent ----

alter table consent
	add column purposes text[] not null default '{safety}',
	add column recipients text[] not null default '{community}', -- who may know
	add column given_by text not null default '', -- the elder, or who may speak for the elder
	add column withdrawn timestamptz,
	add column withdrawn_why text not null default '';

-- The directory no longer has a consent that was withdrawn: ingest takes nothing from then on.
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

-- consent_withdraw takes effect in the transaction that it is in; the directory follows at once.
create function consent_withdraw(home text, reason text) returns jsonb language plpgsql as $$
declare
	head bigint;
	taken timestamptz;
begin
	perform sight_require('district', 'community');
	perform directory_lock();
	update consent set withdrawn = clock_timestamp(), withdrawn_why = reason where household = home and withdrawn is null returning withdrawn into taken;
	if taken is null then
		raise exception using errcode = 'UNONE', message = 'no consent of this household stands';
	end if;
	insert into api_audit (who, method, household) values (change_who(), 'withdraw', home);
	head := directory_refresh(jsonb_build_array(jsonb_build_object('kind', 'consent', 'key', home)));
	return jsonb_build_object('household', home, 'withdrawn', taken, 'seq', head);
end $$;

-- ---- devices ----

-- Where a device was, from when to when.
create table device_stay (
	device text not null,
	"from" timestamptz not null default clock_timestamp(),
	until timestamptz,
	household text not null,
	place text not null,
	primary key (device, "from")
);
create index device_stay_household on device_stay (household);
create function device_moved() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
	present timestamptz := clock_timestamp();
begin
	if tg_op = 'UPDATE' and new.household = old.household and new.place = old.place then
		return null;
	end if;
	if tg_op <> 'INSERT' then
		update device_stay set until = present where device = old.id and until is null;
	end if;
	if tg_op <> 'DELETE' and not new.handset then
		insert into device_stay (device, "from", household, place) values (new.id, present, new.household, new.place);
	end if;
	return null;
end $$;
create trigger device_moved after insert or update or delete on device for each row execute function device_moved();
insert into device_stay (device, household, place) select id, household, place from device where not handset;

-- ---- helpers ----

alter table volunteer
	add column kind text not null default '' check (kind in ('', 'silver_age', 'youth', 'red_steward', 'party_member', 'property', 'new_employment', 'neighbour')),
	add column roles text[] not null default '{}',
	add column skills text[] not null default '{}',
	add column verified date, -- identity and training seen
	add column verified_by text not null default '';

-- ---- tags ----

create table tag_kind (
	id text primary key,
	name text not null default '',
	meaning text not null default '',
	days integer check (days > 0), -- how long one is valid that is set without an end; null: until it is taken away
	rule text not null default '' -- "age >= 90", "incidents >= 3 in 30", "living = alone"; "": set by people only
);
create table tag (
	id text primary key,
	elder text not null references elder on delete cascade,
	kind text not null references tag_kind,
	"from" date not null default current_date,
	until date, -- the last day
	set_by text not null default change_who(),
	by_rule boolean not null default false,
	note text not null default ''
);
create index tag_elder on tag (elder);
create index tag_of_kind on tag (kind);

create function tag_until() returns trigger language plpgsql as $$
begin
	if tg_op = 'INSERT' and new.until is null then
		new.until := new."from" + (select days from tag_kind where id = new.kind);
	end if;
	return new;
end $$;
create trigger tag_until before insert on tag for each row execute function tag_until();

-- tag_rule says of whom a rule is true on a day. A rule that cannot be read is refused when it is set (tag_rule_check).
create function tag_rule(rule text, today date) returns setof text language plpgsql stable as $$
declare
	part text[];
begin
	part := regexp_match(rule, '^age >= (\d{1,3})$');
	if part is not null then
		return query select id from elder where today >= coalesce(birth_date, make_date(birth_year, 12, 31)) + make_interval(years => part[1]::integer);
		return;
	end if;
	part := regexp_match(rule, '^incidents >= (\d{1,3}) in (\d{1,3})$');
	if part is not null then
		return query select elder.id from elder join household on household.id = elder.household where not household.canary and
			(select count(*) from incident i where i.household = elder.household and i.opened > (today + 1)::timestamptz - make_interval(days => part[2]::integer)
				and i.opened < (today + 1)::timestamptz and i.outcome <> 'false_alarm') >= part[1]::integer;
		return;
	end if;
	part := regexp_match(rule, '^(living|health|mobility|gender) = ([a-z_]{1,31})$');
	if part is not null then
		return query execute format('select id from elder where %I = $1', part[1]) using part[2];
		return;
	end if;
	part := regexp_match(rule, '^category = ([a-z_]{1,31})$');
	if part is not null then
		return query select id from elder where part[1] = any (categories);
		return;
	end if;
	raise exception using errcode = 'UINVL', message = format('rule "%s": must be such as "age >= 90", "incidents >= 3 in 30", "living = alone", "category = veteran"', rule);
end $$;
create function tag_rule_check() returns trigger language plpgsql as $$
begin
	if new.rule <> '' then
		perform from tag_rule(new.rule, current_date) limit 1;
	end if;
	return new;
end $$;
create trigger tag_rule_check before insert or update on tag_kind for each row execute function tag_rule_check();

-- tags_by_rule sets what rules say of a day and ends what they no longer say; tags that people set are left alone.
create function tags_by_rule(today date) returns jsonb language plpgsql as $$
declare
	k tag_kind;
	given bigint := 0;
	ended bigint := 0;
	n bigint;
begin
	for k in select * from tag_kind where rule <> '' order by id loop
		insert into tag (id, elder, kind, "from", set_by, by_rule)
			select elder || '.' || k.id || '.' || to_char(today, 'YYYYMMDD'), elder, k.id, today, 'rule', true from tag_rule(k.rule, today) elder
			where not exists (select from tag held where held.elder = elder.elder and held.kind = k.id and (held.until is null or held.until >= today))
			on conflict (id) do update set until = null;
		get diagnostics n = row_count;
		given := given + n;
		update tag set until = today - 1 where kind = k.id and by_rule and (until is null or until >= today)
			and elder not in (select tag_rule(k.rule, today));
		get diagnostics n = row_count;
		ended := ended + n;
	end loop;
	return jsonb_build_object('given', given, 'ended', ended);
end $$;

-- ---- services ----

-- The six helps (meals, bathing, cleaning, mobility, medical, urgent) and one care (care).
create table service (
	id text primary key,
	help text not null check (help in ('meals', 'bathing', 'cleaning', 'mobility', 'medical', 'urgent', 'care')),
	name text not null default '',
	name_en text not null default '',
	minutes smallint
);
create table provider (
	id text primary key,
	name text not null default '',
	community text references community, -- null: of the whole district
	phone text not null default '',
	services text[] not null default '{}'
);

-- ---- what a ledger may hold of this ----

insert into ledger_kind values
	('districts', 10, 'district', '{id}', '{id,name}', null),
	('streets', 20, 'street', '{id}', '{id,district,name}', null),
	('estates', 150, 'estate', '{id}', '{id,community,kind,name,brand}', null),
	('buildings', 160, 'building', '{id}', '{id,estate,name,floors,lift}', null),
	('contacts', 610, 'contact', '{id}', '{id,elder,rank,name,relation,phone}', null),
	('medicines', 620, 'medicine', '{id}', '{id,elder,name,dose,lasts_until}', null),
	('tag_kinds', 630, 'tag_kind', '{id}', '{id,name,meaning,days,rule}', null),
	('tags', 640, 'tag', '{id}', '{id,elder,kind,from,until,note}', null),
	('services', 900, 'service', '{id}', '{id,help,name,name_en,minutes}', null),
	('providers', 910, 'provider', '{id}', '{id,name,community,phone,services}', null);
update ledger_kind set columns = columns || '{street}' where kind = 'communities';
update ledger_kind set columns = columns || '{estate,name}' where kind = 'teams';
update ledger_kind set columns = columns || '{kind,roles,skills,verified,verified_by}' where kind = 'volunteers';
update ledger_kind set columns = columns || '{building,unit,room}' where kind = 'households';
update ledger_kind set columns = columns || '{birth_date,gender,living,health,mobility,categories,language,key_holder,doctor,surveyed,enrolled,ended,id_number,medical_notes}'
	where kind = 'elders';
update ledger_kind set columns = columns || '{purposes,recipients,given_by,withdrawn,withdrawn_why}' where kind = 'consents';

select change_watch(relation, 'id', '') from unnest(array['district', 'street', 'estate', 'building', 'contact', 'medicine', 'tag_kind', 'tag', 'service', 'provider']) relation;
select sight_guard(relation, format('%s or exists (select from elder seen where seen.id = %I.elder)', sight_all(), relation)) from unnest(array['contact', 'medicine', 'tag']) relation;
select sight_guard_read('device_stay', sight_of_home('device_stay', 'household'));
select sight_guard(relation, $q$(select sight_level(current_user::text)) <> 'none'$q$) from unnest(array['district', 'street', 'estate', 'building', 'tag_kind', 'service', 'provider']) relation;
-- What the whole district goes by is the district's to write.
do $$
declare
	relation text;
begin
	foreach relation in array array['district', 'street', 'estate', 'building', 'tag_kind', 'service', 'provider'] loop
		execute format('drop policy sight_insert on %1$I', relation);
		execute format('drop policy sight_update on %1$I', relation);
		execute format('drop policy sight_delete on %1$I', relation);
		execute format('create policy sight_write on %I for all to curtain_service using (%s)', relation, sight_all());
	end loop;
end $$;
-- Sealed columns are not for readers.
revoke select on elder from curtain_reader;
do $$
begin
	execute format('grant select (%s) on elder to curtain_reader', (select string_agg(quote_ident(attname), ', ') from pg_attribute
		where attrelid = 'elder'::regclass and attnum > 0 and not attisdropped and attname not in ('id_number', 'medical_notes')));
end $$;

-- sight_level as before, but the desk of a new installation stays the district's though a volunteer of its name answers for it, in the
-- middle of the import that brings him too.
create or replace function sight_level(role text) returns text language sql stable security definer set search_path = public, pg_temp as $$
	select coalesce((select level from account where name = sight_name(role)),
		(select case when desk and role = 'curtain_service' then nullif(current_setting('curtain.unlisted', true), 'none') end from volunteer where id = sight_name(role)),
		(select 'volunteer' from volunteer where id = sight_name(role)),
		case when role = 'curtain_service' then nullif(current_setting('curtain.unlisted', true), '') end, 'none');
$$;
