#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Documents against the programs: docs/configuration.md is what the services say of themselves, and links between documents lead somewhere.
#   check_docs.sh BIN [--write]     BIN: folder of the programs; --write: make docs/configuration.md anew
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
bin=${1:?usage: check_docs.sh BIN [--write]}
[[ $bin = /* ]] || bin=$PWD/$bin
document=$root/docs/configuration.md

make() {
	cat <<-'TEXT'
		# Configuration

		Made from the services' own tables by `tests/contract/check_docs.sh build/dev/bin --write`; a test holds it current.

		Each service reads one YAML file (`--config FILE`; `deploy/config/` has them with what a district usually changes) and `--set KEY=VALUE`
		over it. A key `a.b` stands in the file as `b` below `a`. Durations: `250ms`, `30s`, `5m`, `12h`, `7d`; sizes: `4096`, `64KiB`, `16MiB`; times
		of day: `"07:00"`. An unknown key, a wrong type or a value out of range stops the service before it connects, with file, line, column and the
		nearest known key. `SERVICE --config FILE --check` prints what is in force; SIGHUP loads what can be changed while running, all or nothing.
		Relative paths start at the folder of the file. Passwords stand in files of their own that nobody else may read.
	TEXT
	for service in ingest detector dispatcher records gateway; do
		printf '\n## %s\n\n' "$service"
		"$bin/$service" --document
	done
}

made=$(mktemp)
trap 'rm -f "$made"' EXIT
make > "$made"
if [ "${2:-}" = --write ]; then
	cp "$made" "$document"
	"$bin/curtain" openapi > "$root/schemas/openapi.json"
	exit
fi
diff -u "$document" "$made" || { echo "docs/configuration.md is not current: tests/contract/check_docs.sh build/dev/bin --write"; exit 1; }

"$bin/curtain" openapi | diff -q "$root/schemas/openapi.json" - || { echo "schemas/openapi.json is not current: tests/contract/check_docs.sh build/dev/bin --write"; exit 1; }

# Every path in a link or in backquotes that looks like one of ours must exist.
faults=0
made_by_the_reader="^(deploy/secrets|deploy/config/profiles/shed.yaml)$"
while IFS=: read -r file path; do
	folder=$(dirname "$file")
	path=${path%%#*}
	if [ -z "$path" ] || [[ $path =~ $made_by_the_reader ]]; then continue; fi
	[ -e "$root/$folder/$path" ] || [ -e "$root/$path" ] || { echo "$file: $path does not exist"; faults=1; }
done < <(cd "$root" && git ls-files '*.md' | while read -r file; do
	grep -oE '\]\([^)]+\)' "$file" | sed -E 's/^\]\(//; s/\)$//' | grep -vE '^[a-z]+:' | sed "s|^|$file:|" || true
	# shellcheck disable=SC2016
	grep -oE '`(deploy|docs|tests|examples|schemas|services|common|tools)/[A-Za-z0-9_./-]*`' "$file" | tr -d '`' | sed "s|^|$file:|" || true
done)
exit "$faults"
