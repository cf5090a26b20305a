#!/bin/sh
# Replace the running web container with a new version without downtime. First the new version runs its
# migrations, then its container starts beside the old one, and then the old one stops. Without a new version,
# do nothing. (Compose would stop the old container before the migrations.) Called by up.sh.
set -eu
cd "$(dirname "$0")/.."

old=$(docker compose ps --quiet --status running web)
[ -n "$old" ] || exit 0
image=$(docker compose config --images web | grep -m 1 '^localhost/bobbin/web:')
wanted="$(docker image inspect --format '{{.Id}}' "$image") $(docker compose config --hash web | cut -d ' ' -f 2)"
outdated='' present=0
for container in $old; do
  runs=$(docker inspect --format '{{.Image}} {{index .Config.Labels "com.docker.compose.config-hash"}}' "$container")
  if [ "$runs" = "$wanted" ]; then present=1; else outdated="$outdated $container"; fi
done
[ -n "$outdated" ] || exit 0

echo "Replacing web: applying the migrations ..."
docker compose run --rm --no-deps --no-TTY migrate </dev/null ||
  { echo "Bobbin: the migrations failed, so the old version continues to serve. Run make up again after the fix." >&2; exit 1; }
echo "Replacing web: starting the new version beside the old one ..."
# After an interruption, the new version runs already.
docker compose up --detach --no-deps --no-recreate --scale "web=$(($(echo "$old" | wc -w) + 1 - present))" web
# The option --wait would also wait for the old version, which can be unhealthy.
started=0
for _ in $(seq 120); do
  states=$(for container in $(docker compose ps --all --quiet web); do
    case "$outdated" in *"$container"*) continue ;; esac
    docker inspect --format '{{.State.Status}} {{.State.Health.Status}} {{.RestartCount}}' "$container"
  done)
  printf '%s\n' "$states" | grep -qv '^running healthy ' || { started=1; break; }
  ! printf '%s\n' "$states" | grep -qvE '^running (healthy .*|starting 0)$' || break
  sleep 1
done
if [ "$started" = 0 ]; then
  # The new container would restart for ever, and each further try would add one.
  for container in $(docker compose ps --all --quiet web); do
    case "$old" in *"$container"*) continue ;; esac
    docker logs --tail 5 "$container" >&2
    docker rm --force "$container" >/dev/null
  done
  echo "Bobbin: the new version of web does not start; its last lines are above. The old version continues to serve." \
    "Run make up again after the fix." >&2
  exit 1
fi
# nginx resolves the addresses of web every second, and less often on a busy machine. The old version continues until the
# log of nginx shows, in two rounds in a row, a request that the new one answered. One is not enough: nginx skips for
# seconds an address that has refused a request, such as that of the new one while it started, or of the container that
# had it before; a single request can reach it meanwhile. A line with two addresses is of a request that the first one
# refused.
new=$(for container in $(docker compose ps --quiet --status running web); do
  case "$outdated" in *"$container"*) continue ;; esac
  docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$container"
done)
rounds=0
for _ in $(seq 30); do
  sleep 1
  since=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  # Two requests, because nginx takes the containers in turn. If nginx does not run, there is nothing to wait for.
  docker compose exec --no-TTY nginx curl --silent --output /dev/null http://127.0.0.1:8080/healthz \
    --next --silent --output /dev/null http://127.0.0.1:8080/healthz </dev/null 2>/dev/null || break
  sent=$(docker compose logs --no-log-prefix --since "$since" nginx | sed -n 's/.*"upstream":"\([0-9.]*\):[0-9]*".*/\1/p')
  answered=0
  for address in $new; do
    if printf '%s\n' "$sent" | grep -qxF "$address"; then answered=1; fi
  done
  rounds=$(((rounds + 1) * answered))
  [ "$rounds" -lt 2 ] || break
done
echo "Replacing web: the old version finishes its requests ..."
# nginx skips a container that has refused a connection. Without these requests, a visitor's could be the first one,
# after the container has ended and before its address has expired; it would wait for two seconds and fail.
docker compose exec --no-TTY nginx sh -c \
  'for n in $(seq 30); do curl --silent --output /dev/null http://127.0.0.1:8080/healthz; sleep 0.1; done' </dev/null &
# shellcheck disable=SC2086  # word splitting is intended
docker stop $outdated >/dev/null
wait
# shellcheck disable=SC2086
docker rm $outdated >/dev/null
