#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes a private CA and the broker's certificate: certs.sh DIR [HOST]...   (default hosts: localhost 127.0.0.1 mosquitto)
# Writes DIR/ca.crt, DIR/ca.key, DIR/broker.crt, DIR/broker.key. What exists is kept if it is valid for 30 days more and names every HOST;
# the CA is kept in any case (10 years), so that clients need no new one. The broker reads a new certificate on SIGHUP.
set -euo pipefail
umask 077
dir=${1:?usage: certs.sh DIR [HOST]...}
shift
[ $# -gt 0 ] || set -- localhost 127.0.0.1 mosquitto
mkdir -p "$dir"
cd "$dir"

serves() { # the certificate is good for these hosts
	[ -f broker.crt ] && openssl x509 -in broker.crt -noout -checkend $((30 * 86400)) > /dev/null || return 1
	local host
	for host in "$@"; do
		if [[ $host =~ ^[0-9.]+$ ]]; then
			openssl x509 -in broker.crt -noout -checkip "$host" | grep -q 'does match' || return 1
		else
			openssl x509 -in broker.crt -noout -checkhost "$host" | grep -q 'does match' || return 1
		fi
	done
}

serves "$@" && exit 0
if [ ! -f ca.key ]; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=Curtain private CA" \
		-addext "keyUsage=critical,keyCertSign,cRLSign" -keyout ca.key -out ca.crt 2> /dev/null
fi
names=
for host in "$@"; do
	if [[ $host =~ ^[0-9.]+$ ]]; then names="$names,IP:$host"; else names="$names,DNS:$host"; fi
done
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=curtain broker" -keyout broker.key -out broker.csr 2> /dev/null
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\n' "${names#,}" > broker.ext
openssl x509 -req -in broker.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 825 -extfile broker.ext -out broker.crt 2> /dev/null
rm -f broker.csr broker.ext
chmod 644 ca.crt broker.crt
