#!/bin/sh
# Check the Dockerfiles, the nginx configuration and the compose file. Called by lint.sh.
set -eu
cd "$(dirname "$0")/.."
scripts/bootstrap.sh infra
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

.venv-infra/bin/hadolint services/web/Dockerfile services/nginx/Dockerfile

# Fill in the template as the container does at start: with the Dockerfile's defaults and Docker's resolver.
sed -n '/^ENV/,/^USER/p' services/nginx/Dockerfile | grep -oE '[A-Z_]+=[^ ]+' >"$folder/defaults"
echo NGINX_LOCAL_RESOLVERS=127.0.0.11 >>"$folder/defaults"
cp services/nginx/templates/bobbin.conf.template "$folder/bobbin.conf"
while IFS='=' read -r name value; do
  sed -i "s,[$]{$name},$value,g" "$folder/bobbin.conf"
done <"$folder/defaults"
if grep -n '[$]{' "$folder/bobbin.conf"; then
  echo "The Dockerfile of nginx has no default for these." >&2
  exit 1
fi
sed "s,/tmp/bobbin.conf,$folder/bobbin.conf," services/nginx/nginx.conf >"$folder/nginx.conf"
sed -i "s,/etc/nginx/snippets,$PWD/services/nginx/snippets," "$folder/bobbin.conf"
.venv-infra/bin/gixy "$folder/nginx.conf" >"$folder/said" 2>&1 || { cat "$folder/said" >&2; exit 1; }

# Check all profiles. The secret files need not exist: the first start creates them.
if docker compose version >/dev/null 2>&1; then
  COMPOSE_FILE=docker-compose.yml docker compose --profile '*' config --quiet
else
  echo "Docker Compose is not here: the compose file was not checked." >&2
fi
