#!/bin/sh
# Create the roles. Runs once, when the volume is empty. The superuser connects only by the socket in this
# container.
set -eu
read_secret() { head -n 1 "/run/secrets/$1"; } # The second line is the next password (scripts/rotate.sh).

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set password="$(read_secret postgres_password)" \
  --set owner="$(read_secret postgres_owner_password)" \
  --set monitor="$(read_secret postgres_monitor_password)" --set db="$POSTGRES_DB" <<'SQL'
-- bobbin_owner owns the tables, for migrations and backups. bobbin is the application (20-rights.sql).
CREATE ROLE bobbin_owner LOGIN PASSWORD :'owner';
CREATE ROLE bobbin LOGIN PASSWORD :'password';

-- bobbin_monitor reads statistics of the server and no rows of users.
CREATE ROLE bobbin_monitor LOGIN PASSWORD :'monitor' CONNECTION LIMIT 5;
GRANT pg_monitor TO bobbin_monitor;

-- In the database postgres: with the extension in Bobbin's database, only a superuser could restore a backup.
\connect postgres
CREATE EXTENSION pg_stat_statements;
SQL
