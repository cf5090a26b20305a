#!/bin/sh
# Build the images of PostgreSQL and of the backups, if overrides build them (deploy/pgbackrest, deploy/age).
set -eu
cd "$(dirname "$0")/.."
for service in postgres backup; do
  case $(docker compose config --images "$service") in
    *localhost/bobbin/$service:*) docker compose --progress quiet build --quiet "$service" >/dev/null ;;
  esac
done
