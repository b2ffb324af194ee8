#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A private PostgreSQL cluster in a folder, for local.sh and the tests:
#   postgres.sh start DIR PORT   makes it on first use (data in DIR/data, database "curtain") and waits until it answers
#   postgres.sh stop DIR         stops it (fast), by process id
#   postgres.sh conninfo DIR     prints the libpq conninfo for whoever may read DIR/access
# It listens on 127.0.0.1:PORT (scram, password in DIR/access/pgpass) and on a socket in DIR/socket, a folder that only the
# server's user (and root) can enter, which is why the socket needs no password. Started by root it runs as user postgres
# or nobody. It starts again after kill -9 of the postmaster, as soon as the last of its orphans is gone.
set -euo pipefail

fail() { echo "postgres.sh: $*" >&2; exit 1; }
usage() { echo "usage: postgres.sh start DIR PORT | stop DIR | conninfo DIR" >&2; exit 2; }

programs() { # the folder of initdb, pg_ctl ...
	local newest
	newest=$(find /usr/lib/postgresql -maxdepth 1 -mindepth 1 2> /dev/null | sort -V | tail -1)
	if [ -x "$newest/bin/initdb" ]; then echo "$newest/bin"; else dirname "$(command -v initdb)" 2> /dev/null || fail "initdb is missing: apt-get install postgresql-15"; fi
}

server_user() {
	if [ "$(id -u)" -ne 0 ]; then id -un; elif id postgres > /dev/null 2>&1; then echo postgres; else echo nobody; fi
}

as_server() { # as_server COMMAND...: as the server's user, in a folder that it can enter
	if [ "$(id -u)" -eq 0 ]; then (cd / && exec setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups -- "$@"); else "$@"; fi
}

# A path of a socket may not be longer than 107 bytes; then there is none.
socket_fits() { [ "${#dir}" -le 80 ]; }

conninfo() {
	local port
	port=$(cat "$dir/access/port" 2> /dev/null) || fail "no cluster in $dir; start it with: postgres.sh start $dir PORT"
	if socket_fits; then
		echo "host=$dir/socket port=$port user=curtain dbname=curtain"
	else
		echo "host=127.0.0.1 port=$port user=curtain dbname=curtain passfile=$dir/access/pgpass"
	fi
}

make_cluster() {
	rm -rf "$dir/data.new"
	install -d -m 700 -o "$user" "$dir/data.new"
	head -c 24 /dev/urandom | base64 | tr '+/' '-_' > "$dir/access/password"
	install -m 600 -o "$user" "$dir/access/password" "$dir/data.pw"
	as_server "$bin/initdb" --pgdata="$dir/data.new" --username=curtain --pwfile="$dir/data.pw" --auth-host=scram-sha-256 --auth-local=trust \
		--encoding=UTF8 --locale=C.UTF-8 --data-checksums > "$dir/access/initdb.log" 2>&1 \
		|| { tail -5 "$dir/access/initdb.log" >&2; fail "initdb fails ($dir/access/initdb.log)"; }
	rm -f "$dir/data.pw"
	mv "$dir/data.new" "$dir/data"
}

settings() {
	local socket=''
	! socket_fits || socket=$dir/socket
	cat <<-CONF
		include 'postgresql.conf'
		listen_addresses = '127.0.0.1'
		port = $port
		unix_socket_directories = '$socket'
		unix_socket_permissions = 0700
		fsync = on
		synchronous_commit = on
		shared_buffers = 128MB
		max_wal_size = 1GB
		checkpoint_timeout = 15min
		max_connections = 50
		password_encryption = scram-sha-256
		log_min_messages = warning
		log_min_error_statement = panic # statements carry personal data
	CONF
}

lives() { # lives PID: the process lives and is PostgreSQL, not somebody who was given its number later
	[ -n "$1" ] && [ "$(cat "/proc/$1/comm" 2> /dev/null)" = postgres ] && ! grep -q '^State:.Z' "/proc/$1/status" 2> /dev/null
}

postmaster() { head -1 "$dir/data/postmaster.pid" 2> /dev/null || true; }
running() { lives "$(postmaster)"; }

answers() { "$bin/pg_isready" -q -t 1 -d "$(conninfo)"; }

launch() {
	# PostgreSQL sees itself to the file of a dead postmaster (it names the shared memory to wait for); only a number that
	# now belongs to another process of the same user would make it give up.
	local pid
	pid=$(head -1 "$dir/data/postmaster.pid" 2> /dev/null) && [ -n "$pid" ] && [ -d "/proc/$pid" ] && ! running && rm -f "$dir/data/postmaster.pid"
	as_server "$bin/pg_ctl" --pgdata="$dir/data" --log="$dir/data/server.log" --options="-c config_file=$dir/data/curtain.conf" \
		--timeout=60 --wait start > "$dir/access/start.log" 2>&1
}

start() {
	umask 077
	mkdir -p "$dir" "$dir/access"
	chmod 755 "$dir" # the server's user passes through; what is private lies in folders of its own
	install -d -m 700 -o "$user" "$dir/socket"
	as_server test -x "$dir" || fail "user $user cannot enter $dir: a folder above it is closed to others"
	[ -f "$dir/data/PG_VERSION" ] || make_cluster
	echo "$port" > "$dir/access/port"
	echo "127.0.0.1:$port:*:curtain:$(cat "$dir/access/password")" > "$dir/access/pgpass"
	settings | as_server tee "$dir/data/curtain.conf" > /dev/null
	if running && answers; then echo "postgres.sh: runs already"; return; fi
	# Orphans of a killed postmaster hold the shared memory, and a stranger may hold the port for a moment: try again.
	local deadline=$((SECONDS + 60))
	until launch && answers; do
		[ "$SECONDS" -lt "$deadline" ] || { tail -5 "$dir/access/start.log" "$dir/data/server.log" >&2; fail "PostgreSQL does not start ($dir/data/server.log)"; }
		sleep 0.2
	done
	local there
	there=$("$bin/psql" -X -w -A -t -d "$(conninfo | sed 's/dbname=curtain/dbname=postgres/')" -c "select 1 from pg_database where datname = 'curtain'") || fail "PostgreSQL does not answer"
	[ "$there" = 1 ] || "$bin/psql" -X -w -q -d "$(conninfo | sed 's/dbname=curtain/dbname=postgres/')" -c "create database curtain"
	echo "postgres.sh: ready on 127.0.0.1:$port"
}

stop() {
	[ -f "$dir/data/PG_VERSION" ] || return 0
	local pid
	pid=$(postmaster)
	lives "$pid" || return 0
	as_server "$bin/pg_ctl" --pgdata="$dir/data" --mode=fast --no-wait stop > /dev/null 2>&1 || true
	local deadline=$((SECONDS + 60))
	while lives "$pid"; do
		[ "$SECONDS" -lt "$deadline" ] || fail "PostgreSQL does not stop ($dir/data/server.log)"
		# pg_ctl waits for a file that a process killed meanwhile leaves for ever, and that one which stops removes before it is gone.
		sleep 0.05
	done
}

[ $# -ge 2 ] || usage
action=$1
[ "$action" != start ] || mkdir -p "$2"
[ -d "$2" ] || fail "$2 is no folder"
dir=$(cd "$2" && pwd)
bin=$(programs)
user=$(server_user)
case "$action" in
start) [ $# -eq 3 ] || usage; port=$3; start ;;
stop) stop ;;
conninfo) conninfo ;;
*) usage ;;
esac
