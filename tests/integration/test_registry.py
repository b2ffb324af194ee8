# SPDX-License-Identifier: MIT
"""The registry's memory and its protection, against a real PostgreSQL: the audit trail and whoever tampers with it."""
import json
import subprocess
import time

import pytest

from test_records import LEDGER, RECORDS, ROOT, Rig


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
    deadline = time.monotonic() + 20
    rig.stop()
    rig.start(extra=["keep.every=200ms"])
    rig.ready()
    head = rig.ask("audit_verify")["result"]["heads"][0]
    while f"head={head}" not in rig.log.read_text(encoding="utf-8"):
        assert time.monotonic() < deadline, rig.log.read_text(encoding="utf-8")[-800:]
        time.sleep(0.05)  # a look at the log
