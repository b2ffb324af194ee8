# SPDX-License-Identifier: MIT
"""What became of duties: the dispatcher keeps what its rosters were, records asks for what is over and counts it; through kills, pages and answers that do not come."""
import datetime
import json
import pathlib
import shutil
import sys
import tempfile
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests/integration")]

from lib.broker import PATIENCE_S  # noqa: E402
from lib.district import System  # noqa: E402
import test_dispatcher  # noqa: E402
import test_records  # noqa: E402

HOUR = datetime.timedelta(hours=1)


def text(at):
    return at.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def roster(*rows):
    """Lines of a roster: (begin, end, place, shift, user)."""
    return "\n".join(",".join([text(a), text(b), str(place), shift, user]) for a, b, place, shift, user in rows)


def poll(look, what, limit_s=PATIENCE_S):
    deadline = time.monotonic() + limit_s
    while not (got := look()):
        assert time.monotonic() < deadline, what
        time.sleep(0.05)  # a poll of another process; nothing announces it
    return got


# ---- the dispatcher's part ----

@pytest.fixture(name="pager")
def pager_fixture(tmp_path):
    tmp_path.chmod(0o755)
    rig = test_dispatcher.Rig(tmp_path)
    yield rig
    rig.close()


def test_a_duty_is_told_once_it_is_over_with_who_was_planned_who_stood_in_and_when_nobody_had_it(pager):
    pager.up("rota.reachable=0s")
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    begin, end = now - HOUR, now + datetime.timedelta(seconds=5)
    rows = [(begin, end, 0, "first", "v-3"), (begin, end, 1, "second", "v-2"), (end, end + 12 * HOUR, 0, "first", "v-2"), (end + 12 * HOUR, end + 24 * HOUR, 0, "first", "v-1")]
    assert pager.call("roster", {"team": "t-1", "duties": roster(*rows)})["ok"]
    assert pager.call("give", {"team": "t-1", "shift": "first", "from": text(begin), "user": "v-3", "to": "v-1"})["ok"]
    assert pager.call("absent", {"team": "t-1", "user": "v-2", "from": text(begin), "until": text(end)})["result"]["opened"] == 1
    assert pager.call("stood", {})["result"] == {"items": [], "more": False}  # nothing is over yet
    pager.again()
    told = poll(lambda: (page := pager.call("stood", {"limit": 1})["result"])["items"] and page, "duties that are over")
    assert [(i["shift"], i["place"], i["planned"], i.get("user")) for i in told["items"]] == [("first", 0, "v-3", "v-1"), ("second", 1, "v-2", None)]  # of one end, on one page
    assert all((i["team"], i["from"], i["until"]) == ("t-1", text(begin), text(end)) for i in told["items"]) and "open_from" not in told["items"][0]
    gap = told["items"][1]
    assert gap["open_until"] == text(end) and text(now - datetime.timedelta(seconds=1)) <= gap["open_from"] < text(end)
    assert told["last"] == text(end) and pager.call("stood", {"after": told["last"]})["result"]["items"] == []
    # a roster that is taken back ends what runs, and what was to come was never planned
    assert pager.call("roster", {"team": "t-1", "duties": ""})["ok"]
    (ended,) = pager.call("stood", {"after": told["last"]})["result"]["items"]
    assert ended["user"] == "v-2" and ended["from"] == text(end) and ended["until"] < text(end + HOUR)
    # and the same one once more goes on where it was
    assert pager.call("roster", {"team": "t-1", "duties": roster(*rows)})["ok"]
    assert pager.call("stood", {"after": "yesterday"})["error"]["code"] == "invalid"


# ---- records' part ----

class Teller:
    """Answers for a dispatcher: pages of given rows; or nothing, or an error, so many times."""

    def __init__(self, rig, rows, page):
        self.rig, self.rows, self.page, self.asked, self.faults = rig, rows, page, [], []
        rig.client.message_callback_add("curtain/api/+/dispatcher/stood", self.tell)
        rig.client.subscribe("curtain/api/+/dispatcher/stood", 1)

    def tell(self, _client, _data, message):
        args = json.loads(message.payload)["args"]
        self.asked.append(args)
        left = [row for row in self.rows if row["until"] > args.get("after", "")]
        answer = {"ok": True, "result": {"items": left[:self.page], "more": len(left) > self.page, **({"last": left[:self.page][-1]["until"]} if left else {})}}
        if self.faults:
            answer = self.faults.pop(0)
        properties = Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = message.properties.CorrelationData
        if answer:
            self.rig.client.publish(message.properties.ResponseTopic, json.dumps(answer), qos=1, properties=properties)


def test_records_keeps_each_duty_once_through_refusals_and_a_killed_database():
    rig = test_records.Rig()
    try:
        begin = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
        rows = [{"team": "t-1", "from": text(begin + n * HOUR), "until": text(begin + (n + 1) * HOUR), "shift": "s", "place": 0, "planned": "v-1", "user": "v-1"} for n in range(40)]
        teller = Teller(rig, rows[:30], page=7)
        teller.faults = [{"ok": False, "error": {"code": "again", "text": "the replay clock does not stand yet"}}, {"ok": True, "result": {"items": [{"team": None}]}}]
        rig.start(extra=["duties.every=200ms"])
        rig.ready()
        poll(lambda: rig.sql("select count(*) from duty_stood") == [(30,)], "all pages")
        poll(lambda: teller.asked[-1].get("after") == rows[29]["until"], "the question for what comes next")
        assert "after" not in teller.asked[0] and len({args["after"] for args in teller.asked if "after" in args}) == 5
        assert rig.wait("curtain/status/records/records-1", lambda s: s["counters"]["duty_pages"] >= 5)["counters"]["duty_failures"] == 2
        rig.kill_postgres()
        teller.rows = rows
        rig.start_postgres()
        poll(lambda: rig.sql("select count(*) from duty_stood") == [(40,)], "those that ended meanwhile", 60)
        rig.stop(kill=True)
        rig.start(extra=["duties.every=200ms"])
        before = len(teller.asked)
        poll(lambda: len(teller.asked) > before, "the question after a kill")
        assert teller.asked[-1]["after"] == rows[-1]["until"] and rig.sql("select count(*), count(distinct \"from\") from duty_stood") == [(40, 40)]
    finally:
        rig.close()


# ---- the whole way ----

LEDGER = """
communities: [{id: c-1}]
teams:       [{id: t-1, community: c-1, desk: desk}]
accounts:    [{name: desk, level: district}]
volunteers:  [{id: v-1, team: t-1, phone: "10001", day: true, night: true}, {id: v-2, team: t-1, phone: "10002", day: true, night: true}]
households:  [{id: h-1, community: c-1, team: t-1}]
"""


@pytest.fixture(name="folder")
def folder_fixture():
    with tempfile.TemporaryDirectory(prefix="stood.") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user
        yield folder


def test_the_figures_tell_of_rosters_that_are_over_whoever_is_killed(folder):
    config = folder / "config"
    shutil.copytree(ROOT / "deploy/config", config)
    with open(config / "records.yaml", "a", encoding="utf-8") as file:
        file.write("\nduties: {every: 300ms}\n")
    ledger = folder / "ledger.yaml"
    ledger.write_text(LEDGER, encoding="utf-8")
    with System(folder / "system", env={"CURTAIN_BIN": str(test_records.RECORDS.parent), "CURTAIN_CONFIG": str(config)}) as system:
        system.curtain("import", str(ledger))
        desk = mqtt.Client("stood-test", protocol=mqtt.MQTTv5)
        answers = []
        desk.on_message = lambda _c, _d, m: answers.append(json.loads(m.payload))
        desk.username_pw_set("desk", system.password("desk"))
        desk.connect("127.0.0.1", system.port)
        desk.loop_start()
        desk.subscribe("curtain/api/desk/response/stood-test", 1)

        def call(method, args):
            properties = Properties(PacketTypes.PUBLISH)
            properties.ResponseTopic, properties.CorrelationData = "curtain/api/desk/response/stood-test", b"1"
            answers.clear()
            desk.publish(f"curtain/api/desk/dispatcher/{method}", json.dumps({"args": args}), qos=1, properties=properties)
            return poll(lambda: answers and answers[0], method)

        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        begin, end = now - 2 * HOUR, now + datetime.timedelta(seconds=6)
        lines = roster((begin, end, 0, "first", "v-1"), (begin, end - HOUR, 1, "second", "v-2"), (end, end + HOUR, 0, "first", "v-2"))
        poll(lambda: call("roster", {"team": "t-1", "duties": lines})["ok"], "the team in the dispatcher's directory")
        assert call("give", {"team": "t-1", "shift": "first", "from": text(begin), "user": "v-1", "to": "v-2"})["ok"]
        system.local("kill", "dispatcher")
        system.local("kill", "records")
        system.await_sql("select string_agg(planned || '>' || stood, ',' order by place) from duty_stood", "v-1>v-2", 40)
        assert system.sql("select planned, stood, open_from is null from duty_stood") == [["v-1", "v-2", "t"]]  # the other one was over when it was published
        told = json.loads(system.curtain("kpi", "--json"))["duties"]
        assert told["count"] == 1 and told["stood_in"] == 1 and told["open"] == 0 and told["covered"] == told["minutes"] == 120
        assert "排班覆盖" in system.curtain("kpi") and "120/120 = 100.0%" in system.curtain("kpi")
        desk.loop_stop()
        desk.disconnect()
