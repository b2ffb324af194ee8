#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Figures of the whole pipeline.

tests/bench.sh pipeline [--messages N] [--runs R]   single JSON messages, QoS 1, device to a committed row in PostgreSQL with the detector
                                                     running, against the bare broker (one publisher, one subscriber) in the same run
tests/bench.sh sos [--calls N] [--rate R]            a device's call for help to the volunteer's page, under a load of readings
tests/bench.sh records [--readings N] [--homes H] [--kinds K] [--runs R]   readings from their lane to committed rows, against psql COPY of the same rows;
                        [--rows N]                   then a household's day among N readings (100000000: 15 min, 25 GB)
"""
import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import district  # noqa: E402
import store  # noqa: E402
import paho.mqtt.client as mqtt  # noqa: E402

HOMES = 2000
BASE_TIME = 1764547200  # of the load's readings, one a home and minute (mqload.c)
PACK = 100  # readings in one SenML pack (mqload.c)
SERVICES = ("ingest", "detector", "dispatcher", "records")
TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def postgres_cpu(system):
    """All processes of the cluster: the postmaster, its children and those it has reaped."""
    postmaster = int(system.local("pid", "postgres"))
    total = 0.0
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[1]) == postmaster or int(entry.name) == postmaster:
                total += sum(int(f) for f in fields[11:15 if int(entry.name) == postmaster else 13]) / TICK
    return total


def load_tool(folder):
    tool = str(pathlib.Path(folder) / "mqload")
    subprocess.run(["cc", "-O2", "-o", tool, str(district.ROOT / "tests/bench/mqload.c")], check=True)
    return tool


def bare_broker(tool, folder, port, messages):
    """The most that anything behind this broker can do: one publisher and one subscriber, same settings, accounts off."""
    conf = pathlib.Path(folder) / "bare.conf"
    lines = [l for l in (district.ROOT / "deploy/mosquitto/mosquitto.conf").read_text(encoding="utf-8").splitlines()
             if not l.startswith(("allow_anonymous", "persistence", "autosave"))]
    conf.write_text("\n".join(lines + ["allow_anonymous true", f"listener {port} 127.0.0.1", ""]), encoding="utf-8")
    broker = subprocess.Popen([shutil.which("mosquitto", path=os.environ["PATH"] + ":/usr/sbin"), "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        await_port(port)
        subscriber = subprocess.Popen([tool, "sub", "127.0.0.1", str(port), str(messages), "1", "meter/#"], stdout=subprocess.PIPE, text=True)
        await_subscription(port)
        began = time.monotonic()
        subprocess.run([tool, "pub", "127.0.0.1", str(port), str(messages), "1", str(HOMES), "0", "1000"], check=True, stdout=subprocess.DEVNULL)
        subscriber.wait(120)
        return messages / (time.monotonic() - began)
    finally:
        broker.terminate()
        broker.wait()


def await_port(port):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            client = mqtt.Client()
            client.connect("127.0.0.1", port)
            client.disconnect()
            return
        except OSError:
            time.sleep(0.02)  # the broker does not say when it listens
    raise RuntimeError("the bare broker does not listen")


def await_subscription(port):
    """The subscriber of mqload does not say when it is subscribed: the broker's own count does."""
    seen = threading.Event()
    client = mqtt.Client()
    client.on_message = lambda _c, _d, m: int(m.payload) >= 2 and seen.set()
    client.on_connect = lambda c, *_: c.subscribe("$SYS/broker/subscriptions/count")
    client.connect("127.0.0.1", port)
    client.loop_start()
    seen.wait(12)
    client.loop_stop()
    client.disconnect()


def await_last(system, count):
    """Waits until each home's reading number `count` is committed: a home's readings are stored in order. By key, which costs the database little."""
    query = f"""select count(*) from generate_series(0, {HOMES - 1}) n, reading r where r.household = 'h-' || lpad(n::text, 5, '0')
        and r.device = 'h' || lpad(n::text, 6, '0') and r.channel = '' and r.quantity = 'water_total' and r.at = to_timestamp({BASE_TIME + 60 * count})"""
    if system.await_sql(query, HOMES, 180) != str(HOMES):
        raise RuntimeError("not every home's last reading is stored")


def pipeline_run(tool, system, messages, expected, pack=1):
    """messages readings, singly or in SenML packs, published and awaited in PostgreSQL: readings a second, CPU us a reading of each part."""
    pids = {s: int(system.local("pid", s)) for s in SERVICES}
    before = {s: cpu_seconds(p) for s, p in pids.items()}
    pg_before, broker_before = postgres_cpu(system), cpu_seconds(int(system.local("pid", "broker")))
    began = time.monotonic()
    subprocess.run([tool, "pack" if pack > 1 else "pub", "127.0.0.1", str(system.port), str(messages // pack), "1", str(HOMES), "0", "1000", "gateway", system.folder + "/access/secrets/gateway", str(expected // HOMES)],
                   check=True, stdout=subprocess.DEVNULL)
    await_last(system, (expected + messages) // HOMES - 1)
    took = time.monotonic() - began
    stored = system.sql("select count(*) from reading")[0][0]
    if stored != str(expected + messages):
        raise RuntimeError(f"{stored} of {expected + messages} readings stored")
    cpu = {s: (cpu_seconds(p) - before[s]) * 1e6 / messages for s, p in pids.items()}
    cpu["postgres"] = (postgres_cpu(system) - pg_before) * 1e6 / messages
    cpu["broker"] = (cpu_seconds(int(system.local("pid", "broker"))) - broker_before) * 1e6 / messages
    return messages / took, cpu


def pipeline(arguments, folder):
    tool = load_tool(folder)
    ratios, rows, packs = [], [], []
    with district.System(folder + "/system") as system:
        district.import_ledger(system, district.ledger(HOMES), folder)
        bare_port = int(subprocess.run([sys.executable, "-c", "import socket; s=socket.socket(); s.bind(('127.0.0.1',0)); print(s.getsockname()[1])"],
                                       stdout=subprocess.PIPE, text=True, check=True).stdout)
        expected = 0
        for _ in range(arguments.runs):
            bare = bare_broker(tool, folder, bare_port, arguments.messages)
            rate, cpu = pipeline_run(tool, system, arguments.messages, expected)
            expected += arguments.messages
            ours = sum(cpu[s] for s in SERVICES)
            ratios.append(rate / bare)
            rows.append(ours)
            print(f"bare broker {bare:8.0f}/s   pipeline {rate:8.0f}/s   ratio {rate / bare:.2f}   CPU us a reading: "
                  + ", ".join(f"{k} {v:.1f}" for k, v in cpu.items()) + f", ours together {ours:.1f}", flush=True)
            packed = 4 * arguments.messages // (HOMES * PACK) * HOMES * PACK
            pack_rate, cpu = pipeline_run(tool, system, packed, expected, PACK)
            expected += packed
            packs.append(pack_rate / rate)
            print(f"  SenML packs of {PACK}: {pack_rate:8.0f} readings/s, {pack_rate / rate:.1f} times the singles   CPU us a reading: "
                  + ", ".join(f"{k} {v:.1f}" for k, v in cpu.items()), flush=True)
    print(f"\n{arguments.runs} runs of {arguments.messages} messages: median ratio {statistics.median(ratios):.2f} (min {min(ratios):.2f}, max {max(ratios):.2f}; "
          f"asked >= 0.75), our CPU a reading median {statistics.median(rows):.1f} us (asked <= 45)")
    print(f"SenML packs of {PACK}: median {statistics.median(packs):.1f} times the readings/s of singles (min {min(packs):.1f}, max {max(packs):.1f}; asked >= 4)")
    return statistics.median(ratios) >= 0.75 and statistics.median(rows) <= 45 and statistics.median(packs) >= 4


def sos(arguments, folder):
    tool = load_tool(folder)
    homes = max(HOMES, arguments.calls)
    arrived, sent, done = {}, {}, threading.Event()
    with district.System(folder + "/system") as system:
        district.import_ledger(system, district.ledger(homes), folder)
        system.local("account", "tap", "tap")
        tap = mqtt.Client(protocol=mqtt.MQTTv5)
        tap.username_pw_set("tap", system.password("tap"))

        def on_page(_client, _data, message):
            page = json.loads(message.payload)
            arrived.setdefault(page["household"], time.monotonic())
            if len(arrived) >= arguments.calls:
                done.set()

        ready = threading.Event()
        tap.on_message = on_page
        tap.on_subscribe = lambda *_: ready.set()
        tap.connect("127.0.0.1", system.port)
        tap.subscribe("curtain/volunteer/+/page", 0)
        tap.loop_start()
        ready.wait(10)
        gateway = district.Gateway(system)
        load = subprocess.Popen([tool, "pub", "127.0.0.1", str(system.port), str(arguments.rate * 3600), "1", str(HOMES), str(arguments.rate), "1000", "gateway",
                                 system.folder + "/access/secrets/gateway", "0"], stdout=subprocess.DEVNULL)
        try:
            time.sleep(2)  # the load runs
            for call in range(arguments.calls):
                household = f"h-{call:05d}"
                sent[household] = time.monotonic()
                gateway.publish(f"zigbee2mqtt/sos_{call:05d}", '{"action":"emergency"}')
                time.sleep(arguments.spacing)  # the rate of the calls
            done.wait(30)
        finally:
            load.terminate()
            load.wait()
        gateway.close()
        tap.loop_stop()
    delays = sorted((arrived[h] - t) * 1000 for h, t in sent.items() if h in arrived)
    lost = len(sent) - len(delays)
    p = lambda q: delays[min(len(delays) - 1, int(len(delays) * q))]  # noqa: E731
    print(f"{len(sent)} SOS under {arguments.rate} readings/s: publish to page p50 {p(.5):.1f} ms, p90 {p(.9):.1f} ms, p99 {p(.99):.1f} ms, max {delays[-1]:.1f} ms, "
          f"without a page {lost} (asked p99 < 50 ms)")
    return lost == 0 and p(.99) < 50


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["pipeline", "sos", "records"])
    parser.add_argument("--messages", type=int, default=200000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--rate", type=int, default=5000)
    parser.add_argument("--spacing", type=float, default=0.02)
    parser.add_argument("--readings", type=int, default=1000000)
    parser.add_argument("--homes", type=int, default=HOMES)
    parser.add_argument("--kinds", type=int, default=1, help="devices of a home, 1 to 6, each of another kind")
    parser.add_argument("--rows", type=int, default=3000000)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of records")
    arguments = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="curtain-bench-")
    os.chmod(folder, 0o755)
    good = {"pipeline": pipeline, "sos": sos, "records": store.records}[arguments.what](arguments, folder)
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
