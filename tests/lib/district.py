# SPDX-License-Identifier: MIT
"""What the whole-system tests share: a system made by deploy/local.sh, an invented district, publishers with and without receipts."""
import json
import os
import pathlib
import subprocess
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOCAL = str(ROOT / "deploy/local.sh")


class System:
    """A whole system in a folder; `with System(folder) as system:` starts it and stops it again."""

    def __init__(self, folder, *options, env=None):
        self.folder, self.options = str(folder), options
        self.environment = {**os.environ, **(env or {})}

    def local(self, *arguments, check=True):
        action, *rest = arguments
        done = subprocess.run([LOCAL, action, self.folder, *rest], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"local.sh {' '.join(arguments)}: {done.stdout[-2000:]}")
        return done.stdout

    def __enter__(self):
        try:
            self.local("up", *self.options)
        except RuntimeError:
            self.local("down", check=False)  # what did start must not stay behind
            raise
        for line in self.local("env").splitlines():
            if line.startswith("export "):
                for pair in line[7:].split():
                    key, _, value = pair.partition("=")
                    if key.startswith("CURTAIN_"):
                        self.environment[key] = value
        self.port = int(self.environment["CURTAIN_PORT"])
        return self

    def __exit__(self, *_):
        self.local("down", check=False)

    def password(self, account):
        return (pathlib.Path(self.folder) / "access/secrets" / account).read_text(encoding="utf-8").strip()

    def curtain(self, *arguments, check=True):
        binary = pathlib.Path(self.environment.get("CURTAIN_BIN", ROOT / "build/release/bin")) / "curtain"
        done = subprocess.run([str(binary), *arguments], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f"curtain {' '.join(arguments)}: {done.stdout[-1000:]}{done.stderr[-1000:]}")
        return done.stdout

    def sql(self, text):
        """One query in the system's own PostgreSQL; rows as lists of text. Raises while the server is away."""
        conninfo = subprocess.run([str(ROOT / "deploy/postgres.sh"), "conninfo", self.folder + "/pg"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
        done = subprocess.run(["psql", "-X", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-c", text, conninfo], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return [line.split("\t") for line in done.stdout.splitlines()]

    def await_sql(self, query, wanted, limit_s):
        """Looks at the database until query gives wanted; returns what it gave last."""
        deadline, got = time.monotonic() + limit_s, None
        while time.monotonic() < deadline:
            try:
                got = self.sql(query)[0][0]
                if got == str(wanted):
                    break
            except (RuntimeError, IndexError):
                pass
            time.sleep(0.05)  # a poll of another process's database; nothing announces a row
        return got


def ledger(households, volunteers=6):
    """An invented district as `curtain import` reads it: each household with a water meter and an SOS button."""
    people = [f"v-{i:03d}" for i in range(1, volunteers + 1)]
    return {
        "communities": [{"id": "c-1", "name": "测试社区"}],
        "teams": [{"id": "t-1", "community": "c-1", "captain": "captain-1", "desk": "desk", "number": "10000"}],
        "volunteers": [{"id": p, "team": "t-1", "phone": "1000", "day": True, "night": True, "order": i} for i, p in enumerate(people)]
        + [{"id": "captain-1", "team": "t-1", "phone": "1001", "day": False, "night": False}, {"id": "desk", "team": "t-1", "phone": "1002", "desk": True}],
        "households": [{"id": f"h-{i:05d}", "community": "c-1", "team": "t-1", "persons": 1} for i in range(households)],
        "consents": [{"household": f"h-{i:05d}", "quantities": ["water_total", "sos", "battery", "signal", "link_quality", "contact"]} for i in range(households)],
        "devices": [{"id": f"h{i:06d}", "household": f"h-{i:05d}", "place": "kitchen"} for i in range(households)]
        + [{"id": f"sos_{i:05d}", "household": f"h-{i:05d}", "place": "bed"} for i in range(households)],
    }


class Gateway:
    """A device gateway: QoS 1, and with receipts=True each message is kept and sent again until its receipt has come."""

    def __init__(self, system, account="gateway", receipts=False, resend_s=3.0, window=500):
        self.receipts, self.resend_s, self.window, self.account = receipts, resend_s, window, account
        self.changed = threading.Condition()
        self.waiting = {}  # correlation or mid -> (topic, payload, sent)
        self.early = set()  # acknowledged before publish had told us its mid
        self.sent = self.resent = 0
        self.client = mqtt.Client(f"{account}-{os.getpid()}-{id(self)}", protocol=mqtt.MQTTv5)
        self.client.username_pw_set(account, system.password(account))
        self.client.max_inflight_messages_set(window)
        self.client.max_queued_messages_set(0)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = self.on_publish
        self.client.on_message = self.on_receipt
        self.client.on_connect = self.on_connect
        self.ready = threading.Event()
        self.client.on_subscribe = lambda *_: self.ready.set()
        self.client.connect("127.0.0.1", system.port, clean_start=True)
        self.client.loop_start()
        if not self.ready.wait(20):
            raise RuntimeError("gateway: no connection")

    def on_connect(self, client, *_):
        client.subscribe(f"curtain/receipt/{self.account}", 1)

    def on_publish(self, _client, _data, mid):
        if not self.receipts:
            with self.changed:
                if mid in self.waiting:
                    del self.waiting[mid]
                else:
                    self.early.add(mid)
                self.changed.notify_all()

    def on_receipt(self, _client, _data, message):
        with self.changed:
            self.waiting.pop(bytes(getattr(message.properties, "CorrelationData", b"") or message.payload), None)
            self.changed.notify_all()

    def publish(self, topic, payload):
        with self.changed:
            while not self.changed.wait_for(lambda: len(self.waiting) < self.window, 0.5):
                self.resend()  # what the broker lost holds the window until it is sent again
            self.sent += 1
            if self.receipts:
                correlation = b"%d" % self.sent
                self.waiting[correlation] = [topic, payload, time.monotonic()]
                self.send(topic, payload, correlation)
                return
        # Not under our lock: paho calls on_publish under a lock of its own, which publish takes too.
        mid = self.client.publish(topic, payload, qos=1).mid
        with self.changed:
            if mid in self.early:
                self.early.discard(mid)
            else:
                self.waiting[mid] = None

    def send(self, topic, payload, correlation):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = f"curtain/receipt/{self.account}"
        properties.CorrelationData = correlation
        self.client.publish(topic, payload, qos=1, properties=properties)

    def resend(self):
        """Sends again what has had no receipt for a while; call it now and then."""
        now = time.monotonic()
        with self.changed:
            for correlation, entry in list(self.waiting.items()):
                if self.receipts and now - entry[2] > self.resend_s and self.client.is_connected():
                    entry[2] = now
                    self.resent += 1
                    self.send(entry[0], entry[1], correlation)

    def drain(self, limit_s=120):
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            self.resend()
            with self.changed:
                if self.changed.wait_for(lambda: not self.waiting, 0.5):
                    break
        with self.changed:
            return len(self.waiting)

    def close(self):
        self.client.loop_stop()
        self.client.disconnect()


def import_ledger(system, data, folder):
    """Brings the ledger into the registry and waits until ingest works by it: what comes earlier is of unknown devices."""
    path = pathlib.Path(folder) / "ledger.yaml"
    path.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")  # JSON is YAML
    said = system.curtain("import", str(path))
    wanted, deadline = len(data["devices"]) + len(data["households"]), time.monotonic() + 120  # each household has a handset
    while time.monotonic() < deadline:
        services = json.loads(system.curtain("status", "--json", check=False) or "{}").get("services", [])
        if any(s["service"] == "ingest" and s["counters"].get("devices", 0) >= wanted for s in services):
            return said
        time.sleep(0.2)  # a status is refreshed on its own schedule
    raise RuntimeError(f"ingest does not know {wanted} devices")
