# SPDX-License-Identifier: MIT
"""Figures of records alone: readings from their lane to committed rows, against psql's COPY of the same rows into a table of the same kind."""
import datetime
import os
import pathlib
import random
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import broker as lib  # noqa: E402
import psycopg2  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CURTAIN_BIN", ROOT / "build/release/bin"))
POSTGRES = str(ROOT / "deploy/postgres.sh")
TICK = os.sysconf("SC_CLK_TCK")
SHARDS = 8
BATCH = 250  # readings in one batch of a lane: what a turn of ingest under load puts into each of 8 shards
RATIO_ASKED, RATIO_WANTED, RATE_ASKED, DAY_ASKED_MS = 0.4, 0.6, 100000, 20


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


def fill(store, rows, homes, kinds):
    """rows readings by SQL, each of a home's devices one a minute, day by day, and their hours in the order in which they would have come."""
    days = -(-rows // (homes * kinds * 1440))
    store.psql(*[f"select reading_month(m::date) from generate_series(date '2026-01-01', date '2026-01-01' + {days}, interval '1 month') m"])
    for day in range(days):
        store.psql(f"""insert into reading (household, device, channel, quantity, value, delta, since, at, received, retained, late, text)
            select 'h-' || lpad(h::text, 6, '0'), k || '-' || h, '', (array['water_total', 'temperature', 'contact', 'energy_total', 'motion', 'power'])[k], m % 100, case when k in (1, 4) then 1 end,
            case when k in (1, 4) then at - interval '1 min' end, at, at, false, false, ''
            from generate_series(0, 1439) m, generate_series(1, {homes}) h, generate_series(1, {kinds}) k,
            lateral (select timestamptz '2026-01-01 00:00+08' + make_interval(days => {day}, mins => m, secs => h % 60) as at) t order by m / 10, h, k, m""",
                   f"""insert into reading_hour select household, date_trunc('hour', at, 'Asia/Shanghai'), quantity, device, channel, count(*), sum(delta), min(value), max(value), sum(value),
            min(at), max(at) from reading where at >= timestamptz '2026-01-01 00:00+08' + interval '{day} days' and at < timestamptz '2026-01-01 00:00+08' + interval '{day + 1} days'
            group by 1, 2, 3, 4, 5 order by 2, 1, 3, 4""")
    store.psql("vacuum analyze reading, reading_hour")
    return days


def day_of_a_home(arguments, folder):
    """Times of one household's day, each for another home and day, as records asks for it; noted in the audit and committed."""
    dice = random.Random(1)
    with Store(folder, "keep.readings=0s", "keep.hours=0s") as store:
        days = fill(store, arguments.rows, arguments.homes, arguments.kinds)
        stored = int(store.psql("select count(*) from reading"))
        subprocess.run([POSTGRES, "stop", store.pg], check=True)  # nothing is in its buffers at first
        subprocess.run([POSTGRES, "start", store.pg, store.conninfo.split("port=")[1].split()[0]], check=True, stdout=subprocess.DEVNULL)
        connection = psycopg2.connect(store.conninfo)
        cursor, took = connection.cursor(), []
        cursor.execute("prepare day as select api_day('bench', $1, 'Asia/Shanghai', $2)")
        for _ in range(arguments.calls):
            home, day = f"h-{dice.randint(1, arguments.homes):06d}", datetime.date(2026, 1, 1) + datetime.timedelta(days=dice.randrange(days))
            began = time.monotonic()
            cursor.execute("execute day (%s, %s)", (home, day))
            answer = cursor.fetchone()[0]
            connection.commit()
            took.append((time.monotonic() - began) * 1000)
            if len(answer["hours"]) != 24 * arguments.kinds:
                raise RuntimeError(f"{home} has {len(answer['hours'])} hours on {day}")
        connection.close()
    took.sort()
    p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
    print(f"a day of one of {arguments.homes} homes with {arguments.kinds} devices among {stored} readings of {days} days: p50 {p50:.1f} ms, p99 {p99:.1f} ms, max {took[-1]:.1f} ms")
    return stored, p99


def table(rows):
    """The table of what is asked, wanted and was measured; true if all that is asked is there."""
    print(f"\n{'figure':58s} {'asked':>12s} {'wanted':>10s} {'measured':>12s}")
    for name, asked, wanted, measured, good in rows:
        print(f"{name:58s} {asked:>12s} {wanted:>10s} {measured:>12s} {'ok' if good else 'MISSED'}")
    return all(row[4] for row in rows)


def records(arguments, folder):
    ratios, rates = measure(arguments, folder)
    (pathlib.Path(folder) / "day").mkdir(mode=0o755)
    stored, p99 = day_of_a_home(arguments, folder + "/day")
    ratio, rate = statistics.median(ratios), statistics.median(rates)
    return table([
        (f"readings through the lane to committed rows, /s, median of {arguments.runs}", f"{RATE_ASKED}", "", f"{rate:.0f}", rate >= RATE_ASKED),
        ("ratio to psql COPY of the same rows", f"{RATIO_ASKED}", f"{RATIO_WANTED}", f"{ratio:.2f}", ratio >= RATIO_ASKED),
        (f"a household's day among {stored / 1e6:.1f} M readings, ms, p99", f"{DAY_ASKED_MS}", "", f"{p99:.1f}", p99 < DAY_ASKED_MS),
    ])
