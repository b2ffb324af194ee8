# SPDX-License-Identifier: MIT
"""Rows of the dispatcher's store that cannot be read: the service starts all the same, no call for help is forgotten, and the desk knows."""
import contextlib
import datetime as dt
import json
import pathlib
import signal
import sqlite3
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from test_dispatcher import DISPATCHER, alert, lane, rig  # noqa: E402, F401 (rig is a fixture)
from test_visits import SETTINGS, people  # noqa: E402


@contextlib.contextmanager
def store(rig):  # noqa: F811
    """The store of a dispatcher that is stopped."""
    db = sqlite3.connect(rig.folder / "data/dispatcher.db")
    with db:
        yield db
    db.close()


def damage(rig, *statements):  # noqa: F811
    """Damages rows while it is stopped; each statement must hit."""
    rig.stop(signal.SIGKILL)
    with store(rig) as db:
        for statement in statements:
            assert db.execute(statement).rowcount > 0, statement


def publish(rig):  # noqa: F811
    """A roster with its rules, far ahead, so that everybody serves as without one until then."""
    start = (dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=20)).date()
    task = {"team": "t-1", "from": start.isoformat(), "days": 2, "volunteers": [{"id": "v-1"}], "parts": [{"id": "all", "from": "00:00"}],
            "shifts": [{"id": "first", "part": "all"}]}
    (rig.folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    (rig.folder / "roster.json").write_text(json.dumps({"assignments": {"v-1": ["first"] * 2}}), encoding="utf-8")
    done = subprocess.run([DISPATCHER.parent / "curtain", "roster", "publish", rig.folder / "task.json", "--roster", rig.folder / "roster.json", "--zone", "UTC", "--host",
                           "127.0.0.1", "--port", str(rig.broker.port), "--user", "desk", "--password-file", rig.accounts.secret("desk")], capture_output=True, text=True,
                          timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    return start


def ready(rig, lost):  # noqa: F811
    rig.tap.wait(lambda: [m for m in rig.states() if m.body["state"] == "ready" and m.body["counters"]["states_lost"] == lost], f"the service, ready, with {lost} rows lost")


def notices(rig):  # noqa: F811
    return [m.body for m in rig.tap.of("curtain/volunteer/desk/notice") if m.body["kind"] == "state_lost"]


def told(rig, *words):  # noqa: F811
    return rig.tap.wait(lambda: next((n for n in notices(rig) if all(w in n["text_en"] for w in words)), None), f"the desk to be told of {words}")


def call_for_help(rig, number, user="v-1"):  # noqa: F811
    rig.ingest.give_item(alert(number, f"h-{number}"))
    return rig.page(user, household=f"h-{number}")


def asked(rig, home):  # noqa: F811
    return [m.body["id"] for m in rig.pages("v-1", household=home)]


def test_open_calls_for_help_go_on_whose_state_cannot_be_read(rig):  # noqa: F811
    """Whether the row is torn, of a strange version, cannot be told of, or is gone: people are asked anew, and the others are answered as ever."""
    rig.up(accept_life_s=3600)
    pages = [call_for_help(rig, n) for n in range(1, 8)]
    ids = [p["incident"] for p in pages]
    rig.reply("v-1", pages[1], "accept")
    rig.state(ids[1], "accepted")
    rig.reply("v-1", pages[5], "done", outcome="helped")
    rig.state(ids[5], "resolved")
    damage(rig, f"UPDATE incident SET state = substr(state, 1, 40) WHERE id = '{ids[0]}'", f"UPDATE incident SET state = CAST(x'ff' || substr(state, 2) AS BLOB) WHERE id = '{ids[1]}'",
           f"DELETE FROM incident WHERE id = '{ids[2]}'", f"UPDATE incident SET state = x'' WHERE id = '{ids[3]}'",
           f"UPDATE post SET payload = x'7b' WHERE key = 'incident/{ids[3]}'", f"UPDATE incident SET state = x'00' WHERE id = '{ids[5]}'")
    with store(rig) as db:  # a text inside that no message can hold
        torn = bytes(db.execute("SELECT state FROM incident WHERE id = ?", (ids[6],)).fetchone()[0])
        assert b"button" in torn
        torn = torn.replace(b"button", b"but\x01on")
        db.execute("UPDATE incident SET state = ? WHERE id = ?", (torn, ids[6]))
        before = dict(db.execute("SELECT id, state FROM incident").fetchall())
    rig.start()
    ready(rig, 6)
    for n in (1, 2, 3, 7):
        rig.tap.wait(lambda n=n: len(set(asked(rig, f"h-{n}"))) == 2, f"v-1 to be asked anew for h-{n}")
        again = rig.tap.wait(lambda n=n: next((i for i in rig.records.items if i["id"] == ids[n - 1] and "could not be read" in i.get("note", "")), None), "the note")
        assert again["state"] in ("raised", "paging")
    assert asked(rig, "h-5") == [pages[4]["id"]] and asked(rig, "h-6") == [pages[5]["id"]] and asked(rig, "h-4") == [pages[3]["id"]]
    told(rig, "states of incidents", *(ids[n] for n in (0, 1, 3, 5, 6)))
    told(rig, "open incidents without state and snapshot", ids[3], "call there at once")
    assert {i["id"] for i in rig.call("incidents", {})["result"]["items"]} == {ids[n] for n in (0, 1, 2, 4, 6)}
    for line in (f"kind=incident id={ids[0]} column=incident.state", f"kind=snapshot id={ids[3]} column=post.payload"):
        assert line in rig.log() and "fix=" in rig.log()
    rig.reply("v-2", rig.page("v-2", household="h-1"), "accept")
    assert rig.state(ids[0], "accepted")["responder"] == "v-2"
    rig.reply("v-1", pages[4], "accept")
    rig.state(ids[4], "accepted")
    call_for_help(rig, 8, "v-3")
    rig.again()
    ready(rig, 0)  # nothing new
    assert len(notices(rig)) == 2
    with_ids = {i["id"]: i["state"] for i in rig.call("incidents", {})["result"]["items"]}
    assert with_ids[ids[0]] == "accepted" and len(with_ids) == 6
    rig.stop()
    with store(rig) as db:
        kept = dict(db.execute("SELECT id, state FROM state_lost WHERE kind = 'incident'").fetchall())
        assert kept == {i: before[i] for i in (ids[0], ids[1], ids[3], ids[5], ids[6])}
        assert db.execute("SELECT id, CAST(state AS TEXT) FROM state_lost WHERE kind = 'snapshot'").fetchall() == [(ids[3], "{")]


def test_duties_visits_and_handsets_that_cannot_be_read_are_left_out_and_told(rig):  # noqa: F811
    rig.start(*SETTINGS)
    rig.registry.give(0, people())
    rig.tap.wait(rig.registry.all_acked, "the directory to be taken")
    lane.Consumer(rig.peer("records-1"), "visit", "records")
    start = publish(rig)
    ahead = [lane.rfc3339(time.time() + 86400 * n) for n in (40, 41)]
    for user in ("v-2", "v-3"):
        assert rig.call("absent", {"team": "t-1", "user": user, "from": ahead[0], "until": ahead[1]})["ok"]
    errands = [rig.call("visit_request", {"household": f"h-{n}", "what": "three_three"})["result"]["errand"]["id"] for n in (7, 8)]
    for home, number in (("h-1", "10000"), ("h-2", "10000"), ("h-3", "10000")):
        assert rig.call("handset", {"household": home, "number": number})["ok"]
    incident = call_for_help(rig, 3)
    absences = [m["matter"] for m in rig.call("matters", {})["result"]["items"] if m["kind"] == "absence"]
    assert len(absences) == 2
    damage(rig, f"UPDATE rota SET state = substr(state, 1, length(state) - 1) WHERE id = '{absences[0]}'", "UPDATE rota_rules SET rules = rules || 'nonsense,1'",
           "UPDATE visit_state SET state = CAST(state || x'00' AS BLOB) WHERE home AND id = 'h-5'", f"UPDATE visit_state SET state = x'01ff' WHERE id = '{errands[0]}'",
           "UPDATE handset SET number = CAST(x'ff0a' AS TEXT) WHERE household = 'h-1'", "UPDATE handset SET at = -1 WHERE household = 'h-3'",
           "UPDATE stood SET planned = CAST(x'762dff' AS TEXT) WHERE starts = (SELECT min(starts) FROM stood)",
           f"UPDATE post SET topic = topic || char(10) WHERE key = 'incident/{incident['incident']}'")
    with store(rig) as db:
        rules = db.execute("SELECT rules FROM rota_rules").fetchone()[0]
    rig.start()
    ready(rig, 8)
    told(rig, "absences", absences[0])
    told(rig, "teams' rules", "t-1", "publish them anew")
    told(rig, "homes' records of visits", "h-5")
    told(rig, "visits, tasks or services", errands[0])
    told(rig, "\"1\" keys", "h-1", "h-3")
    told(rig, "messages for the broker")
    told(rig, "what became of duties")
    assert [m["matter"] for m in rig.call("matters", {})["result"]["items"] if m["kind"] == "absence"] == absences[1:]
    assert rig.call("visit_show", {"errand": errands[1]})["ok"] and not rig.call("visit_show", {"errand": errands[0]})["ok"]
    handsets = {h["household"]: h["state"] for h in rig.call("handsets", {})["result"]["items"]}
    assert handsets["h-1"] == "unset" and handsets["h-2"] == "current"
    assert [d["from"][:10] for d in rig.call("duties", {"team": "t-1"})["result"]["items"]][0] in (start.isoformat(), (start - dt.timedelta(days=1)).isoformat())
    rig.reply("v-1", incident, "accept")
    rig.state(incident["incident"], "accepted")
    call_for_help(rig, 9, "v-2")  # v-1 is on the way

    rig.again()
    ready(rig, 1)  # the rules are still not there
    assert len(notices(rig)) == 7
    publish(rig)
    rig.counters(states_lost=0)
    damage(rig, "UPDATE duty SET ends = 1 << 62 WHERE rowid = (SELECT max(rowid) FROM duty)")  # a time that no answer can hold
    rig.start()
    rig.counters(rosters_lost=1, states_lost=0)
    assert rig.call("duties", {"team": "t-1"})["result"]["items"] == []
    rig.stop()
    with store(rig) as db:
        assert {row[0] for row in db.execute("SELECT kind FROM state_lost")} == {"matter", "rules", "home", "errand", "handset", "post", "stood"}
        assert db.execute("SELECT state FROM state_lost WHERE kind = 'rules'").fetchone()[0] == rules
