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

# A table's hash of a few bytes: uthash's own is long, stands at each use, and the analyzer took half its time to walk through it.
hash='-DHASH_FUNCTION(key,length,hash)=((hash)=(unsigned)*(const char*)(key)+(unsigned)(length))'

# The analyzer's walk through tests costs more than all the rest and finds what cmocka's asserts have made impossible.
tool_tidy() {
	local tidy=(clang-tidy -p "$build" --quiet --extra-arg=-DCURTAIN_ANALYSIS --extra-arg=-Wno-implicit-fallthrough "--extra-arg=$hash") result=0 # the fall-through is uthash's
	grep -v '_test\.c$' "$work/files" | xargs -n 4 -P "$jobs" "${tidy[@]}" 2> "$work/tidy.log" || result=1
	grep '_test\.c$' "$work/files" | xargs -n 4 -P "$jobs" "${tidy[@]}" '--checks=-clang-analyzer-*' 2>> "$work/tidy.log" || result=1
	[ "$result" -eq 0 ] || grep -vE 'warnings? (generated|treated)|^(Suppressed|Use -header-filter)' "$work/tidy.log" || true
	return "$result"
}

# internalAstError, unknownEvaluationOrder: this cppcheck cannot read compound literals (WALL_NONE). The null pointers are inside uthash.
tool_cppcheck() {
	cppcheck --project="$build/compile_commands.json" --enable=warning,performance,portability --inline-suppr --std=c11 -q -j "$jobs" \
		--error-exitcode=1 \
		-D"json_array_foreach(a,i,v)=for(i=0;(v=json_array_get(a,i));i++)" -D"json_object_foreach(o,k,v)=for(k=next_key(o);(v=json_object_get(o,k));)" \
		-D"jv_array_foreach(a,i,v)=for(int i=0;i<1;i++)for(jv v=jv_array_get(a,i);jv_is_valid(v);)" \
		--suppress=internalAstError --suppress=unknownEvaluationOrder --suppress=nullPointer "--suppress=preprocessorErrorDirective:*/tests/fuzz/message.c" "--suppress=*:$build/*" --template='{file}:{line}: {id}: {message}'
}

# -Wno-analyzer-malloc-leak: uthash frees its table with the last member, which the analyzer cannot follow (nor "file is stdin or closed"); leaks are
# the address sanitizer's business.
tool_gcc() {
	grep -v '_test\.c	' "$work/commands" | cut -f 2- | sed -E 's/ -o [^ ]+ / -o \/dev\/null /; s/^/cd /
		s/\t(.*)/ \&\& \1 -DCURTAIN_ANALYSIS -fanalyzer -Wno-analyzer-malloc-leak -Wno-analyzer-file-leak -Wno-unused-value -Wno-sign-conversion/' > "$work/gcc"
	xargs -a "$work/gcc" -d '\n' -n 1 -P "$jobs" bash -c > "$work/gcc.log" 2>&1 || true
	! grep -E -A 20 'warning:|error:' "$work/gcc.log"
}

result=0
for tool in "$@"; do
	if "tool_$tool"; then echo "$tool: $(wc -l < "$work/files") files, clean"; else result=1; echo "$tool: findings above"; fi
done
exit "$result"
