#!/bin/sh
# SPDX-License-Identifier: MIT
# Makes the cluster on first start (owner curtain, password from the secret, scram only), then becomes PostgreSQL.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	rm -rf "$PGDATA.new"
	initdb --pgdata="$PGDATA.new" --username=curtain --pwfile=/run/secrets/postgres-password --auth-host=scram-sha-256 --auth-local=trust \
		--encoding=UTF8 --locale=C.UTF-8 --data-checksums > /dev/null
	echo "host all all all scram-sha-256" >> "$PGDATA.new/pg_hba.conf"
	pg_ctl --pgdata="$PGDATA.new" --wait --options="-c listen_addresses='' -c unix_socket_directories=/tmp" start > /dev/null
	createdb --host=/tmp --username=curtain curtain
	pg_ctl --pgdata="$PGDATA.new" --wait stop > /dev/null
	mv "$PGDATA.new" "$PGDATA"
fi
exec postgres -c listen_addresses='*' -c unix_socket_directories=/tmp -c shared_buffers=256MB -c max_wal_size=2GB
