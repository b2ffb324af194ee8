-- SPDX-License-Identifier: MIT
-- A volunteer sees a home from the day before what he agreed to do until the day after its window, a task's until a month after it was due: a visit
-- whose end nobody told would have left the home in sight for ever.

create or replace function sight_served(role text) returns setof text language plpgsql stable security definer set search_path = public, pg_temp as $$
declare
	me constant text := sight_volunteer(role);
begin
	return query select household from incident where responder <> '' and responder = me and state not in ('resolved', 'cancelled')
		union
		select household from errand where assignee <> '' and assignee = me and state in ('agreed', 'under_way') and "from" <= now() + interval '1 day'
			and now() <= until + case kind when 'task' then interval '30 days' else interval '1 day' end;
end $$;
