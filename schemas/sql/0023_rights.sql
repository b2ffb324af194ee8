-- SPDX-License-Identifier: MIT
-- Rights as they were meant. 0008 took the right to execute functions from everybody in this schema alone, which PostgreSQL passes over: what
-- everybody may do by preset can be taken away only for all schemas. So each function that came later could be called by any login, among them
-- erase_elder_do, which acts as the owner: whoever could connect could erase an elder.

alter default privileges revoke execute on functions from public;
do $$
declare
	f text;
begin
	for f in select oid::regprocedure::text from pg_proc where pronamespace = current_schema()::regnamespace and proowner = current_user::regrole loop
		execute format('revoke execute on function %s from public, curtain_reader, curtain_auditor', f);
	end loop;
end $$;
grant execute on function sight_name(text), sight_level(text), sight_community(text), sight_volunteer(text), sight_served(text), sight_team(text) to curtain_reader, curtain_auditor;
grant execute on function audit_faults(), audit_digest(smallint, bigint, timestamptz, text, text, text, text, jsonb, bytea) to curtain_auditor;

-- erasure_right: whichever way an erasure comes, it is the district's. What erases acts as the owner, so who asks is told by the role of the session.
create function erasure_right() returns trigger language plpgsql as $$
declare
	role constant text := current_setting('role');
begin
	if role in ('curtain_service', 'curtain_reader', 'curtain_auditor') and sight_level(role) <> 'district' then
		raise exception using errcode = 'UDENY', message = 'this account''s jurisdiction does not reach so far';
	end if;
	return new;
end $$;
create trigger erasure_right before insert on erasure for each row execute function erasure_right();

-- change_read as before, and noted in the trail: what rows held are names, numbers and addresses.
create or replace function change_read(wanted text, of_key text, home text, before_id bigint, most integer) returns jsonb language plpgsql as $$
declare
	answer jsonb;
begin
	select jsonb_build_object('items', coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('id', id, 'at', at, 'who', who, 'why', nullif(why, ''), 'kind', relation, 'key', key))
		|| jsonb_build_object('before', before, 'after', after) order by id desc), '[]')) into answer
	from (select * from change where (wanted = '' or relation = wanted) and (of_key = '' or key = of_key) and (home = '' or household = home)
		and (before_id = 0 or id < before_id) order by id desc limit most) row;
	insert into api_audit (who, method, household, detail) values (change_who(), 'changes', home, jsonb_strip_nulls(jsonb_build_object('kind', nullif(wanted, ''),
		'key', case when of_key ~ '^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$' then of_key end, 'rows', jsonb_array_length(answer->'items'))));
	return answer;
end $$;
