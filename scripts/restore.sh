#!/bin/sh
# Put a backup in the place of the database: restore.sh FILE. The stack must be down (make down).
# The old database is touched only when the new one is complete; it stays as bobbin_before_restore.
set -eu
file=${1:?say which: make restore FILE=backups/bobbin-....dump}

fail() {
  echo "Bobbin: $1" >&2
  exit 1
}

[ -f "$file" ] || fail "$file is no file."
[ -f "$file.sha256" ] || fail "$file.sha256 is missing: nobody can tell whether the backup is whole."
file=$(realpath "$file")
cd "$(dirname "$0")/.."
read -r sum _ <"$file.sha256"
echo "$sum  $file" | sha256sum --check --status || fail "$file is damaged: it does not have the checksum of $file.sha256."

for service in $(docker compose --profile "*" ps --services --status running); do
  case $service in postgres | postgres-exporter | prometheus | grafana) ;;
  *) fail "the stack is in use ($service runs). Stop it first: make down" ;;
  esac
done
scripts/secrets.sh
docker compose up --detach --wait --wait-timeout 120 postgres

psql() { docker compose exec --no-TTY --env PGOPTIONS="-c client_min_messages=warning" postgres psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$@" </dev/null; }
run() { psql --username postgres --dbname postgres --command "$1"; }

# Nobody may write what would be lost with the old database. Should we fail, it is open again.
run "ALTER DATABASE bobbin ALLOW_CONNECTIONS false"
trap 'run "ALTER DATABASE bobbin ALLOW_CONNECTIONS true"' EXIT
trap 'exit 130' INT TERM HUP
run "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'bobbin' AND usename = 'bobbin_monitor'" >/dev/null
others=$(run "SELECT string_agg(DISTINCT usename || ' from ' || coalesce(host(client_addr), 'here'), ', ') FROM pg_stat_activity WHERE datname = 'bobbin' AND pid <> pg_backend_pid()")
[ -z "$others" ] || fail "the database is in use ($others)."

echo "Restoring $(basename "$file") ..."
run "DROP DATABASE IF EXISTS bobbin_restoring"
run "CREATE DATABASE bobbin_restoring OWNER bobbin TEMPLATE template0"
docker compose exec --no-TTY postgres pg_restore --username postgres --dbname bobbin_restoring \
  --no-owner --no-privileges --role bobbin --single-transaction --exit-on-error <"$file" ||
  fail "the backup could not be restored; the old database is as it was."
run "REVOKE CONNECT, TEMPORARY ON DATABASE bobbin_restoring FROM PUBLIC; GRANT CONNECT ON DATABASE bobbin_restoring TO bobbin_monitor"
psql --username postgres --dbname bobbin_restoring --command "ANALYZE"
run "DROP DATABASE IF EXISTS bobbin_before_restore"
run "BEGIN; ALTER DATABASE bobbin RENAME TO bobbin_before_restore; ALTER DATABASE bobbin_restoring RENAME TO bobbin; COMMIT"
trap - EXIT
count=$(psql --username postgres --dbname bobbin --command "SELECT count(*) FROM messaging_message")
echo "Restored: $count messages. Start with: make up"
echo "The database of before is bobbin_before_restore (no connections); the next restore replaces it."
