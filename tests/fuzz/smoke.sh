#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Lets each fuzz target run for a while from its seeds: smoke.sh [SECONDS [TARGET...]]   SECONDS: for all together (default 60)
# Prints a line a target. A crash is kept in build/fuzz/crashes; run it again with: build/dev/bin/TARGET FILE
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$root/build/fuzz
seconds=${1:-60}
shift || true
[ $# -gt 0 ] || mapfile -t targets < <(cd "$build/seeds" && ls)
[ $# -eq 0 ] || targets=("$@")
jobs=$(nproc)
each=$((seconds * jobs / ${#targets[@]}))
[ "$each" -ge 1 ] || each=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$build/crashes"

# smoke TARGET: one line on stdout, the whole log on failure.
smoke() {
	local target=$1 result=0
	mkdir -p "$work/$target"
	while IFS= read -r seed; do cp "$seed" "$work/$target/$(cksum < "$seed" | tr ' ' -)"; done < "$build/seeds/$target"
	"$build/bin/$target" -max_total_time="$each" -timeout=10 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 \
		-artifact_prefix="$build/crashes/$target-" "$work/$target" > "$work/$target.log" 2>&1 || result=$?
	local runs covered
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/$target.log")
	covered=$(grep -oE 'cov: [0-9]+' "$work/$target.log" | tail -1)
	if [ "$result" -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
		echo "ok      $target: $runs runs, $covered"
	else
		echo "FAILED  $target (exit $result)"
		tail -60 "$work/$target.log"
		touch "$work/failed"
	fi
}

export -f smoke
export work build each
printf '%s\n' "${targets[@]}" | xargs -P "$jobs" -I {} bash -c 'smoke {}'
echo "${#targets[@]} targets, $each s each"
[ ! -e "$work/failed" ]
