#!/bin/sh
# Apply changed settings of nginx to the running container without refusing a request. The service nginx-settings checks
# and stores them before. Called by up.sh.
set -eu
cd "$(dirname "$0")/.."
exec docker compose exec -T nginx reload-settings </dev/null
