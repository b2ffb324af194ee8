#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""demo_compare.py STORY.json EXPECTED.json: each expected value must be there; each incident that happened must be expected."""
import json
import sys


def differences(want, got, place):
    if isinstance(want, dict):
        for key, value in want.items():
            yield from differences(value, got.get(key) if isinstance(got, dict) else None, f"{place}.{key}")
    elif isinstance(want, list):
        if not isinstance(got, list) or len(want) != len(got):
            yield f"{place}: {len(want)} expected, got {len(got) if isinstance(got, list) else got}: {json.dumps(got, ensure_ascii=False)[:600]}"
        else:
            for i, (w, g) in enumerate(zip(want, got)):
                yield from differences(w, g, f"{place}[{i}]")
    elif want != got:
        yield f"{place}: expected {want!r}, got {got!r}"


def main():
    story, expected = (json.load(open(name, encoding="utf-8")) for name in sys.argv[1:3])
    faults = list(differences(expected, story, "story"))
    print("\n".join(faults) or "the story is right")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
