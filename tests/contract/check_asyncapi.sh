#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Judges schemas/asyncapi.yaml, the schemas that it names included, by @asyncapi/parser, and schemas/openapi.json by swagger-parser (both pinned in
# package-lock.json, installed under build/asyncapi).
# check_asyncapi.sh [DOCUMENT]. Exit status 77: could not be judged here (no npm, or no registry to install from).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
document=$(realpath "${1:-$root/schemas/asyncapi.yaml}")
place=$root/build/asyncapi

for command in node npm; do
	command -v "$command" > /dev/null || { echo "check_asyncapi.sh: $command is not installed"; exit 77; }
done
mkdir -p "$place"
if ! cmp -s "$here/package-lock.json" "$place/package-lock.json" || [ ! -d "$place/node_modules/@asyncapi/parser" ]; then
	rm -rf "$place/node_modules"
	cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$place/"
	if ! npm --prefix "$place" ci > "$place/npm.log" 2>&1; then
		rm -rf "$place/node_modules"
		tail -5 "$place/npm.log"
		# Only what the network refuses is a reason to skip; a lock file that does not fit is a fault of ours.
		grep -qE 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|E40[13]|E5[0-9][0-9]|UNABLE_TO_|SELF_SIGNED' "$place/npm.log" || exit 1
		echo "check_asyncapi.sh: the package registry cannot be reached"
		exit 77
	fi
fi
node "$here/openapi.cjs" "$place" "$root/schemas/openapi.json"
exec node "$here/asyncapi.cjs" "$place" "$document"
