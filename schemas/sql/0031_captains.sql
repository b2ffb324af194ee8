-- SPDX-License-Identifier: MIT
-- A team's captain and desk are no foreign keys either (a desk may be an account): one who is nobody would be asked in an emergency, and nobody answer.

-- registry_unknown as before, and teams' captains and desks.
alter function registry_unknown(jsonb) rename to registry_unknown_listed;
create function registry_unknown(doc jsonb) returns jsonb language plpgsql as $$
declare
	given text[] := array(select v->>'id' from jsonb_array_elements(coalesce(doc->'volunteers', '[]')) v where (v->>'deleted')::boolean is not true
		union all select a->>'name' from jsonb_array_elements(coalesce(doc->'accounts', '[]')) a where (a->>'deleted')::boolean is not true);
begin
	return registry_unknown_listed(doc) || (select coalesce(jsonb_agg(jsonb_build_object('line', (item->'@'->>'line')::integer, 'column', coalesce(item->'@'->>field, item->'@'->>'column')::integer,
			'kind', 'teams', 'key', item->>'id', 'field', field, 'text', format(U&'\767B\8BB0\91CC\6CA1\6709\201C%s\201D\FF1A\4E0E\5FD7\613F\8005\6216\8D26\53F7\540C\4E00\6587\4EF6\5BFC\5165\FF0C\6216\5148\7559\7A7A\3001\4E4B\540E\518D\586B\FF0C\6216\6539\6B63\7F16\53F7 '
			'(names the user "%s", which is not in the registry: import it as a volunteer or account in the same document, leave it out until it is there, or correct it)', item->>field, item->>field))), '[]')
		from jsonb_array_elements(coalesce(doc->'teams', '[]')) item, unnest(array['captain', 'desk']) f (field)
		where (item->>'deleted')::boolean is not true and coalesce(item->>field, '') <> '' and item->>field <> all (given) and not user_known(item->>field));
end $$;
