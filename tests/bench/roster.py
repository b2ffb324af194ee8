#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Figures of the roster engine, each roster judged by tests/roster_check.py.

tests/bench.sh roster [--seed S] [--teams T] [--volunteers V]   a district: 4 weeks for all teams, a change, a quarter with memory
tests/bench.sh roster-public [--time S] [--folder F] [N]...      the public instances beside the published table

Exit status: 0 every figure holds, every roster is valid; 1 not.
"""
import argparse
import collections
import copy
import datetime
import json
import os
import pathlib
import random
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import roster_check  # noqa: E402

CURTAIN = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/release/bin")) / "curtain"
FIRST = datetime.date(2026, 11, 30)  # a Monday
HOLIDAYS = {"2027-01-01", "2027-01-02", "2027-01-03"}

# What people offer, in the shares of the generator: parts a weekday, Monday first, and duties a month.
DAY, NIGHT, BOTH, NONE = ["day"], ["night"], ["day", "night"], []
PATTERNS = [
    (0.22, "retired, any day", [DAY] * 7, 12),
    (0.10, "retired, mornings of the week", [DAY] * 5 + [NONE] * 2, 10),
    (0.26, "young, any night", [NIGHT] * 7, 10),
    (0.16, "working, nights before work are free at the end of the week", [NIGHT] * 2 + [NONE] * 2 + [NIGHT] * 3, 9),
    (0.16, "working, all of the weekend, nights on Monday to Wednesday", [NIGHT] * 3 + [NONE] * 2 + [BOTH] * 2, 9),
    (0.10, "property manager, day or night", [BOTH] * 7, 8),
]


def date(day):
    return (FIRST + datetime.timedelta(days=day)).isoformat()


def pick(rng):
    at = rng.random()
    for share, _, weekly, most in PATTERNS:
        at -= share
        if at < 0:
            return weekly, most
    return PATTERNS[0][2], PATTERNS[0][3]


class Team:
    """One team's people for the whole quarter; dates off are drawn once for all of it."""

    def __init__(self, rng, number, size, days):
        self.id = f"t-{number:02d}"
        self.days = days
        self.people = []
        for i in range(size):
            # Every team has some who can do each part: the first are dealt, the others drawn.
            weekly, most = (PATTERNS[i % 3 * 2][2], PATTERNS[i % 3 * 2][3]) if i < 6 else pick(rng)
            tags = ["experienced"] if i < 6 or rng.random() < 0.6 else ["newcomer"]
            tags += ["first_aid"] if rng.random() < 0.4 else []
            tags += ["key_holder"] if rng.random() < 0.3 else []
            away = sorted({d + k for d in rng.sample(range(days), rng.choice([0, 1, 1, 2, 3]) * days // 28)
                           for k in range(rng.choice([1, 1, 2, 4])) if d + k < days})
            self.people.append({"id": f"v-{number:02d}{i:02d}", "tags": tags, "weekly": weekly, "at_most": most,
                                "km": round(rng.uniform(0.2, 4.0), 1), "away": away,
                                "nights_in_row": rng.random() < 0.1})
        ids = [p["id"] for p in self.people]
        self.pairs = [{"a": a, "b": b, "weight": 3, "together": rng.random() < 0.7}
                      for a, b in (rng.sample(ids, 2) for _ in range(2))]
        self.wishes = [{"volunteer": rng.choice(ids), "day": rng.randrange(days), "want": rng.random() < 0.5, "weight": rng.choice([2, 4])}
                       for _ in range(size * days // 14)]

    def task(self, begin, days, carried, last):
        people = []
        for p in self.people:
            one = {k: p[k] for k in ("id", "tags", "weekly", "at_most", "km", "nights_in_row")}
            one["away"] = [date(d) for d in p["away"] if begin <= d < begin + days]
            one["served"] = carried["month"][p["id"]]
            one["carried"] = {k: carried[k][p["id"]] - min(carried[k].values()) for k in ("duties", "nights", "weekends")}
            if p["id"] in last:
                one["last"] = last[p["id"]]
            people.append(one)
        return {"team": self.id, "from": date(begin), "days": days,
                "holidays": [h for h in (date(begin + d) for d in range(days)) if h in HOLIDAYS],
                "parts": [{"id": "day", "from": "07:00"},
                          {"id": "night", "from": "19:00", "night": True, "bars": ["day", "night"]}],
                "shifts": [{"id": "day-primary", "part": "day", "weight": 4000, "requires": ["experienced"]},
                           {"id": "day-backup", "part": "day", "weight": 2500},
                           {"id": "night-primary", "part": "night", "weight": 4000, "requires": ["experienced"]},
                           {"id": "night-backup", "part": "night", "weight": 2500}],
                "beside": [{"part": "night", "tags": ["first_aid"], "weight": 20}],
                "rules": {"max_run": 3},
                "volunteers": people, "pairs": self.pairs,
                "wishes": [{"volunteer": w["volunteer"], "date": date(w["day"]), "want": w["want"], "weight": w["weight"]}
                           for w in self.wishes if begin <= w["day"] < begin + days]}


def nothing_carried(team):
    return {k: {p["id"]: 0 for p in team.people} for k in ("duties", "nights", "weekends", "month")}


def remember(task, result, carried):
    """The memory and the last days after a roster."""
    last, first_month = {}, date_of(task, task["days"]).month
    for who, line in result["assignments"].items():
        carried["month"][who] = 0
        for day, shift in enumerate(line):
            if not shift:
                continue
            on = date_of(task, day)
            carried["duties"][who] += 1
            carried["nights"][who] += shift.startswith("night")
            carried["weekends"][who] += on.weekday() >= 5 or on.isoformat() in HOLIDAYS
            carried["month"][who] += on.month == first_month
        run = 0
        while run < len(line) and line[-1 - run]:
            run += 1
        if run:
            last[who] = {"shift": line[-1], "days": run}
    return last


def date_of(task, day):
    return datetime.date.fromisoformat(task["from"]) + datetime.timedelta(days=day)


class Bench:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def plan(self, task, *options):
        """The roster, and the seconds of one core that it took: other programs on the machine do not count."""
        path = self.folder / "task.json"
        path.write_text(json.dumps(task), encoding="utf-8")
        began = core_seconds()
        done = subprocess.run([CURTAIN, "roster", "plan", path, "--json", *options], capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1) or not done.stdout:
            raise SystemExit(f"{task['team']}: {done.stderr.strip()}")
        return json.loads(done.stdout), core_seconds() - began


def core_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def judge(task, result, sums):
    report = roster_check.judge(roster_check.check_team(task, result))
    sums["violations"] += len(report["violations"])
    sums["wrong costs"] += report["cost"] != report["stated"]
    sums["duties"] += report["duties"]
    sums["open"] += report["open"]
    sums["coverable"] += len(report["coverable"])
    for text in report["violations"][:3]:
        print(f"  {task['team']}: {text}")
    return report


def four_weeks(bench, teams):
    sums, seconds, slowest, cost, bound, worst = collections.Counter(), 0.0, 0.0, 0, 0, 0.0
    unproven, results = 0, {}
    for team in teams:
        task = team.task(0, 28, nothing_carried(team), {})
        result, took = bench.plan(task)
        results[team.id] = (task, result)
        judge(task, result, sums)
        seconds += took
        slowest = max(slowest, took)
        cost += result["cost"]
        bound += result["bound"]
        worst = max(worst, (result["cost"] - result["bound"]) / max(1, result["cost"]))
        unproven += bool(result["gaps"]) and result["cost"] - result["bound"] >= 2500
    people = sum(len(t.people) for t in teams)
    print(f"4 weeks, {len(teams)} teams, {people} volunteers: {seconds:.1f} s in all, slowest team {slowest:.2f} s")
    print(f"  hard violations {sums['violations']}, costs not as stated {sums['wrong costs']}, duties {sums['duties']}, open {sums['open']}, "
          f"of these somebody could take at once {sums['coverable']}; teams whose open duties are not proven to be as few as can be: {unproven}")
    print(f"  cost {cost}, bound {bound}: gap {100 * (cost - bound) / cost:.2f}% in all, worst team {100 * worst:.2f}%")
    return results, [("hard violations by the independent checker", sums["violations"], "0", not sums["violations"]),
                     ("costs recomputed that differ", sums["wrong costs"], "0", not sums["wrong costs"]),
                     ("open duties that somebody could take", sums["coverable"], "0", not sums["coverable"]),
                     ("teams whose open duties are not proven as few as can be", unproven, "0", not unproven),
                     ("gap to the proven bound, all teams", f"{100 * (cost - bound) / cost:.2f}%", "<= 1%", cost - bound <= cost / 100),
                     (f"{len(teams)} teams on one core", f"{seconds:.1f} s", "< 60 s", seconds < 60)]


def changes(bench, rng, results):
    """One volunteer of each team reports three days off, a duty among them; all before the third day stays."""
    sums, moved, slowest, frozen_moved = collections.Counter(), collections.Counter(), 0.0, 0
    for task, result in results.values():
        duties = [(who, d) for who, line in result["assignments"].items() for d, shift in enumerate(line) if shift and d >= 4]
        who, day = rng.choice(duties)
        changed = copy.deepcopy(task)
        gone = [date_of(task, d).isoformat() for d in range(day, min(day + 3, task["days"]))]
        next(p for p in changed["volunteers"] if p["id"] == who)["away"] += gone
        changed["previous"] = result["assignments"]
        changed["frozen_until"] = f"{date_of(task, 2).isoformat()}T10:00"
        again, took = bench.plan(changed, "--time", "0.9")
        judge(changed, again, sums)
        slowest = max(slowest, took)
        lost = [d for d in range(day, min(day + 3, task["days"])) if result["assignments"][who][d]]
        others = sum(1 for m in again["moved"] if m.get("from") and not (m["volunteer"] == who and m["date"] in gone))
        moved[others] += 1
        if others > 3:
            print(f"    {task['team']}: {len(lost)} duties lost, {others} others moved, open before {len(result['gaps'])}, after {len(again['gaps'])}")
        frozen_moved += sum(m["date"] < date_of(task, 2).isoformat() for m in again["moved"])
    print(f"a change in each team: slowest {slowest:.2f} s, hard violations {sums['violations']}, coverable {sums['coverable']}, "
          f"moved in the next 48 h {frozen_moved}")
    print("  duties moved beside those that were lost: " + ", ".join(f"{n}: {moved[n]} teams" for n in sorted(moved)))
    return [("a change re-planned, slowest team", f"{slowest:.2f} s", "< 1 s", slowest < 1),
            ("a change: duties moved beside those lost, most", max(moved), "<= 3", max(moved) <= 3),
            ("a change: moved within the next 48 h", frozen_moved, "0", not frozen_moved),
            ("a change: hard violations", sums["violations"], "0", not sums["violations"])]


def quarter(bench, teams):
    sums, spreads, seconds = collections.Counter(), collections.defaultdict(collections.Counter), 0.0
    wide = []
    for team in teams:
        carried, last = nothing_carried(team), {}
        for begin, days in ((0, 28), (28, 28), (56, 35)):
            task = team.task(begin, days, carried, last)
            result, took = bench.plan(task)
            seconds += took
            judge(task, result, sums)
            last = remember(task, result, carried)
        for kind in ("nights", "weekends"):
            groups = collections.defaultdict(list)
            for p in team.people:
                key = (json.dumps(p["weekly"]), p["at_most"], "experienced" in p["tags"], "first_aid" in p["tags"], p["nights_in_row"], len(p["away"]) // 4)
                groups[key].append((carried[kind][p["id"]], p["id"]))
            for members in groups.values():
                if len(members) > 1:
                    spread = max(members)[0] - min(members)[0]
                    spreads[kind][spread] += 1
                    if spread > 1:
                        wide.append((team.id, kind, members))
    print(f"a quarter (13 weeks in three plans with memory): {seconds:.1f} s, hard violations {sums['violations']}, open {sums['open']}, coverable {sums['coverable']}")
    for kind in ("nights", "weekends"):
        print(f"  spread of {kind} among equally available people of a team: " +
              ", ".join(f"{n}: {spreads[kind][n]} groups" for n in sorted(spreads[kind])))
    for team, kind, members in wide[:8]:
        print(f"    wide: {team} {kind} {sorted(members)}")
    return [("a quarter: hard violations", sums["violations"], "0", not sums["violations"])] + [
        (f"a quarter: widest spread of {kind} among equally available people", max(spreads[kind], default=0), "<= 1", max(spreads[kind], default=0) <= 1)
        for kind in ("nights", "weekends")]


def district(arguments):
    rng = random.Random(arguments.seed)
    base, more = divmod(arguments.volunteers, arguments.teams)
    teams = [Team(rng, i + 1, base + (i < more), 91) for i in range(arguments.teams)]
    print(f"seed {arguments.seed}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(folder)
        results, rows = four_weeks(bench, teams)
        rows += changes(bench, rng, results)
        if not arguments.short:
            rows += quarter(bench, teams)
    print(f"\n{'figure':<62}  {'measured':>9}  {'asked':>6}")
    for name, value, asked, holds in rows:
        print(f"{name:<62}  {value!s:>9}  {asked:>6}  {'holds' if holds else 'DOES NOT HOLD'}")
    return all(holds for *_, holds in rows)


# Costs in 10 minutes as published (ORProjects/NRP, ComputationalResults): IP + VNS hybrid, ejection chain, Gurobi, best known.
PUBLISHED = {1: (607, 607, 607, 607), 2: (828, 923, 828, 828), 3: (1001, 1003, 1001, 1001), 4: (1716, 1719, 1716, 1716),
             6: (1950, 2344, 1950, 1950), 8: (1364, 2529, 8995, 1300), 10: (4631, 4999, 4631, 4631), 12: (4042, 5611, 4045, 4040),
             14: (1281, 2542, 1482, 1278), 16: (3306, 4343, 3521, 3225)}


def public(arguments):
    folder = pathlib.Path(arguments.folder)
    numbers = arguments.numbers or sorted(PUBLISHED)
    missing = [n for n in numbers if not (folder / f"Instance{n}.txt").exists()]
    if missing:
        print(f"skipped: {folder} has no instances {missing}")
        return True
    valid = True
    print("instance  hybrid  ejection  Gurobi  best known |   cost   bound  seconds  checked")
    for n in numbers:
        path = folder / f"Instance{n}.txt"
        began = time.monotonic()
        done = subprocess.run([CURTAIN, "roster", "solve", "--layout", "curtois", path, "--time", str(arguments.time), "--seed", str(arguments.seed)],
                              capture_output=True, text=True, check=True)
        took, result = time.monotonic() - began, json.loads(done.stdout)
        report = roster_check.judge(roster_check.check_curtois(path.read_text(encoding="utf-8"), result))
        valid = valid and report["valid"]
        columns = PUBLISHED.get(n, ("", "", "", ""))
        print("{:>8}  {:>6}  {:>8}  {:>6}  {:>10} | {:>6}  {:>6}  {:>7.1f}  {}".format(
            n, *columns, result["cost"], str(result["bound"]), took, "valid" if report["valid"] else report["violations"][:2]), flush=True)
    return valid


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parts = parser.add_subparsers(dest="part", required=True)
    one = parts.add_parser("roster")
    one.add_argument("--seed", type=int, default=20261124)
    one.add_argument("--teams", type=int, default=77)
    one.add_argument("--volunteers", type=int, default=800)
    one.add_argument("--short", action="store_true", help="without the quarter")
    one.set_defaults(run=district)
    two = parts.add_parser("roster-public")
    two.add_argument("--time", type=float, default=600)
    two.add_argument("--seed", type=int, default=1)
    two.add_argument("--folder", default=str(ROOT.parent / "shared/data/rosters"))
    two.add_argument("numbers", type=int, nargs="*")
    two.set_defaults(run=public)
    arguments = parser.parse_args()
    return 0 if arguments.run(arguments) else 1


if __name__ == "__main__":
    sys.exit(main())
