#!/bin/sh
# Refuse more threads of web than PostgreSQL has connections for. Called by doctor.sh.
set -eu
cd "$(dirname "$0")/.."
# shellcheck disable=SC1091  # checked separately
. scripts/folders.sh
workers=${WEB_WORKERS:-$(folder_setting WEB_WORKERS 8)}
threads=${WEB_THREADS:-$(folder_setting WEB_THREADS 4)}
# web refuses other values by itself.
case $workers$threads in *[!0-9]*) exit 0 ;; esac
most=$(sed -n 's/^max_connections = \([0-9]*\).*/\1/p' deploy/postgres/postgresql.conf)
# Both versions of web run during an upgrade, each with 8 probes. The other services and the superuser have 12.
needed=$((2 * (workers * threads + 8) + 12))
[ "$needed" -lt "$most" ] || {
  echo "WEB_WORKERS=$workers with WEB_THREADS=$threads needs $needed connections to PostgreSQL during an upgrade, and" \
    "max_connections in deploy/postgres/postgresql.conf is $most. Use fewer, or raise max_connections." >&2
  exit 1
}
