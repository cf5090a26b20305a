#!/bin/sh
# Remove the containers of services that the settings do not select any more: of a profile that was taken out of
# COMPOSE_PROFILES, or of a file that was taken out of COMPOSE_FILE. Their volumes stay. Called by up.sh.
set -eu
cd "$(dirname "$0")/.."
selected=$(docker compose config --services)
docker compose --profile "*" ps --all --format '{{.Service}} {{.ID}}' | while read -r service id; do
  printf '%s\n' "$selected" | grep -qx -e "$service" && continue
  echo "Removing the container of $service, which the settings do not select any more ..."
  docker stop "$id" >/dev/null
  docker rm "$id" >/dev/null
done
