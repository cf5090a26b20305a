#!/bin/sh
# Refuse secrets that do not fit the volume of PostgreSQL, which keeps the passwords of its first start.
# Called by doctor.sh, and by up.sh with the argument `files` before secrets.sh creates missing secrets.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
# Each reader would treat the carriage return in its own way.
for file in "$BOBBIN_SECRETS"/*; do
  [ -f "$file" ] || continue
  ! grep -q "$(printf '\r')" "$file" || {
    printf '%s\n' "Bobbin: $file has line ends of Windows. Remove them: sed -i 's/\r\$//' $file" >&2
    exit 1
  }
done
project=${COMPOSE_PROJECT_NAME:-$(folder_setting COMPOSE_PROJECT_NAME bobbin)}
[ -n "$(docker volume ls --quiet --filter "name=^${project}_postgres\$")" ] || exit 0
[ -s "$BOBBIN_SECRETS/postgres_password" ] || {
  echo "Bobbin: $BOBBIN_SECRETS/postgres_password is missing or empty, but the volume of PostgreSQL has its password, and a new one" \
    "would not fit. Put the file back from your copy of the secrets. If there is none, see docs/operations.md, Secrets." >&2
  exit 1
}
[ -s "$BOBBIN_SECRETS/secret_key" ] || {
  echo "Bobbin: $BOBBIN_SECRETS/secret_key is missing or empty, and a new one would log out all members. Put the file back" \
    "from your copy of the secrets. If there is none, make a new one: openssl rand -hex 32 >$BOBBIN_SECRETS/secret_key" >&2
  exit 1
}
[ "${1:-}" != files ] || exit 0
[ -n "$(docker compose ps --quiet --status running postgres)" ] || exit 0
for entry in bobbin:postgres_password bobbin_owner:postgres_owner_password bobbin_monitor:postgres_monitor_password; do
  role=${entry%:*} file=$BOBBIN_SECRETS/${entry#*:}
  [ -s "$file" ] || continue
  # By the network, because pg_hba.conf trusts local connections.
  # shellcheck disable=SC2016  # for the shell in the container
  said=$(docker compose exec --no-TTY postgres sh -c \
    'read -r PGPASSWORD; export PGPASSWORD; psql --no-psqlrc --quiet --host postgres --username "$0" --dbname bobbin --command "SELECT 1"' \
    "$role" <"$file" 2>&1) && continue
  case $said in
    *"password authentication failed"*)
      echo "Bobbin: the password in $file is not the one of the role $role in the volume of PostgreSQL. Put the old file back," \
        "or give the role the password of the file (docs/operations.md, Secrets)." >&2
      exit 1
      ;;
  esac
done
