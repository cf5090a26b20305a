#!/bin/sh
# Create the role that owns the tables, if the volume is from a release without it.
# Called by up.sh and restore.sh, after undo-restore.sh has started PostgreSQL.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh

script() { docker compose exec --no-TTY postgres psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 --username postgres --dbname bobbin "$@"; }

owner=$(script --command "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'bobbin'" </dev/null)
[ "$owner" != bobbin_owner ] || exit 0
echo "Making the role bobbin_owner the owner of the tables ..."
{
  # On standard input, because other users can read the arguments of a process.
  printf "\\\\set owner '%s'\n" "$(cat "$BOBBIN_SECRETS/postgres_owner_password")"
  echo "SELECT 'CREATE ROLE bobbin_owner LOGIN' WHERE to_regrole('bobbin_owner') IS NULL \\gexec"
  echo "ALTER ROLE bobbin_owner LOGIN PASSWORD :'owner';"
  cat deploy/postgres/initdb.d/20-rights.sql
} | script
