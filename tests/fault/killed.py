# SPDX-License-Identifier: MIT
"""A dispatcher that is killed at its named instants (services/dispatcher/instant.h), with a real broker and a webhook's receiver around it, and people whose replies arrive.

A kill is armed only when what the one before may have doubled is settled, so that "at most twice" is the promise of one kill and not a matter of luck.
"""
import dataclasses
import heapq
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/lib"))
import broker as lib  # noqa: E402
import lane  # noqa: E402
import vendors  # noqa: E402
import yaml  # noqa: E402

LATE_S = 30  # beyond the outage; a machine that is shared may be slow, a timer that is forgotten is later than that


@dataclasses.dataclass
class Row:
    """What became of what was under way while the dispatcher was killed at one instant; a part adds its own counts, HEAD, line() and good()."""
    instant: str
    kills: int = 0
    lost: int = 0
    more: int = 0
    early: int = 0
    late: int = 0
    worst_late_s: float = 0.0
    notes: list = dataclasses.field(default_factory=list)

    def count(self, what, note):
        setattr(self, what, getattr(self, what) + 1)
        self.notes.append(f"{what}: {note}")

    def timed(self, rig, what, due, at):
        """Something was due and came at a time, by the clock of the stamps; an outage excuses its own length."""
        if at < due - 0.0015:  # stamps have milliseconds
            self.count("early", f"{what} {due - at:.3f} s before its time")
        late = at - due - rig.outage(due, at)
        self.worst_late_s = max(self.worst_late_s, late)
        if late > LATE_S:
            self.count("late", f"{what} {late:.1f} s after its time")


def table(rig, kind, instants, kills, say):
    """Runs the rig at each instant and closes it. Gives the rows, of that kind, and their sum; says each as it is done."""
    rows = []
    try:
        say(kind.HEAD)
        for instant in instants:
            rows.append(rig.run(instant, kills))
            say(rows[-1].line())
            for note in rows[-1].notes[:20]:
                say(f"    {note}")
    finally:
        rig.close()
    total = kind("all")
    for field in dataclasses.fields(kind):
        if field.type in (int, "int"):
            setattr(total, field.name, sum(getattr(r, field.name) for r in rows))
    total.worst_late_s = max((r.worst_late_s for r in rows), default=0.0)
    say(total.line())
    return rows, total


class Clockwork:
    """Does things at their time on one thread."""

    def __init__(self):
        self.changed, self.heap, self.number, self.over = threading.Condition(), [], 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def after(self, delay_s, function):
        with self.changed:
            self.number += 1
            heapq.heappush(self.heap, (time.monotonic() + delay_s, self.number, function))
            self.changed.notify_all()

    def run(self):
        while True:
            with self.changed:
                while not self.over and (not self.heap or self.heap[0][0] > time.monotonic()):
                    self.changed.wait(self.heap[0][0] - time.monotonic() if self.heap else None)
                if self.over:
                    return
                function = heapq.heappop(self.heap)[2]
            function()

    def close(self):
        with self.changed:
            self.over = True
            self.changed.notify_all()
        self.thread.join()


class Replies:
    """What people say; each reply is sent again until its receipt has come."""

    def __init__(self, peer, clockwork):
        self.peer, self.clockwork, self.lock = peer, clockwork, threading.Lock()
        self.waiting, self.number, self.replied = {}, 0, {}
        peer.on("curtain/receipt/crowd", self.take_receipt)

    def reply(self, incident, user, action, page=None, **more):
        with self.lock:
            self.number += 1
            correlation = b"%d" % self.number
            self.replied.setdefault((incident, user, action), time.time())
        body = {"incident": incident, "user": user, "action": action, "at": lane.rfc3339(time.time()), **({"page": page} if page else {}), **more}
        self.waiting[correlation] = (f"curtain/volunteer/{user}/reply", body)
        self.send(correlation)

    def send(self, correlation):
        entry = self.waiting.get(correlation)
        if entry:
            self.peer.publish(*entry, response="curtain/receipt/crowd", correlation=correlation)
            self.clockwork.after(1.0, lambda: self.send(correlation))

    def take_receipt(self, message):
        self.waiting.pop(bytes(message.payload), None)


class Rig:
    """instants: each with how often it may be passed before the kill, at most; share: of that, how much where there is less to do."""

    def __init__(self, folder, binary, seed, instants, share=1.0):
        self.folder, self.binary, self.seed, self.instants, self.share = pathlib.Path(folder), str(binary), seed, instants, share
        self.armed, self.process, self.values = self.folder / "instant", None, []
        self.broker = lib.Broker(folder)
        self.clockwork = Clockwork()
        self.world = vendors.World()
        self.world["webhook"].delay = 0.05
        self.world.write_secrets(self.folder)
        self.peers = {}
        self.registry = lane.Producer(self.peer("records-1"), "directory-dispatcher", "records-1", ["dispatcher"], shards=1, compacted=True)
        self.status = lane.Log(self.peer("tap"), "curtain/status/dispatcher/#")
        self.down = []  # (from, until) without a dispatcher

    def peer(self, name):
        if name not in self.peers:
            self.peers[name] = lib.Peer(self.broker, name)
        return self.peers[name]

    def begin(self, directory, *values, **channel):
        """channel: what is told of the webhook beside its preset."""
        entry = vendors.channel(self.world, "webhook", timeout="60s", **channel)  # an answer that is only slow must not be called for again
        (self.folder / "channels.yaml").write_text(yaml.safe_dump({"version": 1, "channels": [entry], **({"order": ["webhook"]} if channel else {})}), encoding="utf-8")
        self.values = [f"bus.port={self.broker.port}", f"data_dir={self.folder}/data", "status_every=100ms", "lanes.resend=200ms", "lanes.want=100ms", "disk.ballast=0",
                       "keep=60s", f"channels.file={self.folder}/channels.yaml", f"channels.presets={ROOT}/deploy/config/channels", *values]
        self.start()
        self.registry.give(0, directory)
        self.status.wait(self.registry.all_acked, "the directory to be taken", 60)

    def start(self):
        with open(self.folder / "dispatcher.log", "ab") as log:
            self.process = subprocess.Popen([self.binary, "--config", str(ROOT / "deploy/config/dispatcher.yaml"), *(a for v in self.values for a in ("--set", v))],
                                            stderr=log, env={**os.environ, "CURTAIN_INSTANT": str(self.armed)})

    def settled(self, since, limit_s=60):
        """Waits until a dispatcher that began after since has nothing on its way to anybody."""
        def look():
            heard = [m for m in self.status.messages[-20:] if m.at > since and m.body and m.body["state"] == "ready"]
            return heard and not heard[-1].body["counters"]["pages_waiting"] and not heard[-1].body["counters"]["channel_waiting"]
        self.status.wait(look, "pages and calls to be settled", limit_s)

    def arm(self, instant, count):
        fresh = self.folder / "instant.new"
        fresh.write_text(f"{instant} {count} {time.monotonic_ns()}\n", encoding="utf-8")
        fresh.rename(self.armed)

    def died(self, limit_s):
        try:
            code = self.process.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        assert code == -signal.SIGKILL, f"the dispatcher ended by itself ({code}): {self.log()[-2000:]}"
        return True

    def log(self):
        return (self.folder / "dispatcher.log").read_text(encoding="utf-8")

    def kill_at(self, instant, dice, flows, limit_s=10):
        """One kill, and a dispatcher that runs again; False: the instant did not come. While flows is not set, nothing new is begun."""
        if instant in ("anywhere", "store-read"):
            time.sleep(dice.uniform(0.05, 1.0))  # the moment is the test
            self.process.send_signal(signal.SIGKILL)
            self.died(60)
            flows.clear()
            began = time.time()
            if instant == "store-read":  # and again, at the worst moment of the start
                self.arm(instant, 1)
                self.start()
                assert self.died(60), "it did not come to read its store"
        else:
            self.arm(instant, dice.randint(1, max(1, int(self.instants[instant] * self.share))))
            if not self.died(limit_s):
                self.armed.unlink()
                if not self.died(0.2):  # it may have passed the instant just before
                    return False
            flows.clear()
            began = time.time()
        self.armed.unlink(missing_ok=True)
        since = time.monotonic()
        self.start()
        self.status.wait(lambda: any(m.at > since and m.body and m.body["state"] == "ready" for m in self.status.messages[-20:]), "the dispatcher to be back", 60)
        self.down.append((began, time.time()))
        self.settled(since)
        return True

    def outage(self, since, until):
        """Seconds without a dispatcher between two times."""
        return sum(max(0.0, min(until, end) - max(since, begin)) for begin, end in self.down)

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        self.clockwork.close()
        for peer in self.peers.values():
            peer.close()
        self.world.close()
        self.broker.stop()
