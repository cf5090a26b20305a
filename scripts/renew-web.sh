#!/bin/sh
# Put a new version of web in the place of the one that runs, without a moment in which none does: the new version's
# migrations first, then the new web beside the old one, then the old one ends. Nothing to do? Then nothing is done.
# (Compose by itself would stop the old one before the migrations begin.) Called by up.sh.
set -eu
cd "$(dirname "$0")/.."

old=$(docker compose ps --quiet --status running web)
[ -n "$old" ] || exit 0
image=$(docker compose config --images web | grep -m 1 '^bobbin/web:')
wanted="$(docker image inspect --format '{{.Id}}' "$image") $(docker compose config --hash web | cut -d ' ' -f 2)"
outdated=
for container in $old; do
  runs=$(docker inspect --format '{{.Image}} {{index .Config.Labels "com.docker.compose.config-hash"}}' "$container")
  [ "$runs" = "$wanted" ] || outdated="$outdated $container"
done
[ -n "$outdated" ] || exit 0

echo "Renewing web: migrations ..."
docker compose run --rm --no-deps --no-TTY migrate </dev/null ||
  { echo "Bobbin: the migrations failed, and the old version goes on. When that is mended: make up" >&2; exit 1; }
echo "Renewing web: the new one beside the old one ..."
docker compose up --detach --no-deps --no-recreate --scale "web=$(($(echo "$old" | wc -w) + 1))" --wait --wait-timeout 120 web
# nginx looks its addresses up each second.
sleep 2
echo "Renewing web: the old one ends what it has begun ..."
# shellcheck disable=SC2086  # words on purpose
docker stop $outdated >/dev/null
# shellcheck disable=SC2086
docker rm $outdated >/dev/null
