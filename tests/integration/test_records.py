# SPDX-License-Identifier: MIT
"""records against a real broker and a real PostgreSQL: schema, lanes through kill -9 of the database, import, directory, timeline."""
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import paho.mqtt.client as mqtt
import psycopg2
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import broker as lib  # noqa: E402
from tap import Judge  # noqa: E402

POSTGRES = str(ROOT / "deploy/postgres.sh")
RECORDS = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "records"
MIGRATIONS = len(list((ROOT / "schemas/sql").glob("[0-9]*.sql")))


def reading(n, household="h-0001", device="d-1"):
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(1772000000 + 60 * n))
    return {"device": device, "household": household, "quantity": "water_total", "value": float(n), "delta": 1, "since": at, "at": at, "received": at}


class Rig:
    """A broker without accounts, a database, a client of the tests; records is started by each test."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="curtain-records-")
        os.chmod(self.folder, 0o755)  # PostgreSQL runs as another user below it
        self.pg, self.pg_port = self.folder + "/pg", lib.free_port()
        self.start_postgres()
        self.broker = lib.Broker(self.folder)
        self.port = self.broker.port
        self.records, self.log = None, pathlib.Path(self.folder, "records.log")
        self.inbox = {}  # topic -> queue of payloads
        self.client = mqtt.Client("test", protocol=mqtt.MQTTv5)
        self.client.on_message = lambda _c, _d, m: self.of(m.topic).put((json.loads(m.payload), getattr(m.properties, "CorrelationData", b"")))
        self.client.connect("127.0.0.1", self.port)
        self.client.loop_start()
        self.client.subscribe([("curtain/ack/#", 1), ("curtain/lane/directory-ingest/#", 1), ("curtain/lane/directory-dispatcher/#", 1),
                               ("curtain/status/#", 1), ("curtain/api/desk/response/#", 1), ("curtain/api/eve/response/#", 1)])

    def of(self, topic):
        return self.inbox.setdefault(topic, queue.Queue())

    def start_postgres(self):
        subprocess.run([POSTGRES, "start", self.pg, str(self.pg_port)], check=True, stdout=subprocess.DEVNULL)
        self.conninfo = subprocess.run([POSTGRES, "conninfo", self.pg], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    def kill_postgres(self):
        os.kill(int(pathlib.Path(self.pg, "data/postmaster.pid").read_text(encoding="ascii").splitlines()[0]), signal.SIGKILL)

    def start(self, conninfo=None, extra=()):
        self.launched = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(time.time())) + ".000Z"
        with open(self.log, "ab") as log:
            self.records = subprocess.Popen(
                [str(RECORDS), "--config", str(ROOT / "deploy/config/records.yaml"), "--set", f"bus.port={self.port}", "--set", f"data_dir={self.folder}",
                 "--set", f"postgres.conninfo={conninfo or self.conninfo}", "--set", "status_every=200ms", "--set", "lanes.group_readings=500",
                 "--set", "directory.page=7", *[word for setting in extra for word in ("--set", setting)]], stderr=log)

    def stop(self, kill=False):
        if self.records:
            self.records.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
            code = self.records.wait(10)
            self.records = None
            return code
        return None

    def close(self):
        self.stop(kill=True)
        self.client.loop_stop()
        self.client.disconnect()
        self.broker.stop()
        subprocess.run([POSTGRES, "stop", self.pg], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, text):
        connection = psycopg2.connect(self.conninfo)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(text)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def wait(self, topic, condition, limit_s=lib.PATIENCE_S):
        deadline, last = time.monotonic() + limit_s, None
        while True:
            try:
                last = self.of(topic).get(timeout=max(0.01, deadline - time.monotonic()))[0]
            except queue.Empty:
                pytest.fail(f"waited {limit_s} s on {topic}; last was {last}; log: {self.log.read_text(encoding='utf-8')[-1500:]}")
            if condition(last):
                return last

    def ready(self):
        self.of("curtain/status/records/records-1").queue.clear()
        status = self.wait("curtain/status/records/records-1", lambda s: s["state"] == "ready" and s["counters"]["database"] == 1
                           and s["started"] >= self.launched)  # of this process, not the last word of the one before
        deadline = time.monotonic() + lib.PATIENCE_S
        while self.ask("summary").get("error", {}).get("code") == "again":  # its connections that answer come last
            assert time.monotonic() < deadline, "records does not answer"
        return status

    def send(self, lane, producer, seq, items, epoch=5, shard=0, prev=None):
        batch = {"lane": lane, "producer": producer, "epoch": epoch, "shard": shard, "prev": seq - 1 if prev is None else prev, "seq": seq,
                 "at": "2026-03-01T00:00:00.000Z", "items": items}
        self.client.publish(f"curtain/lane/{lane}/{producer}/{shard}", json.dumps(batch), qos=1)

    def acked(self, lane, producer, seq, epoch=5, shard=0, limit_s=lib.PATIENCE_S):
        return self.wait(f"curtain/ack/{lane}/{producer}/{shard}/records", lambda a: a["epoch"] == epoch and a["seq"] >= seq, limit_s)

    def ask(self, method, user="desk", answer_to="desk", **args):
        topic = f"curtain/api/{answer_to}/response/test"
        self.of(topic).queue.clear()
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = topic
        properties.CorrelationData = b"c-%d" % time.monotonic_ns()
        self.client.publish(f"curtain/api/{user}/records/{method}", json.dumps({"args": args}), qos=1, properties=properties)
        answer, correlation = self.of(topic).get(timeout=lib.PATIENCE_S)
        assert correlation == properties.CorrelationData
        return answer


@pytest.fixture(scope="module")
def rig():
    made = Rig()
    yield made
    made.close()


@pytest.fixture
def running(rig):
    rig.start()
    rig.ready()
    yield rig
    rig.stop()


LEDGER = """
communities: [{id: c-1, name: 测试}]
teams: [{id: t-1, community: c-1, captain: captain-1, desk: desk, number: "10000"}]
volunteers: [{id: v-1, team: t-1, phone: "1000", day: true, weekdays: [mon, tue]}, {id: captain-1, team: t-1}]
accounts: [{name: desk, level: district}]
households:
  - {id: h-0001, community: c-1, team: t-1, persons: 1}
  - {id: h-0002, community: c-1, team: t-1, persons: 2, canary: true}
elders: [{id: e-1, household: h-0001, name: "某某", birth_year: 1940}]
consents: [{household: h-0001, quantities: [water_total, sos]}]
devices: [{id: d-1, household: h-0001, place: kitchen}]
"""


def test_migrations_run_once_and_statements_prepare(rig):
    for _ in range(2):
        rig.start()
        rig.ready()
        assert rig.ask("summary")["ok"]  # answered only after every statement was prepared
        assert rig.stop() == 0
        assert rig.sql("select version from schema_version order by 1") == [(n,) for n in range(1, MIGRATIONS + 1)]
    assert "statements_not_prepared" not in rig.log.read_text(encoding="utf-8")


def test_a_newer_database_is_refused(rig):
    rig.sql(f"insert into schema_version (version, name) values ({MIGRATIONS + 1}, 'future')")
    rig.start()
    assert rig.records.wait(20) == 1
    rig.records = None
    assert "install the newer one" in rig.log.read_text(encoding="utf-8")
    rig.sql(f"delete from schema_version where version = {MIGRATIONS + 1}")


def test_readings_are_stored_once_whatever_comes_twice(running):
    running.send("reading", "ingest-1", 1, [reading(1), reading(2)])
    running.acked("reading", "ingest-1", 1)
    running.send("reading", "ingest-1", 1, [reading(1), reading(2)])  # again: acknowledged, not stored
    running.send("reading", "ingest-1", 2, [reading(2), reading(3), reading(3)])  # the device's message came twice
    running.acked("reading", "ingest-1", 2)
    assert running.sql("select count(*), sum(value) from reading where device = 'd-1'") == [(3, 6.0)]
    row = running.sql("select quantity, value, delta, extract(epoch from at)::bigint, household, retained, late, text from reading where value = 2")
    assert row == [("water_total", 2.0, 1.0, 1772000120, "h-0001", False, False, "")]


def test_a_gap_is_asked_for(running):
    running.send("reading", "ingest-1", 4, [reading(5)])
    running.wait("curtain/ack/reading/ingest-1/0/records", lambda a: a["seq"] == 2 and a.get("want"))
    running.send("reading", "ingest-1", 3, [reading(4)])
    running.send("reading", "ingest-1", 4, [reading(5)])
    running.acked("reading", "ingest-1", 4)
    assert running.sql("select count(*) from reading where device = 'd-1'") == [(5,)]


def test_a_forged_batch_moves_nothing(running):
    body = {"lane": "reading", "producer": "ingest-1", "epoch": 5, "shard": 0, "prev": 4, "seq": 5, "at": "2026-03-01T00:00:00.000Z", "items": [reading(99)]}
    running.client.publish("curtain/lane/reading/ingest-2/0", json.dumps(body), qos=1)
    running.wait("curtain/status/records/records-1", lambda s: s["counters"]["batches_refused"] >= 1)
    assert running.sql("select seq from lane_position where lane = 'reading' and shard = 0") == [(4,)]


def test_alerts_and_incidents_keep_the_latest_and_the_history(running):
    alert = {"id": "a-1", "revision": 1, "household": "h-0001", "kind": "sos", "level": "life", "state": "raised", "rule": "device", "onset": "2026-03-01T00:00:00.000Z",
             "at": "2026-03-01T00:00:00.000Z", "reason_zh": "按了呼救键", "reason_en": "it's a call for help", "confidence": 1, "evidence": [], "looked_at": [], "blind": []}
    incident = {"id": "i-1", "revision": 1, "household": "h-0001", "community": "c-1", "team": "t-1", "state": "raised", "event": "raised", "kind": "sos", "level": "life",
                "opened": "2026-03-01T00:00:00.000Z", "at": "2026-03-01T00:00:00.000Z", "step": 0, "reason_zh": "呼救", "reason_en": "help", "alerts": ["a-1"]}
    running.send("alert", "ingest-1", 1, [alert, {**alert, "revision": 2, "state": "cleared"}])
    running.send("incident", "dispatcher-1", 1, [incident])
    running.send("incident", "dispatcher-1", 2, [{**incident, "revision": 2, "state": "paging", "event": "paged", "actor": "v-1"}])
    running.acked("alert", "ingest-1", 1)
    running.acked("incident", "dispatcher-1", 2)
    assert running.sql("select state, revision, reason_en from alert") == [("cleared", 2, "it's a call for help")]
    assert running.sql("select count(*) from alert_event") == [(2,)]
    assert running.sql("select household, kind, level, state, revision from incident") == [("h-0001", "sos", "life", "paging", 2)]
    assert running.sql("select revision, event, actor from incident_event order by 1") == [(1, "raised", ""), (2, "paged", "v-1")]


def test_import_is_all_or_nothing_and_says_where(running):
    counts = running.ask("import", kind="ledger", format="yaml", text=LEDGER, dry_run=True)
    assert counts["result"]["kinds"]["households"]["added"] == 2
    assert running.sql("select count(*) from household") == [(0,)]
    bad = running.ask("import", text=LEDGER + "policies:\n  - {id: p-1}\n")
    assert bad["error"]["code"] == "invalid" and "line 13" in bad["error"]["text"]
    missing = running.ask("import", kind="devices", format="csv", text="id,household\nd-9,h-9999\n")
    assert missing["error"]["code"] == "invalid" and "h-9999" in missing["error"]["text"]
    assert running.sql("select count(*) from device") == [(0,)]
    done = running.ask("import", text=LEDGER)
    assert done["result"]["kinds"]["devices"] == {"added": 1, "changed": 0, "unchanged": 0, "removed": 0}
    again = running.ask("import", text=LEDGER)
    assert again["result"]["kinds"]["households"] == {"added": 0, "changed": 0, "unchanged": 2, "removed": 0}
    assert again["result"]["seq"] == done["result"]["seq"]
    summary = running.ask("summary")["result"]
    assert (summary["households"], summary["devices"], summary["handsets"]) == (2, 1, 2)


def directory(rig, lane, consumer, epoch, position, until):
    """Plays a consumer of a directory lane until `until` is true of its entries; returns position, epoch and entries."""
    entries, topic = {}, f"curtain/lane/directory-{lane}/records-1/0"
    ack = f"curtain/ack/directory-{lane}/records-1/0/{consumer}"
    rig.client.publish(ack, json.dumps({"epoch": epoch, "seq": position, "want": True}), qos=1, retain=True)
    while not until(entries):
        batch = rig.of(topic).get(timeout=lib.PATIENCE_S)[0]
        if batch["epoch"] != epoch:
            epoch, position = batch["epoch"], 0
        if not batch["prev"] <= position < batch["seq"]:
            continue
        assert all(batch["prev"] < e["seq"] <= batch["seq"] for e in batch["items"])
        entries.update({(e["kind"], e["key"]): e for e in batch["items"]})
        position = batch["seq"]
        rig.client.publish(ack, json.dumps({"epoch": epoch, "seq": position}), qos=1, retain=True)
    return epoch, position, entries


def test_directories_hold_what_each_needs_and_follow_each_commit(running):
    epoch, position, entries = directory(running, "ingest", "ingest", 1, 77, lambda e: len(e) == 6)
    assert {k for k, _ in entries} == {"device", "household", "consent"}
    assert entries["device", "phone-h-0002"]["household"] == "h-0002"
    assert entries["consent", "h-0001"]["quantities"] == ["water_total", "sos"]
    assert entries["household", "h-0002"]["canary"] is True
    _, _, people = directory(running, "dispatcher", "dispatcher", 1, 0, lambda e: len(e) == 6)
    assert {k for k, _ in people} == {"household", "team", "volunteer", "policy"}
    assert people["volunteer", "v-1"]["phone"] == "1000" and people["volunteer", "v-1"]["weekdays"] == 3
    assert "某某" not in json.dumps([*entries.values(), *people.values()], ensure_ascii=False)
    gone = running.ask("import", kind="households", format="csv", text="id,deleted\nh-0001,true\n")
    assert gone["ok"], gone
    _, _, gone = directory(running, "ingest", "ingest", epoch, position, lambda e: len(e) == 4)
    assert all(e["deleted"] for e in gone.values())
    assert set(gone) == {("household", "h-0001"), ("device", "d-1"), ("device", "phone-h-0001"), ("consent", "h-0001")}
    assert running.sql("select count(*) from elder") == [(0,)]


def test_a_consumer_ahead_of_a_restored_database_is_served_in_a_new_epoch(running):
    epoch = running.sql("select epoch from directory_state")[0][0]
    new, _, entries = directory(running, "ingest", "ingest", epoch, 10**6, lambda e: len(e) >= 6)
    assert new > epoch and entries["household", "h-0002"]["persons"] == 2


def test_a_timeline_is_audited(running):
    before = running.sql("select count(*) from api_audit")[0][0]
    answer = running.ask("timeline", household="h-0001", limit=10)["result"]
    assert [i["what"] for i in answer["items"]] == ["incident", "alert", "day"]
    assert answer["items"][0]["events"][1]["actor"] == "v-1"
    assert answer["items"][2]["readings"] == 5 and answer["items"][2]["quantities"]["water_total"]["delta"] == 5
    assert running.sql("select count(*) from api_audit")[0][0] == before + 1
    assert running.sql("select who, method, household from api_audit order by id desc limit 1") == [("desk", "timeline", "h-0001")]
    assert running.ask("timeline", household="x'; drop table reading")["error"]["code"] == "invalid"
    assert running.ask("timeline", household="h-0001", color=1)["error"]["code"] == "invalid"
    assert running.ask("nonsense")["error"]["code"] == "not_found"


def test_a_database_that_takes_no_changes_is_told_and_survived(running):
    def each(*statements):
        connection = psycopg2.connect(running.conninfo)
        connection.autocommit = True  # ALTER SYSTEM stands in no transaction
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    each("alter system set default_transaction_read_only = on", "select pg_reload_conf()")
    deadline = time.monotonic() + lib.PATIENCE_S
    while (answer := running.ask("timeline", household="h-0001"))["ok"]:
        assert time.monotonic() < deadline  # each server process hears of it by itself
    assert answer["error"]["code"] == "again" and "takes no changes" in answer["error"]["text"]
    running.send("reading", "ingest-1", 1, [reading(1, "h-quiet", "no-changes")], shard=5)
    each("alter system reset default_transaction_read_only", "select pg_reload_conf()")
    running.acked("reading", "ingest-1", 1, shard=5)
    assert running.sql("select count(*) from reading where device = 'no-changes'") == [(1,)]
    while not running.ask("timeline", household="h-0001")["ok"]:
        assert time.monotonic() < deadline + lib.PATIENCE_S


def test_a_history_comes_in_pages_in_the_order_of_time(running):
    validator = Judge.validator("history.schema.json", {s["$id"]: s for s in (json.loads(p.read_text(encoding="utf-8"))
                                                                              for p in (ROOT / "schemas/json").glob("*.schema.json"))})
    given = [reading(n, "h-hist", f"hist-{n % 3}") for n in (4, 2, 2, 0, 3, 1)]  # 2 twice: two devices, one time
    given[2]["device"] = "hist-other"
    given += [{"device": "hist-door", "channel": "a", "household": "h-hist", "quantity": "contact", "value": 1, "at": given[0]["at"],
               "received": given[0]["received"], "late": True, "text": "auf"}]
    given += [{**reading(99, "h-hist", "hist-0"), "at": "2097-01-01T00:00:00.000Z"}]  # a clock ahead
    running.send("reading", "ingest-1", 1, given, epoch=40)
    running.acked("reading", "ingest-1", 1, epoch=40)
    read, after, pages = [], {}, 0
    while True:
        page = running.ask("history", household="h-hist", limit=3, **after)["result"]
        assert not list(validator.iter_errors(page))
        read += page["items"]
        pages += 1
        if not page["more"]:
            break
        after = {"after": page["last"]}
    assert sorted(read, key=lambda r: (r["at"], r["device"])) == sorted(given[:-1], key=lambda r: (r["at"], r["device"]))
    assert [r["at"] for r in read] == sorted(r["at"] for r in read) and pages == 3  # the last one is empty: the one before was full
    assert running.sql("select count(*) from api_audit where household = 'h-hist' and method = 'history'") == [(1,)]
    assert running.ask("history", household="h-none")["result"] == {"household": "h-none", "items": [], "more": False}
    assert running.ask("history", household="h-hist", after="gestern")["error"]["code"] == "invalid"
    assert running.ask("history", household="h-hist", limit=0)["error"]["code"] == "range"
    assert running.ask("history", household="h hist")["error"]["code"] == "invalid"


def test_the_tool_understands_these_answers(running, tmp_path):
    def curtain(*arguments):
        return subprocess.run([str(RECORDS.parent / "curtain"), *arguments, "--port", str(running.port)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60, check=False)
    timeline = curtain("timeline", "h-0001")
    assert timeline.returncode == 0, timeline
    assert "no longer in the registry" in timeline.stdout and "呼救" in timeline.stdout and "呼叫 v-1" in timeline.stdout and "用水 +5 L" in timeline.stdout
    assert curtain("timeline", "h-9999").returncode == 1
    (tmp_path / "communities.csv").write_text("id,name\nc-1,测试\nc-9,新的\n", encoding="utf-8")
    done = curtain("import", str(tmp_path / "communities.csv"), "--dry-run")
    assert done.returncode == 0 and done.stdout.splitlines()[1].split() == ["社区", "communities", "1", "0", "1", "0"], done
    (tmp_path / "communities.csv").write_text("id,name\nc-9,新的\nc 9,坏的\n", encoding="utf-8")
    bad = curtain("import", str(tmp_path / "communities.csv"))
    assert bad.returncode == 1 and f"{tmp_path}/communities.csv:3:1: " in bad.stderr, bad
    status = json.loads(curtain("status", "--json", "--services", "records").stdout)
    assert status["healthy"] and status["services"][0]["counters"]["database"] == 1


def test_nobody_has_answers_sent_to_somebody_else(running):
    with pytest.raises(queue.Empty):
        running.of("curtain/api/eve/response/test").queue.clear()
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = "curtain/api/eve/response/test"
        running.client.publish("curtain/api/desk/records/summary", '{"args":{}}', qos=1, properties=properties)
        assert running.ask("summary")["ok"]  # by then the other one was handled
        running.of("curtain/api/eve/response/test").get(timeout=0.1)


def test_months_far_apart_get_their_partitions(running):
    far = [{**reading(n, device="far"), "at": at} for n, at in enumerate(["1999-05-01T00:00:00.000Z", "2001-02-03T00:00:00.000Z", "2098-01-01T00:00:00.000Z"])]
    running.send("reading", "ingest-1", 1, far, shard=1)
    running.acked("reading", "ingest-1", 1, shard=1)
    assert [r[0] for r in running.sql("select tableoid::regclass::text from reading where device = 'far' order by at")] == \
        ["reading_other", "reading_200102", "reading_209801"]


def resend(rig, total, step, until_s):
    """A producer: sends everything that is not acknowledged, again and again, until all is."""
    deadline, position, topic = time.monotonic() + until_s, 0, "curtain/ack/reading/ingest-1/3/records"
    while position < total:
        assert time.monotonic() < deadline, f"only {position} of {total} acknowledged; {rig.log.read_text(encoding='utf-8')[-1500:]}"
        for seq in range(position + 1, min(total, position + 40) + 1):
            rig.send("reading", "ingest-1", seq, [reading(10_000 + seq * step + i, device="kill") for i in range(step)], shard=3)
        try:
            while True:
                ack = rig.of(topic).get(timeout=0.5)[0]
                if ack["epoch"] == 5 and ack["seq"] > position:
                    position = ack["seq"]
                    if position >= total or position % 40 == 0:
                        break
        except queue.Empty:
            pass
        yield position


def test_kill_of_postgres_and_of_records_loses_and_doubles_nothing(rig):
    rig.start()
    rig.ready()
    kills, total, step = 0, 400, 50
    for position in resend(rig, total, step, 180):
        if kills < 6 and position >= kills * 50:
            kills += 1
            if kills % 2:
                rig.kill_postgres()
                rig.start_postgres()
            else:
                rig.stop(kill=True)
                rig.start()
    assert kills == 6
    assert rig.sql("select count(*), count(distinct at) from reading where device = 'kill'") == [(total * step, total * step)]
    assert rig.sql("select seq from lane_position where lane = 'reading' and shard = 3") == [(total,)]
    assert rig.stop() == 0


def test_an_absent_database_is_told_and_survived(rig):
    subprocess.run([POSTGRES, "stop", rig.pg], check=True)
    rig.start()
    rig.of("curtain/status/records/records-1").queue.clear()
    for _ in range(2):  # the second one comes after the subscriptions
        rig.wait("curtain/status/records/records-1", lambda s: s["state"] == "degraded" and s["counters"]["database"] == 0)
    rig.send("reading", "ingest-1", 1, [reading(1, device="late")], shard=4)
    assert rig.ask("summary")["error"]["code"] == "again"
    rig.start_postgres()
    rig.acked("reading", "ingest-1", 1, shard=4)
    assert rig.sql("select count(*) from reading where device = 'late'") == [(1,)]
    assert rig.stop() == 0


def test_a_team_names_a_captain_and_a_desk_that_there_are(running):
    running.sql("insert into community values ('c-old'); insert into team (id, community, captain, desk) values ('t-old', 'c-old', 'nobody', 'nobody')")  # of before
    head, old = "id,community,captain,desk\n", "communities: [{id: c-old, name: 旧社区}]\nvolunteers: [{id: v-old, team: t-old}]\n"
    assert running.ask("import", text=LEDGER)["ok"] and running.ask("import", text=old)["ok"]  # what does not name them goes in
    told = running.ask("import", kind="teams", format="csv", text=head + "t-1,c-1,captain-1,desk\nt-2,c-1,v-9,desk-9\nt-old,c-old,v-old,desk-9\nt-3,c-1,,\n", report=True)["result"]
    assert told["refused"] and [(f["line"], f["column"], f["key"], f["field"]) for f in told["faults"]] == [(3, 9, "t-2", "captain"), (3, 13, "t-2", "desk"), (4, 19, "t-old", "desk")], told
    assert '登记里没有“v-9”' in told["faults"][0]["text"] and 'names the user "v-9", which is not in the registry: import it as a volunteer or account in the same document' in told["faults"][0]["text"]
    assert running.sql("select id from team order by id") == [("t-1",), ("t-old",)]
    said = running.ask("import", kind="teams", format="csv", text=head + "t-2,c-1,v-9,\n")["error"]
    assert said["code"] == "invalid" and 'teams "t-2".captain' in said["text"] and '"v-9"' in said["text"]
    taken = running.ask("import", kind="teams", format="csv", text=head + "t-2,c-1,v-9,\nt-3,c-1,,\n", report=True, by_row=True)["result"]
    assert taken["fault_count"] == 1 and taken["kinds"]["teams"]["added"] == 1
    whole = "teams: [{id: t-4, community: c-1, captain: v-4, desk: desk-4}]\nvolunteers: [{id: v-4, team: t-4}]\naccounts: [{name: desk-4, level: none}]\n"
    assert running.ask("import", text=whole)["ok"]  # each names the other, in one document


def test_the_circle_of_a_household_reaches_the_dispatcher_and_goes_with_it(running):
    assert running.ask("import", text=LEDGER)["ok"]
    people = "household,contacts,key_holders,neighbours\nh-0001,f-1,v-1;f-1,n-1;n-2\n"
    unknown = running.ask("import", kind="circles", format="csv", text=people, report=True)["result"]
    assert [(f["line"], f["column"], f["field"]) for f in unknown["faults"]] == [(2, 8, "contacts"), (2, 12, "key_holders"), (2, 20, "neighbours"), (2, 20, "neighbours")], unknown
    assert unknown["refused"] and '"n-2", which is not in the registry' in unknown["faults"][-1]["text"]
    running.ask("import", kind="accounts", format="csv", text="name,level\nf-1,none\nn-1,none\nn-2,none\n")
    done = running.ask("import", kind="circles", format="csv", text="household,contacts,key_holders,neighbours\nh-0001,f-1,v-1;f-1,n-1;n-2\n")
    assert done["ok"], done
    epoch, position, entries = directory(running, "dispatcher", "dispatcher", 1, 0, lambda e: ("circle", "h-0001") in e)
    circle = entries["circle", "h-0001"]
    assert (circle["contacts"], circle["keys"], circle["neighbours"]) == (["f-1"], ["v-1", "f-1"], ["n-1", "n-2"])
    running.ask("import", kind="circles", format="csv", text="household,contacts,key_holders,neighbours\nh-0001,,v-1,\n")
    epoch, position, entries = directory(running, "dispatcher", "dispatcher", epoch, position, lambda e: ("circle", "h-0001") in e)
    assert "contacts" not in entries["circle", "h-0001"] and entries["circle", "h-0001"]["keys"] == ["v-1"]
    nine = ";".join(f"n-{n}" for n in range(9))
    assert "at most 8" in running.ask("import", kind="circles", format="csv", text=f"household,neighbours\nh-0001,{nine}\n")["error"]["text"]
    gone = running.ask("import", kind="households", format="csv", text="id,deleted\nh-0001,true\n")
    assert gone["ok"], gone
    _, _, gone = directory(running, "dispatcher", "dispatcher", epoch, position, lambda e: ("circle", "h-0001") in e)
    assert gone["circle", "h-0001"]["deleted"] is True
