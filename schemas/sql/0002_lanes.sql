-- SPDX-License-Identifier: MIT
-- What the lanes bring: readings, alerts, incidents, and how far each producer's shard has been applied.

create table lane_position (
	lane text not null,
	producer text not null,
	shard integer not null,
	epoch bigint not null,
	seq bigint not null,
	at timestamptz, -- the producer's watermark
	primary key (lane, producer, shard)
);

-- Column order is that of the binary COPY in services/records/rows.c.
create table reading (
	device text not null,
	channel text not null,
	quantity text not null,
	value double precision not null,
	delta double precision,
	since timestamptz,
	at timestamptz not null,
	received timestamptz not null,
	household text not null,
	retained boolean not null,
	late boolean not null,
	text text not null,
	primary key (device, channel, quantity, at)
) partition by range (at);

-- One partition a month, made before the first reading of the month is stored. A device whose clock is centuries off gets
-- the partition for such, so their number is bounded.
create table reading_other partition of reading default;
create index reading_other_household on reading_other (household, at);

create function reading_month(first date) returns void language plpgsql as $$
declare
	name text := 'reading_' || to_char(first, 'YYYYMM');
begin
	if first <> date_trunc('month', first) or first < date '2000-01-01' or first >= date '2100-01-01' then
		raise exception 'reading_month: % is no first of a month of this century', first;
	end if;
	perform pg_advisory_xact_lock(hashtext('curtain.reading_month'));
	if to_regclass(name) is null then
		execute format('create table %I partition of reading for values from (%L) to (%L)', name,
			to_char(first, 'YYYY-MM-DD') || ' 00:00:00+00', to_char(first + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
		execute format('create index %I on %I (household, at)', name || '_household', name);
	end if;
end $$;

create table alert (
	id text primary key,
	revision bigint not null,
	household text not null,
	kind text not null,
	level text not null,
	state text not null,
	rule text not null,
	onset timestamptz not null,
	at timestamptz not null,
	reason_zh text not null,
	reason_en text not null,
	body jsonb not null -- the message as it came
);
create index alert_household on alert (household, at desc);

create table alert_event (
	alert text not null,
	revision bigint not null,
	state text not null,
	at timestamptz not null,
	body jsonb not null,
	primary key (alert, revision)
);

create table incident (
	id text primary key,
	revision bigint not null,
	household text not null,
	community text not null,
	team text not null,
	kind text not null,
	level text not null,
	state text not null,
	outcome text not null,
	responder text not null,
	opened timestamptz not null,
	at timestamptz not null,
	reason_zh text not null,
	reason_en text not null,
	body jsonb not null
);
create index incident_household on incident (household, opened desc);
create index incident_open on incident (opened) where state not in ('resolved', 'cancelled');

create table incident_event (
	incident text not null,
	revision bigint not null,
	event text not null,
	state text not null,
	actor text not null,
	at timestamptz not null,
	body jsonb not null,
	primary key (incident, revision)
);

create function alert_apply(items jsonb) returns void language sql as $$
	insert into alert_event (alert, revision, state, at, body)
		select item->>'id', (item->>'revision')::bigint, item->>'state', (item->>'at')::timestamptz, item
		from jsonb_array_elements(items) item
		on conflict do nothing;
	insert into alert as held (id, revision, household, kind, level, state, rule, onset, at, reason_zh, reason_en, body)
		select distinct on (item->>'id') item->>'id', (item->>'revision')::bigint, item->>'household', item->>'kind', item->>'level',
			item->>'state', coalesce(item->>'rule', ''), (item->>'onset')::timestamptz, (item->>'at')::timestamptz,
			coalesce(item->>'reason_zh', ''), coalesce(item->>'reason_en', ''), item
		from jsonb_array_elements(items) item
		order by item->>'id', (item->>'revision')::bigint desc
		on conflict (id) do update set revision = excluded.revision, household = excluded.household, kind = excluded.kind, level = excluded.level,
			state = excluded.state, rule = excluded.rule, onset = excluded.onset, at = excluded.at, reason_zh = excluded.reason_zh,
			reason_en = excluded.reason_en, body = excluded.body
		where held.revision < excluded.revision;
$$;

create function incident_apply(items jsonb) returns void language sql as $$
	insert into incident_event (incident, revision, event, state, actor, at, body)
		select item->>'id', (item->>'revision')::bigint, item->>'event', item->>'state', coalesce(item->>'actor', ''),
			(item->>'at')::timestamptz, item
		from jsonb_array_elements(items) item
		on conflict do nothing;
	insert into incident as held (id, revision, household, community, team, kind, level, state, outcome, responder, opened, at, reason_zh, reason_en, body)
		select distinct on (item->>'id') item->>'id', (item->>'revision')::bigint, item->>'household', coalesce(item->>'community', ''),
			coalesce(item->>'team', ''), item->>'kind', item->>'level', item->>'state', coalesce(item->>'outcome', ''),
			coalesce(item->>'responder', ''), (item->>'opened')::timestamptz, (item->>'at')::timestamptz,
			coalesce(item->>'reason_zh', ''), coalesce(item->>'reason_en', ''), item
		from jsonb_array_elements(items) item
		order by item->>'id', (item->>'revision')::bigint desc
		on conflict (id) do update set revision = excluded.revision, household = excluded.household, community = excluded.community,
			team = excluded.team, kind = excluded.kind, level = excluded.level, state = excluded.state, outcome = excluded.outcome,
			responder = excluded.responder, opened = excluded.opened, at = excluded.at, reason_zh = excluded.reason_zh,
			reason_en = excluded.reason_en, body = excluded.body
		where held.revision < excluded.revision;
$$;

-- lane_advance moves positions; each must stand where the caller believes it stands, else nothing of its transaction may
-- stay (a COMMIT whose answer was lost, or a second records that takes the same lanes).
create function lane_advance(positions jsonb) returns void language plpgsql as $$
begin
	if exists (
		select from jsonb_to_recordset(positions) as p (lane text, producer text, shard integer, epoch bigint, prev bigint)
			join lane_position held using (lane, producer, shard)
		where held.epoch > p.epoch or (held.epoch = p.epoch and held.seq <> p.prev)) then
		raise exception using errcode = 'serialization_failure', message = 'a lane position is not where it was';
	end if;
	insert into lane_position (lane, producer, shard, epoch, seq, at)
		select lane, producer, shard, epoch, seq, at
		from jsonb_to_recordset(positions) as p (lane text, producer text, shard integer, epoch bigint, seq bigint, at timestamptz)
		on conflict (lane, producer, shard) do update set epoch = excluded.epoch, seq = excluded.seq, at = excluded.at;
end $$;

-- records_take stores what came beside the readings of one transaction, and the positions that go with all of it.
create function records_take(alerts jsonb, incidents jsonb, positions jsonb) returns void language plpgsql as $$
begin
	perform lane_advance(positions);
	if alerts is not null then
		perform alert_apply(alerts);
	end if;
	if incidents is not null then
		perform incident_apply(incidents);
	end if;
end $$;
