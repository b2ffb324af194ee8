#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Figures, always as ratios to a baseline of the same run: tests/bench.sh pipeline|sos|records [OPTIONS]  (tests/bench/run.py --help)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/deploy/deps.sh" build run test
cmake --preset release -S "$root" > /dev/null
cmake --build "$root/build/release" > /dev/null
exec /usr/bin/python3 "$root/tests/bench/run.py" "$@"
