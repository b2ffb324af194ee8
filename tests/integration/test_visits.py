# SPDX-License-Identifier: MIT
"""Visits, what is found there, and services, through the wire: a real dispatcher that is killed on the way."""
import datetime as dt
import os
import pathlib
import subprocess
import time

from test_dispatcher import ROOT, directory, lane, rig  # noqa: F401 (rig is a fixture)

TOOL = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "curtain"
SETTINGS = (f"visits.file={ROOT}/deploy/config/visits.yaml", f"visits.checklists={ROOT}/deploy/config/checklists.yaml")


def people():
    """Two homes with wishes, two companions, one service."""
    rows = directory()
    rows += [{"kind": "care", "key": "h-5", "languages": ["shaanxi"], "visits_every_days": 1},
             {"kind": "companion", "key": "v-1", "languages": ["shaanxi"], "visits_a_week": 7, "parts": ["morning", "afternoon", "evening"],
              "verified": True},
             {"kind": "companion", "key": "v-2", "languages": ["mandarin"], "visits_a_week": 7, "parts": ["morning"], "verified": True},
             {"kind": "service", "key": "medical-2", "help": "medical", "providers": ["p-1"], "lead_days": 0, "teams": False}]
    return [{**row, "seq": i + 1} for i, row in enumerate(rows)]


def curtain(rig, *options, user="desk"):  # noqa: F811
    return subprocess.run([TOOL, "visit", *options, "--port", str(rig.broker.port), "--user", user, "--password-file", rig.accounts.secret(user)],
                          capture_output=True, text=True, timeout=30, check=False)


def errands(rig, user, **more):  # noqa: F811
    return [m.body for m in rig.tap.of(f"curtain/volunteer/{user}/errand") if all(m.body.get(k) == v for k, v in more.items())]


def test_a_visit_is_offered_survives_a_kill_and_its_findings_become_tasks(rig):  # noqa: F811
    visits = lane.Consumer(rig.peer("records-1"), "visit", "records")
    lane.Consumer(rig.peer("detector-1"), "visit", "detector")
    rig.start(*SETTINGS)
    rig.registry.give(0, people())
    rig.tap.wait(rig.registry.all_acked, "the directory to be taken")
    offer = rig.tap.wait(lambda: next(iter(errands(rig, "v-1", state="offered")), None), "an offer to v-1")
    assert offer["household"] == "h-5" and offer["what"] == "chat" and not errands(rig, "v-2")
    explained = rig.call("visit_explain", {"errand": offer["id"]})["result"]
    assert [c["user"] for c in explained["candidates"]] == ["v-1"] and explained["bars"]["language"] == 1
    reply = {"page": "", "incident": offer["id"], "user": "v-2", "action": "accept", "at": lane.rfc3339(time.time())}
    assert [rig.call("own_visit_plan", {}, user=v)["result"]["items"] == [] for v in ("v-1", "v-2")] == [False, True]
    for said in ({"action": "accept"}, {"action": "note", "note": "x"}, {"action": "accept", "from": "2020-01-01T00:00:00Z"}):  # v-2 was not asked, and is told nothing of it
        answer = rig.call("own_visit_answer", {"errand": offer["id"], **said}, user="v-2")
        assert answer["error"] == {"code": "not_found", "text": "there is no such errand of yours"}, answer
    answer = rig.call("own_visit_plan", {"assignee": "v-1"}, user="v-2")
    assert answer["error"] == {"code": "denied", "text": "args.assignee: is v-1's, and v-2 speaks for nobody else"}
    rig.peer("v-2").publish("curtain/volunteer/v-2/reply", {k: v for k, v in reply.items() if v})  # was not asked
    rig.peer("v-1").publish("curtain/volunteer/v-1/reply", {**{k: v for k, v in reply.items() if v}, "user": "v-1"},
                            response="curtain/receipt/v-1", correlation=b"1")
    rig.tap.wait(lambda: rig.call("visit_show", {"errand": offer["id"]})["result"]["state"] == "agreed", "the companion's yes")
    rig.again()
    rig.counters(errands_live=1)
    shown = rig.call("visit_show", {"errand": offer["id"]})["result"]
    assert shown["state"] == "agreed" and shown["assignee"] == "v-1" and shown["from"] == offer["from"]
    day = dt.datetime.fromisoformat(shown["from"].replace("Z", "+00:00")).astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    stops = rig.call("visit_day", {"user": "v-1", "day": str(day)})["result"]["items"]
    assert [s["errand"] for s in stops] == [offer["id"]] and rig.call("own_visit_day", {"day": str(day)}, user="v-1")["result"]["items"] == stops
    assert [h["visit"] for h in rig.call("visit_due", {})["result"]["items"]] == [offer["id"]]

    for start in ("0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z"):  # no message can hold it: the service must not try
        assert "over" in rig.call("visit_answer", {"errand": offer["id"], "action": "move", "from": start, "until": "2030-01-01T00:00:00Z"})["error"]["text"]
    assert "note" in rig.call("visit_answer", {"errand": offer["id"], "action": "refuse"})["error"]["text"]
    assert "no checklist" in rig.call("visit_answer", {"errand": offer["id"], "action": "done", "answers": "gas=hose_old"})["error"]["text"]
    done = rig.call("own_visit_answer", {"errand": offer["id"], "action": "done", "note": "一切都好"}, user="v-1")["result"]["errand"]
    assert done["state"] == "done" and done["seen"] and done["actor"] == "v-1"
    rig.tap.wait(lambda: any(i["event"] == "done" and i["id"] == offer["id"] for i in visits.items), "the visit at records")

    # The desk asks for one with the checklist, for a home that has told no wishes, and gives it to the captain.
    assert "not over yet" in rig.call("visit_request", {"household": "h-5", "what": "chat"})["error"]["text"]
    asked = rig.call("visit_request", {"household": "h-7", "what": "three_three"})["result"]["errand"]
    assert asked["version"] == 1
    tomorrow = time.time() + 86400
    moved = rig.call("visit_answer", {"errand": asked["id"], "action": "accept", "to": "cap", "from": lane.rfc3339(tomorrow),
                                      "until": lane.rfc3339(tomorrow + 3600)})["result"]["errand"]
    assert moved["state"] == "agreed" and moved["assignee"] == "cap"
    assert "has no word" in rig.call("visit_answer", {"errand": asked["id"], "action": "answer", "answers": "gas=gold"})["error"]["text"]
    rig.call("visit_answer", {"errand": asked["id"], "action": "done", "answers": "doors=ok gas=hose_old medicine=medicine_low"})
    tasks = rig.call("visit_plan", {"kind": "task"})["result"]["items"]
    assert {(t["what"], t["assignee"], t.get("provider", "")) for t in tasks} == {("hose_old", "cap", ""), ("medicine_low", "cap", "p-1")}
    assert all(t["origin"] == asked["id"] and t["state"] == "agreed" for t in tasks)
    assert rig.tap.wait(lambda: errands(rig, "cap", what="hose_old"), "the task at the captain's topic")

    # A service goes to its provider; the elder refuses what came.
    service = rig.call("visit_request", {"household": "h-2", "what": "medical-2"})["result"]["errand"]
    assert service["state"] == "offered" and service["provider"] == "p-1"
    assert "catalogue" in rig.call("visit_request", {"household": "h-2", "what": "dancing"})["error"]["text"]
    for action, more in (("accept", {}), ("done", {}), ("refuse", {"note": "药不对"})):
        answer = rig.call("visit_answer", {"errand": service["id"], "action": action, **more})
        assert answer["ok"], answer
    assert answer["result"]["errand"]["state"] == "refused"
    assert rig.call("visit_answer", {"errand": service["id"], "action": "start"})["result"]["verdict"] == "late"
    mine = [i for i in visits.items if i["id"] == service["id"]]
    rig.tap.wait(lambda: [i["revision"] for i in visits.items if i["id"] == service["id"]] == [1, 2, 3, 4, 5], f"each event once, in order: {mine}")
    told = curtain(rig, "tasks", "--assignee", "cap")
    assert told.returncode == 0 and "hose_old" in told.stdout and "medicine_low" in told.stdout, told
    for who, user in ((("--who", "cap"), "desk"), (("--own",), "cap")):
        told = curtain(rig, "day", *who, "--day", str(dt.date.today()), user=user)
        assert told.returncode == 0 and told.stdout.startswith("cap "), told
    handed = rig.call("visit_answer", {"errand": tasks[1]["id"], "action": "accept", "to": "v-2"})["result"]["errand"]
    assert [e["id"] for e in rig.call("own_visit_plan", {"kind": "task"}, user="v-2")["result"]["items"]] == [handed["id"]]
    for verdict in ("taken", "repeated"):  # it is v-2's no more, who is told no more of it
        assert rig.call("own_visit_answer", {"errand": handed["id"], "action": "decline"}, user="v-2")["result"] == {"verdict": verdict}
    told = curtain(rig, "answer", "--own", "--errand", handed["id"], "--action", "decline", user="v-2")
    assert told.returncode == 0 and told.stdout == "已说过，不变 repeated\n", told
    back = rig.call("own_visit_answer", {"errand": handed["id"], "action": "note", "note": "下周去看"}, user="cap")["result"]
    assert back["verdict"] == "taken" and back["errand"]["assignee"] == "cap"
    told = curtain(rig, "answer", "--errand", tasks[0]["id"], "--action", "done")
    assert told.returncode == 0 and told.stdout.startswith("已办理 taken\n"), told
    told = curtain(rig, "answer", "--errand", service["id"], "--action", "start")
    assert told.returncode == 1 and told.stdout.startswith("为时已晚 late\n"), told
    told = curtain(rig, "show", "--errand", "e-0")
    assert told.returncode == 1 and "no errand e-0" in told.stderr, told
    assert "no method" in rig.call("visit_nothing", {})["error"]["text"]


def test_who_is_away_is_not_asked_for_visits_and_what_was_agreed_is_offered_anew(rig):  # noqa: F811
    rig.start(*SETTINGS)
    rows = people()
    next(r for r in rows if r["kind"] == "companion" and r["key"] == "v-2")["languages"] = ["shaanxi"]
    rows += [{"kind": "companion", "key": "v-3", "languages": ["shaanxi"], "visits_a_week": 7, "parts": ["morning"], "verified": True, "seq": len(rows) + 1}]
    rig.registry.give(0, rows)
    rig.tap.wait(rig.registry.all_acked, "the directory to be taken")
    offer = rig.tap.wait(lambda: next((e for v in ("v-1", "v-2", "v-3") for e in errands(rig, v, state="offered")), None), "an offer")
    first, (second, third) = offer["assignee"], sorted({"v-1", "v-2", "v-3"} - {offer["assignee"]})
    wide = {"from": lane.rfc3339(time.time()), "until": lane.rfc3339(time.time() + 90 * 86400)}

    assert rig.call("own_visit_answer", {"errand": offer["id"], "action": "accept"}, user=first)["ok"]
    assert rig.call("absent", {"team": "t-1", "user": third, **wide})["ok"]
    assert rig.call("visit_show", {"errand": offer["id"]})["result"]["assignee"] == first
    assert rig.call("own_absent", {"team": "t-1", **wide}, user=first)["ok"]
    shown = rig.call("visit_show", {"errand": offer["id"]})["result"]
    assert (shown["state"], shown["assignee"]) == ("offered", second)
    assert rig.call("visit_explain", {"errand": offer["id"]})["result"]["bars"]["absent"] == 1  # the third
    part = [lane.rfc3339(time.time() + days * 86400) for days in (80, 85)]
    assert rig.call("roster", {"team": "t-1", "duties": "", "away": f"{part[0]},{part[1]},{second}", **wide})["ok"]
    assert rig.call("visit_show", {"errand": offer["id"]})["result"]["assignee"] == second  # another time
    again = {"team": "t-1", "duties": "", "away": f"{wide['from']},{wide['until']},{second}", **wide}
    assert rig.call("roster", again)["ok"]
    assert rig.call("visit_show", {"errand": offer["id"]})["result"]["state"] == "open"  # nobody is left

    times = {"from": shown["from"], "until": shown["until"]}  # the captain's word holds, and the same roster does not undo it
    assert rig.call("visit_answer", {"errand": offer["id"], "action": "accept", "to": second, **times})["ok"]
    assert rig.call("roster", again)["ok"]
    rig.again()
    rig.counters(errands_live=1)
    shown = rig.call("visit_show", {"errand": offer["id"]})["result"]
    assert (shown["state"], shown["assignee"]) == ("agreed", second)
