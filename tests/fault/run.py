#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""kill -9 at random while readings and calls for help come in: what the intake covers is neither lost nor stored twice.

tests/fault.sh [services] [--readings N] [--sos N] [--kills N] [--broker-kills N] [--seed N]
tests/fault.sh postgres [--minutes M]
tests/fault.sh dispatch [--incidents N] [--kills N] [--instants A,B,...] [--seed N]   at each named instant of the dispatcher's turn (dispatch.py)
tests/fault.sh arrange [--rounds N] [--kills N] [--instants A,B,...] [--seed N]   the same while duties are swapped and covered, visits and services agreed and made (arrange.py)
tests/fault.sh records [--kills N] [--minutes M] [--seconds S] [--phases A,B,...] [--rate R] [--seed N]   records, PostgreSQL and the gateway (records.py); needs root
tests/fault.sh webhooks [--kills N] [--incidents N] [--seconds S] [--seed N]   gateway, dispatcher and broker while other systems are told of incidents (webhooks.py); needs root
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import threading
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent), str(pathlib.Path(__file__).resolve().parents[1] / "lib")]
import arrange  # noqa: E402
import dispatch  # noqa: E402
import district  # noqa: E402
import records  # noqa: E402
import webhooks  # noqa: E402

HOMES = 500
PARTS = ["ingest", "detector", "dispatcher", "records", "postgres"]


def reading(home, count):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1772000000 + 3600 * count))
    return f"meter/h{home:06d}/water", json.dumps({"id": f"h{home:06d}", "ts": at, "total_m3": round(100 + count * 0.01, 3)})


def publish_all(gateway, readings, calls, first_home, rate, stop):
    """readings spread over the homes; calls for help evenly among them, each from a home of its own."""
    began = time.monotonic()
    every = max(1, readings // calls) if calls else readings + 1
    for i in range(readings):
        gateway.publish(*reading(i % HOMES, i // HOMES))
        if i % every == 0 and i // every < calls:
            gateway.publish(f"zigbee2mqtt/sos_{first_home + i // every:05d}", json.dumps({"action": "emergency", "battery": 90}))
        if i % 50 == 0:
            gateway.resend()
            ahead = i / rate - (time.monotonic() - began)
            if ahead > 0:
                time.sleep(ahead)  # the rate of the load
    stop.set()


def killer(system, parts, kills, seed, stop, counts):
    """kill -9 of random parts at random moments; a killed PostgreSQL or broker is started again, services by their supervisor."""
    dice = random.Random(seed)
    while sum(counts.values()) < kills:
        time.sleep(dice.uniform(0.5, 4.0))  # the moments are the test
        part = dice.choice(parts)
        try:
            system.local("kill", part)
        except RuntimeError:
            continue  # not up again yet
        counts[part] += 1
        if part in ("postgres", "broker"):
            time.sleep(dice.uniform(0.1, 1.0))
            system.local("start", part)
    stop.wait()


def check(system, readings, calls, limit_s):
    stored = system.await_sql("select count(*) from reading where quantity = 'water_total'", readings, limit_s)
    doubled = system.sql("select count(*) from (select 1 from reading group by device, channel, quantity, at having count(*) > 1) d")[0][0]
    system.await_sql("select count(distinct household) from incident where kind = 'sos'", calls, limit_s)
    helped, incidents = system.sql("select count(distinct household), count(*) from incident where kind = 'sos'")[0]
    return {"readings stored": int(stored or 0), "stored twice": int(doubled), "homes with an SOS incident": int(helped), "SOS incidents": int(incidents)}


def run_services(arguments, system, folder):
    rows, good = [], True
    total_readings = total_calls = 0
    district.import_ledger(system, district.ledger(HOMES), folder)
    for name, parts, kills, receipts in (("services and PostgreSQL", PARTS, arguments.kills or 50, False), ("broker", ["broker"], arguments.broker_kills, True)):
        if not kills:
            continue
        readings = arguments.readings if not receipts else arguments.readings // 5
        calls = arguments.sos if not receipts else min(50, arguments.sos)
        gateway = district.Gateway(system, receipts=receipts)
        stop, counts = threading.Event(), {p: 0 for p in parts}
        killing = threading.Thread(target=killer, args=(system, parts, kills, arguments.seed, stop, counts))
        killing.start()
        began = time.monotonic()
        base = total_readings // HOMES
        publish_all(Offset(gateway, base), readings, calls, total_calls, arguments.rate or 800, stop)
        killing.join()
        left = gateway.drain()
        gateway.close()
        total_readings += readings
        total_calls += calls
        found = check(system, total_readings, total_calls, 240)
        ok = left == 0 and found["readings stored"] == total_readings and found["stored twice"] == 0 and \
            found["homes with an SOS incident"] == total_calls and found["SOS incidents"] == total_calls
        good = good and ok
        rows.append((name, sum(counts.values()), total_readings, total_calls, found, gateway.resent, time.monotonic() - began, ok))
        print(f"kills: {counts}", flush=True)
    print(f"\nseed {arguments.seed}")
    print(f"{'killed':26s} {'kills':>5s} {'sent':>8s} {'stored':>8s} {'lost':>5s} {'twice':>5s} {'SOS':>5s} {'incidents':>9s} {'resent':>6s} {'s':>5s}")
    for name, kills, sent, calls, found, resent, took, ok in rows:
        print(f"{name:26s} {kills:5d} {sent:8d} {found['readings stored']:8d} {sent - found['readings stored']:5d} {found['stored twice']:5d} "
              f"{calls:5d} {found['SOS incidents']:9d} {resent:6d} {took:5.0f} {'ok' if ok else 'FAILED'}")
    return good


class Offset:
    """Shifts the counters and times of readings, so that a second phase sends new ones."""

    def __init__(self, gateway, base):
        self.gateway, self.base = gateway, base

    def publish(self, topic, payload):
        if topic.startswith("meter/"):
            home = int(topic.split("/")[1][1:])
            body = json.loads(payload)
            topic, payload = reading(home, self.base + round((body["total_m3"] - 100) * 100))
        self.gateway.publish(topic, payload)

    def resend(self):
        self.gateway.resend()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="services", choices=["services", "postgres", "dispatch", "arrange", "records", "webhooks"])
    parser.add_argument("--readings", type=int, default=100000)
    parser.add_argument("--sos", type=int, default=200)
    parser.add_argument("--kills", type=int, help="services: 50 in all; dispatch, arrange: 10 at each instant; records: 100 in all; webhooks: 40")
    parser.add_argument("--incidents", type=int, default=200, help="dispatch: at each instant; webhooks: in each phase")
    parser.add_argument("--instants", help="dispatch: some of " + ", ".join(dispatch.INSTANTS) + "; arrange: " + ", ".join(arrange.INSTANTS))
    parser.add_argument("--rounds", type=int, default=3, help="arrange: how often each case at each instant")
    parser.add_argument("--broker-kills", type=int, default=20)
    parser.add_argument("--rate", type=float, help="readings a second: 800; records: 300")
    parser.add_argument("--seconds", type=float, default=30, help="records, webhooks: of the full disk, and of the database that is read-only")
    parser.add_argument("--phases", default="kills,full,read-only,away", help="records: which of these")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(3), "big"))
    parser.add_argument("--keep", action="store_true", help="keep the folder of the system")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="curtain-fault-")
    os.chmod(folder, 0o755)  # PostgreSQL runs as another user below it
    print(f"seed {arguments.seed}, folder {folder}", flush=True)
    if arguments.what in ("dispatch", "arrange"):
        good = run_instants(arguments, folder)
    elif arguments.what == "records":
        arguments.kills, arguments.rate = arguments.kills or 100, arguments.rate or 300
        good = records.run(folder, arguments)
    elif arguments.what == "webhooks":
        arguments.kills = arguments.kills or 40
        good = webhooks.run(folder, arguments)
    else:
        good = run_system(arguments, folder)
    if good and not arguments.keep:
        shutil.rmtree(folder)
    return 0 if good else 1


def run_system(arguments, folder):
    with district.System(folder + "/system") as system:
        return run_services(arguments, system, folder) if arguments.what == "services" else run_postgres(arguments, system, folder)


def run_instants(arguments, folder):
    binary = pathlib.Path(os.environ.get("CURTAIN_BIN", district.ROOT / "build/release/bin")) / "dispatcher_instants"
    instants = arguments.instants.split(",") if arguments.instants else None
    part, amount = (dispatch, arguments.incidents) if arguments.what == "dispatch" else (arrange, arguments.rounds)
    rows, total = part.run(folder, binary, amount, arguments.kills or 10, arguments.seed, instants, lambda text: print(text, flush=True))
    return total.good() and all(row.kills for row in rows)


def memory_kib(system):
    sizes = {}
    for part in ("ingest", "detector", "dispatcher", "records"):
        pid = system.local("pid", part).strip()
        text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        sizes[part] = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("VmRSS"))
    return sizes


def disk_kib(system):
    return sum(f.stat().st_size for f in (pathlib.Path(system.folder) / "data").rglob("*") if f.is_file()) // 1024


def run_postgres(arguments, system, folder):
    """PostgreSQL away for minutes: calls for help still reach a person, all is stored afterwards, memory stays bounded."""
    district.import_ledger(system, district.ledger(HOMES), folder)
    gateway, seconds = district.Gateway(system), arguments.minutes * 60
    readings, calls = int(seconds * 200), 20
    stop = threading.Event()
    system.local("stop", "postgres")
    before, disk_before = memory_kib(system), disk_kib(system)
    publish_all(Offset(gateway, 0), readings, calls, 0, 200, stop)
    opened = json.loads(system.curtain("status", "--json", check=False) or "{}")
    during, disk_during = memory_kib(system), disk_kib(system)
    left = gateway.drain()
    gateway.close()
    system.local("start", "postgres")
    found = check(system, readings, calls, 300)
    print(f"PostgreSQL away for {arguments.minutes:g} min, {readings} readings and {calls} SOS meanwhile")
    for part in before:
        print(f"  {part:10s} memory {before[part] / 1024:7.1f} MiB before, {during[part] / 1024:7.1f} MiB at the end of the outage")
    print(f"  stores on disk {disk_before / 1024:.1f} MiB before, {disk_during / 1024:.1f} MiB at the end of the outage")
    print(f"  status at the end of the outage: {json.dumps(opened, ensure_ascii=False)[:600]}")
    print(f"  afterwards: {found}, unacknowledged {left}")
    bounded = all(during[p] - before[p] < 256 * 1024 for p in before)
    return left == 0 and bounded and found["readings stored"] == readings and found["stored twice"] == 0 and found["SOS incidents"] == calls == found["homes with an SOS incident"]


if __name__ == "__main__":
    sys.exit(main())
