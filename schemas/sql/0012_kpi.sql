-- SPDX-License-Identifier: MIT
-- How well the district answers, in the desk's terms, from the log of incident events (docs/incident.md says each figure). It is computed here
-- and not in the dispatcher, which forgets an incident some days after its end: here every event is kept, with the alerts' rules beside it.

create index incident_opened on incident (opened);

-- kpi_incident: one row an incident opened in [since, until), with the moments that count. Canaries are left out: they are there to be missed.
create function kpi_incident(since timestamptz, until timestamptz)
returns table (id text, level text, rule text, opened timestamptz, asked timestamptz, answered timestamptz, arrived timestamptz, ended timestamptz,
	outcome text, nobody boolean) language sql stable as $$
	select i.id, i.level, coalesce((select a.rule from alert a where a.id = i.body->'alerts'->>0), i.kind), i.opened,
		min(e.at) filter (where e.event in ('paged', 'escalated')), min(e.at) filter (where e.event = 'accepted'),
		min(e.at) filter (where e.event = 'arrived'), min(e.at) filter (where e.event = 'resolved'), i.outcome,
		coalesce(min(e.revision) filter (where e.event = 'escalated') < coalesce(min(e.revision) filter (where e.event = 'paged'), 9223372036854775807), false)
	from incident i join incident_event e on e.incident = i.id left join household h on h.id = i.household
	where i.opened >= since and i.opened < until and not coalesce(h.canary, false)
	group by i.id
$$;

-- kpi_times: how many, within so many seconds, and the quantiles in seconds (the smallest value that so many do not exceed).
create function kpi_times(seconds double precision[], limits integer[]) returns jsonb language sql immutable as $$
	select jsonb_build_object('count', count(s), 'within', (select jsonb_object_agg(l, (select count(*) from unnest(seconds) s where s <= l)) from unnest(limits) l),
		'p50', percentile_disc(0.5) within group (order by s), 'p90', percentile_disc(0.9) within group (order by s),
		'p99', percentile_disc(0.99) within group (order by s))
	from unnest(seconds) s
$$;

create function kpi(since timestamptz, until timestamptz) returns jsonb language sql stable as $$
	with one as (select * from kpi_incident(since, until)),
	load as (
		select e.actor, count(*) filter (where e.event = 'paged') as pages, count(*) filter (where e.event in ('accepted', 'taken_over', 'second_coming')) as accepted,
			count(*) filter (where e.event in ('declined', 'refused')) as declined, count(*) filter (where e.event = 'timed_out') as silent
		from incident_event e join one on one.id = e.incident
		where e.actor <> '' and e.event in ('paged', 'accepted', 'taken_over', 'second_coming', 'declined', 'refused', 'timed_out')
		group by e.actor)
	select jsonb_build_object('from', since, 'to', until,
		'incidents', (select count(*) from one),
		'levels', coalesce((select jsonb_object_agg(level, n) from (select level, count(*) as n from one group by level) l), '{}'),
		'asked', (select count(*) from one where asked is not null),
		'answered', (select kpi_times(array_agg(extract(epoch from answered - asked)::float8) filter (where answered >= asked), array[60, 180]) from one where asked is not null),
		'on_site', (select kpi_times(array_agg(extract(epoch from arrived - opened)::float8) filter (where arrived is not null), array[2700, 3600]) from one),
		'ended', (select count(*) from one where ended is not null),
		'rules', coalesce((select jsonb_agg(jsonb_build_object('rule', rule, 'ended', n, 'false_alarms', f, 'share', round(f::numeric / n, 4)) order by n desc, rule)
			from (select rule, count(*) as n, count(*) filter (where outcome = 'false_alarm') as f from one where outcome not in ('', 'none') group by rule) r), '[]'),
		'load', coalesce((select jsonb_agg(jsonb_build_object('user', actor, 'pages', pages, 'accepted', accepted, 'declined', declined, 'silent', silent)
			order by pages desc, actor) from load), '[]'),
		'coverage', jsonb_build_object('asked', (select count(*) from one where asked is not null), 'nobody_on_duty', (select count(*) from one where nobody)))
$$;

-- api_kpi: the last 30 days where nothing is said.
create function api_kpi(since text, until text) returns jsonb language sql stable as $$
	select kpi(coalesce(nullif(since, '')::timestamptz, t - interval '30 days'), t)
	from (select coalesce(nullif(until, '')::timestamptz, now()) as t) to_
$$;
