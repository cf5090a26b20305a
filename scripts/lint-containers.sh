#!/bin/sh
# Check the Dockerfiles, the nginx configuration and the compose file. Called by lint.sh.
set -eu
cd "$(dirname "$0")/.."
scripts/bootstrap.sh infra
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

.venv-infra/bin/hadolint services/*/Dockerfile deploy/*/Dockerfile

# Render the templates as the container does at start: with the Dockerfile's defaults and Docker's resolver.
entrypoint=services/nginx/entrypoint
sed -n '/^ENV/,/^USER/p' services/nginx/Dockerfile | grep -oE '[A-Z_]+=[^ ]+' >"$folder/defaults"
# shellcheck disable=SC2046  # words on purpose
env -i PATH="$PATH" $(cat "$folder/defaults") NGINX_LOCAL_RESOLVERS=127.0.0.11 TRUSTED_PROXY_AWK=$entrypoint/trusted-proxy.awk \
  sh -ec ". $entrypoint/18-settings.envsh; env" >"$folder/values"
cp services/nginx/nginx.conf "$folder"
for template in services/nginx/templates/*; do
  cp "$template" "$folder/$(basename "$template" .template)"
done
while IFS='=' read -r name value; do
  case $name in *[!A-Z_]*) ;; *) sed -i "s,[$]{$name},$value,g" "$folder"/*.conf ;; esac
done <"$folder/values"
if grep -n '[$]{' "$folder"/*.conf; then
  echo "The Dockerfile of nginx has no default for these." >&2
  exit 1
fi
sed -i "s,include /tmp/,include $folder/,; s,/etc/nginx/snippets,$PWD/services/nginx/snippets," "$folder"/*.conf
.venv-infra/bin/gixy "$folder/nginx.conf" >"$folder/said" 2>&1 || { cat "$folder/said" >&2; exit 1; }

# Check all profiles. The secret files need not exist: the first start creates them.
if docker compose version >/dev/null 2>&1; then
  COMPOSE_FILE=docker-compose.yml docker compose --profile '*' config --quiet
  COMPOSE_FILE=docker-compose.yml:deploy/pgbackrest/compose.yml:deploy/age/compose.yml AGE_RECIPIENT=age1 \
    docker compose --profile '*' config --quiet
else
  echo "Docker Compose is not here: the compose file was not checked." >&2
fi
