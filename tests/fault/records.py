# SPDX-License-Identifier: MIT
"""records, PostgreSQL and the gateway under load: killed with -9, the disk full, the database read-only, away for minutes.

The load: readings and calls for help by MQTT, readings by HTTP (each sent again until it is answered 200), questions by REST, and ledgers that are imported (each
given again until the command says that it is in). Afterwards every acknowledged row is looked for in PostgreSQL, none may stand there twice, the hours must add
up to the readings, the audit chain must be whole and every service well.
"""
import collections
import contextlib
import http.client
import json
import pathlib
import random
import subprocess
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import broker as lib  # noqa: E402
import district  # noqa: E402

HOMES, HTTP_HOMES, IMPORTED = 500, 100, "x"  # homes whose meters speak MQTT; further ones by HTTP; first letter of what imports bring
PARTS = ["records", "postgres", "gateway"]
DISK_MIB = 1500
READS = ["/v1/incidents", "/v1/households/h-%05d/timeline?limit=5&why=test", "/v1/households/h-%05d/readings", "/v1/audit?limit=5", "/v1/kpi"]
FIRST = 1772000000


def payload(device, count):
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(FIRST + 3600 * count))
    return json.dumps({"id": device, "ts": at, "total_m3": round(100 + count * 0.01, 3)})


class Load:
    """All that goes on while something fails; counts what was acknowledged. Lives through all phases, so that what one lost shows in every later one."""

    def __init__(self, system, folder, rate):
        self.system, self.folder, self.rate = system, pathlib.Path(folder), rate
        self.gateway = district.Gateway(system)
        split = urllib.parse.urlsplit(system.environment["CURTAIN_URL"])
        self.edge, self.token = (split.hostname, split.port), pathlib.Path(system.environment["CURTAIN_TOKEN_FILE"]).read_text(encoding="utf-8")
        self.readings = self.posted = self.posts = self.calls = self.imports = self.attempts = 0
        self.answers = collections.Counter()
        self.lock, self.stop, self.threads, self.failures = threading.Lock(), None, [], []
        self.next_post, self.called = 0, {}
        system.local("account", "tap", "tap")
        self.paged = {}  # household -> when the first page about it came
        self.peer = lib.Peer(Open(system), "tap")
        self.peer.on("curtain/volunteer/+/page", self.take_page)

    def take_page(self, message):
        self.paged.setdefault(json.loads(message.payload)["household"], time.monotonic())

    def begin(self, calls, period_s):
        """Starts it; calls for help are spread over period_s."""
        self.stop, self.threads = threading.Event(), []
        for work in (self.publish, lambda: self.call(calls, period_s), self.post, self.post, self.read, self.bring):
            thread = threading.Thread(target=self.guarded, args=(work,))
            thread.start()
            self.threads.append(thread)

    def guarded(self, work):
        try:
            work()
        except Exception as error:  # a load that ends early would make the test easy
            self.failures.append(repr(error))
            raise

    def end(self):
        """Each worker brings what it has begun to its end."""
        self.stop.set()
        for thread in self.threads:
            thread.join()
        assert self.gateway.drain() == 0, "the broker has not taken all"
        assert not self.failures, self.failures

    def publish(self):
        began, first = time.monotonic(), self.readings
        while not self.stop.is_set():
            home, count = self.readings % HOMES, self.readings // HOMES
            self.gateway.publish(f"meter/h{home:06d}/water", payload(f"h{home:06d}", count))
            self.readings += 1
            ahead = (self.readings - first) / self.rate - (time.monotonic() - began)
            if ahead > 0:
                self.stop.wait(ahead)  # the rate of the load

    def call(self, calls, period_s):
        for _ in range(calls):
            home = self.calls
            self.called[f"h-{home:05d}"] = time.monotonic()
            self.gateway.publish(f"zigbee2mqtt/sos_{home:05d}", json.dumps({"action": "emergency", "battery": 90}))
            self.calls += 1
            self.stop.wait(period_s / calls)

    def ask(self, verb, path, body=None):
        """The status, 0 where there was no answer."""
        connection = http.client.HTTPConnection(*self.edge, timeout=20)
        try:
            connection.request(verb, path, body=body, headers={"Authorization": f"Bearer {self.token}"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()

    def post(self):
        while not self.stop.is_set():
            with self.lock:
                number = self.next_post
                self.next_post += 1
            device = f"h{HOMES + number % HTTP_HOMES:06d}"
            status = None
            while status != 200:
                status = self.ask("POST", f"/v1/intake/meter/{device}/water", payload(device, number // HTTP_HOMES))
                with self.lock:
                    self.posts += 1
                if status != 200:
                    time.sleep(0.1)  # a sender's own patience
            with self.lock:
                self.posted += 1
            self.stop.wait(0.02)

    def read(self):
        dice = random.Random(1)
        while not self.stop.is_set():
            path = dice.choice(READS)
            status = self.ask("GET", path % dice.randrange(HOMES) if "%" in path else path)
            self.answers["ok" if status == 200 else "no answer" if not status else str(status)] += 1
            self.stop.wait(0.02)

    def bring(self):
        while not self.stop.is_set():
            name = f"{IMPORTED}-{self.imports:05d}"
            data = {"households": [{"id": name, "community": "c-1", "team": "t-1", "persons": 1}], "consents": [{"household": name, "quantities": ["water_total"]}]}
            path = self.folder / "bring.yaml"
            path.write_text(json.dumps(data), encoding="utf-8")
            done = False
            while not done:
                self.attempts += 1
                done = self.tool("import", str(path), "--why", "test") == 0
            self.imports += 1
            self.stop.wait(0.3)

    def tool(self, *arguments):
        binary = pathlib.Path(self.system.environment.get("CURTAIN_BIN", district.ROOT / "build/release/bin")) / "curtain"
        return subprocess.run([str(binary), *arguments], env=self.system.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode

    def close(self):
        self.gateway.close()
        self.peer.close()


class Open:
    """What a Peer wants to know of a broker."""

    def __init__(self, system):
        self.port, self.tls, self.accounts = system.port, None, self
        self.folder = pathlib.Path(system.folder) / "access"

    def secret(self, account):
        return self.folder / "secrets" / account


# ---- what fails ----

def kills(system, count, seed, counts):
    dice = random.Random(seed)
    while sum(counts.values()) < count:
        time.sleep(dice.uniform(0.2, 2.0))  # the moments are the test
        part = dice.choice(PARTS)
        try:
            system.local("kill", part)
        except RuntimeError:
            continue  # not up again yet
        counts[part] += 1
        if part == "postgres":
            time.sleep(dice.uniform(0.0, 1.0))
            system.local("start", "postgres")


def disk_full(system, seconds):
    """Every byte of the database's disk is taken for a while; then whoever watches it makes room and starts what had to stop."""
    filler = pathlib.Path(system.folder) / "pg/filler"
    with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(1 << 20))
    with open(filler, "ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(512))
    time.sleep(seconds)
    filler.unlink()
    system.local("start", "postgres")


def read_only(system, seconds):
    system.sql("alter system set default_transaction_read_only = on")
    system.sql("select pg_reload_conf()")
    time.sleep(seconds)
    system.sql("alter system reset default_transaction_read_only")
    system.sql("select pg_reload_conf()")


def away(system, seconds):
    system.local("stop", "postgres")
    time.sleep(seconds)
    system.local("start", "postgres")


# ---- afterwards ----

HEAD = f"{'what fails':26s} {'kills':>5s} {'s':>4s} {'readings':>8s} {'by HTTP':>7s} {'posts':>6s} {'stored':>8s} {'lost':>4s} {'twice':>5s} {'hours':>5s} {'calls':>5s} {'paged':>5s} " \
       f"{'incid.':>6s} {'twice':>5s} {'imports':>7s} {'given':>5s} {'lost':>4s} {'twice':>5s} {'reads':>6s} {'refused':>7s} {'wrong':>5s} {'audit':>6s} {'chain':>6s} {'well':>4s}"

DOUBLED = """select (select count(*) from (select 1 from reading group by device, channel, quantity, at having count(*) > 1) d)"""
HOURS = """select count(*) from (select household, device, channel, quantity, date_trunc('hour', at) as hour, count(*) as n from reading where not retained group by 1, 2, 3, 4, 5) r
 full join reading_hour h using (household, device, channel, quantity, hour) where r.n is distinct from h.readings"""


def settle(system, load, limit_s):
    """Waits until all that was acknowledged is there, or the limit."""
    system.await_sql("select count(*) from reading where quantity = 'water_total'", load.readings + load.posted, limit_s)
    system.await_sql("select count(distinct household) from incident where kind = 'sos'", load.calls, limit_s)


def well(system, limit_s=60):
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        status = json.loads(system.curtain("status", "--json", check=False) or "{}")
        if {s["service"]: s["state"] for s in status.get("services", [])} == dict.fromkeys(("ingest", "detector", "dispatcher", "records", "gateway"), "ready"):
            return True
        time.sleep(0.5)  # a status is refreshed on its own schedule
    return False


def look(system, load, name, killed, took_s):
    settle(system, load, 300)
    number = lambda query: int(system.sql(query)[0][0])  # noqa: E731
    sent = load.readings + load.posted
    stored = number("select count(*) from reading where quantity = 'water_total'")
    doubled, hours = number(DOUBLED), number(HOURS)
    homes, incidents = (int(n) for n in system.sql("select count(distinct household), count(*) from incident where kind = 'sos'")[0])
    brought = number(f"select count(*) from household where id ~ '^{IMPORTED}-' ")
    noted = number(f"select count(*) from change where relation = 'household' and key ~ '^{IMPORTED}-' and before is null")
    audit = number("select count(*) from api_audit")
    chain = load.tool("audit", "verify", "--timeout", "120") == 0
    paged = sum(home in load.paged for home in load.called)
    fine = well(system)
    ok, refused = load.answers["ok"], load.answers["no answer"] + load.answers["503"] + load.answers["504"]
    wrong = sum(load.answers.values()) - ok - refused  # what fails here is not the request's fault, and the answer must say so
    good = stored == sent and not doubled and not hours and homes == incidents == load.calls == paged and brought == noted == load.imports and chain and fine and not wrong
    print(f"{name:26s} {killed:5d} {took_s:4.0f} {load.readings:8d} {load.posted:7d} {load.posts:6d} {stored:8d} {sent - stored:4d} {doubled:5d} {hours:5d} {load.calls:5d} {paged:5d} "
          f"{incidents:6d} {incidents - homes:5d} {load.imports:7d} {load.attempts:5d} {load.imports - brought:4d} {noted - brought:5d} {ok:6d} {refused:7d} {wrong:5d} {audit:6d} "
          f"{'whole' if chain else 'BROKEN':>6s} {'yes' if fine else 'NO':>4s}{'' if good else '  FAILED'}", flush=True)
    return good


def ledger():
    """More homes than speak MQTT; no volunteer answers, so every call stays open and is paged."""
    return district.ledger(HOMES + HTTP_HOMES)


@contextlib.contextmanager
def disk(folder, mib):
    """A disk of its own for PostgreSQL, in memory, that can be filled without harm to others."""
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def run(folder, arguments):
    """arguments: kills, seed, rate, minutes, seconds (of the full disk, and of read-only), phases."""
    folder = pathlib.Path(folder)
    environment = {"CURTAIN_SET_GATEWAY": "intake.topics=[meter/#] ready.services=[ingest,detector,dispatcher,records]"}
    good = True
    with disk(folder / "system/pg", DISK_MIB), district.System(folder / "system", "--gateway", env=environment) as system:
        district.import_ledger(system, ledger(), folder)
        load, counts = Load(system, folder, arguments.rate), collections.Counter()
        seconds = arguments.seconds
        phases = {"kills": (f"kill -9, {arguments.kills} times", 60, arguments.kills * 2.5, lambda: kills(system, arguments.kills, arguments.seed, counts)),
                  "full": (f"disk full for {seconds:g} s", 10, seconds, lambda: disk_full(system, seconds)),
                  "read-only": (f"read-only for {seconds:g} s", 10, seconds, lambda: read_only(system, seconds)),
                  "away": (f"away for {arguments.minutes:g} min", 20, arguments.minutes * 60, lambda: away(system, arguments.minutes * 60))}
        print(HEAD, flush=True)
        try:
            for phase in arguments.phases.split(","):
                name, calls, period_s, fail = phases[phase]
                began, before = time.monotonic(), sum(counts.values())
                load.begin(calls, period_s)
                time.sleep(2)  # of load before anything fails
                fail()
                time.sleep(2)
                load.end()
                good = look(system, load, name, sum(counts.values()) - before, time.monotonic() - began) and good
        finally:
            if load.stop:
                load.stop.set()
            load.close()
        worst = max((load.paged[h] - at for h, at in load.called.items() if h in load.paged), default=0)
        print(f"killed: {dict(counts)}; reads: {dict(load.answers)}; from a call to its first page: {worst:.1f} s at most", flush=True)
    return good
