#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs deploy/systemd for real: a bare Debian 12 boots with systemd in a container of systemd-nspawn (its own network, processes and
# mounts), deploy/systemd/install.sh installs Curtain there, and a check inside starts the units, sends a call for help, kills, reloads and
# stops. Exit status 77: cannot run here. CURTAIN_BIN: folder of the programs (default build/release/bin).
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${CURTAIN_BIN:-$root/build/release/bin}

skip() { echo "tests/systemd.sh: skipped: $*"; exit 77; }

# within SECONDS COMMAND...: until it succeeds; nothing announces what is waited for here.
within() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.3
	done
}

incidents() { [ "$(runuser -u postgres -- psql -At -c 'select count(*) from incident' curtain)" = "$1" ]; }

started_anew() { [ "$(systemctl show -P MainPID curtain-ingest@1)" != "$1" ] && systemctl is-active -q curtain-ingest@1; }

# edge_ready asks the gateway without a program for HTTP, which a bare system does not have.
edge_ready() {
	local answer
	exec 3<> /dev/tcp/127.0.0.1/8443 || return 1
	printf 'GET /readyz HTTP/1.0\r\n\r\n' >&3
	answer=$(cat <&3)
	exec 3>&-
	grep -q '"records":true' <<< "$answer" && grep -q ' 200 ' <<< "$answer"
}

oncall_as() {
	mosquitto_sub -V 5 -h localhost -p 8883 --cafile "$CURTAIN_CA_FILE" -u "$1" -P "$(cat "/etc/curtain/access/secrets/$1")" -t curtain/oncall/t-1 -C 1 -W 5
}

# Inside, as a unit of its own after the boot; what it says goes to /report.
check() {
	set -x
	export CURTAIN_HOST=localhost CURTAIN_PORT=8883 CURTAIN_USER=desk CURTAIN_PASSWORD_FILE=/etc/curtain/access/secrets/desk CURTAIN_CA_FILE=/etc/curtain/certs/ca.crt
	local units=(curtain-records@1 curtain-dispatcher@1 curtain-detector@1 curtain-ingest@1 curtain-gateway@1) password pid
	password=$(sed 's|.*curtain:\(.*\)@.*|\1|' /etc/curtain/postgres-uri)
	runuser -u postgres -- psql -q -c "create role curtain login createrole password '$password'" -c "create database curtain owner curtain"
	systemctl is-active mosquitto
	systemctl enable --now "${units[@]}"
	curtain status --wait 60
	curtain import /srv/registry.yaml
	curtain sos h-0001
	within 30 incidents 1
	within 30 edge_ready
	[ "$(stat -c '%U %a' /etc/curtain/seal.key)" = "root 600" ]
	# What is sealed comes back by the key that install.sh made, and lies in the database as something else.
	[ "$(runuser -u postgres -- psql -At -c "select bool_and(id_number like 's1:%' and medical_notes like 's1:%') from elder" curtain)" = t ]
	curtain elder export e-0001 --json | tee /dev/stderr | grep -q '"id_number": *"000000194001010015"'
	for unit in dispatcher detector ingest gateway; do [ ! -e "/run/credentials/curtain-$unit@1.service/seal.key" ]; done
	for unit in "${units[@]}"; do
		pid=$(systemctl show -P MainPID "$unit")
		grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' "/proc/$pid/status"
		[ "$(stat -c %u "/proc/$pid")" -ge 61184 ] # DynamicUser
		grep -qE '^NoNewPrivs:.*1' "/proc/$pid/status"
		grep -qE '^CapEff:.*0000000000000000' "/proc/$pid/status"
	done
	within 20 test -s /var/lib/mosquitto/mosquitto.db # what the broker has in memory is saved
	# A reload keeps the process; a kill brings a new one.
	pid=$(systemctl show -P MainPID curtain-ingest@1)
	systemctl reload curtain-ingest@1
	[ "$(systemctl show -P MainPID curtain-ingest@1)" = "$pid" ]
	kill -KILL "$pid"
	within 30 started_anew "$pid"
	curtain status --wait 60
	# A new account, loaded by the broker's reload; the lists keep an owner that the broker can read as.
	/srv/deploy/mosquitto/access.sh add /etc/curtain/access volunteer v-9
	systemctl reload mosquitto
	within 15 oncall_as v-9
	# A refused configuration is not tried again.
	sed -i '1i nonsense: 1' /etc/curtain/ingest.yaml
	systemctl restart curtain-ingest@1 || true
	within 30 systemctl is-failed curtain-ingest@1
	[ "$(systemctl show -P ExecMainStatus curtain-ingest@1)" = 2 ]
	sed -i 1d /etc/curtain/ingest.yaml
	systemctl restart curtain-ingest@1
	local began=$SECONDS
	systemctl stop "${units[@]}"
	[ $((SECONDS - began)) -le 8 ]
	for unit in "${units[@]}"; do [ "$(systemctl show -P Result "$unit")" = success ]; done
	echo "all good"
}

if [ "${1:-}" = _check ]; then
	# Not "check ||": there set -e would not hold, and the check could not fail.
	set +e
	(set -e; check) > /report 2>&1
	result=$?
	set -e
	[ "$result" -eq 0 ] || { { journalctl --no-pager -n 60 -o cat -u 'curtain-*' -u mosquitto; ls -la /etc/curtain /etc/curtain/access; } >> /report; echo "failed" >> /report; }
	systemctl poweroff --force
	exit
fi

# shellcheck source=tests/lib/debian_root.sh
. "$root/tests/lib/debian_root.sh"
[ "$(id -u)" -eq 0 ] || skip "needs root"
for pair in debootstrap:debootstrap systemd-nspawn:systemd-container; do
	command -v "${pair%%:*}" > /dev/null || DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${pair##*:}" > /dev/null 2>&1 || skip "cannot install ${pair##*:}"
done
began=$SECONDS
work=$(mktemp -d "${TMPDIR:-/var/tmp}/curtain-systemd.XXXXXX")
trap 'rm -rf --one-file-system "$work"' EXIT
trap 'exit 130' INT TERM
inside=$work/root
debian_root "$inside"
cp -L /etc/resolv.conf "$inside/etc/resolv.conf"
printf '#!/bin/sh\nexit 101\n' > "$inside/usr/sbin/policy-rc.d"
chmod 755 "$inside/usr/sbin/policy-rc.d"
cp -r "$root/deploy" "$inside/srv/deploy"
rm -rf "$inside/srv/deploy/secrets"
chroot "$inside" sh -c '/srv/deploy/deps.sh run && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends systemd systemd-sysv dbus' > "$work/apt.log" 2>&1 \
	|| { tail -5 "$work/apt.log"; skip "packages cannot be installed"; }
rm "$inside/usr/sbin/policy-rc.d"

mkdir "$inside/srv/bin"
for program in ingest detector dispatcher records gateway curtain; do cp "$bin/$program" "$inside/srv/bin/"; done
cp "$root/tests/systemd.sh" "$inside/srv/check.sh"
cat > "$inside/srv/registry.yaml" <<'YAML'
communities: [{id: c-1, name: 测试社区}]
teams: [{id: t-1, community: c-1, captain: v-1, desk: desk, number: "10000"}]
volunteers: [{id: v-1, team: t-1, phone: "10001", day: true, night: true, order: 1}, {id: desk, team: t-1, phone: "10002", desk: true}]
households: [{id: h-0001, community: c-1, team: t-1, persons: 1}]
elders: [{id: e-0001, household: h-0001, name: 测试老人, id_number: "000000194001010015", medical_notes: 测试病史}]
consents: [{household: h-0001, quantities: [sos]}]
YAML
chroot "$inside" /usr/bin/env CURTAIN_BIN=/srv/bin /srv/deploy/systemd/install.sh curtain.example > "$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }
printf '[Unit]\nAfter=multi-user.target postgresql.service mosquitto.service\n[Service]\nType=simple\nExecStart=/bin/bash /srv/check.sh _check\n[Install]\nWantedBy=graphical.target\n' \
	> "$inside/etc/systemd/system/check.service"
chroot "$inside" systemctl -q enable check.service
echo "systemd $(chroot "$inside" dpkg-query -W -f "\${Version}" systemd), prepared in $((SECONDS - began)) s"

began=$SECONDS
timeout --kill-after=10 240 systemd-nspawn --quiet --register=no --keep-unit --private-network --console=pipe --directory "$inside" --boot > "$work/boot.log" 2>&1 < /dev/null || true
if ! tail -1 "$inside/report" 2> /dev/null | grep -qx 'all good'; then
	[ -s "$inside/report" ] || { tail -5 "$work/boot.log"; grep -q 'Reached target' "$work/boot.log" || skip "systemd does not boot in a container here"; }
	tail -80 "$inside/report"
	echo "tests/systemd.sh: FAILED"
	exit 1
fi
grep -a -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' "$inside/report" | sort | uniq -c
echo "tests/systemd.sh: all good in $((SECONDS - began)) s"
