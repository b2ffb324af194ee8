-- SPDX-License-Identifier: MIT
-- What meetings decide is noted in the audit trail as other writes are: a decision may be about a household.

alter function decision_put(text, text, text, text, text, text, text) rename to decision_put_row;
create function decision_put(of text, home text, met text, wanted text, responsible text, by_day text, zone text) returns jsonb language plpgsql as $$
declare
	answer jsonb := decision_put_row(of, home, met, wanted, responsible, by_day, zone);
begin
	insert into api_audit (who, method, household, detail) values (change_who(), 'decide', home, jsonb_build_object('decision', answer->'id'));
	return answer;
end $$;

alter function decision_set(bigint, text, text, text) rename to decision_set_row;
create function decision_set(wanted bigint, new_state text, new_note text, by_day text) returns jsonb language plpgsql as $$
declare
	answer jsonb := decision_set_row(wanted, new_state, new_note, by_day);
begin
	insert into api_audit (who, method, household, detail) values (change_who(), 'decision', coalesce(answer->>'household', ''), jsonb_build_object('decision', wanted, 'state', answer->'state'));
	return answer;
end $$;
