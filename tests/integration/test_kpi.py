# SPDX-License-Identifier: MIT
"""The district's figures: what PostgreSQL says of a log of incidents, against a script that shares nothing with it."""
import datetime
import json
import math
import os
import random
import subprocess
import time

import pytest

from test_records import Rig

YEAR = os.path.join(os.environ.get("CURTAIN_BIN", "build/dev/bin"), "year")

START = datetime.datetime(2026, 3, 1, tzinfo=datetime.timezone.utc)
PEOPLE = [f"v-{n}" for n in range(12)]
RULES = ["silence", "silence_fixed", "sos", "leak"]


def text(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Log:
    """Lives of incidents as the dispatcher tells them, made by seeded dice."""

    def __init__(self, seed):
        self.dice, self.events, self.alerts = random.Random(seed), [], {}

    def life(self, n):
        dice, at = self.dice, START + datetime.timedelta(seconds=self.dice.randrange(40 * 86400))
        rule, level = dice.choice(RULES), dice.choice(["life", "alarm", "attention"])
        household = f"h-{dice.randrange(40)}" if n % 17 else "h-canary"
        self.alerts[f"a-{n}"] = rule
        now = {"id": f"i-{n}", "household": household, "community": "c-1", "team": "t-1", "kind": "silence", "level": level, "opened": text(at), "step": 0,
               "reason_zh": "无动静", "reason_en": "silence", "alerts": [f"a-{n}"]}
        state, revision = "raised", 0

        def event(name, to, after_s, actor="", **more):
            nonlocal at, revision
            at += datetime.timedelta(milliseconds=round(after_s * 1000))
            revision += 1
            now.update(more)
            body = {**now, "revision": revision, "event": name, "state": to, "at": text(at)}
            if actor:
                body["actor"] = actor
            self.events.append(body)

        event("raised", state, 0)
        if level == "attention" and dice.random() < 0.5:
            event("alert_cleared", "raised", 3600)
            event("cancelled", "cancelled", 0)
            return
        if dice.random() < 0.1:
            event("escalated", "escalated", 0, "desk")
        for _ in range(dice.randrange(1, 4)):
            who = dice.choice(PEOPLE)
            event("paged", "paging", dice.choice([0, 0, 60]), who)
            if dice.random() < 0.3:
                event("timed_out", "paging", 60, who)
            elif dice.random() < 0.2:
                event("declined", "paging", dice.uniform(1, 50), who)
        if dice.random() < 0.1:
            return  # still open
        event("accepted", "accepted", dice.choice([dice.uniform(2, 59), 60, 180, dice.uniform(61, 900)]), who, responder=who)
        if dice.random() < 0.8:
            event("arrived", "on_site", dice.choice([dice.uniform(60, 2600), dice.uniform(2600, 5000)]), who)
        event("resolved", "resolved", dice.uniform(60, 4000), who, outcome=dice.choice(["false_alarm", "helped", "ambulance", "away"]))


def moment(body):
    return datetime.datetime.strptime(body, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)


def times(seconds, limits):
    seconds = sorted(seconds)
    out = {"count": len(seconds), "within": {str(limit): sum(s <= limit for s in seconds) for limit in limits}}
    for name, p in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99)):
        out[name] = seconds[max(0, math.ceil(p * len(seconds)) - 1)] if seconds else None
    return out


def figures(log, since, until):
    """The independent script: from the plain list of events."""
    lives = {}
    for body in log.events:
        lives.setdefault(body["id"], []).append(body)
    lives = {k: v for k, v in lives.items() if since <= moment(v[0]["opened"]) < until and v[0]["household"] != "h-canary"}
    levels, rules, load, answered, on_site, asked, nobody, ended = {}, {}, {}, [], [], 0, 0, 0
    for life in lives.values():
        def first(*names, life=life):
            return next((e for e in life if e["event"] in names), None)
        levels[life[-1]["level"]] = levels.get(life[-1]["level"], 0) + 1
        call, accept, arrive = first("paged", "escalated"), first("accepted"), first("arrived")
        asked += call is not None
        nobody += call is not None and call["event"] == "escalated"
        if call and accept:
            answered.append((moment(accept["at"]) - moment(call["at"])).total_seconds())
        if arrive:
            on_site.append((moment(arrive["at"]) - moment(life[0]["opened"])).total_seconds())
        ended += first("resolved") is not None
        if first("resolved"):
            row = rules.setdefault(log.alerts[life[0]["alerts"][0]], [0, 0])
            row[0] += 1
            row[1] += life[-1]["outcome"] == "false_alarm"
        for e in life:
            column = {"paged": 0, "accepted": 1, "declined": 2, "timed_out": 3}.get(e["event"])
            if column is not None and e.get("actor"):
                load.setdefault(e["actor"], [0, 0, 0, 0])[column] += 1
    return {"incidents": len(lives), "levels": levels, "asked": asked, "answered": times(answered, (60, 180)), "on_site": times(on_site, (2700, 3600)), "ended": ended,
            "rules": [{"rule": r, "ended": n, "false_alarms": f, "share": round(f / n, 4)} for r, (n, f) in sorted(rules.items(), key=lambda x: (-x[1][0], x[0]))],
            "load": [{"user": u, "pages": p, "accepted": a, "declined": d, "silent": s} for u, (p, a, d, s) in sorted(load.items(), key=lambda x: (-x[1][0], x[0]))],
            "coverage": {"asked": asked, "nobody_on_duty": nobody}}


@pytest.fixture(scope="module")
def rig():
    made = Rig()
    made.start()
    made.ready()
    yield made
    made.stop()
    made.close()


def give(rig, lane, producer, items):
    epoch, seq = time.time_ns() // 1000, 0
    for at in range(0, len(items), 200):
        seq += 1
        body = {"lane": lane, "producer": producer, "epoch": epoch, "shard": 0, "prev": seq - 1, "seq": seq, "at": "2026-05-01T00:00:00.000Z", "items": items[at:at + 200]}
        rig.client.publish(f"curtain/lane/{lane}/{producer}/0", json.dumps(body), qos=1)
    rig.acked(lane, producer, seq, epoch=epoch, shard=0)


@pytest.mark.parametrize("seed", [1, 2])
def test_the_figures_are_those_of_an_independent_script(rig, seed):
    rig.sql("truncate incident, incident_event, alert, alert_event")
    rig.sql("insert into community (id) values ('c-1') on conflict do nothing; insert into team (id, community) values ('t-1', 'c-1') on conflict do nothing")
    rig.sql("insert into policy select 'default', 60, 60, 60, 600, false where not exists (select from policy where id = 'default')")
    rig.sql("insert into household (id, community, team, policy, persons, canary) values ('h-canary', 'c-1', 't-1', 'default', 1, true) on conflict do nothing")
    log = Log(seed)
    for n in range(400):
        log.life(n)
    at = text(START)
    give(rig, "alert", "detector-1", [{"id": i, "revision": 1, "household": "h-0", "kind": "silence", "level": "alarm", "state": "raised", "rule": rule, "onset": at, "at": at,
                                       "reason_zh": "无动静", "reason_en": "silence", "confidence": 1} for i, rule in log.alerts.items()])
    give(rig, "incident", "dispatcher-1", log.events)
    for days in ((0, 40), (3, 17), (39, 60)):
        since, until = (START + datetime.timedelta(days=d) for d in days)
        answer = rig.ask("kpi", **{"from": text(since), "to": text(until)})["result"]
        wanted = figures(log, since, until)
        for key, value in wanted.items():
            assert answer[key] == value, key
    assert rig.ask("kpi", **{"from": "yesterday"})["error"]["code"] == "invalid"
    assert figures(log, START, START + datetime.timedelta(days=40))["answered"]["count"] > 100


def test_rosters_that_are_over_are_counted_by_the_minute(rig):
    rig.sql("insert into household (id, community, team, policy) values ('h-duty', 'c-1', 't-1', 'default') on conflict do nothing; truncate duty_stood")
    row = {"team": "t-1", "shift": "day", "place": 0}
    items = [{**row, "from": "2026-05-01T00:00:00Z", "until": "2026-05-01T12:00:00Z", "planned": "v-1", "user": "v-1"},
             {**row, "from": "2026-05-01T06:00:00Z", "until": "2026-05-01T14:00:00Z", "planned": "v-2", "user": "v-3", "place": 1},  # two beside each other
             {**row, "from": "2026-05-01T14:00:00Z", "until": "2026-05-01T20:00:00Z", "planned": "v-1", "open_from": "2026-05-01T15:00:00Z", "open_until": "2026-05-01T20:00:00Z"},
             {**row, "from": "2026-05-01T22:00:00Z", "until": "2026-05-02T06:00:00Z", "planned": "v-2", "user": "v-1", "open_from": "2026-05-01T22:00:00Z", "open_until": "2026-05-01T22:30:00Z"},
             {**row, "team": "t-none", "from": "2026-05-01T00:00:00Z", "until": "2026-05-02T00:00:00Z", "planned": "v-9", "user": "v-9"}]  # a team that the registry does not know
    for _ in range(2):  # told twice
        rig.sql(f"select duty_take('{json.dumps({'items': items})}')")
    told = rig.ask("kpi", **{"from": "2026-04-30T00:00:00Z", "to": "2026-05-02T00:00:00Z"})["result"]["duties"]
    assert told == {"teams": 1, "minutes": 24 * 60, "covered": (15 + 1.5) * 60, "count": 4, "open": 2, "stood_in": 2}  # from the first duty on
    later = rig.ask("kpi", **{"from": "2026-05-02T00:00:00Z", "to": "2026-06-01T00:00:00Z"})["result"]["duties"]
    assert later == {"teams": 1, "minutes": 6 * 60, "covered": 6 * 60, "count": 0, "open": 0, "stood_in": 0}  # as far as is known
    assert rig.sql("select duty_after()") == [("2026-05-02T06:00:00.000Z",)]
    assert rig.sql("select duty_upkeep(interval '0')") == [(0,)]  # never
    assert rig.sql("select duty_upkeep(interval '10 hours')") == [(2,)] and rig.sql("select min(until) >= '2026-05-01T20:00:00Z' from duty_stood") == [(True,)]


def test_the_figures_of_the_year_are_those_of_the_database(rig, tmp_path):
    """tests/sim.sh year counts its own log; PostgreSQL counts the same log."""
    rig.sql("truncate incident, incident_event, alert, alert_event")
    log = tmp_path / "log"
    subprocess.run([YEAR, "--days", "10", "--log", log], check=True, stdout=subprocess.DEVNULL, timeout=120)
    lanes = {"alert": [], "incident": [], "kpi": []}
    for line in log.read_text(encoding="utf-8").splitlines():
        one = json.loads(line)
        lanes[one["lane"]].append(one["item"])
    give(rig, "alert", "detector-1", lanes["alert"])
    give(rig, "incident", "dispatcher-1", lanes["incident"])
    answer = rig.ask("kpi", **{"from": "2026-11-01T00:00:00Z", "to": "2027-12-31T00:00:00Z"})["result"]
    wanted = lanes["kpi"][0]
    for row in answer["rules"]:
        del row["share"]
    for key, value in wanted.items():
        assert answer[key] == value, key
    assert wanted["answered"]["count"] > 100
