#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A week of a small district in about a minute: installs what is missing, builds, starts a broker and PostgreSQL of its own on
# free loopback ports, plays real water meters, a silence, a call for help, a fall and broken devices on the replay clock, tells what
# happened, and leaves nothing running.
#   deploy/demo.sh [--json FILE] [--keep DIR]     --keep: keep the system's folder (logs, stores, database) in DIR
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
json='' keep=''
while [ $# -gt 0 ]; do
	case "$1" in
	--json) json=$(realpath "$2"); shift 2 ;;
	--keep) keep=$2; shift 2 ;;
	--help) sed -n '3,7s/^# //p' "${BASH_SOURCE[0]}"; exit 0 ;;
	*) echo "demo.sh: unknown option \"$1\" (--json FILE, --keep DIR)" >&2; exit 2 ;;
	esac
done

began=$SECONDS
"$here/deps.sh" build run
cmake --preset release -S "$root" > /dev/null
cmake --build "$root/build/release" --target programs > /dev/null
echo "窗帘之约 Curtain: built and ready ($((SECONDS - began)) s). Playing a week of a small district ..."

dir=${keep:-$(mktemp -d "${TMPDIR:-/tmp}/curtain-demo.XXXXXX")}
mkdir -p "$dir"
chmod 755 "$dir" # PostgreSQL runs as another user below it
out=${json:-$dir/story.json}
finish() {
	"$here/local.sh" down "$dir/system" > /dev/null 2>&1 || true
	[ -n "$keep" ] || rm -rf "$dir"
}
trap finish EXIT

played=$SECONDS
"$here/local.sh" up "$dir/system" --replay > "$dir/up.log" || { cat "$dir/up.log" >&2; exit 1; }
eval "$("$here/local.sh" env "$dir/system")"
curtain import "$here/demo/district.yaml" > "$dir/import.log" || { cat "$dir/import.log" >&2; exit 1; }
CURTAIN_PLAYER_PASSWORD_FILE=$dir/system/access/secrets/player "$here/demo/play.py" "$here/demo/story.yaml" --json "$out"

echo
echo "What stands in PostgreSQL:"
"$here/demo/totals.sh" "$dir/system" "$out"
echo
echo "Played in $((SECONDS - played)) s. What was refused, with its reason (curtain dead-letters):"
curtain dead-letters | cut -c1-150
