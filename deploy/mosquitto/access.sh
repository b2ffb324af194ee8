#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the broker's accounts from access.table:
#   access.sh init DIR                     an empty account list in DIR (accounts, secrets/, passwords, access.acl)
#   access.sh add DIR CLASS NAME [CLASS NAME]...   adds accounts; each gets a random password in DIR/secrets/NAME
#   access.sh render DIR [FILTERS]         writes DIR/access.acl (again); FILTERS: a file with the profiles' topics, one a line
#   access.sh remove DIR NAME
# The broker reads passwords and access.acl again on SIGHUP.
set -euo pipefail
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
table=$here/access.table

fail() { echo "access.sh: $*" >&2; exit 2; }

# replace FILE: FILE.new becomes FILE in one step and keeps its owner, which may be the broker's.
replace() {
	[ ! -e "$1" ] || chown --reference="$1" "$1.new" 2> /dev/null || true
	mv -f "$1.new" "$1"
}

render() {
	local dir=$1 filters=${2:-$1/filters}
	[ -f "$filters" ] || : > "$filters"
	cp -f "$filters" "$dir/filters.new" && mv -f "$dir/filters.new" "$dir/filters"
	awk -v filters="$dir/filters" '
		BEGIN { while ((getline line < filters) > 0) if (line != "") vendor[++vendors] = line }
		FNR == NR { if ($0 !~ /^[ \t]*(#|$)/) { n++; class[n] = $1; verb[n] = $2; topic[n] = $3 } next }
		{
			printf "\nuser %s\n", $2
			for (i = 1; i <= n; i++) if (class[i] == $1) {
				if (topic[i] == "@vendor") for (j = 1; j <= vendors; j++) printf "topic %s %s\n", verb[i], vendor[j]
				else { t = topic[i]; gsub(/%u/, $2, t); printf "topic %s %s\n", verb[i], t }
			}
		}' "$table" "$dir/accounts" > "$dir/access.acl.new"
	replace "$dir/access.acl"
}

[ $# -ge 2 ] || fail "usage: access.sh init|add|render|remove DIR ..."
action=$1 dir=$2
shift 2
case "$action" in
init)
	mkdir -p "$dir/secrets"
	[ -f "$dir/accounts" ] || : > "$dir/accounts"
	[ -f "$dir/passwords" ] || : > "$dir/passwords"
	render "$dir"
	;;
add)
	while [ $# -ge 2 ]; do
		class=$1 name=$2
		shift 2
		grep -qE "^${class}[[:space:]]" "$table" || fail "no class \"$class\" in access.table"
		[[ $name =~ ^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$ ]] || fail "\"$name\" is no account name (letters, digits, . _ -)"
		grep -qx "$class $name" "$dir/accounts" && continue
		! grep -q " $name\$" "$dir/accounts" || fail "account \"$name\" exists with another class"
		head -c 18 /dev/urandom | base64 | tr '+/' '-_' > "$dir/secrets/$name"
		# -U hashes a whole file at once; the secret never stands on a command line.
		{ printf '%s:' "$name"; cat "$dir/secrets/$name"; } > "$dir/one"
		mosquitto_passwd -U "$dir/one"
		cat "$dir/one" >> "$dir/passwords"
		rm -f "$dir/one"
		echo "$class $name" >> "$dir/accounts"
	done
	render "$dir"
	;;
remove)
	name=${1:?NAME}
	for file in accounts passwords; do
		if [ "$file" = accounts ]; then pattern=" $name\$"; else pattern="^$name:"; fi
		grep -v "$pattern" "$dir/$file" > "$dir/$file.new" || true
		replace "$dir/$file"
	done
	rm -f "$dir/secrets/$name"
	render "$dir"
	;;
render) render "$dir" "$@" ;;
*) fail "unknown action \"$action\"" ;;
esac
