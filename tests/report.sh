#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The papers of a simulated quarter: tests/report.sh [FOLDER [SEED]] fills a private district, makes the paper of each of its fortnights as a page, CSV and JSON and the sheet of
# a day into FOLDER (build/report), recomputes every figure by tests/report/figures.sql and counts differences. Where there is chromium, PDF and PNG of the last one lie beside.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/deploy/deps.sh" build run test
if [ -z "${CURTAIN_BIN:-}" ]; then
	cmake --preset dev -S "$root" > /dev/null
	cmake --build "$root/build/dev" > /dev/null
fi
exec /usr/bin/python3 "$root/tests/report/run.py" "${1:-$root/build/report}" "${2:-1}"
