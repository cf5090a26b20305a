#!/bin/sh
# Put a backup in the place of the database, from inside the network; in the image of postgres, as its superuser.
#   restore.sh FILE       a file of $BACKUPS
#   restore.sh newest
# Nothing may use the database. The old one is touched only when the new one is complete; it stays, closed, as
# bobbin_before_restore.
# Environment: PGHOST PGUSER PGPASSWORD_FILE BACKUPS (folder)
set -eu
BACKUPS=${BACKUPS:-/backups}

fail() {
  echo "restore: $1" >&2
  exit 1
}

name=${1:?say which: a file of $BACKUPS, or newest}
# Names begin with the time.
[ "$name" != newest ] || name=$(find "$BACKUPS" -name 'bobbin-*.dump' -printf '%f\n' | sort | tail -n 1)
[ -f "$BACKUPS/$name" ] || fail "there is no backup $name in $BACKUPS"
(cd "$BACKUPS" && sha256sum --check --status "$name.sha256") || fail "$name is damaged, or its checksum is missing"

PGPASSWORD=$(cat "$PGPASSWORD_FILE") && export PGPASSWORD
run() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --dbname "$1" --command "$2"; }

until pg_isready --quiet --dbname postgres; do
  echo "restore: waiting for PostgreSQL"
  sleep 2
done
# Nobody may write what would be lost with the old database. Should we fail, it is open again.
run postgres "ALTER DATABASE bobbin ALLOW_CONNECTIONS false"
trap 'run postgres "ALTER DATABASE bobbin ALLOW_CONNECTIONS true"' EXIT
trap 'exit 130' INT TERM HUP
run postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = 'bobbin' AND usename = 'bobbin_monitor'" >/dev/null
others=$(run postgres "SELECT string_agg(DISTINCT usename || ' from ' || client_addr, ', ') FROM pg_stat_activity
  WHERE datname = 'bobbin'")
[ -z "$others" ] || fail "the database is in use ($others): scale web to 0 first"

echo "restore: $name"
run postgres "DROP DATABASE IF EXISTS bobbin_restoring"
run postgres "CREATE DATABASE bobbin_restoring OWNER bobbin TEMPLATE template0"
pg_restore --dbname bobbin_restoring --no-owner --no-privileges --role bobbin --single-transaction --exit-on-error \
  "$BACKUPS/$name" || fail "$name could not be restored; the old database is as it was"
run bobbin_restoring "REVOKE CONNECT, TEMPORARY ON DATABASE bobbin_restoring FROM PUBLIC;
  GRANT CONNECT ON DATABASE bobbin_restoring TO bobbin_monitor"
run bobbin_restoring ANALYZE
run postgres "DROP DATABASE IF EXISTS bobbin_before_restore"
run postgres "BEGIN; ALTER DATABASE bobbin RENAME TO bobbin_before_restore;
  ALTER DATABASE bobbin_restoring RENAME TO bobbin; COMMIT"
trap - EXIT
echo "restore: done, $(run bobbin 'SELECT count(*) FROM messaging_message') messages"
