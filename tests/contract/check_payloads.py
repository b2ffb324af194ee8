#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds what the shipped profiles make of payloads against what they must make of them.

check_payloads.py CURTAIN [--profiles FOLDER]

Two sets: own_payloads.jsonl beside this file (always), and the collected real payloads in ../shared/payloads with their
expectations in payloads.yaml (skipped where they are absent; exit status 77 then, if all else is well). One run of
`curtain map` takes all messages; behind each goes a marker through the native intake, so that results are told apart.
"""
import argparse
import collections
import datetime as dt
import json
import pathlib
import shlex
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "payloads"


def milliseconds(text):
    if not text:
        return None
    t = dt.datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    return (t - dt.datetime(1970, 1, 1, tzinfo=dt.timezone.utc)) // dt.timedelta(milliseconds=1)


def number(value):
    return f"{float(value):.9g}"


def wanted(text, default_device, default_at, alarms):
    """One expected result as a tuple that a real one can equal; ignore and reject compare their first words."""
    words = shlex.split(text)
    if words[0] in ("ignore", "reject"):
        return (words[0], " ".join(words[1:]))
    more = dict(w.split("=", 1) for w in words[2:])
    kind = "alarm" if words[0] in alarms and float(words[1]) > 0 else "reading"
    return (kind, more.get("device", default_device), more.get("channel", ""), words[0], number(words[1]),
            more.get("text", ""), milliseconds(more.get("at", default_at)))


def made(result):
    if result["kind"] in ("ignore", "reject"):
        return (result["kind"], result["reason"])
    return (result["kind"], result.get("device"), result.get("channel", ""), result["quantity"], number(result["value"]),
            result.get("text", ""), milliseconds(result.get("at")))


def same(expected, real):
    if expected[0] in ("ignore", "reject"):
        return real[0] == expected[0] and real[1].startswith(expected[1])
    return expected == real


def differences(expected, real):
    """What is missing and what is extra; each expected result is used once."""
    missing, extra = [], list(real)
    for e in expected:
        hit = next((r for r in extra if same(e, r)), None)
        if hit is None:
            missing.append(e)
        else:
            extra.remove(hit)
    return missing, extra


def run(curtain, profiles, messages):
    """messages: [(topic, payload bytes)] to [[result, ...]]."""
    lines = []
    for i, (topic, payload) in enumerate(messages):
        # In JSON a line end is space; a text's own ends are no part of it.
        lines.append(topic.encode() + b"\t" + payload.replace(b"\r", b" ").replace(b"\n", b" ").rstrip(b" "))
        lines.append(b'curtain/in/check/marker-%d\t[{"n":"level","v":%d}]' % (i, i))
    out = subprocess.run([curtain, "map", "--profiles", profiles], input=b"\n".join(lines) + b"\n", capture_output=True, check=False)
    if out.returncode:
        sys.exit(f"curtain map failed ({out.returncode}): {out.stderr.decode()}")
    results, current = [], []
    for line in out.stdout.decode().splitlines():
        result = json.loads(line)
        if result.get("device") == f"marker-{len(results)}":
            results.append(current)
            current = []
        else:
            current.append(result)
    if len(results) != len(messages):
        sys.exit(f"{len(messages)} messages, results of {len(results)}")
    return results


def own_cases():
    cases = []
    for n, line in enumerate((HERE / "own_payloads.jsonl").read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        case = json.loads(line)
        payload = case["payload"]
        if not isinstance(payload, str):
            payload = json.dumps(payload, ensure_ascii=False)
        cases.append((f"own_payloads.jsonl:{n} {case.get('why', '')}", case["topic"], payload.encode(), case))
    return cases


def shared_cases():
    manifest = json.loads((SHARED / "MANIFEST.json").read_text(encoding="utf-8"))
    expectations = yaml.safe_load((HERE / "payloads.yaml").read_text(encoding="utf-8"))
    cases, faults = [], []
    for entry in manifest:
        case = expectations.pop(entry["file"], None)
        if case is None:
            faults.append(f"{entry['file']}: no expectation ({entry['means']})")
            continue
        cases.append((f"{entry['file']} ({entry['means']})", case.get("topic", entry["topic"]), (SHARED / entry["file"]).read_bytes(), case))
    faults += [f"{name}: expected, but not in the manifest" for name in expectations]
    return cases, faults


def judge(curtain, profiles, cases, alarms):
    good = 0
    for (name, topic, _, case), real in zip(cases, run(curtain, profiles, [(c[1], c[2]) for c in cases])):
        expected = [wanted(w, case.get("device"), case.get("at"), alarms) for w in case["want"]]
        missing, extra = differences(expected, [made(r) for r in real])
        if not missing and not extra:
            good += 1
            continue
        print(f"{name}\n  topic {topic}")
        for m in missing:
            print("  missing", *m)
        for e in extra:
            print("  extra  ", *e)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("curtain")
    parser.add_argument("--profiles", default=str(ROOT / "deploy/config/profiles"))
    args = parser.parse_args()
    table = subprocess.run([args.curtain, "quantities", "--json"], capture_output=True, check=True).stdout
    alarms = {q["quantity"] for q in map(json.loads, table.splitlines()) if q["alarm"]}
    own = own_cases()
    own_good = judge(args.curtain, args.profiles, own, alarms)
    names = collections.Counter(c[0] for c in own)
    print(f"{own_good} of {len(own)} own payloads as expected" + (", names twice!" if max(names.values(), default=1) > 1 else ""))
    if not (SHARED / "MANIFEST.json").exists():
        print("skipped: the collected payloads (../shared/payloads) are absent")
        sys.exit(1 if own_good != len(own) else 77)
    cases, faults = shared_cases()
    good = judge(args.curtain, args.profiles, cases, alarms)
    for fault in faults:
        print(fault)
    print(f"{good} of {len(cases) + len(faults)} as expected")
    sys.exit(0 if good == len(cases) and not faults and own_good == len(own) else 1)


if __name__ == "__main__":
    main()
