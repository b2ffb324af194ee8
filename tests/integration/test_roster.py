# SPDX-License-Identifier: MIT
"""`curtain roster` and the independent checker: rosters that hold, and broken ones that the checker has to catch."""
import copy
import json
import os
import pathlib
import subprocess
import sys

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
