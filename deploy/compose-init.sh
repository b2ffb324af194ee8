#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes what docker-compose.yml mounts: broker accounts, certificates, passwords and the seal's key in deploy/secrets. What exists is kept.
#   deploy/compose-init.sh [--account CLASS NAME]... [HOST]...
# CLASS: a class of deploy/mosquitto/access.table; HOST: further names of the broker for its certificate.
# Run it as root after docker-compose build: it works inside the image, so that the host needs nothing but Docker. Run it again after a
# change of the profiles or accounts, then: docker-compose kill -s HUP mosquitto. The files belong to the containers' user (10001).
set -euo pipefail
umask 077

inside() { # in the container: /deploy is this folder, /secrets becomes deploy/secrets
	local secrets=/secrets hosts=(localhost 127.0.0.1 mosquitto) accounts=()
	for name in ingest detector dispatcher records gateway; do accounts+=("$name" "$name-1"); done
	accounts+=(desk desk health health)
	while [ $# -gt 0 ]; do
		case "$1" in
		--account) accounts+=("$2" "$3"); shift 3 ;;
		*) hosts+=("$1"); shift ;;
		esac
	done
	curtain map --profiles /deploy/config/profiles --filters > /tmp/filters
	/deploy/mosquitto/access.sh init "$secrets/access"
	/deploy/mosquitto/access.sh render "$secrets/access" /tmp/filters
	/deploy/mosquitto/access.sh add "$secrets/access" "${accounts[@]}"
	[ -f "$secrets/access/tokens" ] || echo "# a line a token: docs/gateway.md" > "$secrets/access/tokens"
	/deploy/mosquitto/certs.sh "$secrets/certs" "${hosts[@]}"
	[ -f "$secrets/postgres-password" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "$secrets/postgres-password"
	/deploy/seal_key.sh "$secrets/seal.key" deploy/secrets/seal.key
	echo "postgresql://curtain:$(cat "$secrets/postgres-password")@postgres/curtain" > "$secrets/postgres-uri"
	{
		cat /deploy/mosquitto/mosquitto.conf
		echo "persistence_location /var/lib/mosquitto/"
		echo "password_file /etc/mosquitto-access/passwords"
		echo "acl_file /etc/mosquitto-access/access.acl"
		echo "listener 8883"
		echo "certfile /run/secrets/broker.crt"
		echo "keyfile /run/secrets/broker.key"
	} > "$secrets/mosquitto.conf"
	# Options of the broker's health check: a password has no place on a command line.
	mkdir -p "$secrets/health"
	printf -- '-u health\n-P %s\n' "$(cat "$secrets/access/secrets/health")" > "$secrets/health/mosquitto_sub"
	chown -R 10001:10001 "$secrets"
}

if [ "${1:-}" = _inside ]; then
	shift
	inside "$@"
	exit
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
image=${CURTAIN_IMAGE:-curtain:latest}
docker image inspect "$image" > /dev/null 2>&1 || { echo "compose-init.sh: no image $image yet; first: docker-compose build" >&2; exit 1; }
mkdir -p "$here/secrets"
docker run --rm --network none --read-only --tmpfs /tmp --user 0:0 --cap-drop ALL --cap-add CHOWN --cap-add DAC_OVERRIDE --cap-add FOWNER \
	--security-opt no-new-privileges:true --volume "$here:/deploy:ro" --volume "$here/secrets:/secrets" "$image" /deploy/compose-init.sh _inside "$@"
echo "compose-init.sh: deploy/secrets is ready; next: docker-compose up -d"
