# SPDX-License-Identifier: MIT
"""Short stories about duties, visits, tasks and services (docs/roster.md, docs/visit.md), each with one end, for tests/fault/arrange.py: a thread tells each, as the desk and everybody
concerned in a team and a home of its own. What was answered, or said to anybody, must be true in the end, however often the dispatcher was killed meanwhile.
"""
import datetime as dt
import random
import time

import killed
import lane

PEOPLE = "abcd"
DAY = 86400
LIMIT_S = 40  # for what must come by itself, beyond outages


def seconds(text):
    return dt.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Lost(Exception):
    """Something that had to come did not, or is not as it was said to be."""


class Case:
    """One story: a team, its people, a home. tell() runs it; what is wrong is counted in the row."""

    def __init__(self, rig, number, row):
        self.rig, self.number, self.row, self.name, self.began = rig, number, row, f"{type(self).__name__.lower()} {number}", time.time()
        self.team, self.home, self.captain = f"t-{number}", f"h-{number}", f"cap-{number}"

    def who(self, letter):
        return f"{letter}-{self.number}" if letter in PEOPLE else self.captain if letter == "captain" else letter

    def run(self):
        try:
            self.tell()
        except Lost as lost:
            self.row.count("lost", f"{self.name}: {lost}")

    # ---- what the desk does ----

    def ask(self, method, **arguments):
        self.rig.flows.wait()
        return self.rig.ask(method, arguments)

    def good(self, method, **arguments):
        answer = self.ask(method, **arguments)
        if not answer["ok"]:
            raise Lost(f"{method} is refused: {answer['error']}")
        return answer["result"]

    def publish(self, *duties):
        """duties: (who, begin, seconds, place); the shift is named by the place."""
        self.duties = duties
        lines = "\n".join(f"{lane.rfc3339(begin)},{lane.rfc3339(begin + length)},{place},s{place},{self.who(who)}" for who, begin, length, place in duties)
        self.good("roster", team=self.team, duties=lines, near=True)

    def duty(self, i):
        who, begin, _, place = self.duties[i]
        return {"team": self.team, "shift": f"s{place}", "from": lane.rfc3339(begin), "user": self.who(who)}

    def taken(self, method, **arguments):
        """Asks for a change; a second attempt may find it done."""
        answer = self.good(method, **arguments)
        if answer["verdict"] not in ("taken", "repeated"):
            raise Lost(f"{method}: {answer}")
        return answer["matter"]

    def holders(self):
        return [d["user"] for d in self.good("duties", team=self.team)["items"]]

    def stood(self, who, end):
        """A duty that is over is told of once, as its holder's."""
        time.sleep(max(0, end + 0.002 - time.time()))  # of the very moment nothing is told
        told = [d for d in self.good("stood", after=lane.rfc3339(end - 1))["items"] if d["team"] == self.team]
        self.expect("what is over", [(d["planned"], d.get("user"), "open_from" in d) for d in told], [(self.who(who), self.who(who), False)])

    def state(self, matter):
        return next((m["state"] for m in self.good("matters", team=self.team)["items"] if m["matter"] == matter), "forgotten")

    def expect(self, what, found, wanted):
        if found != wanted:
            raise Lost(f"{what} is {found}, not {wanted}")

    # ---- what people do ----

    def say(self, who, matter, action, **more):
        self.rig.flows.wait()
        self.rig.crowd.reply(matter, self.who(who), action, **more)

    def notice(self, who, kind, matter=None, before=None):
        """The first such notice, as (wall, body). before: a time at which it may not have come yet."""
        at, body = self.wait(f"{kind} to {self.who(who)}", lambda: self.rig.notices.get((self.who(who), kind, matter)) if matter else next(
            (v for (user, its, _), v in self.rig.notices.items() if (user, its) == (self.who(who), kind) and seconds(v[1]["at"]) >= self.began), None))
        if before:
            self.timed(f"{kind} to {self.who(who)}", before, at)
        return body

    def errand(self, what, condition):
        return self.wait(what, lambda: next((e for e in self.rig.errands.items if e["household"] == self.home and seconds(e["opened"]) > self.began - 1 and condition(e)), None))

    def wait(self, what, look):
        since = time.time()
        while True:
            with self.rig.heard:
                found = look()
                if found is None:
                    self.rig.heard.wait(0.2)
            if found is not None:
                return found
            self.patience(since, what)

    def becomes(self, what, matter, state):
        """Waits for the state of a matter. It is asked for without rig.heard held: whoever kills needs that before questions flow again."""
        since = time.time()
        while self.state(matter) != state:
            self.patience(since, what)
            with self.rig.heard:
                self.rig.heard.wait(0.2)

    def patience(self, since, what):
        if time.time() - since - self.rig.outage(since, time.time()) > LIMIT_S:
            raise Lost(f"no {what}")

    def timed(self, what, due, at):
        self.row.timed(self.rig, f"{self.name}: {what}", due, at)


class Swap(Case):
    def tell(self):
        self.publish(("a", self.began + 5 * DAY, 3600, 0), ("c", self.began + 8 * DAY, 3600, 0))
        matter = self.taken("swap", to=self.who("b"), **self.duty(0))
        self.notice("b", "swap_asked", matter)
        self.say("b", matter, "accept")
        self.notice("a", "swap_valid", matter)
        self.notice("b", "swap_valid", matter)
        self.expect("the swap", self.state(matter), "done")
        self.expect("who serves", self.holders(), [self.who("b"), self.who("c")])


class Exchange(Case):
    """Both duties change hands, or none: looked at after each start."""

    def tell(self):
        self.publish(("a", self.began + 5 * DAY, 3600, 0), ("b", self.began + 8 * DAY, 3600, 1))
        with self.rig.heard:
            self.rig.halves[self.team] = [self.who("a"), self.who("b")]
        other = self.duty(1)
        matter = self.taken("swap", to=self.who("b"), back_shift=other["shift"], back_from=other["from"], **self.duty(0))
        self.notice("b", "swap_asked", matter)
        self.say("b", matter, "accept")
        self.notice("a", "swap_valid", matter)
        self.notice("b", "swap_valid", matter)
        self.expect("who serves", self.holders(), [self.who("b"), self.who("a")])
        with self.rig.heard:
            self.rig.halves.pop(self.team, None)


class Declined(Case):
    def tell(self):
        self.publish(("a", self.began + 5 * DAY, 3600, 0))
        matter = self.taken("swap", to=self.who("b"), **self.duty(0))
        self.notice("b", "swap_asked", matter)
        self.say("b", matter, "decline")
        self.notice("a", "swap_off", matter)
        self.expect("the swap", self.state(matter), "declined")
        self.expect("who serves", self.holders(), [self.who("a")])


class Unanswered(Case):
    """The duty is over before anybody answers: a question never outlives what it is about."""

    def tell(self):
        self.publish(("a", self.began - 60, 64, 0))
        answer = self.good("swap", to=self.who("b"), **self.duty(0))
        if answer["verdict"] == "unknown":
            return  # the outage was longer than the duty
        asked = self.notice("b", "swap_asked", answer["matter"])
        self.notice("a", "swap_off", answer["matter"], before=seconds(asked["expires"]))
        self.stood("a", self.duties[0][1] + 64)


class Veto(Case):
    """The captain says nothing, and it is in force when half of the time to the duty is over, not before."""

    def tell(self):
        self.publish(("a", self.began + 16, 3600, 0))
        matter = self.taken("swap", to=self.who("b"), **self.duty(0))
        self.notice("b", "swap_asked", matter)
        self.say("b", matter, "accept")
        asked = self.notice("captain", "swap_veto", matter)
        if self.number % 2:
            self.say("captain", matter, "decline")
            self.notice("a", "swap_off", matter)
            self.expect("the swap", self.state(matter), "vetoed")
            self.expect("who serves", self.holders(), [self.who("a")])
            return
        self.notice("a", "swap_valid", matter, before=seconds(asked["expires"]))
        self.notice("b", "swap_valid", matter)
        self.expect("who serves", self.holders(), [self.who("b")])


class Cover(Case):
    """One is asked after the other; who says yes has it."""

    def tell(self):
        self.publish(("a", self.began + 5 * DAY, 3600, 0))
        self.asked_in_turn(self.taken("seek", **self.duty(0)))

    def asked_in_turn(self, matter):
        dice, asked = random.Random(f"{self.rig.seed}/{self.name}/{matter}"), []
        while len(asked) < len(PEOPLE) - 1:
            user = self.wait("next one asked", lambda: next((u for (u, kind, its) in self.rig.notices if kind == "cover_asked" and its == matter and u not in asked), None))
            with self.rig.heard:
                beside = [u for (u, kind, its) in self.rig.notices if kind == "cover_asked" and its == matter and u not in asked + [user]]
            if beside:
                self.row.count("early", f"{self.name}: {beside} are asked while {user} has time")
            asked.append(user)
            if dice.random() < 0.5:
                self.say(user.split("-")[0], matter, "accept")
                self.notice(user.split("-")[0], "cover_yours", matter)
                self.expect("who serves", self.holders(), [user])
                return self.expect("the request", self.state(matter), "done")
            self.say(user.split("-")[0], matter, "decline")
        self.notice("captain", "cover_asked", matter)
        self.say("captain", matter, "decline")
        self.notice("captain", "cover_open", matter)
        self.expect("the request", self.state(matter), "climbed")
        return self.good("recall", matter=matter)


class Absence(Cover):
    """A duty that nobody has is the duty of one open request, whatever happens."""

    def tell(self):
        self.publish(("a", self.began + 5 * DAY, 3600, 0))
        self.good("absent", team=self.team, user=self.who("a"), **{"from": lane.rfc3339(self.began + 4 * DAY), "until": lane.rfc3339(self.began + 6 * DAY)})
        gaps = [g for g in self.good("gaps", team=self.team)["items"] if "matter" in g and g["from"] == self.duty(0)["from"]]
        self.expect("the open duties", len(gaps), 1)
        self.asked_in_turn(gaps[0]["matter"])
        self.good("absent", team=self.team, user=self.who("a"), **{"from": lane.rfc3339(self.began), "until": lane.rfc3339(self.began)})  # is back


class Begin(Case):
    """A duty begins: who has it is asked, not before, and answers."""

    def tell(self):
        begin = 0
        while begin < time.time():  # a roster that came into force after the begin asks nobody
            self.rig.flows.wait()
            begin = time.time() + 4
            self.publish(("a", begin, 3600, 0), ("b", begin, 3600, 1))
            self.began = time.time()  # what an attempt before it has asked is stamped before
        asked = self.notice("a", "reachable", before=begin)
        self.notice("b", "reachable", before=begin)
        self.goes_on(asked)

    def goes_on(self, asked):
        self.say("a", asked["matter"], "accept")
        self.becomes("yes that counts", asked["matter"], "done")


class Silent(Begin):
    """... or does not: backup and captain know, and somebody else is sought."""

    def goes_on(self, asked):
        due = seconds(asked["expires"])
        self.notice("b", "unreachable", asked["matter"], before=due)
        self.notice("captain", "unreachable", asked["matter"], before=due)
        user = self.wait("one to be asked", lambda: next((u for (u, kind, _), (at, body) in self.rig.notices.items()
                                                          if kind == "cover_asked" and body["team"] == self.team and at > self.began), None))
        self.expect("who is asked", user in (self.who("c"), self.who("d")), True)
        self.say("a", asked["matter"], "accept")  # is there after all
        self.notice(user.split("-")[0], "cover_over")


class Visit(Case):
    """A visit with findings, and a task that nobody does in time."""

    def tell(self):
        made = self.good("visit_request", household=self.home, what="three_three")["errand"]
        user = self.errand("offer", lambda e: e["id"] == made["id"] and e["event"] == "offered")["assignee"]
        self.told(user, made["id"], "offered")
        self.say(user.split("-")[0], made["id"], "accept")
        self.errand("yes", lambda e: e["id"] == made["id"] and e["event"] == "agreed")
        self.told(user, made["id"], "agreed")
        self.say(user.split("-")[0], made["id"], "arrived")
        self.errand("begin", lambda e: e["id"] == made["id"] and e["event"] == "started")
        done = self.good("visit_answer", errand=made["id"], action="done", answers="doors=ok gas=hose_old medicine=medicine_low")
        self.expect("the visit", done["errand"]["state"], "done")
        self.errand("end", lambda e: e["id"] == made["id"] and e["event"] == "done")
        tasks = [t for t in self.good("visit_plan", kind="task", household=self.home)["items"] if t["origin"] == made["id"]]
        self.expect("the tasks", sorted(t["what"] for t in tasks), ["hose_old", "medicine_low"])
        hose = next(t for t in tasks if t["what"] == "hose_old")
        self.told(self.captain, hose["id"], "agreed")
        due, moved = 0, {"ok": False}
        while not moved["ok"]:  # not into the past
            self.expect("the move", due > time.time(), False)
            self.rig.flows.wait()
            due = time.time() + 2
            moved = self.ask("visit_answer", errand=hose["id"], action="move", **{"from": lane.rfc3339(due - 60), "until": lane.rfc3339(due)})
        moves = moved["result"]["errand"]["revision"]  # an attempt before it may have climbed
        climbed = self.errand("climb", lambda e: e["id"] == hose["id"] and e["event"] == "climbed" and e["revision"] > moves)
        self.timed("the climb", due, seconds(climbed["at"]))
        self.told(self.captain, hose["id"], "climbed")
        for task in tasks:
            self.good("visit_answer", errand=task["id"], action="done")

    def told(self, user, errand, event):
        self.wait(f"{event} of {errand} at {user}'s topic", lambda: self.rig.letters.get((user, errand, event)))


class Refused(Case):
    """One companion after the other declines, then the captain knows."""

    def tell(self):
        made, asked = self.good("visit_request", household=self.home, what="chat")["errand"], []
        for _ in range(2):
            user = self.errand("offer", lambda e: e["id"] == made["id"] and e["event"] == "offered" and e["assignee"] not in asked)["assignee"]
            asked.append(user)
            Visit.told(self, user, made["id"], "offered")
            self.say(user.split("-")[0], made["id"], "decline")
        self.errand("climb", lambda e: e["id"] == made["id"] and e["event"] == "climbed")
        Visit.told(self, self.captain, made["id"], "climbed")
        self.expect("the visit", self.good("visit_answer", errand=made["id"], action="cancel")["errand"]["state"], "cancelled")


class Service(Case):
    """Asked for, taken by its provider, done, confirmed; once, however often it was asked for."""

    def tell(self):
        made = self.good("visit_request", household=self.home, what="medical-2")["errand"]
        Visit.told(self, "p-1", made["id"], "offered")
        for action, state in (("accept", "agreed"), ("start", "under_way"), ("done", "done"), ("confirm", "confirmed")):
            self.expect("the service", self.good("visit_answer", errand=made["id"], action=action)["errand"]["state"], state)
        self.errand("end", lambda e: e["id"] == made["id"] and e["event"] == "confirmed")
        self.expect("the services", {e["id"] for e in self.rig.errands.items if e["household"] == self.home and seconds(e["opened"]) > self.began - 1}, {made["id"]})


CASES = [Swap, Exchange, Declined, Unanswered, Veto, Cover, Absence, Begin, Silent, Visit, Refused, Service]
