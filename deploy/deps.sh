#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing from Debian 12: deploy/deps.sh [build] [run] [test] [compose] [image]  (default: build run)
set -euo pipefail

build="build-essential cmake ninja-build pkg-config libjansson-dev libyaml-dev libsqlite3-dev libcurl4-openssl-dev libssl-dev
	libpq-dev libpaho-mqtt-dev libmosquitto-dev libjq-dev libonig-dev libsystemd-dev libmicrohttpd-dev zlib1g-dev libcmocka-dev uthash-dev
	coinor-libcbc-dev"
# What the built programs load, and what Dockerfile's image has beside it.
libs="libjansson4 libyaml-0-2 libsqlite3-0 libcurl4 libpq5 libpaho-mqtt1.3 libmosquitto1 libjq1 libonig5 libsystemd0 libmicrohttpd12 libssl3
	coinor-libcbc3 coinor-libclp1 zlib1g"
image="$libs ca-certificates tzdata mosquitto mosquitto-clients openssl postgresql-client"
run="$image postgresql python3 python3-paho-mqtt python3-yaml procps iproute2 util-linux"
test="git python3-pytest python3-pytest-xdist python3-psycopg2 python3-jsonschema strace shellcheck clang clang-format clang-tidy cppcheck libclang-rt-14-dev sqlite3 prometheus"
compose="docker.io docker-compose debootstrap mosquitto-clients" # what tests/compose.sh and tests/bare.sh need
tools="node:nodejs npm:npm" # commands of the tests that may come from elsewhere than Debian

wanted=
[ $# -gt 0 ] || set -- build run
for part in "$@"; do
	case "$part" in
	build) wanted="$wanted $build" ;;
	run) wanted="$wanted $run" ;;
	test) wanted="$wanted $test" ;;
	compose) wanted="$wanted $compose" ;;
	image) wanted="$wanted $image" ;;
	*) echo "deps.sh: unknown part \"$part\": build, run, test, compose or image" >&2; exit 2 ;;
	esac
done

for tool in $tools; do
	[[ $wanted != *python3-pytest* ]] || command -v "${tool%%:*}" > /dev/null || wanted="$wanted ${tool##*:}"
done

missing=
for package in $wanted; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -ne 0 ]; then
	echo "deps.sh: missing packages; run as root: apt-get install -y$missing" >&2
	exit 1
fi
echo "deps.sh: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
# Debian's packages start servers of their own on installation; ours are private, so the policy says no.
policy=/usr/sbin/policy-rc.d
made_policy=
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' > "$policy" && chmod 755 "$policy" && made_policy=1
fi
trap '[ -z "$made_policy" ] || rm -f "$policy"' EXIT
# A fresh system has no package lists; an old list may name files that are gone. A failed update is tried with what there is.
apt-get update -qq >&2 || echo "deps.sh: apt-get update failed, going on with the lists at hand" >&2
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >&2
