#!/bin/sh
# Replace the database by a backup. Runs in the postgres image, in the network of the server, as superuser.
#   restore.sh FILE       a file in $BACKUPS
#   restore.sh newest
# No other client may use the database. The old one is renamed only when the new one is complete. It is kept,
# closed, as bobbin_before_restore_<time>. Users who were erased after the backup was made are erased again.
# Environment: PGHOST PGUSER PGPASSWORD_FILE BACKUPS (folder)
set -eu
BACKUPS=${BACKUPS:-/backups}

fail() {
  echo "restore: $1" >&2
  exit 1
}

name=${1:?say which: a file of $BACKUPS, or newest}
# Names begin with the time, so the last one is the newest.
[ "$name" != newest ] || name=$(find "$BACKUPS" -name 'bobbin-*.dump' -printf '%f\n' | sort | tail -n 1)
[ -f "$BACKUPS/$name" ] || fail "there is no backup $name in $BACKUPS"
(cd "$BACKUPS" && head -n 1 "$name.sha256" | sha256sum --check --status) || fail "$name is damaged, or its checksum is missing"

PGPASSWORD=$(cat "$PGPASSWORD_FILE") && export PGPASSWORD
run() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$1" --command "$2"; }
script() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$1"; }
known() { :; } # Only those of the database: this image does not contain the release.
lists() { find "$BACKUPS" -name 'bobbin-*.dump.erased' -exec cat {} +; }
load() {
  pg_restore --dbname "$1" --no-owner --no-privileges --role bobbin_owner --single-transaction --exit-on-error \
    "$BACKUPS/$name"
}

# shellcheck disable=SC2034  # used in replacing.sh
ERASE_SQL=$(dirname "$0")/erase.sql
# shellcheck disable=SC2034
RIGHTS_SQL=$(dirname "$0")/20-rights.sql
# shellcheck disable=SC1091  # checked separately
. "$(dirname "$0")/replacing.sh"

check_lists "$BACKUPS"
until pg_isready --quiet --dbname postgres; do
  echo "restore: waiting for PostgreSQL"
  sleep 2
done
close_database ": scale web and events to 0 first"
echo "restore: $name"
replace_database
echo "restore: done, $(run bobbin 'SELECT count(*) FROM messaging_message') messages"
# shellcheck disable=SC2154  # set in replacing.sh
echo "The replaced database is kept as $kept, without connections. A backup drops it after some days."
