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
if scripts/up.sh; then
  echo "Upgraded from release $(release_of "$before") to release $(release_of "$(image_name web)")."
  exit 0
fi
if [ "$(running web) $(running nginx)" = "$before $nginx_before" ]; then
  docker tag "$before" "$(image_name web)"
  docker tag "$nginx_before" "$(image_name nginx)"
  fail "the upgrade failed before anything was replaced, and release $(release_of "$before") continues. The lines above say why."
fi
# build.sh keeps older images if the new ones are another build of the same release.
docker tag "$before" "$(image_name web)-previous"
docker tag "$nginx_before" "$(image_name nginx)-previous"
scripts/rollback.sh || fail "the upgrade failed, and so did the rollback. The backup is the last one in the folder of backups."
fail "the upgrade failed, and release $(release_of "$before") runs again."
