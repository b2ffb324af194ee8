# SPDX-License-Identifier: MIT
"""ingest alone, with its neighbours played: a broker, a directory, consumers of its two lanes, profiles of the tests."""
import json
import os
import pathlib
import queue
import signal
import subprocess
import time

import broker as broker_lib
import lane as lane_lib

ROOT = pathlib.Path(__file__).resolve().parents[2]
INGEST = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "ingest"
STATUS = "curtain/status/ingest/ingest-1"
ACCOUNTS = ("ingest ingest-1", "records records-1", "dispatcher dispatcher-1", "desk desk", "player player")

PROFILE = """profile: test
version: 1
entries:
  - name: water
    topic: "meter/{device}/water"
    time: {value: .ts}
    emit:
      - {quantity: water_total, value: .total_m3, unit: m3}
  - name: level
    topic: "plain/{device}"
    format: number
    emit:
      - {quantity: level, value: .}
  - name: button
    topic: "button/{device}"
    when: '.action == "sos"'
    emit:
      - {quantity: sos, value: "1"}
"""


def now_ms():
    return time.time_ns() // 1_000_000


def wall(ms):
    """RFC 3339 as the suite writes it, of milliseconds since 1970."""
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + ".%03dZ" % (ms % 1000)


class Ingest:
    """accounts: the broker with the real access list (see ACCOUNTS), and each neighbour with its own account; None: all on one open connection."""

    def __init__(self, folder, data=None, accounts=None, tls=None):
        self.folder = pathlib.Path(folder)
        self.data = pathlib.Path(data or self.folder / "data")
        self.profiles, self.log = self.folder / "profiles", self.folder / "ingest.log"
        self.profiles.mkdir()
        self.profile(PROFILE)
        (self.folder / "ingest.yaml").write_text("profiles: profiles\n", encoding="utf-8")
        self.broker = broker_lib.Broker(self.folder, accounts, tls, more="max_inflight_messages 2000\npersistence false\n")
        names = ("player", "records-1", "dispatcher-1", "desk") if accounts else ("test",)
        self.peers = {name: broker_lib.Peer(self.broker, name, name) for name in names}
        self.peer = self.peers.get("player") or self.peers["test"]
        records, dispatcher, self.desk = (self.peers.get(name, self.peer) for name in ("records-1", "dispatcher-1", "desk"))
        self.process, self.accounts = None, accounts
        self.states = self.desk.listen(STATUS)
        self.directory = lane_lib.Directory(records)
        self.readings = lane_lib.Consumer(records, "reading", "records", "ingest-1")
        self.alerts = lane_lib.Consumer(dispatcher, "alert", "dispatcher", "ingest-1")

    def profile(self, text, name="test.yaml"):
        (self.profiles / name).write_text(text, encoding="utf-8")

    def command(self, *sets):
        values = ("bus.port=%d" % self.broker.port, f"data_dir={self.data}", "status_every=200ms", "lanes.reading_consumers=[records]",
                  "lanes.alert_consumers=[dispatcher]", "lanes.resend=500ms", "lanes.want=200ms",
                  *(("bus.user=ingest-1", f"bus.password_file={self.accounts.secret('ingest-1')}") if self.accounts else ()),
                  *((f"bus.ca_file={self.broker.tls}/ca.crt",) if self.broker.tls else ()), *sets)
        return [str(INGEST), "--config", str(self.folder / "ingest.yaml"), *(part for value in values for part in ("--set", value))]

    def start(self, *sets, under=(), ready=True):
        self.states.queue.clear()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*under, *self.command(*sets)], stderr=log, stdout=log)
        return self.state(lambda s: s["state"] == "ready") if ready else None

    def end(self, number=signal.SIGTERM, limit_s=10):
        """Sends the signal and gives the exit status."""
        self.process.send_signal(number)
        return self.exited(limit_s)

    def exited(self, limit_s=broker_lib.PATIENCE_S):
        code = self.process.wait(limit_s)
        self.process = None
        return code

    def close(self):
        if self.process:
            self.end(signal.SIGKILL)
        for peer in self.peers.values():
            peer.close()
        self.broker.stop()

    def lines(self):
        return self.log.read_text(encoding="utf-8") if self.log.exists() else ""

    def logged(self, text, limit_s=broker_lib.PATIENCE_S):
        deadline = time.monotonic() + limit_s
        while text not in self.lines():
            assert time.monotonic() < deadline, f"no {text!r} in the log: {self.lines()[-1500:]}"
            time.sleep(0.02)  # a log announces nothing

    def state(self, condition, limit_s=broker_lib.PATIENCE_S):
        """Waits for a status of which condition is true."""
        deadline, last = time.monotonic() + limit_s, None
        while True:
            try:
                last = json.loads(self.states.get(timeout=max(0.01, deadline - time.monotonic())).payload)
            except queue.Empty:
                raise AssertionError(f"waited {limit_s} s for a status; the last was {last}; log: {self.lines()[-1500:]}") from None
            if condition(last):
                return last

    def reload(self):
        """SIGHUP, and waits until the new subscriptions are with the broker: a status that is published later than they are."""
        self.process.send_signal(signal.SIGHUP)
        self.logged("msg=reloaded")
        self.counters()

    def counters(self):
        """The counters of a status that is published from now on."""
        self.states.queue.clear()
        self.state(lambda s: True)
        return self.state(lambda s: True)["counters"]

    def know(self, *devices, household="h-1", quantities=("water_total", "level", "sos", "fall", "battery")):
        self.directory.put(lane_lib.consent(household, *quantities), *(lane_lib.device(d, household) for d in devices))
        if self.process:
            self.directory.wait("ingest")

    def ask(self, method, **args):
        answers = self.desk.listen("curtain/api/desk/response/test")
        self.desk.publish(f"curtain/api/desk/ingest/{method}", {"args": args}, response="curtain/api/desk/response/test", correlation=b"c")
        answer = json.loads(answers.get(timeout=broker_lib.PATIENCE_S).payload)
        assert answer["ok"], answer
        return answer["result"]
