-- SPDX-License-Identifier: MIT
-- Every figure of the fortnightly paper once more, for one period, from the base tables alone: nothing of schemas/sql is called here.
-- psql -v first=2026-03-16 -v last=2026-03-29 -v zone=Asia/Shanghai -f figures.sql: lines dim, key, name, value.
\set ON_ERROR_STOP on
set jit = off; -- compiling would take longer than counting
set search_path = public, pg_temp;
create temporary table w as select (:'first' || ' 00:00')::timestamp at time zone :'zone' as a, ((:'last')::date + 1)::timestamp at time zone :'zone' as b, (:'first')::date as d0, (:'last')::date as d1;
-- where every home is; the canaries are not in it
create temporary table place as select h.id as home, h.community as c,
	coalesce((select e.kind from building b, estate e where b.id = h.building and e.id = b.estate), (select e.kind from team t, estate e where t.id = h.team and e.id = t.estate), 'unknown') as e
	from household h where h.canary is false;
create temporary table f (c text, e text, name text, v numeric);
create temporary table loose (dim text, key text, name text, v numeric); -- what is no sum

insert into f select c, e, 'homes', 1 from place;
insert into f select c, e, 'elders.surveyed', 1 from place, elder, w where household = home and surveyed < d1 + 1 and coalesce(ended, 'infinity') > d1;
insert into f select c, e, 'elders.enrolled', 1 from place, elder, w where household = home and enrolled < d1 + 1 and coalesce(ended, 'infinity') > d1;
insert into f select c, e, 'consents', 1 from place, consent, w where household = home and coalesce("from", '-infinity') < b and coalesce(until, 'infinity') >= b and coalesce(withdrawn, 'infinity') >= b;
insert into f select c, e, 'devices.known', 1 from place, device_stay, w where household = home and "from" < b and coalesce(until, 'infinity') >= b;
insert into f select c, e, 'devices.alive', 1 from place, device_stay s, w where household = home and "from" < b and coalesce(until, 'infinity') >= b
	and s.device in (select r.device from reading_day r where r.household = home and r.day between d1 - 2 and d1);

-- alerts, by the moment at which each was first heard of
create temporary table al as select alert.id, kind, level, rule, household, (select min(at) from alert_event x where x.alert = alert.id and x.revision = 1) as born from alert;
delete from al where household in (select id from household where canary) or born is null;
insert into f select c, e, n, 1 from w, al left join place on home = al.household, unnest(array['alarms', 'alarms.kind.' || al.kind, 'alarms.level.' || al.level,
	'alarms.rule.' || case al.rule when '' then al.kind else al.rule end]) n where born >= a and born < b;

-- incidents: their moments by the order of events
create temporary table inc as select i.id, i.household, i.community as c, coalesce(p.e, 'unknown') as e, i.kind, i.level, i.outcome, i.opened as o,
	(select x.at from incident_event x where x.incident = i.id and x.event in ('paged', 'escalated') order by x.at, x.revision limit 1) as call,
	(select x.at from incident_event x where x.incident = i.id and x.event = 'accepted' order by x.at limit 1) as yes,
	(select x.at from incident_event x where x.incident = i.id and x.event = 'arrived' order by x.at limit 1) as door,
	(select x.event from incident_event x where x.incident = i.id and x.event in ('paged', 'escalated') order by x.revision limit 1) = 'escalated' as alone,
	coalesce((select nullif(al.rule, '') from al where al.id = i.body #>> '{alerts,0}'), i.kind) as rule
	from incident i left join place p on p.home = i.household, w
	where i.opened >= a and i.opened < b and not exists (select from household h where h.id = i.household and h.canary);
insert into f select c, e, 'incidents', 1 from inc;
insert into f select c, e, 'incidents.kind.' || kind, 1 from inc;
insert into f select c, e, 'incidents.level.' || level, 1 from inc;
insert into f select c, e, 'incidents.night', 1 from inc where (o at time zone :'zone')::time < '08:00' or (o at time zone :'zone')::time >= '20:00';
insert into f select c, e, 'incidents.judged', 1 from inc where outcome not in ('', 'none');
insert into f select c, e, 'incidents.outcome.' || outcome, 1 from inc where outcome not in ('', 'none');
insert into f select c, e, 'incidents.false', 1 from inc where outcome = 'false_alarm';
insert into f select c, e, 'rule.' || rule || '.judged', 1 from inc where outcome not in ('', 'none');
insert into f select c, e, 'rule.' || rule || '.false', 1 from inc where outcome = 'false_alarm';
insert into f select c, e, 'answer.asked', 1 from inc where call is not null;
insert into f select c, e, 'answer.count', 1 from inc where yes >= call;
insert into f select c, e, 'answer.60', 1 from inc where yes >= call and extract(epoch from yes) - extract(epoch from call) <= 60;
insert into f select c, e, 'answer.180', 1 from inc where yes >= call and extract(epoch from yes) - extract(epoch from call) <= 180;
insert into f select c, e, 'site.count', 1 from inc where door is not null;
insert into f select c, e, 'site.2700', 1 from inc where extract(epoch from door) - extract(epoch from o) <= 2700;
insert into f select c, e, 'site.3600', 1 from inc where extract(epoch from door) - extract(epoch from o) <= 3600;
insert into f select c, e, 'cover.nobody', 1 from inc where alone;
insert into f select c, e, 'day.' || lpad(((o at time zone :'zone')::date - d0 + 1)::text, 3, '0'), 1 from inc, w;

-- quantiles: the smallest value that so many do not exceed, by counting
create temporary table t as
	select dim, key, what, s, row_number() over (partition by dim, key, what order by s) as n, count(*) over (partition by dim, key, what) as m
	from (select c, e, 'answer' as what, extract(epoch from yes) - extract(epoch from call) as s from inc where yes >= call
		union all select c, e, 'site', extract(epoch from door) - extract(epoch from o) from inc where door is not null) x,
		lateral (values ('all', ''), ('community', c), ('estate', e)) d (dim, key);
insert into loose select dim, key, what || '.p' || p, min(s) from t, (values (50), (90), (99)) q (p) where n * 100 >= p * m group by dim, key, what, p;

-- how the calls were spread
create temporary table word as select x.actor, x.event from incident_event x join inc on inc.id = x.incident;
create temporary table spread as select v.id, t.community as c, coalesce(sum((event = 'paged')::integer), 0) as pages, coalesce(sum((event = any ('{accepted,taken_over,second_coming}'))::integer), 0) as yes,
	coalesce(sum((event = any ('{declined,refused}'))::integer), 0) as no, coalesce(sum((event = 'timed_out')::integer), 0) as mute
	from volunteer v join team t on t.id = v.team left join word on word.actor = v.id where not v.desk group by 1, 2;
insert into f select c, '', 'load.people', 1 from spread;
insert into f select c, '', 'load.asked', 1 from spread where pages > 0;
insert into f select c, '', 'load.pages', pages from spread;
insert into f select c, '', 'load.accepted', yes from spread;
insert into f select c, '', 'load.declined', no from spread;
insert into f select c, '', 'load.silent', mute from spread;
insert into f select c, '', case when pages >= 8 then 'load.of.8+' when pages >= 4 then 'load.of.4-7' when pages >= 2 then 'load.of.2-3' else 'load.of.' || pages end, 1 from spread;
insert into loose select 'all', '', 'load.most', max(pages) from spread;
insert into loose select 'community', c, 'load.most', max(pages) from spread group by c;

-- how the rosters were kept: a team's minutes one by one, with a duty that somebody had in that minute or without
create temporary table known as select t.id as team, t.community as c, coalesce((select kind from estate where estate.id = t.estate), 'unknown') as e,
	greatest(a, (select min(d."from") from duty_stood d where d.team = t.id)) as lo, least(b, (select max(d.until) from duty_stood d where d.team = t.id)) as hi
	from team t, w where exists (select from household h where h.team = t.id and h.canary is false);
delete from known where hi <= lo or team not in (select team from duty_stood);
create temporary table guarded as select distinct d.team, m from known, duty_stood d, generate_series(greatest(d."from", lo), least(d.until, hi) - interval '1 min', interval '1 min') m
	where d.team = known.team and d."from" < hi and d.until > lo and not coalesce(d.open_from <= m and d.open_until > m, false);
create temporary table watch as select team, c, e, m, guarded.m is not null as there from known cross join generate_series(lo, hi - interval '1 min', interval '1 min') m left join guarded using (team, m);
insert into f select c, e, 'cover.teams', 1 from known;
insert into f select c, e, 'cover.minutes', count(*) from watch group by c, e;
insert into f select c, e, 'cover.covered', count(*) from watch where there group by c, e;
create temporary table shift as select d.*, t.community as c, coalesce((select kind from estate where estate.id = t.estate), 'unknown') as e from duty_stood d, team t, w where t.id = d.team and d."from" >= a and d."from" < b;
insert into f select c, e, 'duties', 1 from shift;
insert into f select c, e, 'duties.open', 1 from shift where open_until is not null;
insert into f select c, e, 'duties.stood_in', 1 from shift where stood <> planned and stood <> '';
create temporary table served as select v.id, t.community as c, count(*) as n, sum(floor(extract(epoch from s.until - s."from" - coalesce(s.open_until - case s.stood when s.planned then s.open_from else s."from" end, '0')) / 60)) as m
	from shift s, volunteer v, team t where v.id = s.stood and t.id = v.team and v.desk is false group by 1, 2;
insert into f select c, '', 'load.served', 1 from served;
insert into f select c, '', 'load.duties', n from served;
insert into f select c, '', 'load.minutes', m from served;
insert into loose select 'all', '', 'load.duties.most', max(n) from served;
insert into loose select 'community', c, 'load.duties.most', max(n) from served group by c;
insert into loose select 'server', id, 'minutes', m from served;
insert into loose select 'watch', team, 'covered', count(*) from watch where there group by team;

-- errands: what had happened to each by the end of the period
create temporary table er as select errand.id, errand.community as c, coalesce(p.e, 'unknown') as e, errand.kind, opened, until as due, what,
	(select min(x.at) from errand_event x, w where x.errand = errand.id and x.event in ('done', 'confirmed') and x.at < b) as done,
	(select min(x.at) from errand_event x, w where x.errand = errand.id and x.event = 'refused' and x.at < b) as no,
	(select min(x.at) from errand_event x, w where x.errand = errand.id and x.event = 'cancelled' and x.at < b) as off
	from errand left join place p on p.home = errand.household, w where opened < b and errand.household not in (select id from household where canary);
insert into f select c, e, n, 1 from er, w, unnest(array['visits.due', case when done is not null then 'visits.done' end, case when done > due then 'visits.late' end,
	case when done is null and no is null then 'visits.overdue' end, case when done is null and no is not null then 'visits.refused' end]) n
	where kind = 'visit' and off is null and due >= a and due < b and n is not null;
insert into f select c, e, 'findings.new', 1 from er, w where kind = 'task' and opened >= a;
insert into f select c, e, 'findings.closed', 1 from er, w where kind = 'task' and (done >= a or no >= a or off >= a) and not coalesce(done < a, false) and not coalesce(no < a, false)
	and not coalesce(off < a, false);
insert into f select c, e, 'findings.open', 1 from er where kind = 'task' and done is null and no is null and off is null;
insert into f select c, e, 'findings.overdue', 1 from er, w where kind = 'task' and done is null and no is null and off is null and due < b;
insert into f select c, e, n, 1 from er, w, unnest(array['services.asked', 'services.asked.' || coalesce((select help from service where service.id = er.what), 'other')]) n
	where kind = 'service' and opened >= a and off is null;
insert into f select c, e, n, 1 from er, w, unnest(array['services.given', 'services.given.' || coalesce((select help from service where service.id = er.what), 'other')]) n
	where kind = 'service' and done >= a;

-- volunteers who were asked, and homes to talk about with each reason
insert into loose select 'volunteer', id, n, v from spread, lateral (values ('pages', pages), ('accepted', yes), ('declined', no), ('silent', mute)) x (n, v) where pages > 0;
create temporary table talk as
	select i.household, i.id, i.call, i.yes, i.door, i.o, i.alone, i.outcome, (select body->>'found' from incident where incident.id = i.id) as found,
		exists (select from incident_event x where x.incident = i.id and x.event = 'resolved') as resolved,
		(select x.state from incident_event x, w where x.incident = i.id and x.at < b order by x.revision desc limit 1) as last_state,
		(select count(*) from inc j where j.household = i.household) as times
	from inc i where exists (select from place where home = i.household);
insert into loose select distinct 'case', household, r, 1 from talk, unnest(array[case when found in ('died', 'fallen', 'ill') then found end, case when outcome = 'ambulance' then 'ambulance' end,
	case when alone then 'nobody' end, case when call is not null and (yes - call > '3 min' or (yes is null and resolved)) then 'late_answer' end, case when door - o > '1 hour' then 'late_arrival' end,
	case when last_state not in ('resolved', 'cancelled') then 'open' end, case when times > 2 then 'often' end, case when times > 2 and outcome = 'false_alarm' then 'false_often' end]) r where r is not null;
insert into loose select distinct 'case', errand.household, 'finding_overdue', 1 from er join errand using (id), w where er.kind = 'task' and done is null and no is null and off is null and due < b
	and errand.household in (select home from place);
insert into loose select distinct 'case', errand.household, 'visit_overdue', 1 from er join errand using (id), w where er.kind = 'visit' and done is null and no is null and off is null and due >= a and due < b
	and errand.household in (select home from place);

-- of everything, of each community, of each kind of estate
insert into loose select case when grouping(c) = 0 then 'community' when grouping(e) = 0 then 'estate' else 'all' end, coalesce(case when grouping(c) = 0 then c when grouping(e) = 0 then e end, ''), name, sum(v)
	from f group by grouping sets ((name), (c, name), (e, name));
\pset tuples_only on
\pset format unaligned
\pset fieldsep ','
select dim, key, name, v from loose where v <> 0 and (dim = 'all' or key <> '') order by 1, 2, 3;
