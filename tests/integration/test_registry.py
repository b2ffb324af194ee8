# SPDX-License-Identifier: MIT
"""The registry's memory and its protection, against a real PostgreSQL: the audit trail and whoever tampers with it."""
import json
import re
import subprocess
import time

import pytest

from test_records import LEDGER, RECORDS, ROOT, Rig, directory, lib


@pytest.fixture(scope="module")
def rig():
    made = Rig()
    made.start()
    made.ready()
    made.ask("import", text=LEDGER)
    yield made
    made.close()


def curtain(rig, *arguments, user="desk", **more):
    return subprocess.run([str(RECORDS.parent / "curtain"), *arguments, "--port", str(rig.port), "--user", user], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=60, check=False, **more)


# ---- the audit trail ----

def test_reads_and_writes_are_noted_with_who_what_whom_and_why(rig):
    rig.ask("timeline", household="h-0001", why="例会前核对")
    rig.ask("timeline", household="h-0002")
    rows = rig.ask("audit", limit=3)["result"]["items"]
    assert [(r["who"], r["method"], r.get("household"), r.get("why")) for r in rows[:2]] == [("desk", "timeline", "h-0002", None), ("desk", "timeline", "h-0001", "例会前核对")]
    assert rows[2]["method"] == "import" and rows[2]["detail"]["households"]["added"] == 2
    shown = curtain(rig, "audit", "list", "--household", "h-0001")
    assert shown.returncode == 0 and "例会前核对" in shown.stdout and "h-0002" not in shown.stdout, shown


def tampered(rig, sql):
    """Does sql as somebody who may do everything, verifies, and puts the trail back."""
    rig.sql("create table kept as select * from api_audit; create table kept_head as select * from audit_head")
    try:
        rig.sql(f"set session_replication_role = replica; {sql}")
        answer = rig.ask("audit_verify")["result"]
        return {(f["number"], f["fault"]) for f in answer["faults"]}
    finally:
        rig.sql("set session_replication_role = replica; delete from api_audit; insert into api_audit overriding system value select * from kept; "
                "delete from audit_head; insert into audit_head select * from kept_head; drop table kept, kept_head")


def test_any_edited_removed_or_moved_row_is_found(rig):
    for n in range(8):
        rig.ask("timeline", household=f"h-000{n}", why=f"reason {n}")
    last = rig.sql("select number from audit_head")[0][0]
    assert last >= 9 and rig.ask("audit_verify")["result"]["faults"] == []
    for column, value in (("who", "'eve'"), ("method", "'summary'"), ("household", "'h-0009'"), ("why", "'other'"), ("detail", "'{}'"), ("at", "at + interval '1 us'"),
                          ("hash", "sha256('x')"), ("prev", "sha256('x')")):
        found = tampered(rig, f"update api_audit set {column} = {value} where number = 5")
        assert (5, "edited") in found, (column, found)
    assert (5, "removed") in tampered(rig, "delete from api_audit where number = 5")
    assert {(n, "removed") for n in (4, 5, 6)} <= tampered(rig, "delete from api_audit where number between 4 and 6")
    assert tampered(rig, "delete from api_audit where number = 1") >= {(1, "removed")}
    assert tampered(rig, f"delete from api_audit where number = {last}") == {(last, "removed")}
    assert tampered(rig, f"delete from api_audit where number = {last}; update audit_head set number = {last - 1}") == {(last - 1, "head")}
    assert tampered(rig, "delete from api_audit") == {(last, "removed")}
    swapped = tampered(rig, "update api_audit set number = 1000 where number = 5; update api_audit set number = 5 where number = 6; update api_audit set number = 6 where number = 1000")
    assert {(5, "edited"), (6, "edited"), (6, "reordered")} <= swapped or {(5, "reordered"), (6, "reordered")} <= swapped
    # an edited row with a hash of its own does not go with the next one
    forged = "update api_audit set who = 'eve'; ".replace(";", " where number = 5;") + \
        "update api_audit set hash = audit_digest(chain, number, at, who, method, household, why, detail, prev) where number = 5"
    assert tampered(rig, forged) == {(6, "reordered")}
    assert tampered(rig, "drop index api_audit_chain; insert into api_audit (who, method, household, why, detail, chain, number, prev, hash) "
                    "select who, method, household, why, detail, chain, number, prev, hash from api_audit where number = 5") >= {(5, "twice")}
    rig.sql("create unique index if not exists api_audit_chain on api_audit (chain, number)")
    assert rig.ask("audit_verify")["result"]["faults"] == []


def test_a_trail_made_anew_is_found_by_a_head_that_was_logged(rig):
    rig.ask("timeline", household="h-0001")
    anchor = rig.ask("audit_verify")["result"]["heads"][0]
    rig.ask("timeline", household="h-0002")
    assert rig.ask("audit_verify", anchor=anchor)["result"]["faults"] == []
    assert curtain(rig, "audit", "verify", "--anchor", anchor).returncode == 0
    anew = """update api_audit set who = 'eve' where number = 2;
        do $$ declare held record; bound bytea := ''; begin
            for held in select * from api_audit order by number loop
                update api_audit a set prev = bound, hash = audit_digest(a.chain, a.number, a.at, a.who, a.method, a.household, a.why, a.detail, bound)
                    where a.id = held.id returning hash into bound;
            end loop;
            update audit_head set hash = bound;
        end $$"""
    assert tampered(rig, anew) == set()  # by itself it is whole
    rig.sql("create table kept as select * from api_audit; create table kept_head as select * from audit_head")
    rig.sql(f"set session_replication_role = replica; {anew}")
    found = curtain(rig, "audit", "verify", "--anchor", anchor)
    rig.sql("set session_replication_role = replica; delete from api_audit; insert into api_audit overriding system value select * from kept; "
            "delete from audit_head; insert into audit_head select * from kept_head; drop table kept, kept_head")
    assert found.returncode == 1 and "链头不符" in found.stdout, found
    assert rig.ask("audit_verify", anchor="0:x")["error"]["code"] == "invalid"


def test_the_trail_cannot_be_changed_by_mistake(rig):
    for sql in ("update api_audit set who = 'eve'", "delete from api_audit", "truncate api_audit"):
        with pytest.raises(Exception, match="only ever added to"):
            rig.sql(sql)


def test_heads_are_logged(rig):
    deadline = time.monotonic() + lib.PATIENCE_S
    rig.stop()
    rig.start(extra=["keep.every=200ms"])
    rig.ready()
    head = rig.ask("audit_verify")["result"]["heads"][0]
    while f"head={head}" not in rig.log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, rig.log.read_text(encoding="utf-8")[-800:]
        time.sleep(0.05)  # a look at the log


# ---- people, places, tags ----

MODEL = """
districts: [{id: d-1, name: 示例区}]
streets: [{id: s-1, district: d-1, name: 示例街道}]
communities: [{id: c-1, name: 测试, street: s-1}]
estates: [{id: es-1, community: c-1, kind: resettlement, name: 示例回迁小区, brand: 示例}]
buildings: [{id: b-1, estate: es-1, name: 1幢, floors: 18, lift: true}]
households: [{id: h-0003, community: c-1, team: t-1, building: b-1, unit: 2单元, room: "301"}]
elders:
  - {id: e-3, household: h-0003, name: 示例甲, birth_date: 1930-05-01, gender: female, living: alone, health: partly, mobility: stick,
     categories: [low_income, veteran], language: 示例话, key_holder: v-1, doctor: 示例医生, surveyed: 2026-01-05, enrolled: 2026-02-01}
  - {id: e-4, household: h-0003, name: 示例乙, birth_year: 1950}
contacts: [{id: e-3.1, elder: e-3, rank: 1, name: 示例丙, relation: 女儿, phone: 138 0000 0000}, {id: e-3.2, elder: e-3, rank: 2, phone: "12345"}]
medicines: [{id: e-3.m1, elder: e-3, name: 示例药, dose: 早一片}]
consents: [{household: h-0003, quantities: [sos, water_total], purposes: [safety], recipients: [community, team], given_by: e-3, from: 2026-02-01T00:00:00+08:00}]
devices: [{id: d-3, household: h-0003, place: kitchen}]
tag_kinds:
  - {id: over90, name: 九旬以上, rule: age >= 90}
  - {id: often, name: 月内三次, rule: incidents >= 3 in 30}
  - {id: visit, name: 重点走访, days: 14}
tags: [{id: e-4.visit, elder: e-4, kind: visit, from: 2026-03-01}]
services: [{id: meals-1, help: meals, name: 示例助餐, minutes: 30}]
providers: [{id: p-1, name: 示例服务商, community: c-1, phone: "10001", services: [meals-1]}]
"""


def test_the_whole_model_comes_in_and_is_there_unchanged(rig):
    first = rig.ask("import", text=MODEL)
    assert first["ok"], first
    again = rig.ask("import", text=MODEL)["result"]["kinds"]
    assert all(c["added"] == c["changed"] == c["removed"] == 0 and c["unchanged"] > 0 for c in again.values()), again
    assert rig.sql("select birth_year, birth_date::text, categories, contact.phone from elder join contact on contact.elder = elder.id where rank = 1") == \
        [(1930, "1930-05-01", ["low_income", "veteran"], "13800000000")]
    assert rig.sql("select until::text, set_by from tag where id = 'e-4.visit'") == [("2026-03-15", "desk")]
    wrong = rig.ask("import", text="tag_kinds: [{id: bad, rule: age > old}]")
    assert wrong["error"]["code"] == "invalid" and "age >= 90" in wrong["error"]["text"]


def test_kinds_of_the_ledger_and_columns_of_the_database_are_the_same(rig):
    source = (ROOT / "services/records/ledger_kinds.c").read_text(encoding="utf-8")
    kinds = {}
    for name, body in re.findall(r"static const struct ledger_field (\w+)\[\] = \{(.*?)END\};", source, re.S):
        names = re.findall(r'(KEY)\b|(?:\w+\(|\{)\s*"(\w+)"', body)
        kinds[name] = {"id" if key else other for key, other in names}
    assert len(kinds) >= 19 and kinds == {kind: set(columns) for kind, columns in rig.sql("select kind, columns from ledger_kind")}


def test_every_change_is_kept_with_what_was_before(rig):
    rig.ask("import", kind="elders", format="csv", text="id,household,name\ne-4,h-0003,示例丁\n", report=True, why="改名")
    rig.ask("import", kind="elders", format="yaml", text="[{id: e-4, deleted: true}]")
    items = rig.ask("changes", kind="elder", key="e-4")["result"]["items"]
    assert [(i.get("before") is not None, i.get("after") is not None) for i in items] == [(True, False), (True, True), (False, True)]
    assert items[1]["before"] == {"name": "示例乙"} and items[1]["after"] == {"name": "示例丁"} and items[1]["who"] == "desk" and items[1]["why"] == "改名"
    assert items[0]["before"]["birth_year"] == 1950  # a CSV file changes the columns that it has, no others
    assert {i["kind"] for i in rig.ask("changes", household="h-0003", limit=500)["result"]["items"]} >= {"household", "elder", "contact", "medicine", "consent", "device"}


def test_a_device_has_a_history_of_its_places(rig):
    rig.ask("import", kind="devices", format="yaml", text="[{id: d-3, household: h-0003, place: bath}]")
    rig.ask("import", kind="devices", format="yaml", text="[{id: d-3, household: h-0002, place: bath}]")
    stays = rig.sql("select household, place, until is null from device_stay where device = 'd-3' order by \"from\"")
    assert stays == [("h-0003", "kitchen", False), ("h-0003", "bath", False), ("h-0002", "bath", True)]
    rig.ask("import", kind="devices", format="yaml", text="[{id: d-3, deleted: true}]")
    assert rig.sql("select count(*) from device_stay where device = 'd-3' and until is null") == [(0,)]


def test_tags_are_set_and_ended_by_their_rules(rig):
    rig.stop()
    rig.start(extra=["keep.every=24h"])
    rig.ready()
    deadline = time.monotonic() + lib.PATIENCE_S
    while not rig.sql("select 1 from tag where kind = 'over90' and by_rule"):  # at the start records applies the rules to this day
        assert time.monotonic() < deadline
        time.sleep(0.05)  # a look at the database
    rig.sql("delete from tag where by_rule")
    rig.sql("insert into incident select 'often-' || n, 1, 'h-0003', 'c-1', 't-1', 'sos', 'life', 'resolved', case n when 3 then 'false_alarm' else 'helped' end, '', "
            "timestamptz '2026-03-10' + n * interval '1 day', now(), '', '', '{}' from generate_series(1, 3) n")
    first = rig.ask("tags", day="2026-03-20")
    assert first.get("result") == {"given": 1, "ended": 0}, first  # 95 years old; a false alarm does not count
    rig.sql("update incident set outcome = 'helped' where id = 'often-3'")
    assert rig.ask("tags", day="2026-03-20")["result"] == {"given": 1, "ended": 0}
    assert rig.ask("tags", day="2026-03-20")["result"] == {"given": 0, "ended": 0}
    assert sorted(rig.sql("select kind, set_by, by_rule from tag where elder = 'e-3'")) == [("often", "rule", True), ("over90", "rule", True)]
    assert rig.ask("tags", day="2026-05-20")["result"] == {"given": 0, "ended": 1}
    assert rig.sql("select \"from\"::text, until::text from tag where kind = 'often'") == [("2026-03-20", "2026-05-19")]
    rig.sql("delete from incident where id like 'often-%'")


def test_a_consent_that_is_withdrawn_leaves_the_directory_at_once(rig):
    entry = "select deleted, body is null from directory_entry where kind = 'consent' and key = 'h-0003'"
    assert rig.sql(entry) == [(False, False)]
    epoch, position, _ = directory(rig, "ingest", "ingest", 1, 0, lambda e: ("consent", "h-0003") in e)
    began = time.monotonic()
    done = rig.ask("withdraw", household="h-0003", reason="本人要求")
    assert done["ok"] and rig.sql(entry) == [(True, True)]
    _, _, entries = directory(rig, "ingest", "ingest", epoch, position, lambda e: ("consent", "h-0003") in e)
    assert entries["consent", "h-0003"]["deleted"] and time.monotonic() - began < 5
    assert rig.sql("select withdrawn is not null, withdrawn_why from consent where household = 'h-0003'") == [(True, "本人要求")]
    assert rig.ask("withdraw", household="h-0003")["error"]["code"] == "not_found"
    assert rig.ask("audit", household="h-0003", limit=1)["result"]["items"][0]["method"] == "withdraw"
