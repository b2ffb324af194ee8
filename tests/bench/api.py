#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Mixed reads by REST, and the same by MQTT; row-level security and audit trail on: tests/bench.sh api [--rate R] [--seconds S] [--homes H] [--connections C] [--reader]

The load (autocannon, pinned in tests/bench/api/package-lock.json) runs on the same cores; "together": all its connections begin their requests of a second
in the same moment (tests/bench/api/load.cjs). Exit status 1: fewer than 2,000 requests a second, p99 of 25 ms or more, or an answer that is not 200.
"""
import argparse
import json
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import district  # noqa: E402
import run  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent / "api"
PLACE = district.ROOT / "build/autocannon"
RATE_WANTED, P99_WANTED_MS = 2000, 25
HOURS = 24
PARTS = ("records", "detector", "dispatcher")


def autocannon():
    PLACE.mkdir(parents=True, exist_ok=True)
    lock = PLACE / "package-lock.json"
    if not (PLACE / "node_modules/autocannon").exists() or lock.read_bytes() != (HERE / "package-lock.json").read_bytes():
        shutil.rmtree(PLACE / "node_modules", ignore_errors=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(HERE / name, PLACE / name)
        subprocess.run(["npm", "--prefix", str(PLACE), "ci", "--silent"], check=True)


def fill(system, homes):
    """A district with a day of readings a home, put into the database as records keeps them."""
    ledger = {"communities": [{"id": "c-1", "name": "示例社区"}, {"id": "c-2", "name": "示例社区二"}],
              "teams": [{"id": "t-1", "community": "c-1", "captain": "v-1", "desk": "desk", "number": "10000"}],
              "volunteers": [{"id": "v-1", "team": "t-1", "phone": "10001", "day": True, "night": True, "order": 1}],
              "accounts": [{"name": "desk", "level": "district"}],
              "households": [{"id": f"h-{i:05}", "community": f"c-{1 + i % 2}", "team": "t-1", "persons": 1} for i in range(homes)],
              "consents": [{"household": f"h-{i:05}", "quantities": ["water_total"]} for i in range(homes)],
              "devices": [{"id": f"meter-{i:05}", "household": f"h-{i:05}", "place": "kitchen"} for i in range(homes)]}
    with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as file:
        json.dump(ledger, file)
        file.flush()
        system.curtain("import", file.name, "--timeout", "60")
    base = 1764547200
    pack = [[{"bn": f"meter-{i:05}/", "bt": base + 3600 * h, "n": "water_total", "u": "l", "v": 100 + 7 * h} for h in range(HOURS)] for i in range(homes)]
    import paho.mqtt.client as mqtt
    client = mqtt.Client("bench", protocol=mqtt.MQTTv5)
    client.username_pw_set("gateway", system.password("gateway"))
    client.connect("127.0.0.1", system.port)
    client.loop_start()
    for i, records in enumerate(pack):
        client.publish(f"curtain/in/gateway/meter-{i:05}", json.dumps(records), qos=1)
    system.await_sql("select count(*) from reading", homes * HOURS, 120)
    client.loop_stop()
    client.disconnect()
    return int(system.sql("select count(*) from reading")[0][0])


def cpu_of(system):
    """CPU seconds so far of each part."""
    parts = {s: run.cpu_seconds(int(system.local("pid", s))) for s in ("gateway", "broker", *PARTS)}
    return {**parts, "postgres": run.postgres_cpu(system)}


def load(system, arguments, seconds, rate, by="REST", how=""):
    if by == "REST":
        command = ["node", str(HERE / "load.cjs"), str(PLACE), system.environment["CURTAIN_URL"], system.environment["CURTAIN_TOKEN_FILE"]]
    else:
        command = [str(pathlib.Path(system.environment.get("CURTAIN_BIN", district.ROOT / "build/release/bin")) / "apiload"), str(system.port), "desk", system.folder + "/access/secrets/desk"]
    before, tool = cpu_of(system), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([*command, str(arguments.homes), str(seconds), str(rate), str(arguments.connections), *([how] if how else [])], stdout=subprocess.PIPE, text=True, check=True)
    result, tool_after = json.loads(done.stdout), resource.getrusage(resource.RUSAGE_CHILDREN)
    result["cpu_us"] = {part: (spent - before[part]) * 1e6 / result["count"] for part, spent in cpu_of(system).items()}
    result["cpu_us"]["load"] = (tool_after.ru_utime + tool_after.ru_stime - tool.ru_utime - tool.ru_stime) * 1e6 / result["count"]
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what")
    parser.add_argument("--rate", type=int, default=RATE_WANTED)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--homes", type=int, default=500)
    parser.add_argument("--connections", type=int, default=32)
    arguments = parser.parse_args()
    autocannon()
    with tempfile.TemporaryDirectory(prefix="bench-api.") as folder:
        pathlib.Path(folder).chmod(0o755)  # PostgreSQL runs as another user
        with district.System(folder, "--gateway", env={"CURTAIN_SET_GATEWAY": "http.connections_address=200"}) as system:
            tokens = pathlib.Path(folder) / "access/tokens"
            tokens.write_text(tokens.read_text(encoding="utf-8").replace(" never 1000", " never 10000"), encoding="utf-8")
            system.local("restart", "gateway")
            readings = fill(system, arguments.homes)
            load(system, arguments, 3, arguments.rate)  # warm
            audited = int(system.sql("select count(*) from api_audit")[0][0])
            print(f"{arguments.homes} homes, {readings} readings; {arguments.connections} connections, five kinds of reads in turn")
            print(f"{'by':4} {'asked for':>12} {'answered/s':>11} {'p50 ms':>7} {'p90':>6} {'p99':>6} {'max':>6} {'not 200':>8}")
            results = []
            for by, rate, how in (("REST", arguments.rate, ""), ("REST", arguments.rate, "together"), ("REST", 0, ""), ("MQTT", arguments.rate, ""), ("MQTT", 0, "")):
                result = load(system, arguments, arguments.seconds, rate, by, how)
                results.append(result)
                bad = result["non2xx"] + result["errors"] + result["timeouts"]
                print(f"{by:4} {how or (f'{rate}/s' if rate else 'all it can'):>12} {result['rate']:>11.0f} {result['p50']:>7} {result['p90']:>6} {result['p99']:>6} {result['max']:>6} {bad:>8}")
                print("                  CPU us a request: " + ", ".join(f"{part} {us:.0f}" for part, us in result["cpu_us"].items())
                      + f", together {sum(result['cpu_us'].values()):.0f}")
            audited = int(system.sql("select count(*) from api_audit")[0][0]) - audited
            print(f"{audited} rows in the audit trail; of {sum(r['count'] for r in results)} requests three in five are audited")
    steady = results[0]
    good = steady["rate"] >= 0.98 * RATE_WANTED and steady["p99"] < P99_WANTED_MS and not steady["non2xx"] + steady["errors"] + steady["timeouts"]
    print("as wanted" if good else f"NOT as wanted: {RATE_WANTED}/s with p99 < {P99_WANTED_MS} ms, all 200")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
