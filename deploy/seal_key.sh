#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the key with which records seals identity numbers and medical notes (docs/privacy.md), once, mode 0600:
#   seal_key.sh FILE [NAME]     NAME: what the operator knows FILE by, where that is another path
# A file that is there is never touched, not even an empty one: what another key sealed is lost with that key.
set -euo pipefail
umask 077
file=${1:?FILE} name=${2:-$1}
[ ! -e "$file" ] || exit 0
trap 'rm -f "$file.new"' EXIT
od -An -v -tx1 -N 32 /dev/urandom | tr -d ' \n' > "$file.new"
[ "$(wc -c < "$file.new")" -eq 64 ] || { echo "seal_key.sh: no key could be made in $file.new: is the disk full?" >&2; exit 1; }
ln "$file.new" "$file" # in one step, and not over a file that came meanwhile
cat <<TEXT
已生成加密密钥 (a new seal key): $name
  身份证号、病史等靠它读出。请立即另存一份，与数据库备份分开存放；密钥丢失，这些内容就读不出了
  (identity numbers, medical notes and what is noted at visits are read by it alone: keep a copy now, apart from the database's backups)。
  如要恢复旧备份，请先把原来的密钥放回此处 (to restore an older backup put its own key here first)。
TEXT
