#!/bin/sh
# Replace the database with a backup. The stack must be stopped (make down). Usage: restore.sh FILE
# The old database stays unchanged until the new one is complete, and is kept as bobbin_before_restore_<time>.
# Accounts that were erased after the backup was made are erased again.
set -eu

fail() {
  echo "Bobbin: $1" >&2
  exit 1
}

file=${1:-}
[ -n "$file" ] || fail "say which backup: make restore FILE=backups/bobbin-....dump"
[ -f "$file" ] || fail "$file is no file."
[ -f "$file.sha256" ] || fail "$file.sha256 is missing: nobody can tell whether the backup is whole."
file=$(realpath "$file")
identity=
if head -c 21 "$file" | grep -q '^age-encryption.org/v1'; then
  [ -n "${AGE_IDENTITY:-}" ] || fail "$file is encrypted: say also AGE_IDENTITY=<the file with its private key>"
  [ -r "$AGE_IDENTITY" ] || fail "AGE_IDENTITY=$AGE_IDENTITY cannot be read."
  identity=$(realpath "$AGE_IDENTITY")
fi
cd "$(dirname "$0")/.."
read -r sum _ <"$file.sha256" || [ -n "$sum" ] || fail "$file.sha256 is empty."
echo "$sum  $file" | sha256sum --check --status || fail "$file is damaged: it does not have the checksum of $file.sha256."

scripts/check-stopped.sh
scripts/secrets.sh
scripts/build-postgres.sh
docker compose up --detach --wait --wait-timeout 120 postgres
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
# shellcheck disable=SC1091
. scripts/undo-restore.sh
scripts/roles.sh

script() { docker compose exec --no-TTY --env PGOPTIONS="-c client_min_messages=warning" postgres psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --username postgres --dbname "$@"; }
run() { script "$1" --command "$2" </dev/null; }
known() { find services/web -path '*/migrations/[0-9]*.py' | sed "s|.*/\([^/]*\)/migrations/\(.*\)\.py\$|\1$(printf '\t')\2|"; }
lists() { find "$(dirname "$file")" -maxdepth 1 -name 'bobbin-*.dump.erased' -exec cat {} +; }
content() {
  [ -n "$identity" ] || { cat "$file" && return; }
  docker compose run --rm --no-TTY --no-deps --user "$(id -u):$(id -g)" --volume "$identity:/identity:ro" --entrypoint age \
    backup --decrypt --identity /identity <"$file"
}
load() {
  content | docker compose exec --no-TTY postgres pg_restore --username postgres --dbname "$1" \
    --no-owner --no-privileges --role bobbin_owner --single-transaction --exit-on-error
}

# shellcheck disable=SC2034  # replacing.sh reads it
ERASE_SQL=deploy/postgres/erase.sql
# shellcheck disable=SC2034
RIGHTS_SQL=deploy/postgres/initdb.d/20-rights.sql
# shellcheck disable=SC1091  # checked separately
. deploy/postgres/replacing.sh

check_lists "$(dirname "$file")"
close_database .
echo "Restoring $(basename "$file") ..."
replace_database
echo "Restored: $(run bobbin "SELECT count(*) FROM messaging_message") messages. Start with: make up"
# shellcheck disable=SC2154  # replacing.sh sets it
echo "The replaced database is kept as $kept, without connections. A backup drops it after some days."
