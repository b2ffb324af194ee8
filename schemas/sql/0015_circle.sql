-- SPDX-License-Identifier: MIT
-- The circle of a household: who of the family is asked first, who has a key, which neighbours are within reach and willing. Accounts, in the
-- order in which they are asked; for the dispatcher alone (docs/incident.md).

create table home_circle ( -- "circle" is a shape to PostgreSQL
	household text primary key references household on delete cascade,
	contacts text[] not null default '{}',
	key_holders text[] not null default '{}',
	neighbours text[] not null default '{}'
);
select change_watch('home_circle', 'household', 'household');
select sight_guard('home_circle', sight_of_home('home_circle', 'household'));
insert into ledger_kind values ('circles', 860, 'home_circle', '{household}', '{household,contacts,key_holders,neighbours}', 'circle');

-- circle_check: what one list alone does not tell, in words for whoever wrote the ledger.
create function circle_check() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
declare
	fault text;
begin
	fault := case
		when greatest(cardinality(new.contacts), cardinality(new.key_holders), cardinality(new.neighbours)) > 8 then 'contacts, key_holders and neighbours hold at most 8 each'
		when exists (select from unnest(new.contacts || new.key_holders || new.neighbours) u where u !~ '^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$') then 'contacts, key_holders and neighbours are accounts' end;
	if fault is not null then
		raise exception using errcode = 'UINVL', message = format('circles "%s": %s', new.household, fault);
	end if;
	return new;
end $$;
create trigger circle_check before insert or update on home_circle for each row execute function circle_check();

-- The directory as it was, and the circles: an empty list is left out, as on the wire.
do $$
begin
	execute 'create or replace view directory_now as ' || rtrim(pg_get_viewdef('directory_now'::regclass), '; ') || $q$
		union all
		select 'circle', household, jsonb_strip_nulls(jsonb_build_object('contacts', case when contacts <> '{}' then to_jsonb(contacts) end,
			'keys', case when key_holders <> '{}' then to_jsonb(key_holders) end, 'neighbours', case when neighbours <> '{}' then to_jsonb(neighbours) end))
		from home_circle$q$;
end $$;

-- registry_touched as before; a household takes its circle with it.
create or replace function registry_touched(doc jsonb) returns jsonb language sql stable as $$
	with row as (select k.kind, k.directory, item, item->>k.keys[1] as key from ledger_kind k, jsonb_array_elements(coalesce(doc->k.kind, '[]')) item),
	home as (select key as id, coalesce((item->>'deleted')::boolean, false) as deleted from row where kind = 'households')
	select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') from (
		select directory as kind, key from row where directory is not null
		union select 'device', 'phone-' || id from home
		union select 'device', device.id from device join home on device.household = home.id where home.deleted
		union select 'appointment', appointment.id from appointment join home on appointment.household = home.id where home.deleted
		union select 'circle', id from home where deleted and exists (select from home_circle where household = id)
		union select 'consent', id from home where deleted) t;
$$;
revoke execute on function circle_check() from curtain_service;
