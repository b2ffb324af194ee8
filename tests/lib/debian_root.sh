# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# debian_root DIR: a minimal Debian 12 in DIR, made by debootstrap from where this system's apt gets its packages. Needs root.
# CURTAIN_DEBIAN_TAR: a file that keeps it for the next time (made if it is missing).

# The archive of the main component, not of the updates or the security fixes.
debian_root_mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT)' 'Created-By: Packages' | awk '$2 == "bookworm" && $3 == "main" { print $1; exit }'
}

debian_root() {
	local dir=$1 mirror
	mkdir -p "$dir"
	if [ -s "${CURTAIN_DEBIAN_TAR:-/dev/null}" ]; then
		tar -C "$dir" -xpf "$CURTAIN_DEBIAN_TAR"
		return
	fi
	mirror=$(debian_root_mirror)
	[ -n "$mirror" ] || { apt-get update -qq && mirror=$(debian_root_mirror); }
	debootstrap --variant=minbase bookworm "$dir" ${mirror:+"$mirror"} > "$dir.log" 2>&1 || { tail -5 "$dir.log" >&2; return 1; }
	# The same sources and proxies as here, security updates included.
	rm -f "$dir/etc/apt/sources.list"
	cp -a /etc/apt/sources.list.d "$dir/etc/apt/" 2> /dev/null || true
	[ ! -s /etc/apt/sources.list ] || cp -a /etc/apt/sources.list "$dir/etc/apt/"
	apt-config dump | grep -iE '^Acquire::https?::Proxy' > "$dir/etc/apt/apt.conf.d/90proxy" || rm -f "$dir/etc/apt/apt.conf.d/90proxy"
	rm -rf "$dir"/var/cache/apt/archives/*.deb "$dir"/var/lib/apt/lists/* "$dir.log"
	[ -z "${CURTAIN_DEBIAN_TAR:-}" ] || { tar -C "$dir" -cpf "$CURTAIN_DEBIAN_TAR.part" . && mv -f "$CURTAIN_DEBIAN_TAR.part" "$CURTAIN_DEBIAN_TAR"; }
}
