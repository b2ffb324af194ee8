# SPDX-License-Identifier: MIT
"""kill -9 of the dispatcher at each named instant of its turn, while duties are swapped, covered, left and begun, and visits, tasks and services are asked for, agreed and made.

A request is sent again until it is answered, a reply until its receipt has come (stories.py). Everything is judged from outside: what arrived, what is answered, lane "visit", the
webhook.
"""
import collections
import dataclasses
import itertools
import json
import pathlib
import random
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/fault")]
import killed  # noqa: E402
import lane  # noqa: E402
import stories  # noqa: E402
from stories import CASES, PEOPLE, Veto  # noqa: E402

# Each with how often it may be passed before the kill, at most.
INSTANTS = {"anywhere": 0, "store-read": 1, "request-done": 6, "reply-taken": 4, "rota-decided": 8, "notice-written": 8, "duties-written": 4, "matter-written": 8,
            "rota-ticked": 4, "errand-decided": 6, "errand-told": 6, "errand-written": 8, "visits-ticked": 1, "before-commit": 12, "after-commit": 12, "before-page": 8,
            "after-page": 8, "page-acknowledged": 6, "page-settled": 6, "before-kept": 3, "after-kept": 3, "before-answer": 8, "after-answer": 8, "before-batch": 30,
            "after-ack": 30, "before-call": 6, "after-call": 30, "answer-heard": 6, "answer-noted": 6, "answer-stored": 6}
REACHABLE_S = 2
BODY = '{type: "notice", timestamp: .at, data: {withdrawn, ids: [.pages[].id]}}'


def directory(cases):
    rows = [{"kind": "policy", "key": "p-1", "accept_life_s": 600, "accept_alarm_s": 600, "accept_attention_s": 600, "arrive_s": 86400},
            {"kind": "service", "key": "medical-2", "help": "medical", "providers": ["p-1"], "lead_days": 0, "teams": False}]
    for n in range(cases):
        rows.append({"kind": "team", "key": f"t-{n}", "community": f"c-{n}", "captain": f"cap-{n}", "desk": "desk"})
        for order, letter in enumerate([*PEOPLE, "cap"]):
            rows.append({"kind": "volunteer", "key": f"{letter}-{n}", "team": f"t-{n}", "day": letter != "cap", "night": letter != "cap", "order": order,
                         "phone": f"1{n:04d}{order}"})
        rows += [{"kind": "companion", "key": f"{letter}-{n}", "languages": ["mandarin"], "visits_a_week": 21, "parts": ["morning", "afternoon", "evening"], "verified": True}
                 for letter in "ab"]
        rows.append({"kind": "household", "key": f"h-{n}", "community": f"c-{n}", "team": f"t-{n}", "policy": "p-1"})
    return [{**row, "seq": i + 1} for i, row in enumerate(rows)]


@dataclasses.dataclass
class Row(killed.Row):
    """What became of the cases of one instant."""
    cases: int = 0
    notices: int = 0
    notices_twice: int = 0
    events: int = 0
    letters: int = 0
    letters_twice: int = 0
    calls: int = 0
    calls_twice: int = 0
    half: int = 0

    HEAD = f"{'instant':18s} {'kills':>5s} {'cases':>5s} {'notices':>7s} {'twice':>5s} {'errand events':>13s} {'letters':>7s} {'twice':>5s} {'calls':>5s} {'twice':>5s} " \
           f"{'lost':>4s} {'>twice':>6s} {'half':>4s} {'early':>5s} {'late':>4s} {'worst':>6s}"

    def good(self):
        return not (self.lost or self.more or self.half or self.early or self.late)

    def line(self):
        return f"{self.instant:18s} {self.kills:5d} {self.cases:5d} {self.notices:7d} {self.notices_twice:5d} {self.events:13d} {self.letters:7d} {self.letters_twice:5d} " \
               f"{self.calls:5d} {self.calls_twice:5d} {self.lost:4d} {self.more:6d} {self.half:4d} {self.early:5d} {self.late:4d} {self.worst_late_s:5.1f}s" \
               f"{'' if self.good() else '  FAILED'}"


class Rig(killed.Rig):
    """rounds: how many of each case at each instant."""

    def __init__(self, folder, binary, rounds, seed):
        super().__init__(folder, binary, seed, INSTANTS, min(1.0, rounds / 3))
        self.rounds, self.flows, self.heard = rounds, threading.Event(), threading.Condition(threading.RLock())
        self.crowd = killed.Replies(self.peer("crowd"), self.clockwork)
        self.incidents = [lane.Consumer(self.peer(name), "incident", consumer) for name, consumer in (("records-1", "records"), ("detector-1", "detector"))]
        self.errands = lane.Consumer(self.peer("records-1"), "visit", "records")
        self.detector = lane.Consumer(self.peer("detector-1"), "visit", "detector")
        self.wire, self.notices, self.letters, self.answers, self.halves = [], {}, {}, {}, {}  # wire: (wall, topic, payload), as it came
        self.number = itertools.count()
        self.crowd.peer.on("curtain/volunteer/+/notice", self.take)
        self.crowd.peer.on("curtain/volunteer/+/errand", self.take)
        self.desk = self.peer("desk")
        self.desk.on("curtain/api/desk/response/arrange", self.take_answer)
        cases = rounds * len(CASES)
        vetoes = [f"t-{n}" for n in range(cases) if CASES[n % len(CASES)] is Veto]
        self.begin(directory(cases), f"rota.veto=[{', '.join(vetoes)}]", "rota.swap=1h", f"rota.reachable={REACHABLE_S}s", "rota.ask_at_once=1", "rota.summaries=false",
                   f"visits.file={ROOT}/deploy/config/visits.yaml", f"visits.checklists={ROOT}/deploy/config/checklists.yaml", audience="person", address="phone",
                   about=["duty", "visit", "task", "service"], body=BODY)

    def take(self, message):
        now, body, user = time.time(), json.loads(message.payload), message.topic.split("/")[2]
        with self.heard:
            self.wire.append((now, message.topic, bytes(message.payload)))
            if message.topic.endswith("/notice"):
                self.notices.setdefault((user, body["kind"], body["matter"]), (now, body))
            else:
                self.letters.setdefault((user, body["id"], body["event"]), (now, body))
            self.heard.notify_all()

    def take_answer(self, message):
        with self.heard:
            self.answers[bytes(message.properties.CorrelationData)] = json.loads(message.payload)
            self.heard.notify_all()

    def ask(self, method, arguments, limit_s=120):
        """Asks until it is answered."""
        deadline = time.monotonic() + limit_s
        while time.monotonic() < deadline:
            correlation = b"%d" % next(self.number)
            self.desk.publish(f"curtain/api/desk/dispatcher/{method}", {"args": arguments}, response="curtain/api/desk/response/arrange", correlation=correlation)
            with self.heard:
                if self.heard.wait_for(lambda: correlation in self.answers, 2):  # pylint: disable=cell-var-from-loop
                    return self.answers.pop(correlation)
        raise stories.Lost(f"no answer to {method}")

    def look_at_halves(self, row):
        """Of an exchange, both duties have changed hands or none."""
        with self.heard:
            halves = dict(self.halves)
        for team, users in halves.items():
            found = [d["user"] for d in self.ask("duties", {"team": team})["result"]["items"]]
            if found not in (users, users[::-1]):
                row.count("half", f"{team}: {found}")

    def run(self, instant, kills, gap_s=0.15):
        """Every case so many times, with so many kills at the instant (or, joined by "+", at one after the other)."""
        dice, row, turns = random.Random(f"{self.seed}/{instant}"), Row(instant), itertools.cycle(instant.split("+"))
        order = dice.sample(range(self.rounds * len(CASES)), self.rounds * len(CASES))
        self.down.clear()
        self.halves.clear()
        first, first_event, first_call = len(self.wire), len(self.errands.items), len(self.world["webhook"].seen)
        running, over = [], threading.Event()

        def feed():
            for n in order:
                self.flows.wait()
                running.append(threading.Thread(target=CASES[n % len(CASES)](self, n, row).run))
                running[-1].start()
                over.wait(gap_s)  # the rate of the load

        feeder = threading.Thread(target=feed)
        feeder.start()
        while row.kills < kills:
            self.flows.set()
            if not feeder.is_alive() and not any(t.is_alive() for t in running):
                break  # all is over before its time; the table shows it
            if self.kill_at(next(turns), dice, self.flows, 3):
                row.kills += 1
                self.look_at_halves(row)
        self.flows.set()
        feeder.join()
        for thread in running:
            thread.join()
        self.settled(time.monotonic(), 120)
        row.cases = len(running)
        self.errands.wait(lambda items: self.detector.items == items, 30, "the detector to have them too")
        judge(row, self.wire[first:], self.errands.items[first_event:], self.world["webhook"].seen[first_call:])
        return row


def judge(row, wire, events, calls):
    """Each notice and letter once, or twice with one id and one meaning; each event of an errand once and in order; what is called was sent, and what was sent was called."""
    notices, letters, meant = collections.Counter(), collections.Counter(), {}
    for _, topic, payload in wire:
        body, user = json.loads(payload), topic.split("/")[2]
        if topic.endswith("/errand"):
            key = (body["id"], body["revision"], user)
            letters[key] += 1
        else:
            key = body["id"]
            notices[key] += 1
            if meant.setdefault((body["matter"], body["kind"], user, body["at"]), key) != key:
                row.count("more", f"{body['kind']} of {body['matter']} to {user} has the ids {key} and {meant[body['matter'], body['kind'], user, body['at']]}")
        if meant.setdefault(key, (user, payload)) != (user, payload):
            row.count("more", f"{key} means two things: {payload!r} and {meant[key]}")
    called = collections.Counter((i, bool(data["withdrawn"])) for data in (request.json()["data"] for request in calls) for i in data["ids"])
    row.notices, row.letters, row.events, row.calls = len(notices), len(letters), len(events), len(called)
    row.notices_twice, row.letters_twice, row.calls_twice = (sum(n == 2 for n in c.values()) for c in (notices, letters, called))
    for what, counts in (("notice", notices), ("letter", letters), ("call", called)):
        for key, n in counts.items():
            if n > 2:
                row.count("more", f"{what} {key}: {n} times")
    for _, topic, payload in wire:
        body = json.loads(payload)
        if topic.endswith("/notice") and body["user"] != "desk" and (body["id"], False) not in called:
            row.count("lost", f"notice {body['id']} was never called")
    judge_events(row, events, letters)


def judge_events(row, events, letters):
    stories = collections.defaultdict(list)
    for event in events:
        stories[event["id"]].append(event["revision"])
    for name, revisions in stories.items():
        if revisions != list(range(1, len(revisions) + 1)):
            row.count("lost", f"errand {name} has the revisions {revisions}")
    known = {(e["id"], e["revision"]) for e in events}
    for name, revision, user in letters:
        if (name, revision) not in known:
            row.count("lost", f"{user} was told revision {revision} of errand {name}, which records have not")


def run(folder, binary, rounds, kills, seed, instants=None, say=print):
    """Gives the rows; says each as it is done."""
    return killed.table(Rig(folder, binary, rounds, seed), Row, instants or INSTANTS, kills, say)
