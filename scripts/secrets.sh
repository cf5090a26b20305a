#!/bin/sh
# Make the secrets of the containers, each once: what is there stays. BOBBIN_SECRETS=... chooses the folder.
set -eu
cd "$(dirname "$0")/.."
folder=${BOBBIN_SECRETS:-secrets}

random() { # 64 characters that need no quotes anywhere
  od -An -N32 -tx1 /dev/urandom | tr -d ' \n'
}

keep() { # name, value: containers read them as plain users, so the folder is what is closed
  [ ! -s "$folder/$1" ] || return 0
  (umask 077 && printf '%s\n' "$2" >"$folder/$1.new")
  chmod 444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
  echo "Made $folder/$1."
}

mkdir -p "$folder"
chmod 700 "$folder"
keep secret_key "$(random)"
keep postgres_admin_password "$(random)"
keep postgres_password "$(random)"
keep postgres_owner_password "$(random)"
keep postgres_monitor_password "$(random)"
keep grafana_admin_password "$(random)"

# Redis: the application, without what could take the server itself over; and one who may see how it does.
if [ ! -s "$folder/redis_url" ] || [ ! -s "$folder/redis_acl" ]; then
  password=$(random)
  rm -f "$folder/redis_url" "$folder/redis_acl"
  keep redis_url "redis://bobbin:$password@redis:6379/0"
  keep redis_acl "user default off
user bobbin on >$password ~* &* +@all -@admin -@dangerous +flushdb
user monitor on nopass +ping +info +client|setname +client|list +latency|latest +latency|histogram +slowlog|len +config|get"
fi
