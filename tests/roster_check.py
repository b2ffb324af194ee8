#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Recomputes every hard rule and the cost of a roster from its files alone: shares nothing with the engine.

tests/roster_check.py curtois INSTANCE RESULT   a public instance and what `curtain roster solve` printed ("-" = standard input)

Prints one JSON object: violations (each in words), cost (recomputed), stated, valid. Exit status: 0 valid and the cost is as stated, 1 not, 2 wrong usage.
"""
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


CHECKS = {"curtois": check_curtois}

if __name__ == "__main__":
    sys.exit(main(sys.argv))
