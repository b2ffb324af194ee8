# SPDX-License-Identifier: MIT
"""The detector against a real broker with the real access list; ingest, records and the dispatcher are played by clients."""
import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import broker as lib  # noqa: E402
import tap  # noqa: E402
import lane  # noqa: E402

DETECTOR = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "detector"
ACCOUNTS = ("ingest ingest-1", "detector detector-1", "dispatcher dispatcher-1", "records records-1", "tap tap")
DAY = 1772380800  # a Monday, midnight in Shanghai
HOUR = 3600
STATUS = "curtain/status/detector/detector-1"
SHARDS = 4


def homes(count):
    rows = [{"kind": "household", "key": f"h-{i}", "community": "c-1", "team": "t-1", "persons": 1} for i in range(count)]
    rows += [{"kind": "consent", "key": f"h-{i}", "quantities": ["water_total", "contact", "motion"]} for i in range(count)]
    rows += [{"kind": "device", "key": f"w-{i}", "household": f"h-{i}"} for i in range(count)]
    return [{**row, "seq": i + 1} for i, row in enumerate(rows)]


def water(home, litres, total, since, at):
    return {"device": f"w-{home}", "household": f"h-{home}", "quantity": "water_total", "value": total, "delta": litres, "since": lane.rfc3339(since),
            "at": lane.rfc3339(at), "received": lane.rfc3339(at)}


class Rig:
    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.process, self.settings = folder, None, []
        self.accounts = lib.Accounts(folder / "access", *ACCOUNTS)
        self.broker = lib.Broker(folder, self.accounts)
        self.peers = {}
        self.tap = lane.Log(self.peer("tap"), "curtain/#")
        self.ingest = lane.Producer(self.peer("ingest-1"), "reading", "ingest-1", ["detector"], shards=SHARDS)
        self.dispatcher = lane.Producer(self.peer("dispatcher-1"), "incident", "dispatcher-1", ["detector"], shards=SHARDS)
        self.registry = lane.Producer(self.peer("records-1"), "directory-detector", "records-1", ["detector"], shards=1, compacted=True)
        self.taken = lane.Consumer(self.peer("dispatcher-1"), "alert", "dispatcher")
        self.stored = lane.Consumer(self.peer("records-1"), "alert", "records")
        self.totals = {}

    def peer(self, account):
        if account not in self.peers:
            self.peers[account] = lib.Peer(self.broker, account)
        return self.peers[account]

    def start(self, *settings):
        self.settings = settings or self.settings
        values = [f"bus.port={self.broker.port}", "bus.user=detector-1", f"bus.password_file={self.accounts.secret('detector-1')}",
                  f"data_dir={self.folder}/data", "status_every=100ms", "lanes.resend=200ms", "lanes.want=100ms", "disk.ballast=0", f"shards={SHARDS}",
                  "clock=replay", "rules.use=[silence_fixed]", *self.settings]
        with open(self.folder / "detector.log", "ab") as log:
            self.process = subprocess.Popen([str(DETECTOR), "--config", str(ROOT / "deploy/config/detector.yaml"),
                                             *(a for v in values for a in ("--set", v))], stderr=log)
        return self

    def up(self, count, *settings):
        """Starts it and gives it the directory."""
        self.start(*settings)
        self.registry.give(0, homes(count))
        self.tap.wait(self.registry.all_acked, "the directory to be taken")
        return self

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(10)
        self.process = None
        return code

    def log(self):
        return (self.folder / "detector.log").read_text(encoding="utf-8")

    def close(self):
        if self.process:
            self.stop(signal.SIGKILL)
        for peer in self.peers.values():
            peer.close()
        self.broker.stop()
        faults = tap.Judge().judge_service("detector", [(m.topic, m.payload) for m in self.tap.messages])
        assert not faults, "\n".join(faults)

    def hour(self, at, litres, count):
        """An hour of readings, one batch a shard, as ingest gives them at `at`; litres(home) was used."""
        batches = {s: [] for s in range(SHARDS)}
        for i in range(count):
            used = litres(i)
            self.totals[i] = self.totals.get(i, 1000) + used
            batches[lane.shard_of(f"h-{i}", SHARDS)].append(water(i, used, self.totals[i], at - HOUR, at))
        for shard, items in batches.items():
            self.ingest.give(shard, items, at)

    def judged(self, at, limit_s=lib.PATIENCE_S):
        """Waits until lane alert has said on every shard that all up to `at` was judged, and both its readers have it."""
        wanted = lane.rfc3339(at)

        def told(shard):
            batches = self.tap.of(f"curtain/lane/alert/detector-1/{shard}", lambda m: m.body["at"] >= wanted)
            return batches and all(self.tap.of(f"curtain/ack/alert/detector-1/{shard}/{reader}", lambda m: m.body["seq"] >= batches[0].body["seq"])
                                   for reader in ("dispatcher", "records"))

        self.tap.wait(lambda: all(told(s) for s in range(SHARDS)), f"all to be judged up to {wanted}", limit_s)

    def alerts(self, state=None):
        return [a for a in self.taken.items if state in (None, a["state"])]


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


def test_a_silence_is_raised_updated_and_cleared(rig):
    rig.up(3, "learning.period=0s")
    for h in range(1, 30):
        rig.hour(DAY + h * HOUR, lambda i, h=h: 20 if i or h <= 2 else 0, 3)
    rig.judged(DAY + 29 * HOUR)
    assert [(a["household"], a["state"], a["level"], a["revision"]) for a in rig.alerts()] == [
        ("h-0", "raised", "attention", 1), ("h-0", "updated", "alarm", 2)]
    first = rig.alerts()[0]
    assert first["kind"] == "silence" and first["onset"] == lane.rfc3339(DAY + 2 * HOUR) and first["at"] == lane.rfc3339(DAY + 14 * HOUR)
    assert first["reason_zh"] == "自今天02:00起没有用水；已静默12小时" and first["reason_en"] == "no water since 02:00; silent for 12 h"
    assert [e["device"] for e in first["evidence"]] == ["w-0", "w-0"] and first["looked_at"] == ["water_total"]
    rig.hour(DAY + 30 * HOUR, lambda i: 20, 3)
    rig.ingest.beat(DAY + 31 * HOUR)
    rig.judged(DAY + 31 * HOUR)
    assert rig.alerts()[-1]["state"] == "cleared" and rig.alerts()[-1]["reason_en"] == "water at 06:00"
    assert rig.stored.items == rig.taken.items
    schema = jsonschema.Draft202012Validator(json.loads((ROOT / "schemas/json/alert.schema.json").read_text(encoding="utf-8")))
    assert [error.message for alert in rig.alerts() for error in schema.iter_errors(alert)] == []
    status = rig.tap.first(STATUS, lambda m: m.body and m.body.get("clock") == lane.rfc3339(DAY + 31 * HOUR), "the judged time in the status").body
    assert status["state"] == "ready" and status["counters"]["alerts_raised"] == 1 and status["counters"]["alerts_open"] == 0
    rig.tap.wait(rig.ingest.all_acked, "all readings to be acknowledged")
    assert rig.stop() == 0


def test_judging_stands_still_while_one_shard_is_silent(rig):
    rig.up(1, "learning.period=0s")
    rig.hour(DAY + HOUR, lambda i: 20, 1)
    rig.judged(DAY + HOUR)
    for shard in range(1, SHARDS):
        rig.ingest.give(shard, [], DAY + 48 * HOUR)
    rig.ingest.give(0, [], DAY + 2 * HOUR)
    rig.judged(DAY + 2 * HOUR)
    assert all(m.body["at"] <= lane.rfc3339(DAY + 2 * HOUR) for m in rig.tap.of("curtain/lane/alert/"))


def test_readings_wait_for_the_first_directory(rig):
    rig.start()
    rig.ingest.beat(DAY)
    rig.hour(DAY + HOUR, lambda i: 20, 2)
    rig.tap.first(STATUS, lambda m: m.body and m.body["counters"]["batches_before_directory"] > 0, "the readings to be held off")
    assert not rig.ingest.all_acked()
    rig.registry.give(0, homes(2))
    rig.judged(DAY + HOUR)
    rig.tap.first(STATUS, lambda m: m.body and m.body["counters"]["signs_of_life"] == 2, "both signs of life")


def test_away_said_at_the_door_comes_back_over_lane_incident(rig):
    rig.up(1, "learning.period=0s")
    for h in range(1, 16):
        rig.hour(DAY + h * HOUR, lambda i, h=h: 20 if h <= 2 else 0, 1)
    rig.judged(DAY + 15 * HOUR)
    assert [a["state"] for a in rig.alerts()] == ["raised"]
    at = lane.rfc3339(DAY + 15 * HOUR)
    rig.dispatcher.give_item({"id": "i-1", "revision": 5, "household": "h-0", "community": "c-1", "team": "t-1", "state": "resolved", "event": "resolved",
                              "kind": "silence", "level": "attention", "opened": at, "at": at, "outcome": "away", "step": 0, "reason_zh": "静默",
                              "reason_en": "silent", "alerts": [rig.alerts()[0]["id"]]})
    rig.tap.wait(rig.dispatcher.all_acked, "the incident to be taken")
    for h in range(16, 60):
        rig.hour(DAY + h * HOUR, lambda i: 0, 1)
    rig.judged(DAY + 59 * HOUR)
    assert [a["state"] for a in rig.alerts()] == ["raised", "cleared"]
    assert rig.alerts()[1]["reason_en"] == "not at home, known since 15:00"


def test_a_visit_over_lane_visit_ends_a_silence_once_whatever_is_killed(rig):
    visits = lane.Producer(rig.peer("dispatcher-1"), "visit", "dispatcher-1", ["detector"], shards=SHARDS)
    rig.up(1, "learning.period=0s")
    for h in range(1, 30):
        rig.hour(DAY + h * HOUR, lambda i, h=h: 20 if h <= 2 else 0, 1)
    rig.judged(DAY + 29 * HOUR)
    assert [a["state"] for a in rig.alerts()][:1] == ["raised"] and not rig.alerts("cleared")
    seen = DAY + 29 * HOUR + 600
    errand = {"id": "r-1", "revision": 2, "household": "h-0", "kind": "visit", "state": "done", "event": "done", "what": "chat", "opened": lane.rfc3339(DAY), "at": lane.rfc3339(seen + 60),
              "from": lane.rfc3339(seen - 600), "until": lane.rfc3339(seen + HOUR), "seen": lane.rfc3339(seen), "reason_zh": "探访", "reason_en": "a visit"}
    visits.give(lane.shard_of("h-0", SHARDS), [errand], seen + 60)
    rig.tap.wait(visits.all_acked, "the visit to be taken")
    rig.stop(signal.SIGKILL)  # it was acknowledged: it is in the store
    rig.start()
    for h in range(30, 33):
        rig.hour(DAY + h * HOUR, lambda i: 0, 1)
    rig.judged(DAY + 32 * HOUR)
    cleared = rig.alerts("cleared")
    assert len(cleared) == 1 and "seen by somebody" in cleared[0]["reason_en"], cleared
    assert not [a for a in rig.alerts("raised") if a["onset"] > lane.rfc3339(DAY + 3 * HOUR)]


def test_a_household_that_leaves_while_down_has_its_alert_cleared(rig):
    rig.up(1, "learning.period=0s")
    for h in range(1, 16):
        rig.hour(DAY + h * HOUR, lambda i, h=h: 20 if h <= 2 else 0, 1)
    rig.judged(DAY + 15 * HOUR)
    rig.stop(signal.SIGKILL)
    gone = (("device", "w-0"), ("consent", "h-0"), ("household", "h-0"))
    rig.registry.give(0, [{"kind": kind, "key": key, "deleted": True, "seq": 100 + i} for i, (kind, key) in enumerate(gone)])
    rig.start()
    rig.tap.wait(rig.registry.all_acked, "the tombstone to be taken")
    rig.ingest.beat(DAY + 16 * HOUR)
    rig.judged(DAY + 16 * HOUR)
    assert [a["state"] for a in rig.alerts()] == ["raised", "cleared"]
    rig.stop()
    with contextlib.closing(sqlite3.connect(rig.folder / "data/detector.db")) as store, store:
        assert store.execute("select count(*) from directory_copy").fetchone() == (0,)


def copy_config(folder):
    """The shipped configuration, to be changed: its file for detector.yaml and its text."""
    shutil.copy(ROOT / "deploy/config/holidays.yaml", folder)
    return folder / "detector.yaml", (ROOT / "deploy/config/detector.yaml").read_text(encoding="utf-8")


def test_reload_changes_rules_and_forgets_nothing(rig):
    config, text = copy_config(rig.folder)
    text = text.replace("use: [silence, appointment]", "use: [silence_fixed]")
    rig.up(1, "learning.period=0s")
    rig.stop()
    config.write_text(text, encoding="utf-8")
    command = [str(DETECTOR), "--config", str(config), "--set", f"bus.port={rig.broker.port}", "--set", "bus.user=detector-1", "--set",
               f"bus.password_file={rig.accounts.secret('detector-1')}", "--set", f"data_dir={rig.folder}/data", "--set", "status_every=100ms", "--set",
               f"shards={SHARDS}", "--set", "clock=replay", "--set", "learning.period=0s", "--set", "disk.ballast=0"]
    with open(rig.folder / "detector.log", "ab") as log:
        rig.process = subprocess.Popen(command, stderr=log)
    for h in range(1, 16):
        rig.hour(DAY + h * HOUR, lambda i, h=h: 20 if h <= 2 else 0, 1)
    rig.judged(DAY + 15 * HOUR)
    config.write_text(text.replace("use: [silence_fixed]", "use: [nonsense]"), encoding="utf-8")
    rig.process.send_signal(signal.SIGHUP)
    wait_log(rig, "msg=reload_refused")
    config.write_text(text.replace("use: [silence_fixed]", "use: [water_changning]"), encoding="utf-8")
    rig.process.send_signal(signal.SIGHUP)
    wait_log(rig, "msg=reloaded")
    rig.ingest.beat(DAY + 16 * HOUR)
    rig.judged(DAY + 16 * HOUR)
    # What the meter told before is not forgotten: the new rule finds its twelve hours at once.
    assert {(a["rule"], a["state"], a["reason_en"]) for a in rig.alerts()} == {
        ("silence_fixed", "raised", "no water since 02:00; silent for 12 h"), ("silence_fixed", "cleared", "the rule is switched off"),
        ("water_changning", "raised", "less than 10 l of water in 12 h (0 l)")}


def wait_log(rig, text, limit_s=lib.PATIENCE_S):
    deadline = time.monotonic() + limit_s
    while text not in rig.log():
        assert time.monotonic() < deadline, f"no {text} in the log: {rig.log()[-600:]}"
        time.sleep(0.02)  # a file does not say when it grows


def test_a_broken_state_is_set_aside_and_named(rig):
    rig.up(2, "learning.period=0s")
    for h in range(1, 5):
        rig.hour(DAY + h * HOUR, lambda i: 20, 2)
    rig.judged(DAY + 4 * HOUR)
    rig.stop()
    with contextlib.closing(sqlite3.connect(rig.folder / "data/detector.db")) as store, store:
        for row, states in store.execute("select id, states from journal").fetchall():
            at = states.find(b"h-1*")
            if at >= 0:
                states = states[:at + 4] + b"\x63" + states[at + 5:]  # the version of tomorrow
                store.execute("update journal set states = ? where id = ?", (states, row))
    rig.start()
    rig.hour(DAY + 5 * HOUR, lambda i: 20, 2)
    rig.judged(DAY + 5 * HOUR)
    assert "msg=state_set_aside state=h-1* error=version" in rig.log()
    assert "state=h-0" not in rig.log()
    rig.tap.first(STATUS, lambda m: m.body and m.body["counters"]["states_set_aside"] == 1, "the count of states set aside")
    rig.stop()
    with contextlib.closing(sqlite3.connect(rig.folder / "data/detector.db")) as store:
        [(key, error, state)] = store.execute("select key, error, state from state_aside").fetchall()
        assert (key, error, state[0]) == ("h-1*", "version", 0x63)
    told = rig.log().count("state_set_aside")
    rig.start()  # what the home has learnt since counts, not the old copy
    rig.hour(DAY + 6 * HOUR, lambda i: 20, 2)
    rig.judged(DAY + 6 * HOUR)
    assert rig.log().count("state_set_aside") == told


def test_a_registry_made_anew_takes_along_whom_it_does_not_name(rig):
    rig.up(2, "learning.period=0s", "lanes.directory_quiet=300ms")
    for h in range(1, 16):
        rig.hour(DAY + h * HOUR, lambda i, h=h: 20 if h <= 2 or not i else 0, 2)
    rig.judged(DAY + 15 * HOUR)
    assert [a["state"] for a in rig.alerts()] == ["raised"]
    anew = rig.registry
    anew.epoch, anew.last[0], anew.batches[0], anew.acked[(0, "detector")] = anew.epoch + 1, 0, [], 0
    anew.give(0, homes(1))
    wait_log(rig, "msg=directory_swept entries=3")
    rig.ingest.beat(DAY + 16 * HOUR)
    rig.judged(DAY + 16 * HOUR)
    assert [(a["household"], a["state"]) for a in rig.alerts()] == [("h-1", "raised"), ("h-1", "cleared")]
    rig.tap.first(STATUS, lambda m: m.body and m.body["counters"]["homes_at_home"] == 1 and m.body["counters"]["homes_unwatched"] == 0, "one home to be left")


def test_live_it_tells_up_to_when_it_has_judged_and_owns_up_to_a_lag(rig):
    rig.up(1, "clock=system", "lanes.heartbeat=100ms")
    now = time.time()
    rig.hour(now, lambda i: 20, 1)
    rig.judged(now)
    status = rig.tap.first(STATUS, lambda m: m.body and m.body.get("clock") == lane.rfc3339(now), "the judged time in the status").body
    assert status["state"] == "ready" and status["lag_ms"] < 60000
    told = len(rig.tap.of("curtain/lane/alert/"))
    rig.tap.wait(lambda: len(rig.tap.of(STATUS, lambda m: m.body and m.body.get("clock") == lane.rfc3339(now))) >= 5, "more of the status")
    assert len(rig.tap.of("curtain/lane/alert/")) == told  # nothing new is known: nothing is said
    rig.stop()
    rig.start("clock=system", "lanes.heartbeat=100ms")
    rig.tap.first(STATUS, lambda m: m.body and m.body["state"] == "ready" and m.body.get("clock") == lane.rfc3339(now), "the judged time after a restart")


@pytest.mark.parametrize("line, wrong, fix", [
    ("  use: [silence, appointment]", "  use: [silense]", 'rules.use: there is no rule "silense"; did you mean "silence"?'),
    ("  use: [silence, appointment]", "  use: [silence, silence]", "there twice"),
    ("  own: []", '  own: ["low water_under 10 alarm"]', "hours is missing; it takes litres=0..1e+06 l hours=1..48 h"),
    ("  own: []", '  own: ["tap water_open_tap litres_h=9 alarm"]', "litres_h must be a number from 10 to 5000 l/h"),
    ("  attention: 10h", "  attention: 13h", "silence.attention must not be longer"),
    ("  floor: 3h", "  flor: 3h", 'unknown key "silence.flor"; did you mean "silence.floor"?'),
    ("  floor: 3h", "  floor: 3m", "silence.floor"),
    ("  motion_burst: 3", "  motion_burst: 30", "signs.motion_burst"),
    ("[water_total, water_flow, energy_total", "[watr_total, water_flow, energy_total", 'did you mean "water_total"?'),
    ("zone: Asia/Shanghai", "zone: Asia/Nowhere", "Asia/Nowhere"),
    ("  file: holidays.yaml", "  file: nowhere.yaml", "nowhere.yaml"),
])
def test_a_wrong_configuration_is_refused_with_the_fix(tmp_path, line, wrong, fix):
    config, text = copy_config(tmp_path)
    assert line in text
    config.write_text(text.replace(line, wrong), encoding="utf-8")
    done = subprocess.run([str(DETECTOR), "--config", str(config), "--check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and fix in done.stderr.replace('\\"', '"') and "msg=configuration_refused" in done.stderr, done.stderr


def test_check_prints_every_setting_and_each_rule_with_its_parameters_ranges_and_units(tmp_path):
    config, text = copy_config(tmp_path)
    config.write_text(text.replace("  use: [silence, appointment]", "  use: [silence, appointment, room_cold]").replace("  own: []", "  own: [\"tap water_open_tap litres_h=90 alarm\"]"),
                      encoding="utf-8")
    done = subprocess.run([str(DETECTOR), "--config", str(config), "--check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "#   tap water_open_tap hours=3 litres_h=90 factor=1.5 alarm\n" in done.stdout and "#   room_cold room_cold celsius=10 hours=3 attention\n" in done.stdout
    assert "#   gas_long hours 1..24 h (3), litres_h 1..5000 l/h (20), factor 1..10 (1.5)\n" in done.stdout and "water_changning" in done.stdout
    assert yaml.safe_load(done.stdout)["silence"]["floor"] == "3h"


def test_a_wrong_holiday_is_refused_with_its_file_and_word(tmp_path):
    config, text = copy_config(tmp_path)
    config.write_text(text, encoding="utf-8")
    holidays = tmp_path / "holidays.yaml"
    holidays.write_text(holidays.read_text(encoding="utf-8").replace("02-15..02-23", "02-15..02-30"), encoding="utf-8")
    done = subprocess.run([str(DETECTOR), "--config", str(config), "--check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and "holidays.yaml" in done.stderr and '02-15..02-30\\" is no date of that year' in done.stderr, done.stderr


# ---- kill -9 ----

COUNT, HOURS = 24, 24 * 8


def month(seed):
    """Litres of each hour and home: nights, days, and each home silent for a day and a half once."""
    dice = random.Random(seed)
    silent = {i: 24 + dice.randrange(24 * 5) for i in range(COUNT)}
    return [[0 if h % 24 < 7 or silent[i] <= h < silent[i] + 36 else dice.choice((0, 3, 20)) for i in range(COUNT)] for h in range(HOURS)]


def play(rig, litres, between=lambda hour: None):
    for h, used in enumerate(litres):
        rig.hour(DAY + (h + 1) * HOUR, lambda i, used=used: used[i], COUNT)
        between(h)
    rig.ingest.beat(DAY + (HOURS + 1) * HOUR)
    deadline = time.monotonic() + 60
    while True:
        try:
            rig.judged(DAY + (HOURS + 1) * HOUR, 2)
            rig.tap.wait(rig.ingest.all_acked, "all readings to be acknowledged", 2)
            return
        except TimeoutError:
            assert time.monotonic() < deadline, rig.log()[-2000:]
            rig.ingest.resend()


def by_shard(alerts):
    return {s: [a for a in alerts if lane.shard_of(a["household"], SHARDS) == s] for s in range(SHARDS)}


@pytest.mark.parametrize("seed, rules", [(1, "silence_fixed"), (2, "silence, water_open_tap, water_drip")])
def test_kill_nine_at_any_moment_loses_nothing_and_raises_nothing_twice(tmp_path, seed, rules):
    print(f"seed {seed}")
    litres, dice, runs = month(seed), random.Random(seed), []
    for name in ("whole", "killed"):
        rig = Rig(tmp_path / name)
        try:
            rig.up(COUNT, "lanes.group=20ms", f"rules.use=[{rules}]")
            kills = [0]

            def kill(_hour, rig=rig, kills=kills):
                if dice.random() < 0.15:
                    time.sleep(dice.random() * 0.03)  # the moment of the kill is what is random here
                    rig.stop(signal.SIGKILL)
                    rig.start()
                    kills[0] += 1

            play(rig, litres, kill if name == "killed" else lambda hour: None)
            assert name == "whole" or kills[0] >= 15
            assert [(a["id"], a["revision"]) for a in rig.stored.items].__len__() == len(rig.taken.items)
            runs.append((by_shard(rig.taken.items), by_shard(rig.stored.items)))
        finally:
            rig.close()
    whole, killed = runs
    assert sum(len(a) for a in whole[0].values()) >= 2 * COUNT
    names = [(a["id"], a["revision"]) for alerts in killed[0].values() for a in alerts]
    assert len(names) == len(set(names))
    assert json.dumps(killed[0], sort_keys=True) == json.dumps(whole[0], sort_keys=True)
    assert json.dumps(killed[1], sort_keys=True) == json.dumps(whole[0], sort_keys=True)
