# SPDX-License-Identifier: MIT
"""The imitation district with a quarter behind it, on a broker and a database of its own, for tests/report.sh and tests/integration/test_report.py."""
import csv
import datetime
import io
import json
import os
import pathlib
import subprocess
import sys

import psycopg2
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/integration"), str(ROOT / "tests/report")]
import quarter  # noqa: E402
from test_records import RECORDS, Rig  # noqa: E402

TOOL = RECORDS.parent / "curtain"
MAPS = ROOT / "deploy/config/ledger"


class Paper(Rig):
    def __init__(self, seed=1, days=91, **more):
        super().__init__(**more)
        files = pathlib.Path(self.folder, "imitation")
        subprocess.run([sys.executable, str(ROOT / "examples/ledger/imitation.py"), str(files), "7"], check=True)
        key = pathlib.Path(self.folder, "seal")
        key.write_text("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", encoding="ascii")
        key.chmod(0o600)
        self.start(extra=[f"seal.key_file={key}"])
        self.ready()
        self.curtain("import", str(files / "places.yaml"))
        self.curtain("import", str(files / "services.csv"))
        self.curtain("import", str(files / "volunteers.csv"), "--map", str(MAPS / "volunteers.yaml"))
        self.curtain("import", str(files / "elders.csv"), "--map", str(MAPS / "elders.yaml"))
        quarter.fill(self.conninfo, seed, days)
        self.rosters = {}
        self.client.message_callback_add("curtain/api/+/dispatcher/duties", self.tell_duties)
        self.client.subscribe("curtain/api/+/dispatcher/duties", 1)

    def curtain(self, *arguments, user="desk", good=True):
        done = subprocess.run([str(TOOL), *arguments], env={**os.environ, "CURTAIN_PORT": str(self.port), "CURTAIN_USER": user}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=120, check=False)
        assert not good or done.returncode == 0, (arguments, done.stdout[-1500:], done.stderr[-1500:])
        return done.stdout if good else done

    def publish_rosters(self, first, days):
        connection = psycopg2.connect(self.conninfo)
        self.rosters = quarter.duties(connection, datetime.date.fromisoformat(first), days)
        connection.close()

    def tell_duties(self, _client, _data, message):
        """The dispatcher's part: what is in force for a team."""
        team = json.loads(message.payload)["args"]["team"]
        properties = Properties(PacketTypes.PUBLISH)
        properties.CorrelationData = message.properties.CorrelationData
        self.client.publish(message.properties.ResponseTopic, json.dumps({"ok": True, "result": {"team": team, "items": self.rosters.get(team, [])}}), qos=1, properties=properties)


def recomputed(conninfo, first, last, zone="Asia/Shanghai"):
    """(dim, key, name) -> value, by figures.sql."""
    done = subprocess.run(["psql", conninfo, "-q", "-v", f"first={first}", "-v", f"last={last}", "-v", f"zone={zone}", "-f", str(ROOT / "tests/report/figures.sql")], stdout=subprocess.PIPE,
                          check=True, text=True)
    rows = [line.split(",") for line in done.stdout.splitlines() if line]
    return {(dim, key, name): float(value) for dim, key, name, value in rows}


def of_csv(text, column):
    return {(r["dim"], r["key"], r["name"]): float(r[column]) for r in csv.DictReader(io.StringIO(text))}


def lists(document):
    """What stands in a paper beside its figures, as figures.sql tells it."""
    told = {("volunteer", row["volunteer"], n): row[n] for row in document["load"] for n in ("pages", "accepted", "declined", "silent")}
    told.update({("server", row["volunteer"], "minutes"): row["minutes"] for row in document["stood"]["people"]})
    told.update({("watch", row["team"], "covered"): row["covered"] for row in document["stood"]["teams"] if row["covered"]})
    told.update({("case", case["household"], reason): 1 for case in document["cases"] for reason in case["reasons"]})
    return told


def compared(conninfo, csv_text, spans, document=None):
    """Compares a paper's two columns, and its lists, with figures.sql: (figures compared, differences)."""
    count, differences = 0, []
    for column, (first, last) in zip(("now", "before"), spans):
        told, wanted = of_csv(csv_text, column), recomputed(conninfo, first, last)
        shown = {(dim, key) for dim, key, _ in wanted if dim in ("volunteer", "case", "server", "watch")}
        if document and column == "now":  # of lists the longest part is told: nobody left out was asked more often
            told.update(lists(document))
            least = min((row["pages"] for row in document["load"]), default=0)
            shown -= {(dim, key) for dim, key, _ in told}
            left = [wanted["volunteer", key, "pages"] for dim, key in shown if dim == "volunteer"]
            least_served = min((row["minutes"] for row in document["stood"]["people"]), default=0)
            rest = [wanted["server", key, "minutes"] for dim, key in shown if dim == "server"]
            if any(dim == "watch" for dim, _ in shown) or (rest and (len(document["stood"]["people"]) < 10 or max(rest) > least_served)):
                differences.append(("left out", sorted(shown)))
            if (left and (len(document["load"]) < 10 or max(left) > least)) or (len(document["cases"]) < 20 and any(dim == "case" for dim, _ in shown)):
                differences.append(("left out", sorted(shown)))
        wanted = {key: value for key, value in wanted.items() if key[:2] not in shown}
        for key in sorted(set(told) | set(wanted)):
            count += 1
            if abs(told.get(key, 0) - wanted.get(key, 0)) > 1e-6:
                differences.append((column, *key, told.get(key, 0), wanted.get(key, 0)))
    return count, differences
