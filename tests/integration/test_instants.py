# SPDX-License-Identifier: MIT
"""The short forms of `tests/fault.sh dispatch` and `arrange`: the dispatcher is killed at some of its named instants, and the judges find what is wrong where something is."""
import os
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/fault"))
import arrange  # noqa: E402
import dispatch  # noqa: E402

BINARY = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/dev/bin")) / "dispatcher_instants"
SOME = "before-commit+after-commit+after-page+answer-heard+timer-fired+reply-taken+store-read"


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """What was seen of 30 incidents with seven kills among them."""
    folder = tmp_path_factory.mktemp("instants")
    rig = dispatch.Rig(folder, BINARY, 30, 20261129, wait_s=1)
    try:
        row = rig.run(SOME, 7, gap_s=0.05)
    finally:
        rig.close()
    return rig, row


def judged(rig, events=None, wire=None, calls=None):
    level = {int(e["household"][2:]): e["level"] for e in rig.records.items}
    row = dispatch.Row("again")
    dispatch.Judge(rig, row, level.items()).judge(rig.records.items if events is None else events, rig.crowd.wire if wire is None else wire,
                                                  rig.world["webhook"].seen if calls is None else calls)
    return row


def test_nothing_is_lost_skipped_or_early_when_the_dispatcher_is_killed(seen):
    _, row = seen
    print(dispatch.Row.HEAD, row.line(), *row.notes, sep="\n")
    assert row.kills == 7 and row.escalated > 0 and row.pages > 60
    assert row.good(), row.notes


def test_the_judge_sees_each_fault(seen):
    rig, _ = seen
    events, wire, calls = rig.records.items, rig.crowd.wire, rig.world["webhook"].seen
    assert judged(rig).good()
    last = events[-1]
    assert judged(rig, [e for e in events if e["id"] != last["id"]]).lost == 1
    assert judged(rig, [e for e in events if e is not last]).lost == 1
    page = next((at, p) for at, p in wire if not p.get("withdrawn"))
    assert judged(rig, wire=wire + [page, page]).more == 1
    assert judged(rig, wire=[(at, p) for at, p in wire if p["id"] != page[1]["id"]]).pages_lost >= 1
    assert judged(rig, calls=calls + [calls[0], calls[0]]).more == 1
    late = next(e for e in events if e["event"] == "timed_out")
    soon = {**late, "at": next(e["at"] for e in events if e["id"] == late["id"] and e["event"] == "paged" and e["actor"] == late["actor"])}
    assert judged(rig, [soon if e is late else e for e in events]).early == 1
    second = next(e for e in events if e["event"] == "paged" and e["actor"].endswith("-2"))
    named = {**second, "actor": second["actor"][:-1] + "3"}
    assert judged(rig, [named if e is second else e for e in events]).skipped >= 1


SOME_ARRANGE = "request-done+matter-written+before-answer+duties-written+errand-told+rota-ticked"


@pytest.fixture(scope="module")
def arranged(tmp_path_factory):
    """What was seen of each story once with six kills among them."""
    rig = arrange.Rig(tmp_path_factory.mktemp("arrange"), BINARY, 1, 20261129)
    try:
        row = rig.run(SOME_ARRANGE, 6, gap_s=0.05)
    finally:
        rig.close()
    return rig, row


def test_what_was_said_of_duties_and_visits_is_true_after_kills_and_nothing_is_lost_half_or_early(arranged):
    _, row = arranged
    print(arrange.Row.HEAD, row.line(), *row.notes, sep="\n")
    assert row.kills == 6 and row.cases == len(arrange.CASES) and row.notices > 40 and row.events > 20
    assert row.good(), row.notes


def test_the_judge_of_duties_and_visits_sees_each_fault(arranged):
    rig, _ = arranged
    events, wire, calls = rig.errands.items, rig.wire, rig.world["webhook"].seen

    def again(events=events, wire=wire, calls=calls):
        row = arrange.Row("again")
        arrange.judge(row, wire, events, calls)
        return row

    assert again().good()
    assert again(events=[e for e in events if e is not events[0]]).lost >= 1
    assert again(events=events + [events[0]]).lost == 1
    notice = next(w for w in wire if w[1].endswith("/notice"))
    assert again(wire=wire + [notice, notice]).more == 1
    renamed = notice[2].replace(b'"id":"', b'"id":"x')
    assert again(wire=wire + [(notice[0], notice[1], renamed)]).more == 1
    assert again(calls=[c for c in calls if c.json()["data"]["ids"] != calls[0].json()["data"]["ids"]]).lost >= 1
    letter = next(w for w in wire if w[1].endswith("/errand"))
    assert again(wire=wire + [(letter[0], letter[1], letter[2].replace(b'"revision":', b'"revision":9'))]).lost == 1
