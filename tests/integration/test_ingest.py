# SPDX-License-Identifier: MIT
"""ingest against a real broker: lanes, acknowledgements only after the commit, kill -9, a full disk, reload, dead letters, replay."""
import json
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import broker as broker_lib  # noqa: E402
import ingest as lib  # noqa: E402
import lane as lanes  # noqa: E402


@pytest.fixture
def rig(tmp_path):
    made = lib.Ingest(tmp_path)
    yield made
    made.close()


@pytest.fixture
def running(rig):
    rig.know("d-1")
    rig.start()
    rig.directory.wait("ingest")
    return rig


def water(total, ms=None):
    return {"id": "1", "ts": lib.wall(ms or lib.now_ms()), "total_m3": total}


def test_a_reading_leaves_on_its_lane_and_a_call_for_help_on_the_other(running):
    at = lib.now_ms() - 5000
    running.peer.publish("meter/d-1/water", water(1.5, at))
    running.peer.publish("meter/d-1/water", water(1.75, at + 1000))
    running.peer.publish("button/d-1", {"action": "sos"})
    first, second, press = running.readings.wait(lambda items: len(items) == 3)
    assert (first["device"], first["household"], first["quantity"], first["value"], first["at"]) == ("d-1", "h-1", "water_total", 1500, lib.wall(at))
    assert "delta" not in first and (second["delta"], second["since"]) == (250, lib.wall(at))
    assert press["quantity"] == "sos"
    (alert,) = running.alerts.wait(lambda items: items)
    assert (alert["kind"], alert["level"], alert["state"], alert["household"], alert["onset"]) == ("sos", "life", "raised", "h-1", press["at"])
    running.peer.publish("button/d-1", {"action": "sos"})  # within the window: a reading, no second alert
    running.readings.wait(lambda items: len(items) == 4)
    counters = running.counters()
    assert (counters["messages"], counters["readings"], counters["alerts"], counters["alarm_joined"]) == (4, 4, 1, 1)


def test_native_senml_is_taken(running):
    running.profile((ROOT / "deploy/config/profiles/senml.yaml").read_text(encoding="utf-8"), "senml.yaml")
    running.reload()
    running.peer.publish("curtain/in/test/d-1", [{"bn": "", "n": "water_total", "u": "m3", "v": 2}, {"n": "sos", "v": 1}])
    items = running.readings.wait(lambda items: len(items) == 2)
    assert {(i["quantity"], i["value"]) for i in items} == {("water_total", 2000), ("sos", 1)}
    running.alerts.wait(lambda items: len(items) == 1)


def test_packs_beyond_one_batch_go_into_several(running):
    running.profile((ROOT / "deploy/config/profiles/senml.yaml").read_text(encoding="utf-8"), "senml.yaml")
    running.reload()
    base = lib.now_ms() / 1000 - 3600
    for pack in range(60):
        running.peer.publish("curtain/in/test/d-1", [{"n": "level", "t": base + pack * 10 + i * 0.05, "v": pack * 200 + i} for i in range(200)])
    items = running.readings.wait(lambda items: len(items) >= 12000)
    assert [i["value"] for i in items] == list(range(12000))


def test_the_access_list_lets_it_do_its_work_and_no_more(tmp_path):
    accounts = broker_lib.Accounts(tmp_path / "access", *lib.ACCOUNTS, filters=["meter/+/water", "plain/+", "button/+"])
    (tmp_path / "rig").mkdir()
    rig = lib.Ingest(tmp_path / "rig", accounts=accounts)
    try:
        rig.know("d-1")
        rig.start()
        rig.directory.wait("ingest")
        receipts = rig.peer.listen("curtain/receipt/player")
        rig.profile((ROOT / "deploy/config/profiles/senml.yaml").read_text(encoding="utf-8"), "senml.yaml")
        rig.reload()
        rig.peer.publish("meter/d-1/water", water(1), response="curtain/receipt/player", correlation=b"w")
        assert receipts.get(timeout=broker_lib.PATIENCE_S).properties.CorrelationData == b"w"
        rig.peer.publish("curtain/in/player/d-1", [{"n": "sos", "v": 1}])
        rig.peer.publish("curtain/in/desk/d-1", [{"n": "sos", "v": 1}])  # not the player's own topic: the broker drops it
        rig.readings.wait(lambda items: len(items) == 2)
        rig.alerts.wait(lambda items: len(items) == 1)
        rig.state(lambda s: s["outbox"] == 0)
        assert rig.counters()["messages"] == 2
        assert rig.ask("dead_letters")["count"] == 0
    finally:
        rig.close()


def test_over_tls_nothing_is_left_lying_in_the_library(tmp_path):
    """Several messages come in one record: what a full turn leaves decrypted makes no socket readable."""
    subprocess.run([str(ROOT / "deploy/mosquitto/certs.sh"), str(tmp_path / "certs")], check=True)
    (tmp_path / "rig").mkdir()
    rig = lib.Ingest(tmp_path / "rig", tls=tmp_path / "certs")
    try:
        rig.know("d-1")
        rig.start("intake.turn_messages=7")
        rig.directory.wait("ingest")
        for n in range(2000):
            rig.peer.publish("plain/d-1", str(n))
        items = rig.readings.wait(lambda items: len(items) == 2000)
        assert [i["value"] for i in items] == list(range(2000))
    finally:
        rig.close()


def test_instances_that_share_the_intake_are_producers_of_their_own(rig):
    other = lanes.Consumer(rig.peer, "reading", "records", "ingest-2")
    rig.know("d-1")
    rig.start("intake.share=all")
    rig.directory.wait("ingest")
    first = rig.process
    states = rig.peer.listen("curtain/status/ingest/ingest-2")
    (rig.folder / "two").mkdir()
    with open(rig.log, "ab") as log:
        second = subprocess.Popen(rig.command("intake.share=all", "instance=ingest-2", f"data_dir={rig.folder}/two"), stderr=log)
    try:
        while json.loads(states.get(timeout=broker_lib.PATIENCE_S).payload)["counters"].get("devices") != 1:
            pass
        for n in range(400):
            rig.peer.publish("plain/d-1", str(n))
        rig.state(lambda s: len(rig.readings.items) + len(other.items) >= 400)
        assert sorted(i["value"] for i in rig.readings.items + other.items) == list(range(400))
        assert rig.readings.items and other.items
    finally:
        second.terminate()
        assert second.wait(10) == 0
        rig.process = first


def test_a_wrong_password_is_named_and_never_printed(tmp_path):
    accounts = broker_lib.Accounts(tmp_path / "access", *lib.ACCOUNTS, filters=["meter/+/water", "plain/+", "button/+"])
    (tmp_path / "rig").mkdir()
    (tmp_path / "wrong").write_text("not-the-password\n", encoding="utf-8")
    os.chmod(tmp_path / "wrong", 0o600)
    rig = lib.Ingest(tmp_path / "rig", accounts=accounts)
    try:
        rig.start(f"bus.password_file={tmp_path}/wrong", ready=False)
        rig.logged("msg=bus_refused")
        assert rig.end() == 0
        assert "not-the-password" not in rig.lines()
    finally:
        rig.close()


# ---- what an acknowledgement means ----

LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?(\w+)(?:\((\d+)?| resumed>)(.*)$")


def calls(path):
    """The system calls of a trace in order of their end: (name, descriptor, bytes written or read, result, line of begin, line of end)."""
    open_calls = {}
    for number, line in enumerate(path.read_text(encoding="latin-1").splitlines()):
        match = LINE.match(line)
        if not match:
            continue
        thread, name, descriptor, rest = match.groups()
        if " resumed>" in line[:60]:
            begin, name, descriptor, before = open_calls.pop((thread, name), (number, name, None, ""))
            rest = before + rest
        elif rest.endswith("<unfinished ...>"):
            open_calls[thread, name] = (number, name, descriptor, rest[:-16])
            continue
        else:
            begin = number
        result = re.search(r"= (-?\d+)", rest.rsplit(")", 1)[-1])
        data = re.search(r'"((?:\\x[0-9a-f]{2})*)"', rest)
        content = bytes.fromhex(data.group(1).replace("\\x", "")) if data else b""
        yield name, descriptor, content, int(result.group(1)) if result else -1, begin, number


def packets(stream):
    """MQTT packets at the head of a stream: (first byte, body, bytes that it took)."""
    at = 0
    while len(stream) - at >= 2:
        length, shift, body = 0, 0, at + 1
        while body < len(stream):
            length |= (stream[body] & 127) << shift
            shift += 7
            body += 1
            if not stream[body - 1] & 128:
                break
        else:
            return
        if len(stream) - body < length:
            return
        yield stream[at], bytes(stream[body:body + length]), body + length
        at = body + length


class Trace:
    """What the intake's socket and the store's files saw, in lines of the trace."""

    def __init__(self, path):
        self.given, self.acknowledged, self.receipts, self.syncs, self.written = {}, {}, {}, [], []
        intake, incoming, outgoing, seen_in, seen_out = None, bytearray(), bytearray(), 0, 0
        for name, descriptor, content, result, begin, end in calls(path):
            if name in ("fdatasync", "fsync") and result == 0:
                self.syncs.append(end)
            elif name == "pwrite64":
                self.written.append((end, content))
            elif name == "write" and b"ingest-1-intake" in content and content[:1] == b"\x10":
                intake = descriptor
            elif descriptor == intake and name == "read" and result > 0:
                incoming += content[:result]
                for first, body, used in packets(incoming[seen_in:]):
                    self.arrived(first, body, end)
                    step = used
                else:
                    step = max((used for _, _, used in packets(incoming[seen_in:])), default=0)
                seen_in += step
            elif descriptor == intake and name == "write" and result > 0:
                outgoing += content[:result]
                for first, body, used in packets(outgoing[seen_out:]):
                    self.left(first, body, begin)
                seen_out += max((used for _, _, used in packets(outgoing[seen_out:])), default=0)

    def arrived(self, first, body, line):
        if first & 0xf6 == 0x32:  # PUBLISH, QoS 1
            topic = body[2:2 + int.from_bytes(body[:2], "big")].decode()
            packet = body[2 + len(topic):4 + len(topic)]
            if topic.startswith("plain/"):
                self.given[packet] = (topic.split("/")[1], line)

    def left(self, first, body, line):
        if first == 0x40 and body[:2] in self.given:
            self.acknowledged[self.given[body[:2]][0]] = line
        elif first & 0xf0 == 0x30:
            topic = body[2:2 + int.from_bytes(body[:2], "big")].decode()
            if topic == "curtain/receipt/test":
                self.receipts[body[-6:].decode()] = line  # the payload is the correlation: the device's name

    def stored(self, name, given):
        """The line by which what names the device was on the disk: the first sync after a write that holds the name."""
        written = next((line for line, content in self.written if line > given and name.encode() in content), None)
        assert written is not None, f"{name} was never written"
        return next(line for line in self.syncs if line > written)


def test_no_acknowledgement_and_no_receipt_leaves_before_the_commit_that_holds_its_message(rig):
    count = 300
    names = [f"d-{n:04d}" for n in range(count)]
    rig.know(*names)
    path = rig.folder / "trace"
    rig.start(under=("strace", "-f", "-xx", "-s", "9000", "-e", "trace=read,write,pwrite64,fsync,fdatasync", "-o", str(path)))
    rig.directory.wait("ingest", 60)
    receipts = rig.peer.listen("curtain/receipt/test")
    for n, name in enumerate(names):
        rig.peer.publish(f"plain/{name}", str(n), response="curtain/receipt/test", correlation=name.encode())
    got = [receipts.get(timeout=60).payload.decode() for _ in names]
    assert sorted(got) == names
    rig.readings.wait(lambda items: len(items) == count, 60)
    child = pathlib.Path(f"/proc/{rig.process.pid}/task/{rig.process.pid}/children").read_text(encoding="ascii").split()[0]
    os.kill(int(child), signal.SIGTERM)
    assert rig.exited() == 0
    trace = Trace(path)
    assert len(trace.given) == count and set(trace.acknowledged) == set(names) == set(trace.receipts)
    for name, given in trace.given.values():
        stored = trace.stored(name, given)
        assert given < stored < trace.acknowledged[name], name
        assert stored < trace.receipts[name], name


def test_receipts_come_back_with_their_correlation_and_foreign_ones_are_counted(running):
    receipts = running.peer.listen("curtain/receipt/gw-1")
    running.peer.publish("plain/d-1", "1", response="curtain/receipt/gw-1", correlation=b"\x00one\xff")
    message = receipts.get(timeout=broker_lib.PATIENCE_S)
    assert message.properties.CorrelationData == b"\x00one\xff"
    running.readings.wait(lambda items: len(items) == 1)
    running.peer.publish("plain/d-1", "2", response="somewhere/else", correlation=b"two")
    running.peer.publish("plain/d-1", "not a number", response="curtain/receipt/gw-1", correlation=b"three")  # refused, but safe: a dead letter
    assert receipts.get(timeout=broker_lib.PATIENCE_S).properties.CorrelationData == b"three"
    assert running.counters()["bad_receipts"] == 1


# ---- kill -9 ----

class Flood(threading.Thread):
    """Publishes values 0..count-1, spread over devices, each once; QoS 1, kept until the broker has it."""

    def __init__(self, rig, devices, count):
        super().__init__()
        self.rig, self.devices, self.count, self.peer = rig, devices, count, broker_lib.Peer(rig.broker, name="flood")
        self.peer.client.max_inflight_messages_set(500)

    def run(self):
        last = None
        for n in range(self.count):
            last = self.peer.publish(f"plain/{self.devices[n % len(self.devices)]}", str(n))
            if n % 50 == 0:
                last.wait_for_publish(30)
        last.wait_for_publish(30)
        self.peer.close()


def test_kill_9_under_load_loses_nothing_and_doubles_nothing(rig):
    seed = int(os.environ.get("CURTAIN_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"seed {seed}")
    dice, rounds, count = random.Random(seed), 10, 30000
    devices = [f"d-{n}" for n in range(40)]
    rig.know(*devices)
    rig.start()
    rig.directory.wait("ingest")
    flood = Flood(rig, devices, count)
    flood.start()
    redelivered = 0
    for _ in range(rounds):
        goal = len(rig.readings.items) + dice.randrange(200, 2000)
        rig.readings.wait(lambda items, goal=goal: len(items) >= min(goal, count))
        assert rig.end(signal.SIGKILL) == -signal.SIGKILL
        rig.start()
        redelivered += rig.counters()["redelivered"]
    flood.join(60)
    items = rig.readings.wait(lambda items: len(items) >= count, 60)
    values = [i["value"] for i in items]
    assert sorted(values) == list(range(count)), f"seed {seed}: {count - len(set(values))} lost, {len(values) - len(set(values))} twice"
    print(f"{rounds} kills, {redelivered} messages given again and told apart, {rig.readings.duplicates} batches sent twice")


def test_what_the_broker_has_not_kept_as_ours_is_new_however_equal_it_is(running):
    """Ids begin anew with a broker that forgot the session: an equal message with an old id is a new message."""
    for n in range(3):
        running.peer.publish("button/d-1", {"action": "sos"})
    running.readings.wait(lambda items: len(items) == 3)
    running.broker.stop()
    running.broker.start()
    running.state(lambda s: s["state"] == "ready")
    for n in range(3):
        running.peer.publish("button/d-1", {"action": "sos"})
    running.readings.wait(lambda items: len(items) == 6)
    assert running.counters()["redelivered"] == 0


def test_states_outlive_a_kill(running):
    running.peer.publish("meter/d-1/water", water(10))
    running.readings.wait(lambda items: len(items) == 1)
    running.end(signal.SIGKILL)
    running.start()
    running.peer.publish("meter/d-1/water", water(10.5))
    items = running.readings.wait(lambda items: len(items) == 2)
    assert items[1]["delta"] == 500 and items[1]["since"] == items[0]["at"]


def test_consumers_that_were_away_get_everything_in_order(running):
    running.readings.hold()
    for n in range(500):
        running.peer.publish("plain/d-1", str(n))
    running.state(lambda s: s["counters"]["readings"] == 500)
    running.end(signal.SIGKILL)
    running.start()
    running.state(lambda s: s["outbox"] > 0)
    running.readings.hold(False)
    items = running.readings.wait(lambda items: len(items) == 500, 60)
    assert [i["value"] for i in items] == list(range(500))
    running.state(lambda s: s["outbox"] == 0 and s["lag_ms"] == 0)


# ---- a full disk ----

@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)], check=False, stderr=subprocess.DEVNULL).returncode:
        pytest.skip("a small file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_on_a_full_disk_alerts_use_the_ballast_and_nothing_is_acknowledged(tmp_path, small_disk):
    folder = tmp_path / "rig"
    folder.mkdir()
    rig = lib.Ingest(folder, small_disk / "data")
    try:
        devices = [f"d-{n}" for n in range(400)]
        rig.know(*devices)
        rig.start("disk.ballast=4MiB")
        rig.directory.wait("ingest")
        rig.peer.publish("plain/d-0", "-1")
        rig.readings.wait(lambda items: len(items) == 1)
        with open(small_disk / "filler", "wb", buffering=0) as filler:
            size = 1 << 20
            while size >= 512:
                try:
                    if filler.write(b"x" * size) < size:
                        size //= 2
                except OSError:
                    size //= 2
        pressed = 0
        for device in devices:  # one at a time, so that the commit that fails holds one call for help
            rig.peer.publish(f"button/{device}", {"action": "sos"})
            pressed += 1
            rig.alerts.wait(lambda items, wanted=pressed: len({i["evidence"][0]["device"] for i in items}) == wanted)
            if rig.state(lambda s, wanted=pressed: s["state"] == "down" or s["counters"]["readings"] == 1 + wanted)["state"] == "down":
                break
        assert rig.exited() == 1
        assert "msg=disk_full_alerts_stored ballast=used" in rig.lines()
        assert not (small_disk / "data/ingest.db.ballast").exists()
        for n in range(200):  # the broker keeps what comes meanwhile
            rig.peer.publish("plain/d-1", str(n))
        (small_disk / "filler").unlink()
        rig.start("disk.ballast=4MiB")
        items = rig.readings.wait(lambda items: len(items) == 1 + pressed + 200)
        assert [i["value"] for i in items if i["quantity"] == "level"] == [-1, *range(200)]
        assert [i["device"] for i in items if i["quantity"] == "sos"] == devices[:pressed]  # the last one was never acknowledged
        assert (small_disk / "data/ingest.db.ballast").stat().st_size == 4 << 20
        assert rig.end() == 0
    finally:
        rig.close()


# ---- profiles ----

def test_new_profiles_are_taken_all_or_nothing(running):
    good = lib.PROFILE.replace('"plain/{device}"', '"bare/{device}"')
    running.profile(good)
    running.profile("profile: broken\nversion: 1\nentries:\n  - name: x\n    topic: \"t/{device}\"\n    emit:\n      - {quantity: watre, value: .v}\n", "broken.yaml")
    running.process.send_signal(signal.SIGHUP)
    running.logged("msg=reload_refused")
    assert re.search(r"broken\.yaml:7:\d+: .*watre", running.lines())
    running.peer.publish("plain/d-1", "1")
    running.readings.wait(lambda items: len(items) == 1)
    (running.profiles / "broken.yaml").unlink()
    running.reload()
    running.peer.publish("bare/d-1", "2")
    items = running.readings.wait(lambda items: len(items) == 2)
    assert items[1]["value"] == 2
    before = running.counters()["messages"]
    running.peer.publish("plain/d-1", "3")  # nobody asks for it any more: the broker keeps it to itself
    running.peer.publish("bare/d-1", "4")
    running.readings.wait(lambda items: len(items) == 3)
    assert running.counters()["messages"] == before + 1


def test_subscriptions_of_profiles_that_changed_while_it_was_down_are_given_up(running):
    assert running.end() == 0
    running.profile(lib.PROFILE.replace('"plain/{device}"', '"bare/{device}"'))
    running.start()
    running.peer.publish("plain/d-1", "1")
    running.peer.publish("bare/d-1", "2")
    items = running.readings.wait(lambda items: items)
    assert items[0]["value"] == 2 and running.counters()["messages"] == 1


def test_wrong_settings_stop_it_before_it_connects_with_place_and_fix(rig):
    config = rig.folder / "ingest.yaml"
    for text, place, word in (("profiles: profiles\nlanes:\n  resnd: 1s\n", "ingest.yaml:3:3", "resend"), ("profiles: profiles\ndevices: {battery_low: 101}\n", "ingest.yaml:2:", "100"),
                              ("profiles: nowhere\n", "nowhere", "nowhere")):
        config.write_text(text, encoding="utf-8")
        for extra in (("--check",), ()):
            done = subprocess.run([str(lib.INGEST), "--config", str(config), *extra], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
            assert done.returncode == 2 and place in done.stdout and word in done.stdout, done.stdout
    config.write_text("profiles: profiles\n", encoding="utf-8")
    rig.profile(lib.PROFILE.replace("quantity: level", "quantity: levle"))
    done = subprocess.run([str(lib.INGEST), "--config", str(config), "--check"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=20, check=False)
    assert done.returncode == 2 and re.search(r"test\.yaml:13:\d+: .*level", done.stdout), done.stdout


def test_the_shipped_settings_pass_the_check():
    done = subprocess.run([str(lib.INGEST), "--config", str(ROOT / "deploy/config/ingest.yaml"), "--check"], stdout=subprocess.PIPE, text=True, timeout=20, check=False)
    assert done.returncode == 0 and "reading_consumers" in done.stdout


# ---- directory ----

def test_consent_withdrawn_takes_effect_at_once_and_keeps_nothing(running):
    running.peer.publish("plain/d-1", "1")
    running.readings.wait(lambda items: len(items) == 1)
    running.directory.put(lanes.gone("consent", "h-1"))
    running.directory.wait("ingest")
    running.peer.publish("plain/d-1", "2")
    running.peer.publish("button/d-1", {"action": "sos"})
    running.state(lambda s: s["counters"]["device_no_consent"] == 2)
    running.end(signal.SIGKILL)  # and it stays so
    running.start()
    running.peer.publish("plain/d-1", "3")
    counters = running.state(lambda s: s["counters"]["device_no_consent"] == 1)["counters"]
    assert counters["dead_letters"] == 0 and counters["devices"] == 1
    running.know("d-1")
    running.peer.publish("plain/d-1", "4")
    items = running.readings.wait(lambda items: len(items) == 2)
    assert items[1]["value"] == 4 and not running.alerts.items


def test_a_household_that_is_gone_stays_gone_after_a_restart(running):
    running.directory.put(lanes.gone("household", "h-1"))
    running.directory.wait("ingest")
    running.end(signal.SIGKILL)
    running.start()
    running.peer.publish("plain/d-1", "1")
    running.state(lambda s: s["counters"]["device_no_consent"] == 1)


def test_a_registry_made_anew_leaves_no_consent_behind(rig):
    rig.know("d-1")
    rig.know("d-2", household="h-2")
    rig.start("lanes.directory_quiet=300ms")
    rig.directory.wait("ingest")
    rig.directory.anew(epoch=2000)
    rig.directory.put(lanes.consent("h-1", "level"), lanes.device("d-1", "h-1"))
    rig.directory.wait("ingest")
    rig.logged("msg=directory_swept entries=2")
    rig.peer.publish("plain/d-2", "1")
    rig.peer.publish("plain/d-1", "2")
    items = rig.readings.wait(lambda items: items)
    assert [i["device"] for i in items] == ["d-1"]
    assert rig.counters()["device_unknown_device"] == 1


def test_forged_batches_and_acknowledgements_are_counted_and_change_nothing(running):
    body = {"lane": "directory-ingest", "producer": "records-1", "epoch": 1000, "shard": 0, "prev": running.directory.seq, "seq": running.directory.seq + 1,
            "at": lib.wall(lib.now_ms()), "items": [{**lanes.gone("consent", "h-1"), "seq": running.directory.seq + 1}]}
    running.peer.publish("curtain/lane/directory-ingest/records-2/0", body)  # another account's topic
    running.peer.publish("curtain/lane/directory-ingest/records-2/0", {**body, "producer": "records-2"})  # nobody whom we listen to
    running.peer.publish("curtain/lane/directory-ingest/records-1/0", "{")
    for ack in ({"epoch": 9999999999999, "seq": 1}, {"epoch": 1}, {"seq": 1}, "no json"):
        running.peer.publish("curtain/ack/reading/ingest-1/0/records", ack)
    running.peer.publish("curtain/ack/reading/ingest-1/0/nobody", {"epoch": 1, "seq": 1})
    counters = running.state(lambda s: s["counters"]["forged_batches"] == 2 and s["counters"]["stale_batches"] == 1 and s["counters"]["bad_acks"] == 5)["counters"]
    assert counters["devices"] == 1
    running.peer.publish("plain/d-1", "1")
    running.readings.wait(lambda items: len(items) == 1)


# ---- dead letters ----

def test_dead_letters_are_listed_and_replayed_after_the_cause_is_mended(running):
    running.peer.publish("plain/d-9", "7")
    running.peer.publish("plain/d-1", "seven")
    running.peer.publish("button/d-9", {"action": "sos"})
    running.state(lambda s: s["counters"]["dead_letters"] == 3)
    letters = running.ask("dead_letters")
    assert letters["count"] == 3
    assert [(i["topic"], i["reason"].split(":")[0], i["payload"]) for i in letters["items"]] == [
        ("plain/d-9", "unknown_device", "7"), ("plain/d-1", "not_a_number", "seven"), ("button/d-9", "unknown_device", '{"action": "sos"}')]
    assert running.ask("dead_letters", after=letters["items"][0]["id"], limit=1)["items"] == letters["items"][1:2]
    assert running.ask("replay") == {"passed": 0, "refused": 3, "after": letters["items"][2]["id"], "more": False}
    running.know("d-9", household="h-9")
    assert running.ask("replay")["passed"] == 2
    items = running.readings.wait(lambda items: len(items) == 2)
    assert [(i["value"], i["at"]) for i in items] == [(7, letters["items"][0]["at"]), (1, letters["items"][2]["at"])]  # when they came, not now
    (alert,) = running.alerts.wait(lambda items: items)
    assert alert["onset"] == letters["items"][2]["at"]
    running.profile(lib.PROFILE.replace('format: number\n    emit:\n      - {quantity: level, value: .}',
                                        'format: text\n    emit:\n      - {quantity: level, value: \'if . == "seven" then 7 else tonumber end\'}'))
    running.reload()
    assert running.ask("replay")["passed"] == 1
    assert running.ask("dead_letters")["count"] == 0
    assert running.readings.wait(lambda items: len(items) == 3)[2]["device"] == "d-1"


def test_dead_letters_that_name_a_device_are_forgotten(running):
    running.peer.publish("plain/forget-me", "7")
    running.peer.publish("plain/keep-me", "8")
    running.state(lambda s: s["counters"]["dead_letters"] == 2)
    assert running.ask("forget", device="forget-me") == {"forgotten": 1}
    assert [i["topic"] for i in running.ask("dead_letters")["items"]] == ["plain/keep-me"]
    assert running.ask("forget", device="keep-me") == {"forgotten": 1}


def test_strange_payloads_are_counted_and_stop_nothing(running):
    strange = [b"", b"\xff\xfe", b"{", b"[" * 100000, b"1" * 300000, b'{"action": NaN}', b"nan", b"1e999", b'{"action": "\\u0000"}', b"\x00" * 50]
    for payload in strange:
        running.peer.publish("button/d-1", payload)
        running.peer.publish("plain/d-1", payload)
        running.peer.publish("meter/d-1/water", payload)
    for topic in ("plain/门\u200b", "plain/" + "x" * 300, "plain/a b", "plain/d-1"):
        running.peer.publish(topic, "1")
    running.peer.publish("plain/d-1", "5")
    running.readings.wait(lambda items: items and items[-1]["value"] == 5, 60)
    counters = running.counters()
    assert counters["messages"] == 3 * len(strange) + 5
    assert counters["unencodable"] == 0
    assert running.end() == 0


# ---- stopping, waiting, replaying ----

def test_sigterm_stops_it_within_five_seconds_under_load(rig):
    rig.know("d-1")
    rig.start()
    rig.directory.wait("ingest")
    flood = Flood(rig, ["d-1"], 10000)
    flood.start()
    rig.readings.wait(lambda items: len(items) > 500)
    began = time.monotonic()
    assert rig.end(limit_s=6) == 0
    assert time.monotonic() - began < 5
    rig.state(lambda s: s["state"] == "down")
    rig.start()
    flood.join(30)
    items = rig.readings.wait(lambda items: len(items) >= 10000, 60)
    assert [i["value"] for i in items] == list(range(10000))


def test_a_lane_on_which_nothing_happens_says_so(rig):
    rig.know("d-1")
    rig.start("lanes.heartbeat=200ms")
    rig.readings.wait(lambda items: len(rig.readings.marks) == 8)
    rig.alerts.wait(lambda items: len(rig.alerts.marks) == 8)
    first = dict(rig.readings.marks)
    rig.readings.wait(lambda items: all(rig.readings.marks[s] > first[s] for s in first), what="later heartbeats")
    assert not rig.readings.items


def test_on_the_replay_clock_messages_happen_at_the_tick_that_follows_them(rig):
    start = 1_700_000_000_000
    rig.know("d-1", "d-2")
    rig.start("clock=replay", ready=False)
    rig.directory.wait("ingest")  # before there is a time at all
    rig.state(lambda s: s["state"] == "ready")
    rig.peer.publish("curtain/clock", {"at": lib.wall(start)})
    rig.readings.wait(lambda items: len(rig.readings.marks) == 8 and set(rig.readings.marks.values()) == {lib.wall(start)})
    rig.peer.publish("plain/d-1", "1")
    rig.peer.publish("meter/d-1/water", water(1, start + 3_500_000))
    rig.peer.publish("curtain/clock", {"at": lib.wall(start + 3_600_000)})
    items = rig.readings.wait(lambda items: len(items) == 2)
    assert [i["at"] for i in items] == [lib.wall(start + 3_600_000), lib.wall(start + 3_500_000)]
    rig.readings.wait(lambda items: set(rig.readings.marks.values()) == {lib.wall(start + 3_600_000)})
    assert not rig.alerts.items  # nobody is silent since 1970
    # What waits for the clock is not acknowledged: a kill loses nothing.
    rig.peer.publish("plain/d-2", "2")
    rig.state(lambda s: True)
    rig.end(signal.SIGKILL)
    rig.start("clock=replay", ready=False)
    rig.state(lambda s: s["state"] == "ready")
    rig.peer.publish("curtain/clock", {"at": lib.wall(start + 7_200_000)})
    items = rig.readings.wait(lambda items: len(items) == 3)
    assert (items[2]["device"], items[2]["value"], items[2]["at"]) == ("d-2", 2, lib.wall(start + 7_200_000))
    rig.peer.publish("curtain/clock", {"at": lib.wall(start + 7_200_000 + 48 * 3_600_000)})
    silent = rig.alerts.wait(lambda items: len(items) == 2)
    assert {(i["rule"], i["evidence"][0]["device"]) for i in silent} == {("silent", "d-1"), ("silent", "d-2")}
    assert json.loads(json.dumps(silent[0]))["level"] == "maintenance"
