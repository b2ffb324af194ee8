#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs scenario scripts (README.md here) against a whole system of real processes on the replay clock, with a tap on everything that passes.

run_live.py [FILE.scn...]   (default: all of this folder)   CURTAIN_BIN: folder of the programs

All scripts run on one system, one after another, each three weeks after the one before and with names of its own (h-1 becomes h-1-k3), so that
none disturbs another.
"""
import datetime as dt
import heapq
import itertools
import json
import pathlib
import sys
import tempfile
import threading
import time

import paho.mqtt.client as mqtt

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "lib"))
from district import System  # pylint: disable=wrong-import-position
from tap import Tap  # pylint: disable=wrong-import-position

ZONE = dt.timezone(dt.timedelta(hours=8))
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
PATIENCE_S = 30
LATE_S = 3  # what is published before the dispatcher's time moves on may still be on its way to us


class Broken(Exception):
    pass


def rfc3339(t):
    return dt.datetime.fromtimestamp(t, dt.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def duration(text):
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[text[-1]]


class World:
    """The running system and what has been seen of it; the same for all scripts."""

    def __init__(self, system):
        self.system, self.changed = system, threading.Condition()
        self.now = 0.0
        self.clock = 0.0
        self.pages, self.incidents, self.alerts, self.oncall, self.status = [], [], [], {}, {}
        self.directory = {}  # lane -> {household: seq of its newest entry}
        self.acked = {}      # lane -> seq
        self.unacknowledged, self.early = set(), set()  # mids that were published, and acknowledgements that were quicker than their mids
        system.local("account", "player", "player")
        self.tap = Tap(system, self.see)
        self.client = mqtt.Client("player", protocol=mqtt.MQTTv5)
        self.client.username_pw_set("player", system.password("player"))
        self.client.on_publish = self.published
        self.client.max_inflight_messages_set(1000)

    def __enter__(self):
        self.tap.__enter__()
        self.client.connect("127.0.0.1", self.system.port)
        self.client.loop_start()
        return self

    def __exit__(self, *_):
        self.client.loop_stop()
        self.client.disconnect()
        self.tap.__exit__()

    def published(self, _client, _data, mid):
        with self.changed:
            if mid in self.unacknowledged:
                self.unacknowledged.remove(mid)
            else:
                self.early.add(mid)
            self.changed.notify_all()

    def see(self, topic, body, _retained):
        part = topic.split("/")
        with self.changed:
            if part[1] == "volunteer" and part[3] == "page":
                self.pages.append((self.now, body))
            elif part[1] == "lane" and part[2] == "incident":
                self.incidents += body["items"]
            elif part[1] == "lane" and part[2] == "alert":
                self.alerts += body["items"]
            elif part[1] == "lane" and part[2].startswith("directory-"):
                rows = self.directory.setdefault(part[2], {})
                rows.update({item["key"]: body["seq"] for item in body["items"] if item["kind"] in ("household", "consent", "appointment")})
            elif part[1] == "ack" and part[2].startswith("directory-"):
                self.acked[part[2]] = body["seq"]
            elif part[1] == "oncall":
                self.oncall[part[2]] = body
            elif part[1] == "status":
                self.status[part[2]] = body
                if part[2] == "dispatcher" and body.get("clock"):
                    self.clock = max(self.clock, seconds(body["clock"]))
            self.changed.notify_all()

    def wait(self, condition, what, limit_s=PATIENCE_S):
        with self.changed:
            if not self.changed.wait_for(condition, limit_s):
                raise Broken(f"waited {limit_s} s for {what}")

    def publish(self, topic, payload):
        mid = self.client.publish(topic, json.dumps(payload), qos=1).mid  # not under our lock: the client calls published under its own
        with self.changed:
            if mid in self.early:
                self.early.remove(mid)
            else:
                self.unacknowledged.add(mid)

    def tick(self, t):
        """The clock moves to t; comes back when the dispatcher has worked up to there."""
        self.wait(lambda: not self.unacknowledged, "the broker's acknowledgements")
        self.now = t
        self.publish("curtain/clock", {"at": rfc3339(t)})
        self.wait(lambda: self.clock >= t, f"the dispatcher to reach {rfc3339(t)}")

    def registry(self, data, households, appointments=()):
        """Imports a ledger; comes back when every service has it."""
        before = {lane: dict(rows) for lane, rows in self.directory.items()}
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
            json.dump(data, file)
            file.flush()
            self.system.curtain("import", file.name)

        def arrived():
            return all(self.directory.get(lane, {}).get(h, 0) > before.get(lane, {}).get(h, 0)
                       and self.acked.get(lane, 0) >= self.directory[lane][h]
                       for lane, keys in (("directory-ingest", households), ("directory-detector", [*households, *appointments])) for h in keys) and \
                self.acked.get("directory-dispatcher", 0) >= max(self.directory.get("directory-dispatcher", {0: 0}).values())

        self.wait(arrived, "the directory to reach all")


class Script:
    def __init__(self, world, path, number):
        self.world, self.path, self.suffix, self.number = world, path, f"-k{number}", number
        self.start = self.mark = 0.0
        self.order, self.queue = itertools.count(), []
        self.ledger = {"communities": [{"id": "c-1", "name": "c-1"}], "teams": [], "volunteers": [], "households": [], "consents": [], "devices": [], "appointments": []}
        self.registered = False
        self.totals = {}
        self.pages_from = len(world.pages)

    def name(self, word):
        return word + self.suffix

    def run(self):
        for path, line, words in self.lines(self.path):
            try:
                getattr(self, "do_" + words[0])(words)
            except Broken as fault:
                raise Broken(f"{path.name}:{line}: {fault} (it is {rfc3339(self.world.now)})") from None
        self.world.registry({"households": [{"id": h["id"], "deleted": True} for h in self.ledger["households"]]},
                            [h["id"] for h in self.ledger["households"]])

    def lines(self, path):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            words = line.split("#")[0].split()
            if words and words[0] == "include":
                yield from self.lines(path.parent / words[1])
            elif words:
                yield path, number, words

    def moment(self, day, clock):
        week = int(day[3:] or 1) - 1
        h, m, s = (list(map(int, clock.split(":"))) + [0])[:3]
        return self.start + (week * 7 + DAYS.index(day[:3])) * 86400 + h * 3600 + m * 60 + s

    # --- the registry: collected until time begins to move ---

    def do_start(self, w):
        self.start = dt.datetime.fromisoformat(w[1]).replace(tzinfo=ZONE).timestamp() + self.number * 21 * 86400
        self.world.tick(self.start)

    def do_team(self, w):
        self.ledger["teams"].append({"id": self.name(w[1]), "community": "c-1", "captain": self.name(w[2]), "desk": self.name(w[3]), "number": "10000"})
        self.ledger["volunteers"] += [{"id": self.name(w[2]), "team": self.name(w[1])}, {"id": self.name(w[3]), "team": self.name(w[1]), "desk": True}]

    def do_volunteer(self, w):
        self.ledger["volunteers"].append({"id": self.name(w[1]), "team": self.name(w[2]), "day": w[3] in ("day", "both"),
                                          "night": w[3] in ("night", "both"), "order": int(w[4])})

    def do_household(self, w):
        self.ledger["households"].append({"id": self.name(w[1]), "community": "c-1", "team": self.name(w[2]), "persons": 1, "canary": "canary" in w[3:]})

    def do_device(self, w):
        self.ledger["devices"].append({"id": self.name(w[1]), "household": self.name(w[2]), "place": "home"})

    def do_appointment(self, w):
        self.ledger["appointments"].append({"id": self.name(w[1]), "household": self.name(w[2]), "sign": w[3], "opens": w[4], "by": w[5],
                                            **({"grace_min": int(w[6])} if len(w) > 6 else {})})

    def do_consent(self, w):
        row = {"household": self.name(w[1]), **({"quantities": w[2:]} if len(w) > 2 else {"deleted": True})}
        if self.registered:
            self.world.registry({"consents": [row]}, [row["household"]])
        else:
            self.ledger["consents"].append(row)

    def do_meter(self, w):
        t, last = self.moment(*w[3:5]), self.moment(*w[5:7])
        while t <= last:
            self.totals[w[1]] = self.totals.get(w[1], 1000) + float(w[2])
            heapq.heappush(self.queue, (t, next(self.order), w[1], {"n": "water_total", "v": self.totals[w[1]], "t": t}))
            t += 3600

    # --- what happens ---

    def go(self, t):
        if not self.registered:
            self.world.registry(self.ledger, *([row["id"] for row in self.ledger[kind]] for kind in ("households", "appointments")))
            self.registered = True
        while self.queue and self.queue[0][0] <= t:
            at, _, device, record = heapq.heappop(self.queue)
            self.send(device, record)
            self.world.tick(at)
        if t > self.world.now:
            self.world.tick(t)

    def send(self, device, record):
        self.world.publish(f"curtain/in/player/{self.name(device)}", [record])

    def do_at(self, w):
        self.go(self.moment(w[1], w[2]))
        self.mark = self.world.now

    def do_after(self, w):
        self.go(self.world.now + duration(w[1]))
        self.mark = self.world.now

    def do_says(self, w):
        record = {"n": w[2], "v": float(w[3])}
        if len(w) > 5:
            record["t"] = self.moment(w[5], w[6]) if len(w) > 6 else seconds(w[5])
        self.send(w[1], record)
        self.mark = self.world.now

    def do_answer(self, w):
        user = self.name(w[1])
        page = next((p for _, p in reversed(self.world.pages) if p["user"] == user), None)
        if page is None:
            raise Broken("nobody asked this user")
        self.world.publish(f"curtain/volunteer/{user}/reply", {
            "page": page["id"], "incident": page["incident"], "user": user, "action": w[2], "at": rfc3339(self.world.now),
            **({"outcome": w[3]} if len(w) > 3 else {}),
            **({"found": w[4]} if len(w) > 4 else {})})
        self.mark = self.world.now

    def do_crash(self, w):
        """kill -9; the supervisor starts it again, and its status says when it is there."""
        began = self.world.status[w[1]]["started"]
        self.world.system.local("kill", w[1])
        self.world.wait(lambda: self.world.status[w[1]]["started"] != began and self.world.status[w[1]]["state"] == "ready", f"{w[1]} to be back")

    # --- what is expected ---

    def seen(self, w):
        world, what = self.world, w[1]
        if what in ("page", "withdrawn"):
            return any(t >= self.mark and p["user"] == self.name(w[2]) and bool(p.get("withdrawn")) == (what == "withdrawn") for t, p in world.pages)
        if what == "incident":
            actor = None if w[4] == "within" else self.name(w[4])
            return any(i["household"] == self.name(w[2]) and i["event"] == w[3] and seconds(i["at"]) >= self.mark
                       and (actor is None or i.get("actor") == actor) for i in world.incidents)
        if what == "alert":
            return any(a["household"] == self.name(w[2]) and a["rule"] == w[3] and a["state"] == w[4] and seconds(a["at"]) >= self.mark
                       and w[5] in ("within", a["level"])
                       for a in world.alerts)
        return world.oncall.get(self.name(w[2]), {}).get("users", [None])[:1] == [self.name(w[3])]

    def do_expect(self, w):
        if w[1] == "nothing":
            self.expect_nothing(w)
            return
        limit = duration(w[-1])
        until = self.mark + limit
        while not self.seen(w):
            if self.world.now >= until:
                break
            self.go(min(until, self.world.now + max(1.0, limit / 40)))
        try:
            self.world.wait(lambda: self.seen(w), " ".join(w[1:]), LATE_S)
        except Broken:
            raise Broken("it did not happen: " + " ".join(w[1:])) from None

    def expect_nothing(self, w):
        household, since = self.name(w[2]), self.world.now
        self.go(since + 1)  # what is on its way already does not count
        pages, since = len(self.world.pages), self.world.now
        end = since + duration(w[4])
        while self.world.now < end:
            self.go(min(end, self.world.now + max(1.0, duration(w[4]) / 40)))
        if any(p["household"] == household for _, p in self.world.pages[pages:]):
            raise Broken("somebody was asked to go")
        if any(i["household"] == household and seconds(i["at"]) > since for i in self.world.incidents):
            raise Broken("something happened")


def opened(folder):
    pathlib.Path(folder).chmod(0o755)  # PostgreSQL runs as another user
    return System(folder, "--replay", env={"CURTAIN_SET_DETECTOR": "rules.use=[silence_fixed,appointment]"})  # as tests/sim: limits that a script can name


def main():
    files = [pathlib.Path(f).resolve() for f in sys.argv[1:]] or sorted(HERE.glob("*.scn"))
    failed = 0
    with tempfile.TemporaryDirectory(prefix="scenario.") as folder, opened(folder) as system, World(system) as world:
        for number, path in enumerate(files):
            began = time.monotonic()
            try:
                Script(world, path, number).run()
                print(f"ok      {path.stem} ({time.monotonic() - began:.1f} s)", flush=True)
            except Broken as fault:
                failed += 1
                print(f"FAILED  {fault}", flush=True)
        try:
            world.tap.check()
            print("ok      the tap: " + ", ".join(f"{n} {kind}" for kind, n in sorted(world.tap.counts.items())))
        except AssertionError as fault:
            failed += 1
            print(f"FAILED  the tap: {fault}")
    print(f"{len(files) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
