# SPDX-License-Identifier: MIT
"""kill -9 of the dispatcher at each named instant of its turn (services/dispatcher/instant.h), while incidents are opened, answered, declined and left alone.

A real broker and the real dispatcher; ingest, records, the volunteers, the desk and a webhook's receiver are played here. Afterwards everything is judged from
outside: the events of lane "incident", the pages on the wire, the calls at the webhook. Nothing of the dispatcher's own code or stamps decides what was early.
"""
import collections
import dataclasses
import datetime as dt
import itertools
import json
import pathlib
import random
import sys
import threading
import time

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/fault")]
import killed  # noqa: E402
import lane  # noqa: E402

# Each with how often it may be passed before the kill, at most: some come with every page, others with every turn.
INSTANTS = {"anywhere": 0, "store-read": 1, "alert-taken": 4, "reply-taken": 4, "timer-fired": 4, "before-commit": 12, "after-commit": 12, "before-page": 6,
            "after-page": 6, "before-kept": 6, "after-kept": 6, "page-acknowledged": 6, "page-settled": 6, "before-answer": 4, "after-answer": 4,
            "before-batch": 30, "before-ack": 30, "after-ack": 30, "before-call": 6, "after-call": 30, "answer-heard": 6, "answer-noted": 6, "answer-stored": 6}
ON_DUTY = 3
KINDS = [("sos", "life"), ("fall", "life"), ("leak", "alarm"), ("silence", "alarm")]
AT_ONCE = {"life": 2, "alarm": 1}
OVER = ("resolved", "cancelled")


def seconds(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def team_of(home):
    """A team of its own for each: who is on the way to another home is asked last, and the order is judged to the person."""
    return home


def ladder_of(home):
    """Whom an incident of this home asks, in order, before the desk."""
    return [f"v-{team_of(home)}-{n}" for n in range(1, ON_DUTY + 1)] + [f"cap-{team_of(home)}"]


def directory(homes):
    rows = [{"kind": "policy", "key": "p-1", "accept_life_s": 600, "accept_alarm_s": 600, "accept_attention_s": 600, "arrive_s": 86400}]
    for t in range(homes):
        rows.append({"kind": "team", "key": f"t-{t}", "community": "c-1", "captain": f"cap-{t}", "desk": "desk", "number": "10000"})
        rows += [{"kind": "volunteer", "key": f"v-{t}-{n}", "team": f"t-{t}", "day": True, "night": True, "order": n} for n in range(1, ON_DUTY + 1)]
        rows.append({"kind": "volunteer", "key": f"cap-{t}", "team": f"t-{t}", "day": False, "night": False, "order": 9})
    rows += [{"kind": "household", "key": f"h-{i}", "community": "c-1", "team": f"t-{team_of(i)}", "policy": "p-1"} for i in range(homes)]
    return [{**row, "seq": i + 1} for i, row in enumerate(rows)]


def policies(wait_s):
    ask = [{"who": "on_duty", "wait": f"{wait_s}s"}, {"who": "captain", "wait": f"{wait_s}s"}]
    return {"policies": {name: {"ask": ask, "at_once": at_once} for name, at_once in AT_ONCE.items()},
            "rules": [{"levels": "life", "policy": "life"}, {"policy": "alarm"}]}


class Crowd(killed.Replies):
    """Volunteers and the desk. What somebody does with a page is a matter of seed, home and person."""

    def __init__(self, peer, clockwork, seed, wait_s):
        super().__init__(peer, clockwork)
        self.seed, self.wait_s, self.seen = seed, wait_s, set()
        self.wire = []  # (wall, body) of each page as it came
        peer.on("curtain/volunteer/+/page", self.take_page)

    def take_page(self, message):
        page, now = json.loads(message.payload), time.time()
        with self.lock:
            self.wire.append((now, page))
            if page.get("withdrawn") or page["id"] in self.seen:
                return
            self.seen.add(page["id"])
        dice = random.Random(f"{self.seed}/{page['incident']}/{page['user']}")
        what = "accept" if page["role"] == "desk" else dice.choices(["accept", "decline", ""], [25, 30, 45])[0]
        if what:
            self.clockwork.after(dice.uniform(0, self.wait_s * 0.8), lambda: self.reply(page["incident"], page["user"], what, page["id"]))

    def take_event(self, event):
        """Whoever goes arrives and tells the outcome."""
        if event["event"] == "accepted":
            who = event["responder"]
            self.clockwork.after(0.1, lambda: self.reply(event["id"], who, "arrived"))
            self.clockwork.after(0.3, lambda: self.reply(event["id"], who, "done", outcome="helped"))


@dataclasses.dataclass
class Row(killed.Row):
    """What became of the incidents of one instant."""
    incidents: int = 0
    escalated: int = 0
    pages: int = 0
    twice: int = 0
    calls: int = 0
    calls_twice: int = 0
    pages_lost: int = 0
    skipped: int = 0

    HEAD = f"{'instant':18s} {'kills':>5s} {'incid.':>6s} {'desk':>5s} {'pages':>6s} {'twice':>5s} {'calls':>6s} {'twice':>5s} " \
           f"{'lost':>5s} {'unpaged':>7s} {'>twice':>6s} {'skipped':>7s} {'early':>5s} {'late':>4s} {'worst':>6s}"

    def good(self):
        return not (self.lost or self.pages_lost or self.more or self.skipped or self.early or self.late)

    def line(self):
        return f"{self.instant:18s} {self.kills:5d} {self.incidents:6d} {self.escalated:5d} {self.pages:6d} {self.twice:5d} {self.calls:6d} {self.calls_twice:5d} " \
               f"{self.lost:5d} {self.pages_lost:7d} {self.more:6d} {self.skipped:7d} {self.early:5d} {self.late:4d} {self.worst_late_s:5.1f}s{'' if self.good() else '  FAILED'}"


class Rig(killed.Rig):
    """wait_s: whole seconds to answer, for each who is asked."""

    def __init__(self, folder, binary, homes, seed, wait_s=2):
        super().__init__(folder, binary, seed, INSTANTS, min(homes, 100) / 100)
        self.homes, self.wait_s, self.alerts = homes, wait_s, 0
        self.ingest = lane.Producer(self.peer("ingest-1"), "alert", "ingest-1", ["dispatcher"])
        self.records = lane.Consumer(self.peer("records-1"), "incident", "records")
        self.detector = lane.Consumer(self.peer("detector-1"), "incident", "detector")
        self.crowd = Crowd(self.peer("crowd"), self.clockwork, seed, wait_s)
        self.told = 0  # events that the crowd has heard
        (self.folder / "policies.yaml").write_text(yaml.safe_dump(policies(wait_s)), encoding="utf-8")
        self.begin(directory(homes), "storm.homes=0", "storm.linger=0s", f"policies={self.folder}/policies.yaml")
        self.clockwork.after(0, self.beat)

    def beat(self):
        """What ingest and the crowd do all the time: send again, hear what happened."""
        if not self.ingest.all_acked():
            self.ingest.resend()
        with self.records.changed:
            fresh = self.records.items[self.told:]
        self.told += len(fresh)
        for event in fresh:
            self.crowd.take_event(event)
        self.clockwork.after(0.1, self.beat)

    def alert(self, home, dice):
        kind, level = dice.choices(KINDS, [35, 15, 20, 30])[0]
        self.alerts += 1
        at = lane.rfc3339(time.time())
        body = {"id": f"a-{self.alerts}", "revision": 1, "household": f"h-{home}", "kind": kind, "level": level, "state": "raised", "rule": kind, "onset": at, "at": at,
                "reason_zh": "试验。", "reason_en": "A test.", "confidence": 1}
        self.ingest.give_item(body)
        if kind == "silence" and dice.random() < 0.3:
            self.clockwork.after(dice.uniform(0.2, 3 * self.wait_s), lambda: self.ingest.give_item(
                {**body, "revision": 2, "state": "cleared", "at": lane.rfc3339(time.time())}))
        return home, level

    def run(self, instant, kills, gap_s=0.1):
        """An incident of every home, with so many kills at the instant (or, joined by "+", at one after the other); gives what became of them."""
        dice = random.Random(f"{self.seed}/{instant}")
        homes = dice.sample(range(self.homes), self.homes)
        flows, given, over = threading.Event(), [], threading.Event()
        first_event, first_page, first_call = len(self.records.items), len(self.crowd.wire), len(self.world["webhook"].seen)
        self.down.clear()

        def feed():
            for home in homes:
                flows.wait()
                given.append(self.alert(home, dice))
                over.wait(gap_s)  # the rate of the load

        feeder = threading.Thread(target=feed)
        feeder.start()
        row, turns = Row(instant), itertools.cycle(instant.split("+"))
        while row.kills < kills:
            flows.set()
            if not feeder.is_alive() and self.ended(first_event):
                break  # all is over before its time; the table shows it
            if self.kill_at(next(turns), dice, flows):
                row.kills += 1
        flows.set()
        feeder.join()
        deadline = time.monotonic() + 300
        while not self.ended(first_event) and time.monotonic() < deadline:
            with self.records.changed:
                self.records.changed.wait(1)
        since = time.monotonic()
        self.settled(since, 120)
        Judge(self, row, given).judge(self.records.items[first_event:], self.crowd.wire[first_page:], self.world["webhook"].seen[first_call:])
        return row

    def ended(self, first_event):
        last = {e["household"]: e["state"] for e in self.records.items[first_event:]}
        return len(last) == self.homes and all(state in OVER for state in last.values())


class Judge:
    """Holds what was seen against what docs/incident.md promises."""

    def __init__(self, rig, row, given):
        self.rig, self.row, self.level = rig, row, dict(given)

    def judge(self, events, wire, calls):
        stories = collections.defaultdict(list)
        for event in events:
            stories[event["id"]].append(event)
        homes = collections.Counter(story[0]["household"] for story in stories.values())
        row = self.row
        row.incidents = len(self.level)
        for home in self.level:
            if homes[f"h-{home}"] != 1:
                row.count("lost", f"h-{home} has {homes[f'h-{home}']} incidents")
        wire = [(at, page) for at, page in wire if page["incident"] in stories]
        for story in stories.values():
            self.judge_story(story)
        self.judge_wire(stories, wire)
        self.judge_counts(wire, calls, stories)
        row.worst_late_s = max(row.worst_late_s, 0.0)

    def judge_story(self, story):
        """Every event once and in order; nobody of the ladder left out; nobody before the time of the one before was over."""
        row, name = self.row, story[0]["id"]
        home = int(story[0]["household"][2:])
        order, at_once = ladder_of(home), AT_ONCE[self.level[home]]
        if [e["revision"] for e in story] != list(range(1, len(story) + 1)) or story[-1]["state"] not in OVER:
            row.count("lost", f"{name}: revisions {[e['revision'] for e in story]}, state {story[-1]['state']}")
        asked, open_since = [], {}
        for event in story:
            who, at = event.get("actor"), seconds(event["at"])
            if event["event"] == "paged" and who in order:
                asked.append(who)
                if len(open_since) >= at_once:
                    row.count("early", f"{name}: {who} is asked while {sorted(open_since)} have time")
                open_since[who] = at
            elif event["event"] == "timed_out" and who in open_since:
                row.timed(self.rig, f"{name}: the time-out of {who}", open_since.pop(who) + self.rig.wait_s, at)
            elif event["event"] == "declined":
                open_since.pop(who, None)
            elif event["event"] == "escalated":
                row.escalated += 1
                if asked != order or open_since:
                    row.count("skipped", f"{name}: the desk after {asked}, while {sorted(open_since)} have time")
        if asked != order[:len(asked)]:
            row.count("skipped", f"{name}: asked {asked}")
        if not asked or (story[-1]["state"] == "resolved" and not any(e["event"] == "accepted" for e in story)):
            row.count("skipped", f"{name}: {[e['event'] for e in story]}")

    def judge_wire(self, stories, wire):
        """By our own clock and what we ourselves have replied: who came on the wire while those before had time left."""
        standing, first = collections.defaultdict(list), set()
        for at, page in wire:
            if page.get("withdrawn") or page["role"] == "desk" or page["id"] in first:
                continue
            first.add(page["id"])
            home = int(page["household"][2:])
            before = [p for p in standing[page["incident"]] if seconds(p["expires"]) > at + 0.002
                      and self.rig.crowd.replied.get((p["incident"], p["user"], "decline"), at + 1) > at]
            if len(before) >= AT_ONCE[self.level[home]]:
                self.row.count("early", f"{page['incident']}: the page of {page['user']} came while {[p['user'] for p in before]} had time")
            standing[page["incident"]].append(page)
        for name, story in stories.items():
            asked = {(e["actor"]) for e in story if e["event"] in ("paged", "escalated") and "actor" in e}
            came = {p["user"] for _, p in wire if p["incident"] == name and not p.get("withdrawn")}
            if asked != came:
                self.row.count("pages_lost", f"{name}: asked {sorted(asked)}, pages came to {sorted(came)}")

    def judge_counts(self, wire, calls, stories):
        """An effect is a page, or its withdrawal, at a time: who accepts too late is told so by the withdrawal once more."""
        row = self.row
        pages = collections.Counter((p["id"], bool(p.get("withdrawn")), p["at"]) for _, p in wire)
        called = collections.Counter()
        for request in calls:
            body = request.json()
            if body["data"]["incident"] in stories:
                called[body["data"]["id"], body["type"] == "page.withdrawn", body["timestamp"]] += 1
        row.pages, row.calls = len(pages), len(called)
        row.twice, row.calls_twice = sum(n == 2 for n in pages.values()), sum(n == 2 for n in called.values())
        for what, counts in (("page", pages), ("call", called)):
            for (name, withdrawn, _), n in counts.items():
                if n > 2:
                    row.count("more", f"{what} {name}{' (withdrawn)' if withdrawn else ''}: {n} times")
        meant = {}
        for _, page in wire:  # one id for one thing
            key = (page["incident"], page["user"], page["at"] if not page.get("withdrawn") else "")
            if meant.setdefault((page["id"], bool(page.get("withdrawn"))), key) != key:
                row.count("more", f"page {page['id']} means {key} and {meant[page['id'], bool(page.get('withdrawn'))]}")
        # What is withdrawn before its call has left needs none, and no second one that takes it back.
        taken_back = {name for name, withdrawn, _ in pages if withdrawn} - {name for name, withdrawn, _ in called if not withdrawn}
        for name, _, at in set(pages) - set(called):
            if name not in taken_back:
                row.count("pages_lost", f"page {name} of {at} was never called")
        for key in set(called) - set(pages):
            row.count("pages_lost", f"page {key[0]} of {key[2]} was called and never sent")


def run(folder, binary, homes, kills, seed, instants=None, say=print, wait_s=2):
    """Gives the rows; says each as it is done."""
    return killed.table(Rig(folder, binary, homes, seed, wait_s), Row, instants or INSTANTS, kills, say)
