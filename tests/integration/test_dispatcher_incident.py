# SPDX-License-Identifier: MIT
"""What people arrange around incidents, policies, shifts nobody serves and many homes at once, against a real broker."""
import json
import os
import pathlib
import signal
import subprocess
import time

from test_dispatcher import ROOT, alert, lane, rig  # noqa: F401 (rig is a fixture)

TOOL = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "curtain"


def silence(number, household):
    return {**alert(number, household, "alarm"), "kind": "silence", "rule": "silence"}


def circle(household, seq, **parts):
    return {"kind": "circle", "key": household, "seq": seq, **parts}


def test_hand_over_second_person_and_reopening_through_the_wire(rig):  # noqa: F811
    rig.up()
    rig.ingest.give_item(alert(1, level="alarm"))
    page = rig.page("v-1")
    rig.reply("v-1", page, "accept", minutes=12)
    assert rig.state(page["incident"], "accepted")["expected"]
    rig.reply("v-1", page, "second")
    assert rig.page("v-2")["role"] == "second"
    rig.reply("v-2", rig.page("v-2"), "accept")
    rig.tap.wait(lambda: any(i.get("second") == "v-2" for i in rig.records.items), "the second person")
    rig.reply("v-1", page, "hand_over", to="v-3", note="要去医院")
    relief = rig.page("v-3")
    assert relief["role"] == "relief" and "要去医院" in relief["note"]
    rig.reply("v-3", relief, "accept")
    rig.tap.wait(lambda: any(i["event"] == "taken_over" and i["responder"] == "v-3" for i in rig.records.items), "the hand-over")
    rig.reply("v-3", relief, "done", outcome="helped", found="fallen")
    assert rig.state(page["incident"], "resolved")["found"] == "fallen"
    answer = rig.call("reply", {"incident": page["incident"], "action": "reopen", "note": "又摔了"})
    assert answer["ok"] and answer["result"]["incident"]["state"] == "paging"
    answer = rig.call("reply", {"incident": page["incident"], "action": "silence", "minutes": 60})
    assert answer["ok"] and answer["result"]["incident"]["state"] == "held"
    assert "minutes" in rig.call("reply", {"incident": page["incident"], "action": "silence"})["error"]["text"]
    assert "found" in rig.call("reply", {"incident": page["incident"], "action": "done", "outcome": "away", "found": "ill"})["error"]["text"]


def test_policies_are_read_reloaded_and_refused_with_their_place(rig):  # noqa: F811
    file = rig.folder / "policies.yaml"
    file.write_text("policies:\n  family: {ask: [{who: contact, wait: 10m}, on_duty], attention: pages}\nrules: [{policy: family}]\n")
    # v-3 plays the daughter here
    rig.up(f"policies={file}", "storm.linger=0s")
    rig.registry.give(0, [circle("h-1", 100, contacts=["v-3"])])
    rig.tap.wait(rig.registry.all_acked, "the circle to be taken")
    rig.ingest.give_item(alert(1, level="attention"))
    assert rig.page("v-3")["role"] == "contact"
    file.write_text("policies:\n  first: {aks: [on_duty]}\nrules: [{policy: first}]\n")
    rig.process.send_signal(signal.SIGHUP)
    rig.tap.wait(lambda: "did you mean" in rig.log(), "the refusal")
    assert f"{file}:2:11" in rig.log() and "\\\"ask\\\"" in rig.log()
    rig.ingest.give_item(alert(2, "h-2", level="alarm"))
    assert rig.page("v-1", household="h-2")["role"] == "primary"  # nobody of the family is known: who is on duty


def test_shifts_that_nobody_serves_are_told_on_call(rig):  # noqa: F811
    rig.up("duty.ahead=36h")
    oncall = rig.tap.first("curtain/oncall/t-1", lambda m: m.body and m.body["users"], "on-call")
    assert "gaps" not in oncall.body
    rows = [{"kind": "volunteer", "key": p, "team": "t-1", "day": False, "night": False, "order": 1, "seq": 200 + i}
            for i, p in enumerate(("v-1", "v-2", "v-3", "cap"))]
    rig.registry.give(0, rows)
    gaps = rig.tap.first("curtain/oncall/t-1", lambda m: m.body and m.body.get("gaps") and not m.body["users"], "the gaps").body["gaps"]
    assert 2 <= len(gaps) <= 4 and all(g["from"] < g["until"] for g in gaps)
    assert "nobody_on_duty" in rig.log()


def test_many_homes_at_once_are_held_for_the_desk_and_a_call_for_help_passes(rig):  # noqa: F811
    rig.up("storm.homes=5")
    for i in range(1, 31):
        rig.detector.give_item(silence(i, f"h-{i}"))
    rig.tap.wait(lambda: sum(i["state"] == "held" for i in rig.records.items) >= 30, "the homes to be held")
    rig.tap.wait(lambda: rig.pages("desk"), "the desk to be told")
    notes = [m.body["note"] for m in rig.pages("desk")]
    assert len(notes) == 1 and "5 homes" in notes[0]

    def call(n):
        rig.ingest.give_item(alert(99 + n, f"h-{35 + n}"))
        rig.page("v-1", household=f"h-{35 + n}")

    assert lane.swiftest(call, 1) < 1
    (storm,) = rig.call("storms", {})["result"]["items"]
    assert (storm["community"], storm["kind"], storm["homes"]) == ("c-1", "silence", 30)
    assert "hold with minutes" in rig.call("storm", {"community": "c-1", "kind": "silence", "action": "wait"})["error"]["text"]
    assert rig.call("storm", {"community": "c-1", "kind": "silence", "action": "hold", "minutes": 90})["result"] == {"homes": 30}
    rig.again()
    assert rig.call("storms", {})["result"]["items"][0]["homes"] == 30
    assert rig.call("storm", {"community": "c-1", "kind": "silence", "action": "release"})["result"] == {"homes": 30}
    assert rig.call("storms", {})["result"]["items"] == []
    rig.tap.wait(lambda: len({i["id"] for i in rig.records.items if i["state"] == "paging"}) >= 30, "them to be asked around")
    


def test_who_answers_the_one_key_and_which_keys_are_out_of_date(rig):  # noqa: F811
    rig.up()

    def tool(*options):
        return subprocess.run([TOOL, "handsets", "--port", str(rig.broker.port), "--password-file", rig.accounts.secret("desk"), *options],
                              capture_output=True, text=True, timeout=30, check=False)
    answer = rig.call("answers", {"household": "h-7"})["result"]
    assert answer["key"] == "10000" and answer["oncall"]["users"] == ["v-1", "v-2", "v-3"] and answer["oncall"]["captain"] == "cap"
    assert rig.call("answers", {"household": "h-none"})["error"]["code"] == "not_found"
    listed = json.loads(tool("--json").stdout)["items"]
    assert len(listed) == 39 and {h["state"] for h in listed} == {"unset"} and [h["household"] for h in listed] == sorted(h["household"] for h in listed)
    noted = tool("--household", "h-7", "--number", "10000")
    assert noted.returncode == 0 and "无误 current" in noted.stdout, noted.stderr
    assert rig.call("handset", {"household": "h-8", "number": "10000"})["result"]["state"] == "current"
    assert tool("--state", "stale").returncode == 0
    rig.registry.give(0, [{"kind": "team", "key": "t-1", "community": "c-1", "captain": "cap", "desk": "desk", "number": "20000", "seq": 300}])
    rig.tap.wait(rig.registry.all_acked, "the new number to be taken")
    rig.again()
    stale = tool("--state", "stale")
    assert stale.returncode == 1 and stale.stdout.count("20000") == 2 and "h-7" in stale.stdout and "h-8" in stale.stdout
    assert tool("--household", "h-7").returncode == 2 and tool("--state", "old").returncode == 1
    assert "must be a telephone number" in rig.call("handset", {"household": "h-8", "number": "1" * 40})["error"]["text"]
