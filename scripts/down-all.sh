#!/bin/sh
# Remove the containers and all their data. Secrets and backups stay.
set -eu
cd "$(dirname "$0")/.."
if [ "${YES:-}" != 1 ]; then
  printf 'This deletes every message of the containers for good. Type yes: '
  read -r answer || answer=
  [ "$answer" = yes ] || { echo "Nothing was deleted."; exit 1; }
fi
docker compose --profile "*" down --volumes
