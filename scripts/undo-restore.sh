# shellcheck shell=sh
# Undo a restore that was killed, which leaves the database closed beside an unfinished one. Fail while a restore runs.
# Sourced by restore.sh, which then holds the lock, and by up.sh in a subshell, which releases it. Needs folders.sh.
if command -v flock >/dev/null; then # Not every system has it. The kernel releases the lock of a killed restore.
  exec 9>"$BOBBIN_SECRETS/.restore"
  flock -n 9 || { echo "Bobbin: a restore is running. Wait until it has finished." >&2; exit 1; }
fi
[ -n "$(docker compose ps --quiet --status running postgres)" ] ||
  docker compose up --detach --wait --wait-timeout 120 postgres
as_superuser() { docker compose exec --no-TTY postgres psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --username postgres --dbname postgres "$@" </dev/null; }

if [ -n "$(as_superuser --command "SELECT 1 FROM pg_database WHERE datname = 'bobbin_restoring'
  OR datname = 'bobbin' AND (datconnlimit = 0 OR NOT datallowconn)")" ]; then
  echo "A restore was interrupted. It changed nothing: the database is opened again, and the unfinished one is dropped."
  # With FORCE, because pg_restore can outlive the command that started it.
  as_superuser --command "SET client_min_messages = warning" --command "DROP DATABASE IF EXISTS bobbin_restoring WITH (FORCE)" \
    --command "ALTER DATABASE bobbin CONNECTION LIMIT -1 ALLOW_CONNECTIONS true"
fi
