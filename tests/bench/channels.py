# SPDX-License-Identifier: MIT
"""Each preset against an imitation of its vendor that verifies the signature by its own code (tests/lib/vendors.py): pages sent and how
fast, a page that the vendor refuses, one while it says "too much", what the store has of each. Prints a table; exit status 1 if one row
is not as it must be."""
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/lib"), str(ROOT / "tests/integration")]
import vendors  # noqa: E402
from test_channels import Channels  # noqa: E402
from test_dispatcher import Rig, alert  # noqa: E402

FALLBACK = {"dingtalk": "wecom", "wecom": "feishu", "feishu": "dingtalk", "webhook": "webhook2", "ntfy": "bark", "bark": "ntfy", "sms": "ntfy", "voice": "sms",
            "email": "sms"}
PERSONS = ("ntfy", "bark", "sms", "voice", "email")
PAGES = 3


def receipts_of(rig, incident):
    """What the store has of the incident's two pages, once nothing of them is on its way any more."""
    deadline = time.monotonic() + 8
    while True:
        items = rig.call("deliveries", {"incident": incident})["result"]["items"]
        if (len(items) == 2 and all(i["state"] != "open" for i in items)) or time.monotonic() > deadline:
            return items


def page_over(rig, world, name, number):
    """A call for help of a household of its own; gives the incident and the milliseconds until the vendor has taken a new message."""
    before, began = len(world[name].taken), time.monotonic()
    rig.ingest.give_item(alert(number, f"h-{number}"))
    incident = rig.page("v-1", household=f"h-{number}")["incident"]
    world[name].wait(before + 1, 5)
    return incident, (time.monotonic() - began) * 1000


def measure(name, folder):
    world = vendors.World()
    rig = Rig(folder)
    other = FALLBACK[name]
    persons = name in PERSONS
    entries = [vendors.channel(world, name, quiet=[], **({} if persons else {"fallback": [other]})),
               vendors.channel(world, other, **({} if persons else {"reserve": True}))]
    try:
        Channels(rig, world).up(entries, [name, other] if persons else [])
        sent = [page_over(rig, world, name, i + 1) for i in range(PAGES)]
        world[name].behave("refuse", "refuse")
        refused, refused_ms = page_over(rig, world, other, 10)
        receipts_of(rig, refused)
        if name == "email":  # a mail server does not say so; it says "later"
            throttled, throttled_ms = None, None
        else:
            world[name].behave("throttle", "throttle")
            throttled, throttled_ms = page_over(rig, world, other, 11)
        receipts = [i for incident in [i for i, _ in sent] + [refused] + ([throttled] if throttled else []) for i in receipts_of(rig, incident)]
        states = [i["state"] for i in receipts]
        signed = not world[name].refused and not world[other].refused
        good = signed and states.count("sent") == len(states) == 2 * (PAGES + (2 if throttled else 1))
        return {"channel": name, "sent": f"{PAGES}/{PAGES}", "signature": "verified" if signed else "WRONG", "ms": f"{statistics.median(m for _, m in sent):.0f}",
                "refused": f"{other} after {refused_ms:.0f} ms", "throttled": f"{other} after {throttled_ms:.0f} ms" if throttled else "-",
                "receipts": f"{states.count('sent')}/{len(states)}", "ok": good}
    finally:
        rig.close()
        world.close()


def main():
    rows = []
    for name in FALLBACK:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder)
            path.chmod(0o755)
            rows.append(measure(name, path))
    heads = {"channel": "channel", "sent": "sent", "signature": "signature", "ms": "ms (median)", "refused": "refused: went to", "throttled": "throttled: went to",
             "receipts": "receipts", "ok": "as it must be"}
    rows = [heads] + [{**row, "ok": "yes" if row["ok"] else "NO"} for row in rows]
    width = {key: max(len(row[key]) for row in rows) for key in heads}
    for row in rows:
        print("  ".join(row[key].ljust(width[key]) for key in heads).rstrip())
    return 1 if any(row["ok"] == "NO" for row in rows[1:]) else 0


if __name__ == "__main__":
    sys.exit(main())
