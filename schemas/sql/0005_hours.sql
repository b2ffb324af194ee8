-- SPDX-License-Identifier: MIT
-- Readings: one index instead of two, hours and days beside them, partitions made ahead and dropped when their time is over.

-- The key finds a household's day and refuses a reading that comes a second time. Household first: what one transaction stores of
-- a household then lies together in the index (records sorts it so). A block range index finds a time across all households.
alter table reading drop constraint reading_pkey;
do $$
declare
	part text;
begin
	for part in select inhrelid::regclass::text from pg_inherits where inhparent = 'reading'::regclass loop
		execute format('drop index if exists %I', part || '_household');
	end loop;
end $$;
alter table reading add primary key (household, at, quantity, device, channel);
create index reading_at on reading using brin (at) with (autosummarize = on);

-- What the readings of a device come to in an hour and in a day of the configured zone. Counters are told by delta, others by low,
-- high and total / readings; what a broker only replayed (retained) is no sign of anything and is not counted.
create table reading_hour (
	household text not null,
	hour timestamptz not null, -- its beginning
	quantity text not null,
	device text not null,
	channel text not null,
	readings bigint not null,
	delta double precision, -- null: none is known
	low double precision not null,
	high double precision not null,
	total double precision not null,
	first timestamptz not null,
	last timestamptz not null,
	primary key (household, hour, quantity, device, channel)
) partition by range (hour);
create table reading_hour_other partition of reading_hour default;

create table reading_day (
	household text not null,
	day date not null,
	quantity text not null,
	device text not null,
	channel text not null,
	readings bigint not null,
	delta double precision,
	low double precision not null,
	high double precision not null,
	total double precision not null,
	first timestamptz not null,
	last timestamptz not null,
	primary key (household, day, quantity, device, channel)
) partition by range (day);
create table reading_day_other partition of reading_day default;

-- The zone that hours and days were made for; null: they have not been made.
create table reading_zone (
	one boolean primary key default true check (one),
	zone text
);
insert into reading_zone default values;

-- partition_make makes one partition unless it is there. Sums are updated many times: room for that in each page.
create function partition_make(parent text, suffix text, low text, high text) returns void language plpgsql as $$
declare
	name text := parent || '_' || suffix;
begin
	if to_regclass(name) is null then
		execute format('create table %I partition of %I for values from (%L) to (%L)%s', name, parent, low, high,
			case parent when 'reading' then '' else ' with (fillfactor = 80)' end);
	end if;
end $$;

-- reading_month makes the partitions that readings of a month may fall into: in zones east and west of UTC an hour begins in the
-- month before, and a day lies in the year before or after. All who lock several of these tables take them in this order.
create or replace function reading_month(first date) returns void language plpgsql as $$
declare
	part date;
begin
	if first <> date_trunc('month', first) or first < date '2000-01-01' or first >= date '2100-01-01' then
		raise exception 'reading_month: % is no first of a month of this century', first;
	end if;
	perform pg_advisory_xact_lock(hashtext('curtain.reading_month'));
	perform partition_make('reading', to_char(first, 'YYYYMM'), to_char(first, 'YYYY-MM-DD') || ' 00:00:00+00',
		to_char(first + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
	foreach part in array array[(first - interval '1 month')::date, first] loop
		if part >= date '2000-01-01' then
			perform partition_make('reading_hour', to_char(part, 'YYYYMM'), to_char(part, 'YYYY-MM-DD') || ' 00:00:00+00',
				to_char(part + interval '1 month', 'YYYY-MM-DD') || ' 00:00:00+00');
		end if;
	end loop;
	foreach part in array array[first - 1, (first + interval '1 month')::date] loop
		if part >= date '2000-01-01' and part < date '2100-01-01' then
			perform partition_make('reading_day', to_char(part, 'YYYY'), to_char(part, 'YYYY') || '-01-01',
				to_char(part + interval '1 year', 'YYYY') || '-01-01');
		end if;
	end loop;
end $$;

-- Months that have readings already get the partitions beside them.
do $$
declare
	part text;
begin
	for part in select substring(inhrelid::regclass::text from '^reading_(\d{6})$') from pg_inherits where inhparent = 'reading'::regclass loop
		if part is not null then
			perform reading_month(to_date(part, 'YYYYMM'));
		end if;
	end loop;
end $$;

-- hours_add adds what is in the session's incoming_hour, one row an hour and device, to the hours and their days. A late reading is
-- added to its own hour and day like any other.
create function hours_add(zone text) returns void language plpgsql as $$
begin
	insert into reading_hour as held (household, hour, quantity, device, channel, readings, delta, low, high, total, first, last)
		select household, hour, quantity, device, channel, readings, delta, low, high, total, first, last from incoming_hour
		on conflict (household, hour, quantity, device, channel) do update set readings = held.readings + excluded.readings,
			delta = coalesce(held.delta + excluded.delta, held.delta, excluded.delta), low = least(held.low, excluded.low),
			high = greatest(held.high, excluded.high), total = held.total + excluded.total, first = least(held.first, excluded.first),
			last = greatest(held.last, excluded.last);
	insert into reading_day as held (household, day, quantity, device, channel, readings, delta, low, high, total, first, last)
		select household, (hour at time zone zone)::date, quantity, device, channel, sum(readings), sum(delta), min(low), max(high), sum(total),
			min(first), max(last)
		from incoming_hour group by 1, 2, 3, 4, 5
		on conflict (household, day, quantity, device, channel) do update set readings = held.readings + excluded.readings,
			delta = coalesce(held.delta + excluded.delta, held.delta, excluded.delta), low = least(held.low, excluded.low),
			high = greatest(held.high, excluded.high), total = held.total + excluded.total, first = least(held.first, excluded.first),
			last = greatest(held.last, excluded.last);
end $$;

-- reading_hours stores those readings of the session's table incoming that are not there yet, and counts them into incoming_hour.
create function reading_hours(zone text) returns void language plpgsql as $$
begin
	with put as (
		insert into reading select * from incoming on conflict do nothing returning *)
	insert into incoming_hour (household, hour, quantity, device, channel, readings, delta, low, high, total, first, last)
		select household, date_trunc('hour', at, zone), quantity, device, channel, count(*), sum(delta), min(value), max(value), sum(value), min(at), max(at)
		from put where not retained group by 1, 2, 3, 4, 5;
end $$;

-- records_take stores what came beside the readings of one transaction, the hours of these (zone null: it has none), and the
-- positions that go with all of it.
drop function records_take(jsonb, jsonb, jsonb);
create function records_take(alerts jsonb, incidents jsonb, positions jsonb, zone text) returns void language plpgsql as $$
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
end $$;

-- days_make makes the days anew from the hours. A day whose first hours are over and gone stays as it is.
create function days_make(zone text) returns void language plpgsql as $$
declare
	whole date; -- the first day that the hours have whole
begin
	select (min(hour) at time zone days_make.zone)::date into whole from reading_hour;
	if exists (select from reading_day where day < whole) then
		whole := whole + 1;
	end if;
	delete from reading_day where day >= whole;
	insert into reading_day (household, day, quantity, device, channel, readings, delta, low, high, total, first, last)
		select household, (hour at time zone days_make.zone)::date, quantity, device, channel, sum(readings), sum(delta), min(low), max(high), sum(total),
			min(first), max(last)
		from reading_hour where (hour at time zone days_make.zone)::date >= whole group by 1, 2, 3, 4, 5;
end $$;

-- reading_zone_set makes hours and days for zone: both from the readings the first time, the days again when the zone is another.
create function reading_zone_set(wanted text) returns void language plpgsql as $$
declare
	held text;
begin
	select zone into strict held from reading_zone for update;
	if held is not distinct from wanted then
		return;
	end if;
	if held is null then
		insert into reading_hour (household, hour, quantity, device, channel, readings, delta, low, high, total, first, last)
			select household, date_trunc('hour', at, wanted), quantity, device, channel, count(*), sum(delta), min(value), max(value), sum(value), min(at), max(at)
			from reading where not retained group by 1, 2, 3, 4, 5;
	end if;
	perform days_make(wanted);
	update reading_zone set zone = wanted;
end $$;

-- hours_wrong: hours from `low` up to `high` that are not what their readings say, for tests and for doubts. Hours whose readings
-- are over and gone must lie outside.
create function hours_wrong(low timestamptz, high timestamptz) returns table (household text, hour timestamptz, quantity text, device text, channel text,
	kept bigint, counted bigint) language sql stable as $$
	with zone as (
		select zone from reading_zone),
	counted as (
		select r.household, date_trunc('hour', at, zone) as hour, r.quantity, r.device, r.channel, count(*) as readings, sum(delta) as delta, min(value) as low,
			max(value) as high, sum(value) as total, min(at) as first, max(at) as last
		from reading r, zone where not retained and at >= hours_wrong.low and at < hours_wrong.high group by 1, 2, 3, 4, 5),
	kept as (
		select * from reading_hour where reading_hour.hour >= hours_wrong.low and reading_hour.hour < hours_wrong.high)
	select household, hour, quantity, device, channel, kept.readings, counted.readings
	from kept full join counted using (household, hour, quantity, device, channel)
	where (kept.readings, kept.low, kept.high, kept.first, kept.last) is distinct from (counted.readings, counted.low, counted.high, counted.first, counted.last)
		or (kept.delta is null) <> (counted.delta is null) or abs(kept.delta - counted.delta) > 1e-9 * (1 + abs(counted.delta))
		or abs(kept.total - counted.total) > 1e-9 * (1 + abs(counted.total));
$$;

-- days_wrong: days that are not the sum of their hours; within the time that has both.
create function days_wrong(low date, high date) returns table (household text, day date, quantity text, device text, channel text,
	kept bigint, counted bigint) language sql stable as $$
	with zone as (
		select zone from reading_zone),
	counted as (
		select h.household, (h.hour at time zone zone)::date as day, h.quantity, h.device, h.channel, sum(h.readings)::bigint as readings, sum(h.delta) as delta,
			min(h.low) as low, max(h.high) as high
		from reading_hour h, zone group by 1, 2, 3, 4, 5)
	select household, day, quantity, device, channel, kept.readings, counted.readings
	from reading_day kept full join counted using (household, day, quantity, device, channel)
	where day >= days_wrong.low and day < days_wrong.high
		and ((kept.readings, kept.low, kept.high) is distinct from (counted.readings, counted.low, counted.high)
		or (kept.delta is null) <> (counted.delta is null) or abs(kept.delta - counted.delta) > 1e-9 * (1 + abs(counted.delta)));
$$;

-- partitions_over drops the partitions of parent whose whole time lies before `bound` and tells their names.
create function partitions_over(parent text, bound timestamptz) returns setof text language plpgsql as $$
declare
	name text;
	stamp text;
	ends timestamptz;
begin
	for name in select inhrelid::regclass::text from pg_inherits where inhparent = parent::regclass order by 1 loop
		stamp := substring(name from '_(\d{4}(?:\d{2})?)$');
		ends := case length(stamp) when 6 then to_date(stamp, 'YYYYMM') + interval '1 month' when 4 then to_date(stamp, 'YYYY') + interval '1 year' end;
		if ends <= bound then
			execute format('drop table %I', name);
			return next name;
		end if;
	end loop;
end $$;

-- reading_upkeep makes the partitions of this month and the next ones, and drops those that are older than they may become; an
-- age of 0 is for ever. The age is that of the readings against the newest watermark, or the clock if that is earlier: a replayed
-- past is not dropped under its own feet. Whoever reads for long is in its way, and while it waits for him readings wait for it: so it
-- gives up soon, and is called again.
create function reading_upkeep(ahead integer, reading_age interval, hour_age interval, day_age interval) returns setof text language plpgsql as $$
declare
	present timestamptz;
begin
	set local lock_timeout = '100ms';
	select least(now(), coalesce(max(at), now())) into present from lane_position where lane = 'reading';
	perform reading_month((date_trunc('month', now() at time zone 'UTC') + make_interval(months => m))::date) from generate_series(0, ahead) m;
	if reading_age > interval '0' then
		return query select partitions_over('reading', present - reading_age);
		delete from reading_other where received < present - reading_age;
	end if;
	if hour_age > interval '0' then
		return query select partitions_over('reading_hour', present - hour_age);
		delete from reading_hour_other where last < present - hour_age;
	end if;
	if day_age > interval '0' then
		return query select partitions_over('reading_day', present - day_age);
		delete from reading_day_other where last < present - day_age;
	end if;
end $$;

-- api_timeline as before, its days from reading_day.
create or replace function api_timeline(who text, home text, zone text, most integer) returns jsonb language plpgsql as $$
declare
	newest timestamptz;
	answer jsonb;
begin
	insert into api_audit (who, method, household) values (who, 'timeline', home);
	select max(last) into newest from reading_day where household = home
		and day = (select day from reading_day where household = home order by day desc limit 1);
	with per_quantity as (
		select day, quantity, sum(readings) as readings, sum(delta) as delta, min(first) as oldest, max(last) as latest
		from reading_day
		where household = home and day > (newest at time zone zone)::date - least(most, 366) and day <= (newest at time zone zone)::date
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
	item as (
		select * from (select * from day union all select * from recent_alert union all select * from recent_incident) every
		order by at desc, item->>'what' desc limit most)
	select jsonb_build_object('household', home, 'known', exists (select from household where id = home),
		'items', coalesce(jsonb_agg(item order by at desc, item->>'what' desc), '[]')) into answer from item;
	return answer;
end $$;

-- api_day notes who asked and tells one day of a household: each hour of each device, and the alerts and incidents that began in it.
create function api_day(who text, home text, zone text, wanted date) returns jsonb language plpgsql as $$
declare
	begins timestamptz := wanted::timestamp at time zone zone;
	ends timestamptz := (wanted + 1)::timestamp at time zone zone;
	hours jsonb;
	alerts jsonb;
	incidents jsonb;
begin
	insert into api_audit (who, method, household) values (who, 'day', home);
	select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('hour', hour, 'quantity', quantity, 'device', device, 'channel', nullif(channel, ''),
		'readings', readings, 'delta', delta, 'low', low, 'mean', total / readings, 'high', high, 'first', first, 'last', last)) order by hour, quantity, device, channel), '[]')
		into hours from reading_hour where household = home and hour >= begins and hour < ends;
	select coalesce(jsonb_agg(body - 'evidence' order by alert.at), '[]') into alerts from alert where household = home and alert.at >= begins and alert.at < ends;
	select coalesce(jsonb_agg(body - 'event' - 'actor' order by opened), '[]') into incidents from incident where household = home and opened >= begins and opened < ends;
	return jsonb_build_object('household', home, 'known', exists (select from household where id = home), 'day', to_char(wanted, 'YYYY-MM-DD'),
		'hours', hours, 'alerts', alerts, 'incidents', incidents);
end $$;
