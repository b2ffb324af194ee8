# SPDX-License-Identifier: MIT
"""Appointments from a CSV file to the detector: records with a real PostgreSQL, the directory lane, the detector's own answer."""
import json
import pathlib
import signal
import subprocess
import sys
import time

import jsonschema
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_records as base  # noqa: E402

DETECTOR = base.RECORDS.with_name("detector")
LEDGER = """communities: [{id: c-1}]
teams: [{id: t-1, community: c-1}]
households: [{id: h-1, community: c-1, team: t-1}, {id: h-2, community: c-1, team: t-1}]
consents: [{household: h-1, quantities: [cover_position]}, {household: h-2, quantities: [cover_position]}]
"""
CSV = """id,household,sign,opens,by,days,weekdays,pause_holidays,paused_from,paused_until,from,until
a-1,h-1,curtain,5:00,07:30,every,,,,,,
a-2,h-1,button,,20:00,workdays,mon;wed,true,2026-02-10,2026-02-20,2026-01-01,2026-12-31
"""


@pytest.fixture(scope="module")
def running():
    rig = base.Rig()
    rig.client.subscribe([("curtain/lane/directory-detector/#", 1)])
    rig.start()
    rig.ready()
    answer, deadline = rig.ask("import", text=LEDGER), time.monotonic() + base.lib.PATIENCE_S
    while answer.get("error", {}).get("code") == "again":  # ready, and the connection that answers requests still on its way
        assert time.monotonic() < deadline, answer
        answer = rig.ask("import", text=LEDGER)
    assert "result" in answer, answer
    yield rig
    rig.close()


def rows(rig, text, **more):
    return rig.ask("import", kind="appointments", format="csv", text=text, **more)


def test_a_ledger_of_appointments_is_imported_and_refused_with_its_mend(running):
    done = rows(running, CSV)
    assert done["result"]["kinds"]["appointments"] == {"added": 2, "changed": 0, "unchanged": 0, "removed": 0}
    again = rows(running, CSV)
    assert again["result"]["kinds"]["appointments"]["unchanged"] == 2 and again["result"]["seq"] == done["result"]["seq"]
    head = "id,household,sign,opens,by,grace_min,from,until,paused_from,paused_until\n"
    for row, fault in (("a-9,h-1,curtain,08:00,07:30,,,,,", "by: 不晚于opens (is not after opens)"),
                       ("a-9,h-1,curtain,,03:00,,,,,", "opens (04:00) must be before by (03:00)"),
                       ("a-9,h-1,curtain,,07:30,,2026-03-02,2026-03-01,,", "is not after from"),
                       ("a-9,h-1,curtain,,07:30,,,,2026-03-01,", "stand together"),
                       ("a-9,h-1,curtain,,07:30,,,,2026-03-02,2026-03-01", "is not after paused_from"),
                       ("a-9,h-1,curtain,,7 o'clock,,,,,", "a time of day such as 07:30"),
                       ("a-9,h-1,smoke,,07:30,,,,,", "one of curtain|call"),
                       ("a-9,h-9,curtain,,07:30,,,,,", "h-9")):
        answer = rows(running, head + row + "\n")
        assert answer["error"]["code"] == "invalid" and fault in answer["error"]["text"], (row, answer)
    many = rows(running, "id,household,sign,by\n" + "".join(f"a-1{i},h-2,call,1{i}:00\n" for i in range(9)))
    assert "8 appointments" in many["error"]["text"], many
    assert running.sql("select count(*) from appointment") == [(2,)]
    # Each that is too many is told with its place; those that are there count, those that are only written anew do not.
    head = "id,household,sign,by\n"
    many = rows(running, head + "a-1,h-1,curtain,07:30\n" + "".join(f"a-1{i},h-1,call,1{i}:00\n" for i in range(9)), report=True, dry_run=True)["result"]
    assert [(f["line"], f["column"], f["key"], f["field"]) for f in many["faults"]] == [(9, 6, "a-16", "household"), (10, 6, "a-17", "household"), (11, 6, "a-18", "household")], many
    assert "每户最多 8 个约定" in many["faults"][0]["text"] and "2 are there: remove those that are over first" in many["faults"][0]["text"], many


def test_the_detectors_directory_alone_has_them_and_hears_that_they_end(running):
    epoch, position, entries = base.directory(running, "detector", "detector", 1, 77, lambda e: ("appointment", "a-2") in e)
    assert {kind for kind, _ in entries} == {"device", "household", "consent", "appointment"}
    entry = entries["appointment", "a-2"]
    assert {k: v for k, v in entry.items() if k != "seq"} == {
        "kind": "appointment", "key": "a-2", "household": "h-1", "sign": "button", "opens": "04:00", "by": "20:00", "grace_min": 30, "days": "workdays",
        "weekdays": 5, "pause_holidays": True, "paused_from": "2026-02-10", "paused_until": "2026-02-20", "from": "2026-01-01", "until": "2026-12-31"}
    assert "result" in running.ask("import", text="communities: [{id: c-2}]\nteams: [{id: t-2, community: c-2}]\nhouseholds: [{id: h-3, community: c-2, team: t-2}]\n")
    assert "result" in rows(running, "id,household,sign,by\na-3,h-3,any,09:00\n")
    assert "result" in running.ask("import", text="households: [{id: h-3, deleted: true}]\n")
    _, _, entries = base.directory(running, "detector", "detector", epoch, position, lambda e: e.get(("appointment", "a-3"), {}).get("deleted"))
    assert running.sql("select count(*) from appointment where household = 'h-3'") == [(0,)]
    changes = running.sql("select count(*) from change where relation = 'appointment' and household = 'h-3'")
    assert changes == [(2,)]


def ask_detector(rig, method, **args):
    topic = "curtain/api/desk/response/test"
    rig.of(topic).queue.clear()
    properties = Properties(PacketTypes.PUBLISH)
    properties.ResponseTopic, properties.CorrelationData = topic, b"c-%d" % time.monotonic_ns()
    rig.client.publish(f"curtain/api/desk/detector/{method}", json.dumps({"args": args}), qos=1, properties=properties)
    return rig.of(topic).get(timeout=base.lib.PATIENCE_S)[0]


def curtain(rig, *words):
    done = subprocess.run([str(DETECTOR.with_name("curtain")), *words], env={"CURTAIN_HOST": "127.0.0.1", "CURTAIN_PORT": str(rig.port)},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_imported_appointment_reaches_the_detector_and_is_missed_at_its_hour(running):
    assert "result" in rows(running, CSV)
    running.client.subscribe([("curtain/lane/alert/#", 1)])
    folder = pathlib.Path(running.folder, "detector")
    folder.mkdir()
    settings = [f"bus.port={running.port}", f"data_dir={folder}", "status_every=100ms", "lanes.directory_producer=records-1", "lanes.resend=300ms",
                "lanes.want=100ms", "lanes.heartbeat=1s", "shards=1", "disk.ballast=0"]
    with open(folder / "log", "ab") as log:
        detector = subprocess.Popen([str(DETECTOR), "--config", str(base.ROOT / "deploy/config/detector.yaml"),
                                     *[word for setting in settings for word in ("--set", setting)]], stderr=log)
    try:
        running.wait("curtain/status/detector/detector-1", lambda s: s["state"] == "ready")
        home, deadline = {}, time.monotonic() + base.lib.PATIENCE_S
        while len(home.get("appointments", [])) < 2:  # the directory comes by a lane of its own: nothing tells when
            assert time.monotonic() < deadline, (folder / "log").read_text(encoding="utf-8")
            answer = ask_detector(running, "habit", household="h-1")
            home = answer.get("result", {})
        assert [(a["id"], a["sign"], a["opens"], a["by"]) for a in home["appointments"]] == [("a-1", "curtain", "05:00", "07:30"), ("a-2", "button", "04:00", "20:00")]
        for seq, at in enumerate(("2026-03-01T20:00:00.000Z", "2026-03-01T23:40:00.000Z"), 1):  # 04:00 and 07:40 of a Monday in Shanghai
            running.client.publish("curtain/lane/reading/ingest-1/0", json.dumps({"lane": "reading", "producer": "ingest-1", "epoch": 7, "shard": 0,
                                   "prev": seq - 1, "seq": seq, "at": at, "items": []}), qos=1)
            running.wait("curtain/status/detector/detector-1", lambda s, at=at: s.get("clock") == at)  # the first tells it what time it is
        alert = running.wait("curtain/lane/alert/detector-1/0", lambda batch: batch["items"])["items"][0]
        assert (alert["rule"], alert["level"], alert["household"], alert["at"]) == ("appointment", "attention", "h-1", "2026-03-01T23:30:00.000Z")
        assert "约定07:30前拉开窗帘" in alert["reason_zh"] and alert["blind"], alert
        home = ask_detector(running, "habit", household="h-1")["result"]
        assert home["appointments"][0]["missed"] == "2026-03-01T23:30:00.000Z" and home["appointments"][0]["blind"]
        assert home["appointments"][0]["window"]["due"] == "2026-03-02T23:30:00.000Z"
        jsonschema.validate(home, json.loads((base.ROOT / "schemas/json/habit.schema.json").read_text(encoding="utf-8")))
        told = curtain(running, "habit", "h-1")
        assert "约定 (appointments)\n  a-1  拉开窗帘 curtain，05:00–07:30，每天 every，宽限 (grace) 30 min\n" in told, told
        assert "没有等到 (missed)  2026-03-02 07:30，信号收不到" in told and "最迟到 (expected by)  2026-03-03 07:30" in told, told
        told = curtain(running, "explain", alert["id"])
        assert alert["reason_zh"] in told and alert["reason_en"] in told and "规则 (rule) appointment" in told and "约定 (appointments)" in told, told
    finally:
        detector.send_signal(signal.SIGTERM)
        assert detector.wait(10) == 0
