-- SPDX-License-Identifier: MIT
-- What only triggers refused, without a place: a ninth appointment of a household, and the id of a new kind of tags that a directory's word cannot hold.

-- appointments_over: rows of a document that would be a household's ninth appointment and those behind. Removals count only after the rest.
create function appointments_over(doc jsonb) returns table (item jsonb, held bigint) language sql stable as $$
	with given as (
		select i.item, i.place, i.item->>'id' as id, i.item->>'household' as household from jsonb_array_elements(coalesce(doc->'appointments', '[]')) with ordinality i (item, place)
		where (i.item->>'deleted')::boolean is not true),
	fresh as (
		select g.*, row_number() over (partition by g.household order by g.place) as nth from given g
		where not exists (select from appointment a where a.id = g.id and a.household = g.household)),
	stays as (
		select a.household, count(*) as held from appointment a
		where a.household in (select household from fresh) and not exists (select from given g where g.id = a.id and g.household <> a.household) group by 1)
	select f.item, coalesce(s.held, 0) from fresh f left join stays s using (household) where coalesce(s.held, 0) + f.nth > 8;
$$;

-- registry_unknown as before, and these.
alter function registry_unknown(jsonb) rename to registry_unknown_people;
create function registry_unknown(doc jsonb) returns jsonb language plpgsql as $$
begin
	return registry_unknown_people(doc) || (select coalesce(jsonb_agg(jsonb_build_object('line', (item->'@'->>'line')::integer, 'column', coalesce(item->'@'->>field, item->'@'->>'column')::integer,
			'kind', kind, 'key', item->>'id', 'field', field, 'text', text)), '[]')
		from (select 'appointments' as kind, 'household' as field, item, format(U&'\6BCF\6237\6700\591A 8 \4E2A\7EA6\5B9A\FF0C\767B\8BB0\91CC\5DF2\6709 %s \4E2A\FF1A\5148\5220\53BB\4E0D\7528\7684 '
				'(a household has at most 8 appointments, and %s are there: remove those that are over first)', held, held) as text from appointments_over(doc)
			union all
			select 'tag_kinds', 'id', item, U&'\6807\7B7E\7F16\53F7\8FC7\957F\FF1A\7F29\77ED\5230 31 \4E2A\5B57\8282\4EE5\5185 (is longer than 31 bytes: shorten it)'
			from jsonb_array_elements(coalesce(doc->'tag_kinds', '[]')) item
			where (item->>'deleted')::boolean is not true and octet_length(item->>'id') > 31 and not exists (select from tag_kind t where t.id = item->>'id')) f);
end $$;
