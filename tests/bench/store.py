# SPDX-License-Identifier: MIT
"""Figures of records alone: readings from their lane to committed rows, against psql's COPY of the same rows into a table of the same kind."""
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import broker as lib  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/release/bin"))
POSTGRES = str(ROOT / "deploy/postgres.sh")
TICK = os.sysconf("SC_CLK_TCK")
SHARDS = 8
BATCH = 250  # readings in one batch of a lane: what a turn of ingest under load puts into each of 8 shards
RATIO_ASKED, RATIO_WANTED, RATE_ASKED = 0.4, 0.6, 100000


class Store:
    """A broker with the shipped settings, PostgreSQL and records in a folder: with Store(folder) as store."""

    def __init__(self, folder, *settings):
        self.folder, self.settings, self.records = pathlib.Path(folder), settings, None

    def __enter__(self):
        self.pg = str(self.folder / "pg")
        subprocess.run([POSTGRES, "start", self.pg, str(lib.free_port())], check=True, stdout=subprocess.DEVNULL)
        self.conninfo = subprocess.run([POSTGRES, "conninfo", self.pg], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        shipped = [line for line in (ROOT / "deploy/mosquitto/mosquitto.conf").read_text(encoding="utf-8").splitlines()
                   if not line.startswith(("#", "allow_anonymous", "persistence", "autosave"))]
        self.broker = lib.Broker(self.folder, more="\n".join(line for line in shipped if not line.startswith(("max_queued_messages", "set_tcp"))) + "\n")
        self.start()
        return self

    def start(self):
        with open(self.folder / "records.log", "ab") as log:
            self.records = subprocess.Popen([str(BIN / "records"), "--config", str(ROOT / "deploy/config/records.yaml"), "--set", f"bus.port={self.broker.port}", "--set",
                                             f"data_dir={self.folder}", "--set", f"postgres.conninfo={self.conninfo}", *[w for s in self.settings for w in ("--set", s)]], stderr=log)
        deadline = time.monotonic() + 600  # a migration of much data takes its time
        while "database_ready" not in (said := (self.folder / "records.log").read_text(encoding="utf-8")):
            if self.records.poll() is not None or "level=error" in said or time.monotonic() > deadline:
                raise RuntimeError(said[-1000:])
            time.sleep(0.05)  # a look at its log

    def stop(self):
        if self.records:
            self.records.send_signal(signal.SIGTERM)
            self.records.wait(30)
            self.records = None

    def __exit__(self, *_):
        self.stop()
        self.broker.stop()
        subprocess.run([POSTGRES, "stop", self.pg], check=False)

    def psql(self, *commands):
        """Runs the commands in one session; what it prints."""
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", *[w for c in commands for w in ("-c", c)], self.conninfo], check=True,
                              stdout=subprocess.PIPE, text=True).stdout.strip()

    def cpu_seconds(self):
        """CPU time of records, of all PostgreSQL's processes (the postmaster has those that it has reaped), of the broker."""
        def used(pid, children):
            fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
            return sum(int(f) for f in fields[11:15 if children else 13]) / TICK, int(fields[1])
        postmaster = int(pathlib.Path(self.pg, "data/postmaster.pid").read_text(encoding="ascii").splitlines()[0])
        postgres = used(postmaster, True)[0]
        for entry in pathlib.Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and used(entry.name, False)[1] == postmaster:
                    postgres += used(entry.name, False)[0]
            except OSError:
                continue  # it has ended
        return {"records": used(self.records.pid, False)[0], "postgres": postgres, "broker": used(self.broker.process.pid, False)[0]}


def lane_run(store, readings, homes, kinds, minutes_before):
    """Readings through the lane: readings a second until the last is acknowledged (it is committed then), CPU us a reading."""
    before = store.cpu_seconds()
    took = float(subprocess.run([str(BIN / "laneload"), "127.0.0.1", str(store.broker.port), str(readings), str(homes), str(kinds), str(SHARDS), str(minutes_before), str(BATCH)],
                                check=True, stdout=subprocess.PIPE, text=True).stdout)
    after = store.cpu_seconds()
    return readings / took, {part: (after[part] - before[part]) * 1e6 / readings for part in before}


def copy_run(store, path, rows, form):
    """psql's COPY of the rows in path into a partitioned table with the same columns and indexes, in one transaction: rows a second."""
    store.psql("create table copied (like reading including all) partition by range (at)",
               "do $$ declare part regclass; begin for part in select inhrelid::regclass from pg_inherits where inhparent = 'reading'::regclass loop "
               "execute format('create table copied_%s (like %s including all)', part::text, part); "
               "execute format('alter table copied attach partition copied_%s %s', part::text, (select pg_get_expr(relpartbound, oid) from pg_class where oid = part)); "
               "end loop; end $$", "checkpoint")
    began = time.monotonic()
    store.psql(f"\\copy copied from '{path}' with (format {form})")
    took = time.monotonic() - began
    if store.psql("select count(*) from copied") != str(rows):
        raise RuntimeError("psql has not copied all rows")
    store.psql("drop table copied")
    return rows / took


def measure(arguments, folder):
    """One line a run: the lane, then both COPYs of that very run's rows."""
    ratios, rates = [], []
    with Store(folder, *arguments.set) as store:
        minutes, stored = 0, 0
        for _ in range(arguments.runs):
            store.psql("checkpoint")
            rate, cpu = lane_run(store, arguments.readings, arguments.homes, arguments.kinds, minutes)
            stored += arguments.readings
            if store.psql("select count(*) from reading") != str(stored):
                raise RuntimeError("not every reading is stored once")
            path, first = str(pathlib.Path(folder) / "rows"), f"timestamptz '2025-12-01 00:00:00Z' + interval '{minutes} minutes'"
            minutes += -(-arguments.readings // (arguments.homes * arguments.kinds))
            copies = {}
            for form in ("text", "binary"):
                store.psql(f"\\copy (select * from reading where at >= {first} order by received, household) to '{path}' with (format {form})")
                copies[form] = copy_run(store, path, arguments.readings, form)
            os.unlink(path)
            ratios.append(rate / copies["text"])
            rates.append(rate)
            print(f"lane {rate:8.0f}/s   psql COPY {copies['text']:8.0f}/s (binary {copies['binary']:8.0f}/s)   ratio {rate / copies['text']:.2f} "
                  f"(binary {rate / copies['binary']:.2f})   CPU us a reading: " + ", ".join(f"{k} {v:.1f}" for k, v in cpu.items()), flush=True)
    return ratios, rates


def table(rows):
    """The table of what is asked, wanted and was measured; true if all that is asked is there."""
    print(f"\n{'figure':58s} {'asked':>12s} {'wanted':>10s} {'measured':>12s}")
    for name, asked, wanted, measured, good in rows:
        print(f"{name:58s} {asked:>12s} {wanted:>10s} {measured:>12s} {'ok' if good else 'MISSED'}")
    return all(row[4] for row in rows)


def records(arguments, folder):
    ratios, rates = measure(arguments, folder)
    ratio, rate = statistics.median(ratios), statistics.median(rates)
    return table([
        (f"readings through the lane to committed rows, /s, median of {arguments.runs}", f"{RATE_ASKED}", "", f"{rate:.0f}", rate >= RATE_ASKED),
        ("ratio to psql COPY of the same rows", f"{RATIO_ASKED}", f"{RATIO_WANTED}", f"{ratio:.2f}", ratio >= RATIO_ASKED),
    ])
