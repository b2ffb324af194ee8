# SPDX-License-Identifier: MIT
"""Webhooks out and the bridge against a whole system: signatures, failures of every kind, dead letters and their replay, kills; an imitation platform."""
import datetime
import json
import os
import pathlib
import shutil
import sqlite3
import sys
import tempfile
import time
import urllib.request

import paho.mqtt.client as mqtt
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from lib.broker import PATIENCE_S  # noqa: E402
from lib.district import System  # noqa: E402
from lib.hooks import Platform, Receiver  # noqa: E402

OLD, NEW = "whsec_" + "b2xkLXNlY3JldC1vZi10aGUtdGVzdA==", "whsec_" + "bmV3LXNlY3JldC1vZi10aGUtdGVzdA=="
LEDGER = """
communities: [{id: c-1, name: 示例社区}, {id: c-2, name: 另一社区}]
teams:       [{id: t-1, community: c-1, desk: desk, number: "10000"}, {id: t-2, community: c-2, desk: desk, number: "10000"}]
volunteers:  [{id: v-1, team: t-1, phone: "10001", day: true, night: true, order: 1}]
accounts:    [{name: desk, level: district}]
households:  [{id: h-1, community: c-1, team: t-1}, {id: h-2, community: c-2, team: t-2}, {id: h-3, community: c-1, team: t-1}, {id: h-4, community: c-1, team: t-1}]
consents:    [{household: h-1, quantities: [sos]}, {household: h-2, quantities: [sos]}, {household: h-3, quantities: [sos]}, {household: h-4, quantities: [sos]}]
tag_kinds:   [{id: alone, name: 独居}]
"""


def elder(number, **more):
    return {"elderCode": f"{number:04d}", "houseCode": f"g{number:04d}", "communityCode": "c-1", "teamCode": "t-1", "address": f"示例路 {number} 号",
            "elderName": "测试", "mobile": f"1380000{number:04d}", "birthday": "1940-05-06", "sex": "2", "labels": ["alone"] if number % 2 else [], **more}


def subscribers(receiver):
    def one(name, **more):
        return {"name": name, "url": f"{receiver.url}/{name}", "sign": "standard-webhooks", "secrets": {"sign": "new.whsec", "sign_old": "old.whsec"}, **more}

    return [one("all", types=["*"]),
            one("second", communities=["c-2"], levels=["life"]),
            one("fails", retry=["200ms", "300ms"], types=["incident.raised"]),
            one("slow", timeout="300ms", retry=["100ms", "100ms", "100ms"], types=["incident.raised"]),
            one("gone", types=["incident.raised"]),
            one("busy", types=["incident.raised"])]


class Bench:
    def __init__(self, folder, receiver, platform, system):
        self.folder, self.receiver, self.platform, self.system = folder, receiver, platform, system

    def tool(self, *arguments, check=True):
        return self.system.curtain(*arguments, check=check)

    def rows(self, *arguments):
        return [json.loads(line) for line in self.tool(*arguments, "--json").splitlines()]

    def subscriber(self, name):
        return next(row for row in self.rows("webhook", "list") if row["name"] == name)

    def until(self, condition, what, limit_s=PATIENCE_S):
        deadline = time.monotonic() + limit_s
        while not (got := condition()):
            assert time.monotonic() < deadline, what
            time.sleep(0.05)  # a poll of another process; nothing announces it
        return got

    def raised(self, household):
        """A call for help; gives the incident's id once it is open."""
        before = {row["id"] for row in self.open()}
        self.tool("sos", household)
        return next(row["id"] for row in self.open() if row["id"] not in before)

    def open(self):
        return [json.loads(line) for line in self.tool("follow", "--once", "--json").splitlines() if line]

    def rest(self, path, body=None):
        token = pathlib.Path(self.system.environment["CURTAIN_TOKEN_FILE"]).read_text(encoding="utf-8")
        request = urllib.request.Request(self.system.environment["CURTAIN_URL"] + path, data=body,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        return urllib.request.urlopen(request, timeout=10).status

    def well(self):
        """The gateway answers, and is connected to the broker."""
        try:
            return self.rest("/v1/incidents") == 200
        except OSError:
            return False

    def end(self, incident):
        self.rest(f"/v1/incidents/{incident}/replies", json.dumps({"action": "done", "outcome": "false_alarm"}).encode())


@pytest.fixture(scope="module", name="bench")
def opened():
    with tempfile.TemporaryDirectory(prefix="bridge.") as name:
        folder = pathlib.Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user
        config = folder / "config"
        shutil.copytree(ROOT / "deploy/config", config)
        receiver = Receiver({f"/{name}": NEW for name in ("all", "second", "slow", "gone", "busy")} | {"/fails": OLD})
        platform = Platform("the-platform-s-key", "the-token", [elder(n) for n in range(1, 451)])
        # The example that is shipped, with the imitation's address and secrets.
        example = yaml.safe_load((config / "bridge/gaoxin.yaml").read_text(encoding="utf-8").replace("https://gaoxin.example", platform.url))
        (config / "secrets").mkdir()
        for file, text in {"secrets/gaoxin.key": platform.key, "secrets/gaoxin.token": platform.token, "new.whsec": NEW, "old.whsec": OLD}.items():
            (config / file).write_text(text, encoding="utf-8")
            (config / file).chmod(0o600)
        example["subscribers"] += subscribers(receiver)
        # What runs by the clock does not run now, whatever the hour.
        far = (datetime.datetime.now(datetime.timezone(datetime.timedelta(hours=8))) + datetime.timedelta(hours=12)).strftime("%H:%M")
        for daily in (example["statistics"], *example["pulls"]):
            daily["at"] = far
        (config / "bridge.yaml").write_text(yaml.safe_dump(example, allow_unicode=True), encoding="utf-8")
        with System(folder / "system", "--bridge", env={"CURTAIN_BIN": os.environ.get("CURTAIN_BIN", str(ROOT / "build/dev/bin")), "CURTAIN_CONFIG": str(config)}) as system:
            ledger = folder / "ledger.yaml"
            ledger.write_text(LEDGER, encoding="utf-8")
            system.curtain("import", str(ledger))
            receiver.script |= {"/fails": [500] * 3, "/slow": ["hang"] * 2, "/gone": [410], "/busy": [(429, {"Retry-After": "2"})]}
            yield Bench(folder, receiver, platform, system)
            receiver.release.set()
        receiver.close()
        platform.close()


def test_an_incident_s_life_is_told_in_order_and_signed_with_either_secret(bench):
    incident = bench.raised("h-1")
    bench.end(incident)
    receiver = bench.receiver
    taken = receiver.wait(lambda: [e for e in receiver.taken.get("/all", []) if e["type"] == "incident.resolved"] and receiver.taken["/all"], "the end of an incident")
    mine = [e for e in taken if e.get("subject") == incident]
    assert [e["data"]["revision"] for e in mine] == list(range(1, len(mine) + 1))
    assert mine[0]["type"] == "incident.raised" and mine[0]["source"] == "/curtain/dispatcher-1" and mine[0]["data"]["kind"] == "sos"
    text = json.dumps(mine, ensure_ascii=False)
    assert "reason" not in text and "note" not in text and "示例" not in text  # ids, kinds and times
    # The old secret is good, and all three failures are this event's: the next test's event would take one otherwise.
    receiver.wait(lambda: len(receiver.calls.get("/fails", [])) == 3, "three calls with the old secret")


def test_filters_by_community_and_level(bench):
    incident = bench.raised("h-2")
    bench.receiver.wait(lambda: f"{incident}.1" in bench.receiver.ids("/second"), "the event of the other community")
    assert {e["data"]["community"] for e in bench.receiver.taken["/second"]} == {"c-2"}
    bench.end(incident)


def test_what_fails_for_good_is_a_dead_letter_and_comes_back_by_replay(bench):
    dead = bench.until(lambda: bench.rows("webhook", "dead", "fails"), "a dead letter")[0]
    assert dead["reason"] == "HTTP 500" and dead["attempts"] == 3 and dead["type"] == "incident.raised"
    assert json.loads(bench.tool("webhook", "replay", "fails", "--number", str(dead["number"]), "--json")) == {"replayed": 1, "left": 0}
    bench.receiver.wait(lambda: dead["id"] in bench.receiver.ids("/fails"), "the replayed event")
    bench.until(lambda: not bench.rows("webhook", "dead", "fails"), "no dead letters")
    assert dead["id"] in [row["id"] for row in bench.rows("webhook", "deliveries", "fails", "--sent")]
    with pytest.raises(RuntimeError, match="no dead letter of this number"):
        bench.tool("webhook", "replay", "fails", "--number", "999999")


def test_one_that_hangs_or_wants_a_rest_is_called_again_and_delays_nobody(bench):
    receiver = bench.receiver
    receiver.wait(lambda: len(receiver.ids("/slow")) >= 2, "what hung at first")
    receiver.wait(lambda: len(receiver.ids("/busy")) >= 2, "what was too much at first")
    calls = receiver.calls["/busy"]
    assert calls[1][1] - calls[0][1] >= 1.9 and calls[0][0] in receiver.ids("/busy")  # after the rest that it asked for, none was spent on it


def test_gone_switches_a_subscriber_off_until_it_is_switched_on(bench):
    bench.until(lambda: bench.subscriber("gone")["state"] == "off", "off after 410")
    assert bench.subscriber("gone")["reason"] == "HTTP 410" and bench.subscriber("gone")["waiting"] >= 2
    assert bench.tool("webhook", "on", "gone") == "gone：正常 up\n"
    bench.receiver.wait(lambda: len(bench.receiver.ids("/gone")) >= 2, "what had waited")


def test_a_trial_and_the_platform_s_own_signature(bench):
    said = json.loads(bench.tool("webhook", "test", "all", "--json"))
    bench.receiver.wait(lambda: said["event"] in bench.receiver.ids("/all"), "the trial")
    events = bench.platform.wait(lambda: bench.platform.events, "an event at the platform")
    assert events[0]["level"] == 1 and events[0]["communityCode"] == "c-1" and not bench.platform.refused
    with pytest.raises(RuntimeError, match="none of this name"):
        bench.tool("webhook", "test", "nobody")


def test_an_outage_of_a_channel_is_told_once_and_its_end(bench):
    outage = json.loads((ROOT / "schemas/examples/valid/outage.down.json").read_text(encoding="utf-8"))
    topic = f"curtain/outage/dispatcher-1/{outage['channel']}"
    client = mqtt.Client("stands-in-for-the-dispatcher", protocol=mqtt.MQTTv5)
    client.username_pw_set("dispatcher-1", bench.system.password("dispatcher-1"))
    client.connect("127.0.0.1", bench.system.port)
    client.loop_start()
    for payload in (json.dumps(outage), json.dumps(outage), ""):
        client.publish(topic, payload, qos=1, retain=True).wait_for_publish(5)
    client.loop_stop()
    client.disconnect()

    def told():
        types = [e["type"] for e in bench.receiver.taken["/all"] if e["type"].startswith("outage.")]
        return types and types[-1] == "outage.over" and types

    assert bench.receiver.wait(told, "the end of an outage") == ["outage.down", "outage.over"]


def test_the_day_s_figures_are_told_once_and_again_when_it_is_wanted(bench):
    bench.tool("bridge", "run", "statistics")
    told = bench.platform.wait(lambda: bench.platform.statistics, "the day's figures")
    assert told[0]["source"] == "curtain" and told[0]["indicators"] and len(told[0]["statDate"]) == 10
    job = bench.until(lambda: next(row for row in bench.rows("bridge", "list") if row["name"] == "statistics" and row.get("done")), "the job to be done")
    assert job["due"] > job["done"]


def report(bench, state):
    def look():
        items = json.loads(bench.tool("bridge", "report", "pull.elders", "--json"))["items"]
        return items and items[0].get("report") and items[0]["report"]["state"] == state and items[0]["report"]

    return bench.until(look, f"a report {state}")


def test_a_pull_brings_elders_and_tags_names_faults_and_conflicts_and_repeats_nothing(bench):
    platform = bench.platform
    good, platform.elders = platform.elders, platform.elders[:3] + [elder(900, birthday="2990-01-01"), elder(901, teamCode="t-9")]
    bench.tool("bridge", "run", "pull.elders")
    refused = report(bench, "refused")
    assert refused["fault_count"] == 4 and {f["key"] for f in refused["faults"]} >= {"e-0900", "h-g0901"} and all(f["line"] for f in refused["faults"])
    assert "1380000" not in json.dumps(refused)
    assert bench.system.sql("select count(*) from elder") == [["0"]]  # nothing half done
    platform.elders = good
    platform.pages.clear()
    bench.tool("bridge", "run", "pull.elders")
    done = report(bench, "imported")
    assert platform.pages == [1, 2, 3] and done["rows"] == 450 * 2 + 225 and done["kinds"]["elders"]["added"] == 450
    bench.tool("bridge", "run", "pull.elders")
    assert report(bench, "unchanged")["conflict_count"] == 0
    # The community corrects a number here; the platform still has the old one.
    change = bench.folder / "elders.yaml"
    change.write_text('elders: [{id: e-0007, household: h-g0007, name: 测试, phone: "13911112222", birth_date: 1940-05-06, gender: female}]\n', encoding="utf-8")
    bench.tool("import", str(change))
    platform.elders = good[:7] + [elder(8, mobile="13900000008")] + good[8:]
    bench.tool("bridge", "run", "pull.elders")
    again = report(bench, "imported")
    assert again["conflicts"] == [{"kind": "elders", "key": "e-0007", "fields": ["phone"]}] and again["kinds"]["elders"]["changed"] == 1
    assert bench.system.sql("select phone from elder where id in ('e-0007', 'e-0008') order by id") == [["13911112222"], ["13900000008"]]


def test_who_was_erased_here_does_not_come_back_by_a_pull(bench):
    bench.tool("elder", "erase", "e-0003", "--confirm", "e-0003", "--reason", "本人申请")
    bench.platform.elders = bench.platform.elders + [elder(460, birthday="1941-07-08")]
    bench.tool("bridge", "run", "pull.elders")
    done = bench.until(lambda: (told := report(bench, "imported"))["erased_count"] and told, "a report of this pull")
    assert done["fault_count"] == 0 and done["kinds"]["elders"]["added"] == 1  # the rest goes on
    assert done["erased_count"] == 3 and {(row["kind"], row["key"]) for row in done["erased"]} == {("households", "h-g0003"), ("elders", "e-0003"), ("tags", "g-0003-alone")}
    assert all(row["line"] and row["erasure"] == 1 for row in done["erased"]) and "13800000003" not in json.dumps(done) and "测试" not in json.dumps(done, ensure_ascii=False)
    assert bench.system.sql("select (select count(*) from elder where id = 'e-0003') + (select count(*) from household where id = 'h-g0003')") == [["0"]]
    bench.tool("bridge", "run", "pull.elders")
    assert report(bench, "unchanged")["erased_count"] == 3
    # no hash of their rows is kept either
    copy = bench.folder / "copy"  # the gateway keeps its own locked
    shutil.copytree(next((bench.folder / "system").rglob("hooks.db")).parent, copy)
    kept = sqlite3.connect(copy / "hooks.db")
    assert kept.execute("select count(*) from bridge_row where key in ('e-0460', 'e-0002')").fetchone() == (2,)
    assert kept.execute("select count(*) from bridge_row where key in ('e-0003', 'h-g0003', 'g-0003-alone')").fetchone() == (0,)
    kept.close()


def test_killed_at_any_moment_nothing_is_lost_and_order_stays(bench):
    receiver = bench.receiver
    before = len(receiver.taken["/all"])
    incidents = []
    for household in ("h-3", "h-4"):
        incident = bench.raised(household)
        incidents.append(incident)
        bench.system.local("kill", "gateway")
        bench.until(bench.well, "the gateway again")
        bench.end(incident)

    def whole():
        got = receiver.taken["/all"][before:]
        return all(any(e.get("subject") == i and e["type"] == "incident.resolved" for e in got) for i in incidents) and got

    got = receiver.wait(whole, "all ends")
    for incident in incidents:
        seen = []
        for event in got:
            if event.get("subject") == incident and event["data"]["revision"] not in seen:  # a repetition has the same id
                seen.append(event["data"]["revision"])
        assert seen == list(range(1, len(seen) + 1))
