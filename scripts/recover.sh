#!/bin/sh
# Restore the database as it was at a moment: make restore TO="2026-11-28 12:34:56" (UTC), or TO=latest. The stack must
# be stopped (make down). The archive of pgBackRest is recovered in a container of its own, and its dump then replaces
# the database like any other backup (restore.sh): erasures are repeated, and the old database is kept.
set -eu
cd "$(dirname "$0")/.."

fail() {
  echo "Bobbin: $1" >&2
  exit 1
}

docker compose --profile recover config --services | grep -qx recover ||
  fail "there is no archive. Switch it on first: docs/operations.md, \"Point-in-time recovery\""
[ -z "$(docker compose --profile "*" ps --quiet --status running web events)" ] || fail "the stack is in use. Stop it first: make down"
scripts/secrets.sh
scripts/build-postgres.sh
scripts/backup-folder.sh
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
file=$BACKUPS/recovered-$(date -u +%Y%m%dT%H%M%SZ).dump
trap 'rm -f "$file.unfinished"' EXIT
echo "Recovering the archive to $1 ..."
(umask 077 && docker compose --profile recover run --rm --no-TTY --no-deps recover "$1" </dev/null >"$file.unfinished") ||
  fail "the archive could not be recovered; the database is as it was"
mv "$file.unfinished" "$file"
(cd "$BACKUPS" && sha256sum "$(basename "$file")" >"$(basename "$file").sha256")
scripts/restore.sh "$file"
rm -f "$file" "$file.sha256"
