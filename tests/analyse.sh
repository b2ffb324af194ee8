#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Static analysis of every C file of the tree: clang-tidy (.clang-tidy), cppcheck and gcc -fanalyzer.
# analyse.sh [BUILD] [TOOL]...   BUILD: a configured and built tree (default build/dev); TOOL: tidy cppcheck gcc (default: all)
# Exit status 1 if one of them finds something.
# shellcheck disable=SC2317
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$(realpath "${1:-$root/build/dev}")
shift || true
[ $# -gt 0 ] || set -- tidy cppcheck gcc
jobs=$(nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Sources of ours that a target compiles; generated files are their generator's business.
/usr/bin/python3 - "$build/compile_commands.json" "$root" > "$work/commands" <<'PY'
import json, sys
seen = {}
for one in json.load(open(sys.argv[1], encoding="utf-8")):
    if one["file"].startswith(sys.argv[2] + "/") and "/build/" not in one["file"]:
        seen.setdefault(one["file"], one["directory"] + "\t" + one["command"])
for file in sorted(seen):
    print(file, seen[file], sep="\t")
PY
cut -f 1 "$work/commands" > "$work/files"
[ -s "$work/files" ] || { echo "analyse.sh: $build has no compile_commands.json of this tree" >&2; exit 2; }

tool_tidy() {
	xargs -a "$work/files" -n 4 -P "$jobs" clang-tidy -p "$build" --quiet --extra-arg=-DCURTAIN_ANALYSIS 2> "$work/tidy.log" && return
	grep -vE 'warnings? (generated|treated)|^(Suppressed|Use -header-filter)' "$work/tidy.log" || true
	return 1
}

# internalAstError, unknownEvaluationOrder: this cppcheck cannot read compound literals (WALL_NONE). The null pointers are inside uthash.
tool_cppcheck() {
	cppcheck --project="$build/compile_commands.json" --enable=warning,performance,portability --inline-suppr --std=c11 -q -j "$jobs" \
		--error-exitcode=1 \
		-D"json_array_foreach(a,i,v)=for(i=0;(v=json_array_get(a,i));i++)" -D"json_object_foreach(o,k,v)=for(k=next_key(o);(v=json_object_get(o,k));)" \
		-D"jv_array_foreach(a,i,v)=for(int i=0;i<1;i++)for(jv v=jv_array_get(a,i);jv_is_valid(v);)" \
		--suppress=internalAstError --suppress=unknownEvaluationOrder --suppress=nullPointer "--suppress=preprocessorErrorDirective:*/tests/fuzz/message.c" "--suppress=*:$build/*" --template='{file}:{line}: {id}: {message}'
}

# In tests a failed assert does not return, which cmocka does not tell; a NULL behind one is no finding there.
# -Wno-analyzer-malloc-leak: uthash frees its table with the last member, which the analyzer cannot follow (nor "file is stdin or closed"); leaks are
# the address sanitizer's business.
tool_gcc() {
	cut -f 2- "$work/commands" | sed -E 's/ -o [^ ]+ / -o \/dev\/null /; s/\t(.*)/ \&\& \1 -DCURTAIN_ANALYSIS -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-file-leak -Wno-unused-value -Wno-sign-conversion/; s/^/cd /;
		/_test\.c /s/$/ -Wno-analyzer-null-dereference -Wno-analyzer-possible-null-dereference -Wno-analyzer-possible-null-argument/' > "$work/gcc"
	xargs -a "$work/gcc" -d '\n' -n 1 -P "$jobs" bash -c > "$work/gcc.log" 2>&1 || true
	! grep -E -A 20 'warning:|error:' "$work/gcc.log"
}

result=0
for tool in "$@"; do
	if "tool_$tool"; then echo "$tool: $(wc -l < "$work/files") files, clean"; else result=1; echo "$tool: findings above"; fi
done
exit "$result"
