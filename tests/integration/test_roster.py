# SPDX-License-Identifier: MIT
"""`curtain roster` and the independent checker: rosters that hold, and broken ones that the checker has to catch."""
import copy
import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

import jsonschema
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import roster_check  # noqa: E402

CURTAIN = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "curtain"
PUBLIC = ROOT.parent / "shared/data/rosters"
INSTANCE = """\
SECTION_HORIZON
14
SECTION_SHIFTS
E,480,
L,480,E
SECTION_STAFF
A,E=14|L=3,3840,2400,4,2,2,1
B,E=14|L=14,3840,2400,4,2,2,1
C,E=14|L=14,3840,2400,4,2,2,2
D,E=14|L=0,3840,2400,4,2,2,2
SECTION_DAYS_OFF
A,3
B,9
SECTION_SHIFT_ON_REQUESTS
A,0,E,3
C,8,L,2
SECTION_SHIFT_OFF_REQUESTS
D,7,E,5
SECTION_COVER
""" + "".join(f"{day},{shift},1,100,1\n" for day in range(14) for shift in "EL")


def solve(path, *options, seconds=20):
    return subprocess.run([CURTAIN, "roster", "solve", "--layout", "curtois", path, "--time", str(seconds), *options],
                          capture_output=True, text=True, timeout=seconds + 60, check=False)


@pytest.fixture(scope="module", name="solved")
def solved_fixture(tmp_path_factory):
    path = tmp_path_factory.mktemp("roster") / "small.txt"
    path.write_text(INSTANCE, encoding="utf-8")
    done = solve(path, seconds=5)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def report(result):
    return roster_check.judge(roster_check.check_curtois(INSTANCE, result))


def test_a_solved_instance_is_valid_and_its_cost_right(solved):
    assert report(solved) == {"violations": [], "cost": solved["cost"], "stated": solved["cost"], "valid": True}
    assert solved["bound"] <= solved["cost"]
    assert solved["optimal"] == (solved["bound"] == solved["cost"])


def test_the_checker_catches_a_wrong_cost(solved):
    assert not report({**solved, "cost": solved["cost"] - 1})["valid"]


BROKEN = {
    "works on day 3, a day off": ("A", {2: "E", 3: "E"}),
    "has E on day 5 after L": ("B", {4: "L", 5: "E"}),
    "shifts L, at most 3": ("A", {0: "L", 1: "L", 4: "L", 5: "L"}),
    "shifts L, at most 0": ("D", {0: "L"}),
    "works 480 minutes": ("C", {d: None if d else "E" for d in range(14)}),
    "works 6720 minutes": ("C", {d: "E" for d in range(14)}),
    "works 14 days in a row": ("C", {d: "E" for d in range(14)}),
    "works only 1 days in a row from day 5": ("C", {3: None, 4: None, 5: "E", 6: None, 7: None}),
    "rests only 1 days from day 5": ("C", {3: "E", 4: "E", 5: None, 6: "E", 7: "E"}),
    "works on 2 weekends": ("B", {5: "E", 12: "E"}),
    "a shift that does not exist": ("B", {5: "X"}),
}


@pytest.mark.parametrize("words", BROKEN)
def test_the_checker_catches_each_broken_rule(solved, words):
    who, changes = BROKEN[words]
    result = copy.deepcopy(solved)
    for day, shift in changes.items():
        result["assignments"][who][day] = shift
    assert any(words in violation for violation in report(result)["violations"])


def test_the_checker_catches_lines_missing_added_or_short(solved):
    for change in (lambda lines: lines.pop("A"), lambda lines: lines.update(Z=[None] * 14), lambda lines: lines["A"].pop()):
        result = copy.deepcopy(solved)
        change(result["assignments"])
        assert not report(result)["valid"]


def test_runs_at_the_ends_of_the_horizon_are_never_too_short(solved):
    result = copy.deepcopy(solved)
    result["assignments"]["C"] = ["E", None, None, "E", "E", None, None, "L", "L", None, None, None, None, "E"]
    assert not any("only" in violation for violation in report(result)["violations"])


def test_the_same_seed_gives_the_same_roster(tmp_path):
    path = tmp_path / "small.txt"
    path.write_text(INSTANCE, encoding="utf-8")
    first, second = (json.loads(solve(path, "--seed", "7", seconds=3).stdout) for _ in range(2))
    assert first["assignments"] == second["assignments"]


def test_faults_are_told(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_text(INSTANCE.replace("B,9", "B,14"), encoding="utf-8")
    done = solve(path)
    assert (done.returncode, done.stdout) == (2, "")
    assert ":13: " in done.stderr and '"14"' in done.stderr
    path.write_text(INSTANCE.replace("A,E=14|L=3,3840,2400", "A,E=14|L=3,6720,6720"), encoding="utf-8")
    assert solve(path).returncode == 1
    assert solve(tmp_path / "absent.txt").returncode == 2
    assert solve(path, "--layout", "other").returncode == 2


@pytest.mark.parametrize("number,optimum", [(1, 607), (2, 828), (3, 1001), (4, 1716)])
def test_public_instances_are_solved_to_their_optimum(number, optimum):
    path = PUBLIC / f"Instance{number}.txt"
    if not path.exists():
        pytest.skip("the public instances are not here")
    result = json.loads(solve(path, seconds=20).stdout)
    checked = roster_check.judge(roster_check.check_curtois(path.read_text(encoding="utf-8"), result))
    assert checked["valid"] and checked["cost"] == optimum


# ---- a team's roster ----

TASK = {
    "team": "t-01", "from": "2026-12-28", "days": 14, "holidays": ["2027-01-01"],
    "parts": [{"id": "day", "from": "07:00"}, {"id": "night", "from": "19:00", "night": True, "bars": ["day", "night"]}],
    "shifts": [{"id": "day-primary", "part": "day", "requires": ["experienced"]}, {"id": "day-backup", "part": "day", "weight": 2500},
               {"id": "night-primary", "part": "night", "need_holiday": 2}],
    "beside": [{"part": "night", "tags": ["first_aid"], "weight": 20}],
    "volunteers": [{"id": "v-00", "tags": ["experienced"], "at_most": 4, "served": 1, "km": 1.5},
                   {"id": "v-01", "tags": ["first_aid"], "weekly": [["day", "night"]] * 5 + [[], []]},
                   {"id": "v-02", "tags": ["experienced", "first_aid"], "away": ["2026-12-30", {"date": "2026-12-31", "part": "night"}]},
                   {"id": "v-03", "last": {"shift": "night-primary", "days": 1}, "carried": {"duties": 3, "nights": 2, "weekends": 1}},
                   {"id": "v-04", "tags": ["experienced"], "nights_in_row": True}] + [{"id": f"v-{n:02d}"} for n in range(5, 9)],
    "wishes": [{"volunteer": "v-05", "date": "2027-01-02", "want": False}],
    "pairs": [{"a": "v-05", "b": "v-06"}, {"a": "v-07", "b": "v-08", "together": False}],
    "fixed": [{"volunteer": "v-08", "date": "2027-01-05", "shift": "day-backup"}],
}


def run(*arguments):
    return subprocess.run([CURTAIN, "roster", *arguments], capture_output=True, text=True, timeout=60, check=False)


def written(folder, name, value):
    path = folder / name
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


@pytest.fixture(scope="module", name="team")
def team_fixture(tmp_path_factory):
    folder = tmp_path_factory.mktemp("team")
    done = run("plan", written(folder, "task.json", TASK), "--json", "--time", "5")
    assert done.returncode in (0, 1), done.stderr
    (folder / "roster.json").write_text(done.stdout, encoding="utf-8")
    return folder, json.loads(done.stdout)


def team_report(result, task=None):
    return roster_check.judge(roster_check.check_team(task or TASK, result))


def test_a_team_s_roster_is_valid_its_cost_right_and_nothing_coverable_is_open(team):
    report_ = team_report(team[1])
    assert report_["valid"], report_
    assert report_["coverable"] == []
    assert team[1]["bound"] <= team[1]["cost"]


def at(day, shift):
    return {day: shift}


TEAM_BROKEN = {
    "lacks a skill": ("v-05", at(3, "day-primary")),
    "does not serve at that time of the week": ("v-01", at(5, "day-backup")),
    "is away": ("v-02", at(2, "day-backup")),
    "on 2026-12-31 but is away": ("v-02", at(3, "night-primary")),
    "on 2026-12-28 after night-primary": ("v-03", at(0, "day-backup")),
    "on 2027-01-06 after night-primary": ("v-05", {8: "night-primary", 9: "night-primary"}),
    "4 days in a row": ("v-06", {4: "day-backup", 5: "day-backup", 6: "day-backup", 7: "day-backup"}),
    "3 duties in 2026-12 beside 1 before": ("v-00", {0: None, 1: "day-backup", 2: "day-backup", 3: "day-backup"}),
    "5 duties in 2027-01 beside 0 before": ("v-00", {d: "day-backup" if d in (4, 6, 8, 10, 12) else None for d in range(4, 14)}),
    "the captain has set day-backup": ("v-08", at(8, None)),
    "people have day-backup on 2026-12-29": ("v-07", at(1, "day-backup")),
    "with a shift that does not exist": ("v-07", at(1, "evening")),
}


@pytest.mark.parametrize("words", TEAM_BROKEN)
def test_the_checker_catches_each_broken_rule_of_a_team(team, words):
    task, result = copy.deepcopy(TASK), copy.deepcopy(team[1])
    if words.startswith("3 duties"):
        task["volunteers"][0]["at_most"] = 3
    who, changes = TEAM_BROKEN[words]
    if "people have" in words:
        result["assignments"]["v-06"][1] = "day-backup"
    for day, shift in changes.items():
        result["assignments"][who][day] = shift
    assert any(words in violation for violation in team_report(result, task)["violations"]), team_report(result, task)


def test_the_checker_catches_what_may_not_change_any_more(team):
    task, result = copy.deepcopy(TASK), copy.deepcopy(team[1])
    task |= {"previous": copy.deepcopy(result["assignments"]), "frozen_until": "2026-12-30T12:00"}
    who = next(w for w, line in result["assignments"].items() if line[0])
    result["assignments"][who][0] = None
    assert any(f"{who} lost" in v for v in team_report(result, task)["violations"])
    other = next(w for w, line in result["assignments"].items() if not line[0] and w not in ("v-03", who))
    result["assignments"][other][0] = "day-backup"
    assert any("was put on a duty that may not change" in v for v in team_report(result, task)["violations"])


def test_the_checker_prices_every_part_of_the_cost(team):
    """Each soft rule alone: without it the recomputed cost is another one than the stated."""
    def without(change):
        task = copy.deepcopy(TASK)
        change(task)
        return team_report(team[1], task)["cost"] != team[1]["cost"]

    assert without(lambda t: t["volunteers"][0].update(km=9))
    assert without(lambda t: t["volunteers"][3].update(carried={"duties": 30, "nights": 2, "weekends": 1}))
    assert without(lambda t: t["volunteers"][3].update(carried={"duties": 3, "nights": 20, "weekends": 1}))
    assert without(lambda t: t["volunteers"][3].update(carried={"duties": 3, "nights": 2, "weekends": 10}))
    assert without(lambda t: t.update(wishes=t["wishes"] + [{"volunteer": "v-06", "date": "2027-01-03", "want": w} for w in (True, True, False)]))
    assert without(lambda t: t.update(beside=[{"part": "night", "tags": ["first_aid"], "need": 3, "weight": 20}]))
    assert without(lambda t: t.update(pairs=t["pairs"] + [{"a": "v-00", "b": "v-04", "weight": 400}, {"a": "v-00", "b": "v-04", "together": False, "weight": 500}]))
    assert without(lambda t: t.update(previous={}))
    assert without(lambda t: t["shifts"][1].update(need=2))
    assert not team_report({**team[1], "cost": team[1]["cost"] + 1})["valid"]


def test_a_change_is_planned_from_the_roster_in_force(team, tmp_path):
    folder, result = team
    task = copy.deepcopy(TASK)
    who, day = next((w, d) for w, line in result["assignments"].items() for d, s in enumerate(line) if d > 6 and s and w != "v-08")
    person = next(v for v in task["volunteers"] if v["id"] == who)
    person["away"] = person.get("away", []) + [f"2027-01-{day - 3:02d}"]
    task |= {"previous": result["assignments"], "revision": result["revision"], "frozen_until": "2026-12-30T12:00"}
    done = run("plan", written(tmp_path, "again.json", task), "--json", "--time", "5")
    again = json.loads(done.stdout)
    assert team_report(again, task)["valid"], team_report(again, task)
    assert again["revision"] == 2
    assert {"volunteer": who, "date": f"2027-01-{day - 3:02d}", "from": result["assignments"][who][day]} in again["moved"]
    assert sum("from" in m for m in again["moved"]) <= 4
    assert all(m["date"] > "2026-12-30" for m in again["moved"])
    assert folder


def test_check_and_explain_tell_of_a_roster(team, tmp_path):
    folder, result = team
    good = run("check", folder / "task.json", "--roster", folder / "roster.json")
    assert (good.returncode, f"cost {result['cost']}" in good.stdout) == (0, True), good.stderr
    broken = copy.deepcopy(result)
    broken["assignments"]["v-02"][2] = "day-backup"
    bad = run("check", folder / "task.json", "--roster", written(tmp_path, "broken.json", broken))
    assert bad.returncode == 1 and "v-02 2026-12-30" in bad.stdout
    told = run("explain", folder / "task.json", "--roster", folder / "roster.json", "--date", "2027-01-05", "--shift", "day-backup")
    assert "the captain has set it" in told.stdout and "队长指定" in told.stdout
    assert run("explain", folder / "task.json", "--roster", folder / "roster.json", "--date", "2028-01-05", "--shift", "day-backup").returncode == 2


def test_an_open_duty_is_explained_by_why_nobody_takes_it(tmp_path):
    task = {"team": "t-01", "from": "2026-11-23", "days": 1, "volunteers": [{"id": "v-1", "away": ["2026-11-23"]}, {"id": "v-2", "weekly": [[]] * 7}]}
    path = written(tmp_path, "task.json", task)
    result = written(tmp_path, "roster.json", {"assignments": {"v-1": [None], "v-2": [None]}})
    told = run("explain", path, "--roster", result, "--date", "2026-11-23", "--shift", "day-primary").stdout
    assert "nobody has it" in told and "1 请假 away" in told and "could be asked: v-2, v-1" in told


def test_rules_that_cannot_hold_together_are_named_and_no_others(tmp_path):
    task = copy.deepcopy(TASK)
    task["fixed"] += [{"volunteer": "v-08", "date": "2027-01-04", "shift": "night-primary"}]
    path = written(tmp_path, "task.json", task)
    done = run("plan", path, "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["impossible"] == [{"volunteer": "v-08", "conflict": [
        {"rule": "rest"}, {"rule": "fixed", "date": "2027-01-04", "shift": "night-primary"}, {"rule": "fixed", "date": "2027-01-05", "shift": "day-backup"}]}]
    text = run("plan", path).stdout
    assert "夜班后休息 rest after a night" in text and "2027-01-05 day-backup" in text


def test_a_roster_is_shown_in_every_form(team):
    folder, result = team
    common = (folder / "task.json", "--roster", folder / "roster.json")
    duties = sum(s is not None for line in result["assignments"].values() for s in line)
    table = run("show", *common, "--as", "csv").stdout
    assert table.startswith("\ufeff") and sum(line.endswith(tuple(result["assignments"])) for line in table.splitlines()) == duties
    board = run("show", *common, "--as", "svg").stdout
    assert xml.etree.ElementTree.fromstring(board).tag.endswith("svg")
    assert json.loads(run("show", *common, "--as", "json").stdout)["assignments"] == result["assignments"]
    assert run("show", *common).stdout.count("2027-01-01") == 1
    for who, line in result["assignments"].items():
        feed = run("show", *common, "--as", "ics", "--volunteer", who).stdout
        assert feed.count("BEGIN:VEVENT") == sum(s is not None for s in line)
    assert run("show", *common, "--as", "ics").returncode == 2
    assert run("show", *common, "--as", "ics", "--volunteer", "v-99").returncode == 2
    assert run("show", *common, "--as", "pdf").returncode == 2


def schema(name):
    return jsonschema.Draft202012Validator(json.loads((ROOT / f"schemas/json/{name}.schema.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", sorted((ROOT / "schemas/examples").glob("*/roster_task.*.json")), ids=lambda p: p.parent.name + "/" + p.name)
def test_the_program_takes_the_tasks_that_the_schema_takes(path):
    done = run("plan", path, "--json", "--time", "1")
    assert (done.returncode == 2) == (path.parent.name == "invalid"), done.stderr
    if done.returncode == 2:
        assert done.stdout == "" and ": " in done.stderr
    else:
        schema("roster").validate(json.loads(done.stdout))


def test_a_fault_is_told_with_its_place(tmp_path):
    task = copy.deepcopy(TASK)
    task["volunteers"][3]["weekly"] = [["day"]] * 6 + [["evening"]]
    done = run("plan", written(tmp_path, "task.json", task))
    assert done.returncode == 2 and 'volunteers[3]: weekly: "evening"' in done.stderr


def test_what_was_served_is_remembered_in_the_weeks_after(tmp_path):
    """Nine alike for two posts a day: two weeks cannot come out even, six of them do."""
    task = {"team": "t-01", "from": "2026-11-23", "days": 14, "parts": [{"id": "day", "from": "07:00"}, {"id": "night", "from": "19:00", "night": True, "bars": ["day", "night"]}],
            "shifts": [{"id": "d", "part": "day"}, {"id": "n", "part": "night"}], "volunteers": [{"id": f"v-{n}", "at_most": 20} for n in range(9)]}
    sums = {v["id"]: [0, 0] for v in task["volunteers"]}
    for turn in range(3):
        path = written(tmp_path, f"task{turn}.json", task)
        result = json.loads(run("plan", path, "--json", "--time", "3", "--gap", "0").stdout)
        assert team_report(result, task)["valid"]
        for who, line in result["assignments"].items():
            sums[who][0] += sum(s == "n" for s in line)
            sums[who][1] += sum(s is not None for d, s in enumerate(line) if d % 7 > 4)
        done = run("next", path, "--roster", written(tmp_path, f"roster{turn}.json", result))
        assert done.returncode == 0, done.stderr
        after, before = json.loads(done.stdout), task
        for person in after["volunteers"]:
            line = result["assignments"][person["id"]]
            run_ = next((n for n, s in enumerate(reversed(line)) if s is None), 14)
            assert person.get("last") == ({"shift": line[-1], "days": run_} if run_ else None)
            month = [s for d, s in enumerate(line) if d >= 8] if turn == 0 else line  # from 1 December on
            served = sum(s is not None for s in month) + (before["volunteers"][int(person["id"][2:])].get("served", 0) if turn == 1 else 0)
            assert turn == 2 or person["served"] == served
        assert min(p["carried"]["nights"] for p in after["volunteers"]) == 0
        task = after
    assert task["from"] == "2027-01-04"
    for kind in (0, 1):
        assert max(s[kind] for s in sums.values()) - min(s[kind] for s in sums.values()) <= 1, sums


FAULTY = {
    "a day that no month has": ({"volunteers": [{"id": "v-00", "away": ["2026-02-30"]}]}, 'volunteers[0]: away: "2026-02-30" is no date of the calendar'),
    "a first day that no month has": ({"from": "2026-02-31"}, "task.from: no date"),
    "blanks in a date": ({"from": "2026- 2- 3"}, "task.from: no date"),
    "a day outside": ({"holidays": ["2026-05-01"]}, "2026-05-01 is not among the days of the task"),
    "a member that is not known": ({"volunteers": [{"id": "v-00", "away": [{"date": "2026-02-24", "parts": "day"}]}]}, "away.parts: unknown key"),
    "a shift twice": ({"parts": [{"id": "p", "from": "07:00"}], "shifts": [{"id": "s", "part": "p"}, {"id": "s", "part": "p"}]}, "shifts[1]: shift.id: stands twice"),
    "a part twice": ({"parts": [{"id": "p", "from": "07:00"}, {"id": "p", "from": "08:00"}], "shifts": []}, "parts[1]: part.id: stands twice"),
}


@pytest.mark.parametrize("what", FAULTY)
def test_faults_of_a_task_are_not_taken_for_something_else(tmp_path, what):
    change, words = FAULTY[what]
    done = run("plan", written(tmp_path, "task.json", {"team": "t-01", "from": "2026-02-23", "days": 7, "volunteers": [{"id": "v-00"}], **change}))
    assert done.returncode == 2 and words in done.stderr, done.stderr


def test_two_duties_set_on_one_day_cannot_both_be(tmp_path):
    fixed = [{"volunteer": "v-08", "date": "2027-01-05", "shift": shift} for shift in ("night-primary", "day-backup")]
    done = run("plan", written(tmp_path, "task.json", {**TASK, "fixed": fixed}), "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["impossible"] == [{"volunteer": "v-08", "conflict": [{"rule": "fixed", **{k: f[k] for k in ("date", "shift")}} for f in fixed]}]


def test_more_than_needed_is_no_fault_where_the_captain_has_set_it(tmp_path):
    task = {**TASK, "fixed": [{"volunteer": v, "date": "2027-01-05", "shift": "day-backup"} for v in ("v-07", "v-08")]}
    done = run("plan", written(tmp_path, "task.json", task), "--json", "--time", "3")
    result = json.loads(done.stdout)
    assert team_report(result, task)["valid"]
    assert run("check", tmp_path / "task.json", "--roster", written(tmp_path, "roster.json", result)).returncode == 0


def test_who_has_left_the_team_stands_in_the_roster_before(team, tmp_path):
    task = copy.deepcopy(TASK)
    gone = task["volunteers"].pop(6)["id"]
    task["pairs"] = task["pairs"][1:]
    task["previous"] = team[1]["assignments"]
    done = run("plan", written(tmp_path, "task.json", task), "--json", "--time", "3")
    again = json.loads(done.stdout)
    assert gone not in again["assignments"] and team_report(again, task)["valid"], team_report(again, task)


@pytest.mark.parametrize("number", [12, 16])
def test_the_time_limit_holds(number):
    path = PUBLIC / f"Instance{number}.txt"
    if not path.exists():
        pytest.skip("the public instances are not here")
    result = json.loads(solve(path, seconds=4).stdout)
    assert result["seconds"] <= 5  # half a second, and as much for a busy machine
    assert roster_check.judge(roster_check.check_curtois(path.read_text(encoding="utf-8"), result))["valid"]
