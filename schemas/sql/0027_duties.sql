-- SPDX-License-Identifier: MIT
-- What became of duties: whom each was planned for, who stood in, and when nobody had it. The dispatcher forgets a roster that is over; records asks it
-- for the duties that have ended (its method "stood") and keeps them here, so that coverage and load are told of a time that is past. A duty that is
-- told twice is one row, and what comes is asked for after the newest end: docs/records.md says why this is no lane.

create table duty_stood (
	team text not null,
	"from" timestamptz not null,
	until timestamptz not null check (until > "from"),
	shift text not null,
	place smallint not null, -- 0 is asked first
	planned text not null, -- an account
	stood text not null, -- who had it at its end; '' nobody
	open_from timestamptz, -- nobody had it then
	open_until timestamptz,
	check ((open_from is null) = (open_until is null)),
	primary key (team, "from", shift, planned, stood)
);
create index duty_stood_until on duty_stood (until);
create index duty_stood_team on duty_stood (team, until);
-- A volunteer sees his own; a community worker those of the community's teams.
select sight_guard_read('duty_stood', sight_all()
	|| $q$ or ((select sight_level(current_user::text)) = 'community' and exists (select from team own where own.id = duty_stood.team))
	or ((select sight_level(current_user::text)) = 'volunteer' and (select sight_volunteer(current_user::text)) in (planned, stood))$q$);

-- duty_after: the newest end that is kept, as the dispatcher is asked for what came after it; null: all that it has.
create function duty_after() returns text language sql stable as $$
	select wire_time(max(until)) from duty_stood
$$;

-- duty_take keeps a page of the dispatcher's answer; whether there is more.
create function duty_take(answer jsonb) returns boolean language sql as $$
	insert into duty_stood as held (team, "from", until, shift, place, planned, stood, open_from, open_until)
		select team, "from", until, shift, place, planned, coalesce("user", ''), open_from, open_until
		from jsonb_to_recordset(answer->'items') as i (team text, "from" timestamptz, until timestamptz, shift text, place smallint, planned text, "user" text,
			open_from timestamptz, open_until timestamptz)
		on conflict (team, "from", shift, planned, stood) do update set until = excluded.until, place = excluded.place, open_from = excluded.open_from, open_until = excluded.open_until
			where (held.until, held.place, held.open_from, held.open_until) is distinct from (excluded.until, excluded.place, excluded.open_from, excluded.open_until);
	select coalesce((answer->>'more')::boolean, false);
$$;

-- duty_upkeep drops what ended so long before the newest one, or now if that is earlier: a replayed past is kept.
create function duty_upkeep(age interval) returns bigint language plpgsql as $$
declare
	n bigint;
begin
	if age <= interval '0' then
		return 0;
	end if;
	delete from duty_stood where until < least(now(), (select max(until) from duty_stood)) - age;
	get diagnostics n = row_count;
	return n;
end $$;

-- ---- figures ----

-- duty_cover: a team's time in [since, until), as far as its duties are known, from its first one on, and how much of it somebody had one.
create function duty_cover(since timestamptz, until timestamptz, of text) returns table (team text, community text, estate text, whole interval, covered interval) language sql stable
	set enable_bitmapscan = off as $$ -- bounds that are computed look wide to the planner, which would read the whole index of ends for each team
	with span as materialized ( -- by each team's own rows: a year of a district is long
		select t.id, t.community, coalesce(e.kind, 'unknown') as kind, greatest(since, known.a) as a, least(duty_cover.until, known.b) as b
		from team t left join estate e on e.id = t.estate,
			lateral (select (select min("from") from duty_stood where duty_stood.team = t.id) as a, (select max(d.until) from duty_stood d where d.team = t.id) as b offset 0) known
		where known.a is not null and (of = '' or t.community = of) and exists (select from household h where h.team = t.id and not h.canary))
	select s.id, s.community, s.kind, s.b - s.a, (
		select coalesce(sum(upper(r) - lower(r)), interval '0') from unnest((
			select range_agg(part * tstzrange(s.a, s.b)) from duty_stood d, -- of each duty what is before nobody had it, and after
				lateral (values (tstzrange(d."from", coalesce(d.open_from, d.until))), (tstzrange(coalesce(d.open_until, d.until), d.until))) p (part)
			where d.team = s.id and d.until > s.a and d."from" < s.b)) r)
	from span s where s.a < s.b
$$;

-- duty_begun: the duties that begin in [since, until), with what became of them.
create function duty_begun(since timestamptz, until timestamptz, of text) returns table (team text, community text, estate text, stood text, stood_in boolean, open boolean, served interval)
language sql stable as $$
	select t.id, t.community, coalesce(e.kind, 'unknown'), d.stood, d.stood not in ('', d.planned), d.open_from is not null,
		case when d.stood = '' then interval '0' when d.open_from is null then d.until - d."from"
			when d.stood <> d.planned then d.until - d.open_until else d.until - d."from" - (d.open_until - d.open_from) end
	from duty_stood d join team t on t.id = d.team left join estate e on e.id = t.estate
	where d."from" >= since and d."from" < duty_begun.until and (of = '' or t.community = of)
$$;

create function minutes_of(t interval) returns bigint language sql immutable as $$
	select floor(extract(epoch from t) / 60)::bigint
$$;

-- kpi_duties: what the desk's figures say of coverage beside who was there to be asked.
create function kpi_duties(since timestamptz, until timestamptz) returns jsonb language sql stable as $$
	select (select jsonb_build_object('teams', count(*), 'minutes', coalesce(sum(minutes_of(whole)), 0), 'covered', coalesce(sum(minutes_of(covered)), 0)) from duty_cover(since, until, ''))
		|| (select jsonb_build_object('count', count(*), 'open', count(*) filter (where open), 'stood_in', count(*) filter (where stood_in)) from duty_begun(since, until, ''))
$$;
create or replace function api_kpi(since text, until text) returns jsonb language sql stable as $$
	select kpi(s, t) || jsonb_build_object('duties', kpi_duties(s, t)) || kpi_errands(s, t)
	from (select coalesce(nullif(until, '')::timestamptz, now()) as t) to_, lateral (select coalesce(nullif(since, '')::timestamptz, t - interval '30 days') as s) from_
$$;

-- report_rows as before, with the duties of the time. What has no community is of none: a team that the registry does not know counts nowhere.
alter function report_rows(date, date, text, text) rename to report_rows_before;
create function report_rows(first_day date, last_day date, zone text, of text) returns table (dim text, key text, name text, value double precision) language sql stable as $$
	with span as (
		select first_day::timestamp at time zone zone as since, (last_day + 1)::timestamp at time zone zone as until),
	cover as materialized (
		select c.* from span, duty_cover(since, until, of) c),
	begun as materialized (
		select b.* from span, duty_begun(since, until, of) b),
	person as materialized (
		select v.id, t.community, count(*) as duties, sum(minutes_of(b.served)) as minutes from begun b join volunteer v on v.id = b.stood join team t on t.id = v.team
		where not v.desk and (of = '' or t.community = of) group by v.id, t.community),
	fact (community, estate, name, n) as (
		select community, estate, v.name, v.n from cover, lateral (values ('cover.teams', 1::bigint), ('cover.minutes', minutes_of(whole)), ('cover.covered', minutes_of(covered))) v (name, n)
		union all select community, estate, v.name, 1 from begun, lateral (values ('duties', true), ('duties.open', open), ('duties.stood_in', stood_in)) v (name, n) where v.n
		union all select community, '', v.name, v.n from person, lateral (values ('load.served', 1::bigint), ('load.duties', duties), ('load.minutes', minutes)) v (name, n))
	select * from report_rows_before(first_day, last_day, zone, of)
	union all
	select s.dim, s.key, name, sum(n)::float8 from fact, lateral (values ('all', ''), ('community', community), ('estate', estate)) s (dim, key) where dim = 'all' or key <> ''
		group by 1, 2, 3 having sum(n) <> 0
	union all
	select 'all', '', 'load.duties.most', max(duties)::float8 from person having max(duties) > 0
	union all
	select 'community', community, 'load.duties.most', max(duties)::float8 from person group by community
$$;

-- api_report as before, with how the rosters were kept: each team's cover, the least covered first, and who served most.
alter function api_report(text, text, text, boolean, text, text) rename to api_report_before;
create function api_report(wanted_first text, wanted_last text, of text, names boolean, zone text, begins text) returns jsonb language plpgsql set jit = off as $$
declare
	answer jsonb := api_report_before(wanted_first, wanted_last, of, names, zone, begins);
	since timestamptz := (answer->>'from')::date::timestamp at time zone zone;
	until timestamptz := ((answer->>'until')::date + 1)::timestamp at time zone zone;
begin
	return answer || jsonb_build_object('stood', jsonb_build_object(
		'teams', (select coalesce(jsonb_agg(jsonb_build_object('team', c.team, 'community', c.community, 'minutes', minutes_of(c.whole), 'covered', minutes_of(c.covered),
				'duties', coalesce(b.duties, 0), 'open', coalesce(b.open, 0), 'stood_in', coalesce(b.stood_in, 0)) order by minutes_of(c.covered)::float8 / greatest(minutes_of(c.whole), 1), c.team), '[]')
			from duty_cover(since, until, of) c left join (
				select team, count(*) as duties, count(*) filter (where open) as open, count(*) filter (where stood_in) as stood_in from duty_begun(since, until, of) group by team) b using (team)),
		'people', (select coalesce(jsonb_agg(jsonb_build_object('volunteer', id, 'team', team, 'duties', duties, 'minutes', minutes, 'stood_in', stood_in) order by minutes desc, id), '[]') from (
			select v.id, v.team, count(*) as duties, sum(minutes_of(b.served)) as minutes, count(*) filter (where b.stood_in) as stood_in from duty_begun(since, until, of) b join volunteer v on v.id = b.stood
			where not v.desk group by v.id, v.team order by 4 desc, 1 limit 10) p)));
end $$;

do $$
declare
	f text;
begin
	for f in select oid::regprocedure::text from pg_proc where pronamespace = current_schema()::regnamespace and proname in ('duty_after', 'duty_take', 'duty_upkeep') loop
		execute format('revoke execute on function %s from curtain_service', f);
	end loop;
end $$;
