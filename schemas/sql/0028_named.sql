-- SPDX-License-Identifier: MIT
-- Ids in lists are no foreign keys, so nobody looked whether they exist: a neighbour who is nobody would be paged in a real emergency.

-- user_known: somebody of that name can be asked. Whoever imports need not see every account, so the owner looks.
create function user_known(name text) returns boolean language sql stable security definer set search_path = public, pg_temp as $$
	select exists (select from volunteer v where v.id = user_known.name) or exists (select from account a where a.name = user_known.name);
$$;

-- registry_unknown as before, and the ids in lists, with the place of the list.
alter function registry_unknown(jsonb) rename to registry_unknown_sealed;
create function registry_unknown(doc jsonb) returns jsonb language plpgsql as $$
declare
	given text[] := array(select v->>'id' from jsonb_array_elements(coalesce(doc->'volunteers', '[]')) v where (v->>'deleted')::boolean is not true
		union all select a->>'name' from jsonb_array_elements(coalesce(doc->'accounts', '[]')) a where (a->>'deleted')::boolean is not true);
	offered text[] := array(select s->>'id' from jsonb_array_elements(coalesce(doc->'services', '[]')) s where (s->>'deleted')::boolean is not true);
begin
	return registry_unknown_sealed(doc) || (select coalesce(jsonb_agg(jsonb_build_object('line', (item->'@'->>'line')::integer, 'column', coalesce(item->'@'->>field, item->'@'->>'column')::integer,
			'kind', l.kind, 'key', item->>k.keys[1], 'field', field, 'text', format(U&'\767B\8BB0\91CC\6CA1\6709\201C%s\201D\FF1A\5148\5BFC\5165\FF0C\6216\6539\6B63\7F16\53F7 (names %s "%s", which is not in the registry)', named, what, named))), '[]')
		from (values ('circles', 'contacts', 'the user'), ('circles', 'key_holders', 'the user'), ('circles', 'neighbours', 'the user'), ('cares', 'wanted', 'the user'),
				('cares', 'unwanted', 'the user'), ('providers', 'services', 'the service')) l (kind, field, what)
			join ledger_kind k using (kind), jsonb_array_elements(coalesce(doc->l.kind, '[]')) item,
			lateral (select jsonb_array_elements_text(case jsonb_typeof(item->field) when 'array' then item->field when 'string' then jsonb_build_array(item->field) else '[]' end) as named) n
		where (item->>'deleted')::boolean is not true and named <> ''
			and case l.kind when 'providers' then named <> all (offered) and not exists (select from service where id = named) else named <> all (given) and not user_known(named) end);
end $$;
