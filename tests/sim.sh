#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Long runs of the pure cores; nothing runs beside them.
#   walk [--steps N] [--seed S] [--seeds N]   random steps of incidents and of rosters (1,000,000 each, for 4 seeds), every promise looked at after each (docs/incident.md, docs/roster.md)
#   year [SEED [DAYS]]            a year of the district, played twice: all promises kept, the same bytes, rosters judged by tests/roster_check.py too
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$root/build/release/bin

usage() { sed -n '/^#   [a-z]/s/^#   //p' "${BASH_SOURCE[0]}" >&2; exit 2; }

build() { # build TARGET...
	"$root/deploy/deps.sh" build test
	cmake --preset release -S "$root" > /dev/null
	cmake --build "$root/build/release" --target "$@" > /dev/null
}

walk() {
	local steps=1000000 seed=1 seeds=4 result=0
	while [ $# -gt 1 ]; do
		case "$1" in
		--steps) steps=$2 ;;
		--seed) seed=$2 seeds=1 ;;
		--seeds) seeds=$2 ;;
		*) usage ;;
		esac
		shift 2
	done
	[ $# -eq 0 ] || usage
	build dispatcher_incident_walk_test dispatcher_roster_walk_test
	for core in incident roster; do
		for ((i = seed; i < seed + seeds; i++)); do
			echo -n "$core: "
			CURTAIN_STEPS=$steps CURTAIN_SEED=$i "$bin/dispatcher_${core}_walk_test" 2>&1 | grep -E ' steps, |broken|ERROR|Failure' || result=1
			[ "${PIPESTATUS[0]}" -eq 0 ] || result=1
		done
	done
	return "$result"
}

year() {
	local folder result=0
	[ $# -le 2 ] || usage
	build year
	folder=$(mktemp -d)
	"$bin/year" --seed "${1:-1}" --days "${2:-364}" --policies "$root/deploy/config/policies.yaml" --visits "$root/deploy/config/visits.yaml" \
		--checklists "$root/deploy/config/checklists.yaml" --samples "$folder" --twice || result=1
	/usr/bin/python3 "$root/tests/sim/year/judge.py" "$folder" || result=1
	rm -rf "$folder"
	return "$result"
}

[ $# -ge 1 ] || usage
command=$1
shift
case "$command" in
walk) walk "$@" ;;
year) year "$@" ;;
*) usage ;;
esac
