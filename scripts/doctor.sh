#!/bin/sh
# Check the settings and secrets of the containers: one line for each check; the status is 1 if one fails.
# `doctor.sh settings` is for up.sh: it prints failures only, and leaves out the folder of backups, which up.sh checked.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
only=${1:-}
failed=0

check() { # NAME COMMAND...
  name=$1
  shift
  if said=$("$@" 2>&1 </dev/null); then
    [ -n "$only" ] || echo "ok      $name"
  else
    failed=1
    reason=$(printf '%s\n' "$said" | grep -E -m 1 'Bobbin( cannot start)?:|emerg' || printf '%s\n' "$said" | tail -n 1)
    echo "FAILED  $name: $reason" >&2
  fi
}
# shellcheck disable=SC2329  # an argument of check
finished() { [ ! -d "$BOBBIN_SECRETS/rotation" ] || { echo "Bobbin: it was interrupted. Run: make rotate"; return 1; }; }
# shellcheck disable=SC2329
once() { docker compose run --rm --no-TTY --no-deps "$@"; }

docker info >/dev/null 2>&1 ||
  { echo "Bobbin: no Docker engine answers. Is it started, and may you use it (group docker)?" >&2; exit 1; }
check "settings that Compose uses" scripts/check-compose.sh
check "rotation of the secrets is finished" finished
check "connections to PostgreSQL" scripts/check-connections.sh
check "secrets fit the volume" scripts/check-secrets.sh
check "settings of nginx" once --env CHECK_ONLY=true nginx-settings nginx -t -q
check "settings of web" once migrate sh -c \
  'python manage.py check && python -c "import runpy; runpy.run_path(\"gunicorn.conf.py\")"'
check "domain of the profile https" scripts/check-domain.sh
check "published port" scripts/check-port.sh
check "settings of notifications" scripts/check-alerts.sh
if [ -z "$only" ]; then
  check "backups can be written to $BACKUPS" once backup writable
  check "folder of the archive" scripts/archive-folder.sh
  # Caddy renews a certificate when a third of its time is left: of the usual 90 days, a month.
  DAYS=14 check "certificate of the profile https" scripts/check-certificate.sh
fi
exit "$failed"
