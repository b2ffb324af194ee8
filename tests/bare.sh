#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Proves the README's two commands on a bare Debian 12: a root made by debootstrap with nothing but its base packages and a clone of this
# repository, in a mount and process namespace of its own, so that nothing is left mounted or running whatever happens.
#   tests/bare.sh [--tests]     --tests: also runs tests/run.sh there
# Prints how long each took; fails when the demo needs 6 minutes or more with installation and build. Exit status 77: cannot run here.
# What is not committed is not tested. CURTAIN_DEBIAN_TAR: a file that keeps the base system between runs.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/lib/debian_root.sh
. "$root/tests/lib/debian_root.sh"
demo_limit_s=360

skip() { echo "tests/bare.sh: skipped: $*"; exit 77; }

# In the namespaces, outside the root: what a running Debian has mounted.
enter() { # enter ROOT COMMAND...
	local where=$1
	shift
	mount -t proc proc "$where/proc"
	mount --rbind /sys "$where/sys"
	mount --rbind /dev "$where/dev"
	mount -t tmpfs tmpfs "$where/run"
	exec chroot "$where" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

in_root() { # in_root COMMAND...: a shell command in the clone
	unshare --mount --pid --fork --kill-child --propagation private "$root/tests/bare.sh" _enter "$work/root" bash -c "cd /srv/curtain && $1"
}

timed() { # timed NAME LIMIT COMMAND
	local began=$SECONDS took
	in_root "$3" > "$work/log" 2>&1 || { tail -40 "$work/log"; echo "tests/bare.sh: FAILED: $1"; exit 1; }
	took=$((SECONDS - began))
	echo "$1: $took s"
	[ "$took" -lt "$2" ] || { echo "tests/bare.sh: FAILED: $1 took $took s; the limit is $2"; exit 1; }
}

if [ "${1:-}" = _enter ]; then
	shift
	enter "$@"
fi
[ "$(id -u)" -eq 0 ] || skip "needs root"
unshare --mount --pid --fork true 2> /dev/null || skip "no namespaces here"
command -v debootstrap > /dev/null || "$root/deploy/deps.sh" compose > /dev/null || skip "debootstrap cannot be installed"
work=$(mktemp -d "${TMPDIR:-/var/tmp}/curtain-bare.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM
debian_root "$work/root"
cp -L /etc/resolv.conf "$work/root/etc/resolv.conf"
git clone --quiet --no-hardlinks "$root" "$work/root/srv/curtain"
echo "bare Debian $(cat "$work/root/etc/debian_version"), $(chroot "$work/root" dpkg-query -W | wc -l) packages, commit $(git -C "$root" rev-parse --short HEAD)"
timed "deploy/demo.sh with installation and build" "$demo_limit_s" "deploy/demo.sh"
cp "$work/log" "$work/story"
timed "deploy/demo.sh again, built" 60 "deploy/demo.sh"
timed "deploy/local.sh up, status, down" 120 "deploy/local.sh up /srv/here && deploy/local.sh status /srv/here && deploy/local.sh down /srv/here"
if [ "${1:-}" = --tests ]; then
	timed "tests/run.sh" 1200 "tests/run.sh"
	tail -1 "$work/log"
fi
echo
echo "The story as it was told:"
sed 's/^/  /' "$work/story"
