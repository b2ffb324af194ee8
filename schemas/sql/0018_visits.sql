-- SPDX-License-Identifier: MIT
-- Visits: what a household wishes, what volunteers offer, and what became of every visit, task and service (docs/records.md).

-- ---- wishes and offers ----

alter table estate add column latitude double precision, add column longitude double precision;
alter table building add column latitude double precision, add column longitude double precision;
alter table household add column latitude double precision, add column longitude double precision; -- else the building's, else the estate's
alter table volunteer
	add column gender text not null default '' check (gender in ('', 'female', 'male')),
	add column languages text[] not null default '{}',
	add column interests text[] not null default '{}',
	add column latitude double precision,
	add column longitude double precision,
	add column visits_a_week smallint not null default 0 check (visits_a_week between 0 and 21), -- offered at most
	add column parts text[] not null default '{}' check (parts <@ '{morning,afternoon,evening}'); -- of the day; empty: all
alter table elder add column interests text[] not null default '{}';
grant select (interests) on elder to curtain_reader;
alter table service
	add column lead_days smallint not null default 0 check (lead_days between 0 and 60), -- from the asking to the first day on which it can be
	add column teams boolean not null default false; -- the teams do it themselves

create table home_care (
	household text primary key references household on delete cascade,
	wanted text not null default '', -- the account of who should come
	unwanted text[] not null default '{}',
	gender_wanted text not null default '' check (gender_wanted in ('', 'female', 'male')),
	visits_every_days smallint not null default 0 check (visits_every_days between 0 and 366) -- 0: by tags
);
select change_watch('home_care', 'household', 'household');
select sight_guard('home_care', sight_of_home('home_care', 'household'));

insert into ledger_kind values ('cares', 870, 'home_care', '{household}', '{household,wanted,unwanted,gender_wanted,visits_every_days}', 'care');
update ledger_kind set columns = columns || '{latitude,longitude}' where kind in ('estates', 'buildings', 'households');
update ledger_kind set columns = columns || '{gender,languages,interests,latitude,longitude,visits_a_week,parts}' where kind = 'volunteers';
update ledger_kind set columns = columns || '{interests}' where kind = 'elders';
update ledger_kind set columns = columns || '{lead_days,teams}', directory = 'service' where kind = 'services';

-- The directory's entries hold short words and few of them: what does not fit is told to whoever writes it.
create function words_fault(name text, words text[], most integer) returns text language sql immutable as $$
	select case when cardinality(words) > most then format('%s: at most %s', name, most)
		when exists (select from unnest(words) w where octet_length(w) > 31) then format('%s: a word is longer than 31 bytes (10 Chinese characters)', name) end;
$$;
create function language_words(language text) returns text[] language sql immutable as $$
	select coalesce(array_agg(distinct w order by w), '{}') from regexp_split_to_table(language, U&'[,;/\005Cs\3001\FF0C\FF1B]+') w where w <> '';
$$;
create function visit_check() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
	r jsonb := to_jsonb(new);
	fault text;
	account constant text := '^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$';
begin
	fault := case
		when ((r->>'latitude') is null) <> ((r->>'longitude') is null) then 'latitude and longitude stand together'
		when not (r->>'latitude')::float8 between -90 and 90 or not (r->>'longitude')::float8 between -180 and 180 then 'latitude is -90 to 90, longitude -180 to 180' end;
	if fault is null and tg_table_name = 'volunteer' then
		fault := coalesce(words_fault('languages', new.languages, 4), words_fault('interests', new.interests, 8));
	elsif tg_table_name = 'elder' then
		fault := coalesce(words_fault('language', language_words(new.language), 4), words_fault('interests', new.interests, 8));
	elsif tg_table_name = 'home_care' then
		fault := case when cardinality(new.unwanted) > 4 then 'unwanted: at most 4'
			when exists (select from unnest(new.unwanted || nullif(new.wanted, '')) u where u !~ account) then 'wanted and unwanted are accounts' end;
	elsif tg_table_name = 'tag_kind' and not exists (select from tag_kind where id = new.id) then
		fault := words_fault('id', array[new.id], 1);
	end if;
	if fault is not null then
		raise exception using errcode = 'UINVL', message = format('%s "%s": %s', (select kind from ledger_kind where ledger_kind.relation = tg_table_name),
			coalesce(r->>'id', r->>'household'), fault);
	end if;
	return new;
end $$;
do $$
declare
	relation text;
begin
	foreach relation in array array['estate', 'building', 'household'] loop
		execute format('create trigger visit_check before insert or update on %I for each row when (new.latitude is not null or new.longitude is not null) execute function visit_check()', relation);
	end loop;
end $$;
create trigger visit_check before insert or update on volunteer for each row
	when (new.latitude is not null or new.longitude is not null or new.languages <> '{}' or new.interests <> '{}') execute function visit_check();
create trigger visit_check before insert or update on elder for each row when (new.language <> '' or new.interests <> '{}') execute function visit_check();
create trigger visit_check before insert or update on home_care for each row execute function visit_check();
create trigger visit_check before insert or update on tag_kind for each row execute function visit_check();

-- ---- the directory ----

-- care_today: the day by which tags are valid.
create function care_today() returns date language sql stable as $$
	select (now() at time zone zone)::date from reading_zone;
$$;

-- care_body: what whoever visits a household goes by; null: nothing is known, or the household's consent was withdrawn.
create function care_body(home text) returns jsonb language plpgsql stable as $$
declare
	words jsonb;
	wishes jsonb;
	place jsonb;
begin
	if exists (select from consent where household = home and withdrawn is not null) then
		return null;
	end if;
	with person as (
		select * from elder where household = home and (ended is null or ended > care_today())),
	language as (
		select distinct w from person, unnest(language_words(language)) w where octet_length(w) < 32 order by w limit 4),
	interest as (
		select distinct w from person, unnest(interests) w order by w limit 8),
	tagged as (
		select distinct t.kind as w from tag t join person on person.id = t.elder
		where t."from" <= care_today() and (t.until is null or t.until >= care_today()) and octet_length(t.kind) < 32 order by w limit 16)
	select jsonb_strip_nulls(jsonb_build_object('languages', (select jsonb_agg(w) from language), 'interests', (select jsonb_agg(w) from interest),
		'tags', (select jsonb_agg(w) from tagged))) into words;
	select jsonb_build_object('wanted', nullif(wanted, ''), 'unwanted', case when unwanted <> '{}' then to_jsonb(unwanted) end,
		'sex', case gender_wanted when 'female' then 'woman' when 'male' then 'man' end, 'visits_every_days', nullif(visits_every_days, 0)) into wishes
		from home_care where household = home;
	select case when h.latitude is not null then jsonb_build_object('latitude', h.latitude, 'longitude', h.longitude)
		when b.latitude is not null then jsonb_build_object('latitude', b.latitude, 'longitude', b.longitude)
		when e.latitude is not null then jsonb_build_object('latitude', e.latitude, 'longitude', e.longitude) end into place
		from household h left join building b on b.id = h.building left join estate e on e.id = b.estate where h.id = home;
	return nullif(words || jsonb_strip_nulls(coalesce(wishes, '{}')) || coalesce(place, '{}'), '{}');
end $$;

-- The directory as it was, and what visits go by. A body that is null is no entry.
do $$
begin
	execute 'create or replace view directory_now as ' || rtrim(pg_get_viewdef('directory_now'::regclass), '; ') || $q$
		union all
		select 'care', id, care_body(id) from household
		union all
		select 'companion', id, nullif(jsonb_strip_nulls(jsonb_build_object('languages', case when languages <> '{}' then to_jsonb(languages) end,
			'interests', case when interests <> '{}' then to_jsonb(interests) end, 'sex', case gender when 'female' then 'woman' when 'male' then 'man' end,
			'latitude', latitude, 'longitude', longitude, 'visits_a_week', nullif(visits_a_week, 0), 'parts', case when parts <> '{}' then to_jsonb(parts) end,
			'verified', case when verified is not null then true end)), '{}')
		from volunteer
		union all
		select 'service', id, jsonb_strip_nulls(jsonb_build_object('help', case help when 'care' then 'nursing' else help end, 'name_zh', nullif(name, ''), 'name_en', nullif(name_en, ''),
			'providers', (select jsonb_agg(p.id order by p.id) from (select id from provider where services @> array[service.id] order by id limit 8) p),
			'lead_days', lead_days, 'teams', teams))
		from service$q$;
end $$;

-- directory_body asks for one key, so that the database looks at the one row and not through all that the view has.
create function directory_body(of_kind text, of_key text) returns jsonb language sql stable as $$
	select body from directory_now where kind = of_kind and key = of_key;
$$;

create or replace function directory_refresh(touched jsonb) returns bigint language plpgsql security definer set search_path = public, pg_temp as $$
declare
	base bigint;
begin
	select seq into strict base from directory_state for update;
	with key as materialized (
		select distinct kind, key from jsonb_to_recordset(touched) as t (kind text, key text)),
	told as materialized (
		select kind, key, directory_body(kind, key) as body from key),
	changed as (
		select kind, key, told.body, row_number() over (order by kind, key) as number
		from told left join directory_entry held using (kind, key)
		where case when told.body is null then held.key is not null and not held.deleted
			else held.key is null or held.deleted or held.body <> told.body end)
	insert into directory_entry as held (kind, key, seq, deleted, body)
		select kind, key, base + number, body is null, body from changed
		on conflict (kind, key) do update set seq = excluded.seq, deleted = excluded.deleted, body = excluded.body;
	update directory_state set seq = (select coalesce(max(seq), 0) from directory_entry) returning seq into base;
	return base;
end $$;

-- registry_touched as before, and what visits go by follows whatever it is made of.
create or replace function registry_touched(doc jsonb) returns jsonb language sql stable as $$
	with row as (select k.kind, k.directory, item, item->>k.keys[1] as key from ledger_kind k, jsonb_array_elements(coalesce(doc->k.kind, '[]')) item),
	home as (select key as id, coalesce((item->>'deleted')::boolean, false) as deleted from row where kind = 'households'),
	cared as (
		select id from home
		union select key from row where row.kind = 'consents'
		union select item->>'household' from row where row.kind = 'elders'
		union select elder.household from row join elder on elder.id = row.key where row.kind = 'elders'
		union select elder.household from row join elder on elder.id = row.item->>'elder' where row.kind = 'tags'
		union select elder.household from row join tag on tag.id = row.key join elder on elder.id = tag.elder where row.kind = 'tags'
		union select household.id from row join household on household.building = row.key where row.kind = 'buildings'
		union select household.id from row join building on building.estate = row.key join household on household.building = building.id where row.kind = 'estates')
	select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') from (
		select directory as kind, key from row where directory is not null
		union select 'device', 'phone-' || id from home
		union select 'device', device.id from device join home on device.household = home.id where home.deleted
		union select 'appointment', appointment.id from appointment join home on appointment.household = home.id where home.deleted
		union select 'circle', id from home where deleted and exists (select from home_circle where household = id)
		union select 'care', id from cared where id is not null
		union select 'companion', key from row where kind = 'volunteers'
		union select 'service', jsonb_array_elements_text(case when jsonb_typeof(item->'services') = 'array' then item->'services' else '[]' end) from row where kind = 'providers'
		union select 'service', unnest(provider.services) from row join provider on provider.id = row.key where row.kind = 'providers'
		union select 'consent', id from home where deleted) t;
$$;

create function care_touch(home text) returns void language sql as $$
	select directory_refresh(jsonb_build_array(jsonb_build_object('kind', 'care', 'key', home)));
$$;

-- tags_and_care: what rules say of today, and then the entries of whoever a tag has begun or ended for, or who is no longer looked after: that
-- comes with the calendar, without anybody writing a row. A week back, should nobody have looked meanwhile.
create function tags_and_care(today date) returns jsonb language plpgsql as $$
declare
	stale jsonb;
	answer jsonb;
begin
	answer := tags_by_rule(today);
	with turned as (
		select elder.household from tag join elder on elder.id = tag.elder where tag."from" between today - 7 and today or tag.until between today - 8 and today
		union
		select household from elder where ended between today - 7 and today),
	told as materialized (
		select household, care_body(household) as body from turned)
	select jsonb_agg(jsonb_build_object('kind', 'care', 'key', household)) into stale
		from told left join directory_entry held on held.kind = 'care' and held.key = household and not held.deleted
		where told.body is distinct from held.body;
	if stale is not null then
		perform directory_refresh(stale);
	end if;
	return answer || jsonb_build_object('cares', coalesce(jsonb_array_length(stale), 0));
end $$;

-- What a registry of before holds is told from now on.
select directory_refresh(coalesce((select jsonb_agg(jsonb_build_object('kind', kind, 'key', key)) from directory_now
	where kind in ('care', 'companion', 'service') and body is not null), '[]'));

-- The withdrawal of a consent, a merging and an erasure as before; what visits go by follows at once.
alter function consent_withdraw(text, text) rename to consent_withdraw_alone;
create function consent_withdraw(home text, reason text) returns jsonb language plpgsql as $$
declare
	answer jsonb := consent_withdraw_alone(home, reason);
begin
	perform care_touch(home);
	return answer;
end $$;
alter function elder_merge(text, text) rename to elder_merge_rows;
create function elder_merge(keep text, gone text) returns jsonb language plpgsql as $$
declare
	homes text[] := array(select household from elder where id in (keep, gone));
	answer jsonb;
begin
	perform directory_lock();
	answer := elder_merge_rows(keep, gone);
	perform care_touch(home) from unnest(homes) home;
	return answer;
end $$;
alter function elder_unmerge(bigint) rename to elder_unmerge_rows;
create function elder_unmerge(number bigint) returns jsonb language plpgsql as $$
declare
	answer jsonb;
begin
	perform directory_lock();
	answer := elder_unmerge_rows(number);
	perform care_touch(household) from elder where id in (answer->>'kept', answer->>'gone');
	return answer;
end $$;
alter function elder_erase(text, text) rename to elder_erase_alone;
create function elder_erase(wanted text, reason text) returns jsonb language plpgsql as $$
declare
	home text := (select household from elder where id = wanted);
	answer jsonb := elder_erase_alone(wanted, reason);
begin
	if answer->>'household' = '' then
		perform care_touch(home); -- somebody still lives there
	end if;
	return answer;
end $$;

-- ---- what became of them ----

-- errand: a visit, a task or a service after its newest event. note and answers are sealed where records has a key (docs/privacy.md).
create table errand (
	id text primary key,
	revision bigint not null,
	household text not null,
	community text not null,
	team text not null,
	kind text not null, -- visit, task, service
	state text not null,
	what text not null, -- the checklist or "chat", the finding, the service
	version bigint not null,
	assignee text not null,
	provider text not null,
	origin text not null,
	opened timestamptz not null,
	at timestamptz not null,
	"from" timestamptz not null,
	until timestamptz not null,
	seen timestamptz,
	climb smallint not null,
	reason_zh text not null,
	reason_en text not null,
	note text not null,
	answers text not null -- JSON; '': none
);
create index errand_household on errand (household, opened desc);
create index errand_opened on errand (opened desc, id desc);
create index errand_until on errand (until);
create index errand_assignee on errand (assignee) where state in ('agreed', 'under_way');
create index errand_open on errand (until) where state in ('open', 'offered', 'agreed', 'under_way');
create index errand_said on errand (at) where note <> '' or answers <> ''; -- for errand_upkeep

create table errand_event (
	errand text not null,
	revision bigint not null,
	event text not null,
	state text not null,
	actor text not null,
	assignee text not null,
	at timestamptz not null,
	"from" timestamptz not null,
	until timestamptz not null,
	note text not null,
	primary key (errand, revision)
);
create index errand_event_said on errand_event (at) where note <> '';

create function errand_apply(items jsonb) returns void language sql as $$
	insert into errand_event (errand, revision, event, state, actor, assignee, at, "from", until, note)
		select id, revision, event, state, actor, assignee, at, "from", until, note
		from jsonb_to_recordset(items) as i (id text, revision bigint, event text, state text, actor text, assignee text, at timestamptz, "from" timestamptz, until timestamptz, note text)
		on conflict do nothing;
	insert into errand as held (id, revision, household, community, team, kind, state, what, version, assignee, provider, origin, opened, at, "from", until, seen, climb, reason_zh, reason_en, note, answers)
		select distinct on (id) id, revision, household, community, team, kind, state, what, version, assignee, provider, origin, opened, at, "from", until, seen, climb, reason_zh, reason_en, note, answers
		from jsonb_populate_recordset(null::errand, items)
		order by id, revision desc
		on conflict (id) do update set revision = excluded.revision, household = excluded.household, community = excluded.community, team = excluded.team, kind = excluded.kind,
			state = excluded.state, what = excluded.what, version = excluded.version, assignee = excluded.assignee, provider = excluded.provider, origin = excluded.origin,
			opened = excluded.opened, at = excluded.at, "from" = excluded."from", until = excluded.until, seen = excluded.seen, climb = excluded.climb,
			reason_zh = excluded.reason_zh, reason_en = excluded.reason_en, note = excluded.note, answers = excluded.answers
		where held.revision < excluded.revision;
$$;

-- records_take as before, with the errands.
drop function records_take(jsonb, jsonb, jsonb, text);
create function records_take(alerts jsonb, incidents jsonb, errands jsonb, positions jsonb, zone text) returns void language plpgsql as $$
begin
	perform lane_advance(positions);
	if zone is not null then
		perform hours_add(zone);
	end if;
	if alerts is not null then
		perform alert_apply(alerts);
	end if;
	if incidents is not null then
		perform incident_apply(incidents);
	end if;
	if errands is not null then
		perform errand_apply(errands);
	end if;
end $$;

-- A volunteer sees what is his to do; the others what is done for whom they look after.
select sight_guard_read('errand', sight_all()
	|| $q$ or ((select sight_level(current_user::text)) = 'community' and exists (select from household sighted where sighted.id = errand.household))
	or ((select sight_level(current_user::text)) = 'volunteer' and assignee = (select sight_volunteer(current_user::text)))$q$);
select sight_guard_read('errand_event', sight_all() || ' or exists (select from errand seen where seen.id = errand_event.errand)');
-- Sealed columns are not for readers.
do $$
declare
	relation text;
begin
	foreach relation in array array['errand', 'errand_event'] loop
		execute format('revoke select on %I from curtain_reader', relation);
		execute format('grant select (%s) on %I to curtain_reader', (select string_agg(quote_ident(attname), ', ') from pg_attribute
			where attrelid = relation::regclass and attnum > 0 and attname not in ('note', 'answers')), relation);
	end loop;
end $$;

-- sight_served: the households that a volunteer serves now: those of open incidents that he has accepted, and of what he has agreed to do, from
-- the day before on.
create or replace function sight_served(role text) returns setof text language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
	return query select household from incident where responder <> '' and responder = sight_volunteer(role) and state not in ('resolved', 'cancelled')
		union
		select household from errand where assignee <> '' and assignee = sight_volunteer(role) and state in ('agreed', 'under_way') and "from" <= now() + interval '1 day';
end $$;

-- ---- questions ----

create function wire_time(t timestamptz) returns text language sql stable as $$
	select to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
$$;

-- errand_sealed: a sealed text with whose it is, so that records can open it; one that is not sealed as it is.
create function errand_sealed(of text, value text) returns text language sql immutable as $$
	select case when value like 's1:%' then 's1@' || of || ':' || substr(value, 4) else nullif(value, '') end;
$$;

-- errand_json: as on the wire, without the event.
create function errand_json(e errand) returns jsonb language sql stable as $$
	select jsonb_strip_nulls(jsonb_build_object('id', e.id, 'revision', e.revision, 'household', e.household, 'community', nullif(e.community, ''), 'team', nullif(e.team, ''),
		'kind', e.kind, 'state', e.state, 'what', e.what, 'version', nullif(e.version, 0), 'assignee', nullif(e.assignee, ''), 'provider', nullif(e.provider, ''),
		'origin', nullif(e.origin, ''), 'opened', wire_time(e.opened), 'at', wire_time(e.at), 'from', wire_time(e."from"), 'until', wire_time(e.until), 'seen', wire_time(e.seen),
		'climb', nullif(e.climb, 0), 'reason_zh', nullif(e.reason_zh, ''), 'reason_en', nullif(e.reason_en, ''), 'note', errand_sealed(e.id, e.note),
		'answers', case when e.answers like 's1:%' then to_jsonb(errand_sealed(e.id, e.answers)) when e.answers <> '' then e.answers::jsonb end,
		'overdue', case when e.state in ('open', 'offered', 'agreed', 'under_way') and e.until < now() then true end));
$$;

-- api_errands: the newest first; `after` is the last one's id of the page before.
create function api_errands(home text, of_community text, of_kind text, of_state text, late boolean, after text, most integer) returns jsonb language plpgsql as $$
declare
	answer jsonb;
begin
	if of_kind not in ('', 'visit', 'task', 'service') then
		raise exception using errcode = 'UINVL', message = 'args.kind: must be visit, task or service';
	end if;
	if of_state not in ('', 'open', 'offered', 'agreed', 'under_way', 'done', 'confirmed', 'refused', 'missed', 'cancelled') then
		raise exception using errcode = 'UINVL', message = 'args.state: must be open, offered, agreed, under_way, done, confirmed, refused, missed or cancelled';
	end if;
	if after <> '' and not exists (select from errand where id = after) then
		raise exception using errcode = 'UINVL', message = 'args.after: must be the id of the last one of the page before';
	end if;
	insert into api_audit (who, method, household) values (change_who(), 'errands', home);
	with page as (
		select e as r, e.opened, e.id from errand e
		where (home = '' or e.household = home) and (of_community = '' or e.community = of_community) and (of_kind = '' or e.kind = of_kind) and (of_state = '' or e.state = of_state)
			and (not late or (e.state in ('open', 'offered', 'agreed', 'under_way') and e.until < now()))
			and (after = '' or (e.opened, e.id) < (select l.opened, l.id from errand l where l.id = after))
		order by e.opened desc, e.id desc limit most)
	select jsonb_build_object('items', coalesce(jsonb_agg(errand_json(r) order by opened desc, id desc), '[]'), 'more', count(*) >= most,
		'last', coalesce((array_agg(id order by opened, id))[1], '')) into answer from page;
	return answer;
end $$;

create function api_errand(wanted text) returns jsonb language plpgsql as $$
declare
	e errand;
begin
	select * into e from errand where id = wanted;
	insert into api_audit (who, method, household, detail) values (change_who(), 'errand', coalesce(e.household, ''), jsonb_build_object('errand', wanted));
	if e.id is null then
		return jsonb_build_object('known', false); -- and it stays in the trail that somebody asked
	end if;
	return jsonb_build_object('known', true) || errand_json(e) || jsonb_build_object('events', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('revision', v.revision,
		'at', wire_time(v.at), 'event', v.event, 'state', v.state, 'actor', nullif(v.actor, ''), 'assignee', nullif(v.assignee, ''), 'from', wire_time(v."from"), 'until', wire_time(v.until),
		'note', errand_sealed(e.id, v.note))) order by v.revision), '[]') from errand_event v where v.errand = e.id));
end $$;

-- api_timeline as before, with what was done for the household or will be within a week; what was answered is told by api_errand.
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
	recent_errand as (
		select coalesce(e.seen, e."from") as at, errand_json(e) - 'note' - 'answers' || jsonb_build_object('what', 'errand', 'subject', e.what, 'at', coalesce(e.seen, e."from")) as item
		from errand e where household = home and "from" <= now() + interval '7 days' order by 1 desc limit most),
	item as (
		select * from (select * from day union all select * from recent_alert union all select * from recent_incident union all select * from recent_errand) every
		order by at desc, item->>'what' desc limit most)
	select jsonb_build_object('household', home, 'known', exists (select from household where id = home),
		'items', coalesce(jsonb_agg(item order by at desc, item->>'what' desc), '[]')) into answer from item;
	return answer;
end $$;

-- api_day as before, with the errands of the day.
create or replace function api_day(who text, home text, zone text, wanted date) returns json language plpgsql as $$
declare
	begins timestamptz := wanted::timestamp at time zone zone;
	ends timestamptz := (wanted + 1)::timestamp at time zone zone;
	hours json;
	alerts jsonb;
	incidents jsonb;
	errands jsonb;
begin
	insert into api_audit (who, method, household) values (who, 'day', home);
	select coalesce(json_strip_nulls(json_agg(row_to_json(told))), '[]') into hours from (
		select hour, quantity, device, nullif(channel, '') as channel, readings, delta, low, total / readings as mean, high, first, last
		from reading_hour where household = home and hour >= begins and hour < ends order by hour, quantity, device, reading_hour.channel) told;
	select coalesce(jsonb_agg(body - 'evidence' order by alert.at), '[]') into alerts from alert where household = home and alert.at >= begins and alert.at < ends;
	select coalesce(jsonb_agg(body - 'event' - 'actor' order by opened), '[]') into incidents from incident where household = home and opened >= begins and opened < ends;
	select coalesce(jsonb_agg(errand_json(e) - 'note' - 'answers' order by coalesce(e.seen, e."from"), e.id), '[]') into errands
		from errand e where household = home and coalesce(e.seen, e."from") >= begins and coalesce(e.seen, e."from") < ends;
	return json_build_object('household', home, 'known', exists (select from household where id = home), 'day', to_char(wanted, 'YYYY-MM-DD'),
		'hours', hours, 'alerts', alerts, 'incidents', incidents, 'errands', errands);
end $$;

-- ---- figures ----

-- kpi_errand: one row for each errand that was opened before `until` and was not over before `since` (a task that was missed is still to be done), with the moments that count (of `until`:
-- later ones are not known yet). Canaries are left out.
create function kpi_errand(since timestamptz, until timestamptz)
returns table (id text, household text, community text, estate_kind text, kind text, help text, what text, assignee text, provider text, opened timestamptz, due timestamptz,
	done timestamptz, confirmed timestamptz, refused timestamptz, missed timestamptz, cancelled timestamptz) language sql stable as $$
	with one as (
		select e.id, e.household, e.community, e.kind, e.what, e.assignee, e.provider, e.opened, e.until as due,
			min(v.at) filter (where v.event = 'done') as done, min(v.at) filter (where v.event = 'confirmed') as confirmed, min(v.at) filter (where v.event = 'refused') as refused,
			min(v.at) filter (where v.event = 'missed') as missed, min(v.at) filter (where v.event = 'cancelled') as cancelled
		from errand e join errand_event v on v.errand = e.id and v.at < kpi_errand.until
		where e.opened < kpi_errand.until and (e.at >= since or e.until >= since or e.state in ('open', 'offered', 'agreed', 'under_way') or (e.kind = 'task' and e.state = 'missed'))
		group by e.id)
	select one.id, one.household, one.community, s.kind, one.kind, case when one.kind = 'service' then coalesce(service.help, 'other') end, one.what, one.assignee, one.provider,
		one.opened, one.due, coalesce(one.done, one.confirmed), one.confirmed, one.refused, one.missed, one.cancelled
	from one left join household h on h.id = one.household left join building b on b.id = h.building left join estate s on s.id = b.estate left join service on service.id = one.what
	where not coalesce(h.canary, false)
$$;

-- kpi_errands: visits whose window ended in [since, until), tasks as they stood at its end, services asked for in it.
create function kpi_errands(since timestamptz, until timestamptz) returns jsonb language sql stable as $$
	with one as (select * from kpi_errand(since, until)),
	visit as (select * from one where kind = 'visit' and due >= since and due < kpi_errands.until and cancelled is null),
	task as (select *, least(done, refused, cancelled) as ended from one where kind = 'task'),
	service as (
		select help, count(*) as asked, count(*) filter (where done is not null) as done, count(*) filter (where confirmed is not null) as confirmed,
			count(*) filter (where refused is not null) as refused, count(*) filter (where missed is not null and done is null) as missed
		from one where kind = 'service' and opened >= since and cancelled is null group by help)
	select jsonb_build_object(
		'visits', (select jsonb_build_object('due', count(*), 'done', count(*) filter (where done is not null), 'missed', count(*) filter (where missed is not null and done is null),
			'refused', count(*) filter (where refused is not null and done is null and missed is null),
			'open', count(*) filter (where coalesce(done, missed, refused) is null)) from visit),
		'tasks', (select jsonb_build_object('opened', count(*) filter (where opened >= since), 'done', count(*) filter (where done >= since),
			'open', count(*) filter (where ended is null), 'overdue', count(*) filter (where ended is null and due < kpi_errands.until)) from task),
		'services', (select coalesce(jsonb_agg(jsonb_build_object('help', help, 'asked', asked, 'done', done, 'confirmed', confirmed, 'refused', refused, 'missed', missed) order by help), '[]')
			from service))
$$;

create or replace function api_kpi(since text, until text) returns jsonb language sql stable as $$
	select kpi(s, t) || kpi_errands(s, t)
	from (select coalesce(nullif(until, '')::timestamptz, now()) as t) to_, lateral (select coalesce(nullif(since, '')::timestamptz, t - interval '30 days') as s) from_
$$;

-- ---- the end of them ----

-- errand_upkeep: what was noted and answered so long ago goes; the visit itself stays for the figures.
create function errand_upkeep(age interval) returns bigint language plpgsql as $$
declare
	present timestamptz;
	n bigint;
begin
	select least(now(), max(at)) into present from lane_position where lane = 'visit';
	if age <= interval '0' or present is null then
		return 0;
	end if;
	update errand_event set note = '' where note <> '' and at < present - age;
	update errand set note = '', answers = '' where (note <> '' or answers <> '') and at < present - age;
	get diagnostics n = row_count;
	return n;
end $$;

-- erase_household as before; its errands stay under the token, without what was said and answered.
alter function erase_household(text, text, jsonb) rename to erase_household_before;
create function erase_household(home text, token text, counts jsonb) returns jsonb language plpgsql as $$
declare
	n bigint;
begin
	update errand_event v set note = '' from errand e where e.id = v.errand and e.household = home;
	update errand set household = token, reason_zh = '', reason_en = '', note = '', answers = '' where household = home;
	get diagnostics n = row_count;
	counts := erase_rows(counts || jsonb_build_object('errand_kept_without_person', n), 'home_care', 'household = $1', home);
	return erase_household_before(home, token, counts);
end $$;

create or replace function erasure_again() returns setof text language plpgsql as $$
declare
	e erasure;
begin
	for e in select * from erasure where household <> '' and not exists (select from household h where h.id = erasure.household) loop
		if exists (select from reading where household = e.household) or exists (select from reading_hour where household = e.household)
			or exists (select from alert where household = e.household) or exists (select from incident where household = e.household)
			or exists (select from errand where household = e.household) then
			perform erase_household(e.household, e.token, '{}');
			return next e.token;
		end if;
	end loop;
end $$;

alter function elder_export(text) rename to elder_export_before;
create function elder_export(wanted text) returns jsonb language plpgsql as $$
declare
	answer jsonb := elder_export_before(wanted);
	home text := answer->'household'->>'id';
begin
	return answer || jsonb_build_object('circle', (select to_jsonb(c) from home_circle c where household = home), 'care', (select to_jsonb(c) from home_care c where household = home),
		'errands', (select coalesce(jsonb_agg(errand_json(e) || jsonb_build_object('events', (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object('at', wire_time(v.at), 'event', v.event,
			'state', v.state, 'actor', nullif(v.actor, ''), 'note', errand_sealed(e.id, v.note))) order by v.revision) from errand_event v where v.errand = e.id)) order by e.opened), '[]')
			from errand e where e.household = home));
end $$;

do $$
declare
	f text;
begin
	for f in select oid::regprocedure::text from pg_proc where pronamespace = current_schema()::regnamespace and proname in ('visit_check', 'tags_and_care', 'errand_apply', 'records_take',
		'errand_upkeep', 'erase_household', 'erase_household_before', 'erasure_again') loop
		execute format('revoke execute on function %s from curtain_service', f);
	end loop;
end $$;
