#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# All rings of tests on a bare Debian 12: installs what is missing, builds, and runs
#   lint (format, shellcheck, clang-tidy, cppcheck, gcc -fanalyzer), unit and sim under sanitizers, contract (schemas, examples, AsyncAPI, access list, payloads),
#   integration and scenario against real processes, a smoke run of the fuzz targets, and the demo's story.
# tests/run.sh [RING]...   rings: lint unit contract integration scenario demo fuzz   (default: all)
# The last line is "N passed, N failed[, N skipped]".
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
root=$PWD
passed=0 failed=0 skipped=0
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

count() { # count PASSED FAILED SKIPPED
	passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3))
}

# check NAME COMMAND...: one test; exit status 77 means skipped.
check() {
	local name=$1 result=0 began=$SECONDS
	shift
	"$@" > "$log/out" 2>&1 || result=$?
	case $result in
	0) count 1 0 0; echo "ok      $name ($((SECONDS - began)) s)" ;;
	77) count 0 0 1; echo "skipped $name: $(tail -1 "$log/out")" ;;
	*) count 0 1 0; echo "FAILED  $name (exit $result, $((SECONDS - began)) s)"; sed 's/^/        /' "$log/out" | tail -60 ;;
	esac
}

# ctests NAME BUILD-FOLDER [CTEST ARGUMENTS]: each ctest entry counts as one test.
ctests() {
	local name=$1 build=$2 began=$SECONDS ran bad missed
	shift 2
	ctest --test-dir "$build" --output-on-failure -j 3 "$@" > "$log/ctest" 2>&1
	ran=$(grep -cE '^ *[0-9]+/[0-9]+ Test .* Passed' "$log/ctest")
	missed=$(grep -cE '^ *[0-9]+/[0-9]+ Test .*\*\*\*Skipped' "$log/ctest")
	bad=$(($(grep -cE '^ *[0-9]+/[0-9]+ Test ' "$log/ctest") - ran - missed))
	[ $((ran + bad)) -gt 0 ] || bad=1
	count "$ran" "$bad" "$missed"
	echo "$([ "$bad" -eq 0 ] && echo ok || echo FAILED)      $name: $ran passed, $bad failed, $missed skipped ($((SECONDS - began)) s)"
	[ "$bad" -eq 0 ] || tail -120 "$log/ctest"
}

# pytests NAME ARGUMENT...: each pytest case counts as one test.
pytests() {
	local name=$1 began=$SECONDS last
	shift
	PYTHONDONTWRITEBYTECODE=1 CURTAIN_BIN=$root/build/dev/bin /usr/bin/python3 -m pytest -q -p no:cacheprovider -rs "$@" > "$log/pytest" 2>&1
	last=$(tail -1 "$log/pytest")
	number() { grep -oE "[0-9]+ $1" <<< "$last" | grep -oE '[0-9]+' | head -1; }
	local ran bad missed errors
	ran=$(number passed) bad=$(number failed) missed=$(number skipped) errors=$(number error)
	bad=$((${bad:-0} + ${errors:-0}))
	[ $((${ran:-0} + bad + ${missed:-0})) -gt 0 ] || bad=1
	count "${ran:-0}" "$bad" "${missed:-0}"
	echo "$([ "$bad" -eq 0 ] && echo ok || echo FAILED)      $name: ${ran:-0} passed, $bad failed, ${missed:-0} skipped ($((SECONDS - began)) s)"
	[ "$bad" -eq 0 ] || tail -80 "$log/pytest"
}

# counted NAME COMMAND...: a runner of ours that ends with "N passed, N failed".
counted() {
	local name=$1 began=$SECONDS ran bad
	shift
	"$@" > "$log/out" 2>&1
	ran=$(tail -1 "$log/out" | sed -n 's/^\([0-9]*\) passed, [0-9]* failed$/\1/p')
	bad=$(tail -1 "$log/out" | sed -n 's/^[0-9]* passed, \([0-9]*\) failed$/\1/p')
	count "${ran:-0}" "${bad:-1}" 0
	echo "$([ "${bad:-1}" -eq 0 ] && echo ok || echo FAILED)      $name: ${ran:-0} passed, ${bad:-1} failed ($((SECONDS - began)) s)"
	[ "${bad:-1}" -eq 0 ] || sed 's/^/        /' "$log/out" | tail -60
}

build() { # build PRESET [TARGET]
	if ! { cmake --preset "$1" && cmake --build "build/$1" --target "${2:-all}"; } > "$log/build" 2>&1; then
		tail -60 "$log/build"
		return 1
	fi
}

ring_lint() {
	check "shell scripts are clean" bash -c 'git ls-files "*.sh" .ci/run | xargs shellcheck'
	check "C files are formatted" bash -c 'git ls-files "*.c" "*.h" | xargs clang-format --dry-run --Werror'
	check "each source has its licence line" bash -c '! git ls-files "*.c" "*.h" "*.sh" "*.py" "*.cmake" | xargs grep -L SPDX-License-Identifier | grep .'
	ctests "static analysis" build/dev -L lint
}

ring_unit() {
	check "builds with address and undefined sanitizers" build asan
	ctests "unit, sim and scenarios in virtual time under sanitizers" build/asan -L 'unit|sim|scenario'
}

ring_contract() {
	check "schemas and examples agree with an independent validator" /usr/bin/python3 tests/contract/check_schemas.py
	check "access list and AsyncAPI agree" /usr/bin/python3 tests/contract/check_access.py
	check "AsyncAPI and OpenAPI documents are valid" tests/contract/check_asyncapi.sh
	check "Prometheus rules fire when they should" promtool test rules tests/contract/prometheus.test.yml
	check "systemd understands the units" tests/contract/check_systemd.sh
	check "no name is defined twice" tests/contract/check_symbols.sh build/dev
	check "documents are current" tests/contract/check_docs.sh build/dev/bin
	check "each payload maps as it should" /usr/bin/python3 tests/contract/check_payloads.py build/dev/bin/curtain
}

ring_integration() {
	pytests "integration" -n 3 --dist loadfile tests/integration # they wait more than they work
}

ring_scenario() {
	counted "scenarios against real processes" env CURTAIN_BIN="$root/build/dev/bin" /usr/bin/python3 -B tests/scenario/run_live.py
}

ring_demo() {
	check "the demo tells the right story" tests/demo.sh
}

ring_fuzz() {
	check "builds the fuzz targets" build fuzz fuzzers
	check "fuzz targets survive a smoke run" tests/fuzz/smoke.sh 60
}

rings=("$@")
[ $# -gt 0 ] || rings=(lint unit contract integration scenario demo fuzz)
deploy/deps.sh build run test || exit 1
check "builds without warnings" build dev
for ring in "${rings[@]}"; do "ring_$ring"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
