# SPDX-License-Identifier: MIT
"""kill -9 of gateway, dispatcher and broker, and a full disk of the gateway's, while incidents are told to a receiver that fails, hangs and wants rests:
no event of an incident is lost, each household's come in order; a repetition has the id of the first."""
import json
import pathlib
import random
import shutil
import subprocess
import sys
import threading
import time

import yaml

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
import district  # noqa: E402
import hooks  # noqa: E402

HOMES = 400
PARTS = ["gateway", "gateway", "dispatcher", "broker"]
SECRET = "whsec_" + "c2VjcmV0LW9mLXRoZS1mYXVsdC10ZXN0"
HEAD = f"{'what fails':28s} {'kills':>5s} {'s':>4s} {'incidents':>9s} {'events':>6s} {'told':>6s} {'lost':>4s} {'twice':>5s} {'disorder':>8s} {'calls':>6s} {'dead':>4s}"


class Moody(hooks.Receiver):
    """Takes nine of ten, by dice: some fail, some hang beyond the time-out, some are too much."""

    def __init__(self, seed):
        super().__init__({"/all": SECRET})
        self.dice, self.answered = random.Random(seed), 0

    def handle(self, verb, path, query, headers, body):
        with self.changed:
            self.answered += 1
            luck = self.dice.random()
        if luck < 0.06:
            return 500, {}, b""
        if luck < 0.08:
            return 429, {"Retry-After": "1"}, b""
        if luck < 0.10:
            self.release.wait(1)
        return super().handle(verb, path, query, headers, body)


def configure(folder, receiver):
    config = folder / "config"
    shutil.copytree(district.ROOT / "deploy/config", config)
    (config / "sign").write_text(SECRET, encoding="utf-8")
    (config / "sign").chmod(0o600)
    subscriber = {"name": "all", "url": f"{receiver.url}/all", "sign": "standard-webhooks", "secrets": {"sign": "sign"}, "timeout": "500ms", "retry": ["200ms"] * 16}
    (config / "bridge.yaml").write_text(yaml.safe_dump({"version": 1, "subscribers": [subscriber]}), encoding="utf-8")
    return config


def kills(system, count, seed, done):
    dice = random.Random(seed)
    while done[0] < count:
        time.sleep(dice.uniform(0.3, 2.5))  # the moments are the test
        part = dice.choice(PARTS)
        try:
            system.local("kill", part)
        except RuntimeError:
            continue  # not up again yet
        done[0] += 1
        if part == "broker":
            system.local("start", part)


def disk_full(folder, seconds):
    junk = folder / "system/data/gateway/junk"
    with junk.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 65536)
        except OSError:
            pass
    time.sleep(seconds)  # as long as it is full
    junk.unlink()


def calls_for_help(gateway, first, count, period_s):
    for home in range(first, first + count):
        gateway.publish(f"zigbee2mqtt/sos_{home:05d}", json.dumps({"action": "emergency", "battery": 90}))
        time.sleep(period_s)  # the rate of the load
        gateway.resend()
    return gateway.drain()


def told_all(system, receiver, limit_s):
    """Waits until the receiver has every event that records has; gives both."""
    deadline = time.monotonic() + limit_s
    while True:
        wanted = {f"{incident}.{revision}" for incident, revision in system.sql("select incident, revision from incident_event")}
        with receiver.changed:
            events = list(receiver.taken.get("/all", []))
        if wanted <= {e["id"] for e in events} or time.monotonic() > deadline:
            return wanted, events
        time.sleep(0.2)  # a look at another process's database


def disorder(events):
    seen, last, wrong = set(), {}, 0
    for event in events:
        if event["id"] in seen:
            continue
        seen.add(event["id"])
        household, moment = event["data"]["household"], (event["data"]["incident"], event["data"]["revision"])
        before = last.get(household)
        wrong += before is not None and before[0] == moment[0] and before[1] > moment[1]
        last[household] = moment
    return wrong


def run(folder, arguments):
    """arguments: kills, seed, seconds (of the full disk), incidents (in each phase)."""
    folder = pathlib.Path(folder)
    receiver = Moody(arguments.seed)
    data = folder / "system/data/gateway"
    data.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(data)], check=True)
    good = True
    try:
        with district.System(folder / "system", "--bridge", env={"CURTAIN_CONFIG": str(configure(folder, receiver))}) as system:
            district.import_ledger(system, district.ledger(HOMES), folder)
            print(HEAD, flush=True)
            count, first = min(arguments.incidents, HOMES // 2), 0
            for name in (f"kill -9, {arguments.kills} times", f"disk full for {arguments.seconds:g} s"):
                gateway, done, began = district.Gateway(system, receipts=True), [0], time.monotonic()
                fail = threading.Thread(target=disk_full, args=(folder, arguments.seconds)) if first else \
                    threading.Thread(target=kills, args=(system, arguments.kills, arguments.seed, done))
                fail.start()
                left = calls_for_help(gateway, first, count, arguments.kills * 1.5 / count if not first else arguments.seconds / count)
                fail.join()
                first += count
                system.await_sql("select count(*) from incident", first, 120)
                wanted, events = told_all(system, receiver, 240)
                ids = [e["id"] for e in events]
                lost, twice = len(wanted - set(ids)), len(ids) - len(set(ids))
                dead = sum(1 for _ in system.curtain("webhook", "dead", "--json").splitlines())
                fine = not left and not lost and not disorder(events) and len({i.rsplit(".", 1)[0] for i in wanted}) == first
                good = good and fine
                print(f"{name:28s} {done[0]:5d} {time.monotonic() - began:4.0f} {first:9d} {len(wanted):6d} {len(set(ids)):6d} {lost:4d} {twice:5d} {disorder(events):8d} {receiver.answered:6d} {dead:4d}"
                      f"{'' if fine else '  FAILED'}", flush=True)
                gateway.close()
    finally:
        receiver.release.set()
        receiver.close()
        subprocess.run(["umount", "-l", str(data)], check=False)
    return good
