# SPDX-License-Identifier: MIT
"""The command-line tool against a real broker with the real access list; the services are played by clients of the tests."""
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import broker as lib  # noqa: E402

CURTAIN = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "curtain"
SERVICES = ("ingest", "detector", "dispatcher", "records")


def wall(seconds=0):
    return moment(time.time() + seconds)


def moment(now):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + ".000Z"


def status(service, state="ready", age=0, **more):
    at = time.time() - age
    return {"service": service, "instance": f"{service}-1", "version": "0.1.0", "state": state, "at": moment(at), "started": moment(at - 3720),
            "lag_ms": 12, "outbox": 3, "counters": {"requests": 1}, **more}


def incident(number=1, revision=1, event="raised", state="raised", household="h-0003", **more):
    return {"id": f"i-{number:04d}", "revision": revision, "household": household, "community": "c-1", "team": "t-1", "state": state, "event": event,
            "kind": "sos", "level": "life", "opened": "2026-11-24T04:01:46.123Z", "at": "2026-11-24T04:01:50.000Z", "step": 0,
            "reason_zh": "呼救键被按下。", "reason_en": "The call button was pressed.", "alerts": ["a-1"], **more}


@pytest.fixture(scope="module")
def accounts(tmp_path_factory):
    return lib.Accounts(tmp_path_factory.mktemp("access"), "desk desk", "tap tap", "device gateway", *(f"{s} {s}-1" for s in SERVICES))


class Rig:
    def __init__(self, folder, accounts):
        self.folder, self.peers = folder, {}
        self.broker = lib.Broker(folder, accounts)
        self.environment = {**{k: v for k, v in os.environ.items() if not k.startswith("CURTAIN_")}, "CURTAIN_PORT": str(self.broker.port),
                            "CURTAIN_PASSWORD_FILE": str(accounts.secret("desk"))}
        self.running = []

    def peer(self, service):
        """The account of a service, connected once."""
        if service not in self.peers:
            self.peers[service] = lib.Peer(self.broker, "tap" if service == "tap" else f"{service}-1")
        return self.peers[service]

    def run(self, *arguments, env=None, stdin=None):
        return subprocess.run([str(CURTAIN), *arguments], env={**self.environment, **(env or {})}, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=60, check=False)

    def start(self, *arguments):
        self.running.append(subprocess.Popen([str(CURTAIN), *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
        return self.running[-1]

    def restart(self):
        """A broker with an empty memory."""
        self.broker.stop()
        for peer in self.peers.values():
            peer.close()
        self.peers = {}
        self.broker.start()

    def say(self, *statuses):
        for one in statuses:
            self.peer(one["service"]).publish(f"curtain/status/{one['service']}/{one['instance']}", one, retain=True).wait_for_publish(10)

    def snapshot(self, body):
        self.peer("dispatcher").publish(f"curtain/incident/{body['community']}/{body['id']}", body, retain=True).wait_for_publish(10)

    def lane(self, seq, *items):
        batch = {"lane": "incident", "producer": "dispatcher-1", "epoch": 5, "shard": 0, "prev": seq - 1, "seq": seq, "at": wall(), "items": list(items)}
        self.peer("dispatcher").publish("curtain/lane/incident/dispatcher-1/0", batch)

    def looks(self):
        """Messages by which the tool finds the end of the retained ones: it has subscribed by then."""
        return self.peer("tap").listen("curtain/api/desk/response/#")

    def close(self):
        for process in self.running:
            process.kill()
            process.communicate()
        for peer in self.peers.values():
            peer.close()
        self.broker.stop()


@pytest.fixture
def rig(tmp_path, accounts):
    made = Rig(tmp_path, accounts)
    yield made
    made.close()


# ---- status ----

def test_status_is_a_table_and_a_verdict(rig):
    rig.say(*(status(s, clock="2026-11-24T04:01:46.000Z") for s in SERVICES))
    done = rig.run("status")
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done
    assert lines[0].split()[1::2] == ["service", "instance", "state", "lag", "outbox", "uptime", "version", "clock"]
    assert [line.split()[0] for line in lines[1:5]] == sorted(SERVICES)
    assert lines[1].split()[2:] == ["就绪", "ready", "12", "ms", "3", "1", "h", "02", "min", "0.1.0", "2026-11-24", "12:01:46"]
    assert "正常" in lines[5] and done.stderr == ""


@pytest.mark.parametrize("worse", [status("detector", "degraded"), status("detector", "down"), status("detector", "stopping"), status("detector", age=61)])
def test_one_service_that_is_not_well_is_bad_news(rig, worse):
    rig.say(*(status(s) for s in SERVICES if s != "detector"), worse)
    done = rig.run("status", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 1 and document["healthy"] is False and document["missing"] == []
    assert [s["instance"] for s in document["services"] if not s["well"]] == ["detector-1"]


def test_a_service_that_never_came_is_missing(rig):
    rig.say(status("ingest"), status("detector"))
    done = rig.run("status")
    assert done.returncode == 1 and len([line for line in done.stdout.splitlines() if "missing" in line]) == 2
    assert json.loads(rig.run("status", "--json").stdout)["missing"] == ["dispatcher", "records"]
    assert rig.run("status", "--services", "ingest,detector").returncode == 0


def test_status_json_tells_all(rig):
    rig.say(*(status(s) for s in SERVICES))
    document = json.loads(rig.run("status", "--json").stdout)
    ingest = [s for s in document["services"] if s["service"] == "ingest"][0]
    assert document["healthy"] is True
    assert {k: ingest[k] for k in ("instance", "state", "well", "version", "lag_ms", "outbox", "counters", "uptime_ms")} == \
        {"instance": "ingest-1", "state": "ready", "well": True, "version": "0.1.0", "lag_ms": 12, "outbox": 3, "counters": {"requests": 1}, "uptime_ms": 3720000}


def test_nobody_there_is_another_exit_status(rig):
    done = rig.run("status")
    assert done.returncode == 2 and done.stdout.count("missing") == 4


def test_status_waits_for_the_last_one(rig):
    looks = rig.looks()
    rig.say(*(status(s) for s in SERVICES if s != "records"))
    tool = rig.start("status", "--wait", "30")
    looks.get(timeout=lib.PATIENCE_S)
    rig.say(status("records", "starting"))
    rig.say(status("records"))
    assert tool.wait(20) == 0 and "records-1" in tool.stdout.read()


def test_status_waits_for_an_absent_broker(rig):
    rig.broker.stop()
    with socket.create_server(("127.0.0.1", rig.broker.port)) as nobody:
        tool = rig.start("status", "--wait", "30", "--services", "ingest")
        nobody.accept()[0].close()  # it has tried
    rig.broker.start()
    rig.say(status("ingest"))
    assert tool.wait(30) == 0 and "ingest-1" in tool.stdout.read()


def test_status_stops_waiting(rig):
    rig.say(status("ingest", "degraded"))
    began = time.monotonic()
    assert rig.run("status", "--wait", "0.5").returncode == 1
    assert 0.5 <= time.monotonic() - began < 10


def test_a_status_of_another_form_is_no_health(rig):
    rig.say(*(status(s) for s in SERVICES))
    rig.peer("ingest").publish("curtain/status/ingest/ingest-1", {"later": True}, retain=True).wait_for_publish(10)
    done = rig.run("status")
    assert done.returncode == 1 and "not understood" in done.stdout


# ---- follow ----

def test_follow_once_shows_what_is_open(rig):
    rig.snapshot(incident(1, 3, "accepted", "accepted", responder="v-202", actor="v-202"))
    rig.snapshot(incident(2, household="h-0009"))
    done = rig.run("follow", "--once")
    assert done.returncode == 0
    assert sorted(done.stdout.splitlines()) == [
        "2026-11-24 12:01:50 生命 呼救键被按下。  h-0003  已接单 v-202，2026-11-24 12:01:46 起  [i-0001 accepted] The call button was pressed.",
        "2026-11-24 12:01:50 生命 呼救键被按下。  h-0009  待呼叫，2026-11-24 12:01:46 起  [i-0002 raised] The call button was pressed."]
    assert [json.loads(line)["id"] for line in rig.run("follow", "--once", "--json", "--household", "h-0009").stdout.splitlines()] == ["i-0002"]
    assert "04:01:50" in rig.run("follow", "--once", "--zone", "UTC").stdout


def test_follow_once_with_nothing_open(rig):
    done = rig.run("follow", "--once")
    assert done.returncode == 0 and "no open incident" in done.stdout
    assert rig.run("follow", "--once", "--json").stdout == ""


def test_follow_tells_each_event_once_in_order(rig):
    rig.snapshot(incident(1, 2, "paged", "paging", actor="v-1"))
    tool = rig.start("follow", "--json")
    assert json.loads(tool.stdout.readline())["revision"] == 2
    rig.lane(1, incident(1), incident(1, 2, "paged", "paging", actor="v-1"))  # sent again: known already
    rig.snapshot(incident(1, 4, "arrived", "on_site", responder="v-1", actor="v-1"))  # overtakes the lane
    rig.lane(2, incident(1, 3, "accepted", "accepted", responder="v-1", actor="v-1"))
    rig.lane(3, incident(1, 4, "arrived", "on_site", responder="v-1", actor="v-1"), {"no": "incident"}, incident(2))
    told = [json.loads(tool.stdout.readline()) for _ in range(3)]
    assert [(i["id"], i["revision"]) for i in told] == [("i-0001", 3), ("i-0001", 4), ("i-0002", 1)]
    rig.peer("dispatcher").publish("curtain/lane/incident/dispatcher-1/0", "no batch")
    rig.lane(4, incident(1, 5, "resolved", "resolved", outcome="helped", note="一切安好"))
    assert json.loads(tool.stdout.readline()) == incident(1, 5, "resolved", "resolved", outcome="helped", note="一切安好")
    tool.kill()
    assert tool.communicate()[1].count("not understood") == 2


def test_follow_comes_back_with_the_broker(rig):
    rig.snapshot(incident(1))
    tool = rig.start("follow")
    assert "i-0001" in tool.stdout.readline()
    rig.broker.stop()
    assert "trying again" in tool.stderr.readline()
    rig.restart()  # it keeps nothing: the dispatcher says again what is open
    rig.snapshot(incident(2))
    assert "is back" in tool.stderr.readline()
    rig.lane(7, incident(2, 2, "escalated", "escalated"))
    assert "i-0002" in tool.stdout.readline()


def test_colour_is_for_terminals(rig):
    rig.snapshot(incident(1))
    seen = subprocess.run(["script", "-qec", f"{CURTAIN} follow --once", "/dev/null"], env=rig.environment, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "\033[1;31m生命" in seen
    plain = subprocess.run(["script", "-qec", f"{CURTAIN} follow --once", "/dev/null"], env={**rig.environment, "NO_COLOR": "1"}, stdout=subprocess.PIPE, text=True,
                           check=True).stdout
    assert "\033" not in plain and "i-0001" in plain


# ---- sos ----

def play_ingest(rig, opens=None, receipt=True):
    """Plays ingest's intake; opens is the snapshot that the dispatcher then publishes."""
    calls = []

    def take(message):
        calls.append((message.topic, json.loads(message.payload), message.properties.CorrelationData))
        if receipt:
            rig.peer("ingest").publish("curtain/receipt/desk", b"", correlation=b"somebody else's")
            rig.peer("ingest").answer(message, b"")
        if opens:
            rig.peer("dispatcher").publish(f"curtain/incident/c-1/{opens['id']}", opens, retain=True)
    rig.peer("dispatcher")
    rig.peer("ingest").on("curtain/in/#", take)
    return calls


def test_sos_shows_receipt_and_incident(rig):
    calls = play_ingest(rig, incident(7))
    done = rig.run("sos", "h-0003")
    assert done.returncode == 0, done
    assert [(t, p) for t, p, _ in calls] == [("curtain/in/desk/phone-h-0003", [{"n": "sos", "v": 1}])]
    lines = done.stdout.splitlines()
    assert "h-0003" in lines[0] and "回执" in lines[1] and "i-0007" in lines[2] and done.stderr == ""


def test_sos_in_json(rig):
    play_ingest(rig, incident(7))
    document = json.loads(rig.run("sos", "h-0003", "--json").stdout)
    assert document["device"] == "phone-h-0003" and document["incident"] == incident(7)
    assert 0 <= document["receipt_ms"] < 5000 and 0 <= document["incident_ms"] < 5000


def test_an_incident_of_another_household_is_none_of_this_call(rig):
    rig.snapshot(incident(1, household="h-0004"))
    play_ingest(rig, incident(7, household="h-0004"))
    done = rig.run("sos", "h-0003", "--timeout", "0.5", "--json")
    document = json.loads(done.stdout)
    assert done.returncode == 1 and document["receipt_ms"] is not None and document["incident"] is None
    assert "no incident opened" in done.stderr


def test_sos_that_joins_an_open_incident(rig):
    rig.snapshot(incident(1, 3, "accepted", "accepted", responder="v-1", actor="v-1"))
    play_ingest(rig, incident(1, 4, "alert_joined", "accepted", responder="v-1", alerts=["a-1", "a-2"]))
    done = rig.run("sos", "h-0003", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["incident"]["revision"] == 4


def test_sos_while_an_incident_is_open_and_nothing_joins(rig):
    rig.snapshot(incident(1, 3, "accepted", "accepted", responder="v-1", actor="v-1"))
    play_ingest(rig, incident(1, 4, "arrived", "on_site", responder="v-1", actor="v-1"))  # goes on, but not for this call
    done = rig.run("sos", "h-0003", "--timeout", "0.5")
    assert done.returncode == 0 and "an incident is open already" in done.stdout and "i-0001" in done.stdout
    document = json.loads(rig.run("sos", "h-0003", "--timeout", "0.5", "--json").stdout)
    assert document["incident_ms"] is None and document["incident"]["id"] == "i-0001"


def test_two_calls_at_once_have_receipts_of_their_own(rig):
    calls = play_ingest(rig, receipt=False)
    first, second = (rig.start("sos", h, "--timeout", "30", "--json") for h in ("h-0003", "h-0004"))
    wait_until(lambda: len(calls) == 2)
    assert len({correlation for _, _, correlation in calls}) == 2
    correlation = [c for topic, _, c in calls if topic.endswith("h-0003")][0]
    rig.peer("ingest").publish("curtain/receipt/desk", b"", correlation=correlation)
    rig.snapshot(incident(7))
    assert first.wait(20) == 0
    second.send_signal(0)  # still waiting: the other one's receipt was not its own
    assert second.poll() is None


def test_sos_without_receipt_says_so(rig):
    calls = play_ingest(rig, incident(7), receipt=False)
    done = rig.run("sos", "h-0003", "--timeout", "0.5")
    assert done.returncode == 2 and "no receipt" in done.stderr and len(calls) == 1


def test_sos_is_sent_again_over_a_new_connection(rig):
    calls = play_ingest(rig, receipt=False)
    tool = rig.start("sos", "h-0003", "--timeout", "30", "--json")
    wait_until(lambda: calls)
    rig.restart()
    again = play_ingest(rig, incident(7))
    out, _ = tool.communicate(timeout=40)
    assert tool.returncode == 0 and len(again) >= 1 and json.loads(out)["incident"]["id"] == "i-0007"


def test_sos_of_what_is_no_household(rig):
    done = rig.run("sos", "h/+")
    assert done.returncode == 2 and "no household's id" in done.stderr


def wait_until(condition, limit_s=lib.PATIENCE_S):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)  # what another thread appends to a list


# ---- import ----

def serve(rig, service, **methods):
    """Plays a service's API; returns what it was asked."""
    asked = []

    def noting(name, method):
        def answer(args):
            asked.append((name, args))
            return method(args)
        return answer
    rig.peer(service).serve(service, {name: noting(name, method) for name, method in methods.items()})
    return asked


COUNTS = {"added": 2, "changed": 1, "unchanged": 30, "removed": 0}


def test_import_sends_the_file_and_shows_the_counts(rig, tmp_path):
    asked = serve(rig, "records", **{"import": lambda a: ("result", {"seq": 9, "dry_run": a["dry_run"], "kinds": {"households": COUNTS, "teams": dict.fromkeys(COUNTS, 0)}})})
    file = tmp_path / "district.yaml"
    file.write_text("communities: [{id: c-1, name: 测试}]\n", encoding="utf-8")
    done = rig.run("import", str(file))
    assert done.returncode == 0, done
    assert asked == [("import", {"kind": "ledger", "format": "yaml", "text": file.read_text(encoding="utf-8"), "dry_run": False,
                                "by_row": False, "report": True, "limit": 200})]
    assert [line.split() for line in done.stdout.splitlines()] == [
        ["类别", "kind", "新增", "added", "更改", "changed", "未变", "unchanged", "删除", "removed"], ["住户", "households", "2", "1", "30", "0"]]
    dry = rig.run("import", str(file), "--dry-run", "--json")
    assert json.loads(dry.stdout)["dry_run"] is True and asked[1][1]["dry_run"] is True
    assert "nothing was changed" in rig.run("import", "--dry-run", str(file)).stdout


def test_import_of_csv_takes_the_kind_from_the_name(rig, tmp_path):
    asked = serve(rig, "records", **{"import": lambda a: ("result", {"seq": 9, "dry_run": False, "kinds": {a["kind"]: COUNTS}})})
    (tmp_path / "devices.csv").write_bytes(b"\xef\xbb\xbfid,household\r\nd-1,h-1\r\n")  # as spreadsheets write it
    assert rig.run("import", str(tmp_path / "devices.csv")).returncode == 0
    assert rig.run("import", "--kind", "households", "--format=csv", "-", stdin="id\n").returncode == 0
    assert [(a["kind"], a["format"], a["text"]) for _, a in asked] == [("devices", "csv", "id,household\r\nd-1,h-1\r\n"), ("households", "csv", "id\n")]
    bad = rig.run("import", "--format", "csv", "-", stdin="id\n")
    assert bad.returncode == 2 and "--kind" in bad.stderr


def test_a_refused_import_tells_the_place(rig, tmp_path):
    serve(rig, "records", **{"import": lambda a: ("error", ("invalid", "line 12, column 5: \"colour\" is no field of devices"))})
    file = tmp_path / "district.yaml"
    file.write_text("devices: []\n", encoding="utf-8")
    done = rig.run("import", str(file))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"curtain import: {file}:12:5: \"colour\" is no field of devices\n"


def test_a_file_that_cannot_be_sent_is_told_before_anything_is_asked(rig, tmp_path):
    file = tmp_path / "district.yaml"
    missing = rig.run("import", str(file))
    assert missing.returncode == 2 and f"{file}: cannot be read: No such file" in missing.stderr
    file.write_bytes(b"name: x\nname: \xff\xff\n")  # neither UTF-8 nor GB18030
    other = rig.run("import", str(file))
    assert other.returncode == 2 and f"{file}:2:7: is no text in" in other.stderr
    file.write_bytes(b"")
    assert "is empty" in rig.run("import", str(file)).stderr
    file.write_bytes(b"# too long\n" * 400_000)
    long = rig.run("import", str(file))
    assert long.returncode == 2 and "give it in parts" in long.stderr
    file.write_bytes(b'"' * (4 << 20))  # fits the file, not the request: each is two bytes there
    assert "give it in parts" in rig.run("import", str(file)).stderr
    assert rig.run("import").returncode == 2


def test_a_large_import_passes(rig, tmp_path):
    asked = serve(rig, "records", **{"import": lambda a: ("result", {"seq": 1, "dry_run": False, "kinds": {"devices": {**COUNTS, "added": a["text"].count("\n")}}})})
    (tmp_path / "devices.csv").write_text("d-000001,h-0001\n" * 150_000, encoding="utf-8")
    done = rig.run("import", str(tmp_path / "devices.csv"), "--timeout", "30", "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["kinds"]["devices"]["added"] == 150_000 and len(asked) == 1


# ---- timeline ----

ITEMS = [{"what": "incident", "at": "2026-11-24T04:01:46.123+00:00", "id": "i-1", "kind": "sos", "level": "life", "state": "paging", "reason_zh": "呼救键被按下。",
          "reason_en": "The call button was pressed.", "events": [{"revision": 1, "at": "2026-11-24T04:01:46.123+00:00", "event": "raised", "state": "raised"}]},
         {"what": "day", "at": "2026-11-23T10:00:00+00:00", "day": "2026-11-23", "readings": 12, "first": "2026-11-22T22:15:00+00:00", "last": "2026-11-23T10:00:00+00:00",
          "quantities": {"water_total": {"readings": 12, "delta": 61.5}}}]


def test_timeline_is_text_or_json(rig):
    asked = serve(rig, "records", timeline=lambda a: ("result", {"household": a["household"], "known": a["household"] == "h-1", "items": ITEMS if a["household"] == "h-1" else []}))
    done = rig.run("timeline", "h-1", "--most", "7")
    assert done.returncode == 0 and asked == [("timeline", {"household": "h-1", "limit": 7})]
    assert done.stdout.splitlines()[2:] == [
        "2026-11-24 12:01:46  事件  生命 呼救键被按下。  呼叫中  [i-1 sos paging] The call button was pressed.",
        "    12:01:46  事件发生",
        "2026-11-23           日计  12 条读数 06:15:00–18:00:00  用水 +61.5 L"]
    assert json.loads(rig.run("timeline", "h-1", "--json").stdout)["items"] == ITEMS
    assert asked[1] == ("timeline", {"household": "h-1"})
    unknown = rig.run("timeline", "h-2")
    assert unknown.returncode == 1 and "not in the registry" in unknown.stdout
    assert rig.run("timeline", "h-1", "--most", "501").returncode == 2


def test_a_refusal_is_told_as_it_is(rig):
    serve(rig, "records", timeline=lambda a: ("error", ("again", "the database is away; ask again later")))
    done = rig.run("timeline", "h-1")
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "curtain timeline: the database is away; ask again later\n")


# ---- dead letters ----

def letters(total):
    def answer(args):
        items = [{"id": n, "at": wall(-n), "reason": "no_profile", "topic": f"vendor/{n}/\033[2J", "payload": "{}"} for n in range(args["after"] + 1, total + 1)]
        return "result", {"count": total, "items": items[:min(args.get("limit", 50), 200)]}
    return answer


def test_dead_letters_are_listed_in_pages(rig):
    asked = serve(rig, "ingest", dead_letters=letters(450))
    done = rig.run("dead-letters", "--limit", "450", "--json")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == list(range(1, 451))
    assert [(a["after"], a["limit"]) for _, a in asked] == [(0, 200), (200, 200), (400, 50)]
    table = rig.run("dead-letters", "--after", "10", "--limit", "2")
    lines = table.stdout.splitlines()
    assert table.returncode == 0 and lines[0].split()[1::2] == ["id", "age", "reason", "profile", "topic", "payload"]
    assert lines[1].split()[0] == "11" and "no_profile" in lines[1] and "\033" not in table.stdout
    assert lines[-1] == "共 450 条，显示 2 条，后面的 (more): --after 12"


def test_no_dead_letters(rig):
    serve(rig, "ingest", dead_letters=letters(0))
    done = rig.run("dead-letters")
    assert done.returncode == 0 and "no dead letters" in done.stdout


def test_replay_goes_on_until_there_is_no_more(rig):
    answers = [{"passed": 900, "refused": 100, "after": 1000, "more": True}, {"passed": 5, "refused": 0, "after": 1005, "more": False}] * 2
    asked = serve(rig, "ingest", replay=lambda a: ("result", answers.pop(0)))
    done = rig.run("dead-letters", "--replay")
    assert done.returncode == 1 and "passed 905，仍拒收 refused again 100" in done.stdout
    assert json.loads(rig.run("dead-letters", "--replay", "--json").stdout) == {"passed": 905, "refused": 100}
    assert [a["after"] for _, a in asked] == [0, 1000, 0, 1000]


def test_a_replay_that_does_not_get_on_ends(rig):
    serve(rig, "ingest", replay=lambda a: ("result", {"passed": 0, "refused": 0, "after": 0, "more": True}))
    done = rig.run("dead-letters", "--replay")
    assert done.returncode == 2 and "does not get on" in done.stderr


# ---- the real ingest ----

@pytest.fixture
def ingest(rig, tmp_path):
    """ingest without a directory: it knows no device."""
    statuses = rig.peer("tap").listen("curtain/status/ingest/ingest-1")
    with open(tmp_path / "ingest.log", "wb") as log:
        process = subprocess.Popen([str(CURTAIN.parent / "ingest"), "--config", str(ROOT / "deploy/config/ingest.yaml"), "--set", f"bus.port={rig.broker.port}", "--set",
                                    "bus.user=ingest-1", "--set", f"bus.password_file={rig.broker.accounts.secret('ingest-1')}", "--set", f"data_dir={tmp_path}"], stderr=log)
    rig.running.append(process)
    deadline = time.monotonic() + lib.PATIENCE_S
    while json.loads(statuses.get(timeout=max(0.01, deadline - time.monotonic())).payload)["state"] not in ("ready", "degraded"):
        pass
    return process


def test_the_tool_understands_the_real_ingest(rig, ingest):
    looks = rig.peer("tap").listen("curtain/receipt/desk")
    call = rig.run("sos", "h-0003", "--timeout", "3", "--json")
    document = json.loads(call.stdout)
    assert call.returncode == 1 and document["receipt_ms"] >= 0 and document["incident"] is None and looks.get(timeout=lib.PATIENCE_S)
    letters = [json.loads(line) for line in rig.run("dead-letters", "--json").stdout.splitlines()]
    assert [(x["topic"], x["payload"]) for x in letters] == [("curtain/in/desk/phone-h-0003", '[{"n":"sos","v":1}]')]
    assert "unknown" in letters[0]["reason"] and letters[0]["profile"]
    table = rig.run("dead-letters").stdout.splitlines()
    assert len(table) == 3 and "phone-h-0003" in table[1] and table[2].startswith("共 1 条，显示 1 条")
    replayed = rig.run("dead-letters", "--replay", "--json")
    assert replayed.returncode == 1 and json.loads(replayed.stdout) == {"passed": 0, "refused": 1}
    state = json.loads(rig.run("status", "--services", "ingest", "--json").stdout)
    assert state["services"][0]["instance"] == "ingest-1" and state["missing"] == []


# ---- what goes wrong ----

COMMANDS = [("status",), ("follow", "--once"), ("sos", "h-1"), ("timeline", "h-1"), ("dead-letters",), ("import", "-")]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_broker_is_told_with_its_place(command):
    port = lib.free_port()
    done = subprocess.run([str(CURTAIN), *command, "--port", str(port)], input="teams: []\n", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"no connection to the broker 127.0.0.1:{port}" in done.stderr and "check --host and --port" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_password_is_told(rig, tmp_path, command):
    secret = tmp_path / "secret"
    secret.write_text("wrong\n", encoding="utf-8")
    secret.chmod(0o600)
    done = rig.run(*command, "--password-file", str(secret), stdin="teams: []\n")
    assert (done.returncode, done.stdout) == (2, "")
    assert "refuses the account \"desk\"" in done.stderr and "check --user and --password-file" in done.stderr
    secret.chmod(0o644)
    assert "secret" in rig.run(*command, "--password-file", str(secret), stdin="teams: []\n").stderr


def test_silence_names_the_service_and_what_its_status_says(rig):
    never = rig.run("timeline", "h-1", "--timeout", "0.3")
    assert never.returncode == 2 and "records does not answer within 0.3 s" in never.stderr and "never shown a status" in never.stderr
    rig.say(status("records", "down"))
    down = rig.run("timeline", "h-1", "--timeout", "0.3")
    assert down.returncode == 2 and "(records-1) says \"down\"" in down.stderr and "start it" in down.stderr
    serve(rig, "ingest", dead_letters=lambda a: None)
    rig.say(status("ingest"))
    busy = rig.run("dead-letters", "--timeout", "0.3")
    assert busy.returncode == 2 and "(ingest-1) says \"ready\"" in busy.stderr and "--timeout" in busy.stderr


def test_an_account_of_another_class_is_told(rig, accounts):
    gateway = ["--user", "gateway", "--password-file", str(accounts.secret("gateway")), "--timeout", "0.5"]
    serve(rig, "records", timeline=lambda a: ("result", {"household": "h-1", "known": True, "items": []}))
    for command in (["timeline", "h-1"], ["follow", "--once"]):
        done = rig.run(*command, *gateway)
        assert done.returncode == 2 and "\"gateway\"" in done.stderr and "desk" in done.stderr
    assert "\"gateway\" read curtain/status" in rig.run("status", *gateway).stderr
    rig.peer("ingest").on("curtain/in/#", lambda m: rig.peer("ingest").answer(m, b""))
    call = rig.run("sos", "h-0003", *gateway[:-1], "2")  # the refused look costs it a connection
    assert call.returncode == 1 and "sees no incidents" in call.stderr


def test_an_answer_for_another_question_is_passed_over(rig):
    def take(message):
        rig.peer("records").publish(message.properties.ResponseTopic, {"ok": True, "result": {"household": "h-2", "known": True, "items": []}}, correlation=b"ask-99")
        rig.peer("records").answer(message, {"ok": True, "result": {"household": "h-1", "known": True, "items": []}})
    rig.peer("records").on("curtain/api/+/records/+", take)
    assert json.loads(rig.run("timeline", "h-1", "--json").stdout)["household"] == "h-1"


def test_an_answer_that_is_none_is_told(rig):
    rig.peer("records").on("curtain/api/+/records/+", lambda m: rig.peer("records").answer(m, "nonsense"))
    done = rig.run("timeline", "h-1")
    assert done.returncode == 2 and "not understood" in done.stderr


def test_a_broker_that_goes_away_while_it_is_asked(rig):
    asked = serve(rig, "records", timeline=lambda a: None)
    tool = rig.start("timeline", "h-1", "--timeout", "30")
    wait_until(lambda: asked)
    rig.broker.stop()
    _, err = tool.communicate(timeout=20)
    assert tool.returncode == 2 and "ended before records answered" in err


def test_tls_with_the_right_and_the_wrong_authority(tmp_path, accounts):
    for name in ("certs", "other"):
        subprocess.run([str(ROOT / "deploy/mosquitto/certs.sh"), str(tmp_path / name)], check=True)
    broker = lib.Broker(tmp_path, accounts, tls=tmp_path / "certs")
    try:
        common = ["follow", "--once", "--port", str(broker.port), "--password-file", str(accounts.secret("desk"))]
        run = {name: subprocess.run([str(CURTAIN), *common, *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=60, check=False) for name, more in
               {"right": ["--ca-file", str(tmp_path / "certs/ca.crt")], "other": ["--ca-file", str(tmp_path / "other/ca.crt")], "plain": ["--timeout", "2"]}.items()}
    finally:
        broker.stop()
    assert run["right"].returncode == 0, run["right"]
    assert run["other"].returncode == 2 and "--ca-file" in run["other"].stderr
    assert run["plain"].returncode == 2 and "--ca-file" in run["plain"].stderr


# ---- help and completion ----

def names():
    done = subprocess.run([str(CURTAIN), "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return [line.split()[0] for line in done.split("Commands:\n\n")[1].split("\n\n")[0].splitlines()]


@pytest.mark.parametrize("name", names())
def test_every_command_helps_with_examples_and_refuses_what_it_does_not_know(name):
    done = subprocess.run([str(CURTAIN), name, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0 and done.stdout.startswith(f"usage: curtain {name}") and "example" in done.stdout and done.stderr == ""
    bad = subprocess.run([str(CURTAIN), name, "--no-such-thing"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    assert bad.returncode == 2 and bad.stdout == "" and bad.stderr


def test_the_tool_itself():
    run = lambda *a: subprocess.run([str(CURTAIN), *a], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)  # noqa: E731
    assert run().returncode == 2 and run("--version").stdout.startswith("curtain ")
    wrong = run("stauts")
    assert wrong.returncode == 2 and "unknown command \"stauts\"" in wrong.stderr and "\"status\"" in wrong.stderr


def test_the_page_names_what_there_is():
    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    def told(*command):
        return subprocess.run([str(CURTAIN), *command, "--help"], stdout=subprocess.PIPE, text=True, check=True).stdout

    helps = "".join(map(told, names()))
    for name in names():
        first, _, rest = told(name).partition("Commands:\n\n")
        helps += "".join(told(name, line.split()[0]) for line in rest.split("\n\n")[0].splitlines()) if rest and "COMMAND" in first else ""
    assert set(re.findall(r"--[a-z][a-z-]+", page)) <= set(re.findall(r"--[a-z][a-z-]+", helps))
    assert set(re.findall(r"^\| `([a-z-]+)", page, re.MULTILINE)) >= set(names())


def complete(*words, folder="."):
    """What bash offers for the last of words."""
    script = f'source <("{CURTAIN}" completion); COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _curtain; printf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "-euc", script, "bash", *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          env={**os.environ, "PATH": f"{CURTAIN.parent}:{os.environ['PATH']}"})
    assert done.returncode == 0 and done.stderr == "", done
    return sorted(filter(None, done.stdout.splitlines()))


def test_completion_knows_commands_and_options(tmp_path):
    subprocess.run(["bash", "-n"], input=subprocess.run([str(CURTAIN), "completion"], stdout=subprocess.PIPE, check=True).stdout, check=True)
    assert complete("curtain", "") == sorted(names())
    assert complete("curtain", "st") == ["status"] and complete("curtain", "zz") == []
    assert {"--wait", "--json", "--host", "--help"} <= set(complete("curtain", "status", "--"))
    assert complete("curtain", "import", "--dr") == ["--dry-run"]
    assert complete("curtain", "dead-letters", "--re") == ["--replay"]
    assert complete("curtain", "import", "--odd/word", "--dr") == ["--dry-run"] and complete("curtain", "no-such", "--") == []
    (tmp_path / "district.yaml").write_text("", encoding="utf-8")
    (tmp_path / "more").mkdir()
    assert complete("curtain", "import", "dis", folder=tmp_path) == ["district.yaml"]
    assert complete("curtain", "status", "--ca-file", "dis", folder=tmp_path) == ["district.yaml"]
    assert complete("curtain", "import", "--format", "", folder=tmp_path) == ["csv", "yaml"]
    assert complete("curtain", "visit", "") == ["answer", "day", "due", "explain", "plan", "request", "show", "tasks"]
    assert complete("curtain", "report", "dec") == ["decide", "decision", "decisions"] and "swap" in complete("curtain", "roster", "s")
    assert complete("curtain", "visit", "answer", "--err") == ["--errand"] and complete("curtain", "visit", "no-such", "--") == []
    assert complete("curtain", "elder", "") == ["duplicates", "erase", "export", "merge", "mergings", "unmerge", "withdraw"] and complete("curtain", "elder", "erase", "--co") == ["--confirm"]
    assert complete("curtain", "webhook", "o") == ["off", "on"] and complete("curtain", "webhook", "list", "--js") == ["--json"]
