#!/bin/sh
# Back up the database of the running containers into backups/: a dump and its checksum.
# The last KEEP (14) backups are kept.
set -eu
cd "$(dirname "$0")/.."

[ -n "$(docker compose ps --quiet --status running postgres)" ] ||
  { echo "Bobbin: PostgreSQL is not running here. Start it first: make up" >&2; exit 1; }
scripts/backup-folder.sh
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
docker compose run --rm --no-TTY --no-deps backup once
