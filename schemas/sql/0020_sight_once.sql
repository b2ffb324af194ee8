-- SPDX-License-Identifier: MIT
-- sight_served and sight_team as before, but who asks is looked up once. Compared with each row of a table that PostgreSQL reads through (volunteers,
-- soon after they came in), the look-up took a community worker's every question about teams 0.3 s in a district of 800 volunteers.

create or replace function sight_served(role text) returns setof text language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
	me constant text := sight_volunteer(role);
begin
	return query select household from incident where responder <> '' and responder = me and state not in ('resolved', 'cancelled')
		union
		select household from errand where assignee <> '' and assignee = me and state in ('agreed', 'under_way') and "from" <= now() + interval '1 day';
end $$;

create or replace function sight_team(role text) returns text language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
	me constant text := sight_volunteer(role);
begin
	return coalesce((select team from volunteer where id = me), '');
end $$;
