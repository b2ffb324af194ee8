# SPDX-License-Identifier: MIT
"""Fills a database that holds the imitation ledger (examples/ledger/imitation.py) with a quarter of the district, by seeded dice: devices with the days on which they spoke,
alerts, incidents with every event, errands. quarter.py CONNINFO [SEED [DAYS]] (91 days from 2026-01-05); duties() gives rosters for the fortnight after."""
import datetime
import json
import random
import sys

import psycopg2
import psycopg2.extras

ZONE = datetime.timezone(datetime.timedelta(hours=8))
FIRST = datetime.date(2026, 1, 5)
RULES = {"sos": ["sos"], "fall": ["fall"], "gas": ["gas"], "smoke": [""], "leak": ["leak", "water_open_tap"], "silence": ["silence", "silence_fixed", "appointment"],
         "rule": ["door_open_night", "water_drip"], "device": ["battery", "channel_fault"]}
KINDS = ["silence"] * 10 + ["sos"] * 4 + ["fall"] * 2 + ["leak"] * 2 + ["rule"] * 3 + ["device"] * 4 + ["gas", "smoke"]
LEVELS = {"sos": "life", "fall": "life", "gas": "life", "smoke": "life", "leak": "alarm", "silence": "alarm", "rule": "attention", "device": "maintenance"}
FALSE = {"sos": 0.3, "fall": 0.35, "gas": 0.2, "smoke": 0.5, "leak": 0.15, "silence": 0.25, "rule": 0.5}


def text(at):
    at = at.astimezone(datetime.timezone.utc)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Quarter:
    def __init__(self, connection, seed, days):
        self.db, self.dice, self.days = connection, random.Random(seed), days
        self.begin = datetime.datetime.combine(FIRST, datetime.time(), ZONE)
        self.alerts, self.incidents, self.errands, self.number = [], [], [], 0

    def rows(self, sql):
        with self.db.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchall()

    def put(self, sql, rows):
        with self.db.cursor() as cursor:
            psycopg2.extras.execute_values(cursor, sql, rows, page_size=5000)

    def run(self, sql, *values):
        with self.db.cursor() as cursor:
            cursor.execute(sql, values or None)

    def fill(self):
        self.run("update team set estate = 'es-' || ((right(community, 1)::integer - 1) * 3 + (substr(id, 3)::integer / 3) %% 3 + 1) where id ~ '^t-[0-9]+$' and %s", True)
        self.run("insert into household (id, community, team, canary) select 'h-canary', 'c-1', 't-1', true on conflict do nothing")
        self.homes = self.rows("select id, community, team from household where not canary order by id")
        self.enrolled = {h for h, in self.rows("select distinct household from elder where enrolled is not null")}
        self.people = {}
        for who, team in self.rows("select id, team from volunteer where not desk order by id"):
            self.people.setdefault(team, []).append(who)
        self.consents()
        self.devices()
        for number in range(self.days):
            for _ in range(max(0, round(self.dice.gauss(3.2 - number / self.days, 1.5)))):
                self.trouble(number)
        self.services = [s for s, in self.rows("select id from service order by id")]
        for home, community, team in [*self.homes, ("h-canary", "c-1", "t-1")]:
            if home in self.enrolled or home == "h-canary":
                self.care(home, community, team)
        self.run("select errand_apply(%s)", json.dumps(self.errands))
        self.run("select alert_apply(%s)", json.dumps(self.alerts))
        self.run("select incident_apply(%s)", json.dumps(self.incidents))
        self.stand()
        self.db.commit()

    def stand(self):
        """Rosters of most teams, from some day on: day and night, sometimes two; who fell out, who stood in, what stayed open. One team's night has no end yet."""
        dice, rows = self.dice, []
        for team, members in sorted(self.people.items()):
            if dice.random() < 0.1 or len(members) < 3:
                continue
            for number in range(dice.choice([0] * 8 + [10, 40]), self.days):
                for shift, hour in (("day", 7), ("night", 19)):
                    at = self.begin + datetime.timedelta(days=number, hours=hour)
                    until = at + datetime.timedelta(hours=12)
                    if dice.random() < 0.04:
                        continue  # nobody was planned
                    for place, who in enumerate(dice.sample(members, 2 if dice.random() < 0.2 else 1)):
                        stood, opened, closed, fate = who, None, None, dice.random()
                        if fate < 0.08:
                            stood = dice.choice([m for m in members if m != who])
                        elif fate < 0.14:
                            stood, opened, closed = "", at + datetime.timedelta(minutes=dice.choice([0, 0, dice.randrange(1, 700)])), until
                        elif fate < 0.2:
                            stood = dice.choice(members)  # who fell out may be back
                            opened = at + datetime.timedelta(minutes=dice.choice([0, dice.randrange(300)]))
                            closed = opened + datetime.timedelta(minutes=dice.randrange(1, 400))
                        rows.append({"team": team, "from": text(at), "until": text(until), "shift": shift, "place": place, "planned": who, **({"user": stood} if stood else {}),
                                     **({"open_from": text(opened), "open_until": text(closed)} if opened else {})})
        for page in (rows, rows[:500]):  # what is told twice is one row
            self.run("select duty_take(%s)", json.dumps({"items": page}))

    def consents(self):
        dice, rows = self.dice, []
        for home, _, _ in self.homes:
            if home in self.enrolled:
                gone = self.moment(dice.randrange(self.days)) if dice.random() < 0.04 else None
                rows.append((home, ["sos", "water_total", "contact"], self.begin - datetime.timedelta(days=20) if dice.random() < 0.7 else self.moment(dice.randrange(self.days)), gone))
        self.put("insert into consent (household, quantities, \"from\", withdrawn) values %s on conflict (household) do nothing", rows)

    def devices(self):
        dice, devices, stays, days = self.dice, [], [], []
        for home, _, _ in [*self.homes, ("h-canary", "", "")]:
            if home not in self.enrolled and home != "h-canary":
                continue
            for what, quantity in (("meter", "water_total"), ("door", "contact"), ("bed", "bed"))[:dice.randint(1, 3)]:
                device = f"{what}-{home}"
                begins = 0 if dice.random() < 0.7 else dice.randrange(self.days)
                ends = dice.randrange(begins, self.days) if dice.random() < 0.15 else self.days + 1  # it falls silent
                devices.append((device, home, what))
                stays.append((device, self.begin + datetime.timedelta(days=begins - 1 if begins == 0 else begins, hours=9)))
                for day in range(begins, min(ends, self.days)):
                    if dice.random() < 0.93:
                        at = self.moment(day)
                        days.append((home, FIRST + datetime.timedelta(days=day), quantity, device, "", 24, 3.0 if what == "meter" else None, 0, 1, 3, at, at))
        self.put("insert into device (id, household, place) values %s", devices)
        self.put("update device_stay s set \"from\" = v.at from (values %s) v (device, at) where s.device = v.device", stays)
        self.put("insert into reading_day (household, day, quantity, device, channel, readings, delta, low, high, total, first, last) values %s", days)

    def moment(self, number):
        return self.begin + datetime.timedelta(days=number, seconds=self.dice.randrange(86400), milliseconds=self.dice.randrange(1000))

    def trouble(self, number):
        """An alert, and mostly an incident."""
        dice, at = self.dice, self.moment(number)
        home, community, team = dice.choice(self.homes) if dice.random() < 0.8 else self.homes[dice.randrange(12)]  # some homes often
        if dice.random() < 0.03:
            home = "h-canary"
        kind = dice.choice(KINDS)
        self.number += 1
        alert = f"a-{self.number:05d}"
        body = {"id": alert, "household": home, "kind": kind, "level": LEVELS[kind], "rule": dice.choice(RULES[kind]), "onset": text(at - datetime.timedelta(minutes=dice.randrange(300))),
                "reason_zh": "示例", "reason_en": "imitation", "confidence": 1}
        self.alerts.append({**body, "revision": 1, "state": "raised", "at": text(at)})
        if dice.random() < 0.3:
            self.alerts.append({**body, "revision": 2, "state": "cleared", "at": text(at + datetime.timedelta(hours=dice.randrange(1, 60)))})
        if kind != "device":
            self.life(at, home, community, team, kind, alert)

    def life(self, at, home, community, team, kind, alert):
        dice, state, revision = self.dice, "raised", 0
        now = {"id": f"i-{self.number:05d}", "household": home, "community": community, "team": team, "kind": kind, "level": LEVELS[kind], "opened": text(at), "step": 0,
               "reason_zh": "示例", "reason_en": "imitation", "alerts": [alert]}

        def event(name, to, after_s, actor="", **more):
            nonlocal at, revision
            at += datetime.timedelta(milliseconds=round(after_s * 1000))
            revision += 1
            now.update(more)
            self.incidents.append({**now, "revision": revision, "event": name, "state": to, "at": text(at), **({"actor": actor} if actor else {})})

        event("raised", state, 0)
        if LEVELS[kind] == "attention" and dice.random() < 0.5:
            event("alert_cleared", "raised", 3600)
            event("cancelled", "cancelled", 0)
            return
        if dice.random() < 0.04:
            event("escalated", "escalated", 0, "desk")
        who = "desk"
        for _ in range(dice.choice([1] * 12 + [2, 2, 3])):
            members = self.people.get(team) or ["desk"]
            who = members[min(int(dice.expovariate(0.5)), len(members) - 1)]
            event("paged", "paging", dice.choice([0, 0, 60]), who)
            if dice.random() < 0.06:
                event("timed_out", "paging", 60, who)
            elif dice.random() < 0.08:
                event("declined", "paging", dice.uniform(1, 50), who)
        if dice.random() < 0.02:
            event("escalated", "escalated", 600, "desk")
            if dice.random() < 0.5:
                return  # still open
        event("accepted", "accepted", dice.choice([dice.uniform(2, 58)] * 12 + [60, 180, dice.uniform(61, 500)]), who, responder=who)
        if dice.random() < 0.85:
            event("arrived", "on_site", dice.choice([dice.uniform(180, 2000)] * 9 + [dice.uniform(2000, 4600)]), who)
        more = {"outcome": "false_alarm"} if dice.random() < FALSE[kind] else {"outcome": dice.choice(["helped"] * 6 + ["away"] * 2 + ["ambulance"])}
        if more["outcome"] in ("helped", "ambulance") and dice.random() < 0.4:
            more["found"] = dice.choice(["fallen", "ill", "slept_in", "other"])
        event("resolved", "resolved", dice.uniform(300, 4000), who, **more)


    # ---- visits, what they find, services ----

    def care(self, home, community, team):
        dice, every = self.dice, self.dice.choice([7, 14, 14, 28])
        for number in range(dice.randrange(every), self.days, every):
            due = self.begin + datetime.timedelta(days=number, hours=20)
            ended = self.errand("visit", home, community, team, "chat" if dice.random() < 0.4 else "safety", due - datetime.timedelta(days=3), due, done=0.86, late=0.05, refused=0.03, cancelled=0.02)
            if ended and dice.random() < 0.15:
                self.errand("task", home, community, team, dice.choice(["floor_slippery", "hose_old", "medicine_low", "lamp"]), ended, ended + datetime.timedelta(days=dice.choice([3, 7, 14])),
                            done=0.7, late=0.15, refused=0.03, cancelled=0.04)
        for number in range(self.days):
            if dice.random() < 0.02:
                opened = self.moment(number)
                self.errand("service", home, community, team, dice.choice(self.services), opened, opened + datetime.timedelta(days=dice.randrange(1, 6)), done=0.85, late=0, refused=0.02, cancelled=0.05)

    def errand(self, kind, home, community, team, what, opened, due, done, late, refused, cancelled):
        """One errand's life; when it was done, None otherwise. Nothing happens after the quarter."""
        dice, revision, end = self.dice, 0, self.begin + datetime.timedelta(days=self.days)
        self.number += 1
        base = {"id": f"er-{self.number:05d}", "household": home, "community": community, "team": team, "kind": kind, "what": what, "version": 0, "assignee": "", "provider": "", "origin": "",
                "opened": text(opened), "from": text(opened), "until": text(due), "seen": None, "climb": 0, "reason_zh": "", "reason_en": "", "note": "", "answers": ""}

        def event(name, state, at, actor=""):
            nonlocal revision
            if at >= end:
                return False
            revision += 1
            self.errands.append({**base, "revision": revision, "event": name, "state": state, "at": text(at), "actor": actor})
            return True

        who = dice.choice(self.people.get(team) or ["desk"])
        event("opened", "open", opened)
        base["assignee"] = who
        event("agreed", "agreed", opened + (due - opened) * dice.uniform(0.05, 0.3), who)
        fate, at = dice.random(), opened + (due - opened) * dice.uniform(0.4, 1)
        for share, name in ((done, "done"), (refused, "refused"), (cancelled, "cancelled")):
            if fate < share:
                if not event(name, name, at, who):
                    return None
                if name == "done" and kind == "service" and dice.random() < 0.6:
                    event("confirmed", "confirmed", at + datetime.timedelta(hours=dice.randrange(1, 40)), who)
                return at if name == "done" else None
            fate -= share
        if kind == "visit":
            event("missed", "missed", due)
        else:
            event("climbed", "agreed", due)
        at = due + datetime.timedelta(hours=dice.randrange(1, 120))
        return at if fate < late and event("done", "done", at, who) else None


def duties(connection, first, days, seed=1):
    """Team -> duties as the dispatcher tells them: day and night, with holes."""
    dice, out = random.Random(seed), {}
    with connection.cursor() as cursor:
        cursor.execute("select team, array_agg(id order by id) from volunteer where not desk group by team order by team")
        for team, members in cursor.fetchall():
            items = []
            for day in range(-1, days):
                at = datetime.datetime.combine(first + datetime.timedelta(days=day), datetime.time(8), ZONE)
                for shift, hours in (("day", 12), ("night", 12)):
                    until = at + datetime.timedelta(hours=hours)
                    if dice.random() < (0.99 if shift == "day" else 0.9):
                        items.append({"from": text(at), "until": text(until), "place": 0, "shift": shift, "user": dice.choice(members)})
                    at = until
            if dice.random() < 0.95:
                out[team] = items
    return out


def fill(conninfo, seed=1, days=91):
    connection = psycopg2.connect(conninfo)
    Quarter(connection, seed, days).fill()
    connection.close()


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 4:
        sys.exit(__doc__)
    fill(sys.argv[1], *map(int, sys.argv[2:]))
