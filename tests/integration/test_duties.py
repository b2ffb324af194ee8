# SPDX-License-Identifier: MIT
"""Rosters in force: what `curtain roster publish` and `give` change is at once what the dispatcher pages and tells at curtain/oncall."""
import datetime
import json
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from test_dispatcher import DISPATCHER, Rig, alert, lane  # noqa: E402

DAY = datetime.timedelta(days=1)
NOW = datetime.datetime.now(datetime.timezone.utc)
# A zone in which no midnight is near, so that today is the same day from the first line of a test to the last.
ZONE, AHEAD = ("UTC", 0) if 6 <= NOW.hour < 18 else ("Etc/GMT-12", 12)
SHIFTS = {"parts": [{"id": "all", "from": "00:00"}], "shifts": [{"id": "first", "part": "all"}, {"id": "second", "part": "all"}]}


@pytest.fixture(name="rig")
def rig_fixture(tmp_path):
    tmp_path.chmod(0o755)
    rig = Rig(tmp_path)
    yield rig
    rig.close()


def curtain(rig, *arguments, user="desk"):
    return subprocess.run([DISPATCHER.parent / "curtain", "roster", *arguments, "--host", "127.0.0.1", "--port", str(rig.broker.port), "--user", user,
                           "--password-file", rig.accounts.secret(user)], capture_output=True, text=True, timeout=30, check=False)


def publish(rig, first="v-3", second="v-2", *options):
    """Three days around now: whatever the hour, somebody has a duty. A day is a whole day of ZONE."""
    task = {"team": "t-1", "from": (NOW + datetime.timedelta(hours=AHEAD) - DAY).date().isoformat(), "days": 3, "volunteers": [{"id": v} for v in (first, second)], **SHIFTS}
    (rig.folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    (rig.folder / "roster.json").write_text(json.dumps({"assignments": {first: ["first"] * 3, second: ["second"] * 3}}), encoding="utf-8")
    return curtain(rig, "publish", rig.folder / "task.json", "--roster", rig.folder / "roster.json", "--zone", ZONE, "--json", *options)


def oncall(rig, users):
    return rig.tap.wait(lambda: next((m.body for m in reversed(rig.tap.of("curtain/oncall/t-1")) if m.body["users"] == users), None), f"{users} to be on call")


def asked(rig, household):
    """Who is paged for a call for help, in order."""
    rig.tap.wait(lambda: len([m for m in rig.pages() if m.body["household"] == household]) >= 2, "two pages")
    return [m.topic.split("/")[2] for m in rig.pages() if m.body["household"] == household][:2]


def test_pages_go_to_those_on_the_roster_and_a_duty_given_is_valid_at_once(rig):
    rig.up()
    oncall(rig, ["v-1", "v-2", "v-3"])
    done = publish(rig)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"duties": 4}  # what is over is not kept
    assert oncall(rig, ["v-3", "v-2"])["number"] == "1002"
    rig.ingest.give_item(alert(1, "h-1"))
    assert asked(rig, "h-1") == ["v-3", "v-2"]

    duties = json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"]
    assert [(d["user"], d["place"]) for d in duties] == [("v-3", 0), ("v-2", 1)] * 2
    ics = rig.call("calendar", {"user": "v-3"})["result"]["ics"]
    assert ics.startswith("BEGIN:VCALENDAR\r\n") and ics.endswith("END:VCALENDAR\r\n") and ics.count("BEGIN:VEVENT") == 2
    assert all(len(line.encode()) <= 75 for line in ics.split("\r\n")) and "beside you: v-2 (second)" in ics.replace("\r\n ", "")
    given = curtain(rig, "give", "--team", "t-1", "--shift", "first", "--from", duties[0]["from"], "--of", "v-3", "--to", "v-1")
    assert given.returncode == 0, given.stderr
    assert "4 个班次" in given.stdout, given
    shown = curtain(rig, "duties", "--team", "t-1").stdout.splitlines()
    assert shown[0].split()[1::2] == ["from", "until", "place", "shift", "user"] and shown[1].split()[-2:] == ["first", "v-1"], shown
    oncall(rig, ["v-1", "v-2"])
    assert rig.call("calendar", {"user": "v-3"})["result"]["ics"].count("BEGIN:VEVENT") == 1
    rig.ingest.give_item(alert(2, "h-2"))
    assert asked(rig, "h-2") == ["v-1", "v-2"]

    cover = curtain(rig, "cover", "--team", "t-1", "--from", duties[0]["from"], "--until", duties[0]["until"], "--json")
    assert [c["user"] for c in json.loads(cover.stdout)["items"]] == ["v-3", "cap"]  # cap offers no such times, the others are on duty

    rig.again()
    rig.ingest.give_item(alert(3, "h-3"))
    assert asked(rig, "h-3") == ["v-1", "v-2"]
    after = json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"]
    assert [d["user"] for d in after] == ["v-1", "v-2", "v-3", "v-2"]

    assert curtain(rig, "withdraw", "--team", "t-1").returncode == 0
    oncall(rig, ["v-1", "v-2", "v-3"])


def test_what_cannot_be_is_refused_and_changes_nothing(rig):
    rig.up()
    assert publish(rig).returncode == 0
    refused = publish(rig, first="v-9")
    assert refused.returncode == 1 and "line 1 names somebody who is not a volunteer" in refused.stderr
    today = json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"]
    common = ("--team", "t-1", "--shift", "first", "--from", today[0]["from"])
    assert "has a duty at that time" in curtain(rig, "give", *common, "--of", "v-3", "--to", "v-2").stderr
    assert "has no duty first" in curtain(rig, "give", *common, "--of", "v-1", "--to", "v-2").stderr
    assert "is not a volunteer" in curtain(rig, "give", *common, "--of", "v-3", "--to", "v-9").stderr
    for lines, cause in (("now,then,0,a,v-1", "line 1 has a time"), ("2026-12-07T07:00:00Z,2026-12-07T08:00:00Z,0,a", "line 1 is not"),
                         ("2030-12-07T07:00:00Z,2030-12-07T08:00:00Z,0,a,v-1\n2030-12-07T07:30:00Z,2030-12-07T09:00:00Z,0,a,v-1", "line 2: v-1 has another"),
                         ("2030-12-07T08:00:00Z,2030-12-07T08:00:00Z,0,a,v-1", "line 1: it ends before it begins")):
        answer = rig.call("roster", {"team": "t-1", "duties": lines})
        assert not answer["ok"] and cause in answer["error"]["text"], answer
    for asked in ("0206-12-07T08:00:00Z", "1969-12-31T23:59:59Z"):  # no answer can hold it: lists with it would fail from then on
        refused = rig.call("absent", {"team": "t-1", "user": "v-1", "from": asked, "until": "2030-01-01T00:00:00Z"})
        assert "from: no time" in refused["error"]["text"], refused
        refused = rig.call("roster", {"team": "t-1", "duties": f"{asked},2030-12-07T08:00:00Z,0,a,v-1"})
        assert "line 1 has a time" in refused["error"]["text"], refused
    assert rig.call("matters", {})["ok"]
    assert json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"] == today
    assert curtain(rig, "give", "--team", "t-1").returncode == 2
    assert curtain(rig, "publish").returncode == 2
    assert rig.call("cover", {"team": "t-1", "from": "2026-12-07T07:00:00Z", "until": "2026-12-07T07:00:00Z"})["error"]["code"] == "range"


def test_what_is_near_changes_with_a_yes_only_and_other_days_stay(rig):
    rig.up()
    assert publish(rig).returncode == 0
    before = json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"]
    assert publish(rig).returncode == 0  # nothing moves
    refused = publish(rig, first="v-1")
    assert refused.returncode == 1 and "v-3's first at" in refused.stderr and "--yes" in refused.stderr, refused.stderr
    assert json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"] == before

    week = {"team": "t-1", "from": (NOW + 7 * DAY).date().isoformat(), "days": 1, "volunteers": [{"id": "v-1"}], **SHIFTS}
    (rig.folder / "task.json").write_text(json.dumps(week), encoding="utf-8")
    (rig.folder / "roster.json").write_text(json.dumps({"assignments": {"v-1": ["first"]}}), encoding="utf-8")
    done = curtain(rig, "publish", rig.folder / "task.json", "--roster", rig.folder / "roster.json", "--zone", ZONE)
    assert done.returncode == 0, done.stderr
    after = json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"]
    assert after[:-1] == before and after[-1]["user"] == "v-1"

    assert publish(rig, "v-1", "v-2", "--yes").returncode == 0
    oncall(rig, ["v-1", "v-2"])
    assert json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"][-1] == after[-1]


def test_the_next_rosters_rules_do_not_judge_the_duties_of_this_one(rig):
    rig.up()
    days = [(NOW + n * DAY).date() for n in (20, 50)]
    for day, skills in zip(days, (1, 0)):
        done = rig.call("roster", {"team": "t-1", "duties": f"{day}T06:00:00Z,{day}T18:00:00Z,0,first,v-3\n", "rules": f"shift,first,0,0,{skills}\n",
                                   "from": f"{day}T00:00:00Z", "until": f"{day + DAY}T00:00:00Z"})
        assert done["ok"], done

    def bars():
        swaps = [rig.call("swap", {"team": "t-1", "shift": "first", "from": f"{day}T06:00:00Z", "user": "v-3", "to": "v-2", "by": "v-3"}) for day in days]
        return [s["result"].get("bar") for s in swaps]

    assert bars() == ["skill", None]
    rig.again()
    assert bars() == ["skill", None]


def notice(rig, user, kind):
    return rig.tap.wait(lambda: next((m for m in reversed(rig.tap.of(f"curtain/volunteer/{user}/notice")) if m.body["kind"] == kind), None), f"{kind} to {user}").body


def say(rig, user, matter, action):
    rig.peer(user).publish(f"curtain/volunteer/{user}/reply", {"incident": matter, "user": user, "action": action, "at": lane.rfc3339(time.time())})


def test_a_roster_that_cannot_be_read_is_left_out_and_told_and_a_new_one_heals_it(rig):
    """Calls are answered all the same: as without a roster. The rows stay for a person to look at."""
    rig.up()
    assert publish(rig).returncode == 0
    oncall(rig, ["v-3", "v-2"])
    rig.stop(signal.SIGKILL)
    store = rig.folder / "data/dispatcher.db"
    with sqlite3.connect(store) as db:
        db.execute("UPDATE duty SET user = 'v-2'")
    db.close()
    rig.start()
    lost = [notice(rig, user, "roster_lost") for user in ("cap", "desk")]
    assert all("t-1" in n["text_zh"] and "publish it anew" in n["text_en"] for n in lost)
    rig.tap.wait(lambda: [m for m in rig.states() if m.body["state"] == "ready" and m.body["counters"]["rosters_lost"] == 1], "the service, ready, with a roster lost")
    oncall(rig, ["v-1", "v-2", "v-3"])
    rig.ingest.give_item(alert(1, "h-1"))
    assert asked(rig, "h-1") == ["v-1", "v-2"]

    rig.again()
    assert publish(rig).returncode == 0
    oncall(rig, ["v-3", "v-2"])
    rig.tap.wait(lambda: rig.states()[-1].body["counters"]["rosters_lost"] == 0, "a status without a lost roster")
    assert len({m.body["id"] for m in rig.tap.of("curtain/volunteer/") if m.body.get("kind") == "roster_lost"}) == 2  # once each
    rig.stop()
    with sqlite3.connect(store) as db:
        assert db.execute("SELECT count(*), min(user), max(user) FROM duty_lost").fetchone() == (4, "v-2", "v-2")
        assert {row[0] for row in db.execute("SELECT DISTINCT user FROM duty")} == {"v-2", "v-3"}
    db.close()


def test_swaps_and_absences_are_agreed_by_replies_and_valid_at_once(rig):
    rig.up("rota.reachable=0s", "rota.ask_at_once=1")
    assert publish(rig).returncode == 0
    oncall(rig, ["v-3", "v-2"])
    rig.tap.wait(lambda: {m.topic.split("/")[2] for m in rig.tap.of("curtain/volunteer/")} == {"v-2", "v-3"}, "notices to those whose next duty has moved")
    duties = json.loads(curtain(rig, "duties", "--team", "t-1", "--json").stdout)["items"]
    now = next(d for d in duties if d["user"] == "v-3")
    same = ("--team", "t-1", "--shift", "first", "--from", now["from"], "--of", "v-3")
    made = json.loads(curtain(rig, "swap", *same, "--to", "v-1", "--json").stdout)
    assert made["verdict"] == "taken" and made["state"] == "open"
    assert notice(rig, "v-1", "swap_asked")["matter"] == made["matter"]
    rig.again()
    say(rig, "v-1", made["matter"], "accept")
    oncall(rig, ["v-1", "v-2"])
    assert notice(rig, "v-3", "swap_valid")["matter"] == notice(rig, "v-1", "swap_valid")["matter"] == made["matter"]
    rig.ingest.give_item(alert(1, "h-1"))
    assert asked(rig, "h-1") == ["v-1", "v-2"]
    late = rig.call("answer", {"matter": made["matter"], "user": "v-1", "yes": False})["result"]
    assert (late["verdict"], late["state"]) == ("late", "done")

    absent = curtain(rig, "absent", "--team", "t-1", "--of", "v-1", "--from", now["from"], "--until", now["until"], "--json")
    assert absent.returncode == 0, absent.stderr
    assert json.loads(absent.stdout) == {"opened": 1}
    oncall(rig, ["v-2"])  # the backup is first at once
    gap = [g for g in json.loads(curtain(rig, "gaps", "--team", "t-1", "--json").stdout)["items"] if "matter" in g]
    assert [(g["shift"], g["state"], g.get("user")) for g in gap] == [("first", "open", None)]
    matter = notice(rig, "v-3", "cover_asked")["matter"]  # offers such times, is free again; the captain comes after
    assert matter == gap[0]["matter"]
    assert gap[0]["reasons"] == {"busy": 1} and gap[0]["barred"] == {"v-2": "busy"} and gap[0]["could_ask"] == ["v-3", "cap"], gap
    assert "v-2（同一时间另有班次）" in curtain(rig, "gaps", "--team", "t-1").stdout
    say(rig, "v-3", matter, "decline")
    assert notice(rig, "cap", "cover_asked")["matter"] == matter
    say(rig, "cap", matter, "accept")
    oncall(rig, ["cap", "v-2"])
    assert notice(rig, "v-1", "cover_over")["matter"] == matter

    foreign = rig.call("answer", {"matter": matter, "user": "v-2", "yes": True})["result"]
    assert foreign["verdict"] == "foreign"
    gone = curtain(rig, "swap", *same, "--to", "v-1")
    assert gone.returncode == 1 and gone.stdout.startswith("没有此班次或事项 unknown"), gone  # v-3 has it no more
    table = curtain(rig, "matters", "--team", "t-1").stdout
    assert matter in table and "请假 absence" in table and "已定 done" in table, table
    matters = json.loads(curtain(rig, "matters", "--team", "t-1", "--json").stdout)["items"]
    assert {(m["kind"], m["state"]) for m in matters if m["kind"] != "watch"} == {("swap", "done"), ("absence", "open"), ("cover", "done")}

    mine = next(m for m in matters if m["kind"] == "watch" and m["user"] == "v-3" and m["state"] == "open")  # tomorrow's duty, of which v-3 is reminded
    rig.peer("v-3").publish("curtain/volunteer/v-3/reply", {"incident": mine["matter"], "action": "hand_over", "to": "v-1", "at": lane.rfc3339(time.time())})
    question = rig.tap.wait(lambda: next((m for m in rig.tap.of("curtain/volunteer/v-1/notice")
                                          if m.body["kind"] == "swap_asked" and m.body["matter"] != made["matter"]), None), "a second question").body
    assert rig.call("recall", {"matter": question["matter"]})["result"]["state"] == "withdrawn"
    assert curtain(rig, "withdraw", "--team", "t-1").returncode == 0
    rig.ingest.give_item(alert(2, "h-2"))
    assert asked(rig, "h-2") == ["v-2", "v-3"]  # v-1 is absent, whatever the directory says of their hours


def test_who_is_away_by_the_task_of_the_roster_is_not_asked_until_they_are_back(rig):
    rig.up()
    oncall(rig, ["v-1", "v-2", "v-3"])
    today = NOW + datetime.timedelta(hours=AHEAD)
    days = [(today + n * DAY).date().isoformat() for n in (-1, 0, 1)]
    task = {"team": "t-1", "from": days[0], "days": 3, "volunteers": [{"id": "v-1", "away": days}, {"id": "v-2"}, {"id": "v-3"}], **SHIFTS}
    (rig.folder / "task.json").write_text(json.dumps(task), encoding="utf-8")
    (rig.folder / "roster.json").write_text(json.dumps({"assignments": {v: [None] * 3 for v in ("v-1", "v-2", "v-3")}}), encoding="utf-8")
    done = curtain(rig, "publish", rig.folder / "task.json", "--roster", rig.folder / "roster.json", "--zone", ZONE)
    assert done.returncode == 0, done.stderr
    assert oncall(rig, ["v-2", "v-3"])["number"] == "1001"  # whom the "1" key rings
    hour = {"from": lane.rfc3339(time.time()), "until": lane.rfc3339(time.time() + 3600)}

    def cover(**when):
        return [c["user"] for c in rig.call("cover", {"team": "t-1", **(when or hour)})["result"]["items"]]

    for number in (1, 2):
        rig.ingest.give_item(alert(number, f"h-{number}"))
        assert asked(rig, f"h-{number}") == ["v-2", "v-3"] and sorted(cover()) == ["cap", "v-2", "v-3"]
        rig.again()
    week = [lane.rfc3339(time.time() + 7 * 86400 + n) for n in (0, 3600)]
    assert sorted(cover(**{"from": week[0], "until": week[1]})) == ["cap", "v-1", "v-2", "v-3"]
    for lines, cause in (("now,then,v-1", "line 1 has a time"), ("2026-12-07T07:00:00Z,2026-12-07T08:00:00Z", "line 1 is not from,until,user"),
                         ("2026-12-07T07:00:00Z,2026-12-07T07:00:00Z,v-1", "line 1 ends before"), ("2026-12-07T07:00:00Z,2026-12-07T08:00:00Z,v 1", "line 1 has a user")):
        assert f"away: {cause}" in rig.call("roster", {"team": "t-1", "duties": "", "away": lines})["error"]["text"]
    assert "v-1" not in cover(), "what is refused changes nothing"
    assert rig.call("absent", {"team": "t-1", "user": "v-1", "from": hour["from"], "until": hour["from"]})["ok"]
    oncall(rig, ["v-1", "v-2", "v-3"])
    rig.again()
    rig.ingest.give_item(alert(3, "h-3"))
    assert asked(rig, "h-3") == ["v-1", "v-2"] and "v-1" in cover()

    soon = time.time() + 1  # who says it themselves: from then on and until then, without another word
    said = {"from": lane.rfc3339(soon), "until": lane.rfc3339(soon + 1)}
    since = len(rig.tap.of("curtain/oncall/t-1"))
    assert rig.call("own_absent", {"team": "t-1", "user": "v-2", **said}, user="v-2")["ok"]
    rig.tap.wait(lambda: [m.body["users"] for m in rig.tap.of("curtain/oncall/t-1")[since:]][-2:] == [["v-1", "v-3"], ["v-1", "v-2", "v-3"]],
                 "who answers to change when the absence begins and when it ends")


def test_volunteers_arrange_their_duties_under_their_own_accounts_and_nobody_elses(rig):
    rig.up("rota.reachable=0s", "rota.ask_at_once=1", "rota.veto=[t-1]")
    assert publish(rig).returncode == 0
    oncall(rig, ["v-3", "v-2"])
    told = []

    def own(caller, method, **arguments):
        told.append(rig.call("own_" + method, arguments, user=caller))
        return told[-1].get("result") or told[-1]["error"]

    first, last = own("v-3", "duties")["items"]
    assert own("v-3", "duties", team="t-1")["items"] == [first, last] and own("v-1", "duties") == {"user": "v-1", "items": []}
    assert own("v-3", "calendar")["ics"].count("BEGIN:VEVENT") == 2
    duty = {"team": "t-1", "shift": "first", "from": last["from"]}

    # Nobody speaks for another: the member is named, and nothing has changed.
    before = rig.call("duties", {"team": "t-1"}), rig.call("matters", {})
    for method, arguments, member in (("swap", {**duty, "user": "v-3", "to": "v-2", "by": "v-3"}, "by"), ("seek", {**duty, "user": "v-3"}, "user"),
                                      ("absent", {"team": "t-1", "user": "v-3", "from": last["from"], "until": last["until"]}, "user"),
                                      ("answer", {"matter": "rota-0", "user": "v-3", "yes": True}, "user"), ("duties", {"user": "v-3"}, "user"),
                                      ("matters", {"user": "v-3"}, "user"), ("calendar", {"user": "v-3"}, "user"), ("visit_day", {"user": "v-3"}, "user")):
        assert own("v-2", method, **arguments) == {"code": "denied", "text": f"args.{member}: is v-3's, and v-2 speaks for nobody else"}
    assert own("v-2", "swap", **duty, user="v-3", to="v-1")["text"] == "by: v-2 must be user or to, and these two people"
    assert own("v-2", "seek", **duty)["verdict"] == "unknown"  # it is not theirs
    assert (rig.call("duties", {"team": "t-1"}), rig.call("matters", {})) == before
    assert "own_swap" in rig.call("own_give", {})["error"]["text"]

    # The broker lets a volunteer ask nothing else, and nothing in another's name: what is sent after it arrives, and it did not.
    for topic in ("v-1/dispatcher/duties", "v-1/dispatcher/own_give", "v-1/records/summary", "v-3/dispatcher/own_duties"):
        rig.peer("v-1").client.publish(f"curtain/api/{topic}", '{"args": {"forged": true}}', qos=0)
    assert own("v-1", "duties")["items"] == [] and not [m for m in rig.tap.of("curtain/api/") if b"forged" in m.payload]

    # v-3 gives a duty to v-1, who agrees; the captain says no.
    made = own("v-3", "swap", **duty, to="v-1")
    assert made["verdict"] == "taken" and made["state"] == "open"
    assert made["matter"] not in [m["matter"] for m in own("v-2", "matters")["items"]]
    assert own("v-2", "answer", matter=made["matter"], yes=True)["verdict"] == "foreign"
    assert own("v-2", "recall", matter=made["matter"])["text"] == "args.matter: is v-3's, and v-2 speaks for nobody else"
    assert own("cap", "matters")["items"] == []
    assert own("v-1", "answer", matter=made["matter"], yes=True)["state"] == "veto"
    assert notice(rig, "cap", "swap_veto")["matter"] == made["matter"]
    assert [m["matter"] for m in own("cap", "matters")["items"]] == [made["matter"]]
    assert own("cap", "answer", matter=made["matter"], yes=False)["state"] == "vetoed"
    assert own("v-3", "duties")["items"] == [first, last]

    # v-1 asks for it instead, and calls it off; v-3 has somebody sought, and then cannot serve at all.
    wanted = own("v-1", "swap", **duty, user="v-3")
    assert notice(rig, "v-3", "swap_asked")["matter"] == wanted["matter"] and own("v-3", "recall", matter=wanted["matter"])["code"] == "denied"
    assert own("v-1", "recall", matter=wanted["matter"])["state"] == "withdrawn"
    sought = own("v-3", "seek", **duty)
    assert sought["verdict"] == "taken" and notice(rig, "v-1", "cover_asked")["matter"] == sought["matter"]
    assert own("v-3", "absent", team="t-1", **{"from": first["from"], "until": first["until"]}) == {"opened": 1}
    oncall(rig, ["v-2"])
    answered = curtain(rig, "answer", "--own", "--matter", sought["matter"], "--say", "yes", user="v-1")
    assert answered.returncode == 0 and "已受理 taken" in answered.stdout and "已定 done" in answered.stdout, answered
    shown = curtain(rig, "duties", "--own", user="v-1").stdout.splitlines()
    assert shown[0].split()[1::2] == ["from", "until", "team", "shift", "place"] and shown[-1].split()[-3:] == ["t-1", "first", "0"], shown
    refused = curtain(rig, "swap", "--own", "--team", "t-1", "--shift", "first", "--from", last["from"], "--of", "v-3", "--to", "v-2", user="v-1")
    assert refused.returncode == 1 and "by: v-1 must be user or to" in refused.stderr, refused
    assert "--of ID, or --own" in curtain(rig, "seek", "--team", "t-1", "--shift", "first", "--from", last["from"]).stderr
    assert own("v-1", "duties")["items"][-1] == {**last, "user": "v-1"}
    assert not re.search(r"\b100\d\b", json.dumps(told)), "a telephone number"
