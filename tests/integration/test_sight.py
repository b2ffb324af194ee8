# SPDX-License-Identifier: MIT
"""Row-level security: every role looks at, and tries to change, every table, in its own jurisdiction and in others; and SQL in every text that the API takes."""
import json
import re

import psycopg2
import pytest

from test_records import ROOT, Rig

# Which rows are whose. c-1 is the jurisdiction of the community worker, h-11 the household that volunteer v-1 serves now; all else is foreign.
# Table -> condition for rows that the community may see, and for rows that the volunteer may see. None: nobody but those named in OPEN.
OF_HOME = ("household in ('h-11', 'h-12')", "household = 'h-11'")
WHOSE = {
    "household": ("id in ('h-11', 'h-12')", "id = 'h-11'"),
    "elder": OF_HOME, "consent": OF_HOME, "device": OF_HOME, "appointment": OF_HOME, "reading": OF_HOME, "reading_hour": OF_HOME, "reading_day": OF_HOME, "alert": OF_HOME, "incident": OF_HOME,
    "alert_event": ("alert in ('a-11', 'a-12')", "alert = 'a-11'"),
    "incident_event": ("incident in ('i-11', 'i-12')", "incident = 'i-11'"),
    "team": ("community = 'c-1'", "id = 't-1'"),
    "volunteer": ("team = 't-1'", "id = 'v-1'"),
    "account": ("name = 'worker'", "name = 'v-1'"),
    "change": OF_HOME, "device_stay": OF_HOME, "home_circle": OF_HOME, "home_care": OF_HOME,
    "errand": ("id in ('r-11', 'r-12')", "id = 'r-11'"),
    "errand_event": ("errand in ('r-11', 'r-12')", "errand = 'r-11'"),
    **{table: ("elder in ('e-11', 'e-12')", "elder = 'e-11'") for table in ("contact", "medicine", "tag")},
    "duty_stood": ("team = 't-1'", "'v-1' in (planned, stood)"),
    "decision": ("community = 'c-1' or community is null", "false"),
    "merging": ("kept in ('e-11', 'e-12')", "kept = 'e-11'"),
}
# Tables whose rows say nothing of a person: whoever has a level may read them.
OPEN = {"community", "policy", "ledger_kind", "district", "street", "estate", "building", "tag_kind", "service", "provider"}
# The owner's alone.
CLOSED = {"directory_state", "directory_entry", "lane_position", "reading_zone", "schema_version", "erased_key", "erased_mark"}
AUDIT = {"api_audit", "audit_head", "erasure"}

ACTORS = {  # name -> how a session becomes it
    "service for district": "set role curtain_service; set curtain.\"user\" = 'boss'; set curtain.unlisted = 'none'",
    "service for community": "set role curtain_service; set curtain.\"user\" = 'worker'; set curtain.unlisted = 'none'",
    "service for volunteer": "set role curtain_service; set curtain.\"user\" = 'v-1'; set curtain.unlisted = 'district'",
    "service for auditor": "set role curtain_service; set curtain.\"user\" = 'checker'; set curtain.unlisted = 'district'",
    "service for a stranger": "set role curtain_service; set curtain.\"user\" = 'who'; set curtain.unlisted = 'none'",
    "service for nobody": "set role curtain_service",
    "reader district": "set session authorization boss",
    "reader community": "set session authorization worker; set curtain.\"user\" = 'boss'",  # pretending does not help
    "reader volunteer": "set session authorization \"v-1\"",
    "reader stranger": "set session authorization who; set curtain.\"user\" = 'boss'; set curtain.unlisted = 'district'",
    "auditor": "set session authorization checker; set curtain.\"user\" = 'boss'",
}

CONTENT = """
select reading_month('2026-03-01');
insert into community values ('c-1', 'x'), ('c-2', 'y');
insert into team (id, community) values ('t-1', 'c-1'), ('t-2', 'c-2');
insert into volunteer (id, team, phone) values ('v-1', 't-1', '1'), ('v-11', 't-1', '2'), ('v-2', 't-2', '3');
insert into account (name, level, community) values ('boss', 'district', null), ('worker', 'community', 'c-1'), ('other', 'community', 'c-2'), ('checker', 'auditor', null);
insert into household (id, community, team) values ('h-11', 'c-1', 't-1'), ('h-12', 'c-1', 't-1'), ('h-21', 'c-2', 't-2');
insert into elder (id, household, name) select 'e' || substr(id, 2), id, 'x' from household;
insert into consent (household, quantities) select id, '{sos}' from household;
insert into device (id, household) select 'd' || substr(id, 2), id from household;
insert into appointment (id, household, sign, "by") select 'p' || substr(id, 2), id, 'call', '18:00' from household;
insert into district values ('d-1', 'x'); insert into street values ('s-1', 'd-1', 'x'); insert into estate values ('es-1', 'c-1', 'commercial'), ('es-2', 'c-2', 'resettlement');
insert into building (id, estate) values ('b-1', 'es-1'), ('b-2', 'es-2'); insert into tag_kind (id, name) values ('k-1', 'x'); insert into service values ('meals-1', 'meals', 'x');
insert into provider values ('p-1', 'x', 'c-1');
insert into contact (id, elder, phone) select 'n' || substr(id, 2), 'e' || substr(id, 2), '1' from household;
insert into home_circle (household) select id from household;
insert into home_care (household) select id from household;
insert into errand select 'r' || substr(id, 2), 1, id, community, team, 'visit', 'agreed', 'chat', 0, case id when 'h-11' then 'v-1' when 'h-12' then 'v-11' else 'v-2' end, '', '', now(), now(),
	now() + interval '5 days', now() + interval '6 days', null, 0, '', '', 'x', '' from household;
insert into errand_event select 'r' || substr(id, 2), 1, 'agreed', 'agreed', '', '', now(), now(), now(), 'x' from household;
insert into merging (kept, gone, gone_row, filled, moved) select 'e' || substr(id, 2), 'x' || substr(id, 2), jsonb_build_object('id', 'x' || substr(id, 2), 'household', id), '{}', '{}' from household;
insert into decision (meeting, community, household, what, owner) select date '2026-03-02', community, id, 'x', 'v-1' from household union all select date '2026-03-02', null, null, 'x', 'v-1';
insert into erasure (who, why, elder, household, token, devices, counts) values ('boss', 'x', 'e-0', '', '', '{}', '{}');
insert into erased_mark select sha256('x'), id, 'id' from erasure;
insert into duty_stood select t.id, timestamptz '2026-03-01', timestamptz '2026-03-02', 's', 0, v.id, v.id from team t join volunteer v on v.team = t.id union all select 't-2', '2026-03-02', '2026-03-03', 's', 0, 'v-2', 'v-1';
insert into medicine (id, elder, name) select 'm' || substr(id, 2), 'e' || substr(id, 2), 'x' from household;
insert into tag (id, elder, kind) select 't' || substr(id, 2), 'e' || substr(id, 2), 'k-1' from household;
insert into reading select 'd' || substr(id, 2), '', 'temperature', 1, null, null, '2026-03-01', now(), id, false, false, '' from household;
insert into reading_hour select id, '2026-03-01', 'temperature', 'd', '', 1, null, 1, 1, 1, '2026-03-01', '2026-03-01' from household;
insert into reading_day select id, '2026-03-01', 'temperature', 'd', '', 1, null, 1, 1, 1, '2026-03-01', '2026-03-01' from household;
insert into alert select 'a' || substr(id, 2), 1, id, 'sos', 'life', 'raised', '', now(), now(), '', '', '{}' from household;
insert into alert_event select 'a' || substr(id, 2), 1, 'raised', now(), '{}' from household;
insert into incident select 'i' || substr(id, 2), 1, id, community, team, 'sos', 'life', 'accepted', '', case id when 'h-12' then 'v-11' when 'h-11' then 'v-1' else 'v-2' end, now(), now(), '', '', '{}' from household;
insert into incident_event select 'i' || substr(id, 2), 1, 'raised', 'raised', '', now(), '{}' from household;
insert into api_audit (who, method, household) select 'boss', 'timeline', id from household;
insert into lane_position values ('reading', 'ingest-1', 0, 5, 77, '2026-03-02') on conflict do nothing;
"""


@pytest.fixture(scope="module")
def rig():
    made = Rig()
    made.start()
    made.ready()
    made.sql(CONTENT)
    made.sql("create role boss login; create role worker login; create role who login; create role checker login; create role \"v-1\" login; "
             "grant curtain_reader to boss, worker, who, \"v-1\"; grant curtain_auditor to checker")
    yield made
    made.close()


def tables(rig):
    return [t for t, in rig.sql("select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1")]


def count(cursor, sql):
    """Rows, or "-" where the role has no right at all."""
    cursor.execute("savepoint one")
    try:
        cursor.execute(sql)
        return cursor.fetchone()[0]
    except psycopg2.errors.InsufficientPrivilege:
        cursor.execute("rollback to one")
        return "-"


def own(actor, table):
    """The condition for rows that the actor may see, by this file's own words; None: none."""
    everything, nothing = "true", None
    if actor == "service for district" or (actor == "reader district" and table not in {"change"} | AUDIT):
        return nothing if table in CLOSED else everything
    if actor == "reader district":
        return nothing
    if actor == "auditor":
        return everything if table in AUDIT | {"change"} else nothing  # of "change" not what it held, see below
    if actor == "service for auditor":
        return everything if table in AUDIT | OPEN else "name = 'checker'" if table == "account" else nothing
    if "stranger" in actor or "nobody" in actor or table in CLOSED | AUDIT:
        return nothing
    if table in OPEN:
        return everything
    if table == "change" and actor.startswith("reader"):
        return nothing
    return WHOSE[table][0 if "community" in actor else 1]


def test_every_role_sees_its_own_jurisdiction_and_nothing_else(rig, capsys):
    rows, leaks, blind = [], [], []
    every = tables(rig)
    assert set(every) == set(WHOSE) | OPEN | CLOSED | AUDIT, "a table that this test does not know: say whose its rows are"
    owner = {}
    for table in every:
        for actor in ACTORS:
            condition = own(actor, table) or "false"
            owner[actor, table] = rig.sql(f'select count(*) filter (where {condition}), count(*) filter (where not ({condition})) from "{table}"')[0]
    for actor, become in ACTORS.items():
        connection = psycopg2.connect(rig.conninfo)
        cursor = connection.cursor()
        cursor.execute(become)
        for table in every:
            condition = own(actor, table) or "false"
            mine, foreign = (count(cursor, f'select count(*) from "{table}" where {word} ({condition})') for word in ("", "not"))
            rows.append(f"{actor:24}{table:18}{owner[actor, table][0]:>5}{mine:>7}{owner[actor, table][1]:>9}{foreign:>7}")
            if foreign not in ("-", 0):
                leaks.append(rows[-1])
            if (0 if mine == "-" else mine) != owner[actor, table][0]:
                blind.append(rows[-1])
        connection.close()
    with capsys.disabled():
        print(f"\n{'role':24}{'table':18}{'own':>5}{'sees':>7}{'foreign':>9}{'sees':>7}")
        print("\n".join(rows))
        print(f"{len(rows)} lines, {len(leaks)} leaks")
    assert len(rows) == len(ACTORS) * len(every) and not leaks and not blind, leaks + blind
    assert sum(int(r.split()[-2]) for r in rows) > 200  # there was something foreign to see


WRITABLE = {"household": "address = 'mine now'", "elder": "name = 'mine now'", "consent": "quantities = '{}'", "device": "place = 'mine now'", "appointment": "sign = 'any'", "team": "number = '1'", "volunteer": "phone = '9'",
            "account": "level = 'district', community = null, volunteer = null", "community": "name = 'mine now'", "policy": "arrive_s = 1", "ledger_kind": "place = place + 1",
            "change": "who = 'x'", "api_audit": "who = 'x'", "audit_head": "number = 0", "reading": "value = 9", "alert": "level = 'x'", "incident": "responder = 'v-1'",
            "reading_hour": "total = 9", "reading_day": "total = 9", "alert_event": "state = 'x'", "incident_event": "state = 'x'", "directory_entry": "seq = seq + 1000",
            "directory_state": "seq = 0", "lane_position": "seq = 0", "reading_zone": "zone = 'UTC'", "erased_key": "inside = outside", "erased_mark": "of = 'x'", "schema_version": "name = 'x'", "device_stay": "place = 'x'", "home_circle": "contacts = '{}'", "home_care": "wanted = 'v-1'",
            "errand": "state = 'done'", "errand_event": "state = 'done'",
            "contact": "phone = '9'", "medicine": "name = 'x'", "tag": "note = 'x'", "merging": "who = 'x'", "erasure": "who = 'x'", "district": "name = 'y'", "street": "name = 'y'", "estate": "name = 'y'", "building": "floors = 3",
            "tag_kind": "name = 'y'", "service": "name = 'y'", "provider": "phone = '9'", "decision": "note = 'x'", "duty_stood": "stood = 'v-1'"}


def attempts(rig, become, sql):
    """The number of rows that a statement changed for whoever it is; 0 when it is refused. Nothing of it stays."""
    if not hasattr(rig, "intruder"):
        rig.intruder = psycopg2.connect(rig.conninfo)
    cursor = rig.intruder.cursor()
    try:
        cursor.execute(become)
        cursor.execute(sql)
        return cursor.rowcount
    except (psycopg2.errors.InsufficientPrivilege, psycopg2.errors.RaiseException):
        return 0
    except psycopg2.DatabaseError as refusal:
        assert refusal.pgcode == "UDENY", refusal
        return 0
    finally:
        rig.intruder.rollback()  # the role too


def test_nobody_writes_outside_his_jurisdiction(rig):
    assert set(WRITABLE) == set(tables(rig))
    writers = {"service for district", "service for community"}
    registry = {"household", "elder", "consent", "device", "appointment", "team", "volunteer", "contact", "medicine", "tag", "merging", "home_circle", "home_care", "decision"}
    district = {"account", "community", "policy", "district", "street", "estate", "building", "tag_kind", "service", "provider"}
    for actor, become in ACTORS.items():
        for table, change in WRITABLE.items():
            may = actor in writers and table in registry or actor == "service for district" and table in district
            condition = own(actor, table) or "false"
            for verb in (f'update "{table}" set {change} where %s ({condition})', f'delete from "{table}" where %s ({condition})'):
                assert attempts(rig, become, verb % "not") == 0, (actor, table, verb)
                if not may:
                    assert attempts(rig, become, verb % "") == 0, (actor, table, verb)
            if may:
                assert attempts(rig, become, f'update "{table}" set {change} where {condition}') > 0, (actor, table)
    # new rows, and rows that are to leave the jurisdiction
    worker = ACTORS["service for community"]
    assert attempts(rig, worker, "insert into household (id, community, team) values ('h-13', 'c-1', 't-1')") == 1
    for foreign in ("insert into household (id, community, team) values ('h-23', 'c-2', 't-2')", "update household set community = 'c-2' where id = 'h-11'",
                    "insert into elder (id, household) values ('e-23', 'h-21')", "insert into device (id, household) values ('d-23', 'h-21')",
                    "update device set household = 'h-21' where id = 'd-11'", "insert into account (name, level) values ('mine', 'district')",
                    "update account set level = 'district', community = null where name = 'worker'", "insert into api_audit (who, method, household) values ('boss', 'x', '')"):
        assert attempts(rig, worker, foreign) == 0, foreign
    assert attempts(rig, ACTORS["service for volunteer"], "insert into elder (id, household) values ('e-13', 'h-11')") == 0
    for actor in ("reader district", "reader community", "auditor"):
        assert attempts(rig, ACTORS[actor], "select directory_page('{volunteer}', 0, 10)") == 0 and attempts(rig, ACTORS[actor], "set role curtain_service") == 0
    assert attempts(rig, ACTORS["auditor"], "select id, who, relation, key from change") > 0
    assert attempts(rig, ACTORS["auditor"], "select after from change") == 0


def test_logins_call_no_function_but_those_that_the_policies_need(rig):
    callable_by = dict(rig.sql("select r, array_agg(p.proname::text order by 1) from pg_proc p, unnest(array['curtain_reader', 'curtain_auditor', 'who']) r "
                               "where p.pronamespace = 'public'::regnamespace and has_function_privilege(r, p.oid, 'execute') group by r"))
    sight = {"sight_name", "sight_level", "sight_community", "sight_volunteer", "sight_served", "sight_team"}
    assert set(callable_by["curtain_reader"]) == set(callable_by["who"]) == sight and set(callable_by["curtain_auditor"]) == sight | {"audit_faults", "audit_digest"}
    rig.sql("create function made_later() returns integer language sql as 'select 1'")
    assert rig.sql("select has_function_privilege('curtain_reader', 'made_later()', 'execute'), has_function_privilege('curtain_service', 'made_later()', 'execute')") == [(False, True)]
    rig.sql("drop function made_later()")
    # what erases acts as the owner: it asks who called it
    erase = "select erase_elder_do('e-11', 'x', 'x')"
    for actor in ACTORS:
        assert attempts(rig, ACTORS[actor], erase) == (1 if actor == "service for district" else 0), actor


def test_the_api_answers_by_jurisdiction(rig):
    for user in ("worker", "who", "checker"):
        rig.client.subscribe(f"curtain/api/{user}/response/#", 1)
    ask = lambda user, method, **args: rig.ask(method, user=user, answer_to=user, **args)  # noqa: E731
    own_home = ask("worker", "timeline", household="h-11")
    assert own_home["ok"] and own_home["result"]["items"] != [], own_home
    foreign = ask("worker", "timeline", household="h-21")["result"]
    assert foreign["items"] == [] and foreign["known"] is False
    assert rig.sql("select who, household from api_audit order by id desc limit 1") == [("worker", "h-21")]  # that he tried is noted
    assert ask("worker", "history", household="h-21")["result"]["items"] == []
    assert ask("worker", "timeline", household="h-21", day="2026-03-01")["result"]["hours"] == []
    assert ask("worker", "summary")["result"]["households"] == 2
    history = json.dumps(ask("worker", "changes", why="核对", limit=500)["result"]["items"])
    assert '"h-11"' in history and '"h-21"' not in history, history
    assert rig.sql("select who, method, why from api_audit order by id desc limit 1") == [("worker", "changes", "核对")]
    assert ask("worker", "audit")["error"]["code"] == "denied"
    assert ask("checker", "audit_verify")["result"]["faults"] == []
    moved = ask("worker", "import", kind="households", format="csv", text="id,community,team\nh-21,c-1,t-1\n")
    assert moved["error"]["code"] == "denied" and moved["error"]["text"].startswith("households: a row is of another community"), moved
    assert ask("worker", "import", kind="accounts", format="csv", text="name,level\nworker,district\n")["error"]["code"] == "denied"
    assert ask("worker", "import", kind="households", format="csv", text="id,deleted\nh-21,true\n")["result"]["kinds"]["households"]["removed"] == 0
    rig.stop()
    rig.start(extra=["api.unlisted=false"])
    rig.ready()
    rig.sql("insert into volunteer (id, team, desk) values ('deskless', 't-1', true)")
    rig.client.subscribe("curtain/api/deskless/response/#", 1)
    assert ask("deskless", "summary")["result"]["households"] == 0  # a volunteer who serves nobody now
    rig.sql("delete from volunteer where id = 'deskless'")
    assert ask("who", "summary")["error"]["code"] == "denied"
    assert ask("who", "import", kind="households", format="csv", text="id,deleted\nh-11,true\n")["error"]["code"] == "denied"
    assert ask("checker", "import", text="devices: []")["error"]["code"] == "denied"
    assert ask("who", "timeline", household="h-11")["result"]["items"] == []


def test_the_desk_of_a_new_installation_imports_everything_at_once(rig):
    rig.stop()
    rig.start()
    rig.ready()
    ledger = """
communities: [{id: c-n}]
teams: [{id: t-n, community: c-n, desk: desk}]
volunteers: [{id: desk, team: t-n, desk: true}, {id: v-n, team: t-n}]
households: [{id: h-n, community: c-n, team: t-n}]
consents: [{household: h-n, quantities: [sos]}]
devices: [{id: d-n, household: h-n}]
"""
    for added in (1, 0):
        done = rig.ask("import", text=ledger)
        assert done["ok"] and done["result"]["kinds"]["households"]["added"] == added, done
    assert rig.ask("import", text="households: [{id: h-n, deleted: true}]\nvolunteers: [{id: v-n, deleted: true}]")["ok"]


# ---- SQL in texts ----

INJECTIONS = ["'; drop table household; --", "' or '1'='1", "') or true --", "\"; drop table household; --", "h-11' union select name from elder --", "$1; delete from elder",
              "\\'; drop table elder; --", "x'||(select name from elder limit 1)||'", "1; select pg_sleep(9)", "{sos}'; truncate consent; --", "${jndi:ldap://x}", "%s%n%d", "'' ''", "\u2019 or 1=1",
              "\uff07; drop table elder", "$$; drop table elder; $$", "E'\\x27'", "/* */ or 1=1", "null", "h-11\u0000", "\U0001f9d3'"]


def parameters():
    """Method -> its text parameters, out of the table in methods.c and the functions below it: a new one is tried by itself."""
    source = (ROOT / "services/records/methods.c").read_text(encoding="utf-8")
    table = source[source.index("methods[] = {"):source.index("void method_call_init")]
    rows = {}
    for row in re.split(r"\n\t\{", table)[1:]:
        rows[re.match(r'"(\w+)"', row).group(1)] = re.findall(r'\{"(\w+)", PARAMETER_(?!INT|BOOL)\w+', row)
    rows.update(timeline=["household", "day"], history=["household", "after"], **{"import": ["kind", "format", "text", "map", "erased"]})
    return rows


def test_sql_in_any_text_of_the_api_is_a_text_or_refused(rig):
    rig.client.subscribe("curtain/api/boss/response/#", 1)
    assert rig.ask("summary", user="boss", answer_to="boss")["result"]["households"] == 3
    before = {t: rig.sql(f'select md5(coalesce(string_agg(t::text, \'|\' order by t::text), \'\')) from "{t}" t') for t in tables(rig) if t not in AUDIT | {"change"}}
    tried = 0
    for method, names in parameters().items():
        for name in [*names, "why"]:
            for bad in INJECTIONS:
                args = {"household": "h-11"} if method in ("timeline", "history") else {"text": "[]", "kind": "elders"} if method == "import" else {}
                answer = rig.ask(method, user="boss", answer_to="boss", **{**args, name: bad})
                code = answer.get("error", {}).get("code", "ok")
                assert code in ("ok", "invalid", "denied", "not_found"), (method, name, bad, answer)
                tried += 1
    after = {t: rig.sql(f'select md5(coalesce(string_agg(t::text, \'|\' order by t::text), \'\')) from "{t}" t') for t in before}
    assert after == before and tried > 150


def test_sql_in_a_ledger_is_a_name_and_nothing_else(rig):
    texts = [t for t in INJECTIONS if "\0" not in t and t.strip()]
    elders = [{"id": f"e-i{n}", "household": "h-11", "name": t, "doctor": t, "categories": [t[:40].replace(" ", "_").replace(";", "_")]} for n, t in enumerate(texts)]
    answer = rig.ask("import", user="boss", answer_to="boss", kind="elders", format="yaml", text=json.dumps(elders, ensure_ascii=False))
    assert answer["ok"], answer
    stored = dict(rig.sql("select id, name from elder where id like 'e-i%'"))
    assert stored == {e["id"]: e["name"] for e in elders}
    assert rig.sql("select count(*) from household") == [(3,)]
    rig.ask("import", user="boss", answer_to="boss", kind="elders", format="yaml", text=json.dumps([{"id": i, "deleted": True} for i in stored]))
