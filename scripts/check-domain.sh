#!/bin/sh
# Refuse the profile https without DOMAIN: Caddy would have no site. Called by doctor.sh.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
docker compose config --services | grep -qx caddy || exit 0
[ -n "${DOMAIN:-$(folder_setting DOMAIN "")}" ] ||
  { echo "the profile https needs the host name of the site, such as DOMAIN=messages.example.org." >&2; exit 1; }
