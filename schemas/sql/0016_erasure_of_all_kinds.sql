-- SPDX-License-Identifier: MIT
-- An erasure takes whatever the directory has of the household, of kinds that came later too (circles).

create or replace function erase_elder_do(wanted text, asker text, reason text) returns jsonb language plpgsql security definer set search_path = public, pg_temp as $$
declare
	home text;
	last boolean;
	token text := 'erased-' || substr(encode(sha256(convert_to(random()::text || clock_timestamp()::text || wanted, 'UTF8')), 'hex'), 1, 16);
	counts jsonb := '{}';
	touched jsonb := '[]';
	apparatus text[] := '{}';
	written erasure;
begin
	perform seq from directory_state for update;
	select household into home from elder where id = wanted for update;
	last := not exists (select from elder where household = home and id <> wanted);
	if last then
		apparatus := array(select id from device where household = home order by id);
		select coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'key', key)), '[]') into touched from directory_entry
			where not deleted and (key = home or body->>'household' = home);
	end if;
	-- the history of what hangs on the elder, while it can still be told by the ids
	counts := erase_rows(counts, 'change', $q$relation in ('contact', 'medicine', 'tag') and key in (
		select key from change c where c.relation in ('contact', 'medicine', 'tag') and $1 in (c.after->>'elder', c.before->>'elder'))$q$, wanted);
	counts := erase_rows(counts, 'contact', 'elder = $1', wanted);
	counts := erase_rows(counts, 'medicine', 'elder = $1', wanted);
	counts := erase_rows(counts, 'tag', 'elder = $1', wanted);
	counts := erase_rows(counts, 'change', $q$relation in ('elder', 'merging') and key in (select gone from merging where kept = $1)$q$, wanted);
	counts := erase_rows(counts, 'merging', 'kept = $1 or gone = $1', wanted);
	counts := erase_rows(counts, 'elder', 'id = $1', wanted);
	counts := erase_rows(counts, 'change', $q$(relation = 'elder' and key = $1) or (relation in ('contact', 'medicine', 'tag') and $1 in (after->>'elder', before->>'elder'))$q$, wanted);
	if last then
		counts := erase_household(home, token, counts);
	end if;
	perform directory_refresh(touched);
	insert into erasure (who, why, elder, household, token, devices, counts) values (asker, reason, wanted, case when last then home else '' end, case when last then token else '' end, apparatus, counts)
		returning * into written;
	return jsonb_build_object('erasure', written.id, 'at', written.at, 'who', asker, 'why', reason, 'elder', wanted, 'household', written.household, 'token', written.token,
		'devices', to_jsonb(apparatus), 'counts', counts);
end $$;
