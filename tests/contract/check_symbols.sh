#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# No function of ours has the same name in two libraries: the linker takes the first one that it meets, and a program that links both
# calls the wrong one without a word. check_symbols.sh BUILD-FOLDER
set -euo pipefail
build=${1:?usage: check_symbols.sh BUILD-FOLDER}
twice=$(find "$build" -name '*.a' -print0 | xargs -0 nm -A --defined-only 2> /dev/null \
	| awk '$2 ~ /^[TDBR]$/ { split($1, file, ":"); print $3, file[1] }' | sort -u \
	| awk '{ count[$1]++; where[$1] = where[$1] " " $2 } END { for (name in count) if (count[name] > 1) print name ":" where[name] }')
[ -z "$twice" ] || { echo "defined twice:"; echo "$twice"; exit 1; }
