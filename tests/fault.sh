#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# kill -9 at random or at named instants, under load; see tests/fault/run.py --help. Builds the release programs if they are missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/deploy/deps.sh" build run test
cmake --preset release -S "$root" > /dev/null
cmake --build "$root/build/release" > /dev/null
exec /usr/bin/python3 "$root/tests/fault/run.py" "$@"
