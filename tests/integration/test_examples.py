# SPDX-License-Identifier: MIT
"""The examples against a real broker. The test plays ingest and dispatcher: it answers with receipts, or does not."""
import json
import os
import pathlib
import queue
import shutil
import signal
import subprocess
import sys
import time

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
from broker import PATIENCE_S, free_port  # noqa: E402

EXAMPLES = ROOT / "examples"
C_GATEWAY = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "example_gateway"
GATEWAYS = ["python", "c"]


class Broker:
    """A broker without accounts, and a client that sees everything on it."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        (folder / "mosquitto.conf").write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n", encoding="utf-8")
        self.came = queue.Queue()
        self.start()

    def start(self):
        self.process = subprocess.Popen([shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", str(self.folder / "mosquitto.conf")],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.client = mqtt.Client("test", protocol=mqtt.MQTTv5)
        self.client.on_message = lambda _c, _d, message: self.came.put(message)
        subscribed = queue.Queue()
        self.client.on_subscribe = lambda *_: subscribed.put(True)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.client.connect("127.0.0.1", self.port)
                break
            except OSError:
                assert time.monotonic() < deadline, "the broker does not listen"
                time.sleep(0.02)  # it does not say when it listens
        self.client.loop_start()
        self.client.subscribe([("curtain/in/#", 1), ("curtain/volunteer/+/reply", 1)])
        subscribed.get(timeout=PATIENCE_S)

    def stop(self, how=signal.SIGTERM):
        self.client.loop_stop()
        self.process.send_signal(how)
        self.process.wait(10)

    def message(self, limit_s=PATIENCE_S):
        return self.came.get(timeout=limit_s)

    def receipt(self, message):
        properties = Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = message.properties.CorrelationData
        self.client.publish(message.properties.ResponseTopic, message.properties.CorrelationData, qos=1, properties=properties)

    def run(self, user, command, **more):
        environment = {**os.environ, "CURTAIN_HOST": "127.0.0.1", "CURTAIN_PORT": str(self.port), "CURTAIN_USER": user, "PYTHONDONTWRITEBYTECODE": "1"}
        environment.pop("CURTAIN_PASSWORD_FILE", None)
        return subprocess.Popen([str(word) for word in command], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)


@pytest.fixture
def broker(tmp_path):
    made = Broker(tmp_path)
    yield made
    made.stop()


def gateway_command(kind, folder):
    if kind == "python":
        return [EXAMPLES / "gateway.py", "--spool", folder / "spool.db", "--resend", "0.5"]
    (folder / "spool").mkdir(exist_ok=True)
    return [C_GATEWAY, folder / "spool"]


def tell(process, text):
    process.stdin.write(text)
    process.stdin.flush()


def finish(process):
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return out


@pytest.mark.parametrize("kind", GATEWAYS)
def test_a_gateway_ends_when_all_receipts_are_there(broker, tmp_path, kind):
    process = broker.run("gw", gateway_command(kind, tmp_path))
    tell(process, "".join(f"curtain/in/gw/d-{i}\t{i}\n" for i in range(250)))  # more than its window
    process.stdin.close()
    process.stdin = None
    seen = set()
    while len(seen) < 250:
        message = broker.message()
        assert message.properties.ResponseTopic == "curtain/receipt/gw"
        seen.add((message.topic, message.payload))
        broker.receipt(message)
    assert seen == {(f"curtain/in/gw/d-{i}", b"%d" % i) for i in range(250)}
    assert "all received" in finish(process)


@pytest.mark.parametrize("kind", GATEWAYS)
def test_a_gateway_sends_again_without_a_receipt(broker, tmp_path, kind):
    process = broker.run("gw", gateway_command(kind, tmp_path))
    tell(process, "a/b\tnot for us\ncurtain/in/gw/d-1\tfirst\n")
    first = broker.message()
    again = broker.message()
    assert (again.topic, again.payload, again.properties.CorrelationData) == (first.topic, first.payload, first.properties.CorrelationData)
    process.kill()
    process.wait()


@pytest.mark.parametrize("kind", GATEWAYS)
def test_a_killed_gateway_has_its_messages_still(broker, tmp_path, kind):
    process = broker.run("gw", gateway_command(kind, tmp_path))
    tell(process, "curtain/in/gw/d-1\tone\ncurtain/in/gw/d-2\ttwo\n")
    assert {broker.message().payload for _ in range(2)} == {b"one", b"two"}
    process.kill()
    process.wait()
    while not broker.came.empty():
        broker.came.get()
    process = broker.run("gw", gateway_command(kind, tmp_path))
    tell(process, "curtain/in/gw/d-3\tthree")  # a last line without its end
    process.stdin.close()
    process.stdin = None
    seen = set()
    while len(seen) < 3:
        message = broker.message()
        seen.add(message.payload)
        broker.receipt(message)
    assert seen == {b"one", b"two", b"three"}
    finish(process)


@pytest.mark.parametrize("kind", GATEWAYS)
def test_a_killed_broker_loses_nothing_that_carries_a_receipt(broker, tmp_path, kind):
    process = broker.run("gw", gateway_command(kind, tmp_path))
    tell(process, "curtain/in/gw/d-1\tone\n")
    broker.message()
    broker.stop(signal.SIGKILL)
    tell(process, "curtain/in/gw/d-2\ttwo\n")
    broker.start()
    seen = set()
    process.stdin.close()  # it ends when it has a receipt for each
    deadline = time.monotonic() + 60
    while process.poll() is None:
        assert time.monotonic() < deadline, "it does not end"
        try:
            message = broker.message(0.1)
        except queue.Empty:
            continue
        seen.add(message.payload)
        broker.receipt(message)  # one that went out while it connected again is lost: whatever comes is answered, as ingest does
    assert process.returncode == 0 and seen == {b"one", b"two"}


def test_the_phone_system_calls_who_is_on_duty_and_tells_ingest(broker, tmp_path):
    oncall = {"team": "t-1", "community": "c-1", "number": "10000", "users": ["v-101"]}
    broker.client.publish("curtain/oncall/t-1", json.dumps(oncall), qos=1, retain=True).wait_for_publish(10)
    process = broker.run("phone", [EXAMPLES / "phone.py", "--spool", tmp_path / "spool.db", "--resend", "0.5"])
    tell(process, "h-0001 t-1\n")
    assert process.stdout.readline() == "h-0001: call 10000 v-101\n"
    call = broker.message()
    assert call.topic == "curtain/in/phone/phone-h-0001"
    record = json.loads(call.payload)[0]
    assert (record["n"], record["v"]) == ("sos", 1) and abs(record["t"] - time.time()) < 60
    broker.receipt(broker.message())  # the second time only
    finish(process)


def test_a_volunteer_sees_pages_and_repeats_an_answer_until_its_receipt(broker, tmp_path):
    page = json.loads((ROOT / "schemas/examples/valid/page.backup.json").read_text(encoding="utf-8"))
    process = broker.run("v-202", [EXAMPLES / "volunteer.py", "--spool", tmp_path / "spool.db", "--resend", "0.5"])
    tell(process, "accept\n")
    assert "no page to answer" in process.stdout.readline()  # so it is up; pages wait for its session from the first connection on
    reply = None
    while reply is None:  # until the client has subscribed
        broker.client.publish("curtain/volunteer/v-202/page", json.dumps(page), qos=1)
        first = process.stdout.readline() if select_ready(process.stdout) else ""
        if page["id"] in first:
            tell(process, "accept\n")
            reply = broker.message()
    body = json.loads(reply.payload)
    assert reply.topic == "curtain/volunteer/v-202/reply"
    assert (body["page"], body["incident"], body["action"]) == (page["id"], page["incident"], "accept")
    again = broker.message()
    assert again.payload == reply.payload
    broker.receipt(again)
    tell(process, "done nonsense\n")
    tell(process, "done helped 已送医\n")
    done = broker.message()
    while json.loads(done.payload)["action"] != "done":
        done = broker.message()
    assert json.loads(done.payload)["outcome"] == "helped" and json.loads(done.payload)["note"] == "已送医"
    broker.receipt(done)
    out = finish(process)
    assert "done needs an outcome" in out and "已送达" in out


def select_ready(stream):
    import select
    return bool(select.select([stream], [], [], 0.5)[0])


def test_a_withdrawn_page_is_told_and_no_longer_answered(broker, tmp_path):
    page = json.loads((ROOT / "schemas/examples/valid/page.withdrawn.json").read_text(encoding="utf-8"))
    process = broker.run("v-202", [EXAMPLES / "volunteer.py", "--spool", tmp_path / "spool.db"])
    while True:
        broker.client.publish("curtain/volunteer/v-202/page", json.dumps(page), qos=1)
        if select_ready(process.stdout):
            break
    assert "no need to go" in process.stdout.readline()
    tell(process, "accept\n")
    assert "no page to answer" in finish(process)
