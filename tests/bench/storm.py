# SPDX-License-Identifier: MIT
"""500 alerts in a minute with 5 calls for help among them, through a real broker; and a call for help while 500 notices wait for a broker that is far away
and takes 20 messages at a time (tests/bench.sh storm)."""
import contextlib
import os
import pathlib
import queue
import socket
import sqlite3
import sys
import threading
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
os.environ.setdefault("CURTAIN_BIN", str(ROOT / "build/release/bin"))
sys.path.insert(0, str(ROOT / "tests/integration"))
from test_dispatcher import Rig, alert, rig  # noqa: E402,F401 (rig is a fixture)
import lane  # noqa: E402

ALERTS, SECONDS, CALLS = 500, 60, 5
NOTICES, AT_A_TIME, ONE_WAY_S = 500, 20, 0.06


class FarAway:
    """Stands before a port of this machine as a line does that takes `one_way_s` in each direction."""

    def __init__(self, port, one_way_s):
        self.to, self.one_way_s = port, one_way_s
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self.server.accept()
                far = socket.create_connection(("127.0.0.1", self.to))
                for one, other in ((near, far), (far, near)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    line = queue.Queue()
                    threading.Thread(target=self._hear, args=(one, line), daemon=True).start()
                    threading.Thread(target=self._say, args=(other, line), daemon=True).start()

    def _hear(self, one, line):
        data = b"-"
        while data:
            try:
                data = one.recv(65536)
            except OSError:
                data = b""
            line.put((time.monotonic() + self.one_way_s, data))

    def _say(self, other, line):
        with contextlib.suppress(OSError):
            while True:
                due, data = line.get()
                time.sleep(max(0, due - time.monotonic()))  # the way itself
                if not data:
                    other.shutdown(socket.SHUT_WR)
                    return
                other.sendall(data)


def notice(number):
    """A line of the post as the dispatcher keeps it: a notice to a volunteer that is on its way."""
    at = lane.rfc3339(time.time())
    body = f'{{"id":"n-{number}","kind":"week","matter":"m-{number}","team":"t-1","user":"v-3","text_zh":"摘要","text_en":"Summary","at":"{at}"}}'
    return "", "curtain/volunteer/v-3/notice", body.encode(), 0


@pytest.mark.parametrize("one_way_s", [0, ONE_WAY_S])
def test_a_page_passes_notices_that_wait(tmp_path, one_way_s):
    tmp_path.chmod(0o755)
    rig = Rig(tmp_path, more=f"max_inflight_messages {AT_A_TIME}\n")  # noqa: F811
    line = FarAway(rig.broker.port, one_way_s)
    try:
        rig.up(f"bus.port={line.port}")
        rig.tap.wait(lambda: rig.tap.of("curtain/oncall/"), "whoever is on call")
        rig.stop()
        with contextlib.closing(sqlite3.connect(rig.folder / "data/dispatcher.db")) as db, db:
            db.executemany("INSERT INTO post (key, topic, payload, retain) VALUES (?, ?, ?, ?)", map(notice, range(NOTICES)))
        rig.start()
        first = rig.tap.first("curtain/volunteer/v-3/notice", lambda m: True, "the first notice")
        called = time.monotonic()
        rig.ingest.give_item(alert(1))
        page = rig.tap.wait(lambda: next(iter(rig.pages("v-1")), None), "the page")
        before = len(rig.tap.of("curtain/volunteer/v-3/notice", lambda m: m.at < page.at))
        rig.tap.wait(lambda: len(rig.tap.of("curtain/volunteer/v-3/notice")) >= NOTICES, "all notices", 60)
        heard = [m.body["id"] for m in rig.tap.of("curtain/volunteer/v-3/notice")]
        print(f"\n{NOTICES} notices wait, the broker takes {AT_A_TIME} at a time, {one_way_s * 1000:.0f} ms away: paged {(page.at - called) * 1000:.0f} ms after the "
              f"call, behind {before} notices; all notices within {(rig.tap.of('curtain/volunteer/v-3/notice')[-1].at - first.at) * 1000:.0f} ms")
        assert heard == [f"n-{i}" for i in range(NOTICES)]
        assert page.at - called < 4 * one_way_s + 0.2
    finally:
        rig.close()


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
