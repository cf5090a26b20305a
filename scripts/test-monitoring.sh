#!/bin/sh
# Test every dashboard panel and alert rule with a real Prometheus, under all failures (tests/deployment/monitoring).
# Needs Prometheus, Alertmanager, five exporters and nginx. As root on Debian, the script installs missing ones, and
# disables their services.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"

missing=
need() { # program, package
  command -v "$1" >/dev/null 2>&1 || missing="$missing $2"
}
need promtool prometheus
need prometheus-alertmanager prometheus-alertmanager
need prometheus-blackbox-exporter prometheus-blackbox-exporter
need prometheus-node-exporter prometheus-node-exporter
need prometheus-postgres-exporter prometheus-postgres-exporter
need prometheus-redis-exporter prometheus-redis-exporter
need prometheus-nginx-exporter prometheus-nginx-exporter
need nginx nginx

# shellcheck disable=SC2086  # word splitting is intended
[ -z "$missing" ] || scripts/install-programs.sh $missing ||
  { echo "Elsewhere: these programs of Prometheus, and nginx, in PATH under the names of Debian." >&2; exit 1; }

# Distribute by file: one process runs all tests that query the stack, and another one runs promtool.
# shellcheck disable=SC2086  # word splitting is intended
BOBBIN_MONITORING=1 .venv/bin/python -m scripts.embedded test tests/deployment/monitoring ${ARGS:---quiet --numprocesses=2 --dist=loadfile}
