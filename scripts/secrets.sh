#!/bin/sh
# Create the missing secrets of the containers, and keep the existing ones.
# BOBBIN_SECRETS, in the shell or in .env, selects the folder.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
folder=$BOBBIN_SECRETS

random() { # Print 64 hexadecimal characters, which need no quoting.
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

keep() { # name, value. Containers read the files as unprivileged users, so only the folder is private.
  [ ! -s "$folder/$1" ] || return 0
  (umask 077 && printf '%s\n' "$2" >"$folder/$1.new")
  chmod 444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
  echo "Created $folder/$1."
}

mkdir -p "$folder"
chmod 700 "$folder"
keep secret_key "$(random)"
keep postgres_admin_password "$(random)"
keep postgres_password "$(random)"
keep postgres_owner_password "$(random)"
keep postgres_monitor_password "$(random)"
keep pgbackrest.conf "[global]
repo1-path=/archive
repo1-retention-full=2
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=$(random)
compress-type=zst
start-fast=y"
keep grafana_admin_password "$(random)"
# Empty: the password of the operator's mail server, for notifications of alerts.
[ -e "$folder/alert_smtp_password" ] || (umask 222 && : >"$folder/alert_smtp_password")

# Redis users: `bobbin` for the application, without administrative commands, and `monitor` for statistics.
if [ ! -s "$folder/redis_url" ] || [ ! -s "$folder/redis_acl" ]; then
  password=$(random)
  rm -f "$folder/redis_url" "$folder/redis_acl"
  keep redis_url "redis://bobbin:$password@redis:6379/0"
  keep redis_acl "user default off
user bobbin on >$password ~* &* +@all -@admin -@dangerous +flushdb
user monitor on nopass +ping +info +client|setname +client|list +latency|latest +latency|histogram +slowlog|len +config|get"
fi

# docker-compose.yml gives each service the checksums of its secrets, so that `make up` replaces it when one changes.
# Only the passwords of PostgreSQL have none: it reads them when its volume is empty.
mkdir -p "$folder/checksums"
for file in "$folder"/*; do
  [ -f "$file" ] || continue
  name=$(basename "$file")
  printf 'CHECKSUM_%s=%s\n' "$name" "$(sha256sum <"$file" | cut -c 1-16)" >"$folder/checksums/$name"
done
