# SPDX-License-Identifier: MIT
"""A household that is away: from a ledger to the detector's directory, and away again."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import test_records as base  # noqa: E402

LEDGER = """communities: [{id: c-1}]
teams: [{id: t-1, community: c-1}]
households: [{id: h-1, community: c-1, team: t-1, away_from: "2026-11-27T09:00:00+08:00", away_until: "2026-12-01T18:00:00+08:00"}]
"""


@pytest.fixture(scope="module")
def running():
    rig = base.Rig()
    rig.client.subscribe([("curtain/lane/directory-detector/#", 1)])
    rig.start()
    rig.ready()
    yield rig
    rig.close()


def test_a_ledger_says_who_is_away_and_the_directory_tells_the_detector(running):
    assert "result" in running.ask("import", text=LEDGER)
    _, _, entries = base.directory(running, "detector", "detector", 1, 77, lambda e: ("household", "h-1") in e)
    entry = entries["household", "h-1"]
    assert (entry["away_from"], entry["away_until"]) == ("2026-11-27T01:00:00.000Z", "2026-12-01T10:00:00.000Z")
    over = running.ask("import", kind="households", format="csv", text="id,community,team,away_from,away_until\nh-1,c-1,t-1,,\n")
    assert over["result"]["kinds"]["households"]["changed"] == 1
    wrong = running.ask("import", kind="households", format="csv",
                        text="id,community,team,away_from,away_until\nh-1,c-1,t-1,2026-12-02T00:00:00Z,2026-12-01T00:00:00Z\n")
    assert wrong["error"]["code"] == "invalid" and "line 2, column 34: households[0].away_until" in wrong["error"]["text"] and "is not after away_from" in wrong["error"]["text"]
    assert running.sql("select away_from, away_until from household") == [(None, None)]
