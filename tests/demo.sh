#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the demo and compares its JSON with what must have happened (tests/demo_expected.json): who, when, in which order, with which outcome.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
began=$SECONDS
"$root/deploy/demo.sh" --json "$out/story.json"
echo "took $((SECONDS - began)) s"
/usr/bin/python3 "$root/tests/demo_compare.py" "$out/story.json" "$root/tests/demo_expected.json"
