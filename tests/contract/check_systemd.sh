#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# systemd's own judgement of deploy/systemd: each unit is understood, and its exposure (0 best, 10 worst) stays low.
# Exit status 77: systemd-analyze is not here.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
exposure_max=20 # tenths
command -v systemd-analyze > /dev/null || { echo "systemd-analyze is missing"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -r "$root"/deploy/systemd/*.service "$root"/deploy/systemd/*.d "$dir/"
# The programs need not be installed for this; a unit without Exec lines of ours is Debian's (mosquitto).
sed -i -E 's|^ExecStart=/usr/local/bin/[a-z]+ |ExecStart=/bin/true |' "$dir"/*.service
printf '[Service]\nType=notify\nExecStart=/bin/true\n' > "$dir/mosquitto.service"
sed -i 's|^ExecStart=/usr/sbin/mosquitto |ExecStart=/bin/true |' "$dir/mosquitto.service.d/curtain.conf"
units=()
for unit in "$dir"/curtain-*@.service; do
	name=$(basename "${unit/@/@1}")
	cp "$unit" "$dir/$name" # an instance: verify reads templates only as one
	units+=("$dir/$name")
done
[ "${#units[@]}" -eq 5 ] || { echo "not five units: ${units[*]}"; exit 1; }
said=$(SYSTEMD_UNIT_PATH=$dir: systemd-analyze verify --man=no --recursive-errors=one "${units[@]}" "$dir/mosquitto.service" 2>&1) || { echo "$said"; exit 1; }
[ -z "$said" ] || { echo "$said"; exit 1; }
for unit in "${units[@]}"; do
	SYSTEMD_UNIT_PATH=$dir: systemd-analyze security --offline=yes --no-pager --threshold=$exposure_max "$unit" > "$dir/said" 2>&1 || { cat "$dir/said"; exit 1; }
	grep -q 'Overall exposure level' "$dir/said" || { cat "$dir/said"; exit 1; }
	echo "$(basename "$unit"): $(grep -oE 'exposure level for .*' "$dir/said" | grep -oE '[0-9.]+ [A-Z]+')"
done
