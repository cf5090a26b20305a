#!/bin/sh
# Build and start the containers, and wait until all are healthy. Settings: .env (see .env.example).
# Usage: up.sh [--no-build]
set -eu
cd "$(dirname "$0")/.."

docker compose version >/dev/null 2>&1 ||
  { echo "Bobbin: Docker with Compose is needed (docker compose version). Without it: make run." >&2; exit 1; }
docker info >/dev/null 2>&1 ||
  { echo "Bobbin: no Docker engine answers. Is it started, and may you use it (group docker)?" >&2; exit 1; }

scripts/check-compose.sh
scripts/check-secrets.sh files
scripts/secrets.sh
scripts/backup-folder.sh
scripts/pull-images.sh
scripts/build-postgres.sh
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
refusal=$(docker compose run --rm --no-TTY --no-deps backup writable </dev/null 2>&1) || {
  printf '%s\n' "$refusal" | tail -n 1 >&2
  case $refusal in
    *"(Read-only file system)"*) echo "Bobbin: mount the disk of BACKUPS=$BACKUPS for writing, or set BACKUPS to another folder." >&2 ;;
    *"cannot write to /backups"*) echo "Bobbin: give the folder to the user of the backups: chown -R $BACKUP_USER $BACKUPS" >&2 ;;
  esac
  exit 1
}
old=$(scripts/old-postgres.sh)
[ -z "$old" ] || {
  echo "Bobbin: the volume has data of PostgreSQL $old, and docker-compose.yml names another version, or the upgrade was" \
    "interrupted. Run: make down upgrade-postgres up" >&2
  exit 1
}
scripts/archive-folder.sh || { echo "Bobbin: nothing was replaced. Run make up again after the fix." >&2; exit 1; }
[ "${1:-}" = --no-build ] || scripts/build.sh
# shellcheck disable=SC1091  # checked separately
(. scripts/images.sh && docker tag "$(image_name nginx)" "$(image_name nginx-settings)")
docker compose --progress quiet run --rm --no-deps --no-TTY nginx-settings </dev/null ||
  { echo "Bobbin: nothing was changed. Run make up again after the correction." >&2; exit 1; }
# shellcheck disable=SC1091  # checked separately
(. scripts/undo-restore.sh)
scripts/roles.sh
scripts/doctor.sh settings || { echo "Bobbin: nothing was replaced. Run make up again after the fix." >&2; exit 1; }
scripts/renew-web.sh
if ! docker compose up --detach --wait --wait-timeout 180; then
  echo "Bobbin: some services did not become healthy. Read their logs: docker compose logs --tail 20" >&2
  docker compose ps --all >&2
  exit 1
fi
scripts/remove-unselected.sh
scripts/reload-nginx.sh
scripts/check-site.sh
scripts/alert-receiver.sh
