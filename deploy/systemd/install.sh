#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs Curtain as systemd services on one Debian 12 machine, as root:
#   deploy/systemd/install.sh [--prefix-root DIR] [--account CLASS NAME]... [HOST]...
# Programs from CURTAIN_BIN (default build/release/bin) go to /usr/local/bin, settings to /etc/curtain (files that exist are kept), accounts
# and certificates to /etc/curtain/access and /etc/curtain/certs, the seal's key to /etc/curtain/seal.key, units to /etc/systemd/system.
# HOST: names of the broker for its certificate.
# It starts nothing; it prints what comes next. --prefix-root DIR: into a tree below DIR, for building an image.
set -euo pipefail
umask 022
deploy=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${CURTAIN_BIN:-$deploy/../build/release/bin}
into='' accounts=(ingest ingest-1 detector detector-1 dispatcher dispatcher-1 records records-1 gateway gateway-1 desk desk) hosts=(localhost 127.0.0.1)
while [ $# -gt 0 ]; do
	case "$1" in
	--prefix-root) into=$2; shift 2 ;;
	--account) accounts+=("$2" "$3"); shift 3 ;;
	-*) echo "install.sh: unknown option \"$1\" (--prefix-root DIR, --account CLASS NAME)" >&2; exit 2 ;;
	*) hosts+=("$1"); shift ;;
	esac
done
for program in ingest detector dispatcher records gateway curtain; do
	[ -x "$bin/$program" ] || { echo "install.sh: $bin/$program is missing; build first: cmake --preset release && cmake --build build/release" >&2; exit 1; }
	install -D -m 755 "$bin/$program" "$into/usr/local/bin/$program"
done

etc=$into/etc/curtain
mkdir -p "$etc/profiles"
(cd "$deploy/config" && find . -type f) | while read -r file; do
	[ -e "$etc/$file" ] || install -D -m 644 "$deploy/config/$file" "$etc/$file"
done
(
	umask 077
	"$bin/curtain" map --profiles "$etc/profiles" --filters > "$etc/filters.new"
	"$deploy/mosquitto/access.sh" init "$etc/access"
	"$deploy/mosquitto/access.sh" render "$etc/access" "$etc/filters.new"
	rm -f "$etc/filters.new"
	"$deploy/mosquitto/access.sh" add "$etc/access" "${accounts[@]}"
	"$deploy/mosquitto/certs.sh" "$etc/certs" "${hosts[@]}"
	[ -f "$etc/access/tokens" ] || echo "# a line a token: docs/gateway.md" > "$etc/access/tokens"
	[ -f "$etc/postgres-uri" ] || echo "postgresql://curtain:$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')@127.0.0.1/curtain" > "$etc/postgres-uri"
	"$deploy/seal_key.sh" "$etc/seal.key" /etc/curtain/seal.key
)
{
	cat "$deploy/mosquitto/mosquitto.conf"
	printf 'persistence_location /var/lib/mosquitto/\npassword_file /etc/curtain/access/passwords\nacl_file /etc/curtain/access/access.acl\n'
	printf 'listener 8883\ncertfile /etc/curtain/certs/broker.crt\nkeyfile /etc/curtain/certs/broker.key\n'
} > "$etc/mosquitto.conf"
if id mosquitto > /dev/null 2>&1; then
	# The broker reads these five and nothing else of ours; the rest stays root's, and systemd hands each service its own.
	chmod 711 "$etc/access" "$etc/certs"
	chown mosquitto: "$etc/access/passwords" "$etc/access/access.acl" "$etc/certs/broker.crt" "$etc/certs/broker.key"
fi

units=$into/etc/systemd/system
mkdir -p "$units/curtain-.service.d" "$units/mosquitto.service.d"
install -m 644 "$deploy"/systemd/*.service "$units/"
install -m 644 "$deploy"/systemd/curtain-.service.d/*.conf "$units/curtain-.service.d/"
install -m 644 "$deploy"/systemd/mosquitto.service.d/*.conf "$units/mosquitto.service.d/"

cat <<'NEXT'
install.sh: installed. Next, once:
  runuser -u postgres -- psql -c "create role curtain login createrole password '$(sed 's|.*curtain:\(.*\)@.*|\1|' /etc/curtain/postgres-uri)'" -c "create database curtain owner curtain"
  systemctl daemon-reload
  systemctl restart mosquitto
  systemctl enable --now curtain-records@1 curtain-dispatcher@1 curtain-detector@1 curtain-ingest@1
and to look at it:
  export CURTAIN_HOST=localhost CURTAIN_PORT=8883 CURTAIN_USER=desk CURTAIN_PASSWORD_FILE=/etc/curtain/access/secrets/desk CURTAIN_CA_FILE=/etc/curtain/certs/ca.crt
  curtain status
NEXT
