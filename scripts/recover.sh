#!/bin/sh
# Restore the database as it was at a moment: make restore TO="2026-11-28 12:34:56" (UTC), or TO=latest. The stack must
# be stopped (make down). The archive of pgBackRest is recovered in a container of its own, and its dump then replaces
# the database like any other backup (restore.sh): erasures are repeated, and the old database is kept.
set -eu
cd "$(dirname "$0")/.."

docker compose --profile recover config --services | grep -qx recover || {
  echo "Bobbin: there is no archive. Switch it on first: docs/operations.md, \"Point-in-time recovery\"" >&2
  exit 1
}
scripts/check-stopped.sh
scripts/secrets.sh
scripts/build-postgres.sh
scripts/backup-folder.sh
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
name=recovered-$(date -u +%Y%m%dT%H%M%SZ)
file=$BACKUPS/$name.dump
# Compose leaves a container that is interrupted before it starts. The dump has members who were erased later.
trap 'docker rm --force "$name" >/dev/null 2>&1 || true; rm -f "$file" "$file.sha256" "$file.unfinished"' EXIT
trap 'exit 130' INT TERM HUP
echo "Recovering the archive to $1 ..."
(umask 077 && docker compose --progress quiet --profile recover run --rm --name "$name" \
  --no-TTY --no-deps recover "$1" </dev/null >"$file.unfinished")
mv "$file.unfinished" "$file"
(cd "$BACKUPS" && sha256sum "$(basename "$file")" >"$(basename "$file").sha256")
scripts/restore.sh "$file"
