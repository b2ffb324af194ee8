#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A whole system in a folder, without root's help once the packages are there:
#   local.sh up DIR [--replay] [--tls] [--no-records] [--gateway] [--bridge]   broker, PostgreSQL and the services on free loopback ports
#   on a folder that is there, --gateway and --bridge are added to what it has
#   local.sh down DIR            stops all, by process id; data stays in DIR
#   local.sh status DIR          curtain status of it; exit status 0 = healthy
#   local.sh env DIR             variables for curtain and other tools: eval "$(deploy/local.sh env DIR)"
#   local.sh account DIR CLASS NAME [CLASS NAME]...     adds broker accounts (classes: deploy/mosquitto/access.table), in force when it returns
#   local.sh stop|start|restart|kill|reload DIR NAME    one part: broker, postgres, ingest, detector, dispatcher, records, gateway
# --bridge: the gateway with webhooks and the bridge by bridge.yaml in CURTAIN_CONFIG (docs/webhooks.md).
# CURTAIN_BIN: folder of the programs (default: build/release/bin of the source tree, built if it is missing).
# CURTAIN_CONFIG: folder of the services' YAML (default: deploy/config). CURTAIN_SET_INGEST etc.: more key=value settings.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
bin=${CURTAIN_BIN:-$root/build/release/bin}
config=${CURTAIN_CONFIG:-$here/config}
services="records dispatcher detector ingest gateway"
port=0 pg_port=0 clock=system tls=0 records=1 gateway=0 bridge=0 http_port=0 # overwritten by load

fail() { echo "local.sh: $*" >&2; exit 2; }

# free_ports N: free loopback ports, one a line; below the range from which the system takes ports for outgoing connections, so that none
# of those takes them away before we listen.
free_ports() {
	python3 - "$1" <<-'PY'
		import random, socket, sys
		held = []
		while len(held) < int(sys.argv[1]):
		    s = socket.socket()
		    try:
		        s.bind(("127.0.0.1", random.randrange(15000, 32000)))
		        held.append(s)
		    except OSError:
		        s.close()
		for s in held: print(s.getsockname()[1])
	PY
}

pid_of() { [ -f "$dir/run/$1.pid" ] && cat "$dir/run/$1.pid"; }

# alive NAME: a killed process whose parent has not yet asked for its end (state Z) is not.
alive() {
	local pid
	pid=$(pid_of "$1") && [ -n "$pid" ] && kill -0 "$pid" 2> /dev/null && ! grep -q '^State:[[:space:]]*Z' "/proc/$pid/status" 2> /dev/null
}

# await SECONDS COMMAND...: until it succeeds, with a look every 50 ms; nothing here announces readiness otherwise.
await() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		[ "$SECONDS" -lt "$deadline" ] || return 1
		sleep 0.05
	done
}

gone() { ! alive "$1"; }

stop_part() { # stop_part NAME SIGNAL SECONDS
	alive "$1" || { rm -f "$dir/run/$1.pid"; return 0; }
	kill "-$2" "$(pid_of "$1")" 2> /dev/null || true
	await "$3" gone "$1" || kill -KILL -- "-$(pid_of "$1")" 2> /dev/null || true # with what it supervises
	await 5 gone "$1" || true
	rm -f "$dir/run/$1.pid"
}

broker_conf() {
	cat "$here/mosquitto/mosquitto.conf"
	echo "user $(id -un)"
	echo "persistence_location $dir/broker/"
	echo "password_file $dir/access/passwords"
	echo "acl_file $dir/access/access.acl"
	echo "pid_file $dir/run/broker.pid"
	if [ "$tls" = 1 ]; then
		printf 'listener %s 127.0.0.1\ncafile %s\ncertfile %s\nkeyfile %s\n' "$port" "$dir/certs/ca.crt" "$dir/certs/broker.crt" "$dir/certs/broker.key"
	else
		printf 'listener %s 127.0.0.1\n' "$port"
	fi
}

start_broker() {
	alive broker && return 0
	broker_conf > "$dir/etc/mosquitto.conf"
	rm -f "$dir/run/broker.pid"
	setsid "$(PATH=$PATH:/usr/sbin command -v mosquitto)" -c "$dir/etc/mosquitto.conf" >> "$dir/log/broker.log" 2>&1 < /dev/null &
	await 10 alive broker || { tail -5 "$dir/log/broker.log" >&2; fail "the broker does not start (log/broker.log)"; }
}

start_postgres() { "$here/postgres.sh" start "$dir/pg" "$pg_port" > /dev/null; }

stop_postgres() { "$here/postgres.sh" stop "$dir/pg" > /dev/null; }

settings() { # settings NAME: the --set arguments of a service, one a line
	printf '%s\n' "bus.host=127.0.0.1" "bus.port=$port" "bus.user=$1-1" "bus.password_file=$dir/access/secrets/$1-1" "data_dir=$dir/data/$1"
	[ "$tls" = 0 ] || echo "bus.ca_file=$dir/certs/ca.crt"
	[ "$clock" = system ] || [ "$1" = records ] || [ "$1" = gateway ] || echo "clock=$clock"
	[ "$1" != gateway ] || printf '%s\n' "http.port=$http_port" "http.tokens_file=$dir/access/tokens"
	[ "$1$bridge" != gateway1 ] || printf '%s\n' "bridge.file=$config/bridge.yaml" "bridge.visits=true"
	[ "$1$bridge" != dispatcher1 ] || printf '%s\n' "lanes.incident_consumers=[records,detector,gateway]" "lanes.visit_consumers=[records,detector,gateway]"
	[ "$1" != records ] || printf '%s\n' "postgres.conninfo=$("$here/postgres.sh" conninfo "$dir/pg")" "seal.key_file=$dir/access/seal.key"
	local extra="CURTAIN_SET_${1^^}"
	tr ' ' '\n' <<< "${!extra:-}" | sed '/^$/d'
}

# supervise NAME: runs a service, again after each failure (1 s later), until it stops by itself as asked.
supervise() {
	local args=(--config "$config/$1.yaml") line child
	while IFS= read -r line; do args+=(--set "$line"); done < "$dir/etc/$1.set"
	trap 'kill -TERM "$child" 2> /dev/null; wait "$child"; exit' TERM
	while :; do
		"$bin/$1" "${args[@]}" >> "$dir/log/$1.log" 2>&1 < /dev/null &
		child=$!
		echo "$child" > "$dir/run/$1.child"
		local result=0
		wait "$child" || result=$?
		[ "$result" -ne 0 ] || break
		[ "$result" -ne 2 ] || { echo "local.sh: $1 refuses its configuration" >> "$dir/log/$1.log"; break; }
		sleep 1 &
		wait $!
	done
}

start_service() {
	alive "$1" && return 0
	settings "$1" > "$dir/etc/$1.set"
	mkdir -p "$dir/data/$1"
	CURTAIN_BIN=$bin CURTAIN_CONFIG=$config setsid "$here/local.sh" _supervise "$dir" "$1" > /dev/null 2>&1 < /dev/null &
	echo $! > "$dir/run/$1.pid"
}

healthy() { "$bin/$1" --config "$config/$1.yaml" --set "data_dir=$dir/data/$1" --healthcheck > /dev/null 2>&1; }

start_part() {
	case "$1" in
	broker) start_broker ;;
	postgres) start_postgres ;;
	*) start_service "$1" ;;
	esac
}

load() {
	[ -f "$dir/etc/local.env" ] || fail "$dir is no system of local.sh; start it with: deploy/local.sh up $dir"
	# shellcheck disable=SC1091
	. "$dir/etc/local.env"
}

# admitted NAME...: the broker lets these accounts in; it reads new ones at some time after a signal.
admitted() {
	python3 - "$port" "$tls" "$dir" "$@" <<-'PY'
		import pathlib, socket, ssl, sys
		port, tls, folder, *names = sys.argv[1:]
		field = lambda text: len(text).to_bytes(2, "big") + text
		def admitted(name):
		    secret = (pathlib.Path(folder) / "access/secrets" / name).read_bytes().strip()
		    body = field(b"MQTT") + bytes([4, 0xC2, 0, 10]) + field(b"") + field(name.encode()) + field(secret)
		    with socket.create_connection(("127.0.0.1", int(port)), 5) as plain:
		        s = ssl.create_default_context(cafile=folder + "/certs/ca.crt").wrap_socket(plain, server_hostname="127.0.0.1") if tls == "1" else plain
		        s.sendall(bytes([0x10, len(body)]) + body)
		        return s.recv(4)[3:] == b"\0"
		sys.exit(not all(map(admitted, names)))
	PY
}

# add_accounts CLASS NAME...: returns when they are in force.
add_accounts() {
	local names=()
	"$here/mosquitto/access.sh" add "$dir/access" "$@"
	alive broker && kill -HUP "$(pid_of broker)" || return 0
	while [ $# -ge 2 ]; do names+=("$2") && shift 2; done
	await 20 admitted "${names[@]}" 2> /dev/null || fail "the broker does not let ${names[*]} in (log/broker.log)"
}

wanted() { # wanted NAME: this system has the service
	case "$1" in records) [ "$records" = 1 ] ;; gateway) [ "$gateway" = 1 ] ;; *) true ;; esac
}

# add_gateway: the gateway's account, and a token of the desk's with every scope in access/token.
add_gateway() {
	"$here/mosquitto/access.sh" add "$dir/access" gateway gateway-1
	[ ! -f "$dir/access/token" ] || return 0
	head -c 32 /dev/urandom | base64 -w 0 | tr '+/' '-_' | tr -d '=' > "$dir/access/token"
	echo "desk $(sha256sum < "$dir/access/token" | cut -d ' ' -f 1) desk read,write,intake,metrics,desk never 1000" > "$dir/access/tokens"
}

# add_options CLOCK TLS RECORDS GATEWAY BRIDGE: what was asked for, beside what the folder was made with: gateway and bridge may come later.
add_options() {
	load
	[ "$1$2$3" = "$clock$tls$records" ] || [ "$1$2$3" = system01 ] || fail "$dir was made without --replay, --tls or --no-records as given now; take another folder"
	[ "$4$5" != "$gateway$bridge" ] && [ "$4" = 1 ] || return 0
	[ "$5" -le "$bridge" ] || { bridge=1 && stop_part gateway TERM 10 && stop_part dispatcher TERM 10; } # they start with their new settings
	[ "$gateway" = 1 ] || stop_part broker TERM 10 # starts again with the new account; a signal would be heard at some time only
	gateway=1
	sed -i -e '/^gateway=/d' -e '/^bridge=/d' "$dir/etc/local.env"
	printf 'gateway=%s\nbridge=%s\n' "$gateway" "$bridge" >> "$dir/etc/local.env"
}

up() {
	clock=system tls=0 records=1 gateway=0 bridge=0
	for option in "$@"; do
		case "$option" in
		--replay) clock=replay ;;
		--tls) tls=1 ;;
		--no-records) records=0 ;;
		--gateway) gateway=1 ;;
		--bridge) gateway=1 bridge=1 ;;
		*) fail "unknown option \"$option\" (--replay, --tls, --no-records, --gateway, --bridge)" ;;
		esac
	done
	[ -x "$bin/ingest" ] || { "$here/deps.sh" build run && cmake --preset release -S "$root" > /dev/null && cmake --build "$root/build/release" --target programs > /dev/null; }
	umask 077
	mkdir -p "$dir"/{etc,run,log,data,broker}
	if [ ! -f "$dir/etc/local.env" ]; then
		mapfile -t ports < <(free_ports 3)
		printf 'port=%s\npg_port=%s\nhttp_port=%s\nclock=%s\ntls=%s\nrecords=%s\ngateway=%s\nbridge=%s\n' "${ports[@]}" "$clock" "$tls" "$records" "$gateway" "$bridge" > "$dir/etc/local.env"
	fi
	add_options "$clock" "$tls" "$records" "$gateway" "$bridge"
	"$bin/curtain" map --profiles "${CURTAIN_PROFILES:-$config/profiles}" --filters > "$dir/etc/filters"
	"$here/mosquitto/access.sh" init "$dir/access"
	"$here/mosquitto/access.sh" render "$dir/access" "$dir/etc/filters"
	"$here/mosquitto/access.sh" add "$dir/access" ingest ingest-1 detector detector-1 dispatcher dispatcher-1 records records-1 desk desk device gateway
	[ "$clock" = system ] || "$here/mosquitto/access.sh" add "$dir/access" player player
	[ "$gateway" = 0 ] || add_gateway
	[ "$tls" = 0 ] || "$here/mosquitto/certs.sh" "$dir/certs"
	[ "$records" = 0 ] || "$here/seal_key.sh" "$dir/access/seal.key"
	start_broker
	[ "$records" = 0 ] || start_postgres
	for name in $services; do
		wanted "$name" || continue
		start_service "$name"
	done
	for name in $services; do
		wanted "$name" || continue
		await 30 healthy "$name" || { tail -5 "$dir/log/$name.log" >&2; fail "$name does not get healthy (log/$name.log)"; }
	done
	echo "up: $dir (broker 127.0.0.1:$port); eval \"\$(deploy/local.sh env $dir)\" for the curtain command"
}

down() {
	for name in gateway ingest detector dispatcher records; do stop_part "$name" TERM 8; done
	stop_part broker TERM 10
	[ ! -d "$dir/pg" ] || stop_postgres || true
}

print_env() {
	printf 'export CURTAIN_HOST=127.0.0.1 CURTAIN_PORT=%s CURTAIN_USER=desk CURTAIN_PASSWORD_FILE=%q\n' "$port" "$dir/access/secrets/desk"
	[ "$tls" = 0 ] || printf 'export CURTAIN_CA_FILE=%q\n' "$dir/certs/ca.crt"
	[ "$gateway" = 0 ] || printf 'export CURTAIN_URL=http://127.0.0.1:%s CURTAIN_TOKEN_FILE=%q\n' "$http_port" "$dir/access/token"
	# shellcheck disable=SC2016
	printf 'export PATH=%q:$PATH\n' "$bin"
}

[ $# -ge 2 ] || fail "usage: local.sh up|down|status|env|account|stop|start|restart|kill|reload|pid DIR ..."
action=$1
mkdir -p "$2"
dir=$(cd "$2" && pwd)
shift 2
case "$action" in
up) up "$@" ;;
down) load; down ;;
env) load; print_env ;;
status)
	load
	eval "$(print_env)"
	[ "$records" = 1 ] || set -- --services ingest,detector,dispatcher "$@"
	"$bin/curtain" status "$@"
	;;
account) load; add_accounts "$@" ;;
start) load; start_part "$1" ;;
stop | restart)
	load
	case "$1" in postgres) stop_postgres ;; *) stop_part "$1" TERM 10 ;; esac
	[ "$action" = stop ] || start_part "$1"
	;;
pid) load; case "$1" in broker) pid_of broker ;; postgres) head -1 "$dir/pg/data/postmaster.pid" ;; *) cat "$dir/run/$1.child" ;; esac ;;
kill) load; kill -KILL "$("$0" pid "$dir" "$1")" ;;
reload) load; kill -HUP "$("$0" pid "$dir" "$1")" ;;
_supervise) load; supervise "$1" ;;
*) fail "unknown action \"$action\"" ;;
esac
