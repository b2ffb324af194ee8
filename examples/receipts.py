# SPDX-License-Identifier: MIT
"""Keeps each message in a file until its receipt has come, and sends it again until then (docs/receipts.md).

A PUBACK says that the broker has a message in its memory. A receipt says that it is on the disk of the service that it is for:
what is sent this way survives kill -9 of the broker and loss of power on either side. It may arrive twice; readings with the
device's own time are recognised when they do.

    sender = Sender(connection(), "spool.db")
    sender.put("curtain/in/gateway/water-1", payload)    # on our disk when this returns; from any thread
    sender.end()                                         # nothing more will come
    sender.run()                                         # sends, and sends again, until all receipts are there
"""
import os
import pathlib
import secrets
import sqlite3
import sys
import threading
import time

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties


def connection(client_id=None, session_s=0):
    """A client for the broker that CURTAIN_HOST, CURTAIN_PORT, CURTAIN_USER, CURTAIN_PASSWORD_FILE and CURTAIN_CA_FILE name; not started yet.

    session_s: how long the broker keeps what comes for us while we are away.
    """
    client = mqtt.Client(client_id or os.environ["CURTAIN_USER"], protocol=mqtt.MQTTv5)
    client.account = os.environ["CURTAIN_USER"]
    if os.environ.get("CURTAIN_PASSWORD_FILE"):
        client.username_pw_set(client.account, pathlib.Path(os.environ["CURTAIN_PASSWORD_FILE"]).read_text(encoding="utf-8").strip())
    if os.environ.get("CURTAIN_CA_FILE"):
        client.tls_set(os.environ["CURTAIN_CA_FILE"])
    client.reconnect_delay_set(1, 30)
    expiry = Properties(PacketTypes.CONNECT)
    expiry.SessionExpiryInterval = session_s
    client.connect_async(os.environ.get("CURTAIN_HOST", "127.0.0.1"), int(os.environ.get("CURTAIN_PORT", "1883")), clean_start=session_s == 0, properties=expiry)
    return client


class Sender:
    """Takes over on_connect and on_message of the client; other topics' messages go to on_other(message)."""

    def __init__(self, client, spool, resend_s=5.0, window=100, subscribe=(), on_other=None):
        self.client, self.resend_s, self.window = client, resend_s, window
        self.topic = f"curtain/receipt/{client.account}"
        self.filters, self.on_other = [(self.topic, 1), *((f, 1) for f in subscribe)], on_other
        # Correlation data that no other account can guess, or it could have a receipt sent to us for what never arrived.
        self.token = secrets.token_hex(8) + "-"
        self.changed = threading.Condition()  # between the caller's threads and paho's
        self.ended = False
        self.sent = {}  # number -> when it was last sent, on the monotonic clock
        self.received = set()  # numbers whose receipt has come; run() forgets them in one transaction
        self.ready = False  # receipts are subscribed: sending before that would lose them
        self.resent = 0
        self.store = sqlite3.connect(spool, check_same_thread=False, isolation_level=None)
        self.store.execute("pragma journal_mode = wal")
        self.store.execute("pragma synchronous = full")
        self.store.execute("create table if not exists message (number integer primary key autoincrement, topic text not null, payload blob not null)")
        client.on_connect, client.on_disconnect = self._connected, self._disconnected
        client.on_subscribe, client.on_message = self._subscribed, self._came
        client.loop_start()

    def put(self, topic, payload):
        """Keeps a message; it is on the disk when this returns."""
        with self.changed:
            self.store.execute("insert into message (topic, payload) values (?, ?)", (topic, payload.encode() if isinstance(payload, str) else payload))
            self.changed.notify_all()

    def end(self):
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def run(self, on_empty=None):
        """Sends what is new and what has waited for resend_s; returns after end(), once nothing waits for a receipt.

        on_empty() is called each time that the last receipt has come.
        """
        waited = False
        while True:
            with self.changed:
                self._forget()
                if self.ready:
                    self._send_due(time.monotonic())
                waiting = self.store.execute("select count(*) from message").fetchone()[0]
                ended = self.ended
                if waiting or not (ended or waited):
                    self.changed.wait(min(1.0, self.resend_s))  # until something comes; and now and then for what is due again
            if waited and not waiting and on_empty:
                on_empty()
            if ended and not waiting:
                return
            waited = waiting > 0

    def close(self):
        self.client.disconnect()
        self.client.loop_stop()
        with self.changed:
            self.store.close()

    def _forget(self):
        if self.received:
            self.store.execute("begin")
            self.store.executemany("delete from message where number = ?", [(number,) for number in self.received])
            self.store.execute("commit")
            for number in self.received:
                self.sent.pop(number, None)
            self.received.clear()

    def _send_due(self, now):
        for number, topic, payload in self.store.execute("select number, topic, payload from message order by number limit ?", (self.window,)).fetchall():
            last = self.sent.get(number)
            if last is None or now - last >= self.resend_s:
                self.resent += last is not None
                self.sent[number] = now
                self._send(number, topic, payload)

    def _send(self, number, topic, payload):
        properties = Properties(PacketTypes.PUBLISH)
        properties.ResponseTopic = self.topic
        properties.CorrelationData = f"{self.token}{number}".encode()
        self.client.publish(topic, payload, qos=1, properties=properties)

    # --- from paho's thread ---

    def _connected(self, client, _data, _flags, reason, _properties=None):
        if reason == 0:
            client.subscribe(self.filters)

    def _subscribed(self, _client, _data, _mid, reasons, *_):
        if any(reason.value >= 128 for reason in reasons):
            print(f"receipts.py: the broker refuses {self.filters}", file=sys.stderr)
            return
        with self.changed:
            self.ready = True
            self.sent.clear()  # whatever was under way may be lost with the connection
            self.changed.notify_all()

    def _disconnected(self, *_):
        with self.changed:
            self.ready = False

    def _came(self, _client, _data, message):
        if message.topic != self.topic:
            if self.on_other:
                self.on_other(message)
            return
        token, _, number = getattr(message.properties, "CorrelationData", b"").decode("ascii", "replace").rpartition("-")
        if token + "-" == self.token and number.isdecimal():
            with self.changed:
                self.received.add(int(number))
                self.changed.notify_all()
