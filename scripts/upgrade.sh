#!/bin/sh
# Upgrade the running containers to this checkout: back up, build, migrate, replace, check through nginx.
# After a failure, run the images of before again.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/images.sh
fail() { echo "Bobbin: $1" >&2; exit 1; }

idle="web and nginx are not healthy, so there is nothing to upgrade from. Start them first: make up"
before=$(running web) || fail "$idle"
nginx_before=$(running nginx) || fail "$idle"
scripts/backup.sh
docker compose pull --quiet --ignore-buildable 2>/dev/null ||
  echo "No registry answers for all images: PostgreSQL and the other services keep theirs."
shows_its_pages() { # Ask for the log-in page through nginx.
  host=$(docker compose exec --no-TTY web printenv ALLOWED_HOSTS </dev/null | sed 's/,.*//; s/^\.//')
  docker compose exec --no-TTY nginx curl --silent --show-error --fail --output /dev/null --max-time 20 \
    --header "Host: $host" --header "X-Forwarded-Proto: https" http://127.0.0.1:8080/accounts/login/ </dev/null
}
if scripts/up.sh && shows_its_pages; then
  echo "Upgraded from release $(release_of "$before") to release $(release_of "$(image_name web)")."
  exit 0
fi
[ "$before $nginx_before" != "$(image_id web) $(image_id nginx)" ] ||
  fail "the upgrade failed before a new image was built; nothing was replaced."
scripts/rollback.sh || fail "the upgrade failed, and so did the rollback. The backup is the last one in the folder of backups."
fail "the upgrade failed, and release $(release_of "$before") runs again."
