#!/bin/sh
# Change the passwords of PostgreSQL and Redis and the SECRET_KEY of the containers, while the site serves
# (docs/decisions/0030-rotation.md). After an interruption, a second run continues where the first one stopped.
# For Kubernetes (k8s/README.md), one part at a time, on the files of BOBBIN_SECRETS alone:
#   rotate.sh prepare          create the files of each step
#   rotate.sh install STEP     replace the secrets by those of a step
#   rotate.sh statements       print the SQL of step 2
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
secrets=$BOBBIN_SECRETS
# It has a folder of files for each step that is not finished. They are complete before the first step begins.
rotation=$secrets/rotation
fail() { echo "Bobbin: $1" >&2; exit 1; }

first_line() { printf '%s\n' "$(head -n 1 "$1")"; } # The last line of a file may have no end.

prepare() {
  umask 077
  made=$secrets/rotation.new
  rm -rf "$made"
  mkdir -p "$made/1" "$made/2" "$made/3"
  BOBBIN_SECRETS=$made/new scripts/secrets.sh >/dev/null
  new=$made/new

  # Step 1: every process knows the new secrets, and uses the old ones.
  for name in postgres_password secret_key; do
    first_line "$secrets/$name" | cat - "$new/$name" >"$made/1/$name"
  done
  tail -n +2 "$secrets/secret_key" >>"$made/1/secret_key"
  old=$(sed -n 's/^user bobbin on >\([^ ]*\) .*/\1/p' "$secrets/redis_acl")
  grep -q "^redis://bobbin:[^@]*@redis:" "$secrets/redis_url" && [ -n "$old" ] ||
    fail "$secrets/redis_url is not of the service redis, so this command cannot change its password."
  while IFS= read -r line; do
    case $line in "user bobbin on "*) line="user bobbin on >$old ${line#user bobbin on }" ;; esac
    printf '%s\n' "$line"
  done <"$new/redis_acl" >"$made/1/redis_acl"

  # Step 2: every process uses the new secrets. What the old SECRET_KEY has signed stays valid.
  for name in postgres_password postgres_owner_password postgres_monitor_password postgres_admin_password redis_url; do
    mv "$new/$name" "$made/2"
  done
  first_line "$secrets/secret_key" | cat "$new/secret_key" - >"$made/2/secret_key"

  # Step 3: Redis refuses the old password.
  mv "$new/redis_acl" "$made/3"
  rm -r "$new"
  mv "$made" "$rotation"
}

install_files() { # STEP
  for file in "$rotation/$1"/*; do
    name=$(basename "$file")
    cp "$file" "$secrets/$name.new"
    chmod 444 "$secrets/$name.new"
    mv "$secrets/$name.new" "$secrets/$name"
  done
  scripts/secrets.sh
}

replace_containers() {
  scripts/renew-web.sh
  docker compose --progress quiet up --detach --no-build --wait --wait-timeout 180
}

as_superuser() {
  docker compose exec --no-TTY postgres psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
    --single-transaction --username postgres --dbname bobbin "$@"
}

statements() {
  for entry in bobbin:postgres_password bobbin_owner:postgres_owner_password \
    bobbin_monitor:postgres_monitor_password postgres:postgres_admin_password; do
    # The log of PostgreSQL would contain the password.
    printf '%s\n' "SET LOCAL log_min_error_statement = 'panic';" "SET LOCAL log_min_duration_statement = -1;"
    printf "\\\\set password '%s'\n" "$(cat "$rotation/2/${entry#*:}")"
    # Volumes of old releases do not have each role.
    echo "SELECT format('ALTER ROLE %I PASSWORD %L', rolname, :'password') FROM pg_roles WHERE rolname = '${entry%:*}' \\gexec"
  done
}

case ${1:-all} in
prepare) [ ! -d "$rotation" ] || fail "$rotation has the steps of a rotation that is not finished." ;;
install) set -- "install_files" "$2" ;;
esac
if [ "${1:-all}" != all ]; then
  "$@"
  exit
fi

in_backup() { docker compose exec --no-TTY backup sh -c "[ -e /backups/.lock ] && $1" </dev/null 2>/dev/null; }

exec 9>"$secrets/.rotate"
flock --nonblock 9 || fail "another make rotate is running."
if [ -d "$rotation" ]; then
  echo "Continuing the rotation that was interrupted ..."
else
  [ -n "$(docker compose ps --quiet --status running web)" ] || fail "web is not running. Start it first: make up"
  docker compose exec --no-TTY web grep -q NEXT_PASSWORDS config/database.py </dev/null ||
    fail "the release that runs cannot read two passwords. Run make up first."
  scripts/doctor.sh settings || fail "nothing was changed. Run make rotate again after the fix."
  (prepare)
fi
docker compose --progress quiet up --detach --no-build --wait --wait-timeout 120 postgres

if [ -d "$rotation/1" ]; then
  echo "Step 1 of 3: Redis and all processes accept the old and the new secrets ..."
  install_files 1
  replace_containers
  rm -r "$rotation/1"
fi
if [ -d "$rotation/2" ]; then
  # The container of the backup is replaced, which would end the backup.
  if in_backup '! flock --nonblock /backups/.lock true'; then
    echo "Waiting until the backup that is being made is complete ..."
    in_backup 'flock /backups/.lock true'
  fi
  echo "Step 2 of 3: PostgreSQL accepts the new passwords only, and all processes use the new secrets ..."
  statements | as_superuser
  [ -s "$rotation/changed" ] || as_superuser --command "SELECT now()" </dev/null >"$rotation/changed"
  install_files 2
  replace_containers
  rm -r "$rotation/2"
fi
echo "Step 3 of 3: Redis accepts the new password only, and older sessions of PostgreSQL end ..."
install_files 3
docker compose --progress quiet up --detach --no-build --no-deps --wait --wait-timeout 120 redis
# All containers are new, so no session of theirs is older. A session by the socket is one of the operator.
as_superuser --command "SELECT FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE client_addr IS NOT NULL AND backend_start < '$(cat "$rotation/changed")') AS ended" </dev/null >/dev/null
scripts/check-site.sh
rm -r "$rotation"
echo "The secrets in $secrets are new, and the old passwords are refused. Replace your copy of them."
