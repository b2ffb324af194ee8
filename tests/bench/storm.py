# SPDX-License-Identifier: MIT
"""500 alerts in a minute with 5 calls for help among them, through a real broker (tests/bench.sh storm)."""
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("CURTAIN_BIN", str(ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tests/integration"))
from test_dispatcher import alert, rig  # noqa: E402,F401 (rig is a fixture)

ALERTS, SECONDS, CALLS = 500, 60, 5


def test_calls_for_help_pass_a_storm(rig):  # noqa: F811
    rig.up()
    rows = [{"kind": "household", "key": f"h-{n}", "community": "c-1", "team": "t-1", "policy": "p-1", "seq": 1000 + n} for n in range(40, ALERTS + 1)]
    rig.registry.give(0, rows)
    rig.tap.wait(rig.registry.all_acked, "the homes to be taken")
    took, began = [], time.monotonic()
    for n in range(1, ALERTS + 1):
        time.sleep(max(0, began + n * SECONDS / ALERTS - time.monotonic()))  # the storm itself: so many a second
        if n % (ALERTS // CALLS):
            rig.detector.give_item({**alert(n, f"h-{n}", "alarm"), "kind": "silence", "rule": "silence"})
            continue
        called = time.monotonic()
        rig.ingest.give_item(alert(n, f"h-{n}"))
        took.append(rig.tap.wait(lambda h=f"h-{n}": next((m for m in rig.pages("v-1") if m.body["household"] == h), None), "the page").at - called)
    rig.tap.wait(lambda: sum(i["state"] == "held" for i in rig.records.items) >= ALERTS - CALLS, "all homes to be held", 30)
    silences = {user: len(rig.pages(user, kind="silence")) for user in ("v-1", "v-2", "v-3", "cap", "desk")}
    print(f"\n{ALERTS} alerts in {SECONDS} s, {CALLS} of them calls for help: paged after {max(took) * 1000:.1f} ms at worst")
    print(f"pages about the {ALERTS - CALLS} silent homes: {silences}")
    assert max(took) < 1 and silences["desk"] == 1 and all(silences[u] <= 1 for u in ("v-1", "v-2", "v-3", "cap"))
