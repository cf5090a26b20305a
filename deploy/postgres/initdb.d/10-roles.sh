#!/bin/sh
# Run once, when the volume is empty: the roles. The superuser is for this container's own socket alone.
set -eu
read_secret() { tr -d '\n' <"/run/secrets/$1"; }

psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set password="$(read_secret postgres_password)" \
  --set owner="$(read_secret postgres_owner_password)" \
  --set monitor="$(read_secret postgres_monitor_password)" --set db="$POSTGRES_DB" <<'SQL'
-- Owns the tables: migrations, backups. And the application (20-rights.sql).
CREATE ROLE bobbin_owner LOGIN PASSWORD :'owner';
CREATE ROLE bobbin LOGIN PASSWORD :'password';

-- Sees how the server does, and no row of anybody.
CREATE ROLE bobbin_monitor LOGIN PASSWORD :'monitor' CONNECTION LIMIT 5;
GRANT pg_monitor TO bobbin_monitor;

-- In the database of the machinery: a backup of Bobbin's could be restored by a superuser alone otherwise.
\connect postgres
CREATE EXTENSION pg_stat_statements;
SQL
