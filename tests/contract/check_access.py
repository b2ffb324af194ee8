#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds deploy/mosquitto/access.table against schemas/asyncapi.yaml: each operation needs a line, each line an operation. Where a
parameter is one of a few words, each word needs its own line, and no line may say more; those of own requests are the dispatcher's."""
import itertools
import pathlib
import re
import sys

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_IN_A_DISTRICT = {"player", "tap", "health"}


def overlap(a, b):
    """Whether two filters can match the same topic."""
    if a == "@vendor" or b == "@vendor":
        return a == b
    left, right = a.split("/"), b.split("/")
    for i, (x, y) in enumerate(zip(left, right)):
        if "#" in (x, y):
            return True
        if x != y and "+" not in (x, y):
            return False
    longer = left[len(right):] or right[len(left):]
    return not longer or longer[0] == "#"


def within(a, b):
    """Whether b matches all that a does; neither has a #."""
    left, right = a.split("/"), b.split("/")
    return len(left) == len(right) and all(y in (x, "+") for x, y in zip(left, right))


def topics(channel):
    """The channel's filters: one, or one for each word that a parameter may be."""
    words = {name: parameter["enum"] for name, parameter in channel.get("parameters", {}).items() if "enum" in parameter}
    for chosen in itertools.product(*words.values()):
        address = channel["address"]
        for name, word in zip(words, chosen):
            address = address.replace("{" + name + "}", word)
        yield re.sub(r"\{[^}]+\}", "+", address), bool(words)


def own_methods():
    """Those that the dispatcher binds to their caller (services/dispatcher/api/methods.h)."""
    table = (ROOT / "services/dispatcher/api/methods.h").read_text(encoding="utf-8")
    return {"own_" + method for method in re.findall(r"\bMETHOD\((\w+), \w+, CALLER_OWN", table)}


def main():
    document = yaml.safe_load((ROOT / "schemas/asyncapi.yaml").read_text(encoding="utf-8"))
    operations, exact = set(), set()
    for name, operation in document["operations"].items():
        channel = operation["channel"]["$ref"].rsplit("/", 1)[1]
        for topic, listed in topics(document["channels"][channel]):
            one = (operation["x-class"], {"send": "write", "receive": "read"}[operation["action"]], "@vendor" if channel == "vendor" else topic)
            operations.add(one)
            if listed:
                exact.add(one)
    lines, denied = set(), set()
    for line in (ROOT / "deploy/mosquitto/access.table").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            account, verb, topic = line.split()[:3]
            if account not in NOT_IN_A_DISTRICT:
                (denied if verb == "deny" else lines).add((account, verb, topic.replace("%u", "+")))
    faults = [f"asyncapi.yaml: {c} may {v} {t}, but access.table has no such line" for c, v, t in sorted(operations)
              if not any(c == c2 and v == v2 and overlap(t, t2) for c2, v2, t2 in lines)]
    faults += [f"access.table: {c} {v} {t} has no operation in asyncapi.yaml" for c, v, t in sorted(lines)
               if not any(c == c2 and v == v2 and overlap(t, t2) for c2, v2, t2 in operations)]
    faults += [f"access.table: {c} {v} {t} says more than {t2} of asyncapi.yaml" for c, v, t in sorted(lines) for c2, v2, t2 in sorted(exact)
               if (c, v) == (c2, v2) and overlap(t, t2) and (c, v, t) not in exact]
    listed = {t.rsplit("/", 1)[1] for _, _, t in exact if "/dispatcher/own_" in t}
    if listed != own_methods():
        faults.append(f"asyncapi.yaml and services/dispatcher/api/methods.h differ in {sorted(listed ^ own_methods())}")
    ours = {t for _, _, t in operations if t.startswith("curtain/")}
    for account in sorted({c for c, v, t in lines if t == "@vendor" and v == "write"}):
        own = {t for c, _, t in operations if c == account}
        for topic in sorted(ours - own):
            if any(within(topic, wider) for wider in own):
                continue
            if not any(c == account and overlap(topic, t) for c, _, t in denied):
                faults.append(f"access.table: {account} may write vendors' topics, which may begin with wildcards; deny it {topic}")
        faults += [f"access.table: {account} is denied {t}, which it needs" for c, _, t in sorted(denied) if c == account and any(overlap(t, o) for o in own)]
    for fault in faults:
        print(fault)
    print(f"{len(operations)} operations, {len(lines)} lines, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
