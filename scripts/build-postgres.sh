#!/bin/sh
# Build the image of PostgreSQL, if an override builds it (deploy/pgbackrest/compose.yml).
set -eu
cd "$(dirname "$0")/.."
case $(docker compose config --images postgres) in *localhost/bobbin/postgres:*) ;; *) exit 0 ;; esac
docker compose --progress quiet build --quiet postgres >/dev/null
