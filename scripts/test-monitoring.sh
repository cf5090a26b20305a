#!/bin/sh
# Have everything happen to a Bobbin under a real Prometheus, and look at every panel and rule (tests/monitoring).
# Needs Prometheus, three exporters and nginx: as root on Debian it installs what is missing, without their services.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"

missing=
need() { # program, package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need promtool prometheus
need prometheus-postgres-exporter prometheus-postgres-exporter
need prometheus-redis-exporter prometheus-redis-exporter
need prometheus-nginx-exporter prometheus-nginx-exporter
need nginx nginx

# shellcheck disable=SC2086  # words on purpose
[ -z "$missing" ] || scripts/install-programs.sh $missing ||
  { echo "Elsewhere: Prometheus, its exporters for PostgreSQL, Redis and nginx, and nginx, in PATH under these names." >&2; exit 1; }

# By files: all that ask the stack have one process, and promtool works in another.
# shellcheck disable=SC2086  # words on purpose
BOBBIN_MONITORING=1 .venv/bin/python scripts/embedded test tests/monitoring ${ARGS:---quiet --numprocesses=2 --dist=loadfile}
