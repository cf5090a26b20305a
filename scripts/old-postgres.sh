#!/bin/sh
# Print the major version of PostgreSQL whose data are in the volume, if the version in docker-compose.yml has none there,
# or unfinished ones of an interrupted upgrade. Each major version has its own directory in the volume. Called by up.sh
# and upgrade-postgres.sh.
set -eu
cd "$(dirname "$0")/.."
scripts/build-postgres.sh
# shellcheck disable=SC2016  # for the shell in the container
docker compose run --rm --no-TTY --no-deps --entrypoint sh postgres -c \
  '[ -s "$PGDATA/PG_VERSION" ] && [ ! -e "$PGDATA.unfinished" ] ||
    find /var/lib/postgresql/*/docker /var/lib/postgresql/*/kept -maxdepth 1 -name PG_VERSION ! -path "$PGDATA/*" \
      -exec cat {} + 2>/dev/null | sort -n | tail -n 1' </dev/null
