#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Figures. tests/bench.sh detector [HOMES]: the detector's core, a restart of HOMES homes (100000) from the store, and false alarms and
# delays on recorded homes (../shared/data);
# tests/bench.sh restart [HOMES]: the restart alone, with memory and bytes a home;
# tests/bench.sh storm: 500 alerts in a minute through a real broker, calls for help among them (tests/sim.sh year has the life of incidents);
# tests/bench.sh anomaly [FOLDER]: the rules other than silence on recorded traces (../shared/data);
# tests/bench.sh api: mixed reads by REST (npm's autocannon);
# tests/bench.sh channels: each preset against an imitation of its vendor: sent, throttled, failed over, receipts;
# always as ratios to a baseline of the same run: tests/bench.sh pipeline|sos|records|roster|roster-public [OPTIONS]  (tests/bench/run.py --help)
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
"$root/deploy/deps.sh" build run test
cmake --preset release -S "$root" > /dev/null
cmake --build "$root/build/release" > /dev/null
if [ "${1:-}" = detector ]; then
	status=0
	"$root/build/release/bin/detector_bench" || status=1
	"$root/build/release/bin/restart_bench" "${2:-100000}" || status=1
	/usr/bin/python3 "$root/tests/bench/detection.py" "$root/build/release/bin/curtain" "$root/../shared/data/daiad/water_hourly.csv.gz" || status=1
	exit $status
fi
if [ "${1:-}" = restart ]; then
	exec "$root/build/release/bin/restart_bench" "${2:-100000}"
fi
if [ "${1:-}" = storm ]; then
	exec /usr/bin/python3 -m pytest -q -s -p no:cacheprovider "$root/tests/bench/storm.py"
fi
if [ "${1:-}" = anomaly ]; then
	exec "$root/build/release/bin/anomaly_bench" "${2:-$root/../shared/data}"
fi
case "${1:-}" in
channels) CURTAIN_BIN=$root/build/release/bin exec /usr/bin/python3 "$root/tests/bench/channels.py" ;;
roster | roster-public) exec /usr/bin/python3 "$root/tests/bench/roster.py" "$@" ;;
api) exec /usr/bin/python3 "$root/tests/bench/api.py" "$@" ;;
esac
exec /usr/bin/python3 "$root/tests/bench/run.py" "$@"
