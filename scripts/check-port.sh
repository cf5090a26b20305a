#!/bin/sh
# Refuse a published address that another program uses. Called by doctor.sh.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
publish=${PUBLISH:-$(folder_setting PUBLISH 127.0.0.1:8000)}
# The running nginx has it already.
running=$(docker compose port nginx 8080 2>/dev/null || true)
[ "${running##*:}" != "${publish##*:}" ] || exit 0
image=$(docker compose config --images nginx-settings | head -n 1)
docker run --rm --publish "$publish:8080" --entrypoint true "$image" >/dev/null 2>&1 ||
  { echo "PUBLISH=$publish cannot be used: another program has this port, or the address is not of this machine." >&2; exit 1; }
