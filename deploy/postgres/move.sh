#!/bin/sh
# Dump a database and restore it into a new one with the locale that Bobbin needs
# (docs/decisions/0018-database-locale.md). The new database gets the name of the old one.
#   move.sh DATABASE      connects with PGHOST, PGPORT, PGUSER and PGPASSWORD
# The role must own the database and have CREATEDB, or be a superuser. No other client may use the database.
# The old database is kept as DATABASE_before_move_<time> and allows no connections.
set -eu
name=${1:?say which database}
new=${name}_moving

fail() {
  echo "move: $1" >&2
  exit 1
}
# Through standard input, because psql does not substitute variables in --command.
sql() { # DATABASE STATEMENTS
  printf '%s\n' "$2" | psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 \
    --set name="$name" --set new="$new" --dbname "$1"
}

# PostgreSQL truncates names to 63 bytes. ${name}_moving would then be the old database, which is dropped below.
[ "$(printf %s "$name" | wc -c)" -le 36 ] || fail "the name $name is longer than 36 bytes; rename the database first"
owner=$(sql postgres "SELECT quote_ident(pg_get_userbyid(datdba)) FROM pg_database WHERE datname = :'name'")
[ -n "$owner" ] || fail "there is no database $name"
# The exporter reconnects automatically.
sql postgres "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = :'name' AND usename = 'bobbin_monitor'" >/dev/null
# The session of a program that has just ended can last a moment longer than the program.
for _ in 1 2 3; do
  others=$(sql postgres "SELECT string_agg(DISTINCT usename || coalesce(' from ' || host(client_addr), ''), ', ')
    FROM pg_stat_activity WHERE datname = :'name'")
  [ -n "$others" ] || break
  sleep 1
done
[ -z "$others" ] || fail "the database is in use ($others); stop Bobbin first"

# New connections are read-only from now on.
sql postgres "ALTER DATABASE :\"name\" SET default_transaction_read_only = on"
trap 'sql postgres "ALTER DATABASE :\"name\" RESET default_transaction_read_only"' EXIT
trap 'exit 130' INT TERM HUP

create="CREATE DATABASE :\"new\" OWNER $owner TEMPLATE template0
  ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8'"
sql postgres "DROP DATABASE IF EXISTS :\"new\""
# The C library of some systems does not have C.UTF-8.
sql postgres "$create LOCALE 'C.UTF-8'" 2>/dev/null || sql postgres "$create LOCALE 'C'"

same="the data could not be moved; the old database is as it was"
# pg_restore rejects an incomplete dump, and restores everything or nothing.
pg_dump --format=custom --encoding=UTF8 --dbname="$name" --lock-wait-timeout=60s --section=pre-data --section=data |
  pg_restore --dbname="$new" --single-transaction --exit-on-error || fail "$same"
# Earlier releases have a unique index on upper(username). If the old locale changed only ASCII letters, two
# names that were distinct can be equal in the new locale. `migrate` removes the index and keeps both accounts
# (docs/decisions/0017-names.md).
rules=$(pg_dump --encoding=UTF8 --dbname="$name" --lock-wait-timeout=60s --section=post-data) || fail "$same"
printf '%s\n' "$rules" | sed '/^CREATE UNIQUE INDEX user_username_ci /d' |
  psql --no-psqlrc --quiet --single-transaction --set ON_ERROR_STOP=1 --output /dev/null --dbname "$new" || fail "$same"
sql postgres "SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', :'new')
    FROM pg_database WHERE datname = :'name' AND datacl IS NOT NULL
  UNION ALL
  SELECT format('GRANT %s ON DATABASE %I TO %s', privilege_type, :'new',
      CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
    FROM pg_database, aclexplode(datacl) WHERE datname = :'name'
\\gexec"
sql "$new" ANALYZE

kept=${name}_before_move_$(date -u +%Y%m%d%H%M%S)
sql postgres "BEGIN;
ALTER DATABASE :\"name\" RENAME TO \"$kept\";
ALTER DATABASE :\"new\" RENAME TO :\"name\";
COMMIT"
trap - EXIT
sql postgres "ALTER DATABASE \"$kept\" ALLOW_CONNECTIONS false"
echo "Moved. The old database is kept as $kept, without connections. Drop it when the new one works: DROP DATABASE \"$kept\""
