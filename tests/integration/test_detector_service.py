# SPDX-License-Identifier: MIT
"""The detector as a service: shards shared by two instances, the tool's questions, reloads with habits, stores that are damaged or old. Broker and access list
are real; ingest, records and the dispatcher are played by clients."""
import contextlib
import itertools
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import time

import jsonschema
import pytest

import test_detector as base
from test_detector import DAY, HOUR, SHARDS, STATUS, homes, lane, wait_log, water

ROOT = base.ROOT
CURTAIN = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "curtain"
NOW = DAY + 60 * 24 * HOUR  # where the tests' present begins
PAGE = 1000


def used(home, hour):
    """Litres of an hour of the past: up at seven, to bed at eleven, now and then nothing."""
    awake = 7 <= hour % 24 <= 22
    return 12 if awake and (hour * 7 + home) % 5 else 0


class Rig(base.Rig):
    """With a configuration file of its own, a desk, and records' history of sixty days before NOW."""

    def __init__(self, folder, accounts=("desk desk",)):
        was, base.ACCOUNTS = base.ACCOUNTS, (*base.ACCOUNTS, *accounts)
        try:
            super().__init__(folder)
        finally:
            base.ACCOUNTS = was
        self.config = folder / "detector.yaml"
        shutil.copy(ROOT / "deploy/config/holidays.yaml", folder)
        self.config.write_text((ROOT / "deploy/config/detector.yaml").read_text(encoding="utf-8"), encoding="utf-8")
        self.asked = []
        self.others = []

    def values(self, instance, *settings):
        return [f"bus.port={self.broker.port}", f"bus.user={instance}", f"bus.password_file={self.accounts.secret(instance)}", f"instance={instance}",
                f"data_dir={self.folder}/data-{instance}", "status_every=100ms", "lanes.resend=200ms", "lanes.want=100ms", "disk.ballast=0", f"shards={SHARDS}",
                "relearn.pace=10000000", *settings]

    def launch(self, instance, *settings):
        with open(self.folder / "detector.log", "ab") as log:
            return subprocess.Popen([str(base.DETECTOR), "--config", str(self.config),
                                     *(a for v in self.values(instance, *settings) for a in ("--set", v))], stderr=log)

    def start(self, *settings):
        self.settings = settings or self.settings
        self.process = self.launch("detector-1", *(self.settings or ("clock=replay",)))
        return self

    def again(self):
        """Starts it anew and waits until it can be asked: a question that nobody hears is lost."""
        heard = len(self.tap.messages)
        self.start()
        self.tap.wait(lambda: any(m.topic == STATUS and m.body and m.body["state"] in ("ready", "degraded") for m in self.tap.messages[heard:]), "the status after a start")

    def close(self):
        for process in self.others:
            process.kill()
            process.wait()
        super().close()

    def store(self, instance="detector-1"):
        return self.folder / f"data-{instance}" / "detector.db"

    def remembers(self, until=NOW):
        """Records answers with the sixty days of a home before `until`, page by page."""
        def history(args):
            self.asked.append(args["household"])
            home, items = int(args["household"].split("-")[1]), []
            for at in range(until - 60 * 24 * HOUR, until, HOUR):
                if lane.rfc3339(at) > args["after"]:
                    items.append(water(home, used(home, (at - DAY) // HOUR), at // HOUR, at - HOUR, at))
                if len(items) == min(args["limit"], PAGE):
                    return ("result", {"household": args["household"], "items": items, "more": True, "last": items[-1]["at"]})
            return ("result", {"household": args["household"], "items": items})
        self.peer("records-1").serve("records", {"history": history})

    def curtain(self, *arguments):
        done = subprocess.run([str(CURTAIN), *arguments], env={**os.environ, "CURTAIN_PORT": str(self.broker.port), "CURTAIN_USER": "desk",
                              "CURTAIN_PASSWORD_FILE": str(self.accounts.secret("desk"))}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def habit(self, home):
        code, out, err = self.curtain("habit", home, "--json")
        assert code == 0, err
        return json.loads(out)

    def counted(self, name, at_least, what):
        return self.tap.first(STATUS, lambda m: m.body and m.body["counters"].get(name, 0) >= at_least, what).body["counters"]


@pytest.fixture
def rig(tmp_path):
    made = Rig(tmp_path)
    yield made
    made.close()


# ---- the tool ----

def valid(schema, value):
    """The value is as schemas/json says; gives it back."""
    store = {s["$id"]: s for s in (json.loads(p.read_text(encoding="utf-8")) for p in (ROOT / "schemas/json").glob("*.schema.json"))}
    top = store[f"{schema}.schema.json"]
    resolver = jsonschema.RefResolver(base_uri=top["$id"], referrer=top, store=store)
    faults = [f"{list(e.absolute_path)}: {e.message}" for e in jsonschema.Draft202012Validator(top, resolver=resolver).iter_errors(value)]
    assert not faults, faults
    return value


def ask(rig, method, **args):
    """A request of the desk, as a program makes it."""
    answers = rig.peer("desk").listen("curtain/api/desk/response/desk")
    rig.peer("desk").publish(f"curtain/api/desk/detector/{method}", {"args": args}, response="curtain/api/desk/response/desk", correlation=b"c")
    answer = json.loads(answers.get(timeout=10).payload)
    return answer["result"] if answer["ok"] else answer["error"]


def learnt(rig, count):
    """A detector that has learnt from records; then home 0 falls silent until an alert."""
    rig.remembers()
    rig.up(count, "clock=replay")
    rig.hour(NOW, lambda i: 0, count)
    rig.judged(NOW)
    code, out, err = rig.curtain("relearn", "--all", "--json")
    assert code == 0 and valid("relearn", json.loads(out))["asked"] == count, err
    rig.counted("relearn_learnt", count, "all to be learnt")


def test_the_tool_tells_a_learnt_habit_draws_it_and_explains_an_alert(rig):
    learnt(rig, 2)
    assert set(rig.asked) == {"h-0", "h-1"} and len(rig.asked) == 4  # two pages each
    told = valid("habit", rig.habit("h-0"))
    [habit] = told["habits"]
    assert told["household"] == "h-0" and habit["in_force"] and 1.5 < habit["months"] < 2.1 and not told["population"]
    assert habit["workday"]["up_by_h"] < 10 and max(habit["workday"]["alarm_h"]) <= 24 and min(habit["workday"]["attention_h"]) >= 3
    code, text, _ = rig.curtain("habit", "h-0")
    assert code == 0 and "住户 (household) h-0" in text and "现用 (in force)" in text and "早上最迟 (up by)" in text and "22:00" in text
    for h in range(1, 31):  # h-1 lives on
        rig.hour(NOW + h * HOUR, lambda i, h=h: used(i, h) if i else 0, 2)
    rig.judged(NOW + 30 * HOUR)
    alerts = [a for a in rig.alerts() if a["household"] == "h-0"]
    assert not [a for a in rig.alerts() if a["household"] == "h-1" and a["level"] == "alarm"]  # an attention now and then is within the budget
    assert [a["state"] for a in alerts][:2] == ["raised", "updated"] and alerts[-1]["level"] == "alarm"
    told = valid("habit", rig.habit("h-0"))
    assert told["silence"]["since"] <= lane.rfc3339(NOW) and told["looked_at"] == ["water_total"] and told["blind"] == []
    code, text, err = rig.curtain("explain", alerts[0]["id"])
    assert code == 0, err
    assert alerts[0]["reason_zh"] in text and alerts[0]["reason_en"] in text and "提出 raised" in text and "更新 updated" in text and "现在 (now)" in text
    code, out, _ = rig.curtain("explain", alerts[0]["id"], "--json")
    assert code == 0 and [r["revision"] for r in valid("explain", json.loads(out))["revisions"]] == [a["revision"] for a in alerts]
    assert valid("modes", ask(rig, "modes"))["homes"]["at_home"] == 2
    assert sorted(valid("modes", ask(rig, "modes", mode="at_home", limit=10))["households"]) == ["h-0", "h-1"]
    for args, word in (({"mode": "asleeep"}, "args.mode"), ({"limit": 0}, "args.limit"), ({"colour": "red"}, "colour")):
        assert word in ask(rig, "modes", **args)["text"]
    assert "habit, explain, modes, relearn" in ask(rig, "habits")["text"]
    if os.environ.get("CURTAIN_EXAMPLES"):
        pathlib.Path(os.environ["CURTAIN_EXAMPLES"]).write_text(json.dumps({"habit": told, "explain": json.loads(out), "modes": ask(rig, "modes", mode="at_home")}), encoding="utf-8")
    drawn = rig.folder / "habit.svg"
    assert rig.curtain("habit", "h-0", "--svg", str(drawn))[0] == 0
    svg = drawn.read_text(encoding="utf-8")
    assert "静默多久算太久" in svg and "how long a silence may last" in svg and "现在的静默" in svg
    assert subprocess.run(["xmllint", "--noout", str(drawn)], check=False).returncode == 0 if shutil.which("xmllint") else svg.endswith("</svg>\n")
    for arguments, word in ((("habit", "h-9"), "h-9"), (("explain", "h-0000000000000000"), "not kept"), (("relearn", "--household", "h-9"), "h-9"),
                            (("relearn",), "either household or all")):
        code, _, err = rig.curtain(*arguments)
        assert code == 1 and word in err, (arguments, err)


def test_the_desk_says_who_is_away_and_who_is_back(rig):
    learnt(rig, 2)
    until = lane.rfc3339(NOW + 100 * HOUR)
    code, out, err = rig.curtain("away", "h-1", "--until", until, "--json")
    assert code == 0 and json.loads(out)["away"]["source"] == "desk" and json.loads(out)["away"]["until"][:19] == until[:19], (out, err)
    assert valid("habit", rig.habit("h-1"))["mode"] == "away"
    assert "外出 (away)：值班台登记 desk" in rig.curtain("habit", "h-1")[1]
    code, out, err = rig.curtain("away", "h-1", "--back")
    assert (code, out) == (0, "住户 h-1：在家 at_home\n"), (out, err)
    for arguments, word in ((("away", "h-9"), "h-9"), (("away", "h-1", "--until", "2000-01-01"), "args.until")):
        code, _, err = rig.curtain(*arguments)
        assert code == 1 and word in err, (arguments, err)


def test_a_reload_keeps_what_was_learnt_and_a_wrong_one_changes_nothing(rig):
    learnt(rig, 1)
    before = rig.habit("h-0")
    text = rig.config.read_text(encoding="utf-8")
    rig.config.write_text(text.replace("floor: 3h", "flor: 3h"), encoding="utf-8")
    rig.process.send_signal(signal.SIGHUP)
    wait_log(rig, "msg=reload_refused")
    line = next(i for i, l in enumerate(text.splitlines(), 1) if "floor: 3h" in l)
    refused = next(l for l in rig.log().splitlines() if "reload_refused" in l)
    assert f"detector.yaml:{line}" in refused and "silence.flor" in refused and "silence.floor" in refused, refused
    assert rig.habit("h-0")["budget"] == before["budget"]
    rig.config.write_text(text.replace("floor: 3h", "floor: 8h").replace("alarm_per_month: 1", "alarm_per_month: 0.5"), encoding="utf-8")
    rig.process.send_signal(signal.SIGHUP)
    wait_log(rig, "msg=reloaded")
    after = rig.habit("h-0")
    assert after["budget"]["floor_h"] == 8 and after["budget"]["alarm_a_month"] == 0.5
    assert (after["habits"][0]["months"], after["habits"][0]["silences"]) == (before["habits"][0]["months"], before["habits"][0]["silences"])
    assert "community" not in after["budget"]
    assert min(after["habits"][0]["workday"]["attention_h"]) >= 8 > min(before["habits"][0]["workday"]["attention_h"])
    rig.config.write_text(text.replace("communities: []", 'communities: ["c-1 alarm_per_month=0.25 ceilng=20h"]'), encoding="utf-8")
    rig.process.send_signal(signal.SIGHUP)
    wait_log(rig, "did you mean \\\"ceiling\\\"?")
    rig.config.write_text(text.replace("communities: []", 'communities: ["c-1 alarm_per_month=0.25 ceiling=20h"]') + "\nrelearn:\n  history: 0s\n", encoding="utf-8")
    rig.process.send_signal(signal.SIGHUP)
    rig.tap.wait(lambda: rig.log().count("msg=reloaded") == 2, "the reload")
    budget = valid("habit", rig.habit("h-0"))["budget"]
    assert budget["community"] == "c-1" and budget["alarm_a_month"] == 0.25 and budget["ceiling_h"] == 20 and budget["floor_h"] == 3
    code, _, err = rig.curtain("relearn", "--household", "h-0")
    assert code == 1 and "relearn.history is 0" in err
    assert "误报预算属社区 (budget of the community) c-1" in rig.curtain("habit", "h-0")[1]
    rig.stop(signal.SIGKILL)
    rig.start()
    rig.ingest.beat(NOW + HOUR)
    rig.judged(NOW + HOUR)
    assert rig.habit("h-0")["habits"][0]["months"] == before["habits"][0]["months"]


# ---- shards ----

def test_two_instances_share_the_homes_and_each_is_judged_once(tmp_path):
    count = 12
    rig = Rig(tmp_path, ("desk desk", "detector detector-2"))
    try:
        rules = ("clock=replay", "rules.use=[silence_fixed]", "learning.period=0s")
        rig.registry = lane.Producer(rig.peer("records-1"), "directory-detector", "records-1", ["detector", "detector-2"], shards=1, compacted=True)
        rig.start(*rules, "lanes.shards=0-1")
        rig.others.append(rig.launch("detector-2", *rules, "lanes.shards=2-3"))
        rig.registry.give(0, homes(count))
        rig.tap.wait(rig.registry.all_acked, "both to have the directory")
        for h in range(1, 16):
            rig.hour(DAY + h * HOUR, lambda i, h=h: 20 if h <= 2 else 0, count)
        at = lane.rfc3339(DAY + 15 * HOUR)
        for instance in ("detector-1", "detector-2"):
            rig.tap.first(f"curtain/lane/alert/{instance}/", lambda m: m.body["at"] >= at, f"{instance} to have judged")
        rig.taken.wait(lambda items: len({a["household"] for a in items}) == count, what="an alert of each home")
        raised = sorted(a["household"] for a in rig.alerts("raised"))
        assert raised == sorted(f"h-{i}" for i in range(count))  # each once, none forgotten

        def heard():
            return {(m.topic.split("/")[3], a["household"]) for m in rig.tap.of("curtain/lane/alert/") for a in m.body["items"]}

        rig.tap.wait(lambda: len({home for _, home in heard()}) == count, "all alerts on the wire")
        assert heard() == {("detector-1" if lane.shard_of(f"h-{i}", SHARDS) < 2 else "detector-2", f"h-{i}") for i in range(count)}
        rig.tap.wait(rig.ingest.all_acked, "all readings to be acknowledged")
        for i in range(count):  # the one that has the home answers, the other is still
            assert rig.habit(f"h-{i}")["mode"] == "at_home"
        watched = {instance: rig.tap.first(f"curtain/status/detector/{instance}", lambda m: m.body and m.body["counters"]["homes_at_home"] > 0 and m.body["clock"] >= at,
                                           "its homes").body["counters"]["homes_at_home"] for instance in ("detector-1", "detector-2")}
        assert sum(watched.values()) == count and watched["detector-1"] == sum(lane.shard_of(f"h-{i}", SHARDS) < 2 for i in range(count))
        # One of them stops: the other's homes go on, its own stand still and are lost to nobody.
        rig.stop(signal.SIGKILL)
        rig.hour(DAY + 16 * HOUR, lambda i: 20, count)
        rig.ingest.beat(DAY + 17 * HOUR)
        mine = {f"h-{i}" for i in range(count) if lane.shard_of(f"h-{i}", SHARDS) >= 2}
        rig.taken.wait(lambda items: {a["household"] for a in items if a["state"] == "cleared"} >= mine, what="the end of each alert of the one that runs")
        assert {a["household"] for a in rig.alerts("cleared")} == mine
        rig.start()
        rig.taken.wait(lambda items: len({a["household"] for a in items if a["state"] == "cleared"}) == count, what="the rest after the restart")
        assert len(rig.alerts("raised")) == count
    finally:
        rig.close()


# ---- stores that are damaged or old ----

def test_a_corrupt_store_is_kept_named_and_learnt_anew_from_records(rig):
    now = int(time.time()) // HOUR * HOUR
    rig.remembers(now)
    rig.up(3, "clock=system")
    rig.hour(now, lambda i: 20, 3)
    rig.counted("relearn_learnt", 3, "all to be learnt")
    months = rig.habit("h-1")["habits"][0]["months"]
    assert months > 1
    rig.stop()
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{rig.store()}{end}")
    with open(rig.store(), "r+b") as store:
        store.write(b"this was a store once. " * 4000)
    heard = len(rig.tap.messages)
    rig.start()
    wait_log(rig, "msg=store_set_aside")
    said = next(l for l in rig.log().splitlines() if "store_set_aside" in l)
    [kept] = rig.store().parent.glob("detector.db.corrupt-*")
    assert f"kept={kept}" in said and "level=error" in said and kept.read_bytes().startswith(b"this was a store once")
    rig.tap.wait(lambda: any(m.topic == STATUS and m.body and m.body["counters"].get("relearn_learnt", 0) >= 3 for m in rig.tap.messages[heard:]), "all to be learnt anew", 30)
    assert rig.habit("h-1")["habits"][0]["months"] == pytest.approx(months, abs=0.01)
    assert not rig.alerts()
    rig.tap.wait(rig.ingest.all_acked, "the readings to be taken again")
    rig.stop()
    rig.again()
    assert rig.habit("h-1")["habits"][0]["months"] == pytest.approx(months, abs=0.01)
    assert rig.log().count("store_set_aside") == 1


def test_a_store_of_the_first_version_is_taken_over_and_its_alerts_end(rig):
    fixture = (ROOT / "services/detector/fixtures/states_v1.txt").read_text(encoding="utf-8").splitlines()
    states = [(key, bytes.fromhex(blob)) for key, blob in (line.split()[1:] for line in fixture if line.startswith("state "))]
    cleared = {(f[1], f[2], f[5]): int(f[3]) for f in (line.split() for line in fixture) if f[0] == "cleared"}
    watched = [line.split()[1] for line in fixture if line.startswith("mode ")]
    judged = int(next(line for line in fixture if line.startswith("judged ")).split()[1]) / 1000
    kinds = {"household": {"community": "c-1", "team": "t-1", "persons": 1}, "consent": {"quantities": ["water_total", "energy_total", "contact", "motion"]}}
    rig.start("clock=replay", "rules.use=[silence, water_over_jingan, door_changning]")
    rig.registry.give(0, [{"kind": kind, "key": key, **body, "seq": n + 1} for n, ((kind, body), key) in enumerate(itertools.product(kinds.items(), watched))])
    rig.tap.wait(rig.registry.all_acked, "the directory to be taken")
    rig.stop()
    with contextlib.closing(sqlite3.connect(rig.store())) as store, store:  # as the first version had it
        store.execute("delete from journal")
        row = b"".join(bytes([len(key)]) + len(blob).to_bytes(2, "little") + key.encode() + blob for key, blob in states)
        store.execute("insert into journal values (1, ?)", (row,))
        for table in ("told", "relearn", "state_aside"):
            store.execute(f"drop table {table}")
        store.execute("pragma user_version = 2")
    rig.start()
    rig.ingest.beat(judged)
    at = judged + HOUR
    items = [{"device": device, "household": home, "quantity": quantity, "value": value, "at": lane.rfc3339(at), "received": lane.rfc3339(at),
              **({"delta": delta, "since": lane.rfc3339(at - HOUR)} if delta else {})}
             for home, device, quantity, value, delta in (("h-water", "w-1", "water_total", 6000, 30), ("h-energy", "e-1", "energy_total", 9000, 300),
                                                          ("h-door", "d-1", "contact", 1, None))]
    for item in items:
        rig.ingest.give_item(item, at)
    rig.ingest.beat(at + 1)
    rig.judged(at + 1)
    ended = {(a["household"], a["id"], a["rule"]): a["revision"] for a in rig.alerts("cleared")}
    assert all(ended.get(key, 0) >= revision for key, revision in cleared.items()), (ended, cleared)
    assert "state_set_aside" not in rig.log() and "store_set_aside" not in rig.log()


# ---- what cannot be read ----

def test_items_that_cannot_be_read_are_named_and_the_others_are_taken(rig):
    rig.up(2, "clock=replay", "rules.use=[silence_fixed]", "learning.period=0s")
    good = water(0, 20, 1020, DAY, DAY + HOUR)
    shard = lane.shard_of("h-0", SHARDS)
    bad = [{**good, "quantity": "colour"}, {**good, "value": "much"}, {**good, "at": "yesterday"}, {k: v for k, v in good.items() if k != "household"}, 7]
    rig.ingest.give(shard, [*bad, good], DAY + HOUR)
    rig.ingest.beat(DAY + HOUR)
    rig.judged(DAY + HOUR)
    counters = rig.counted("bad_items", len(bad), "the bad items to be counted")
    assert counters["bad_items"] == len(bad) and counters["signs_of_life"] == 1
    said = next(l for l in rig.log().splitlines() if "msg=items_refused" in l)
    assert f"lane=reading producer=ingest-1 shard={shard} seq=1 items=5" in said and "quantity" in said, said
    # An entry of the copied directory that this program cannot read leaves the others known.
    rig.stop()
    with contextlib.closing(sqlite3.connect(rig.store())) as store, store:
        store.execute("update directory_copy set entry = cast('{\"kind\": \"dragon\"}' as blob) where key = 'w-1'")
    rig.start()
    rig.hour(DAY + 2 * HOUR, lambda i: 20, 2)
    rig.ingest.beat(DAY + 3 * HOUR)
    rig.judged(DAY + 3 * HOUR)
    assert rig.habit("h-0")["mode"] == "at_home" and rig.habit("h-1")["mode"] == "at_home"
    rig.counted("bad_items", 1, "the bad entry to be counted")


# ---- a flood ----

def resident_kib(process):
    return int(next(l for l in pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8").splitlines() if l.startswith("VmRSS")).split()[1])


def test_a_flood_of_one_home_delays_no_other_and_takes_no_memory(rig):
    batches, each = 200, 1000
    rig.up(4, "clock=replay", "rules.use=[silence_fixed]", "learning.period=0s")
    for h in range(1, 14):
        rig.hour(DAY + h * HOUR, lambda i, h=h: 20 if i != 1 or h <= 2 else 0, 4)
    rig.judged(DAY + 13 * HOUR)
    before, start, shard = resident_kib(rig.process), DAY + 13 * HOUR, lane.shard_of("h-0", SHARDS)
    waited = []
    for n in range(batches):  # two hundred thousand readings of one minute, as a meter gone mad sends them
        times = [start + (n * each + i) * 0.0003 for i in range(each)]
        rig.ingest.give(shard, [water(0, 0.001, 2000 + n, at - 0.0003, at) for at in times], start)
        if n % 20 == 10:
            asked = time.monotonic()
            assert ask(rig, "habit", household="h-1")["household"] == "h-1"
            waited.append(time.monotonic() - asked)
    rig.hour(DAY + 14 * HOUR, lambda i: 0 if i == 1 else 20, 4)
    rig.ingest.beat(DAY + 14 * HOUR + 1)
    rig.judged(DAY + 14 * HOUR + 1, 60)
    assert [(a["household"], a["state"], a["at"]) for a in rig.alerts()] == [("h-1", "raised", lane.rfc3339(DAY + 14 * HOUR))]
    rig.tap.wait(rig.ingest.all_acked, "all of the flood to be acknowledged", 60)
    rig.counted("readings", batches * each, "all of the flood to be counted")
    counters = rig.counted("alerts_raised", 1, "the alert to be counted")  # the first status with all readings may be older than it
    grown = (resident_kib(rig.process) - before) / 1024
    print(f"{batches * each} readings of one home; a question was answered within {max(waited):.2f} s; memory grew by {grown:.1f} MiB")
    assert max(waited) < 5 and grown < 48, (waited, grown)
    assert counters["alerts_raised"] == 1 and counters["states_set_aside"] == 0
