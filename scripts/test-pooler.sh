#!/bin/sh
# Test Bobbin behind a real PgBouncer, configured as in k8s/components/cloudnative-pg.
# ARGS="-k import" selects tests. As root on Debian, the script installs PgBouncer and disables its service.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"
command -v pgbouncer >/dev/null 2>&1 || scripts/install-programs.sh pgbouncer ||
  { echo "Elsewhere: PgBouncer, in PATH under this name." >&2; exit 1; }
BOBBIN_POOLER=1 exec .venv/bin/python -m scripts.embedded test -c tests/deployment/pgbouncer/pytest.ini tests/deployment/pgbouncer "$@"
