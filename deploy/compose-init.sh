#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes what docker-compose.yml mounts: broker accounts, certificates and passwords in deploy/secrets (kept if they exist).
#   deploy/compose-init.sh [--account CLASS NAME]... [HOST]...    HOST: further names of the broker for its certificate
# Run as root: the files belong to the containers' user (10001), and nobody else can read them.
set -euo pipefail
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
secrets=$here/secrets
hosts=(localhost 127.0.0.1 mosquitto)
accounts=(ingest ingest-1 detector detector-1 dispatcher dispatcher-1 records records-1 desk desk health health)
while [ $# -gt 0 ]; do
	case "$1" in
	--account) accounts+=("$2" "$3"); shift 3 ;;
	*) hosts+=("$1"); shift ;;
	esac
done
for program in mosquitto_passwd openssl; do
	command -v "$program" > /dev/null || { echo "compose-init.sh: $program is missing: apt-get install mosquitto openssl" >&2; exit 1; }
done
mkdir -p "$secrets"
"$here/mosquitto/access.sh" init "$secrets/access"
"$here/mosquitto/access.sh" render "$secrets/access" "$here/config/profiles/filters.txt"
"$here/mosquitto/access.sh" add "$secrets/access" "${accounts[@]}"
"$here/mosquitto/certs.sh" "$secrets/certs" "${hosts[@]}"
[ -f "$secrets/postgres-password" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "$secrets/postgres-password"
echo "postgresql://curtain:$(cat "$secrets/postgres-password")@postgres/curtain" > "$secrets/postgres-uri"
{
	cat "$here/mosquitto/mosquitto.conf"
	echo "persistence_location /var/lib/mosquitto/"
	echo "password_file /etc/mosquitto-access/passwords"
	echo "acl_file /etc/mosquitto-access/access.acl"
	echo "listener 8883"
	echo "certfile /run/secrets/broker.crt"
	echo "keyfile /run/secrets/broker.key"
} > "$secrets/mosquitto.conf"
[ "$(id -u)" -ne 0 ] || chown -R 10001:10001 "$secrets"
echo "compose-init.sh: deploy/secrets is ready; next: docker-compose build && docker-compose up -d"
