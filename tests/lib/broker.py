# SPDX-License-Identifier: MIT
"""A private broker for tests, open to all or with the accounts of deploy/mosquitto/access.table, and MQTT 5 clients of the tests."""
import getpass
import json
import os
import pathlib
import queue
import random
import shutil
import socket
import subprocess
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCESS = str(ROOT / "deploy/mosquitto/access.sh")
# How long a test waits for what must come at all; a machine under load is slow, and what a promise bounds has a bound of its own where it is tested.
PATIENCE_S = 60


def free_port():
    """A port outside of the range from which the system gives ports to connections, and of the one from which deploy/local.sh takes its own (15000 on):
    nobody takes it before its server listens."""
    while True:
        with socket.socket() as s:
            port = random.SystemRandom().randrange(10000, 15000)
            try:
                s.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Accounts:
    """Accounts made by access.sh: Accounts(folder, "desk desk", "ingest ingest-1"). filters: the vendors' topics of the profiles in use."""

    def __init__(self, folder, *accounts, filters=()):
        self.folder = pathlib.Path(folder)
        subprocess.run([ACCESS, "init", str(self.folder)], check=True)
        (self.folder / "filters").write_text("".join(f + "\n" for f in filters), encoding="utf-8")
        subprocess.run([ACCESS, "add", str(self.folder), *" ".join(accounts).split()], check=True)

    def secret(self, account):
        return self.folder / "secrets" / account

    def settings(self):
        return f"password_file {self.folder}/passwords\nacl_file {self.folder}/access.acl\nallow_anonymous false\n"


class Broker:
    """mosquitto on a free loopback port; stopped by its process id. accounts None: everybody may do everything. more: further lines of its settings."""

    def __init__(self, folder, accounts=None, tls=None, more=""):
        self.port, self.accounts, self.tls, self.process = free_port(), accounts, tls, None
        self.conf = pathlib.Path(folder) / "mosquitto.conf"
        encrypted = f"cafile {tls}/ca.crt\ncertfile {tls}/broker.crt\nkeyfile {tls}/broker.key\n" if tls else ""
        self.conf.write_text(f"user {getpass.getuser()}\nlistener {self.port} 127.0.0.1\n{encrypted}max_queued_messages 0\nset_tcp_nodelay true\n{more}"
                             + (accounts.settings() if accounts else "allow_anonymous true\n"), encoding="utf-8")
        self.start()

    def start(self):
        self.process = subprocess.Popen([shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", str(self.conf)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, "the broker does not listen"
                time.sleep(0.02)  # it does not say when it listens

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Peer:
    """A client of the tests. Topics that it subscribes to are queues of their own, by filter; on(filter, function) handles instead."""

    def __init__(self, broker, account="test", name=None):
        self.queues, self.handlers, self.granted, self.filters = {}, [], queue.Queue(), []
        self.client = mqtt.Client(name or f"test-{account}-{id(self)}", protocol=mqtt.MQTTv5)
        if broker.accounts:
            self.client.username_pw_set(account, broker.accounts.secret(account).read_text(encoding="utf-8").strip())
        self.client.on_message = self.take
        self.client.on_subscribe = lambda _c, _d, mid, codes, _p: self.granted.put((mid, codes))
        self.client.on_connect = lambda client, *_: [client.subscribe(f, 1) for f in self.filters]  # again, after the broker was away
        if broker.tls:
            self.client.tls_set(f"{broker.tls}/ca.crt")
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()

    def take(self, _client, _data, message):
        for topic_filter, function in self.handlers:
            if mqtt.topic_matches_sub(topic_filter, message.topic):
                function(message)
        for topic_filter, messages in self.queues.items():
            if mqtt.topic_matches_sub(topic_filter, message.topic):
                messages.put(message)

    def subscribe(self, topic_filter):
        _, mid = self.client.subscribe(topic_filter, 1)
        granted = None
        while granted != mid:
            granted, codes = self.granted.get(timeout=PATIENCE_S)
        assert all(c.value < 128 for c in codes), f"no subscription to {topic_filter}: {codes}"
        self.filters.append(topic_filter)

    def on(self, topic_filter, function):
        self.handlers.append((topic_filter, function))
        self.subscribe(topic_filter)

    def listen(self, topic_filter):
        messages = self.queues[topic_filter] = queue.Queue()
        self.subscribe(topic_filter)
        return messages

    def publish(self, topic, payload, retain=False, response=None, correlation=None):
        properties = Properties(PacketTypes.PUBLISH)
        if response:
            properties.ResponseTopic = response
        if correlation:
            properties.CorrelationData = correlation
        body = payload if isinstance(payload, (bytes, str)) else json.dumps(payload, ensure_ascii=False)
        return self.client.publish(topic, body, qos=1, retain=retain, properties=properties)

    def answer(self, message, payload):
        """Answers a message that carries a response topic, with its correlation data."""
        self.publish(message.properties.ResponseTopic, payload, correlation=message.properties.CorrelationData)

    def serve(self, service, methods):
        """Plays a service's API: methods maps a name to a function from args to ("result", value) or ("error", (code, text)); None: silence."""
        def take(message):
            answer = methods[message.topic.rsplit("/", 1)[1]](json.loads(message.payload)["args"])
            if answer is None:
                return
            kind, value = answer
            self.answer(message, {"ok": True, "result": value} if kind == "result" else {"ok": False, "error": {"code": value[0], "text": value[1]}})
        self.on(f"curtain/api/+/{service}/+", take)

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
