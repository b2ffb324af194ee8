#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds the images and runs docker-compose.yml for real: all healthy, a reading and a call for help through to PostgreSQL, down, up
# again with the data still there, and what the containers may do. Ends with a table.
# Docker and compose come from Debian (installed if they are missing); dockerd is this test's own (folder, socket, process id, no firewall
# rules, no default bridge) and is gone afterwards. The base image is made by debootstrap. Exit status 77: Docker cannot run here.
# CURTAIN_COMPOSE_CACHE: a folder that keeps Docker's images between runs, for whoever works on this; CURTAIN_DEBIAN_TAR: a file that keeps
# the base system.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/lib/debian_root.sh
. "$root/tests/lib/debian_root.sh"
began=$SECONDS work='' daemon=''
declare -a rows=()

skip() { echo "tests/compose.sh: skipped: $*"; exit 77; }
fail() {
	echo "tests/compose.sh: FAILED: $*" >&2
	[ -z "$daemon" ] || compose logs --no-color --tail=15 2>&1 | cut -c1-220 >&2 || true
	exit 1
}
note() { rows+=("$1|$2"); echo "  $1: $2"; }
compose() { docker-compose -p curtain-test -f "$work/tree/docker-compose.yml" -f "$work/build.yml" --profile gateway "$@" 2>> "$work/compose.log"; }
ask() { compose exec -T postgres psql -X -A -t -h /tmp -U curtain -d curtain -c "$1" | tr -d '\r'; }

finish() {
	local status=$?
	trap - EXIT INT TERM
	if [ -n "$daemon" ]; then
		compose down -v --timeout 20 > /dev/null || true
		kill -TERM "$daemon" 2> /dev/null || true
		wait "$daemon" 2> /dev/null || true
	fi
	if [ -n "$work" ]; then
		# What a killed daemon leaves mounted, deepest first.
		awk -v work="$work/" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mounted; do umount -l "$mounted" || true; done
		[ "$status" -eq 0 ] || for name in dockerd compose; do cp -f "$work/$name.log" "${TMPDIR:-/tmp}/curtain-compose-$name.log" 2> /dev/null || true; done
		rm -rf "$work"
	fi
	exit "$status"
}

install_docker() {
	local missing=''
	for pair in dockerd:docker.io docker-compose:docker-compose debootstrap:debootstrap mosquitto_pub:mosquitto-clients; do
		command -v "${pair%%:*}" > /dev/null || missing="$missing ${pair##*:}"
	done
	[ -n "$missing" ] || return 0
	"$root/deploy/deps.sh" compose > /dev/null || skip "cannot install$missing"
}

start_docker() {
	export DOCKER_HOST=unix://$work/docker.sock
	# No bridge and no rules of its own: nothing on this machine's network is touched. Published ports go through docker-proxy,
	# and images are built on the host's network.
	dockerd --data-root "${CURTAIN_COMPOSE_CACHE:-$work/docker}" --exec-root "$work/exec" --pidfile "$work/docker.pid" --host "$DOCKER_HOST" --bridge none \
		--iptables=false --ip6tables=false --ip-forward=false --default-address-pool base=172.30.0.0/16,size=24 > "$work/dockerd.log" 2>&1 &
	daemon=$!
	local deadline=$((SECONDS + 60))
	until docker info > "$work/info" 2> /dev/null; do
		kill -0 "$daemon" 2> /dev/null || { daemon=''; skip "dockerd does not start: $(grep -oE 'msg=.*' "$work/dockerd.log" | tail -1)"; }
		[ "$SECONDS" -lt "$deadline" ] || skip "dockerd does not answer"
		sleep 0.2 # it has no other way to say that it listens
	done
	note "docker" "$(docker version --format '{{.Server.Version}}'), $(awk '/Storage Driver/ { print $3 }' "$work/info"), compose $(docker-compose version --short)"
}

make_tree() { # the sources as a clone has them; deploy/secrets of this folder stays out of it
	mkdir -p "$work/tree"
	(cd "$root" && git ls-files -co --exclude-standard -z | tar --null --ignore-failed-read -T - -c) | tar -C "$work/tree" -x
	printf 'version: "3.8"\nservices:\n  mosquitto: {build: {network: host}}\n  postgres: {build: {network: host}}\n' > "$work/build.yml"
}

build_images() {
	local began=$SECONDS
	if ! docker image inspect curtain-test-base > /dev/null 2>&1; then
		debian_root "$work/base"
		tar -C "$work/base" -c . | docker import - curtain-test-base > /dev/null
		rm -rf "$work/base"
	fi
	note "base image" "$(size_of curtain-test-base) in $((SECONDS - began)) s"
	began=$SECONDS
	docker run --rm --network none curtain-test-base true 2> "$work/run.log" || skip "containers cannot run: $(tail -1 "$work/run.log")"
	export CURTAIN_IMAGE_BASE=curtain-test-base
	compose build > "$work/image.log" || { tail -30 "$work/image.log" >&2; fail "images do not build"; }
	note "images built" "curtain $(size_of curtain:latest), curtain-postgres $(size_of curtain-postgres:latest) in $((SECONDS - began)) s"
}

size_of() { docker image inspect --format '{{.Size}}' "$1" | awk '{ printf "%d MB", $1 / 1000000 }'; }

containers() { compose ps -q; }

all_healthy() {
	local states
	states=$(containers | xargs docker inspect --format '{{.State.Health.Status}}')
	[ "$(wc -l <<< "$states")" -eq 7 ] && ! grep -qv '^healthy$' <<< "$states"
}

bring_up() { # bring_up NAME
	local began=$SECONDS deadline=$((SECONDS + 180))
	compose up -d > /dev/null || { tail -5 "$work/compose.log" >&2; fail "up -d"; }
	until all_healthy; do
		[ "$SECONDS" -lt "$deadline" ] || fail "not healthy within 180 s: $(containers | xargs docker inspect --format '{{.Name}}={{.State.Health.Status}}' | tr '\n' ' ')"
		sleep 0.5 # health checks run every 5 s; Docker announces nothing that a script could wait for more simply
	done
	note "$1" "7 of 7 healthy after $((SECONDS - began)) s"
}

await_sql() { # await_sql QUERY WANTED WHAT
	local deadline=$((SECONDS + 60)) got=''
	until got=$(ask "$1") && [ "$got" = "$2" ]; do
		[ "$SECONDS" -lt "$deadline" ] || fail "$3: wanted $2, got \"$got\""
		sleep 0.3 # a look at the database; nothing announces a row
	done
}

registry() {
	cat <<-'YAML'
		communities: [{id: c-1, name: 测试社区}]
		teams: [{id: t-1, community: c-1, captain: captain-1, desk: desk, number: "10000"}]
		volunteers:
		  - {id: v-1, team: t-1, phone: "10001", day: true, night: true, order: 1}
		  - {id: captain-1, team: t-1, phone: "10002"}
		  - {id: desk, team: t-1, phone: "10003", desk: true}
		households: [{id: h-0001, community: c-1, team: t-1, persons: 1}, {id: h-0002, community: c-1, team: t-1, persons: 1}]
		consents: [{household: h-0001, quantities: [water_total, sos, call]}, {household: h-0002, quantities: [water_total, sos, call]}]
		elders: [{id: e-0001, household: h-0001, name: 测试老人, id_number: "000000194001010015", medical_notes: 测试病史}]
		devices: [{id: water-0001, household: h-0001, place: kitchen}, {id: sos-0002, household: h-0002, place: bed}]
	YAML
}

publish() { # publish DEVICE QUANTITY VALUE UNIT: one SenML record from outside, through the published port
	# The account's options stand in a file: a password has no place on a command line.
	XDG_CONFIG_HOME=$work/client mosquitto_pub -V 5 -h localhost -p "$CURTAIN_BROKER_PORT" --cafile "$work/ca.crt" -q 1 -t "curtain/in/gateway/$1" \
		-m "[{\"n\":\"$2\",\"u\":\"$4\",\"v\":$3,\"t\":$(date +%s)}]" || fail "publish over TLS"
}

first_run() {
	registry > "$work/registry.yaml"
	chmod 644 "$work/registry.yaml"
	compose run --rm -T -v "$work/registry.yaml:/registry.yaml:ro" curtain import /registry.yaml > "$work/import.log" || fail "curtain import: $(tail -3 "$work/import.log")"
	await_sql "select count(*) from household" 2 "the registry"
	local began=$SECONDS
	publish water-0001 water_total 12.345 m3
	compose run --rm -T curtain sos h-0001 > "$work/sos.log" || fail "curtain sos: $(tail -3 "$work/sos.log")"
	await_sql "select count(*) from incident where household = 'h-0001' and kind in ('sos', 'call')" 1 "the incident of a call for help"
	await_sql "select count(*) from reading where device = 'water-0001'" 1 "the reading"
	publish sos-0002 sos 1 ""
	await_sql "select count(*) from incident where household = 'h-0002'" 1 "the incident of a device's button"
	sealed_field
	note "import, reading, two calls" "in PostgreSQL within $((SECONDS - began)) s"
	compose run --rm -T curtain status > "$work/status.log" || fail "curtain status: $(cat "$work/status.log")"
}

# over_https PATH: what the gateway answers on its published port, by the certificate that compose-init.sh made.
over_https() {
	/usr/bin/python3 - "https://localhost:$CURTAIN_GATEWAY_PORT$1" "$work/ca.crt" "$work/client/token" <<-'PY'
		import ssl, sys, urllib.request
		url, ca, token = sys.argv[1:]
		request = urllib.request.Request(url, headers={"Authorization": "Bearer " + open(token).read().strip()})
		print(urllib.request.urlopen(request, context=ssl.create_default_context(cafile=ca), timeout=30).read().decode())
	PY
}

# sealed_field: what is sealed comes back by the key, and lies in the database as something else; the key is the first one still.
sealed_field() {
	[ "$(ask "select bool_and(id_number like 's1:%' and medical_notes like 's1:%') from elder")" = t ] || fail "identity number and medical notes are not sealed in PostgreSQL"
	compose run --rm -T curtain elder export e-0001 --json > "$work/elder.log" || fail "curtain elder export: $(tail -3 "$work/compose.log")"
	grep -q '"id_number": *"000000194001010015".*测试病史' "$work/elder.log" || fail "what was sealed does not come back"
	[ "$(sha256sum < "$work/tree/deploy/secrets/seal.key")" = "$seal_key" ] || fail "the seal's key has changed"
}

edge() {
	over_https /v1/households/h-0001/timeline > "$work/edge.log" 2>&1 || fail "the gateway: $(tail -1 "$work/edge.log")"
	grep -q '"known": *true' "$work/edge.log" || fail "the gateway does not know the household: $(cut -c1-200 "$work/edge.log")"
	over_https /metrics > "$work/metrics.log" 2>&1 || fail "the gateway's metrics: $(tail -1 "$work/metrics.log")"
	grep -q '^curtain_up{service="records"' "$work/metrics.log" || fail "the gateway has no metrics of records"
	note "gateway" "HTTPS with our certificate, metrics"
}

# The command of docs/operations.md, restored into an empty database of the same server and compared.
drill() {
	local dump=/var/lib/curtain/curtain.dump
	compose exec -T records curtain backup "$dump" --uri-file /run/secrets/postgres-uri --stamp /var/lib/curtain/backup.stamp > "$work/backup.log" || fail "curtain backup: $(tail -n 3 "$work/compose.log")"
	compose exec -T postgres createdb -h /tmp -U curtain drill > "$work/drill.log" || fail "createdb: $(tail -3 "$work/compose.log")"
	# The password stays in the container: its URI with the other database's name.
	compose exec -T records sh -c "umask 077; sed 's|/curtain\$|/drill|' /run/secrets/postgres-uri > /var/lib/curtain/drill-uri && curtain restore $dump --uri-file /var/lib/curtain/drill-uri --verify" \
		> "$work/restore.log" || fail "curtain restore: $(tail -n 3 "$work/compose.log")"
	note "backup and restore" "in the image: $(tail -1 "$work/restore.log" | tr -d '\r')"
}

second_run() {
	[ "$(ask "select count(*) from incident")" = 2 ] || fail "incidents are gone after down and up"
	[ "$(ask "select count(*) from reading where device = 'water-0001'")" = 1 ] || fail "the reading is gone after down and up"
	publish water-0001 water_total 12.545 m3
	await_sql "select count(*) from reading where device = 'water-0001'" 2 "a reading after down and up"
	compose run --rm -T curtain timeline h-0001 > "$work/timeline.log" || fail "curtain timeline: $(tail -3 "$work/timeline.log")"
	sealed_field
	note "after down and up" "2 incidents, 1 reading, a sealed field still there; a new reading and a timeline"
}

# What each container may do, asked of its first process and of Docker.
hardened() {
	local id name status settings
	for id in $(containers); do
		name=$(docker inspect --format '{{index .Config.Labels "com.docker.compose.service"}}' "$id")
		status=$(docker exec "$id" cat /proc/1/status)
		settings=$(docker inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.Privileged}}' "$id")
		grep -qE '^Uid:[[:space:]]+10001[[:space:]]+10001' <<< "$status" || fail "$name runs as another user: $(grep Uid <<< "$status")"
		grep -qE '^NoNewPrivs:[[:space:]]+1' <<< "$status" || fail "$name may gain privileges"
		grep -qE '^CapEff:[[:space:]]+0+$' <<< "$status" || fail "$name has capabilities"
		[ "$settings" = "true [ALL] false" ] || fail "$name: $settings"
		! docker exec "$id" sh -c ': > /usr/bin/curtain-test' 2> /dev/null || fail "$name can write its root"
		[ "$name" = records ] || ! docker exec "$id" ls /run/secrets | grep -q 'seal.key' || fail "$name sees the seal's key"
		note "$name" "uid 10001, root read-only, no capabilities, no new privileges"
	done
	[ "$(docker inspect --format '{{range $k, $v := .NetworkSettings.Networks}}{{$k}} {{end}}' "$(compose ps -q postgres)")" = "curtain-test_database " ] \
		|| fail "PostgreSQL is on more than its own network"
}

[ "$(id -u)" -eq 0 ] || skip "needs root"
trap finish EXIT
trap 'exit 130' INT TERM
install_docker
work=$(mktemp -d "${TMPDIR:-/var/tmp}/curtain-compose.XXXXXX")
start_docker
make_tree
build_images
CURTAIN_BROKER_PORT=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
CURTAIN_GATEWAY_PORT=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export CURTAIN_BROKER_PORT CURTAIN_GATEWAY_PORT
"$work/tree/deploy/compose-init.sh" --account device gateway > "$work/init.log" 2>&1 || fail "compose-init.sh: $(tail -3 "$work/init.log")"
grep -q 'seal key): deploy/secrets/seal.key' "$work/init.log" || fail "compose-init.sh does not say where the seal's key lies"
[ "$(stat -c '%u %a' "$work/tree/deploy/secrets/seal.key")" = "10001 600" ] || fail "the seal's key: $(stat -c '%u %a' "$work/tree/deploy/secrets/seal.key")"
seal_key=$(sha256sum < "$work/tree/deploy/secrets/seal.key")
"$work/tree/deploy/compose-init.sh" >> "$work/init.log" 2>&1 || fail "compose-init.sh a second time: $(tail -3 "$work/init.log")"
cp "$work/tree/deploy/secrets/certs/ca.crt" "$work/ca.crt"
install -d -m 700 "$work/client"
(umask 077 && printf -- '-u gateway\n-P %s\n' "$(cat "$work/tree/deploy/secrets/access/secrets/gateway")" > "$work/client/mosquitto_pub")
(umask 077 && head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=' > "$work/client/token")
echo "drill $(sha256sum < "$work/client/token" | cut -d ' ' -f 1) desk read,metrics,desk never 100" >> "$work/tree/deploy/secrets/access/tokens"
bring_up "up"
first_run
edge
drill
hardened
compose down --timeout 30 > /dev/null || fail "down"
bring_up "up again"
second_run
echo
printf '%s\n' "${rows[@]}" | awk -F '|' '{ printf "| %-28s | %-70s |\n", $1, $2 }'
echo "tests/compose.sh: all good in $((SECONDS - began)) s"
