#!/bin/sh
# Download the missing images of the selected profiles, or name those that cannot be downloaded. Compose would fail after
# it has replaced some containers. Called by up.sh.
set -eu
cd "$(dirname "$0")/.."
missing=
for image in $(docker compose config --images | sort -u); do
  case $image in localhost/*) continue ;; esac # Built here.
  docker image inspect "$image" >/dev/null 2>&1 || docker pull --quiet "$image" </dev/null >/dev/null || missing="$missing $image"
done
[ -z "$missing" ] || {
  echo "Bobbin: these images cannot be downloaded:$missing. Nothing was changed. Does the registry answer? Run make up again" \
    "later, or without the profile that needs them (COMPOSE_PROFILES)." >&2
  exit 1
}
