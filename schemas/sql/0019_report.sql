-- SPDX-License-Identifier: MIT
-- The papers of the district: figures of a time against the one before, for the fortnightly meeting; the sheet of a day; what meetings decided.
-- docs/report.md says what each figure counts. Everything is read under the caller's own row-level security: a community worker's paper is of
-- their community.

-- ---- what meetings decided ----

create table decision (
	id bigint generated always as identity primary key,
	meeting date not null,
	community text references community on delete cascade, -- null: of the whole district
	household text references household on delete cascade, -- where it is about one; goes with it
	what text not null check (what <> ''),
	owner text not null, -- an account
	due date,
	state text not null default 'open' check (state in ('open', 'done', 'dropped')),
	note text not null default '',
	made timestamptz not null default clock_timestamp(),
	made_by text not null default change_who(),
	closed timestamptz
);
create index decision_meeting on decision (meeting);
create index decision_household on decision (household) where household is not null;
create index decision_community on decision (community);
select change_watch('decision', 'id', 'household');
select sight_guard('decision', sight_of_community('community'));
-- What was decided for all is known to the communities, and the district's to change.
create policy sight_read_common on decision for select to curtain_service, curtain_reader
	using (community is null and (select sight_level(current_user::text)) = 'community');

create function decision_json(d decision) returns jsonb language sql stable as $$
	select jsonb_strip_nulls(jsonb_build_object('id', d.id, 'meeting', d.meeting, 'community', d.community, 'household', d.household, 'what', d.what, 'owner', d.owner,
		'due', d.due, 'state', d.state, 'note', nullif(d.note, ''), 'made_by', d.made_by, 'closed', d.closed));
$$;

-- decision_put: the meeting is today's where none is said, the community the household's or the caller's own.
create function decision_put(of text, home text, met text, wanted text, responsible text, by_day text, zone text) returns jsonb language plpgsql as $$
declare
	place text := nullif(of, '');
	kept decision;
begin
	perform sight_require('district', 'community');
	if home <> '' then
		select community into place from household where id = home;
		if place is null then
			raise exception using errcode = 'UNONE', message = 'args.household: no such household in the registry';
		elsif of <> '' and of <> place then
			raise exception using errcode = 'UINVL', message = format('args.community: the household is of "%s"', place);
		end if;
	elsif place is null and current_user in ('curtain_service', 'curtain_reader') and sight_level(current_user::text) = 'community' then
		place := sight_community(current_user::text);
	end if;
	if place is not null and not exists (select from community where id = place) then
		raise exception using errcode = 'UNONE', message = 'args.community: no such community in the registry';
	end if;
	insert into decision (meeting, community, household, what, owner, due) values (coalesce(nullif(met, '')::date, (now() at time zone zone)::date), place, nullif(home, ''), wanted,
		responsible, nullif(by_day, '')::date) returning * into kept;
	return decision_json(kept);
end $$;

-- decision_set changes what is said: state, note, due.
create function decision_set(wanted bigint, new_state text, new_note text, by_day text) returns jsonb language plpgsql as $$
declare
	kept decision;
begin
	perform sight_require('district', 'community');
	if new_state not in ('', 'open', 'done', 'dropped') then
		raise exception using errcode = 'UINVL', message = 'args.state: must be open, done or dropped';
	end if;
	update decision set state = coalesce(nullif(new_state, ''), state), note = coalesce(nullif(new_note, ''), note), due = coalesce(nullif(by_day, '')::date, due),
		closed = case coalesce(nullif(new_state, ''), state) when 'open' then null else coalesce(closed, clock_timestamp()) end
		where id = wanted returning * into kept;
	if not found then
		raise exception using errcode = 'UNONE', message = 'args.id: no such decision, or it is not yours to change';
	end if;
	return decision_json(kept);
end $$;

create function decision_list(of text, only_open boolean) returns jsonb language plpgsql as $$
begin
	perform sight_require('district', 'community');
	insert into api_audit (who, method, household) values (change_who(), 'decisions', '');
	return jsonb_build_object('items', (select coalesce(jsonb_agg(decision_json(d) order by d.meeting desc, d.id), '[]')
		from (select * from decision where (of = '' or community = of) and (not only_open or state = 'open') order by meeting desc, id limit 500) d));
end $$;

-- ---- figures ----

-- report_home: the homes that count, with their place; the estate's kind by the building, else by the team. Canaries are there to be missed.
create function report_home(of text) returns table (household text, community text, team text, estate text) language sql stable as $$
	select h.id, h.community, h.team, coalesce(e.kind, 'unknown')
	from household h left join building b on b.id = h.building left join team t on t.id = h.team left join estate e on e.id = coalesce(b.estate, t.estate)
	where not h.canary and (of = '' or h.community = of)
$$;

-- report_incident: kpi_incident with places. A household that was erased has no estate any more.
create function report_incident(since timestamptz, until timestamptz, of text)
returns table (id text, household text, community text, team text, estate text, kind text, level text, rule text, opened timestamptz, asked timestamptz, answered timestamptz,
	arrived timestamptz, ended timestamptz, outcome text, found text, nobody boolean) language sql stable as $$
	select k.id, i.household, i.community, i.team, coalesce(h.estate, 'unknown'), i.kind, k.level, coalesce(nullif(k.rule, ''), i.kind), k.opened, k.asked, k.answered, k.arrived, k.ended, k.outcome,
		coalesce(i.body->>'found', ''), k.nobody
	from kpi_incident(since, until) k join incident i using (id) left join report_home('') h on h.household = i.household
	where of = '' or i.community = of
$$;

-- report_errand: kpi_errand with places.
create function report_errand(since timestamptz, until timestamptz, of text)
returns table (id text, household text, community text, estate text, kind text, help text, what text, opened timestamptz, due timestamptz, done timestamptz, refused timestamptz,
	missed timestamptz, ended timestamptz, cancelled timestamptz) language sql stable as $$
	select k.id, k.household, k.community, coalesce(h.estate, 'unknown'), k.kind, k.help, k.what, k.opened, k.due, k.done, k.refused, k.missed, least(k.done, k.refused, k.cancelled), k.cancelled
	from kpi_errand(since, until) k left join report_home('') h on h.household = k.household
	where of = '' or k.community = of
$$;

-- report_load: what each volunteer was asked in a time, those whom nobody asked too; desks are no volunteers.
create function report_load(since timestamptz, until timestamptz, of text)
returns table (volunteer text, team text, community text, pages bigint, accepted bigint, declined bigint, silent bigint) language sql stable as $$
	with span as materialized (
		select k.id from kpi_incident(since, until) k),
	word as materialized (
		select e.actor, e.event from incident_event e join span on span.id = e.incident where e.actor <> '')
	select v.id, v.team, t.community, count(e.event) filter (where e.event = 'paged'), count(e.event) filter (where e.event in ('accepted', 'taken_over', 'second_coming')),
		count(e.event) filter (where e.event in ('declined', 'refused')), count(e.event) filter (where e.event = 'timed_out')
	from volunteer v join team t on t.id = v.team left join word e on e.actor = v.id
	where not v.desk and (of = '' or t.community = of)
	group by v.id, v.team, t.community
$$;

-- report_rows: every figure of a time, for all and by community and kind of estate. first_day and last_day are days of the zone, both counted.
create function report_rows(first_day date, last_day date, zone text, of text) returns table (dim text, key text, name text, value double precision) language sql stable as $$
	with span as (
		select first_day::timestamp at time zone zone as since, (last_day + 1)::timestamp at time zone zone as until),
	home as materialized (
		select * from report_home(of)),
	one as materialized (
		select i.* from span, report_incident(since, until, of) i),
	load as materialized (
		select l.* from span, report_load(since, until, of) l),
	raised as materialized ( -- alerts by their first_day word; whose household is gone has no place
		select a.kind, a.level, a.rule, coalesce(home.community, '') as community, coalesce(home.estate, 'unknown') as estate
		from span, alert_event e join alert a on a.id = e.alert left join household h on h.id = a.household left join home on home.household = a.household
		where e.revision = 1 and e.at >= since and e.at < until and not coalesce(h.canary, false) and (of = '' or home.household is not null)),
	apparatus as materialized (
		select home.community, home.estate, exists (select from reading_day r where r.household = s.household and r.device = s.device and r.day > last_day - 3 and r.day <= last_day) as alive
		from span, device_stay s join home using (household) where s."from" < span.until and (s.until is null or s.until >= span.until)),
	errand as materialized (
		select e.*, since, span.until from span, report_errand(since, until, of) e),
	fact (community, estate, name, n) as (
		select community, estate, 'homes', 1 from home
		union all select community, estate, 'elders.surveyed', 1 from elder join home using (household) where surveyed <= last_day and (ended is null or ended > last_day)
		union all select community, estate, 'elders.enrolled', 1 from elder join home using (household) where enrolled <= last_day and (ended is null or ended > last_day)
		union all select community, estate, 'consents', 1 from span, consent c join home using (household)
			where (c."from" is null or c."from" < span.until) and (c.until is null or c.until >= span.until) and (c.withdrawn is null or c.withdrawn >= span.until)
		union all select community, estate, v.name, v.n from apparatus, lateral (values ('devices.known', 1), ('devices.alive', alive::integer)) v (name, n)
		union all select community, estate, v.name, 1 from raised, lateral (values ('alarms'), ('alarms.kind.' || kind), ('alarms.level.' || level), ('alarms.rule.' || coalesce(nullif(rule, ''), kind))) v (name)
		union all select community, estate, v.name, v.n::integer from one, lateral (values
			('incidents', true), ('incidents.kind.' || kind, true), ('incidents.level.' || level, true),
			('incidents.night', extract(hour from opened at time zone zone) not between 8 and 19),
			('incidents.judged', outcome not in ('', 'none')), ('incidents.false', outcome = 'false_alarm'),
			('incidents.outcome.' || outcome, outcome not in ('', 'none')),
			('rule.' || rule || '.judged', outcome not in ('', 'none')), ('rule.' || rule || '.false', outcome = 'false_alarm'),
			('answer.asked', asked is not null), ('answer.count', answered >= asked), ('answer.60', answered - asked between interval '0' and interval '60 s'),
			('answer.180', answered - asked between interval '0' and interval '180 s'),
			('site.count', arrived is not null), ('site.2700', arrived - opened <= interval '2700 s'), ('site.3600', arrived - opened <= interval '3600 s'),
			('cover.nobody', nobody and asked is not null)) v (name, n) where v.n
		union all select community, estate, 'day.' || to_char((opened at time zone zone)::date - first_day + 1, 'FM000'), 1 from one
		union all select community, estate, v.name, 1 from errand, lateral (values
			('visits.due', true), ('visits.done', done is not null), ('visits.late', done > due), ('visits.overdue', done is null and refused is null),
			('visits.refused', refused is not null and done is null)) v (name, n) where v.n and kind = 'visit' and due >= since and due < errand.until and cancelled is null
		union all select community, estate, v.name, 1 from errand, lateral (values
			('findings.new', opened >= since), ('findings.closed', ended >= since), ('findings.open', ended is null), ('findings.overdue', ended is null and due < errand.until)) v (name, n)
			where v.n and kind = 'task'
		union all select community, estate, v.name, 1 from errand, lateral (values
			('services.asked', opened >= since and cancelled is null), ('services.asked.' || help, opened >= since and cancelled is null),
			('services.given', done >= since), ('services.given.' || help, done >= since)) v (name, n) where v.n and kind = 'service'
		union all select community, '', v.name, v.n from load, lateral (values ('load.people', 1), ('load.asked', (pages > 0)::integer), ('load.pages', pages),
			('load.accepted', accepted), ('load.declined', declined), ('load.silent', silent),
			('load.of.' || case when pages = 0 then '0' when pages = 1 then '1' when pages < 4 then '2-3' when pages < 8 then '4-7' else '8+' end, 1)) v (name, n)),
	slice as (
		select * from fact, lateral (values ('all', ''), ('community', community), ('estate', estate)) s (dim, key) where dim = 'all' or key <> ''),
	times as (
		select s.dim, s.key, extract(epoch from answered - asked) as answer_s, extract(epoch from arrived - opened) as site_s, answered >= asked as told
		from one, lateral (values ('all', ''), ('community', community), ('estate', estate)) s (dim, key))
	select dim, key, name, sum(n)::float8 from slice group by 1, 2, 3 having sum(n) <> 0
	union all
	select dim, key, 'answer.p' || p, percentile_disc(p / 100.0) within group (order by answer_s)::float8 from times, unnest(array[50, 90, 99]) p where told group by dim, key, p
	union all
	select dim, key, 'site.p' || p, percentile_disc(p / 100.0) within group (order by site_s)::float8 from times, unnest(array[50, 90, 99]) p where site_s is not null group by dim, key, p
	union all
	select 'all', '', 'load.most', max(pages)::float8 from load having max(pages) > 0
	union all
	select 'community', community, 'load.most', max(pages)::float8 from load group by community having max(pages) > 0
$$;

-- report_cases: homes to talk about, and why; no names unless they are asked for.
create function report_cases(since timestamptz, until timestamptz, of text, names boolean, most integer) returns jsonb language sql stable as $$
	with one as materialized (
		select * from report_incident(since, until, of)),
	held as (
		select o.*, (select e.state from incident_event e where e.incident = o.id and e.at < until order by e.revision desc limit 1) not in ('resolved', 'cancelled') as still,
			count(*) over (partition by o.household) as times
		from one o join report_home(of) h on h.household = o.household),
	reason as (
		select h.household, h.community, h.team, h.id, h.opened, h.times, r.reason, r.weight from held h, lateral (values
			('died', 100, h.found = 'died'), ('fallen', 50, h.found = 'fallen'), ('ill', 50, h.found = 'ill'), ('ambulance', 40, h.outcome = 'ambulance'),
			('nobody', 30, h.nobody), ('late_answer', 25, h.asked is not null and coalesce(h.answered - h.asked > interval '180 s', h.ended is not null)),
			('late_arrival', 25, h.arrived - h.opened > interval '3600 s'), ('open', 20, h.still), ('often', 15, h.times >= 3),
			('false_often', 10, h.times >= 3 and h.outcome = 'false_alarm')) r (reason, weight, holds) where r.holds
		union all
		select h.household, h.community, h.team, e.id, e.opened, coalesce((select max(times) from held where held.household = h.household), 0), r.reason, r.weight
		from report_errand(since, until, of) e join report_home(of) h on h.household = e.household, lateral (values
			('finding_overdue', 20, e.kind = 'task' and e.ended is null and e.due < until),
			('visit_overdue', 10, e.kind = 'visit' and e.done is null and e.refused is null and e.cancelled is null and e.due >= since and e.due < until)) r (reason, weight, holds)
		where r.holds),
	home as (
		select household, min(community) as community, min(team) as team, max(opened) as opened, max(times) as times,
			(select sum(w) from (select max(weight) as w from reason r where r.household = reason.household group by r.reason) best) as weight,
			(select jsonb_agg(r.reason order by r.weight desc, r.reason) from (select distinct on (r.reason) r.reason, r.weight from reason r where r.household = reason.household) r) as reasons,
			(select jsonb_agg(i.id order by i.opened desc) from (select distinct r.id, r.opened from reason r where r.household = reason.household order by r.opened desc limit 5) i) as incidents
		from reason group by household order by 6 desc, opened desc, household limit most)
	select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('household', household, 'community', community, 'team', team, 'opened', opened, 'times', times, 'reasons', reasons,
		'incidents', incidents, 'names', case when names then (select jsonb_agg(e.name order by e.id) from elder e where e.household = home.household) end))
		order by weight desc, opened desc, household), '[]') from home
$$;

-- report_span: the days of a paper. A fortnight begins where `begins` says, each 14 days; without `wanted_first` it is the latest that is over by
-- the end of wanted_last, or of yesterday.
create function report_span(wanted_first text, wanted_last text, zone text, begins date, out first date, out last date) language plpgsql stable as $$
declare
	next date := coalesce(nullif(wanted_last, '')::date + 1, (now() at time zone zone)::date);
begin
	if wanted_first <> '' then
		first := wanted_first::date;
		last := coalesce(nullif(wanted_last, '')::date, first + 13);
	else
		last := begins + 14 * floor((next - begins) / 14.0)::integer - 1;
		first := last - 13;
	end if;
	if last < first then
		raise exception using errcode = 'UINVL', message = 'args.until: lies before from';
	elsif last - first > 366 then
		raise exception using errcode = 'UINVL', message = 'args.from: a paper is about 366 days at most';
	end if;
end $$;

create function report_community(of text) returns void language plpgsql stable as $$
begin
	perform sight_require('district', 'community');
	if of <> '' and not exists (select from community where id = of) then
		raise exception using errcode = 'UNONE', message = 'args.community: no such community in the registry';
	end if;
end $$;

-- report_places: the communities that the caller's homes or teams are in.
create function report_places(of text) returns jsonb language sql stable as $$
	select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'name', c.name) order by c.id), '[]') from community c
	where (of = '' or c.id = of) and (exists (select from household h where h.community = c.id) or exists (select from team t where t.community = c.id))
$$;
create function report_teams(of text) returns jsonb language sql stable as $$
	select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'community', t.community, 'homes', (select count(*) from report_home(of) h where h.team = t.id)) order by t.id), '[]')
	from team t where of = '' or t.community = of
$$;

create function api_report(wanted_first text, wanted_last text, of text, names boolean, zone text, begins text) returns jsonb language plpgsql set jit = off as $$
declare
	first date; last date; since timestamptz; until timestamptz; days integer;
begin
	perform report_community(of);
	select s.first, s.last into first, last from report_span(wanted_first, wanted_last, zone, begins::date) s;
	days := last - first + 1;
	since := first::timestamp at time zone zone;
	until := (last + 1)::timestamp at time zone zone;
	insert into api_audit (who, method, household, detail) values (change_who(), 'report', '',
		jsonb_build_object('from', first, 'until', last, 'community', of, 'names', names));
	return jsonb_build_object('from', first, 'until', last, 'days', days, 'before', jsonb_build_object('from', first - days, 'until', first - 1), 'community', of, 'zone', zone, 'made', now(),
		'communities', report_places(of), 'teams', report_teams(of),
		'figures', (select coalesce(jsonb_agg(jsonb_build_object('dim', dim, 'key', key, 'name', name, 'now', coalesce(n.value, 0), 'before', coalesce(b.value, 0)) order by dim, key, name), '[]')
			from report_rows(first, last, zone, of) n full join report_rows(first - days, first - 1, zone, of) b using (dim, key, name)),
		'load', (select coalesce(jsonb_agg(jsonb_build_object('volunteer', volunteer, 'team', team, 'community', community, 'pages', pages, 'accepted', accepted, 'declined', declined,
			'silent', silent) order by pages desc, volunteer), '[]') from (select * from report_load(since, until, of) where pages > 0 order by pages desc, volunteer limit 10) l),
		'cases', report_cases(since, until, of, names, 20),
		'decisions', jsonb_build_object(
			'former', (select coalesce(jsonb_agg(decision_json(d) order by d.meeting, d.id), '[]') from decision d where d.meeting <= last and (of = '' or d.community is null or d.community = of)
				and (d.state = 'open' or d.meeting >= first or d.closed >= since)),
			'new', (select coalesce(jsonb_agg(decision_json(d) order by d.id), '[]') from decision d where d.meeting > last and d.meeting <= last + days
				and (of = '' or d.community is null or d.community = of))));
end $$;

-- ---- the sheet of a day ----

-- report_due: errands of a kind that are to be done by the end of a day, or, of visits, may be done on it.
create function report_due(of_kind text, today date, of text, zone text) returns jsonb language sql stable as $$
	select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', e.id, 'household', e.household, 'community', e.community, 'team', e.team, 'what', e.what, 'state', e.state,
		'assignee', nullif(e.assignee, ''), 'provider', nullif(e.provider, ''), 'from', e."from", 'until', e.until, 'climb', nullif(e.climb, 0),
		'overdue', case when e.until <= today::timestamp at time zone zone then true end)) order by e.until, e.id), '[]')
	from errand e left join household h on h.id = e.household
	where e.kind = of_kind and e.state in ('open', 'offered', 'agreed', 'under_way') and case of_kind when 'visit' then e."from" else e.until end < (today + 1)::timestamp at time zone zone and not coalesce(h.canary, false)
		and (of = '' or e.community = of)
$$;

-- api_report_day: for each community what the morning has to know. The night goes from 18:00 of the day before to 08:00.
create function api_report_day(wanted text, of text, zone text) returns jsonb language plpgsql set jit = off as $$
declare
	today date := coalesce(nullif(wanted, '')::date, (now() at time zone zone)::date);
	dusk timestamptz := (today - 1 + time '18:00') at time zone zone;
	dawn timestamptz := (today + time '08:00') at time zone zone;
begin
	perform report_community(of);
	insert into api_audit (who, method, household, detail) values (change_who(), 'report_day', '', jsonb_build_object('day', today, 'community', of));
	return jsonb_build_object('day', today, 'zone', zone, 'made', now(), 'communities', report_places(of), 'teams', report_teams(of),
		'incidents', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', i.id, 'household', i.household, 'community', i.community, 'team', i.team, 'kind', i.kind, 'level', i.level,
			'state', i.state, 'outcome', nullif(i.outcome, ''), 'opened', i.opened, 'responder', nullif(i.responder, ''))) order by i.opened), '[]')
			from incident i left join household h on h.id = i.household where not coalesce(h.canary, false) and (of = '' or i.community = of)
				and ((i.opened >= dusk and i.opened < dawn) or (i.opened < dawn and i.state not in ('resolved', 'cancelled')))),
		'visits', report_due('visit', today, of, zone), 'tasks', report_due('task', today, of, zone), 'services', report_due('service', today, of, zone),
		'silent', (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('device', device, 'household', household, 'community', community, 'team', team, 'place', place, 'last', heard))
			order by community, heard nulls first, device), '[]') from (
			select s.device, s.household, h.community, h.team, s.place, (select max(r.last) from reading_day r where r.household = s.household and r.device = s.device and r.day < today) as heard
			from device_stay s join report_home(of) h on h.household = s.household
			where s."from" < today::timestamp at time zone zone and (s.until is null or s.until > today::timestamp at time zone zone)) every
			where heard is null or heard < (today - 3)::timestamp at time zone zone),
		'away', (select coalesce(jsonb_agg(jsonb_build_object('household', h.id, 'community', h.community, 'until', h.away_until) order by h.id), '[]') from household h
			where not h.canary and (of = '' or h.community = of) and h.away_from <= dawn and h.away_until > dawn),
		'decisions', (select coalesce(jsonb_agg(decision_json(d) order by d.due, d.id), '[]') from decision d
			where d.state = 'open' and d.due <= today and (of = '' or d.community is null or d.community = of)));
end $$;

-- elder_export as before, with what meetings decided about the household.
alter function elder_export(text) rename to elder_export_without_decisions;
create function elder_export(wanted text) returns jsonb language plpgsql as $$
declare
	answer jsonb := elder_export_without_decisions(wanted);
begin
	return answer || jsonb_build_object('decisions', (select coalesce(jsonb_agg(decision_json(d) order by d.id), '[]') from decision d where d.household = answer->'household'->>'id'));
end $$;
