#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Is the shipped population overfitted? The prior is made of every second home of a data set, the tool built with it, and the other homes played,
# both ways: tests/bench/halves.sh [FILE] [OPTION...]   FILE: water_hourly.csv.gz of DAIAD (default ../shared/data); OPTION: of curtain backtest
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
file=$(realpath "${1:-$root/../shared/data/daiad/water_hourly.csv.gz}")
shift || true
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd "$root" && git ls-files -z | xargs -0 cp --parents -t "$work")

build() { cmake -S "$work" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCURTAIN_TESTS=OFF > /dev/null && cmake --build "$work/build" --target curtain_tool > /dev/null; }
play() { "$work/build/bin/curtain" backtest --layout daiad "$file" "$@"; }

shipped=$(cat "$work/services/detector/habit_prior.c")
for fit in odd even; do
	test=$([ $fit = odd ] && echo even || echo odd)
	printf '%s\n' "$shipped" > "$work/services/detector/habit_prior.c"
	build
	play --only "$fit" --moments 0 --prior "$work/prior.c" > /dev/null
	cp "$work/prior.c" "$work/services/detector/habit_prior.c"
	build
	echo "== the population of the $fit homes, tried on the $test ones"
	for target in 1 0.25; do play --only "$test" --target $target "$@"; done
done
