#!/bin/sh
# Check the manifests of k8s/ without a cluster. ARGS="-k planted" selects tests.
set -eu
cd "$(dirname "$0")/.."
tools=$(scripts/k8s-tools.sh)
scripts/bootstrap.sh traces
export KUBECTL="${tools% *}" HELM="${tools#* }"
exec .venv/bin/python -m pytest -c tests/deployment/kubernetes/manifests/pytest.ini tests/deployment/kubernetes/manifests --numprocesses=auto "$@"
