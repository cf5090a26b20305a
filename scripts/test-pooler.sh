#!/bin/sh
# Run Bobbin behind a real PgBouncer, set as k8s/components/cloudnative-pg has it. ARGS="-k import" for a part.
# As root on Debian it installs PgBouncer when it is missing, without its service.
set -eu
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:/sbin"
command -v pgbouncer >/dev/null 2>&1 || scripts/install-programs.sh pgbouncer ||
  { echo "Elsewhere: PgBouncer, in PATH under this name." >&2; exit 1; }
BOBBIN_POOLER=1 exec .venv/bin/python scripts/embedded test -c tests/pooler/pytest.ini tests/pooler "$@"
