# SPDX-License-Identifier: MIT
"""Appointments from a CSV file to the detector: records with a real PostgreSQL, the directory lane, the detector's own answer."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

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
    assert "result" in rig.ask("import", text=LEDGER)
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
    for row, fault in (("a-9,h-1,curtain,08:00,07:30,,,,,", "opens (08:00) must be before by (07:30)"),
                       ("a-9,h-1,curtain,,03:00,,,,,", "opens (04:00) must be before by (03:00)"),
                       ("a-9,h-1,curtain,,07:30,,2026-03-02,2026-03-01,,", "lies before from"),
                       ("a-9,h-1,curtain,,07:30,,,,2026-03-01,", "stand together"),
                       ("a-9,h-1,curtain,,07:30,,,,2026-03-02,2026-03-01", "lies before paused_from"),
                       ("a-9,h-1,curtain,,7 o'clock,,,,,", "a time of day such as 07:30"),
                       ("a-9,h-1,smoke,,07:30,,,,,", "one of curtain|call"),
                       ("a-9,h-9,curtain,,07:30,,,,,", "h-9")):
        answer = rows(running, head + row + "\n")
        assert answer["error"]["code"] == "invalid" and fault in answer["error"]["text"], (row, answer)
    many = rows(running, "id,household,sign,by\n" + "".join(f"a-1{i},h-2,call,1{i}:00\n" for i in range(9)))
    assert "8 appointments" in many["error"]["text"], many
    assert running.sql("select count(*) from appointment") == [(2,)]


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
