#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Judges the rosters that the year left in a folder by tests/roster_check.py. Exit status 0: all are valid and cost what they say."""
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
import roster_check  # noqa: E402


def main(folder):
    tasks = sorted(pathlib.Path(folder).glob("*.task.json"))
    bad = []
    for path in tasks:
        task = json.loads(path.read_text(encoding="utf-8"))
        result = json.loads(path.with_name(path.name.replace(".task.", ".roster.")).read_text(encoding="utf-8"))
        report = roster_check.judge(roster_check.check_team(task, result))
        if not report["valid"]:
            bad.append(f"{path.name}: cost {report['cost']}, stated {report['stated']}; {'; '.join(report['violations'][:3])}")
    print(f"rosters judged by tests/roster_check.py: {len(tasks)}, not valid or not of the cost stated: {len(bad)}")
    for text in bad[:5]:
        print(f"  {text}")
    return bool(bad) or not tasks


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
