-- SPDX-License-Identifier: MIT
-- api_audit becomes a trail that shows when it was tampered with: each row is bound to the one before it by a hash. It holds who, what, of
-- whom and why, and ids only, so that it can stay when a person's data are erased.

-- A chain is written by one session at a time (its head is locked until the commit); sessions that audit much take chains of their own
-- (setting curtain.chain), so that none waits for another.
create table audit_head (
	chain smallint primary key,
	number bigint not null, -- of the newest row
	hash bytea not null
);

alter table api_audit
	add column why text not null default '',
	add column detail jsonb, -- what was changed, in numbers
	add column chain smallint not null default 0,
	add column number bigint, -- within the chain, without gaps
	add column prev bytea,
	add column hash bytea;

-- The hash covers all that a reader of the trail goes by, in the one text form that jsonb has.
create function audit_digest(chain smallint, number bigint, at timestamptz, who text, method text, household text, why text, detail jsonb, prev bytea)
returns bytea language sql immutable as $$
	select sha256(prev || convert_to(jsonb_build_array(chain, number, (extract(epoch from at) * 1000000)::bigint, who, method, household, why, detail)::text, 'UTF8'));
$$;

create function audit_link() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
	new.chain := coalesce(nullif(current_setting('curtain.chain', true), ''), '0')::smallint;
	new.why := coalesce(nullif(new.why, ''), current_setting('curtain.why', true), '');
	insert into audit_head (chain, number, hash) values (new.chain, 0, '') on conflict do nothing;
	select head.number + 1, head.hash into strict new.number, new.prev from audit_head head where head.chain = new.chain for update;
	new.at := clock_timestamp();
	new.hash := audit_digest(new.chain, new.number, new.at, new.who, new.method, new.household, new.why, new.detail, new.prev);
	update audit_head head set number = new.number, hash = new.hash where head.chain = new.chain;
	return new;
end $$;

-- What was noted before this migration is chained in its order.
do $$
declare
	held record;
	bound bytea := '';
	n bigint := 0;
begin
	for held in select id, at, who, method, household from api_audit order by id loop
		n := n + 1;
		update api_audit set number = n, prev = bound, hash = audit_digest(0::smallint, n, held.at, held.who, held.method, held.household, '', null, bound)
			where id = held.id returning hash into bound;
	end loop;
	if n > 0 then
		insert into audit_head values (0, n, bound);
	end if;
end $$;

alter table api_audit alter column number set not null, alter column prev set not null, alter column hash set not null;
create unique index api_audit_chain on api_audit (chain, number);
create trigger audit_link before insert on api_audit for each row execute function audit_link();

-- Whoever may write tables still cannot change the trail by mistake. Who turns this off is found by audit_verify.
create function audit_keep() returns trigger language plpgsql as $$
begin
	raise exception using errcode = '42501', message = 'the audit trail is only ever added to';
end $$;
create trigger audit_keep before update or delete or truncate on api_audit for each statement execute function audit_keep();

-- audit_faults: every place where the trail is not what was written. A row that was changed has a hash that is not its own; one that was
-- removed leaves a gap, at the end against audit_head; one that was moved does not follow the one before.
create function audit_faults() returns table (chain smallint, number bigint, fault text) language sql stable as $$
	with row as (
		select a.chain, a.number, a.prev, a.hash,
			audit_digest(a.chain, a.number, a.at, a.who, a.method, a.household, a.why, a.detail, a.prev) as made,
			coalesce(lag(a.number) over before, 0) as number_before, coalesce(lag(a.hash) over before, ''::bytea) as hash_before
		from api_audit a window before as (partition by a.chain order by a.number, a.id)),
	last as (
		select distinct on (a.chain) a.chain, a.number, a.hash from api_audit a order by a.chain, a.number desc, a.id desc)
	select row.chain, row.number, 'edited' from row where made is distinct from row.hash
	union all
	select row.chain, row.number, 'reordered' from row where row.number = number_before + 1 and row.prev is distinct from hash_before
	union all
	select row.chain, row.number, 'twice' from row where row.number = number_before
	union all
	select row.chain, n, 'removed' from row, lateral (select n from generate_series(number_before + 1, row.number - 1) n limit 1000) gap where row.number > number_before + 1
	union all
	select head.chain, head.number, 'removed' from audit_head head left join last using (chain)
		where head.number > coalesce(last.number, 0)
	union all
	select last.chain, last.number, 'head' from last left join audit_head head using (chain)
		where head.number is null or head.number < last.number or (head.number = last.number and head.hash <> last.hash);
$$;

-- audit_verify: the heads and what is wrong. anchor is a head that was noted elsewhere, "chain:number:hash" (records logs them): only by
-- such a one a trail is found whose every hash was made anew.
create function audit_verify(anchor text, most integer) returns jsonb language plpgsql stable as $$
declare
	part text[] := string_to_array(nullif(anchor, ''), ':');
	faults jsonb;
	total bigint;
begin
	if part is not null and (anchor !~ '^\d{1,4}:\d{1,18}:[0-9a-f]{64}$') then
		raise exception using errcode = 'UINVL', message = 'args.anchor: must be chain:number:hash, as records logs it';
	end if;
	with found as (
		select * from audit_faults()
		union all
		select part[1]::smallint, part[2]::bigint, 'anchor' where part is not null and not exists (
			select from api_audit a where a.chain = part[1]::smallint and a.number = part[2]::bigint and encode(a.hash, 'hex') = part[3])),
	shown as (
		select * from found order by 1, 2, 3 limit most)
	select (select count(*) from found), coalesce((select jsonb_agg(jsonb_build_object('chain', chain, 'number', number, 'fault', fault)
		order by chain, number, fault) from shown), '[]') into total, faults;
	return jsonb_build_object('rows', (select count(*) from api_audit), 'heads', coalesce((select jsonb_agg(format('%s:%s:%s', chain, number,
		encode(hash, 'hex')) order by chain) from audit_head), '[]'), 'faults', faults, 'fault_count', total);
end $$;

-- audit_read: the trail, newest first, for whoever has to look through it.
create function audit_read(home text, asker text, before_id bigint, most integer) returns jsonb language sql stable as $$
	select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', id, 'at', at, 'who', who, 'method', method,
		'household', nullif(household, ''), 'why', nullif(why, ''), 'detail', detail)) order by id desc), '[]'))
	from (select * from api_audit where (home = '' or household = home) and (asker = '' or who = asker) and (before_id = 0 or id < before_id)
		order by id desc limit most) row;
$$;

-- registry_import as before, and noted: the counts of what it wrote.
create or replace function registry_import(doc jsonb, dry_run boolean) returns jsonb language plpgsql as $$
declare
	answer jsonb;
begin
	begin
		answer := registry_apply(doc);
		if dry_run then
			raise exception using errcode = 'UDRY1';
		end if;
		insert into api_audit (who, method, household, detail)
			select coalesce(nullif(current_setting('curtain.user', true), ''), session_user), 'import', '', coalesce(jsonb_object_agg(key, value), '{}')
			from jsonb_each(answer->'kinds') where (value->>'added')::bigint + (value->>'changed')::bigint + (value->>'removed')::bigint > 0;
	exception when sqlstate 'UDRY1' then
		null;
	end;
	return answer || jsonb_build_object('dry_run', dry_run);
end $$;
