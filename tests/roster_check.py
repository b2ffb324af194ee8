#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Recomputes every hard rule and the cost of a roster from its files alone: shares nothing with the engine.

tests/roster_check.py curtois INSTANCE RESULT   a public instance and what `curtain roster solve` printed ("-" = standard input)
tests/roster_check.py team TASK RESULT          a team's task (docs/roster.md) and what `curtain roster plan --json` printed; also counts duties, those open,
                                                and lists those open that somebody could take at once without breaking a rule

Prints one JSON object: violations (each in words), cost (recomputed), stated, valid. Exit status: 0 valid and the cost is as stated, 1 not, 2 wrong usage.
"""
import datetime
import json
import sys


def sections(text):
    """The rows of each section of a Curtois file, split at commas."""
    found, name = {}, None
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("SECTION_"):
            name = line
            found[name] = []
        else:
            found[name].append(line.split(","))
    return found


class Curtois:
    def __init__(self, text):
        part = sections(text)
        self.days = int(part["SECTION_HORIZON"][0][0])
        self.minutes = {row[0]: int(row[1]) for row in part["SECTION_SHIFTS"]}
        self.barred = {row[0]: {s for s in (row[2] if len(row) > 2 else "").split("|") if s} for row in part["SECTION_SHIFTS"]}
        self.staff = {}
        for row in part["SECTION_STAFF"]:
            most = {kind: int(n) for kind, n in (item.split("=") for item in row[1].split("|"))}
            longest, least, run_max, run_min, rest_min, weekends = (int(x) for x in row[2:8])
            self.staff[row[0]] = {"most": most, "max": longest, "min": least, "run_max": run_max, "run_min": run_min,
                                  "rest_min": rest_min, "weekends": weekends}
        self.off = {(row[0], int(day)) for row in part.get("SECTION_DAYS_OFF", []) for day in row[1:]}
        self.on = [(r[0], int(r[1]), r[2], int(r[3])) for r in part.get("SECTION_SHIFT_ON_REQUESTS", [])]
        self.not_on = [(r[0], int(r[1]), r[2], int(r[3])) for r in part.get("SECTION_SHIFT_OFF_REQUESTS", [])]
        self.cover = [(int(r[0]), r[1], int(r[2]), int(r[3]), int(r[4])) for r in part.get("SECTION_COVER", [])]

    def runs(self, line):
        """(first day, length, worked) of each stretch of work or of days off."""
        start = 0
        for day in range(1, self.days + 1):
            if day == self.days or (line[day] is None) != (line[start] is None):
                yield start, day - start, line[start] is not None
                start = day

    def person_violations(self, who, line):
        rule = self.staff[who]
        worked = [shift for shift in line if shift is not None]
        for day, shift in enumerate(line):
            if shift is not None and (who, day) in self.off:
                yield f"{who} works on day {day}, a day off"
            if day and line[day - 1] is not None and shift in self.barred[line[day - 1]]:
                yield f"{who} has {shift} on day {day} after {line[day - 1]}"
        for kind, most in rule["most"].items():
            if worked.count(kind) > most:
                yield f"{who} has {worked.count(kind)} shifts {kind}, at most {most}"
        total = sum(self.minutes[shift] for shift in worked)
        if not rule["min"] <= total <= rule["max"]:
            yield f"{who} works {total} minutes, not {rule['min']} to {rule['max']}"
        for start, length, on in self.runs(line):
            inner = start > 0 and start + length < self.days
            if on and length > rule["run_max"]:
                yield f"{who} works {length} days in a row from day {start}, at most {rule['run_max']}"
            if inner and on and length < rule["run_min"]:
                yield f"{who} works only {length} days in a row from day {start}, at least {rule['run_min']}"
            if inner and not on and length < rule["rest_min"]:
                yield f"{who} rests only {length} days from day {start}, at least {rule['rest_min']}"
        weekends = sum(any(line[d] is not None for d in (s, s + 1) if d < self.days) for s in range(5, self.days, 7))
        if weekends > rule["weekends"]:
            yield f"{who} works on {weekends} weekends, at most {rule['weekends']}"

    def violations(self, lines):
        for who in self.staff:
            if who not in lines:
                yield f"{who} has no line"
        for who, line in lines.items():
            if who not in self.staff:
                yield f"{who} is not of the staff"
            elif len(line) != self.days:
                yield f"{who} has {len(line)} days, not {self.days}"
            elif any(shift is not None and shift not in self.minutes for shift in line):
                yield f"{who} has a shift that does not exist"
            else:
                yield from self.person_violations(who, line)

    def cost(self, lines):
        total = sum(weight for who, day, shift, weight in self.on if lines[who][day] != shift)
        total += sum(weight for who, day, shift, weight in self.not_on if lines[who][day] == shift)
        for day, shift, wanted, under, over in self.cover:
            there = sum(line[day] == shift for line in lines.values())
            total += under * max(0, wanted - there) + over * max(0, there - wanted)
        return total


def check_curtois(instance, result):
    problem = Curtois(instance)
    lines = result["assignments"]
    violations = list(problem.violations(lines))
    whole = set(lines) == set(problem.staff) and all(len(line) == problem.days for line in lines.values())
    return {"violations": violations, "cost": problem.cost(lines) if whole else None, "stated": result.get("cost")}


PRESET_PARTS = [{"id": "day", "from": "07:00"}, {"id": "night", "from": "19:00", "night": True, "bars": ["day", "night"]}]
PRESET_SHIFTS = [{"id": "day-primary", "part": "day", "weight": 4000}, {"id": "day-backup", "part": "day", "weight": 2500},
                 {"id": "night-primary", "part": "night", "weight": 4000}, {"id": "night-backup", "part": "night", "weight": 2500}]
PRESET_WEIGHTS = {"duties": 2, "nights": 10, "weekends": 14, "km": 1, "moved": 900}
TOO_MANY = 20000


class Team:
    def __init__(self, task):
        self.task = task
        self.dates = [datetime.date.fromisoformat(task["from"]) + datetime.timedelta(days=d) for d in range(task["days"])]
        self.parts = {p["id"]: p for p in task.get("parts", PRESET_PARTS)}
        self.shifts = {s["id"]: s for s in task.get("shifts", PRESET_SHIFTS)}
        self.people = {v["id"]: v for v in task["volunteers"]}
        rules = task.get("rules", {})
        self.max_run = rules.get("max_run", 3)
        self.weights = {**PRESET_WEIGHTS, **rules.get("weights", {})}
        self.holidays = set(task.get("holidays", []))
        self.previous = task.get("previous")
        self.fixed = {(f["volunteer"], f["date"]): f["shift"] for f in task.get("fixed", [])}

    def part(self, shift):
        return self.shifts[shift]["part"]

    def shared(self, day):
        return self.dates[day].weekday() >= 5 or self.dates[day].isoformat() in self.holidays

    def need(self, day, shift):
        s = self.shifts[shift]
        plain = s.get("need", 1)
        return s.get("need_holiday", plain) if self.dates[day].isoformat() in self.holidays else plain

    def frozen(self, day, shift):
        until = self.task.get("frozen_until")
        return bool(until) and f"{self.dates[day].isoformat()}T{self.parts[self.part(shift)]['from']}" < until

    def before(self, who, day):
        return (self.previous or {}).get(who, [None] * len(self.dates))[day]

    def is_away(self, who, day, part):
        for away in self.people[who].get("away", []):
            when, only = (away, None) if isinstance(away, str) else (away["date"], away.get("part"))
            if when == self.dates[day].isoformat() and only in (None, part):
                return True
        return False

    def unable(self, who, day, shift):
        """Why who may not have shift on day, whatever else he or she has; None = may."""
        person, part = self.people[who], self.part(shift)
        if self.fixed.get((who, self.dates[day].isoformat())) == shift:
            return None
        if not set(self.shifts[shift].get("requires", [])) <= set(person.get("tags", [])):
            return "lacks a skill"
        if part not in person.get("weekly", [list(self.parts)] * 7)[self.dates[day].weekday()]:
            return "does not serve at that time of the week"
        if self.is_away(who, day, part):
            return "is away"
        if self.frozen(day, shift) and self.before(who, day) != shift:
            return "was put on a duty that may not change any more"
        return None

    def barred(self, who, first, second):
        if first is None or second is None:
            return False
        one, two = self.part(first), self.part(second)
        return two in self.parts[one].get("bars", []) and not (one == two and self.people[who].get("nights_in_row"))

    def line_violations(self, who, line):
        person = self.people[who]
        last = person.get("last")
        run, previous = (last.get("days", 1), last["shift"]) if last else (0, None)
        months = {}
        for day, shift in enumerate(line):
            on = self.dates[day].isoformat()
            must = self.fixed.get((who, on))
            if must and shift != must:
                yield f"{who} has {shift} on {on}, the captain has set {must}"
            stays = self.before(who, day)
            if stays and self.frozen(day, stays) and shift != stays and not self.unable(who, day, stays) and not must:
                yield f"{who} lost {stays} on {on}, which may not change any more"
            if self.barred(who, previous, shift):
                yield f"{who} has {shift} on {on} after {previous}"
            previous = shift
            run = run + 1 if shift else 0
            if shift is None:
                continue
            reason = self.unable(who, day, shift)
            if reason:
                yield f"{who} has {shift} on {on} but {reason}"
            if run > self.max_run:
                yield f"{who} serves {run} days in a row up to {on}, at most {self.max_run}"
            months[on[:7]] = months.get(on[:7], 0) + 1
        for month, count in months.items():
            served = person.get("served", 0) if month == self.task["from"][:7] else 0
            if "at_most" in person and count > max(0, person["at_most"] - served):
                yield f"{who} has {count} duties in {month} beside {served} before, at most {person['at_most']}"

    def set_before(self, day, shift):
        """How many have it whatever is planned: set by the captain, or too near to change."""
        def has_to(who):
            must = self.fixed.get((who, self.dates[day].isoformat()))
            stays = self.before(who, day) == shift and self.frozen(day, shift) and not self.unable(who, day, shift)
            return must == shift or (stays and not must)
        return sum(has_to(who) for who in self.people)

    def there(self, lines, day, shift):
        return sum(line[day] == shift for line in lines.values())

    def violations(self, lines):
        yield from (f"{who} is not of the team" for who in lines if who not in self.people)
        yield from (f"{who} has no line" for who in self.people if who not in lines)
        for who, line in lines.items():
            if len(line) != len(self.dates) or any(s is not None and s not in self.shifts for s in line):
                yield f"{who} has a line of the wrong length or with a shift that does not exist"
            else:
                yield from self.line_violations(who, line)
        for day in range(len(self.dates)):
            for shift in self.shifts:
                if self.there(lines, day, shift) > max(self.need(day, shift), self.set_before(day, shift)):
                    yield f"{self.there(lines, day, shift)} people have {shift} on {self.dates[day]}, {self.need(day, shift)} needed"

    def open_duties(self, lines):
        return [(day, shift) for day in range(len(self.dates)) for shift in self.shifts
                for _ in range(self.need(day, shift) - self.there(lines, day, shift))]

    def coverable(self, lines):
        """Open duties that somebody without a duty that day could take, all else as it is."""
        for day, shift in self.open_duties(lines):
            for who, line in lines.items():
                if line[day] is None and not list(self.line_violations(who, line[:day] + [shift] + line[day + 1:])):
                    yield f"{self.dates[day]} {shift}: {who}"
                    break

    def line_cost(self, who, line):
        person, cost = self.people[who], 0
        carried = person.get("carried", {})
        own = [(day, shift) for day, shift in enumerate(line) if shift]
        counts = {"duties": len(own), "weekends": sum(self.shared(day) for day, _ in own),
                  "nights": sum(bool(self.parts[self.part(shift)].get("night")) for _, shift in own)}
        for kind, count in counts.items():
            cost += self.weights[kind] * (carried.get(kind, 0) + count) ** 2
        metres = int(person.get("km", 0) * 1000)
        cost += len(own) * ((self.weights["km"] * metres + 500) // 1000)
        if self.previous is not None:
            cost += self.weights["moved"] * sum(shift != self.before(who, day) for day, shift in enumerate(line))
        return cost

    def cost(self, lines):
        total = sum(self.line_cost(who, line) for who, line in lines.items())
        for wish in self.task.get("wishes", []):
            has = lines[wish["volunteer"]][self.dates.index(datetime.date.fromisoformat(wish["date"]))]
            fits = has is not None and has in wish.get("shifts", list(self.shifts))
            total += wish.get("weight", 5) * (fits != wish.get("want", True))
        for day in range(len(self.dates)):
            for shift in self.shifts:
                short = self.need(day, shift) - self.there(lines, day, shift)
                total += self.shifts[shift].get("weight", 4000) * max(0, short) + TOO_MANY * max(0, -short)
            on = {part: {who for who, line in lines.items() if line[day] and self.part(line[day]) == part} for part in self.parts}
            for beside in self.task.get("beside", []):
                count = sum(bool(set(beside["tags"]) & set(self.people[who].get("tags", []))) for who in on[beside["part"]])
                total += beside.get("weight", 100) * max(0, beside.get("need", 1) - count)
            for pair in self.task.get("pairs", []):
                for part in self.parts:
                    count = len({pair["a"], pair["b"]} & on[part])
                    total += pair.get("weight", 5) * (count == (1 if pair.get("together", True) else 2))
        return total


def check_team(task, result):
    team = Team(task)
    lines = result["assignments"]
    violations = list(team.violations(lines))
    report = {"violations": violations, "cost": None, "stated": result.get("cost")}
    if set(lines) == set(team.people) and not any("wrong length" in text for text in violations):
        report["cost"] = team.cost(lines)
        report["duties"] = sum(team.need(day, shift) for day in range(len(team.dates)) for shift in team.shifts)
        report["open"] = len(team.open_duties(lines))
        report["coverable"] = list(team.coverable(lines))
    return report


def judge(report):
    report["valid"] = not report["violations"] and report["cost"] == report["stated"]
    return report


def read(path):
    if path == "-":
        return sys.stdin.read()
    with open(path, encoding="utf-8") as file:
        return file.read()


def main(argv):
    if len(argv) != 4 or argv[1] not in CHECKS:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    report = judge(CHECKS[argv[1]](read(argv[2]), json.loads(read(argv[3]))))
    print(json.dumps(report, ensure_ascii=False))
    return 0 if report["valid"] else 1


CHECKS = {"curtois": check_curtois, "team": lambda task, result: check_team(json.loads(task), result)}

if __name__ == "__main__":
    sys.exit(main(sys.argv))
